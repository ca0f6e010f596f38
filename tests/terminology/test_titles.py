"""The titles of ICD-10-CM that name something else than their code are packed, so that they open nothing next to it."""

from __future__ import annotations

from lines.casebook import rules
from screener.records.dictionary import dictionary_of
from screener.terminology.code_lists import titles


def test_a_title_opens_nothing_next_to_its_own_code_alone() -> None:
    """Next to another code most of them open something: else they need not be packed."""
    said, opened_elsewhere = dictionary_of(rules()).said, 0
    for code, title in titles().items():
        alone, named = (said([("icd10cm", code)], words, on="conditions") for words in (None, title))
        assert named == alone, code
        elsewhere = said([("icd10cm", "I10")], title, on="conditions")
        opened_elsewhere += bool(elsewhere.open)
    assert opened_elsewhere > 1500
