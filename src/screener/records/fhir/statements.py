"""Observations that say whether something is there: an assertion, or a yes or no under a code of a condition."""

from __future__ import annotations

from screener.records.chart import condition_episode
from screener.records.dictionary import TEXT, Dictionary, Meaning, denies_a_part
from screener.records.errors import quoted
from screener.records.fhir.conditions import concept_meant
from screener.records.fhir.elements import (
    Body,
    concept,
    concepts,
    text,
    truth,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource
from screener.records.fhir.result_times import time_of
from screener.records.fhir.result_values import has_value, words_of
from screener.records.patient import Flag
from screener.records.written import (
    result_meant,
)

ASSERTION = ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION")

_PRESENT = ("positive", "detected", "reactive", "present", "yes", "true")

_ABSENT = ("negative", "not detected", "non-reactive", "absent", "no", "false")


def says_it_is_there(holder: Body, dictionary: Dictionary) -> bool | None:
    """What a value says of a condition that the code names; None if it says neither."""
    if (stated := truth(holder, "valueBoolean")) is not None:
        return stated
    words = {result_meant(word) for word in words_of(concept(holder, "valueCodeableConcept"), dictionary)}
    if (written := text(holder, "valueString")) is not None:
        words.add(result_meant(dictionary.answer(TEXT, written) or written))
    if not has_value(holder):
        words |= {
            result_meant(word) for each in concepts(holder, "interpretation") for word in words_of(each, dictionary)
        }
    is_present, is_absent = not words.isdisjoint(_PRESENT), not words.isdisjoint(_ABSENT)
    return None if is_present == is_absent else is_present


def read_statement(
    meaning: Meaning, resource: Resource, place: str, reader: Reader, *, is_there: bool, doubt: str | None = None
) -> None:
    """Whether a condition is there. With a `doubt`, it may be."""
    when = time_of(resource, reader)
    found = concept_meant(meaning)
    if doubt is not None:
        reader.note(place, f"{doubt}: it may be there")
    doubt = doubt or doubt_of_status(text(resource.body, "status"))
    if is_there:
        flags = (*((Flag("unusable", doubt),) if doubt is not None else ()), *meaning.flags)
        reader.chart.add_episode(
            condition_episode(
                found,
                place,
                status=None,
                onset=None,
                end=None,
                date=when,
                doubtful=doubt is not None,
                flags=flags,
            )
        )
    elif doubt is not None:
        reader.leave_part(resource, place, f"it says that `{found.name}` is absent, but {doubt}")
    elif meaning.is_part:
        reader.leave_part(resource, place, f"it says that something is absent, and {denies_a_part(meaning)}")
    else:
        reader.add_absence(meaning, "conditions", place, when)


_KNOWN = ("final", "preliminary", "amended", "corrected")


def doubt_of_status(status: str | None) -> str | None:
    """Why the status of an Observation leaves open whether it counts."""
    if status in _KNOWN:
        return None
    if status is None:
        return "it has no status"
    return "its status is `unknown`" if status == "unknown" else f"its status {quoted(status)} is not one of FHIR's"
