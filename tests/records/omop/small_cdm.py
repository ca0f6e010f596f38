"""A small OMOP CDM made by the tests themselves. Its persons are made up; its concepts are named as OMOP names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

Table = Sequence[Mapping[str, object]]
Cdm = Mapping[str, Table]

CONCEPTS = [
    (8507, "MALE", "Gender", "M"),
    (8532, "FEMALE", "Gender", "F"),
    (8521, "OTHER", "Gender", "O"),
    (1001, "Cirrhosis of liver", "SNOMED", "19943007"),
    (1002, "Ascites", "SNOMED", "389026000"),
    (1003, "Cirrhosis", "ICD10CM", "K74.60"),
    (1004, "Family history of clinical finding", "SNOMED", "416471007"),
    (1005, "History of event", "OMOP Extension", "OMOP5165859"),
    (1006, "Paracentesis", "SNOMED", "86088003"),
    (1011, "Bilirubin.total [Mass/volume] in Serum or Plasma", "LOINC", "1975-2"),
    (1012, "Hepatitis B virus surface Ag [Presence] in Serum", "LOINC", "5195-3"),
    (1021, "prednisone", "RxNorm", "8640"),
    (8840, "milligram per deciliter", "UCUM", "mg/dL"),
    (8749, "micromole per liter", "UCUM", "umol/L"),
    (4172703, "=", "SNOMED", "276136004"),
    (4171756, "<", "SNOMED", "276139006"),
    (4172704, ">", "SNOMED", "276140008"),
    (4171754, "<=", "SNOMED", "276137008"),
    (9191, "Positive", "SNOMED", "10828004"),
    (32818, "EHR administration record", "Type Concept", "OMOP4976869"),
    (32838, "EHR prescription", "Type Concept", "OMOP4976911"),
    (32865, "Patient self-report", "Type Concept", "OMOP4976938"),
    (32902, "Primary diagnosis", "Condition Status", "OMOP4977088"),
    (32899, "Preliminary diagnosis", "Condition Status", "OMOP4977085"),
    (32906, "Resolved condition", "Condition Status", "OMOP4977092"),
]


def concepts(*left_out: int) -> Table:
    """The rows of `concept`, without some."""
    return [
        {"concept_id": number, "concept_name": name, "vocabulary_id": vocabulary, "concept_code": code}
        for number, name, vocabulary, code in CONCEPTS
        if number not in left_out
    ]


def person(number: int | str | None = 1, **columns: object) -> Mapping[str, object]:
    """A row of `person`."""
    born = {"gender_concept_id": 8507, "year_of_birth": 1970, "month_of_birth": 5, "day_of_birth": 3}
    return {"person_id": number, **born, **columns}


def cdm(**tables: Table) -> Cdm:
    """A CDM of one person, with these tables besides or instead."""
    return {"person": [person()], "concept": concepts(), **tables}


def write_csv(folder: Path, cdm: Cdm, separator: str = ",", capitals: bool = False) -> Path:
    """The CDM as a folder of CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in cdm.items():
        columns = list(dict.fromkeys(column for row in rows for column in row)) or ["person_id"]
        lines = [columns, *([_cell(row.get(column), separator) for column in columns] for row in rows)]
        name = table.upper() if capitals else table
        header, *others = (separator.join(line) for line in lines)
        text = "\n".join([header.upper() if capitals else header, *others]) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def _cell(value: object, separator: str) -> str:
    text = "" if value is None else str(value)
    return f'"{text}"' if separator in text else text


TYPES = {"datetime": "TIMESTAMP", "date": "DATE", "number": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE"}


def write_database(database: duckdb.DuckDBPyConnection, cdm: Cdm, schema: str = "main") -> None:
    """The CDM as tables with the types that OHDSI gives them."""
    database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for table, rows in cdm.items():
        columns = list(dict.fromkeys(column for row in rows for column in row)) or ["person_id"]
        typed = ", ".join(f"{column} {_type(column)}" for column in columns)
        database.execute(f"CREATE TABLE {schema}.{table} ({typed})")
        for row in rows:
            values = [row.get(column) for column in columns]
            database.execute(f"INSERT INTO {schema}.{table} VALUES ({', '.join('?' * len(columns))})", values)


def table_of(table: str, rows: Table, schema: str, *, new: bool = True) -> Iterator[str]:
    """Statements of SQL that make a table of the CDM, and fill it."""
    columns = list(dict.fromkeys(column for row in rows for column in row)) or ["person_id"]
    if new:
        typed = ", ".join(f"{column} {_type(column).replace('DOUBLE', 'DOUBLE PRECISION')}" for column in columns)
        yield f"CREATE TABLE {schema}.{table} ({typed})"
    for row in rows:
        values = ["NULL" if row[each] is None else "'" + str(row[each]).replace("'", "''") + "'" for each in row]
        yield f"INSERT INTO {schema}.{table} ({', '.join(row)}) VALUES ({', '.join(values)})"


def _type(column: str) -> str:
    if column.endswith(("person_id", "occurrence_id", "exposure_id", "concept_id", "id_1", "id_2", "_of_birth")):
        return "INTEGER"
    return TYPES.get(column.rpartition("_")[2], "VARCHAR")


def write_duckdb(file: Path, cdm: Cdm, schema: str = "main") -> Path:
    """The CDM as a DuckDB file."""
    database = duckdb.connect(str(file))
    write_database(database, cdm, schema)
    database.close()
    return file


def write_parquet(folder: Path, cdm: Cdm) -> Path:
    """The CDM as a folder of Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect()
    write_database(database, cdm)
    for table in cdm:
        database.execute(f"COPY {table} TO '{folder}/{table}.parquet' (FORMAT parquet)")
    database.close()
    return folder
