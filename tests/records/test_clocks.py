"""Clocks of a record: what is told where they leave an order open, and which version of a thing is the later."""

from __future__ import annotations

import pytest

from records.fhir.tiny import Json, bundle, observation
from records.fhir_sources import dictionary
from screener import evaluate, load_rules
from screener.records import read_patient


def weights(*told: tuple[float, str]) -> Json:
    return {
        "observations": [{"name": "body_weight", "value": value, "unit": "kg", "date": when} for value, when in told]
    }


OPEN = "observations[0]: body_weight: its time has no time zone, so another result may be earlier or later"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (weights((70, "2026-02-19T09:00"), (40, "2026-02-19T01:30Z")), (OPEN,)),
        (weights((70, "2026-02-19T09:00"), (70, "2026-02-19T01:30Z")), ()),
        (weights((70, "2026-02-18T09:00"), (40, "2026-02-19T01:30Z")), ()),
        (weights((70, "2026-02-19"), (40, "2026-02-19T01:30Z")), ()),
        (weights((70, "2026-02-19T09:00"), (40, "2026-02-19T10:30")), ()),
        (weights((70, "2026-02-19T09:00+01:00"), (40, "2026-02-19T01:30Z")), ()),
        (weights((70, "2026-02-18T09:00"), (40, "2026-02-18T01:30Z"), (60, "2026-02-19")), ()),
        (weights((70, "2026-02-18T09:00"), (40, "2026-02-18T01:30Z"), (60, "2026-02-18")), (OPEN,)),
        (weights((70, "2026-02-19T09:00"), (40, "2026-02-19T01:30Z"), (60, "2026-02-20T23:00Z")), ()),
    ],
)
def test_a_note_tells_only_where_the_latest_result_is_open(record: Json, expected: tuple[str, ...]) -> None:
    assert read_patient(record, dictionary()).notes == expected


@pytest.mark.parametrize("text", ["2026-02-20T10:00:00+01:00", "2026-02-20T23:59-12:00", "20260220", " 2026-02-20 "])
def test_the_day_of_screening_is_the_day_of_its_own_clock(text: str) -> None:
    screening = evaluate({"as_of": text, **weights((40, "2026-02-19"))}, rules=load_rules())
    assert screening.as_of.isoformat() == "2026-02-20"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("2026-02-18T23:29:00-05:00", "2026-02-19T04:30:00Z", 40),
        ("2026-02-18T23:31:00-05:00", "2026-02-19T04:30:00Z", 70),
        ("2026-02-18T02:30:00+02:00", "2026-02-18T02:10:00+01:00", 40),
    ],
)
def test_the_later_version_is_later_in_utc(first: str, second: str, expected: float) -> None:
    versions = [
        observation("body_weight", valueQuantity={"value": value, "unit": "kg"}, meta={"lastUpdated": updated})
        for value, updated in ((70, first), (40, second))
    ]
    for order in (versions, versions[::-1]):
        patient = read_patient(bundle({"resourceType": "Patient", "id": "p"}, *order), dictionary())
        (result,) = patient.results["body_weight"]
        assert result.value is not None
        assert (result.value.low, result.value.high) == (expected, expected)


@pytest.mark.parametrize(
    ("start", "end", "is_kept"),
    [
        ("2026-02-15T02:30:00+02:00", "2026-02-15T02:10:00+01:00", True),
        ("2026-02-15T23:30:00-05:00", "2026-02-16T04:30:00Z", True),
        ("2026-02-15T23:30:00-05:00", "2026-02-16T04:29:59Z", False),
        ("2026-02-15T23:30:00", "2026-02-15T09:30:00Z", True),
        ("2026-02-15T23:30:00", "2026-02-15T09:29:59Z", False),
    ],
)
def test_a_period_ends_before_it_begins_only_by_the_instants(start: str, end: str, is_kept: bool) -> None:
    record = bundle(
        {"resourceType": "Patient", "id": "p"},
        observation(
            "body_weight",
            effectiveDateTime=None,
            effectivePeriod={"start": start, "end": end},
            valueQuantity={"value": 70, "unit": "kg"},
        ),
    )
    patient = read_patient(record, dictionary())
    (result,) = patient.results["body_weight"]
    assert (result.when is not None) == is_kept
    if result.when is not None:
        assert result.when.first <= result.when.last
