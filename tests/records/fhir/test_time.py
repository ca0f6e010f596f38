"""When an Observation was made: what FHIR calls its effective time, in every form, and what bounds it without one."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import Json, observation, only_result, read, resource
from screener.values.dates import BEGINNING, DAY, END, Moment, parse_moment


def when(**fields: Any) -> Moment | None:
    others: list[Json] = fields.pop("others", [])
    patient = read(observation("INR", valueQuantity={"value": 2}, **{"effectiveDateTime": None, **fields}), *others)
    return only_result(patient).when


def between(first: str, last: str) -> tuple[int, int]:
    return parse_moment(first).first, parse_moment(last).last


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-02",
        "2026-02-18",
        "2026-02-18T07:40:00Z",
        "2026-02-18T07:40:00+08:00",
        "2026-02-18T07:40:00.123-03:30",
    ],
)
def test_a_date_time_is_as_exact_as_it_is_written(text: str) -> None:
    assert when(effectiveDateTime=text) == parse_moment(text)
    assert when(effectiveInstant=text) == parse_moment(text)


def test_the_day_is_that_of_the_clock_of_the_record() -> None:
    moment = when(effectiveDateTime="2026-02-18T23:30:00-08:00")
    assert moment is not None
    assert moment.first_day == parse_moment("2026-02-18").first_day
    assert moment.offset == -480


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"start": "2026-02-17", "end": "2026-02-18"}, between("2026-02-17", "2026-02-18")),
        ({"start": "2026-02-17"}, (parse_moment("2026-02-17").first, END)),
        ({"end": "2026-02-18"}, (BEGINNING, parse_moment("2026-02-18").last)),
    ],
)
def test_a_period_is_some_time_in_it(period: Json, expected: tuple[int, int]) -> None:
    moment = when(effectivePeriod=period)
    assert moment is not None
    assert (moment.first, moment.last) == expected


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ({"event": ["2026-02-18"]}, between("2026-02-18", "2026-02-18")),
        (
            {"repeat": {"boundsPeriod": {"start": "2026-02-01", "end": "2026-02-03"}}},
            between("2026-02-01", "2026-02-03"),
        ),
        ({"event": ["2026-02-17", "2026-02-18"]}, between("2026-02-17", "2026-02-18")),
    ],
)
def test_a_timing_is_some_time_among_those_that_it_names(timing: Json, expected: tuple[int, int]) -> None:
    moment = when(effectiveTiming=timing)
    assert moment is not None
    assert (moment.first, moment.last) == expected


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"effectiveDateTime": "18.02.2026"}, "its `effectiveDateTime` `18.02.2026` is not a date"),
        ({"effectiveDateTime": "2026-02-30"}, "its `effectiveDateTime` `2026-02-30` is not a date"),
        (
            {"effectivePeriod": {"start": "2026-02-18", "end": "2026-02-17"}},
            "its `effectivePeriod` ends before it begins",
        ),
    ],
)
def test_a_time_that_cannot_be_understood_is_noted_and_unknown(fields: Json, fault: str) -> None:
    patient = read(observation("INR", valueQuantity={"value": 2}, **{"effectiveDateTime": None, **fields}))
    assert only_result(patient).when is None
    assert patient.notes == (f"Observation/1: {fault}, and says nothing of when",)


def test_without_an_effective_time_the_specimen_then_the_encounter_then_the_issue_bound_it() -> None:
    specimen = resource("Specimen", id="s", collection={"collectedDateTime": "2026-02-10"})
    drawn = resource("Specimen", id="t", collection={"collectedPeriod": {"start": "2026-02-10", "end": "2026-02-11"}})
    encounter = resource("Encounter", id="e", period={"start": "2026-02-12", "end": "2026-02-14"})
    everything: Json = {
        "issued": "2026-02-16T08:00:00Z",
        "encounter": {"reference": "Encounter/e"},
        "specimen": {"reference": "Specimen/s"},
        "others": [specimen, drawn, encounter],
    }
    seen = [
        when(**everything),
        when(**everything | {"specimen": {"reference": "Specimen/t"}}),
        when(**everything | {"specimen": None}),
        when(**everything | {"specimen": None, "encounter": None}),
        when(others=[specimen]),
    ]
    assert [(each.first, each.last) if each is not None else None for each in seen] == [
        between("2026-02-10", "2026-02-10"),
        between("2026-02-10", "2026-02-11"),
        between("2026-02-12", "2026-02-14"),
        (BEGINNING, parse_moment("2026-02-16T08:00:00Z").last),
        None,
    ]


def test_an_encounter_without_a_beginning_bounds_nothing() -> None:
    encounter = resource("Encounter", id="e", period={"end": "2026-02-14"})
    assert when(encounter={"reference": "Encounter/e"}, others=[encounter]) is None


def test_a_result_before_birth_is_kept_and_noted() -> None:
    patient = read(observation("INR", valueQuantity={"value": 2}, effectiveDateTime="1981-05-03"))
    assert only_result(patient).when == parse_moment("1981-05-03")
    assert patient.notes == ("Observation/1: `1981-05-03` is before the birth date `1981-05-04`",)
    assert read(observation("INR", valueQuantity={"value": 2}, effectiveDateTime="1981-05-04")).notes == ()


def test_a_day_is_all_of_its_hours() -> None:
    moment = when(effectiveDateTime="2026-02-18")
    assert moment is not None
    assert moment.last - moment.first == DAY - 1
