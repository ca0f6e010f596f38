"""A warehouse in OMOP's form: a DuckDB file, or a folder of Parquet or CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from os import PathLike
from os.path import isdir
from pathlib import Path

from msgspec import Struct

from screener.records.documents import refused
from screener.records.errors import RecordError
from screener.records.omop.tables import Tables
from screener.records.patient import Patient
from screener.records.sources import Group, HowRead, Source, path_of
from screener.terminology.warehouse import UnusableTablesError, file_of, is_database

MOST_LOTS = 64
"""A warehouse is looked through once for each lot, so there are not many, however many patients there are."""


def recognises(source: Source) -> bool:
    """A DuckDB file, or a folder that has a file called `person`."""
    place = path_of(source)
    if place is None:
        return False
    if isdir(place):
        return _has_persons(place)
    return is_database(place.name)


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """The warehouse. Raises RecordError where it cannot be read as one."""
    yield Warehouse(str(source) if isinstance(source, str | PathLike) else "", how)


def _has_persons(folder: Path) -> bool:
    try:
        return file_of(folder, "person") is not None
    except UnusableTablesError:  # two files: the message comes when it is opened
        return True
    except OSError:  # whoever opens it says why it cannot be read
        return False


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
        return [partial(self._lot, (persons[start], persons[min(start + size, len(persons)) - 1])) for start in starts]

    def _lot(self, between: tuple[int, int]) -> Iterator[Patient | RecordError]:
        """The patients of a lot. Where a table breaks off, those from there on are set aside together."""
        last: str | None = None
        try:
            for each in self.patients(between):
                last = each.id if isinstance(each, Patient) else last
                yield each
        except RecordError as error:
            (problem, *_) = error.problems
            left = f"persons {between[0]} to {between[1]}" + (f", those after {last}" if last is not None else "")
            yield refused(self.how.file, left, problem.fault, problem.mend or "")

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
