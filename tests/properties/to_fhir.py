"""A native record in FHIR: first the part of it that FHIR can say, then that part as resources.

FHIR has no word for an age without a birth date, a result that is current without a date, `cured`, `controlled`, that a
procedure or a drug never was, an absence in the family, a list that is complete, and answers to other questions than
consent. What has several forms in FHIR gets one of them by chance.
"""

from __future__ import annotations

import gzip
import json
import re
from copy import deepcopy
from random import Random
from typing import Any

from properties.generators import Record, chance, pick
from screener.rulebook import Finding, Rulebook
from screener.values.dates import parse_moment

Json = dict[str, Any]

CONCEPT = "urn:screener:concept"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_BOUND = re.compile(r"([<>]=?)(.*)")
SPAN = re.compile(r"([\d.]+(?:e-\d+)?)-([\d.]+(?:e-\d+)?)")
"""A value that the generators write as a span: `0.5-2.0`."""


def sayable(record: Record, rulebook: Rulebook) -> Record:
    """The part of a record that FHIR can say. Its lists are not complete; whoever screens it says that."""
    said: Record = {key: record[key] for key in ("id", "birth_date", "sex") if key in record}
    said["observations"] = [_without(each, "current") for each in record.get("observations", [])]
    said["conditions"] = [
        _without({**each, "status": "resolved" if each.get("status") == "cured" else each.get("status")}, "controlled")
        for each in _read(record, "conditions")
        if not _is_made_before_its_onset(each)
    ]
    said["procedures"] = _read(record, "procedures")
    said["medications"] = [_without(each, "date") for each in _read(record, "medications")]
    said["events"] = [
        _without(each, "date")
        for each in _read(record, "events")
        if each.get("status") is not None and _is_taking_part(each["name"], rulebook)
    ]
    said["allergies"] = _read(record, "allergies")
    said["family_history"] = [
        _without(each, "severity") for each in _read(record, "family_history") if each.get("status") == "present"
    ]
    said["answers"] = {
        key: answer
        for key, answer in record.get("answers", {}).items()
        if (question := rulebook.questions.get(key.rpartition("/")[2])) is not None and question.gives_consent
    }
    return said


UNSAID = ("never", "not planned")
"""What no resource says of an entry."""


def _read(record: Record, name: str) -> list[Record]:
    """The entries of a list that have a name and that nobody settled besides; of those that deny, those that deny all
    or the present, and among treatments none."""
    denying = (*UNSAID, "absent") if name in ("procedures", "medications", "events") else UNSAID
    return [
        {field: value for field, value in each.items() if field != "since"}
        for each in record.get(name, [])
        if "name" in each and "reviewed" not in each and each.get("status") not in denying and not _ends_too_early(each)
    ]


def _ends_too_early(entry: Record) -> bool:
    """Whether an entry contradicts itself: the native form settles nothing by it, and FHIR's period says no time."""
    begin = next((entry[field] for field in ("onset", "start") if field in entry), None)
    return begin is not None and "end" in entry and parse_moment(entry["end"]).is_before(parse_moment(begin))


def _is_made_before_its_onset(entry: Record) -> bool:
    """Whether an entry contradicts itself: the native form settles nothing by it, and FHIR's date of recording does."""
    return "date" in entry and "onset" in entry and parse_moment(entry["date"]).is_before(parse_moment(entry["onset"]))


def _without(entry: Record, field: str) -> Record:
    return {key: value for key, value in entry.items() if key != field}


def _is_taking_part(name: str, rulebook: Rulebook) -> bool:
    return any(code.system == "fhir" and code.first == "ResearchSubject" for code in rulebook.concepts[name].codes)


def to_fhir(dice: Random, record: Record, rulebook: Rulebook) -> Json:
    """The sayable part of a record as a Bundle."""
    person: Json = {"resourceType": "Patient", "id": record.get("id", "p")}
    person |= {"birthDate": record["birth_date"]} if "birth_date" in record else {}
    person |= {"gender": record["sex"]} if "sex" in record else {}
    bodies = [
        *(observation(dice, each, rulebook) for each in record["observations"]),
        *(condition(dice, each, rulebook) for each in record["conditions"]),
        *(procedure(dice, each) for each in record["procedures"]),
        *(medication(dice, each) for each in record["medications"]),
        *(event(each) for each in record["events"]),
        *(allergy(each) for each in record["allergies"]),
        *(relative(each) for each in record["family_history"]),
        *(each for key, answer in record["answers"].items() for each in consents(key, answer)),
    ]
    subject = {"reference": f"Patient/{person['id']}"}
    entries: list[Json] = []
    for number, body in enumerate(bodies):
        field = {"ResearchSubject": "individual", "Condition": "subject"}.get(body["resourceType"], "subject")
        field = "patient" if body["resourceType"] in ("AllergyIntolerance", "FamilyMemberHistory", "Consent") else field
        entries.append({"resource": {"id": str(number), field: subject, **body}})
    # The entries keep their order: of two facts that leave a question open alike, the first gives its reason.
    entries.insert(dice.randint(0, len(entries)), {"resource": person})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def coded(code: str, system: str = CONCEPT) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def when(field: str, text: str | None) -> Json:
    return {field: text} if text is not None else {}


def period(field: str, start: str | None, end: str | None) -> Json:
    stated = when("start", start) | when("end", end)
    return {field: stated} if stated else {}


# ---- results


def observation(dice: Random, entry: Record, rulebook: Rulebook) -> Json:
    body: Json = {"resourceType": "Observation", "status": entry.get("status", "final"), "code": coded(entry["name"])}
    body |= effective(dice, entry.get("date"))
    value = _value(dice, entry, rulebook)
    if "upper_limit" in entry:
        value["referenceRange"] = [{"high": {"value": entry["upper_limit"]}}]
    if chance(dice, 15):
        return {**body, "code": {"text": "panel"}, "component": [{"code": body["code"], **value}]}
    if chance(dice, 10):
        contained = {**body, **value, "id": "c"}
        return {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "contained": [contained],
            "result": [{"reference": "#c"}],
        }
    return {**body, **value}


def effective(dice: Random, date: str | None) -> Json:
    if date is None:
        return {}
    return pick(
        dice,
        (
            {"effectiveDateTime": date},
            {"effectivePeriod": {"start": date, "end": date}},
            {"effectiveTiming": {"event": [date]}},
        ),
    )


def _value(dice: Random, entry: Record, rulebook: Rulebook) -> Json:
    value, unit = entry["value"], entry.get("unit")
    if isinstance(rulebook.fact(entry["name"]), Finding):
        if isinstance(value, int):
            return pick(
                dice, ({"valueInteger": value}, {"valueQuantity": {"value": value}}, {"valueString": str(value)})
            )
        return pick(dice, ({"valueString": value}, {"valueCodeableConcept": {"text": value}}))
    bound = _BOUND.match(str(value))
    number = float(bound[2]) if bound is not None else value
    quantity: Json = {"value": number} | ({"comparator": bound[1]} if bound is not None else {})
    stated_unit: Json = {}
    if unit is not None:
        stated_unit = pick(
            dice,
            ({"unit": unit}, {"system": "http://unitsofmeasure.org", "code": unit}, {"unit": unit, "code": unit}),
        )
        quantity |= stated_unit
    if (span := SPAN.fullmatch(str(value))) is not None and chance(dice, 50):
        low, high = ({"value": float(end)} | stated_unit for end in span.groups())
        return {"valueRange": {"low": low, "high": high}}
    if span is not None:
        return {"valueString": f"{value} {unit}" if unit is not None else str(value)}
    if bound is None and chance(dice, 10) and unit is not None:
        return {"valueRange": {"low": quantity, "high": quantity}}
    if chance(dice, 20):
        return {"valueString": f"{value} {unit}" if unit is not None else str(value)}
    return {"valueQuantity": quantity}


# ---- what was and what is


def condition(dice: Random, entry: Record, rulebook: Rulebook) -> Json:
    concept = rulebook.concepts[entry["name"]]
    if entry.get("status") == "absent" and (concept.course == "acute" or chance(dice, 50)):
        value = pick(dice, ({"valueBoolean": False}, {"valueString": "absent"}))
        body = {"resourceType": "Observation", "status": "final", "code": coded(entry["name"]), **value}
        return body | effective(dice, entry.get("date"))
    body = {"resourceType": "Condition", "code": coded(entry["name"])} | when("recordedDate", entry.get("date"))
    if entry.get("status") == "absent":
        return {**body, "verificationStatus": coded("refuted", f"{TERMINOLOGY}/condition-ver-status")}
    body |= moment(dice, "onset", entry.get("onset")) | moment(dice, "abatement", entry.get("end"))
    if entry.get("status") is not None:
        # Of an acute event these say that it came back later, which the native form does not say.
        ongoing = ("active",) if concept.course == "acute" else ("active", "recurrence", "relapse")
        clinical = pick(dice, ongoing if entry.get("status") == "active" else ("resolved", "inactive"))
        body["clinicalStatus"] = coded(clinical, f"{TERMINOLOGY}/condition-clinical")
    if chance(dice, 50):
        body["verificationStatus"] = coded("confirmed", f"{TERMINOLOGY}/condition-ver-status")
    if "severity" in entry:
        codes = {"mild": "255604002", "moderate": "6736007", "severe": "24484000"}
        snomed = coded(codes[entry["severity"]], "http://snomed.info/sct")
        body["severity"] = pick(dice, ({"text": entry["severity"].capitalize()}, snomed))
    if "stage" in entry:
        body["stage"] = [{"summary": {"text": entry["stage"]}}]
    return body


def moment(dice: Random, field: str, date: str | None) -> Json:
    if date is None:
        return {}
    return pick(
        dice,
        ({f"{field}DateTime": date}, {f"{field}Period": {"start": date, "end": date}}, {f"{field}String": date}),
    )


def procedure(dice: Random, entry: Record) -> Json:
    body: Json = {"resourceType": "Procedure", "code": coded(entry["name"])}
    day = entry.get("date") or entry.get("start")
    match entry.get("status"):
        case "planned" if chance(dice, 50):
            request = {**body, "resourceType": "ServiceRequest", "status": "active", "intent": "order"}
            return request | when("occurrenceDateTime", day)
        case "planned":
            return {**body, "status": "preparation"} | when("performedDateTime", day)
        case "ongoing":
            return {**body, "status": "in-progress"} | period("performedPeriod", day, None)
        case _ if "date" in entry:
            return {**body, "status": "completed"} | when("performedDateTime", day)
        case _:
            return {**body, "status": "completed"} | period("performedPeriod", day, entry.get("end"))


def medication(dice: Random, entry: Record) -> Json:
    drug: Json = {"medicationCodeableConcept": coded(entry["name"])}
    if chance(dice, 30):
        inside = {"resourceType": "Medication", "id": "m", "code": coded(entry["name"])}
        drug = {"medicationReference": {"reference": "#m"}, "contained": [inside]}
    time = period("effectivePeriod", entry.get("start"), entry.get("end"))
    match entry.get("status"):
        case None:
            return {"resourceType": "MedicationAdministration", "status": "completed", **drug, **time}
        case "ongoing":
            return {"resourceType": "MedicationStatement", "status": "active", **drug, **time}
        case _:
            stopped = pick(dice, ("stopped", "completed"))
            return {"resourceType": "MedicationStatement", "status": stopped, **drug, **time}


def event(entry: Record) -> Json:
    status = "on-study" if entry["status"] == "ongoing" else "off-study"
    return {"resourceType": "ResearchSubject", "status": status} | period(
        "period", entry.get("start"), entry.get("end")
    )


def allergy(entry: Record) -> Json:
    body: Json = {"resourceType": "AllergyIntolerance", "code": coded(entry["name"])}
    body |= when("recordedDate", entry.get("date"))
    if entry.get("status") == "absent":
        return {**body, "verificationStatus": coded("refuted", f"{TERMINOLOGY}/allergyintolerance-verification")}
    return body | ({"reaction": [{"severity": entry["severity"]}]} if "severity" in entry else {})


def relative(entry: Record) -> Json:
    body = {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "relationship": {"coding": [{"code": "MTH"}]},
        "condition": [{"code": coded(entry["name"])}],
    }
    return body | when("date", entry.get("date"))


def consents(key: str, answer: Any) -> list[Json]:
    """A Consent to the trial that the answer is about."""
    value, date = (answer["value"], answer.get("date")) if isinstance(answer, dict) else (answer, None)
    body: Json = {
        "resourceType": "Consent",
        "status": "active",
        "scope": coded("research", f"{TERMINOLOGY}/consentscope"),
        "provision": {"type": "permit" if value else "deny"},
        "policy": [{"uri": f"urn:trials/{key.partition('/')[0]}"}],
    }
    return [body | when("dateTime", date)]


# ---- the same, sent otherwise

OTHERS: list[Json] = [
    {"resourceType": "Immunization", "status": "completed"},
    {"resourceType": "Practitioner", "id": "dr", "name": [{"family": "Doe"}]},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]},
    {"resourceType": "Encounter", "id": "e", "period": {"start": "2020", "end": "2027"}},
]
ERRONEOUS: dict[str, Json] = {
    "Observation": {"status": "entered-in-error"},
    "DiagnosticReport": {"status": "cancelled"},
    "Condition": {"verificationStatus": coded("entered-in-error", f"{TERMINOLOGY}/condition-ver-status")},
    "Procedure": {"status": "not-done"},
    "ServiceRequest": {"status": "revoked"},
    "MedicationStatement": {"status": "not-taken"},
    "MedicationAdministration": {"status": "not-done"},
    "AllergyIntolerance": {
        "verificationStatus": coded("entered-in-error", f"{TERMINOLOGY}/allergyintolerance-verification")
    },
    "FamilyMemberHistory": {"status": "entered-in-error"},
    "ResearchSubject": {"status": "candidate"},
    "Consent": {"status": "draft"},
}
"""What makes a resource of a kind say nothing."""


def sent_otherwise(dice: Random, bundle: Json) -> Json | bytes:
    """A Bundle that says the same in another way: with what says nothing added, superseded versions, other references,
    in another order, as a text, line by line, packed."""
    entries = [deepcopy(each["resource"]) for each in bundle["entry"]]
    (person,) = (each for each in entries if each["resourceType"] == "Patient")
    for body in list(entries):
        if body is not person and chance(dice, 20):
            entries.append({**deepcopy(body), "id": f"{body['id']}-void", **ERRONEOUS[body["resourceType"]]})
        if chance(dice, 15):
            body |= {"text": {"div": "<div>anything</div>"}, "extension": [{"url": "urn:x"}], "_id": {"extension": []}}
        if "code" in body and chance(dice, 15) and "coding" in body["code"]:
            body["code"]["coding"].insert(dice.randint(0, 1), {"system": "urn:local", "code": "7"})
        if chance(dice, 10):
            entries.append(deepcopy(body))
        elif chance(dice, 15):
            now, before = ("10", "9") if chance(dice, 50) else ("2026-02-19T00:00:00Z", "2026-02-19T07:59:59+08:00")
            field = "versionId" if now == "10" else "lastUpdated"
            older = pick(dice, [each for each in entries if each["resourceType"] == body["resourceType"]])
            entries.append({**deepcopy(older), "id": body["id"], "meta": {field: before}})
            body["meta"] = {field: now}
    entries += [{**each, "subject": {"reference": f"Patient/{person['id']}"}} for each in OTHERS if chance(dice, 20)]
    _refer_otherwise(dice, entries, person)
    dice.shuffle(entries)
    if chance(dice, 30):
        return _packed(dice, b"\n".join(json.dumps(each).encode() for each in entries))
    given: list[Json] = [{"resource": each} for each in entries]
    if chance(dice, 30):
        for each in given:
            if "id" in each["resource"]:
                each["fullUrl"] = f"http://a.example/{each['resource']['resourceType']}/{each['resource']['id']}"
    whole = {**bundle, "type": pick(dice, ("searchset", "batch", "document")), "entry": given}
    if chance(dice, 20):
        whole = {**bundle, "entry": [{"resource": whole}]}
    return _packed(dice, json.dumps(whole, indent=pick(dice, (None, 2))).encode()) if chance(dice, 50) else whole


def _refer_otherwise(dice: Random, entries: list[Json], person: Json) -> None:
    """Whom the resources are about, said in another way, alike for the versions of one."""
    how = pick(dice, ("type and id", "version", "identifier"))
    if how == "identifier":
        for each in entries:
            if each["resourceType"] == "Patient":
                each["identifier"] = [{"system": "urn:mrn", "value": "12"}]
    other: Json = {
        "type and id": {"reference": f"Patient/{person['id']}"},
        "version": {"reference": f"Patient/{person['id']}/_history/1"},
        "identifier": {"identifier": {"system": "urn:mrn", "value": "12"}},
    }[how]
    for each in entries:
        for field in ("subject", "patient", "individual"):
            if field in each:
                each[field] = other


def _packed(dice: Random, text: bytes) -> bytes:
    if not chance(dice, 30):
        return text
    middle = dice.randint(0, len(text))
    return gzip.compress(text[:middle]) + gzip.compress(text[middle:])
