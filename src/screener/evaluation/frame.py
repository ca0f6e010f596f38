"""What an evaluation knows while it runs: the patient, the clock, and what has been looked up already."""

from __future__ import annotations

from screener.evaluation.answers import Found, Judged, Measured
from screener.records.patient import Patient
from screener.rulebook import RecordList, Rulebook
from screener.values.dates import Duration, Moment


class Frame:
    """One patient seen from one instant.

    `day` is the clock, `as_of` the day of screening; they differ only inside a rule whose clock has been moved. Lookups
    are read once a frame and shared by all trials; scores and definitions once a trial, since they may ask a question.
    """

    __slots__ = (
        "as_of",
        "assumed",
        "complete",
        "day",
        "found",
        "labs_within",
        "meanings",
        "own_onset",
        "patient",
        "rulebook",
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
        self.found: dict[str, Found] = {}
        self.meanings: dict[str, Judged | Measured] = {}

    def of_trial(self, trial: str) -> Frame:
        """The same instant for another trial: what was found stays found."""
        other = self._copy(self.day, self.own_onset)
        other.trial = trial
        other.found = self.found
        return other

    def at(self, day: int) -> Frame:
        """The same patient with the clock on another day."""
        return self._copy(day, self.own_onset)

    def beside(self, onset: Moment) -> Frame:
        """The same instant, where `its onset` is that of one episode."""
        return self._copy(self.day, onset)

    def _copy(self, day: int, own_onset: Moment | None) -> Frame:
        return Frame(
            self.rulebook,
            self.patient,
            self.as_of,
            day=day,
            assumed=self.assumed,
            labs_within=self.labs_within,
            trial=self.trial,
            own_onset=own_onset,
        )
