"""Procedures in people's words: an examination opens nothing, a treatment what it treats, an unknown word anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lines.casebook import LISTS, MAN, statuses
from screener import load_patient, load_rules
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.local_codes import with_tables
from screener.rulebook import PHRASES, phrases_of
from screener.screening import evaluate

LABS = [
    ("hemoglobin", 120, "g/L"), ("platelets", 120, "10*9/L"), ("creatinine", 80, "umol/L"), ("MAP", 88, "mmHg"),
    ("AFP", 5, "ng/mL"), ("procalcitonin", 0.1, "ng/mL"), ("oxygen_saturation", 98, "%"),
]  # fmt: skip


def answers(wording: str | None, **more: Any) -> dict[str, str]:
    measured = [{"name": name, "value": n, "unit": unit, "date": "2026-03-17"} for name, n, unit in LABS]
    done = [] if wording is None else [{"text": wording, "status": "done", "date": "2026-03-10", **more}]
    return statuses({**MAN, "observations": measured, "procedures": done})


def opened(wording: str, **more: Any) -> set[str]:
    without, with_it = answers(None), answers(wording, **more)
    return {line for line, status in with_it.items() if status != without[line]}


@pytest.mark.parametrize(
    "wording",
    [
        "Keratoplastik", "Haartransplantation", "角膜移植术",
        "gastroscopy", "Gastroskopie mit Biopsie", "EGD 2024", "CT abdomen with contrast", "chest x-ray",
        "CXR (PA, lateral)", "ultrasound of the abdomen", "US liver", "ECG, 12-lead", "urinary catheter",
        "Insertion of a central venous catheter", "colonoscopy (screening)", "Echokardiographie",
        "échographie abdominale", "胃镜", "liver biopsy", "hernia repair, left",
    ],
)  # fmt: skip
def test_an_examination_opens_nothing(wording: str) -> None:
    assert opened(wording) == set()


@pytest.mark.parametrize("wording", ["split skin graft", "Stuhltransplantation", "bone grafting", "植皮术"])
def test_what_is_moved_within_a_body_or_from_a_bowel_is_no_transplanted_liver(wording: str) -> None:
    assert not {"NCT03863002/E9", "NCT05985863/E4", "NCT06242405/E2"} & opened(wording)


@pytest.mark.parametrize(
    ("wording", "lines"),
    [
        (
            "hepatectomy for HCC",
            {"NCT03863002/E3", "NCT03863002/E4", "NCT05985863/E3", "NCT06242405/E1", "NCT07409259/E6"},
        ),
        ("TACE", {"NCT03863002/E3", "NCT05985863/E3", "NCT07409259/E6"}),
        ("Z.n. TACE 2019", {"NCT03863002/E3", "NCT05985863/E3", "NCT07409259/E6"}),
        ("Whipple", {"NCT03863002/E4", "NCT05985863/E3", "NCT07409259/E6"}),
        ("primary PCI for STEMI", {"NCT07409259/E5"}),
        ("coronary bypass surgery", {"NCT07409259/E5"}),
        ("portal vein stenting", {"NCT03863002/E7", "NCT05985863/E6"}),
        ("thrombolysis of the portal vein", {"NCT03863002/E7", "NCT05985863/E6"}),
        ("laparoscopic cholecystectomy", {"NCT03863002/E2", "NCT03863002/E6"}),
        ("人工肝治疗", {"NCT03863002/E8"}),
        ("OLT", {"NCT03863002/E9", "NCT05985863/E4", "NCT06242405/E2"}),
        ("kidney transplantation", {"NCT03863002/E5"}),
        ("split skin graft", {"NCT03863002/E4", "NCT05985863/E3", "NCT07409259/E6"}),
        ("port implantation", {"NCT03863002/E4", "NCT05985863/E3", "NCT07409259/E6"}),
    ],
)  # fmt: skip
def test_a_treatment_opens_what_it_treats(wording: str, lines: set[str]) -> None:
    assert lines <= opened(wording)
    assert not {"NCT05985863/E13", "NCT03863002/E16"} & opened(wording)  # stem cells, a trial


@pytest.mark.parametrize(
    "wording", ["EVL of bleeding varices", "band ligation", "sclerotherapy of varices", "RBC transfusion, 2 units"]
)
def test_what_stanches_or_makes_up_for_a_bleed_may_be_of_one_and_of_nothing_new(wording: str) -> None:
    said = Dictionary(load_rules()).said([], wording, on="procedures")
    assert {"upper_gastrointestinal_bleeding", "bleeding"} <= said.may_be
    assert not {"malignancy", "liver_transplantation", "dialysis", "stem_cell_therapy"} & said.open


@pytest.mark.parametrize(
    "wording",
    [
        "IABP inserted", "CT and surgery", "surgery of the liver", "dialysis of the liver", "liver",
        "no gastroscopy", "Operation",
    ],
)  # fmt: skip
def test_a_word_that_nobody_knows_leaves_a_wording_unread(wording: str) -> None:
    assert {"NCT03863002/E8", "NCT03863002/E9", "NCT06242405/E2"} <= opened(wording)


def test_what_a_wording_names_is_open_although_another_word_is_not_read() -> None:
    lines = opened("atypische Leberresektion S6 wg. HCC")
    assert {"NCT03863002/E3", "NCT05985863/E3", "NCT03863002/E9"} <= lines


def test_phrases_are_of_procedures_and_diagnoses_alone() -> None:
    """An allergy to the contrast of a CT is an allergy."""
    dictionary = Dictionary(load_rules())
    assert dictionary.said([], "CT", on="procedures").is_known
    assert not dictionary.said([], "CT", on="allergies").is_known
    assert dictionary.said([], "Z.n. CT", on="conditions").is_known
    assert not dictionary.said([], "CT", on="medications").is_known


@pytest.mark.parametrize(
    ("wording", "is_open"),
    [
        ("Z.n. Appendektomie", False),
        ("阑尾切除术后", False),
        ("s/p Whipple", True),
        ("bowel resection", True),
        ("CT", True),
        ("Z.n. Appendektomie bei Karzinoid", True),
        ("Appendektomie wegen Karzinom", True),
        ("status post surgery", True),
    ],
)
def test_the_wording_of_a_treatment_narrows_what_the_code_beside_it_leaves_open(wording: str, is_open: bool) -> None:
    said = Dictionary(load_rules()).said([("icd10", "Z90.4")], wording, on="conditions")
    assert ("malignancy" in said.open) == is_open


@pytest.mark.parametrize(
    ("code", "wording", "may_be"),
    [
        ("T81.9", "Appendektomie", "infection"),
        ("T82.9", "aortic valve replacement", "sepsis"),
        ("K91.8", "Whipple", "acute_kidney_injury"),
        ("O90.9", "Z.n. Sectio", "breastfeeding"),
        ("Z39.0", "Kaiserschnitt", "breastfeeding"),
        ("Z92.6", "cholecystectomy", "malignancy"),
        ("I51.9", "pacemaker", "heart_failure"),
    ],
)  # fmt: skip
def test_a_treatment_narrows_no_code_that_stands_for_something_else_than_it(
    code: str, wording: str, may_be: str
) -> None:
    """A complication after an appendectomy may be an infection, although nobody has an appendectomy for one."""
    dictionary = Dictionary(load_rules())
    assert may_be in dictionary.said([("icd10", code)], wording, on="conditions").open


@pytest.mark.parametrize(
    "wording",
    [
        "HIV test +", "HIV-Test (+)", "pregnancy test ++", "blood culture: +", "stool culture (+)", "HIV test ＋",
        "tumor markers ↑", "tumor marker ⬆", "therapeutic EGD",
    ],
)  # fmt: skip
def test_an_examination_that_found_something_is_not_read(wording: str) -> None:
    assert not Dictionary(load_rules()).said([], wording, on="procedures").is_known


@pytest.mark.parametrize(
    "wording", ["FBC", "LFTs", "großes Blutbild", "urine MCS", "blood group", "iron studies", "HbA1c"]
)
def test_an_order_of_a_laboratory_opens_nothing(wording: str) -> None:
    dictionary = Dictionary(load_rules())
    said = dictionary.said([], wording, on="plans")
    assert said.is_known
    assert not said.open & dictionary.asked


@pytest.mark.parametrize("wording", ["PET + CT", "PET+CT", "EGD (+ colonoscopy)"])
def test_a_plus_between_two_examinations_is_no_result(wording: str) -> None:
    assert Dictionary(load_rules()).said([], wording, on="procedures").is_known


@pytest.mark.parametrize(
    ("wording", "may_be"),
    [
        ("CRT", "malignancy"),
        ("CART therapy", "malignancy"),
        ("TEP", "pulmonary_embolism"),
        ("CTA por TEP", "pulmonary_embolism"),
        ("parto", "breastfeeding"),
        ("PCI for IHD", "myocardial_infarction"),
        ("IHD", "myocardial_infarction"),
        ("HF", "dialysis"),
        ("emergency gastroscopy", "upper_gastrointestinal_bleeding"),
        ("Notfallgastroskopie", "upper_gastrointestinal_bleeding"),
        ("急诊胃镜", "upper_gastrointestinal_bleeding"),
    ],
)
def test_an_abbreviation_with_two_meanings_may_be_both(wording: str, may_be: str) -> None:
    assert may_be in Dictionary(load_rules()).said([], wording, on="procedures").may_be


@pytest.mark.parametrize("wording", ["Appendektomie", "CT", "hypertension"])
@pytest.mark.parametrize("code", ["I21.4", "Z85.0", "C22.0"])
def test_no_wording_takes_anything_from_a_code_that_is_something(code: str, wording: str) -> None:
    dictionary = Dictionary(load_rules())
    alone = dictionary.terminology.coded("icd10", code)
    said = dictionary.said([("icd10", code)], wording, on="conditions")
    assert said.is_ == alone.is_
    assert said.open >= alone.open
    assert said == alone or wording == "Appendektomie"  # for an inflammation, which is none of these


def test_a_code_that_somebody_knows_goes_before_the_wording() -> None:
    assert "NCT03863002/E9" in opened("gastroscopy", snomed="18027006")
    assert opened("gastroscopy", system="http://www.ama-assn.org/go/cpt", code="43235") == set()


def test_a_planned_examination_is_no_planned_transplantation() -> None:
    assert opened("gastroscopy", status="planned", date="2026-04-10") == set()


def test_a_procedure_whose_code_is_of_a_disease_leaves_that_disease_open(tmp_path: Path) -> None:
    """Everybody who has it lies within the codes of an infarction; on a list of procedures that is one that may be."""
    table = tmp_path / "site.csv"
    table.write_text("system,code,name,within\nurn:site,PPCI,,I21 I22\n")
    dictionary = with_tables(Dictionary(load_rules()), [table])
    procedure = {"system": "urn:site", "code": "PPCI", "status": "done", "date": "2026-03-10"}
    record = {"id": "p", "as_of": "2026-03-18", "complete": LISTS, "procedures": [procedure]}
    [trial] = evaluate(read_patient(record, dictionary), dictionary.rulebook, trials=["NCT07409259"]).trials
    assert next(line.status for line in trial.criteria if line.id == "E5") == "unknown"


def test_no_phrase_makes_an_entry_certain_or_clears_what_an_unread_one_leaves_open() -> None:
    """Of each phrase alone, and beside a word that nobody knows."""
    dictionary = Dictionary(load_rules())
    for row in dictionary.rulebook.reviewed:
        for phrase in phrases_of(row) if row.system == PHRASES else ():
            alone, beside = (dictionary.said([], text, on="procedures") for text in (phrase, f"{phrase} qqq"))
            assert not alone.is_
            assert alone.may_be <= beside.may_be | beside.unreviewed
            assert beside.open == dictionary.terminology.everything
            assert alone.is_known == (row.beside is None)


@pytest.mark.parametrize(
    ("wording", "may_be", "is_not"),
    [
        ("paracentesis", {"ascites"}, {"ascites_ultrafiltration", "liver_transplantation"}),
        ("肝癌切除术", {"malignancy"}, {"liver_transplantation"}),
        ("colonoscopy, colon cancer screening", set(), {"malignancy"}),
        ("extracorporeal liver support", {"artificial_liver_support"}, {"liver_transplantation"}),
        ("CT after OLT", {"liver_transplantation"}, set()),
        ("gastroscopy with banding", {"upper_gastrointestinal_bleeding"}, {"malignancy"}),
        ("PE", {"artificial_liver_support", "pulmonary_embolism"}, {"liver_transplantation"}),
        ("HD via Shaldon catheter", {"dialysis"}, {"liver_transplantation"}),
        ("cholecystectomy for gallbladder cancer", {"malignancy"}, set()),
    ],
)
def test_what_the_phrases_of_a_wording_say_together(wording: str, may_be: set[str], is_not: set[str]) -> None:
    said = Dictionary(load_rules()).said([], wording, on="procedures")
    assert may_be <= said.may_be
    assert not is_not & said.open


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ({"text": "Gastroscopy"}, "passed"),
        ({"coding": [{"system": "urn:clinic", "code": "GAST", "display": "EGD, diagnostic"}]}, "passed"),
        ({"text": "hepatectomy for HCC"}, "unknown"),
        ({"coding": [{"system": "urn:clinic", "code": "OP7", "display": "Hepatectomy"}]}, "unknown"),
        ({"coding": [{"system": "urn:clinic", "code": "OP7", "display": "Hepatectomy"}], "text": "CT"}, "unknown"),
    ],
)  # fmt: skip
def test_of_a_resource_its_text_is_read_or_what_is_displayed_with_its_code(code: dict[str, Any], expected: str) -> None:
    procedure = {
        "resourceType": "Procedure",
        "id": "1",
        "status": "completed",
        "subject": {"reference": "Patient/p"},
        "code": code,
        "performedDateTime": "2026-03-10",
    }
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in (person, procedure)],
    }
    rules = load_rules()
    patient = load_patient(bundle, rules)
    [trial] = evaluate(patient, rules, as_of="2026-03-18", assume_complete=LISTS, trials=["NCT07409259"]).trials
    assert next(str(line.status) for line in trial.criteria if line.id == "E6") == expected
