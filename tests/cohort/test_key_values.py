"""Key values in the answers: what the numeric limits of a line were held to."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import fields

from advice.one_line import AS_OF, rulebook_of
from record_notation import record_of
from screener.cohort.answers import Desk, How, Line, Missing, Row, Shift
from screener.cohort.held import Held
from screener.records import read_patient

MANUAL = Path(__file__).parents[2] / "docs" / "cohort.md"
DAY = date(2026, 2, 18).toordinal()


def held(rule: str, record: str) -> tuple[Held, ...]:
    """The key values of a line with this rule, for somebody of whom only this is on record."""
    rulebook = rulebook_of(rule, "inclusion")
    patient = read_patient({"id": "anna", **record_of(record)}, rulebook)
    (row,) = Desk(rulebook, How(AS_OF, AS_OF)).rows(patient, "").values()
    (line,) = row.lines
    return line.held


@pytest.mark.parametrize(
    ("rule", "record", "expected"),
    [
        ("INR > 2", "INR 1.7 on 2026-02-18", [("INR", "latest INR", 1.7, 1.7, None, DAY)]),
        ("INR > 2", "INR <1.2 on 2026-02-18", [("INR", "latest INR", 0.5, 1.2, None, DAY)]),
        ("INR > 2", "INR 1.7", []),
        ("INR > 2", "nothing", []),
        ("INR > 2", "INR 1.7 on 2025-02-18", []),
        (
            "total_bilirubin >= 10 x ULN",
            "TBil 10 mg/dL on 2026-02-18",
            [("total_bilirubin", "latest total_bilirubin", 171.0, 171.0, "umol/L", DAY)],
        ),
        (
            "highest INR within 4 weeks > 2 or INR between 1 and 3",
            "INR 1.7 on 2026-02-18; INR 1.9 on 2026-02-01",
            [
                ("INR", "highest INR within 4 weeks", 1.9, 1.9, None, DAY - 17),
                ("INR", "latest INR", 1.7, 1.7, None, DAY),
            ],
        ),
        (
            "relative rise in creatinine within 7 days >= 50 %",
            "creatinine 80 umol/L on 2026-02-16; creatinine 100 umol/L on 2026-02-18",
            [("creatinine", "relative rise in creatinine within 7 days", 25.0, 25.0, "%", None)],
        ),
        ("age >= 18 years", "born 1971-02-19", [("age", "age", 55, 55, "years", None)]),
        ("at last onset of ascites (INR > 2)", "INR 1.7 on 2026-02-18; condition ascites, onset 2026-02-18", []),
        ("history of ascites", "condition ascites, onset 2025-06", []),
    ],
)
def test_what_a_limit_was_held_to(rule: str, record: str, expected: list[tuple[object, ...]]) -> None:
    found = held(rule, record)
    assert [(each.fact, each.lookup, each.unit, each.day) for each in found] == [
        (fact, lookup, unit, day) for fact, lookup, _, _, unit, day in expected
    ]
    for each, (_, _, low, high, _, _) in zip(found, expected, strict=True):
        assert (each.low, each.high) == (pytest.approx(low, rel=1e-3), pytest.approx(high, rel=1e-3))


def test_a_score_is_a_key_value_with_what_is_missing_left_open() -> None:
    (whole,) = held("MELD < 20", "TBil 10 mg/dL on 2026-02-18; INR 2 on 2026-02-18; creatinine 1 mg/dL on 2026-02-18")
    (part,) = held("MELD < 20", "INR 2 on 2026-02-18; creatinine 1 mg/dL on 2026-02-18")
    assert (whole.fact, part.fact, part.day) == ("MELD", "MELD", None)
    assert None not in (whole.low, whole.high, part.low, part.high)
    assert part.low < whole.low  # type: ignore[operator]


def test_the_manual_names_every_column_of_the_answers() -> None:
    _, _, table = MANUAL.read_text().partition("### answers/TRIAL/*.parquet")
    named = set(re.findall(r"`([a-z_]+)`", table.partition("\n## ")[0].replace("`lines.held`", "`lines` `held`")))
    columns = {each.name for kind in (Row, Line, Missing, Shift, Held) for each in fields(kind)}
    assert columns <= named
