"""The 28 people of Synthea27Nj (OHDSI, EunomiaDatasets, Apache-2.0), where `pytest --shared FOLDER` says it lies: what
was read is counted in its own tables, by SQL that was written apart."""

from __future__ import annotations

from pathlib import Path

import duckdb

from records.omop.test_warehouses import patients


def test_every_bilirubin_and_every_death_is_read(shared: Path) -> None:
    folder = shared / "data" / "omop" / "Synthea27Nj"
    folder = folder if folder.is_dir() else shared / "omop" / "Synthea27Nj"
    database = duckdb.connect()
    people = patients(folder)
    rows = database.execute(
        f"""SELECT CAST(person_id AS VARCHAR), count(*) FROM '{folder}/measurement.parquet' m
            JOIN '{folder}/concept.parquet' c ON c.concept_id = m.measurement_concept_id
            WHERE c.concept_code = '1975-2' GROUP BY 1"""
    ).fetchall()
    read = {each.id: len(each.results.get("total_bilirubin", ())) for each in people}
    assert {who: number for who, number in read.items() if number} == dict(rows)
    dead = database.execute(f"SELECT CAST(person_id AS VARCHAR) FROM '{folder}/death.parquet'").fetchall()
    assert sorted(each.id for each in people if each.died is not None) == sorted(who for (who,) in dead)
    assert len(people) == 28
    assert all(each.as_of is not None for each in people)
