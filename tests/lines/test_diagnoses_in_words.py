"""Diagnoses in people's words: a common one opens what its code may be, and nothing else; an unknown word anything."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import MAN
from lines.casebook import status as status_of
from screener import load_patient, load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.rulebook import RecordList
from screener.screening import evaluate


def read(*entries: dict[str, Any]) -> Patient:
    return load_patient({**MAN, "conditions": list(entries)}, load_rules())


def may_be(wording: str) -> set[str]:
    patient = read({"text": wording})
    assert not patient.episodes, "in words it is nothing for certain"
    return {name for names in patient.may_be.values() for name in names}


@pytest.mark.parametrize(
    "wording",
    [
        "Nagelpilz", "onychomycosis", "plantar warts",
        "hypertension", "Arterial hypertension, well controlled", "type 2 diabetes mellitus", "gout", "GERD",
        "T2DM (insulin dependent)", "arterielle Hypertonie seit 2011", "Z.n. Gastroskopie 1998", "gonarthrosis, left",
        "hypothyroidism on treatment", "hyponatremia and hypokalemia", "高血压", "migraine since 2009",
    ],
)  # fmt: skip
def test_a_harmless_one_opens_nothing(wording: str) -> None:
    assert may_be(wording) == set()


@pytest.mark.parametrize(
    "wording",
    [
        "hypertension, well controlled on ramipril", "T2DM on metformin", "hypothyroidism on levothyroxine",
        "gout, diagnosed 2012, on allopurinol", "lactose intolerance", "GERD without esophagitis",
    ],
)  # fmt: skip
def test_a_drug_beside_a_harmless_one_opens_nothing_but_what_it_treats(wording: str) -> None:
    assert may_be(wording) == set()


@pytest.mark.parametrize(
    ("wording", "concepts", "others"),
    [
        ("hepatitis C, SVR12 2019 after sofosbuvir/velpatasvir", {"chronic_liver_disease"}, {"malignancy", "dialysis"}),
        ("rheumatoid arthritis on methotrexate", {"immunosuppressant"}, {"hiv_infection", "pregnancy"}),
        ("opioid use disorder, in remission on buprenorphine", {"drug_abuse"}, {"malignancy", "infection"}),
        ("Mammakarzinom pT1c N0, kurativ operiert 2023", {"malignancy"}, {"infection", "hiv_infection"}),
        ("thyroid nodule, pT1a", {"malignancy"}, {"infection", "hiv_infection"}),
        ("Coombs-negative hemolytic anemia", {"hemolysis"}, {"malignancy", "hiv_infection"}),
        ("HIV positive, VL undetectable, CD4 540", {"hiv_infection"}, {"dialysis", "pregnancy"}),
        ("cirrhosis, CD4 540", {"hiv_infection"}, {"dialysis", "pregnancy"}),
        ("drug-induced liver injury (amoxicillin-clavulanate)", {"drug_induced_liver_injury"}, {"malignancy"}),
        ("atrial fibrillation on apixaban", {"anticoagulant", "portal_vein_thrombosis"}, {"malignancy"}),
        ("asthma on prednisolone", {"systemic_glucocorticoid"}, {"malignancy", "any_drug"}),
        ("Cirrhosis (Child C, MELD 24)", {"decompensated_cirrhosis"}, {"malignancy", "infection"}),
        ("HCC BCLC A", {"hepatocellular_carcinoma"}, {"infection", "dialysis"}),
    ],
)
def test_a_drug_or_a_sign_opens_what_it_speaks_of_and_no_more(
    wording: str, concepts: set[str], others: set[str]
) -> None:
    opened = may_be(wording)
    assert concepts <= opened
    assert not others & opened


@pytest.mark.parametrize("wording", ["sofosbuvir", "metformin", "lithium", "ketamine abuse"])
def test_a_drug_alone_is_no_diagnosis(wording: str) -> None:
    assert {"hiv_infection", "hepatocellular_carcinoma", "liver_transplantation"} <= may_be(wording)


@pytest.mark.parametrize(
    ("wording", "concepts"),
    [
        ("pneumonia", {"infection", "sepsis"}),
        ("suspected pneumonia", {"infection"}),
        ("UTI, resolved", {"infection"}),
        ("thyroid nodule", {"tumor"}),
        ("choledocholithiasis", {"biliary_obstruction"}),
        ("old tuberculosis", {"infection"}),
        ("STEMI 2019, HTN", {"myocardial_infarction"}),
        ("Z.n. Appendektomie 1998", {"infection"}),
        ("pulmonary hypertension", {"pulmonary_embolism"}),
        ("gallstones and hypertension", {"biliary_obstruction"}),
        ("alkoholische Leberzirrhose, dekompensiert", {"cirrhosis", "decompensated_cirrhosis"}),
        ("慢加急性肝衰竭 2年前", {"acute_on_chronic_liver_failure"}),
        ("脑梗死 (2019年)", {"cerebral_infarction"}),
        ("hypertension, ascites", {"ascites"}),
    ],
)
def test_another_opens_what_it_may_be(wording: str, concepts: set[str]) -> None:
    assert concepts <= may_be(wording)
    assert "hiv_infection" not in may_be(wording)


@pytest.mark.parametrize(
    "wording",
    [
        "hypertension of unknown cause", "father: gout", "liver shadow",
        "diabetes insipidus", "hypertensive crisis", "St.n. OP 2014", "gout+", "I", "since 2009", "severe", "left",
    ],
)  # fmt: skip
def test_an_unknown_word_leaves_it_unread(wording: str) -> None:
    assert {"hiv_infection", "hepatocellular_carcinoma", "liver_transplantation"} <= may_be(wording)


@pytest.mark.parametrize(
    ("wording", "concepts"),
    [
        ("no hypertension", set()),
        ("pneumonia excluded", {"infection", "sepsis"}),
        ("no evidence of malignancy", {"malignancy", "malignancy_in_remission", "tumor"}),
        ("HIV ruled out", {"hiv_infection"}),
    ],
)
def test_what_is_denied_may_be_so_and_is_nothing_else(wording: str, concepts: set[str]) -> None:
    assert concepts <= may_be(wording)
    assert {"hepatic_encephalopathy", "hepatorenal_syndrome"}.isdisjoint(may_be(wording))


def test_a_name_of_the_dictionary_stays_certain() -> None:
    assert "cirrhosis" in read({"text": "cirrhosis"}).episodes
    assert may_be("cirrhosis, known since 2009") >= {"cirrhosis"}


def test_a_denied_wording_denies_nothing_that_it_only_may_be() -> None:
    patient = read({"text": "pneumonia", "status": "absent"})
    assert not patient.episodes
    assert not patient.absences


def test_a_code_that_is_known_goes_before_its_words() -> None:
    patient = read({"icd10": "K74.6", "text": "hypertension"})
    assert "cirrhosis" in patient.episodes


def test_fhir_is_read_by_its_words_where_nobody_knows_the_code() -> None:
    condition = {
        "resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "urn:ours", "code": "4711", "display": "Arterial hypertension"}]},
        "clinicalStatus": {"coding": [{"code": "active"}]},
    }  # fmt: skip
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}, {"resource": condition}],
    }
    patient = load_patient(bundle, load_rules())
    assert not patient.may_be
    assert not patient.episodes


@pytest.mark.parametrize(
    "words",
    [
        "arterial hypertension|type 2 diabetes mellitus|GERD|hypothyroidism|gonarthrosis|cataract|hyperlipidemia|"
        "iron deficiency anemia|hiatal hernia|allergic rhinitis",
        "arterielle Hypertonie|Diabetes mellitus Typ 2|Adipositas Grad I|Divertikulose|Nikotinabusus|Nagelpilz|"
        "Leistenhernie|Reizdarmsyndrom|Lumbago",
        "hypertension artérielle|dyslipidémie|hernie hiatale|surpoids|cataracte|lombalgie chronique|anémie ferriprive|"
        "kyste rénal|rhinite allergique|carence en vitamine D",
        "高血压|2型糖尿病|高脂血症|痛风|肾囊肿|慢性胃炎|颈椎病|甲状腺功能减退症|偏头痛|慢性咽炎|足癣",
    ],
)
def test_a_record_in_words_is_decided(words: str) -> None:
    """Common diagnoses in words leave as many lines open as none of them."""
    rules = load_rules()
    statuses = [
        [line.status for trial in evaluate(patient, rules).trials for line in trial.criteria]
        for patient in (read(), read(*({"text": each, "status": "active"} for each in words.split("|"))))
    ]
    assert statuses[0] == statuses[1]


@pytest.mark.parametrize(
    ("wording", "concept"),
    [
        ("慢性乙型病毒性肝炎", "chronic_hepatitis_b"),
        ("Alkoholische Leberzirrhose", "alcoholic_cirrhosis"),
        ("Cirrhosis of liver, decompensated", "decompensated_cirrhosis"),
        ("ascites", "ascites"),
    ],
)
def test_a_name_as_the_words_of_a_diagnosis_is_certain_in_fhir_too(wording: str, concept: str) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p"},
        "code": {"text": wording},
    }
    entries = [{"resource": {"resourceType": "Patient", "id": "p"}}, {"resource": condition}]
    patient = load_patient({"resourceType": "Bundle", "type": "collection", "entry": entries}, load_rules())
    native = read({"text": wording})
    assert set(patient.episodes) == set(native.episodes) == {concept}
    assert patient.may_be.keys() == native.may_be.keys()


@pytest.mark.parametrize(
    ("code", "wording", "is_", "may_be"),
    [
        ("E11.9", "HIV", set(), {"hiv_infection"}),
        ("I10", "hepatocellular carcinoma", set(), {"hepatocellular_carcinoma", "malignancy"}),
        ("I21.4", "Heart failure", {"myocardial_infarction"}, {"heart_failure"}),
        ("B18.1", "HCC", {"chronic_hepatitis_b"}, {"hepatocellular_carcinoma"}),
        ("K74.6", "Liver transplantation", {"cirrhosis"}, {"liver_transplantation"}),
        # of one thing: the code is of a kind of it, or may be it
        ("C22.0", "cancer", {"hepatocellular_carcinoma"}, set()),
        ("K70.3", "Cirrhosis", {"alcoholic_cirrhosis"}, set()),
        ("N17.9", "HRS", {"acute_kidney_injury"}, set()),
        ("K57.21", "GI bleeding", {"lower_gastrointestinal_bleeding"}, set()),
    ],
)
def test_a_code_beside_the_name_of_something_else_may_be_that_too(
    code: str, wording: str, is_: set[str], may_be: set[str]
) -> None:
    patient = read({"icd10": code, "text": wording, "status": "active", "onset": "2026-03-01"})
    assert is_ <= set(patient.episodes)
    assert not may_be & set(patient.episodes)
    assert may_be <= {name for names in patient.may_be.values() for name in names}
    told = any("its words name something else than its code: it may be that, too" in note for note in patient.notes)
    assert told == bool(may_be)


@pytest.mark.parametrize(
    ("wording", "hint"),
    [
        ("FH: schizophrenia", "if a relative has `schizophrenia`, write that name under `family_history`."),
        ("mother with schizophrenia", "if a relative has `schizophrenia`, write that name under `family_history`."),
        (
            "no family history of schizophrenia",
            "if no relative has `schizophrenia`, write that name under `family_history` with `\"status\": \"absent\"`.",
        ),
        ("no schizophrenia", "if `schizophrenia` is absent, write that name and `\"status\": \"absent\"`."),
        ("schizophrenia of my mother", "did you mean `schizophrenia`?"),
    ],
)  # fmt: skip
def test_what_begins_with_a_relative_is_not_taken_for_the_patients_own(wording: str, hint: str) -> None:
    [note] = [each for each in read({"text": wording}).notes if "not read" in each]
    assert f"not read: {wording}; {hint} Until" in note


@pytest.mark.parametrize("wording", ["acute liver failure due to paracetamol overdose", "acetaminophen overdose 2019"])
def test_an_overdose_may_have_been_taken_on_purpose(wording: str) -> None:
    assert {"drug_induced_liver_injury", "mental_disorder"} <= may_be(wording)


@pytest.mark.parametrize(
    ("code", "wording", "may_be"),
    [
        ("I10", "STEMI", "myocardial_infarction"),
        ("I10", "hypertension, s/p MI 01/2026", "myocardial_infarction"),
        ("I10", "Stroke", "cerebral_infarction"),
        ("I10", "HTN, stroke", "cerebral_infarction"),
        ("E11.9", "E. coli sepsis", "sepsis"),
        ("K21.9", "bleeding varices", "gastrointestinal_bleeding"),
        ("I21.4", "lung tumor", "tumor"),
        ("I81", "PVT, pulmonary emboli", "pulmonary_embolism"),
        ("I81", "portal vein clot; embolism", "pulmonary_embolism"),
        # the same in fewer words, or what they deny
        ("K80.20", "Gallstones", None),
        ("N40.1", "BPH with LUTS", None),
        ("Z86.73", "Stroke in the past", None),
        ("I85.10", "Varices in cirrhosis, without bleeding", None),
        ("K29.70", "Gastritis ohne Blutung", None),
        ("K70.30", "Alcoholic cirrhosis without ascites", None),
        ("I10", "arterial hypertension, well controlled", None),
        ("I10", "Essential hypertension, gout", None),
        ("E11.9", "Type 2 diabetes mellitus without complications", None),
        ("Z85.05", "Personal history of malignant neoplasm of liver", None),
    ],
)
def test_words_or_a_display_beside_a_code_open_what_they_name(code: str, wording: str, may_be: str | None) -> None:
    dictionary = Dictionary(load_rules())
    alone = dictionary.said([("icd10cm", code)], on="conditions")
    for said in (
        dictionary.said([("icd10cm", code)], wording, on="conditions"),
        dictionary.said([("icd10cm", code)], on="conditions", displays=[wording]),
    ):
        assert said.is_ == alone.is_
        assert (may_be in said.may_be) if may_be is not None else (said.may_be == alone.may_be)


@pytest.mark.parametrize(
    ("wording", "may_be"),
    [
        ("tacrolimus", {"immunosuppressant"}),
        ("Panadol", set()),
        ("prednisone 20 mg", {"systemic_glucocorticoid"}),
        ("paracetamol", set()),
    ],
)
def test_words_beside_the_code_of_another_drug_open_the_drug_that_they_name(wording: str, may_be: set[str]) -> None:
    said = Dictionary(load_rules()).said([("atc", "N02BE01")], wording, on="medications")
    assert may_be <= said.may_be
    assert may_be or not said.may_be


@pytest.mark.parametrize(
    ("code", "wording", "may_be"),
    [
        ("38341003", "Stroke", "cerebral_infarction"),
        ("38341003", "Hypertensive disorder, systemic arterial (disorder)", None),
        ("171231001", "Asthma screening (procedure)", None),  # its own name in the rules
        ("44054006", "T2DM with diabetic CKD", "chronic_kidney_disease"),
    ],
)
def test_a_code_is_not_opened_by_its_own_name(code: str, wording: str, may_be: str | None) -> None:
    dictionary = Dictionary(load_rules())
    alone = dictionary.said([("snomed", code)], on="conditions")
    said = dictionary.said([("snomed", code)], on="conditions", displays=[wording])
    assert (may_be in said.may_be) if may_be is not None else (said.may_be == alone.may_be)


def test_no_reviewed_code_is_opened_by_its_name() -> None:
    rules = load_rules()
    dictionary = Dictionary(rules)
    for row in rules.reviewed:
        on: RecordList = "conditions" if row.system == "snomed" else "medications"
        if row.system in ("snomed", "rxnorm"):
            alone = dictionary.said([(row.system, row.code)], on=on)
            assert dictionary.said([(row.system, row.code)], row.name, on=on).open == alone.open, row


@pytest.mark.parametrize(
    ("wording", "opened"),
    [
        ("High fall risk", set()), ("DNR", set()), ("needs interpreter", set()), ("vegan diet", set()),
        ("Sturzgefahr", set()), ("hard of hearing", set()), ("contact isolation", {"infection"}),
        ("suicide risk", {"mental_disorder"}),
    ],
)  # fmt: skip
def test_what_flags_say(wording: str, opened: set[str]) -> None:
    assert opened <= may_be(wording)
    assert opened or not may_be(wording)


@pytest.mark.parametrize("wording", ["G2P2", "孕2产2", "multiparous"])
def test_births_of_a_woman_open_nothing(wording: str) -> None:
    patient = load_patient({**MAN, "sex": "female", "conditions": [{"text": wording}]}, load_rules())
    assert not patient.episodes
    assert not patient.may_be


REVIEWED = {"on": "2026-03-18", "by": "a nurse", "covers": "2026-01-18", "none_of": ["gastrointestinal_bleeding"]}


@pytest.mark.parametrize("words", ["hematemesis", "呕血", "variceal bleeding", "upper GI bleed"])
def test_a_tick_does_not_silence_words_that_name_a_bleeding(words: str) -> None:
    """As it does not silence K92.0."""
    bleeding = [{"text": words, "onset": "2026-03-16", "status": "active"}]
    assert status_of("NCT05985863/E1", conditions=bleeding, reviews=[REVIEWED]) == "failed"
    assert status_of("NCT03863002/E1", conditions=bleeding, reviews=[REVIEWED]) == "unknown"
