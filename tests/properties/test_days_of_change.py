"""The days on which answers change by themselves are exact: nothing changes on any other day, and on those it does.

The reference is the engine, asked on every single day of the horizon. Rules and records are random, and the real trials
with the example patients; `--hypothesis-profile=long` asks those on every day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties.effort import many
from properties.generators import ALL_LISTS, AS_OF, Record, random_rules, read, records, subject_of
from screener import load_rules
from screener.advice.when import Closing, Timeline, TrialTimeline, as_said_on, changes, closing
from screener.records import read_patient
from screener.records.patient import Patient
from screener.rulebook import Rulebook
from screener.screening import Screening, Status, evaluate
from screener.values.dates import Duration

PATIENTS = Path(__file__).parents[2] / "examples" / "patients"
LENGTHS = (None, None, None, Duration(3, "days"), Duration(1, "months"), Duration(48, "hours"))

Line = tuple[str, str]


def statuses(screening: Screening) -> dict[Line, Status]:
    return {(trial.id, line.id): line.status for trial in screening.trials for line in trial.criteria}


def told_by(timeline: Timeline, now: Mapping[Line, Status]) -> Iterator[tuple[date, dict[Line, Status]]]:
    """What a timeline says of every day after that of screening."""
    told = dict(now)
    turning = {
        (change.date, trial.id, change.criterion): change for trial in timeline.trials for change in trial.changes
    }
    lines = list(told)
    day = timeline.as_of
    while day < timeline.until:
        day += timedelta(days=1)
        for line in lines:
            change = turning.pop((day, *line), None)
            if change is not None:
                assert change.before == told[line]
                told[line] = change.after
        yield day, dict(told)
    assert not turning


def first_difference(
    patient: Patient, rulebook: Rulebook, timeline: Timeline, screening: Screening, step: int, **call: object
) -> str:
    """The first day on which the engine says something else than the timeline; empty if there is none."""
    said = as_said_on(patient, timeline.as_of.toordinal(), rulebook.concepts)
    for number, (day, told) in enumerate(told_by(timeline, statuses(screening))):
        if number % step == 0 or any(change.date == day for trial in timeline.trials for change in trial.changes):
            engine = statuses(evaluate(said, rulebook, as_of=day, **call))  # type: ignore[arg-type]
            differing = {
                line: f"engine {engine[line]}, told {told[line]}" for line in told if engine[line] != told[line]
            }
            if differing:
                return f"{day}: {differing}"
    return ""


def test_random_answers_change_on_the_days_told_and_on_no_other() -> None:
    kinds: Counter[str] = Counter()
    changed = 0

    @many(150)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        nonlocal changed
        texts, rulebook, subject = random_rules(dice)
        record = records(dice, rulebook, subject)
        if dice.randrange(3) == 0:
            record = undated(dice, record)
        patient = read(record, rulebook)
        # What the record dates after the day of screening comes into view as time goes on.
        as_of = AS_OF - timedelta(days=dice.choice((0, 0, 0, 1, 5, 29, 40, 200, 500)))
        call = {
            "assume_complete": dice.sample(ALL_LISTS, dice.choice((0, 1, 3, len(ALL_LISTS)))),
            "labs_within": dice.choice(LENGTHS),
        }
        screening = evaluate(patient, rulebook, as_of=as_of, **call)  # type: ignore[arg-type]
        until = as_of + timedelta(days=dice.choice((70, 400)))
        timeline = changes(screening, until)
        found = first_difference(patient, rulebook, timeline, screening, 1, **call)
        assert not found, (
            f"{found}\n{texts['dictionary/all.rules']}\n{texts['trials/T1.rules']}\n{as_of} {call}\n{record}"
        )
        for change in (change for trial in timeline.trials for change in trial.changes):
            changed += 1
            kinds.update(cause.kind for cause in change.causes)

    holds()
    assert changed >= 30, changed
    assert {"window", "stale", "later fact"} <= set(kinds), kinds
    assert kinds["other"] <= 0.05 * kinds.total(), f"why an answer changes is rarely read off: {kinds}"


def test_what_follows_for_a_trial_is_what_its_days_say() -> None:
    """Whether a criterion is failed is looked up for every day of the horizon; the definitions are read off that."""
    seen: Counter[str] = Counter()

    @many(400)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        _, rulebook, subject = random_rules(dice)
        record = records(dice, rulebook, subject, fullness=100)
        as_of = AS_OF - timedelta(days=dice.choice((5, 40)))
        screening = evaluate(read_patient(record, rulebook), rulebook, as_of=as_of)
        timeline = changes(screening)
        [trial] = timeline.trials
        days = list(told_by(timeline, statuses(screening)))
        failed = [(day, "failed" in told.values()) for day, told in days]
        opened = next((day for day, is_failed in failed if not is_failed), None)
        open_days = [day for day, is_failed in failed if not is_failed]
        last_open = max([as_of, *open_days]) if open_days or trial.verdict != "ineligible" else None
        closed = None if last_open in (None, timeline.until) else last_open + timedelta(days=1)
        assert trial.closes_on == closed
        mended = [each for each in trial.changes if each.before == "failed" and (opened and each.date <= opened)]
        by_time = [each.date for each in mended if not each.is_of_knowledge]
        if trial.verdict == "ineligible" and by_time:
            seen["screenable"] += 1
            assert trial.screenable_from == max(by_time)
            again = next((day for day, is_failed in failed if day > opened and is_failed), None)
            assert trial.screenable_until == again
            then = dict(days)[trial.screenable_from]
            assert all(then["T1", line] == "unknown" for line in trial.stale_then)
            assert set(trial.failed_then) == {line for (_, line), status in then.items() if status == "failed"}
        else:
            assert trial.screenable_from is None
            seen["only stale"] += trial.verdict == "ineligible" and bool(mended)
        seen["closed"] += closed is not None
        seen["worse"] += trial.worsens_on is not None

    holds()
    assert min(seen[each] for each in ("screenable", "only stale", "closed", "worse")) >= 1, seen


def closing_told_by(trial: TrialTimeline) -> Closing | None:
    """What the days of a trial say of how time closes it."""
    if trial.verdict == "ineligible" or trial.closes_on is None:
        return None
    those = [each for each in trial.changes if each.date == trial.closes_on and each.after == "failed"]
    why = "; ".join(dict.fromkeys(each.why for each in those))
    return Closing(trial.closes_on, tuple(each.criterion for each in those), why)


def test_what_closes_soon_is_what_all_days_say() -> None:
    """Only what time can settle is looked at for it, and that has to be enough."""
    seen: Counter[str] = Counter()

    @many(160)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        for _ in range(5):
            record = records(dice, rulebook, subject, fullness=dice.choice((60, 100)))
            if dice.randrange(3) == 0:
                record = undated(dice, record)
            patient = read(record, rulebook)
            as_of = AS_OF - timedelta(days=dice.choice((0, 0, 0, 1, 5, 29, 40)))
            call = {
                "assume_complete": dice.sample(ALL_LISTS, dice.choice((0, 1, 3, len(ALL_LISTS)))),
                "labs_within": dice.choice(LENGTHS),
            }
            screening = evaluate(patient, rulebook, as_of=as_of, **call)  # type: ignore[arg-type]
            until = as_of + timedelta(days=dice.choice((1, 14, 40)))
            told = {each.id: closing_told_by(each) for each in changes(screening, until).trials}
            found = closing(screening, until)
            seen["open"] += sum(trial.verdict != "ineligible" for trial in screening.trials)
            seen["closes"] += len(found)
            assert found == {name: each for name, each in told.items() if each is not None}, (
                f"{texts['dictionary/all.rules']}\n{texts['trials/T1.rules']}\n{as_of} {until} {call}\n{record}"
            )

    holds()
    assert seen["closes"] >= 5, seen


def test_on_the_day_itself_a_dated_record_says_what_the_record_says() -> None:
    @many(150)
    @given(st.randoms(use_true_random=True))
    def holds(dice: Random) -> None:
        texts, rulebook, subject = random_rules(dice)
        record = records(dice, rulebook, subject)
        patient = read_patient(undated(dice, record), rulebook)
        as_of = AS_OF + timedelta(days=dice.choice((0, 0, -1, -40, 1, 40)))
        said = as_said_on(patient, as_of.toordinal(), rulebook.concepts)
        before = statuses(evaluate(patient, rulebook, as_of=as_of))
        after = statuses(evaluate(said, rulebook, as_of=as_of))
        assert before == after, f"{texts['dictionary/all.rules']}\n{texts['trials/T1.rules']}\n{as_of}\n{record}"

    holds()


def undated(dice: Random, record: Record) -> Record:
    """The record with some dates less, so that more is said of no day."""
    fewer = {key: value for key, value in record.items() if key != "as_of" or dice.randrange(2)}
    for name in ("observations", *ALL_LISTS):
        entries = [dict(each) for each in record.get(name, [])]
        for entry in entries:
            if dice.randrange(3) == 0 and "date" in entry:
                del entry["date"]
                if name == "observations" and dice.randrange(2):
                    entry["current"] = True
        if entries:
            fewer[name] = entries
    return fewer


STEP = 1 if settings().max_examples > 100 else 13
"""Of so many days one is tried with the real trials, beside each day on which an answer changes."""


@pytest.mark.parametrize("trial_id", sorted(load_rules().trials))
def test_each_line_of_a_real_trial_changes_on_the_days_told_and_on_no_other(trial_id: str) -> None:
    """Records are drawn about what the line reads; the day of screening lies before some of what they tell."""
    shipped = load_rules()
    trial = shipped.trials[trial_id]
    changed = 0
    for criterion in trial.criteria:
        only = msgspec.structs.replace(trial, criteria=(criterion,))
        alone = msgspec.structs.replace(shipped, trials={trial_id: only})
        subject = subject_of(alone, [reading.rule for reading in criterion.readings])
        for attempt in range(8 * settings().max_examples // 100):
            dice = Random(f"{trial_id} {criterion.id} {attempt}")
            record = records(dice, alone, subject, fullness=dice.choice((60, 100)))
            patient = read(record, alone)
            as_of = AS_OF - timedelta(days=dice.choice((0, 0, 3, 40)))
            screening = evaluate(patient, alone, as_of=as_of)
            timeline = changes(screening, as_of + timedelta(days=731))
            found = first_difference(patient, alone, timeline, screening, STEP)
            assert not found, f"{found}\n{criterion.rule}\n{as_of}\n{record}"
            changed += len(timeline.trials[0].changes)
    assert changed >= 10


@pytest.mark.parametrize("path", sorted(PATIENTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_answers_of_an_example_change_on_the_days_told_and_on_no_other(path: Path) -> None:
    """On every day of two years in the long profile, else on every thirteenth and on every day on which one changes."""
    rules = load_rules()
    patient = read_patient(path, rules)
    screening = evaluate(patient, rules)
    timeline = changes(screening, screening.as_of + timedelta(days=731))
    assert not first_difference(patient, rules, timeline, screening, STEP)
