"""What a diagnosis, procedure or drug in people's words is, by the phrases that its wording is made of.

The phrases are those of the tables `conditions.tsv`, `procedures.tsv` and `drugs.tsv`, and the names of the dictionary.
A wording is read only if every word of it belongs to a phrase; with a single unknown word it is unread: it may be
anything on its list, and what its other words name.

A diagnosis in more words than a name may be suspected, or over: it may be whatever one of its phrases may be, and is
nothing for certain, but for what it says of the sex: whoever writes `suspected ovarian cyst` writes of a woman, also
next to words that nobody knows.
`arterial hypertension, type 2 diabetes` is none of what rules ask for; `suspected pneumonia` and `no pneumonia` may be
an infection. A drug named with a diagnosis may be taken, and is no diagnosis: `hepatitis C after
sofosbuvir` is read, `sofosbuvir` alone is not.

So is a procedure, as it is done for something. `Elective
laparoscopic cholecystectomy for HCC` is made of `elective`, `laparoscopic` and `for`, which add nothing; of
`cholecystectomy`, after which everybody lies within Z90.4 and K80 to K82; and of `HCC`. `CT of the liver` is read,
because `liver` adds nothing to what is harmless; in `dialysis of the liver`, `liver` is an unknown word.

A test says nothing, as long as it found nothing: `HIV test` adds nothing, `HIV test positive` is unread, and names HIV.

A drug is what its wording says: `Norepinephrine 0.1 ug/kg/min i.v.` is made of a name of the dictionary, and of words
for how much and by which way, which add nothing. Given in some ways it may not be what its name says: `cortisone` is
systemic, `cortisone cream` may be. `stop norepinephrine` and `norepinephrine?` are unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from screener.records.comparing import is_abbreviation, plain_word, plain_words, words_of
from screener.records.kin import is_of_family
from screener.records.negations import not_denied, turn_of
from screener.records.written import words_for
from screener.rulebook import ABBREVIATIONS, ReviewedRow, Rulebook, abbreviations_of
from screener.terminology.said import BY_PHRASES, NOBODY, Said
from screener.terminology.tables import plain_code
from screener.terminology.terminology import Terminology

_FOUND = re.compile(r"[+\uff0b](?!\s*[^\W\d_])|[↑↓⬆⬇]")
"""A sign that something was found, `HIV test (+)`; a plus before a word only joins two, `PET + CT`."""

_UNSURE = re.compile(r"[?\uff1f\u2192\u21d2]|->|=>")
"""A sign that somebody was not sure, or that one drug took the place of another."""

_MORE_THAN_A_WORD = 2

_COUNTED = re.compile(r"(?:\d+|x(?=\d))+(.*)", re.IGNORECASE)
"""A number written in one with its unit, or as a multiple: `40mg`, `x3`, `2x550`."""

_NUMBERED = re.compile(r"([^\W\d_]{3,})\d{2,}")
"""A word with a number behind it, as of a register: `NCT01234567`."""

_PARTS = re.compile(r"[^\W\d_]+|\d+")

_BREAK = re.compile(r"[,;:/()\[\]\n\uff0c\uff1b\uff1a\u3001\uff08\uff09\u3002]|\.(?=\s|$)|\s[\u2010-\u2014-]\s")
"""What parts one thing from the next: in `breast cancer, screening` nobody was screened for the cancer."""

_ANY_NUMBER = "#"
"""In a phrase of the table: some number, perhaps in one with its unit, or within a word. `BP # #` is `BP 120/80`,
`G#P#` is `G2P1001`."""

_NUMBER = re.compile(r"\d+")

_HAN = re.compile(r"[\u3400-\u9fff]")
"""A letter of a script without spaces between words."""

_KINDS: Mapping[str, tuple[str, ...]] = {
    "conditions": ("condition", "procedure"),
    "procedures": ("condition", "procedure"),
    "drugs": ("drug",),
}
"""By table, the kinds of concept whose names count as phrases, too."""

_BESIDES: Mapping[str, str] = {"conditions": "procedures"}
"""The table whose phrases count as well: among diagnoses stands `Z.n. Appendektomie`."""

_ASIDE: Mapping[str, str] = {"conditions": "drugs"}
"""The table whose phrases are read with others, and say nothing alone: a disease is treated with `metformin`."""


class Named(Struct, frozen=True):
    """What words name: what they say, and the codes that they lie within. A name of the dictionary has none."""

    said: Said
    within: tuple[tuple[str, str], ...] = ()


class _Phrase(Struct, frozen=True):
    """A phrase of the table, or what the dictionary calls a concept: its words, and the row or the concept's name.

    The table's words are compared in small letters; of a name two capitals stay capitals, as `MI`, and of an
    abbreviation all letters stay as they are.
    """

    words: tuple[str, ...]
    row: ReviewedRow | None = None
    concept: str = ""
    as_written: bool = False
    is_aside: bool = False
    has_numbers: bool = False


class Phrases:
    """The phrases of one table of a dictionary. `called` is everything that concepts are called, each with the
    concept's name; `certain` are the concepts that a diagnosis is even if it is suspected, or over."""

    def __init__(
        self,
        table: str,
        rulebook: Rulebook,
        terminology: Terminology,
        called: Iterable[tuple[str, str]],
        certain: frozenset[str],
    ) -> None:
        self.table = table
        self.is_certain = table == "drugs"
        self.certain = certain
        self.rulebook = rulebook
        self.terminology = terminology
        self._called = called

    def said(self, wordings: Iterable[str]) -> Said:
        """What something is that is called so, perhaps in several wordings: what all say that are read, and it may be
        whatever one of them may be. One that is read is enough."""
        said = [self._of_wording(each) for each in wordings]
        read = [each for each in said if each.is_known] or said
        is_ = frozenset.intersection(*(each.is_ for each in read))
        is_ |= frozenset[str]().union(*(each.is_ & self.certain for each in said))
        may_be = frozenset[str]().union(*(each.is_ | each.may_be for each in said)) - is_
        unreviewed = frozenset[str]().union(*(each.unreviewed for each in read)) - may_be - is_
        named = frozenset[str]().union(*(each.named for each in said))
        return Said(is_, may_be, unreviewed, is_known=read[0].is_known, source=read[0].source, named=named)

    def _of_wording(self, wording: str) -> Said:
        made_of = list(self._made_of(wording))
        phrases = [each for each in made_of if each is not None]
        speaking = [each for each in phrases if each.row is None or each.row.beside is None]
        telling = [each for each in speaking if not each.is_aside]
        is_harmless = all(each.row is not None and not each.row.within for each in telling)
        fitting = (None, "any", "harmless" if is_harmless else "treatment")
        is_known = (
            bool(telling)
            and None not in made_of
            and not (is_harmless and _found_something(wording))
            and all(each.row is None or each.row.beside in fitting for each in phrases)
        )
        said = [self._of(each) for each in speaking]
        certainly = frozenset[str]().union(*(each.is_ for each in said))
        beside = [each.row.is_not for each in phrases if each.row is not None and each.row.beside is not None]
        certain = certainly.difference(*beside) if self.is_certain and is_known else NOBODY
        names = self.named_by(wording)
        is_ = (names & self.certain) | (certain if turn_of(wording) != "denies" else NOBODY)
        may_be = frozenset[str]().union(certainly, *(each.may_be for each in said)) - is_
        unreviewed = frozenset[str]().union(*(each.unreviewed for each in said))
        anything = unreviewed if is_known else self.terminology.everything
        named = names if turn_of(wording) is None else NOBODY
        source = BY_PHRASES if is_known else ""
        return Said(is_, may_be, anything - may_be - is_, is_known=is_known, source=source, named=named)

    def named_by(self, wording: str) -> frozenset[str]:
        """What a wording names for certain, next to whatever other words, that it does not deny."""
        if is_of_family(wording):
            return NOBODY
        phrases = [each for each in self._made_of(not_denied(wording)) if each is not None]
        return frozenset[str]().union(*(self._of(each).is_ for each in phrases))

    def named_in(self, wording: str) -> Sequence[Named]:
        """What each phrase of a wording says, and within which codes it lies. Next to words that nobody knows, a
        treatment among diagnoses says nothing: `breakdown of internal fixation device` names no reason for it."""
        made_of = list(self._made_of(wording))
        left_out = _BESIDES.get(self.table) if None in made_of else None
        return [
            Named(self._of(each), each.row.within if each.row is not None else ())
            for each in made_of
            if each is not None
            if each.row is None or (each.row.beside is None and each.row.system != left_out)
        ]

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
            said = replace(self.terminology.named(phrase.concept), unreviewed=NOBODY)
        else:
            said = self.terminology.of_row(phrase.row)
        return self._without_substances(said) if phrase.is_aside else said

    def _without_substances(self, said: Said) -> Said:
        """What a drug is that somebody takes: it is nothing to which he is allergic."""
        substances = frozenset(name for name, each in self.rulebook.concepts.items() if each.kind == "substance")
        return replace(said, is_=said.is_ - substances, may_be=said.may_be - substances)

    def _made_of(self, wording: str) -> Iterator[_Phrase | None]:
        """The phrases of a wording, the longest first; None for a word that belongs to none, and for a sign that leaves
        it open. Numbers add nothing, with a unit or without."""
        if _FOUND.search(wording) or (self.is_certain and _UNSURE.search(wording)):
            yield None
        found = _found_something(wording)
        pieces = [words_of(each) for each in _BREAK.split(wording)]
        words = [word for piece in pieces for word in piece]
        piece_of = [number for number, piece in enumerate(pieces) for _ in piece]
        at = 0
        while at < len(words):
            longest = self._longest(words, at, is_found=found)
            end = at + len(longest.words) if longest is not None else at
            if longest is not None and len(set(piece_of[at:end])) > 1 and self._hides(longest, words[at:end]):
                longest = self._longest(words[: end - 1], at, is_found=found)
            if longest is None and (counted := _COUNTED.fullmatch(words[at])) is not None:
                words[at] = counted[1]
                longest = self._longest(words, at) if words[at] else None
            if longest is None and (parts := self._with_its_number(words, at)):
                words[at : at + 1], piece_of[at : at + 1] = parts, piece_of[at : at + 1] * len(parts)
                continue
            if longest is None and (numbered := _NUMBERED.fullmatch(words[at])) is not None:
                longest = self._longest([numbered[1]], 0)
            if longest is None and (parts := self._cut(words[at])):
                words[at : at + 1], piece_of[at : at + 1] = parts, piece_of[at : at + 1] * len(parts)
                continue
            if longest is None and _HAN.search(words[at]):
                yield from self._within(words[at])
            if longest is not None or words[at]:
                yield longest
            at += len(longest.words) if longest is not None else 1

    def _hides(self, phrase: _Phrase, words: Sequence[str]) -> bool:
        """Whether a phrase is called after something that it does not say: `breast cancer screening`."""
        shorter = [self._longest(words[:-1], 0), *(self._longest(words, at) for at in range(1, len(words)))]
        whole = self._of(phrase)
        return any(
            not said.is_ | said.open <= whole.is_ | whole.open
            for said in (self._of(each) for each in shorter if each is not None)
        )

    def _with_its_number(self, words: Sequence[str], at: int) -> Sequence[str]:
        """A word and the number behind it, if that is a phrase: `BP70`; none of any other word."""
        parts = _PARTS.findall(words[at])
        longest = self._longest([*parts, *words[at + 1 :]], 0) if len(parts) > 1 else None
        return parts if longest is not None and longest.has_numbers else ()

    def _cut(self, word: str) -> Sequence[str]:
        """The phrases and numbers of a word in a script without spaces, the longest first; none if any part of it is
        neither.

        `恩替卡韦分散片` is entecavir and a form of tablet. The first two letters of `停用恩替卡韦`, stopped, are no
        phrase.
        """
        if not _HAN.search(word):
            return ()
        cut: dict[int, tuple[str, ...]] = {len(word): ()}
        for start in range(len(word) - 1, -1, -1):
            for end in sorted((end for end in cut if end > start), reverse=True):
                part = word[start:end]
                if part.isdecimal() or self._longest((part,), 0) is not None:
                    cut[start] = (part, *cut[end])
                    break
        parts = cut.get(0, ())
        return parts if len(parts) > 1 else ()

    def _within(self, word: str) -> Iterator[_Phrase]:
        """The phrases that stand in a word of such a script next to what nobody knows: `肝癌` in `考虑肝癌`."""
        start = 0
        while start < len(word):
            ends = range(len(word), start, -1)
            found = next((each for end in ends if (each := self._longest((word[start:end],), 0)) is not None), None)
            if found is not None:
                yield found
            start += len(found.words[0]) if found is not None else 1

    def _longest(self, words: Sequence[str], at: int, *, is_found: bool = False) -> _Phrase | None:
        """The longest phrase that begins at one of the words; of two alike one that is no drug within a diagnosis, the
        abbreviation, then that of the table. Of a test that found something the words are looked at one by one."""
        here = [
            each
            for each in self._beginning_with(words[at].casefold())
            if each.words == _as_compared(words[at : at + len(each.words)], each)
            if not (is_found and _is_a_test(each))
        ]
        return max(
            here,
            key=lambda each: (len(each.words), not each.is_aside, each.as_written, each.row is not None),
            default=None,
        )

    def _beginning_with(self, word: str) -> Sequence[_Phrase]:
        """The phrases that begin with a word, and then those that do with its numbers as signs."""
        here = self._by_first_word.get(word, ())
        signs = _NUMBER.sub(_ANY_NUMBER, word)
        return here if signs == word else (*here, *self._by_first_word.get(signs, ()))

    @cached_property
    def _by_first_word(self) -> dict[str, list[_Phrase]]:
        tables = {self.table, _BESIDES.get(self.table)}
        found: dict[str, list[_Phrase]] = {}
        for row in self.rulebook.reviewed:
            if row.system in tables:
                phrases = [_phrase(each, row, row.system != self.table) for each in row.code.split(";")]
            elif row.system == _ASIDE.get(self.table) and row.beside is None:
                phrases = [replace(_phrase(each, row, True), is_aside=True) for each in row.code.split(";")]
            elif row.system == ABBREVIATIONS and self.table == "conditions":
                phrases = [_Phrase((each,), row, as_written=True) for each in abbreviations_of(row)]
            else:
                continue
            for phrase in phrases:
                found.setdefault(phrase.words[0].casefold(), []).append(phrase)
        for called, name in self._called:
            kind = self.rulebook.concepts[name].kind
            is_aside = kind == "drug" and self.table in _ASIDE
            if kind in _KINDS[self.table] or is_aside:
                words = tuple(plain_words(called))
                short = is_abbreviation(called)
                phrase = _Phrase((called,) if short else words, None, name, as_written=short, is_aside=is_aside)
                found.setdefault(words[0].casefold(), []).append(phrase)
        return found


def _phrase(written: str, row: ReviewedRow, is_of_another_table: bool) -> _Phrase:
    """A phrase of a table. Capitals make no difference, but for an abbreviation of another table: among diagnoses `he`
    is no word of a procedure."""
    if is_of_another_table and is_abbreviation(written.strip()):
        return _Phrase((written.strip(),), row, as_written=True)
    has_numbers = _ANY_NUMBER in written
    parts = written.split() if has_numbers else plain_words(written)
    return _Phrase(tuple(each.casefold() for each in parts), row, has_numbers=has_numbers)


def _is_a_test(phrase: _Phrase) -> bool:
    """Whether a phrase of several words says nothing at all: some are called after what they look for."""
    row = phrase.row
    is_nothing = row is not None and not row.within and not row.is_ and row.beside is None
    return is_nothing and len(phrase.words) >= _MORE_THAN_A_WORD


def _found_something(wording: str) -> bool:
    """Whether a wording says of a test that it found what it looked for."""
    words = {each.casefold() for each in words_of(wording)}
    return any(each in words or (_HAN.search(each) is not None and each in wording) for each in words_for("found"))


def _as_compared(words: Sequence[str], phrase: _Phrase) -> tuple[str, ...]:
    if phrase.as_written:
        return tuple(words)
    if phrase.has_numbers:
        return tuple(map(_with_signs, words, phrase.words))
    return tuple(plain_word(each) if phrase.row is None else each.casefold() for each in words)


def _with_signs(word: str, of_phrase: str) -> str:
    """A word as it is compared with one of a phrase that has numbers."""
    if _ANY_NUMBER not in of_phrase:
        return word.casefold()
    signs = _NUMBER.sub(_ANY_NUMBER, word.casefold())
    return _ANY_NUMBER if of_phrase == _ANY_NUMBER and signs.startswith(_ANY_NUMBER) else signs


def _lies_within(code: str, row: ReviewedRow) -> bool:
    """Whether a plain code lies within one of a row's."""
    return any(code.startswith(plain_code(system, within)) for system, within in row.within)
