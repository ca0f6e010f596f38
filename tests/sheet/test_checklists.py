"""The checklist to sign: from where the record says what it says, and what an open line waits for."""

from __future__ import annotations

from typing import Any

from advice.one_line import AS_OF
from screener import evaluate
from screener.records import read_patient
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


def test_several_entries_to_look_up_are_named_by_their_places() -> None:
    one = row("history of malignancy", conditions=[UNREAD])
    two = row("history of malignancy", conditions=[UNREAD, {**UNREAD, "text": "another word"}])
    assert one.needs[0].startswith("What is “st.p. OP, what kind is not said”?")
    assert two.needs == ("2 entries to look up (conditions[0] and conditions[1])", "Malignancy, ever?")


def test_days_stand_in_words() -> None:
    born = row("age < 18 years", birth_date="1981-05-04")
    assert [(each.text, each.place) for each in born.sources] == [("birth date 4 May 1981", "")]
