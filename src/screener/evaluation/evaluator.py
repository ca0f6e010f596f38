"""Deciding expressions: one function for each node of the rulebook, its meaning in the docstring.

A number is the range of what it could be and a truth one of TRUE, FALSE, UNKNOWN (`values/`).

A rulebook is prepared once. Each function here takes a node and gives a function of a frame, whose parts are already
prepared. A node that stands in several places is evaluated once a frame, and remembered; what hangs on a person's
answer is remembered for one trial only, because each trial asks for itself.

Each meaning serves several engines. `Decisions` gives the bare truth or range, and asks no further part once the
outcome is settled. `Program` gives the same with everything it was decided from: every part is evaluated, so that an
answer can show all that it rests on. `Outcomes` (`outcomes.py`) lies between: a truth with what keeps it open. A node
says which parts it has and what their values say together; the engine says what comes of that:

    not (age < 18)      Decisions: FALSE      Program: Judged(Not, FALSE, (Judged(Compare, TRUE, (Measured(Age), …)),))
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any as Anything
from typing import Generic, TypeVar, get_args

from msgspec import Struct

from screener.evaluation.answers import Fact, Found, Given, Judged, Measured, Reason, in_every_world
from screener.evaluation.denying import on_complete_list, said_by_list, unmentioned
from screener.evaluation.episodes import happened, happens, onset_of
from screener.evaluation.frame import Frame, prepared_lookups
from screener.evaluation.grounds import Ground, lasting_of, leaves
from screener.evaluation.instants import MOST_DAYS_OPEN, Stretch, stretch_around, up_to
from screener.evaluation.results import against_limit, change_of, limits_in_use, value_of, window_of_freshness
from screener.evaluation.standing import standing_of
from screener.records.patient import Answer, Episode
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
    Function,
    Happened,
    InUnit,
    IsOneOf,
    Lookup,
    Meets,
    Not,
    Number,
    Numeric,
    OnsetLookup,
    PointsOf,
    Rulebook,
    Scope,
    ScoreOf,
    Sex,
    SexIs,
    Truthful,
    Untranslated,
    Value,
    ValueLookup,
    made_once,
)
from screener.rulebook_walk import children, refers_to, roots, walk, walk_through
from screener.values import ranges
from screener.values.dates import OLDEST_AGE, Moment, completed_years, day_shifted, on_day
from screener.values.ranges import Range, exactly
from screener.values.truth import (
    FALSE,
    TRUE,
    UNKNOWN,
    Truth,
    alike_asked,
    all_of,
    any_of,
    asked_until,
    at_least,
    negation,
    truth_of,
    union,
)

X = TypeVar("X")
Run = Callable[[Frame], X]
"""What a node is once it is prepared: a function of the frame."""
J = TypeVar("J")
"""What an engine says of a truth."""
M = TypeVar("M")
"""What an engine says of a number."""
Meanings = dict[type, Callable[[Anything, Anything], Anything]]
SayOfTruths = Callable[[Iterable[Truth]], Truth]
SayOfFound = Callable[[Found, Frame], tuple[Truth, tuple[Reason, ...]]]
SayPoints = Callable[[Range, frozenset[str] | None], Range]


class Engine(ABC, Generic[J, M]):
    """What is made of a rulebook's nodes. The functions below say what a node means; an engine says what comes of
    that."""

    rulebook: Rulebook
    _whole: Program
    _prepared: dict[Struct, Run[Anything]]

    def truth(self, node: Truthful) -> Run[J]:
        """The function that decides a node."""
        decide: Run[J] = self._prepare(node, _TRUTHS)
        return decide

    def number(self, node: Numeric) -> Run[M]:
        """The function that measures a node."""
        measure: Run[M] = self._prepare(node, _NUMBERS)
        return measure

    def lookup(self, name: str) -> Run[Found]:
        """The function that looks something up; it is read once a frame."""
        known = self._whole.lookups.get(name)
        if known is not None:
            return known
        read = _reading(self.rulebook.lookups[name], self.rulebook)

        def run(frame: Frame) -> Found:
            found = frame.found.get(name)
            if found is None:
                found = frame.found[name] = read(frame)
            return found

        self._whole.lookups[name] = run
        return run

    def _prepare(self, node: Struct, meanings: Meanings) -> Anything:
        """The function of a node, made once."""
        run = self._prepared.get(node)
        if run is None:
            run = meanings[type(node)](node, self)
            if self._is_remembered(node):
                run = self.once(run, by_trial=self._whole.asks_somebody(node))
            self._prepared[node] = run
        return run

    def once(self, run: Run[X], *, by_trial: bool) -> Run[X]:
        """The same function, worked out once a frame for all trials, or once for each."""
        key = next(self._whole.places)

        def of_one_trial(frame: Frame) -> X:
            answer = frame.of_this_trial.get(key)
            if answer is None:
                answer = frame.of_this_trial[key] = run(frame)
            return answer

        def of_all_trials(frame: Frame) -> X:
            answer = frame.of_all_trials.get(key)
            if answer is None:
                answer = frame.of_all_trials[key] = run(frame)
            return answer

        return of_one_trial if by_trial else of_all_trials

    def _is_remembered(self, node: Struct) -> bool:
        """Whether a frame remembers what a node says."""
        return self._whole.is_used_again(node)

    @abstractmethod
    def of_truths(self, node: Truthful, rules: Sequence[Run[J]], say: SayOfTruths) -> Run[J]:
        """A truth made of truths."""

    @abstractmethod
    def of_numbers(self, node: Truthful, numbers: Sequence[Run[M]], say: Callable[..., Truth]) -> Run[J]:
        """A truth made of numbers."""

    @abstractmethod
    def counted(self, node: Numeric, numbers: Sequence[Run[M]], say: Callable[..., Range]) -> Run[M]:
        """A number made of numbers."""

    @abstractmethod
    def chosen(self, node: Numeric, test: Run[J], then: Run[M], otherwise: Run[M]) -> Run[M]:
        """One of two numbers. If the test is open, what either could be."""

    @abstractmethod
    def points(self, node: Numeric, number: Run[M], say: SayPoints) -> Run[M]:
        """A number made of a number, or of the choices that were found."""

    @abstractmethod
    def written(self, node: Numeric, value: Range) -> Run[M]:
        """A number written in the rule."""

    @abstractmethod
    def read_number(self, node: Numeric, read: Run[Found], unknown: Range) -> Run[M]:
        """A number as it was found."""

    @abstractmethod
    def read_truth(self, node: Truthful, read: Run[Found], say: SayOfFound) -> Run[J]:
        """A truth about what was found."""

    @abstractmethod
    def happening(self, node: Truthful, lookup: EventLookup) -> Run[J]:
        """Whether something happened."""

    @abstractmethod
    def answered(
        self, node: Truthful, read: Run[Found], only_if: Sequence[Run[J]], shown_with: Sequence[Run[J]]
    ) -> Run[J]:
        """A person's answer. `only_if` decides whether the question arises, `shown_with` is shown while nobody has
        answered."""

    @abstractmethod
    def at_other_times(self, node: AtTime, rule: Run[J], read: Run[Found], shift: int) -> Run[J]:
        """A rule on each day that an anchor may have fallen on, moved by some days."""

    @abstractmethod
    def known(self, node: Truthful, truth: Truth, found: tuple[Found, ...], reasons: tuple[Reason, ...] = ()) -> J:
        """A truth that is the same for every patient."""


class PreparedCriterion(Struct, frozen=True, eq=False):
    """A prepared criterion: what it comes to, and the answers that say why. It is definite only if all its readings
    agree, or by the reading that a site has chosen (1 is the first). `key` is the name under which a record keeps that
    choice."""

    criterion: Criterion
    key: str
    decide: Mapping[int | None, Run[Truth]]
    """By the reading that is chosen; by None if none is."""
    answer: tuple[Run[Judged], ...]


class Holds(Struct, frozen=True):
    """What an answer to a line can hold: kinds of node, and questions."""

    kinds: frozenset[type]
    questions: frozenset[str]


class Program(Engine[Judged, Measured]):
    """A rulebook prepared for evaluating. It holds nothing of any patient, and is safe in threads."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._whole = self
        self._prepared = {}
        self._asks: dict[Struct, bool] = {}
        self._kinds: dict[int, tuple[Struct, frozenset[type]]] = {}
        """By the identity of a node, kept with the node itself: hashing a formula takes longer than walking it."""
        self._holds: dict[str, Holds] = {}
        self.lookups: dict[str, Run[Found]] = {}
        self._lasting = lasting_of(rulebook)
        self._uses = Counter(node for root in roots(rulebook) for node in walk(root))
        self.places = itertools.count()
        """Where engines remember in a frame: each of their nodes has a place of its own."""
        self.decisions = Decisions(self)
        self.trials: dict[str, tuple[PreparedCriterion, ...]] = {
            trial.id: tuple(
                PreparedCriterion(
                    criterion,
                    f"{trial.id}/{criterion.id}",
                    self.decisions.by_reading(criterion),
                    tuple(self.truth(reading.rule) for reading in criterion.readings),
                )
                for criterion in trial.criteria
            )
            for trial in rulebook.trials.values()
        }

    def is_used_again(self, node: Struct) -> bool:
        """Whether a node stands in several places, so that what it says is remembered. A score is worth it anyway."""
        return (self._uses[node] > 1 and not isinstance(node, Number)) or isinstance(node, ScoreOf)

    def of_truths(self, node: Truthful, rules: Sequence[Run[Judged]], say: SayOfTruths) -> Run[Judged]:
        def run(frame: Frame) -> Judged:
            parts = tuple([rule(frame) for rule in rules])
            return Judged(node, say([part.truth for part in parts]), parts)

        return run

    def of_numbers(self, node: Truthful, numbers: Sequence[Run[Measured]], say: Callable[..., Truth]) -> Run[Judged]:
        return _measured(numbers, partial(Judged, node), say)

    def counted(self, node: Numeric, numbers: Sequence[Run[Measured]], say: Callable[..., Range]) -> Run[Measured]:
        return _measured(numbers, partial(Measured, node), say)

    def chosen(self, node: Numeric, test: Run[Judged], then: Run[Measured], otherwise: Run[Measured]) -> Run[Measured]:
        def run(frame: Frame) -> Measured:
            tested = test(frame)
            if tested.truth is UNKNOWN:
                one, other = then(frame), otherwise(frame)
                return Measured(node, ranges.hull((one.range, other.range)), (tested, one, other))
            chosen = then(frame) if tested.truth is TRUE else otherwise(frame)
            return Measured(node, chosen.range, (tested, chosen))

        return run

    def points(self, node: Numeric, number: Run[Measured], say: SayPoints) -> Run[Measured]:
        def run(frame: Frame) -> Measured:
            part = number(frame)
            found = part.parts[0] if part.parts else None
            return Measured(node, say(part.range, found.choices if isinstance(found, Found) else None), (part,))

        return run

    def written(self, node: Numeric, value: Range) -> Run[Measured]:
        measured = Measured(node, value)
        return lambda frame: measured

    def read_number(self, node: Numeric, read: Run[Found], unknown: Range) -> Run[Measured]:
        def run(frame: Frame) -> Measured:
            found = read(frame)
            return Measured(node, found.range if found.range is not None else unknown, (found,))

        return run

    def read_truth(self, node: Truthful, read: Run[Found], say: SayOfFound) -> Run[Judged]:
        def run(frame: Frame) -> Judged:
            found = read(frame)
            truth, reasons = say(found, frame)
            return Judged(node, truth, (found,), reasons)

        return run

    def happening(self, node: Truthful, lookup: EventLookup) -> Run[Judged]:
        read = self.lookup(lookup.name)

        def run(frame: Frame) -> Judged:
            found = read(frame)
            return Judged(node, truth_in(found), (found,))

        return run

    def answered(
        self, node: Truthful, read: Run[Found], only_if: Sequence[Run[Judged]], shown_with: Sequence[Run[Judged]]
    ) -> Run[Judged]:
        asks_alone = not only_if and not shown_with
        unanswered: list[Judged] = []

        def run(frame: Frame) -> Judged:
            found = read(frame)
            if asks_alone and not found.used:
                # Nobody has answered: the same for every patient.
                if not unanswered:
                    unanswered.append(self.known(node, UNKNOWN, (found,)))
                return unanswered[0]
            truth = truth_in(found)
            shown = tuple([each(frame) for each in shown_with]) if truth is UNKNOWN else ()
            return Judged(node, truth, (found, *[each(frame) for each in only_if]), shown=shown)

        return run

    def at_other_times(self, node: AtTime, rule: Run[Judged], read: Run[Found], shift: int) -> Run[Judged]:
        def run(frame: Frame) -> Judged:
            anchor = read(frame)
            days = days_of(anchor, shift)
            if days is None:
                return Judged(node, UNKNOWN, (anchor,), () if anchor.days is None else ("imprecise_date",))
            truth, shown, reasons = in_every_world(rule(frame.at(day)) for day in days)
            return Judged(node, truth, (anchor, *shown), reasons)

        return run

    def known(self, node: Truthful, truth: Truth, found: tuple[Found, ...], reasons: tuple[Reason, ...] = ()) -> Judged:
        judged = Judged(node, truth, found, reasons)
        self._lasting[id(judged)] = Ground(judged)
        return judged

    def kinds_in(self, node: Struct) -> frozenset[type]:
        """The kinds of node that an answer to this one can hold: its own, those of its parts and of what it names, and
        what is shown with a question."""
        known = self._kinds.get(id(node))
        if known is None:
            inside = [*children(node), *refers_to(node, self.rulebook)]
            if isinstance(node, Confirmed) and (shown := self.rulebook.questions[node.question].shown_with) is not None:
                inside.append(shown)
            kinds = frozenset((type(node),)).union(*(self.kinds_in(each) for each in inside))
            known = self._kinds[id(node)] = (node, kinds)
        return known[1]

    def held_by(self, line: PreparedCriterion) -> Holds:
        """What an answer to a line can hold: what it cannot hold need not be looked for."""
        known = self._holds.get(line.key)
        if known is None:
            rules = [reading.rule for reading in line.criterion.readings]
            nodes = [node for rule in rules for node in walk_through(rule, self.rulebook)]
            known = self._holds[line.key] = Holds(
                frozenset[type]().union(*(self.kinds_in(rule) for rule in rules)),
                frozenset(node.question for node in nodes if isinstance(node, Confirmed)),
            )
        return known

    def asks_somebody(self, node: Struct) -> bool:
        """Whether a node depends on a person's answer: itself, or through a score, definition, table or lookup."""
        known = self._asks.get(node)
        if known is None:
            known = self._asks[node] = isinstance(node, Confirmed) or any(
                self.asks_somebody(part) for part in (*children(node), *refers_to(node, self.rulebook))
            )
        return known


class Decisions(Engine[Truth, Range]):
    """A rulebook prepared for deciding alone: no words, no evidence, and no question that no longer matters."""

    def __init__(self, whole: Program) -> None:
        self.rulebook = whole.rulebook
        self._whole = whole
        self._prepared = {}

    def by_reading(self, criterion: Criterion) -> Mapping[int | None, Run[Truth]]:
        """What decides a line, by its chosen reading."""
        decide = [self.truth(reading.rule) for reading in criterion.readings]
        return {None: alike_asked(decide), **dict(enumerate(decide, start=1))}

    def _is_remembered(self, node: Struct) -> bool:
        return super()._is_remembered(node) and type(node) not in _READ_AT_ONCE

    def of_truths(self, node: Truthful, rules: Sequence[Run[Truth]], say: SayOfTruths) -> Run[Truth]:
        if say is not all_of and say is not any_of:
            return lambda frame: say([rule(frame) for rule in rules])
        if len(rules) == 1:
            return rules[0]
        return asked_until(FALSE if say is all_of else TRUE, rules)

    def of_numbers(self, node: Truthful, numbers: Sequence[Run[Range]], say: Callable[..., Truth]) -> Run[Truth]:
        return _applied(numbers, say)

    def counted(self, node: Numeric, numbers: Sequence[Run[Range]], say: Callable[..., Range]) -> Run[Range]:
        return numbers[0] if say is _itself else _applied(numbers, say)

    def chosen(self, node: Numeric, test: Run[Truth], then: Run[Range], otherwise: Run[Range]) -> Run[Range]:
        def run(frame: Frame) -> Range:
            tested = test(frame)
            if tested is UNKNOWN:
                return ranges.hull((then(frame), otherwise(frame)))
            return then(frame) if tested is TRUE else otherwise(frame)

        return run

    def points(self, node: Numeric, number: Run[Range], say: SayPoints) -> Run[Range]:
        of = self.rulebook.tables[node.name].of if isinstance(node, PointsOf) else None
        if isinstance(of, Value):
            read = self.lookup(of.lookup)
            return lambda frame: say(number(frame), read(frame).choices)
        return lambda frame: say(number(frame), None)

    def written(self, node: Numeric, value: Range) -> Run[Range]:
        return lambda frame: value

    def read_number(self, node: Numeric, read: Run[Found], unknown: Range) -> Run[Range]:
        def run(frame: Frame) -> Range:
            found = read(frame).range
            return unknown if found is None else found

        return run

    def read_truth(self, node: Truthful, read: Run[Found], say: SayOfFound) -> Run[Truth]:
        return lambda frame: say(read(frame), frame)[0]

    def happening(self, node: Truthful, lookup: EventLookup) -> Run[Truth]:
        name, scope, asked = lookup.name, lookup.scope, prepared_lookups(self.rulebook)[lookup.name]

        def run(frame: Frame) -> Truth:
            truth = frame.decided.get(name)
            if truth is None:
                found = frame.found.get(name)
                if found is not None:
                    truth = truth_in(found)
                else:
                    truth = happens(asked, stretch_of(scope, frame)[0], frame, judge)
                frame.decided[name] = truth
            return truth

        return run

    def answered(
        self, node: Truthful, read: Run[Found], only_if: Sequence[Run[Truth]], shown_with: Sequence[Run[Truth]]
    ) -> Run[Truth]:
        return lambda frame: truth_in(read(frame))

    def at_other_times(self, node: AtTime, rule: Run[Truth], read: Run[Found], shift: int) -> Run[Truth]:
        def run(frame: Frame) -> Truth:
            days = days_of(read(frame), shift)
            return UNKNOWN if days is None else union(rule(frame.at(day)) for day in days)

        return run

    def known(self, node: Truthful, truth: Truth, found: tuple[Found, ...], reasons: tuple[Reason, ...] = ()) -> Truth:
        return truth


_READ_AT_ONCE = frozenset((Value, IsOneOf, SexIs, Happened, Confirmed))
"""The nodes whose truth or number is remembered already by what they read."""


R = TypeVar("R")


def _measured(
    numbers: Sequence[Run[Measured]],
    answer: Callable[[Anything, tuple[Measured, ...]], R],
    say: Callable[..., Anything],
) -> Run[R]:
    """What is said of one number or of two, with these."""
    if len(numbers) == 1:
        [only] = numbers

        def of_one(frame: Frame) -> R:
            part = only(frame)
            return answer(say(part.range), (part,))

        return of_one
    left, right = numbers

    def of_two(frame: Frame) -> R:
        one, other = left(frame), right(frame)
        return answer(say(one.range, other.range), (one, other))

    return of_two


def _applied(numbers: Sequence[Run[Range]], say: Callable[..., R]) -> Run[R]:
    if len(numbers) == 1:
        [only] = numbers
        return lambda frame: say(only(frame))
    one, other = numbers
    return lambda frame: say(one(frame), other(frame))


def program_of(rulebook: Rulebook) -> Program:
    """The prepared form of a rulebook."""
    return made_once(rulebook, "program", lambda: Program(rulebook))


def judge(rule: Truthful, frame: Frame) -> Judged:
    """The truth of a rule, with everything it was decided from."""
    return program_of(frame.rulebook).truth(rule)(frame)


def decide(rule: Truthful, frame: Frame) -> Truth:
    """The truth of a rule, and no more."""
    return program_of(frame.rulebook).decisions.truth(rule)(frame)


# ---- lookups


def look_up(name: str, frame: Frame) -> Found:
    """What a lookup finds; each is read once a frame."""
    found = frame.found.get(name)
    return program_of(frame.rulebook).lookup(name)(frame) if found is None else found


def _reading(lookup: Lookup, rulebook: Rulebook) -> Run[Found]:
    """The function that reads what a lookup asks for."""
    match lookup:
        case EventLookup(name=name, scope=scope):
            asked = prepared_lookups(rulebook)[name]
            return lambda frame: happened(asked, *stretch_of(scope, frame), frame, judge)
        case ValueLookup(fact=name, scope=scope):
            fact = rulebook.fact(name)
            if scope is None:
                return lambda frame: value_of(lookup, fact, window_of_freshness(lookup, frame), None, frame)
            return lambda frame: value_of(lookup, fact, *stretch_of(scope, frame), frame)
        case ChangeLookup(scope=scope):
            return lambda frame: change_of(lookup, *stretch_of(scope, frame), frame)
        case OnsetLookup():
            return partial(onset_of, lookup)


def truth_in(found: Found) -> Truth:
    return UNKNOWN if found.truth is None else found.truth


def stretch_of(scope: Scope | None, frame: Frame) -> tuple[Stretch | None, Found | None]:
    """The stretch of time that a scope means here, and its anchor; None if the anchor is not known."""
    if scope is None:
        return up_to(frame.day), None
    if scope.anchor == "clock":
        known = frame.stretches.get(id(scope))
        if known is None:
            stretch = stretch_around(scope, frame.day, frame.day, frame.day)
            known = frame.stretches[id(scope)] = (scope, stretch)
        return known[1], None
    if scope.anchor == "its onset":
        onset = frame.own_onset
        if onset is None:
            raise AssertionError("`its onset` stands outside an episode")
        return stretch_around(scope, onset.first_day, onset.last_day, frame.day), None
    anchor = look_up(scope.anchor, frame)
    if anchor.days is None:
        return None, anchor
    return stretch_around(scope, *anchor.days, frame.day), anchor


# ---- numbers


def _number(node: Number, engine: Engine[J, M]) -> Run[M]:
    """A number as written, in the canonical unit."""
    return engine.written(node, exactly(node.value))


def _value(node: Value, engine: Engine[J, M]) -> Run[M]:
    """What a lookup of a lab, a grade or a change yields."""
    return engine.read_number(node, engine.lookup(node.lookup), ranges.EVERYTHING)


def _age(node: Age, engine: Engine[J, M]) -> Run[M]:
    """Completed years at the clock, from a birth date that may be known only in part, or from a stated age."""
    return engine.read_number(node, _age_of, UNKNOWN_AGE)


UNKNOWN_AGE = Range(0, OLDEST_AGE)
"""Completed years that a person of unknown birth date may have."""


def _age_of(frame: Frame) -> Found:
    patient = frame.patient
    if patient.birth is not None:
        given = Given("birth_date", patient.birth.text, "birth_date")
        oldest = completed_years(patient.birth.first_day, frame.day)
        youngest = completed_years(min(patient.birth.last_day, frame.day), frame.day)
    elif patient.age_years is not None:
        given = Given("age_years", str(patient.age_years), "age_years")
        stated_on = frame.as_of if patient.as_of is None else patient.as_of
        years = completed_years(min(frame.day, stated_on), max(frame.day, stated_on))
        youngest = oldest = patient.age_years
        if frame.day > stated_on:
            youngest, oldest = youngest + years, oldest + years + 1
        elif frame.day < stated_on:
            youngest, oldest = youngest - years - 1, oldest - years
    elif patient.impossible_age is not None:
        given = Given("birth_date", patient.impossible_age, "birth_date")
        return Found("age", range=UNKNOWN_AGE, used=(given,), reasons=("impossible",), may_lack=True)
    else:
        return Found("age", range=UNKNOWN_AGE, reasons=("missing",), may_lack=True)
    whole = Range(max(youngest, 0), max(oldest, 0))
    return Found("age", range=whole, used=(given,), reasons=() if whole.is_exact else ("imprecise_date",))


def _score(node: ScoreOf, engine: Engine[J, M]) -> Run[M]:
    """A score's formula."""
    return engine.counted(node, [engine.number(engine.rulebook.scores[node.name].expression)], _itself)


def _itself(value: R) -> R:
    return value


def _in_unit(node: InUnit, engine: Engine[J, M]) -> Run[M]:
    """The bare number of a quantity in a unit."""
    factor = node.factor
    return engine.counted(node, [engine.number(node.of)], lambda quantity: ranges.scaled(quantity, factor))


def _arithmetic(node: Arithmetic, engine: Engine[J, M]) -> Run[M]:
    """Sum, difference, product or quotient of two ranges, taken as independent."""
    return engine.counted(node, [engine.number(node.left), engine.number(node.right)], ranges.ARITHMETIC[node.operator])


def _function(node: Function, engine: Engine[J, M]) -> Run[M]:
    """`ln`, `exp`, `sqrt`, and `round` with a half going up."""
    return engine.counted(node, [engine.number(node.of)], ranges.FUNCTIONS[node.name])


def _bounded(node: Bounded, engine: Engine[J, M]) -> Run[M]:
    """`floored at`, `capped at`."""
    floor, cap = node.floor, node.cap
    return engine.counted(node, [engine.number(node.of)], lambda number: ranges.bounded(number, floor, cap))


def _points(node: PointsOf, engine: Engine[J, M]) -> Run[M]:
    """The points of every row of a table that the input may fall into."""
    table = engine.rulebook.tables[node.name]
    by_number = [(cell.numbers.range, cell.points) for cell in table.cells if cell.numbers is not None]
    by_choice = [(frozenset(cell.choices), cell.points) for cell in table.cells if cell.numbers is None]

    is_equal = ranges.COMPARED["="]

    def earned(number: Range, choices: frozenset[str] | None) -> Range:
        if choices is not None:
            points = [points for cell, points in by_choice if not choices.isdisjoint(cell)]
        else:
            points = [points for cell, points in by_number if is_equal(cell, number) is not FALSE]
        return Range(min(points), max(points), undefined=number.undefined) if points else ranges.UNDEFINED

    return engine.points(node, engine.number(table.of), earned)


def _choose(node: Choose, engine: Engine[J, M]) -> Run[M]:
    """`if … then … else …`; where the test is not settled, both branches are possible."""
    return engine.chosen(node, engine.truth(node.test), engine.number(node.then), engine.number(node.otherwise))


# ---- truths


def _compare(node: Compare, engine: Engine[J, M]) -> Run[J]:
    """TRUE if it holds for every possible value, FALSE if for none."""
    numbers = [engine.number(node.left), engine.number(node.right)]
    return engine.of_numbers(node, numbers, ranges.COMPARED[node.operator])


def _between(node: Between, engine: Engine[J, M]) -> Run[J]:
    """Both limits included."""
    low, high = node.low.value, node.high.value
    return engine.of_numbers(node, [engine.number(node.of)], lambda number: ranges.is_between(number, low, high))


def _against_limit(node: AgainstLimit, engine: Engine[J, M]) -> Run[J]:
    """A result against a multiple of its own limit of normal."""
    name, times = node.lookup, Fraction(node.times)
    lookup = engine.rulebook.lookups[name]
    if not isinstance(lookup, ValueLookup):
        raise AssertionError(f"{name} is no result")
    lab = engine.rulebook.labs[lookup.fact]
    in_use = {sex: limits_in_use(lab, node.which, times, sex) for sex in (*get_args(Sex), None)}

    def say(found: Found, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
        truth, lacks_limit = against_limit(found, node, times, in_use[frame.patient.sex], lab)
        return truth, ("missing",) if lacks_limit else ()

    return engine.read_truth(node, engine.lookup(name), say)


def _is_one_of(node: IsOneOf, engine: Engine[J, M]) -> Run[J]:
    """Whether a finding is one of these choices."""
    wanted = frozenset(node.choices)

    def say(found: Found, frame: Frame) -> tuple[Truth, tuple[Reason, ...]]:
        if found.choices is None:
            return UNKNOWN, ()
        return FALSE if wanted.isdisjoint(found.choices) else TRUE if found.choices <= wanted else UNKNOWN, ()

    return engine.read_truth(node, engine.lookup(node.lookup), say)


def _sex_is(node: SexIs, engine: Engine[J, M]) -> Run[J]:
    """The sex on record."""

    def read(frame: Frame) -> Found:
        sex = frame.patient.sex
        if sex is None:
            return Found("sex", truth=UNKNOWN, reasons=("missing",), may_lack=True)
        return Found("sex", truth=truth_of(sex == node.sex), used=(Given("sex", sex, "sex"),))

    return engine.read_truth(node, read, lambda found, frame: (truth_in(found), ()))


def _happened(node: Happened, engine: Engine[J, M]) -> Run[J]:
    """What happened, holds or is planned.

    Most of what protocols ask about is never mentioned in a record. What is answered then depends on the record's lists
    alone, and each such answer is made once for all patients.
    """
    lookup = engine.rulebook.lookups[node.lookup]
    if not isinstance(lookup, EventLookup):
        raise AssertionError(f"{node.lookup} is not about an event")
    run = engine.happening(node, lookup)
    asked = prepared_lookups(engine.rulebook)[lookup.name]
    names, kinds = frozenset(asked.names), asked.kinds
    scope = lookup.scope
    up_to_the_clock = scope is None or (scope.anchor == "clock" and not scope.excludes_anchor)
    if not up_to_the_clock or any(each.hangs_on_more_than_lists for each in kinds):
        return run
    answers: dict[tuple[Given | Reason, ...], J] = {}

    def answered(said: tuple[Given | Reason, ...]) -> J:
        answer = answers.get(said)
        if answer is None:
            found = unmentioned(asked, said)
            answer = answers[said] = engine.known(node, truth_in(found), (found,))
        return answer

    entries, at_once = lookup.list, all(each.is_denied_at_once for each in kinds)
    missing = answered(tuple(["missing" for _ in kinds]))
    declared = answered((on_complete_list(entries, assumed=False),) * len(kinds))

    def run_unless_unmentioned(frame: Frame) -> J:
        if not names.isdisjoint(frame.concerned):
            return run(frame)
        patient = frame.patient
        if entries not in frame.complete and entries not in patient.none_known_on:
            return missing
        if at_once and entries in patient.complete and (patient.as_of is None or frame.day <= patient.as_of):
            return declared
        return answered(said_by_list(asked, frame))

    return run_unless_unmentioned


def _confirmed(node: Confirmed, engine: Engine[J, M]) -> Run[J]:
    """A person's answer, unknown without one. `asked only if` decides who is asked, and `shown with` what is shown
    meanwhile; neither changes the answer."""
    question = engine.rulebook.questions[node.question]
    only_if = [] if question.only_if is None else [engine.truth(question.only_if)]
    shown_with = [] if question.shown_with is None else [engine.truth(question.shown_with)]
    waits: Reason = "consent" if question.gives_consent else "judgement"
    unanswered = Found(question.name, truth=UNKNOWN, reasons=(waits,), may_lack=True)

    def read(frame: Frame) -> Found:
        answer = answer_to(question.name, frame)
        if answer is None or answer.value is None:
            return unanswered
        if question.holds_for is not None:
            held_since = day_shifted(frame.as_of, question.holds_for, -1)
            if answered_on(answer, frame).first_day < held_since:
                return Found(question.name, truth=UNKNOWN, used=(answer,), reasons=("stale", waits), may_lack=True)
        overtakes = question.shown_with if answer.value is False or question.asked_again else None
        if overtakes is not None and (since := what_came_after(answer, overtakes, frame)):
            return Found(question.name, truth=UNKNOWN, used=(answer, *since), reasons=("stale", waits), may_lack=True)
        return Found(question.name, truth=truth_of(answer.value), used=(answer,))

    read_once = read if question.shown_with is None else engine.once(read, by_trial=True)
    return engine.answered(node, read_once, only_if, shown_with)


def answer_to(question: str, frame: Frame) -> Answer | None:
    """The answer given for this trial, or else the one given for all trials. An answer of a later day is not seen."""
    answers = frame.patient.answers
    if not answers:
        return None
    for key in (f"{frame.trial}/{question}", question):
        answer = answers.get(key)
        if answer is not None and (answer.when is None or answer.when.first_day <= frame.as_of):
            return answer
    return None


def answered_on(answer: Answer, frame: Frame) -> Moment:
    """When somebody answered. An answer without a date is of the record's own day, or, if the record has none, of the
    day of screening."""
    if answer.when is not None:
        return answer.when
    own_day = frame.patient.as_of
    return on_day(frame.as_of if own_day is None else min(own_day, frame.as_of))


def what_came_after(answer: Answer, shown_with: Truthful, frame: Frame) -> tuple[Fact | Given, ...]:
    """What is shown with a question and came after somebody answered it: of that the answer says nothing.

    On 20 February somebody answered that the patient can move about. An entry says quadriplegia since 10 March.
    """
    day = answered_on(answer, frame).last_day
    if day >= frame.as_of or decide(shown_with, frame) is not TRUE:
        return ()
    used = [fact for leaf in leaves(judge(shown_with, frame)) for fact in leaf.used]
    begun = [each for each in used if isinstance(each, Episode) and standing_of(each, frame).start.first_day > day]
    if begun or decide(shown_with, frame.at(day)) is TRUE:
        return tuple(begun)
    return tuple(used)


def was_confirmed(question: str, frame: Frame) -> bool:
    """Whether a person answered yes, in whatever way that counts."""
    answer = answer_to(question, frame)
    return answer is not None and answer.value is True


def _meets(node: Meets, engine: Engine[J, M]) -> Run[J]:
    """A definition."""
    return engine.of_truths(node, [engine.truth(engine.rulebook.definitions[node.name].rule)], all_of)


def _not(node: Not, engine: Engine[J, M]) -> Run[J]:
    """Kleene's `not`."""
    return engine.of_truths(node, [engine.truth(node.of)], lambda truths: negation(all_of(truths)))


def _all(node: All, engine: Engine[J, M]) -> Run[J]:
    """Kleene's `and`."""
    return engine.of_truths(node, [engine.truth(each) for each in node.of], all_of)


def _any(node: Any, engine: Engine[J, M]) -> Run[J]:
    """Kleene's `or`."""
    return engine.of_truths(node, [engine.truth(each) for each in node.of], any_of)


def _at_least(node: AtLeast, engine: Engine[J, M]) -> Run[J]:
    """At least a number of these."""
    count = node.count
    return engine.of_truths(node, [engine.truth(each) for each in node.of], lambda truths: at_least(count, truths))


def _at_time(node: AtTime, engine: Engine[J, M]) -> Run[J]:
    """A rule evaluated at another instant, or at each day of a range if that is all that is known."""
    shift = -1 if node.relation == "before" else 0
    return engine.at_other_times(node, engine.truth(node.of), engine.lookup(node.anchor), shift)


def days_of(anchor: Found, shift: int) -> range | None:
    """The days on which an anchor may have fallen, moved by some days; None if they settle nothing."""
    if anchor.days is None or anchor.days[1] - anchor.days[0] > MOST_DAYS_OPEN:
        return None
    first, last = anchor.days
    return range(first + shift, last + shift + 1)


def _untranslated(node: Untranslated, engine: Engine[J, M]) -> Run[J]:
    """Nobody has written the rule yet."""
    judged = engine.known(node, UNKNOWN, (), ("untranslated",))
    return lambda frame: judged


_TRUTHS: Meanings = {
    Compare: _compare,
    Between: _between,
    AgainstLimit: _against_limit,
    IsOneOf: _is_one_of,
    SexIs: _sex_is,
    Happened: _happened,
    Confirmed: _confirmed,
    Meets: _meets,
    Not: _not,
    All: _all,
    Any: _any,
    AtLeast: _at_least,
    AtTime: _at_time,
    Untranslated: _untranslated,
}
_NUMBERS: Meanings = {
    Number: _number,
    Value: _value,
    Age: _age,
    ScoreOf: _score,
    InUnit: _in_unit,
    Arithmetic: _arithmetic,
    Function: _function,
    Bounded: _bounded,
    PointsOf: _points,
    Choose: _choose,
}
