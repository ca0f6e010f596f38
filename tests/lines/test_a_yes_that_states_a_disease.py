"""A yes to a question of one trial that states a disease: no line of another trial passes by a complete list."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import MAN, result_of

AFP = {"observations": [{"name": "AFP", "value": 612, "unit": "ng/mL", "date": "2026-03-11"}]}
JAUNDICE = {
    "conditions": [
        {"icd10cm": "K83.1", "onset": "2026-02-25", "status": "active"},
        {"name": "jaundice", "onset": "2026-02-25", "status": "active"},
    ]
}
REVIEWED = {"reviews": [{"on": "2026-03-18", "by": "a nurse", "covers": "ever", "none_of": ["drug_abuse"]}]}
SAID = [
    ("NCT03863002/AFP_means_HCC", AFP, ["NCT03863002/E4", "NCT05985863/E3", "NCT06242405/E1", "NCT07409259/E6"]),
    ("NCT03863002/jaundice_from_malignancy", JAUNDICE, ["NCT03863002/E4", "NCT07409259/E6"]),
    ("NCT06242405/treated_for_mental_illness", REVIEWED, ["NCT03863002/E11", "NCT05985863/E12"]),
]


def answered(question: str, value: bool, date: str = "2026-03-18") -> dict[str, Any]:
    return {"answers": {question: {"value": value, "by": "the investigator", "date": date}}}


@pytest.mark.parametrize(
    ("question", "record", "line"), [(question, record, line) for question, record, lines in SAID for line in lines]
)
def test_a_yes_reaches_the_lines_of_every_trial(question: str, record: dict[str, Any], line: str) -> None:
    told = result_of({**MAN, **record, **answered(question, True)}, line)
    assert told.status == "unknown"
    assert "conflict" in told.reasons
    assert question.split("/")[1] in [each.name for each in told.evidence]
    assert result_of({**MAN, **record, **answered(question, False)}, line).status == "passed"


@pytest.mark.parametrize(
    ("entry", "came"),
    [
        ({"conditions": [{"icd10cm": "F20.9", "onset": "2026-03-12", "status": "active"}]}, True),
        ({"medications": [{"atc": "N06AB06", "start": "2026-03-12", "status": "ongoing"}]}, True),
        ({"medications": [{"atc": "N06AB06", "start": "2026-03-02", "status": "ongoing"}]}, False),
    ],
)
def test_a_no_says_nothing_of_what_came_after_it(entry: dict[str, Any], came: bool) -> None:
    record = {**MAN, **entry, **answered("NCT06242405/treated_for_mental_illness", False, "2026-03-05")}
    assert result_of(record, "NCT06242405/E7").status == ("unknown" if came else "passed")
