"""A birth date, or an age, that cannot be right on the day of screening: the age is unknown, and a note tells why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from records.fhir.tiny import Json, bundle, condition, observation
from screener import load_rules
from screener.records import read_patient
from screener.screening import Screening, evaluate
from trial_text import rulebook_with_rule

DAY = date(2026, 3, 11)
TELLS = "the age is not known"


def screened(record: Json, rule: str, day: date = DAY) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    rulebook = rulebook_with_rule(rule)
    screening = evaluate(read_patient(record, rulebook), rulebook, as_of=day)
    (criterion,) = screening.trials[0].criteria
    return criterion.truth.name, criterion.reasons, screening.notes


def person(birth: str, *others: Json, **fields: Any) -> Json:
    return bundle({"resourceType": "Patient", "id": "p", "birthDate": birth, "gender": "male", **fields}, *others)


@pytest.mark.parametrize(
    ("birth", "is_possible"),
    [
        ("1900-01-01", False),
        ("1905-03-10", False),
        ("1905-03-11", False),
        ("1905-03-12", True),
        ("1904", False),
        ("1905", True),
        ("0001-01-01", False),
        ("2026-03-10", True),
        ("2026-03-11", True),
        ("2026-03-12", False),
        ("2026", True),
        ("2027", False),
        ("2030-01-01", False),
        ("9999-12-31", False),
    ],
)
def test_nobody_is_older_than_120_years_or_unborn(birth: str, is_possible: bool) -> None:
    truth, reasons, notes = screened(person(birth), "age >= 18 years")
    assert any(TELLS in note for note in notes) is not is_possible
    assert (truth == "UNKNOWN", "impossible" in reasons) == (not is_possible, not is_possible)


@pytest.mark.parametrize("birth", ["1900-01-01", "2030-01-01", "2026-03-12"])
def test_the_note_stands_at_the_top_and_names_the_date(birth: str) -> None:
    _, _, notes = screened(person(birth), "age >= 18 years")
    assert birth in notes[0]
    assert notes[0].endswith(TELLS)


@pytest.mark.parametrize("birth", ["1900-01-01", "2030-01-01", "2026-03-12"])
@pytest.mark.parametrize(
    "onset",
    [
        {"onsetAge": {"value": 40, "unit": "years"}},
        {"onsetRange": {"low": {"value": 30, "unit": "years"}, "high": {"value": 40, "unit": "years"}}},
        {"onsetRange": {"low": {"value": 30, "unit": "years"}}, "recordedDate": "2026-03-01"},
    ],
)
def test_an_onset_at_an_age_is_on_an_unknown_day(birth: str, onset: Json) -> None:
    record = person(birth, condition("malignancy", **onset))
    for rule in ("onset of malignancy within 5 years", "not onset of malignancy within 100 years"):
        assert screened(record, rule)[0] == "UNKNOWN"
    rule = "onset of malignancy within 50 years"
    assert screened(person("1970-01-01", condition("malignancy", **onset)), rule)[0] == "TRUE"


def test_an_onset_on_a_day_stays() -> None:
    record = person("2030-01-01", condition("malignancy", onsetDateTime="2025-05", abatementAge={"value": 3}))
    assert screened(record, "history of malignancy within 5 years")[0] == "TRUE"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"as_of": "2026-03-11", "birth_date": "1900-01-01"}, "nobody born in `1900-01-01` is alive"),
        ({"as_of": "2026-03-11", "birth_date": "1905-03-11"}, "nobody born in `1905-03-11` is alive"),
        ({"as_of": "2026-03-11", "birth_date": "2026-03-12"}, "`2026-03-12` is after the day of screening"),
        ({"as_of": "2026-03-11", "birth_date": "2030"}, "`2030` is after the day of screening"),
        ({"age_years": 121}, "nobody is `121` years old"),
        ({"age_years": -1}, "nobody is `-1` years old"),
    ],
)
def test_the_native_form_names_such_an_age(record: Json, told: str) -> None:
    patient = read_patient(record, load_rules())
    assert (patient.birth, patient.age_years) == (None, None)
    assert any(told in note for note in patient.notes)


@pytest.mark.parametrize("record", [{"as_of": "2026-03-11", "birth_date": "1905-03-12"}, {"age_years": 120}])
def test_the_native_form_takes_the_oldest_people(record: Json) -> None:
    assert screened(record, "age >= 18 years")[0] == "TRUE"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"birth_date": "1900-01-01"}, "by the birth date `1900-01-01` the patient is 126 years old"),
        ({"birth_date": "2030"}, "the birth date `2030` is after the day of screening, 11 Mar 2026"),
        (
            {"as_of": "1980-03-11", "age_years": 90},
            "by the age of 90 years on 11 Mar 1980 the patient is 136 years old",
        ),
    ],
)
def test_another_day_of_screening_is_held_against_it_as_well(record: Json, told: str) -> None:
    truth, _, notes = screened(record, "age >= 18 years")
    assert truth == "UNKNOWN"
    assert notes[0].startswith(told)


def test_a_result_before_the_birth_is_used_and_noted() -> None:
    weight = observation("body_weight", effectiveDateTime="2026-03-09", valueQuantity={"value": 70, "unit": "kg"})
    truth, _, notes = screened(person("2026-03-10", weight), "body_weight >= 40 kg")
    assert truth == "TRUE"
    assert "Observation/1: `2026-03-09` is before the birth date `2026-03-10`" in notes


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"deceasedBoolean": True}, "the record says that the patient has died (unknown day)"),
        ({"deceasedDateTime": "2026-03-10"}, "the record says that the patient has died (10 Mar 2026)"),
        ({"deceasedDateTime": "2026-03-11T08:00:00Z"}, "the record says that the patient has died"),
        ({"deceasedDateTime": "2026"}, "the record says that the patient has died (2026)"),
        ({"deceasedDateTime": "2026-03-12"}, None),
    ],
)
def test_a_death_is_told_first(fields: Json, told: str | None) -> None:
    for birth in ("1970-01-01", "1900-01-01"):
        _, _, notes = screened(person(birth, **fields), "age >= 18 years")
        assert notes[:1] != () or told is None
        assert any("has died" in note for note in notes) == (told is not None)
        if told is not None:
            assert notes[0].startswith(told)


def all_of(record: Json, day: date) -> Screening:
    return evaluate(read_patient(record, load_rules()), load_rules(), as_of=day)


@pytest.mark.parametrize("birth", ["1900-01-01", "2030-01-01"])
def test_no_trial_passes_or_fails_by_such_an_age(birth: str) -> None:
    screening = all_of(person(birth), DAY)
    for trial in screening.trials:
        for line in trial.criteria:
            assert "birth_date" not in {each.name for each in line.evidence} or line.status == "unknown"
