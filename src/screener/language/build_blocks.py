"""Whole blocks: from the tree of the grammar to syntax."""

from __future__ import annotations

import re
from typing import Any

from lark import Token

from screener.language import syntax
from screener.language.build_lines import LineBuilder
from screener.language.building import Piece, all_of, every, keyword_words, one_of, span_of

_CRITERION_ID = {"inclusion": re.compile(r"I[0-9]+[a-z]?"), "exclusion": re.compile(r"E[0-9]+[a-z]?")}
_ENTRIES: dict[str, type[syntax.Lab | syntax.Finding | syntax.Question]] = {
    "lab": syntax.Lab,
    "finding": syntax.Finding,
    "question": syntax.Question,
}


class BlockBuilder(LineBuilder):
    """The blocks of a file: trials and their criteria, definitions and scores, entries of the dictionary."""

    # -- trials

    def protocol(self, word: Token, trial: syntax.Name, *parts: Any) -> syntax.Protocol:
        """protocol: PROTOCOL TRIAL QUOTE+ short? registry? labs_within?"""
        return syntax.Protocol(
            trial,
            every(syntax.Quote, parts),
            one_of("short", parts),
            one_of("registry", parts),
            one_of("labs_within", parts),
            span_of(word, *parts),
        )

    def criterion(self, word: Token, number: syntax.Name, *parts: Any) -> syntax.Criterion:
        """criterion: (INCLUSION | EXCLUSION) CRITERION QUOTE+ short? assumption* rule; field: FIELD NAME QUOTE+ …"""
        kind = keyword_words(word)
        if kind in _CRITERION_ID and not _CRITERION_ID[kind].fullmatch(number.text):
            self._report(
                "criterion-id",
                f"`{number.text}` is not the number of an {kind} criterion",
                number.span,
                label=f"expected a number such as `{kind[0].upper()}1`",
            )
        quotes, short = every(syntax.Quote, parts), one_of("short", parts)
        return syntax.Criterion(
            kind, number, quotes, short, all_of("assumption", parts), parts[-1], span_of(word, *parts)
        )

    # -- reusable meanings

    def definition(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Definition:
        """definition: DEFINE _titled QUOTE* citation? assumption* rule"""
        return syntax.Definition(
            name,
            title,
            one_of("aliases", parts) or (),
            every(syntax.Quote, parts),
            one_of("citation", parts),
            all_of("assumption", parts),
            parts[-1],
            span_of(word, *parts),
        )

    def score(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Score:
        """score: SCORE _titled QUOTE* citation? assumption* spread? expression flag*"""
        flags = every(syntax.FlagLine, parts)
        expression = parts[-1 - len(flags)]
        return syntax.Score(
            name,
            title,
            one_of("aliases", parts) or (),
            every(syntax.Quote, parts),
            one_of("citation", parts),
            all_of("assumption", parts),
            one_of("spread", parts),
            expression,
            self.source.excerpt(expression.span),
            flags,
            span_of(word, *parts),
        )

    def points(self, word: Token, name: syntax.Name, *parts: Any) -> syntax.Points:
        """points: POINTS NAME STRING? FROM table_of cell ("," cell)*"""
        title = parts[0] if isinstance(parts[0], syntax.Text) else None
        of = parts[1] if title is None else parts[2]
        return syntax.Points(name, title, of, every(syntax.Cell, parts), span_of(word, *parts))

    def cell(self, *parts: Any) -> syntax.Cell:
        """cell: bounds ARROW signed | NAME (OR NAME)* ARROW signed"""
        numbers = parts[0] if isinstance(parts[0], syntax.Interval) else None
        return syntax.Cell(numbers, every(syntax.Name, parts), parts[-1].value, span_of(*parts))

    def bounds(self, *parts: Any) -> syntax.Interval:
        """bounds: (BELOW | ABOVE | AT_LEAST | AT_MOST) signed UNIT_TEXT?
        | ABOVE? signed RANGE BELOW? signed UNIT_TEXT?
        | signed UNIT_TEXT?"""
        numbers = all_of("number", parts)
        words = {part.type for part in parts if isinstance(part, Token)}
        unit = parts[-1] if isinstance(parts[-1], syntax.Unit) else None
        low: str | None = numbers[0]
        high: str | None = numbers[-1]
        if "RANGE" not in words:
            low = None if words & {"BELOW", "AT_MOST"} else low
            high = None if words & {"ABOVE", "AT_LEAST"} else high
        return syntax.Interval(low, high, unit, span_of(*parts), "ABOVE" in words, "BELOW" in words)

    # -- the dictionary

    def entry(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Entry:
        """lab: LAB _titled lab_line*, and likewise a finding, a question, and each kind of concept"""
        lines = tuple(part for part in parts if not isinstance(part, Piece))
        self._report_repeated(lines)
        kind = keyword_words(word)
        fields: Any = name, title, one_of("aliases", parts) or (), lines, span_of(word, name, title, *parts)
        return _ENTRIES[kind](*fields) if kind in _ENTRIES else syntax.Concept(*fields, kind=kind)

    def _report_repeated(self, lines: tuple[Any, ...]) -> None:
        seen: set[object] = set()
        for line in lines:
            match line:
                case (
                    syntax.CodesLine()
                    | syntax.FormLine()
                    | syntax.FlagLine()
                    | syntax.WordsLine()
                    | syntax.SignLine()
                    | syntax.IncludesEveryLine()
                    | syntax.ShownLine()
                    | syntax.NamesLine(words="includes" | "kind of" | "no kind of")
                ):
                    continue
                case syntax.NormalLimitLine():
                    key: object = (line.which, line.sex)
                case syntax.IntervalLine(words="grade") | syntax.ChoicesLine():
                    key = "scale"
                case _:
                    key = getattr(line, "words", type(line))
            if key in seen:
                words = " ".join(self.source.slice(line.span).split()[:2])
                self._report("repeated-line", f"`{words} …` stands here a second time", line.span)
            seen.add(key)

    def group(self, word: Token, name: syntax.Name, title: syntax.Text, *lines: syntax.CodesLine) -> syntax.Group:
        """group: GROUP NAME STRING codes*"""
        return syntax.Group(name, title, lines, span_of(word, title, *lines))

    def relations(self, words: Token, name: syntax.Name, *lines: syntax.CodesLine) -> syntax.Relations:
        """relations: CODES NAME _relation_line*"""
        return syntax.Relations(name, lines, span_of(words, name, *lines))

    def sheet(self, word: Token, *lines: syntax.SheetLine) -> syntax.Sheet:
        """sheet: SHEET sheet_line*"""
        self._report_repeated(lines)
        return syntax.Sheet(lines, span_of(word, *lines))

    def shown(
        self, word: Token, name: syntax.Name, label: syntax.Text, _with: Token | None = None, *beside: Any
    ) -> syntax.ShownLine:
        """shown: RESULT NAME STRING (WITH NAME STRING)?"""
        other, other_label = beside or (None, None)
        return syntax.ShownLine(name, label, other, other_label, span_of(word, label, *beside))

    def defaults(self, word: Token, *lines: syntax.LengthLine) -> syntax.Defaults:
        """defaults: DEFAULTS default_line*"""
        self._report_repeated(lines)
        return syntax.Defaults(lines, span_of(word, *lines))
