"""When something changes by itself: on which later days an answer is another one with the record as it is.

The engine is the reference. The day of screening is moved on, the record stays what it is, and every criterion is
decided anew on each day on which time alone can make a difference (`turning_days.py`). What the record says of the
present without a date is taken as said on the day of screening, and grows old from there like everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any as Anything

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from screener.advice.causes import Cause, causes, in_words
from screener.advice.turning_days import lengths_of, outlived, reads_of_trial, turning_days
from screener.evaluation.evaluator import Decide, program_of
from screener.evaluation.frame import Frame
from screener.evaluation.phrases import both
from screener.records.patient import Patient
from screener.rulebook import Criterion
from screener.screening import CriterionResult, Screening, ScreeningError, Status, TrialResult, Verdict
from screener.values.dates import Duration, day_shifted, day_text, on_day

SHORTEST = Duration(2, "years")
"""How far to look ahead at least: a choice of this project, longer than a trial usually takes to recruit."""

_RANK: dict[Status, int] = {"failed": 0, "unknown": 1, "passed": 2}


class Change(Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """A criterion that has another status from `date` on, with what changed it, in words and one by one."""

    date: date
    criterion: str
    before: Status
    after: Status
    why: str
    causes: tuple[Cause, ...]

    @property
    def is_of_knowledge(self) -> bool:
        """Whether nothing happened to the patient: the answer is open, because what it rested on has become too old."""
        return self.after == "unknown" and all(cause.kind == "stale" for cause in self.causes)

    @property
    def is_for_the_worse(self) -> bool:
        return _RANK[self.after] < _RANK[self.before]


class Turn(Struct, frozen=True):
    """What happens on one day to several criteria alike."""

    date: date
    after: Status
    criteria: tuple[str, ...]
    why: str


class TrialTimeline(Struct, frozen=True):
    """One trial for one patient, as time goes on.

    `screenable_from` is, for an ineligible trial, the first later day on which no criterion is failed, if time mended
    at least one of them; `screenable_until` the first day after that on which one is failed again, None if none is up
    to the horizon. Where no criterion has failed since but because results became too old, there is no such day.
    `stale_then` are the criteria that are unknown on that day only because something has become too old by then.
    `closes_on` is the first later day from which on some criterion is failed on every day up to the horizon.
    `worsens_on` is, for a trial not ineligible, the first day on which a criterion gets worse.
    """

    id: str
    verdict: Verdict
    changes: tuple[Change, ...] = ()
    screenable_from: date | None = None
    screenable_until: date | None = None
    stale_then: tuple[str, ...] = ()
    closes_on: date | None = None
    worsens_on: date | None = None

    @property
    def summary(self) -> str:
        """What matters most, in a line. It promises no eligibility: only that nothing on record fails a criterion."""
        told: list[str] = []
        if self.screenable_from is not None:
            until = f" to {self.screenable_until - timedelta(days=1)}" if self.screenable_until is not None else ""
            closed = ", then closed" if until and self.screenable_until == self.closes_on else ""
            told.append(f"screenable again from {self.screenable_from}{until}{closed}")
            if self.stale_then:
                told.append(f"{both(self.stale_then)} then open, resting on what is too old by then")
        elif self.verdict == "ineligible":
            told.append("time alone does not make it screenable again")
        if self.worsens_on is not None:
            worse = [change for change in self.changes if change.date == self.worsens_on and change.is_for_the_worse]
            how = "stale" if all(change.is_of_knowledge for change in worse) else "worse"
            told.append(f"{how} on {self.worsens_on}: {both([change.criterion for change in worse])}")
        if self.closes_on is not None and self.closes_on != self.screenable_until:
            told.append(f"closed from {self.closes_on}")
        return "; ".join(told) or "no criterion gets worse by itself"

    def by_day(self) -> tuple[Turn, ...]:
        """The changes in the order of days, those told together that give several criteria the same status."""
        turns: list[Turn] = []
        for (day, after), group in groupby(sorted(self.changes, key=_day_and_status), key=_day_and_status):
            those = list(group)
            why = in_words(dict.fromkeys(cause for change in those for cause in change.causes))
            turns.append(Turn(day, after, tuple(change.criterion for change in those), why))
        return tuple(turns)

    def words(self) -> tuple[str, ...]:
        """Every change as a sentence: `NCT06242405 E8: on 2026-02-15 … leaves the 30 days; failed, then passed`."""
        return tuple(
            f"{self.id} {change.criterion}: on {change.date} {change.why}; {change.before}, then {change.after}"
            for change in self.changes
        )


def _day_and_status(change: Change) -> tuple[date, Status]:
    return change.date, change.after


class Timeline(Struct, frozen=True):
    """One patient against all trials of a screening, from the day of screening to the horizon `until`."""

    patient: str
    as_of: date
    until: date
    trials: tuple[TrialTimeline, ...]

    def to_dict(self) -> dict[str, Anything]:
        """The timeline as plain data, days as YYYY-MM-DD."""
        told: dict[str, Anything] = msgspec.to_builtins(self)
        return told

    def words(self) -> tuple[str, ...]:
        """Every change as a sentence, trial by trial."""
        return tuple(line for trial in self.trials for line in trial.words())


def changes(screening: Screening, until: date | None = None) -> Timeline:
    """On which days after that of screening the answers change by themselves, up to and including the day `until`.

    Without `until` the horizon is two years, or as long as the longest window, freshness or wash-out that the
    criteria have, so that every fact on record has left it. No fact is added, lists declared complete stay so, and
    what is said of the present without a date is of the day of screening (`as_said_on`).

    Raises ScreeningError where `until` does not lie after the day of screening.
    """
    day = screening.as_of.toordinal()
    moved = [_Moved(trial, day) for trial in screening.trials if trial.criteria]
    if until is not None and until <= screening.as_of:
        raise ScreeningError(f"until: `{until}` does not lie after the day of screening, {screening.as_of}")
    last = _horizon(moved, day) if until is None else until.toordinal()
    frames: dict[tuple[Duration | None, int], Frame] = {}
    return Timeline(
        screening.patient,
        screening.as_of,
        date.fromordinal(last),
        tuple(_timeline(each, day, last, frames) for each in moved),
    )


def as_said_on(patient: Patient, day: int) -> Patient:
    """The record, where whatever is said of the present without a date is said on that day.

    These are absences, results that the record calls current, open entries, answers, and an age in years. On the day
    itself they mean the same as without a date; later they grow old. What may be of any day stays undated.
    """
    said = on_day(day, f"{day_text(day)} (undated)")
    results = {
        name: tuple(replace(each, when=said) if each.when is None and each.is_current else each for each in those)
        for name, those in patient.results.items()
    }
    episodes = {
        name: tuple(replace(each, asserted=said) if each.asserted is None and each.ongoing else each for each in those)
        for name, those in patient.episodes.items()
    }
    absences = {
        name: tuple(each if each.when is not None else replace(each, when=said) for each in those)
        for name, those in patient.absences.items()
    }
    answers = {
        key: replace(each, when=said) if each.when is None and each.value is not None else each
        for key, each in patient.answers.items()
    }
    as_of = day if patient.as_of is None else patient.as_of
    return replace(patient, as_of=as_of, results=results, episodes=episodes, absences=absences, answers=answers)


# ---- one trial


class _Moved:
    """A trial of a screening, ready to be asked on other days."""

    def __init__(self, trial: TrialResult, day: int) -> None:
        frame = trial.criteria[0].frame
        self.trial = trial
        self.frame = _frame(frame, as_said_on(frame.patient, day), day).of_trial(trial.id)
        self.entries = program_of(frame.rulebook).trials[trial.id]
        self.reads = reads_of_trial(trial.id, frame.rulebook)


def _frame(like: Frame, patient: Patient, day: int) -> Frame:
    return Frame(like.rulebook, patient, day, assumed=like.assumed, labs_within=like.labs_within)


def _horizon(moved: Iterable[_Moved], day: int) -> int:
    """The last day of interest: when what is of the day of screening has left every window, and at least two years."""
    lengths = {length for each in moved for reads in each.reads for length in lengths_of(reads, each.frame)}
    ahead = max([day_shifted(day, SHORTEST, 1), *(outlived(day, length) for length in lengths)])
    return min(ahead, date.max.toordinal())


Entry = tuple[Criterion, str, tuple[Decide, ...]]


def _timeline(moved: _Moved, day: int, last: int, frames: dict[tuple[Duration | None, int], Frame]) -> TrialTimeline:
    of_trial: dict[int, Frame] = {}

    def at(other: int) -> Frame:
        """The trial on another day; what is looked up on it serves every criterion, and other trials too."""
        if other not in of_trial:
            key = (moved.frame.labs_within, other)
            if key not in frames:
                frames[key] = _frame(moved.frame, moved.frame.patient, other)
            of_trial[other] = frames[key].of_trial(moved.trial.id)
        return of_trial[other]

    found: list[Change] = []
    for result, entry, reads in zip(moved.trial.criteria, moved.entries, moved.reads, strict=True):
        days = sorted(set[int]().union(*(turning_days(each, moved.frame, last) for each in reads)))
        status = result.status
        for other in days:
            now = _decided(entry, at(other))
            if now.status != status:
                found.append(_change(result.id, status, now, entry, other, at(other - 1)))
                status = now.status
    found.sort(key=lambda change: change.date)
    return _read_off(moved.trial, tuple(found))


def _decided(entry: Entry, frame: Frame) -> CriterionResult:
    criterion, key, readings = entry
    judged = tuple([decide(frame) for decide in readings])
    return CriterionResult(criterion, judged, frame, frame.patient.answers.get(key))


def _change(criterion: str, before: Status, now: CriterionResult, entry: Entry, day: int, eve: Frame) -> Change:
    told = causes(_decided(entry, eve).counted, now.counted, day, eve)
    return Change(date.fromordinal(day), criterion, before, now.status, in_words(told), told)


# ---- what follows for the trial


class _Step(Struct, frozen=True):
    """A day on which something changed, and whether a criterion is failed from that day on until the next one."""

    date: date
    is_failed: bool


def _read_off(trial: TrialResult, found: tuple[Change, ...]) -> TrialTimeline:
    steps = list(_steps(trial, found))
    opened = next((step.date for step in steps if not step.is_failed), None)
    if trial.verdict != "ineligible":
        worse = next((change.date for change in found if change.is_for_the_worse), None)
        return TrialTimeline(trial.id, trial.verdict, found, closes_on=_closes(steps), worsens_on=worse)
    if opened is None or not any(_is_mended(change) and change.date <= opened for change in found):
        return TrialTimeline(trial.id, trial.verdict, found, closes_on=_closes(steps) if opened is not None else None)
    last_words = {change.criterion: change for change in found if change.date <= opened}
    stale = {name for name, change in last_words.items() if change.after == "unknown" and change.is_of_knowledge}
    return TrialTimeline(
        trial.id,
        trial.verdict,
        found,
        screenable_from=opened,
        screenable_until=next((step.date for step in steps if step.date > opened and step.is_failed), None),
        stale_then=tuple(criterion.id for criterion in trial.criteria if criterion.id in stale),
        closes_on=_closes(steps),
    )


def _is_mended(change: Change) -> bool:
    """Whether a criterion is failed no longer because of what happened to the patient, and not to what is known."""
    return change.before == "failed" and not change.is_of_knowledge


def _steps(trial: TrialResult, found: Iterable[Change]) -> Iterator[_Step]:
    failed = {criterion.id for criterion in trial.criteria if criterion.status == "failed"}
    for day, those in groupby(found, key=lambda change: change.date):
        for change in those:
            if change.after == "failed":
                failed.add(change.criterion)
            else:
                failed.discard(change.criterion)
        yield _Step(day, bool(failed))


def _closes(steps: Iterable[_Step]) -> date | None:
    """The first day of the last stretch of days on which a criterion is failed, if that reaches up to the horizon."""
    closed: date | None = None
    for step in steps:
        if not step.is_failed:
            closed = None
        elif closed is None:
            closed = step.date
    return closed


__all__ = ["Change", "Timeline", "TrialTimeline", "as_said_on", "changes"]
