"""Many patients at a glance: a row a patient and a column a trial, and for each trial who may still come in.

Only what is shown is kept of each screening, so that thousands of patients fit.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from screener.report.terminal import DISCLAIMER, VERDICT_STYLES, Terminal, plain_text
from screener.screening import Screening, TrialResult, Verdict

MOST_NAMED = 40
"""Patients of one group that are named; of the others the number is told."""


class Cell(Struct, frozen=True):
    """What one trial says of one patient."""

    trial: str
    verdict: Verdict
    failed: tuple[str, ...]
    waits_for: tuple[str, ...]


class Row(Struct, frozen=True):
    """One patient, with a cell for each trial."""

    patient: str
    as_of: str
    cells: tuple[Cell, ...]


def row_of(screening: Screening) -> Row:
    """What a matrix shows of a screening."""
    return Row(screening.patient, screening.as_of.isoformat(), tuple(_cell(trial) for trial in screening.trials))


def _cell(trial: TrialResult) -> Cell:
    failed = tuple(criterion.id for criterion in trial.criteria if criterion.status == "failed")
    return Cell(trial.id, trial.verdict, failed, trial.waits_for)


def print_matrix(rows: Sequence[Row], unusable: int, console: Console | None = None) -> None:
    """Print the rows, then for each trial who is eligible and who waits for what; last how many could not be used."""
    console = console or Terminal(highlight=False, markup=False, emoji=False)
    if rows:
        console.print(_table(rows))
        for number, cell in enumerate(rows[0].cells):
            console.print(_summary(cell.trial, [(row.patient, row.cells[number]) for row in rows]))
            console.print()
    total = f"{len(rows)} patients screened" if len(rows) != 1 else "1 patient screened"
    console.print(Text(total + (f", {unusable} could not be used: see above" if unusable else "")))
    console.print(Text(DISCLAIMER, "italic"))


def _table(rows: Sequence[Row]) -> Table:
    days = {row.as_of for row in rows}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("Patient" if len(days) > 1 else f"Patient, as of {min(days)}", overflow="fold")
    if len(days) > 1:
        table.add_column("As of", no_wrap=True)
    for cell in rows[0].cells:
        table.add_column(cell.trial, overflow="fold")
    for row in rows:
        day = [row.as_of] if len(days) > 1 else []
        table.add_row(plain_text(row.patient), *day, *(_shown(cell) for cell in row.cells))
    return table


def _shown(cell: Cell) -> Text:
    """The verdict, with the first of the criteria that failed, or what it waits for."""
    style = VERDICT_STYLES[cell.verdict]
    match cell.verdict:
        case "ineligible":
            others = len(cell.failed) - 2
            named = ", ".join(cell.failed[:2]) + (f" +{others}" if others > 0 else "")
            return Text.assemble(("INELIGIBLE", style), f" {named}")
        case "undetermined":
            return Text.assemble(("waits", style), f" {_waiting(cell.waits_for)}")
        case "eligible":
            return Text("eligible", style)


def _waiting(waits_for: Sequence[str]) -> str:
    return "for " + " and ".join(waits_for)


def _summary(trial: str, cells: Sequence[tuple[str, Cell]]) -> Text:
    """Who is eligible, who waits only for people's answers, who waits for data, and how many are out."""
    eligible = [patient for patient, cell in cells if cell.verdict == "eligible"]
    waiting = [(patient, cell) for patient, cell in cells if cell.verdict == "undetermined"]
    answers = [patient for patient, cell in waiting if "data" not in cell.waits_for]
    data = [patient for patient, cell in waiting if "data" in cell.waits_for]
    out = sum(cell.verdict == "ineligible" for _, cell in cells)
    lines = [
        _group("eligible", eligible),
        _group("only people's answers are left", answers),
        _group("data are missing", data),
        f"  {'ineligible':<31}{out}",
    ]
    return Text("\n").join([Text(trial, "bold"), *(Text(line) for line in lines)])


def _group(name: str, patients: Sequence[str]) -> str:
    named = ", ".join(plain_text(each) for each in patients[:MOST_NAMED])
    others = len(patients) - MOST_NAMED
    told = f": {named}" + (f" and {others} others" if others > 0 else "") if patients else ""
    return f"  {name:<31}{len(patients)}{told}"
