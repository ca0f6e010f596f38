"""Fields as people call them in the native form, and those in which no rule looks."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.fields import own_field
from screener.records.native import ENTRIES, NativeRecord
from screener.rulebook import RecordList

Json = dict[str, Any]
INR = {"name": "INR", "value": 1.5, "date": "2026-02-18"}
EVERY = set(get_args(RecordList))


def facts(record: Json) -> Any:
    read = read_patient(record, SMALL, "x")
    return read.results, read.episodes, read.absences, read.birth, read.sex, read.age_years, read.id


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"dob": "1981-05-04", "gender": "F"}, {"birth_date": "1981-05-04", "sex": "F"}),
        ({"Date of birth": "1981-05-04", "MRN": "a"}, {"birth_date": "1981-05-04", "id": "a"}),
        ({"Age": 45}, {"age_years": 45}),
        ({"labs": [INR]}, {"observations": [INR]}),
        ({"Lab results": INR}, {"observations": [INR]}),
        ({"diagnoses": ["cirrhosis"]}, {"conditions": ["cirrhosis"]}),
        ({"observations": [{"Test": "INR", "Result": 1.5, "Day": "2026-02-18"}]}, {"observations": [INR]}),
        (
            {"observations": [{"name": "creatinine", "value": 1, "Units": "mg/dL", "ULN": 1.2}]},
            {"observations": [{"name": "creatinine", "value": 1, "unit": "mg/dL", "upper_limit": 1.2}]},
        ),
        (
            {"conditions": [{"diagnosis": "cirrhosis", "start": "2019", "stop date": "2020"}]},
            {"conditions": [{"name": "cirrhosis", "onset": "2019", "end": "2020"}]},
        ),
        (
            {"medications": [{"drug": "interferon", "from": "2025-01", "stopped": "2025-03"}]},
            {"medications": [{"name": "interferon", "start": "2025-01", "end": "2025-03"}]},
        ),
    ],
)
def test_a_field_may_be_called_otherwise(written: Json, meant: Json) -> None:
    assert facts(written) == facts(meant)
    assert read_patient(written, SMALL, "x").notes == read_patient(meant, SMALL, "x").notes


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"observations": [INR | {"comment": "x", "analyser": "a"}]}, "check first: observations[0]: its `comment` is"),
        ({"observations": [INR, INR | {"Comment": "x"}]}, "check first: observations[1]: its `Comment` is not read"),
        ({"medications": [{"name": "interferon", "dose": "1 mg"}]}, "medications[0]: its `dose` is not read"),
        ({"id": "a", "ward": "7B"}, "ward: it is not read"),
    ],
)
def test_a_field_in_which_no_rule_looks_is_passed_over_with_a_note(record: Json, told: str) -> None:
    read = read_patient(record, SMALL, "x")
    assert read.notes[0].startswith(told)
    assert not read.unread


def test_words_on_the_whole_record_may_be_of_any_list() -> None:
    read = read_patient({"Notes": "HCC 2019", "complete": ["conditions"]}, SMALL, "x")
    assert read.notes[0] == "check first: Notes: it is not read, and what it says may be of any list"
    assert set(read.unread) == EVERY
    assert not read_patient({"id": "a", "notes": ""}, SMALL, "x").unread


@pytest.mark.parametrize(
    ("record", "fault", "mend"),
    [
        ({"observations": [INR | {"result": 2}]}, "`result` is not a field here", "did you mean `value`?"),
        ({"birth_date": "1981", "dob": "1982"}, "`dob` is not a field here", "did you mean `birth_date`?"),
        (
            {"observations": [INR], "laboratory": [INR]},
            "`laboratory` is not a field here",
            "did you mean `observations`?",
        ),
        ({"observations": [INR | {"vlaue": 2}]}, "`vlaue` is not a field here", "did you mean `value`?"),
        (
            {"conditions": [{"name": "cirrhosis", "ruled_out": True}]},
            "`ruled_out` is not a field here",
            "the fields are",
        ),
        ({"conditions": [{"name": "cirrhosis", "negated": True}]}, "`negated` is not a field here", "the fields are"),
        ({"observations": [INR | {"specimen": "urine"}]}, "`specimen` is not a field here", "the fields are"),
    ],
)
def test_a_field_that_may_be_any_other_refuses_the_record(record: Json, fault: str, mend: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient(record, SMALL, "x")
    (problem,) = refused.value.problems
    assert problem.fault == fault
    assert problem.mend.startswith(mend)


def test_no_field_is_taken_for_another_of_its_own() -> None:
    for model in (NativeRecord, *ENTRIES.values()):
        for field in model.model_fields:
            assert own_field(field, list(model.model_fields)) == field
