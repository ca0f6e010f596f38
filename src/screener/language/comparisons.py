"""Comparisons: a number or a finding against a limit or a choice, in the unit of what is compared. A comparison that no
patient can change is an error."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from screener.language import syntax
from screener.language.desk import Desk
from screener.language.limits import CheckedNumber, exact, likely_unit
from screener.language.numbers import Numbers
from screener.language.source import Span
from screener.rulebook import (
    AgainstLimit,
    Between,
    Compare,
    Finding,
    IsOneOf,
    Not,
    Number,
    SexIs,
    Truthful,
)
from screener.values import ranges
from screener.values.ranges import TURNED, Comparison, exactly, is_between, range_text
from screener.values.truth import TRUE, UNKNOWN, Truth


class Comparisons:
    """Checks the comparisons of one block."""

    def __init__(self, desk: Desk, numbers: Numbers) -> None:
        self.desk = desk
        self.numbers = numbers

    def compare(self, node: syntax.Compare) -> Truthful | None:
        if isinstance(node.right, syntax.TimesLimit):
            return self._against_limit(node, node.right)
        finding = self._finding_with_choices(node.left)
        if finding is not None and isinstance(node.left, syntax.Value):
            return self._in_order(node, node.left, finding, node.right)
        match node.left, node.right:
            case syntax.Quantity(), syntax.Quantity():
                self.desk.error("two-numbers", "two numbers are compared, and no fact", node.span)
                return None
            case syntax.Quantity(), right:
                return self._against_number(node, right, TURNED[node.operator], node.left)
            case left, syntax.Quantity():
                return self._against_number(node, left, node.operator, node.right)
            case left, right:
                return self._of_two(node, left, right)

    def _against_number(
        self, node: syntax.Compare, side: syntax.Numeric, operator: Comparison, quantity: syntax.Quantity
    ) -> Truthful | None:
        of = self.numbers.of(side)
        number = None if of is None else self.numbers.limit(quantity, of)
        if of is None or number is None or not self._is_a_grade(of, quantity):
            return None
        subject = of.bare or of
        answer = ranges.compare(self.desk.reach.of(subject.expression), operator, exactly(number.value))
        if not self._can_go_either_way(node.span, answer, subject, number):
            return None
        return Compare(subject.expression, operator, number)

    def _of_two(self, node: syntax.Compare, left: syntax.Numeric, right: syntax.Numeric) -> Truthful | None:
        one, other = self.numbers.of(left), self.numbers.of(right)
        if one is None or other is None:
            return None
        alike = self.numbers.alike(one, other, node.span)
        return None if alike is None else Compare(one.expression, node.operator, alike.expression)

    def between(self, node: syntax.Between) -> Truthful | None:
        of = self.numbers.of(node.of)
        if of is None:
            return None
        low = self.numbers.limit(node.low, of, node.high.unit)
        high = self.numbers.limit(node.high, of)
        if low is None or high is None or not (self._is_a_grade(of, node.low) and self._is_a_grade(of, node.high)):
            return None
        if low.value > high.value:
            self.desk.error(
                "reversed-between",
                f"nothing lies between {low.text} and {high.text}",
                Span(node.low.span.start, node.high.span.end),
                help=f"write `{of.name} between {node.high.number} and {_with_unit(node.low, node.high)}`",
            )
            return None
        subject = of.bare or of
        answer = is_between(self.desk.reach.of(subject.expression), low.value, high.value)
        if not self._can_go_either_way(node.span, answer, subject, low, high):
            return None
        return Between(subject.expression, low, high)

    def _is_a_grade(self, of: CheckedNumber, quantity: syntax.Quantity) -> bool:
        if isinstance(of.fact, Finding) and Fraction(quantity.number).denominator != 1:
            self.desk.error("no-grade", f"`{of.name}` has whole grades, and {quantity.text} is none", quantity.span)
            return False
        return True

    def _can_go_either_way(self, span: Span, answer: Truth, of: CheckedNumber, *limits: Number) -> bool:
        """Whether the comparison depends on the patient. One that does not is a slip: a wrong unit, a wrong grade."""
        if answer is UNKNOWN:
            return True
        unit = of.measure.unit.text
        possible = self.desk.reach.of(of.expression)
        place = f"   ({self.desk.shown_place(of.fact.place)})" if of.fact else ""
        code, words = ("always-holds", "always holds") if answer is TRUE else ("never-holds", "can never hold")
        self.desk.error(
            code,
            f"this comparison of `{of.name}` {words}",
            span,
            notes=(
                f"possible: {range_text(possible, unit)}{place}",
                f"limit:    {' and '.join(_in_canonical_unit(limit, unit) for limit in limits)}",
            ),
            help=_with_likely_unit(limits, of),
        )
        return False

    def _against_limit(self, node: syntax.Compare, limit: syntax.TimesLimit) -> Truthful | None:
        written = "ULN" if limit.which == "upper" else "LLN"
        if not isinstance(node.left, syntax.Value):
            self.desk.error("no-limit-of-normal", f"only a lab can be compared with its {written}", node.left.span)
            return None
        entry = self.desk.find(node.left.name, ("lab", "form"), f"`{written}`")
        lab = None if entry is None else self.desk.draft.labs.get(entry.within or entry.name)
        if lab is None:
            return None
        if Fraction(limit.times) == 0:
            self.desk.error("no-limit-of-normal", f"0 x {written} is no limit", limit.span)
            return None
        if all(normal.which != limit.which for normal in lab.normal_limits):
            self.desk.error(
                "no-limit-of-normal",
                f"no {limit.which} limit of normal is defined for `{lab.name}`",
                limit.span,
                notes=(f"the lab is defined at {self.desk.shown_place(lab.place)}",),
                help=f"add `{limit.which} limit of normal … {'' if lab.unit == '1' else lab.unit}".rstrip() + "` there",
            )
            return None
        lookup = self.numbers.lookup(node.left, lab)
        return None if lookup is None else AgainstLimit(lookup, node.operator, limit.times, limit.which)

    # ---- choices

    def _finding_with_choices(self, node: syntax.Numeric) -> Finding | None:
        if not isinstance(node, syntax.Value):
            return None
        entry = self.desk.draft.names.find(node.name.text)
        finding = self.desk.draft.findings.get(entry.name) if entry is not None and entry.kind == "finding" else None
        return finding if finding is not None and finding.grade is None else None

    def _in_order(
        self, node: syntax.Compare, value: syntax.Value, finding: Finding, right: syntax.Numeric
    ) -> Truthful | None:
        """`ascites_grade >= slight`: the choices from that one on."""
        name = value.name.text
        if not isinstance(right, syntax.Value) or right.pick is not None or right.scope is not None:
            self.desk.error("unknown-choice", f"`{name}` can be {', '.join(finding.choices)}", right.span)
            return None
        choice = self._choice(right.name, finding)
        if choice is None:
            return None
        if not finding.ordered and node.operator != "=":
            self.desk.error(
                "not-ordered",
                f"the values of `{name}` are in no order",
                node.operator_span,
                notes=(self.desk.values_of(finding),),
                help=f"write `{name} is {choice}`",
            )
            return None
        at = finding.choices.index(choice)
        chosen = [each for number, each in enumerate(finding.choices) if _holds(number, node.operator, at)]
        return self._one_of(node.span, value, finding, chosen)

    def is_one_of(self, node: syntax.Is) -> Truthful | None:
        if not isinstance(node.of, syntax.Value):
            self.desk.error("no-choices", "only a finding, or sex, is one thing or another", node.of.span)
            return None
        rule = self._sex(node) if node.of.name.text == "sex" else self._is_choice(node, node.of)
        return Not(rule) if rule is not None and node.negated else rule

    def _sex(self, node: syntax.Is) -> Truthful | None:
        for choice in node.choices:
            if choice.text not in ("female", "male"):
                self.desk.error("unknown-choice", f"sex is `female` or `male`, not `{choice.text}`", choice.span)
                return None
        if len({choice.text for choice in node.choices}) < len(node.choices):
            self._named_twice(node.choices[-1])
            return None
        if len(node.choices) > 1:
            self.desk.error("always-holds", "sex is always one of these", node.span)
            return None
        return SexIs("female" if node.choices[0].text == "female" else "male")

    def _is_choice(self, node: syntax.Is, value: syntax.Value) -> Truthful | None:
        entry = self.desk.find(value.name, ("finding",), "`is`")
        finding = None if entry is None else self.desk.draft.findings.get(entry.name)
        if finding is None:
            return None
        if finding.grade is not None:
            self.desk.error(
                "no-choices",
                f"`{value.name.text}` is a grade, {range_text(finding.grade)}",
                node.span,
                help=f"write `{value.name.text} = {node.choices[0].text}`",
            )
            return None
        chosen = [self._choice(choice, finding) for choice in node.choices]
        known = [choice for choice in chosen if choice is not None]
        if len(known) < len(chosen):
            return None
        for choice, name in zip(node.choices, known, strict=True):
            if known.count(name) > 1:
                self._named_twice(choice)
                return None
        return self._one_of(node.span, value, finding, known)

    def _named_twice(self, choice: syntax.Name) -> None:
        self.desk.error("said-twice", f"`{choice.text}` is named twice", choice.span)

    def _choice(self, name: syntax.Name, finding: Finding) -> str | None:
        if name.text in finding.choices:
            return name.text
        self.desk.no_value(finding, name)
        return None

    def _one_of(self, span: Span, value: syntax.Value, finding: Finding, chosen: Sequence[str]) -> Truthful | None:
        if len(chosen) in (0, len(finding.choices)):
            code, words = ("always-holds", "always holds") if chosen else ("never-holds", "can never hold")
            self.desk.error(
                code,
                f"this comparison of `{value.name.text}` {words}",
                span,
                notes=(self.desk.values_of(finding),),
            )
            return None
        lookup = self.numbers.lookup(value, finding)
        return None if lookup is None else IsOneOf(lookup, tuple(each for each in finding.choices if each in chosen))


def _holds(number: int, operator: Comparison, limit: int) -> bool:
    return ranges.compare(exactly(number), operator, exactly(limit)) is TRUE


def _with_unit(low: syntax.Quantity, high: syntax.Quantity) -> str:
    unit = high.unit or low.unit
    return low.number if unit is None else syntax.written_quantity(low.number, unit.text)


def _in_canonical_unit(limit: Number, unit: str) -> str:
    """`5 mg/dL = 85.52 umol/L`, or the limit alone where it is written in that unit."""
    return limit.text if unit == "1" or limit.text.endswith(f" {unit}") else f"{limit.text} = {limit.value:.6g} {unit}"


def _with_likely_unit(limits: Sequence[Number], of: CheckedNumber) -> str:
    """The limits in a unit in which they could be results of this lab, if they are not written in that one."""
    numbers = [limit.text.split()[0] for limit in limits]
    units = {likely_unit(exact(number), of) for number in numbers}
    unit = units.pop()
    if units or unit is None or of.measure.is_pure or limits[-1].text.endswith(f" {unit}"):
        return ""
    return f"did you mean `{syntax.written_quantity(' and '.join(numbers), unit)}`?"
