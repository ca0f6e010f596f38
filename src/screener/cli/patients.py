"""The patients of a call: found, read, given the answers that are about them, and screened one after the other.

This is the only place that asks what day it is.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count as count_from
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.cli.calls import MOST_SHOWN, STANDARD_INPUT, CallError, check_names, counting, tell
from screener.cli.commands import COMMANDS
from screener.cli.options import check_sources, dictionary_asked

if TYPE_CHECKING:
    from datetime import date

    from screener.records.dictionary import Dictionary
    from screener.records.documents import Kept
    from screener.records.errors import RecordError
    from screener.records.locales import Locale
    from screener.records.patient import Patient
    from screener.records.questionnaire import GivenAnswers
    from screener.records.sightings import Sightings
    from screener.report.forms import PatientPlace
    from screener.screening import Screening


def prepared(asked: argparse.Namespace) -> Dictionary:
    """What a call reads its patients with. Raises Refusal for rules that cannot be used, for a name that they do
    not have, and for answers that cannot be read."""
    check_sources(asked.patients, tuple(COMMANDS))
    dictionary = dictionary_asked(asked)

    from screener.screening import LISTS

    check_names(asked.trial or (), tuple(dictionary.rulebook.trials), "trial of these rules")
    check_names(asked.assume_complete, LISTS, "list of a record")
    asked.given = asked.waiting = _answers(asked.answers, dictionary, asked.locale) if asked.answers else []
    return dictionary


def _answers(files: Sequence[Path], dictionary: Dictionary, locale: Locale | None) -> list[GivenAnswers]:
    """People's answers, from all files."""
    from screener.records.questionnaire import read_answers

    return [each for file in files for each in read_answers(file, dictionary, locale=locale)]


def screenings(
    asked: argparse.Namespace,
    dictionary: Dictionary,
    *,
    is_printing: bool = True,
    is_quiet: bool = False,
    then: Callable[[Screening, PatientPlace], Any] | None = None,
    jobs: int = 1,
) -> Iterator[Any]:
    """The screening of each patient, or what `then` makes of it, by so many processes. A record that cannot be used is
    explained on standard error and added to `asked.unusable`.

    `is_printing`: the caller prints each patient meanwhile, so no progress is shown. `is_quiet`: no notes.
    """
    from screener.jobs import in_order
    from screener.records.reading import ids_of_several
    from screener.screening import evaluate, note_of_day_taken

    def screened(each: tuple[Patient, date | None, PatientPlace] | None) -> Any:
        if each is None:
            return None
        patient, as_of, place = each
        screening = evaluate(
            patient,
            dictionary.rulebook,
            as_of=as_of,
            assume_complete=asked.assume_complete,
            labs_within=asked.labs_within,
            trials=asked.trial,
        )
        return screening if then is None else then(screening, place)

    today = _Today(day_of_call(asked))
    found = [each for source in asked.patients for each in sources(source)]
    doubled = ids_of_several(found, dictionary, asked.columns) if len(found) > 1 else None
    asked.unusable = []
    numbers = count_from(1)
    called = _called(found)
    patients = (
        patient
        for each, file in zip(found, called, strict=True)
        for patient in _to_screen(each, file, dictionary, asked, today, doubled, numbers)
    )
    with counting("patients screened", is_shown=not (is_printing and sys.stdout.isatty())) as count:
        for screening in in_order(screened, patients, jobs):
            if screening is not None:
                yield screening
            count(1)
    tell_who_is_nobody(asked.waiting)
    if today.patients and not is_quiet:
        tell(f"note: {note_of_day_taken(today.day)}{f', for {today.patients} patients' if today.patients > 1 else ''}")


def sources(source: str) -> Iterator[Path | Kept]:
    """The files of a folder of single records; any other source as it is."""
    if source == STANDARD_INPUT:
        yield _standard_input()
    elif os.path.isdir(source):
        from screener.records.sources import records_in

        places, others = records_in(Path(source))
        if others:
            named = [f"{each.name} ({each.why})" if each.may_hold else each.name for each in others]
            more = f" and {len(named) - MOST_SHOWN} more" if len(named) > MOST_SHOWN else ""
            tell(f"note: {source}: not read: {', '.join(named[:MOST_SHOWN])}{more}")
        yield from places
    else:
        yield Path(source)


def _called(found: Sequence[Path | Kept]) -> list[str]:
    """What each source is called: the name of its file; of several files of one name, the folder, too, or the path."""
    paths = [each if isinstance(each, Path) else None for each in found]
    called = ["standard input" if path is None else path.name for path in paths]
    for longer in (_with_folder, str):
        number = Counter(called)
        called = [
            name if path is None or number[name] == 1 else longer(path)
            for name, path in zip(called, paths, strict=True)
        ]
    return called


def _with_folder(path: Path) -> str:
    return f"{path.absolute().parent.name}/{path.name}"


def _standard_input() -> Kept:
    from screener.records.documents import Kept

    if sys.stdin is None:
        raise CallError("standard input is closed", "name the file of a record")
    return Kept(sys.stdin.buffer)


def read(
    source: Path | Kept,
    dictionary: Dictionary,
    asked: argparse.Namespace,
    sightings: Sightings | None = None,
    doubled: frozenset[str] | None = None,
) -> Iterator[Patient | RecordError]:
    """The patients of one source, with an error in the place of each that cannot be read, or of the whole source."""
    from screener.records.errors import RecordError
    from screener.records.reading import read_patients

    file = None if isinstance(source, Path) else "standard input"
    try:
        yield from read_patients(source, dictionary, file, sightings, asked.locale, asked.columns, doubled)
    except RecordError as problem:
        yield problem


def _to_screen(
    source: Path | Kept,
    file: str,
    dictionary: Dictionary,
    asked: argparse.Namespace,
    today: _Today,
    doubled: frozenset[str] | None,
    numbers: Iterator[int],
) -> Iterator[tuple[Patient, date | None, PatientPlace] | None]:
    """The patients of one source (called `file`), each with the day that the answers are about, and where it comes
    from; None for one that cannot be used, which is then explained."""
    from screener.report.forms import PatientPlace

    for patient in _patients(source, dictionary, asked, doubled):
        if patient is None:
            yield None
        elif asked.as_of is None and patient.as_of is None:
            yield today.taken_for(patient), today.day, PatientPlace(file, next(numbers))
        else:
            yield patient, asked.as_of, PatientPlace(file, next(numbers))


def _patients(
    source: Path | Kept, dictionary: Dictionary, asked: argparse.Namespace, doubled: frozenset[str] | None
) -> Iterator[Patient | None]:
    """The patients of one source, each with its own answers; None for one that cannot be used, which is explained on
    standard error."""
    from screener.records.errors import RecordError, unusable

    for each in read(source, dictionary, asked, doubled=doubled):
        try:
            if isinstance(each, RecordError):
                raise each
            patient = _answered(each, asked, dictionary) if asked.given else each
            yield patient if asked.site_read is None else _settled(patient, asked, dictionary)
        except RecordError as problem:
            tell(problem)
            asked.unusable.append(unusable(problem))
            yield None


def _answered(patient: Patient, asked: argparse.Namespace, dictionary: Dictionary) -> Patient:
    from screener.records.questionnaire import with_answers

    asked.waiting = [each for each in asked.waiting if not each.subject.is_about(patient)]
    return with_answers(patient, asked.given, dictionary)


def _settled(patient: Patient, asked: argparse.Namespace, dictionary: Dictionary) -> Patient:
    from screener.site import with_site

    return with_site(patient, asked.site_read, dictionary.rulebook, asked.in_force)


def tell_who_is_nobody(waiting: Sequence[GivenAnswers]) -> None:
    """Name the answers of a list that belong to none of the call's patients. A patient known by an identifier is not
    named: it may be a national number."""
    for file in dict.fromkeys(each.file for each in waiting if not each.is_alone):
        subjects = [each.subject.id for each in waiting if each.file == file]
        named = [f"`{each}`" for each in subjects if each is not None]
        more = len(named) - MOST_SHOWN
        whose = named[:MOST_SHOWN] + ([f"{more} more"] if more > 0 else [])
        if others := subjects.count(None):
            whose.append(f"{others} known by an identifier")
        tell(f"note: {file}: answers of {', '.join(whose)} reached nobody of this call")


def day_of_call(asked: argparse.Namespace) -> date:
    """The day on the wall of the clinic."""
    from datetime import datetime

    return datetime.now(asked.site_read.time_zone if asked.site_read is not None else None).date()


class _Today:
    """The day of the call, and how many patients it was used for: neither the call nor their records gave another."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.patients = 0

    def taken_for(self, patient: Patient) -> Patient:
        """The patient with a note that says so."""
        from screener.screening import with_day_taken

        self.patients += 1
        return with_day_taken(patient, self.day)
