"""What a record says of the wholeness of its lists: sections and Lists that are empty for a reason, or name what is
referred to nowhere, and entries that say that nothing is known, or that there is nothing.

A list about which nothing is known is not complete, whatever the user assumes. One on which nothing is known to
belong is complete as of that day, as long as no entry stands on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from screener.records.absences import EVERY_LIST, Word, lists_of_section, said_of_list
from screener.records.errors import quoted
from screener.records.fhir.elements import Body, Concept, Period, concept, part, parts, shown, text, truth
from screener.records.fhir.reader import NOT_READ, Mention, Reader
from screener.records.fhir.resources import Resource
from screener.rulebook import RecordList
from screener.values.dates import Moment

_NO_WORD_OF_ITS_OWN = frozenset({"active", "confirmed", "completed", "recorded", "unknown", "final", "current"})
"""Statuses under which an entry says what its code says."""
_NAMED_BY = ("code", "medicationCodeableConcept", "medication")
_DATED_BY = ("recordedDate", "dateAsserted", "assertedDate", "authoredOn", "date", "effectiveDateTime")
"""Where an entry says on which day it was written down."""


def says_of_its_list(resource: Resource, on: RecordList, reader: Reader) -> bool:
    """Whether a resource is no entry of its list, but says something of all of it; then it is read."""
    body = resource.body
    field = next((each for each in _NAMED_BY if isinstance(body.get(each), dict)), None)
    if field is None:
        return False
    said = said_of_list(reader.dictionary.with_names(concept(body, field).codes), on)
    if said is None:
        return False
    list_, word = said
    statuses = set(_statuses(body))
    if word == "no information":
        reader.leave_open(resource, f"it says that nothing is known of the {_called(list_)}", list_)
    elif statuses - _NO_WORD_OF_ITS_OWN:
        why = f"it says that there are no {_called(list_)}, and its status that this is not certain, or over"
        reader.leave_open(resource, why, list_)
    elif word == "none known":
        reader.none_known(list_, _date(resource, reader))
    return True


def _statuses(body: Body) -> Iterator[str]:
    for field in ("status", "clinicalStatus", "verificationStatus"):
        value = body.get(field)
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (each.code for each in concept(body, field).codings if each.code is not None)


def _date(resource: Resource, reader: Reader) -> Moment | None:
    dates = (reader.date(resource, field) for field in _DATED_BY if field in resource.body)
    return next((each for each in dates if each is not None), None) or reader.document_date


def _called(list_: RecordList) -> str:
    return list_.replace("_", " ")


# ---- documents and lists


def read_composition(resource: Resource, reader: Reader) -> None:
    """The sections of a document that say why they are empty. Its words are not read."""
    body = resource.body
    if not _read_sections(body, resource, resource.place, reader):
        reader.leave(resource, NOT_READ)


def _read_sections(body: Body, resource: Resource, place: str, reader: Reader) -> bool:
    is_read = False
    for number, section in enumerate(parts(body, "section")):
        here = f"{place}.section[{number}]"
        is_read |= _read_emptiness(section, resource, here, reader)
        _read_names(section, parts(section, "entry"), here, reader)
        is_read |= _read_sections(section, resource, here, reader)
    return is_read


def read_list(resource: Resource, reader: Reader) -> None:
    """A List that says why it is empty. What others list stands in the resources themselves, or is a name alone."""
    if text(resource.body, "status") != "retired":
        items = [part(each, "item") for each in parts(resource.body, "entry") if not truth(each, "deleted")]
        _read_names(resource.body, items, resource.place, reader)
    if not _read_emptiness(resource.body, resource, resource.place, reader):
        reader.leave(resource, NOT_READ)


def _read_emptiness(body: Body, resource: Resource, place: str, reader: Reader) -> bool:
    """Why a section or a List is empty, if it says so."""
    reason = concept(body, "emptyReason")
    if reason.is_empty:
        return False
    lists = lists_of_section(reader.dictionary.with_names(concept(body, "code").codes))
    if not lists:
        return True
    word: Word = "no information"
    if (said := said_of_list(reader.dictionary.with_names(reason.codes), lists[0])) is not None:
        word = said[1]
    if word == "none known" and len(lists) < len(EVERY_LIST) and not parts(body, "entry"):
        for each in lists:
            reader.none_known(each, reader.date(resource, "date"))
        return True
    code = next((each.code for each in reason.codings if each.code), None) or reason.words
    why = f"it is empty, and its reason ({quoted(shown(code))}) does not say that there is nothing"
    reader.leave_part(resource, place, why)
    for each in lists:
        reader.chart.leave_unread(each, place)
    return True


def _read_names(body: Body, items: Sequence[Body], place: str, reader: Reader) -> None:
    """What a section or a List calls by a name, and refers to nowhere, may be an entry of what it is about."""
    names = [text(each, "display") for each in items if each.keys().isdisjoint(("reference", "identifier"))]
    lists = lists_of_section(reader.dictionary.with_names(concept(body, "code").codes))
    for name in names:
        for each in lists if name is not None else ():
            reader.mention(Mention(Concept((), name), each, place, Period()))


__all__ = ["read_composition", "read_list", "says_of_its_list"]
