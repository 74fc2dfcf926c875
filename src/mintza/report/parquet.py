"""Parquet: numbers written, votes read. The only file of the room that knows pyarrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mintza.errors import BadInput, MissingPart

Column = Sequence[str | float | int | None]


def write_parquet(path: Path, columns: Mapping[str, Column]) -> None:
    """Columns of equal length as one file; numbers are doubles or whole, words are UTF-8. The same columns, the same bytes."""
    pyarrow, parquet = _packages()
    parquet.write_table(pyarrow.table(dict(columns)), path, compression="zstd", store_schema=False)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file, by column. Raises BadInput when it is no Parquet."""
    _, parquet = _packages()
    try:
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise BadInput("this is no Parquet file that can be read", place=str(path), remedy="export it again") from error
    return rows


def _packages() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPart(
            "pyarrow is not installed", place="the report", remedy="pip install 'mintza[report]', or `make install`"
        ) from None
    return pyarrow, pyarrow.parquet
