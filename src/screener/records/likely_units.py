"""Which unit, or which lab, was likely meant by a value that cannot be or that is hardly ever seen."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from screener.records.dictionary import Dictionary
from screener.records.errors import any_of
from screener.records.reported import six_digits
from screener.records.written import Quantity, Span
from screener.rulebook import Form, Lab
from screener.values.ranges import Range, range_text
from screener.values.units import PURE, Dimension, UnitError, common_units, parse_unit


@lru_cache(maxsize=4096)
def are_of_two_kinds(unit: str, other: str) -> bool:
    """Whether two units measure different kinds of things."""
    return unit != other and parse_unit(unit).dimension != parse_unit(other).dimension


def is_of_another_kind(unit: str, kind: str) -> bool:
    """Whether a unit is of another kind than results under a code come in: mass or amount. `mEq/L` is an amount."""
    if not are_of_two_kinds(unit, kind):
        return False
    return _as_amount(parse_unit(unit).dimension) != _as_amount(parse_unit(kind).dimension)


def _as_amount(dimension: Dimension) -> Dimension:
    return tuple(sorted(("amount" if base == "equivalents" else base, power) for base, power in dimension))


def if_unusual(
    lab: Lab, form: Form | None, unit: str, stated: Quantity | Span, value: Range, dictionary: Dictionary
) -> tuple[str, ...]:
    """A remark on a value that is possible but hardly ever seen, with the units that would make it usual."""
    usual = lab.usual
    if usual is None or (value.high >= usual.low and value.low <= usual.high):
        return ()
    likely = [each for each in dictionary.own_units(lab) if fits(lab, form, each, stated, dictionary, usual)]
    return (f"unusual: usual is {range_text(usual, lab.unit)}" + _did_you_mean(stated, likely, unit),)


def without_a_unit(lab: Lab, form: Form | None, value: Quantity | Span, dictionary: Dictionary) -> str:
    """With the units in which the number would be possible, those first in which it would be usual; three at most."""
    usual = lab.usual or lab.possible
    fitting = [unit for unit in dictionary.own_units(lab) if fits(lab, form, unit, value, dictionary, lab.possible)]
    fitting.sort(key=lambda unit: not fits(lab, form, unit, value, dictionary, usual))
    hint = f"; it would be possible in {any_of(fitting[:3])}" if fitting else ""
    return f"it has no unit, and {lab.name} is not a pure number{hint}"


def likely_unit(lab: Lab, form: Form | None, unit: str, value: Quantity | Span, dictionary: Dictionary) -> str:
    """The units in which a value that cannot be would be usual, else those in which it would at least be possible: of
    those that belong to the lab, else of all common ones."""
    common = () if lab.unit == "1" else tuple(each.text for each in common_units())
    for wanted in (lab.usual or lab.possible, lab.possible):
        for units in (dictionary.own_units(lab), common):
            fitting = [each for each in units if fits(lab, form, each, value, dictionary, wanted)]
            if meant := _did_you_mean(value, fitting, unit):
                return meant
    return ""


MOST_LABS = 2
"""How many labs a remark names as perhaps meant. If the value fits more, the remark names none."""


def likely_lab(lab: Lab, unit: str, value: Quantity | Span, dictionary: Dictionary) -> str:
    """Asks whether a value is of one of the labs that come in this unit and for which it would be usual. Asks nothing
    where these are many, or where the unit is a plain share and the lab is measured in something else."""
    fitting = [
        each
        for each in dictionary.labs_in(unit)
        if each.usual is not None and fits(each, None, unit, value, dictionary, each.usual)
    ]
    if not 0 < len(fitting) <= MOST_LABS or parse_unit(unit).dimension == PURE != parse_unit(lab.unit).dimension:
        return ""
    names = [each.name for each in fitting if not are_of_two_kinds(unit, each.unit)]
    return f"; is it {any_of(names)}?" if names else ""


def _did_you_mean(value: Quantity | Span, units: Iterable[str], written: str) -> str:
    """The value in these units, but for the one that it was written in; three at most."""
    others = [each for each in units if each != written]
    if not others:
        return ""
    match value:
        case Quantity(number, comparator):
            text = comparator + six_digits(number)
        case Span(low, high):
            text = "-".join("" if end is None else six_digits(end) for end in (low, high))
    return (
        "; did you mean "
        + any_of(f"{text} as a pure number" if each == "1" else f"{text} {each}" for each in others[:3])
        + "?"
    )


def fits(lab: Lab, form: Form | None, unit: str, value: Quantity | Span, dictionary: Dictionary, wanted: Range) -> bool:
    """Whether a value lies in a range of the lab if it is in this unit."""
    try:
        factor = dictionary.factor(lab, form, unit)
    except UnitError:
        return False
    ends = (value.number,) if isinstance(value, Quantity) else (value.low, value.high)
    return all(wanted.contains(float(end * factor)) for end in ends if end is not None)
