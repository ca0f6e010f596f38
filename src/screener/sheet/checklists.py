"""The checklist of a trial to sign: each line in short, what the record says, and where it says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import PurePath
from typing import Literal

from screener.evaluation.answers import Fact, Found, Given
from screener.evaluation.phrases import lowered
from screener.records.patient import Absence, Answer, Episode, Result
from screener.rulebook import EventLookup, Rulebook
from screener.screening import LISTS, CriterionResult, TrialResult
from screener.sheet import phrases
from screener.sheet.actions import without_places
from screener.sheet.again import Place, doubtful
from screener.sheet.model import Checklist, ChecklistRow, Source
from screener.sheet.points import chosen_reading, episode_words, fails_by_one_reading, readings_words
from screener.values.dates import dates_in_words
from screener.values.truth import FALSE, TRUE

MOST_SOURCES = 3


def checklist_of(trial: TrialResult, label: str, short: str, suspicious: dict[Place, str]) -> Checklist:
    """The rows of one trial; those that only consent decides stand apart."""
    rows = {criterion.id: _row(criterion, suspicious) for criterion in trial.criteria}
    consent = [criterion.id for criterion in trial.criteria if is_consent(criterion)]
    others = [criterion for criterion in trial.criteria if criterion.id not in consent]
    return Checklist(
        trial=trial.id,
        label=label,
        title=trial.title,
        short=short,
        inclusion=tuple(rows[each.id] for each in others if each.kind == "inclusion"),
        exclusion=tuple(rows[each.id] for each in others if each.kind == "exclusion"),
        consent=tuple(rows[name] for name in consent),
    )


def is_consent(criterion: CriterionResult) -> bool:
    """Whether a line asks for the participant's consent and nothing else."""
    questions = criterion.frame.rulebook.questions
    names = [each.subject for those in criterion.facts for _, each, _ in those]
    names = names or [need.name for need in criterion.needs if need.kind == "question"]
    return bool(names) and all(name in questions and questions[name].gives_consent for name in names)


def _row(criterion: CriterionResult, suspicious: dict[Place, str]) -> ChecklistRow:
    sources, more = _sources(criterion)
    if chosen := chosen_reading(criterion):
        sources.insert(0, Source(chosen, ""))
    return ChecklistRow(
        id=criterion.id,
        short=phrases.short_of(criterion),
        sentence=criterion.text,
        on_record=_on_record(criterion),
        status=criterion.status,
        sources=tuple(sources),
        more=more,
        needs=(
            *([readings_words(criterion)] if fails_by_one_reading(criterion) else []),
            *_needs(criterion),
        ),
        is_against=criterion.status == "failed",
        is_assumed=criterion.basis == "assumed",
        check=phrases.listed(suspicious[place] for place in sorted(doubtful(criterion)) if place in suspicious),
    )


def _needs(criterion: CriterionResult) -> Iterator[str]:
    """What would settle a line. Of several entries to look up the first are named: the sheet asks what each of them
    is, and they may be asked about in every line."""
    places = list(dict.fromkeys(need.name for need in criterion.needs if need.kind == "entry"))
    if len(places) > 1:
        used = (fact for those in criterion.facts for fact, _, _ in those if isinstance(fact, Episode))
        called = {each.source: each.called for each in used}
        longest = phrases.LONGEST_CALLED
        yield phrases.entries_to_look_up([phrases.entry_called(called.get(each, ""), each, longest) for each in places])
    for need in criterion.needs:
        if need.kind != "entry":
            yield need.text
        elif len(places) < 2:
            yield without_places(need.text, places)


def _on_record(criterion: CriterionResult) -> Literal["Yes", "No", "Not known"]:
    """The record's answer to the sentence as the registry prints it."""
    answers: dict[object, Literal["Yes", "No"]] = {TRUE: "Yes", FALSE: "No"}
    return answers.get(criterion.truth, "Not known")


def _sources(criterion: CriterionResult) -> tuple[list[Source], int]:
    """The facts that an answer rests on, each once, with their place in the record: the first of them, and how many
    more there are. What an entry may be is no source where a fact that is certain has settled the line: a man whose
    record holds an unread entry is not pregnant."""
    rulebook, as_of = criterion.frame.rulebook, date.fromordinal(criterion.frame.as_of)
    score = criterion.scores[:1]
    told: dict[tuple[str, str], tuple[Fact | Given, Found]] = {}
    maybe: dict[tuple[str, str], tuple[Fact | Given, Found]] = {}
    for those in criterion.facts:
        for fact, found, used in those:
            if used:
                is_certain = not (isinstance(fact, Episode) and fact.only_may_be)
                (told if is_certain else maybe).setdefault((fact.source, _name(fact)), (fact, found))
    facts = [*(told or ({} if score else maybe)).values()]
    sources = [Source(f"{phrases.named(each.name, rulebook)} {phrases.span(each.value)}", "") for each in score]
    for fact, found in facts[: MOST_SOURCES - len(sources)]:
        place = "" if fact.source == _name(fact) else _place(fact.source)  # `sex male` says where it stands
        sources.append(Source(fact_words(fact, found, rulebook, as_of), place))
    return sources, len(score) + len(facts) - len(sources)


def _name(fact: Fact | Given) -> str:
    """What a fact is of."""
    if isinstance(fact, Result):
        return fact.fact
    if isinstance(fact, Episode | Absence):
        return fact.concept
    return fact.key if isinstance(fact, Answer) else fact.name


def _place(source: str) -> str:
    """A place in the record, or in a file of answers: `review.json: groups[3].items[0]`, without the file's folders."""
    file, of_a_file, rest = source.partition(": ")
    return f"{PurePath(file).name}: {rest}" if of_a_file else source


def fact_words(fact: Fact | Given, found: Found, rulebook: Rulebook, as_of: date) -> str:
    """A fact of the record in a few words: `INR 1.7, 19 Feb`; `no sepsis since 10 Dec 2025, by Dr. A, 10 Feb`."""
    match fact:
        case Result():
            text, when = phrases.named_with_value(fact, rulebook), phrases.moment_words(fact.when, as_of)
        case Episode():
            text = f"{'may be ' if fact.only_may_be else ''}{episode_words(fact, rulebook, as_of)}"
            when = phrases.date_words(phrases.listed(each.text for each in fact.flags if each.kind == "remark"), as_of)
        case Absence():
            by = f", {fact.by}" if fact.by else ""
            text = f"no {lowered(rulebook.concepts[fact.concept].title)}{by}"
            when = phrases.moment_words(fact.when, as_of)
        case Answer():
            answer = "yes" if fact.value else "no"
            text, when = f"{fact.by or phrases.ANSWERED}: {answer}", phrases.moment_words(fact.when, as_of)
        case Given():
            if isinstance(found.lookup, EventLookup) and fact.name in LISTS:
                text, when = f"none in the list of {found.lookup.list.replace('_', ' ')} ({fact.value})", ""
            else:
                text, when = f"{fact.name.replace('_', ' ')} {dates_in_words(fact.value)}", ""
    return f"{text}, {when}" if when else text
