"""Likelihoods are kept as they come: an examination that was killed goes on where it was, to the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isfinite
from pathlib import Path

import msgspec

from mintza.errors import StoreError
from mintza.models.seam import Around, ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling, TextModel
from mintza.records import ModelRef, Record

LOT = 256
"""Pairs that are asked together. Fixed: what stands in a batch bears on the last digits of a likelihood."""
FILE = "likelihoods.jsonl"


class _Lot(Record, frozen=True, kw_only=True):
    """What a lot came to. key: sha256 of the model's revision and the pairs."""

    key: str
    likelihoods: tuple[Likelihood, ...]


class Kept(Around):
    """A TextModel that asks likelihoods in lots, and of lots that stand whole in a folder nothing.

    folder: of this examination alone; None keeps nothing. Answers in words go through: the journal has them.
    A line that was being written when its process died is not there. Raises StoreError when the folder cannot be written.
    """

    def __init__(self, model: TextModel, folder: Path | None) -> None:
        super().__init__(model)
        self._file = folder / FILE if folder is not None else None
        self._lots = _read(self._file) if self._file is not None else {}

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """As the model does."""
        return self._model.complete(prompts, sampling)

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """As the model does."""
        return self._model.chat(prompts, sampling, schema)

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Likelihoods in the order of the pairs, a lot at a time."""
        source = iter(pairs)
        while lot := list(islice(source, LOT)):
            key = _key(self._model.ref, lot)
            known = self._lots.get(key)
            if known is not None and len(known) == len(lot):
                yield from known
                continue
            asked = []
            for likelihood in self._model.likelihood(lot):
                asked.append(likelihood)
                yield likelihood
            if all(isfinite(one.log_likelihood) for one in asked):
                self._put(_Lot(key=key, likelihoods=tuple(asked)))

    def _put(self, lot: _Lot) -> None:
        if self._file is None:
            return
        try:
            with self._file.open("ab") as stream:
                stream.write(msgspec.json.encode(lot) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _unkept(self._file, error) from error


def _key(model: ModelRef, lot: Sequence[Pair]) -> str:
    whole = [model.provider, model.revision, *([pair.context, pair.continuation] for pair in lot)]
    return hashlib.sha256(msgspec.json.encode(whole)).hexdigest()


def _read(file: Path) -> dict[str, tuple[Likelihood, ...]]:
    """Lots of a file; a torn last line is cut off, so that the next one does not stand behind it."""
    found: dict[str, tuple[Likelihood, ...]] = {}
    if not file.exists():
        return found
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _unkept(file, error) from error
    whole = raw.rfind(b"\n") + 1
    for line in raw[:whole].splitlines():
        try:
            lot = msgspec.json.decode(line, type=_Lot)
        except msgspec.DecodeError:
            continue
        found[lot.key] = lot.likelihoods
    if whole < len(raw):
        os.truncate(file, whole)
    return found


def _unkept(file: Path, error: OSError) -> StoreError:
    return StoreError(
        f"likelihoods cannot be kept: {error.strerror or error}",
        place=str(file),
        remedy="free space on the disk, and run again: what was answered is kept",
    )
