"""Dates as people write them: what each can mean, where the record does not write them as ISO 8601 does.

`28 Nov 2026`, `28.11.2026` and `2026/11/28` can mean one day only, and are read as that day. `03.04.2026` is 3 April or
4 March, and somebody has to say which. `yesterday` and `28.11.` do not say which day it was. What looks
like a date and is no day of the calendar stays a fault: one of its digits is wrong, and nobody knows which.

A locale says in which order day and month stand; then a date has that order or none. The words are data: `dates.tsv`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from screener.records.errors import LONGEST_QUOTE
from screener.records.locales import Locale
from screener.values.dates import END, DateError, Moment, at_any_time, from_one_to_another, parse_moment
from screener.values.tables import table_rows


class Dated(NamedTuple):
    """When something was, as far as a text says it; and what is wrong with the text, if anything: `has no year`."""

    when: Moment
    fault: str = ""
    mend: str = ""

    @property
    def says_no_day(self) -> bool:
        """Whether it may have been at any time."""
        return self.when.last == END


def date_meant(text: str, locale: Locale | None) -> Dated:
    """What a date can mean. Raises DateError where it is none."""
    iso = text if locale is None else locale.date(text)
    try:
        return Dated(parse_moment(iso))
    except DateError as error:
        if iso != text or len(text) > LONGEST_QUOTE:
            raise
        fault = error
    moments: dict[object, Moment] = {}
    for written in _written(unicodedata.normalize("NFKC", text).strip(), locale):
        try:
            moment = parse_moment(written)
        except DateError as error:
            fault = DateError(str(error).replace(f"`{written}`", f"`{text}`"))
        else:
            moments[moment.instant] = moment
    match sorted(moments.values(), key=lambda each: each.first):
        case [one]:
            return Dated(one)
        case [early, late]:
            mend = f"write YYYY-MM-DD, or say whose dates they are: {_SAY_LOCALE}"
            either = from_one_to_another(early, late, f"{early.text} or {late.text}")
            return Dated(either, "is day first or month first", mend)
    if (why := _why_nobody_can_count(text)) is None:
        raise fault
    return Dated(at_any_time(text.strip()[:LONGEST_QUOTE]), why, "write YYYY-MM-DD, YYYY-MM or YYYY")


_SAY_LOCALE = "`--locale de`, `en-GB`, `en-US` …, or `locale` in the record"
_TIME = (
    r"(?:[T,\s]\s*(?P<hour>\d{1,2}):(?P<minutes>\d{2}(?::\d{2})?)\s*(?P<half>[ap]\.?m\.?)?"
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
_WITHOUT_YEAR = re.compile(r"\d{1,2}\s*[./-]\s*\d{1,2}\.?\Z", re.ASCII)
_YEAR_OF_TWO_DIGITS = re.compile(r"\d{1,2}\s*([./-])\s*(?:\d{1,2}|[^\W\d_]{3,})\s*\1\s*'?\d{2}\Z")
_ROUGHLY = re.compile(r"[~≈]?\s*\d{4}\s*\??\Z|\d{4}\s*[-–]\s*\d{4}\Z")
_A_YEAR = re.compile(r"\d{4}")
_WORD = re.compile(r"[^\W\d_]+")


def _written(text: str, locale: Locale | None) -> list[str]:
    """Every way of reading a text as a date, as ISO 8601 writes it; days that are none of the calendar as well."""
    found = next((found for form in _FORMS if (found := form.match(text)) is not None), None)
    if found is not None:
        parts = found.groupdict()
        month = _words()[0].get(parts["name"].casefold()) if "name" in parts else int(parts["month"])
        return [] if month is None else [_iso(parts, month, parts.get("day"))]
    found = _YEAR_LAST.match(text)
    if found is None or locale is not None:
        return []
    parts = found.groupdict()
    return [_iso(parts, int(parts["month"]), parts["day"]), _iso(parts, int(parts["day"]), parts["month"])]


def _iso(parts: dict[str, str | None], month: int, day: str | None) -> str:
    date = f"{parts['year']}-{month:02}" + (f"-{int(day):02}" if day else "")
    if parts["hour"] is None:
        return date
    hour, half = int(parts["hour"]), (parts["half"] or "").casefold()[:1]
    if half and not 1 <= hour <= 12:
        return "no time of day"
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return f"{date}T{hour:02}:{parts['minutes']}{parts['zone'] or ''}"


def _why_nobody_can_count(text: str) -> str | None:
    """Why a text is not a wrong date, but one that does not say which day it is; None where it is neither."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _YEAR_OF_TWO_DIGITS.match(plain):
        return "has a year of two digits"
    months, told = _words()
    words = {each.casefold() for each in _WORD.findall(plain)}
    if _WITHOUT_YEAR.match(plain) or (words and words <= months.keys() and not _A_YEAR.search(plain)):
        return "has no year"
    return "does not say which day it was" if words & told or _ROUGHLY.match(plain) else None


@cache
def _words() -> tuple[dict[str, int], frozenset[str]]:
    """The months by their names, and the words that say when without a date."""
    rows = list(table_rows(Path(__file__).with_name("dates.tsv")))
    months = {word: int(meaning) for kind, word, meaning in rows if kind == "month"}
    return months, frozenset(word for kind, word, _ in rows if kind == "told")
