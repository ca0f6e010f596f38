"""Which labs the trials look at, and the limits that they compare them and their scores with. Read off the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal
from weakref import WeakKeyDictionary

from msgspec import Struct

from screener.evaluation.evaluator import Program, program_of
from screener.evaluation.explanation import number_text
from screener.rulebook import (
    AgainstLimit,
    Between,
    Choose,
    Compare,
    Criterion,
    EventLookup,
    Happened,
    Limits,
    Meets,
    Number,
    PointsOf,
    Rulebook,
    ScoreOf,
    Sign,
    Trial,
    Value,
)
from screener.values.ranges import TURNED, Comparison

SIGNS: dict[Comparison, str] = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "="}


class Limit(Struct, frozen=True):
    """A limit that lines of trials hold a lab to.

    `text` is the comparison as the rule has it (`≥ 12 mg/dL`). `value` is its number in the canonical unit; None for a
    multiple (`times`) of the upper or lower limit of normal that came with each result.
    """

    text: str
    value: float | None = None
    times: float | None = None
    which: Literal["upper", "lower"] | None = None


class Held(Struct, frozen=True):
    """A limit, and the lines that use it, each with its trial."""

    limit: Limit
    lines: tuple[tuple[str, str], ...]


def limits_of_labs(trials: Iterable[Trial], rulebook: Rulebook) -> Mapping[str, tuple[Held, ...]]:
    """Every lab that these trials look at, with its limits; a lab that only scores or changes use has none.

    A limit inside a score's formula is not one of a trial, and is left out. Worked out once for a rulebook.
    """
    those = list(trials)
    known, key = _OF_LABS.setdefault(program_of(rulebook), {}), tuple(trial.id for trial in those)
    if key not in known:
        known[key] = _limits_of_labs(those, rulebook)
    return known[key]


_OF_LABS: WeakKeyDictionary[Program, dict[tuple[str, ...], Mapping[str, tuple[Held, ...]]]] = WeakKeyDictionary()


def _limits_of_labs(trials: Iterable[Trial], rulebook: Rulebook) -> Mapping[str, tuple[Held, ...]]:
    gathered: dict[str, dict[Limit, dict[tuple[str, str], None]]] = {}
    for trial in trials:
        for criterion in trial.criteria:
            for lab, limit in _looked_at(criterion, rulebook):
                lines = gathered.setdefault(lab, {})
                if limit is not None:
                    lines.setdefault(limit, {})[trial.id, criterion.id] = None
    return {
        lab: tuple(Held(limit, tuple(lines)) for limit, lines in gathered[lab].items())
        for lab in rulebook.labs
        if lab in gathered
    }


def limits_of_score(trial: str, line: str, score: str, rulebook: Rulebook) -> tuple[str, ...]:
    """What a line of a trial compares a score with: `< 7.4`, `17 to 30`. Worked out once for a rulebook."""
    known, key = _OF_SCORES.setdefault(program_of(rulebook), {}), (trial, line, score)
    if key not in known:
        criterion = next(each for each in rulebook.trials[trial].criteria if each.id == line)
        known[key] = tuple(_limits_of_score(criterion, score, rulebook))
    return known[key]


_OF_SCORES: WeakKeyDictionary[Program, dict[tuple[str, str, str], tuple[str, ...]]] = WeakKeyDictionary()


def _limits_of_score(criterion: Criterion, score: str, rulebook: Rulebook) -> Iterable[str]:
    found: dict[str, None] = {}
    for node, is_inside_score in _nodes(criterion, rulebook):
        match node:
            case Compare(left=ScoreOf(name=name), operator=operator, right=Number(text=text)) if not is_inside_score:
                if name == score:
                    found[f"{SIGNS[operator]} {text}"] = None
            case Between(of=ScoreOf(name=name), low=low, high=high) if name == score and not is_inside_score:
                found[f"{low.text} to {high.text}"] = None
    return found


def _looked_at(criterion: Criterion, rulebook: Rulebook) -> Iterator[tuple[str, Limit | None]]:
    """The labs that a line looks at, each as often as it does, with the limit that it is held to there."""
    for node, is_inside_score in _nodes(criterion, rulebook):
        for lookup, limit in _compared(node):
            fact = getattr(rulebook.lookups[lookup], "fact", None)
            if fact in rulebook.labs:
                yield fact, None if is_inside_score else limit
        if isinstance(node, Happened):
            for sign in _signs(rulebook.lookups[node.lookup], rulebook):
                if sign.fact in rulebook.labs:
                    unit = rulebook.labs[sign.fact].unit
                    for limit in _limits_of_sign(sign.numbers, "" if unit == "1" else f" {unit}"):
                        yield sign.fact, limit


def _compared(node: Struct) -> Iterator[tuple[str, Limit | None]]:
    """The lookups that stand in a node itself, with what they are compared with."""
    match node:
        case Compare(left=Value(lookup=lookup), operator=operator, right=Number() as number):
            yield lookup, Limit(f"{SIGNS[operator]} {number.text}", number.value)
        case Compare(left=Number() as number, operator=operator, right=Value(lookup=lookup)):
            yield lookup, Limit(f"{SIGNS[TURNED[operator]]} {number.text}", number.value)
        case Between(of=Value(lookup=lookup), low=low, high=high):
            yield lookup, Limit(f"≥ {low.text}", low.value)
            yield lookup, Limit(f"≤ {high.text}", high.value)
        case AgainstLimit(lookup=lookup, operator=operator, times=times, which=which):
            top, _, bottom = times.partition("/")
            factor = float(top) / float(bottom or 1)
            text = f"{SIGNS[operator]} {number_text(factor)} × {which} limit"
            yield lookup, Limit(text, times=factor, which=which)
        case Value(lookup=lookup):
            yield lookup, None


def _signs(lookup: object, rulebook: Rulebook) -> Iterator[Sign]:
    """The results that show what an event lookup asks for."""
    if isinstance(lookup, EventLookup):
        for each in lookup.what:
            concept = rulebook.concepts[each.concept]
            for name in (concept.name, *concept.narrower):
                yield from rulebook.concepts[name].present_when


def _limits_of_sign(numbers: Limits | None, unit: str) -> Iterator[Limit]:
    if numbers is not None and numbers.low is not None:
        yield Limit(f"{'>' if numbers.low_open else '≥'} {number_text(numbers.low)}{unit}", numbers.low)
    if numbers is not None and numbers.high is not None:
        yield Limit(f"{'<' if numbers.high_open else '≤'} {number_text(numbers.high)}{unit}", numbers.high)


def _nodes(criterion: Criterion, rulebook: Rulebook) -> Iterator[tuple[Struct, bool]]:
    """Every node of a line's readings, with those of the definitions, scores and tables it uses; and whether it lies
    inside a score or a change of a lab, where a number is no limit of the lab itself."""
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[object, bool]] = [(reading.rule, False) for reading in reversed(criterion.readings)]
    while waiting:
        node, inside = waiting.pop()
        if not isinstance(node, Struct):
            continue
        is_change = isinstance(node, Compare | Between) and _is_change(node, rulebook)
        yield node, inside or is_change
        match node:
            case Meets(name=name):
                further: tuple[tuple[object, bool], ...] = ((rulebook.definitions[name].rule, inside),)
            case ScoreOf(name=name):
                further = ((rulebook.scores[name].expression, True),)
            case PointsOf(name=name):
                further = ((rulebook.tables[name].of, True),)
            case Happened(lookup=name):
                further = ((getattr(rulebook.lookups[name], "beside", None), inside),)
            case Choose():
                further = ((node.test, True), (node.then, inside), (node.otherwise, inside))
            case _:
                name = ""
                further = tuple((part, inside) for part in _parts(node))
        if name:
            if (type(node).__name__, name) in seen:
                continue
            seen.add((type(node).__name__, name))
        waiting.extend(reversed(further))


def _is_change(node: Compare | Between, rulebook: Rulebook) -> bool:
    value = node.left if isinstance(node, Compare) else node.of
    return isinstance(value, Value) and hasattr(rulebook.lookups[value.lookup], "change")


def _parts(node: Struct) -> Iterator[object]:
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, tuple):
            yield from value
        else:
            yield value
