"""What FHIR lets stand in one field, in two: which of them counts nobody knows, and neither is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import (
    DAY,
    VERIFICATION,
    Json,
    coded,
    condition,
    may_be,
    observation,
    only_episode,
    read,
    read_asking,
    resource,
)

OLD, PERIOD = "2010-01-01", {"start": "2026-02-01", "end": "2026-02-05"}
AGE = {"value": 30, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}


@pytest.mark.parametrize(
    "body",
    [
        condition("cirrhosis", onsetDateTime=OLD, onsetPeriod=PERIOD),
        condition("cirrhosis", onsetAge=AGE, onsetDateTime=OLD),
        condition("cirrhosis", onsetString="2010", onsetPeriod=PERIOD),
        resource(
            "Procedure", status="completed", code=coded("dialysis"), performedDateTime=OLD, performedPeriod=PERIOD
        ),
        resource(
            "MedicationStatement",
            status="completed",
            medicationCodeableConcept=coded("systemic_glucocorticoid"),
            effectiveDateTime=OLD,
            effectivePeriod=PERIOD,
        ),
    ],
)
def test_two_times_are_an_unknown_day(body: Json) -> None:
    patient = read(body)
    assert (only_episode(patient).start, only_episode(patient).end) == (None, None)
    assert any("and says nothing of when" in note for note in patient.notes)


@pytest.mark.parametrize("more", [{"effectivePeriod": PERIOD}, {"effectiveInstant": "2026-03-01T08:00:00Z"}])
def test_so_it_is_of_a_result(more: Json) -> None:
    patient = read(observation("INR", valueQuantity={"value": 2}, effectiveDateTime=DAY, **more))
    assert patient.results["INR"][0].when is None
    assert "it has `effectiveDateTime` and `effective" in patient.notes[0]


DRUG, OTHER = coded("systemic_glucocorticoid"), coded("interferon")
KINDS = ["MedicationStatement", "MedicationRequest", "MedicationAdministration"]


def product(code: Json) -> Json:
    return {"resourceType": "Medication", "id": "m", "code": code}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "named",
    [
        {"medicationReference": {"reference": "#m"}, "contained": [product(OTHER)]},
        {"medication": {"concept": OTHER}},
        {"medication": {"reference": {"reference": "#m"}}, "contained": [product(OTHER)]},
    ],
)
@pytest.mark.parametrize("first", [DRUG, coded("1", "urn:nobody")])
def test_two_drugs_may_be_either(kind: str, named: Any, first: Json) -> None:
    body = resource(kind, status="completed", medicationCodeableConcept=first, effectivePeriod=PERIOD, **named)
    patient = read_asking(body)
    assert not patient.episodes
    assert f"{kind}/1" in may_be(patient)["medications"]
    assert any(name == "interferon" for name in patient.may_be["medications"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "named",
    [
        {"medicationReference": {"reference": "#m"}, "contained": [product(DRUG)]},
        {"medication": {"concept": DRUG}},
        {"medicationReference": {"display": "some words"}},
    ],
)
def test_the_same_drug_twice_is_one(kind: str, named: Any) -> None:
    patient = read(resource(kind, status="completed", intent="order", medicationCodeableConcept=DRUG, **named))
    assert only_episode(patient).concept == "systemic_glucocorticoid"
    assert not only_episode(patient).doubtful


@pytest.mark.parametrize("other", ["refuted", "entered-in-error", "provisional"])
@pytest.mark.parametrize("turned", [False, True])
def test_two_certainties_are_doubt(other: str, turned: bool) -> None:
    codings = [{"system": VERIFICATION, "code": code} for code in ("confirmed", other)]
    status = {"coding": codings[::-1] if turned else codings}
    patient = read(condition("cirrhosis", verificationStatus=status))
    assert only_episode(patient).doubtful
    assert not patient.absences


def test_one_certainty_in_two_codings_is_one() -> None:
    status = {"coding": [{"system": VERIFICATION, "code": "confirmed"}, {"code": "Confirmed"}]}
    assert not only_episode(read(condition("cirrhosis", verificationStatus=status))).doubtful
