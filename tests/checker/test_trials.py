"""Trials beside the registry's record of them."""

from __future__ import annotations

import json

import pytest

from checker.conftest import checked, registry
from screener.language.checker import Checked
from screener.language.protocols import criterion_lines
from screener.rulebook import Place, Registry
from screener.values.dates import Duration

CRITERIA = (
    "Inclusion Criteria:\n\n* 1\\. INR \\> 2\n* Signed consent\n\nExclusion Criteria:\n\n"
    "1. Sepsis \\[any\\]\n2. 18-year-olds\n"
)
TRIAL = """
protocol T1
  > A trial
  short "Trial"
  registry T1.json
  labs within 14 days

inclusion I1
  > INR > 2
  INR > 2

inclusion I2
  > Signed consent
  confirmed informed_consent

exclusion E1
  > Sepsis [any]
  short "Blood poisoning"
  assuming "ever"
  history of sepsis

exclusion E2
  > 18-year-olds
  confirmed unsuitable
"""


def trial(text: str = TRIAL, record: str | None = None) -> Checked:
    return checked(text, {"trials/T1.json": registry(CRITERIA) if record is None else record})


def found(text: str = TRIAL, record: str | None = None) -> list[str]:
    return [each.code for each in trial(text, record).diagnostics]


@pytest.mark.parametrize("name", ["bilirubin", "serum", "total"])
def test_a_word_inside_a_quoted_alias_is_no_name(name: str) -> None:
    alias = (
        'lab total_protein "Total protein" also "serum total bilirubin of old"\n  unit g/L\n  possible 1 .. 200 g/L\n'
    )
    result = trial(alias + TRIAL.replace("  INR > 2\n\n", f"  {name} > 2 g/L\n\n", 1))
    assert [each.code for each in result.diagnostics if each.is_error] == ["unknown-name"]
    assert result.rulebook is None


def test_the_names_of_a_block_that_could_not_be_read_are_not_reported_again() -> None:
    broken = 'lab lactate "Lactate" also "serum lactate", lactic_acid\n  unt mmol/L\n'
    for name in ("lactate", "lactic_acid"):
        codes = found(broken + TRIAL.replace("  INR > 2\n\n", f"  {name} > 2 mmol/L\n\n", 1))
        assert "unknown-name" not in codes
        assert codes


def test_a_trial_is_taken_over_with_its_record() -> None:
    rulebook = trial().rulebook
    assert rulebook is not None
    (one,) = rulebook.trials.values()
    assert (one.id, one.title, one.labs_within) == ("T1", "A trial", Duration(14, "days"))
    assert one.registry == Registry(status="RECRUITING", status_date="2026-01")
    assert [(each.id, each.kind, each.quote) for each in one.criteria] == [
        ("I1", "inclusion", "INR > 2"),
        ("I2", "inclusion", "Signed consent"),
        ("E1", "exclusion", "Sepsis [any]"),
        ("E2", "exclusion", "18-year-olds"),
    ]
    assert [one.short, *(each.short for each in one.criteria)] == ["Trial", None, None, "Blood poisoning", None]
    assert (one.criteria[2].rule, one.criteria[2].assumptions) == ("history of sepsis", ("ever",))
    assert one.criteria[2].place == Place("trials/rules.rules", 16)


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("* Aged 18 to 65", "Aged 18 to 65"),
        ("1. Informed consent", "Informed consent"),
        ("* 1\\. 18-80 years old", "18-80 years old"),
        ("• 1. 18 years old ≤ age", "18 years old ≤ age"),
        ("- COSSH \\< 7.4.", "COSSH < 7.4."),
        ("2) PLT\\<50×10\\^9/L", "PLT<50×10^9/L"),
        ("1.5 mg/dL or more", "1.5 mg/dL or more"),
        ("18-80 years", "18-80 years"),
        ("Further criteria apply.", "Further criteria apply."),
    ],
)
def test_bullets_numbers_and_escapes_are_no_part_of_a_line(printed: str, line: str) -> None:
    assert [each.text for each in criterion_lines(f"Inclusion Criteria:\n\n{printed}\n")] == [line]


def test_every_line_that_is_no_heading_is_a_criterion() -> None:
    lines = criterion_lines("Inclusion criteria:\n\n* a\nb\n\nEXCLUSION CRITERIA\n* c\n")
    assert [(each.kind, each.id, each.text) for each in lines] == [
        ("inclusion", "I1", "a"),
        ("inclusion", "I2", "b"),
        ("exclusion", "E1", "c"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("> INR > 2\n", "> INR > 3\n", ["quotation-differs"]),
        ("> INR > 2\n", "> INR >\n  > 2\n", []),
        ("> Signed consent\n", "> Signed consent \n", []),
        ("> Signed consent\n", "> signed consent\n", ["quotation-differs"]),
        ('"Trial"', f'"{"a" * 80}"', []),
        ('"Trial"', f'"{"a" * 81}"', ["short-name"]),
        ('"Blood poisoning"', '" "', ["short-name"]),
        ("inclusion I2", "inclusion I3", ["criterion-order"]),
        ("inclusion I2", "inclusion I1", ["criterion-order"]),
        ("exclusion E1", "exclusion I3", ["criterion-id"]),
        ("registry T1.json", "registry T2.json", ["no-record"]),
        ("  registry T1.json\n", "", ["no-registry"]),
        ("labs within 14 days", "labs within 0 days", ["empty-window"]),
        ("protocol T1", "protocol T2", ["other-trial"]),
        ("exclusion E2\n  > 18-year-olds\n  confirmed unsuitable\n", "", ["criterion-missing", "unused"]),
        ("confirmed unsuitable\n", "confirmed unsuitable\n\nexclusion E3\n  > x\n  INR > 2\n", ["not-in-registry"]),
        ("protocol T1\n", "protocol T1\n  > A trial\nprotocol T1\n", ["no-registry", "second-protocol"]),
        ("  > Signed consent\n", "  >\n", ["no-quotation", "criterion-missing"]),
        (
            "inclusion I1\n",
            "field age\n  > minimumAge: 18 Years\n  age >= 18 years\ninclusion I1\n",
            ["unrestricted-field"],
        ),
        ("inclusion I1\n", "field weight\n  > x\n  INR > 2\ninclusion I1\n", ["unknown-field"]),
    ],
)
def test_criteria_are_held_against_the_registry(old: str, new: str, codes: list[str]) -> None:
    assert old in TRIAL
    assert sorted(found(TRIAL.replace(old, new))) == sorted(codes)


def test_the_trial_as_it_should_be_has_no_problem() -> None:
    assert found() == []


FIELD = "field age\n  > minimumAge: 16 Years\n  > maximumAge: 60 Years\n  age between 16 and 60 years\n\n"
AGED = registry(CRITERIA, minimumAge="16 Years", maximumAge="60 Years", sex="ALL")


def test_a_restricted_field_is_a_criterion_before_the_others() -> None:
    rulebook = trial(TRIAL.replace("inclusion I1", FIELD + "inclusion I1"), AGED).rulebook
    assert rulebook is not None
    first = rulebook.trials["T1"].criteria[0]
    assert (first.id, first.kind) == ("F.age", "inclusion")
    assert first.quote == "minimumAge: 16 Years\nmaximumAge: 60 Years"


def test_a_restriction_must_be_tested_somewhere() -> None:
    assert found(TRIAL, AGED) == ["field-missing"]
    assert found(TRIAL.replace("  INR > 2", "  INR > 2 and age >= 16 years"), AGED) == []
    assert found(TRIAL, registry(CRITERIA, sex="FEMALE")) == ["field-missing"]
    assert found(TRIAL.replace("  INR > 2", "  INR > 2 and sex is female"), registry(CRITERIA, sex="FEMALE")) == []


def test_a_field_quotes_the_registry_and_stands_once() -> None:
    wrong = FIELD.replace("16 Years", "18 Years")
    assert found(TRIAL.replace("inclusion I1", wrong + "inclusion I1"), AGED) == ["quotation-differs"]
    assert found(TRIAL.replace("inclusion I1", FIELD + FIELD + "inclusion I1"), AGED) == ["duplicate-field"]


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"protocolSection": {}}', "INR"])
def test_a_damaged_record_is_reported(record: str) -> None:
    assert found(TRIAL, record) == ["bad-record"]


def test_a_record_may_say_null_where_nothing_is_known() -> None:
    record = json.loads(registry(CRITERIA))
    record["protocolSection"]["statusModule"] = {"overallStatus": None, "lastUpdatePostDateStruct": None}
    record["protocolSection"]["eligibilityModule"] |= {"minimumAge": None, "sex": None, "healthyVolunteers": None}
    assert found(TRIAL, json.dumps(record)) == []


def test_two_files_cannot_hold_the_same_trial() -> None:
    result = checked(TRIAL + "\n", {"trials/T1.json": registry(CRITERIA)}, dictionary=_dictionary_with_the_trial())
    assert "duplicate-trial" in [each.code for each in result.diagnostics]


def _dictionary_with_the_trial() -> str:
    from checker.conftest import DICTIONARY

    return DICTIONARY + "protocol T1\n  > A\ninclusion I1\n  > a\n  INR > 2\n"


def test_a_criterion_without_a_protocol_is_refused() -> None:
    assert found("inclusion I1\n  > a\n  INR > 2\n") == ["no-protocol"]
    assert found("protocol T1\n  > A trial\n  registry T1.json\n") == ["unused"] * 2 + ["criterion-missing"] * 4
    assert found("protocol T1\n  > A trial\n") == ["unused"] * 2 + ["no-criteria", "no-registry"]


def test_a_block_that_cannot_be_read_is_not_also_missing() -> None:
    assert found(TRIAL.replace("  INR > 2", "  INR > > 2")) == ["unexpected-word"]


def test_what_no_rule_uses_is_pointed_out_and_does_not_stand_in_the_way() -> None:
    result = trial(TRIAL + 'define D "D"\n  INR > 2\nscore S "S"\n  INR\npoints P from INR\n  0.5 .. 30 -> 1\n')
    assert [each.message for each in result.diagnostics] == [
        "no rule uses definition `D`",
        "no rule uses score `S`",
        "no rule uses points table `P`",
    ]
    assert result.rulebook is not None
