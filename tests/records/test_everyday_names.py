"""Names of the ward and of German laboratories; and unread ones, which keep the place of what they may be."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import evaluate, load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.reading import read_patient


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def of_results(*results: dict[str, Any]) -> Patient:
    return read_patient({"as_of": "2026-03-20", "observations": list(results)}, dictionary())


def status_of(line: str, *results: dict[str, Any]) -> str:
    trial, _, name = line.partition("/")
    screening = evaluate(of_results(*results))
    (found,) = (each for each in screening.trials if each.id == trial)
    return next(each.status for each in found.criteria if each.id == name)


@pytest.mark.parametrize(
    ("written", "unit", "fact"),
    [
        ("Krea", "mg/dl", "creatinine"),
        ("Kreatinin", "umol/l", "creatinine"),
        ("Harnstoff", "mg/dl", "urea"),
        ("Quick", "%", "prothrombin_activity"),
        ("Quick-Wert", "%", "prothrombin_activity"),
        ("Gewicht", "kg", "body_weight"),
        ("Körpergewicht", "kg", "body_weight"),
        ("Wt", "kg", "body_weight"),
        ("Thrombos", "10^9/L", "platelets"),
        ("Neutros", "10^9/L", "neutrophils"),
        ("Hb", "g/dl", "hemoglobin"),
        ("Hgb", "g/dl", "hemoglobin"),
        ("Serumalbumin", "g/l", "albumin"),
        ("Gesamtbilirubin", "mg/dl", "total_bilirubin"),
        ("T. Bili", "mg/dL", "total_bilirubin"),
        ("Total bili", "mg/dL", "total_bilirubin"),
        ("Bili gesamt", "mg/dL", "total_bilirubin"),
        ("Bilirubin (total)", "mg/dL", "total_bilirubin"),
        ("总胆红素", "umol/L", "total_bilirubin"),
        ("国际标准化比值", None, "INR"),
        ("凝血酶原活动度", "%", "prothrombin_activity"),
        ("肌酐", "umol/L", "creatinine"),
        ("尿素氮", "mmol/L", "urea"),
        ("中性粒细胞绝对值", "10^9/L", "neutrophils"),
        ("血小板计数", "10^9/L", "platelets"),
        ("血红蛋白", "g/L", "hemoglobin"),
        ("白蛋白", "g/L", "albumin"),
        ("甲胎蛋白", "ng/mL", "alpha_fetoprotein"),
        ("体重", "kg", "body_weight"),
        ("平均动脉压", "mmHg", "mean_arterial_pressure"),
        ("NIBP mean", "mmHg", "mean_arterial_pressure"),
        ("総ビリルビン", "mg/dL", "total_bilirubin"),
        ("尿素窒素", "mg/dL", "urea"),
        ("Bili ges.", "mg/dL", "total_bilirubin"),
        ("bilirrubina total", "mg/dL", "total_bilirubin"),
        ("creat", "umol/L", "creatinine"),
        ("créat.", "umol/L", "creatinine"),
        ("neuts", "10^9/L", "neutrophils"),
        ("PNN", "G/L", "neutrophils"),
        ("plaquetas", "10^9/L", "platelets"),
        ("hemoglobina", "g/dL", "hemoglobin"),
        ("albúmina", "g/L", "albumin"),
        ("peso", "kg", "body_weight"),
    ],
)
def test_a_name_of_the_ward_is_read(written: str, unit: str, fact: str) -> None:
    patient = of_results({"name": written, "value": 20, "unit": unit, "date": "2026-03-19"})
    assert list(patient.results) == [fact]
    assert patient.results[fact][0].unusable is None


HE_0 = {"name": "HE_grade", "value": 0, "date": "2026-03-19"}


@pytest.mark.parametrize(
    "name",
    [
        "Encephalopathy",
        "Enzephalopathie",
        "portosystemic encephalopathy",
        "Grad der Enzephalopathie",
    ],
)
def test_what_is_nearly_a_graded_condition_keeps_the_place_of_its_grade(name: str) -> None:
    later = {"name": name, "value": "grade III", "date": "2026-03-20"}
    found = of_results(HE_0, later).results["hepatic_encephalopathy_grade"]
    assert [each.unusable for each in found] == [None, "unread"]
    assert status_of("NCT07409259/I3", HE_0, later) != "passed"


@pytest.mark.parametrize(
    ("name", "value", "unusable"),
    [
        ("HE", "grade III", None),
        ("hepatische Enzephalopathie", "III", None),
        ("Hepatic encephalopathy", 0, None),
        ("HE", 1, "unread"),  # the first grade, or a yes
        ("HE", "yes", "unread"),
        ("Ascites", "++", None),
        ("Aszites", "keine", None),
        ("Ascites", "present", "unread"),
        ("Ascites", 2, "unread"),
        ("ascites (US)", "++", "unread"),
    ],
)
def test_a_grade_under_the_name_of_its_condition_is_read_where_it_is_one(
    name: str, value: object, unusable: str | None
) -> None:
    ascites = {"name": "ascites_grade", "value": "slight", "date": "2026-03-18"}
    patient = of_results(HE_0, ascites, {"name": name, "value": value, "date": "2026-03-20"})
    (results,) = (each for each in patient.results.values() if len(each) == 2)
    assert [each.unusable for each in results] == [None, unusable]
    assert ("conditions" in patient.may_be) == (unusable is not None)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("hypoxic encephalopathy", None),
        ("hypoxische Enzephalopathie", None),
        ("Wernicke-Enzephalopathie", None),
        ("ascites albumin", None),
        ("ascites LDH", "U/L"),
        ("ascites protein", "g/L"),
        ("direktes Bilirubin", "mg/dL"),
        ("dry weight", "kg"),
        ("直接胆红素", "umol/L"),
        ("总胆汁酸", "umol/L"),
        ("尿肌酐", "umol/L"),
        ("尿中クレアチニン", "mg/dL"),
        ("肌酐清除率", "mL/min"),
        ("肌酸激酶", "U/L"),
        ("尿酸", "umol/L"),
        ("中性粒细胞百分比", "%"),
        ("血小板分布宽度", "fL"),
        ("糖化血红蛋白", "%"),
        ("平均血红蛋白浓度", "g/L"),
        ("前白蛋白", "mg/L"),
        ("体重指数", "kg/m2"),
        ("凝血酶原时间", "s"),
        ("脑钠肽", "pg/mL"),
    ],
)
def test_what_is_something_else_keeps_nobodys_place(name: str, unit: str | None) -> None:
    other = {"name": name, "value": 1, "unit": unit, "date": "2026-03-19"}
    assert of_results(other).results == {}


def test_an_earlier_one_leaves_a_later_result_alone() -> None:
    earlier = {"name": "Encephalopathy", "value": "grade III", "date": "2026-03-18"}
    assert status_of("NCT07409259/I3", HE_0, earlier) == status_of("NCT07409259/I3", HE_0)


@pytest.mark.parametrize("name", ["Wt", "Gewicht", "Body wt", "Weight today", "体重(kg)", "poids"])
def test_a_newer_weight_under_another_name_does_not_let_the_older_pass(name: str) -> None:
    older = {"name": "weight", "value": 60, "unit": "kg", "date": "2026-03-10"}
    newer = {"name": name, "value": 46, "unit": "kg", "date": "2026-03-19"}
    lines = [
        f"{trial.id}/{each.id}"
        for trial in evaluate(of_results(older)).trials
        for each in trial.criteria
        if each.status == "passed" and any(fact.name == "body_weight" for fact in each.evidence)
    ]
    assert lines
    assert all(status_of(line, older, newer) != "passed" for line in lines)


@pytest.mark.parametrize(
    ("name", "list_", "concept", "others"),
    [
        ("Ascites", "conditions", "ascites", {"malignancy", "pregnancy", "sepsis"}),
        ("HCC", "conditions", "hepatocellular_carcinoma", {"pregnancy", "sepsis", "hiv_infection"}),
        ("dialysis", "procedures", "dialysis", {"liver_transplantation", "hysterectomy"}),
    ],
)
def test_a_result_under_the_name_of_a_concept_concerns_that_alone(
    name: str, list_: Any, concept: str, others: set[str]
) -> None:
    patient = of_results({"name": name, "value": "yes", "date": "2026-03-19"})
    assert concept in patient.may_be[list_]
    assert others.isdisjoint(patient.may_be[list_])
    assert "medications" not in patient.may_be


def test_an_antibody_to_a_virus_is_its_screening_test() -> None:
    assert list(of_results({"name": "HIV Ab", "value": "neg", "date": "2026-03-19"}).results) == ["HIV_screen"]


@pytest.mark.parametrize(
    ("list_", "written", "concept"),
    [
        ("conditions", "GI bleed", "gastrointestinal_bleeding"),
        ("conditions", "upper GI bleed", "upper_gastrointestinal_bleeding"),
        ("conditions", "hémorragie digestive", "gastrointestinal_bleeding"),
        ("conditions", "ALD cirrhosis", "alcoholic_cirrhosis"),
        ("conditions", "encefalopatía hepática", "hepatic_encephalopathy"),
        ("procedures", "liver transplant", "liver_transplantation"),
    ],
)
def test_what_a_ward_calls_a_disease_can_be_denied_by_that_name(list_: str, written: str, concept: str) -> None:
    denied = {"name": written, "status": "never", "date": "2026-03-20"}
    patient = read_patient({"as_of": "2026-03-20", list_: [denied]}, dictionary())
    assert set(patient.absences) == {concept}
    assert not patient.notes


@pytest.mark.parametrize(
    ("written", "grade"), [("modérée", "moderate"), ("leve", "slight"), ("a tensión", "moderate"), ("absente", "none")]
)
def test_ascites_is_graded_in_the_words_of_a_ward(written: str, grade: str) -> None:
    patient = of_results({"name": "ascite", "value": written, "date": "2026-03-20"})
    assert [each.choices for each in patient.results["ascites_grade"]] == [{grade}]


@pytest.mark.parametrize("digits", [41, 400, 5000])
def test_a_grade_of_very_many_digits_is_none(digits: int) -> None:
    result = {"name": "HE_grade", "value": f"grade {'9' * digits}", "date": "2026-03-20"}
    staged = {"name": "HE", "stage": "9" * digits, "date": "2026-03-20"}
    patient = read_patient({"as_of": "2026-03-20", "observations": [result], "conditions": [staged]}, dictionary())
    assert [each.unusable for each in patient.results["hepatic_encephalopathy_grade"]] == ["missing"]
