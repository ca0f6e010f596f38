"""The dictionary as a record sees it: what a name or a code stands for, and what units its results come in.

A code may be covered by an entry itself, by a range (`C00 .. C97`) or, in a hierarchical system, by a shorter code:
`I21` covers `I21.4`, `H02AB` covers `H02AB06`. ICD-10 codes are compared without their dot. Where a code is covered by
a concept and by a narrower one, it stands for the narrower; the broader follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from msgspec import Struct

from screener.records.errors import did_you_mean
from screener.rulebook import Code, Concept, Finding, Form, Lab, Rulebook
from screener.values.units import UnitError, factor_between, parse_unit

Entry = Lab | Finding | Concept

SYSTEMS = {
    "http://loinc.org": "loinc",
    "http://snomed.info/sct": "snomed",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10-gm": "icd10",
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm": "icd10",
    "http://www.whocc.no/atc": "atc",
    "http://fhir.de/CodeSystem/bfarm/atc": "atc",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
}
"""Names in use for the code systems of the dictionary."""

CONCEPT_SYSTEM = "urn:screener:concept"
"""The system whose codes are dictionary names."""

HIERARCHICAL = frozenset({"icd10", "atc"})

DRUG_SYSTEMS = frozenset({"atc", "rxnorm"})
"""The systems whose codes are all of drugs."""


class Meaning(Struct, frozen=True):
    """What a name or a code of the record stands for."""

    entry: Entry
    form: Form | None = None
    """A measured form of a lab with a molar mass of its own."""
    unit: str | None = None
    """The only unit that results under this code come in."""
    value: str | None = None
    """The grade or category that the code itself states."""

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


class Dictionary:
    """An index of a rulebook's labs, findings and concepts. It never changes, and may be shared between threads."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._names: dict[str, Meaning] = {}
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
            for code in entry.codes:
                self._add_code(code, Meaning(entry, forms.get(code.form or ""), code.unit, code.value))

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

    def coded(self, system: str, code: str) -> tuple[Meaning, ...]:
        """What a code stands for: every entry that covers it, but none that a narrower one implies."""
        system = SYSTEMS.get(system, system)
        if system == CONCEPT_SYSTEM:
            meaning = self._names.get(code)
            return (meaning,) if meaning is not None else ()
        return most_specific(self._covering(system, plain_code(system, code)))

    def _covering(self, system: str, code: str) -> Iterator[Meaning]:
        lengths = range(len(code), 0, -1) if system in HIERARCHICAL else (len(code),)
        for length in lengths:
            yield from self._codes.get((system, code[:length]), ())
        for first, last, meaning in self._ranges.get(system, ()):
            if len(code) >= len(first) and first <= code and code[: len(last)] <= last:
                yield meaning

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
            if len(self._factors) < 4096:
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


def most_specific(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    """Each entry once, without the concepts that a narrower one among them implies."""
    found: dict[str, Meaning] = {}
    for meaning in meanings:
        found.setdefault(meaning.entry.name, meaning)
    implied: set[str] = set()
    for meaning in found.values():
        if isinstance(meaning.entry, Concept):
            implied.update(meaning.entry.broader)
    return tuple(meaning for name, meaning in found.items() if name not in implied)


def plain_code(system: str, code: str) -> str:
    """A code as it is compared: without blanks around it; in a hierarchical system in capitals and without a dot."""
    plain = code.strip()
    return plain.upper().replace(".", "") if system in HIERARCHICAL else plain
