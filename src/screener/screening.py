"""Results as a clinic sees them: each criterion passed, failed or unknown, each trial's verdict, and the JSON of both.

`inclusion` and `exclusion` give the sign here and nowhere else: a rule says what the text says. Words, evidence and
needs are read off the evaluator's answers when they are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any as Anything
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from screener.evaluation.ages import with_possible_age
from screener.evaluation.answers import Fact, Found, Given, Judged, Measured, Reason
from screener.evaluation.episodes import denied_by_old_list
from screener.evaluation.evaluator import PreparedCriterion, decide, program_of
from screener.evaluation.explanation import WHY, explain, number_text, score_text, span_text, terms
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import (
    Need,
    consulted,
    facts,
    measured_scores,
    needs,
    reasons,
    rests_on_assumption,
    results_of,
)
from screener.evaluation.phrases import lowered, unit_beside
from screener.records.chart import not_complete, some_of
from screener.records.errors import CHECK_FIRST
from screener.records.measuring import MEASURED_AS
from screener.records.patient import Absence, Answer, Episode, Patient, Result
from screener.rulebook import All, Confirmed, Criterion, EventLookup, Flag, Meets, RecordList, Rulebook, Trial, Truthful
from screener.values.dates import (
    BEGINNING,
    DAY,
    DateError,
    Duration,
    Moment,
    day_shifted,
    day_text,
    on_day,
    parse_duration,
    parse_moment,
)
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth
from screener.version import __version__

Status = Literal["passed", "failed", "unknown"]
Verdict = Literal["eligible", "ineligible", "undetermined"]
WaitsFor = Literal["data", "judgement", "consent"]
LISTS: tuple[RecordList, ...] = get_args(RecordList)


def status_of(kind: Literal["inclusion", "exclusion"], truth: Truth) -> Status:
    """What the truth of a rule says for the patient: passed always speaks for the patient."""
    if truth is UNKNOWN:
        return "unknown"
    return "passed" if (truth is TRUE) == (kind == "inclusion") else "failed"


class ScreeningError(ValueError):
    """A call that cannot be answered: no date of screening, another dictionary, an unknown trial or list."""


class Evidence(Struct, frozen=True, omit_defaults=True):
    """A fact that an answer rests on: as recorded, as converted, with its date and its place in the record."""

    name: str
    value: str
    unit: str | None = None
    canonical_value: float | str | None = None
    canonical_unit: str | None = None
    date: str | None = None
    source: str = ""
    flags: tuple[str, ...] = ()


class Term(Struct, frozen=True):
    """One term of a score's sum; its ends differ where an input is not known exactly, and are None without limit."""

    term: str
    low: float | None
    high: float | None


class ScoreValue(Struct, frozen=True):
    """A score that an answer rests on, with its terms and where its formula comes from."""

    name: str
    title: str
    value: str
    terms: tuple[Term, ...]
    source: str | None


class ReadingOutcome(Struct, frozen=True):
    """What one reading of the text says by itself; `chosen` where a site has settled on it."""

    label: str | None
    status: Status
    explanation: str
    chosen: bool = False
    chosen_by: str | None = None


class Recruitment(Struct, frozen=True, omit_defaults=True):
    """Whether the registry says that the trial takes participants, and since when that is known."""

    status: str | None
    date: str | None
    recruiting: bool
    note: str | None = None


class CriterionResult:
    """One criterion for one patient. Everything but `status` is worked out when it is first read."""

    def __init__(self, line: PreparedCriterion, frame: Frame) -> None:
        self._line = line
        self._criterion = line.criterion
        self._frame = frame
        self._choice: Answer | None = frame.patient.answers.get(line.key)
        decide = line.decide
        if len(decide) == 1:
            self.truth = decide[0](frame)
        else:
            self.truth = line.truth(frame, None if self._choice is None else self._choice.reading)
        self.status: Status = status_of(line.criterion.kind, self.truth)

    @cached_property
    def _judged(self) -> tuple[Judged, ...]:
        return tuple([answer(self._frame) for answer in self._line.answer])

    @property
    def _counted(self) -> tuple[Judged, ...]:
        if self._choice is None or self._choice.reading is None:
            return self._judged
        return (self._judged[self._choice.reading - 1],)

    @property
    def criterion(self) -> Criterion:
        """The line of the rulebook."""
        return self._criterion

    @property
    def judged(self) -> tuple[Judged, ...]:
        """The evaluator's answer to each reading, as they stand in the criterion; `counted` are those that decide."""
        return self._judged

    @property
    def counted(self) -> tuple[Judged, ...]:
        """The answers to the readings that count: all of them, or the one that a site has chosen."""
        return self._counted

    @property
    def readings_counted(self) -> tuple[tuple[str | None, Judged], ...]:
        """The same, each answer with the label of its reading."""
        chosen = self._choice.reading if self._choice is not None else None
        numbered = enumerate(zip(self._criterion.readings, self._judged, strict=True), start=1)
        return tuple((reading.label, judged) for number, (reading, judged) in numbered if chosen in (None, number))

    @property
    def frame(self) -> Frame:
        """The patient and the instant that the answers are about."""
        return self._frame

    @property
    def id(self) -> str:
        """`I1`, `E1`, … in the order of the registry's text; `F.age`, `F.sex` for structured fields."""
        return self._criterion.id

    @property
    def kind(self) -> Literal["inclusion", "exclusion"]:
        return self._criterion.kind

    @property
    def text(self) -> str:
        """The protocol's own words."""
        return self._criterion.quote

    @property
    def rule(self) -> str:
        """The rule as written."""
        return self._criterion.rule

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What the translation assumes, of this line and of the scores and definitions it used."""
        used: dict[str, None] = dict.fromkeys(self._criterion.assumptions)
        rulebook = self._frame.rulebook
        for name in dict.fromkeys(name for scores in self._scores for name, _ in scores):
            used.update(dict.fromkeys(rulebook.scores[name].assumptions))
        for name in _definitions_in(self._judged):
            used.update(dict.fromkeys(rulebook.definitions[name].assumptions))
        return tuple(used)

    @cached_property
    def _scores(self) -> tuple[tuple[tuple[str, Measured], ...], ...]:
        """The scores that were computed for each answer that counts, by name."""
        return tuple(tuple(measured_scores(judged)) for judged in self._counted)

    @property
    def basis(self) -> Literal["recorded", "assumed"]:
        """`assumed` if the answer rests on a list that the user asked to be taken as complete."""
        return "assumed" if any(rests_on_assumption(judged) for judged in self._deciding) else "recorded"

    @property
    def _deciding(self) -> tuple[Judged, ...]:
        """The readings that the answer hangs on: all of a settled one, the open ones of an open one."""
        if self.truth is not UNKNOWN:
            return self._counted
        return tuple(judged for judged in self._counted if judged.truth is UNKNOWN) or self._counted

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the answer is unknown; empty if it is not."""
        if self.truth is not UNKNOWN:
            return ()
        told: dict[Reason, None] = {}
        if {judged.truth for judged in self._counted} >= {TRUE, FALSE}:
            told["ambiguous"] = None
        for judged in self._deciding:
            told.update(dict.fromkeys(reasons(judged)))
        return tuple(told)

    @cached_property
    def explanation(self) -> str:
        """What the answer rests on, in words."""
        rulebook = self._frame.rulebook
        if "ambiguous" in self.reasons:
            readings = self._criterion.readings
            return "; ".join(
                f"read as “{reading.label}” it is {status_of(self.kind, judged.truth)}: {explain((judged,), rulebook)}"
                for reading, judged in zip(readings, self._counted, strict=True)
            )
        return explain(self._deciding, rulebook)

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """The facts of the record that the answer rests on, or that it could not use."""
        return tuple(row for row, _ in self._shown)

    @cached_property
    def suspicious(self) -> tuple[Evidence, ...]:
        """Of the evidence the results that should be looked at again: unusual ones, those whose unit seems to be
        another, and those that do not fit beside another result. They count all the same."""
        return tuple(row for row, is_suspicious in self._shown if is_suspicious)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """The values that the answer rests on and that may be wrong, each with the reason."""
        told = [_doubts_of(fact, self._frame) for those in self._facts for fact, _, used in those if used]
        return tuple(dict.fromkeys(each for each in told if each is not None))

    @cached_property
    def _facts(self) -> tuple[tuple[tuple[Fact | Given, Found, bool], ...], ...]:
        """For each answer that counts the facts that it shows."""
        return tuple(tuple(facts(judged)) for judged in self._counted)

    @cached_property
    def _shown(self) -> tuple[tuple[Evidence, bool], ...]:
        """The evidence, and of each row whether it should be looked at again."""
        shown: dict[tuple[str, str], tuple[Evidence, bool]] = {}
        for those in self._facts:
            for fact, found, used in those:
                row = _evidence(fact, found, used, self._frame)
                shown.setdefault((row.name, row.source), (row, _is_suspicious(fact, self._frame)))
        return tuple(shown.values())

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """The facts that would help to settle an unknown answer."""
        if self.truth is not UNKNOWN:
            return ()
        wanted: dict[Need, None] = {}
        if "ambiguous" in self.reasons:
            labels = " or ".join(f"“{reading.label}”" for reading in self._criterion.readings)
            wanted[Need("reading", f"{self._frame.trial}/{self.id}", f"which reading the trial means: {labels}")] = None
        for judged in self._deciding:
            wanted.update(dict.fromkeys(needs(judged, self._frame.rulebook)))
        return tuple(wanted)

    @cached_property
    def readings(self) -> tuple[ReadingOutcome, ...]:
        """What each reading of the text says, where there is more than one."""
        if len(self._criterion.readings) == 1:
            return ()
        chosen = self._choice.reading if self._choice is not None else None
        return tuple(
            ReadingOutcome(
                reading.label,
                status_of(self.kind, judged.truth),
                explain((judged,), self._frame.rulebook),
                number == chosen,
                self._choice.by if self._choice is not None and number == chosen else None,
            )
            for number, (reading, judged) in enumerate(
                zip(self._criterion.readings, self._judged, strict=True), start=1
            )
        )

    @cached_property
    def scores(self) -> tuple[ScoreValue, ...]:
        """The scores that the answer rests on, term by term."""
        rulebook = self._frame.rulebook
        computed = {name: measured for scores in self._scores for name, measured in scores}
        return tuple(
            ScoreValue(
                name,
                rulebook.scores[name].title,
                _score_value(measured),
                tuple(Term(text, _finite(value.low), _finite(value.high)) for text, value in terms(measured, rulebook)),
                rulebook.scores[name].source,
            )
            for name, measured in computed.items()
        )

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """What should catch the eye without deciding: borderline scores, inputs drawn far apart, contradictions."""
        rulebook, frame = self._frame.rulebook, self._frame
        told: dict[str, None] = {}
        for judged, scores, shown in zip(self._counted, self._scores, self._facts, strict=True):
            for name, measured in scores:
                score = rulebook.scores[name]
                told.update(dict.fromkeys(each.text for each in _raised(score.flags, frame)))
                if score.spread is not None and (apart := _drawn_apart(measured, score.spread)):
                    told[f"the inputs of {score.title} were drawn {apart} apart, more than {score.spread}"] = None
            told.update(dict.fromkeys(_answers_against_data(judged, rulebook)))
            told.update(dict.fromkeys(_against_sex(shown, frame)))
        return tuple(told)

    def to_dict(self) -> dict[str, Anything]:
        """The result as plain data, in the form of the contract."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "rule": self.rule,
            "status": self.status,
            "basis": self.basis,
            "reasons": list(self.reasons),
            "explanation": self.explanation,
            "evidence": msgspec.to_builtins(self.evidence),
            "needs": msgspec.to_builtins(self.needs),
            "readings": msgspec.to_builtins(self.readings),
            "assumptions": list(self.assumptions),
            "scores": msgspec.to_builtins(self.scores),
            "flags": list(self.flags),
        }


class TrialResult:
    """One trial for one patient."""

    def __init__(self, trial: Trial, criteria: tuple[CriterionResult, ...]) -> None:
        self._trial = trial
        self.criteria = criteria
        statuses = [criterion.status for criterion in criteria]
        self.counts: dict[Status, int] = {
            "passed": statuses.count("passed"),
            "failed": statuses.count("failed"),
            "unknown": statuses.count("unknown"),
        }
        self.verdict: Verdict = (
            "ineligible" if self.counts["failed"] else "undetermined" if self.counts["unknown"] else "eligible"
        )

    @property
    def id(self) -> str:
        return self._trial.id

    @property
    def title(self) -> str:
        return self._trial.title

    @cached_property
    def waits_for(self) -> tuple[WaitsFor, ...]:
        """What an undetermined trial waits for: data that can be measured or looked up, a judgement, or consent."""
        if self.verdict != "undetermined":
            return ()
        waiting: set[str] = set()
        for criterion in self.criteria:
            for reason in criterion.reasons:
                if reason in ("judgement", "consent"):
                    waiting.add(reason)
                elif reason in ("ambiguous", "untranslated"):
                    waiting.add("judgement")
                elif reason != "partial_score":
                    waiting.add("data")
        order: tuple[WaitsFor, ...] = ("data", "judgement", "consent")
        return tuple(each for each in order if each in waiting)

    @cached_property
    def check_first(self) -> tuple[str, ...]:
        """The values behind the verdict that may be wrong: of what failed, or else of what passed."""
        decided = "failed" if self.verdict == "ineligible" else "passed"
        those = (criterion.doubts for criterion in self.criteria if criterion.status == decided)
        return tuple(dict.fromkeys(each for doubts in those for each in doubts))

    @property
    def recruitment(self) -> Recruitment:
        """What the registry says of the trial itself; one that is not recruiting is screened all the same."""
        registry = self._trial.registry
        recruiting = registry.status == "RECRUITING"
        note = None
        if not recruiting:
            last = f", last known status {registry.last_known_status}" if registry.last_known_status else ""
            note = f"the registry does not list this trial as recruiting ({registry.status or 'no status'}{last})"
        return Recruitment(registry.status, registry.status_date, recruiting, note)

    def to_dict(self) -> dict[str, Anything]:
        """The result as plain data, in the form of the contract."""
        return {
            "id": self.id,
            "title": self.title,
            "verdict": self.verdict,
            "waits_for": list(self.waits_for),
            "counts": dict(self.counts),
            "recruitment": msgspec.to_builtins(self.recruitment),
            **({"check_first": list(self.check_first)} if self.check_first else {}),
            "criteria": [criterion.to_dict() for criterion in self.criteria],
        }


class Screening:
    """One patient against all trials."""

    def __init__(
        self,
        patient: Patient,
        as_of: int,
        rulebook: Rulebook,
        trials: tuple[TrialResult, ...],
        not_assumed: frozenset[RecordList] = frozenset(),
    ) -> None:
        self._patient = patient
        self._day = as_of
        self._rulebook = rulebook
        self.trials = trials
        self._not_assumed = not_assumed

    @property
    def patient(self) -> str:
        """The patient's own id in the record."""
        return self._patient.id

    @property
    def record(self) -> Patient:
        """The record that was screened: a report shows more of it than the answers rest on."""
        return self._patient

    @property
    def rulebook(self) -> Rulebook:
        """The rules that the record was screened with."""
        return self._rulebook

    @property
    def as_of(self) -> date:
        """The day that the answers are about."""
        return date.fromordinal(self._day)

    @property
    def rules(self) -> str:
        """The digest of the rules."""
        return self._rulebook.digest

    @property
    def died(self) -> str | None:
        """When the patient died by the record, if that was by the day of screening. No rule asks for it, and nobody
        should overlook it."""
        died = self._patient.died
        return died.text if died is not None and died.first_day <= self._day else None

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Everything that was ignored or is suspicious, in words."""
        patient = self._patient
        return (
            *([f"the record says that the patient has died ({self.died})"] if self.died is not None else []),
            *self.check_first,
            *(note for note in patient.notes if not note.startswith(CHECK_FIRST)),
            *(not_complete(list_, patient.unread[list_]) for list_ in LISTS if list_ in self._not_assumed),
            *self._not_denied_by_lists(),
            *_later_than(patient, self._day),
            *_reviewed_too_long_ago(patient, self._day, self._rulebook),
        )

    @cached_property
    def check_first(self) -> tuple[str, ...]:
        """What to look at before anything else: results that were not read, and may be what lines wait for, and what
        else the reading of the record found to be so."""
        near: dict[tuple[str, str], list[str]] = {}
        for each in self._patient.near:
            near.setdefault((each.fact, each.called), []).append(each.source)
        told = []
        for (fact, called), places in near.items():
            waiting = 0 if self._is_at_hand(fact) else sum(self._waits(fact))
            if waiting:
                lines = "1 line waits" if waiting == 1 else f"{waiting} lines wait"
                title = lowered(self._rulebook.fact(fact).title)
                told.append(f"{CHECK_FIRST}{called} may be the {title} that {lines} for ({some_of(places)})")
        return (*told, *(note for note in self._patient.notes if note.startswith(CHECK_FIRST)))

    def _is_at_hand(self, fact: str) -> bool:
        """Whether there is a result that can be used, is not stale, and after which none stands that is not read."""
        fresh = self._rulebook.fact(fact).fresh
        results = self._patient.results.get(fact, ())
        unread = [each.when for each in results if each.unusable == "unread"]
        return any(
            each.unusable is None
            and each.when is not None
            and each.when.first_day <= self._day <= day_shifted(each.when.first_day, fresh, 1)
            and all(other is not None and other.is_before(each.when) for other in unread)
            for each in results
        )

    def _waits(self, fact: str) -> Iterator[bool]:
        """Of each open line, whether a result of a lab or finding would help to settle it."""
        for trial in self.trials:
            for criterion in trial.criteria:
                if criterion.status == "unknown":
                    needs = criterion.needs
                    yield any(need.kind in ("lab", "finding") and need.name == fact for need in needs)

    def _not_denied_by_lists(self) -> Iterator[str]:
        """What a complete list does not deny, where an open criterion waits for it."""
        lacking: dict[RecordList, dict[str, None]] = {}
        too_old: dict[str, None] = {}
        for trial in self.trials:
            for criterion in trial.criteria:
                if criterion.status != "unknown":
                    continue
                for found in (found for judged in criterion.counted for found in consulted(judged)):
                    lookup = found.lookup
                    if isinstance(lookup, EventLookup) and lookup.list in criterion.frame.complete:
                        for name in found.lacking:
                            is_old = denied_by_old_list(name, lookup, criterion.frame)
                            (too_old if is_old else lacking.setdefault(lookup.list, {}))[name] = None
        for list_, names in lacking.items():
            titles = ", ".join(sorted(lowered(self._rulebook.concepts[name].title) for name in names))
            if titles:
                yield f"`{list_}` is complete; what has to be measured, examined or asked stays open: {titles}"
        if too_old and self._patient.as_of is not None:
            titles = some_of(sorted(lowered(self._rulebook.concepts[name].title) for name in too_old))
            yield f"the lists are complete as of {day_text(self._patient.as_of)}: too old to deny {titles}"

    def to_dict(self) -> dict[str, Anything]:
        """The result as plain data, in the form of the contract."""
        return {
            "patient": self.patient,
            "as_of": day_text(self._day),
            "screener": __version__,
            "rules": self.rules,
            "notes": list(self.notes),
            "trials": [trial.to_dict() for trial in self.trials],
        }

    def to_json(self) -> str:
        """The result as JSON text, on one line."""
        return msgspec.json.encode(self.to_dict()).decode()


def evaluate(
    patient: Patient,
    rules: Rulebook,
    *,
    as_of: date | str | None = None,
    assume_complete: Iterable[str] = (),
    labs_within: Duration | str | None = None,
    trials: Collection[str] | None = None,
) -> Screening:
    """Screen a patient against the trials of a rulebook.

    `as_of` is the day the answers are about (a date, or `YYYY-MM-DD`), else the record's own. `assume_complete` names
    lists of the record that are to be taken as complete; answers that rest on that say so. `labs_within`, such as
    `"14 days"`, replaces every other freshness of labs and findings. `trials` restricts which trials are screened. One
    list or trial may be named by itself. Pure, and safe in threads.

    Raises ScreeningError where there is no date, where the patient was read with another dictionary, or where a day,
    a length of time, a trial or a list is not one.
    """
    if patient.digest != rules.dictionary_digest:
        raise ScreeningError(
            f"patient `{patient.id}` was read with another dictionary than these rules have: read the record again"
        )
    day = _day_of(as_of) if as_of is not None else patient.as_of
    if day is None:
        raise ScreeningError(f"no date of screening: patient `{patient.id}` has no `as_of`, and none was given")
    patient = with_possible_age(patient, day)
    asked = _known_lists(assume_complete)
    assumed = asked.difference(patient.unread)
    wanted = _known_trials(trials, rules)
    everywhere = _length_of(labs_within) if labs_within is not None else None
    program = program_of(rules)
    shared: dict[Duration | None, Frame] = {}
    screened: list[TrialResult] = []
    for trial in wanted:
        within = everywhere or trial.labs_within
        if within not in shared:
            shared[within] = Frame(rules, patient, day, assumed=assumed, labs_within=within)
        frame = shared[within].of_trial(trial.id)
        criteria = [CriterionResult(line, frame) for line in program.trials[trial.id]]
        screened.append(TrialResult(trial, tuple(criteria)))
    return Screening(patient, day, rules, tuple(screened), asked - assumed)


def _day_of(as_of: object) -> int:
    """The day that a call names. A time of day beside it says nothing more."""
    match as_of:
        case date():
            return as_of.toordinal()
        case str() if len(as_of) == len("YYYY-MM-DD"):
            try:
                return parse_moment(as_of).first_day
            except DateError as problem:
                raise ScreeningError(f"as_of: {problem}") from None
        case _:
            raise ScreeningError(f"as_of: `{as_of}` is not a day: give a date, or write YYYY-MM-DD")


def _length_of(labs_within: object) -> Duration:
    match labs_within:
        case Duration():
            return labs_within
        case str():
            try:
                return parse_duration(labs_within)
            except DateError as problem:
                raise ScreeningError(f"labs_within: {problem}") from None
        case _:
            raise ScreeningError(f"labs_within: `{labs_within}` is not a length of time: write such as `14 days`")


def _names(names: object, what: str) -> tuple[str, ...]:
    """The names that a call gives; a lone text is one name, not its letters."""
    if isinstance(names, str):
        return (names,)
    given = tuple(names) if isinstance(names, Iterable) else (names,)
    for name in given:
        if not isinstance(name, str):
            raise ScreeningError(f"{what}: `{name}` is not a name")
    return given


def _known_lists(names: Iterable[str]) -> frozenset[RecordList]:
    known: list[RecordList] = []
    for name in _names(names, "assume_complete"):
        match = next((each for each in LISTS if each == name), None)
        if match is None:
            raise ScreeningError(f"`{name}` is not a list of the record: the lists are {', '.join(LISTS)}")
        known.append(match)
    return frozenset(known)


def _known_trials(names: Collection[str] | None, rules: Rulebook) -> list[Trial]:
    if names is None:
        return list(rules.trials.values())
    wanted = _names(names, "trials")
    for name in wanted:
        if name not in rules.trials:
            raise ScreeningError(f"no trial `{name}` in these rules: there are {', '.join(rules.trials)}")
    return [trial for trial in rules.trials.values() if trial.id in wanted]


# ---- reading answers


def _raised(flags: Iterable[Flag], frame: Frame) -> tuple[Flag, ...]:
    """The flags whose condition certainly holds."""
    return tuple(flag for flag in flags if _certainly_holds(flag.when, frame))


def _certainly_holds(rule: Truthful, frame: Frame) -> bool:
    """Whether a rule holds. Of a conjunction no more is asked than decides it: nobody is shown the rest."""
    if isinstance(rule, All):
        return all(_certainly_holds(each, frame) for each in rule.of)
    return decide(rule, frame) is TRUE


def _score_value(measured: Measured) -> str:
    return span_text(measured.range, score_text)


def _finite(number: float) -> float | None:
    return number if abs(number) != float("inf") else None


def _definitions_in(judged: Iterable[Judged]) -> Iterable[str]:
    for answer in judged:
        if isinstance(answer.node, Meets):
            yield answer.node.name
        yield from _definitions_in(part for part in answer.parts if isinstance(part, Judged))


def _drawn_apart(measured: Measured, spread: Duration) -> str | None:
    """How far apart the inputs of a score were drawn, if certainly further than they should be."""
    moments = [result.when for result in results_of(measured) if result.when is not None]
    if not moments:
        return None
    if len({moment.offset is None for moment in moments}) > 1:
        zoned = next(moment for moment in moments if moment.offset is not None)
        moments = [moment.on_clock_of(zoned) for moment in moments]
    earliest = min(moment.instant[2] for moment in moments)
    latest = max(moment.instant[1] for moment in moments)
    if spread.unit == "hours":
        allowed = earliest + spread.count * 3600
    else:
        allowed = day_shifted(earliest // DAY, spread, 1) * DAY + earliest % DAY
    return f"at least {_told_apart(latest - earliest, str(spread))}" if latest > allowed else None


def _told_apart(seconds: int, allowed: str) -> str:
    """A stretch of time in a unit that reads well, of tenths of an hour or coarser; finer than usual where the coarse
    text would seem to say no more than is allowed."""
    tenths = round(seconds / 360)
    days, rest = divmod(tenths, 240)
    hours = "1 hour" if rest == 10 else f"{number_text(rest / 10)} hours"
    exactly = f"{days} days and {hours}" if days >= 2 and rest else f"{days} days"
    if days < 2:
        return f"{number_text(tenths / 10)} hours"
    if days < 14:
        return exactly
    months = days * 48 // 1461
    coarse = f"{days} days" if days < 100 else f"{months} months" if months < 24 else f"{months // 12} years"
    return exactly if coarse == allowed else coarse


def _answers_against_data(judged: Judged, rulebook: Rulebook) -> Iterable[str]:
    """A person's yes beside data that say no: shown, and never decisive."""
    if isinstance(judged.node, All) and judged.truth is FALSE:
        for part in judged.parts:
            if isinstance(part, Judged) and isinstance(part.node, Confirmed) and part.truth is TRUE:
                title = rulebook.questions[part.node.question].title
                yield f"conflict: “{title}” was answered yes, but the record says that it does not arise"
    for part in judged.parts:
        if isinstance(part, Judged):
            yield from _answers_against_data(part, rulebook)


def _against_sex(shown: Iterable[tuple[Fact | Given, Found, bool]], frame: Frame) -> Iterable[str]:
    """What only the other sex can have, on record for this patient all the same."""
    sex = frame.patient.sex
    for fact, _, used in shown:
        if used and isinstance(fact, Episode) and fact.list != "family_history" and not fact.doubtful:
            concept = frame.rulebook.concepts[fact.concept]
            if sex is not None and concept.only_if not in (None, sex):
                yield f"conflict: recorded {sex}, but {lowered(concept.title)} is on record ({fact.source})"


def _absence_in_words(absence: Absence) -> str:
    """How the record denies something: on its date, or for a time, and whether somebody looked for it."""
    looked = f"none found by {absence.by or 'a chart review'}" if absence.reviewed else "absent"
    if absence.since is None or absence.since == absence.when:
        return looked
    return f"{looked}, ever" if absence.since.first == BEGINNING else f"{looked} since {absence.since.text}"


def _evidence(fact: Fact | Given, found: Found, used: bool, frame: Frame) -> Evidence:
    rulebook = frame.rulebook
    match fact:
        case Result():
            return _evidence_of_result(fact, used, frame)
        case Episode() | Absence() if (shown_by := _result_behind(fact, frame)) is not None:
            return _evidence_of_result(shown_by, used, frame)
        case Episode():
            details = [fact.status, fact.severity, f"stage {fact.stage}" if fact.stage else None]
            if fact.controlled is not None:
                details.append("controlled" if fact.controlled else "not controlled")
            value = ", ".join(each for each in details if each) or "present"
            dates = [moment.text for moment in (fact.start, fact.end) if moment is not None and moment.text]
            date_text = " to ".join(dict.fromkeys(dates)) or None
            asserted = fact.asserted.text if fact.asserted is not None else None
            if fact.only_may_be:
                title = lowered(rulebook.concepts[fact.concept].title)
                value = f"may be {title}{f', {value}' if value != 'present' else ''}"
                return Evidence(
                    fact.called or fact.concept, value, date=date_text or asserted, source=fact.source, flags=fact.flags
                )
            raised = _raised(rulebook.concepts[fact.concept].flags, frame)
            flags = (*fact.flags, *(each.text for each in raised))
            return Evidence(fact.concept, value, date=date_text or asserted, source=fact.source, flags=flags)
        case Absence():
            date_text = fact.when.text if fact.when is not None else None
            return Evidence(fact.concept, _absence_in_words(fact), date=date_text, source=fact.source, flags=fact.flags)
        case Answer():
            by = (f"answered by {fact.by}",) if fact.by else ()
            return Evidence(
                found.subject,
                "yes" if fact.value else "no",
                date=fact.when.text if fact.when is not None else None,
                source=fact.source,
                flags=by,
            )
        case Given():
            return Evidence(fact.name, fact.value, source=fact.source)


def _result_behind(fact: Episode | Absence, frame: Frame) -> Result | None:
    """The result that an episode or absence was read from, where it has no entry of its own."""
    concept = frame.rulebook.concepts[fact.concept]
    return next((result for sign in concept.signs if (result := frame.result_from(fact.source, sign.fact))), None)


def _evidence_of_result(result: Result, used: bool, frame: Frame) -> Evidence:
    rulebook = frame.rulebook
    fact = rulebook.fact(result.fact)
    unit = getattr(fact, "unit", "1")
    flags = list(result.flags)
    if result.problem:
        flags.append(result.problem)
    if not used:
        flags.append(WHY["stale"])
    flags.extend(each.text for each in _raised_for(result, frame))
    canonical: float | str | None = None
    if result.value is not None:
        value = result.value
        canonical = value.low if value.is_exact else f"{number_text(value.low)} to {number_text(value.high)}"
    return Evidence(
        result.fact,
        result.recorded_value,
        result.recorded_unit,
        canonical,
        None if unit == "1" or canonical is None else unit,
        result.when.text if result.when is not None else None,
        result.source,
        tuple(dict.fromkeys(flags)),
    )


def _result_of(fact: Fact | Given, frame: Frame) -> Result | None:
    """The result that a fact is, or was read from."""
    match fact:
        case Episode() | Absence():
            return _result_behind(fact, frame)
        case Result():
            return fact
        case _:
            return None


def _is_suspicious(fact: Fact | Given, frame: Frame) -> bool:
    result = _result_of(fact, frame)
    if result is None:
        return False
    remarks = [flag for flag in result.flags if not flag.startswith(MEASURED_AS)]
    return bool(remarks or result.problem or _raised_for(result, frame))


def _doubts_of(fact: Fact | Given, frame: Frame) -> str | None:
    """A result whose value may be wrong, and why; None where nothing says so, or where it is not used anyway."""
    result = _result_of(fact, frame)
    if result is None or result.unusable is not None:
        return None
    doubts = [*(each.text for each in _raised_for(result, frame) if each.is_doubt), *result.doubts]
    if not doubts:
        return None
    title = frame.rulebook.fact(result.fact).title
    return f"{lowered(title)} {result.recorded_value}{unit_beside(result.recorded_unit)} ({'; '.join(doubts)})"


def _raised_for(result: Result, frame: Frame) -> tuple[Flag, ...]:
    """The flags of its lab or finding that are raised for this very result, whichever results an answer picked.

    They are judged on the day of the result, as if it were the only one of its kind; and as of the day of screening
    too, unless a later one has taken its place. A result that is impossible is taken at its word: its flags may tell
    why.
    """
    key = (result.fact, result.source)
    raised = frame.raised.get(key)
    if raised is None:
        raised = frame.raised[key] = tuple(dict.fromkeys(_raised_on_its_days(result, frame)))
    return raised


def _raised_on_its_days(result: Result, frame: Frame) -> Iterator[Flag]:
    flags = frame.rulebook.fact(result.fact).flags
    value = result.value or result.beyond
    if not flags or (value is None and result.choices is None):
        return
    stated = msgspec.structs.replace(result, value=value, unusable=None)
    day = frame.as_of if result.when is None else min(result.when.last_day, frame.as_of)
    yield from _raised(flags, frame.with_only(msgspec.structs.replace(stated, when=on_day(day)), day))
    when = result.when
    if when is not None and not any(when.is_before(later) for later in frame.last_results(result.fact)):
        yield from _raised(flags, frame.with_only(stated, frame.as_of))


def _later_than(patient: Patient, day: int) -> list[str]:
    """Facts dated after the day of screening: not seen, and said so; those of one name together."""
    dated: list[tuple[str, str, Moment | None]] = [
        *((each.source, each.fact, each.when) for results in patient.results.values() for each in results),
        *(
            (each.source, each.concept, each.start)
            for episodes in patient.episodes.values()
            for each in episodes
            if each.list != "plans"
        ),
        *((each.source, each.concept, each.when) for absences in patient.absences.values() for each in absences),
        *((each.source, each.key, each.when) for each in patient.answers.values()),
    ]
    end = day * DAY + DAY - 1
    later: dict[str, list[tuple[Moment, str]]] = {}
    for source, name, when in dated:
        if when is not None and when.first > end:
            later.setdefault(name, []).append((when, source))
    return [_told_later(name, those) for name, those in later.items()]


def _reviewed_too_long_ago(patient: Patient, day: int, rulebook: Rulebook) -> list[str]:
    """Chart reviews that no longer speak for the day of screening, with what no later one denies."""
    old: dict[str, set[str]] = {}
    for name, absences in patient.absences.items():
        concept = rulebook.concepts[name]
        those = [each.when for each in absences if each.reviewed and each.when is not None and each.list != "plans"]
        if those and all(day_shifted(each.first_day, concept.fresh, 1) < day for each in those):
            last = max(those, key=lambda each: each.first)
            old.setdefault(last.text, set()).add(lowered(concept.title))
    return [
        f"the chart review of {on} is too old to speak for the day of screening: {', '.join(sorted(titles))}"
        for on, titles in sorted(old.items())
    ]


def _told_later(name: str, those: list[tuple[Moment, str]]) -> str:
    if len(those) == 1:
        [(when, source)] = those
        return f"{source}: `{name}` is dated {when.text}, after the day of screening, and is not used"
    those.sort(key=lambda each: each[0].first)
    first, places = those[0][0].text, some_of([source for _, source in those])
    dated = f"`{name}` is dated {len(those)} times after the day of screening"
    return f"{dated}, first {first}, and these are not used: {places}"


__all__ = [
    "CriterionResult",
    "Evidence",
    "Need",
    "Recruitment",
    "Screening",
    "ScreeningError",
    "TrialResult",
    "evaluate",
]
