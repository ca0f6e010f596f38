"""Small records on which engine and oracle, or engine and law, once disagreed: both give this answer now."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest

from reference.oracle import judge
from screener.language.checker import check_texts
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import evaluate

AS_OF = date(2026, 2, 20)

DICTIONARY = """
defaults
  labs fresh 30 days
  findings fresh 30 days
  absences fresh 90 days
lab alpha "Alpha"
  pure number
  possible 0 .. 100
finding smear "Smear"
  values positive, negative
lab beta "Beta"
  pure number
  possible above 0 .. 100
finding swab "Swab"
  values positive, negative
condition liver "Liver disease"
  includes crisis, ague
  course chronic
  denied by list
condition crisis "Crisis"
  course acute
  denied by list
condition ague "Ague"
  course passing
  lasts 30 days
  present when smear is positive
  denied by list
condition ulcer "Ulcer"
  course chronic
  present when smear is positive
  absent when smear is negative
  denied by list
condition attack "Attack"
  includes chill
  course acute
  denied by list
condition chill "Chill"
  course passing
  denied by list
finding depth "Depth of stupor"
  grade 0 .. 4
  0 when stupor is absent
condition stupor "Stupor"
  includes trance
  course passing
  lasts 5 days
  present when depth >= 1
  absent when depth = 0
condition trance "Trance"
  course passing
  lasts 5 days
condition faint "Faint"
  course passing
  lasts 5 days
  may be present when alpha >= 50
condition carriage "Carriage"
  course chronic
  present when swab is positive over 6 months
  absent when swab is negative
  denied by list
event trek "Trek"
  denied by list with alpha
substance dust "Dust"
  includes pollen, spores
  denied by list
substance pollen "Pollen"
substance spores "Spores"
"""


@cache
def rulebook_of(rule: str) -> Rulebook:
    trial = f"protocol T1\n  > Trial.\n  registry T1.json\n\ninclusion I1\n  > Line.\n  {rule}\n"
    registry = (
        '{"protocolSection": {"identificationModule": {"nctId": "T1", "briefTitle": "Trial."},'
        ' "statusModule": {"overallStatus": "RECRUITING"},'
        ' "eligibilityModule": {"sex": "ALL", "eligibilityCriteria": "Inclusion Criteria:\\n\\n1. Line."}}}'
    )
    texts = {"dictionary/all.rules": DICTIONARY, "trials/T1.rules": trial}
    checked = check_texts(texts, {"trials/T1.json": registry}, "once disagreed")
    assert checked.rulebook is not None, checked.report
    return checked.rulebook


SIGNED = {"on": "2026-02-20", "by": "a reviewer"}
COMPLETE = {"complete": ["conditions", "procedures", "medications", "events"]}


def is_ulcer(**fields: str) -> dict[str, Any]:
    """An entry that nobody settled to be an ulcer, and that is nothing else."""
    return {"text": "some wording", "reviewed": {"not": ["liver", "crisis", "ague", "attack"], **SIGNED}, **fields}


CASES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    (
        "a result of a later day leaves open what it shows",
        "history of ulcer",
        {"observations": [{"name": "smear", "value": "positive", "date": "2026-03-01"}], **COMPLETE},
        "unknown",
    ),
    (
        "but not where a negative one says that it began later",
        "history of ulcer",
        {
            "observations": [
                {"name": "smear", "value": "negative", "date": "2026-02-25"},
                {"name": "smear", "value": "positive", "date": "2026-03-01"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "what an entry of a later day calls over may have gone on",
        "current ulcer",
        {"conditions": [{"name": "ulcer", "status": "resolved", "onset": "2025-01", "date": "2026-03-01"}], **COMPLETE},
        "unknown",
    ),
    (
        "a denial does not settle an entry that was made after it",
        "history of ulcer",
        {
            "conditions": [
                is_ulcer(onset="2026-02-01", date="2026-02-15", status="active"),
                {"name": "ulcer", "status": "absent", "date": "2026-02-10"},
            ]
        },
        "unknown",
    ),
    (
        "nor does one settle less than one made before it",
        "history of ulcer",
        {
            "conditions": [
                is_ulcer(onset="2026-02-01", date="2026-02-05", status="active"),
                {"name": "ulcer", "status": "absent", "date": "2026-02-10"},
            ]
        },
        "failed",
    ),
    (
        "a result of this month is at hand",
        "history of trek",
        {"observations": [{"name": "alpha", "value": 1, "date": "2026-02"}], **COMPLETE},
        "failed",
    ),
    (
        "an entry of something acute may be a kind of it that passes, and goes on after its onset",
        "current chill",
        {"conditions": [{"name": "attack", "onset": "2026-02-20"}], **COMPLETE},
        "unknown",
    ),
    (
        "what may be something acute may be a kind of it that is not",
        "current attack",
        {
            "conditions": [
                {
                    "text": "some wording",
                    "onset": "2026-02-19",
                    "reviewed": {"not": ["ulcer", "liver", "crisis", "ague"], **SIGNED},
                }
            ],
            **COMPLETE,
        },
        "unknown",
    ),
    (
        "what may be two things has the dates of each by itself",
        "current any of (ulcer, crisis)",
        {
            "conditions": [
                {"text": "wording", "onset": "2026-01-20", "status": "active", "reviewed": {"not": ["ague"], **SIGNED}},
                {"name": "ulcer", "status": "never"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "a statement that no longer speaks does not stand for a later result",
        "current ague",
        {
            "conditions": [{"name": "ague", "onset": "2025-10-01", "status": "active"}],
            "observations": [{"name": "smear", "value": "positive", "date": "2026-02-19"}],
        },
        "passed",
    ),
    (
        "a question that a later result no longer raises ends no entry",
        "current faint",
        {
            "conditions": [{"name": "faint", "status": "active", "onset": "2026-02-18", "date": "2026-02-18"}],
            "observations": [
                {"name": "alpha", "value": 60, "date": "2026-02-17T08:00"},
                {"name": "alpha", "value": 10, "date": "2026-02-20T08:00"},
            ],
        },
        "passed",
    ),
    (
        "nor does it deny what nobody wrote down",
        "current faint",
        {
            "observations": [
                {"name": "alpha", "value": 60, "date": "2026-02-17T08:00"},
                {"name": "alpha", "value": 10, "date": "2026-02-20T08:00"},
            ],
        },
        "unknown",
    ),
    (
        "an entry does not tell a positive result after a negative one",
        "current ulcer",
        {
            "conditions": [{"name": "ulcer", "status": "active", "onset": "2025-11-22"}],
            "observations": [
                {"name": "smear", "value": "negative", "date": "2026-01-05"},
                {"name": "smear", "value": "positive", "date": "2026-02-19"},
            ],
        },
        "passed",
    ),
    (
        "nor does a result of after the day of screening end the question before",
        "current faint",
        {
            "observations": [
                {"name": "alpha", "value": 60, "date": "2026-02-17T08:00"},
                {"name": "alpha", "value": 10, "date": "2026-02-24T08:00"},
            ],
            "conditions": [{"name": "faint", "status": "resolved", "onset": "2021-02-20", "end": "2024-05-03"}],
        },
        "unknown",
    ),
    (
        "a review of that day settles what a result only may show",
        "history of faint",
        {
            "observations": [{"name": "alpha", "value": 60, "date": "2026-02-17"}],
            "reviews": [{"on": "2026-02-17", "by": "a reviewer", "covers": "ever", "none_of": ["faint"]}],
        },
        "failed",
    ),
    (
        "a review of the day before does not",
        "history of faint",
        {
            "observations": [{"name": "alpha", "value": 60, "date": "2026-02-17"}],
            "reviews": [{"on": "2026-02-16", "by": "a reviewer", "covers": "ever", "none_of": ["faint"]}],
        },
        "unknown",
    ),
    (
        "what began on some day of a month may have been said to go on for as long after its last day",
        "current ague",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2026-01"},
                {"name": "ague", "status": "resolved", "onset": "2026-02-05", "end": "2026-02-08"},
            ],
            **COMPLETE,
        },
        "unknown",
    ),
    (
        "and not after that",
        "current ague",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2025-12"},
                {"name": "ague", "status": "resolved", "onset": "2026-01-31", "end": "2026-02-08"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "what was said to go on holds for its last day, and perhaps for the next",
        "history of trance before last onset of attack",
        {
            "conditions": [
                {"name": "trance", "status": "active", "onset": "2026-02-08", "date": "2026-02-08"},
                {"name": "attack", "onset": "2026-02-15"},
            ],
        },
        "passed",
    ),
    (
        "so that it may be over where a rule looks from the next day on",
        "history of trance since last onset of attack",
        {
            "conditions": [
                {"name": "trance", "status": "active", "onset": "2026-02-08", "date": "2026-02-08"},
                {"name": "attack", "onset": "2026-02-14"},
            ],
        },
        "unknown",
    ),
    (
        "and is not over on its last day",
        "history of trance since last onset of attack",
        {
            "conditions": [
                {"name": "trance", "status": "active", "onset": "2026-02-08", "date": "2026-02-08"},
                {"name": "attack", "onset": "2026-02-13"},
            ],
        },
        "passed",
    ),
    (
        "one result written down twice shows no change",
        "rise in alpha within 7 days >= 5",
        {"observations": [{"name": "alpha", "value": 9, "date": "2026-02-19"}] * 2},
        "unknown",
    ),
    (
        "nor does it with a time of day at one of the two",
        "rise in alpha within 7 days >= 5",
        {
            "observations": [
                {"name": "alpha", "value": 9, "date": "2026-02-19"},
                {"name": "alpha", "value": 9, "date": "2026-02-19T08:00"},
            ]
        },
        "unknown",
    ),
    (
        "or with a range around the value",
        "rise in alpha within 7 days >= 5",
        {
            "observations": [
                {"name": "alpha", "value": 9, "date": "2026-02-19"},
                {"name": "alpha", "value": "8-10", "date": "2026-02-19"},
            ]
        },
        "unknown",
    ),
    (
        "the same value on another day is another result",
        "rise in alpha within 7 days >= 5",
        {
            "observations": [
                {"name": "alpha", "value": 9, "date": "2026-02-19"},
                {"name": "alpha", "value": 9, "date": "2026-02-20"},
            ]
        },
        "failed",
    ),
    (
        "and so is another value of the same time",
        "rise in alpha within 7 days >= 5",
        {
            "observations": [
                {"name": "alpha", "value": 9, "date": "2026-02-19T08:00"},
                {"name": "alpha", "value": 8, "date": "2026-02-19T08:00"},
            ]
        },
        "failed",
    ),
    (
        "what was below 40 and is 20 did not fall by 20",
        "fall in alpha within 7 days >= 20",
        {
            "observations": [
                {"name": "alpha", "value": "<40", "date": "2026-02-18"},
                {"name": "alpha", "value": 20, "date": "2026-02-20"},
            ]
        },
        "failed",
    ),
    (
        "two results that may lie six months apart leave open what they would show",
        "history of carriage",
        {
            "observations": [
                {"name": "swab", "value": "positive", "date": "2025"},
                {"name": "swab", "value": "positive", "date": "2026-02-19"},
            ],
            **COMPLETE,
        },
        "unknown",
    ),
    (
        "and so does one without a day",
        "history of carriage",
        {
            "observations": [
                {"name": "swab", "value": "positive"},
                {"name": "swab", "value": "positive", "date": "2026-02-19"},
            ],
            **COMPLETE,
        },
        "unknown",
    ),
    (
        "and one that cannot be read",
        "history of carriage",
        {
            "observations": [
                {"name": "swab", "value": "positive", "date": "2025-03-01"},
                {"name": "swab", "value": "lost", "date": "2026-02-19"},
            ],
            **COMPLETE,
        },
        "unknown",
    ),
    (
        "two of one half-year show nothing",
        "history of carriage",
        {
            "observations": [
                {"name": "swab", "value": "positive", "date": "2025-09"},
                {"name": "swab", "value": "positive", "date": "2026-02-19"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "nor do two with a negative one between",
        "history of carriage",
        {
            "observations": [
                {"name": "swab", "value": "positive", "date": "2025-01-01"},
                {"name": "swab", "value": "negative", "date": "2025-09-01"},
                {"name": "swab", "value": "positive", "date": "2026-02-19"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "a negative one of the year leaves it open",
        "history of carriage",
        {
            "observations": [
                {"name": "swab", "value": "positive", "date": "2025-01-01"},
                {"name": "swab", "value": "negative", "date": "2025"},
                {"name": "swab", "value": "positive", "date": "2026-02-19"},
            ],
            **COMPLETE,
        },
        "unknown",
    ),
    (
        "a share of what may be next to nothing is open",
        "relative rise in beta within 30 days >= 50 %",
        {
            "observations": [
                {"name": "beta", "value": "<4", "date": "2026-02-18"},
                {"name": "beta", "value": 5, "date": "2026-02-20"},
            ]
        },
        "unknown",
    ),
    (
        "a later denial ends what was said before it, for the days after it, too",
        "history of ague within 10 days",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2026-02-05", "date": "2026-02-05"},
                {"name": "ague", "status": "absent", "date": "2026-02-06"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "two entries of one name may be one allergy",
        "at least 2 allergies to dust",
        {"allergies": [{"name": "pollen"}, {"name": "pollen"}], "complete": ["allergies"]},
        "unknown",
    ),
    (
        "and so may one of a kind and one of its broader concept",
        "at least 2 allergies to dust",
        {"allergies": [{"name": "dust"}, {"name": "pollen"}], "complete": ["allergies"]},
        "unknown",
    ),
    (
        "two kinds are two",
        "at least 2 allergies to dust",
        {"allergies": [{"name": "dust"}, {"name": "pollen"}, {"name": "spores"}], "complete": ["allergies"]},
        "passed",
    ),
    (
        "what was denied after it was last said to go on ended by then",
        "history of ague within 7 days",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2026-02-01", "date": "2026-02-09"},
                {"name": "ague", "status": "absent", "date": "2026-02-12"},
            ],
        },
        "failed",
    ),
    (
        "and may have gone on until the denial",
        "history of ague within 8 days",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2026-02-01", "date": "2026-02-09"},
                {"name": "ague", "status": "absent", "date": "2026-02-12"},
            ],
        },
        "unknown",
    ),
    (
        "but surely until it was last said",
        "history of ague within 11 days",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2026-02-01", "date": "2026-02-09"},
                {"name": "ague", "status": "absent", "date": "2026-02-12"},
            ],
        },
        "passed",
    ),
    (
        "so it did where another entry of it ended later",
        "history of ague within 7 days",
        {
            "conditions": [
                {"name": "ague", "status": "active", "onset": "2026-02-01", "date": "2026-02-09"},
                {"name": "ague", "status": "resolved", "onset": "2026-02-10", "end": "2026-02-12"},
            ],
            **COMPLETE,
        },
        "failed",
    ),
    (
        "what was active once may be resolved by now",
        "history of resolved ague",
        {"conditions": [{"name": "ague", "onset": "2025-10-01", "status": "active"}], **COMPLETE},
        "unknown",
    ),
)


@pytest.mark.parametrize(("rule", "record", "answer"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_both_give_the_answer(rule: str, record: dict[str, Any], answer: str) -> None:
    rulebook = rulebook_of(rule)
    patient = read_patient({"id": "p", "as_of": AS_OF.isoformat(), **record}, rulebook)
    screening = evaluate(patient, rulebook, as_of=AS_OF)
    assert screening.trials[0].criteria[0].status == answer
    assert judge(rulebook, patient, AS_OF.toordinal())["T1", "I1"] == answer


# Each row: the rule, the day of the record whose lists are complete, its entries, and the answer.
OLD_LISTS: dict[str, tuple[str, str | None, dict[str, Any], str]] = {
    "90 days before": ("history of ulcer", "2025-11-22", {}, "failed"),
    "91 days before": ("history of ulcer", "2025-11-21", {}, "unknown"),
    "of a later day": ("history of ulcer", "2026-03-21", {}, "failed"),
    "of no day": ("history of ulcer", None, {}, "failed"),
    "by a broader concept": ("current chill", "2025-11-21", {}, "unknown"),
    "before an anchor, and up to it": (
        "history of ulcer before last onset of attack",
        "2025-11-21",
        {"conditions": [{"name": "attack", "onset": "2026-01-10", "status": "active"}]},
        "failed",
    ),
    "beside what must be at hand": (
        "history of trek",
        "2025-11-21",
        {"observations": [{"name": "alpha", "value": 3, "date": "2026-02-19"}]},
        "unknown",
    ),
}


@pytest.mark.parametrize(("rule", "day", "record", "answer"), OLD_LISTS.values(), ids=OLD_LISTS)
def test_a_complete_list_grows_old_like_an_absence(
    rule: str, day: str | None, record: dict[str, Any], answer: str
) -> None:
    rulebook = rulebook_of(rule)
    patient = read_patient({"id": "p", **({"as_of": day} if day else {}), **record, **COMPLETE}, rulebook)
    [line] = evaluate(patient, rulebook, as_of=AS_OF).trials[0].criteria
    assert line.status == answer
    assert judge(rulebook, patient, AS_OF.toordinal())["T1", "I1"] == answer
    if answer == "unknown":
        assert line.reasons == ("stale",)


def test_an_old_list_is_told_and_a_list_that_is_assumed_complete_is_of_today() -> None:
    rulebook = rulebook_of("history of any of (ulcer, attack)")
    patient = read_patient({"id": "p", "as_of": "2025-11-21", **COMPLETE}, rulebook)
    assert "the lists are complete as of 21 Nov 2025: too old to deny attack, ulcer" in (
        evaluate(patient, rulebook, as_of=AS_OF).notes
    )
    screening = evaluate(patient, rulebook, as_of=AS_OF, assume_complete=["conditions"])
    [line] = screening.trials[0].criteria
    assert (line.status, line.basis) == ("failed", "assumed")
    assert not screening.notes
    assert judge(rulebook, patient, AS_OF.toordinal(), frozenset(["conditions"]))["T1", "I1"] == "failed"


NONE_OF_IT = {"observations": [{"name": "depth", "value": 0, "date": "2026-02-15"}]}

# Each row: the rule, the entry beside a grade of 0 on 15 February, and the answer.
ENTERED: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": ("depth = 0", {}, "passed"),
    "a later one": ("depth >= 1", {"name": "stupor", "onset": "2026-02-18", "status": "active"}, "passed"),
    "how deep is open": ("depth >= 2", {"name": "stupor", "onset": "2026-02-18", "status": "active"}, "unknown"),
    "a later kind": ("depth >= 1", {"name": "trance", "onset": "2026-02-18", "status": "active"}, "passed"),
    "an older one": ("depth = 0", {"name": "stupor", "onset": "2026-02-10", "status": "active"}, "passed"),
    "an older one still said to go on": (
        "depth >= 1",
        {"name": "stupor", "onset": "2026-02-10", "status": "active", "date": "2026-02-19"},
        "passed",
    ),
    "one that may be it": ("depth = 0", {"text": "some wording", "onset": "2026-02-18"}, "unknown"),
    "one after the day of screening": ("depth = 0", {"name": "stupor", "onset": "2026-02-21"}, "passed"),
    "one that is over": (
        "depth = 0",
        {"name": "stupor", "onset": "2026-02-17", "end": "2026-02-18", "status": "resolved"},
        "passed",
    ),
}


@pytest.mark.parametrize(("rule", "entry", "answer"), ENTERED.values(), ids=ENTERED)
def test_a_later_entry_is_not_silenced_by_an_older_grade_of_none(rule: str, entry: dict[str, Any], answer: str) -> None:
    rulebook = rulebook_of(rule)
    record = {"id": "p", "as_of": AS_OF.isoformat(), **NONE_OF_IT, "conditions": [entry] if entry else []}
    patient = read_patient(record, rulebook)
    assert evaluate(patient, rulebook, as_of=AS_OF).trials[0].criteria[0].status == answer
    assert judge(rulebook, patient, AS_OF.toordinal())["T1", "I1"] == answer
