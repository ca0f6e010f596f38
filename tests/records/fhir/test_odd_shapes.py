"""Fields of a wrong shape: where nobody needs them they change nothing, elsewhere the resource stays open."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import (
    PATIENT,
    SNOMED,
    Json,
    bundle,
    coded,
    condition,
    observation,
    only_episode,
    only_result,
    read,
    read_asking,
    resource,
)
from records.small_rulebook import SMALL
from screener.records import read_patient
from screener.values.dates import END

WRONG: list[Any] = [7, True, ["x"], {"x": "y"}]
DRUG = coded("systemic_glucocorticoid")


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("field", ["name", "telecom", "address", "maritalStatus", "contact", "link", "meta", "text"])
def test_what_nobody_reads_of_a_patient_changes_nothing(field: str, wrong: Any) -> None:
    assert read(patient={**PATIENT, field: wrong}).birth == read().birth


@pytest.mark.parametrize("wrong", ["yes", 7, ["x"], {"x": "y"}])
def test_whether_a_record_is_in_use_decides_nothing(wrong: Any) -> None:
    assert read(patient={**PATIENT, "active": wrong}).notes == ()


@pytest.mark.parametrize("wrong", WRONG)
def test_a_sex_or_a_birth_date_of_a_wrong_shape_is_not_known(wrong: Any) -> None:
    patient = read(condition("cirrhosis"), patient={**PATIENT, "gender": wrong, "birthDate": wrong})
    assert (patient.sex, patient.birth) == (None, None)
    assert "cirrhosis" in patient.episodes
    assert len(patient.notes) == 2


@pytest.mark.parametrize("wrong", [0, 1, ["x"], "perhaps", {"value": True}, ""])
def test_a_death_that_is_neither_true_nor_false_is_told_and_decides_nothing(wrong: Any) -> None:
    patient = read(condition("cirrhosis"), patient={**PATIENT, "deceasedBoolean": wrong})
    assert (patient.died, "cirrhosis" in patient.episodes) == (None, True)
    assert any("whether the patient has died is not known" in note for note in patient.notes)


@pytest.mark.parametrize("wrong", [0, ["x"], {"value": "2026"}])
def test_a_day_of_death_of_a_wrong_shape_is_told_and_decides_nothing(wrong: Any) -> None:
    patient = read(patient={**PATIENT, "deceasedDateTime": wrong})
    assert patient.died is None
    assert any("whether the patient has died is not known" in note for note in patient.notes)


UNNEEDED = {
    "Condition": ("category", "asserter", "evidence", "note", "recorder", "identifier", "text", "meta"),
    "Procedure": ("category", "performer", "location", "outcome", "note", "used", "report"),
    "MedicationStatement": ("category", "dosage", "informationSource", "note", "derivedFrom"),
    "Observation": ("category", "performer", "method", "device", "note", "bodySite", "basedOn"),
}
SOUND: dict[str, Json] = {
    "Condition": condition("cirrhosis"),
    "Procedure": resource("Procedure", status="completed", code=coded("dialysis")),
    "MedicationStatement": resource("MedicationStatement", status="active", medicationCodeableConcept=DRUG),
    "Observation": observation("INR", valueQuantity={"value": 2}),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, those in UNNEEDED.items() for field in those])
def test_a_field_that_nobody_needs_sets_nothing_aside(kind: str, field: str, wrong: Any) -> None:
    plain, odd = read(SOUND[kind]), read({**SOUND[kind], field: wrong})
    assert (odd.episodes, odd.results, odd.unread, odd.notes) == (plain.episodes, plain.results, {}, plain.notes)


@pytest.mark.parametrize("wrong", [7, True, ["x"]])
@pytest.mark.parametrize("field", ["severity", "stage", "bodySite"])
def test_what_describes_a_condition_more_closely_is_not_stated_where_it_has_a_wrong_shape(
    field: str, wrong: Any
) -> None:
    patient = read(condition("cirrhosis", **{field: wrong}))
    episode = only_episode(patient)
    assert (episode.severity, episode.stage, episode.doubtful) == (None, None, False)
    assert patient.notes


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("field", ["onsetDateTime", "onsetPeriod", "recordedDate", "abatementDateTime"])
def test_a_date_of_a_wrong_shape_is_an_unknown_day(field: str, wrong: Any) -> None:
    if (field, wrong) == ("onsetPeriod", {"x": "y"}):
        return
    patient = read(condition("cirrhosis", **{field: wrong}))
    start = only_episode(patient).start
    assert start is None or (start.last, start.text) == (END, "unknown day")
    assert patient.notes


@pytest.mark.parametrize(
    ("body", "on", "name"),
    [
        (condition("cirrhosis", verificationStatus=7), "conditions", "cirrhosis"),
        (condition("cirrhosis", clinicalStatus=["x"]), "conditions", "cirrhosis"),
        (condition("cirrhosis", modifierExtension=[{"url": "urn:x"}]), "conditions", "cirrhosis"),
        (condition("cirrhosis", implicitRules="urn:x"), "conditions", "cirrhosis"),
        (resource("Procedure", status=3, code=coded("dialysis")), "procedures", "dialysis"),
        (
            resource("Procedure", status="completed", code=coded("dialysis"), implicitRules="urn:x"),
            "procedures",
            "dialysis",
        ),
        (resource("ServiceRequest", status="active", doNotPerform="no", code=coded("dialysis")), "plans", "dialysis"),
        (
            resource("MedicationStatement", status=7, medicationCodeableConcept=DRUG),
            "medications",
            "systemic_glucocorticoid",
        ),
        (
            resource("MedicationRequest", status="active", doNotPerform="no", medicationCodeableConcept=DRUG),
            "medications",
            "systemic_glucocorticoid",
        ),
        (
            resource("AllergyIntolerance", code=coded("blood_products"), modifierExtension=[{"url": "urn:x"}]),
            "allergies",
            "blood_products",
        ),
    ],
)
def test_what_cannot_be_read_as_it_is_meant_leaves_its_own_concept_open(body: Json, on: Any, name: str) -> None:
    patient = read_asking(body)
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    (entry,) = patient.may_be[on][name]
    assert entry.source == f"{body['resourceType']}/1"
    assert entry.start is None
    assert patient.notes


@pytest.mark.parametrize(
    ("body", "on"),
    [
        (resource("Condition", code=7), "conditions"),
        (resource("Condition", code={"coding": "x"}), "conditions"),
        (resource("Condition", modifierExtension=[{"url": "urn:x"}]), "conditions"),
        (resource("Procedure", status="completed", code=[]), "procedures"),
        (resource("MedicationStatement", status="active", medicationCodeableConcept="x"), "medications"),
    ],
)
def test_what_does_not_even_say_what_it_is_keeps_its_list_open(body: Json, on: str) -> None:
    assert on in read_asking(body).unread


def test_a_code_that_denies_beside_what_may_turn_it_round_keeps_its_list_open() -> None:
    none_known = coded("716186003", SNOMED)
    body = resource("AllergyIntolerance", code=none_known, modifierExtension=[{"url": "urn:x"}])
    patient = read_asking(body)
    assert not patient.absences
    assert "allergies" in {*patient.unread, *patient.may_be}


@pytest.mark.parametrize("wrong", ["1.2", {"value": "1.2"}, 7])
def test_a_result_of_a_wrong_shape_keeps_its_place(wrong: Any) -> None:
    assert only_result(read(observation("INR", valueQuantity=wrong))).unusable == "missing"


@pytest.mark.parametrize("entry", [{"resource": {"id": "x"}}, {"resource": {"resourceType": 7}}])
def test_a_resource_that_does_not_say_its_kind_may_be_any_entry(entry: Json) -> None:
    record = bundle(PATIENT)
    patient = read_patient({**record, "entry": [*record["entry"], entry]}, SMALL)
    assert {"conditions", "procedures", "medications"} <= set(patient.unread)


CHANGED = [{"url": "urn:x"}]


def test_what_changes_the_meaning_of_an_encounter_takes_its_time_away() -> None:
    visit = resource("Encounter", id="e", status="finished", period={"start": "2026-02-01"}, modifierExtension=CHANGED)
    body = condition("cirrhosis", encounter={"reference": "Encounter/e"})
    assert only_episode(read(visit, body)).asserted is None


def test_what_changes_the_meaning_of_a_specimen_or_a_report_takes_its_time_away() -> None:
    specimen = resource("Specimen", id="s", collection={"collectedDateTime": "2026-02-01"}, modifierExtension=CHANGED)
    report = resource(
        "DiagnosticReport",
        id="d",
        status="final",
        effectiveDateTime="2026-02-01",
        result=[{"reference": "Observation/1"}],
        implicitRules="urn:x",
    )
    result = observation(
        "INR", effectiveDateTime=None, valueQuantity={"value": 2}, specimen={"reference": "Specimen/s"}
    )
    assert only_result(read(specimen, report, result)).when is None


def test_what_changes_the_meaning_of_a_stage_takes_the_stage_away() -> None:
    stage = {"summary": {"text": "III"}, "modifierExtension": CHANGED}
    assert only_episode(read(condition("cirrhosis", stage=[stage]))).stage is None


def test_what_changes_the_meaning_of_a_dosage_takes_its_time_away() -> None:
    dosage = {"timing": {"repeat": {"boundsPeriod": {"start": "2020", "end": "2021"}}}, "modifierExtension": CHANGED}
    order = resource(
        "MedicationRequest",
        status="active",
        intent="order",
        authoredOn="2026-02-01",
        medicationCodeableConcept=DRUG,
        dosageInstruction=[dosage],
    )
    assert only_episode(read(order)).end is None


@pytest.mark.parametrize("wrong", ["Patient/2", 7, [{"other": "Patient/2"}]])
def test_a_link_to_another_record_that_cannot_be_read_is_told(wrong: Any) -> None:
    (note,) = read(patient={**PATIENT, "link": wrong}).notes
    assert note.endswith("whether another record is of the same person is not known")


@pytest.mark.parametrize("wrong", ["x", {"collectedDateTime": "2026-02-35"}, {"collectedPeriod": 7}])
def test_when_a_specimen_was_taken_is_told_where_it_cannot_be_read(wrong: Any) -> None:
    specimen = resource("Specimen", id="s", collection=wrong)
    result = observation(
        "INR",
        valueQuantity={"value": 2},
        effectiveDateTime=None,
        issued="2026-02-10",
        specimen={"reference": "Specimen/s"},
    )
    patient = read(specimen, result)
    assert any(note.endswith("and does not say when it was taken") for note in patient.notes)
