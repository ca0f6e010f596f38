"""Words that are no disease: the marks of a hospital's program, the title of a code next to it, what is looked for or
prevented. None of them opens a line; what may be the disease still does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lines.casebook import rules, status
from lines.test_no_words_are_lost import HIV, TRIAL, TUMOR, coded, of_fhir
from screener.records.dictionary import dictionary_of
from screener.rulebook import RecordList
from screener.terminology.said import Said
from screener.values.tables import table_rows


def of_both(code: str, words: str, line: str) -> tuple[str, str]:
    """What a line says of a coded diagnosis in the native form, and in FHIR."""
    native = status(line, conditions=[{"icd10": code, "text": words}])
    return native, of_fhir({"resourceType": "Condition", "code": coded(code, words)}, line)


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("I10", "Essential hypertension (HCC)", "passed"),
        ("E11.9", "Type 2 diabetes mellitus (CMS/HCC)", "passed"),
        ("E11.9", "Type 2 diabetes mellitus (HHS-HCC)", "passed"),
        ("I48.91", "Atrial fibrillation (CMS/HCC) (HCC)", "passed"),
        ("I48.91", "Atrial fibrillation (MULTI)", "passed"),
        ("K74.60", "Cirrhosis of liver (CMS/HCC)", "passed"),
        ("I10", "Hypertension, NEC", "passed"),
        ("I10", "Hypertension [I10]", "passed"),
        # the letters may be the words of a disease
        ("K74.60", "Cirrhosis of liver (HCC)", "unknown"),
        ("K76.6", "Portal hypertension (HCC)", "unknown"),
        ("B18.2", "Chronic hepatitis C (HCC)", "unknown"),
        ("R18.8", "Ascites (HCC)", "unknown"),
        ("E11.9", "Diabetes with cirrhosis (HCC)", "unknown"),
        ("E11.9", "Diabetes, chronic hepatitis B (HCC)", "unknown"),
        ("K76.89", "Liver nodule, NEC", "unknown"),
        ("E04.1", "Thyroid nodule, NEC", "unknown"),
        ("I10", "HCC", "unknown"),
        ("I10", "(HCC)", "unknown"),
        ("I10", "Hypertension, HCC", "unknown"),
        ("I10", "Hypertension (HCC) BCLC B", "unknown"),
        ("D3A.00", "Carcinoid, NEC", "unknown"),
        ("K63.9", "Colon, NEC", "unknown"),
    ],
)
def test_marks_behind_a_title(code: str, words: str, expected: str) -> None:
    assert of_both(code, words, TUMOR) == (expected, expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("diabetes (CMS/HCC)", "passed"),
        ("cirrhosis (CMS-HCC)", "passed"),
        ("hypertension (finding)", "passed"),
        ("diabetes (HCC)", "unknown"),
        ("cirrhosis (HCC)", "unknown"),
        ("hypertension NEC", "unknown"),
        ("HCC", "failed"),
    ],
)
def test_marks_without_a_code(words: str, expected: str) -> None:
    assert status(TUMOR, conditions=[{"name": words}]) == expected


@pytest.mark.parametrize("name", ["cirrhosis (CMS/HCC)", "cirrhosis (disorder)"])
def test_a_name_before_a_mark_is_read(name: str) -> None:
    assert status("NCT07409259/I2", conditions=[{"name": name}]) == status(
        "NCT07409259/I2", conditions=[{"name": "cirrhosis"}]
    )


@pytest.mark.parametrize(
    ("code", "words", "line", "expected"),
    [
        ("R94.113", "Abnormal oculomotor study", TRIAL, "passed"),
        ("Q82.5", "Congenital non-neoplastic nevus", TUMOR, "passed"),
        ("H60.20", "Malignant otitis externa, unspecified ear", TUMOR, "passed"),
        ("Z11.4", "Encounter for screening for human immunodeficiency virus [HIV]", HIV, "passed"),
        ("R94.113", "Abnormal oculomotor study, in study", TRIAL, "unknown"),
        ("H60.20", "Malignant otitis externa, unspecified ear, breast cancer", TUMOR, "unknown"),
        ("I10", "Malignant otitis externa, unspecified ear", TUMOR, "unknown"),
    ],
)
def test_the_title_of_a_code_next_to_it(code: str, words: str, line: str, expected: str) -> None:
    entry = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}
    assert status(line, conditions=[{**entry, "text": words}]) == expected
    resource = {"resourceType": "Condition", "code": {"coding": [{**entry, "display": words}]}}
    assert of_fhir(resource, line) == expected


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("HIV test positive", HIV),
        ("HIV screening positive", HIV),
        ("HIV screen: reactive", HIV),
        ("positive HIV test", HIV),
        ("screening mammogram positive", TUMOR),
        ("abnormal screening mammogram", TUMOR),
        ("breast cancer screening, positive", TUMOR),
        ("tumor markers positive", TUMOR),
        ("HCC screening: suspicious", TUMOR),
        ("肿瘤筛查阳性", TUMOR),
    ],
)
def test_a_test_that_found_something(words: str, line: str) -> None:
    assert status(line, conditions=[{"text": words}]) == "unknown"


@pytest.mark.parametrize("words", ["HIV test positive", "HIV screen: reactive", "screening for HIV: positive"])
def test_a_test_that_found_something_next_to_a_code(words: str) -> None:
    assert of_both("I10", words, HIV) == ("unknown", "unknown")


def entries() -> Iterator[tuple[str, str, str, str]]:
    for row in table_rows(Path(__file__).with_name("harmless_entries.tsv")):
        on, code, words, expected = row
        yield on, code, words, expected


@pytest.mark.parametrize(("on", "code", "words", "expected"), list(entries()))
def test_entries_of_problem_lists(on: RecordList, code: str, words: str, expected: str) -> None:
    dictionary = dictionary_of(rules())
    system, _, plain = code.partition(" ")
    codes = [(system, plain)] if plain else []
    said = dictionary.said(codes, words, on=on)
    alone = dictionary.said(codes, None, on=on) if codes else Said()
    opened = (said.is_ | said.open) & dictionary.asked - (alone.is_ | alone.open)
    wanted = set(expected.removeprefix("only ").split()) - {"-"}
    assert wanted <= opened
    if expected == "-" or expected.startswith("only "):
        assert opened == wanted


CLOT = "NCT05985863/E6"


@pytest.mark.parametrize(
    ("words", "line", "expected"),
    [
        ("breast cancer screening", TUMOR, "passed"),
        ("colonoscopy, screening", TUMOR, "passed"),
        ("PET/CT", TUMOR, "passed"),
        ("DVT prophylaxis", CLOT, "passed"),
        ("HIV screening", HIV, "passed"),
        # what is parted from the disease does not make it harmless
        ("breast cancer, screening", TUMOR, "unknown"),
        ("colon cancer: screening colonoscopy", TUMOR, "unknown"),
        ("breast cancer / screening mammogram", TUMOR, "unknown"),
        ("cervical cancer; screening", TUMOR, "unknown"),
        ("HCC (surveillance)", TUMOR, "unknown"),
        ("HCC - surveillance", TUMOR, "unknown"),
        ("HIV, screening", HIV, "unknown"),
        ("DVT, prophylaxis", CLOT, "unknown"),
        # nor does a test for a disease that is there
        ("HCC surveillance, recurrent", TUMOR, "unknown"),
        ("HCC surveillance: stable disease", TUMOR, "unknown"),
        ("surveillance for hepatocellular carcinoma, in remission", TUMOR, "unknown"),
        ("secondary VTE prophylaxis", CLOT, "unknown"),
        ("thromboprophylaxis, secondary", CLOT, "unknown"),
    ],
)
def test_a_test_for_a_disease_is_one_phrase(words: str, line: str, expected: str) -> None:
    assert status(line, conditions=[{"text": words}]) == expected
