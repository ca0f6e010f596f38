"""A CDM in a real PostgreSQL server, given by `pytest --postgresql ADDRESS`; left out without it.

The tests write schemas of their own into the database, and drop them. They need DuckDB's extension `postgres`.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from records.omop.small_cdm import write_database, write_duckdb
from records.omop.test_warehouses import SMALL, patients, warehouse
from screener.records.errors import RecordError


@pytest.fixture
def server(postgresql: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the database is called `pg`; the schemas of the tests are dropped at the end."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{postgresql}' AS pg (TYPE POSTGRES)")
    yield connection
    for schema in ("screener_cdm", "screener_words", "screener_other"):
        connection.execute(f"DROP SCHEMA IF EXISTS pg.{schema} CASCADE")
    connection.close()


def test_a_cdm_on_a_server_says_the_same(
    server: duckdb.DuckDBPyConnection, postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    events = {table: rows for table, rows in SMALL.items() if table != "concept"}
    write_database(server, events, "pg.screener_cdm")
    write_database(server, {"concept": SMALL["concept"]}, "pg.screener_words")
    for column in ("value_as_number", "range_high"):  # as OHDSI's own definitions have it
        change = f"ALTER TABLE screener_cdm.measurement ALTER {column} TYPE numeric"
        server.execute(f"CALL postgres_execute('pg', '{change}')")
    same = write_duckdb(tmp_path_factory.mktemp("cdm") / "small.duckdb", SMALL)
    assert patients(postgresql) == patients(same)
    assert [each for lot in warehouse(postgresql).lots(2) for each in lot()] == patients(same)


def test_two_cdms_on_a_server_are_not_mixed(server: duckdb.DuckDBPyConnection, postgresql: str) -> None:
    for schema in ("screener_cdm", "screener_other"):
        write_database(server, SMALL, f"pg.{schema}")
    with pytest.raises(RecordError, match="stands in several schemas: `screener_cdm`, `screener_other`"):
        list(warehouse(postgresql).patients())


@pytest.mark.usefixtures("postgresql")
def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(RecordError) as refused:
        list(warehouse("postgresql://anna:secret@127.0.0.1:1/cdm").patients())
    assert "cannot be read as an OMOP CDM" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "postgresql://anna:…@127.0.0.1:1/cdm" in str(refused.value)
