"""Markdown and CSV: complete, and plain text whatever the record holds."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.pages import screened, screened_record
from report.test_hostile_records import HOSTILE, a_record
from screener.report.criteria_csv import HEADER, csv_text
from screener.report.markdown import markdown


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# ---- Markdown


def test_markdown_has_a_heading_for_each_criterion_and_all_it_rests_on() -> None:
    screening = screened("score-with-two-readings")
    text = markdown(screening)
    for trial in screening.trials:
        assert f"\n## {trial.id}: Nothing against so far\n" in text
    assert text.count("\n### ") == sum(len(trial.criteria) for trial in screening.trials)
    assert (
        "### I3 open\n\n> COSSH-ACLF II score \\< 7.4.\n\n```\n"
        'read as "the encephalopathy score 1, 2, 3 of the paper"\nCOSSH_ACLF_II < 7.4\n'
    ) in text
    assert "- on record: INR 2.2, 10 Mar 2026 06:40 (observations\\[11\\])\n" in text
    assert "| NCT07409259 | Nothing against so far | 0 | 3 | 9 | things to measure or to look up, judgements |" in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<b>", "\\<b\\>"),
        ("![x](http://a)", "\\!\\[x\\](http\\://a)"),
        ("a|b", "a\\|b"),
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("www.a.org", "www\\.a.org"),
        ("a\nb\x1b", "a b "),
    ],
)
def test_a_mark_in_a_record_is_escaped(text: str, escaped: str) -> None:
    assert f"# Patient {escaped.strip() if escaped.startswith('#') else escaped}, as of" in markdown(
        screened_record({"id": text, "as_of": "2026-02-20"})
    )


# ---- CSV


def test_csv_has_one_row_a_criterion_below_one_header() -> None:
    screenings = [screened("score-with-two-readings"), screened("results-that-cannot-be-used")]
    text = csv_text(screenings)
    rows = rows_of(text)
    assert tuple(rows[0]) == HEADER
    assert [(row["patient"], row["trial"], row["criterion"], row["status"]) for row in rows] == [
        (screening.patient, trial.id, criterion.id, criterion.status)
        for screening in screenings
        for trial in screening.trials
        for criterion in trial.criteria
    ]
    assert text.count("\r\n") == len(rows) + 1
    line = next(row for row in rows if (row["trial"], row["criterion"]) == ("NCT07409259", "I3"))
    assert line["readings"] == (
        "“the encephalopathy score 1, 2, 3 of the paper”: failed; "
        "“the encephalopathy grade 0 to 4, as the registry prints it”: passed"
    )
    assert line["rule"].count("\n") == 3


def test_csv_says_in_each_row_what_to_check_first_and_whether_the_verdict_rests_on_it() -> None:
    record = {"id": "anna", "as_of": "2026-02-20", "birth_date": "1985", "sex": "male", "observations": [INR_OF_22]}
    cells = {row["trial"]: row["check_first"] for row in rows_of(csv_text([screened_record(record)]))}
    asked = "INR 22.4 of 19 Feb: is it a prothrombin time in seconds?"
    assert {asked, ""} >= {cell.removesuffix(" (decides the verdict)") for cell in cells.values()}
    assert any(asked in cell for cell in cells.values())


INR_OF_22 = {"name": "INR", "value": 22.4, "date": "2026-02-19"}


@pytest.mark.parametrize("opening", ["=", "+", "-", "@", "＝", "  =", "\t=", "\r="])
def test_what_a_spreadsheet_would_calculate_is_marked_as_text(opening: str) -> None:
    record = {"id": f"{opening}cmd|' /C calc'!A0", "as_of": "2026-02-20"}
    row = rows_of(csv_text([screened_record(record)]))[0]
    assert row["patient"].lstrip().startswith("'")
    assert row["patient"].endswith("cmd|' /C calc'!A0")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("begin", ["a;=1+1", "a; +1", "a|@SUM(A1)", "a\t-1", "a\n=1"])
def test_no_separator_makes_a_formula_of_a_part_of_a_cell(separator: str, begin: str) -> None:
    text = csv_text([screened_record({"id": begin, "as_of": "2026-02-20"})])
    for line in text.splitlines():
        assert not any(cell.strip(' "').startswith(("=", "+", "-", "@")) for cell in line.split(separator))


def test_every_cell_is_quoted() -> None:
    line = csv_text([screened("score-with-two-readings")]).split("\r\n")[1]
    assert line.startswith('"')
    assert line.endswith('"')


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_no_cell_starts_a_formula_or_breaks_the_table(text: str) -> None:
    rows = rows_of(csv_text([screened_record({"id": f"={text}\"',\n", "as_of": "2026-02-20"})]))
    assert len(rows) == sum(len(trial.criteria) for trial in screened("referral-letter-only").trials)
    assert all(not (cell or "").lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_records_can_be_told_in_every_form(text: str) -> None:
    screening = screened_record(a_record(text))
    assert len(rows_of(csv_text([screening]))) > 50
    assert "<script" not in markdown(screening).replace("\\<script", "")
