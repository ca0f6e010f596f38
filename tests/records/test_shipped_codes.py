"""The codes of the shipped dictionary: each verified one is read as it should be, and known traps are not walked into.

`tests/data/verified_codes.tsv` holds all codes that were verified before the dictionary was written, with what each is
read as; one that is left out has its reason there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from screener import load_rules
from screener.records import read_patient
from screener.records.dictionary import Dictionary, Meaning

ROWS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parents[1] / "data" / "verified_codes.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def said(meaning: Meaning) -> str:
    """What a code is read as: `urea_nitrogen in mg/dL`, `no any_substance`."""
    name = ("no " if meaning.absent else "") + (meaning.form or meaning.entry).name
    return f"{name} in {meaning.unit}" if meaning.unit else name


def read_as(system: str, code: str) -> list[str]:
    return sorted(said(meaning) for meaning in dictionary().coded(system, code))


# ---- code by code


def test_the_verified_codes_are_there() -> None:
    assert len(ROWS) > 300
    assert {row[0] for row in ROWS} == {"loinc", "snomed", "icd10", "icd10cm"}
    assert len({row[:2] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_verified_code_is_read_as_it_should_be_or_left_out_for_a_reason(row: tuple[str, ...]) -> None:
    system, code, meaning, *reason = row
    assert read_as(system, code) == ([] if meaning == "-" else meaning.split(", "))
    assert bool(reason) is (meaning == "-")


# ---- traps of LOINC

LOINC = "http://loinc.org"


@pytest.mark.parametrize(
    ("trap", "code", "meaning"),
    [
        ("its name is prothrombin activity, and it is the assay of factor II", "3289-6", []),
        ("prothrombin time, actual/normal, is the activity", "5894-1", ["prothrombin_activity in %"]),
        ("prothrombin time in seconds is no INR", "5902-2", []),
        ("neutrophils in percent of leukocytes are no count", "770-8", []),
        ("hemoglobin by calculation is a mass", "20509-6", ["hemoglobin"]),
        ("urea nitrogen as mass is the form", "3094-0", ["urea_nitrogen in mg/dL"]),
        ("urea nitrogen as moles counts as urea", "14937-7", ["urea in mmol/L"]),
        ("urea as mass is not urea nitrogen", "3091-6", ["urea in mg/dL"]),
        ("urea as moles", "22664-7", ["urea in mmol/L"]),
        ("direct bilirubin is not total bilirubin", "1968-7", []),
        ("alpha-fetoprotein in international units is not converted", "83072-9", []),
        ("creatinine as mass and as moles", "2160-0", ["creatinine in mg/dL"]),
        ("creatinine as moles", "14682-9", ["creatinine in umol/L"]),
    ],
)
def test_a_trap_of_loinc_is_not_walked_into(trap: str, code: str, meaning: list[str]) -> None:
    assert read_as(LOINC, code) == meaning, trap


@pytest.mark.parametrize(("code", "urea"), [("3094-0", 10.0), ("14937-7", 10.0), ("3091-6", 10.0), ("22664-7", 10.0)])
def test_the_four_ways_to_report_urea_meet_in_one_amount(code: str, urea: float) -> None:
    """28.014 mg/dL of urea nitrogen, 10 mmol/L of it, 60.06 mg/dL of urea and 10 mmol/L of it are the same."""
    reported = {"3094-0": 28.014, "14937-7": 10, "3091-6": 60.06, "22664-7": 10}[code]
    (meaning,) = dictionary().coded(LOINC, code)
    lab = dictionary().rulebook.labs[meaning.entry.name]
    assert meaning.unit is not None
    assert float(dictionary().factor(lab, meaning.form, meaning.unit)) * reported == pytest.approx(urea, rel=1e-9)


# ---- ranges and prefixes of ICD-10 and ATC, in threes: before, in, after


@pytest.mark.parametrize(
    ("system", "codes", "name"),
    [
        ("icd10", "B19.9 B20 B25", "hiv_infection"),
        ("icd10", "B19.9 B24 B25", "hiv_infection"),
        ("icd10", "B19.9 B24.9 B25.0", "hiv_infection"),
        ("icd10", "C21.8 C22.0 C22.1", "hepatocellular_carcinoma"),
        ("icd10", "C22.0 C22.1 C22.8", "other_liver_cancer"),
        ("icd10", "C22.0 C22.7 C22.8", "other_liver_cancer"),
        ("icd10", "B99 C00 C22.0", "other_malignancy"),
        ("icd10", "C22.9 C23 C44.0", "other_malignancy"),
        ("icd10", "C80 C81 D00", "other_malignancy"),
        ("icd10", "C80 C97 D00", "other_malignancy"),
        ("icd10", "D36.9 D37 D50", "tumor"),
        ("icd10", "D05.9 D06.1 D07.0", "cervical_carcinoma_in_situ"),
        ("icd10", "D54 D55.0 D60", "hemolysis"),
        ("icd10", "D54 D59.9 D60.0", "hemolysis"),
        ("icd10", "F20.9 F21 F30", "psychotic_disorder"),
        ("icd10", "F20.9 F29 F30.0", "psychotic_disorder"),
        ("icd10", "F31.9 F32.0 F32.8", "major_depressive_disorder"),
        ("icd10", "F32.8 F32.9 F34.0", "major_depressive_disorder"),
        ("icd10", "F32.5 F32.8 F32.9", "depressive_disorder"),
        ("icd10", "F10.9 F11 F17", "drug_abuse"),
        ("icd10", "F17.2 F18.1 F20", "drug_abuse"),
        ("icd10", "I20.9 I21.4 I23.0", "myocardial_infarction"),
        ("icd10", "I60 I61.9 I62", "cerebral_hemorrhage"),
        ("icd10", "I62.9 I63.9 I64", "cerebral_infarction"),
        ("icd10", "J44.9 J45.0 J45.1", "allergic_asthma"),
        ("icd10", "K74.2 K74.3 K74.4", "primary_biliary_cholangitis"),
        ("icd10", "K72.0 K72.1 K72.9", "chronic_liver_failure"),
        ("icd10cm", "R65.1 R65.20 R65.21", "sepsis"),
        ("icd10cm", "R65.20 R65.21 R65.3", "septic_shock"),
        ("atc", "H02AA02 H02AB H02B", "systemic_glucocorticoid"),
        ("atc", "H02AA02 H02AB06 H02BX01", "systemic_glucocorticoid"),
        ("atc", "L03AA02 L03AB11 L03AC01", "interferon"),
        ("atc", "L03AB11 L03AX25 L04AA", "other_immunostimulant"),
        ("atc", "L03AX25 L04AD02 L05", "immunosuppressant"),
        ("atc", "N04BA N05A N05B", "antipsychotic"),
        ("atc", "N05CF01 N06AB06 N06BA04", "antidepressant"),
        ("atc", "D06 D07AC01 D08", "local_glucocorticoid"),
    ],
)
def test_a_range_begins_and_ends_where_it_says(system: str, codes: str, name: str) -> None:
    before, within, after = codes.split()
    assert [name in read_as(system, code) for code in (before, within, after)] == [False, True, False]


# ---- two editions of ICD-10

WHO = "http://hl7.org/fhir/sid/icd-10"
CM = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("code", "by_who", "by_cm"),
    [
        # hyperbilirubinemia with or without jaundice; jaundice
        ("R17", ["hyperbilirubinemia"], ["jaundice"]),
        # a non-infectious inflammatory response; the heading of severe sepsis, which is coded with one digit more
        ("R65.2", [], []),
        ("R65.20", ["sepsis"], ["sepsis"]),
        # varices with bleeding; the heading of varices, which say bleeding with one digit more
        ("I85.0", ["possible_bleeding"], ["possible_bleeding"]),
        ("I85.01", ["upper_gastrointestinal_bleeding"], ["upper_gastrointestinal_bleeding"]),
        ("I85.00", ["varices_or_gastritis_without_bleeding"], ["varices_or_gastritis_without_bleeding"]),
        # predominantly allergic asthma; no code
        ("J45.0", ["allergic_asthma"], ["allergic_asthma"]),
        ("J45.909", ["asthma"], ["asthma"]),
        # the same in both
        ("K74.6", ["cirrhosis"], ["cirrhosis"]),
        ("B18.1", ["chronic_hepatitis_b"], ["chronic_hepatitis_b"]),
    ],
)
def test_where_the_editions_of_icd10_differ_each_is_read_by_its_own(
    code: str, by_who: list[str], by_cm: list[str]
) -> None:
    assert (read_as(WHO, code), read_as(CM, code)) == (by_who, by_cm)
    assert read_as("urn:oid:2.16.840.1.113883.6.3", code) == by_who
    assert read_as("urn:oid:2.16.840.1.113883.6.90", code) == by_cm


@pytest.mark.parametrize(
    ("code", "by_gm", "by_cm"),
    [
        ("K74.6", ["cirrhosis"], ["cirrhosis"]),
        ("K74.60", ["cirrhosis"], ["cirrhosis"]),
        ("K55.21", [], ["lower_gastrointestinal_bleeding"]),
        ("K83.01", ["possible_infection"], ["primary_sclerosing_cholangitis"]),
        ("K83.09", ["possible_infection"], ["possible_infection"]),
        ("R17", ["hyperbilirubinemia"], ["jaundice"]),
    ],
)
def test_the_fifth_digit_of_germanys_edition_is_its_own(code: str, by_gm: list[str], by_cm: list[str]) -> None:
    assert read_as("http://fhir.de/CodeSystem/bfarm/icd-10-gm", code) == by_gm
    assert read_as(CM, code) == by_cm


def test_a_code_whose_edition_is_not_stated_is_read_by_neither_alone() -> None:
    """The native form's `icd10` is any edition: it is read as what all of them say."""
    assert read_as("icd10", "R17") == read_as(WHO, "R17")


# ---- absences and ingredients


@pytest.mark.parametrize(
    ("system", "code", "meaning"),
    [
        ("http://snomed.info/sct", "716186003", ["no any_substance"]),
        ("http://snomed.info/sct", "160244002", ["no any_substance"]),
        ("http://snomed.info/sct", "409137002", ["no any_drug"]),
        ("http://snomed.info/sct", "429625007", ["no any_food"]),
        ("http://snomed.info/sct", "716184000", ["no latex"]),
        ("http://snomed.info/sct", "165815009", ["no hiv_infection"]),
        ("http://snomed.info/sct", "165816005", ["possible_hiv_infection"]),
        ("http://snomed.info/sct", "60001007", ["no pregnancy"]),
        ("http://snomed.info/sct", "77386006", ["pregnancy"]),
        ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-known-allergies", ["no any_substance"]),
        (
            "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
            "no-known-medication-allergies",
            ["no any_drug"],
        ),
        ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-known-food-allergies", ["no any_food"]),
        ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-allergy-info", []),
        ("http://hl7.org/fhir/resource-types", "ResearchSubject", ["trial_participation"]),
        ("http://hl7.org/fhir/resource-types", "Patient", []),
    ],
)
def test_a_code_of_an_absence_denies_what_it_names(system: str, code: str, meaning: list[str]) -> None:
    assert read_as(system, code) == meaning


@pytest.mark.parametrize(
    ("ingredient", "code", "meaning"),
    [
        ("prednisone", "8640", ["systemic_glucocorticoid"]),
        ("dexamethasone, which is also in eye drops", "3264", ["glucocorticoid"]),
        ("budesonide", "19831", ["local_glucocorticoid"]),
        ("hydrocortisone, a cream", "106258", ["local_glucocorticoid"]),
        ("tacrolimus, which is also an ointment", "42316", ["possible_immunosuppressant"]),
        ("azathioprine", "1256", ["immunosuppressant"]),
        ("peginterferon alfa-2a", "120608", ["interferon"]),
        ("norepinephrine", "7512", ["vasopressor"]),
        ("epinephrine, which is also in pens", "3992", []),
        ("sertraline", "36437", ["antidepressant"]),
        ("quetiapine", "51272", ["antipsychotic"]),
        ("a beginning of another code", "864", []),
        ("a longer code", "86400", []),
    ],
)
def test_an_ingredient_is_read_as_what_it_is_by_every_way(ingredient: str, code: str, meaning: list[str]) -> None:
    assert read_as("http://www.nlm.nih.gov/research/umls/rxnorm", code) == meaning, ingredient


def test_every_drug_of_the_dictionary_is_a_drug_to_be_allergic_to() -> None:
    concepts = dictionary().rulebook.concepts
    drugs = {name for name, concept in concepts.items() if concept.kind == "drug"}
    assert drugs - set(concepts["any_drug"].narrower) == set()


@pytest.mark.parametrize(
    ("list_", "entry"),
    [
        ("conditions", {"icd10": "F11.2", "status": "absent"}),
        ("medications", {"atc": "H02AB06", "status": "never"}),
    ],
)
def test_an_absence_under_the_code_of_one_kind_says_nothing_of_the_others(list_: str, entry: dict[str, str]) -> None:
    patient = read_patient({list_: [entry]}, dictionary())
    assert patient.absences == {}
    (note,) = patient.notes
    assert note.endswith(f"which says nothing of the others; if all of it is `{entry['status']}`, give its `name`")


def test_an_absence_by_name_is_of_all_of_it_whatever_code_stands_beside() -> None:
    entry = {"name": "drug_abuse", "icd10": "F11.2", "status": "absent"}
    assert set(read_patient({"conditions": [entry]}, dictionary()).absences) == {"drug_abuse"}
