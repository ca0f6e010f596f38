"""The table of phrases for procedures is checked with the rules."""

from __future__ import annotations

import pytest

from screener.language.checker import check_texts

from .conftest import DICTIONARY

HEAD = "phrases\tname\twithin\tnot\tsource\n"


def faults(rows: str) -> list[str]:
    checked = check_texts({"dictionary.rules": DICTIONARY}, {}, "sha256:test", tables={"t/procedures.tsv": HEAD + rows})
    return [each.message for each in checked.diagnostics if each.code == "reviewed-codes"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("look; Look at it\tA look\t-\t\town\nquick\tAn adverb\tbeside any\t\town\n", []),
        ("look; LOOK\tA look\t-\t\town\n", []),
        ("look\tA look\t-\t\town\nsee; Look\tSight\tA00\t\town\n", ["procedures look stands here a second time"]),
        (
            "look\tA look\tbeside nothing\t\town\n",
            ["`beside nothing` is none of beside any, beside harmless, beside treatment"],
        ),
        ("look\tA look\t\t\town\n", ["it lies within nothing: write `-`, or codes"]),
        ("look;\tA look\t-\t\town\n", ["a phrase without a word stands in it"]),
    ],
)
def test_a_faulty_row_of_phrases_is_reported(rows: str, expected: list[str]) -> None:
    assert faults(rows) == expected
