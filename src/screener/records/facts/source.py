"""A folder of facts as a source of records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import listdir
from os.path import isdir
from typing import TYPE_CHECKING

from msgspec import Struct

from screener.records.documents import refused
from screener.records.errors import RecordError
from screener.records.notes import some_of
from screener.records.patient import Patient
from screener.records.sources import Group, HowRead, Source, path_of

if TYPE_CHECKING:
    from screener.records.facts.folder import Facts, Part


def recognises(source: Source) -> bool:
    """A folder of facts."""
    place = path_of(source)
    if place is None or not isdir(place):
        return False
    try:
        names = listdir(place)
    except OSError:  # whoever opens it says why it cannot be read
        return False
    return any(name == "facts.json" or name.lstrip(".").startswith("people-") for name in names)


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """The files of the folder, each by itself. Raises RecordError where the folder cannot be used."""
    from screener.records.facts.folder import Facts, FactsError
    from screener.records.reading import read_with  # it reads by this file, too

    place = path_of(source)
    if place is None:
        return
    try:
        facts = Facts(place)
        with_ = read_with(how.dictionary, how.locale, how.columns)
        facts.check(how.dictionary.rulebook.dictionary_digest, with_)
    except FactsError as error:
        raise refused(how.file, "", error.fault, error.mend) from None
    for part in facts.about.parts:
        yield _Part(facts, part, how)


class _Part(Struct, frozen=True):
    facts: Facts
    part: Part
    how: HowRead

    def names(self) -> Iterable[str]:
        # Ids that several have are known to the folder itself.
        return self.facts.ids_in(self.part)

    def patients(self) -> Iterator[Patient | RecordError]:
        from screener.records.facts.folder import FactsError

        try:
            yield from self.facts.patients(self.part)
        except FactsError as error:
            lost = self.facts.ids_in(self.part)
            of = f"its {len(lost)} patients are not screened: {some_of(lost)}"
            yield refused(self.how.file, self.part.file, f"{error.fault}; {of}", error.mend)
