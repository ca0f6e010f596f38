"""The open questions: listed, as a FHIR R4 Questionnaire, and their answers taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from flagged import said
from report.pages import NAMES, PATIENTS, screened, screened_record
from screener import evaluate, load_patient, load_rules
from screener.records.dictionary import Dictionary
from screener.records.questionnaire import read_answers, with_answers
from screener.report.questions import open_questions, questionnaire, questions_text
from screener.screening import Screening
from screener.sheet.making import states_in_words
from screener.sheet.states import OUT


def items_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for group in document.get("item", []) for item in group["item"]]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_is_what_the_criteria_need_of_people(name: str) -> None:
    screening = screened(name)
    states = states_in_words(screening)
    wanted = {
        need.name if need.kind == "reading" else f"{trial.id}/{need.name}"
        for trial in screening.trials
        if states[trial.id].name not in OUT
        for criterion in trial.criteria
        for need in criterion.needs
        if need.kind in ("question", "reading")
    }
    keys = [question.key for trial in open_questions(screening) for question in trial.questions]
    assert set(keys) == wanted
    assert len(keys) == len(set(keys))


def test_a_question_that_two_lines_need_is_asked_once_and_names_both() -> None:
    [trial] = open_questions(screened("score-with-two-readings", "NCT03863002"))
    question, *_ = trial.questions
    assert [line for line, _ in question.lines] == ["I1", "E17"]
    assert (question.key, question.asked_of, question.options) == ("NCT03863002/informed_consent", "participant", ())


def test_the_list_for_people_is_as_follows() -> None:
    assert questions_text(screened("score-with-two-readings", "NCT05985863")) == (
        "Patient example: score with two readings, as of Wed 11 Mar 2026: 5 open\n"
        "questions\n"
        "\n"
        "NCT05985863  Human Umbilical Cord Mesenchymal Stem Cell Transplantation for The\n"
        "Treatment of Acute-on-Chronic Liver Failure\n"
        "\n"
        "  - Participant: Has the participant given informed consent to this trial?\n"
        "    I3: Willing to sign the informed consent form.\n"
        "    [ ] yes   [ ] no\n"
        "    answer as `NCT05985863/informed_consent`\n"
        "\n"
        "  - Which reading does the trial mean?\n"
        "    E2: Before the onset of liver failure, the previous indicators of the\n"
        "    patient included PLT<50×10^9/L or Child-Pugh score>9;\n"
        "    [ ] 1: the last values before the onset\n"
        "    [ ] 2: any platelet count before the onset\n"
        "    answer as `NCT05985863/E2`\n"
        "\n"
        "  - Investigator: Is there a severe organic disease of an organ outside the\n"
        "    liver?\n"
        "    E5: Severe organic disease of primary extrahepatic organs;\n"
        "    [ ] yes   [ ] no\n"
        "    answer as `NCT05985863/severe_extrahepatic_disease`\n"
        "\n"
        "  - Investigator: Is the patient highly allergic?\n"
        "    E8: Those who are highly allergic or have a history of severe allergies;\n"
        "    [ ] yes   [ ] no\n"
        "    answer as `NCT05985863/highly_allergic`\n"
        "\n"
        "  - Investigator: Does anything else make the patient unsuitable for this trial?\n"
        "    E14: Other conditions that the investigator thinks that the patient is not\n"
        "    suitable to participate in this study.\n"
        "    [ ] yes   [ ] no\n"
        "    answer as `NCT05985863/otherwise_unsuitable`\n"
        "\n"
        "Pre-screening aid. Eligibility is the investigator's decision."
    )


def test_questions_that_hang_on_something_else_are_counted_apart() -> None:
    asked = [each for trial in open_questions(screened("negatives-not-written-down")) for each in trial.questions]
    later = sum(each.is_conditional for each in asked)
    assert 0 < later < len(asked)
    text = " ".join(questions_text(screened("negatives-not-written-down")).split())
    different = len({(each.asked_of, each.text) for each in asked if not each.is_conditional})
    assert 0 < different < len(asked) - later
    told = f": {len(asked) - later} open questions ({different} of them different)"
    assert f"{told}, {later} more depending on other answers" in text
    assert text.count("only if another answer or the chart gives cause to ask") == later


def test_nobody_is_asked_for_a_trial_that_is_ruled_out() -> None:
    screening = screened("bleeding-and-kidney-injury-in-mg-dl")
    assert [trial.trial for trial in open_questions(screening)] == ["NCT06242405"]
    text = " ".join(questions_text(screening).split())
    assert "Ruled out, so nothing is asked for: NCT03863002, NCT05985863, NCT07409259" in text
    assert [group["linkId"] for group in questionnaire(screening)["item"]] == ["NCT06242405"]


def test_what_has_to_be_answered_now_stands_before_what_hangs_on_something_else() -> None:
    for trial in open_questions(screened("negatives-not-written-down")):
        later = [question.is_conditional for question in trial.questions]
        assert later == sorted(later)


def test_a_trial_without_questions_is_left_out_and_none_at_all_is_said() -> None:
    text = questions_text(screened("alcoholic-hepatitis-with-ascites", "NCT05985863"))
    assert "no open questions" in " ".join(text.split())


# ---- FHIR


@pytest.mark.parametrize("name", NAMES)
def test_the_questionnaire_is_one_of_fhir(name: str) -> None:
    document = questionnaire(screened(name))
    read = Questionnaire.model_validate_json(json.dumps(document))
    assert json.loads(read.model_dump_json()) == document


@pytest.mark.parametrize("name", NAMES)
def test_the_questionnaire_keeps_the_invariants_that_fhir_states(name: str) -> None:
    """que-1, que-2, que-4, que-5, que-10, and that no array is empty."""
    document = questionnaire(screened(name))
    links = [item["linkId"] for item in items_of(document)] + [group["linkId"] for group in document.get("item", [])]
    assert len(links) == len(set(links))
    for group in document.get("item", [None]):
        if group is not None:
            assert group["type"] == "group"
            assert group["item"]
    for item in items_of(document):
        assert item["type"] in ("boolean", "choice")
        assert ("answerOption" in item) is (item["type"] == "choice")
        assert "answerValueSet" not in item
        assert item["linkId"].startswith(f"{item['linkId'].partition('/')[0]}/")


def test_items_are_grouped_by_trial_and_readings_are_choices_with_their_labels() -> None:
    document = questionnaire(screened("score-with-two-readings"))
    assert [group["linkId"] for group in document["item"]] == list(load_rules().trials)
    by_link = {item["linkId"]: item for item in items_of(document)}
    assert by_link["NCT03863002/informed_consent"]["type"] == "boolean"
    assert by_link["NCT07409259/I3"] == {
        "linkId": "NCT07409259/I3",
        "prefix": "I3",
        "text": "Which reading does the trial mean? (I3: COSSH-ACLF II score < 7.4.)",
        "type": "choice",
        "answerOption": [
            {"valueCoding": {"code": "1", "display": "the encephalopathy score 1, 2, 3 of the paper"}},
            {"valueCoding": {"code": "2", "display": "the encephalopathy grade 0 to 4, as the registry prints it"}},
        ],
    }


def test_without_questions_the_questionnaire_has_no_items() -> None:
    document = questionnaire(screened("alcoholic-hepatitis-with-ascites", "NCT05985863"))
    assert "item" not in document
    Questionnaire.model_validate_json(json.dumps(document))


def test_the_same_questions_have_the_same_url_and_others_another() -> None:
    one = questionnaire(screened("score-with-two-readings"))
    assert one == questionnaire(screened("score-with-two-readings"))
    assert one["url"] != questionnaire(screened("score-with-two-readings", "NCT05985863"))["url"]
    assert one["url"].startswith("urn:uuid:")


def test_a_hostile_patient_leaves_the_questionnaire_one_of_fhir() -> None:
    document = questionnaire(screened_record({"id": "\x00\x1b\u202e ", "as_of": "2026-02-20"}))
    assert document["title"] == "Open eligibility questions for patient unnamed"
    Questionnaire.model_validate_json(json.dumps(document))


# ---- there and back


def filled(document: dict[str, Any], *, yes: bool, reading: int) -> dict[str, Any]:
    """A response that answers every question of a Questionnaire alike."""

    def answer(item: dict[str, Any]) -> dict[str, Any]:
        given = item["answerOption"][reading - 1] if "answerOption" in item else {"valueBoolean": yes}
        return {"linkId": item["linkId"], "text": item["text"], "answer": [given]}

    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{document['url']}|{document['version']}",
        "status": "completed",
        "authored": f"{document['date']}T09:30:00+01:00",
        "author": {"display": "the study nurse"},
        "source": {"display": "the investigator"},
        "item": [
            {"linkId": group["linkId"], "item": [answer(item) for item in group["item"]]} for group in document["item"]
        ],
    }
    QuestionnaireResponse.model_validate_json(json.dumps(response))
    return response


def answered(name: str, response: dict[str, Any], folder: Path) -> Screening:
    rules = load_rules()
    file = folder / "response.json"
    patient = load_patient(PATIENTS / f"{name}.json", rules)
    about = {"subject": {"reference": f"Patient/{patient.id}"}}
    file.write_text(json.dumps(response | about), encoding="utf-8")
    dictionary = Dictionary(rules)
    return evaluate(with_answers(patient, read_answers(file, dictionary, "response.json"), dictionary), rules)


@pytest.mark.parametrize("name", NAMES)
def test_questions_answered_by_fhir_are_questions_no_more(name: str, tmp_path: Path) -> None:
    document = questionnaire(screened(name))
    if "item" in document:
        asked = {item["linkId"] for item in items_of(document)}
        after = answered(name, filled(document, yes=True, reading=1), tmp_path)
        left = {question.key for trial in open_questions(after) for question in trial.questions}
        assert not asked & left


@pytest.mark.parametrize(("reading", "status"), [(1, "failed"), (2, "passed")])
def test_a_reading_chosen_by_fhir_settles_its_line(reading: int, status: str, tmp_path: Path) -> None:
    name = "score-with-two-readings"
    after = answered(name, filled(questionnaire(screened(name)), yes=True, reading=reading), tmp_path)
    line = next(each for each in after.trials[3].criteria if each.id == "I3")
    assert line.status == status
    assert [outcome.chosen for outcome in line.readings] == [reading == 1, reading == 2]
    assert line.readings[reading - 1].chosen_by == "the investigator, recorded by the study nurse"


@pytest.mark.parametrize(("yes", "status"), [(True, "passed"), (False, "failed")])
def test_an_answer_by_fhir_decides_and_keeps_who_and_when(yes: bool, status: str, tmp_path: Path) -> None:
    name = "score-with-two-readings"
    after = answered(name, filled(questionnaire(screened(name)), yes=yes, reading=1), tmp_path)
    line = next(each for each in after.trials[0].criteria if each.id == "I1")
    assert line.status == status
    [evidence] = line.evidence
    assert evidence.value == ("yes" if yes else "no")
    assert evidence.date == "2026-03-11T09:30:00+01:00"
    assert evidence.source == "response.json: answers.NCT03863002/informed_consent"
    assert said(evidence.flags) == ("answered by the investigator, recorded by the study nurse",)
