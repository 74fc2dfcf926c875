"""Formats of tables: CSV, TSV and Parquet, a document a row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mintza.corpus.source_settings import ReadingLimits, SourceSettings
from mintza.corpus.sources.opening import TOO_LARGE, not_utf8, numbered_lines, too_large
from mintza.corpus.sources.pieces import Broken, Passed, Piece, Row
from mintza.corpus.sources.plain import key_of, named_elsewhere, no_text
from mintza.corpus.sources.unpacking import PACKED, DamagedFile

_ROWS_AT_ONCE = 64
_SEPARATORS = (";", "\t", "|", ",")


def separated(path: Path, settings: SourceSettings, *, separator: str) -> Iterator[Piece]:
    """A document a row; the first row names the columns. Called by the column `id`, or the line that the row begins in."""
    csv.field_size_limit(settings.limits.document_bytes)
    lines = _Lines(path, settings.limits)
    rows = _tabbed(lines, settings.limits) if separator == "\t" else csv.reader(lines, strict=True)
    try:
        header = next(rows, None)
    except csv.Error as error:
        raise DamagedFile("not a table", detail=str(error), line=1) from None
    if header is None:
        yield Passed("", "empty")
        return
    if settings.text_field not in header:
        raise _no_column(settings.text_field, header)
    while True:
        begin = lines.number + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            large = "field larger" in str(error)
            yield Broken(str(begin), DamagedFile(TOO_LARGE if large else "not a row", detail=str(error), line=begin))
            continue
        if row:
            yield _of(dict(zip(header, row, strict=False)), len(row) == len(header), begin, settings)


def _no_column(field: str, header: Sequence[str]) -> DamagedFile:
    """What is said of a table whose first row does not name the column; programs in many languages write `;` for a comma."""
    other = next((mark for mark in _SEPARATORS if len(header) == 1 and mark in header[0]), None)
    detail = f"it has {', '.join(header)}"[:200]
    if other is None:
        return DamagedFile(f"has no column '{field}'", detail=detail, line=1, remedy=named_elsewhere("column"))
    remedy = "write it with commas between the columns, or as .tsv with tabs"
    return DamagedFile(
        f"has no column '{field}'", detail=f"{detail}, with {other!r} between them", line=1, remedy=remedy
    )


def _of(row: dict[str, str], whole: bool, line: int, settings: SourceSettings) -> Piece:
    try:
        every = "".join(row.values())
        if _LARGE in every:
            raise too_large(settings.limits)
        if _NOT_UTF8.search(every):
            raise not_utf8("")
        if not whole:
            raise DamagedFile("has another number of fields than the first row")
        text = row[settings.text_field]
        key = key_of(row.get("id") or None)
    except DamagedFile as damage:
        damage.line = line
        return Broken(str(line), damage)
    return Row(key or str(line), text, line)


_NOT_UTF8 = re.compile("[\udc80-\udcff]")
# Stands where a line was too long to be held; it is no character, and so in no text.
_LARGE = "\udc00"


class _Lines:
    """Lines of a file for the reader of the tables. number: how many were given. What is no UTF-8 comes as lone surrogates."""

    def __init__(self, path: Path, limits: ReadingLimits) -> None:
        self.number = 0
        self._lines = numbered_lines(path, limits)
        self._ahead: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = self._ahead.pop() if self._ahead else self._read()
        return f"{line}\n"

    def next_one(self) -> str | None:
        """The line that will be given next, without its end; None where there is none."""
        if not self._ahead:
            try:
                self._ahead.append(self._read())
            except StopIteration:
                return None
        return self._ahead[0][1]

    def _read(self) -> tuple[int, str]:
        number, line = next(self._lines)
        return number, _LARGE if isinstance(line, DamagedFile) else line.decode("utf-8", "surrogateescape")


def _tabbed(lines: _Lines, limits: ReadingLimits) -> Iterator[list[str]]:
    """Rows between whose fields stand tabs. Most programs write quotation marks there as they are, some put them around a field.

    A field loses them where they stand around all of it; one that is left open goes on in the next lines, up to one that has as
    many fields as the first row.
    """
    columns = 0
    for line in lines:
        row = _fields(line)
        columns = columns or len(row)
        before: list[str] = []
        while _is_open(row[-1]) and row != before:
            before, row = row, _gone_on(row, lines, columns, limits.document_bytes)
        yield [_unquoted(field) for field in row] if row != [""] else []


def _gone_on(row: list[str], lines: _Lines, columns: int, most: int) -> list[str]:
    """A row whose last field is open, with the lines that belong to it, up to the one that ends the field."""
    parts, size = [row[-1]], len(row[-1])
    others: list[str] = []
    while (after := lines.next_one()) is not None:
        first, *others = _fields(after)
        if len(others) + 1 == columns < len(row) + len(others):
            others = []
            break
        next(lines)
        size += len(first) + 1
        if size <= most:
            parts.append(first)
        if others or first.count('"') % 2:
            break
    return [*row[:-1], "\n".join(parts) if size <= most else _LARGE, *others]


def _fields(line: str) -> list[str]:
    return line.removesuffix("\n").removesuffix("\r").split("\t")


def _is_open(field: str) -> bool:
    return field.startswith('"') and field.count('"') % 2 == 1


def _unquoted(field: str) -> str:
    inner = field[1:-1].replace('""', "")
    whole = len(field) > 1 and field[0] == field[-1] == '"' and '"' not in inner
    return field[1:-1].replace('""', '"') if whole else field


def parquet(path: Path, settings: SourceSettings) -> Iterator[Piece]:
    """A document a row, called by the column `id` or by its number from 1."""
    import pyarrow
    import pyarrow.parquet

    if path.suffix.lower() in PACKED:
        raise DamagedFile("Parquet inside another compression", detail="unpack it: Parquet is compressed in itself")
    try:
        with path.open("rb") as opened:
            file = pyarrow.parquet.ParquetFile(opened, memory_map=False, pre_buffer=False)
            _check_columns(file, settings)
            columns = [name for name in ("id", settings.text_field) if name in file.schema_arrow.names]
            number = 0
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=columns, use_threads=False):
                for row in range(batch.num_rows):
                    number += 1
                    yield _cell({name: batch.column(name)[row] for name in columns}, number, settings)
    except pyarrow.ArrowException as error:
        raise DamagedFile("damaged", detail=str(error)[:200]) from None
    except OSError as error:  # pyarrow says so too of what it cannot unpack
        reason = "cannot be opened" if error.errno else "damaged"
        raise DamagedFile(reason, detail=error.strerror or str(error)[:200]) from None


def _check_columns(file: Any, settings: SourceSettings) -> None:
    """Raise DamagedFile for a file without the column, or whose column would grow too much."""
    names = file.schema_arrow.names
    if settings.text_field not in names:
        remedy = named_elsewhere("column")
        raise DamagedFile(
            f"has no column '{settings.text_field}'", detail=f"it has {', '.join(names)}"[:200], remedy=remedy
        )
    at = [index for index in range(len(file.schema)) if file.schema.column(index).path == settings.text_field]
    for group in range(file.metadata.num_row_groups):
        for index in at:
            column = file.metadata.row_group(group).column(index)
            if column.total_uncompressed_size > max(
                16_000_000, settings.limits.unpacked_ratio * column.total_compressed_size
            ):
                raise DamagedFile(
                    "grows too much when unpacked",
                    detail=f"over {settings.limits.unpacked_ratio} times (limits.unpacked_ratio)",
                )


def _cell(row: dict[str, Any], number: int, settings: SourceSettings) -> Piece:
    try:
        text = row[settings.text_field].as_py()
        if not isinstance(text, str):
            raise no_text(settings.text_field, "what stands there is none")
        key = key_of(row["id"].as_py() if "id" in row else None)
    except UnicodeDecodeError as error:
        return Broken(str(number), DamagedFile("not UTF-8", detail=str(error)[:200], line=number))
    except DamagedFile as damage:
        damage.line = number
        return Broken(str(number), damage)
    return Row(key or str(number), text, number)
