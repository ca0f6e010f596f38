"""A site's own file, `screener.toml`: what a clinic has settled once for all its patients, by whom, and when.

It can do what the options of a call and the answers in a record can do, and no more: settle a reading, take lists as
complete (basis `assumed`), say how old labs may be, name tables of codes. Only the command line looks for it, from the
working folder upwards; `evaluate` takes one if it is given. docs/site.md is the manual.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, get_args

from msgspec.structs import replace
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from screener.records.errors import Problem, RecordError, did_you_mean, path, printable, quoted
from screener.records.locales import locale_meant, locale_of
from screener.records.notes import Note
from screener.records.patient import Answer, Patient
from screener.records.zones import in_zone, zone_of
from screener.rulebook import RecordList, Rulebook
from screener.values.dates import DateError, Duration, day_in_words, parse_duration

LISTS: tuple[RecordList, ...] = get_args(RecordList)
LARGEST = 1 << 20
"""Bytes of a site's file."""
GIVE_ANOTHER = "`--site FILE` names another one, `--no-site` does without"


class SiteError(RecordError):
    """A site's file that cannot be used. `str(error)` is the text of all its problems, ready to be shown."""

    kind = "site"


# ---- its shape


def _day(value: object) -> object:
    if type(value) is date:
        return value
    raise ValueError("is not a day: write it as 2026-01-10, without quotation marks")


def _length(value: object) -> object:
    try:
        return parse_duration(value if isinstance(value, str) else str(value))
    except DateError as problem:
        raise ValueError(f"is not a length of time: {str(problem).partition(': ')[2]}") from None


def _known_locale(value: str) -> str:
    if locale_of(value) is None:
        raise ValueError(f"is not a locale: {locale_meant(value)}")
    return value


def _known_zone(value: str) -> str:
    zone_of(value)
    return value


def _known_list(value: str) -> str:
    if value not in LISTS:
        raise ValueError(f"is not a list of a record: {did_you_mean(value, LISTS)}")
    return value


def _reading(value: object) -> object:
    if type(value) in (int, str) and value:
        return value
    raise ValueError("is not a reading: write its number, or its words in quotation marks")


Words = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class _Settled(_Part):
    """What somebody settled, with the name and the day."""

    by: Words
    on: Annotated[Any, BeforeValidator(_day)]

    @property
    def by_whom(self) -> str:
        """`Dr Li on 10 Jan 2026`."""
        return f"{self.by} on {day_in_words(self.on)}"

    @property
    def who(self) -> str:
        """The same, in a result, where others may have settled something as well."""
        return f"{self.by_whom} (settled for the site)"


class SettledReading(_Settled):
    """Which reading of a line counts: its number, or its words."""

    line: Words
    reading: Annotated[Any, BeforeValidator(_reading)]


class TakenAsComplete(_Settled):
    """The lists in which the site's records lack nothing, and why that is so."""

    lists: Annotated[list[Annotated[str, AfterValidator(_known_list)]], Field(min_length=1)]
    why: Words


class Freshness(_Settled):
    """How old labs and findings may be, for every trial."""

    labs_within: Annotated[Any, BeforeValidator(_length)]


class _File(_Part):
    name: Words | None = None
    rules: Words | None = None
    codes: list[Words] = []
    hierarchy: Words | None = None
    columns: Words | None = None
    locale: Annotated[str, AfterValidator(_known_locale)] | None = None
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    output: Words | None = None
    freshness: Freshness | None = None
    reading: list[SettledReading] = []
    complete: list[TakenAsComplete] = []


class Site:
    """A site's file, read. Places in it are relative to its folder."""

    def __init__(self, place: Path, digest: str, content: _File) -> None:
        self.place = place
        self.digest = digest
        self.name = content.name
        self.output = content.output
        self.locale = content.locale
        self.time_zone = zone_of(content.time_zone) if content.time_zone is not None else None
        self.rules = self._beside(content.rules)
        self.codes = [place.parent / each for each in content.codes]
        self.hierarchy = self._beside(content.hierarchy)
        self.columns = self._beside(content.columns)
        self.freshness = content.freshness
        self.readings = tuple(content.reading)
        self.complete = tuple(content.complete)

    def _beside(self, name: str | None) -> Path | None:
        return self.place.parent / name if name is not None else None

    @property
    def places(self) -> tuple[tuple[str, Path], ...]:
        """The files and folders that it names, each with its key."""
        named = (("rules", self.rules), ("hierarchy", self.hierarchy), ("columns", self.columns))
        return (*((key, place) for key, place in named if place is not None), *(("codes", each) for each in self.codes))

    @property
    def labs_within(self) -> Duration | None:
        """How old labs and findings may be, if the site says so."""
        return self.freshness.labs_within if self.freshness is not None else None

    @property
    def lists(self) -> list[str]:
        """The lists that are taken as complete."""
        return list(dict.fromkeys(name for each in self.complete for name in each.lists))

    def in_place_of(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of a call that it settles, where the call says nothing."""
        settled = {
            "rules": self.rules,
            "codes": self.codes,
            "hierarchy": self.hierarchy,
            "columns": self.columns,
            "locale": self.locale,
            "labs_within": self.labs_within,
            "assume_complete": self.lists,
        }
        return {key: value for key, value in settled.items() if value and key in given and not given[key]}

    def check(self, rulebook: Rulebook) -> None:
        """Check the file against the rules. Raises SiteError, with every problem, if the two do not fit."""
        problems = list(self._misfits(rulebook))
        if problems:
            raise SiteError(problems, str(self.place))

    def words_of(self, settled: SettledReading, rulebook: Rulebook) -> str:
        """The reading that counts, by its number and its words; as the file writes it, if the line has no such
        reading."""
        labels = _labels(settled.line, rulebook)
        number = _number_of(settled, rulebook)
        return f"{number}: “{labels[number - 1]}”" if number is not None else quoted(settled.reading)

    def _misfits(self, rulebook: Rulebook) -> Iterator[Problem]:
        seen: set[str] = set()
        for number, each in enumerate(self.readings):
            where = f"reading[{number}]"
            trial_id, _, line = each.line.partition("/")
            if trial_id not in rulebook.trials:
                fault = f"{quoted(trial_id)} is not a trial of these rules"
                yield Problem(f"{where}.line", fault, did_you_mean(trial_id, rulebook.trials) or "write TRIAL/LINE")
                continue
            lines = {criterion.id: criterion for criterion in rulebook.trials[trial_id].criteria}
            if line not in lines:
                yield Problem(f"{where}.line", f"{quoted(line)} is not a line of {trial_id}", did_you_mean(line, lines))
            elif each.line in seen:
                yield Problem(f"{where}.line", f"{quoted(each.line)} is settled twice", "leave one of them out")
            elif _number_of(each, rulebook) is None:
                labels = _labels(each.line, rulebook)
                told = "; ".join(f"{place}: “{label}”" for place, label in enumerate(labels, start=1))
                mend = f"its readings are {told}" if len(labels) > 1 else "it has one reading only"
                yield Problem(f"{where}.reading", f"{quoted(each.reading)} is not a reading of {each.line}", mend)
            seen.add(each.line)


def _labels(line: str, rulebook: Rulebook) -> list[str]:
    """The words of each reading of a line, named TRIAL/LINE; none if there is no such line."""
    trial_id, _, name = line.partition("/")
    criteria = rulebook.trials[trial_id].criteria if trial_id in rulebook.trials else ()
    return [reading.label or "" for each in criteria if each.id == name for reading in each.readings]


def _number_of(settled: SettledReading, rulebook: Rulebook) -> int | None:
    """The number of the reading that counts, from 1; None if the line has no such reading, or only one."""
    labels = _labels(settled.line, rulebook)
    if len(labels) < 2:
        return None
    if isinstance(settled.reading, int):
        return settled.reading if 1 <= settled.reading <= len(labels) else None
    return labels.index(settled.reading) + 1 if settled.reading in labels else None


# ---- reading it


def read_site(place: Path) -> Site:
    """Read a site's file. Raises SiteError where it cannot be used, or where others than its user may write it."""
    text = _trusted(place)
    try:
        content = tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SiteError([Problem("", "it is not text in UTF-8", "save it as UTF-8")], str(place)) from None
    except tomllib.TOMLDecodeError as problem:
        raise SiteError(
            [Problem("", f"it is not TOML: {printable(str(problem))}", "see docs/site.md")], str(place)
        ) from None
    try:
        return Site(place, f"sha256:{sha256(text).hexdigest()}", _File.model_validate(content))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=True)
        raise SiteError([_in_words(each) for each in faults], str(place)) from None


def _trusted(place: Path) -> bytes:
    """The bytes of a file that nobody but its user and root may write, nor put another in its place."""
    file = str(place)
    try:
        # A link is not followed, and a pipe not waited for.
        with open(
            os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb"
        ) as it:
            status = os.fstat(it.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SiteError([Problem("", "it is not a file", GIVE_ANOTHER)], file)
            _check_writers(file, "it", status)
            _check_writers(file, f"its folder `{place.parent}`", place.parent.stat())
            text = it.read(LARGEST + 1)
    except OSError as problem:
        if place.is_symlink():
            raise SiteError([Problem("", "it is a link, which is not followed", GIVE_ANOTHER)], file) from None
        why = "there is no such file" if isinstance(problem, FileNotFoundError) else (problem.strerror or "").lower()
        raise SiteError([Problem("", f"it cannot be read: {why}", GIVE_ANOTHER)], file) from None
    if len(text) > LARGEST:
        raise SiteError([Problem("", "it is too large for a site's file", GIVE_ANOTHER)], file)
    return text


def _check_writers(file: str, what: str, status: os.stat_result) -> None:
    """Refuse what somebody else may write. In a folder with the sticky bit everybody may write only what is theirs."""
    if not hasattr(os, "getuid"):
        return
    if status.st_uid not in (os.getuid(), 0):
        fault = f"{what} belongs to somebody else, and decides what is printed here, so it is not used"
        raise SiteError([Problem("", fault, f"make it your own, or root's; {GIVE_ANOTHER}")], file)
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_sticky:
        fault = f"others may write {what}, and it decides what is printed here, so it is not used"
        named = file if what == "it" else str(Path(file).parent)
        raise SiteError([Problem("", fault, f"`chmod go-w {named}`; {GIVE_ANOTHER}")], file)


_EXPECTED = {
    "string_type": "text in quotation marks",
    "string_too_short": "text, and not empty",
    "list_type": "a list",
    "too_short": "a list with something in it",
    "model_type": "a table",
}


def _in_words(fault: Mapping[str, Any]) -> Problem:
    location = fault["loc"]
    where, field = printable(path(location)), printable(str(location[-1]))
    match fault["type"]:
        case "extra_forbidden":
            known = _keys_at(location[:-1])
            mend = did_you_mean(field, known) or f"keys are {', '.join(known)}"
            return Problem(where, f"`{field}` is not a key here", mend)
        case "missing":
            mend = "say who settled it, and when" if field in ("by", "on") else f"write `{field} = …`"
            return Problem(where, f"`{field}` is missing", mend)
        case "value_error":
            what, _, mend = str(fault["ctx"]["error"]).partition(": ")
            return Problem(where, f"{quoted(_shown(fault['input']))} {what}", mend)
        case kind:
            expected = _EXPECTED.get(kind, "something else")
            is_not = f"{quoted(_shown(fault['input']))} is not {expected}"
            return Problem(where, is_not, f"`{field}` must be {expected}")


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    parts: dict[str, type[_Part]] = {"freshness": Freshness, "reading": SettledReading, "complete": TakenAsComplete}
    model = parts.get(str(location[0]), _File) if location else _File
    return list(model.model_fields)


# ---- what it does to a screening


def with_site(patient: Patient, site: Site, rulebook: Rulebook, in_force: Sequence[str]) -> Patient:
    """The patient with the site's choice of readings and time zone, and with notes on what else in the file is in
    force.

    A choice that comes with the patient counts before the site's. `in_force` are the keys of the file that the call did
    not overrule.
    """
    answers, noted = dict(patient.answers), list(patient.noted)
    for number, each in enumerate(site.readings):
        reading = _number_of(each, rulebook)
        own = answers.get(each.line)
        if own is None:
            source = f"{site.place.name}: reading[{number}]"
            answers[each.line] = Answer(each.line, source, reading=reading, by=each.who)
        elif own.reading != reading:
            told = f"this choice counts for the patient, and not what was settled by {each.who}"
            noted.append(Note(told, path=own.source))
    noted += map(Note, _told(site, in_force))
    settled: Patient = replace(patient, answers=answers, noted=tuple(noted))
    return settled if site.time_zone is None else in_zone(settled, site.time_zone)


def _told(site: Site, in_force: Sequence[str]) -> Iterator[str]:
    if "assume_complete" in in_force:
        for each in site.complete:
            lists = ", ".join(f"`{name}`" for name in each.lists)
            yield f"taken as complete: {lists} ({each.why}), by {each.who}"
    if "labs_within" in in_force and site.freshness is not None:
        yield f"labs and findings may be {site.labs_within} old, by {site.freshness.who}"
    named = [f"{key} {place.name}" for key, place in site.places if key in in_force]
    if "locale" in in_force and site.locale is not None:
        named.append(f"locale {site.locale}")
    if site.time_zone is not None:
        named.append(f"time zone {site.time_zone}")
    if named:
        yield f"read by what the site's {site.place.name} names: {'; '.join(named)}"
