"""A sheet for a review names each entry and its day; a day written otherwise is told how to write it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import evaluate, load_rules
from screener.records.dictionary import Dictionary
from screener.records.reading import read_patient
from screener.report.review import to_review


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


@pytest.mark.parametrize(
    ("result", "called"),
    [
        ({"name": "HBV DNA", "value": "2.3E7", "unit": "IU/mL"}, "HBV_DNA_load 2.3E7 IU/mL"),
        ({"name": "HBsAg", "value": "positive"}, "HBsAg positive"),
        ({"name": "Encephalopathy", "value": "III"}, "hepatic_encephalopathy_grade III"),
    ],
)
def test_what_a_result_leaves_open_is_called_by_it(result: dict[str, Any], called: str) -> None:
    record = {"as_of": "2026-03-20", "observations": [{**result, "date": "2026-03-18"}]}
    entries = to_review(evaluate(read_patient(record, dictionary())))["entries"]
    shown = {each["source"]: (each["called"], each["dated"]) for each in entries}
    assert shown.get("observations[0]", (called, "2026-03-18")) == (called, "2026-03-18")
    assert all(each["called"] for each in entries)


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("20.03.2026", "write the year first, such as `2026-03-20`"),
        ("1.2.2026", "write the year first, such as `2026-02-01`"),
        ("03/20/2026", "write YYYY, YYYY-MM or YYYY-MM-DD"),
        ("20.13.2026", "write YYYY, YYYY-MM or YYYY-MM-DD"),
    ],
)
def test_the_day_of_a_review_is_told_how_to_be_written(written: str, mend: str) -> None:
    review = {"on": written, "by": "nurse", "covers": "ever", "none_of": ["hiv_infection"]}
    patient = read_patient({"as_of": "2026-03-20", "reviews": [review]}, dictionary())
    assert any(f"; {mend}." in note for note in patient.notes)


def test_each_question_stands_in_words_above_its_blank() -> None:
    """Somebody who opens the file in an editor reads a question, and below it the word that the answer replaces."""
    record = {"as_of": "2026-03-20", "conditions": [{"text": "St.n. OP", "onset": "2014"}, {"name": "gout"}]}
    written = to_review(evaluate(read_patient(record, dictionary())))
    items = {each["what"]: list(each.items()) for group in written["groups"] for each in group["items"]}
    assert items["liver_transplantation"][:2] == [("question", "Liver transplantation, ever?"), ("found", None)]
    assert items["planned liver_transplantation"][0] == ("question", "Liver transplantation planned?")
    (entry,) = written["entries"]
    assert list(entry.items())[:3] == [
        ("question", "What is “St.n. OP”? Dated 2014."),
        ("is", None),
        ("none_of_these", None),
    ]
    assert f'"is": "{entry["may_be"][0]}"' in " ".join(written["how"])
