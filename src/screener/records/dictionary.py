"""The dictionary as a record sees it: what a name or a code stands for, and what units its results come in.

A code may be covered by an entry itself, by a range (`C00 .. C97`) or, in a hierarchical system, by a shorter code:
`I21` covers `I21.4`, `H02AB` covers `H02AB06`. ICD-10 codes are compared without their dot. Where a code is covered by
a concept and by a narrower one, it stands for the narrower; the broader follows from it. A code may also say that
something is absent (`no known allergy`); the broadest of such absences holds the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from unicodedata import category

from msgspec import Struct
from msgspec.structs import replace

from screener.records.code_systems import system_name
from screener.records.errors import did_you_mean
from screener.rulebook import Code, Concept, Finding, Form, Lab, Rulebook
from screener.values.units import UnitError, factor_between, parse_unit

Entry = Lab | Finding | Concept

CONCEPT_SYSTEM = "urn:screener:concept"
"""The system whose codes are dictionary names."""

HIERARCHICAL = frozenset({"icd10", "icd10cm", "icd10gm", "atc"})

_EDITION_OF = {"icd10cm": "icd10", "icd10gm": "icd10"}
"""Systems that differ from another one in places only: what stands there for the other holds for them, too."""

_AGREED = {"icd10gm": 4}
"""Up to which character an edition agrees with the other, where it goes on by itself."""

ABSENCE_SYSTEMS = frozenset({"ips"})
"""The systems whose codes all say that there is nothing, or that nothing is known: none is of a substance."""

RESULT_SYSTEMS = frozenset({"loinc"})
"""The systems whose codes are all of what is measured, asked or documented: none is of a treatment or a disease."""

DRUG_SYSTEMS = frozenset({"atc", "rxnorm"})
"""The systems whose codes are all of drugs."""


READ_AS = "read as"

TEXT = "text"
"""The system whose codes are wordings: what a record calls something, not what it codes it with."""

MOST_REMEMBERED = 4096
"""Codes and units whose meaning is kept: a hospital uses some hundreds of each."""


class Meaning(Struct, frozen=True):
    """What a name or a code of the record stands for."""

    entry: Entry
    form: Form | None = None
    """A measured form of a lab with a molar mass of its own."""
    unit: str | None = None
    """The only unit that results under this code come in."""
    value: str | None = None
    """The grade or category that the code itself states."""
    absent: bool = False
    """Whether the code says that the concept is absent."""
    by_own_table: bool = False
    """Whether the clinic's own table says what the code stands for."""
    is_part: bool = False
    """Whether the code may be of one kind of the concept only: who is denied that kind may have another."""

    @property
    def flags(self) -> tuple[str, ...]:
        """What has to be said wherever a fact under this name or code is shown."""
        return self.flags_in(None)

    def flags_in(self, unit: str | None) -> tuple[str, ...]:
        """The same of a result that has no unit on record, and is taken to be in this one."""
        in_unit = f" in {unit}" if unit else ""
        called = (self.form or self.entry).name
        return (f"{READ_AS} {called}{in_unit} by the clinic's own table",) if self.by_own_table else ()

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


def denies_a_part(meaning: Meaning) -> str:
    """Why an entry that something is absent clears nothing, if its code may be of one kind of it only."""
    return f"its code may be of one kind of `{meaning.entry.name}` only, which says nothing of the others"


class LocalCodes(Struct, frozen=True):
    """A clinic's own codes, by system (`""`: none) and plain code, and its wordings, folded (`folded`)."""

    codes: Mapping[tuple[str, str], Meaning] = {}
    texts: Mapping[str, Meaning] = {}
    others: frozenset[tuple[str, str]] = frozenset()
    """What the clinic says to be nothing that any rule asks for; of a wording the system is `TEXT`."""


class Dictionary:
    """An index of a rulebook's labs, findings and concepts, and of a clinic's own codes. It never changes, and may be
    shared between threads."""

    def __init__(self, rulebook: Rulebook, local: LocalCodes | None = None) -> None:
        self.rulebook = rulebook
        self.local = local or LocalCodes()
        self._names: dict[str, Meaning] = {}
        self._coded: dict[tuple[str, str], tuple[Meaning, ...]] = {}
        self._codes: dict[tuple[str, str], list[Meaning]] = {}
        self._ranges: dict[str, list[tuple[str, str, Meaning]]] = {}
        self._factors: dict[tuple[str, str | None, str], Fraction | UnitError] = {}
        entries: list[Entry] = [*rulebook.labs.values(), *rulebook.findings.values(), *rulebook.concepts.values()]
        for entry in entries:
            for name in (entry.name, *entry.aliases):
                self._names[name] = Meaning(entry)
            forms = {form.name: form for form in entry.forms} if isinstance(entry, Lab) else {}
            for form in forms.values():
                for name in (form.name, *form.aliases):
                    self._names[name] = Meaning(entry, form)
            positive = Counter(code.system for code in entry.codes if not code.absent)
            for code in entry.codes:
                of_form = forms.get(code.form or "")
                # Of several codes nobody wrote down which is of the whole, and one that says `absent` is.
                is_one_of_several = positive[code.system] > 1 or code.last is not None
                is_part = isinstance(entry, Concept) and not code.absent and is_one_of_several
                self._add_code(code, Meaning(entry, of_form, code.unit, code.value, code.absent, is_part=is_part))

    def _add_code(self, code: Code, meaning: Meaning) -> None:
        first = plain_code(code.system, code.first)
        if code.last is None:
            self._codes.setdefault((code.system, first), []).append(meaning)
        else:
            last = plain_code(code.system, code.last)
            self._ranges.setdefault(code.system, []).append((first, last, meaning))

    def named(self, name: str) -> Meaning | None:
        """What a name or alias stands for."""
        return self._names.get(name)

    def with_local(self, local: LocalCodes) -> Dictionary:
        """The same with a clinic's own codes, beside those that it has."""
        both = LocalCodes(
            {**self.local.codes, **local.codes},
            {**self.local.texts, **local.texts},
            self.local.others | local.others,
        )
        return Dictionary(self.rulebook, both)

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
        system = system_name(system)
        if system == CONCEPT_SYSTEM:
            meaning = self._names.get(code)
            return (meaning,) if meaning is not None else ()
        plain = plain_code(system, code)
        found = [*self._local(system, plain), *self._covering(system, plain)]
        if (other := _EDITION_OF.get(system)) is not None:
            agreed = plain[: _AGREED.get(system)]
            covering = self._covering(other, agreed)
            found += [*self._local(other, plain), *(covering if agreed == plain else map(_part_of, covering))]
        meant = most_specific(found)
        # A code of two things at once is of one kind of each: alcoholic liver failure is not all of liver failure.
        return meant if len(meant) == 1 else tuple(map(_part_of, meant))

    def _local(self, system: str, code: str) -> tuple[Meaning, ...]:
        meaning = self.local.codes.get((system, code))
        return (meaning,) if meaning is not None else ()

    def lists(self, system: str, code: str) -> bool:
        """Whether the dictionary names this very code, and does not only cover it."""
        plain = plain_code(system, code)
        return any((each, plain) in self._codes for each in (system, _EDITION_OF.get(system, system)))

    def is_nothing(self, system: str, code: str) -> bool:
        """Whether the clinic says that a code (of the system `TEXT`: a wording) is nothing that any rule asks for."""
        if not self.local.others:
            return False
        system = system_name(system)
        return (system, folded(code) if system == TEXT else plain_code(system, code)) in self.local.others

    def is_something_else(self, system: str, code: str) -> bool:
        """Whether a code without a meaning is certainly nothing that any rule asks for: the clinic says so, or it is of
        a system of which the dictionary covers whole chapters."""
        return system_name(system) in HIERARCHICAL | RESULT_SYSTEMS or self.is_nothing(system, code)

    def worded(self, text: str) -> tuple[Meaning, ...]:
        """What a wording stands for by a clinic's own table, whatever its capitals and the white space in it."""
        if not self.local.texts:
            return ()
        meaning = self.local.texts.get(folded(text))
        return (meaning,) if meaning is not None else ()

    def _covering(self, system: str, code: str) -> Iterator[Meaning]:
        lengths = range(len(code), 0, -1) if system in HIERARCHICAL else (len(code),)
        for length in lengths:
            for meaning in self._codes.get((system, code[:length]), ()):
                # A longer code of an absence says that a kind of it is absent, not all of it.
                if length == len(code):
                    yield meaning
                elif not meaning.absent:
                    yield _part_of(meaning)
        for first, last, meaning in self._ranges.get(system, ()):
            if len(code) >= len(first) and first <= code and code[: len(last)] <= last:
                yield meaning

    @property
    def names(self) -> Mapping[str, Meaning]:
        """Every name and alias, with what it stands for."""
        return self._names

    def alike(self, name: str, kinds: Iterable[str]) -> str:
        """The mend for a name that the dictionary does not know."""
        wanted = frozenset(kinds)
        return did_you_mean(name, (known for known, meaning in self._names.items() if meaning.kind in wanted))

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

    def units_of(self, lab: Lab) -> tuple[str, ...]:
        """The units that the dictionary itself names for a lab: its canonical unit, and those of its codes."""
        return tuple(dict.fromkeys([lab.unit, *(code.unit for code in lab.codes if code.unit is not None)]))


def _factor(lab: Lab, form: Form | None, unit: str) -> Fraction | UnitError:
    """A form counts the same moles: its own molar mass leads from its mass to moles, the lab's on to the lab's mass."""
    try:
        source, target = parse_unit(unit), parse_unit(lab.unit)
        own_mass = Fraction(lab.molar_mass) if lab.molar_mass is not None else None
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


def _part_of(meaning: Meaning) -> Meaning:
    return meaning if meaning.absent else replace(meaning, is_part=True)


def most_specific(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    """Each entry once, without the concepts that a narrower one among them implies; and each absence once, without
    those that the absence of a broader concept implies. One of them that may be of a part makes it a part."""
    meanings = tuple(meanings)
    if len(meanings) < 2:
        return meanings
    found: dict[tuple[str, bool], Meaning] = {}
    for meaning in meanings:
        key = (meaning.entry.name, meaning.absent)
        if found.setdefault(key, meaning) is not meaning and meaning.is_part:
            found[key] = _part_of(found[key])
    implied: set[tuple[str, bool]] = set()
    for meaning in found.values():
        if isinstance(meaning.entry, Concept):
            others = meaning.entry.narrower if meaning.absent else meaning.entry.broader
            implied.update((name, meaning.absent) for name in others)
    return tuple(meaning for key, meaning in found.items() if key not in implied)


def folded(text: str) -> str:
    """A wording as it is compared: in small letters, with single blanks, without characters that nobody sees."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(each for each in plain if category(each) != "Cf")
    return " ".join(plain.split())


def plain_code(system: str, code: str) -> str:
    """A code as it is compared: without blanks around it; in a hierarchical system in capitals and without a dot."""
    plain = code.strip()
    return plain.upper().replace(".", "") if system in HIERARCHICAL else plain
