"""How far a patient is from each trial: the lines that failed, and which of them nothing in the future can change.

A failed line is *fixed* if it fails on what lasts alone. What lasts is the sex, an age that only rises, what has
happened (it stays a history, whenever it was), and chronic conditions that are active. Everything else is left open:
every result, date, absence, answer and plan, and whether there is more. By the law of the engine, an answer that is
definite on so little holds for every record that adds to it, and every later record of the patient does. The engine
itself decides this; nothing here knows what a rule is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from screener.advice.worded import Worded
from screener.evaluation.answers import Found, Judged
from screener.evaluation.evaluator import UNKNOWN_AGE, decide, program_of
from screener.evaluation.explanation import amount_in_words
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import Part, deciding
from screener.evaluation.phrases import asked, both, either, in_time, lowered, onset, wanted
from screener.records.patient import Absence, Episode, Patient
from screener.rulebook import (
    AHEAD,
    NOW,
    AgainstLimit,
    Age,
    AtTime,
    Between,
    ChangeLookup,
    Compare,
    Confirmed,
    EventLookup,
    Happened,
    IsOneOf,
    Lookup,
    OnsetLookup,
    Rulebook,
    SexIs,
    Untranslated,
    ValueLookup,
)
from screener.screening import CriterionResult, Screening, TrialResult, Verdict, status_of
from screener.values.dates import DAY, Duration, Moment, day_shifted
from screener.values.truth import TRUE, UNKNOWN, union

WayKind = Literal["age", "sex", "result", "window", "state", "history", "plan", "answer", "onset"]


class Way(Struct, frozen=True):
    """One thing that a failed line rests on: why it stays as it is, or what would have to become of it.

    `kind`: `age`; `sex`; `result` (a lab, a grade or a finding); `window` (a time that will have passed); `state` (what
    is the case now); `history` (what has happened, or has not yet); `plan`; `answer` (of a person); `onset` (only
    another onset moves the time that the rule is about).
    """

    kind: WayKind
    name: str
    text: str


class Failure(Worded, frozen=True, rename={"is_fixed": "fixed"}):
    """A failed line. `ways` say what fixes it, or what would change it."""

    id: str
    kind: Literal["inclusion", "exclusion"]
    sentence: str
    explanation: str
    is_fixed: bool
    ways: tuple[Way, ...]

    def in_words(self) -> str:
        """`I1, for good: age 74 years, and only rises`."""
        return f"{self.id}, {'for good' if self.is_fixed else 'may change'}: {'; '.join(way.text for way in self.ways)}"


class TrialDistance(Worded, frozen=True):
    """What stands between the patient and a trial: its failed lines, fixed ones first. `unknown` counts the open lines,
    which may turn out either way."""

    id: str
    title: str
    verdict: Verdict
    failures: tuple[Failure, ...]
    unknown: int

    fixed: int = 0
    """How many failed lines are fixed, and how many may change. Both are counted, whatever is passed for them."""
    changeable: int = 0

    def __post_init__(self) -> None:
        fixed = sum(failure.is_fixed for failure in self.failures)
        force_setattr(self, "fixed", fixed)
        force_setattr(self, "changeable", len(self.failures) - fixed)
        super().__post_init__()

    def in_words(self) -> str:
        """One line for the trial, and one for each failure."""
        opened = f"{self.unknown} open" if self.unknown else "none open"
        return "\n".join([f"{self.id}: {self.against}; {opened}", *(f"  {each.text}" for each in self.failures)])

    @property
    def against(self) -> str:
        """`none against`, `1 against, may change`, `3 against, 2 of them for good`."""
        if not self.failures:
            return "none against"
        number = len(self.failures)
        how = "for good" if self.fixed == number else f"{self.fixed} of them for good" if self.fixed else "may change"
        return f"{number} against, {how}"


def distance(screening: Screening) -> tuple[TrialDistance, ...]:
    """Every trial with its failed lines, and which of them nothing can change, the nearest first: by fixed failures,
    changeable ones, and open lines."""
    return screening.read_once("distance", lambda: tuple(_nearest_first(screening)))


def _nearest_first(screening: Screening) -> list[TrialDistance]:
    distances = [_distance(trial) for trial in screening.trials]
    return sorted(distances, key=lambda each: (each.fixed, each.changeable, each.unknown))


def _distance(trial: TrialResult) -> TrialDistance:
    failed = [criterion for criterion in trial.criteria if criterion.status == "failed"]
    failures: list[Failure] = []
    if failed:
        lasting = lasting_frame(failed[0].frame)
        failures = [_failure(criterion, lasting) for criterion in failed]
    in_order = sorted(failures, key=lambda failure: not failure.is_fixed)
    return TrialDistance(trial.id, trial.title, trial.verdict, tuple(in_order), trial.counts["unknown"])


def is_fixed(criterion: CriterionResult) -> bool:
    """Whether no later record of the same patient could turn a failed line to passed."""
    return criterion.status == "failed" and _fails(criterion, lasting_frame(criterion.frame))


def _fails(criterion: CriterionResult, lasting: Frame) -> bool:
    truth = union(decide(answer.node, lasting) for answer in criterion.counted)
    return status_of(criterion.kind, truth) == "failed"


def _failure(criterion: CriterionResult, lasting: Frame) -> Failure:
    fixed = _fails(criterion, lasting)
    grounds = [ground for answer in criterion.counted for ground in _grounds(answer)]
    ways = [_way(ground, lasting) for ground in grounds]
    told = {way.text: way for lasts, way in reversed(ways) if lasts is fixed}
    each_once = tuple(reversed(told.values()))
    return Failure(criterion.id, criterion.kind, criterion.text, criterion.explanation, fixed, each_once)


# ---- what lasts


def lasting_frame(frame: Frame) -> Frame:
    """The patient with nothing on record but what lasts, seen from the same day."""
    return Frame(frame.rulebook, _lasting(frame), frame.as_of, trial=frame.trial)


def _lasting(frame: Frame) -> Patient:
    patient = frame.patient
    return Patient(
        patient.id,
        patient.digest,
        as_of=frame.as_of,
        birth=_no_later_birth(frame),
        sex=patient.sex,
        episodes={
            name: those
            for name, episodes in patient.episodes.items()
            if (those := tuple(_what_stays(each, frame) for each in episodes if _stays(each, frame)))
        },
    )


def _no_later_birth(frame: Frame) -> Moment:
    """A birth that leaves open any age from the youngest that the patient can be now."""
    ages = program_of(frame.rulebook).number(Age())(frame).range
    youngest = day_shifted(frame.as_of, Duration(int(ages.low), "years"), -1)
    oldest = day_shifted(frame.as_of, Duration(int(UNKNOWN_AGE.high), "years"), -1)
    return Moment(min(oldest, youngest) * DAY, youngest * DAY + DAY - 1)


def _stays(episode: Episode, frame: Frame) -> bool:
    """Whether an entry, seen by the day of screening, says for certain that something has been the case."""
    if episode.list in ("plans", "allergies") or episode.doubtful:
        return False
    end_of_day = frame.as_of * DAY + DAY - 1
    if any(moment is not None and moment.first > end_of_day for moment in (episode.start, episode.asserted)):
        return False
    concept = frame.rulebook.concepts[episode.concept]
    denials = [each for name in (concept.name, *concept.broader) for each in frame.patient.absences.get(name, ())]
    return not any(_may_deny(each, episode) for each in denials)


def _may_deny(absence: Absence, episode: Episode) -> bool:
    if absence.list != episode.list:
        return False
    is_earlier = absence.when is not None and episode.start is not None and absence.when.is_before(episode.start)
    return not is_earlier


def _what_stays(episode: Episode, frame: Frame) -> Episode:
    """An entry without its time and its qualities. An active, chronic one goes on, unless another entry of the same
    thing says that it is over; any other may be over."""
    concept = frame.rulebook.concepts[episode.concept]
    beside = [each for name in (concept.name, *concept.broader) for each in frame.patient.episodes.get(name, ())]
    is_over = any(each.list == episode.list and (each.ended or each.end is not None) for each in beside)
    is_chronic = concept.kind == "condition" and concept.course == "chronic"
    return Episode(
        episode.concept, episode.list, episode.source, ongoing=is_chronic and episode.ongoing and not is_over
    )


# ---- what a line rests on, one thing after the other


def _grounds(part: Part) -> Iterator[Judged]:
    """The single statements that decided an answer."""
    if not isinstance(part, Judged):
        return
    match part.node:
        case Compare() | Between() | AgainstLimit() | IsOneOf() | SexIs() | Happened() | Confirmed() | AtTime():
            yield part
        case Untranslated():
            return
        case _:
            for each in deciding(part):
                yield from _grounds(each)


def _way(ground: Judged, lasting: Frame) -> tuple[bool, Way]:
    """Whether a statement can still change; and in words, why it cannot, or what would change it."""
    rulebook = lasting.rulebook
    lasts = ground.truth is not UNKNOWN and decide(ground.node, lasting) is ground.truth
    match ground.node:
        case SexIs(sex=sex):
            return lasts, Way("sex", "sex", f"the sex on record is {'' if ground.truth is TRUE else 'not '}{sex}")
        case Confirmed(question=name):
            return lasts, Way("answer", name, f"another answer to “{rulebook.questions[name].title}”")
        case AtTime(anchor=name):
            return lasts, _only_another_onset(rulebook.lookups[name])
        case Happened():
            return lasts, _way_of_event(ground, lasts, rulebook)
        case _:
            return lasts, _way_of_number(ground, lasts, rulebook)


def _only_another_onset(anchor: Lookup) -> Way:
    if not isinstance(anchor, OnsetLookup):
        raise TypeError("a clock is moved to an onset")
    return Way("onset", anchor.concept, f"only another onset would change it: it counts from {onset(anchor)}")


def _way_of_event(ground: Judged, lasts: bool, rulebook: Rulebook) -> Way:
    found = ground.parts[0]
    if not isinstance(found, Found) or not isinstance(found.lookup, EventLookup):
        raise TypeError("an event is looked up")
    lookup = found.lookup
    name, anything = lookup.what[0].concept, wanted(lookup.what, rulebook)
    when = in_time(lookup.scope, rulebook)
    shown = [fact for fact in found.used if isinstance(fact, Episode)]
    titles = both(lowered(rulebook.concepts[each.concept].title) for each in shown)
    is_now = lookup.verb in NOW
    taken = "treatment with " if lookup.verb == "taking" else ""
    if lasts and ground.truth is TRUE:
        return Way("history", name, f"{titles}: {'chronic, and stays' if is_now else 'it stays in the history'}")
    if lasts:
        return Way("sex", name, f"no {anything} in the sex on record")
    if lookup.scope is not None and lookup.scope.anchor in rulebook.lookups:
        return _only_another_onset(rulebook.lookups[lookup.scope.anchor])
    if ground.truth is TRUE:
        if is_now:
            return Way("state", name, f"if there is no {taken}{titles} any more")
        if lookup.verb in AHEAD:
            return Way("plan", name, f"if {titles} is no longer planned{when}")
        if lookup.scope is not None:
            return Way("window", name, f"once {titles} is no longer{when}")
        return Way("history", name, f"if the record comes to say more of {titles}")
    if is_now:
        return Way("state", name, f"if there comes to be {taken}{anything}")
    if lookup.verb in AHEAD:
        return Way("plan", name, f"if {anything} comes to be planned{when}")
    return Way("history", name, f"if the record comes to show {asked(lookup, lookup.what, rulebook)}")


def _way_of_number(ground: Judged, lasts: bool, rulebook: Rulebook) -> Way:
    results: dict[str, Found] = {}
    for found in _results_in(ground):
        results.setdefault(found.subject, found)
    if not results:
        amount = amount_in_words(ground, rulebook)
        return Way("age", "age", f"{amount}, and only rises" if lasts else f"a birthday ({amount})")
    first = next(iter(results.values()))
    if lasts:
        titles = either(lowered(rulebook.fact(name).title) for name in results)
        return Way("result", first.subject, f"no result of {titles} would change it")
    scopes = [found.lookup.scope for found in results.values() if isinstance(found.lookup, ValueLookup | ChangeLookup)]
    anchors = [scope.anchor for scope in scopes if scope is not None and scope.anchor in rulebook.lookups]
    if len(anchors) == len(results):
        return _only_another_onset(rulebook.lookups[anchors[0]])
    titles = either(lowered(rulebook.fact(name).title) for name in results)
    return Way("result", first.subject, f"a new result of {titles}")


def _results_in(part: Part) -> Iterator[Found]:
    if isinstance(part, Found):
        if isinstance(part.lookup, ValueLookup | ChangeLookup):
            yield part
        return
    for each in part.parts:
        yield from _results_in(each)
