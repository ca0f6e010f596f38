"""A code that stands for an entry exists in some edition; `screen check` knows the lists of ICD-10."""

from __future__ import annotations

import pytest

from screener.language.checker import check_texts
from screener.terminology.code_lists import exists

DEFAULTS = "defaults\n  labs fresh 7 days\n  findings fresh 7 days\n  absences fresh 90 days\n\n"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("icd10 M10.9", []),
        ("icd10cm M10.9", []),
        ("icd10 M10.99X", ["no-such-code"]),
        ("icd10cm M10.99", ["no-such-code"]),
        ("icd10 M10 .. M14", []),
        ("icd10 may be M10.99", []),  # of an edition of later years
        ("icd10 not M10.99", []),
        ("snomed 90560007", []),
    ],
)
def test_a_code_that_no_edition_has_is_refused(line: str, found: list[str]) -> None:
    text = f'{DEFAULTS}condition gout "Gout"\n  {line}\n  course chronic\n'
    checked = check_texts({"dictionary.rules": text}, {}, "sha256:test", exists=exists)
    assert [each.code for each in checked.diagnostics if each.is_error] == found


@pytest.mark.parametrize(
    ("system", "within", "found"),
    [
        ("snomed", "M10.9", []),
        ("snomed", "M10..M14 A00 .. A09", []),
        ("snomed", "M10.99", ["no edition of ICD-10 has M10.99"]),
        ("snomed", "A00 I10.99X M10.99", ["no edition of ICD-10 has I10.99X"]),
        ("snomed", "M10..M15", []),
        ("snomed", "O00..O93", ["no edition of ICD-10 has O93"]),  # what lies between may be none: O17
        ("snomed", "M04AA77", []),  # of ATC there is no list of all codes
        ("rxnorm", "M10", []),
        ("procedures", "M10.99", ["no edition of ICD-10 has M10.99"]),
    ],
)
def test_a_reviewed_row_lies_within_codes_that_exist(system: str, within: str, found: list[str]) -> None:
    tables = {f"t/{system}.tsv": f"code\tname\twithin\tnot\tsource\n90560007\tGout\t{within}\t\town\n"}
    text = f'{DEFAULTS}condition gout "Gout"\n  icd10 M10\n  course chronic\n'
    checked = check_texts({"dictionary.rules": text}, {}, "sha256:test", tables=tables, exists=exists)
    assert [each.message for each in checked.diagnostics if each.is_error] == found
