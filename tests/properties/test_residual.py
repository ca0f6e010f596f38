"""What is left of an answer says what the whole says, whatever becomes of what is open."""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from screener.evaluation import residual as module
from screener.evaluation.answers import Judged
from screener.evaluation.residual import Connective, connected, open_nodes, residual, truths_in
from screener.rulebook import All, Any, AtLeast, Confirmed, Meets, Not
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

LEAVES = st.builds(
    lambda name, truth: Judged(Confirmed(name), truth), st.sampled_from("abcd"), st.sampled_from((TRUE, FALSE, UNKNOWN))
)


def made(node: Connective, parts: tuple[Judged, ...]) -> Judged:
    return Judged(node, connected(node, [part.truth for part in parts]), parts)


def connectives(parts: st.SearchStrategy[Judged]) -> st.SearchStrategy[Judged]:
    several = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        several.map(lambda those: made(All(tuple(each.node for each in those)), those)),
        several.map(lambda those: made(Any(tuple(each.node for each in those)), those)),
        st.tuples(st.integers(1, 4), several).map(
            lambda both: made(AtLeast(min(both[0], len(both[1])), tuple(each.node for each in both[1])), both[1])
        ),
        parts.map(lambda part: made(Not(part.node), (part,))),
        parts.map(lambda part: made(Meets("a definition"), (part,))),
    )


ANSWERS = st.recursive(LEAVES, connectives, max_leaves=10)


def truth_with(answer: Judged, known: Mapping[str, Truth]) -> Truth:
    """What an answer comes to once some of its open leaves are known."""
    if isinstance(answer.node, Connective):
        return connected(answer.node, [truth_with(part, known) for part in truths_in(answer)])
    assert isinstance(answer.node, Confirmed)
    return known.get(answer.node.question, UNKNOWN) if answer.truth is UNKNOWN else answer.truth


@given(ANSWERS)
def test_a_residual_says_what_the_whole_says_whatever_becomes_of_what_is_open(answer: Judged) -> None:
    left = residual(answer)
    for truths in product((TRUE, FALSE, UNKNOWN), repeat=4):
        known = dict(zip("abcd", truths, strict=True))
        assert truth_with(left, known) is truth_with(answer, known)


@given(ANSWERS)
def test_nothing_settled_and_no_name_of_a_definition_is_left_in_an_open_residual(answer: Judged) -> None:
    left = residual(answer)
    assert left.truth is answer.truth
    assert residual(left) == left

    def inside(part: Judged) -> None:
        assert part.truth is UNKNOWN
        assert not isinstance(part.node, Meets)
        for each in truths_in(part):
            inside(each)

    if answer.truth is UNKNOWN:
        inside(left)
        assert {id(node) for node in open_nodes(left)} <= {id(node) for node in open_nodes(answer)}
    else:
        assert left is answer
        assert not list(open_nodes(left))


def test_its_example_runs() -> None:
    assert doctest.testmod(module).failed == 0
