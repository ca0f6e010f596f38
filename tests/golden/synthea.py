"""Synthea's patients, screened from a bulk export: how many there are, what is read of them, and the verdicts.

They were made in 2021 and have no liver disease: what is looked at is that every one is read, which facts are found,
and that nobody is called eligible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from records.fhir_sources import SYNTHEA, dictionary, patients_of
from screener.records.patient import Patient
from screener.screening import evaluate

HERE = Path(__file__).parent
SOME, ALL = HERE / "synthea.txt", HERE / "synthea-all.txt"
"""Of the patients that are kept here, and of all."""
DAY = date(2021, 6, 1)


def goldens(shared: Path | None = None) -> dict[Path, str]:
    """The summary of the patients that are kept here; of all, too, where somebody says where they lie."""
    some = {SOME: summary(patients_of(SYNTHEA / "bulk"))}
    return some if shared is None else some | {ALL: summary(patients_of(shared / "synthea"))}


def summary(patients: Iterable[Patient]) -> str:
    """Patients, verdicts, and facts by kind and name."""
    people: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    facts: Counter[str] = Counter()
    for patient in patients:
        people["patients"] += 1
        people[patient.sex or "sex not known"] += 1
        people["with a birth date"] += patient.birth is not None
        people["died"] += patient.died is not None
        facts.update(_facts(patient))
        for trial in evaluate(patient, dictionary().rulebook, as_of=DAY).trials:
            verdicts[f"{trial.id} {trial.verdict}"] += 1
            statuses.update(f"{trial.id} {status}" for status in (each.status for each in trial.criteria))
    parts = {"people": people, f"verdicts on {DAY}": verdicts, "criteria": statuses, "facts": facts}
    return "\n".join(f"{title}\n{_counted(counts)}" for title, counts in parts.items())


def _facts(patient: Patient) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, results in patient.results.items():
        for each in results:
            counts[f"result {name}" + ("" if each.unusable is None else f", not usable: {each.unusable}")] += 1
    for name, episodes in patient.episodes.items():
        for episode in episodes:
            shown = ", shown by a result" if episode.shown_by_result else ""
            counts[f"{episode.list} {name}, {episode.status or 'no status'}{shown}"] += 1
    for name, absences in patient.absences.items():
        for absence in absences:
            counts[f"no {name}" + (", shown by a result" if absence.shown_by_result else "")] += 1
    counts.update(f"unread entries on {each}" for each in patient.unread)
    return counts


def _counted(counts: Counter[str]) -> str:
    return "".join(f"  {number:>7}  {name}\n" for name, number in sorted(counts.items()))
