"""What is to be done, by who does it: every action once, whichever trials and lines it is for.

To which group a thing belongs follows from what the rule looks up and from the dictionary: a lab or a finding is
measured, unless it is of before an onset; a disease that a test tells is tested; an entry, a date or a diagnosis is
looked up in the chart; a question goes to whom the dictionary asks it of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from screener.evaluation.answers import Found, Reason
from screener.evaluation.grounds import STILL_THERE, needs_of_lookup, waits_for_anchor_alone
from screener.evaluation.phrases import capital, either, lowered
from screener.records.patient import Episode, Result
from screener.rulebook import ChangeLookup, Concept, EventLookup, OnsetLookup, Rulebook, ValueLookup
from screener.screening import CriterionResult, Screening
from screener.sheet import phrases
from screener.sheet.head import latest, may_be_of_several, sorted_results
from screener.sheet.model import Action, ActionGroup, ActionKind, Counts, Line, Review
from screener.sheet.reviewing import is_of_old_results, is_tested, left_open_by, open_entries
from screener.sheet.states import is_split
from screener.sheet.waiting import Awaited, awaited, questions_asked
from screener.values.dates import TimeUnit, parse_duration
from screener.values.truth import UNKNOWN

ORDER: tuple[ActionKind, ...] = (
    "check",
    "measure",
    "chart",
    "old results",
    "sponsor",
    "investigator",
    "participant",
)
WAITING: frozenset[ActionKind] = frozenset({"old results", "sponsor", "investigator", "participant"})
"""What waits while too little is known to say that the trial is worth the work."""
_OF_THE_RECORD: frozenset[Reason] = frozenset({"undated", "imprecise_date", "unit", "conflict", "unread"})
"""Why a result on record cannot be used. The chart has what is missing, so nothing is measured again."""

Actions = dict[tuple[ActionKind, str], Action]
Step = tuple[ActionKind, str, str]
"""Where it belongs, what is to be done, and a detail: of an old result, what is looked for."""


def actions_of(screening: Screening, trials: Collection[str]) -> Actions:
    """What the open lines of these trials need, apart from the chart review, by group and text."""
    actions: Actions = {}
    rulebook = screening.rulebook
    sought: dict[str, dict[Line, None]] = {}
    checked = frozenset(place for note in screening.noted if note.is_first for place in note.places)
    known = _Known(_entries_asked(screening), checked)
    for each in awaited(screening, trials):
        for kind, text, detail in _steps(each, known, rulebook):
            _add(actions, kind, text, each.line, detail)
        for name in _sought(each, rulebook):
            sought.setdefault(name, {})[each.line] = None
    for text, lines in _asked_together(sought, rulebook):
        for line in lines:
            _add(actions, "chart", text, line)
    for trial in screening.trials:
        for criterion in trial.criteria if trial.id in trials else ():
            for kind, text in _asked(criterion, rulebook):
                _add(actions, kind, text, Line(trial.id, criterion.id))
    return _measured_once(actions)


def _measured_once(actions: Actions) -> Actions:
    """The actions without `HE grade` where `HE grade again` is one of them: that serves both."""
    kept = dict(actions)
    for kind, text in actions:
        if (kind, f"{text}{phrases.AGAIN}") in kept:
            once = kept.pop((kind, text))
            for line in once.lines:
                _add(kept, kind, f"{text}{phrases.AGAIN}", line)
    return kept


class _Known(Struct, frozen=True):
    """What the sheet asks about by itself: what each open entry may be, by its place, and the places to check first."""

    entries: Mapping[str, frozenset[str]]
    checked: frozenset[str]


def _entries_asked(screening: Screening) -> dict[str, frozenset[str]]:
    return {entry.source: frozenset(entry.may_be) for entry in open_entries(screening)}


def _asked_together(sought: Mapping[str, Iterable[Line]], rulebook: Rulebook) -> Iterator[tuple[str, list[Line]]]:
    """What inclusion lines need to be found, each thing once: those for the same trials in one question, without kinds
    of what is named.

    If one trial needs cirrhosis or chronic hepatitis, and another cirrhosis, the questions are `Cirrhosis?` for both
    and `Chronic hepatitis?` for the first.
    """
    together: dict[frozenset[str], dict[str, Iterable[Line]]] = {}
    for name, lines in sought.items():
        together.setdefault(frozenset(line.trial for line in lines), {})[name] = lines
    for those in together.values():
        lines_of_all = dict.fromkeys(line for lines in those.values() for line in lines)
        broadest = [
            rulebook.concepts[name] for name in those if those.keys().isdisjoint(rulebook.concepts[name].broader)
        ]
        yield phrases.any_of([lowered(each.title) for each in broadest]), list(lines_of_all)


def _add(actions: Actions, kind: ActionKind, text: str, line: Line, detail: str = "") -> None:
    known = actions.get((kind, text), Action(text, (), ()))
    trials = known.trials if line.trial in known.trials else (*known.trials, line.trial)
    lines = known.lines if line in known.lines else (*known.lines, line)
    actions[kind, text] = replace(known, trials=trials, lines=lines, detail=_with_detail(known.detail, detail))


WITHIN = "within "


def _with_detail(known: str, detail: str) -> str:
    """Details one after the other, each once: `bilirubin, INR`; times in one phrase, the shortest first: `within 48
    hours, 7 days or 3 months`."""
    if detail.startswith(WITHIN) and known:
        times = {*known.removeprefix(WITHIN).replace(" or ", ", ").split(", "), detail.removeprefix(WITHIN)}
        return f"{WITHIN}{either(sorted(times, key=_length))}"
    return ", ".join(dict.fromkeys(each for each in (*known.split(", "), detail) if each))


def _length(time: str) -> tuple[int, int]:
    """How long a stretch of time is, to put it among others."""
    length = parse_duration(time)
    return get_args(TimeUnit).index(length.unit), length.count


def _steps(each: Awaited, known: _Known, rulebook: Rulebook) -> Iterator[Step]:
    found, lookup = each.found, each.found.lookup
    match lookup:
        case ValueLookup() | ChangeLookup():
            is_open = (found.reasons or found.may_lack) and not waits_for_anchor_alone(found)
            if (each.lacks_limit or is_open) and not (_is_checked(found, known) or _waits_for_entries(found, known)):
                yield _of_result(each, found, lookup, rulebook)
        case EventLookup():
            yield from _of_event(each, _without_entries(found, lookup, known), lookup, rulebook)
        case OnsetLookup():
            if found.reasons and not any(getattr(fact, "only_may_be", False) for fact in found.used):
                label = rulebook.head.since_label if lookup.concept == rulebook.head.since else ""
                yield "chart", f"Since when {label or lowered(rulebook.concepts[lookup.concept].title)}?", ""
        case None:
            if found.reasons and found.subject not in rulebook.questions:
                yield "chart", capital(next(need.text for need in needs_of_lookup(found, rulebook))), ""


def _is_checked(found: Found, known: _Known) -> bool:
    """Whether all results that a lookup waits for, as nobody could read their name, are checked first."""
    places = {fact.source for fact in found.used if isinstance(fact, Result)}
    return found.reasons[:1] == ("unread",) and bool(places) and places <= known.checked


def _waits_for_entries(found: Found, known: _Known) -> bool:
    """Whether a grade that is not too old waits only for entries that may be later than it, and that the chart review
    asks about."""
    entries = [fact for fact in found.used if isinstance(fact, Episode)]
    return found.is_overtaken and all(
        fact.only_may_be and fact.concept in known.entries.get(fact.source, ()) for fact in entries
    )


def _without_entries(found: Found, lookup: EventLookup, known: _Known) -> Found:
    """A lookup without the question which kind an entry is, where the chart review asks that of the entry."""
    asked_for = {each.concept for each in (*lookup.what, *lookup.exceptions)}
    certain = [fact for fact in found.used if isinstance(fact, Episode) and not fact.only_may_be]
    if not all(fact.may_be & asked_for <= known.entries.get(fact.source, frozenset()) for fact in certain):
        return found
    return replace(found, reasons=tuple(reason for reason in found.reasons if reason != "unspecific"))


def _of_result(each: Awaited, found: Found, lookup: ValueLookup | ChangeLookup, rulebook: Rulebook) -> Step:
    as_of = date.fromordinal(each.frame.as_of)
    if each.is_past:
        return _old(each, phrases.named(found.subject, rulebook), rulebook)
    if isinstance(lookup, ChangeLookup):
        back = lookup.scope.back
        return "measure", phrases.second(found.subject, rulebook), f"{WITHIN}{back}" if back is not None else ""
    if found.reasons[:1] == ("unread",):
        for result in found.used:
            if isinstance(result, Result) and may_be_of_several(result, each.frame.patient):
                return "chart", phrases.what_is_the_result(result, as_of), ""
    words = phrases.measure_words(found, rulebook, as_of, lacks_limit=each.lacks_limit)
    if each.lacks_limit or _OF_THE_RECORD.intersection(found.reasons[:1]):
        return "chart", capital(words), ""
    return _measured(found.subject, words, each, rulebook)


def _old(each: Awaited, what: str, rulebook: Rulebook) -> Step:
    """Old results of one time are one action: somebody fetches them once."""
    when = phrases.before_when(getattr(each.found.lookup, "scope", None), rulebook)
    return "old results", capital(when), what


def _of_event(each: Awaited, found: Found, lookup: EventLookup, rulebook: Rulebook) -> Iterator[Step]:
    """What is to be found out of an entry. What an open entry stands for, and negatives, belong to the review."""
    if found.truth is not UNKNOWN:
        return
    left_open = left_open_by(found, each.frame.patient)
    for name, result in left_open.items():
        yield _next_test(rulebook.concepts[name], result, each, rulebook)
    for name in found.lacking:
        concept = rulebook.concepts[name]
        if concept.only_if is not None and each.frame.patient.sex is None:
            yield "chart", "Sex", ""
        if is_of_old_results(each):
            yield _old(each, _test_of(concept, rulebook) if concept.absent_when else lowered(concept.title), rulebook)
        elif is_tested(concept, lookup.list, rulebook) and name not in left_open:
            yield _measured(_deciding_test(concept), _test_of(concept, rulebook), each, rulebook)
    over = {fact.concept for fact in found.used if isinstance(fact, Episode) and (fact.ended or fact.end is not None)}
    needs = [
        need
        for need in needs_of_lookup(replace(found, lacking=()), rulebook)
        if need.kind != "entry" and not (need.name in over and STILL_THERE in need.text)
    ]
    measured = [need for need in needs if need.kind in ("lab", "finding")]
    tests = {sign.fact for name in left_open for sign in rulebook.concepts[name].signs}
    for need in measured:
        name = phrases.named(need.name, rulebook)
        if each.is_past:
            yield _old(each, name, rulebook)
        elif need.name not in tests:
            yield _measured(need.name, name, each, rulebook)
    for need in needs if not measured else ():
        concept_ = rulebook.concepts.get(need.name)
        if is_of_old_results(each) and concept_ is not None and concept_.absent_when:
            yield _old(each, _test_of(concept_, rulebook), rulebook)
            continue
        question = capital(phrases.without_kind(without_places(need.text, (fact.source for fact in found.used))))
        yield _old(each, question, rulebook) if is_of_old_results(each) else ("chart", question, "")


def _next_test(concept: Concept, result: Result, each: Awaited, rulebook: Rulebook) -> Step:
    """What settles what a result leaves open, with the result: another test; without one, the chart. A result that
    cannot be used is got again.

    After a positive screening test of HIV it is `HIV confirmatory test (HIV screening test positive of 20 Nov)`.
    """
    if result.unusable is not None and not each.is_past:
        name = phrases.named(result.fact, rulebook)
        if result.unusable in _OF_THE_RECORD:
            return "chart", capital(phrases.result_to_look_up(name, result.unusable, result.recorded_value)), ""
        return _measured(result.fact, f"{name}{phrases.AGAIN}", each, rulebook)
    known = phrases.named_with_value(result, rulebook) + phrases.of_day(result, date.fromordinal(each.frame.as_of))
    test = next((sign.fact for sign in concept.absent_when if sign.fact != result.fact), None)
    if each.is_past:
        return _old(each, _test_of(concept, rulebook) if concept.absent_when else lowered(concept.title), rulebook)
    if test is None:
        return "chart", f"{capital(lowered(concept.title))}? ({known})", ""
    return "measure", f"{capital(phrases.named(test, rulebook))} ({known})", ""


def _measured(fact: str, words: str, each: Awaited, rulebook: Rulebook) -> Step:
    """A result to get; one that is there in words that nobody can use is to be looked up."""
    last = next(iter(sorted_results(each.frame.patient, fact)[-1:]), None)
    finding = rulebook.findings.get(fact)
    if last is not None and finding is not None and phrases.is_of_no_choice(last, finding):
        value = phrases.named_with_value(last, rulebook)
        return "chart", f"{capital(value)}: {phrases.which_of(finding)}", ""
    return "measure", capital(words), _last_known(fact, each, rulebook)


def _last_known(fact: str, each: Awaited, rulebook: Rulebook) -> str:
    """The last usable value of what is measured again and has no cell in the head: `last 57 kg of 5 Jan`."""
    if any(fact in (shown.name, shown.beside) for shown in rulebook.head.shown):
        return ""
    as_of = date.fromordinal(each.frame.as_of)
    known = [
        one
        for one in sorted_results(each.frame.patient, fact)
        if one.unusable is None and one.when is not None and one.when.first_day <= each.frame.as_of
    ]
    return f"last {phrases.value_words(known[-1], as_of)}" if known else ""


def _sought(each: Awaited, rulebook: Rulebook) -> Iterator[str]:
    """The concepts that an inclusion line needs to be found in the chart; without those on record, whose dates or
    course are asked for."""
    lookup = each.found.lookup
    if not isinstance(lookup, EventLookup) or each.found.truth is not UNKNOWN or not each.seeks:
        return
    asked = {need.name for need in needs_of_lookup(replace(each.found, lacking=()), rulebook)}
    for name in each.found.lacking:
        concept = rulebook.concepts[name]
        is_asked = not asked.isdisjoint((name, *concept.narrower))
        if not is_asked and not is_of_old_results(each) and not is_tested(concept, lookup.list, rulebook):
            yield name


def _deciding_test(concept: Concept) -> str:
    return concept.absent_when[0].fact


def _test_of(concept: Concept, rulebook: Rulebook) -> str:
    """What shows it: the lab, the grade, or a test for it."""
    first = _deciding_test(concept)
    finding = rulebook.findings.get(first)
    if finding is None or finding.grade is not None or finding.ordered:
        return phrases.named(first, rulebook)
    is_called_so = finding.title.endswith(phrases.TEST) and "," not in finding.title
    return lowered(finding.title) if is_called_so else f"test for {lowered(concept.title)}"


def without_places(text: str, places: Iterable[str]) -> str:
    """`Dialysis: done? (procedures[0])` becomes `Dialysis: done?`: the place in the record stands with the evidence."""
    for place in places:
        text = text.removesuffix(f" ({place})")
    return text


def _asked(criterion: CriterionResult, rulebook: Rulebook) -> Iterator[tuple[ActionKind, str]]:
    if criterion.status != "unknown":
        return
    if is_split(criterion):
        labels = [f"“{label}”" for label, _ in criterion.readings_counted]
        yield "sponsor", f"{criterion.id}: {', or '.join(labels)}?"
    for name in questions_asked(criterion):
        question = rulebook.questions[name]
        if question.gives_consent:
            yield "participant", "Consent, on the trial's own form"
        else:
            kind: ActionKind = "participant" if question.asked_of == "participant" else "investigator"
            yield kind, phrases.question(question)


# ---- in the order of work


def place_in_work(found_by: str) -> int:
    """The place of a missing fact in the order of work, by how it is found, or who is asked."""
    kind = "old results" if found_by == "old result" else found_by
    return next((place for place, each in enumerate(ORDER) if each == kind), ORDER.index("investigator"))


def groups_of(actions: Actions, review: Review, order: Sequence[str], waiting: bool) -> tuple[ActionGroup, ...]:
    """The actions in their groups, in the order of work; those of most trials first."""
    groups: list[ActionGroup] = []
    for kind in ORDER:
        those = [action for (group, _), action in actions.items() if group == kind]
        those = [replace(each, trials=tuple(name for name in order if name in each.trials)) for each in those]
        if kind != "check":  # the values that decide a verdict come first, as they are
            those.sort(key=lambda each: (bool(each.lines), -len(each.trials), bool(each.detail)))
        if those or (kind == "chart" and (review.groups or review.entries)):
            groups.append(ActionGroup(kind, phrases.GROUPS[kind], tuple(those), waiting and kind in WAITING))
    return tuple(groups)


def counts_of(trial: str, actions: Actions, review: Review) -> Counts:
    """How many things one trial waits for; the whole chart review is one, and each entry to look up another."""
    number: Mapping[ActionKind, int] = {
        kind: sum(kind == group and trial in action.trials for (group, _), action in actions.items()) for kind in ORDER
    }
    has_items = any(trial in group.trials for group in review.groups)
    entries = sum(any(line.trial == trial for line in entry.lines) for entry in review.entries)
    return Counts(
        check=number["check"],
        measure=number["measure"],
        chart=number["chart"] + has_items + entries,
        old_results=number["old results"],
        sponsor=number["sponsor"],
        investigator=number["investigator"],
        participant=number["participant"],
    )


def lacks_results(screening: Screening, trial: str) -> bool:
    """Whether an open line of a trial waits for a result of the present that nobody is known to have taken."""
    return any(
        not each.is_past
        and isinstance(each.found.lookup, ValueLookup)
        and (
            each.found.reasons[:1] == ("missing",)
            or (each.found.reasons[:1] == ("unread",) and not latest(each.found.subject, screening))
        )
        for each in awaited(screening, (trial,))
    )
