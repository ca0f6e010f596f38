"""A birth date that cannot be right on the day of screening says nothing: neither how old somebody is, nor when
something happened that the record dates by age.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from screener.records.errors import quoted
from screener.records.notes import Note
from screener.records.patient import Episode, Patient
from screener.values.dates import OLDEST_AGE, Moment, completed_years, day_in_words


def with_possible_age(patient: Patient, day: int) -> Patient:
    """The patient without an age that nobody has on that day, and with a note that says so."""
    if (why := _why_impossible(patient, day)) is None:
        return patient
    return replace(
        patient,
        birth=None,
        age_years=None,
        impossible_age=str(patient.age_years) if patient.birth is None else patient.birth.text,
        episodes={name: _without_ages(those) for name, those in patient.episodes.items()},
        may_be={list_: _each_without_ages(of_list) for list_, of_list in patient.may_be.items()},
        noted=(Note(f"{why}: the age is not known"), *patient.noted),
    )


def _why_impossible(patient: Patient, day: int) -> str | None:
    if patient.birth is not None:
        written = f"the birth date {quoted(patient.birth.text)}"
        if patient.birth.first_day > day:
            return f"{written} is after the day of screening, {day_in_words(day)}"
        youngest = completed_years(min(patient.birth.last_day, day), day)
        return f"by {written} the patient is {youngest} years old" if youngest > OLDEST_AGE else None
    if patient.age_years is None:
        return None
    stated_on = day if patient.as_of is None else patient.as_of
    youngest = patient.age_years + (completed_years(stated_on, day) if day > stated_on else 0)
    if youngest <= OLDEST_AGE:
        return None
    return f"by the age of {patient.age_years} years on {day_in_words(stated_on)} the patient is {youngest} years old"


def _each_without_ages(of_list: Mapping[str, tuple[Episode, ...]]) -> dict[str, tuple[Episode, ...]]:
    return {name: _without_ages(those) for name, those in of_list.items()}


def _without_ages(those: tuple[Episode, ...]) -> tuple[Episode, ...]:
    return tuple(
        replace(each, start=_if_dated(each.start), end=_if_dated(each.end))
        if _is_by_age(each.start) or _is_by_age(each.end)
        else each
        for each in those
    )


def _is_by_age(moment: Moment | None) -> bool:
    return moment is not None and moment.by_age


def _if_dated(moment: Moment | None) -> Moment | None:
    return None if _is_by_age(moment) else moment
