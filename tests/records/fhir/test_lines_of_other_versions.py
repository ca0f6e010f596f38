"""What a line says of a patient whose record is DSTU2's, STU3's or R5's: the same as of one in R4, or it is open."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import PATIENT, SNOMED, Json, bundle, resource
from screener import evaluate

CM, ATC = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.whocc.no/atc"
LISTS = ("conditions", "procedures", "plans", "medications", "events", "allergies")


def coded(code: str, system: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


INFARCTION, INTERFERON, TRANSPLANTATION = coded("I21.4", CM), coded("L03AB11", ATC), coded("18027006", SNOMED)


def ordered(status: str, **fields: Any) -> Json:
    drug = {"medication": {"concept": INTERFERON}, "intent": "order", "authoredOn": "2026-02-01"}
    return resource("MedicationRequest", **{**drug, "status": status, **fields})


def stayed(**fields: Any) -> Json:
    period = {"actualPeriod": {"start": "2026-02-01", "end": "2026-02-10"}}
    return resource("Encounter", **{**period, "status": "completed", **fields})


def ill(clinical: str, verification: str, **fields: Any) -> Json:
    status = {"clinicalStatus": clinical, "verificationStatus": verification, "code": INFARCTION}
    return resource("Condition", **{**status, "dateRecorded": "2026-02-03", "onsetDateTime": "2026-02-01", **fields})


def allergic(status: str) -> Json:
    entry = {"substance": coded("B05AA01", ATC), "recordedDate": "2026-01-01"}
    return resource("AllergyIntolerance", **entry, status=status)


SUMMARY = {
    "status": "final",
    "type": coded("60591-5", "http://loinc.org"),
    "subject": [{"reference": "Patient/p"}],
    "date": "2026-03-10",
    "section": [{"code": coded("10160-0", "http://loinc.org"), "emptyReason": {"text": "not at hand"}}],
}


@pytest.mark.parametrize(
    ("line", "right", "body"),
    [
        # R5
        ("NCT06242405/E6", "failed", ordered("completed")),
        ("NCT06242405/E6", "unknown", ordered("ended")),
        ("NCT06242405/E6", "unknown", ordered("active")),
        ("NCT06242405/E6", "passed", ordered("active", doNotPerform=True)),
        ("NCT06242405/E6", "unknown", ordered("completed", medication={"reference": {"reference": "Medication/gone"}})),
        ("NCT07409259/E5", "unknown", stayed(reason=[{"value": [{"concept": INFARCTION}]}])),
        ("NCT07409259/E5", "unknown", stayed(diagnosis=[{"condition": [{"concept": INFARCTION}]}])),
        ("NCT07409259/E5", "unknown", stayed(diagnosis=[{"condition": [{"reference": {"reference": "Condition/x"}}]}])),
        ("NCT07409259/E5", "passed", stayed(reason=[{"value": [{"concept": coded("I10", CM)}]}])),
        ("NCT06242405/E8", "unknown", resource("ResearchSubject", status="active", period={"start": "2026-02-20"})),
        ("NCT06242405/E8", "failed", resource("ResearchSubject", status="on-study", period={"start": "2026-02-20"})),
        ("NCT06242405/E6", "unknown", resource("Composition", **SUMMARY)),
        # DSTU2
        ("NCT07409259/E5", "failed", ill("active", "confirmed")),
        ("NCT07409259/E5", "failed", ill("remission", "confirmed")),
        ("NCT07409259/E5", "unknown", ill("active", "differential")),
        ("NCT07409259/E5", "passed", ill("active", "entered-in-error")),
        ("NCT07409259/E3", "unknown", allergic("unconfirmed")),
        ("NCT07409259/E3", "failed", allergic("confirmed")),
        (
            "NCT07409259/E5",
            "unknown",
            resource("Encounter", status="finished", indication=[{"reference": "Condition/x"}]),
        ),
        # STU3
        ("NCT05985863/E4", "failed", resource("Procedure", status="completed", notDone=False, code=TRANSPLANTATION)),
        ("NCT05985863/E4", "unknown", resource("Procedure", status="completed", notDone=2, code=TRANSPLANTATION)),
    ],
)
def test_a_line_of_another_version(line: str, right: str, body: Json) -> None:
    trial, line = line.split("/")
    screening = evaluate(bundle(PATIENT, body), as_of="2026-03-11", trials=trial, assume_complete=LISTS)
    (status,) = (each.status for each in screening.trials[0].criteria if each.id == line)
    assert status == right
