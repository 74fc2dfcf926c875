"""Conversations of parallel text: somebody asks for a translation and gets the one that people made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mintza.instruct.settings import PairsSource
from mintza.instruct.sources.rows import Row
from mintza.records import ParallelSegment


class ParallelText(NamedTuple):
    """Parallel text as somebody brings it. fingerprint: of what it is read from.  segments: reads it anew."""

    fingerprint: Callable[[], str]
    segments: Callable[[], Iterable[ParallelSegment]]


class PairRows:
    """A row for each segment that has something to translate, and one for the way back where the settings ask for it.

    language: code of the language that is translated into; the other side's text stands in the request.
    """

    def __init__(self, settings: PairsSource, text: ParallelText, language: str) -> None:
        self._settings = settings
        self._text = text
        self._language = language

    @property
    def name(self) -> str:
        """That of the corpus's source."""
        return self._settings.source

    def present(self) -> None:
        """Nothing: its texts are a source of the corpus, which is looked for there."""

    def fingerprint(self) -> str:
        """That of what the segments are read from."""
        return self._text.fingerprint()

    def __iter__(self) -> Iterator[Row]:
        """In the order of a hash of the texts; a text to translate stands in one row only."""
        rows: dict[bytes, Row] = {}
        for segment in self._text.segments():
            for row, luck in self._rows(segment):
                rows.setdefault(luck, row)
        for luck in sorted(rows):
            yield rows[luck]

    def _rows(self, segment: ParallelSegment) -> Iterator[tuple[Row, bytes]]:
        there, here = segment.source, segment.target
        if segment.source_language == self._language:
            there, here = here, there
        for mark, ask, given, answer in (
            ("", self._settings.ask, there, here),
            ("~", self._settings.ask_back, here, there),
        ):
            if ask is None or there == here:
                continue
            if self._settings.min_characters <= len(given) <= self._settings.max_characters:
                said = [
                    {"role": "user", "content": ask.replace("{text}", given)},
                    {"role": "assistant", "content": answer},
                ]
                value = {"id": f"{segment.id}{mark}", "messages": said, "license": segment.provenance.license}
                yield Row(segment.id, value), hashlib.sha256(f"{mark}{given}".encode()).digest()
