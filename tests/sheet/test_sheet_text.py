"""The sheet on a terminal: its size, whatever is on record, and what stands in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from golden.screened import Expected, expected_screenings, screened
from screener.report.sheet_text import HEIGHT, NARROWEST, WIDEST, of_one_thing, sheet_text
from screener.report.wording import WIDTH
from screener.sheet.making import sheet_of
from screener.sheet.model import State
from sheet.test_states import ALL_MET, FAILURE, count, lab, sheet

EACH = pytest.mark.parametrize("expected", expected_screenings(), ids=lambda expected: expected.name)


def lines(text: str) -> list[str]:
    assert text.endswith("\n")
    return text.removesuffix("\n").split("\n")


@EACH
def test_every_example_fits(expected: Expected) -> None:
    shown = lines(sheet_text(sheet_of(screened(expected))))
    assert len(shown) <= HEIGHT
    assert max(map(len, shown)) <= WIDTH
    assert all(trial.id in "\n".join(shown) for trial in screened(expected).trials)


@EACH
def test_a_terminal_has_lines_of_its_own_width_and_the_same_trials(expected: Expected) -> None:
    for width in (NARROWEST, 60, WIDEST):
        shown = lines(sheet_text(sheet_of(screened(expected)), width))
        assert len(shown) <= HEIGHT or width < WIDTH
        assert max(map(len, shown)) <= width
        assert all(trial.id in "\n".join(shown) for trial in screened(expected).trials)
        assert "…" not in shown[0]


def test_many_lines_against_are_counted_where_two_are_shown() -> None:
    (row_, *_) = sheet(observations=[lab("INR", 1.8), count(2)]).trials
    many = replace(row_, state=State("ruled out", "Ruled out", "For good."), against=("E1", "E2", "E3"))
    assert "For good; 3 lines against" in sheet_text(replace(sheet(), trials=(many,)))
    two = replace(many, against=("E1", "E2"))
    assert "lines against" not in sheet_text(replace(sheet(), trials=(two,)))


def example(name: str) -> str:
    """The sheet of an example patient, as one line of single blanks."""
    (found,) = (each for each in expected_screenings() if each.name == name)
    return " ".join(sheet_text(sheet_of(screened(found))).split())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        # what is close to a limit stands below what is to be judged
        ("girl-of-17-with-autoimmune-hepatitis", "close I5 body weight 52.5 kg (25 Mar), limit 50 kg; I3 MELD 26,"),
        # each thing to do names its trials; one for all of them says so
        ("one-kilogram-too-light", "judge Anything else against taking part? [all]; A severe organic"),
        ("one-kilogram-too-light", "look up Does the cirrhosis come with chronic liver failure? [9259]"),
        ("referral-letter-only", "Dialysis or vasopressor? [9259]"),
        # a day that holds only after a clean chart has a star; a trial closes whatever the chart says
        ("one-kilogram-too-light", "10/17 met labs to 20 Jan* (E1)"),
        ("girl-of-17-with-autoimmune-hepatitis", "dates labs to 2 Apr* (I2, I3); closes after 8 Apr (I2)"),
        ("one-kilogram-too-light", "* if the chart review finds nothing."),
        ("alcoholic-hepatitis-with-ascites", "17/17 met labs to 25 Feb (E1)"),
        # what a trial is about, and how old the registry's word on it is
        ("one-kilogram-too-light", "9259 Stem cell exosomes in ACLF (registry of Jan 2026)"),
        ("alcoholic-hepatitis-with-ascites", "(15 days). Chart reviewed by the study nurse, 20 Feb."),
        ("negatives-not-written-down", "Recruits now? Where? See ClinicalTrials.gov"),
        # where all of what is cut off stands
        ("dates-known-in-part", "* if the chart review finds nothing. Cut off at “…”: see --html page.html"),
        # who is asked, and where the answer is kept
        ("score-with-two-readings", "sponsor 5863 E2, 9259 I3: which reading is meant? Settle it in screener.toml"),
    ],
)
def test_what_a_fresh_reader_looks_for_is_there(name: str, shown: str) -> None:
    assert shown in example(name)


HOSTILE = "\x1b[2J\r\nALL CRITERIA MET\u202e" + "x" * 300


@pytest.mark.parametrize(
    "changes",
    [
        {"id": HOSTILE},
        {"conditions": [FAILURE, *({"name": f"thing {number} {HOSTILE}", "status": "active"} for number in range(60))]},
        {"observations": [lab("INR", 1 + day / 100, f"2026-02-{day:02}") for day in range(1, 20)]},
        {"observations": [lab("INR", 25.3), count(2)], "complete": [], "answers": None},
        {"observations": [{"name": "INR", "value": f"{HOSTILE}", "date": "2026-02-19"}]},
    ],
)
def test_whatever_is_on_record_it_fits_and_moves_no_cursor(changes: dict[str, Any]) -> None:
    shown = lines(sheet_text(sheet(**changes)))
    assert len(shown) <= HEIGHT
    assert max(map(len, shown)) <= WIDTH
    assert all(line.isprintable() for line in shown)


WIDE = "李伟的病历" * 30
ACCENTS = "e\u0301o\u0308 " * 60


@pytest.mark.parametrize(
    "text", [WIDE, ACCENTS, f"{WIDE} {ACCENTS}", "ยิ้ม " * 40, "\u202eשלום " * 40, "🙂🙂 Tumor?? " * 12]
)
def test_lines_have_the_columns_that_a_terminal_gives_them(text: str) -> None:
    found = sheet(
        id=text,
        conditions=[FAILURE, {"text": f"St.n. {text}", "date": "2019"}],
        observations=[{"name": "INR", "value": text, "date": "2026-02-19"}],
    )
    for width in (NARROWEST, WIDTH, WIDEST):
        assert max(map(cell_len, lines(sheet_text(found, width)))) <= width
    assert cell_len(lines(sheet_text(found))[0]) == WIDTH


def test_what_stands_on_a_sheet() -> None:
    assert lines(sheet_text(sheet(**{**ALL_MET, "birth_date": "1980-02-20"}))) == [
        "anna                                                       as of Fri 20 Feb 2026",
        "Woman, 46. Liver failure since 10 Feb (10 days).",
        "INR         1.8                      19 Feb, good to 26 Feb",
        "Not on record: Bilirubin, Creatinine",
        "MELD 13 to 40 (not known: creatinine)   COSSH-ACLF II -   HE -   Ascites -",
        "",
        "Next: ask whether 0001 takes participants",
        "",
        "ALL CRITERIA MET       TEST0001 recruiting?    8/8 met   labs to 26 Feb (I2, E2)",
        "  dates    closes after 10 Mar (I4)",
        "  consent  recorded 19 Feb (answered by the patient)",
        "",
        "0001 A trial for tests",
        "Pre-screening aid. Eligibility is the investigator's decision.",
    ]


def test_a_doubt_stands_before_the_results_and_beside_the_verdict() -> None:
    shown = lines(sheet_text(sheet(observations=[lab("INR", 25.3), count(80)])))
    assert shown[2].startswith("CHECK FIRST  INR 25.3 of 19 Feb: ")
    assert any(line.startswith("INR         25.3 ?") for line in shown)
    assert any(line.startswith("Check INR first        TEST0001") for line in shown)


def test_what_raises_a_key_result_is_checked_first() -> None:
    of = sheet(observations=[lab("INR", 1.7, "2026-02-19")], medications=[{"name": "warfarin", "start": "2025-06-01"}])
    assert lines(sheet_text(of))[2].startswith("CHECK FIRST  INR 1.7 of 19 Feb: an anticoagulant on record")


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ((5.3, 6.8, 7.9), "5.3 > 6.8 > 7.9"),
        ((1239.61, 1320.84, 1164.25), "1320.84 > 1164.25"),
        ((123456.789, 123456.788, 123456.787), ""),
    ],
)
def test_a_trend_has_whole_numbers_and_leaves_out_the_earliest(values: tuple[float, ...], trend: str) -> None:
    found = [
        {**lab("INR", value, f"2026-02-{17 + place}", "umol/L"), "name": "TBil"} for place, value in enumerate(values)
    ]
    (line,) = (line for line in lines(sheet_text(sheet(observations=found))) if line.startswith("Bilirubin"))
    assert "".join(re.findall(r"[\d.]+(?: > [\d.]+)+", line)) == trend


def test_a_note_has_two_lines_and_what_nobody_acts_on_none() -> None:
    long = "the name of a thing that is so long that it cannot stand on one line of a terminal at all"
    of = replace(sheet(), notes=(long, "another"), notes_behind=())
    assert lines(sheet_text(of))[-4:-2] == [f"Note: {long[:73]}", f"      {long[74:]} (+1)"]
    behind = replace(sheet(), notes=(), notes_behind=(long,))
    assert lines(sheet_text(behind))[-3] == "1 note on the record, to read with --full"


def test_who_has_died_is_asked_for_no_consent() -> None:
    assert not [line for line in lines(sheet_text(sheet(died="2026-02-18", answers=None))) if "consent" in line]


def test_questions_about_one_thing_stand_behind_its_name() -> None:
    texts = [
        "Bleeding: still there?",
        "Sex",
        "Before the failure: INR",
        "Bleeding: exact dates?",
        "Any of these: a; b?",
    ]
    assert of_one_thing(texts) == [
        "Bleeding: still there? exact dates?",
        "Sex",
        "Before the failure: INR",
        "Any of these: a; b?",
    ]
