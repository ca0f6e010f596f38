"""Expressions with a truth: comparisons that can go either way, events, answers, and rules in all their readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, assert_never

from screener.language import syntax
from screener.language.comparisons import Comparisons
from screener.language.desk import Desk
from screener.language.events import event_of
from screener.language.numbers import Numbers
from screener.language.readings import (
    MOST_READINGS,
    TooManyReadings,
    Variant,
    choice_point,
    combined,
    labelled,
)
from screener.language.scopes import onset_of
from screener.language.source import Span
from screener.rulebook import (
    All,
    Any,
    AtLeast,
    AtTime,
    Confirmed,
    Not,
    Truthful,
    Untranslated,
)

AS_WRITTEN = "as written"
"""The label of a first reading that has none of its own."""


Variants = tuple[Variant, ...]


class Propositions:
    """Checks the rules of one block."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.numbers = Numbers(desk, lambda test: self.single(test, "the test of an `if`"))
        self.comparisons = Comparisons(desk, self.numbers)

    # ---- readings

    def rule(self, rule: syntax.Rule) -> Variants | None:
        """A whole rule in all its readings, or None if something in it is wrong."""
        variants = self._guarded(rule.span, lambda: self._readings(rule.readings, rule.span))
        labels = [variant.label for variant in variants or ()]
        for number, label in enumerate(labels):
            if label in labels[:number]:
                self.desk.error("duplicate-reading", f'two readings of this are called "{label}"', rule.span)
                return None
        return variants

    def single(self, node: syntax.Proposition, where: str) -> Truthful | None:
        """A proposition where only one reading makes sense."""
        variants = self._guarded(node.span, lambda: self._of(node))
        if variants is None:
            return None
        if len(variants) > 1:
            self.desk.error(
                "several-readings",
                f"{where} has one reading, and this has {len(variants)}",
                node.span,
                notes=tuple(f"{number}. {each.label}" for number, each in enumerate(variants, 1)),
                help="readings belong in criteria and definitions: decide for one here, and say so with `assuming`",
            )
            return None
        return variants[0].rule

    def _guarded(self, span: Span, check: Callable[[], Variants | None]) -> Variants | None:
        try:
            return check()
        except TooManyReadings:
            self.desk.error(
                "too-many-readings",
                f"this can be read in more than {MOST_READINGS} ways",
                span,
                help="decide some of them with `assuming`, or split the rule into definitions that are read one way",
            )
            return None

    def _readings(self, readings: Sequence[syntax.Reading], span: Span) -> Variants | None:
        checked = [self._of(reading.rule) for reading in readings]
        labels = [reading.label.text if reading.label else AS_WRITTEN for reading in readings]
        for reading, label, number in zip(readings, labels, range(len(labels)), strict=True):
            if label in labels[:number]:
                place = reading.label.span if reading.label else reading.span
                self.desk.error("duplicate-reading", f'another reading is called "{label}" already', place)
                return None
        known = [variants for variants in checked if variants is not None]
        if len(known) < len(checked):
            return None
        if len(readings) == 1 and readings[0].label is None:
            return known[0]
        point = choice_point(self.desk.source, span)
        return tuple(
            variant
            for label, variants in zip(labels, known, strict=True)
            for variant in labelled(variants, point, label)
        )

    # ---- logic

    def _of(self, node: syntax.Proposition) -> Variants | None:
        match node:
            case syntax.All(of):
                return self._joined(of, All)
            case syntax.Any(of):
                return self._joined(of, Any)
            case syntax.Not(of):
                return self._joined((of,), lambda rules: Not(rules[0]))
            case syntax.AtLeast(count, of):
                return self._at_least(node, count, of)
            case syntax.AtTime():
                return self._at_time(node)
            case syntax.Readings(readings, span):
                return self._readings(readings, span)
            case syntax.Meets(name):
                entry = self.desk.find(name, ("definition",), "`meets`")
                return None if entry is None else self.desk.draft.meanings.get(entry.name)
            case syntax.Untranslated():
                return (Variant(Untranslated()),)
            case syntax.Compare() | syntax.Between() | syntax.Is() | syntax.Event() | syntax.Confirmed():
                rule = self._single_fact(node)
                return None if rule is None else (Variant(rule),)
            case _:
                assert_never(node)

    def _joined(
        self, nodes: Sequence[syntax.Proposition], rule_of: Callable[[tuple[Truthful, ...]], Truthful]
    ) -> Variants | None:
        parts = [self._of(node) for node in nodes]
        known = [part for part in parts if part is not None]
        return combined(known, rule_of) if len(known) == len(parts) else None

    def _at_least(self, node: syntax.AtLeast, count: syntax.Count, of: Sequence[syntax.Proposition]) -> Variants | None:
        joined = self._joined(of, lambda rules: AtLeast(count.number, rules))
        if not 1 <= count.number <= len(of):
            answer = "always holds" if count.number < 1 else "can never hold"
            self.desk.error(
                "impossible-count",
                f"at least {count.number} of {len(of)} {answer}",
                count.span,
                help=f"write a number from 1 to {len(of)}",
            )
            return None
        return joined

    def _at_time(self, node: syntax.AtTime) -> Variants | None:
        inner = self._of(node.of)
        anchor = node.scope.anchor
        relation = node.scope.relation
        if anchor is None or relation not in ("at", "before"):
            raise AssertionError("the parser lets only an instant stand before a parenthesis")
        onset = onset_of(self.desk, anchor)
        if inner is None or onset is None:
            return None
        moment: Literal["at", "before"] = relation
        return combined([inner], lambda rules: AtTime(onset, moment, rules[0]))

    def _single_fact(
        self, node: syntax.Compare | syntax.Between | syntax.Is | syntax.Event | syntax.Confirmed
    ) -> Truthful | None:
        match node:
            case syntax.Compare():
                return self.comparisons.compare(node)
            case syntax.Between():
                return self.comparisons.between(node)
            case syntax.Is():
                return self.comparisons.is_one_of(node)
            case syntax.Event():
                beside = Propositions(self.desk.beside())
                return event_of(self.desk, node, lambda test: beside.single(test, "what stands in `with (…)`"))
            case syntax.Confirmed(name):
                entry = self.desk.find(name, ("question",), "`confirmed`")
                return None if entry is None else Confirmed(entry.name)
            case _:
                assert_never(node)
