"""Where a trial stands for a patient: nine states in a ward's words, and for each the one rule that gives it.

A state is a function of the screening, of how far the trial is and of what time changes. The first that holds:

1. check: the verdict would be another without the values that may be wrong
2. ruled out: a failed line stays failed: it is fixed, only another onset would change it, or time mends it too late
3. ruled out today: every other trial with a failed line
4. all met, or all met if complete: every line is passed; in the second some list was only assumed to be complete
5. reading: a line is passed by one reading of its sentence and failed by another, and else only people are left to ask
6. people: only a judgement or consent is left
7. too little: less than half of the lines are known, and a result of the present is missing
8. nothing against: everything else
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import get_args

from msgspec import Struct

from screener.advice.distance import Failure, TrialDistance
from screener.advice.when import TrialTimeline
from screener.screening import CriterionResult, Screening, TrialResult
from screener.sheet.again import Place, doubtful, screened_again, without
from screener.sheet.model import StateName
from screener.sheet.waiting import only_people
from screener.values.truth import FALSE, TRUE

NEAREST_FIRST: tuple[StateName, ...] = get_args(StateName)
OUT: frozenset[StateName] = frozenset({"ruled out", "ruled out today"})


class Checks(Struct, frozen=True):
    """What to check for one trial: the values that may be wrong and decide its verdict, and the lines that would change
    without them. There are no places if the verdict is the same without the values."""

    places: frozenset[Place] = frozenset()
    lines: tuple[str, ...] = ()


def checks_of(screening: Screening) -> dict[str, Checks]:
    """For each trial what to check first: screened once more as if nobody had written the suspicious values down."""
    suspicious = frozenset(
        place for trial in screening.trials for criterion in trial.criteria for place in doubtful(criterion)
    )
    if not suspicious:
        return {trial.id: Checks() for trial in screening.trials}
    other = screened_again(screening, without(screening.record, suspicious))
    pairs = zip(screening.trials, other.trials, strict=True)
    return {trial.id: _checks(trial, bare, suspicious) for trial, bare in pairs}


def _checks(trial: TrialResult, bare: TrialResult, suspicious: frozenset[Place]) -> Checks:
    """The lines whose status differs. Those that decide are, of an ineligible trial, the failed ones. The values to
    check are those that these lines count, or all suspicious ones where none of them shows its own."""
    pairs = zip(trial.criteria, bare.criteria, strict=True)
    differ = [criterion for criterion, without_it in pairs if criterion.status != without_it.status]
    lines = tuple(each.id for each in differ)
    if trial.verdict == bare.verdict:
        return Checks(lines=lines)
    decisive = [each for each in differ if trial.verdict != "ineligible" or each.status == "failed"] or differ
    places = frozenset(place for each in decisive for place in doubtful(each))
    return Checks(places or suspicious, lines)


def state_of(
    trial: TrialResult, checks: Checks, distance: TrialDistance, timeline: TrialTimeline, lacks_results: bool
) -> StateName:
    """The state of a trial. `lacks_results`: an open line waits for a result of the present that was never taken."""
    if checks.places:
        return "check"
    match trial.verdict:
        case "ineligible":
            return "ruled out" if is_for_good(distance, timeline, checks.lines) else "ruled out today"
        case "eligible":
            is_assumed = any(criterion.basis == "assumed" for criterion in trial.criteria)
            return "all met if complete" if is_assumed else "all met"
        case "undetermined":
            return _of_open(trial, lacks_results)


def _of_open(trial: TrialResult, lacks_results: bool) -> StateName:
    unknown = [criterion for criterion in trial.criteria if criterion.status == "unknown"]
    split = [criterion for criterion in unknown if is_split(criterion)]
    if all(only_people(criterion) for criterion in unknown if criterion not in split):
        return "reading" if split else "people"
    if 2 * trial.counts["passed"] < len(trial.criteria) and lacks_results:
        return "too little"
    return "nothing against"


def is_split(criterion: CriterionResult) -> bool:
    """Whether a line is passed by one reading and failed by another."""
    return {judged.truth for judged in criterion.counted} >= {TRUE, FALSE}


# ---- ruled out, today or for good


def is_for_good(distance: TrialDistance, timeline: TrialTimeline, doubtful_lines: Collection[str] = ()) -> bool:
    """Whether no new result and no day reopens a trial that is ruled out now. What only a doubtful value rules out may
    reopen as soon as that value is corrected."""
    return any(
        failure.is_fixed or hangs_on_onset(failure) or _is_mended_too_late(failure, timeline)
        for failure in distance.failures
        if failure.id not in doubtful_lines
    )


def firmness(failure: Failure) -> int:
    """The order of failed lines: first what nothing changes, then what only another onset would change."""
    return 0 if failure.is_fixed else 1 if hangs_on_onset(failure) else 2


def hangs_on_onset(failure: Failure) -> bool:
    """Whether only another onset would change a failed line."""
    return bool(failure.ways) and all(way.kind == "onset" for way in failure.ways)


def _is_mended_too_late(failure: Failure, timeline: TrialTimeline) -> bool:
    """Whether only time can lift a failed line, and another line has closed the trial for good by then.

    A bleed of 20 Feb leaves its two months on 21 Apr; the four weeks from an onset of 14 Feb end on 14 Mar.
    """
    if not failure.ways or any(way.kind not in ("window", "age") for way in failure.ways):
        return False
    mended = _first_day_open(failure.id, timeline)
    others = {change.criterion for change in timeline.changes} - {failure.id}
    return mended is not None and any(
        (closed := _closed_since(name, timeline)) is not None and closed <= mended for name in others
    )


def _first_day_open(name: str, timeline: TrialTimeline) -> date | None:
    """The first day on which a line that is failed now is no longer so."""
    return next((each.date for each in timeline.changes if each.criterion == name and each.before == "failed"), None)


def _closed_since(name: str, timeline: TrialTimeline) -> date | None:
    """The day from which a line stays failed. A line that opens later only because its facts are too old by then counts
    as failed."""
    happened = [change for change in timeline.changes if change.criterion == name and not change.is_of_knowledge]
    return happened[-1].date if happened and happened[-1].after == "failed" else None


# ---- order


def nearness(state: StateName, is_recruiting: bool, actions: int, last_day: date | None) -> tuple[object, ...]:
    """What trials and patients are sorted by: the state, then trials that recruit, then those with less to do, then
    those that close sooner."""
    return (NEAREST_FIRST.index(state), not is_recruiting, actions, last_day or date.max)


def nearest(states: Iterable[StateName]) -> StateName:
    """The nearest of some states."""
    return min(states, key=NEAREST_FIRST.index)
