"""Which labs the trials look at, and the limits that they compare them and their scores with. Read off the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

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
    PointsOf,
    Rulebook,
    ScoreOf,
    Sign,
    Trial,
    Value,
    made_once,
)
from screener.rulebook_walk import children, held_to, named_by
from screener.values.ranges import Comparison

SIGNS: dict[Comparison, str] = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "="}


class LabLimit(Struct, frozen=True):
    """A limit that lines of trials hold a lab to.

    `text` is the comparison as the rule has it (`≥ 12 mg/dL`). `value` is its number in the canonical unit; None for a
    multiple (`times`) of the upper or lower limit of normal that came with each result.
    """

    text: str
    value: float | None = None
    times: float | None = None
    which: Literal["upper", "lower"] | None = None


class HeldLimit(Struct, frozen=True):
    """A limit, and the lines that use it, each with its trial."""

    limit: LabLimit
    lines: tuple[tuple[str, str], ...]


def limits_of_labs(trials: Iterable[Trial], rulebook: Rulebook) -> Mapping[str, tuple[HeldLimit, ...]]:
    """Every lab that these trials look at, with its limits; a lab that only scores or changes use has none.

    A limit inside a score's formula is not one of a trial, and is left out. Worked out once for a rulebook.
    """
    those = list(trials)
    known: dict[tuple[str, ...], Mapping[str, tuple[HeldLimit, ...]]] = made_once(rulebook, "limits of labs", dict)
    key = tuple(trial.id for trial in those)
    if key not in known:
        known[key] = _limits_of_labs(those, rulebook)
    return known[key]


def _limits_of_labs(trials: Iterable[Trial], rulebook: Rulebook) -> Mapping[str, tuple[HeldLimit, ...]]:
    gathered: dict[str, dict[LabLimit, dict[tuple[str, str], None]]] = {}
    for trial in trials:
        for criterion in trial.criteria:
            for lab, limit in _looked_at(criterion, rulebook):
                lines = gathered.setdefault(lab, {})
                if limit is not None:
                    lines.setdefault(limit, {})[trial.id, criterion.id] = None
    return {
        lab: tuple(HeldLimit(limit, tuple(lines)) for limit, lines in gathered[lab].items())
        for lab in rulebook.labs
        if lab in gathered
    }


def limits_of_score(trial: str, line: str, score: str, rulebook: Rulebook) -> tuple[str, ...]:
    """What a line of a trial compares a score with: `< 7.4`, `17 to 30`. Worked out once for a rulebook."""
    known: dict[tuple[str, str, str], tuple[str, ...]] = made_once(rulebook, "limits of scores", dict)
    key = (trial, line, score)
    if key not in known:
        criterion = next(each for each in rulebook.trials[trial].criteria if each.id == line)
        known[key] = tuple(_limits_of_score(criterion, score, rulebook))
    return known[key]


def _limits_of_score(criterion: Criterion, score: str, rulebook: Rulebook) -> Iterable[str]:
    found: dict[str, None] = {}
    for node, is_inside_score in _nodes(criterion, rulebook):
        limits = [each for each in held_to(node) if each.of == ScoreOf(score)] if not is_inside_score else []
        if isinstance(node, Between) and limits:
            found[f"{node.low.text} to {node.high.text}"] = None
        else:
            found.update((f"{SIGNS[each.operator]} {each.limit.text}", None) for each in limits)
    return found


def _looked_at(criterion: Criterion, rulebook: Rulebook) -> Iterator[tuple[str, LabLimit | None]]:
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


def _compared(node: Struct) -> Iterator[tuple[str, LabLimit | None]]:
    """The lookups of a node itself, each with what it is compared with."""
    for each in held_to(node):
        if isinstance(each.of, Value):
            yield each.of.lookup, LabLimit(f"{SIGNS[each.operator]} {each.limit.text}", each.limit.value)
    match node:
        case AgainstLimit(lookup=lookup, operator=operator, times=times, which=which):
            top, _, bottom = times.partition("/")
            factor = float(top) / float(bottom or 1)
            text = f"{SIGNS[operator]} {number_text(factor)} × {which} limit"
            yield lookup, LabLimit(text, times=factor, which=which)
        case Value(lookup=lookup):
            yield lookup, None


def _signs(lookup: object, rulebook: Rulebook) -> Iterator[Sign]:
    """The results that show what an event lookup asks for."""
    if isinstance(lookup, EventLookup):
        for each in lookup.what:
            concept = rulebook.concepts[each.concept]
            for name in (concept.name, *concept.narrower):
                yield from rulebook.concepts[name].present_when


def _limits_of_sign(numbers: Limits | None, unit: str) -> Iterator[LabLimit]:
    if numbers is not None and numbers.low is not None:
        yield LabLimit(f"{'>' if numbers.low_open else '≥'} {number_text(numbers.low)}{unit}", numbers.low)
    if numbers is not None and numbers.high is not None:
        yield LabLimit(f"{'<' if numbers.high_open else '≤'} {number_text(numbers.high)}{unit}", numbers.high)


def _nodes(criterion: Criterion, rulebook: Rulebook) -> Iterator[tuple[Struct, bool]]:
    """Every node of a line's readings, with those of the definitions, scores and tables it uses; and whether it lies
    inside a score or a change of a lab, where a number is no limit of the lab itself."""
    seen: set[Struct] = set()
    waiting: list[tuple[Struct, bool]] = [(reading.rule, False) for reading in reversed(criterion.readings)]
    while waiting:
        node, inside = waiting.pop()
        is_change = isinstance(node, Compare | Between) and _is_change(node, rulebook)
        yield node, inside or is_change
        named = tuple(named_by(node, rulebook))
        if named and node in seen:
            continue
        if named:
            seen.add(node)
        is_score = isinstance(node, ScoreOf | PointsOf)
        test = node.test if isinstance(node, Choose) else None
        further = [(part, inside or is_score or part is test) for part in (*children(node), *named)]
        waiting.extend(reversed(further))


def _is_change(node: Compare | Between, rulebook: Rulebook) -> bool:
    value = node.left if isinstance(node, Compare) else node.of
    return isinstance(value, Value) and hasattr(rulebook.lookups[value.lookup], "change")
