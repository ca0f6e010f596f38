"""Fields as people call them in the native form, and those in which no rule looks."""

from __future__ import annotations

from fractions import Fraction
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
        ({"PMH": ["cirrhosis"], "Hospital number": 7}, {"conditions": ["cirrhosis"], "id": "7"}),
        ({"诊断": ["cirrhosis"], "住院号": "Z1"}, {"conditions": ["cirrhosis"], "id": "Z1"}),
        (
            {"conditions": [{"name": "cirrhosis", "diagnosed": 2019}]},
            {"conditions": [{"name": "cirrhosis", "date": 2019}]},
        ),
        (
            {"Diagnosen": [{"Diagnose": "cirrhosis", "seit": "2019", "bis": "2020"}], "Geschlecht": "männlich"},
            {"conditions": [{"name": "cirrhosis", "onset": "2019", "end": "2020"}], "sex": "male"},
        ),
        (
            {"diagnósticos": [{"name": "cirrhosis", "desde": "2019"}], "sexo": "mujer"},
            {"conditions": [{"name": "cirrhosis", "onset": "2019"}], "sex": "female"},
        ),
        # since and until, of what is there
        (
            {"conditions": [{"name": "cirrhosis", "since": "2019"}]},
            {"conditions": [{"name": "cirrhosis", "onset": "2019"}]},
        ),
        (
            {"medications": [{"name": "interferon", "status": "ongoing", "since": "2025-01"}]},
            {"medications": [{"name": "interferon", "status": "ongoing", "start": "2025-01"}]},
        ),
        (
            {"medications": [{"name": "interferon", "since": "2025-01", "until": "2025-03"}]},
            {"medications": [{"name": "interferon", "start": "2025-01", "end": "2025-03"}]},
        ),
        (
            {"procedures": [{"name": "dialysis", "since": "2025-01", "until": "2025-03"}]},
            {"procedures": [{"name": "dialysis", "start": "2025-01", "end": "2025-03"}]},
        ),
        # limits of normal as one text
        *(
            (
                {"observations": [{"name": "creatinine", "value": 1, "unit": "mg/dL", field: written}]},
                {"observations": [{"name": "creatinine", "value": 1, "unit": "mg/dL", **limits}]},
            )
            for field, written, limits in (
                ("reference_range", "0.6-1.2", {"lower_limit": 0.6, "upper_limit": 1.2}),
                ("Ref range", "[0.6 – 1.2]", {"lower_limit": 0.6, "upper_limit": 1.2}),
                ("normal", "<1.2", {"upper_limit": 1.2}),
                ("参考范围", "≤1.2", {"upper_limit": 1.2}),
                ("range", "", {}),
            )
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
        ({"id": "a", "Datum": "2026-02-20"}, "Datum: it is not read"),
        ({"allergies": [{"name": "latex", "reaction": ["rash"]}]}, "allergies[0]: its `reaction` is not read"),
        (
            {"medications": [{"name": "interferon", "indication": "HCV"}]},
            "check first: medications[0]: its `indication`",
        ),
    ],
)
def test_a_field_in_which_no_rule_looks_is_passed_over_with_a_note(record: Json, told: str) -> None:
    read = read_patient(record, SMALL, "x")
    assert read.notes[0].startswith(told)
    assert not read.unread


CREATININE = {"name": "creatinine", "value": 1, "unit": "mg/dL", "date": "2026-02-18"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"reference_range": "see report"}, "`see report` is no range of numbers; write it as `5-21` or `<21`"),
        ({"reference_range": 1.2}, "`1.2` is no range of numbers; write it as `5-21` or `<21`"),
        ({"reference_range": "1.2-0.6"}, "`1.2-0.6` is no range of numbers; write it as `5-21` or `<21`"),
        ({"reference_range": "see report", "upper_limit": 1.3}, "`see report` is no range of numbers"),
    ],
)
def test_a_range_that_is_none_leaves_the_result_as_it_is(entry: Json, told: str) -> None:
    read = read_patient({"observations": [CREATININE | entry]}, SMALL, "x")
    alone = {field: each for field, each in entry.items() if field != "reference_range"}
    assert read.results == read_patient({"observations": [CREATININE | alone]}, SMALL, "x").results
    assert told in read.notes[0]


@pytest.mark.parametrize(
    ("entry", "limits"),
    [
        ({"reference_range": "0.6-1.2", "upper_limit": 1.2}, (Fraction("0.6"), Fraction("1.2"))),
        ({"reference_range": "<1.2", "upper_limit": 1.2, "lower_limit": 0.6}, (Fraction("0.6"), Fraction("1.2"))),
        # the two contradict each other, and neither is chosen
        ({"reference_range": "<1.2", "upper_limit": 1.3}, (None, None)),
        ({"reference_range": "0.6-1.2", "lower_limit": 0.5}, (None, None)),
    ],
)
def test_a_range_next_to_limits_must_agree_with_them(entry: Json, limits: tuple[Fraction | None, ...]) -> None:
    read = read_patient({"observations": [CREATININE | entry]}, SMALL, "x")
    (result,) = read.results["creatinine"]
    assert (result.lower_limit, result.upper_limit) == tuple(each and each * result.factor for each in limits)
    assert bool(read.notes) is (limits == (None, None))


@pytest.mark.parametrize(
    ("list_", "entry", "told"),
    [
        ("conditions", {"name": "cirrhosis", "onset": "2018", "since": "2019"}, "`onset` is there, too"),
        ("medications", {"name": "interferon", "start": "2018", "since": "2019"}, "`start` is there, too"),
        ("procedures", {"name": "dialysis", "end": "2018", "until": "2019"}, "`end` is there, too"),
    ],
)
def test_two_beginnings_of_one_entry_settle_nothing(list_: str, entry: Json, told: str) -> None:
    read = read_patient({list_: [entry]}, SMALL, "x")
    assert told in read.notes[0]
    assert "settles nothing" in read.notes[0]
    assert {each.doubtful for of_one in read.episodes.values() for each in of_one} == {True}


@pytest.mark.parametrize(
    ("relationship", "is_doubtful"),
    [
        ("mother", False),
        ("half-brother", False),
        ("wife", True),
        ("stepfather", True),
        ("neighbour", True),
        (None, False),
    ],
)
def test_a_disease_counts_of_a_relative_by_blood(relationship: str | None, is_doubtful: bool) -> None:
    entry = {"name": "cirrhosis", "relationship": relationship}
    read = read_patient({"family_history": [entry]}, SMALL, "x")
    assert [each.doubtful for of_one in read.episodes.values() for each in of_one] == [is_doubtful]


def test_what_one_relative_does_not_have_denies_nothing_of_the_others() -> None:
    denied = {"name": "cirrhosis", "status": "absent", "date": "2026-02-18"}
    assert read_patient({"family_history": [denied]}, SMALL, "x").absences
    read = read_patient({"family_history": [denied | {"relation": "mother"}]}, SMALL, "x")
    assert not read.absences
    assert read.notes[0] == "family_history[0]: what is absent in one relative says nothing of the others"


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
