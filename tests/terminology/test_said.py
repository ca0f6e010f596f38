"""What several codes of one entry say together, and what is said of somebody who lies within one of several codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.terminology.said import NOBODY, Said, all_of_one_entry, within

C = "cirrhosis"
IS, MAY, NEW, NOT, DARK = "is", "may be", "unreviewed", "is not", "unknown"
"""What is said of C. `unknown`: of a code that nobody knows."""


def says(relation: str) -> Said:
    only = frozenset({C})
    match relation:
        case "is":
            return Said(is_=only)
        case "may be":
            return Said(may_be=only)
        case "unreviewed":
            return Said(unreviewed=only)
        case "unknown":
            return Said(unreviewed=only, is_known=False)
        case _:
            return Said()


def told(said: Said) -> str:
    if C in said.is_:
        return IS
    if C in said.may_be:
        return MAY
    if C in said.unreviewed:
        return NEW if said.is_known else DARK
    return NOT


RELATIONS = (IS, MAY, NEW, NOT, DARK)

TOGETHER = {
    #        is    may   new   not   dark
    IS:   (IS,   IS,   IS,   MAY,  IS),
    MAY:  (IS,   MAY,  MAY,  NOT,  MAY),
    NEW:  (IS,   MAY,  NEW,  NOT,  NEW),
    NOT:  (MAY,  NOT,  NOT,  NOT,  NOT),
    DARK: (IS,   MAY,  NEW,  NOT,  DARK),
}  # fmt: skip
"""Of an entry with two codes."""

WITHIN = {
    #        is    may   new   not   dark
    IS:   (IS,   MAY,  MAY,  MAY,  MAY),
    MAY:  (MAY,  MAY,  MAY,  MAY,  MAY),
    NEW:  (MAY,  MAY,  NEW,  NEW,  NEW),
    NOT:  (MAY,  MAY,  NEW,  NOT,  NEW),
    DARK: (MAY,  MAY,  NEW,  NEW,  DARK),
}  # fmt: skip
"""Of somebody who lies within one of two codes, nobody knows which."""

PAIRS = [(one, other) for one in RELATIONS for other in RELATIONS]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_codes_of_one_entry_mean_the_same(one: str, other: str) -> None:
    assert told(all_of_one_entry([says(one), says(other)])) == TOGETHER[one][RELATIONS.index(other)]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_within_two_codes_holds_what_both_say(one: str, other: str) -> None:
    assert told(within([says(one), says(other)])) == WITHIN[one][RELATIONS.index(other)]


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("together", [all_of_one_entry, within])
def test_one_code_says_what_it_says(together: object, relation: str) -> None:
    assert together([says(relation)]) == says(relation)  # type: ignore[operator]


def test_of_three_codes_one_that_denies_disputes_two_that_say_so() -> None:
    assert told(all_of_one_entry([says(IS), says(IS), says(NOT)])) == MAY


def test_what_nobody_knows_counts_where_somebody_said_what_it_is_not() -> None:
    """The site's table has the unknown code, and says no more of it than that it is no cirrhosis."""
    judged = Said(unreviewed=frozenset({"ascites"}), is_known=False, source="the site's table")
    assert told(all_of_one_entry([says(IS), judged])) == MAY
    assert all_of_one_entry([says(DARK), judged]).open == {"ascites"}


def test_the_sources_of_several_codes_are_named_once_each() -> None:
    several = [Said(source="the dictionary"), Said(source="a reviewed row"), Said(source="the dictionary")]
    assert all_of_one_entry(several).source == "the dictionary; a reviewed row"


def test_the_family_is_that_of_any_code_of_an_entry_and_within_codes_that_of_all() -> None:
    mother, nobody = Said(in_family=frozenset({C})), Said()
    assert all_of_one_entry([mother, nobody]).in_family == {C}
    assert (within([mother, nobody]).in_family, within([mother, nobody]).may_be_in_family) == (NOBODY, {C})
    assert within([mother, mother]).in_family == {C}


def test_a_review_settles_what_it_names_and_leaves_the_rest_open() -> None:
    entry = Said(may_be=frozenset({C, "ascites", "tumor"}), unreviewed=frozenset({"sepsis"}))
    none_of = entry.reviewed(NOBODY, frozenset({C}), settled=False)
    assert (none_of.is_, none_of.open) == (NOBODY, {"ascites", "tumor", "sepsis"})
    one_of = entry.reviewed(frozenset({C}), frozenset({"tumor"}), settled=True)
    assert (one_of.is_, one_of.open) == ({C}, NOBODY)


SAID = st.builds(
    lambda relations, known: Said(
        frozenset(name for name, each in relations.items() if each == IS),
        frozenset(name for name, each in relations.items() if each == MAY),
        frozenset(name for name, each in relations.items() if each == NEW),
        is_known=known,
    ),
    st.fixed_dictionaries({name: st.sampled_from([IS, MAY, NEW, NOT]) for name in "abc"}),
    st.booleans(),
)


@given(st.lists(SAID, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_is_two_things_at_once(several: list[Said], random: object) -> None:
    shuffled = list(several)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for together in (all_of_one_entry, within):
        said = together(several)
        again = together(shuffled)
        assert (said.is_, said.may_be, said.unreviewed) == (again.is_, again.may_be, again.unreviewed)
        assert not said.is_ & said.open
        assert not said.may_be & said.unreviewed


@given(st.lists(SAID, min_size=1, max_size=3), SAID)
def test_one_more_code_within_which_somebody_may_lie_never_makes_anything_more_certain(
    several: list[Said], more: Said
) -> None:
    before, after = within(several), within([*several, more])
    assert after.is_ <= before.is_
    assert before.is_ | before.open <= after.is_ | after.open
