"""HL7's examples: what was read from each, kept as text to be looked at; and that nothing is lost without a word."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from golden.fhir_ledger import HERE, LOST, examples, golden_of, kinds, ledger_of, named, text_of


@pytest.mark.parametrize("kind", kinds())
def test_what_is_read_from_an_example_is_what_is_kept(kind: str) -> None:
    path = golden_of(kind)
    assert path.exists(), f"{path.name} is not there: python tests/golden/renew.py"
    assert path.read_text(encoding="utf-8") == text_of(kind)


def test_every_golden_is_of_a_kind_of_example() -> None:
    assert set(HERE.glob("*.txt")) == set(map(golden_of, kinds()))


def kept_lines() -> list[str]:
    return [line for path in HERE.glob("*.txt") for line in path.read_text(encoding="utf-8").splitlines() if line]


def test_every_example_is_in_a_golden() -> None:
    assert sorted(line for line in kept_lines() if not line.startswith(" ")) == sorted(examples())


def test_nothing_of_an_example_is_lost_without_a_word() -> None:
    assert [line for line in kept_lines() if line.startswith(f"  {LOST}")] == []


def test_what_was_left_out_of_the_examples_here_changes_nothing(shared: Path) -> None:
    paths = [path for path in (shared / "fhir-r4-examples").glob("*.json") if not path.name.startswith("_")]
    assert {path.stem for path in paths} == set(examples())
    for path in paths:
        whole = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        assert named(whole) == path.stem
        assert list(ledger_of(whole)) == list(ledger_of(examples()[path.stem])), path.stem
