"""A second, naive statement of what an answer means: slow, without memory, without explanations.

It reads a Rulebook and a Patient as the engine does, and decides every criterion in the most obvious way: by trying
every order in time that imprecise dates allow, every day that an anchor may be, every reading. It shares with the
engine only the vocabulary of `values/` (truths, ranges, dates), which has tests of its own, and none of its code.

Where the design leaves a choice open, the plain reading is taken. These are the choices:

Results
- A moment known as a range is cut off at `as_of`: what is recorded cannot be later, unless all of it is.
- An undated result is a candidate for every place in time up to `as_of`, also for none in the window; one that the
  record calls current is some time on `as_of`.
- An unusable result may be anything possible, wherever it stands (also under `highest` and in a change). It is
  compared with the dictionary's limits of normal, never with its own.
- Two results whose order is open (the same day without a time) are tried in both orders; at the same second they are
  one result with a range that covers both. In a change they are tried in both orders even then.
- A grade follows from an absence where a lookup without a window of its own can find no result and the condition is
  not current at the clock.
- `highest … >=` and `lowest … <=` against a limit of normal ask whether any result meets it, the opposite comparisons
  whether all do; `=` is both `<=` and `>=`.
- A change with fewer than two usable results in its window may be any number at all. An unusable result beside two
  usable ones may be anything possible. A rise per day over a result whose day is open by more than 400 days is open.

Time
- The clock is a day. In hour windows it is any second of that day, and so is any date without a time.
- An anchor's onset is a range of days from the earliest to the latest possible one. One that stretches over more than
  400 days is as good as unknown to what is evaluated at it; a window around it is tried at every day that matters.
- `excludes_anchor` leaves out the anchor's whole day, in hour windows too.
- `fresh` and `labs within` move with the clock.
- Answers of persons are given at screening: a moved clock does not hide them. An answer without a date holds.
- `age_years` is the age on the record's own `as_of`, or on the day of screening where the record has none.

Episodes
- `current`, `taking` and `receiving` ask whether an episode holds on the clock's day, `allergy to` whether one is on
  record that began by then. A condition holds up to its end day and not on it, anything else on its end day too
  unless the record calls it over. Overlap with a window counts the end day of every episode.
- An end known only as a range is cut off at `as_of` where the record calls the episode over. A start is narrowed by
  nothing else, not by its end or its entry.
- What the record calls over without saying since when does not hold on `as_of`, and ended when the entry was made at
  the latest.
- `history of`, `underwent` and `treated with` ask without a window whether one began by the clock, with one whether
  one overlaps it.
- What results show holds from the first of them to the last; since when is as open as the entry says, until when is
  open. `current` carries it forward from the last. An acute one happened on some day up to the first.
- The record speaks for a positive on the day the entry was made; of an active one without such a day on `as_of`, of
  any other on its end or, without one, its beginning. A denial that is later ends the present (`allergy to` and
  `family history of` included), an earlier one does not touch it, one at the same time leaves it open. The past it
  leaves open only if it is at the same time and not surely later than the beginning.
- An entry that is over denies every other entry about the present whose word is of an earlier day than its end; on
  the same day the positive stands. It also says that the list lacks no other one.
- A later absence ends an earlier positive; once the absence is stale again the present is open, unless the list is
  complete.
- A later denial also ends, at the latest on its day, an episode whose end nobody wrote down.
- What a result later than the clock shows is not seen. A doubtful result is no onset that is known to have happened.
- The list could lack what the absences and resolved entries leave room for, whatever stands in `with (…)`. An acute
  entry whose day has passed is not a resolved one.
- An entry that is active is not cured. An entry that does not say whether it is over may be either.
- A sex to which a concept does not apply makes every verb about the patient FALSE for it and for what is narrower.
- A plan whose day has passed is UNKNOWN as a plan, and may have been carried out unless the list of procedures is
  complete or the procedure was absent on that day or later.
- Family history has no dates. Two entries are two allergies.
- `asked only if` decides who is asked, not what the answer is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise, permutations, product
from typing import Literal, NamedTuple, assert_never

from birthdays import birth_days_of_age
from screener.records.patient import Absence, Episode, Patient, Result
from screener.rulebook import (
    AgainstLimit,
    Age,
    All,
    Any,
    Arithmetic,
    AtLeast,
    AtTime,
    Between,
    Bounded,
    ChangeLookup,
    Choose,
    Compare,
    Confirmed,
    Criterion,
    EventLookup,
    Finding,
    Function,
    Happened,
    InUnit,
    IsOneOf,
    Lab,
    Meets,
    Not,
    Number,
    Numeric,
    OnsetLookup,
    PointsOf,
    Qualified,
    QualifierName,
    RecordList,
    Rulebook,
    Scope,
    ScoreOf,
    SexIs,
    Table,
    Trial,
    Truthful,
    Untranslated,
    Value,
    ValueLookup,
)
from screener.values import ranges
from screener.values.dates import (
    BEGINNING,
    DAY,
    END,
    NO_TIME,
    Duration,
    Moment,
    completed_years,
    day_shifted,
    on_day,
)
from screener.values.ranges import EVERYTHING, UNDEFINED, Comparison, Range, exactly, hull
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, at_least, negation, truth_of, union

Status = Literal["passed", "failed", "unknown"]
WIDEST_ANCHOR = 400
HOLDING = ("current", "taking", "receiving")
BEGINNING_VERBS = ("onset of", "start of")


class Span(NamedTuple):
    """Seconds from `first` to `last`, both included; empty if they are the wrong way round."""

    first: int
    last: int

    @property
    def days(self) -> Span:
        return Span(self.first // DAY, self.last // DAY)


class Here(NamedTuple):
    """Where and when a rule is read: the clock's day, and in `with (…)` the onset of the episode at hand."""

    day: int
    its_onset: Moment | None = None

    @property
    def last_second(self) -> int:
        return self.day * DAY + DAY - 1


def judge(
    rulebook: Rulebook,
    patient: Patient,
    as_of_day: int,
    assume_complete: frozenset[RecordList] = frozenset(),
    labs_within: Duration | None = None,
) -> dict[tuple[str, str], Status]:
    """The status of every criterion of every trial."""
    return {
        (trial.id, criterion.id): Oracle(rulebook, patient, as_of_day, assume_complete, labs_within, trial).status(
            criterion
        )
        for trial in rulebook.trials.values()
        for criterion in trial.criteria
    }


class Oracle:
    """One patient, one day of screening, one trial."""

    def __init__(
        self,
        rulebook: Rulebook,
        patient: Patient,
        as_of: int,
        assume_complete: frozenset[RecordList],
        labs_within: Duration | None,
        trial: Trial,
    ) -> None:
        self.rulebook = rulebook
        self.patient = patient
        self.as_of = as_of
        self.end_of_record = as_of * DAY + DAY - 1
        self.complete = patient.complete | assume_complete
        self.labs_within = labs_within if labs_within is not None else trial.labs_within
        self.trial = trial

    # ---- criteria

    def status(self, criterion: Criterion) -> Status:
        truth = self.criterion(criterion)
        if truth is UNKNOWN:
            return "unknown"
        return "passed" if (truth is TRUE) == (criterion.kind == "inclusion") else "failed"

    def criterion(self, criterion: Criterion) -> Truth:
        here = Here(self.as_of)
        readings = criterion.readings
        chosen = self.patient.answers.get(f"{self.trial.id}/{criterion.id}")
        if chosen is not None and chosen.reading is not None:
            readings = (readings[chosen.reading - 1],)
        return union(self.truth(reading.rule, here) for reading in readings)

    # ---- rules

    def truth(self, rule: Truthful, here: Here) -> Truth:
        match rule:
            case Compare():
                return ranges.compare(self.number(rule.left, here), rule.operator, self.number(rule.right, here))
            case Between():
                return ranges.is_between(self.number(rule.of, here), rule.low.value, rule.high.value)
            case AgainstLimit():
                return self.against_limit(rule, here)
            case IsOneOf():
                possible = self.choices(self.value_lookup(rule.lookup), here)
                if possible <= set(rule.choices):
                    return TRUE
                return UNKNOWN if possible & set(rule.choices) else FALSE
            case SexIs():
                return UNKNOWN if self.patient.sex is None else truth_of(self.patient.sex == rule.sex)
            case Happened():
                lookup = self.rulebook.lookups[rule.lookup]
                assert isinstance(lookup, EventLookup)
                return self.happened(lookup, here)
            case Confirmed():
                return self.answer(rule.question)
            case Meets():
                return self.truth(self.rulebook.definitions[rule.name].rule, here)
            case Not():
                return negation(self.truth(rule.of, here))
            case All():
                return all_of([self.truth(each, here) for each in rule.of])
            case Any():
                return any_of([self.truth(each, here) for each in rule.of])
            case AtLeast():
                return at_least(rule.count, [self.truth(each, here) for each in rule.of])
            case AtTime():
                return self.at_time(rule, here)
            case Untranslated():
                return UNKNOWN
            case _:
                assert_never(rule)

    def at_time(self, rule: AtTime, here: Here) -> Truth:
        anchor = self.onset_named(rule.anchor, here)
        if anchor is None or too_wide(anchor):
            return UNKNOWN
        back = 1 if rule.relation == "before" else 0
        days = range(anchor.first_day, anchor.last_day + 1)
        return union(self.truth(rule.of, Here(day - back, here.its_onset)) for day in days)

    def answer(self, name: str) -> Truth:
        question = self.rulebook.questions[name]
        answer = self.patient.answers.get(f"{self.trial.id}/{name}") or self.patient.answers.get(name)
        if answer is None or answer.value is None:
            return UNKNOWN
        if answer.when is not None:
            if answer.when.first_day > self.as_of:
                return UNKNOWN
            if question.holds_for is not None:
                oldest = day_shifted(self.as_of, question.holds_for, -1)
                if answer.when.first_day < oldest:
                    return UNKNOWN
        return truth_of(answer.value)

    # ---- numbers

    def number(self, expression: Numeric, here: Here) -> Range:
        match expression:
            case Number():
                return exactly(expression.value)
            case Value():
                lookup = self.rulebook.lookups[expression.lookup]
                if isinstance(lookup, ChangeLookup):
                    return self.change(lookup, here)
                return self.result(self.value_lookup(expression.lookup), here)
            case Age():
                return self.age(here)
            case ScoreOf():
                return self.number(self.rulebook.scores[expression.name].expression, here)
            case InUnit():
                return in_unit(self.number(expression.of, here), expression.factor)
            case Arithmetic():
                operation = {"+": ranges.add, "-": ranges.subtract, "*": ranges.multiply, "/": ranges.divide}
                left, right = self.number(expression.left, here), self.number(expression.right, here)
                return operation[expression.operator](left, right)
            case Function():
                function = {
                    "ln": ranges.logarithm,
                    "exp": ranges.exponential,
                    "sqrt": ranges.square_root,
                    "round": ranges.round_half_up,
                }
                return function[expression.name](self.number(expression.of, here))
            case Bounded():
                return ranges.bounded(self.number(expression.of, here), expression.floor, expression.cap)
            case PointsOf():
                return self.points(self.rulebook.tables[expression.name], here)
            case Choose():
                test = self.truth(expression.test, here)
                then, otherwise = self.number(expression.then, here), self.number(expression.otherwise, here)
                return hull([then, otherwise]) if test is UNKNOWN else then if test is TRUE else otherwise
            case _:
                assert_never(expression)

    def age(self, here: Here) -> Range:
        birth = self.patient.birth
        if birth is not None:
            oldest, youngest = birth.first_day, birth.last_day
        elif self.patient.age_years is not None:
            stated_on = self.as_of if self.patient.as_of is None else self.patient.as_of
            oldest, youngest = birth_days_of_age(self.patient.age_years, stated_on)
        else:
            return Range(0, 120)
        return Range(max(completed_years(youngest, here.day), 0), max(completed_years(oldest, here.day), 0))

    def points(self, table: Table, here: Here) -> Range:
        if isinstance(table.of, Value) and self.has_choices(table.of.lookup):
            possible = self.choices(self.value_lookup(table.of.lookup), here)
            return hull(exactly(cell.points) for cell in table.cells if possible & set(cell.choices))
        number = self.number(table.of, here)
        if number.undefined:
            earned = hull(exactly(cell.points) for cell in table.cells)
            return Range(earned.low, earned.high, undefined=True)
        return hull(
            exactly(cell.points)
            for cell in table.cells
            if cell.numbers is not None and have_a_number_in_common(cell.numbers.range, number)
        )

    # ---- results

    def has_choices(self, lookup: str) -> bool:
        return bool(self.choices_of(self.value_lookup(lookup).fact))

    def choices_of(self, name: str) -> tuple[str, ...]:
        fact = self.rulebook.fact(name)
        return fact.choices if isinstance(fact, Finding) else ()

    def value_lookup(self, name: str) -> ValueLookup:
        lookup = self.rulebook.lookups[name]
        assert isinstance(lookup, ValueLookup)
        return lookup

    def possible(self, fact: Lab | Finding) -> Range:
        if isinstance(fact, Lab):
            return fact.possible
        assert fact.grade is not None
        return fact.grade

    def placed(self, fact: str) -> list[tuple[Span, Result]]:
        """The results of a fact with the seconds in which each can lie; those after the day of screening are not."""
        found = []
        for result in self.patient.results.get(fact, ()):
            if result.when is None:
                first = self.as_of * DAY if result.is_current else BEGINNING
                found.append((Span(first, self.end_of_record), result))
            elif result.when.first <= self.end_of_record:
                found.append((Span(result.when.first, min(result.when.last, self.end_of_record)), result))
        return found

    def looks(self, lookup: ValueLookup, here: Here) -> Iterator[list[list[Result]]] | None:
        """For every way in which the window can lie, the results in it in every order that the dates allow, those of
        one second together. None where the anchor is not known."""
        fact = self.rulebook.fact(lookup.fact)
        scope = lookup.scope
        if scope is None:
            within = self.labs_within if self.labs_within is not None else fact.fresh
            scope = Scope(f"within {within}", back=within)
        results = self.placed(lookup.fact)
        windows = self.windows(scope, here, [span for span, _ in results])
        if windows is None:
            return None
        return (in_order for window in windows for in_order in orders(results, window))

    def result(self, lookup: ValueLookup, here: Here) -> Range:
        fact = self.rulebook.fact(lookup.fact)
        looks = self.looks(lookup, here)
        if looks is None:
            return self.possible(fact)
        instead = exactly(0) if self.is_absent_instead(fact, lookup, here) else self.possible(fact)
        worlds = []
        for in_order in looks:
            values = [hull(self.value(result, fact) for result in together) for together in in_order]
            if not values:
                worlds.append(instead)
            elif lookup.pick == "latest":
                worlds.append(values[-1])
            elif lookup.pick == "earliest":
                worlds.append(values[0])
            elif lookup.pick == "highest":
                every = [self.value(result, fact) for together in in_order for result in together]
                worlds.append(highest(every))
            else:
                every = [self.value(result, fact) for together in in_order for result in together]
                worlds.append(ranges.negate(highest([ranges.negate(value) for value in every])))
        return hull(worlds)

    def value(self, result: Result, fact: Lab | Finding) -> Range:
        usable = result.unusable is None and result.value is not None
        return result.value if usable and result.value is not None else self.possible(fact)

    def is_absent_instead(self, fact: Lab | Finding, lookup: ValueLookup, here: Here) -> bool:
        """Whether the absence of a condition stands for the result that is not there."""
        if not isinstance(fact, Finding) or fact.zero_when_absent is None or lookup.scope is not None:
            return False
        if any(any(in_order) for in_order in self.looks(lookup, here) or ()):
            return False
        condition = EventLookup("", "current", "conditions", (Qualified(fact.zero_when_absent),))
        return self.happened(condition, here) is FALSE

    def choices(self, lookup: ValueLookup, here: Here) -> set[str]:
        fact = self.rulebook.fact(lookup.fact)
        assert isinstance(fact, Finding)
        looks = self.looks(lookup, here)
        if looks is None:
            return set(fact.choices)
        instead = {fact.choices[0]} if self.is_absent_instead(fact, lookup, here) else set(fact.choices)
        found: set[str] = set()
        for in_order in looks:
            if not in_order:
                found |= instead
            elif lookup.pick == "latest":
                found |= set().union(*(choices_in(result, fact) for result in in_order[-1]))
            elif lookup.pick == "earliest":
                found |= set().union(*(choices_in(result, fact) for result in in_order[0]))
            else:
                every = [choices_in(result, fact) for together in in_order for result in together]
                extreme = max if lookup.pick == "highest" else min
                for one in product(*every):
                    found |= {extreme(one, key=fact.choices.index)} if fact.ordered else set(one)
        return found

    def against_limit(self, rule: AgainstLimit, here: Here) -> Truth:
        lookup = self.value_lookup(rule.lookup)
        lab = self.rulebook.labs[lookup.fact]

        def meets(result: Result, operator: Comparison) -> Truth:
            own = result.upper_limit if rule.which == "upper" else result.lower_limit
            if own is None or result.unusable is not None:
                limit = self.normal_limit(lab, rule)
            else:
                limit = exactly(float(Fraction(rule.times) * own))
            return UNKNOWN if limit is None else ranges.compare(self.value(result, lab), operator, limit)

        def met_by_extreme(every: list[Result], operator: Comparison) -> Truth:
            match operator:
                case "=":
                    return all_of([met_by_extreme(every, "<="), met_by_extreme(every, ">=")])
                case ">" | ">=":
                    one_is_enough = lookup.pick == "highest"
                case "<" | "<=":
                    one_is_enough = lookup.pick == "lowest"
            truths = [meets(result, operator) for result in every]
            return any_of(truths) if one_is_enough else all_of(truths)

        limit = self.normal_limit(lab, rule)
        nothing_known = UNKNOWN if limit is None else ranges.compare(lab.possible, rule.operator, limit)
        looks = self.looks(lookup, here)
        if looks is None:
            return nothing_known
        worlds = []
        for in_order in looks:
            if not in_order:
                worlds.append(nothing_known)
            elif lookup.pick in ("latest", "earliest"):
                candidates = in_order[-1] if lookup.pick == "latest" else in_order[0]
                worlds.append(union(meets(result, rule.operator) for result in candidates))
            else:
                worlds.append(met_by_extreme([result for together in in_order for result in together], rule.operator))
        return union(worlds)

    def normal_limit(self, lab: Lab, rule: AgainstLimit) -> Range | None:
        """The multiple of the dictionary's limits in use that can apply to this patient, or None without any."""
        multiples = [
            Range(float(Fraction(rule.times) * Fraction(limit.low)), float(Fraction(rule.times) * Fraction(limit.high)))
            for limit in lab.normal_limits
            if limit.which == rule.which and (limit.sex is None or self.patient.sex in (None, limit.sex))
        ]
        return hull(multiples) if multiples else None

    def change(self, lookup: ChangeLookup, here: Here) -> Range:
        fact = self.rulebook.fact(lookup.fact)
        results = self.placed(lookup.fact)
        windows = self.windows(lookup.scope, here, [span for span, _ in results])
        if windows is None:
            return EVERYTHING
        return hull(
            change(lookup.change, in_order, self.possible(fact))
            for window in windows
            for in_order in dated_orders(results, window, every_day=lookup.change == "rise per day")
        )

    # ---- windows

    def windows(self, scope: Scope, here: Here, moments: Sequence[Span]) -> list[Span] | None:
        """Every stretch of time that the scope can mean, one for each day (for hours: each telling second) of the
        anchor; None where the anchor is not known."""
        anchor = self.anchor(scope, here)
        if anchor is None:
            return None
        if any(length is not None and length.unit == "hours" for length in (scope.back, scope.ahead)):
            telling = {anchor.first, anchor.last}
            for length in (scope.back, scope.ahead):
                seconds = 0 if length is None or length.unit != "hours" else length.count * 3600
                for end in (end for moment in moments for end in moment):
                    telling |= {end + sign * seconds + nudge for sign in (-1, 1) for nudge in (-1, 0, 1)}
            anchors = [Span(second, second) for second in sorted(telling) if anchor.first <= second <= anchor.last]
        else:
            days: Iterable[int] = range(anchor.first_day, anchor.last_day + 1)
            if too_wide(anchor):
                days = [day for day in telling_days(scope, anchor, moments) if day in days]
            anchors = [Span(day * DAY, day * DAY + DAY - 1) for day in days]
        return [stretch(scope, anchor, here.last_second) for anchor in anchors]

    def anchor(self, scope: Scope, here: Here) -> Moment | None:
        if scope.anchor == "clock":
            return on_day(here.day)
        if scope.anchor == "its onset":
            return here.its_onset
        return self.onset_named(scope.anchor, here)

    def onset_named(self, name: str, here: Here) -> Moment | None:
        lookup = self.rulebook.lookups[name]
        assert isinstance(lookup, OnsetLookup)
        return self.onset(lookup, here)

    def onset(self, lookup: OnsetLookup, here: Here) -> Moment | None:
        concept = self.rulebook.concepts[lookup.concept]
        everything = Span(BEGINNING, here.last_second)
        dated, certain = [], []
        for episode in self.episodes(lookup.list):
            is_it = self.concept_matches(episode, concept.name, everything)
            start = self.start(episode)
            if is_it is FALSE or start is None or start.first > here.last_second:
                continue
            if episode.start is None:
                return None
            dated.append(Span(start.first, min(start.last, here.last_second)))
            if is_it is TRUE and start.last <= here.last_second and not episode.doubtful:
                certain.append(start)
        if not certain:
            return None
        if lookup.pick == "last":
            return Moment(max(span.first for span in certain), max(span.last for span in dated))
        return Moment(min(span.first for span in dated), min(span.last for span in certain))

    # ---- episodes

    def episodes(self, record_list: RecordList) -> list[Episode]:
        return [each for several in self.patient.episodes.values() for each in several if each.list == record_list]

    def absences(self, concept: str, record_list: RecordList) -> list[tuple[Span, Absence]]:
        """The absences that say that a concept is not there, or something broader, with their possible seconds."""
        said = {concept, *self.rulebook.concepts[concept].broader}
        found = []
        for absence in (each for several in self.patient.absences.values() for each in several):
            if absence.list == record_list and absence.concept in said:
                when = on_day(self.as_of) if absence.when is None else absence.when
                if when.first <= self.end_of_record:
                    found.append((Span(when.first, min(when.last, self.end_of_record)), absence))
        return found

    def is_covered(self, concept: str, record_list: RecordList, window: Span) -> bool:
        """Whether the absences on record leave no day of the window in which the concept could have been there."""
        stretches = []
        for when, absence in self.absences(concept, record_list):
            entry = self.rulebook.concepts[absence.concept]
            never = record_list != "conditions" or entry.course != "passing"
            first = BEGINNING // DAY if never else when.days.last
            stretches.append((first, day_shifted(when.days.first, entry.fresh, 1)))
        uncovered_from = window.days.first
        for first, last in sorted(stretches):
            if first <= uncovered_from:
                uncovered_from = max(uncovered_from, last + 1)
        return uncovered_from > window.days.last

    def is_ruled_out(self, episode: Episode, concept: str, window: Span) -> bool:
        """Whether an entry of something broader cannot be the concept: that is denied on a day when it had begun."""
        start = self.start(episode)
        denied = [when.days.first for when, _ in self.absences(concept, episode.list)]
        covered = self.is_covered(concept, episode.list, window)
        return covered and start is not None and max(denied, default=0) >= start.days.last

    def is_acute(self, episode: Episode) -> bool:
        return self.rulebook.concepts[episode.concept].course == "acute"

    def start(self, episode: Episode) -> Span | None:
        """The seconds in which an episode can have begun; None if it begins after the day of screening."""
        if episode.start is None:
            return Span(BEGINNING, self.end_of_record)
        if episode.start.first > self.end_of_record:
            return None
        return Span(episode.start.first, min(episode.start.last, self.end_of_record))

    def end(self, episode: Episode, start: Span) -> Span:
        """The seconds in which an episode can have ended."""
        if self.is_acute(episode):
            return start
        if episode.shown_by_result and not episode.ongoing:
            held = self.asserted(episode)
            return Span(held.first, END)
        if episode.end is not None:
            last = episode.end.last
            if episode.ended and episode.end.first <= self.end_of_record:
                last = min(last, self.end_of_record)
            return Span(max(episode.end.first, start.first), last)
        if episode.ongoing:
            return Span(END, END)
        if episode.ended:
            return Span(start.first, min(self.end_of_record, self.asserted(episode).last))
        return Span(start.first, END)

    def asserted(self, episode: Episode) -> Span:
        """When the entry was made, or a result showed it; on the day of screening if nothing is said and it lasts."""
        if episode.asserted is None:
            return Span(self.as_of * DAY if episode.ongoing else BEGINNING, self.end_of_record)
        when = episode.asserted
        return Span(when.first, min(max(when.first, self.end_of_record), when.last))

    def began_in(self, episode: Episode, window: Span) -> Truth:
        start = self.start(episode)
        if start is None or start.last < window.first or start.first > window.last:
            return FALSE
        return truth_of_range(window.first <= start.first and start.last <= window.last)

    def overlaps(self, episode: Episode, window: Span, here: Here) -> Truth:
        start = self.start(episode)
        if start is None or window.first > window.last:
            return FALSE
        if self.is_acute(episode):
            return self.began_in(episode, window)
        end = self.end(episode, start)
        if episode.end is None and not episode.ongoing:
            later = [denied.last for denied in self.denials(episode, here) if denied.first > self.said(episode).last]
            end = Span(end.first, min([end.last, *later]))
        if start.first > window.last or end.last < window.first:
            return FALSE
        if episode.shown_by_result and not episode.ongoing:
            first = self.asserted(episode).last if episode.start is None else start.last
            return truth_of_range(first <= window.last and self.asserted(episode).first >= window.first)
        return truth_of_range(start.last <= window.last and max(end.first, start.first) >= window.first)

    def holds_on(self, episode: Episode, day: int) -> Truth:
        start = self.start(episode)
        if start is None:
            return FALSE
        if self.is_acute(episode):
            return self.began_in(episode, Span(day * DAY, day * DAY + DAY - 1))
        if episode.shown_by_result:
            held = self.asserted(episode).days
            concept = self.rulebook.concepts[episode.concept]
            carried = concept.course == "chronic" or day <= day_shifted(held.first, concept.fresh, 1)
            return truth_of_range(held.last <= day and carried)
        if episode.ended and episode.end is None and day >= self.as_of:
            return FALSE
        end = self.end(episode, start).days
        on_its_end = 0 if episode.list == "conditions" or episode.ended else 1
        if start.days.first > day or day >= end.last + on_its_end:
            return FALSE
        return truth_of_range(start.days.last <= day < end.first + on_its_end)

    def said(self, episode: Episode) -> Span:
        """The time for which the record says so: when the entry was made; of an active one without that, the day of
        screening; of any other, its end, or its beginning where it has none."""
        if episode.asserted is not None or episode.ongoing or episode.shown_by_result:
            return self.asserted(episode)
        start = self.start(episode)
        if episode.end is not None and start is not None:
            return self.end(episode, start)
        return start or self.asserted(episode)

    def denials(self, episode: Episode, here: Here) -> list[Span]:
        return [when for when, _ in self.absences(episode.concept, episode.list) if when.first <= here.last_second]

    def latest_word(self, episode: Episode, truth: Truth, denials: Sequence[Span], here: Here) -> Truth:
        """The truth of an entry about the present, given what was said to the contrary: the latest word counts."""
        said = self.said(episode)
        for denied in denials:
            if denied.first > said.last and denied.last <= here.last_second:
                return FALSE
            if denied.last >= said.first:
                truth = all_of([truth, UNKNOWN])
        return truth

    def is_current(self, episode: Episode, here: Here) -> Truth:
        truth = self.latest_word(episode, self.holds_on(episode, here.day), self.denials(episode, here), here)
        said = self.said(episode).days
        for other, end in self.resolutions(episode.concept, episode.list, here):
            if other is not episode and end.days.first > said.last:
                return FALSE
            if other is not episode and end.days.last > said.first:
                truth = all_of([truth, UNKNOWN])
        return truth

    def is_denied_at_once(self, episode: Episode, here: Here) -> bool:
        """Whether the record says at one time, or at times that nobody can tell apart, that it was and was not."""
        said, start = self.said(episode), self.start(episode)
        return any(
            denied.first <= said.last
            and said.first <= denied.last
            and (start is None or self.start_moment(episode) is None or start.last >= denied.first)
            for denied in self.denials(episode, here)
        )

    def resolutions(self, concept: str, record_list: RecordList, here: Here) -> list[tuple[Episode, Span]]:
        """The entries of a condition, or of a broader one, that are over by the clock, and when they ended."""
        if record_list != "conditions":
            return []
        said = {concept, *self.rulebook.concepts[concept].broader}
        found = []
        for episode in self.episodes(record_list):
            start = self.start(episode)
            is_over = episode.ended or (episode.end is not None and not self.is_acute(episode))
            if episode.concept in said and is_over and start is not None:
                end = self.end(episode, start)
                if end.last <= here.last_second:
                    found.append((episode, end))
        return found

    def concept_matches(self, episode: Episode, concept: str, window: Span) -> Truth:
        entry = self.rulebook.concepts[concept]
        if episode.concept == concept or episode.concept in entry.narrower:
            return TRUE
        if episode.concept in entry.broader and not self.is_ruled_out(episode, concept, window):
            return UNKNOWN
        return FALSE

    def matches(self, episode: Episode, lookup: EventLookup, window: Span) -> Truth:
        return any_of(
            [
                all_of([self.is_such(episode, wanted, window), self.can_apply(wanted.concept, lookup)])
                for wanted in lookup.what
            ]
        )

    def is_such(self, episode: Episode, wanted: Qualified, window: Span) -> Truth:
        qualified = [is_qualified(episode, qualifier, wanted) for qualifier in wanted.qualifiers]
        return all_of([self.concept_matches(episode, wanted.concept, window), *qualified])

    def can_apply(self, concept: str, lookup: EventLookup) -> Truth:
        """Whether the patient is of the sex that a concept, or a broader one, is only for."""
        if lookup.verb == "family history of":
            return TRUE
        entries = [self.rulebook.concepts[name] for name in (concept, *self.rulebook.concepts[concept].broader)]
        sexes = [entry.only_if for entry in entries if entry.only_if is not None]
        if not sexes:
            return TRUE
        return UNKNOWN if self.patient.sex is None else truth_of(sexes == [self.patient.sex] * len(sexes))

    # ---- whether something happened

    def happened(self, lookup: EventLookup, here: Here) -> Truth:
        if lookup.scope is None:
            first = here.day * DAY if lookup.verb == "planned" else BEGINNING
            last = END if lookup.verb == "planned" else here.last_second
            return self.happened_in(lookup, here, Span(first, last), bounded=False)
        moments = [span for episode in self.episodes(lookup.list) for span in self.telling_spans(episode)]
        windows = self.windows(lookup.scope, here, moments)
        if windows is None:
            return UNKNOWN
        if lookup.verb == "planned":
            windows = [stretch(lookup.scope, Span(here.day * DAY, here.last_second), END)]
        return union(self.happened_in(lookup, here, window, bounded=True) for window in windows)

    def telling_spans(self, episode: Episode) -> list[Span]:
        start = self.start(episode)
        return [] if start is None else [start, self.end(episode, start), self.asserted(episode)]

    def happened_in(self, lookup: EventLookup, here: Here, window: Span, *, bounded: bool) -> Truth:
        if lookup.verb in HOLDING and not (bounded and lookup.scope is not None):
            window = Span(here.day * DAY, here.last_second)
        truths = []
        for episode in self.episodes(lookup.list):
            excepted = any_of([self.is_such(episode, exception, window) for exception in lookup.exceptions])
            truths.append(
                all_of(
                    [
                        self.matches(episode, lookup, window),
                        negation(excepted),
                        self.timing(episode, lookup, window, here, bounded=bounded),
                        self.beside(lookup, here, self.start_moment(episode)),
                        UNKNOWN if episode.doubtful else TRUE,
                    ]
                )
            )
        if lookup.verb == "underwent" and lookup.list not in self.complete:
            for plan in self.episodes("plans"):
                truths.append(all_of([self.matches(plan, lookup, window), self.may_be_done(plan, window, here)]))
        lacking = self.may_be_lacking(lookup, window, here)
        if lookup.times == 1 or lookup.verb in ("allergy to", "family history of"):
            return at_least(lookup.times, [*truths, *[lacking] * lookup.times])
        return self.happened_on_days(lookup, truths, lacking)

    def happened_on_days(self, lookup: EventLookup, truths: Sequence[Truth], lacking: Truth) -> Truth:
        """Whether it began on so many different days; a procedure that may have lasted longer may be any number."""
        episodes = [*self.episodes(lookup.list), *self.episodes("plans")][: len(truths)]
        certain, possible = [], 0
        for episode, truth in zip(episodes, truths, strict=True):
            start = self.start(episode)
            if truth is FALSE or start is None:
                continue
            one_day = lookup.list != "procedures" or (episode.end is not None and episode.end == episode.start)
            possible += 1 if one_day else lookup.times
            if truth is TRUE:
                certain.append(start.days)
        days = 0
        while certain:
            days += 1
            earliest_end = min(span.last for span in certain)
            certain = [span for span in certain if span.first > earliest_end]
        if days >= lookup.times:
            return TRUE
        return UNKNOWN if possible >= lookup.times or lacking is UNKNOWN else FALSE

    def start_moment(self, episode: Episode) -> Moment | None:
        start = self.start(episode)
        return None if start is None or episode.start is None else Moment(start.first, start.last)

    def beside(self, lookup: EventLookup, here: Here, onset: Moment | None) -> Truth:
        return TRUE if lookup.beside is None else self.truth(lookup.beside, Here(here.day, onset))

    def timing(self, episode: Episode, lookup: EventLookup, window: Span, here: Here, *, bounded: bool) -> Truth:
        if lookup.verb == "planned":
            return self.is_planned_in(episode, window, here)
        if lookup.verb in ("family history of", "allergy to") and self.start(episode) is not None:
            return self.latest_word(episode, TRUE, self.denials(episode, here), here)
        if lookup.verb in HOLDING:
            if episode.shown_by_result and self.asserted(episode).first > here.last_second:
                return FALSE
            return self.is_current(episode, here)
        if episode.shown_by_result and self.asserted(episode).first > here.last_second:
            return FALSE
        if lookup.verb in BEGINNING_VERBS or (not bounded and not episode.shown_by_result):
            truth = self.began_in(episode, window)
        else:
            truth = self.overlaps(episode, window, here)
        return all_of([truth, UNKNOWN]) if self.is_denied_at_once(episode, here) else truth

    def is_planned_in(self, plan: Episode, window: Span, here: Here) -> Truth:
        first, last = (BEGINNING, END) if plan.start is None else (plan.start.first, plan.start.last)
        if plan.start is None and window.last >= END:
            return TRUE
        if first < here.day * DAY:
            return UNKNOWN
        if last < window.first or first > window.last:
            return FALSE
        return truth_of_range(window.first <= first and last <= window.last)

    def may_be_done(self, plan: Episode, window: Span, here: Here) -> Truth:
        """Whether a plan whose day may have passed can have been carried out in the window."""
        if plan.start is None:
            return UNKNOWN
        denied = [
            when for when, _ in self.absences(plan.concept, "procedures") if when.days.first >= plan.start.last_day
        ]
        is_open = plan.start.first < here.day * DAY and plan.start.first <= window.last and not denied
        return UNKNOWN if is_open else FALSE

    def may_be_lacking(self, lookup: EventLookup, window: Span, here: Here) -> Truth:
        """Whether the list, as far as it goes, could lack an entry that would make the answer true."""
        if lookup.list in self.complete:
            return FALSE
        if lookup.verb == "planned":
            window = Span(here.day * DAY, here.last_second)
        for wanted in lookup.what:
            is_over = lookup.verb == "current" and self.resolutions(wanted.concept, lookup.list, here)
            is_excluded = is_over or self.is_covered(wanted.concept, lookup.list, window)
            if not is_excluded and self.can_apply(wanted.concept, lookup) is not FALSE:
                return UNKNOWN
        return FALSE


# ---- what needs no record


def is_qualified(episode: Episode, qualifier: QualifierName, wanted: Qualified) -> Truth:
    """Whether an entry states a qualifier; what it does not state is unknown."""
    match qualifier:
        case "cured":
            if episode.cured is None:
                return FALSE if episode.ongoing else UNKNOWN
            return truth_of(episode.cured)
        case "resolved":
            return TRUE if episode.ended else FALSE if episode.ongoing else UNKNOWN
        case "severe":
            return UNKNOWN if episode.severity is None else truth_of(episode.severity == "severe")
        case "uncontrolled":
            return UNKNOWN if episode.controlled is None else truth_of(not episode.controlled)
        case "stage":
            return UNKNOWN if episode.stage is None else truth_of(episode.stage in wanted.stages)


def too_wide(anchor: Moment) -> bool:
    return anchor.last_day - anchor.first_day > WIDEST_ANCHOR


def telling_days(scope: Scope, anchor: Moment, moments: Sequence[Span]) -> list[int]:
    """The days of a wide anchor at which something can begin or cease to lie in the window."""
    telling = {anchor.first_day, anchor.last_day}
    lengths = [length for length in (NO_TIME, scope.back, scope.ahead) if length is not None]
    for end in (end // DAY for moment in moments for end in moment):
        for length, direction in product(lengths, DIRECTIONS):
            around = day_shifted(end, length, direction)
            telling |= set(range(around - 4, around + 5))
    return sorted(telling)


DIRECTIONS: tuple[Literal[-1], Literal[1]] = (-1, 1)


def truth_of_range(certain: bool) -> Truth:
    """The truth of what is possible, and perhaps certain."""
    return TRUE if certain else UNKNOWN


def stretch(scope: Scope, anchor: Span, end_of_clock: int) -> Span:
    """The window of a scope around one anchor, as far as the clock allows."""
    first = BEGINNING if scope.back is None else shifted(anchor, scope.back, -1).first
    last = end_of_clock if scope.ahead is None else min(shifted(anchor, scope.ahead, 1).last, end_of_clock)
    if scope.anchor == "clock" and scope.ahead == NO_TIME:
        last = end_of_clock
    if scope.excludes_anchor:
        if scope.ahead == NO_TIME:
            last = min(last, anchor.days.first * DAY - 1)
        else:
            first = max(first, anchor.days.last * DAY + DAY)
    return Span(first, last)


def shifted(anchor: Span, length: Duration, direction: Literal[-1, 1]) -> Span:
    """The anchor, moved. By hours it is a second, by anything else a whole day."""
    if length.unit == "hours":
        return Span(anchor.first + direction * length.count * 3600, anchor.last + direction * length.count * 3600)
    if anchor.first == anchor.last and length == NO_TIME:
        return anchor
    day = day_shifted(anchor.days.first, length, direction)
    return Span(day * DAY, day * DAY + DAY - 1)


def orders(results: Sequence[tuple[Span, Result]], window: Span) -> Iterator[list[list[Result]]]:
    """The results in a window, in every order that their dates allow; those of the same second together."""
    for moments in arrangements([(span, [result]) for span, result in results], window, ()):
        yield [together for _, together in moments]


def dated_orders(
    results: Sequence[tuple[Span, Result]], window: Span, *, every_day: bool
) -> Iterator[list[tuple[int, list[Result]]]]:
    """The same with a day for each (on request, with every day that each can have)."""
    apart = [(span, [result]) for span, result in results]
    cuts: set[int] = set()
    if every_day:
        for span, _ in apart:
            inside = Span(max(span.first, window.first), min(span.last, window.last)).days
            if inside.last - inside.first > WIDEST_ANCHOR:
                yield []
                return
            cuts |= {day * DAY for day in range(inside.first, inside.last + 1)}
    yield from arrangements(apart, window, cuts, in_order=True)


def arrangements(
    results: Sequence[tuple[Span, list[Result]]], window: Span, cuts: Iterable[int], *, in_order: bool = False
) -> Iterator[list[tuple[int, list[Result]]]]:
    """Time is cut wherever a result or the window begins or ends. Within one piece only the order matters; each result
    is put into each of its pieces, and the results of one piece into each order (a piece of one second has none, unless
    it is asked for)."""
    edges = {window.first, window.last + 1, *cuts}
    edges |= {edge for span, _ in results for edge in (span.first, span.last + 1)}
    pieces = list(pairwise(sorted(edges)))
    pieces_of = [
        [piece for piece in pieces if span.first <= piece[0] and piece[1] - 1 <= span.last] for span, _ in results
    ]
    for chosen in product(*pieces_of):
        crowds: dict[tuple[int, int], list[list[Result]]] = {}
        for piece, (_, together) in zip(chosen, results, strict=True):
            if window.first <= piece[0] <= window.last:
                crowds.setdefault(piece, []).append(together)
        in_pieces = [
            [[(first // DAY, [result for together in crowd for result in together])]]
            if after - first == 1 and not in_order
            else [[(first // DAY, together) for together in order] for order in permutations(crowd)]
            for (first, after), crowd in sorted(crowds.items())
        ]
        for world in product(*in_pieces):
            yield [moment for part in world for moment in part]


def in_unit(value: Range, factor: float) -> Range:
    """The same quantity by another measure: what it cannot be, it cannot be there either."""
    return Range(value.low * factor, value.high * factor, value.low_open, value.high_open, value.undefined)


def highest(values: Sequence[Range]) -> Range:
    """What the highest of several can be: at least the highest low end, at most the highest high end."""
    low, high = max(value.low for value in values), max(value.high for value in values)
    return Range(
        low,
        high,
        low_open=any(value.low_open for value in values if value.low == low),
        high_open=all(value.high_open for value in values if value.high == high),
    )


def have_a_number_in_common(one: Range, other: Range) -> bool:
    low, high = max(one.low, other.low), min(one.high, other.high)
    return low < high or (low == high and one.contains(low) and other.contains(low))


def choices_in(result: Result, finding: Finding) -> frozenset[str]:
    if result.unusable is not None or result.choices is None:
        return frozenset(finding.choices)
    return result.choices


class Exact(NamedTuple):
    """The ends of a range before rounding."""

    low: Fraction
    high: Fraction


def exact_value(results: Sequence[Result], possible: Range) -> Exact:
    """The exact ends of what the results of one moment can be."""
    ends = []
    for result in results:
        if result.unusable is not None or result.value is None:
            ends.append(Exact(Fraction(possible.low), Fraction(possible.high)))
        elif result.exact is not None:
            ends.append(Exact(result.exact, result.exact))
        else:
            ends.append(Exact(Fraction(result.value.low), Fraction(result.value.high)))
    return Exact(min(end.low for end in ends), max(end.high for end in ends))


def change(kind: str, moments: Sequence[tuple[int, Sequence[Result]]], possible: Range) -> Range:
    """How much a lab changed over results in the order of time, each with its day."""
    usable = [one for one in moments if any(result.unusable is None for result in one[1])]
    if len(usable) < 2:
        return EVERYTHING
    values = [(day, exact_value(results, possible)) for day, results in moments]
    (last_day, latest), earlier = values[-1], values[:-1]
    match kind:
        case "rise per day":
            steps = [
                Exact((latest.low - value.high) / (last_day - day), (latest.high - value.low) / (last_day - day))
                for day, value in earlier
                if day != last_day
            ]
            if not steps:
                return EVERYTHING
            return Range(float(max(step.low for step in steps)), float(max(step.high for step in steps)))
        case "rise" | "relative rise":
            base = Exact(min(value.low for _, value in earlier), min(value.high for _, value in earlier))
            sign = 1
        case _:
            base = Exact(max(value.low for _, value in earlier), max(value.high for _, value in earlier))
            sign = -1
    if not kind.startswith("relative"):
        low, high = latest.low - base.high, latest.high - base.low
        return Range(float(low), float(high)) if sign == 1 else Range(float(-high), float(-low))
    if base.low <= 0:
        return UNDEFINED
    low, high = (latest.low / base.high - 1) * 100, (latest.high / base.low - 1) * 100
    assert math.isfinite(float(high))
    return Range(float(low), float(high)) if sign == 1 else Range(float(-high), float(-low))
