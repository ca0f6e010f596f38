"""People's answers beside a record: which are refused, with what message, and what is taken from the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.dictionary import Dictionary
from screener.records.patient import Answer, Patient
from screener.records.questionnaire import GivenAnswers, read_answers, with_answers

PLAIN = Dictionary(SMALL)

BROKEN = sorted((Path(__file__).parent / "broken_answers").glob("*.json"))
CONSENT = "NCT00000001/informed_consent"
YES = {"linkId": CONSENT, "answer": [{"valueBoolean": True}]}


@pytest.fixture
def read(tmp_path: Path):
    def read(document: object, name: str = "given.json") -> GivenAnswers:
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
        (given,) = read_answers(tmp_path / name, PLAIN, name)
        return given

    return read


def response(*items: dict[str, Any], **fields: object) -> dict[str, Any]:
    subject = {"reference": "Patient/p"}
    told = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": subject}
    return {**told, "item": list(items), **fields}


def patient(**answers: object) -> Patient:
    return read_patient({"id": "p", "as_of": "2026-02-20", "answers": {CONSENT: answers} if answers else {}}, SMALL)


# ---- what is refused


def test_the_broken_answers_were_found() -> None:
    assert len(BROKEN) >= 30


@pytest.mark.parametrize("file", BROKEN, ids=lambda path: path.stem)
def test_broken_answers_are_refused_with_their_message(file: Path) -> None:
    with pytest.raises(RecordError) as refused:
        read_answers(file, PLAIN, file.name)
    assert str(refused.value) == file.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="there is no such file"):
        read_answers(tmp_path / "none.json", PLAIN, "none.json")


# ---- what is taken


def test_a_boolean_answers_its_question(read) -> None:
    given = read(response(YES))
    assert given.answers == {CONSENT: Answer(CONSENT, f"given.json: answers.{CONSENT}", True)}


def test_items_may_lie_in_groups_in_groups_or_in_answers(read) -> None:
    inner = {"linkId": "undiagnosed_chronic_liver_disease", "answer": [{"valueBoolean": False}]}
    outer = {"linkId": CONSENT, "answer": [{"valueBoolean": True, "item": [inner]}]}
    given = read(response({"linkId": "every-trial", "item": [{"linkId": "NCT00000001", "item": [outer]}]}))
    assert {key: answer.value for key, answer in given.answers.items()} == {CONSENT: True, inner["linkId"]: False}


@pytest.mark.parametrize("unanswered", [{}, {"answer": []}, {"text": "Signed?"}])
def test_an_item_without_an_answer_is_a_question_left_open(read, unanswered: dict[str, Any]) -> None:
    assert read(response({"linkId": CONSENT, **unanswered})).answers == {}


@pytest.mark.parametrize(
    "answer",
    [
        {"valueCoding": {"code": "2"}},
        {"valueCoding": {"display": "another way"}},
        {"valueCoding": {"code": "2", "display": "another way"}},
        {"valueString": "another way"},
    ],
)
def test_a_reading_is_chosen_by_its_number_or_its_label(read, answer: dict[str, Any]) -> None:
    given = read(response({"linkId": "NCT00000001/I2", "answer": [answer]}))
    assert given.answers["NCT00000001/I2"].reading == 2


@pytest.mark.parametrize(
    ("people", "by"),
    [
        ({}, None),
        ({"author": {"display": "A"}}, "A"),
        ({"source": {"display": "S"}}, "S"),
        ({"source": {"display": "S"}, "author": {"display": "A"}}, "S, recorded by A"),
        ({"source": {"display": "S"}, "author": {"display": "S"}}, "S"),
        ({"author": {"reference": "Practitioner/7"}}, "Practitioner/7"),
        ({"author": {"identifier": {"value": "7"}, "reference": "Practitioner/7"}}, "7"),
        ({"author": {"display": "  "}}, None),
        ({"author": "A"}, None),
    ],
)
def test_who_answered_is_what_the_response_says_and_nothing_more(read, people: dict[str, Any], by: str | None) -> None:
    assert read(response(YES, **people)).answers[CONSENT].by == by


@pytest.mark.parametrize("authored", ["2026-02", "2026-02-18", "2026-02-18T10:00:00+01:00", "2026-02-18T10:00:00.123Z"])
def test_when_it_was_answered_is_kept_as_written(read, authored: str) -> None:
    when = read(response(YES, authored=authored)).answers[CONSENT].when
    assert when is not None
    assert when.text == authored


@pytest.mark.parametrize("status", ["in-progress", "stopped", "entered-in-error"])
def test_a_response_that_is_not_finished_counts_for_nothing_and_says_so(read, status: str) -> None:
    given = read(response(YES, {"linkId": "nonsense"}, status=status))
    assert given.answers == {}
    assert tuple(map(str, given.noted)) == (f"given.json: status: it is `{status}`, and its answers are not used",)


@pytest.mark.parametrize("status", ["completed", "amended"])
def test_a_finished_response_counts(read, status: str) -> None:
    assert CONSENT in read(response(YES, status=status)).answers


@pytest.mark.parametrize(
    ("questionnaire", "notes"),
    [
        ("urn:uuid:1", 0),
        ("urn:uuid:1|sha256:small", 0),
        ("urn:uuid:1|sha256:other", 1),
        (None, 0),
    ],
)
def test_other_rules_than_it_was_asked_with_are_noted(read, questionnaire: str | None, notes: int) -> None:
    given = read(response(YES, **({} if questionnaire is None else {"questionnaire": questionnaire})))
    assert len(given.noted) == notes
    assert CONSENT in given.answers


def test_the_native_form_is_taken_too(read) -> None:
    answers = {CONSENT: {"value": False, "by": "A", "date": "2026-02-18"}, "NCT00000001/I2": {"reading": 1}}
    given = read({"patient": "p", "answers": answers})
    assert given.answers[CONSENT].value is False
    assert given.answers[CONSENT].by == "A"
    assert given.answers["NCT00000001/I2"].reading == 1


# ---- beside a record


def test_answers_join_those_of_the_record(read) -> None:
    joined = with_answers(
        patient(),
        [read(response(YES)), read({"patient": "p", "answers": {"NCT00000001/I2": {"reading": 1}}}, "more.json")],
        PLAIN,
    )
    assert set(joined.answers) == {CONSENT, "NCT00000001/I2"}
    assert joined.notes == ()


@pytest.mark.parametrize(
    ("of_record", "given", "kept"),
    [
        ("2026-02-17", "2026-02-18", "given.json"),
        ("2026-02-18", "2026-02-18", "given.json"),
        ("2026-02-19", "2026-02-18", "answers."),
        (None, "2026-02-18", "given.json"),
        ("2026-02-19", None, "given.json"),
    ],
)
def test_of_two_answers_the_later_counts_else_the_one_given(
    read, of_record: str | None, given: str | None, kept: str
) -> None:
    record = patient(value=False, **({"date": of_record} if of_record else {}))
    joined = with_answers(record, [read(response(YES, **({"authored": given} if given else {})))], PLAIN)
    assert joined.answers[CONSENT].source.startswith(kept)
    [note] = joined.notes
    assert note.endswith(f": another answer replaces it ({joined.answers[CONSENT].source})")


def test_the_same_answer_twice_is_not_worth_a_note(read) -> None:
    assert with_answers(patient(value=True), [read(response(YES))], PLAIN).notes == ()


def test_two_files_that_answer_the_same_are_refused(read) -> None:
    with pytest.raises(RecordError) as refused:
        with_answers(patient(), [read(response(YES), "a.json"), read(response(YES), "b.json")], PLAIN)
    assert str(refused.value) == (
        f"error[record]: the same is answered in `a.json`\n  --> b.json: {CONSENT}\nhelp: leave one of them out"
    )


@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": {"value": "p"}},
        {"reference": "Patient/p"},
        {"reference": "Patient/p", "identifier": {"value": "110101198001011234"}},
        {"reference": "http://hospital.example/fhir/Patient/p/_history/3"},
        {"reference": "p"},
    ],
)
def test_answers_about_this_patient_are_taken(read, subject: dict[str, Any]) -> None:
    assert CONSENT in with_answers(patient(), [read(response(YES, subject=subject))], PLAIN).answers


@pytest.mark.parametrize("subject", [{"identifier": {"value": "q"}}, {"reference": "Patient/q"}])
def test_answers_about_somebody_else_are_refused(read, subject: dict[str, Any]) -> None:
    with pytest.raises(RecordError) as refused:
        with_answers(patient(), [read(response(YES, subject=subject))], PLAIN)
    assert str(refused.value) == (
        "error[record]: the answers are about somebody else, and the record is of `p`\n"
        "  --> given.json: subject\n"
        "help: give the answers of this patient, or name the record's `id` in them"
    )
