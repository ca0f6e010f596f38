"""Results as a clinic sees them: each criterion passed, failed or unknown, and each trial's verdict.

Only here do `inclusion` and `exclusion` matter: a rule just says what the text says. Words, evidence and needs are read
off the evaluator's answers when somebody asks for them. `to_data` turns them into the types of `contract.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any as Anything
from typing import NoReturn, Protocol, TypeVar, get_args

import msgspec
from msgspec import UNSET

from screener.arguments import LISTS, ScreeningError, day_of, known_lists, known_trials, length_of
from screener.contract import (
    FORMAT,
    OUTCOMES,
    Basis,
    CriterionData,
    Freshness,
    Latest,
    LineKind,
    Options,
    Origin,
    Origins,
    ReadingData,
    ReadingOutcome,
    Recruitment,
    ResultForm,
    ScoreValue,
    ScreeningData,
    Status,
    StatusCounts,
    Tables,
    Term,
    TrialData,
    Verdict,
    WaitsFor,
)
from screener.evaluation.ages import with_possible_age
from screener.evaluation.answers import Evidence, Judged, Measured, Reason
from screener.evaluation.denying import denied_by_old_list
from screener.evaluation.evaluator import Holds, PreparedCriterion, program_of, was_confirmed
from screener.evaluation.evidence import ShownFact, bounds_of, evidence_of_result, shown_as
from screener.evaluation.explanation import explain, score_text, span_text, terms
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import (
    Need,
    Shown,
    consulted,
    facts,
    measured_scores,
)
from screener.evaluation.instants import last_fresh_day
from screener.evaluation.latest import LatestResult, latest_results
from screener.evaluation.outcomes import Outcome, open_or_all, outcome_of, outcomes_of, reasons_of_readings
from screener.evaluation.passed_over import later_than, reviewed_too_long_ago
from screener.evaluation.phrases import lowered
from screener.evaluation.raised import against_sex, answered_against_data, drawn_apart, raised_for_score
from screener.records.chart import not_complete
from screener.records.notes import Note, in_words, some_of
from screener.records.patient import Answer, Flag, Patient, digest_of_record
from screener.rulebook import Criterion, EventLookup, Meets, RecordList, Rulebook, ScoreOf, Trial, Truthful
from screener.values.dates import Duration, dates_in_words, day_in_words, day_text, parse_duration
from screener.values.truth import TRUE, UNKNOWN, Truth, union
from screener.version import __version__

T = TypeVar("T")
AS_RECORDED = Options("record", (), None, None)


def which_reading(labels: Sequence[str]) -> str:
    """The question about a line whose readings differ: `Ask the sponsor: “A” or “B”?`"""
    return f"Ask the sponsor: {' or '.join(f'“{label}”' for label in labels)}?"


def status_of(kind: LineKind, truth: Truth) -> Status:
    """What the truth of a rule means for the patient. Passed always speaks for the patient."""
    if truth is UNKNOWN:
        return "unknown"
    return "passed" if (truth is TRUE) == (kind == "inclusion") else "failed"


class Once(cached_property[T]):
    """`cached_property` without the lock that it has before Python 3.12, which takes longer than most of these
    properties. Two threads may both do the work, and get the same."""

    def __get__(self, instance: object, owner: type | None = None) -> T:  # type: ignore[override]
        value = self.func(instance)
        instance.__dict__[self.attrname or ""] = value
        return value


class CriterionResult:
    """One line of a trial for one patient: its `status`, and what that rests on. The status is decided at once,
    everything else when it is first read. `outcome`, if given, decides each reading and says why it is open."""

    def __init__(
        self, line: PreparedCriterion, frame: Frame, outcome: tuple[Callable[[Frame], Outcome], ...] | None = None
    ) -> None:
        self._line = line
        self._criterion = line.criterion
        self._frame = frame
        self._choice: Answer | None = frame.patient.answers.get(line.key) if frame.patient.answers else None
        self.reading = None if self._choice is None else self._choice.reading
        """Which of its readings a site has chosen (1 is the first), if one has."""
        if outcome is not None:
            self._outcomes = outcomes = tuple([each(frame) for each in self._of_choice(outcome)])
            self.truth = union([each.truth for each in outcomes])
        else:
            self.truth = line.decide[self.reading](frame)
        self.status: Status = status_of(line.criterion.kind, self.truth)

    @Once
    def judged(self) -> tuple[Judged, ...]:
        """The evaluator's answer to each reading, in the order of the criterion; `counted` are those that decide."""
        return tuple([answer(self._frame) for answer in self._line.answer])

    @Once
    def counted(self) -> tuple[Judged, ...]:
        """The answers to the readings that count: all of them, or the one that a site has chosen."""
        return self._of_choice(self.judged)

    def _of_choice(self, readings: tuple[T, ...]) -> tuple[T, ...]:
        """The items, one for each reading, of the readings that count."""
        return readings if self.reading is None else (readings[self.reading - 1],)

    @property
    def criterion(self) -> Criterion:
        """The line of the rulebook."""
        return self._criterion

    @property
    def readings_counted(self) -> tuple[tuple[str | None, Judged], ...]:
        """The answers to the readings that count, each with the label of its reading."""
        numbered = enumerate(zip(self._criterion.readings, self.judged, strict=True), start=1)
        return tuple((each.label, judged) for number, (each, judged) in numbered if self.reading in (None, number))

    @property
    def rules(self) -> tuple[Truthful, ...]:
        """The rules of the readings that count."""
        numbered = enumerate(self._criterion.readings, start=1)
        return tuple(each.rule for number, each in numbered if self.reading in (None, number))

    @property
    def frame(self) -> Frame:
        """The patient and the instant that the answers are about."""
        return self._frame

    @property
    def id(self) -> str:
        """`I1`, `E1`, … in the order of the registry's text; `F.age`, `F.sex` for structured fields."""
        return self._criterion.id

    @property
    def kind(self) -> LineKind:
        """`inclusion` or `exclusion`."""
        return self._criterion.kind

    @property
    def text(self) -> str:
        """The protocol's own words."""
        return self._criterion.quote

    @property
    def short(self) -> str | None:
        """What a sheet calls the line, in at most 80 characters; None where the rules do not say."""
        return self._criterion.short

    @property
    def rule(self) -> str:
        """The rule as written."""
        return self._criterion.rule

    @Once
    def assumptions(self) -> tuple[str, ...]:
        """What the translation assumes about this line, and about the scores and definitions in it."""
        used: dict[str, None] = dict.fromkeys(self._criterion.assumptions)
        rulebook = self._frame.rulebook
        for name in dict.fromkeys(name for scores in self._scores for name, _ in scores):
            used.update(dict.fromkeys(rulebook.scores[name].assumptions))
        for name in _definitions_in(self.judged) if Meets in self._holds.kinds else ():
            used.update(dict.fromkeys(rulebook.definitions[name].assumptions))
        return tuple(used)

    @property
    def _holds(self) -> Holds:
        return program_of(self._frame.rulebook).held_by(self._line)

    @Once
    def _scores(self) -> tuple[tuple[tuple[str, Measured], ...], ...]:
        """The scores that were computed for each answer that counts, by name."""
        if ScoreOf not in self._holds.kinds:
            return ((),) * len(self.counted)
        return tuple([measured_scores(judged, self._frame.grounds) for judged in self.counted])

    @property
    def basis(self) -> Basis:
        """`assumed` if the answer rests on a list that is complete only because the call or a site said so, else
        `recorded`."""
        if not self._frame.assumed:
            return "recorded"
        return "assumed" if any(outcome.assumed for outcome in open_or_all(self._outcomes)) else "recorded"

    @Once
    def _outcomes(self) -> tuple[Outcome, ...]:
        """The outcome of each reading that counts. If the answers have been made, it is read off them; else it is
        worked out without evidence."""
        frame = self._frame
        if "counted" in vars(self):
            return tuple([outcome_of(judged, frame) for judged in self.counted])
        of_each = outcomes_of(frame.rulebook).of_line(self._line)
        return tuple([outcome(frame) for outcome in self._of_choice(of_each)])

    @property
    def _deciding(self) -> tuple[Judged, ...]:
        return open_or_all(self.counted)

    @Once
    def reasons(self) -> tuple[Reason, ...]:
        """Why the line is open, the most telling reason first; empty for a settled line. docs/semantics.md says what
        each means."""
        return reasons_of_readings(self._outcomes)

    @Once
    def explanation(self) -> str:
        """What the answer rests on, in words."""
        if "ambiguous" in self.reasons:
            readings = self._criterion.readings
            return "; ".join(
                f"read as “{reading.label}”: {OUTCOMES[status_of(self.kind, judged.truth)]}. {self._explained(judged)}"
                for reading, judged in zip(readings, self.counted, strict=True)
            )
        return self._explained(*self._deciding)

    def _explained(self, *answers: Judged) -> str:
        return explain(answers, self._frame.rulebook, self._frame.grounds)

    @Once
    def evidence(self) -> tuple[Evidence, ...]:
        """The facts that the answer rests on, and those that it could not use."""
        return tuple([each.row for each in self.shown])

    @property
    def suspicious(self) -> tuple[Evidence, ...]:
        """The results in the evidence that count but should be checked: unusual values, values whose unit looks wrong,
        and values that contradict another result."""
        return tuple([each.row for each in self.shown if each.is_suspicious])

    @property
    def doubts(self) -> tuple[str, ...]:
        """The doubts about values that the answer rests on, each once."""
        doubts = [
            shown_as(fact, found, used, self._frame).doubt
            for those in self.facts
            for fact, found, used in those
            if used
        ]
        return tuple(dict.fromkeys([each for each in doubts if each is not None]))

    @Once
    def facts(self) -> tuple[tuple[Shown, ...], ...]:
        """The facts that each answer that counts shows."""
        return tuple([facts(judged, self._frame.grounds) for judged in self.counted])

    @Once
    def shown(self) -> tuple[ShownFact, ...]:
        """The facts as people read them, each once."""
        by_place: dict[tuple[str, str], ShownFact] = {}
        for those in self.facts:
            for fact, found, used in those:
                shown = shown_as(fact, found, used, self._frame)
                by_place.setdefault((shown.row.name, shown.row.source), shown)
        return tuple(by_place.values())

    @Once
    def needs(self) -> tuple[Need, ...]:
        """The facts that would help to settle an open line; empty for a settled one."""
        if self.truth is not UNKNOWN:
            return ()
        wanted: dict[Need, None] = {}
        if "ambiguous" in self.reasons:
            labels = [reading.label or "" for reading in self._criterion.readings]
            wanted[Need("reading", f"{self._frame.trial}/{self.id}", which_reading(labels))] = None
        for outcome in open_or_all(self._outcomes):
            wanted.update(dict.fromkeys(outcome.needs(self._frame)))
        return tuple(wanted)

    @Once
    def readings(self) -> tuple[ReadingOutcome, ...]:
        """What each reading of the text says, where there is more than one."""
        if len(self._criterion.readings) == 1:
            return ()
        return tuple(
            ReadingOutcome(
                reading.label,
                status_of(self.kind, judged.truth),
                self._explained(judged),
                number == self.reading,
                self._choice.by if self._choice is not None and number == self.reading else None,
            )
            for number, (reading, judged) in enumerate(zip(self._criterion.readings, self.judged, strict=True), start=1)
        )

    @Once
    def scores(self) -> tuple[ScoreValue, ...]:
        """The scores that the answer rests on, term by term."""
        computed = {name: measured for scores in self._scores for name, measured in scores}
        return tuple([_score_value(name, measured, self._frame) for name, measured in computed.items()])

    @Once
    def flags(self) -> tuple[Flag, ...]:
        """What should catch the eye without deciding: borderline scores, inputs drawn far apart, contradictions."""
        rulebook, frame = self._frame.rulebook, self._frame
        flags: dict[Flag, None] = {}
        for judged, scores, those in zip(self.counted, self._scores, self.facts, strict=True):
            for name, measured in scores:
                score = rulebook.scores[name]
                flags.update(dict.fromkeys(raised_for_score(score, frame)))
                if score.spread is not None and (apart := drawn_apart(measured, score.spread, frame.grounds)):
                    text = f"the inputs of {score.title} were drawn {apart} apart, more than {score.spread}"
                    flags[Flag("remark", text)] = None
            if frame.patient.answers and any(was_confirmed(each, frame) for each in self._holds.questions):
                flags.update(dict.fromkeys(answered_against_data(judged, rulebook)))
            for flag in against_sex(those, frame):
                flags[flag] = None
        return tuple(flags)

    def to_data(self, tables: Tables) -> CriterionData:
        """The line as other programs read it. Facts, needs and scores go into the tables."""
        is_full = tables.form == "full"
        return CriterionData(
            self.id,
            self.kind,
            self.short,
            self.status,
            self.basis,
            self.reasons,
            tables.refs(self.evidence, self.needs, self.scores),
            self.explanation if is_full or self.truth is not UNKNOWN else UNSET,
            self.flags if is_full or self.flags else UNSET,
            self._readings_data(is_full=is_full) if is_full or len(self._criterion.readings) > 1 else UNSET,
            self.text if is_full else UNSET,
            self.rule if is_full else UNSET,
            self.evidence if is_full else UNSET,
            self.needs if is_full else UNSET,
            self.scores if is_full else UNSET,
            self.assumptions if is_full else UNSET,
        )

    def _readings_data(self, *, is_full: bool) -> tuple[ReadingData, ...]:
        """Each reading by its number. The compact form has no words for them, so none are made."""
        if is_full:
            return tuple(
                [
                    ReadingData(number, each.status, each.chosen, each.chosen_by, each.label, each.explanation)
                    for number, each in enumerate(self.readings, start=1)
                ]
            )
        by = None if self._choice is None else self._choice.by
        return tuple(
            [
                ReadingData(number, status_of(self.kind, judged.truth))
                if number != self.reading
                else ReadingData(number, status_of(self.kind, judged.truth), True, by or UNSET)
                for number, judged in enumerate(self.judged, start=1)
            ]
        )

    def __repr__(self) -> str:
        return f"<{self.id} {self.status}>"


class TrialResult:
    """One trial for one patient: `criteria` are its lines, in the registry's order, and `counts` says how many passed,
    failed and are unknown. `verdict` is ineligible if a line failed, else undetermined if one is unknown, else
    eligible."""

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
        """The registry's number, such as `NCT07409259`."""
        return self._trial.id

    @property
    def title(self) -> str:
        """The title, as the registry has it."""
        return self._trial.title

    @Once
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

    @Once
    def check_first(self) -> tuple[str, ...]:
        """The values behind the verdict that may be wrong: those of failed lines, or if none failed, those of passed
        lines."""
        decided = "failed" if self.verdict == "ineligible" else "passed"
        those = (criterion.doubts for criterion in self.criteria if criterion.status == decided)
        return tuple(dict.fromkeys(each for doubts in those for each in doubts))

    @property
    def recruitment(self) -> Recruitment:
        """Whether the trial takes participants, as the registry has it. It is screened in any case."""
        registry = self._trial.registry
        recruiting = registry.status == "RECRUITING"
        note = None
        if not recruiting:
            last = f", last known status {registry.last_known_status}" if registry.last_known_status else ""
            note = f"the registry does not list this trial as recruiting ({registry.status or 'no status'}{last})"
        return Recruitment(registry.status, registry.status_date, recruiting, note)

    def criterion(self, line: str) -> CriterionResult:
        """One line by its id. Raises KeyError."""
        return _named(self.criteria, line, self.id)

    def __iter__(self) -> Iterator[CriterionResult]:
        return iter(self.criteria)

    def __contains__(self, line: object) -> bool:
        """Whether it has a line, by its id or itself."""
        return any(line in (each, each.id) for each in self.criteria)

    def to_data(self, tables: Tables, labs_within: Freshness | None) -> TrialData:
        """The trial as other programs read it."""
        return TrialData(
            self.id,
            self._trial.short,
            self.verdict,
            self.waits_for,
            StatusCounts(**self.counts),
            self.recruitment,
            self.check_first,
            labs_within,
            tuple([criterion.to_data(tables) for criterion in self.criteria]),
            self.title if tables.form == "full" else UNSET,
        )

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {status}" for status, number in self.counts.items())
        return f"<{self.id} {self.verdict}: {counts}>"


class Screening:
    """One patient against all `trials`, in the order of the rules. Two screenings are equal if they say the same, word
    for word; one cannot be pickled."""

    def __init__(
        self,
        patient: Patient,
        as_of: int,
        rulebook: Rulebook,
        trials: tuple[TrialResult, ...],
        not_assumed: frozenset[RecordList] = frozenset(),
        options: Options = AS_RECORDED,
    ) -> None:
        self._patient = patient
        self._day = as_of
        self._rulebook = rulebook
        self.trials = trials
        self._not_assumed = not_assumed
        self.options = options
        """What the call asked for that can change an answer."""
        self._read: dict[str, Anything] = {}

    def read_once(self, name: str, read: Callable[[], T]) -> T:
        """What is read off this screening alone, by a name. It is read when it is first asked for, and kept."""
        if name not in self._read:
            self._read[name] = read()
        known: T = self._read[name]
        return known

    @property
    def patient(self) -> str:
        """The patient's own id in the record."""
        return self._patient.id

    @property
    def record(self) -> Patient:
        """The record that was screened, which holds more than the answers rest on."""
        return self._patient

    @property
    def rulebook(self) -> Rulebook:
        """The rules that the record was screened with."""
        return self._rulebook

    @property
    def as_of(self) -> date:
        """The day of screening, which the answers are about."""
        return date.fromordinal(self._day)

    @property
    def rules(self) -> str:
        """The digest of the rules."""
        return self._rulebook.digest

    @property
    def died(self) -> str | None:
        """When the patient died, as recorded, if that was by the day of screening; else None. No rule asks for it, so
        every report says it."""
        died = self._patient.died
        return died.text if died is not None and died.first_day <= self._day else None

    @Once
    def noted(self) -> tuple[Note, ...]:
        """Everything that was passed over or is suspicious, each once; what to check first stands above all but a
        death."""
        patient, died = self._patient, self.died
        dead = [f"the record says that the patient has died ({dates_in_words(died)})"] if died is not None else []
        after = (
            *map(Note, not_complete((each for each in LISTS if each in self._not_assumed), patient.unread)),
            *self._not_denied_by_lists(),
        )
        notes = (
            *self._unread_results(),
            *patient.noted,
            *after,
            *later_than(patient, self._day),
            *map(Note, reviewed_too_long_ago(patient, self._day, self._rulebook)),
        )
        return tuple(dict.fromkeys((*map(Note, dead), *sorted(notes, key=lambda note: not note.is_first))))

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes in words."""
        return in_words(self.noted)

    @property
    def check_first(self) -> tuple[str, ...]:
        """What to check before anything else: unread results that open lines may wait for, and other problems found
        while the record was read."""
        return in_words(note for note in self.noted if note.is_first)

    @property
    def other_notes(self) -> tuple[str, ...]:
        """The notes without what to check first."""
        return in_words(note for note in self.noted if not note.is_first)

    def _unread_results(self) -> Iterator[Note]:
        """The results under a name that is like one that open lines may wait for."""
        near: dict[tuple[str, str], list[str]] = {}
        for each in self._patient.near:
            near.setdefault((each.fact, each.called), []).append(each.source)
        for (fact, called), places in near.items():
            waiting = 0 if self._is_at_hand(fact) else sum(self._waits(fact))
            if waiting:
                lines = "1 line waits" if waiting == 1 else f"{waiting} lines wait"
                title = lowered(self._rulebook.fact(fact).title)
                yield Note(f"{called} may be the {title} that {lines} for", "check first", places=tuple(places))

    def _is_at_hand(self, fact: str) -> bool:
        """Whether a lab or finding has a usable, fresh result, and no unread one after it."""
        fresh = self._rulebook.fact(fact).fresh
        results = self._patient.results.get(fact, ())
        unread = [each.when for each in results if each.unusable == "unread"]
        return any(
            each.unusable is None
            and each.when is not None
            and each.when.first_day <= self._day <= (last_fresh_day(each.when, fresh) or 0)
            and all(other is not None and other.is_before(each.when) for other in unread)
            for each in results
        )

    def _waits(self, fact: str) -> Iterator[bool]:
        """For each open line, whether a result of a lab or finding would help to settle it."""
        for trial in self.trials:
            for criterion in trial.criteria:
                if criterion.status == "unknown":
                    needs = criterion.needs
                    yield any(need.kind in ("lab", "finding") and need.name == fact for need in needs)

    def _not_denied_by_lists(self) -> Iterator[Note]:
        """What open lines still wait for although a list is complete, because the list does not deny it."""
        lacking: dict[RecordList, dict[str, None]] = {}
        too_old: dict[str, None] = {}
        for trial in self.trials:
            for criterion in trial.criteria:
                if criterion.status != "unknown" or not criterion.frame.complete:
                    continue
                grounds = criterion.frame.grounds
                for found in (found for judged in criterion.counted for found in consulted(judged, grounds)):
                    lookup = found.lookup
                    if isinstance(lookup, EventLookup) and lookup.list in criterion.frame.complete:
                        for name in found.lacking:
                            is_old = denied_by_old_list(criterion.frame.kinds[name], lookup.list, criterion.frame)
                            (too_old if is_old else lacking.setdefault(lookup.list, {}))[name] = None
        for list_, names in lacking.items():
            titles = ", ".join(sorted(lowered(self._rulebook.concepts[name].title) for name in names))
            if titles:
                what = list_.replace("_", " ")
                told = f"a complete list of {what} leaves open what is measured, examined or asked: {titles}"
                yield Note(told, "not denied")
        if too_old and self._patient.as_of is not None:
            titles = some_of(sorted(lowered(self._rulebook.concepts[name].title) for name in too_old))
            yield Note(f"the lists are complete as of {day_in_words(self._patient.as_of)}: too old to deny {titles}")

    def trial(self, name: str) -> TrialResult:
        """One trial by its id. Raises KeyError."""
        return _named(self.trials, name, "the screening")

    def __iter__(self) -> Iterator[TrialResult]:
        return iter(self.trials)

    def __contains__(self, trial: object) -> bool:
        """Whether a trial was screened, by its id or itself."""
        return any(trial in (each, each.id) for each in self.trials)

    def __reduce__(self) -> NoReturn:
        fault = "a screening keeps the functions that answer what is asked of it, and cannot be copied or pickled"
        raise TypeError(f"{fault}: hand on the Patient, or what `to_json` or `to_data` gives")

    def __eq__(self, other: object) -> bool:
        """Whether both say the same of the same patient, word for word."""
        return self.to_data() == other.to_data() if isinstance(other, Screening) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.patient, self._day, self.rules))

    def __repr__(self) -> str:
        verdicts = ", ".join(f"{trial.id} {trial.verdict}" for trial in self.trials)
        return f"<Screening of {self.patient} as of {day_text(self._day)}: {verdicts}>"

    def _read_off(self, form: ResultForm) -> None:
        """Reads off what the result needs, one property for all lines before the next. The processor then has the code
        at hand: line by line takes an eighth longer."""
        lines = [line for trial in self.trials for line in trial.criteria]
        for name in ("counted", "facts", "shown", "reasons", "needs", "scores", "flags"):
            for line in lines:
                getattr(line, name)
        for line in lines:
            if form == "full" or line.truth is not UNKNOWN:
                _ = line.explanation

    def to_data(self, form: ResultForm = "full") -> ScreeningData:
        """The result as other programs read it, typed: `to_json` writes exactly this. Raises ScreeningError if there is
        no such form."""
        if form not in get_args(ResultForm):
            raise ScreeningError(f"`{form}` is not a form of a result: write `full` or `compact`")
        self._read_off(form)
        tables = Tables(form)
        latest = tuple([self._latest(each, tables) for each in self.latest])
        trials = tuple([trial.to_data(tables, self._freshness_of(trial)) for trial in self.trials])
        patient = self._patient
        return ScreeningData(
            format=FORMAT,
            form=form,
            patient=self.patient,
            as_of=day_text(self._day),
            screener=__version__,
            rules=self.rules,
            origins=Origins(digest_of_record(patient), patient.digest, patient.read_with),
            options=self.options,
            notes=self.notes,
            latest=latest,
            facts=tuple(tables.facts.rows),
            needs=tuple(tables.needs.rows),
            scores=tuple(tables.scores.rows),
            trials=trials,
        )

    @Once
    def latest(self) -> tuple[LatestResult, ...]:
        """The latest result of each lab and finding that the trials compare, and how long it is fresh."""
        everywhere = self.options.labs_within
        within = None if everywhere is None else parse_duration(everywhere)
        named = tuple(trial.id for trial in self.trials)
        return latest_results(self._patient, self._day, named, self._rulebook, within)

    def _latest(self, latest: LatestResult, tables: Tables) -> Latest:
        fact = None
        if latest.result is not None:
            fact = tables.fact(evidence_of_result(latest.result, self.trials[0].criteria[0].frame))
        good_to = None if latest.good_to is None else day_text(latest.good_to)
        origin: Origin = "dictionary" if self.options.labs_within is None else "call"
        return Latest(latest.name, fact, good_to, Freshness(str(latest.fresh), origin))

    def _freshness_of(self, trial: TrialResult) -> Freshness | None:
        """The freshness that replaces the dictionary's in a trial, and who says so."""
        if self.options.labs_within is not None:
            return Freshness(self.options.labs_within, "call")
        own = self._rulebook.trials[trial.id].labs_within
        return None if own is None else Freshness(str(own), "trial")

    def to_dict(self, form: ResultForm = "full") -> dict[str, Anything]:
        """The result as plain data: what `to_json` writes, read back."""
        plain: dict[str, Anything] = msgspec.json.decode(msgspec.json.encode(self.to_data(form)))
        return plain

    def to_json(self, form: ResultForm = "full") -> str:
        """The result as JSON text, on one line."""
        return msgspec.json.encode(self.to_data(form)).decode()

    def to_rows(self) -> list[dict[str, Anything]]:
        """A row for each line of each trial, ready for a data frame. Each cell is a text, or None; several reasons or
        needs are joined by semicolons."""
        return [
            {
                "patient": self.patient,
                "as_of": day_text(self._day),
                "trial": trial.id,
                "verdict": trial.verdict,
                "criterion": line.id,
                "kind": line.kind,
                "short": line.short,
                "status": line.status,
                "basis": line.basis,
                "reasons": "; ".join(line.reasons),
                "explanation": line.explanation,
                "needs": "; ".join(need.text for need in line.needs),
            }
            for trial in self.trials
            for line in trial.criteria
        ]


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasId)


def _named(those: Iterable[_Named], name: str, where: str) -> _Named:
    for each in those:
        if each.id == name:
            return each
    raise KeyError(f"`{name}` is not in {where}: there are {', '.join(each.id for each in those)}")


def with_day_taken(patient: Patient, today: date) -> Patient:
    """A patient for whom neither the record nor the call names a day, with a note that the day of the call is taken."""
    return msgspec.structs.replace(patient, noted=(*patient.noted, Note(note_of_day_taken(today))))


def note_of_day_taken(today: date) -> str:
    """That the answers are about the day of the call, because nobody has named another."""
    return f"neither the record nor the call has a date of screening, so today is taken, {today}"


def evaluate(
    patient: Patient,
    rules: Rulebook,
    *,
    as_of: date | str | None = None,
    assume_complete: Iterable[str] = (),
    labs_within: Duration | str | None = None,
    trials: Collection[str] | None = None,
    why: bool = False,
) -> Screening:
    """Screen a patient against the trials of a rulebook.

    `as_of` is the day the answers are about (a date, or `YYYY-MM-DD`); without it, the record's own day counts.
    `assume_complete` names lists of the record to take as complete; answers that rest on that say so. `labs_within`,
    such as `"14 days"`, replaces every other freshness of labs and findings. `trials` limits which trials are screened.
    A single list or trial may be given as a plain text. `why` works out at once why lines are open and what would
    settle them: the same answers, sooner for a caller who reads that of every line. Pure, and safe in threads.

    Raises ScreeningError if there is no day, if the patient was read with another dictionary, or if a day, a length of
    time, a trial or a list does not exist.
    """
    if patient.digest != rules.dictionary_digest:
        raise ScreeningError(
            f"patient `{patient.id}` was read with another dictionary than these rules have: read the record again"
        )
    day = day_of(as_of) if as_of is not None else patient.as_of
    if day is None:
        raise ScreeningError(f"no date of screening: patient `{patient.id}` has no `as_of`, and none was given")
    patient = with_possible_age(patient, day)
    asked = known_lists(assume_complete)
    assumed = asked.difference(patient.unread)
    wanted = known_trials(trials, rules)
    everywhere = length_of(labs_within) if labs_within is not None else None
    program = program_of(rules)
    outcomes = outcomes_of(rules) if why else None
    shared: dict[Duration | None, Frame] = {}
    screened: list[TrialResult] = []
    for trial in wanted:
        within = everywhere or trial.labs_within
        if within not in shared:
            shared[within] = Frame(rules, patient, day, assumed=assumed, labs_within=within)
        frame = shared[within].of_trial(trial.id)
        lines = program.trials[trial.id]
        if outcomes is None:
            criteria = [CriterionResult(line, frame) for line in lines]
        else:
            criteria = [CriterionResult(line, frame, outcomes.of_line(line)) for line in lines]
        screened.append(TrialResult(trial, tuple(criteria)))
    options = Options(
        "record" if as_of is None else "call",
        tuple([each for each in LISTS if each in asked]),
        None if everywhere is None else str(everywhere),
        None if trials is None else tuple([trial.id for trial in wanted]),
    )
    return Screening(patient, day, rules, tuple(screened), asked - assumed, options)


# ---- reading answers


def _score_value(name: str, measured: Measured, frame: Frame) -> ScoreValue:
    """A score as people read it. Many lines use the same one, so it is put into words once."""
    ground = frame.grounds.of(measured)
    if ground.score is None:
        score = frame.rulebook.scores[name]
        ground.score = ScoreValue(
            name,
            score.title,
            span_text(measured.range, score_text),
            bounds_of(measured.range),
            tuple(
                [Term(text, _finite(each.low), _finite(each.high)) for text, each in terms(measured, frame.rulebook)]
            ),
            score.source,
        )
    known: ScoreValue = ground.score
    return known


def _finite(number: float) -> float | None:
    return number if abs(number) != float("inf") else None


def _definitions_in(judged: Iterable[Judged]) -> Iterable[str]:
    for answer in judged:
        if isinstance(answer.node, Meets):
            yield answer.node.name
        yield from _definitions_in(part for part in answer.parts if isinstance(part, Judged))


__all__ = [
    "LISTS",
    "CriterionResult",
    "Evidence",
    "Need",
    "ReadingOutcome",
    "Reason",
    "Recruitment",
    "ScoreValue",
    "Screening",
    "ScreeningError",
    "Status",
    "Term",
    "TrialResult",
    "Verdict",
    "evaluate",
    "status_of",
]
