"""Whether a relative is one by blood, by the code or the words for the relationship: `kin.tsv` in this folder."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from screener.records.comparing import folded
from screener.values.tables import table_rows

NO_KIN_FOR_CERTAIN = "whether it is a relative by blood is not certain"
"""What is said of the disease of a relative, if the record does not say that they are one by blood."""


def is_by_blood(codes: Iterable[str], wordings: Iterable[str]) -> bool:
    """Whether a relationship is certainly one by blood. No code of one vocabulary is one of another here."""
    words = [folded(each) for each in wordings]
    if any(each in wording for wording in words for each in _names("unsettles")):
        return False
    if any(each.strip() in _names("kin") for each in codes):
        return True
    known = _names("word") | _names("of")
    said = [set(each.replace(",", " ").split()) for each in words]
    return any(each <= known and not each.isdisjoint(_names("word")) for each in said)


def is_of_family(wording: str) -> bool:
    """Whether a wording begins with a relative or the family, and so may be about somebody else: `mother: depression`,
    `no family history of stroke`."""
    plain = f"{folded(wording).replace(':', ' ').removeprefix('no ')} "
    return any(plain.startswith(f"{folded(each)} ") for each in _names("word") | _names("family"))


@cache
def _names(says: str) -> frozenset[str]:
    return frozenset(name for name, what, _ in table_rows(Path(__file__).with_name("kin.tsv")) if what == says)
