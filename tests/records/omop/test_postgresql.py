"""A CDM in a real PostgreSQL server, which the tests start for themselves (Debian: `apt-get install postgresql`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from adbc_driver_postgresql import dbapi

from records.omop.small_cdm import Cdm, person, table_of, write_duckdb
from records.omop.test_warehouses import SMALL
from screener import load_rules
from screener.cli import main
from screener.cohort.ingest import Manner, ingest
from screener.records.dictionary import Dictionary
from screener.records.errors import RecordError
from screener.records.facts.folder import Facts
from screener.records.omop.server import copy_of
from screener.records.patient import Patient
from screener.terminology.hierarchy import TerminologyError
from screener.terminology.omop import build_index

SECRET = "s3cr@t/w0rd"


def programs() -> Path | None:
    """Where the server's programs lie: Debian keeps them out of the PATH."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((each for each in reversed(places) if (each / "initdb").exists()), None)


class Server:
    """A server of its own in a new folder. PostgreSQL refuses to run as root: then its own user runs it."""

    def __init__(self, bin_: Path, folder: Path) -> None:
        self.bin, self.folder = bin_, folder
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        password = folder / "password"
        password.write_text(SECRET)
        password.chmod(0o644)
        self._run("initdb", "-D", folder / "data", "-U", "anna", "-A", "md5", f"--pwfile={password}", "-E", "UTF8")
        settings = f"-k {folder} -c listen_addresses='127.0.0.1' -p {self.port} -c fsync=off"
        self._run("pg_ctl", "-D", folder / "data", "-w", "-o", settings, "-l", folder / "log", "start")

    @property
    def port(self) -> int:
        return 30000 + os.getpid() % 20000

    def address(self, secret: str = "s3cr%40t%2Fw0rd", database: str = "postgres") -> str:
        return f"postgresql://anna:{secret}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str) -> None:
        with dbapi.connect(self.address(), autocommit=True) as connection, connection.cursor() as cursor:
            for each in statements:
                cursor.execute(each)

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def _run(self, program: str, *given: object) -> None:
        subprocess.run(
            [self.bin / program, *map(str, given)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            user=self.user,
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    bin_ = programs()
    if bin_ is None:
        pytest.skip("there is no PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    started = Server(bin_, folder)
    yield started
    started.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def address(server: Server) -> str:
    """The address of a database in which nothing is."""
    server.execute("DROP SCHEMA IF EXISTS cdm, words, other CASCADE")
    return server.address()


def fill(server: Server, content: Cdm, schema: str = "cdm") -> None:
    server.execute(
        f"CREATE SCHEMA IF NOT EXISTS {schema}",
        *(each for table in content.items() for each in table_of(*table, schema)),
    )


def patients(source: Path | str, folder: Path) -> dict[str, Patient]:
    ingest([source], folder, Manner(Dictionary(load_rules())))
    facts = Facts(folder)
    return {each.id: each for part in facts.about.parts for each in facts.patients(part)}


def test_a_cdm_on_a_server_says_the_same(server: Server, address: str, tmp_path: Path) -> None:
    fill(server, {table: rows for table, rows in SMALL.items() if table != "concept"})
    fill(server, {"concept": SMALL["concept"]}, "words")
    server.execute(
        *(f"ALTER TABLE cdm.measurement ALTER {column} TYPE numeric" for column in ("value_as_number", "range_high")),
        "CREATE TABLE cdm.note (person_id numeric, note_text text)",
        "INSERT INTO cdm.note VALUES (7, 'in words'), ('NaN', 'of nobody')",
    )
    found = patients(address, tmp_path / "facts")
    same = patients(write_duckdb(tmp_path / "small.duckdb", SMALL | {"note": [{"person_id": 7}]}), tmp_path / "same")
    assert found == same
    assert len(found) == 3
    kept = [each for each in (tmp_path / "facts").rglob("*") if each.is_file()]
    assert not (tmp_path / "facts" / ".copies").exists()
    assert not any(secret in each.read_bytes() for each in kept for secret in (b"s3cr", b"w0rd"))


def test_only_who_has_a_note_is_copied_of_notes_and_each_value_as_the_server_has_it(
    server: Server, address: str, tmp_path: Path
) -> None:
    fill(server, SMALL)
    server.execute(
        "CREATE TABLE cdm.note (person_id integer, note_text text)",
        "INSERT INTO cdm.note VALUES (7, 'in words')",
        "ALTER TABLE cdm.measurement ALTER value_as_number TYPE numeric, ADD measured timestamptz, ADD other uuid",
        "UPDATE cdm.measurement SET value_as_number = 1.20, measurement_date = 'infinity', range_high = 'NaN', "
        "measured = '2025-03-01 10:00+00', other = '00000000-0000-0000-0000-000000000007'",
    )
    folder = copy_of(address, tmp_path / "copy")
    assert pq.read_table(folder / "note.parquet").to_pylist() == [{"person_id": 7}]
    (row,) = pq.read_table(folder / "measurement.parquet").to_pylist()
    assert row["value_as_number"] == "1.20"
    assert (row["measurement_date"], row["range_high"]) == (None, None)
    assert datetime.fromisoformat(row["measured"]) == datetime(2025, 3, 1, 10, tzinfo=UTC)
    assert row["other"].endswith("7")
    assert folder.stat().st_mode & 0o077 == 0


def test_two_cdms_on_a_server_are_not_mixed(server: Server, address: str, tmp_path: Path) -> None:
    for schema in ("cdm", "other"):
        fill(server, SMALL, schema)
    with pytest.raises(RecordError, match="stands in several schemas: `cdm`, `other`"):
        copy_of(address, tmp_path / "copy")
    server.execute("DROP SCHEMA other CASCADE", "DROP TABLE cdm.concept")
    with pytest.raises(RecordError, match="no table CONCEPT"):
        copy_of(address, tmp_path / "again")


def test_all_tables_are_of_one_moment(
    server: Server, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first table is copied, somebody writes into all of them."""
    fill(server, SMALL)
    real, written = pq.ParquetWriter, []

    def writer(*given: object, **named: object) -> object:
        if not written:
            written.append(given)
            server.execute(*table_of("person", [person(99)], "cdm", new=False), "DELETE FROM cdm.measurement")
        return real(*given, **named)

    monkeypatch.setattr(pq, "ParquetWriter", writer)
    folder = copy_of(address, tmp_path / "copy")
    monkeypatch.undo()
    assert pq.read_table(folder / "person.parquet").num_rows == 3
    assert pq.read_table(folder / "measurement.parquet").num_rows == 1


def test_a_vocabulary_on_a_server_becomes_an_index(server: Server, address: str, tmp_path: Path) -> None:
    fill(server, SMALL)
    with pytest.raises(TerminologyError, match="no table CONCEPT_ANCESTOR"):
        build_index(address, load_rules(), tmp_path / "site.idx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://anna:secret@127.0.0.1:1/cdm", "refused"),
        ("postgresql://anna:se@cret/w:ord@127.0.0.1:1/cdm", "cannot be read as an OMOP CDM"),
        ("postgresql://anna@127.0.0.1:1/cdm?password=secret", "refused"),
        ("postgresql://anna:secret@no.such.host.invalid/cdm", "cannot be read as an OMOP CDM"),
        ("postgresql://anna:secret@127.0.0.1:one/cdm", "cannot be read as an OMOP CDM"),
    ],
)
def test_a_server_that_is_not_there_is_named_without_its_password(
    address: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for call in (["ingest"], ["cohort"]):
        assert main([*call, address, "--out", str(tmp_path / call[0]), "--no-site"]) == 2
        shown = capsys.readouterr()
        assert said in shown.err
        assert "postgresql://anna" in shown.err
        assert not any(each in shown.err + shown.out for each in ("secret", "cret", "ord@"))


def test_a_wrong_password_is_not_shown(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecordError) as refused:
        copy_of(server.address("not_it"), tmp_path / "copy")
    assert "authentication failed" in str(refused.value)
    assert "not_it" not in str(refused.value)
