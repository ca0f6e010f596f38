"""Fields as people call them: another name of one of a record's own, and fields in which no rule looks.

`dob` is the birth date here as it is in the heading of a spreadsheet; a `comment` is passed over with a note. A field
that is neither may be a misspelt one, and stays: the record is refused because of it. The names are data: `fields.tsv`
and `columns.tsv` in this folder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from screener.records.comparing import as_name
from screener.values.tables import table_rows

PassedOver = Literal["aside", "words"]
_FIELD_OF_COLUMN = {"patient": "id"}
"""Fields of a spreadsheet that a record calls otherwise."""


def own_field(field: str, known: Collection[str]) -> str | None:
    """The field that one is another name of, or another spelling (`Birth date`); None if it is of none."""
    plain = as_name(field)
    spelt = (each for each in known if _plain(each) == plain)
    return next((each for each in (*spelt, *_names().get(plain, ())) if each in known), None)


def passed_over(field: str) -> PassedOver | None:
    """Whether it is a field in which no rule looks; and whether words stand in it."""
    kinds: tuple[PassedOver, ...] = ("aside", "words")
    return next((each for each in kinds if each in _names().get(as_name(field), ())), None)


def with_own_fields(body: Mapping[str, Any], known: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """An object under its own names of fields, and the names of the fields that are passed over.

    A field stays as it is where what it stands for is there already: nobody knows which of the two counts. So does one
    that holds more than words or a number, because that may be results."""
    read: dict[str, Any] = {}
    passed: list[str] = []
    for field, value in body.items():
        own = (
            field
            if field in known or not isinstance(field, str)
            else own_field(field, [each for each in known if each not in body])
        )
        if own is not None and own not in read:
            read[own] = value
        elif own is None and passed_over(field) is not None and not _holds_more(value):
            passed.append(field)
        else:
            read[field] = value
    return read, passed


def _holds_more(value: object) -> bool:
    """Whether a field holds more than words or a number, or a list of these."""
    return any(isinstance(each, list | Mapping) for each in (value if isinstance(value, list) else (value,)))


@cache
def _plain(own: str) -> str:
    """A field of a record as names are compared."""
    return as_name(own)


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """What each name stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for table in ("fields.tsv", "columns.tsv"):
        for field, name in table_rows(Path(__file__).with_name(table)):
            plain = as_name(name)
            found[plain] = (*found.get(plain, ()), _FIELD_OF_COLUMN.get(field, field))
    return found
