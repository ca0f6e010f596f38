"""The grammar is unambiguous, and the names of its terminals are the words that messages print."""

from __future__ import annotations

import re
from functools import cache

import pytest
from lark import Lark, Token

from screener.language import parser
from screener.language.mistakes import BLOCK_WORDS
from screener.language.reserved import RESERVED
from screener.language.source import Source


@cache
def strict_lark() -> Lark:
    return Lark(parser.grammar(), parser="lalr", start="block", maybe_placeholders=False, strict=True)


def keywords() -> list[tuple[str, str]]:
    """Each keyword's terminal, and its words."""
    found = re.findall(r'^([A-Z_]+)\.[23]: ((?:"[a-z]+"|_GAP| )+) _END$', parser.grammar(), re.MULTILINE)
    return [(name, " ".join(re.findall('"([a-z]+)"', words))) for name, words in found]


def test_the_grammar_has_no_conflict_and_no_two_terminals_that_match_the_same_text() -> None:
    tree = strict_lark().parse("defaults\n  labs fresh 7 days\n")
    assert next(tree.scan_values(lambda each: isinstance(each, Token))).type == "DEFAULTS"


def test_a_keywords_terminal_is_named_after_its_words() -> None:
    assert len(keywords()) > 90
    for name, words in keywords():
        assert name.lower().replace("_", " ") == words


def test_every_keyword_ends_with_its_word() -> None:
    unended = [name for name, words in keywords() if strict_lark().get_terminal(name).pattern.value.endswith(words)]
    assert unended == []


@pytest.mark.parametrize("word", BLOCK_WORDS)
def test_every_word_that_starts_a_block_is_known_to_the_grammar(word: str) -> None:
    assert word in {words for _, words in keywords()}
    (problem, *_) = parser.parse(Source("x.rules", f"{word} ;\n")).diagnostics
    assert problem.code != "unknown-block"


def test_every_reserved_word_is_used_by_the_grammar() -> None:
    single_words = {word for _, words in keywords() for word in words.split()}
    assert {"ln", "exp", "sqrt", "round", "uln", "lln"} | single_words >= RESERVED


def test_a_name_may_begin_with_a_keyword() -> None:
    parsed = parser.parse(Source("x.rules", 'define d "D"\n  history of organ_failure or meets android\n'))
    assert parsed.diagnostics == ()
