"""Those who are nearest to a trial, looked at more closely: their sheet's state, and whether the trial closes soon.

A sheet takes a hundred times as long as a verdict, so it is made for the few who come first in the answers.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from screener.advice.when import changes
from screener.cohort.answers import Desk
from screener.cohort.changes import listed
from screener.cohort.ran import Ran, place_of
from screener.jobs import in_order
from screener.records.facts.folder import Facts
from screener.sheet.making import sheet_of

if TYPE_CHECKING:
    import duckdb

NEAREST, LOOKED_AT = 20, 100
"""Of each trial: whose sheet is made, and who is looked at for a day on which the trial closes."""
SOON = timedelta(days=14)


class Near(Struct, frozen=True):
    """A patient whom nothing is against, and who has not died: how many lines are met, and what is open.

    `state`, `headline`, `left` and `dates` are those of the patient's sheet: where the trial stands, what is left to do
    and by whom, and the days that matter.
    """

    patient: str
    met: int
    of: int
    open: tuple[str, ...]
    waits_for: tuple[str, ...]
    state: str
    headline: str
    left: str
    dates: str


class Closing(Struct, frozen=True):
    """A patient to whom a trial closes soon: from `closes_on`, some line is failed on every day."""

    patient: str
    closes_on: date
    lines: tuple[str, ...]
    why: str


class _First(Struct, frozen=True):
    patient: str
    met: int
    of: int
    open: tuple[str, ...]
    waits_for: tuple[str, ...]


class _Seen(Struct, frozen=True):
    """What was seen of one patient: the sheet's words, by trial, and the days on which trials close."""

    sheets: dict[str, tuple[str, str, str, str]]
    closing: dict[str, Closing]


def looked_closer(
    database: duckdb.DuckDBPyConnection, folder: Path, ran: Ran, desk: Desk, facts: Facts, jobs: int
) -> list[tuple[tuple[Near, ...], tuple[Closing, ...]]]:
    """Those nearest to each trial of a run, and those of them to whom it closes soon.

    Raises FactsError where somebody's facts can no longer be read.
    """
    first = {trial: _first(database, folder, trial, ran) for trial in ran.trials if ran.files.get(trial)}
    whose_sheet = {each.patient for those in first.values() for each in those[:NEAREST]}
    everybody = sorted({each.patient for those in first.values() for each in those})

    def seen(patient: str) -> _Seen:
        found = next(facts.called(patient), None)
        if found is None:
            return _Seen({}, {})
        screening = desk.screening(found)
        sheets: dict[str, tuple[str, str, str, str]] = {}
        if patient in whose_sheet:
            for row in sheet_of(screening).trials:
                sheets[row.id] = row.state.name, row.state.headline, row.left, row.dates.text
        closing: dict[str, Closing] = {}
        for line in changes(screening, screening.as_of + SOON).trials:
            if line.verdict != "ineligible" and line.closes_on is not None:
                those = [each for each in line.changes if each.date == line.closes_on and each.after == "failed"]
                why = "; ".join(dict.fromkeys(each.why for each in those))
                closing[line.id] = Closing(patient, line.closes_on, tuple([each.criterion for each in those]), why)
        return _Seen(sheets, closing)

    by_patient = dict(zip(everybody, in_order(seen, everybody, jobs), strict=True))
    found = []
    for trial, those in first.items():
        near = [_near(each, by_patient[each.patient].sheets.get(trial)) for each in those[:NEAREST]]
        closing = [by_patient[each.patient].closing.get(trial) for each in those]
        soonest = sorted(
            (each for each in closing if each is not None), key=lambda each: (each.closes_on, each.patient)
        )
        found.append((tuple(near), tuple(soonest)))
    return found


def _first(database: duckdb.DuckDBPyConnection, folder: Path, trial: str, ran: Ran) -> list[_First]:
    files = [str(place_of(folder, trial, name)) for name in ran.files[trial]]
    rows = database.execute(
        f"""SELECT patient, met, met + failed + open, list_transform(list_filter(lines, lambda x: x.status = 'unknown'),
                lambda x: x.criterion), waits_for
            FROM read_parquet({listed(files)}) WHERE failed = 0 AND NOT died ORDER BY open, patient LIMIT ?""",
        [LOOKED_AT],
    ).fetchall()
    return [_First(patient, met, of, tuple(open_), tuple(waits)) for patient, met, of, open_, waits in rows]


def _near(first: _First, sheet: tuple[str, str, str, str] | None) -> Near:
    state, headline, left, dates = sheet or ("", "", "", "")
    return Near(first.patient, first.met, first.of, first.open, first.waits_for, state, headline, left, dates)
