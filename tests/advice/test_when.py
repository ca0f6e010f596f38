"""When something changes by itself: each kind of window with the day before, the day and the day after; what follows
for a trial; and that nothing said without a date is ever said anew by itself."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest

from properties.generators import REGISTRY
from screener import load_rules
from screener.advice.when import Timeline, TrialTimeline, as_said_on, changes
from screener.language.checker import check_texts
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.schema import ScreeningDocument, plain
from screener.screening import ScreeningError, evaluate

AS_OF = date(2026, 2, 20)

DICTIONARY = """
defaults
  labs fresh 7 days
  findings fresh 7 days
  absences fresh 90 days
lab alpha "Alpha"
  unit umol/L
  possible 1 .. 100 umol/L
finding stupor "Stupor"
  grade 0 .. 4
condition liver "Liver disease"
  course chronic
  denied by list
condition fever "Fever"
  course acute
  denied by list
condition daze "Daze"
  course passing
  lasts 14 days
  present when stupor >= 1
  denied by list
condition rash "Rash"
  course passing
  fresh 3 days
  lasts 14 days
  denied by list
procedure graft "Graft"
  denied by list
drug cure "Cure"
  denied by list
event trek "Trek"
  denied by list
question pledged "Pledged?"
  asked of participant for consent
  once for all trials
  holds for 30 days
"""


@cache
def rulebook(i1: str, i2: str = "alpha >= 2 umol/L", e1: str = "taking cure") -> Rulebook:
    trial = "protocol T1\n  > Trial.\n  registry T1.json\n" + "".join(
        f"\n{kind} {name}\n  > Line {name}.\n  {rule}\n"
        for kind, name, rule in (("inclusion", "I1", i1), ("inclusion", "I2", i2), ("exclusion", "E1", e1))
    )
    checked = check_texts({"dictionary/all.rules": DICTIONARY, "trials/T1.rules": trial}, REGISTRY, "test")
    assert checked.rulebook is not None, checked.report
    return checked.rulebook


def timeline(rules: Rulebook, record: dict[str, Any], until: date | None = None) -> Timeline:
    patient = read_patient({"id": "p", "as_of": AS_OF.isoformat(), **record}, rules)
    return changes(evaluate(patient, rules), until)


def of_trial(rules: Rulebook, record: dict[str, Any], until: date | None = None) -> TrialTimeline:
    [trial] = timeline(rules, record, until).trials
    return trial


def alpha(value: object, day: str | None, **more: object) -> dict[str, Any]:
    dated = {} if day is None else {"date": day}
    return {"name": "alpha", "value": value, "unit": "umol/L", **dated, **more}


def of_list(name: str, /, **entry: object) -> dict[str, Any]:
    """A record with one entry, and nothing else in that list."""
    return {name: [entry], "complete": [name]}


COMPLETE = {"complete": ["conditions"]}

# Each row: the rule of an inclusion, a record, and every change of it as (day, from, to, what changed it).
WINDOWS: dict[str, tuple[str, dict[str, Any], list[tuple[str, str, str, str]]]] = {
    "a history leaves a window of days": (
        "history of trek within 30 days",
        of_list("events", name="trek", start="2025-12-01", end="2026-01-31"),
        [("2026-03-03", "passed", "failed", "trek until 31 Jan 2026 leaves the 30 days")],
    ),
    "a window of months ends at the end of a shorter month": (
        "underwent graft within 6 months",
        of_list("procedures", name="graft", date="2025-08-31"),
        [("2026-03-01", "passed", "failed", "graft of 31 Aug 2025 leaves the 6 months")],
    ),
    "a window of years from a leap day": (
        "underwent graft within 2 years",
        of_list("procedures", name="graft", date="2024-02-29"),
        [("2026-03-01", "passed", "failed", "graft of 29 Feb 2024 leaves the 2 years")],
    ),
    "a window of one year": (
        "treated with cure within 1 year",
        of_list("medications", name="cure", start="2025-01-01", end="2025-03-10"),
        [("2026-03-11", "passed", "failed", "cure until 10 Mar 2025 leaves the year")],
    ),
    "a month that a window passes over leaves it little by little": (
        "underwent graft within 30 days",
        of_list("procedures", name="graft", date="2026-02"),
        [
            ("2026-03-04", "passed", "unknown", "graft of Feb 2026 may lie outside the 30 days"),
            ("2026-03-31", "unknown", "failed", "graft of Feb 2026 leaves the 30 days"),
        ],
    ),
    "an hour window is open on the day that it ends on": (
        "alpha within 48 hours >= 5 umol/L",
        {"observations": [alpha(9, "2026-02-19T07:40")]},
        [("2026-02-21", "passed", "unknown", "alpha of 19 Feb 2026 may lie outside the 48 hours")],
    ),
    "a window that may end on the eve outlasts a complete list by a day": (
        "treated with cure before last onset of fever",
        {
            "conditions": [
                {"name": "fever", "status": "active", "onset": "2026-02-10"},
                {"name": "fever", "status": "active", "onset": "2026"},
            ],
            "complete": ["medications"],
        },
        [("2026-05-23", "failed", "unknown", "fever of 10 Feb 2026 and fever of 2026 may lie on one more day")],
    ),
    "an age limit opens on a birthday": (
        "age >= 18 years",
        {"birth_date": "2008-03-05"},
        [("2026-03-05", "failed", "passed", "the patient turns 18")],
    ),
    "one born on a leap day is a year older on the first of March": (
        "age >= 18 years",
        {"birth_date": "2008-02-29"},
        [("2026-03-01", "failed", "passed", "the patient turns 18")],
    ),
    "an age limit closes on a birthday": (
        "age <= 45 years",
        {"birth_date": "1980-03-05"},
        [("2026-03-05", "passed", "failed", "the patient turns 46")],
    ),
    "a birthday known by its month is open within it": (
        "age >= 18 years",
        {"birth_date": "2008-03"},
        [
            ("2026-03-01", "failed", "unknown", "the patient is 17 or 18 years old"),
            ("2026-03-31", "unknown", "passed", "the patient is surely 18 years old"),
        ],
    ),
    "an age that was stated grows from the day of the record": (
        "age >= 18 years",
        {"age_years": 17},
        [
            ("2026-02-21", "failed", "unknown", "the patient is 17 or 18 years old"),
            ("2027-02-20", "unknown", "passed", "the patient is 18 or 19 years old"),
        ],
    ),
    "a lab goes stale": (
        "alpha >= 5 umol/L",
        {"observations": [alpha(9, "2026-02-18")]},
        [("2026-02-26", "passed", "unknown", "alpha of 18 Feb 2026 is older than 7 days")],
    ),
    "a lab of an unknown day in a month may go stale before it has": (
        "alpha >= 5 umol/L",
        {"observations": [alpha(9, "2026-02")]},
        [],
    ),
    "a lab of today, without a date, is of the day of screening": (
        "alpha >= 5 umol/L",
        {"observations": [alpha(9, None, current=True)]},
        [("2026-02-28", "passed", "unknown", "alpha of 20 Feb 2026 (undated) is older than 7 days")],
    ),
    "an absence is carried forward for as long as the dictionary says": (
        "not history of liver",
        {"conditions": [{"name": "liver", "status": "absent", "date": "2026-02-18"}]},
        [("2026-05-20", "passed", "unknown", "absence of liver disease of 18 Feb 2026 is carried forward no longer, "
          "after 90 days")],
    ),
    "an absence without a date is of the day of screening, and not said anew every day": (
        "not history of liver",
        {"conditions": [{"name": "liver", "status": "absent"}]},
        [("2026-05-22", "passed", "unknown", "absence of liver disease of 20 Feb 2026 (undated) is carried forward "
          "no longer, after 90 days")],
    ),
    "an answer without a date holds from the day of screening": (
        "confirmed pledged",
        {"answers": {"T1/pledged": True}},
        [("2026-03-23", "passed", "unknown", "the answer of 20 Feb 2026 (undated) is older than 30 days")],
    ),
    "a plan comes within a window ahead, and is overdue": (
        "planned graft within 3 months",
        {"procedures": [{"name": "graft", "status": "planned", "date": "2026-06-01"}], "complete": ["plans"]},
        [
            ("2026-03-01", "failed", "passed", "planned graft of 1 Jun 2026 comes within the next 3 months"),
            ("2026-06-02", "passed", "unknown", "planned graft of 1 Jun 2026 is overdue, and what became of it is "
             "not on record"),
        ],
    ),
    "an onset of a later day comes into view, and leaves its window": (
        "onset of fever within 7 days",
        of_list("conditions", name="fever", onset="2026-03-02", status="active"),
        [
            ("2026-03-02", "failed", "passed", "fever of 2 Mar 2026 comes into view"),
            ("2026-03-10", "passed", "failed", "fever of 2 Mar 2026 leaves the 7 days"),
        ],
    ),
    "what a result of a later day shows comes into view, and grows too old": (
        "current daze",
        {"observations": [{"name": "stupor", "value": 2, "date": "2026-03-02"}], **COMPLETE},
        [
            ("2026-03-02", "unknown", "passed", "daze shown by the result of 2 Mar 2026 comes into view"),
            ("2026-06-01", "passed", "unknown", "daze shown by the result of 2 Mar 2026 is older than 90 days"),
        ],
    ),
    "a window after an onset outgrows what is known of it": (
        "not onset of rash within 7 days after last onset of fever",
        {
            "conditions": [
                {"name": "fever", "onset": "2026-02-18", "status": "active"},
                {"name": "rash", "status": "absent", "date": "2026-02-18"},
            ]
        },
        [("2026-02-22", "passed", "unknown", "absence of rash of 18 Feb 2026 covers the time within 7 days after the "
          "last onset of fever no longer, after 3 days")],
    ),
    "a treatment ends on its last day": (
        "taking cure",
        of_list("medications", name="cure", start="2026-01-01", end="2026-02-25"),
        [("2026-02-26", "passed", "failed", "cure until 25 Feb 2026 is over")],
    ),
    "a state that is over is over on the day of its end": (
        "current rash",
        of_list("conditions", name="rash", onset="2026-02-01", end="2026-02-25"),
        [
            ("2026-02-25", "passed", "failed", "rash until 25 Feb 2026 is over"),
            ("2026-03-01", "failed", "unknown", "rash until 25 Feb 2026 ended more than 3 days ago, so another may "
             "have begun"),
        ],
    ),
    "that a state is over says nothing of another one for ever": (
        "not current rash",
        {"conditions": [{"name": "rash", "onset": "2026-02-01", "end": "2026-02-19", "status": "cured"}]},
        [("2026-02-23", "passed", "unknown", "rash until 19 Feb 2026 ended more than 3 days ago, so another may "
          "have begun")],
    ),
    "that a state goes on is said for a while": (
        "current rash",
        of_list("conditions", name="rash", onset="2026-02-18", status="active"),
        [("2026-03-05", "passed", "unknown", "rash since 18 Feb 2026 may have ended")],
    ),
    "what had begun by an end of a later day enters its window": (
        "history of trek within 30 days",
        of_list("events", name="trek", end="2026-02-22"),
        [
            ("2026-02-22", "unknown", "passed", "trek until 22 Feb 2026 enters the 30 days"),
            ("2026-03-25", "passed", "failed", "trek until 22 Feb 2026 leaves the 30 days"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WINDOWS)
def test_a_change_is_told_on_its_day_with_what_changed(case: str) -> None:
    rule, record, expected = WINDOWS[case]
    told = [
        (str(each.date), each.before, each.after, each.why)
        for each in of_trial(rulebook(rule), record).changes
        if each.criterion == "I1" and not each.why.startswith("the complete list")
    ]
    assert told == expected


@pytest.mark.parametrize("case", WINDOWS)
def test_the_engine_says_so_the_day_before_on_the_day_and_the_day_after(case: str) -> None:
    rule, record, _ = WINDOWS[case]
    rules = rulebook(rule)
    patient = read_patient({"id": "p", "as_of": AS_OF.isoformat(), **record}, rules)
    said = as_said_on(patient, AS_OF.toordinal(), rules.concepts)
    told = of_trial(rules, record).changes
    days = {change.date + timedelta(days=days) for change in told for days in (-1, 0, 1)}
    for day in sorted(days):
        [trial] = evaluate(said, rules, as_of=day).trials
        for line in trial.criteria:
            before = [change.after for change in told if change.criterion == line.id and change.date <= day]
            first = [change.before for change in told if change.criterion == line.id]
            assert line.status == ([*first[:1], *before] or [line.status])[-1], day


# ---- nothing is said anew by itself

UNDATED: dict[str, tuple[str, dict[str, Any]]] = {
    "a current result": ("alpha >= 5 umol/L", {"observations": [alpha(9, None, current=True)]}),
    "an answer that holds for a while": ("confirmed pledged", {"answers": {"T1/pledged": True}}),
    "an age": ("age <= 46 years", {"age_years": 45}),
}


def test_an_absence_without_a_date_holds_on_the_records_own_day_and_grows_old_from_there() -> None:
    rules = rulebook("not history of liver")
    record = {"id": "p", "conditions": [{"name": "liver", "status": "absent"}]}
    undated = read_patient(record, rules)
    assert evaluate(undated, rules, as_of=AS_OF).trials[0].criteria[0].status == "unknown"
    dated = read_patient({**record, "as_of": AS_OF.isoformat()}, rules)
    days = (AS_OF, AS_OF + timedelta(days=400))
    assert [evaluate(dated, rules, as_of=day).trials[0].criteria[0].status for day in days] == ["passed", "unknown"]


@pytest.mark.parametrize("case", UNDATED)
def test_what_is_said_without_a_date_grows_old(case: str) -> None:
    rule, record = UNDATED[case]
    rules = rulebook(rule)
    patient = read_patient({"id": "p", **record}, rules)
    later = AS_OF + timedelta(days=400)
    renewed, aged = (
        evaluate(each, rules, as_of=later).trials[0].criteria[0].status
        for each in (patient, as_said_on(patient, AS_OF.toordinal(), rules.concepts))
    )
    assert (renewed, aged) == ("passed", "unknown")
    [trial] = changes(evaluate(patient, rules, as_of=AS_OF)).trials
    assert next((change.before, change.after) for change in trial.changes if change.criterion == "I1") == (
        "passed",
        "unknown",
    )


@pytest.mark.parametrize("own_day", ["2026-02-20", "2026-02-21"])
def test_an_open_entry_without_a_date_is_no_later_than_an_absence_before_it_either_day(own_day: str) -> None:
    """When the entry was made nobody knows: some time up to the record's own day."""
    rules = rulebook("current rash")
    rash = [{"name": "rash", "status": "active"}, {"name": "rash", "status": "absent", "date": "2026-02-10"}]
    patient = read_patient({"id": "p", "as_of": own_day, "conditions": rash}, rules)
    said = as_said_on(patient, AS_OF.toordinal(), rules.concepts)
    answers = [evaluate(each, rules, as_of=AS_OF).trials[0].criteria[0].status for each in (patient, said)]
    assert answers == ["unknown", "unknown"]


def test_an_open_entry_does_not_outlive_an_absence_of_a_later_day() -> None:
    rules = rulebook("current liver")
    liver = [{"name": "liver", "status": "active"}, {"name": "liver", "status": "absent", "date": "2026-03-10"}]
    trial = of_trial(rules, {"conditions": liver, "complete": ["conditions"]}, date(2026, 4, 1))
    assert [(str(each.date), each.after, each.why) for each in trial.changes] == [
        ("2026-03-10", "failed", "absence of liver disease of 10 Mar 2026 comes into view")
    ]


@pytest.mark.parametrize(
    ("own_day", "expected"), [("2026-02-20", ["2026-05-22"]), ("2026-02-01", ["2026-05-03"]), (None, ["2026-05-22"])]
)
def test_a_list_declared_complete_grows_old_on_the_day_that_the_engine_says(
    own_day: str | None, expected: list[str]
) -> None:
    rules = rulebook("not history of liver")
    record = {"id": "p", **COMPLETE} if own_day is None else {"id": "p", "as_of": own_day, **COMPLETE}
    patient = read_patient(record, rules)
    [trial] = changes(evaluate(patient, rules, as_of=AS_OF)).trials
    assert [str(change.date) for change in trial.changes] == expected
    assert [change.why for change in trial.changes] == [
        "the complete list of conditions no longer denies what it does not name"
    ]
    turned = date.fromisoformat(expected[0])
    said = as_said_on(patient, AS_OF.toordinal(), rules.concepts)
    for day, status in ((turned - timedelta(days=1), "passed"), (turned, "unknown")):
        assert evaluate(said, rules, as_of=day).trials[0].criteria[0].status == status


def test_a_list_assumed_complete_stays_so() -> None:
    rules = rulebook("not history of liver")
    patient = read_patient({"id": "p", "as_of": "2026-02-20"}, rules)
    assert changes(evaluate(patient, rules, assume_complete=["conditions"])).trials[0].changes == ()


# ---- what follows for a trial

TREK = {"name": "trek", "start": "2025-12-01", "end": "2026-01-31"}


def washing_out(lab_day: str, value: float) -> dict[str, Any]:
    """A trek that is failed until 2026-03-03, and a lab beside it."""
    return {"events": [TREK], "complete": ["events", "medications"], "observations": [alpha(value, lab_day)]}


WASH_OUT = ("alpha >= 5 umol/L", "alpha >= 2 umol/L", "history of trek within 30 days")


def test_a_wash_out_that_ends_makes_a_trial_screenable_again() -> None:
    trial = of_trial(rulebook(*WASH_OUT), washing_out("2026-02-25", 9))
    assert (trial.verdict, trial.screenable_from, trial.screenable_until) == ("ineligible", date(2026, 3, 3), None)
    assert trial.stale_then == ()
    assert trial.summary == "not before 3 Mar 2026"


def test_labs_that_are_stale_by_then_are_named_and_stand_in_nobodys_way() -> None:
    trial = of_trial(rulebook(*WASH_OUT), washing_out("2026-02-18", 9))
    assert (trial.screenable_from, trial.stale_then) == (date(2026, 3, 3), ("I1", "I2"))
    assert trial.summary.endswith("; the record is too old by then for I1 and I2")


def test_a_lab_that_is_fresh_then_and_fails_is_named_and_need_not_be_waited_for() -> None:
    """The trek leaves its 30 days on 3 March; a lab of 1 March fails until it is stale, or measured anew."""
    trial = of_trial(rulebook(*WASH_OUT), washing_out("2026-03-01", 3))
    assert (trial.screenable_from, trial.failed_then, trial.stale_then) == (date(2026, 3, 3), ("I1",), ())
    assert trial.summary == "not before 3 Mar 2026; I1 still failed then, if nothing newer is found"


def test_labs_that_only_go_stale_make_no_trial_screenable() -> None:
    trial = of_trial(rulebook("alpha >= 5 umol/L"), {"observations": [alpha(3, "2026-02-18")], "complete": []})
    assert next((change.before, change.after, change.is_of_knowledge) for change in trial.changes) == (
        "failed",
        "unknown",
        True,
    )
    assert trial.verdict == "ineligible"
    assert trial.screenable_from is None
    assert trial.summary == "time alone does not reopen it"


def test_what_nobody_has_said_anew_makes_no_trial_screenable() -> None:
    """Whoever finds out that the rash is over need not wait until the old word of it counts no longer."""
    rash = of_list("conditions", name="rash", onset="2026-02-18", status="active")
    trial = of_trial(rulebook("not current rash"), rash)
    first = trial.changes[0]
    assert (str(first.date), first.before, first.after) == ("2026-03-05", "failed", "unknown")
    assert (first.is_of_knowledge, trial.screenable_from) == (True, None)


def test_an_overdue_plan_makes_no_trial_screenable() -> None:
    plan = {"procedures": [{"name": "graft", "status": "planned", "date": "2026-02-25"}], "complete": ["plans"]}
    trial = of_trial(rulebook("not planned graft within 3 months"), plan)
    assert (trial.changes[0].is_of_knowledge, trial.screenable_from) == (True, None)


@pytest.mark.parametrize(("onset", "failed", "stale"), [("2026-02-18", ("I1",), ()), ("2026-02-10", (), ("I1",))])
def test_a_trial_is_screenable_from_the_day_on_which_time_has_mended_what_only_time_can(
    onset: str, failed: tuple[str, ...], stale: tuple[str, ...]
) -> None:
    """The trek leaves its 30 days on 3 March, and the old word of a rash speaks for longer, or not so long."""
    record = {**washing_out("2026-02-25", 9), "conditions": [{"name": "rash", "onset": onset, "status": "active"}]}
    trial = of_trial(rulebook("not current rash", "alpha >= 2 umol/L", "history of trek within 30 days"), record)
    assert (trial.screenable_from, trial.failed_then, trial.stale_then) == (date(2026, 3, 3), failed, stale)


def test_a_trial_that_opens_may_close_again_on_a_birthday() -> None:
    rules = rulebook("age between 18 and 18 years")
    trial = of_trial(rules, {"birth_date": "2008-03-05"})
    assert (trial.screenable_from, trial.screenable_until) == (date(2026, 3, 5), date(2027, 3, 5))
    assert trial.closes_on == date(2027, 3, 5)
    assert trial.summary == "not before 5 Mar 2026, until 4 Mar 2027, then closed"


def test_the_first_day_on_which_something_gets_worse_is_told_and_whether_it_is_of_knowledge() -> None:
    rules = rulebook("age <= 45 years")
    record = {"birth_date": "1980-03-05", "observations": [alpha(9, "2026-02-18")], "complete": ["medications"]}
    trial = of_trial(rules, record)
    assert trial.verdict == "eligible"
    assert (trial.worsens_on, trial.closes_on) == (date(2026, 2, 26), date(2026, 3, 5))
    assert trial.summary == "good to 25 Feb 2026 (I2); closes after 4 Mar 2026"


def test_where_nothing_changes_nothing_is_told() -> None:
    trial = of_trial(rulebook("history of liver"), {})
    assert (trial.changes, trial.by_day(), trial.words()) == ((), (), ())
    assert trial.summary == "nothing expires by itself"


def test_a_change_reads_as_a_sentence() -> None:
    trial = of_trial(rulebook(*WASH_OUT), washing_out("2026-02-25", 9))
    assert "T1 E1: on 3 Mar 2026 trek until 31 Jan 2026 leaves the 30 days; failed, then passed" in trial.words()


def test_changes_of_one_day_to_one_status_are_told_together() -> None:
    trial = of_trial(rulebook("alpha >= 5 umol/L"), {"observations": [alpha(9, "2026-02-18")]})
    [turn] = trial.by_day()
    assert (turn.criteria, turn.why) == (("I1", "I2"), "alpha of 18 Feb 2026 is older than 7 days")


# ---- how far ahead


@pytest.mark.parametrize(
    ("window", "until"),
    [("30 days", date(2028, 2, 20)), ("2 years", date(2028, 2, 21)), ("5 years", date(2031, 2, 21))],
)
def test_the_horizon_is_two_years_or_the_longest_window(window: str, until: date) -> None:
    assert timeline(rulebook(f"history of trek within {window}"), {}).until == until


def test_what_is_of_the_day_of_screening_has_left_the_longest_window_by_then() -> None:
    rules = rulebook("underwent graft within 5 years")
    record = {"id": "p", "as_of": AS_OF.isoformat(), "procedures": [{"name": "graft", "date": AS_OF.isoformat()}]}
    screening = evaluate(read_patient(record, rules), rules, assume_complete=["procedures"])
    [trial] = changes(screening).trials
    assert [(str(change.date), change.after) for change in trial.changes] == [("2031-02-21", "failed")]


def test_at_the_end_of_the_calendar_nothing_changes_any_more() -> None:
    rules = rulebook("history of trek within 30 days")
    patient = read_patient({"id": "p"}, rules)
    told = changes(evaluate(patient, rules, as_of=date.max))
    assert (told.until, told.trials[0].changes) == (date.max, ())


@pytest.mark.parametrize("days", [-1, 0])
def test_a_horizon_that_does_not_lie_ahead_is_refused(days: int) -> None:
    with pytest.raises(ScreeningError, match="does not lie after the day of screening, 2026-02-20"):
        timeline(rulebook("history of liver"), {}, AS_OF + timedelta(days=days))


def test_the_last_day_of_the_horizon_counts() -> None:
    record = {"observations": [alpha(9, "2026-02-18")]}
    days = (date(2026, 2, 25), date(2026, 2, 26), date(2026, 2, 27))
    assert [len(of_trial(rulebook("alpha >= 5 umol/L"), record, day).changes) for day in days] == [0, 2, 2]


# ---- as data


def test_a_timeline_is_plain_data_that_fits_its_schema() -> None:
    rules = rulebook(*WASH_OUT)
    screening = evaluate(read_patient({"id": "p", "as_of": "2026-02-20", **washing_out("2026-02-25", 9)}, rules), rules)
    told = plain(changes(screening))
    [trial] = told["trials"]
    assert trial["screenable_from"] == "2026-03-03"
    change = next(each for each in trial["changes"] if each["criterion"] == "E1")
    assert (change["date"], change["from"], change["to"]) == ("2026-03-03", "failed", "passed")
    assert list(change["causes"]) == [
        {"kind": "window", "what": "trek", "when": "until 2026-01-31", "happened": "leaves the 30 days"}
    ]
    read = msgspec.convert({**screening.to_dict(), "rules": "sha256:0", "when": told}, ScreeningDocument)
    assert read.when == changes(screening)


def test_only_the_result_that_has_become_too_old_is_named() -> None:
    tests = [{"name": "pregnancy_test", "value": "positive", "date": day} for day in ("2026-02-14", "2026-02")]
    record = {"sex": "female", "birth_date": "1990-01-01", "observations": tests}
    found = timeline(load_rules(), record)
    told = {each.why for trial in found.trials for each in trial.changes if each.date == date(2026, 2, 22)}
    assert told == {"pregnancy shown by the result of 14 Feb 2026 is older than 7 days"}


def test_a_yes_of_a_later_day_speaks_against_a_complete_list_from_that_day_on() -> None:
    record = {"complete": ["family_history"], "answers": {"T1/pledged": {"value": True, "date": "2026-02-21"}}}
    found = of_trial(rulebook("alpha > 1 umol/L", e1="family history of liver and confirmed pledged"), record)
    first = found.changes[0]
    assert (first.date, first.criterion, first.before, first.after) == (date(2026, 2, 21), "E1", "passed", "unknown")
