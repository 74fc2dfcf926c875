"""Identifiers that lie in files: read, checked against the sha256 that they were named with, and asked."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Protocol

import msgspec
import zstandard

from mintza.errors import BadInput
from mintza.records import IdentifierFile
from mintza.text.backends import FastText, Guess
from mintza.text.ngrams import LENGTHS, Fitted, NgramModel

_REMEDY = "write it with `mintza corpus identifier STUDY --source NAME`"
_MOST_BYTES = 512 * 1024 * 1024


class Asked(Protocol):
    """What is in such a file, opened."""

    def guess(self, text: str) -> Guess:
        """The label of the text's language, empty when it is in none, and how sure that is."""
        ...


class _Ngrams:
    def __init__(self, file: str) -> None:
        self._model = NgramModel(read_fitted(Path(file)))

    def guess(self, text: str) -> Guess:
        language, score = self._model.guess(text)
        return Guess(language or "", score)


@functools.lru_cache(maxsize=8)
def opened(identifier: IdentifierFile) -> Asked:
    """The identifier, loaded once. Raises BadInput when the file is not there, is another than was named, or is none."""
    check(identifier)
    return FastText(identifier.file) if identifier.kind == "glotlid" else _Ngrams(identifier.file)


def check(identifier: IdentifierFile) -> None:
    """Raise BadInput when the file is not there, or is another than was named."""
    found = sha256_of(Path(identifier.file))
    if found != identifier.sha256:
        raise BadInput(
            f"its sha256 is {found}, and {identifier.sha256} was named",
            place=identifier.file,
            remedy="bring the file that was named, or name this one in identifiers.yaml",
        )


def read_fitted(path: Path) -> Fitted:
    """The identifier in a file that `write_fitted` wrote. Raises BadInput when it is missing, damaged or of another version."""
    packed = _bytes(path)
    try:
        unpacked = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MOST_BYTES)
        fitted = msgspec.msgpack.decode(unpacked, type=Fitted)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise BadInput(f"not an identifier: {error}", place=str(path), remedy=_REMEDY) from None
    count = len(fitted.languages)
    right = fitted.version == 1 and 1 <= fitted.bits <= 24 and 1 <= fitted.longest <= 8 and count > 0
    if (
        not right
        or len(fitted.weights) != 2 * count << fitted.bits
        or [len(one) for one in fitted.limits] != [len(LENGTHS) + 1] * count
    ):
        raise BadInput("an identifier that this version cannot use", place=str(path), remedy=_REMEDY)
    return fitted


def write_fitted(fitted: Fitted, path: Path) -> str:
    """Write the file, in place of one that is there; gives its sha256. Raises BadInput where it cannot be written."""
    packed = zstandard.ZstdCompressor(level=12).compress(msgspec.msgpack.encode(fitted))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed)
    except OSError as error:
        remedy = "name another place with --out"
        raise BadInput(f"cannot be written ({error.strerror})", place=str(path), remedy=remedy) from None
    return hashlib.sha256(packed).hexdigest()


def sha256_of(path: Path) -> str:
    """sha256 of a file's content, read in pieces. Raises BadInput when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(
        f"cannot be read ({error.strerror})",
        place=str(path),
        remedy="bring it, or take its line out of identifiers.yaml",
    )
