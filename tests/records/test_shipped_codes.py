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
from screener.values.dates import parse_moment

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
    return f"{name} in {meaning.kind_of_unit}" if meaning.kind_of_unit else name


def read_as(system: str, code: str) -> list[str]:
    return sorted(said(meaning) for meaning in dictionary().coded(system, code))


# ---- code by code


def test_the_verified_codes_are_there() -> None:
    assert len(ROWS) > 300
    assert {row[0] for row in ROWS} == {"loinc", "snomed", "icd10", "icd10cm"}
    assert len({row[:2] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row[0]} {row[1]}") for row in ROWS])
def test_a_verified_code_is_read_as_it_should_be_or_left_out_for_a_reason(row: tuple[str, ...]) -> None:
    system, code, meaning, *reason = row
    wanted = [] if meaning == "-" else meaning.split(", ")
    may_be = [each.removeprefix("may be ") for each in wanted if each.startswith("may be ")]
    assert read_as(system, code) == [each for each in wanted if not each.startswith("may be ")]
    assert dictionary().terminology.coded(system, code).may_be.issuperset(may_be)
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
    assert (unit := meaning.kind_of_unit) is not None
    assert float(dictionary().factor(lab, meaning.form, unit)) * reported == pytest.approx(urea, rel=1e-9)


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
        ("icd10", "C80 C81.00 D00", "other_malignancy"),
        ("icd10", "C80 C97 D00", "other_malignancy"),
        ("icd10", "C22.9 D36.9 D50", "benign_tumor"),
        ("icd10", "D05.9 D06.1 D07.0", "cervical_carcinoma_in_situ"),
        ("icd10", "D54 D55.0 D60", "hemolysis"),
        ("icd10", "D54 D59.9 D60.0", "hemolysis"),
        ("icd10", "F19.9 F20.9 F30", "psychotic_disorder"),
        ("icd10", "F19.9 F29 F30.0", "psychotic_disorder"),
        ("icd10", "F31.9 F32.0 F32.8", "major_depressive_disorder"),
        ("icd10", "F32.9 F33.9 F34.0", "major_depressive_disorder"),
        ("icd10", "F31.9 F32.9 F34.0", "depressive_disorder"),
        ("icd10", "F10.9 F11.3 F17", "drug_abuse"),
        ("icd10", "F17.2 F18.3 F20", "drug_abuse"),
        ("icd10", "I20.9 I21.4 I24.0", "myocardial_infarction"),
        ("icd10", "I24.0 I25.2 I25.3", "myocardial_infarction"),
        ("icd10", "I60 I61.9 I62", "cerebral_hemorrhage"),
        ("icd10", "I62.9 I63.9 I64", "cerebral_infarction"),
        ("icd10", "J44.9 J45.0 J45.1", "allergic_asthma"),
        ("icd10", "K74.2 K74.3 K74.4", "primary_biliary_cholangitis"),
        ("icd10", "K72.0 K72.1 K72.9", "chronic_liver_failure"),
        ("icd10cm", "R65.11 R65.20 R65.3", "sepsis"),
        ("icd10cm", "R65.20 R65.21 R65.3", "septic_shock"),
        ("atc", "H02AA02 H02AB H02C", "systemic_glucocorticoid"),
        ("atc", "H02AA02 H02BX01 H02CA01", "systemic_glucocorticoid"),
        ("atc", "L03AA02 L03AB11 L03AC01", "interferon"),
        ("atc", "L03AB11 L03AX25 L04AA", "other_immunostimulant"),
        ("atc", "L03AX25 L04AD02 L05", "immunosuppressant"),
        ("atc", "N04BA N05AH04 N05B", "antipsychotic"),
        ("atc", "N05CF01 N06AB06 N06BA04", "antidepressant"),
        ("atc", "D06 D07AC01 D08", "local_glucocorticoid"),
    ],
)
def test_a_range_begins_and_ends_where_it_says(system: str, codes: str, name: str) -> None:
    before, within, after = codes.split()
    said = [dictionary().terminology.coded(system, code) for code in (before, within, after)]
    assert [name in each.is_ for each in said] == [False, True, False]


# ---- codes that leave open what they are, and codes that do not


def relation(system: str, code: str, name: str) -> str:
    """What a code says of a concept: `is`, `may be` (`unreviewed`, where nobody judged it), or `is not`."""
    said = dictionary().terminology.coded(system, code)
    if name in said.is_:
        return "is"
    return "may be" if name in said.may_be else "unreviewed" if name in said.unreviewed else "is not"


@pytest.mark.parametrize(
    ("code", "name", "wanted"),
    [
        ("N18.4", "acute_kidney_injury", "is not"),
        ("N18.9", "acute_kidney_injury", "may be"),
        ("N19", "acute_kidney_injury", "may be"),
        ("N20", "acute_kidney_injury", "is not"),
        ("N28.9", "acute_kidney_injury", "may be"),
        ("n289", "acute_kidney_injury", "may be"),
        ("N28.1", "acute_kidney_injury", "is not"),
        ("Z51.0", "malignancy", "may be"),
        ("Z51.11", "malignancy", "may be"),
        ("Z94.0", "liver_transplantation", "is not"),
        ("Z94.9", "liver_transplantation", "may be"),
        ("Z94", "liver_transplantation", "may be"),
        ("K72", "chronic_liver_failure", "may be"),
        ("N18", "end_stage_renal_disease", "may be"),
        ("R69", "malignancy", "may be"),
        ("J01.9", "malignancy", "is not"),
        ("I10", "sepsis", "is not"),
    ],
)
@pytest.mark.parametrize("system", ["icd10", "icd10cm", "icd10who"])
def test_a_code_that_leaves_open_what_it_is_may_be_what_it_does_not_exclude(
    system: str, code: str, name: str, wanted: str
) -> None:
    assert relation(system, code, name) == wanted


@pytest.mark.parametrize(
    ("code", "name", "wanted"),
    [
        ("197270009", "liver_failure", "is"),  # acute hepatic failure
        ("197270009", "pregnancy", "is not"),
        ("197270009", "cerebral_infarction", "is not"),
        ("70342003", "infection", "is not"),  # gallstones that obstruct nothing
        ("13645005", "chronic_obstructive_pulmonary_disease", "is"),
        ("13645005", "infection", "is not"),
        ("709044004", "acute_kidney_injury", "is not"),  # chronic kidney disease
        ("397825006", "gastrointestinal_bleeding", "may be"),  # gastric ulcer
    ],
)
def test_a_reviewed_row_is_as_wide_as_its_name(code: str, name: str, wanted: str) -> None:
    assert relation("snomed", code, name) == wanted


def test_a_code_beside_it_that_says_what_it_is_settles_it() -> None:
    codes = [("icd10", "N28.9"), ("snomed", "1"), ("icd10", "N20.0")]
    assert "acute_kidney_injury" in dictionary().said(codes[:2]).open
    assert "acute_kidney_injury" not in dictionary().said(codes).open


@pytest.mark.parametrize("code", ["N28.9", "R69"])
def test_in_a_record_such_a_diagnosis_is_an_entry_that_may_be_it(code: str) -> None:
    record = {"conditions": [{"icd10": code, "onset": "2020"}, {"icd10": "J01.9"}], "complete": ["conditions"]}
    patient = read_patient(record, dictionary())
    (entry,) = patient.may_be["conditions"]["acute_kidney_injury"]
    assert (entry.source, entry.unusable, entry.called) == ("conditions[0]", "unspecific", f"icd10 {code}")
    assert (entry.start, patient.complete, patient.unread) == (parse_moment("2020"), {"conditions"}, {})


# ---- codes among the diagnoses that speak of other lists


@pytest.mark.parametrize(
    ("code", "name", "list_", "wanted"),
    [
        ("Z94.4", "liver_transplantation", "procedures", "is"),
        ("Z99.2", "maintenance_dialysis", "procedures", "is"),
        ("Z79.52", "systemic_glucocorticoid", "medications", "is"),
        ("Z79.5", "systemic_glucocorticoid", "medications", "may be"),
        ("Z88", "any_substance", "allergies", "is"),
        ("Z00.6", "trial_participation", "events", "may be"),
    ],
)
def test_a_code_among_the_diagnoses_may_speak_of_another_list(code: str, name: str, list_: str, wanted: str) -> None:
    assert relation("icd10cm", code, name) == wanted
    patient = read_patient({"conditions": [{"icd10": code, "date": "2026-02"}]}, dictionary())
    of_it = [each.list for each in patient.episodes.get(name, ())]
    assert of_it == ([list_] if wanted == "is" else [])
    assert (name in patient.may_be.get(list_, {})) is (wanted == "may be")


@pytest.mark.parametrize(("code", "is_open"), [("Z81.8", True), ("Z81.1", True), ("Z80.0", False)])
def test_a_code_among_the_diagnoses_may_speak_of_the_family(code: str, is_open: bool) -> None:
    """It says nothing of the patient."""
    assert relation("icd10cm", code, "mental_disorder") == "is not"
    patient = read_patient({"conditions": [{"icd10": code}]}, dictionary())
    assert ("mental_disorder" in patient.may_be.get("family_history", {})) is is_open
    assert "mental_disorder" not in patient.may_be.get("conditions", {})


# ---- two editions of ICD-10

WHO = "http://hl7.org/fhir/sid/icd-10"
CM = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("code", "by_who", "by_cm"),
    [
        # hyperbilirubinemia with or without jaundice; jaundice
        ("R17", ["hyperbilirubinemia"], ["jaundice"]),
        # a non-infectious inflammatory response; the heading of severe sepsis
        ("R65.2", [], ["infection", "sepsis"]),
        ("R65.20", ["infection", "sepsis"], ["infection", "sepsis"]),
        # varices with bleeding; the heading of varices, which say bleeding with one digit more
        ("I85.0", [], []),
        ("I85.01", ["upper_gastrointestinal_bleeding"], ["upper_gastrointestinal_bleeding"]),
        ("I85.00", ["varices_or_gastritis_without_bleeding"], ["varices_or_gastritis_without_bleeding"]),
        # predominantly allergic asthma; no code
        ("J45.0", ["allergic_asthma"], ["asthma"]),
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
        ("K83.01", [], ["primary_sclerosing_cholangitis"]),
        ("K83.09", [], []),
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
        ("http://snomed.info/sct", "165816005", ["hiv_infection"]),
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
        ("tacrolimus, which is also an ointment", "42316", ["any_drug"]),
        ("azathioprine", "1256", ["immunosuppressant"]),
        ("peginterferon alfa-2a", "120608", ["interferon"]),
        ("norepinephrine", "7512", ["norepinephrine"]),
        ("epinephrine, which is also in pens", "3992", ["any_drug"]),
        ("sertraline", "36437", ["antidepressant"]),
        ("quetiapine", "51272", ["antipsychotic"]),
        ("a beginning of another code", "864", []),
        ("a longer code", "86400", []),
    ],
)
def test_an_ingredient_is_read_as_what_it_is_by_every_way(ingredient: str, code: str, meaning: list[str]) -> None:
    assert read_as("http://www.nlm.nih.gov/research/umls/rxnorm", code) == meaning, ingredient


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        ("rxnorm", "42316", "immunosuppressant"),  # tacrolimus
        ("icd10who", "K57.0", "bleeding"),
        ("icd10cm", "I85.0", "bleeding"),
        ("icd10gm", "K83.01", "infection"),
        ("icd10cm", "K83.09", "infection"),
        ("icd10gm", "K55.21", "lower_gastrointestinal_bleeding"),
        ("icd10", "R17", "jaundice"),
        ("icd10", "J45.0", "allergic_asthma"),
        ("icd10cm", "J45.0", "allergic_asthma"),
        ("icd10who", "R65.2", "sepsis"),
    ],
)
def test_what_a_code_may_be(system: str, code: str, name: str) -> None:
    assert relation(system, code, name) == ("is" if (system, code) == ("icd10", "J45.0") else "may be")


def test_every_drug_of_the_dictionary_is_a_drug_to_be_allergic_to() -> None:
    concepts = dictionary().rulebook.concepts
    drugs = {name for name, concept in concepts.items() if concept.kind == "drug"}
    assert drugs - set(concepts["any_drug"].narrower) == set()


@pytest.mark.parametrize(
    ("list_", "entry"),
    [
        ("conditions", {"icd10": "F11.3", "status": "absent"}),
        ("medications", {"atc": "H02AB06", "status": "never"}),
    ],
)
def test_an_absence_under_the_code_of_one_kind_says_nothing_of_the_others(list_: str, entry: dict[str, str]) -> None:
    patient = read_patient({list_: [entry]}, dictionary())
    assert patient.absences == {}
    (note,) = patient.notes
    assert note.endswith(f"and the others are still possible; if all of it is `{entry['status']}`, give its `name`")


def test_an_absence_by_name_is_of_all_of_it_whatever_code_stands_beside() -> None:
    entry = {"name": "drug_abuse", "icd10": "F11.2", "status": "absent"}
    assert set(read_patient({"conditions": [entry]}, dictionary()).absences) == {"drug_abuse"}
