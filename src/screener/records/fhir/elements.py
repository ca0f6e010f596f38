"""The data types of FHIR R4: codes, quantities, dates and periods, as far as facts are made of them.

A field that is not of the shape that FHIR gives it raises ShapeError; whoever reads the resource sets it aside with
that reason. A field that is not there is None, or empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from screener.records.errors import printable, quoted
from screener.values.dates import (
    AT_ANY_TIME,
    DAY,
    END,
    DateError,
    Duration,
    Moment,
    TimeUnit,
    day_shifted,
    from_one_to_another,
    not_later_than,
    parse_moment,
)

Body = Mapping[str, Any]
NOTHING: Body = {}

LONGEST_TEXT = 200
"""Characters that are kept of a text of the record."""


class ShapeError(ValueError):
    """A field of a resource that is not of the shape that FHIR gives it; the message says which."""


class UnreadableError(ValueError):
    """A field that has its shape and cannot be understood; the message says why, as the end of a sentence."""


# ---- fields


def part(body: Body, field: str) -> Body:
    """An object in a field; without it, an empty one. Raises ShapeError."""
    value = body.get(field)
    if value is None:
        return NOTHING
    if isinstance(value, dict):
        return value
    raise ShapeError(f"its `{field}` is not an object")


def parts(body: Body, field: str) -> Sequence[Body]:
    """The objects of a list in a field. Raises ShapeError."""
    value = body.get(field)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ShapeError(f"its `{field}` is not a list")
    for each in value:
        if not isinstance(each, dict):
            raise ShapeError(f"its `{field}` is not a list of objects")
    return value


def text(body: Body, field: str) -> str | None:
    """A text in a field. Raises ShapeError."""
    value = body.get(field)
    if value is None or isinstance(value, str):
        return value
    raise ShapeError(f"its `{field}` is not text")


def truth(body: Body, field: str) -> bool | None:
    """True or false in a field. Raises ShapeError."""
    value = body.get(field)
    if value is None or isinstance(value, bool):
        return value
    raise ShapeError(f"its `{field}` is neither true nor false")


def number(body: Body, field: str) -> Decimal | int | None:
    """A number in a field. Raises ShapeError."""
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if isinstance(value, float):
        return Decimal(str(value))
    raise ShapeError(f"its `{field}` is not a number")


LONGEST_STATUS = 30
"""How many characters of a status a message shows."""


def shown(status: str | None) -> str:
    """A status as it may be shown, whatever it is."""
    return printable(status[:LONGEST_STATUS]) if status else "no status"


def only_one_of(body: Body, fields: Sequence[str]) -> None:
    """FHIR lets a choice stand in one field only. Raises UnreadableError where it stands in several: which of them
    counts, nobody knows."""
    given = [each for each in fields if body.get(each) is not None]
    if len(given) > 1:
        raise UnreadableError(f"it has {' and '.join(f'`{each}`' for each in given)}")


# ---- codes


class Coding(Struct, frozen=True):
    """A code as the record gives it, with its display text."""

    system: str | None
    code: str | None
    display: str | None = None


class Concept(Struct, frozen=True, cache_hash=True):
    """A CodeableConcept: codes that mean the same, and the words of the person who chose them."""

    codings: tuple[Coding, ...] = ()
    text: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.codings and not self.text

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """Its codes, each with what the record calls its system; nothing where it names none."""
        return tuple((each.system or "", each.code) for each in self.codings if each.code is not None)

    def code_of(self, system: str) -> str | None:
        """The code of a system of FHIR's own, whose codes FHIR itself defines."""
        return next((each.code for each in self.codings if each.system in (system, None)), None)

    @property
    def words(self) -> str | None:
        """What it is called in the record."""
        return self.text or next((each.display for each in self.codings if each.display), None)


NO_CONCEPT = Concept()


def concept(body: Body, field: str) -> Concept:
    """The CodeableConcept in a field. Raises ShapeError."""
    return concept_of(part(body, field))


def concepts(body: Body, field: str) -> tuple[Concept, ...]:
    """The CodeableConcepts in a field. Raises ShapeError."""
    return tuple(concept_of(each) for each in parts(body, field))


as_written = msgspec.json.Encoder(decimal_format="number").encode
"""Anything in the record, as JSON: it is known again by that."""
LONGEST_REMEMBERED = 1000
"""Bytes of a concept that is known again."""


def concept_of(value: Body) -> Concept:
    """A CodeableConcept. Raises ShapeError.

    The same few come again and again in a record, so each is taken apart once and known again by its text.
    """
    if not value:
        return NO_CONCEPT
    written = as_written(value)
    return _concept_written(written) if len(written) <= LONGEST_REMEMBERED else _concept_in(value)


@lru_cache(maxsize=4096)
def _concept_written(written: bytes) -> Concept:
    return _concept_in(msgspec.json.decode(written))


def _concept_in(value: Body) -> Concept:
    codings = []
    written = value.get("coding")
    # A null among them says nothing.
    among = {"coding": [each for each in written if each is not None]} if isinstance(written, list) else value
    for each in parts(among, "coding"):
        coding = Coding(text(each, "system"), text(each, "code"), text(each, "display"))
        if coding.code or coding.display:
            codings.append(coding)
    return Concept(tuple(codings), text(value, "text"))


def objects_in(value: Any) -> Sequence[Body]:
    """The objects in a value of any shape: itself, or those of a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def concept_kept(value: Any) -> Concept:
    """What can be kept of a CodeableConcept of any shape: its codes, and its text."""
    codings, words = [], None
    for each in objects_in(value):
        words = words or _text_kept(each, "text")
        for coding in objects_in(each.get("coding")):
            codings.append(Coding(*(_text_kept(coding, field) for field in ("system", "code", "display"))))
    return Concept(tuple(codings), words)


def _text_kept(body: Body, field: str) -> str | None:
    value = body.get(field)
    return value if isinstance(value, str) else None


# ---- dates


def moment(body: Body, field: str) -> Moment | None:
    """The date or dateTime in a field. Raises UnreadableError, also for what is no text."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableError(f"its `{field}` is not a date")
    return moment_of(value, field)


def moment_of(value: str, field: str) -> Moment:
    """A FHIR date, dateTime or instant. Raises UnreadableError."""
    try:
        return _moment(value)
    except DateError:
        raise UnreadableError(f"its `{field}` {quoted(value)} is not a date") from None


@lru_cache(maxsize=4096)
def _moment(value: str) -> Moment:
    return parse_moment(value)


class Period(Struct, frozen=True):
    """A FHIR Period: from a moment to a moment, either of which may be unknown."""

    start: Moment | None = None
    end: Moment | None = None


def period(body: Body, field: str) -> Period | None:
    """The Period in a field. Raises ShapeError, and UnreadableError."""
    if body.get(field) is None:
        return None
    value = part(body, field)
    stretch = Period(moment(value, "start"), moment(value, "end"))
    if stretch.start is not None and stretch.end is not None and stretch.end.is_before(stretch.start):
        raise UnreadableError(f"its `{field}` ends before it begins")
    return stretch if stretch.start is not None or stretch.end is not None else None


def some_time_in(stretch: Period) -> Moment:
    """One moment that lies somewhere in a period."""
    told = [each.text for each in (stretch.start, stretch.end) if each is not None]
    if stretch.start is None:
        return AT_ANY_TIME if stretch.end is None else up_to_moment(stretch.end)
    if stretch.end is None:
        return Moment(stretch.start.first, END, f"since {told[0]}", stretch.start.offset)
    return from_one_to_another(stretch.start, stretch.end, " to ".join(dict.fromkeys(told)))


def up_to_moment(latest: Moment) -> Moment:
    """Some time up to a moment: of something that was known by then."""
    return not_later_than(latest, f"by {latest.text}")


_AGES: dict[str, TimeUnit] = {"a": "years", "mo": "months", "wk": "weeks", "d": "days"}
_AGE_WORDS: dict[str, TimeUnit] = {"year": "years", "month": "months", "week": "weeks", "day": "days"}


def at_age(age: Body, birth: Moment | None, field: str) -> Moment | None:
    """When somebody was of an age; None where the birth date is not known. Raises ShapeError, and UnreadableError."""
    return at_ages(age, age, birth, field)


def at_ages(youngest: Body, oldest: Body, birth: Moment | None, field: str) -> Moment | None:
    """When somebody was between two ages, either of which may be missing (an empty object)."""
    low, high = _age(youngest, field), _age(oldest, field)
    if birth is None:
        return None
    first = birth.first_day if low is None else day_shifted(birth.first_day, low, 1)
    if high is None:
        return Moment(first * DAY, END, f"from the age of {low}", by_age=True) if low is not None else None
    last = day_shifted(birth.last_day, Duration(high.count + 1, high.unit), 1) - 1
    words = f"at the age of {high}" if low == high else f"at the age of {low or 'birth'} to {high}"
    return Moment(first * DAY, max(first, last) * DAY + DAY - 1, words, by_age=True)


def _age(value: Body, field: str) -> Duration | None:
    """An Age in whole units, the fraction cut off; None if there is no number."""
    count = number(value, "value")
    if count is None:
        return None
    unit = _AGES.get(text(value, "code") or "")
    if unit is None:
        word = (text(value, "unit") or text(value, "code") or "").strip().casefold()
        unit = _AGE_WORDS.get(word.removesuffix("s")) or _AGES.get(word)
    if unit is None:
        raise UnreadableError(f"its `{field}` has no unit of age")
    if text(value, "comparator") or not 0 <= count < 1_000_000:
        raise UnreadableError(f"its `{field}` is not an age")
    return Duration(int(count), unit)


def own_words(stated: Concept) -> list[str]:
    """The words of a concept and of its codings."""
    return [each for each in (stated.text, *(coding.display for coding in stated.codings)) if each]
