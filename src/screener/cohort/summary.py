"""The answers of everybody, summed up: which criterion costs most, what is missing, and what a limit is worth.

DuckDB counts rows, and decides nothing: every status in them is the engine's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from msgspec import Struct

from screener.cohort.limits import limits_of
from screener.cohort.run import Ran, read_ran
from screener.records.facts.folder import Facts, whole_file
from screener.rulebook import ChangeLookup, EventLookup, OnsetLookup, Rulebook, Trial, ValueLookup
from screener.rulebook_walk import lookup_of, walk_through

Count = int | None
"""A number of patients; None where it is smaller than may leave the house."""

MOST_MISSING = 15
NEAREST = 20
FORM = "screener summary 1"


class Step(Struct, frozen=True):
    """One line of a trial, in the protocol's order.

    `passed`, `failed` and `unknown` are of everybody. `certain` pass this line and all before it; `possible` fail
    neither this line nor any before it. `only_this_fails`: they fail no other line. `only_this_is_open`: nothing fails,
    and only this line is unknown. `without` tells how many would be certain and possible if the line were not there.
    """

    criterion: str
    kind: str
    short: str
    passed: Count
    failed: Count
    unknown: Count
    certain: Count
    possible: Count
    only_this_fails: Count
    only_this_is_open: Count
    certain_without: Count
    possible_without: Count


class Wanted(Struct, frozen=True):
    """A fact that open lines of patients wait for who fail nothing: for how many patients it is missing, and for how
    many finding it would settle a line that waits for nothing else."""

    kind: str
    name: str
    title: str
    patients: Count
    settles: Count


class Recorded(Struct, frozen=True):
    """A fact that the trial asks about: how many patients have any result or entry of it at all, or a denial."""

    kind: str
    name: str
    title: str
    patients: Count


class Move(Struct, frozen=True):
    """What moving a limit does: so many more (or fewer) are certain, and possible."""

    number: float
    text: str
    certain: int | None
    possible: int | None


class Sensitivity(Struct, frozen=True):
    """A numeric limit of a line, and what it is worth."""

    criterion: str
    of: str
    operator: str
    text: str
    moves: tuple[Move, ...]


class Near(Struct, frozen=True):
    """A patient who fails nothing: how many lines are met, and how many are open."""

    patient: str
    met: int
    of: int
    open: tuple[str, ...]
    waits_for: tuple[str, ...]


class OfTrial(Struct, frozen=True):
    """One trial: everybody's verdict, the attrition, and what follows from it."""

    trial: str
    title: str
    recruiting: bool
    patients: Count
    eligible: Count
    undetermined: Count
    ineligible: Count
    steps: tuple[Step, ...]
    wanted: tuple[Wanted, ...]
    recorded: tuple[Recorded, ...]
    sensitivity: tuple[Sensitivity, ...]
    nearest: tuple[Near, ...]


class Summary(Struct, frozen=True):
    """The summary of a run. `min_cell`: numbers of patients from 1 to one below it are not told."""

    form: str
    screener: str
    rules: str
    as_of: str
    assume_complete: tuple[str, ...]
    patients: Count
    set_aside: int
    min_cell: int
    trials: tuple[OfTrial, ...]


def summed_up(folder: Path, rulebook: Rulebook, facts: Facts, min_cell: int = 1) -> Summary:
    """Sum up a folder of answers. Raises FactsError where there are none."""
    ran = read_ran(folder)
    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = false")
    _read_facts(database, facts)
    cells = _Cells(min_cell)
    return Summary(
        FORM,
        ran.screener,
        ran.rules,
        ran.as_of.isoformat() if ran.as_of is not None else f"each record's own day, else {ran.today.isoformat()}",
        ran.assume_complete,
        cells.count(ran.patients),
        len(ran.set_aside),
        min_cell,
        tuple(
            _of_trial(rulebook.trials[trial], rulebook, database, folder, ran, cells)
            for trial in ran.trials
            if ran.files.get(trial)
        ),
    )


class _Cells:
    """Says numbers of patients, but for those too small to leave the house."""

    def __init__(self, least: int) -> None:
        self.least = least

    def count(self, number: int) -> Count:
        """A number of patients; None where it is too small."""
        return number if number == 0 or number >= self.least else None

    def change(self, number: int) -> int | None:
        """So many more, or fewer; None where so few are too small a number."""
        return number if number == 0 or abs(number) >= self.least else None


def _read_facts(database: duckdb.DuckDBPyConnection, facts: Facts) -> None:
    """How many patients have anything on record of each fact and concept."""
    files = [str(facts.folder / part.file) for part in facts.about.parts]
    database.execute("CREATE TABLE recorded (name VARCHAR, patients BIGINT)")
    if not files:
        return
    for what in ("list_transform(results, lambda x: x.fact)", "list_transform(episodes, lambda x: x.concept)"):
        database.execute(
            f"""INSERT INTO recorded SELECT name, count(*) FROM (
                SELECT unnest(list_distinct({what})) AS name FROM read_parquet(?)) GROUP BY name""",
            [files],
        )


def _of_trial(
    trial: Trial, rulebook: Rulebook, database: duckdb.DuckDBPyConnection, folder: Path, ran: Ran, cells: _Cells
) -> OfTrial:
    files = [str(folder / "answers" / trial.id / name) for name in ran.files[trial.id]]
    database.execute("CREATE OR REPLACE TEMP VIEW answers AS SELECT * FROM read_parquet(" + _listed(files) + ")")
    verdicts = dict(database.execute("SELECT verdict, count(*) FROM answers GROUP BY verdict").fetchall())
    return OfTrial(
        trial.id,
        trial.title,
        trial.registry.status == "RECRUITING",
        cells.count(sum(verdicts.values())),
        cells.count(verdicts.get("eligible", 0)),
        cells.count(verdicts.get("undetermined", 0)),
        cells.count(verdicts.get("ineligible", 0)),
        _steps(trial, database, cells),
        _wanted(rulebook, database, cells),
        _recorded(trial, rulebook, database, cells),
        _sensitivity(trial, rulebook, database, cells),
        _nearest(database) if cells.least == 1 else (),
    )


def _listed(files: Sequence[str]) -> str:
    return "[" + ", ".join("'" + each.replace("'", "''") + "'" for each in files) + "]"


def _steps(trial: Trial, database: duckdb.DuckDBPyConnection, cells: _Cells) -> tuple[Step, ...]:
    ids = [criterion.id for criterion in trial.criteria]
    columns = []
    for place in range(1, len(ids) + 1):
        here = f"statuses[{place}]"
        for said in ("passed", "failed", "unknown"):
            columns.append(f"count(*) FILTER ({here} = '{said}')")
        columns.append(f"count(*) FILTER (first_not_passed > {place})")
        columns.append(f"count(*) FILTER (first_failed > {place})")
        columns.append(f"count(*) FILTER (failed = 1 AND {here} = 'failed')")
        columns.append(f"count(*) FILTER (failed = 0 AND open = 1 AND {here} = 'unknown')")
        columns.append(f"count(*) FILTER (failed + open - CAST({here} <> 'passed' AS INT) = 0)")
        others = f"failed - CAST({here} = 'failed' AS INT) = 0"
        columns.append(f"count(*) FILTER ({others} AND open - CAST({here} = 'unknown' AS INT) > 0)")
    end = len(ids) + 1
    counted = database.execute(
        f"""SELECT {", ".join(columns)} FROM (
            SELECT failed, open, statuses,
                coalesce(nullif(list_position(statuses, 'failed'), 0), {end}) AS first_failed,
                coalesce(nullif(list_position(list_transform(statuses, lambda x: x <> 'passed'), true), 0), {end})
                    AS first_not_passed
            FROM (SELECT failed, open, list_transform(lines, lambda x: x.status) AS statuses FROM answers))"""
    ).fetchone()
    numbers = [cells.count(each) for each in counted or ()]
    each = 9
    return tuple(
        Step(criterion.id, criterion.kind, criterion.short or criterion.quote, *numbers[at * each : (at + 1) * each])
        for at, criterion in enumerate(trial.criteria)
    )


def _wanted(rulebook: Rulebook, database: duckdb.DuckDBPyConnection, cells: _Cells) -> tuple[Wanted, ...]:
    rows = database.execute(
        """SELECT missing.kind, missing.name, count(DISTINCT patient),
                count(DISTINCT patient) FILTER (missing.alone)
            FROM (SELECT patient, unnest(line.missing) AS missing
                FROM (SELECT patient, unnest(lines) AS line FROM answers WHERE failed = 0 AND NOT died))
            GROUP BY 1, 2 ORDER BY 3 DESC, 4 DESC, 2 LIMIT ?""",
        [MOST_MISSING],
    ).fetchall()
    return tuple(
        Wanted(kind, name, title_of(name, rulebook), cells.count(patients), cells.count(settles))
        for kind, name, patients, settles in rows
    )


def title_of(name: str, rulebook: Rulebook) -> str:
    """What a fact, concept or question is called."""
    shelves: Sequence[Mapping[str, Any]] = (rulebook.labs, rulebook.findings, rulebook.concepts)
    for shelf in shelves:
        if name in shelf:
            return str(shelf[name].title)
    return rulebook.questions[name].title if name in rulebook.questions else name.replace("_", " ")


def _recorded(
    trial: Trial, rulebook: Rulebook, database: duckdb.DuckDBPyConnection, cells: _Cells
) -> tuple[Recorded, ...]:
    asked: dict[str, str] = {}
    for criterion in trial.criteria:
        for reading in criterion.readings:
            for node in walk_through(reading.rule, rulebook):
                lookup = rulebook.lookups.get(lookup_of(node) or "")
                match lookup:
                    case ValueLookup() | ChangeLookup():
                        asked.setdefault(lookup.fact, "lab" if lookup.fact in rulebook.labs else "finding")
                    case EventLookup():
                        for what in lookup.what:
                            asked.setdefault(what.concept, rulebook.concepts[what.concept].kind)
                    case OnsetLookup():
                        asked.setdefault(lookup.concept, rulebook.concepts[lookup.concept].kind)
                    case _:
                        pass
    with_any = dict(database.execute("SELECT name, sum(patients) FROM recorded GROUP BY name").fetchall())
    found = [
        Recorded(kind, name, title_of(name, rulebook), cells.count(int(with_any.get(name, 0))))
        for name, kind in asked.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.kind, each.title.casefold())))


def _sensitivity(
    trial: Trial, rulebook: Rulebook, database: duckdb.DuckDBPyConnection, cells: _Cells
) -> tuple[Sensitivity, ...]:
    rows = database.execute(
        """WITH moved AS (
            SELECT shift.criterion AS criterion, shift.place AS place, shift.number AS number,
                failed, open,
                failed - CAST(was = 'failed' AS INT) + CAST(shift.status = 'failed' AS INT) AS then_failed,
                open - CAST(was = 'unknown' AS INT) + CAST(shift.status = 'unknown' AS INT) AS then_open
            FROM (SELECT failed, open, shift,
                    list_filter(lines, lambda x: x.criterion = shift.criterion)[1].status AS was
                FROM (SELECT failed, open, lines, unnest(shifts) AS shift FROM answers)))
        SELECT criterion, place, number,
            sum(CAST(then_failed + then_open = 0 AS INT) - CAST(failed + open = 0 AS INT)),
            sum(CAST(then_failed = 0 AND then_open > 0 AS INT) - CAST(failed = 0 AND open > 0 AS INT))
        FROM moved GROUP BY 1, 2, 3"""
    ).fetchall()
    changes = {(criterion, place, number): (int(one), int(two)) for criterion, place, number, one, two in rows}
    return tuple(
        Sensitivity(
            limit.criterion,
            limit.of,
            limit.operator,
            limit.text,
            tuple(
                Move(each.number, each.text, *map(cells.change, changes.get(key, (0, 0))))
                for each in limit.moved
                for key in [(limit.criterion, limit.place, each.number)]
            ),
        )
        for limit in limits_of(trial, rulebook)
    )


def _nearest(database: duckdb.DuckDBPyConnection) -> tuple[Near, ...]:
    rows = database.execute(
        """SELECT patient, met, met + failed + open, list_transform(list_filter(lines, lambda x: x.status = 'unknown'),
                lambda x: x.criterion), waits_for
            FROM answers WHERE failed = 0 AND NOT died ORDER BY open, patient LIMIT ?""",
        [NEAREST],
    ).fetchall()
    return tuple(Near(patient, met, of, tuple(open_), tuple(waits)) for patient, met, of, open_, waits in rows)


# ---- the files


def write_summary(folder: Path, summary: Summary) -> list[Path]:
    """Write the summary as JSON, as two tables, and as a page. Raises OSError."""
    from screener.cohort.page import page

    texts = {
        "summary.json": msgspec.json.format(msgspec.json.encode(summary), indent=1).decode() + "\n",
        "attrition.csv": _attrition(summary),
        "limits.csv": _limits(summary),
        "summary.html": page(summary),
    }
    for name, text in texts.items():
        with whole_file(folder / name) as file:
            file.write(text.encode())
    return [folder / name for name in texts]


def _attrition(summary: Summary) -> str:
    fields = [each.name for each in msgspec.structs.fields(Step)]
    rows = [
        [trial.trial, *(getattr(step, name) for name in fields)] for trial in summary.trials for step in trial.steps
    ]
    return _table(["trial", *fields], rows)


def _limits(summary: Summary) -> str:
    rows = [
        [trial.trial, each.criterion, each.of, each.operator, each.text, move.text, move.certain, move.possible]
        for trial in summary.trials
        for each in trial.sensitivity
        for move in each.moves
    ]
    return _table(["trial", "criterion", "of", "operator", "limit", "moved_to", "certain", "possible"], rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([["" if each is None else each for each in row] for row in rows])
    return "\ufeff" + written.getvalue()
