"""A real Spark session gives the answers of one process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cohort.conftest import DAY
from cohort.test_the_same_answers import rows
from properties.generators import AS_OF
from properties.test_population import drawn
from screener import evaluate, load_rules
from screener.cohort.answers import How
from screener.cohort.ingest import Manner, ingest
from screener.cohort.ran import Ran
from screener.cohort.run import by_processes, run
from screener.cohort.spark import by_spark
from screener.records.facts.folder import Facts, finish, name_of_part, write_part
from screener.records.patient import NOTHING_BESIDES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

if find_spec("pyspark") is None:
    pytest.skip("pyspark is not installed", allow_module_level=True)
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("there is no Java, which Spark needs", allow_module_level=True)

EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    from screener.cohort.spark import session_for

    with pytest.MonkeyPatch.context() as patched:
        # A session that lives for some seconds does not earn back what optimising its code costs.
        patched.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        session = session_for("local[2]")
    yield session
    session.stop()


def test_a_cluster_gives_the_same_answers(
    session: SparkSession,
    answers: tuple[Path, Ran],
    tmp_path: Path,
    manner: Manner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("screener.cohort.ingest.FILES_AT_ONCE", 6)
    ingest([EXAMPLES], tmp_path / "facts", manner)
    facts = Facts(tmp_path / "facts")
    assert len(facts.about.parts) > 2
    jobs = session.sparkContext.statusTracker().getJobIdsForGroup
    before = len(jobs())
    ran = run(facts, tmp_path / "answers", load_rules(), How(DAY, DAY), by_spark(session))
    assert ran.decided == ran.patients == answers[1].patients
    assert len(jobs()) == before + 1, "one job has all the pieces: jobs wait for one another"
    again = run(facts, tmp_path / "answers", load_rules(), How(DAY, DAY), by_spark(session))
    assert again.decided == 0
    assert rows(tmp_path / "answers", ran) == rows(*answers)


def test_random_records_by_random_rules_have_the_same_answers_everywhere(session: SparkSession, tmp_path: Path) -> None:
    rules, patients = drawn(Random(1), 40)
    patients = [replace(patient, id=f"patient-{number}") for number, patient in enumerate(patients)]
    folder = tmp_path / "facts"
    folder.mkdir()
    parts = [write_part(folder, name_of_part(at), patients[at : at + 10]) for at in range(0, len(patients), 10)]
    finish(folder, parts, rules.dictionary_digest, NOTHING_BESIDES)
    facts, how = Facts(folder), How(None, AS_OF, ("conditions",))
    found_by = []
    for name, doing in (("one", by_processes(1)), ("pool", by_processes(2)), ("spark", by_spark(session))):
        ran = run(facts, tmp_path / name, rules, how, doing)
        assert (ran.decided, ran.set_aside) == (len(patients), ())
        found_by.append(rows(tmp_path / name, ran))
    alone, pool, spark = found_by
    assert alone == pool == spark
    for patient in patients:
        day = None if patient.as_of is not None else AS_OF
        for trial in evaluate(patient, rules, as_of=day, assume_complete=["conditions"]).trials:
            assert [
                (line.criterion, line.status, line.basis, line.reasons) for line in alone[trial.id, patient.id].lines
            ] == [(line.id, line.status, line.basis, line.reasons) for line in trial.criteria]
