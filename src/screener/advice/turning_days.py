"""On which days an answer can change although no fact is added: every day that time alone can make a difference on.

An answer hangs on the day of screening only by comparing it, or the start or end of a window that moves with it, with
something that stands still: a day on record, or the end of a window around such a day. Each comparison turns over on
one day. Here all of them are gathered, some that make no difference among them; the engine then says which do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec import Struct

from screener.evaluation.answers import Fact
from screener.evaluation.evaluator import Program, answered_on, program_of
from screener.evaluation.frame import Frame
from screener.evaluation.instants import MOST_DAYS_OPEN
from screener.records.derived import speaks_until
from screener.records.patient import Absence, Answer, Episode, Result
from screener.rulebook import (
    Age,
    All,
    Any,
    AtLeast,
    AtTime,
    ChangeLookup,
    Confirmed,
    Criterion,
    EventLookup,
    Finding,
    Lookup,
    Meets,
    Not,
    OnsetLookup,
    Rulebook,
    Truthful,
    ValueLookup,
    made_once,
)
from screener.rulebook_walk import lookup_of, walk_through
from screener.values.dates import BEGINNING, DAY, Duration, Moment, day_shifted, span_of_days
from screener.values.truth import Truth

OPEN = Duration(MOST_DAYS_OPEN, "days")
"""A day open by more than this settles nothing: it may grow past that while the day of screening moves through it."""


class Reads(Struct, frozen=True):
    """What a part of a rule reads that time can move, as one: the day of one thing may decide where another is looked
    for. Every length may be met by every day.

    `fresh` are the facts that count as long as they are fresh, `evidence` those that a list needs to deny, as long as
    they are, `paces` those whose change is divided by days; `is_moved` says that it is read on another day than that of
    screening, or on the day before it.
    """

    facts: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    paces: frozenset[str] = frozenset()
    concepts: frozenset[str] = frozenset()
    questions: frozenset[str] = frozenset()
    lengths: frozenset[Duration] = frozenset()
    has_age: bool = False
    is_moved: bool = False


# ---- what rules read


class TimedPart(Struct, frozen=True, eq=False):
    """A part of a rule that is decided by itself, and what it reads; whatever stands above it is made of truths alone.

    `asks` says that it hangs on a person's answer to one trial.
    """

    decide: Callable[[Frame], Truth]
    reads: Reads
    asks: bool


def parts_of_trial(trial: str, rulebook: Rulebook) -> tuple[tuple[TimedPart, ...], ...]:
    """The parts of each criterion of a trial that time can move, in the trial's order. Worked out once for a rulebook;
    what several criteria say alike is one part."""
    program = program_of(rulebook)
    known: dict[str, tuple[tuple[TimedPart, ...], ...]] = made_once(rulebook, "parts that turn", dict)
    if trial not in known:
        known[trial] = tuple(_parts_of_criterion(each, program) for each in rulebook.trials[trial].criteria)
    return known[trial]


def _parts_of_criterion(criterion: Criterion, program: Program) -> tuple[TimedPart, ...]:
    nodes = dict.fromkeys(each for reading in criterion.readings for each in _decided_alone(reading.rule, program))
    parts = (_part(node, program) for node in nodes)
    return tuple(part for part in parts if part.reads != Reads())


def _part(node: Truthful, program: Program) -> TimedPart:
    reads = _reads(node, program.rulebook)
    return TimedPart(program.decisions.truth(node), reads, bool(reads.questions))


def _decided_alone(node: Truthful, program: Program) -> Iterator[Truthful]:
    match node:
        case All(of=those) | Any(of=those) | AtLeast(of=those):
            for each in those:
                yield from _decided_alone(each, program)
        case Not(of=rule):
            yield from _decided_alone(rule, program)
        case Meets(name=name):
            yield from _decided_alone(program.rulebook.definitions[name].rule, program)
        case _:
            yield node


def _reads(node: Truthful, rulebook: Rulebook) -> Reads:
    """What a node reads, through all that it names, the anchors of its windows, and what rules a concept out."""
    nodes: list[Struct] = []
    lookups: dict[str, Lookup] = {}
    named: set[str] = set()
    rules: list[Struct] = [node]
    while rules:
        inside = list(walk_through(rules.pop(), rulebook))
        nodes += inside
        for name in filter(None, map(lookup_of, inside)):
            while name in rulebook.lookups and name not in lookups:
                lookup = lookups[name] = rulebook.lookups[name]
                concepts = set(_concepts_of(lookup, rulebook)) - named
                named |= concepts
                rules += [rule for each in concepts if (rule := rulebook.concepts[each].ruled_out) is not None]
                name = getattr(getattr(lookup, "scope", None), "anchor", "")
    values = [each for each in lookups.values() if isinstance(each, ValueLookup)]
    rises = [each for each in lookups.values() if isinstance(each, ChangeLookup)]
    scopes = [scope for each in lookups.values() if (scope := getattr(each, "scope", None)) is not None]
    paces = frozenset(each.fact for each in rises if each.change == "rise per day")
    is_moved = any(isinstance(each, AtTime) for each in nodes)
    lengths = {each for scope in scopes for each in (scope.back, scope.ahead) if each is not None and each.count}
    related = _related(named, rulebook)
    needed = frozenset(each for name in related for each in rulebook.concepts[name].denied_with)
    return Reads(
        facts=frozenset([each.fact for each in values] + [each.fact for each in rises]),
        fresh=frozenset(each.fact for each in values if each.scope is None),
        evidence=needed & (rulebook.labs.keys() | rulebook.findings.keys()),
        paces=paces,
        concepts=related,
        questions=frozenset(each.question for each in nodes if isinstance(each, Confirmed)),
        lengths=frozenset((*lengths, OPEN) if is_moved or paces else lengths),
        has_age=any(isinstance(each, Age) for each in nodes),
        is_moved=is_moved,
    )


def _concepts_of(lookup: Lookup, rulebook: Rulebook) -> Iterator[str]:
    """The concepts that a lookup asks about."""
    match lookup:
        case EventLookup():
            yield from (each.concept for each in (*lookup.what, *lookup.exceptions))
        case OnsetLookup():
            yield lookup.concept
        case ValueLookup(fact=fact, scope=None):
            entry = rulebook.fact(fact)
            if isinstance(entry, Finding) and entry.zero_when_absent is not None:
                yield entry.zero_when_absent


def _related(names: Iterable[str], rulebook: Rulebook) -> frozenset[str]:
    """The concepts whose entries have a say in whether one of these is so: narrower ones, and what denies those."""
    related: set[str] = set()
    for name in names:
        concept = rulebook.concepts[name]
        for each in (name, *concept.narrower, *concept.broader):
            related.update((each, *rulebook.concepts[each].broader))
    return frozenset(related)


def lengths_of(reads: Reads, frame: Frame) -> Iterator[Duration]:
    """Every length of time after which something that is read may count no longer."""
    rulebook = frame.rulebook
    yield from reads.lengths
    yield from (frame.freshness_of(fact) for fact in reads.fresh | reads.evidence)
    yield from (rulebook.fact(fact).fresh for fact in reads.evidence)
    lengths = [rulebook.questions[name].holds_for for name in reads.questions]
    for name in reads.concepts:
        concept = rulebook.concepts[name]
        lengths += [concept.fresh, concept.lasts, concept.longest_course]
    yield from (length for length in lengths if length is not None)


# ---- what a record makes of them


class DaysOfConcepts:
    """The days on which what a record says of concepts turns over in windows of some lengths. Many lookups read the
    same of a record: who asks about one record keeps them for as long as it asks.

    Of a concept that no entry names, a record says at most that a list is complete or has nothing on it. Such a denial
    is like any other that stays fresh as long, so its days are worked out once for each freshness.
    """

    def __init__(self, frame: Frame) -> None:
        patient = frame.patient
        self._frame = frame
        self._patient = patient
        self._rulebook = frame.rulebook
        self._as_of = frame.as_of
        may_be_named = frozenset(name for of_list in patient.may_be.values() for name in of_list)
        self._named = may_be_named.union(patient.episodes, patient.absences)
        self._denials = {day for those in patient.none_known_on.values() for day in those}
        if patient.complete and patient.as_of is not None:
            # A complete list denies as an absence of the record's own day does.
            self._denials.add(patient.as_of)
        self._of_entries: dict[tuple[str, frozenset[Duration]], set[int]] = {}

    def of(self, names: frozenset[str], lengths: frozenset[Duration]) -> set[int]:
        """The days for some concepts that are not before that of screening."""
        days: set[int] = set()
        for name in names & self._named:
            known = self._of_entries.get((name, lengths))
            if known is None:
                known = self._of_entries[name, lengths] = self._not_before(self._entries(name), lengths)
            days |= known
        if self._denials:
            concepts = self._rulebook.concepts
            for fresh in {concepts[name].fresh for name in names}:
                for on in self._denials:
                    days |= {on, *_days_from(day_shifted(on, fresh, 1) + 1, ())}
        return days

    def _entries(self, name: str) -> list[Episode | Absence]:
        patient = self._patient
        may_be = [
            msgspec.structs.replace(entry, concept=name)
            for of_list in patient.may_be.values()
            for entry in of_list.get(name, ())
        ]
        return [*patient.episodes.get(name, ()), *patient.absences.get(name, ()), *may_be]

    def _not_before(self, entries: Iterable[Episode | Absence], lengths: frozenset[Duration]) -> set[int]:
        days = set[int]().union(*(days_of(entry, lengths, self._frame) for entry in entries))
        return {day for day in days if day >= self._as_of}


def turning_days(reads: Reads, frame: Frame, until: int, of_concepts: DaysOfConcepts) -> set[int]:
    """The days after that of screening, up to `until`, on which an answer that reads this can differ from the day
    before. `frame` is that of the trial on the day of screening; its patient has said everything on some day."""
    days = _turning_days(reads, frame, until, of_concepts)
    if reads.is_moved:
        days |= {day + 1 for day in days}
    return {day for day in days if frame.as_of < day <= until}


def _turning_days(reads: Reads, frame: Frame, until: int, of_concepts: DaysOfConcepts) -> set[int]:
    patient, rulebook = frame.patient, frame.rulebook
    days: set[int] = set()
    for name in reads.facts:
        for result in patient.results.get(name, ()):
            days |= days_of(result, reads.lengths, frame)
            if name in reads.fresh and result.when is not None:
                days |= _outlasted(result.when, frame.freshness_of(name))
            if name in reads.paces:
                days |= _divided_by_days(result.when, reads.lengths, frame.as_of, until)
    for name in reads.evidence:
        for result in patient.results.get(name, ()):
            if result.when is not None:
                days |= _around(result.when, ()) | _outlasted(result.when, rulebook.fact(name).fresh)
                days |= _outlasted(result.when, frame.freshness_of(name))
    days |= of_concepts.of(reads.concepts, reads.lengths)
    for name in reads.questions:
        holds_for = rulebook.questions[name].holds_for
        for asked in (name, f"{frame.trial}/{name}"):
            answer = patient.answers.get(asked)
            if answer is not None:
                days |= days_of(answer, () if holds_for is None else (holds_for,), frame)
    for key, answer in patient.answers.items():
        question = rulebook.questions.get(key.rpartition("/")[2])
        says = () if question is None else question.yes_says
        if any(not reads.concepts.isdisjoint(frame.kinds[each].upward) for each in says):
            days |= days_of(answer, (), frame)
    if reads.has_age:
        days |= set(_birthdays(frame, until))
    return days


def days_of(fact: Fact, lengths: Iterable[Duration], frame: Frame) -> set[int]:
    """The days on which one fact can come to count otherwise in windows of these lengths, or because of its own age."""
    concepts = frame.rulebook.concepts
    match fact:
        case Result():
            return set() if fact.when is None else _around(fact.when, lengths)
        case Answer():
            return _around(answered_on(fact, frame), lengths)
        case Episode():
            moments = [each for each in (fact.start, fact.end, fact.asserted) if each is not None]
            days = set[int]().union(*(_around(moment, lengths) for moment in moments))
            concept = concepts[fact.concept]
            if fact.shown_by_result and fact.asserted is not None:
                days |= _outlasted(fact.asserted, concept.fresh)
            if fact.ended or fact.end is not None:
                # That it is over is carried forward as an absence is.
                days |= set[int]().union(*(_outlasted(moment, concept.fresh) for moment in moments))
            until = speaks_until(fact, concept, frame.patient.as_of)
            if until is not None and until >= 1:
                # From the next day on it may have ended.
                days |= _days_from(until + 1, lengths)
            return days
        case Absence():
            if fact.when is None:
                return set()
            days = _around(fact.when, lengths)
            for bound in (fact.since, fact.until):
                if bound is not None and bound.first != BEGINNING:
                    days |= _around(bound, lengths)
            return days | _days_from(day_shifted(fact.when.first_day, concepts[fact.concept].fresh, 1) + 1, lengths)


def _around(moment: Moment, lengths: Iterable[Duration]) -> set[int]:
    """The days on which a moment is reached and passed, by the day of screening or by a window that moves with it."""
    days = {moment.first_day, moment.first_day + 1, moment.last_day, moment.last_day + 1}
    for length in lengths:
        if length.unit == "hours":
            days |= _hours_from(moment.first, length) | _hours_from(moment.last, length)
        else:
            days.update(crossings(moment.first_day, length))
            if moment.last_day != moment.first_day:
                days.update(crossings(moment.last_day, length))
    return days


def _days_from(day: int, lengths: Iterable[Duration]) -> set[int]:
    """The days on which a window reaches a day, which may end on the day of screening or on its eve."""
    return _around(span_of_days(day, day), lengths) if day <= _LAST_DAY else set()


def _outlasted(moment: Moment, fresh: Duration) -> set[int]:
    """The days on which a fact may be, and is, no longer fresh, whether that is counted from its day or back from the
    day of screening: nothing else depends on how long it is."""
    if fresh.unit == "hours":
        return _hours_from(moment.first, fresh) | _hours_from(moment.last, fresh)
    days = {moment.first_day, moment.last_day}
    return {outlived(day, fresh) for day in days} | {day_shifted(day, fresh, 1) + 1 for day in days}


@lru_cache(maxsize=65536)
def outlived(day: int, length: Duration) -> int:
    """The first day that lies more than a length after this day, at whatever time of day."""
    if length.unit == "hours":
        return max(_hours_from(day * DAY + DAY - 1, length))
    return _first_from(day_shifted(day, length, 1), day + 1, length, -1)


def _hours_from(second: int, length: Duration) -> set[int]:
    """An hour window has its edge somewhere on the day of screening, or at one of that day's ends."""
    seconds = length.count * 3600
    after, before = (second + seconds) // DAY, (second - seconds) // DAY
    return {*range(after - 1, after + 3), *range(before - 1, before + 3)}


@lru_cache(maxsize=65536)
def crossings(day: int, length: Duration) -> tuple[int, ...]:
    """The days on which the day that lies a length before, or after, reaches this day, and on which it passes it; and
    those a length after and before this day itself. They differ at the end of a month. None is beyond the calendar."""
    crossed: set[int] = set()
    for ahead, back in _BOTH_WAYS:
        shifted = day_shifted(day, length, ahead)
        reaches = _first_from(shifted, day, length, back)
        crossed.update((shifted, shifted + 1, reaches, _first_from(reaches, day + 1, length, back)))
    return tuple(each for each in crossed if each <= _LAST_DAY)


_BOTH_WAYS: tuple[tuple[Literal[-1, 1], Literal[-1, 1]], ...] = ((1, -1), (-1, 1))
_LAST_DAY = date.max.toordinal()


def _first_from(start: int, day: int, length: Duration, direction: Literal[-1, 1]) -> int:
    """The first day, not before `start`, from which a length away lies `day` or a later one."""
    here = start
    while here < _LAST_DAY and day_shifted(here, length, direction) < day:
        here += 1
    return here


def _divided_by_days(when: Moment | None, lengths: Iterable[Duration], as_of: int, until: int) -> set[int]:
    """The days on which a pace changes by itself. It is divided by a number of days, and one end of these moves with
    the day of screening if a result's day is unknown, or known in part while a window's edge passes over it."""
    if when is None:
        return set(range(as_of + 1, until + 1))
    if when.is_one_day:
        return set()
    days = set(range(when.first_day, when.last_day + 2))
    for length in lengths:
        if length.unit == "hours":
            spread = _hours_from(when.first, length) | _hours_from(when.last, length)
        else:
            spread = {*crossings(when.first_day, length), *crossings(when.last_day, length)}
        later = [day for day in spread if day > when.first_day]
        days |= set(range(min(later, default=0), max(later, default=-1) + 1))
    return days


def _birthdays(frame: Frame, until: int) -> Iterator[int]:
    """The days on which the age may change: birthdays, or for an age that was stated the anniversaries of that day."""
    patient = frame.patient
    if patient.birth is not None:
        born = [patient.birth.first_day, patient.birth.last_day]
    elif patient.as_of is not None:
        born = [patient.as_of]
    else:
        born = []
    for day in born:
        for year in range(date.fromordinal(frame.as_of).year, date.fromordinal(until).year + 1):
            # Born on 29 February, one is a year older on 1 March: counting on from the first of the month finds both.
            anniversary = date(year, date.fromordinal(day).month, 1).toordinal() + date.fromordinal(day).day - 1
            yield from (anniversary, anniversary + 1)
