"""A grade of 0 measured on the day of a coma, or of words for an encephalopathy: the record contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status

LINE = "NCT05985863/E1"
DAY = "2026-03-17"
GRADED = [
    {"name": "HE_grade", "value": 0, "date": DAY},
    {"name": "procalcitonin", "value": 0.05, "unit": "ng/mL", "date": DAY},
    {"name": "Hb", "value": 124, "unit": "g/L", "date": DAY},
    {"name": "creatinine", "value": 80, "unit": "umol/L", "date": "2026-03-12"},
    {"name": "creatinine", "value": 80, "unit": "umol/L", "date": DAY},
]


def of(**entry: Any) -> str:
    return status(LINE, observations=GRADED, conditions=[{"status": "active", "onset": DAY, **entry}])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("HE III°", "unknown"),
        ("HE 3", "unknown"),
        ("HE grade 3-4", "unknown"),
        ("hepatic coma", "unknown"),
        ("comatose", "unknown"),
        ("coma", "unknown"),
        ("GCS 6", "unknown"),
        ("Glasgow coma scale 6", "unknown"),
        ("somnolent", "unknown"),
        ("confused, drowsy", "unknown"),
        ("West Haven III", "unknown"),
        ("肝昏迷", "unknown"),
        # denied, or something else
        ("no HE", "passed"),
        ("without hepatic encephalopathy", "passed"),
        ("no coma", "passed"),
        ("arterial hypertension", "passed"),
        ("glaucoma", "passed"),
    ],
)
def test_words_next_to_a_code_ask(words: str, expected: str) -> None:
    assert of(icd10cm="K74.60", text=words) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("R40.0", "unknown"),
        ("R41.0", "unknown"),
        ("R40.20", "unknown"),
        ("K72.91", "unknown"),
        # broad codes: the examination of the day settles them
        ("K72.90", "passed"),
        ("R41.3", "passed"),
        ("G82.50", "passed"),
    ],
)
def test_a_code_of_a_coma_asks_and_a_broad_one_does_not(code: str, expected: str) -> None:
    assert of(icd10cm=code) == expected


@pytest.mark.parametrize(("score", "expected"), [(15, "passed"), (13, "passed"), (12, "unknown"), (6, "unknown")])
@pytest.mark.parametrize("named", [{"name": "GCS"}, {"loinc": "9269-2"}])
def test_a_low_coma_scale_asks(score: int, expected: str, named: dict[str, str]) -> None:
    assert status(LINE, observations=[*GRADED, {**named, "value": score, "date": DAY}]) == expected


@pytest.mark.parametrize(("day", "expected"), [("2026-03-16", "passed"), (DAY, "unknown"), ("2026-03-18", "unknown")])
def test_an_earlier_coma_is_over(day: str, expected: str) -> None:
    assert of(icd10cm="R40.20", onset=day) == expected


def test_a_negative_test_of_the_day_does_not_settle_what_words_name() -> None:
    negative = {"name": "HIV_screen", "value": "negative", "date": DAY}
    entry = {"icd10": "I10", "status": "active", "onset": DAY}
    for words, expected in (("HIV", "unknown"), ("hypertension", "passed")):
        record = {"observations": [negative], "conditions": [{**entry, "text": words}]}
        assert status("NCT03863002/E12", **record) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [("Screening for HIV", "passed"), ("exposure to HIV", "passed"), ("HIV", "unknown"), ("HIV infection", "unknown")],
)
def test_words_of_a_screening_do_not_name_it(words: str, expected: str) -> None:
    negative = {"name": "HIV_screen", "value": "negative", "date": DAY}
    entry = {"icd10cm": "Z11.4", "text": words, "status": "active", "onset": DAY}
    assert status("NCT03863002/E12", observations=[negative], conditions=[entry]) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        *(
            (words, "unknown")
            for words in ("West Haven 2", "stage 2 encephalopathy", "PSE stage 2", "encephalopathy grade III")
        ),
        *((words, "unknown") for words in ("asterixis", "flapping tremor", "encephalopathy", "delirium", "谵妄")),
        ("hypertensive heart disease", "passed"),
    ],
)
def test_words_alone_ask(words: str, expected: str) -> None:
    assert of(text=words) == expected
