"""The same CDM in every form in which a warehouse may be handed over; and what cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from records.omop.small_cdm import Cdm, cdm, concepts, person, write_csv, write_database, write_duckdb, write_parquet
from screener import load_rules
from screener.cli import main
from screener.records.dictionary import Dictionary
from screener.records.errors import RecordError
from screener.records.omop import source
from screener.records.patient import Patient
from screener.records.sources import HowRead
from screener.terminology.warehouse import without_password

PEOPLE = [person(7), person(9, gender_concept_id=8532), person(11)]
SMALL = cdm(
    person=PEOPLE,
    condition_occurrence=[
        {
            "condition_occurrence_id": 1,
            "person_id": 7,
            "condition_concept_id": 1001,
            "condition_start_date": "2025-03-01",
            "condition_start_datetime": "2025-03-01 00:00:00",
            "condition_source_value": "0571",
        },
        {
            "condition_occurrence_id": 2,
            "person_id": 9,
            "condition_concept_id": 0,
            "condition_start_date": "2025-03-02",
            "condition_start_datetime": "2025-03-02 10:00:00",
            "condition_source_value": "0571",
        },
    ],
    measurement=[
        {
            "measurement_id": 1,
            "person_id": 11,
            "measurement_concept_id": 1011,
            "measurement_date": "2025-03-01",
            "value_as_number": 1.2,
            "unit_concept_id": 8840,
            "range_high": 1.1,
        }
    ],
)
"""Three persons: one with a diagnosis, one with an entry that nobody mapped, one with a result."""


def warehouse(place: Path | str) -> source.Warehouse:
    assert source.recognises(place)
    (group,) = source.groups(place, HowRead(Dictionary(load_rules()), str(place), None))
    assert isinstance(group, source.Warehouse)
    return group


def patients(place: Path | str) -> list[Patient]:
    found = list(warehouse(place).patients())
    assert all(isinstance(each, Patient) for each in found), found
    return [each for each in found if isinstance(each, Patient)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Patient]:
    found = patients(write_duckdb(tmp_path_factory.mktemp("cdm") / "small.duckdb", SMALL))
    assert [each.id for each in found] == ["7", "9", "11"]
    assert [sorted(each.episodes) for each in found][:2] == [["cirrhosis"], []]
    assert "Condition: 1 entry is not read, and may be anything on its list: no code, `0571`" in found[1].notes
    return found


def with_tabs(folder: Path) -> Path:
    return write_csv(folder, SMALL, "\t")


def with_capitals(folder: Path) -> Path:
    return write_csv(folder, SMALL, capitals=True)


def packed(folder: Path) -> Path:
    import gzip

    for file in write_csv(folder, SMALL).glob("*.csv"):
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    return folder


def parquet(folder: Path) -> Path:
    return write_parquet(folder, SMALL)


def in_parts(folder: Path) -> Path:
    for file in write_parquet(folder, SMALL).glob("*.parquet"):
        part = file.read_bytes()
        file.unlink()
        file.mkdir()
        (file / "part-00000.parquet").write_bytes(part)
    return folder


def of_pandas(folder: Path) -> Path:
    """Whole numbers with a gap become floating ones there, and a gap NaN."""
    write_parquet(folder, SMALL)
    for table, columns in (("person", ("person_id", "year_of_birth")), ("condition_occurrence", ("person_id",))):
        file = folder / f"{table}.parquet"
        changed = [f"CAST({each} AS DOUBLE) AS {each}" for each in columns]
        if table == "condition_occurrence":
            gap = "CASE WHEN condition_concept_id = 0 THEN 'NaN' ELSE condition_concept_id::VARCHAR END"
            changed.append(f"CAST({gap} AS DOUBLE) AS condition_concept_id")
        rows = f"SELECT * REPLACE ({', '.join(changed)}) FROM '{file}'"
        database = duckdb.connect()
        database.execute(f"CREATE TABLE changed AS {rows}")
        database.execute(f"COPY changed TO '{file}' (FORMAT parquet)")
    return folder


def with_a_schema_of_vocabularies(folder: Path) -> Path:
    folder.mkdir()
    database = duckdb.connect(str(folder / "site.duckdb"))
    write_database(database, {table: rows for table, rows in SMALL.items() if table != "concept"}, "cdm")
    write_database(database, {"concept": SMALL["concept"]}, "vocabulary")
    write_database(database, {"cohort": [{"person_id": 1}]}, "results")
    database.close()
    return folder / "site.duckdb"


FORMS = (with_tabs, with_capitals, packed, parquet, in_parts, of_pandas, with_a_schema_of_vocabularies)


@pytest.mark.parametrize("form", FORMS)
def test_a_warehouse_says_the_same_in_every_form(
    form: Callable[[Path], Path], tmp_path: Path, expected: list[Patient]
) -> None:
    assert patients(form(tmp_path / "cdm")) == expected


@pytest.mark.parametrize(
    ("column", "type_", "read"),
    [
        ("value_as_number", "FLOAT", "2.3 on 2025-03-01"),
        ("value_as_number", "DECIMAL(9,1)", "2.3 on 2025-03-01"),
        (
            "measurement_datetime",
            "TIMESTAMPTZ USING TIMESTAMPTZ '2025-03-01 10:00:00-05'",
            "2.3 on 2025-03-01T15:00:00+00:00",
        ),
        (
            "measurement_date",
            "TIMESTAMPTZ USING TIMESTAMPTZ '2025-03-01 10:00:00-05'",
            "2.3 on 2025-03-01T15:00:00+00:00",
        ),
        ("measurement_date", "TIMESTAMP USING TIMESTAMP '2025-03-01 10:00:00'", "2.3 on 2025-03-01"),
        ("measurement_date", "DATE USING DATE 'infinity'", "2.3 on 2025-03-01"),
        ("measurement_datetime", "TIMESTAMP_MS USING TIMESTAMP '-infinity'", "2.3 on 2025-03-01"),
    ],
)
def test_a_value_is_what_was_stored_whatever_the_type_of_its_column(
    tmp_path: Path, column: str, type_: str, read: str
) -> None:
    row = {**SMALL["measurement"][0], "value_as_number": 2.3, "measurement_datetime": "2025-03-01 00:00:00"}
    place = write_duckdb(tmp_path / "small.duckdb", {**SMALL, "measurement": [row]})
    with duckdb.connect(str(place)) as database:
        database.execute("SET TimeZone = 'America/New_York'")
        database.execute(f"ALTER TABLE measurement ALTER {column} TYPE {type_}")
    (result,) = patients(place)[2].results["total_bilirubin"]
    assert f"{result.recorded_value} on {result.when and result.when.text}" == read


def test_codes_of_figures_keep_their_zeros_in_csv(tmp_path: Path) -> None:
    only_figures = [each for each in concepts() if str(each["concept_code"]).isdigit()]
    (first, *_) = patients(write_csv(tmp_path / "cdm", {**SMALL, "concept": only_figures}))
    assert "cirrhosis" in first.episodes


@pytest.mark.parametrize("size", [1, 2, 3])
def test_lots_give_each_patient_once(tmp_path: Path, size: int, expected: list[Patient]) -> None:
    lots = warehouse(write_csv(tmp_path / "cdm", SMALL)).lots(size)
    assert [each for lot in lots for each in lot()] == expected
    assert len(lots) == -(-3 // size)


def broken(folder: Path, **tables: object) -> Path:
    changed: Cdm = {**SMALL, **tables}  # type: ignore[dict-item]
    return write_csv(folder, {table: rows for table, rows in changed.items() if rows is not None})


def two_schemas(folder: Path) -> Path:
    folder.mkdir()
    database = duckdb.connect(str(folder / "site.duckdb"))
    for schema in ("cdm_2024", "cdm_2025"):
        write_database(database, SMALL, schema)
    database.close()
    return folder / "site.duckdb"


def two_files(folder: Path) -> Path:
    write_parquet(folder, {"person": PEOPLE})
    return write_csv(folder, SMALL)


def no_parquet(folder: Path) -> Path:
    (write_parquet(folder, SMALL) / "measurement.parquet").write_bytes(b"PAR1 and no more")
    return folder


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda folder: broken(folder, concept=None), "it has no table `concept`, and so is no OMOP CDM"),
        (lambda folder: broken(folder, concept=[{"concept_id": 1}]), "CONCEPT has no column `concept_code`"),
        (lambda folder: broken(folder, person=[person("A-7")]), 'Error when converting column "person_id"'),
        (lambda folder: broken(folder, measurement=[{"person_id": 7}]), "MEASUREMENT has no column `measurement_id`"),
        (two_schemas, "the table PERSON stands in several schemas: `cdm_2024`, `cdm_2025`"),
        (two_files, "there are several files of the table PERSON: `person.csv` and `person.parquet`"),
        (no_parquet, "measurement.parquet"),
    ],
    ids=["no concepts", "no codes", "a name for an id", "no ids", "two schemas", "two files", "a broken file"],
)
def test_a_warehouse_that_cannot_be_read_says_why(tmp_path: Path, make: Callable[[Path], Path], fault: str) -> None:
    with pytest.raises(RecordError) as refused:
        list(warehouse(make(tmp_path / "cdm")).patients())
    assert fault in str(refused.value)
    assert "A-7," not in str(refused.value), "a line of a file is about a patient"


@pytest.mark.parametrize(("many", "who"), [(3, "cdm"), (1200, "persons 1 to 500")])
def test_a_table_that_breaks_off_sets_aside_who_comes_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], many: int, who: str
) -> None:
    place = write_csv(tmp_path / "cdm", {**SMALL, "person": [person(each) for each in range(1, many + 1)]})
    with (place / "measurement.csv").open("a", encoding="utf-8") as file:
        file.write("9,no number,1011,2025-01-01,1.2,8840,\n")
    assert main(["ingest", str(place), "-o", str(tmp_path / "facts"), "--jobs", "2"]) == 1
    told = capsys.readouterr().err
    assert who in told
    assert "Could not convert string" in told
    assert "(in measurement.csv)" in told


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    file = tmp_path / "site.duckdb"
    file.write_text("no database", encoding="utf-8")
    with pytest.raises(RecordError, match="it cannot be read as an OMOP CDM"):
        list(warehouse(file).patients())


def test_without_duckdb_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = write_csv(tmp_path / "cdm", SMALL)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(RecordError, match=r"DuckDB, which is not installed(.|\n)*screener\[cohort\]"):
        list(warehouse(place).patients())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://anna:secret@host/cdm", "postgresql://anna:…@host/cdm"),
        ("postgresql://anna@host/cdm?password=secret", "postgresql://anna@host/cdm?password=…"),
        ("postgresql://host:5432/cdm", "postgresql://host:5432/cdm"),
    ],
)
def test_a_password_is_not_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown
