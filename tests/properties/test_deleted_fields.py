"""Whatever field of whatever resource is missing: nothing that was unknown becomes certain by it.

A record that says less cannot know more. The exceptions are few, and each is a field whose absence FHIR itself, or
plain sense, reads as the ordinary case; docs/fhir.md names them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from records.fhir_sources import DATA, dictionary
from screener.records.errors import RecordError
from screener.records.reading import read_patients
from screener.screening import evaluate

Json = dict[str, Any]
Path = tuple[str | int, ...]

LISTS = ("conditions", "procedures", "medications", "events", "allergies", "family_history", "plans")

TURNS_IT_ROUND = "FHIR does not require it, and without it the entry is an ordinary one"
NEED_NOT_SAY = "FHIR does not require it, and nobody misses it"
NOBODY_KNOWS_WHAT = "a result that does not say of what is a result of nothing: any other reading would open every lab"
SAID_TWICE = "what the value says in words nobody could read, the interpretation beside it says in code"
ALLOWED: dict[tuple[str, str], str] = {
    ("*", "modifierExtension"): TURNS_IT_ROUND,
    ("*", "implicitRules"): TURNS_IT_ROUND,
    ("*", "doNotPerform"): TURNS_IT_ROUND,
    ("AllergyIntolerance", "type"): TURNS_IT_ROUND,
    ("AllergyIntolerance", "verificationStatus"): TURNS_IT_ROUND,
    ("Condition", "verificationStatus"): TURNS_IT_ROUND,
    ("Condition", "clinicalStatus"): TURNS_IT_ROUND,
    ("FamilyMemberHistory", "notDone"): TURNS_IT_ROUND,
    ("MedicationAdministration", "notGiven"): TURNS_IT_ROUND,
    ("MedicationStatement", "taken"): TURNS_IT_ROUND,
    ("Procedure", "notDone"): TURNS_IT_ROUND,
    ("Procedure", "focus"): TURNS_IT_ROUND,
    ("Encounter", "reasonCode"): NEED_NOT_SAY,
    ("EpisodeOfCare", "diagnosis"): NEED_NOT_SAY,
    ("ClinicalImpression", "finding"): NEED_NOT_SAY,
    ("Claim", "diagnosis"): NEED_NOT_SAY,
    ("DiagnosticReport", "conclusionCode"): NEED_NOT_SAY,
    ("Composition", "section"): NEED_NOT_SAY,
    ("List", "emptyReason"): NEED_NOT_SAY,
    ("Immunization", "vaccineCode"): "an unknown code of a vaccine is administrative as a rule",
    ("AdverseEvent", "event"): NEED_NOT_SAY,
    ("Observation", "code"): NOBODY_KNOWS_WHAT,
    ("Observation", "resourceType"): NOBODY_KNOWS_WHAT,
    ("Observation", "valueCodeableConcept"): SAID_TWICE,
}
"""The fields whose absence may settle a question, by the kind of resource, with the reason."""


def concept(code: str, system: str = "http://snomed.info/sct") -> Json:
    return {"coding": [{"system": system, "code": code}]}


ATC = "http://www.whocc.no/atc"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
WEIGHT = {"value": 40, "unit": "kg", "code": "kg", "system": UCUM}
TACROLIMUS = concept("L04AD02", ATC)
UNKNOWN = concept("47", "urn:our-codes")
PAST = {"start": "2025-01-16", "end": "2025-01-20"}
FLAGS = f"{TERMINOLOGY}/flag-category"
EMPTY = concept("unavailable", f"{TERMINOLOGY}/list-empty-reason")
PROBLEMS = concept("11450-4", LOINC)


def of(kind: str, subject: str = "subject", **fields: Any) -> Json:
    return {"resourceType": kind, subject: {"reference": "Patient/p"}, **fields}


SPOILT: list[Json] = [
    of("Procedure", status="not-done", code=concept("18027006")),
    of("Procedure", status="completed", notDone=True, code=concept("18027006")),
    of("Procedure", status="preparation", code=concept("18027006"), performedDateTime="2026-05-01"),
    of("Procedure", status="entered-in-error", code=concept("302497006"), performedDateTime="2026-03-01"),
    of("MedicationStatement", status="active", taken="n", medicationCodeableConcept=concept("L03AB11", ATC)),
    of(
        "MedicationStatement",
        status="recorded",
        adherence={"code": concept("not-taking")},
        medication={"concept": TACROLIMUS},
    ),
    of(
        "MedicationAdministration",
        status="in-progress",
        notGiven=True,
        medicationCodeableConcept=concept("C01CA03", ATC),
    ),
    of("MedicationRequest", status="completed", intent="proposal", medicationCodeableConcept=TACROLIMUS),
    of(
        "MedicationRequest", status="completed", intent="order", doNotPerform=True, medicationCodeableConcept=TACROLIMUS
    ),
    of(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept=TACROLIMUS,
        authoredOn="2026-03-01",
    ),
    of(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept=TACROLIMUS,
        dosageInstruction=[{"timing": {"repeat": {"boundsPeriod": PAST}}}],
    ),
    of("MedicationStatement", status="active", medicationCodeableConcept=TACROLIMUS, effectivePeriod=PAST),
    of("MedicationAdministration", status="in-progress", medicationCodeableConcept=TACROLIMUS, effectivePeriod=PAST),
    of("Procedure", status="in-progress", code=concept("302497006"), performedPeriod=PAST),
    of("Procedure", status="on-hold", code=concept("302497006"), performedPeriod=PAST),
    of("MedicationDispense", status="completed", medicationCodeableConcept=TACROLIMUS, whenHandedOver="2026-03-05"),
    of("ServiceRequest", status="active", intent="order", doNotPerform=True, code=concept("18027006")),
    of("ServiceRequest", status="revoked", intent="order", code=concept("18027006")),
    of("ServiceRequest", status="draft", intent="order", code=concept("18027006"), occurrenceDateTime="2026-03-20"),
    of(
        "Condition",
        verificationStatus=concept("provisional", f"{TERMINOLOGY}/condition-ver-status"),
        code=concept("B20", ICD10),
    ),
    of(
        "Condition",
        verificationStatus=concept("refuted", f"{TERMINOLOGY}/condition-ver-status"),
        code=concept("C22.0", ICD10),
    ),
    of("Condition", verificationStatus="entered-in-error", code=concept("I21.4", ICD10), recordedDate="2026-03-01"),
    of("Condition", code=concept("I63.9", ICD10), recordedDate="2026-03-01", modifierExtension=[{"url": "urn:x"}]),
    of("Condition", code=concept("J45.0", ICD10), recordedDate="2026-03-01", implicitRules="urn:x"),
    of("AllergyIntolerance", "patient", verificationStatus="refuted", code=TACROLIMUS),
    of("AllergyIntolerance", "patient", type="intolerance", code=TACROLIMUS),
    of("Encounter", status="finished", period={"start": "2026-02-01"}, reasonCode=[concept("22298006")]),
    of(
        "FamilyMemberHistory",
        "patient",
        status="completed",
        relationship=concept("WIFE"),
        condition=[{"code": concept("F20.0", ICD10)}],
    ),
    of("ResearchSubject", "individual", status="candidate", period={"start": "2026-03-01"}),
    of(
        "Observation",
        status="entered-in-error",
        code=concept("6301-6", LOINC),
        valueQuantity={"value": 1.2, "code": "1"},
    ),
    of(
        "Observation",
        status="final",
        code=concept("29463-7", LOINC),
        valueQuantity=WEIGHT,
        effectiveDateTime="2026-03-09",
    ),
    of(
        "Observation",
        status="unknown",
        code=concept("29463-7", LOINC),
        valueQuantity=WEIGHT,
        effectiveDateTime="2026-03-10",
    ),
    of(
        "Consent",
        "patient",
        status="active",
        scope=concept("research", f"{TERMINOLOGY}/consentscope"),
        provision={"type": "deny"},
        policy=[{"uri": "NCT07409259"}],
    ),
    of("Consent", status="active", decision="permit", date="2026-03-01", provision=[{"type": "deny"}]),
    of("Flag", status="active", code=UNKNOWN, category=[concept("clinical", FLAGS)], period={"start": "2026-03-01"}),
    of("Flag", status="active", code=concept("C22.0", ICD10), category=[concept("safety", FLAGS)]),
    of("Flag", status="active", code={"text": "MI"}, category=[{"text": "ward"}]),
    of("Observation", status="final", code=concept("63895-7", LOINC), valueCodeableConcept=concept("LA4489-6", LOINC)),
    of("Observation", status="final", code={**UNKNOWN, "text": "INR"}, valueQuantity={"value": 1.2}),
    of("ResearchSubject", status="active", progress=[{"startDate": "2026-03-01"}], period={"start": "2026-03-01"}),
    of("EpisodeOfCare", "patient", status="active", diagnosis=[{"condition": {"display": "HCC"}}]),
    of("ClinicalImpression", status="completed", finding=[{"itemCodeableConcept": concept("I21.4", ICD10)}]),
    of("DiagnosticReport", status="final", code=concept("11529-5", LOINC), conclusionCode=[concept("C22.0", ICD10)]),
    of("Claim", "patient", diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept("I21.4", ICD10)}]),
    of("Immunization", "patient", status="completed", vaccineCode=TACROLIMUS, occurrenceDateTime="2026-03-01"),
    of("AdverseEvent", event=concept("I21.4", ICD10), date="2026-03-01", actuality="actual"),
    of("List", status="current", mode="snapshot", code=PROBLEMS, emptyReason=EMPTY),
    of("Composition", status="final", section=[{"code": PROBLEMS, "emptyReason": EMPTY}]),
    of("Condition", code=concept("D65", ICD10), clinicalStatus="recurrence", recordedDate="2026-03-01"),
    of("MedicationUsage", status="recorded", medication={"concept": TACROLIMUS}),
    of("MedicationOrder", "patient", status="active", medicationCodeableConcept=TACROLIMUS, dateWritten="2026-03-01"),
    of("Procedure", status="completed", code=concept("302497006"), focus={"reference": "RelatedPerson/x"}),
    of("AllergyIntolerance", "patient", category=["food"], code=UNKNOWN, recordedDate="2026-03-01"),
]
"""Resources each of which says by some field that it is not what its code says, or that this is open."""


def record(*resources: Json) -> list[Json]:
    person = {"resourceType": "Patient", "id": "p", "birthDate": "1980-01-01", "gender": "female"}
    return [person, *({**each, "id": f"r{number}"} for number, each in enumerate(resources))]


def answers(resources: list[Json], complete: tuple[str, ...]) -> dict[str, str] | None:
    """The status of each line; None where the record is refused, or is no longer of one patient."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    patient, *others = read_patients(bundle, dictionary())
    if others or isinstance(patient, RecordError):
        return None
    screening = evaluate(patient, dictionary().rulebook, as_of="2026-03-11", assume_complete=complete)
    return {f"{trial.id}/{each.id}": each.status for trial in screening.trials for each in trial.criteria}


def fields_in(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where a field stands, at every depth."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield (*path, name)
            yield from fields_in(inside, (*path, name))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from fields_in(inside, (*path, number))


def without(value: Any, path: Path) -> Any:
    first, *rest = path
    if not rest:
        return {name: inside for name, inside in value.items() if name != first}
    if isinstance(value, dict):
        return {**value, first: without(value[first], tuple(rest))}
    return [without(inside, tuple(rest)) if number == first else inside for number, inside in enumerate(value)]


def newly_certain(resources: list[Json], complete: tuple[str, ...], every: int = 1) -> list[str]:
    """What becomes certain where a field is missing, but for what may."""
    whole = answers(resources, complete)
    assert whole is not None
    found = []
    fields = [(number, path) for number, each in enumerate(resources) for path in fields_in(each)]
    for number, path in fields[::every]:
        kind = resources[number].get("resourceType", "")
        if (kind, path[0]) in ALLOWED or ("*", path[0]) in ALLOWED:
            continue
        less = answers([*resources[:number], without(resources[number], path), *resources[number + 1 :]], complete)
        changed = [line for line, status in (less or {}).items() if whole[line] == "unknown" and status != "unknown"]
        found += [f"{kind}.{'.'.join(map(str, path))}: {line}" for line in changed]
    return found


@pytest.mark.parametrize("complete", [(), LISTS])
def test_what_is_spoilt_does_not_become_certain_where_a_field_is_missing(complete: tuple[str, ...]) -> None:
    assert newly_certain(record(*SPOILT), complete) == []


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda each: each["resourceType"])
def test_nothing_spoilt_becomes_certain_alone(spoilt: Json) -> None:
    assert newly_certain(record(spoilt), LISTS) == []


@pytest.mark.parametrize("file", ["01.icd", "02.snomed"])
def test_a_patient_of_the_ward_is_not_better_known_where_a_field_is_missing(file: str) -> None:
    bundle = json.loads((DATA / "inpatients" / f"{file}.fhir.json").read_text(encoding="utf-8"))
    assert newly_certain([entry["resource"] for entry in bundle["entry"]], LISTS, every=5) == []


def test_each_exception_has_its_reason() -> None:
    assert all(reason for reason in ALLOWED.values())
