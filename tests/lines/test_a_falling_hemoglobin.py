"""A hemoglobin that falls steeply may be of a bleeding that nobody has written down yet."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status


def with_hemoglobin(*hemoglobin: tuple[float | None, str, str | None], **more: Any) -> str:
    labs = [{"name": "hemoglobin", "value": value, "unit": unit, "date": day} for value, unit, day in hemoglobin]
    labs += [{"name": "INR", "value": 1.8, "date": "2026-03-17"}]
    labs += [{"name": "platelets", "value": 120, "unit": "10*9/L", "date": "2026-03-17"}]
    return status("NCT07409259/E2", observations=labs, **more)


@pytest.mark.parametrize(
    ("hemoglobin", "expected"),
    [
        ([(120, "g/L", "2026-03-16"), (75, "g/L", "2026-03-17")], "unknown"),
        ([(12.0, "g/dL", "2026-03-16"), (10.1, "g/dL", "2026-03-17")], "passed"),
        ([(12.0, "g/dL", "2026-03-16"), (10.0, "g/dL", "2026-03-17")], "unknown"),
        ([(9.5, "g/dL", "2026-03-16"), (75, "g/L", "2026-03-17")], "unknown"),
        ([(120, "g/L", "2026-03-13"), (95, "g/L", "2026-03-17")], "passed"),
        ([(120, "g/L", "2026-03-14"), (95, "g/L", "2026-03-17")], "unknown"),
        ([(95, "g/L", "2026-03-16"), (120, "g/L", "2026-03-17")], "passed"),
        ([(120, "g/L", "2026-03-17"), (95, "g/L", "2026-03-17")], "unknown"),  # in which order nobody knows
        ([(120, "g/L", None), (95, "g/L", "2026-03-17")], "unknown"),
        ([(120, "g/L", "2026-03-10"), (80, "g/L", "2026-03-11"), (82, "g/L", "2026-03-17")], "passed"),  # over
        ([(120, "g/L", "2026-03-15"), (80, "g/L", "2026-03-16"), (82, "g/L", "2026-03-17")], "unknown"),
        ([(95, "g/L", "2026-03-17")], "passed"),
        # after the day of screening, and begun by then or not
        ([(120, "g/L", "2026-03-17"), (75, "g/L", "2026-03-19")], "unknown"),
    ],
)
def test_a_fall_leaves_a_bleeding_open(hemoglobin: list[tuple[float, str, str | None]], expected: str) -> None:
    assert with_hemoglobin(*hemoglobin) == expected


@pytest.mark.parametrize(("day", "expected"), [("2026-03-16", "unknown"), ("2026-03-18", "passed")])
def test_who_looked_later_and_found_none_settles_it(day: str, expected: str) -> None:
    bleeding = {"name": "bleeding", "status": "absent", "date": day}
    fall = ((120, "g/L", "2026-03-16"), (95, "g/L", "2026-03-17"))
    assert with_hemoglobin(*fall, conditions=[bleeding]) == expected
