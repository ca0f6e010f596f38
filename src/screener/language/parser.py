"""From rule text to syntax: a file is split into blocks, each block is parsed and built by itself, and every problem
becomes a diagnostic. Nothing that a file contains makes `parse` raise.

What names, units and numbers mean is the checker's matter; how wrong text is explained stands in `mistakes.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import copy
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, TypeVar, cast

from lark import Lark, TextSlice, Token, Tree
from lark.exceptions import UnexpectedInput
from lark.lexer import ContextualLexer
from msgspec import Struct
from msgspec.structs import replace

from screener.language import mistakes, syntax
from screener.language.diagnostics import Diagnostic, error, in_order
from screener.language.reserved import ALWAYS_RESERVED, RESERVED
from screener.language.source import Source, Span
from screener.values import dates


class ParsedFile(Struct, frozen=True):
    """The blocks of a file that could be read, in its order, and what is wrong with it."""

    source: Source
    blocks: tuple[syntax.Block, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something in the file cannot be used."""
        return any(each.is_error for each in self.diagnostics)


def parse(source: Source) -> ParsedFile:
    """Read a rule file. A block that cannot be understood is reported and left out; one that can be understood all the
    same (`and` mixed with `or`, a line written twice) is reported and kept, so that the checker can report the rest."""
    blocks: list[syntax.Block] = []
    diagnostics = mistakes.before_the_first_block(source)
    for span in block_spans(source):
        block, problems = _parse_block(source, span)
        diagnostics += problems
        if block is not None:
            blocks.append(block)
    return ParsedFile(source, tuple(blocks), tuple(in_order(diagnostics)))


# ---- blocks and the grammar

_BLOCK_START = re.compile(r"^[^\s#]", re.MULTILINE)
_CONTENT_LINE = re.compile(r"^(?:[ \t]+[^\s]|[^\s#])[^\n]*", re.MULTILINE)

DEEPEST = 100
"""How many levels of the grammar may lie within each other. Real rules need a dozen; thousands would overrun the
stack."""

LONGEST_NUMBER = 30
"""Digits of a number, with its point. Real rules need ten."""


def block_spans(source: Source) -> list[Span]:
    """Where the blocks of a file are: each from a line that starts at column 0 to its last indented line. Comments at
    column 0 that no indented line follows stand between blocks."""
    starts = [found.start() for found in _BLOCK_START.finditer(source.text)]
    spans = []
    for start, following in pairwise([*starts, len(source.text)]):
        *_, last_line = _CONTENT_LINE.finditer(source.text, start, following)
        spans.append(Span(start, last_line.start() + len(last_line[0].rstrip())))
    return spans


class _Lexer(ContextualLexer):
    """Leaves out comparing every pair of terminals (over a second where interegular is installed): a test does that."""

    def __init__(self, conf: Any, states: Any, always_accept: Any = ()) -> None:
        conf = copy(conf)
        conf.skip_validation = True
        super().__init__(conf, states, always_accept)


def grammar() -> str:
    """The text of the grammar."""
    return files("screener.language").joinpath("grammar.lark").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _lark() -> Lark:
    return Lark(
        grammar(),
        parser="lalr",
        lexer="contextual",
        start="block",
        maybe_placeholders=False,
        keep_all_tokens=True,
        _plugins={"ContextualLexer": _Lexer},
    )


def _keywords(lark: Lark) -> list[str]:
    return [terminal.name for terminal in lark.terminals if terminal.priority > 1]


def _parse_block(source: Source, span: Span) -> tuple[syntax.Block | None, list[Diagnostic]]:
    problems = mistakes.in_characters(source, span)
    if any(each.is_error for each in problems):
        return None, problems
    lark = _lark()
    try:
        tree = lark.parse(cast("str", TextSlice(source.text, span.start, span.end)))
    except UnexpectedInput as unexpected:
        return None, [*problems, mistakes.explain(source, span, unexpected, _keywords(lark))]
    builder = _Builder(source, span)
    block = builder.block(tree)
    return (None if builder.is_broken else block), [*problems, *builder.problems]


# ---- from the tree of the grammar to syntax

_RULES_OF_CHOICES = frozenset({"choices", "choices_line", "cell", "when_absent", "code", "asked_of"})
_CRITERION_ID = {"inclusion": re.compile(r"I[0-9]+[a-z]?"), "exclusion": re.compile(r"E[0-9]+[a-z]?")}
_OPERATORS = {"≥": ">=", "≤": "<="}


class _Part(Struct, frozen=True):
    """What a grammar rule yields that is not a node of the syntax by itself."""

    kind: str
    value: Any
    span: Span


_AnyNode = TypeVar("_AnyNode")


class _TooDeepError(Exception):
    pass


class _Builder:
    """Builds the nodes of one block. Each method is named after the grammar rule that it handles, gets what was built
    from the rule's parts, and is found by that name; `problems` fills up beside it."""

    def __init__(self, source: Source, span: Span) -> None:
        self.source = source
        self.span = span
        self.problems: list[Diagnostic] = []
        self.is_broken = False

    def block(self, tree: Tree[Token]) -> syntax.Block | None:
        try:
            return cast("syntax.Block", self._build(tree, 0))
        except _TooDeepError:
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
            raise _TooDeepError
        parts = [
            self._leaf(child, tree.data) if isinstance(child, Token) else self._build(child, depth + 1)
            for child in tree.children
        ]
        return getattr(self, tree.data)(*parts)

    def _leaf(self, token: Token, rule: str) -> Any:
        span = _span(token)
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
            self._report("whole-number", f"`{token}` is not a whole number", _span(token), breaks=True)
        return int(token.partition(".")[0])

    def _count(self, token: Token) -> syntax.Count:
        return syntax.Count(self._whole_number(token), _span(token))

    # -- trials

    def protocol(self, word: Token, trial: syntax.Name, *parts: Any) -> syntax.Protocol:
        """protocol: PROTOCOL TRIAL QUOTE+ short? registry? labs_within?"""
        return syntax.Protocol(
            trial,
            _every(syntax.Quote, parts),
            _one("short", parts),
            _one("registry", parts),
            _one("labs within", parts),
            _span(word, *parts),
        )

    def registry(self, word: Token, file: syntax.Text) -> _Part:
        """registry: REGISTRY FILE"""
        return _Part("registry", file, _span(word, file))

    def labs_within(self, word: Token, within: Token, duration: syntax.Duration) -> _Part:
        """labs_within: LABS WITHIN duration"""
        return _Part("labs within", duration, _span(word, duration))

    def field(self, word: Token, name: syntax.Name, *parts: Any) -> syntax.Field:
        """field: FIELD NAME QUOTE+ short? assumption* rule"""
        quotes, short = _every(syntax.Quote, parts), _one("short", parts)
        return syntax.Field(name, quotes, short, _all("assuming", parts), parts[-1], _span(word, *parts))

    def criterion(self, word: Token, number: syntax.Name, *parts: Any) -> syntax.Criterion:
        """criterion: (INCLUSION | EXCLUSION) CRITERION QUOTE+ short? assumption* rule"""
        kind = _words(word)
        if not _CRITERION_ID[kind].fullmatch(number.text):
            self._report(
                "criterion-id",
                f"`{number.text}` is not the number of an {kind} criterion",
                number.span,
                label=f"expected a number such as `{kind[0].upper()}1`",
            )
        quotes, short = _every(syntax.Quote, parts), _one("short", parts)
        return syntax.Criterion(kind, number, quotes, short, _all("assuming", parts), parts[-1], _span(word, *parts))

    def short(self, word: Token, text: syntax.Text) -> _Part:
        """short: SHORT STRING"""
        return _Part("short", text, _span(word, text))

    def assumption(self, word: Token, text: syntax.Text) -> _Part:
        """assumption: ASSUMING STRING"""
        return _Part("assuming", text, _span(word, text))

    # -- reusable meanings

    def definition(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Definition:
        """definition: DEFINE _titled QUOTE* citation? assumption* rule"""
        return syntax.Definition(
            name,
            title,
            _one("also", parts) or (),
            _every(syntax.Quote, parts),
            _one("source", parts),
            _all("assuming", parts),
            parts[-1],
            _span(word, *parts),
        )

    def score(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Score:
        """score: SCORE _titled QUOTE* citation? assumption* spread? expression flag*"""
        flags = _every(syntax.FlagLine, parts)
        expression = parts[-1 - len(flags)]
        return syntax.Score(
            name,
            title,
            _one("also", parts) or (),
            _every(syntax.Quote, parts),
            _one("source", parts),
            _all("assuming", parts),
            _one("spread", parts),
            expression,
            self.source.excerpt(expression.span),
            flags,
            _span(word, *parts),
        )

    def citation(self, word: Token, text: syntax.Text) -> _Part:
        """citation: SOURCE STRING"""
        return _Part("source", text, _span(word, text))

    def spread(self, word: Token, within: Token, duration: syntax.Duration, of_each_other: Token) -> _Part:
        """spread: INPUTS WITHIN duration OF_EACH_OTHER"""
        return _Part("spread", duration, _span(word, of_each_other))

    def points(self, word: Token, name: syntax.Name, *parts: Any) -> syntax.Points:
        """points: POINTS NAME STRING? FROM table_of cell ("," cell)*"""
        title = parts[0] if isinstance(parts[0], syntax.Text) else None
        of = parts[1] if title is None else parts[2]
        return syntax.Points(name, title, of, _every(syntax.Cell, parts), _span(word, *parts))

    def cell(self, *parts: Any) -> syntax.Cell:
        """cell: bounds ARROW signed | NAME (OR NAME)* ARROW signed"""
        numbers = parts[0] if isinstance(parts[0], syntax.Interval) else None
        return syntax.Cell(numbers, _every(syntax.Name, parts), parts[-1].value, _span(*parts))

    def bounds(self, *parts: Any) -> syntax.Interval:
        """bounds: (BELOW | ABOVE | AT_LEAST | AT_MOST) signed UNIT_TEXT?
        | ABOVE? signed RANGE BELOW? signed UNIT_TEXT?
        | signed UNIT_TEXT?"""
        numbers = _all("number", parts)
        words = {part.type for part in parts if isinstance(part, Token)}
        unit = parts[-1] if isinstance(parts[-1], syntax.Unit) else None
        low: str | None = numbers[0]
        high: str | None = numbers[-1]
        if "RANGE" not in words:
            low = None if words & {"BELOW", "AT_MOST"} else low
            high = None if words & {"ABOVE", "AT_LEAST"} else high
        return syntax.Interval(low, high, unit, _span(*parts), "ABOVE" in words, "BELOW" in words)

    def _two_limits(self, interval: syntax.Interval, word: str) -> syntax.Interval:
        if interval.low is None or interval.high is None or interval.low == interval.high:
            write = f"write both, such as `{word} 1 .. 10`"
            self._report("two-limits", f"`{word}` needs two limits", interval.span, write=write, breaks=True)
        return interval

    # -- the dictionary

    def _entry(
        self,
        node: Callable[..., _AnyNode],
        word: Token,
        name: syntax.Name,
        title: syntax.Text,
        parts: tuple[Any, ...],
    ) -> _AnyNode:
        lines = tuple(part for part in parts if not isinstance(part, _Part))
        self._report_repeated(lines)
        return node(name, title, _one("also", parts) or (), lines, _span(word, name, title, *parts))

    def _report_repeated(self, lines: tuple[Any, ...]) -> None:
        seen: set[object] = set()
        for line in lines:
            match line:
                case (
                    syntax.CodesLine()
                    | syntax.FormLine()
                    | syntax.FlagLine()
                    | syntax.WordsLine()
                    | syntax.IncludesLine()
                    | syntax.SignLine()
                    | syntax.KindOfLine()
                    | syntax.IncludesEveryLine()
                    | syntax.ShownLine()
                ):
                    continue
                case syntax.NormalLimitLine():
                    key: object = (line.which, line.sex)
                case syntax.DefaultLine():
                    key = line.what
                case syntax.GradeLine() | syntax.ChoicesLine():
                    key = "scale"
                case _:
                    key = type(line)
            if key in seen:
                words = " ".join(self.source.slice(line.span).split()[:2])
                self._report("repeated-line", f"`{words} …` stands here a second time", line.span)
            seen.add(key)

    def lab(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Lab:
        """lab: LAB _titled lab_line*"""
        return self._entry(syntax.Lab, word, name, title, parts)

    def finding(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Finding:
        """finding: FINDING _titled finding_line* flag*"""
        return self._entry(syntax.Finding, word, name, title, parts)

    def concept(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Concept:
        """concept: (CONDITION | PROCEDURE | DRUG | EVENT | SUBSTANCE) _titled concept_line*"""

        def of_its_kind(*fields: Any) -> syntax.Concept:
            return syntax.Concept(_words(word), *fields)

        return self._entry(of_its_kind, word, name, title, parts)

    def question(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.Question:
        """question: QUESTION _titled question_line*"""
        return self._entry(syntax.Question, word, name, title, parts)

    def group(self, word: Token, name: syntax.Name, title: syntax.Text, *lines: syntax.CodesLine) -> syntax.Group:
        """group: GROUP NAME STRING codes*"""
        return syntax.Group(name, title, lines, _span(word, title, *lines))

    def relations(self, words: Token, name: syntax.Name, *lines: syntax.CodesLine) -> syntax.Relations:
        """relations: CODES NAME _relation_line*"""
        return syntax.Relations(name, lines, _span(words, name, *lines))

    def sheet(self, word: Token, *lines: syntax.SheetLine) -> syntax.Sheet:
        """sheet: SHEET sheet_line*"""
        self._report_repeated(lines)
        return syntax.Sheet(lines, _span(word, *lines))

    def shown(
        self, word: Token, name: syntax.Name, label: syntax.Text, _with: Token | None = None, *beside: Any
    ) -> syntax.ShownLine:
        """shown: RESULT NAME STRING (WITH NAME STRING)?"""
        other, other_label = beside or (None, None)
        return syntax.ShownLine(name, label, other, other_label, _span(word, label, *beside))

    def diagnoses(self, word: Token, *parts: Any) -> syntax.DiagnosesLine:
        """diagnoses: DIAGNOSIS NAME ("," NAME)*"""
        return syntax.DiagnosesLine(_every(syntax.Name, parts), _span(word, *parts))

    def days_since(self, word: Token, name: syntax.Name, label: syntax.Text) -> syntax.DaysSinceLine:
        """days_since: SINCE NAME STRING"""
        return syntax.DaysSinceLine(name, label, _span(word, label))

    def defaults(self, word: Token, *lines: syntax.DefaultLine) -> syntax.Defaults:
        """defaults: DEFAULTS default_line*"""
        self._report_repeated(lines)
        return syntax.Defaults(lines, _span(word, *lines))

    def default_line(self, what: Token, fresh: Token, duration: syntax.Duration) -> syntax.DefaultLine:
        """default_line: (LABS | FINDINGS | ABSENCES) FRESH duration | (CONDITIONS | TREATMENTS) LAST duration"""
        return syntax.DefaultLine(_words(what), duration, _span(what, duration))

    def aliases(self, word: Token, *parts: Any) -> _Part:
        """aliases: ALSO alias ("," alias)*"""
        return _Part("also", _every(syntax.Name, parts), _span(word, *parts))

    def alias(self, alias: syntax.Name | syntax.Text) -> syntax.Name:
        """alias: NAME | STRING"""
        return syntax.Name(alias.text, alias.span)

    def codes(self, system: Token, *parts: Any) -> syntax.CodesLine:
        """codes: SYSTEM code ("," code)*"""
        return syntax.CodesLine(_words(system), _every(syntax.Code, parts), _span(system, *parts))

    def absent_codes(self, absent: Token, _as: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """absent_codes: ABSENT AS codes"""
        return syntax.CodesLine(codes.system, codes.codes, _span(absent, codes), absent=True)

    def may_be_codes(self, system: Token, _words: Token, *parts: Any) -> syntax.CodesLine:
        """may_be_codes: SYSTEM MAY_BE code ("," code)*"""
        return replace(self.codes(system, *parts), relates="may be")

    def not_codes(self, system: Token, _word: Token, *parts: Any) -> syntax.CodesLine:
        """not_codes: SYSTEM NOT code ("," code)*"""
        return replace(self.codes(system, *parts), relates="not")

    def whole_codes(self, word: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """whole_codes: WHOLE codes"""
        return replace(codes, relates="whole", span=_span(word, codes))

    def lies_within(self, words: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """lies_within: LIES_WITHIN codes"""
        return replace(codes, relates="within", span=_span(words, codes))

    def family_codes(self, word: Token, codes: syntax.CodesLine) -> syntax.CodesLine:
        """family_codes: FAMILY (codes | may_be_codes)"""
        return replace(codes, family=True, span=_span(word, codes))

    def code(self, *parts: Any) -> syntax.Code:
        """code: _code (RANGE _code)? (AS NAME | IN UNIT_TEXT | MEANS (NAME | NUMBER))* | GROUP_NAME"""
        is_range = len(parts) > 1 and isinstance(parts[1], Token) and parts[1].type == "RANGE"
        details: dict[str, Any] = {}
        for word, detail in zip(parts[3 if is_range else 1 :: 2], parts[4 if is_range else 2 :: 2], strict=True):
            if word in details:
                self._report("repeated-line", f"`{word} …` stands here a second time", _span(word, detail))
            details.setdefault(str(word), detail)
        value = details.get("means")
        return syntax.Code(
            _code_text(parts[0]),
            _code_text(parts[2]) if is_range else None,
            details.get("as"),
            details.get("in"),
            syntax.Name(str(value), _span(value)) if isinstance(value, Token) else value,
            _span(*parts),
        )

    def unit_line(self, word: Token, unit: syntax.Unit | None = None) -> syntax.UnitLine:
        """unit_line: UNIT UNIT_TEXT | PURE_NUMBER"""
        return syntax.UnitLine(unit, _span(word, unit or word))

    def molar_mass(self, word: Token, mass: syntax.Quantity) -> syntax.MolarMassLine:
        """molar_mass: MOLAR_MASS quantity"""
        return syntax.MolarMassLine(mass, _span(word, mass))

    def valence(self, word: Token, number: Token) -> syntax.ValenceLine:
        """valence: VALENCE NUMBER"""
        return syntax.ValenceLine(self._count(number), _span(word, number))

    def possible(self, word: Token, interval: syntax.Interval) -> syntax.PossibleLine:
        """possible: POSSIBLE bounds"""
        return syntax.PossibleLine(self._two_limits(interval, word), _span(word, interval))

    def usual(self, word: Token, interval: syntax.Interval) -> syntax.UsualLine:
        """usual: USUAL bounds"""
        return syntax.UsualLine(self._two_limits(interval, word), _span(word, interval))

    def normal_limit(self, words: Token, *parts: Any) -> syntax.NormalLimitLine:
        """normal_limit: (UPPER_LIMIT_OF_NORMAL | LOWER_LIMIT_OF_NORMAL) (FEMALE | MALE)? bounds"""
        which: Any = "upper" if words.type == "UPPER_LIMIT_OF_NORMAL" else "lower"
        sex: Any = str(parts[0]) if len(parts) == 2 else None
        interval = parts[-1]
        if interval.low is None or interval.high is None:
            write = f"write one limit, or two: `{_words(words)} 1 .. 10`"
            self._report("two-limits", "a limit of normal has no side", interval.span, write=write, breaks=True)
        return syntax.NormalLimitLine(which, sex, interval, _span(words, interval))

    def form(self, word: Token, name: syntax.Name, title: syntax.Text, *parts: Any) -> syntax.FormLine:
        """form: FORM _titled MOLAR_MASS quantity"""
        return syntax.FormLine(name, title, _one("also", parts) or (), parts[-1], _span(word, *parts))

    def fresh(self, word: Token, duration: syntax.Duration) -> syntax.FreshLine:
        """fresh: FRESH duration"""
        return syntax.FreshLine(duration, _span(word, duration))

    def flag(self, word: Token, text: syntax.Text, when: Token, test: syntax.Proposition) -> syntax.FlagLine:
        """flag: (FLAG | DOUBT) STRING WHEN proposition"""
        return syntax.FlagLine(text, test, word.type == "DOUBT", _span(word, test))

    def grade(self, word: Token, low: Token, to: Token, high: Token) -> syntax.GradeLine:
        """grade: GRADE NUMBER RANGE NUMBER"""
        self._whole_number(low)
        self._whole_number(high)
        interval = syntax.Interval(str(low), str(high), None, _span(low, high))
        return syntax.GradeLine(interval, _span(word, high))

    def choices_line(self, word: Token, *parts: Any) -> syntax.ChoicesLine:
        """choices_line: (VALUES | ORDERED) NAME ("," NAME)*"""
        return syntax.ChoicesLine(_every(syntax.Name, parts), word == "ordered", _span(word, *parts))

    def when_absent(
        self, choice: Token | syntax.Name, when: Token, condition: syntax.Name, is_word: Token, absent: Token
    ) -> syntax.WhenAbsentLine:
        """when_absent: (NUMBER | NAME) WHEN NAME IS ABSENT"""
        if isinstance(choice, Token):
            choice = syntax.Name(str(choice), _span(choice))
        return syntax.WhenAbsentLine(choice, condition, _span(choice, absent))

    def includes(self, word: Token, *parts: Any) -> syntax.IncludesLine:
        """includes: INCLUDES NAME ("," NAME)*"""
        return syntax.IncludesLine(_every(syntax.Name, parts), _span(word, *parts))

    def includes_every(self, word: Token, every: Token, kind: Token) -> syntax.IncludesEveryLine:
        """includes_every: INCLUDES EVERY (DRUG | SUBSTANCE)"""
        return syntax.IncludesEveryLine(_words(kind), _span(word, every, kind))

    def kind_of(self, words: Token, *parts: Any) -> syntax.KindOfLine:
        """kind_of: KIND_OF NAME ("," NAME)*"""
        return syntax.KindOfLine(_every(syntax.Name, parts), _span(words, *parts))

    def ended_by(self, words: Token, *parts: Any) -> syntax.EndedByLine:
        """ended_by: ENDED_BY NAME ("," NAME)*"""
        return syntax.EndedByLine(_every(syntax.Name, parts), _span(words, *parts))

    def mean_of(self, words: Token, *parts: Any) -> syntax.MeanOfLine:
        """mean_of: MEAN_OF NAME ("," NAME)*"""
        return syntax.MeanOfLine(_every(syntax.Name, parts), _span(words, *parts))

    def no_kind_of(self, words: Token, *parts: Any) -> syntax.KindOfLine:
        """no_kind_of: NO_KIND_OF NAME ("," NAME)*"""
        return syntax.KindOfLine(_every(syntax.Name, parts), _span(words, *parts), denied=True)

    def lasts(self, word: Token, duration: syntax.Duration) -> syntax.LastsLine:
        """lasts: LASTS duration"""
        return syntax.LastsLine(duration, _span(word, duration))

    def asked_under(self, words: Token, heading: syntax.Text) -> syntax.AskedUnderLine:
        """asked_under: ASKED_UNDER STRING"""
        return syntax.AskedUnderLine(heading, _span(words, heading))

    def unlike(self, words: Token, *parts: Any) -> syntax.UnlikeLine:
        """unlike: NOT_TO_BE_MISTAKEN_FOR alias ("," alias)*"""
        return syntax.UnlikeLine(_every(syntax.Name, parts), _span(words, *parts))

    def words_line(self, word: Token, *parts: Any) -> syntax.WordsLine:
        """words_line: WORDS STRING ("," STRING)* MEANS (NAME | NUMBER) (OR (NAME | NUMBER))*"""
        values = tuple(
            syntax.Name(str(part), _span(part)) if isinstance(part, Token) else part
            for part in parts
            if isinstance(part, syntax.Name) or (isinstance(part, Token) and part.type == "NUMBER")
        )
        return syntax.WordsLine(_every(syntax.Text, parts), values, _span(word, *parts))

    def longest_course(self, words: Token, duration: syntax.Duration) -> syntax.LongestCourseLine:
        """longest_course: LONGEST_COURSE duration"""
        return syntax.LongestCourseLine(duration, _span(words, duration))

    def denied(self, words: Token, *parts: Any) -> syntax.DeniedByListLine:
        """denied: DENIED_BY_LIST (WITH NAME (AND NAME)*)?"""
        return syntax.DeniedByListLine(_every(syntax.Name, parts), _span(words, *parts))

    def ruled_out(self, words: Token, when: Token, test: syntax.Proposition) -> syntax.RuledOutLine:
        """ruled_out: RULED_OUT WHEN proposition"""
        return syntax.RuledOutLine(test, _span(words, when, test))

    def course(self, word: Token, course: Token) -> syntax.CourseLine:
        """course: COURSE (ACUTE | CHRONIC | PASSING | PAST)"""
        return syntax.CourseLine(_words(course), _span(word, course))

    def only_if(self, words: Token, test: syntax.Proposition) -> syntax.OnlyIfLine:
        """only_if: ONLY_IF proposition"""
        return syntax.OnlyIfLine(test, _span(words, test))

    def sign(
        self,
        shows: Token,
        when: Token,
        test: syntax.Proposition,
        over: Token | None = None,
        duration: syntax.Duration | None = None,
    ) -> syntax.SignLine:
        """sign: (PRESENT | ABSENT | MAY_BE_PRESENT) WHEN proposition (OVER duration)?"""
        return syntax.SignLine(_words(shows), test, _span(shows, duration or test), duration)

    def asked_of(self, words: Token, who: syntax.Name, for_consent: Token | None = None) -> syntax.AskedOfLine:
        """asked_of: ASKED_OF NAME FOR_CONSENT?"""
        return syntax.AskedOfLine(who, for_consent is not None, _span(words, for_consent or who))

    def once_for_all_trials(self, words: Token) -> syntax.OnceForAllTrialsLine:
        """once_for_all_trials: ONCE_FOR_ALL_TRIALS"""
        return syntax.OnceForAllTrialsLine(_span(words))

    def holds_for(self, words: Token, duration: syntax.Duration) -> syntax.HoldsForLine:
        """holds_for: HOLDS_FOR duration"""
        return syntax.HoldsForLine(duration, _span(words, duration))

    def asked_only_if(self, words: Token, test: syntax.Proposition) -> syntax.AskedOnlyIfLine:
        """asked_only_if: ASKED_ONLY_IF proposition"""
        return syntax.AskedOnlyIfLine(test, _span(words, test))

    def shown_with(self, words: Token, test: syntax.Proposition) -> syntax.ShownWithLine:
        """shown_with: SHOWN_WITH proposition"""
        return syntax.ShownWithLine(test, _span(words, test))

    def asked_as(self, word: Token, text: syntax.Text) -> syntax.AskedAsLine:
        """asked_as: SHORT STRING"""
        return syntax.AskedAsLine(text, _span(word, text))

    # -- rules

    def rule(self, *parts: Any) -> syntax.Rule:
        """rule: UNTRANSLATED | _readings"""
        span = _span(*parts)
        if isinstance(parts[0], Token) and parts[0].type == "UNTRANSLATED":
            readings: tuple[syntax.Reading, ...] = (syntax.Reading(None, syntax.Untranslated(span), span),)
        else:
            readings = self._readings(parts)
        return syntax.Rule(readings, self.source.excerpt(span), span)

    def _readings(self, parts: tuple[Any, ...]) -> tuple[syntax.Reading, ...]:
        """_readings: (READ_AS STRING)? proposition (OR_READ_AS STRING proposition)*"""
        readings: list[syntax.Reading] = []
        label: syntax.Text | None = None
        first: Any = None
        for part in parts:
            match part:
                case Token():
                    first = part
                case syntax.Text():
                    label = part
                case _:
                    readings.append(syntax.Reading(label, part, _span(first or part, part)))
                    label = first = None
        if len(readings) == 1 and readings[0].label is not None:
            self._report(
                "single-reading",
                "a label needs a second reading beside it",
                readings[0].label.span,
                write='add `or read as "…"` with the other reading, or say it with `assuming "…"`',
            )
        return tuple(readings)

    def parentheses(self, opening: Token, *parts: Any) -> syntax.Proposition:
        """term: "(" _readings ")" """
        *inner, closing = parts
        readings = self._readings(tuple(inner))
        span = _span(opening, closing)
        if len(readings) == 1:
            return replace(readings[0].rule, span=span)
        if readings[0].label is None:
            self._report(
                "unlabelled-reading",
                "inside parentheses each reading needs a label",
                Span(opening.start_pos or 0, (opening.start_pos or 0) + 1),
                label='expected `read as "…"` after this',
            )
        return syntax.Readings(readings, span)

    def joined(self, *parts: Any) -> syntax.Proposition:
        """proposition: term ((AND | OR) term)+"""
        operators = [str(operator) for operator in parts[1::2]]
        terms = list(parts[::2])
        whole = terms[0]
        written = self._words(whole)
        joins: list[syntax.Proposition] = [whole]
        for before, operator, term in zip([operators[0], *operators], operators, terms[1:], strict=False):
            if operator != before:
                whole = _join(before, joins)
                joins = [whole]
                written = f"({written})"
            joins.append(term)
            written += f" {operator} {self._words(term)}"
        if len(set(operators)) > 1:
            other = next(operator for operator in parts[1::2] if operator != operators[0])
            self._report(
                "mixed-and-or",
                "`and` and `or` are mixed without parentheses",
                _span(other),
                label="this can be read in two ways",
                write=f"write `{written}`",
            )
        return _join(operators[-1], joins)

    def negation(self, word: Token, of: syntax.Proposition) -> syntax.Not:
        """term: NOT term"""
        return syntax.Not(of, _span(word, of))

    def at_time(self, scope: syntax.Scope, *parts: Any) -> syntax.AtTime:
        """term: scope "(" _readings ")" """
        rule = self.parentheses(*parts)
        if scope.within is not None or scope.relation not in ("before", "at"):
            self._report(
                "window-before-parenthesis",
                "a window cannot stand before a parenthesis",
                scope.span,
                label="expected `before …` or `at …`, which move the clock for all that is inside",
                write="write the window after each name inside the parentheses",
                breaks=True,
            )
        return syntax.AtTime(scope, rule, _span(scope, *parts))

    def at_least(self, words: Token, number: Token, *parts: Any) -> syntax.AtLeast:
        """term: AT_LEAST NUMBER OF "(" proposition (";" proposition)* ")" """
        of = tuple(part for part in parts if not isinstance(part, Token))
        return syntax.AtLeast(self._count(number), of, _span(words, *parts))

    def allergies(self, words: Token, number: Token, verb: Token, what: _Part, *parts: Any) -> syntax.Event:
        """term: AT_LEAST NUMBER ALLERGIES_TO what _narrowing?"""
        times = _Part("times", self._count(number), _span(words, verb))
        return replace(self.event(verb, what, times, *parts), verb="allergy to", span=_span(words, what, *parts))

    def event(self, verb: Token, what: _Part, *parts: Any) -> syntax.Event:
        """term: verb what count? _narrowing?"""
        return syntax.Event(
            _words(verb),
            what.value,
            _one("times", parts),
            next(iter(_every(syntax.Scope, parts)), None),
            _one("except", parts) or (),
            _one("with", parts),
            _span(verb, what, *parts),
            _span(verb),
        )

    def verb(self, word: Token) -> Token:
        """verb: HISTORY_OF | ONSET_OF | …"""
        return word

    def what(self, *parts: Any) -> _Part:
        """what: qualified | ANY_OF "(" qualified ("," qualified)* ")" """
        return _Part("what", _every(syntax.Qualified, parts), _span(*parts))

    def qualified(self, *parts: Any) -> syntax.Qualified:
        """qualified: qualifier* NAME"""
        return syntax.Qualified(_every(syntax.Qualifier, parts), parts[-1], _span(*parts))

    def qualifier(self, word: Token, stage: syntax.Text | None = None) -> syntax.Qualifier:
        """qualifier: CURED | RESOLVED | SEVERE | UNCONTROLLED | STAGE STRING"""
        return syntax.Qualifier(_words(word), stage.text if stage else None, _span(word, stage or word))

    def count(self, words: Token, number: Token, times: Token) -> _Part:
        """count: AT_LEAST NUMBER (TIMES | TIME)"""
        return _Part("times", self._count(number), _span(words, times))

    def exceptions(self, word: Token, *parts: Any) -> _Part:
        """exceptions: EXCEPT qualified ("," qualified)*"""
        return _Part("except", _every(syntax.Qualified, parts), _span(word, *parts))

    def beside(self, word: Token, opening: Token, rule: syntax.Proposition, closing: Token) -> _Part:
        """beside: WITH "(" proposition ")" """
        return _Part("with", rule, _span(word, closing))

    def meets(self, word: Token, name: syntax.Name) -> syntax.Meets:
        """term: MEETS NAME"""
        return syntax.Meets(name, _span(word, name))

    def confirmed(self, word: Token, name: syntax.Name) -> syntax.Confirmed:
        """term: CONFIRMED NAME"""
        return syntax.Confirmed(name, _span(word, name))

    def compare(self, left: syntax.Numeric, sign: Token, right: Any) -> syntax.Compare:
        """term: sum COMPARISON limit"""
        if sign.startswith(">") and self.source.starts_line(sign.start_pos or 0):
            self._report(
                "misplaced-quotation",
                f"a line that starts with `{sign}` looks like a quotation",
                _span(sign),
                write=f"end the line above with `{sign}`",
                breaks=True,
            )
        operator: Any = _OPERATORS.get(sign, str(sign))
        return syntax.Compare(left, operator, right, _span(left, right), _span(sign))

    def between(
        self, of: syntax.Numeric, word: Token, low: syntax.Quantity, and_word: Token, high: syntax.Quantity
    ) -> syntax.Between:
        """term: sum BETWEEN quantity AND quantity"""
        return syntax.Between(of, low, high, _span(of, high))

    def is_one_of(self, of: syntax.Numeric, word: Token, *parts: Any) -> syntax.Is:
        """term: sum IS NOT? choices"""
        return syntax.Is(of, parts[-1].value, len(parts) == 2, _span(of, parts[-1]))

    def choices(self, *parts: Any) -> _Part:
        """choices: NAME | ANY_OF "(" NAME ("," NAME)* ")" """
        return _Part("choices", _every(syntax.Name, parts), _span(*parts))

    def times_limit(self, *parts: Token) -> syntax.TimesLimit:
        """limit: NUMBER? TIMES_LIMIT"""
        times = str(parts[0]) if len(parts) == 2 else "1"
        return syntax.TimesLimit(times, "upper" if parts[-1].endswith("ULN") else "lower", _span(*parts))

    def scope(self, *parts: Any) -> syntax.Scope:
        """scope: WITHIN duration ((BEFORE | AFTER | OF) anchor)? | (BEFORE | AFTER | SINCE | AT) anchor"""
        within = next(iter(_every(syntax.Duration, parts)), None)
        anchor = next(iter(_every(syntax.Anchor, parts)), None)
        relation: Any = str(parts[-2]) if anchor else None
        return syntax.Scope(within, relation, anchor, _span(*parts))

    def anchor(self, *parts: Any) -> syntax.Anchor:
        """anchor: (FIRST | LAST)? (ONSET_OF | START_OF) NAME | ITS_ONSET | SCREENING"""
        match parts:
            case (Token() as words,):
                kind = _words(words)
                return syntax.Anchor(kind, None, None, _span(words))
            case (*pick, Token() as words, syntax.Name() as name):
                kind = _words(words).removesuffix(" of")
                chosen: Any = str(pick[0]) if pick else None
                return syntax.Anchor(kind, chosen, name, _span(*parts))
            case _:
                raise AssertionError(f"the grammar knows no such anchor: {parts}")

    def duration(self, number: Token, unit: Token) -> syntax.Duration:
        """duration: NUMBER TIME_UNIT"""
        name: Any = unit if unit.endswith("s") else f"{unit}s"
        return syntax.Duration(dates.Duration(self._whole_number(number), str(name)), _span(number, unit))  # type: ignore[arg-type]

    # -- numbers

    def choose(
        self,
        if_word: Token,
        test: syntax.Proposition,
        then_word: Token,
        then: syntax.Numeric,
        else_word: Token,
        otherwise: syntax.Numeric,
    ) -> syntax.Choose:
        """expression: IF proposition THEN expression ELSE expression"""
        return syntax.Choose(test, then, otherwise, _span(if_word, otherwise))

    def arithmetic(self, left: syntax.Numeric, operator: Token, right: syntax.Numeric) -> syntax.Arithmetic:
        """sum: sum ("+" | "-") product; product: product ("*" | "/") bounded"""
        return syntax.Arithmetic(_words(operator), left, right, _span(left, right))

    def bounded(self, of: syntax.Numeric, words: Token, at: syntax.Quantity) -> syntax.Bounded:
        """bounded: bounded (FLOORED_AT | CAPPED_AT) quantity"""
        return syntax.Bounded(of, _words(words), at, _span(of, at))

    def in_unit(self, of: syntax.Numeric, word: Token, unit: syntax.Unit) -> syntax.InUnit:
        """atom: atom IN UNIT_TEXT"""
        return syntax.InUnit(of, unit, _span(of, unit))

    def function(self, word: Token, opening: Token, of: syntax.Numeric, closing: Token) -> syntax.Function:
        """atom: FUNCTION "(" expression ")" """
        return syntax.Function(_words(word), of, _span(word, closing))

    def number_in_parentheses(self, opening: Token, of: syntax.Numeric, closing: Token) -> syntax.Numeric:
        """atom: "(" expression ")" """
        return replace(of, span=_span(opening, closing))

    def value(self, *parts: Any) -> syntax.Value:
        """value: (LATEST | EARLIEST | HIGHEST | LOWEST)? NAME scope?"""
        pick: Any = str(parts[0]) if isinstance(parts[0], Token) else None
        (name,) = _every(syntax.Name, parts)
        scope = next(iter(_every(syntax.Scope, parts)), None)
        return syntax.Value(pick, name, scope, _span(*parts))

    def change(self, words: Token, name: syntax.Name, scope: syntax.Scope | None = None) -> syntax.Change:
        """change: (RISE_IN | …) NAME scope?"""
        return syntax.Change(_words(words), name, scope, _span(words, scope or name))

    def quantity(self, number: _Part, unit: syntax.Unit | None = None) -> syntax.Quantity:
        """quantity: signed UNIT_TEXT?"""
        if unit is not None and "\n" in self.source.text[number.span.end : unit.span.start]:
            # Lines may be broken anywhere, so a stray word below a number has been read as its unit.
            word = self.source.slice(unit.span)
            label = f"a unit stands on the line of its number, `{number.value}`"
            self._report("unexpected-word", f"`{word}` does not fit here", unit.span, label=label, breaks=True)
        return syntax.Quantity(number.value, unit, _span(number, unit or number))

    def signed(self, *parts: Token) -> _Part:
        """signed: "-"? NUMBER"""
        return _Part("number", "".join(parts), _span(*parts))


def _join(operator: str, terms: list[syntax.Proposition]) -> syntax.Proposition:
    span = _span(terms[0], terms[-1])
    return syntax.All(tuple(terms), span) if operator == "and" else syntax.Any(tuple(terms), span)


def _span(first: Any, *others: Any) -> Span:
    last = others[-1] if others else first
    start: Any = first.start_pos if isinstance(first, Token) else first.span.start
    end: Any = last.end_pos if isinstance(last, Token) else last.span.end
    return Span(start, end)


def _words(keyword: Token) -> Any:
    """The words of a keyword, one space between them. The grammar sees to it that they are what the node allows."""
    return " ".join(keyword.split())


def _code_text(part: Token | syntax.Text) -> str:
    return part.text if isinstance(part, syntax.Text) else str(part)


def _every(kind: type[_AnyNode], parts: Iterable[Any]) -> tuple[_AnyNode, ...]:
    return tuple(part for part in parts if isinstance(part, kind))


def _all(kind: str, parts: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(part.value for part in parts if isinstance(part, _Part) and part.kind == kind)


def _one(kind: str, parts: Iterable[Any]) -> Any:
    return next(iter(_all(kind, parts)), None)
