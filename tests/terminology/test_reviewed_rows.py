"""What reviewed rows of codes leave open of heads of problem lists, procedures and drugs, and no more."""

from __future__ import annotations

import pytest

from screener import load_rules
from screener.terminology.terminology import terminology_of


@pytest.mark.parametrize(
    ("system", "code", "may_be", "is_not"),
    [
        # a transfusion is for an anemia or a bleed
        ("snomed", "116863004", ["bleeding", "hemolysis"], ["malignancy", "cerebral_hemorrhage", "infection"]),
        ("snomed", "180207008", ["bleeding", "hemolysis"], ["malignancy", "cerebral_hemorrhage", "infection"]),
        # a thyroid nodule may be a tumor; a cancer would be coded
        ("snomed", "237495005", ["tumor"], ["malignancy"]),
        ("snomed", "35885006", [], ["acute_kidney_injury"]),
        ("snomed", "70342003", [], ["biliary_obstruction", "extrahepatic_cholestasis"]),
        ("snomed", "235919008", ["biliary_obstruction"], []),
        ("snomed", "302215000", ["bleeding"], ["sepsis", "stem_cell_therapy", "acute_kidney_injury"]),
        ("snomed", "161508001", ["venous_thrombosis"], ["myocardial_infarction", "portal_vein_thrombosis"]),
        ("snomed", "232717009", ["myocardial_infarction"], ["venous_thrombosis"]),
        ("snomed", "234336002", ["malignancy"], ["liver_transplantation"]),
        ("snomed", "428283002", ["tumor"], ["malignancy"]),
        ("rxnorm", "72965", ["malignancy"], ["immunosuppressant"]),
        ("rxnorm", "1999667", ["hiv_infection"], []),
        ("rxnorm", "10454", [], ["immunosuppressant", "vasopressor", "malignancy"]),
        # left open by WHO's text: other editions divide stones by obstruction; `(bleeding)` stands in the title
        ("icd10", "K80.2", ["biliary_obstruction"], []),
        ("icd10gm", "K80.21", ["biliary_obstruction"], []),
        ("icd10cm", "K80.20", [], ["biliary_obstruction"]),
        ("icd10", "K64.9", ["bleeding"], ["venous_thrombosis"]),
    ],
)
def test_what_a_code_leaves_open(system: str, code: str, may_be: list[str], is_not: list[str]) -> None:
    said = terminology_of(load_rules()).coded(system, code)
    assert said.is_known
    assert set(may_be) <= said.may_be
    assert not set(is_not) & (said.is_ | said.open)


@pytest.mark.parametrize(("code", "substance"), [("300916003", "any_substance"), ("91936005", "any_drug")])
def test_an_allergy_is_one_to_some_substance(code: str, substance: str) -> None:
    assert substance in terminology_of(load_rules()).coded("snomed", code).is_
