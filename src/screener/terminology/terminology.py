"""The one place that answers what a code, a name or an entry says of the concepts of a dictionary.

The sources, in the order in which they go before one another: the site's own table, the reviewed rows that come with
the rules, the dictionary's codes, a hierarchy that the site owns. What none of them knows may be anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from screener.rulebook import (
    ABBREVIATIONS,
    HIERARCHICAL,
    Code,
    Concept,
    Related,
    Relation,
    ReviewedRow,
    Rulebook,
    SaidByName,
    abbreviations_of,
    made_once,
)
from screener.terminology.code_lists import EDITIONS, edition_for, is_a_code, is_divided, title_of
from screener.terminology.said import BY_ABBREVIATION, BY_DICTIONARY, BY_SITE, NOBODY, Said, all_of_one_entry, within
from screener.terminology.tables import Index, indexes, plain_code

NOTHING_BUT_RESULTS = frozenset({"loinc", "cvx"})
"""The systems in which no code is of a disease, treatment or event that a rule asks for: in LOINC every code is about
what is measured, asked or documented, in CVX about vaccines."""


_NAMED_AS_IN_WARDS = frozenset({"snomed"})
"""The systems whose names for codes are those of people."""

_CATEGORY = 3
"""Characters of a category of ICD-10."""


class Hierarchy(Protocol):
    """A hierarchy of codes that a site owns, such as an OMOP vocabulary. `checksum` identifies its contents."""

    checksum: str

    def relation(self, system: str, code: str, concept: str) -> Relation | None:
        """What an entry under the code says of the concept; None where the hierarchy does not know."""


class SiteRow(Struct, frozen=True):
    """What a site's own table says of a code or a wording beyond its name.

    Everybody who has it lies within the codes `within`; it is none of the concepts `is_not`. `named`: the concept that
    it stands for. `nothing`: it is nothing that any rule asks for.
    """

    named: str | None = None
    within: tuple[tuple[str, str], ...] = ()
    is_not: frozenset[str] = NOBODY
    nothing: bool = False


SiteRows = Mapping[tuple[str, str], SiteRow]

MOST_REMEMBERED = 8192
"""Codes whose answer is kept. A hospital uses some hundreds; a pool of many hospitals some thousands."""


class Terminology:
    """What codes and names say of the concepts of one dictionary. It remembers what it was asked, and may be shared
    between threads."""

    def __init__(self, rulebook: Rulebook, site: SiteRows | None = None, hierarchy: Hierarchy | None = None) -> None:
        self.concepts = rulebook.concepts
        self.site = site or {}
        self.hierarchy = hierarchy
        self.everything = frozenset(rulebook.concepts)
        self._rulebook = rulebook
        self._rows = {(row.system, plain_code(row.system, row.code)): row for row in rulebook.reviewed}
        self._coded: dict[tuple[str, str], Said] = {}
        self._named: dict[str, Said] = {}
        self._open: dict[tuple[str, str], tuple[str, ...]] = {}

    @cached_property
    def _indexes(self) -> Mapping[str, Index]:
        """Made when the first code is asked about: names are worked out beforehand."""
        return indexes(self._rulebook)

    # ---- codes

    def coded(self, system: str, code: str) -> Said:
        """What a code says. `system` is the dictionary's name of the system, or whatever the record calls it."""
        key = (system, plain_code(system, code))
        known = self._coded.get(key)
        if known is None:
            known = self._of_code(*key)
            if len(self._coded) < MOST_REMEMBERED:
                self._coded[key] = known
        return known

    def _of_code(self, system: str, code: str) -> Said:
        if (row := self.site.get((system, code))) is not None:
            return self._of_site_row(row, system, code)
        return self._without_the_site(system, code)

    def _without_the_site(self, system: str, code: str) -> Said:
        if system in NOTHING_BUT_RESULTS:
            return Said(source="results only")
        by_dictionary = self._of_dictionary(system, code)
        if (reviewed := self._rows.get((system, code))) is not None:
            return self.of_row(reviewed, by_dictionary)
        if by_dictionary is not None:
            return by_dictionary
        if self.hierarchy is not None and (found := self._of_hierarchy(system, code)) is not None:
            return found
        return Said(unreviewed=self.everything, is_known=False)

    def _of_dictionary(self, system: str, code: str) -> Said | None:
        """What the dictionary's own codes say. In a system with a hierarchy they say something of every concept."""
        if system.startswith("icd10"):
            return self._of_icd10(system, code)
        index = self._indexes.get(system)
        if index is None or (system in HIERARCHICAL and not is_a_code(system, code)):
            return None
        said = index.said(code)
        if system in HIERARCHICAL:
            return said
        if said is None or not (said.is_ or said.may_be):
            return None
        # A code of a system without a hierarchy says of other concepts what the concept says that it stands for.
        standing = [self.named(name) for name in self._most_specific(said.is_)]
        return self._beside_its_names(said, standing)

    def _beside_its_names(self, said: Said, standing: Iterable[Said]) -> Said:
        named = list(standing)
        if not named:
            return said
        together = all_of_one_entry(named)
        is_ = said.is_ | together.is_
        may_be = (said.may_be | together.may_be) - is_
        return Said(is_, may_be, together.unreviewed - is_ - may_be, source=said.source)

    def _of_icd10(self, system: str, code: str) -> Said | None:
        """A record that says only `ICD-10` may mean either edition: both must agree, unless only one has the code."""
        if system != "icd10":
            edition = edition_for(system, code)
            return self._indexes[edition].said(code) if edition is not None else None
        having = [edition for edition in EDITIONS if self._indexes[edition].knows(code)] or list(EDITIONS)
        if len(having) > 1 and len(code) == _CATEGORY and not is_divided("icd10who", code):
            # Where ICD-10-CM divides such a category, only WHO codes it alone: WHO's Z33 is a pregnancy, whatever
            # ICD-10-CM's Z33.2 is. Where it does not, the two may still differ.
            having = ["icd10who"] if is_divided("icd10cm", code) else having
        said = [each for edition in having if (each := self._indexes[edition].said(code)) is not None]
        return within(said) if said else None

    def of_row(self, row: ReviewedRow, by_dictionary: Said | None = None) -> Said:
        """What a reviewed row says, together with what the dictionary says of the same code."""
        said = self.within(row.within) if row.within else Said()
        is_ = said.is_ | (by_dictionary.is_ if by_dictionary is not None else NOBODY)
        is_ |= {name for own in row.is_ for name in (own, *self.concepts[own].broader)}
        is_not = frozenset(row.is_not)
        is_not |= {kind for name in is_not for kind in self.concepts[name].narrower}
        declared = by_dictionary.may_be & self._declared(row, by_dictionary) if by_dictionary is not None else NOBODY
        may_be = (said.may_be | declared) - is_ - is_not
        return Said(
            is_, may_be, said.unreviewed - is_ - is_not - may_be, said.in_family, said.may_be_in_family,
            source="a reviewed row",
        )  # fmt: skip

    def _declared(self, row: ReviewedRow, said: Said) -> frozenset[str]:
        """What the dictionary says of this very code that it may be."""
        return frozenset(
            name
            for name in said.may_be
            if any(
                each.relation == "may be" and each.system == row.system and each.first == row.code
                for each in self.concepts[name].relations
            )
        )

    def places(self, codes: Iterable[tuple[str, str]]) -> list[str]:
        """The plain codes of ICD-10 or ATC that codes lie within, by themselves or as reviewed. RxNorm's code of
        furosemide lies within `C03CA01`."""
        found: list[str] = []
        for system, code in codes:
            plain = plain_code(system, code)
            if system in HIERARCHICAL:
                found.append(plain)
                continue
            row = self.site.get((system, plain)) or self._rows.get((system, plain))
            found += [plain_code(*each) for each in row.within] if row is not None else []
        return found

    def calls(self, system: str, code: str) -> str | None:
        """The name of a code in the reviewed rows, or its title in ICD-10-CM that names something else besides."""
        row = self._rows.get((system, plain_code(system, code)))
        if row is None and system.startswith("icd10"):
            return title_of(plain_code(system, code))
        return row.name if row is not None else None

    def called(self, wording: str) -> Said | None:
        """What an entry may be whose whole wording, in small letters, is the name of a reviewed code: nothing for
        certain, as whoever types a name may mean it more broadly than who chooses the code."""
        row = self._rows_by_name.get(wording)
        if row is None:
            return None
        said = self.coded(row.system, row.code)
        return replace(said, is_=NOBODY, may_be=said.may_be | said.is_)

    @cached_property
    def _rows_by_name(self) -> Mapping[str, ReviewedRow]:
        return {row.name.casefold(): row for row in self._rulebook.reviewed if row.system in _NAMED_AS_IN_WARDS}

    def within(self, codes: Iterable[tuple[str, str]]) -> Said:
        """What an entry says that lies within one of these codes. Codes that no edition has are passed over."""
        said = [self.coded(system, code) for system, code in codes]
        return within([each for each in said if each.is_known] or said)

    def _of_site_row(self, row: SiteRow, system: str, code: str) -> Said:
        if row.nothing:
            return Said(source=BY_SITE)
        said = [self.within(row.within)] if row.within else []
        if row.named is not None:
            said.append(self.named(row.named))
        if not said:
            said.append(self._without_the_site(system, code))
        together = said[0]
        if len(said) > 1:
            is_ = frozenset[str]().union(*(each.is_ for each in said))
            may_be = frozenset.intersection(*(each.is_ | each.open for each in said)) - is_
            together = Said(is_, may_be)
        is_not = row.is_not | {kind for name in row.is_not for kind in self.concepts[name].narrower}
        return replace(together.without(is_not), source=BY_SITE)

    def _of_hierarchy(self, system: str, code: str) -> Said | None:
        hierarchy = self.hierarchy
        if hierarchy is None:
            return None
        relations = {name: hierarchy.relation(system, code, name) for name in self.concepts}
        if all(relation is None for relation in relations.values()):
            return None
        is_ = {name for name, relation in relations.items() if relation == "is"}
        is_.update(broader for name in tuple(is_) for broader in self.concepts[name].broader)
        may_be = {name for name, relation in relations.items() if relation == "may be"} - is_
        unreviewed = {name for name, relation in relations.items() if relation is None} - is_
        return Said(frozenset(is_), frozenset(may_be), frozenset(unreviewed), source="the site's hierarchy")

    # ---- names and entries

    def named(self, name: str) -> Said:
        """What an entry under a concept's own name says of the others.

        It is the broader concepts, and may be its kinds and whatever has a kind in common with it. Somebody who writes
        one name of the dictionary knows the others. So it may be another concept only if every code for it is, or may
        be, that concept, or if a code may be within which the dictionary puts it. It is not for certain what all its
        codes are, because some patients may have no code. A concept that nobody has reviewed may be any of them.
        """
        known = self._named.get(name)
        if known is None:
            before = self._rulebook.by_name.get(name)
            if before is None:
                known = self._of_name(self.concepts[name])
            else:
                is_, may_be, unreviewed = map(frozenset, (before.is_, before.may_be, before.unreviewed))
                known = Said(is_, may_be, unreviewed, source=BY_DICTIONARY)
            self._named[name] = known
        return known

    def _of_name(self, concept: Concept) -> Said:
        is_ = frozenset({concept.name, *concept.broader})
        kinds = frozenset(concept.narrower)
        overlapping = frozenset(
            other.name
            for other in self.concepts.values()
            if other.name not in is_ and (other.name in kinds or not kinds.isdisjoint(other.narrower))
        )
        if concept.within:
            rest = self.within([each for code in concept.within for each in _each_of(code)])
        elif codes := self._codes_of(concept):
            said = [self.coded(system, code) for system, code in codes]
            common = frozenset.intersection(*(each.is_ | each.may_be for each in said))
            rest = Said(may_be=common)
        elif _is_reviewed(concept):
            rest = Said()
        else:
            rest = Said(unreviewed=self.everything)
        is_ |= rest.is_ - overlapping
        may_be = (overlapping | rest.is_ | rest.may_be) - is_
        return Said(is_, may_be, rest.unreviewed - is_ - may_be, source=BY_DICTIONARY)

    def _codes_of(self, concept: Concept) -> list[tuple[str, str]]:
        """The codes that stand for a concept, or for a kind of it, if it was reviewed against their system."""
        if not any(concept.is_reviewed_in(system) for system in HIERARCHICAL):
            return []
        parts = (concept, *(self.concepts[kind] for kind in concept.narrower))
        codes = [code for part in parts for code in part.codes if not code.absent and code.system in HIERARCHICAL]
        return list(dict.fromkeys(each for code in codes for each in _each_of(code)))

    def entry(self, codes: Iterable[tuple[str, str]], words: str | None = None, named: Iterable[Said] = ()) -> Said:
        """What an entry says, by all its codes and by what it is named; by its words alone only where it has no code,
        or the site's table has them."""
        said = [*named, *(self.coded(system, code) for system, code in codes)]
        if words is not None and (row := self.site.get(("text", words))) is not None:
            said.append(self._of_site_row(row, "text", words))
        return all_of_one_entry(said) if said else Said(unreviewed=self.everything, is_known=False)

    def abbreviated(self, written: str) -> Said | None:
        """What an abbreviation says, exactly as a ward writes it; None of one that the rules do not have."""
        row = self._abbreviations.get(written)
        return None if row is None else replace(self.of_row(row), source=BY_ABBREVIATION)

    def within_of_abbreviation(self, written: str) -> tuple[tuple[str, str], ...]:
        """The codes that a ward's abbreviation lies within."""
        row = self._abbreviations.get(written)
        return row.within if row is not None else ()

    @cached_property
    def _abbreviations(self) -> Mapping[str, ReviewedRow]:
        rows = [row for row in self._rulebook.reviewed if row.system == ABBREVIATIONS]
        return {written: row for row in rows for written in abbreviations_of(row)}

    def _most_specific(self, names: frozenset[str]) -> list[str]:
        return [name for name in names if names.isdisjoint(self.concepts[name].narrower)]

    # ---- denials

    def is_whole(self, system: str, code: str, name: str) -> bool:
        """Whether an entry under the code that is refuted denies the whole of a concept: the dictionary says that it is
        the whole, or everything that is or may be the concept in this system lies below it."""
        concept = self.concepts[name]
        plain = plain_code(system, code)
        if any(each.system == system and plain_code(system, each.first) == plain for each in concept.whole):
            return True
        if system not in HIERARCHICAL:
            return False
        below = self._open_under(system, concept)
        return bool(below) and all(each.startswith(plain) and each != plain for each in below)

    def _open_under(self, system: str, concept: Concept) -> tuple[str, ...]:
        """The plain codes of a system under which an entry is, or may be, a concept."""
        key = ("icd10" if system.startswith("icd10") else system, concept.name)
        known = self._open.get(key)
        if known is None:
            systems = {"icd10", "icd10cm", "icd10who"} if key[0] == "icd10" else {system}
            known = self._open[key] = tuple(
                plain_code(place, first)
                for part in (concept, *(self.concepts[kind] for kind in concept.narrower))
                for place, first in _that_may_be(part)
                if place in systems
            )
        return known


def terminology_of(rulebook: Rulebook) -> Terminology:
    """What the rules alone say, without anything of a site."""
    return made_once(rulebook, "terminology", lambda: Terminology(rulebook))


def _each_of(code: Code) -> list[tuple[str, str]]:
    """The codes of a range, each with its system: `C00 .. C02` are C00, C01 and C02."""
    if code.last is None:
        return [(code.system, code.first)]
    head = code.first.rstrip("0123456789")
    if head != code.last.rstrip("0123456789") or head == code.first:
        # Over letters the last character runs: `I82.A .. I82.C` are three.
        letters = range(ord(code.first[-1]), ord(code.last[-1]) + 1)
        return [(code.system, code.first[:-1] + chr(letter)) for letter in letters]
    digits = len(code.first) - len(head)
    first, last = int(code.first[len(head) :]), int(code.last[len(head) :])
    return [(code.system, f"{head}{number:0{digits}}") for number in range(first, last + 1)]


def _that_may_be(concept: Concept) -> list[tuple[str, str]]:
    """The codes under which an entry is, or may be, the concept, each with its system; of a range both ends."""
    said: list[Code | Related] = [
        *(each for each in concept.codes if not each.absent),
        *(each for each in concept.relations if each.relation != "is not" and not each.family),
    ]
    return [(each.system, end) for each in said for end in (each.first, each.last) if end is not None]


def _is_reviewed(concept: Concept) -> bool:
    return bool(
        concept.denied_by_list or concept.within or any(each.relation == "may be" for each in concept.relations)
    )


def with_names(rulebook: Rulebook) -> Rulebook:
    """The rulebook with what the names of its concepts say, so that a record in names needs no table of codes."""
    terminology = Terminology(rulebook)
    said = {name: terminology.named(name) for name in rulebook.concepts}
    names = {
        name: SaidByName(*(tuple(sorted(each)) for each in (one.is_, one.may_be, one.unreviewed)))
        for name, one in said.items()
    }
    return replace(rulebook, by_name=names)
