"""What a nurse may write and nobody can take as it stands: it refuses nothing, settles nothing, and is named."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener import evaluate, load_rules
from screener.records.dictionary import Dictionary
from screener.records.errors import RecordError
from screener.records.notes import CHECK_FIRST
from screener.records.patient import Patient
from screener.records.reading import read_patient

LISTS = ("conditions", "procedures", "medications", "events", "allergies", "family_history")
PERSON: dict[str, Any] = {
    "as_of": "2026-02-20",
    "birth_date": "1970-01-01",
    "sex": "female",
    "observations": [{"name": "INR", "value": 1.9, "date": "2026-02-19"}],
    "conditions": [{"name": "chronic_hepatitis_b", "onset": "2010", "status": "active"}],
    "complete": [*LISTS, "plans"],
}
EARLY, LATE = "2025-12-01", "2026-02-10"


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def read(**record: Any) -> Patient:
    return read_patient({"as_of": "2026-02-20", **record}, dictionary())


def answers(list_: str, *entries: dict[str, Any]) -> dict[tuple[str, str], str]:
    record = {**PERSON, list_: [*PERSON.get(list_, ()), *entries]}
    screening = evaluate(read_patient(record, dictionary()), rules=load_rules())
    return {(trial.id, each.id): each.status for trial in screening.trials for each in trial.criteria}


CONTRADICTING: list[tuple[str, str, dict[str, Any]]] = [
    ("conditions", "sepsis", {"onset": LATE, "end": EARLY}),
    ("conditions", "malignancy", {"onset": LATE, "date": EARLY}),
    ("conditions", "cirrhosis", {"status": "active", "end": EARLY}),
    ("conditions", "hiv_infection", {"status": "absent", "onset": EARLY}),
    ("conditions", "hiv_infection", {"status": "absent", "since": LATE, "date": EARLY}),
    ("conditions", "malignancy", {"status": "absent", "since": "unknown", "date": LATE}),
    ("conditions", "sepsis", {"end": "unknown", "onset": EARLY}),
    ("conditions", "heart_failure", {"status": "inactive", "onset": EARLY}),
    ("conditions", "pregnancy", {"status": "suspected", "date": LATE}),
    ("conditions", "malignancy", {"status": 7}),
    ("procedures", "dialysis", {"date": LATE, "start": EARLY}),
    ("procedures", "dialysis", {"status": "ongoing", "date": LATE}),
    ("procedures", "liver_transplantation", {"status": "not planned", "until": "?"}),
    ("procedures", "liver_transplantation", {"status": "listed", "date": "2026-04-01"}),
    ("procedures", "stem_cell_therapy", {"status": "never", "start": EARLY}),
    ("medications", "interferon", {"start": LATE, "end": EARLY}),
    ("medications", "immunosuppressant", {"status": "ongoing", "end": EARLY}),
    ("medications", "systemic_glucocorticoid", {"status": "completed", "start": EARLY}),
    ("events", "trial_participation", {"start": LATE, "end": EARLY}),
    ("allergies", "any_drug", {"status": "maybe"}),
    ("family_history", "mental_disorder", {"status": "?!"}),
]


@pytest.mark.parametrize(("list_", "name", "fields"), CONTRADICTING)
def test_an_entry_that_contradicts_itself_gives_no_answer_that_a_correction_would_take_back(
    list_: str, name: str, fields: dict[str, Any]
) -> None:
    entry = {"name": name, **fields}
    patient = read(**{list_: [entry]})
    assert all(each.only_may_be for those in patient.episodes.values() for each in those)
    assert patient.absences == {}
    assert patient.notes[0].startswith(f"{CHECK_FIRST}{list_}[0]")
    assert patient.notes[0].endswith("Until it is corrected, it settles nothing")
    found, without = answers(list_, entry), answers(list_)
    assert all(found[line] in ("unknown", without[line]) for line in without)
    for left_out in fields:
        corrected = answers(list_, {key: value for key, value in entry.items() if key != left_out})
        assert all(found[line] in ("unknown", corrected[line]) or corrected[line] == "unknown" for line in found)


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        ({"name": "creatinine", "loinc": "1975-2"}, {"creatinine", "total_bilirubin"}),
        ({"name": "creatinine", "status": "verified?"}, {"creatinine"}),
        ({"code": "2160-0"}, {"creatinine"}),
    ],
)
def test_a_result_that_contradicts_itself_keeps_its_place_unread(entry: dict[str, Any], facts: set[str]) -> None:
    patient = read(observations=[{**entry, "value": 80, "unit": "umol/L", "date": "2026-02-18"}])
    assert {fact: [each.unusable for each in those] for fact, those in patient.results.items()} == {
        fact: ["unread"] for fact in facts
    }
    assert patient.notes[0].startswith(f"{CHECK_FIRST}observations[0]")


def test_a_name_and_a_code_of_two_conditions_leave_both_open() -> None:
    patient = read(conditions=[{"name": "malignancy", "icd10": "K74.6"}])
    assert {"malignancy", "cirrhosis"} <= set(patient.may_be["conditions"])
    assert all(each.only_may_be for those in patient.episodes.values() for each in those)


def test_a_code_without_a_system_may_be_anything_on_its_list() -> None:
    patient = read(conditions=[{"code": "K74.6"}])
    assert "cirrhosis" in patient.may_be["conditions"]
    assert patient.notes[0].startswith(f"{CHECK_FIRST}conditions[0].code: `K74.6` has no `system`; say which")


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ({"conditions": "cirrhosis"}, {"conditions": [{"name": "cirrhosis"}]}),
        ({"conditions": ["HCC", "sepsis"]}, {"conditions": [{"name": "HCC"}, {"name": "sepsis"}]}),
        ({"conditions": {"name": "HCC"}}, {"conditions": [{"name": "HCC"}]}),
        ({"conditions": [{"name": "HCC", "onset": 2019}]}, {"conditions": [{"name": "HCC", "onset": "2019"}]}),
        ({"conditions": [{"snomed": 19943007}]}, {"conditions": [{"snomed": "19943007"}]}),
        ({"conditions": [{"name": "HCC", "status": "  "}]}, {"conditions": [{"name": "HCC"}]}),
        (
            {"conditions": [{"name": "HCC", "severity": "Severe", "stage": 3}]},
            {"conditions": [{"name": "HCC", "severity": "severe", "stage": "3"}]},
        ),
        ({"conditions": None, "complete": "Conditions"}, {"complete": ["conditions"]}),
        ({"complete": ["Family history"]}, {"complete": ["family_history"]}),
        ({"age_years": "44"}, {"age_years": 44}),
        ({"id": 417}, {"id": "417"}),
    ],
)
def test_what_can_mean_one_thing_only_is_read_as_that(written: dict[str, Any], plain: dict[str, Any]) -> None:
    assert read(**written) == read(**plain)


@pytest.mark.parametrize("unknown", ["", " ", "unknown", "n/a", "?"])
def test_a_day_that_is_said_to_be_unknown_is_none(unknown: str) -> None:
    patient = read(conditions=[{"name": "cirrhosis", "onset": unknown}], birth_date=unknown)
    (entry,) = patient.episodes["cirrhosis"]
    assert (entry.start, entry.only_may_be, patient.birth) == (None, False, None)
    assert [note.partition(":")[0] for note in patient.notes] == ["birth_date", "conditions[0].onset"]


@pytest.mark.parametrize(
    ("key", "value", "opens"),
    [("cirrhosis", True, True), ("NCT03863002/HCC", True, True), ("cirrhosis", False, False)],
)
def test_an_answer_to_the_name_of_a_condition_answers_nothing(key: str, value: bool, opens: bool) -> None:
    patient = read(answers={key: value}, complete=["conditions"])
    assert (patient.answers, patient.absences, patient.episodes) == ({}, {}, {})
    assert bool(patient.may_be) is opens
    (note,) = patient.notes
    assert "is a condition, and no question; write it under `conditions`" in note


def test_two_answers_that_differ_answer_nothing_and_two_alike_one() -> None:
    key, other = "NCT00000001/informed_consent", "NCT00000001/ICF"
    assert read_patient({"answers": {key: True, other: False}}, SMALL).answers == {}
    assert read_patient({"answers": {key: True, other: True}}, SMALL).answers[key].value is True


@pytest.mark.parametrize(
    "record",
    [
        {"conditions": [{"name": "HCC", "onste": "2019"}]},
        {"conditions": [{"name": "HCC", "onset": "2019-13"}]},
        {"observations": [{"name": "INR", "value": []}]},
        {"conditons": []},
    ],
)
def test_what_nobody_could_read_refuses_the_record(record: dict[str, Any]) -> None:
    with pytest.raises(RecordError):
        read(**record)


def test_a_refused_record_also_tells_what_would_be_set_aside() -> None:
    with pytest.raises(RecordError) as refused:
        read(conditions=[{"name": "HCC", "onste": "2019"}, {"name": "HCC", "status": "inactive"}])
    assert [each.path for each in refused.value.problems] == ["conditions[0].onste", "conditions[1].status"]


def test_one_fault_of_many_entries_is_one_note() -> None:
    drugs = [{"name": "interferon", "status": "completed", "start": f"2025-0{month}"} for month in range(1, 7)]
    (note,) = read(medications=drugs).notes
    places = "medications[0].status, medications[1].status, medications[2].status and 3 others"
    assert note.startswith(f"{CHECK_FIRST}{places}: `completed` is not a `status`; write `ongoing`")


@pytest.mark.parametrize(("written", "age"), [("54 y", 54), ("54 Jahre", 54), (" 54 ", 54), ("54 months", None)])
def test_an_age_is_in_years(written: str, age: int | None) -> None:
    assert read(age_years=written).age_years == age


def test_answers_that_go_with_a_record_are_no_record() -> None:
    assert read(patient="A", conditions=[]).id == "A"
    with pytest.raises(RecordError):
        read_patient({"patient": "A", "answers": {"NCT07409259/informed_consent": True}}, dictionary())
