"""Names as people write them, names that the dictionary does not have, and hints that are never dangerous."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.likeness import alike, likeness_of
from screener.records.negations import turn_of
from screener.records.notes import CHECK_FIRST
from screener.records.patient import Patient
from screener.records.reading import read_patient

RESULTS = ("lab", "finding")


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def read(**record: Any) -> Patient:
    return read_patient({"as_of": "2026-02-20", **record}, dictionary())


def of_result(name: str, **more: Any) -> Patient:
    return read(observations=[{"name": name, "value": 1, "date": "2026-02-18", **more}])


# ---- however people write them


@pytest.mark.parametrize(
    ("written", "fact"),
    [
        ("inr", "INR"),
        ("Total Bilirubin", "total_bilirubin"),
        ("TOTAL-BILIRUBIN", "total_bilirubin"),
        ("total  bilirubin", "total_bilirubin"),
        ("tbil", "total_bilirubin"),
        ("T.Bil", "total_bilirubin"),
        ("T-BIL", "total_bilirubin"),
        ("Serum Creatinine", "creatinine"),
        ("ＩＮＲ", "INR"),
        ("Haemoglobin", "hemoglobin"),
        ("Platelet count", "platelets"),
        ("Alpha fetoprotein", "alpha_fetoprotein"),
        ("C reactive protein", "C_reactive_protein"),
        ("Urea Nitrogen", "urea"),
        ("HIV, screening test", "HIV_screen"),
        ("HBs-Ag", "HBsAg"),
    ],
)
def test_a_result_is_read_by_its_name_however_it_is_written(written: str, fact: str) -> None:
    patient = of_result(written)
    assert list(patient.results) == [fact]
    assert not [note for note in patient.notes if "not read" in note]


@pytest.mark.parametrize(
    ("list_", "written", "concept"),
    [
        ("conditions", "Cirrhosis", "cirrhosis"),
        ("conditions", "Chronic hepatitis B", "chronic_hepatitis_b"),
        ("conditions", "hepatocellular-carcinoma", "hepatocellular_carcinoma"),
        ("conditions", "Budd-Chiari syndrome", "hepatic_vein_thrombosis"),
        ("conditions", "ascites", "ascites"),
        ("procedures", "LIVER TRANSPLANTATION", "liver_transplantation"),
        ("medications", "Warfarin", "vitamin_K_antagonist"),
        ("events", "participation in another clinical trial", "trial_participation"),
        ("allergies", "Human albumin", "human_albumin"),
    ],
)
def test_an_entry_is_read_by_its_name_however_it_is_written(list_: str, written: str, concept: str) -> None:
    patient = read(**{list_: [{"name": written}]})
    assert list(patient.episodes) == [concept]
    assert patient.notes == ()


@pytest.mark.parametrize("written", ["HIV-", "HIV -", "sepsis –", "Pregnancy-"])
def test_a_hyphen_at_the_end_denies_what_is_named(written: str) -> None:
    patient = read(conditions=[{"text": written, "status": "active"}])
    assert not patient.episodes
    assert turn_of(written) == "denies"


def test_a_name_of_two_kinds_is_that_of_its_list() -> None:
    assert list(of_result("Ascites grade").results) == ["ascites_grade"]
    assert list(read(conditions=[{"name": "Ascites"}]).episodes) == ["ascites"]


# ---- names that the dictionary does not have


@pytest.mark.parametrize("name", ["ALT", "gamma-GT", "Lactate", "总胆汁酸"])
def test_a_result_of_an_unknown_name_is_noted_and_refuses_nothing(name: str) -> None:
    patient = of_result(name)
    assert patient.notes == (f"not read: {name} (observations[0])",)
    assert patient.results == {}


def test_a_wording_is_told_once_for_all_its_entries() -> None:
    patient = read(observations=[{"name": "ALT", "value": 1, "date": f"2026-02-1{day}"} for day in range(5)])
    assert patient.notes == ("not read: ALT (observations[0], observations[1], observations[2] and 2 others)",)


@pytest.mark.parametrize(
    ("list_", "name"), [("medications", "Baraclude"), ("conditions", "xanthoma"), ("procedures", "Impella")]
)
def test_an_entry_of_an_unknown_name_may_be_anything_at_its_dates(list_: str, name: str) -> None:
    patient = read(**{list_: [{"name": name}]}, complete=[list_])
    assert patient.notes == (f"not read: {name} ({list_}[0])",)
    (entry,) = {one.source for those in patient.may_be[list_].values() for one in those}  # type: ignore[index]
    assert entry == f"{list_}[0]"
    assert list_ in patient.complete


def test_what_is_denied_under_an_unknown_name_denies_nothing() -> None:
    patient = read(conditions=[{"name": "xanthoma", "status": "absent", "date": "2026-02-18"}])
    assert patient.notes == ("not read: xanthoma (conditions[0])",)
    assert (patient.absences, patient.may_be) == ({}, {})


def test_a_drug_that_bears_the_name_of_a_lab_is_not_read_as_one() -> None:
    patient = read(medications=[{"name": "hemoglobin"}])
    (note,) = patient.notes
    assert note.startswith(
        f"{CHECK_FIRST}medications[0]: `hemoglobin` under `medications` is a lab: not read as a drug"
    )
    assert "hemoglobin" not in patient.results


def test_a_code_that_is_read_tells_what_an_unknown_name_means() -> None:
    entry = {
        "name": "Gesamtbilirubin (Serum)",
        "loinc": "14631-6",
        "value": 30,
        "unit": "umol/L",
        "date": "2026-02-18",
    }
    patient = read(observations=[entry])
    assert (list(patient.results), patient.notes) == (["total_bilirubin"], ())
    patient = read(conditions=[{"name": "Leberzirrhose", "icd10": "K74.6"}])
    assert (list(patient.episodes), patient.notes) == (["cirrhosis"], ())


def test_a_wording_that_is_no_name_is_told_as_one() -> None:
    patient = read(observations=[{"text": "GPT (ALAT)", "value": 5}])
    assert patient.notes == ("not read: GPT (ALAT) (observations[0])",)


@pytest.mark.parametrize("code", [{"snomed": "1234567"}, {"loinc": "1742-6"}, {"system": "urn:lab", "code": "GPT"}])
def test_a_code_that_no_rule_uses_is_told_once(code: dict[str, str]) -> None:
    (note,) = read(observations=[{**code, "value": 5}]).notes
    is_known = "urn:lab" not in code.values()
    assert note.startswith("observations[0]: no rule uses the code " if is_known else "observations[0]: its code `GPT`")


@pytest.mark.parametrize(
    "entry",
    [{"text": "Bilirubin"}, {"system": "urn:lab", "code": "BILI"}, {"system": "urn:lab", "code": "7", "text": "TBILI"}],
)
def test_a_wording_or_a_clinics_own_code_that_is_nearly_a_labs_keeps_the_place_of_one(entry: dict[str, str]) -> None:
    patient = read(observations=[{**entry, "value": 5, "unit": "mg/dL", "date": "2026-02-18"}])
    assert [each.unusable for each in patient.results["total_bilirubin"]] == ["unread"]
    assert patient.notes[0].startswith(CHECK_FIRST)


def test_a_code_of_loinc_tells_what_its_wording_does_not_mean() -> None:
    patient = read(observations=[{"loinc": "1742-6", "text": "Bilirubin", "value": 5, "date": "2026-02-18"}])
    assert patient.results == {}


def test_a_condition_among_results_is_an_entry_that_a_person_reads() -> None:
    patient = read(observations=[{"name": "ascites", "value": "yes", "date": "2026-02-18"}], complete=["conditions"])
    assert all(each.doubtful for those in patient.episodes.values() for each in those)
    assert "ascites" in patient.may_be["conditions"]
    assert patient.results["ascites_grade"][0].unusable == "unread"
    (note,) = patient.notes
    assert note.startswith(f"{CHECK_FIRST}observations[0]: not read: ascites; did you mean `ascites_grade`?")


@pytest.mark.parametrize(
    ("name", "list_"),
    [
        ("pregnancy", "conditions"),
        ("Hepatocellular carcinoma", "conditions"),
        ("dialysis", "procedures"),
        ("warfarin", "medications"),
        ("trial participation", "events"),
    ],
)
def test_what_is_no_result_is_looked_at_where_it_belongs(name: str, list_: str) -> None:
    patient = of_result(name)
    assert all(each.unusable for those in patient.results.values() for each in those)
    assert patient.may_be[list_]  # type: ignore[index]
    (note,) = patient.notes
    assert note.startswith(CHECK_FIRST)


# ---- names that are nearly one


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("wieght", "body_weight"),
        ("total_bilirubine", "total_bilirubin"),
        ("Bilirubin", "total_bilirubin"),
        ("BILI", "total_bilirubin"),
        ("creatinin", "creatinine"),
        ("INRR", "INR"),
        ("platlets", "platelets"),
        ("asictes_grade", "ascites_grade"),
    ],
)
def test_a_result_that_is_nearly_a_labs_keeps_the_place_of_one(name: str, fact: str) -> None:
    patient = of_result(name)
    assert patient.notes[0].startswith(f"{CHECK_FIRST}observations[0]: not read: {name}; did you mean `{fact}`?")
    (result,) = patient.results[fact]
    assert (result.unusable, result.value, result.source) == ("unread", None, "observations[0]")


def test_what_is_nearly_a_name_stands_above_the_other_notes() -> None:
    patient = read(
        observations=[{"name": "ALT", "value": 1}, {"name": "creatinin", "value": 1}],
        conditions=[{"name": "xanthoma"}, {"name": "cirhosis"}],
    )
    assert [note.startswith(CHECK_FIRST) for note in patient.notes] == [True, True, False]


def test_a_code_that_says_something_else_than_what_a_name_nearly_is_leaves_both_open() -> None:
    patient = read(observations=[{"name": "creatinin", "loinc": "14631-6", "value": 30, "date": "2026-02-18"}])
    assert patient.results["creatinine"][0].unusable == "unread"
    assert patient.notes[0].startswith(CHECK_FIRST)


def test_a_misspelt_condition_is_told_first_and_may_be_anything() -> None:
    patient = read(conditions=[{"name": "cirhosis", "onset": "2024"}])
    assert patient.notes[0].startswith(f"{CHECK_FIRST}conditions[0]: not read: cirhosis; did you mean `cirrhosis`?")
    assert "cirrhosis" in patient.may_be["conditions"]
    assert patient.episodes == {}


# ---- hints are never dangerous

MISTAKEN = """
DBIL, DBil, direct bilirubin, Bilirubin direct, conjugated bilirubin, D-Bil, unconjugated bilirubin, indirect
bilirubin, creatine, creatine kinase, CK, creatinine clearance, urine creatinine, creatinine urine, urate,
uric acid, AFB, HBsAb, anti-HBs, HBeAg, HBcAb, hepatitis B surface antibody, hepatitis B e antigen, PT,
prothrombin time, APTT, potassium, HbA1c, hemoglobin A1c, glycated haemoglobin, MCHC, mean corpuscular
hemoglobin, MPV, mean platelet volume, neutrophils %, NEUT %, prealbumin, microalbumin, urine albumin,
albumin/globulin ratio, globulin, total protein, protein C, calcitonin, ALP, ALT, transferrin saturation,
PaCO2, birth weight, BMI, urine sodium, HBV RNA, HCV antigen, antithrombin, ANCA, myoglobin, total bile acids,
venous oxygen saturation, ascites protein, cystatin C
"""


@pytest.mark.parametrize("wording", [each.strip() for each in MISTAKEN.replace("\n", " ").split(",")])
def test_a_result_that_only_resembles_another_is_offered_nothing(wording: str) -> None:
    assert likeness_of(dictionary()).nearest(wording, RESULTS) == ()
    patient = of_result(wording)
    assert patient.notes == (f"not read: {wording} (observations[0])",)
    assert patient.results == {}


@pytest.mark.parametrize(
    ("wording", "kind", "never"),
    [
        ("hypertension", "condition", "hypotension"),
        ("hyprtension", "condition", "hypotension"),
        ("arterial hypertension", "condition", "hypotension"),
        ("hyperkalaemia", "condition", "hypotension"),
        ("asepsis", "condition", "sepsis"),
        ("sclerosis", "condition", "cirrhosis"),
        ("psoriasis", "condition", "cirrhosis"),
        ("myocarditis", "condition", "myocardial_infarction"),
        ("stroke", "condition", "shock"),
        ("edema", "condition", "eczema"),
        ("emphysema", "condition", "eczema"),
        ("hemoptysis", "condition", "hemolysis"),
        ("hepatitis A", "condition", "chronic_hepatitis_b"),
        ("hepatitis C", "condition", "chronic_hepatitis_b"),
        ("pulmonary edema", "condition", "pulmonary_embolism"),
        ("renal failure", "condition", "heart_failure"),
        ("HPV infection", "condition", "hiv_infection"),
        ("immunostimulent", "drug", "immunosuppressant"),
        ("imunosuppressant", "drug", "immunostimulant"),
        ("antidepresant", "drug", "antipsychotic"),
        ("desmopressin", "drug", "vasopressin"),
        ("vasopresor", "drug", "vasopressin"),
        ("anticonvulsant", "drug", "anticoagulant"),
        ("vitamin K", "drug", "vitamin_K_antagonist"),
        ("interleukin", "drug", "interferon"),
        ("hysteroscopy", "procedure", "hysterectomy"),
        ("kidney transplantation", "procedure", "liver_transplantation"),
        ("urinalysis", "procedure", "dialysis"),
    ],
)
def test_one_is_never_taken_for_the_other(wording: str, kind: str, never: str) -> None:
    assert never not in likeness_of(dictionary()).nearest(wording, (kind,))
    assert never not in alike(wording, dictionary(), (kind,))


def test_what_an_entry_is_not_to_be_mistaken_for_is_offered_for_none_of_its_kind() -> None:
    likeness, entries = likeness_of(dictionary()), dictionary()
    for meaning in {id(each.entry): each for each in entries.names.values()}.values():
        for other in meaning.entry.unlike:
            assert meaning.entry.name not in likeness.nearest(other, (meaning.kind,)), (meaning.entry.name, other)
            assert entries.named(other, (meaning.kind,)) is not meaning, (meaning.entry.name, other)
