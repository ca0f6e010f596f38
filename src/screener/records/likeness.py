"""Which entries of the dictionary a wording of a record may mean: by the words that they share.

A rare word counts for more than a common one, as it does when a person looks: of `Bilirubin, total` it is `bilirubin`
that matters. A word is also like its abbreviation (`bili`) and like another spelling (`haemoglobin`). What an entry
is called must mostly stand in the wording; what stands there besides counts for less, since records add material,
method and manner of counting. Measured on the names of the codes that the dictionary knows itself, this finds the
entry among the first three for nine of ten, where the likeness of the whole texts finds it for eight.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from screener.records.dictionary import Dictionary, folded
from screener.rulebook import Lab

NEAR = 0.55
"""Of 1: how like an entry a wording must be for the entry to be offered."""
_OF_THE_NAME, _OF_THE_WORDING = 0.7, 0.3
"""How much it counts that the words of one are found in the other."""
_UNKNOWN = 1.5
"""The weight of a word that the dictionary does not have. The rarest that it has weigh about 6."""
_SAME_SPELLING = 0.83

_WORD = re.compile(r"[^\W_]+")


class Likeness:
    """The words of a dictionary, to compare wordings with."""

    def __init__(self, dictionary: Dictionary) -> None:
        names: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for name, meaning in dictionary.names.items():
            called = (meaning.form or meaning.entry).name
            names.setdefault((meaning.kind, called), set()).add(_words(name))
        for kind, called, title in _titles(dictionary):
            names[kind, called].add(_words(title))
        self._names = names
        entries = Counter(word for those in names.values() for word in {word for words in those for word in words})
        self._weights = {word: math.log(1 + len(names) / count) for word, count in entries.items()}

    def nearest(self, wording: str, kinds: Iterable[str], most: int = 3) -> tuple[str, ...]:
        """The names of the entries of these kinds that are near, nearest first."""
        wanted, words = frozenset(kinds), _words(wording)
        found = [
            (-round(max(self._likeness(words, name) for name in names), 9), called)
            for (kind, called), names in self._names.items()
            if kind in wanted
        ]
        return tuple(called for likeness, called in sorted(found)[:most] if -likeness >= NEAR)

    def _likeness(self, wording: tuple[str, ...], name: tuple[str, ...]) -> float:
        of_name = self._share(name, wording)
        of_wording = self._share(wording, name)
        return math.pow(of_name, _OF_THE_NAME) * math.pow(of_wording, _OF_THE_WORDING)

    def _share(self, words: tuple[str, ...], others: tuple[str, ...]) -> float:
        """How much of the words, by their weight, the others have."""
        weights = [self._weights.get(word, _UNKNOWN) for word in words]
        found = [max((_same(word, other) for other in others), default=0.0) for word in words]
        whole = sum(weights)
        return sum(counts * share for counts, share in zip(weights, found, strict=True)) / whole if whole else 0.0


def _titles(dictionary: Dictionary) -> Iterator[tuple[str, str, str]]:
    for name, meaning in dictionary.names.items():
        entry = meaning.entry
        if name == entry.name:
            yield meaning.kind, name, entry.title
            if isinstance(entry, Lab):
                yield from ((meaning.kind, form.name, form.title) for form in entry.forms)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(folded(text)))


@lru_cache(maxsize=65536)
def _same(word: str, other: str) -> float:
    """How much two words are the same: wholly, as one and its beginning, or in another spelling."""
    if word == other:
        return 1.0
    short, long = sorted((word, other), key=len)
    if long.startswith(short):
        if len(short) == 1 or short.isdecimal():
            return 0.5 if short.isalpha() else 0.0
        return 0.6 + 0.4 * len(short) / len(long) if len(short) > 2 else 0.0
    if len(short) < 4:
        return 0.0
    spelling = SequenceMatcher(None, word, other)
    if spelling.real_quick_ratio() < _SAME_SPELLING or spelling.quick_ratio() < _SAME_SPELLING:
        return 0.0
    likeness = spelling.ratio()
    return likeness if likeness >= _SAME_SPELLING else 0.0
