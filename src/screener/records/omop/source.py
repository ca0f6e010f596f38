"""A warehouse in OMOP's form: a DuckDB file, a folder of Parquet or CSV files, or a database that DuckDB can attach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from screener.records.documents import refused
from screener.records.errors import RecordError
from screener.records.patient import Patient
from screener.records.sources import Group, HowRead, Source, path_of
from screener.terminology.warehouse import (
    ATTACHED,
    UnusableTablesError,
    file_of,
    is_database,
    open_views,
    without_password,
)

if TYPE_CHECKING:
    import duckdb

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
        return _has_persons(place)
    return is_database(place.name)


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """The warehouse. Raises RecordError where it cannot be read as one."""
    yield Warehouse(str(source) if isinstance(source, str | PathLike) else "", how)


def records_in(folder: Path) -> tuple[list[Path], tuple[()]]:
    """The folder is one source."""
    return [folder], ()


def _has_persons(folder: Path) -> bool:
    try:
        return file_of(folder, "person") is not None
    except UnusableTablesError:  # two files: the message comes when it is opened
        return True


class Warehouse(Struct, frozen=True, dict=True):
    """The patients of a warehouse. Each process opens it for itself."""

    place: str
    how: HowRead

    def names(self) -> Iterable[str]:
        with self._open() as tables:
            return [str(each) for each in _persons(tables)]

    def lots(self, size: int) -> Sequence[Callable[[], Iterator[Patient | RecordError]]]:
        """What gives its patients, about so many each."""
        with self._open() as tables:
            persons = _persons(tables)
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


def _persons(tables: Tables) -> list[int]:
    query = "SELECT DISTINCT person_id FROM person WHERE person_id IS NOT NULL ORDER BY person_id"
    return [each for (each,) in tables.rows(query)]


class Tables:
    """The tables of a warehouse, opened for reading. Raises RecordError where it is none.

    `columns` are the columns of each table that is there.
    """

    def __init__(self, place: str, file: str) -> None:
        import duckdb

        self.file = file = without_password(file)
        self._database = duckdb.connect()
        try:
            self._database.execute("SET preserve_insertion_order = true")
            self.columns: dict[str, frozenset[str]] = open_views(self._database, place, NEEDED, OTHERS)
        except UnusableTablesError as error:
            self._database.close()
            if error.table is not None:
                fault = f"it has no table `{error.table}`, and so is no OMOP CDM"
                raise refused(
                    file, "", fault, "name the folder or database that holds `person` and `concept`"
                ) from None
            raise self._refused(error) from None
        except duckdb.Error as error:
            self._database.close()
            raise self._refused(error) from None

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

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
        # The line of a file that DuckDB quotes is about a patient.
        said = [each.strip() for each in str(error).splitlines() if each.strip() and "Original Line" not in each]
        fault = f"it cannot be read as an OMOP CDM: {without_password(', '.join(said[:2]))[:300]}"
        return refused(self.file, "", fault, "see docs/omop.md for the tables and columns that are read")


NEEDED = {
    "person": ("person_id",),
    "concept": ("concept_id", "concept_code", "concept_name", "vocabulary_id"),
}
"""The tables without which it is no CDM, and the columns that they must have."""

OTHERS: dict[str, tuple[str, ...]] = {
    "death": ("person_id",),
    "observation_period": ("person_id", "observation_period_end_date"),
    "cdm_source": (),
    "condition_occurrence": ("condition_occurrence_id", "person_id"),
    "procedure_occurrence": ("procedure_occurrence_id", "person_id"),
    "drug_exposure": ("drug_exposure_id", "person_id"),
    "measurement": ("measurement_id", "person_id"),
    "observation": ("observation_id", "person_id"),
    "device_exposure": ("person_id",),
    "note": ("person_id",),
    "episode": ("person_id",),
    "specimen": ("person_id",),
}
"""The others that are opened. Of the last four only whose rows there are is asked."""
