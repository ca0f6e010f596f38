"""What is against a trial, in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from advice.one_line import AS_OF, result
from screener import evaluate
from screener.records import read_patient
from screener.sheet.points import against
from trial_text import rulebook_with_trial

COMPLETE = {"complete": ["conditions", "procedures"]}
FAILURE = {"name": "liver_failure", "onset": "2026-01-02", "status": "active"}
RISING = [result("creatinine", value, "umol/L", f"2026-02-{14 + number}") for number, value in enumerate(range(80, 86))]


@pytest.mark.parametrize(
    ("rule", "record", "told"),
    [
        ("history of cirrhosis", COMPLETE, "no cirrhosis on record"),
        ("underwent liver_transplantation within 5 years", COMPLETE, "no liver transplantation in the past 5 years"),
        (
            "onset of liver_failure within 4 weeks",
            {"conditions": [FAILURE], **COMPLETE},
            "no onset of acute or acute-on-chronic liver failure in the past 4 weeks "
            "(acute or acute-on-chronic liver failure since 2 Jan)",
        ),
        (
            "underwent liver_transplantation within 5 years or underwent liver_transplantation within 2 years",
            COMPLETE,
            "no liver transplantation in the past 5 years",
        ),
        (
            "rise in creatinine within 7 days >= 90 umol/L",
            {"observations": RISING},
            "creatinine 80 > … > 85 umol/L, limit 90 umol/L",
        ),
    ],
)
def test_what_is_against_a_line_says_its_time(rule: str, record: dict[str, Any], told: str) -> None:
    rules = rulebook_with_trial(f"inclusion I1\n  > a line of the protocol\n  {rule}\n")
    (criterion,) = evaluate(read_patient({"id": "anna", **record}, rules), rules, as_of=AS_OF).trials[0].criteria
    assert criterion.status == "failed"
    assert against(criterion) == told
