"""A spreadsheet's file as sheets of text cells, as far as it says for certain what stands in them.

CSV is read in UTF-8 (UTF-16 with its mark, else Windows-1252, with a note), with the separator of its first line. Of
a workbook (XLSX) the visible sheets are read: days as ISO 8601 writes them, numbers with the digits that a spreadsheet
shows, formulas by the result that the file keeps. An empty cell is nothing at all, and never a "no".
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from msgspec import Struct

from screener.records.documents import refused, unreadable

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

MOST_BYTES = 64 * 1024 * 1024
"""Of a file, and of a workbook once it is unpacked."""
MOST_CELLS = 5_000_000
_SEPARATORS = ";,\t"


class Row(Struct, frozen=True):
    """A line with its number in the sheet and the text of each cell (`""`: empty). `faults` are what is wrong with
    single cells, by their place in the row."""

    number: int
    cells: tuple[str, ...]
    faults: tuple[tuple[int, str, str], ...] = ()


class Sheet(Struct, frozen=True):
    """The lines of a sheet that hold anything, the heading first. `name` is empty where a file has one sheet only."""

    name: str
    rows: tuple[Row, ...]


class Sheets(Struct, frozen=True):
    """What a file holds, and notes on how it was read."""

    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    day_zero: int | None = None
    """The day from which a workbook counts days; None for CSV, where nobody knows it."""

    def day(self, text: str) -> str:
        """A day that a workbook holds as its number, as ISO 8601 writes it; any other text as it is. A year is none."""
        if (
            self.day_zero is None
            or not text.isdecimal()
            or len(text) > 5
            or not _FIRST_SERIAL <= int(text) <= _LAST_SERIAL
        ):
            return text
        return date.fromordinal(self.day_zero + int(text)).isoformat()


_FIRST_SERIAL, _LAST_SERIAL = 7_000, 80_000
"""From 1919 to 2119; smaller numbers are years, or no days of anybody's life."""


def read_sheets(place: Path, file: str) -> Sheets:
    """The sheets of a file. Raises RecordError where it cannot be read, or nobody could tell what it says."""
    try:
        if place.stat().st_size > MOST_BYTES:
            raise refused(file, "", f"it is larger than {MOST_BYTES >> 20} MiB", "give some patients at a time")
        content = place.read_bytes()
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from None
    if place.name.lower().endswith((".csv", ".tsv")):
        return _read_csv(content, file)
    return _read_workbook(content, file)


# ---- CSV


def _read_csv(content: bytes, file: str) -> Sheets:
    text, notes = _decoded(content, file)
    rows = []
    try:
        separator, text = _separator(text, file)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        for number, cells in enumerate(lines, 1):
            plain = tuple(cell.strip() for cell in cells)
            if any(plain):
                rows.append(Row(number, plain))
    except csv.Error as error:
        raise refused(file, "", f"it is no CSV: {error}", "save it as CSV in UTF-8, or as a workbook") from None
    return Sheets((Sheet("", tuple(rows)),), notes)


def _decoded(content: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: Sequence[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        told = "it is not text in UTF-8, and is read as Windows-1252: look at its special characters"
        return text, (told,) if encoding == "cp1252" else ()
    raise refused(file, "", "it is not text in UTF-8", "save it as CSV in UTF-8, or as a workbook")


def _separator(text: str, file: str) -> tuple[str, str]:
    """The separator of the cells, and the text without the line in which a spreadsheet may have named it."""
    first, _, rest = text.lstrip("\r\n").partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        return first.strip()[-1], f"\n{rest}"
    heading = next((line for line in text.splitlines() if line.strip()), "")
    counts = {each: len(next(csv.reader([heading], delimiter=each), [])) for each in _SEPARATORS}
    best = max(counts.values())
    likely = [each for each in _SEPARATORS if counts[each] == best]
    if len(likely) > 1 and best > 1:
        raise refused(file, "line 1", "nobody could tell what separates its cells", "save it as a workbook")
    return likely[0], text


# ---- workbooks


def _read_workbook(content: bytes, file: str) -> Sheets:
    _guard(content, file)
    from openpyxl import load_workbook  # only a workbook pays for it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of drawings and the like, which hold no facts
            values = load_workbook(io.BytesIO(content), data_only=True)
            formulas = load_workbook(io.BytesIO(content))
    except Exception:  # whatever a damaged file makes the library stumble over
        raise refused(file, "", "it is a damaged workbook, or none", "save it anew as XLSX, or as CSV") from None
    notes, sheets = [], []
    visible = [each for each in values.worksheets if each.sheet_state == "visible"]
    for each in values.worksheets:
        if (
            each not in visible
            and each.max_row
            and any(cell.value is not None for row in each.iter_rows() for cell in row)
        ):
            notes.append(f"the sheet `{each.title}` is hidden, and is not read")
    for each in visible:
        if each.max_row * each.max_column > MOST_CELLS:
            raise refused(file, "", f"the sheet `{each.title}` is too large", "give some patients at a time")
        name = each.title if len(visible) > 1 else ""
        sheets.append(Sheet(name, tuple(_rows(each, formulas[each.title]))))
    return Sheets(tuple(sheets), tuple(notes), values.epoch.toordinal())


def _guard(content: bytes, file: str) -> None:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            total = sum(each.file_size for each in packed.infolist())
    except (BadZipFile, ValueError, OSError):
        raise refused(file, "", "it is a damaged workbook, or none", "save it anew as XLSX, or as CSV") from None
    if total > 4 * MOST_BYTES:
        raise refused(file, "", "it is too large when it is unpacked", "give some patients at a time")


def _rows(sheet: Worksheet, formulas: Worksheet) -> Iterator[Row]:
    merged = _merged(sheet)
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells, faults = [], []
        for place, cell in enumerate(row):
            origin = merged.get((number, place + 1))
            written = sheet.cell(*origin) if origin is not None else cell
            text = _text(written)
            if not text and str(formulas.cell(written.row or 1, written.column or 1).value or "").strip():
                fault = "the cell holds a formula, and the file keeps no result of it"
                faults.append((place, fault, "open the file in a spreadsheet, and save it"))
                text = "?"
            if origin is not None and origin != (number, place + 1):
                faults.append((place, MERGED, "write the value into each of them"))
            cells.append(text)
        if any(cells):
            yield Row(number, tuple(cells), tuple(faults))


MERGED = "the cell is merged with others"
"""The note on a cell that shows the value of another one."""


def _merged(sheet: Worksheet) -> dict[tuple[int, int], tuple[int, int]]:
    """The cells that are merged, with the one whose value they show."""
    return {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }


def _text(cell: Cell | Any) -> str:
    """What a cell shows, as text; an identifier keeps the zeros that its format puts before it."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            is_day = value.time() == time() and not any(mark in str(cell.number_format).lower() for mark in ("h", "ss"))
            return value.date().isoformat() if is_day else value.isoformat(sep="T", timespec="minutes")
        case date() | time():
            return value.isoformat()
        case int() | float():
            zeros = str(cell.number_format)
            if zeros and not zeros.strip("0") and float(value).is_integer():
                return str(int(value)).zfill(len(zeros))
            return str(value) if isinstance(value, int) else f"{value:.15g}"
        case _:
            return str(value).strip()
