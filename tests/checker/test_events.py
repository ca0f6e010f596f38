"""Events, windows and the names of lookups."""

from __future__ import annotations

import pytest

from checker.conftest import criterion, problems, rulebook
from screener.rulebook import (
    AtTime,
    Compare,
    EventLookup,
    Happened,
    Number,
    OnsetLookup,
    Qualified,
    Scope,
    Value,
    ValueLookup,
)
from screener.values.dates import NO_TIME, Duration

WEEK = Duration(7, "days")


def event(rule: str) -> EventLookup:
    book, found = criterion(rule)
    happened = found.readings[0].rule
    assert isinstance(happened, Happened)
    lookup = book.lookups[happened.lookup]
    assert isinstance(lookup, EventLookup)
    return lookup


def scope(rule: str) -> Scope | None:
    book, found = criterion(rule)
    compare = found.readings[0].rule
    assert isinstance(compare, Compare)
    assert isinstance(compare.left, Value)
    lookup = book.lookups[compare.left.lookup]
    assert isinstance(lookup, ValueLookup)
    return lookup.scope


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("TBil > 5 mg/dL", "latest total_bilirubin"),
        ("latest TBil > 5 mg/dL", "latest total_bilirubin"),
        ("lowest hemoglobin within 7 days < 90 g/L", "lowest hemoglobin within 7 days"),
        ("ANC before onset of liver_failure < 1 10*9/L", "latest neutrophils before last onset of liver_failure"),
        (
            "ANC within 2 weeks after first onset of liver_failure < 1 10*9/L",
            "latest neutrophils within 2 weeks after first onset of liver_failure",
        ),
        ("BUN > 28 mg/dL", "latest urea"),
    ],
)
def test_a_value_is_named_for_what_it_reads(rule: str, name: str) -> None:
    compare = criterion(rule)[1].readings[0].rule
    assert isinstance(compare, Compare)
    assert compare.left == Value(name)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (
            "history of any of (sepsis, malignancy) within 6 months",
            "history of any of (malignancy, sepsis) within 6 months",
        ),
        ("current uncontrolled infection", "current uncontrolled infection"),
        ("history of malignancy except cured skin_carcinoma", "history of malignancy except cured skin_carcinoma"),
        ("underwent dialysis at least 2 times within 7 days", "underwent dialysis at least 2 times within 7 days"),
        ("at least 2 allergies to any_food", "at least 2 allergies to any_food"),
        ("allergy to severe any_food", "allergy to severe any_food"),
        ("start of trial_participation within 3 months", "start of trial_participation within 3 months"),
        ('current stage "III" malignancy', 'current stage "III" malignancy'),
        (
            "history of gastrointestinal_bleeding with (lowest hemoglobin within 7 days of its onset < 90 g/L)",
            "history of gastrointestinal_bleeding with (lowest hemoglobin within 7 days of its onset < 90 g/L)",
        ),
    ],
)
def test_an_event_is_named_for_what_it_reads(rule: str, name: str) -> None:
    assert event(rule).name == name


def test_the_same_reading_is_one_lookup_for_all_trials() -> None:
    book = rulebook(
        "protocol T1\n  > A\ninclusion I1\n  > a\n  history of any of (sepsis, malignancy) within 6 months\n"
        "inclusion I2\n  > b\n  TBil > 5 mg/dL and total_bilirubin < 20 mg/dL\n"
        "inclusion I3\n  > c\n  not history of any of (malignancy, sepsis) within 6 months\n"
    )
    assert sorted(book.lookups) == [
        "history of any of (malignancy, sepsis) within 6 months",
        "latest total_bilirubin",
    ]


@pytest.mark.parametrize(
    ("rule", "records"),
    [
        ("history of sepsis", "conditions"),
        ("current sepsis", "conditions"),
        ("history of trial_participation", "events"),
        ("underwent dialysis", "procedures"),
        ("receiving dialysis", "procedures"),
        ("planned dialysis within 3 months", "plans"),
        ("taking interferon", "medications"),
        ("treated with interferon within 1 month", "medications"),
        ("start of interferon within 1 month", "medications"),
        ("family history of malignancy", "family_history"),
        ("allergy to any_food", "allergies"),
        ("allergy to interferon", "allergies"),
    ],
)
def test_each_verb_reads_its_own_list(rule: str, records: str) -> None:
    assert event(rule).list == records


# ---- scopes


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("within 7 days", Scope("within 7 days", back=WEEK)),
        ("within 48 hours", Scope("within 48 hours", back=Duration(48, "hours"))),
        (
            "before onset of liver_failure",
            Scope("before last onset of liver_failure", "last onset of liver_failure", excludes_anchor=True),
        ),
        (
            "since onset of liver_failure",
            Scope("since last onset of liver_failure", "last onset of liver_failure", back=NO_TIME, ahead=None),
        ),
        (
            "after onset of liver_failure",
            Scope("after last onset of liver_failure", "last onset of liver_failure", NO_TIME, None, True),
        ),
        (
            "within 7 days after onset of liver_failure",
            Scope("within 7 days after last onset of liver_failure", "last onset of liver_failure", NO_TIME, WEEK),
        ),
        (
            "within 7 days before onset of liver_failure",
            Scope(
                "within 7 days before last onset of liver_failure",
                "last onset of liver_failure",
                back=WEEK,
                excludes_anchor=True,
            ),
        ),
        (
            "within 7 days of onset of liver_failure",
            Scope("within 7 days of last onset of liver_failure", "last onset of liver_failure", WEEK, WEEK),
        ),
        (
            "at onset of liver_failure",
            Scope("at last onset of liver_failure", "last onset of liver_failure", back=NO_TIME),
        ),
        ("within 7 days of screening", Scope("within 7 days", back=WEEK)),
    ],
)
def test_a_scope_is_the_stretch_around_its_anchor(written: str, expected: Scope) -> None:
    assert scope(f"INR {written} > 2") == expected


def test_without_a_scope_the_freshness_of_the_lab_decides() -> None:
    assert scope("INR > 2") is None


def test_a_plan_lies_ahead() -> None:
    assert event("planned dialysis within 3 months").scope == Scope(
        "within 3 months", back=NO_TIME, ahead=Duration(3, "months")
    )


def test_its_onset_is_that_of_the_event_beside_it() -> None:
    book, _ = criterion("history of sepsis with (lowest hemoglobin within 7 days of its onset < 90 g/L)")
    lookup = book.lookups["lowest hemoglobin within 7 days of its onset"]
    assert isinstance(lookup, ValueLookup)
    assert lookup.scope == Scope("within 7 days of its onset", "its onset", WEEK, WEEK)


def test_a_scope_before_a_parenthesis_moves_the_clock() -> None:
    book, found = criterion("before last onset of liver_failure (platelets < 50 10*9/L or INR > 2)")
    rule = found.readings[0].rule
    assert isinstance(rule, AtTime)
    assert (rule.anchor, rule.relation) == ("last onset of liver_failure", "before")
    assert book.lookups["last onset of liver_failure"] == OnsetLookup(
        "last onset of liver_failure", "liver_failure", "conditions", "last"
    )
    assert book.lookups["latest platelets"] == ValueLookup("latest platelets", "platelets", "latest")


def test_what_stands_beside_an_event_is_a_rule_of_its_own() -> None:
    lookup = event("history of sepsis with (INR > 2)")
    assert lookup.beside == Compare(Value("latest INR"), ">", Number(2.0, "2"))


def test_qualifiers_and_exceptions_are_resolved() -> None:
    lookup = event("history of severe malignancy except cured skin_carcinoma")
    assert lookup.what == (Qualified("malignancy", ("severe",)),)
    assert lookup.exceptions == (Qualified("skin_carcinoma", ("cured",)),)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("history of total_bilirubin", "wrong-kind"),
        ("taking malignancy", "wrong-kind"),
        ("underwent interferon", "wrong-kind"),
        ("history of dialysis", "wrong-kind"),
        ("onset of interferon", "wrong-kind"),
        ("history of sepsiss", "unknown-name"),
        ("history of sepsis within 0 days", "empty-window"),
        ("current cured malignancy", "impossible-qualifier"),
        ("underwent severe dialysis", "impossible-qualifier"),
        ("family history of severe malignancy", "impossible-qualifier"),
        ("allergy to cured any_food", "impossible-qualifier"),
        ("current sepsis within 7 days", "no-scope"),
        ("taking interferon within 7 days", "no-scope"),
        ("planned dialysis since onset of sepsis", "scope-of-plan"),
        ("history of sepsis since screening", "scope-ahead"),
        ("INR since screening > 2", "scope-ahead"),
        ("INR within 7 days of its onset > 2", "no-event"),
        ("current dialysis", "wrong-kind"),
        ("receiving dialysis at least 2 times", "no-count"),
        ("underwent dialysis at least 0 times", "always-holds"),
        ("history of any of (sepsis, trial_participation)", "mixed-kinds"),
        ("history of any of (sepsis, sepsis)", "said-twice"),
        ("history of malignancy except sepsis", "exception-not-narrower"),
        ("history of skin_carcinoma except malignancy", "exception-not-narrower"),
        ("history of malignancy except malignancy", "excepts-everything"),
        ("history of malignancy except cured malignancy", None),
        ("history of malignancy except skin_carcinoma", None),
        ("family history of malignancy with (INR > 2)", "no-episode"),
        ("before onset of sepsiss (INR > 2)", "unknown-name"),
        ("before screening (INR > 2)", "no-onset"),
        ("at least 3 of (INR > 2; INR > 3)", "impossible-count"),
        ("at least 0 of (INR > 2; INR > 3)", "impossible-count"),
        ("at least 2 of (INR > 2; INR > 3)", None),
        ("confirmed sepsis", "wrong-kind"),
        ("meets sepsis", "wrong-kind"),
        ("confirmed unsuitable", None),
    ],
)
def test_events_that_make_no_sense_are_refused(rule: str, code: str | None) -> None:
    assert problems(rule) == ([] if code is None else [code])
