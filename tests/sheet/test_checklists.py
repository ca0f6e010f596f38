"""The checklist to sign: from where the record says what it says, and what an open line waits for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advice.one_line import AS_OF
from screener import evaluate
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.questionnaire import read_answers, with_answers
from screener.sheet.making import sheet_of
from screener.sheet.model import ChecklistRow
from trial_text import rulebook_with_trial

UNREAD = {"text": "st.p. OP, what kind is not said", "date": "2026-02-18"}


def row(rule: str, **record: Any) -> ChecklistRow:
    rules = rulebook_with_trial(f"exclusion E1\n  > a line of the protocol\n  {rule}\n")
    screening = evaluate(read_patient({"id": "anna", **record}, rules), rules, as_of=AS_OF)
    (checklist,) = sheet_of(screening).checklists
    (only,) = checklist.exclusion
    return only


def test_an_entry_that_nobody_could_read_is_no_source_of_what_is_certain() -> None:
    of_a_man = row("current breastfeeding", sex="male", conditions=[UNREAD])
    assert (of_a_man.on_record, [each.text for each in of_a_man.sources]) == ("No", ["sex male"])


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["st.p. OP"], "What is “st.p. OP”?"),
        (["st.p. OP", "Knoten"], "Look up “st.p. OP” and “Knoten”"),
        (["st.p. OP", "Knoten", "W" * 40, "Rest"], "Look up “st.p. OP”, “Knoten” and 2 more entries"),
        (["W" * 40, "Knoten"], f"Look up “{'W' * 29}…” and “Knoten”"),
    ],
)
def test_entries_to_look_up_are_called_as_the_record_calls_them(texts: list[str], told: str) -> None:
    needs = row("history of malignancy", conditions=[{**UNREAD, "text": each} for each in texts]).needs
    assert needs[0].startswith(told)
    assert "conditions[" not in " ".join(needs)


def test_days_stand_in_words() -> None:
    born = row("age < 18 years", birth_date="1981-05-04")
    assert [(each.text, each.place) for each in born.sources] == [("birth date 4 May 1981", "")]


def test_what_a_review_found_names_who_found_it_and_the_file_without_its_folders(tmp_path: Path) -> None:
    rules = rulebook_with_trial("exclusion E1\n  > a line of the protocol\n  history of sepsis\n")
    found = {"what": "sepsis", "covers": "ever", "found": True}
    review = {"patient": "anna", "on": "2026-02-18", "by": "N. Meyer", "groups": [{"items": [found]}]}
    (tmp_path / "review.json").write_text(json.dumps(review), encoding="utf-8")
    dictionary = Dictionary(rules)
    given = read_answers(tmp_path / "review.json", dictionary)
    patient = with_answers(read_patient({"id": "anna"}, dictionary), given, dictionary)
    (checklist,) = sheet_of(evaluate(patient, rules, as_of=AS_OF)).checklists
    (source,) = checklist.exclusion[0].sources
    assert (source.text, source.place) == ("sepsis, found by N. Meyer, 18 Feb", "review.json: groups[0].items[0]")
