"""Serial results as a drawing: which labs, which points, which limits, and that the table has all of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from report.pages import example_page, flat, screened, screened_record, words
from screener import load_rules
from screener.report.charts import PAPER, Drawing, charts
from screener.report.limits import limits_of_labs, limits_of_score
from screener.values.dates import dates_in_words


def results(*those: dict[str, Any], name: str = "TBil", unit: str | None = "umol/L") -> list[dict[str, Any]]:
    return [{"name": name, "unit": unit, **each} for each in those]


def chart_of(observations: list[dict[str, Any]], lab: str = "total_bilirubin") -> Drawing:
    record = {"id": "p", "as_of": "2026-02-20", "observations": observations}
    return next(chart for chart in charts(screened_record(record)) if chart.lab == lab)


def test_a_lab_with_two_results_that_the_trials_look_at_is_drawn_and_no_other() -> None:
    assert [chart.lab for chart in charts(screened("hepatitis-b-flare-with-encephalopathy"))] == [
        "total_bilirubin",
        "INR",
        "prothrombin_activity",
        "creatinine",
        "platelets",
        "albumin",
    ]
    assert charts(screened("referral-letter-only")) == ()


def test_only_the_labs_of_the_trials_asked_for_are_drawn() -> None:
    drawn = charts(screened("hepatitis-b-flare-with-encephalopathy", "NCT06242405"))
    assert {"total_bilirubin", "INR"} <= {chart.lab for chart in drawn}
    assert all(trial == "NCT06242405" for chart in drawn for held in chart.limits for trial, _ in held.lines)


def test_points_go_with_time_and_height_with_value() -> None:
    chart = chart_of(
        results(
            {"value": 300, "date": "2026-02-18"},
            {"value": 100, "date": "2026-02-10"},
            {"value": 200, "date": "2026-02-14"},
        )
    )
    assert [point.label for point in chart.points] == ["100", "200", "300"]
    xs, ys = [point.x for point in chart.points], [point.y for point in chart.points]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.2)
    assert all(PAPER.left < x < PAPER.right for x in xs)
    assert all(PAPER.top < y <= PAPER.bottom for y in ys)


def test_a_long_time_between_two_results_is_made_short_and_marked() -> None:
    chart = chart_of(
        results(
            {"value": 20, "date": "2025-02-18"},
            {"value": 100, "date": "2026-02-16"},
            {"value": 200, "date": "2026-02-18"},
            {"value": 210, "date": "2026-02-20"},
        )
    )
    assert [point.is_after_break for point in chart.points] == [False, True, False, False]
    assert [point.day for point in chart.points] == ["18 Feb 2025", "16 Feb 2026", "18 Feb", "20 Feb"]


@pytest.mark.parametrize(
    ("value", "shape", "label"),
    [
        ("<34.2", "at most", "< 34.2"),
        ("<=34.2", "at most", "≤ 34.2"),
        (34.2, "value", "34.2"),
        (">=34.2", "at least", "≥ 34.2"),
        (">34.2", "at least", "> 34.2"),
    ],
)
def test_a_result_known_only_as_a_limit_is_drawn_as_one(value: object, shape: str, label: str) -> None:
    chart = chart_of(results({"value": value, "date": "2026-02-18"}, {"value": 100, "date": "2026-02-10"}))
    assert (chart.points[1].shape, chart.points[1].label) == (shape, label)
    assert label in chart.summary


def test_limits_are_drawn_in_the_canonical_unit_and_name_their_lines() -> None:
    chart = chart_of(results({"value": 100, "date": "2026-02-10"}, {"value": 110, "date": "2026-02-18"}))
    assert [line.label for line in chart.lines] == ["≥ 85", "≥ 85.52", "≥ 205.2"]
    heights = {line.label: line.y for line in chart.lines}
    assert heights["≥ 205.2"] < heights["≥ 85.52"] <= heights["≥ 85"]
    told = {held.limit.text: held.lines for held in chart.limits}
    assert ("NCT05985863", "I2") in told["≥ 5 mg/dL"]
    assert all(trial == "NCT07409259" for trial, _ in told["≥ 12 mg/dL"])


def test_the_labels_of_limits_keep_apart_and_stay_on_the_paper() -> None:
    for name in ("hepatitis-b-flare-with-encephalopathy", "results-beyond-the-assay", "score-with-two-readings"):
        for chart in charts(screened(name)):
            places = sorted(line.label_y for line in chart.lines)
            assert all(below - above >= 12.9 for above, below in pairwise(places))
            assert all(0 < place < PAPER.height for place in places)


def test_the_results_own_upper_limits_are_drawn_as_steps_and_their_multiples_too() -> None:
    chart = chart_of(
        results(
            {"value": 100, "date": "2026-02-10", "upper_limit": 20},
            {"value": 110, "date": "2026-02-14"},
            {"value": 120, "date": "2026-02-18", "upper_limit": 30},
        )
    )
    own = next(line for line in chart.lines if line.is_own)
    multiple = next(line for line in chart.lines if line.label == "≥ 10 × upper limit")
    for line in (own, multiple):
        steps = [step.split("H") for step in line.path.split("M")[1:]]
        assert len(steps) == 2, "the result without a limit has none drawn"
        (start, end), (start_of_last, end_of_last) = steps
        assert float(start.split()[0]) == PAPER.left
        assert float(end) < float(start_of_last.split()[0])
        assert float(end_of_last) == PAPER.right
        assert float(start_of_last.split()[1]) < float(start.split()[1])


def test_results_of_one_upper_limit_share_one_line() -> None:
    chart = chart_of(
        results(*({"value": 100 + day, "date": f"2026-02-{day:02d}", "upper_limit": 20} for day in (10, 14, 18)))
    )
    own = next(line for line in chart.lines if line.is_own)
    assert own.path == f"M{PAPER.left} {own.y}H{PAPER.right}"


def test_without_limits_of_their_own_no_upper_limit_is_drawn() -> None:
    chart = chart_of(results({"value": 100, "date": "2026-02-10"}, {"value": 110, "date": "2026-02-18"}))
    assert not any(line.is_own or "×" in line.label for line in chart.lines)


def test_what_cannot_be_drawn_stands_in_the_table_with_its_reason() -> None:
    chart = chart_of(
        results(
            {"value": 100, "date": "2026-02-10"},
            {"value": 110},
            {"value": 9999, "date": "2026-02-12"},
            {"value": 120, "date": "2026-02-18"},
        )
    )
    assert [point.label for point in chart.points] == ["100", "120"]
    rows = {row.recorded: row for row in chart.rows}
    assert rows["110 umol/L"].date == "no date"
    assert rows["9999 umol/L"].remarks
    assert {row.recorded for row in chart.rows if not row.is_drawn} == {"110 umol/L", "9999 umol/L"}


def test_a_result_after_the_day_of_screening_is_not_seen() -> None:
    chart = chart_of(
        results(
            {"value": 100, "date": "2026-02-19"},
            {"value": 110, "date": "2026-02-20"},
            {"value": 120, "date": "2026-02-21"},
        )
    )
    assert [row.recorded for row in chart.rows] == ["100 umol/L", "110 umol/L"]


def test_a_date_known_in_part_is_as_wide_as_it_may_be() -> None:
    chart = chart_of(results({"value": 100, "date": "2026-01"}, {"value": 110, "date": "2026-02-18"}))
    assert chart.points[0].left < chart.points[0].x < chart.points[0].right
    assert chart.points[0].day == "Jan 2026"
    assert chart.points[1].left == chart.points[1].right


def test_another_unit_is_converted_and_both_are_told() -> None:
    chart = chart_of(
        [
            {"name": "TBil", "value": 5, "unit": "mg/dL", "date": "2026-02-10"},
            {"name": "TBil", "value": 100, "unit": "umol/L", "date": "2026-02-18"},
        ]
    )
    assert [(row.recorded, row.canonical) for row in chart.rows] == [("5 mg/dL", "85.52 umol/L"), ("100 umol/L", "")]
    assert chart.is_converted


def test_the_latest_result_is_always_labeled_and_labels_keep_apart() -> None:
    chart = chart_of(results(*({"value": 100 + day, "date": f"2026-02-{day:02d}"} for day in range(1, 20))))
    labeled = [point for point in chart.points if point.is_labeled]
    assert labeled[-1] is chart.points[-1]
    assert 4 < len(labeled) < len(chart.points) == len(chart.rows)
    assert all(later.x - earlier.x >= 42 for earlier, later in pairwise(labeled))


def test_the_axis_has_round_numbers_around_all_that_is_drawn() -> None:
    for chart in charts(screened("hepatitis-b-flare-with-encephalopathy")):
        labels = [float(tick.label) for tick in chart.ticks]
        steps = {round(b - a, 9) for a, b in pairwise(labels)}
        assert len(steps) == 1
        assert str(steps.pop()).strip("0.")[:1] in {"1", "2", "5"}
        heights = [point.y for point in chart.points] + [line.y for line in chart.lines]
        assert chart.ticks[-1].y <= min(heights)
        assert max(heights) <= chart.ticks[0].y


def test_every_drawing_has_words_and_a_table_that_say_the_same() -> None:
    page = example_page("results-beyond-the-assay")
    for chart in charts(screened("results-beyond-the-assay")):
        [figure] = [each for each in page.all("figure") if words(each).startswith(chart.title)]
        description = next(each for each in figure.iter() if each.tag.endswith("desc"))
        assert flat(chart.summary) == words(description)
        cells = words(figure)
        for row in chart.rows:
            assert dates_in_words(row.date) in cells
            assert row.recorded in cells
            assert row.source in cells
        assert all(held.limit.text in cells for held in chart.limits)


# ---- limits


def test_a_number_inside_a_score_or_a_change_is_no_limit_of_the_lab() -> None:
    rules = load_rules()
    limits = limits_of_labs(rules.trials.values(), rules)
    assert limits["urea"] == limits["albumin"] == ()
    assert [held.limit.text for held in limits["creatinine"]] == ["≥ 1.5 mg/dL", "≥ 2 mg/dL"]


def test_a_limit_that_shows_a_condition_is_one_of_the_lines_that_ask_for_it() -> None:
    rules = load_rules()
    [held] = limits_of_labs(rules.trials.values(), rules)["alpha_fetoprotein"]
    assert (held.limit.text, held.limit.value, held.lines) == ("> 400 ng/mL", 400, (("NCT03863002", "E3"),))


def test_the_limit_of_a_score_is_that_of_the_line() -> None:
    rules = load_rules()
    assert limits_of_score("NCT07409259", "I3", "COSSH_ACLF_II", rules) == ("< 7.4",)
    assert limits_of_score("NCT07409259", "I1", "COSSH_ACLF_II", rules) == ()
    assert limits_of_score("NCT03863002", "I3", "MELD", rules) == ("17 to 30",)
