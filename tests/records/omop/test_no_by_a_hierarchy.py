"""A warehouse with a hierarchy of its own: by it a list of known codes can say "no".

The hierarchy is made by the tests, with a few of SNOMED's codes and no more of its contents.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from records.omop.small_cdm import Cdm, person, write_csv, write_duckdb, write_parquet
from screener.cli import main
from screener.records.facts.folder import Facts
from screener.records.patient import Patient

CODES = {
    1: ("64572001", "Disease"),
    2: ("19943007", "Cirrhosis of liver"),
    3: ("999000003", "Made up: a kind of cirrhosis"),
    4: ("195967001", "Asthma"),
    5: ("999000001", "Made up and hanging nowhere"),
}
ABOVE = [(1, 2), (1, 3), (1, 4), (2, 3)]
VOCABULARY: Cdm = {
    "concept": [
        {
            "concept_id": number,
            "concept_name": name,
            "domain_id": "Condition",
            "vocabulary_id": "SNOMED",
            "standard_concept": "S",
            "concept_code": code,
            "invalid_reason": None,
        }
        for number, (code, name) in CODES.items()
    ],
    "concept_ancestor": [{"ancestor_concept_id": above, "descendant_concept_id": below} for above, below in ABOVE],
    "concept_relationship": [
        {"concept_id_1": each, "concept_id_2": each, "relationship_id": "Maps to", "invalid_reason": None}
        for each in CODES
    ],
}
SITE: Cdm = {
    **VOCABULARY,
    "person": [person(each) for each in CODES],
    "condition_occurrence": [
        {
            "condition_occurrence_id": each,
            "person_id": each,
            "condition_concept_id": each,
            "condition_start_date": "2025-03-01",
        }
        for each in CODES
    ],
}
SAID = {1: "may be", 2: "is", 3: "is", 4: "is not", 5: "may be"}
"""What the condition of each person says of cirrhosis."""


@pytest.mark.parametrize(
    "make",
    [
        lambda place: write_csv(place, SITE),
        lambda place: write_csv(place, SITE, "\t", capitals=True),
        lambda place: write_parquet(place, SITE),
        lambda place: write_duckdb(place.with_suffix(".duckdb"), SITE, "cdm"),
    ],
    ids=["csv", "tabs", "parquet", "duckdb"],
)
def test_a_cdm_gives_the_hierarchy_by_which_its_own_rows_are_read(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    site, index, kept = make(tmp_path / "site"), tmp_path / "site.idx", tmp_path / "facts"
    assert main(["terminology", "build", "--omop", str(site), "-o", str(index)]) == 0
    assert main(["ingest", str(site), "--hierarchy", str(index), "-o", str(kept)]) == 0
    facts = Facts(kept)
    said = {int(each.id): relation(each) for part in facts.about.parts for each in facts.patients(part)}
    assert said == SAID


def relation(patient: Patient) -> str:
    may_be = "cirrhosis" in patient.may_be.get("conditions", {})
    return "is" if "cirrhosis" in patient.episodes else "may be" if may_be else "is not"
