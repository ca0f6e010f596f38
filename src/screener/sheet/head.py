"""Who the patient is, and how ill: the patient line, and the strip of key results and scores.

What stands in the strip, which diagnoses are named and from which onset the days are counted, the rules say (`sheet`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from screener.evaluation.answers import Found, Measured
from screener.evaluation.evaluator import program_of
from screener.evaluation.explanation import LIMITS, keeps_open, number_text, span_text, subject_in_words
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import results_of
from screener.evaluation.instants import last_fresh_day
from screener.evaluation.phrases import both, capital, lowered, unit_after
from screener.evaluation.raised import raised_for
from screener.records.patient import Episode, Patient, Result
from screener.rulebook import Age, ChangeLookup, EventLookup, Finding, Lab, Rulebook, ScoreOf, Shown, ValueLookup
from screener.screening import Screening
from screener.sheet import phrases
from screener.sheet.again import Place, doubtful, without
from screener.sheet.model import Diagnosis, Earlier, KeyResult, KeyScore, PatientLine
from screener.sheet.reviewing import heading_of

MOST_EARLIER = 3


def suspicions(screening: Screening) -> dict[Place, str]:
    """What is suspicious about each result that some line counts: `between 10 and 60: is it a time in seconds?`"""
    told: dict[Place, str] = {}
    for trial in screening.trials:
        for criterion in trial.criteria:
            places = doubtful(criterion)
            for row in criterion.evidence if places else ():
                if (row.name, row.source) in places:
                    doubts = [flag.text for flag in row.flags if flag.kind == "doubt"]
                    told.setdefault((row.name, row.source), phrases.listed(doubts))
    return told


# ---- the patient


def patient_line(screening: Screening, frame: Frame) -> PatientLine:
    """Who this is, with the diagnoses of the head and the days since the onset."""
    patient, rulebook, as_of = screening.record, screening.rulebook, screening.as_of
    age = program_of(rulebook).number(Age())(frame)
    found = age.parts[0]
    is_known = isinstance(found, Found) and bool(found.used) and "impossible" not in found.reasons
    years = phrases.range_words(age.range) if is_known else ""
    diagnoses = tuple(_diagnoses(rulebook.head.diagnoses, screening))
    onset, days = _onset(screening)
    line = PatientLine(
        id=screening.patient,
        sex=patient.sex,
        age=years,
        born=patient.birth.text if patient.birth is not None and not patient.birth.by_age else None,
        diagnoses=diagnoses,
        onset_of=rulebook.head.since_label,
        onset=onset,
        onset_days=days,
        as_of=as_of,
        died=screening.died,
        reviewed_by=tuple(_reviewers(screening)),
    )
    limit = rulebook.head.child_under
    is_child = is_known and limit is not None and age.range.high < limit
    who = phrases.person(patient.sex, is_child) + (f", {years}" if years else ", age not known")
    not_certain = () if diagnoses or onset is not None else _not_certain(screening)
    text = _text(who, line, not_certain, rulebook.head.of)
    return PatientLine(**{name: getattr(line, name) for name in line.__struct_fields__[:-1]}, text=text)


def _reviewers(screening: Screening) -> list[str]:
    """Who read the chart, and when."""
    absences = (each for those in screening.record.absences.values() for each in those if each.reviewed)
    told = {(each.by or "somebody", phrases.moment_words(each.when, screening.as_of)) for each in absences}
    return [f"{by}, {when}" if when else by for by, when in sorted(told)]


def _text(who: str, line: PatientLine, not_certain: tuple[str, ...], of: str) -> str:
    named = [f"{each.title} ({each.since})" if each.since else each.title for each in line.diagnoses]
    told = [capital(", ".join(lowered(each) for each in named))] if named else []
    if line.onset is not None:
        days = "" if line.onset_days is None else f" ({phrases.counted(line.onset_days, 'day')})"
        told.append(f"{line.onset_of}{f' since {line.onset}' if line.onset else ''}{days}")
    ill = "; ".join(told)
    died = f" {phrases.died(line.died, line.as_of)}." if line.died else ""
    return f"{who}. {capital(ill) or phrases.no_certain_diagnosis(not_certain, of)}.{died}"


def _diagnoses(names: tuple[str, ...], screening: Screening) -> Iterator[Diagnosis]:
    """The entries of these conditions and of kinds of them, the earliest first; a broader one is left out."""
    concepts = screening.rulebook.concepts
    entries = {name: those for name in _kinds(names, screening.rulebook) if (those := _entries(name, screening))}
    for name, those in entries.items():
        if any(each in entries for each in concepts[name].narrower):
            continue
        first = min(those, key=lambda each: each.start.order if each.start is not None else (0, 0))
        since = phrases.moment_words(first.start, screening.as_of) or None
        yield Diagnosis(name, concepts[name].title, since, first.source)


def _entries(name: str, screening: Screening) -> list[Episode]:
    """What is certainly on record of a condition, by the day of screening, and not over."""
    day = screening.as_of.toordinal()
    return [
        each
        for each in screening.record.episodes.get(name, ())
        if each.list == "conditions"
        and not (each.doubtful or each.only_may_be or each.ended or each.shown_by_result)
        and (each.start is None or each.start.first_day <= day)
    ]


def _not_certain(screening: Screening) -> tuple[str, ...]:
    """What the record calls entries that may be a diagnosis of the head, as nobody settled what they are.

    `ACLF since 20 Nov` may be one. `suspected SBP` is none, although it speaks for a cirrhosis: it may also be an
    infection, which a reader of charts looks up under another heading, and it cannot be the failure itself.
    """
    rulebook, record = screening.rulebook, screening.record
    failure = _kinds([rulebook.head.since] if rulebook.head.since is not None else [], rulebook)
    wanted = dict.fromkeys((*failure, *_kinds(rulebook.head.diagnoses, rulebook)))
    headings = {heading_of(rulebook.concepts[name], rulebook) for name in failure or wanted}
    on_list = record.may_be.get("conditions", {})
    may_be_failure = {each.source for name in failure for each in on_list.get(name, ())}
    is_elsewhere = {
        each.source
        for of_list in record.may_be.values()
        for name, those in of_list.items()
        if heading_of(rulebook.concepts[name], rulebook) not in headings
        for each in those
    }
    entries = (each for name in wanted for each in on_list.get(name, ()))
    return tuple(
        dict.fromkeys(
            each.called
            for each in entries
            if each.unusable == "unspecific"
            and not each.ended
            and (each.source in may_be_failure or each.source not in is_elsewhere)
        )
    )


def _kinds(names: Iterable[str], rulebook: Rulebook) -> list[str]:
    """These concepts, each with its kinds behind it."""
    return [kind for name in names for kind in (name, *rulebook.concepts[name].narrower)]


def _onset(screening: Screening) -> tuple[str | None, int | None]:
    """The last onset of what the days are counted from, and the days since then; None where nothing is on record."""
    last = _last_onset(screening)
    if last is None or last.start is None:
        return (None if last is None else ""), None
    day = _onset_day(screening)
    return phrases.moment_words(last.start, screening.as_of), None if day is None else screening.as_of.toordinal() - day


def _last_onset(screening: Screening) -> Episode | None:
    """The entry of the last onset; one without a date only where there is no other."""
    name = screening.rulebook.head.since
    kinds = [] if name is None else _kinds([name], screening.rulebook)
    entries = [each for kind in kinds for each in _entries(kind, screening)]
    return max(entries, key=lambda each: each.start.order if each.start is not None else (0, 0), default=None)


def _onset_day(screening: Screening) -> int | None:
    last = _last_onset(screening)
    return last.start.first_day if last is not None and last.start is not None and last.start.is_one_day else None


# ---- the strip


def key_results(screening: Screening, frame: Frame) -> tuple[KeyResult | KeyScore, ...]:
    """The cells of the strip, in the order of the rules."""
    suspicious = suspicions(screening)
    rulebook = screening.rulebook
    return tuple(
        _score(shown, frame, screening, suspicious)
        if shown.name in rulebook.scores
        else _result(shown, frame, screening, suspicious)
        for shown in rulebook.head.shown
    )


def remarks(screening: Screening, frame: Frame) -> Iterator[str]:
    """What the rules remark on the latest results of the strip, such as that something else raises one of them."""
    for shown in screening.rulebook.head.shown:
        for result in latest(shown.name, screening)[-1:]:
            yield from (f"{shown.label}: {flag.text}" for flag in raised_for(result, frame) if flag.kind == "remark")


def may_be_of_several(result: Result, record: Patient) -> bool:
    """Whether nobody knows which lab or finding a result is of: 2.5 without a name may be a bilirubin and an INR."""
    return result.unusable == "unread" and any(
        each.source == result.source and each.unusable == "unread"
        for name, those in record.results.items()
        if name != result.fact
        for each in those
    )


def latest(name: str, screening: Screening) -> list[Result]:
    """The results of a lab or finding up to the day of screening, the latest last; without those that may be of
    another one just as well."""
    day, record = screening.as_of.toordinal(), screening.record
    return [
        each
        for each in sorted_results(record, name)
        if (each.when is None or each.when.first_day <= day) and not may_be_of_several(each, record)
    ]


def sorted_results(record: Patient, name: str) -> list[Result]:
    """The results of a lab or finding, the latest last."""
    return sorted(record.results.get(name, ()), key=lambda each: each.when.order if each.when is not None else (0, 0))


def _result(shown: Shown, frame: Frame, screening: Screening, suspicious: dict[Place, str]) -> KeyResult:
    rulebook, as_of = screening.rulebook, screening.as_of
    fact = rulebook.fact(shown.name)
    results = latest(shown.name, screening)
    beside = _beside(shown, screening)
    if not results:
        return KeyResult(shown.name, shown.label, beside=beside, missing=_missing_grade(fact, screening))
    usable = [each for each in results if each.unusable is None]
    last = (usable or [each for each in results if each.recorded_value] or results)[-1]
    newest = results[-1]
    others = [each for each in results if each.recorded_value != last.recorded_value and _is_as_late(each, last)]
    others = [each for each in others if each.unusable is None or not usable]
    is_newest = newest.when == last.when and (newest.unusable is None or not usable)
    fresh = frame.freshness_of(fact.name)
    good_to = None
    if last.unusable is None and is_newest and not others and last.when is not None and last.when.is_one_day:
        day = last_fresh_day(last.when, fresh)
        good_to = None if day is None else date.fromordinal(day)
    check = phrases.doubted(suspicious.get((last.fact, last.source), ""))
    if last.unusable is not None:
        check = _why_unusable(last, fact, rulebook)
    elif others:
        check = phrases.which_of_two(is_of_one_time=any(each.when == last.when for each in others))
    value = phrases.one_of([each.recorded_value for each in (*others, last)])
    words = phrases.one_of([phrases.in_words(each, rulebook) for each in (*others, last)])
    return KeyResult(
        name=shown.name,
        label=shown.label,
        value=value,
        unit=unit_after(last.recorded_unit).strip() or None,
        converted=_converted(last, fact.unit) if isinstance(fact, Lab) and not others else "",
        multiple=_multiple(last, fact) if isinstance(fact, Lab) and not others and last.unusable is None else "",
        beside=beside,
        day=date.fromordinal(last.when.first_day) if last.when is not None and last.when.is_one_day else None,
        when=phrases.moment_words(last.when, as_of) or "undated",
        good_to=good_to,
        is_stale=good_to is not None and good_to < as_of,
        earlier=tuple(_earlier(results, last, screening)),
        check=check,
        newer="" if is_newest else phrases.unusable(newest, as_of),
        source=last.source,
        words=words if words != value else "",
    )


def _missing_grade(fact: Lab | Finding, screening: Screening) -> str:
    """What a sheet says where there is no result: a condition may be on record all the same, and only its grade is
    missing."""
    graded = fact.zero_when_absent if isinstance(fact, Finding) else None
    entries = [] if graded is None else _entries(graded, screening)
    if not entries:
        return phrases.NOT_ON_RECORD
    since = next((words for each in entries if (words := phrases.moment_words(each.start, screening.as_of))), "")
    return phrases.without_grade(since)


def _is_as_late(result: Result, last: Result) -> bool:
    """Whether a result is of the time of the last one, or of its day in an order that nobody knows: 14 Mar, and 14 Mar
    at 7:30."""
    if result.when == last.when:
        return True
    if result.when is None or last.when is None or not (result.when.is_one_day and last.when.is_one_day):
        return False
    return not (result.when.is_before(last.when) or last.when.is_before(result.when))


def _why_unusable(result: Result, fact: Lab | Finding, rulebook: Rulebook) -> str:
    """What is wrong with a result that cannot be used; of one that is none of a finding's words, which one it is."""
    if isinstance(fact, Finding) and phrases.is_of_no_choice(result, fact):
        return phrases.which_of(fact)
    if result.unusable == "unread":
        return phrases.is_it(result.fact, rulebook)
    if result.unusable == "unit":
        return phrases.which_unit(result.problem or "")
    return phrases.doubted(result.problem or phrases.UNUSABLE)


def _earlier(results: list[Result], last: Result, screening: Screening) -> Iterator[Earlier]:
    """The values before the last one, in its unit, of this episode where its onset is known."""
    since = _onset_day(screening)
    kept = [
        (each, each.when.first_day)
        for each in results
        if each.unusable is None
        and each.recorded_unit == last.recorded_unit
        and each.when is not None
        and each.when.is_one_day
        and (last.when is None or each.when.is_before(last.when))
        and (since is None or each.when.first_day >= since)
    ]
    for each, day in kept[-(MOST_EARLIER - 1) :]:
        yield Earlier(each.recorded_value, date.fromordinal(day))


def _converted(result: Result, unit: str) -> str:
    """In the canonical unit, to three digits: the record's own value is the one to act on."""
    if unit == "1" or result.recorded_unit in (None, unit) or result.value is None:
        return ""
    if not result.value.is_exact:
        return f"{span_text(result.value)} {unit}"
    number = result.value.low
    return f"{number:.0f} {unit}" if number >= 100 else f"{number_text(float(f'{number:.3g}'))} {unit}"


def _multiple(result: Result, lab: Lab) -> str:
    """A multiple of the result's own upper limit of normal, for a lab whose usual limits the dictionary knows."""
    if not any(limit.which == "upper" for limit in lab.normal_limits):
        return ""
    if not result.upper_limit or result.value is None or not result.value.is_exact:
        return "no ULN"
    exact = result.exact if result.exact is not None else Fraction(result.value.low)
    return phrases.multiple(exact / result.upper_limit, LIMITS["upper"])


def _beside(shown: Shown, screening: Screening) -> str:
    if shown.beside is None or shown.beside in screening.rulebook.scores:
        return ""
    usable = [each for each in latest(shown.beside, screening) if each.unusable is None]
    if not usable:
        return ""
    last, main = usable[-1], latest(shown.name, screening)[-1:]
    text = f"{shown.beside_label} {last.recorded_value}{unit_after(last.recorded_unit)}"
    when = phrases.moment_words(last.when, screening.as_of)
    is_of_one_day = main and phrases.moment_words(main[0].when, screening.as_of) == when
    return text if is_of_one_day or not when else f"{text} ({when})"


def _score(shown: Shown, frame: Frame, screening: Screening, suspicious: dict[Place, str]) -> KeyScore:
    rulebook = screening.rulebook
    measured = program_of(rulebook).number(ScoreOf(shown.name))(frame)
    results = [each for each in results_of(measured) if each.unusable is None]
    days = [each.when.first_day for each in results if each.when is not None]
    low, high = measured.range.low, measured.range.high
    is_known = not measured.range.undefined and bool(results) and low > float("-inf") and high < float("inf")
    doubted = [each for each in results if is_known and (each.fact, each.source) in suspicious]
    without_it = ""
    if doubted:
        bare = Frame(
            rulebook,
            without(screening.record, {(each.fact, each.source) for each in doubted}),
            screening.as_of.toordinal(),
            assumed=frame.assumed,
            labs_within=frame.labs_within,
        )
        without_it = phrases.range_words(program_of(rulebook).number(ScoreOf(shown.name))(bare).range, of_score=True)
    missing = ", ".join(dict.fromkeys(_missing(measured, rulebook)))
    other = ""
    if is_known and shown.beside is not None and shown.beside in rulebook.scores:
        beside = program_of(rulebook).number(ScoreOf(shown.beside))(frame)
        other = f"{shown.beside_label} {phrases.range_words(beside.range, of_score=True)}"
    return KeyScore(
        name=shown.name,
        label=shown.label,
        low=low if is_known else None,
        high=high if is_known else None,
        text=phrases.range_words(measured.range, of_score=True) if is_known else "",
        day=date.fromordinal(min(days)) if is_known and days else None,
        missing=missing,
        check=both(f"{phrases.named(each.fact, rulebook)} {each.recorded_value}" for each in doubted),
        without=without_it,
        other=other,
    )


def _missing(score: Measured, rulebook: Rulebook) -> Iterator[str]:
    """What keeps a score from being one number, by name, what is measured first. A grade that is not too old waits for
    an entry that may be later than it."""
    for found, _ in sorted(keeps_open(score, rulebook), key=lambda each: isinstance(each[0].lookup, EventLookup)):
        if found.is_overtaken:
            yield phrases.AN_ENTRY
        elif isinstance(found.lookup, ValueLookup | ChangeLookup):
            yield phrases.named(found.subject, rulebook)
        else:
            yield subject_in_words(found, rulebook)
