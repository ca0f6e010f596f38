"""What an entry of a native record is about: from its name or codes to the dictionary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from screener.records.code_systems import system_name
from screener.records.dictionary import ABSENCE_SYSTEMS, DRUG_SYSTEMS, Dictionary, Meaning, most_specific
from screener.records.errors import Findings, any_of, quoted
from screener.records.native import Entry
from screener.records.sightings import Sighting, names_of
from screener.rulebook import Concept

NEGATIVE = ("absent", "never")
"""What a status says of something that is not there."""

_HOLDING = ("active", "present", "ongoing")
_CODE_FIELDS = ("loinc", "snomed", "icd10", "atc")
_LIST_OF = {
    "lab": "observations",
    "finding": "observations",
    "condition": "conditions",
    "procedure": "procedures",
    "drug": "medications",
    "event": "events",
    "substance": "allergies",
}


class Naming:
    """Resolves entries against the dictionary, and tells what cannot be resolved."""

    def __init__(self, dictionary: Dictionary, findings: Findings) -> None:
        self.dictionary = dictionary
        self.findings = findings

    def meanings(
        self, entry: Entry, path: str, kinds: tuple[str, ...], coded_kinds: tuple[str, ...] = ()
    ) -> tuple[Meaning, ...]:
        """What the entry is about: entries of the dictionary of these kinds (a code may also stand for `coded_kinds`).

        Nothing, if it has a problem; or if no rule uses its code, which is noted.
        """
        name: str | None = entry.name if isinstance(entry.name, str) else None
        named = self._named(name, f"{path}.name", kinds) if name is not None else None
        codes = list(self._codes(entry, path))
        meant: tuple[Meaning, ...] = ()
        if name is None or named is not None:
            coded = [meaning for system, code in codes for meaning in self._coded(system, code, path)]
            if named is not None:
                meant = () if self._is_disputed(entry, coded, path, named) else self._agreed(named, coded, path)
            else:
                meant = self._of_kinds(most_specific(coded), path, kinds + coded_kinds)
                meant = () if self._is_disputed(entry, meant, path) else meant
        self._tell_sightings(entry, name, codes, meant, kinds)
        return meant

    def _tell_sightings(
        self,
        entry: Entry,
        name: str | None,
        codes: Collection[tuple[str, str]],
        meant: Collection[Meaning],
        kinds: tuple[str, ...],
    ) -> None:
        if self.findings.sightings is None:
            return
        unit = getattr(entry, "unit", None)
        without_system = entry.code if isinstance(entry.code, str) else None
        for system, code in codes or (("", without_system),):
            if code is not None or name is not None:
                sighting = Sighting(kinds[0], system or None, code, name, unit, names_of(meant))
                self.findings.sightings.saw(sighting)

    def _is_disputed(self, entry: Entry, coded: Collection[Meaning], path: str, named: Meaning | None = None) -> bool:
        """Whether a code says that something is absent, and the rest of the entry something else.

        A name speaks of the thing itself, so that its status must say `absent`, too. A status beside the code alone is
        that of the absence: it may hold, but an absence that is itself absent, or over, says nothing.
        """
        absent = next((meaning for meaning in coded if meaning.absent), None)
        if absent is None:
            return False
        status = getattr(entry, "status", None)
        says = f"its code says that `{absent.entry.name}` is absent"
        if named is not None and status not in NEGATIVE:
            said = f"its status `{status}`" if status else f"its name `{named.entry.name}`"
            self.findings.refuse(
                path, f"{says}, {said} that it is not", 'write `"status": "absent"`, or correct the code'
            )
            return True
        if named is None and status not in (None, *_HOLDING):
            self.findings.refuse(
                f"{path}.status", f"{says}, so that its status cannot be `{status}`", "leave out `status`"
            )
            return True
        return False

    def some_substance(self, entry: Entry, path: str) -> tuple[Meaning, ...]:
        """The broadest substance that an entry is certainly of, whose codes no entry of the dictionary has: a code of a
        drug stands for some drug, any other for some substance. An entry without a code stands for nothing."""
        systems = {system_name(system) for system, _ in self._codes(entry, path)} - ABSENCE_SYSTEMS
        meaning = self.dictionary.some_drug() if systems & DRUG_SYSTEMS else None
        meaning = meaning or self.dictionary.some_substance()
        if meaning is None or not systems:
            return ()
        self.findings.note(path, f"it is read as `{meaning.entry.name}`")
        return (meaning,)

    def may_be_anything(self, entry: Entry, path: str) -> bool:
        """Whether nobody can tell what an entry is: it has codes, and the dictionary neither has one of them nor knows
        that one stands for something else."""
        codes = list(self._codes(entry, path))
        return bool(codes) and not any(
            self.dictionary.coded(*each) or self.dictionary.is_something_else(*each) for each in codes
        )

    def _broader_instead(self, alike: str) -> str:
        """The mend for an unknown name of a substance."""
        broader = [each.entry.name for each in (self.dictionary.some_drug(), self.dictionary.some_substance()) if each]
        if not broader:
            return alike
        instead = f"give its code, or the broader name {any_of(dict.fromkeys(broader))}"
        return f"{alike} if not, {instead}" if alike.endswith("?") else instead

    def is_silent(self, entry: Entry) -> bool:
        """Whether the entry does not even try to say what it is about."""
        given = (entry.name, entry.code, entry.system, *(getattr(entry, field) for field in _CODE_FIELDS))
        return all(each is None for each in given)

    def _named(self, name: str, path: str, kinds: tuple[str, ...]) -> Meaning | None:
        meaning = self.dictionary.named(name) or next(iter(self.dictionary.worded(name)), None)
        if meaning is None:
            mend = self.dictionary.alike(name, kinds)
            if "substance" in kinds:
                mend = self._broader_instead(mend)
            self.findings.refuse(path, f"{quoted(name)} is not in the dictionary", mend)
            return None
        if meaning.kind not in kinds:
            article = "an" if meaning.kind == "event" else "a"
            mend = f"put it under `{_LIST_OF[meaning.kind]}`"
            self.findings.refuse(path, f"{quoted(name)} is {article} {meaning.kind}", mend)
            return None
        return meaning

    def _codes(self, entry: Entry, path: str) -> Iterator[tuple[str, str]]:
        for field in _CODE_FIELDS:
            if (code := getattr(entry, field)) is not None:
                yield field, code
        match entry.system, entry.code:
            case None, None | Mapping():
                pass
            case str(system), str(code):
                yield system, code
            case None, str(code) if self.dictionary.coded("", code):
                yield "", code
            case None, str(code):
                self.findings.refuse(f"{path}.code", f"{quoted(code)} has no `system`", "say which system it is of")
            case str(), None:
                self.findings.refuse(f"{path}.system", "there is no `code` of this system", "give the `code`")
            case _:
                self.findings.refuse(f"{path}.code", f"{quoted(entry.code)} is not a code", "write it as text")
        for field, coding in (("name", entry.name), ("code", entry.code)):
            match coding:
                case {"system": str(system), "code": str(code), **rest} if not rest:
                    yield system, code
                case str() | None:
                    pass
                case Mapping():
                    self.findings.refuse(
                        f"{path}.{field}", "it is not a code", 'write `{"system": "…", "code": "…"}`, both as text'
                    )
                case _ if field == "name":
                    self.findings.refuse(f"{path}.name", f"{quoted(coding)} is not a name", "write it as text")

    def _coded(self, system: str, code: str, path: str) -> tuple[Meaning, ...]:
        meanings = self.dictionary.coded(system, code)
        if not meanings and not self.dictionary.is_nothing(system, code):
            self.findings.note(path, f"no rule uses the code {quoted(f'{system} {code}')}")
        return meanings

    def _agreed(self, named: Meaning, coded: Collection[Meaning], path: str) -> tuple[Meaning, ...]:
        """What a name and the codes beside it say together: the narrower of the two, and the unit of the code."""
        if not coded:
            return (named,)
        for code in coded:
            if code.entry.name == named.entry.name and (named.form is None or code.form == named.form):
                return (replace(code, is_part=False),)  # the name is of the whole
        for code in coded:
            if isinstance(code.entry, Concept) and named.entry.name in code.entry.broader:
                return (code,)
            if isinstance(named.entry, Concept) and code.entry.name in named.entry.broader:
                return (named,)
        said = any_of(dict.fromkeys(code.form.name if code.form else code.entry.name for code in coded))
        self.findings.refuse(
            path, f"its name says `{(named.form or named.entry).name}`, its code {said}", "correct one of them"
        )
        return ()

    def _of_kinds(self, meanings: Collection[Meaning], path: str, kinds: tuple[str, ...]) -> tuple[Meaning, ...]:
        for meaning in meanings:
            if meaning.kind not in kinds:
                self.findings.note(
                    path,
                    f"its code stands for the {meaning.kind} `{meaning.entry.name}`, "
                    f"which is read under `{_LIST_OF[meaning.kind]}` only",
                )
        return tuple(meaning for meaning in meanings if meaning.kind in kinds)
