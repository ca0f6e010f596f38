"""The worklist as CSV, one row a patient. Excel opens it by a double click, and a later worklist is compared with it.

UTF-8 with a byte order mark, lines that end with CR LF, no cell of several lines. What a spreadsheet would take for a
formula, a date or a number that it is not, such as the id `0012`, gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from screener.evaluation.explanation import score_text
from screener.report.criteria_csv import plain_cell
from screener.report.forms import FormError
from screener.report.wording import on_one_line
from screener.sheet import phrases
from screener.sheet.worklist import Cell, Earlier, EarlierRow, Row, TrialCells

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
DELIMITERS = ",;\t"
"""Excel writes semicolons where a comma stands in decimals."""
LARGEST = 64 << 20
"""Bytes of a worklist that is read again."""

HEAD = (
    "file",
    "patient",
    "as_of",
    "sex",
    "age",
    "died",
    "check",
    "state",
    "best_trial",
    "recruiting",
    "next",
    "good_to",
    "closes_after",
)
OF_A_TRIAL = (
    "state",
    "met",
    "of",
    "against",
    "measure",
    "chart",
    "judge",
    "consent",
    "reading",
    "good_to",
    "closes_after",
)
_NEEDED = ("file", "patient", "state", "best_trial")
_TAKEN_FOR_ANOTHER = re.compile(
    r"\s*(0\d+|\d{16,}|\d*\.?\d+[eE][+-]?\d+|\d+[\d\s./:,-]*[./:,-][\d\s./:,-]*|(?i:true|false)"
    r"|(?i:(\d{1,4}[\s./-]?)?(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*[\s./-]?\d{0,4}))\s*"
)
"""Names that a spreadsheet shows as another text, and saves so: `0012` as 12, `3-4` as a day, `1E5` as 100000."""


def worklist_csv(rows: Sequence[Row]) -> str:
    """The rows below one header. Needs at least one."""
    paper = io.StringIO(newline="")
    paper.write(BYTE_ORDER_MARK)
    writer = csv.writer(paper)
    writer.writerow(_header(rows[0]))
    writer.writerows(list(_cells(row)) for row in rows)
    return paper.getvalue()


def _header(row: Row) -> list[str]:
    header = list(HEAD)
    for cell in row.cells:
        if isinstance(cell, Cell):
            header += [cell.name, *([] if cell.unit is None else [f"{cell.name}_unit"]), f"{cell.name}_date"]
        else:
            header += [f"{cell.name}_low", f"{cell.name}_high"]
    header += [f"{trial.id}_{name}" for trial in row.trials for name in OF_A_TRIAL]
    return [*header, "screener", "rules"]


def _cells(row: Row) -> Iterator[str]:
    nearest = row.nearest
    yield from (written(row.file), written(row.patient), row.as_of.isoformat(), row.sex or "")
    yield from (_text(row.age), _text(row.died or ""), _text(row.check), phrases.HEADLINES[row.state])
    yield from (_text(nearest.id), nearest.recruiting, _text(row.next))
    yield from (_day(nearest.good_to), _day(nearest.closes_after))
    for cell in row.cells:
        if isinstance(cell, Cell):
            yield _text(cell.value)
            if cell.unit is not None:
                yield _text(cell.unit)
            yield _text(cell.date)
        else:
            yield from ("" if end is None else score_text(end) for end in (cell.low, cell.high))
    for trial in row.trials:
        yield from _of_trial(trial)
    yield from (row.screener, row.rules)


def _of_trial(trial: TrialCells) -> Iterator[str]:
    yield from (phrases.HEADLINES[trial.state], str(trial.met), str(trial.of), " ".join(trial.against))
    yield from (str(trial.measure), str(trial.chart), str(trial.judge), _text(trial.consent), str(trial.reading))
    yield from (_day(trial.good_to), _day(trial.closes_after))


def _day(day: object) -> str:
    return "" if day is None else str(day)


def _text(text: str) -> str:
    return plain_cell(on_one_line(text))


def written(text: str) -> str:
    """A name as a cell has it: on one line, and as plain text for any spreadsheet."""
    plain = _text(text)
    return f"'{plain}" if _TAKEN_FOR_ANOTHER.fullmatch(plain) else plain


# ---- an earlier one


def read_earlier(place: Path) -> Earlier:
    """A worklist that was written before, also one that a spreadsheet has saved. Raises FormError if it is none."""
    mend = "name a file of `--worklist-csv`, saved as CSV in UTF-8"
    try:
        if place.stat().st_size > LARGEST:
            raise FormError(f"`{place}` is too large for a worklist", mend)
        with place.open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as problem:
        why = (problem.strerror or str(problem)).lower() if isinstance(problem, OSError) else "it is no text in UTF-8"
        raise FormError(f"`{place}` cannot be read: {why}", mend) from None
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        rows = []
    if not rows or any(name not in rows[0] for name in _NEEDED):
        raise FormError(f"`{place}` is no worklist", mend)
    told = [[row.get(name) or "" for name in _NEEDED] for row in rows]
    earlier = tuple(
        EarlierRow(file, patient, state, trial, _states(row))
        for (file, patient, state, trial), row in zip(told, rows, strict=True)
        if patient
    )
    return Earlier(place.name, earlier, written)


def _states(row: Mapping[str, str | None]) -> dict[str, str]:
    """The state of each trial, by its column: `NCT…_state`."""
    return {name.removesuffix(_STATE): said or "" for name, said in row.items() if name and name.endswith(_STATE)}


_STATE = "_state"
