"""Units: what a text means, and exact conversion."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from screener.values.units import UnitError, common_units, describe, factor_between, parse_unit

CONVERSIONS = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data" / "unit_conversions.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_table_of_conversions_was_found() -> None:
    assert len(CONVERSIONS) == 25


@pytest.mark.parametrize(("analyte", "value", "source", "target", "expected", "molar_mass"), CONVERSIONS)
def test_laboratory_quantities_convert_to_the_printed_digits(
    analyte: str, value: str, source: str, target: str, expected: str, molar_mass: str
) -> None:
    mass = Fraction(molar_mass) if molar_mass else None
    converted = Fraction(value) * factor_between(parse_unit(source), parse_unit(target), mass)
    half_a_unit_in_the_last_place = Fraction(Decimal(1).scaleb(Decimal(expected).as_tuple().exponent)) / 2
    assert abs(converted - Fraction(expected)) <= half_a_unit_in_the_last_place, analyte


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10*9/L", "×10⁹/L"),
        ("10*9/L", "x10^9/L"),
        ("10*9/L", "x 10^9 / L"),
        ("10*9/L", "x10E9/L"),
        ("10*9/L", "10e9/l"),
        ("10*9/L", "10**9/L"),
        ("10*9/L", "10(9)/L"),
        ("10*9/L", "X10*9/L"),
        ("10*9/L", "G/L"),
        ("10*9/L", "Gpt/l"),
        ("10*9/L", "K/uL"),
        ("10*9/L", "K/µL"),
        ("10*9/L", "k/mcL"),
        ("10*9/L", "10*3/mm3"),
        ("10*9/L", "10^3/mm³"),
        ("10*9/L", "10^3/cumm"),
        ("10*9/L", "thou/uL"),
        ("10*9/L", "x1000/uL"),
        ("10*9/L", "1000/uL"),
        ("10*9/L", "10*6{cells}/mL"),
        ("10*10/L", "万/µL"),
        ("/uL", "cells/µL"),
        ("/uL", "#/uL"),
        ("/uL", "{WBCs}/μL"),
        ("/uL", "/mm3"),
        ("10*12/L", "M/uL"),
        ("10*12/L", "T/L"),
        ("mg/dL", "mg/dl"),
        ("mg/dL", "MG/DL"),
        ("mg/dL", "mg%"),
        ("mg/dL", " mg / dL "),
        ("umol/L", "µmol/L"),
        ("umol/L", "μmol/l"),
        ("umol/L", "mcmol/L"),
        ("umol/L", "微摩尔/升"),
        ("ug/dL", "mcg/dL"),
        ("meq/L", "mEq/L"),
        ("meq/L", "MEQ/L"),
        ("[IU]/L", "IU/L"),
        ("[IU]/L", "[iU]/L"),
        ("[IU]/L", "mIU/mL"),
        ("k[IU]/L", "IU/mL"),
        ("mm[Hg]", "mm Hg"),
        ("mm[Hg]", "mmHg"),
        ("s", "sec"),
        ("s", "秒"),
        ("[lb_av]", "lbs"),
        ("kg", "Kg"),
        ("a", "years"),
        ("1", "{INR}"),
        ("1", "INR"),
        ("1", "ratio"),
        ("1", "-"),
        ("1", " -- "),
        ("1", "—"),
        ("1", "–"),
        ("1", "no unit"),
        ("1", "无"),
        ("%", "％"),
        ("%", "%{activity}"),
        ("%", "/100"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mL/min", "mL/min/1.73 m²"),
        ("U/L", "umol/min/L"),
        ("U/L", "umol/(min.L)"),
        ("L.s/m", "L/m.s"),
    ],
)
def test_two_spellings_of_one_unit_are_the_same_quantity(one: str, other: str) -> None:
    assert factor_between(parse_unit(other), parse_unit(one)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a unit is missing"),
        (" ", "a unit is missing"),
        ("mgdL", "`mgdL` is not a unit"),
        ("foo/L", "`foo/L` is not a unit: `foo` is not a unit"),
        ("mg/", "`mg/` is not a unit: a unit is missing"),
        ("mg//dL", "`mg//dL` is not a unit: a unit is missing"),
        ("mg/dL)", "`mg/dL)` is not a unit: `)` is not understood"),
        ("(mg", "`(mg` is not a unit: a parenthesis is not closed"),
        ("{INR", "`{INR` is not a unit: `{INR` is not understood"),
        ("0.5.g", "`0.5.g` is not a unit: `0.5.g` is not understood"),
        ("0/L", "`0/L` is not a unit: `0` is no factor"),
        ("109/L", "`109/L` is not a unit: `109` may be 10 to the power of 9: write `10*9`"),
        ("10 9/L", "`10 9/L` is not a unit: ` 9/L` is not understood"),
        ("{Log_IU}/mL", "`{Log_IU}/mL` is not a unit: a logarithm is not a unit"),
        ("units", "`units` is refused as a unit: it does not say of what"),
        (
            "m/uL",
            "`m/uL` is refused as a unit: it may be thousands, millions or metres per microlitre: "
            "write `10*3/uL` or `10*6/uL`",
        ),
    ],
)
def test_what_is_no_unit_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_unit(text)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9/L",
        "9**9**9**9/L",
        "10*99999999/L",
        "10^999",
        "10*61",
        "m9.Ym9.Ym9.Ym9",
        "1" * 10_000,
        "9" * 90,
        "(" * 100_000,
        "(" * 99,
        "/" * 99,
        "{" * 99,
        "[" * 99,
        "mg." * 33,
        "__import__('os')",
        "10*9/L\x00",
        "\ud800/L",
    ],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(UnitError) as refused:
        parse_unit(text)
    assert time.perf_counter() - began < 0.05
    assert len(str(refused.value)) < 300


@given(st.text(max_size=200) | st.text(alphabet="mgL/.()[]{}10*^9%xKU ", max_size=60))
def test_any_text_is_a_unit_or_a_unit_error(text: str) -> None:
    try:
        unit = parse_unit(text)
    except UnitError:
        return
    assert unit.factor > 0
    assert describe(unit.dimension)


def test_a_unit_may_be_nested_as_deeply_as_it_may_be_long() -> None:
    assert parse_unit("(" * 49 + "g" + ")" * 49).factor == 1


@pytest.mark.parametrize(("length", "is_unit"), [(99, True), (100, True), (101, False)])
def test_a_unit_has_at_most_100_characters(length: int, is_unit: bool) -> None:
    text = "g{" + "a" * (length - 3) + "}"
    if is_unit:
        assert parse_unit(text).factor == 1
    else:
        with pytest.raises(UnitError, match="too long to be a unit"):
            parse_unit(text)


@pytest.mark.parametrize(("power", "is_unit"), [(59, True), (60, True), (61, False)])
def test_a_unit_is_at_most_60_powers_of_ten_large(power: int, is_unit: bool) -> None:
    if is_unit:
        assert parse_unit(f"10*{power}").factor == Fraction(10) ** power
        assert parse_unit(f"10*-{power}").factor == Fraction(10) ** -power
    else:
        for text in (f"10*{power}", f"10*-{power}"):
            with pytest.raises(UnitError, match="its size is beyond any measure"):
                parse_unit(text)


def test_case_matters_where_it_matters() -> None:
    assert describe(parse_unit("g/L").dimension) == "mass per volume"
    assert describe(parse_unit("G/L").dimension) == "count per volume"
    assert parse_unit("Mg").factor == 10**9 * parse_unit("mg").factor


@pytest.mark.parametrize(
    ("amounts", "share"),
    [("mmol/mol", "%"), ("mmol/mol{Hb}", "%"), ("mmol/mol Hb", "1"), ("umol/mol{creat}", "g/g"), ("mol/mol", "%")],
)
def test_a_ratio_of_amounts_is_not_converted_to_another_share(amounts: str, share: str) -> None:
    # 53 mmol/mol of HbA1c are 7.0 %, not 5.3 %.
    for one, other in ((amounts, share), (share, amounts)):
        with pytest.raises(UnitError, match="not proportional"):
            factor_between(parse_unit(one), parse_unit(other))
    assert factor_between(parse_unit("mmol/mol"), parse_unit("umol/mol{creat}")) == 1000


def test_kelvin_is_a_temperature_and_a_thousand_only_per_volume() -> None:
    assert describe(parse_unit("K").dimension) == "temperature"
    assert describe(parse_unit("K/uL").dimension) == "count per volume"


def test_a_scale_with_its_own_zero_is_never_converted() -> None:
    for one, other in [("Cel", "K"), ("[degF]", "Cel"), ("°C", "°F")]:
        with pytest.raises(UnitError):
            factor_between(parse_unit(one), parse_unit(other))
    assert factor_between(parse_unit("°C"), parse_unit("Cel")) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1", "a pure number"),
        ("mg/dL", "mass per volume"),
        ("umol/L", "amount per volume"),
        ("10*9/L", "count per volume"),
        ("meq/L", "equivalents per volume"),
        ("[IU]/mL", "international units per volume"),
        ("[arb'U]/mL", "arbitrary units per volume"),
        ("U/L", "enzyme activity per volume"),
        ("kg", "mass"),
        ("s", "time"),
        ("mL", "volume"),
        ("/min", "count per time"),
        ("mL/min", "volume per time"),
        ("mm[Hg]", "pressure"),
        ("kg/m2", "mass per area"),
        ("mg/mmol", "mass per amount"),
        ("mg/kg/d", "count per time"),
        ("/g", "count per mass"),
        ("g.m", "length times mass"),
        ("m/s2", "length per time^2"),
    ],
)
def test_a_dimension_is_described_in_words(text: str, words: str) -> None:
    assert describe(parse_unit(text).dimension) == words


def test_equivalents_need_the_valence() -> None:
    milliequivalents, millimoles, milligrams = (parse_unit(text) for text in ("meq/L", "mmol/L", "mg/dL"))
    assert factor_between(milliequivalents, millimoles, valence=2) == Fraction(1, 2)
    assert factor_between(millimoles, milliequivalents, valence=2) == 2
    mass = Fraction("40.078")
    assert factor_between(milligrams, milliequivalents, mass, 2) == factor_between(milligrams, millimoles, mass) * 2
    assert factor_between(milliequivalents, milligrams, mass, 2) == factor_between(millimoles, milligrams, mass) / 2


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("mg/dL", "10*9/L", "`mg/dL` is mass per volume, `10*9/L` is count per volume"),
        ("mg/dL", "umol/L", "`mg/dL` is mass per volume, `umol/L` is amount per volume (no molar mass is defined)"),
        ("meq/L", "mmol/L", "`meq/L` is equivalents per volume, `mmol/L` is amount per volume (no valence is defined)"),
        (
            "meq/L",
            "mg/dL",
            "`meq/L` is equivalents per volume, `mg/dL` is mass per volume (no molar mass and no valence is defined)",
        ),
        (
            "[IU]/mL",
            "ng/mL",
            "`[IU]/mL` is international units per volume, `ng/mL` is mass per volume "
            "(each assay defines its international units for itself, so they are never converted)",
        ),
        (
            "[IU]/L",
            "U/L",
            "`[IU]/L` is international units per volume, `U/L` is enzyme activity per volume "
            "(each assay defines its international units for itself, so they are never converted)",
        ),
        ("s", "1", "`s` is time, `1` is a pure number"),
    ],
)
def test_units_that_do_not_fit_are_named_with_both_dimensions(source: str, target: str, message: str) -> None:
    with pytest.raises(UnitError) as refused:
        factor_between(parse_unit(source), parse_unit(target))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("source", "target"),
    [("mg/mmol", "1"), ("1", "mg/mmol"), ("mg/g", "mg/mmol"), ("g2/L", "mol2/L"), ("/g", "/mol"), ("L/g", "L/mol")],
)
def test_a_molar_mass_is_used_only_where_the_analyte_itself_is_measured(source: str, target: str) -> None:
    with pytest.raises(UnitError):
        factor_between(parse_unit(source), parse_unit(target), Fraction(100))


def test_arbitrary_units_are_never_converted_even_with_a_molar_mass() -> None:
    with pytest.raises(UnitError):
        factor_between(parse_unit("[IU]/mL"), parse_unit("ng/mL"), Fraction(100), 2)


@pytest.mark.parametrize("number", ["1.5", "4.9", "5", "5.1", "0.3", "17.1", "9.0"])
def test_equal_quantities_are_equal_after_conversion(number: str) -> None:
    to_molar = factor_between(parse_unit("mg/dL"), parse_unit("umol/L"), Fraction("584.66"))
    to_litre = factor_between(parse_unit("mg/L"), parse_unit("umol/L"), Fraction("584.66"))
    assert Fraction(number) * to_molar == Fraction(number) * 10 * to_litre


def test_common_units_are_units() -> None:
    assert {"mg/dL", "umol/L", "10*9/L", "%"} <= {unit.text for unit in common_units()}


# ---- pint as an oracle

BASES = {"g": "gram", "mol": "mole", "L": "liter", "m": "meter", "s": "second"}
PREFIXES = {
    "": "",
    "k": "kilo",
    "d": "deci",
    "c": "centi",
    "m": "milli",
    "u": "micro",
    "n": "nano",
    "p": "pico",
    "f": "femto",
}


@lru_cache(maxsize=1)
def _pint():  # type: ignore[no-untyped-def]
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)


@st.composite
def products(draw: st.DrawFn) -> tuple[str, str]:
    """The same product of prefixed units as UCUM and for pint, such as `mg/dL` and `milligram / deciliter`."""
    ucum, pint_text = "1", "dimensionless"
    for _ in range(draw(st.integers(1, 4))):
        prefix, base = draw(st.sampled_from(sorted(PREFIXES))), draw(st.sampled_from(sorted(BASES)))
        power = draw(st.integers(1, 3))
        operator = draw(st.sampled_from("./"))
        ucum += f"{operator}{prefix}{base}{power if power > 1 else ''}"
        pint_text += f" {'*' if operator == '.' else '/'} {PREFIXES[prefix]}{BASES[base]}**{power}"
    return ucum, pint_text


@settings(deadline=None)  # the first example pays for building the registry
@given(products())
def test_products_of_units_have_the_factor_that_pint_gives(product: tuple[str, str]) -> None:
    ucum, for_pint = product
    quantity = _pint().Quantity(Decimal(1), for_pint).to_base_units()
    kilograms = int(quantity.dimensionality.get("[mass]", 0))
    in_grams = Fraction(quantity.magnitude) * Fraction(1000) ** kilograms  # pint's base is the kilogram
    assume(Fraction(1, 10**60) < in_grams < 10**60)
    unit = parse_unit(ucum)
    powers = dict(unit.dimension)
    assert abs(unit.factor / in_grams - 1) < Fraction(1, 10**20)
    by_pint = {f"[{base}]": power for base, power in powers.items()}
    if "[amount]" in by_pint:
        by_pint["[substance]"] = by_pint.pop("[amount]")
    assert {base: int(power) for base, power in quantity.dimensionality.items()} == by_pint


@given(st.sampled_from(["mg/dL", "g/L", "ug/mL", "kg/m3"]), st.sampled_from(["umol/L", "mmol/dL", "mol/m3"]))
def test_going_there_and_back_changes_nothing(mass_unit: str, molar_unit: str) -> None:
    mass, molar = parse_unit(mass_unit), parse_unit(molar_unit)
    assert factor_between(mass, molar, Fraction("584.66")) * factor_between(molar, mass, Fraction("584.66")) == 1
