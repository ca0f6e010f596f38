"""Harmless codes stay harmless: what everyday codes leave open, and how much stays decided beside them.

`data/terminology/common_codes.tsv` says of each everyday entry which of the trials' concepts it is and may be.
"""

from __future__ import annotations

import random
from statistics import median

import pytest

from screener.terminology.code_lists import is_a_code, longest_known
from terminology.common_codes import EDITIONS, TABLE, asked, everyday, is_, may_be, table

USUAL = "I10 E11.9 K80.20 K21.9 B18.1 K74.60 M81.0 E03.9 E78.5 D64.9"

HARMLESS = (
    "Hypertension", "Reflux", "Hypothyroidism", "High blood lipids", "Cataract", "Gout", "Low back pain", "Obesity",
    "Inguinal hernia", "Constipation", "Simple cyst of a kidney", "Kidney stone",
)  # fmt: skip


def clear(edition: str, codes: list[str]) -> frozenset[str]:
    """The concepts that no code of a list is or may be."""
    return asked() - frozenset[str]().union(*(is_(edition, code) | may_be(edition, code) for code in codes))


def test_the_table_says_what_everyday_codes_are_and_may_be() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "write it anew: python tests/terminology/common_codes.py"


def test_the_everyday_codes_exist() -> None:
    for name, codes in everyday():
        for edition, code in codes.items():
            plain = code.replace(".", "")
            assert is_a_code("icd10", plain), name
            assert longest_known(edition, plain) == plain, name


@pytest.mark.parametrize(("edition", "at_least"), [("icd10cm", 80), ("icd10who", 74)])
def test_the_usual_list_of_ten_leaves_most_concepts_clear(edition: str, at_least: int) -> None:
    whos = {"K80.20": "K80.2", "K74.60": "K74.6"}
    codes = [whos.get(code, code) if edition == "icd10who" else code for code in USUAL.split()]
    assert len(asked()) == 101
    assert len(clear(edition, codes)) >= at_least


def test_half_of_random_lists_of_ten_leave_four_fifths_of_the_concepts_clear() -> None:
    dice = random.Random(1)
    common = [codes["icd10cm"] for _, codes in everyday()][:53]
    assert median(len(clear("icd10cm", dice.sample(common, 10))) for _ in range(60)) >= 0.8 * len(asked())


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_code_leaves_nothing_open(name: str, edition: str) -> None:
    code = dict(everyday())[name][edition]
    assert not is_(edition, code) | may_be(edition, code)
