"""Which entries of the dictionary a wording of a record may mean: by the words that they share.

A rare word counts for more than a common one, as it does when a person looks: of `Bilirubin, total` it is `bilirubin`
that matters. A word is also like its abbreviation (`bili`) and like another spelling (`haemoglobin`). What an entry
is called must mostly stand in the wording; what else stands there counts for less, since records add material,
method and manner of counting. Measured on the names of the codes that the dictionary knows itself, this finds the
entry among the first three for nine of ten, where the likeness of the whole texts finds it for eight.

What an entry is not to be mistaken for stands in the dictionary beside it: a wording that is more like one of those
than like the entry's own names is never offered the entry. So what may be the one or its opposite is left to a person.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from screener.records.comparing import folded
from screener.records.dictionary import KINDS, MOST_REMEMBERED, Dictionary, Meaning
from screener.records.errors import any_of
from screener.records.specimens import BLOOD, specimen_in
from screener.records.written import is_filler
from screener.rulebook import Lab

NEAR = 0.5
"""How like an entry a wording must be, at most 1, for the entry to be offered."""
NEARLY = 0.72
"""How like an entry a name must be for its writer to have meant the entry, very likely."""
_AS_NEAR = 0.05
"""Entries that are so little further than the nearest may be meant as well."""
_OF_THE_NAME, _OF_THE_WORDING = 0.7, 0.3
"""How much it counts that the words of one are found in the other."""
_UNKNOWN = 1.5
"""The weight of a word that the dictionary does not have. The rarest that it has weigh about 6."""
_HARDLY_ANY = 0.3
"""The weight of a word that hardly says what was found: one for blood, or `test`."""
_SAME_SPELLING = 0.83
_BEGINNING = 0.7
_ONE_LETTER = 0.45
"""One letter alone makes nothing near: `K` is potassium, and not creatinine for being the first letter of Kreatinin."""

LONGEST_WORDING = 200
"""Characters of a wording that are compared."""

_WORD = re.compile(r"[^\W_]+|%")


class _Near(NamedTuple):
    """How much of a name stands in a wording, and how much of the wording in the name."""

    of_name: float
    of_wording: float

    @property
    def likeness(self) -> float:
        return math.pow(self.of_name, _OF_THE_NAME) * math.pow(self.of_wording, _OF_THE_WORDING)


class Likeness:
    """The words of a dictionary, to compare wordings with."""

    def __init__(self, dictionary: Dictionary) -> None:
        names: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        unlike: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for name, meaning in dictionary.names.items():
            called = (meaning.form or meaning.entry).name
            names.setdefault((meaning.kind, called), set()).add(_words(name))
            unlike[meaning.kind, called] = {_words(other) for other in meaning.entry.unlike}
        for kind, called, title in _titles(dictionary):
            names[kind, called].add(_words(title))
        self._names = names
        self._unlike = unlike
        one_word = (words[0] for those in names.values() for words in those if len(words) == 1)
        self._symbols = {word for word in one_word if len(word) == 2}
        self._having: dict[str, set[tuple[str, str]]] = {}
        for key, those in names.items():
            for word in {word for words in those for word in words}:
                self._having.setdefault(word, set()).add(key)
        self._like: dict[str, frozenset[tuple[str, str]]] = {}
        self._known: dict[tuple[str, frozenset[str], float], list[tuple[float, str]]] = {}
        # What an entry is called says how rare a word is; of a word that only others are called by, those do.
        entries = _counted(unlike) | _counted(names)
        self._weights = {
            word: _HARDLY_ANY if _says_hardly_anything(word) else math.log(1 + len(names) / count)
            for word, count in entries.items()
        }

    def nearest(self, wording: str, kinds: Iterable[str], most: int = 3) -> tuple[str, ...]:
        """The names of the entries of these kinds that are near, nearest first."""
        return tuple(called for _, called in self._found(wording, kinds, NEAR)[:most])

    def nearly(self, name: str, kinds: Iterable[str]) -> tuple[str, ...]:
        """The names of the entries that a name very likely misspells; none that is much less like it than the best."""
        return _nearest_of(self._found(name, kinds, NEARLY)[:3])

    def perhaps(self, wording: str, kinds: Iterable[str]) -> tuple[str, ...]:
        """The names of the entries that a wording may mean; none that is much less like it than the best."""
        return _nearest_of(self._found(wording, kinds, NEAR))

    def is_something_else(self, wording: str, meaning: Meaning) -> bool:
        """Whether a wording is of what a name is not to be mistaken for."""
        key = meaning.kind, (meaning.form or meaning.entry).name
        words = self._words_of(wording[:LONGEST_WORDING])
        return self._is_something_else(words, key, [self._near(words, name) for name in self._names[key]])

    def _words_of(self, wording: str) -> tuple[str, ...]:
        """The words of a wording. A symbol in small letters behind other words is none: `glucose na 30 min`, where `na`
        is Dutch for after, is not of sodium, and `serum Na` is."""
        words = _words(wording)
        written = _WORD.findall(wording)
        if self._symbols.isdisjoint(words[1:]) or len(written) != len(words):
            return words
        others = zip(words[1:], written[1:], strict=True)
        return words[0], *(f"({each})" if each == other and each in self._symbols else each for each, other in others)

    def _found(self, wording: str, kinds: Iterable[str], least: float) -> list[tuple[float, str]]:
        """The entries that are at least so near, nearest first, without those that the wording is not to be mistaken
        for."""
        asked = (wording[:LONGEST_WORDING], frozenset(kinds), least)
        known = self._known.get(asked)
        if known is None:
            known = self._compared(*asked)
            if len(self._known) < MOST_REMEMBERED:
                self._known[asked] = known
        return known

    def _compared(self, wording: str, wanted: frozenset[str], least: float) -> list[tuple[float, str]]:
        words = self._words_of(wording)
        found = []
        for key in {key for word in words for key in self._with_one_like(word)}:
            kind, called = key
            if kind not in wanted:
                continue
            names = self._names[key]
            near = [self._near(words, name) for name in names]
            likeness = max(each.likeness for each in near)
            if likeness >= least and not self._is_something_else(words, key, near):
                found.append((round(likeness, 9), called))
        return sorted(found, key=lambda each: (-each[0], each[1]))

    def _with_one_like(self, word: str) -> frozenset[tuple[str, str]]:
        """The entries in whose names a word stands that is like this one: no other can be near by it."""
        known = self._like.get(word)
        if known is None:
            alike = (keys for other, keys in self._having.items() if _same(word, other) > 0)
            known = frozenset(key for keys in alike for key in keys)
            if len(self._like) < MOST_REMEMBERED:
                self._like[word] = known
        return known

    def _is_something_else(self, words: tuple[str, ...], key: tuple[str, str], near: Sequence[_Near]) -> bool:
        """Whether what the entry is not to be mistaken for has more of the wording than the entry's own names have, or
        as much, and stands wholly in it."""
        of_wording = max(each.of_wording for each in near)
        of_name = max(each.of_name for each in near)
        others = (self._near(words, name, is_own=False) for name in self._unlike[key])
        return any(
            other.of_wording > of_wording
            or (other.of_wording == of_wording and other.of_name > max(of_name, _SAME_SPELLING))
            for other in others
        )

    def _near(self, wording: tuple[str, ...], name: tuple[str, ...], *, is_own: bool = True) -> _Near:
        of_name = self._share(name, wording, is_own=is_own)
        return _Near(of_name, self._share(wording, name, is_own=is_own))

    def _share(self, words: tuple[str, ...], others: tuple[str, ...], *, is_own: bool) -> float:
        """How much of the words, by their weight, the others have."""
        weights = [self._weights.get(word, _UNKNOWN) for word in words]
        found = [max((_same(word, other, is_own=is_own) for other in others), default=0.0) for word in words]
        whole = sum(weights)
        return sum(counts * share for counts, share in zip(weights, found, strict=True)) / whole if whole else 0.0


def _nearest_of(found: Sequence[tuple[float, str]]) -> tuple[str, ...]:
    return tuple(called for likeness, called in found if likeness >= found[0][0] - _AS_NEAR)


def _counted(names: Mapping[tuple[str, str], set[tuple[str, ...]]]) -> dict[str, int]:
    """In how many entries each word stands."""
    return dict(Counter(word for those in names.values() for word in {word for words in those for word in words}))


_OF_DICTIONARIES: WeakKeyDictionary[Dictionary, Likeness] = WeakKeyDictionary()


def likeness_of(dictionary: Dictionary) -> Likeness:
    """The words of a dictionary, gathered when the first mistake asks for them."""
    known = _OF_DICTIONARIES.get(dictionary)
    if known is None:
        known = _OF_DICTIONARIES[dictionary] = Likeness(dictionary)
    return known


def alike(name: str, dictionary: Dictionary, kinds: Iterable[str] = KINDS) -> str:
    """The mend for a name that the dictionary does not know; nothing where it is nearly none."""
    near = likeness_of(dictionary).nearly(name, kinds)
    return f"did you mean {any_of(near)}?" if near else ""


def _titles(dictionary: Dictionary) -> Iterator[tuple[str, str, str]]:
    for name, meaning in dictionary.names.items():
        entry = meaning.entry
        if name == entry.name:
            yield meaning.kind, name, entry.title
            if isinstance(entry, Lab):
                yield from ((meaning.kind, form.name, form.title) for form in entry.forms)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(folded(text)))


def _says_hardly_anything(word: str) -> bool:
    return is_filler(word) or word.isdecimal() or specimen_in(word) == BLOOD


@lru_cache(maxsize=65536)
def _same(word: str, other: str, *, is_own: bool = True) -> float:
    """How much two words are the same: wholly, as one and its beginning, or in another spelling. A beginning speaks
    less for what the entry is not to be mistaken for: `crea` is not yet creatine. No word that says hardly anything
    is a beginning: `serum` is not yet Serumalbumin."""
    if word == other:
        return 1.0
    short, long = sorted((word, other), key=len)
    if long.startswith(short):
        if len(short) == 1 or short.isdecimal():
            return _ONE_LETTER if short.isalpha() else 0.0
        if len(short) <= 2 or _says_hardly_anything(short) or _says_hardly_anything(long):
            return 0.0
        return _BEGINNING + (1 - _BEGINNING) * len(short) / len(long) if is_own else _BEGINNING
    if len(short) < 4 or 2 * len(short) < _SAME_SPELLING * (len(short) + len(long)):
        return 0.0
    from difflib import SequenceMatcher  # only a mistake pays for it

    likeness = SequenceMatcher(None, word, other).ratio()
    return likeness if likeness >= _SAME_SPELLING else 0.0
