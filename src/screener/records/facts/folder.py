"""A folder of facts: Parquet files of patients, an index of their ids, and what the folder says of itself.

    FACTS/facts.json        what the folder is: its form, and the digest of the dictionary that records were read with
    FACTS/ids.parquet       who stands in which file
    FACTS/people-*.parquet  the patients, a row each (docs/facts.md)

A file of patients is there whole, or not at all. Its name is the digest of what it was read from and how, so that a run
that was ended finds what it has done; what could not be read stands in the file's own metadata. `facts.json` comes
last: a folder without it is not finished.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct

from screener.records.addresses import plain_id
from screener.records.chart import of_one_id
from screener.records.errors import RecordError, printable
from screener.records.facts.columns import from_table, schema_of, to_table
from screener.records.facts.people import Person, patient_of, person_of
from screener.records.patient import NOTHING_BESIDES, Patient, ReadWith, is_unnamed
from screener.records.whole_files import for_the_owner, whole_file
from screener.values.refusals import Refusal, message
from screener.version import __version__

FORM = "screener facts 2"
"""Another form of folder gets another number."""
ABOUT, IDS = "facts.json", "ids.parquet"
PATIENTS_AT_ONCE = 200
"""Patients that are held at once when facts are written or read."""
_AGAIN = "run the same `screen ingest` again"
_OTHERS = {
    "locale": "another locale",
    "columns": "another table of columns",
    "tables": "other tables of codes",
    "hierarchy": "another hierarchy of codes",
    "answers": "other answers",
}
_OWN = b"screener"
_LOCK = ".lock"

Read = TypeVar("Read")


class FactsError(Refusal):
    """A folder of facts that cannot be used. `str(error)` is the whole message, ready to be shown."""

    def __init__(self, fault: str, mend: str, place: Path | str) -> None:
        self.fault, self.mend = fault, mend
        super().__init__(message("facts", fault, place, mend))


class SetAside(Struct, frozen=True):
    """What could not be used of a source: a file, or one of its patients. `trace` tells an engineer where an error of
    screener itself arose."""

    place: str
    fault: str
    trace: str | None = None


class Part(Struct, frozen=True):
    """A file of patients."""

    file: str
    patients: int
    set_aside: tuple[SetAside, ...] = ()


class About(Struct, frozen=True):
    """What a folder of facts says of itself. `read_with` is what records were read with besides the dictionary, and
    `doubled` are the ids that several patients have."""

    form: str
    screener: str
    dictionary: str
    read_with: ReadWith
    parts: tuple[Part, ...]
    doubled: tuple[str, ...] = ()

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return sum(each.patients for each in self.parts)

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """What could not be used of the sources."""
        return tuple(one for each in self.parts for one in each.set_aside)


# ---- reading


class _Who(Struct, frozen=True):
    """The columns that say who somebody is."""

    id: str
    identifiers: frozenset[tuple[str | None, str]] | None
    address: str | None


class Facts:
    """A finished folder of facts. Raises FactsError where it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            written = (folder / ABOUT).read_bytes()
        except FileNotFoundError:
            raise FactsError(
                "the facts are not finished", "run the same `screen ingest` again: it goes on", folder
            ) from None
        except OSError as error:
            raise FactsError(f"they cannot be read: {error.strerror}", "see who may read them", folder) from None
        try:
            self.about = msgspec.json.decode(written, type=About)
        except msgspec.MsgspecError as error:
            raise FactsError(
                f"`{ABOUT}` is not as it was written: {error}", "run `screen ingest` again", folder
            ) from None
        if self.about.form != FORM:
            fault = f"they are of the form `{self.about.form[:40]}`, and this is `{FORM}`"
            raise FactsError(fault, _AGAIN, folder)

    def check(self, dictionary: str, read_with: ReadWith = NOTHING_BESIDES) -> None:
        """Raises FactsError where another dictionary read the records, or something else than the call asks for."""
        if dictionary != self.about.dictionary:
            fault = "the records were read with another dictionary than that of these rules"
            raise FactsError(fault, "run `screen ingest` again with these rules", self.folder)
        for field in ReadWith.__struct_fields__:
            asked = getattr(read_with, field)
            if asked and asked != getattr(self.about.read_with, field):
                fault = f"the records were read with {_OTHERS[field]} than this call names"
                raise FactsError(fault, "run `screen ingest` again with it, or leave it out", self.folder)

    def patients(self, part: Part) -> Iterator[Patient]:
        """The patients of one file, in the order in which they were read. Raises FactsError where it cannot be read."""
        return (patient for patient, _ in self.with_digests(part))

    def with_digests(self, part: Part) -> Iterator[tuple[Patient, str]]:
        """The same, each with the digest of what is on record. Raises FactsError."""
        return self._read(part.file, self._patients_of)

    def _read(
        self, name: str, made_of: Callable[[pa.Table], Iterable[Read]], columns: Sequence[str] | None = None
    ) -> Iterator[Read]:
        """What is made of the rows of a file, some at a time. Raises FactsError where it cannot be read."""
        place = self.folder / name
        try:
            with pq.ParquetFile(place, page_checksum_verification=True) as file:
                for number in range(file.num_row_groups):
                    yield from made_of(file.read_row_group(number, columns=columns))
        except (OSError, pa.ArrowException, KeyError, ValueError, OverflowError) as error:
            fault = f"the file is not as it was written: {str(error).splitlines()[0][:200]}"
            raise FactsError(fault, _AGAIN, place) from None

    def _patients_of(self, rows: pa.Table) -> Iterator[tuple[Patient, str]]:
        for person in from_table(rows, Person):
            patient = patient_of(person, self.about.dictionary)
            if plain_id(patient.id) in self._doubled:
                yield of_one_id(patient, self.folder.name), f"{person.facts} of one id"
            else:
                yield patient, person.facts

    def called(self, patient: str) -> Iterator[Patient]:
        """The patients of an id. Raises FactsError where their file cannot be read."""
        rows = pq.read_table(self.folder / IDS, filters=[("id", "==", patient)])
        for file in dict.fromkeys(str(each) for each in rows.column("file").to_pylist()):
            yield from (one for one, _ in self.called_in(file, patient))

    def called_in(self, file: str, patient: str) -> Iterator[tuple[Patient, str]]:
        """The patients of an id in one file, each with the digest of what is on record. Raises FactsError where it
        cannot be read."""
        return self._read(file, lambda rows: self._patients_of(rows.filter(pc.equal(rows.column("id"), patient))))

    def names(self) -> Iterator[Patient]:
        """Everybody, with nothing but what says who they are. Raises FactsError."""
        for part in self.about.parts:
            for who in self._read(part.file, lambda rows: from_table(rows, _Who), _Who.__struct_fields__):
                yield Patient(who.id, self.about.dictionary, identifiers=who.identifiers, address=who.address)

    @cached_property
    def _doubled(self) -> frozenset[str]:
        return frozenset(self.about.doubled)

    def ids_in(self, part: Part) -> list[str]:
        """Who stands in one file, also where that can no longer be read."""
        rows = pq.read_table(self.folder / IDS, filters=[("file", "==", part.file)])
        return [str(each) for each in rows.column("id").to_pylist()]


# ---- writing


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Nobody else writes into a folder meanwhile. It is made if it is not there.

    Raises FactsError where somebody else writes into it, or nobody could tell.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mend = "wait until it has ended, or name another folder"
    with open(folder / _LOCK, "w", opener=for_the_owner) as lock:
        _take(lock, folder, FactsError("another run uses this folder", mend, folder), alone=True)
        yield


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Nobody writes into a folder meanwhile. Others may read it.

    Raises FactsError where somebody writes into it, or nobody could tell.
    """
    if not os.access(folder / _LOCK, os.R_OK):  # a copy of such a folder
        yield
        return
    with open(folder / _LOCK, "rb") as lock:
        taken = FactsError("another run writes into this folder", "wait until it has ended", folder)
        _take(lock, folder, taken, alone=False)
        yield


_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""The errors that say that somebody else has the lock."""


def _take(lock: IO[Any], folder: Path, taken: FactsError, *, alone: bool) -> None:
    """Lock a file until it is closed: alone, or shared with others who only read. Windows has no shared lock."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            raise taken from None
        fault = f"whether another run uses this folder cannot be told: {error.strerror}"
        raise FactsError(fault, "name a folder on a file system that knows locks (flock)", folder) from None


def parquet_writer(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Writes a table whose pages carry checksums, so that a bit that turns over on a disk is seen when it is read."""
    return pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True)


def name_of_part(*said: object) -> str:
    """What a file of patients is called that was made from this."""
    return f"people-{hashlib.sha256(repr((__version__, *said)).encode()).hexdigest()[:20]}.parquet"


def write_part(folder: Path, name: str, read: Iterable[Patient | RecordError]) -> Part:
    """Write a file of patients, and set aside who cannot be used. Raises OSError."""
    schema = schema_of(Person)
    set_aside: list[SetAside] = []
    patients = 0

    def usable() -> Iterator[Person]:
        for each in read:
            if isinstance(each, RecordError):
                set_aside.append(SetAside(_place_of(each), each.problems[0].fault))
            else:
                yield person_of(each)

    with whole_file(folder / name) as file, parquet_writer(file, schema) as writer:
        people = usable()
        while rows := list(islice(people, PATIENTS_AT_ONCE)):
            for table in _tables_of(rows, set_aside):
                writer.write_table(table)
                patients += len(table)
        writer.add_key_value_metadata({_OWN: msgspec.json.encode(set_aside)})
    return Part(name, patients, tuple(set_aside))


def _tables_of(rows: Sequence[Person], set_aside: list[SetAside]) -> Iterator[pa.Table]:
    """Patients as a table; one by one where one of them has something that no column holds, who is set aside."""
    try:
        yield to_table(rows, Person)
    except (ValueError, OverflowError, pa.ArrowException) as error:
        if len(rows) > 1:
            for each in rows:
                yield from _tables_of([each], set_aside)
        else:
            fault = f"something on record cannot be kept: {error}"
            set_aside.append(SetAside(printable(rows[0].id)[:200], fault[:300]))


def _place_of(error: RecordError) -> str:
    place = error.problems[0].path
    return f"{error.file}: {place}" if place and not place.startswith(error.file) else error.file


def part_there(folder: Path, name: str) -> Part | None:
    """A file of patients that an earlier run has written; None if there is none, or it is not whole. One for which
    something was set aside is made again: perhaps it can be read by now."""
    try:
        with pq.ParquetFile(folder / name) as file:
            own = (file.schema_arrow.metadata or {}).get(_OWN) or (file.metadata.metadata or {}).get(_OWN)
            if own is None or not file.schema_arrow.equals(schema_of(Person)):
                return None
            if msgspec.json.decode(own, type=tuple[SetAside, ...]):
                return None
            return Part(name, file.metadata.num_rows)
    except (OSError, pa.ArrowException, msgspec.MsgspecError):
        return None


def finish(folder: Path, parts: Sequence[Part], dictionary: str, read_with: ReadWith) -> About:
    """Everything is written: remove what is of no use, make the index of ids, and say what the folder is."""
    names = {each.file for each in parts}
    for place in (*folder.glob("people-*.parquet"), *folder.glob(".people-*"), *folder.glob(f".{IDS}*")):
        if place.name not in names:
            place.unlink()
    schema = pa.schema([("id", pa.string()), ("file", pa.dictionary(pa.int32(), pa.string())), ("plain", pa.string())])
    with whole_file(folder / IDS) as file, parquet_writer(file, schema) as writer:
        for part in parts:
            ids = pq.read_table(folder / part.file, columns=["id"]).column("id").to_pylist()
            of_file = pa.DictionaryArray.from_arrays(pa.array([0] * len(ids), pa.int32()), pa.array([part.file]))
            plain = pa.array([None if is_unnamed(each) else plain_id(each) for each in ids], pa.string())
            writer.write_table(pa.Table.from_arrays([pa.array(ids, pa.string()), of_file, plain], schema=schema))
    with working(folder) as database:
        query = "SELECT plain FROM read_parquet(?) WHERE plain IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
        doubled = tuple([str(each) for (each,) in database.execute(query, [str(folder / IDS)]).fetchall()])
    about = About(FORM, __version__, dictionary, read_with, tuple(parts), doubled)
    with whole_file(folder / ABOUT) as written:
        written.write(msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n")
    return about


def working(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database that holds nothing but what it works on; what does not fit into memory waits in the folder."""
    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = false")
    database.execute("SET memory_limit = '1GB'")
    database.execute("SET temp_directory = '" + str(folder / ".work").replace("'", "''") + "'")
    return database


def begin(folder: Path) -> None:
    """The folder is not finished from now on."""
    (folder / ABOUT).unlink(missing_ok=True)
