"""What an entry says of concepts, and how what several sources say is put together."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

NOBODY: frozenset[str] = frozenset()
BY_DICTIONARY = "the dictionary"
BY_PHRASES = "the table of phrases"
BY_ABBREVIATION = "the table of abbreviations"
BY_SITE = "the site's table"


class Said(Struct, frozen=True):
    """What a code, a name or a whole entry says of the concepts of a dictionary, by their names.

    `is_`: it is the concept, or a kind of it (the broader ones stand here, too). `may_be`: somebody judged that it may
    be. `unreviewed`: nobody judged it, and so it may be as well. Of every other concept it is not. `in_family` and
    `may_be_in_family` are what it says of the patient's family. `is_known`: some table, dictionary or hierarchy knows
    the code. `source` says which.
    """

    is_: frozenset[str] = NOBODY
    may_be: frozenset[str] = NOBODY
    unreviewed: frozenset[str] = NOBODY
    in_family: frozenset[str] = NOBODY
    may_be_in_family: frozenset[str] = NOBODY
    is_known: bool = True
    source: str = ""
    named: frozenset[str] = NOBODY
    """What its words name, although it only may be that."""
    besides: frozenset[str] = NOBODY
    """What its words may be another one of: of a basal cell carcinoma and a cancer of the lung, a malignancy."""

    def reviewed(self, is_: frozenset[str], is_not: frozenset[str], *, settled: bool) -> Said:
        """The same after a person looked at the entry: it is these concepts and none of those. Where it was `settled`
        what the entry is, it is nothing else."""
        if settled:
            return Said(is_ - is_not, source="a review")
        return replace(self.without(is_not | is_), is_=self.is_ | is_)

    def without(self, names: frozenset[str]) -> Said:
        """The same of what is none of these concepts."""
        return replace(self, is_=self.is_ - names, may_be=self.may_be - names, unreviewed=self.unreviewed - names)

    @property
    def open(self) -> frozenset[str]:
        """The concepts that it may be, whether or not anybody judged it."""
        return self.may_be | self.unreviewed


def all_of_one_entry(said: Iterable[Said]) -> Said:
    """Several codings of one entry mean the same thing: it is what one of them is, and is not what one of them is not.

    Where one is and another is not, it may be. What nobody knows yields to what somebody knows, unless
    somebody said at least what it is not.
    """
    every = list(said)
    known = [each for each in every if each.is_known or each.source] or every
    if len(known) == 1:
        return known[0]
    is_ = frozenset[str]().union(*(each.is_ for each in known))
    disputed = frozenset(name for name in is_ if any(name not in each.is_ | each.open for each in known))
    shared_open = frozenset.intersection(*(each.is_ | each.open for each in known)) - is_
    judged = frozenset[str]().union(*(each.may_be for each in known))
    return Said(
        is_ - disputed,
        disputed | (shared_open & judged),
        shared_open - judged,
        frozenset[str]().union(*(each.in_family for each in known)),
        frozenset[str]().union(*(each.may_be_in_family for each in known)),
        any(each.is_known for each in known),
        "; ".join(dict.fromkeys(each.source for each in known if each.source)),
    )


def within(said: Iterable[Said]) -> Said:
    """What an entry says that lies within one of several codes, if nobody knows which: only what all of them say."""
    every = list(said)
    if len(every) == 1:
        return every[0]
    is_ = frozenset.intersection(*(each.is_ for each in every))
    anything = frozenset[str]().union(*(each.is_ | each.open for each in every)) - is_
    judged = frozenset[str]().union(*(each.is_ | each.may_be for each in every))
    in_family = frozenset.intersection(*(each.in_family for each in every))
    family = frozenset[str]().union(*(each.in_family | each.may_be_in_family for each in every))
    is_known = any(each.is_known for each in every)
    sources = "; ".join(dict.fromkeys(each.source for each in every if each.source))
    return Said(is_, anything & judged, anything - judged, in_family, family - in_family, is_known, sources)
