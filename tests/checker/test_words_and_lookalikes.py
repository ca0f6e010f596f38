"""The words in which wards write values, and what an entry is not to be mistaken for."""

from __future__ import annotations

import pytest

from checker.conftest import checked, rulebook
from screener.language.formatter import format_text
from screener.rulebook import Words

FINDING = 'finding f "F"\n  ordered none, slight, moderate\n'


def test_words_stand_for_values() -> None:
    text = FINDING + '  words "severe", "tense" means moderate\n  words "++" means slight or moderate\n'
    assert rulebook(text).findings["f"].words == (
        Words(("severe", "tense"), ("moderate",)),
        Words(("++",), ("slight", "moderate")),
    )
    graded = rulebook('finding g "G"\n  grade 0 .. 4\n  words "coma" means 4\n').findings["g"]
    assert graded.words == (Words(("coma",), ("4",)),)


def test_an_entry_says_what_it_is_not_to_be_mistaken_for() -> None:
    text = FINDING + '  not to be mistaken for g, "another f"\ncondition c "C"\n  not to be mistaken for d\n'
    rules = rulebook(text)
    assert rules.findings["f"].unlike == ("g", "another f")
    assert rules.concepts["c"].unlike == ("d",)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('words "severe" means heavy', "unknown-choice"),
        ('words "severe" means slight or heavy', "unknown-choice"),
        ('words "severe", "SEVERE" means moderate', "said-twice"),
        ('words "severe" means moderate\n  words "severe" means slight', "said-twice"),
        ("not to be mistaken for f", "mistaken-for-itself"),
        ("not to be mistaken for a\n  not to be mistaken for b", "repeated-line"),
    ],
)
def test_such_lines_are_checked(line: str, code: str) -> None:
    assert [each.code for each in checked(f"{FINDING}  {line}\n").diagnostics if each.is_error] == [code]


def test_such_lines_are_formatted() -> None:
    text = FINDING + '  words  "severe" ,"tense"  means   moderate\n  not  to be mistaken for  g,"h"\n'
    assert format_text(text) == FINDING + '  words "severe", "tense" means moderate\n  not to be mistaken for g, h\n'
