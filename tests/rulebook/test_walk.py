"""Walking rules: what stands inside a node, what it names, and what it holds to which limit."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from screener import load_rules
from screener.rulebook import (
    Age,
    All,
    Arithmetic,
    Between,
    Compare,
    Confirmed,
    EventLookup,
    Happened,
    Meets,
    Not,
    Number,
    PointsOf,
    ScoreOf,
    SexIs,
    Truthful,
    Value,
)
from screener.rulebook_walk import NUMBERS, TRUTHS, HeldTo, children, held_to, refers_to, roots, walk, walk_through

X, Y = Value("latest x"), Value("latest y")
THREE, FOUR = Number(3, "3 mg/dL"), Number(4, "4 mg/dL")


def test_the_nodes_inside_a_node_come_in_the_order_of_the_rule() -> None:
    above, male = Compare(Arithmetic("+", X, Y), ">", THREE), SexIs("male")
    rule = All((above, Not(male)))
    assert list(children(rule)) == [above, Not(male)]
    assert list(walk(rule)) == [rule, above, above.left, X, Y, THREE, Not(male), male]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Compare(X, ">", THREE), [HeldTo(X, ">", THREE)]),
        (Compare(THREE, "<", X), [HeldTo(X, ">", THREE)]),
        (Compare(THREE, ">=", X), [HeldTo(X, "<=", THREE)]),
        (Compare(THREE, "=", X), [HeldTo(X, "=", THREE)]),
        (Between(X, THREE, FOUR), [HeldTo(X, ">=", THREE), HeldTo(X, "<=", FOUR)]),
        (Compare(X, ">", Y), []),
        (SexIs("male"), []),
        (Age(), []),
    ],
)
def test_a_number_is_held_to_a_limit(node: Truthful | Age, expected: list[HeldTo]) -> None:
    assert list(held_to(node)) == expected


def test_rules_are_made_of_nodes_alone() -> None:
    found = {type(node) for root in roots(load_rules()) for node in walk(root)}
    assert found <= {*NUMBERS, *TRUTHS}
    assert {Compare, Meets, PointsOf, Value} <= found


def test_what_a_node_names_is_walked_through() -> None:
    rules = load_rules()
    definition, score = next(iter(rules.definitions)), next(iter(rules.scores))
    assert list(refers_to(Meets(definition), rules)) == [rules.definitions[definition].rule]
    assert list(refers_to(ScoreOf(score), rules)) == [rules.scores[score].expression]
    table = next(iter(rules.tables))
    assert list(walk_through(PointsOf(table), rules))[:2] == [PointsOf(table), rules.tables[table].of]


def test_an_answer_can_hang_on_whom_a_question_is_asked_of_and_on_what_rules_something_out() -> None:
    rules = load_rules()
    question = replace(next(iter(rules.questions.values())), only_if=SexIs("female"))
    asked = replace(rules, questions={question.name: question})
    assert list(refers_to(Confirmed(question.name), asked)) == [SexIs("female")]
    lookup = next(each for each in rules.lookups.values() if isinstance(each, EventLookup) and each.beside is None)
    concept = replace(rules.concepts[lookup.what[0].concept], ruled_out=SexIs("male"))
    told = replace(rules, concepts={**rules.concepts, concept.name: concept})
    assert SexIs("male") in list(refers_to(Happened(lookup.name), told))
