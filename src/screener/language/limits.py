"""Limits: converts a number of the rules to the unit of what it is compared with, and two numbers to one unit."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from screener.language import syntax
from screener.language.desk import Desk
from screener.language.dimensions import Measure
from screener.language.source import Span
from screener.language.syntax import written_quantity
from screener.rulebook import (
    Age,
    Finding,
    InUnit,
    Lab,
    Number,
    Numeric,
)
from screener.values.units import Unit, UnitError, describe, parse_unit

YEARS = parse_unit("years")
PERCENT = parse_unit("%")


class CheckedNumber(Struct, frozen=True):
    """A checked expression and what it counts. `name` is what messages call it.

    `bare` is the quantity whose bare number this is (`creatinine in mg/dL`), and `unit` the unit that it was taken in:
    a number compared with it is converted exactly instead.
    """

    expression: Numeric
    measure: Measure
    name: str
    fact: Lab | Finding | None = None
    bare: CheckedNumber | None = None
    unit: Unit | None = None

    @property
    def is_age(self) -> bool:
        """Whether this is the age, which is counted in completed years."""
        return isinstance(self.expression, Age)


def exact(digits: str) -> Fraction:
    """The number that these digits are."""
    return Fraction(digits)


class UnitsOfLimits:
    """Puts the numbers of one block into the units of what they meet."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def limit(self, quantity: syntax.Quantity, of: CheckedNumber, unit: syntax.Unit | None = None) -> Number | None:
        """The number in the unit of what it limits, converted exactly and rounded once. `unit` stands for one that was
        not written at this number but at its fellow."""
        unit = quantity.unit or unit
        if of.bare is not None and of.unit is not None and unit is None:
            return self._limit_of_bare_number(quantity, of.bare, of.unit)
        text = quantity.number if unit is None else written_quantity(quantity.number, unit.text)
        if unit is None:
            if of.measure.is_pure:
                return Number(float(exact(quantity.number)), text)
            self._without_unit(quantity, of)
            return None
        read = self.unit(unit)
        if read is None:
            return None
        if of.is_age and unit.text not in ("year", "years"):
            self.desk.error(
                "age-in-years",
                f"age is counted in completed years, not in `{unit.text}`",
                unit.span,
                help="write the limit in `years`",
            )
            return None
        if of.measure.is_pure:
            self.desk.error(
                "unit-on-pure-number",
                f"`{of.name}` is a pure number and has no unit",
                quantity.span,
                help=f"write `{quantity.number}`",
            )
            return None
        try:
            factor = of.measure.factor_from(read)
        except UnitError:
            self._mismatch(quantity, read, of)
            return None
        return Number(float(exact(quantity.number) * factor), text)

    def _limit_of_bare_number(self, quantity: syntax.Quantity, bare: CheckedNumber, unit: Unit) -> Number:
        factor = bare.measure.factor_from(unit)
        return Number(float(exact(quantity.number) * factor), written_quantity(quantity.number, unit.text))

    def unit(self, unit: syntax.Unit) -> Unit | None:
        """The unit that a text means."""
        try:
            return parse_unit(unit.text)
        except UnitError as problem:
            self.desk.error("unknown-unit", str(problem), unit.span)
            return None

    def _without_unit(self, quantity: syntax.Quantity, of: CheckedNumber) -> None:
        fitting = " or ".join(f"`{written_quantity(quantity.number, unit)}`" for unit in units_of(of))
        self.desk.error(
            "bare-number",
            f"`{of.name}` is a quantity, and `{quantity.text}` has no unit",
            quantity.span,
            notes=(f"{of.name}: {describe(of.measure.unit.dimension)}, {of.measure.unit.text}",),
            help=f"write {fitting}, whichever is meant",
        )

    def _mismatch(self, quantity: syntax.Quantity, unit: Unit, of: CheckedNumber) -> None:
        likely = likely_unit(exact(quantity.number), of)
        self.desk.error(
            "unit-mismatch",
            f"`{of.name}` cannot be compared with `{quantity.text}`",
            quantity.span,
            notes=aligned((of.name, of.measure.unit), ("limit", unit), what_is_lacking(of.measure, unit)),
            help=f"did you mean `{written_quantity(quantity.number, likely)}`?" if likely else "",
        )

    def alike(self, left: CheckedNumber, right: CheckedNumber, span: Span) -> CheckedNumber | None:
        """`right` in the unit of `left`, or None if they cannot be added or compared."""
        one, other = left.measure, right.measure
        if one.is_pure != other.is_pure:
            pure, quantity = (left, right) if one.is_pure else (right, left)
            self.desk.error(
                "unit-mismatch",
                f"`{quantity.name}` is a quantity and `{pure.name}` a pure number",
                span,
                notes=aligned((left.name, one.unit), (right.name, other.unit), ""),
                help=f"write `{quantity.name} in {quantity.measure.unit.text}` for its bare number",
            )
            return None
        try:
            factor = other.factor_to(one.unit)
        except UnitError:
            self.desk.error(
                "unit-mismatch",
                f"`{left.name}` and `{right.name}` are different kinds of quantity",
                span,
                notes=aligned((left.name, one.unit), (right.name, other.unit), ""),
            )
            return None
        if factor == 1:
            return right
        return CheckedNumber(InUnit(right.expression, one.unit.text, float(factor)), one, right.name)


def quantity_itself(of: CheckedNumber) -> CheckedNumber:
    """The expression without the memory that it is a bare number: a bound or summand is not converted."""
    return CheckedNumber(of.expression, of.measure, of.name, of.fact)


def units_of(of: CheckedNumber) -> dict[str, Fraction]:
    """The units that a limit might be meant in, each with its size in the canonical unit: the canonical one itself, and
    those that results come in. Those of another measured form are left out."""
    if of.is_age:
        return {"years": Fraction(1)}
    units = {of.measure.unit.text: Fraction(1)}
    for code in of.fact.codes if isinstance(of.fact, Lab) else ():
        if code.unit is not None and code.form is None:
            units.setdefault(code.unit, of.measure.factor_from(parse_unit(code.unit)))
    return units


def likely_unit(number: Fraction, of: CheckedNumber) -> str | None:
    """A unit in which the number could be a value of this lab."""
    if of.is_age:
        return "years"
    if not isinstance(of.fact, Lab):
        return None
    possible = of.fact.possible
    return next((unit for unit, size in units_of(of).items() if possible.contains(float(number * size))), None)


def what_is_lacking(measure: Measure, unit: Unit) -> str:
    """What would have to be defined for the conversion, if the analyte had it."""
    bases = {base for base, _ in (*measure.unit.dimension, *unit.dimension)}
    if "mass" in bases and measure.molar_mass is None:
        return "   (no molar mass is defined)"
    if "equivalents" in bases and measure.valence is None:
        return "   (no valence is defined)"
    return ""


def aligned(one: tuple[str, Unit], other: tuple[str, Unit], remark: str) -> tuple[str, ...]:
    """Two names with dimension and unit, the words below each other."""
    rows = [(f"{name}:", *describe(unit.dimension).partition(" per "), unit.text) for name, unit in (one, other)]
    name_width = max(len(row[0]) for row in rows)
    above_width = max(len(row[1]) for row in rows if row[2]) if any(row[2] for row in rows) else 0
    lines = [
        f"{name:<{name_width}} {above:<{above_width if per else 0}}{per}{below}, {text}"
        for name, above, per, below, text in rows
    ]
    return lines[0], lines[1] + remark
