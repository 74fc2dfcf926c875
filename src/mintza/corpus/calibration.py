"""The file of a calibration: JSON that a person can read, written once and named in studies."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from mintza.corpus.settings import CorpusSettings
from mintza.errors import BadInput
from mintza.text.quality import MEASURES, PERCENTILES, Calibration

_REMEDY = "write it with `mintza corpus calibrate STUDY --source NAME`"


def read_calibration(path: Path) -> Calibration:
    """The calibration in a file. Raises BadInput when it is missing, or is none that this version can use."""
    try:
        calibration = msgspec.json.decode(_bytes(path), type=Calibration)
    except msgspec.DecodeError as error:
        raise BadInput(f"not a calibration: {error}", place=str(path), remedy=_REMEDY) from None
    values = calibration.percentiles
    if values.keys() != MEASURES.keys() or any(len(one) != len(PERCENTILES) for one in values.values()):
        raise BadInput("a calibration with other measures than this version has", place=str(path), remedy=_REMEDY)
    return calibration


def calibration_for(settings: CorpusSettings, base: Path) -> Calibration | None:
    """The calibration that the study's quality filter goes by; None when it has none.

    Raises BadInput as `read_calibration` does, and for one of a language that no source is in: nothing would be judged by it.
    """
    if settings.filters.quality is None:
        return None
    path = base / settings.filters.quality.calibration
    calibration = read_calibration(path)
    languages = sorted({source.language for source in settings.sources})
    if calibration.language not in languages:
        raise BadInput(
            f"a calibration of {calibration.language}, while the sources are in {', '.join(languages)}",
            place=str(path),
            remedy="calibrate on one of them: `mintza corpus calibrate STUDY --source NAME`",
        )
    return calibration


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write the file, in place of one that is there. Raises BadInput where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")
    except OSError as error:
        raise BadInput(
            f"cannot be written ({error.strerror})", place=str(path), remedy="name another place with --out"
        ) from None


def calibration_sha256(path: Path) -> str:
    """sha256 of the file's bytes. Raises BadInput when it cannot be read."""
    return hashlib.sha256(_bytes(path)).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", place=str(path), remedy=_REMEDY) from None
