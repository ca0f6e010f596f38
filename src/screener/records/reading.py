"""Reading patients: from a file, a text or plain data to Patients, whatever form the record has.

`sources.py` has the table of what can be read. The one error that leaves here is RecordError.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import IO, Any, cast

from msgspec.structs import replace

from screener.records.addresses import plain_id
from screener.records.chart import of_one_id
from screener.records.dictionary import Dictionary, dictionary_of
from screener.records.documents import Kept, read_file, refused
from screener.records.errors import RecordError
from screener.records.locales import Locale
from screener.records.patient import NOTHING_BESIDES, Patient, ReadWith, digest_of, is_unnamed
from screener.records.sightings import Sightings
from screener.records.sources import Group, HowRead, Source, called, groups_in, name_of
from screener.rulebook import Rulebook


def read_patient(
    source: Source | IO[bytes],
    rulebook: Rulebook | Dictionary,
    file: str | None = None,
    sightings: Sightings | None = None,
    locale: Locale | None = None,
    columns: Mapping[str, str] | None = None,
) -> Patient:
    """Read one patient with the dictionary of a rulebook.

    `source` is plain data, JSON text (it begins with `{`), an open file, or the path of a file; `file` is its name in
    messages. `sightings` collects what the record calls things, even if it cannot be used. `locale` says how dates and
    decimals are written in native records that do not say so, `columns` what the headings of a spreadsheet stand for.

    Raises RecordError, with every problem found, if the record cannot be used, or if it holds several patients.
    """
    read = list(read_patients(source, rulebook, file, sightings, locale, columns))
    for each in read:
        if isinstance(each, RecordError):
            raise each
    patients = [each for each in read if isinstance(each, Patient)]
    if len(patients) != 1:
        named = file or called(source)
        if not patients:
            raise refused(named, "", "there is no patient in it")
        fault = f"it holds {len(patients)} patients"
        raise refused(named, "", fault, "read them with `load_patients`, which gives one after the other")
    return patients[0]


def read_patients(
    source: Source | IO[bytes],
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
    dictionary = rulebook if isinstance(rulebook, Dictionary) else dictionary_of(rulebook)
    # What is neither data nor open is left for the source that says so.
    is_data = isinstance(source, Mapping | str | bytes | PathLike | Kept) or not hasattr(source, "read")
    given = cast("Source", source) if is_data else Kept(cast("IO[bytes]", source))
    how = HowRead(dictionary, file or called(given), name_of(given), sightings, locale, columns)
    besides = read_with(dictionary, locale, columns)
    for each in _told_apart(given, how, doubled):
        # Facts were read before, and say themselves with what.
        is_told = isinstance(each, RecordError) or besides == NOTHING_BESIDES or each.read_with != NOTHING_BESIDES
        yield each if is_told or isinstance(each, RecordError) else replace(each, read_with=besides)


def own_dictionary(rulebook: Rulebook, tables: Sequence[Path] = (), hierarchy: Path | None = None) -> Dictionary:
    """The dictionary of a rulebook, with a clinic's own tables of codes and its hierarchy."""
    dictionary = dictionary_of(rulebook)
    if hierarchy is not None:
        from screener.terminology.hierarchy import Hierarchy

        dictionary = dictionary.with_hierarchy(Hierarchy(hierarchy, rulebook))
    if tables:
        from screener.records.local_codes import with_tables

        dictionary = with_tables(dictionary, tables)
    return dictionary


def read_with(dictionary: Dictionary, locale: Locale | None, columns: Mapping[str, str] | None) -> ReadWith:
    """What records of a call are read with besides the dictionary."""
    return ReadWith(
        None if locale is None else locale.name,
        None if columns is None else digest_of(columns),
        dictionary.local.digests,
        None if dictionary.hierarchy is None else dictionary.hierarchy.checksum,
    )


def read_document(place: PathLike[str], file: str) -> Any:
    """The JSON of a file that is no record by itself, read as carefully. Raises RecordError if it is none."""
    documents = list(read_file(Path(place), file))
    if len(documents) != 1:
        raise refused(file, "", "it holds more than one JSON text", "give each in a file of its own")
    (document,) = documents
    if isinstance(document, RecordError):
        raise document
    return document.content


def ids_of_several(
    sources: Iterable[Source], dictionary: Dictionary, columns: Mapping[str, str] | None = None
) -> frozenset[str]:
    """The ids, as they are compared, that more than one patient of these sources has.

    What a source holds is found as it is found when it is read.
    """
    times: Counter[str] = Counter()
    for source in sources:
        how = HowRead(dictionary, called(source), name_of(source), None, None, columns)
        try:
            for group in groups_in(source, how):
                if not isinstance(group, RecordError):
                    times.update(plain_id(each) for each in group.names() if not is_unnamed(each))
        except RecordError:
            continue  # whoever reads it tells why it cannot be
    return frozenset(each for each, count in times.items() if count > 1)


def _told_apart(source: Source, how: HowRead, doubled: frozenset[str] | None) -> Iterator[Patient | RecordError]:
    """The patients of a source; a note names each who shares an id with another.

    One group knows by itself whether two of its patients have one id. Only where a source holds several, and nobody
    knows yet which ids are doubled, it is read twice.
    """
    groups = groups_in(source, how)
    begun: list[Group | RecordError] = []
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
            doubled = ids_of_several([source], how.dictionary, how.columns)
    for group in chain(begun, groups):
        for patient in [group] if isinstance(group, RecordError) else group.patients():
            is_doubled = doubled and isinstance(patient, Patient) and plain_id(patient.id) in doubled
            yield of_one_id(patient, how.file) if is_doubled and isinstance(patient, Patient) else patient
    if problem is not None:
        raise problem
