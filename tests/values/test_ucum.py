"""UCUM: which of its public tests apply to units of laboratories, and that those all pass.

Of the functional tests apply the validation, the conversion, the multiplication and the division; the generation of
display names does not, because no names are made. Of the validation, and of the table of example codes, every code
applies that is not in `outside.tsv`, which gives the reason: a dimension that no laboratory reports, or a scale that no
factor converts. The large lists run where `--shared` says where they lie; a selection runs always.
"""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from screener.values.units import PURE, UnitError, describe, factor_between, parse_unit

HERE = Path(__file__).parents[1] / "data" / "ucum"


def rows_of(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


OUTSIDE = dict(rows_of("outside.tsv"))
BEYOND = dict(rows_of("beyond.tsv"))
CODES = [(code, verdict == "valid") for code, verdict, *_ in rows_of("codes.tsv")]
CONVERSIONS = rows_of("conversions.tsv")


def is_read(code: str) -> bool:
    try:
        parse_unit(code)
    except UnitError:
        return False
    return True


@pytest.mark.parametrize(("code", "is_valid"), CODES)
def test_a_valid_code_is_read_and_an_invalid_one_refused(code: str, is_valid: bool) -> None:
    assert is_read(code) == is_valid


@pytest.mark.parametrize(("code", "why"), OUTSIDE.items())
def test_what_is_left_out_of_ucum_is_refused_and_says_why(code: str, why: str) -> None:
    assert not is_read(code)
    assert why


@pytest.mark.parametrize(("code", "why"), BEYOND.items())
def test_what_is_read_beyond_ucum_is_a_spelling_of_hospitals(code: str, why: str) -> None:
    assert is_read(code)
    assert why


@pytest.mark.parametrize(("case", "value", "source", "target", "outcome"), CONVERSIONS, ids=lambda each: str(each))
def test_a_conversion_gives_the_printed_digits(case: str, value: str, source: str, target: str, outcome: str) -> None:
    converted = Fraction(value) * factor_between(parse_unit(source), parse_unit(target))
    assert rounds_to(converted, outcome)


def rounds_to(number: Fraction, printed: str) -> bool:
    """Whether the exact number is the printed one, to the places printed."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(number - Fraction(printed)) <= Fraction(10) ** exponent / 2


def test_a_product_of_two_quantities_has_the_product_of_their_units() -> None:
    for one, other in [("g", "m"), ("m", "g")]:
        product = parse_unit(f"({one}).({other})")
        assert Fraction("1.5") * 2 * factor_between(product, parse_unit("g.m")) == 3


@pytest.mark.parametrize(
    ("number", "one", "other", "quotient", "expected"),
    [
        ("0.75", "g", "m", "g.m-1", "0.75"),
        ("4/3", "m", "g", "g-1.m", "1.3"),
        ("1", "[lb_av]/h", "kg/s", "1", "0.000125997880555555555555556"),
    ],
)
def test_a_quotient_of_two_quantities_has_the_quotient_of_their_units(
    number: str, one: str, other: str, quotient: str, expected: str
) -> None:
    divided = parse_unit(f"({one})/({other})")
    assert rounds_to(Fraction(number) * factor_between(divided, parse_unit(quotient)), expected)


def test_units_of_one_kind_divide_to_a_pure_number() -> None:
    assert parse_unit("([lb_av]/h)/(kg/s)").dimension == PURE


# ---- exact definitions, each from its legal or UCUM definition


@pytest.mark.parametrize(
    ("number", "source", "target"),
    [
        ("0.45359237", "[lb_av]", "kg"),
        ("28.349523125", "[oz_av]", "g"),
        ("31.1034768", "[oz_tr]", "g"),
        ("6.35029318", "[stone_av]", "kg"),
        ("0.0254", "[in_i]", "m"),
        ("0.9144", "[yd_i]", "m"),
        ("1609.344", "[mi_i]", "m"),
        ("6.4516", "[sin_i]", "cm2"),
        ("16.387064", "[cin_i]", "cm3"),
        ("3.785411784", "[gal_us]", "L"),
        ("29.5735295625", "[foz_us]", "mL"),
        ("14.78676478125", "[tbs_us]", "mL"),
        ("4.92892159375", "[tsp_us]", "mL"),
        ("236.5882365", "[cup_us]", "mL"),
        ("4.54609", "[gal_br]", "L"),
        ("28.4130625", "[foz_br]", "mL"),
        ("101325", "atm", "Pa"),
        ("133.322", "mm[Hg]", "Pa"),
        ("98.0665", "cm[H2O]", "Pa"),
        ("4.448221615260500", "[lbf_av]", "N"),
        ("0.1", "P", "Pa.s"),
        ("0.000001", "cSt", "m2/s"),
        ("0.00001", "dyn", "N"),
        ("0.0000001", "erg", "J"),
        ("37000000000", "Ci", "Bq"),
        ("4184", "[Cal]", "J"),
        ("4.1868", "cal_IT", "J"),
        ("1000000", "kat", "umol/s"),
        ("60000000", "kat", "U"),
        ("10", "g%", "g/L"),
        ("365.25", "a", "d"),
        ("30.4375", "mo", "d"),
        ("3.5", "[MET]", "mL/min/kg"),
        ("0.05", "[drp]", "mL"),
        ("1", "osm", "mol"),
    ],
)
def test_a_unit_is_exactly_what_it_is_defined_as(number: str, source: str, target: str) -> None:
    assert factor_between(parse_unit(source), parse_unit(target)) == Fraction(number)


@pytest.mark.parametrize("unit", ["[IU]", "[arb'U]", "[beth'U]", "[EU]", "[CFU]", "[anti'Xa'U]", "[FEU]"])
@pytest.mark.parametrize("other", ["mol", "g", "U", "1"])
def test_an_arbitrary_unit_is_converted_to_nothing_but_itself(unit: str, other: str) -> None:
    with pytest.raises(UnitError, match="for itself, so they are never converted"):
        factor_between(parse_unit(unit), parse_unit(other), Fraction(100), 1)


def test_a_microscopic_field_is_no_number_although_ucum_takes_it_for_one() -> None:
    assert describe(parse_unit("/[HPF]").dimension) == "count per high power fields"
    with pytest.raises(UnitError):
        factor_between(parse_unit("/[LPF]"), parse_unit("/[HPF]"))


def test_equivalents_are_no_moles_although_ucum_takes_them_for_some() -> None:
    with pytest.raises(UnitError, match="no valence"):
        factor_between(parse_unit("meq/L"), parse_unit("mmol/L"))


# ---- the whole lists


def validation_of(shared: Path) -> list[tuple[str, bool]]:
    functional = ET.parse(shared / "ucum" / "UcumFunctionalTests.xml").getroot()
    return [(each.attrib["unit"], each.attrib["valid"] == "true") for each in functional.iterfind("validation/case")]


def examples_of(shared: Path) -> list[str]:
    with (shared / "ucum" / "ucum_examples.tsv").open(encoding="utf-8") as file:
        return [row["UCUM_CODE"] for row in csv.DictReader(file, delimiter="\t")]


def test_every_functional_test_of_validation_that_applies_passes(shared: Path) -> None:
    cases = validation_of(shared)
    assert len(cases) >= 529
    applicable = [(code, is_valid) for code, is_valid in cases if code not in OUTSIDE and code not in BEYOND]
    wrong = [code for code, is_valid in applicable if is_read(code) != is_valid]
    assert wrong == []
    assert len(cases) - len(applicable) == 23


def test_every_example_code_that_applies_is_read(shared: Path) -> None:
    codes = examples_of(shared)
    assert len(codes) == 848
    applicable = [code for code in codes if code not in OUTSIDE]
    assert [code for code in applicable if not is_read(code)] == []
    assert len(codes) - len(applicable) == 30


def test_nothing_is_left_out_or_read_beyond_but_what_the_lists_hold(shared: Path) -> None:
    cases = validation_of(shared)
    valid = {code for code, is_valid in cases if is_valid} | set(examples_of(shared))
    assert set(OUTSIDE) <= valid
    assert set(BEYOND) <= {code for code, is_valid in cases if not is_valid}


def test_every_functional_test_of_conversion_is_kept_here_or_left_out_by_name(shared: Path) -> None:
    functional = ET.parse(shared / "ucum" / "UcumFunctionalTests.xml").getroot()
    there = {each.attrib["id"]: each.attrib for each in functional.iterfind("conversion/case")}
    outside = {"3-120", "3-122", "3-123", "3-124", "3-126", "3-127", "3-128"}
    kept = {case: (value, source, target, outcome) for case, value, source, target, outcome in CONVERSIONS}
    assert set(kept) | outside == set(there)
    for case, row in kept.items():
        assert row == tuple(there[case][field] for field in ("value", "srcUnit", "dstUnit", "outcome"))
