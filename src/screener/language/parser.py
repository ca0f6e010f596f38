"""From rule text to syntax: a file is split into blocks, each block is parsed and built by itself, and every problem
becomes a diagnostic. Nothing that a file contains makes `parse` raise.

What names, units and numbers mean is the checker's matter; how wrong text is explained stands in `mistakes.py`.
"""

from __future__ import annotations

import re
from copy import copy
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, cast

from lark import Lark, TextSlice
from lark.exceptions import UnexpectedInput
from lark.lexer import ContextualLexer
from msgspec import Struct

from screener.language import mistakes, syntax
from screener.language.build_blocks import BlockBuilder
from screener.language.diagnostics import Diagnostic, in_order
from screener.language.source import Source, Span


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
    builder = BlockBuilder(source, span)
    block = builder.block(tree)
    return (None if builder.is_broken else block), [*problems, *builder.problems]
