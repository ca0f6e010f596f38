"""Many patients at a glance, behind each in full: a row a patient and a column a trial, and who may still come in.

Only what is shown is kept of each screening, so that thousands of patients fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from rich import box
from rich.table import Table
from rich.text import Text

from screener.contract import WaitsFor
from screener.report.terminal import VERDICT, Page, Terminal
from screener.report.wording import DISCLAIMER, on_one_line
from screener.screening import Screening, TrialResult, Verdict

if TYPE_CHECKING:
    from rich.console import Console

MOST_NAMED = 40
"""How many patients of a group are named; the rest are counted."""
MOST_LINES = 2
"""Criteria that are named of those that failed."""


class Cell(Struct, frozen=True):
    """What one trial says of one patient."""

    trial: str
    verdict: Verdict
    failed: tuple[str, ...]
    waits_for: tuple[WaitsFor, ...]
    check_first: bool = False
    """Whether a value behind the verdict may be wrong."""


class Row(Struct, frozen=True):
    """One patient, with a cell for each trial."""

    patient: str
    as_of: str
    cells: tuple[Cell, ...]


def row_of(screening: Screening) -> Row:
    """What a matrix shows of a screening."""
    died = f" (died {screening.died})" if screening.died is not None else ""
    cells = tuple(_cell(trial) for trial in screening.trials)
    return Row(screening.patient + died, screening.as_of.isoformat(), cells)


def _cell(trial: TrialResult) -> Cell:
    failed = tuple(criterion.id for criterion in trial.criteria if criterion.status == "failed")
    return Cell(trial.id, trial.verdict, failed, trial.waits_for, bool(trial.check_first))


def print_matrix(rows: Sequence[Row], unusable: int, console: Console | None = None) -> None:
    """Print the rows, then for each trial who is eligible and who waits for what; last how many records there were, and
    how many of them could not be used. Needs at least one row."""
    page = Page(console or Terminal(highlight=False, markup=False, emoji=False))
    page.console.print(_table(rows))
    for number, cell in enumerate(rows[0].cells):
        _groups(page, cell.trial, [(row.patient, row.cells[number]) for row in rows])
        page.blank()
    could_not = f"; {unusable} could not be used, as told above" if unusable else ""
    page.line(Text(f"{len(rows)} patients screened{could_not}"))
    page.blank()
    page.line(Text(DISCLAIMER, "italic"))
    page.print()


def _table(rows: Sequence[Row]) -> Table:
    days = sorted({row.as_of for row in rows})
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Patient" if len(days) > 1 else f"Patient, as of {days[0]}", overflow="fold")
    if len(days) > 1:
        table.add_column("As of", no_wrap=True)
    for cell in rows[0].cells:
        table.add_column(cell.trial, overflow="fold")
    for row in rows:
        day = [row.as_of] if len(days) > 1 else []
        table.add_row(Text(on_one_line(row.patient)), *day, *(_shown(cell) for cell in row.cells))
    return table


def _shown(cell: Cell) -> Text:
    """The verdict, with the first of the criteria that failed, or what it waits for."""
    shown = VERDICT[cell.verdict].copy()
    match cell.verdict:
        case "ineligible":
            others = len(cell.failed) - MOST_LINES
            shown.append(f" {', '.join(cell.failed[:MOST_LINES])}" + (f" +{others}" if others > 0 else ""), "default")
        case "undetermined":
            shown = Text("waits for data" if "data" in cell.waits_for else "waits for people", "bold yellow")
        case "eligible":
            pass
    if cell.check_first:
        shown.append(" check first", "magenta")
    return shown


def _groups(page: Page, trial: str, cells: Sequence[tuple[str, Cell]]) -> None:
    """Who is eligible, who waits only for people's answers, who waits for data, and how many are out."""
    open_ones = [(patient, cell) for patient, cell in cells if cell.verdict == "undetermined"]
    groups = {
        "eligible": [patient for patient, cell in cells if cell.verdict == "eligible"],
        "only people's answers are left": [patient for patient, cell in open_ones if "data" not in cell.waits_for],
        "data are missing": [patient for patient, cell in open_ones if "data" in cell.waits_for],
    }
    page.line(Text(trial, "bold"))
    for name, patients in groups.items():
        page.beside(f"  {name:<32}", _named(patients))
    page.beside(f"  {'ineligible':<32}", str(sum(cell.verdict == "ineligible" for _, cell in cells)))


def _named(patients: Sequence[str]) -> str:
    if not patients:
        return "0"
    others = len(patients) - MOST_NAMED
    named = ", ".join(on_one_line(each) for each in patients[:MOST_NAMED])
    return f"{len(patients)}: {named}" + (f" and {others} others" if others > 0 else "")
