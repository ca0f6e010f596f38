"""Records into facts: `screen ingest SOURCE… --out FACTS`.

The work is cut into pieces, and each becomes one file of patients. A piece is named after what it is read from and
how, so a run that was ended goes on where it stopped, and a source that has changed is read again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from screener.cohort.given import Given
from screener.jobs import forked_in_order
from screener.records.dictionary import Dictionary
from screener.records.documents import refused
from screener.records.errors import RecordError, printable
from screener.records.facts.columns import prepare
from screener.records.facts.folder import (
    About,
    Part,
    alone_in,
    begin,
    finish,
    name_of_part,
    part_there,
    write_part,
)
from screener.records.locales import Locale
from screener.records.omop import server
from screener.records.patient import NOTHING_BESIDES, Patient, ReadWith
from screener.records.reading import read_with
from screener.records.sources import Group, HowRead, InLots, called, groups_in, name_of, records_in

FILES_AT_ONCE, BYTES_AT_ONCE = 200, 32 * 1024 * 1024
"""How much of a folder of records one piece takes at most. A file that is larger than that is taken apart itself."""
PIECES, LEAST_FILES = 16, 16
"""So many pieces, at least, are made of a folder with files enough, so that several processes have something to do;
and so many files a piece takes, at least."""
PATIENTS_OF_A_PIECE = 500
COPIES = ".copies"
"""Where copies of databases lie, in the folder of facts, while they are read."""

Read = Iterator[Patient | RecordError]


class Manner(Struct, frozen=True):
    """How records are read."""

    dictionary: Dictionary
    locale: Locale | None = None
    columns: Mapping[str, str] | None = None
    given: Given | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """What of it may change what is read."""
        answers = None if self.given is None else self.given.digest
        return self.dictionary.rulebook.dictionary_digest, self.read_with, answers

    @property
    def read_with(self) -> ReadWith:
        """What records are read with besides the dictionary."""
        return read_with(self.dictionary, self.locale, self.columns)


class Source(Struct, frozen=True):
    """A source: where it lies, and what messages call it."""

    place: Path
    name: str


class Piece(Struct, frozen=True):
    """A piece of the work: the name of the file that it becomes, and how its patients are read."""

    name: str
    read: Callable[[], Read]


def ingest(
    sources: Sequence[Path | str],
    folder: Path,
    manner: Manner,
    jobs: int = 1,
    count: Callable[[int], None] = lambda patients: None,
) -> About:
    """Write the facts of every patient of the sources into a folder, by so many processes. `count` is called with the
    number of patients of each file, as it is written. A source is a place, or the address of a database, which is first
    copied.

    A file or patient that cannot be used is set aside and named in what is returned. Raises FactsError where somebody
    else writes into the folder, RecordError where a database cannot be read, and OSError where the folder cannot be
    written.
    """
    parts: list[Part] = []
    prepare()
    with alone_in(folder), _copies(sources, folder / COPIES) as places:
        begin(folder)
        work, pieces = partial(_written, folder, manner), _pieces_of(places, manner)
        # What this process remembers of codes and words after the first piece, every process that it forks has, too.
        here = map(work, islice(pieces, 1))
        for part in chain(here, forked_in_order(work, pieces, jobs)):
            parts.append(part)
            count(part.patients)
        return finish(folder, parts, manner.dictionary.rulebook.dictionary_digest, manner.read_with)


@contextmanager
def _copies(sources: Sequence[Path | str], workshop: Path) -> Iterator[list[Source]]:
    """The sources, with a copy in the place of each database, which is there as long as it is read. What a run left
    that was killed is removed."""
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        places: list[Source] = []
        for number, source in enumerate(sources):
            if isinstance(source, Path):
                places.append(Source(source, called(source)))
                continue
            workshop.mkdir(mode=0o700, exist_ok=True)
            places.append(Source(server.copy_of(source, workshop / str(number)), server.called(source)))
        yield places
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _written(folder: Path, manner: Manner, piece: Piece) -> Part:
    return part_there(folder, piece.name) or write_part(folder, piece.name, _with(piece.read(), manner))


def _with(read: Read, manner: Manner) -> Read:
    """The patients, each with what it was read with, and with the answers that the call gives. Facts that are read
    again say already what they were read with."""
    besides, given = manner.read_with, manner.given
    for each in read:
        if isinstance(each, RecordError):
            yield each
            continue
        patient = each if each.read_with != NOTHING_BESIDES else replace(each, read_with=besides)
        try:
            yield patient if given is None else given.answered(patient)
        except RecordError as error:
            yield refused(error.file, printable(patient.id), error.problems[0].fault, error.problems[0].mend)


def _pieces_of(sources: Sequence[Source], manner: Manner) -> Iterator[Piece]:
    small: list[Path] = []
    large: list[Source] = []
    for source in sources:
        in_it = records_in(source.place)[0] if source.place.is_dir() else [source.place]
        for place in in_it:
            if place.is_file() and place.stat().st_size <= BYTES_AT_ONCE:
                small.append(place)
            else:
                large.append(source if place == source.place else Source(place, called(place)))
    yield from _pieces_of_files(small, manner)
    for each in large:
        yield from _pieces_of_one(each, manner)


def _pieces_of_files(places: Sequence[Path], manner: Manner) -> Iterator[Piece]:
    at_once = _files_at_once(len(places))
    lot: list[Path] = []
    size = 0
    for place in places:
        ends = len(lot) >= at_once or (len(lot) > at_once // 4 and _ends_a_lot(lot[-1], at_once))
        if lot and (ends or size + place.stat().st_size > BYTES_AT_ONCE):
            yield _piece_of_files(lot, manner)
            lot, size = [], 0
        lot.append(place)
        size += place.stat().st_size
    if lot:
        yield _piece_of_files(lot, manner)


def _files_at_once(files: int) -> int:
    """How many of so many files one piece takes: a power of two, so that one more file hardly ever changes it."""
    return min(FILES_AT_ONCE, max(1 << (files // PIECES).bit_length() >> 1, LEAST_FILES))


def _ends_a_lot(place: Path, at_once: int) -> bool:
    """Whether a lot ends with this file, by its name alone: where a file comes or goes, the lots after it stay."""
    return crc32(place.name.encode()) % (at_once // 2 or 1) == 0


def _piece_of_files(places: Sequence[Path], manner: Manner) -> Piece:
    return Piece(name_of_part(*manner.said, *map(_state_of, places)), partial(_read_files, tuple(places), manner))


def _read_files(places: Sequence[Path], manner: Manner) -> Read:
    for place in places:
        try:
            for group in groups_in(place, _how(Source(place, called(place)), manner)):
                yield from _read_groups([group])
        except RecordError as error:
            yield error


def _pieces_of_one(source: Source, manner: Manner) -> Iterator[Piece]:
    """The pieces of one large source: some of its groups at a time, or some patients of a group that is very large."""
    said = (*manner.said, _state_of(source.place))
    number = 0
    lot: list[Group | RecordError] = []
    try:
        for group in groups_in(source.place, _how(source, manner)):
            readers = group.lots(PATIENTS_OF_A_PIECE) if isinstance(group, InLots) else []
            if len(readers) < 2:
                lot.append(group)
            for reader in readers if len(readers) > 1 else ():
                yield Piece(name_of_part(*said, number), reader)
                number += 1
            if len(lot) == PATIENTS_OF_A_PIECE:
                yield Piece(name_of_part(*said, number), partial(_read_groups, tuple(lot)))
                number, lot = number + 1, []
    except RecordError as error:
        lot.append(error)
    if lot:
        yield Piece(name_of_part(*said, number), partial(_read_groups, tuple(lot)))


def _read_groups(groups: Sequence[Group | RecordError]) -> Read:
    for group in groups:
        if isinstance(group, RecordError):
            yield group
            continue
        try:
            yield from group.patients()
        except RecordError as error:  # the group breaks off
            yield error


def _how(source: Source, manner: Manner) -> HowRead:
    return HowRead(manner.dictionary, source.name, name_of(source.place), None, manner.locale, manner.columns)


def _state_of(place: Path) -> tuple[object, ...]:
    """What changes when a file, or a file in a folder, does. The copy of a database is another one each time."""
    files = sorted(each for each in place.rglob("*") if each.is_file()) if place.is_dir() else [place]
    stated = [(str(each), each.stat()) for each in files]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stated)
