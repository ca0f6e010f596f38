"""What holds of every rulebook: it survives JSON unchanged, and names nothing that it does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.conftest import DICTIONARY, checked
from screener.loading import load_rulebook
from screener.rulebook import (
    AgainstLimit,
    AtTime,
    Confirmed,
    EventLookup,
    Happened,
    IsOneOf,
    Meets,
    PointsOf,
    Rulebook,
    Scope,
    ScoreOf,
    Value,
    from_json,
    to_json,
)

windows = st.sampled_from(["", " within 7 days", " within 48 hours", " before onset of liver_failure"])
numbers = st.decimals(min_value=2, max_value=9, places=1).map(str)
comparisons = st.builds(
    "{}{} {} {}".format,
    st.sampled_from(["INR", "latest INR", "highest INR", "lowest INR"]),
    windows,
    st.sampled_from([">", ">=", "<", "<="]),
    numbers,
)
limits = st.builds("TBil{} {} {} mg/dL".format, windows, st.sampled_from([">", "<="]), numbers)
histories = st.builds(
    "history of {}{}".format,
    st.sampled_from(["sepsis", "severe infection", "any of (sepsis, malignancy)", "any of (malignancy, sepsis)"]),
    windows,
)
facts = st.one_of(
    comparisons,
    limits,
    histories,
    st.sampled_from(
        ["confirmed unsuitable", "HE_grade >= 2", "ascites_grade is slight", "sex is female", "TBil >= 10 x ULN"]
    ),
)


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: f"({' and '.join(parts)})"),
        several.map(lambda parts: f"({' or '.join(parts)})"),
        inner.map(lambda part: f"not ({part})"),
        several.map(lambda parts: f"at least 2 of ({'; '.join(parts)})"),
        inner.map(lambda part: f"before onset of liver_failure ({part})"),
        st.builds('(read as "a" {} or read as "b" {})'.format, inner, inner),
    )


rules = st.recursive(facts, joined, max_leaves=4)


def parts(node: object) -> Iterator[object]:
    yield node
    match node:
        case msgspec.Struct():
            for field in node.__struct_fields__:
                yield from parts(getattr(node, field))
        case tuple():
            for item in node:
                yield from parts(item)
        case dict():
            for item in node.values():
                yield from parts(item)


def missing_names(book: Rulebook) -> list[str]:
    """Everything that is named in a rulebook and is not in it."""
    missing = []
    for part in parts(book):
        match part:
            case Value(name) | Happened(name) | IsOneOf(name) | AgainstLimit(name) | AtTime(name):
                found = name in book.lookups
            case Scope(anchor=name):
                found = name in ("clock", "its onset") or name in book.lookups
            case ScoreOf(name):
                found = name in book.scores
            case PointsOf(name):
                found = name in book.tables
            case Meets(name):
                found = name in book.definitions
            case Confirmed(name):
                found = name in book.questions
            case EventLookup(name):
                found = all(each.concept in book.concepts for each in (*part.what, *part.exceptions))
            case _:
                continue
        if not found:
            missing.append(name)
    return missing


@settings(max_examples=60, deadline=None)
@given(st.lists(rules, min_size=1, max_size=3))
def test_every_rulebook_survives_json_and_is_whole(several: list[str]) -> None:
    criteria = "".join(f"inclusion I{number}\n  > a\n  {rule}\n" for number, rule in enumerate(several, 1))
    result = checked(f"protocol T1\n  > A\n{criteria}")
    if "too-many-readings" in result.report:
        return
    assert result.rulebook is not None, result.report
    assert from_json(to_json(result.rulebook)) == result.rulebook
    assert missing_names(result.rulebook) == []
    assert all(name == lookup.name for name, lookup in result.rulebook.lookups.items())


def test_the_shipped_rulebook_is_whole() -> None:
    book = load_rulebook()
    assert missing_names(book) == []
    assert {fact for lookup in book.lookups.values() if (fact := getattr(lookup, "fact", None))} <= {
        *book.labs,
        *book.findings,
    }


def test_a_name_that_is_missing_would_be_seen() -> None:
    book = load_rulebook()
    lookups = dict(book.lookups)
    gone, _ = lookups.popitem()
    assert gone in missing_names(msgspec.structs.replace(book, lookups=lookups))


WORDS = re.findall(r"\w+", DICTIONARY)
TRIAL = (
    "protocol T1\n  > A\n"
    "inclusion I1\n  > a\n  history of malignancy within 5 years except cured skin_carcinoma or TBil >= 5 mg/dL\n"
    "inclusion I2\n  > b\n  ascites_grade >= slight and before onset of liver_failure (lowest INR within 7 days < 2)\n"
    'define D "D"\n  age between 18 and 65 years and rise in creatinine within 48 hours >= 0.3 mg/dL\n'
    'score S "S"\n  ln(creatinine in mg/dL floored at 1.0) + P\n'
    "points P from HE_grade\n  0 -> 1, 1 .. 2 -> 2, 3 .. 4 -> 3\n"
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(WORDS)), min_size=1, max_size=4))
def test_whatever_is_written_the_checker_reports_and_does_not_raise(changes: list[tuple[int, str]]) -> None:
    text = DICTIONARY + TRIAL
    for place, word in changes:
        words = list(re.finditer(r"\w+", text))
        found = words[place % len(words)]
        text = text[: found.start()] + word + text[found.end() :]
    result = checked("# all of it is in the other file\n", dictionary=text)
    assert (result.rulebook is None) == ("error[" in result.report)
