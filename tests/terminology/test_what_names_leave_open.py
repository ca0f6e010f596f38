"""A word says no more than the code that is given where nothing more is known: it leaves open at least as much."""

from __future__ import annotations

import pytest

from screener import load_rules
from screener.rulebook import Code
from screener.terminology.terminology import terminology_of

RULES = load_rules()
SAID = terminology_of(RULES)
UNSPECIFIED = [
    (name, code) for name, concept in RULES.concepts.items() for code in concept.within
]  # fmt: skip


@pytest.mark.parametrize(("name", "code"), UNSPECIFIED, ids=[f"{name} {code.first}" for name, code in UNSPECIFIED])
def test_a_name_is_as_open_as_its_unspecified_code(name: str, code: Code) -> None:
    named, coded = SAID.named(name), SAID.coded(code.system, code.first)
    assert name in coded.is_ | coded.open
    if len(RULES.concepts[name].within) == 1:
        assert coded.is_ | coded.open <= named.is_ | named.open
    assert named.is_ == {name, *RULES.concepts[name].broader} | (named.is_ & coded.is_)


@pytest.mark.parametrize(
    ("name", "may_be", "is_not"),
    [
        ("cardiac_arrest", {"circulatory_failure", "myocardial_infarction"}, {"malignancy", "hiv_infection"}),
        ("anaphylaxis", {"circulatory_failure", "blood_products", "any_drug"}, {"malignancy", "dialysis"}),
        ("cardiogenic_shock", {"myocardial_infarction", "cardiac_arrest"}, {"malignancy", "pregnancy"}),
        ("circulatory_failure", {"shock", "myocardial_infarction", "bleeding"}, {"malignancy", "hiv_infection"}),
        ("venous_thrombosis", {"portal_vein_thrombosis", "splenic_vein_thrombosis"}, {"malignancy", "pregnancy"}),
        ("immunodeficiency", {"hiv_infection"}, {"malignancy", "pregnancy"}),
        ("hysterectomy", {"malignancy"}, {"liver_transplantation", "pregnancy"}),
        ("shock", {"septic_shock", "bleeding"}, {"malignancy", "hiv_infection", "liver_transplantation"}),
        ("termination_of_pregnancy", {"pregnancy"}, {"liver_transplantation", "stem_cell_therapy", "malignancy"}),
        ("old_myocardial_infarction", set(), {"malignancy", "pregnancy"}),
    ],
)
def test_it_leaves_open_what_the_code_does_and_nothing_else(name: str, may_be: set[str], is_not: set[str]) -> None:
    said = SAID.named(name)
    assert may_be <= said.open
    assert not is_not & (said.is_ | said.open)


@pytest.mark.parametrize(
    ("system", "code", "may_be", "is_not"),
    [
        ("atc", "N06DA02", set(), {"mental_disorder"}),
        ("icd10", "I49.0", {"circulatory_failure", "cardiac_arrest"}, {"malignancy"}),
        ("icd10", "I49.3", set(), {"circulatory_failure"}),
        ("icd10who", "M81.4", {"systemic_glucocorticoid"}, {"malignancy"}),
        ("icd10who", "M81.0", set(), {"systemic_glucocorticoid"}),
        ("snomed", "390833005", {"systemic_glucocorticoid"}, {"malignancy"}),
        ("icd10gm", "U85", {"hiv_infection"}, set()),
        ("icd10who", "U85", set(), {"hiv_infection"}),
    ],
)
def test_a_code_leaves_open_what_it_names(system: str, code: str, may_be: set[str], is_not: set[str]) -> None:
    said = SAID.coded(system, code)
    assert may_be <= said.open
    assert not is_not & (said.is_ | said.open)
