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
- A latest grade that may be the lowest, of a lookup without a window, gives way to entries, not results, of the
  condition by which that is there at the clock (any higher grade), or may be (any grade).
- `highest … >=` and `lowest … <=` against a limit of normal ask whether any result meets it, the opposite comparisons
  whether all do; `=` is both `<=` and `>=`.
- A change over some hours up to the clock ends with the latest result, which lies within as many hours of the clock.
- A change with fewer than two usable results in its window may be any number at all, and so may one in which all that
  are usable may be one result written down twice: at the same time, and of the same value. An unusable result beside
  two usable ones may be anything possible. A rise per day over a result whose day is open by more than 400 days is
  open.

Time
- The clock is a day. In hour windows it is any second of that day, and so is any date without a time.
- An anchor's onset is a range of days from the earliest to the latest possible one. One that stretches over more than
  400 days is as good as unknown to what is evaluated at it; a window around it is tried at every day that matters.
- `its onset` of an entry without one is any day up to `as_of`.
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
- What the record calls over without saying since when ended by `as_of`; if it was entered later, by its entry.
- `history of`, `underwent` and `treated with` ask without a window whether one began by the clock, with one whether
  one overlaps it.
- What results show holds from the first of them to the last; since when is as open as the entry says, until when is
  open. `current` carries it forward from the last. An acute one happened on some day up to the first.
- A statement that something goes on, of what `lasts` for a time, holds for that long after the latest of its onset and
  its entry, both taken as early as they can be; with a `longest course` and an onset for that long after the onset
  alone. From the day after it may have ended on any day. One without any day is of the record's own day.
- The record speaks for a positive on the day the entry was made; of an active one without such a day on `as_of`, but
  of what `lasts` for a time on its onset, or without one on the record's own day; of any other on its end or, without
  one, its beginning. A denial that is later ends the present (`allergy to` and `family history of` included), an
  earlier one does not touch it, one at the same time leaves it open. The past it leaves open only if it is at the same
  time and not surely later than the beginning.
- An entry that is over denies every other entry about the present whose word is of an earlier day than its end; on
  the same day the positive stands. It also says that the list lacks no other one, of what passes for as long as an
  absence counts. An entry whose code may be of one kind of its concept only does neither.
- A later absence ends an earlier positive; once the absence is stale again the present is open, unless the list is
  complete and denies it.
- A later denial also ends, at the latest on its day, an episode whose end nobody wrote down, and so does another entry
  of it that is over. It then lasted at least until the record last said that it was so.
- A review says nothing against an entry that is the thing, unless it was made on a day for which that no longer speaks,
  and the clock's day is such a day, too.
- A doubtful denial neither ends nor clears anything: it leaves open the present of what is not surely later.
- An entry that may be the thing is read as if it were it, and leaves open what it then would say. It is none where the
  thing is denied over all days on which it may have begun, by a denial not made before the entry.
- An entry that may be something acute may be a lasting kind of it; one that surely is the acute thing is read as that.
- One entry read in several ways is one thing where things are counted.
- What a result later than the clock shows is not seen; one after the day of screening leaves open whether what it shows
  had begun. A doubtful result is no onset that is known to have happened.
- The list could lack what the absences and resolved entries leave room for, whatever stands in `with (…)`. An acute
  entry whose day has passed is not a resolved one.
- A list denies what its concept says that it does, or where that says nothing, a broader one. Family history and plans
  need nothing at hand for that.
- A list that the record calls complete is of the record's own day and grows old like an absence; where the record has
  no day, and where the user calls it complete, it is of the day of screening.
- An entry that is active is not cured, as long as that speaks. An entry that does not say whether it is over may be
  either.
- A sex to which a concept does not apply makes every verb about the patient FALSE for it. An entry or a usable result
  of something that only the other sex has contradicts the sex, whenever it was, and then that rules nothing out. So do
  a number that lacks its unit, and words that name nothing else.
- A plan whose day has passed is UNKNOWN as a plan. From its day on it may have been carried out, unless the procedure
  was absent on that day or later; one without a day may have been since the day on which it was made, and where that
  is not stated, at any time. A plan on record stands against a denial of plans. What was done after the day of
  screening may have been planned on it, unless plans are denied on that day.
- Family history has no dates. Two entries are two allergies unless they may be of one thing: they are of one concept
  and have the same words, or of two of which something is a kind. No entry that is read here has a code.
- A yes says that what a rule joins to its question with `and` is there: unless an entry is about that, no list denies
  it any more.
- `asked only if` decides who is asked, not what the answer is. A no is no answer any more once something that is shown
  with its question came after it. Without a date it is of the record's own day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from typing import Literal, NamedTuple, assert_never, get_args

from msgspec.structs import replace

from birthdays import birth_days_of_age
from screener.records.patient import Absence, Answer, Episode, Patient, Result
from screener.rulebook import (
    VERBS,
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
    Concept,
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
    Question,
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
from screener.rulebook_walk import roots, walk
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
TIMELESS = ("family history of", "allergy to")


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


def lookups_for(rule: Truthful) -> set[str]:
    """The lookups of events that count for a rule, and not against it."""
    if isinstance(rule, Happened):
        return {rule.lookup}
    return {name for each in rule.of for name in lookups_for(each)} if isinstance(rule, All | Any) else set()


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
        self.assumed = assume_complete
        self.labs_within = labs_within if labs_within is not None else trial.labs_within
        self.trial = trial
        self.besides: dict[tuple[str, int, Moment | None], Truth] = {}
        """What the rule of an entry came to, by the onset of the entry: one thing is kept, since it takes longest."""

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
        given = [self.patient.answers.get(key) for key in (f"{self.trial.id}/{name}", name)]
        seen = [each for each in given if each and (each.when is None or each.when.first_day <= self.as_of)]
        if not seen or seen[0].value is None:
            return UNKNOWN
        [answer, *_] = seen
        oldest = BEGINNING if question.holds_for is None else day_shifted(self.as_of, question.holds_for, -1)
        return (
            UNKNOWN
            if self.answered_on(answer).first_day < oldest or self.is_overtaken(answer, question)
            else truth_of(answer.value)
        )

    def answered_on(self, answer: Answer) -> Moment:
        """When somebody answered: without a date, on the record's own day, or else on the day of screening."""
        own_day = self.as_of if self.patient.as_of is None else min(self.patient.as_of, self.as_of)
        return answer.when or on_day(own_day)

    def is_overtaken(self, answer: Answer, question: Question) -> bool:
        """Whether something that is shown with a question came after somebody answered it. A yes stands, unless it is
        asked again."""
        rule, when = question.shown_with, self.answered_on(answer)
        if rule is None or not (question.asked_again or answer.value is False) or when.last_day >= self.as_of:
            return False
        if self.truth(rule, Here(self.as_of)) is not TRUE:
            return False
        if self.truth(rule, Here(when.last_day)) is not TRUE:
            return True
        lookups = [self.rulebook.lookups[each.lookup] for each in walk(rule) if isinstance(each, Happened)]
        return any(
            (start := self.start_moment(entry)) is not None
            and start.first_day > when.last_day
            and self.with_only(entry).truth(rule, Here(self.as_of)) is TRUE
            for lookup in lookups
            if isinstance(lookup, EventLookup)
            for entry in self.entries(lookup.what, lookup.list)
        )

    def with_only(self, entry: Episode) -> Oracle:
        """The same patient, of whom one entry is all that is on record."""
        patient = replace(self.patient, episodes={entry.concept: (entry,)}, results={}, may_be={})
        return Oracle(self.rulebook, patient, self.as_of, self.assumed, self.labs_within, self.trial)

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
        looked = self.looks(lookup, here)
        if looked is None:
            return self.possible(fact)
        looks = list(looked)
        instead = exactly(0) if self.is_absent_instead(fact, lookup, here) else self.by_stages_alone(fact, lookup, here)
        speaking = self.speaking(fact, lookup, here)
        lowest = self.lowest_by_entries(fact, lookup, here)
        if lowest is not None:
            everything = self.possible(fact)
            left = Range(everything.low + lowest, everything.high)
            is_later = all(
                each.start is not None and result.when is not None and each.start.first_day > result.when.last_day
                for each, _ in speaking
                for in_order in looks
                for result in (in_order[-1] if in_order else ())
            )
            return (by_stages(speaking, left) if is_later else None) or left
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
            elif lookup.pick == "lowest":
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

    def by_stages_alone(self, fact: Lab | Finding, lookup: ValueLookup, here: Here) -> Range:
        """What is known where no result counts: the grade by the stages of entries, all of which began where results
        would count; else nothing."""
        everything = self.possible(fact)
        looks = list(self.looks(lookup, here) or ())
        if any(looks):
            return everything
        within = self.labs_within if self.labs_within is not None else fact.fresh
        windows = self.windows(Scope(f"within {within}", back=within), here, []) or []
        speaking = self.speaking(fact, lookup, here)
        starts = [each.start for each, _ in speaking]
        fresh = all(
            start is not None and window.first <= start.first and start.last <= window.last
            for start in starts
            for window in windows
        )
        return (by_stages(speaking, everything) if fresh else None) or everything

    def speaking(self, fact: Lab | Finding, lookup: ValueLookup, here: Here) -> list[tuple[Episode, Truth]]:
        """The entries by which a graded condition holds, or may hold, later than the latest grade, or where that is
        none; and whether it does."""
        if (
            not isinstance(fact, Finding)
            or fact.zero_when_absent is None
            or (lookup.scope, lookup.pick) != (None, "latest")
        ):
            return []
        latest = [result for look in self.looks(lookup, here) or () if look for result in look[-1]]
        is_none = any(
            fact.choices[0] in (result.choices or ()) if fact.choices else result.value and result.value.contains(0)
            for result in latest
        )
        graded_on = min(
            (self.as_of if each.when is None else each.when.first_day for each in latest), default=self.as_of
        )
        condition = EventLookup("", "current", "conditions", (Qualified(fact.zero_when_absent),))
        window = Span(here.day * DAY, here.last_second)
        found = [
            (episode, self.latest_word(episode, all_of([matched, timed]), here))
            for episode in self.entries(condition.what, "conditions")
            if not episode.shown_by_result
            and (matched := self.matches(episode, condition, here)) is not FALSE
            and (timed := self.timing(episode, condition, window, here, bounded=False)) is not FALSE
        ]
        if is_none or not latest:
            return found
        return [
            (each, truth)
            for each, truth in found
            if graded_on < (self.as_of if each.start is None else min(each.start.last_day, self.as_of))
        ]

    def lowest_by_entries(self, fact: Lab | Finding, lookup: ValueLookup, here: Here) -> int | None:
        """The rank of the lowest grade left by entries that speak against a result of none, or may have begun on a
        later day than a result: no less than the results. None without such."""
        speaking = self.speaking(fact, lookup, here)
        looks = list(self.looks(lookup, here) or ())
        latest = [result for look in looks if look for result in look[-1]]
        if not isinstance(fact, Finding) or not speaking or not latest:
            return None
        condition = EventLookup("", "current", "conditions", (Qualified(fact.zero_when_absent or ""),))
        if self.happened(condition, here) is FALSE:
            return None
        if not all(looks):
            return 0
        ranks = [
            0
            if each.unusable is not None
            else min(map(fact.choices.index, each.choices or fact.choices))
            if fact.choices
            else int(each.value.low)
            if each.value is not None
            else 0
            for each in latest
        ]
        return max(min(ranks), 1 if TRUE in [truth for _, truth in speaking] else 0)

    def choices(self, lookup: ValueLookup, here: Here) -> set[str]:
        fact = self.rulebook.fact(lookup.fact)
        assert isinstance(fact, Finding)
        looks = self.looks(lookup, here)
        if looks is None:
            return set(fact.choices)
        lowest = self.lowest_by_entries(fact, lookup, here)
        if lowest is not None:
            return set(fact.choices[lowest:])
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
        surely_two = [
            {id(one[1]), id(other[1])} for one, other in combinations(results, 2) if are_surely_two(one, other)
        ]
        changes = []
        hours = lookup.scope.back if lookup.scope.anchor == "clock" else None
        for window in windows:
            every_day = lookup.change == "rise per day"
            worlds = (
                of_hours(results, window, hours.count * 3600, every_day=every_day)
                if hours is not None and hours.unit == "hours"
                else dated_orders(results, window, every_day=every_day)
            )
            for in_order in worlds:
                inside = {id(result) for _, together in in_order for result in together}
                if not any(both <= inside for both in surely_two):
                    return EVERYTHING
                changes.append(change(lookup.change, in_order, self.possible(fact)))
        return hull(changes)

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
        wanted = Qualified(lookup.concept)
        dated, certain = [], []
        for episode in self.entries([wanted], lookup.list):
            is_it = self.is_such(episode, wanted, here)
            start = self.start(episode)
            if is_it is FALSE or start is None or start.first > here.last_second:
                continue
            if episode.start is None:
                return None
            dated.append(Span(start.first, min(start.last, here.last_second)))
            is_certain = is_it is TRUE and not episode.doubtful and not self.may_have_begun_later(episode)
            if is_certain and start.last <= here.last_second:
                certain.append(start)
        if not certain:
            return None
        if lookup.pick == "last":
            return Moment(max(span.first for span in certain), max(span.last for span in dated))
        return Moment(min(span.first for span in dated), min(span.last for span in certain))

    # ---- episodes

    def entries(self, what: Sequence[Qualified], record_list: RecordList) -> list[Episode]:
        """The entries of a list, those of no concept left out; and behind them each entry that may be what is asked,
        read as if it were it, and doubtful."""
        found = [each for several in self.patient.episodes.values() for each in several if each.list == record_list]
        certain = {
            each.source for each in found for wanted in what if each.concept in self.with_narrower(wanted.concept)
        }
        for wanted in what:
            for entry in self.patient.may_be.get(record_list, {}).get(wanted.concept, ()):
                found.append(self.read_as(entry, wanted.concept, record_list))
            for kind in self.rulebook.concepts[wanted.concept].narrower:
                courses = [self.rulebook.concepts[name].course for name in (wanted.concept, kind)]
                if courses[0] == "acute" != courses[1]:
                    for entry in self.patient.may_be.get(record_list, {}).get(kind, ()):
                        if entry.source not in certain:
                            found.append(self.read_as(entry, kind, record_list))
        return found

    def read_as(self, entry: Episode, name: str, record_list: RecordList) -> Episode:
        """An entry as it would be if it were a concept: an acute condition lasts for a day, a chronic one that nobody
        calls over goes on, a procedure that a diagnosis tells of was on its day."""
        concept = self.rulebook.concepts[name]
        is_acute_itself = entry.concept != "" and self.is_acute(entry)
        end, ongoing = None if is_acute_itself else entry.end, entry.ongoing
        made = entry.asserted
        if entry.list == "conditions" == record_list:
            goes_on = entry.status == "active"
            if entry.status is None and end is None and concept.course == "chronic":
                goes_on = not entry.shown_by_result
            ongoing = goes_on and concept.course != "acute"
            end = entry.start if concept.course == "acute" else end
        elif entry.list == "conditions" and record_list == "procedures":
            ongoing = False
            end = None if entry.status == "active" else end if end is not None else entry.start
        elif entry.list == "procedures" and record_list == "conditions" and end is not None:
            # What it treats was there on its last day, and may be for as long as such a thing lasts.
            lasts = concept.lasts if end.last + DAY < END and concept.longest_course is None else None
            last = end.last_day + 1 if lasts is None else max(day_shifted(end.last_day, lasts, 1), end.last_day) + 1
            made = made or end
            end = Moment(min(end.first + DAY, END), min(last * DAY + end.last % DAY, END))
        unusable = "unspecific" if entry.unusable is None else entry.unusable
        return replace(
            entry,
            concept=name,
            list=record_list,
            end=end,
            ongoing=ongoing,
            asserted=made,
            doubtful=True,
            unusable=unusable,
        )

    def with_broader(self, concept: str) -> set[str]:
        return {concept, *self.rulebook.concepts[concept].broader}

    def with_narrower(self, concept: str) -> set[str]:
        return {concept, *self.rulebook.concepts[concept].narrower}

    def absences(self, concept: str, record_list: RecordList) -> list[tuple[Span, Absence]]:
        """The absences that say that a concept is not there, or something broader, with their possible seconds; those
        without a date are of the record's own day."""
        found = []
        for absence in (each for several in self.patient.absences.values() for each in several):
            if absence.list != record_list or absence.concept not in self.with_broader(concept):
                continue
            when = absence.when
            if when is None and self.patient.as_of is not None:
                when = on_day(min(self.patient.as_of, self.as_of))
            if when is not None and when.first <= self.end_of_record:
                found.append((Span(when.first, min(when.last, self.end_of_record)), absence))
        return found

    def is_of_its_day_alone(self, absence: Absence) -> bool:
        entry = self.rulebook.concepts[absence.concept]
        return absence.list == "conditions" and entry.course == "passing" and absence.since is None

    def denied_since(self, when: Span, absence: Absence) -> int:
        """The first day on which, by an absence, it was surely not so."""
        if absence.since is not None:
            return absence.since.last_day
        return when.days.last if self.is_of_its_day_alone(absence) else BEGINNING // DAY

    def is_covered(self, concept: str, record_list: RecordList, window: Span, here: Here) -> bool:
        """Whether the absences on record leave no day of the window in which the concept could have been there."""
        covered: set[tuple[int, int]] = set()
        for when, absence in self.absences(concept, record_list):
            is_unseen = self.is_of_its_day_alone(absence) and when.last > here.last_second
            if absence.doubtful or is_unseen:
                continue
            if absence.until is not None and window.days.last > absence.until.first_day:
                continue
            fresh = self.rulebook.concepts[absence.concept].fresh
            covered.add((self.denied_since(when, absence), day_shifted(when.days.first, fresh, 1)))
        first, last = window.days
        if record_list == "plans":
            first = last = here.day
        for since, until in sorted(covered):
            if since <= first:
                first = max(first, until + 1)
        return first > last

    def is_ruled_out(self, episode: Episode, concept: str) -> bool:
        """Whether an entry that may be a concept is none: it is denied for all the time in which it can have begun, by
        somebody who can have known of it. What a result may show, only a review denies so."""
        start = self.start(episode)
        is_read_as_it = episode.concept in self.with_narrower(concept)
        is_shown = is_read_as_it and episode.unusable not in ("unspecific", "unread")
        if is_shown and not episode.doubtful:
            return False
        return start is not None and any(
            self.denied_since(when, absence) <= start.days.first
            and start.days.last <= when.days.first
            and (episode.asserted is None or episode.asserted.last_day <= when.days.first)
            for when, absence in self.absences(concept, episode.list)
            if not absence.doubtful and (absence.reviewed or not is_shown)
        )

    def is_acute(self, episode: Episode) -> bool:
        return self.rulebook.concepts[episode.concept].course == "acute"

    def start(self, episode: Episode) -> Span | None:
        """The seconds in which an episode can have begun; None if it begins after the day of screening."""
        if episode.start is None:
            return Span(BEGINNING, self.end_of_record)
        if episode.start.first > self.end_of_record:
            return None
        return Span(episode.start.first, min(episode.start.last, self.end_of_record))

    def may_have_begun_later(self, episode: Episode) -> bool:
        """Whether an entry was made after the day of screening, and says nothing of an onset before that."""
        made = episode.asserted
        if made is None and episode.start is None:
            made = episode.end
        was_later = made is not None and made.last > self.end_of_record
        return was_later and (episode.start is None or episode.start.last > self.end_of_record)

    def speaks_until(self, episode: Episode) -> int | None:
        """The last day for which a statement that something goes on speaks; None: for all days to come."""
        concept = self.rulebook.concepts[episode.concept]
        onset = episode.start
        if onset is not None and onset.first == BEGINNING:
            onset = None  # `or before` a day tells of no onset
        if concept.longest_course is not None and onset is not None:
            return day_shifted(onset.first_day, concept.longest_course, 1)
        if concept.lasts is None or episode.shown_by_result:
            return None
        days = [moment.first_day for moment in (onset, episode.asserted) if moment is not None]
        if not days and self.patient.as_of is not None:
            days = [self.patient.as_of]
        return day_shifted(max(days), concept.lasts, 1) if days else BEGINNING // DAY

    def is_stale(self, episode: Episode, day: int) -> bool:
        """Whether a statement that something goes on no longer speaks for a day."""
        if not episode.ongoing or episode.end is not None:
            return False
        until = self.speaks_until(episode)
        return until is not None and day > until

    def end(self, episode: Episode, start: Span) -> Span:
        """The seconds in which an episode can have ended."""
        if self.is_acute(episode):
            return start
        if episode.shown_by_result and not episode.ongoing:
            held = self.asserted(episode)
            return Span(held.first, END if episode.end is None else max(held.first, episode.end.last))
        known_over_by = self.end_of_record
        if episode.asserted is not None:
            known_over_by = max(known_over_by, episode.asserted.last)
        if episode.end is not None:
            last = episode.end.last
            if episode.ended and episode.end.first <= known_over_by:
                last = min(last, known_over_by)
            return Span(max(episode.end.first, start.first), max(last, start.first))
        if episode.ongoing:
            until = self.speaks_until(episode)
            return Span(END, END) if until is None else Span(max(start.first, until * DAY + DAY - 1), END)
        if episode.ended:
            longest = self.rulebook.concepts[episode.concept].longest_course
            if longest is not None:
                known_over_by = day_shifted(start.days.last, longest, 1) * DAY + DAY - 1
            return Span(start.first, known_over_by)
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
        if episode.end is None:
            end = self.end_as_denied(episode, start, end, here)
        if start.first > window.last or end.last < window.first:
            return FALSE
        if episode.shown_by_result and not episode.ongoing:
            first = self.asserted(episode).last if episode.start is None else start.last
            return truth_of_range(first <= window.last and self.asserted(episode).first >= window.first)
        return truth_of_range(start.last <= window.last and max(end.first, start.first) >= window.first)

    def end_as_denied(self, episode: Episode, start: Span, end: Span, here: Here) -> Span:
        """When an episode without an end on record can have ended: after the record last says that it was so,
        and by the day of a later word that it is not, or that it is over by another entry."""
        first, last = [end.first], [end.last]
        for denied, absence in self.contradictions(episode, here):
            said = self.said(episode, measured=absence.shown_by_result)
            if denied.last >= said.first:
                first.append(max(start.first, said.first))
            if denied.first > said.last and not absence.doubtful:
                last.append(denied.last)
        said = self.said(episode)
        for other, over in self.resolutions(episode.concept, episode.list):
            if other is episode or over.days.first > here.day:
                continue
            if over.days.last > said.days.first:
                first.append(max(start.first, said.first))
            if over.days.first > said.days.last:
                last.append(over.last)
        return Span(min(first), max(min(first), min(last)))

    def holds_on(self, episode: Episode, day: int) -> Truth:
        start = self.start(episode)
        if start is None or start.days.first > day:
            return FALSE
        if self.is_acute(episode):
            return self.began_in(episode, Span(day * DAY, day * DAY + DAY - 1))
        if episode.shown_by_result:
            held = self.asserted(episode).days
            concept = self.rulebook.concepts[episode.concept]
            if episode.end is not None:
                # A later result no longer raises the question: what passes is over by then.
                return FALSE if day >= episode.end.last_day else UNKNOWN
            carried = concept.course == "chronic" or day <= day_shifted(held.first, concept.fresh, 1)
            return truth_of_range(held.last <= day and carried)
        end = self.end(episode, start).days
        goes_on = episode.ongoing and episode.end is None
        on_its_end = 1 if goes_on or not (self.is_a_condition(episode) or episode.ended) else 0
        if day >= end.last + on_its_end:
            return FALSE
        return truth_of_range(start.days.last <= day < end.first + on_its_end)

    def is_a_condition(self, episode: Episode) -> bool:
        return self.rulebook.concepts[episode.concept].kind == "condition"

    def said(self, episode: Episode, *, measured: bool = False) -> Span:
        """The time for which the record says so: when the entry was made; of an active one without that, the day of
        screening, or if it passes any time from its onset to the record's own day, as against what was `measured` its
        onset; of any other, its end, or its beginning."""
        lasts = self.rulebook.concepts[episode.concept].lasts is not None and not episode.shown_by_result
        start = self.start(episode)
        if episode.asserted is None and episode.ongoing and lasts:
            own_day = self.as_of if self.patient.as_of is None else min(self.patient.as_of, self.as_of)
            if episode.start is None or episode.start.first == BEGINNING:
                return Span(BEGINNING, own_day * DAY + DAY - 1)
            only_may_be = episode.unusable in ("unspecific", "unread")
            has_longest = self.rulebook.concepts[episode.concept].longest_course is not None
            if start is None or measured or has_longest or only_may_be:
                return start or Span(episode.start.first, episode.start.last)
            written_by = own_day
            length = self.rulebook.concepts[episode.concept].lasts
            if length is not None and self.is_a_condition(episode):
                written_by = min(own_day, day_shifted(start.days.last, length, 1))
            return Span(start.first, max(start.last, written_by * DAY + DAY - 1))
        if episode.asserted is not None or episode.ongoing or episode.shown_by_result:
            return self.asserted(episode)
        if episode.end is not None and start is not None:
            return self.end(episode, start)
        return start or self.asserted(episode)

    def contradictions(self, episode: Episode, here: Here) -> list[tuple[Span, Absence]]:
        """What was said by the clock against an entry. A review gives way to what surely is, as long as that speaks."""
        found = []
        for when, absence in self.absences(episode.concept, episode.list):
            if when.first > here.last_second:
                continue
            is_it = not episode.doubtful
            still_speaks = not (self.is_stale(episode, here.day) and self.is_stale(episode, when.days.first))
            if not (absence.reviewed and is_it and still_speaks):
                found.append((when, absence))
        return found

    def denials(self, episode: Episode, here: Here) -> list[tuple[Span, Span]]:
        """When an entry was denied, each with when the record says that it was so."""
        return [
            (when, self.said(episode, measured=absence.shown_by_result))
            for when, absence in self.contradictions(episode, here)
            if not absence.doubtful
        ]

    def latest_word(self, episode: Episode, truth: Truth, here: Here) -> Truth:
        """The truth of an entry about the present, given what was said to the contrary: the latest word counts."""
        for denied, absence in self.contradictions(episode, here):
            said = self.said(episode, measured=absence.shown_by_result)
            if denied.first > said.last and denied.last <= here.last_second and not absence.doubtful:
                return FALSE
            if denied.last >= said.first:
                truth = all_of([truth, UNKNOWN])
        return truth

    def is_current(self, episode: Episode, here: Here) -> Truth:
        truth = self.latest_word(episode, self.holds_on(episode, here.day), here)
        said = self.said(episode).days
        for other, end in self.resolutions(episode.concept, episode.list):
            if other is episode or end.days.first > here.day:
                continue
            if end.days.first > said.last and end.days.last <= here.day:
                return FALSE
            if end.days.last > said.first:
                truth = all_of([truth, UNKNOWN])
        return truth

    def is_denied_at_once(self, episode: Episode, here: Here) -> bool:
        """Whether the record says at one time, or at times that nobody can tell apart, that it was and was not."""
        start = self.start(episode)
        return any(
            denied.first <= said.last and said.first <= denied.last and (start is None or start.last >= denied.first)
            for denied, said in self.denials(episode, here)
        )

    def resolutions(self, concept: str, record_list: RecordList) -> list[tuple[Episode, Span]]:
        """The entries of a condition, or of a broader one, that are over, and when they ended. A result that only
        raised the question is none of them, nor is an entry whose code may be of one kind only."""
        if self.rulebook.concepts[concept].kind != "condition":
            return []
        found = []
        for episode in self.entries([], record_list):
            start = self.start(episode)
            is_over = episode.ended or (episode.end is not None and not episode.ongoing and not self.is_acute(episode))
            is_question = episode.shown_by_result and episode.doubtful
            if is_question or episode.is_part:
                continue
            if episode.concept in self.with_broader(concept) and is_over and start is not None:
                found.append((episode, self.end(episode, start)))
        return found

    def concept_matches(self, episode: Episode, concept: str) -> Truth:
        """Whether an entry, as it is read, is a concept."""
        if episode.concept not in self.with_narrower(concept):
            return FALSE
        if not episode.doubtful and episode.unusable not in ("unspecific", "unread"):
            return TRUE
        return FALSE if self.is_ruled_out(episode, concept) else UNKNOWN

    def is_excepted(self, episode: Episode, exception: Qualified, here: Here) -> Truth:
        """Whether an entry, as it is read, is what is left out. It may be something narrower than it is read as."""
        is_it = FALSE
        if not self.is_ruled_out(episode, exception.concept):
            is_read_as_it = episode.concept in self.with_narrower(exception.concept)
            is_it = TRUE if is_read_as_it else UNKNOWN if exception.concept in episode.may_be else FALSE
        return all_of([is_it, self.has_qualifiers(episode, exception, here)])

    def matches(self, episode: Episode, lookup: EventLookup, here: Here) -> Truth:
        return all_of(
            [
                any_of([self.is_such(episode, wanted, here) for wanted in lookup.what]),
                self.can_apply(episode.concept, lookup),
            ]
        )

    def is_such(self, episode: Episode, wanted: Qualified, here: Here) -> Truth:
        return all_of([self.concept_matches(episode, wanted.concept), self.has_qualifiers(episode, wanted, here)])

    def has_qualifiers(self, episode: Episode, wanted: Qualified, here: Here) -> Truth:
        goes_on = episode.ongoing and episode.status is not None and not self.is_stale(episode, here.day)
        return all_of([is_qualified(episode, qualifier, wanted, goes_on=goes_on) for qualifier in wanted.qualifiers])

    def can_apply(self, concept: str, lookup: EventLookup) -> Truth:
        """Whether the patient is of the sex that a concept is only for: nobody knows where the record has none, or says
        of some entry or result what only the other sex has."""
        only_if = self.rulebook.concepts[concept].only_if
        if lookup.verb == "family history of" or only_if is None:
            return TRUE
        if self.patient.sex is None or self.patient.sex == only_if:
            return UNKNOWN if self.patient.sex is None else TRUE
        return UNKNOWN if self.contradicts_sex() else FALSE

    def contradicts_sex(self) -> bool:
        concepts = self.rulebook.concepts

        def is_of_other(name: str) -> bool:
            return any(
                concepts[each].only_if not in (None, self.patient.sex) for each in (name, *concepts[name].broader)
            )

        return any(
            is_of_other(name) and episode.list != "family_history" and episode.unusable in (None, "unit")
            for name, those in self.patient.episodes.items()
            for episode in those
        )

    # ---- whether something happened

    def happened(self, lookup: EventLookup, here: Here) -> Truth:
        if lookup.scope is None:
            first = here.day * DAY if lookup.verb == "planned" else BEGINNING
            last = END if lookup.verb == "planned" else here.last_second
            return self.happened_in(lookup, here, Span(first, last), bounded=False)
        moments = [
            span for episode in self.entries(lookup.what, lookup.list) for span in self.telling_spans(episode, here)
        ]
        windows = self.windows(lookup.scope, here, moments)
        if windows is None:
            return UNKNOWN
        if lookup.verb == "planned":
            windows = [stretch(lookup.scope, Span(here.day * DAY, here.last_second), END)]
        return union(self.happened_in(lookup, here, window, bounded=True) for window in windows)

    def telling_spans(self, episode: Episode, here: Here) -> list[Span]:
        """The times at which a window can begin or cease to meet an episode."""
        start = self.start(episode)
        if start is None:
            return []
        denied = [when for when, _ in self.absences(episode.concept, episode.list)]
        return [start, self.end(episode, start), self.asserted(episode), *denied]

    def happened_in(self, lookup: EventLookup, here: Here, window: Span, *, bounded: bool) -> Truth:
        if window.first > window.last:
            return FALSE
        if lookup.verb in HOLDING and not (bounded and lookup.scope is not None):
            window = Span(here.day * DAY, here.last_second)
        told: list[tuple[Episode, Truth]] = []
        for episode in self.entries(lookup.what, lookup.list):
            excepted = any_of([self.is_excepted(episode, exception, here) for exception in lookup.exceptions])
            in_time = self.timing(episode, lookup, window, here, bounded=bounded)
            if self.may_have_begun_later(episode):
                in_time = all_of([in_time, UNKNOWN])
            truth = all_of(
                [
                    self.matches(episode, lookup, here),
                    negation(excepted),
                    in_time,
                    UNKNOWN if episode.doubtful else TRUE,
                ]
            )
            if truth is not FALSE:
                truth = all_of([truth, self.beside(lookup, here, self.start_moment(episode))])
            told.append((episode, truth))
        for plan in self.entries(lookup.what, "plans") if lookup.verb == "underwent" else ():
            told.append((plan, all_of([self.matches(plan, lookup, here), self.may_be_done(plan, window, here)])))
        for done in self.entries(lookup.what, "procedures") if lookup.verb == "planned" else ():
            truth = all_of([self.matches(done, lookup, here), self.may_have_been_planned(done, window, here)])
            told.append((done, truth))
        lacking = self.may_be_lacking(lookup, window, here)
        truths = [truth for _, truth in told]
        if lookup.times == 1:
            return any_of([*truths, lacking])
        if lookup.verb in TIMELESS:
            by_entry: dict[tuple[str, str], list[Truth]] = {}
            for episode, truth in told:
                by_entry.setdefault((episode.source, episode.list), []).append(truth)
            things = [any_of(truths) for truths in by_entry.values()]
            truth = at_least(lookup.times, [*things, *[lacking] * lookup.times])
            certain = [episode for episode, truth in told if truth is TRUE]
            are_so_many = any(
                all(self.surely_differ(*both) for both in combinations(some, 2))
                for some in combinations(certain, lookup.times)
            )
            return truth if truth is not TRUE or are_so_many else UNKNOWN
        return self.happened_on_days(lookup, told, lacking)

    def surely_differ(self, one: Episode, other: Episode) -> bool:
        """Whether two entries cannot be of one substance."""
        if one.concept == other.concept:
            return one.called.casefold() != other.called.casefold()
        return self.with_narrower(one.concept).isdisjoint(self.with_narrower(other.concept))

    def happened_on_days(self, lookup: EventLookup, told: Sequence[tuple[Episode, Truth]], lacking: Truth) -> Truth:
        """Whether it began on so many different days; a procedure that may have lasted longer may be any number."""
        certain: list[Span] = []
        possible: dict[tuple[str, str, Span], int] = {}
        for episode, truth in told:
            start = self.start(episode)
            if truth is FALSE or start is None:
                continue
            end = episode.end
            is_drug = lookup.list == "medications"
            one_day = lookup.list not in ("procedures", "medications") or (
                episode.start is not None
                and end is not None
                and {episode.start.first_day, episode.start.last_day, end.first_day, end.last_day} == {start.days.first}
            )
            possible[episode.source, episode.list, start] = 1 if one_day else lookup.times
            if truth is TRUE:
                certain.append(start.days)
                if is_drug and episode.ongoing and end is None:
                    return TRUE
                last_known = self.end(episode, start).days.first if is_drug and end is not None else start.days.last
                if last_known - start.days.last + 1 >= lookup.times:
                    return TRUE
        days = 0
        while certain:
            days += 1
            earliest_end = min(span.last for span in certain)
            certain = [span for span in certain if span.first > earliest_end]
        if days >= lookup.times:
            return TRUE
        return UNKNOWN if sum(possible.values()) >= lookup.times or lacking is UNKNOWN else FALSE

    def start_moment(self, episode: Episode) -> Moment | None:
        start = self.start(episode)
        return None if start is None else Moment(start.first, start.last)

    def beside(self, lookup: EventLookup, here: Here, onset: Moment | None) -> Truth:
        if lookup.beside is None:
            return TRUE
        key = (lookup.name, here.day, onset)
        if key not in self.besides:
            self.besides[key] = self.truth(lookup.beside, Here(here.day, onset))
        return self.besides[key]

    def timing(self, episode: Episode, lookup: EventLookup, window: Span, here: Here, *, bounded: bool) -> Truth:
        if lookup.verb == "planned":
            return self.is_planned_in(episode, window, here)
        start = self.start(episode)
        if lookup.verb in TIMELESS:
            if episode.asserted is not None and episode.asserted.first > self.end_of_record:
                return UNKNOWN
            if episode.start is None or lookup.verb == "family history of":
                return self.latest_word(episode, TRUE, here)
            if start is None or start.first > here.last_second:
                return FALSE
            return self.latest_word(episode, truth_of_range(start.last <= here.last_second), here)
        if start is None:
            return FALSE
        if episode.shown_by_result and self.asserted(episode).first > here.last_second:
            is_after_screening = self.asserted(episode).first > self.end_of_record and here.day == self.as_of
            return UNKNOWN if is_after_screening else FALSE
        if lookup.verb in HOLDING:
            return self.is_current(episode, here)
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
        first = plan.start or plan.asserted or Moment(BEGINNING, here.last_second)
        last_day = here.day if plan.start is None else plan.start.last_day
        denied = [when for when, _ in self.absences(plan.concept, "procedures") if when.days.first >= last_day]
        is_open = first.first <= min(here.last_second, window.last) and not denied
        return UNKNOWN if is_open else FALSE

    def may_have_been_planned(self, done: Episode, window: Span, here: Here) -> Truth:
        """Whether what was done after the day of screening can have been planned in the window."""
        if self.start(done) is not None and not self.may_have_begun_later(done):
            return FALSE
        if done.start is not None and (done.start.last < window.first or done.start.first > window.last):
            return FALSE
        denied = any(when.days.first >= here.day for when, _ in self.absences(done.concept, "plans"))
        return FALSE if denied else UNKNOWN

    def may_be_lacking(self, lookup: EventLookup, window: Span, here: Here) -> Truth:
        """Whether the list, as far as it goes, could lack an entry that would make the answer true."""
        if lookup.verb in TIMELESS:
            window = Span(here.day * DAY, here.last_second)
        for wanted in lookup.what:
            concept = self.rulebook.concepts[wanted.concept]
            if self.list_denies(concept, lookup, window, here):
                continue
            if self.is_covered(wanted.concept, lookup.list, window, here):
                continue
            over = self.resolutions(wanted.concept, lookup.list)
            if lookup.verb in HOLDING and any(self.still_denies(episode, end, here) for episode, end in over):
                continue
            is_of_patient = lookup.verb != "family history of"
            if is_of_patient and self.can_apply(wanted.concept, lookup) is FALSE:
                continue
            if is_of_patient and concept.ruled_out is not None and self.truth(concept.ruled_out, here) is TRUE:
                continue
            return UNKNOWN
        return FALSE

    def still_denies(self, episode: Episode, end: Span, here: Here) -> bool:
        """Whether an entry that ended by the clock says that nothing else of its concept is there. Of what passes it
        does so for as long as any absence counts."""
        concept = self.rulebook.concepts[episode.concept]
        counts = concept.course != "passing" or here.day <= day_shifted(end.days.first, concept.fresh, 1)
        return end.last <= here.last_second and counts

    def is_complete(self, record_list: RecordList, concept: Concept, day: int) -> bool:
        """Whether a list is complete, as far as it says anything of a concept on a day."""
        if record_list in self.patient.unread:
            return False
        if record_list in self.assumed:
            return True
        said_on = [each for each in self.patient.none_known_on.get(record_list, ()) if each <= self.as_of]
        if any(day <= day_shifted(each, concept.fresh, 1) for each in said_on):
            return True
        if record_list not in self.patient.complete:
            return False
        drawn_up = self.as_of if self.patient.as_of is None else self.patient.as_of
        return day <= drawn_up or day <= day_shifted(drawn_up, concept.fresh, 1)

    def is_affirmed(self, lookup: EventLookup) -> bool:
        """Whether somebody answered yes to a question that a rule joins to a lookup with `and`, or that says what the
        lookup asks about, and no entry is about that."""
        verb = VERBS[lookup.verb]
        reads_both = verb.reads_plans or verb.tense == "ahead"
        lists: tuple[RecordList, ...] = ("procedures", "plans") if reads_both else (lookup.list,)
        asked = {name for wanted in lookup.what for name in self.with_narrower(wanted.concept)}
        on_record = (each for several in self.patient.episodes.values() for each in several if each.list in lists)
        if any(each.concept in asked for each in on_record):
            return False
        yes = {
            key.rpartition("/")[2]
            for key, answer in self.patient.answers.items()
            if answer.value is True and (answer.when is None or answer.when.first_day <= self.as_of)
        }
        if lookup.list == "conditions" and not reads_both:
            says = [
                each for name in yes & self.rulebook.questions.keys() for each in self.rulebook.questions[name].yes_says
            ]
            said = {*says, *(broader for each in says for broader in self.rulebook.concepts[each].broader)}
            if any(wanted.concept in said for wanted in lookup.what):
                return True
        return any(
            isinstance(node, All)
            and any(isinstance(each, Confirmed) and each.question in yes for each in node.of)
            and any(lookup.name in lookups_for(each) for each in node.of)
            for root in roots(self.rulebook)
            for node in walk(root)
        )

    def list_denies(self, concept: Concept, lookup: EventLookup, window: Span, here: Here) -> bool:
        """Whether the list is complete and denies a concept for all of the window, with everything at hand that it
        needs for that."""
        if self.is_affirmed(lookup):
            return False
        last = here.day if lookup.verb in HOLDING or lookup.verb == "planned" else window.days.last
        deniable = [concept] if concept.denied_by_list else [self.rulebook.concepts[name] for name in concept.broader]
        return any(
            each.denied_by_list
            and self.is_complete(lookup.list, each, last)
            and (
                lookup.list in ("family_history", "plans")
                or all(self.is_at_hand(one, each, last, here) for one in each.denied_with)
            )
            for each in deniable
        )

    def is_at_hand(self, needed: str, concept: Concept, last: int, here: Here) -> bool:
        """Whether a list is complete, or something measured that can be read is surely still fresh."""
        for record_list in get_args(RecordList):
            if record_list == needed:
                return self.is_complete(record_list, concept, last)
        lengths = {self.rulebook.fact(needed).fresh, self.labs_within or self.rulebook.fact(needed).fresh}
        spans = [span for span, _ in self.placed(needed)]
        windows = [each for length in lengths for each in self.windows(Scope("", back=length), here, spans) or []]
        return bool(windows) and any(
            all(window.first <= span.first and span.last <= window.last for window in windows)
            for span, result in self.placed(needed)
            if result.unusable is None
        )


# ---- what needs no record


def is_qualified(episode: Episode, qualifier: QualifierName, wanted: Qualified, *, goes_on: bool) -> Truth:
    """Whether an entry states a qualifier; what it does not state is unknown."""
    match qualifier:
        case "cured":
            if episode.cured is None:
                return FALSE if goes_on else UNKNOWN
            return truth_of(episode.cured)
        case "resolved":
            return TRUE if episode.ended else FALSE if goes_on else UNKNOWN
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


def of_hours(
    results: Sequence[tuple[Span, Result]], window: Span, seconds: int, *, every_day: bool
) -> Iterator[list[tuple[int, list[Result]]]]:
    """The results of some hours, to the minute, up to the latest one, which lies in the window. Of one that may be as
    old as that, and may be older, both are tried."""
    before = Span(window.first - seconds - 60, window.last)
    edges = [edge for span, _ in results for edge in (span.first, span.last + 1)]
    cuts = {window.first, *(edge - seconds for edge in edges), *(edge + seconds for edge in edges)}
    if every_day:
        cuts |= {day * DAY for day in range(before.days.first, before.days.last + 2)}
    for world in placed_in(results, before, cuts):
        if not world or world[-1][0].last < window.first:
            yield []
            continue
        [*others, (latest, last)] = world
        first, last_first = ((second - seconds) // 60 * 60 for second in latest)
        certain = [each for each in others if each[0].first >= last_first]
        perhaps = [each for each in others if each not in certain and each[0].last >= first]
        for kept in product((True, False), repeat=len(perhaps)):
            chosen = [*certain, *(each for each, is_kept in zip(perhaps, kept, strict=True) if is_kept)]
            ordered = [each for each in others if each in chosen]
            yield [(span.first // DAY, [result]) for span, result in (*ordered, (latest, last))]


def placed_in(
    results: Sequence[tuple[Span, Result]], window: Span, cuts: Iterable[int]
) -> Iterator[list[tuple[Span, Result]]]:
    """The results in a window, each with the piece of time in which it lies, in every order that these allow."""
    edges = {window.first, window.last + 1, *cuts}
    edges |= {edge for span, _ in results for edge in (span.first, span.last + 1)}
    pieces = [Span(first, after - 1) for first, after in pairwise(sorted(edges))]
    pieces_of = [
        [each for each in pieces if span.first <= each.first and each.last <= span.last] for span, _ in results
    ]
    for chosen in product(*pieces_of):
        crowds: dict[Span, list[Result]] = {}
        for piece, (_, result) in zip(chosen, results, strict=True):
            if window.first <= piece.first <= window.last:
                crowds.setdefault(piece, []).append(result)
        in_pieces = [
            [[(piece, result) for result in order] for order in permutations(crowd)]
            for piece, crowd in sorted(crowds.items())
        ]
        for world in product(*in_pieces):
            yield [placed for part in world for placed in part]


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


def are_surely_two(one: tuple[Span, Result], other: tuple[Span, Result]) -> bool:
    """Whether two results can be used, and cannot be one that was written down twice."""
    (one_span, first), (other_span, second) = one, other
    if first.unusable is not None or second.unusable is not None:
        return False
    apart = one_span.last < other_span.first or other_span.last < one_span.first
    return apart or bool(first.value and second.value and not have_a_number_in_common(first.value, second.value))


def by_stages(speaking: Sequence[tuple[Episode, Truth]], left: Range) -> Range | None:
    """The grades that entries state as their stages, if all are certain and none speaks against what is left."""
    if not speaking or any(truth is not TRUE for _, truth in speaking):
        return None
    stages = [
        ("I", "II", "III", "IV").index(each.stage) + 1 for each, _ in speaking if each.stage in ("I", "II", "III", "IV")
    ]
    if len(stages) < len(speaking) or min(stages) < left.low or max(stages) > left.high:
        return None
    return Range(min(stages), max(stages))


def choices_in(result: Result, finding: Finding) -> frozenset[str]:
    if result.unusable is not None or result.choices is None:
        return frozenset(finding.choices)
    return result.choices


class End(NamedTuple):
    """One end of a range before rounding, and whether the range only comes near to it."""

    at: Fraction
    is_open: bool


class Exact(NamedTuple):
    """A range before rounding."""

    low: End
    high: End


def exact_value(results: Sequence[Result], possible: Range) -> Exact:
    """What the results of one moment can be."""
    every = []
    for result in results:
        value = possible if result.unusable is not None or result.value is None else result.value
        if result.exact is not None and result.unusable is None:
            every.append(Exact(End(result.exact, False), End(result.exact, False)))
        else:
            low, high = Fraction(value.low), Fraction(value.high)
            every.append(Exact(End(low, value.low_open), End(high, value.high_open)))
    return Exact(min(each.low for each in every), max((each.high for each in every), key=closed_last))


def closed_last(end: End) -> tuple[Fraction, bool]:
    return end.at, not end.is_open


def lowest_of(values: Sequence[Exact]) -> Exact:
    return Exact(min(each.low for each in values), min((each.high for each in values), key=closed_last))


def highest_of(values: Sequence[Exact]) -> Exact:
    return Exact(max(each.low for each in values), max((each.high for each in values), key=closed_last))


def difference(one: Exact, other: Exact) -> Exact:
    return Exact(
        End(one.low.at - other.high.at, one.low.is_open or other.high.is_open),
        End(one.high.at - other.low.at, one.high.is_open or other.low.is_open),
    )


def share(one: Exact, other: Exact) -> Exact:
    """One as percent of the other, which is above 0."""
    return Exact(
        End(100 * one.low.at / other.high.at, one.low.is_open or other.high.is_open),
        End(100 * one.high.at / other.low.at, one.high.is_open or other.low.is_open),
    )


WHOLE = Exact(End(Fraction(100), False), End(Fraction(100), False))


def change(kind: str, moments: Sequence[tuple[int, Sequence[Result]]], possible: Range) -> Range:
    """How much a lab changed over results in the order of time, each with its day."""
    usable = [one for one in moments if any(result.unusable is None for result in one[1])]
    if len(usable) < 2:
        return EVERYTHING
    values = [(day, exact_value(results, possible)) for day, results in moments]
    (last_day, latest), earlier = values[-1], values[:-1]
    match kind:
        case "rise per day":
            steps = []
            for day, value in earlier:
                if day != last_day:
                    low, high = difference(latest, value)
                    days = last_day - day
                    steps.append(Exact(End(low.at / days, low.is_open), End(high.at / days, high.is_open)))
            if not steps:
                return EVERYTHING
            low, high = highest_of(steps)
        case "rise" | "relative rise":
            after, before = latest, lowest_of([value for _, value in earlier])
            if kind == "relative rise":
                if before.low.at <= 0:
                    return UNDEFINED
                after, before = share(after, before), WHOLE
            low, high = difference(after, before)
        case "fall" | "relative fall":
            after, before = latest, highest_of([value for _, value in earlier])
            if kind == "relative fall":
                if before.low.at <= 0:
                    return UNDEFINED
                after, before = share(after, before), WHOLE
            low, high = difference(before, after)
        case _:
            raise AssertionError(kind)
    assert math.isfinite(float(high.at))
    return Range(float(low.at), float(high.at), low.is_open, high.is_open)
