"""How far a number lies from its limit: on which side, by how much, in which unit, and exactly."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from advice.one_line import line, margin, result
from golden.screened import examples
from screener.advice.margins import distance_text, exact_limit, margins, margins_of
from screener.advice.turning import decimal_text
from screener.loading import load_rulebook
from screener.records import read_patient
from screener.rulebook import ChangeLookup, Compare, Number, Rulebook, Value
from screener.schema import plain
from screener.screening import CriterionResult, evaluate


@pytest.mark.parametrize(
    ("rule", "value", "holds", "side", "least", "included"),
    [
        ("INR < 1.5", 1.4, True, "below", "1/10", False),
        ("INR < 1.5", 1.5, False, "at", "0", False),
        ("INR < 1.5", 1.6, False, "above", "1/10", False),
        ("INR <= 1.5", 1.4, True, "below", "1/10", True),
        ("INR <= 1.5", 1.5, True, "at", "0", True),
        ("INR <= 1.5", 1.6, False, "above", "1/10", True),
        ("INR > 1.5", 1.4, False, "below", "1/10", False),
        ("INR > 1.5", 1.5, False, "at", "0", False),
        ("INR > 1.5", 1.6, True, "above", "1/10", False),
        ("INR >= 1.5", 1.4, False, "below", "1/10", True),
        ("INR >= 1.5", 1.5, True, "at", "0", True),
        ("INR >= 1.5", 1.6, True, "above", "1/10", True),
        ("not INR >= 1.5", 1.4, False, "below", "1/10", True),
        ("not INR >= 1.5", 1.5, True, "at", "0", True),
        ("not INR >= 1.5", 1.6, True, "above", "1/10", True),
        ("platelets < 50 x 10*9/L", 49, True, "below", "1", False),
        ("platelets < 50 x 10*9/L", 50, False, "at", "0", False),
        ("platelets < 50 x 10*9/L", 51, False, "above", "1", False),
        ("hepatic_encephalopathy_grade >= 2", 1, False, "below", "1", True),
        ("hepatic_encephalopathy_grade >= 2", 2, True, "at", "0", True),
        ("hepatic_encephalopathy_grade >= 2", 3, True, "above", "1", True),
    ],
)
def test_below_at_and_above_a_limit(
    rule: str, value: float, holds: bool, side: str, least: str, included: bool
) -> None:
    name = rule.removeprefix("not ").split()[0]
    told = margin(rule, result(name, value, "10*9/L" if name == "platelets" else None))
    (distance,) = told.distances
    assert (told.holds, distance.side, distance.gap.least, distance.gap.most, distance.is_included) == (
        holds,
        side,
        Fraction(least),
        Fraction(least),
        included,
    )
    assert told.name == name


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ("INR >= 1.5", "1.5", "exactly at the limit, which is included"),
        ("INR > 1.5", "1.5", "exactly at the limit, which is not included"),
        ("INR >= 1.5", "1.499", "0.001 below"),
        ("INR >= 1.5", "1.50001", "0.00001 above"),
        ("INR >= 1.5", "12", "10.5 above"),
    ],
)
def test_what_is_not_at_the_limit_never_reads_as_if_it_were(rule: str, value: str, words: str) -> None:
    assert margin(rule, result("INR", value)).text == (f"INR {value} on 19 Feb 2026, limit 1.5: {words}")


BILIRUBIN = "total_bilirubin >= 5 mg/dL"
EXACT = Fraction(5) * Fraction(10_000, 1) / Fraction("584.66")
"""5 mg/dL in umol/L, by the molar mass of bilirubin: 85.5198…"""


@pytest.mark.parametrize(
    ("value", "unit", "side", "canonical", "recorded"),
    [
        (4.9, "mg/dL", "below", EXACT / 50, Fraction(1, 10)),
        (5, "mg/dL", "at", Fraction(0), Fraction(0)),
        (5.1, "mg/dL", "above", EXACT / 50, Fraction(1, 10)),
        (85.5, "umol/L", "below", EXACT - Fraction("85.5"), None),
        (85.6, "umol/L", "above", Fraction("85.6") - EXACT, None),
        (50, "mg/L", "at", Fraction(0), Fraction(0)),
    ],
)
def test_a_difference_is_exact_in_the_canonical_unit_and_in_the_one_recorded(
    value: float, unit: str, side: str, canonical: Fraction, recorded: Fraction | None
) -> None:
    (distance,) = margin(BILIRUBIN, result("TBil", value, unit)).distances
    assert (distance.side, distance.gap.least, distance.unit) == (side, canonical, "umol/L")
    assert (distance.recorded.least if distance.recorded else None) == recorded
    assert distance.recorded_unit == (unit if recorded is not None else None)


def test_both_units_are_told() -> None:
    told = margin("total_bilirubin >= 171 umol/L", result("TBil", "12.28", "mg/dL"))
    assert told.text == (
        "Total bilirubin 12.28 mg/dL (210 umol/L) on 19 Feb 2026, limit 171 umol/L: "
        "39 umol/L above; 2.28 mg/dL in the unit recorded"
    )
    near = margin(BILIRUBIN, result("TBil", "85.5", "umol/L"))
    assert near.text.endswith("limit 5 mg/dL (85.52 umol/L): 0.0198 umol/L below")


def test_a_form_of_the_analyte_keeps_its_own_unit() -> None:
    (distance,) = margin("urea >= 10 mmol/L", result("BUN", 30, "mg/dL")).distances
    assert distance.recorded is not None
    assert distance.text == "0.709 mmol/L above; 1.99 mg/dL in the unit recorded"
    assert distance.recorded.least == distance.gap.least * Fraction("28.014") / 10


@pytest.mark.parametrize(
    ("value", "sides", "leasts", "holds"),
    [
        (16, ("below", "below"), (1, 14), False),
        (17, ("at", "below"), (0, 13), True),
        (18, ("above", "below"), (1, 12), True),
        (29, ("above", "below"), (12, 1), True),
        (30, ("above", "at"), (13, 0), True),
        (31, ("above", "above"), (14, 1), False),
    ],
)
def test_both_limits_of_a_between_are_told(
    value: int, sides: tuple[str, str], leasts: tuple[int, int], holds: bool
) -> None:
    told = margin("body_weight between 17 kg and 30 kg", result("weight", value, "kg"))
    assert tuple(each.side for each in told.distances) == sides
    assert tuple(each.gap.least for each in told.distances) == leasts
    assert told.holds is holds
    assert "limits 17 to 30 kg: " in told.text


@pytest.mark.parametrize(
    ("birth_date", "text"),
    [
        ("1960-02-21", "Age 65 years, limits 18 to 65 years: "
                       "47 years above the lower limit, exactly at the upper limit, which is included"),
        ("1960-02-20", "Age 66 years, limits 18 to 65 years: "
                       "48 years above the lower limit, 1 year above the upper limit"),
        ("2009", "Age 16 or 17 years, limits 18 to 65 years: at least 1 and at most 2 years below the lower limit, "
                 "at least 48 and at most 49 years below the upper limit"),
    ],
)  # fmt: skip
def test_an_age_is_told_in_years(birth_date: str, text: str) -> None:
    assert margin("age between 18 and 65 years", birth_date=birth_date).text == text


@pytest.mark.parametrize(
    ("rule", "value", "text"),
    [
        ("INR >= 1.5", ">8", "more than 6.5 above"),
        ("INR >= 1.5", ">=8", "at least 6.5 above"),
        ("INR >= 1.5", ">=1.5", "exactly at the limit or above"),
        ("INR > 1.5", ">1.5", "above"),
        ("INR >= 1.5", "<1.5", "below"),
        ("INR <= 1.5", "<=1.5", "exactly at the limit or below"),
        ("INR >= 1.5", "<1", "more than 0.5 below"),
        ("hepatic_encephalopathy_grade >= 2", ">=3", "at least 1 above"),
    ],
)
def test_a_value_known_only_as_a_range_has_a_range_of_margins(rule: str, value: str, text: str) -> None:
    told = margin(rule, result(rule.split()[0], value))
    assert told.text.rpartition(": ")[2] == text


def test_two_results_of_one_time_have_a_range_of_margins() -> None:
    two = [result("INR", value, when="2026-02-19T07:00") for value in ("1.7", "1.9")]
    (distance,) = margin("INR >= 1.5", *two).distances
    assert (distance.gap.least, distance.gap.most) == (Fraction(1, 5), Fraction(2, 5))
    assert distance.text == "at least 0.2 and at most 0.4 above"


def test_the_exact_ends_of_what_is_open_on_one_side() -> None:
    (distance,) = margin("total_bilirubin >= 171 umol/L", result("TBil", ">30", "mg/dL")).distances
    assert distance.gap.is_more
    assert distance.gap.most is None
    assert distance.text == "more than 342 umol/L above; more than 20 mg/dL in the unit recorded"


# ---- multiples of a limit of normal


@pytest.mark.parametrize(
    ("value", "side", "least", "multiple", "text"),
    [
        ("209", "below", "1", "209/21", "9.95 x ULN, limit 10 x"),
        ("209.999", "below", "1/1000", "209999/21000", "9.99995 x ULN, limit 10 x"),
        ("210", "at", "0", "10", "10 x ULN, limit 10 x"),
        ("258", "above", "48", "258/21", "12.3 x ULN, limit 10 x"),
    ],
)
def test_a_multiple_of_the_limit_that_came_with_the_result(
    value: str, side: str, least: str, multiple: str, text: str
) -> None:
    told = margin("total_bilirubin >= 10 x ULN", result("TBil", value, "umol/L", upper_limit=21))
    (distance,) = told.distances
    assert (distance.side, distance.gap.least) == (side, Fraction(least))
    assert told.multiple is not None
    assert told.multiple.gap.least == told.multiple.gap.most == Fraction(multiple)
    assert told.multiple.text == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("170", "at least 1 and at most 90 umol/L below; "
                "at least 6.54 and at most 9.94 x ULN, limit 10 x"),
        ("300", "at least 40 and at most 129 umol/L above; "
                "at least 11.5 and at most 17.5 x ULN, limit 10 x"),
    ],
)  # fmt: skip
def test_without_a_limit_of_its_own_every_limit_in_use_is_taken(value: str, text: str) -> None:
    assert margin("total_bilirubin >= 10 x ULN", result("TBil", value, "umol/L")).text.endswith(f": {text}")


def test_of_several_results_the_one_that_decides_is_told() -> None:
    results = [
        result("TBil", 240, "umol/L", "2026-02-17", upper_limit=26),
        result("TBil", 230, "umol/L", "2026-02-18", upper_limit=20),
        result("TBil", 90, "umol/L", "2026-02-19", upper_limit=20),
    ]
    told = margin("highest total_bilirubin within 7 days >= 10 x ULN", *results)
    assert told.multiple is not None
    assert told.multiple.text == "11.5 x ULN, limit 10 x"
    assert told.distances[0].gap.least == 30


# ---- changes


@pytest.mark.parametrize(
    ("last", "side", "text"),
    [
        ("1.2", "below", "8.82 umol/L below; 0.0998 mg/dL in the unit recorded"),
        ("1.3", "above", "0.02 umol/L above; 0.000232 mg/dL in the unit recorded"),
        ("1.5", "above", "17.7 umol/L above; 0.2 mg/dL in the unit recorded"),
    ],
)
def test_a_rise_is_told_in_both_units(last: str, side: str, text: str) -> None:
    two = [result("creatinine", "1.0", "mg/dL", "2026-02-17"), result("creatinine", last, "mg/dL")]
    (distance,) = margin("rise in creatinine within 7 days >= 26.5 umol/L", *two).distances
    assert distance.side == side
    assert distance.text == text


def test_a_relative_rise_is_told_in_percentage_points() -> None:
    two = [result("creatinine", "1.0", "mg/dL", "2026-02-17"), result("creatinine", "1.4", "mg/dL")]
    told = margin("relative rise in creatinine within 7 days >= 50 %", *two)
    assert told.distances[0].text == "10 percentage points below"


def test_a_rise_per_day_is_told_per_day() -> None:
    two = [result("TBil", 100, "umol/L", "2026-02-18"), result("TBil", 120, "umol/L", "2026-02-19")]
    told = margin("rise per day in total_bilirubin within 7 days >= 17.1 umol/L", *two)
    assert told.distances[0].text == "2.9 umol/L a day above"


# ---- which numbers are told


TWO = 'read as "to the letter" total_bilirubin >= 5 mg/dL or read as "as printed" total_bilirubin >= 85 umol/L'


def test_what_differs_between_two_readings_is_told_of_each() -> None:
    told = margins(line(TWO, observations=[result("TBil", "85.2", "umol/L")]))
    assert [(each.reading, each.holds) for each in told.margins] == [("to the letter", False), ("as printed", True)]
    assert told.status == "unknown"
    assert told.text.startswith("Read as “to the letter”: total bilirubin 85.2 umol/L")


def test_what_is_alike_in_all_readings_is_told_once() -> None:
    rule = f"({TWO}) and INR >= 1.5"
    told = margins(line(rule, observations=[result("TBil", 100, "umol/L"), result("INR", 2)]))
    assert [(each.name, each.reading) for each in told.margins] == [
        ("INR", None),
        ("total_bilirubin", "to the letter"),
        ("total_bilirubin", "as printed"),
    ]


def test_a_reading_that_a_site_has_chosen_is_told_alone() -> None:
    answers = {"NCT00000001/I1": {"reading": 2}}
    criterion = line(TWO, observations=[result("TBil", "85.2", "umol/L")])
    chosen = {f"{criterion.frame.trial}/{criterion.id}": answers["NCT00000001/I1"]}
    told = margins(line(TWO, observations=[result("TBil", "85.2", "umol/L")], answers=chosen))
    assert [(each.reading, each.holds) for each in told.margins] == [(None, True)]


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ([], []),
        ([result("INR", 1.2)], []),
        ([result("INR", 1.8)], ["INR"]),
        ([result("INR", 1.8), result("PTA", 30, "%")], ["INR", "prothrombin_activity"]),
        ([result("INR", 1.8), result("PTA", 60, "%")], ["INR"]),
        ([result("INR", 1.2), result("PTA", 60, "%")], ["INR", "prothrombin_activity"]),
    ],
)
def test_only_what_decided_is_told(results: list[dict[str, Any]], told: list[str]) -> None:
    criterion = line("INR >= 1.5 or prothrombin_activity < 40 %", observations=results)
    assert [each.name for each in margins(criterion).margins] == told


def test_a_number_before_an_onset_is_told() -> None:
    failure = {"name": "liver_failure", "onset": "2026-02-10", "status": "active"}
    platelets = [result("PLT", 48, "10*9/L", "2026-01-02"), result("PLT", 41, "10*9/L", "2026-02-15")]
    rule = "before last onset of liver_failure (lowest platelets within 3 months < 50 x 10*9/L)"
    assert margin(rule, *platelets, conditions=[failure]).distances[0].gap.least == 2


def test_a_number_beside_an_episode_is_told() -> None:
    bleed = {"name": "gastrointestinal_bleeding", "onset": "2026-02-10", "end": "2026-02-12", "status": "resolved"}
    beside = "with (lowest hemoglobin within 7 days of its onset < 90 g/L)"
    rule = f"history of gastrointestinal_bleeding within 2 months {beside}"
    told = margin(rule, result("Hb", 8.6, "g/dL", "2026-02-11"), conditions=[bleed])
    assert told.distances[0].text == "4 g/L below; 0.4 g/dL in the unit recorded"


# ---- scores


def test_a_score_tells_what_each_input_would_have_to_be() -> None:
    results = [
        result("TBil", 355, "umol/L"),
        result("INR", "2.2"),
        result("neutrophils", "6.2", "10*9/L"),
        result("urea", "6.1", "mmol/L"),
        result("HE_grade", 0),
    ]
    told = margin("COSSH_ACLF_II < 7.4", *results, birth_date="1973-07-19")
    assert told.text == (
        "COSSH-ACLF II 7.62, limit 7.4: 0.22 above. Would pass with INR at most 1.93 (2.2 recorded), "
        "or neutrophil count at most 3.73 x 10*9/L (6.2 x 10*9/L recorded), "
        "or total bilirubin at most 205 umol/L (355 umol/L recorded), "
        "or urea at most 4.19 mmol/L (6.1 mmol/L recorded). "
        "No other value of West Haven grade of hepatic encephalopathy would change that"
    )


CHILD_PUGH = [
    result("ALB", 30, "g/L"),
    result("INR", "1.5"),
    result("ascites_grade", "slight"),
    result("HE_grade", 0),
]


@pytest.mark.parametrize(
    ("bilirubin", "unit", "text", "exact"),
    [
        ("2.5", "mg/dL", "below 2 mg/dL", True),
        ("40", "umol/L", "at most 34.2 umol/L", False),
        ("40.000", "umol/L", "at most 34.207 umol/L", False),
    ],
)
def test_the_edge_of_a_step_is_told_with_its_strictness(bilirubin: str, unit: str, text: str, exact: bool) -> None:
    told = margin("Child_Pugh >= 8", result("TBil", bilirubin, unit), *CHILD_PUGH)
    turn = next(each for each in told.turns if each.name == "total_bilirubin")
    assert turn.text.startswith(f"total bilirubin {text}")
    assert turn.stretches[0].nearest.is_edge is exact


def test_the_steps_of_the_other_inputs() -> None:
    told = margin("Child_Pugh > 7", result("TBil", "2.5", "mg/dL"), *CHILD_PUGH)
    assert {each.name: each.text for each in told.turns} == {
        "total_bilirubin": "total bilirubin below 2 mg/dL (2.5 mg/dL recorded)",
        "albumin": "albumin above 35 g/L (30 g/L recorded)",
        "INR": "no possible INR",
        "ascites_grade": "grade of ascites none (slight recorded)",
        "hepatic_encephalopathy_grade": "no possible West Haven grade of hepatic encephalopathy",
    }


MELD = [result("creatinine", "1.5", "mg/dL"), result("TBil", "20", "mg/dL")]


def meld_line(rule: str, inr: str) -> CriterionResult:
    return line(rule, observations=[*MELD, result("INR", inr)], complete=["procedures", "conditions"])


@pytest.mark.parametrize(
    ("inr", "status", "turning"),
    [
        ("1.90", "passed", ["at least 2.21"]),
        ("2.20", "passed", ["at least 2.21"]),
        ("2.21", "failed", ["at most 2.2"]),
        ("2.40", "failed", ["at most 2.2"]),
    ],
)
def test_rounding_is_a_step_like_any_other(inr: str, status: str, turning: list[str]) -> None:
    # 10 x (0.957 ln 1.5 + 0.378 ln 20 + 1.120 ln INR + 0.643) is 30.49 at an INR of 2.20 and 30.54 at 2.21.
    criterion = meld_line("MELD between 17 and 30", inr)
    assert criterion.status == status
    (told,) = margins(criterion).margins
    turn = next(each for each in told.turns if each.name == "INR")
    assert [each.text for each in turn.stretches] == turning


def test_between_two_limits_it_turns_and_turns_back() -> None:
    (told,) = margins(meld_line("MELD between 29 and 30", "3.00")).margins
    turn = next(each for each in told.turns if each.name == "INR")
    assert [each.text for each in turn.stretches] == ["at most 2.2 and at least 1.85"]
    statuses = [meld_line("MELD between 29 and 30", inr).status for inr in ("1.84", "1.85", "2.20", "2.21")]
    assert statuses == ["failed", "passed", "passed", "failed"]


def test_a_grade_that_follows_from_an_absence_is_an_input_too() -> None:
    absent = {"name": "hepatic_encephalopathy", "status": "absent", "date": "2026-02-19"}
    results = [result("TBil", "1.0", "mg/dL"), *CHILD_PUGH[:3]]
    told = margin("Child_Pugh < 9", *results, conditions=[absent])
    turn = next(each for each in told.turns if each.name == "hepatic_encephalopathy_grade")
    assert (
        turn.text == "West Haven grade of hepatic encephalopathy at least 3 (0, as the condition is absent, recorded)"
    )


# ---- texts, and plain data


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        ("39", None, "39"),
        ("39.04", None, "39"),
        ("184.2", None, "184"),
        ("1234.5", None, "1234"),
        ("0.01979", None, "0.0198"),
        ("0.00000004", None, "0.00000004"),
        ("0.1234", 2, "0.12"),
        ("0.0004", 2, "0.0004"),
        ("0", 2, "0"),
    ],
)
def test_a_distance_is_rounded_and_never_to_nothing(number: str, decimals: int | None, text: str) -> None:
    assert distance_text(Fraction(number), decimals) == text


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [("1.67", 2, "1.67"), ("2", 2, "2"), ("-0.5", 1, "-0.5"), ("0.05", 2, "0.05"), ("-0.001", 2, "0"), ("10", 0, "10")],
)
def test_a_decimal_is_written_out(number: str, decimals: int, text: str) -> None:
    assert decimal_text(Fraction(number), decimals) == text


def numbers_of(rulebook: Rulebook) -> list[tuple[Number, str]]:
    found = []
    waiting: list[Any] = [each.rule for each in rulebook.definitions.values()]
    waiting += [
        reading.rule for trial in rulebook.trials.values() for line in trial.criteria for reading in line.readings
    ]
    while waiting:
        match waiting.pop():
            case Compare(left=Value(lookup=name), right=Number() as number):
                lookup = rulebook.lookups[name]
                is_relative = isinstance(lookup, ChangeLookup) and lookup.change.startswith("relative")
                fact = getattr(lookup, "fact", "")
                if fact in rulebook.labs and not is_relative:
                    found.append((number, fact))
            case tuple() as several:
                waiting += several
            case node if hasattr(node, "__struct_fields__"):
                waiting += [getattr(node, field) for field in node.__struct_fields__]
    return found


def test_every_limit_of_the_rules_is_known_before_it_was_rounded() -> None:
    rulebook = load_rulebook()
    limits = numbers_of(rulebook)
    assert len(limits) >= 10
    for number, fact in limits:
        assert float(exact_limit(number, rulebook.labs[fact])) == number.value


def test_margins_are_plain_data() -> None:
    rulebook = load_rulebook()
    count = 0
    for path in examples():
        screening = evaluate(read_patient(path, rulebook), rulebook)
        for trial in margins_of(screening):
            told = plain(trial)
            assert json.loads(json.dumps(told)) == told
            count += len(told["criteria"])
    assert count >= 100


def test_of_several_results_that_count_in_two_ways_no_single_value_is_promised() -> None:
    # INR is one of the three and so is the highest; were all three 0.6, the sum would be below 2.
    results = [result("INR", value, when="2026-02-19T07:00") for value in ("0.6", "2.0", ">8")]
    told = margin("INR + highest INR within 7 days >= 2", *results)
    assert [(turn.stretches, turn.is_settled) for turn in told.turns] == [((), False), ((), False)]
    assert told.text.endswith("was found that would change that")
    assert line("INR + highest INR within 7 days >= 2", observations=[result("INR", "0.6")] * 2).status == "failed"


def test_a_result_that_moves_the_onset_it_is_told_from_is_tried_with_the_onset_moved() -> None:
    # With the grade of January 1 the coma would still have begun then; with 0 it would not.
    grade = result("HE_grade", 2, when="2026-01-20")
    coma = {"name": "hepatic_encephalopathy", "onset": "2026-02-17", "status": "active", "date": "2026-02-19"}
    rule = "lowest hepatic_encephalopathy_grade since first onset of hepatic_encephalopathy + 2 <= 3"
    told = margin(rule, grade, conditions=[coma])
    (turn,) = told.turns
    tried = [
        line(rule, observations=[{**grade, "value": value}], conditions=[coma]).status for value in (0, 1, 2, 3, 4)
    ]
    assert tried == ["unknown", "passed", "failed", "failed", "failed"]
    assert [stretch.text for stretch in turn.stretches] == ["1"]
