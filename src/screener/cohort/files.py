"""The files of a summary: a page, JSON and tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct

from screener.cohort.changes import read_changes
from screener.cohort.lists import LISTS
from screener.cohort.nearest import Closing, Near
from screener.cohort.page import page, under
from screener.cohort.summary import Recorded, Step, Summary, Wanted
from screener.records.whole_files import whole_file
from screener.report.criteria_csv import plain_cell


def write_summary(folder: Path, summary: Summary) -> list[Path]:
    """Write the summary as JSON, as tables, and as a page. What names patients is written only where small numbers
    are shown, and removed where they are not. Raises OSError."""
    few = under(summary.rounded_to)
    texts = {
        "summary.html": page(summary),
        "summary.json": msgspec.json.format(msgspec.json.encode(summary), indent=1).decode() + "\n",
        "attrition.csv": _attrition(summary, few),
        "limits.csv": _limits(summary, few),
        "recorded.csv": _table_of(
            Recorded, [(each.trial, one) for each in summary.trials for one in each.recorded], few
        ),
        "missing.csv": _table_of(Wanted, [(each.trial, one) for each in summary.trials for one in each.wanted], few),
    }
    of_patients = ("nearest.csv", "closing.csv", "changes.csv", *LISTS)
    if summary.min_cell == 1:
        texts["nearest.csv"] = _table_of(Near, [(each.trial, one) for each in summary.trials for one in each.nearest])
        texts["closing.csv"] = _table_of(
            Closing, [(each.trial, one) for each in summary.trials for one in each.closing]
        )
    for name, text in texts.items():
        with whole_file(folder / name) as file:
            file.write(text.encode())
    if summary.min_cell == 1:
        _write_changes(folder)
        return [folder / name for name in (*texts, "changes.csv")]
    for name in of_patients:
        (folder / name).unlink(missing_ok=True)
    return [folder / name for name in texts]


def _write_changes(folder: Path) -> None:
    """Everybody whose verdict has changed, as a table, however many they are."""
    fields = ("trial", "patient", "was", "now", "why")
    with whole_file(folder / "changes.csv") as file:
        file.write(("\ufeff" + _line(fields)).encode())
        for each in read_changes(folder):
            file.write(_line([getattr(each, name) for name in fields]).encode())


def _table_of(what: type[Struct], rows: Sequence[tuple[str, Struct]], few: str = "") -> str:
    """A table with a column for the trial and one for each field. `few` stands for too small a number."""
    names = [each.name for each in msgspec.structs.fields(what)]
    told = [name for name in names if not any(getattr(row, name) is UNSET for _, row in rows)]
    cells = [[trial, *(_told(getattr(row, name), few) for name in told)] for trial, row in rows]
    return _table(["trial", *told], cells)


def _attrition(summary: Summary, few: str) -> str:
    return _table_of(Step, [(trial.trial, step) for trial in summary.trials for step in trial.steps], few)


def _limits(summary: Summary, few: str) -> str:
    rows = [
        [
            trial.trial,
            each.criterion,
            each.of,
            each.operator,
            each.text,
            move.text,
            _told(move.certain, few),
            _told(move.possible, few),
        ]
        for trial in summary.trials
        for each in trial.sensitivity
        for move in each.moves
    ]
    return _table(["trial", "criterion", "of", "operator", "limit", "moved_to", "certain", "possible"], rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "\ufeff" + "".join(map(_line, (headings, *rows)))


def _line(cells: Sequence[object]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_cell(each) for each in cells])
    return written.getvalue()


def _told(value: object, few: str) -> object:
    """A number of patients; words where it is not shown."""
    return few if value is None and few else value


def _cell(value: object) -> object:
    """What a cell says; a list is one text."""
    match value:
        case None:
            return ""
        case tuple():
            return plain_cell(" ".join(map(str, value)))
        case str():
            return plain_cell(value)
        case _:
            return value
