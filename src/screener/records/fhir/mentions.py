"""Codes, wordings and reasons outside the resources that are read: a dispense, the reason of an encounter, a bill.

None of them is an entry of a list for certain. Each may be one, at its own dates, and leaves that open, unless an entry
under the same code already speaks of that time. Which fields these are is data: `mentions.tsv` in this folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from screener.records.comparing import folded
from screener.records.fhir.elements import (
    NO_CONCEPT,
    Body,
    Coding,
    Concept,
    Period,
    ShapeError,
    UnreadableError,
    concept,
    concept_of,
    moment,
    period,
    text,
)
from screener.records.fhir.reader import Mention, Reader, label_of
from screener.records.fhir.resources import Resource
from screener.rulebook import RecordList
from screener.values.tables import table_rows

LISTS: Mapping[str, RecordList] = {
    "Condition": "conditions",
    "AllergyIntolerance": "allergies",
    "FamilyMemberHistory": "family_history",
    "Procedure": "procedures",
    "ServiceRequest": "plans",
    "MedicationStatement": "medications",
    "MedicationRequest": "medications",
    "MedicationAdministration": "medications",
    "ResearchSubject": "events",
}
"""The list that a resource of a kind stands on."""
_ALSO_ON: Mapping[str, RecordList] = {
    "Medication": "medications",
    "MedicationOrder": "medications",
    "MedicationDispense": "medications",
    "ProcedureRequest": "plans",
}
"""The same of what is no entry by itself, and may be one."""
_NAMED_BY = ("code", "medicationCodeableConcept", "medicationReference")
"""Where such a resource says what it is."""
ANYWHERE = "**"
"""In a path: what follows, however deep it stands."""


class Fields(Struct, frozen=True):
    """Fields of a resource that may mention an entry of a list."""

    when: tuple[str, ...]
    silent: frozenset[str]
    """Statuses under which the resource says nothing of them."""
    on: RecordList
    unknown: str
    """What a code or wording that nobody knows leaves open: `anything` (also where a `required` one is missing),
    `nothing`, or anything unless `diagnosed`; an `entry` that is referred to is settled elsewhere."""
    paths: tuple[tuple[str, ...], ...]


@cache
def fields() -> Mapping[str, Sequence[Fields]]:
    """Which fields may mention an entry, by the kind of resource."""
    found: dict[str, list[Fields]] = {}
    for kind, when, silent, on, unknown, paths in table_rows(Path(__file__).with_name("mentions.tsv")):
        each = Fields(
            tuple(when.split()),
            frozenset(silent.split()),
            cast("RecordList", on),
            unknown,
            tuple(tuple(path.split(".")) for path in paths.split()),
        )
        found.setdefault(kind, []).append(each)
    return found


def read_mentions(resource: Resource, reader: Reader) -> None:
    """What a resource tells in addition to its own entry, if it is one."""
    of_kind = fields().get(resource.kind)
    if of_kind is None:
        return
    body = resource.body
    if resource.kind == "Encounter" and isinstance(body.get("partOf"), dict):
        _join(resource, body["partOf"], reader)
    status = body.get("status")
    for each in of_kind:
        if (isinstance(status, str) and status in each.silent) or body.get("doNotPerform") is True:
            continue
        told = [one for path in each.paths if path[0] in body or path[0] == ANYWHERE for one in at(body, path)]
        if not told and each.unknown == "required":
            told = [("", {})]
        if not told:
            continue
        when = _when(resource, each.when, reader)
        is_administrative = _is_administrative(resource, reader)
        for place, value in told:
            if each.unknown == "entry":
                named = _entry_at(value, each.on, resource, reader)
            else:
                named = named_in(value, resource, reader)
            if named is None or (named.is_empty and each.unknown == "nothing"):
                continue
            if is_administrative and not named.is_empty:
                _read_administrative(named, each.on, place, when, resource, reader)
                continue
            visit = resource.place if each.unknown == "diagnosed" else None
            place = f"{resource.place}.{place}".rstrip(".")
            reader.mention(Mention(named, each.on, place, when, is_open=each.unknown != "nothing", visit=visit))


def _is_administrative(resource: Resource, reader: Reader) -> bool:
    """Whether every category of a resource is one that says nothing of a disease, such as the diet of a flag."""
    of_kind = _administrative().get(resource.kind)
    if of_kind is None:
        return False
    found: list[bool] = []
    name_of = reader.dictionary.system_name
    for _, value in at(resource.body, ("category",)):
        try:
            category = concept_of(value) if isinstance(value, dict) else NO_CONCEPT
        except ShapeError:
            return False
        codes = {each.code or "" for each in category.codings if name_of(each.system or "") == _OF_FLAGS}
        found.append(bool(codes) and codes <= of_kind if category.codings else folded(category.text or "") in of_kind)
    return bool(found) and all(found)


def _read_administrative(
    named: Concept, on: RecordList, place: str, when: Period, resource: Resource, reader: Reader
) -> None:
    """An administrative resource may be only what is known of its code or words, or what its words name. A code
    without a system may be anything."""
    place = f"{resource.place}.{place}"
    is_open = any(not each.system for each in named.codings)
    mention = Mention(named, on, place, when, is_open=is_open)
    if not reader.mention(mention) and not is_open:
        reader.mention_what_it_names(mention)
        reader.leave_part(resource, place, f"administrative, and no entry of a list: {label_of(named)}", "no rule")


@cache
def _administrative() -> Mapping[str, frozenset[str]]:
    """The categories that are administrative, by the kind of resource: their codes, and what they are called."""
    found: dict[str, set[str]] = {}
    for kind, code, called in table_rows(Path(__file__).with_name("administrative.tsv")):
        found.setdefault(kind, set()).update((code, folded(called)))
    return {kind: frozenset(each) for kind, each in found.items()}


def _join(encounter: Resource, reference: Body, reader: Reader) -> None:
    """An encounter and the one that it is part of are one stay."""
    try:
        whole = reader.pool.referred(reference, encounter)
    except ShapeError:
        return
    if whole is not None:
        reader.stays.append((encounter.place, whole.place))


def at(body: Any, path: Sequence[str], place: str = "") -> Iterator[tuple[str, Any]]:
    """What stands at a path, in every item of the lists on the way, each with its place. What is not of the shape that
    leads there holds nothing."""
    if path[0] == ANYWHERE:
        for field, inner in body.items() if isinstance(body, dict) else ():
            if field == path[1]:
                yield from at(body, path[1:], place)
            elif isinstance(inner, dict):
                yield from at(inner, path, f"{place}{field}.")
            elif isinstance(inner, list):
                for number, each in enumerate(inner):
                    yield from at(each, path, f"{place}{field}[{number}].")
        return
    value = body.get(path[0]) if isinstance(body, dict) else None
    if value is None:
        return
    many = isinstance(value, list)
    for number, each in enumerate(value if many else [value]):
        here = f"{place}{path[0]}[{number}]" if many else f"{place}{path[0]}"
        if len(path) == 1:
            yield here, each
        else:
            yield from at(each, path[1:], f"{here}.")


def _entry_at(value: Any, on: RecordList, resource: Resource, reader: Reader) -> Concept | None:
    """What an entry of a list is that is only referred to, and neither at hand nor read elsewhere. None if there is no
    such entry."""
    reference = value.get("reference") if isinstance(value, dict) else None
    reference = reference if isinstance(reference, dict) else value
    if not isinstance(reference, dict) or not reference.keys() & {"reference", "identifier"}:
        return None
    try:
        found = reader.pool.referred(reference, resource)
        kind = found.kind if found is not None else _kind_of(reference)
        if kind and LISTS.get(kind, _ALSO_ON.get(kind)) != on:
            return None
        if found is None:
            return Concept((), text(reference, "display"))
        values = [found.body[field] for field in _NAMED_BY if field in found.body]
        if found.holder is None:
            return None
        return named_in(values[0], found, reader) if values else NO_CONCEPT
    except ShapeError:
        return NO_CONCEPT


def _kind_of(reference: Body) -> str:
    """The kind of resource that a reference is to, if it says so."""
    target = text(reference, "reference") or ""
    return text(reference, "type") or (target.rsplit("/", 2)[-2] if "/" in target else "")


_OF_FLAGS = "flagcategory"
_OF_CONCEPT = frozenset({"coding", "text"})
_OF_CODING = frozenset({"system", "code", "display"})
_SAYS_NOTHING = frozenset({"id", "extension", "coding", "text"})
_OF_A_LIST = frozenset({"Condition", "Procedure", "Medication"})


def named_in(value: Any, resource: Resource, reader: Reader) -> Concept | None:
    """The concept that a value is, or refers to; an empty one if it does not say what it is. None if another place
    says that, or if it mentions nothing."""
    if not isinstance(value, dict):
        return NO_CONCEPT
    try:
        if isinstance(inner := value.get("concept"), dict):
            return concept_of(inner)
        if isinstance(inner := value.get("reference"), dict):
            return _referred(inner, resource, reader)
        if "reference" in value or "identifier" in value:
            return _referred(value, resource, reader)
        if not _OF_CONCEPT.isdisjoint(value):
            return concept_of(value)
        if not _OF_CODING.isdisjoint(value):
            return Concept((Coding(text(value, "system"), text(value, "code"), text(value, "display")),))
    except ShapeError:
        return NO_CONCEPT
    return NO_CONCEPT if _SAYS_NOTHING.issuperset(value) else None


def _referred(reference: Body, resource: Resource, reader: Reader) -> Concept | None:
    """What a reference leads to. What is at hand and read is an entry of its own; what is not may be anything."""
    found = reader.pool.referred(reference, resource)
    if found is None:
        kind = _kind_of(reference)
        return Concept((), text(reference, "display")) if not kind or kind in _OF_A_LIST else None
    if found.kind == "Condition" and resource.kind == "Encounter":
        reader.visits.append((resource.place, found.place))
    if found.kind not in _OF_A_LIST or (found.holder is None and found.kind != "Medication"):
        return None
    return concept(found.body, "code")


def _when(resource: Resource, names: Sequence[str], reader: Reader) -> Period:
    """When it was, by the first field that says so; else some time during the encounter, or on an unknown day."""
    for name in names:
        try:
            if isinstance(resource.body.get(name), dict):
                stretch = period(resource.body, name)
            else:
                stretch = Period(day, day) if (day := moment(resource.body, name)) is not None else None
        except (ShapeError, UnreadableError):
            return Period()
        if stretch is not None:
            return stretch
    during = reader.time_of_encounter(resource)
    return Period(during, during)
