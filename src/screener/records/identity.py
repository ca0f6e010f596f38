"""What an entry of a native record is about: from its name or codes to the dictionary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from screener.records.code_systems import system_name
from screener.records.dictionary import (
    ABSENCE_SYSTEMS,
    LIST_OF,
    Dictionary,
    Meaning,
    disputed,
    most_specific,
)
from screener.records.errors import Findings, any_of, quoted
from screener.records.native import Entry, Reviewed
from screener.records.sightings import Sighting, names_of
from screener.rulebook import DRUG_SYSTEMS, Concept, RecordList
from screener.terminology.said import Said

ELSEWHERE = ("procedure", "drug", "event", "substance")
"""The kinds of concepts of other lists that a code among diagnoses may stand for."""

NEGATIVE = ("absent", "never")
"""What a status says of something that is not there."""

_HOLDING = ("active", "present", "ongoing")
_CODE_FIELDS = ("loinc", "snomed", "icd10", "atc")


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

    def filed(
        self, meanings: tuple[Meaning, ...], entry: Entry, path: str, on: RecordList, kinds: Collection[str]
    ) -> tuple[Meaning, ...]:
        """The meanings under which an entry of a list is filed, with what it may be besides, or instead."""
        if any(each.absent for each in meanings):
            return meanings
        codes = list(self._codes(entry, path))
        name = next((each.entry.name for each in meanings if self._is_named(entry, each)), None)
        words = entry.text if entry.text is not None or name is not None else entry.name
        said = self.dictionary.said(codes, words if isinstance(words, str) else None, name)
        certain = self.dictionary.certain(meanings, said, kinds)
        for each in disputed(meanings, said):
            self.findings.note(path, each)
        meanings = certain
        if on == "allergies" and not meanings:
            meanings = self._some_substance(codes, path)
        if entry.reviewed is not None:
            meanings, said = self._reviewed(meanings, said, entry.reviewed, f"{path}.reviewed")
        return self.dictionary.filed(meanings, said, on, _called(entry, codes))

    def _is_named(self, entry: Entry, meaning: Meaning) -> bool:
        named = self.dictionary.named(entry.name) if isinstance(entry.name, str) else None
        return named is not None and named.entry is meaning.entry

    def _some_substance(self, codes: Collection[tuple[str, str]], path: str) -> tuple[Meaning, ...]:
        """The broadest substance that an entry is certainly of, whose codes no entry of the dictionary has: a code of a
        drug stands for some drug, any other for some substance. An entry without a code stands for nothing."""
        systems = {system_name(system) for system, _ in codes} - ABSENCE_SYSTEMS
        meaning = self.dictionary.some_drug() if systems & DRUG_SYSTEMS else None
        meaning = meaning or self.dictionary.some_substance()
        if meaning is None or not systems:
            return ()
        self.findings.note(path, f"it is read as `{meaning.entry.name}`")
        return (replace(meaning, is_part=True),)

    def _reviewed(
        self, meanings: tuple[Meaning, ...], said: Said, reviewed: Reviewed, path: str
    ) -> tuple[tuple[Meaning, ...], Said]:
        """What a person settled about an entry that could not be read, or only in part."""
        found = {
            field: [meaning for name in names if (meaning := self._concept_named(name, f"{path}.{field}")) is not None]
            for field, names in (("is", reviewed.is_ or ()), ("not", reviewed.not_ or ()))
        }
        is_not = {name for meaning in found["not"] for name in _with_kinds(meaning.entry)}
        for meaning in meanings:
            if meaning.entry.name in is_not:
                fault = f"its code or name says `{meaning.entry.name}`, and a review that it is not"
                self.findings.refuse(f"{path}.not", fault, "correct one of the two")
        is_ = most_specific((*meanings, *found["is"]))
        stands_for = frozenset(name for meaning in is_ for name in _with_parents(meaning.entry))
        settled = said.reviewed(stands_for, frozenset(is_not), settled=bool(found["is"]))
        if found["is"]:
            # Who says that it is a tumor does not say which: it may be any kind of what it is.
            besides = frozenset[str]().union(*(self.dictionary.terminology.named(each.entry.name).open for each in is_))
            settled = replace(settled, may_be=(besides & said.open) - stands_for - is_not)
        return is_, settled

    def _concept_named(self, name: str, path: str) -> Meaning | None:
        meaning = self.dictionary.named(name)
        if meaning is None or not isinstance(meaning.entry, Concept):
            self.findings.refuse(path, f"{quoted(name)} is no condition, treatment or event of the dictionary", "")
            return None
        return meaning

    def _broader_instead(self, alike: str) -> str:
        """The mend for an unknown name of a substance."""
        broader = [each.entry.name for each in (self.dictionary.some_drug(), self.dictionary.some_substance()) if each]
        if not broader:
            return alike
        instead = f"give its code, or the broader name {any_of(dict.fromkeys(broader))}"
        return f"{alike} if not, {instead}" if alike.endswith("?") else instead

    def is_silent(self, entry: Entry) -> bool:
        """Whether the entry does not even try to say what it is about."""
        given = (entry.name, entry.code, entry.system, entry.text, *(getattr(entry, field) for field in _CODE_FIELDS))
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
            mend = f"put it under `{_entries_of(meaning)}`"
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
        if not meanings and not self.dictionary.is_judged(system, code):
            shown = quoted(f"{system} {code}")
            if self.dictionary.may_matter(system, code):
                self.findings.note(path, f"the code {shown} may stand for something that rules ask for")
            else:
                self.findings.note(path, f"no rule uses the code {shown}")
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
                    f"which is read under `{_entries_of(meaning)}` only",
                )
        return tuple(meaning for meaning in meanings if meaning.kind in kinds)


def _called(entry: Entry, codes: Collection[tuple[str, str]]) -> str:
    """What the record calls an entry: its words, or its first code with the system."""
    words = entry.text or (entry.name if isinstance(entry.name, str) else None)
    code = next((f"{system_name(system)} {code}".strip() for system, code in codes), "")
    return " ".join(each for each in (code, words) if each)


def _with_kinds(entry: object) -> tuple[str, ...]:
    return (entry.name, *entry.narrower) if isinstance(entry, Concept) else ()


def _with_parents(entry: object) -> tuple[str, ...]:
    return (entry.name, *entry.broader) if isinstance(entry, Concept) else ()


def _entries_of(meaning: Meaning) -> str:
    """Where in a record a thing of this kind stands."""
    return LIST_OF[meaning.entry.kind] if isinstance(meaning.entry, Concept) else "observations"
