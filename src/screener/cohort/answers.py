"""What is kept of the screening of one patient: the rows of the answers, and how they are made.

Only the engine decides. A row holds what it said, without words: whoever wants those asks for the patient's sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cached_property

from msgspec import Struct

from screener.advice.when import Closing, closing
from screener.cohort.given import Given
from screener.cohort.held import Held, Read, held_in
from screener.cohort.limits import Limit, Moved, limits_of
from screener.contract import Basis
from screener.evaluation.evaluator import program_of
from screener.evaluation.frame import Frame
from screener.records.facts.folder import Facts
from screener.records.patient import Patient, digest_of_record
from screener.rulebook import Rulebook, Sex, Trial, Truthful
from screener.screening import (
    CriterionResult,
    Screening,
    Status,
    TrialResult,
    Verdict,
    evaluate,
    status_of,
    with_day_taken,
)
from screener.site import Site, with_site
from screener.values.dates import Duration
from screener.values.truth import Truth, union

SOON = timedelta(days=14)
"""How soon time alone closes a trial to somebody who is named for it."""


class Missing(Struct, frozen=True):
    """A fact that an open line waits for: what kind it is, and its name in the dictionary. `alone`: the line waits for
    nothing else."""

    kind: str
    name: str
    alone: bool


class Line(Struct, frozen=True):
    """One criterion of one patient: what it came to, whether that is on record or rests on a list that was taken as
    complete, and why it is unknown. `missing`: what it waits for, where nothing is against the trial. `held`: what its
    numeric limits were held to."""

    criterion: str
    status: Status
    basis: Basis
    reasons: tuple[str, ...]
    missing: tuple[Missing, ...]
    held: tuple[Held, ...]


class Shift(Struct, frozen=True):
    """What a line would come to with one of its limits at another number, where that is something else. `place` tells
    the limits of a line apart."""

    criterion: str
    place: int
    number: float
    status: Status


class Row(Struct, frozen=True):
    """One patient for one trial. `as_of` is the day that the answers are about (a proleptic Gregorian ordinal), `facts`
    the digest of what is on record. `died`: by that day, by the record. `shifts` are those of lines besides which no
    other line is failed: all others change no verdict. From `closes_on` on, if that is soon, time alone has the lines
    `closing` failed; `closes_by` says what does.
    """

    patient: str
    facts: str
    as_of: int
    sex: Sex | None
    died: bool
    verdict: Verdict
    met: int
    failed: int
    open: int
    waits_for: tuple[str, ...]
    lines: tuple[Line, ...]
    shifts: tuple[Shift, ...]
    closes_on: int | None
    closing: tuple[str, ...]
    closes_by: str | None


class How(Struct, frozen=True):
    """How everybody is screened. Without `as_of`, the record's own day counts, else `today`."""

    as_of: date | None
    today: date
    assume_complete: tuple[str, ...] = ()
    labs_within: Duration | None = None
    trials: tuple[str, ...] | None = None
    site: Site | None = None
    in_force: tuple[str, ...] = ()
    given: Given | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """What of it changes answers, whoever the patient is. The day of the call is no part of it: it stands with each
        patient whom it was taken for."""
        return self.as_of, self.assume_complete, repr(self.labs_within), self.site_digest, self.answers_digest

    @property
    def site_digest(self) -> str | None:
        """What identifies the site's file."""
        return None if self.site is None else self.site.digest

    @property
    def answers_digest(self) -> str | None:
        """What identifies people's answers that the call gives."""
        return None if self.given is None else self.given.digest


class Desk:
    """Screens one patient after the other against the trials of a rulebook."""

    def __init__(self, rulebook: Rulebook, how: How) -> None:
        self.rulebook = rulebook
        self.how = how
        self._prepared: dict[int, list[Callable[[Frame], Truth]]] = {}
        """By the identity of rules that `limits` keeps: hashing them takes longer than deciding them."""

    def __reduce__(self) -> tuple[type[Desk], tuple[Rulebook, How]]:
        """Another process makes anew what is kept here by identity."""
        return Desk, (self.rulebook, self.how)

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """The trials that are asked for."""
        wanted = self.how.trials
        return tuple(each for each in self.rulebook.trials.values() if wanted is None or each.id in wanted)

    @cached_property
    def limits(self) -> dict[str, dict[str, list[Limit]]]:
        """The limits of each trial, by line."""
        found: dict[str, dict[str, list[Limit]]] = {}
        for trial in self.trials:
            for limit in limits_of(trial, self.rulebook):
                found.setdefault(trial.id, {}).setdefault(limit.criterion, []).append(limit)
        return found

    @cached_property
    def held(self) -> dict[str, dict[str, tuple[Read, ...]]]:
        """What reads the key values of each trial's lines."""
        return {trial.id: held_in(trial, self.rulebook) for trial in self.trials}

    def day_of(self, patient: Patient) -> date:
        """The day that the answers about a patient are about."""
        if self.how.as_of is not None:
            return self.how.as_of
        return date.fromordinal(patient.as_of) if patient.as_of is not None else self.how.today

    def answered(self, patient: Patient) -> Patient:
        """The patient with the answers that the call gives. Raises RecordError where they cannot be used."""
        return patient if self.how.given is None else self.how.given.answered(patient)

    def in_the_answers(self, patient: Patient, digest: str) -> tuple[Patient, str]:
        """The patient with the answers that the call gives, and the digest by which the row of the answers is known.
        Raises RecordError where they cannot be used."""
        answered = self.answered(patient)
        return answered, digest if answered is patient else f"{digest_of_record(answered)} answered"

    def the_one(self, facts: Facts, file: str, patient: str, digest: str | None) -> Patient | None:
        """The patient of an id in a file of facts whose answers have that digest, for several may be called alike;
        the first, without one. Raises FactsError where the file cannot be read."""
        of_that_id = (self.in_the_answers(*each) for each in facts.called_in(file, patient))
        return next((one for one, its_digest in of_that_id if digest in (None, its_digest)), None)

    def screening(self, patient: Patient) -> Screening:
        """The screening of a patient who has been given the answers, as `screen` does it for that patient alone."""
        if self.how.site is not None:
            patient = with_site(patient, self.how.site, self.rulebook, self.how.in_force)
        as_of = self.how.as_of
        if as_of is None and patient.as_of is None:
            as_of = self.how.today
            patient = with_day_taken(patient, as_of)
        return evaluate(
            patient,
            self.rulebook,
            as_of=as_of,
            assume_complete=self.how.assume_complete,
            labs_within=self.how.labs_within,
            trials=self.how.trials,
            why=True,
        )

    def rows(self, patient: Patient, facts: str) -> dict[str, Row]:
        """What a patient's screening comes to, by trial."""
        screening = self.screening(patient)
        until = screening.as_of + SOON if screening.as_of <= date.max - SOON else None
        soon = {} if screening.died is not None or until is None else closing(screening, until)
        return {trial.id: self._row(trial, screening, facts, soon.get(trial.id)) for trial in screening.trials}

    def _row(self, trial: TrialResult, screening: Screening, facts: str, soon: Closing | None) -> Row:
        statuses = [line.status for line in trial.criteria]
        failed = statuses.count("failed")
        counting = [line for line in trial.criteria if failed == 0 or (failed == 1 and line.status == "failed")]
        return Row(
            screening.patient,
            facts,
            screening.as_of.toordinal(),
            screening.record.sex,
            screening.died is not None,
            trial.verdict,
            statuses.count("passed"),
            failed,
            statuses.count("unknown"),
            trial.waits_for,
            tuple([_line(line, self.held[trial.id][line.id], waits=failed == 0) for line in trial.criteria]),
            tuple([shift for line in counting for shift in self._shifts(trial.id, line)]),
            None if soon is None else soon.on.toordinal(),
            () if soon is None else soon.lines,
            None if soon is None else soon.why,
        )

    def _shifts(self, trial: str, line: CriterionResult) -> Iterator[Shift]:
        """What the line would come to with each of its limits elsewhere.

        Where a line moves one way with a limit, and neither the lowest nor the highest number changes anything, none
        between them does.
        """
        for limit in self.limits.get(trial, {}).get(line.id, ()):
            as_it_is = self._decided(limit.comparing, line.frame)
            outermost = (limit.moved[0], limit.moved[-1])
            if limit.moves_one_way and all(
                self._with(line, limit, each, as_it_is) == line.status for each in outermost
            ):
                continue
            for moved in limit.moved:
                status = self._with(line, limit, moved, as_it_is)
                if status != line.status:
                    yield Shift(line.id, limit.place, moved.number, status)

    def _with(self, line: CriterionResult, limit: Limit, moved: Moved, as_it_is: list[Truth]) -> Status:
        if limit.is_of_the_clock and as_it_is == self._decided(moved.comparing, line.frame):
            return line.status
        truths = self._decided(moved.rules, line.frame)
        chosen = line.reading
        return status_of(line.kind, union(truths if chosen is None else (truths[chosen - 1],)))

    def _decided(self, rules: tuple[Truthful, ...], frame: Frame) -> list[Truth]:
        known = self._prepared.get(id(rules))
        if known is None:
            decisions = program_of(self.rulebook).decisions
            known = self._prepared[id(rules)] = [decisions.truth(each) for each in rules]
        return [decide(frame) for decide in known]


def _line(line: CriterionResult, reads: tuple[Read, ...], *, waits: bool) -> Line:
    held = tuple([value for read in reads if (value := read(line.frame)) is not None])
    if line.status != "unknown":
        return Line(line.id, line.status, line.basis, (), (), held)
    needs = dict.fromkeys([(need.kind, need.name) for need in line.needs]) if waits else {}
    missing = tuple([Missing(kind, name, alone=len(needs) == 1) for kind, name in needs])
    return Line(line.id, line.status, line.basis, line.reasons, missing, held)
