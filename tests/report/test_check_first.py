"""A result that was not read, and may be what lines wait for, is the first thing said."""

from __future__ import annotations

import io
from typing import Any

import pytest
from msgspec.structs import replace

from records.fhir.tiny import LOINC, PATIENT, Json, bundle, coded, observation
from report.pages import html_page
from screener import evaluate, load_rules
from screener.records import read_patient
from screener.records.notes import Note
from screener.report.markdown import markdown
from screener.report.terminal import Terminal, print_screening
from screener.screening import Screening

RULES = load_rules()
DAY = "2026-02-18"


def screened(*resources: Json, as_of: str = DAY) -> Screening:
    return evaluate(read_patient(bundle(PATIENT, *resources), RULES), RULES, as_of=as_of)


def local(code: str, display: str | None = None, system: str | None = "urn:lab", **fields: Any) -> Json:
    value = {"valueQuantity": {"value": 18.4, "unit": "mg/dl"}}
    return observation("", **{"code": coded(code, system, display), **value, **fields})


@pytest.mark.parametrize(
    ("code", "display", "lab"),
    [
        ("BILI", "Bilirubin gesamt", "total bilirubin"),
        ("Bilirubin total", None, "total bilirubin"),
        ("4711", "Bilirubin, total", "total bilirubin"),
        ("KREA", "Creatinine (serum)", "creatinine"),
        ("HST", "Urea nitrogen", "urea"),
    ],
)
def test_what_is_like_a_lab_that_lines_wait_for_is_told_first(code: str, display: str | None, lab: str) -> None:
    screening = screened(local(code, display))
    (told,) = screening.check_first
    assert told.startswith(f"check first: `{code}`")
    assert f"may be the {lab} that " in told
    assert told.endswith(" for (Observation/1)")
    assert screening.notes[0] == told
    assert screening.to_dict()["notes"][0] == told


def test_a_system_of_which_no_code_is_read_is_like_one_of_the_site() -> None:
    (told,) = screened(local("3J01000002", "Total bilirubin", "urn:oid:1.2.392.200119.4.1005")).check_first
    assert told.startswith("check first: `3J01000002` Total bilirubin may be the total bilirubin")


def test_what_the_reading_found_to_be_checked_first_stands_there_too() -> None:
    patient = read_patient(bundle(PATIENT, local("BILI", "Bilirubin")), RULES)
    patient = replace(patient, noted=(*patient.noted, Note("not read: TBli", "check first", "observations[1]")))
    screening = evaluate(patient, RULES, as_of=DAY)
    assert [note.startswith("check first: ") for note in screening.notes[:3]] == [True, True, False]
    assert screening.check_first == screening.notes[:2]


def test_how_many_lines_wait_is_counted() -> None:
    screening = screened(local("BILI", "Bilirubin"))
    waiting = [
        criterion
        for trial in screening.trials
        for criterion in trial.criteria
        if criterion.status == "unknown" and any(need.name == "total_bilirubin" for need in criterion.needs)
    ]
    assert f"that {len(waiting)} lines wait for" in screening.check_first[0]


def test_results_of_one_code_are_one_line() -> None:
    screening = screened(local("BILI", "Bilirubin", id="1"), local("BILI", "Bilirubin", id="2"))
    assert len(screening.check_first) == 1
    assert screening.check_first[0].endswith("(Observation/1, Observation/2)")


BILIRUBIN = observation(
    "", id="9", code=coded("14631-6", LOINC), valueQuantity={"value": 30, "unit": "umol/L", "code": "umol/L"}
)


def test_nothing_is_told_where_the_lab_is_at_hand() -> None:
    older = local("BILI", "Bilirubin", effectiveDateTime="2026-02-16")
    assert screened(older, BILIRUBIN).check_first == ()


def test_it_is_told_where_the_lab_is_stale() -> None:
    old = {**BILIRUBIN, "effectiveDateTime": "2025-02-18"}
    assert len(screened(local("BILI", "Bilirubin"), old).check_first) == 1


@pytest.mark.parametrize(
    "resource",
    [
        local("1968-7", "Bilirubin.direct [Mass/volume] in Serum or Plasma", LOINC),
        local("ALT", "Alanine transaminase"),
        local("QQ", "Ferritin"),
        local("BILI", "Bilirubin", valueQuantity=None),
        local("GR", "Height", valueQuantity={"value": 170, "unit": "cm"}),
        local("BILI", "Bilirubin", valueQuantity={"value": 1, "unit": "mmol/h"}),
    ],
)
def test_nothing_is_told_of_a_code_that_everybody_knows_nor_of_what_is_like_nothing(resource: Json) -> None:
    assert screened(resource).check_first == ()


def test_it_stands_at_the_top_of_what_is_printed_and_only_there() -> None:
    screening = screened(local("BILI", "Bilirubin"))
    file = io.StringIO()
    print_screening(screening, Terminal(file=file, width=300, highlight=False, markup=False, emoji=False))
    lines = file.getvalue().splitlines()
    assert lines[2].startswith("Check first: `BILI` Bilirubin may be the total bilirubin that ")
    assert sum("may be the total bilirubin that" in line for line in lines) == 1


def test_it_stands_before_the_trials_on_the_page_and_in_markdown() -> None:
    screening = screened(local("BILI", "Bilirubin"))
    for text in (html_page(screening), markdown(screening)):
        assert "Check first: " in text
        assert text.index("Check first: ") < text.index("NCT03863002")
