"""A small population, kept as facts and screened once for all tests of this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from screener import load_rules
from screener.cohort.answers import How
from screener.cohort.ingest import Manner, ingest
from screener.cohort.ran import Ran
from screener.cohort.run import run
from screener.records.dictionary import Dictionary
from screener.records.facts.folder import Facts

EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"
DAY = date(2026, 2, 20)


@pytest.fixture(scope="session")
def manner() -> Manner:
    return Manner(Dictionary(load_rules()))


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory, manner: Manner) -> Facts:
    folder = tmp_path_factory.mktemp("facts")
    ingest([EXAMPLES], folder, manner)
    return Facts(folder)


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> tuple[Path, Ran]:
    folder = tmp_path_factory.mktemp("answers")
    return folder, run(facts, folder, load_rules(), How(DAY, DAY))
