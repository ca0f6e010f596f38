"""Records as JSON: of the native form, or FHIR; one document, several in a list, or one a line.

`documents.py` guards the door and gives the documents. Which of them belong together is found here: a Bundle and a
native record are whole in themselves, single resources of FHIR belong together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from screener.records.documents import (
    DEEPEST,
    Document,
    Kept,
    faults_of,
    from_data,
    is_deeper_than,
    read_bytes,
    read_file,
    read_stream,
    refused,
)
from screener.records.errors import Findings, RecordError, printable, quoted
from screener.records.folders import Unread
from screener.records.foreign import deletions, foreign_json, is_hook
from screener.records.native import NativeRecord, read_shape
from screener.records.native_entries import chart_of
from screener.records.patient import Patient
from screener.records.sources import Group, HowRead, Source, is_text

if TYPE_CHECKING:
    from screener.records.fhir.spread import Spread


def recognises(source: Source) -> bool:
    """Whatever nothing else reads is taken for JSON; what it is instead is then said."""
    return True


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """What a source holds. Raises RecordError where it cannot be read as a whole."""
    yield from groups_of(_documents(source, how.file), how)


def _documents(source: Source, file: str) -> Iterable[Document | RecordError]:
    match source:
        case Mapping():
            return [from_data(source, file) if "resourceType" in source else _as_it_is(source, file)]
        case bytes():
            return read_bytes(source, file)
        case str() if is_text(source):
            return read_bytes(source.encode(), file)
        case str() if not source.strip():
            raise refused(file, "", "there is no record: the text is empty", "give JSON, or the path of a file")
        case str() | PathLike():
            return read_file(Path(source), file)
        case Kept():
            return read_stream(source.from_its_beginning(), file)
        case _:
            fault = f"a record is one object, not {quoted(source)}"
            raise refused(file, "", fault, "give JSON, or the path of a file")


def _as_it_is(record: Mapping[str, Any], file: str) -> Document:
    """Plain data of the native form. Raises RecordError where it holds what is no text, or nests without end."""
    if is_deeper_than(record, DEEPEST):
        raise refused(file, "", "it is nested too deeply")
    if faults := faults_of(record):
        raise RecordError(faults, file)
    return Document(record)


_ONE_A_LINE = "write one record a line (NDJSON); the resources of FHIR may stand in one Bundle, too"

FIELDS = frozenset(NativeRecord.model_fields)


def groups_of(documents: Iterable[Document | RecordError | Unread], how: HowRead) -> Iterator[Group | RecordError]:
    """The groups of documents that came together. Single resources belong together; a Bundle is whole in itself."""
    loose, is_noted = _Loose(how), False
    for document in _opened(documents):
        if isinstance(document, Unread):
            loose.beside.append(document)
            continue
        if isinstance(document, RecordError):
            loose.unread_places.append(place_of(document))
            yield document
            continue
        content = document.content
        if not isinstance(content, Mapping):
            fault = f"a record is one object, not {quoted(content)}"
            is_list = isinstance(content, list)
            mend = _ONE_A_LINE if is_list else "screen each patient by itself"
            error = refused(how.file, document.place, fault, mend)
            loose.unread_places.append(place_of(error))
            yield error
        elif "resourceType" not in content and is_hook(content):
            yield _prefetched(document, how)
        elif "resourceType" not in content and (foreign := foreign_json(content, FIELDS)) is not None:
            error = refused(how.file, document.place, foreign.what, foreign.mend)
            if foreign.may_hold:
                loose.unread_places.append(place_of(error))
            yield error
        elif "resourceType" not in content:
            yield _Native(document, how)
        elif content["resourceType"] == "Bundle" and not document.is_part and not deletions(content):
            is_noted = True
            yield _Resources([document], how, beside=loose.beside)
        elif content["resourceType"] == "Parameters":
            yield _parameters(document, how)
        else:
            loose.add(document)
    if loose.holds_any:
        yield loose
    elif not is_noted:  # records of the native form have no notes on files next to them
        for each in loose.beside:
            if each.may_hold:
                yield refused(how.file, each.name, each.why)


MOST_HELD = 4 * 1024 * 1024
"""Bytes of resources, each by itself, that are held at once. Of more than that only where each lies is kept."""

_OF_A_FILE = 1000
"""Bytes that a resource is taken to have that is a file by itself."""


class _Loose:
    """Single resources that came together."""

    def __init__(self, how: HowRead) -> None:
        self.how = how
        self.documents: list[Document] = []
        self.size = 0
        self.spread: Spread | None = None
        self.unread_places: list[str] = []
        self.beside: list[Unread] = []

    @property
    def holds_any(self) -> bool:
        """Whether there is a resource."""
        return bool(self.documents) or self.spread is not None

    def add(self, document: Document) -> None:
        """A resource."""
        if self.spread is not None:
            self.spread.add(document)
            return
        self.documents.append(document)
        self.size += len(document.text) or _OF_A_FILE
        if self.size > MOST_HELD:
            from screener.records.fhir.spread import Spread  # only who has very much pays for it

            self.spread = Spread()
            for each in self.documents:
                self.spread.add(each)
            self.documents.clear()

    def names(self) -> Iterable[str]:
        if self.spread is None:
            return _Resources(self.documents, self.how).names()
        try:
            return self.spread.names(self.how.name)
        except RecursionError:
            return ()
        finally:
            self.spread.close()

    def lots(self, size: int) -> Sequence[Callable[[], Iterator[Patient | RecordError]]]:
        """What gives its patients, about so many each."""
        if self.spread is None:
            return [self.patients]
        return [partial(self.patients, lot) for lot in self.spread.lots(size)]

    def patients(self, lot: Sequence[int] | None = None) -> Iterator[Patient | RecordError]:
        how = self.how
        if self.spread is None:
            yield from _Resources(self.documents, how, self.unread_places, self.beside).patients()
            return
        try:
            yield from self.spread.patients(
                how.dictionary, how.file, how.name, how.sightings, self.unread_places, self.beside, lot
            )
        except RecursionError:
            yield refused(how.file, "", "it is nested too deeply")
        finally:
            if lot is None:
                self.spread.close()


def _opened(documents: Iterable[Document | RecordError | Unread]) -> Iterator[Document | RecordError | Unread]:
    """The documents, each of a list of objects by itself."""
    for document in documents:
        content = document.content if isinstance(document, Document) else None
        if not isinstance(content, list) or not content or not all(isinstance(each, Mapping) for each in content):
            yield document
        elif isinstance(document, Document):
            for number, each in enumerate(content):
                yield Document(each, f"{document.place}[{number}]", document.is_part)


def _prefetched(document: Document, how: HowRead) -> Group | RecordError:
    """The patient of a CDS Hooks request: the resources that it brings. What it was asked to bring and did not is not
    at hand."""
    prefetch = document.content.get("prefetch")
    prefetch = prefetch if isinstance(prefetch, Mapping) else {}
    brought: list[Document] = []
    missing: list[str] = []
    for name, content in prefetch.items():
        place = _within(document, f"prefetch.{printable(name)}")
        if isinstance(content, Mapping) and content.get("resourceType", "OperationOutcome") != "OperationOutcome":
            brought.append(Document(content, place))
        else:
            missing.append(place)
    if brought:
        return _Resources(brought, how, missing)
    fault = "it is a CDS Hooks request that brings no resources as `prefetch`"
    return refused(how.file, document.place, fault, f"let the service ask for them; {_EVERYTHING}")


def _parameters(document: Document, how: HowRead) -> Group | RecordError:
    """The patients of a Parameters: the resources in it belong together."""
    waiting = [(document.content.get("parameter"), _within(document, "parameter"))]
    brought: list[Document] = []
    while waiting:
        parts, place = waiting.pop()
        for number, each in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(each, Mapping):
                here = f"{place}[{number}]"
                if isinstance(each.get("resource"), Mapping):
                    brought.append(Document(each["resource"], f"{here}.resource"))
                waiting.append((each.get("part"), f"{here}.part"))
    if brought:
        return _Resources(brought, how)
    return refused(how.file, document.place, "it is a Parameters in which there is no resource", _EVERYTHING)


def _within(document: Document, place: str) -> str:
    return f"{document.place}: {place}" if document.place else place


_EVERYTHING = "give a Patient with what is about this patient, such as the answer to `Patient/[id]/$everything`"


def place_of(error: RecordError) -> str:
    """The line that could not be read, and the name of its file; nothing of what stands in it."""
    line = re.split("[,:]", error.problems[0].path, maxsplit=1)[0]
    return printable(f"{Path(error.file).name}: {line}" if line else Path(error.file).name)


class _Native(Struct, frozen=True):
    """A record of the native form."""

    document: Document
    how: HowRead

    def names(self) -> Iterable[str]:
        identity = self.document.content.get("id") or self._name
        return [identity] if isinstance(identity, str) else ()

    @property
    def _name(self) -> str | None:
        return None if self.document.place else self.how.name

    def patients(self) -> Iterator[Patient | RecordError]:
        document, how = self.document, self.how
        if is_deeper_than(document.content, DEEPEST):
            yield refused(how.file, document.place, "it is nested too deeply")
            return
        findings = Findings(how.sightings, document.place)
        record, left_out = read_shape(document.content, findings)
        patient = chart_of(record, left_out, how.dictionary, findings, self._name, how.locale)
        yield RecordError(findings.all_problems, how.file) if findings.problems else patient


class _Resources(Struct, frozen=True):
    """Resources of FHIR."""

    documents: Sequence[Document]
    how: HowRead
    unread_places: Sequence[str] = ()
    beside: Sequence[Unread] = ()

    def names(self) -> Iterable[str]:
        from screener.records.fhir.patients import names_in  # only who has FHIR pays for it

        try:
            return names_in(self.documents, self.how.name)
        except RecursionError:
            return ()

    def patients(self) -> Iterator[Patient | RecordError]:
        from screener.records.fhir.patients import read_resources

        how, documents = self.how, self.documents
        try:
            yield from read_resources(
                documents,
                how.dictionary,
                how.file,
                how.name,
                how.sightings,
                unread_places=self.unread_places,
                beside=self.beside,
            )
        except RecursionError:
            yield refused(how.file, documents[0].place if len(documents) == 1 else "", "it is nested too deeply")
