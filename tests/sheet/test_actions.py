"""What is to be done: which thing belongs to whom, which questions are asked, and what the chart review asks for."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from advice.one_line import AS_OF, result
from screener import load_rules
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.patient import Episode
from screener.records.questionnaire import answers_in, with_answers
from screener.report.review import as_file, to_review
from screener.rulebook import RecordList, Rulebook
from screener.screening import Screening, TrialResult, evaluate
from screener.sheet.actions import actions_of, without_places
from screener.sheet.again import after_clean_chart
from screener.sheet.making import sheet_of
from screener.sheet.model import Line, OpenEntry
from screener.sheet.phrases import entry_question
from screener.sheet.reviewing import asked_of_chart, is_tested
from screener.sheet.waiting import questions_asked
from trial_text import TRIAL, rulebook_with_trial


def lines_of(cases: list[tuple[Any, ...]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((case[1], case[0]) for case in cases))


@cache
def rulebook_of_all() -> Rulebook:
    """One trial with every rule of this file as a line of its own: rules are compiled once."""
    blocks, numbers = [], {"inclusion": 0, "exclusion": 0}
    for kind, rule in sorted(LINES, key=lambda line: line[0], reverse=True):
        numbers[kind] += 1
        blocks.append(f"{kind} {kind[0].upper()}{numbers[kind]}\n  > a line of the protocol\n  {rule}\n")
    return rulebook_with_trial("\n".join(blocks))


def screened(rule: str, kind: str, **record: Any) -> Screening:
    """A record screened against one line alone."""
    rulebook = rulebook_of_all()
    whole = evaluate(read_patient({"id": "anna", **record}, rulebook), rulebook, as_of=AS_OF)
    (trial,) = whole.trials
    only = tuple(each for each in trial.criteria if (each.kind, each.rule) == (kind, rule))
    assert len(only) == 1
    one = TrialResult(rulebook.trials[TRIAL], only)
    return Screening(whole.record, AS_OF.toordinal(), rulebook, (one,))


def told(rule: str, kind: str, **record: Any) -> list[tuple[str, str, str]]:
    actions = actions_of(screened(rule, kind, **record), [TRIAL])
    return [(group, action.text, action.detail) for (group, _), action in actions.items()]


FAILURE = {"name": "liver_failure", "onset": "2026-02-10", "status": "active"}
OLD_INR = result("INR", 1.8, when="2026-01-05")


BLEEDING = {"name": "UGIB", "onset": "2026-02-18"}
SCREEN = {"name": "HIV_screen", "date": "2026-02-19"}
HBSAG = {**SCREEN, "name": "HBsAg", "value": "positive"}
NO_GRADE = {"name": "ascites_grade", "date": "2026-02-19"}
WORK: list[tuple[Any, ...]] = [
        ("INR >= 1.5", "inclusion", {}, [("measure", "INR", "")]),
        ("INR >= 1.5", "inclusion", {"observations": [OLD_INR]}, [("measure", "INR again", "")]),
        ("INR >= 1.5 or prothrombin_activity < 40 %", "inclusion", {},
         [("measure", "INR", ""), ("measure", "PTA", "")]),
        ("creatinine >= 100 umol/L", "inclusion",
         {"observations": [result("creatinine", 90)]}, [("chart", "Creatinine 90: which unit?", "")]),
        ("INR >= 1.5", "inclusion",
         {"observations": [result("INR", 1.4, when="2026-02-19"), result("INR", 1.9, when="2026-02-19T07:30")]},
         [("chart", "INR 1.4 or 1.9 of 19 Feb: which is later?", "")]),
        ("weight >= 50 kg", "inclusion", {"observations": [result("weight", 57, "kg", when="2026-01-05")]},
         [("measure", "Body weight again", "last 57 kg of 5 Jan")]),
        ("rise in creatinine within 48 hours >= 26.5 umol/L", "exclusion",
         {}, [("measure", "A second creatinine", "within 48 hours")]),
        ("platelets before last onset of liver_failure < 50 x 10*9/L", "exclusion",
         {"conditions": [FAILURE]}, [("old results", "Before the liver failure", "platelet count")]),
        ("onset of liver_failure within 4 weeks", "inclusion",
         {"conditions": [{"name": "liver_failure", "onset": "2026", "status": "active"}]},
         [("chart", "Acute or acute-on-chronic liver failure: exact dates?", "")]),
        ("current upper_gastrointestinal_bleeding", "exclusion", {"conditions": [BLEEDING]},
         [("chart", "Upper gastrointestinal bleeding: still there?", "")]),
        ("history of upper_gastrointestinal_bleeding within 2 months", "exclusion", {"conditions": [{"name": "UGIB"}]},
         [("chart", "Upper gastrointestinal bleeding: exact dates?", "")]),
        ("current ascites", "exclusion", {"observations": [{**NO_GRADE, "value": 2}]},
         [("chart", "Ascites grade “2”: none, slight or moderate?", "")]),
        ("history of hiv_infection", "exclusion", {"observations": [{**SCREEN, "value": "positive"}]},
         [("measure", "HIV confirmatory test (HIV screening test positive of 19 Feb)", "")]),
        ("history of hiv_infection", "exclusion", {"observations": [{**SCREEN, "value": "haemolysed"}]},
         [("measure", "HIV screening test again", "")]),
        ("history of chronic_hepatitis_b", "inclusion", {"observations": [HBSAG]},
         [("chart", "Chronic hepatitis B? (hepatitis B surface antigen positive of 19 Feb)", "")]),
        ("history of chronic_viral_hepatitis", "inclusion", {}, [("chart", "Chronic viral hepatitis?", "")]),
        ("history of malignancy", "exclusion", {}, []),
        ("history of severe infection within 2 months", "exclusion",
         {"conditions": [{"name": "SBP", "onset": "2026-01-25", "end": "2026-02-04", "status": "resolved"}]},
         [("chart", "Spontaneous bacterial peritonitis: severe?", "")]),
        ("confirmed informed_consent", "inclusion", {}, [("participant", "Consent, on the trial's own form", "")]),
        ("confirmed otherwise_unsuitable", "exclusion", {},
         [("investigator", "Anything else against taking part?", "")]),
        ("age <= 65 years", "inclusion", {}, [("chart", "Date of birth", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "kind", "record", "actions"), WORK)
def test_what_a_line_waits_for_belongs_to_somebody(
    rule: str, kind: str, record: dict[str, Any], actions: list[tuple[str, str, str]]
) -> None:
    assert told(rule, kind, **record) == actions


THROMBOSIS = {"name": "portal_vein_thrombosis", "onset": "2020", "status": "active"}
ONLY_IF_FOUND = "history of portal_vein_thrombosis and confirmed thrombosis_persists"


QUESTIONS: list[tuple[Any, ...]] = [
        (ONLY_IF_FOUND, "exclusion", {}, ()),
        (ONLY_IF_FOUND, "exclusion", {"conditions": [THROMBOSIS]}, ("thrombosis_persists",)),
        ("confirmed highly_allergic or history of anaphylaxis", "exclusion", {}, ("highly_allergic",)),
        ("INR >= 1.5 and confirmed informed_consent", "inclusion", {}, ("informed_consent",)),
        ("INR >= 1.5 or confirmed informed_consent", "inclusion", {}, ()),
        ("INR >= 1.5 or confirmed informed_consent", "inclusion",
         {"observations": [result("INR", 1.2)]}, ("informed_consent",)),
        ("not confirmed informed_consent", "exclusion", {}, ("informed_consent",)),
        ("at least 1 of (confirmed highly_allergic; history of anaphylaxis)", "exclusion", {}, ("highly_allergic",)),
        ("at least 2 of (confirmed highly_allergic; history of anaphylaxis)", "exclusion", {}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "kind", "record", "questions"), QUESTIONS)
def test_a_question_is_asked_where_the_line_cannot_be_passed_without_its_answer(
    rule: str, kind: str, record: dict[str, Any], questions: tuple[str, ...]
) -> None:
    (criterion,) = screened(rule, kind, **record).trials[0].criteria
    assert questions_asked(criterion) == questions


ITEMS: list[tuple[Any, ...]] = [
    ("history of malignancy within 5 years", "exclusion", [("malignancy", "2021-02-20", False)]),
    ("history of malignancy within 5 years or history of malignancy", "exclusion", [("malignancy", "ever", False)]),
    ("current breastfeeding", "exclusion", [("breastfeeding", "now", False)]),
    ("current pregnancy", "exclusion", []),
    ("family history of mental_disorder", "exclusion", [("family history of mental_disorder", "ever", False)]),
    ("history of chronic_viral_hepatitis", "inclusion", [("chronic_viral_hepatitis", "ever", True)]),
    ("not history of malignancy", "inclusion", [("malignancy", "ever", False)]),
    ("not history of sepsis", "exclusion", [("sepsis", "ever", True)]),
]


TESTED: list[tuple[str, str, str, list[str]]] = [
    ("history of hiv_infection", "exclusion", "", ["hiv_infection"]),
    ("history of hiv_infection", "exclusion", "haemolysed", ["hiv_infection"]),
    ("history of hiv_infection", "exclusion", "positive", []),
    ("history of chronic_hepatitis_b", "inclusion", "positive", ["chronic_hepatitis_b"]),
]


@pytest.mark.parametrize(("rule", "kind", "value", "items"), TESTED)
def test_a_review_denies_nothing_that_a_positive_result_speaks_for(
    rule: str, kind: str, value: str, items: list[str]
) -> None:
    """After a positive screening test only the confirmatory test speaks for the patient, and no tick for a group."""
    name = "HBsAg" if kind == "inclusion" else "HIV_screen"
    found = screened(rule, kind, observations=[{**SCREEN, "name": name, "value": value}] if value else [])
    assert [each.what for each in asked_of_chart(found)] == items


@pytest.mark.parametrize(("rule", "kind", "items"), ITEMS)
def test_the_review_asks_for_each_thing_at_its_widest_window(
    rule: str, kind: str, items: list[tuple[str, str, bool]]
) -> None:
    found = asked_of_chart(screened(rule, kind, sex="female"))
    assert [(each.what, each.covers, each.seeks) for each in found] == items


def test_what_inclusion_needs_stands_apart_in_the_file_of_a_review() -> None:
    rules = rulebook_with_trial(
        "inclusion I1\n  > needs\n  history of chronic_viral_hepatitis\n\n"
        "exclusion E1\n  > spares\n  history of malignancy within 5 years\n"
    )
    screening = evaluate(read_patient({"id": "anna"}, rules), rules, as_of=AS_OF)
    review = to_review(screening)
    asked = [(group["title"], [item["what"] for item in group["items"]]) for group in review["groups"]]
    assert asked == [("Cancer", ["malignancy"]), ("Needed for inclusion", ["chronic_viral_hepatitis"])]
    assert sheet_of(screening).review.groups[0].title == "Cancer"


def test_what_a_review_found_is_asked_about_by_what_it_is() -> None:
    rules = rulebook_with_trial("inclusion I1\n  > needs\n  history of cirrhosis\n")
    dictionary = Dictionary(rules)
    found = {"what": "alcoholic_liver_disease", "covers": "ever", "found": True}
    review = {"patient": "anna", "on": AS_OF.isoformat(), "by": "a nurse", "groups": [{"items": [found]}]}
    patient = with_answers(read_patient({"id": "anna"}, dictionary), answers_in(review, dictionary), dictionary)
    (entry,) = sheet_of(evaluate(patient, rules, as_of=AS_OF)).review.entries
    assert entry.text == "does the alcoholic liver disease come with cirrhosis?"


def test_the_chart_is_read_for_another_one_where_the_record_has_one() -> None:
    rules = rulebook_with_trial("exclusion E1\n  > a line\n  history of severe mental_disorder within 2 years\n")
    record = {"id": "anna", "conditions": [{"name": "major_depressive_disorder", "onset": "2016", "status": "active"}]}
    screening = evaluate(read_patient(record, rules), rules, as_of=AS_OF)
    ((item,),) = (group.items for group in sheet_of(screening).review.groups)
    assert item.title == "another mental disorder"


def test_what_several_inclusion_lines_need_is_asked_once() -> None:
    rules = rulebook_with_trial(
        "inclusion I1\n  > one\n  history of any of (cirrhosis, chronic_viral_hepatitis)\n\n"
        "inclusion I2\n  > other\n  history of any of (cirrhosis, autoimmune_hepatitis)\n"
    )
    screening = evaluate(read_patient({"id": "anna"}, rules), rules, as_of=AS_OF)
    (action,) = actions_of(screening, [TRIAL]).values()
    assert action.text == "Chronic viral hepatitis, cirrhosis or autoimmune hepatitis?"
    assert [line.id for line in action.lines] == ["I1", "I2"]


def test_times_of_a_second_result_stand_in_one_phrase() -> None:
    change = "relative rise in creatinine within {back} >= 50 %"
    rules = rulebook_with_trial(
        "".join(
            f"exclusion E{number}\n  > line {number}\n  {change.format(back=back)}\n\n"
            for number, back in enumerate(("7 days", "48 hours", "7 days", "3 months"), 1)
        )
    )
    record = {"id": "anna", "observations": [result("creatinine", 90, "umol/L")]}
    screening = evaluate(read_patient(record, rules), rules, as_of=AS_OF)
    (action,) = actions_of(screening, [TRIAL]).values()
    assert (action.text, action.detail) == ("A second creatinine", "within 48 hours, 7 days or 3 months")


UNREAD = {"name": "Z.n. OP 2014"}
GRADE_OF_YESTERDAY = {"name": "HE_grade", "value": 1, "date": "2026-02-19"}
HEMOGLOBIN = result("hemoglobin", 112, "g/L", when="2026-02-19")
BY_THE_ENTRY: list[tuple[str, str, dict[str, Any]]] = [
    ("hepatic_encephalopathy_grade >= 2", "hepatic_encephalopathy", GRADE_OF_YESTERDAY),
    (
        "history of gastrointestinal_bleeding within 2 months"
        " with (lowest hemoglobin within 7 days of its onset < 90 g/L)",
        "gastrointestinal_bleeding",
        HEMOGLOBIN,
    ),
]


@pytest.mark.parametrize(("rule", "concept", "on_record"), BY_THE_ENTRY)
def test_what_only_an_unread_entry_leaves_open_is_looked_up_and_not_measured_again(
    rule: str, concept: str, on_record: dict[str, Any]
) -> None:
    rules = rulebook_with_trial(f"exclusion E1\n  > a line\n  {rule}\n")
    dictionary = Dictionary(rules)
    patient = read_patient({"id": "anna", "observations": [on_record], "conditions": [UNREAD]}, dictionary)
    screening = evaluate(patient, rules, as_of=AS_OF)
    assert actions_of(screening, [TRIAL]) == {}
    sheet = sheet_of(screening)
    (entry,) = sheet.review.entries
    assert (entry.called, concept in entry.may_be) == (UNREAD["name"], True)
    filled = {**as_file(sheet.review, "anna", AS_OF), "on": AS_OF.isoformat(), "by": "a nurse"}
    filled["entries"][0]["none_of_these"] = True
    for group in filled["groups"]:
        group["none_of_these"] = True
    (trial,) = evaluate(with_answers(patient, answers_in(filled, dictionary), dictionary), rules, as_of=AS_OF).trials
    assert [each.status for each in trial.criteria] == ["passed"]


MIXED = "history of chronic_viral_hepatitis and not history of malignancy"
EXCLUDED = "history of malignancy"
LINES = [*lines_of(WORK), *lines_of(QUESTIONS), *lines_of(ITEMS), ("inclusion", MIXED), ("exclusion", EXCLUDED)]
LINES = list(dict.fromkeys(LINES))


def test_a_clean_chart_settles_what_it_asks_for_and_supposes_no_cause_absent() -> None:
    for rule, kind, settled, status in ((MIXED, "inclusion", 0, "unknown"), (EXCLUDED, "exclusion", 1, "passed")):
        screening = screened(rule, kind)
        denied = [(each.list, each.concept.name, each.covers) for each in asked_of_chart(screening) if not each.seeks]
        (after,) = after_clean_chart(screening, denied).trials[0].criteria
        assert (after.status, int(after.status != "unknown")) == (status, settled)


def test_of_many_things_that_an_entry_may_be_the_first_are_named() -> None:
    entry = OpenEntry("conditions[0]", "SBP", None, ("sepsis", "malignancy", "cirrhosis", "asthma", "eczema"), ())
    episode = Episode(SBP, "conditions", "conditions[0]")
    told = "does the spontaneous bacterial peritonitis come with sepsis, malignancy, cirrhosis or 2 others?"
    assert entry_question(entry, [episode], load_rules()) == told


def test_of_many_things_that_an_unread_entry_may_be_the_first_line_is_named() -> None:
    rulebook = load_rules()
    may_be = ("sepsis", "malignancy", "cirrhosis", "asthma", "eczema")
    lines = [Line("NCT06242405", line.id) for line in rulebook.trials["NCT06242405"].criteria]
    few, many = (OpenEntry("procedures[0]", "intubation", None, may_be, tuple(lines[:n])) for n in (3, 9))
    told = entry_question(few, [], rulebook)
    assert told.startswith("what is “intubation”? For 2405 ")
    assert told.endswith(" and 2 more lines.")
    assert entry_question(many, [], rulebook) == "what is “intubation”?"


def test_who_has_no_sex_on_record_is_asked_for_it_before_a_pregnancy_is_tested() -> None:
    rules = rulebook_with_trial("exclusion E1\n  > a line\n  current pregnancy\n")
    screening = evaluate(read_patient({"id": "anna"}, rules), rules, as_of=AS_OF)
    assert list(actions_of(screening, [TRIAL])) == [("chart", "Sex"), ("measure", "Pregnancy test")]


def test_the_place_of_an_entry_is_left_out_of_what_is_asked_of_it() -> None:
    assert without_places("Dialysis: done? (conditions[3])", ["conditions[3]"]) == "Dialysis: done?"
    assert without_places("Measure INR", ["conditions[3]"]) == "Measure INR"


SBP, VKA = "spontaneous_bacterial_peritonitis", "vitamin_K_antagonist"


@pytest.mark.parametrize(
    ("called", "read_as", "may_be", "question"),
    [
        ("St.n. OP", [], ["malignancy"], "what is “St.n. OP”: malignancy, or not?"),
        ("Fieber", [], ["septic_shock", "sepsis"], "what is “Fieber”: sepsis, or not?"),
        ("OP", [], ["sepsis", "asthma", "eczema", "tumor"], "what is “OP”?"),
        ("W" * 300, [], ["malignancy"], f"what is “{'W' * 59}…”: malignancy, or not?"),
        ("Knoten", [], ["malignancy", "asthma"], "what is “Knoten”: malignancy, asthma, or none of these?"),
        ("SBP", [SBP], ["sepsis"], "does the spontaneous bacterial peritonitis come with sepsis?"),
        ("MDD", ["mental_disorder"], ["depressive_disorder"], "is the mental disorder (“MDD”) also depression?"),
        ("`K65.2`", [SBP], ["sepsis"], "does the spontaneous bacterial peritonitis (“K65.2”) come with sepsis?"),
        ("icd10gm K65.2 Bauchfell", [SBP, "cirrhosis"], ["sepsis"], "does “K65.2 Bauchfell” come with sepsis?"),
        ("since 2019 better", [SBP, "cirrhosis"], ["sepsis"], "does “since 2019 better” come with sepsis?"),
        ("warfarin", [VKA], ["venous_thrombosis"], "is “warfarin” given for venous thrombosis?"),
        (
            "`8638` Prednisolone",
            ["glucocorticoid"],
            ["systemic_glucocorticoid", "immunosuppressant"],
            "is “8638 Prednisolone” systemic glucocorticoid or immunosuppressant?",
        ),
        (
            "Asthma",
            [SBP],
            ["any_drug"],
            "does the spontaneous bacterial peritonitis (“Asthma”) come with allergy to drugs?",
        ),
    ],
)
def test_an_entry_is_asked_for_by_what_it_was_read_as(
    called: str, read_as: list[str], may_be: list[str], question: str
) -> None:
    entry = OpenEntry("conditions[0]", called, None, tuple(may_be), ())
    rulebook = load_rules()
    lists: dict[str, RecordList] = {"drug": "medications", "condition": "conditions"}
    episodes = [Episode(each, lists[rulebook.concepts[each].kind], "conditions[0]") for each in read_as]
    assert entry_question(entry, episodes, rulebook) == question


def test_what_somebody_states_is_asked_and_nothing_is_tested() -> None:
    rulebook = load_rules()
    tested = {name for name, concept in rulebook.concepts.items() if is_tested(concept, "conditions", rulebook)}
    assert {"pregnancy", "ascites"} <= tested
    assert "breastfeeding" not in tested
