"""Units under codes of devices, or of a reason why there is none: the text beside them does not stand alone."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import observation, only_result, read

DEVICES = "urn:iso:std:iso:11073:10101"
NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def weight(code: str, system: str, unit: str | None) -> Any:
    quantity = {"value": 95, "system": system, "code": code} | ({"unit": unit} if unit else {})
    return only_result(read(observation("body_weight", valueQuantity=quantity)))


@pytest.mark.parametrize("system", [DEVICES, "urn:oid:2.16.840.1.113883.6.24"])
@pytest.mark.parametrize(("code", "unit"), [("263875", "kg"), ("263875", None), ("263904", "lb"), ("263904", None)])
def test_a_code_of_devices_is_its_unit(system: str, code: str, unit: str | None) -> None:
    result = weight(code, system, unit)
    assert result.unusable is None
    assert (result.exact == 95) == (code == "263875")


@pytest.mark.parametrize(
    ("code", "system", "unit"),
    [
        ("263904", DEVICES, "kg"),
        ("263875", DEVICES, "lb"),
        ("263872", DEVICES, "kg"),
        ("UNK", NULL, "kg"),
        ("OTH", NULL, "kg"),
        ("unknown", ABSENT, "kg"),
        ("UNK", NULL, None),
    ],
)
def test_a_text_beside_another_unit_or_none_is_doubt(code: str, system: str, unit: str | None) -> None:
    assert weight(code, system, unit).unusable == "unit"


@pytest.mark.parametrize("system", ["urn:lab", "urn:iso:std:iso:11073:10101"])
def test_a_key_that_nobody_knows_leaves_the_text(system: str) -> None:
    assert weight("1", system, "kg").exact == 95
