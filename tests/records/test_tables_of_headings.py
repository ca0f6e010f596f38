"""A clinic's own table of headings, and a file whose dates nobody can read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.errors import RecordError
from screener.records.foreign import foreign_text
from screener.records.locales import locale_of
from screener.records.reading import read_patients
from screener.records.rows import read_headings


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


def headings(place: Path, text: str | bytes) -> dict[str, str]:
    table = place / "columns.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    return dict(read_headings(table, dictionary()))


@pytest.mark.parametrize(
    "text",
    [
        "column,name,unit\nBili,TBil,mg/dL\n",
        "Column;Name;Unit\nBili;TBil;mg/dL\n",
        "COLUMN\tNAME\tUNIT\nBili\tTBil\tmg/dL\n",
        "# of ward 3\n\ncolumn,name,unit\n\n# bilirubin\nBili,TBil,mg/dL\n,,\n",
        "sep=;\ncolumn;name;unit\nBili;TBil;mg/dL\n",
        "\ufeffname,unit,column\nTBil,mg/dL,Bili\n",
    ],
)
def test_it_is_written_as_people_save_tables(tmp_path: Path, text: str) -> None:
    assert headings(tmp_path, text) == {"bili": "TBil [mg/dL]"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"column,name\nGr\xf6\xdfe,TBil\n", "it is not text in UTF-8"),
        ("column,name,unit\nBili,TBil,mmHg\n", "`TBil` does not come in `mmHg`"),
        ("column,name,unit\nBili,TBil,mgg/dL\n", "`TBil` does not come in `mgg/dL`"),
        ("column,name,unit\nHE,HE_grade,mg/dL\n", "`HE_grade` does not come in `mg/dL`"),
        ("column,name,unit\nPat,patient,kg\n", "`patient` does not come in `kg`"),
        ("", "there is nothing in it"),
        (f"column,name\n{'x' * 200_000},-\n", "it is no CSV: field larger than field limit"),
    ],
)
def test_a_fault_of_it_is_told(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(RecordError) as refused:
        headings(tmp_path, text)
    assert told in str(refused.value)


def test_one_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="there is no such file"):
        read_headings(tmp_path / "none.csv", dictionary())


@pytest.mark.parametrize(
    ("day", "mend"), [("04.06.1988", "--locale de"), ("04/06/1988", "en-GB"), ("06-04-1988", "en-US")]
)
def test_a_file_whose_dates_nobody_can_read_is_refused_once(tmp_path: Path, day: str, mend: str) -> None:
    table = tmp_path / "ward.csv"
    table.write_text(f"patient;DOB;date;TBil (mg/dl);INR\nA;{day};{day};12,4;1,7\nB;{day};{day};2,4;1,1\n")
    with pytest.raises(RecordError) as refused:
        list(read_patients(table, dictionary()))
    (problem,) = refused.value.problems
    assert problem.fault.startswith("dates look like ")
    assert mend in problem.mend


def test_with_its_locale_it_is_read(tmp_path: Path) -> None:
    table = tmp_path / "ward.csv"
    table.write_text("patient;date;TBil (mg/dl);Quick (%)\nA;14.06.2025;12,4;35 %\n")
    (patient,) = read_patients(table, dictionary(), locale=locale_of("de"))
    assert not isinstance(patient, RecordError)
    assert patient.results["prothrombin_activity"][0].unusable is None


@pytest.mark.parametrize("head", [b"patient,INR\nA,2\n", b"PK\x03\x04....xl/workbook.xml"])
def test_a_spreadsheet_in_place_of_a_record_is_to_be_given_by_itself(head: bytes) -> None:
    form = foreign_text(head)
    assert form is not None
    assert form.mend == "give it by itself, as a file named *.csv or *.xlsx"
