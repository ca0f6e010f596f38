"""What an evaluation knows while it runs: the patient, the clock, and what has been looked up already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any as Anything
from typing import Literal

import msgspec
from msgspec import Struct

from screener.evaluation.answers import Found
from screener.evaluation.grounds import Grounds, lasting_of
from screener.evaluation.instants import Stretch, not_after
from screener.records.chart import as_if
from screener.records.patient import Absence, Answer, Episode, Flag, Patient, Result
from screener.rulebook import (
    VERBS,
    Concept,
    EventLookup,
    RecordList,
    Rulebook,
    Scope,
    Sex,
    made_once,
)
from screener.rulebook_walk import asked_together
from screener.values.dates import BEGINNING, DAY, Duration, Moment, latest_of, on_day
from screener.values.truth import Truth


class Denial(Struct, frozen=True, gc=False):
    """An absence with the time it is about: its own date, up to the end of the day of screening, or the record's own
    day if it has none. An undated absence in an undated record denies nothing.

    `since` is the first day for which it says that it was not so: a day that it states, ever, or for the absence of a
    passing condition its own day only (`is_of_its_day`).
    """

    when: Moment
    absence: Absence
    since: int
    is_of_its_day: bool


DONE: Literal["done"] = "done"
Shelf = RecordList | Literal["done"]
"""A list of the record, or two together: procedures, and plans, which may have come true. What was done after the day
of screening may have been planned on it."""
_NOTHING: Mapping[str, tuple[Episode, ...]] = {}


class Kind:
    """What is the same of a concept for every patient. `names` are its own and the narrower ones, `upward` its own and
    the broader ones; `deniable` are the concepts by which a list can deny it: itself, or else the broader ones.
    `is_denied_at_once`: a complete list denies it without anything else at hand."""

    def __init__(self, concept: Concept, concepts: Mapping[str, Concept]) -> None:
        self.concept = concept
        self.names = (concept.name, *concept.narrower)
        self.order = {name: place for place, name in enumerate(self.names)}
        self.is_of = frozenset(self.names)
        self.upward = (concept.name, *concept.broader)
        self.is_acute = concept.course == "acute"
        self.hangs_on_more_than_lists = concept.only_if is not None or concept.ruled_out is not None
        self.is_passing = concept.kind == "condition" and concept.course == "passing"
        self.has_lasting_kinds = self.is_acute and any(concepts[name].course != "acute" for name in concept.narrower)
        broader = (concepts[name] for name in concept.broader)
        self.deniable = (concept,) if concept.denied_by_list else tuple(each for each in broader if each.denied_by_list)
        self.is_denied_at_once = any(not each.denied_with for each in self.deniable)


def kinds_of(rulebook: Rulebook) -> Mapping[str, Kind]:
    """The kinds of a rulebook, by name."""
    concepts = rulebook.concepts
    return made_once(rulebook, "kinds", lambda: {name: Kind(concept, concepts) for name, concept in concepts.items()})


class PreparedLookup:
    """What is the same of an event lookup for every patient. `shelf` and `names` say which entries it is about, `what`
    which of them count. `is_of_the_day`: it asks about the clock's day, and not about a stretch of time."""

    def __init__(self, lookup: EventLookup, kinds: Mapping[str, Kind]) -> None:
        self.lookup = lookup
        self.list = lookup.list
        self.what = tuple([(each, kinds[each.concept]) for each in lookup.what])
        self.exceptions = tuple([(each, kinds[each.concept]) for each in lookup.exceptions])
        self.names = tuple(dict.fromkeys([each.concept for each in lookup.what]))
        self.kinds = tuple([kinds[name] for name in self.names])
        verb = VERBS[lookup.verb]
        self.tense = verb.tense
        reads_both = verb.reads_plans or verb.tense == "ahead"
        self.shelf: Shelf = DONE if reads_both else lookup.list
        self.lists: tuple[RecordList, ...] = ("procedures", "plans") if reads_both else (lookup.list,)
        self.place = (self.shelf, self.names)
        self.is_of_the_day = verb.tense in ("timeless", "now", "ahead")


def prepared_lookups(rulebook: Rulebook) -> Mapping[str, PreparedLookup]:
    """The event lookups of a rulebook, by name."""
    kinds, lookups = kinds_of(rulebook), rulebook.lookups
    return made_once(
        rulebook,
        "event lookups",
        lambda: {
            name: PreparedLookup(lookup, kinds) for name, lookup in lookups.items() if isinstance(lookup, EventLookup)
        },
    )


class Frame:
    """One patient seen from one instant.

    `day` is the clock, `as_of` the day of screening; they differ only inside a rule whose clock has been moved. Lookups
    are read once a frame and shared by all trials, and so is all that does not hang on a person's answer to one trial.
    """

    __slots__ = (
        "affirmed",
        "against_sex",
        "as_of",
        "assumed",
        "at_hand",
        "cleared",
        "complete",
        "concerned",
        "day",
        "decided",
        "denials",
        "denying",
        "entries",
        "filed",
        "found",
        "grounds",
        "kinds",
        "labs_within",
        "last_from",
        "lookups",
        "of_all_trials",
        "of_this_trial",
        "open_entries",
        "over",
        "own_onset",
        "patient",
        "raised",
        "related",
        "results_by_source",
        "rulebook",
        "shown",
        "standings",
        "stretches",
        "trial",
    )

    def __init__(
        self,
        rulebook: Rulebook,
        patient: Patient,
        as_of: int,
        *,
        day: int | None = None,
        assumed: frozenset[RecordList] = frozenset(),
        labs_within: Duration | None = None,
        trial: str = "",
        own_onset: Moment | None = None,
        of: Frame | None = None,
    ) -> None:
        self.rulebook = rulebook
        self.patient = patient
        self.as_of = as_of
        self.day = as_of if day is None else day
        self.assumed = assumed
        self.complete = patient.complete | assumed
        self.labs_within = labs_within
        self.trial = trial
        self.own_onset = own_onset
        self.kinds: Mapping[str, Kind] = kinds_of(rulebook) if of is None else of.kinds
        self.lookups: Mapping[str, PreparedLookup] = prepared_lookups(rulebook) if of is None else of.lookups
        self.entries: dict[tuple[Shelf, str], Sequence[Episode]] = {} if of is None else of.entries
        """The entries that are a concept or one of its kinds; filled as they are asked for."""
        self.filed: dict[str, list[str]] = _filed(self.kinds, patient) if of is None else of.filed
        """By a concept the names under which its entries stand on record: its own and those of its kinds, in order."""
        self.affirmed: dict[str, tuple[Answer, ...]] = _affirmed(self, patient) if of is None else of.affirmed
        """The lookups of what somebody says is there, by a yes to a question about it, and no entry is about: no list
        denies that."""
        self.concerned: frozenset[str] = _concerned(self, patient) if of is None else of.concerned
        """The concepts that some entry or yes of the record says anything about, itself or as a broader or narrower
        one."""
        self.against_sex: tuple[Episode, ...] = _against_sex(rulebook, patient) if of is None else of.against_sex
        """The entries and results that contradict the sex on record; while there are any, it rules nothing out."""
        self.denials: dict[str, list[Denial]] = _denials(self.kinds, patient, as_of) if of is None else of.denials
        self.denying: dict[tuple[RecordList, str], list[Denial]] = {} if of is None else of.denying
        """The denials of a concept or a broader one on a list, equal ones once; filled as they are asked for."""
        self.over: dict[tuple[RecordList, str], dict[Episode, Moment]] = {} if of is None else of.over
        """The ended entries of a concept or a broader one on a list, each with when; filled as they are asked for."""
        self.open_entries: dict[tuple[RecordList, str], tuple[Episode, ...]] = {} if of is None else of.open_entries
        """The entries of a list that may be a concept, each as an episode of it; filled as they are asked for."""
        self.cleared: frozenset[tuple[str, str]] = frozenset()
        """Pairs of a lookup and a concept: the record is supposed to lack no entry of it where the lookup looks."""
        self.standings: dict[int, Anything] = {}
        """How each entry stands at the clock; by its identity, filled as they are asked for."""
        self.related: dict[tuple[Shelf, tuple[str, ...]], Sequence[Anything]] = {}
        """By a list and concepts, how the entries stand that are, or may be, one of them; likewise."""
        self.at_hand: dict[str, bool] = {}
        """Whether a lab or finding has a result that can be used and is fresh; likewise."""
        self.found: dict[str, Found] = {}
        self.decided: dict[str, Truth] = {}
        """Whether what an event lookup asks about happened, where no more was asked than that."""
        self.stretches: dict[int, tuple[Scope, Stretch]] = {}
        """By the identity of a scope, kept with the scope itself."""
        self.of_all_trials: dict[int, Anything] = {}
        self.of_this_trial: dict[int, Anything] = {}
        self.raised: dict[tuple[str, str], tuple[Flag, ...]] = {}
        """The dictionary's flags that are raised for a result, by its fact and source."""
        self.shown: dict[tuple[int, bool, bool], Anything] = {}
        """Facts as people read them; by the identity of a fact, kept with the fact itself."""
        self.grounds: Grounds = Grounds(lasting_of(rulebook)) if of is None else of.grounds
        self.results_by_source: dict[str, dict[str, Result]] = {}
        self.last_from: dict[str, list[Moment]] = {}

    def that_are(self, concept: str, shelf: Shelf) -> Sequence[Episode]:
        """The entries that are a concept or one of its kinds, or are read as such; equal ones once."""
        names = self.filed.get(concept)
        if names is None:
            return ()
        key = (shelf, concept)
        known = self.entries.get(key)
        if known is None:
            lists = ("procedures", "plans") if shelf == DONE else (shelf,)
            known = [each for name in names for each in self.patient.episodes[name] if each.list in lists]
            if len(known) > 1 and len({each.source for each in known}) < len(known):
                known = list(dict.fromkeys(known))
            self.entries[key] = known
        return known

    def that_may_be(self, concept: str, list_: RecordList) -> Sequence[Episode]:
        """The entries of a list that may be a concept, each as an episode of it that settles nothing."""
        entries = self.patient.may_be.get(list_, _NOTHING).get(concept)
        if not entries:
            return ()
        key = (list_, concept)
        known = self.open_entries.get(key)
        if known is None:
            concepts = self.rulebook.concepts
            known = self.open_entries[key] = tuple([as_if(entry, concept, list_, concepts) for entry in entries])
        return known

    def that_deny(self, concept: Concept, list_: RecordList) -> list[Denial]:
        """The absences on record that deny an entry of a concept on a list; those that say the same, once."""
        key = (list_, concept.name)
        known = self.denying.get(key)
        if known is None:
            names = self.kinds[concept.name].upward
            denials = [
                denial for name in names for denial in self.denials.get(name, ()) if denial.absence.list == list_
            ]
            known = self.denying[key] = list({_what_it_denies(denial): denial for denial in reversed(denials)}.values())
            known.reverse()
        return known

    def freshness_of(self, fact: str) -> Duration:
        """How long results of a lab or finding stay fresh: what the call or the trial says goes before the
        dictionary."""
        return self.labs_within or self.rulebook.fact(fact).fresh

    def result_from(self, source: str, fact: str) -> Result | None:
        """The result of a lab or finding at this place of the record."""
        by_source = self.results_by_source.get(fact)
        if by_source is None:
            results = self.patient.results.get(fact, ())
            by_source = self.results_by_source[fact] = {each.source: each for each in reversed(results)}
        return by_source.get(source)

    def last_results(self, fact: str) -> list[Moment]:
        """The times of a lab's or finding's results, up to the day of screening, that show whether a result is
        certainly older than another."""
        last = self.last_from.get(fact)
        if last is None:
            moments = [each.when for each in self.patient.results.get(fact, ()) if each.when is not None]
            last = self.last_from[fact] = latest_of(each for each in moments if each.first_day <= self.as_of)
        return last

    def of_trial(self, trial: str) -> Frame:
        """The same instant for another trial: what was found stays found."""
        other = Frame.__new__(Frame)
        for name in Frame.__slots__:
            setattr(other, name, getattr(self, name))
        other.trial, other.of_this_trial = trial, {}
        return other

    def at(self, day: int) -> Frame:
        """The same patient with the clock on another day."""
        return self._copy(day, self.own_onset)

    def as_of_day(self, day: int) -> Frame:
        """The same patient screened on another day."""
        other = Frame(
            self.rulebook,
            self.patient,
            day,
            assumed=self.assumed,
            labs_within=self.labs_within,
            trial=self.trial,
            of=self,
        )
        other.over = {}
        affirmed = _affirmed(other, self.patient)
        if affirmed != self.affirmed:
            other.affirmed = affirmed
            other.concerned = _concerned(other, self.patient)
        if day < self.as_of or not self._is_all_seen():
            other.denials = _denials(self.kinds, self.patient, day)
            other.denying = {}
        return other

    def _is_all_seen(self) -> bool:
        """Whether every denial is of the day of screening or of before it, so that a later day sees the same ones."""
        own_day = self.patient.as_of
        if own_day is not None and own_day > self.as_of:
            return False
        return not any(
            absence.when is not None and absence.when.last_day > self.as_of
            for absences in self.patient.absences.values()
            for absence in absences
        )

    def beside(self, onset: Moment) -> Frame:
        """The same instant, with one episode's onset as `its onset`."""
        return self._copy(self.day, onset)

    def with_only(self, result: Result, day: int) -> Frame:
        """The clock on a day, for a patient whose only result of its lab or finding is this one."""
        results = {**self.patient.results, result.fact: (result,)}
        return self._copy(day, self.own_onset, msgspec.structs.replace(self.patient, results=results))

    def _copy(self, day: int, own_onset: Moment | None, patient: Patient | None = None) -> Frame:
        return Frame(
            self.rulebook,
            patient or self.patient,
            self.as_of,
            day=day,
            assumed=self.assumed,
            labs_within=self.labs_within,
            trial=self.trial,
            own_onset=own_onset,
            of=self,
        )


def _filed(kinds: Mapping[str, Kind], patient: Patient) -> dict[str, list[str]]:
    filed: dict[str, list[str]] = {}
    for name in patient.episodes:
        for each in kinds[name].upward:
            filed.setdefault(each, []).append(name)
    for name, names in filed.items():
        if len(names) > 1:
            names.sort(key=kinds[name].order.__getitem__)
    return filed


def _concerned(frame: Frame, patient: Patient) -> frozenset[str]:
    kinds, named = frame.kinds, set(frame.filed)
    for entries in patient.may_be.values():
        named.update(entries)
    for name in patient.episodes:
        named.update(kinds[name].names)
    for name in patient.absences:
        named.update(kinds[name].names)
        named.update(kinds[name].upward)
    for name in frame.affirmed:
        named.update(frame.lookups[name].names)
    return frozenset(named)


def _affirmed(frame: Frame, patient: Patient) -> dict[str, tuple[Answer, ...]]:
    """The lookups whose complete lists no longer deny, because somebody said by a yes that what they ask about is
    there; and the answers that say so under another line."""
    if not patient.answers:
        return {}
    rulebook = frame.rulebook
    asked = asked_together(rulebook)
    yes = [
        (key.rpartition("/")[2], answer)
        for key, answer in patient.answers.items()
        if answer.value is True and (answer.when is None or answer.when.first_day <= frame.as_of)
    ]
    found: dict[str, tuple[Answer, ...]] = {name: () for question, _ in yes for name in asked.get(question, ())}
    for question, answer in yes:
        says = rulebook.questions[question].yes_says if question in rulebook.questions else ()
        said = {broader for each in says for broader in frame.kinds[each].upward}
        for name, asking in frame.lookups.items() if said else ():
            if asking.list == "conditions" and not said.isdisjoint(asking.names):
                found[name] = (*found.get(name, ()), answer)
    return {
        name: answers
        for name, answers in found.items()
        if not any(frame.that_are(each, frame.lookups[name].shelf) for each in frame.lookups[name].names)
    }


def _of_other_sex(rulebook: Rulebook, sex: Sex) -> Sequence[str]:
    """The concepts that only the other sex can have, and their kinds."""

    def found() -> Sequence[str]:
        kinds = kinds_of(rulebook)
        only = {name for name, kind in kinds.items() if not kind.concept.suits(sex)}
        return tuple([name for name, kind in kinds.items() if not only.isdisjoint(kind.upward)])

    return made_once(rulebook, f"not of a {sex}", found)


def _against_sex(rulebook: Rulebook, patient: Patient) -> tuple[Episode, ...]:
    """The entries and results of what only the other sex can have, or of a kind of it, whenever it was, confirmed or
    not. A result that cannot be used counts if only its unit is missing."""
    if patient.sex is None:
        return ()
    return tuple(
        [
            episode
            for name in _of_other_sex(rulebook, patient.sex)
            for episode in patient.episodes.get(name, ())
            if episode.list != "family_history" and episode.unusable in (None, "unit")
        ]
    )


def _what_it_denies(denial: Denial) -> tuple[object, ...]:
    absence = denial.absence
    return absence.concept, denial.when, absence.since, absence.reviewed, absence.doubtful, absence.unusable


def _denials(kinds: Mapping[str, Kind], patient: Patient, as_of: int) -> dict[str, list[Denial]]:
    own_day = None if patient.as_of is None else on_day(min(patient.as_of, as_of))
    denials: dict[str, list[Denial]] = {}
    for name, absences in patient.absences.items():
        for absence in absences:
            when = own_day if absence.when is None else not_after(absence.when, as_of)
            if when is not None:
                denials.setdefault(name, []).append(_denial(when, absence, kinds[name].is_passing))
    return denials


def _denial(when: Moment, absence: Absence, is_passing: bool) -> Denial:
    if absence.since is not None:
        return Denial(when, absence, absence.since.last_day, False)
    is_of_its_day = is_passing and absence.list == "conditions"
    return Denial(when, absence, when.last_day if is_of_its_day else BEGINNING // DAY, is_of_its_day)
