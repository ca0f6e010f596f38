"""In what a result was measured: a specimen that is not blood is not the lab of blood."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import LOINC, SNOMED, Json, coded, observation, read, resource
from records.small_rulebook import SMALL
from screener.records import read_patient
from screener.records.patient import Flag, Patient
from screener.records.specimens import specimen_in, specimen_of_code

TABLE = "http://terminology.hl7.org/CodeSystem/v2-0487"
VALUE = {"value": 210, "unit": "umol/L"}


def measured(specimen: Json | None, /, *others: Json, **more: Any) -> Patient:
    return read(observation("total_bilirubin", valueQuantity=VALUE, specimen=specimen, **more), *others)


def in_a_specimen(type_: Json) -> list[Patient]:
    """The result with its specimen beside it, and contained in it."""
    beside = resource("Specimen", id="s", type=type_)
    return [
        measured({"reference": "Specimen/s"}, beside),
        measured({"reference": "#s"}, contained=[{"resourceType": "Specimen", "id": "s", "type": type_}]),
    ]


@pytest.mark.parametrize(
    ("type_", "what"),
    [
        (coded("122575003", SNOMED, "Urine specimen"), "urine"),
        (coded("309201001", SNOMED), "ascitic fluid"),
        (coded("168139001", "https://snomed.info/sct/"), "peritoneal fluid"),
        (coded("UR", TABLE), "urine"),
        (coded("CSF", "http://hl7.org/fhir/v2/0487"), "cerebrospinal fluid"),
        (coded("PLR", TABLE), "pleural fluid"),
        (coded("DIAF", TABLE), "dialysis fluid"),
        ({"text": "Aszitespunktat"}, "ascitic fluid"),
        ({"text": "24h-Urine"}, "urine"),
        ({"text": "尿液"}, "urine"),
        (coded("U", "urn:our-vessels", "Sammelurin"), "urine"),
    ],
)
def test_a_result_of_another_specimen_is_set_aside_with_its_reason(type_: Json, what: str) -> None:
    for patient in in_a_specimen(type_):
        assert patient.results == {}
        assert patient.notes == (f"Observation/1: its specimen is {what}, not blood",)


@pytest.mark.parametrize("words", ["Urine", "Ascitic fluid", "Harn (spontan)", "body fluid"])
def test_so_is_one_whose_specimen_has_a_name_only(words: str) -> None:
    assert measured({"display": words}).results == {}


@pytest.mark.parametrize(
    "type_",
    [
        coded("119364003", SNOMED, "Serum specimen"),
        coded("119361006", SNOMED),
        coded("122555007", SNOMED),
        coded("122554006", SNOMED),
        coded("445295009", SNOMED),
        coded("SER", TABLE),
        coded("PLAS", TABLE),
        coded("BLDC", TABLE),
        coded("WB", TABLE),
        coded("123038009", SNOMED, "Specimen"),
        {"text": "Serum"},
        {"text": "EDTA-Blut"},
        {"text": "血清"},
    ],
)
def test_blood_serum_and_plasma_are_blood_and_nothing_is_told(type_: Json) -> None:
    for patient in in_a_specimen(type_):
        assert [each.exact for each in patient.results["total_bilirubin"]] == [210]
        assert patient.notes == ()


@pytest.mark.parametrize("type_", [coded("LIHEP", "urn:our-vessels"), {"text": "SST"}, coded("ORH", TABLE)])
def test_a_specimen_that_nobody_can_read_is_taken_to_be_what_the_code_says_and_told(type_: Json) -> None:
    for patient in in_a_specimen(type_):
        assert [each.exact for each in patient.results["total_bilirubin"]] == [210]
        (note,) = patient.notes
        assert "is not read, and taken to be blood, as its code says" in note


def test_what_is_not_at_hand_says_nothing() -> None:
    patient = measured({"reference": "Specimen/elsewhere"})
    assert [each.exact for each in patient.results["total_bilirubin"]] == [210]
    assert patient.notes == ()


@pytest.mark.parametrize(
    ("code", "count", "note"),
    [
        ({"text": "Bilirubin, urine"}, 0, "its words say that it is of urine, not of blood"),
        ({"text": "Bilirubin im Aszites"}, 0, "its words say that it is of ascitic fluid, not of blood"),
        ({"display": "Bilirubin.total [Mass/volume] in Body fluid"}, 0, "its words say that it is of a body fluid"),
        ({"display": "Bilirubin.total [Mass/volume] in Serum or Plasma"}, 1, None),
        ({"display": "Bilirubin in Serum or Plasma", "text": "Bilirubin (Aszites)"}, 1, "another that it is of blood"),
        ({"text": "Bilirubin (serum, urine)"}, 1, None),
    ],
)
def test_the_words_of_the_code_may_say_it_too(code: Json, count: int, note: str | None) -> None:
    coding = {"system": LOINC, "code": "14631-6", **({"display": code["display"]} if "display" in code else {})}
    named = {"coding": [coding], **({"text": code["text"]} if "text" in code else {})}
    patient = read(observation("", code=named, valueQuantity=VALUE))
    assert len(patient.results.get("total_bilirubin", ())) == count
    assert (patient.notes == ()) == (note is None)
    if note is not None:
        assert note in patient.notes[0]
    if note is not None and count:
        ((result,),) = patient.results.values()
        assert (result.value, result.unusable) == (None, "missing")


def test_a_test_of_urine_stays_a_finding() -> None:
    """A finding says by itself in what it is looked for."""
    patient = read(
        observation("HIV_test", valueString="negative", specimen={"display": "Urine"}),
    )
    assert patient.results["HIV_test"][0].choices == {"negative"}


@pytest.mark.parametrize(
    ("words", "count"), [("Kreatinin im Urin", 0), ("ascites, fluid", 0), ("Serum", 1), ("SST", 1)]
)
def test_the_words_of_a_native_entry_say_it_as_well(words: str, count: int) -> None:
    entry = {"loinc": "2160-0", "text": words, "value": 90, "unit": "umol/L"}
    patient = read_patient({"observations": [entry]}, SMALL)
    assert len(patient.results.get("creatinine", ())) == count
    assert len(patient.notes) == 1 - count


def test_codes_and_words() -> None:
    assert specimen_of_code("specimen", "BLDV") == "blood"
    assert specimen_of_code("", "UR") is None
    assert [specimen_in(each) for each in ("Urea", "Liquor", "urine & serum", "24h Urin")] == [
        None,
        "cerebrospinal fluid",
        None,
        "urine",
    ]


CONDITION = "http://terminology.hl7.org/CodeSystem/v2-0493"


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"status": "unsatisfactory"}, "unsatisfactory"),
        ({"condition": [coded("HEM", CONDITION)]}, "haemolysed"),
        ({"condition": [coded("CLOT", "http://hl7.org/fhir/v2/0493")]}, "clotted"),
        ({"condition": [coded("X", "urn:our-codes", "Sample HEMOLYZED +++")]}, "haemolysed"),
        ({"condition": [{"text": "hämolytisch"}, {"text": "cool"}]}, "haemolysed"),
        ({"condition": [{"text": "溶血"}]}, "haemolysed"),
        ({"condition": [{"text": "not haemolysed"}]}, None),
        ({"condition": [coded("COOL", CONDITION)], "status": "available"}, None),
        ({"condition": [{"text": "icteric"}]}, None),
    ],
)
def test_a_result_of_a_spoilt_specimen_counts_and_is_to_be_checked(said: Json, what: str | None) -> None:
    specimen = resource("Specimen", id="s", type=coded("SER", TABLE), **said)
    ((result,),) = measured({"reference": "Specimen/s"}, specimen).results.values()
    assert result.unusable is None
    assert result.flags == (() if what is None else (Flag("doubt", f"its specimen is called {what}"),))


@pytest.mark.parametrize(("words", "what"), [("sample haemolysed", "haemolysed"), ("no haemolysis", None)])
def test_so_it_is_in_the_native_form(words: str, what: str | None) -> None:
    entry = {"name": "total_bilirubin", "value": 210, "unit": "umol/L", "date": "2026-02-18", "text": words}
    ((result,),) = read_patient({"observations": [entry]}, SMALL).results.values()
    assert [each.text for each in result.flags] == ([] if what is None else [f"its specimen is called {what}"])
