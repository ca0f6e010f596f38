"""Times that FHIR does not allow, or that say little: read where their meaning is certain, else noted; never refused.
And the fields of a Patient that nobody needs."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import PATIENT, Json, bundle, condition, observation, only_episode, only_result, read
from screener import evaluate
from screener.values.dates import AT_ANY_TIME, parse_moment

WEIGHT: Json = {"valueQuantity": {"value": 2}}


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-18T23:59:60Z",
        "2026-02-18T07:40",
        "2026-02-18T07:40:15.123456789012Z",
        "2026-02-18T07:40:15z",
        "2026-02-18T07:40:15-00:00",
        "2026-02-18T07:40:15+14:00",
        "2026-02-18+01:00",
        " 2026-02-18 ",
        "20260218",
        "20260218074015+0100",
    ],
)
@pytest.mark.parametrize("field", ["effectiveDateTime", "effectiveInstant"])
def test_the_day_of_an_odd_time_is_known(text: str, field: str) -> None:
    patient = read(observation("INR", **{**WEIGHT, "effectiveDateTime": None, field: text}))
    when = only_result(patient).when
    assert when is not None
    assert when.is_one_day
    assert when.first_day == parse_moment("2026-02-18").first_day
    assert not patient.notes


@pytest.mark.parametrize(
    "text",
    [
        20260218,
        ["2026-02-18"],
        {"value": "2026-02-18"},
        True,
        "2026-02-18T25:00:00Z",
        "2026-02-30",
        "18.02.2026",
        "02/18/2026",
        "yesterday",
        "",
        "2026-02-18T07:40+8",
    ],
)
def test_what_is_no_date_says_nothing_and_touches_its_own_resource_alone(text: object) -> None:
    patient = read(
        observation("INR", **{**WEIGHT, "effectiveDateTime": text}),
        condition("cirrhosis", id="2", onsetDateTime="2026-02"),
    )
    assert only_result(patient).when is None
    assert only_episode(patient).start == parse_moment("2026-02")
    assert any("is not a date, and says nothing of when" in each for each in patient.notes)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"active": "true"}, ""),
        ({"active": None, "maritalStatus": None}, ""),
        ({"active": 1}, ""),
        ({"active": False}, "the record is marked as not in active use"),
        ({"active": "false"}, "the record is marked as not in active use"),
        ({"name": "Ann", "telecom": {"value": "1"}, "address": 7, "photo": "x", "contact": "y"}, ""),
        ({"maritalStatus": "M", "multipleBirthBoolean": "yes", "communication": {}}, ""),
        ({"link": "Patient/q"}, "its `link` is not a list: whether another record is of the same person is not known"),
        ({"managingOrganization": [], "generalPractitioner": {}, "identifier": "7", "meta": 3, "text": []}, ""),
        ({"birthDate": 19810504}, "its `birthDate` is not a date: the birth date is not known"),
        ({"birthDate": []}, "its `birthDate` is not a date: the birth date is not known"),
        ({"birthDate": "4 May 1981"}, "its `birthDate` `4 May 1981` is not a date: the birth date is not known"),
        ({"gender": ["female"]}, "its `gender` is a list: the sex is not known"),
        ({"gender": 7}, "its `gender` is `7`: the sex is not known"),
        ({"gender": "F"}, "its `gender` is `F`: the sex is not known"),
        ({"deceasedBoolean": 0.5}, "whether the patient has died is not known"),
        ({"deceasedDateTime": {"value": "2026"}}, "whether the patient has died is not known"),
        ({"deceasedDateTime": "last week"}, "the patient died on an unknown day"),
    ],
)
def test_no_field_of_a_patient_refuses_the_patient(fields: dict[str, Any], told: str) -> None:
    patient = read(
        observation("INR", **WEIGHT),
        patient={"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1981-05-04", **fields},
    )
    assert only_result(patient).value is not None
    assert (patient.birth is None) == ("birthDate" in fields)
    assert (patient.sex is None) == ("gender" in fields)
    if told:
        assert [each for each in patient.notes if each.endswith(told)], patient.notes
    else:
        assert not patient.notes


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"deceasedBoolean": True}, AT_ANY_TIME),
        ({"deceasedBoolean": "true"}, AT_ANY_TIME),
        ({"deceasedBoolean": False}, None),
        ({"deceasedBoolean": "false"}, None),
        ({"deceasedBoolean": "perhaps"}, None),
        ({"deceasedDateTime": "2026-02"}, parse_moment("2026-02")),
        ({"deceasedDateTime": "in spring"}, AT_ANY_TIME),
    ],
)
def test_a_death_is_read_however_it_is_written(fields: Json, expected: object) -> None:
    patient = read(patient={"resourceType": "Patient", "id": "p", **fields})
    assert patient.died == expected


@pytest.mark.parametrize(
    ("written", "right"), [("0000-00-00", "unknown"), ("soon", "unknown"), ("2026-03-01", "failed"), ("", "failed")]
)
def test_what_was_entered_on_a_day_that_nobody_can_read_may_be_of_any(written: str, right: str) -> None:
    entry = condition("hiv_infection", **({"recordedDate": written} if written else {}))
    (trial,) = evaluate(bundle(PATIENT, entry), as_of="2026-03-10", trials="NCT03863002").trials
    assert next(each.status for each in trial.criteria if each.id == "E12") == right
