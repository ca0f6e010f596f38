"""A patient as one row: what the columns of the facts hold, and the way there and back.

`patient_of(person_of(patient), patient.digest)` is equal to `patient`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import chain, pairwise
from typing import TypeVar

from msgspec import Struct

from screener.records.notes import Note
from screener.records.patient import (
    Absence,
    Answer,
    Episode,
    Near,
    Patient,
    ReadWith,
    Result,
    digest_of_record,
)
from screener.rulebook import RecordList, Sex
from screener.values.dates import Moment


class Filed(Struct, frozen=True):
    """A list, and the concepts under which an entry stands on it."""

    list: RecordList
    names: tuple[str, ...]


class MayBe(Struct, frozen=True):
    """An entry that may be several concepts. It stands here once, with all that it may be, list by list."""

    entry: Episode
    filed: tuple[Filed, ...]


class UnreadList(Struct, frozen=True):
    """A list that cannot be complete, with the entries that nobody can read."""

    list: RecordList
    entries: str


class NoneKnown(Struct, frozen=True):
    """A list that the record calls empty, as of these days (proleptic Gregorian ordinals)."""

    list: RecordList
    days: tuple[int, ...]


class Person(Struct, frozen=True):
    """One row of the facts: a patient. Fields are those of `Patient`, with every entry once; `facts` is the digest
    of what is on record, by which it is seen whether anything of it has changed: `origins.record` of a result."""

    id: str
    as_of: int | None
    birth: Moment | None
    died: Moment | None
    age_years: int | None
    impossible_age: str | None
    sex: Sex | None
    results: tuple[Result, ...]
    episodes: tuple[Episode, ...]
    absences: tuple[Absence, ...]
    may_be: tuple[MayBe, ...]
    answers: tuple[Answer, ...]
    complete: tuple[RecordList, ...]
    unread: tuple[UnreadList, ...]
    near: tuple[Near, ...]
    none_known_on: tuple[NoneKnown, ...]
    noted: tuple[Note, ...]
    shares_id: bool
    identifiers: frozenset[tuple[str | None, str]] | None
    address: str | None
    read_with: ReadWith
    facts: str


_ALIKE = (
    *("id", "as_of", "birth", "died", "age_years", "impossible_age", "sex"),
    *("near", "noted", "shares_id", "identifiers", "address", "read_with"),
)
"""The fields that a patient and a row have alike."""


def person_of(patient: Patient) -> Person:
    """The row of a patient."""
    return Person(
        **{field: getattr(patient, field) for field in _ALIKE},
        results=_all(patient.results),
        episodes=_all(patient.episodes),
        absences=_all(patient.absences),
        may_be=_filed(patient.may_be),
        answers=tuple(patient.answers.values()),
        complete=tuple(sorted(patient.complete)),
        unread=tuple(UnreadList(list_, entries) for list_, entries in patient.unread.items()),
        none_known_on=tuple(NoneKnown(list_, days) for list_, days in patient.none_known_on.items()),
        facts=digest_of_record(patient),
    )


def patient_of(person: Person, digest: str) -> Patient:
    """The patient of a row, read with the dictionary of that digest."""
    may_be: dict[RecordList, dict[str, list[Episode]]] = {}
    for each in person.may_be:
        for filed in each.filed:
            of_list = may_be.setdefault(filed.list, {})
            for name in filed.names:
                of_list.setdefault(name, []).append(each.entry)
    return Patient(
        **{field: getattr(person, field) for field in _ALIKE},
        digest=digest,
        results=_grouped(person.results, "fact"),
        episodes=_grouped(person.episodes, "concept"),
        absences=_grouped(person.absences, "concept"),
        may_be={list_: {name: tuple(those) for name, those in named.items()} for list_, named in may_be.items()},
        answers={each.key: each for each in person.answers},
        complete=frozenset(person.complete),
        unread={each.list: each.entries for each in person.unread},
        none_known_on={each.list: each.days for each in person.none_known_on},
    )


OneFact = TypeVar("OneFact")


def _all(grouped: Mapping[str, Sequence[OneFact]]) -> tuple[OneFact, ...]:
    return tuple(chain.from_iterable(grouped.values()))


def _grouped(facts: Iterable[OneFact], field: str) -> dict[str, tuple[OneFact, ...]]:
    groups: dict[str, list[OneFact]] = {}
    for each in facts:
        groups.setdefault(getattr(each, field), []).append(each)
    return {name: tuple(those) for name, those in groups.items()}


def _filed(may_be: Mapping[RecordList, Mapping[str, Sequence[Episode]]]) -> tuple[MayBe, ...]:
    """Each entry once, in an order in which every list can be filled again: of two entries that stand on one list, the
    first there comes first here, too."""
    filed: dict[Episode, dict[RecordList, list[str]]] = {}
    order: TopologicalSorter[Episode] = TopologicalSorter()
    for list_, of_list in may_be.items():
        for name, entries in of_list.items():
            for entry in entries:
                filed.setdefault(entry, {}).setdefault(list_, []).append(name)
                order.add(entry)
            for earlier, later in pairwise(entries):
                order.add(later, earlier)
    return tuple(
        MayBe(entry, tuple(Filed(list_, tuple(names)) for list_, names in filed[entry].items()))
        for entry in order.static_order()
    )
