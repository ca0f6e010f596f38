"""What the dictionary's own codes say: of a kind whose parent is silent, and of drugs beside allergies to drugs."""

from __future__ import annotations

from screener.loading import load_rulebook
from screener.records.dictionary import Dictionary


def test_what_may_be_a_kind_may_be_its_parent() -> None:
    """An adverse effect of glucocorticoids: no code of `any_substance` covers it."""
    said = Dictionary(load_rulebook()).terminology.coded("icd10cm", "T38.0X5A")
    assert {"glucocorticoid", "any_drug", "any_substance"} <= said.may_be


def test_what_may_be_an_allergy_to_drugs_is_no_treatment_with_one() -> None:
    said = Dictionary(load_rulebook()).terminology.coded("icd10who", "J45.0")
    assert "any_substance" in said.may_be
    assert said.open.isdisjoint({"interferon", "antidepressant", "systemic_glucocorticoid", "vasopressor"})
