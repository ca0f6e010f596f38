"""Random FHIR of which the native form can say all, and that in the native form.

What is drawn has the statuses, the times and the doublings that FHIR has; what it says natively is worked out from the
resources themselves, by rules so short that they can be checked against the specification by eye.
"""

from __future__ import annotations

from random import Random
from typing import Any

from properties.generators import AS_OF, Record, Subject, chance, date_text, days_back, grades, measurement, pick
from properties.to_fhir import SPAN, TERMINOLOGY, Json, coded, when
from screener.rulebook import Concept, Finding, Rulebook

DAY = AS_OF.isoformat()


# ---- drawing


def fhir_record(dice: Random, rulebook: Rulebook, subject: Subject) -> Json:
    """A Bundle about what some rules read."""
    person: Json = {"resourceType": "Patient", "id": "p"}
    person |= when("gender", pick(dice, ("female", "male", "other", None)))
    person |= when("birthDate", pick(dice, ("1965-02-20", "1981-05", "1981", "2008-02-21", None)))
    bodies = [observation(dice, rulebook, name, subject) for name in subject.facts for _ in range(dice.randint(0, 2))]
    for name in subject.concepts:
        concept = rulebook.concepts[name]
        draw = {"condition": condition, "procedure": procedure, "drug": drug, "substance": allergy}.get(concept.kind)
        if concept.kind == "event" and any(code.first == "ResearchSubject" for code in concept.codes):
            draw = participation
        bodies += [draw(dice, concept) for _ in range(dice.randint(0, 2)) if draw is not None]
    entries = [{"resource": person}]
    entries += [{"resource": {"id": str(number), **_about(body), **body}} for number, body in enumerate(bodies)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _about(body: Json) -> Json:
    fields = {"ResearchSubject": "individual", "AllergyIntolerance": "patient", "FamilyMemberHistory": "patient"}
    return {fields.get(body["resourceType"], "subject"): {"reference": "Patient/p"}}


def observation(dice: Random, rulebook: Rulebook, name: str, subject: Subject) -> Json:
    fact = rulebook.fact(name)
    status = pick(dice, ("final", "final", "preliminary", "amended", "corrected", "cancelled", "entered-in-error"))
    body: Json = {"resourceType": "Observation", "status": status, "code": coded(name)}
    body |= when("effectiveDateTime", date_text(dice, days_back(dice, recent=True), with_time=True))
    if isinstance(fact, Finding):
        value = pick(dice, fact.choices or grades(fact))
        return body | ({"valueInteger": value} if isinstance(value, int) else {"valueString": value})
    drawn = measurement(dice, fact, subject.limits.get(name, ()))
    number = str(drawn["value"])
    limits = {"referenceRange": [{"high": {"value": drawn["upper_limit"]}}]} if "upper_limit" in drawn else {}
    if (span := SPAN.fullmatch(number)) is not None:
        low, high = ({"value": float(end)} | when("unit", drawn.get("unit")) for end in span.groups())
        return {**body, "valueRange": {"low": low, "high": high}, **limits}
    quantity: Json = {"value": float(number.lstrip("<>"))} | when("unit", drawn.get("unit"))
    quantity |= {"comparator": number[0]} if number[0] in "<>" else {}
    return {**body, "valueQuantity": quantity, **limits}


def condition(dice: Random, concept: Concept) -> Json:
    back = days_back(dice)
    if chance(dice, 15):
        role = pick(dice, ("MTH", "NSIS", "WIFE", "STPFTH"))
        relative: Json = {
            "resourceType": "FamilyMemberHistory",
            "status": pick(dice, ("completed", "entered-in-error")),
        }
        return relative | {"relationship": coded(role), "condition": [{"code": coded(concept.name)}]}
    # Of an acute event these say that it came back later, which the native form does not say.
    again = () if concept.course == "acute" else ("recurrence", "relapse")
    clinical = pick(dice, ("active", *again, "inactive", "remission", "resolved", None))
    verified = pick(dice, ("confirmed", None, None, "refuted", "entered-in-error"))
    body: Json = {"resourceType": "Condition", "code": coded(concept.name)}
    if clinical is not None:
        body["clinicalStatus"] = coded(clinical, f"{TERMINOLOGY}/condition-clinical")
    if verified is not None:
        body["verificationStatus"] = coded(verified, f"{TERMINOLOGY}/condition-ver-status")
    if verified == "refuted":
        return body | when("recordedDate", pick(dice, (date_text(dice, back), None)))
    body |= when("onsetDateTime", pick(dice, (date_text(dice, back), None)))
    if clinical not in ("active", "recurrence", "relapse") and concept.course != "acute" and chance(dice, 60):
        body["abatementDateTime"] = date_text(dice, dice.randint(0, back))
    return body | ({"severity": {"text": pick(dice, ("mild", "severe"))}} if chance(dice, 30) else {})


def procedure(dice: Random, concept: Concept) -> Json:
    status = pick(dice, ("completed", "completed", "in-progress", "preparation", "not-done", "entered-in-error"))
    body: Json = {"resourceType": "Procedure", "status": status, "code": coded(concept.name)}
    day = date_text(dice, -days_back(dice) if status == "preparation" else days_back(dice))
    return body | when("performedDateTime", pick(dice, (day, day, None)))


def drug(dice: Random, concept: Concept) -> Json:
    back = days_back(dice)
    start, end = date_text(dice, back), date_text(dice, dice.randint(0, back))
    kind, field = pick(
        dice, (("MedicationStatement", "effectivePeriod"), ("MedicationAdministration", "effectivePeriod"))
    )
    statuses = ("active", "completed", "stopped", "not-taken")
    status = pick(dice, statuses if kind == "MedicationStatement" else ("completed", "in-progress", "not-done"))
    time = {"start": start} | ({"end": end} if chance(dice, 60) and status not in ("in-progress", "active") else {})
    return {"resourceType": kind, "status": status, "medicationCodeableConcept": coded(concept.name), field: time}


def allergy(dice: Random, concept: Concept) -> Json:
    body: Json = {"resourceType": "AllergyIntolerance", "code": coded(concept.name)}
    body |= when("type", pick(dice, ("allergy", None)))
    body |= when("recordedDate", pick(dice, (date_text(dice, days_back(dice)), None)))
    if chance(dice, 30):
        return {**body, "verificationStatus": coded("refuted", f"{TERMINOLOGY}/allergyintolerance-verification")}
    return body | ({"reaction": [{"severity": pick(dice, ("mild", "severe"))}, {}]} if chance(dice, 50) else {})


def participation(dice: Random, concept: Concept) -> Json:
    back = days_back(dice)
    status = pick(dice, ("on-study", "follow-up", "off-study", "off-study", "candidate"))
    time = {"start": date_text(dice, back)}
    if status == "off-study" and chance(dice, 60):
        time["end"] = date_text(dice, dice.randint(0, back))
    return {"resourceType": "ResearchSubject", "status": status, "period": time}


# ---- saying it natively


def to_native(bundle: Json) -> Record:
    """What such a Bundle says, in the native form. Its lists are not complete; whoever screens it says that."""
    record: Record = {"id": "p"}
    for entry in bundle["entry"]:
        body = entry["resource"]
        if body["resourceType"] == "Patient":
            record |= when("birth_date", body.get("birthDate"))
            record |= {"sex": body["gender"]} if body.get("gender") in ("female", "male") else {}
            continue
        said = _entry(body)
        if said is not None:
            list_, entry_said = said
            record.setdefault(list_, []).append({key: each for key, each in entry_said.items() if each is not None})
    return record


def _entry(body: Json) -> tuple[str, Record] | None:
    match body["resourceType"]:
        case "Observation":
            return "observations", _observation(body)
        case "Condition":
            return _condition(body)
        case "Procedure":
            return _procedure(body)
        case "MedicationStatement" | "MedicationAdministration":
            return _drug(body)
        case "AllergyIntolerance":
            status = "absent" if "verificationStatus" in body else "present"
            severity = body["reaction"][0]["severity"] if "reaction" in body else None
            said = {
                "name": _code(body["code"]),
                "status": status,
                "severity": severity,
                "date": body.get("recordedDate"),
            }
            return "allergies", said
        case "FamilyMemberHistory" if body["status"] == "completed" and _code(body["relationship"]) in ("MTH", "NSIS"):
            return "family_history", {"name": _code(body["condition"][0]["code"]), "status": "present"}
        case "ResearchSubject" if body["status"] != "candidate":
            status = "stopped" if body["status"] == "off-study" else "ongoing"
            return "events", {"system": "fhir", "code": "ResearchSubject", "status": status, **body["period"]}
        case _:
            return None


def _code(concept: Json) -> Any:
    return concept["coding"][0]["code"]


def _observation(body: Json) -> Record:
    said: Record = {"name": _code(body["code"]), "status": body["status"], "date": body.get("effectiveDateTime")}
    if "valueQuantity" in body:
        quantity = body["valueQuantity"]
        value = f"{quantity['comparator']}{quantity['value']}" if "comparator" in quantity else quantity["value"]
    elif "valueRange" in body:
        quantity, high = body["valueRange"]["low"], body["valueRange"]["high"]
        value = f"{quantity['value']}-{high['value']}"
    else:
        return {**said, "value": body.get("valueInteger", body.get("valueString"))}
    limit = body["referenceRange"][0]["high"]["value"] if "referenceRange" in body else None
    return {**said, "value": value, "unit": quantity.get("unit"), "upper_limit": limit}


def _condition(body: Json) -> tuple[str, Record] | None:
    name, verified = _code(body["code"]), _code(body["verificationStatus"]) if "verificationStatus" in body else None
    if verified == "entered-in-error":
        return None
    if verified == "refuted":
        return "conditions", {"name": name, "status": "absent", "date": body.get("recordedDate")}
    clinical = _code(body["clinicalStatus"]) if "clinicalStatus" in body else None
    is_active = clinical in ("active", "recurrence", "relapse")
    return "conditions", {
        "name": name,
        "status": "active" if is_active else "resolved" if clinical is not None else None,
        "onset": body.get("onsetDateTime"),
        "end": body.get("abatementDateTime"),
        "severity": body["severity"]["text"] if "severity" in body else None,
    }


def _procedure(body: Json) -> tuple[str, Record] | None:
    name, day = _code(body["code"]), body.get("performedDateTime")
    match body["status"]:
        case "completed":
            return "procedures", {"name": name, "status": "done", "date": day}
        case "in-progress":
            return "procedures", {"name": name, "status": "ongoing", "start": day}
        case "preparation":
            return "procedures", {"name": name, "status": "planned", "date": day}
        case _:
            return None


def _drug(body: Json) -> tuple[str, Record] | None:
    if body["status"] in ("not-taken", "not-done"):
        return None
    goes_on = body["status"] in ("active", "in-progress") and "end" not in body["effectivePeriod"]
    is_over = body["resourceType"] == "MedicationStatement" and body["status"] in ("completed", "stopped")
    status = "ongoing" if goes_on else "stopped" if is_over else None
    return "medications", {
        "name": _code(body["medicationCodeableConcept"]),
        "status": status,
        **body["effectivePeriod"],
    }
