"""A result without a unit is no result; codes say the kind of quantity; units that are another lab's name that lab."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from flagged import said
from records.fhir.tiny import LOINC, bundle, observation, only_result
from screener import evaluate, load_patient, load_rules
from screener.records.patient import Result

RULES = load_rules()
HEADER = "system,code,name,unit\n"


def natively(**entry: Any) -> Result:
    return only_result(load_patient({"observations": [{"date": "2026-02-18", **entry}]}, RULES))


def in_fhir(codes: list[str], quantity: dict[str, Any], codes_table: Path | None = None) -> Result:
    code = {"coding": [{"system": LOINC, "code": each} for each in codes]}
    source = bundle({"resourceType": "Patient", "id": "p"}, observation("", code=code, valueQuantity=quantity))
    return only_result(load_patient(source, RULES, codes=codes_table or ()))


def a_table(folder: Path, rows: str) -> Path:
    table = folder / "codes.csv"
    table.write_text(HEADER + rows, encoding="utf-8")
    return table


# ---- no unit


@pytest.mark.parametrize(
    "code",
    ["1975-2", "14631-6", "2160-0", "14682-9", "22664-7", "3094-0", "777-3", "751-8", "5894-1", "2951-2", "29463-7"],
)
def test_a_code_alone_gives_no_unit(code: str) -> None:
    for found in (natively(loinc=code, value=21), in_fhir([code], {"value": 21})):
        assert (found.unusable, found.value) == ("unit", None)
        assert "it has no unit" in (found.problem or "")


def test_its_own_limit_gives_none_either() -> None:
    assert natively(loinc="1975-2", value=21, upper_limit=21).unusable == "unit"
    patient = {
        "as_of": "2026-02-20",
        "observations": [
            {"loinc": "1975-2", "value": 21, "upper_limit": 21, "date": "2026-02-18"},
            {"loinc": "6301-6", "value": 1.8, "date": "2026-02-18"},
            {"name": "creatinine", "value": 100, "unit": "umol/L", "date": "2026-02-18"},
        ],
    }
    lines = [line for trial in evaluate(patient, rules=RULES).trials for line in trial.criteria]
    resting = [line for line in lines if any(each.name == "total_bilirubin" for each in line.evidence)]
    assert resting
    assert {line.status for line in resting if "unit" in line.reasons} == {"unknown"}


@pytest.mark.parametrize("code", ["6301-6", "34714-6", "38875-1", "46418-0"])
def test_a_pure_number_needs_no_unit(code: str) -> None:
    assert natively(loinc=code, value="1.8").exact == Fraction("1.8")
    assert in_fhir([code], {"value": 2}).exact == 2


@pytest.mark.parametrize(
    ("row", "code", "value", "exact", "said"),
    [
        ("http://loinc.org,1975-2,TBil,mg/dL", "1975-2", 2, Fraction(200_000) / Fraction("5846.6"), "mg/dL"),
        ("http://loinc.org,14631-6,TBil,umol/L", "14631-6", 21, Fraction(21), "umol/L"),
        ("http://loinc.org,777-3,platelets,/uL", "777-3", 150_000, Fraction(150), "/uL"),
        ("http://loinc.org,718-7,Hb,g/dL", "718-7", 9, Fraction(90), "g/dL"),
    ],
)
def test_the_sites_table_may_give_the_unit_and_the_answer_says_so(
    tmp_path: Path, row: str, code: str, value: int, exact: Fraction, said: str
) -> None:
    found = in_fhir([code], {"value": value}, a_table(tmp_path, row + "\n"))
    assert found.exact == exact
    assert any(f" in {said} by the clinic's own table" in flag.text for flag in found.flags)


def test_a_table_without_a_unit_gives_none(tmp_path: Path) -> None:
    table = a_table(tmp_path, "http://loinc.org,1975-2,TBil,\nurn:lab,B,TBil,\n")
    assert in_fhir(["1975-2"], {"value": 2}, table).unusable == "unit"


@pytest.mark.parametrize(
    ("limits", "is_open"),
    [
        ({"upper_limit": 21}, True),
        ({"upper_limit": "1.2"}, False),
        ({"upper_limit": "1.0", "lower_limit": "0.2"}, False),
        ({}, False),
    ],
)
def test_its_own_limits_may_belie_the_unit_of_the_table(tmp_path: Path, limits: dict[str, Any], is_open: bool) -> None:
    table = a_table(tmp_path, "http://loinc.org,1975-2,TBil,mg/dL\n")
    entry = {"loinc": "1975-2", "value": 12, **limits}
    found = only_result(load_patient({"observations": [entry]}, RULES, codes=table))
    assert found.unusable == ("unit" if is_open else None)
    assert not is_open or "the clinic's own table says" in (found.problem or "")


@pytest.mark.parametrize(("unit", "is_open"), [("umol/L", True), ("mg/dl", False), ("gibberish", True)])
def test_limits_in_another_unit_belie_it_as_well(tmp_path: Path, unit: str, is_open: bool) -> None:
    table = a_table(tmp_path, "http://loinc.org,1975-2,TBil,mg/dL\n")
    code = {"coding": [{"system": LOINC, "code": "1975-2"}]}
    limits = [{"high": {"value": 1, "unit": unit}}]
    source = bundle(
        {"resourceType": "Patient", "id": "p"},
        observation("", code=code, valueQuantity={"value": 12}, referenceRange=limits),
    )
    assert only_result(load_patient(source, RULES, codes=table)).unusable == ("unit" if is_open else None)


@pytest.mark.parametrize(("unit", "is_open"), [("s", True), ("%", True), ("1", False), ("INR", False), (None, False)])
def test_limits_of_another_quantity_belie_a_pure_number(unit: str | None, is_open: bool) -> None:
    limits = [{"high": {"value": 1, **({"unit": unit} if unit else {})}}]
    code = {"coding": [{"system": LOINC, "code": "6301-6"}]}
    source = bundle(
        {"resourceType": "Patient", "id": "p"},
        observation("", code=code, valueQuantity={"value": 14}, referenceRange=limits),
    )
    assert only_result(load_patient(source, RULES)).unusable == ("unit" if is_open else None)


# ---- two codes


@pytest.mark.parametrize("quantity", [{"value": 12}, {"value": 12, "unit": "mg/dL"}, {"value": 12, "unit": "umol/L"}])
@pytest.mark.parametrize(
    "codes", [["14631-6", "1975-2"], ["1975-2", "14631-6"], ["3091-6", "3094-0"], ["2160-0", "14682-9"]]
)
def test_two_codes_of_different_quantities_leave_the_value_open(codes: list[str], quantity: dict[str, Any]) -> None:
    found = in_fhir(codes, quantity)
    assert (found.unusable, found.value) == ("unit", None)
    assert (found.problem or "").startswith("its codes are of different quantities")
    natively_ = natively(loinc=codes[0], system="loinc", code=codes[1], **quantity)
    assert natively_.problem == found.problem


@pytest.mark.parametrize(
    ("codes", "unit"),
    [
        (["2160-0", "38483-4"], "mg/dL"),
        (["1834-1", "83073-7"], "ng/mL"),
        (["6301-6", "34714-6"], "1"),
        (["718-7", "20509-6"], "g/dL"),
        (["22664-7", "14937-7"], "mmol/L"),
        (["777-3", "778-1"], "10*9/L"),
    ],
)
def test_two_codes_of_one_quantity_are_fine(codes: list[str], unit: str) -> None:
    assert in_fhir(codes, {"value": 20, "unit": unit}).unusable is None


def test_a_code_of_the_sites_own_beside_one_of_loinc_gives_its_unit(tmp_path: Path) -> None:
    table = a_table(tmp_path, "urn:lab,B,TBil,mg/dL\nurn:lab,U,TBil,umol/L\n")

    def of(*codes: tuple[str, str]) -> Result:
        code = {"coding": [{"system": system, "code": each} for system, each in codes]}
        source = bundle({"resourceType": "Patient", "id": "p"}, observation("", code=code, valueQuantity={"value": 2}))
        return only_result(load_patient(source, RULES, codes=table))

    assert of((LOINC, "1975-2"), ("urn:lab", "B")).exact == Fraction(200_000) / Fraction("5846.6")
    assert said(of(("urn:lab", "B"), (LOINC, "1975-2")).flags) == (
        "read as total_bilirubin in mg/dL by the clinic's own table",
    )
    assert of((LOINC, "1975-2"), ("urn:lab", "U")).unusable == "unit"
    assert of(("urn:lab", "B"), ("urn:lab", "U")).unusable == "unit"


def test_a_name_beside_two_codes_does_not_choose_between_them() -> None:
    found = natively(name="TBil", loinc="1975-2", system="loinc", code="14631-6", value=12, unit="mg/dL")
    assert found.unusable == "unit"


# ---- another lab's unit


@pytest.mark.parametrize(
    ("name", "value", "unit", "meant"),
    [
        ("INR", 45, "%", "prothrombin_activity"),
        ("INR", 80, "%", "prothrombin_activity"),
        ("INR", "<10", "%", "prothrombin_activity"),
        ("PTA", "1.2", "1", "INR"),
        ("PTA", "1.9", "{INR}", "INR"),
        ("Hb", 150, "10*9/L", "platelets"),
        ("platelets", 120, "g/L", "hemoglobin"),
        ("INR", 14, "s", None),
        ("INR", 14, "mg/dL", None),
        ("INR", 14, "10*9/L", "neutrophils"),
    ],
)
def test_a_unit_that_is_another_labs_is_refused_and_that_lab_named(
    name: str, value: object, unit: str, meant: str | None
) -> None:
    found = natively(name=name, value=value, unit=unit)
    assert (found.unusable, found.value) == ("unit", None)
    assert ("; is it " in (found.problem or "")) == (meant is not None)
    assert meant is None or f"`{meant}`" in (found.problem or "")


@pytest.mark.parametrize(("value", "exact"), [("0.399", "39.9"), ("0.4", "40"), ("0.1", "10")])
def test_a_fraction_that_can_be_no_other_lab_is_a_percentage(value: str, exact: str) -> None:
    assert natively(name="PTA", value=value, unit="1").exact == Fraction(exact)


@pytest.mark.parametrize("unit", ["unknown", "UNK", "{unk}", "n/a", "not known", "NI"])
def test_a_unit_that_is_said_to_be_unknown_is_none_natively_either(unit: str) -> None:
    assert natively(name="INR", value=2, unit=unit).unusable == "unit"
    assert natively(loinc="1975-2", value=2, unit=unit).problem == f"`{unit}` says that the unit is not known"


# ---- spellings of the ward


@pytest.mark.parametrize(
    "unit",
    ["K/MM3", "K/CMM", "th/uL", "TH/uL", "k/mm cu", "x10 3/uL", "THS/uL", "th/cumm", "TH/cmm", "ths/mm3", "X 10 9/L"],
)
def test_thousands_per_volume_are_read_however_an_interface_writes_them(unit: str) -> None:
    assert natively(name="platelets", value=150, unit=unit).exact == 150


@pytest.mark.parametrize("unit", ["GM/DL", "G/dL", "Gm/dL", "gm/dl", "GM%"])
def test_grams_per_decilitre_are_read_in_capitals_and_are_no_count(unit: str) -> None:
    assert natively(name="Hb", value=9, unit=unit).exact == 90
    assert natively(name="platelets", value=9, unit=unit).unusable == "unit"


@pytest.mark.parametrize("unit", ["x10 (3)", "10", "X 10 3", "10(3)mcL", "10 9/L", "109/L"])
def test_a_power_of_ten_without_its_volume_stays_refused(unit: str) -> None:
    assert natively(name="platelets", value=150, unit=unit).unusable == "unit"
    assert natively(name="INR", value=2, unit=unit).unusable == "unit"


@pytest.mark.parametrize("unit", ["mmol/L", "mEq/L", "meq/l", "mval/L"])
def test_equivalents_are_an_amount_and_leave_no_doubt(unit: str) -> None:
    result = natively(loinc="2951-2", value=130, unit=unit)
    assert (result.exact, result.flags) == (130, ())
