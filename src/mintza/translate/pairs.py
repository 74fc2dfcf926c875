"""Parallel text: read from a file, and divided into examples that a translator is shown and segments it is tried on."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from mintza.errors import BadInput
from mintza.records import Language, ParallelSegment, Provenance
from mintza.text.masks import mask
from mintza.text.normal import nfc, normal_form
from mintza.translate.settings import FilePairs

EXAMPLE_CHARACTERS = (20, 160)


class Divided(NamedTuple):
    """examples: shown to the translator.  held_out: kept from it; no source text stands in both."""

    examples: tuple[ParallelSegment, ...]
    held_out: tuple[ParallelSegment, ...]


def read_pairs(settings: FilePairs, *, base: Path, source: Language, target: Language) -> Iterator[ParallelSegment]:
    """The segments of a file, in its order. Raises BadInput naming the line of one that lacks a text."""
    path = base / settings.path
    provenance = Provenance(source=path.name, license=settings.license)
    for number, row in _rows(path):
        texts = [row.get(settings.source), row.get(settings.target)]
        said = [nfc(text).strip() for text in texts if isinstance(text, str)]
        if len(said) != 2 or not all(said):
            raise BadInput(
                f"a pair needs texts under {settings.source!r} and {settings.target!r}",
                place=f"{path}:{number}",
                remedy="mend the line, or name other keys: `pairs: {source: KEY, target: KEY}`",
            )
        yield ParallelSegment(
            id=f"{path.name}#{number}",
            source_language=source.code,
            target_language=target.code,
            source=said[0],
            target=said[1],
            provenance=provenance,
        )


def fingerprint(settings: FilePairs, *, base: Path) -> dict[str, str]:
    """sha256 of the file. Raises BadInput when it is not there."""
    path = base / settings.path
    return {path.name: hashlib.sha256(_read(path)).hexdigest()}


def between(segments: Iterable[ParallelSegment], source: Language, target: Language) -> Iterator[ParallelSegment]:
    """The segments of this pair of languages, turned round where they go the other way."""
    for segment in segments:
        if (segment.source_language, segment.target_language) == (source.code, target.code):
            yield segment
        elif (segment.source_language, segment.target_language) == (target.code, source.code):
            yield msgspec.structs.replace(
                segment,
                source_language=source.code,
                target_language=target.code,
                source=segment.target,
                target=segment.source,
            )


def divided(
    segments: Iterable[ParallelSegment], *, examples: int, held_out: int, characters: tuple[int, int]
) -> Divided:
    """So many examples, then so many held-out segments, by a luck that lies in the segments themselves.

    Sources that stand twice, and segments that are the same in both languages, are left out. Examples hold nothing that
    would be masked. characters: least and most of a held-out source. The examples do not depend on how many are held out.
    """
    shown: list[ParallelSegment] = []
    tried: list[ParallelSegment] = []
    seen: set[str] = set()
    for segment in sorted(segments, key=_luck):
        said = normal_form(segment.source)
        if said in seen or said == normal_form(segment.target):
            continue
        seen.add(said)
        if len(shown) < examples and _suits(segment):
            shown.append(segment)
        elif len(tried) < held_out and characters[0] <= len(segment.source) <= characters[1]:
            tried.append(segment)
    return Divided(tuple(shown), tuple(tried))


def _luck(segment: ParallelSegment) -> bytes:
    return hashlib.sha256(f"{segment.source}\0{segment.target}".encode()).digest()


def _suits(segment: ParallelSegment) -> bool:
    texts = (segment.source, segment.target)
    least, most = EXAMPLE_CHARACTERS
    return all(least <= len(text) <= most and "\n" not in text and not mask(text).pieces for text in texts)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"the pairs cannot be read: {error.strerror}", place=str(path)) from None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Line number and the texts of it by key."""
    if path.suffix not in (".tsv", ".jsonl"):
        raise BadInput("neither .tsv nor .jsonl", place=str(path), remedy="pairs are read from these two")
    try:
        lines = _read(path).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise BadInput("not UTF-8", place=str(path), remedy="convert the file") from None
    if path.suffix == ".tsv":
        for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
            yield number, {str(key): value for key, value in row.items()}
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        yield number, value if isinstance(value, dict) else {}
