"""What everyday codes say of the concepts that the trials ask for: the table that a clinician can read.

Write it anew after a change of the tables, and look at the difference: `python tests/terminology/common_codes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.rulebook import Concept

DATA = Path(__file__).parents[1] / "data" / "terminology"
TABLE = DATA / "common_codes.tsv"
EDITIONS = ("icd10cm", "icd10who")


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


@cache
def asked() -> frozenset[str]:
    """The concepts that the trials ask for, without what somebody is allergic to."""
    concepts = dictionary().rulebook.concepts
    return frozenset(name for name in dictionary().asked if concepts[name].kind != "substance")


def concept(name: str) -> Concept:
    return dictionary().rulebook.concepts[name]


def is_(edition: str, code: str) -> frozenset[str]:
    return dictionary().terminology.coded(edition, code).is_ & asked()


def may_be(edition: str, code: str) -> frozenset[str]:
    """What a code leaves open. Of what stands on other lists it says something only where somebody judged that."""
    said = dictionary().terminology.coded(edition, code)
    return frozenset(name for name in asked() & said.open if name in said.may_be or concept(name).kind == "condition")


def everyday() -> Iterator[tuple[str, dict[str, str]]]:
    """The everyday entries: what each is called, and its code in each edition that has one."""
    for line in (DATA / "everyday.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, *codes = line.split("\t")
            yield name, {edition: code for edition, code in zip(EDITIONS, codes, strict=True) if code != "-"}


def table() -> str:
    lines = ["# entry\tedition\tcode\tis\tmay be"]
    for name, codes in everyday():
        for edition, code in codes.items():
            said = (" ".join(sorted(names)) or "-" for names in (is_(edition, code), may_be(edition, code)))
            lines.append("\t".join((name, edition, code, *said)))
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
