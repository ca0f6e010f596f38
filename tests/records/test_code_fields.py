"""Systems of codes as fields of an entry, and hints for those that are none."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import load_rules
from screener.records import RecordError
from screener.records.dictionary import Dictionary
from screener.records.native import Entry
from screener.records.reading import read_patient


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


@pytest.mark.parametrize(
    ("list_", "field", "system", "code"),
    [
        ("conditions", "icd10cm", "icd10cm", "K74.60"),
        ("conditions", "icd10cm", "icd10cm", "I21.4"),
        ("conditions", "icd10who", "http://hl7.org/fhir/sid/icd-10", "K74.6"),
        ("conditions", "icd10gm", "http://fhir.de/CodeSystem/bfarm/icd-10-gm", "K74.6"),
        ("conditions", "ICD-10-CM", "http://hl7.org/fhir/sid/icd-10-cm", "K74.60"),
        ("conditions", "SNOMED", "http://snomed.info/sct", "22298006"),
        ("conditions", "snomed", "http://snomed.info/sct", "22298006"),
        ("medications", "rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm", "5880"),
        ("medications", "atc", "http://www.whocc.no/atc", "L03AB"),
    ],
)
def test_a_field_is_the_same_as_its_system_and_code(list_: str, field: str, system: str, code: str) -> None:
    by_field = read_patient({list_: [{field: code}]}, dictionary())
    by_system = read_patient({list_: [{"system": system, "code": code}]}, dictionary())
    assert by_field.episodes
    assert list(by_field.episodes) == list(by_system.episodes)


@pytest.mark.parametrize(
    ("field", "mend"),
    [
        ("icd9", 'a code of any system is written `"system": "icd9", "code": "…"`'),
        ("icd11", 'a code of any system is written `"system": "icd11", "code": "…"`'),
        ("opcs4", 'a code of any system is written `"system": "opcs4", "code": "…"`'),
        ("snomeed", "did you mean `snomed`?"),
    ],
)
def test_a_hint_never_makes_one_system_of_another(field: str, mend: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient({"conditions": [{field: "571.2"}]}, dictionary())
    (problem,) = refused.value.problems
    assert (problem.path, problem.mend) == (f"conditions[0].{field}", mend)


def test_every_system_that_may_be_a_field_is_one_of_the_entry() -> None:
    fields: Any = Entry.model_fields
    assert {"icd10", "icd10cm", "icd10who", "icd10gm", "loinc", "snomed", "atc", "rxnorm"} <= set(fields)


@pytest.mark.parametrize("field", ["loinc", "snomed", "icd10", "icd10cm", "icd10who", "icd10gm", "atc", "rxnorm"])
def test_every_field_of_a_code_is_a_known_system(field: str) -> None:
    list_ = "observations" if field == "loinc" else "medications" if field in ("atc", "rxnorm") else "conditions"
    code = {"loinc": "1-8", "atc": "A02BC", "rxnorm": "1", "snomed": "1"}.get(field, "Z00.0")
    patient = read_patient({list_: [{field: code}]}, dictionary())
    assert dictionary().is_named_system(field)
    assert not [note for note in patient.notes if "which is not known" in note]
