"""A clinic's own table: code systems of its own, and its coded answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flagged import said
from records.fhir.tiny import DAY, PATIENT, Json, bundle, coded, condition, observation
from records.small_rulebook import SMALL
from screener.records import read_patient
from screener.records.dictionary import TEXT, Dictionary
from screener.records.local_codes import LocalCodesError, with_tables
from screener.records.patient import Patient

HEADER = "system,code,name,unit,answer\n"
OURS = "https://fhir.hospital.example/icd10"


@pytest.fixture
def with_codes(tmp_path: Path) -> Any:
    def made(*texts: str, encoding: str = "utf-8") -> Dictionary:
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"table{number}.csv")
            paths[-1].write_text(text, encoding=encoding)
        return with_tables(Dictionary(SMALL), paths)

    return made


def fault(with_codes: Any, *texts: str) -> tuple[int, str]:
    with pytest.raises(LocalCodesError) as refused:
        with_codes(*texts)
    (problem,) = refused.value.problems
    return int(problem.path.split(",")[0].removeprefix("line ")), problem.fault


# ---- code systems


@pytest.mark.parametrize(
    ("system", "name", "code", "concept"),
    [
        (OURS, "icd10", "K74.6", "cirrhosis"),
        ("urn:oid:1.2.3.4", "icd10national", "K74.6", "cirrhosis"),
        ("Diagnosen", "icd10gm", "k74.6", "cirrhosis"),
        ("urn:our-drugs", "atc", "H02AB06", "systemic_glucocorticoid"),
    ],
)
def test_a_system_of_the_clinic_is_read_as_the_one_that_it_is(
    with_codes: Any, system: str, name: str, code: str, concept: str
) -> None:
    dictionary = with_codes(f"{HEADER}{system},*,{name},,\n")
    assert [each.entry.name for each in dictionary.coded(system, code)] == [concept]
    assert [each.entry.name for each in dictionary.coded(f"{system}/", code)] == [concept]
    assert dictionary.coded("urn:another", code) == ()


def test_a_code_of_such_a_system_may_have_a_row_of_its_own_wherever_it_stands(with_codes: Any) -> None:
    for rows in (f"{OURS},K74.x1,ascites,,\n{OURS},*,icd10,,\n", f"{OURS},*,icd10,,\n{OURS},k74.X1,ascites,,\n"):
        dictionary = with_codes(HEADER + rows)
        assert [each.entry.name for each in dictionary.coded(OURS, "K74.X1")] == ["ascites"]
        assert [each.entry.name for each in dictionary.coded(OURS, "K74.6")] == ["cirrhosis"]


def test_a_record_says_by_which_table_a_system_was_read(with_codes: Any) -> None:
    dictionary = with_codes(f"{HEADER}{OURS},*,icd10,,\n")
    entry = condition("", code=coded("K74.6", OURS))
    patient = read_patient(bundle(PATIENT, entry), dictionary)
    told = f"the code system `{OURS}` is read as `icd10` by the clinic's own table"
    assert "cirrhosis" in patient.episodes
    assert patient.notes == (told,)
    native = read_patient({"conditions": [{"system": OURS, "code": "K74.6"}]}, dictionary)
    assert "cirrhosis" in native.episodes
    assert native.notes == (f"conditions[0]: its code system `{OURS}` is read as `icd10` by the clinic's own table",)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("urn:a,*,icd11,,\n", (2, "`icd11` is not the name of a code system")),
        ("urn:a,*,,,\n", (2, "there is no name")),
        ("urn:a,*,cirrhosis,,\n", (2, "`cirrhosis` is not the name of a code system")),
        (",*,icd10,,\n", (2, "the code `*` stands for a whole system, and there is none")),
        ("text,*,icd10,,\n", (2, "the code `*` stands for a whole system, and there is none")),
        ("urn:a,*,icd10,mg/dL,\n", (2, "a whole system has no `unit`")),
        ("http://loinc.org,*,snomed,,\n", (2, "`http://loinc.org` is `loinc` already")),
        ("urn:a,*,icd10,,\n\nurn:a,*,icd10cm,,\n", (4, "line 2 says that this system is `icd10`")),
    ],
)
def test_a_faulty_row_of_a_system_is_refused(with_codes: Any, rows: str, expected: tuple[int, str]) -> None:
    assert fault(with_codes, HEADER + rows) == expected


def test_the_table_of_a_system_comes_before_one_of_its_codes(with_codes: Any) -> None:
    codes, system = f"{HEADER}urn:a,X,ascites,,\n", f"{HEADER}urn:a,*,icd10,,\n"
    assert fault(with_codes, codes, system)[1] == "a table before this one has codes of this system"
    other = f"{HEADER}urn:a,*,icd10cm,,\n"
    assert fault(with_codes, system, other)[1] == "another table says that this system is `icd10`"
    assert with_codes(system, system, f"{HEADER}urn:a,K74.x1,ascites,,\n").coded("urn:a", "K74.X1")


def test_a_repeated_row_of_a_system_is_no_fault(with_codes: Any) -> None:
    assert with_codes(f"{HEADER}urn:a,*,icd10,,\nurn:a,*,icd10,,\n").system_name("urn:a") == "icd10"


# ---- answers


def answered(dictionary: Dictionary, name: str = "HIV_test", **value: Any) -> Any:
    patient: Patient = read_patient(bundle(PATIENT, observation(name, **value)), dictionary)
    (result,) = patient.results[name]
    return result


@pytest.mark.parametrize(
    ("row", "value", "choices"),
    [
        ("urn:lab,P,,,positive", {"valueCodeableConcept": coded("P", "urn:lab")}, {"positive"}),
        ("urn:lab,N,,,Negative", {"valueCodeableConcept": coded("N", "urn:lab", "kein Nachweis")}, {"negative"}),
        ("urn:lab,N,,,negative", {"interpretation": [coded("N", "urn:lab")]}, {"negative"}),
        ("text,unauffällig,,,negative", {"valueString": "Unauffällig"}, {"negative"}),
        ("text,kein  Nachweis,,,negative", {"valueCodeableConcept": {"text": "Kein Nachweis"}}, {"negative"}),
        ("urn:lab,N,,,negative", {"valueCodeableConcept": coded("N", "urn:other")}, None),
    ],
)
def test_a_coded_answer_of_the_clinic_is_a_word(
    with_codes: Any, row: str, value: Json, choices: set[str] | None
) -> None:
    result = answered(with_codes(f"{HEADER}{row}\n"), **value)
    assert result.choices == (frozenset(choices) if choices else None)
    told = [each for each in said(result.flags) if "by the clinic's own table" in each]
    assert bool(told) is bool(choices)


@pytest.mark.parametrize("grade", ["grade 2", "2", "II", "Grad 2", "G2"])
def test_an_answer_may_be_a_grade(with_codes: Any, grade: str) -> None:
    value = {"valueCodeableConcept": coded("HE-B", "urn:lab")}
    result = answered(with_codes(f"{HEADER}urn:lab,HE-B,,,{grade}\n"), "hepatic_encephalopathy_grade", **value)
    assert (result.value.low, result.value.high) == (2, 2)


def test_an_answer_and_a_test_may_have_the_same_code(with_codes: Any) -> None:
    dictionary = with_codes(f"{HEADER}urn:lab,P,INR,,\nurn:lab,P,,,positive\n")
    assert [each.entry.name for each in dictionary.coded("urn:lab", "P")] == ["INR"]
    assert dictionary.answer("urn:lab", "P") == "positive"
    assert dictionary.answer(TEXT, "P") is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("urn:a,P,,,positiv-ish\n", (2, "`positiv-ish` is no answer that is read")),
        ("urn:a,P,INR,,positive\n", (2, "a row has an answer, or says what its code is")),
        ("urn:a,P,,mg/dL,positive\n", (2, "an answer has no unit")),
        ("urn:a,,,,positive\n", (2, "there is no code")),
        ("urn:a,P,,,positive\nurn:a,P,,,negative\n", (3, "line 2 says that this answer is `positive`")),
        ("http://snomed.info/sct,10828004,,,negative\n", (2, "this answer is read as `positive` already")),
        ("urn:a,P,positive,,\n", (2, "`positive` is not in the dictionary")),
    ],
)
def test_a_faulty_answer_is_refused(with_codes: Any, rows: str, expected: tuple[int, str]) -> None:
    assert fault(with_codes, HEADER + rows) == expected


def test_a_table_of_answers_alone_needs_no_names(with_codes: Any) -> None:
    assert with_codes("system,code,answer\nurn:lab,P,positive\n").answer("urn:lab", "P") == "positive"


# ---- the form of the table


@pytest.mark.parametrize(
    "text",
    [
        "system\tcode\tname\tunit\nurn:a\tX\tcreatinine\tmg/dL\n",
        "sep=;\nsystem;code;name;unit\nurn:a;X;creatinine;mg/dL\n",
        "sep=,\r\nSYSTEM,Code,NAME,unit\r\nurn:a,X,creatinine,mg/dL\r\n",
        '\ufeffSystem\tCode\tName\tUnit\r\n"urn:a"\t"X"\t" creatinine "\tmg/dL\r\n\t\t\t\r\n',
        '"system";"code";"name";"unit"\n"urn:a";"X";"creatinine";"mg/dL"\n',
        "system;code;name;unit\n urn:a ; X ;\u00a0creatinine\u00a0; mg/dL \n",
    ],
)
def test_a_table_may_come_out_of_a_spreadsheet(with_codes: Any, text: str) -> None:
    (meaning,) = with_codes(text).coded("urn:a", "X")
    assert (meaning.entry.name, meaning.unit) == ("creatinine", "mg/dL")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("urn:a,X,,K74,\nurn:b,Y,,K74,\nurn:a,X,,K75,\n", (4, "line 2 says something of this code already")),
        ("urn:a,X,INR,,\nurn:a,X,-,,\n", (3, "line 2 says that this code is `INR`")),
        ("urn:a,X,-,,\nurn:a,X,INR,,\n", (3, "line 2 says that this code is `-`")),
        ("text,Quick,INR,,\ntext,QUICK,TBil,,\n", (3, "line 2 says that this code is `INR`")),
    ],
)
def test_rows_of_one_code_that_differ_are_named_both(with_codes: Any, rows: str, expected: tuple[int, str]) -> None:
    assert fault(with_codes, f"system,code,name,within,not\n{rows}") == expected


def test_a_repeated_row_is_no_fault(with_codes: Any) -> None:
    rows = "urn:a,X,,K74,\nurn:a,X,,K74,\nurn:a,Y,-,,\nurn:a,Y,-,,\nurn:a,Z,INR,,\nurn:a,Z,INR,,\n"
    dictionary = with_codes(f"system,code,name,within,not\n{rows}")
    assert dictionary.is_judged("urn:a", "X")
    assert dictionary.is_judged("urn:a", "Y")


def test_a_name_that_a_table_calls_nothing_does_not_refuse_a_record(with_codes: Any) -> None:
    dictionary = with_codes("system,code,name,unit\ntext,Ferritin,-,\n")
    observations = [{"name": "Ferritin", "value": 512, "unit": "ug/L", "date": DAY}, {"name": "INR", "value": 2}]
    patient = read_patient({"observations": observations}, dictionary)
    assert list(patient.results) == ["INR"]
    assert patient.notes[0] == "observations[0].name: not read: Ferritin"
