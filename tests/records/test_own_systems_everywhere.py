"""A code system that a clinic's own table names is that system wherever a record uses its codes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import screener
from records.fhir.tiny import DAY, PATIENT, bundle, coded, condition, observation, resource
from records.fhir_sources import dictionary
from screener.records import read_patient
from screener.records.code_systems import names_of_systems
from screener.records.dictionary import Dictionary
from screener.records.local_codes import with_tables
from screener.records.patient import Patient

Json = dict[str, Any]
OFFICIAL = {
    "certainty": "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT",
    "specimen": "urn:oid:2.16.840.1.113883.5.129",
    "ips": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
    "loinc": "http://loinc.org",
    "emptyreason": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
    "snomed": "http://snomed.info/sct",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "atc": "http://www.whocc.no/atc",
    "ucum": "http://unitsofmeasure.org",
}
INR = observation("INR", valueQuantity={"value": 2})


def certain(of: Callable[[str], str]) -> Json:
    sure = {"url": "urn:x", "valueCoding": {"system": of("certainty"), "code": "V"}}
    coding = {"system": of("icd10"), "code": "K74.6", "extension": [sure]}
    return bundle(PATIENT, condition("", code={"coding": [coding]}))


def of_urine(of: Callable[[str], str]) -> Json:
    specimen = resource("Specimen", type=coded("UR", of("specimen")))
    return bundle(PATIENT, specimen, {**INR, "specimen": {"reference": "Specimen/1"}})


def nothing_known(of: Callable[[str], str]) -> Json:
    return bundle(PATIENT, condition("", code=coded("no-known-problems", of("ips")), recordedDate=DAY))


def an_empty_list(of: Callable[[str], str]) -> Json:
    code, why = coded("11450-4", of("loinc")), coded("nilknown", of("emptyreason"))
    return bundle(PATIENT, resource("List", status="current", mode="snapshot", code=code, emptyReason=why, date=DAY))


def an_answer(of: Callable[[str], str]) -> Json:
    return bundle(PATIENT, observation("HIV_test", valueCodeableConcept=coded("10828004", of("snomed"))))


def a_bill_of_a_diagnosis(of: Callable[[str], str]) -> Json:
    diagnosis = condition("", code=coded("K74.6", OFFICIAL["icd10"]), onsetDateTime="2020")
    billed = [{"diagnosisCodeableConcept": coded("K74.6", of("icd10"))}]
    return bundle(
        PATIENT,
        diagnosis,
        resource("Claim", patient={"reference": "Patient/p"}, diagnosis=billed, billablePeriod={"start": DAY}),
    )


def a_coded_unit(of: Callable[[str], str]) -> Json:
    value = {"value": 1.2, "system": of("ucum"), "code": "mg/dL"}
    limits = [{"low": {"value": 1, "system": of("ucum"), "code": "mg/dL"}}]
    return bundle(PATIENT, observation("creatinine", valueQuantity=value, referenceRange=limits))


def native_nothing_known(of: Callable[[str], str]) -> Json:
    return {"id": "p", "as_of": DAY, "conditions": [{"system": of("ips"), "code": "no-known-problems"}]}


def native_words_beside_a_code(of: Callable[[str], str]) -> Json:
    entry = {"system": of("loinc"), "code": "99999-9", "text": "creatinin", "value": 1, "unit": "mg/dL", "date": DAY}
    return {"id": "p", "observations": [entry], "conditions": [{"system": of("icd10"), "code": "Z99.9"}]}


def native_diagnoses(of: Callable[[str], str]) -> Json:
    codes = ("K74.6", "K70", "R99")
    return {"id": "p", "conditions": [{"system": of("icd10"), "code": code} for code in codes]}


@pytest.fixture
def own(tmp_path: Path) -> Dictionary:
    table = tmp_path / "table.csv"
    rows = "".join(f"urn:ours:{name},*,{name}\n" for name in sorted(names_of_systems()))
    table.write_text(f"system,code,name\n{rows}", encoding="utf-8")
    return with_tables(dictionary(), [table])


def facts(patient: Patient) -> Json:
    told = [each for each in patient.notes if "by the clinic's own table" not in each]
    notes = " ".join(told).replace("urn:ours:", "")
    for name, address in OFFICIAL.items():
        notes = notes.replace(address, name)
    fields = {field: getattr(patient, field) for field in patient.__struct_fields__ if field != "noted"}
    return {**fields, "notes": notes}


RECORDS = [
    certain,
    of_urine,
    nothing_known,
    an_empty_list,
    an_answer,
    a_bill_of_a_diagnosis,
    a_coded_unit,
    native_nothing_known,
    native_words_beside_a_code,
    native_diagnoses,
]


@pytest.mark.parametrize("record", RECORDS)
def test_it_is_read_as_the_official_one(record: Callable[..., Json], own: Dictionary) -> None:
    official = read_patient(record(OFFICIAL.__getitem__), own)
    ours = read_patient(record(lambda name: f"urn:ours:{name}"), own)
    assert facts(ours) == facts(official)
    nobodys = read_patient(record(lambda name: f"urn:nobodys:{name}"), own)
    assert facts(nobodys) != facts(official)


@pytest.mark.parametrize("name", ["icd10", "atc"])
def test_a_row_of_a_spreadsheet_finds_its_list(own: Dictionary, tmp_path: Path, name: str) -> None:
    def read(system: str) -> dict[str, list[str]]:
        place = tmp_path / "p.csv"
        place.write_text(f"patient,date,name,value,system,code\np,{DAY},,,{system},R99\n", encoding="utf-8")
        return {on: sorted(those) for on, those in read_patient(place, own).may_be.items()}

    assert read(f"urn:ours:{name}") == read(OFFICIAL[name])
    assert read(f"urn:nobodys:{name}") == {}


def test_only_who_has_no_dictionary_asks_for_a_system_by_itself() -> None:
    home = Path(screener.__file__).parent
    asking = set()
    for path in home.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "screener.records.code_systems":
                asking |= {(path.name, each.name) for each in node.names if each.name in ("system_name", "answer_word")}
    # A label of HL7 on a page of a search, and the ValueSets of an index, are read before there is a dictionary.
    before = {("searches.py", "system_name"), ("terminology.py", "system_name")}
    assert asking == {("dictionary.py", "system_name"), ("dictionary.py", "answer_word"), *before}
