"""The days of some trials alone are those that the whole timeline tells of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from golden.screened import examples
from screener import evaluate
from screener.advice.when import changes, timelines
from screener.loading import load_rulebook
from screener.records import read_patient


@pytest.mark.parametrize("path", examples()[::4], ids=lambda path: path.stem)
def test_each_trial_up_to_a_day_of_its_own(path: Path) -> None:
    rulebook = load_rulebook()
    screening = evaluate(read_patient(path, rulebook), rulebook)
    near = screening.as_of + timedelta(days=90)
    whole = {each.id: each for each in changes(screening).trials}
    short = {each.id: each for each in changes(screening, near).trials}
    assert timelines(screening, dict.fromkeys(whole)) == whole
    first, *others = whole
    mixed = timelines(screening, {first: None, **dict.fromkeys(others[:2], near)})
    assert mixed == {first: whole[first]} | {name: short[name] for name in others[:2]}
