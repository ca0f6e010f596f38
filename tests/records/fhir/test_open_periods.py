"""A reason of something that goes on, or of which nobody wrote down the end, may have begun on any day."""

from __future__ import annotations

import pytest

from records.fhir.tiny import PATIENT, Json, bundle, coded, read_asking, resource
from screener import evaluate, load_rules
from screener.values.dates import parse_moment

ACUTE = coded("myocardial_infarction")
SINCE = {"start": "2025-08-01"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Encounter", {"status": "in-progress", "reasonCode": [ACUTE], "period": SINCE}),
        ("Encounter", {"status": "finished", "reasonCode": [ACUTE], "period": SINCE}),
        ("EpisodeOfCare", {"status": "active", "diagnosis": [{"condition": [{"concept": ACUTE}]}], "period": SINCE}),
        ("CarePlan", {"status": "active", "addresses": [{"concept": ACUTE}], "period": SINCE}),
        ("Account", {"diagnosis": [{"condition": {"concept": ACUTE}}], "servicePeriod": SINCE}),
        ("Flag", {"status": "active", "code": ACUTE, "period": SINCE}),
        ("Procedure", {"status": "completed", "reasonCode": [ACUTE], "performedPeriod": SINCE}),
    ],
)
def test_a_reason_without_an_end_may_be_of_today(kind: str, fields: Json) -> None:
    given = resource(kind, id="x", **fields)
    entries = [each for those in read_asking(given).may_be["conditions"].values() for each in those]
    assert entries
    assert all((each.start, each.end) == (None, None) for each in entries if each.source.startswith(f"{kind}/x"))
    screening = evaluate(bundle(PATIENT, given), rules=load_rules(), as_of="2026-03-11", assume_complete=["conditions"])
    (trial,) = (each for each in screening.trials if each.id == "NCT07409259")
    (line,) = (each for each in trial.criteria if each.id == "E5")
    assert line.status == "unknown"


@pytest.mark.parametrize("period", [{"start": "2025-08-01", "end": "2025-08-09"}, {"end": "2025-08-09"}])
def test_a_reason_with_an_end_had_begun_by_then(period: Json) -> None:
    given = resource("Encounter", id="x", status="finished", reasonCode=[ACUTE], period=period)
    entries = [each for those in read_asking(given).may_be["conditions"].values() for each in those]
    begun = {each.start for each in entries if each.start is not None}
    assert {each.last_day for each in begun} == {parse_moment("2025-08-09").last_day}
