"""A screening made into a sheet.

The order of the work: what is suspicious and what hangs on it; what would be after a clean chart; how far each trial is
and what time changes; then the states, the actions, and the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from screener.advice.distance import TrialDistance, distance
from screener.advice.when import Change, TrialTimeline, timelines
from screener.evaluation.frame import Frame
from screener.evaluation.phrases import capital, lowered
from screener.records.notes import Note
from screener.records.patient import Episode, Result
from screener.screening import Screening, TrialResult
from screener.sheet import phrases
from screener.sheet.actions import Actions, actions_of, counts_of, groups_of, lacks_results
from screener.sheet.again import Place, after_clean_chart, doubtful
from screener.sheet.checklists import checklist_of, is_consent
from screener.sheet.head import key_results, latest, patient_line, remarks, suspicions
from screener.sheet.model import (
    Action,
    CleanChart,
    Dates,
    Doubt,
    Line,
    OpenEntry,
    Recruiting,
    Review,
    ReviewGroup,
    ReviewItem,
    Sheet,
    State,
    StateName,
    TrialRow,
)
from screener.sheet.notes import in_ward_words, to_check
from screener.sheet.points import points_of
from screener.sheet.reviewing import Asked, asked_of_chart, heading_of, open_entries
from screener.sheet.states import (
    OUT,
    Checks,
    checks_of,
    is_split,
    nearness,
    state_of,
)
from screener.sheet.waiting import awaited
from screener.version import __version__

ONE_DAY = timedelta(days=1)
AHEAD = timedelta(days=365)
"""How far ahead a sheet looks: a patient approached today is enrolled within weeks."""
_KNOWN_NOTHING = frozenset({None, "UNKNOWN"})


class _Worked(Struct, frozen=True):
    """What all parts of a sheet share, worked out once."""

    screening: Screening
    clean: Screening
    """After a chart review that found nothing; the screening itself where there is nothing to look for."""
    checks: Mapping[str, Checks]
    suspicious: Mapping[Place, str]
    distances: Mapping[str, TrialDistance]
    timelines: Mapping[str, TrialTimeline]
    """What time changes after a clean chart."""
    states: Mapping[str, StateName]
    labels: Mapping[str, str]


def sheet_of(screening: Screening, *, is_row: bool = False) -> Sheet:
    """The sheet of one patient. `is_row`: a row of a worklist, which shows neither checklists nor what a clean chart
    would settle."""
    asked = asked_of_chart(screening)
    worked = _worked(screening, asked)
    live = [trial.id for trial in screening.trials if worked.states[trial.id] not in OUT]
    review = _review(asked, live, worked)
    actions = actions_of(screening, live)
    doubts = _doubts(screening, worked.checks, worked.suspicious, worked.labels)
    _add_checks(actions, doubts, live)
    checked = {place for doubt in doubts for place in doubt.places}
    left = replace(review, entries=tuple(entry for entry in review.entries if entry.source not in checked))
    rows = [_row(trial, left, actions, worked, is_row=is_row) for trial in screening.trials]
    rows.sort(key=_nearness)
    _add_signing(actions, rows)
    order = [row.id for row in rows]
    waiting = bool(live) and all(worked.states[name] == "too little" for name in live)
    frame = _frame(screening)
    review = replace(review, groups=tuple(_in_order(group, order) for group in review.groups), waits=waiting)
    by_id = {trial.id: trial for trial in screening.trials}
    notes = [note for note in screening.noted if not note.is_first]
    nobody_acts = (note for note in notes if note.kind in ("no rule", "looked up", "not denied"))
    behind = [*_said_on_the_sheet(notes, review, worked), *nobody_acts]
    sheet = Sheet(
        patient=patient_line(screening, frame),
        next="",
        check_first=doubts,
        results=key_results(screening, frame),
        trials=tuple(rows),
        actions=groups_of(actions, review, order, waiting),
        review=review,
        checklists=tuple(
            checklist_of(by_id[row.id], row.label, row.short, dict(worked.suspicious))
            for row in (() if is_row else rows)
        ),
        notes=(
            *dict.fromkeys(remarks(screening, frame)),
            *in_ward_words([note for note in notes if note not in behind], screening),
        ),
        notes_behind=in_ward_words(behind, screening),
        screener=__version__,
        rules=screening.rules,
    )
    return replace(sheet, next=phrases.next_step(sheet))


def states_in_words(screening: Screening) -> dict[str, State]:
    """The state of each trial as the sheet has it, for reports that show more than a sheet."""
    return checks_and_states(screening)[1]


def checks_and_states(screening: Screening) -> tuple[tuple[Doubt, ...], dict[str, State]]:
    """The values that the sheet has checked before anything else is done, and the state of each trial."""
    worked = _worked(screening, asked_of_chart(screening))
    names = worked.states
    states = {each.id: State(names[each.id], _headline(each, names[each.id], worked)) for each in screening.trials}
    doubts = _doubts(screening, worked.checks, worked.suspicious, worked.labels)
    return tuple(doubt for doubt in doubts if doubt.trials), states


def _frame(screening: Screening) -> Frame:
    """The patient on the day of screening, with the freshness of the first trial."""
    frames = (criterion.frame for trial in screening.trials for criterion in trial.criteria)
    return next(frames, None) or Frame(screening.rulebook, screening.record, screening.as_of.toordinal())


def _worked(screening: Screening, asked: Sequence[Asked]) -> _Worked:
    denied = [(each.list, each.concept.name, each.covers) for each in asked if not each.seeks]
    clean = after_clean_chart(screening, denied) if denied else screening
    checks = checks_of(screening)
    distances = {each.id: each for each in distance(screening)}
    lacking = {trial.id: lacks_results(screening, trial.id) for trial in screening.trials}

    def state(trial: TrialResult, timeline: TrialTimeline | None) -> StateName:
        name = trial.id
        return state_of(trial, checks[name], distances[name], timeline or _unmoved(trial), lacking[name])

    states = {trial.id: state(trial, None) for trial in screening.trials}
    ahead = timelines(clean, _until(clean, states))
    for trial in screening.trials:
        if states[trial.id] == "ruled out today":
            states[trial.id] = state(trial, ahead.get(trial.id))
    labels = phrases.trial_labels([trial.id for trial in screening.trials])
    return _Worked(screening, clean, checks, suspicions(screening), distances, ahead, states, labels)


def _unmoved(trial: TrialResult) -> TrialTimeline:
    return TrialTimeline(trial.id, trial.verdict)


def _until(clean: Screening, states: Mapping[str, StateName]) -> dict[str, date | None]:
    """How far to look ahead for each trial whose dates the sheet shows; None: up to the last day of interest.

    What rules a trial out is on record, and a chart review lifts none of it. Only such a trial has days of interest
    further ahead than a year; one that is ruled out for good has none.
    """
    near = _horizon(clean.as_of)
    until: dict[str, date | None] = {}
    for trial in clean.trials:
        is_out, state = trial.verdict == "ineligible", states[trial.id]
        if state != "ruled out" and (is_out or state != "too little"):
            until[trial.id] = None if is_out or near == clean.as_of else near
    return until


# ---- the chart review


def _review(asked: Sequence[Asked], live: Sequence[str], worked: _Worked) -> Review:
    """The items that open lines need, for trials not ruled out, in groups; and how many lines they settle."""
    screening = worked.screening
    items: dict[str, list[ReviewItem]] = {}
    needed: list[ReviewItem] = []
    covered = _covered([each for each in asked if any(line.trial in live for line in each.lines)])
    for each in sorted(asked, key=lambda one: -len(one.lines)):
        lines = tuple(line for line in each.lines if line.trial in live)
        if not lines:
            continue
        besides = _on_record(each, screening)
        item = ReviewItem(
            what=each.what,
            title=phrases.item_title(each.list, each.concept, is_another=bool(besides)),
            list=each.list,
            covers=each.covers,
            window="" if each.list == "plans" else phrases.window(each.covers, screening.as_of),
            trials=_trials(lines),
            lines=lines,
            besides=besides,
        )
        heading = heading_of(each.concept, screening.rulebook) if each.list == "conditions" else ""
        under = needed if each.seeks else items.setdefault(heading or phrases.ON_A_LIST[each.list], [])
        under.append(item)
    groups = tuple(
        ReviewGroup(
            title,
            tuple(those),
            _trials(line for each in those for line in each.lines),
            phrases.items_text([each for each in those if each.what not in covered]),
        )
        for title, those in sorted(
            items.items(), key=lambda item: -len({line for each in item[1] for line in each.lines})
        )
    )
    entries = tuple(
        _asked_about(replace(entry, lines=lines), screening)
        for entry in open_entries(screening)
        if (lines := tuple(line for line in entry.lines if line.trial in live))
    )
    settled = sum(_settled(trial, worked) for trial in live)
    return Review(groups, tuple(needed), entries, settled, _open(screening, live))


def _on_record(asked: Asked, screening: Screening) -> tuple[str, ...]:
    """The places where the record has one already, at whatever time: the chart is read for another one."""
    kinds = (asked.concept.name, *asked.concept.narrower)
    entries = (each for name in kinds for each in screening.record.episodes.get(name, ()))
    certain = (each for each in entries if each.list == asked.list and not (each.doubtful or each.only_may_be))
    return tuple(dict.fromkeys(each.source for each in certain))


def _asked_about(entry: OpenEntry, screening: Screening) -> OpenEntry:
    return replace(entry, text=phrases.entry_question(entry, _read_as(entry, screening), screening.rulebook))


def _read_as(entry: OpenEntry, screening: Screening) -> list[Episode]:
    """What an entry certainly is; nothing if nobody could read it."""
    those = (each for of_name in screening.record.episodes.values() for each in of_name if each.source == entry.source)
    return list({each.concept: each for each in those if not each.only_may_be}.values())


def _covered(asked: Sequence[Asked]) -> set[str]:
    """The items that a broader one covers, on the same list and in as wide a window: infection covers sepsis."""
    since = {(each.list, each.concept.name): each.since for each in asked if not each.seeks}
    return {
        each.what
        for each in asked
        if any(since.get((each.list, broader), each.since + 1) <= each.since for broader in each.concept.broader)
    }


def _trials(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.trial for line in lines))


def _settled(trial: str, worked: _Worked) -> int:
    """How many open lines of a trial a clean chart settles."""
    before = next(each for each in worked.screening.trials if each.id == trial)
    after = next(each for each in worked.clean.trials if each.id == trial)
    pairs = zip(before.criteria, after.criteria, strict=True)
    return sum(one.status == "unknown" and other.status != "unknown" for one, other in pairs)


def _open(screening: Screening, live: Sequence[str]) -> int:
    return sum(trial.counts["unknown"] for trial in screening.trials if trial.id in live)


def _in_order(group: ReviewGroup, order: Sequence[str]) -> ReviewGroup:
    return replace(group, trials=tuple(name for name in order if name in group.trials))


# ---- notes


def _said_on_the_sheet(notes: Sequence[Note], review: Review, worked: _Worked) -> list[Note]:
    """The notes that only speak of entries to look up and of values to check, which the sheet asks about by itself."""
    asked = {entry.source for entry in review.entries} | {source for _, source in worked.suspicious}
    asked |= {result.source for result, _ in _impossible_results(worked.screening)}
    return [note for note in notes if note.places and asked.issuperset(note.places)]


# ---- values to check


def doubts_of(screening: Screening) -> tuple[Doubt, ...]:
    """What has to be checked before anything else is done, for the trials that hang on it; without trials, for all."""
    labels = phrases.trial_labels([trial.id for trial in screening.trials])
    return _doubts(screening, checks_of(screening), suspicions(screening), labels)


def _doubts(
    screening: Screening, checks: Mapping[str, Checks], suspicious: Mapping[Place, str], labels: Mapping[str, str]
) -> tuple[Doubt, ...]:
    """The suspicious values that some line uses, those that decide a verdict first; then what the reading found."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[tuple[Result, Doubt]]] = {}
    for place, why in suspicious.items():
        result = next(each for each in screening.record.results[place[0]] if each.source == place[1])
        decides = tuple(name for name, of_trial in checks.items() if place in of_trial.places)
        counts = tuple(
            trial.id for trial in screening.trials if any(place in doubtful(each) for each in trial.criteria)
        )
        doubt = Doubt("", decides or counts, phrases.decides([labels[name] for name in decides]))
        alike.setdefault((place[0], why, decides), []).append((result, doubt))
    doubts = [_doubt_of(those, why, screening) for (_, why, _), those in alike.items()]
    doubts += _impossible(screening)
    firsts = [note for note in screening.noted if note.is_first]
    found = [Doubt(to_check(note, screening), (), places=note.places) for note in firsts]
    return (*sorted(doubts, key=lambda each: not each.effect), *found)


def _doubt_of(those: Sequence[tuple[Result, Doubt]], why: str, screening: Screening) -> Doubt:
    """The latest of several values that are doubted alike, and how many others there are."""
    latest_first = sorted(those, key=lambda each: each[0].when.order if each[0].when else (0, 0), reverse=True)
    words = phrases.result_words(latest_first[0][0], screening.rulebook, screening.as_of)
    trials = dict.fromkeys(name for _, doubt in those for name in doubt.trials)
    return Doubt(phrases.doubt(phrases.and_others(words, len(those) - 1), why), tuple(trials), those[0][1].effect)


def _impossible(screening: Screening) -> Iterator[Doubt]:
    for result, trials in _impossible_results(screening):
        words = phrases.result_words(result, screening.rulebook, screening.as_of)
        yield Doubt(phrases.doubt(words, result.problem or phrases.UNUSABLE), trials)


def _impossible_results(screening: Screening) -> Iterator[tuple[Result, tuple[str, ...]]]:
    """The latest key results with an impossible value, and the trials that wait for them. Mostly a unit or a comma is
    wrong, so nothing has to be measured."""
    waiting: dict[str, dict[str, None]] = {}
    for each in awaited(screening):
        if "impossible" in each.found.reasons:
            waiting.setdefault(each.found.subject, {})[each.line.trial] = None
    for shown in screening.rulebook.head.shown:
        last = latest(shown.name, screening)[-1:]
        if shown.name in waiting and last and last[0].unusable == "impossible":
            yield last[0], tuple(waiting[shown.name])


def _add_checks(actions: Actions, doubts: Sequence[Doubt], live: Sequence[str]) -> None:
    """Nothing is checked for trials that are ruled out whatever the value is."""
    for each in doubts:
        trials = tuple(name for name in each.trials or live if each.effect or name in live)
        if trials:
            actions["check", each.text] = Action(each.text, trials, (), each.effect)


def _checked_values(checks: Checks, worked: _Worked) -> list[tuple[str, str]]:
    """The values to check: each by its name, and by name, value and day."""
    rulebook = worked.screening.rulebook
    told: list[tuple[str, str]] = []
    for name, source in sorted(checks.places):
        result = next(each for each in worked.screening.record.results[name] if each.source == source)
        words = phrases.result_words(result, rulebook, worked.screening.as_of)
        told.append((phrases.named(name, rulebook), words))
    return told


# ---- one trial


def _row(trial: TrialResult, review: Review, actions: Actions, worked: _Worked, *, is_row: bool) -> TrialRow:
    name = worked.states[trial.id]
    rule = worked.screening.rulebook.trials[trial.id]
    counts = counts_of(trial.id, actions, review)
    checks = worked.checks[trial.id]
    has_review = bool(counts.chart) and any(trial.id in group.trials for group in review.groups)
    left = "" if worked.screening.died is not None else phrases.left(counts, has_review)
    first = phrases.CHECK_FIRST if checks.lines else phrases.before_any_day(counts, has_review)
    is_told_after = bool(left) and has_review and name != "too little" and not is_row
    consent, consent_day, consent_by = _consent(trial, worked.screening.as_of)
    points = points_of(trial, worked.distances[trial.id], checks.lines)
    return TrialRow(
        id=trial.id,
        label=worked.labels[trial.id],
        title=trial.title,
        short=rule.short or trial.title,
        recruiting=_recruiting(trial),
        verdict=trial.verdict,
        state=State(name, _headline(trial, name, worked), _detail(trial, name, left, worked)),
        met=trial.counts["passed"],
        of=len(trial.criteria),
        against=tuple(each.id for each in trial.criteria if each.status == "failed"),
        open=tuple(each.id for each in trial.criteria if each.status == "unknown"),
        points=tuple(each for each in points if each.kind in ("against", "chosen")) if name == "ruled out" else points,
        dates=_dates(trial, name, has_review, first, worked),
        counts=counts,
        after_clean_chart=_after_clean_chart(trial, review.entries, worked) if is_told_after else None,
        consent=consent,
        consent_day=consent_day,
        consent_by=consent_by,
        left=left,
    )


def _nearness(row: TrialRow) -> tuple[object, ...]:
    work = sum(getattr(row.counts, name) for name in row.counts.__struct_fields__)
    return nearness(row.state.name, row.recruiting.is_recruiting, work, row.dates.good_to or row.dates.closes_after)


def _recruiting(trial: TrialResult) -> Recruiting:
    told = trial.recruitment
    if told.recruiting:
        text = phrases.RECRUITING
    else:
        text = phrases.NOT_KNOWN if told.status in _KNOWN_NOTHING else phrases.NOT_RECRUITING
    return Recruiting(told.recruiting, text, told.date)


def _headline(trial: TrialResult, state: StateName, worked: _Worked) -> str:
    names = [name for name, _ in _checked_values(worked.checks[trial.id], worked)]
    return phrases.headline(state, list(dict.fromkeys(names)), sum(is_split(each) for each in trial.criteria))


def _detail(trial: TrialResult, state: StateName, left: str, worked: _Worked) -> str:
    met, of = trial.counts["passed"], len(trial.criteria)
    distance_, timeline = worked.distances[trial.id], worked.timelines.get(trial.id)
    match state:
        case "check":
            values = " and ".join(lowered(words) for _, words in _checked_values(worked.checks[trial.id], worked))
            return phrases.check_detail(trial.verdict, values)
        case "ruled out":
            doubtful_lines = worked.checks[trial.id].lines
            is_fixed = any(each.is_fixed and each.id not in doubtful_lines for each in distance_.failures)
            return phrases.ruled_out_detail(is_fixed, worked.screening.rulebook)
        case "ruled out today" if any(each.status == "failed" and is_consent(each) for each in trial.criteria):
            return phrases.REFUSED
        case "ruled out today":
            if timeline is not None and timeline.screenable_from is not None:
                return phrases.reopens(timeline.screenable_from, worked.screening.as_of)
            kinds = {way.kind for each in distance_.failures for way in each.ways}
            if kinds <= {"window", "age"}:
                return phrases.TIME_ALONE
            if kinds <= {"history", "plan"}:
                return phrases.NEW_FINDING
            if kinds == {"state"}:
                return phrases.ONCE_OVER
            goes_on = any(each.ways and all(way.kind == "state" for way in each.ways) for each in distance_.failures)
            return phrases.ONCE_OVER_AND_RESULT if goes_on else phrases.COULD_CHANGE
        case "all met" | "all met if complete" if worked.screening.died is not None:
            return phrases.met(met, of)
        case "all met if complete":
            return phrases.assumed(met, of, sum(each.basis == "assumed" for each in trial.criteria))
        case "all met":
            return phrases.all_met(met, of)
        case _:
            told = phrases.met(met, of)
            return f"{told} {capital(left)}." if left else told


def _after_clean_chart(trial: TrialResult, asked: Sequence[OpenEntry], worked: _Worked) -> CleanChart:
    """Where the trial stands if the chart is read and nothing is found. Of the entries that are `asked` about those
    stay open that the lines still wait for."""
    sources = {entry.source for entry in asked}
    entries = tuple(entry for entry in open_entries(worked.clean) if entry.source in sources)
    after = next(each for each in worked.clean.trials if each.id == trial.id)
    distances = {each.id: each for each in distance(worked.clean)} if after.verdict == "ineligible" else {}
    state = state_of(
        after,
        Checks(),
        distances.get(trial.id, worked.distances[trial.id]),
        worked.timelines.get(trial.id, _unmoved(after)),
        lacks_results(worked.clean, trial.id),
    )
    remaining = actions_of(worked.clean, [trial.id])
    counts = counts_of(trial.id, remaining, Review(entries=entries))
    return CleanChart(after.verdict, _settled(trial.id, worked), state, phrases.left(counts, False))


def _dates(trial: TrialResult, state: StateName, has_review: bool, first: str, worked: _Worked) -> Dates:
    """The days of a trial. `first` is what has to be done before any day can be promised: a result that is still to
    come may be good for a shorter time than those that are there."""
    timeline = worked.timelines.get(trial.id)
    if worked.screening.died is not None or state == "ruled out":
        return Dates()
    if timeline is None or state == "too little":
        return Dates(text=first)
    as_of, rulebook = worked.screening.as_of, worked.screening.rulebook
    if state in OUT and timeline.screenable_from is None:
        return Dates()
    if state in OUT:
        return Dates(reopens=timeline.screenable_from, text=phrases.dates({}, timeline.screenable_from, as_of))
    labs = {lowered(lab.title) for lab in rulebook.labs.values()}
    open_now = {each.id for each in trial.criteria if each.status == "unknown"}
    soon = [
        each
        for each in timeline.changes
        if each.date <= _horizon(as_of)
        and each.is_for_the_worse
        and not (each.criterion in open_now and _is_of_an_entry_alone(each, as_of))
    ]
    of_labs = [each for each in soon if any(why.kind == "stale" and why.what in labs for why in each.causes)]
    failing = [each for each in soon if each.after == "failed"]
    days = {"good_to": _last_day(soon), "labs_to": _last_day(of_labs), "closes_after": _last_day(failing)}
    if first:
        days["good_to"] = None
        days["labs_to"] = days["labs_to"] if first == phrases.LOOK_UP_FIRST else None
    told = {name: (day, _on(day, soon)) for name, day in days.items() if day is not None}
    return Dates(**days, if_clean=has_review and bool(told or not first), text=phrases.dates(told, None, as_of, first))


def _is_of_an_entry_alone(change: Change, as_of: date) -> bool:
    """Whether a line that is open now, and that a clean chart would settle for its own day alone, is open again on the
    next one: an entry that nobody could read keeps it so until it is looked up, and no result grows old."""
    is_next_day = change.date <= as_of + ONE_DAY and change.after == "unknown"
    kinds = {cause.kind for cause in change.causes}
    return is_next_day and kinds <= {"other", "window"}


def _horizon(as_of: date) -> date:
    return as_of + min(AHEAD, date.max - as_of)


def _last_day(changes_: Sequence[Change]) -> date | None:
    """The last day before the first change."""
    first = min((each.date for each in changes_), default=None)
    return None if first is None else first - ONE_DAY


def _on(day: date, changes_: Sequence[Change]) -> str:
    """The lines that change on the day after."""
    return ", ".join(dict.fromkeys(each.criterion for each in changes_ if each.date == day + ONE_DAY))


def _consent(trial: TrialResult, as_of: date) -> tuple[str, str, str]:
    """What is on record of the consent, the day of it, and who answered."""
    lines = [each for each in trial.criteria if is_consent(each)]
    for row in (row for line in lines for row in line.evidence):
        by = "; ".join(flag.text for flag in row.flags if flag.kind == "remark")
        return phrases.consent_recorded(row.value, row.date, as_of), (row.date or "")[: len("2026-02-19")], by
    return (phrases.NOT_RECORDED if lines else ""), "", ""


def _add_signing(actions: Actions, rows: Sequence[TrialRow]) -> None:
    """A trial with all criteria met waits for the investigator's own answer."""
    for row in rows:
        if row.state.name in ("all met", "all met if complete"):
            text = phrases.sign(row.label)
            actions["investigator", text] = Action(text, (row.id,), (), "", row.dates.good_to)
