"""What is told of codes of a system that nobody knows: its name, and what can be done."""

from __future__ import annotations

import pytest

from records.fhir.tiny import ICD10, LOINC, PATIENT, SNOMED, bundle, coded, condition, observation, read, resource
from records.fhir_sources import dictionary
from records.small_rulebook import SMALL
from screener.records import read_patient, read_patients
from screener.records.patient import Patient

ROW = "a table for `--codes` can say what"


@pytest.mark.parametrize("system", ["https://fhir.hospital.example/icd10", "urn:oid:1.2.3", "Diagnosen"])
@pytest.mark.parametrize(("code", "known"), [("K74.6", "icd10"), ("H02AB06", "atc"), ("2160-0", "loinc")])
def test_a_code_that_looks_like_one_that_rules_use_gives_the_row_of_its_system(
    system: str, code: str, known: str
) -> None:
    assert read(condition("", code=coded(code, system))).notes == (
        f"Condition: 1 entry has a code of the code system `{system}`, which is not known; {ROW} it is: `{code}` "
        f"looks like a code of {known} that rules use, and if the system is that one, its row is `{system},*,{known}`: "
        f"`{code}`",
    )


def test_the_row_that_is_told_is_one_that_is_taken(tmp_path: object) -> None:
    from pathlib import Path

    from screener.records.dictionary import Dictionary
    from screener.records.local_codes import with_tables

    (note,) = read(condition("", code=coded("K74.6", "urn:x"))).notes
    table = Path(str(tmp_path)) / "table.csv"
    table.write_text("system,code,name\n" + note.split("its row is `")[1].split("`")[0] + "\n")
    dictionary = with_tables(Dictionary(SMALL), [table])
    assert [each.entry.name for each in dictionary.coded("urn:x", "K74.6")] == ["cirrhosis"]


@pytest.mark.parametrize("others", [("SINUS",), ("SINUS", "E11"), ("SINUS", "SINUS 2", "E11")])
def test_a_code_that_looks_like_one_by_chance_gives_no_row(others: tuple[str, ...]) -> None:
    codes = ["K74.6", *others]
    notes = read(*(condition("", id=code, code=coded(code, "urn:x")) for code in codes)).notes
    assert ["its row is" in note for note in notes] == [len(others) == 2]


@pytest.mark.parametrize("code", ["4711", "SINUS", "123-4", "A022473429", "B20123456", "2160-0-1"])
def test_any_other_code_names_the_system_alone(code: str) -> None:
    assert read(condition("", code=coded(code, "urn:x", "Sinusitis"))).notes == (
        f"Condition: 1 entry has a code of the code system `urn:x`, which is not known; {ROW} a code is: `{code}` "
        "Sinusitis",
    )


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("http://hl7.org/fhir/sid/icd-9-cm", "ICD-9-CM"),
        ("http://id.who.int/icd/release/11/mms", "ICD-11"),
        ("http://hl7.org/fhir/sid/icpc-2", "ICPC-2"),
        ("http://fhir.de/CodeSystem/bfarm/ops", "OPS"),
        ("urn:oid:1.2.392.200119.4.403.1", "HOT"),
        ("http://pbs.gov.au/code/item", "PBS"),
        ("http://www.cms.gov/Medicare/Coding/ICD10", "ICD-10-PCS"),
        ("urn:oid:2.16.840.1.113883.6.4", "ICD-10-PCS"),
    ],
)
def test_a_system_of_which_no_code_is_read_is_called_by_its_name(system: str, name: str) -> None:
    assert read(condition("", code=coded("571.5", system))).notes == (
        f"Condition: 1 entry has a code of {name} (`{system}`), which is not read; {ROW} a code is: `571.5`",
    )


def test_each_unknown_system_is_told_by_itself_and_the_known_ones_together() -> None:
    patient = read(
        condition("", id="1", code=coded("1", SNOMED)),
        condition("", id="2", code=coded("X", "urn:a")),
        condition("", id="3", code=coded("Y", "urn:a")),
        condition("", id="4", code=coded("Z", "urn:b")),
        condition("", id="5", code={"coding": [{"system": "urn:b", "code": "Q"}, {"system": ICD10, "code": "Z99.9"}]}),
        resource("Procedure", id="6", status="completed", code=coded("X", "urn:a")),
    )
    assert [note.partition(":")[0] for note in patient.notes] == ["Condition"] * 3 + ["Procedure"]
    assert "2 entries that no rule uses: `1`, `Q`" in patient.notes[0]
    assert "2 entries have codes of the code system `urn:a`" in patient.notes[1]
    assert "1 entry has a code of the code system `urn:b`" in patient.notes[2]


def test_the_native_form_says_the_same() -> None:
    patient = read_patient({"conditions": [{"system": "urn:x", "code": "K74.6"}]}, SMALL)
    assert patient.notes == (
        f"conditions[0]: its code `K74.6` is of the code system `urn:x`, which is not known; {ROW} it is: `K74.6` "
        "looks like a code of icd10 that rules use, and if the system is that one, its row is `urn:x,*,icd10`",
    )


@pytest.mark.parametrize("system", ["urn:\x1b[31mred", "urn:a\nb", "urn:" + "x" * 500])
def test_a_system_is_safe_to_print(system: str) -> None:
    (note,) = read(condition("", code=coded("K74.6", system))).notes
    assert note.isprintable()


def test_known_systems_are_told_as_before() -> None:
    (note,) = read(observation("", code=coded("1-8", LOINC), valueString="x")).notes
    assert note == "Observation: 1 entry that no rule uses: `1-8`"


@pytest.mark.parametrize("system", ["urn:oid:2.16.840.1.113883.2.4.4.10", "urn:our-drugs"])
def test_an_entry_that_is_read_by_its_words_says_nothing_of_its_system(system: str) -> None:
    code = coded("5967", system, "FUROSEMIDE 40MG TABLET")
    drug = resource("MedicationStatement", status="active", medicationCodeableConcept=code)
    (patient,) = read_patients(bundle(PATIENT, drug), dictionary())
    assert isinstance(patient, Patient)
    assert patient.notes == ("MedicationStatement: 1 entry that no rule uses: `5967` FUROSEMIDE 40MG TABLET",)


def test_the_dutch_standard_of_drugs_is_called_by_its_name() -> None:
    (note,) = read(condition("", code=coded("1", "urn:oid:2.16.840.1.113883.2.4.4.10"))).notes
    assert "of G-Standaard (`urn:oid:2.16.840.1.113883.2.4.4.10`), which is not read" in note
