"""What codes outside of the resources that are read leave open: it may be an entry at its own dates, and never is."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from records.fhir.tiny import ICD10, SNOMED, Json, coded, condition, may_be, read_asking, resource
from records.fhir_sources import patients_in
from screener.loading import load_rulebook
from screener.records.fhir.mentions import fields
from screener.records.patient import Episode
from screener.rulebook import RecordList
from screener.screening import evaluate

DISEASE = coded("cirrhosis")
DRUG = coded("systemic_glucocorticoid")
ACT = coded("dialysis")
PERIOD = {"start": "2026-02-01", "end": "2026-02-10"}
NOBODY_KNOWS = coded("1", SNOMED)


def item(code: Json) -> Json:
    return {"item": [{"productOrService": code}]}


MENTIONING: list[tuple[str, str, Json]] = [
    ("Encounter", "conditions", {"reasonCode": [DISEASE]}),
    ("Encounter", "conditions", {"reason": [DISEASE]}),
    ("Encounter", "conditions", {"reason": [{"use": [], "value": [{"concept": DISEASE}]}]}),
    ("Encounter", "conditions", {"diagnosis": [{"condition": [{"concept": DISEASE}]}]}),
    ("EpisodeOfCare", "conditions", {"diagnosis": [{"condition": {"concept": DISEASE}}]}),
    ("Appointment", "conditions", {"reasonCode": [DISEASE]}),
    ("CarePlan", "conditions", {"activity": [{"detail": {"reasonCode": [DISEASE]}}]}),
    ("CarePlan", "plans", {"activity": [{"detail": {"code": ACT}}]}),
    ("CarePlan", "medications", {"activity": [{"detail": {"productCodeableConcept": DRUG}}]}),
    ("Claim", "conditions", {"diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": DISEASE}]}),
    ("Claim", "conditions", {"diagnosis": [{"diagnosis": DISEASE["coding"][0]}]}),
    ("Claim", "procedures", {"procedure": [{"procedureCodeableConcept": ACT}]}),
    ("Claim", "procedures", item(ACT)),
    ("Claim", "medications", item(DRUG)),
    ("ExplanationOfBenefit", "conditions", {"diagnosis": [{"diagnosisCodeableConcept": DISEASE}]}),
    ("ExplanationOfBenefit", "medications", item(DRUG)),
    ("ClinicalImpression", "conditions", {"finding": [{"itemCodeableConcept": DISEASE}]}),
    ("RiskAssessment", "conditions", {"reasonCode": [DISEASE]}),
    ("Flag", "conditions", {"code": DISEASE}),
    ("DetectedIssue", "conditions", {"evidence": [{"code": [DISEASE]}]}),
    ("AdverseEvent", "conditions", {"event": DISEASE}),
    ("AdverseEvent", "medications", {"suspectEntity": [{"instanceCodeableConcept": DRUG}]}),
    ("ImagingStudy", "conditions", {"reasonCode": [DISEASE]}),
    ("DeviceRequest", "conditions", {"reasonCode": [DISEASE]}),
    ("SupplyDelivery", "medications", {"suppliedItem": {"itemCodeableConcept": DRUG}}),
    ("Communication", "conditions", {"reasonCode": [DISEASE]}),
    ("Immunization", "medications", {"status": "completed", "vaccineCode": DRUG}),
    ("MedicationDispense", "medications", {"status": "completed", "medicationCodeableConcept": DRUG}),
    ("MedicationDispense", "medications", {"status": "completed", "medication": {"concept": DRUG}}),
    ("MedicationOrder", "medications", {"status": "active", "medicationCodeableConcept": DRUG}),
    ("MedicationPrescription", "medications", {"status": "active", "medicationCodeableConcept": DRUG}),
    ("MedicationUsage", "medications", {"status": "recorded", "medication": {"concept": DRUG}}),
    ("ProcedureRequest", "plans", {"status": "active", "code": ACT}),
    ("ReferralRequest", "plans", {"serviceRequested": [ACT]}),
    ("QuestionnaireResponse", "conditions", {"item": [{"answer": [{"valueCoding": DISEASE["coding"][0]}]}]}),
    ("DiagnosticReport", "conditions", {"status": "final", "conclusionCode": [DISEASE]}),
    ("MedicationStatement", "conditions", {"status": "active", "reasonCode": [DISEASE]}),
    ("Procedure", "conditions", {"status": "completed", "complication": [DISEASE]}),
]


def mentioned(kind: str, **body: Any) -> Json:
    return resource(kind, **body)


@pytest.mark.parametrize(("kind", "on", "body"), MENTIONING)
def test_what_stands_elsewhere_may_be_an_entry_and_never_is_one(kind: str, on: RecordList, body: Json) -> None:
    patient = read_asking(mentioned(kind, **body))
    assert on in patient.may_be
    named = {"conditions": "cirrhosis", "procedures": "dialysis", "plans": "dialysis"}.get(
        on, "systemic_glucocorticoid"
    )
    (entry,) = patient.may_be[on][named]
    assert entry.only_may_be
    assert entry.source.startswith(f"{kind}/1")
    assert not patient.episodes
    assert not patient.absences


@pytest.mark.parametrize(("kind", "on", "body"), MENTIONING)
def test_what_was_entered_in_error_says_nothing(kind: str, on: RecordList, body: Json) -> None:
    assert may_be(read_asking(mentioned(kind, **{**body, "status": "entered-in-error"}))) == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("MedicationDispense", {"status": "cancelled", "medicationCodeableConcept": DRUG}),
        ("MedicationDispense", {"status": "declined", "medicationCodeableConcept": DRUG}),
        ("Immunization", {"status": "not-done", "vaccineCode": DRUG}),
        ("Claim", {"status": "cancelled", **item(DRUG)}),
        ("ProcedureRequest", {"status": "active", "doNotPerform": True, "code": ACT}),
        ("RiskAssessment", {"prediction": [{"outcome": DISEASE}]}),
        ("ClinicalImpression", {"ruledOut": [{"item": DISEASE}]}),
        ("Encounter", {"type": [NOBODY_KNOWS], "serviceType": NOBODY_KNOWS}),
        ("Encounter", {"reason": [{"use": [DISEASE]}]}),
        ("CarePlan", {"activity": [{"detail": {"code": NOBODY_KNOWS}}]}),
        ("Claim", item(NOBODY_KNOWS)),
        ("QuestionnaireResponse", {"item": [{"answer": [{"valueCoding": NOBODY_KNOWS["coding"][0]}]}]}),
        ("Communication", {"reasonCode": [{"text": "a question"}]}),
    ],
)
def test_what_says_nothing_of_an_entry_opens_nothing(kind: str, body: Json) -> None:
    assert may_be(read_asking(mentioned(kind, **body))) == {}


@pytest.mark.parametrize(
    "reason", [NOBODY_KNOWS, {"text": "heart attack"}, {}, {"extension": [{"url": "urn:x"}]}, "flu"]
)
def test_a_reason_that_nobody_knows_may_be_anything(reason: Any) -> None:
    patient = read_asking(mentioned("Encounter", period=PERIOD, reasonCode=[reason]))
    ((entry, *_), *_) = patient.may_be["conditions"].values()
    assert (entry.unusable, entry.source) == ("unread", "Encounter/1.reasonCode[0]")


@pytest.mark.parametrize("drug", [{"medicationCodeableConcept": {}}, {}, {"medicationReference": {"reference": "#x"}}])
def test_a_drug_that_nobody_names_keeps_its_list_open(drug: Json) -> None:
    patient = read_asking(mentioned("MedicationDispense", status="completed", **drug))
    assert set(patient.may_be) == {"medications"}


# ---- flags


def flag(category: Any, code: Json) -> Json:
    return mentioned("Flag", status="active", category=category, code=code)


FLAGS = "http://terminology.hl7.org/CodeSystem/flag-category"


@pytest.mark.parametrize("category", ["admin", "advance-directive", "diet", "lab", "safety"])
@pytest.mark.parametrize("code", [{"text": "ask at the desk"}, coded("47", "urn:our-flags"), NOBODY_KNOWS])
def test_an_administrative_flag_opens_nothing_and_is_named(category: str, code: Json) -> None:
    patient = read_asking(flag([coded(category, FLAGS)], code))
    assert may_be(patient) == {}
    assert any("administrative, and no entry of a list" in note for note in patient.notes)


@pytest.mark.parametrize(
    "category",
    [
        *([coded(each, FLAGS)] for each in ("clinical", "drug", "behavioral", "contact", "research", "other")),
        [coded("safety", FLAGS), coded("clinical", FLAGS)],
        [coded("safety", "urn:our-categories")],
        [{"text": "ward 7"}],
        [coded("safety", FLAGS), {}],
        None,
        "safety",
        [],
    ],
)
def test_any_other_flag_that_nobody_knows_may_be_anything(category: Any) -> None:
    assert "conditions" in may_be(read_asking(flag(category, {"text": "ask at the desk"})))


@pytest.mark.parametrize(
    "code", [DISEASE, coded("K74.6", ICD10), {"text": "cirrhosis"}, {"text": "beware of cirrhosis"}, {}, None]
)
@pytest.mark.parametrize("category", [[coded("safety", FLAGS)], coded("admin", "http://hl7.org/fhir/flag-category")])
def test_an_administrative_flag_opens_what_it_names(category: Any, code: Any) -> None:
    assert "conditions" in may_be(read_asking(flag(category, code)))


@pytest.mark.parametrize("category", [{"text": "Safety"}, coded("safety", "http://hl7.org/fhir/flag-category")])
def test_a_category_is_read_in_words_and_under_its_older_address(category: Json) -> None:
    assert may_be(read_asking(flag(category, {"text": "ask at the desk"}))) == {}


# ---- when


def test_a_reason_had_begun_by_the_end_of_what_it_was_the_reason_of() -> None:
    patient = read_asking(mentioned("Encounter", period=PERIOD, reasonCode=[DISEASE]))
    (entry,) = patient.may_be["conditions"]["cirrhosis"]
    assert entry.start is not None
    assert entry.start.text == "2026-02-10 or before"


def test_a_dispense_was_then_and_a_bill_without_a_date_at_any_time() -> None:
    dispense = mentioned(
        "MedicationDispense", status="completed", medicationCodeableConcept=DRUG, whenHandedOver="2026-02-05"
    )
    (entry,) = read_asking(dispense).may_be["medications"]["systemic_glucocorticoid"]
    assert entry.start is not None
    assert (entry.start.text, entry.end) == ("2026-02-05", None)
    (undated,) = read_asking(mentioned("Claim", **item(ACT))).may_be["procedures"]["dialysis"]
    assert undated.start is None


@pytest.mark.parametrize("when", ["soon", 7, ["2026"]])
def test_a_date_that_cannot_be_read_is_an_unknown_day(when: Any) -> None:
    dispense = mentioned("MedicationDispense", status="completed", medicationCodeableConcept=DRUG, whenHandedOver=when)
    (entry,) = read_asking(dispense).may_be["medications"]["systemic_glucocorticoid"]
    assert entry.start is None


# ---- beside an entry


REASON = mentioned("Encounter", id="e", period=PERIOD, reasonCode=[DISEASE])


@pytest.mark.parametrize(
    ("entry", "speaks"),
    [
        (condition("cirrhosis", onsetDateTime="2019"), True),
        (condition("cirrhosis", recordedDate="2026-02-03"), True),
        (condition("cirrhosis", onsetDateTime="2019", abatementDateTime="2026-02-01"), True),
        (condition("cirrhosis", onsetDateTime="2019", abatementDateTime="2025"), False),
        (condition("cirrhosis", onsetDateTime="2026-02-11"), False),
        (condition("cirrhosis", verificationStatus="refuted", recordedDate="2026-02-20"), False),
        (condition("cirrhosis", verificationStatus="entered-in-error"), False),
        (condition("ascites", onsetDateTime="2019"), False),
    ],
)
def test_where_an_entry_of_the_same_code_and_time_speaks_a_reason_adds_nothing(entry: Json, speaks: bool) -> None:
    patient = read_asking(entry, REASON)
    sources = {each.source for those in patient.may_be.get("conditions", {}).values() for each in those}
    assert ("Encounter/e.reasonCode[0]" in sources) is not speaks


def test_an_acute_event_of_earlier_years_does_not_speak_of_a_later_one() -> None:
    earlier = condition("myocardial_infarction", onsetDateTime="2010", clinicalStatus="active")
    later = mentioned("Encounter", id="e", period=PERIOD, reasonCode=[coded("myocardial_infarction")])
    assert "myocardial_infarction" in read_asking(earlier, later).may_be["conditions"]


def test_a_reason_without_a_date_is_not_spoken_of() -> None:
    undated = mentioned("Encounter", id="e", reasonCode=[DISEASE])
    assert "cirrhosis" in read_asking(condition("cirrhosis", onsetDateTime="2019"), undated).may_be["conditions"]


COMPLAINT = {"text": "jaundice, confusion"}


@pytest.mark.parametrize(
    ("visit", "diagnosis", "speaks"),
    [
        ({}, {"encounter": {"reference": "Encounter/e"}}, True),
        ({"diagnosis": [{"condition": {"reference": "Condition/1"}}]}, {}, True),
        ({"reasonReference": [{"reference": "Condition/1"}]}, {}, True),
        ({}, {}, False),
        ({}, {"encounter": {"reference": "Encounter/other"}}, False),
        ({}, {"encounter": {"reference": "Encounter/e"}, "verificationStatus": "refuted"}, False),
        ({}, {"encounter": {"reference": "Encounter/e"}, "verificationStatus": "entered-in-error"}, False),
    ],
)
def test_beside_a_diagnosis_of_the_encounter_a_complaint_in_words_adds_nothing(
    visit: Json, diagnosis: Json, speaks: bool
) -> None:
    encounter = mentioned("Encounter", id="e", period=PERIOD, reasonCode=[COMPLAINT], **visit)
    patient = read_asking(condition("", code=coded("J06.9", ICD10), **diagnosis), encounter)
    sources = {each.source for those in patient.may_be.get("conditions", {}).values() for each in those}
    assert ("Encounter/e.reasonCode[0]" in sources) is not speaks


# ---- references


@pytest.mark.parametrize(
    ("reference", "opens"),
    [
        ({"reference": "Condition/1"}, False),
        ({"reference": "Condition/not-at-hand"}, True),
        ({"reference": "urn:uuid:00000000-0000-0000-0000-000000000000"}, True),
        ({"identifier": {"value": "7"}, "type": "Condition"}, True),
        ({"display": "heart attack"}, True),
        ({"reference": "Observation/not-at-hand"}, False),
        ({"reference": 7}, True),
    ],
)
def test_a_diagnosis_that_is_not_at_hand_may_be_anything(reference: Json, opens: bool) -> None:
    encounter = mentioned("Encounter", id="e", period=PERIOD, diagnosis=[{"condition": reference}])
    patient = read_asking(condition("", code=coded("J06.9", ICD10)), encounter)
    sources = {each.source for those in patient.may_be.get("conditions", {}).values() for each in those}
    assert ("Encounter/e.diagnosis[0].condition" in sources) is opens


def test_a_drug_is_read_where_it_is_referred_to() -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": DRUG}
    dispense = mentioned("MedicationDispense", status="completed", medicationReference={"reference": "Medication/m"})
    assert "systemic_glucocorticoid" in read_asking(drug, dispense).may_be["medications"]


def test_a_contained_disease_is_no_entry_of_its_own_and_is_read_where_it_is_referred_to() -> None:
    inside = {"resourceType": "Condition", "id": "c", "code": DISEASE}
    body = mentioned("Encounter", period=PERIOD, contained=[inside], diagnosis=[{"condition": {"reference": "#c"}}])
    assert "cirrhosis" in read_asking(body).may_be["conditions"]


def test_what_says_of_nobody_whose_it_is_may_be_of_the_only_patient() -> None:
    body = mentioned("Encounter", subject=None, period=PERIOD, reasonCode=[DISEASE])
    assert "cirrhosis" in read_asking(body).may_be["conditions"]


# ---- the table, and answers


def test_the_table_names_lists_of_the_record() -> None:
    rows = [row for those in fields().values() for row in those]
    assert {row.on for row in rows} <= set(get_args(RecordList))
    assert {row.unknown for row in rows} == {"anything", "nothing", "diagnosed", "entry", "required"}
    assert all(row.paths for row in rows)


PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1980-01-01", "gender": "male"}
EVERYTHING = ("conditions", "procedures", "medications", "plans")


def answer(line: str, *resources: Json) -> str:
    (patient,) = patients_in(PATIENT, *resources)
    screening = evaluate(patient, load_rulebook(), as_of="2026-03-11", assume_complete=EVERYTHING)
    (status,) = (
        each.status for trial in screening.trials for each in trial.criteria if f"{trial.id}/{each.id}" == line
    )
    return status


TACROLIMUS = coded("L04AD02", "http://www.whocc.no/atc")


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("NCT05985863/E9", mentioned("MedicationDispense", status="completed", medicationCodeableConcept=TACROLIMUS)),
        ("NCT05985863/E9", mentioned("Claim", created="2026-03-05", **item(TACROLIMUS))),
        ("NCT05985863/E9", mentioned("MedicationOrder", status="active", medicationCodeableConcept=TACROLIMUS)),
        ("NCT07409259/E5", mentioned("Encounter", period=PERIOD, reasonCode=[coded("22298006", SNOMED)])),
        ("NCT07409259/E5", mentioned("Encounter", period=PERIOD, reasonCode=[{"text": "heart attack"}])),
        ("NCT07409259/E5", mentioned("Claim", diagnosis=[{"diagnosisCodeableConcept": coded("I21.4", ICD10)}])),
        ("NCT03863002/E9", mentioned("CarePlan", activity=[{"detail": {"code": coded("18027006", SNOMED)}}])),
    ],
)
def test_a_line_is_open_beside_what_may_be_and_decided_without(line: str, body: Json) -> None:
    assert answer(line) == "passed"
    assert answer(line, body) == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        mentioned("Encounter", period=PERIOD, reasonCode=[coded("J06.9", ICD10)]),
        mentioned("Claim", created="2026-02-05", **item(coded("185345009", SNOMED))),
        mentioned("CarePlan", period=PERIOD, activity=[{"detail": {"code": coded("160670007", SNOMED)}}]),
        mentioned("Immunization", status="completed", vaccineCode=coded("140", "http://hl7.org/fhir/sid/cvx")),
        mentioned("Encounter", period={"start": "2001", "end": "2001"}, reasonCode=[coded("I21.4", ICD10)]),
    ],
)
def test_ordinary_papers_leave_a_line_decided(body: Json) -> None:
    assert answer("NCT07409259/E5", body) == "passed"
    assert answer("NCT03863002/E9", body) == "passed"


@pytest.mark.parametrize("status", ["draft", "active", "completed"])
def test_an_order_for_a_transplantation_is_no_drug_against_rejection(status: str) -> None:
    order = mentioned("ServiceRequest", status=status, intent="order", code=coded("18027006", SNOMED))
    assert answer("NCT05985863/E9", order) == "passed"
    assert answer("NCT05985863/E9", mentioned("ServiceRequest", status=status, code=TACROLIMUS)) == "unknown"


def test_an_entry_of_the_reason_decides() -> None:
    infarction = coded("I21.4", ICD10)
    entry: Episode | Json = condition("", code=infarction, onsetDateTime="2026-02-01")
    reason = mentioned("Encounter", period=PERIOD, reasonCode=[infarction])
    assert answer("NCT07409259/E5", entry, reason) == "failed"


def test_an_appointment_is_of_the_patient_who_takes_part() -> None:
    other = {"resourceType": "Patient", "id": "q"}
    body = {
        "resourceType": "Appointment",
        "id": "a",
        "reasonCode": [coded("22298006", SNOMED)],
        "participant": [{"actor": {"reference": "Practitioner/x"}}, {"actor": {"reference": "Patient/q"}}],
    }
    one, two = patients_in(PATIENT, other, body)
    assert "myocardial_infarction" not in one.may_be.get("conditions", {})
    assert "myocardial_infarction" in two.may_be["conditions"]


@pytest.mark.parametrize("part", ["Encounter/emergency", "Encounter/another", 7])
def test_a_stay_that_an_emergency_led_to_says_what_the_complaint_was(part: Any) -> None:
    emergency = mentioned("Encounter", id="emergency", period=PERIOD, reasonCode=[COMPLAINT])
    stay = mentioned("Encounter", id="stay", period=PERIOD, partOf={"reference": part})
    diagnosis = condition("", code=coded("J06.9", ICD10), encounter={"reference": "Encounter/stay"})
    sources = may_be(read_asking(diagnosis, emergency, stay))["conditions"]
    assert ("Encounter/emergency.reasonCode[0]" not in sources) is (part == "Encounter/emergency")
