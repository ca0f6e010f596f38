"""What lies ahead, on the page: what to find out next, how far each trial is, what changes by itself, and margins."""

from __future__ import annotations

import json
from functools import cache
from itertools import takewhile
from xml.etree.ElementTree import Element

import pytest

from report.pages import NAMES, PATIENTS, example_page, flat, page_of, screened, screened_record, words
from screener import Advice, advise
from screener.advice.distance import distance
from screener.advice.margins import margins
from screener.advice.statements import Known, Missing
from screener.advice.values import Values
from screener.advice.when import changes
from screener.contract import LINE_WORDS
from screener.report.advising import MEASURED, any_of
from screener.report.outlook import beside_explanation, next_facts, shortly, turning
from screener.values.dates import day_in_words

EACH = pytest.mark.parametrize("name", NAMES)


@cache
def advice_for(name: str) -> Advice:
    return advise(screened(name))


def ahead(name: str, which: str) -> Element | None:
    """The section of that name, if the page has it."""
    found = [
        each
        for each in example_page(name).all("section", class_="ahead")
        if each.find("h3") is not None and each.find("h3").get("id") == f"p1-{which}"  # type: ignore[union-attr]
    ]
    assert len(found) < 2
    return found[0] if found else None


def section(name: str, which: str) -> Element:
    found = ahead(name, which)
    assert found is not None
    return found


def rows(parent: Element) -> dict[str, Element]:
    """The rows of a section, by trial."""
    return {words(row[0]): row[1] for row in parent if row.tag == "section"}


# ---- what to find out next


@EACH
def test_there_is_something_to_find_out_where_a_trial_is_undetermined(name: str) -> None:
    undetermined = [trial.id for trial in screened(name).trials if trial.verdict == "undetermined"]
    if undetermined:
        assert list(rows(section(name, "next"))) == undetermined
    else:
        assert ahead(name, "next") is None


@EACH
def test_every_fact_is_told_or_counted_and_no_more_than_eight_are_told(name: str) -> None:
    advice = advice_for(name)
    told = next_facts(advice, screened(name).rulebook)
    if told is None:
        assert advice.facts == ()
        return
    texts = [fact.text for fact in told.facts]
    ranking = list(dict.fromkeys(fact.fact.text for fact in advice.unconditional))
    assert len(texts) == min(8, len(ranking))
    assert texts == [text for text in ranking if text in texts]
    assert told.more + sum(fact.fact.text in texts for fact in advice.unconditional) == len(advice.unconditional)
    assert told.more == sum(int(text.split()[0]) for text in told.rest)
    text = words(section(name, "next"))
    assert all(flat(each) in text for each in (*texts, *told.rest))
    assert (f"And {told.more} more" in text) is bool(told.more)


def test_the_ranking_of_a_referral_letter_reads_well() -> None:
    [table] = section("referral-letter-only", "next").iter("table")
    assert [[words(cell) for cell in row] for row in table.iter("tr")][:5] == [
        ["To find out", "Answers either way", "Can decide"],
        [
            "Participant: Consent?",
            "5 lines of 4 trials, each by its own answer",
            "NCT03863002, NCT05985863, NCT06242405, NCT07409259",
        ],
        ["Measure body weight", "1 line", "NCT03863002"],
        ["Measure total bilirubin", "none for certain", "NCT03863002, NCT05985863"],
        ["Measure INR", "none for certain", "NCT03863002"],
    ]


@EACH
def test_what_rules_a_trial_out_is_told_in_six_lines_at_the_most_and_the_rest_counted(name: str) -> None:
    told = next_facts(advice_for(name), screened(name).rulebook)
    if told is None:
        return
    for trial in told.trials:
        assert len(trial.rules_out) <= 6
        row = rows(section(name, "next"))[trial.id]
        lines = [words(line) for line in row.iter("li")]
        assert len(lines) == len(trial.rules_out) + bool(trial.more)
        for line, each in zip(lines, trial.rules_out, strict=False):
            assert line == flat(each.text + (f" ({', '.join(each.criteria)})" if each.criteria else ""))
        assert not trial.more or lines[-1] == f"and {trial.more} more, alone or together with another fact"
        assert words(row).endswith(f"To pass {flat(trial.open_lines)}")


def test_numbers_come_first_then_answers_by_whom_they_are_asked_of_then_the_history_then_pairs() -> None:
    lines = [words(line) for line in rows(section("referral-letter-only", "next"))["NCT05985863"].iter("li")]
    assert [line.partition(":")[0] for line in lines] == [
        "total bilirubin below 85 umol/L (I2)",
        "West Haven grade of hepatic encephalopathy at least 2 (E1)",
        "the participant’s no to “Consent?”",
        "the investigator’s yes to “A severe organic disease outside the liver?”; yes to “Highly allergic?”; yes to "
        "“Anything else against taking part?”",
        "a yes to any of 17 questions",
        "INR below 1.5, unless prothrombin activity is below 40 % (I2)",
        "and 12 more, alone or together with another fact",
    ]


@EACH
def test_nothing_that_rules_a_trial_out_is_left_out_uncounted(name: str) -> None:
    told = next_facts(advice_for(name), screened(name).rulebook)
    for trial, advised in zip(told.trials if told else (), advice_for(name).trials, strict=True):
        pairs = {frozenset([r.fact.fact, r.unless.fact]) for r in advised.rules_out if r.unless is not None}
        numbers = [r for r in advised.rules_out if r.unless is None and r.fact.fact.kind in MEASURED]
        in_groups = [line for line in trial.rules_out if line.text.startswith(("the ", "a yes to ", "a no to "))]
        assert len(trial.rules_out) - len(in_groups) + trial.more == len(pairs) + len(numbers)


def test_what_passes_a_few_open_lines_is_named_and_many_are_listed() -> None:
    few = rows(section("hepatitis-b-flare-with-encephalopathy", "next"))["NCT07409259"]
    assert words(few).endswith(
        "To pass I2 with yes to “ACLF by the Chinese guideline of 2024?”; "
        "I4 with yes to “Consent?”; "
        "E2 with no to “Bleeding now?”; "
        "E8 with no to “Anything else against taking part?”"
    )
    many = rows(section("referral-letter-only", "next"))["NCT03863002"]
    assert "To pass 21 open lines: I1, I2, " in words(many)


def test_answers_that_rule_out_are_told_apart_by_what_they_are() -> None:
    def known(text: str, word: str) -> Known:
        return Known(Missing("condition", "c", text, "chart"), Values(word, f"{word} to {text}", ""))

    told = list(any_of([known("Is a?", "yes"), known("Is b?", "no"), known("Is c?", "yes")]))
    assert told == ["a yes to any of 2 questions: Is a? Is c?", "a no to “Is b?”"]


# ---- how far from each trial


@EACH
def test_trials_stand_the_nearest_first_with_each_failure_and_its_margins(name: str) -> None:
    screening = screened(name)
    found = rows(section(name, "distance"))
    assert list(found) == [trial.id for trial in distance(screening)]
    for trial in distance(screening):
        text = words(found[trial.id])
        assert ("None against" in text) is (trial.failures == ())
        assert f"{trial.unknown or 'none'} open" in text
        criteria = {each.id: each for result in screening.trials if result.id == trial.id for each in result.criteria}
        assert [words(item) for item in found[trial.id].iter("strong")] == [
            f"{failure.id} {'for good' if failure.is_fixed else 'may change'}" for failure in trial.failures
        ]
        for failure in trial.failures:
            assert all(flat(way.text) in text for way in failure.ways)
            assert all(flat(shortly(margin)) in text for margin in margins(criteria[failure.id]).margins)


def test_a_failure_is_linked_and_reads_well() -> None:
    row = rows(section("decompensated-alcoholic-cirrhosis", "distance"))["NCT07409259"]
    assert words(row) == (
        "1 against, for good; 5 open I1 for good: age 74 years, and only rises "
        "Age 74 years, limits 18 to 65 years: 56 years above the lower limit, 9 years above the upper limit"
    )
    assert [link.get("href") for link in row.iter("a")] == ["#p1-NCT07409259-I1"]


def test_what_would_turn_a_failure_is_told_of_what_can_be_looked_at_again_in_the_unit_recorded() -> None:
    [trial] = [each for each in screened("bleeding-and-kidney-injury-in-mg-dl").trials if each.id == "NCT07409259"]
    [failed] = [each for each in trial.criteria if each.id == "I3"]
    first, _ = margins(failed).margins
    assert shortly(first) == (
        "Read as “the encephalopathy score 1, 2, 3 of the paper”: COSSH-ACLF II 8.54, limit 7.4: 1.14 above. "
        "Would pass with INR at most 1.2 (2.4 recorded), or neutrophil count at most 0.56 K/uL (8.2 K/uL recorded), "
        "or total bilirubin at most 1.2 mg/dL (22.9 mg/dL recorded), or urea at most 4.1 mg/dL (30.3 mg/dL recorded, "
        "measured as urea nitrogen)"
    )


# ---- what changes by itself


@EACH
def test_each_trial_has_its_summary_and_six_days_at_the_most_and_the_horizon_is_said(name: str) -> None:
    timeline = changes(screened(name))
    found = rows(section(name, "days"))
    assert f"Up to {day_in_words(timeline.until)}, if nothing new is recorded" in words(section(name, "days"))
    assert list(found) == [trial.id for trial in timeline.trials]
    for trial in timeline.trials:
        assert trial.summary[1:] in words(found[trial.id])
        days = [words(line) for line in found[trial.id].iter("li")]
        turns = trial.by_day()
        assert len(days) == min(len(turns), 6) + (len(turns) > 6)
        for day, turn in zip(days, turns[:6], strict=False):
            word = LINE_WORDS[turn.after]
            assert day == flat(f"{day_in_words(turn.date)} {word} {', '.join(turn.criteria)}: {turn.why}")


def test_days_beyond_six_are_counted() -> None:
    # Asked long before most of the record: its facts come into view one after the other.
    record = json.loads((PATIENTS / "bleeding-and-kidney-injury-in-umol.json").read_text(encoding="utf-8"))
    screening = screened_record(record, as_of="2025-10-30")
    counts = {trial.id: len(trial.by_day()) for trial in changes(screening).trials}
    assert sorted(counts.values()) == [3, 5, 10, 13]
    page = page_of(screening)
    [days] = [each for each in page.all("section", class_="ahead") if each[0].get("id") == "p1-days"]
    for trial, row in rows(days).items():
        more = counts[trial] - 6
        assert (f"and {more} more" in words(row)) is (more > 0)


# ---- margins of a criterion


@EACH
def test_every_margin_stands_with_its_criterion_and_what_would_turn_it(name: str) -> None:
    for trial in screened(name).trials:
        for criterion in trial.criteria:
            text = words(example_page(name).one(f"p1-{trial.id}-{criterion.id}"))
            told = margins(criterion).margins
            assert ("Margin" in text) is bool(told)
            for margin in told:
                assert flat(beside_explanation(margin)) in text
                assert flat(turning(margin)) in text
                assert margin.text.endswith(turning(margin))
                assert bool(turning(margin)) is bool(margin.turns)


def test_readings_that_differ_have_each_its_own_margin_and_what_would_turn_it() -> None:
    criterion = example_page("score-with-two-readings").one("p1-NCT07409259-I3")
    [cards] = [each for each in criterion.iter("ul") if each.get("class") == "readings"]
    first, second = [[words(line) for line in card.iter("p")][-1] for card in cards]
    assert first.startswith("Margin COSSH-ACLF II: 0.22 above. Would pass with INR at most 1.93 (2.2 recorded), or ")
    assert second.startswith(
        "Margin COSSH-ACLF II with the encephalopathy grade 0 to 4: 0.24 below. Would fail with INR at least 2.55 "
    )
    assert "Margin" not in [words(term) for term in criterion.iter("dt")]


def test_a_margin_beside_its_explanation_names_the_number_and_not_its_value_again() -> None:
    of = {
        (trial.id, criterion.id): [beside_explanation(each) for each in margins(criterion).margins]
        for trial in screened("hepatitis-b-flare-with-encephalopathy").trials
        for criterion in trial.criteria
    }
    assert of["NCT03863002", "F.age"] == ["Age: 25 years above the lower limit, 19 years below the upper limit"]
    assert of["NCT03863002", "I2"][0] == ("Total bilirubin: 82 umol/L above; 13.6 x ULN, limit 10 x")
    assert of["NCT05985863", "E1"] == [
        "West Haven grade of hepatic encephalopathy: exactly at the limit, which is included"
    ]
    assert (
        of["NCT05985863", "E2"][-1] == "Lowest platelet count before the last onset of liver failure: 82 x 10*9/L above"
    )


def test_a_grade_that_is_concluded_is_named_by_itself_too() -> None:
    record = json.loads((PATIENTS / "alcoholic-hepatitis-with-ascites.json").read_text(encoding="utf-8"))
    record["observations"] = [each for each in record["observations"] if "HE_grade" not in each.get("name", "")]
    record["conditions"].append({"name": "hepatic_encephalopathy", "status": "absent", "date": "2026-02-19"})
    told = [
        beside_explanation(margin)
        for trial in screened_record(record).trials
        for criterion in trial.criteria
        for margin in margins(criterion).margins
    ]
    assert "West Haven grade of hepatic encephalopathy: 3 below" in told


# ---- death


@pytest.mark.parametrize(
    ("died", "is_told"),
    [("2026-02-19", True), ("2026-02-20", True), ("2026-02-21", False), (True, True), (None, False)],
)
def test_a_band_at_the_top_says_that_the_patient_has_died_by_the_day_of_screening(
    died: str | bool | None, is_told: bool
) -> None:
    page = page_of(screened_record({"id": "p", "as_of": "2026-02-20", "died": died}))
    [sheet] = page.all("div", class_="sheet")
    before = list(takewhile(lambda each: each.tag != "section", sheet))
    bands = [words(each) for each in before if "death" in each.get("class", "")]
    assert len(bands) == is_told == len(page.all("p", class_="death"))
    assert all(band.startswith("The record says that the patient has died (") for band in bands)


def test_the_list_of_several_patients_says_who_has_died() -> None:
    dead = screened_record({"id": "a", "as_of": "2026-02-20", "died": "2026-02"})
    page = page_of(dead, screened_record({"id": "b", "as_of": "2026-02-20"}))
    [contents] = page.all("nav")
    assert [words(each).split(":")[0] for each in contents.iter("li")] == ["a (died Feb 2026)", "b"]
