"""The lines of an entry of the dictionary: from the tree of the grammar to syntax."""

from __future__ import annotations

from typing import Any

from lark import Token
from msgspec.structs import replace

from screener.language import syntax
from screener.language.build_rules import RuleBuilder
from screener.language.building import every, keyword_words, one_of, span_of


class LineBuilder(RuleBuilder):
    """The lines of entries: names, codes, units, limits, and what a concept includes and is denied by."""

    def alias(self, alias: syntax.Name | syntax.Text) -> syntax.Name:
        """alias: NAME | STRING"""
        return syntax.Name(alias.text, alias.span)

    def codes(self, system: Token, *parts: Any) -> syntax.CodesLine:
        """codes: SYSTEM code ("," code)*"""
        return syntax.CodesLine(keyword_words(system), every(syntax.Code, parts), span_of(system, *parts))

    def absent_codes(self, absent: Token, _as: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """absent_codes: ABSENT AS codes"""
        return syntax.CodesLine(codes.system, codes.codes, span_of(absent, codes), absent=True)

    def may_be_codes(self, system: Token, _words: Token, *parts: Any) -> syntax.CodesLine:
        """may_be_codes: SYSTEM MAY_BE code ("," code)*"""
        return replace(self.codes(system, *parts), relates="may be")

    def not_codes(self, system: Token, _word: Token, *parts: Any) -> syntax.CodesLine:
        """not_codes: SYSTEM NOT code ("," code)*"""
        return replace(self.codes(system, *parts), relates="not")

    def whole_codes(self, word: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """whole_codes: WHOLE codes"""
        return replace(codes, relates="whole", span=span_of(word, codes))

    def lies_within(self, words: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """lies_within: LIES_WITHIN codes"""
        return replace(codes, relates="within", span=span_of(words, codes))

    def family_codes(self, word: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """family_codes: FAMILY (codes | may_be_codes)"""
        return replace(codes, family=True, span=span_of(word, codes))

    def code(self, *parts: Any) -> syntax.Code:
        """code: _code (RANGE _code)? (AS NAME | IN UNIT_TEXT | MEANS (NAME | NUMBER))* | GROUP_NAME"""
        is_range = len(parts) > 1 and isinstance(parts[1], Token) and parts[1].type == "RANGE"
        details: dict[str, Any] = {}
        for word, detail in zip(parts[3 if is_range else 1 :: 2], parts[4 if is_range else 2 :: 2], strict=True):
            if word in details:
                self._report("repeated-line", f"`{word} …` stands here a second time", span_of(word, detail))
            details.setdefault(str(word), detail)
        value = details.get("means")
        return syntax.Code(
            _code_text(parts[0]),
            _code_text(parts[2]) if is_range else None,
            details.get("as"),
            details.get("in"),
            syntax.Name(str(value), span_of(value)) if isinstance(value, Token) else value,
            span_of(*parts),
        )

    def unit_line(self, word: Token, unit: syntax.Unit | None = None) -> syntax.UnitLine:
        """unit_line: UNIT UNIT_TEXT | PURE_NUMBER"""
        return syntax.UnitLine(unit, span_of(word, unit or word))

    def valence(self, word: Token, number: Token) -> syntax.ValenceLine:
        """valence: VALENCE NUMBER"""
        return syntax.ValenceLine(self._count(number), span_of(word, number))

    def interval_line(self, word: Token, interval: syntax.Interval) -> syntax.IntervalLine:
        """POSSIBLE bounds | USUAL bounds"""
        if interval.low is None or interval.high is None or interval.low == interval.high:
            write = f"write both, such as `{word} 1 .. 10`"
            self._report("two-limits", f"`{word}` needs two limits", interval.span, write=write, breaks=True)
        return syntax.IntervalLine(keyword_words(word), interval, span_of(word, interval))

    def names_line(self, words: Token, *parts: Any) -> syntax.NamesLine:
        """INCLUDES NAME ("," NAME)*, and likewise after other words; NOT_TO_BE_MISTAKEN_FOR alias ("," alias)*"""
        return syntax.NamesLine(keyword_words(words), every(syntax.Name, parts), span_of(words, *parts))

    def normal_limit(self, words: Token, *parts: Any) -> syntax.NormalLimitLine:
        """normal_limit: (UPPER_LIMIT_OF_NORMAL | LOWER_LIMIT_OF_NORMAL) (FEMALE | MALE)? bounds"""
        which: Any = "upper" if words.type == "UPPER_LIMIT_OF_NORMAL" else "lower"
        sex: Any = str(parts[0]) if len(parts) == 2 else None
        interval = parts[-1]
        if interval.low is None or interval.high is None:
            write = f"write one limit, or two: `{keyword_words(words)} 1 .. 10`"
            self._report("two-limits", "a limit of normal has no side", interval.span, write=write, breaks=True)
        return syntax.NormalLimitLine(which, sex, interval, span_of(words, interval))

    def form(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.FormLine:
        """form: FORM _titled MOLAR_MASS quantity"""
        return syntax.FormLine(name, title, one_of("aliases", parts) or (), parts[-1], span_of(word, *parts))

    def flag(self, word: Token, text: syntax.Text, when: Token, test: syntax.Proposition) -> syntax.FlagLine:
        """flag: (FLAG | DOUBT) STRING WHEN proposition"""
        return syntax.FlagLine(text, test, word.type == "DOUBT", span_of(word, test))

    def grade(self, word: Token, low: Token, to: Token, high: Token) -> syntax.IntervalLine:
        """grade: GRADE NUMBER RANGE NUMBER"""
        self._whole_number(low)
        self._whole_number(high)
        interval = syntax.Interval(str(low), str(high), None, span_of(low, high))
        return syntax.IntervalLine("grade", interval, span_of(word, high))

    def choices_line(self, word: Token, *parts: Any) -> syntax.ChoicesLine:
        """choices_line: (VALUES | ORDERED) NAME ("," NAME)*"""
        return syntax.ChoicesLine(every(syntax.Name, parts), word == "ordered", span_of(word, *parts))

    def when_absent(
        self, choice: Token | syntax.Name, when: Token, condition: syntax.Name, is_word: Token, absent: Token
    ) -> syntax.WhenAbsentLine:
        """when_absent: (NUMBER | NAME) WHEN NAME IS ABSENT"""
        if isinstance(choice, Token):
            choice = syntax.Name(str(choice), span_of(choice))
        return syntax.WhenAbsentLine(choice, condition, span_of(choice, absent))

    def includes_every(self, word: Token, every: Token, kind: Token) -> syntax.IncludesEveryLine:
        """includes_every: INCLUDES EVERY (DRUG | SUBSTANCE)"""
        return syntax.IncludesEveryLine(keyword_words(kind), span_of(word, every, kind))

    def words_line(self, word: Token, *parts: Any) -> syntax.WordsLine:
        """words_line: WORDS STRING ("," STRING)* MEANS (NAME | NUMBER) (OR (NAME | NUMBER))*"""
        values = tuple(
            syntax.Name(str(part), span_of(part)) if isinstance(part, Token) else part
            for part in parts
            if isinstance(part, syntax.Name) or (isinstance(part, Token) and part.type == "NUMBER")
        )
        return syntax.WordsLine(every(syntax.Text, parts), values, span_of(word, *parts))

    def denied(self, words: Token, *parts: Any) -> syntax.DeniedByListLine:
        """denied: DENIED_BY_LIST (WITH NAME (AND NAME)*)?"""
        return syntax.DeniedByListLine(every(syntax.Name, parts), span_of(words, *parts))

    def course(self, word: Token, course: Token) -> syntax.CourseLine:
        """course: COURSE (ACUTE | CHRONIC | PASSING | PAST)"""
        return syntax.CourseLine(keyword_words(course), span_of(word, course))

    def sign(
        self,
        shows: Token,
        when: Token,
        test: syntax.Proposition,
        over: Token | None = None,
        duration: syntax.Duration | None = None,
    ) -> syntax.SignLine:
        """sign: (PRESENT | ABSENT | MAY_BE_PRESENT) WHEN proposition (OVER duration)?"""
        return syntax.SignLine(keyword_words(shows), test, span_of(shows, duration or test), duration)

    def asked_of(self, words: Token, who: syntax.Name, for_consent: Token | None = None) -> syntax.AskedOfLine:
        """asked_of: ASKED_OF NAME FOR_CONSENT?"""
        return syntax.AskedOfLine(who, for_consent is not None, span_of(words, for_consent or who))


def _code_text(part: Token | syntax.Text) -> str:
    return part.text if isinstance(part, syntax.Text) else str(part)
