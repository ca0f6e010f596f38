"""Limits that came with a result and are not the patient's limits of normal: of another purpose, or other people."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.test_limits import limits, umol
from records.fhir.tiny import Json, coded

OLD, NEW = (
    "http://hl7.org/fhir/referencerange-meaning",
    "http://terminology.hl7.org/CodeSystem/referencerange-meaning",
)


@pytest.mark.parametrize("field", ["meaning", "type"])
@pytest.mark.parametrize("system", [OLD, NEW])
@pytest.mark.parametrize(("kind", "upper"), [("therapeutic", None), ("treatment", None), ("normal", 21)])
def test_only_limits_of_what_is_normal_count(field: str, system: str, kind: str, upper: Any) -> None:
    assert limits({"high": umol(21), field: coded(kind, system)})[1] == upper


@pytest.mark.parametrize("field", ["meaning", "type"])
@pytest.mark.parametrize("kind", [{"text": "target"}, coded("N", "urn:lab"), coded("N", "urn:lab", "Zielbereich")])
def test_a_kind_that_nobody_knows_is_named(field: str, kind: Json) -> None:
    assert limits({"high": umol(21), field: kind})[1:] == (
        None,
        ("which of its limits of normal apply is not clear, and none is used",),
    )


@pytest.mark.parametrize(
    "group", [{"text": "newborn"}, {"text": "pregnant"}, coded("133931009", "http://snomed.info/sct")]
)
def test_limits_for_a_group_of_people_are_not_used(group: Json) -> None:
    assert limits({"high": umol(200), "appliesTo": [group]})[1:] == (
        None,
        ("which of its limits of normal apply is not clear, and none is used",),
    )


def test_limits_for_the_sex_are() -> None:
    assert limits({"high": umol(19), "appliesTo": [{"text": "female"}]})[1] == 19
    assert limits({"high": umol(19), "appliesTo": [{"text": "male"}]})[1] is None
