"""What lies in a folder of records: which files are read, and what is passed over and named.

Only names and kinds of things are looked at here, and the first bytes of what is not read, to tell whether something
of a patient may stand in it. Nothing is waited for: pipes, sockets and devices are never opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from screener.records.documents import head_of, odd_file
from screener.records.errors import RecordError, printable
from screener.records.foreign import foreign_text, is_prose

BULK_ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
"""How the files of a bulk export are named."""
RECORD_ENDINGS = (".json", ".json.gz")
SHEET_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")
"""How the files are named that hold rows and columns."""
DEEPEST_FOLDER = 16
"""Folders inside one another."""
_WITHOUT_PATIENTS = (".log", ".md5", ".sha256", ".sha512")
_OF_THE_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})


class Unread(Struct, frozen=True):
    """Something in a folder that is not read, by its name there. `why` completes the sentence that begins with the
    name. `may_hold`: it may hold something about a patient."""

    name: str
    why: str
    may_hold: bool


class Contents(Struct, frozen=True):
    """What lies in a folder and in the folders inside it, each kind in the order of its names."""

    bulk: tuple[Path, ...] = ()
    records: tuple[Path, ...] = ()
    others: tuple[Unread, ...] = ()


def contents_of(folder: Path) -> Contents:
    """Look through a folder. Raises OSError if it cannot be opened."""
    bulk: list[Path] = []
    records: list[Path] = []
    others: list[Unread] = []
    for found in _found(folder, folder, 0, set()):
        if isinstance(found, Unread):
            others.append(found)
        else:
            (bulk if found.name.lower().endswith(BULK_ENDINGS) else records).append(found)
    return Contents(tuple(bulk), tuple(records), tuple(others))


def _found(folder: Path, root: Path, depth: int, seen: set[tuple[int, int]]) -> Iterator[Path | Unread]:
    """The files to be read, and what is not, of a folder and of those inside it. A folder that has been looked through,
    which a link may lead back to, is not looked through again."""
    here = folder.stat()
    if (here.st_dev, here.st_ino) in seen:
        return
    seen.add((here.st_dev, here.st_ino))
    for place in sorted(folder.iterdir()):
        name = name_in(place, root)
        try:
            mode = place.stat().st_mode
        except OSError as error:
            yield Unread(name, f"it cannot be read: {(error.strerror or str(error)).lower()}", may_hold=True)
            continue
        if (odd := odd_file(mode)) is not None:
            yield Unread(name, f"{odd[0]}, and is not read", may_hold=True)
        elif not stat.S_ISDIR(mode):
            is_record = place.name.lower().endswith((*BULK_ENDINGS, *RECORD_ENDINGS)) and place.name[0] != "."
            yield place if is_record else _unread(place, name)
        elif place.name.startswith("."):
            yield Unread(f"{name}/", "it is a hidden folder, and is not read", may_hold=False)
        elif depth >= DEEPEST_FOLDER:
            yield Unread(f"{name}/", "folders lie in one another too deeply", may_hold=True)
        else:
            try:
                yield from _found(place, root, depth + 1, seen)
            except OSError as error:
                yield Unread(f"{name}/", f"it cannot be read: {(error.strerror or str(error)).lower()}", may_hold=True)


def name_in(place: Path, root: Path) -> str:
    """What a file is called inside a folder."""
    return printable(os.fspath(place.relative_to(root)))


HOLDS_NOTHING = "it holds no resource, and is not read"


def _unread(place: Path, name: str) -> Unread:
    """A file that is named otherwise than records are."""
    if place.name.lower().endswith(_WITHOUT_PATIENTS) or place.name.lower() in _OF_THE_SYSTEM:
        return Unread(name, HOLDS_NOTHING, may_hold=False)
    if place.name.lower().endswith(SHEET_ENDINGS):
        return Unread(name, "it is a spreadsheet, which is read only if the call itself names it", may_hold=True)
    try:
        head = head_of(place)
    except (RecordError, OSError):
        return Unread(name, "it is not read", may_hold=True)
    foreign = foreign_text(head)
    if not head.strip() or is_prose(head) or (foreign is not None and not foreign.may_hold):
        return Unread(name, HOLDS_NOTHING, may_hold=False)
    return Unread(
        name, foreign.what if foreign is not None else "it is not named as a file of records is", may_hold=True
    )
