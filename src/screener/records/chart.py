"""A patient's chart while it is filled: results, episodes and absences gathered, whatever form the record has.

The forms of record (`charting.py` for the native one, `fhir/`) decide what an entry says; here it becomes a fact.
`patient` ends the chart: of several reports of one result the latest counts, and what results show is derived.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from screener.records.derived import with_derived
from screener.records.errors import Findings
from screener.records.measuring import NOT_SUSPICIOUS
from screener.records.patient import Absence, Answer, Episode, Patient, Result, Severity
from screener.rulebook import Concept, RecordList, Rulebook, Sex
from screener.values.dates import BEGINNING, Moment
from screener.values.numerals import ROMAN

NOT_COUNTED = ("cancelled", "entered-in-error")
_STANDING = {"preliminary": 0, "amended": 2, "corrected": 2}
"""Of results of one fact at one time, those of the highest standing count; a plain or final one has 1."""


class Chart:
    """The facts of one patient, one after the other. Whoever fills it sets what is known of the person."""

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
        self.results: dict[str, list[tuple[int, Result]]] = {}
        self.episodes: dict[str, list[Episode]] = {}
        self.absences: dict[str, list[Absence]] = {}

    def add_result(self, result: Result, status: str | None) -> None:
        """A result, under the status of its report."""
        self.results.setdefault(result.fact, []).append((_STANDING.get(status or "", 1), result))

    def add_episode(self, episode: Episode) -> None:
        """Something that was, is or is planned to be."""
        self.episodes.setdefault(episode.concept, []).append(episode)

    def add_absence(self, absence: Absence) -> None:
        """Something that is not, or never was."""
        self.absences.setdefault(absence.concept, []).append(absence)

    def leave_unread(self, list_: RecordList, path: str) -> None:
        """An entry of which nobody can tell what it is: it may be anything that the list is asked for."""
        self.unread.setdefault(list_, []).append(path)

    def note_if_before_birth(self, moment: Moment | None, path: str) -> None:
        """A fact before birth is kept: perhaps the birth date is what is wrong."""
        if self.birth is not None and moment is not None and moment.last < self.birth.first:
            self.findings.note(path, f"`{moment.text}` is before the birth date `{self.birth.text}`")

    def patient(self, name: str) -> Patient:
        """Everything gathered, and what follows from the results."""
        results = {fact: self._counted(those) for fact, those in self.results.items()}
        episodes, absences = with_derived(
            results,
            {concept: tuple(those) for concept, those in self.episodes.items()},
            {concept: tuple(those) for concept, those in self.absences.items()},
            self.rulebook,
        )
        unread = {list_: some_of(paths) for list_, paths in self.unread.items()}
        for list_ in sorted(self.complete & unread.keys()):
            self.findings.note("", not_complete(list_, unread[list_]))
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
            # What was answered and taken back is not answered.
            answers={
                key: each for key, each in self.answers.items() if each.value is not None or each.reading is not None
            },
            complete=self.complete - unread.keys(),
            unread=unread,
            notes=tuple(self.findings.notes),
        )

    def _counted(self, ranked: list[tuple[int, Result]]) -> tuple[Result, ...]:
        """The results that count: a preliminary one does not beside a final one of the same time, nor that beside a
        corrected one. What is ignored or suspicious about them is noted."""
        best: dict[tuple[int, int], int] = {}
        for standing, result in ranked:
            if result.when is not None:
                time = (result.when.first, result.when.last)
                best[time] = max(best.get(time, 0), standing)
        counted = []
        for standing, result in ranked:
            if result.when is not None and standing < best[result.when.first, result.when.last]:
                self.findings.note(result.source, f"{result.fact}: a later report of the same time replaces it")
                continue
            counted.append(result)
            for remark in (result.problem, *result.flags):
                if remark is not None and not remark.startswith(NOT_SUSPICIOUS):
                    self.findings.note(result.source, f"{result.fact}: {remark}")
        return tuple(counted)


MOST_PLACES = 3
"""Places that a sentence names; of the others it tells the number."""


def some_of(paths: Sequence[str]) -> str:
    """Places as a sentence names them, each once."""
    distinct = list(dict.fromkeys(paths))
    named, others = ", ".join(distinct[:MOST_PLACES]), len(distinct) - MOST_PLACES
    return named if others <= 0 else f"{named} and {others} {'other' if others == 1 else 'others'}"


def not_complete(list_: RecordList, entries: str) -> str:
    """Why a list is not taken as complete."""
    return f"`{list_}` is not taken as complete, because nobody can tell what these entries are: {entries}"


def or_before(latest: Moment) -> Moment:
    """When something had begun that was so by a moment."""
    return Moment(BEGINNING, latest.last, f"{latest.text} or before")


_OVER = ("resolved", "cured", "inactive", "remission")
"""What a status says of a condition that is there no longer; only `cured` says that it will not come back."""


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
    flags: tuple[str, ...] = (),
) -> Episode:
    """An acute condition is its onset day alone; without a status, a chronic one without an end still holds.

    What nobody knows the onset of had begun by the day on which it was entered.
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


_NUMERALS = {str(number): roman for roman, number in ROMAN.items()}


def stage_of(text: str | None) -> str | None:
    """A stage, class or grade as its Roman numeral, where the text names exactly one: `3`, `iii`, `NYHA III` are `III`.

    Any other text stays as it is; the evaluator takes it to be any stage.
    """
    if text is None:
        return None
    words = [word.upper() for word in re.findall(r"[A-Za-z]+|[0-9]+", text)]
    named = [_NUMERALS.get(word, word) for word in words if word in _NUMERALS or word in ROMAN]
    return named[0] if len(named) == 1 else text
