"""Synthea's patients: none is lost, none crashes, and what is read of them is what is kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from golden.synthea import ALL, DAY, SOME, goldens, summary
from records.fhir_sources import SYNTHEA, dictionary, patients_in, patients_of
from screener.records.errors import RecordError
from screener.records.reading import read_patients
from screener.screening import evaluate


def ids_in(folder: Path) -> list[str]:
    with gzip.open(folder / "Patient.ndjson.gz", "rt", encoding="utf-8") as file:
        return sorted(json.loads(line)["id"] for line in file)


def test_the_summary_of_the_patients_here_is_the_one_that_is_kept() -> None:
    assert SOME.read_text(encoding="utf-8") == goldens()[SOME], "python tests/golden/renew.py"


def test_every_patient_here_is_read_once() -> None:
    read = [patient.id for patient in patients_of(SYNTHEA / "bulk")]
    assert sorted(read) == ids_in(SYNTHEA / "bulk")
    assert len(read) == 21


def test_a_whole_bundle_is_one_patient_with_everything_that_is_about_this_one() -> None:
    [patient] = patients_of(SYNTHEA / "patient.json.gz")
    assert (patient.id, patient.sex) == ("d78af07c-9cb9-4f31-9b11-c45a28f2eec8", "male")
    assert {name: len(results) for name, results in patient.results.items()} == {
        "body_weight": 3,
        "diastolic_blood_pressure": 3,
        "hemoglobin": 2,
        "mean_arterial_pressure": 3,
        "platelets": 2,
        "systolic_blood_pressure": 3,
    }
    assert "Claim (3), ExplanationOfBenefit (3), Immunization (4)" in patient.notes[0]


def test_a_bundle_of_hospitals_is_refused_in_words() -> None:
    [refused] = read_patients(SYNTHEA / "hospitals.json.gz", dictionary())
    assert isinstance(refused, RecordError)
    assert "there is no patient in it, only Organization (4)" in str(refused)


def test_the_resources_of_a_bundle_give_the_same_patient_one_by_one() -> None:
    with gzip.open(SYNTHEA / "patient.json.gz", "rt", encoding="utf-8") as file:
        entries = [entry["resource"] for entry in json.load(file)["entry"]]
    [apart] = patients_in(*entries)
    [together] = patients_of(SYNTHEA / "patient.json.gz")
    assert (apart.results, apart.episodes, apart.birth) == (together.results, together.episodes, together.birth)


# ---- all of them


def test_every_one_of_all_patients_is_read_once(shared: Path) -> None:
    patients = patients_of(shared / "synthea")
    assert sorted(patient.id for patient in patients) == ids_in(shared / "synthea")
    assert len(patients) == 615
    assert summary(patients) == ALL.read_text(encoding="utf-8"), "python tests/golden/renew.py FOLDER"


def test_what_was_left_out_of_the_patients_here_changes_no_fact(shared: Path) -> None:
    whole = {patient.id: patient for patient in patients_of(shared / "synthea")}
    for patient in patients_of(SYNTHEA / "bulk"):
        other = whole[patient.id]
        assert (other.results, other.episodes, other.absences) == (patient.results, patient.episodes, patient.absences)


def test_every_whole_bundle_holds_one_patient_but_those_of_hospitals_and_doctors(shared: Path) -> None:
    paths = sorted((shared / "synthea" / "bundles").glob("*.json"))
    assert len(paths) == 12
    for path in paths:
        [read] = read_patients(path, dictionary())
        if path.name.startswith(("hospital", "practitioner")):
            assert isinstance(read, RecordError)
            continue
        assert not isinstance(read, RecordError)
        whole = json.loads(path.read_text(encoding="utf-8"))
        [person] = [entry["resource"] for entry in whole["entry"] if entry["resource"]["resourceType"] == "Patient"]
        assert (read.id, read.birth.text if read.birth else None) == (person["id"], person["birthDate"])
        verdicts = {trial.verdict for trial in evaluate(read, dictionary().rulebook, as_of=DAY).trials}
        assert "eligible" not in verdicts
