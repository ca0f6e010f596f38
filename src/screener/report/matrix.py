"""Many patients at a glance, behind each in full: a row a patient and a column a trial, and who may still come in.

Only what is shown is kept of each screening, so that thousands of patients fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct
from rich import box
from rich.table import Table
from rich.text import Text

from screener.report.terminal import Page, Terminal, state_text
from screener.report.wording import DISCLAIMER, on_one_line
from screener.screening import Screening, TrialResult, Verdict
from screener.sheet.making import states_in_words
from screener.sheet.model import State
from screener.sheet.phrases import HEADLINES, as_of_words
from screener.sheet.states import NEAREST_FIRST, OUT
from screener.values.dates import dates_in_words, day_in_words

if TYPE_CHECKING:
    from rich.console import Console

MOST_NAMED = 40
"""How many patients of a group are named; the rest are counted."""
MOST_LINES = 2
"""Criteria that are named of those that failed."""


class Cell(Struct, frozen=True):
    """Where one patient stands in one trial, and the lines against it."""

    trial: str
    verdict: Verdict
    state: State
    against: tuple[str, ...]


class Row(Struct, frozen=True):
    """One patient, with a cell for each trial."""

    patient: str
    as_of: date
    cells: tuple[Cell, ...]


def row_of(screening: Screening) -> Row:
    """What a matrix shows of a screening."""
    died = f" (died {dates_in_words(screening.died)})" if screening.died is not None else ""
    states = states_in_words(screening)
    cells = tuple(_cell(trial, states[trial.id]) for trial in screening.trials)
    return Row(screening.patient + died, screening.as_of, cells)


def _cell(trial: TrialResult, state: State) -> Cell:
    against = tuple(criterion.id for criterion in trial.criteria if criterion.status == "failed")
    return Cell(trial.id, trial.verdict, state, against)


def print_matrix(rows: Sequence[Row], unusable: int, console: Console | None = None) -> None:
    """Print the rows, then for each trial who stands where. Last comes how many records there were, and how many could
    not be used. Needs at least one row."""
    page = Page(console or Terminal(highlight=False, markup=False, emoji=False))
    page.console.print(_table(rows))
    for number, cell in enumerate(rows[0].cells):
        _groups(page, cell.trial, [(row.patient, row.cells[number]) for row in rows])
        page.blank()
    could_not = f"; {unusable} could not be used, as said above" if unusable else ""
    page.line(Text(f"{len(rows)} patients screened{could_not}"))
    page.blank()
    page.line(Text(DISCLAIMER, "italic"))
    page.print()


def _table(rows: Sequence[Row]) -> Table:
    days = sorted({row.as_of for row in rows})
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Patient" if len(days) > 1 else f"Patient, as of {as_of_words(days[0])}", overflow="fold")
    if len(days) > 1:
        table.add_column("As of", no_wrap=True)
    for cell in rows[0].cells:
        table.add_column(cell.trial, overflow="fold")
    for row in rows:
        day = [day_in_words(row.as_of)] if len(days) > 1 else []
        table.add_row(Text(on_one_line(row.patient)), *day, *(_shown(cell) for cell in row.cells))
    return table


def _shown(cell: Cell) -> Text:
    """The state, with the first of the lines that are against it."""
    shown = state_text(cell.state, cell.verdict)
    if cell.verdict == "ineligible":
        others = len(cell.against) - MOST_LINES
        shown.append(f" {', '.join(cell.against[:MOST_LINES])}" + (f" +{others}" if others > 0 else ""), "default")
    return shown


def _groups(page: Page, trial: str, cells: Sequence[tuple[str, Cell]]) -> None:
    """Who stands where, the nearest first; those who are ruled out are counted."""
    page.line(Text(trial, "bold"))
    for name in NEAREST_FIRST:
        patients = [patient for patient, cell in cells if cell.state.name == name]
        if patients:
            page.beside(f"  {HEADLINES[name]:<36}", str(len(patients)) if name in OUT else _named(patients))


def _named(patients: Sequence[str]) -> str:
    others = len(patients) - MOST_NAMED
    named = ", ".join(on_one_line(each) for each in patients[:MOST_NAMED])
    return f"{len(patients)}: {named}" + (f" and {others} others" if others > 0 else "")
