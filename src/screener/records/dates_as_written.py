"""Dates as people write them: what each can mean, where the record does not write them as ISO 8601 does.

`28 Nov 2026`, `28.11.2026` and `2026/11/28` can mean one day only, and are read as that day. `03.04.2026` is 3 April or
4 March, and somebody has to say which. `yesterday` and `28.11.` do not say which day it was; nor does a date under
another day of the week. What looks like a date and is no day of the calendar stays a fault: one of its digits is wrong,
and nobody knows which.

A locale says in which order day and month stand, and no more. The words are data: `dates.tsv`.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from screener.records.errors import LONGEST_QUOTE
from screener.records.locales import Locale
from screener.values.dates import (
    END,
    DateError,
    Moment,
    at_any_time,
    dates_in_words,
    from_one_to_another,
    parse_moment,
)
from screener.values.tables import table_rows


class Dated(NamedTuple):
    """When something was, as far as a text says it; and what is wrong with the text, if anything: `has no year`.

    A text of two days is from one to the other, which is often enough for an age. An entry with such a text is of an
    unknown day, and so is a death.
    """

    when: Moment
    fault: str = ""
    mend: str = ""

    @property
    def says_no_day(self) -> bool:
        """Whether it may have been at any time."""
        return self.when.last == END


def date_meant(text: str, locale: Locale | None) -> Dated:
    """What a date can mean. Raises DateError where it is none."""
    text = text.strip()
    try:
        return Dated(parse_moment(text))
    except DateError as error:
        if len(text) > LONGEST_QUOTE:
            raise
        fault = error
    weekday, plain = _without_words(unicodedata.normalize("NFKC", text).strip())
    moments: dict[object, Moment] = {}
    for written in _written(plain, locale):
        try:
            moment = parse_moment(written)
        except DateError as error:
            fault = DateError(str(error).replace(f"`{written}`", f"`{text}`"))
        else:
            moments[moment.instant] = moment
    possible = sorted(moments.values(), key=lambda each: each.first)
    if possible and weekday and not any(_is_on(weekday, each) for each in possible):
        return Dated(at_any_time(text), "is not on that day of the week", "correct one of the two")
    match possible:
        case [one]:
            return Dated(one)
        case [early, late]:
            either = from_one_to_another(early, late, f"{early.text} or {late.text}")
            return Dated(either, f"may be {dates_in_words(either.text)}", _SAY_LOCALE)
    if (order := _order_not_kept(plain, locale)) is not None:
        raise DateError(f"`{text}` is not a day of the calendar: {order}")
    if (why := _why_no_day(plain)) is None:
        raise fault
    return Dated(at_any_time(text), why, "write YYYY-MM-DD, YYYY-MM or YYYY")


_SAY_LOCALE = "write YYYY-MM-DD, or say which comes first: `--locale de`, `en-GB`, `en-US` …, or `locale` in the record"
_TIME = (
    r"(?:[T,\s]\s*(?P<hour>\d{1,2}):(?P<minutes>\d{2}(?::\d{2}(?:[.,]\d+)?)?)\s*(?P<half>[ap]\.?m\.?)?\s*"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?\Z"
)
_SIGN, _SAME_SIGN = r"\s*(?P<sign>[./-])\s*", r"\s*(?P=sign)\s*"
_DAY, _MONTH, _YEAR = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<year>\d{4})"
_NAME, _ORDINAL, _PARTED = r"(?P<name>[^\W\d_]{3,})\.?", r"(?:st|nd|rd|th|\.)?", r"[\s,./-]*(?:(?:of|de)\s+)?"


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join((*parts, _TIME)), re.IGNORECASE)


_FORMS = (
    _pattern(_YEAR, _SIGN, _MONTH, _SAME_SIGN, _DAY, r"\.?"),
    _pattern(_YEAR, r"[./-]", _MONTH),
    _pattern(_MONTH, r"\s*[./-]\s*", _YEAR),
    _pattern(_YEAR, "年", _MONTH, "月", rf"(?:{_DAY}日)?"),
    _pattern(_DAY, _ORDINAL, _PARTED, _NAME, _PARTED, _YEAR),
    _pattern(_NAME, r"\s*", _DAY, _ORDINAL, r"(?:,\s*|\s+)", _YEAR),
    _pattern(_NAME, _PARTED, _YEAR),
    _pattern(_YEAR, _PARTED, _NAME, rf"(?:{_PARTED}{_DAY})?"),
)
_YEAR_LAST = _pattern(_DAY, _SIGN, _MONTH, _SAME_SIGN, _YEAR, r"\.?")
_WITHOUT_YEAR = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\.?\Z", re.ASCII)
_DAY_AND_MONTH = re.compile(r"(?<![\d./-])(\d{1,2})\.\s*(\d{1,2})\.(?!\s*\d)", re.ASCII)
_YEAR_OF_TWO_DIGITS = re.compile(
    r"\d{1,2}\s*([./-])\s*\d{1,2}\s*\1\s*'?\d{2}\Z"
    rf"|\d{{1,2}}{_ORDINAL}{_PARTED}{_NAME}{_PARTED}'?\d{{2}}\Z"
    rf"|{_NAME.replace('name', 'first')}\s*\d{{1,2}}{_ORDINAL}(?:,\s*|\s+)'?\d{{2}}\Z",
    re.IGNORECASE,
)
_ROUGHLY = re.compile(r"[~≈]?\s*\d{4}\s*\??\Z|\d{4}\s*[-–]\s*\d{4}\Z")
_SEVERAL_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,4})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{1,4})(?!\d)", re.ASCII)
_DAY_AND_NAME = re.compile(rf"(?<!\d){_DAY}{_ORDINAL}{_PARTED}{_NAME}", re.IGNORECASE)
_TIME_OF_DAY = re.compile(r":\d{2}\s*\Z")
_LEAP_YEAR = 2024
_A_YEAR = re.compile(r"\d{4}")
_WORD = re.compile(r"[^\W\d_]+")


def _without_words(text: str) -> tuple[int, str]:
    """The day of the week that a text names, 1 for Monday and 0 for none, and the date behind it.

    >>> _without_words("Thu, 19 Feb 2026"), _without_words("am 28.11.2026 10:30 Uhr"), _without_words("on admission")
    ((4, '19 Feb 2026'), (0, '28.11.2026 10:30'), (0, 'on admission'))
    """
    words = _words()
    weekday, plain = 0, text
    while (found := _FIRST_WORD.match(plain)) is not None:
        word = found["word"].casefold()
        if word not in words.weekdays and word not in words.before:
            break
        weekday, plain = words.weekdays.get(word, weekday), plain[found.end() :]
    before_last, _, last = plain.rpartition(" ")
    if last.casefold().rstrip(".") in words.behind and _TIME_OF_DAY.search(before_last):
        plain = before_last.rstrip()
    return (weekday, plain) if any(each.isdigit() for each in plain) else (0, text)


_FIRST_WORD = re.compile(r"(?P<word>[^\W\d_]+)[.,]*\s+")


def _is_on(weekday: int, moment: Moment) -> bool:
    return not moment.is_one_day or date.fromordinal(moment.first_day).isoweekday() == weekday


def _written(text: str, locale: Locale | None) -> list[str]:
    """Every way of reading a text as a date, as ISO 8601 writes it; days that are none of the calendar as well."""
    found = next((found for form in _FORMS if (found := form.match(text)) is not None), None)
    if found is not None:
        parts = found.groupdict()
        month = _words().months.get(parts["name"].casefold()) if "name" in parts else int(parts["month"])
        return [] if month is None else [_iso(parts, month, parts.get("day"))]
    found = _YEAR_LAST.match(text)
    if found is None:
        return []
    parts = found.groupdict()
    day_first = _iso(parts, int(parts["month"]), parts["day"])
    month_first = _iso(parts, int(parts["day"]), parts["month"])
    order = "" if locale is None else locale.order
    return {"dmy": [day_first], "mdy": [month_first]}.get(order, [day_first, month_first])


def _order_not_kept(text: str, locale: Locale | None) -> str | None:
    """What to say of a date with numbers in another order than that of its locale."""
    if locale is None or locale.order[0] == "y" or _YEAR_LAST.match(text) is None:
        return None
    return f"dates under `{locale.name}` are {locale.order_in_words}"


def _iso(parts: dict[str, str | None], month: int, day: str | None) -> str:
    date = f"{parts['year']}-{month:02}" + (f"-{int(day):02}" if day else "")
    if parts["hour"] is None:
        return date
    hour, half = int(parts["hour"]), (parts["half"] or "").casefold()[:1]
    if half and not 1 <= hour <= 12:
        return "no time of day"
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return f"{date}T{hour:02}:{parts['minutes']}{parts['zone'] or ''}"


def _why_no_day(plain: str) -> str | None:
    """Why a text is not a wrong date, but one that does not say which day it is; None where it is neither."""
    words = _words()
    named = {each.casefold() for each in _WORD.findall(plain)} - _ORDINALS
    if _has_no_such_day(plain):
        return None
    if _YEAR_OF_TWO_DIGITS.match(plain) and named <= words.months.keys():
        return "has a year of two digits"
    if _WITHOUT_YEAR.match(plain) or (named and named <= words.months.keys() and not _A_YEAR.search(plain)):
        return "has no year"
    return "does not say which day it was" if named & words.told or _ROUGHLY.match(plain) else None


_ORDINALS = frozenset(("st", "nd", "rd", "th", "of", "de"))


def _has_no_such_day(plain: str) -> bool:
    """Whether a text has numbers that stand as those of a date do, and are none of the calendar: `30.02.2026 today`,
    `45.45.`, `31 Feb 26`."""
    if (found := _WITHOUT_YEAR.match(plain) or _DAY_AND_MONTH.search(plain)) is not None:
        first, second = (int(each) for each in found.groups())
        is_month_of_a_year = 1 <= first <= 12 and not found[0].endswith(".")
        return not (_is_day(first, second) or _is_day(second, first) or is_month_of_a_year)
    for one, _, two, three in _SEVERAL_NUMBERS.findall(plain):
        day_and_month = [(two, three)] if len(one) > 2 else [(one, two)]
        if len(one) == len(three) == 2:
            day_and_month.append((two, three))
        year = int(one) if len(one) == 4 else int(three) if len(three) == 4 else _LEAP_YEAR
        if not any(_is_day(int(a), int(b), year) or _is_day(int(b), int(a), year) for a, b in day_and_month):
            return True
    months = _words().months
    named = [(int(each["day"]), months.get(each["name"].casefold())) for each in _DAY_AND_NAME.finditer(plain)]
    return any(month is not None and not _is_day(day, month) for day, month in named)


def _is_day(day: int, month: int, year: int = _LEAP_YEAR) -> bool:
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


class _Words(NamedTuple):
    months: dict[str, int]
    weekdays: dict[str, int]
    told: frozenset[str]
    """Words that say when without a date."""
    before: frozenset[str]
    behind: frozenset[str]


@cache
def _words() -> _Words:
    """The table `dates.tsv`, read once."""
    rows = list(table_rows(Path(__file__).with_name("dates.tsv")))
    months = {word: int(meaning) for kind, word, meaning in rows if kind == "month"}
    weekdays = {word: int(meaning) for kind, word, meaning in rows if kind == "weekday"}
    told, before, behind = (
        frozenset(word for kind, word, _ in rows if kind == wanted) for wanted in ("told", "before", "behind")
    )
    return _Words(months, weekdays, told | weekdays.keys(), before, behind)
