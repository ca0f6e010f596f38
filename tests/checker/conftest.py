"""Rules for the checker's tests: a small dictionary, and what comes of checking it with a few lines more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from screener.language.checker import Checked, check_texts
from screener.rulebook import Criterion, Rulebook

DEFAULTS = """
defaults
  labs fresh 7 days
  findings fresh 7 days
  absences fresh 90 days
"""

DICTIONARY = (
    DEFAULTS
    + """
lab total_bilirubin "Total bilirubin" also TBil
  loinc 14631-6 in umol/L, 1975-2 in mg/dL
  unit umol/L
  molar mass 584.66 g/mol
  possible 0.5 .. 1500 umol/L
  usual 2 .. 850 umol/L
  upper limit of normal 17.1 .. 26 umol/L
lab creatinine "Creatinine"
  unit umol/L
  molar mass 113.12 g/mol
  possible 10 .. 3000 umol/L
lab urea "Urea"
  loinc 3094-0 as BUN in mg/dL
  unit mmol/L
  molar mass 60.06 g/mol
  possible 0.3 .. 100 mmol/L
  form urea_nitrogen "Urea nitrogen" also BUN molar mass 28.014 g/mol
lab neutrophils "Neutrophils" also ANC
  unit 10*9/L
  possible above 0 .. 150 10*9/L
lab platelets "Platelets"
  unit 10*9/L
  possible 0 .. 3000 10*9/L
lab hemoglobin "Hemoglobin"
  unit g/L
  possible 10 .. 250 g/L
lab INR "International normalized ratio"
  pure number
  possible 0.5 .. 30
lab prothrombin_activity "Prothrombin activity" also PTA
  unit %
  possible 1 .. 200 %
lab alpha_fetoprotein "Alpha-fetoprotein"
  unit [IU]/mL
  possible 0 .. 10000000 [IU]/mL

finding hepatic_encephalopathy_grade "Encephalopathy grade" also HE_grade
  grade 0 .. 4
  0 when hepatic_encephalopathy is absent
finding ascites_grade "Ascites grade"
  ordered none, slight, moderate
  none when ascites is absent
finding HIV_test "HIV test"
  snomed 165815009 means negative
  values positive, negative, indeterminate

condition liver_failure "Liver failure"
condition hepatic_encephalopathy "Hepatic encephalopathy"
  present when hepatic_encephalopathy_grade >= 1
  absent when hepatic_encephalopathy_grade = 0
condition ascites "Ascites"
  present when ascites_grade is any of (slight, moderate)
  absent when ascites_grade is none
condition hiv_infection "HIV infection"
  course chronic
  present when HIV_test is positive
condition infection "Infection"
  includes sepsis
condition sepsis "Sepsis"
condition malignancy "Malignancy"
  course chronic
  includes solid_tumor
condition solid_tumor "Solid tumor"
  includes skin_carcinoma
condition skin_carcinoma "Carcinoma of the skin"
condition gastrointestinal_bleeding "Gastrointestinal bleeding"
condition pregnancy "Pregnancy"
  only if sex is female
procedure dialysis "Dialysis"
procedure liver_transplantation "Liver transplantation"
drug interferon "Interferon"
event trial_participation "Participation in a trial"
substance any_food "Any food"
question informed_consent "Has the participant signed?"
  asked of participant for consent
question unsuitable "Is the patient unsuitable?"
  asked of investigator
"""
)

Check = Callable[..., Checked]


def checked(text: str, records: Mapping[str, str] | None = None, dictionary: str = DICTIONARY) -> Checked:
    """The dictionary checked together with this text."""
    return check_texts({"dictionary.rules": dictionary, "trials/rules.rules": text}, records or {}, "sha256:test")


def rulebook(text: str) -> Rulebook:
    """The rulebook of the dictionary and this text; what is wrong with them fails the test."""
    result = checked(text)
    assert result.rulebook is not None, result.report
    return result.rulebook


def criterion(rule: str, before: str = "") -> tuple[Rulebook, Criterion]:
    """The rulebook of a trial with this one rule, and the criterion."""
    book = rulebook(f"{before}\nprotocol T1\n  > A trial\n\ninclusion I1\n  > A line\n{indented(rule)}\n")
    return book, book.trials["T1"].criteria[0]


def problems(rule: str, before: str = "") -> list[str]:
    """The codes of the errors in a trial with this one rule."""
    result = checked(f"{before}\nprotocol T1\n  > A trial\n\ninclusion I1\n  > A line\n{indented(rule)}\n")
    return [each.code for each in result.diagnostics if each.is_error]


def indented(rule: str) -> str:
    return "\n".join(f"  {line}" for line in rule.splitlines())


def registry(criteria: str, **fields: object) -> str:
    """A registry's record with these criteria."""
    return json.dumps(
        {
            "protocolSection": {
                "identificationModule": {"nctId": "T1", "briefTitle": "A trial"},
                "statusModule": {"overallStatus": "RECRUITING", "statusVerifiedDate": "2026-01"},
                "eligibilityModule": {"eligibilityCriteria": criteria, **fields},
            }
        }
    )


@pytest.fixture
def dictionary() -> Rulebook:
    """The rulebook of the dictionary alone."""
    return rulebook("")
