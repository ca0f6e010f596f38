"""The nine states of a trial: for each a record that has it, and where two of them meet, the records on both sides."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from report.pages import PATIENTS
from screener import load_rules
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import Screening, evaluate
from screener.sheet.making import sheet_of
from screener.sheet.model import Sheet, TrialRow
from screener.sheet.states import NEAREST_FIRST, nearness
from trial_text import TRIAL, rulebook_with_trial

AS_OF = date(2026, 2, 20)
LINES = """
inclusion I1
  > Age
  age between 18 and 65 years

inclusion I2
  > INR
  INR >= 1.5

inclusion I3
  > Consent
  confirmed informed_consent

inclusion I4
  > Onset
  onset of liver_failure within 4 weeks

exclusion E1
  > Malignancy
  history of malignancy

exclusion E2
  > Platelets
  read as "the last count"
  platelets < 50 x 10*9/L
  or read as "any count"
  lowest platelets within 1 year < 50 x 10*9/L

exclusion E3
  > Transplantation
  underwent liver_transplantation

exclusion E4
  > Another trial
  history of trial_participation within 30 days
"""


def rules() -> Rulebook:
    return rulebook_with_trial(LINES)


def lab(name: str, value: float, day: str = "2026-02-19", unit: str | None = None) -> dict[str, Any]:
    return {"name": name, "value": value, "date": day, **({"unit": unit} if unit else {})}


def count(value: float, day: str = "2026-02-19") -> dict[str, Any]:
    return lab("platelets", value, day, "10*9/L")


FAILURE = {"name": "liver_failure", "onset": "2026-02-10", "status": "active"}
CONSENT = {f"{TRIAL}/informed_consent": {"value": True, "by": "the patient", "date": "2026-02-19"}}
LISTS = ["conditions", "procedures", "events"]
ALL_MET: dict[str, Any] = {
    "id": "anna",
    "as_of": "2026-02-20",
    "birth_date": "1980-05-14",
    "sex": "female",
    "observations": [lab("INR", 1.8), count(80)],
    "conditions": [FAILURE],
    "complete": LISTS,
    "answers": CONSENT,
}


def screened(assume_complete: tuple[str, ...] = (), **changes: Any) -> Screening:
    record = {name: value for name, value in {**ALL_MET, **changes}.items() if value is not None}
    return evaluate(read_patient(record, rules()), rules(), as_of=AS_OF, assume_complete=assume_complete)


def sheet(**changes: Any) -> Sheet:
    return sheet_of(screened(**changes))


def row(**changes: Any) -> TrialRow:
    (only,) = sheet(**changes).trials
    return only


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("all met", {}),
        ("all met if complete", {"complete": ["conditions", "procedures"], "assume_complete": ("events",)}),
        ("people", {"answers": None}),
        ("reading", {"observations": [lab("INR", 1.8), count(80), count(40, "2025-09-01")]}),
        ("reading", {"observations": [lab("INR", 1.8), count(80), count(40, "2025-09-01")], "answers": None}),
        ("nothing against",
         {"observations": [lab("INR", 1.8), count(80), count(40, "2025-09-01")], "complete": LISTS[:2]}),
        ("nothing against", {"complete": ["conditions", "procedures"]}),
        ("check", {"observations": [lab("INR", 25.3), count(80)]}),
        ("check", {"observations": [lab("INR", 1.8), count(4.9)]}),  # it fails a line that is open without it
        ("too little", {"observations": [], "conditions": [], "complete": [], "answers": None}),
        ("ruled out today", {"observations": [lab("INR", 1.4), count(80)]}),
        ("ruled out", {"conditions": [FAILURE, {"name": "malignancy", "onset": "2020", "status": "active"}]}),
    ],
)  # fmt: skip
def test_a_record_has_its_state(state: str, changes: dict[str, Any]) -> None:
    assert row(**changes).state.name == state


@pytest.mark.parametrize(
    ("born", "state"),
    [
        ("2008-02-21", "ruled out today"),  # 17: only a birthday is missing
        ("2008-02-20", "all met"),
        ("1960-02-21", "all met"),
        ("1960-02-20", "ruled out"),  # 66, and age only rises
    ],
)
def test_an_age_below_the_limits_is_mended_by_time_and_one_above_never(born: str, state: str) -> None:
    assert row(birth_date=born).state.name == state


@pytest.mark.parametrize(
    ("complete", "known", "state"),
    [([], 3, "too little"), (["events"], 4, "nothing against"), (["events", "conditions"], 5, "nothing against")],
)
def test_too_little_is_less_than_half_of_the_lines(complete: list[str], known: int, state: str) -> None:
    found = row(observations=[], complete=complete)
    assert (found.met, found.of, found.state.name) == (known, 8, state)


def test_an_old_result_is_repeated_and_does_not_make_too_little() -> None:
    old = [lab("INR", 1.8, "2026-01-05"), count(80, "2026-01-05")]
    assert row(observations=old, complete=[]).state.name == "nothing against"


@pytest.mark.parametrize(
    ("value", "state"),
    [(9.9, "all met"), (10, "check"), (10.1, "check")],
)
def test_a_verdict_that_rests_on_a_suspicious_value_says_so(value: float, state: str) -> None:
    assert row(observations=[lab("INR", value), count(80)]).state.name == state


def test_a_suspicious_value_without_which_the_verdict_is_the_same_leaves_the_state_alone() -> None:
    malignancy = {"name": "malignancy", "onset": "2020", "status": "active"}
    found = sheet(observations=[lab("INR", 25.3), count(80)], conditions=[FAILURE, malignancy])
    assert found.trials[0].state.name == "ruled out"
    assert found.check_first[0].text.startswith("INR 25.3 of 19 Feb")
    assert found.check_first[0].effect == ""


def test_the_first_thing_to_do_is_to_check_the_value_that_decides() -> None:
    found = sheet(observations=[lab("INR", 25.3), count(80)])
    assert found.next.startswith("check INR 25.3 of 19 Feb")
    assert found.actions[0].kind == "check"
    assert found.trials[0].state.headline == "Check INR first"
    assert found.trials[0].state.detail == "Met only if INR 25.3 of 19 Feb is right."


@pytest.mark.parametrize(
    ("left", "onset", "state", "detail"),
    [
        # the 30 days after the other trial end on 14 Mar, the four weeks after the onset with 10 Mar
        ("2026-02-12", "2026-02-10", "ruled out", "For this liver failure."),
        ("2026-02-08", "2026-02-10", "ruled out", "For this liver failure."),  # closed on the day on which it opens
        ("2026-02-07", "2026-02-10", "ruled out today", "Not before 10 Mar."),  # open for one day
        ("2026-01-25", "2026-02-10", "ruled out today", "Not before 25 Feb."),
    ],
)
def test_what_time_mends_too_late_is_ruled_out(left: str, onset: str, state: str, detail: str) -> None:
    other = {"name": "trial_participation", "start": "2026-01-01", "end": left}
    found = row(events=[other], conditions=[{**FAILURE, "onset": onset}]).state
    assert (found.name, found.detail) == (state, detail)


def test_an_old_word_of_what_goes_on_names_no_day() -> None:
    """The word of a pregnancy of 20 May 2025 speaks until 10 March; nobody has to wait for that."""
    rules = rulebook_with_trial("\nexclusion E1\n  > Pregnancy\n  current pregnancy\n")
    pregnancy = {"name": "pregnancy", "onset": "2025-05-20", "status": "active"}
    record = {"id": "anna", "sex": "female", "as_of": "2026-02-20", "conditions": [pregnancy]}
    told = sheet_of(evaluate(read_patient(record, rules), rules))
    (found,) = told.trials
    assert (found.state.name, found.state.detail) == ("ruled out today", "May change once that is over.")
    assert told.next == "nothing today; screen again once this is over: pregnancy since 20 May 2025"
    assert found.dates.reopens is None


def test_where_nothing_is_left_the_next_step_is_about_the_trials_that_recruit() -> None:
    """A new result could reopen the one that recruits no more; the pregnancy closes all of them."""
    pregnant = {"name": "pregnancy_test", "value": "positive", "date": "2026-02-18"}
    record = json.loads((PATIENTS / "alcoholic-hepatitis-with-ascites.json").read_text(encoding="utf-8"))
    record |= {"birth_date": "1990-02-02", "observations": [*record["observations"], pregnant]}
    told = sheet_of(evaluate(read_patient(record, load_rules()), load_rules()))
    assert told.next == "nothing today; screen again once this is over: pregnancy (18 Feb)"
    assert [(each.label, each.state.detail) for each in told.trials] == [
        ("5863", "May change once that is over."),
        ("2405", "May change once that is over."),
        ("9259", "Once over, and by a new result."),
        ("3002", "For good."),
    ]


def test_an_onset_that_is_too_old_is_changed_by_no_result() -> None:
    told = sheet(conditions=[{**FAILURE, "onset": "2026-01-10"}])
    assert told.trials[0].state.detail == "A new finding could change it."
    assert told.next == "nothing today; screen again when something new is on record"


def test_what_a_new_result_would_change_too_does_not_hang_on_the_onset() -> None:
    onset = "platelets before last onset of liver_failure"
    rules_ = rulebook_with_trial(LINES.replace("lowest platelets within 1 year", onset))
    record = {**ALL_MET, "observations": [lab("INR", 1.8), count(40, "2026-02-05"), count(40)]}
    (found,) = sheet_of(evaluate(read_patient(record, rules_), rules_, as_of=AS_OF)).trials
    assert found.state.name == "ruled out today"


def test_nearness_goes_by_state_then_by_who_recruits_then_by_what_is_left() -> None:
    day = date(2026, 2, 25)
    order = [nearness(state, True, 3, None) for state in NEAREST_FIRST]
    assert order == sorted(order)  # type: ignore[type-var]
    assert nearness("people", True, 9, None) < nearness("people", False, 1, day)
    assert nearness("people", True, 1, None) < nearness("people", True, 2, day)
    assert nearness("people", True, 1, day) < nearness("people", True, 1, None)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_have_a_sheet(day: str) -> None:
    screening = evaluate(read_patient({"id": "anna", "as_of": day}, rules()), rules())
    assert sheet_of(screening).trials[0].state.name == "too little"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    "entry",
    [
        {"observations": [{"name": "ascites_grade", "value": "negative"}]},
        {"conditions": [{"name": "sepsis", "status": "active"}]},
    ],
)
def test_an_entry_on_an_edge_of_the_calendar_has_a_sheet(entry: dict[str, Any], day: str) -> None:
    dated = {list_: [{**each, "date" if list_ == "observations" else "start": day}] for list_, (each,) in entry.items()}
    running = {"name": "trial_participation", "status": "active"}
    record = {"id": "anna", "as_of": "2026-02-20", "events": [running], **dated}
    assert sheet_of(evaluate(read_patient(record, load_rules()), load_rules())).trials


def test_without_a_trial_there_is_a_head_and_nothing_to_do() -> None:
    found = sheet_of(evaluate(read_patient(ALL_MET, rules()), rules(), trials=[]))
    assert (found.trials, found.actions, found.checklists) == ((), (), ())
    assert found.patient.text.startswith("Woman, 45.")


def test_what_is_good_for_the_day_of_screening_alone_says_so() -> None:
    """The lists of 20 Feb deny what goes on for that day, and the four weeks after 23 Jan end with it."""
    last = row(conditions=[{**FAILURE, "onset": "2026-01-23"}])
    assert (last.state.name, last.dates.text) == ("all met", "closes after today (I4); labs to 26 Feb (I2, E2)")


@pytest.mark.parametrize(
    ("changes", "text", "good_to"),
    [
        ({}, "labs to 26 Feb (I2, E2); closes after 10 Mar (I4)", date(2026, 2, 26)),
        # a result is still to come, or to come again
        ({"observations": [count(80)]}, "measure first; closes after 10 Mar (I4)", None),
        ({"observations": [lab("INR", 1.8, "2026-02-12"), count(80)]}, "measure first; closes after 10 Mar (I4)", None),
        ({"observations": [], "conditions": [], "complete": [], "answers": None}, "measure first", None),
        # a value may be wrong, or cannot be
        ({"observations": [lab("INR", 25.3), count(80)]}, "check first; closes after 10 Mar (I4)", None),
        ({"observations": [lab("INR", 190), count(80)]}, "check first; closes after 10 Mar (I4)", None),
        # nobody knows yet from which day the four weeks count, or what a result is
        ({"conditions": [{**FAILURE, "onset": None}]}, "look up first; labs to 26 Feb (I2, E2)", None),
        # the answers of people wait for no result
        ({"answers": None}, "labs to 26 Feb (I2, E2); closes after 10 Mar (I4)", date(2026, 2, 26)),
    ],
)  # fmt: skip
def test_no_last_good_day_rests_on_what_is_still_to_come(
    changes: dict[str, Any], text: str, good_to: date | None
) -> None:
    dates = row(**changes).dates
    assert (dates.text, dates.good_to) == (text, good_to)


@pytest.mark.parametrize(
    ("reading", "older", "state", "chosen"),
    [
        (1, 40, "all met", "read as “the last count”, chosen by Dr Wu"),
        (2, 40, "ruled out today", "read as “any count”, chosen by Dr Wu"),
        (2, 90, "all met", ""),  # the other reading says the same
    ],
)
def test_what_rests_on_a_reading_that_somebody_chose_says_so(
    reading: int, older: float, state: str, chosen: str
) -> None:
    answers = {**CONSENT, f"{TRIAL}/E2": {"reading": reading, "by": "Dr Wu", "date": "2026-02-19"}}
    counts = [count(80), count(older, "2025-09-01")]
    told = sheet(observations=[lab("INR", 1.8), *counts], answers=answers)
    assert told.trials[0].state.name == state
    assert [each.text for each in told.trials[0].points if each.kind == "chosen"] == ([chosen] if chosen else [])
    (line,) = (each for each in told.checklists[0].exclusion if each.id == "E2")
    assert any(each.text == chosen for each in line.sources) == bool(chosen)


@pytest.mark.parametrize(("number", "left"), [(0, "1 chart review"), (1, "1 to look up"), (3, "3 to look up")])
def test_each_entry_that_nobody_could_read_is_counted_among_what_is_left(number: int, left: str) -> None:
    unread = [{"text": f"St.n. OP fraglich {place}", "date": "2019"} for place in range(number)]
    told = row(conditions=[FAILURE, *unread], complete=["procedures", "events"])
    assert left in told.left
    assert told.after_clean_chart is not None
    assert (left in told.after_clean_chart.left) == (number > 0)


def test_no_day_is_promised_to_a_trial_with_a_line_that_a_doubtful_value_answers() -> None:
    """The INR decides another trial alone; here it answers a line, and the verdict is open with it and without it."""
    record = {
        "id": "anna",
        "birth_date": "1990",
        "sex": "male",
        "conditions": [{"name": "cirrhosis", "onset": "2019"}],
        "observations": [
            lab("INR", 25.3),
            lab("total_bilirubin", 300, unit="umol/L"),
            lab("creatinine", 70, unit="umol/L"),
            {"name": "HE_grade", "value": 0, "date": "2026-02-19"},
            {"name": "ascites_grade", "value": "slight", "date": "2026-02-19"},
        ],
    }
    told = sheet_of(evaluate(read_patient(record, load_rules()), load_rules(), as_of=AS_OF))
    (row_,) = (each for each in told.trials if each.id == "NCT05985863")
    assert (row_.counts.check, row_.dates.text, row_.dates.good_to) == (0, "check first", None)


def test_a_state_shows_what_was_checked() -> None:
    assert row(answers=None).state.detail == "7 of 8 met. Consent."
    assert row().state.detail == "8 of 8. The investigator confirms and signs."
    assumed = row(complete=["conditions", "procedures"], assume_complete=("events",)).state.detail
    assert assumed == "8 of 8, 1 of them assumed."


# ---- what a reader must not be led to believe


def test_what_is_against_a_trial_for_good_is_told_first_and_what_is_doubtful_last() -> None:
    cancer = {"name": "malignancy", "onset": "2020", "status": "active"}
    told = row(observations=[lab("INR", 1.4), count(80)], conditions=[FAILURE, cancer])
    assert [point.lines for point in told.points] == [("E1",), ("I2",)]
    told = row(observations=[lab("INR", 25.3), count(30)], birth_date="1950-01-01")
    assert told.state.name == "ruled out"
    assert not any(point.is_doubtful for point in told.points)


def test_the_death_on_record_leaves_nothing_to_do() -> None:
    told = sheet(died="2026-02-18", answers=None)
    assert told.next == "nothing; the record says that the patient died 18 Feb"
    assert all((trial.left, trial.dates.text) == ("", "") for trial in told.trials)


def test_a_value_that_cannot_be_is_checked_before_all_else() -> None:
    told = sheet(observations=[lab("INR", 190), count(80)])
    assert told.next.startswith("check the value above; then ")
    assert [doubt.text.partition(":")[0] for doubt in told.check_first] == ["INR 190 of 19 Feb"]


def test_a_trial_that_does_not_recruit_is_asked_for_before_any_work() -> None:
    assert sheet(complete=LISTS[:2]).next.startswith("ask whether 0001 takes participants; if so, ")


def test_a_line_that_one_reading_fails_is_told_while_the_other_is_open() -> None:
    told = row(observations=[lab("INR", 1.8), count(40, "2025-09-01")])
    (reading,) = (point for point in told.points if point.kind == "reading")
    assert (
        reading.text
        == "OUT: any count (platelet count 40 10*9/L (1 Sep 2025), limit 50 x 10*9/L); open: the last count"
    )


def test_of_a_trial_that_no_day_reopens_no_day_is_told() -> None:
    assert row(observations=[lab("INR", 1.4), count(80)]).dates.text == ""


def test_a_refused_consent_is_said_as_one_and_no_result_is_promised_to_change_it() -> None:
    refused = {f"{TRIAL}/informed_consent": {"value": False, "by": "the patient", "date": "2026-02-19"}}
    assert sheet(answers=refused).next == "nothing; consent was refused for 0001"
    told = row(answers=refused)
    assert (told.state.name, told.state.detail) == ("ruled out today", "Consent was refused.")
    assert [point.text for point in told.points] == ["consent refused, 19 Feb"]


def test_a_doubtful_value_alone_rules_nothing_out_for_good() -> None:
    """The old count of 4.9 fails what only another onset changes; without it, the INR of today is against the trial."""
    lines, _, last = LINES.partition("  read as")
    before_onset = "  platelets before last onset of liver_failure < 50 x 10*9/L\n\n"
    rules_ = rulebook_with_trial(f"{lines}{before_onset}{last[last.index('exclusion E3') :]}")
    for value, state, told in ((4.9, "ruled out today", ("I2", "E2 ?")), (40, "ruled out", ("E2", "I2"))):
        record = {**ALL_MET, "observations": [lab("INR", 1.4), count(value, "2026-02-05")]}
        (found,) = sheet_of(evaluate(read_patient(record, rules_), rules_, as_of=AS_OF)).trials
        assert found.state.name == state
        assert tuple(f"{each.lines[0]}{' ?' if each.is_doubtful else ''}" for each in found.points) == told


@pytest.mark.parametrize(("pressure", "state"), [(90, "all met"), (240, "check"), (69, "ruled out today")])
def test_what_a_doubtful_value_denies_is_not_denied_without_it(pressure: float, state: str) -> None:
    rules_ = rulebook_with_trial("\nexclusion E1\n  > Low pressure\n  current hypotension\n")
    record = {"id": "anna", "observations": [lab("MAP", pressure, unit="mmHg")]}
    (told,) = sheet_of(evaluate(read_patient(record, rules_), rules_, as_of=AS_OF)).trials
    assert told.state.name == state


def test_of_two_doubtful_values_the_one_that_rules_out_is_checked() -> None:
    told = sheet(observations=[lab("INR", 25.3), count(4.9)])
    assert told.trials[0].state.headline == "Check platelet count first"
    assert [each.effect for each in told.check_first] == ["(decides 0001)", ""]


def test_a_doubtful_value_that_is_too_old_to_count_is_no_value_to_check() -> None:
    assert not sheet(observations=[lab("INR", 25.3, "2026-01-05"), count(80)]).check_first


def test_what_a_result_is_needed_for_too_is_not_mended_by_time_alone() -> None:
    """The other trial ends too late, but a new count is needed as well."""
    rule = "history of trial_participation within 30 days"
    rules_ = rulebook_with_trial(LINES.replace(rule, f"{rule} or platelets < 50 x 10*9/L"))
    other = {"name": "trial_participation", "start": "2026-01-01", "end": "2026-02-12"}
    record = {**ALL_MET, "observations": [lab("INR", 1.8), count(40)], "events": [other]}
    (told,) = sheet_of(evaluate(read_patient(record, rules_), rules_, as_of=AS_OF)).trials
    assert told.state.name == "ruled out today"


def test_a_value_is_checked_for_the_trials_that_are_not_ruled_out() -> None:
    told = sheet(observations=[lab("INR", 190), count(80)])
    (check,) = (group for group in told.actions if group.kind == "check")
    assert [action.trials for action in check.actions] == [(TRIAL,)]
    of_a_child = sheet(observations=[lab("INR", 190), count(80)], birth_date="2024-01-01")
    assert [each.state.name for each in of_a_child.trials] == ["ruled out today"]
    assert not [group for group in of_a_child.actions if group.kind == "check"]
