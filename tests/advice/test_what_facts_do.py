"""What each missing fact does to one line, and the ways to pass it, as tables in `what_facts_do.md`.

`python tests/advice/test_what_facts_do.py` writes the tables anew; look at the difference before it is kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from screener.advice.decisive import advise
from screener.advice.statements import OpenFact, Outcome, Way
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import evaluate
from trial_text import rulebook_with_lines

PAGE = Path(__file__).parent / "what_facts_do.md"
AS_OF = date(2026, 2, 20)
HEAD = "| to find out | found by | if it is | the line is |\n|---|---|---|---|\n"


@cache
def examples() -> tuple[tuple[str, str], ...]:
    """Each example of the page: its rule, and what follows it."""
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    return tuple((rule.strip("`"), rest.strip()) for rule, _, rest in (each.partition("\n") for each in sections))


@cache
def rulebook() -> Rulebook:
    """The shipped dictionary with a trial for each example, `LINE0` and so on."""
    return rulebook_with_lines(tuple((rule, rest[3:12]) for rule, rest in examples()))


def written(place: int) -> str:
    """An example as the advice has it. It begins with `An inclusion.` or `An exclusion.`"""
    about = examples()[place][1].partition("\n")[0]
    patient = read_patient({"id": "anna", **of_record(about.partition(". ")[2])}, rulebook())
    advice = advise(evaluate(patient, rulebook(), as_of=AS_OF, trials=[f"LINE{place}"]))
    ways = "".join(f"- passes with {in_words(way)}\n" for line in advice.trials[0].lines for way in line.ways)
    return f"{about}\n\n{HEAD}{''.join(row for fact in advice.facts for row in rows(fact))}\n{ways}".strip()


def of_record(text: str) -> dict[str, Any]:
    """`On record: INR 1.2 on 2026-02-19; basal_cell_carcinoma resolved since 2020-01-05; conditions complete.`"""
    record: dict[str, Any] = {}
    for each in filter(None, text.removeprefix("On record: ").rstrip(".").split("; ")):
        if found := re.fullmatch(r"(\S+) (\S+)(?: (\S+))? on (\S+)", each):
            result = {"name": found[1], "value": number(found[2]), "date": found[4]}
            record.setdefault("observations", []).append(result | ({"unit": found[3]} if found[3] else {}))
        elif found := re.fullmatch(r"(\S+) (active|resolved) since (\S+)", each):
            record.setdefault("conditions", []).append({"name": found[1], "status": found[2], "onset": found[3]})
        elif found := re.fullmatch(r"(female|male)", each):
            record["sex"] = found[1]
        elif found := re.fullmatch(r"(\S+) complete", each):
            record.setdefault("complete", []).append(found[1])
        else:
            raise AssertionError(f"{each!r} is in no notation of this page")
    return record


def number(text: str) -> float | str:
    return float(text) if re.fullmatch(r"[0-9.]+", text) else text


def rows(fact: OpenFact) -> Iterator[str]:
    found_by = fact.fact.found_by + (", only if needed" if fact.conditional else "")
    for place, outcome in enumerate(fact.outcomes):
        named = f"| {fact.fact.text} | {found_by} " if place == 0 else "| | "
        yield f"{named}| {outcome.values.text} | {becomes(outcome)} |\n"


def becomes(outcome: Outcome) -> str:
    return "passed" if outcome.passes else "failed" if outcome.fails else "open"


def in_words(way: Way) -> str:
    told = [known.values.named for known in way.known]
    if way.together:
        told.append(f"{', '.join(fact.text for fact in way.together)}, if their numbers fit")
    return "; ".join(told)


@pytest.mark.parametrize("place", range(len(examples())), ids=[rule for rule, _ in examples()])
def test_each_table_says_what_the_advice_says(place: int) -> None:
    assert written(place) == examples()[place][1]


def test_there_are_twenty_tables() -> None:
    assert len(examples()) >= 20


if __name__ == "__main__":
    top = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    anew = [f"## `{rule}`\n\n{written(place)}\n" for place, (rule, _) in enumerate(examples())]
    PAGE.write_text("\n".join([top.rstrip() + "\n", *anew]), encoding="utf-8")
