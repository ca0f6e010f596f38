"""Notes on a record as a ward reads them: first what they are about, last where it stands."""

from __future__ import annotations

from functools import cache

import pytest

from advice.one_line import AS_OF
from screener import Screening, evaluate, load_rules
from screener.records import read_patient
from screener.records.notes import Note, NoteKind, in_words
from screener.sheet.making import sheet_of
from screener.sheet.model import KeyResult
from screener.sheet.notes import in_ward_words


def at(place: str, text: str, kind: NoteKind = "remark", *, about: str = "") -> Note:
    return Note(text, kind, place, about, (place,))


RECORD = {
    "id": "anna",
    "observations": [{"name": "creatinine", "value": 0.8, "date": "2026-02-18"}],
    "conditions": [{"icd10gm": "K74.6", "text": "Zirrhose"}, {"name": "liver_failure", "onset": "2026-02"}],
}


@cache
def screening() -> Screening:
    rules = load_rules()
    return evaluate(read_patient(RECORD, rules), rules, as_of=AS_OF)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (at("observations[0]", "it has no unit", about="creatinine"), "Creatinine 0.8 of 18 Feb: it has no unit (*)"),
        (at("observations[7]", "unusual: usual is 0.8 .. 10", about="INR"), "INR: unusual: usual is 0.8 to 10 (*)"),
        (Note("it is no date", path="observations[7].date", places=("observations[7]",)), "*: it is no date"),
        (at("conditions[0]", "its code `K74.6` is odd"), "“icd10gm K74.6 Zirrhose”: its code K74.6 is odd (*)"),
        (at("conditions[1]", "it has no day"), "Acute or acute-on-chronic liver failure: it has no day (*)"),
        (at("Condition/r1", "says `anxiety_or_insomnia`"), "*: says anxiety or insomnia"),
        (
            Note("2 times, it is a plan", path="Condition", places=("Condition/1", "Condition/2")),
            "Condition: 2 times, …",
        ),
        (
            Note("1 entry is not read: `K74.6` Zirrhose", "open", "Condition", places=("conditions[0]",)),
            "Condition: 1 entry is not read: K74.6 Zirrhose",
        ),
        (Note("a complete list leaves open: sepsis"), "a complete list leaves open: sepsis"),
        (at("row 5", "it is empty"), "*: it is empty"),
        (
            at("conditions[2]", "did you mean `jaundice`?", "unclear", about="Ikterus"),
            "“Ikterus”: did you mean jaundice? (*)",
        ),
        (Note("BILI may be it", "check first", places=("observations[1]",)), "BILI may be it"),
    ],
)
def test_a_note_begins_with_what_it_is_about(note: Note, words: str) -> None:
    (told,) = in_ward_words([note], screening())
    assert told == words.replace("*", note.places[0] if note.places else "").replace("…", "it is a plan")


def test_what_nobody_could_read_is_one_sentence_and_what_no_rule_uses_is_counted_in_another() -> None:
    drug, condition = (
        Note(f"no rule uses this {kind}", "no rule", "x[0]", kind, ("x[0]",)) for kind in ("drug", "condition")
    )
    unread = [
        Note("", "not read", about=words, places=(f"observations[{n}]",)) for n, words in enumerate(("ALT", "GGT"))
    ]
    notes = [unread[0], drug, drug, drug, condition, unread[1]]
    assert in_ward_words(notes, screening()) == ("not read: ALT, GGT", "no rule uses 3 drugs and 1 condition on record")
    assert in_words(unread) == ("not read: ALT (observations[0]), GGT (observations[1])",)


def test_one_note_is_said_once() -> None:
    assert len(in_ward_words([at("row 5", "it is empty")] * 2, screening())) == 1


def test_a_misspelt_entry_is_checked_and_not_looked_up_besides() -> None:
    rules = load_rules()
    record = {"id": "anna", "conditions": [{"text": "Ikterus unklarer Genese"}, {"text": "St.n. OP"}]}
    sheet = sheet_of(evaluate(read_patient(record, rules), rules, as_of=AS_OF))
    assert [each.places for each in sheet.check_first] == [("conditions[0]",)]
    assert [each.source for each in sheet.entries] == ["conditions[1]"]
    assert len(sheet.review.entries) == 2
    assert sheet.next.startswith("check the entry above; then ")


def test_an_entry_that_contradicts_itself_is_noted_and_is_no_value_to_check() -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    cirrhosis = {
        "resourceType": "Condition",
        "id": "1",
        "subject": {"reference": "Patient/anna"},
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "K74.6"}]},
        "onsetDateTime": "2019",
        "abatementDateTime": "2020",
    }
    resources = ({"resourceType": "Patient", "id": "anna"}, cirrhosis)
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    rules = load_rules()
    sheet = sheet_of(evaluate(read_patient(bundle, rules), rules, as_of=AS_OF))
    assert not sheet.check_first
    assert [each for each in (*sheet.notes, *sheet.notes_behind) if "has an abatement" in each]


@pytest.mark.parametrize("older", [[], [{"name": "INR", "value": 1.8, "date": "2026-02-18"}]])
def test_a_result_without_a_name_is_shown_under_none_and_asked_about_once(older: list[dict[str, object]]) -> None:
    rules = load_rules()
    record = {"id": "anna", "observations": [{"value": 2.5, "date": "2026-02-19"}, *older]}
    sheet = sheet_of(evaluate(read_patient(record, rules), rules, as_of=AS_OF))
    assert [each.text.partition(";")[0] for each in sheet.check_first] == [
        "2.5 of 19 Feb: it does not say what it is about"
    ]
    cells = {each.label: each.value for each in sheet.results if isinstance(each, KeyResult)}
    assert {label: value for label, value in cells.items() if value} == ({"INR": "1.8"} if older else {})
    asked = [each.text for group in sheet.actions for each in group.actions if group.kind == "chart"]
    assert not [text for text in asked if "result" in text]
    assert {row.state.name for row in sheet.trials} == {"too little"}


def test_values_that_are_doubted_alike_are_one_thing_to_check() -> None:
    rules = load_rules()
    values = [{"name": "INR", "value": 22.4, "date": f"2026-02-{day}"} for day in (12, 19, 15)]
    sheet = sheet_of(evaluate(read_patient({"id": "anna", "observations": values}, rules), rules, as_of=AS_OF))
    assert [doubt.text.partition(":")[0] for doubt in sheet.check_first] == [
        "INR 22.4 of 19 Feb",
        "INR 22.4 of 15 Feb and 1 earlier one",
    ]


LATER = ("total_bilirubin", "INR", "creatinine", "albumin")


@pytest.mark.parametrize("number", [3, 4])
def test_many_facts_of_a_later_day_are_one_note(number: int) -> None:
    labs = [{"name": name, "value": 2, "date": f"2026-03-0{day}"} for day, name in enumerate(LATER[:number], 1)]
    notes = [note for note in evaluate({"observations": labs}, load_rules(), as_of=AS_OF).notes if "day of sc" in note]
    assert len(notes) == (1 if number > 3 else number)
    if number > 3:
        assert notes[0].startswith(
            "4 entries are dated after the day of screening, the first 1 Mar 2026, and are not used: "
            "`total_bilirubin`, `INR`, `creatinine`, `albumin`"
        )


def test_what_a_later_result_shows_has_no_note_of_its_own() -> None:
    record = {"observations": [{"name": "pregnancy_test", "value": "negative", "date": "2026-03-01"}]}
    told = [note for note in evaluate(record, load_rules(), as_of=AS_OF).notes if "day of screening" in note]
    assert told == [
        "observations[0]: `pregnancy_test` is dated 1 Mar 2026, after the day of screening, and is not used"
    ]


@pytest.mark.parametrize(
    ("unit", "asked"),
    [
        (
            {"unit": "mmHg"},
            "what was measured in mmHg? Here it is an entry that may be spontaneous bacterial",
        ),
        ({}, "spontaneous bacterial peritonitis is no result, and is read under conditions only"),
    ],
)
def test_of_a_result_with_a_unit_under_the_name_of_a_condition_it_is_asked_what_was_measured(
    unit: dict[str, str], asked: str
) -> None:
    rules = load_rules()
    record = {"id": "anna", "observations": [{"name": "SBP", "value": 95, "date": "2026-02-18", **unit}]}
    (doubt,) = sheet_of(evaluate(read_patient(record, rules), rules, as_of=AS_OF)).check_first
    assert doubt.text.startswith(f"“SBP: 95”: {asked}")
