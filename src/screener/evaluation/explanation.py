"""Putting an answer into words, for the nurse who reads it. Read off the answer; nothing is computed again."""

from __future__ import annotations

import math

from screener.evaluation.answers import Found, Given, Judged, Measured, Reason
from screener.evaluation.grounds import Part, deciding, lowered, reasons
from screener.records.patient import Absence, Answer, Episode, Result
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
    Finding,
    Function,
    Happened,
    InUnit,
    IsOneOf,
    Meets,
    Not,
    Number,
    Numeric,
    PointsOf,
    Rulebook,
    ScoreOf,
    SexIs,
    Untranslated,
    Value,
    ValueLookup,
)
from screener.values.dates import day_text
from screener.values.ranges import Range
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

WHY: dict[Reason, str] = {
    "missing": "not on record",
    "stale": "the last result is too old",
    "undated": "the record gives no date",
    "unit": "the result has no usable unit",
    "impossible": "the result on record cannot be",
    "censored": "the result is known only as a limit",
    "imprecise_date": "the date is known only in part",
    "conflict": "the record contradicts itself",
    "partial_score": "inputs of the score are missing",
    "ambiguous": "the text can be read in two ways that differ here",
    "unspecific": "the record does not say which kind",
    "judgement": "a person has to answer",
    "consent": "the participant has to answer",
    "untranslated": "the line has not been translated into a rule yet",
}


def explain(answer: Judged, rulebook: Rulebook) -> str:
    """One sentence, or a few joined by semicolons, that say what an answer rests on."""
    words = _truth_in_words(answer, rulebook)
    return words[:1].upper() + words[1:]


def number_text(number: float) -> str:
    """A number as people write it: no trailing zeros, at most four significant decimals."""
    if math.isinf(number):
        return "no limit" if number > 0 else "no lower limit"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.4g}" if abs(number) < 1000 else f"{number:.1f}"


def score_text(number: float) -> str:
    """A score: whole where it is whole, else with two decimals."""
    return str(int(number)) if math.isfinite(number) and number == int(number) else f"{number:.2f}"


def _truth_in_words(answer: Part, rulebook: Rulebook) -> str:
    if not isinstance(answer, Judged):
        raise TypeError("only a truth is put into words")
    node = answer.node
    match node:
        case Compare() | Between() | AgainstLimit():
            return _comparison(answer, rulebook)
        case IsOneOf():
            return _category(answer, node, rulebook)
        case SexIs():
            found = answer.parts[0]
            known = isinstance(found, Found) and found.used
            return (
                f"sex is {node.sex if answer.truth is TRUE else 'not ' + node.sex}" if known else "sex is not on record"
            )
        case Happened():
            found = answer.parts[0]
            return _event(found, rulebook) if isinstance(found, Found) else ""
        case Confirmed():
            return _person(answer, node, rulebook)
        case Meets():
            return _definition(answer, node, rulebook)
        case Not():
            return _truth_in_words(answer.parts[0], rulebook)
        case All() | Any() | AtLeast():
            return "; ".join(dict.fromkeys(_truth_in_words(part, rulebook) for part in deciding(answer)))
        case AtTime():
            return _moved_clock(answer, node, rulebook)
        case Untranslated():
            return WHY["untranslated"]


# ---- numbers against limits

_HOLDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "exactly"}
_FAILS = {"<": "not below", "<=": "above", ">": "not above", ">=": "below", "=": "not"}


def _comparison(answer: Judged, rulebook: Rulebook) -> str:
    operator: str
    match answer.node:
        case Compare(operator=operator, right=right):
            limit = _written(right, rulebook)
            measured = answer.parts[0]
        case Between(low=low, high=high):
            operator, limit = "between", f"{low.text} and {high.text}"
            measured = answer.parts[0]
        case AgainstLimit(operator=operator, times=times, which=which):
            factor = "" if times == "1" else f"{times} x "
            limit = f"{factor}the {which} limit of normal"
            measured = answer.parts[0]
        case _:
            raise AssertionError("not a comparison")
    amount = _amount(measured, rulebook)
    own = _own_limit(answer)
    if answer.truth is UNKNOWN:
        why = _why(reasons(answer))
        return f"{amount}, so whether it is {_HOLDS.get(operator, operator)} {limit}{own} is open{why}"
    if operator == "between":
        return f"{amount}, {'' if answer.truth is TRUE else 'not '}between {limit}"
    return f"{amount}, {(_HOLDS if answer.truth is TRUE else _FAILS)[operator]} {limit}{own}"


def _own_limit(answer: Judged) -> str:
    found = answer.parts[0]
    if not isinstance(answer.node, AgainstLimit) or not isinstance(found, Found):
        return ""
    limits = [
        limit
        for fact in found.used
        if isinstance(fact, Result)
        for limit in (fact.upper_limit if answer.node.which == "upper" else fact.lower_limit,)
        if limit is not None
    ]
    return f" ({number_text(float(limits[0]))})" if len(limits) == 1 else ""


def _why(why: tuple[Reason, ...]) -> str:
    told = [WHY[reason] for reason in why if reason != "partial_score"]
    return f" ({', '.join(told)})" if told else ""


def _amount(part: Part, rulebook: Rulebook) -> str:
    """What a number is: `total bilirubin is 210 umol/L on 2026-02-18`."""
    if isinstance(part, Found):
        return _looked_up(part, rulebook)
    if isinstance(part, Judged):
        raise TypeError("a truth is not an amount")
    match part.node:
        case Value():
            found = part.parts[0]
            if isinstance(found, Found):
                return _looked_up(found, rulebook)
        case Age():
            if part.range.is_exact:
                return f"age is {number_text(part.range.low)} years"
            found = part.parts[0]
            if isinstance(found, Found) and not found.used:
                return "age is not on record"
            return f"age is {_span(part.range)} years"
        case ScoreOf(name=name):
            title = rulebook.scores[name].title
            if part.range.undefined:
                return f"{title} cannot be computed"
            if part.range.is_exact:
                return f"{title} is {score_text(part.range.low)}"
            return f"{title} is between {score_text(part.range.low)} and {score_text(part.range.high)}"
        case InUnit():
            return _amount(part.parts[0], rulebook)
    return f"{_written(part.node, rulebook)} is {_span(part.range)}"


def _span(value: Range) -> str:
    if value.is_exact:
        return number_text(value.low)
    if value.undefined:
        return "undefined"
    return f"between {number_text(value.low)} and {number_text(value.high)}"


def _looked_up(found: Found, rulebook: Rulebook) -> str:
    lookup = found.lookup
    fact = rulebook.fact(found.subject)
    title = lowered(fact.title)
    if isinstance(lookup, ChangeLookup):
        return _changed(found, lookup, title)
    scope = f" {lookup.scope.text}" if isinstance(lookup, ValueLookup) and lookup.scope is not None else ""
    pick = f"{lookup.pick} " if isinstance(lookup, ValueLookup) and lookup.pick != "latest" else ""
    results = [each for each in found.used if isinstance(each, Result)]
    if not results:
        stale = [each for each in found.set_aside if isinstance(each, Result)]
        if found.used and isinstance(fact, Finding):
            return f"{title} counts as {_graded(found)}: {_said(found.used[0], rulebook)}"
        if stale:
            return f"{pick}{title}{scope} is not known: the last result, {_as_recorded(stale[-1])}, is too old"
        return f"{pick}{title}{scope} is not on record"
    told = " or ".join(_as_recorded(each) for each in results[:4])
    problem = next((each.problem for each in results if each.problem), None)
    return f"{pick}{title}{scope} is {told}" + (f" ({problem})" if problem else "")


def _graded(found: Found) -> str:
    if found.range is not None:
        return _span(found.range)
    return " or ".join(sorted(found.choices or ()))


def _changed(found: Found, lookup: ChangeLookup, title: str) -> str:
    what = f"{lookup.change} in {title} {lookup.scope.text}"
    if found.range is None or found.may_lack:
        count = len(found.used)
        return f"{what} is not known: {count} usable result{'' if count == 1 else 's'} where two are needed"
    unit = " %" if lookup.change.startswith("relative") else ""
    told = " to ".join(_as_recorded(each) for each in found.used if isinstance(each, Result))
    return f"{what} is {_span(found.range)}{unit} ({told})"


def _as_recorded(result: Result) -> str:
    unit = f" {result.recorded_unit}" if result.recorded_unit else ""
    when = f" on {result.when.text}" if result.when is not None else " (undated)" if not result.is_current else ""
    return f"{result.recorded_value}{unit}{when}"


def _written(node: Numeric, rulebook: Rulebook) -> str:
    """A number or formula as people write it."""
    match node:
        case Number():
            return node.text
        case Value():
            lookup = rulebook.lookups[node.lookup]
            return lookup.name.removeprefix("latest ")
        case Age():
            return "age"
        case ScoreOf():
            return rulebook.scores[node.name].title
        case InUnit():
            return f"{_written(node.of, rulebook)} in {node.unit}"
        case Arithmetic():
            sign = {"*": "×", "/": "/"}.get(node.operator, node.operator)
            left, right = _written(node.left, rulebook), _written(node.right, rulebook)
            if node.operator in "*/":
                left = f"({left})" if isinstance(node.left, Arithmetic) and node.left.operator in "+-" else left
                right = f"({right})" if isinstance(node.right, Arithmetic) else right
            return f"{left} {sign} {right}"
        case Function():
            return f"{node.name}({_written(node.of, rulebook)})"
        case Bounded():
            floor = "" if node.floor is None else f" floored at {number_text(node.floor)}"
            cap = "" if node.cap is None else f" capped at {number_text(node.cap)}"
            return f"{_written(node.of, rulebook)}{floor}{cap}"
        case PointsOf():
            return rulebook.tables[node.name].title
        case Choose():
            return f"{_written(node.then, rulebook)} or {_written(node.otherwise, rulebook)}"


# ---- findings, events, people


def _category(answer: Judged, node: IsOneOf, rulebook: Rulebook) -> str:
    found = answer.parts[0]
    if not isinstance(found, Found):
        raise TypeError("a category is looked up")
    wanted = " or ".join(node.choices)
    amount = _looked_up(found, rulebook)
    if answer.truth is UNKNOWN:
        return f"{amount}, so whether it is {wanted} is open{_why(reasons(answer))}"
    return f"{amount}, {'' if answer.truth is TRUE else 'not '}{wanted}"


def _event(found: Found, rulebook: Rulebook) -> str:
    lookup = found.lookup
    if not isinstance(lookup, EventLookup):
        raise TypeError("an event is looked up")
    asked = _asked(lookup, rulebook)
    shown = "; ".join(_said(fact, rulebook) for fact in found.used[:4])
    match found.truth:
        case Truth.TRUE:
            return f"{asked}: {shown}"
        case Truth.FALSE:
            return f"no {asked}" + (f": {shown}" if shown else "")
        case _:
            if found.anchor is not None and found.anchor.reasons:
                return f"{asked}: not known, because its anchor in time is not ({WHY[found.anchor.reasons[0]]})"
            told = [WHY[reason] for reason in found.reasons]
            return f"{asked}: not known" + (f" ({', '.join(told)})" if told else "") + (f"; {shown}" if shown else "")


def _asked(lookup: EventLookup, rulebook: Rulebook) -> str:
    names = [
        " ".join([*what.qualifiers, *what.stages, lowered(rulebook.concepts[what.concept].title)])
        for what in lookup.what
    ]
    what = names[0] if len(names) == 1 else "any of " + ", ".join(names)
    scope = f" {lookup.scope.text}" if lookup.scope is not None else ""
    times = "" if lookup.times == 1 else f" at least {lookup.times} times"
    spared = [
        " ".join([*each.qualifiers, lowered(rulebook.concepts[each.concept].title)]) for each in lookup.exceptions
    ]
    exceptions = f", except {' or '.join(spared)}" if spared else ""
    return f"{lookup.verb} {what}{times}{scope}{exceptions}"


def _said(fact: object, rulebook: Rulebook) -> str:
    """A fact as the record states it."""
    match fact:
        case Result():
            return f"{lowered(rulebook.fact(fact.fact).title)} {_as_recorded(fact)}"
        case Episode():
            title = lowered(rulebook.concepts[fact.concept].title)
            details = [
                *([fact.severity] if fact.severity else []),
                *([f"stage {fact.stage}"] if fact.stage else []),
                *(["controlled" if fact.controlled else "not controlled"] if fact.controlled is not None else []),
                *([fact.status] if fact.status else []),
                *([f"from {fact.start.text}"] if fact.start is not None and fact.start.text else []),
                *([f"to {fact.end.text}"] if fact.end is not None and fact.end.text and fact.end != fact.start else []),
                *([] if fact.start is not None else ["undated"]),
            ]
            return f"{title} ({', '.join(details)})"
        case Absence():
            when = f" on {fact.when.text}" if fact.when is not None else ""
            return f"{lowered(rulebook.concepts[fact.concept].title)} recorded absent{when}"
        case Given(name="sex"):
            return f"sex is {fact.value}"
        case Given():
            return f"{fact.name.replace('_', ' ')} {fact.value}"
        case Answer():
            return _answer(fact)
        case _:
            raise TypeError("not a fact of the record")


def _answer(answer: Answer) -> str:
    by = f" by {answer.by}" if answer.by else ""
    when = f" on {answer.when.text}" if answer.when is not None else ""
    return f"answered {'yes' if answer.value else 'no'}{by}{when}"


def _person(answer: Judged, node: Confirmed, rulebook: Rulebook) -> str:
    question = rulebook.questions[node.question]
    found = answer.parts[0]
    if isinstance(found, Judged):
        return f"“{question.title}” does not arise: {_truth_in_words(found, rulebook)}"
    given = [each for each in found.used if isinstance(each, Answer)] if isinstance(found, Found) else []
    if answer.truth is UNKNOWN:
        old = f" again: {_answer(given[0])}, which is too long ago" if given else ""
        return f"the {question.asked_of} has to answer{old}: “{question.title}”"
    return f"“{question.title}” was {_answer(given[0])}" if given else f"“{question.title}”"


def _definition(answer: Judged, node: Meets, rulebook: Rulebook) -> str:
    title = rulebook.definitions[node.name].title
    says = {TRUE: "is met", FALSE: "is not met", UNKNOWN: "is open"}[answer.truth]
    return f"{title} {says}: {_truth_in_words(answer.parts[0], rulebook)}"


def _moved_clock(answer: Judged, node: AtTime, rulebook: Rulebook) -> str:
    anchor = answer.parts[0]
    if not isinstance(anchor, Found):
        raise TypeError("the clock is moved to an anchor")
    title = lowered(rulebook.concepts[anchor.subject].title)
    if anchor.days is None:
        return f"{node.relation} the onset of {title}: not known when that was ({WHY[anchor.reasons[0]]})"
    first, last = anchor.days
    when = day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"
    inner = [_truth_in_words(part, rulebook) for part in answer.parts[1:] if isinstance(part, Judged)]
    return f"{node.relation} the onset of {title} ({when}): {'; or '.join(dict.fromkeys(inner))}"


def terms(measured: Measured, rulebook: Rulebook) -> list[tuple[str, Range]]:
    """The terms of a score's sum, each as written and with the range of what it is."""
    return _terms(measured.parts[0], rulebook)


def _terms(part: Part, rulebook: Rulebook) -> list[tuple[str, Range]]:
    if not isinstance(part, Measured):
        return []
    match part.node:
        case Arithmetic(operator="+"):
            return [term for each in part.parts for term in _terms(each, rulebook)]
        case Function(name="round") | Bounded():
            inner = _terms(part.parts[0], rulebook)
            return inner if len(inner) > 1 else [(_written(part.node, rulebook), part.range)]
        case _:
            return [(_written(part.node, rulebook), part.range)]
