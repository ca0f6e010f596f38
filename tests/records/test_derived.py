"""Episodes and absences that results show, by the dictionary's `present when` and `absent when`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.small_rulebook import SMALL
from screener.records import read_patient
from screener.records.patient import Absence, Episode, Patient
from screener.values.dates import AT_ANY_TIME, BEGINNING, DAY, Moment, parse_moment

HE = "hepatic_encephalopathy"


def patient(*grades: tuple[Any, str | None], **record: Any) -> Patient:
    """A patient with encephalopathy grades, each with its date; `now` is an undated present state."""
    observations: list[dict[str, Any]] = []
    for value, date in grades:
        dated = {"current": True} if date == "now" else {"date": date}
        observations.append({"name": "HE_grade", "value": value, **dated})
    return read_patient({"observations": observations, **record}, SMALL)


def shown(source: str, start: Moment | None, asserted: str | None, **fields: Any) -> Episode:
    return Episode(
        HE,
        "conditions",
        source,
        start=start,
        asserted=parse_moment(asserted) if asserted else None,
        status="shown by result",
        shown_by_result=True,
        **fields,
    )


def up_to(date: str, after: str | None = None) -> Moment:
    """Some time after the beginning of one date (or since ever) and up to the end of another."""
    first = BEGINNING if after is None else parse_moment(after).first + 1
    return Moment(first, parse_moment(date).last)


def test_a_positive_result_shows_an_episode_of_unknown_beginning() -> None:
    found = patient((2, "2026-02-10"))
    assert found.episodes == {HE: (shown("observations[0]", up_to("2026-02-10"), "2026-02-10"),)}
    assert found.absences == {}


def test_a_negative_result_is_an_absence_on_its_date() -> None:
    found = patient((0, "2026-02-10"))
    assert found.absences == {
        HE: (Absence(HE, "conditions", "observations[0]", parse_moment("2026-02-10"), shown_by_result=True),)
    }
    assert found.episodes == {}


def test_positive_results_with_no_absence_between_them_began_together() -> None:
    found = patient((2, "2026-02-10"), (3, "2026-02-14"), (1, "2026-02-12"))
    assert found.episodes[HE] == (
        shown("observations[0]", up_to("2026-02-10"), "2026-02-10"),
        shown("observations[2]", up_to("2026-02-10"), "2026-02-12"),
        shown("observations[1]", up_to("2026-02-10"), "2026-02-14"),
    )


def test_an_absence_between_them_divides_them() -> None:
    found = patient((2, "2026-02-10"), (0, "2026-02-12"), (1, "2026-02-14"))
    assert found.episodes[HE] == (
        shown("observations[0]", up_to("2026-02-10"), "2026-02-10"),
        shown("observations[2]", up_to("2026-02-14", after="2026-02-12"), "2026-02-14"),
    )


def test_the_beginning_is_after_the_last_absence_before_it() -> None:
    found = patient((0, "2026-01-01"), (0, "2026-02-01"), (2, "2026-02-10"), (0, "2026-02-20"))
    assert found.episodes[HE] == (shown("observations[2]", up_to("2026-02-10", after="2026-02-01"), "2026-02-10"),)


def test_an_explicit_absence_divides_as_a_result_does() -> None:
    denied = {"conditions": [{"name": HE, "status": "absent", "date": "2026-02-12"}]}
    found = patient((2, "2026-02-10"), (1, "2026-02-14"), **denied)
    assert [each.start for each in found.episodes[HE]] == [
        up_to("2026-02-10"),
        up_to("2026-02-14", after="2026-02-12"),
    ]


def test_an_undated_explicit_absence_divides_nothing() -> None:
    found = patient((2, "2026-02-10"), (1, "2026-02-14"), conditions=[{"name": HE, "status": "absent"}])
    assert [each.start for each in found.episodes[HE]] == [up_to("2026-02-10")] * 2


def test_an_absence_of_another_list_divides_nothing() -> None:
    relatives = [{"name": HE, "status": "absent", "date": "2026-02-12"}]
    found = patient((2, "2026-02-10"), (1, "2026-02-14"), family_history=relatives)
    assert [each.start for each in found.episodes[HE]] == [up_to("2026-02-10")] * 2


@pytest.mark.parametrize("absence", ["2026-02", "2026-02-10", "2026-02-14", "2026", None])
def test_an_absence_that_only_may_lie_between_leaves_the_beginning_open(absence: str | None) -> None:
    found = patient((2, "2026-02-10"), (0, absence), (1, "2026-02-14"))
    assert found.episodes[HE] == (
        shown("observations[0]", up_to("2026-02-10"), "2026-02-10"),
        shown("observations[2]", up_to("2026-02-14"), "2026-02-14"),
    )


def test_with_times_of_day_a_single_day_can_be_told_apart() -> None:
    found = patient((2, "2026-02-10T08:00"), (0, "2026-02-10T12:00"), (1, "2026-02-10T16:00"))
    assert [each.start for each in found.episodes[HE]] == [
        up_to("2026-02-10T08:00"),
        up_to("2026-02-10T16:00", after="2026-02-10T12:00"),
    ]


@pytest.mark.parametrize(
    ("value", "episodes", "absences", "is_doubtful", "unusable"),
    [
        ("<1", 0, 1, False, None),
        ("<=1", 1, 1, True, None),
        (">=1", 1, 0, False, None),
        (">0", 1, 0, False, None),
        (">=0", 1, 1, True, None),
        ("drowsy", 1, 1, True, "missing"),
        (7, 1, 1, True, "impossible"),
    ],
)
def test_a_result_that_may_or_may_not_show_it_leaves_it_in_doubt(
    value: Any, episodes: int, absences: int, is_doubtful: bool, unusable: str | None
) -> None:
    """It may have been negative as well, and so an absence stands beside the episode, as doubtful as that."""
    found = patient((value, "2026-02-10"))
    those, none = found.episodes.get(HE, ()), found.absences.get(HE, ())
    assert (len(those), len(none)) == (episodes, absences)
    assert all((each.doubtful, each.unusable) == (is_doubtful, unusable) for each in (*those, *none))


def test_an_undated_result_shows_nothing_for_certain() -> None:
    """A negative one of an unknown day may be later than what an earlier result showed."""
    found = patient((2, None), (0, None))
    assert found.absences[HE] == (
        Absence(HE, "conditions", "observations[1]", AT_ANY_TIME, shown_by_result=True, doubtful=True),
    )
    assert found.episodes[HE] == (shown("observations[0]", None, None, doubtful=True),)


def test_the_present_state_shows_what_holds_now() -> None:
    assert patient((2, "now")).episodes[HE] == (shown("observations[0]", None, None, ongoing=True),)
    assert patient((0, "now")).absences[HE] == (Absence(HE, "conditions", "observations[0]", shown_by_result=True),)


def test_a_doubtful_result_between_two_positive_ones_leaves_the_beginning_open() -> None:
    found = patient((2, "2026-02-10"), ("drowsy", "2026-02-12"), (1, "2026-02-14"))
    assert found.episodes[HE] == (
        shown("observations[1]", up_to("2026-02-12"), "2026-02-12", doubtful=True, unusable="missing"),
        shown("observations[0]", up_to("2026-02-10"), "2026-02-10"),
        shown("observations[2]", up_to("2026-02-14"), "2026-02-14"),
    )


@pytest.mark.parametrize(
    ("entry", "is_doubled"),
    [
        ({"onset": "2026-02-01", "status": "active"}, False),
        ({"onset": "2026-02-01", "end": "2026-02-20"}, False),
        ({"onset": "2026-02-01", "end": "2026-02-11"}, False),
        ({"onset": "2026-02-01", "end": "2026-02-10"}, True),
        ({"onset": "2026-02-01", "end": "2026-02-09"}, True),
        ({"onset": "2026-02-01"}, True),
        ({"onset": "2026-02-10", "status": "active"}, True),
        ({"onset": "2026-02-11", "status": "active"}, True),
        ({"onset": "2026-02", "status": "active"}, True),
        ({"status": "active"}, True),
        ({"onset": "2026-02-01", "status": "resolved"}, True),
    ],
)
def test_an_entry_that_covers_a_positive_result_is_not_doubled_by_it(entry: dict[str, Any], is_doubled: bool) -> None:
    found = patient((2, "2026-02-10"), conditions=[{"name": HE, **entry}])
    assert len(found.episodes[HE]) == 1 + is_doubled


def test_a_result_that_does_not_count_shows_nothing() -> None:
    cancelled = {"name": "HE_grade", "value": 3, "date": "2026-02-10", "status": "cancelled"}
    found = read_patient({"observations": [cancelled]}, SMALL)
    assert (found.episodes, found.absences) == ({}, {})


def test_a_result_that_could_have_denied_it_and_does_not_leaves_it_in_doubt() -> None:
    indeterminate = {"name": "HIV_test", "value": "indeterminate", "date": "2026-02-01"}
    (hiv,) = read_patient({"observations": [indeterminate]}, SMALL).episodes["hiv_infection"]
    assert hiv.doubtful


def test_named_choices_show_it_too() -> None:
    found = read_patient(
        {
            "observations": [
                {"name": "ascites_grade", "value": "none", "date": "2026-02-01"},
                {"name": "ascites_grade", "value": "slight", "date": "2026-02-10"},
                {"name": "HIV_test", "value": "positive", "date": "2025-01-01"},
                {"name": "HIV_test", "value": "not done", "date": "2026-01-01"},
            ]
        },
        SMALL,
    )
    (ascites,) = found.episodes["ascites"]
    assert ascites.start == up_to("2026-02-10", after="2026-02-01")
    doubtful, hiv = found.episodes["hiv_infection"]
    assert doubtful.doubtful
    assert (hiv.asserted, hiv.ongoing, hiv.ended) == (parse_moment("2025-01-01"), False, False)
    (later,) = found.absences["hiv_infection"]
    assert (later.doubtful, later.when) == (True, parse_moment("2026-01-01"))


RUNS = st.lists(st.booleans(), max_size=12)


@given(RUNS)
def test_every_run_of_positive_results_began_after_the_absence_before_it(results: list[bool]) -> None:
    grades = [(int(positive), f"2026-02-{1 + place:02}") for place, positive in enumerate(results)]
    found = patient(*reversed(grades))
    assert len(found.absences.get(HE, ())) == results.count(False)
    episodes = iter(found.episodes.get(HE, ()))
    first = 0
    for place, positive in enumerate(results):
        if not positive:
            first = place + 1
            continue
        day_before = parse_moment(f"2026-02-{first:02}").first + 1 if first else BEGINNING
        expected = Moment(day_before, parse_moment(f"2026-02-{1 + first:02}").last)
        assert next(episodes).start == expected
    assert next(episodes, None) is None


@given(RUNS, st.data())
def test_a_date_made_precise_only_narrows_the_last_beginning(results: list[bool], data: st.DataObject) -> None:
    """What a result shows with a vaguer date covers what it shows with the exact one."""
    days = [1 + 2 * place for place in range(len(results))]
    vague = [data.draw(st.booleans()) for _ in results]
    exact = [(int(positive), f"2026-01-{day:02}") for positive, day in zip(results, days, strict=True)]
    blurred = [
        (grade, "2026-01" if blur and not grade else date) for (grade, date), blur in zip(exact, vague, strict=True)
    ]
    sharp = patient(*exact).episodes.get(HE, ())
    wide = patient(*blurred).episodes.get(HE, ())
    assert bool(sharp) == bool(wide)
    if sharp:
        lasts = [each.start for each in sharp if each.start is not None]
        wides = [each.start for each in wide if each.start is not None]
        last_onset = max(lasts, key=lambda start: start.last)
        assert min(start.first for start in wides) <= last_onset.first
        assert max(start.last for start in wides) >= last_onset.last
        assert last_onset.last % DAY == DAY - 1
