"""A ward on one morning: 150 patients with decompensated cirrhosis, screened from a bulk export, as a table.

They all came in on 2024-06-15, and left or died from the 16th on. Screened is the third day after, 2024-06-18: most are
still there, their labs of admission are still fresh, and results of the days after it must not be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from records.fhir_sources import CIRRHOSIS, dictionary, patients_of
from screener.records.patient import Patient, Result
from screener.screening import Screening, TrialResult, evaluate
from screener.values.dates import completed_years

GOLDEN = Path(__file__).parent / "cirrhosis.tsv"
MORNING = date(2024, 6, 18)
LABS = ("total_bilirubin", "INR", "creatinine", "albumin", "platelets")
SCORE = ("NCT03863002", "I3", "MELD")


@cache
def screened() -> tuple[tuple[Patient, Screening], ...]:
    """Each patient of the ward, and what the screening says."""
    patients = sorted(patients_of(CIRRHOSIS), key=lambda each: each.id)
    return tuple((each, evaluate(each, dictionary().rulebook, as_of=MORNING)) for each in patients)


def goldens() -> dict[Path, str]:
    """The table, a line a patient."""
    trials = [trial.id for trial in screened()[0][1].trials]
    header = ["patient", "age and sex", *LABS, SCORE[-1], *trials]
    lines = ["\t".join(header), *("\t".join(_cells(patient, screening)) for patient, screening in screened())]
    return {GOLDEN: "\n".join(lines) + "\n"}


def _cells(patient: Patient, screening: Screening) -> Iterator[str]:
    yield patient.id
    birth, died = patient.birth, patient.died
    assert birth is not None
    gone = f", died {died.text[5:10]}" if died is not None and died.last_day <= MORNING.toordinal() else ""
    yield f"{completed_years(birth.first_day, MORNING.toordinal())} {patient.sex}{gone}"
    for lab in LABS:
        latest = latest_result(patient, lab)
        yield "-" if latest is None else _told(latest)
    yield _score(screening)
    yield from (_verdict(trial) for trial in screening.trials)


def latest_result(patient: Patient, lab: str) -> Result | None:
    """The last result of a lab on or before that morning's day."""
    seen = [each for each in patient.results.get(lab, ()) if each.when and each.when.last_day <= MORNING.toordinal()]
    return max(seen, key=lambda each: each.when.first if each.when is not None else 0, default=None)


def _told(result: Result) -> str:
    assert result.when is not None
    unit = "" if result.recorded_unit in (None, "{INR}") else f" {result.recorded_unit}"
    return f"{result.recorded_value}{unit} on {result.when.text[5:10]}"


def _score(screening: Screening) -> str:
    trial, line, name = SCORE
    criterion = next(each for own in screening.trials if own.id == trial for each in own.criteria if each.id == line)
    return next(each.value for each in criterion.scores if each.name == name)


def _verdict(trial: TrialResult) -> str:
    told = [trial.verdict]
    for status in ("failed", "passed"):
        if ids := [each.id for each in trial.criteria if each.status == status]:
            told.append(f"{status} {' '.join(ids)}")
    unknown = sum(each.status == "unknown" for each in trial.criteria)
    return ", ".join([*told, f"{unknown} unknown"])
