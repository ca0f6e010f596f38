"""Those who are nearest to a trial, with their sheet's state; and those to whom it closes soon.

A sheet takes a hundred times as long as a verdict, so it is made for the few who come first in the answers. Whom time
alone shuts out soon stands in the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from screener.cohort.answers import Desk
from screener.cohort.changes import listed
from screener.cohort.ran import Ran, place_of
from screener.jobs import in_order
from screener.records.facts.folder import Facts
from screener.sheet.making import sheet_of

if TYPE_CHECKING:
    import duckdb

NEAREST = 20
"""Of each trial: whose sheet is made."""
ROWS_AT_ONCE = 10_000


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
    who: tuple[str, str, str]
    """The file of facts, the id, and the digest of what is on record."""


_Words = tuple[str, str, str, str]
"""What a sheet says of a trial: the state, its headline, what is left to do, and the days that matter."""


def looked_closer(
    database: duckdb.DuckDBPyConnection, folder: Path, ran: Ran, desk: Desk, facts: Facts, jobs: int
) -> list[tuple[Near, ...]]:
    """Those nearest to each trial of a run. Raises FactsError where somebody's facts can no longer be read."""
    first = {trial: _first(database, folder, trial, ran) for trial in ran.trials if ran.files.get(trial)}
    everybody = sorted({each.who for those in first.values() for each in those})

    def words(who: tuple[str, str, str]) -> dict[str, _Words]:
        found = desk.the_one(facts, *who)
        if found is None:
            return {}
        sheet = sheet_of(desk.screening(found))
        return {row.id: (row.state.name, row.state.headline, row.left, row.dates.text) for row in sheet.trials}

    by_patient = dict(zip(everybody, in_order(words, everybody, jobs), strict=True))
    return [tuple([_near(each, by_patient[each.who].get(trial)) for each in those]) for trial, those in first.items()]


def closing(database: duckdb.DuckDBPyConnection, folder: Path, ran: Ran, trial: str) -> Iterator[Closing]:
    """Patients for whom a trial closes soon, the earliest first."""
    files = [str(place_of(folder, trial, name)) for name in ran.files[trial]]
    found = database.cursor().execute(
        f"""SELECT patient, closes_on, closing, closes_by FROM read_parquet({listed(files)})
            WHERE closes_on IS NOT NULL ORDER BY closes_on, patient"""
    )
    while rows := found.fetchmany(ROWS_AT_ONCE):
        for patient, day, lines, why in rows:
            yield Closing(patient, date.fromordinal(day), tuple(lines), why)


def _first(database: duckdb.DuckDBPyConnection, folder: Path, trial: str, ran: Ran) -> list[_First]:
    files = [str(place_of(folder, trial, name)) for name in ran.files[trial]]
    parts = dict(zip(ran.files[trial], ran.parts, strict=True))
    rows = database.execute(
        f"""SELECT patient, met, met + failed + open, list_transform(list_filter(lines, lambda x: x.status = 'unknown'),
                lambda x: x.criterion), waits_for, filename, facts
            FROM read_parquet({listed(files)}, filename = true)
            WHERE failed = 0 AND NOT died ORDER BY open, patient, facts LIMIT ?""",
        [NEAREST],
    ).fetchall()
    return [
        _First(patient, met, of, tuple(open_), tuple(waits), (parts[Path(file).name], patient, digest))
        for patient, met, of, open_, waits, file, digest in rows
    ]


def _near(first: _First, words: _Words | None) -> Near:
    return Near(first.patient, first.met, first.of, first.open, first.waits_for, *(words or ("", "", "", "")))
