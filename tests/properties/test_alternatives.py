"""Ways kept as whole numbers, held against the same ways kept as sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from screener.advice.alternatives import Combining, Way, includes

SIZES = (2, 3, 2, 4)
FACTS = range(len(SIZES))
COMBINING = Combining(SIZES)


def values_of(fact: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(0, SIZES[fact] - 1), min_size=1)


WAYS: st.SearchStrategy[Way] = st.sets(st.sampled_from(FACTS)).flatmap(
    lambda facts: st.fixed_dictionaries({fact: values_of(fact) for fact in sorted(facts)})
)
SEVERAL = st.lists(WAYS, min_size=1, max_size=6)


def allows(way: Way, known: dict[int, int]) -> bool:
    return all(fact in known and known[fact] in values for fact, values in way.items())


def every_record() -> list[dict[int, int]]:
    """Each fact unknown, or one of its values."""
    records: list[dict[int, int]] = [{}]
    for fact in FACTS:
        records = [
            {**known, **told} for known in records for told in ({}, *({fact: value} for value in range(SIZES[fact])))
        ]
    return records


EVERY_RECORD = every_record()


@given(WAYS)
def test_a_way_is_told_as_it_was_coded(way: Way) -> None:
    assert COMBINING.told(COMBINING.coded(way)) == way
    assert COMBINING.needs(COMBINING.coded(way)).facts == tuple(sorted(way))


@given(WAYS, WAYS)
def test_one_way_has_all_bits_of_another_when_it_includes_it(wide: Way, narrow: Way) -> None:
    one, other = COMBINING.coded(wide), COMBINING.coded(narrow)
    assert (one | other == one) is includes(wide, narrow)


@given(WAYS, WAYS)
def test_both_ways_together_allow_what_each_allows(one: Way, other: Way) -> None:
    both = COMBINING.both(COMBINING.coded(one), COMBINING.coded(other))
    allowed = [known for known in EVERY_RECORD if allows(one, known) and allows(other, known)]
    if both is None:
        assert not allowed
    else:
        assert allowed == [known for known in EVERY_RECORD if allows(COMBINING.told(both), known)]


@given(SEVERAL)
def test_the_fewest_ways_allow_what_all_allowed_and_none_makes_another_needless(ways: list[Way]) -> None:
    fewest = COMBINING.fewest([COMBINING.coded(way) for way in ways], complete=True)
    kept = [COMBINING.told(way) for way in fewest.ways]
    for known in EVERY_RECORD:
        assert any(allows(way, known) for way in ways) == any(allows(way, known) for way in kept)
    assert fewest.complete
    for place, way in enumerate(kept):
        assert not any(includes(other, way) for other in kept[:place] + kept[place + 1 :])


@given(st.lists(SEVERAL, min_size=2, max_size=3))
def test_joined_ways_bring_everything_about(groups: list[list[Way]]) -> None:
    each = [COMBINING.fewest([COMBINING.coded(way) for way in ways], complete=True) for ways in groups]
    joined = [COMBINING.told(way) for way in COMBINING.joined(each).ways]
    for known in EVERY_RECORD:
        assert all(any(allows(way, known) for way in ways) for ways in groups) == any(
            allows(way, known) for way in joined
        )
