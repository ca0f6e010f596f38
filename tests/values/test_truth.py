"""Kleene's three-valued logic, its tables written out, and the laws that follow from "every possible completion"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from screener.values.truth import (
    FALSE,
    TRUE,
    UNKNOWN,
    Truth,
    all_of,
    any_of,
    at_least,
    negation,
    truth_of,
    union,
)

TRUTHS = (TRUE, FALSE, UNKNOWN)

AND = """
    and     | true    false   unknown
    true    | true    false   unknown
    false   | false   false   false
    unknown | unknown false   unknown
"""

OR = """
    or      | true    false   unknown
    true    | true    true    true
    false   | true    false   unknown
    unknown | true    unknown unknown
"""

UNION = """
    union   | true    false   unknown
    true    | true    unknown unknown
    false   | unknown false   unknown
    unknown | unknown unknown unknown
"""


def cells(table: str) -> list[tuple[Truth, Truth, Truth]]:
    """Each cell of a printed table as (row, column, entry)."""
    head, *lines = (line.replace("|", " ").split() for line in table.strip().splitlines())
    return [
        (Truth(row), Truth(column), Truth(entry))
        for row, *entries in lines
        for column, entry in zip(head[1:], entries, strict=True)
    ]


def possibilities(truth: Truth) -> tuple[bool, ...]:
    """The booleans that a truth stands for."""
    return {TRUE: (True,), FALSE: (False,), UNKNOWN: (True, False)}[truth]


def truth_of_all(outcomes: set[bool]) -> Truth:
    """The truth that stands for a set of booleans."""
    return {frozenset({True}): TRUE, frozenset({False}): FALSE, frozenset({True, False}): UNKNOWN}[frozenset(outcomes)]


@pytest.mark.parametrize(("left", "right", "expected"), cells(AND))
def test_and_is_the_printed_table(left: Truth, right: Truth, expected: Truth) -> None:
    assert all_of([left, right]) is expected


@pytest.mark.parametrize(("left", "right", "expected"), cells(OR))
def test_or_is_the_printed_table(left: Truth, right: Truth, expected: Truth) -> None:
    assert any_of([left, right]) is expected


@pytest.mark.parametrize(("left", "right", "expected"), cells(UNION))
def test_union_is_the_printed_table(left: Truth, right: Truth, expected: Truth) -> None:
    assert union([left, right]) is expected


@pytest.mark.parametrize(("truth", "expected"), [(TRUE, FALSE), (FALSE, TRUE), (UNKNOWN, UNKNOWN)])
def test_not_turns_true_and_false_round_and_leaves_unknown(truth: Truth, expected: Truth) -> None:
    assert negation(truth) is expected


def test_the_printed_tables_are_complete() -> None:
    for table in (AND, OR, UNION):
        assert len(cells(table)) == 9


def test_what_is_known_for_certain_has_the_truth_of_the_boolean() -> None:
    assert truth_of(True) is TRUE
    assert truth_of(False) is FALSE


@pytest.mark.parametrize("truth", TRUTHS)
def test_a_truth_is_never_a_boolean(truth: Truth) -> None:
    with pytest.raises(TypeError, match="a truth is not a boolean"):
        bool(truth)


@pytest.mark.parametrize("truth", TRUTHS)
def test_a_truth_shows_itself_by_name(truth: Truth) -> None:
    assert repr(truth) == truth.name


@pytest.mark.parametrize("size", range(4))
def test_and_and_or_are_what_every_completion_says(size: int) -> None:
    for truths in product(TRUTHS, repeat=size):
        completions = list(product(*(possibilities(truth) for truth in truths)))
        assert all_of(truths) is truth_of_all({all(each) for each in completions})
        assert any_of(truths) is truth_of_all({any(each) for each in completions})


@pytest.mark.parametrize("size", range(5))
def test_at_least_is_what_every_completion_says(size: int) -> None:
    for truths in product(TRUTHS, repeat=size):
        completions = list(product(*(possibilities(truth) for truth in truths)))
        for count in range(size + 2):
            assert at_least(count, truths) is truth_of_all({sum(each) >= count for each in completions})


def test_at_least_one_is_or_and_at_least_all_is_and() -> None:
    for truths in product(TRUTHS, repeat=3):
        assert at_least(1, truths) is any_of(truths)
        assert at_least(3, truths) is all_of(truths)


def test_de_morgan_holds_in_both_directions() -> None:
    for truths in product(TRUTHS, repeat=3):
        opposites = [negation(truth) for truth in truths]
        assert negation(all_of(truths)) is any_of(opposites)
        assert negation(any_of(truths)) is all_of(opposites)


def test_and_or_and_union_do_not_depend_on_grouping_or_order() -> None:
    for a, b, c in product(TRUTHS, repeat=3):
        for join in (all_of, any_of, union):
            assert join([a, join([b, c])]) is join([join([a, b]), c]) is join([a, b, c])
            assert join([a, b]) is join([b, a])
            assert join([a, a]) is a


def test_and_distributes_over_or_and_or_over_and() -> None:
    for a, b, c in product(TRUTHS, repeat=3):
        assert all_of([a, any_of([b, c])]) is any_of([all_of([a, b]), all_of([a, c])])
        assert any_of([a, all_of([b, c])]) is all_of([any_of([a, b]), any_of([a, c])])


def at_least_two(truths: Sequence[Truth]) -> Truth:
    return at_least(2, truths)


def test_learning_more_never_changes_a_definite_answer() -> None:
    """Replacing an UNKNOWN by TRUE or FALSE only ever settles what was UNKNOWN."""
    for truths in product(TRUTHS, repeat=3):
        for learned in product(*((truth,) if truth is not UNKNOWN else TRUTHS for truth in truths)):
            for join in (all_of, any_of, union, at_least_two):
                before = join(truths)
                assert before in (UNKNOWN, join(learned)), (truths, learned)


def test_and_of_nothing_is_true_and_or_of_nothing_is_false() -> None:
    assert all_of([]) is TRUE
    assert any_of([]) is FALSE


def test_the_union_of_no_worlds_is_an_error() -> None:
    with pytest.raises(ValueError, match="union of no truths"):
        union([])
