"""A spreadsheet in: CSV and workbooks, one row a fact or one row a patient with labs as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest

from screener import evaluate, load_rules
from screener.records import RecordError
from screener.records.dictionary import Dictionary
from screener.records.locales import locale_of
from screener.records.patient import Patient
from screener.records.reading import read_patient, read_patients
from screener.records.rows import read_headings

EXAMPLES = Path(__file__).parents[2] / "examples" / "spreadsheets"
Write = Callable[..., Path]


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "ward.csv") -> Path:
        place = tmp_path / name
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    return write


@pytest.fixture
def workbook(tmp_path: Path) -> Write:
    """A workbook of these rows, changed as a test needs it."""

    def write(rows: Sequence[Sequence[Any]], change: Callable[[Any], None] = lambda book: None) -> Path:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(list(row))
        change(book)
        book.save(tmp_path / "ward.xlsx")
        return tmp_path / "ward.xlsx"

    return write


def read(place: Path, **more: Any) -> list[Patient]:
    found = list(read_patients(place, dictionary(), **more))
    for each in found:
        assert isinstance(each, Patient), each
    return [each for each in found if isinstance(each, Patient)]


def refusal(place: Path, **more: Any) -> str:
    """All that is wrong with a file, or with its patients."""
    try:
        found = list(read_patients(place, dictionary(), **more))
    except RecordError as error:
        return str(error)
    return "\n".join(str(each) for each in found if isinstance(each, RecordError))


def results(patient: Patient, fact: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (each.recorded_value, each.recorded_unit, each.when.text if each.when else None)
        for each in patient.results.get(fact, ())
    ]


# ---- one row a fact


FACTS = """patient,birth_date,sex,name,value,unit,date,status,onset
00417,1981-05,F,total_bilirubin,210,umol/L,2026-02-18,,
00417,,,INR,1.8,,2026-02-18,,
00417,,,Cirrhosis,,,,active,2019
00422,1975-11-30,m,TBil,17.4,mg/dL,2026-02-19,,
"""


def test_each_row_is_a_fact_of_its_patient(table: Write) -> None:
    one, other = read(table(FACTS))
    assert (one.id, one.sex, one.birth and one.birth.text) == ("00417", "female", "1981-05")
    assert results(one, "total_bilirubin") == [("210", "umol/L", "2026-02-18")]
    (episode,) = one.episodes["cirrhosis"]
    assert (episode.source, episode.status, episode.start and episode.start.text) == ("row 4", "active", "2019")
    assert (other.id, results(other, "total_bilirubin")) == ("00422", [("17.4", "mg/dL", "2026-02-19")])


def test_a_spreadsheet_answers_as_the_native_form_does(table: Write) -> None:
    natively = {
        "id": "00417",
        "birth_date": "1981-05",
        "sex": "F",
        "observations": [
            {"name": "total_bilirubin", "value": "210", "unit": "umol/L", "date": "2026-02-18"},
            {"name": "INR", "value": "1.8", "date": "2026-02-18"},
        ],
        "conditions": [{"name": "cirrhosis", "status": "active", "onset": "2019"}],
    }
    as_of = date(2026, 2, 20)
    one = evaluate(read(table(FACTS))[0], load_rules(), as_of=as_of)
    other = evaluate(read_patient(natively, dictionary()), load_rules(), as_of=as_of)
    assert [(c.id, c.status, c.explanation) for t in one.trials for c in t.criteria] == [
        (c.id, c.status, c.explanation) for t in other.trials for c in t.criteria
    ]


def test_a_list_of_labs_alone_is_read(table: Write) -> None:
    (patient,) = read(table("patient,lab,value\n1,INR,2\n"))
    assert (patient.id, results(patient, "INR")) == ("1", [("2", None, None)])


def test_codes_and_lists_are_read(table: Write) -> None:
    text = "list,system,code,loinc,icd10,name,value,unit,date,status\n"
    text += ",http://loinc.org,6301-6,,,,1.8,,2026-02-18,\n,,,2951-2,,,140,mmol/L,2026-02-18,\n,,,,K74.6,,,,,active\n"
    text += "medications,,,,,entecavir,,,2026-02-18,ongoing\n,,,,I10,,,,,active\n"
    (patient,) = read(table(text))
    assert (sorted(patient.results), list(patient.episodes)) == (["INR", "sodium"], ["cirrhosis"])
    assert "row 5: no rule uses this drug" in patient.notes
    assert any("row 6: no rule uses the code `icd10 I10`" in note for note in patient.notes)


def test_what_could_stand_on_any_list_has_to_say_on_which(table: Write) -> None:
    for text, fault in [
        ("name,status\ngout,active\n", "nobody could tell on which list it stands; say it in a column `list`"),
        ("list,name,status\ncondition,gout,active\n", "`condition` is no list of a record; did you mean `conditions`?"),
    ]:
        (patient,) = read(table(text))
        assert patient.notes[0].startswith(f"check first: row 2: {fault}")
        assert set(patient.unread.values()) == {"row 2"}
    (patient,) = read(table("list,name,status\nFamily history,mental disorder,yes\n"))
    assert list(patient.episodes) == ["mental_disorder"]


@pytest.mark.parametrize("list_", ["procedures", "medications", "events", "allergies", "family_history"])
def test_a_name_on_the_wrong_list_is_named_with_its_row(table: Write, list_: str) -> None:
    name = "interferon" if list_ == "family_history" else "cirrhosis"
    (patient,) = read(table(f"list,name,date\nconditions,sepsis,2026-02-01\n{list_},{name},2026-02-01\n"))
    assert list(patient.episodes) == ["sepsis"]
    assert any(note.startswith(f"check first: row 3: `{name}` under `{list_}` is a") for note in patient.notes)
    assert name in patient.may_be["medications" if list_ == "family_history" else "conditions"]


def test_what_contradicts_itself_is_named_with_its_row(table: Write) -> None:
    (patient,) = read(table("name,status,onset,end\nsepsis,,2026-02-01,2025-01-01\ncirrhosis,inactive,,\n"))
    assert all(each.only_may_be for those in patient.episodes.values() for each in those)
    assert [note.partition(": ")[2].partition(":")[0] for note in patient.notes] == ["row 3.status", "row 2.end"]


def test_an_empty_cell_is_nothing_and_no_absence(table: Write) -> None:
    (patient,) = read(table("patient,name,value,unit,date,status\nA,INR,,,2026-02-18,\nA,cirrhosis,,,,\n"))
    assert patient.results["INR"][0].unusable == "missing"
    assert (list(patient.episodes), patient.absences) == (["cirrhosis"], {})


def test_problems_are_told_with_their_row(table: Write) -> None:
    told = refusal(
        table("patient,name,value,date,status\nA,INR,1.8,31.2.2026,\nA,cirrhosis,,,aktv\nB,INR,1,2026-02-18,\n")
    )
    assert "--> " in told
    assert "row 2.date" in told
    assert "row 3.status" in told
    assert "row 4" not in told


# ---- one row a patient on a day


def test_labs_stand_in_columns_with_their_units(table: Write) -> None:
    text = "patient,date,Total bilirubin [umol/L],INR,platelets (10*9/L),HE grade,INR date\n"
    text += "A,2026-02-18,210,1.8,88,grade I,2026-02-17\nA,2026-02-19,,2.0,,,\nB,2026-02-18,30,,,,\n"
    one, other = read(table(text))
    assert results(one, "total_bilirubin") == [("210", "umol/L", "2026-02-18")]
    assert results(one, "INR") == [("1.8", None, "2026-02-17"), ("2.0", None, "2026-02-19")]
    assert results(one, "platelets") == [("88", "10*9/L", "2026-02-18")]
    assert one.results["platelets"][0].source == "row 2, platelets (10*9/L)"
    assert results(other, "INR") == []


@pytest.mark.parametrize(
    ("heading", "fact", "unit"),
    [
        ("Na mmol/L", "sodium", "mmol/L"),
        ("Na (mmol/L)", "sodium", "mmol/L"),
        ("Weight, kg", "body_weight", "kg"),
        ("PTA %", "prothrombin_activity", "%"),
        ("serum Na", "sodium", None),
    ],
)
def test_a_unit_may_stand_behind_the_name(table: Write, heading: str, fact: str, unit: str | None) -> None:
    (patient,) = read(table(f'patient,date,INR,"{heading}"\n1,2026-02-18,1.5,60\n'))
    assert results(patient, fact) == [("60", unit, "2026-02-18")]


@pytest.mark.parametrize("heading", ["INR 2", "creatinine U", "creatinine 1"])
def test_what_is_no_unit_of_a_lab_is_none_behind_its_name(table: Write, heading: str) -> None:
    (patient,) = read(table(f"patient,date,INR,{heading}\n1,2026-02-18,1.5,60\n"))
    assert any(f"not read: {heading}" in note for note in patient.notes)


def test_a_lab_without_a_unit_in_its_heading_has_none(table: Write) -> None:
    (patient,) = read(table("date,creatinine\n2026-02-18,90\n"))
    assert patient.results["creatinine"][0].unusable == "unit"


def test_columns_that_nobody_knows_are_told_and_nearly_known_ones_keep_their_place(table: Write) -> None:
    (patient,) = read(table("patient,date,INR,GPT,wieght [kg],Station\nA,2026-02-18,1.8,512,70,3 West\n"))
    assert patient.results["body_weight"][0].unusable == "unread"
    assert patient.notes[0].startswith("check first: row 2, wieght [kg]: not read: wieght; did you mean `body_weight`?")
    assert patient.notes[1:] == ("not read: GPT (row 2, GPT), Station (row 2, Station)",)


def test_a_column_of_a_condition_is_an_entry_that_a_person_reads(table: Write) -> None:
    (patient,) = read(table("patient,date,INR,cirrhosis\nA,2026-02-18,1.8,no\n"))
    assert (patient.episodes, patient.absences) == ({}, {})
    assert "cirrhosis" in patient.may_be["conditions"]


def test_the_clinics_own_headings_are_read_by_its_table(table: Write) -> None:
    own = read_headings(EXAMPLES / "ward-columns.csv", dictionary())
    one, other = read(EXAMPLES / "ward.csv", columns=own, locale=locale_of("de"))
    assert (one.id, one.sex) == ("00417", "female")
    assert results(one, "total_bilirubin") == [("12,3", "mg/dL", "2026-03-08"), ("14,1", "mg/dL", "2026-03-10")]
    assert results(other, "platelets") == [("143", "10*9/L", "2026-03-09")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("column,name,unit\nBili,DBil,mg/dL\n", "`DBil` is no field, lab or finding"),
        ("column,name,unit\nBili,TBil,mg/dL\nbili,INR,\n", "`bili` stands here twice"),
        ("x,y\n1,2\n", "the first line does not name the columns"),
    ],
)
def test_a_table_of_headings_is_checked(table: Write, text: str, told: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_headings(table(text), dictionary())
    assert told in str(refused.value)


# ---- who a row is of


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date,INR\n2026-02-18,1.8\n2026-02-19,2\n", "no column says which patient each row is about"),
        ("patient,date,INR\nA,2026-02-18,1.8\n,2026-02-19,2\n", "the row does not say which patient it is about"),
        ("patient,birth_date,date,INR\nA,1981,2026-02-18,1\nA,1982,2026-02-19,2\n", "another `birth_date`"),
        ("patient,INR,inr\nA,1,2\n", "there are two columns `inr`"),
        ("pateint,INR\nA,1\n", "`pateint` is no column"),
        ("patient,name,vlaue,value\nA,INR,1,\n", "`vlaue` is no column"),
        ("patient,INR\nA,1,2\n", "there are more cells than headings"),
        ("a,b\n1,2\n", "none of its headings is known"),
        ("patient,INR\n", "there is no patient in it"),
        ("", "there is no patient in it"),
        ('patient,INR\nA,"1\n', "it is no CSV"),
    ],
)
def test_what_nobody_could_tell_is_refused(table: Write, text: str, told: str) -> None:
    assert told in refusal(table(text))


@pytest.mark.parametrize("seed", range(60))
def test_nothing_but_a_record_error_leaves_the_reading_of_odd_text(table: Write, seed: int) -> None:
    chance = Random(seed)
    pieces = [
        "patient",
        "name",
        "INR",
        "[",
        "]",
        ",",
        ";",
        "\t",
        "\n",
        '"',
        "1,9",
        "\0",
        "٣" * 9,
        "9" * 5000,
        "date",
        "x" * 140000,
    ]
    text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 40)))
    try:
        list(read_patients(table(text), dictionary()))
    except RecordError:
        return


# ---- files


@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_comes_in_several_forms(table: Write, separator: str, encoding: str) -> None:
    text = "patient;date;creatinine [µmol/L]\r\n007;2026-02-18;90\r\n".replace(";", separator)
    (patient,) = read(table(text.encode(encoding)))
    assert (patient.id, patient.notes) == ("007", ())
    assert results(patient, "creatinine") == [("90", "µmol/L", "2026-02-18")]


def test_another_code_page_is_told(table: Write) -> None:
    (patient,) = read(table("patient;date;creatinine [µmol/L]\r\n7;2026-02-18;90\r\n".encode("cp1252")))
    assert results(patient, "creatinine") == [("90", "µmol/L", "2026-02-18")]
    assert "Windows-1252" in patient.notes[0]


def test_the_line_that_names_the_separator_is_no_heading(table: Write) -> None:
    (patient,) = read(table("sep=;\npatient;date;INR\nA;2026-02-18;1.8\n"))
    assert (patient.id, patient.results["INR"][0].source) == ("A", "row 3, INR")


def test_days_and_decimals_need_a_locale_only_where_they_can_be_read_in_two_ways(table: Write) -> None:
    place = table("patient;date;INR\nA;18.02.2026;1,8\nA;03.02.2026;1,7\n")
    assert "`--locale de`" in refusal(place)
    (patient,) = read(place, locale=locale_of("de"))
    assert results(patient, "INR") == [("1,8", None, "2026-02-18"), ("1,7", None, "2026-02-03")]
    (patient,) = read(table("patient;date;INR\nA;18.02.2026;1,8\n"))
    assert results(patient, "INR") == [("1,8", None, "2026-02-18")]


# ---- workbooks

HEADING = ("patient", "birth_date", "date", "INR", "creatinine [umol/L]")


def test_a_workbook_is_read_with_its_days_and_numbers(workbook: Write) -> None:
    rows = [HEADING, ("A", date(1981, 5, 12), datetime.fromisoformat("2026-02-18T07:40"), 1.7999999999999998, "90")]
    (patient,) = read(workbook(rows))
    assert (patient.birth and patient.birth.text) == "1981-05-12"
    assert results(patient, "INR") == [("1.8", None, "2026-02-18T07:40")]
    assert results(patient, "creatinine") == [("90", "umol/L", "2026-02-18T07:40")]


def test_a_day_that_is_a_number_is_the_day_that_workbooks_count_so(workbook: Write) -> None:
    (patient,) = read(workbook([HEADING, ("A", 1981, 46071, 1.8, None)]))
    assert (patient.birth and patient.birth.text) == "1981"
    assert results(patient, "INR") == [("1.8", None, "2026-02-18")]


def test_a_number_that_may_be_a_day_is_refused_in_csv(table: Write) -> None:
    assert "`46071` is not a date" in refusal(table("patient,date,INR\nA,46071,1.8\n"))


def test_an_id_keeps_the_zeros_of_its_format(workbook: Write) -> None:
    def change(book: Any) -> None:
        book.active["A2"].number_format = "00000"

    assert read(workbook([HEADING, (417, None, None, 1, None)], change))[0].id == "00417"
    assert read(workbook([HEADING, ("00417", None, None, 1, None)]))[0].id == "00417"


def test_a_formula_without_a_result_is_refused_with_its_cell(workbook: Write) -> None:
    told = refusal(workbook([HEADING, ("A", None, date(2026, 2, 18), "=1+1", None)]))
    assert "the cell holds a formula, and the file keeps no result of it" in told
    assert "row 2, INR" in told


def test_hidden_sheets_are_told_and_others_read_together(workbook: Write) -> None:
    def change(book: Any) -> None:
        hidden = book.create_sheet("old")
        hidden.append(["patient", "INR"])
        hidden.append(["A", 9])
        hidden.sheet_state = "hidden"
        book.create_sheet("Legend").append(["what", "it means"])
        more = book.create_sheet("more")
        more.append(["patient", "date", "platelets [10*9/L]"])
        more.append(["A", date(2026, 2, 18), 88])

    (patient,) = read(workbook([HEADING, ("A", None, date(2026, 2, 18), 1.8, None)], change))
    assert results(patient, "platelets") == [("88", "10*9/L", "2026-02-18")]
    assert patient.results["platelets"][0].source == "sheet more, row 2, platelets [10*9/L]"
    assert patient.notes == (
        "the sheet `old` is hidden, and is not read",
        "the sheet `Legend` is not read: none of its headings is known",
    )


def test_a_merged_patient_is_that_of_each_row_and_a_merged_value_is_refused(workbook: Write) -> None:
    rows = [HEADING, ("A", None, date(2026, 2, 18), 1.8, 90), (None, None, date(2026, 2, 19), 2.0, None)]
    (patient,) = read(workbook(rows, lambda book: book.active.merge_cells("A2:A3")))
    assert len(patient.results["INR"]) == 2
    rows[2] = ("A", *rows[2][1:])
    told = refusal(workbook(rows, lambda book: book.active.merge_cells("D2:D3")))
    assert "the cell is merged with others" in told


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0 an old workbook"])
def test_a_damaged_workbook_is_refused(table: Write, content: bytes) -> None:
    assert "it is a damaged workbook, or none" in refusal(table(content, "ward.xlsx"))


def test_the_examples_are_screened() -> None:
    one, other = read(EXAMPLES / "facts.csv")
    assert (one.id, other.id) == ("A-001", "B-002")
    assert one.notes == ("row 8: no rule uses the code `icd10 I10`", "row 9: no rule uses this drug")
