"""A sex at birth beside another gender: which of the two a rule means nobody knows, and the sex is not known."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import PATIENT, read

BIRTH = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


def sex(gender: Any, *extensions: Any) -> str | None:
    patient = read(patient={**PATIENT, "gender": gender, "extension": list(extensions)})
    assert (patient.sex is None) == any("the sex is not known" in note for note in patient.notes)
    return patient.sex


@pytest.mark.parametrize(
    ("gender", "code", "expected"),
    [
        ("male", "F", None),
        ("female", "M", None),
        ("female", "F", "female"),
        ("male", "M", "male"),
        ("male", "UNK", "male"),
        ("female", "ASKU", "female"),
        ("female", None, "female"),
    ],
)
def test_two_that_differ_are_none(gender: str, code: Any, expected: str | None) -> None:
    assert sex(gender, {"url": "urn:x"}, {"url": BIRTH, "valueCode": code}) == expected


@pytest.mark.parametrize("extension", [None, "x", 7, {"url": 7}, {"url": BIRTH, "valueCode": ["F"]}])
def test_an_extension_of_a_wrong_shape_changes_nothing(extension: Any) -> None:
    assert sex("male", extension) == "male"
