"""Sheets made by hand from a screening, for the tests of their page: plain states, the real review, the real lines."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from report.pages import screened
from screener import load_rules
from screener.report.review import to_review
from screener.screening import CriterionResult, Screening, TrialResult
from screener.sheet.model import (
    Action,
    ActionGroup,
    Checklist,
    ChecklistRow,
    CleanChart,
    Counts,
    Dates,
    Diagnosis,
    Doubt,
    Earlier,
    KeyResult,
    KeyScore,
    Line,
    OpenEntry,
    PatientLine,
    Point,
    Recruiting,
    Review,
    ReviewGroup,
    ReviewItem,
    Sheet,
    Source,
    State,
    StateName,
    TrialRow,
)
from screener.version import __version__

LABELS = {"NCT06242405": "2405", "NCT05985863": "5863", "NCT07409259": "9259", "NCT03863002": "3002"}


def sheet_of(screening: Screening, **parts: Any) -> Sheet:
    """A sheet with every trial, line and chart item of a screening. `parts` replace those of the sheet."""
    review = review_of(screening)
    made: dict[str, Any] = {
        "patient": patient_of(screening),
        "next": "one chart review",
        "check_first": tuple(Doubt(text, (), "It decides a trial.") for text in screening.check_first),
        "results": (),
        "trials": tuple(map(row_of, screening.trials)),
        "actions": actions_of(screening, review),
        "review": review,
        "checklists": tuple(map(checklist_of, screening.trials)),
        "notes": tuple(screening.notes),
        "screener": __version__,
        "rules": screening.rules,
    }
    return Sheet(**{**made, **parts})


def patient_of(screening: Screening, text: str = "Woman, 42.", **more: Any) -> PatientLine:
    plain: dict[str, Any] = {"sex": "female", "age": "42", "born": None, "diagnoses": (), "onset_of": "liver failure"}
    return PatientLine(
        **{"id": screening.patient, **plain, "onset": None, "onset_days": None, **more},
        as_of=screening.as_of,
        died=screening.died,
        text=text,
    )


def row_of(trial: TrialResult) -> TrialRow:
    state: dict[str, tuple[StateName, str]] = {
        "eligible": ("all met", "All criteria met"),
        "undetermined": ("nothing against", "Nothing against so far"),
        "ineligible": ("ruled out", "Ruled out"),
    }
    against = tuple(each.id for each in trial.criteria if each.status == "failed")
    return TrialRow(
        id=trial.id,
        label=LABELS.get(trial.id, trial.id),
        title=trial.title,
        short=load_rules().trials[trial.id].short or trial.title,
        recruiting=Recruiting(
            trial.recruitment.recruiting, "recruiting" if trial.recruitment.recruiting else "not known"
        ),
        verdict=trial.verdict,
        state=State(*state[trial.verdict]),
        met=trial.counts["passed"],
        of=len(trial.criteria),
        against=against,
        open=tuple(each.id for each in trial.criteria if each.status == "unknown"),
        points=tuple(
            Point("against", (each.id,), each.explanation[:90]) for each in trial.criteria if each.id in against
        ),
        dates=Dates(text="Nothing expires by itself"),
        counts=Counts(),
        left="1 chart review, consent" if trial.verdict == "undetermined" else "",
    )


def review_of(screening: Screening) -> Review:
    """The chart review as `screen review` asks it."""
    asked = to_review(screening)
    groups = tuple(
        ReviewGroup(
            group["title"],
            items := tuple(
                ReviewItem(
                    item["what"],
                    item["title"],
                    "conditions",
                    item["covers"],
                    window_of(item["covers"]),
                    trials_of(item["lines"]),
                    lines_of(item["lines"]),
                )
                for item in group["items"]
            ),
            tuple(dict.fromkeys(trial for item in items for trial in item.trials)),
            "; ".join(f"{item.title.lower()} ({item.window})".replace(" (ever)", "") for item in items),
        )
        for group in asked["groups"]
    )
    entries = tuple(
        OpenEntry(each["source"], each["called"], each["dated"], tuple(each["may_be"]), lines_of(each["lines"]))
        for each in asked["entries"]
    )
    waiting = {line for group in groups for item in group.items for line in item.lines}
    opened = sum(trial.counts["unknown"] for trial in screening.trials)
    return Review(groups, entries, settles=len(waiting), open=opened)


def window_of(covers: str) -> str:
    if not covers[0].isdigit():
        return covers
    day = date.fromisoformat(covers)
    return f"since {day.day} {day:%b %Y}"


def lines_of(written: list[str]) -> tuple[Line, ...]:
    return tuple(Line(*each.split("/")) for each in written)


def trials_of(written: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.split("/")[0] for each in written))


def actions_of(screening: Screening, review: Review) -> tuple[ActionGroup, ...]:
    those = tuple(trial.id for trial in screening.trials if trial.verdict == "undetermined")
    chart = [] if review.is_empty else [ActionGroup("chart", "Look up in the chart", ())]
    if not those:
        return tuple(chart)
    return (
        *chart,
        ActionGroup("participant", "Ask the participant", (Action("Consent, on each trial’s own form", those, ()),)),
    )


def checklist_of(trial: TrialResult) -> Checklist:
    consent = [each for each in trial.criteria if "consent" in each.text.lower()]
    lines = [each for each in trial.criteria if each not in consent]

    def rows(those: list[CriterionResult], kind: str) -> tuple[ChecklistRow, ...]:
        return tuple(checklist_row(each) for each in those if each.kind == kind)

    return Checklist(
        trial.id,
        LABELS.get(trial.id, trial.id),
        trial.title,
        trial.title[:40],
        rows(lines, "inclusion"),
        rows(lines, "exclusion"),
        tuple(map(checklist_row, consent)),
    )


def checklist_row(criterion: CriterionResult) -> ChecklistRow:
    says: Literal["Yes", "No", "Not known"] = "Not known"
    if criterion.status != "unknown":
        says = "Yes" if (criterion.status == "passed") == (criterion.kind == "inclusion") else "No"
    sources = [
        Source(f"{each.name} {each.value} {each.unit or ''}, {each.date or ''}", each.source)
        for each in criterion.evidence
    ]
    return ChecklistRow(
        id=criterion.id,
        short=criterion.criterion.short or criterion.text,
        sentence=criterion.text,
        on_record=says,
        status=criterion.status,
        sources=tuple(sources[:3]),
        more=max(len(sources) - 3, 0),
        needs=tuple(each.text for each in criterion.needs),
        is_against=criterion.status == "failed",
        is_assumed=criterion.basis == "assumed",
        check="; ".join(criterion.doubts),
    )


# ---- two sheets written out


def not_written_down() -> tuple[Sheet, Screening]:
    """The hardest of the examples: 52 lines are open, and most of them wait for what nobody writes down."""
    screening = screened("negatives-not-written-down")
    as_of = screening.as_of
    good = date(2026, 2, 16)
    results: tuple[KeyResult | KeyScore, ...] = (
        KeyResult(
            "TBil",
            "Bilirubin",
            "268",
            "umol/L",
            "15.7 mg/dL",
            "12.8 × ULN",
            day=date(2026, 2, 9),
            good_to=good,
            earlier=(Earlier("247", date(2026, 2, 5)),),
        ),
        KeyResult(
            "INR",
            "INR",
            "1.7",
            beside="PTA 39 %",
            day=date(2026, 2, 9),
            good_to=good,
            earlier=(Earlier("1.6", date(2026, 2, 5)),),
        ),
        KeyResult(
            "creatinine",
            "Creatinine",
            "62",
            "umol/L",
            "0.70 mg/dL",
            day=date(2026, 2, 9),
            good_to=good,
            earlier=(Earlier("59", date(2026, 2, 5)),),
        ),
        KeyScore("MELD", "MELD", 23, 36, "23 to 36", date(2026, 2, 9), "if dialysed: not recorded"),
        KeyScore("COSSH", "COSSH-ACLF II", 6.16, 6.16, "6.16", date(2026, 2, 9), other="registry’s wording 5.71"),
        KeyResult("HE_grade", "Encephalopathy", "0", "West Haven", day=date(2026, 2, 9)),
        KeyResult("ascites_grade", "Ascites", "slight", day=date(2026, 2, 9)),
    )
    trials = {each.id: row_of(each) for each in screening.trials}
    left = {
        "NCT06242405": ("1 chart review, 2 judgements, consent", "2 judgements, consent", "Nothing expires by itself"),
        "NCT05985863": (
            "1 chart review, old results, 1 judgement, consent",
            "old results, 1 judgement, consent",
            "Creatinine pair good to 12 Feb, labs to 16 Feb",
        ),
        "NCT07409259": ("1 chart review", "", "Labs good to 16 Feb"),
        "NCT03863002": ("1 chart review, consent", "consent", "Closes after 27 Feb: 4 weeks from onset"),
    }
    rows = tuple(
        replaced(
            trials[trial],
            left=now,
            after_clean_chart=CleanChart("undetermined", 12, "people", after),
            dates=Dates(good_to=good, closes_after=date(2026, 2, 27) if "Closes" in when else None, text=when),
            points=(Point("close", ("I2",), "INR 1.7, needs 1.5"),) if trial == "NCT05985863" else (),
            consent="recorded 9 Feb" if trial == "NCT07409259" else "not recorded",
            counts=Counts(chart=1, participant=trial != "NCT07409259"),
        )
        for trial, (now, after, when) in left.items()
    )
    review = review_of(screening)
    actions = (
        ActionGroup("chart", "Look up in the chart", ()),
        ActionGroup(
            "old results",
            "Look up in old results, before 30 Jan",
            (Action("Platelets, bilirubin, albumin, INR; ascites and HE at that time", ("NCT05985863",), (), "(E2)"),),
        ),
        ActionGroup(
            "investigator",
            "Investigator decides",
            (
                Action("Anything else against taking part?", ("NCT06242405", "NCT05985863"), (), "(9259: no, 9 Feb)"),
                Action("Another disease that threatens survival?", ("NCT06242405",), (), "(E4)"),
            ),
        ),
        ActionGroup(
            "participant",
            "Ask the participant",
            (Action("Consent, on each trial’s own form", ("NCT06242405", "NCT05985863", "NCT03863002"), ()),),
        ),
    )
    person = patient_of(
        screening,
        "Woman, 42. Chronic hepatitis B (2008); liver failure since 30 Jan (11 days).",
        born="1983-03-26",
        diagnoses=(Diagnosis("chronic_hepatitis_b", "Chronic hepatitis B", "2008", "conditions[0]"),),
        onset="2026-01-30",
        onset_days=11,
    )
    told = "one chart review. If it finds nothing it settles 44 of the 52 open lines."
    assert as_of == date(2026, 2, 10)
    return sheet_of(
        screening, patient=person, next=told, results=results, trials=rows, actions=actions, review=review, notes=()
    ), screening


def with_hepatitis_and_ascites() -> tuple[Sheet, Screening]:
    """All criteria of one trial are met, one trial waits for people, one is ruled out today and one for good."""
    screening = screened("alcoholic-hepatitis-with-ascites")
    day, good = date(2026, 2, 19), date(2026, 2, 26)
    results: tuple[KeyResult | KeyScore, ...] = (
        KeyResult(
            "TBil",
            "Bilirubin",
            "7.9",
            "mg/dL",
            "135 umol/L",
            "6.6 × ULN",
            day=day,
            good_to=good,
            earlier=(Earlier("5.3", date(2025, 12, 5)), Earlier("6.8", date(2026, 2, 12))),
        ),
        KeyResult("INR", "INR", "25.3", day=day, good_to=good, check="a time in seconds?"),
        KeyResult(
            "creatinine",
            "Creatinine",
            "0.8",
            "mg/dL",
            "71 umol/L",
            day=date(2026, 2, 1),
            good_to=date(2026, 2, 8),
            is_stale=True,
        ),
        KeyScore("MELD", "MELD", 20, 20, "20", day, "no dialysis (list complete)", check="rests on INR"),
        KeyScore("COSSH", "COSSH-ACLF II", missing="HE, neutrophils, urea missing"),
        KeyResult("HE_grade", "Encephalopathy", "I", "West Haven", day=day),
        KeyResult("ascites_grade", "Ascites", "moderate", day=day),
    )
    states = {
        "NCT05985863": State("all met", "All criteria met", "The investigator confirms and signs."),
        "NCT06242405": State("people", "Only people to ask"),
        "NCT07409259": State("ruled out today", "Ruled out today", "A new result could change it."),
        "NCT03863002": State("ruled out", "Ruled out", "For good."),
    }
    trials = {each.id: row_of(each) for each in screening.trials}
    rows = tuple(replaced(trials[trial], state=state) for trial, state in states.items())
    actions = (
        ActionGroup(
            "check", "Check first", (Action("INR 25.3 of 19 Feb against the laboratory’s print", tuple(states), ()),)
        ),
        ActionGroup(
            "investigator",
            "Investigator decides",
            (
                Action("Confirm the checklist of 5863 and sign it", ("NCT05985863",), (), by=date(2026, 2, 25)),
                Action(
                    "Is the antidepressant “treated for mental illness”? Yes rules 2405 out",
                    ("NCT06242405",),
                    (),
                    "(E7)",
                ),
            ),
        ),
        ActionGroup(
            "participant", "Ask the participant", (Action("Consent, on the trial’s own form", ("NCT06242405",), ()),)
        ),
    )
    doubt = Doubt("INR 25.3 of 19 Feb: is it a prothrombin time in seconds?", ("NCT05985863",), "It decides 5863.")
    person = patient_of(screening, "Woman, 58. Alcoholic cirrhosis (2023); liver failure since 5 Feb (15 days).")
    return sheet_of(
        screening,
        patient=person,
        results=results,
        trials=rows,
        actions=actions,
        check_first=(doubt,),
        next="investigator confirms and signs the checklist of 5863 by 25 Feb",
    ), screening


def replaced(row: TrialRow, **parts: Any) -> TrialRow:
    from msgspec.structs import replace

    return replace(row, **parts)
