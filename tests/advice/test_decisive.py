"""What the advice asks for, line by line."""

from __future__ import annotations

from datetime import date
from typing import Any

from screener import load_patient, load_rules
from screener.advice.decisive import advise
from screener.records import read_patient
from screener.screening import Screening, evaluate
from trial_text import rulebook_with_rule

AS_OF = date(2026, 2, 20)


def asked(rule: str, **record: Any) -> list[str]:
    """The facts that are asked for, of a patient of whom only this is on record."""
    rulebook = rulebook_with_rule(rule)
    patient = read_patient({"id": "anna", **record}, rulebook)
    return [each.fact.text for each in advise(evaluate(patient, rulebook, as_of=AS_OF)).facts]


def test_of_several_entries_the_active_one_is_not_asked_whether_it_is_cured() -> None:
    told = asked(
        "history of cured basal_cell_carcinoma",
        conditions=[
            {"name": "basal_cell_carcinoma", "status": "active", "onset": "2026-01-05"},
            {"name": "basal_cell_carcinoma", "status": "resolved", "onset": "2020-01-05"},
        ],
        complete=["conditions"],
    )
    assert told == ["Basal cell carcinoma of the skin: cured? (conditions[1])"]


def test_a_reading_that_is_settled_has_no_part_in_when_a_question_matters() -> None:
    """NCT03863002/I2: two readings are FALSE, with parts inside that nothing settles; two are open."""
    record = {
        "id": "p",
        "as_of": "2026-02-20",
        "observations": [
            {"name": "INR", "value": 2.0, "date": "2026-02-19T08:00+08:00"},
            {"name": "INR", "value": 1.2, "date": "2026-02-19T01:00Z"},
            {"name": "PTA", "value": 60, "unit": "%", "date": "2026-02-19"},
            {"name": "TBil", "value": 200, "unit": "umol/L", "date": "2026-02-19"},
        ],
        "conditions": [
            {"name": "cirrhosis", "status": "active", "onset": "2020"},
            {"name": "ascites", "status": "active", "onset": "2026-02-10"},
        ],
    }
    rules = load_rules()
    lists = ["conditions", "medications", "procedures"]
    screening = evaluate(load_patient(record, rules), rules, as_of="2026-02-20", assume_complete=lists)
    assert any("decompensat" in each.fact.text for each in advise(screening).facts)


def test_the_other_sex_rules_nothing_out_that_an_entry_of_the_record_contradicts() -> None:
    """A pregnancy on record of somebody whose sex is not: were he male, the record would contradict itself."""
    rulebook = rulebook_with_rule("current pregnancy", "exclusion")
    pregnancy = {"name": "pregnancy", "status": "active", "onset": "2019-03-01", "date": "2019-03-01"}

    def screening(**more: Any) -> Screening:
        return evaluate(
            read_patient({"id": "anna", "conditions": [pregnancy], **more}, rulebook), rulebook, as_of=AS_OF
        )

    assert screening(sex="male").trials[0].criteria[0].status == "unknown"
    (sex,) = [each for each in advise(screening()).facts if each.fact.kind == "sex"]
    assert not sex.closes
