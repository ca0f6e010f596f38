"""Codes that say something about a whole list of the record: that nothing of the kind is known, or that there is none.

The tables are data, with their sources: `absences.tsv`, `absences_in_words.tsv` and `sections.tsv` in this folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from screener.records.comparing import folded
from screener.rulebook import RecordList
from screener.values.tables import table_rows

Word = Literal["none known", "none now", "no information"]
EVERY_LIST: tuple[RecordList, ...] = get_args(RecordList)


def said_of_list(codes: Iterable[tuple[str, str]], on: RecordList) -> tuple[RecordList, Word] | None:
    """What codes that stand for one thing on a list say of a whole list; None if they are of an entry like any other.
    Each has the name of its system.

    If some of the codes do and some do not, it stays open what they are of: that is no information.
    """
    said = [_absences().get((system, code.strip())) for system, code in codes]
    known = {(on if list_ == "*" else list_, word) for list_, word in filter(None, said)}
    if not known:
        return None
    if len(known) == 1 and None not in said:
        ((list_, word),) = known
        return cast("RecordList", list_), word
    return on, "no information"


def lists_of_section(codes: Iterable[tuple[str, str]]) -> tuple[RecordList, ...]:
    """The lists that a section or a List is about, by its codes (each with the name of its system); every one where
    nobody knows them."""
    known = {_sections().get((system, code.strip())) for system, code in codes} - {None}
    return tuple(each for each in EVERY_LIST if each in known) if known else EVERY_LIST


def absent_in_words(wording: str | None) -> tuple[tuple[str, str], ...]:
    """The codes, each with its system, that say what a whole wording says: that no allergy is known."""
    return _in_words().get(_plain(wording), ()) if wording is not None else ()


def _plain(wording: str) -> str:
    return folded(wording.replace("\u2019", "'").rstrip(". \u3002"))


@cache
def _in_words() -> dict[str, tuple[tuple[str, str], ...]]:
    return {
        _plain(wording): tuple(("snomed", code) for code in codes.split())
        for wordings, codes in table_rows(Path(__file__).with_name("absences_in_words.tsv"))
        for wording in wordings.split(";")
    }


@cache
def _absences() -> dict[tuple[str, str], tuple[str, Word]]:
    return {
        (system, code): (list_, cast("Word", word))
        for system, code, list_, word in table_rows(Path(__file__).with_name("absences.tsv"))
    }


@cache
def _sections() -> dict[tuple[str, str], str]:
    return {(system, code): list_ for system, code, list_ in table_rows(Path(__file__).with_name("sections.tsv"))}
