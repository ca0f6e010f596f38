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
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
from msgspec import Struct

from screener.cohort.answers import Desk, How, Row
from screener.jobs import forked_in_order
from screener.records.facts.columns import from_table, schema_of, to_table
from screener.records.facts.folder import Facts, FactsError, Part, SetAside, alone_in, whole_file
from screener.rulebook import Rulebook, Trial
from screener.rulebook_walk import walk_through
from screener.version import __version__

FORM = "screener cohort 1"
ABOUT = "cohort.json"
PATIENTS_AT_ONCE = 200
Key = tuple[str, str, int]
"""Who it is, the digest of what is on record, and the day that the answers are about."""


class Ran(Struct, frozen=True):
    """What a folder of answers says of itself. `today` is the day that was taken where nothing says which day answers
    are about; `trials` are the digests of the rules; `files` the files of answers of each trial."""

    form: str
    screener: str
    facts: str
    rules: str
    dictionary: str
    as_of: date | None
    today: date
    assume_complete: tuple[str, ...]
    labs_within: str | None
    trials: dict[str, str]
    files: dict[str, tuple[str, ...]]
    patients: int
    decided: int
    set_aside: tuple[SetAside, ...]


class Done(Struct, frozen=True):
    """What became of one file of facts: how many patients it has, how many of them were decided anew, and what is wrong
    with it."""

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
        gc.collect()
        gc.freeze()  # what is here now is shared with the forks
        try:
            yield from forked_in_order(work, plans, jobs)
        finally:
            gc.unfreeze()

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

    Raises FactsError where another dictionary read the records, or somebody else writes into the folder, and OSError
    where it cannot be written.
    """
    facts.check_dictionary(rulebook.dictionary_digest)
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
        digests,
        {},
        0,
        0,
        (),
    )
    with alone_in(folder):
        before = _before(folder)
        plans = _with_earlier(_plans(facts, folder, desk, digests), facts, folder, before, ran)
        done: list[Done] = []
        for each in doing(partial(screened, facts, folder, desk, digests, before), plans):
            done.append(each)
            count(each.patients)
        ran = msgspec.structs.replace(
            ran,
            files={trial: tuple(each.files[trial] for each in done if each.files) for trial in digests},
            patients=sum(each.patients for each in done),
            decided=sum(each.decided for each in done),
            set_aside=(*facts.about.set_aside, *(one for each in done for one in each.set_aside)),
        )
        with whole_file(folder / ABOUT) as file:
            file.write(msgspec.json.format(msgspec.json.encode(ran), indent=1) + b"\n")
        _remove_others(folder, ran.files)
    return ran


def read_ran(folder: Path) -> Ran:
    """What a folder of answers says of itself. Raises FactsError where it is none."""
    try:
        return msgspec.json.decode((folder / ABOUT).read_bytes(), type=Ran)
    except (OSError, msgspec.MsgspecError):
        raise FactsError("there are no answers in it", "run `screen cohort FACTS --out` it first", folder) from None


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
    said: list[object] = [trial]
    for criterion in trial.criteria:
        for reading in criterion.readings:
            for node in walk_through(reading.rule, rulebook):
                said.append(node)
                said += [rulebook.lookups[name] for name in _lookups_of(node) if name in rulebook.lookups]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:20]


def _lookups_of(node: Struct) -> Iterator[str]:
    for field in ("lookup", "anchor"):
        if isinstance(name := getattr(node, field, None), str):
            yield name


# ---- what is there already


class Plan(Struct, frozen=True):
    """What is to be done for one file of facts: the names of its files of answers, the trials whose file is not there,
    and the files of the last run in which its patients stand."""

    part: Part
    names: dict[str, str]
    missing: tuple[str, ...]
    earlier: tuple[str, ...] = ()


def _plans(facts: Facts, folder: Path, desk: Desk, digests: dict[str, str]) -> list[Plan]:
    # The day of the call counts only for those whose records do not say theirs; a file of facts may hold some.
    day = None if desk.how.as_of is not None else desk.how.today
    plans = []
    for part in facts.about.parts:
        said = (part.file, facts.about.doubled, desk.rulebook.dictionary_digest, desk.how.said, day)
        names = {trial: _name(*said, digest) for trial, digest in digests.items()}
        missing = [trial for trial, name in names.items() if not _place(folder, trial, name).exists()]
        plans.append(Plan(part, names, tuple(missing)))
    return plans


def _with_earlier(plans: Sequence[Plan], facts: Facts, folder: Path, before: Ran | None, this: Ran) -> list[Plan]:
    """Each plan with the files of the last run in which its patients stand, if that run asked the same."""
    is_comparable = before is not None and all(
        getattr(before, field) == getattr(this, field)
        for field in ("screener", "dictionary", "as_of", "assume_complete", "labs_within")
    )
    todo = [plan for plan in plans if plan.missing]
    if before is None or not is_comparable or not todo:
        return list(plans)
    trial = next((each for each in todo[0].missing if before.trials.get(each) == this.trials[each]), None)
    if trial is None:
        return list(plans)
    stands_in: dict[str, set[str]] = {}
    for number, name in enumerate(before.files[trial]):
        for patient in pq.read_table(_place(folder, trial, name), columns=["patient"]).column("patient").to_pylist():
            stands_in.setdefault(patient, set()).add(str(number))
    found = []
    for plan in plans:
        numbers = {number for each in facts.ids_in(plan.part) for number in stands_in.get(each, ())}
        found.append(msgspec.structs.replace(plan, earlier=tuple(sorted(numbers))) if plan.missing else plan)
    return found


def _known(plan: Plan, folder: Path, before: Ran | None, digests: dict[str, str]) -> dict[Key, dict[str, Row]]:
    """The answers of the last run about the patients of a file, by who, what is on record, and the day."""
    known: dict[Key, dict[str, Row]] = {}
    if before is None:
        return known
    for trial in plan.missing:
        if before.trials.get(trial) != digests[trial]:
            return {}
        for number in map(int, plan.earlier):
            place = _place(folder, trial, before.files[trial][number])
            for row in from_table(pq.read_table(place), Row):
                known.setdefault((row.patient, row.facts, row.as_of), {})[trial] = row
    return {key: rows for key, rows in known.items() if len(rows) == len(plan.missing)}


# ---- one file of facts


def screened(facts: Facts, folder: Path, desk: Desk, digests: dict[str, str], before: Ran | None, plan: Plan) -> Done:
    """Screen the patients of one file of facts, as far as their answers are not there already."""
    if not plan.missing:
        return Done(plan.names, plan.part.patients, 0)
    known = _known(plan, folder, before, digests)
    wanted = Desk(desk.rulebook, msgspec.structs.replace(desk.how, trials=plan.missing))
    rows: dict[str, list[Row]] = {trial: [] for trial in plan.missing}
    decided = 0
    gc.disable()  # a patient's answers are gone before the next one's are made
    try:
        for patient, digest in facts.with_digests(plan.part):
            answers = known.get((patient.id, digest, wanted.day_of(patient).toordinal()))
            if answers is None:
                answers = wanted.rows(patient, digest)
                decided += 1
            for trial in plan.missing:
                rows[trial].append(answers[trial])
    except FactsError as error:
        lost = facts.ids_in(plan.part)
        return Done({}, 0, 0, (SetAside(plan.part.file, f"{error.fault}; not screened: {', '.join(lost)}"),))
    finally:
        gc.enable()
    for trial in plan.missing:
        place = _place(folder, trial, plan.names[trial])
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(place) as file, pq.ParquetWriter(file, schema_of(Row), compression="zstd") as writer:
            for start in range(0, len(rows[trial]), PATIENTS_AT_ONCE):
                writer.write_table(to_table(rows[trial][start : start + PATIENTS_AT_ONCE], Row))
    return Done(plan.names, plan.part.patients, decided)


def _place(folder: Path, trial: str, name: str) -> Path:
    return folder / "answers" / trial / name


def _name(*said: object) -> str:
    return f"{hashlib.sha256(repr(said).encode()).hexdigest()[:20]}.parquet"
