"""A cured basal cell carcinoma is excepted, and not the other cancer that stands in the same entry."""

from __future__ import annotations

import pytest

from lines.casebook import status


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("C44.91", "BCC and lung cancer", "unknown"),
        ("C44.91", "Basal cell carcinoma of skin; follicular lymphoma 2025", "unknown"),
        ("C44.91", "basal cell carcinoma, HCC", "unknown"),
        ("C44.91", "BCC, melanoma", "unknown"),
        ("C44.91", "basal cell and squamous cell carcinoma", "unknown"),
        ("C44.91", "Basaliom, metastasiert", "unknown"),
        ("D06.9", "CIS cervix, breast cancer", "unknown"),
        ("C44.91", "BCC", "passed"),
        ("C44.91", "skin cancer, basal cell", "passed"),
        ("C44.91", "BCC, hypertension", "passed"),
        ("C44.91", "BCC, no lung cancer", "passed"),
        ("C44.311", "Basal cell carcinoma of skin of nose", "passed"),
        ("D06.9", "CIN III", "passed"),
        ("D06.9", "Carcinoma in situ of cervix, unspecified", "passed"),
    ],
)
def test_another_cancer_next_to_it_asks(code: str, words: str, expected: str) -> None:
    entry = {"icd10cm": code, "text": words, "status": "cured", "onset": "2024-01"}
    assert status("NCT07409259/E6", conditions=[entry]) == expected
