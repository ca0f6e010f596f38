"""The sources of records, in one table. A new source is one file and one line here.

A source's file has two functions. `recognises(source)` says whether it can read a source. It looks at what the source
is and how it is named, and opens nothing that it need not open. `groups(source, how)` yields what belongs together.
Each group gives the names of its patients and the patients, with a RecordError in the place of one that cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from os import PathLike
from os.path import isdir
from pathlib import Path
from typing import Any, Protocol, TypeGuard, cast, runtime_checkable

from msgspec import Struct

from screener.records.dictionary import Dictionary
from screener.records.documents import Kept
from screener.records.errors import RecordError, printable
from screener.records.folders import Unread
from screener.records.locales import Locale
from screener.records.patient import Patient
from screener.records.sightings import Sightings

Source = Mapping[str, Any] | str | bytes | PathLike[str] | Kept

SOURCES = (
    "screener.records.facts.source",
    "screener.records.omop.source",
    "screener.records.exports",
    "screener.records.spreadsheets",
    "screener.records.json_records",
)
"""The modules. The first that recognises a source reads it; the last takes whatever is left."""


class HowRead(Struct, frozen=True):
    """How everything of one source is read. `file` is what messages call it, `name` what a patient without an id is
    called."""

    dictionary: Dictionary
    file: str
    name: str | None
    sightings: Sightings | None = None
    locale: Locale | None = None
    columns: Mapping[str, str] | None = None


class Group(Protocol):
    """A part of a source that belongs together and is read together."""

    def names(self) -> Iterable[str]:
        """The names of its patients. Raises RecordError if they cannot be known."""

    def patients(self) -> Iterator[Patient | RecordError]:
        """Its patients, and those who cannot be used."""


@runtime_checkable
class InLots(Protocol):
    """A group with so many patients that they may be read some at a time."""

    def lots(self, size: int) -> Sequence[Callable[[], Iterator[Patient | RecordError]]]:
        """What gives its patients, about so many each."""


class SourceOfRecords(Protocol):
    """What the file of a source has."""

    def recognises(self, source: Source) -> bool:
        """Whether it reads this source."""

    def groups(self, source: Source, how: HowRead) -> Iterator[Group | RecordError]:
        """What the source holds. Raises RecordError where it cannot be read as a whole."""


@runtime_checkable
class FolderOfRecords(Protocol):
    """What a source's file has in addition, if a folder that it recognises may hold single records."""

    def records_in(self, folder: Path) -> tuple[list[Path], tuple[Unread, ...]]:
        """The sources in the folder, and what is not read."""


def _reader_of(source: Source) -> SourceOfRecords:
    """The first that recognises a source."""
    readers = (cast("SourceOfRecords", import_module(home)) for home in SOURCES)
    return next(each for each in readers if each.recognises(source))


def groups_in(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """What a source holds, by the first that recognises it. Raises RecordError where it cannot be read as a whole."""
    yield from _reader_of(source).groups(source, how)


def records_in(folder: Path) -> tuple[list[Path], tuple[Unread, ...]]:
    """The sources in a folder: the folder itself if all of it is one source, else each file of a record in it. The
    second part is what is not read."""
    reader = _reader_of(folder)
    return reader.records_in(folder) if isinstance(reader, FolderOfRecords) else ([folder], ())


# ---- what a source is


def called(source: object) -> str:
    """What messages call a source."""
    is_path = isinstance(source, str | PathLike) and not is_text(source)
    return str(source) if is_path and str(source).strip() else "record"


def name_of(source: object) -> str | None:
    """What a patient without an id is called: as the file is."""
    if not isinstance(source, str | PathLike) or is_text(source):
        return None
    return printable(Path(source).stem) if not isdir(source) else None


def is_text(source: object) -> TypeGuard[str]:
    """Whether it is JSON, and not the path of a file."""
    return isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def path_of(source: object) -> Path | None:
    """The place that a source names, if it is no data itself."""
    names_a_place = isinstance(source, PathLike) or (isinstance(source, str) and source.strip() and not is_text(source))
    return Path(source) if names_a_place and isinstance(source, str | PathLike) else None
