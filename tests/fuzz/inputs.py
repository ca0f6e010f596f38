"""Inputs that nobody should send: small documents of both forms, changed at random, and bytes that are worse.

A document is changed in one of the ways in which records go wrong: a value put where another kind belongs, a field
lost, doubled or renamed, a reference that leads in a circle, text cut off or with wild bytes in it, gzip with a hole.
"""

from __future__ import annotations

import gzip
import json
import math
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Source = Any


def coded(code: str, system: str = "urn:screener:concept") -> Json:
    return {"coding": [{"system": system, "code": code, "display": "so called"}], "text": "as written"}


SUBJECT = {"reference": "Patient/p"}
QUANTITY = {"value": 2.5, "comparator": "<", "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
PERIOD = {"start": "2026-02-01", "end": "2026-02-18T07:40:00+08:00"}
AGE = {"value": 38, "unit": "a", "code": "a", "system": "http://unitsofmeasure.org"}
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"

RESOURCES: list[Json] = [
    {
        "resourceType": "Patient",
        "id": "p",
        "gender": "female",
        "birthDate": "1981-05",
        "deceasedBoolean": False,
        "identifier": [{"system": "urn:mrn", "value": "12"}],
        "name": [{"family": "Doe"}],
    },
    {
        "resourceType": "Observation",
        "id": "1",
        "meta": {"versionId": "3", "lastUpdated": "2026-02-18T10:00:00Z"},
        "status": "final",
        "code": coded("total_bilirubin"),
        "subject": SUBJECT,
        "encounter": {"reference": "Encounter/e"},
        "effectiveDateTime": "2026-02-18",
        "issued": "2026-02-18T10:00:00.123Z",
        "valueQuantity": QUANTITY,
        "interpretation": [coded("H", f"{TERMINOLOGY}/v3-ObservationInterpretation")],
        "referenceRange": [
            {"low": {"value": 1}, "high": QUANTITY, "appliesTo": [{"text": "female"}], "age": {"low": AGE}},
            {"text": "3-21", "type": coded("normal", f"{TERMINOLOGY}/referencerange-meaning")},
        ],
        "component": [
            {"code": coded("INR"), "valueString": "LESS THAN 0.4", "dataAbsentReason": coded("unknown")},
            {"code": coded("HIV_test"), "valueCodeableConcept": coded("10828004", "http://snomed.info/sct")},
            {"code": coded("hepatic_encephalopathy_grade"), "valueInteger": 2},
            {"code": coded("creatinine"), "valueRange": {"low": QUANTITY, "high": QUANTITY}},
            {"code": coded("creatinine"), "valueRatio": {"numerator": QUANTITY, "denominator": QUANTITY}},
            {"code": coded("cirrhosis"), "valueBoolean": False},
        ],
    },
    {
        "resourceType": "Condition",
        "id": "2",
        "clinicalStatus": coded("active", f"{TERMINOLOGY}/condition-clinical"),
        "verificationStatus": coded("confirmed", f"{TERMINOLOGY}/condition-ver-status"),
        "code": coded("cirrhosis"),
        "subject": SUBJECT,
        "onsetAge": AGE,
        "abatementPeriod": PERIOD,
        "onsetRange": {"low": AGE, "high": AGE},
        "recordedDate": "2026-02-18",
        "severity": {"text": "severe"},
        "stage": [{"summary": {"text": "III"}}],
        "bodySite": [{"text": "liver"}],
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "3",
        "clinicalStatus": coded("active", f"{TERMINOLOGY}/allergyintolerance-clinical"),
        "type": "allergy",
        "code": coded("J01CA04", "http://www.whocc.no/atc"),
        "patient": SUBJECT,
        "reaction": [{"substance": coded("blood_products"), "severity": "severe"}],
    },
    {
        "resourceType": "Procedure",
        "id": "4",
        "status": "completed",
        "code": coded("liver_transplantation"),
        "subject": SUBJECT,
        "performedPeriod": PERIOD,
    },
    {
        "resourceType": "ServiceRequest",
        "id": "5",
        "status": "active",
        "intent": "order",
        "code": coded("dialysis"),
        "subject": SUBJECT,
        "occurrenceDateTime": "2026-04",
    },
    {
        "resourceType": "MedicationRequest",
        "id": "6",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "#m"},
        "contained": [
            {
                "resourceType": "Medication",
                "id": "m",
                "code": coded("1", "urn:x"),
                "ingredient": [{"itemCodeableConcept": coded("H02AB06", "http://www.whocc.no/atc")}],
            }
        ],
        "subject": SUBJECT,
        "authoredOn": "2026-02-01",
        "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": PERIOD}}}],
        "dispenseRequest": {"validityPeriod": PERIOD},
    },
    {
        "resourceType": "MedicationStatement",
        "id": "7",
        "status": "active",
        "medicationCodeableConcept": coded("interferon"),
        "subject": SUBJECT,
        "effectivePeriod": {"start": "2026-01"},
    },
    {
        "resourceType": "FamilyMemberHistory",
        "id": "8",
        "status": "completed",
        "patient": SUBJECT,
        "relationship": coded("MTH", f"{TERMINOLOGY}/v3-RoleCode"),
        "condition": [{"code": coded("mental_disorder")}],
    },
    {
        "resourceType": "ResearchSubject",
        "id": "9",
        "status": "on-study",
        "individual": SUBJECT,
        "study": {"reference": "ResearchStudy/s"},
        "period": PERIOD,
    },
    {
        "resourceType": "Consent",
        "id": "10",
        "status": "active",
        "scope": coded("research", f"{TERMINOLOGY}/consentscope"),
        "patient": SUBJECT,
        "dateTime": "2026-02-10",
        "policy": [{"uri": "https://clinicaltrials.gov/study/NCT07409259"}],
        "provision": {"type": "permit", "data": [{"reference": {"reference": "ResearchStudy/s"}}]},
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "11",
        "status": "final",
        "subject": {"identifier": {"system": "urn:mrn", "value": "12"}},
        "contained": [{"resourceType": "Observation", "id": "c", "code": coded("INR"), "valueString": "8"}],
        "result": [{"reference": "#c"}],
    },
    {"resourceType": "Encounter", "id": "e", "subject": SUBJECT, "period": PERIOD, "identifier": [{"value": "v"}]},
    {"resourceType": "ResearchStudy", "id": "s", "identifier": [{"value": "NCT07409259"}]},
    {"resourceType": "Specimen", "id": "t", "subject": SUBJECT, "collection": {"collectedPeriod": PERIOD}},
]  # fmt: skip

NATIVE: Json = {
    "id": "demo-1",
    "as_of": "2026-02-20",
    "birth_date": "1981-05",
    "sex": "female",
    "observations": [
        {"name": "total_bilirubin", "value": 210, "unit": "umol/L", "date": "2026-02-18", "upper_limit": 21},
        {"loinc": "6301-6", "value": ">8", "date": "2026-02-18T07:40"},
        {"name": "hepatic_encephalopathy_grade", "value": 0, "current": True},
    ],
    "conditions": [
        {"name": "cirrhosis", "onset": "2019", "status": "active", "severity": "severe", "stage": "II"},
        {"icd10": "I21.4", "status": "resolved", "onset": "2020", "end": "2021"},
        {"name": "hiv_infection", "status": "absent", "date": "2026-02-18"},
    ],
    "procedures": [{"name": "liver_transplantation", "status": "planned", "date": "2026-04"}],
    "medications": [{"atc": "H02AB06", "start": "2025-11", "end": "2025-12-10"}],
    "events": [{"name": "trial_participation", "start": "2025-12-01"}],
    "allergies": [{"name": "blood_products", "status": "absent", "date": "2026-02-18"}],
    "family_history": [{"name": "mental_disorder", "status": "present"}],
    "answers": {"NCT07409259/informed_consent": {"value": True, "by": "x", "date": "2026"}},
    "complete": ["conditions", "procedures"],
}

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**18, 10**50, -(10**400), 0.0, -0.0, 1e-320, 1e308, 0.1, math.nan, math.inf,
    "", " ", "\x00", "\x1b[31m", "a" * 5000, "\ud800", "\u202e", "é", "1,8", "<", "<=>", "١", "1e999999999", "-0",
    "0000", "0001-01-01", "9999-12-31T23:59:59+14:00", "2026-02-30", "2026-02-18T24:00:00Z", "24:00", "#", "#m", "#p",
    "Patient/p", "Patient/", "/", "//", "urn:uuid:", "http://a/Patient/p", "Group/1", "Observation/1", "final",
    "entered-in-error", "active", "refuted", "unknown", "mg/dL", "10*9/L", "[", "{", "cirrhosis", "INR", "I21.9",
    [], {}, [[]], [None], [{}], {"reference": "#"}, {"coding": []}, {"coding": [None]}, {"coding": [{}]},
    {"value": None},
)  # fmt: skip
"""Values in places where others belong."""


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything inside a value."""
    steps: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    return [each for step in steps for each in ((*way, step), *places(value[step], (*way, step)))]


def changed(dice: Random, document: Any) -> Any:
    """A document with one thing in it changed."""
    document = deepcopy(document)
    ways = places(document)
    if not ways:
        return dice.choice(ODD)
    *way, last = dice.choice(ways)
    inside = document
    for step in way:
        inside = inside[step]
    match dice.randrange(9):
        case 0 | 1 | 2 | 3:
            inside[last] = deepcopy(dice.choice(ODD))
        case 4:
            del inside[last]
        case 5:
            *way, other = dice.choice(ways)
            source = document
            for step in way:
                source = source[step]
            inside[last] = deepcopy(source[other])
        case 6 if isinstance(inside, dict):
            inside[dice.choice((*FIELDS, "modifierExtension", "implicitRules"))] = inside[last]
        case 7 if isinstance(inside, list):
            inside.append(deepcopy(inside[last]))
        case _ if isinstance(inside, dict):
            inside[dice.choice(FIELDS)] = deepcopy(dice.choice(ODD))
        case _:
            inside[last] = [inside[last]]
    return document


FIELDS = sorted(
    {step for body in (*RESOURCES, NATIVE) for way in places(body) for step in way if isinstance(step, str)}
)


def document_of(dice: Random) -> Any:
    """A record of either form, changed a few times, or not at all."""
    if dice.random() < 0.25:
        record: Any = deepcopy(NATIVE)
    else:
        chosen = dice.sample(RESOURCES, dice.randint(1, len(RESOURCES)))
        entries: list[Json] = [{"resource": deepcopy(each)} for each in chosen]
        for entry in entries:
            if dice.random() < 0.2:
                entry["fullUrl"] = dice.choice(("http://a/fhir/", "http://b/fhir/", "urn:uuid:")) + dice.choice(
                    ("Patient/p", "Observation/1", "7")
                )
            if dice.random() < 0.05:
                entry["request"] = {"method": "DELETE", "url": "Observation/1"}
        record = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": entries + dice.sample(entries, dice.randint(0, 1)),
        }
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 8))):
        record = changed(dice, record)
    return record


def source_of(dice: Random) -> Source:
    """A record as plain data, as text or as bytes; the bytes perhaps harmed."""
    record = document_of(dice)
    if dice.random() < 0.35:
        return record
    try:
        text = json.dumps(record, indent=dice.choice((None, None, 1))).encode()
        if isinstance(record, dict) and isinstance(record.get("entry"), list) and dice.random() < 0.3:
            bodies = [entry.get("resource") for entry in record["entry"] if isinstance(entry, dict)]
            text = b"\n".join(json.dumps(each).encode() for each in bodies)
    except ValueError:  # a number of more digits than Python writes
        return record
    for _ in range(dice.choice((0, 0, 1, 3))):
        text = harmed(dice, text)
    if dice.random() < 0.3:
        text = gzip.compress(text, 1)
        if dice.random() < 0.5:
            text = harmed(dice, text)
    return text


def harmed(dice: Random, text: bytes) -> bytes:
    """Bytes cut off, doubled, exchanged, or with others put in between."""
    at, to = sorted((dice.randint(0, len(text)), dice.randint(0, len(text))))
    match dice.randrange(5):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + text[to:]
        case 2:
            return text[:to] + text[at:]
        case 3:
            return text[:at] + dice.choice(PIECES) + text[at:]
        case _:
            return text[:at] + dice.randbytes(dice.randint(1, 4)) + text[at + 1 :]


PIECES = (
    b"\n", b"\r\n", b"\xef\xbb\xbf", b"\0", b'"', b"{", b"}", b"[", b"]", b",", b"NaN", b"-Infinity", b"1e400",
    b"9" * 5000, b"[" * 2000, b'{"a":' * 2000, b"\\u0022", b"\\ud800", b"\xff", b" " * 70_000, b"<?xml",
    b"PK\x03\x04", b"\x1f\x8b",
)  # fmt: skip

sources = st.randoms(use_true_random=True).map(source_of)
