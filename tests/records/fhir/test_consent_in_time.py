"""A consent counts from the day on which it begins, and as every version of FHIR says yes, no and except."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.test_participation import consent
from records.fhir.tiny import PATIENT, bundle
from screener import evaluate, load_rules

TRIAL = "NCT07409259"


def answered(day: str, **fields: Any) -> str:
    policy = [{"uri": f"https://clinicaltrials.gov/study/{TRIAL}"}]
    given = consent(**{"policy": policy, **fields})
    screening = evaluate(bundle(PATIENT, given), rules=load_rules(), as_of=day, trials=[TRIAL])
    (line,) = (each for each in screening.trials[0].criteria if "informed" in each.text)
    return line.status


PERMIT = {"type": "permit"}


@pytest.mark.parametrize(
    ("day", "start", "status"),
    [
        ("2026-03-11", "2027-01-01", "unknown"),
        ("2026-03-11", "2026-03-12", "unknown"),
        ("2026-03-11", "2026", "unknown"),
        ("2026-03-11", "2026-03-11", "passed"),
        ("2026-03-11", "2026-02-10", "passed"),
        ("2026-03-11", "2025", "passed"),
        ("2027-01-02", "2027-01-01", "passed"),
    ],
)
def test_a_consent_counts_from_its_first_day(day: str, start: str, status: str) -> None:
    assert answered(day, provision={**PERMIT, "period": {"start": start}}) == status
    assert answered(day, provision=PERMIT, period={"start": start}) == status
    assert answered(day, provision={**PERMIT, "period": {"start": start}}, dateTime=None) == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"provision": None, "decision": "deny"}, "failed"),
        ({"provision": None, "decision": "permit"}, "passed"),
        ({"provision": PERMIT, "decision": "permit"}, "passed"),
        ({"provision": PERMIT, "decision": "deny"}, "unknown"),
        ({"provision": {"type": "deny"}, "decision": "permit"}, "unknown"),
        ({"provision": [{"actor": []}], "decision": "permit"}, "unknown"),
        ({"provision": PERMIT, "except": [{"type": "deny"}]}, "unknown"),
        ({"provision": None, "decision": "permit", "except": [{"type": "deny"}]}, "unknown"),
        ({"provision": PERMIT, "period": {"end": "2026-01-01"}}, "unknown"),
        ({"provision": PERMIT, "period": {"end": 5}}, "unknown"),
        ({"status": "rejected", "provision": {"period": {"start": 5}}}, "failed"),
        ({"status": "rejected", "provision": {"period": {"start": "2027"}}}, "failed"),
    ],
)
def test_every_version_says_whether_it_is_given(fields: Any, status: str) -> None:
    assert answered("2026-03-11", **fields) == status
