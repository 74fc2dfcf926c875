"""Measurements in a file: the suffix says how. JSON lines (also under zstd), JSON, CSV, Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from mintza.errors import BadInput, MissingPart
from mintza.records import Measurement

NUMBERS = {"value": float, "low": float, "high": float, "items": int, "shots": int}
"""Columns of a table without types, and what they are."""


def suffix_of(path: Path) -> str:
    """`.jsonl.zst` of `a.jsonl.zst`. Raises BadInput for what is no format, MissingPart when Parquet has no reader here."""
    suffix = next((known for known in FORMATS if path.name.lower().endswith(known)), None)
    if suffix is None:
        known = ", ".join(FORMATS)
        raise BadInput("its suffix names no format", place=str(path), remedy=f"end the file's name in one of: {known}")
    if suffix == ".parquet":
        try:
            import pyarrow as _  # noqa: F401
        except ImportError:
            raise MissingPart(
                "Parquet needs the package pyarrow, which is not installed",
                place=str(path),
                remedy="pip install pyarrow, or end the file's name in .jsonl.zst or .csv",
            ) from None
    return suffix


def write_measurements(path: Path, measurements: Sequence[Measurement]) -> None:
    """Write them in their order, replacing what is there. Raises BadInput when the file cannot be written, and as `suffix_of`."""
    encode, _ = FORMATS[suffix_of(path)]
    write_bytes(path, encode(measurements))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole, and the folders above it. Raises BadInput when the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.part")
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise BadInput(
            f"it cannot be written: {error.strerror}", place=str(path), remedy="name another file or folder"
        ) from None


def read_measurements(path: Path) -> list[Measurement]:
    """What `write_measurements` wrote. Raises BadInput for a file that is missing, broken, empty or of something else."""
    _, decode = FORMATS[suffix_of(path)]
    remedy = "give a file that `mintza benchmark import` wrote"
    try:
        found = decode(path.read_bytes())
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}", place=str(path), remedy=remedy) from None
    except (ValueError, TypeError, zstandard.ZstdError) as error:
        raise BadInput(f"it holds no measurements: {error}", place=str(path), remedy=remedy) from None
    if not found:
        raise BadInput("it is empty", place=str(path), remedy=remedy)
    return found


def _to_lines(measurements: Sequence[Measurement]) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in measurements)


def _from_lines(content: bytes) -> list[Measurement]:
    decoder = msgspec.json.Decoder(Measurement)
    found = []
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            try:
                found.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                raise ValueError(f"line {number}: {error}") from None
    return found


def _to_zst(measurements: Sequence[Measurement]) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(_to_lines(measurements))


def _from_zst(content: bytes) -> list[Measurement]:
    frame = zstandard.ZstdDecompressor().decompressobj()
    lines = frame.decompress(content)
    if not frame.eof:
        raise ValueError("it is cut")
    return _from_lines(lines)


def _to_json(measurements: Sequence[Measurement]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(measurements), indent=1) + b"\n"


def _from_json(content: bytes) -> list[Measurement]:
    return msgspec.json.decode(content, type=list[Measurement])


def _to_csv(measurements: Sequence[Measurement]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Measurement.__struct_fields__)
    writer.writerows(msgspec.structs.astuple(one) for one in measurements)
    return text.getvalue().encode()


def _from_csv(content: bytes) -> list[Measurement]:
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    found = []
    for row in reader:
        try:
            found.append(_record({key: _typed(key, value) for key, value in row.items()}))
        except (ValueError, TypeError) as error:
            raise ValueError(f"line {reader.line_num}: {error}") from None
    return found


def _typed(key: str, value: str | None) -> object:
    if value is None or (value == "" and key in ("low", "high", "template")):
        return None
    return NUMBERS[key](value) if key in NUMBERS else value


def _to_parquet(measurements: Sequence[Measurement]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    rows = [{name: getattr(one, name) for name in Measurement.__struct_fields__} for one in measurements]
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=_schema(pyarrow)), sink)
    return sink.getvalue()


def _schema(pyarrow: Any) -> Any:
    types = {float: pyarrow.float64(), int: pyarrow.int64()}
    return pyarrow.schema(
        [
            (name, types[NUMBERS[name]] if name in NUMBERS else pyarrow.string())
            for name in Measurement.__struct_fields__
        ]
    )


def _from_parquet(content: bytes) -> list[Measurement]:
    from pyarrow import parquet

    return [_record(row) for row in parquet.read_table(io.BytesIO(content)).to_pylist()]


def _record(row: dict[str, Any]) -> Measurement:
    for name in ("value", "low", "high"):
        if row.get(name) is not None and not isfinite(row[name]):
            raise ValueError(f"{name} is not a finite number")
    return msgspec.convert(row, Measurement)


def write_rows(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV beside the measurements. Raises BadInput when it cannot be written."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())


FORMATS: dict[str, tuple[Callable[[Sequence[Measurement]], bytes], Callable[[bytes], list[Measurement]]]] = {
    ".jsonl.zst": (_to_zst, _from_zst),
    ".jsonl": (_to_lines, _from_lines),
    ".json": (_to_json, _from_json),
    ".csv": (_to_csv, _from_csv),
    ".parquet": (_to_parquet, _from_parquet),
}
"""By suffix: how measurements become bytes, and bytes measurements."""
