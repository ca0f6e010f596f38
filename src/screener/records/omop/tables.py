"""The tables of a warehouse that are read, and how rows are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.records.documents import refused
from screener.records.errors import RecordError
from screener.terminology.warehouse import UnusableTablesError, open_views

if TYPE_CHECKING:
    import duckdb


class Tables:
    """The tables of a warehouse, opened for reading. Raises RecordError where it is none.

    `columns` are the columns of each table that is there.
    """

    def __init__(self, place: str, file: str) -> None:
        self.file = file
        try:
            import duckdb
        except ImportError:
            fault = "a warehouse is read by DuckDB, which is not installed"
            raise refused(file, "", fault, "pip install 'screener[cohort]'") from None
        self._database = duckdb.connect()
        try:
            self._database.execute("SET preserve_insertion_order = true; SET enable_progress_bar = false")
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
        named = re.search(r"\bfile ?= ?(.+)", str(error))
        where = f" (in {Path(named[1].strip()).name})" if named is not None else ""
        said = [each.strip() for each in str(error).splitlines() if each.strip() and "Original Line" not in each]
        fault = f"it cannot be read as an OMOP CDM: {', '.join(said[:2])[:300]}{where}"
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
"""The others that are opened."""

WHO_ALONE: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("device_exposure", "note", "episode", "specimen"), ("person_id",)
)
"""Of these only whose rows there are is asked."""
