"""A clinic's own tables: small CSV files with a heading, as people save them from a spreadsheet.

Commas, semicolons or tabs separate the cells, and the columns stand in any order. Blank lines and lines that begin with
`#` say nothing. What the cells mean is the business of the module that asks for the table.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from screener.records.documents import unreadable
from screener.records.errors import Problem, did_you_mean, quoted

_SEPARATORS = {",": "`,`", ";": "`;`", "\t": "tabs"}
_EXCELS_OWN = re.compile(r"sep=.\Z", re.IGNORECASE)
"""A first line by which spreadsheets tell one another the separator."""


class TableRow(Struct, frozen=True):
    """A line of a table, its cells by the names of their columns."""

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """A cell; empty where there is none."""
        return self.cells.get(column, "")


class OwnTable(Struct, frozen=True):
    """The lines of a table that can be read, what is wrong with the others, and what identifies the file."""

    rows: Sequence[TableRow] = ()
    problems: Sequence[Problem] = ()
    digest: str = ""


def read_own_table(place: Path, first_line: str, others: Sequence[str] = ()) -> OwnTable:
    """Read a table with the columns of this first line: it needs the first two, and may have others."""
    try:
        written = place.read_bytes()
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        return OwnTable(problems=[Problem("", "it is not text in UTF-8", "save it as `CSV UTF-8`")])
    except (OSError, ValueError) as error:
        return OwnTable(problems=unreadable(str(place), error).problems)
    try:
        rows, problems = rows_of(text, first_line, others)
    except csv.Error as error:  # a cell longer than Python reads
        return OwnTable(problems=[Problem("", f"it is no CSV: {error}", "save it as CSV in UTF-8")])
    return OwnTable(rows, problems, f"sha256:{hashlib.sha256(written).hexdigest()}")


def rows_of(text: str, first_line: str, others: Sequence[str]) -> tuple[list[TableRow], list[Problem]]:
    """The lines of a table that can be read, and what is wrong with the others."""
    lines = [(number, line) for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1) if _says_something(line)]
    if lines and _EXCELS_OWN.match(lines[0][1].strip()):
        del lines[0]
    if not lines:
        return [], [Problem("", "there is nothing in it", f"begin with the line `{first_line}`")]
    (number, heading), *below = lines
    separator = max(_SEPARATORS, key=heading.count)
    names = [each.lower() for each in _cells(heading, separator) or ()]
    if problems := [Problem(f"line {number}", *each) for each in _faults_of_heading(names, first_line, others)]:
        return [], problems
    rows = []
    for number, line in below:
        cells = _cells(line, separator)
        if (fault := _fault_of_line(line, cells, len(names), separator)) is not None:
            problems.append(Problem(f"line {number}", *fault))
        elif cells is not None:
            rows.append(TableRow(number, dict(zip(names, cells, strict=False))))
    return rows, problems


def _says_something(line: str) -> bool:
    return bool(line.strip(' \t,;"')) and not line.lstrip(' "').startswith("#")


def _cells(line: str, separator: str) -> list[str] | None:
    """The cells of a line; None where a quotation mark is not closed in it."""
    cells, *rest = csv.reader([line, ""], delimiter=separator, skipinitialspace=True)
    return [each.strip() for each in cells] if rest else None


def _faults_of_heading(names: Sequence[str], first_line: str, others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the names of the columns, each with its mend."""
    columns = (*first_line.split(","), *others)
    if not set(names) & set(columns):
        yield "the first line does not name the columns", f"begin with the line `{first_line}`"
        return
    for order, name in enumerate(names):
        if name in names[:order] and name:
            yield f"there are two columns `{name}`", "leave one of them out"
        elif name and name not in columns:
            missing = [each for each in columns if each not in names]
            yield f"{quoted(name)} is no column", did_you_mean(name, missing or columns)
    for name in columns[:2]:
        if name not in names:
            yield f"there is no column `{name}`", f"the columns are `{first_line}`"


def _fault_of_line(line: str, cells: Sequence[str] | None, columns: int, separator: str) -> tuple[str, str] | None:
    if cells is None:
        return "a quotation mark is not closed before the next separator", 'write two where one is meant: `""`'
    other = max((each for each in _SEPARATORS if each != separator), key=line.count)
    if len(cells) == 1 and other in line:
        one, those = _SEPARATORS[other], _SEPARATORS[separator]
        return f"its cells are separated by {one}, those of the first line by {those}", f"write {those}"
    if any(cells[columns:]):
        mend = f"put a text that has a `{separator}` in it between quotation marks"
        return f"there are {len(cells)} cells, and {columns} columns", mend
    return None
