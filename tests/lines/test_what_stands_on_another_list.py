"""What stands on one list can speak for another: a plan for the disease it treats, a drug for a procedure, and back."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import LISTS, MAN, Record, statuses

NEGATIVE: Record = {"name": "HIV_screen", "value": "negative", "date": "2026-03-08"}

SNOMED, ATC, RXNORM, CM = (
    "http://snomed.info/sct",
    "http://www.whocc.no/atc",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/icd-10-cm",
)

CANCER = ("NCT07409259/E6", "NCT05985863/E3", "NCT03863002/E4", "NCT06242405/E1")
LIVER_CANCER = "NCT03863002/E3"
PORTAL_CLOT = "NCT03863002/E7"
STEM_CELLS = "NCT05985863/E13"
SUPPRESSED, STEROIDS = "NCT05985863/E9", "NCT06242405/E6"
SUPPORT, DIALYSIS = "NCT03863002/E8", "NCT03863002/E1"
EVERY = (*CANCER, LIVER_CANCER, PORTAL_CLOT, STEM_CELLS, SUPPRESSED, STEROIDS, SUPPORT)


def no_set(value: object) -> str:
    """The name of a case: a set is printed in any order."""
    return "" if isinstance(value, set | frozenset) else str(value)


def native(**lists: Any) -> dict[str, str]:
    return statuses({**MAN, **lists})


def fhir(*resources: Record) -> dict[str, str]:
    patient = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980-01-01"}
    whose = [
        {"id": f"r{number}", "subject": {"reference": "Patient/p"}, **each} for number, each in enumerate(resources)
    ]
    entries = [{"resource": each} for each in (patient, *whose)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return statuses(bundle, as_of="2026-03-18", assume_complete=LISTS)


def of_code(system: str, code: str) -> Record:
    return {"coding": [{"system": system, "code": code}]}


def open_among(lines: tuple[str, ...], found: dict[str, str]) -> set[str]:
    return {line for line in lines if found[line] != "passed"}


# ---- a plan opens what it is to treat


TREATMENTS_OF_CANCER: list[Record] = [
    {"text": "TACE"},
    {"text": "hepatectomy for HCC"},
    {"text": "chemotherapy"},
    {"text": "liver transplantation for HCC"},
    {"text": "Chemotherapie"},
    {"text": "化疗"},
    {"snomed": "367336001"},  # chemotherapy
    {"snomed": "108290001"},  # radiotherapy
    {"icd10": "Z51.1"},
    {"icd10cm": "Z51.11"},
]


@pytest.mark.parametrize("entry", TREATMENTS_OF_CANCER, ids=no_set)
@pytest.mark.parametrize("date", ["2026-04-10", "2026-04", "2026-03-01", None])
def test_a_planned_treatment_of_a_cancer_leaves_the_cancer_open(entry: Record, date: str | None) -> None:
    plan = {**entry, "status": "planned", **({"date": date} if date else {})}
    assert open_among(CANCER, native(procedures=[plan])) == set(CANCER)


@pytest.mark.parametrize("text", ["TACE", "hepatectomy for HCC", "liver transplantation for HCC"])
def test_a_planned_treatment_of_a_liver_cancer_leaves_that_open(text: str) -> None:
    assert native(procedures=[{"text": text, "status": "planned", "date": "2026-04-10"}])[LIVER_CANCER] == "unknown"


@pytest.mark.parametrize("text", ["thrombectomy of portal vein", "thrombectomy", "thrombolysis"])
def test_a_planned_treatment_of_a_clot_leaves_the_clot_open(text: str) -> None:
    assert native(procedures=[{"text": text, "status": "planned", "date": "2026-04-10"}])[PORTAL_CLOT] == "unknown"


PLANS_IN_FHIR: list[Record] = [
    {"resourceType": "ServiceRequest", "status": "active", "intent": "order"},
    {"resourceType": "ServiceRequest", "status": "active", "intent": "plan", "authoredOn": "2026-03-10"},
    {"resourceType": "ServiceRequest", "status": "on-hold", "intent": "order"},
    {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "occurrenceDateTime": "2026-05-01"},
    {"resourceType": "ServiceRequest", "status": "completed", "intent": "order", "authoredOn": "2026-03-10"},
    {"resourceType": "Procedure", "status": "preparation"},
    {"resourceType": "ProcedureRequest", "status": "active"},
]


@pytest.mark.parametrize("request_", PLANS_IN_FHIR, ids=no_set)
@pytest.mark.parametrize(
    "code",
    [{"text": "hepatectomy for HCC"}, {"text": "TACE"}, of_code(SNOMED, "367336001"), of_code(CM, "Z51.11")],
    ids=no_set,
)
def test_a_request_for_the_treatment_of_a_cancer_leaves_the_cancer_open(request_: Record, code: Record) -> None:
    assert open_among(CANCER, fhir({**request_, "code": code})) == set(CANCER)


def test_what_a_care_plan_is_to_treat_is_left_open() -> None:
    activity = [{"detail": {"code": of_code(SNOMED, "367336001"), "status": "scheduled"}}]
    plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "activity": activity}
    assert open_among(CANCER, fhir(plan)) == set(CANCER)


@pytest.mark.parametrize(
    "entry",
    [
        {"text": "colonoscopy"},
        {"text": "gastroscopy"},
        {"text": "CT of the abdomen"},
        {"text": "hernia repair"},
        {"text": "cataract surgery"},
        {"snomed": "73761001"},  # colonoscopy
        {"snomed": "399208008"},  # X-ray of the chest
    ],
    ids=no_set,
)
def test_a_harmless_plan_opens_nothing(entry: Record) -> None:
    plan = {**entry, "status": "planned", "date": "2026-04-10"}
    assert open_among(EVERY, native(procedures=[plan])) == open_among(EVERY, native())
    code = {"text": entry["text"]} if "text" in entry else of_code(SNOMED, entry["snomed"])
    request_ = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": code}
    assert open_among(EVERY, fhir(request_)) == open_among(EVERY, fhir())


def test_a_review_settles_what_a_plan_left_open() -> None:
    plan = {"text": "chemotherapy", "status": "planned", "date": "2026-04-10"}
    review = {"on": "2026-03-18", "by": "dr x", "looked_at": ["chart"], "covers": "ever", "none_of": ["malignancy"]}
    assert native(procedures=[plan], reviews=[review])["NCT05985863/E3"] == "passed"


def test_what_a_plan_is_to_treat_is_of_no_other_disease() -> None:
    found = native(procedures=[{"text": "TACE", "status": "planned", "date": "2026-04-10"}])
    assert found[PORTAL_CLOT] == found[STEM_CELLS] == found[SUPPRESSED] == found[SUPPORT] == "passed"


# ---- a drug list speaks for procedures, and the other way round


@pytest.mark.parametrize(
    "drug",
    [
        {"atc": "L04AX08"},  # darvadstrocel
        {"atc": "B05AX04"},  # stem cells from umbilical cord blood
        {"text": "mesenchymal stem cells"},
        {"text": "umbilical cord MSC 1x10^6/kg"},
        {"text": "hematopoietic stem cells"},
        {"text": "Stammzelltransplantation"},
        {"text": "darvadstrocel"},
        {"name": "mesenchymal stem cells"},
        {"snomed": "234336002"},  # transplantation of hematopoietic stem cells
        {"icd10cm": "Z94.84"},
    ],
    ids=no_set,
)
def test_stem_cells_on_the_list_of_drugs_leave_stem_cells_open(drug: Record) -> None:
    given = {**drug, "start": "2024-03-12", "end": "2024-03-12", "status": "stopped"}
    assert native(medications=[given])[STEM_CELLS] == "unknown"


@pytest.mark.parametrize("kind", ["MedicationAdministration", "MedicationDispense", "MedicationStatement"])
@pytest.mark.parametrize(
    "drug", [of_code(ATC, "L04AX08"), {"text": "mesenchymal stem cells"}, {"text": "darvadstrocel"}], ids=no_set
)
def test_stem_cells_that_were_given_leave_stem_cells_open(kind: str, drug: Record) -> None:
    given = {"resourceType": kind, "status": "completed", "medicationCodeableConcept": drug}
    assert fhir(given)[STEM_CELLS] == "unknown"


IMMUNE_TREATMENTS: list[tuple[Record, set[str]]] = [
    ({"snomed": "86553008"}, {SUPPRESSED, STEROIDS}),  # immunosuppressive therapy
    ({"snomed": "297279009"}, {STEROIDS}),  # steroid therapy
    ({"text": "immunosuppressive therapy"}, {SUPPRESSED}),
    ({"text": "immunosuppression"}, {SUPPRESSED}),
    ({"text": "rituximab infusion"}, {SUPPRESSED}),
    ({"text": "infusion of rituximab 375 mg/m2"}, {SUPPRESSED}),
    ({"text": "steroid pulse therapy"}, {STEROIDS}),
    ({"text": "methylprednisolone pulse"}, {STEROIDS}),
    ({"text": "corticosteroid injection"}, {STEROIDS}),
    ({"text": "interferon injection"}, {SUPPRESSED, STEROIDS}),
    ({"text": "IVIG infusion"}, {SUPPRESSED}),
    ({"text": "thymosin alpha 1 injection"}, {SUPPRESSED}),
    ({"name": "rituximab infusion"}, {SUPPRESSED}),
    ({"atc": "L04AD02"}, {SUPPRESSED}),  # tacrolimus
    ({"atc": "H02AB06"}, {STEROIDS}),  # prednisolone
    ({"rxnorm": "1256"}, {SUPPRESSED}),  # azathioprine
    ({"rxnorm": "121191"}, {SUPPRESSED}),  # rituximab
    ({"icd10cm": "Z79.62"}, {SUPPRESSED}),
    ({"system": "urn:oid:1.2.276.0.76.5.400", "code": "6-001.h1"}, {SUPPRESSED, STEROIDS}),  # nobody can read it
]


@pytest.mark.parametrize(("entry", "lines"), IMMUNE_TREATMENTS, ids=no_set)
def test_a_drug_on_the_list_of_procedures_leaves_the_drug_open(entry: Record, lines: set[str]) -> None:
    found = native(procedures=[{**entry, "date": "2026-03-10", "status": "done"}])
    assert open_among((SUPPRESSED, STEROIDS), found) >= lines


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (of_code(SNOMED, "86553008"), SUPPRESSED),
        ({"text": "rituximab infusion"}, SUPPRESSED),
        ({"text": "steroid pulse therapy"}, STEROIDS),
        (of_code(ATC, "L04AD02"), SUPPRESSED),
        ({"coding": [{"system": "urn:local", "code": "77", "display": "IVIG infusion"}]}, SUPPRESSED),
    ],
    ids=no_set,
)
def test_a_procedure_in_fhir_that_gave_a_drug_leaves_the_drug_open(code: Record, line: str) -> None:
    done = {"resourceType": "Procedure", "status": "completed", "performedDateTime": "2026-03-10", "code": code}
    assert fhir(done)[line] == "unknown"


def test_a_drug_given_as_a_procedure_long_ago_is_of_its_own_day() -> None:
    done = {"snomed": "86553008", "date": "2025-10-10", "status": "done"}
    assert native(procedures=[done])[SUPPRESSED] == "passed"


@pytest.mark.parametrize(
    ("drug", "line"),
    [
        ({"text": "plasma exchange"}, SUPPORT),
        ({"text": "DPMAS"}, SUPPORT),
        ({"text": "MARS"}, SUPPORT),
        ({"text": "Plasmapherese"}, SUPPORT),
        ({"text": "人工肝"}, SUPPORT),
        ({"text": "TPE 3 sessions"}, SUPPORT),
        ({"name": "plasma exchange"}, SUPPORT),
        ({"snomed": "20720000"}, SUPPORT),
        ({"text": "CRRT"}, DIALYSIS),
        ({"text": "CVVHDF"}, DIALYSIS),
        ({"text": "hemodialysis"}, DIALYSIS),
        ({"text": "Hämodialyse"}, DIALYSIS),
    ],
    ids=no_set,
)
def test_a_procedure_on_the_list_of_drugs_leaves_the_procedure_open(drug: Record, line: str) -> None:
    assert native(medications=[{**drug, "start": "2026-03-16", "status": "ongoing"}])[line] == "unknown"


@pytest.mark.parametrize(
    ("list_", "entry"),
    [
        ("medications", {"text": "paracetamol 500 mg"}),
        ("medications", {"atc": "N02BE01"}),
        ("medications", {"rxnorm": "161"}),
        ("medications", {"text": "furosemide 40 mg i.v."}),
        ("medications", {"text": "human albumin 20%"}),
        ("medications", {"text": "lactulose"}),
        ("medications", {"text": "calcium carbonate 500 mg"}),
        ("medications", {"text": "Ca 500 mg"}),
        ("medications", {"atc": "B05AA01"}),
        ("procedures", {"text": "X-ray"}),
        ("procedures", {"text": "gastroscopy"}),
        ("procedures", {"text": "colonoscopy"}),
        ("procedures", {"text": "paracentesis"}),
        ("procedures", {"text": "hernia repair"}),
        ("procedures", {"snomed": "399208008"}),
        ("procedures", {"snomed": "76009000"}),
        ("procedures", {"text": "FFP transfusion"}),
        ("procedures", {"text": "CT of the liver"}),
        ("procedures", {"text": "albumin infusion"}),
    ],
    ids=no_set,
)
def test_what_is_harmless_opens_no_other_list(list_: str, entry: Record) -> None:
    when = {"date": "2026-03-10", "status": "done"} if list_ == "procedures" else {"start": "2026-03-10"}
    watched = (*EVERY, "NCT06242405/E2", "NCT05985863/E4", "NCT03863002/E9")
    assert open_among(watched, native(**{list_: [{**entry, **when}]})) == open_among(watched, native())


@pytest.mark.parametrize("kind", ["MedicationDispense", "MedicationOrder", "SupplyRequest", "MedicationUsage"])
@pytest.mark.parametrize(
    "drug",
    [of_code(ATC, "L01EX02"), of_code(ATC, "L01FA01"), {"text": "sorafenib"}, of_code(RXNORM, "6851")],
    ids=no_set,
)
def test_a_drug_that_was_handed_over_opens_what_it_treats(kind: str, drug: Record) -> None:
    field = "itemCodeableConcept" if kind == "SupplyRequest" else "medicationCodeableConcept"
    given = {"resourceType": kind, "status": "completed", field: drug}
    taken = {"resourceType": "MedicationStatement", "status": "completed", "medicationCodeableConcept": drug}
    assert open_among(EVERY, fhir(given)) >= open_among(EVERY, fhir(taken)) & {*CANCER, LIVER_CANCER}


# ---- one allergy that is of several things


ALLERGIES = "NCT06242405/E10"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("multiple drug and food allergies", "unknown"),
        ("Multiple allergies", "unknown"),
        ("several antibiotics", "unknown"),
        ("mehrere Antibiotika", "unknown"),
        ("多种药物过敏", "unknown"),
        ("penicillin, sulfa", "unknown"),
        ("nuts and shellfish", "unknown"),
        ("penicillin", "passed"),
        ("candy", "passed"),  # `and` is no word of it
        ("peanut", "passed"),
    ],
)
def test_one_allergy_may_stand_for_any_number_where_it_says_that_it_is_of_several(text: str, expected: str) -> None:
    assert native(allergies=[{"text": text}])[ALLERGIES] == expected
    entry = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p"}, "code": {"text": text}}
    assert fhir(entry)[ALLERGIES] == expected


@pytest.mark.parametrize("entry", [{"icd10cm": "Z88.0"}, {"atc": "J01CE01"}, {"snomed": "91936005"}], ids=no_set)
def test_one_allergy_that_a_code_names_is_one(entry: Record) -> None:
    assert native(allergies=[entry])[ALLERGIES] == "passed"


@pytest.mark.parametrize(
    "planned",
    [
        {"resourceType": "MedicationStatement", "status": "intended"},
        {"resourceType": "MedicationRequest", "status": "active", "intent": "proposal"},
        {"resourceType": "MedicationRequest", "status": "draft", "intent": "order"},
    ],
    ids=no_set,
)
@pytest.mark.parametrize("drug", [of_code(ATC, "L01EX02"), {"text": "sorafenib"}, of_code(RXNORM, "6851")], ids=no_set)
def test_a_drug_that_is_only_planned_opens_what_it_treats_and_is_not_taken(planned: Record, drug: Record) -> None:
    found = fhir({**planned, "medicationCodeableConcept": drug})
    assert open_among(CANCER, found) == set(CANCER)
    assert found[SUPPRESSED] == "passed"


def test_a_request_for_a_drug_that_was_cancelled_opens_nothing() -> None:
    request_ = {"resourceType": "MedicationRequest", "status": "cancelled", "intent": "order"}
    assert fhir({**request_, "medicationCodeableConcept": {"text": "sorafenib"}}) == fhir()
