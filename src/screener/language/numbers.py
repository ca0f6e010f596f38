"""Expressions with a number: names resolved, every number in the unit of what it meets, and nothing added to, compared
with or taken the logarithm of that has no meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import assert_never

from screener.language import syntax
from screener.language.desk import Desk
from screener.language.dimensions import PURE_NUMBER, Measure, product, quotient
from screener.language.limits import (
    PERCENT,
    YEARS,
    CheckedNumber,
    UnitsOfLimits,
    aligned,
    exact,
    quantity_itself,
    what_is_lacking,
)
from screener.language.lookups import CHANGES
from screener.language.names import KNOWN_OF_EVERYBODY, EntryKind, NamedEntry
from screener.language.scopes import scope_of
from screener.rulebook import (
    Age,
    Arithmetic,
    Bounded,
    Choose,
    Finding,
    Form,
    Function,
    InUnit,
    Lab,
    Number,
    PointsOf,
    ScoreOf,
    Truthful,
    Value,
)
from screener.values.ranges import range_text
from screener.values.units import UnitError, parse_unit

_WITH_A_VALUE: tuple[EntryKind, ...] = ("lab", "form", "finding", "score", "points")


class Numbers(UnitsOfLimits):
    """Checks the numeric expressions of one block. `truth` checks the test of an `if`."""

    def __init__(self, desk: Desk, truth: Callable[[syntax.Proposition], Truthful | None]) -> None:
        super().__init__(desk)
        self._truth = truth

    def of(self, node: syntax.Numeric) -> CheckedNumber | None:
        """The expression with its measure, or None if something in it is wrong (and has been reported)."""
        match node:
            case syntax.Quantity():
                return self._literal(node)
            case syntax.Value():
                return self._value(node)
            case syntax.Change():
                return self._change(node)
            case syntax.InUnit():
                return self._in_unit(node)
            case syntax.Arithmetic():
                return self._arithmetic(node)
            case syntax.Function():
                return self._function(node)
            case syntax.Bounded():
                return self._bounded(node)
            case syntax.Choose():
                return self._choose(node)
            case _:
                assert_never(node)

    # ---- the kinds of expression

    def _literal(self, node: syntax.Quantity) -> CheckedNumber | None:
        if node.unit is None:
            return CheckedNumber(Number(float(exact(node.number)), node.text), PURE_NUMBER, node.text)
        unit = self.unit(node.unit)
        if unit is None:
            return None
        return CheckedNumber(Number(float(exact(node.number)), node.text), Measure(unit), node.text)

    def _value(self, node: syntax.Value) -> CheckedNumber | None:
        if node.name.text in KNOWN_OF_EVERYBODY:
            return self._of_person(node)
        entry = self.desk.draft.names.find(node.name.text)
        if entry is None:
            self.desk.unknown(node.name, _WITH_A_VALUE)
            return None
        if entry.kind not in _WITH_A_VALUE:
            self.desk.error(
                "wrong-kind",
                f"`{node.name.text}` is {entry.article} and has no value",
                node.name.span,
                help=f"write `{entry.use}`",
            )
            return None
        match entry.kind:
            case "score" | "points":
                return self._computed(node, entry)
            case "finding":
                finding = self.desk.draft.findings.get(entry.name)
                return None if finding is None else self._graded(node, finding)
            case _:
                return self._lab_value(node, entry)

    def _of_person(self, node: syntax.Value) -> CheckedNumber | None:
        name = node.name.text
        if name == "sex":
            self.desk.error("no-number", "`sex` is not a number", node.span, help="write `sex is female`")
            return None
        if node.pick is not None or node.scope is not None:
            self.desk.error("no-pick", "age is the age at screening, and there is only one", node.span)
            return None
        return CheckedNumber(Age(), Measure(YEARS), name)

    def _computed(self, node: syntax.Value, entry: NamedEntry) -> CheckedNumber | None:
        if node.pick is not None or node.scope is not None:
            self.desk.error(
                "no-pick",
                f"`{entry.name}` is computed, not picked among results",
                node.span,
                help=f"to compute it at another time, write `before last onset of … ({entry.name} …)`",
            )
            return None
        if entry.kind == "points":
            if entry.name not in self.desk.draft.tables:
                return None
            return CheckedNumber(PointsOf(entry.name), PURE_NUMBER, entry.name)
        if entry.name not in self.desk.draft.scores:
            return None
        return CheckedNumber(ScoreOf(entry.name), PURE_NUMBER, entry.name)

    def _graded(self, node: syntax.Value, finding: Finding) -> CheckedNumber | None:
        if finding.grade is None:
            self.desk.error(
                "no-number",
                f"`{node.name.text}` is one of {', '.join(finding.choices)}, and has no number",
                node.span,
                help=f"write `{node.name.text} is {finding.choices[0]}`",
            )
            return None
        lookup = self.lookup(node, finding)
        return None if lookup is None else CheckedNumber(Value(lookup), PURE_NUMBER, node.name.text, finding)

    def _lab_value(self, node: syntax.Value, entry: NamedEntry) -> CheckedNumber | None:
        lab = self.desk.draft.labs.get(entry.within or entry.name)
        lookup = None if lab is None else self.lookup(node, lab)
        if lab is None or lookup is None:
            return None
        return CheckedNumber(Value(lookup), _measure_of(lab, entry), node.name.text, lab)

    def lookup(self, node: syntax.Value, fact: Lab | Finding) -> str | None:
        """The name of the lookup that this value is."""
        scope = None
        if node.scope is not None:
            scope = scope_of(self.desk, node.scope)
            if scope is None:
                return None
        unordered = isinstance(fact, Finding) and fact.grade is None and not fact.ordered
        if node.pick in ("highest", "lowest") and unordered:
            self.desk.error("not-ordered", f"the values of `{node.name.text}` are in no order", node.span)
            return None
        return self.desk.lookups.value(fact.name, node.pick or "latest", scope)

    def _change(self, node: syntax.Change) -> CheckedNumber | None:
        entry = self.desk.find(node.name, ("lab", "form"), f"`{node.kind}`")
        if node.scope is None:
            self.desk.error(
                "no-window",
                f"`{node.kind} {node.name.text}` needs the time in which the change is looked for",
                node.span,
                help=f"write `{node.kind} {node.name.text} within 48 hours`",
            )
            return None
        scope = scope_of(self.desk, node.scope)
        lab = None if entry is None else self.desk.draft.labs.get(entry.within or entry.name)
        if entry is None or lab is None or scope is None:
            return None
        change = CHANGES[node.kind]
        name = f"{node.kind} {node.name.text}"
        relative = change in ("relative rise", "relative fall")
        measure = Measure(PERCENT) if relative else _measure_of(lab, entry)
        return CheckedNumber(Value(self.desk.lookups.change(lab.name, change, scope)), measure, name)

    def _in_unit(self, node: syntax.InUnit) -> CheckedNumber | None:
        of = self.of(node.of)
        unit = self.unit(node.unit)
        if of is None or unit is None:
            return None
        name = f"{of.name} in {node.unit.text}"
        if of.measure.is_pure:
            self.desk.error(
                "unit-on-pure-number",
                f"`{of.name}` is a pure number and has no unit",
                node.unit.span,
                help=f"write `{of.name}`",
            )
            return None
        if of.is_age and node.unit.text not in ("year", "years"):
            self.desk.error(
                "age-in-years", f"age is counted in completed years, not in `{node.unit.text}`", node.unit.span
            )
            return None
        try:
            factor = of.measure.factor_to(unit)
        except UnitError:
            self.desk.error(
                "unit-mismatch",
                f"`{of.name}` cannot be told in `{node.unit.text}`",
                node.unit.span,
                notes=aligned((of.name, of.measure.unit), ("unit", unit), what_is_lacking(of.measure, unit)),
            )
            return None
        direct = of if isinstance(of.expression, Value | Age) else None
        return CheckedNumber(
            InUnit(of.expression, node.unit.text, float(factor)), PURE_NUMBER, name, bare=direct, unit=unit
        )

    def _arithmetic(self, node: syntax.Arithmetic) -> CheckedNumber | None:
        left, right = self.of(node.left), self.of(node.right)
        if left is None or right is None:
            return None
        measure: Measure | None
        match node.operator:
            case "+" | "-":
                pair = self._summands(node, left, right)
                if pair is None:
                    return None
                left, right = pair
                # A literal has no analyte; its fellow may.
                measure = right.measure if isinstance(node.left, syntax.Quantity) else left.measure
            case "*":
                measure = product(left.measure, right.measure)
            case "/":
                if isinstance(right.expression, Number) and right.expression.value == 0:
                    self.desk.error("division-by-zero", "nothing can be divided by 0", node.right.span)
                    return None
                measure = quotient(left.measure, right.measure)
        return CheckedNumber(Arithmetic(node.operator, left.expression, right.expression), measure, self._written(node))

    def _summands(
        self, node: syntax.Arithmetic, left: CheckedNumber, right: CheckedNumber
    ) -> tuple[CheckedNumber, CheckedNumber] | None:
        """Both sides in one unit. A number written out takes the unit of the other side, by molar mass if need be."""
        match node.left, node.right:
            case _, syntax.Quantity():
                number = self.limit(node.right, quantity_itself(left))
                return None if number is None else (left, CheckedNumber(number, left.measure, right.name))
            case syntax.Quantity(), _:
                number = self.limit(node.left, quantity_itself(right))
                return None if number is None else (CheckedNumber(number, right.measure, left.name), right)
            case _:
                alike = self.alike(left, right, node.span)
                return None if alike is None else (left, alike)

    def _function(self, node: syntax.Function) -> CheckedNumber | None:
        of = self.of(node.of)
        if of is None:
            return None
        if not of.measure.is_pure:
            unit = of.measure.unit.text
            self.desk.error(
                "unit-in-function",
                f"`{node.name}` needs a pure number, and `{of.name}` is in {unit}",
                node.of.span,
                help=f"write `{node.name}({of.name} in {unit})`",
            )
            return None
        if node.name == "ln":
            self._check_logarithm(node, of)
        return CheckedNumber(Function(node.name, of.expression), PURE_NUMBER, self._written(node))

    def _check_logarithm(self, node: syntax.Function, of: CheckedNumber) -> None:
        possible = self.desk.reach.of(of.expression)
        if possible.high <= 0:
            self.desk.error("impossible-logarithm", f"`{of.name}` is never above 0: it has no logarithm", node.of.span)
        elif possible.contains(0) and of.bare is not None and isinstance(of.bare.fact, Lab):
            lab = of.bare.fact
            self.desk.warning(
                "logarithm-of-zero",
                f"`{of.name}` can be 0, which has no logarithm",
                node.of.span,
                notes=(f"possible: {self.range_text(lab)}   ({self.desk.shown_place(lab.place)})",),
                help=f"write `possible above {self.range_text(lab)}` in the lab, or `floored at` here",
            )

    def _bounded(self, node: syntax.Bounded) -> CheckedNumber | None:
        of = self.of(node.of)
        number = None if of is None else self.limit(node.at, quantity_itself(of))
        if of is None or number is None:
            return None
        floor, cap = (number.value, None) if node.kind == "floored at" else (None, number.value)
        name = self._written(node)
        match of.expression:
            # `floored at 1.0 capped at 4.0` is one pair of bounds.
            case Bounded(inner, known_floor, None) if cap is not None and known_floor is not None:
                if known_floor > cap:
                    self.desk.error("reversed-bounds", "the floor is above the cap", node.span)
                    return None
                return CheckedNumber(Bounded(inner, known_floor, cap), of.measure, name)
            case _:
                return CheckedNumber(Bounded(of.expression, floor, cap), of.measure, name)

    def _choose(self, node: syntax.Choose) -> CheckedNumber | None:
        test = self._truth(node.test)
        then, otherwise = self.of(node.then), self.of(node.otherwise)
        if then is None or otherwise is None:
            return None
        alike = self.alike(then, otherwise, node.span)
        if alike is None or test is None:
            return None
        return CheckedNumber(Choose(test, then.expression, alike.expression), then.measure, self._written(node))

    def _written(self, node: syntax.Numeric) -> str:
        return " ".join(self.desk.source.excerpt(node.span).split())

    def range_text(self, lab: Lab) -> str:
        """What the lab can be, as messages show it: `0.5 .. 1500 umol/L`."""
        return range_text(lab.possible, lab.unit)


def _measure_of(lab: Lab, entry: NamedEntry) -> Measure:
    """What a lab counts, under its own name or that of another measured form."""
    form: Form | None = next((form for form in lab.forms if entry.kind == "form" and form.name == entry.name), None)
    mass = lab.molar_mass if form is None else form.molar_mass
    return Measure(parse_unit(lab.unit), None if mass is None else Fraction(mass), lab.valence)
