"""What every form of a report says in the same words. Only words are handled here; what they are about was decided
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from screener.evaluation.answers import Reason
from screener.evaluation.explanation import number_text, score_text
from screener.evaluation.grounds import consulted
from screener.evaluation.phrases import lowered, unit_beside
from screener.rulebook import ValueLookup
from screener.screening import CriterionResult, Evidence, ReadingOutcome, ScoreValue, Status, Term, TrialResult

DISCLAIMER = "This is decision support for pre-screening and no determination of eligibility."
WORST_FIRST: tuple[Status, ...] = ("failed", "unknown", "passed")
"""The order in which criteria are shown: what stands in the way comes first."""


def tally(trial: TrialResult) -> str:
    """How many criteria of a trial have which status."""
    counts = trial.counts
    return f"{counts['failed']} failed, {counts['unknown']} unknown, {counts['passed']} passed"


def waits_for(trial: TrialResult) -> str:
    """Whether data are missing, or only people's answers are left; empty for a trial that is settled."""
    answers = [each for each in trial.waits_for if each != "data"]
    people = "a judgement and consent" if len(answers) == 2 else "".join(answers).replace("judgement", "a judgement")
    if "data" in trial.waits_for:
        return "Waits for data that can be measured or looked up" + (f", and for {people}" if people else "")
    return f"Only people's answers are left: it waits for {people}" if people else ""


def check_first(trial: TrialResult) -> str:
    """The values behind the verdict that may be wrong; empty where nothing says so."""
    return f"check first: {'; '.join(trial.check_first)}" if trial.check_first else ""


def needs_say_it(criterion: CriterionResult) -> bool:
    """Whether the explanation of an open criterion says no more than the list of what is needed."""
    return bool(criterion.reasons) and _NEEDS_SAY_IT.issuperset(criterion.reasons)


_NEEDS_SAY_IT: frozenset[Reason] = frozenset({"missing", "judgement", "consent"})


def amount(term: Term) -> str:
    """A term of a score as far as it is known: `1.30`, `(0 to 0.91)`."""
    if term.low is None:
        return "(any number)" if term.high is None else f"(at most {score_text(term.high)})"
    if term.high is None:
        return f"(at least {score_text(term.low)})"
    return score_text(term.low) if term.low == term.high else f"({score_text(term.low)} to {score_text(term.high)})"


def converted(evidence: Evidence) -> str:
    """A fact in the canonical unit, where that differs from how it was recorded; else empty."""
    if evidence.canonical_unit is None or evidence.canonical_unit == evidence.unit:
        return ""
    value = evidence.canonical_value
    return f"{number_text(value) if isinstance(value, float) else value} {evidence.canonical_unit}"


def recorded(evidence: Evidence) -> str:
    """A fact as recorded, as converted if that differs, with its date and its place in the record."""
    canonical = f" = {converted(evidence)}" if converted(evidence) else ""
    when = f", {evidence.date}" if evidence.date else ""
    flags = "".join(f"; {flag.text}" for flag in evidence.flags)
    name = evidence.name.replace("_", " ")
    return f"{name} {evidence.value}{unit_beside(evidence.unit)}{canonical}{when} ({evidence.source}){flags}"


def score_sum(score: ScoreValue) -> str:
    """A score with the terms that it is the sum of, on one line."""
    terms = " + ".join(f"{amount(term)} [{term.term}]" for term in score.terms)
    return f"{score.title} {score.value}" + (f" = {terms}" if len(score.terms) > 1 else "")


def read_as(reading: ReadingOutcome) -> str:
    """What one reading of a sentence says, and who chose it."""
    choice = "" if not reading.chosen else f", and chosen by {reading.chosen_by}" if reading.chosen_by else ", chosen"
    return f"“{reading.label}” it is {reading.status}{choice}: {reading.explanation}"


def freshness_limits(criterion: CriterionResult) -> list[str]:
    """How old the results may be that were too old for this line, and who says so.

    `7 days (the dictionary's default, no source): INR, creatinine`
    """
    frame = criterion.frame
    rulebook = frame.rulebook
    told: dict[str, dict[str, None]] = {}
    for found in (found for judged in criterion.counted for found in consulted(judged)):
        if not isinstance(found.lookup, ValueLookup) or found.lookup.scope is not None or "stale" not in found.reasons:
            continue
        fact = rulebook.fact(found.subject)
        match frame.labs_within:
            case None:
                limit, whose = fact.fresh, "the dictionary's default, no source"
            case limit if frame.trial is not None and limit == rulebook.trials[frame.trial].labs_within:
                whose = "as the trial's rules say"
            case limit:
                whose = "as the call or the site says"
        told.setdefault(f"{limit} ({whose})", {})[lowered(fact.title)] = None
    return [f"{limit}: {', '.join(titles)}" for limit, titles in told.items()]


def on_one_line(text: str) -> str:
    """Text of the record as it may be printed: a control character in it could move the cursor or color the screen."""
    return "".join(each if each.isprintable() else " " for each in text)


def in_one_breath(texts: Sequence[str]) -> list[str]:
    """Questions that follow one another and differ only in what they ask about, asked together.

    `whether there is asthma now` and `whether there is eczema now` become `whether there is asthma or eczema now`.
    """
    groups: list[list[list[str]]] = []
    for text in texts:
        words = text.split(" ")
        if groups and _ask_alike([*groups[-1], words]):
            groups[-1].append(words)
        else:
            groups.append([words])
    return [_together(group) for group in groups]


def _ask_alike(questions: Sequence[list[str]]) -> bool:
    """Whether they begin and end alike. The end must be shared: it may say from which time the question is."""
    head, tail = _shared(questions)
    return questions[0][0] == "whether" and head >= 3 and tail >= 1


def _shared(questions: Sequence[list[str]]) -> tuple[int, int]:
    """How many words all of them share at the start, and at the end; one word at least is left between."""
    room = min(map(len, questions)) - 1
    head = _alike(questions, room)
    return head, _alike([question[::-1] for question in questions], room - head)


def _alike(questions: Sequence[list[str]], most: int) -> int:
    count = 0
    while count < most and len({question[count] for question in questions}) == 1:
        count += 1
    return count


def _together(questions: Sequence[list[str]]) -> str:
    first = questions[0]
    if len(questions) == 1:
        return " ".join(first)
    head, tail = _shared(questions)
    *most, last = [" ".join(question[head : len(question) - tail]) for question in questions]
    return " ".join([*first[:head], f"{', '.join(most)} or {last}", *first[len(first) - tail :]])
