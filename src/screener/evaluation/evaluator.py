"""Deciding expressions: one function for each node of the rulebook, its meaning in the docstring.

A number is the range of what it could be and a truth one of TRUE, FALSE, UNKNOWN (`values/`). Nothing is skipped once
the outcome is settled: every part is evaluated, so that an answer can show all that it rests on.

A rulebook is prepared once. Each function here takes a node and gives a function of a frame, whose parts are already
prepared. A node that stands in several places is evaluated once a frame, and remembered; what hangs on a person's
answer is remembered for one trial only, because each trial asks for itself.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any as Anything

from msgspec import Struct

from screener.evaluation.answers import Found, Given, Judged, Measured, Reason
from screener.evaluation.episodes import deniable, happened, not_on_list, not_on_record, onset_of
from screener.evaluation.frame import Frame
from screener.evaluation.instants import MOST_DAYS_OPEN, Stretch, stretch_around, up_to
from screener.evaluation.results import against_limit, change_of, value_of, window_of_freshness
from screener.records.patient import Answer
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
    Concept,
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
    SexIs,
    Truthful,
    Untranslated,
    Value,
    ValueLookup,
)
from screener.rulebook_walk import children, refers_to, roots, walk
from screener.values import ranges
from screener.values.dates import OLDEST_AGE, completed_years, day_shifted
from screener.values.ranges import Range, exactly
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, at_least, negation, truth_of, union

Decide = Callable[[Frame], Judged]
Measure = Callable[[Frame], Measured]


class Reads(Struct, frozen=True):
    """The lookups that a node hangs on, by name, and `age`: those read in the frame that it is evaluated in, and those
    read in another one, beside an episode or at another clock."""

    here: frozenset[str]
    elsewhere: frozenset[str]


class Program:
    """A rulebook prepared for evaluating. It holds nothing of any patient, and is safe in threads."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._prepared: dict[Struct, Callable[[Frame], Anything]] = {}
        self._asks: dict[Struct, bool] = {}
        self._reads: dict[int, tuple[Struct, Reads]] = {}
        """By the identity of a node, which is kept beside it: to hash a formula takes longer than to walk it."""
        self._shown: dict[str, frozenset[str]] = {}
        self._uses = Counter(node for root in roots(rulebook) for node in walk(root))
        self.trials: dict[str, tuple[tuple[Criterion, str, tuple[Decide, ...]], ...]] = {
            trial.id: tuple(
                (
                    criterion,
                    f"{trial.id}/{criterion.id}",
                    tuple(self.truth(reading.rule) for reading in criterion.readings),
                )
                for criterion in trial.criteria
            )
            for trial in rulebook.trials.values()
        }

    def truth(self, node: Truthful) -> Decide:
        """The function that decides a node."""
        decide: Decide = self._prepare(node, _TRUTHS)
        return decide

    def number(self, node: Numeric) -> Measure:
        """The function that measures a node."""
        measure: Measure = self._prepare(node, _NUMBERS)
        return measure

    def _prepare(self, node: Struct, meanings: dict[type, Callable[[Anything, Program], Anything]]) -> Anything:
        run = self._prepared.get(node)
        if run is None:
            run = meanings[type(node)](node, self)
            if self._uses[node] > 1 and not isinstance(node, Number):
                run = _remembered(len(self._prepared), run, by_trial=self._asks_somebody(node))
            self._prepared[node] = run
        return run

    def reads(self, node: Struct) -> Reads:
        """The lookups that a node hangs on: itself, or by way of a score, definition or table."""
        known = self._reads.get(id(node))
        if known is None:
            known = self._reads[id(node)] = (node, self._reads_of(node))
        return known[1]

    def shown_by(self, fact: str) -> frozenset[str]:
        """The concepts that a result of a lab or finding may say something about."""
        known = self._shown.get(fact)
        if known is None:
            related: set[str] = set()
            for concept in self.rulebook.concepts.values():
                if any(sign.fact == fact for sign in concept.signs):
                    related.update((concept.name, *concept.narrower, *concept.broader))
            known = self._shown[fact] = frozenset(related)
        return known

    def _reads_of(self, node: Struct) -> Reads:
        inside = [self.reads(part) for part in (*children(node), *refers_to(node, self.rulebook))]
        elsewhere = frozenset[str]().union(*(each.elsewhere for each in inside))
        here = frozenset[str]().union(*(each.here for each in inside))
        match node:
            case AtTime(anchor=name) | Happened(lookup=name):  # beside an episode, or at another clock
                return Reads(frozenset((name,)), here | elsewhere)
            case Value(lookup=name) | AgainstLimit(lookup=name) | IsOneOf(lookup=name):
                return Reads(here | {name}, elsewhere)
            case Age():
                return Reads(here | {"age"}, elsewhere)
            case _:
                return Reads(here, elsewhere)

    def _asks_somebody(self, node: Struct) -> bool:
        """Whether a node hangs on a person's answer: itself, or by way of a score, definition, table or lookup."""
        known = self._asks.get(node)
        if known is None:
            known = self._asks[node] = isinstance(node, Confirmed) or any(
                self._asks_somebody(part) for part in (*children(node), *refers_to(node, self.rulebook))
            )
        return known


class Residue(Program):
    """A rulebook prepared for one patient, to ask about other values of a few lookups, or of the age: whatever does not
    read these is put in as it was measured, and only the rest is evaluated again, by the same functions.

    It holds the patient's numbers: for one question, and then to be dropped. `asked` names the lookups (or `age`) whose
    values are asked about. A frame that it is run with must have looked none of them up yet.
    """

    def __init__(self, frame: Frame, asked: frozenset[str]) -> None:
        self.rulebook = frame.rulebook
        self._whole = program_of(frame.rulebook)
        self._frame = frame
        self._asked = asked

    def _prepare(self, node: Struct, meanings: dict[type, Callable[[Anything, Program], Anything]]) -> Anything:
        if not self.reads_asked(node):
            answer = self._whole._prepare(node, meanings)(self._frame)
            return lambda frame: answer
        if isinstance(node, AtTime):  # at another clock nothing is as it was measured here
            return self._whole._prepare(node, meanings)
        return meanings[type(node)](node, self)

    def reads_asked(self, node: Struct) -> bool:
        """Whether a node hangs on what is asked about: itself, or by way of a score, definition, table or lookup."""
        reads = self._whole.reads(node)
        return not (self._asked.isdisjoint(reads.here) and self._asked.isdisjoint(reads.elsewhere))


Point = frozenset[tuple[int, int]]
"""Things that are known, each by a number of its own, with the number of what it is known to be."""


class Suppositions(Program):
    """A rulebook prepared to be asked about many records of one patient that differ in a few things: every node
    remembers what it said where the same of the things that it reads were known, so that a new combination is only put
    together. The functions that it gives take a `Point` in place of a frame.

    `reads_things` tells which things a node can hang on, and `frame_with` the record in which some of them are known.
    `at_once` may know what happened without making that record: it is given the answer as it stands. The whole holds
    the patient's numbers, and is to be dropped with the question.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        reads_things: Callable[[Struct], frozenset[int]],
        frame_with: Callable[[Point], Frame],
        at_once: Callable[[Found, Point], Truth | None],
    ) -> None:
        self.rulebook = rulebook
        self._at_once = at_once
        self._whole = program_of(rulebook)
        self.reads_things = reads_things
        self._frame_with = frame_with
        self._answers: dict[int, tuple[Struct, Callable[[Point], Anything]]] = {}

    def truth_with(self, node: Truthful) -> Callable[[Point], Judged]:
        """The function that decides a node with some things known."""
        decide: Callable[[Point], Judged] = self._prepare(node, _TRUTHS)
        return decide

    def _prepare(self, node: Struct, meanings: dict[type, Callable[[Anything, Program], Anything]]) -> Anything:
        known = self._answers.get(id(node))
        if known is None:
            known = self._answers[id(node)] = (node, self._with_memory(node, meanings))
        return known[1]

    def _with_memory(self, node: Struct, meanings: dict[type, Callable[[Anything, Program], Anything]]) -> Anything:
        things, frame_with = self.reads_things(node), self._frame_with
        if not things:
            always = self._whole._prepare(node, meanings)(frame_with(frozenset()))
            return lambda point: always
        run: Callable[[Anything], Anything]
        if isinstance(node, Happened):
            run = self._unless_at_once(node, self._whole.truth(node))
        elif isinstance(node, _READING):
            in_frame = self._whole._prepare(node, meanings)

            def run(point: Anything) -> Anything:
                return in_frame(frame_with(point))
        else:
            run = meanings[type(node)](node, self)
        answers: dict[Point, Anything] = {}

        def remembered(point: Point) -> Anything:
            here = point
            for known in point:
                if known[0] not in things:
                    here = frozenset([each for each in point if each[0] in things])
                    break
            answer = answers.get(here)
            if answer is None:
                answer = answers[here] = run(here)
            return answer

        return remembered

    def _unless_at_once(self, node: Happened, in_frame: Decide) -> Callable[[Anything], Judged]:
        frame_with, at_once = self._frame_with, self._at_once
        (found,) = in_frame(frame_with(frozenset())).parts

        def run(point: Anything) -> Judged:
            truth = at_once(found, point) if isinstance(found, Found) and found.truth is UNKNOWN else None
            return in_frame(frame_with(point)) if truth is None else Judged(node, truth, (found,))

        return run


_READING = (Value, Age, AgainstLimit, IsOneOf, SexIs, Happened, Confirmed, AtTime)
"""The nodes that read a frame themselves; all others are made of what their parts say."""


def _remembered(key: int, run: Callable[[Frame], Anything], *, by_trial: bool) -> Callable[[Frame], Anything]:
    def of_one_trial(frame: Frame) -> Anything:
        answer = frame.of_this_trial.get(key)
        if answer is None:
            answer = frame.of_this_trial[key] = run(frame)
        return answer

    def of_all_trials(frame: Frame) -> Anything:
        answer = frame.of_all_trials.get(key)
        if answer is None:
            answer = frame.of_all_trials[key] = run(frame)
        return answer

    return of_one_trial if by_trial else of_all_trials


_PROGRAMS: dict[int, Program] = {}


def program_of(rulebook: Rulebook) -> Program:
    """The prepared form of a rulebook; made once, and dropped with it."""
    program = _PROGRAMS.get(id(rulebook))
    if program is None:
        program = _PROGRAMS[id(rulebook)] = Program(rulebook)
        weakref.finalize(rulebook, _PROGRAMS.pop, id(rulebook), None)
    return program


def judge(rule: Truthful, frame: Frame) -> Judged:
    """The truth of a rule, with everything it was decided from."""
    return program_of(frame.rulebook).truth(rule)(frame)


# ---- lookups


def look_up(name: str, frame: Frame) -> Found:
    """What a lookup finds; each is read once a frame."""
    found = frame.found.get(name)
    if found is None:
        found = frame.found[name] = _read(frame.rulebook.lookups[name], frame)
    return found


def _read(lookup: Lookup, frame: Frame) -> Found:
    match lookup:
        case EventLookup():
            stretch, anchor = stretch_of(lookup.scope, frame)
            return happened(lookup, stretch, anchor, frame, judge)
        case ValueLookup(scope=None):
            return value_of(lookup, window_of_freshness(lookup, frame), None, frame)
        case ValueLookup():
            stretch, anchor = stretch_of(lookup.scope, frame)
            return value_of(lookup, stretch, anchor, frame)
        case ChangeLookup():
            stretch, anchor = stretch_of(lookup.scope, frame)
            return change_of(lookup, stretch, anchor, frame)
        case OnsetLookup():
            return onset_of(lookup, frame)


def stretch_of(scope: Scope | None, frame: Frame) -> tuple[Stretch | None, Found | None]:
    """The stretch of time that a scope means here, and the anchor it hangs on; None if the anchor is not known."""
    if scope is None:
        return up_to(frame.day), None
    if scope.anchor == "clock":
        stretch = frame.stretches.get(scope)
        if stretch is None:
            stretch = frame.stretches[scope] = stretch_around(scope, frame.day, frame.day, frame.day)
        return stretch, None
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


def _number(node: Number, program: Program) -> Measure:
    """A number as written, in the canonical unit."""
    measured = Measured(node, exactly(node.value))
    return lambda frame: measured


def _value(node: Value, program: Program) -> Measure:
    """What a lookup of a lab, a grade or a change yields."""
    lookup = node.lookup

    def run(frame: Frame) -> Measured:
        found = look_up(lookup, frame)
        return Measured(node, found.range if found.range is not None else ranges.EVERYTHING, (found,))

    return run


def _age(node: Age, program: Program) -> Measure:
    """Completed years at the clock, from a birth date that may be known only in part, or from a stated age."""

    def run(frame: Frame) -> Measured:
        found = _age_of(frame)
        return Measured(node, found.range or UNKNOWN_AGE, (found,))

    return run


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


def _score(node: ScoreOf, program: Program) -> Measure:
    """A score's formula."""
    formula = program.number(program.rulebook.scores[node.name].expression)

    def run(frame: Frame) -> Measured:
        part = formula(frame)
        return Measured(node, part.range, (part,))

    return run


def _in_unit(node: InUnit, program: Program) -> Measure:
    """The bare number of a quantity in a unit."""
    quantity, factor = program.number(node.of), node.factor

    def run(frame: Frame) -> Measured:
        part = quantity(frame)
        return Measured(node, ranges.scaled(part.range, factor), (part,))

    return run


_ARITHMETIC = {"+": ranges.add, "-": ranges.subtract, "*": ranges.multiply, "/": ranges.divide}
_FUNCTIONS = {
    "ln": ranges.logarithm,
    "exp": ranges.exponential,
    "sqrt": ranges.square_root,
    "round": ranges.round_half_up,
}


def _arithmetic(node: Arithmetic, program: Program) -> Measure:
    """Sum, difference, product or quotient of two ranges, taken as independent."""
    left, right, operate = program.number(node.left), program.number(node.right), _ARITHMETIC[node.operator]

    def run(frame: Frame) -> Measured:
        one, other = left(frame), right(frame)
        return Measured(node, operate(one.range, other.range), (one, other))

    return run


def _function(node: Function, program: Program) -> Measure:
    """`ln`, `exp`, `sqrt`, and `round` with a half going up."""
    argument, apply = program.number(node.of), _FUNCTIONS[node.name]

    def run(frame: Frame) -> Measured:
        part = argument(frame)
        return Measured(node, apply(part.range), (part,))

    return run


def _bounded(node: Bounded, program: Program) -> Measure:
    """`floored at`, `capped at`."""
    number, floor, cap = program.number(node.of), node.floor, node.cap

    def run(frame: Frame) -> Measured:
        part = number(frame)
        return Measured(node, ranges.bounded(part.range, floor, cap), (part,))

    return run


def _points(node: PointsOf, program: Program) -> Measure:
    """The points of every row of a table that the input may fall into."""
    table = program.rulebook.tables[node.name]
    number = program.number(table.of)
    by_number = [(cell.numbers.range, cell.points) for cell in table.cells if cell.numbers is not None]
    by_choice = [(frozenset(cell.choices), cell.points) for cell in table.cells if cell.numbers is None]

    def run(frame: Frame) -> Measured:
        part = number(frame)
        found = part.parts[0] if part.parts else None
        if isinstance(found, Found) and found.choices is not None:
            choices = found.choices
            earned = [points for cell, points in by_choice if not choices.isdisjoint(cell)]
        else:
            earned = [points for cell, points in by_number if ranges.compare(cell, "=", part.range) is not FALSE]
        if not earned:
            return Measured(node, ranges.UNDEFINED, (part,))
        return Measured(node, Range(min(earned), max(earned), undefined=part.range.undefined), (part,))

    return run


def _choose(node: Choose, program: Program) -> Measure:
    """`if … then … else …`; where the test is not settled, both branches are possible."""
    test, then, otherwise = program.truth(node.test), program.number(node.then), program.number(node.otherwise)

    def run(frame: Frame) -> Measured:
        tested = test(frame)
        if tested.truth is UNKNOWN:
            one, other = then(frame), otherwise(frame)
            return Measured(node, ranges.hull((one.range, other.range)), (tested, one, other))
        chosen = then(frame) if tested.truth is TRUE else otherwise(frame)
        return Measured(node, chosen.range, (tested, chosen))

    return run


# ---- truths


def _compare(node: Compare, program: Program) -> Decide:
    """TRUE if it holds for every possible value, FALSE if for none."""
    left, right, operator = program.number(node.left), program.number(node.right), node.operator

    def run(frame: Frame) -> Judged:
        one, other = left(frame), right(frame)
        return Judged(node, ranges.compare(one.range, operator, other.range), (one, other))

    return run


def _between(node: Between, program: Program) -> Decide:
    """Both limits included."""
    number, low, high = program.number(node.of), node.low.value, node.high.value

    def run(frame: Frame) -> Judged:
        part = number(frame)
        return Judged(node, ranges.is_between(part.range, low, high), (part,))

    return run


def _against_limit(node: AgainstLimit, program: Program) -> Decide:
    """A result against a multiple of its own limit of normal."""

    def run(frame: Frame) -> Judged:
        found = look_up(node.lookup, frame)
        truth, lacks_limit = against_limit(found, node.operator, node.times, node.which, frame)
        return Judged(node, truth, (found,), ("missing",) if lacks_limit else ())

    return run


def _is_one_of(node: IsOneOf, program: Program) -> Decide:
    """Whether a finding is one of these choices."""
    wanted = frozenset(node.choices)

    def run(frame: Frame) -> Judged:
        found = look_up(node.lookup, frame)
        if found.choices is None:
            return Judged(node, UNKNOWN, (found,))
        truth = FALSE if wanted.isdisjoint(found.choices) else TRUE if found.choices <= wanted else UNKNOWN
        return Judged(node, truth, (found,))

    return run


def _sex_is(node: SexIs, program: Program) -> Decide:
    """The sex on record."""

    def run(frame: Frame) -> Judged:
        sex = frame.patient.sex
        if sex is None:
            return Judged(node, UNKNOWN, (Found("sex", truth=UNKNOWN, reasons=("missing",), may_lack=True),))
        truth = truth_of(sex == node.sex)
        return Judged(node, truth, (Found("sex", truth=truth, used=(Given("sex", sex, "sex"),)),))

    return run


def _happened(node: Happened, program: Program) -> Decide:
    """What happened, holds or is planned.

    Most of what protocols ask about is never mentioned in a record. What is answered then is prepared here, once.
    """
    lookup = program.rulebook.lookups[node.lookup]
    if not isinstance(lookup, EventLookup):
        raise AssertionError(f"{node.lookup} is not about an event")

    def run(frame: Frame) -> Judged:
        found = look_up(lookup.name, frame)
        return Judged(node, UNKNOWN if found.truth is None else found.truth, (found,))

    asked = frozenset(what.concept for what in lookup.what)
    anchored = lookup.scope is not None and lookup.scope.anchor != "clock"
    concepts = [program.rulebook.concepts[name] for name in asked]
    if anchored or any(each.only_if is not None or each.ruled_out is not None for each in concepts):
        return run
    if not all(_list_denies_at_once(each, program.rulebook) for each in concepts):
        return run
    missing = Judged(node, UNKNOWN, (not_on_record(lookup),))
    declared = Judged(node, FALSE, (not_on_list(lookup, assumed=False),))
    assumed = Judged(node, FALSE, (not_on_list(lookup, assumed=True),))
    entries = lookup.list

    def run_unless_unmentioned(frame: Frame) -> Judged:
        if not asked.isdisjoint(frame.concerned):
            return run(frame)
        if entries in frame.patient.none_known_on:
            return run(frame)
        if entries not in frame.patient.complete:
            return assumed if entries in frame.assumed else missing
        own_day = frame.patient.as_of
        return declared if own_day is None or frame.day <= own_day else run(frame)

    return run_unless_unmentioned


def _list_denies_at_once(concept: Concept, rulebook: Rulebook) -> bool:
    """Whether a complete list denies the concept without anything else at hand."""
    return any(not each.denied_with for each in deniable(concept, rulebook))


def _confirmed(node: Confirmed, program: Program) -> Decide:
    """A person's answer; without one it is unknown. `asked only if` decides who is asked, and `shown with` what is
    shown then, not what the answer is."""
    question = program.rulebook.questions[node.question]
    only_if = () if question.only_if is None else (program.truth(question.only_if),)
    shown_with = () if question.shown_with is None else (program.truth(question.shown_with),)
    waits: Reason = "consent" if question.gives_consent else "judgement"
    unanswered = Found(question.name, truth=UNKNOWN, reasons=(waits,), may_lack=True)

    def run(frame: Frame) -> Judged:
        parts = tuple([each(frame) for each in only_if])
        answer = answer_to(question.name, frame)
        if answer is None or answer.value is None:
            return Judged(node, UNKNOWN, (unanswered, *parts), shown=tuple([each(frame) for each in shown_with]))
        if question.holds_for is not None and answer.when is not None:
            held_since = day_shifted(frame.as_of, question.holds_for, -1)
            if answer.when.first_day < held_since:
                stale = Found(question.name, truth=UNKNOWN, used=(answer,), reasons=("stale", waits), may_lack=True)
                return Judged(node, UNKNOWN, (stale, *parts), shown=tuple([each(frame) for each in shown_with]))
        truth = truth_of(answer.value)
        return Judged(node, truth, (Found(question.name, truth=truth, used=(answer,)), *parts))

    return run


def answer_to(question: str, frame: Frame) -> Answer | None:
    """The answer given for this trial, or else the one given for every trial; one of a later day is not seen."""
    answers = frame.patient.answers
    for key in (f"{frame.trial}/{question}", question):
        answer = answers.get(key)
        if answer is not None and (answer.when is None or answer.when.first_day <= frame.as_of):
            return answer
    return None


def _meets(node: Meets, program: Program) -> Decide:
    """A definition."""
    rule = program.truth(program.rulebook.definitions[node.name].rule)

    def run(frame: Frame) -> Judged:
        part = rule(frame)
        return Judged(node, part.truth, (part,))

    return run


def _not(node: Not, program: Program) -> Decide:
    """Kleene's `not`."""
    rule = program.truth(node.of)

    def run(frame: Frame) -> Judged:
        part = rule(frame)
        return Judged(node, negation(part.truth), (part,))

    return run


def _all(node: All, program: Program) -> Decide:
    """Kleene's `and`."""
    rules = [program.truth(each) for each in node.of]

    def run(frame: Frame) -> Judged:
        parts = tuple([rule(frame) for rule in rules])
        return Judged(node, all_of([part.truth for part in parts]), parts)

    return run


def _any(node: Any, program: Program) -> Decide:
    """Kleene's `or`."""
    rules = [program.truth(each) for each in node.of]

    def run(frame: Frame) -> Judged:
        parts = tuple([rule(frame) for rule in rules])
        return Judged(node, any_of([part.truth for part in parts]), parts)

    return run


def _at_least(node: AtLeast, program: Program) -> Decide:
    """At least so many of these."""
    rules = [program.truth(each) for each in node.of]

    def run(frame: Frame) -> Judged:
        parts = tuple([rule(frame) for rule in rules])
        return Judged(node, at_least(node.count, [part.truth for part in parts]), parts)

    return run


def together(node: Truthful, truths: list[Truth]) -> Truth:
    """What the truths of its parts say of a node that is made of nothing else."""
    match node:
        case All():
            return all_of(truths)
        case Any():
            return any_of(truths)
        case AtLeast():
            return at_least(node.count, truths)
        case Not():
            return negation(truths[0])
        case Meets():
            return truths[0]
        case _:
            raise AssertionError(f"{type(node).__name__} is made of more than truths")


def _at_time(node: AtTime, program: Program) -> Decide:
    """A rule evaluated at another instant; where that is known only as a range of days, at each of them."""
    rule = program.truth(node.of)
    shift = -1 if node.relation == "before" else 0

    def run(frame: Frame) -> Judged:
        anchor = look_up(node.anchor, frame)
        if anchor.days is None:
            return Judged(node, UNKNOWN, (anchor,))
        first, last = anchor.days
        if last - first > MOST_DAYS_OPEN:
            return Judged(node, UNKNOWN, (anchor,), ("imprecise_date",))
        worlds: list[Judged] = []
        for day in range(first + shift, last + shift + 1):
            worlds.append(rule(frame.at(day)))
            if worlds[-1].truth is UNKNOWN or worlds[-1].truth is not worlds[0].truth:
                break
        truth = union(world.truth for world in worlds)
        differ = truth is UNKNOWN and worlds[-1].truth is not UNKNOWN
        shown = (worlds[0], worlds[-1]) if differ else (worlds[-1],)
        return Judged(node, truth, (anchor, *shown), ("imprecise_date",) if differ else ())

    return run


def _untranslated(node: Untranslated, program: Program) -> Decide:
    """Nobody has written the rule yet."""
    judged = Judged(node, UNKNOWN, reasons=("untranslated",))
    return lambda frame: judged


_TRUTHS: dict[type, Callable[[Anything, Program], Decide]] = {
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
_NUMBERS: dict[type, Callable[[Anything, Program], Measure]] = {
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


def truth_of_readings(judged: tuple[Judged, ...]) -> Truth:
    """What several readings of one text say together: definite only where they agree."""
    return union([each.truth for each in judged])
