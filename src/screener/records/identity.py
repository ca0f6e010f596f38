"""What an entry of a native record is about: from its name or codes to the dictionary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from screener.records.absences import absent_in_words
from screener.records.comparing import as_name
from screener.records.dictionary import ABSENCE_SYSTEMS, TEXT, Dictionary, Meaning, disputed, most_specific, names_of
from screener.records.errors import Findings, any_of, quoted, shown
from screener.records.kin import is_of_family
from screener.records.likeness import alike, likeness_of
from screener.records.misplaced import Misplaced
from screener.records.native import CODE_FIELDS, Condition, Entry, Reviewed
from screener.records.negations import turn_of
from screener.records.notes import some_of
from screener.records.sightings import Sighting
from screener.records.written import as_choice, name_and_stage
from screener.rulebook import DRUG_SYSTEMS, KINDS_ON, LIST_OF, Concept, Finding, Lab, RecordList
from screener.terminology.said import BY_ABBREVIATION, BY_PHRASES, Said
from screener.terminology.terminology import NOTHING_BUT_RESULTS
from screener.values.numerals import ROMAN
from screener.values.units import PURE, UnitError, parse_unit

AnEntry = TypeVar("AnEntry", bound=Entry)

ELSEWHERE = ("procedure", "drug", "event", "substance")
"""The kinds of concepts of other lists that a code among diagnoses may stand for."""

RESULTS = ("lab", "finding")
"""The kinds of what results are of."""

NEGATIVE = ("absent", "never")
"""What a status says of something that is not there."""

DENYING = (*NEGATIVE, "not planned")
"""What a status says of something that is not there, or not to be."""

HOLDING = ("active", "present", "ongoing", "done")
"""What a status says of something that is there."""
_TELLING = ("name", "code", "system", "text", *CODE_FIELDS)
"""The fields in which an entry says what it is about."""


def codes_alone(entry: Entry) -> list[tuple[str, str]]:
    """The codes of an entry, each with its system; none of one that has a name or a wording."""
    if isinstance(entry.name, str) or entry.text is not None:
        return []
    pairs: list[tuple[object, object]] = [(field, getattr(entry, field)) for field in CODE_FIELDS]
    pairs += [(each.get("system"), each.get("code")) for each in (entry.name, entry.code) if isinstance(each, Mapping)]
    pairs.append((entry.system, entry.code))
    return [(system, code) for system, code in pairs if isinstance(system, str) and isinstance(code, str)]


class Naming:
    """Resolves entries against the dictionary, and reports what it cannot resolve.

    It is long because names, codes and words are resolved in turn, and what none of them resolves is reported once.
    """

    def __init__(self, dictionary: Dictionary, findings: Findings) -> None:
        self.dictionary = dictionary
        self.findings = findings
        self.misplaced: dict[str, Misplaced] = {}
        """The entries under the name of something of another kind than stands on their list."""
        self._unread: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
        """Each wording that is not read, with the names that it resembles and what it counts as until it is corrected;
        and the entries in which it stands."""

    def meanings(
        self, entry: Entry, path: str, kinds: tuple[str, ...], coded_kinds: tuple[str, ...] = ()
    ) -> tuple[Meaning, ...]:
        """What the entry is about: entries of the dictionary of these kinds (a code may also stand for `coded_kinds`).

        Nothing, if it has a problem; or if no rule uses its code, which is noted.
        """
        if entry.system is not None and entry.code is None:
            self.findings.set_aside(f"{path}.system", "there is no `code` of this system", "give the `code`")
        name: str | None = entry.name if isinstance(entry.name, str) else None
        named = self._named(name, f"{path}.name", kinds) if name is not None else None
        self._refuse_what_is_no_code(entry, path)
        codes = list(self._codes(entry))
        coded = [meaning for system, code in codes for meaning in self._coded(system, code, path)]
        if named is not None:
            self._dispute(entry, coded, path, named)
            meant = (named,) if path in self.findings.unsettled else self._agreed(named, coded, path, kinds)
        else:
            meant = self._of_kinds(most_specific(coded), path, kinds + coded_kinds)
            self._dispute(entry, meant, path)
        self._tell_sightings(entry, name, codes, meant, kinds)
        return meant

    def with_its_name(self, entry: AnEntry, kinds: Collection[str]) -> AnEntry:
        """An entry whose text alone says what it is, and is a name of something of these kinds, as one of that name;
        one whose name says that no allergy is known, as one of that text."""
        text = entry.text
        if isinstance(entry.name, str) and text is None and absent_in_words(entry.name):
            return entry.model_copy(update={"name": None, "text": entry.name})
        if text is None or self.dictionary.worded(text) or self.dictionary.is_judged(TEXT, text):
            return entry
        if not self._is_text_alone(entry) or self.dictionary.named(text, kinds) is None:
            return entry
        return entry.model_copy(update={"name": text, "text": None})

    def parted_from_stage(self, entry: Condition) -> tuple[Condition, str | None]:
        """A condition whose wording tells its stage, as one with that stage; and the stage, if it is a numeral. Next to
        a code the stage is read only where the code is for the same condition and a finding grades that."""
        words = entry.name if isinstance(entry.name, str) else entry.text
        if words is None or entry.stage is not None or entry.reviewed is not None:
            return entry, None
        is_alone = isinstance(entry.name, str) or self._is_text_alone(entry)
        told = self.name_and_stage(words, None if is_alone else list(self._codes(entry)))
        if told is None:
            return entry, None
        name, stage = told
        parted = {"name": name, "text": None, "stage": stage} if is_alone else {"stage": stage}
        return entry.model_copy(update=parted), stage if stage in ROMAN else None

    def name_and_stage(self, words: str, codes: Collection[tuple[str, str]] | None) -> tuple[str, str] | None:
        """The name of a condition and the stage that its words tell, with its codes if it has any."""
        if self._is_name(words):
            return None
        name, stage = name_and_stage(words) or self._graded_in_a_word(words) or ("", "")
        if not self._is_name(name) or self._is_an_event(name):
            return None
        known = self.dictionary.named(name, ("condition",))
        is_graded = known is not None and known.entry.name in self.dictionary.rulebook.graded
        if codes is None:
            return (name, stage) if stage in ROMAN or is_graded else None
        is_the_code = known is not None and known.entry.name in self.dictionary.said(codes).is_
        return (name, stage) if is_graded and is_the_code else None

    def _graded_in_a_word(self, words: str) -> tuple[str, str] | None:
        """The name of a condition and the word before it that grades it: `minimal HE`; not one that denies it."""
        word, _, name = words.strip().partition(" ")
        known = self.dictionary.named(name, ("condition",))
        finding = None if known is None else self.dictionary.rulebook.graded.get(known.entry.name)
        if finding is None or finding.grade is None:
            return None
        none = {f"{finding.grade.low:g}"}
        meant = (set(each.values) for each in finding.words if as_choice(word) in map(as_choice, each.words))
        return (name, word) if any(values - none for values in meant) else None

    def _is_text_alone(self, entry: Entry) -> bool:
        return all(getattr(entry, field) is None for field in ("name", "code", "system", *CODE_FIELDS))

    def _is_name(self, words: str) -> bool:
        """Whether somebody knows a wording as the name of a condition, or the clinic says what it is."""
        known = self.dictionary.named(words, ("condition",)) or self.dictionary.worded(words)
        return bool(known) or self.dictionary.is_judged(TEXT, words) or self.dictionary.is_abbreviated(words)

    def _is_an_event(self, words: str) -> bool:
        """Whether a wording names what is over in a day, and has no stages: `MI II` is a mitral insufficiency."""
        known = self.dictionary.named(words, ("condition",))
        return known is not None and isinstance(known.entry, Concept) and known.entry.course == "acute"

    # ---- what is not read

    def perhaps(self, entry: Entry, path: str, meanings: Collection[Meaning]) -> tuple[Meaning, ...]:
        """The labs and findings that a result may belong to although its name or wording is not read, because its name
        resembles theirs. The unread wording is noted."""
        wording = self._unread_wording(entry, meanings, RESULTS)
        if wording is None:
            return ()
        read = {each.entry.name for each in meanings}
        near = [
            meaning
            for called in likeness_of(self.dictionary).perhaps(wording, RESULTS)
            if (meaning := self.dictionary.named(called, RESULTS)) is not None
        ]
        near = near or self._grades_of(wording, entry) or self._of_a_code_alone(entry)
        if _is_measured(unit := getattr(entry, "unit", None)):
            near = [
                each for each in near if not isinstance(each.entry, Finding) or self.dictionary.may_come_in(each, unit)
            ]
        is_told = bool(read) or (entry.text is None and not isinstance(entry.name, str))  # with its code
        is_told = is_told or self.concept_among_results(entry) is not None
        if read & {each.entry.name for each in near} or (is_told and not near):
            return ()
        self._leave_unread(
            wording,
            tuple((each.form or each.entry).name for each in near),
            "a result of that which cannot be read",
            path,
        )
        return tuple({each.entry.name: each for each in near}.values())

    def _grades_of(self, wording: str, entry: Entry) -> list[Meaning]:
        """The findings that grade a condition, whose name or nearly whose name a result bears."""
        concept, likeness = self.concept_among_results(entry), likeness_of(self.dictionary)
        called = (concept.name,) if concept is not None else likeness.perhaps(wording, ("condition",))
        graded = (self.dictionary.rulebook.graded.get(each) for each in called)
        return [
            Meaning(finding)
            for finding in graded
            if finding is not None and not likeness.is_something_else(wording, Meaning(finding))
        ]

    def _of_a_code_alone(self, entry: Entry) -> list[Meaning]:
        """The labs and findings that have the code of a result which names no code system."""
        codes = [code for system, code in self._codes(entry) if not system]
        meant = [each for code in codes for system in CODE_FIELDS for each in self.dictionary.coded(system, code)]
        return [each for each in meant if each.kind in RESULTS]

    def concept_among_results(self, entry: Entry) -> Concept | None:
        """The concept whose name a result bears, which is no lab and no finding."""
        meaning = self._named_elsewhere(entry, RESULTS)
        return meaning.entry if meaning is not None and isinstance(meaning.entry, Concept) else None

    def _leave_unread(self, wording: str, near: tuple[str, ...], counts_as: str, path: str) -> None:
        self._unread.setdefault((wording, near, counts_as), []).append(path)

    def tell_unread(self) -> None:
        """What is not read: what is nearly a name each for itself, all else in one note."""
        misplaced: dict[str, list[str]] = {}
        for path, each in self.misplaced.items():
            misplaced.setdefault(each.told, []).append(path)
        for told, paths in misplaced.items():
            self.findings.note(some_of(paths), told, "unclear", places=paths)
        for (wording, near, counts_as), paths in self._unread.items():
            if not near or turn_of(wording) == "leaves open":
                how = _HOW_TO_DENY if turn_of(wording) == "denies" else ""
                self.findings.note("", how, "not read", about=shown(wording), places=paths)
                continue
            is_denied, absent = turn_of(wording) == "denies", '`"status": "absent"`'
            if is_of_family(wording) and paths[0].startswith("conditions"):
                has, also = ("no relative has", f" with {absent}") if is_denied else ("a relative has", "")
                meant = f"if {has} {any_of(near)}, write that name under `family_history`{also}."
            elif is_denied:
                meant = f"if {any_of(near)} is absent, write that name and {absent}."
            else:
                meant = f"did you mean {any_of(near)}?"
            until = f"Until it is corrected it is {counts_as}"
            self.findings.note(some_of(paths), meant, "unclear", about=shown(wording), places=paths, until=until)

    def _unread_wording(self, entry: Entry, meanings: Collection[Meaning], kinds: tuple[str, ...]) -> str | None:
        """What an entry calls itself that nobody can read: by its name, else by its text or a code of nobody's system,
        where nothing else says what it is."""
        if isinstance(entry.name, str):
            is_read = self.dictionary.named(entry.name, kinds) or self.dictionary.worded(entry.name)
            return None if is_read or self.dictionary.is_judged(TEXT, entry.name) else entry.name
        codes = list(self._codes(entry))
        if meanings or any(self.dictionary.system_name(system) in NOTHING_BUT_RESULTS for system, _ in codes):
            return None
        if entry.text is not None:
            return None if self.dictionary.is_judged(TEXT, entry.text) else entry.text
        own = [
            (system, code)
            for system, code in codes
            if self.dictionary.system_name(system) == system
            and system not in CODE_FIELDS
            and not self.dictionary.is_judged(system, code)
        ]
        return own[0][1] if own else None

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
        name = name if name is not None or codes else entry.text
        unit = getattr(entry, "unit", None)
        without_system = entry.code if isinstance(entry.code, str) else None
        for system, code in codes or (("", without_system),):
            if code is not None or name is not None:
                sighting = Sighting(kinds[0], system or None, code, name, unit, names_of(meant))
                self.findings.sightings.saw(sighting)

    def _dispute(self, entry: Entry, coded: Collection[Meaning], path: str, named: Meaning | None = None) -> None:
        """Unsettle an entry whose code says that something is absent while the rest says something else.

        A name speaks of the thing itself, so that its status must say `absent`, too. A status beside the code alone is
        that of the absence: it may hold, but an absence that is itself absent, or over, says nothing.
        """
        absent = next((meaning for meaning in coded if meaning.absent), None)
        if absent is None:
            return
        status = getattr(entry, "status", None)
        says = f"its code says that `{absent.entry.name}` is absent"
        if named is not None and status not in NEGATIVE:
            said = f"its status `{status}`" if status else f"its name `{named.entry.name}`"
            self.findings.unsettle(
                path, path, f"{says}, {said} that it is not", 'write `"status": "absent"`, or correct the code'
            )
        elif named is None and status not in (None, *HOLDING):
            fault = f"{says}, so that its status cannot be `{status}`"
            self.findings.unsettle(path, f"{path}.status", fault, "leave out `status`")

    def filed(
        self,
        meanings: tuple[Meaning, ...],
        entry: Entry,
        path: str,
        on: RecordList,
        kinds: Collection[str],
        *,
        review_counts: bool,
    ) -> tuple[Meaning, ...]:
        """The meanings under which an entry of a list is filed, with what it may be besides, or instead.
        `review_counts`: whether a review of it counts."""
        if any(each.absent for each in meanings):
            return meanings
        codes = list(self._codes(entry))
        elsewhere = self._named_elsewhere(entry, KINDS_ON[on])
        if elsewhere is not None and not (elsewhere.kind in RESULTS and self._is_a_drug(entry, on)):
            return self._misplaced(elsewhere, entry, path, on, codes, review_counts=review_counts)
        name = next((each.entry.name for each in meanings if self._is_named(entry, each)), None)
        words = entry.text if entry.text is not None or name is not None else entry.name
        said = self.dictionary.said(codes, words if isinstance(words, str) else None, name, on)
        certain = self.dictionary.certain(meanings, said, kinds)
        if path not in self.findings.unsettled:
            for each in disputed(meanings, said):
                self.findings.note(path, each)
        self._note_if_unread(entry, path, meanings, said, tuple(kinds))
        meanings = certain
        if on == "allergies" and not meanings:
            meanings = self._some_substance(codes, path)
        if entry.reviewed is not None:
            meanings, said = self._reviewed(meanings, said, entry.reviewed, path, counts=review_counts)
        filed = self.dictionary.filed(meanings, said, on, self._label(entry, name, codes), codes)
        if said.source == BY_PHRASES and not any(
            each.may_be or each.entry.name in self.dictionary.asked for each in filed
        ):
            self.findings.note(path, f"no rule uses this {next(iter(kinds))}", "no rule", about=next(iter(kinds)))
        return filed

    def _is_a_drug(self, entry: Entry, on: RecordList) -> bool:
        """Whether the name of a lab is among the drugs one of a drug, too: `albumin` is given and measured."""
        return on == "medications" and self.dictionary.said((), str(entry.name), on=on).is_known

    def _named_elsewhere(self, entry: Entry, kinds: Collection[str]) -> Meaning | None:
        """What the name of an entry stands for, if that is of another kind than stands on the entry's list."""
        if not isinstance(entry.name, str):
            return None
        worded = next(iter(self.dictionary.worded(entry.name)), None)
        meaning = worded or self.dictionary.named(entry.name, kinds) or self.dictionary.named(entry.name)
        return None if meaning is None or meaning.kind in kinds else meaning

    def _misplaced(
        self,
        meaning: Meaning,
        entry: Entry,
        path: str,
        on: RecordList,
        codes: Collection[tuple[str, str]],
        *,
        review_counts: bool,
    ) -> tuple[Meaning, ...]:
        """The meanings of an entry under the name of something of another kind than stands on its list.

        It is what nobody can read, and so may be anything on its list; what it names may be the case, too. Only of what
        may be given as a drug, its name among the drugs says all.
        """
        named = self.dictionary.terminology.named(meaning.entry.name) if isinstance(meaning.entry, Concept) else None
        words, label = str(entry.name), self._label(entry, None, codes)
        if named is not None and on == "medications" and self.dictionary.may_be_given(meaning.entry):
            self.findings.note(path, f"no rule asks whether {quoted(words)} is given; {_ALLERGY}")
            return self.dictionary.filed((), named, on, label, codes)
        coded = self.dictionary.said(codes, on=on) if codes else Said()
        said = Said(may_be=coded.is_ | coded.may_be, unreviewed=self.dictionary.terminology.everything, is_known=False)
        is_: tuple[Meaning, ...] = ()
        if entry.reviewed is not None:
            is_, said = self._reviewed((), said, entry.reviewed, path, counts=review_counts)
            named = None if named is None or is_ else Said(may_be=(named.is_ | named.open) & said.open)
        status = getattr(entry, "status", None)
        self.misplaced[path] = Misplaced(meaning, words, on, label, named, is_denied=status in DENYING)
        return self.dictionary.filed(is_, said, on, label, codes)

    def _label(self, entry: Entry, name: str | None, codes: Collection[tuple[str, str]]) -> str:
        """What the record calls an entry: its words, or its first code with the system. The name of a concept, however
        it is written, is that concept's."""
        words = entry.text or (entry.name if isinstance(entry.name, str) else None)
        if name is not None and words is not None and as_name(words) == as_name(name):
            words = name
        code = next((f"{self.dictionary.system_name(system)} {code}".strip() for system, code in codes), "")
        return " ".join(each for each in (code, words) if each)

    def _note_if_unread(
        self, entry: Entry, path: str, meanings: Collection[Meaning], said: Said, kinds: tuple[str, ...]
    ) -> None:
        """A note on a name or wording that is not read, unless a code tells what the entry is, or a person looked at
        it. A wording that has a code too is noted only where it is nearly a name. One that denies what it names may be
        that, and is noted as well: nobody can tell from words how far a denial reaches."""
        wording = self._unread_wording(entry, meanings, kinds)
        is_denied = wording is not None and turn_of(wording) == "denies"
        if wording is None or (said.source in (BY_PHRASES, BY_ABBREVIATION) and not is_denied):
            return
        codes_of_it = list(self._codes(entry))
        near = [
            called
            for called in likeness_of(self.dictionary).nearly(wording, kinds)
            if (meaning := self.dictionary.named(called, kinds)) is not None
            and (is_denied or not (said.is_known and meaning.entry.name in said.is_ | said.open))
        ]
        is_alone = isinstance(entry.name, str) or not (codes_of_it or entry.reviewed is not None)
        if near or (is_alone and not said.is_known):
            what = "what it names" if is_denied and said.is_known else "anything on its list"
            self._leave_unread(wording, tuple(near), f"an entry that may be {what}", path)

    def _is_named(self, entry: Entry, meaning: Meaning) -> bool:
        named = self.dictionary.named(entry.name, (meaning.kind,)) if isinstance(entry.name, str) else None
        return named is not None and named.entry is meaning.entry

    def _some_substance(self, codes: Collection[tuple[str, str]], path: str) -> tuple[Meaning, ...]:
        """The broadest substance that an entry is certainly of, whose codes no entry of the dictionary has: a code of a
        drug stands for some drug, any other for some substance. An entry without a code stands for nothing."""
        systems = {self.dictionary.system_name(system) for system, _ in codes} - ABSENCE_SYSTEMS
        meaning = self.dictionary.some_drug() if systems & DRUG_SYSTEMS else None
        meaning = meaning or self.dictionary.some_substance()
        if meaning is None or not systems:
            return ()
        self.findings.note(path, f"it is read as `{meaning.entry.name}`")
        return (replace(meaning, is_part=True),)

    def _reviewed(
        self, meanings: tuple[Meaning, ...], said: Said, reviewed: Reviewed, path: str, *, counts: bool
    ) -> tuple[tuple[Meaning, ...], Said]:
        """What a person settled about an entry that could not be read, or only in part. A review that does not count
        settles nothing, and what it calls the entry, the entry may be."""
        found = {
            field: [
                meaning
                for name in names
                if (meaning := self._concept_named(name, f"{path}.reviewed.{field}")) is not None
            ]
            for field, names in (("is", reviewed.is_ or ()), ("not", reviewed.not_ or ()))
        }
        stands_for = frozenset(name for meaning in found["is"] for name in _with_parents(meaning.entry))
        if not counts:
            return meanings, replace(said, may_be=said.may_be | stands_for)
        is_not = {name for meaning in found["not"] for name in _with_kinds(meaning.entry)}
        for meaning in meanings:
            if meaning.entry.name in is_not:
                fault = f"its code or name says `{meaning.entry.name}`, and a review that it is not"
                self.findings.unsettle(path, f"{path}.reviewed.not", fault, "correct one of the two")
        if twice := sorted({each.entry.name for each in found["is"]} & is_not):
            fault = f"the review says that it is {any_of(twice)}, and that it is not"
            self.findings.unsettle(path, f"{path}.reviewed", fault, "correct one of the two")
            return meanings, replace(said, may_be=said.may_be | stands_for)
        is_ = most_specific((*meanings, *found["is"]))
        stands_for = frozenset(name for meaning in is_ for name in _with_parents(meaning.entry))
        settled = said.reviewed(stands_for, frozenset(is_not), settled=bool(found["is"]))
        if found["is"]:
            # Who says that it is a tumor does not say which: it may be any kind of what it is, and nothing that nobody
            # judged.
            kinds = frozenset[str]().union(*(self.dictionary.terminology.named(each.entry.name).may_be for each in is_))
            settled = replace(settled, may_be=(kinds & said.open) - stands_for - is_not)
        return is_, settled

    def _concept_named(self, name: str, path: str) -> Meaning | None:
        meaning = self.dictionary.named(name, tuple(LIST_OF))
        if meaning is None or not isinstance(meaning.entry, Concept):
            fault = f"{quoted(name)} is no condition, treatment or event of the dictionary"
            self.findings.set_aside(path, fault, alike(name, self.dictionary, LIST_OF) or _NAMES)
            return None
        return meaning

    def is_silent(self, entry: Entry) -> bool:
        """Whether the entry does not even try to say what it is about."""
        return all(_is_silent(getattr(entry, field)) for field in _TELLING)

    def _named(self, name: str, path: str, kinds: tuple[str, ...]) -> Meaning | None:
        """What a name stands for among things of these kinds; None where it is not read."""
        meaning = next(iter(self.dictionary.worded(name)), None) or self.dictionary.named(name, kinds)
        if meaning is None and self.dictionary.is_judged(TEXT, name):
            self.findings.note(path, f"not read: {quoted(name)[1:-1]}")
        return meaning if meaning is not None and meaning.kind in kinds else None

    def _codes(self, entry: Entry) -> Iterator[tuple[str, str]]:
        """Every code of an entry with its system; what is no code is passed over."""
        if self._is_text_alone(entry) and not self.dictionary.worded(entry.text or ""):
            yield from absent_in_words(entry.text)
        for field in CODE_FIELDS:
            if (code := getattr(entry, field)) is not None:
                yield field, code
        match entry.system, entry.code:
            case str() | None as system, str(code):
                yield system or "", code
        for coding in (entry.name, entry.code):
            match coding:
                case {"system": str(system), "code": str(code), **rest} if not rest:
                    yield system, code

    def _refuse_what_is_no_code(self, entry: Entry, path: str) -> None:
        if entry.system is not None and isinstance(entry.code, Mapping):
            self.findings.refuse(f"{path}.system", "the `code` has a system of its own", "leave one of the two out")
        for field, coding in (("name", entry.name), ("code", entry.code)):
            match coding:
                case str() | None:
                    pass
                case {"system": str(), "code": str(), **rest} if not rest:
                    pass
                case Mapping():
                    self.findings.refuse(
                        f"{path}.{field}", "it is not a code", 'write `{"system": "…", "code": "…"}`, both as text'
                    )
                case _:
                    self.findings.refuse(f"{path}.{field}", f"{quoted(coding)} is not a {field}", "write it as text")

    def _coded(self, system: str, code: str, path: str) -> tuple[Meaning, ...]:
        meanings = self.dictionary.coded(system, code)
        if (name := self.dictionary.own_system(system)) is not None:
            told = f"its code system {quoted(system)} is read as `{name}` by the clinic's own table"
            self.findings.note(path, told)
        if not meanings and not self.dictionary.is_judged(system, code):
            shown = quoted(f"{system} {code}")
            if not system:
                self.findings.set_aside(f"{path}.code", f"{quoted(code)} has no `system`", _SAY_SYSTEM, "is not read")
            elif not self.dictionary.is_named_system(system):
                told = f"its code {quoted(code)} is of {self.dictionary.unknown_system(system, [code])}"
                self.findings.note(path, told, "open")
            elif self.dictionary.may_matter(system, code):
                self.findings.note(path, f"the code {shown} may stand for something that rules ask for", "open")
            else:
                self.findings.note(path, f"no rule uses the code {shown}", "no rule")
        return meanings

    def _agreed(
        self, named: Meaning, coded: Collection[Meaning], path: str, kinds: tuple[str, ...]
    ) -> tuple[Meaning, ...]:
        """What a name and its codes say together: the narrower of the two, and the unit of the code."""
        if not coded:
            return (named,)
        if isinstance(named.entry, Lab):
            coded = most_specific(coded)  # its codes must agree among themselves, too
        for code in coded:
            if code.entry.name == named.entry.name and (named.form is None or code.form == named.form):
                return (replace(code, is_part=False),)  # the name is of the whole
        for code in coded:
            if isinstance(code.entry, Concept) and named.entry.name in code.entry.broader:
                return (code,)
            if isinstance(named.entry, Concept) and code.entry.name in named.entry.broader:
                return (named,)
        said = any_of(dict.fromkeys(code.form.name if code.form else code.entry.name for code in coded))
        fault = f"its name says `{(named.form or named.entry).name}`, its code {said}"
        self.findings.unsettle(path, path, fault, "correct one of them")
        one_each = {each.entry.name: each for each in (named, *coded)}
        return tuple(each for each in one_each.values() if each.kind in kinds)

    def _of_kinds(self, meanings: Collection[Meaning], path: str, kinds: tuple[str, ...]) -> tuple[Meaning, ...]:
        for meaning in meanings:
            if meaning.kind in kinds:
                continue
            if meaning.entry.name in self.dictionary.unspecific:
                self.findings.note(path, f"no rule uses this {kinds[0]}", "no rule", about=kinds[0])
                continue
            told = f"its code stands for the {meaning.kind} `{meaning.entry.name}`, "
            self.findings.note(path, f"{told}which is read under `{meaning.home}` only")
        return tuple(meaning for meaning in meanings if meaning.kind in kinds)


_ALLERGY = "an allergy to it is written under `allergies`"
_NAMES = "`screen names` lists what may be written"
_SAY_SYSTEM = "say which system it is of, such as `icd10` or `loinc`"
_HOW_TO_DENY = '. An absence is written as the name of what is absent, and `"status": "absent"`'


def _is_silent(stated: object) -> bool:
    return stated is None or (isinstance(stated, str) and not any(map(str.isalnum, stated)))


def _is_measured(unit: object) -> bool:
    """Whether a unit is one of a quantity, which no grade and no test has that is answered in words."""
    try:
        return isinstance(unit, str) and parse_unit(unit).dimension != PURE
    except UnitError:
        return False


def _with_kinds(entry: object) -> tuple[str, ...]:
    return (entry.name, *entry.narrower) if isinstance(entry, Concept) else ()


def _with_parents(entry: object) -> tuple[str, ...]:
    return (entry.name, *entry.broader) if isinstance(entry, Concept) else ()
