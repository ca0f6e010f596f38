"""A kidney injury of earlier in the week that is still there is asked about, though the last 48 hours show no rise."""

from __future__ import annotations

import pytest

from lines.casebook import status


def answer(*values: tuple[float, str], unit: str = "umol/L") -> str:
    labs = [{"name": "creatinine", "value": value, "unit": unit, "date": date} for value, date in values]
    others = [("HE_grade", 0, None), ("procalcitonin", 0.1, "ng/mL"), ("hemoglobin", 120, "g/L")]
    for name, value, of_unit in others:
        labs.append({"name": name, "value": value, "date": "2026-03-17"} | ({"unit": of_unit} if of_unit else {}))
    return status("NCT05985863/E1", observations=labs, complete=["conditions", "procedures", "medications"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (((80, "2026-03-13"), (112, "2026-03-14"), (112, "2026-03-17"), (112, "2026-03-18")), "unknown"),
        (((85, "2026-03-12"), (115, "2026-03-13"), (113, "2026-03-17")), "unknown"),
        (((90, "2026-03-12"), (95, "2026-03-14"), (130, "2026-03-15"), (122, "2026-03-18")), "unknown"),
        (((80, "2026-03-13"), (112, "2026-03-14"), (84, "2026-03-17"), (82, "2026-03-18")), "passed"),
        (((80, "2026-03-13"), (85, "2026-03-15"), (88, "2026-03-18")), "passed"),
        (((80, "2026-03-17"), (112, "2026-03-18")), "failed"),
    ],
)
def test_a_rise_of_the_week_that_is_still_there_is_asked_about(
    values: tuple[tuple[float, str], ...], expected: str
) -> None:
    assert answer(*values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (((80, "2026-03-16T06:30"), (110, "2026-03-17T06:30"), (112, "2026-03-18T06:30")), "failed"),
        (((80, "2026-03-15T06:30"), (110, "2026-03-17T06:30")), "failed"),
        (((80, "2026-03-15T06:29"), (110, "2026-03-17T06:30")), "unknown"),
        (((80, "2026-03-15"), (110, "2026-03-17")), "unknown"),  # 24 to 72 hours
        (((80, "2026-03-16"), (110, "2026-03-17")), "failed"),
        (((80, "2026-03-15T06:30"), (106, "2026-03-17T06:30")), "passed"),
        (((80, "2026-03-16T22:00"), (110, "2026-03-17T02:00"), (84, "2026-03-18T06:00")), "passed"),
    ],
)
def test_the_48_hours_end_with_the_latest_value(values: tuple[tuple[float, str], ...], expected: str) -> None:
    assert answer(*values) == expected
