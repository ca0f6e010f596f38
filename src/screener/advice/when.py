"""When something changes by itself: on which later days an answer is another one with the record as it is.

The engine is the reference. The day of screening is moved on, the record stays what it is, and every part of a rule is
decided anew on each day on which time alone can make a difference to it (`turning_days.py`); a criterion is, where one
of its parts says something else. What the record says of the present without a date is taken as said on the day of
screening, and grows old from there like everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from screener.advice.causes import Cause, causes, in_words
from screener.advice.turning_days import (
    DaysOfConcepts,
    Reads,
    TimedPart,
    lengths_of,
    outlived,
    parts_of_trial,
    turning_days,
)
from screener.evaluation.evaluator import PreparedCriterion, program_of
from screener.evaluation.frame import Frame
from screener.evaluation.phrases import both
from screener.records.patient import Episode, Patient
from screener.rulebook import Concept
from screener.screening import CriterionResult, Screening, ScreeningError, Status, TrialResult, Verdict, status_of
from screener.values.dates import Duration, day_in_words, day_shifted, day_text, on_day

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

    `screenable_from` is, for an ineligible trial, the day on which time has mended all failed criteria that it can.
    A criterion that is failed no longer only because the record has become too old was not mended: a newer fact may do
    so on any day. On that day `failed_then` are still failed for want of newer facts, and `stale_then` are open because
    something has become too old. There is no such day where time mends nothing, or leaves a criterion failed up to the
    horizon. `screenable_until` is the first day on which one is failed again after none was, if there is one.
    `closes_on` is the first later day from which on some criterion is failed on every day up to the horizon.
    `worsens_on` is, for a trial not ineligible, the first day on which a criterion gets worse.
    """

    id: str
    verdict: Verdict
    changes: tuple[Change, ...] = ()
    screenable_from: date | None = None
    screenable_until: date | None = None
    failed_then: tuple[str, ...] = ()
    stale_then: tuple[str, ...] = ()
    closes_on: date | None = None
    worsens_on: date | None = None

    @property
    def summary(self) -> str:
        """What matters most, in a line. It promises no eligibility: criteria may still be failed that day, or open."""
        told: list[str] = []
        if self.screenable_from is not None:
            last = None if self.screenable_until is None else self.screenable_until - timedelta(days=1)
            until = f", until {day_in_words(last)}" if last is not None else ""
            closed = ", then closed" if until and self.screenable_until == self.closes_on else ""
            told.append(f"not before {day_in_words(self.screenable_from)}{until}{closed}")
            if self.failed_then:
                told.append(f"{both(self.failed_then)} still failed then, if nothing newer is found")
            if self.stale_then:
                told.append(f"the record is too old by then for {both(self.stale_then)}")
        elif self.verdict == "ineligible":
            told.append("time alone does not reopen it")
        if self.worsens_on is not None:
            worse = [change for change in self.changes if change.date == self.worsens_on and change.is_for_the_worse]
            good_to = self.worsens_on - timedelta(days=1)
            told.append(f"good to {day_in_words(good_to)} ({', '.join(change.criterion for change in worse)})")
        if self.closes_on is not None and self.closes_on != self.screenable_until:
            told.append(f"closes after {day_in_words(self.closes_on - timedelta(days=1))}")
        return "; ".join(told) or "nothing expires by itself"

    def by_day(self) -> tuple[Turn, ...]:
        """The changes in the order of days, one for all criteria that get the same status on a day."""
        turns: list[Turn] = []
        for (day, after), group in groupby(sorted(self.changes, key=_day_and_status), key=_day_and_status):
            those = list(group)
            why = in_words(dict.fromkeys(cause for change in those for cause in change.causes))
            turns.append(Turn(day, after, tuple(change.criterion for change in those), why))
        return tuple(turns)

    def words(self) -> tuple[str, ...]:
        """Every change as a sentence: `NCT06242405 E8: on 15 Feb 2026 … leaves the 30 days; failed, then passed`."""
        return tuple(
            f"{self.id} {each.criterion}: on {day_in_words(each.date)} {each.why}; {each.before}, then {each.after}"
            for each in self.changes
        )


def _day_and_status(change: Change) -> tuple[date, Status]:
    return change.date, change.after


class Closing(Struct, frozen=True):
    """From the day `on` some criterion is failed on every day that was looked at, by time alone. `lines` are failed on
    that day, and `why` says what makes them so."""

    on: date
    lines: tuple[str, ...]
    why: str


class Timeline(Struct, frozen=True):
    """One patient against all trials of a screening, from the day of screening to the horizon `until`."""

    patient: str
    as_of: date
    until: date
    trials: tuple[TrialTimeline, ...]

    def words(self) -> tuple[str, ...]:
        """Every change as a sentence, trial by trial."""
        return tuple(line for trial in self.trials for line in trial.words())


def changes(screening: Screening, until: date | None = None) -> Timeline:
    """On which days after that of screening the answers change although no fact is added, up to and including the day
    `until` (docs/when.md).

    Without `until` it looks two years ahead, or as far as the longest window, freshness or wash-out of the criteria if
    that is longer: by then every fact on record has left it. What the record says of the present without a date is
    of the day of screening, and lists that are complete are so on the record's own day.

    Raises ScreeningError if `until` does not lie after the day of screening.
    """
    if until is not None and until <= screening.as_of:
        raise ScreeningError(f"until: `{until}` does not lie after the day of screening, {screening.as_of}")
    day = screening.as_of.toordinal()
    moved = list(_moved(screening, day))
    last = _horizon(moved, day) if until is None else until.toordinal()
    return Timeline(
        screening.patient,
        screening.as_of,
        date.fromordinal(last),
        tuple(_timeline(each, last) for each in moved),
    )


def timelines(screening: Screening, until: Mapping[str, date | None]) -> dict[str, TrialTimeline]:
    """The same for the trials that are named, each up to a day of its own; None: up to the horizon of all trials."""
    day = screening.as_of.toordinal()
    moved = list(_moved(screening, day))
    horizon = _horizon(moved, day) if None in until.values() else 0
    found: dict[str, TrialTimeline] = {}
    for each in moved:
        if each.trial.id in until:
            last = until[each.trial.id]
            found[each.trial.id] = _timeline(each, horizon if last is None else last.toordinal())
    return found


def closing(screening: Screening, until: date) -> dict[str, Closing]:
    """The trials that time alone closes up to a day: not ineligible today, and on that day some criterion is failed."""
    last = until.toordinal()
    return {
        each.trial.id: closed
        for each in _moved(screening, screening.as_of.toordinal(), only=lambda trial: trial.verdict != "ineligible")
        if (closed := _closed(each, last)) is not None
    }


def _closed(moved: _Moved, last: int) -> Closing | None:
    """From the last day the way goes back, as long as some line is failed."""
    days, trial = moved.days, moved.trial
    lines = list(zip(trial.criteria, moved.lines, strict=True))

    def failed(day: int, those: Iterable[_Line]) -> Iterator[_Line]:
        frame = days.of_trial(trial.id, day)
        return (each for each in those if status_of(each[0].kind, each[1].decide[each[0].reading](frame)) == "failed")

    ends = list(failed(last, lines))
    if not ends:
        return None
    in_turn = [*ends, *(each for each in lines if each not in ends)]
    day = last
    while day - 1 > days.frame.as_of and any(True for _ in failed(day - 1, in_turn)):
        day -= 1
    before, after = days.of_trial(trial.id, day - 1), days.of_trial(trial.id, day)
    those = [result for result, _ in failed(day, lines)]
    why = [in_words(causes(each.rules, before, after)) for each in those]
    return Closing(date.fromordinal(day), tuple(each.id for each in those), "; ".join(dict.fromkeys(why)))


_Line = tuple[CriterionResult, PreparedCriterion]


def as_said_on(patient: Patient, day: int, concepts: Mapping[str, Concept]) -> Patient:
    """The record, where whatever is said of the present without a date is said on that day.

    These are results that the record calls current, open entries of what lasts, answers, and an age in years; and
    absences, which are of the record's own day. On the day itself they mean the same as without a date; later they grow
    old. What may be of any day stays undated.
    """
    said = on_day(day, f"{day_text(day)} (undated)")
    own = None if patient.as_of is None else min(patient.as_of, day)
    own_day = None if own is None else on_day(own, f"{day_text(own)} (undated)")

    def entered(entry: Episode, concept: Concept) -> Episode:
        if entry.asserted is not None or not entry.ongoing:
            return entry
        if concept.lasts is None or entry.shown_by_result:
            return replace(entry, asserted=said)
        # What passes is said of its onset, else of some time up to the record's own day: without that, of no time.
        return replace(entry, ongoing=False) if entry.start is None and own is None else entry

    results = {
        name: tuple(replace(each, when=said) if each.when is None and each.is_current else each for each in those)
        for name, those in patient.results.items()
    }
    episodes = {
        name: tuple(entered(each, concepts[name]) for each in those) for name, those in patient.episodes.items()
    }
    may_be = {
        list_: {name: tuple(entered(each, concepts[name]) for each in those) for name, those in of_list.items()}
        for list_, of_list in patient.may_be.items()
    }
    absences = {
        name: tuple(
            each if each.when is not None else replace(each, when=own_day)
            for each in those
            if each.when is not None or own_day is not None
        )
        for name, those in patient.absences.items()
    }
    answers = {
        key: replace(each, when=said) if each.when is None and each.value is not None else each
        for key, each in patient.answers.items()
    }
    as_of = day if patient.as_of is None else patient.as_of
    said_on_days: Patient = replace(
        patient, as_of=as_of, results=results, episodes=episodes, may_be=may_be, absences=absences, answers=answers
    )
    return said_on_days


# ---- one trial


class _Days:
    """What the answers of some trials can be read off on other days: the trials for which labs stay fresh equally long.

    Each part of a rule is asked on its own days alone, and once for all criteria and trials that say it.
    """

    def __init__(self, frame: Frame, said: Patient, day: int) -> None:
        self.now = frame
        self.frame = Frame(
            frame.rulebook,
            said,
            day,
            assumed=frame.assumed,
            labs_within=frame.labs_within,
        )
        self._frames: dict[int, Frame] = {}
        self._of_trials: dict[tuple[str, int], Frame] = {}
        self._turning: dict[tuple[str, Reads, int], set[int]] = {}
        self._of_concepts = DaysOfConcepts(self.frame)
        self._changing: dict[tuple[str, int, int], tuple[int, ...]] = {}

    def at(self, day: int) -> Frame:
        """The record on another day of screening."""
        if day not in self._frames:
            self._frames[day] = self.frame.as_of_day(day)
        return self._frames[day]

    def of_trial(self, trial: str, day: int) -> Frame:
        """The same for one trial; what is looked up on it serves every criterion, and other trials too."""
        key = (trial, day)
        if key not in self._of_trials:
            self._of_trials[key] = self.at(day).of_trial(trial)
        return self._of_trials[key]

    def changing(self, part: TimedPart, trial: str, last: int) -> tuple[int, ...]:
        """The days up to `last` on which a part of a rule says something else than on the day before."""
        key = (trial if part.asks else "", id(part.decide), last)
        if key not in self._changing:
            self._changing[key] = tuple(self._changes_of(part, trial, last))
        return self._changing[key]

    def _changes_of(self, part: TimedPart, trial: str, last: int) -> Iterator[int]:
        days = self._turning_days(part.reads, trial, last)
        if not days:
            return
        truth = part.decide(self.now.of_trial(trial) if part.asks else self.now)
        for day in sorted(days):
            now = part.decide(self.of_trial(trial, day) if part.asks else self.at(day))
            if now is not truth:
                truth = now
                yield day

    def _turning_days(self, reads: Reads, trial: str, last: int) -> set[int]:
        key = (trial if reads.questions else "", reads, last)
        if key not in self._turning:
            frame = self.frame.of_trial(trial) if reads.questions else self.frame
            self._turning[key] = turning_days(reads, frame, last, self._of_concepts)
        return self._turning[key]


class _Moved:
    """A trial of a screening, ready to be asked on other days."""

    def __init__(self, trial: TrialResult, days: _Days) -> None:
        rulebook = days.frame.rulebook
        self.trial = trial
        self.days = days
        self.lines = program_of(rulebook).trials[trial.id]
        self.parts = parts_of_trial(trial.id, rulebook)


def _moved(
    screening: Screening, day: int, only: Callable[[TrialResult], bool] = lambda trial: True
) -> Iterator[_Moved]:
    """Every trial that asks anything; those that labs stay fresh equally long for share what is found."""
    shared: dict[Duration | None, _Days] = {}
    said: Patient | None = None
    for trial in screening.trials:
        if trial.criteria and only(trial):
            frame = trial.criteria[0].frame
            if said is None:
                said = as_said_on(frame.patient, day, frame.rulebook.concepts)
            if frame.labs_within not in shared:
                shared[frame.labs_within] = _Days(frame, said, day)
            yield _Moved(trial, shared[frame.labs_within])


def _horizon(moved: Iterable[_Moved], day: int) -> int:
    """The last day of interest: by then every fact of the day of screening has left every window. At least two
    years."""
    read = {(each.days, part.reads) for each in moved for parts in each.parts for part in parts}
    lengths = {length for days, reads in read for length in lengths_of(reads, days.frame)}
    ahead = max([day_shifted(day, SHORTEST, 1), *(outlived(day, length) for length in lengths)])
    return min(ahead, date.max.toordinal())


def _timeline(moved: _Moved, last: int) -> TrialTimeline:
    trial, moving = moved.trial, moved.days
    found: list[Change] = []
    for result, line, parts in zip(trial.criteria, moved.lines, moved.parts, strict=True):
        days = sorted(set[int]().union(*(moving.changing(each, trial.id, last) for each in parts)))
        status = result.status
        for day in days:
            today = moving.of_trial(trial.id, day)
            now = status_of(result.kind, line.decide[result.reading](today))
            if now != status:
                told = causes(result.rules, moving.of_trial(trial.id, day - 1), today)
                found.append(Change(date.fromordinal(day), result.id, status, now, in_words(told), told))
                status = now
    found.sort(key=lambda change: change.date)
    return _read_off(trial, tuple(found))


# ---- what follows for the trial


class _Step(Struct, frozen=True):
    """A day on which something changed, and the criteria that are failed from that day on until the next one."""

    date: date
    failed: frozenset[str]


def _read_off(trial: TrialResult, found: tuple[Change, ...]) -> TrialTimeline:
    steps = list(_steps(trial, found))
    opened = next((step.date for step in steps if not step.failed), None)
    if trial.verdict != "ineligible":
        worse = next((change.date for change in found if change.is_for_the_worse), None)
        return TrialTimeline(trial.id, trial.verdict, found, closes_on=_closes(steps), worsens_on=worse)
    if opened is None:
        return TrialTimeline(trial.id, trial.verdict, found)
    mended = [each.date for each in found if each.before == "failed" and not each.is_of_knowledge]
    ready = max((day for day in mended if day <= opened), default=None)
    if ready is None:
        return TrialTimeline(trial.id, trial.verdict, found, closes_on=_closes(steps))
    last_words = {change.criterion: change for change in found if change.date <= ready}
    stale = {name for name, change in last_words.items() if change.after == "unknown" and change.is_of_knowledge}
    failed = next(step.failed for step in reversed(steps) if step.date <= ready)
    return TrialTimeline(
        trial.id,
        trial.verdict,
        found,
        screenable_from=ready,
        screenable_until=next((step.date for step in steps if step.date > opened and step.failed), None),
        failed_then=tuple(criterion.id for criterion in trial.criteria if criterion.id in failed),
        stale_then=tuple(criterion.id for criterion in trial.criteria if criterion.id in stale),
        closes_on=_closes(steps),
    )


def _steps(trial: TrialResult, found: Iterable[Change]) -> Iterator[_Step]:
    failed = {criterion.id for criterion in trial.criteria if criterion.status == "failed"}
    for day, those in groupby(found, key=lambda change: change.date):
        for change in those:
            if change.after == "failed":
                failed.add(change.criterion)
            else:
                failed.discard(change.criterion)
        yield _Step(day, frozenset(failed))


def _closes(steps: Iterable[_Step]) -> date | None:
    """The first day of the last stretch of days on which a criterion is failed, if that reaches up to the horizon."""
    closed: date | None = None
    for step in steps:
        if not step.failed:
            closed = None
        elif closed is None:
            closed = step.date
    return closed


__all__ = ["Change", "Closing", "Timeline", "TrialTimeline", "as_said_on", "changes", "closing", "timelines"]
