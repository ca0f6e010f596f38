"""The codes that exist in the editions of ICD-10, without their titles but for some of ICD-10-CM.

A code that no release in use knows (a national subdivision, one of next year) is understood by its longest known
prefix. The lists are made by `tests/terminology/pack_codes.py` from WHO's ICD-10 (2019) and ICD-10-CM (April 2026),
that of titles by `pack_titles.py` in the same folder.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from string import ascii_uppercase, digits

from screener.values.tables import table_rows

EDITIONS = ("icd10cm", "icd10who")


def longest_known(edition: str, code: str) -> str:
    """The code, or the longest beginning of it that the edition has; "" if it has none. Codes stand without dots."""
    known = _known(edition)
    for length in range(len(code), 2, -1):
        if code[:length] in known:
            return code[:length]
    return ""


def is_divided(edition: str, code: str) -> bool:
    """Whether an edition has codes below a category."""
    return any(f"{code}{character}" in _known(edition) for character in digits + ascii_uppercase)


def is_a_code(system: str, code: str) -> bool:
    """Whether a code can be one of its system: of ICD-10 some edition has it; of ATC only its form and its
    main groups are known."""
    plain = code.upper().replace(".", "")
    if system == "icd10":
        return any(longest_known(edition, plain) == plain for edition in EDITIONS)
    return re.fullmatch("[A-DGHJLMNPRSV]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?", plain) is not None


def exists(system: str, code: str) -> bool:
    """Whether some edition of ICD-10 has a code; of the codes of other systems there are no lists."""
    return not system.startswith("icd10") or is_a_code("icd10", code)


def edition_for(system: str, code: str) -> str | None:
    """The edition by which a plain code of an edition of ICD-10 is read; None for a code that means something of its
    own there."""
    edition, first, last = _editions().get(system, (None, "", ""))
    return None if first and first <= code[: len(first)] <= last else edition


def title_of(code: str) -> str | None:
    """The title of a plain code of ICD-10-CM, if its words name something else than the code: `Hemorrhage` in
    `Postprocedural hemorrhage of eye`. What it says was judged with the code."""
    return titles().get(code)


@cache
def titles() -> dict[str, str]:
    """Those titles, by plain code."""
    packed = (Path(__file__).parent / "codes" / "icd10cm_titles.txt.zlib").read_bytes()
    rows = (line.split("\t") for line in zlib.decompress(packed).decode().splitlines())
    return {code.replace(".", ""): title for code, title in rows}


@cache
def _editions() -> dict[str, tuple[str | None, str, str]]:
    found: dict[str, tuple[str | None, str, str]] = {}
    for system, edition, own in table_rows(Path(__file__).with_name("editions.tsv")):
        first, _, last = own.strip("-").partition("..")
        found[system] = edition, first, last
    return found


_LONGEST = 7
"""Characters of the longest code."""


class _Codes:
    """The codes of an edition in order, in one text: as 98,000 texts they would take ten times the memory."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._text = "".join(each.ljust(_LONGEST) for each in codes)

    def __len__(self) -> int:
        return len(self._text) // _LONGEST

    def __getitem__(self, number: int) -> str:
        return self._text[number * _LONGEST : (number + 1) * _LONGEST].rstrip()

    def __contains__(self, code: str) -> bool:
        at = bisect_left(self, code)
        return at < len(self) and self[at] == code


@cache
def _known(edition: str) -> _Codes:
    packed = (Path(__file__).parent / "codes" / f"{edition}.txt.zlib").read_bytes()
    return _Codes(zlib.decompress(packed).decode().split())
