"""A large export, read patient by patient: where each resource lies, and which have to be read together.

An export has a file for each kind of resource, so one patient's resources are spread over all of them. A first pass
notes for each resource where it lies, whose it is, and what it refers to. Then what belongs together is read again, one
patient after the other. A group is chosen too large rather than too small. It has all resources about a patient and
what they refer to; patients who refer to each other's resources, or share an id of a resource; and resources that are
about a patient without saying whom. So the answers are those of reading everything at once.

If plain references (`Patient/1`) do not show what belongs together, as with identifiers or contained patients,
everything is read at once.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from io import BufferedIOBase, FileIO
from os import pread
from pathlib import Path
from typing import IO, Any
from weakref import finalize

import msgspec

from screener.records.dictionary import Dictionary
from screener.records.documents import Document, parse, refused
from screener.records.errors import RecordError
from screener.records.fhir.mentions import at, fields
from screener.records.fhir.patients import READ_KINDS, REFERRED_TO, names_in, read_resources, subject_of
from screener.records.fhir.resources import is_kind
from screener.records.folders import Unread
from screener.records.foreign import deletions
from screener.records.patient import Patient
from screener.records.sightings import Sightings

MOST_OF_NOBODY = 200
"""Resources that every patient is read with. With more of them everything is read at once."""

MOST_FILES = 100
"""Files that are kept open. What is in more of them is written down anew."""

_EXPORT = "the export"
_OF_THE_EXPORT = frozenset({"OperationOutcome"})
"""Resources about nobody that speak of the export itself."""
_TELLING = READ_KINDS | fields().keys()
"""Kinds of resources that may say something of a patient."""
_FOLLOWED = _TELLING | REFERRED_TO | {"Patient"}
"""Kinds of resources whose references are followed, or that are followed to."""
_NOBODYS, _SHARED, _LEFT_OUT = -1, -2, -3
"""In place of a patient: what everybody is read with; what is read with who refers to it; what nobody needs."""

_ID = r"[A-Za-z0-9\-._]{1,128}"
_PLAIN = re.compile(rf"([A-Za-z]+)/({_ID})")
_ADDRESS = re.compile(rf"(?:https?://[^?#|]+/)?([A-Z][A-Za-z]*)/({_ID})(?:/_history/[^/?#|]+)?/?")
_URN = re.compile(rf"urn:uuid:({_ID})")
_SEARCH = re.compile(r"([A-Z][A-Za-z]*)\?")
_REFERENCE = re.compile(rb'"reference"\s*:\s*(?:"([^"\\]*)"|\{)')
_IDENTIFIED = re.compile(rb'"identifier"\s*:\s*\{')
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Spread:
    """Resources that came together and are too many to be held.

    It is long because all questions about where a resource lies are put to one index.
    """

    def __init__(self) -> None:
        self.is_plain = True
        """Whether plain references show what belongs together."""
        self._files: list[IO[bytes] | FileIO] = []
        finalize(self, _close, self._files)
        self._file_of: dict[Path | None, int] = {}
        self._spooled = 0
        self._file, self._start, self._size = array("H"), array("Q"), array("I")
        self._places: list[str] = []
        self._place_of, self._line = array("I"), array("I")
        self._whose, self._name, self._id = array("i"), array("Q"), array("Q")
        self._link_from, self._link_to = array("I"), array("Q")
        self._urn_from, self._urn_to = array("I"), array("Q")
        self._persons: dict[str, int] = {}
        self._first_seen: list[int] = []
        self._patient_seen: dict[int, None] = {}
        self._joined: list[int] = []
        self._by_urn: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._whose)

    # ---- the first pass

    def add(self, document: Document) -> None:
        """Keep where a resource lies, and what it belongs to."""
        number = len(self._whose)
        text = document.text or _ENCODER.encode(document.content)
        try:
            self._keep(document, text)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            mend = "name another folder for temporary files (`TMPDIR`)"
            raise refused(_EXPORT, "", f"it cannot be kept until it is read: {reason}", mend) from None
        body = document.content
        kind, identity = body.get("resourceType"), body.get("id")
        is_named = isinstance(kind, str) and isinstance(identity, str) and bool(identity)
        self._name.append(_named(kind, identity) if is_named else 0)
        self._id.append(_named("", identity) if is_named else 0)
        self._whose.append(_LEFT_OUT)
        if not self.is_plain:
            return
        if not is_kind(kind) or (kind == "Bundle" and not _deletes_no_patient(deletions(body))):
            self._tell_apart_no_more()
        elif kind == "Bundle":
            self._whose[number] = _NOBODYS
        elif kind == "Patient":
            self._add_patient(number, body, text)
        else:
            whose = self._whose[number] = self._subject(kind, body)
            if whose >= 0 and self._first_seen[whose] < 0:
                self._first_seen[whose] = number
            if (whose >= 0 and kind in _FOLLOWED) or whose in (_NOBODYS, _SHARED):
                self._add_links(number, text)

    def _tell_apart_no_more(self) -> int:
        self.is_plain = False
        return _NOBODYS

    def _keep(self, document: Document, text: bytes) -> None:
        key = document.file if document.start is not None else None
        if key not in self._file_of and len(self._files) >= MOST_FILES:
            key = None
        start = document.start if key is not None else None
        file = self._file_of.get(key)
        if file is None:
            file = self._file_of[key] = len(self._files)
            # What was packed is written down unpacked, in a file without a name that is gone with this process.
            opened = key.open("rb", buffering=0) if key is not None else tempfile.TemporaryFile()  # noqa: SIM115
            self._files.append(opened)
        if start is None:
            start, self._spooled = self._spooled, self._spooled + len(text)
            self._files[file].write(text)
        self._file.append(file)
        self._start.append(start)
        self._size.append(len(text))
        where, _, line = document.place.rpartition("line ")
        if not line.isdigit():
            where, line = document.place, "0"
        if not self._places or self._places[-1] != where:
            self._places.append(where)
        self._place_of.append(len(self._places) - 1)
        self._line.append(int(line))

    def _person(self, identity: str) -> int:
        number = self._persons.get(identity)
        if number is None:
            number = self._persons[identity] = len(self._joined)
            self._joined.append(number)
            self._first_seen.append(-1)
            if (folded := identity.lower()) != identity:
                self._join(number, self._person(folded))
        return number

    def _add_patient(self, number: int, body: dict[str, Any], text: bytes) -> None:
        identity = body.get("id")
        is_plain = isinstance(identity, str) and _PLAIN.fullmatch(f"Patient/{identity}") is not None
        if not isinstance(identity, str) or not is_plain or _is_linked_by_identifier(body):
            self._tell_apart_no_more()
            return
        whose = self._whose[number] = self._person(identity)
        self._patient_seen.setdefault(whose)
        for kind, other in self._references(text):
            if kind in ("", "Patient"):
                self._join(whose, self._person(other))

    def _subject(self, kind: str, body: dict[str, Any]) -> int:
        """Whose a resource is."""
        reference = subject_of(kind, body)
        if reference is not None:
            target = reference.get("reference")
            if (
                not isinstance(target, str)
                or "identifier" in reference
                or reference.get("type", "Patient") != "Patient"
            ):
                return self._tell_apart_no_more()
            if (urn := _URN.fullmatch(target)) is not None:
                person = self._person(urn[1])
                self._by_urn[person] = _named("", urn[1])
                return person
            if (plain := _PLAIN.fullmatch(target)) is not None:
                return self._person(plain[2]) if plain[1] == "Patient" else _NOBODYS
            return self._tell_apart_no_more()
        if kind in _TELLING | _OF_THE_EXPORT:
            return _NOBODYS
        return _SHARED if kind in REFERRED_TO else _LEFT_OUT

    def _add_links(self, number: int, text: bytes) -> None:
        if _IDENTIFIED.search(text):
            self._tell_apart_no_more()
            return
        for kind, identity in self._references(text):
            if not kind:
                self._urn_from.append(number)
                self._urn_to.append(_named("", identity))
            elif kind in _FOLLOWED:
                self._link_from.append(number)
                self._link_to.append(_named(kind, identity))

    def _references(self, text: bytes) -> Iterator[tuple[str, str]]:
        """The types and ids that a resource refers to, wherever in it; no type where a URN says none."""
        found = list(_REFERENCE.finditer(text))
        if len(found) != text.count(b'"reference"'):
            self._tell_apart_no_more()
            return
        for each in found:
            target = (each[1] or b"").decode()
            if not target or target.startswith("#"):
                continue
            if (searched := _SEARCH.match(target)) is not None and searched[1] not in _FOLLOWED:
                continue
            if (urn := _URN.fullmatch(target)) is not None:
                yield "", urn[1]
                continue
            address = _ADDRESS.fullmatch(target)
            if address is None:
                self._tell_apart_no_more()
                return
            yield address[1], address[2]

    # ---- what belongs together

    def _join(self, one: int, other: int) -> None:
        one, other = self._group(one), self._group(other)
        self._joined[max(one, other)] = min(one, other)

    def _group(self, person: int) -> int:
        while self._joined[person] != person:
            self._joined[person] = person = self._joined[self._joined[person]]
        return person

    def _persons_in_order(self) -> list[int]:
        """Who has a Patient resource, in the order of these; then the others, as they were first met."""
        others = (each for each in range(len(self._joined)) if each not in self._patient_seen)
        met = sorted((each for each in others if self._first_seen[each] >= 0), key=self._first_seen.__getitem__)
        return [*self._patient_seen, *met]

    def _urns_are_plain(self) -> bool:
        """Whether each URN that says whom something is about is that of one Patient, and of nothing else."""
        named = set(self._by_urn.values())
        times = Counter(each for each in self._id if each in named)
        return self._by_urn.keys() <= self._patient_seen.keys() and all(times[each] == 1 for each in named)

    def _tie(self) -> tuple[list[int], dict[int, list[int]], dict[int, list[int]]]:
        """What everybody is read with; and what else, by patient, or by a resource that refers to it."""
        order, names = self._sorted(self._name)
        self._tie_repetitions(order, names)
        of_persons: dict[int, list[int]] = {}
        of_resources: dict[int, list[int]] = {}
        for link, target in self._links(order, names):
            whose, other = self._whose[link], self._whose[target]
            if whose >= 0 and other >= 0:
                self._join(whose, other)
            elif whose >= 0 and other == _SHARED:
                of_persons.setdefault(whose, []).append(target)
            elif whose == _SHARED and other >= 0:
                of_persons.setdefault(other, []).append(link)
            elif other == _SHARED:
                of_resources.setdefault(link, []).append(target)
        return [each for each in range(len(self)) if self._whose[each] == _NOBODYS], of_persons, of_resources

    def _sorted(self, names: array[int]) -> tuple[array[int], array[int]]:
        order = array("I", sorted(range(len(names)), key=names.__getitem__))
        return order, array("Q", (names[each] for each in order))

    def _links(self, order: array[int], names: array[int]) -> Iterator[tuple[int, int]]:
        """Which resource refers to which."""
        yield from _met(self._link_from, self._link_to, order, names)
        if self._urn_from:
            yield from _met(self._urn_from, self._urn_to, *self._sorted(self._id))

    def _tie_repetitions(self, order: Sequence[int], names: Sequence[int]) -> None:
        for place in range(1, len(order)):
            if names[place] == 0 or names[place] != names[place - 1]:
                continue
            one, other = order[place - 1], order[place]
            whose = self._whose[one], self._whose[other]
            if min(whose) >= 0:
                self._join(*whose)
            else:
                # A note to every patient tells of a repeated resource that is about nobody: all are read with it.
                for each in (one, other):
                    if self._whose[each] < 0:
                        self._whose[each] = _NOBODYS
                    else:
                        self._tell_apart_no_more()

    # ---- the second pass

    def documents(self, numbers: Sequence[int] | None = None) -> Iterator[Document]:
        """The resources of these numbers, read again; without, all of them. Raises RecordError if they have changed."""
        for each in range(len(self)) if numbers is None else numbers:
            file, start, size = self._files[self._file[each]], self._start[each], self._size[each]
            # Processes that were forked from this one share the place in a file, so nobody moves it.
            text = pread(file.fileno(), size, start)
            line = f"line {self._line[each]}" if self._line[each] else ""
            place = f"{self._places[self._place_of[each]]}{line}"
            if len(text) < size:
                raise refused(_EXPORT, place, "it has changed while it was read", "screen it again")
            yield Document(parse(text, _EXPORT, place), place)

    def names(self, name: str | None) -> list[str]:
        """What the patients are called."""
        apart = self._told_apart
        if apart is None:
            return names_in(self.documents(), name)
        called = list(self._persons)
        return [called[each] for each in apart[0]]

    @cached_property
    def _told_apart(self) -> tuple[list[int], list[int], dict[int, list[int]], dict[int, list[int]]] | None:
        """Who is read one after the other; with what everybody is read, and what each is read with besides. None where
        everything is read at once."""
        common, of_persons, of_resources = self._tie() if self.is_plain else ([], {}, {})
        self.is_plain = self.is_plain and self._urns_are_plain()
        persons = self._persons_in_order()
        # With one who is at hand, what is about others may be about this one.
        is_alone = len(persons) < 2 or len(self._patient_seen) == 1
        for file in self._files:
            if isinstance(file, BufferedIOBase):
                file.flush()
        if not self.is_plain or is_alone or len(common) > MOST_OF_NOBODY:
            return None
        return persons, common, of_persons, of_resources

    def lots(self, size: int) -> list[Sequence[int] | None]:
        """Persons, about so many at a time, who can be read without the others; None for all where nobody can."""
        apart = self._told_apart
        if apart is None:
            return [None]
        groups: dict[int, list[int]] = {}
        for person in apart[0]:
            groups.setdefault(self._group(person), []).append(person)
        found: list[list[int]] = [[]]
        for persons in groups.values():
            if len(found[-1]) >= size:
                found.append([])
            found[-1] += persons
        return list(found)

    def patients(
        self,
        dictionary: Dictionary,
        file: str,
        name: str | None,
        sightings: Sightings | None,
        unread_places: Sequence[str],
        beside: Sequence[Unread],
        lot: Sequence[int] | None = None,
    ) -> Iterator[Patient | RecordError]:
        """The patients, all or those of one lot, in the order in which they come if everything is read at once."""
        apart = self._told_apart
        if apart is None:
            documents = list(self.documents())
            yield from read_resources(
                documents, dictionary, file, name, sightings, unread_places=unread_places, beside=beside
            )
            return
        persons, common, of_persons, of_resources = apart
        persons = persons if lot is None else list(lot)
        own = self._own
        groups: dict[int, list[int]] = {}
        for person in persons:
            groups.setdefault(self._group(person), []).append(person)
        waiting: dict[int, deque[Patient | RecordError]] = {}
        for person in persons:
            group = self._group(person)
            members = groups[group]
            if person == members[0]:
                numbers = {*common, *own[group]}
                also = [each for member in members for each in of_persons.get(member, ())]
                also += [each for one in common for each in of_resources.get(one, ())]
                while also:
                    if (each := also.pop()) not in numbers:
                        numbers.add(each)
                        also += of_resources.get(each, ())
                read = read_resources(
                    list(self.documents(sorted(numbers))),
                    dictionary,
                    file,
                    None,
                    sightings,
                    unread_places=unread_places,
                    beside=beside,
                    among_others=True,
                )
                waiting[group] = deque(read)
            if person != members[-1]:
                if waiting[group]:
                    yield waiting[group].popleft()
            else:
                yield from waiting.pop(group)

    @cached_property
    def _own(self) -> dict[int, array[int]]:
        """The resources of each group of persons."""
        own: dict[int, array[int]] = {}
        for number, whose in enumerate(self._whose):
            if whose >= 0:
                own.setdefault(self._group(whose), array("I")).append(number)
        return own

    def close(self) -> None:
        """Close the files."""
        _close(self._files)


def _close(files: list[IO[bytes] | FileIO]) -> None:
    for each in files:
        each.close()


def _is_linked_by_identifier(patient: dict[str, Any]) -> bool:
    """Whether a Patient says by an identifier who else is the same person."""
    return any(isinstance(each, dict) and "identifier" in each for _, each in at(patient, ("link", "other")))


def _deletes_no_patient(deleted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there are entries, and they delete what is about patients, and no Patient."""
    return bool(deleted) and not any("Patient/" in str(each) for each in deleted)


def _met(
    links: Sequence[int], sought: Sequence[int], order: Sequence[int], names: Sequence[int]
) -> Iterator[tuple[int, int]]:
    for link, name in zip(links, sought, strict=True):
        place = bisect_left(names, name)
        while place < len(names) and names[place] == name:
            yield link, order[place]
            place += 1


def _named(kind: str, identity: str) -> int:
    """A number for a type and an id, the same for the same in any case of letters; never 0."""
    return hash((kind, identity.lower())) & 0xFFFF_FFFF_FFFF_FFFF or 1
