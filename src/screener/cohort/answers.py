"""What is kept of the screening of one patient: the rows of the answers, and how they are made.

Only the engine decides. A row holds what it said, without words: whoever wants those asks for the patient's sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any as Anything

from msgspec import Struct

from screener.cohort.limits import Limit, limits_of
from screener.evaluation.evaluator import decide, in_all_worlds
from screener.records.patient import Patient
from screener.rulebook import Rulebook, Sex, Trial
from screener.screening import CriterionResult, Status, TrialResult, Verdict, evaluate, status_of
from screener.values.dates import Duration


class Missing(Struct, frozen=True):
    """A fact that an open line waits for: what kind it is, and its name in the dictionary. `alone`: the line waits for
    nothing else."""

    kind: str
    name: str
    alone: bool


class Line(Struct, frozen=True):
    """One criterion of one patient: what it came to, and whether that rests on a list that was taken as complete."""

    criterion: str
    status: Status
    assumed: bool
    reasons: tuple[str, ...]
    missing: tuple[Missing, ...]


class Shift(Struct, frozen=True):
    """What a line would come to with one of its limits at another number, where that is something else. `place` tells
    the limits of a line apart."""

    criterion: str
    place: int
    number: float
    status: Status


class Row(Struct, frozen=True):
    """One patient for one trial. `as_of` is the day that the answers are about (a proleptic Gregorian ordinal), `facts`
    the digest of what is on record."""

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


class How(Struct, frozen=True):
    """How everybody is screened. Without `as_of`, the record's own day counts, else `today`."""

    as_of: date | None
    today: date
    assume_complete: tuple[str, ...] = ()
    labs_within: Duration | None = None
    trials: tuple[str, ...] | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """What of it changes answers, whoever the patient is. The day of the call is no part of it: it stands with each
        patient whom it was taken for."""
        return self.as_of, self.assume_complete, repr(self.labs_within)


class Desk:
    """Screens one patient after the other against the trials of a rulebook."""

    def __init__(self, rulebook: Rulebook, how: How) -> None:
        self.rulebook = rulebook
        self.how = how

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

    def day_of(self, patient: Patient) -> date:
        """The day that the answers about a patient are about."""
        if self.how.as_of is not None:
            return self.how.as_of
        return date.fromordinal(patient.as_of) if patient.as_of is not None else self.how.today

    def rows(self, patient: Patient, facts: str) -> dict[str, Row]:
        """What a patient's screening comes to, by trial."""
        day = self.day_of(patient)
        screening = evaluate(
            patient,
            self.rulebook,
            as_of=day,
            assume_complete=self.how.assume_complete,
            labs_within=self.how.labs_within,
            trials=[trial.id for trial in self.trials],
        )
        return {trial.id: self._row(trial, patient, facts, day) for trial in screening.trials}

    def _row(self, trial: TrialResult, patient: Patient, facts: str, day: date) -> Row:
        statuses = [line.status for line in trial.criteria]
        return Row(
            patient.id,
            facts,
            day.toordinal(),
            patient.sex,
            patient.died is not None,
            trial.verdict,
            statuses.count("passed"),
            statuses.count("failed"),
            statuses.count("unknown"),
            trial.waits_for,
            tuple(_line(line, may_be_assumed=bool(self.how.assume_complete)) for line in trial.criteria),
            tuple(shift for line in trial.criteria for shift in self._shifts(trial.id, line)),
        )

    def _shifts(self, trial: str, line: CriterionResult) -> Iterator[Shift]:
        """What the line would come to with each of its limits elsewhere.

        Where neither the lowest nor the highest number changes anything, none between them does: a line that moves with
        a limit at all moves one way.
        """
        for limit in self.limits.get(trial, {}).get(line.id, ()):
            ends = {number: self._with(line, limit.moved[number].rules) for number in (0, len(limit.moved) - 1)}
            if all(status == line.status for status in ends.values()):
                continue
            for number, moved in enumerate(limit.moved):
                status = ends[number] if number in ends else self._with(line, moved.rules)
                if status != line.status:
                    yield Shift(line.id, limit.place, moved.number, status)

    def _with(self, line: CriterionResult, rules: Sequence[Anything]) -> Status:
        chosen = line.chosen_reading
        counted = rules if chosen is None else [rules[chosen - 1]]
        return status_of(line.kind, in_all_worlds(decide(rule, line.frame) for rule in counted))


def _line(line: CriterionResult, *, may_be_assumed: bool) -> Line:
    if line.status != "unknown":
        return Line(line.id, line.status, may_be_assumed and line.basis == "assumed", (), ())
    needs = dict.fromkeys((need.kind, need.name) for need in line.needs)
    missing = tuple(Missing(kind, name, alone=len(needs) == 1) for kind, name in needs)
    assumed = may_be_assumed and line.basis == "assumed"
    return Line(line.id, line.status, assumed, tuple(line.reasons), missing)
