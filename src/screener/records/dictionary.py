"""The dictionary as a record sees it: what a name or a code stands for, and what units its results come in.

Results are read by codes one by one. What an entry of a list says of diseases, treatments and events is the business
of `terminology/`; here it becomes the meanings that an entry is filed under: each concept that it is, and one meaning
for all those that it only may be. A code may also say that something is absent (`no known allergy`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from math import inf
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from screener.records.code_systems import answer_word, names_of_systems, plain_system, system_name, unread_system
from screener.records.comparing import as_name, as_written, folded, is_abbreviation, plain_words, without_brackets
from screener.records.errors import printable, quoted
from screener.records.kin import is_of_family
from screener.records.negations import not_denied, turn_of
from screener.records.patient import Flag
from screener.records.phrases import Named, Phrases
from screener.rulebook import (
    DRUG_SYSTEMS,
    KINDS_ON,
    LIST_OF,
    MARKS,
    PHRASES,
    Concept,
    ConceptKind,
    EventLookup,
    Finding,
    Form,
    Lab,
    OnsetLookup,
    Place,
    RecordList,
    ReviewedRow,
    Rulebook,
    abbreviations_of,
    made_once,
)
from screener.terminology.said import BY_SITE, NOBODY, Said
from screener.terminology.tables import plain_code
from screener.terminology.terminology import Hierarchy, SiteRow, Terminology, terminology_of
from screener.values.dates import NO_TIME
from screener.values.units import PURE, Dimension, UnitError, common_units, factor_between, parse_unit

DictionaryEntry = Lab | Finding | Concept

KINDS = ("lab", "finding", *get_args(ConceptKind))
"""What an entry of the dictionary can be."""

CONCEPT_SYSTEM = "urn:screener:concept"
"""The system whose codes are dictionary names."""

ABSENCE_SYSTEMS = frozenset({"ips"})
"""The systems whose codes all say that there is nothing, or that nothing is known: none is of a substance."""


SPEAKING_OF: Mapping[RecordList, tuple[ConceptKind, ...]] = {
    "conditions": ("procedure", "drug", "event", "substance"),
    "procedures": ("condition", "drug", "event"),
    "plans": ("condition", "drug"),
    "medications": ("condition", "procedure", "event"),
}
"""What stands on other lists, and entries of a list can speak of: a diagnosis of a transplantation, a drug or a plan of
what it treats, an infusion of the drug. That a drug is taken is no allergy to it."""

_NEIGHBOURS: Mapping[str, str] = {"procedures": "drugs", "drugs": "procedures"}
"""The table whose phrases are looked for in a wording that its own table does not read: the giving of a drug is a
procedure, too."""

ABBREVIATED: frozenset[RecordList] = frozenset({"conditions", "family_history", "procedures", "plans"})
"""The lists whose wordings may be abbreviations of the rules' table."""

IN_PHRASES: Mapping[RecordList, str] = {
    "conditions": "conditions",
    "family_history": "conditions",
    "procedures": "procedures",
    "plans": "procedures",
    "medications": "drugs",
    "allergies": "drugs",
}
"""The lists whose wordings are read by the phrases of the rules, each with the table of the phrases."""

CALLED_AS_CODES: frozenset[RecordList] = frozenset({"conditions", "procedures"})
"""The lists whose wordings may be the names of reviewed codes."""

READ_AS = "read as"

NO_CODE = "no code"
"""In place of the code in what an entry is called that has none."""

EVERY_CODE = "*"
"""In a clinic's own table, in place of a code: every code of the system."""

_LOOKED_LIKE = {
    "icd10": re.compile(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?[*+†!]?", re.IGNORECASE),
    "atc": re.compile(r"[A-Z]\d\d[A-Z]{1,2}(\d\d)?", re.IGNORECASE),
    "loinc": re.compile(r"\d{1,6}-\d"),
}
"""The systems whose codes have a form of their own, which codes of an unknown system may have."""

TEXT = "text"
"""The system whose codes are wordings: what a record calls something, not what it codes it with."""

MOST_REMEMBERED = 4096
"""Codes and units whose meaning is kept: a hospital uses some hundreds of each."""


class Meaning(Struct, frozen=True):
    """What a name or a code of the record stands for."""

    entry: DictionaryEntry
    form: Form | None = None
    """A measured form of a lab with a molar mass of its own."""
    kind_of_unit: str | None = None
    """A unit of the only kind that results under this code come in: mass or amount. It stands in for none."""
    unit: str | None = None
    """What results under this code come in that have no unit on record, by the clinic's own table."""
    clash: str | None = None
    """Why nobody can tell what is measured: its codes are of different quantities."""
    value: str | None = None
    """The grade or category that the code itself states."""
    absent: bool = False
    """Whether the code says that the concept is absent."""
    by_own_table: bool = False
    """Whether the clinic's own table says what the code stands for."""
    is_part: bool = False
    """Whether the code may be of one kind of the concept only: who is denied that kind may have another."""
    may_be: frozenset[str] = NOBODY
    """The concepts that the entry may be besides."""
    may_be_in_family: frozenset[str] = NOBODY
    in_family: bool = False
    """Whether it is said of the patient's family."""
    is_read: bool = True
    """Whether some table knows the code, although it leaves open what it is."""
    called: str = ""
    """What the record calls an entry that leaves open what it is."""
    codings: frozenset[tuple[str, str]] = frozenset()
    """The codes of the entry, each with its system."""
    named: frozenset[str] = NOBODY
    """What its words name, or what is in doubt with that."""
    of_one_sex: frozenset[str] = NOBODY
    """What the words of an entry name that only one sex can have."""

    @property
    def words(self) -> str:
        """What the record calls an entry without a code, as it is written there."""
        return self.called.strip("`")

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What has to be said wherever a fact under this name or code is shown."""
        return self.flags_in(None)

    def flags_in(self, unit: str | None) -> tuple[Flag, ...]:
        """The same of a result that has no unit on record, and is taken to be in this one."""
        in_unit = f" in {unit}" if unit else ""
        called = (self.form or self.entry).name
        text = f"{READ_AS} {called}{in_unit} by the clinic's own table"
        return (Flag("remark", text),) if self.by_own_table else ()

    @property
    def kind(self) -> str:
        """`lab`, `finding`, or the kind of the concept."""
        match self.entry:
            case Lab():
                return "lab"
            case Finding():
                return "finding"
            case Concept():
                return self.entry.kind

    @property
    def home(self) -> str:
        """Where in a record a thing of this kind stands: a list of concepts, or `observations`."""
        return LIST_OF[self.entry.kind] if isinstance(self.entry, Concept) else "observations"

    @property
    def is_open(self) -> bool:
        """Whether it is no concept for certain, and only may be some."""
        return self.entry is UNSETTLED


UNSETTLED = Concept("", "", (), "condition", (), Place("", 0), NO_TIME)
"""In place of a concept: what the entry is nobody settled, only what it may be."""


_BY_ITS_WORDS = "words that name something else"


def disputed(meanings: Iterable[Meaning], said: Said) -> Iterator[str]:
    """The flag of an entry if one of its codes or names is what another is not."""
    if said.source.endswith(_BY_ITS_WORDS):
        yield "its words name something else than its code: it may be that, too"
    for each in meanings:
        if each.entry.name in said.may_be:
            yield f"one of its codes or names says `{each.entry.name}`, another that it is not: it may be"


def denies_a_part(meaning: Meaning) -> str:
    """Why an entry that something is absent clears nothing, if its code may be of one kind of it only."""
    return f"its code may be of one kind of `{meaning.entry.name}` only, and the others are still possible"


class LocalCodes(Struct, frozen=True):
    """A clinic's own codes, by system (`""`: none) and plain code, and its wordings, folded (`folded`)."""

    codes: Mapping[tuple[str, str], Meaning] = {}
    texts: Mapping[str, Meaning] = {}
    rows: Mapping[tuple[str, str], SiteRow] = {}
    """What it says of codes beyond a name, or that they are nothing that any rule asks for; of a wording the system is
    `TEXT`."""
    systems: Mapping[str, str] = {}
    """Code systems of its own that are one of the dictionary's: by what they are called (`plain_system`), its name."""
    answers: Mapping[tuple[str, str], str] = {}
    """The words that its coded answers stand for; of a wording the system is `TEXT`."""
    digests: tuple[str, ...] = ()
    """What identifies the tables that it was read from."""


class Dictionary:
    """An index of a rulebook's labs, findings and concepts, and of a clinic's own codes. It never changes, and may be
    shared between threads.

    It is long because names, codes, wordings and units are all looked up in one index.
    """

    def __init__(self, rulebook: Rulebook, local: LocalCodes | None = None, hierarchy: Hierarchy | None = None) -> None:
        self.rulebook = rulebook
        self.local = local or LocalCodes()
        self.hierarchy = hierarchy
        self._names: dict[str, Meaning] = {}
        self._written: dict[str, list[Meaning]] = {}
        self._coded: dict[tuple[str, str], tuple[Meaning, ...]] = {}
        self._codes: dict[tuple[str, str], list[Meaning]] = {}
        self._factors: dict[tuple[str, str | None, str], Fraction | UnitError] = {}
        self._own_units: dict[str, tuple[str, ...]] = {}
        for entry in self._entries():
            self._called(Meaning(entry), entry)
            forms = {form.name: form for form in entry.forms} if isinstance(entry, Lab) else {}
            for form in forms.values():
                self._called(Meaning(entry, form), form)
            for code in entry.codes:
                if not isinstance(entry, Concept) or code.absent:
                    meaning = Meaning(
                        entry, forms.get(code.form or ""), code.unit, value=code.value, absent=code.absent
                    )
                    self._codes.setdefault((code.system, plain_code(code.system, code.first)), []).append(meaning)

    def _entries(self) -> list[DictionaryEntry]:
        rulebook = self.rulebook
        return [*rulebook.labs.values(), *rulebook.findings.values(), *rulebook.concepts.values()]

    @cached_property
    def terminology(self) -> Terminology:
        """What codes and names say of the concepts."""
        named = {key: SiteRow(named=each.entry.name) for key, each in self.local.codes.items() if _is_concept(each)}
        worded = {
            (TEXT, key): SiteRow(named=each.entry.name) for key, each in self.local.texts.items() if _is_concept(each)
        }
        rows = {**named, **worded, **self.local.rows}
        if not rows and self.hierarchy is None:
            return terminology_of(self.rulebook)
        return Terminology(self.rulebook, rows, self.hierarchy)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The concepts that some rule looks up."""
        asked: set[str] = set()
        for lookup in self.rulebook.lookups.values():
            if isinstance(lookup, EventLookup):
                asked.update(each.concept for each in (*lookup.what, *lookup.exceptions))
            elif isinstance(lookup, OnsetLookup):
                asked.add(lookup.concept)
        asked.update(each.zero_when_absent for each in self.rulebook.findings.values() if each.zero_when_absent)
        asked.update(after for name in tuple(asked) for after in self.rulebook.concepts[name].goes_on_after)
        # What is acute is its onset day alone, but a kind of it need not be.
        concepts = self.rulebook.concepts
        acute = [concepts[name] for name in asked if concepts[name].course == "acute"]
        asked.update(kind for each in acute for kind in each.narrower if concepts[kind].course != "acute")
        return frozenset(asked)

    @cached_property
    def found_or_not(self) -> frozenset[str]:
        """The labs that show something at any amount above none, such as a viral load."""
        return frozenset(
            sign.fact
            for concept in self.rulebook.concepts.values()
            for sign in concept.signs
            if sign.numbers is not None
            and (sign.numbers.range.low, sign.numbers.range.low_open, sign.numbers.range.high) == (0, True, inf)
        )

    @cached_property
    def _spoken_of_elsewhere(self) -> frozenset[str]:
        """The procedures, drugs, events and allergies that codes among diagnoses may stand for."""
        return frozenset(
            concept.name
            for concept in self.rulebook.concepts.values()
            if concept.kind != "condition" and any(system.startswith("icd10") for system in _systems_of(concept))
        )

    def _denied_beside(self, on: RecordList) -> frozenset[str]:
        """The concepts that are denied only where a list is at hand, because it may speak for them: a ventilator among
        the procedures for what it treats. What may be a kind of something may be that, too."""
        concepts = [each for each in self.rulebook.concepts.values() if on in each.denied_with]
        return frozenset(name for each in concepts for name in (each.name, *each.broader))

    def _called(self, meaning: Meaning, entry: DictionaryEntry | Form) -> None:
        """Keep what something is called: its name and aliases, and with its title however people write them. Short
        abbreviations of diseases and treatments are written in capitals."""
        for name in (entry.name, *entry.aliases):
            self._names[name] = meaning
        called = (entry.name, *entry.aliases, entry.title)
        in_capitals = {each for each in called if isinstance(entry, Concept) and is_abbreviation(each)}
        for written in {each if each in in_capitals else as_name(each) for each in called}:
            self._written.setdefault(written, []).append(meaning)

    def named(self, name: str, kinds: Collection[str] | None = None) -> Meaning | None:
        """What a name stands for as people write it: a name, an alias or the title of an entry of these kinds (else of
        any), whatever its case, blanks, underscores and hyphens, but for an abbreviation. None where that could be two
        of them."""
        meaning = self._names.get(name)
        if meaning is not None and (kinds is None or meaning.kind in kinds):
            return meaning
        written = (*self._written.get(as_name(name), ()), *self._written.get(as_written(name), ()))
        known = [each for each in dict.fromkeys(written) if kinds is None or each.kind in kinds]
        return known[0] if len(known) == 1 else None

    def system_name(self, system: str) -> str:
        """The name of a code system, also of one that the clinic's own table says to be one of the dictionary's."""
        return self.own_system(system) or system_name(system)

    def with_names(self, codes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Codes, each with the name of its system in place of what a record calls that."""
        return [(self.system_name(system), code) for system, code in codes]

    def own_system(self, system: str) -> str | None:
        """The name of a code system that the clinic's own table says to be one of the dictionary's."""
        return self.local.systems.get(plain_system(system)) if self.local.systems else None

    def is_named_system(self, system: str) -> bool:
        """Whether a code system has a name in the dictionary, also by the clinic's own table."""
        return self.system_name(system) in (CONCEPT_SYSTEM, *names_of_systems())

    def unknown_system(self, system: str, codes: Iterable[str]) -> str:
        """A note on a code system that has no name: whether its codes look like others that rules use, and how the
        clinic's own table can say what they are."""
        if (name := unread_system(system)) is not None:
            return f"{name} ({quoted(system)}), which is not read; a table for `--codes` can say what a code is"
        told = f"the code system {quoted(system)}, which is not known; a table for `--codes` can say what"
        stated = list(codes)
        for known, form in _LOOKED_LIKE.items():
            formed = [code for code in stated if form.fullmatch(code.strip())]
            for code in formed if 2 * len(formed) > len(stated) else ():
                if self.coded(known, code) or self.may_matter(known, code):
                    row = printable(f"{system.strip()},{EVERY_CODE},{known}")
                    like = f"{quoted(code)} looks like a code of {known} that rules use"
                    return f"{told} it is: {like}, and if the system is that one, its row is `{row}`"
        return f"{told} a code is"

    def answer(self, system: str, code: str) -> str | None:
        """The word that a coded answer stands for; of the system `TEXT` that of a wording, which only a clinic's own
        table has."""
        own = self.own_answer(system, code)
        return own if own is not None or system == TEXT else answer_word(self.system_name(system), code)

    def own_answer(self, system: str, code: str) -> str | None:
        """The same by the clinic's own table alone."""
        if not self.local.answers:
            return None
        name = self.system_name(system)
        return self.local.answers.get((name, folded(code) if system == TEXT else plain_code(name, code)))

    def with_local(self, local: LocalCodes) -> Dictionary:
        """The same dictionary with a clinic's own codes added."""
        both = LocalCodes(
            {**self.local.codes, **local.codes},
            {**self.local.texts, **local.texts},
            {**self.local.rows, **local.rows},
            {**self.local.systems, **local.systems},
            {**self.local.answers, **local.answers},
            (*self.local.digests, *local.digests),
        )
        return Dictionary(self.rulebook, both, self.hierarchy)

    def with_hierarchy(self, hierarchy: Hierarchy) -> Dictionary:
        """The same with a hierarchy of codes that the site owns."""
        return Dictionary(self.rulebook, self.local, hierarchy)

    def coded(self, system: str, code: str) -> tuple[Meaning, ...]:
        """What a code stands for: every entry that covers it, but none that a narrower one implies. A code without a
        system (`""`) has a meaning only in a clinic's own table."""
        known = self._coded.get((system, code))
        if known is None:
            known = self._meant(system, code)
            if len(self._coded) < MOST_REMEMBERED:
                self._coded[system, code] = known
        return known

    def _meant(self, system: str, code: str) -> tuple[Meaning, ...]:
        system = self.system_name(system)
        if system == CONCEPT_SYSTEM:
            meaning = self._names.get(code)
            return (meaning,) if meaning is not None else ()
        plain = plain_code(system, code)
        found = [*self._local(system, plain), *self._codes.get((system, plain), ())]
        if not any(isinstance(each.entry, Lab | Finding) for each in found):
            said = self.terminology.coded(system, plain)
            own = found[0].by_own_table if found else False
            names = {each.entry.name for each in found if not each.absent}
            found += [
                self._of_concept(name, system, plain, by_own_table=own)
                for name in self.rulebook.concepts
                if name in said.is_ and name not in names
            ]
        return most_specific(found)

    def _of_concept(self, name: str, system: str, plain: str, *, by_own_table: bool) -> Meaning:
        is_part = not by_own_table and not self.terminology.is_whole(system, plain, name)
        return Meaning(self.rulebook.concepts[name], by_own_table=by_own_table, is_part=is_part)

    def _local(self, system: str, code: str) -> tuple[Meaning, ...]:
        meaning = self.local.codes.get((system, code))
        return (meaning,) if meaning is not None else ()

    def lists(self, system: str, code: str) -> bool:
        """Whether the dictionary names this very code, and does not only cover it."""
        plain = plain_code(system, code)
        systems = {system, "icd10"} if system.startswith("icd10") else {system}
        return any(
            each.system in systems and each.last is None and plain_code(each.system, each.first) == plain
            for entry in self._entries()
            for each in entry.codes
        )

    def is_judged(self, system: str, code: str) -> bool:
        """Whether the clinic says of a code (of the system `TEXT`: a wording) that no rule asks for what it stands for,
        or within which others it lies."""
        system = self.system_name(system)
        row = self.local.rows.get((system, folded(code) if system == TEXT else plain_code(system, code)))
        return row is not None and (row.nothing or bool(row.within))

    def may_matter(self, system: str, code: str) -> bool:
        """Whether somebody judged that a code may be something that a rule asks for."""
        system = self.system_name(system)
        return not self.asked.isdisjoint(self.terminology.coded(system, plain_code(system, code)).may_be)

    def said(
        self,
        codes: Iterable[tuple[str, str]],
        words: str | None = None,
        name: str | None = None,
        on: RecordList | None = None,
        displays: Iterable[str] = (),
    ) -> Said:
        """What an entry says of all concepts, by its codes (each with its system), its wording and the concept's name
        under which it stands. Where nobody knows these, its wording speaks, or what is displayed with its codes: by
        phrases, or as a whole by an abbreviation. An abbreviation is certain, and goes first, but for procedures: `PE`
        among them is an exchange of plasma. In the family history a code for a history in the family (Z81.8) says what
        the relative has."""
        said = self._said(codes, words, name, on, displays)
        if on != "family_history" or not (said.in_family or said.may_be_in_family):
            return said
        is_ = said.is_ | said.in_family
        may_be = (said.may_be | said.may_be_in_family) - is_
        return replace(
            said,
            is_=is_,
            may_be=may_be,
            unreviewed=said.unreviewed - is_ - may_be,
            in_family=NOBODY,
            may_be_in_family=NOBODY,
        )

    def _said(
        self,
        codes: Iterable[tuple[str, str]],
        words: str | None,
        name: str | None,
        on: RecordList | None,
        displays: Iterable[str],
    ) -> Said:
        named = [self.terminology.named(name)] if name is not None else []
        coded: list[tuple[str, str]] = []
        for system, code in codes:
            known = self.system_name(system)
            if known == CONCEPT_SYSTEM:
                meaning = self._names.get(code)
                if meaning is not None and isinstance(meaning.entry, Concept):
                    named.append(self.terminology.named(meaning.entry.name))
                    continue
            coded.append((known, code))
        said = self.terminology.entry(coded, folded(words) if words is not None else None, named)
        words = self._without_marks(words, coded, said, on) if words is not None else None
        displays = [self._without_marks(each, coded, said, on) for each in displays]
        wordings = list(dict.fromkeys(each for each in (words, *displays) if each is not None))
        if said.is_known:
            if on is None:
                return said
            if words is not None and on == "conditions":
                said = self._narrowed(said, coded, words)
            return self._with_other_words(said, coded, wordings, on)
        if words is not None and (by_name := self._by_its_name(words, on)) is not None:
            return by_name
        table = IN_PHRASES.get(on) if on is not None else None
        by_phrases = said if table is None or not wordings else self._by_phrases(table, wordings)
        if not by_phrases.is_known and on in CALLED_AS_CODES and words is not None:
            by_phrases = self.terminology.called(folded(without_brackets(words))) or by_phrases
        if by_phrases.is_known and table == "procedures":
            return by_phrases
        if words is not None and on is not None and (by_abbreviation := self._abbreviated(words, on)) is not None:
            return by_abbreviation
        return by_phrases

    def _without_marks(
        self, wording: str, codes: Collection[tuple[str, str]], said: Said, on: RecordList | None
    ) -> str:
        """A wording without the marks that a program wrote behind it, and without its own code in brackets. Letters
        that may be the words of a disease are a mark where neither the codes nor the title have to do with that:
        `(HCC)` behind a septic shock, and not behind a cirrhosis."""
        own = [(f"{left}{code}{right}", None) for _, code in codes for left, right in ("[]", "()")]
        whole = wording.rstrip()
        for behind, mark in (*own, *self._marks):
            title = whole.removesuffix(behind).rstrip(" ,")
            if not whole.endswith(behind) or not title:
                continue
            if mark is None or not mark.within or self._is_no_word(mark, title, codes, said, on):
                return self._without_marks(title, codes, said, on)
        return wording

    def _is_no_word(
        self, mark: ReviewedRow, title: str, codes: Iterable[tuple[str, str]], said: Said, on: RecordList | None
    ) -> bool:
        """Whether what stands behind a title is a mark: none of its codes, nor of the other things that the title
        names, lies where the letters may be words."""
        places = self.terminology.places(codes)
        if not places or on is None:
            return False
        others = [each for each in self._named_by(title, on) if self._adds(each, said, places)]
        where = {*places, *(plain_code(*each) for other in others for each in other.within)}
        inside = [plain_code(*each) for each in mark.within]
        is_inside = any(one.startswith(other) or other.startswith(one) for one in where for other in inside)
        return not is_inside and all(each.within for each in others)

    @cached_property
    def _marks(self) -> Sequence[tuple[str, ReviewedRow]]:
        """The marks of the rules, the longest first. One without brackets or a comma follows a blank."""
        rows = [row for row in self.rulebook.reviewed if row.system == MARKS]
        marks = [(each, row) for row in rows for each in abbreviations_of(row)]
        behind = [(each if each.startswith(("(", ",")) else f" {each}", row) for each, row in marks]
        return sorted(behind, key=lambda each: -len(each[0]))

    def _by_phrases(self, table: str, wordings: Sequence[str]) -> Said:
        """What wordings say by the phrases of a table. What that does not read may be what it names of the neighbouring
        list: `rituximab infusion` among the procedures, `plasma exchange` among the drugs."""
        said = self._phrases[table].said(wordings)
        if said.is_known or table not in _NEIGHBOURS:
            return said
        named = self._phrases[_NEIGHBOURS[table]].said(wordings)
        may_be = said.may_be | named.is_ | named.may_be
        return replace(said, may_be=may_be, unreviewed=said.unreviewed - may_be)

    def _by_its_name(self, words: str, on: RecordList | None) -> Said | None:
        """What a diagnosis or a procedure says whose wording as a whole is a name of the dictionary. An abbreviation is
        looked at later."""
        if on not in ("conditions", "procedures") or is_abbreviation(words.strip()):
            return None
        meaning = self.named(words, KINDS_ON[on])
        return None if meaning is None else self.terminology.named(meaning.entry.name)

    def is_abbreviated(self, words: str) -> bool:
        """Whether the rules have a wording as an abbreviation."""
        return self.terminology.abbreviated(words.strip()) is not None

    def _abbreviated(self, words: str, on: RecordList) -> Said | None:
        """What an abbreviation says that a ward writes in capitals: one of the rules' table, or a name of the
        dictionary for something that stands on the list."""
        written = words.strip()
        meaning = self._names.get(written) if written.isalpha() and written.isupper() else None
        if meaning is not None and isinstance(meaning.entry, Concept) and meaning.kind in KINDS_ON[on]:
            return self.terminology.named(meaning.entry.name)
        return self.terminology.abbreviated(written) if on in ABBREVIATED else None

    def _narrowed(self, said: Said, codes: Iterable[tuple[str, str]], words: str) -> Said:
        """What the codes of a diagnosis say, narrowed by its wording if that names a treatment that leaves such codes.

        It narrows only codes that are nothing for certain: Z90.4 is a missing part of the bowel. Where the wording says
        appendectomy, no tumor was the reason.
        """
        if said.is_ or not said.open:
            return said
        treatment = self._phrases["procedures"].after_treatment(codes, words)
        if treatment is None:
            return said
        return replace(said, may_be=said.may_be & treatment.open, unreviewed=said.unreviewed & treatment.open)

    def _with_other_words(
        self, said: Said, codes: Collection[tuple[str, str]], wordings: Iterable[str], on: RecordList
    ) -> Said:
        """What an entry says by its codes, and whatever else its wordings name: it may be that, too. E11.9, a diabetes,
        may with the text `HIV` be an HIV infection, and I10 with `hypertension, s/p MI` an infarction. Words for the
        same thing as a code add nothing, though they say less: `gallstones` next to K80.20, `pneumonia` next to its
        code in SNOMED CT."""
        own = {folded(name) for code in codes if (name := self.terminology.calls(*code)) is not None}
        places = self.terminology.places(codes)
        opened: set[str] = set()
        sex: set[str] = set()
        names: set[str] = set()
        besides: set[str] = set()
        for wording in wordings:
            if folded(wording) in own or folded(without_brackets(wording)) in own:
                continue
            for named in self._named_by(wording, on):
                other = named.said.is_ | named.said.may_be
                sex |= named.said.is_ & self._tells_the_sex
                names |= named.said.is_ if turn_of(wording) is None else NOBODY
                if self._is_not_what_is_excepted(said, places, named):
                    besides |= other & said.is_
                if self._adds(named, said, places):
                    opened |= other
        opened -= said.is_ | said.unreviewed
        source = f"{said.source}; {_BY_ITS_WORDS}" if opened or besides else said.source
        return replace(
            said,
            is_=said.is_ | sex,
            may_be=said.may_be | opened,
            source=source,
            named=frozenset(names),
            besides=frozenset(besides),
        )

    def _is_not_what_is_excepted(self, said: Said, places: Iterable[str], named: Named) -> bool:
        """Whether the codes of an entry are something that a rule excepts, and its words name what is none of that: by
        the codes within which they lie, or by the name that they are."""
        excepted = self._excepted & said.is_
        if not excepted or excepted & named.said.is_:
            return False
        return not _meet(places, named) if named.within else bool(excepted - named.said.open)

    @cached_property
    def _excepted(self) -> frozenset[str]:
        """The concepts that some rule excepts."""
        lookups = self.rulebook.lookups.values()
        return frozenset(
            each.concept for lookup in lookups if isinstance(lookup, EventLookup) for each in lookup.exceptions
        )

    def _adds(self, named: Named, said: Said, places: Iterable[str]) -> bool:
        """Whether words name something else than the codes of an entry."""
        is_new = not named.said.is_ - self._tells_the_sex <= said.is_ | said.open
        return is_new or not self._is_the_same(said, places, named)

    def _is_the_same(self, said: Said, places: Iterable[str], named: Named) -> bool:
        """Whether words may be for the same thing as the codes of an entry: one lies within the other, both are for
        certain something that rules ask for, or the words are nothing of that but what the codes may be, too. Words
        that lie within no code, such as a name, are no other thing."""
        if not named.within:
            return True
        asked = (self.asked - self.unspecific) & (named.said.is_ | named.said.may_be)
        if not asked.isdisjoint(named.said.is_ & said.is_) or (asked and asked <= said.is_ | said.open):
            return True
        return _meet(places, named)

    def _named_by(self, wording: str, on: RecordList) -> Sequence[Named]:
        """What the wording of a coded entry names: as a whole, or by each of its phrases, whatever its other words are.
        What the site's table has speaks for itself, and what is said of the family is not the patient's."""
        if self.is_judged(TEXT, wording) or is_of_family(wording):
            return ()
        meaning = self.named(wording, (*KINDS_ON[on], "procedure"))  # which stands among diagnoses, too
        if meaning is not None and isinstance(meaning.entry, Concept):
            return (Named(self.terminology.named(meaning.entry.name)),)
        if (abbreviated := self._abbreviated(wording, on)) is not None:
            return (Named(abbreviated, self.terminology.within_of_abbreviation(wording.strip())),)
        table = IN_PHRASES.get(on)
        if table is None or on == "allergies":
            return ()
        return self._phrases[table].named_in(not_denied(wording))

    def certain(self, meanings: Collection[Meaning], said: Said, kinds: Collection[str]) -> tuple[Meaning, ...]:
        """What an entry certainly is, of these kinds: of the meanings of its codes and name those that no other of
        them denies, and what its wording alone says."""
        kept = [each for each in meanings if each.entry.name not in said.may_be]
        known = {each.entry.name for each in kept}
        worded = [
            Meaning(concept, by_own_table=BY_SITE in said.source, is_part=True)
            for name, concept in self.rulebook.concepts.items()
            if name in said.is_ - self._tells_the_sex and name not in known and concept.kind in kinds
        ]
        return most_specific((*kept, *worded))

    def filed(
        self, meanings: Collection[Meaning], said: Said, on: RecordList, called: str, codes: Iterable[tuple[str, str]]
    ) -> tuple[Meaning, ...]:
        """The meanings under which an entry of the list `on` is filed: what it is, and what else it may be; what it
        says about other lists and the family; and if it is nothing for certain, what it may be."""
        known = self.with_names(codes)
        codings = frozenset((system, plain_code(system, code)) for system, code in known)
        may_be = self._open_on(said, on)
        named = self._named_for_certain(said)
        family = said.may_be_in_family & self.asked if on == "conditions" else NOBODY
        is_ = [
            replace(
                meaning,
                may_be=may_be,
                may_be_in_family=family,
                is_read=said.is_known,
                called=called,
                codings=codings,
                named=named,
            )
            for meaning in meanings
        ]
        if on == "conditions":
            in_family = [self.rulebook.concepts[name] for name in said.in_family]
            is_ += [Meaning(concept, in_family=True, is_part=True, called=called) for concept in in_family]
        sex = (said.is_ & self._tells_the_sex) | (said.named & self._of_one_sex)
        if sex and is_:
            is_[0] = replace(is_[0], of_one_sex=sex)
        if (may_be or family or sex) and all(each.in_family for each in is_):
            open_ = Meaning(
                UNSETTLED,
                may_be=may_be,
                may_be_in_family=family,
                is_read=said.is_known,
                is_part=True,
                called=called,
                named=named,
                of_one_sex=sex,
            )
            is_.append(open_)
        if said.besides and on == "conditions":
            is_.append(Meaning(UNSETTLED, may_be=said.besides & self.asked, is_part=True, called=called))
        return tuple(is_)

    def _named_for_certain(self, said: Said) -> frozenset[str]:
        """What an entry only may be, and names all the same; and what is in doubt with that, or with what it is."""
        concepts, named = self.rulebook.concepts, said.is_ | said.named
        in_doubt = (name for each in named for name in self._in_doubt_with.get(each, ()) if name in concepts)
        return (said.named | frozenset(in_doubt)) & said.may_be

    @cached_property
    def _in_doubt_with(self) -> Mapping[str, Sequence[str]]:
        """What is in doubt with each concept."""
        found: dict[str, list[str]] = {}
        for concept in self.rulebook.concepts.values():
            for each in concept.in_doubt_with:
                found.setdefault(each, []).append(concept.name)
        return found

    @cached_property
    def _wordings(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str, str]]]:
        """What concepts are called, by the first word: all words, the wording, and the concept's name."""
        found: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for concept in self.rulebook.concepts.values():
            for called in dict.fromkeys((concept.title, *concept.aliases, concept.name)):
                words = tuple(plain_words(called))
                found.setdefault(words[0], []).append((words, called.replace("_", " "), concept.name))
        return found

    def named_within(self, wording: str) -> Mapping[str, Said]:
        """What a longer wording names of the concepts: as the dictionary calls each, and what that says. Of a name
        within a longer one the longer counts. Whether the wording affirms or denies it is not read."""
        words = plain_words(wording)
        named: dict[str, str] = {}
        at = 0
        while at < len(words):
            here = [
                each for each in self._wordings.get(words[at], ()) if tuple(words[at : at + len(each[0])]) == each[0]
            ]
            longest = max((len(each[0]) for each in here), default=1)
            for those, called, name in here:
                if len(those) == longest:
                    named.setdefault(name, called)
            at += longest
        return {called: replace(self.terminology.named(name), unreviewed=NOBODY) for name, called in named.items()}

    @cached_property
    def _phrases(self) -> Mapping[str, Phrases]:
        """What people's words for procedures and drugs mean, by the table of their phrases."""
        return {
            table: Phrases(table, self.rulebook, self.terminology, self.called, self._tells_the_sex)
            for table in PHRASES
        }

    @cached_property
    def _tells_the_sex(self) -> frozenset[str]:
        """The concepts that say only of which sex somebody is: no rule asks for them, and they end nothing."""
        ends = {name for concept in self.rulebook.concepts.values() for name in concept.ended_by}
        return self._of_one_sex - self.asked - ends

    @cached_property
    def _of_one_sex(self) -> frozenset[str]:
        """The concepts that only one sex can have."""
        return frozenset(name for name, each in self.rulebook.concepts.items() if each.only_if is not None)

    @property
    def called(self) -> Iterator[tuple[str, str]]:
        """Everything that concepts are called, each with the concept's name."""
        return ((called, name) for those in self._wordings.values() for _, called, name in those)

    @cached_property
    def shown_in_words(self) -> frozenset[str]:
        """The concepts that a test may show whose result is a word: such as a virus."""
        findings = self.rulebook.findings
        return frozenset(
            name
            for name, concept in self.rulebook.concepts.items()
            if any(sign.fact in findings for sign in concept.signs)
        )

    def named_by(self, wordings: Iterable[str]) -> Said:
        """What wordings name that stand on no list, such as the name of a result."""
        told = [self.said((), plain, on="conditions") for each in wordings if (plain := not_denied(each)).strip()]
        is_ = frozenset[str]().union(*(each.is_ for each in told))
        return Said(is_, frozenset[str]().union(*(each.may_be for each in told)) - is_)

    def only_may_be(self, said: Said, on: RecordList, called: str, codes: Iterable[tuple[str, str]]) -> Meaning | None:
        """The meaning of what may be an entry of a list, and is none for certain, whatever its codes say; None if it is
        nothing that rules ask for, or certainly belongs on another list.

        A drug that somebody dispensed is a substance for certain, which is on the list of allergies, and may be an
        immunosuppressant, which is on the list of drugs.
        """
        is_ = {name for name in said.is_ if on == "conditions" or self._is_on(on, name)}
        elsewhere = {name for name in said.is_ if self.rulebook.concepts[name].kind != "substance"}
        if elsewhere and not is_ and not any(self._is_on(on, name) for name in said.may_be):
            return None
        open_ = replace(
            said,
            is_=said.is_ & self._tells_the_sex,
            may_be=said.may_be | is_,
            in_family=NOBODY,
            may_be_in_family=said.may_be_in_family | said.in_family,
        )
        return next(iter(self.filed((), open_, on, called, codes)), None)

    def _is_on(self, on: RecordList, name: str) -> bool:
        """Whether a list is of a concept's kind."""
        return self.rulebook.concepts[name].kind in KINDS_ON[on]

    def _open_on(self, said: Said, on: RecordList) -> frozenset[str]:
        """What an entry of a list may be, of what rules ask for. Of what stands on other lists it says something only
        where somebody judged that it does, or nobody can read it."""
        concepts, kinds = self.rulebook.concepts, KINDS_ON[on]
        open_ = {name for name in said.open & self.asked if concepts[name].kind in kinds}
        # What is planned for certain is said, and opens nothing: a transplantation to come has no consequences yet.
        is_said = on == "plans" and any(concepts[name].kind in kinds for name in said.is_)
        if on in SPEAKING_OF and not is_said:
            unread = self._spoken_of_elsewhere if on == "conditions" else self._denied_beside(on)
            if on == "procedures":
                # The giving of a drug is a procedure, too.
                unread |= {name for name in self._spoken_of_elsewhere if concepts[name].kind == "drug"}
            judged = said.may_be if on == "conditions" else said.may_be | said.is_
            elsewhere = (judged if said.is_known else judged | (unread & said.open)) & self.asked
            open_.update(name for name in elsewhere if concepts[name].kind in SPEAKING_OF[on])
        if on == "allergies":
            # A diagnosis of an allergy leaves open to which drug, though it says nothing of what is taken.
            unspecific = said.is_ | said.open
            open_.update(
                name
                for name in self.asked - said.is_
                if concepts[name].kind == "drug" and (above := self._substances_above(name)) and above <= unspecific
            )
        return frozenset(open_)

    def _substances_above(self, name: str) -> frozenset[str]:
        """The substances that include a drug."""
        concepts = self.rulebook.concepts
        return frozenset(each for each in concepts[name].broader if concepts[each].kind == "substance")

    def worded(self, text: str) -> tuple[Meaning, ...]:
        """What a wording stands for by a clinic's own table, whatever its capitals and the white space in it."""
        if not self.local.texts:
            return ()
        meaning = self.local.texts.get(folded(text))
        return (meaning,) if meaning is not None else ()

    @property
    def names(self) -> Mapping[str, Meaning]:
        """Every name and alias, with what it stands for."""
        return self._names

    def some_substance(self) -> Meaning | None:
        """The substance that includes every other one, if there is one."""
        substances = self._substances()
        others = frozenset(substances)
        broad = [each for each in substances.values() if each.narrower and others <= {each.name, *each.narrower}]
        return Meaning(broad[0]) if broad else None

    def some_drug(self) -> Meaning | None:
        """The narrowest substance that includes every drug that substances include, if there is one."""
        substances = self._substances()
        drugs = {name: self._drugs_of(substance) for name, substance in substances.items()}
        every = frozenset[str]().union(*drugs.values())
        whole = [substance for name, substance in substances.items() if every and drugs[name] == every]
        return Meaning(min(whole, key=lambda each: len(each.narrower))) if whole else None

    @cached_property
    def unspecific(self) -> frozenset[str]:
        """Some drug and some substance, whichever it is: of an allergy they say enough, of what is given nothing."""
        return frozenset(each.entry.name for each in (self.some_drug(), self.some_substance()) if each is not None)

    def may_be_given(self, entry: DictionaryEntry) -> bool:
        """Whether a substance that people are allergic to is also given as a drug: it, or something it is a kind of,
        has the code of a drug."""
        if not isinstance(entry, Concept) or entry.kind != "substance":
            return False
        broad = (entry, *(self.rulebook.concepts[name] for name in entry.broader))
        return any(code.system in DRUG_SYSTEMS for each in broad for code in each.codes)

    def _substances(self) -> dict[str, Concept]:
        return {name: each for name, each in self.rulebook.concepts.items() if each.kind == "substance"}

    def _drugs_of(self, substance: Concept) -> frozenset[str]:
        return frozenset(name for name in substance.narrower if self.rulebook.concepts[name].kind == "drug")

    def factor(self, lab: Lab, form: Form | None, unit: str) -> Fraction:
        """What a result of a lab in a unit is multiplied by to be in its canonical unit. Raises UnitError."""
        key = (lab.name, form.name if form is not None else None, unit)
        known = self._factors.get(key)
        if known is None:
            known = _factor(lab, form, unit)
            if len(self._factors) < MOST_REMEMBERED:
                self._factors[key] = known
        if isinstance(known, UnitError):
            raise UnitError(*known.args)  # one that is raised again and again would keep every traceback
        return known

    def labs_in(self, unit: str) -> Iterator[Lab]:
        """The labs whose results can come in a unit; a plain number is no share of any."""
        for lab in self.rulebook.labs.values():
            try:
                self.factor(lab, None, unit)
            except UnitError:
                continue
            if not is_plain_for_a_share(unit, lab.unit):
                yield lab

    def as_measured(self, meaning: Meaning, called: str, unit: str | None) -> Meaning:
        """What a name of a finding stands for if a number or a unit comes with it: the lab that has a name of the same
        words and more, and may come in that unit (`hCG`, which is measured in serum; a viral load, where the finding
        "virus" has the shorter name)."""
        if not isinstance(meaning.entry, Finding):
            return meaning
        words = set(plain_words(called))
        fitting = [
            Meaning(lab)
            for lab in self.rulebook.labs.values()
            if any(words < set(plain_words(each)) for each in (lab.name.replace("_", " "), *lab.aliases))
            and (unit is None or self.may_come_in(Meaning(lab), unit))
        ]
        return fitting[0] if len(fitting) == 1 else meaning

    def may_come_in(self, meaning: Meaning, unit: str | None) -> bool:
        """Whether results of what a name stands for can come in a unit, as far as one is given. A finding has none,
        unless it is a pair of labs that do."""
        if unit is None:
            return True
        if isinstance(meaning.entry, Finding):
            pair = meaning.entry.pair_of
            return bool(pair) and all(self.may_come_in(Meaning(self.rulebook.labs[each]), unit) for each in pair)
        if not isinstance(meaning.entry, Lab):
            return False
        try:
            self.factor(meaning.entry, meaning.form, unit)
        except UnitError:
            return False
        return True

    def may_be_a_pair_in(self, meaning: Meaning, unit: str | None) -> bool:
        """Whether a result is not of a pair of labs that cannot come in its unit: `RR` in `/min` is no pressure."""
        is_pair = isinstance(meaning.entry, Finding) and bool(meaning.entry.pair_of)
        return not is_pair or self.may_come_in(meaning, unit)

    def units_of(self, lab: Lab) -> tuple[str, ...]:
        """The units that the dictionary itself names for a lab: its canonical unit, and those of its codes."""
        return tuple(dict.fromkeys([lab.unit, *(code.unit for code in lab.codes if code.unit is not None)]))

    def own_units(self, lab: Lab) -> tuple[str, ...]:
        """The units that the dictionary names for a lab, then the common ones of its dimension, each size once; none
        for a pure number."""
        known = self._own_units.get(lab.name)
        if known is None:
            known = self._own_units[lab.name] = () if lab.unit == "1" else tuple(self._around(lab))
        return known

    def _around(self, lab: Lab) -> Iterable[str]:
        dimension = parse_unit(lab.unit).dimension
        alike = [common.text for common in common_units() if common.dimension == dimension and common.text != "1"]
        sizes: dict[tuple[Fraction, Dimension], str] = {}
        for text in (*self.units_of(lab), *alike):
            unit = parse_unit(text)
            sizes.setdefault((unit.factor, unit.dimension), text)
        return sizes.values()


def dictionary_of(rulebook: Rulebook) -> Dictionary:
    """The dictionary of a rulebook, without anything of a clinic's own."""
    return made_once(rulebook, "dictionary", lambda: Dictionary(rulebook))


@lru_cache(maxsize=256)
def is_plain_for_a_share(unit: str, of_lab: str) -> bool:
    """Whether a plain number stands where a percentage belongs: 0.4 may be one, 1.2 something else."""
    plain, share = parse_unit(unit), parse_unit(of_lab)
    return plain.dimension == share.dimension == PURE and plain.factor == 1 != share.factor


def _factor(lab: Lab, form: Form | None, unit: str) -> Fraction | UnitError:
    """A form counts the same moles: its own molar mass leads from its mass to moles, the lab's on to the lab's mass."""
    try:
        source, target = parse_unit(unit), parse_unit(lab.unit)
        own_mass = Fraction(lab.molar_mass) if lab.molar_mass is not None else None
        if source.dimension == target.dimension == PURE and source.factor != target.factor == 1:
            raise UnitError(f"`{unit}` is not its unit: `{lab.name}` is a plain number")
        if form is None:
            return factor_between(source, target, own_mass, lab.valence)
        form_mass = Fraction(form.molar_mass)
        if _MASS not in source.dimension:
            return factor_between(source, target, own_mass, lab.valence)
        if _MASS not in target.dimension:
            return factor_between(source, target, form_mass, lab.valence)
        if own_mass is None:
            raise UnitError(f"`{form.name}` cannot be converted to `{lab.name}` (no molar mass is defined)")
        return factor_between(source, target) / form_mass * own_mass
    except UnitError as error:
        return error


_MASS = ("mass", 1)


def _meet(places: Iterable[str], named: Named) -> bool:
    """Whether one of these codes lies within one of those of the words, or the other way round."""
    within = [plain_code(*each) for each in named.within]
    return any(one.startswith(other) or other.startswith(one) for one in places for other in within)


def _systems_of(concept: Concept) -> set[str]:
    return {each.system for each in concept.codes} | {each.system for each in concept.relations}


def _is_concept(meaning: Meaning) -> bool:
    return isinstance(meaning.entry, Concept)


def _part_of(meaning: Meaning) -> Meaning:
    return meaning if meaning.absent else replace(meaning, is_part=True)


def most_specific(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    """Each entry once, without the concepts that a narrower one among them implies; and each absence once, without
    those that the absence of a broader concept implies. One of them that may be of a part makes it a part. Of a lab it
    is what its codes say together."""
    meanings = tuple(meanings)
    if len(meanings) < 2:
        return meanings
    found: dict[tuple[str, bool], Meaning] = {}
    for meaning in meanings:
        key = (meaning.entry.name, meaning.absent)
        known = found.setdefault(key, meaning)
        if known is not meaning and isinstance(meaning.entry, Lab):
            found[key] = together(known, meaning)
        elif known is not meaning and meaning.is_part:
            found[key] = _part_of(known)
    implied: set[tuple[str, bool]] = set()
    for meaning in found.values():
        if isinstance(meaning.entry, Concept):
            others = meaning.entry.narrower if meaning.absent else meaning.entry.broader
            implied.update((name, meaning.absent) for name in others)
    return tuple(meaning for key, meaning in found.items() if key not in implied)


def together(one: Meaning, other: Meaning) -> Meaning:
    """What two codes of one lab say together. Codes of different quantities leave open what is measured: another form
    of the lab, amount and mass, or two units that results without one would have."""
    kinds = [each for each in (one.kind_of_unit, one.unit, other.kind_of_unit, other.unit) if each is not None]
    clash = one.clash or other.clash
    if one.form != other.form:
        clash = clash or _clash(*((each.form or each.entry).name for each in (one, other)))
    for each in kinds[1:]:
        if parse_unit(each).dimension != parse_unit(kinds[0]).dimension:
            clash = clash or _clash(f"results in {kinds[0]}", f"in {each}")
    if one.unit is not None and other.unit is not None and one.unit != other.unit:
        clash = clash or _clash(f"results in {one.unit}", f"in {other.unit}")
    return replace(
        one,
        kind_of_unit=one.kind_of_unit or other.kind_of_unit,
        unit=one.unit or other.unit,
        by_own_table=one.by_own_table or other.by_own_table,
        clash=clash,
    )


def _clash(one: str, other: str) -> str:
    return f"its codes are of different quantities: {one}, and {other}"


def names_of(meanings: Iterable[Meaning]) -> tuple[str, ...]:
    """The names of what an entry was read as; `no NAME` for what its code says is absent."""
    names = (("no " if each.absent else "") + (each.form or each.entry).name for each in meanings)
    return tuple(dict.fromkeys(names))
