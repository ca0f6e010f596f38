"""A warehouse in OMOP's form: a DuckDB file, a folder of Parquet or CSV files, or a database that DuckDB can attach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from screener.records.documents import refused
from screener.records.errors import RecordError
from screener.records.patient import Patient
from screener.records.sources import Group, HowRead, Source, path_of

if TYPE_CHECKING:
    import duckdb

FILES = (".parquet", ".csv", ".csv.gz", ".tsv")
DATABASES = (".duckdb", ".ddb")
ATTACHED = ("postgres://", "postgresql://")
MOST_LOTS = 64
"""A warehouse is looked through once for each lot, so there are not many, however many patients there are."""


def recognises(source: Source) -> bool:
    """A DuckDB file, a folder that has a file called `person`, or the address of a database."""
    if isinstance(source, str) and source.startswith(ATTACHED):
        return True
    place = path_of(source)
    if place is None:
        return False
    if place.is_dir():
        return _file_of(place, "person") is not None
    return place.name.lower().endswith(DATABASES)


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """The warehouse. Raises RecordError where it cannot be read as one."""
    yield Warehouse(str(source) if isinstance(source, str | PathLike) else "", how)


def records_in(folder: Path) -> tuple[list[Path], tuple[()]]:
    """The folder is one source."""
    return [folder], ()


def _file_of(folder: Path, table: str) -> Path | None:
    """The file of a table, whatever the capitals of its name."""
    for each in sorted(folder.iterdir()):
        name = each.name.lower()
        if name.endswith(FILES) and name.partition(".")[0] == table:
            return each
    return None


class Warehouse(Struct, frozen=True, dict=True):
    """The patients of a warehouse. Each process opens it for itself."""

    place: str
    how: HowRead

    def names(self) -> Iterable[str]:
        with self._open() as tables:
            return [str(each) for (each,) in tables.rows("SELECT person_id FROM person ORDER BY person_id")]

    def lots(self, size: int) -> Sequence[Callable[[], Iterator[Patient | RecordError]]]:
        """What gives its patients, about so many each."""
        with self._open() as tables:
            persons = [each for (each,) in tables.rows("SELECT person_id FROM person ORDER BY person_id")]
        size = max(size, -(-len(persons) // MOST_LOTS))
        starts = range(0, len(persons), size)
        return [
            partial(self.patients, (persons[start], persons[min(start + size, len(persons)) - 1])) for start in starts
        ]

    def patients(self, between: tuple[int, int] | None = None) -> Iterator[Patient | RecordError]:
        """The patients whose ids lie between two, or all."""
        from screener.records.omop.rows import patients_in

        with self._open() as tables:
            yield from patients_in(tables, self.how, between)

    def _open(self) -> Tables:
        return Tables(self.place, self.how.file)


class Tables:
    """The tables of a warehouse, opened for reading. Raises RecordError where it is none."""

    def __init__(self, place: str, file: str) -> None:
        import duckdb

        self.file = file
        self._database = duckdb.connect()
        try:
            self._open(place)
        except duckdb.Error as error:
            self._database.close()
            raise self._refused(error) from None
        if missing := [each for each in ("person", "concept") if each not in self.columns]:
            self._database.close()
            fault = f"it has no table `{missing[0]}`, and so is no OMOP CDM"
            raise refused(file, "", fault, "name the folder or database that holds `person` and `concept`")

    def _open(self, place: str) -> None:
        quoted = place.replace("'", "''")
        self._database.execute("SET preserve_insertion_order = true")
        if place.startswith(ATTACHED) or not Path(place).is_dir():
            kind = "POSTGRES, " if place.startswith(ATTACHED) else ""
            self._database.execute(f"ATTACH '{quoted}' AS warehouse ({kind}READ_ONLY)")
            found = self._database.execute(
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'warehouse'"
            ).fetchall()
            for schema, table in found:
                if table.lower() in WANTED:
                    of = f'warehouse."{schema}"."{table}"'
                    self._database.execute(f'CREATE OR REPLACE VIEW "{table.lower()}" AS SELECT * FROM {of}')
            return
        for table in WANTED:
            file = _file_of(Path(place), table)
            if file is not None:
                name = str(file).replace("'", "''")
                read = f"read_parquet('{name}')" if name.lower().endswith(".parquet") else f"read_csv('{name}')"
                self._database.execute(f'CREATE VIEW "{table}" AS SELECT * FROM {read}')

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @cached_property
    def columns(self) -> dict[str, frozenset[str]]:
        """The columns of each table that is there, in small letters."""
        found: dict[str, set[str]] = {}
        rows = self._database.execute(
            "SELECT lower(table_name), lower(column_name) FROM information_schema.columns "
            "WHERE table_catalog = 'memory'"
        ).fetchall()
        for table, column in rows:
            found.setdefault(table, set()).add(column)
        return {table: frozenset(columns) for table, columns in found.items()}

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds, some at a time. Raises RecordError where a table is not as it should be."""
        import duckdb

        try:
            cursor: duckdb.DuckDBPyConnection = self._database.cursor()
            cursor.execute(query, list(values))
            while rows := cursor.fetchmany(2000):
                yield from rows
        except duckdb.Error as error:
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> RecordError:
        fault = f"it cannot be read as an OMOP CDM: {str(error).splitlines()[0][:200]}"
        return refused(self.file, "", fault, "see docs/omop.md for the tables and columns that are read")


WANTED = (
    "person",
    "death",
    "observation_period",
    "condition_occurrence",
    "procedure_occurrence",
    "drug_exposure",
    "device_exposure",
    "measurement",
    "observation",
    "concept",
    "note",
    "episode",
)
"""The tables that are opened. Of devices, notes and episodes only whether there are any is asked."""
