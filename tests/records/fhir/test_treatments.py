"""Procedures and drugs: done, going on, planned, ordered, given, taken."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from records.fhir.tiny import (
    ATC,
    DAY,
    SNOMED,
    Json,
    coded,
    may_be,
    note_of,
    only_absence,
    only_episode,
    read,
    read_asking,
    resource,
)
from screener.records.patient import Absence, Episode, Flag
from screener.values.dates import END, Moment, parse_moment

WHEN = parse_moment(DAY)
LATER = parse_moment("2026-02-20")


def or_later(moment: Moment) -> Moment:
    return Moment(moment.first, END, moment.text)


def span(moment: Moment | None) -> tuple[int, int] | None:
    return (moment.first, moment.last) if moment is not None else None


# ---- procedures


def procedure(**fields: Any) -> Json:
    return resource(
        "Procedure", **{"status": "completed", "code": coded("dialysis"), "performedDateTime": DAY, **fields}
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", Episode("dialysis", "procedures", "Procedure/1", WHEN, WHEN, status="done")),
        ("in-progress", Episode("dialysis", "procedures", "Procedure/1", WHEN, ongoing=True, status="ongoing")),
        ("preparation", Episode("dialysis", "plans", "Procedure/1", WHEN, status="planned")),
        *(
            (
                status,
                Episode(
                    "dialysis",
                    "procedures",
                    "Procedure/1",
                    WHEN,
                    WHEN if status == "stopped" else or_later(WHEN),
                    status=status,
                    doubtful=True,
                    flags=(Flag("unusable", f"whether it was done is not clear: {status}"),),
                ),
            )
            for status in ("stopped", "on-hold", "unknown", "nonsense")
        ),
    ],
)
def test_a_procedure_by_its_status(status: str, expected: Episode) -> None:
    assert only_episode(read(procedure(status=status))) == replace(expected, called="`dialysis`")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("not-done", "it was not done, which says nothing of another time"),
        ("entered-in-error", "it was entered in error"),
    ],
)
def test_a_procedure_that_was_not_done_clears_nothing(status: str, why: str) -> None:
    patient = read(procedure(status=status))
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    assert note_of(patient) == f"Procedure/1: {why}"


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({"performedDateTime": "2026-02"}, span(parse_moment("2026-02")), span(parse_moment("2026-02"))),
        ({"performedPeriod": {"start": DAY, "end": "2026-02-20"}}, span(WHEN), span(LATER)),
        ({"performedPeriod": {"start": DAY}}, span(WHEN), None),
        ({"performedPeriod": {"end": DAY}}, None, span(WHEN)),
        ({"performedString": DAY}, span(WHEN), span(WHEN)),
        ({"performedString": "last spring"}, None, None),
        (
            {"performedAge": {"value": 38, "code": "a"}},
            *(span(Moment(parse_moment("2019-05-04").first, parse_moment("2020-05-03").last)),) * 2,
        ),
        ({}, None, None),
    ],
)
def test_when_a_procedure_was(fields: Json, start: Any, end: Any) -> None:
    episode = only_episode(read(procedure(**{"performedDateTime": None, **fields})))
    assert (span(episode.start), span(episode.end)) == (start, end)


def test_a_procedure_without_a_time_was_some_time_during_its_encounter() -> None:
    encounter = resource("Encounter", id="e", period={"start": DAY, "end": "2026-02-20"})
    patient = read(procedure(performedDateTime=None, encounter={"reference": "Encounter/e"}), encounter)
    assert span(only_episode(patient).start) == (WHEN.first, LATER.last)


def test_an_encounter_whose_period_cannot_be_read_is_told_once() -> None:
    encounter = resource("Encounter", id="e", period={"start": "31.01.2026"})
    one = procedure(performedDateTime=None, encounter={"reference": "Encounter/e"})
    patient = read(one, {**one, "id": "2"}, encounter)
    assert [each.start for each in patient.episodes["dialysis"]] == [None, None]
    assert [note for note in patient.notes if note.startswith("Encounter/e")] == [
        "Encounter/e: its `start` `31.01.2026` is not a date, and says nothing of when"
    ]


def test_a_code_that_says_never_is_an_absence() -> None:
    patient = read(procedure(code=coded("900006", SNOMED)))
    assert only_absence(patient) == Absence("dialysis", "procedures", "Procedure/1", WHEN)


@pytest.mark.parametrize("status", ["in-progress", "preparation", "unknown", "stopped"])
def test_a_never_that_is_not_certain_is_no_absence(status: str) -> None:
    patient = read(procedure(code=coded("900006", SNOMED), status=status))
    assert (patient.episodes, patient.absences) == ({}, {})
    assert patient.unread == {"procedures": "Procedure/1"}


# ---- requests


def request(**fields: Any) -> Json:
    return resource(
        "ServiceRequest",
        **{"status": "active", "intent": "order", "code": coded("dialysis"), "occurrenceDateTime": "2026-04", **fields},
    )


@pytest.mark.parametrize(
    ("status", "intent", "doubtful", "flags"),
    [
        ("active", "order", False, ()),
        ("active", "plan", False, ()),
        ("active", "proposal", True, ()),
        ("on-hold", "order", True, ("on hold",)),
        ("draft", "order", True, ("a draft",)),
        ("unknown", "order", True, ("whether it is in force is not clear",)),
        (None, "order", True, ("whether it is in force is not clear",)),
    ],
)
def test_a_request_for_a_procedure_is_a_plan(
    status: str | None, intent: str, doubtful: bool, flags: tuple[str, ...]
) -> None:
    patient = read(request(status=status, intent=intent))
    plans = [replace(each, codings=frozenset()) for each in patient.episodes["dialysis"] if each.list == "plans"]
    assert plans == [
        Episode(
            "dialysis",
            "plans",
            "ServiceRequest/1",
            parse_moment("2026-04"),
            status="planned",
            called="`dialysis`",
            doubtful=doubtful,
            flags=tuple(Flag("unusable", text) for text in flags),
        )
    ]


@pytest.mark.parametrize("status", ["completed", "unknown"])
def test_a_request_that_may_have_been_carried_out_leaves_open_whether_it_was(status: str) -> None:
    patient = read(request(status=status))
    done = [each for each in patient.episodes["dialysis"] if each.list == "procedures"]
    assert [each.doubtful for each in done] == [True]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "revoked"}, "it was revoked"),
        ({"status": "entered-in-error"}, "it was entered in error"),
        ({"doNotPerform": True}, "it asks that something be not done"),
    ],
)
def test_a_request_that_asks_for_nothing_plans_nothing(fields: Json, why: str) -> None:
    patient = read(request(**fields))
    assert (patient.episodes, patient.unread) == ({}, {})
    assert note_of(patient) == f"ServiceRequest/1: {why}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"occurrenceDateTime": "2026-04"}, span(parse_moment("2026-04"))),
        ({"occurrencePeriod": {"start": DAY, "end": "2026-02-20"}}, (WHEN.first, LATER.last)),
        ({"occurrencePeriod": {"start": DAY}}, (WHEN.first, END)),
        ({}, None),
    ],
)
def test_when_something_is_planned(fields: Json, expected: Any) -> None:
    patient = read(request(**{"occurrenceDateTime": None, **fields}))
    assert span(only_episode(patient).start) == expected


def test_a_timing_of_a_plan_is_not_read_and_says_so() -> None:
    patient = read(request(occurrenceDateTime=None, occurrenceTiming={"repeat": {"frequency": 3}}))
    assert only_episode(patient).start is None
    assert note_of(patient) == "ServiceRequest/1: its `occurrenceTiming` is not read, and says nothing of when"


# ---- drugs

STEROID = coded("H02AB06", ATC)


def statement(**fields: Any) -> Json:
    return resource("MedicationStatement", **{"status": "active", "medicationCodeableConcept": STEROID, **fields})


@pytest.mark.parametrize(
    ("status", "time", "expected"),
    [
        ("active", {"effectiveDateTime": DAY}, (WHEN, None, True, False, False)),
        # Active, and with an end: on any day from then on it may be over.
        ("active", {"effectivePeriod": {"start": DAY, "end": DAY}}, (WHEN, or_later(WHEN), False, False, False)),
        ("active", {"effectivePeriod": {"start": DAY}}, (WHEN, None, True, False, False)),
        (
            "active",
            {"effectivePeriod": {"start": DAY, "end": "2026-02-20"}},
            (WHEN, or_later(LATER), False, False, False),
        ),
        ("active", {}, (None, None, True, False, False)),
        ("completed", {"effectivePeriod": {"start": DAY, "end": "2026-02-20"}}, (WHEN, LATER, False, True, False)),
        ("completed", {"effectiveDateTime": DAY}, (WHEN, None, False, True, False)),
        ("stopped", {}, (None, None, False, True, False)),
        ("on-hold", {"effectiveDateTime": DAY}, (WHEN, None, False, False, True)),
        ("unknown", {}, (None, None, False, False, True)),
        (None, {}, (None, None, False, False, True)),
    ],
)
def test_a_drug_that_is_said_to_be_taken(status: str | None, time: Json, expected: Any) -> None:
    episode = only_episode(read(statement(status=status, **time)))
    assert (episode.concept, episode.list) == ("systemic_glucocorticoid", "medications")
    assert (episode.start, episode.end, episode.ongoing, episode.ended, episode.doubtful) == expected


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("not-taken", "the drug was not taken, which says nothing of another time"),
        ("intended", "the drug is only intended"),
        ("entered-in-error", "it was entered in error"),
    ],
)
def test_a_drug_that_is_not_taken_clears_nothing(status: str, why: str) -> None:
    patient = read(statement(status=status))
    assert (patient.episodes, patient.absences, patient.unread) == ({}, {}, {})
    assert note_of(patient) == f"MedicationStatement/1: {why}"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", (WHEN, WHEN, False, False)),
        ("stopped", (WHEN, WHEN, False, False)),
        ("in-progress", (WHEN, None, True, False)),
        ("unknown", (WHEN, or_later(WHEN), False, True)),
        ("on-hold", (WHEN, or_later(WHEN), False, True)),
    ],
)
def test_a_drug_that_was_given(status: str, expected: Any) -> None:
    body = resource("MedicationAdministration", status=status, medicationCodeableConcept=STEROID, effectiveDateTime=DAY)
    episode = only_episode(read(body))
    assert (episode.start, episode.end, episode.ongoing, episode.doubtful) == expected


def order(**fields: Any) -> Json:
    stated = {"status": "active", "intent": "order", "medicationCodeableConcept": STEROID, "authoredOn": DAY}
    return resource("MedicationRequest", **{**stated, **fields})


@pytest.mark.parametrize(
    ("status", "doubtful", "ended"),
    [
        ("active", True, False),
        ("on-hold", True, False),
        ("unknown", True, False),
        ("stopped", True, True),
        ("completed", False, True),
        (None, True, False),
    ],
)
def test_an_order_leaves_open_whether_the_drug_was_taken(status: str | None, doubtful: bool, ended: bool) -> None:
    episode = only_episode(read(order(status=status)))
    assert (episode.start, episode.end, episode.doubtful, episode.ended) == (or_later(WHEN), None, doubtful, ended)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "cancelled"}, "it is no order in force: cancelled"),
        ({"status": "draft"}, "it is no order in force: draft"),
        ({"intent": "proposal"}, "it is no order in force: proposal"),
        ({"intent": "option"}, "it is no order in force: option"),
        ({"doNotPerform": True}, "it asks that a drug be not given"),
        ({"status": "entered-in-error"}, "it was entered in error"),
    ],
)
def test_an_order_that_is_none_is_set_aside(fields: Json, why: str) -> None:
    patient = read(order(**fields))
    assert (patient.episodes, patient.unread) == ({}, {})
    assert note_of(patient) == f"MedicationRequest/1: {why}"


def dosage(start: str | None, end: str | None) -> Json:
    bounds = {field: day for field, day in (("start", start), ("end", end)) if day is not None}
    return {"timing": {"repeat": {"boundsPeriod": bounds}}}


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({"dosageInstruction": [dosage(DAY, "2026-02-20")]}, span(WHEN), span(LATER)),
        (
            {"dosageInstruction": [dosage("2026-02-01", DAY), dosage(DAY, "2026-02-20")]},
            span(parse_moment("2026-02-01")),
            span(LATER),
        ),
        ({"dosageInstruction": [dosage(DAY, "2026-02-19"), {"text": "then taper"}]}, span(WHEN), None),
        ({"dosageInstruction": [dosage(DAY, None)]}, span(WHEN), None),
        ({"dispenseRequest": {"validityPeriod": {"start": DAY, "end": "2026-02-20"}}}, (WHEN.first, LATER.last), None),
        ({"dispenseRequest": {"validityPeriod": {"start": "x"}}}, span(or_later(WHEN)), None),
        ({}, span(or_later(WHEN)), None),
        ({"authoredOn": None}, None, None),
    ],
)
def test_the_time_of_an_order(fields: Json, start: Any, end: Any) -> None:
    episode = only_episode(read(order(status="completed", **fields)))
    assert (span(episode.start), span(episode.end)) == (start, end)


@pytest.mark.parametrize("where", ["contained", "beside"])
@pytest.mark.parametrize(
    ("medication", "drugs"),
    [
        ({"code": STEROID}, ["systemic_glucocorticoid"]),
        ({"code": coded("1", "urn:x"), "ingredient": [{"itemCodeableConcept": STEROID}]}, ["systemic_glucocorticoid"]),
        (
            {"ingredient": [{"itemCodeableConcept": STEROID}, {"itemCodeableConcept": coded("interferon")}]},
            ["systemic_glucocorticoid", "interferon"],
        ),
        ({}, []),
        ({"code": STEROID, "modifierExtension": [{"url": "urn:not"}]}, []),
    ],
)
def test_a_drug_by_reference(where: str, medication: Json, drugs: list[str]) -> None:
    body = {"resourceType": "Medication", "id": "m", **medication}
    target = {"reference": "#m" if where == "contained" else "Medication/m"}
    taken = statement(medicationCodeableConcept=None, medicationReference=target)
    patient = read({**taken, "contained": [body]}) if where == "contained" else read(taken, body)
    assert list(patient.episodes) == drugs
    assert bool(patient.unread) is not bool(drugs)


@pytest.mark.parametrize("where", ["contained", "beside"])
def test_a_drug_by_reference_that_nobody_can_read_may_be_any(where: str) -> None:
    body = {"resourceType": "Medication", "id": "m", "code": coded("1", "urn:x")}
    target = {"reference": "#m" if where == "contained" else "Medication/m"}
    taken = statement(medicationCodeableConcept=None, medicationReference=target)
    together = ({**taken, "contained": [body]},) if where == "contained" else (taken, body)
    patient = read_asking(*together)
    assert may_be(patient) == {"medications": {"MedicationStatement/1"}}
    assert set(patient.may_be["medications"]) == {"systemic_glucocorticoid", "interferon"}


def test_a_code_that_says_that_no_drug_is_known_is_not_that_none_was_taken() -> None:
    patient = read(statement(medicationCodeableConcept=coded("900007", SNOMED)))
    assert (patient.episodes, patient.absences) == ({}, {})
    assert note_of(patient) == (
        "MedicationStatement/1: its code says that no drug is known, which is not that none was taken"
    )
