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
