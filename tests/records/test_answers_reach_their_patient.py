"""Answers beside a record reach the patient whom they name, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import PATIENT, bundle
from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.questionnaire import answers_in, with_answers

PLAIN = Dictionary(SMALL)
CONSENT = "NCT00000001/informed_consent"
OTHER = "NCT00000002/informed_consent"
YES = {CONSENT: True}
UUID = "0b9c5a5e-0000-4000-8000-00000000ABCD"
RESPONSE = {"resourceType": "QuestionnaireResponse", "status": "completed"}


def given(document: Any, patient: Patient) -> Patient:
    return with_answers(patient, answers_in(document, PLAIN), PLAIN)


def native(identity: str | None = "A", **fields: Any) -> Patient:
    return read_patient({**({"id": identity} if identity else {}), "as_of": "2026-02-20", **fields}, SMALL)


def responding(**subject: Any) -> dict[str, Any]:
    return {**RESPONSE, "subject": subject, "item": [{"linkId": CONSENT, "answer": [{"valueBoolean": True}]}]}


@pytest.mark.parametrize(
    ("named", "record", "is_taken"),
    [
        ("A", "A", True),
        ("A", "B", False),
        ("A", "a", False),
        ("A", "A ", False),
        ("ward 7/12", "ward 7/12", True),
        (UUID, UUID.lower(), True),
        (UUID[:-1], UUID[:-1].lower(), False),
    ],
)
def test_the_name_is_that_of_the_record_with_its_capitals(named: str, record: str, is_taken: bool) -> None:
    for document in (
        {"patient": named, "answers": YES},
        [{"patient": named, "answers": YES}],
        responding(reference=f"Patient/{named}"),
        responding(reference=f"https://h.example/fhir/Patient/{named}/_history/3"),
    ):
        if is_taken:
            assert given(document, native(record)).answers[CONSENT].value is True
            continue
        with pytest.raises(RecordError) as refused:
            given(document, native(record))
        assert refused.value.problems[0].fault.startswith("the answers are about somebody else")


@pytest.mark.parametrize("named", ["unnamed", "unnamed 2"])
def test_a_record_without_an_id_is_nobody_whom_answers_could_name(named: str) -> None:
    with pytest.raises(RecordError) as refused:
        given({"patient": named, "answers": YES}, native(None))
    assert refused.value.problems[0].fault == "the record has no `id`, so that nobody's answers are about it"


def test_of_a_list_each_patient_gets_what_names_this_one() -> None:
    document = [
        {"patient": "A", "answers": YES},
        {"patient": "B", "answers": {CONSENT: False}},
        {"patient": "A", "answers": {OTHER: True}},
        responding(reference="Patient/C"),
    ]
    told = {name: given(document, native(name)) for name in "ABCD"}
    assert {name: {key: each.value for key, each in patient.answers.items()} for name, patient in told.items()} == {
        "A": {CONSENT: True, OTHER: True},
        "B": {CONSENT: False},
        "C": {CONSENT: True},
        "D": {},
    }
    assert told["D"].notes == ("answers: no answers in it are about this patient",)
    assert told["A"].answers[OTHER].source == f"answers: [2]: answers.{OTHER}"


def test_one_question_answered_twice_in_a_list_is_refused_whether_or_not_they_agree() -> None:
    for second in (True, False):
        with pytest.raises(RecordError, match="the same is answered"):
            given([{"patient": "A", "answers": YES}, {"patient": "A", "answers": {CONSENT: second}}], native())


def test_every_fault_of_a_list_is_told_with_its_place() -> None:
    with pytest.raises(RecordError) as refused:
        answers_in([{"patient": "A", "answers": {"NCT00000009/x": True}}, 7, {"answers": YES}, RESPONSE], PLAIN)
    assert [problem.path for problem in refused.value.problems] == [
        "[0]: answers.NCT00000009/x",
        "[1]",
        "[2]",
        "[3]: subject",
    ]


IDENTIFIER = {"system": "urn:mrn", "value": "12"}


@pytest.mark.parametrize(
    ("identifier", "is_taken"),
    [
        (IDENTIFIER, True),
        ({"system": "urn:other", "value": "12"}, False),
        ({"system": "urn:mrn", "value": "p"}, False),
        ({"value": "12"}, False),
        ({"value": "p"}, True),
    ],
)
def test_an_identifier_means_the_patient_by_system_and_value(identifier: dict[str, str], is_taken: bool) -> None:
    patient = read_patient(bundle({**PATIENT, "identifier": [IDENTIFIER]}), SMALL)
    if is_taken:
        assert CONSENT in given(responding(identifier=identifier), patient).answers
        return
    with pytest.raises(RecordError):
        given(responding(identifier=identifier), patient)


def test_a_record_that_knows_no_identifiers_is_called_by_its_own() -> None:
    assert CONSENT in given(responding(identifier={"system": "urn:mrn", "value": "12"}), native("12")).answers


# ---- keys without a trial


def test_a_key_without_a_trial_answers_only_what_is_asked_once_for_all_and_no_consent() -> None:
    bare = {"undiagnosed_chronic_liver_disease": True, "informed_consent": True, "ICF": False}
    note = (
        "it does not say for which trial, and is set aside: write `NCT00000001/informed_consent` or "
        "`NCT00000002/informed_consent`"
    )
    of_record = native(answers=bare)
    beside = given({"patient": "A", "answers": bare}, native())
    assert set(of_record.answers) == set(beside.answers) == {"undiagnosed_chronic_liver_disease"}
    assert of_record.notes == (f"answers.informed_consent: {note}", f"answers.ICF: {note}")
    assert beside.notes == (f"answers: answers.informed_consent: {note}", f"answers: answers.ICF: {note}")


def test_a_consent_that_is_asked_once_for_all_still_names_its_trial() -> None:
    from msgspec.structs import replace

    questions = {name: replace(each, once_for_all=True) for name, each in SMALL.questions.items()}
    rulebook = replace(SMALL, questions=questions)
    assert read_patient({"answers": {"informed_consent": True}}, rulebook).answers == {}
    assert set(read_patient({"answers": {OTHER: True}}, rulebook).answers) == {"informed_consent"}
