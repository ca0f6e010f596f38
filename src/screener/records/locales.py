"""Dates and decimals as a language and its country write them, where a record or a call says which they are.

Nothing is guessed: text that could be read in two ways (`1.234` where the comma is the decimal sign) is no number. What
ISO 8601 writes, and a number with a decimal point, stay what they are everywhere. A locale says in which order day and
month stand; `dates_as_written.py` reads the dates. What is read without a locale is there and in `written.py`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from screener.records.errors import did_you_mean
from screener.values.tables import table_rows


class Locale(Struct, frozen=True):
    """How a language and its country write. `order` is that of a date's parts (`dmy`), `decimal` the decimal sign."""

    name: str
    order: str
    decimal: str

    @property
    def order_in_words(self) -> str:
        return ", ".join({"d": "day", "m": "month", "y": "year"}[part] for part in self.order)

    def number(self, text: str) -> str:
        """A number, a bound or a range of numbers with decimal points; the text itself where it is none of them.

        Raises TwoWaysError where it could be read in two ways.
        """
        if _NUMBERS.match(text) is None:
            return text
        return _NUMBER.sub(lambda found: self._plain(found[0]), text)

    def _plain(self, number: str) -> str:
        plain = re.sub(rf"(?<=\d)[{_BLANKS}](?=\d{{3}}(?!\d))", "", number)
        other = "." if self.decimal == "," else ","
        whole, _, rest = plain.partition(self.decimal)
        if other not in plain:
            return plain.replace(self.decimal, ".") if plain.count(self.decimal) < 2 else number
        if _GROUPED[other].match(whole) and (rest.isdecimal() or whole.count(other) > 1 or self.decimal in plain):
            return f"{whole.replace(other, '')}.{rest}" if rest else whole.replace(other, "")
        if plain.count(other) == 1 and self.decimal not in plain:
            if other == ",":
                return number  # somebody's decimal comma, or a group of thousands
            if _GROUPED[other].match(plain):
                raise TwoWaysError(number, plain.replace(other, ""), plain.replace(other, self.decimal))
            return plain  # a decimal point, and nothing else can be meant
        return number


class TwoWaysError(ValueError):
    """A number that could be read in two ways; `args` are the number, and both ways of writing it unmistakably."""


_BLANKS = " \u00a0\u202f\u2009'\u2019"
_GROUPED = {sign: re.compile(rf"[1-9]\d{{0,2}}(\{sign}\d{{3}})+\Z", re.ASCII) for sign in ".,"}
_NUMBERS = re.compile(rf"[\s<>=≤≥]*\d[\d.,{_BLANKS}]*(?:\s*(?:-|–|~|\.\.)\s*\d[\d.,{_BLANKS}]*)?\Z")
_NUMBER = re.compile(rf"\d(?:[\d.,{_BLANKS}]*\d)?")


@lru_cache(maxsize=1)
def locales() -> dict[str, Locale]:
    """Every locale, by its name in small letters."""
    known = (Locale(*row) for row in table_rows(Path(__file__).with_name("locales.tsv")))
    return {each.name.casefold(): each for each in known}


def locale_of(name: str) -> Locale | None:
    """The locale of that name, as people and systems write it: `de`, `en-GB`, `en_GB`, `de_DE.UTF-8`. None where nobody
    said how that country writes."""
    return locales().get(name.strip().partition(".")[0].replace("_", "-").casefold())


def locale_meant(name: str) -> str:
    """The mend for a name of no locale."""
    near = did_you_mean(name, (each.name for each in locales().values()))
    return near or "write a language and a country, such as `de-DE` or `en-GB`"
