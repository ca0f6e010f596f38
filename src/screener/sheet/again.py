"""The same screening of a record that differs: without suspicious values, or with a chart review that found nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from screener.evaluation.evaluator import program_of
from screener.evaluation.frame import Frame
from screener.records.patient import Absence, Episode, Patient
from screener.records.reviews import EVER, EVER_SINCE, NOW, with_absences
from screener.rulebook import RecordList
from screener.screening import CriterionResult, Screening, TrialResult
from screener.values.dates import Duration, on_day, parse_moment

Place = tuple[str, str]
"""A result: the name of its lab or finding, and where it stands in the record."""


def screened_again(screening: Screening, patient: Patient) -> Screening:
    """The trials of a screening for another record of the patient: the same day, lists taken as complete, freshness."""
    program, day = program_of(screening.rulebook), screening.as_of.toordinal()
    shared: dict[Duration | None, Frame] = {}
    trials: list[TrialResult] = []
    for trial in screening.trials:
        results: list[CriterionResult] = []
        lines = {line.criterion.id: line for line in program.trials[trial.id]}
        for before in trial.criteria:
            old = before.frame
            if old.labs_within not in shared:
                shared[old.labs_within] = Frame(
                    screening.rulebook, patient, day, assumed=old.assumed, labs_within=old.labs_within
                )
            if not results:
                frame = shared[old.labs_within].of_trial(trial.id)
            results.append(CriterionResult(lines[before.id], frame))
        trials.append(TrialResult(screening.rulebook.trials[trial.id], tuple(results)))
    return Screening(patient, day, screening.rulebook, tuple(trials), options=screening.options)


# ---- without suspicious values


def doubtful(criterion: CriterionResult) -> frozenset[Place]:
    """The results that a line counts and whose value may be wrong. An entry of a condition has no value: whether one is
    over that contradicts itself is asked where it is open."""
    results = criterion.frame.patient.results
    return frozenset(
        (row.name, row.source)
        for row in criterion.evidence
        if row.flags
        and row.name in results
        and any(flag.kind == "doubt" for flag in row.flags)
        and not any(flag.kind in ("too_old", "unusable") for flag in row.flags)
        and row.source
    )


def without(patient: Patient, places: Collection[Place]) -> Patient:
    """The record as if these results had never been written, and nothing had been read off them. A mean that was
    worked out of one of them has its doubt, and is one of these itself."""
    sources = {source for _, source in places}

    def is_read_off(fact: Episode | Absence) -> bool:
        return fact.shown_by_result and fact.source in sources

    results = {
        name: tuple(each for each in those if (each.fact, each.source) not in places)
        for name, those in patient.results.items()
    }
    episodes = {
        name: tuple(each for each in those if not is_read_off(each)) for name, those in patient.episodes.items()
    }
    absences = {
        name: tuple(each for each in those if not is_read_off(each)) for name, those in patient.absences.items()
    }
    may_be = {
        list_: {name: tuple(each for each in those if not is_read_off(each)) for name, those in of_list.items()}
        for list_, of_list in patient.may_be.items()
    }
    fewer: Patient = replace(
        patient,
        results={name: those for name, those in results.items() if those},
        episodes={name: those for name, those in episodes.items() if those},
        absences={name: those for name, those in absences.items() if those},
        may_be={list_: {name: those for name, those in of.items() if those} for list_, of in may_be.items()},
    )
    return fewer


# ---- with a chart review that found nothing


def after_clean_chart(screening: Screening, denied: Iterable[tuple[RecordList, str, str]]) -> Screening:
    """The screening after a review of the chart that found none of these: each a list, a concept and since when."""
    on = on_day(screening.as_of, screening.as_of.isoformat())
    since = {EVER: EVER_SINCE, NOW: on}
    absences = tuple(
        Absence(concept, list_, "", on, since=since.get(covers) or parse_moment(covers), reviewed=True)
        for list_, concept, covers in denied
    )
    reviewed = with_absences(screening.record, absences)
    return screened_again(screening, reviewed)
