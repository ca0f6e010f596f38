"""What a record calls things, as it is read."""

from __future__ import annotations

from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.sightings import Sighting, Sightings


def seen(**record: Any) -> list[tuple[Sighting, int]]:
    sightings = Sightings()
    read_patient(record, SMALL, sightings=sightings)
    return list(sightings)


def test_each_code_and_each_name_is_seen_with_what_the_entry_was_read_as() -> None:
    assert seen(
        observations=[
            {"loinc": "2160-0", "value": 1, "unit": "mg/dL"},
            {"loinc": "2160-0", "value": 2, "unit": "mg/dL"},
            {"loinc": "2160-0", "value": 2},
            {"name": "BUN", "system": "urn:lab", "code": "H1", "value": 2, "unit": "mg/dL"},
            {"loinc": "1-8", "value": 2},
        ],
        conditions=[{"name": "cirrhosis"}, {"snomed": "900005"}],
        family_history=[{"name": "mental_disorder"}],
        medications=[{"atc": "H02AB06"}],
        events=[{"system": "fhir", "code": "ResearchSubject"}],
    ) == [
        (Sighting("lab", "loinc", "2160-0", None, "mg/dL", ("creatinine",)), 2),
        (Sighting("lab", "loinc", "2160-0", None, None, ("creatinine",)), 1),
        (Sighting("lab", "urn:lab", "H1", "BUN", "mg/dL", ("urea_nitrogen",)), 1),
        (Sighting("lab", "loinc", "1-8", None, None, ()), 1),
        (Sighting("condition", None, None, "cirrhosis", None, ("cirrhosis",)), 1),
        (Sighting("condition", "snomed", "900005", None, None, ("no hiv_infection",)), 1),
        (Sighting("drug", "atc", "H02AB06", None, None, ("systemic_glucocorticoid",)), 1),
        (Sighting("event", "fhir", "ResearchSubject", None, None, ("trial_participation",)), 1),
        (Sighting("condition", None, None, "mental_disorder", None, ("mental_disorder",)), 1),
    ]


def test_what_a_record_that_is_refused_calls_things_is_seen_too() -> None:
    sightings = Sightings()
    with pytest.raises(RecordError):
        read_patient(
            {"observations": [{"name": "Quick", "value": 1}, {"code": "Q", "value": 1, "unit": "%"}, {"value": []}]},
            SMALL,
            sightings=sightings,
        )
    assert list(sightings) == [
        (Sighting("lab", None, None, "Quick", None, ()), 1),
        (Sighting("lab", None, "Q", None, "%", ()), 1),
    ]


def test_of_a_quantity_in_fhir_the_unit_is_seen_as_it_is_written_else_as_it_is_coded() -> None:
    sightings = Sightings()
    code = {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}
    units = ({"unit": "mg/dl", "code": "mg/dL"}, {"code": "umol/L"}, {})
    entries = [
        {
            "resource": {
                "resourceType": "Observation",
                "id": str(number),
                "code": code,
                "valueQuantity": {"value": 1} | unit,
            }
        }
        for number, unit in enumerate(units)
    ]
    read_patient({"resourceType": "Bundle", "entry": entries}, SMALL, sightings=sightings)
    assert [(seen.unit, count) for seen, count in sightings] == [("mg/dl", 1), ("umol/L", 1), (None, 1)]


def test_an_entry_that_says_nothing_is_not_seen() -> None:
    sightings = Sightings()
    read_patient({"observations": [{"value": 1}]}, SMALL, sightings=sightings)
    assert list(sightings) == []
