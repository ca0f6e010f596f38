"""An entry that has ended says something of the present only if it is of all of a condition, and not for ever."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status

NURSING = {"name": "breastfeeding", "status": "absent", "date": "2026-03-17"}
WOMAN = {"birth_date": "1996", "sex": "female", "complete": []}
PREGNANT = {"icd10": "Z33", "status": "active", "onset": "2026-02-01"}


@pytest.mark.parametrize("code", ["O23.4", "O20.0", "O21.0", "O99.6", "O26.6", "Z34.0", "Z36.3"])
@pytest.mark.parametrize("goes_on", [[], [PREGNANT]])
def test_a_complaint_of_pregnancy_that_is_over_does_not_end_the_pregnancy(
    code: str, goes_on: list[dict[str, str]]
) -> None:
    complaint = {"icd10": code, "status": "resolved", "onset": "2026-03-03", "end": "2026-03-10"}
    found = status("NCT03863002/E13", **WOMAN, conditions=[complaint, NURSING, *goes_on])
    assert found == ("failed" if goes_on else "unknown")


@pytest.mark.parametrize(
    ("end", "expected"),
    [("2009-09-01", "unknown"), ("2026-03-10", "unknown"), ("2026-03-11", "passed"), ("2026-03-17", "passed")],
)
def test_a_pregnancy_that_ended_denies_one_for_as_long_as_any_absence_does(end: str, expected: str) -> None:
    past = {"name": "pregnancy", "status": "resolved", "onset": "2009-01-03", "end": end}
    if end > "2026":
        past["onset"] = "2025-07-01"
    assert status("NCT03863002/E13", **WOMAN, conditions=[past, NURSING]) == expected


def test_a_pregnancy_of_long_ago_without_an_end_denies_none_today() -> None:
    past = {"name": "pregnancy", "status": "resolved", "onset": "2009"}
    assert status("NCT03863002/E13", **WOMAN, conditions=[past, NURSING]) == "unknown"


def with_all_else_denied(entry: dict[str, Any]) -> str:
    """NCT05985863/E1 with an entry of one of its conditions, where yesterday denied all the rest."""
    names = {"AKI", "HRS", "sepsis", "infection", "upper_gastrointestinal_bleeding"} - {entry["name"]}
    denied = [{"name": each, "status": "absent", "date": "2026-03-17"} for each in sorted(names)]
    labs = [
        {"name": "creatinine", "value": 80, "unit": "umol/L", "date": f"2026-03-{day}T06:00"} for day in (12, 16, 17)
    ] + [{"name": "HE_grade", "value": 0, "date": "2026-03-17"}]
    never = [{"name": "dialysis", "status": "never", "date": "2026-03-17"}]
    return status("NCT05985863/E1", **WOMAN, conditions=[*denied, entry], observations=labs, procedures=never)


@pytest.mark.parametrize("other", ["upper_gastrointestinal_bleeding", "infection"])
def test_a_bleeding_or_an_infection_of_2009_says_nothing_of_today(other: str) -> None:
    past = {"name": other, "status": "resolved", "onset": "2009-01-03", "end": "2009-02-01"}
    assert with_all_else_denied(past) == "unknown"
    # one that ended yesterday is an absence of yesterday
    fresh = {"name": other, "status": "resolved", "onset": "2026-03-10", "end": "2026-03-17"}
    assert with_all_else_denied(fresh) == "passed"


def test_one_infection_that_is_over_leaves_another_one_as_it_is() -> None:
    lungs = {"icd10": "J18.9", "status": "active", "onset": "2026-03-12", "controlled": False}
    bladder = {"icd10": "N39.0", "status": "resolved", "onset": "2026-03-13", "end": "2026-03-16"}
    assert status("NCT05985863/E1", **WOMAN, conditions=[lungs, bladder]) == "failed"


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-01-02", "unknown"), ("2026-03-10", "unknown"), ("2026-03-11", "passed")]
)
@pytest.mark.parametrize("name", ["infection", "sepsis", "HRS", "upper_gastrointestinal_bleeding"])
def test_that_something_passing_was_absent_counts_for_a_week(name: str, day: str, expected: str) -> None:
    assert with_all_else_denied({"name": name, "status": "absent", "date": day}) == expected
