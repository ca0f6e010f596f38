"""Which entries of the dictionary are offered for a wording that nobody knows."""

from __future__ import annotations

from functools import cache

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.likeness import Likeness

RESULTS = ("lab", "finding")
DIAGNOSES = ("condition", "procedure")


@cache
def likeness() -> Likeness:
    return Likeness(Dictionary(load_rules()))


@pytest.mark.parametrize(
    ("wording", "kinds", "first"),
    [
        ("BILIRUBIN TOTAL (SERUM)", RESULTS, "total_bilirubin"),
        ("Bilirubin.total [Mass/\u200bvolume] in Serum or Plasma", RESULTS, "total_bilirubin"),
        ("bili total", RESULTS, "total_bilirubin"),
        ("TBIL", RESULTS, "total_bilirubin"),
        ("Creatinine, Serum", RESULTS, "creatinine"),
        ("CREA", RESULTS, "creatinine"),
        ("Kreatinin", RESULTS, "creatinine"),
        ("Haemoglobin", RESULTS, "hemoglobin"),
        ("Platelet Count", RESULTS, "platelets"),
        ("Urea Nitrogen (BUN)", RESULTS, "urea_nitrogen"),
        ("Alpha-Fetoprotein", RESULTS, "alpha_fetoprotein"),
        ("INR(PT)", RESULTS, "INR"),
        ("na", RESULTS, "sodium"),
        ("na serum", RESULTS, "sodium"),
        ("serum Na", RESULTS, "sodium"),
        ("anti HIV", RESULTS, "HIV_screen"),
        ("Cirrhosis of liver (disorder)", DIAGNOSES, "cirrhosis"),
        ("Chronic viral hepatitis B", DIAGNOSES, "chronic_hepatitis_b"),
        ("Haemodialysis", DIAGNOSES, "hemodialysis"),
        ("Terlipressin acetate 1 mg", ("drug",), "terlipressin"),
    ],
)
def test_the_entry_that_a_reader_would_think_of_stands_first(wording: str, kinds: tuple[str, ...], first: str) -> None:
    assert likeness().nearest(wording, kinds)[0] == first


@pytest.mark.parametrize(
    ("wording", "kinds"),
    [
        ("Glucose", RESULTS),
        ("Fracture of forearm", DIAGNOSES),
        ("Impacted molars", DIAGNOSES),
        ("Exposure to infectious agent", RESULTS),
        ("4711", RESULTS),
        ("", RESULTS),
        ("(((", RESULTS),
        ("总胆固醇", RESULTS),
        ("转氨酶", RESULTS),
        ("K", RESULTS),
        ("30' na 75g glucose", RESULTS),
        ("Antibiogram", RESULTS),
        ("Antibiotic susceptibility", RESULTS),
        ("Antibody screen", RESULTS),
        # What says how something was measured names nothing by itself.
        ("General activity", RESULTS),
        ("Plasma renin activity", RESULTS),
        ("Smoking status", RESULTS),
        ("Nutritional status", RESULTS),
        ("Tumor grade", RESULTS),
        ("Pain grade", RESULTS),
        ("Total score", RESULTS),
        ("Total IgE", RESULTS),
        ("Colony count", RESULTS),
        ("Peanut IgE Ab in Serum", RESULTS),
        ("Alpha-1 antitrypsin", RESULTS),
        ("Alpha-2 macroglobulin", RESULTS),
        ("Transcutaneous Bilirubin", RESULTS),
        ("Prot SerPl-mCnc", RESULTS),
        ("Serum", RESULTS),
        ("RPR Ser Ql", RESULTS),
    ],
)
def test_what_is_like_nothing_is_offered_nothing(wording: str, kinds: tuple[str, ...]) -> None:
    assert likeness().nearest(wording, kinds) == ()


def test_only_entries_of_the_kinds_asked_for_are_offered() -> None:
    assert likeness().nearest("Ascites", RESULTS)[0] == "ascites_grade"
    assert likeness().nearest("Ascites", DIAGNOSES)[0] == "ascites"
    assert likeness().nearest("Ascites", ("drug",)) == ()


def test_at_most_so_many_are_offered() -> None:
    assert len(likeness().nearest("Chronic liver failure", DIAGNOSES)) == 3
    assert likeness().nearest("Chronic liver failure", DIAGNOSES, most=1) == ("chronic_liver_failure",)
