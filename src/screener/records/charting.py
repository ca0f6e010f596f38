"""From a native record to a Patient: entries become facts.

What is refused, because one of two statements must be a mistake and nobody can know which: an end before its start, an
onset after the day the entry was made, a birth after the day of screening, an age that the birth date belies, a lower
limit above the upper, an absence with an onset, something active that has ended, a name and a code that disagree. What
is kept with a note, because it says something true even so: a code that no rule uses, a result that cannot be used, a
fact dated before birth. Facts dated after the day of screening are kept; the evaluator leaves them aside, since the day
may turn out to be another one.
"""

from __future__ import annotations

from fractions import Fraction

from screener.records.chart import NOT_COUNTED, Chart, condition_episode, stage_of, told_by_diagnosis
from screener.records.dictionary import LIST_OF, Dictionary, Meaning, denies_a_part
from screener.records.errors import LONGEST_QUOTE, Findings, did_you_mean, quoted
from screener.records.identity import ELSEWHERE, NEGATIVE, Naming
from screener.records.measuring import (
    Quantity,
    Reported,
    Span,
    UnreadableValueError,
    read_number,
    read_value,
    result_of,
)
from screener.records.native import Condition, Entry, GivenAnswer, Mention, NativeRecord, Observation, Procedure, Stay
from screener.records.patient import UNNAMED, Absence, Answer, Episode, Patient
from screener.records.reviews import EVER_SINCE, ReviewReader, with_review
from screener.rulebook import Concept, Question, RecordList, Trial
from screener.values.dates import AT_ANY_TIME, OLDEST_AGE, DateError, Moment, completed_years, parse_moment

LONGEST_VALUE = 200
"""Characters that are kept of what a value was written as."""


def chart_of(
    record: NativeRecord, left_out: frozenset[str], dictionary: Dictionary, findings: Findings, name: str | None = None
) -> Patient:
    """The facts of a record. Problems go to `findings`; if there are any, the Patient is not to be used.

    `left_out` are the paths of what had a fault of shape, and has its problem already. `name` is what the patient is
    called where the record has no `id`.
    """
    chart = _Reader(dictionary, findings, left_out)
    chart.person(record)
    for place, observation in enumerate(record.observations):
        chart.observation(observation, f"observations[{place}]")
    for place, condition in enumerate(record.conditions):
        chart.condition(condition, f"conditions[{place}]")
    for place, procedure in enumerate(record.procedures):
        chart.procedure(procedure, f"procedures[{place}]")
    for place, medication in enumerate(record.medications):
        chart.stay(medication, f"medications[{place}]", "medications", ("drug",))
    for place, event in enumerate(record.events):
        chart.stay(event, f"events[{place}]", "events", ("event",))
    for place, allergy in enumerate(record.allergies):
        chart.mention(allergy, f"allergies[{place}]", "allergies", ("substance", "drug"))
    for place, relative in enumerate(record.family_history):
        chart.mention(relative, f"family_history[{place}]", "family_history", ("condition",))
    for key, given in record.answers.items():
        chart.answer(key, given)
    patient = chart.patient(record, name)
    if not record.reviews:
        return patient
    written = [review.model_dump() for review in record.reviews]
    return with_review(patient, ReviewReader(dictionary, findings).reviews(written, "reviews"), dictionary)


class _Reader:
    """Reads the entries of one record, and gathers what they say."""

    def __init__(self, dictionary: Dictionary, findings: Findings, left_out: frozenset[str]) -> None:
        self.dictionary = dictionary
        self.rulebook = dictionary.rulebook
        self.findings = findings
        self.naming = Naming(dictionary, findings)
        self.left_out = left_out
        self.chart = Chart(self.rulebook, findings)

    def patient(self, record: NativeRecord, name: str | None) -> Patient:
        """Everything gathered, and what follows from the results."""
        chart = self.chart
        chart.age_years, chart.sex = record.age_years, record.sex
        chart.complete = frozenset(record.complete)
        return chart.patient(record.id or name or UNNAMED)

    # ---- the person

    def person(self, record: NativeRecord) -> None:
        as_of = self._moment(record.as_of, "as_of")
        if as_of is not None and as_of.is_one_day:
            self.chart.as_of = as_of.first_day
        elif as_of is not None:
            self.findings.refuse("as_of", f"`{as_of.text}` is not one day", "write YYYY-MM-DD")
        birth = self.chart.birth = self._moment(record.birth_date, "birth_date")
        stated = record.age_years
        if stated is not None and not 0 <= stated <= OLDEST_AGE:
            self.findings.refuse("age_years", f"nobody is {quoted(stated)} years old", "give completed years")
        elif birth is not None and self.chart.as_of is not None:
            self._age(birth, self.chart.as_of, stated)
        self.chart.died = self._death(record.died)

    def _death(self, died: bool | str | None) -> Moment | None:
        """When the patient died; some time, where the record only says that it is so."""
        if isinstance(died, bool):
            return AT_ANY_TIME if died else None
        moment = self._moment(died, "died")
        self._in_order(self.chart.birth, moment, "died", "birth date")
        return moment

    def _age(self, birth: Moment, as_of: int, stated: int | None) -> None:
        if birth.first_day > as_of:
            self.findings.refuse("birth_date", f"`{birth.text}` is after the day of screening", "correct one of them")
            return
        oldest = completed_years(birth.first_day, as_of)
        youngest = completed_years(min(birth.last_day, as_of), as_of)
        if oldest > OLDEST_AGE:
            self.findings.refuse("birth_date", f"nobody born in `{birth.text}` is alive", "correct the year")
        elif stated is not None and not youngest <= stated <= oldest:
            by_birth = str(oldest) if youngest == oldest else f"{youngest} or {oldest}"
            self.findings.refuse(
                "age_years",
                f"`{stated}` is not the age of somebody born `{birth.text}`",
                f"by the birth date it is {by_birth}: leave one of them out",
            )

    # ---- results

    def observation(self, entry: Observation, path: str) -> None:
        when = self._moment(entry.date, f"{path}.date")
        meanings = self._meanings(entry, path, ("lab", "finding"))
        value = self._value(entry, path)
        upper = self._limit(entry.upper_limit, f"{path}.upper_limit")
        lower = self._limit(entry.lower_limit, f"{path}.lower_limit")
        if upper is not None and lower is not None and lower > upper:
            self.findings.refuse(f"{path}.lower_limit", "it is above the upper limit", "exchange the two")
        if entry.current and when is not None:
            self.findings.refuse(
                f"{path}.current", "it is for a result without a date", "leave out `current` or `date`"
            )
        if entry.status in NOT_COUNTED:
            self.findings.note(path, f"its status is `{entry.status}`, and it does not count")
            return
        self.chart.note_if_before_birth(when, path)
        reported = Reported(
            path,
            value,
            "" if entry.value is None else str(entry.value)[:LONGEST_VALUE],
            (entry.unit or "").strip() or None,
            when,
            bool(entry.current),
            upper,
            lower,
        )
        for meaning in meanings:
            if meaning.value is None and "value" not in entry.model_fields_set:
                if not self._has_fault(path):
                    self.findings.refuse(path, "it has no `value`", "give the value, or in words why there is none")
                continue
            self.chart.add_result(result_of(meaning, reported, self.dictionary), entry.status)

    def _value(self, entry: Observation, path: str) -> Quantity | Span | str | None:
        if entry.value is None:
            return None
        try:
            return read_value(entry.value)
        except UnreadableValueError as fault:
            self.findings.refuse(f"{path}.value", *fault.args)
            return ""

    def _limit(self, limit: object, path: str) -> Fraction | None:
        if limit is None:
            return None
        try:
            return read_number(limit)
        except UnreadableValueError as fault:
            self.findings.refuse(path, *fault.args)
            return None

    # ---- conditions, procedures, drugs, events, allergies, family

    def condition(self, entry: Condition, path: str) -> None:
        onset, end = self._moment(entry.onset, f"{path}.onset"), self._moment(entry.end, f"{path}.end")
        date = self._moment(entry.date, f"{path}.date")
        self._in_order(onset, end, f"{path}.end", "onset")
        if onset is not None and date is not None and onset.first > date.last:
            self.findings.refuse(f"{path}.onset", f"`{onset.text}` is after the entry's date `{date.text}`", _CORRECT)
        if entry.status == "active" and end is not None:
            self.findings.refuse(f"{path}.end", "an active condition has no `end`", "correct `status` or `end`")
        self.chart.note_if_before_birth(onset, path)
        for meaning in self._listed("conditions", entry, path, ("condition",), ELSEWHERE):
            concept = _concept(meaning)
            list_ = "family_history" if meaning.in_family else LIST_OF[concept.kind]
            if meaning.absent or entry.status in NEGATIVE:
                self._absent(meaning, entry, path, list_, date, onset=onset, end=end)
            elif list_ != "conditions":
                told = "family's" if meaning.in_family else concept.kind
                self.findings.note(path, f"its code stands for the {told} `{concept.name}`, and is read as one")
                episode = told_by_diagnosis(concept, list_, path, status=entry.status, onset=onset, end=end, date=date)
                self.chart.add_episode(episode, meaning)
            else:
                self.chart.add_episode(
                    condition_episode(
                        concept,
                        path,
                        status=entry.status,
                        onset=onset,
                        end=end,
                        date=date,
                        severity=entry.severity,
                        stage=stage_of(entry.stage),
                        controlled=entry.controlled,
                    ),
                    meaning,
                )

    def procedure(self, entry: Procedure, path: str) -> None:
        start, end = self._moment(entry.start, f"{path}.start"), self._moment(entry.end, f"{path}.end")
        date = self._moment(entry.date, f"{path}.date")
        self._in_order(start, end, f"{path}.end", "start")
        if date is not None and (start is not None or end is not None):
            self.findings.refuse(f"{path}.date", "it stands beside `start` or `end`", "give one day, or a time")
        if entry.status == "ongoing":
            self._not_over(end, f"{path}.end")
            if date is not None:
                self.findings.refuse(f"{path}.date", "an ongoing procedure has no one day", "write `start`")
        self.chart.note_if_before_birth(date or start, path)
        list_: RecordList = "plans" if entry.status == "planned" else "procedures"
        for meaning in self._listed(list_, entry, path, ("procedure",)):
            concept = _concept(meaning)
            match entry.status:
                case "not planned":
                    until = self._moment(entry.until, f"{path}.until")
                    self.chart.add_absence(Absence(concept.name, "plans", path, date, until=until))
                case status if meaning.absent or status in NEGATIVE:
                    self._absent(meaning, entry, path, "procedures", date, start=start, end=end)
                case "planned":
                    plan = Episode(concept.name, "plans", path, date or start, status="planned")
                    self.chart.add_episode(plan, meaning)
                case "ongoing":
                    ongoing = Episode(concept.name, "procedures", path, start, end, ongoing=True, status="ongoing")
                    self.chart.add_episode(ongoing, meaning)
                case _:
                    done = Episode(concept.name, "procedures", path, date or start, date or end, status=entry.status)
                    self.chart.add_episode(done, meaning)

    def stay(self, entry: Stay, path: str, list_: RecordList, kinds: tuple[str, ...]) -> None:
        start, end = self._moment(entry.start, f"{path}.start"), self._moment(entry.end, f"{path}.end")
        date = self._moment(entry.date, f"{path}.date")
        self._in_order(start, end, f"{path}.end", "start")
        if entry.status == "ongoing":
            self._not_over(end, f"{path}.end")
        self.chart.note_if_before_birth(start, path)
        for meaning in self._listed(list_, entry, path, kinds):
            concept = _concept(meaning)
            if meaning.absent or entry.status in NEGATIVE:
                self._absent(meaning, entry, path, list_, date, start=start, end=end)
                continue
            episode = Episode(
                concept.name,
                list_,
                path,
                start,
                end,
                ongoing=entry.status == "ongoing",
                ended=entry.status == "stopped",
                asserted=date,
                status=entry.status,
            )
            self.chart.add_episode(episode, meaning)

    def mention(self, entry: Mention, path: str, list_: RecordList, kinds: tuple[str, ...]) -> None:
        date = self._moment(entry.date, f"{path}.date")
        for meaning in self._listed(list_, entry, path, kinds):
            concept = _concept(meaning)
            if meaning.absent or entry.status in NEGATIVE:
                self._absent(meaning, entry, path, list_, date)
                continue
            episode = Episode(
                concept.name,
                list_,
                path,
                ongoing=list_ == "allergies",
                asserted=date,
                status=entry.status,
                severity=entry.severity,
            )
            self.chart.add_episode(episode, meaning)

    def _absent(
        self,
        meaning: Meaning,
        entry: Entry,
        path: str,
        list_: RecordList,
        when: Moment | None,
        **contradicting: Moment | None,
    ) -> None:
        status = getattr(entry, "status", None)
        for field, moment in contradicting.items():
            if moment is None:
                continue
            if status in NEGATIVE:
                fault, mend = f"what is `{status}` has no `{field}`", f"correct `status`, or leave out `{field}`"
            else:
                fault, mend = (
                    f"what its code calls absent has no `{field}`",
                    "give the `date` on which it was found absent",
                )
            self.findings.refuse(f"{path}.{field}", fault, mend)
        if meaning.is_open:
            return
        if meaning.is_part:
            self.findings.note(path, f"{denies_a_part(meaning)}; if all of it is `{status}`, give its `name`")
            return
        since = EVER_SINCE if status == "never" else self._moment(getattr(entry, "since", None), f"{path}.since")
        if since is not None and when is not None and since.first > when.last:
            fault = f"`{since.text}` is after the entry's date `{when.text}`"
            self.findings.refuse(f"{path}.since", fault, _CORRECT)
        self.chart.add_absence(Absence(meaning.entry.name, list_, path, when, flags=meaning.flags, since=since))

    def _not_over(self, end: Moment | None, path: str) -> None:
        if end is not None and self.chart.as_of is not None and end.last_day < self.chart.as_of:
            self.findings.refuse(path, f"what is `ongoing` has not ended `{end.text}`", "correct `status` or `end`")

    # ---- answers

    def answer(self, key: str, given: GivenAnswer) -> None:
        path = f"answers.{key[:LONGEST_QUOTE]}"
        when = self._moment(given.date, f"{path}.date")
        if self._has_fault(f"answers.{key}"):
            return
        if (given.value is None) == (given.reading is None):
            self.findings.refuse(path, "it needs either a `value` or a `reading`", "write true or false for a question")
            return
        trial_id, slash, name = key.rpartition("/")
        trial = self._trial(trial_id, path) if slash else None
        if slash and trial is None:
            return
        if given.reading is None:
            self._question(name, trial, given, path, when)
        elif trial is None:
            self.findings.refuse(path, "a reading belongs to a line of one trial", "write `TRIAL/LINE`")
        else:
            self._reading(name, trial, given.reading, given, path, when)

    def _trial(self, trial_id: str, path: str) -> Trial | None:
        trial = self.rulebook.trials.get(trial_id)
        if trial is None:
            mend = did_you_mean(trial_id, self.rulebook.trials)
            self.findings.refuse(path, f"there are no rules for a trial {quoted(trial_id)}", mend)
        return trial

    def _question(self, name: str, trial: Trial | None, given: GivenAnswer, path: str, when: Moment | None) -> None:
        questions = {
            each: question
            for question in self.rulebook.questions.values()
            for each in (question.name, *question.aliases)
        }
        question: Question | None = questions.get(name)
        if question is None:
            if trial is not None and any(criterion.id == name for criterion in trial.criteria):
                self.findings.refuse(
                    path, f"{quoted(name)} is a line, not a question", 'choose its `reading`: {"reading": 1}'
                )
            else:
                self.findings.refuse(path, f"{quoted(name)} is not a question", did_you_mean(name, questions))
            return
        key = question.name if trial is None or question.once_for_all else f"{trial.id}/{question.name}"
        self._keep(Answer(key, path, given.value, by=given.by, when=when))

    def _reading(
        self, line: str, trial: Trial, reading: int, given: GivenAnswer, path: str, when: Moment | None
    ) -> None:
        lines = {criterion.id: criterion for criterion in trial.criteria}
        if line not in lines:
            self.findings.refuse(path, f"{quoted(line)} is not a line of {trial.id}", did_you_mean(line, lines))
            return
        count = len(lines[line].readings)
        if not 1 <= reading <= count:
            has = "has one reading only" if count == 1 else f"has readings 1 to {count}"
            self.findings.refuse(f"{path}.reading", f"there is no reading {quoted(reading)}", f"{line} {has}")
            return
        self._keep(Answer(f"{trial.id}/{line}", path, reading=reading, by=given.by, when=when))

    def _keep(self, answer: Answer) -> None:
        if answer.key in self.chart.answers:
            other = self.chart.answers[answer.key].source
            self.findings.refuse(answer.source, f"the same is answered by `{other}`", "leave one of them out")
        self.chart.answers[answer.key] = answer

    # ---- what every entry has

    def _meanings(
        self, entry: Entry, path: str, kinds: tuple[str, ...], coded_kinds: tuple[str, ...] = ()
    ) -> tuple[Meaning, ...]:
        if self.naming.is_silent(entry):
            if not self._has_fault(path):
                self.findings.refuse(path, "it does not say what it is about", "give a `name` or a code")
            return ()
        return self.naming.meanings(entry, path, kinds, coded_kinds)

    def _listed(
        self, list_: RecordList, entry: Entry, path: str, kinds: tuple[str, ...], coded_kinds: tuple[str, ...] = ()
    ) -> tuple[Meaning, ...]:
        """The meanings under which an entry of a list is filed, with what it may be besides, or instead."""
        faults = len(self.findings.problems)
        meanings = self._meanings(entry, path, kinds, coded_kinds)
        if len(self.findings.problems) > faults or self._has_fault(path):
            return meanings
        return self.naming.filed(meanings, entry, path, list_, kinds + coded_kinds)

    def _has_fault(self, path: str) -> bool:
        """Whether something at or below the path was left out for its shape."""
        return any(fault == path or fault.startswith(f"{path}.") for fault in self.left_out)

    def _moment(self, text: str | None, path: str) -> Moment | None:
        if text is None:
            return None
        try:
            return parse_moment(text)
        except DateError as error:
            _, _, reason = str(error).rpartition(f"`{text}`")
            what, _, mend = reason.partition(": ")
            self.findings.refuse(path, f"{quoted(text)}{what}", mend)
            return None

    def _in_order(self, start: Moment | None, end: Moment | None, path: str, start_name: str) -> None:
        if start is not None and end is not None and end.last < start.first:
            self.findings.refuse(path, f"`{end.text}` is before the {start_name} `{start.text}`", _CORRECT)


_CORRECT = "correct one of them"


def _concept(meaning: Meaning) -> Concept:
    if not isinstance(meaning.entry, Concept):
        raise TypeError(f"{meaning.entry.name} is not a concept")
    return meaning.entry
