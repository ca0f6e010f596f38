"""What the notes say, and what must never stand in them: names, identifiers, addresses, narrative, comments."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.fhir.tiny import (
    ATC,
    CLINICAL,
    DAY,
    LOINC,
    PATIENT,
    SNOMED,
    Json,
    bundle,
    coded,
    condition,
    note_of,
    observation,
    read,
    resource,
)
from records.fhir_sources import dictionary
from records.small_rulebook import SMALL
from screener import evaluate, load_rules
from screener.records import RecordError, read_patient, read_patients
from screener.records.errors import Findings
from screener.records.patient import Patient
from screener.records.sightings import Sightings
from screener.report.terminal import Terminal, print_screening
from screener.rulebook import Rulebook

# ---- what they say


def test_codes_that_no_rule_uses_are_told_once_for_each_kind_the_most_frequent_first() -> None:
    patient = read(
        *(condition("", id=str(number), code=coded("1", SNOMED, "Gout")) for number in range(2)),
        condition("", id="3", code={"text": "Sprain"}),
        observation("", id="4", code=coded("1-8", LOINC), valueString="x"),
    )
    assert patient.notes == (
        "Condition: 3 entries that no rule uses: `1` Gout (2), no code, `Sprain`",
        "Observation: 1 entry that no rule uses: `1-8`",
    )


def test_that_a_code_has_no_system_is_told() -> None:
    patient = read(observation("", code=coded("6301-6", None, "INR"), valueQuantity={"value": 2}))
    assert patient.notes == (
        "Observation/1: not read: `6301-6` (no system) INR; it may be `INR`, and until its code is read it is a result "
        "of that which cannot be read",
    )


def test_alike_things_set_aside_are_one_note_with_some_of_their_places() -> None:
    patient = read(
        *(observation("INR", id=str(number), status="cancelled", valueString="2") for number in range(5)),
    )
    assert note_of(patient) == (
        "Observation: 5 times, its status is `cancelled`, and it does not count: "
        "Observation/0, Observation/1, Observation/2 and 2 others"
    )


@pytest.mark.parametrize("number", [3, 4])
def test_a_remark_on_many_results_of_one_lab_is_one_note(number: int) -> None:
    patient = read(
        *(observation("INR", id=str(each), status="unknown", valueQuantity={"value": 2}) for each in range(number))
    )
    assert patient.notes == (
        ("INR: 4 times, its status is `unknown` (Observation/0, Observation/1, Observation/2 and 1 other)",)
        if number == 4
        else tuple(f"Observation/{each}: INR: its status is `unknown`" for each in range(number))
    )


@pytest.mark.parametrize("number", [3, 4])
def test_one_doubt_about_many_entries_is_one_note(number: int) -> None:
    active = {"clinicalStatus": coded("active", CLINICAL), "abatementDateTime": "2020"}
    patient = read(*(condition("cirrhosis", id=str(each), **active) for each in range(number)))
    told = "it is active, and has an abatement: whether it is over stays open"
    assert patient.notes == (
        (f"Condition: 4 times, {told}: Condition/0, Condition/1, Condition/2 and 1 other",)
        if number == 4
        else tuple(f"Condition/{each}: {told}" for each in range(number))
    )


def test_lists_that_are_not_complete_for_one_reason_are_one_note() -> None:
    page = {**bundle(PATIENT), "type": "searchset", "total": 2}
    screening = evaluate(read_patient(page, SMALL), SMALL, as_of=DAY, assume_complete=["conditions", "procedures"])
    assert screening.notes[-1] == (
        "`conditions` and `procedures` are not taken as complete, "
        "because of what cannot be read or is not at hand: Bundle"
    )


def test_a_list_that_is_not_complete_says_why_when_it_is_asked_for() -> None:
    patient = read(condition("", code=None))
    screening = evaluate(patient, SMALL, as_of=DAY, assume_complete=["conditions"])
    assert screening.notes[-1] == (
        "`conditions` is not taken as complete, because of what cannot be read or is not at hand: Condition/1"
    )


def test_a_dead_patient_is_the_first_note() -> None:
    patient = read(patient={**PATIENT, "deceasedDateTime": "2026-02-01"})
    assert evaluate(patient, SMALL, as_of=DAY).notes[0] == "the record says that the patient has died (1 Feb 2026)"
    assert evaluate(patient, SMALL, as_of="2026-01-31").notes == ()


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "\u202eabc", "x" * 500])
def test_text_of_the_record_is_safe_to_print_and_short(text: str) -> None:
    patient = read(
        condition("", id="1", code={"text": text}),
        condition("cirrhosis", id="2", clinicalStatus={"text": text}),
        condition("cirrhosis", id="3", verificationStatus={"text": text}),
        observation("INR", id="4", status=text, valueString=text),
        observation("HIV_test", id="5", valueCodeableConcept=coded(text, "urn:x")),
        resource("Procedure", id="6", status=text, code=coded("dialysis")),
        resource("MedicationStatement", id="7", status=text, medicationCodeableConcept=coded("interferon")),
        resource("ResearchSubject", id="8", status=text),
        resource("Consent", id="9", status=text, scope=coded("research", None)),
    )
    for note in patient.notes:
        assert note.isprintable(), note
        assert "x" * 100 not in note


# ---- what they must not say

MARK = "Zzqx"
SECRET_FIELDS: dict[str, Any] = {
    "name": [{"family": MARK, "given": [MARK], "text": MARK}],
    "identifier": [{"system": MARK, "value": MARK, "assigner": {"display": MARK}}],
    "telecom": [{"value": MARK}],
    "address": [{"line": [MARK], "city": MARK, "text": MARK}],
    "contact": [{"name": {"text": MARK}}],
    "photo": [{"title": MARK}],
    "text": {"status": "generated", "div": f"<div>{MARK}</div>"},
    "note": [{"text": MARK, "authorString": MARK}],
    "comment": MARK,
    "performer": [{"display": MARK}],
    "asserter": {"display": MARK},
    "recorder": {"display": MARK, "identifier": {"value": MARK}},
    "requester": {"display": MARK},
    "informationSource": {"display": MARK},
    "extension": [{"url": f"urn:{MARK}", "valueString": MARK}],
    "modifierExtension": [{"url": f"urn:{MARK}", "valueString": MARK}],
    "implicitRules": f"urn:{MARK}",
    "description": MARK,
    "patientInstruction": MARK,
    "conclusion": MARK,
    "instantiatesUri": [MARK],
    "dosage": [{"text": MARK, "patientInstruction": MARK}],
    "dosageInstruction": [{"text": MARK}],
    "performedString": MARK,
    "onsetString": MARK,
    "abatementString": MARK,
    "contained": [{"resourceType": "Practitioner", "id": "dr", "name": [{"text": MARK}]}],
    "basedOn": [{"display": MARK}],
    "device": {"display": MARK},
    "organization": {"reference": f"Organization/{MARK}", "display": MARK},
}
"""Fields that are not a code, the text of a code, the name of a drug, a unit, a value or a date."""

BODIES: list[Json] = [
    PATIENT,
    observation("INR", id="o1", valueQuantity={"value": 2}),
    observation("INR", id="o2", valueString="1,8", status="preliminary"),
    observation("total_bilirubin", id="o3", valueQuantity={"value": 9}, referenceRange=[{"high": {"value": 3}}]),
    observation("cirrhosis", id="o4", valueBoolean=False),
    condition("cirrhosis", id="c1", clinicalStatus=coded("active", CLINICAL)),
    condition("", id="c2", code=coded("123", SNOMED)),
    resource("AllergyIntolerance", id="a1", code=coded("blood_products")),
    resource("Procedure", id="p1", status="completed", code=coded("dialysis")),
    resource("ServiceRequest", id="s1", status="active", code=coded("dialysis")),
    resource("MedicationStatement", id="m1", status="active", medicationCodeableConcept=coded("interferon")),
    resource("MedicationRequest", id="m2", status="active", medicationReference={"display": "a drug"}),
    resource("MedicationAdministration", id="m3", status="completed", medicationCodeableConcept=coded("interferon")),
    resource("FamilyMemberHistory", id="f1", status="completed", condition=[{"code": coded("mental_disorder")}]),
    resource("ResearchSubject", id="r1", status="on-study"),
    resource("Consent", id="k1", status="active", scope=coded("research", None), provision={"type": "permit"}),
    resource("DiagnosticReport", id="d1", status="final"),
    resource("Immunization", id="i1"),
    resource("Encounter", id="e1"),
]


def rendered(record: Json, rules: Rulebook, sightings: Sightings) -> Iterator[str]:
    for each in read_patients(record, rules, sightings=sightings):
        if isinstance(each, RecordError):
            yield str(each)
            continue
        assert isinstance(each, Patient)
        screening = evaluate(each, rules, as_of=DAY, assume_complete=["conditions", "medications"])
        yield screening.to_json()
        page = io.StringIO()
        print_screening(screening, Terminal(file=page, width=100))
        yield page.getvalue()
    yield repr([sighting for sighting, _ in sightings])


@settings(max_examples=settings().max_examples // 4, deadline=None)
@given(st.data())
def test_no_name_identifier_address_or_free_text_leaves_the_record(data: st.DataObject) -> None:
    fields = st.dictionaries(st.sampled_from(sorted(SECRET_FIELDS)), st.booleans(), max_size=6)
    bodies = data.draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=6, unique_by=lambda each: each["id"]))
    marked = [{**body, **{field: SECRET_FIELDS[field] for field in data.draw(fields)}} for body in bodies]
    for rules in (SMALL, load_rules()):
        for text in rendered(bundle(*marked), rules, Sightings()):
            assert MARK not in text, re.findall(f".{{60}}{MARK}.{{60}}", text)


def test_every_secret_field_in_every_resource_at_once() -> None:
    for field, value in SECRET_FIELDS.items():
        record = bundle(*({**body, field: value} for body in BODIES))
        for text in rendered(record, SMALL, Sightings()):
            assert MARK not in text, f"{field}: {re.findall(f'.{{60}}{MARK}.{{60}}', text)}"


def test_a_broken_text_is_not_quoted() -> None:
    text = json.dumps(bundle({**PATIENT, "name": MARK}))[:-2]
    (refused,) = _errors(text)
    assert MARK not in refused


def _errors(text: str) -> Iterator[str]:
    try:
        for each in read_patients(text, SMALL):
            assert isinstance(each, RecordError)
            yield str(each)
    except RecordError as error:
        yield str(error)


def test_an_entry_is_told_as_what_becomes_of_it() -> None:
    words = {
        "used": "Alcoholic cirrhosis",
        "unread": "Bluthochdruck seit 10 Jahren",
        "of no rule": "arterial hypertension",
    }
    entries = (condition("", id=name[:2], code={"text": each}) for name, each in words.items())
    (patient,) = read_patients(bundle(PATIENT, *entries), dictionary())
    assert isinstance(patient, Patient)
    assert patient.notes == (
        "Condition: 1 entry is not read, and may be anything on its list: no code, `Bluthochdruck seit 10 Jahren`",
        "Condition: 1 entry that no rule uses: no code, `arterial hypertension`",
    )


def test_the_same_note_of_one_entry_is_told_once() -> None:
    findings = Findings()
    for _ in range(2):
        findings.note("Condition/1", "it was ruled out")
        findings.note("Condition/1", "it may be another", "check first")
    told = ("check first: Condition/1: it may be another", "Condition/1: it was ruled out")
    assert tuple(map(str, findings.all_notes)) == told


def test_an_onset_late_in_the_evening_is_of_the_next_day_in_utc() -> None:
    fields = {"recordedDate": "2018-01-03"}
    assert not read(condition("cirrhosis", onsetDateTime="2018-01-04T03:39:53+00:00", **fields)).notes
    for onset in ("2018-01-04", "2018-01-05T03:39:53+00:00"):
        why = f"its onset `{onset}` is after the day on which it was recorded, `2018-01-03`"
        told = f"check first: Condition/1: {why}; until one is corrected, it settles nothing"
        assert note_of(read(condition("cirrhosis", onsetDateTime=onset, **fields))) == told


def test_a_drug_of_no_rule_is_told_as_one() -> None:
    request = resource(
        "MedicationRequest", status="active", intent="order", medicationCodeableConcept=coded("A02BC01", ATC)
    )
    (patient,) = read_patients(bundle(PATIENT, request), dictionary())
    assert isinstance(patient, Patient)
    assert patient.notes == ("MedicationRequest: 1 entry that no rule uses: `A02BC01`",)
