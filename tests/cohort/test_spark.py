"""A real Spark session gives the answers of one process."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from cohort.conftest import DAY
from cohort.test_the_same_answers import rows
from screener import load_rules
from screener.cohort.answers import How
from screener.cohort.ingest import Manner, ingest
from screener.cohort.ran import Ran
from screener.cohort.run import run
from screener.records.facts.folder import Facts

if find_spec("pyspark") is None:
    pytest.skip("pyspark is not installed", allow_module_level=True)
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("there is no Java, which Spark needs", allow_module_level=True)

EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"


def test_a_cluster_gives_the_same_answers(
    answers: tuple[Path, Ran], tmp_path: Path, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from screener.cohort.spark import by_spark, session_for

    monkeypatch.setattr("screener.cohort.ingest.FILES_AT_ONCE", 6)
    ingest([EXAMPLES], tmp_path / "facts", manner)
    facts = Facts(tmp_path / "facts")
    assert len(facts.about.parts) > 2
    session = session_for("local[2]")
    try:
        ran = run(facts, tmp_path / "answers", load_rules(), How(DAY, DAY), by_spark(session))
        assert ran.decided == ran.patients == answers[1].patients
        again = run(facts, tmp_path / "answers", load_rules(), How(DAY, DAY), by_spark(session))
        assert again.decided == 0
    finally:
        session.stop()
    found, alone = rows(tmp_path / "answers", ran), rows(*answers)
    assert found == alone
