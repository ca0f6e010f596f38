"""A clinic's own table of codes: what is read with it, and what is said of one that cannot be used."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from flagged import said
from records.small_rulebook import SMALL, asking
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.local_codes import LocalCodesError, read_local_codes, with_tables
from screener.records.patient import Patient
from screener.rulebook import Related

TABLES = Path(__file__).parent / "tables"
FAULTS = sorted(TABLES.glob("*.csv"))
PLAIN = Dictionary(SMALL)

CANCERS = {"malignancy", "hepatocellular_carcinoma"}


def _watching() -> Dictionary:
    """The small dictionary with rules that ask for everything, and cancers that were reviewed against ICD-10."""
    concepts = {
        name: replace(concept, relations=(Related("icd10", "D37", "may be", last="D48"),))
        if name in CANCERS
        else concept
        for name, concept in SMALL.concepts.items()
    }
    return Dictionary(asking(replace(SMALL, concepts=concepts)))


WATCHING = _watching()

HEADER = "system,code,name,unit\n"


@pytest.fixture
def with_codes(tmp_path: Path) -> Any:
    """The small dictionary with tables of these texts."""

    def made(*texts: str, encoding: str = "utf-8", of: Dictionary = PLAIN) -> Dictionary:
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"table{number}.csv")
            paths[-1].write_text(text, encoding=encoding)
        return with_tables(of, paths)

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
    assert [problem.path for problem in refused.value.problems] == ["line 2, code", "line 3, name", "line 4, unit"]


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
    assert [said(result.flags) for result in patient.results["creatinine"]] == [
        ("read as creatinine in mg/dL by the clinic's own table",),
        ("read as creatinine by the clinic's own table",),
        (),
    ]
    (grade,) = patient.results["hepatic_encephalopathy_grade"]
    assert said(grade.flags) == ("read as hepatic_encephalopathy_grade by the clinic's own table",)
    by_own, by_standard = patient.episodes["cirrhosis"]
    assert (said(by_own.flags), by_standard.flags) == (("read as cirrhosis by the clinic's own table",), ())
    assert patient.episodes["liver_transplantation"][0].flags
    assert said(patient.absences["dialysis"][0].flags) == ("read as dialysis by the clinic's own table",)
    assert patient.notes == ()
    assert patient.digest == SMALL.dictionary_digest


def test_a_wording_may_stand_as_the_name_of_an_entry(with_codes: Any) -> None:
    dictionary = with_codes(f"{HEADER}text,Kreatinin (Serum),creatinine,umol/L\n")
    entry = {"name": "KREATININ (serum)", "value": 90}
    assert results(read_patient({"observations": [entry]}, dictionary), "creatinine") == [(Fraction(90), None)]
    (note,) = read_patient({"observations": [entry]}, PLAIN).notes
    assert note.startswith("check first: observations[0]: not read: KREATININ (serum); did you mean `creatinine`?")


def test_a_code_without_a_system_is_not_read_unless_the_table_has_it(with_codes: Any) -> None:
    record = {"conditions": [{"code": "CIRR"}]}
    patient = read_patient(record, PLAIN)
    assert (patient.episodes, any("has no `system`" in note for note in patient.notes)) == ({}, True)
    assert "cirrhosis" in read_patient(record, with_codes(f"{HEADER},CIRR,cirrhosis,\n")).episodes


# ---- codes that stand for nothing

UNKNOWN_DIAGNOSES = {
    "id": "a",
    "conditions": [{"system": "urn:ours", "code": "SINUS"}, {"snomed": "444814009"}],
    "complete": ["conditions"],
}


def test_a_diagnosis_that_nobody_can_read_may_be_anything_that_a_rule_asks_for() -> None:
    patient = read_patient(UNKNOWN_DIAGNOSES, WATCHING)
    assert patient.complete == {"conditions"}
    may_be = patient.may_be["conditions"]
    assert {"cirrhosis", "malignancy", "pregnancy"} <= may_be.keys()
    assert [(each.source, each.called, each.unusable) for each in may_be["cirrhosis"]] == [
        ("conditions[0]", "urn:ours SINUS", "unread"),
        ("conditions[1]", "snomed 444814009", "unread"),
    ]


def test_a_code_that_the_table_calls_nothing_is_nothing(with_codes: Any) -> None:
    own = with_codes("system,code,name\nurn:ours,SINUS,-\nhttp://snomed.info/sct,444814009,-\n", of=WATCHING)
    patient = read_patient(UNKNOWN_DIAGNOSES, own)
    assert patient.complete == {"conditions"}
    assert (patient.may_be, patient.unread, patient.notes) == ({}, {}, ())


def test_one_entry_that_nobody_can_read_is_enough_to_leave_it_open(with_codes: Any) -> None:
    own = with_codes("system,code,name\nurn:ours,SINUS,-\n", of=WATCHING)
    (entry,) = read_patient(UNKNOWN_DIAGNOSES, own).may_be["conditions"]["malignancy"]
    assert entry.source == "conditions[1]"


@pytest.mark.parametrize("code", [{"icd10": "J01.9"}, {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J01.9"}])
def test_a_code_below_none_of_a_concept_that_was_reviewed_is_not_it(code: dict[str, str]) -> None:
    """Of a concept that nobody reviewed against the system, it may be one."""
    may_be = read_patient({"conditions": [code], "complete": ["conditions"]}, WATCHING).may_be["conditions"]
    assert "malignancy" not in may_be
    assert {each.unusable for each in may_be["cirrhosis"]} == {"unspecific"}


def test_what_is_denied_may_be_anything() -> None:
    record = {"conditions": [{"snomed": "444814009", "status": "absent"}], "complete": ["conditions"]}
    patient = read_patient(record, WATCHING)
    assert (patient.complete, patient.may_be) == ({"conditions"}, {})


def test_a_table_may_call_a_wording_nothing(with_codes: Any) -> None:
    own = with_codes("system,code,name\ntext,Viral sinusitis,-\n", of=WATCHING)
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
    (entry,) = read_patient(bundle, WATCHING).may_be["conditions"]["malignancy"]
    assert entry.source == "Condition/c"
    assert read_patient(bundle, own).may_be == {}


# ---- codes within others

JUDGED = "system,code,name,within,not,by,on\n"


def open_and_certain(dictionary: Dictionary, code: str = "X") -> tuple[set[str], set[str]]:
    """What a diagnosis under a clinic's own code may be and what it is, of what stands on the list of conditions."""
    patient = read_patient({"conditions": [{"system": "urn:ours", "code": code}]}, dictionary)
    return set(patient.may_be.get("conditions", {})), set(patient.episodes)


@pytest.mark.parametrize(
    ("within", "may_be", "is_"),
    [
        ("C22.0", set(), {"hepatocellular_carcinoma"}),
        ("C22.0..C22.4", {"hepatocellular_carcinoma"}, {"malignancy"}),
        ("C22.0 J01", {"hepatocellular_carcinoma", "malignancy"}, set()),
        ("J01", set(), set()),
    ],
)
def test_what_lies_within_codes_is_what_all_of_them_are_and_may_be_what_some_are(
    within: str, may_be: set[str], is_: set[str], with_codes: Any
) -> None:
    own = with_codes(f"{JUDGED}urn:ours,X,,{within},,a nurse,2026-02-20\n", of=WATCHING)
    found_open, found = open_and_certain(own)
    assert (found_open & CANCERS, found & CANCERS) == (may_be, is_)


@pytest.mark.parametrize("within", ["O00..O99", "O00 .. O99", "O00.. O99", "I10 O00 .. O99"])
def test_a_range_holds_the_codes_that_exist_between_two_that_do(within: str, with_codes: Any) -> None:
    own = with_codes(f"{JUDGED}urn:ours,X,,{within},,a nurse,2026-02-20\n", of=WATCHING)
    codes = {code for _, code in own.local.rows["urn:ours", "X"].within}
    assert {"O00", "O16", "O99"} <= codes
    assert codes.isdisjoint({"O17", "O93"})


@pytest.mark.parametrize(
    ("within", "wrong"), [("O17..O99", ["O17"]), ("O00..O93", ["O93"]), ("O17 .. O93", ["O17", "O93"])]
)
def test_both_ends_of_a_range_are_codes(within: str, wrong: list[str], with_codes: Any) -> None:
    with pytest.raises(LocalCodesError) as refused:
        with_codes(f"{JUDGED}urn:ours,X,,{within},,a nurse,2026-02-20\n", of=WATCHING)
    assert [each.fault for each in refused.value.problems] == [
        f"`{each}` is no code of ICD-10 or ATC" for each in wrong
    ]


def test_a_row_may_say_only_what_its_code_is_not(with_codes: Any) -> None:
    """It is still not read otherwise: it may be a procedure as well as anything else."""
    own = with_codes(f"{JUDGED}urn:ours,X,,,malignancy pregnancy,a nurse,2026-02-20\n", of=WATCHING)
    patient = read_patient({"conditions": [{"system": "urn:ours", "code": "X"}]}, own)
    assert patient.may_be["conditions"].keys().isdisjoint({*CANCERS, "pregnancy"})
    (entry,) = patient.may_be["conditions"]["cirrhosis"]
    assert entry.unusable == "unread"
    assert "liver_transplantation" in patient.may_be["procedures"]


def test_what_a_code_is_not_stands_beside_what_the_rules_say_of_it(with_codes: Any) -> None:
    own = with_codes(f"{JUDGED}icd10,C22.0,,,hepatocellular_carcinoma,a nurse,2026-02-20\n", of=WATCHING)
    said = own.terminology.coded("icd10", "C22.0")
    assert "malignancy" in said.is_
    assert "hepatocellular_carcinoma" not in said.is_ | said.open


def test_a_code_of_the_dictionary_may_lie_within_codes_that_may_be_what_it_is(with_codes: Any) -> None:
    for within in ("C22.0", "C22.0 C22.4", "D37..D48"):
        assert with_codes(f"{JUDGED}icd10,C22.0,,{within},,a nurse,2026-02-20\n", of=WATCHING)
    for code, within in (("C22.0", "J01"), ("C22.0", "J01 I10")):
        with pytest.raises(LocalCodesError, match="reads this code as `hepatocellular_carcinoma`, which nothing"):
            with_codes(f"{JUDGED}icd10,{code},,{within},,a nurse,2026-02-20\n", of=WATCHING)
    with pytest.raises(LocalCodesError, match="the dictionary reads this code as `INR`"):
        with_codes(f"{JUDGED}http://loinc.org,6301-6,,J01,,a nurse,2026-02-20\n", of=WATCHING)


def test_a_wording_may_lie_within_codes(with_codes: Any) -> None:
    own = with_codes(f"{JUDGED}text,st.p. TACE,,C22.0,,a nurse,2026-02-20\n", of=WATCHING)
    subject = {"reference": "Patient/a"}
    coded = {"resourceType": "Condition", "id": "c", "subject": subject, "code": {"text": "st.p. TACE"}}
    person = {"resourceType": "Patient", "id": "a"}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": person}, {"resource": coded}]}
    for record in (
        {"conditions": [{"text": "St.p.  tace"}]},
        {"conditions": [{"snomed": "444814009", "text": "st.p. TACE"}]},
    ):
        patient = read_patient(record, own)
        assert set(patient.episodes) == {"hepatocellular_carcinoma"}
    patient = read_patient(bundle, own)
    assert set(patient.episodes) == {"hepatocellular_carcinoma"}
    assert patient.notes == ()


def test_what_one_code_says_and_another_denies_may_be(with_codes: Any) -> None:
    own = with_codes(f"{JUDGED}urn:ours,B,,J01,,,\n", of=WATCHING)
    patient = read_patient({"conditions": [{"icd10": "C22.0", "system": "urn:ours", "code": "B"}]}, own)
    assert patient.episodes == {}
    assert patient.may_be["conditions"].keys() >= CANCERS
    assert patient.notes == (
        "conditions[0]: one of its codes or names says `hepatocellular_carcinoma`, another that it is not: it may be",
    )


def test_two_tables_that_say_different_things_of_a_code_are_refused(with_codes: Any) -> None:
    one, other = f"{JUDGED}urn:ours,X,,C22.0,,,\n", f"{JUDGED}urn:ours,X,,J01,,,\n"
    assert with_codes(one, one, of=WATCHING)
    with pytest.raises(LocalCodesError, match="another table says something else of this code"):
        with_codes(one, other, of=WATCHING)
    with pytest.raises(LocalCodesError, match="another table says something else of this code"):
        with_codes("system,code,name\nurn:ours,X,cirrhosis\n", other, of=WATCHING)
