"""The answers of everybody, summed up: which criterion costs most, what is missing, and what a limit is worth.

DuckDB counts rows, and decides nothing: every status in them is the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from screener.cohort.answers import Desk, How
from screener.cohort.changes import Changed, listed, read_changes
from screener.cohort.limits import limits_of
from screener.cohort.nearest import Closing, Near, closing, looked_closer
from screener.cohort.ran import Ran, place_of, read_ran
from screener.records.facts.folder import Facts, FactsError, working
from screener.rulebook import ChangeLookup, Criterion, EventLookup, OnsetLookup, Rulebook, Trial, ValueLookup
from screener.rulebook_walk import lookup_of, walk_through

Count = int | None
"""A number of patients; None where it is below `rounded_to`, nobody included."""
Made = Count | UnsetType
"""A number that is the sum or difference of others. It is left out where small numbers may not leave the house: all
numbers of a sum, even rounded, often give a small one away."""

MOST_MISSING = 15
MOST_LISTED = 1000
"""Patients that the summary lists at most, of a trial, who are new, no longer candidates, or soon none. `changes.csv`
and the answers have all."""
FORM = "screener summary 3"


class Step(Struct, frozen=True):
    """One line of a trial, in the protocol's order.

    `passed`, `failed` and `unknown` are of everybody. `certain` pass this line and all before it; `possible` fail
    neither this line nor any before it. `only_this_fails`: they fail no other line. `only_this_is_open`: nothing fails,
    and only this line is unknown. `without` is how many would be certain and possible if the line were not there.
    """

    criterion: str
    kind: str
    short: str
    passed: Made
    failed: Count
    unknown: Count
    certain: Made
    possible: Made
    only_this_fails: Count
    only_this_is_open: Count
    certain_without: Made
    possible_without: Made


class Wanted(Struct, frozen=True):
    """A fact that open lines wait for, among patients who fail no line: how many patients lack it, and for how many it
    is the only thing that a line waits for."""

    kind: str
    name: str
    title: str
    patients: Count
    settles: Count


class Recorded(Struct, frozen=True):
    """A fact that the trial asks about: how many patients have any result or entry of it, or of a kind of it, or a
    denial."""

    kind: str
    name: str
    title: str
    patients: Count


class Move(Struct, frozen=True):
    """What moving a limit does: so many more (or fewer) are certain, and possible."""

    number: float
    text: str
    certain: Count
    possible: Count


class Sensitivity(Struct, frozen=True):
    """A numeric limit of a line, and what it is worth."""

    criterion: str
    of: str
    operator: str
    text: str
    moves: tuple[Move, ...]


class OfTrial(Struct, frozen=True):
    """One trial: everybody's verdict, the attrition, and what follows from it.

    `for_people` of the undetermined wait for nothing but what people answer: a judgement, or consent. `died`: so many
    of the eligible and undetermined have died by the record. `new` and `no_longer`: so many are candidates since the
    run before, and no longer are. `nearest`, `closing` and `changed` name patients, and are empty where small numbers
    are not shown. `closes_soon`: for so many patients time alone closes the trial soon.
    """

    trial: str
    short: str
    title: str
    recruiting: bool
    patients: Count
    eligible: Count
    undetermined: Count
    ineligible: Made
    for_people: Count
    died: Count
    new: Count
    no_longer: Count
    closes_soon: Count
    steps: tuple[Step, ...]
    wanted: tuple[Wanted, ...]
    recorded: tuple[Recorded, ...]
    sensitivity: tuple[Sensitivity, ...]
    nearest: tuple[Near, ...] = ()
    closing: tuple[Closing, ...] = ()
    changed: tuple[Changed, ...] = ()


class Summary(Struct, frozen=True):
    """The summary of a run. `min_cell`: no smaller number of patients is shown, or can be worked out. For that, every
    number is rounded down to a multiple of `rounded_to`, and a smaller one is left out. `since` is the day of the run
    before."""

    form: str
    screener: str
    rules: str
    as_of: str
    assume_complete: tuple[str, ...]
    patients: Count
    set_aside: Count
    min_cell: int
    rounded_to: int
    since: str | None
    trials: tuple[OfTrial, ...]


def summed_up(folder: Path, rulebook: Rulebook, facts: Facts, how: How, min_cell: int = 1, jobs: int = 1) -> Summary:
    """Sum up a folder of answers. Raises FactsError where there are none, or a file can no longer be read."""
    ran = read_ran(folder)
    cells = _Cells(min_cell)
    trials = [trial for trial in ran.trials if ran.files.get(trial)]
    try:
        with working(folder) as database:
            recorded = _recorded(rulebook, trials, database, facts, ran)
            of_trials = [_of_trial(rulebook.trials[each], rulebook, database, folder, ran, cells) for each in trials]
            of_trials = [
                replace(
                    each,
                    recorded=tuple([replace(one, patients=cells.unless_nobody(one.patients or 0)) for one in found]),
                )
                for each, found in zip(of_trials, recorded, strict=True)
            ]
            if min_cell == 1:
                looked_at = looked_closer(database, folder, ran, Desk(rulebook, how), facts, jobs)
                of_trials = [
                    replace(
                        each,
                        nearest=near,
                        closing=tuple(islice(closing(database, folder, ran, each.trial), MOST_LISTED)),
                    )
                    for each, near in zip(of_trials, looked_at, strict=True)
                ]
    except duckdb.Error as error:
        fault = f"an answer cannot be read: {str(error).splitlines()[0][:200]}"
        raise FactsError(fault, "remove DIR/answers, and run `screen cohort` again", folder) from None
    return Summary(
        FORM,
        ran.screener,
        ran.rules,
        ran.day,
        ran.assume_complete,
        cells.count(ran.patients),
        cells.unless_nobody(len(ran.set_aside)),
        min_cell,
        cells.step,
        ran.since,
        tuple(_with_changes(each, folder, cells) for each in of_trials),
    )


def _with_changes(of: OfTrial, folder: Path, cells: _Cells) -> OfTrial:
    new = no_longer = 0
    listed_: list[Changed] = []
    for each in read_changes(folder):
        if each.trial == of.trial and (each.is_new or each.is_no_longer):
            new += each.is_new
            no_longer += each.is_no_longer
            if cells.least == 1 and len(listed_) < MOST_LISTED:
                listed_.append(each)
    return replace(of, new=cells.count(new), no_longer=cells.count(no_longer), changed=tuple(listed_))


class _Cells:
    """Numbers of patients as they may be shown. Where those below `least` may not leave the house, every number is
    rounded down to a multiple of `step`, which is one more. What is below that is not shown, and neither is 0.

        least 5, step 6:  0, 3, 5, 17, 20      None, None, None, 12, 18

    Why one more: six patients who wait each for one of three lines, two for each. In steps of 3, these are 6 and three
    times "under 3", and nothing but 2 + 2 + 2 makes 6. In steps of 4 they are 4 and three times "under 4". If hidden
    parts must all be as large as they can be, each is `least`, which may be shown.

    A number that is made of others is hidden, too (`Made`). Of 17 patients, 12 + 3 + 2, it shows 12 and 12, and hides
    the 3 and the 2: if the 2 were shown as 0, or all four were rounded, the 3 could often be worked out.
    """

    def __init__(self, least: int) -> None:
        self.least = least
        self.step = least + 1 if least > 1 else 1

    def count(self, number: int) -> Count:
        """A number of patients; None where it is too small."""
        return number // self.step * self.step if number >= self.step or self.step == 1 else None

    def unless_nobody(self, number: int) -> Count:
        """The same, and 0 stays 0: for numbers that no others add up to."""
        return number and self.count(number)

    def change(self, number: int) -> Count:
        """So many more, or fewer; None where so few are too small a number."""
        size = self.count(abs(number))
        return size if size is None or number >= 0 else -size

    def made(self, number: int) -> Made:
        """A number that is made of others; hidden where small ones may not leave the house."""
        return number if self.least == 1 else UNSET


def _of_trial(
    trial: Trial, rulebook: Rulebook, database: duckdb.DuckDBPyConnection, folder: Path, ran: Ran, cells: _Cells
) -> OfTrial:
    files = [str(place_of(folder, trial.id, name)) for name in ran.files[trial.id]]
    database.execute("CREATE OR REPLACE TEMP VIEW answers AS SELECT * FROM read_parquet(" + listed(files) + ")")
    verdicts = dict(database.execute("SELECT verdict, count(*) FROM answers GROUP BY verdict").fetchall())
    for_people, died, closes_soon = database.execute(
        """SELECT count(*) FILTER (verdict = 'undetermined' AND NOT list_contains(waits_for, 'data')),
            count(*) FILTER (died AND failed = 0), count(closes_on) FROM answers"""
    ).fetchone() or (0, 0, 0)
    return OfTrial(
        trial.id,
        trial.short or trial.title,
        trial.title,
        trial.registry.status == "RECRUITING",
        cells.count(sum(verdicts.values())),
        cells.count(verdicts.get("eligible", 0)),
        cells.count(verdicts.get("undetermined", 0)),
        cells.made(verdicts.get("ineligible", 0)),
        cells.count(for_people),
        cells.count(died),
        None,
        None,
        cells.count(closes_soon),
        _steps(trial, database, cells),
        _wanted(rulebook, database, cells),
        (),
        _sensitivity(trial, rulebook, database, cells),
    )


def _steps(trial: Trial, database: duckdb.DuckDBPyConnection, cells: _Cells) -> tuple[Step, ...]:
    ids = [criterion.id for criterion in trial.criteria]
    columns = []
    for place in range(1, len(ids) + 1):
        here = f"statuses[{place}]"
        others = f"failed - CAST({here} = 'failed' AS INT) = 0"
        counted = (
            f"{here} = 'passed'",
            f"{here} = 'failed'",
            f"{here} = 'unknown'",
            f"first_not_passed > {place}",
            f"first_failed > {place}",
            f"failed = 1 AND {here} = 'failed'",
            f"failed = 0 AND open = 1 AND {here} = 'unknown'",
            f"failed + open - CAST({here} <> 'passed' AS INT) = 0",
            f"{others} AND open - CAST({here} = 'unknown' AS INT) > 0",
        )
        columns += [f"count(*) FILTER ({each})" for each in counted]
    end = len(ids) + 1
    counted_of = database.execute(
        f"""SELECT {", ".join(columns)} FROM (
            SELECT failed, open, statuses,
                coalesce(nullif(list_position(statuses, 'failed'), 0), {end}) AS first_failed,
                coalesce(nullif(list_position(list_transform(statuses, lambda x: x <> 'passed'), true), 0), {end})
                    AS first_not_passed
            FROM (SELECT failed, open, list_transform(lines, lambda x: x.status) AS statuses FROM answers))"""
    ).fetchone()
    numbers = counted_of or ()
    each = len(counted)
    return tuple(
        _step(criterion, numbers[at * each : (at + 1) * each], cells) for at, criterion in enumerate(trial.criteria)
    )


def _step(line: Criterion, numbers: Sequence[int], cells: _Cells) -> Step:
    passed, failed, unknown, certain, possible, only_fails, only_open, certain_without, possible_without = numbers
    return Step(
        line.id,
        line.kind,
        line.short or line.quote,
        cells.made(passed),
        cells.count(failed),
        cells.count(unknown),
        cells.made(certain),
        cells.made(possible),
        cells.count(only_fails),
        cells.count(only_open),
        cells.made(certain_without),
        cells.made(possible_without),
    )


def _wanted(rulebook: Rulebook, database: duckdb.DuckDBPyConnection, cells: _Cells) -> tuple[Wanted, ...]:
    rows = database.execute(
        """SELECT missing.kind, missing.name, count(*) FILTER (NOT missing.alone), count(*) FILTER (missing.alone)
            FROM (SELECT unnest(list_distinct(
                    list_transform(missing, lambda x: {'kind': x.kind, 'name': x.name, 'alone': false})
                    || list_filter(missing, lambda x: x.alone))) AS missing
                FROM (SELECT flatten(list_transform(lines, lambda x: x.missing)) AS missing
                    FROM answers WHERE failed = 0 AND NOT died))
            GROUP BY 1, 2"""
    ).fetchall()
    found = [(kind, name, title_of(name, rulebook), patients, settles) for kind, name, patients, settles in rows]
    return _most_missing([Wanted(*each) for each in found], cells)


def _most_missing(found: Sequence[Wanted], cells: _Cells) -> tuple[Wanted, ...]:
    """What is missing most often, as it may be shown. Order and selection depend on shown numbers alone."""
    told = [
        replace(each, patients=cells.count(each.patients or 0), settles=cells.count(each.settles or 0))
        for each in found
    ]
    first = sorted(told, key=lambda each: (-(each.patients or 0), -(each.settles or 0), each.name, each.kind))
    return tuple([each for each in first if each.patients][:MOST_MISSING])


def title_of(name: str, rulebook: Rulebook) -> str:
    """What a fact, concept or question is called."""
    shelves: Sequence[Mapping[str, Any]] = (rulebook.labs, rulebook.findings, rulebook.concepts)
    for shelf in shelves:
        if name in shelf:
            return str(shelf[name].title)
    return rulebook.questions[name].title if name in rulebook.questions else name.replace("_", " ")


def _recorded(
    rulebook: Rulebook, trials: Sequence[str], database: duckdb.DuckDBPyConnection, facts: Facts, ran: Ran
) -> list[tuple[Recorded, ...]]:
    """The facts that each trial asks about, with how many patients have any of each. The facts are read once."""
    asked = [_asked_by(rulebook.trials[trial], rulebook) for trial in trials]
    names = list(dict.fromkeys(name for each in asked for name in each))
    files = [str(facts.folder / file) for file in ran.parts]
    if not files or not names:
        return [() for _ in trials]
    columns = ", ".join("count(*) FILTER (list_has_any(recorded, ?))" for _ in names)
    counted = database.execute(
        f"""SELECT {columns} FROM (SELECT list_distinct(list_transform(results, lambda x: x.fact)
                || list_transform(episodes, lambda x: x.concept) || list_transform(absences, lambda x: x.concept))
                AS recorded FROM read_parquet({listed(files)}))""",
        [_family(name, rulebook) for name in names],
    ).fetchone()
    numbers = dict(zip(names, map(int, counted or ()), strict=True))
    return [
        tuple(
            sorted(
                (Recorded(kind, name, title_of(name, rulebook), numbers[name]) for name, kind in each.items()),
                key=lambda each: (each.patients != 0, each.kind, each.title.casefold()),
            )
        )
        for each in asked
    ]


def _asked_by(trial: Trial, rulebook: Rulebook) -> dict[str, str]:
    """The facts that a trial asks about, each with its kind."""
    asked: dict[str, str] = {}
    for criterion in trial.criteria:
        for reading in criterion.readings:
            for node in walk_through(reading.rule, rulebook):
                match rulebook.lookups.get(lookup_of(node) or ""):
                    case ValueLookup(fact=fact) | ChangeLookup(fact=fact):
                        asked.setdefault(fact, "lab" if fact in rulebook.labs else "finding")
                    case EventLookup(what=what):
                        for each in what:
                            asked.setdefault(each.concept, rulebook.concepts[each.concept].kind)
                    case OnsetLookup(concept=concept):
                        asked.setdefault(concept, rulebook.concepts[concept].kind)
    return asked


def _family(name: str, rulebook: Rulebook) -> list[str]:
    """A fact, or a concept with all its kinds."""
    return [name, *(rulebook.concepts[name].narrower if name in rulebook.concepts else ())]


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
