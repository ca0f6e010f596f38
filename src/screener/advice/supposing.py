"""Supposing a missing fact: the record as it would be if the fact were known, seen through the engine itself.

A fact has *possibilities*; together they are all that it may turn out to be. A possibility is put into the record (a
result, an answer, a birth date). If a record has no word for it without saying more, it is put into what the lookups
find (something did or did not happen in a window). Each possibility stands for every record in which the fact has come
out so: a result is a range, a date the whole stretch in which it may lie. So a definite answer under it holds for all
of them, by the law of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from screener.advice.reach import reach_of
from screener.evaluation.answers import Found
from screener.evaluation.frame import Frame
from screener.records.chart import settled
from screener.records.derived import with_derived
from screener.records.patient import Absence, Answer, Episode, Patient, Result
from screener.rulebook import EventLookup, Rulebook, Sex
from screener.values.dates import Moment
from screener.values.ranges import Range
from screener.values.truth import TRUE


class Entry(Struct, frozen=True):
    """Results of one lab or finding, and those that take their place."""

    fact: str
    old: tuple[Result, ...] = ()
    new: tuple[Result, ...] = ()


class Possibility(Struct, frozen=True):
    """One thing that a fact may turn out to be. `range` is set for a number, `text` says the others in words."""

    text: str = ""
    range: Range | None = None
    results: tuple[Entry, ...] = ()
    stated: tuple[tuple[str, str, str, str | bool], ...] = ()
    """What entries state: the concept and the source of each, a quality (a field of Episode), and its value."""
    settled: tuple[tuple[str, str], ...] = ()
    """What open entries turn out to be: the source of each, and the concept; `""` for none that a rule asks for."""
    answers: tuple[Answer, ...] = ()
    birth: Moment | None = None
    sex: Sex | None = None
    happened: frozenset[str] = frozenset()
    """Event lookups that are true."""
    cleared: frozenset[tuple[str, str]] = frozenset()
    """Pairs of an event lookup and a concept: the record lacks no entry of it there."""

    @property
    def is_in_record(self) -> bool:
        """Whether it is put into the record, and not into what lookups find."""
        return not self.happened and not self.cleared


def with_facts(patient: Patient, known: Iterable[Possibility], rulebook: Rulebook, *, shows: bool = True) -> Patient:
    """The patient's record with what these possibilities put into it; if `shows`, with what results show, too."""
    results, episodes, answers = patient.results, patient.episodes, patient.answers
    birth, sex = patient.birth, patient.sex
    stated: dict[str, dict[str, dict[str, str | bool]]] = {}
    settles: dict[str, set[str]] = {}
    touched: set[str] = set()
    for each in known:
        for change in each.results:
            results = {**results, change.fact: _exchanged(results.get(change.fact, ()), change.old, change.new)}
            touched.add(change.fact)
        for concept, source, quality, value in each.stated:
            stated.setdefault(concept, {}).setdefault(source, {})[quality] = value
        for source, is_ in each.settled:
            settles.setdefault(is_, set()).add(source)
        if each.answers:
            answers = {**answers, **{answer.key: answer for answer in each.answers}}
        birth = each.birth or birth
        sex = each.sex or sex
    for concept, of_entries in stated.items():
        those = tuple(
            msgspec.structs.replace(one, **of_entries[one.source]) if one.source in of_entries else one
            for one in episodes[concept]
        )
        episodes = {**episodes, concept: those}
    supposed: Patient = msgspec.structs.replace(
        patient, results=results, episodes=episodes, answers=answers, birth=birth, sex=sex
    )
    for is_, sources in settles.items():
        supposed = settled(supposed, frozenset(sources), (is_,) if is_ else (), None, rulebook.concepts)
    for name in touched if shows else ():
        supposed = derived_anew(supposed, reach_of(rulebook).shown_by(name))
    return supposed


def _exchanged(results: tuple[Result, ...], old: tuple[Result, ...], new: tuple[Result, ...]) -> tuple[Result, ...]:
    """The results without some of them, followed by others."""
    return (*(each for each in results if each not in old), *new)


def derived_anew(patient: Patient, shown: Rulebook) -> Patient:
    """The patient with the episodes and absences that the results now show of some concepts, in place of those they
    showed before."""
    if not shown.concepts:
        return patient
    explicit = {
        name: tuple(each for each in those if not each.shown_by_result) for name, those in patient.episodes.items()
    }
    absences = {
        name: tuple(each for each in those if not (each.shown_by_result and name in shown.concepts))
        for name, those in patient.absences.items()
    }
    anew, denied = with_derived(patient.results, explicit, absences, shown)
    episodes = _some({**patient.episodes, **{name: anew.get(name, ()) for name in shown.concepts}})
    denied = _some(denied)
    if episodes == patient.episodes and denied == patient.absences:
        return patient  # the very same entries, so that all that was read of them holds
    derived: Patient = msgspec.structs.replace(patient, episodes=episodes, absences=denied)
    return derived


S = TypeVar("S", Episode, Absence)


def _some(facts: Mapping[str, tuple[S, ...]]) -> dict[str, tuple[S, ...]]:
    return {name: those for name, those in facts.items() if those}


def frame_with(
    base: Frame, known: Sequence[Possibility], untouched: dict[str, Found] | None = None, *, shows: bool = True
) -> Frame:
    """The instant of a frame, with the patient as these possibilities make them. `untouched` is what lookups found that
    do not see the change. `shows`: somebody may ask what the results show."""
    rulebook = base.rulebook
    in_record = [each for each in known if each.is_in_record]
    patient = with_facts(base.patient, in_record, rulebook, shows=shows) if in_record else base.patient
    frame = Frame(
        rulebook,
        patient,
        base.as_of,
        day=base.day,
        assumed=base.assumed,
        labs_within=base.labs_within,
        trial=base.trial,
        own_onset=base.own_onset,
        of=base if _says_the_same_of_events(patient, base.patient) else None,
    )
    frame.found = untouched or {}
    happened = {name for each in known for name in each.happened}
    cleared = {pair for each in known for pair in each.cleared}
    concerned = {concept for _, concept in cleared}
    for name in happened:
        lookup = rulebook.lookups[name]
        frame.found[name] = Found(name, lookup, truth=TRUE)
        if isinstance(lookup, EventLookup):
            concerned.update([what.concept for what in lookup.what])
    if not concerned <= frame.concerned:
        frame.concerned |= concerned
    frame.cleared |= cleared
    return frame


def _says_the_same_of_events(one: Patient, other: Patient) -> bool:
    same = one.episodes is other.episodes and one.absences is other.absences and one.may_be is other.may_be
    return same and one.sex == other.sex  # what only the other sex can have contradicts it
