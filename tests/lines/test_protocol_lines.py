"""The translation as a whole: every line of the registry quoted, and no line left to a person that data can decide."""

from __future__ import annotations

import json
import re

import pytest

from lines.casebook import all_cases, rules
from screener.loading import shipped_rules
from screener.rulebook import Confirmed, Criterion, Not, Trial

CASES = all_cases()

DECIDED_BY_DATA = {
    "NCT03863002": "F.age I3 I5 E9 E12 E13",
    "NCT05985863": "I1 E2 E4 E7 E9",
    "NCT06242405": "I1 E2 E6 E9",
    "NCT07409259": "I1 I3 E5 E6 E7",
}
"""Lines that a record decides both ways although nobody has answered anything."""

DECIDED_BY_DATA_ONE_WAY_AT_LEAST = {
    "NCT03863002": "I2 I4 E1 E2 E3 E4 E5 E6 E7 E8 E10 E11 E16",
    "NCT05985863": "I2 E1 E3 E6 E8 E10 E11 E12 E13",
    "NCT06242405": "I2 E1 E3 E5 E7 E8 E10",
    "NCT07409259": "I2 E1 E2 E3 E4",
}
"""Lines of which a record shows at least that the matter does not arise, or that it plainly does."""

ASKED_OF_PEOPLE_ALONE = {
    "NCT03863002": "I1 E14 E15 E17",
    "NCT05985863": "I3 E5 E14",
    "NCT06242405": "I3 E4 E11",
    "NCT07409259": "I4 E8",
}
"""Lines that nothing in a record could decide: consent, and the investigator's own judgement."""


def lines_of(listed: dict[str, str]) -> set[tuple[str, str]]:
    return {(trial, line) for trial, lines in listed.items() for line in lines.split()}


# ---- the registry's text


def registry_lines(trial: str) -> list[tuple[str, str]]:
    """The criterion lines of the registry's record: their ids, in its order, and their words."""
    record = json.loads((shipped_rules() / "trials" / f"{trial}.json").read_text(encoding="utf-8"))
    text = record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    inclusions, exclusions = text.split("Exclusion Criteria:")
    lines: list[tuple[str, str]] = []
    for letter, part in (("I", inclusions.replace("Inclusion Criteria:", "")), ("E", exclusions)):
        rows = [row.strip() for row in part.splitlines() if row.strip()]
        lines += [(f"{letter}{number}", in_plain_words(row)) for number, row in enumerate(rows, 1)]
    return lines


def in_plain_words(row: str) -> str:
    """A line of the registry's Markdown as it is read."""
    without_bullet = re.sub(r"^\*\s+", "", row)
    without_number = re.sub(r"^\d+\\?\.\s+", "", without_bullet)
    return re.sub(r"\\(.)", r"\1", without_number)


def criterion_lines(trial: Trial) -> list[Criterion]:
    return [criterion for criterion in trial.criteria if not criterion.id.startswith("F.")]


@pytest.mark.parametrize("row", [r"* 1\. PLT\<50×10\^9/L", r"1. PLT\<50×10\^9/L", r"* PLT\<50×10\^9/L"])
def test_bullets_numbers_and_escapes_are_no_words_of_the_protocol(row: str) -> None:
    assert in_plain_words(row) == "PLT<50×10^9/L"


@pytest.mark.parametrize("trial", list(rules().trials.values()), ids=lambda trial: trial.id)
def test_every_line_of_the_registry_is_quoted_whole_by_one_criterion_in_order(trial: Trial) -> None:
    assert [(line.id, line.quote) for line in criterion_lines(trial)] == registry_lines(trial.id)


def test_the_four_trials_have_15_inclusion_and_50_exclusion_lines() -> None:
    kinds = [line.kind for trial in rules().trials.values() for line in criterion_lines(trial)]
    assert (kinds.count("inclusion"), kinds.count("exclusion")) == (15, 50)


def test_only_an_age_that_the_text_does_not_state_is_a_line_of_its_own() -> None:
    fields = [(trial.id, line.id) for trial in rules().trials.values() for line in trial.criteria if line.id[0] == "F"]
    assert fields == [("NCT03863002", "F.age")]


# ---- what a record decides


def is_bare_question(criterion: Criterion) -> bool:
    """Whether every reading is nothing but somebody's answer, or its opposite."""
    bare = [reading.rule.of if isinstance(reading.rule, Not) else reading.rule for reading in criterion.readings]
    return all(isinstance(rule, Confirmed) for rule in bare)


def test_every_line_is_of_one_kind() -> None:
    kinds = [lines_of(DECIDED_BY_DATA), lines_of(DECIDED_BY_DATA_ONE_WAY_AT_LEAST), lines_of(ASKED_OF_PEOPLE_ALONE)]
    lines = {(trial.id, line.id) for trial in rules().trials.values() for line in trial.criteria}
    assert set.union(*kinds) == lines
    assert sum(map(len, kinds)) == len(lines) == 66


def test_only_consent_and_the_investigators_own_judgement_are_bare_questions() -> None:
    bare = {
        (trial.id, line.id) for trial in rules().trials.values() for line in trial.criteria if is_bare_question(line)
    }
    assert bare == lines_of(ASKED_OF_PEOPLE_ALONE)


def answered_by_data_alone() -> dict[tuple[str, str], set[str]]:
    """For each line, the definite answers that it gives in the casebook to records without anybody's answers."""
    found: dict[tuple[str, str], set[str]] = {}
    for case in CASES:
        if case.status != "unknown" and not case.record.get("answers"):
            found.setdefault((case.trial, case.line), set()).add(case.status)
    return found


def test_what_is_computable_is_decided_both_ways_without_any_answers() -> None:
    decided = answered_by_data_alone()
    one_way = {line for line in lines_of(DECIDED_BY_DATA) if decided.get(line) != {"passed", "failed"}}
    assert one_way == set()


def test_what_is_partly_computable_is_decided_one_way_at_least_without_any_answers() -> None:
    assert lines_of(DECIDED_BY_DATA_ONE_WAY_AT_LEAST) - answered_by_data_alone().keys() == set()


def test_what_is_asked_of_people_alone_is_never_decided_without_their_answer() -> None:
    assert lines_of(ASKED_OF_PEOPLE_ALONE) & answered_by_data_alone().keys() == set()
