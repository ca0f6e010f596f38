"""What a result was measured in: by the specimen that the Observation refers to, or names."""

from __future__ import annotations

from functools import lru_cache

from screener.records.dictionary import Dictionary, Meaning
from screener.records.fhir.elements import (
    NO_CONCEPT,
    Body,
    Concept,
    concept,
    concepts,
    own_words,
    part,
    parts,
    text,
)
from screener.records.fhir.places_kept import keep_place
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource
from screener.records.fhir.result_times import levels_above
from screener.records.specimens import BLOOD, specimen_in, specimen_of_code, specimens_in, spoilt, told_together


def may_be_of_blood(named: Concept, resource: Resource, reader: Reader) -> bool:
    """Whether neither the specimen nor the words of a result say that it is of something else than blood."""
    specimen, _ = _specimen_of(resource, reader)
    said = specimen | _specimens_worded(named)
    return not said or BLOOD in said


@lru_cache(maxsize=4096)
def _specimens_worded(named: Concept) -> frozenset[str]:
    """The specimens that the words of a concept name."""
    return told_together(specimen_in(each) for each in own_words(named))


def is_of_blood(meaning: Meaning, named: Concept, holder: Body, resource: Resource, place: str, reader: Reader) -> bool:
    """Whether a result of a lab counts: every lab of the dictionary that has a specimen is measured in blood.

    A result of another specimen is set aside. Where its specimen and its words contradict each other, it keeps its
    place. A specimen that nobody can read changes nothing: the code says in what the lab is measured.
    """
    specimen, unread = _specimen_of(resource, reader)
    worded = frozenset[str]() if meaning.by_own_table else _specimens_worded(named)
    others = sorted(specimen - {BLOOD})
    if others and BLOOD in specimen:
        why = f"its specimen is called {' or '.join(others)}, and blood"
        keep_place(holder, resource, place, reader, why)
        return False
    if others:
        reader.leave_part(resource, place, f"its specimen is {' or '.join(others)}, not blood")
        return False
    others = sorted(worded - {BLOOD})
    if others and worded | specimen == set(others):
        reader.leave_part(resource, place, f"its words say that it is of {' or '.join(others)}, not of blood")
        return False
    if others:
        why = f"one of its words says that it is of {' or '.join(others)}, another that it is of blood"
        keep_place(holder, resource, place, reader, why)
        return False
    if unread is not None:
        reader.specimen_unread(unread, place)
    return True


def doubt_of_specimen(resource: Resource, reader: Reader) -> str | None:
    """What a laboratory found wrong with the specimen of a result: by its status, or its condition."""
    reference = part(resource.body, "specimen")
    found = reader.pool.referred(reference, resource) if reference else None
    if found is None or found.kind != "Specimen":
        return None
    named = concepts(found.body, "condition")
    codes = [code for each in named for code in reader.dictionary.with_names(each.codes)]
    words = [text(found.body, "status") or "", *(word for each in named for word in own_words(each))]
    said = (*(specimen_of_code(*each) for each in codes), *(spoilt(each) for each in words))
    return next((f"its specimen is called {each}" for each in said if each is not None), None)


def _specimen_of(resource: Resource, reader: Reader) -> tuple[frozenset[str], str | None]:
    """What an Observation says of its specimen, and what it calls one that nobody can read; without a specimen of its
    own, what the nearest report or panel says of the only kind that it has. Raises ShapeError."""
    reference = part(resource.body, "specimen")
    if reference:
        return _specimen_at(reference, resource, reader, MOST_ALIQUOTS)
    for above in (each for level in levels_above(resource, reader) for each in level):
        body = above.body
        references = parts(body, "specimen") if isinstance(body.get("specimen"), list) else [part(body, "specimen")]
        told = [_specimen_at(each, above, reader, MOST_ALIQUOTS)[0] for each in references if each]
        if told:
            said = frozenset[str]().union(*told)
            return said if BLOOD not in said and all(told) else frozenset(), None
    return frozenset(), None


MOST_ALIQUOTS = 4
"""Specimens of specimens that are followed."""


def _specimen_at(reference: Body, resource: Resource, reader: Reader, depth: int) -> tuple[frozenset[str], str | None]:
    """What a specimen is, by its codes, else by its words, else by the specimen that it was taken from."""
    display = text(reference, "display")
    found = reader.pool.referred(reference, resource)
    if found is not None and found.kind != "Specimen":
        found = None
    stated = concept(found.body, "type") if found is not None else NO_CONCEPT
    key = (stated, display)
    known = reader.memory.specimens.get(key)
    if known is None:
        known = reader.memory.specimens[key] = _specimen_called(stated, display, reader.dictionary)
    said, called = known
    if not said and depth and found is not None:
        told = [_specimen_at(each, found, reader, depth - 1)[0] for each in parts(found.body, "parent")]
        said = frozenset[str]().union(*told)
    return said, None if said else called


def _specimen_called(stated: Concept, display: str | None, dictionary: Dictionary) -> tuple[frozenset[str], str | None]:
    """What a specimen of this type and name is, and what it is called if nobody can read that."""
    words = [*([display] if display else ()), *own_words(stated)]
    coded = [specimen_of_code(system, code) for system, code in dictionary.with_names(stated.codes)]
    said = told_together(coded) or told_together(what for each in words for what in specimens_in(each))
    if said or any(each is not None for each in coded):
        return said, None
    return said, next(iter(words), None) or next((code for _, code in stated.codes), None)
