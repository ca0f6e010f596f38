"""A clinic's own table of codes: what is read with it, and what is said of one that cannot be used."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient
from screener.records.dictionary import Dictionary
from screener.records.local_codes import LocalCodesError, read_local_codes, with_tables
from screener.records.patient import Patient

TABLES = Path(__file__).parent / "tables"
FAULTS = sorted(TABLES.glob("*.csv"))
PLAIN = Dictionary(SMALL)

HEADER = "system,code,name,unit\n"


@pytest.fixture
def with_codes(tmp_path: Path) -> Any:
    """The small dictionary with tables of these texts."""

    def made(*texts: str, encoding: str = "utf-8") -> Dictionary:
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"table{number}.csv")
            paths[-1].write_text(text, encoding=encoding)
        return with_tables(PLAIN, paths)

    return made


def names(dictionary: Dictionary, system: str, code: str) -> list[str]:
    return [(each.form or each.entry).name for each in dictionary.coded(system, code)]


# ---- faults


def test_the_faulty_tables_are_found_and_each_has_its_message() -> None:
    assert len(FAULTS) >= 35
    assert {path.stem for path in FAULTS} == {path.stem for path in TABLES.glob("*.txt")}


@pytest.mark.parametrize("table", FAULTS, ids=lambda path: path.stem)
def test_a_faulty_table_is_refused_with_its_message(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TABLES)
    with pytest.raises(LocalCodesError) as refused:
        read_local_codes(Path(table.name), PLAIN)
    assert str(refused.value) == table.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("table", FAULTS, ids=lambda path: path.stem)
def test_a_message_is_lower_case_without_a_full_stop(table: Path) -> None:
    with pytest.raises(LocalCodesError) as refused:
        read_local_codes(table, PLAIN)
    (problem,) = refused.value.problems
    assert problem.fault[0] == "`" or problem.fault[0].islower()
    assert not problem.fault.endswith(".")
    assert not problem.mend.endswith(".")


def test_a_table_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LocalCodesError, match="there is no such file"):
        read_local_codes(tmp_path / "none.csv", PLAIN)
    with pytest.raises(LocalCodesError, match="it cannot be read: is a directory"):
        read_local_codes(tmp_path, PLAIN)


def test_every_fault_of_a_table_is_found_in_one_run(with_codes: Any) -> None:
    with pytest.raises(LocalCodesError) as refused:
        with_codes(f"{HEADER}urn:a,,INR,\nurn:a,B,IRN,\nurn:a,C,INR,mg/dL\nurn:a,D,INR,\n")
    assert [problem.line for problem in refused.value.problems] == [2, 3, 4]


def test_two_tables_may_not_say_two_things(with_codes: Any) -> None:
    with pytest.raises(LocalCodesError) as refused:
        with_codes(f"{HEADER}urn:a,X,INR,\n", f"{HEADER}urn:a,X,TBil,\n")
    (problem,) = refused.value.problems
    assert problem.fault == "another table reads this code as `INR`"


# ---- the form of the table


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}urn:a,X,creatinine,mg/dL\n",
        f"{HEADER}urn:a,X,creatinine,mg/dL",
        f"{HEADER}urn:a,X,creatinine,mg/dL\r\n".replace("\n", "\r\n"),
        f"\ufeff{HEADER}urn:a,X,creatinine,mg/dL\n",
        "system;code;name;unit\nurn:a;X;creatinine;mg/dL\n",
        "unit,name,code,system\nmg/dL,creatinine,X,urn:a\n",
        'System , CODE,"name",Unit\n "urn:a", X ,"creatinine" , mg/dL \n',
        f"# our laboratory\n\n{HEADER}\n# creatinine, enzymatic\n,,,\nurn:a,X,creatinine,mg/dL\n;\n",
        f"{HEADER}urn:a,X,creatinine,mg/dL\nurn:a,X,creatinine,mg/dL\n",
    ],
)
def test_a_table_may_be_written_in_several_ways(with_codes: Any, text: str) -> None:
    (meaning,) = with_codes(text).coded("urn:a", "X")
    assert (meaning.entry.name, meaning.unit, meaning.by_own_table) == ("creatinine", "mg/dL", True)


def test_a_cell_in_quotation_marks_may_hold_separators_and_quotation_marks(with_codes: Any) -> None:
    dictionary = with_codes(f'{HEADER}text,"Bilirubin, ""total""",TBil,\n')
    assert [each.entry.name for each in dictionary.worded('bilirubin, "total"')] == ["total_bilirubin"]


def test_the_unit_may_be_left_out(with_codes: Any) -> None:
    (meaning,) = with_codes("system,code,name\nurn:a,X,creatinine\n").coded("urn:a", "X")
    assert meaning.unit is None


# ---- what a code stands for


@pytest.mark.parametrize(
    ("row", "system", "code", "found"),
    [
        ("urn:a,X,BUN,", "urn:a", "X", ["urea_nitrogen"]),
        ("urn:a,X,BUN,", " urn:a ", " X ", ["urea_nitrogen"]),
        ("urn:a,X,BUN,", "urn:a", "x", []),
        ("urn:a,X,BUN,", "urn:b", "X", []),
        ("urn:a,X,BUN,", "", "X", []),
        (",X,BUN,", "", "X", ["urea_nitrogen"]),
        (",X,BUN,", "urn:a", "X", []),
        ("loinc,99999-9,INR,", "http://loinc.org", "99999-9", ["INR"]),
        ("http://loinc.org,99999-9,INR,", "urn:oid:2.16.840.1.113883.6.1", "99999-9", ["INR"]),
        ("icd10,k75.x1,ascites,", "http://hl7.org/fhir/sid/icd-10", "K75.X1", ["ascites"]),
        ("icd10,K75.X,ascites,", "icd10", "K75.X1", []),
        # a longer code than the dictionary's, which alone would be malignancy
        ("icd10,C22.x001,hepatocellular_carcinoma,", "icd10", "C22.x001", ["hepatocellular_carcinoma"]),
        ("icd10,C22.x001,hepatocellular_carcinoma,", "icd10", "C22.x002", ["malignancy"]),
        ("icd10,C22.x001,malignancy,", "icd10", "C22.x001", ["malignancy"]),
    ],
)
def test_a_code_of_the_table_is_only_itself(
    with_codes: Any, row: str, system: str, code: str, found: list[str]
) -> None:
    assert names(with_codes(f"{HEADER}{row}\n"), system, code) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BILIRUBIN TOTAL", ["total_bilirubin"]),
        ("bilirubin   total\n", ["total_bilirubin"]),
        ("Bili\u200brubin\u00a0Total", ["total_bilirubin"]),
        ("bilirubintotal", []),
        ("bilirubin", []),
        ("bilirubin total (serum)", []),
        ("", []),
    ],
)
def test_a_wording_is_compared_whatever_its_capitals_and_blanks(with_codes: Any, text: str, found: list[str]) -> None:
    dictionary = with_codes(f"{HEADER}text,Bilirubin  Total,TBil,\n")
    assert [each.entry.name for each in dictionary.worded(text)] == found


def test_the_dictionary_without_a_table_knows_no_wording() -> None:
    assert PLAIN.worded("TBil") == ()


# ---- records


def results(patient: Patient, fact: str) -> list[tuple[Fraction | None, str | None]]:
    return [(result.exact, result.problem) for result in patient.results.get(fact, ())]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (None, Fraction(1) * 10_000_000 / (Fraction("113.12") * 1000)),
        ("mg/dL", Fraction(1) * 10_000_000 / (Fraction("113.12") * 1000)),
        ("mmol/L", Fraction(1000)),
    ],
)
def test_the_unit_of_the_table_stands_in_only_where_the_record_has_none(
    with_codes: Any, unit: str | None, expected: Fraction
) -> None:
    dictionary = with_codes(f"{HEADER}urn:a,CREA,creatinine,mg/dL\n")
    entry = {"system": "urn:a", "code": "CREA", "value": 1, **({"unit": unit} if unit else {})}
    patient = read_patient({"observations": [entry]}, dictionary)
    assert results(patient, "creatinine") == [(expected, None)]


def test_a_unit_on_record_that_does_not_fit_is_not_replaced(with_codes: Any) -> None:
    dictionary = with_codes(f"{HEADER}urn:a,CREA,creatinine,mg/dL\n")
    patient = read_patient(
        {"observations": [{"system": "urn:a", "code": "CREA", "value": 1, "unit": "kg"}]}, dictionary
    )
    ((exact, problem),) = results(patient, "creatinine")
    assert (exact, problem) == (None, "`kg` is mass, `umol/L` is amount per volume")


def test_a_form_of_the_table_is_converted_as_that_form(with_codes: Any) -> None:
    dictionary = with_codes(f"{HEADER}urn:a,BUN,BUN,mg/dL\n")
    patient = read_patient({"observations": [{"system": "urn:a", "code": "BUN", "value": 28}]}, dictionary)
    assert results(patient, "urea") == [(Fraction(280) / Fraction("28.014"), None)]


def test_a_fact_says_that_the_clinics_own_table_gave_its_meaning(with_codes: Any) -> None:
    table = (
        f"{HEADER}urn:a,CREA,creatinine,mg/dL\nurn:a,HE,HE_grade,\nurn:a,CIRR,cirrhosis,\n,LT,LT,\nurn:a,NO,dialysis,\n"
    )
    patient = read_patient(
        {
            "observations": [
                {"system": "urn:a", "code": "CREA", "value": 1},
                {"system": "urn:a", "code": "HE", "value": 2},
                {"system": "urn:a", "code": "CREA", "value": 90, "unit": "umol/L"},
                {"loinc": "2160-0", "value": 1, "unit": "mg/dL"},
            ],
            "conditions": [{"system": "urn:a", "code": "CIRR"}, {"icd10": "K74.6"}],
            "procedures": [{"code": "LT"}, {"system": "urn:a", "code": "NO", "status": "never"}],
        },
        with_codes(table),
    )
    assert [result.flags for result in patient.results["creatinine"]] == [
        ("read as creatinine in mg/dL by the clinic's own table",),
        ("read as creatinine by the clinic's own table",),
        (),
    ]
    (grade,) = patient.results["hepatic_encephalopathy_grade"]
    assert grade.flags == ("read as hepatic_encephalopathy_grade by the clinic's own table",)
    by_own, by_standard = patient.episodes["cirrhosis"]
    assert (by_own.flags, by_standard.flags) == (("read as cirrhosis by the clinic's own table",), ())
    assert patient.episodes["liver_transplantation"][0].flags
    assert patient.absences["dialysis"][0].flags == ("read as dialysis by the clinic's own table",)
    assert patient.notes == ()
    assert patient.digest == SMALL.dictionary_digest


def test_a_wording_may_stand_as_the_name_of_an_entry(with_codes: Any) -> None:
    dictionary = with_codes(f"{HEADER}text,Kreatinin (Serum),creatinine,umol/L\n")
    entry = {"name": "KREATININ (serum)", "value": 90}
    assert results(read_patient({"observations": [entry]}, dictionary), "creatinine") == [(Fraction(90), None)]
    with pytest.raises(RecordError, match="is not in the dictionary"):
        read_patient({"observations": [entry]}, PLAIN)


def test_a_code_without_a_system_is_refused_unless_the_table_has_it(with_codes: Any) -> None:
    record = {"conditions": [{"code": "CIRR"}]}
    with pytest.raises(RecordError, match="has no `system`"):
        read_patient(record, PLAIN)
    assert "cirrhosis" in read_patient(record, with_codes(f"{HEADER},CIRR,cirrhosis,\n")).episodes


# ---- codes that stand for nothing

UNKNOWN_DIAGNOSES = {
    "id": "a",
    "conditions": [{"system": "urn:ours", "code": "SINUS"}, {"snomed": "444814009"}],
    "complete": ["conditions"],
}


def test_a_diagnosis_that_nobody_can_interpret_keeps_its_list_from_being_complete() -> None:
    patient = read_patient(UNKNOWN_DIAGNOSES, PLAIN)
    assert patient.complete == frozenset()
    assert patient.unread == {"conditions": "conditions[0], conditions[1]"}
    assert patient.notes[-1] == (
        "`conditions` is not taken as complete, because nobody can tell what these entries are: "
        "conditions[0], conditions[1]"
    )


def test_a_code_that_the_table_calls_nothing_does_not(with_codes) -> None:
    own = with_codes("system,code,name\nurn:ours,SINUS,-\nhttp://snomed.info/sct,444814009,-\n")
    patient = read_patient(UNKNOWN_DIAGNOSES, own)
    assert patient.complete == {"conditions"}
    assert (patient.unread, patient.notes) == ({}, ())


def test_one_such_entry_is_enough_to_keep_the_list_open(with_codes) -> None:
    own = with_codes("system,code,name\nurn:ours,SINUS,-\n")
    assert read_patient(UNKNOWN_DIAGNOSES, own).unread == {"conditions": "conditions[1]"}


@pytest.mark.parametrize("code", [{"icd10": "J01.9"}, {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J01.9"}])
def test_a_code_of_a_system_whose_chapters_are_covered_is_something_else(code: dict[str, str]) -> None:
    patient = read_patient({"conditions": [code], "complete": ["conditions"]}, PLAIN)
    assert (patient.complete, patient.unread) == ({"conditions"}, {})


def test_what_is_denied_may_be_anything() -> None:
    record = {"conditions": [{"snomed": "444814009", "status": "absent"}], "complete": ["conditions"]}
    assert read_patient(record, PLAIN).complete == {"conditions"}


def test_a_table_may_call_a_wording_nothing(with_codes) -> None:
    own = with_codes("system,code,name\ntext,Viral sinusitis,-\n")
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "a"}},
            {
                "resource": {
                    "resourceType": "Condition",
                    "id": "c",
                    "subject": {"reference": "Patient/a"},
                    "code": {"text": "viral  SINUSITIS"},
                }
            },
        ],
    }
    assert read_patient(bundle, PLAIN).unread == {"conditions": "Condition/c"}
    assert read_patient(bundle, own).unread == {}
