"""Everybody screened: `screen cohort FACTS --out DIR`.

    DIR/cohort.json              what was screened, against what, and how
    DIR/answers/TRIAL/*.parquet  a row a patient (docs/cohort.md), in files that go with those of the facts

A file of answers is named after the facts, the trial and the call that it comes from. What is there already is not
made again, so a run that was ended goes on where it stopped, and one over changed facts or rules asks the engine only
about what has changed.
"""

from __future__ import annotations

import gc
import hashlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from screener.cohort.answers import Desk, How, Row
from screener.cohort.changes import listed, write_changes
from screener.cohort.ran import ABOUT, FORM, Ran, place_of, read_ran
from screener.jobs import forked_in_order
from screener.records.errors import RecordError, printable
from screener.records.facts.columns import from_table, prepare, schema_of, to_table
from screener.records.facts.folder import (
    IDS,
    Facts,
    FactsError,
    Part,
    SetAside,
    alone_in,
    parquet_writer,
    unchanged,
    working,
)
from screener.records.patient import Patient
from screener.records.whole_files import whole_file
from screener.rulebook import Confirmed, PointsOf, Rulebook, Trial
from screener.rulebook_walk import lookup_of, walk_through
from screener.version import __version__

PATIENTS_AT_ONCE = 200
ROWS_AT_ONCE = 20_000
"""How many rows of all trials are held as objects before they become columns, which take half the memory."""
SWEPT_AFTER = 20
"""After so many patients, memory that refers to itself is freed, such as a patient's frames. Python's own collector
would look through rules and answers as well, again and again."""
_OWN = b"screener"
Key = tuple[str, str, int]
"""Who it is, the digest of what is on record, and the day that the answers are about."""


class Done(Struct, frozen=True):
    """What became of one file of facts: how many patients were screened, how many of them were decided anew, and who
    was not screened, and why."""

    part: str
    files: dict[str, str]
    patients: int
    decided: int
    set_aside: tuple[SetAside, ...] = ()


Work = Callable[["Plan"], Done]
Doing = Callable[[Work, Sequence["Plan"]], Iterator[Done]]
"""Who does the work: it is given what to do and the plans, and gives what became of each, in their order."""


def by_processes(jobs: int) -> Doing:
    """So many processes of this machine."""

    def doing(work: Work, plans: Sequence[Plan]) -> Iterator[Done]:
        prepare()
        yield from forked_in_order(work, plans, jobs)

    return doing


ALONE = by_processes(1)


def run(
    facts: Facts,
    folder: Path,
    rulebook: Rulebook,
    how: How,
    doing: Doing = ALONE,
    count: Callable[[int], None] = lambda patients: None,
) -> Ran:
    """Screen every patient of the facts.

    Raises FactsError where another dictionary read the records, or somebody else writes into a folder of the two, and
    OSError where it cannot be written.
    """
    facts.check(rulebook.dictionary_digest)
    desk = Desk(rulebook, how)
    digests = {trial.id: digest_of(trial, rulebook) for trial in desk.trials}
    ran = Ran(
        FORM,
        __version__,
        str(facts.folder.resolve()),
        rulebook.digest,
        rulebook.dictionary_digest,
        how.as_of,
        how.today,
        how.assume_complete,
        None if how.labs_within is None else str(how.labs_within),
        how.site_digest,
        digests,
        (),
        {},
        0,
        0,
        (),
        answers=how.answers_digest,
    )
    with unchanged(facts.folder), alone_in(folder):
        before = _before(folder)
        plans = _with_earlier(_plans(facts, folder, desk, digests), facts, folder, before, ran)
        done: list[Done] = []
        if any(plan.missing for plan in plans):
            # Nobody is screened first: what rules are compiled to is then there for every process.
            desk.rows(Patient("", rulebook.dictionary_digest), "")
        for each in doing(partial(screened, facts, folder, desk, digests, before), plans):
            done.append(each)
            count(each.patients)
        ran = msgspec.structs.replace(
            ran,
            parts=tuple(each.part for each in done if each.files),
            files={trial: tuple(each.files[trial] for each in done if each.files) for trial in digests},
            patients=sum(each.patients for each in done),
            decided=sum(each.decided for each in done),
            set_aside=(*facts.about.set_aside, *(one for each in done for one in each.set_aside)),
        )
        ran = msgspec.structs.replace(ran, since=write_changes(folder, before, ran))
        with whole_file(folder / ABOUT) as file:
            file.write(msgspec.json.format(msgspec.json.encode(ran), indent=1) + b"\n")
        _remove_others(folder, ran.files)
    return ran


def _before(folder: Path) -> Ran | None:
    try:
        return read_ran(folder)
    except FactsError:
        return None


def _remove_others(folder: Path, files: dict[str, tuple[str, ...]]) -> None:
    """Answers of facts and rules that are no longer."""
    for place in (folder / "answers").glob("*/*"):
        if place.name not in files.get(place.parent.name, ()):
            place.unlink()


def digest_of(trial: Trial, rulebook: Rulebook) -> str:
    """What identifies all that the answers of a trial depend on besides the dictionary: its lines, what they name."""
    said: dict[Struct, None] = {}
    for criterion in trial.criteria:
        for reading in criterion.readings:
            for node in walk_through(reading.rule, rulebook):
                said[node] = None
                said.update(dict.fromkeys(_named_by(node, rulebook)))
    return hashlib.sha256(msgspec.json.encode([trial, *said])).hexdigest()[:20]


def _named_by(node: Struct, rulebook: Rulebook) -> Iterator[Struct]:
    """What a node names: a lookup and what its stretch of time is placed by, a table of points, a question."""
    match node:
        case PointsOf():
            yield rulebook.tables[node.name]
        case Confirmed():
            yield rulebook.questions[node.question]
    name = lookup_of(node)
    while name is not None and (lookup := rulebook.lookups.get(name)) is not None:
        yield lookup
        scope = getattr(lookup, "scope", None)
        name = scope.anchor if scope is not None else None


# ---- what is there already


class Plan(Struct, frozen=True):
    """What is to be done for one file of facts: the names of its files of answers, the trials whose file is not there,
    and the files of the last run in which its patients stand."""

    part: Part
    names: dict[str, str]
    missing: tuple[str, ...]
    earlier: tuple[int, ...] = ()


def _plans(facts: Facts, folder: Path, desk: Desk, digests: dict[str, str]) -> list[Plan]:
    # The day of the call counts only for those whose records do not say theirs; a file of facts may hold some.
    day = None if desk.how.as_of is not None else desk.how.today
    plans = []
    for part in facts.about.parts:
        said = (FORM, __version__, part.file, facts.about.doubled, desk.rulebook.dictionary_digest, desk.how.said, day)
        names = {trial: _name(*said, digest) for trial, digest in digests.items()}
        missing = [trial for trial, name in names.items() if not _is_there(place_of(folder, trial, name))]
        plans.append(Plan(part, names, tuple(missing)))
    return plans


def _with_earlier(plans: Sequence[Plan], facts: Facts, folder: Path, before: Ran | None, this: Ran) -> list[Plan]:
    """Each plan with the files of the last run in which its patients stand, if that run asked the same."""
    asked = ("form", "screener", "dictionary", "as_of", "assume_complete", "labs_within", "site")
    is_comparable = before is not None and all(getattr(before, field) == getattr(this, field) for field in asked)
    todo = [plan for plan in plans if plan.missing]
    if before is None or not is_comparable or not todo:
        return list(plans)
    trial = next((each for each in todo[0].missing if before.trials.get(each) == this.trials[each]), None)
    if trial is None:
        return list(plans)
    # A file of facts that was there goes with the answers of the same file; who stands in a new one is looked for.
    numbers = {part: number for number, part in enumerate(before.parts)}
    there = {plan.part.file for plan in plans}
    gone = {
        str(place): numbers[part]
        for part in numbers
        if part not in there and _is_there(place := place_of(folder, trial, before.files[trial][numbers[part]]))
    }
    new = [plan.part.file for plan in todo if plan.part.file not in numbers]
    earlier: dict[str, set[int]] = {}
    if gone and new:
        with working(folder) as database:
            found = database.execute(
                f"""SELECT DISTINCT ids.file, was.filename
                FROM read_parquet(?) AS ids JOIN read_parquet({listed(list(gone))}, filename = true) AS was
                    ON ids.id = was.patient WHERE list_contains(?, ids.file)""",
                [str(facts.folder / IDS), new],
            )
            for part, file in found.fetchall():
                earlier.setdefault(part, set()).add(gone[file])
    earlier |= {plan.part.file: {numbers[plan.part.file]} for plan in todo if plan.part.file in numbers}
    return [
        msgspec.structs.replace(plan, earlier=tuple(sorted(earlier.get(plan.part.file, ())))) if plan.missing else plan
        for plan in plans
    ]


def _is_there(place: Path) -> bool:
    """Whether a file of answers is there, whole, and of everybody."""
    return _set_aside_in(place) == ()


def _set_aside_in(place: Path) -> tuple[SetAside, ...] | None:
    """Who is missing in a file of answers; None if there is no such file."""
    try:
        with pq.ParquetFile(place) as file:
            own = (file.metadata.metadata or {}).get(_OWN)
            return None if own is None else msgspec.json.decode(own, type=tuple[SetAside, ...])
    except (OSError, pa.ArrowException, msgspec.MsgspecError):
        return None


def _known(plan: Plan, folder: Path, before: Ran | None, digests: dict[str, str]) -> dict[Key, dict[str, Row]]:
    """The answers of the last run about the patients of a file, by who, what is on record, and the day."""
    known: dict[Key, dict[str, Row]] = {}
    if before is None:
        return known
    for trial in plan.missing:
        if before.trials.get(trial) != digests[trial]:
            return {}
        for number in plan.earlier:
            for row in _rows_in(place_of(folder, trial, before.files[trial][number])):
                known.setdefault((row.patient, row.facts, row.as_of), {})[trial] = row
    return {key: rows for key, rows in known.items() if len(rows) == len(plan.missing)}


def _rows_in(place: Path) -> list[Row]:
    """The answers of a file; none where it can no longer be read."""
    try:
        return from_table(pq.read_table(place, page_checksum_verification=True), Row)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return []


# ---- one file of facts


def screened(facts: Facts, folder: Path, desk: Desk, digests: dict[str, str], before: Ran | None, plan: Plan) -> Done:
    """Screen the patients of one file of facts, as far as their answers are not there already."""
    if not plan.missing:
        return Done(plan.part.file, plan.names, plan.part.patients, 0)
    known = _known(plan, folder, before, digests)
    is_all = plan.missing == tuple(digests)
    wanted = desk if is_all else Desk(desk.rulebook, msgspec.structs.replace(desk.how, trials=plan.missing))
    rows: dict[str, list[Row]] = {trial: [] for trial in plan.missing}
    tables: dict[str, list[pa.Table]] = {trial: [] for trial in plan.missing}
    decided = 0
    set_aside: list[SetAside] = []
    gc.disable()
    try:
        for number, (patient, digest) in enumerate(facts.with_digests(plan.part)):
            if number % SWEPT_AFTER == 0:
                gc.collect(0)
            try:
                answered, digest = wanted.in_the_answers(patient, digest)
                answers = known.get((patient.id, digest, wanted.day_of(patient).toordinal()))
                if answers is None:
                    decided += 1
                    answers = wanted.rows(answered, digest)
            except Exception as error:  # one patient is no reason to lose all others
                set_aside.append(_set_aside(patient, error))
                continue
            for trial in plan.missing:
                rows[trial].append(answers[trial])
            if sum(map(len, rows.values())) >= ROWS_AT_ONCE:
                _into_columns(rows, tables)
    except FactsError as error:
        lost = facts.ids_in(plan.part)
        named = ", ".join(printable(each)[:200] for each in lost)
        return Done(plan.part.file, {}, 0, 0, (SetAside(plan.part.file, f"{error.fault}; not screened: {named}"),))
    finally:
        gc.enable()
    _into_columns(rows, tables)
    for trial in plan.missing:
        place = place_of(folder, trial, plan.names[trial])
        for each in (folder / "answers", place.parent):
            each.mkdir(mode=0o700, exist_ok=True)
        with whole_file(place) as file, parquet_writer(file, schema_of(Row)) as writer:
            writer.write_table(pa.concat_tables(tables.pop(trial)), row_group_size=PATIENTS_AT_ONCE)
            writer.add_key_value_metadata({_OWN: msgspec.json.encode(set_aside)})
    return Done(plan.part.file, plan.names, plan.part.patients - len(set_aside), decided, tuple(set_aside))


def _into_columns(rows: dict[str, list[Row]], tables: dict[str, list[pa.Table]]) -> None:
    for trial, those in rows.items():
        tables[trial].append(to_table(those, Row))
        those.clear()


def _set_aside(patient: Patient, error: Exception) -> SetAside:
    """A patient who was not screened: by the answers that were given, or by an error of screener itself."""
    name = printable(patient.id)[:200]
    if isinstance(error, RecordError):
        return SetAside(name, f"not screened: {error.problems[0].fault} ({error.file})"[:500])
    fault = f"not screened, by an error of screener itself: {type(error).__name__}: {error}"
    return SetAside(name, fault[:500], "".join(traceback.format_exception(error))[-5000:])


def _name(*said: object) -> str:
    return f"{hashlib.sha256(repr(said).encode()).hexdigest()[:20]}.parquet"
