"""What the records of others taught: how resources that came together say whose they are, and when they were."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir_sources import patients_in

LAB = {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}
PATIENT = {"resourceType": "Patient", "id": "9b6c7a3e", "birthDate": "1980-02-03", "gender": "female"}


def hemoglobin(**fields: Any) -> dict[str, Any]:
    quantity = {"value": 96, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"}
    return {"resourceType": "Observation", "status": "final", "code": LAB, "valueQuantity": quantity} | fields


# ---- whose it is


def test_a_reference_by_uuid_is_followed_where_its_bundle_was_taken_apart() -> None:
    [patient] = patients_in(PATIENT, hemoglobin(subject={"reference": "urn:uuid:9b6c7a3e"}))
    assert (patient.id, patient.sex) == ("9b6c7a3e", "female")
    assert len(patient.results["hemoglobin"]) == 1


def test_a_reference_by_uuid_does_not_mean_for_certain_the_resource_of_a_bundle_with_another_full_url() -> None:
    here = {"fullUrl": "https://one.example/Patient/9b6c7a3e", "resource": PATIENT}
    there = {"resource": hemoglobin(subject={"reference": "urn:uuid:9b6c7a3e"})}
    [patient] = patients_in({"resourceType": "Bundle", "type": "collection", "entry": [here, there]})
    assert [each.unusable for each in patient.results["hemoglobin"]] == ["unread"]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ({"reference": "urn:uuid:0f3d"}, "0f3d"),
        ({"reference": "Patient/0f3d"}, "0f3d"),
        ({"reference": "https://hospital.example/fhir/Patient/0f3d"}, "0f3d"),
        ({"identifier": {"system": "urn:oid:1.2.3", "value": "A-17"}}, "unnamed"),
        ({"reference": "Patient?identifier=https://hospital.example/mrn|A-17"}, "unnamed"),
        ({"reference": "Patient?identifier=A-17"}, "unnamed"),
    ],
)
def test_a_patient_known_by_references_alone_is_called_by_what_they_say(subject: dict[str, Any], name: str) -> None:
    [patient] = patients_in(hemoglobin(subject=subject))
    assert patient.id == name
    assert "there is no Patient resource" in patient.notes[0]


def test_patients_known_by_identifiers_alone_are_numbered_and_no_identifier_is_told() -> None:
    subjects = [
        {"identifier": {"system": "urn:oid:1.2.3", "value": "A-17"}},
        {"reference": "Patient?identifier=urn:oid:1.2.3|B-18"},
        {"reference": "Patient?identifier=urn:oid:1.2.3%7CA-17"},
        {"identifier": {"value": "C-19"}},
    ]
    patients = patients_in(*(hemoglobin(subject=subject) for subject in subjects))
    assert [each.id for each in patients] == ["unnamed", "unnamed 2", "unnamed 3"]
    assert [len(each.results["hemoglobin"]) for each in patients] == [2, 1, 1]
    assert not any(value in str(each) for each in patients for value in ("A-17", "B-18", "C-19"))


def test_a_reference_that_searches_by_identifier_means_the_patient_who_has_it() -> None:
    beside = PATIENT | {"identifier": [{"system": "urn:oid:1.2.3", "value": "A"}]}
    [patient] = patients_in(beside, hemoglobin(subject={"reference": "Patient?identifier=urn:oid:1.2.3|A"}))
    assert "hemoglobin" in patient.results


def test_a_reference_that_searches_by_something_else_may_be_of_anybody() -> None:
    [patient] = patients_in(PATIENT, hemoglobin(subject={"reference": "Patient?birthdate=1980-02-03"}))
    assert patient.results == {}
    assert any("its reference is a search, which may find anybody" in note for note in patient.notes)


def contained(identifier: str | None, **fields: Any) -> dict[str, Any]:
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1980-02-03", "gender": "male"} | fields
    if identifier is not None:
        patient["identifier"] = [{"system": "urn:oid:1.2.3", "value": identifier}]
    return hemoglobin(contained=[patient], subject={"reference": "#p"})


def test_a_patient_that_is_contained_in_a_result_is_read() -> None:
    [patient] = patients_in(contained(None))
    assert (patient.id, patient.sex) == ("p", "male")
    assert patient.birth is not None
    assert patient.birth.text == "1980-02-03"


def test_contained_patients_of_one_identifier_are_one_patient() -> None:
    assert [
        len(each.results["hemoglobin"]) for each in patients_in(contained("A"), contained("A"), contained("B"))
    ] == [
        2,
        1,
    ]


def test_a_contained_patient_is_the_one_beside_it_that_has_its_identifier() -> None:
    beside = PATIENT | {"identifier": [{"system": "urn:oid:1.2.3", "value": "A"}], "gender": "male"}
    [patient] = patients_in(beside, contained("A", birthDate="1980-02-03"))
    assert patient.id == "9b6c7a3e"
    assert "hemoglobin" in patient.results


def test_contained_patients_of_one_identifier_that_contradict_each_other_are_not_read() -> None:
    assert not patients_in(contained("A"), contained("A", birthDate="1944-01-01"))


# ---- when it was


def report(**fields: Any) -> dict[str, Any]:
    results = [{"reference": "Observation/hb"}]
    return {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "result": results} | fields


def panel(**fields: Any) -> dict[str, Any]:
    members = [{"reference": "Observation/hb"}]
    code = {"text": "blood count"}
    return {"resourceType": "Observation", "id": "p", "status": "final", "code": code, "hasMember": members} | fields


RESULT = hemoglobin(id="hb")
MORNING, NOON = "2026-03-01T07:00:00Z", "2026-03-01T12:00:00Z"


def times(*resources: dict[str, Any]) -> list[str]:
    [patient] = patients_in(PATIENT, *resources)
    return [each.when.text if each.when is not None else "undated" for each in patient.results["hemoglobin"]]


@pytest.mark.parametrize(
    ("others", "when"),
    [
        ([], "undated"),
        ([report(effectiveDateTime=MORNING)], MORNING),
        ([panel(effectiveDateTime=MORNING)], MORNING),
        ([panel(effectiveDateTime=MORNING), report(effectiveDateTime=NOON)], f"{MORNING} to {NOON}"),
        ([panel(), report(effectiveDateTime=NOON, result=[{"reference": "Observation/p"}])], NOON),
        ([report(issued=NOON)], f"by {NOON}"),
        ([report(issued=NOON, effectiveDateTime=MORNING)], MORNING),
        ([report(effectiveDateTime=MORNING, status="entered-in-error")], "undated"),
        ([report(effectiveDateTime="soon")], "undated"),
        ([report(result="none", effectiveDateTime=MORNING)], "undated"),
        ([report(effectiveDateTime=MORNING, result=[{"reference": "Observation/another"}])], "undated"),
    ],
)
def test_a_result_without_a_time_has_the_time_of_the_report_or_panel_that_lists_it(
    others: list[dict[str, Any]], when: str
) -> None:
    assert times(RESULT, *others) == [when]


def test_a_result_with_a_time_of_its_own_keeps_it() -> None:
    assert times(RESULT | {"effectiveDateTime": NOON}, report(effectiveDateTime=MORNING)) == [NOON]


def test_a_result_that_a_report_contains_has_the_time_of_that_report() -> None:
    holding = report(effectiveDateTime=MORNING, contained=[RESULT], result=[{"reference": "#hb"}])
    assert times(holding) == [MORNING]


def test_panels_that_list_each_other_come_to_an_end() -> None:
    one = panel(hasMember=[{"reference": "Observation/hb"}, {"reference": "Observation/q"}])
    assert times(RESULT, one, panel(id="q", hasMember=[{"reference": "Observation/p"}])) == ["undated"]


# ---- allergies


def test_an_allergy_that_is_read_as_some_substance_is_not_set_aside_as_well() -> None:
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "227493005", "display": "Cashew nuts"}]}
    [patient] = patients_in({"resourceType": "AllergyIntolerance", "id": "a", "code": code})
    assert [each.source for each in patient.episodes["any_substance"]] == ["AllergyIntolerance/a"]
    assert not [note for note in patient.notes if "that no rule uses" in note]


# ---- lists with entries that nobody can read


def order(*codings: tuple[str, str]) -> dict[str, Any]:
    code = {"coding": [{"system": system, "code": code} for system, code in codings]}
    return {"resourceType": "ServiceRequest", "id": "o", "status": "active", "intent": "order", "code": code}


@pytest.mark.parametrize(
    ("codings", "is_unread"),
    [
        ([("http://loinc.org", "58410-2")], False),
        ([("http://snomed.info/sct", "26604007")], True),
        ([("http://snomed.info/sct", "26604007"), ("http://loinc.org", "58410-2")], False),
    ],
)
def test_an_order_of_a_lab_by_its_loinc_code_is_no_treatment_that_nobody_can_read(
    codings: list[tuple[str, str]], is_unread: bool
) -> None:
    [patient] = patients_in(PATIENT, order(*codings))
    assert ("plans" in patient.may_be) is is_unread


def test_an_entry_that_cannot_be_read_in_two_ways_is_named_once() -> None:
    drugs = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [
            {"itemCodeableConcept": {"text": "one thing"}},
            {"itemCodeableConcept": {"text": "another thing"}},
        ],
    }
    taken = {"resourceType": "MedicationStatement", "id": "s", "status": "active"}
    [patient] = patients_in(PATIENT, drugs, taken | {"medicationReference": {"reference": "Medication/m"}})
    assert patient.unread == {}
    assert {len(those) for those in patient.may_be["medications"].values()} == {1}


def test_patients_of_a_transaction_who_have_no_id_are_called_by_their_full_url() -> None:
    entries = [{"fullUrl": f"urn:uuid:{uuid}", "resource": {"resourceType": "Patient"}} for uuid in ("0f3d", "77aa")]
    patients = patients_in({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert [each.id for each in patients] == ["0f3d", "77aa"]
