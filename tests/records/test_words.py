"""Grades, choices and the sex in the words that wards write."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patient


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def read(**record: Any) -> Patient:
    return read_patient({"as_of": "2026-02-20", **record}, dictionary())


def grade(value: object) -> tuple[float, float] | None:
    """The lowest and the highest grade that a value says; None where it is not read."""
    patient = read(observations=[{"name": "HE_grade", "value": value, "date": "2026-02-18"}])
    ((result,),) = patient.results.values()
    return None if result.value is None else (result.value.low, result.value.high)


def choices(name: str, value: object) -> set[str]:
    patient = read(observations=[{"name": name, "value": value, "date": "2026-02-18"}])
    ((result,),) = patient.results.values()
    return set(result.choices or ())


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("grade I", 1, 1), ("Grade 2", 2, 2), ("G2", 2, 2), ("II°", 2, 2), ("2°", 2, 2), ("Ⅲ级", 3, 3), ("2度", 2, 2),
        ("West Haven 2", 2, 2), ("West-Haven II", 2, 2), ("HE grade 1-2", 1, 2), ("I-II", 1, 2), ("G2-3", 2, 3),
        ("grade III to IV", 3, 4), ("stage IV", 4, 4), ("hepatic encephalopathy, grade 1", 1, 1), ("grade 0", 0, 0),
        ("overt", 2, 4), ("covert", 0, 1),
        ("none", 0, 0), ("No HE", 0, 0), ("absent", 0, 0), ("无", 0, 0), (" IV ", 4, 4),
    ],
)  # fmt: skip
def test_a_grade_is_read_as_wards_write_it(written: str, low: int, high: int) -> None:
    assert grade(written) == (low, high)


@pytest.mark.parametrize(
    "written",
    [
        "severe",
        "mild",
        "++",
        "no grade",
        "not graded",
        "2/4",
        "-",
        "grade",
        "II or III",
        "grade 5",
        "V",
        "IIII",
    ],
)
def test_a_grade_that_could_be_several_is_left_unread(written: str) -> None:
    assert grade(written) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("none", {"none"}), ("No", {"none"}), ("no ascites", {"none"}), ("Grade 0", {"none"}),
        ("mild", {"slight"}), ("+", {"slight"}), ("1+", {"slight"}), ("grade I", {"slight"}), ("G1", {"slight"}),
        ("++", {"slight", "moderate"}), ("2+", {"slight", "moderate"}),
        ("severe", {"moderate"}), ("Tense", {"moderate"}), ("+++", {"moderate"}), ("II°", {"moderate"}),
        ("ascites: moderate", {"moderate"}), ("massive ascites", {"moderate"}), ("refractory", {"moderate"}),
    ],
)  # fmt: skip
def test_a_choice_is_read_as_wards_write_it(written: str, meant: set[str]) -> None:
    assert choices("ascites_grade", written) == meant


@pytest.mark.parametrize("written", ["2", 2, 0, "-", "grade IV", "not large", "no change", "n.a.", "yes"])
def test_a_choice_that_could_be_several_is_left_unread(written: object) -> None:
    assert choices("ascites_grade", written) == set()


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("HBsAg", "HBsAg positive", {"positive"}),
        ("HBsAg", "not positive", set()),
        ("HBsAg", "+", {"positive"}),
        ("HBV_DNA", "HBV DNA not detected", {"not_detected"}),
        ("HBV_DNA", "not detected", {"not_detected"}),
        ("HIV_screen", "HIV non-reactive", set()),
        ("pregnancy_test", "pregnancy test: negative", {"negative"}),
        ("HBsAg", "Negatief", {"negative"}),
        ("HBsAg", "négatif", {"negative"}),
        ("HBsAg", "POSITIVO", {"positive"}),
    ],
)
def test_the_name_of_a_test_beside_its_result_says_nothing_more(name: str, written: str, meant: set[str]) -> None:
    assert choices(name, written) == meant


@pytest.mark.parametrize(
    ("written", "sex"),
    [
        ("female", "female"), ("F", "female"), ("f", "female"), ("w", "female"), ("Weiblich", "female"),
        ("女", "female"),
        ("male", "male"), ("M", "male"), ("m ", "male"), ("männlich", "male"), ("男", "male"), (None, None),
    ],
)  # fmt: skip
def test_the_sex_is_read_as_people_write_it(written: str | None, sex: str | None) -> None:
    patient = read(sex=written)
    assert (patient.sex, patient.notes) == (sex, ())


@pytest.mark.parametrize("written", ["diverse", "other", "unknown", "D", "X", "unbekannt"])
def test_a_sex_that_is_neither_counts_as_unknown_and_is_noted(written: str) -> None:
    patient = read(sex=written)
    assert patient.sex is None
    assert patient.notes == (f"sex: `{written}` says neither female nor male, and the sex counts as unknown",)


@pytest.mark.parametrize("written", ["femal", "1", "h", "", "male or female", 1])
def test_any_other_sex_is_not_known(written: object) -> None:
    patient = read(sex=written)
    assert patient.sex is None
    assert patient.notes[0].startswith("check first: sex: ")


@pytest.mark.parametrize("written", ["yes", "true", "ja", "1", 1, "no"])
def test_a_consent_is_true_or_false_and_no_word_for_it(written: object) -> None:
    for answer in (written, {"value": written}):
        patient = read(answers={"NCT07409259/informed_consent": answer})
        assert patient.answers == {}
        assert patient.notes[0].endswith("Until it is corrected, it answers nothing")
