"""Deciding expressions: one function for each node of the rulebook, its meaning in the docstring.

A number is the range of what it could be and a truth one of TRUE, FALSE, UNKNOWN (`values/`). Nothing is skipped once
the outcome is settled: every part is evaluated, so that an answer can show all that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from screener.evaluation.answers import Found, Given, Judged, Measured, Reason
from screener.evaluation.episodes import happened, onset_of
from screener.evaluation.frame import Frame
from screener.evaluation.instants import Stretch, stretch_around, up_to
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
    Confirmed,
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
    Scope,
    ScoreOf,
    SexIs,
    Truthful,
    Untranslated,
    Value,
    ValueLookup,
)
from screener.values import ranges
from screener.values.dates import completed_years, day_shifted
from screener.values.ranges import Range, exactly
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, at_least, negation, truth_of, union

WIDEST_ANCHOR = 400
"""An anchor that may lie on any of more days than this settles nothing; the rule is not tried on each."""

OLDEST = 120
"""Completed years that a person of unknown birth date may have."""


def judge(rule: Truthful, frame: Frame) -> Judged:
    """The truth of a rule, with everything it was decided from."""
    return _JUDGE[type(rule)](rule, frame)


def measure(number: Numeric, frame: Frame) -> Measured:
    """The range of a number, with everything it was computed from."""
    return _MEASURE[type(number)](number, frame)


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
            stretch, anchor = _stretch(lookup.scope, frame)
            return happened(lookup, stretch, anchor, frame, judge)
        case ValueLookup(scope=None):
            return value_of(lookup, window_of_freshness(lookup, frame), None, frame)
        case ValueLookup():
            stretch, anchor = _stretch(lookup.scope, frame)
            return value_of(lookup, stretch, anchor, frame)
        case ChangeLookup():
            stretch, anchor = _stretch(lookup.scope, frame)
            return change_of(lookup, stretch, anchor, frame)
        case OnsetLookup():
            return onset_of(lookup, frame)


def _stretch(scope: Scope | None, frame: Frame) -> tuple[Stretch | None, Found | None]:
    """The stretch of time that a scope means here, and the anchor it hangs on; None if the anchor is not known."""
    if scope is None:
        return up_to(frame.day), None
    if scope.anchor == "clock":
        return stretch_around(scope, frame.day, frame.day, frame.day), None
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


def _number(node: Number, frame: Frame) -> Measured:
    """A number as written, in the canonical unit."""
    return Measured(node, exactly(node.value))


def _value(node: Value, frame: Frame) -> Measured:
    """What a lookup of a lab, a grade or a change yields."""
    found = look_up(node.lookup, frame)
    return Measured(node, found.range if found.range is not None else ranges.EVERYTHING, (found,))


def _age(node: Age, frame: Frame) -> Measured:
    """Completed years at the clock, from a birth date that may be known only in part, or from a stated age."""
    patient = frame.patient
    if patient.birth is not None:
        given = Given("birth_date", patient.birth.text, "birth_date")
        oldest = completed_years(patient.birth.first_day, frame.day)
        youngest = completed_years(min(patient.birth.last_day, frame.day), frame.day)
    elif patient.age_years is not None:
        given = Given("age_years", str(patient.age_years), "age_years")
        stated_on = frame.as_of if patient.as_of is None else patient.as_of
        oldest = youngest = patient.age_years
        if frame.day != stated_on:
            earlier = frame.day < stated_on
            years = completed_years(*((frame.day, stated_on) if earlier else (stated_on, frame.day)))
            youngest, oldest = (
                (youngest - years - 1, oldest - years) if earlier else (youngest + years, oldest + years + 1)
            )
    else:
        unknown = Found("age", range=Range(0, OLDEST), reasons=("missing",), may_lack=True)
        return Measured(node, Range(0, OLDEST), (unknown,))
    whole = Range(max(youngest, 0), max(oldest, 0))
    reasons: tuple[Reason, ...] = () if whole.is_exact else ("imprecise_date",)
    return Measured(node, whole, (Found("age", range=whole, used=(given,), reasons=reasons),))


def _score(node: ScoreOf, frame: Frame) -> Measured:
    """A score's formula; worked out once a trial."""
    known = frame.meanings.get(node.name)
    if not isinstance(known, Measured):
        inner = measure(frame.rulebook.scores[node.name].expression, frame)
        known = frame.meanings[node.name] = Measured(node, inner.range, (inner,))
    return known


def _in_unit(node: InUnit, frame: Frame) -> Measured:
    """The bare number of a quantity in a unit."""
    part = measure(node.of, frame)
    return Measured(node, ranges.multiply(part.range, exactly(node.factor)), (part,))


_ARITHMETIC = {"+": ranges.add, "-": ranges.subtract, "*": ranges.multiply, "/": ranges.divide}
_FUNCTIONS = {
    "ln": ranges.logarithm,
    "exp": ranges.exponential,
    "sqrt": ranges.square_root,
    "round": ranges.round_half_up,
}


def _arithmetic(node: Arithmetic, frame: Frame) -> Measured:
    """Sum, difference, product or quotient of two ranges, taken as independent."""
    left, right = measure(node.left, frame), measure(node.right, frame)
    return Measured(node, _ARITHMETIC[node.operator](left.range, right.range), (left, right))


def _function(node: Function, frame: Frame) -> Measured:
    """`ln`, `exp`, `sqrt`, and `round` with a half going up."""
    part = measure(node.of, frame)
    return Measured(node, _FUNCTIONS[node.name](part.range), (part,))


def _bounded(node: Bounded, frame: Frame) -> Measured:
    """`floored at`, `capped at`."""
    part = measure(node.of, frame)
    return Measured(node, ranges.bounded(part.range, node.floor, node.cap), (part,))


def _points(node: PointsOf, frame: Frame) -> Measured:
    """The points of every row of a table that the input may fall into."""
    table = frame.rulebook.tables[node.name]
    part = measure(table.of, frame)
    found = part.parts[0] if part.parts else None
    if isinstance(found, Found) and found.choices is not None:
        earned = [cell.points for cell in table.cells if not found.choices.isdisjoint(cell.choices)]
    else:
        earned = [
            cell.points for cell in table.cells if cell.numbers is not None and _meet(cell.numbers.range, part.range)
        ]
    undefined = part.range.undefined
    if not earned:
        return Measured(node, ranges.UNDEFINED, (part,))
    return Measured(node, Range(min(earned), max(earned), undefined=undefined), (part,))


def _meet(one: Range, other: Range) -> bool:
    """Whether two ranges have a number in common."""
    return ranges.compare(one, "=", other) is not FALSE


def _choose(node: Choose, frame: Frame) -> Measured:
    """`if … then … else …`; where the test is not settled, both branches are possible."""
    test = judge(node.test, frame)
    then, otherwise = measure(node.then, frame), measure(node.otherwise, frame)
    if test.truth is UNKNOWN:
        return Measured(node, ranges.hull((then.range, otherwise.range)), (test, then, otherwise))
    chosen = then if test.truth is TRUE else otherwise
    return Measured(node, chosen.range, (test, chosen))


# ---- truths


def _compare(node: Compare, frame: Frame) -> Judged:
    """TRUE if it holds for every possible value, FALSE if for none."""
    left, right = measure(node.left, frame), measure(node.right, frame)
    return Judged(node, ranges.compare(left.range, node.operator, right.range), (left, right))


def _between(node: Between, frame: Frame) -> Judged:
    """Both limits included."""
    part = measure(node.of, frame)
    return Judged(node, ranges.is_between(part.range, node.low.value, node.high.value), (part,))


def _against_limit(node: AgainstLimit, frame: Frame) -> Judged:
    """A result against a multiple of its own limit of normal."""
    found = look_up(node.lookup, frame)
    truth, lacks_limit = against_limit(found, node.operator, node.times, node.which, frame)
    return Judged(node, truth, (found,), ("missing",) if lacks_limit else ())


def _is_one_of(node: IsOneOf, frame: Frame) -> Judged:
    """Whether a finding is one of these choices."""
    found = look_up(node.lookup, frame)
    wanted = frozenset(node.choices)
    if found.choices is None or not (found.choices & wanted):
        truth = UNKNOWN if found.choices is None else FALSE
    else:
        truth = TRUE if found.choices <= wanted else UNKNOWN
    return Judged(node, truth, (found,))


def _sex_is(node: SexIs, frame: Frame) -> Judged:
    """The sex on record."""
    sex = frame.patient.sex
    if sex is None:
        return Judged(node, UNKNOWN, (Found("sex", truth=UNKNOWN, reasons=("missing",), may_lack=True),))
    truth = truth_of(sex == node.sex)
    return Judged(node, truth, (Found("sex", truth=truth, used=(Given("sex", sex, "sex"),)),))


def _happened(node: Happened, frame: Frame) -> Judged:
    """What happened, holds or is planned."""
    found = look_up(node.lookup, frame)
    return Judged(node, UNKNOWN if found.truth is None else found.truth, (found,))


def _confirmed(node: Confirmed, frame: Frame) -> Judged:
    """A person's answer; without one it is unknown, unless the question does not arise."""
    question = frame.rulebook.questions[node.question]
    parts: tuple[Judged, ...] = ()
    if question.only_if is not None:
        arises = judge(question.only_if, frame)
        parts = (arises,)
        if arises.truth is FALSE:
            return Judged(node, FALSE, parts)
    waits: Reason = "consent" if question.gives_consent else "judgement"
    answer = answer_to(node.question, frame)
    if answer is None or answer.value is None:
        return Judged(node, UNKNOWN, (Found(node.question, truth=UNKNOWN, reasons=(waits,), may_lack=True), *parts))
    if question.holds_for is not None and answer.when is not None:
        held_since = day_shifted(frame.as_of, question.holds_for, -1)
        if answer.when.first_day < held_since:
            stale = Found(node.question, truth=UNKNOWN, used=(answer,), reasons=("stale", waits), may_lack=True)
            return Judged(node, UNKNOWN, (stale, *parts))
    truth = truth_of(answer.value)
    return Judged(node, truth, (Found(node.question, truth=truth, used=(answer,)), *parts))


def answer_to(question: str, frame: Frame) -> Answer | None:
    """The answer given for this trial, or else the one given for every trial."""
    answers = frame.patient.answers
    return answers.get(f"{frame.trial}/{question}") or answers.get(question)


def _meets(node: Meets, frame: Frame) -> Judged:
    """A definition; decided once a trial."""
    known = frame.meanings.get(node.name)
    if not isinstance(known, Judged):
        inner = judge(frame.rulebook.definitions[node.name].rule, frame)
        known = frame.meanings[node.name] = Judged(node, inner.truth, (inner,))
    return known


def _not(node: Not, frame: Frame) -> Judged:
    """Kleene's `not`."""
    part = judge(node.of, frame)
    return Judged(node, negation(part.truth), (part,))


def _all(node: All, frame: Frame) -> Judged:
    """Kleene's `and`."""
    parts = tuple([_JUDGE[type(each)](each, frame) for each in node.of])
    return Judged(node, all_of([part.truth for part in parts]), parts)


def _any(node: Any, frame: Frame) -> Judged:
    """Kleene's `or`."""
    parts = tuple([_JUDGE[type(each)](each, frame) for each in node.of])
    return Judged(node, any_of([part.truth for part in parts]), parts)


def _at_least(node: AtLeast, frame: Frame) -> Judged:
    """At least so many of these."""
    parts = tuple([_JUDGE[type(each)](each, frame) for each in node.of])
    return Judged(node, at_least(node.count, [part.truth for part in parts]), parts)


def _at_time(node: AtTime, frame: Frame) -> Judged:
    """A rule evaluated at another instant; where that is known only as a range of days, at each of them."""
    anchor = look_up(node.anchor, frame)
    if anchor.days is None:
        return Judged(node, UNKNOWN, (anchor,))
    first, last = anchor.days
    if last - first >= WIDEST_ANCHOR:
        return Judged(node, UNKNOWN, (anchor,), ("imprecise_date",))
    shift = -1 if node.relation == "before" else 0
    worlds: list[Judged] = []
    for day in range(first + shift, last + shift + 1):
        worlds.append(judge(node.of, frame.at(day)))
        if worlds[-1].truth is UNKNOWN or worlds[-1].truth is not worlds[0].truth:
            break
    truth = union(world.truth for world in worlds)
    differ = truth is UNKNOWN and worlds[-1].truth is not UNKNOWN
    shown = (worlds[0], worlds[-1]) if differ else (worlds[-1],)
    return Judged(node, truth, (anchor, *shown), ("imprecise_date",) if differ else ())


def _untranslated(node: Untranslated, frame: Frame) -> Judged:
    """Nobody has written the rule yet."""
    return Judged(node, UNKNOWN, reasons=("untranslated",))


_JUDGE: dict[type, Callable[[Anything, Frame], Judged]] = {
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
_MEASURE: dict[type, Callable[[Anything, Frame], Measured]] = {
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


def truth_of_readings(judged: list[Judged]) -> Truth:
    """What several readings of one text say together: definite only where they agree."""
    return union(each.truth for each in judged)
