"""From what was reported to a result: values, units, limits, grades, and what cannot be used."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagged import said
from records.small_rulebook import SMALL
from screener.records import read_patient
from screener.records.patient import Patient, Result
from screener.records.written import Quantity, Span, UnreadableValueError, read_value
from screener.values.ranges import Range, exactly


def read(*observations: dict[str, Any]) -> Patient:
    return read_patient({"observations": list(observations)}, SMALL)


def result(name: str, value: Any, unit: str | None = None, **fields: Any) -> Result:
    entry = {"name": name, "value": value, **fields}
    if unit is not None:
        entry["unit"] = unit
    ((only,),) = read(entry).results.values()
    return only


# ---- values


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        (1, Quantity(Fraction(1))),
        (1.1, Quantity(Fraction(11, 10))),
        (Decimal("1.10"), Quantity(Fraction(11, 10))),
        ("1.10", Quantity(Fraction(11, 10))),
        (" 2 ", Quantity(Fraction(2))),
        (".5", Quantity(Fraction(1, 2))),
        ("5.", Quantity(Fraction(5))),
        ("+3", Quantity(Fraction(3))),
        ("-3", Quantity(Fraction(-3))),
        ("−3", Quantity(Fraction(-3))),
        ("1e3", Quantity(Fraction(1000))),
        ("<0.2", Quantity(Fraction(1, 5), "<")),
        ("< 0.2", Quantity(Fraction(1, 5), "<")),
        (">8", Quantity(Fraction(8), ">")),
        ("<=8", Quantity(Fraction(8), "<=")),
        ("≤8", Quantity(Fraction(8), "<=")),
        (">=8", Quantity(Fraction(8), ">=")),
        ("≥ 8", Quantity(Fraction(8), ">=")),
        ("＞8", Quantity(Fraction(8), ">")),
        ("LESS THAN 0.4", Quantity(Fraction(2, 5), "<")),
        ("greater than 30", Quantity(Fraction(30), ">")),
        ("at least 5", Quantity(Fraction(5), ">=")),
        ("up to 5", Quantity(Fraction(5), "<=")),
        ("3-5", Span(Fraction(3), Fraction(5))),
        ("0 - 2", Span(Fraction(0), Fraction(2))),
    ],
)
def test_a_number_is_read_as_it_was_written(written: object, quantity: Quantity | Span) -> None:
    assert read_value(written) == quantity


@pytest.mark.parametrize(
    "words",
    [
        "positive",
        "II",
        "haemolysed",
        "see comment 5",
        "1+",
        "1:80",
        "5 apples",
        "",
        "-",
        "NEG",
        "30/4",
        "12/",
        "120/80",
    ],
)
def test_words_stay_words(words: str) -> None:
    assert read_value(words) == words


@pytest.mark.parametrize(
    "value",
    [
        "1,8",
        "1.2.3",
        "<",
        ">>5",
        "1 200",
        "5 mg/dL",
        "<5mg/dL",
        "35%",
        "5-2",
        "1-2 mg/dL",
        "1e99",
        True,
        None,
        [1],
        {"a": 1},
    ],
)
def test_a_number_that_cannot_be_read_is_no_value(value: object) -> None:
    with pytest.raises(UnreadableValueError):
        read_value(value)


@pytest.mark.parametrize(("digits", "is_read"), [(39, True), (40, True), (41, False)])
def test_a_number_has_at_most_40_digits(digits: int, is_read: bool) -> None:
    for written in ("0." + "1" * digits, Decimal("1." + "1" * (digits - 1))):
        if is_read:
            assert isinstance(read_value(written), Quantity)
        else:
            with pytest.raises(UnreadableValueError):
                read_value(written)


@pytest.mark.parametrize(("power", "is_read"), [(29, True), (30, True), (31, False)])
def test_a_number_has_at_most_30_powers_of_ten(power: int, is_read: bool) -> None:
    for written in (f"1e{power}", f"1e-{power}", Decimal(f"1e{power}"), 10**power):
        if is_read:
            assert isinstance(read_value(written), Quantity)
        else:
            with pytest.raises(UnreadableValueError):
                read_value(written)


# ---- labs


@pytest.mark.parametrize(
    ("name", "value", "unit", "canonical"),
    [
        ("total_bilirubin", 5, "mg/dL", "500000/5846.6"),
        ("total_bilirubin", 5, "mg/dl", "500000/5846.6"),
        ("total_bilirubin", 85.5, "µmol/L", "85.5"),
        ("INR", 1.8, None, "1.8"),
        ("INR", 1.8, "{INR}", "1.8"),
        ("INR", 1.8, "ratio", "1.8"),
        ("PTA", 35, "%", "35"),
        ("PTA", "0.35", "1", "35"),
        ("neutrophils", 4500, "/uL", "4.5"),
        ("neutrophils", 4.5, "K/uL", "4.5"),
        ("neutrophils", "0.45", "万/µL", "4.5"),
        ("urea", 1, "mmol/L", "1"),
        ("calcium", 5, "mEq/L", "2.5"),
        ("calcium", 10, "mg/dL", "100/40.078"),
        ("AFP", 1, "ug/L", "1"),
        ("body_weight", 132.277, "lb", "59.999838702949"),
    ],
)
def test_a_result_is_converted_exactly(name: str, value: Any, unit: str | None, canonical: str) -> None:
    above, _, below = canonical.partition("/")
    expected = Fraction(above) / Fraction(below or 1)
    converted = result(name, value, unit)
    if name == "body_weight":
        assert converted.exact == Fraction("132.277") * Fraction("0.45359237")
    else:
        assert converted.exact == expected
    assert converted.value == exactly(float(converted.exact or 0))
    assert converted.unusable is None
    assert converted.recorded_value == str(value)
    assert converted.recorded_unit == unit


def test_urea_and_urea_nitrogen_are_two_forms_of_one_analyte() -> None:
    assert result("urea", Decimal("6.006"), "mg/dL").exact == 1
    assert result("BUN", Decimal("2.8014"), "mg/dL").exact == 1
    assert result("BUN", 1, "mmol/L").exact == 1


def test_a_result_keeps_what_its_number_was_multiplied_by() -> None:
    assert result("total_bilirubin", 5, "mg/dL").factor == Fraction(10_000) / Fraction("584.66")
    assert result("total_bilirubin", "<5", "umol/L").factor == 1
    assert result("total_bilirubin", 5).factor is None


def test_a_result_of_a_form_with_a_name_of_its_own_says_what_was_measured() -> None:
    assert said(result("BUN", Decimal("30.3"), "mg/dL").flags) == ("measured as urea nitrogen",)
    assert said(result("BUN", 30, "stones").flags) == ("measured as urea nitrogen",)
    (coded,) = read({"loinc": "3094-0", "value": Decimal("30.3")}).results["urea"]
    assert said(coded.flags) == ("measured as urea nitrogen",)
    assert result("urea", 65, "mg/dL").flags == ()


@pytest.mark.parametrize(
    ("name", "value", "units"),
    [
        ("Hb", Decimal("9.1"), "`mmol/L` or `g/dL`"),
        ("Hb", 91, "`g/L`"),
        ("Hb", 15, "`g/dL`, `g/L` or `mmol/L`"),
        ("neutrophils", 4500, "`/uL`"),
        ("total_bilirubin", 1, "`mg/dL`, `umol/L` or `mmol/L`"),
    ],
)
def test_for_a_result_without_a_unit_common_units_are_named_too_and_the_likely_first(
    name: str, value: Any, units: str
) -> None:
    found = result(name, value)
    assert found.problem == f"it has no unit, and {found.fact} is not a pure number; it would be possible in {units}"


def test_limits_of_normal_are_converted_with_their_result() -> None:
    converted = result("total_bilirubin", 10, "mg/dL", upper_limit=1, lower_limit="0.3")
    assert converted.upper_limit == Fraction(100000) / Fraction("5846.6")
    assert converted.lower_limit == converted.upper_limit * Fraction(3, 10)


@pytest.mark.parametrize(
    ("limit", "is_used", "remark"),
    [
        ("17", True, "its upper limit of normal is unusual: 17 umol/L, in use are 17.1 .. 26 umol/L"),
        ("17.1", True, None),
        ("26", True, None),
        ("26.1", True, "its upper limit of normal is unusual: 26.1 umol/L, in use are 17.1 .. 26 umol/L"),
        (
            "1.2",
            False,
            "its upper limit of normal seems to be in another unit, and is not used: 1.2 umol/L, "
            "in use are 17.1 .. 26 umol/L; did you mean `1.2 mg/dL`?",
        ),
    ],
)
def test_a_limit_of_normal_is_compared_with_those_in_use(limit: str, is_used: bool, remark: str | None) -> None:
    read = result("total_bilirubin", 200, "umol/L", upper_limit=limit)
    assert read.upper_limit == (Fraction(limit) if is_used else None)
    assert said(read.flags) == ((remark,) if remark else ())


def test_a_limit_in_the_canonical_unit_beside_a_result_in_another_is_not_used() -> None:
    read = result("total_bilirubin", 12, "mg/dL", upper_limit=20)
    assert read.upper_limit is None
    assert read.flags[0].text.endswith("did you mean `20 umol/L`?")


def test_where_no_limits_are_in_use_any_limit_is_that_of_its_laboratory() -> None:
    read = result("creatinine", 200, "umol/L", upper_limit="1.2", lower_limit="0.7")
    assert read.lower_limit == Fraction(7, 10)


def test_an_upper_limit_that_cannot_be_is_left_out_and_said_so() -> None:
    patient = read({"name": "total_bilirubin", "value": 100, "unit": "umol/L", "upper_limit": 0})
    assert patient.results["total_bilirubin"][0].upper_limit is None
    assert patient.notes == (
        "observations[0]: total_bilirubin: its upper limit of normal cannot be, and is not used: 0 umol/L",
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<0.2", None),
        ("<0.5", None),
        ("<0.6", Range(0.5, 0.6, high_open=True)),
        ("<=0.5", exactly(0.5)),
        ("<=0.6", Range(0.5, 0.6)),
        ("<30", Range(0.5, 30, high_open=True)),
        ("<31", None),
        (">8", Range(8, 30, low_open=True)),
        (">=8", Range(8, 30)),
        (">30", None),
        (">=30", exactly(30)),
        (">31", None),
        (">0.5", Range(0.5, 30, low_open=True)),
        (">0.4", None),
        ("0.4", None),
        ("0.5", exactly(0.5)),
        ("30", exactly(30)),
        ("30.1", None),
    ],
)
def test_a_bound_leaves_what_is_possible_on_its_side(written: str, expected: Range | None) -> None:
    found = result("INR", written)
    assert found.value == expected
    assert found.unusable == (None if expected else "impossible")
    assert found.exact == (Fraction(written) if expected and written[0].isdigit() else None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (">0", Range(0, 150, low_open=True)),
        (">=0", Range(0, 150, low_open=True)),
        ("<1", Range(0, 1, low_open=True, high_open=True)),
        ("<0", None),
        ("<=0", None),
        ("0", None),
        ("0.001", exactly(0.001)),
    ],
)
def test_an_open_end_of_what_is_possible_stays_open(written: str, expected: Range | None) -> None:
    assert result("neutrophils", written, "10*9/L").value == expected


@pytest.mark.parametrize(
    ("name", "value", "unit", "why", "problem"),
    [
        (
            "total_bilirubin",
            312,
            "mg/dL",
            "impossible",
            "`312 mg/dL` cannot be, and counts as missing: possible is 0.5 .. 1500 umol/L; did you mean `312 umol/L`?",
        ),
        (
            "neutrophils",
            4500,
            "10*9/L",
            "impossible",
            "`4500 10*9/L` cannot be, and counts as missing: possible is above 0 .. 150 10*9/L"
            "; did you mean `4500 /uL`?",
        ),
        ("INR", 45, None, "impossible", "`45` cannot be, and counts as missing: possible is 0.5 .. 30"),
        (
            "total_bilirubin",
            210,
            None,
            "unit",
            "it has no unit, and total_bilirubin is not a pure number; it would be possible in `umol/L`",
        ),
        (
            "total_bilirubin",
            5,
            None,
            "unit",
            "it has no unit, and total_bilirubin is not a pure number; it would be possible in `umol/L` or `mg/dL`",
        ),
        (
            "PTA",
            35,
            None,
            "unit",
            "it has no unit, and prothrombin_activity is not a pure number; it would be possible in `%`",
        ),
        ("neutrophils", 1.5, "mg/dL", "unit", "`mg/dL` is mass per volume, `10*9/L` is count per volume"),
        ("INR", 15, "s", "unit", "`s` is time, `1` is a pure number"),
        (
            "AFP",
            10,
            "IU/mL",
            "unit",
            "`IU/mL` is international units per volume, `ng/mL` is mass per volume "
            "(each assay defines its international units for itself, so they are never converted)",
        ),
        ("creatinine", 1, "units", "unit", "`units` is refused as a unit: it does not say of what"),
        ("creatinine", 1, "mgdL", "unit", "`mgdL` is not a unit"),
        ("creatinine", "haemolysed", "mg/dL", "missing", "`haemolysed` is not a number"),
        ("creatinine", "1:2", "mg/dL", "missing", "`1:2` is not a number"),
        ("creatinine", None, "mg/dL", "missing", "it has no value"),
        ("HE_grade", 5, None, "impossible", "`5` cannot be, and counts as missing: grades are 0 .. 4"),
        ("HE_grade", 1.5, None, "impossible", "`1.5` cannot be, and counts as missing: grades are 0 .. 4"),
        ("HE_grade", "drowsy", None, "missing", "`drowsy` is no grade"),
        ("ascites_grade", "some", None, "missing", "`some` is none of `none`, `slight` or `moderate`"),
        ("ascites_grade", 1, None, "missing", "`1` is none of `none`, `slight` or `moderate`"),
    ],
)
def test_a_result_that_cannot_be_used_keeps_its_place_and_says_why(
    name: str, value: Any, unit: str | None, why: str, problem: str
) -> None:
    entry = {"name": name, "value": value, "unit": unit, "date": "2026-02-18"}
    patient = read(entry)
    ((found,),) = patient.results.values()
    assert (found.unusable, found.problem) == (why, problem)
    assert (found.value, found.choices, found.exact) == (None, None, None)
    assert found.when is not None
    assert patient.notes == (f"observations[0]: {found.fact}: {problem}",)


@pytest.mark.parametrize(
    ("value", "is_flagged"),
    [("0.7", True), ("0.8", False), ("10", False), ("10.1", True), (">9", False), (">10", False)],
)
def test_an_unusual_result_is_used_and_flagged(value: str, is_flagged: bool) -> None:
    found = result("INR", value)
    assert found.value is not None
    assert said(found.flags) == (("unusual: usual is 0.8 .. 10",) if is_flagged else ())


@pytest.mark.parametrize(
    ("loinc", "unit", "is_told"),
    [
        ("1975-2", "umol/L", True),
        ("1975-2", "mg/L", False),
        ("14631-6", "mg/dL", True),
        ("14631-6", "nmol/mL", False),
    ],
)
def test_a_unit_of_another_kind_than_the_code_is_used_and_told(loinc: str, unit: str, is_told: bool) -> None:
    ((only,),) = read({"loinc": loinc, "value": 14, "unit": unit}).results.values()
    assert any(flag.startswith("its code is of results in ") for flag in said(only.flags)) is is_told
    assert only.unusable is None


def test_a_unit_that_is_written_beats_the_kind_that_the_code_is_of() -> None:
    (found,) = read({"loinc": "1975-2", "value": 85, "unit": "umol/L"}).results["total_bilirubin"]
    assert found.exact == 85


@given(
    st.decimals("0.01", "80", places=2),
    st.sampled_from(["mg/dL", "mg/L", "umol/L", "mmol/L", "g/L"]),
    st.sampled_from("<>"),
)
def test_a_bound_contains_just_the_values_on_its_side(number: Decimal, unit: str, comparator: str) -> None:
    plain, bound = result("total_bilirubin", number, unit), result("total_bilirubin", f"{comparator}{number}", unit)
    if plain.value is None or bound.value is None:
        assert plain.unusable == "impossible" or plain.value in (exactly(0.5), exactly(1500))
        return
    limit = plain.value.low
    assert not bound.value.contains(limit)
    assert (bound.value.high if comparator == "<" else bound.value.low) == limit


@given(st.decimals("0.01", "1000", places=3))
def test_equal_results_are_equal_whatever_unit_they_were_written_in(number: Decimal) -> None:
    in_decilitres = result("creatinine", number, "mg/dL")
    in_litres = result("creatinine", number * 10, "mg/L")
    assert (in_decilitres.value, in_decilitres.exact) == (in_litres.value, in_litres.exact)


# ---- findings


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, exactly(0)),
        ("0", exactly(0)),
        (4, exactly(4)),
        (2.0, exactly(2)),
        ("I", exactly(1)),
        ("II", exactly(2)),
        ("iii", exactly(3)),
        (" IV ", exactly(4)),
        ("V", None),
        ("<2", Range(0, 1)),
        ("<=2", Range(0, 2)),
        (">2", Range(3, 4)),
        (">=2", Range(2, 4)),
        (">=4", exactly(4)),
        (">4", None),
        ("<0", None),
        (-1, None),
    ],
)
def test_a_grade_is_a_whole_number_also_in_roman(value: Any, expected: Range | None) -> None:
    assert result("HE_grade", value).value == expected


@pytest.mark.parametrize(
    ("name", "value", "choice"),
    [
        ("ascites_grade", "none", "none"),
        ("ascites_grade", "Slight", "slight"),
        ("ascites_grade", " MODERATE ", "moderate"),
        ("HIV_test", "not done", "not_done"),
        ("HIV_test", "Not-Done", "not_done"),
        ("HIV_test", "not_done", "not_done"),
    ],
)
def test_a_category_is_known_by_its_name_in_any_case(name: str, value: str, choice: str) -> None:
    assert result(name, value).choices == {choice}


def test_a_code_may_state_the_value_itself() -> None:
    patient = read({"snomed": "900001"}, {"snomed": "900002", "value": "negative"}, {"snomed": "900003"})
    assert [each.choices for each in patient.results["HIV_test"]] == [{"positive"}, {"negative"}]
    (grade,) = patient.results["hepatic_encephalopathy_grade"]
    assert (grade.value, grade.recorded_value) == (exactly(3), "3")


def test_a_code_and_a_value_that_disagree_are_not_used() -> None:
    (found,) = read({"snomed": "900001", "value": "negative"}).results["HIV_test"]
    assert (found.unusable, found.problem) == ("missing", "its code says `positive`, its value `negative`")


# ---- which reports count


@pytest.mark.parametrize(
    ("statuses", "counted"),
    [
        (["final"], [0]),
        ([None], [0]),
        (["preliminary"], [0]),
        (["preliminary", "final"], [1]),
        (["final", "preliminary"], [0]),
        (["preliminary", None], [1]),
        (["final", "corrected"], [1]),
        (["amended", "final", "preliminary"], [0]),
        (["final", "final"], [0, 1]),
        (["preliminary", "preliminary"], [0, 1]),
        (["entered-in-error"], []),
        (["cancelled"], []),
        (["entered-in-error", "preliminary"], [1]),
        (["corrected", "entered-in-error"], [0]),
    ],
)
def test_of_reports_of_one_time_the_better_ones_count(statuses: list[str | None], counted: list[int]) -> None:
    reports = [
        {"name": "INR", "value": 1 + place, "date": "2026-02-18T08:00", "status": status}
        for place, status in enumerate(statuses)
    ]
    patient = read(*reports)
    assert [each.source for each in patient.results.get("INR", ())] == [f"observations[{place}]" for place in counted]
    assert len(patient.notes) == len(statuses) - len(counted)


def test_a_preliminary_report_of_another_time_counts() -> None:
    patient = read(
        {"name": "INR", "value": 1, "date": "2026-02-18", "status": "preliminary"},
        {"name": "INR", "value": 2, "date": "2026-02-19"},
        {"name": "INR", "value": 3, "status": "preliminary"},
        {"name": "INR", "value": 4},
    )
    assert len(patient.results["INR"]) == 4


def test_what_does_not_count_is_noted() -> None:
    patient = read(
        {"name": "INR", "value": 1, "date": "2026-02-18", "status": "preliminary"},
        {"name": "INR", "value": 2, "date": "2026-02-18"},
        {"name": "INR", "value": 3, "status": "entered-in-error"},
    )
    assert patient.notes == (
        "observations[2]: its status is `entered-in-error`, and it does not count",
        "observations[0]: INR: a later report of the same time replaces it",
    )


def test_a_misspelt_name_is_told_even_where_the_result_does_not_count() -> None:
    patient = read({"name": "INRR", "value": 3, "status": "entered-in-error"})
    assert patient.notes[0].startswith("check first: observations[0]: not read: INRR; did you mean `INR`?")
    assert patient.results == {}


def test_the_present_state_may_stand_without_a_date() -> None:
    found = result("HE_grade", 0, current=True)
    assert (found.when, found.is_current) == (None, True)
    assert not result("HE_grade", 0).is_current
