"""More places in which a record tells of what may be an entry: a code there passes nothing and fails nothing."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import ATC, ICD10, PATIENT, SNOMED, Json, bundle, coded, may_be, read_asking, resource
from screener import evaluate, load_rules
from screener.rulebook import RecordList

HEART = coded("cirrhosis")
DRUG = coded("L04AD02", ATC)
ACT = coded("18027006", SNOMED)
GONE = {"reference": "Condition/gone"}
PROBLEMS = coded("11450-4", "http://loinc.org")
VITAL_SIGNS = coded("8716-3", "http://loinc.org")
INSIDE = {
    "contained": [
        {"resourceType": "MedicationRequest", "id": "x", "status": "completed", "medicationCodeableConcept": DRUG}
    ]
}


def answer(value: Json) -> list[Json]:
    return [{"linkId": "9", "answer": [{"valueCoding": value["coding"][0]}]}]


def deep(value: Json, depth: int) -> list[Json]:
    items = answer(value)
    for _ in range(depth):
        items = [{"linkId": "1", "item": items}]
    return items


OPENING: list[tuple[str, str, Json]] = [
    ("conditions", "Encounter", {"hospitalization": {"dischargeDiagnosis": [GONE]}}),
    ("conditions", "Encounter", {"hospitalization": {"admittingDiagnosis": [GONE]}}),
    ("conditions", "EpisodeOfCare", {"condition": [GONE]}),
    ("conditions", "Claim", {"condition": [{"system": ICD10, "code": "I21.4"}]}),
    ("conditions", "Claim", {"supportingInfo": [{"code": HEART}]}),
    ("conditions", "ExplanationOfBenefit", {"information": [{"code": HEART}]}),
    ("conditions", "CarePlan", {"activity": [{"outcomeCodeableConcept": [HEART]}]}),
    ("medications", "CarePlan", {**INSIDE, "activity": [{"reference": {"reference": "#x"}}]}),
    ("medications", "CarePlan", {"activity": [{"reference": {"reference": "MedicationRequest/gone"}}]}),
    ("medications", "CarePlan", {"activity": [{"plannedActivityReference": {"reference": "MedicationRequest/gone"}}]}),
    ("medications", "CarePlan", {"activity": [{"detail": {"productCodeableConcept": {"text": "tacrolimus"}}}]}),
    ("procedures", "CarePlan", {"activity": [{"performedActivity": [{"reference": {"reference": "Procedure/g"}}]}]}),
    ("medications", "SupplyRequest", {"itemCodeableConcept": DRUG}),
    ("medications", "SupplyRequest", {"item": {"concept": DRUG}}),
    ("medications", "SupplyRequest", {"orderedItem": {"itemReference": {"reference": "Medication/gone"}}}),
    ("conditions", "SupplyRequest", {"reasonCode": [HEART]}),
    ("medications", "QuestionnaireResponse", {"item": deep(DRUG, 1)}),
    ("medications", "QuestionnaireResponse", {"item": deep(DRUG, 9)}),
    ("medications", "QuestionnaireResponse", {"group": {"group": [{"question": answer(DRUG)}]}}),
    ("medications", "QuestionnaireResponse", {"item": [{"answer": [{"item": deep(DRUG, 2)}]}]}),
    ("conditions", "AdverseEvent", {"type": HEART}),
    ("conditions", "AdverseEvent", {"reaction": [GONE]}),
    ("conditions", "DeviceUsage", {"usageReason": [HEART]}),
    ("conditions", "BodyStructure", {"morphology": HEART}),
    ("conditions", "DocumentReference", {"context": {"event": [HEART]}}),
    ("conditions", "DocumentReference", {"event": [{"concept": HEART}]}),
    ("procedures", "DocumentReference", {"context": {"event": [ACT]}}),
    ("procedures", "Composition", {"event": [{"code": [ACT]}]}),
    ("procedures", "Encounter", {"type": [ACT]}),
    ("procedures", "Encounter", {"serviceType": ACT}),
    ("procedures", "Encounter", {"serviceType": [{"concept": ACT}]}),
    ("plans", "Appointment", {"serviceType": [ACT]}),
    ("procedures", "Appointment", {"serviceType": [{"concept": ACT}]}),
    ("medications", "ServiceRequest", {"status": "active", "intent": "order", "code": DRUG}),
    ("medications", "Procedure", {"status": "completed", "code": coded("1", SNOMED), "usedCode": [DRUG]}),
    ("conditions", "Condition", {"code": coded("38341003", SNOMED), "evidence": [{"code": [HEART]}]}),
    (
        "conditions",
        "Condition",
        {
            "code": coded("38341003", SNOMED),
            "contained": [{"resourceType": "Condition", "id": "c", "code": HEART}],
            "evidence": [{"detail": [{"reference": "#c"}]}],
        },
    ),
    ("conditions", "List", {"status": "current", "entry": [{"item": GONE}]}),
    ("medications", "List", {"status": "current", "entry": [{"item": {"reference": "MedicationStatement/gone"}}]}),
    ("medications", "List", {"status": "current", "entry": [{"item": {"reference": "MedicationOrder/gone"}}]}),
    ("medications", "CarePlan", {"activity": [{"reference": {"reference": "MedicationDispense/gone"}}]}),
    ("allergies", "List", {"status": "current", "entry": [{"item": {"reference": "AllergyIntolerance/gone"}}]}),
    ("conditions", "List", {"status": "current", "entry": [{"item": {"display": "Hepatoma"}}]}),
    ("procedures", "List", {"status": "current", "entry": [{"item": {"display": "Hepatoma"}}]}),
    ("conditions", "List", {"status": "current", "code": PROBLEMS, "entry": [{"item": {"display": "Hepatoma"}}]}),
    ("conditions", "Composition", {"status": "final", "section": [{"entry": [GONE]}]}),
    ("conditions", "Composition", {"section": [{"code": PROBLEMS, "entry": [{"display": "Hepatoma"}]}]}),
    ("conditions", "Composition", {"status": "final", "section": [{"section": [{"section": [{"entry": [GONE]}]}]}]}),
]


@pytest.mark.parametrize(("on", "kind", "body"), OPENING)
def test_what_stands_there_leaves_its_list_open(on: RecordList, kind: str, body: Json) -> None:
    assert any(each.startswith(f"{kind}/7") for each in may_be(read_asking(resource(kind, id="7", **body)))[on])


@pytest.mark.parametrize(("on", "kind", "body"), OPENING)
def test_nothing_is_failed_by_it(on: RecordList, kind: str, body: Json) -> None:
    def failed(*given: Json) -> set[tuple[str, str]]:
        screening = evaluate(
            bundle(PATIENT, *given), rules=load_rules(), as_of="2026-03-11", assume_complete=["medications", "plans"]
        )
        return {(trial.id, each.id) for trial in screening.trials for each in trial.criteria if each.status == "failed"}

    assert failed(resource(kind, id="7", **body)) <= failed()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("List", {"status": "current", "entry": [{"item": {"reference": "Observation/gone"}}]}),
        ("List", {"status": "retired", "entry": [{"item": GONE}]}),
        ("List", {"status": "entered-in-error", "entry": [{"item": GONE}]}),
        ("List", {"status": "current", "entry": [{"flag": HEART, "item": {"reference": "Patient/p"}}]}),
        ("List", {"status": "retired", "entry": [{"item": {"display": "Hepatoma"}}]}),
        ("List", {"status": "current", "entry": [{"item": {"display": "Hepatoma"}, "deleted": True}]}),
        ("List", {"status": "current", "code": VITAL_SIGNS, "entry": [{"item": {"display": "Hepatoma"}}]}),
        ("Composition", {"status": "final", "section": [{"entry": [{"reference": "Observation/gone"}]}]}),
        ("CarePlan", {"activity": [{"reference": {"reference": "Appointment/gone"}}]}),
        ("Encounter", {"type": [coded("185345009", SNOMED)], "serviceType": coded("57", "urn:site")}),
        ("Appointment", {"serviceType": [{"text": "check-up"}]}),
        ("Claim", {"supportingInfo": [{"code": {"text": "x"}}]}),
        ("SupplyRequest", {"itemCodeableConcept": {"text": "bandages"}}),
        ("DocumentReference", {"context": {"event": [{"text": "visit"}]}, "type": HEART}),
        ("Encounter", {"status": "cancelled", "type": [ACT]}),
        ("Appointment", {"status": "noshow", "serviceType": [ACT]}),
    ],
)
def test_what_is_administrative_or_does_not_hold_opens_nothing(kind: str, body: Any) -> None:
    assert may_be(read_asking(resource(kind, id="7", **body))) == {}


def test_a_name_on_the_list_of_problems_is_on_no_other() -> None:
    listed = resource("List", id="7", status="current", code=PROBLEMS, entry=[{"item": {"display": "Hepatoma"}}])
    assert set(may_be(read_asking(listed))) == {"conditions", "procedures"}  # a liver cancer speaks for both


def test_a_list_of_entries_that_are_at_hand_opens_nothing() -> None:
    entry = resource("Condition", id="c", code=HEART)
    listed = resource("List", id="7", status="current", entry=[{"item": {"reference": "Condition/c"}}])
    assert all("List/7" not in str(each) for each in may_be(read_asking(entry, listed)).values())


RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.mark.parametrize("kind", ["MedicationDispense", "MedicationOrder", "SupplyRequest"])
@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        (coded("42316", RXNORM), "unknown"),  # tacrolimus, which is an ointment as well
        (coded("6851", RXNORM), "unknown"),  # methotrexate
        (coded("1256", RXNORM), "unknown"),  # azathioprine
        (coded("L01BA01", ATC), "unknown"),
        (coded("L", ATC), "unknown"),
        ({"text": "tacrolimus 1 mg"}, "unknown"),
        ({"text": "ciclosporin"}, "unknown"),
        (coded("N02BE01", ATC), "passed"),  # paracetamol
        (coded("161", RXNORM), "passed"),
        ({"text": "paracetamol 500 mg"}, "passed"),
    ],
)
def test_a_drug_that_was_handed_over_may_be_what_its_code_may_be(kind: str, drug: Json, expected: str) -> None:
    field = "itemCodeableConcept" if kind == "SupplyRequest" else "medicationCodeableConcept"
    given = resource(kind, id="7", status="completed", **{field: drug}, whenHandedOver="2026-03-05")
    lists = ["medications", "conditions"]
    screening = evaluate(bundle(PATIENT, given), rules=load_rules(), as_of="2026-03-11", assume_complete=lists)
    status = next(each.status for each in screening.trial("NCT05985863").criteria if each.id == "E9")
    assert status == expected
