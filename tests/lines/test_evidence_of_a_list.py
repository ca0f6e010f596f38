"""What a complete list needs to deny something must be fresh: by the dictionary, and by what a call says of labs."""

from __future__ import annotations

from datetime import date

import pytest

from screener import load_patient
from screener.loading import load_rulebook
from screener.screening import evaluate

EVIDENCE = (("hemoglobin", 120, "g/L"), ("platelets", 120, "10*9/L"), ("procalcitonin", 0.1, "ng/mL"))


@pytest.mark.parametrize(
    ("day", "within", "status"),
    [
        ("2026-02-15", None, "passed"),
        ("2026-02-15", "5 days", "passed"),
        ("2026-02-15", "4 days", "unknown"),
        ("2026-01-30", None, "unknown"),
        ("2026-01-30", "30 days", "unknown"),
    ],
)
def test_evidence_is_fresh_by_the_dictionary_and_by_the_call(day: str, within: str | None, status: str) -> None:
    results = [{"name": name, "value": value, "unit": unit, "date": day} for name, value, unit in EVIDENCE]
    patient = load_patient({"id": "p", "observations": results, "complete": ["conditions"]})
    screening = evaluate(patient, load_rulebook(), as_of=date(2026, 2, 20), labs_within=within)
    assert screening.trial("NCT07409259").criterion("E2").status == status
