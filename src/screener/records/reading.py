"""Reading patients: from a file, a text or plain data to Patients, whatever form the record has.

`documents.py` guards the door and gives JSON documents; a document is a record of the native form, or FHIR. The one
error that leaves here is RecordError.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from os import PathLike
from os.path import isdir
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from screener.records.addresses import plain_id
from screener.records.chart import of_one_id, some_of
from screener.records.charting import chart_of, placed
from screener.records.dictionary import Dictionary
from screener.records.documents import (
    DEEPEST,
    Document,
    Kept,
    faults_of,
    from_data,
    head_of,
    is_deeper_than,
    read_bytes,
    read_file,
    read_stream,
    refused,
    unreadable,
)
from screener.records.errors import Findings, RecordError, printable, quoted
from screener.records.folders import HOLDS_NOTHING, Unread, contents_of, name_in
from screener.records.forms import HEAD, MANIFEST, Form, deletions, is_hook, json_form
from screener.records.locales import Locale
from screener.records.native import NativeRecord, read_shape
from screener.records.patient import NOTHING_BESIDES, Patient, ReadWith, digest_of, is_unnamed
from screener.records.sightings import Sightings
from screener.rulebook import Rulebook

if TYPE_CHECKING:
    from screener.records.fhir.spread import Spread
    from screener.records.rows import Drafted

Source = Mapping[str, Any] | str | bytes | PathLike[str] | IO[bytes] | Kept


def read_patient(
    source: Source,
    rulebook: Rulebook | Dictionary,
    file: str | None = None,
    sightings: Sightings | None = None,
    locale: Locale | None = None,
    columns: Mapping[str, str] | None = None,
) -> Patient:
    """Read one patient with the dictionary of a rulebook.

    `source` is plain data, JSON text (it begins with `{`), an open file, or the path of a file; `file` is what messages
    call it. Who reads many patients passes a `Dictionary`, made once. Raises RecordError, with every problem found, if
    the record cannot be used, or if it holds several patients. `sightings` is told what the record calls things, also
    where it cannot be used. `locale` is how dates and decimals are written in native records that do not say it,
    `columns` what the headings of a spreadsheet stand for.
    """
    read = list(read_patients(source, rulebook, file, sightings, locale, columns))
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
    source: Source,
    rulebook: Rulebook | Dictionary,
    file: str | None = None,
    sightings: Sightings | None = None,
    locale: Locale | None = None,
    columns: Mapping[str, str] | None = None,
    doubled: frozenset[str] | None = None,
) -> Iterator[Patient | RecordError]:
    """Read every patient of a source; one that cannot be used is a RecordError in its place, and the others go on.

    A folder is read as a bulk export: the resources of all its files belong together. `doubled` are the ids that
    several patients are known to have; without it, they are looked for in the source. Raises RecordError where the
    source as a whole cannot be read.
    """
    dictionary = rulebook if isinstance(rulebook, Dictionary) else Dictionary(rulebook)
    if not isinstance(source, Mapping | str | bytes | PathLike | Kept) and hasattr(source, "read"):
        source = Kept(source)
    forms = _Forms(dictionary, file or _called(source), _name_of(source), sightings, locale, columns)
    besides = _read_with(dictionary, locale, columns)
    for each in _told_apart(source, forms, doubled):
        yield each if besides == NOTHING_BESIDES or isinstance(each, RecordError) else replace(each, read_with=besides)


def _read_with(dictionary: Dictionary, locale: Locale | None, columns: Mapping[str, str] | None) -> ReadWith:
    return ReadWith(
        None if locale is None else locale.name,
        None if columns is None else digest_of(columns),
        dictionary.local.digests,
        None if dictionary.hierarchy is None else dictionary.hierarchy.checksum,
    )


def _groups_of(source: Source, forms: _Forms) -> Iterator[_Group | RecordError]:
    """What a source holds. Raises RecordError where it cannot be read as a whole."""
    called = forms.file
    if isinstance(source, str) and not source.strip():
        raise refused(called, "", "there is no record: the text is empty", "give JSON, or the path of a file")
    if isinstance(source, Mapping):
        document = from_data(source, called) if "resourceType" in source else _as_it_is(source, called)
        yield from _groups([document], forms)
    elif isinstance(source, bytes) or _is_text(source):
        yield from _groups(read_bytes(source.encode() if isinstance(source, str) else source, called), forms)
    elif isinstance(source, str | PathLike):
        place = Path(source)
        if isdir(place):
            yield from _groups(_bulk_export(place, called), forms)
        elif place.name.lower().endswith(SPREADSHEETS):
            yield _spreadsheet(place, forms)
        else:
            yield from _groups(read_file(place, called), forms)
    elif isinstance(source, Kept):
        yield from _groups(read_stream(source.from_its_beginning(), called), forms)
    else:
        raise refused(called, "", f"a record is one object, not {quoted(source)}", "give JSON, or the path of a file")


def _name_of(source: Source) -> str | None:
    """What a patient without an id is called: as the file is."""
    if not isinstance(source, str | PathLike) or _is_text(source):
        return None
    return printable(Path(source).stem) if not isdir(source) else None


def _is_text(source: Source) -> TypeGuard[str]:
    """Whether it is JSON, and not the path of a file."""
    return isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def _as_it_is(record: Mapping[str, Any], file: str) -> Document:
    """Plain data of the native form. Raises RecordError where it holds what is no text, or nests without end."""
    if is_deeper_than(record, DEEPEST):
        raise refused(file, "", "it is nested too deeply")
    if faults := faults_of(record):
        raise RecordError(faults, file)
    return Document(record)


SPREADSHEETS = (".csv", ".tsv", ".xlsx", ".xlsm")
"""How the files are named that hold rows and columns."""


def read_document(place: PathLike[str], file: str) -> Any:
    """The JSON of a file that is no record by itself, read as carefully. Raises RecordError if it is none."""
    documents = list(read_file(Path(place), file))
    if len(documents) != 1:
        raise refused(file, "", "it holds more than one JSON text", "give each in a file of its own")
    (document,) = documents
    if isinstance(document, RecordError):
        raise document
    return document.content


def records_in(folder: Path) -> tuple[list[Path], tuple[Unread, ...]]:
    """The sources in a folder: the folder itself if it is a bulk export, else each file of a record in it; and what is
    not read besides. A bulk export tells that itself."""
    found = contents_of(folder)
    if found.bulk or not found.records or _are_of_one_export(found.records):
        return [folder], ()
    sources: list[Path] = []
    others = list(found.others)
    for each in found.records:
        beside = _nothing_of_a_patient(each, name_in(each, folder))
        if beside is None:
            sources.append(each)
        else:
            others.append(beside)
    return sources or [folder], tuple(others) if sources else ()


def _are_of_one_export(places: Sequence[Path]) -> bool:
    """Whether files hold a single resource each, and not only Patients: an export that is not written in lines. What
    cannot be read is no hindrance."""
    kinds: list[object] = []
    for place in places:
        try:
            if place.stat().st_size > HEAD:
                return False
            contents = [each.content for each in read_file(place, str(place)) if isinstance(each, Document)]
        except (RecordError, OSError):
            continue
        for content in contents:
            if isinstance(content, Mapping) and content.get("resourceType") not in (None, "Bundle", "Parameters"):
                kinds.append(content["resourceType"])
            elif _form_beside(content) is None:
                return False
    return len(kinds) > 1 and set(kinds) != {"Patient"}


def _nothing_of_a_patient(place: Path, name: str) -> Unread | None:
    """A manifest or a log that is named like a record."""
    try:
        if place.stat().st_size > HEAD:
            return None
        found = [_form_beside(each.content) for each in read_file(place, name) if isinstance(each, Document)]
    except (RecordError, OSError):
        return None
    is_none = bool(found) and all(form is not None and not form.may_hold for form in found)
    return Unread(name, HOLDS_NOTHING, may_hold=False) if is_none else None


def _bulk_export(folder: Path, called: str) -> Iterator[Document | RecordError | Unread]:
    """What a bulk export holds. A file in which nothing is a record is passed over and named."""
    try:
        found = contents_of(folder)
    except OSError as error:
        raise unreadable(called, error) from None
    if not found.bulk and not _are_of_one_export(found.records):
        mend = "name files, or a folder of `*.json`, `*.ndjson` or `*.ndjson.gz`"
        named = [f"{each.name} ({each.why})" for each in found.others if each.may_hold]
        raise refused(called, "", f"it is a folder without a record{f': {some_of(named)}' if named else ''}", mend)
    yield from found.others
    for each in found.bulk:
        yield from _file_of_lines(each, name_in(each, folder))
    names = [each.name.lower() for each in (*found.bulk, *found.records)]
    for each in found.records:
        for one in _file_beside(each, name_in(each, folder)):
            if isinstance(one, Manifest):
                yield from _not_at_hand(one, names)
            else:
                yield one


def _file_of_lines(place: Path, name: str) -> Iterator[Document | RecordError | Unread]:
    """The documents of a file of an export. What in it is no record, as in a log, is passed over and named once."""
    forms: set[Form] = set()
    has_records = False
    try:
        for each in read_file(place, str(place)):
            if isinstance(each, RecordError):
                yield each
            elif (form := _form_beside(each.content)) is not None:
                forms.add(form)
            else:
                has_records = True
                yield replace(each, place=f"{name}: {each.place}" if each.place else name)
    except RecordError as error:
        if _is_empty(place):  # there is no resource of that kind
            return
        yield error
    if forms:
        may_hold = any(form.may_hold for form in forms)
        what = _what_beside(min(forms, key=lambda form: (not form.may_hold, form.what)))
        yield Unread(name, f"in some of its lines {what}" if has_records else what, may_hold)


class Manifest(Struct, frozen=True):
    """The manifest of an export, by its content."""

    content: Mapping[str, Any]
    name: str


def _not_at_hand(manifest: Manifest, names: Sequence[str]) -> Iterator[Unread]:
    """The files that a manifest names and that do not lie beside it. Who fetched them may have given them other names:
    those are known by the kind of resource in them."""
    content = manifest.content
    for field in ("output", "error"):
        files = content.get(field)
        kinds: Counter[str] = Counter()
        for each in files if isinstance(files, list) else ():
            address, kind = (each.get("url"), each.get("type")) if isinstance(each, dict) else (None, None)
            called = address.partition("?")[0].rstrip("/").rpartition("/")[2] if isinstance(address, str) else ""
            if called and {called.lower(), f"{called.lower()}.gz", called.lower().removesuffix(".gz")} & set(names):
                continue
            kind = kind if isinstance(kind, str) else ""
            kinds[kind] += 1
            if not kind or sum(kind.lower() in name for name in names) < kinds[kind]:
                yield Unread(printable(called[:60]) or manifest.name, f"{manifest.name} names it as `{field}`", True)
    links = content.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and str(link.get("relation")).strip().lower() == "next":
            yield Unread(manifest.name, "it is one page of several, and the next ones are not at hand", True)


def _file_beside(place: Path, name: str) -> Iterator[Document | Unread | Manifest]:
    """The documents of a file of JSON beside the lines of an export, to which they belong; what is none is named."""
    try:
        for each in read_file(place, str(place)):
            where = f"{name}: {each.place}" if isinstance(each, Document) and each.place else name
            if isinstance(each, RecordError):
                yield Unread(_place_of(each), each.problems[0].fault, may_hold=True)
            elif (form := _form_beside(each.content)) is not None:
                yield Unread(where, _what_beside(form), form.may_hold)
                if form is MANIFEST:
                    yield Manifest(each.content, name)
            else:
                yield Document(each.content, where, is_part=True)
    except RecordError as error:
        yield Unread(name, error.problems[0].fault, may_hold=not _is_empty(place))


def _what_beside(form: Form) -> str:
    return form.what if form.may_hold else HOLDS_NOTHING


def _form_beside(content: object) -> Form | None:
    if not isinstance(content, Mapping) or "resourceType" in content or is_hook(content):
        return None
    return json_form(content, _FIELDS)


def _is_empty(place: Path) -> bool:
    try:
        return not head_of(place).strip(b" \t\r\n\xef\xbb\xbf")
    except (RecordError, OSError):
        return False


def ids_of_several(
    sources: Iterable[Source], dictionary: Dictionary, columns: Mapping[str, str] | None = None
) -> frozenset[str]:
    """The ids, as they are compared, that more than one patient of these sources has.

    What a source holds is found as it is found when it is read.
    """
    times: Counter[str] = Counter()
    for source in sources:
        forms = _Forms(dictionary, _called(source), _name_of(source), None, None, columns)
        try:
            for group in _groups_of(source, forms):
                if not isinstance(group, RecordError):
                    times.update(plain_id(each) for each in group.names() if not is_unnamed(each))
        except RecordError:
            continue  # whoever reads it tells why it cannot be
    return frozenset(each for each, count in times.items() if count > 1)


def _called(source: Source) -> str:
    is_path = isinstance(source, str | PathLike) and not _is_text(source)
    return str(source) if is_path and str(source).strip() else "record"


_ONE_A_LINE = "write one record a line (NDJSON); the resources of FHIR may stand in one Bundle, too"


class _Forms(Struct, frozen=True):
    """What every document of one source is read with. `name` is what a patient without an id is called."""

    dictionary: Dictionary
    file: str
    name: str | None
    sightings: Sightings | None
    locale: Locale | None = None
    columns: Mapping[str, str] | None = None


_FIELDS = frozenset(NativeRecord.model_fields)


class _Group(Protocol):
    """What belongs together of a source, and is read together."""

    def names(self) -> Iterable[str]:
        """What its patients are called. Raises RecordError where that cannot be told."""

    def patients(self) -> Iterator[Patient | RecordError]:
        """Its patients, and those who cannot be used."""


def _told_apart(source: Source, forms: _Forms, doubled: frozenset[str] | None) -> Iterator[Patient | RecordError]:
    """The patients of a source; a note names each who shares an id with another.

    One group knows by itself whether two of its patients have one id. Only where a source holds several, and nobody
    knows yet which ids are doubled, it is read twice.
    """
    groups = _groups_of(source, forms)
    begun: list[_Group | RecordError] = []
    problem: RecordError | None = None
    while doubled is None:
        try:
            each = next(groups, None)
        except RecordError as error:
            problem, each = error, None
        if each is None:
            break
        if isinstance(each, RecordError) and not begun:
            yield each
            continue
        begun.append(each)
        if sum(not isinstance(one, RecordError) for one in begun) > 1:
            doubled = ids_of_several([source], forms.dictionary, forms.columns)
    for group in chain(begun, groups):
        for patient in [group] if isinstance(group, RecordError) else group.patients():
            is_doubled = doubled and isinstance(patient, Patient) and plain_id(patient.id) in doubled
            yield of_one_id(patient) if is_doubled and isinstance(patient, Patient) else patient
    if problem is not None:
        raise problem


def _groups(documents: Iterable[Document | RecordError | Unread], forms: _Forms) -> Iterator[_Group | RecordError]:
    """The groups of documents that came together. Single resources belong together; a Bundle is whole in itself."""
    loose = _Loose(forms)
    for document in _opened(documents):
        if isinstance(document, Unread):
            loose.beside.append(document)
            continue
        if isinstance(document, RecordError):
            loose.unread_places.append(_place_of(document))
            yield document
            continue
        content = document.content
        if not isinstance(content, Mapping):
            fault = f"a record is one object, not {quoted(content)}"
            is_list = isinstance(content, list)
            mend = _ONE_A_LINE if is_list else "screen each patient by itself"
            error = refused(forms.file, document.place, fault, mend)
            loose.unread_places.append(_place_of(error))
            yield error
        elif "resourceType" not in content and is_hook(content):
            yield _prefetched(document, forms)
        elif "resourceType" not in content and (form := json_form(content, _FIELDS)) is not None:
            error = refused(forms.file, document.place, form.what, form.mend)
            if form.may_hold:
                loose.unread_places.append(_place_of(error))
            yield error
        elif "resourceType" not in content:
            yield _Native(document, forms)
        elif content["resourceType"] == "Bundle" and not document.is_part and not deletions(content):
            yield _Resources([document], forms, beside=loose.beside)
        elif content["resourceType"] == "Parameters":
            yield _parameters(document, forms)
        else:
            loose.add(document)
    if loose.holds_any:
        yield loose


MOST_HELD = 4 * 1024 * 1024
"""Bytes of resources, each by itself, that are held at once. Of more than that only where each lies is kept."""
_OF_A_FILE = 1000
"""Bytes that a resource is taken to have that is a file by itself."""


class _Loose:
    """Single resources that came together."""

    def __init__(self, forms: _Forms) -> None:
        self.forms = forms
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
            return _Resources(self.documents, self.forms).names()
        try:
            return self.spread.names(self.forms.name)
        except RecursionError:
            return ()
        finally:
            self.spread.close()

    def patients(self) -> Iterator[Patient | RecordError]:
        forms = self.forms
        if self.spread is None:
            yield from _Resources(self.documents, forms, self.unread_places, self.beside).patients()
            return
        try:
            yield from self.spread.patients(
                forms.dictionary, forms.file, forms.name, forms.sightings, self.unread_places, self.beside
            )
        except RecursionError:
            yield refused(forms.file, "", "it is nested too deeply")
        finally:
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


# ---- resources in a wrapping


def _prefetched(document: Document, forms: _Forms) -> _Group | RecordError:
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
        return _Resources(brought, forms, missing)
    fault = "it is a CDS Hooks request that brings no resources as `prefetch`"
    return refused(forms.file, document.place, fault, f"let the service ask for them; {_EVERYTHING}")


def _parameters(document: Document, forms: _Forms) -> _Group | RecordError:
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
        return _Resources(brought, forms)
    return refused(forms.file, document.place, "it is a Parameters in which there is no resource", _EVERYTHING)


def _within(document: Document, place: str) -> str:
    return f"{document.place}: {place}" if document.place else place


_EVERYTHING = "give a Patient with what is about this patient, such as the answer to `Patient/[id]/$everything`"


def _place_of(error: RecordError) -> str:
    """The line that could not be read, and the name of its file; nothing of what stands in it."""
    line = re.split("[,:]", error.problems[0].path, maxsplit=1)[0]
    return printable(f"{Path(error.file).name}: {line}" if line else Path(error.file).name)


class _Native(Struct, frozen=True):
    """A record of the native form."""

    document: Document
    forms: _Forms

    def names(self) -> Iterable[str]:
        identity = self.document.content.get("id") or self._name
        return [identity] if isinstance(identity, str) else ()

    @property
    def _name(self) -> str | None:
        return None if self.document.place else self.forms.name

    def patients(self) -> Iterator[Patient | RecordError]:
        document, forms = self.document, self.forms
        if is_deeper_than(document.content, DEEPEST):
            yield refused(forms.file, document.place, "it is nested too deeply")
            return
        findings = Findings(forms.sightings, document.place)
        record, left_out = read_shape(document.content, findings)
        patient = chart_of(record, left_out, forms.dictionary, findings, self._name, forms.locale)
        yield RecordError(findings.problems, forms.file) if findings.problems else patient


def _spreadsheet(place: Path, forms: _Forms) -> _Group:
    from screener.records.cells import read_sheets  # only who has a spreadsheet pays for it
    from screener.records.rows import drafts

    drafted, notes = drafts(read_sheets(place, forms.file), forms.dictionary, forms.file, forms.columns, forms.locale)
    return _Rows(drafted, notes, forms)


_NOT_READ = "it holds words and is not read, so that no list is complete; a table of columns can say what it is"


class _Rows(Struct, frozen=True):
    """The patients of a spreadsheet: plain records of the native form, read as any other."""

    drafted: Sequence[Drafted]
    notes: Sequence[str]
    forms: _Forms

    def names(self) -> Iterable[str]:
        named = [each.record.get("id") or self._name for each in self.drafted]
        return [each for each in named if isinstance(each, str)]

    @property
    def _name(self) -> str | None:
        return self.forms.name if len(self.drafted) == 1 else None

    def patients(self) -> Iterator[Patient | RecordError]:
        times = Counter(map(plain_id, self.names()))
        for each in self.drafted:
            findings = Findings(self.forms.sightings)
            for note in self.notes:
                findings.note("", note)
            findings.problems += each.problems
            record, left_out = read_shape(each.record, findings)
            for column in each.unread:
                told = (
                    "it holds words and is not read, so that no list is complete; a table of columns can say what it is"
                )
                findings.check_first(f"column {quoted(column)}", told)
            unread = [f"column {quoted(column)}" for column in each.unread]
            dictionary, locale = self.forms.dictionary, self.forms.locale
            patient = chart_of(record, left_out, dictionary, findings, self._name, locale, each.places, unread)
            problems = [replace(problem, path=placed(problem.path, each.places)) for problem in findings.problems]
            if problems:
                yield RecordError(problems, self.forms.file)
            else:
                yield of_one_id(patient) if times[plain_id(patient.id)] > 1 else patient


class _Resources(Struct, frozen=True):
    """Resources of FHIR."""

    documents: Sequence[Document]
    forms: _Forms
    unread_places: Sequence[str] = ()
    beside: Sequence[Unread] = ()

    def names(self) -> Iterable[str]:
        from screener.records.fhir.reading import names_in  # only who has FHIR pays for it

        try:
            return names_in(self.documents, self.forms.name)
        except RecursionError:
            return ()

    def patients(self) -> Iterator[Patient | RecordError]:
        from screener.records.fhir.reading import read_resources

        forms, documents = self.forms, self.documents
        try:
            yield from read_resources(
                documents,
                forms.dictionary,
                forms.file,
                forms.name,
                forms.sightings,
                unread_places=self.unread_places,
                beside=self.beside,
            )
        except RecursionError:
            yield refused(forms.file, documents[0].place if len(documents) == 1 else "", "it is nested too deeply")
