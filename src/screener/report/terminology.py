"""What a code says of the dictionary's concepts, and where that comes from: for whoever keeps a site's table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from screener.records.dictionary import Dictionary
from screener.terminology.said import Said
from screener.terminology.tables import plain_code

SYSTEMS = ("icd10cm", "icd10who", "icd10", "snomed", "atc", "rxnorm")


def explained(code: str, systems: Iterable[str], dictionary: Dictionary, concept: str | None = None) -> Iterator[str]:
    """Lines of text: under each system that knows the code, what it is, may be, and is not; of one concept only where
    one is named."""
    found = False
    for system in systems:
        name = dictionary.system_name(system)
        said = dictionary.terminology.coded(name, plain_code(name, code))
        if not said.is_known:
            continue
        found = True
        yield f"{system} {code}: by {said.source}"
        if concept is not None:
            yield f"  {relation(said, concept)} {concept}"
            continue
        yield from _listed("is", said.is_)
        yield from _listed("may be", said.may_be)
        yield from _listed("may be, because nobody has reviewed them for this system:", said.unreviewed)
        yield from _listed("in the family", said.in_family)
        yield from _listed("may be in the family", said.may_be_in_family)
        if not (said.is_ or said.open or said.in_family or said.may_be_in_family):
            yield "  is nothing that a rule asks for"
    if not found:
        yield f"nobody knows {code}: an entry under it may be anything on its list"


def relation(said: Said, concept: str) -> str:
    """What is said of one concept, in a word."""
    if concept in said.is_:
        return "is"
    if concept in said.may_be:
        return "may be"
    return "may be (not reviewed)" if concept in said.unreviewed else "is not"


def _listed(word: str, names: frozenset[str]) -> Iterator[str]:
    if names:
        yield f"  {word} {', '.join(sorted(names))}"
