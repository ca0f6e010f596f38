"""Advice as it is written: every fact once, and nothing lost that the fields beside it do not say."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from screener import Advice, advise, evaluate, load_patient, load_rules
from screener.advice.statements import Known, Way
from screener.records import read_patient
from trial_text import rulebook_with_rule

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples" / "patients").glob("*.json"))
MOST_BYTES = 96_000


@cache
def advice_for(name: str) -> Advice:
    rules = load_rules()
    return advise(evaluate(load_patient(ROOT / "examples" / "patients" / f"{name}.json", rules), rules))


def test_the_page_shows_advice_as_it_is_written() -> None:
    page = (ROOT / "docs" / "advice.md").read_text(encoding="utf-8")
    shown = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    rulebook = rulebook_with_rule("INR >= 1.5")
    patient = read_patient({"id": "P1"}, rulebook)
    written = advise(evaluate(patient, rulebook, as_of=date(2026, 2, 20))).to_dict()
    assert json.loads(shown[1]) == json.loads(json.dumps(written))


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_written_is_small_and_says_what_the_advice_says(name: str) -> None:
    advice = advice_for(name)
    written = advice.to_dict()
    assert len(json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()) < MOST_BYTES
    texts = [fact["fact"]["text"] for fact in written["facts"]]
    assert texts == [fact.fact.text for fact in advice.facts]

    def known(place: tuple[int, int]) -> tuple[str, str, list[Any]]:
        values = written["facts"][place[0]]["values"][place[1]]
        choices = values.get("choices") or ([] if "spans" in values else [values["text"]])
        return texts[place[0]], values["text"], list(choices)

    def ways(several: list[dict[str, Any]]) -> list[Any]:
        return [
            ([known(each) for each in way.get("known", ())], [texts[fact] for fact in way.get("together", ())])
            for way in several
        ]

    for fact, told in zip(written["facts"], advice.facts, strict=True):
        for field in ("settles", "closes"):
            assert list(fact.get(field, ())) == [f"{line.trial}/{line.criterion}" for line in getattr(told, field)]
        assert (fact.get("rules_out", ()), fact.get("decides", ())) == (told.rules_out, told.decides)
        assert fact.get("conditional", False) == told.conditional
        assert ways(fact.get("only_if", [])) == [of_way(each) for each in told.only_if]
        assert [fact["values"][each["values"]]["text"] for each in fact["outcomes"]] == [
            each.values.text for each in told.outcomes
        ]
    for trial, decides in zip(written["trials"], advice.trials, strict=True):
        assert [known(each["fact"]) for each in trial["rules_out"]] == [
            of_known(each.fact) for each in decides.rules_out
        ]
        for line, passes in zip(trial["lines"], decides.lines, strict=True):
            assert (line["criterion"], line.get("complete", True)) == (passes.criterion, passes.complete)
            assert ways(line.get("ways", [])) == [of_way(each) for each in passes.ways]


def of_known(known: Known) -> tuple[str, str, list[Any]]:
    return known.fact.text, known.values.text, list(known.values.choices)


def of_way(way: Way) -> Any:
    return [of_known(each) for each in way.known], [fact.text for fact in way.together]
