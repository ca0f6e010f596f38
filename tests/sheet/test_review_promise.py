"""What a chart review is said to settle before anybody ticks is what it settles once it is given back."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.screened import examples
from properties.effort import many
from properties.generators import AS_OF, random_rules, read, records
from screener import Screening, evaluate, load_rules
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.questionnaire import answers_in, with_answers
from screener.report.review import as_file
from screener.sheet.making import sheet_of
from screener.sheet.states import OUT
from trial_text import rulebook_with_trial


def clean(screening: Screening) -> dict[str, Any]:
    """The file of the review, with every group ticked and nothing found."""
    sheet = sheet_of(screening)
    file = json.loads(json.dumps(as_file(sheet.review, screening.patient, screening.as_of)))
    for group in file["groups"][: len(sheet.review.groups)]:  # what inclusion needs is not supposed to be absent
        group["none_of_these"] = True
    return {**file, "on": screening.as_of.isoformat(), "by": "N. Meyer"}


def check_the_promise(screening: Screening, dictionary: Dictionary) -> int:
    """Every line of a trial that is not ruled out; none of them changes from one definite answer to the other."""
    sheet = sheet_of(screening)
    given = answers_in(clean(screening), dictionary)
    after = evaluate(with_answers(screening.record, given, dictionary), screening.rulebook, as_of=screening.as_of)
    settled = 0
    for row in sheet.trials:
        pairs = zip(screening.trial(row.id).criteria, after.trial(row.id).criteria, strict=True)
        changed = [(one.id, one.status, other.status) for one, other in pairs if one.status != other.status]
        assert all(status == "unknown" for _, status, _ in changed), (row.id, changed)
        settled += len(changed) * (row.state.name not in OUT)
        if row.after_clean_chart is not None:
            assert (row.after_clean_chart.settles, row.after_clean_chart.verdict) == (
                len(changed),
                after.trial(row.id).verdict,
            )
    assert sheet.review.settles == settled
    return settled


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_the_promise_is_kept_for_the_examples(path: Path) -> None:
    rules = load_rules()
    check_the_promise(evaluate(read_patient(path, rules), rules), Dictionary(rules))


SPEAKING_AGAINST: list[tuple[str, dict[str, Any]]] = [
    ("history of severe infection within 2 months", {"name": "SBP", "onset": "2026-02-01"}),
    ("history of malignancy within 5 years", {"name": "malignancy", "onset": "2012", "end": "2021"}),
    ("current sepsis", {"name": "sepsis", "onset": "2026-02-01"}),
    ("current sepsis", {"name": "sepsis"}),
    ("onset of cerebral_infarction within 4 weeks", {"name": "cerebral_infarction", "onset": "2026"}),
    (
        "history of severe mental_disorder within 2 years",
        {"name": "major_depressive_disorder", "onset": "2016", "status": "active"},
    ),
]


@pytest.mark.parametrize(("rule", "entry"), SPEAKING_AGAINST)
def test_none_of_these_passes_no_line_that_an_entry_speaks_against(rule: str, entry: dict[str, Any]) -> None:
    """What is certain but for its day, its course or its severity: the chart is read for another one, and this one
    stays open."""
    rules = rulebook_with_trial(f"exclusion E1\n  > a line\n  {rule}\n")
    dictionary = Dictionary(rules)
    screening = evaluate(read_patient({"id": "anna", "conditions": [entry]}, dictionary), rules, as_of=AS_OF)
    given = answers_in(clean(screening), dictionary)
    (trial,) = evaluate(with_answers(screening.record, given, dictionary), rules, as_of=AS_OF).trials
    assert [each.status for each in trial.criteria] == ["unknown"]


def test_the_promise_is_kept_for_random_rules_and_records() -> None:
    settled: Counter[bool] = Counter()

    @many(40)
    @given(st.randoms(use_true_random=True))
    def hold(dice: Random) -> None:
        _, rulebook, subject = random_rules(dice)
        record = {**records(dice, rulebook, subject), "id": "p"}
        screening = evaluate(read(record, rulebook), rulebook, as_of=AS_OF)
        settled[check_the_promise(screening, Dictionary(rulebook)) > 0] += 1

    hold()
    assert settled[True], settled
