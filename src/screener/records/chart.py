"""A patient's chart while it is being filled: results, episodes and absences, whatever form the record has.

The forms of record (`native_entries.py` for the native one, `fhir/`) decide what an entry says; here it becomes a fact.
`patient` closes the chart: of several reports of one result the latest counts, and what results show is derived.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import get_args

from msgspec.structs import replace

from screener.records.derived import with_derived, with_means
from screener.records.dictionary import Meaning
from screener.records.errors import Findings, printable, quoted
from screener.records.grading import finding_result
from screener.records.measuring import NOT_SUSPICIOUS
from screener.records.notes import MOST_PLACES, Note, some_of
from screener.records.pairs import taken_apart
from screener.records.patient import (
    SEVERAL,
    Absence,
    Answer,
    Episode,
    Flag,
    Near,
    Patient,
    Result,
    Severity,
    WhyUnusable,
)
from screener.records.reported import Reported
from screener.records.written import is_of_several
from screener.rulebook import KINDS_ON, LIST_OF, Concept, RecordList, Rulebook, Sex
from screener.values.dates import BEGINNING, DAY, END, Moment, day_shifted, latest_of, not_later_than
from screener.values.numerals import ARABIC, ROMAN

NOT_COUNTED = ("cancelled", "entered-in-error")
_STANDING = {"preliminary": 0, "amended": 2, "corrected": 2}
"""Among results of one fact at one time, those of the highest standing count; a plain or final one has 1."""


class Chart:
    """The facts of one patient, one after the other. Whoever fills it also sets the person's sex, birth and death."""

    def __init__(self, rulebook: Rulebook, findings: Findings) -> None:
        self.rulebook = rulebook
        self.findings = findings
        self.as_of: int | None = None
        self.birth: Moment | None = None
        self.died: Moment | None = None
        self.age_years: int | None = None
        self.sex: Sex | None = None
        self.complete: frozenset[RecordList] = frozenset()
        self.unread: dict[RecordList, list[str]] = {}
        self.answers: dict[str, Answer] = {}
        self.none_known: dict[RecordList, list[Moment | None]] = {}
        self.doubt: str | None = None
        """Why the entries being read may be about somebody else; None if nothing suggests that."""
        self.identifiers: frozenset[tuple[str | None, str]] | None = None
        self.address: str | None = None
        self.results: dict[str, list[tuple[int, Result]]] = {}
        self.episodes: dict[str, list[Episode]] = {}
        self.open_entries: list[Episode] = []
        self.absences: dict[str, list[Absence]] = {}
        self.near: list[Near] = []

    def add_result(self, result: Result, status: str | None) -> None:
        """Add a result, under the status of its report."""
        if self.doubt is not None:
            unread = {"value": None, "choices": None, "exact": None, "unusable": "unread", "problem": self.doubt}
            result = replace(result, **unread)
        self.results.setdefault(result.fact, []).append((_STANDING.get(status or "", 1), result))

    def add_episode(self, episode: Episode, meaning: Meaning | None = None) -> None:
        """Add something that was, is or is planned to be. Its `meaning` also says what else the entry may be."""
        if meaning is not None:
            episode = replace(
                episode,
                flags=(*episode.flags, *meaning.flags),
                may_be=meaning.may_be,
                may_be_in_family=meaning.may_be_in_family,
                called=meaning.called,
                codings=meaning.codings,
                named=meaning.named,
                is_part=meaning.is_part and episode.list == "conditions",
            )
            if episode.list == "allergies" and is_of_several(meaning.words):
                episode = replace(episode, flags=(*episode.flags, SEVERAL))
            if meaning.is_open:
                reason: WhyUnusable = "unspecific" if meaning.is_read else "unread"
                episode = replace(episode, unusable=episode.unusable or reason)
            self._add_of_other_sex(meaning, episode)
        if self.doubt is not None:
            flags = (*episode.flags, Flag("unusable", self.doubt))
            episode = replace(episode, doubtful=True, unusable=episode.unusable or "unspecific", flags=flags)
        if episode.concept:
            episode = _of_earlier(episode, self.rulebook.concepts[episode.concept])
            self.episodes.setdefault(episode.concept, []).append(episode)
        else:
            self.open_entries.append(episode)

    def add_condition(self, episode: Episode, meaning: Meaning) -> None:
        """Add a condition.

        If a finding grades it, a stage in words (or 0) is also a result of that finding, on the day of the entry, as
        long as the entry still holds and is not in doubt. If the grade may be none, the entry only may be the
        condition; if it is none, the condition was over by that day.
        """
        finding, graded = self.rulebook.graded.get(episode.concept), self._graded_by_stage(episode)
        if finding is not None and graded is not None:
            counts = episode.ongoing and not episode.doubtful and episode.unusable is None
            is_of_the_day = counts and graded.when is not None and graded.when.is_one_day
            if is_of_the_day:
                self.add_result(graded, None)
            if finding.may_be_lowest(graded.value, graded.choices):
                flag = Flag("doubt", f"its stage `{episode.stage}` may be none of it")
                episode = replace(episode, doubtful=True, unusable="unspecific", flags=(*episode.flags, flag))
                if is_of_the_day and not finding.may_be_more(graded.value, graded.choices):
                    episode = replace(episode, end=graded.when, ongoing=False, ended=True)
        self.add_episode(episode, meaning)

    def add_grade(self, condition: Concept, numeral: str, when: Moment | None, source: str) -> None:
        """Add the grade that stands in the name of a condition as a result of its day: `HE grade 3`."""
        finding = self.rulebook.graded.get(condition.name)
        if finding is not None and when is not None and when.is_one_day:
            grade = f"grade {ROMAN[numeral]}"
            self.add_result(finding_result(finding, Meaning(finding), Reported(source, grade, grade, when=when)), None)

    def _graded_by_stage(self, episode: Episode) -> Result | None:
        """The grade that an entry states as its stage. A Roman numeral is a stage and no grade."""
        finding, stage = self.rulebook.graded.get(episode.concept), episode.stage
        if finding is None or stage is None or stage in ROMAN:
            return None
        stated = f"grade {stage}" if stage.isdecimal() else stage
        reported = Reported(episode.source, stated, stated, when=episode.asserted or episode.start)
        result = finding_result(finding, Meaning(finding), reported)
        return result if result.unusable is None else None

    def _add_of_other_sex(self, meaning: Meaning, entry: Episode) -> None:
        """Add what the words of an entry name that only the other sex can have (`20 weeks pregnant`): it contradicts
        the sex on record."""
        if self.sex is None or entry.list == "family_history":
            return
        for name in meaning.of_one_sex:
            if not self.rulebook.concepts[name].suits(self.sex):
                self.episodes.setdefault(name, []).append(Episode(name, entry.list, entry.source, called=entry.called))

    def add_absence(self, absence: Absence) -> None:
        """Add something that is not, or never was, the case."""
        if self.doubt is not None:
            return
        self.absences.setdefault(absence.concept, []).append(absence)

    def leave_unread(self, list_: RecordList, path: str) -> None:
        """Add an entry that nobody can interpret: it may be anything that belongs on the list."""
        self.unread.setdefault(list_, []).append(path)

    def note_if_before_birth(self, moment: Moment | None, path: str) -> None:
        """Note a fact dated before birth. It is kept, because the birth date may be what is wrong."""
        if self.birth is not None and moment is not None and moment.is_before(self.birth):
            self.findings.note(path, f"`{moment.text}` is before the birth date `{self.birth.text}`")

    def patient(self, name: str) -> Patient:
        """The patient: everything gathered, and what follows from the results."""
        counted = {fact: self._counted(those) for fact, those in self.results.items()}
        results = with_means(taken_apart(counted, self.rulebook), self.rulebook)
        episodes, absences = with_derived(
            results,
            {concept: tuple(those) for concept, those in self.episodes.items()},
            {concept: tuple(those) for concept, those in self.absences.items()},
            self.rulebook,
        )
        concepts = self.rulebook.concepts
        unread = {list_: some_of(paths) for list_, paths in self.unread.items()}
        for told in not_complete(sorted(self.complete & unread.keys()), unread):
            self.findings.note("", told)
        none_known_on = self._none_known_on()  # which may leave a note
        return Patient(
            name,
            self.rulebook.dictionary_digest,
            as_of=self.as_of,
            birth=self.birth,
            died=self.died,
            age_years=self.age_years,
            sex=self.sex,
            results=results,
            episodes=episodes,
            absences=absences,
            may_be=what_may_be(
                [*self.open_entries, *(each for those in episodes.values() for each in those)], concepts
            ),
            # What was answered and taken back is not answered.
            answers={
                key: each for key, each in self.answers.items() if each.value is not None or each.reading is not None
            },
            complete=self.complete.difference(unread),
            unread=unread,
            near=tuple(self.near),
            noted=self.findings.all_notes,
            none_known_on=none_known_on,
            identifiers=self.identifiers,
            address=self.address,
        )

    def _none_known_on(self) -> dict[RecordList, tuple[int, ...]]:
        """The days on which the record says that a list is empty. They count only if no entry stands on it."""
        entries = [*self.open_entries, *(each for those in self.episodes.values() for each in those)]
        taken = {each.list for each in entries if not each.shown_by_result} | self.unread.keys()
        found: dict[RecordList, tuple[int, ...]] = {}
        for list_, days in self.none_known.items():
            said = f"the record says that there are no {list_.replace('_', ' ')}"
            if list_ in taken:
                self.findings.note("", f"{said}, and has some: no list is complete by it")
            elif dated := tuple(sorted({each.first_day for each in days if each is not None and each.is_one_day})):
                found[list_] = dated
            else:
                self.findings.note("", f"{said}, but not as of which day: no list is complete by it")
        return found

    def _counted(self, ranked: list[tuple[int, Result]]) -> tuple[Result, ...]:
        """The results that count: a final result replaces a preliminary one of the same time, and a corrected one
        replaces both. Anything ignored or suspicious about them is noted."""
        best: dict[tuple[int | None, int, int], int] = {}
        for standing, result in ranked:
            if result.when is not None:
                best[result.when.instant] = max(best.get(result.when.instant, 0), standing)
        counted: list[Result] = []
        told: dict[str, list[str]] = {}
        for standing, result in ranked:
            if result.when is not None and standing < best[result.when.instant]:
                told.setdefault("a later report of the same time replaces it", []).append(result.source)
                continue
            counted.append(result)
            if result.unusable == "unread":
                continue  # it has a note of its own
            for remark in (result.problem, *(flag.text for flag in result.flags)):
                if remark is not None and not remark.startswith(NOT_SUSPICIOUS):
                    told.setdefault(remark, []).append(result.source)
        for remark, places in told.items():
            self._note_results(ranked[0][1].fact, remark, places)
        self._note_open_order(counted)
        return tuple(counted)

    def _note_results(self, fact: str, remark: str, places: Sequence[str]) -> None:
        """A remark on results of one lab or finding: on each by itself as long as a sentence could name them all."""
        if len(places) > MOST_PLACES:
            self.findings.note("", f"{len(places)} times, {remark}", about=fact, places=places)
        else:
            for place in places:
                self.findings.note(place, remark, about=fact)

    def _note_open_order(self, results: Sequence[Result]) -> None:
        """Note if nobody can say which result is the latest, because one time has a time zone and another has none."""
        dated = [(each.when, each) for each in results if each.when is not None]
        if len({when.offset is None for when, _ in dated}) < 2:
            return
        latest = latest_of(when for when, _ in dated)
        last = [each for each in dated if not any(each[0].is_before(other) for other in latest)]
        without = [each.source for when, each in last if when.offset is None and not when.is_whole_days]
        differ = len({(each.value, each.choices) for _, each in last}) > 1
        if differ and without and any(when.offset is not None for when, _ in last):
            told = "its time has no time zone, so another result may be earlier or later"
            self.findings.note(some_of(without), told, about=last[0][1].fact, places=without)


def of_one_id(patient: Patient, file: str) -> Patient:
    """A patient who shares an id with another. A note says so, and in which file this one stands. No list is complete,
    because facts of one may be filed under the other."""
    if patient.shares_id:
        return patient
    place = f"id {quoted(patient.id)}"
    here = printable(file.replace("\\", "/").rpartition("/")[2])
    told = "another patient of this call has it, and what is about the one may lie with the other"
    note = Note(f"{told}. This one is of `{here}`", "check first", place)
    unread = {list_: ", ".join(filter(None, (patient.unread.get(list_), place))) for list_ in get_args(RecordList)}
    not_taken = map(Note, not_complete(sorted(patient.complete), unread))
    apart: Patient = replace(
        patient,
        complete=frozenset(),
        none_known_on={},
        unread=unread,
        noted=(*patient.noted, note, *not_taken),
        shares_id=True,
    )
    return apart


def what_may_be(
    entries: Iterable[Episode], concepts: Mapping[str, Concept]
) -> dict[RecordList, dict[str, tuple[Episode, ...]]]:
    """The entries that leave open what they are, by list and by the concept that they may be. If two meanings of one
    entry leave the same open, it is kept once."""
    found: dict[RecordList, dict[str, dict[tuple[str, str], Episode]]] = {}

    def add(list_: RecordList, name: str, episode: Episode) -> None:
        found.setdefault(list_, {}).setdefault(name, {}).setdefault((episode.source, episode.list), episode)

    for episode in entries:
        for name in sorted(episode.may_be):
            kind = concepts[name].kind
            add(episode.list if kind in KINDS_ON[episode.list] else LIST_OF[kind], name, episode)
        for name in sorted(episode.may_be_in_family):
            add("family_history", name, episode)
    return {list_: {name: tuple(each.values()) for name, each in of_list.items()} for list_, of_list in found.items()}


def not_complete(lists: Iterable[RecordList], unread: Mapping[RecordList, str]) -> Iterator[str]:
    """Why lists are not taken as complete, those for the same reason in one sentence."""
    alike: dict[str, list[str]] = {}
    for list_ in lists:
        alike.setdefault(unread[list_], []).append(f"`{list_}`")
    for entries, those in alike.items():
        are = f"{', '.join(those[:-1])} and {those[-1]} are" if len(those) > 1 else f"{those[0]} is"
        yield f"{are} not taken as complete, because of what cannot be read or is not at hand: {entries}"


def or_before(latest: Moment) -> Moment:
    """When something began that was the case at a moment: at an unknown time up to then."""
    return not_later_than(latest, latest.text if latest.last == END else f"{latest.text} or before")


def _of_earlier(episode: Episode, concept: Concept) -> Episode:
    """An entry about the past (an old infarction, a sequela): it happened on an unknown day, at the latest on the onset
    that the entry states."""
    if not concept.told_afterwards or episode.start is None or episode.start.first == BEGINNING:
        return episode
    earlier = or_before(episode.start)
    return replace(episode, start=earlier, end=earlier)


_OVER = ("resolved", "cured", "inactive", "remission")
"""What a status says about a condition that is over. Only `cured` says that it will not come back."""


def condition_episode(
    concept: Concept,
    path: str,
    *,
    status: str | None,
    onset: Moment | None,
    end: Moment | None,
    date: Moment | None,
    severity: Severity | None = None,
    stage: str | None = None,
    controlled: bool | None = None,
    doubtful: bool = False,
    flags: tuple[Flag, ...] = (),
) -> Episode:
    """An acute condition is its onset day alone. A chronic one without a status and an end still holds.

    Without an onset, an entry began on or before the day it was recorded.
    """
    is_acute = concept.course == "acute"
    if onset is None and date is not None:
        onset = or_before(date)
    still_holds = status == "active" or (status is None and concept.course == "chronic" and end is None)
    return Episode(
        concept.name,
        "conditions",
        path,
        start=onset,
        end=onset if is_acute else end,
        ongoing=still_holds and not is_acute,
        ended=status in _OVER or (status is None and end is not None),
        asserted=date,
        status=status,
        cured=True if status == "cured" else None,
        severity=severity,
        stage=stage,
        controlled=controlled,
        doubtful=doubtful,
        flags=flags,
    )


def as_if(entry: Episode, name: str, list_: RecordList, concepts: Mapping[str, Concept]) -> Episode:
    """An entry that may be a concept, read as an episode of it: the concept's course decides how it begins and ends.

    That the entry itself is acute does not say how long another kind of it lasts. A drug that goes on after a procedure
    may be taken from then on: of a kidney transplanted in 2019, an immunosuppressant.
    """
    concept = concepts[name]
    if entry.concept and concepts[entry.concept].course == "acute":
        entry = replace(entry, end=None)
    bound = replace(entry, concept=concept.name, list=list_, doubtful=True, unusable=entry.unusable or "unspecific")
    if entry.list == "procedures" and list_ == "conditions" and entry.end is not None:
        # A condition is over on the day it ends; what a procedure treats is there on the day that it is done, and for
        # as long as nobody would doubt that it still is.
        last = entry.end.last + DAY
        if concept.lasts is not None and concept.longest_course is None and last < END:
            last = max(last, (day_shifted(entry.end.last_day, concept.lasts, 1) + 1) * DAY + entry.end.last % DAY)
        end = Moment(min(entry.end.first + DAY, END), min(last, END), entry.end.text)
        return replace(bound, end=end, asserted=entry.asserted or entry.end)
    if entry.list == "plans" and list_ == "conditions":
        # What a plan is to treat had begun when the plan was made, and may be there until it is carried out.
        made = entry.asserted or entry.start
        return replace(bound, start=or_before(made) if made is not None else None, end=None)
    after = () if entry.list != "procedures" or entry.unusable == "unread" else concept.goes_on_after
    if not {entry.concept, *entry.may_be}.isdisjoint(after):
        return replace(bound, end=None, ongoing=True, asserted=entry.asserted or entry.end)
    if entry.list != "conditions":
        return bound
    if list_ == "conditions":
        is_acute = concept.course == "acute"
        holds = entry.status == "active" or (
            entry.status is None and concept.course == "chronic" and entry.end is None and not entry.shown_by_result
        )
        bound = replace(bound, end=entry.start if is_acute else entry.end, ongoing=holds and not is_acute)
        return _of_earlier(bound, concept)
    if list_ == "procedures":
        return replace(bound, end=None if entry.status == "active" else entry.end or entry.start, ongoing=False)
    return bound


_SOURCE = attrgetter("source")


def settled(
    patient: Patient,
    sources: frozenset[str],
    is_: Iterable[str],
    is_not: frozenset[str] | None,
    concepts: Mapping[str, Concept],
    besides: Mapping[str, frozenset[str]] | None = None,
    flags: tuple[Flag, ...] = (),
) -> Patient:
    """The patient after somebody looked at entries that left open what they are. Each is the concepts `is_`, none of
    `is_not`. If `is_not` is None, it is nothing else that a rule asks for, except `besides`, which has for each concept
    the kinds that it may be. What it is bears the `flags`."""
    wanted = frozenset(is_)

    def left(may_be: frozenset[str]) -> frozenset[str]:
        return frozenset() if is_not is None else may_be - is_not - wanted

    def looked_at(those: tuple[Episode, ...], name: str | None) -> tuple[Episode, ...]:
        if sources.isdisjoint(map(_SOURCE, those)):
            return those
        return tuple(
            [
                replace(one, may_be=left(one.may_be)) if one.source in sources else one
                for one in those
                if name is None or one.source not in sources or name in left(one.may_be)
            ]
        )

    episodes = {name: looked_at(those, None) for name, those in patient.episodes.items()}
    open_: dict[RecordList, dict[str, tuple[Episode, ...]]] = {}
    those_certain: list[Episode] = []
    for list_, of_list in patient.may_be.items():
        for name, those in of_list.items():
            if kept := looked_at(those, name):
                open_.setdefault(list_, {})[name] = kept
            if name in wanted:
                found = [as_if(one, name, list_, concepts) for one in those if one.source in sources]
                kinds = frozenset(concepts[name].narrower) if besides is None else besides[name]
                certain = [
                    replace(
                        one,
                        doubtful=False,
                        unusable=None,
                        may_be=(one.may_be & kinds) - (is_not or frozenset()),
                        flags=(*one.flags, *flags),
                    )
                    for one in found
                ]
                episodes[name] = (*episodes.get(name, ()), *certain)
                those_certain.extend(certain)
    for list_, of_list in what_may_be(those_certain, concepts).items():
        for name, those in of_list.items():
            if name not in wanted:
                kept_open = open_.setdefault(list_, {})
                kept_open[name] = (*kept_open.get(name, ()), *those)
    return replace(patient, episodes=episodes, may_be=open_)


def told_by_diagnosis(
    concept: Concept,
    list_: RecordList,
    path: str,
    *,
    status: str | None,
    onset: Moment | None,
    end: Moment | None,
    date: Moment | None,
    doubtful: bool = False,
    flags: tuple[Flag, ...] = (),
) -> Episode:
    """What a diagnosis says about another list: a transplanted liver, long-term use of a drug, an allergy, a disease of
    the family. An active status does not say whether a procedure goes on."""
    start = onset or (or_before(date) if date is not None else None)
    if list_ in ("allergies", "family_history"):
        return Episode(
            concept.name,
            list_,
            path,
            ongoing=list_ == "allergies",
            asserted=date,
            status="present",
            doubtful=doubtful,
            flags=flags,
        )
    is_over = status in _OVER
    over = end if list_ != "procedures" or status == "active" else end or onset
    return Episode(
        concept.name,
        list_,
        path,
        start,
        None if status == "active" else over,
        ongoing=list_ != "procedures" and status == "active",
        ended=list_ != "procedures" and is_over,
        asserted=date,
        status=status,
        doubtful=doubtful,
        flags=flags,
    )


def stage_of(text: str | None) -> str | None:
    """A stage, class or grade as its Roman numeral, where the text names exactly one: `3`, `iii`, `NYHA III` are `III`.

    Any other text stays as it is; the evaluator takes it to be any stage.
    """
    if text is None:
        return None
    words = [word.upper() for word in re.findall(r"[A-Za-z]+|[0-9]+", text)]
    named = [ARABIC.get(word, word) for word in words if word in ARABIC or word in ROMAN]
    return named[0] if len(named) == 1 else text
