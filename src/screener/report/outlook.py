"""What lies ahead of one patient, for the page: what to find out next, how far each trial is, what changes by itself.

What `advice/` works out is chosen and counted here, so that one sheet of paper holds it; nothing is decided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from screener.advice.decisive import advise
from screener.advice.distance import TrialDistance, distance
from screener.advice.margins import Margin, margins_of
from screener.advice.statements import Advice, Missing, OpenFact, OpenLine, RulesOut, TrialAdvice
from screener.advice.when import Timeline, changes
from screener.report.advising import MEASURED, MOST_FACTS, any_of, first_facts, first_few
from screener.rulebook import Rulebook
from screener.screening import Screening

MOST_RULINGS = 6
"""Lines for one trial of what rules it out."""
MOST_DAYS = 6
"""Days for one trial on which something changes by itself."""
MOST_SPELLED_OUT = 4
"""How many open lines are shown with what passes them; the rest are named."""


class NextFact(Struct, frozen=True):
    """A missing fact of the ranking: what to find out, the criterion that it is about if it is one alone, how many
    criteria it settles whatever it turns out to be, and the trials that it can decide by itself. A question that
    several trials ask, each for itself, is one of these."""

    text: str
    criterion: tuple[str, str] | None
    settles: str
    closes: tuple[str, ...]


class Ruling(Struct, frozen=True):
    """Something that rules a trial out, with the criteria that it fails; none are named where it stands for several."""

    text: str
    criteria: tuple[str, ...] = ()


class TrialNext(Struct, frozen=True):
    """What decides one undetermined trial. `more` counts the facts that rule it out and are not shown."""

    id: str
    rules_out: tuple[Ruling, ...]
    more: int
    open_lines: str


class Next(Struct, frozen=True):
    """What to find out next: the first facts of the ranking, the others counted by where they come from, and what
    decides each trial."""

    facts: tuple[NextFact, ...]
    more: int
    rest: tuple[str, ...]
    trials: tuple[TrialNext, ...]


class Outlook(Struct, frozen=True):
    """All of it for one patient: `next` is None where no trial is undetermined, `margins` go by trial and criterion."""

    next: Next | None
    distances: tuple[TrialDistance, ...]
    timeline: Timeline
    margins: Mapping[tuple[str, str], tuple[Margin, ...]]


def outlook(screening: Screening) -> Outlook:
    """Everything that lies ahead, worked out once."""
    return Outlook(
        next_facts(advise(screening), screening.rulebook),
        distance(screening),
        changes(screening),
        {(trial.id, each.id): each.margins for trial in margins_of(screening) for each in trial.criteria},
    )


# ---- what to find out next


def next_facts(advice: Advice, rulebook: Rulebook) -> Next | None:
    """The advice, as short as a page wants it; None where no trial is undetermined. What only another answer can raise
    is not counted."""
    if not advice.trials:
        return None
    alike: dict[str, list[OpenFact]] = {}
    for fact in advice.unconditional:
        alike.setdefault(fact.fact.text, []).append(fact)
    first = [fact.fact.text for fact in first_facts(advice)]
    told = list(dict.fromkeys([*first, *alike]))[:MOST_FACTS]
    rest = [fact for text, those in alike.items() if text not in told for fact in those]
    return Next(
        tuple(_next_fact(those) for text, those in alike.items() if text in told),
        len(rest),
        tuple(_counted(rest, rulebook)),
        tuple(_of_trial(trial, rulebook) for trial in advice.trials),
    )


def _next_fact(alike: Sequence[OpenFact]) -> NextFact:
    fact = alike[0].fact
    trial, _, line = fact.name.partition("/")
    decides = tuple(dict.fromkeys(each for ranked in alike for each in ranked.decides))
    return NextFact(fact.text, (trial, line) if fact.kind == "reading" else None, _settled(alike, decides), decides)


def _settled(alike: Sequence[OpenFact], decides: Sequence[str]) -> str:
    count = sum(len(ranked.settles) for ranked in alike)
    if not count:
        return "none for certain"
    trials = list(dict.fromkeys(each for ranked in alike for each in ranked.in_trials))
    told = "1 line" if count == 1 else f"{count} lines"
    if len(trials) > 1:
        told += f" of {len(trials)} trials"
    elif trials[0] not in decides:
        told += f" of {trials[0]}"
    return f"{told}, each by its own answer" if len(alike) > 1 else told


def _counted(facts: Sequence[OpenFact], rulebook: Rulebook) -> Iterator[str]:
    """How many facts to get from whom."""
    asked = Counter(rulebook.questions[each.fact.name].asked_of for each in facts if each.fact.kind == "question")
    for whom, count in sorted(asked.items(), reverse=True):
        yield f"{count} to ask of the {whom}"
    measured = sum(each.fact.kind in MEASURED for each in facts)
    history = len(facts) - asked.total() - measured
    if history:
        yield f"{history} about history and treatment"
    if measured:
        yield f"{measured} to measure or look up"


def _of_trial(trial: TrialAdvice, rulebook: Rulebook) -> TrialNext:
    numbers, questions, together = _measured(trial.rules_out), list(_asked(trial.rules_out, rulebook)), _pairs(trial)
    pairs = [_ruling(each) for each in together if each.fact.fact.kind in MEASURED]
    told = numbers[: max(MOST_RULINGS - len(questions), 1)]
    shown = [*told, *questions, *pairs[: max(MOST_RULINGS - len(told) - len(questions), 0)]]
    more = len(numbers) + len(questions) + len(together) - len(shown)
    return TrialNext(trial.id, tuple(shown), more, _open_lines(trial.lines))


def _ruling(rule: RulesOut) -> Ruling:
    """A ruling with the criteria that fail, except the one whose reading it is: the text names that one."""
    known, unless = rule.fact, f", unless {rule.unless.values.clause}" if rule.unless is not None else ""
    own = known.fact.name.rpartition("/")[2] if known.fact.kind == "reading" else ""
    return Ruling(f"{known.values.named}{unless}", tuple(each for each in rule.criteria if each != own))


def _measured(rules: Sequence[RulesOut]) -> list[Ruling]:
    """Numbers and readings that rule a trial out by themselves, one by one."""
    return [_ruling(each) for each in rules if each.unless is None and each.fact.fact.kind in MEASURED]


def _asked(rules: Sequence[RulesOut], rulebook: Rulebook) -> Iterator[Ruling]:
    """Answers that rule the trial out: those of one person together, then questions about the patient's history."""
    others = [each.fact for each in rules if each.unless is None and each.fact.fact.kind not in MEASURED]
    by_person: dict[str, list[str]] = {}
    for known in others:
        if known.fact.kind == "question":
            whom = rulebook.questions[known.fact.name].asked_of
            by_person.setdefault(whom, []).append(known.values.named)
    for whom, answers in sorted(by_person.items(), reverse=True):
        yield Ruling(f"the {whom}’s {first_few(answers)}")
    yield from map(Ruling, any_of([known for known in others if known.fact.kind != "question"]))


def _pairs(trial: TrialAdvice) -> list[RulesOut]:
    """What rules a trial out unless something else stands in the way, each pair of facts once, named by the one to
    measure."""
    told: dict[frozenset[Missing], RulesOut] = {}
    for each in sorted(trial.rules_out, key=lambda rule: rule.fact.fact.kind not in MEASURED):
        if each.unless is not None:
            told.setdefault(frozenset([each.fact.fact, each.unless.fact]), each)
    return list(told.values())


def _open_lines(lines: Sequence[OpenLine]) -> str:
    """What passes each open line, if they are few and each is passed in one way; else which they are."""
    ways = [line.ways[0] for line in lines if len(line.ways) == 1 and line.complete and not line.ways[0].together]
    if len(ways) == len(lines) and sum(len(way.known) for way in ways) <= MOST_SPELLED_OUT:
        named = (" and ".join(each.values.named for each in way.known) for way in ways)
        return "; ".join(f"{line.criterion} with {told}" for line, told in zip(lines, named, strict=True))
    return f"{len(lines)} open lines: {', '.join(line.criterion for line in lines)}"


# ---- margins


def turning(margin: Margin) -> str:
    """What would turn a margin, in words; empty if nothing is known."""
    if not margin.turns:
        return ""
    return margin.text.removeprefix(replace(margin, turns=()).text).removeprefix(". ")


def shortly(margin: Margin) -> str:
    """A margin in words, with what would turn it, but without the inputs that turn nothing."""
    ways = tuple(each for each in margin.turns if each.is_possible)
    return replace(margin, turns=ways).text


_BEFORE_ITS_NUMBER = re.compile(r"([^(]+?)(?:: | = | counts as )|(.+?) (?:between |at most |at least )?[<>]?-?[0-9]")


def beside_explanation(margin: Margin) -> str:
    """A margin where the explanation has its number and limit already: `INR: 0.3 above`."""
    found = _BEFORE_ITS_NUMBER.match(margin.amount)
    subject = (found[1] or found[2]) if found else margin.amount
    told = [", ".join(each.text for each in margin.distances)]
    if margin.multiple is not None:
        told.append(margin.multiple.text)
    return f"{subject[:1].upper()}{subject[1:]}: {'; '.join(told)}"


__all__ = ["MOST_DAYS", "Outlook", "beside_explanation", "outlook", "shortly", "turning"]
