"""What a number of the rules counts, and what comes of multiplying and dividing such numbers.

The algebra is pint's, in a registry of base units only, with exact fractions. What a unit text means, and how one unit
is converted into another, is the matter of `screener.values.units`. Nothing but the checker imports this module.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import pint
from msgspec import Struct

from screener.values.units import PURE, Unit, factor_between, parse_unit

ONE = parse_unit("1")


class Measure(Struct, frozen=True):
    """The unit of a number, with what it takes to convert it: molar mass (g/mol) and valence of the one analyte that is
    counted, where it is one."""

    unit: Unit
    molar_mass: Fraction | None = None
    valence: int | None = None

    @property
    def is_pure(self) -> bool:
        """Whether this is a number and nothing more. A percentage is not: it is written with its sign."""
        return self.unit.dimension == PURE and self.unit.factor == 1

    def factor_from(self, unit: Unit) -> Fraction:
        """What a number in `unit` is multiplied by to be in this one. Raises UnitError."""
        return factor_between(unit, self.unit, self.molar_mass, self.valence)

    def factor_to(self, unit: Unit) -> Fraction:
        """What a number in this unit is multiplied by to be in `unit`. Raises UnitError."""
        return factor_between(self.unit, unit, self.molar_mass, self.valence)


PURE_NUMBER = Measure(ONE)


def product(left: Measure, right: Measure) -> Measure:
    """The measure of left * right. A multiple of a quantity is still a quantity of the same analyte."""
    if right.is_pure:
        return left
    if left.is_pure:
        return right
    return _joined(left, right, ".", lambda one, other: one * other)


def quotient(left: Measure, right: Measure) -> Measure:
    """The measure of left / right."""
    return left if right.is_pure else _joined(left, right, "/", lambda one, other: one / other)


def _joined(left: Measure, right: Measure, mark: str, operation: Callable[[Any, Any], Any]) -> Measure:
    registry = _registry()
    size = operation(registry.quantity(left.unit), registry.quantity(right.unit)).to_base_units()
    if size.dimensionless and size.magnitude == 1:
        return PURE_NUMBER
    other = f"({right.unit.text})" if set("/.") & set(right.unit.text) else right.unit.text
    return Measure(Unit(f"{left.unit.text}{mark}{other}", Fraction(size.magnitude), registry.dimension_of(size)))


# ---- pint


class _Registry:
    """Base units by the dimension that they stand for."""

    def __init__(self) -> None:
        self._units: Any = pint.UnitRegistry(None, non_int_type=Fraction)
        definitions = Path(__file__).with_name("dimensions.txt").read_text(encoding="utf-8")
        self._units.load_definitions([line for line in definitions.splitlines() if not line.startswith("#")])
        self._unit_of: dict[str, str] = {}
        self._base_of: dict[str, str] = {}
        for line in definitions.splitlines():
            if "[" in line:
                unit, _, dimension = line.partition(" = ")
                self._learn(dimension.strip("[]"), unit)

    def _learn(self, base: str, unit: str) -> None:
        self._unit_of[base] = unit
        self._base_of[unit] = base

    def quantity(self, unit: Unit) -> Any:
        """One unit, in base units."""
        quantity = self._units.Quantity(unit.factor)
        for base, power in unit.dimension:
            quantity *= self._units.Quantity(Fraction(1), self._base(base)) ** power
        return quantity

    def _base(self, base: str) -> str:
        if base not in self._unit_of:
            name = f"own_{len(self._unit_of)}"
            self._units.define(f"{name} = [{name}]")
            self._learn(base, name)
        return self._unit_of[base]

    def dimension_of(self, quantity: Any) -> tuple[tuple[str, int], ...]:
        """The dimension of a quantity in base units, as units.py writes it."""
        return tuple(sorted((self._base_of[unit], int(power)) for unit, power in quantity.unit_items()))


@lru_cache(maxsize=1)
def _registry() -> _Registry:
    return _Registry()
