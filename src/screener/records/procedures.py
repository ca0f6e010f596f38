"""What a procedure in people's words may be, by the phrases that its wording is made of.

The phrases are those of the rules' table `procedures.tsv`, and the names of the dictionary. A wording is read only if
every word of it belongs to a phrase. Then it may be whatever one of the phrases may be, and is nothing for certain.
With a single unknown word it is unread: it may be any procedure, and what its other words name.

`Elective laparoscopic cholecystectomy for HCC` is made of `elective`, `laparoscopic` and `for`, which add nothing; of
`cholecystectomy`, after which everybody lies within Z90.4 and K80 to K82; and of `HCC`. `CT of the liver` is read,
because `liver` adds nothing to what is harmless; in `dialysis of the liver`, `liver` is an unknown word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from screener.records.comparing import plain_words
from screener.rulebook import PHRASES, ReviewedRow, Rulebook, phrases_of
from screener.terminology.said import BY_PHRASES, NOBODY, Said
from screener.terminology.tables import plain_code
from screener.terminology.terminology import Terminology

_FOUND = re.compile(r"[+\uff0b](?!\s*[^\W\d_])|[↑↓⬆⬇]")
"""A sign that something was found, `HIV test (+)`; a plus before a word only joins two, `PET + CT`."""


class _Phrase(Struct, frozen=True):
    """A phrase of the table, or what the dictionary calls a concept: its words, and the row or the concept's name.

    The table's words are compared in small letters; of a name two capitals stay capitals, as `MI`.
    """

    words: tuple[str, ...]
    row: ReviewedRow | None = None
    concept: str = ""


class Phrases:
    """The phrases of one dictionary. `called` are the words of everything that concepts are called, each with the
    concept's name."""

    def __init__(
        self, rulebook: Rulebook, terminology: Terminology, called: Iterable[tuple[tuple[str, ...], str]]
    ) -> None:
        self.rulebook = rulebook
        self.terminology = terminology
        self._called = called

    def said(self, wordings: Iterable[str]) -> Said:
        """What a procedure may be that is called so, perhaps in several wordings: whatever one of them may be. One that
        is read is enough."""
        said = [self._of_wording(each) for each in wordings]
        read = [each for each in said if each.is_known] or said
        may_be = frozenset[str]().union(*(each.may_be for each in said))
        unreviewed = frozenset[str]().union(*(each.unreviewed for each in read)) - may_be
        return Said(NOBODY, may_be, unreviewed, is_known=read[0].is_known, source=read[0].source)

    def _of_wording(self, wording: str) -> Said:
        made_of = list(self._made_of(wording))
        phrases = [each for each in made_of if each is not None]
        telling = [each for each in phrases if each.row is None or each.row.beside is None]
        is_harmless = all(each.row is not None and not each.row.within for each in telling)
        fitting = (None, "any", "harmless" if is_harmless else "treatment")
        is_known = (
            bool(telling)
            and None not in made_of
            and all(each.row is None or each.row.beside in fitting for each in phrases)
        )
        said = [self._of(each) for each in telling]
        may_be = frozenset[str]().union(*(each.is_ | each.may_be for each in said))
        if is_known:
            unreviewed = frozenset[str]().union(*(each.unreviewed for each in said)) - may_be
        else:
            unreviewed = self.terminology.everything - may_be
        return Said(NOBODY, may_be, unreviewed, is_known=is_known, source=BY_PHRASES if is_known else "")

    def after_treatment(self, codes: Iterable[tuple[str, str]], wording: str) -> Said | None:
        """What a wording may be that is read, and is made of treatments alone after which one of these codes is given;
        None of any other. `Z90.4` is given after an appendectomy; `T81.9`, a complication, is not."""
        plain = [plain_code(system, code) for system, code in codes]
        for each in self._made_of(wording):
            row = each.row if each is not None else None
            if row is None or not (row.beside or any(_lies_within(code, row) for code in plain)):
                return None
        said = self._of_wording(wording)
        return said if said.is_known else None

    def _of(self, phrase: _Phrase) -> Said:
        if phrase.row is None:
            return replace(self.terminology.named(phrase.concept), unreviewed=NOBODY)
        return self.terminology.of_row(phrase.row)

    def _made_of(self, wording: str) -> Iterator[_Phrase | None]:
        """The phrases of a wording, the longest first; None for a word that belongs to none, and for the sign of a
        result. Numbers add nothing."""
        if _FOUND.search(wording):
            yield None
        plain = plain_words(wording)
        folded = [each.casefold() for each in plain]
        at = 0
        while at < len(folded):
            here = [
                each
                for each in self._by_first_word.get(folded[at], ())
                if each.words == tuple((plain if each.row is None else folded)[at : at + len(each.words)])
            ]
            longest = max(here, key=lambda each: (len(each.words), each.row is not None), default=None)
            if longest is not None or not folded[at].isdecimal():
                yield longest
            at += len(longest.words) if longest is not None else 1

    @cached_property
    def _by_first_word(self) -> dict[str, list[_Phrase]]:
        found: dict[str, list[_Phrase]] = {}
        for row in self.rulebook.reviewed:
            for phrase in phrases_of(row) if row.system == PHRASES else ():
                words = tuple(plain_words(phrase))
                found.setdefault(words[0], []).append(_Phrase(words, row))
        for words, name in self._called:
            if self.rulebook.concepts[name].kind not in ("condition", "procedure"):
                continue
            found.setdefault(words[0].casefold(), []).append(_Phrase(words, None, name))
        return found


def _lies_within(code: str, row: ReviewedRow) -> bool:
    """Whether a plain code lies within one of a row's."""
    return any(code.startswith(plain_code(system, within)) for system, within in row.within)
