"""What is against a trial, in a few words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from advice.one_line import AS_OF, result
from screener import evaluate, load_rules
from screener.records import read_patient
from screener.sheet.points import against, episode_words
from trial_text import rulebook_with_trial

COMPLETE = {"complete": ["conditions", "procedures"]}
FAILURE = {"name": "liver_failure", "onset": "2026-01-02", "status": "active"}
RISING = [result("creatinine", value, "umol/L", f"2026-02-{14 + number}") for number, value in enumerate(range(80, 86))]


@pytest.mark.parametrize(
    ("rule", "record", "told"),
    [
        ("history of cirrhosis", COMPLETE, "no cirrhosis on record"),
        ("underwent liver_transplantation within 5 years", COMPLETE, "no liver transplantation in the past 5 years"),
        (
            "onset of liver_failure within 4 weeks",
            {"conditions": [FAILURE], **COMPLETE},
            "no onset of acute or acute-on-chronic liver failure in the past 4 weeks "
            "(acute or acute-on-chronic liver failure since 2 Jan)",
        ),
        (
            "underwent liver_transplantation within 5 years or underwent liver_transplantation within 2 years",
            COMPLETE,
            "no liver transplantation in the past 5 years",
        ),
        (
            "rise in creatinine within 7 days >= 90 umol/L",
            {"observations": RISING},
            "creatinine 80 > … > 85 umol/L, +5, limit 90 umol/L",
        ),
        (
            "fall in creatinine within 7 days < 26.5 umol/L",
            {"observations": [result("creatinine", v, "mg/dL", f"2026-02-{d}") for v, d in ((1.6, 17), (0.9, 18))]},
            "creatinine 1.6 > 0.9 mg/dL, -0.7, limit 0.3 mg/dL (26.5 umol/L)",
        ),
        (
            "not history of jaundice",
            {"observations": [result("total_bilirubin", 200, "umol/L", f"2026-02-{day}") for day in (12, 15, 18)]},
            "jaundice (18 Feb) and 2 earlier ones",
        ),
        (
            "not history of jaundice",
            {"observations": [result("total_bilirubin", 200, "umol/L", f"2026-02-{day}") for day in (15, 18)]},
            "jaundice (15 Feb); jaundice (18 Feb)",
        ),
        (
            "creatinine < 1 mg/dL",
            {"observations": [result("creatinine", 180, "umol/L")]},
            "creatinine 180 umol/L (19 Feb), limit 88.4 umol/L (1 mg/dL)",
        ),
        (
            "hemoglobin >= 90 g/L",
            {"observations": [result("hemoglobin", 8.6, "g/dL")]},
            "hemoglobin 8.6 g/dL (19 Feb), limit 9 g/dL (90 g/L)",
        ),
        (
            "INR < 1.5",
            {"observations": [result("INR", 1.7, "1")]},
            "INR 1.7 (19 Feb), limit 1.5",
        ),
        (
            "creatinine < 1 mg/dL",
            {"observations": [result("creatinine", 1.9, "mg/dl")]},
            "creatinine 1.9 mg/dl (19 Feb), limit 1 mg/dL",
        ),
        (
            "rise per day in creatinine within 7 days < 26.5 umol/L",
            {"observations": [result("creatinine", v, "mg/dL", f"2026-02-{d}") for v, d in ((0.9, 17), (1.6, 18))]},
            "creatinine 0.9 > 1.6 mg/dL, +0.7 a day, limit 0.3 mg/dL (26.5 umol/L) a day",
        ),
        (
            "rise in creatinine within 7 days < 26.5 umol/L",
            {"observations": [result("creatinine", v, "mg/dL", f"2026-02-{d}") for v, d in ((0.9, 17), (1.6, 18))]},
            "creatinine 0.9 > 1.6 mg/dL, +0.7, limit 0.3 mg/dL (26.5 umol/L)",
        ),
        (
            "rise in creatinine within 7 days < 26.5 umol/L and rise in creatinine within 48 hours < 26.5 umol/L",
            {
                "observations": [
                    result("creatinine", v, "mg/dL", f"2026-02-{d}") for v, d in ((0.9, 15), (1.6, 18), (2.1, 19))
                ]
            },
            "creatinine 0.9 > 1.6 > 2.1 mg/dL, +1.2, limit 0.3 mg/dL (26.5 umol/L)",
        ),
        (
            "total_bilirubin >= 10 x ULN",
            {"observations": [result("total_bilirubin", 11.9, "mg/dL", upper_limit=1.2)]},
            "bilirubin 9.9 x ULN (11.9 mg/dL, 19 Feb), limit 10 x ULN",
        ),
        (
            "total_bilirubin >= 10 x ULN",
            {"observations": [result("total_bilirubin", 99.6, "umol/L", upper_limit=10)]},
            "bilirubin 9.96 x ULN (99.6 umol/L, 19 Feb), limit 10 x ULN",
        ),
        (
            "not treated with interferon within 1 year",
            {"medications": [{"name": "interferon", "start": "2026-01-05", "end": "2026-01-09"}]},
            "interferon 5 to 9 Jan",
        ),
        (
            "total_bilirubin >= 10 x ULN and highest total_bilirubin within 4 weeks >= 10 x ULN",
            {
                "observations": [
                    result("total_bilirubin", 9.1, "mg/dL", "2026-02-12", upper_limit=1.2),
                    result("total_bilirubin", 11.9, "mg/dL", upper_limit=1.2),
                ]
            },
            "bilirubin 9.9 x ULN (11.9 mg/dL, 19 Feb), limit 10 x ULN",
        ),
        (
            "hepatic_encephalopathy_grade < 2",
            {"observations": [result("hepatic_encephalopathy_grade", 2)]},
            "HE grade 2 (19 Feb), limit: below 2",
        ),
    ],
)
def test_what_is_against_a_line_says_its_time(rule: str, record: dict[str, Any], told: str) -> None:
    rules = rulebook_with_trial(f"inclusion I1\n  > a line of the protocol\n  {rule}\n")
    (criterion,) = evaluate(read_patient({"id": "anna", **record}, rules), rules, as_of=AS_OF).trials[0].criteria
    assert criterion.status == "failed"
    assert against(criterion) == told


@pytest.mark.parametrize(
    ("onset", "end", "words", "because", "shown"),
    [
        ("yesterday", "2026-02-10", "sepsis until 10 Feb", "until 10 Feb 2026", "until 2026-02-10"),
        ("28.11.25", "2026-02-10", "sepsis until 10 Feb", "until 10 Feb 2026", "until 2026-02-10"),
        ("yesterday", None, "sepsis", "date as written: “yesterday”", "date as written: “yesterday”"),
        ("2026-02-01", "2026-02-10", "sepsis 1 to 10 Feb", "1 Feb 2026 to 10 Feb 2026", "2026-02-01 to 2026-02-10"),
    ],
)
def test_a_text_that_says_no_day_is_never_shown_as_one(
    onset: str, end: str | None, words: str, because: str, shown: str
) -> None:
    rules = load_rules()
    record = {"id": "anna", "conditions": [{"name": "sepsis", "onset": onset, **({"end": end} if end else {})}]}
    screening = evaluate(read_patient(record, rules), rules, as_of=date(2026, 2, 20))
    (episode,) = screening.record.episodes["sepsis"]
    assert episode_words(episode, screening.rulebook, screening.as_of) == words
    lines = [line for trial in screening.trials for line in trial.criteria]
    rows = {row.date for line in lines for row in line.evidence if row.name == "sepsis"}
    assert rows == {shown}
    assert any(because in line.explanation for line in lines)
