"""A small rulebook made by hand: enough dictionary to read records with, and two trials to answer questions of.

Codes and numbers are made up where they need not be real; nothing here is a statement about medicine.
"""

from __future__ import annotations

from msgspec.structs import replace

from screener.rulebook import (
    LIST_OF,
    Code,
    Concept,
    ConceptKind,
    Course,
    Criterion,
    EventLookup,
    Finding,
    Form,
    Lab,
    Limits,
    NormalLimit,
    Place,
    Qualified,
    Question,
    Reading,
    RecordList,
    Registry,
    Rulebook,
    Sex,
    Sign,
    Trial,
    Untranslated,
)
from screener.values.dates import Duration
from screener.values.ranges import Range

HERE = Place("small.rules", 1)
WEEK = Duration(7, "days")
QUARTER = Duration(90, "days")


def loinc(first: str, unit: str | None = None, form: str | None = None, value: str | None = None) -> Code:
    return Code("loinc", first, unit=unit, form=form, value=value)


def icd10(first: str, last: str | None = None) -> Code:
    return Code("icd10", first, last)


def snomed(first: str, value: str | None = None, *, absent: bool = False) -> Code:
    return Code("snomed", first, value=value, absent=absent)


LABS = [
    Lab(
        "total_bilirubin",
        "Total bilirubin",
        ("TBil",),
        (loinc("14631-6", "umol/L"), loinc("1975-2", "mg/dL")),
        "umol/L",
        Range(0.5, 1500),
        WEEK,
        HERE,
        Range(2, 850),
        "584.66",
        normal_limits=(NormalLimit("upper", "17.1", "26"),),
    ),
    Lab(
        "INR", "International normalized ratio", (), (loinc("6301-6"),), "1", Range(0.5, 30), WEEK, HERE, Range(0.8, 10)
    ),
    Lab(
        "prothrombin_activity",
        "Prothrombin activity",
        ("PTA",),
        (loinc("5894-1", "%"),),
        "%",
        Range(1, 200),
        WEEK,
        HERE,
    ),
    Lab(
        "neutrophils",
        "Neutrophils",
        ("ANC",),
        (loinc("751-8"),),
        "10*9/L",
        Range(0, 150, low_open=True),
        WEEK,
        HERE,
        Range(0.1, 40),
    ),
    Lab(
        "urea",
        "Urea",
        (),
        (loinc("22664-7", "mmol/L"), loinc("3094-0", "mg/dL", "urea_nitrogen")),
        "mmol/L",
        Range(0.3, 100),
        WEEK,
        HERE,
        Range(1, 45),
        "60.06",
        forms=(Form("urea_nitrogen", "Urea nitrogen", ("BUN",), "28.014"),),
    ),
    Lab("creatinine", "Creatinine", (), (loinc("2160-0"),), "umol/L", Range(10, 3000), WEEK, HERE, None, "113.12"),
    Lab("calcium", "Calcium", (), (), "mmol/L", Range(0.5, 5), WEEK, HERE, None, "40.078", 2),
    Lab("alpha_fetoprotein", "Alpha-fetoprotein", ("AFP",), (), "ng/mL", Range(0, 10_000_000), WEEK, HERE),
    Lab(
        "hemoglobin",
        "Hemoglobin",
        ("Hb",),
        (loinc("718-7"), loinc("59260-0", "mmol/L")),
        "g/L",
        Range(10, 250),
        WEEK,
        HERE,
        Range(30, 200),
        "16114",
    ),
    Lab("body_weight", "Body weight", (), (), "kg", Range(2, 400), WEEK, HERE, Range(30, 200)),
]

FINDINGS = [
    Finding(
        "hepatic_encephalopathy_grade",
        "Hepatic encephalopathy, grade",
        ("HE_grade",),
        (snomed("900003", "3"),),
        WEEK,
        HERE,
        Range(0, 4),
    ),
    Finding("ascites_grade", "Ascites", (), (), WEEK, HERE, choices=("none", "slight", "moderate"), ordered=True),
    Finding(
        "HIV_test",
        "HIV test",
        (),
        (snomed("900001", "positive"), snomed("900002", "negative"), loinc("75622-1")),
        WEEK,
        HERE,
        choices=("positive", "negative", "not_done"),
    ),
]


def concept(
    name: str,
    kind: ConceptKind = "condition",
    codes: tuple[Code, ...] = (),
    *,
    course: Course = "passing",
    narrower: tuple[str, ...] = (),
    broader: tuple[str, ...] = (),
    present_when: tuple[Sign, ...] = (),
    absent_when: tuple[Sign, ...] = (),
    aliases: tuple[str, ...] = (),
    only_if: Sex | None = None,
) -> Concept:
    return Concept(
        name,
        name.replace("_", " "),
        aliases,
        kind,
        codes,
        HERE,
        QUARTER,
        course=course,
        includes=narrower,
        narrower=narrower,
        broader=broader,
        only_if=only_if,
        present_when=present_when,
        absent_when=absent_when,
    )


CONCEPTS = [
    concept("cirrhosis", codes=(icd10("K74.6"), icd10("K70.3"), snomed("19943007")), course="chronic"),
    concept("alcoholic_liver_disease", codes=(icd10("K70"),), course="chronic"),
    concept(
        "malignancy",
        codes=(icd10("C00", "C97"), snomed("363346000")),
        course="chronic",
        narrower=("hepatocellular_carcinoma",),
    ),
    concept("hepatocellular_carcinoma", codes=(icd10("C22.0"),), course="chronic", broader=("malignancy",)),
    concept("myocardial_infarction", codes=(icd10("I21"), icd10("I22")), course="acute"),
    concept(
        "ascites",
        codes=(icd10("R18"),),
        present_when=(Sign("ascites_grade", choices=("slight", "moderate")),),
        absent_when=(Sign("ascites_grade", choices=("none",)),),
    ),
    concept(
        "hepatic_encephalopathy",
        present_when=(Sign("hepatic_encephalopathy_grade", Limits(1, None)),),
        absent_when=(Sign("hepatic_encephalopathy_grade", Limits(0, 0)),),
    ),
    concept(
        "hiv_infection",
        codes=(snomed("900005", absent=True),),
        course="chronic",
        present_when=(Sign("HIV_test", choices=("positive",)),),
        absent_when=(Sign("HIV_test", choices=("negative",)),),
    ),
    concept("pregnancy", only_if="female"),
    concept("mental_disorder", codes=(icd10("F99"), Code("icd10", "Z98", absent=True))),
    concept("liver_transplantation", "procedure", (snomed("18027006"), icd10("Z94.4")), aliases=("LT",)),
    concept("dialysis", "procedure", (icd10("Z99.2"), snomed("900006", absent=True))),
    concept("systemic_glucocorticoid", "drug", (Code("atc", "H02AB"),)),
    concept("interferon", "drug", (snomed("900007", absent=True),)),
    concept("trial_participation", "event", (Code("fhir", "ResearchSubject"),)),
    concept("blood_products", "substance", (snomed("900008"), snomed("900009", absent=True))),
]

QUESTIONS = [
    Question("informed_consent", "Signed?", ("ICF",), "participant", HERE, gives_consent=True),
    Question("undiagnosed_chronic_liver_disease", "Is there one?", (), "investigator", HERE, once_for_all=True),
]


def criterion(id_: str, *labels: str) -> Criterion:
    readings = tuple(Reading(label, Untranslated()) for label in labels) or (Reading(None, Untranslated()),)
    return Criterion(id_, "inclusion", "…", "untranslated", readings, HERE)


TRIALS = [
    Trial("NCT00000001", "One", (criterion("I1"), criterion("I2", "one way", "another way")), Registry(), HERE),
    Trial("NCT00000002", "Two", (criterion("I1"),), Registry(), HERE),
]

SMALL = Rulebook(
    digest="sha256:small",
    dictionary_digest="sha256:small",
    labs={each.name: each for each in LABS},
    findings={each.name: each for each in FINDINGS},
    concepts={each.name: each for each in CONCEPTS},
    questions={each.name: each for each in QUESTIONS},
    tables={},
    scores={},
    definitions={},
    lookups={},
    trials={each.id: each for each in TRIALS},
)


def asking(rulebook: Rulebook) -> Rulebook:
    """The same with rules that look every concept up: what an entry may be is kept only of what rules ask for."""

    def lookup(name: str, list_: RecordList) -> EventLookup:
        return EventLookup(f"history of {name} on {list_}", "history of", list_, (Qualified(name),))

    asked = [lookup(each.name, LIST_OF[each.kind]) for each in rulebook.concepts.values()]
    return replace(rulebook, lookups={each.name: each for each in asked})


ASKING = asking(SMALL)
