"""A hierarchy that a site owns: what its codes say of the dictionary's concepts, looked up in an index file.

`omop.py` makes the file. It is an SQLite database that is read as a whole when it is opened, some megabytes of
compressed blocks, and closed again; so a `Hierarchy` never changes, needs no lock and may be shared between threads or
sent to another process. It holds

- `facts`: the form of the file, the vocabulary's release, the digest of the dictionary's codes (`digest_of_codes`);
- `concepts`: each concept of the dictionary, the hierarchies in which a code stands for the whole of it, and which
  concepts are broader;
- `codes`: every code that the vocabulary knows and has a place for, in order, in blocks; of each, which set it has, and
  its name if it is or may be something;
- `sets`: the hierarchies in which a code stands, the concepts that it is and those that it may be. What is in neither
  *is not*, if one code stands for the whole of it in each of these hierarchies, or is a kind of what *is not*; of the
  rest nothing is said.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from screener.rulebook import Code, Concept, Relation, Rulebook
from screener.values.refusals import Refusal, message
from screener.values.tables import table_rows

_T = TypeVar("_T")

FORM = "screener hierarchy 1"
"""What the first fact of a file says; another form of file gets another number."""

MOST_REMEMBERED = 4096
"""Codes and sets that are kept at hand: a hospital uses some hundreds of each."""

CODES_A_BLOCK, SETS_A_BLOCK = 512, 64


class TerminologyError(Refusal):
    """A vocabulary or an index that cannot be used. `str(error)` is the whole message, ready to be shown."""

    def __init__(self, fault: str, mend: str = "", file: Path | None = None) -> None:
        self.fault, self.mend, self.file = fault, mend, file
        super().__init__(message("terminology", fault, file or "", mend))


class Vocabulary(Struct, frozen=True):
    """A vocabulary of OMOP: what the dictionary calls its system, and the hierarchy in which its concepts stand (None:
    they are mapped into one). `of` are the systems of the dictionary whose codes are codes of it."""

    name: str
    system: str
    hierarchy: str | None
    of: tuple[str, ...]
    longer_lies_below: bool


@cache
def vocabularies() -> tuple[Vocabulary, ...]:
    """The vocabularies that are read (`vocabularies.tsv`)."""
    return tuple(
        Vocabulary(name, system, None if hierarchy == "-" else hierarchy, tuple(of.split()), longer == "below")
        for name, system, hierarchy, of, longer in rows_of("vocabularies.tsv")
    )


def rows_of(file: str) -> Iterator[list[str]]:
    """The rows of a table next to this file."""
    return table_rows(Path(__file__).with_name(file))


def plain(code: str) -> str:
    """A code as it is compared here: in capitals, without a dot and without blanks around it."""
    return code.strip().upper().replace(".", "")


def codes_of(concept: Concept) -> tuple[Code, ...]:
    """The codes that say that a concept is present, in the systems that are read; the whole of it among them."""
    codes = dict.fromkeys((*concept.codes, *concept.whole))
    return tuple(code for code in codes if code.system in _systems_read() and not code.absent)


@cache
def _systems_read() -> frozenset[str]:
    return frozenset(system for vocabulary in vocabularies() for system in vocabulary.of)


def digest_of_codes(rulebook: Rulebook) -> str:
    """What identifies the part of a dictionary that an index depends on: the codes of its concepts in the systems that
    are read, which are the whole, and the pairs of narrower and broader concepts."""
    described = [
        (name, concept.narrower, [(c.system, c.first, c.last) for c in codes], [(c.system, c.first) for c in whole])
        for name, concept in sorted(rulebook.concepts.items())
        for codes, whole in [(codes_of(concept), concept.whole)]
    ]
    return "sha256:" + hashlib.sha256(msgspec.json.encode(described)).hexdigest()


class _Set(Struct, frozen=True):
    """What codes have in common: where they stand, and the numbers of the concepts that they are or may be."""

    hierarchies: frozenset[str]
    is_: frozenset[int]
    may_be: frozenset[int]


class _Listed(Struct, frozen=True):
    """A concept of the dictionary as a file has it."""

    number: int
    whole: frozenset[str]
    broader: tuple[int, ...]


class Hierarchy:
    """An index of a vocabulary, opened from its file. It never changes, and may be shared between threads.

    `release` is the vocabulary's own word for its release (None: it says none), `digest` identifies the codes of the
    dictionary that it was built with, `checksum` its contents, `size` is how many codes it knows. With a rulebook, one
    that was built with other codes is refused. Raises TerminologyError if the file cannot be used.
    """

    def __init__(self, file: Path, rulebook: Rulebook | None = None) -> None:
        self.file = file
        try:
            self._read()
        except (sqlite3.Error, ValueError, TypeError, KeyError, LookupError, zlib.error, msgspec.DecodeError):
            raise self._damaged("it is damaged, or no index of a vocabulary") from None
        if rulebook is not None and self.digest != digest_of_codes(rulebook):
            raise TerminologyError(
                "the index was built with other codes than those of this dictionary",
                "build it anew by `screen terminology build`",
                file,
            )
        self._known: dict[tuple[str, str], tuple[int, str | None] | None] = {}
        self._decoded: dict[int, _Set] = {}

    def _read(self) -> None:
        if not self.file.is_file():
            raise TerminologyError(
                "there is no such file", "name an index that `screen terminology build` wrote", self.file
            )
        connection = sqlite3.connect(f"{self.file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            facts = dict(connection.execute("SELECT name, value FROM facts"))
            if facts["form"] != FORM:
                raise self._damaged(f"its form is `{facts['form']}`, and this screener reads `{FORM}`")
            concepts = connection.execute(
                "SELECT number, name, whole, broader FROM concepts ORDER BY number"
            ).fetchall()
            sets = connection.execute("SELECT first, body FROM sets ORDER BY first").fetchall()
            codes = connection.execute("SELECT system, first, body FROM codes ORDER BY system, first").fetchall()
        finally:
            connection.close()
        # What is damaged is found now, and not in the middle of a screening.
        if facts["checksum"] != _checksum(_others(facts), concepts, sets, codes):
            raise self._damaged("it is damaged: its checksum does not fit")
        self.release: str | None = facts["release"] or None
        self.digest: str = facts["digest"]
        self.checksum: str = facts["checksum"]
        self.size = int(facts["size"])
        self._concepts = {
            name: _Listed(number, frozenset(whole.split()), tuple(map(int, broader.split())))
            for number, name, whole, broader in concepts
        }
        self._whole = {each.number: each.whole for each in self._concepts.values()}
        self._sets: list[bytes] = [body for _, body in sets]
        self._firsts: dict[str, list[str]] = {}
        self._blocks: dict[str, list[bytes]] = {}
        for system, first, body in codes:
            self._firsts.setdefault(system, []).append(first)
            self._blocks.setdefault(system, []).append(body)

    def _damaged(self, fault: str) -> TerminologyError:
        return TerminologyError(
            f"the index cannot be used: {fault}",
            "build it anew by `screen terminology build`",
            self.file,
        )

    def relation(self, system: str, code: str, concept: str) -> Relation | None:
        """What a code says of a concept of the dictionary; None: this hierarchy says nothing of them.

        `system` is the dictionary's name of it (`snomed`).
        """
        listed = self._concepts.get(concept)
        known = self._entry(system, code)
        if listed is None or known is None:
            return None
        said = self._set(known[0])
        if listed.number in said.is_:
            return "is"
        if listed.number in said.may_be:
            return "may be"
        if not said.hierarchies:
            return None
        # What is not the broader concept is no kind of it, either.
        for number in (listed.number, *listed.broader):
            if said.hierarchies <= self._whole[number] and number not in said.is_ | said.may_be:
                return "is not"
        return None

    def name(self, system: str, code: str) -> str | None:
        """The vocabulary's name of a code that is or may be some concept; None for all others: they are not kept."""
        known = self._entry(system, code)
        return known[1] if known is not None else None

    def knows(self, system: str, code: str) -> bool:
        """Whether the vocabulary has the code, and a place for it in a hierarchy."""
        return self._entry(system, code) is not None

    def _entry(self, system: str, code: str) -> tuple[int, str | None] | None:
        """The number of a code's set, and its name."""
        key = (system, plain(code))
        if key in self._known:
            return self._known[key]
        found = self._find(*key)
        if len(self._known) < MOST_REMEMBERED:
            self._known[key] = found
        return found

    def _find(self, system: str, code: str) -> tuple[int, str | None] | None:
        place = bisect_right(self._firsts.get(system, []), code) - 1
        if place < 0:
            return None
        codes, sets, names = _unpacked(self._blocks[system][place], tuple[list[str], list[int], dict[str, str]])
        before = ""
        for number, (front, set_) in enumerate(zip(codes, sets, strict=True)):
            before = before[: ord(front[0]) - _NOTHING_SHARED] + front[1:]
            if before == code:
                return set_, names.get(str(number))
        return None

    def _set(self, number: int) -> _Set:
        known = self._decoded.get(number)
        if known is None:
            block = _unpacked(self._sets[number // SETS_A_BLOCK], list[tuple[list[str], list[int], list[int]]])
            hierarchies, is_, may_be = block[number % SETS_A_BLOCK]
            known = _Set(frozenset(hierarchies), frozenset(is_), frozenset(may_be))
            if len(self._decoded) < MOST_REMEMBERED:
                self._decoded[number] = known
        return known


# ---- how a file is written


class IndexedCode(Struct, frozen=True):
    """A code as it goes into an index: where it stands, and the numbers of the concepts that it is or may be."""

    system: str
    code: str
    name: str
    hierarchies: tuple[str, ...]
    is_: tuple[int, ...] = ()
    may_be: tuple[int, ...] = ()


class WrittenIndex(Struct, frozen=True):
    """What went into a file: how many codes, how many of them are or may be something, how many different sets."""

    codes: int
    related: int
    sets: int


def write_index(
    file: Path,
    entries: Iterable[IndexedCode],
    concepts: Sequence[tuple[str, Iterable[str], Iterable[int]]],
    *,
    digest: str,
    release: str | None,
) -> WrittenIndex:
    """Write an index into a new file. `entries` come in order of system and plain code; of several with the same code
    the first counts. A concept's number is its place among `concepts`; with its name go the hierarchies in which a code
    stands for the whole of it, and the numbers of the broader ones."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.executescript(_TABLES)
        connection.execute("BEGIN")
        numbered = [
            (number, name, " ".join(sorted(whole)), " ".join(map(str, sorted(broader))))
            for number, (name, whole, broader) in enumerate(concepts)
        ]
        connection.executemany("INSERT INTO concepts VALUES (?, ?, ?, ?)", numbered)
        sets: dict[tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]], int] = {}
        blocks: list[tuple[str, str, bytes]] = []
        codes = related = 0
        for block in _blocks(entries):
            numbers = [sets.setdefault((each.hierarchies, each.is_, each.may_be), len(sets)) for each in block]
            names = {str(place): each.name for place, each in enumerate(block) if each.is_ or each.may_be}
            body = _packed((list(_fronts([each.code for each in block])), numbers, names))
            blocks.append((block[0].system, block[0].code, body))
            codes, related = codes + len(block), related + len(names)
        in_order = list(sets)
        firsts = range(0, len(in_order), SETS_A_BLOCK)
        set_blocks = [(first, _packed(in_order[first : first + SETS_A_BLOCK])) for first in firsts]
        connection.executemany("INSERT INTO sets VALUES (?, ?)", set_blocks)
        connection.executemany("INSERT INTO codes VALUES (?, ?, ?)", blocks)
        facts = {
            "form": FORM,
            "release": release or "",
            "digest": digest,
            "size": str(codes),
        }
        facts["checksum"] = _checksum(_others(facts), numbered, set_blocks, blocks)
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        connection.execute("COMMIT")
        return WrittenIndex(codes, related, len(sets))
    finally:
        connection.close()


_TABLES = """
PRAGMA journal_mode = OFF;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE concepts (number INTEGER PRIMARY KEY, name TEXT NOT NULL, whole TEXT NOT NULL, broader TEXT NOT NULL);
CREATE TABLE sets (first INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE codes (system TEXT, first TEXT, body BLOB NOT NULL, PRIMARY KEY (system, first));
"""

_NOTHING_SHARED = ord("0")


def _blocks(entries: Iterable[IndexedCode]) -> Iterator[list[IndexedCode]]:
    """The entries in blocks of one system, each code once."""
    block: list[IndexedCode] = []
    for entry in entries:
        if block and (entry.system, entry.code) == (block[-1].system, block[-1].code):
            continue
        if block and (entry.system != block[0].system or len(block) == CODES_A_BLOCK):
            yield block
            block = []
        block.append(entry)
    if block:
        yield block


def _fronts(codes: Iterable[str]) -> Iterator[str]:
    """Each code without what it shares with the one before it; how much that is stands first, as one letter."""
    before = ""
    for code in codes:
        shared = next((at for at, (a, b) in enumerate(zip(before, code, strict=False)) if a != b), len(before))
        yield chr(_NOTHING_SHARED + shared) + code[shared:]
        before = code


def _packed(content: object) -> bytes:
    return zlib.compress(msgspec.json.encode(content), 9)


def _unpacked(body: bytes, form: type[_T]) -> _T:
    return msgspec.json.decode(zlib.decompress(body), type=form)


def _others(facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """All facts but the checksum."""
    return sorted((name, value) for name, value in facts.items() if name != "checksum")


def _checksum(*tables: Iterable[Sequence[object]]) -> str:
    """What tells a damaged file: of every cell of these tables, in order."""
    total = 0
    for table in tables:
        for row in table:
            for cell in row:
                total = zlib.crc32(cell if isinstance(cell, bytes) else f"{cell}\n".encode(), total)
    return f"{total:08x}"
