"""From the tree of the grammar to syntax: what every rule of the grammar is built with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from lark import Token, Tree
from msgspec import Struct

from screener.language import mistakes, syntax
from screener.language.diagnostics import Diagnostic, error
from screener.language.reserved import ALWAYS_RESERVED, RESERVED
from screener.language.source import Source, Span

DEEPEST = 100
"""How many levels of the grammar may lie within each other. Real rules need a dozen; thousands would overrun the
stack."""

LONGEST_NUMBER = 30
"""Digits of a number, with its point. Real rules need ten."""


_RULES_OF_CHOICES = frozenset({"choices", "choices_line", "cell", "when_absent", "code", "asked_of"})


NODES: dict[str, type[Struct]] = {
    "molar_mass": syntax.MolarMassLine,
    "days_since": syntax.DaysSinceLine,
    "once_for_all_trials": syntax.OnceForAllTrialsLine,
    "negation": syntax.Not,
    "meets": syntax.Meets,
    "confirmed": syntax.Confirmed,
    "between": syntax.Between,
    "choose": syntax.Choose,
    "in_unit": syntax.InUnit,
}
"""Rules of the grammar whose nodes are made of what stands in them, words and signs left out."""

LED_NODES: dict[str, type[Struct]] = {
    "length_line": syntax.LengthLine,
    "text_line": syntax.TextLine,
    "rule_line": syntax.RuleLine,
}
"""The same of lines whose node has the words that lead them."""

PIECES = frozenset({"registry", "labs_within", "short", "assumption", "citation", "spread", "beside"})
LISTS = frozenset({"aliases", "what", "choices", "exceptions"})
"""Rules that yield what stands in them, one thing or several, for the rule around them."""


class Piece(Struct, frozen=True):
    """What a grammar rule yields that is not a node of the syntax by itself."""

    kind: str
    value: Any
    span: Span


AnyNode = TypeVar("AnyNode")


class TooDeepError(Exception):
    pass


class Building:
    """Builds the nodes of one block, and gathers the `problems` with them. A rule of the grammar that is in no table
    above is handled by the method of its name, which gets what was built from the rule's parts."""

    def __init__(self, source: Source, span: Span) -> None:
        self.source = source
        self.span = span
        self.problems: list[Diagnostic] = []
        self.is_broken = False

    def block(self, tree: Tree[Token]) -> syntax.Block | None:
        """The block that a tree of the grammar is; None where it cannot be built."""
        try:
            return cast("syntax.Block", self._build(tree, 0))
        except TooDeepError:
            end = self.span.start + len(self.source.line(self.source.line_of(self.span.start)))
            self._report(
                "too-deep",
                "parentheses or sums are nested too deeply",
                Span(self.span.start, end),
                write="give a part of the rule a name of its own with `define` or `score`",
                breaks=True,
            )
            return None

    def _build(self, tree: Tree[Token], depth: int) -> Any:
        if depth > DEEPEST:
            raise TooDeepError
        parts = [
            self._leaf(child, tree.data) if isinstance(child, Token) else self._build(child, depth + 1)
            for child in tree.children
        ]
        rule, inside = tree.data, [part for part in parts if not isinstance(part, Token)]
        if rule in NODES:
            return NODES[rule](*inside, span_of(*parts))
        if rule in LED_NODES:
            words = [keyword_words(part) for part in parts if isinstance(part, Token)]
            return LED_NODES[rule](" ".join(words), *inside, span_of(*parts))
        if rule in PIECES or rule in LISTS:
            return Piece(rule, tuple(inside) if rule in LISTS else inside[0], span_of(*parts))
        return getattr(self, rule)(*parts)

    def _leaf(self, token: Token, rule: str) -> Any:
        span = span_of(token)
        match token.type:
            case "NAME":
                if token.casefold() in (ALWAYS_RESERVED if rule in _RULES_OF_CHOICES else RESERVED):
                    message = f"`{token}` is a word of the language and cannot be a name"
                    self._report("reserved-word", message, span, breaks=True)
                return syntax.Name(str(token), span)
            case "TRIAL" | "CRITERION":
                return syntax.Name(str(token), span)
            case "NUMBER":
                if len(token) > LONGEST_NUMBER:
                    self._report(
                        "long-number", f"a number of {len(token)} digits means nothing here", span, breaks=True
                    )
                return token
            case "STRING":
                return syntax.Text(str(token)[1:-1], span)
            case "FILE":
                return syntax.Text(str(token), span)
            case "QUOTE":
                return syntax.Quote(str(token)[1:].strip(), Span(span.start, span.start + len(token.rstrip())))
            case "UNIT_TEXT":
                return syntax.Unit(syntax.spelling_of_unit(str(token)), span)
            case _:
                return token

    def _report(
        self, code: str, message: str, span: Span, *, label: str = "", write: str = "", breaks: bool = False
    ) -> None:
        block = mistakes.heading_of(self.source, self.span)
        self.problems.append(error(code, message, self.source, span, block=block, label=label, help=write))
        self.is_broken = self.is_broken or breaks

    def _words(self, part: Any) -> str:
        """The text of a node on one line."""
        return " ".join(self.source.excerpt(part.span).split())

    def _whole_number(self, token: Token) -> int:
        if "." in token:
            self._report("whole-number", f"`{token}` is not a whole number", span_of(token), breaks=True)
        return int(token.partition(".")[0])

    def _count(self, token: Token) -> syntax.Count:
        return syntax.Count(self._whole_number(token), span_of(token))


def span_of(first: Any, *others: Any) -> Span:
    """From the first of these nodes or tokens to the last."""
    last = others[-1] if others else first
    start: Any = first.start_pos if isinstance(first, Token) else first.span.start
    end: Any = last.end_pos if isinstance(last, Token) else last.span.end
    return Span(start, end)


def keyword_words(keyword: Token) -> Any:
    """The words of a keyword, one space between them. The grammar sees to it that they are what the node allows."""
    return " ".join(keyword.split())


def every(kind: type[AnyNode], parts: Iterable[Any]) -> tuple[AnyNode, ...]:
    """The parts that are nodes of a kind."""
    return tuple(part for part in parts if isinstance(part, kind))


def all_of(kind: str, parts: Iterable[Any]) -> tuple[Any, ...]:
    """The values of the parts that a rule called so."""
    return tuple(part.value for part in parts if isinstance(part, Piece) and part.kind == kind)


def one_of(kind: str, parts: Iterable[Any]) -> Any:
    """The value of the part that a rule called so; None without it."""
    return next(iter(all_of(kind, parts)), None)
