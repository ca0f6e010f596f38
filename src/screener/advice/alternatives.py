"""Alternatives put together: ways to bring something about, each a few facts with the values that do.

A way is kept as one whole number, a bit for each value of each fact and one more for the fact itself: a bit is set
where the way allows the value, and all bits of a fact are set where the way does not need it. So one way allows all
that another allows if it has all of its bits, and what both allow are the bits they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

Way = Mapping[int, frozenset[int]]
"""Facts by their place, each with the places of the possibilities that do."""

MOST_WAYS = 60
"""Ways that are kept of one criterion; of more the smallest."""
NEEDS_NOTHING = -1
"""In the place of a fact, where a way needs none."""


class Alternatives(Struct, frozen=True):
    """Ways as numbers, none of which needs all that another needs; `complete` if there are no others."""

    ways: tuple[int, ...]
    complete: bool = True


NO_WAY = Alternatives(())


class Needs(Struct, frozen=True, gc=False):
    """The facts that a way needs, and the bits of all their values."""

    facts: tuple[int, ...]
    values: int


class Combining:
    """What ways of facts with so many possibilities each come to together."""

    def __init__(self, possibilities: Sequence[int]) -> None:
        self._shifts: list[int] = []
        self._values: list[int] = []
        """For each fact the bits of all its values."""
        self._needed: list[int] = []
        """For each fact the bit that is clear where a way needs it."""
        place = 0
        for count in possibilities:
            self._shifts.append(place)
            self._values.append(((1 << count) - 1) << place)
            self._needed.append(1 << (place + count))
            place += count + 1
        self._all_needed = sum(self._needed)
        self._facts = {bit: fact for fact, bit in enumerate(self._needed)}
        self._needs: dict[int, Needs] = {}
        self.needs_nothing = (1 << place) - 1
        """The way that needs no fact."""
        self.nothing_needed = Alternatives((self.needs_nothing,))

    def coded(self, way: Way) -> int:
        """A way as a number."""
        code = self.needs_nothing
        for fact, values in way.items():
            code &= ~(self._values[fact] | self._needed[fact])
            for value in values:
                code |= 1 << (self._shifts[fact] + value)
        return code

    def told(self, code: int) -> Way:
        """A way by its facts."""
        return {fact: frozenset(self._values_in(code, fact)) for fact in self.needs(code).facts}

    def _values_in(self, code: int, fact: int) -> Iterator[int]:
        bits = (code & self._values[fact]) >> self._shifts[fact]
        while bits:
            yield (bits & -bits).bit_length() - 1
            bits &= bits - 1

    def needs(self, code: int) -> Needs:
        """The facts that a way needs."""
        needed = self._all_needed & ~code
        known = self._needs.get(needed)
        if known is None:
            facts, values, left = [], 0, needed
            while left:
                fact = self._facts[left & -left]
                facts.append(fact)
                values |= self._values[fact]
                left &= left - 1
            known = self._needs[needed] = Needs(tuple(facts), values)
        return known

    def either(self, several: Iterable[Alternatives]) -> Alternatives:
        """The ways in which one of several comes about."""
        those = list(several)
        return self.fewest([way for each in those for way in each.ways], all(each.complete for each in those))

    def joined(self, several: Iterable[Alternatives]) -> Alternatives:
        """The ways in which all of several come about together."""
        whole = self.nothing_needed
        for each in sorted(several, key=lambda one: len(one.ways)):
            both = [way for one in whole.ways for other in each.ways if (way := self.both(one, other)) is not None]
            whole = self.fewest(both, whole.complete and each.complete)
        return whole

    def both(self, one: int, other: int) -> int | None:
        """What both allow; None where they allow no value of some fact."""
        together = one & other
        in_both = self._all_needed & ~(one | other)
        if in_both and any(not together & self._values[fact] for fact in self.needs(~in_both).facts):
            return None
        return together

    def fewest(self, ways: list[int], complete: bool) -> Alternatives:
        """The ways, without those that another makes needless; as few as are kept."""
        if len(ways) < 2:
            return Alternatives(tuple(ways), complete)
        if len(ways) > 4 * MOST_WAYS:
            ways, complete = sorted(ways, key=self._size)[: 4 * MOST_WAYS], False
        kept: list[int] = []
        # What makes another needless shares all its facts with it: each is kept under one of its own.
        under_a_fact: dict[int, list[int]] = {}
        for way in sorted(self._widened(ways), key=lambda each: (self._size(each), -self._breadth(each))):
            facts = self.needs(way).facts
            if not any(
                way | other == other for fact in (NEEDS_NOTHING, *facts) for other in under_a_fact.get(fact, ())
            ):
                kept.append(way)
                under_a_fact.setdefault(facts[0] if facts else NEEDS_NOTHING, []).append(way)
        if len(kept) > MOST_WAYS:
            return Alternatives(tuple(kept[:MOST_WAYS]), complete=False)
        return Alternatives(tuple(kept), complete)

    def _size(self, way: int) -> int:
        return (self._all_needed & ~way).bit_count()

    def _breadth(self, way: int) -> int:
        return (way & self.needs(way).values).bit_count()

    def _widened(self, ways: list[int]) -> list[int]:
        """Ways that differ in the values of one fact only, made one."""
        kept = ways
        shared = ways[0]
        for way in ways:
            shared &= way
        for fact in self.needs(shared).facts:
            needed, others_of_fact = self._needed[fact], ~self._values[fact]
            alike: dict[int, int] = {}
            others: list[int] = []
            for way in kept:
                if way & needed:
                    others.append(way)
                else:
                    rest = way & others_of_fact
                    alike[rest] = alike.get(rest, 0) | way
            kept = [*others, *alike.values()]
        return kept


def includes(wide: Way, narrow: Way) -> bool:
    """Whether all that the one allows, the other allows, too."""
    return len(wide) <= len(narrow) and all(fact in narrow and narrow[fact] <= values for fact, values in wide.items())
