"""A summary for others names nobody, and its numbers do not tell how many a few are, however they are put together."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import combinations_with_replacement, product
from operator import add
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from cohort.conftest import DAY
from screener import load_rules
from screener.cohort.answers import How
from screener.cohort.files import write_summary
from screener.cohort.ran import Ran
from screener.cohort.summary import Made, OfTrial, Step, Summary, Wanted, _Cells, _most_missing, summed_up
from screener.records.facts.folder import Facts

OF_PATIENTS = ("nearest.csv", "closing.csv", "changes.csv")
SHARED = ("summary.html", "summary.json", "attrition.csv", "limits.csv", "missing.csv", "recorded.csv")


def summary(answers: tuple[Path, Ran], facts: Facts, least: int) -> Summary:
    return summed_up(answers[0], load_rules(), facts, How(DAY, DAY), least)


@pytest.fixture(scope="module")
def whole(answers: tuple[Path, Ran], facts: Facts) -> Summary:
    """The summary that stays in the house."""
    return summary(answers, facts, 1)


@pytest.fixture(scope="module")
def told(answers: tuple[Path, Ran], facts: Facts) -> set[str]:
    """The numbers that a summary for others tells."""
    return told_in(summary(answers, facts, 5).trials[0])


@pytest.mark.parametrize(
    ("number", "said"), [(0, None), (1, None), (5, None), (6, 6), (11, 6), (12, 12), (-5, None), (-6, -6), (-11, -6)]
)
def test_numbers_are_rounded_down_and_few_or_none_are_not_told(number: int, said: int | None) -> None:
    assert _Cells(5).change(number) == said


def counts(told: Any) -> list[int]:
    """Every number of patients in a summary."""
    if isinstance(told, dict):
        others = {"min_cell", "rounded_to", "number", "kind"}
        return [number for key, value in told.items() if key not in others for number in counts(value)]
    if isinstance(told, list):
        return [number for each in told for number in counts(each)]
    return [told] if isinstance(told, int) and not isinstance(told, bool) else []


def numbers_shown(page: str) -> list[str]:
    """What a page shows in the places of numbers of patients."""
    cells = re.findall(r'<td class="n">(.*?)</td>|<dd>(.*?)</dd>|(<strong>[\d,]+</strong>)', page)
    return [re.sub(r"<.*?>", "", "".join(each)) for each in cells]


def test_nothing_of_a_small_cell_or_a_patient_is_in_what_is_shared(
    answers: tuple[Path, Ran], facts: Facts, whole: Summary
) -> None:
    folder = answers[0]
    write_summary(folder, whole)
    assert all((folder / name).exists() for name in OF_PATIENTS)
    page = (folder / "summary.html").read_text()
    assert "as of 20 Feb 2026." in page
    assert not re.search(r"\d{4}-\d\d-\d\d", page)
    shared = summary(answers, facts, 5)
    write_summary(folder, shared)
    assert not any((folder / name).exists() for name in OF_PATIENTS)
    numbers = counts(json.loads((folder / "summary.json").read_text()))
    assert len(numbers) > 100
    assert all(number % 6 == 0 for number in numbers)
    for name in ("attrition.csv", "limits.csv", "missing.csv", "recorded.csv"):
        rows = list(csv.reader((folder / name).read_text("utf-8-sig").splitlines()))[1:]
        columns = {"attrition.csv": 4, "limits.csv": 6, "missing.csv": 4, "recorded.csv": 4}[name]
        assert all(cell == "under 6" or int(cell) % 6 == 0 for row in rows for cell in row[columns:])
    shown = numbers_shown((folder / "summary.html").read_text())
    assert len(shown) > 100
    assert all(each in ("under 6", "nobody") or int(each) % 6 == 0 for each in shown)
    ids = [patient.id for part in facts.about.parts for patient in facts.patients(part)]
    for name in SHARED:
        text = (folder / name).read_text()
        assert not [each for each in ids if each in text]


def test_the_numbers_add_up(whole: Summary) -> None:
    def known(*numbers: Made) -> int:
        return sum(each for each in numbers if isinstance(each, int))

    for trial in whole.trials:
        everybody = known(trial.patients)
        assert known(trial.eligible, trial.undetermined, trial.ineligible) == everybody
        last: Step | None = None
        for step in trial.steps:
            assert known(step.passed, step.failed, step.unknown) == everybody
            assert known(step.certain) <= known(step.possible) <= known(last.possible if last else everybody)
            assert known(step.possible_without) + known(step.certain_without) == (
                known(trial.eligible, trial.undetermined) + known(step.only_this_fails)
            )
            last = step
        assert last is not None
        assert known(last.certain) == known(trial.eligible)
        assert known(last.possible) == known(trial.eligible, trial.undetermined)


Cells = dict[tuple[str, int], int]
"""Numbers of patients, each with what it counts: a line, a limit or a fact."""
Tell = Callable[[Cells, int], Hashable]
"""What a summary tells of a population where no number below so many may be worked out."""
VERDICTS = ("patients", "eligible", "undetermined", "ineligible")
VERDICT = {"p": "eligible", "f": "ineligible", "u": "undetermined"}


def of_lines(person: str) -> Cells:
    """What a person adds to the numbers of a trial, with how many each line is the first to rule out. A person is a
    word with a letter for each line: passed, failed, unknown."""
    verdict = "f" if "f" in person else "u" if "u" in person else "p"
    cells = {("patients", 0): 1, (VERDICT[verdict], 0): 1}
    for at, status in enumerate(person):
        before, here, rest = person[:at], person[: at + 1], person[:at] + person[at + 1 :]
        holds = {
            {"p": "passed", "f": "failed", "u": "unknown"}[status]: True,
            "certain": set(here) == {"p"},
            "possible": "f" not in here,
            "first_fails": status == "f" and "f" not in before,
            "only_this_fails": status == "f" and "f" not in rest,
            "only_this_is_open": status == "u" and set(rest) <= {"p"},
            "certain_without": set(rest) <= {"p"},
            "possible_without": "f" not in rest and "u" in rest,
        }
        cells |= {(name, at + 1): 1 for name, is_so in holds.items() if is_so}
    return cells


def of_moves(person: str) -> Cells:
    """The same of a trial of one line: how it is, how with one limit moved, how with another."""
    as_it_is = person[0]
    cells = of_lines(as_it_is)
    for at, status in enumerate(person[1:]):
        cells["more_certain", at] = (status == "p") - (as_it_is == "p")
        cells["more_possible", at] = (status == "u") - (as_it_is == "u")
    return cells


def of_facts(person: tuple[str, str, bool]) -> Cells:
    """The same of a trial of one line: how it is, which facts it waits for, and whether the first is on record."""
    status, needs, is_recorded = person
    cells = of_lines(status) | {("recorded", 0): int(is_recorded)}
    for each in needs:
        cells |= {("missing", int(each)): 1, ("settles", int(each)): int(len(needs) == 1)}
    return cells


def told_by(told: set[str], more: int = 1) -> Tell:
    """What a summary tells that tells these numbers, in steps of so many more than the least."""

    def tell(cells: Cells, least: int) -> Hashable:
        say = _Cells(least)
        say.step = least + more
        numbers = [say.count(number) for (name, _), number in sorted(cells.items()) if name in told]
        changes = [say.change(number) for (name, _), number in sorted(cells.items()) if name.startswith("more_")]
        recorded = [say.unless_nobody(number) for (name, _), number in cells.items() if name == "recorded"]
        found = [
            Wanted("lab", fact, fact, cells["missing", at], cells["settles", at])
            for at, fact in enumerate("ba")
            if cells.get(("missing", at))
        ]
        return tuple(numbers), tuple(changes), tuple(recorded), _most_missing(found, say)

    return tell


def populations(people: Iterable[Cells], most: int) -> list[Cells]:
    """The numbers of all populations of at most so many people, each once."""
    kinds = list(people)
    names = sorted({name for each in kinds for name in each})
    rows = [tuple([each.get(name, 0) for name in names]) for each in kinds]
    grown = found = {tuple([0] * len(names))}
    for _ in range(most):
        grown = {tuple(map(add, each, row)) for each in grown for row in rows}
        found = found | grown
    return [dict(zip(names, each, strict=True)) for each in found]


def computed(people: Iterable[Cells], tell: Tell, least: int, most: int) -> tuple[int, int]:
    """How many small numbers there are in the summaries of all populations of at most so many people, and of how many
    the summary leaves nothing but one number: who thinks of every population that fits it knows that."""
    fitting: dict[Hashable, list[Cells]] = {}
    for cells in populations(people, most):
        fitting.setdefault(tell(cells, least), []).append(cells)
    # Of a summary that larger populations fit, too, not all that fit are here.
    step = _Cells(least).step
    whole = [those for those in fitting.values() if those[0]["patients", 0] // step * step + step - 1 <= most]
    numbers = [{each[cell] for each in those} for those in whole for cell in those[0]]
    small = [values for values in numbers if any(0 < abs(each) < least for each in values)]
    return len(small), sum(len(values) == 1 for values in small)


def told_in(trial: OfTrial) -> set[str]:
    """The numbers that a summary tells of everybody and of each line."""
    numbers = [(name, getattr(trial, name)) for name in VERDICTS]
    numbers += [(name, getattr(step, name)) for step in trial.steps for name in Step.__struct_fields__[3:]]
    return {name for name, number in numbers if number is not UNSET}


ONE_LINE = list(map(of_lines, "pfu"))
TWO_LINES = [of_lines("".join(each)) for each in product("pfu", repeat=2)]
ONE_WAY = [("".join((is_, low, high))) for low, is_, high in combinations_with_replacement("fup", 3)]
TWO_LIMITS = [of_moves(each) for each in ONE_WAY]
FACTS = [
    of_facts((status, needs, is_recorded))
    for status, needed in (("p", [""]), ("f", [""]), ("u", ["0", "1", "01"]))
    for needs in needed
    for is_recorded in (False, True)
]


@pytest.mark.parametrize(
    ("people", "least", "most"),
    [(ONE_LINE, 3, 11), (ONE_LINE, 5, 23), (TWO_LINES, 3, 7), (TWO_LIMITS, 3, 7), (FACTS, 3, 7)],
    ids=["one line", "one line, in sixes", "two lines", "two limits", "missing and recorded"],
)
def test_who_thinks_of_every_population_that_fits_learns_no_small_number(
    told: set[str], people: list[Cells], least: int, most: int
) -> None:
    small, known = computed(people, told_by(told), least, most)
    assert small > 10
    assert known == 0


def test_with_every_sum_told_and_in_smaller_steps_most_could_be_worked_out(whole: Summary) -> None:
    _, known = computed(TWO_LINES, told_by(told_in(whole.trials[0]), 0), 3, 7)
    assert known > 50


# The parts of a whole, each as large as a number can be that is not told: populations too large to go through all.
@pytest.mark.parametrize(
    ("least", "all_at_their_most", "others"),
    [
        (3, {"ppu": 2, "pup": 2, "upp": 2}, {"ppu": 1, "pup": 2, "upp": 2}),
        (3, {"p": 2, "f": 2, "u": 2}, {"p": 2, "f": 1, "u": 2}),
        (4, {"pp": 3, "pf": 3, "fp": 3, "uu": 3}, {"pp": 3, "pf": 2, "fp": 3, "uu": 3}),
        (5, {"ppp": 4, "ppf": 4, "pfp": 4, "fpp": 4, "uuu": 4}, {"ppp": 4, "ppf": 3, "pfp": 4, "fpp": 4, "uuu": 4}),
    ],
)
def test_parts_that_only_just_add_up_are_not_given_away(
    told: set[str], least: int, all_at_their_most: dict[str, int], others: dict[str, int]
) -> None:
    tell = told_by(told)

    def told_of(people: dict[str, int]) -> Hashable:
        names = {name: 0 for each in all_at_their_most for name in of_lines(each)}
        found = Counter(names)
        for each, number in people.items():
            for name in of_lines(each):
                found[name] += number
        return tell(found, least)

    assert told_of(all_at_their_most) == told_of(others)
