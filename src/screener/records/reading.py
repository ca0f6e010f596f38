"""Reading patients: from a file, a text or plain data to Patients, whatever form the record has.

`documents.py` guards the door and gives JSON documents; a document is a record of the native form, or FHIR. The one
error that leaves here is RecordError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from os.path import isdir
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from screener.records.charting import chart_of
from screener.records.dictionary import Dictionary
from screener.records.documents import (
    DEEPEST,
    Document,
    faults_of,
    from_data,
    is_deeper_than,
    read_bytes,
    read_file,
    read_stream,
    refused,
    unreadable,
)
from screener.records.errors import Findings, RecordError, printable, quoted
from screener.records.native import read_shape
from screener.records.patient import Patient
from screener.records.sightings import Sightings
from screener.rulebook import Rulebook

Source = Mapping[str, Any] | str | bytes | PathLike[str] | IO[bytes]


def read_patient(
    source: Source, rulebook: Rulebook | Dictionary, file: str | None = None, sightings: Sightings | None = None
) -> Patient:
    """Read one patient with the dictionary of a rulebook.

    `source` is plain data, JSON text (it begins with `{`), an open file, or the path of a file; `file` is what messages
    call it. Who reads many patients passes a `Dictionary`, made once. Raises RecordError, with every problem found, if
    the record cannot be used, or if it holds several patients. `sightings` is told what the record calls things, also
    where it cannot be used.
    """
    read = list(read_patients(source, rulebook, file, sightings))
    for each in read:
        if isinstance(each, RecordError):
            raise each
    patients = [each for each in read if isinstance(each, Patient)]
    if len(patients) != 1:
        called = file or _called(source)
        if not patients:
            raise refused(called, "", "there is no patient in it")
        fault = f"it holds {len(patients)} patients"
        raise refused(called, "", fault, "read them with `load_patients`, which gives one after the other")
    return patients[0]


def read_patients(
    source: Source, rulebook: Rulebook | Dictionary, file: str | None = None, sightings: Sightings | None = None
) -> Iterator[Patient | RecordError]:
    """Read every patient of a source; one that cannot be used is a RecordError in its place, and the others go on.

    A folder is read as a bulk export: the resources of all its NDJSON files belong together. Raises RecordError where
    the source as a whole cannot be read.
    """
    dictionary = rulebook if isinstance(rulebook, Dictionary) else Dictionary(rulebook)
    called = file or _called(source)
    if isinstance(source, str) and not source.strip():
        raise refused(called, "", "there is no record: the text is empty", "give JSON, or the path of a file")
    if isinstance(source, Mapping):
        document = from_data(source, called) if "resourceType" in source else _as_it_is(source, called)
        yield from _patients([document], _Forms(dictionary, called, None, sightings))
    elif isinstance(source, bytes) or (isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")):
        text = source.encode() if isinstance(source, str) else source
        yield from _patients(read_bytes(text, called), _Forms(dictionary, called, None, sightings))
    elif isinstance(source, str | PathLike):
        place = Path(source)
        if isdir(place):
            yield from _patients(_bulk_export(place, called), _Forms(dictionary, called, None, sightings))
        else:
            yield from _patients(read_file(place, called), _Forms(dictionary, called, printable(place.stem), sightings))
    elif not hasattr(source, "read"):
        raise refused(called, "", f"a record is one object, not {quoted(source)}", "give JSON, or the path of a file")
    else:
        yield from _patients(read_stream(source, called), _Forms(dictionary, called, None, sightings))


def _as_it_is(record: Mapping[str, Any], file: str) -> Document:
    """Plain data of the native form. Raises RecordError where it holds what is no text, or nests without end."""
    if is_deeper_than(record, DEEPEST):
        raise refused(file, "", "it is nested too deeply")
    if faults := faults_of(record):
        raise RecordError(faults, file)
    return Document(record)


BULK_ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
"""How the files of a bulk export are named."""


def read_document(place: PathLike[str], file: str) -> Any:
    """The JSON of a file that is no record by itself, read as carefully. Raises RecordError if it is none."""
    documents = list(read_file(Path(place), file))
    if len(documents) != 1:
        raise refused(file, "", "it holds more than one JSON text", "give each in a file of its own")
    (document,) = documents
    if isinstance(document, RecordError):
        raise document
    return document.content


def records_in(folder: Path) -> list[Path]:
    """The sources in a folder: the folder itself if it is a bulk export, else each file of a record in it."""
    if any(each.name.endswith(BULK_ENDINGS) for each in folder.iterdir()):
        return [folder]
    return sorted(each for each in folder.iterdir() if each.name.endswith((".json", ".json.gz"))) or [folder]


def _bulk_export(folder: Path, called: str) -> Iterator[Document | RecordError]:
    try:
        files = sorted(each for each in folder.iterdir() if each.name.endswith(BULK_ENDINGS))
    except OSError as error:
        raise unreadable(called, error) from None
    if not files:
        mend = "name files, or a folder of `*.json`, `*.ndjson` or `*.ndjson.gz`"
        raise refused(called, "", "it is a folder without a record", mend)
    for each in files:
        yield from read_file(each, str(each))


def _called(source: Source) -> str:
    is_path = isinstance(source, PathLike) or (isinstance(source, str) and not source.lstrip().startswith(("{", "[")))
    return str(source) if is_path and str(source).strip() else "record"


_ONE_A_LINE = "write one record a line (NDJSON); the resources of FHIR may stand in one Bundle, too"


class _Forms(Struct, frozen=True):
    """What every document of one source is read with. `name` is what a patient without an id is called."""

    dictionary: Dictionary
    file: str
    name: str | None
    sightings: Sightings | None


def _patients(documents: Iterable[Document | RecordError], forms: _Forms) -> Iterator[Patient | RecordError]:
    """The patients of documents that came together. Single resources belong together; a Bundle is whole in itself."""
    loose: list[Document] = []
    unread_places: list[str] = []
    for document in documents:
        if isinstance(document, RecordError):
            unread_places.append(_place_of(document))
            yield document
        elif not isinstance(document.content, Mapping):
            fault = f"a record is one object, not {quoted(document.content)}"
            is_list = isinstance(document.content, list)
            mend = _ONE_A_LINE if is_list else "screen each patient by itself"
            yield refused(forms.file, document.place, fault, mend)
        elif "resourceType" not in document.content:
            yield _native(document, forms)
        elif document.content["resourceType"] == "Bundle":
            yield from _fhir([document], forms)
        else:
            loose.append(document)
    if loose:
        yield from _fhir(loose, forms, unread_places)


def _place_of(error: RecordError) -> str:
    """The line that could not be read, and the name of its file; nothing of what stands in it."""
    line = re.split("[,:]", error.problems[0].path, maxsplit=1)[0]
    return printable(f"{Path(error.file).name}: {line}" if line else Path(error.file).name)


def _native(document: Document, forms: _Forms) -> Patient | RecordError:
    if is_deeper_than(document.content, DEEPEST):
        return refused(forms.file, document.place, "it is nested too deeply")
    findings = Findings(forms.sightings, document.place)
    record, left_out = read_shape(document.content, findings)
    patient = chart_of(record, left_out, forms.dictionary, findings, None if document.place else forms.name)
    return RecordError(findings.problems, forms.file) if findings.problems else patient


def _fhir(
    documents: list[Document], forms: _Forms, unread_places: Sequence[str] = ()
) -> Iterator[Patient | RecordError]:
    from screener.records.fhir.reading import read_resources  # only who has FHIR pays for it

    try:
        yield from read_resources(
            documents, forms.dictionary, forms.file, forms.name, forms.sightings, unread_places=unread_places
        )
    except RecursionError:
        yield refused(forms.file, documents[0].place if len(documents) == 1 else "", "it is nested too deeply")
