"""Drawing out readings: from a rule in which several places can be read in several ways, to one rule for each way.

A way to read a rule is a choice at each of these places. A place is chosen once: a definition used twice in one rule
is read the same way in both places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from screener.language.source import Source, Span
from screener.rulebook import Truthful

MOST_READINGS = 32

ChoicePoint = tuple[str, int]
"""A place that can be read in several ways: a file, and where in it."""


class Variant(Struct, frozen=True):
    """A rule in one of its readings: the label chosen at each place where there was a choice."""

    rule: Truthful
    chosen: Mapping[ChoicePoint, str] = {}

    @property
    def label(self) -> str | None:
        """The labels of all choices, or None where there was none."""
        return "; ".join(self.chosen.values()) or None


class TooManyReadings(Exception):  # noqa: N818  (it is the rule that has too many)
    """More combinations of readings than anybody would look at."""


def choice_point(source: Source, span: Span) -> ChoicePoint:
    """The choice point at that place."""
    return source.path, span.start


def labelled(variants: Sequence[Variant], point: ChoicePoint, label: str) -> tuple[Variant, ...]:
    """The variants with one more choice made, before their own."""
    return tuple(Variant(each.rule, {point: label, **each.chosen}) for each in variants)


def combined(
    parts: Sequence[Sequence[Variant]], rule_of: Callable[[tuple[Truthful, ...]], Truthful]
) -> tuple[Variant, ...]:
    """One variant for each way to read all the parts together.

    Raises TooManyReadings if there are more than 32.
    """
    together: list[tuple[tuple[Truthful, ...], Mapping[ChoicePoint, str]]] = [((), {})]
    for part in parts:
        together = [
            ((*rules, variant.rule), {**chosen, **variant.chosen})
            for rules, chosen in together
            for variant in part
            if all(chosen.get(point, label) == label for point, label in variant.chosen.items())
        ]
        if len(together) > MOST_READINGS:
            raise TooManyReadings
    return tuple(Variant(rule_of(rules), chosen) for rules, chosen in together)
