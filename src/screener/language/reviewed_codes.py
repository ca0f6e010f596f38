"""Tables of reviewed codes: how somebody judged the codes of a system that has no hierarchy of its own.

A table is called after its system (`snomed.tsv`) and has the columns `code`, `name`, `within`, `not` and `source`,
parted by tabs. `within` holds codes of ICD-10 (for drugs, of ATC), parted by blanks: everybody who has the code lies
within them. `-` says that no rule asks for anything of the kind. `not` names concepts that the code is not. A concept
before the codes, or before `-`, is what everybody has who has the code, whatever the codes say.

In place of a code, `procedures.tsv` and `drugs.tsv` have the phrases of people, parted by `;`. A phrase within `beside
any` says nothing by itself and adds nothing to any other phrase. One within `beside harmless` adds nothing to phrases
that are all within `-`, and one within `beside treatment` adds nothing to phrases that lie within codes.
`abbreviations.tsv` has abbreviations in place of a code, parted by `;`, as wards write them, and `marks.tsv` what
programs write behind a title; `within` holds the codes next to which a mark may be the words of a disease.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import get_args

from screener.language.codes import Exists
from screener.language.desk import Draft, did_you_mean
from screener.language.diagnostics import error
from screener.language.names import nearest
from screener.language.source import Source, Span
from screener.rulebook import (
    ABBREVIATIONS,
    MARKS,
    PHRASES,
    Beside,
    ReviewedRow,
    abbreviations_of,
    code_within,
    codes_within,
    phrases_of,
)
from screener.values.check_digits import is_snomed

Tables = Mapping[str, str]
"""The text of each table, by the path that messages show."""

COLUMNS = ("code", "name", "within", "not", "source")
NOTHING = "-"
_BESIDE: Mapping[str, Beside] = {f"beside {each}": each for each in get_args(Beside)}


def reviewed_rows(draft: Draft, tables: Tables, exists: Exists) -> tuple[ReviewedRow, ...]:
    """All rows of all tables. What is wrong with one is reported, with its line."""
    rows: dict[tuple[str, str], ReviewedRow] = {}
    for path, text in tables.items():
        system = PurePosixPath(path).stem
        source = Source(path, text)
        for start, line in _lines(text):
            row = _row(draft, source, start, line, system)
            if row is None:
                continue
            if (unknown := _unknown_code(row, line, exists)) is not None:
                fault = f"no edition of ICD-10 has {unknown}"
                _report(draft, source, start, line, fault, "look it up, or write the longest code above it that exists")
            for code in _codes_of(row):
                if rows.setdefault((system, code), row) is not row:
                    _report(draft, source, start, line, f"{system} {code} stands here a second time")
    return tuple(dict.fromkeys(rows.values()))


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that hold a row, each with where it begins; not the head, nor remarks."""
    found, start = [], 0
    for line in text.split("\n"):
        if line.strip() and not line.startswith(("#", "code\t", "phrases\t", "abbreviations\t", "marks\t")):
            found.append((start, line))
        start += len(line) + 1
    return found


def _codes_of(row: ReviewedRow) -> list[str]:
    """The code of a row, or each of its phrases as phrases are compared."""
    if row.system in (ABBREVIATIONS, MARKS):
        return abbreviations_of(row)
    return phrases_of(row) if row.system in PHRASES else [row.code]


def _row(draft: Draft, source: Source, start: int, line: str, system: str) -> ReviewedRow | None:
    cells = _cells(line)
    if len(cells) != len(COLUMNS):
        _report(draft, source, start, line, f"a row has {len(COLUMNS)} columns: {', '.join(COLUMNS)}")
        return None
    code, name, within, is_not, _ = cells
    words = within.split()
    is_ = tuple(each for each in words if each in draft.concepts)
    within = " ".join(words[len(is_) :])
    if system == "snomed" and not is_snomed(code):
        _report(draft, source, start, line, f"snomed {code} is no code: its check digit is wrong")
        return None
    unknown = [each for each in is_not.split() if each not in draft.concepts]
    if unknown or not within:
        fault = f"`{unknown[0]}` is no concept" if unknown else f"it lies within nothing: write `{NOTHING}`, or codes"
        help_text = did_you_mean(nearest(unknown[0], draft.concepts)) if unknown else ""
        _report(draft, source, start, line, fault, help_text)
        return None
    if system in PHRASES and not all(any(map(str.isalnum, phrase)) for phrase in code.split(";")):
        _report(draft, source, start, line, "a phrase without a word stands in it")
        return None
    if system in PHRASES and within.startswith("beside") and within not in _BESIDE:
        _report(draft, source, start, line, f"`{within}` is none of {', '.join(_BESIDE)}")
        return None
    if system in PHRASES and within in _BESIDE:
        return ReviewedRow(system, code, name, is_not=tuple(is_not.split()), beside=_BESIDE[within])
    if system == ABBREVIATIONS and any(not each.strip().isalnum() or each.islower() for each in code.split(";")):
        _report(draft, source, start, line, "an abbreviation is written without blanks, and with a capital")
        return None
    try:
        codes = () if within == NOTHING else codes_within(within, system)
    except ValueError as problem:
        _report(draft, source, start, line, str(problem))
        return None
    return ReviewedRow(system, code, name, codes, tuple(is_not.split()), is_=is_)


def _unknown_code(row: ReviewedRow, line: str, exists: Exists) -> str | None:
    """A code that does not exist, of those between which a row lies. Between both ends of a range some may be none."""
    if not row.within:
        return None
    ends = _cells(line)[COLUMNS.index("within")].replace("..", " ").split()[len(row.is_) :]
    return next((each for each in ends if not exists(*code_within(each, row.system))), None)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.rstrip("\r").split("\t")]


def _report(draft: Draft, source: Source, start: int, line: str, message: str, help_text: str = "") -> None:
    place = Span(start, start + len(line.rstrip()))
    draft.problems.append(error("reviewed-codes", message, source, place, help=help_text))
