"""One patient's resources on their way into the chart: what every kind of resource needs while it is read.

Codes get their meanings here. What is not used is kept with its reason, and named in the notes at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product
from weakref import WeakKeyDictionary

from msgspec import Struct
from msgspec.structs import replace

from screener.records.absences import absent_in_words
from screener.records.chart import Chart, or_before
from screener.records.comparing import folded, without_brackets
from screener.records.dictionary import (
    ABSENCE_SYSTEMS,
    NO_CODE,
    TEXT,
    Dictionary,
    Meaning,
    disputed,
    most_specific,
    names_of,
)
from screener.records.errors import Findings, any_of, quoted
from screener.records.fhir.annotations import doubt_by, notes_of, said_in_error, said_not_so
from screener.records.fhir.elements import (
    LONGEST_TEXT,
    NO_CONCEPT,
    Body,
    Concept,
    Period,
    ShapeError,
    UnreadableError,
    at_age,
    at_ages,
    concept_kept,
    moment,
    moment_of,
    only_one_of,
    own_words,
    part,
    period,
    some_time_in,
    text,
)
from screener.records.fhir.resources import Pool, Resource, SetAside, changed_meaning, was_entered_in_error
from screener.records.likeness import likeness_of
from screener.records.notes import MOST_PLACES, NoteKind, some_of
from screener.records.patient import Absence, Episode, Flag, Near
from screener.records.sightings import Sighting, Sightings
from screener.records.written import NormalSpan, with_commas
from screener.rulebook import DRUG_SYSTEMS, LIST_OF, RecordList, Sex
from screener.terminology.said import Said
from screener.values.dates import Moment, at_any_time

NOT_READ = "resources of this kind are not read"
PERHAPS = "it is about a patient who is not in the file, and so may be about this one"
"""Told of all such resources in one sentence, and of each by itself in what was set aside."""


class Mention(Struct, frozen=True):
    """What may be an entry of a list, and is none for certain: where it stands, and when it was. `is_open`: if nobody
    knows what it is, it may be any entry of the list. `visit` is the encounter whose diagnoses say what it was."""

    named: Concept
    on: RecordList
    place: str
    when: Period
    is_open: bool = True
    visit: str | None = None


class Named(Struct, frozen=True):
    """A concept that a longer wording names, and what it may be on the list of conditions."""

    named: Concept
    is_: frozenset[str]
    meaning: Meaning


class Memory:
    """What patients have in common who are read with one dictionary: what concepts mean, and limits of normal as they
    are written."""

    def __init__(self) -> None:
        self.meanings: dict[Concept, tuple[Meaning, ...]] = {}
        self.limits: dict[tuple[Sex | None, bytes], tuple[NormalSpan, str | None]] = {}
        self.judged: dict[Concept, bool] = {}
        self.known: dict[Concept, bool] = {}
        self.others: dict[Concept, str | None] = {}
        self.near: dict[tuple[Concept, str | None], tuple[Meaning, ...]] = {}
        self.mentioned: dict[tuple[Concept, RecordList], tuple[bool, Meaning | None]] = {}
        self.named: dict[str, Sequence[Named]] = {}
        self.specimens: dict[tuple[Concept, str | None], tuple[frozenset[str], str | None]] = {}
        self.filed: dict[
            tuple[Concept, tuple[Meaning, ...], RecordList, tuple[str, ...] | None, tuple[str, ...]],
            tuple[tuple[str, ...], tuple[Meaning, ...]],
        ] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin a new one. Wordings are of patients, and there is no end to them."""
        of_concepts = (self.meanings, self.known, self.others, self.near, self.mentioned, self.specimens, self.filed)
        return len(self.named) > _FULL or any(len(each) > _FULL for each in of_concepts)


_FULL = 8192
_OF_DICTIONARIES: WeakKeyDictionary[Dictionary, Memory] = WeakKeyDictionary()


def memory_of(dictionary: Dictionary) -> Memory:
    """What is remembered of a dictionary from one patient to the next."""
    known = _OF_DICTIONARIES.get(dictionary)
    if known is None or known.is_full:
        known = _OF_DICTIONARIES[dictionary] = Memory()
    return known


class Reader:
    """Reads the resources of one patient into a chart.

    It is long because it is what all kinds of resources share: each needs the same chart, notes and dictionary.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        pool: Pool,
        memory: Memory,
        sightings: Sightings | None = None,
    ) -> None:
        self.dictionary = dictionary
        self.pool = pool
        self.findings = Findings()
        self.chart = Chart(dictionary.rulebook, self.findings)
        self.set_aside: list[SetAside] = []
        self._mentions: dict[tuple[Concept, RecordList, Period, str | None], tuple[Mention, Meaning]] = {}
        self._entries: list[tuple[Concept, RecordList, str]] = []
        self.diagnoses: set[str] = set()
        """Conditions that were read, but for those that were refuted."""
        self.visits: list[tuple[str, str]] = []
        """Encounters, each with a Condition that belongs to it."""
        self.stays: list[tuple[str, str]] = []
        """Encounters, each with the one that it is part of: an emergency that led to a stay."""
        self.sightings = sightings
        self.memory = memory
        self.document_date: Moment | None = None
        """The day of the document that the resources are parts of, if they are."""
        self._without_rule: dict[str, dict[Concept, list[str]]] = {}
        self._unread: dict[str, dict[Concept, list[str]]] = {}
        """Entries of lists that nobody can read, and that may be what rules ask for."""
        self._kept_open: dict[str, dict[Concept, list[str]]] = {}
        """Entries that may be what rules ask for, by what somebody knows of their codes or words."""
        self._told_by_words: dict[str, dict[Concept, list[str]]] = {}
        """Entries whose codes nobody knows, and whose words say that no rule asks for them."""
        self._doubts: dict[tuple[str, str], list[str]] = {}
        """What is doubtful, by the kind of resource: with its places."""
        self._allergens: dict[str, dict[Concept, list[str]]] = {}
        """Codes that no entry of the dictionary has, by the drug or substance that each is read as."""
        self._without_period: set[str] = set()
        self._unread_specimens: dict[str, list[str]] = {}
        self._taken_for: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        """What nobody knows, and the names that it is like: with the results that it stands in."""
        self._commas: list[tuple[str, str]] = []
        self._own_systems: dict[str, None] = {}

    # ---- what is not used

    def leave(self, resource: Resource, why: str) -> None:
        """Set a resource aside. `why` is the end of a sentence whose subject is the resource."""
        self.set_aside.append(SetAside(resource.kind, resource.place, why))

    def leave_open(self, resource: Resource, why: str, on: RecordList, place: str | None = None) -> None:
        """Set aside what may be an entry of a list: nobody can tell what it is, and the list is not complete."""
        self.leave_part(resource, place or resource.place, why)
        self.chart.leave_unread(on, place or resource.place)
        if on == "conditions":  # which may speak of what stands on other lists
            self.mention(Mention(NO_CONCEPT, on, place or resource.place, Period()))

    def leave_ruled_out(self, resource: Resource, named: Concept) -> None:
        """A diagnosis that was ruled out, whichever it was: it is no entry, and denies nothing."""
        places = self._unread.get(resource.kind, {}).get(named, [])
        if resource.place in places:
            places.remove(resource.place)
        what = label_of(named) if named.codes else quoted(named.words)
        self.leave(resource, f"it was ruled out, but {what} may be one of several things, and denies none of them")

    def leave_part(self, resource: Resource, place: str, why: str, noted_as: NoteKind = "remark") -> None:
        """Set a part of a resource aside, at its own place."""
        self.set_aside.append(SetAside(resource.kind, place, why, noted_as=noted_as))

    def take_over(self, set_aside: Iterable[SetAside]) -> None:
        """What was set aside before it was known whose it is."""
        self.set_aside.extend(set_aside)

    def note(self, place: str, told: str) -> None:
        """Something doubtful about what is used."""
        self._doubts.setdefault((place.partition("/")[0], told), []).append(place)

    def specimen_unread(self, called: str, place: str) -> None:
        """A result that is used although nobody can read what its specimen is."""
        self._unread_specimens.setdefault(called, []).append(place)

    def saw_comma(self, written: str, place: str) -> None:
        """A number whose comma was read as a decimal point."""
        self._commas.append((written, place))

    def perhaps(self, concept: Concept, unit: str | None) -> tuple[Meaning, ...]:
        """The labs and findings that a result under an unknown code may belong to: its code or wording is like their
        names, and they can come in its unit."""
        key = (concept, unit)
        near = self.memory.near.get(key)
        if near is None:
            near = self.memory.near[key] = tuple(self._near(concept, unit))
        return near

    def take_for(self, near: Sequence[Meaning], concept: Concept, resource: Resource, place: str) -> None:
        """Tell of a result that may be of these labs or findings, in place of that no rule uses its code."""
        places = self._without_rule.get(resource.kind, {}).get(concept, [])
        if place in places:
            places.remove(place)
        label = called_of(concept)
        self._taken_for.setdefault((label, tuple((each.form or each.entry).name for each in near)), []).append(place)
        self.chart.near += [Near(each.entry.name, place, label) for each in near]

    def _near(self, concept: Concept, unit: str | None) -> Iterator[Meaning]:
        dictionary = self.dictionary
        systems = {dictionary.system_name(each.system) for each in concept.codings if each.system and each.code}
        is_coded = any(dictionary.is_named_system(each) for each in systems)
        if self._meant(concept) or "loinc" in systems:
            return  # a code of laboratory tests is not something else that only sounds like it
        names = concept.codes
        if any(dictionary.is_judged(*each) for each in (*names, (TEXT, concept.text or ""))):
            return
        codes = (each.code for each in concept.codings if each.code and not each.code.isdecimal())
        words = [concept.text, *(each.display for each in concept.codings), *codes]
        wordings = list(dict.fromkeys(each for each in words if each))
        likeness, seen = likeness_of(dictionary), set[str]()
        for wording in wordings:
            # What has a code of diseases may be a lab only under nearly its name. SNOMED CT writes the kind of a
            # concept behind it: `Body weight (observable entity)`.
            like = likeness.nearly if is_coded else likeness.perhaps
            for name in like(without_brackets(wording) if "snomed" in systems else wording, ("lab", "finding")):
                meaning = dictionary.named(name, ("lab", "finding"))
                if meaning is None or meaning.entry.name in seen or not dictionary.may_come_in(meaning, unit):
                    continue
                if not any(likeness.is_something_else(each, meaning) for each in wordings):
                    seen.add(meaning.entry.name)
                    yield meaning

    # ---- codes

    def meanings(
        self,
        concept: Concept,
        kinds: tuple[str, ...],
        resource: Resource,
        place: str | None = None,
        unit: str | None = None,
        on: RecordList | None = None,
    ) -> tuple[Meaning, ...]:
        """What a concept stands for, of these kinds of dictionary entries; nothing is set aside with its reason.

        `on` is the list that it stands on, which is not complete if nobody can tell what it is.

        Codes beside one another mean the same; of two conditions the narrower is meant. Raises UnreadableError where
        they stand for two labs or findings.
        """
        known = self.memory.meanings.get(concept)
        if known is None:
            known = self.memory.meanings[concept] = self._meant(concept)
        self._see(concept, kinds[0], unit, known)
        fitting = tuple([each for each in known if each.kind in kinds])
        where = place or resource.place
        if on is not None:
            self._entries.append((concept, on, where))
        if not known:
            if on is None and not self._is_judged(concept):
                self._without_rule.setdefault(resource.kind, {}).setdefault(concept, []).append(where)
        elif not fitting and all(each.kind == "substance" for each in known):
            # Blood is something to be allergic to, and is given as a drug, too.
            self._without_rule.setdefault(resource.kind, {}).setdefault(concept, []).append(where)
        elif not fitting:
            other = known[0]
            self.leave_part(
                resource,
                where,
                f"its code stands for the {other.kind} `{other.entry.name}`, which is not read from a {resource.kind}",
                "no rule",
            )
        elif len(fitting) > 1 and all(each.kind in ("lab", "finding") for each in fitting):
            said = any_of(each.entry.name for each in fitting)
            raise UnreadableError(f"its codes stand for different things: {said}")
        elif len(concept.codings) > 1 and (unlike := self._something_else(concept, fitting)) is not None:
            raise UnreadableError(f"its codes stand for different things: `{fitting[0].entry.name}`, and {unlike}")
        elif len(fitting) > 1 and len({each.absent for each in fitting}) > 1:
            why = "one of its codes says that it is absent, another that it is not"
            if on is None:
                self.leave_part(resource, where, why)
            else:
                self.leave_open(resource, why, on, where)
            return ()
        if on is None:
            return fitting
        if any(each.absent for each in fitting):
            self.mention_notes(resource, on)
            return fitting
        if on not in ("conditions", "family_history"):
            self.mention_notes(resource)
        told, filed = self._filed(concept, fitting, on, kinds, notes_of(resource.body))
        for each in told:
            self.note(where, each)
        if not known and not self._is_judged(concept):
            if not filed and self._is_read_by_words(concept, on):
                self._told_by_words.setdefault(resource.kind, {}).setdefault(concept, []).append(where)
            elif not filed:
                self._without_rule.setdefault(resource.kind, {}).setdefault(concept, []).append(where)
            else:
                of_kind = self._kept_open if all(each.is_read for each in filed) else self._unread
                of_kind.setdefault(resource.kind, {}).setdefault(concept, []).append(where)
        return filed

    def _something_else(self, concept: Concept, meanings: tuple[Meaning, ...]) -> str | None:
        """What a code that nobody knows is called, if it says that something else than these labs or findings was
        measured: `Systolic pulmonary arterial pressure`, next to the code of the systolic blood pressure. So does a
        second code of the same system that comes without words, unless the words of the whole name the lab."""
        if concept not in self.memory.others:
            self.memory.others[concept] = next(self._called_otherwise(concept, meanings), None)
        return self.memory.others[concept]

    def _called_otherwise(self, concept: Concept, meanings: tuple[Meaning, ...]) -> Iterator[str]:
        known = {
            self.dictionary.system_name(each.system or "")
            for each in concept.codings
            if each.code is not None and self.dictionary.coded(each.system or "", each.code)
        }
        likeness = likeness_of(self.dictionary)
        for meaning in meanings:
            if meaning.kind not in ("lab", "finding") or meaning.by_own_table:
                continue
            for each in concept.codings:
                if each.code is not None and self.dictionary.coded(each.system or "", each.code):
                    continue
                if each.display is not None:
                    if likeness.is_something_else(each.display, meaning):
                        yield quoted(each.display)
                elif self.dictionary.system_name(each.system or "") in known and (
                    meaning.entry.name not in likeness.nearly(concept.text or "", (meaning.kind,))
                ):
                    yield f"{quoted(each.code)}, which is not known here"

    def _is_read_by_words(self, concept: Concept, on: RecordList) -> bool:
        """Whether the words of a concept say what it is, where none of its code systems is known."""
        if self._unknown_system(concept) is None:
            return False
        displays = [each.display for each in concept.codings if each.display]
        return self.dictionary.said(concept.codes, concept.text, on=on, displays=displays).is_known

    def _filed(
        self,
        concept: Concept,
        meanings: tuple[Meaning, ...],
        on: RecordList,
        kinds: tuple[str, ...] | None,
        notes: tuple[str, ...],
    ) -> tuple[tuple[str, ...], tuple[Meaning, ...]]:
        """The meanings under which an entry of a list is filed, with what else it may be, and its flags. `kinds` is
        None if they are certain whatever its codes say. Words of notes count like those next to the codes."""
        key = (concept, meanings, on, kinds, notes)
        known = self.memory.filed.get(key)
        if known is None:
            codes = concept.codes
            displays = [each.display for each in concept.codings if each.display]
            said = self.dictionary.said(codes, concept.text, on=on, displays=[*displays, *notes])
            if kinds is None:
                certain = most_specific((*meanings, *self.dictionary.certain((), said, _ALLERGENS)))
            else:
                certain = self.dictionary.certain(meanings, said, kinds)
            told = () if kinds is None else tuple(disputed(meanings, said))
            known = self.memory.filed[key] = told, self.dictionary.filed(certain, said, on, called_of(concept), codes)
        return known

    def known(self, concept: Concept, kinds: tuple[str, ...]) -> tuple[Meaning, ...]:
        """What a concept stands for, of these kinds; without a word about it if that is nothing."""
        return tuple(each for each in self._meant(concept) if each.kind in kinds)

    def allergens(self, concept: Concept, resource: Resource, *, may_be_drug: bool) -> tuple[Meaning, ...]:
        """What an allergy is to. A code that no entry of the dictionary has still stands for some drug or substance;
        words alone stand for nothing, because they may say that there is no allergy. Lists of drugs have strawberries,
        too: where the record says that it is a food, a code of theirs is some substance."""
        kinds = _ALLERGENS
        systems = {self.dictionary.system_name(each.system) for each in concept.codings if each.system and each.code}
        if systems & ABSENCE_SYSTEMS or self.known(concept, kinds):
            return self.meanings(concept, kinds, resource, on="allergies")
        some = self.dictionary.some_drug() if may_be_drug and systems & DRUG_SYSTEMS else None
        some = some or self.dictionary.some_substance()
        if some is None or not systems:
            return self.meanings(concept, kinds, resource, on="allergies")
        self._see(concept, kinds[0], None, ())
        self._allergens.setdefault(some.entry.name, {}).setdefault(concept, []).append(resource.place)
        _, filed = self._filed(concept, (some,), "allergies", None, notes_of(resource.body))
        return filed

    def _is_judged(self, concept: Concept) -> bool:
        """Whether somebody judged one of its codes, or its wording: that it is not read is no news then."""
        is_judged = self.memory.judged.get(concept)
        if is_judged is None:
            said = (*concept.codes, *([(TEXT, concept.text)] if concept.text is not None else ()))
            is_judged = self.memory.judged[concept] = any(self.dictionary.is_judged(*each) for each in said)
        return is_judged

    def _meant(self, concept: Concept) -> tuple[Meaning, ...]:
        dictionary = self.dictionary
        meant = [
            meaning
            for coding in concept.codings
            if coding.code is not None
            for meaning in dictionary.coded(coding.system or "", coding.code)
        ]
        if concept.text is not None:
            meant += dictionary.worded(concept.text)
        if not meant and not any(dictionary.is_named_system(each.system or "") for each in concept.codings):
            absent = absent_in_words(concept.words)
            meant += [meaning for code in absent for meaning in dictionary.coded(*code)]
        return most_specific(meant)

    def _see(self, concept: Concept, kind: str, unit: str | None, known: tuple[Meaning, ...]) -> None:
        if self.dictionary.local.systems:
            own = (each.system for each in concept.codings if each.system)
            self._own_systems.update(dict.fromkeys(each for each in own if self.dictionary.own_system(each)))
        if self.sightings is None:
            return
        names = names_of(known)
        for coding in concept.codings:
            words = coding.display or concept.text
            self.sightings.saw(Sighting(kind, coding.system, coding.code, words, unit, names))
        if not concept.codings:
            self.sightings.saw(Sighting(kind, None, None, concept.text, unit, names))

    # ---- what may be an entry

    def mention(self, mention: Mention) -> bool:
        """Something that may be an entry of a list, told elsewhere than in one. Whether an entry speaks of it already
        is known when all have been read. Returns whether its code or words are known."""
        said = self.memory.mentioned.get((mention.named, mention.on))
        if said is None:
            said = self.memory.mentioned[mention.named, mention.on] = self._mentioned(mention.named, mention.on)
        is_known, meaning = said
        if meaning is not None and (is_known or mention.is_open):
            key = (mention.named, mention.on, mention.when, mention.visit)
            self._mentions.setdefault(key, (mention, meaning))
        return is_known

    def _mentioned(self, named: Concept, on: RecordList) -> tuple[bool, Meaning | None]:
        """Whether anybody knows what is mentioned, and what it may be on a list, if that is something rules ask for."""
        if self.says_none(named):
            return True, None
        codes = named.codes
        displays = [each.display for each in named.codings if each.display]
        said = self.dictionary.said(codes, named.text, on=on, displays=displays)
        concepts = self.dictionary.rulebook.concepts
        if on == "medications" and said.is_ and all(concepts[each].kind == "procedure" for each in said.is_):
            return True, None  # an order for a transplantation is no drug yet
        return said.is_known, self.dictionary.only_may_be(said, on, called_of(named), codes)

    def mention_what_it_names(self, mention: Mention, kind: str | None = None) -> None:
        """Mention what the words of something name that stands on no list: it may be there. With a kind, only concepts
        of that kind are mentioned."""
        said = self.dictionary.named_by(own_words(mention.named))
        if kind is not None:
            concepts = self.dictionary.rulebook.concepts
            said = replace(said, may_be=frozenset(each for each in said.may_be if concepts[each].kind == kind))
        meaning = self.dictionary.only_may_be(said, mention.on, label_of(mention.named), mention.named.codes)
        if meaning is not None:
            self._mentions.setdefault((mention.named, mention.on, mention.when, mention.visit), (mention, meaning))

    def mention_notes(self, resource: Resource, on: RecordList = "conditions") -> None:
        """Mention what the notes on a resource name that is not counted with an entry of a list."""
        made = next((when for each in _MADE if (when := self.date_quietly(resource, each)) is not None), None)
        for number, note in enumerate(notes_of(resource.body)):
            place = f"{resource.place}.note[{number}]"
            named = Mention(Concept((), note), "conditions", place, Period(made, made))
            self.mention_what_it_names(named)
            if on == "allergies":
                said = replace(self.dictionary.said((), note, on=on), unreviewed=frozenset())
                meaning = self.dictionary.only_may_be(said, on, quoted(note), ())
                if meaning is not None:
                    self.chart.add_episode(Episode("", on, place, asserted=made), meaning)

    def in_doubt_by_notes(self, resource: Resource, list_: RecordList | None) -> str | None:
        """Why an entry is in doubt by its own notes: they call it a mistake; or over, in a sentence that names it or
        nothing."""
        notes = notes_of(resource.body)
        if (note := said_in_error(notes)) is not None:
            return doubt_by(note)
        for note, sentence in said_not_so(notes) if list_ is not None else ():
            named = self.dictionary.named_by([sentence])
            names = named.is_ | named.may_be
            if not names or names & self._said_by(resource, list_):
                return doubt_by(note)
        return None

    def _said_by(self, resource: Resource, list_: RecordList | None) -> frozenset[str]:
        """What the code of a resource says that it is."""
        stated: Body = next((resource.body[each] for each in _CODED if isinstance(resource.body.get(each), dict)), {})
        named = concept_kept(stated)
        return self.dictionary.said(named.codes, named.text, on=list_).is_

    def open_what_it_treats(self, drug: Concept, place: str, made: Moment | None) -> None:
        """What a drug treats may be there where the drug is only planned; that it is taken, such an entry does not
        say."""
        is_known, meaning = self._mentioned(drug, "medications")
        if meaning is None or not is_known:
            return
        concepts = self.dictionary.rulebook.concepts
        treated = frozenset(name for name in meaning.may_be if concepts[name].kind == "condition")
        if treated:
            plan = Episode("", "plans", place, asserted=made, status="planned")
            self.chart.add_episode(plan, replace(meaning, may_be=treated))

    def mention_named(self, wording: str, place: str, when: Period, only: frozenset[str] | None = None) -> None:
        """The concepts (of some only) that a wording names may be there, at its own time. Whether it says so, or the
        opposite, nobody reads of names; what its phrases name besides, and it does not deny, may be there, too."""
        told = self._named_in(wording, only)
        if only is None:
            said = self.dictionary.named_by([wording])
            besides = (said.is_ | said.may_be).difference(*(each.meaning.may_be for each in told))
            named = Concept((), wording)
            meaning = self.dictionary.only_may_be(Said(may_be=besides), "conditions", called_of(named), ())
            if meaning is not None:
                mention = Mention(named, "conditions", place, when)
                self._mentions.setdefault((named, mention.on, when, None), (mention, meaning))
        for each in told:
            mention = Mention(each.named, "conditions", place, when)
            self._mentions.setdefault((each.named, mention.on, when, None), (mention, each.meaning))
        if told:
            names = ", ".join(f"`{each.named.text}`" for each in told)
            self.note(
                place, f"its words name {names}: whether they say that it is there, or that it is not, is not read"
            )

    def names_any(self, wording: str, only: frozenset[str]) -> bool:
        """Whether a wording names one of some concepts."""
        return bool(self._named_in(wording, only))

    def _named_in(self, wording: str, only: frozenset[str] | None) -> Sequence[Named]:
        known = self.memory.named.get(wording)
        if known is None:
            known = []
            for called, said in self.dictionary.named_within(wording).items():
                named = Concept((), called)
                meaning = self.dictionary.only_may_be(said, "conditions", called_of(named), ())
                if meaning is not None:
                    known.append(Named(named, said.is_, meaning))
            if len(wording) <= LONGEST_TEXT:
                self.memory.named[wording] = known
        return known if only is None else [each for each in known if not only.isdisjoint(each.is_)]

    def is_known(self, concept: Concept) -> bool:
        """Whether anybody knows one of its codes, or its wording."""
        is_known = self.memory.known.get(concept)
        if is_known is None:
            codes = [(each.system or "", each.code) for each in concept.codings if each.code is not None]
            is_known = self.memory.known[concept] = self.dictionary.said(codes, concept.text).is_known
        return is_known

    def says_none(self, concept: Concept) -> bool:
        """Whether a concept says that something is absent."""
        return any(each.absent for each in self._meant(concept))

    def add_mentions(self) -> None:
        """What was mentioned, and no entry under the same codes speaks of, may have been so at its own time."""
        spoken = _spoken(self._entries, self.chart, self.dictionary) if self._mentions else {}
        diagnosed = {visit for visit, condition in self.visits if condition in self.diagnoses}
        for one, other in (*self.stays, *reversed(self.stays)):
            if one in diagnosed or other in diagnosed:
                diagnosed |= {one, other}
        for mention, meaning in self._mentions.values():
            if mention.visit in diagnosed and not meaning.is_read:
                continue
            names = _names_of(mention.named, self.dictionary)
            if not any(
                names <= those and _overlap(entry, mention.when)
                for each in sorted(names)[:1]
                for those, entry in spoken.get((mention.on, each), ())
            ):
                self.chart.add_episode(_mentioned(mention), meaning)
                self._add_of_other_sex(mention)

    def _add_of_other_sex(self, mention: Mention) -> None:
        """What a mention is by its codes, if that is only of the sex that is not on record: the two contradict each
        other, wherever the code stands."""
        sex = self.chart.sex
        if sex is None or mention.on == "family_history":
            return
        for meaning in self._meant(mention.named):
            concept = self.dictionary.rulebook.concepts.get(meaning.entry.name)
            if concept is not None and not meaning.absent and not concept.suits(sex):
                flags = (Flag("unusable", "it is no entry of a list, and may not be so"),)
                list_ = LIST_OF[concept.kind]
                self.chart.add_episode(Episode(concept.name, list_, mention.place, doubtful=True, flags=flags))

    # ---- time

    def span(self, resource: Resource, field: str) -> Period:
        """A choice of dateTime, Period, Age, Range or string: from when to when, as far as it can be understood.

        What cannot be is noted, and counts as an unknown day. Of an age it is when the patient was of that age.
        """
        body = resource.body
        try:
            only_one_of(body, [f"{field}{each}" for each in _TIMES])
            if (when := moment(body, f"{field}DateTime")) is not None:
                return Period(when, when)
            if (stretch := period(body, f"{field}Period")) is not None:
                return stretch
            birth = self.chart.birth
            if f"{field}Age" in body:
                when = at_age(part(body, f"{field}Age"), birth, f"{field}Age")
            elif f"{field}Range" in body:
                ages = part(body, f"{field}Range")
                when = at_ages(part(ages, "low"), part(ages, "high"), birth, f"{field}Range")
            elif (words := text(body, f"{field}String")) is not None:
                try:
                    when = moment_of(words, f"{field}String")
                except UnreadableError:
                    self.note(resource.place, f"its `{field}String` is not a date, and says nothing of when")
                    return Period()
            else:
                if f"{field}Timing" in body:
                    self.note(resource.place, f"its `{field}Timing` is not read, and says nothing of when")
                return Period()
        except (ShapeError, UnreadableError) as error:
            self.note(resource.place, f"{error}, and says nothing of when")
            return Period()
        if when is None:
            self.note(resource.place, f"its `{field}` is an age, and the birth date is not known")
            return Period()
        return Period(when, when)

    def date(self, resource: Resource, field: str) -> Moment | None:
        """The date in a field; one that cannot be understood is noted, and counts as none."""
        try:
            return moment(resource.body, field)
        except (ShapeError, UnreadableError) as error:
            self.note(resource.place, f"{error}, and counts as none")
            return None

    def date_quietly(self, resource: Resource, field: str) -> Moment | None:
        """The date in a field; None where there is none, or it cannot be understood."""
        try:
            return moment(resource.body, field)
        except (ShapeError, UnreadableError):
            return None

    def entered(self, resource: Resource, field: str) -> Moment | None:
        """The day on which something was entered; one that cannot be understood may be any."""
        if (when := self.date(resource, field)) is not None or resource.body.get(field) is None:
            return when
        return at_any_time()

    def diagnosed(self, condition: Resource) -> None:
        """A Condition that was read is a diagnosis of the Encounter that it names."""
        self.diagnoses.add(condition.place)
        try:
            encounter = self.pool.referred(part(condition.body, "encounter"), condition)
        except ShapeError:
            return
        if encounter is not None:
            self.visits.append((encounter.place, condition.place))

    def time_of_encounter(self, resource: Resource) -> Moment | None:
        """Some time during the Encounter in which it was recorded, if that is at hand and has a period."""
        try:
            encounter = self.pool.referred(part(resource.body, "encounter"), resource)
        except ShapeError:
            return None
        if encounter is None or encounter.kind != "Encounter" or was_entered_in_error(encounter.body):
            return None
        if changed_meaning(encounter.body) is not None:
            return None
        try:
            stretch = period(encounter.body, "period")
        except (ShapeError, UnreadableError) as error:
            if encounter.place not in self._without_period:
                self._without_period.add(encounter.place)
                self.note(encounter.place, f"{error}, and says nothing of when")
            return None
        return some_time_in(stretch) if stretch is not None and stretch.start is not None else None

    # ---- facts

    def none_known(self, list_: RecordList, when: Moment | None) -> None:
        """The record says that it knows of nothing that belongs on a list."""
        if self.chart.doubt is None:
            self.chart.none_known.setdefault(list_, []).append(when or self.document_date)

    def add_absence(self, meaning: Meaning, list_: RecordList, place: str, when: Moment | None) -> None:
        """An explicit statement that something is not there."""
        self.chart.add_absence(Absence(meaning.entry.name, list_, place, when, flags=meaning.flags))

    # ---- notes

    def write_notes(self) -> None:
        """Tell what was set aside, alike ones together, and last the codes that no rule uses."""
        for (kind, told), places in self._doubts.items():
            if len(places) > MOST_PLACES:
                self.findings.note(kind, f"{len(places)} times, {told}: {some_of(places)}", places=places)
            else:
                for place in places:
                    self.findings.note(place, told)
        alike: dict[tuple[str, str, NoteKind], list[str]] = {}
        not_read = Counter(each.kind for each in self.set_aside if each.why == NOT_READ)
        if not_read:
            self.findings.note("", f"kinds of resources that are not read: {counted(not_read)}")
        for each in self.set_aside:
            if each.why in (NOT_READ, PERHAPS):
                continue
            alike.setdefault((each.kind, each.why, each.noted_as), []).append(each.place)
        for (kind, why, noted_as), places in alike.items():
            if len(places) == 1:
                self.findings.note(places[0], why, noted_as)
            else:
                told = f"{len(places)} times, {why}: {some_of(places)}"
                self.findings.note(kind, told, noted_as, places=places)
        for called, places in self._unread_specimens.items():
            told = f"its specimen {quoted(called)} is not read, and taken to be blood, as its code says"
            one = len(places) == 1
            told = told if one else f"{len(places)} times, {told}"
            self.findings.note(places[0] if one else "Observation", told, places=places)
        for system in self._own_systems:
            name = self.dictionary.own_system(system)
            self.findings.note("", f"the code system {quoted(system)} is read as `{name}` by the clinic's own table")
        if self._commas:
            self.findings.note("", with_commas(self._commas))
        for name, concepts in self._allergens.items():
            places = [*chain.from_iterable(concepts.values())]
            one = len(places) == 1
            told = f"its code {_named(concepts)} is" if one else f"the codes of {len(places)} entries are"
            told += f" read as `{name}`" + ("" if one else f": {_named(concepts)}")
            self.findings.note(places[0] if one else "AllergyIntolerance", told, places=places)
        for (label, near), places in self._taken_for.items():
            told = f"not read: {label}; it may be {any_of(near)}, and until its code is read it is a result of that"
            self.findings.note(some_of(places), f"{told} which cannot be read", places=places)
        for kind, concepts in self._unread.items():
            for note, _, those in self._notes_by_system(concepts, _not_read):
                self.findings.note(kind, note, "open", places=those)
        for kind, concepts in self._told_by_words.items():
            told = f"{_without_rule(_number_of(concepts))}: {_named(concepts)}"
            self.findings.note(kind, told, "no rule", places=[*chain.from_iterable(concepts.values())])
        for kind, concepts in self._without_rule.items():
            for note, is_read, those in self._notes_by_system(concepts, _without_rule):
                self.findings.note(kind, note, "no rule" if is_read else "remark", places=those)

    def _notes_by_system(
        self, concepts: dict[Concept, list[str]], told: Callable[[int], str]
    ) -> Iterator[tuple[str, bool, list[str]]]:
        """Notes on entries that say nothing, or that nobody can read, with their places: those without a code or with
        one of a system that is read, then those of each other system."""
        read: dict[Concept, list[str]] = {}
        unread: dict[str, dict[Concept, list[str]]] = {}
        for concept, places in concepts.items():
            if not places:
                continue
            system = self._unknown_system(concept)
            (read if system is None else unread.setdefault(system, {}))[concept] = places
        if read:
            yield f"{told(_number_of(read))}: {_named(read)}", True, [*chain.from_iterable(read.values())]
        for system, those in unread.items():
            codes = [each.code for concept in those for each in concept.codings if each.code]
            why = self.dictionary.unknown_system(system, codes)
            yield f"{_counted(those)} of {why}: {_named(those)}", False, [*chain.from_iterable(those.values())]

    def _unknown_system(self, concept: Concept) -> str | None:
        """The first code system of a concept, if none of its systems is known."""
        systems = [each.system for each in concept.codings if each.system and each.code is not None]
        if not systems or any(self.dictionary.is_named_system(each) for each in systems):
            return None
        return systems[0]

    def everything_set_aside(self) -> list[SetAside]:
        """What was set aside, one by one, with what no rule uses."""
        return [
            *self.set_aside,
            *(
                SetAside(kind, place, _why_without_rule(concept))
                for those in (self._unread, self._kept_open, self._told_by_words, self._without_rule)
                for kind, concepts in those.items()
                for concept, places in concepts.items()
                for place in places
            ),
        ]


_ALLERGENS = ("substance", "drug")
"""The kinds of concepts to which somebody may be allergic."""

_CODED = ("code", "medicationCodeableConcept", "vaccineCode")
"""Where a resource says what it is."""

_MADE = (
    "recordedDate", "dateRecorded", "assertedDate", "dateAsserted", "authoredOn", "dateWritten", "effectiveDateTime",
    "performedDateTime", "occurrenceDateTime", "issued", "date",
)  # fmt: skip
"""Where a resource says when it was made."""


def _mentioned(mention: Mention) -> Episode:
    """A reason had begun by the end of what it was the reason of; a treatment was at that time, or began then."""
    start, end = mention.when.start, mention.when.end
    day = start if start == end else some_time_in(mention.when) if start is not None or end is not None else None
    match mention.on:
        case "conditions":
            # What has no end may be the reason of any day since: it may have begun on one of them.
            begun = or_before(end) if end is not None else None
            return Episode("", mention.on, mention.place, begun, asserted=end)
        case "plans":
            return Episode("", mention.on, mention.place, day, status="planned")
        case "procedures":
            return Episode("", mention.on, mention.place, day, day)
        case _:
            return Episode("", mention.on, mention.place, day)


_TIMES = ("DateTime", "Period", "Age", "Range", "String", "Timing")
"""The types of a choice that says when."""

_Names = frozenset[tuple[str, str]]


def _names_of(concept: Concept, dictionary: Dictionary) -> _Names:
    """Its codes, each with its system; without a code, its wording."""
    codes = frozenset(dictionary.with_names(concept.codes))
    return codes or frozenset((TEXT, folded(words)) for words in (concept.words,) if words)


def _spoken(
    entries: Iterable[tuple[Concept, RecordList, str]], chart: Chart, dictionary: Dictionary
) -> dict[tuple[RecordList, tuple[str, str]], list[tuple[_Names, Episode]]]:
    """The entries that were read, by their list and each of their codes."""
    episodes: dict[str, list[Episode]] = {}
    for each in (*chart.open_entries, *(one for those in chart.episodes.values() for one in those)):
        episodes.setdefault(each.source, []).append(each)
    spoken: dict[tuple[RecordList, tuple[str, str]], list[tuple[_Names, Episode]]] = {}
    for concept, on, place in entries:
        names = _names_of(concept, dictionary)
        for episode, name in product(episodes.get(place, ()), names):
            spoken.setdefault((on, name), []).append((names, episode))
    return spoken


def _overlap(entry: Episode, when: Period) -> bool:
    """Whether an entry may have held at the time of what is mentioned, as far as both say when that was."""
    first, last = when.start or when.end, when.end or when.start
    if first is None or last is None:
        return False
    ended = entry.end or (entry.asserted or entry.start if entry.ended else None)
    return (entry.start is None or entry.start.first <= last.last) and (ended is None or ended.last >= first.first)


def counted(kinds: Counter[str]) -> str:
    """Kinds of resources, each with its number."""
    return ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in sorted(kinds.items()))


def _number_of(concepts: dict[Concept, list[str]]) -> int:
    return sum(len(places) for places in concepts.values())


def _counted(concepts: dict[Concept, list[str]]) -> str:
    total = _number_of(concepts)
    return "1 entry has a code" if total == 1 else f"{total} entries have codes"


def _without_rule(number: int) -> str:
    return "1 entry that no rule uses" if number == 1 else f"{number} entries that no rule uses"


def _not_read(number: int) -> str:
    if number == 1:
        return "1 entry is not read, and may be anything on its list"
    return f"{number} entries are not read, and each may be anything on its list"


def _named(concepts: dict[Concept, list[str]]) -> str:
    counted = sorted(concepts.items(), key=lambda each: -len(each[1]))
    return ", ".join(
        label_of(concept) + (f" ({len(places)})" if len(places) > 1 else "") for concept, places in counted
    )


def _why_without_rule(concept: Concept) -> str:
    is_coded = any(each.code is not None for each in concept.codings)
    return f"no rule uses its code {label_of(concept)}" if is_coded else f"it has {label_of(concept)}"


def label_of(concept: Concept) -> str:
    """A concept as a note names it: its first code and its words; without a code, its words in quotes. A code without a
    system is called so, because that may be why nobody knows it."""
    coding = next((each for each in concept.codings if each.code is not None), None)
    words = concept.words
    if coding is None:
        return f"{NO_CODE}, {quoted(words)}" if words else NO_CODE
    code = quoted(coding.code) if coding.system else f"{quoted(coding.code)} (no system)"
    return f"{code} {quoted(words)[1:-1]}" if words else code


def called_of(concept: Concept) -> str:
    """A concept as people are asked about it: by its code and words, or by its words alone."""
    return label_of(concept).removeprefix(f"{NO_CODE}, ")
