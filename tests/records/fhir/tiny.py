"""Tiny FHIR: resources short enough to be read in a test, and a patient of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from records.small_rulebook import ASKING, SMALL
from screener.records import read_patient
from screener.records.patient import Absence, Episode, Patient, Result

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

DAY = "2026-02-18"
PATIENT: Json = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1981-05-04"}


def coded(code: str, system: str | None = "urn:screener:concept", display: str | None = None) -> Json:
    """A CodeableConcept of one code; without a system named, a name of the dictionary."""
    coding = {"system": system, "code": code, "display": display}
    return {"coding": [{field: value for field, value in coding.items() if value is not None}]}


def resource(kind: str, /, **fields: Any) -> Json:
    """A resource of the patient `p`; a field that is None is left out."""
    subject = "patient" if kind in ("AllergyIntolerance", "Consent", "FamilyMemberHistory") else "subject"
    subject = "individual" if kind == "ResearchSubject" else subject
    body = {"resourceType": kind, "id": "1", subject: {"reference": "Patient/p"}, **fields}
    return {field: value for field, value in body.items() if value is not None}


def observation(name: str, /, **fields: Any) -> Json:
    """A final Observation of DAY."""
    return resource("Observation", **{"status": "final", "code": coded(name), "effectiveDateTime": DAY, **fields})


def condition(name: str, /, **fields: Any) -> Json:
    """A Condition without any status."""
    return resource("Condition", **{"code": coded(name), **fields})


def bundle(*resources: Json, kind: str = "collection") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources]}


def read(*resources: Json, patient: Json | None = PATIENT) -> Patient:
    """The one patient whose resources these are."""
    return read_patient(bundle(*([patient] if patient is not None else []), *resources), SMALL)


def may_be(patient: Patient) -> dict[str, set[str]]:
    """The lists on which something is open because of an entry that nobody could read, with the entries' places."""
    return {
        list_: {each.source for those in of_list.values() for each in those}
        for list_, of_list in patient.may_be.items()
    }


def read_asking(*resources: Json) -> Patient:
    """The same as `read` by rules that ask for everything: what an entry may be is kept."""
    return read_patient(bundle(PATIENT, *resources), ASKING)


def only_result(patient: Patient) -> Result:
    ((result,),) = patient.results.values()
    return result


def only_episode(patient: Patient) -> Episode:
    ((episode,),) = patient.episodes.values()
    return replace(episode, codings=frozenset())


def only_absence(patient: Patient) -> Absence:
    assert not patient.episodes
    ((absence,),) = patient.absences.values()
    return absence


def note_of(patient: Patient) -> str:
    (note,) = patient.notes
    return note
