"""Specimens by more names, codes and ways: phrases, other languages, what a specimen was taken from, a report's own."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.test_specimens import TABLE, measured
from records.fhir.tiny import LOINC, Json, coded, resource
from screener.records.specimens import specimens_in

URINE = {"text": "Urine"}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("cord blood", "cord blood"),
        ("Umbilical Cord Blood", "cord blood"),
        ("Nabelschnurblut", "cord blood"),
        ("脐带血", "cord blood"),
        ("foetal blood", "fetal blood"),
        ("Plasma-bag", "a plasma bag"),
        ("Blood bag no. 7", "a blood bag"),
        ("control serum", "a quality control"),
        ("donor serum", "blood of a donor"),
        ("Galle", "bile"),
        ("bile", "bile"),
        ("gastric aspirate", "gastric fluid"),
        ("Líquido ascítico", "ascitic fluid"),
        ("Urinprobe", "urine"),
        ("bone marrow", "bone marrow"),
        ("骨髓", "bone marrow"),
        ("臍帶血", "cord blood"),
        ("腦脊液", "cerebrospinal fluid"),
        ("膽汁", "bile"),
        ("糞便", "stool"),
        ("尿中尿素窒素", "urine"),
        ("尿尿素氮", "urine"),
    ],
)
def test_a_wording_that_is_not_blood(words: str, what: str) -> None:
    assert specimens_in(words) == (what,)
    assert measured({"display": words}).notes == (f"Observation/1: its specimen is {what}, not blood",)


@pytest.mark.parametrize(
    "words", ["Serum", "venous blood", "Blutprobe", "EDTA-Plasma", "suero", "血液", "血漿", "血中尿素氮"]
)
def test_blood_is_blood(words: str) -> None:
    assert specimens_in(words) == ("blood",)
    assert measured({"display": words}).results["total_bilirubin"][0].exact == 210


@pytest.mark.parametrize(
    "words",
    ["尿素", "尿素氮", "尿素窒素", "尿酸", "总胆汁酸", "Urea", "Harnstoff", "Harnsäure", "urée", "azote uréique"],
)
def test_what_only_has_a_name_from_a_specimen_says_nothing_of_one(words: str) -> None:
    assert specimens_in(words) == ()
    found = measured({}, code={**coded("1975-2", LOINC), "text": words})
    assert found.results["total_bilirubin"][0].exact is not None


@pytest.mark.parametrize("words", ["urine/serum", "Serum + Urin", "blood; ascites"])
def test_one_that_is_called_both_keeps_the_place(words: str) -> None:
    (held,) = measured({"display": words}).results["total_bilirubin"]
    assert (held.value, held.unusable) == (None, "missing")


@pytest.mark.parametrize(
    "type_",
    [
        coded("PRT", TABLE),
        coded("ur", TABLE),
        coded("UR", "urn:oid:2.16.840.1.113883.12.70"),
        coded("Csf", "2.16.840.1.113883.12.487"),
    ],
)
def test_codes_in_any_case_and_under_the_identifiers_of_the_tables(type_: Json) -> None:
    assert measured({"reference": "Specimen/s"}, resource("Specimen", id="s", type=type_)).results == {}


def specimen(name: str, **fields: Any) -> Json:
    return resource("Specimen", id=name, **fields)


def test_one_without_a_type_is_what_it_was_taken_from() -> None:
    child = specimen("s", parent=[{"reference": "Specimen/u"}])
    grandchild = specimen("g", parent=[{"reference": "Specimen/s"}])
    for name in ("s", "g"):
        reference = {"reference": f"Specimen/{name}"}
        assert measured(reference, child, grandchild, specimen("u", type=URINE)).results == {}
        blood = measured(reference, child, grandchild, specimen("u", type={"text": "Serum"}))
        assert blood.results["total_bilirubin"][0].exact == 210
    assert measured({"reference": "Specimen/s"}, specimen("s", parent=[{"reference": "Specimen/s"}])).results


def report(*names: str, status: str = "final") -> Json:
    return resource(
        "DiagnosticReport",
        status=status,
        specimen=[{"reference": f"Specimen/{name}"} for name in names],
        result=[{"reference": "Observation/1"}],
    )


def test_without_one_of_its_own_it_is_of_the_only_kind_that_its_report_has() -> None:
    urine, serum = specimen("u", type=URINE), specimen("b", type={"text": "Serum"})
    assert measured(None, report("u"), urine).results == {}
    for others in (
        [report("b"), serum],
        [report("u", "b"), urine, serum],
        [report("u", "x"), urine],
        [report("u", status="entered-in-error"), urine],
    ):
        assert measured(None, *others).results["total_bilirubin"][0].exact == 210
    own = measured({"reference": "Specimen/b"}, report("u"), urine, serum)
    assert own.results["total_bilirubin"][0].exact == 210
