"""Advice as text: what to find out first, and for each trial what would decide it, in a few lines.

Most records are silent about most exclusions, so dozens of facts may each rule a trial out. What can be measured is
listed item by item; questions about the patient's past and present are counted, and the first of them named.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from screener.advice.statements import Advice, Known, Missing, OpenFact, OpenLine, TrialAdvice, Way
from screener.evaluation.phrases import lowered
from screener.report.wording import in_one_breath, joined

WIDTH = 100
LABEL = 18
LONGEST_WAYS = 150
MOST_FACTS = 8
MOST_NAMED = 4
MOST_WAYS = 2
MEASURED = {"lab", "finding", "birth_date", "sex", "reading"}
"""Kinds of facts that are listed one by one: what can be measured or looked up without asking the patient."""


def advice_lines(advice: Advice, width: int = WIDTH) -> list[str]:
    """The advice, a line of text each; empty where nothing is open that a fact could decide."""
    if not advice.trials:
        return []
    lines = ["What to find out next", ""]
    first = first_facts(advice)
    for number, fact in enumerate(first, start=1):
        lines += _beside(f"{number}.", fact.sentence, width, 4)
    for label, text in _asked(advice, first):
        lines += _beside(label, text, width, LABEL)
    for trial in advice.trials:
        lines += ["", trial.id]
        for label, text in (*_ruling_out(trial), *_passing(trial)):
            lines += _beside(label, text, width, LABEL)
    return lines


def first_facts(advice: Advice) -> list[OpenFact]:
    """The facts to list one by one, in the order of the ranking: those that settle several criteria, or can be
    measured."""
    return [fact for fact in advice.unconditional if len(fact.settles) > 1 or fact.fact.kind in MEASURED][:MOST_FACTS]


def _beside(label: str, text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=f"{label:<{indent}}",
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


# ---- what to ask, and whom


def _asked(advice: Advice, told: Sequence[OpenFact]) -> Iterator[tuple[str, str]]:
    """The facts that were not listed, grouped by whom to ask."""
    rest = [fact for fact in advice.unconditional if fact not in told]
    yield from _people([fact.fact for fact in rest if fact.fact.kind == "question"])
    history = [fact for fact in rest if fact.fact.kind not in (*MEASURED, "question")]
    if history:
        deciding = [fact.fact.text for fact in history if fact.decides]
        number = "1 question" if len(history) == 1 else f"{len(history)} questions"
        by_itself = f"; {len(deciding)} can decide a trial alone" if deciding else ""
        texts = deciding or [fact.fact.text for fact in history]
        yield "the chart", f"{number} about history and treatment{by_itself}: {first_few(texts)}"
    measured = [fact.fact for fact in rest if fact.fact.kind in MEASURED]
    for label, found_by in (("to measure", "measure"), ("old results", "old result"), ("on record", "chart")):
        texts = [fact.text for fact in measured if fact.found_by == found_by]
        if texts:
            yield label, first_few(texts)
    readings = [fact.text for fact in measured if fact.found_by == "sponsor"]
    if readings:
        yield "the sponsor", first_few(readings, 1)
    later = [_question(fact.fact) for fact in advice.facts if fact.conditional]
    if later:
        yield "only if needed", f"depending on another answer: {first_few(later)}"


def _people(questions: Iterable[Missing]) -> Iterator[tuple[str, str]]:
    """Whom to ask what, a question of several trials once."""
    trials: dict[tuple[str, str], list[str]] = {}
    for fact in questions:
        whom, _, text = fact.text.partition(": ")
        trials.setdefault((whom, text), []).append(fact.trial)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (whom, text), those in trials.items():
        together.setdefault((whom, tuple(those)), []).append(text)
    for (whom, where), texts in sorted(together.items(), key=lambda each: each[0][0], reverse=True):
        where_text = f"for {', '.join(where)}" if any(where) else "for every trial"
        yield f"the {lowered(whom)}", f"{where_text}: {first_few(texts, 3)}"


def first_few(texts: Iterable[str], most: int = MOST_NAMED) -> str:
    """The first few of several texts, and how many more there are."""
    several = list(dict.fromkeys(texts))
    shown = in_one_breath(several[:most])
    more = len(several) - most
    return joined([*shown, *([f"and {more} more"] if more > 0 else [])])


# ---- one trial


def _ruling_out(trial: TrialAdvice) -> Iterator[tuple[str, str]]:
    texts = list(_rulings(trial))
    return zip(["ruled out by", *("" for _ in texts[1:])], texts, strict=False)


def _rulings(trial: TrialAdvice) -> Iterator[str]:
    """What rules a trial out: numbers by themselves, then two together, and then answers."""
    alone = [each for each in trial.rules_out if each.unless is None]
    for each in alone:
        if each.fact.fact.kind in MEASURED:
            yield f"{each.fact.values.named} ({', '.join(each.criteria)})"
    told: set[frozenset[Missing]] = set()
    for each in trial.rules_out:
        if each.unless is not None and each.fact.fact.kind in MEASURED:
            pair = frozenset([each.fact.fact, each.unless.fact])
            if pair not in told:
                yield f"{each.fact.values.named}, unless {each.unless.values.clause} ({', '.join(each.criteria)})"
            told.add(pair)
    others = [each.fact for each in alone if each.fact.fact.kind not in MEASURED]
    if answers := [each.values.named for each in others if each.fact.kind == "question"]:
        yield first_few(answers)
    yield from any_of([each for each in others if each.fact.kind != "question"])


def any_of(history: Sequence[Known]) -> Iterator[str]:
    """Answers about the patient's past and present, any one of which will do: `a yes to any of 32 questions: …`."""
    for word in dict.fromkeys(each.values.text for each in history):
        texts = [each.fact.text for each in history if each.values.text == word]
        if len(texts) > 1:
            yield f"a {word} to any of {len(texts)} questions: {first_few(texts)}"
        else:
            yield f"a {word} to “{texts[0]}”"


def _passing(trial: TrialAdvice) -> Iterator[tuple[str, str]]:
    """What passes each open line, those together that answers alone pass in one way."""
    answers = [line for line in trial.lines if _is_answered(line)]
    waiting = [line for line in trial.lines if not line.ways]
    label = "to pass"
    for line in trial.lines:
        if line not in answers and line not in waiting:
            yield label, f"{line.criterion}: {_ways(line)}"
            label = ""
    if answers:
        known = list(dict.fromkeys(each for line in answers for each in line.ways[0].known))
        yield label, f"{', '.join(line.criterion for line in answers)}: {'; '.join(_always(known))}"
    for line in waiting:
        yield "waits for", f"{line.criterion}: {first_few(need.text for need in line.needs)}"


def _is_answered(line: OpenLine) -> bool:
    """Whether there is one way to pass a line, and that is what people say."""
    if len(line.ways) != 1 or not line.complete or line.ways[0].together:
        return False
    return all(each.fact.kind not in MEASURED for each in line.ways[0].known)


def _ways(line: OpenLine) -> str:
    """One or two of the ways to pass a line, as short as they are, and how many others there are."""
    ways = [_way(way) for way in line.ways[:MOST_WAYS]]
    if sum(map(len, ways)) > LONGEST_WAYS:
        ways = ways[:1]
    more = len(line.ways) - len(ways)
    if not line.complete:
        others = f", or in one of more than {more} other ways"
    else:
        others = "" if not more else ", or in another way" if more == 1 else f", or in {more} other ways"
    return f"{', or '.join(ways)}{others}"


def _way(way: Way) -> str:
    """One way in words."""
    told = list(_always(way.known))
    if way.together:
        told.append(f"{first_few((fact.text for fact in way.together), len(way.together))}, if their numbers fit")
    return "; ".join(told)


def _always(known: Sequence[Known]) -> Iterator[str]:
    """Facts with their values: numbers and answers one by one, a no to questions together."""
    for each in known:
        if each.fact.kind in MEASURED:
            yield each.values.named
    for word in ("yes", "no"):
        questions = [each for each in known if each.fact.kind == "question"]
        answers = [f"“{_question(each.fact)}”" for each in questions if each.values.text == word]
        if answers:
            yield f"{word} to {first_few(answers, 3)}"
    rest = [each for each in known if each.fact.kind not in (*MEASURED, "question")]
    for word in dict.fromkeys(each.values.text for each in rest):
        texts = [each.fact.text for each in rest if each.values.text == word]
        yield f"{word} to {first_few((f'“{each}”' for each in in_one_breath(texts)), 3)}"


def _question(fact: Missing) -> str:
    return fact.text.partition(": ")[2]


__all__ = ["MEASURED", "MOST_FACTS", "advice_lines", "any_of", "first_facts", "first_few"]
