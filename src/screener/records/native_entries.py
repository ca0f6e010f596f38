"""From a native record to a Patient: entries become facts.

What contradicts itself settles nothing, because one of two statements must be a mistake and nobody can know which: an
end before its start, an onset after the day the entry was made, an absence with an onset, something active that has
ended, a name and a code that disagree. Such an entry may be what it names, at any time. A birth after the day of
screening, or one that the age belies, is an unknown age. What is kept with a note, because it says something true even
so: a code that no rule uses, a result that cannot be used, a fact dated before birth. Facts dated after the day of
screening are kept; the evaluator leaves them aside, since the day may turn out to be another one.

What refuses the record is that nobody could read: a date or a value that is none, a field that may be any other. A date
that does not say which day it was, a number that could be read in two ways and a result that does not say what it is of
are kept: each counts as all that it may be, with a note to check it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, get_args

from msgspec.structs import replace

from screener.records.absences import said_of_list
from screener.records.chart import NOT_COUNTED, Chart, condition_episode, or_before, stage_of, told_by_diagnosis
from screener.records.dates_as_written import Dated, date_meant
from screener.records.dictionary import Dictionary, Meaning, denies_a_part
from screener.records.errors import LONGEST_QUOTE, Findings, any_of, did_you_mean, quoted
from screener.records.identity import DENYING, ELSEWHERE, HOLDING, NEGATIVE, RESULTS, Naming, codes_alone
from screener.records.kin import NO_KIN_FOR_CERTAIN, is_by_blood
from screener.records.likeness import alike
from screener.records.locales import Locale, TwoWaysError, locale_meant, locale_of
from screener.records.measuring import is_same, result_of
from screener.records.misplaced import lists_of
from screener.records.native import (
    LISTS_OF_ENTRIES,
    Condition,
    Entry,
    GivenAnswer,
    Mention,
    NativeRecord,
    Observation,
    Procedure,
    Relative,
    Stay,
    placed,
)
from screener.records.negations import turn_of
from screener.records.patient import UNNAMED, Absence, Answer, Episode, Flag, Patient
from screener.records.reported import Reported, unread_result
from screener.records.reviews import EVER_SINCE, ChartReview, ReviewReader, contradictions, with_review
from screener.records.specimens import BLOOD, specimen_in, spoilt
from screener.records.written import (
    NormalSpan,
    OpenValueError,
    Quantity,
    Span,
    UnreadableValueError,
    died_meant,
    read_limits,
    read_number,
    read_text,
    read_value,
    result_meant,
    sex_meant,
    with_commas,
    with_decimal_points,
)
from screener.rulebook import KINDS_ON, LIST_OF, Concept, Lab, Question, RecordList, Sex, Trial
from screener.terminology.said import Said
from screener.values.dates import (
    AT_ANY_TIME,
    OLDEST_AGE,
    DateError,
    Moment,
    at_any_time,
    completed_years,
    on_day,
)
from screener.values.units import is_said_to_be_unknown

_DATES = ("date", "onset", "start", "end")

LONGEST_VALUE = 200
"""Characters that are kept of what a value was written as."""


def chart_of(
    record: NativeRecord,
    left_out: frozenset[str],
    dictionary: Dictionary,
    findings: Findings,
    name: str | None = None,
    locale: Locale | None = None,
    places: Mapping[str, str] | None = None,
    unread: Sequence[str] = (),
) -> Patient:
    """The facts of a record. Problems go to `findings`; if there are any, the Patient is not to be used.

    `left_out` are the paths of what had a fault of shape, and has its problem already. `name` is what the patient is
    called where the record has no `id`; `locale` is how dates and decimals are written where the record does not say.
    `places` says where entries stand that came from elsewhere: `observations[3]` from `row 5`. `unread` are places in
    which nobody could read anything, and which may hold entries of any list.
    """
    chart = _Reader(dictionary, findings, left_out, _locale_of(record, findings) or locale, places or {})
    chart.person(record)
    for where in (*unread, *findings.unread):
        for list_ in get_args(RecordList):
            chart.chart.leave_unread(list_, where)
    for list_ in LISTS_OF_ENTRIES:
        for number, entry in enumerate(getattr(record, list_)):
            chart.entry(entry, chart.place(list_, number), list_)
    for key, given in record.answers.items():
        chart.answer(key, given)
    chart.naming.tell_unread()
    if chart.commas:
        findings.note("", with_commas(chart.commas))
    patient = chart.patient(record, name)
    if not record.reviews:
        return patient
    review = _reviews(record, dictionary, findings, chart.locale)
    reviewed = with_review(patient, review, dictionary)
    return replace(reviewed, noted=(*findings.all_notes, *contradictions(reviewed, review, dictionary)))


def _reviews(record: NativeRecord, dictionary: Dictionary, findings: Findings, locale: Locale | None) -> ChartReview:
    """What the record's chart reviews say. One that nobody signed denies nothing; an item that is no name is
    left out."""
    aside = Findings()
    review = ReviewReader(dictionary, aside, locale).reviews([each.model_dump() for each in record.reviews], "reviews")
    for each in aside.problems:
        findings.set_aside(each.path, each.fault, each.mend, "denies nothing")
    unused = {each.path.partition("]")[0] for each in aside.problems if ".none_of[" not in each.path}
    denied = tuple(each for each in review.absences if each.source.partition("]")[0] not in unused)
    return replace(review, absences=denied)


class _Reader:
    """Reads the entries of one record, and gathers what they say.

    It is long because a record has many kinds of entries, and each is read with the same chart, names and findings.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        findings: Findings,
        left_out: frozenset[str],
        locale: Locale | None,
        places: Mapping[str, str],
    ) -> None:
        self.locale = locale
        self.places = places
        self.dictionary = dictionary
        self.rulebook = dictionary.rulebook
        self.findings = findings
        self.naming = Naming(dictionary, findings)
        self.left_out = frozenset(placed(path, places) for path in left_out)
        self.commas: list[tuple[str, str]] = []
        """Numbers whose comma was read as a decimal point, and where they stand."""
        self.chart = Chart(self.rulebook, findings)

    def patient(self, record: NativeRecord, name: str | None) -> Patient:
        """Everything gathered, and what follows from the results."""
        chart = self.chart
        chart.complete = frozenset(record.complete)
        return chart.patient(record.id or name or UNNAMED)

    def place(self, list_: str, number: int) -> str:
        """Where an entry stands."""
        return placed(f"{list_}[{number}]", self.places)

    def entry(self, entry: Entry, path: str, list_: RecordList | Literal["observations"]) -> None:
        """An entry of a list."""
        match entry:
            case Observation():
                self.observation(entry, path)
            case Condition():
                self.condition(entry, path)
            case Procedure():
                self.procedure(entry, path)
            case Stay() if list_ != "observations":
                self.stay(entry, path, list_)
            case Mention() if list_ != "observations":
                self.mention(entry, path, list_)

    # ---- the person

    def person(self, record: NativeRecord) -> None:
        as_of = self._plainly(record.as_of, "as_of")
        if as_of is not None and as_of.when.is_one_day and not as_of.fault:
            self.chart.as_of = as_of.when.first_day
        elif as_of is not None:
            self.findings.refuse("as_of", f"{quoted(record.as_of)} is not one day", "write YYYY-MM-DD")
        birth = self.chart.birth = self._born(record.birth_date)
        self.chart.age_years = stated = record.age_years
        if stated is not None and not 0 <= stated <= OLDEST_AGE:
            self._no_age("age_years", f"nobody is {quoted(stated)} years old", "give completed years")
        elif birth is not None and self.chart.as_of is not None:
            self._age(birth, self.chart.as_of, stated)
        self.chart.died = self._death(record.died)
        self.chart.sex = self._sex(record.sex)

    def _born(self, text: str | None) -> Moment | None:
        """When the patient was born, as far as the record says it: one of two days is often enough for an age."""
        born = self._plainly(text, "birth_date")
        if born is None or not born.fault:
            return None if born is None else born.when
        until = "leaves the age unknown" if born.says_no_day else "counts as a day from one to the other"
        self.findings.set_aside("birth_date", born.fault, born.mend, until, written=text or "")
        return None if born.says_no_day else born.when

    def _sex(self, written: str | None) -> Sex | None:
        meant = None if written is None else sex_meant(written)
        if meant == "unknown":
            self.findings.note("sex", f"{quoted(written)} says neither female nor male, and the sex counts as unknown")
            return None
        if written is not None and meant is None:
            mend = did_you_mean(written, ("female", "male"))
            self.findings.set_aside("sex", f"{quoted(written)} is not a `sex`", mend, _NOT_KNOWN)
        return meant

    def _death(self, died: bool | str | None) -> Moment | None:
        """When the patient died; at any time, where the record only says that it is so, or not on which day."""
        told = died_meant(died) if isinstance(died, str) else died
        if isinstance(told, bool):
            return AT_ANY_TIME if told else None
        dated = self._plainly(told, "died", or_write=", or true or false")
        if dated is None:
            return None
        if dated.fault:
            self.findings.set_aside("died", dated.fault, dated.mend, _SOME_DEATH, written=told or "")
            return AT_ANY_TIME
        if self.chart.birth is not None and dated.when.is_before(self.chart.birth):
            fault = f"`{dated.when.text}` is before the birth date `{self.chart.birth.text}`"
            self.findings.set_aside("died", fault, _CORRECT, _SOME_DEATH)
            return AT_ANY_TIME
        return dated.when

    def _no_age(self, path: str, fault: str, mend: str) -> None:
        """An age that cannot be, or a birth that belies it: the age is not known."""
        self.findings.set_aside(path, fault, mend, "leaves the age unknown")
        self.chart.birth, self.chart.age_years = None, None

    def _age(self, birth: Moment, as_of: int, stated: int | None) -> None:
        if birth.first_day > as_of:
            self._no_age("birth_date", f"`{birth.text}` is after the day of screening", _CORRECT)
            return
        oldest = completed_years(birth.first_day, as_of)
        youngest = completed_years(min(birth.last_day, as_of), as_of)
        if oldest > OLDEST_AGE:
            self._no_age("birth_date", f"nobody born in `{birth.text}` is alive", "correct the year")
        elif stated is not None and not youngest <= stated <= oldest:
            by_birth = str(oldest) if youngest == oldest else f"{youngest} or {oldest}"
            self._no_age(
                "age_years",
                f"`{stated}` is not the age of somebody born `{birth.text}`",
                f"by the birth date it is {by_birth}: leave one of them out",
            )

    # ---- results

    def observation(self, entry: Observation, path: str) -> None:
        entry = self.naming.with_its_name(entry, (*RESULTS, "condition"))
        when = self._moment(entry.date, f"{path}.date")
        meanings = self._meanings(entry, path, RESULTS)
        concept = self.naming.concept_among_results(entry)
        perhaps = () if concept is not None or self._has_fault(path) else self.naming.perhaps(entry, path, meanings)
        value, unit, recorded = self._value(entry, path)
        is_named = not self.naming.is_silent(entry)
        if not is_named and not self._has_fault(path):
            perhaps = tuple(self._of_anything(unit))
        if isinstance(entry.name, str) and (unit is not None or isinstance(value, Quantity)):
            meanings = tuple(self.dictionary.as_measured(each, entry.name, unit) for each in meanings)
        meanings = tuple(each for each in meanings if self.dictionary.may_be_a_pair_in(each, unit))
        limits = self._limits(entry, path)
        if entry.current and when is not None:
            self.findings.note(f"{path}.current", "it is for a result without a date, and the date counts")
        if entry.status in NOT_COUNTED:
            self.findings.note(path, f"its status is `{entry.status}`, and it does not count")
            return
        specimen = specimen_in(entry.text or "")
        if specimen not in (None, BLOOD) and any(isinstance(each.entry, Lab) for each in meanings):
            self.findings.note(path, f"its words say that it is of {specimen}, not of blood")
            return
        self.chart.note_if_before_birth(when, path)
        reported = Reported(
            path,
            value,
            recorded[:LONGEST_VALUE],
            unit,
            when,
            bool(entry.current) and when is None,
            limits.upper,
            limits.lower,
            limits_unit=limits.unit,
        )
        if concept is not None:
            graded = self._grade_under(concept, reported)
            meanings = () if graded is None else (graded,)
            if graded is None:
                perhaps = self.naming.perhaps(entry, path, ())
                self._read_by_a_person(concept, entry, path, is_told=bool(perhaps))
        if concept is None and not meanings and is_named:
            self._name_of_a_result(entry, value, path)
        if "value" not in entry.model_fields_set and any(each.value is None for each in meanings):
            mend = "give the value, or in words why there is none"
            if not self._has_fault(path):
                self.findings.set_aside(path, "it has no `value`", mend, "counts as a result that cannot be used")
        doubt = path in self.findings.unsettled
        wrong = spoilt(entry.text or "")
        for meaning in () if doubt else meanings:
            result = result_of(meaning, reported, self.dictionary)
            if wrong is not None and isinstance(meaning.entry, Lab):
                result = replace(result, flags=(*result.flags, Flag("doubt", f"its specimen is called {wrong}")))
            self.chart.add_result(result, entry.status)
        for meaning in (*perhaps, *(meanings if doubt else ())):
            self.chart.add_result(unread_result(meaning, reported, is_named=is_named), entry.status)

    def _of_anything(self, unit: str | None) -> Iterator[Meaning]:
        """What a result that does not say what it is of may be of, by its unit."""
        labs = self.rulebook.labs.values() if unit is None else self.dictionary.labs_in(unit)
        yield from map(Meaning, labs)
        if unit is None:
            yield from map(Meaning, self.rulebook.findings.values())

    def _grade_under(self, concept: Concept, reported: Reported) -> Meaning | None:
        """The finding that grades a condition, where a result under the condition's name says a grade of it. A plain
        number does not: 1 may be the first grade, or a yes; 0 is none either way."""
        finding = self.dictionary.rulebook.graded.get(concept.name)
        is_plain = isinstance(reported.value, Quantity | Span) and reported.value != Quantity(Fraction(0))
        if finding is None or is_plain or reported.unit is not None:
            return None
        meaning = Meaning(finding)
        return meaning if result_of(meaning, reported, self.dictionary).unusable is None else None

    def _read_by_a_person(self, concept: Concept, entry: Observation, path: str, *, is_told: bool) -> None:
        """A result under the name of a condition, say: whether its value says yes or no, nobody knows. It is an entry
        that may be that condition, or a kind of it, which a person has to read."""
        list_ = LIST_OF[concept.kind]
        if not is_told:
            note = (
                f"`{concept.name}` is no result, and is read under `{list_}` only; here it is an entry that may be it"
            )
            if entry.unit:
                unit = entry.unit[:LONGEST_VALUE]
                note = f"what was measured in `{unit}`? Here it is an entry that may be `{concept.name}`"
            self.findings.note(path, note, "check first")
        written = "" if entry.value is None else f": {str(entry.value)[:LONGEST_VALUE]}"
        named = self.dictionary.terminology.named(concept.name)
        self._may_be(named, lists_of(concept), f"{entry.name}{written}", path, entry)

    def _name_of_a_result(self, entry: Observation, value: Quantity | Span | str | None, path: str) -> None:
        """A result that nobody can read, and that says no number: what its name and its words name may be so, unless it
        says that there is none (`participant in a trial: yes`)."""
        if isinstance(value, Quantity | Span) or (value and turn_of(result_meant(value)) == "denies"):
            return
        name = entry.name if isinstance(entry.name, str) else entry.text
        wordings = [each for each in (name, value) if each]
        said = self.dictionary.named_by(wordings)
        self._may_be(said, ("conditions",), ": ".join(wordings), path, entry)

    def _value(self, entry: Observation, path: str) -> tuple[Quantity | Span | str | None, str | None, str]:
        """The value of a result, its unit, and the value as it was written: `12,5` of `12,5 mg/dL`, if the unit comes
        from there. Where a separate unit is another one, or the value can be read in two ways, it is words, and keeps
        the place of a result."""
        unit = (entry.unit or "").strip() or None
        if entry.value is None:
            return None, unit, ""
        recorded = str(entry.value)
        try:
            plain = self._in_points(entry.value, f"{path}.value")
            written = read_text(plain) if isinstance(plain, str) else None
            if written is not None and written.unit is not None and (unit is None or is_same(unit, written.unit)):
                number, _, mark = recorded.rpartition(written.unit)
                return written.value, written.unit, f"{number.strip()}{mark.rstrip()}" if number else recorded
            return read_value(plain), unit, recorded
        except OpenValueError as error:
            fault, mend = error.args
            self.findings.set_aside(f"{path}.value", fault, mend, "counts as a result that cannot be used")
            return recorded[:LONGEST_VALUE], unit, recorded
        except UnreadableValueError as error:
            self.findings.refuse(f"{path}.value", *error.args)
            return "", unit, recorded

    def _limits(self, entry: Observation, path: str) -> NormalSpan:
        """The limits of normal that came with a result: the two fields, or a text that has both."""
        upper = self._limit(entry.upper_limit, f"{path}.upper_limit")
        lower = self._limit(entry.lower_limit, f"{path}.lower_limit")
        if entry.reference_range is not None:
            span = self._range(entry.reference_range, f"{path}.reference_range")
            if entry.upper_limit is None and entry.lower_limit is None:
                return span
            if _differ(upper, span.upper) or _differ(lower, span.lower):
                fault, mend = "it is not what `upper_limit` or `lower_limit` says", "leave out what is wrong"
                self.findings.set_aside(f"{path}.reference_range", fault, mend, _WITHOUT_LIMITS)
                return NormalSpan()
            upper, lower = span.upper if upper is None else upper, span.lower if lower is None else lower
        if upper is not None and lower is not None and lower > upper:
            fault, mend = "it is above the upper limit", "correct one of them, or exchange the two"
            self.findings.set_aside(f"{path}.lower_limit", fault, mend, _WITHOUT_LIMITS)
            return NormalSpan()
        return NormalSpan(lower, upper)

    def _range(self, written: object, path: str) -> NormalSpan:
        """Limits of normal that are one text."""
        try:
            plain = self._in_points(written, path)
        except UnreadableValueError as error:
            self._unread_limit(written, path, *error.args)
            return NormalSpan()
        limits = read_limits(plain) if isinstance(plain, str) else None
        if limits is None:
            fault = f"{quoted(written)} is no range of numbers"
            self._unread_limit(written, path, fault, "write it as `5-21` or `<21`")
        return limits or NormalSpan()

    def _limit(self, limit: object, path: str) -> Fraction | None:
        if limit is None:
            return None
        try:
            return read_number(self._in_points(limit, path))
        except UnreadableValueError as fault:
            self._unread_limit(limit, path, *fault.args)
            return None

    def _unread_limit(self, limit: object, path: str, fault: str, mend: str) -> None:
        if isinstance(limit, str) and (not limit.strip() or is_said_to_be_unknown(limit)):
            return
        self.findings.set_aside(path, fault, mend, _WITHOUT_LIMITS)

    def _in_points(self, value: object, path: str) -> object:
        """A number that is text, with decimal points. Raises OpenValueError where it could be read in two ways."""
        if not isinstance(value, str):
            return value
        by_locale = value if self.locale is None else self._as_in(self.locale, value)
        if by_locale != value:
            return by_locale
        with_points = with_decimal_points(value)
        if with_points is None or isinstance(read_text(with_points).value, str):
            return value
        self.commas.append((value, path))
        return with_points

    def _as_in(self, locale: Locale, value: str) -> str:
        """A number that is text as a locale writes it; the text itself where it is none."""
        try:
            number = locale.number(value)
            found = _NUMBER_AND_MORE.match(value)
            if number != value or found is None:
                return number
            # a number with its unit, its power of ten or a mark; anything else is words
            number = locale.number(found["number"]) + found["more"]
            return value if read_text(number).value == number else number
        except TwoWaysError as error:
            _, one, other = error.args
            fault = f"{quoted(value)} could be read in two ways under `{locale.name}`"
            raise OpenValueError(fault, f"write `{one}` for the whole number, `{other}` for the decimal") from None

    # ---- conditions, procedures, drugs, events, allergies, family

    def _may_be(
        self, said: Said, lists: Iterable[RecordList], called: str, path: str, entry: Entry | GivenAnswer
    ) -> None:
        """An entry that may be something of other lists than its own. Whichever of its dates is the beginning there, it
        began by the latest of them."""
        latest = self._latest_day(entry)
        for list_ in lists:
            meaning = self.dictionary.only_may_be(said, list_, called, ())
            if meaning is not None:
                start = or_before(latest) if latest is not None else None
                open_ = Episode("", list_, path, start, asserted=latest)
                self.chart.add_episode(open_, replace(meaning, is_read=False))

    def condition(self, entry: Condition, path: str) -> None:
        entry, stated = self.naming.parted_from_stage(entry)
        meanings = self._listed("conditions", entry, path, ("condition",), ELSEWHERE)
        began, in_field = self._beginning(entry, path, "onset", meanings)
        onset, end = self._moment(began, f"{path}.{in_field}"), self._moment(entry.end, f"{path}.end", path)
        date = _or_some_day(self._moment(entry.date, f"{path}.date"), entry.date)
        onset = onset if date is not None else _or_some_day_begun(onset, began)
        self._in_order(onset, end, path, "end", in_field)
        if onset is not None and date is not None and date.is_before(onset):
            fault = f"`{onset.text}` is after the entry's date `{date.text}`"
            self.findings.unsettle(path, f"{path}.{in_field}", fault, _CORRECT)
        if entry.status == "active" and end is not None:
            mend = "correct `status` or `end`"
            self.findings.unsettle(path, f"{path}.end", "an active condition has no `end`", mend)
        self.chart.note_if_before_birth(onset, path)
        for meaning in self._settled(meanings, entry, path, ("conditions",), onset=onset, end=end):
            concept = _concept(meaning)
            list_ = "family_history" if meaning.in_family else LIST_OF[concept.kind]
            if meaning.absent or entry.status in NEGATIVE:
                self._absent(meaning, entry, path, list_, date)
            elif list_ != "conditions":
                told = "family's" if meaning.in_family else concept.kind
                self.findings.note(path, f"its code stands for the {told} `{concept.name}`, and is read as one")
                episode = told_by_diagnosis(concept, list_, path, status=entry.status, onset=onset, end=end, date=date)
                self.chart.add_episode(episode, meaning)
            else:
                episode = condition_episode(
                    concept,
                    path,
                    status=entry.status,
                    onset=onset,
                    end=end,
                    date=date,
                    severity=entry.severity,
                    stage=stage_of(entry.stage),
                    controlled=entry.controlled,
                )
                self.chart.add_condition(episode, meaning)
                if stated is not None and entry.status in (None, "active") and not episode.ended:
                    self.chart.add_grade(concept, stated, date or onset, path)

    def procedure(self, entry: Procedure, path: str) -> None:
        list_: RecordList = "plans" if entry.status == "planned" else "procedures"
        meanings = self._listed(list_, entry, path, ("procedure",))
        began, in_field = self._beginning(entry, path, "start", meanings)
        ended, at_its_end = self._ending(entry, path)
        start, end = self._moment(began, f"{path}.{in_field}"), self._moment(ended, f"{path}.{at_its_end}", path)
        until = None if at_its_end == "until" else self._moment(entry.until, f"{path}.until", path)
        date = _or_some_day(self._moment(entry.date, f"{path}.date"), entry.date)
        start = _or_some_day_begun(start, began)
        self._in_order(start, end, path, at_its_end, in_field)
        if date is not None and (start is not None or end is not None):
            fault, mend = "`start` or `end` is there, too", "give one day, or a time"
            self.findings.unsettle(path, f"{path}.date", fault, mend)
        if entry.status == "ongoing":
            self._not_over(end, path)
            if date is not None:
                fault = "an ongoing procedure has no one day"
                self.findings.unsettle(path, f"{path}.date", fault, "write `start`")
        self.chart.note_if_before_birth(date or start, path)
        for meaning in self._settled(meanings, entry, path, ("procedures", "plans"), start=start, end=end):
            concept = _concept(meaning)
            match entry.status:
                case "not planned" if not meaning.is_open:
                    self.chart.add_absence(Absence(concept.name, "plans", path, date, until=until))
                case status if meaning.absent or status in DENYING:
                    self._absent(meaning, entry, path, "procedures", date)
                case "planned":
                    plan = Episode(concept.name, "plans", path, date or start, status="planned")
                    self.chart.add_episode(plan, meaning)
                case "ongoing":
                    ongoing = Episode(concept.name, "procedures", path, start, end, ongoing=True, status="ongoing")
                    self.chart.add_episode(ongoing, meaning)
                case _:
                    done = Episode(concept.name, "procedures", path, date or start, date or end, status=entry.status)
                    self.chart.add_episode(done, meaning)

    def stay(self, entry: Stay, path: str, list_: RecordList) -> None:
        meanings = self._listed(list_, entry, path, KINDS_ON[list_])
        began, in_field = self._beginning(entry, path, "start", meanings)
        start, end = self._moment(began, f"{path}.{in_field}"), self._moment(entry.end, f"{path}.end", path)
        date = _or_some_day(self._moment(entry.date, f"{path}.date"), entry.date)
        start = start if date is not None else _or_some_day_begun(start, began)
        self._in_order(start, end, path, "end", in_field)
        if entry.status == "ongoing":
            self._not_over(end, path)
        self.chart.note_if_before_birth(start, path)
        for meaning in self._settled(meanings, entry, path, (list_,), start=start, end=end):
            concept = _concept(meaning)
            if meaning.absent or entry.status in NEGATIVE:
                self._absent(meaning, entry, path, list_, date)
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

    def mention(self, entry: Mention, path: str, list_: RecordList) -> None:
        date = _or_some_day(self._moment(entry.date, f"{path}.date"), entry.date)
        for meaning in self._settled(self._listed(list_, entry, path, KINDS_ON[list_]), entry, path, (list_,)):
            concept = _concept(meaning)
            relative = entry.relationship if isinstance(entry, Relative) else None
            if meaning.absent or entry.status in NEGATIVE:
                if relative is None:
                    self._absent(meaning, entry, path, list_, date)
                else:
                    self.findings.note(path, "what is absent in one relative says nothing of the others")
                continue
            is_kin = relative is None or is_by_blood((), (relative,))
            episode = Episode(
                concept.name,
                list_,
                path,
                ongoing=list_ == "allergies",
                asserted=date,
                status=entry.status,
                severity=entry.severity,
                doubtful=not is_kin,
                flags=() if is_kin else (Flag("unusable", NO_KIN_FOR_CERTAIN),),
            )
            self.chart.add_episode(episode, meaning)

    def _beginning(
        self, entry: Condition | Procedure | Stay, path: str, field: str, meanings: Iterable[Meaning]
    ) -> tuple[str | None, str]:
        """When something began, as it is written, and the field that says so. What is there `since` a day began on it;
        of what is denied, `since` says from when on it was not there."""
        began: str | None = getattr(entry, field)
        if entry.since is None or entry.status in DENYING or any(each.absent for each in meanings):
            return began, field
        if entry.status == "planned":
            self.findings.note(f"{path}.since", "it is not read of a plan: give the planned day as `date`")
        elif began is None:
            return entry.since, "since"
        else:
            self.findings.unsettle(path, f"{path}.since", f"`{field}` is there, too", _LEAVE_ONE_OUT)
        return began, field

    def _ending(self, entry: Procedure, path: str) -> tuple[str | None, str]:
        """When a procedure ended, and the field that says so: what went on `until` a day ended on it."""
        if entry.until is None or entry.status in (*DENYING, "planned"):
            return entry.end, "end"
        if entry.end is None:
            return entry.until, "until"
        self.findings.unsettle(path, f"{path}.until", "`end` is there, too", _LEAVE_ONE_OUT)
        return entry.end, "end"

    def _settled(
        self,
        meanings: tuple[Meaning, ...],
        entry: Entry,
        path: str,
        lists: tuple[RecordList, ...],
        **of_what_is: Moment | None,
    ) -> tuple[Meaning, ...]:
        """The meanings of an entry that settles something. One that contradicts itself may be what it names, on these
        lists and at any time; then there are none. `of_what_is` are the days that only something has that is there."""
        self._agrees_with_its_absence(entry, path, any(each.absent for each in meanings), of_what_is)
        if path not in self.findings.unsettled:
            return meanings
        self.chart.doubt = _CONTRADICTS
        for meaning in meanings:
            concept = _concept(meaning)
            is_elsewhere = lists == ("conditions",) and not meaning.is_open
            home = "family_history" if meaning.in_family else LIST_OF[concept.kind]
            for list_ in (home,) if is_elsewhere else lists:
                self.chart.add_episode(Episode(concept.name, list_, path), replace(meaning, absent=False))
        self.chart.doubt = None
        return ()

    def _agrees_with_its_absence(
        self, entry: Entry, path: str, is_absent_by_code: bool, of_what_is: Mapping[str, Moment | None]
    ) -> None:
        """Unsettle what is denied, and has a day that only something has that is there."""
        status = getattr(entry, "status", None)
        is_denied = status in DENYING or is_absent_by_code
        since = self._moment(getattr(entry, "since", None), f"{path}.since", path) if is_denied else None
        date = self._quietly(entry.date)
        if status in NEGATIVE and since is not None and date is not None and date.is_before(since):
            fault = f"`{since.text}` is after the entry's date `{date.text}`"
            self.findings.unsettle(path, f"{path}.since", fault, _CORRECT)
        for field, moment in of_what_is.items():
            if moment is None or not (status in NEGATIVE or is_absent_by_code):
                continue
            if status in NEGATIVE:
                fault, mend = f"what is `{status}` has no `{field}`", f"correct `status`, or leave out `{field}`"
            else:
                fault, mend = (
                    f"what its code calls absent has no `{field}`",
                    "give the `date` on which it was found absent",
                )
            self.findings.unsettle(path, f"{path}.{field}", fault, mend)

    def _absent(self, meaning: Meaning, entry: Entry, path: str, list_: RecordList, when: Moment | None) -> None:
        status = getattr(entry, "status", None)
        if meaning.is_open:
            if meaning.is_read:
                self._denies_nothing(meaning, entry, path)
            return
        if meaning.is_part:
            self.findings.note(path, f"{denies_a_part(meaning)}; if all of it is `{status}`, give its `name`")
            return
        since = EVER_SINCE if status == "never" else self._quietly(getattr(entry, "since", None))
        self.chart.add_absence(Absence(meaning.entry.name, list_, path, when, flags=meaning.flags, since=since))

    def _denies_nothing(self, meaning: Meaning, entry: Entry, path: str) -> None:
        """Set aside a denial whose words or code may mean several things: nobody knows which was meant."""
        words = entry.text or (entry.name if isinstance(entry.name, str) else None)
        told = f"{quoted(words)} may be" if words is not None else "its code may be"
        mend = alike(words, self.dictionary, tuple(LIST_OF)) if words is not None else ""
        if not mend and 0 < len(meaning.may_be) <= _FEW:
            mend = f"write the name of what is absent, such as {any_of(sorted(meaning.may_be))}"
        mend = mend or "write the name of what is absent: `screen names` lists them"
        self.findings.set_aside(path, f"{told} one of several things", mend, "denies nothing")

    def _not_over(self, end: Moment | None, path: str) -> None:
        if end is not None and self.chart.as_of is not None and end.last_day < self.chart.as_of:
            fault, mend = f"what is `ongoing` has not ended `{end.text}`", "correct `status` or `end`"
            self.findings.unsettle(path, f"{path}.end", fault, mend)

    # ---- answers

    def answer(self, key: str, given: GivenAnswer) -> None:
        path = f"answers.{key[:LONGEST_QUOTE]}"
        when = self._moment(given.date, f"{path}.date")
        if self._has_fault(f"answers.{key}"):
            return
        if (given.value is None) == (given.reading is None):
            self._no_answer(path, "it needs either a `value` or a `reading`", "write true or false for a question")
            return
        trial_id, slash, name = key.rpartition("/")
        trial = self._trial(trial_id, path) if slash else None
        if slash and trial is None:
            return
        if given.reading is None:
            self._question(name, trial, given, path, when)
        elif trial is None:
            self._no_answer(path, "a reading belongs to a line of one trial", "write `TRIAL/LINE`")
        else:
            self._reading(name, trial, given.reading, given, path, when)

    def _trial(self, trial_id: str, path: str) -> Trial | None:
        trial = self.rulebook.trials.get(trial_id)
        if trial is None:
            mend = did_you_mean(trial_id, self.rulebook.trials)
            self._no_answer(path, f"there are no rules for a trial {quoted(trial_id)}", mend)
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
                self._no_answer(
                    path, f"{quoted(name)} is a line, not a question", 'choose its `reading`: {"reading": 1}'
                )
            elif not self._names_a_concept(name, given, path):
                self._no_answer(path, f"{quoted(name)} is not a question", did_you_mean(name, questions))
            return
        if trial is None and (question.gives_consent or not question.once_for_all):
            keys = any_of(f"{each}/{question.name}" for each in self.rulebook.trials)
            self.findings.note(path, f"it does not say for which trial, and is set aside: write {keys}")
            return
        key = question.name if question.once_for_all or trial is None else f"{trial.id}/{question.name}"
        self._keep(Answer(key, path, given.value, by=given.by, when=when))

    def _names_a_concept(self, name: str, given: GivenAnswer, path: str) -> bool:
        """Whether an answer is given to the name of something that a list holds. It answers nothing; said to be so, it
        may be so."""
        meaning = self.dictionary.named(name)
        if meaning is None or not isinstance(meaning.entry, Concept):
            return False
        concept = meaning.entry
        fault, mend = (
            f"{quoted(name)} is a {concept.kind}, and no question",
            f"write it under `{LIST_OF[concept.kind]}`",
        )
        if given.value is False:
            self.findings.set_aside(path, fault, f'{mend} with `"status": "absent"`', "denies nothing")
        else:
            self.findings.set_aside(path, fault, mend, "may be so")
            said = self.dictionary.terminology.named(concept.name)
            self._may_be(said, lists_of(concept), name, path, given)
        return True

    def _no_answer(self, path: str, fault: str, mend: str) -> None:
        self.findings.set_aside(path, fault, mend, "answers nothing")

    def _reading(
        self, line: str, trial: Trial, reading: int, given: GivenAnswer, path: str, when: Moment | None
    ) -> None:
        lines = {criterion.id: criterion for criterion in trial.criteria}
        if line not in lines:
            self._no_answer(path, f"{quoted(line)} is not a line of {trial.id}", did_you_mean(line, lines))
            return
        count = len(lines[line].readings)
        if not 1 <= reading <= count:
            has = "has one reading only" if count == 1 else f"has readings 1 to {count}"
            self._no_answer(f"{path}.reading", f"there is no reading {quoted(reading)}", f"{line} {has}")
            return
        self._keep(Answer(f"{trial.id}/{line}", path, reading=reading, by=given.by, when=when))

    def _keep(self, answer: Answer) -> None:
        other = self.chart.answers.get(answer.key)
        if other is not None and (other.value, other.reading) != (answer.value, answer.reading):
            self._no_answer(answer.source, f"the same is answered by `{other.source}`, and not alike", _LEAVE_ONE_OUT)
            answer = Answer(answer.key, answer.source)
        self.chart.answers[answer.key] = answer

    # ---- what every entry has

    def _meanings(
        self, entry: Entry, path: str, kinds: tuple[str, ...], coded_kinds: tuple[str, ...] = ()
    ) -> tuple[Meaning, ...]:
        if self.naming.is_silent(entry):
            if not self._has_fault(path):
                self._says_nothing(entry, path)
            return ()
        return self.naming.meanings(entry, path, kinds, coded_kinds)

    def _says_nothing(self, entry: Entry, path: str) -> None:
        """An entry that says nothing may be anything on its list; a result of nothing, the latest of any lab."""
        anything = (
            "a result of anything that has its unit" if isinstance(entry, Observation) else "anything on its list"
        )
        self.findings.set_aside(
            path, "it does not say what it is about", "give a `name` or a code", f"may be {anything}"
        )

    def _listed(
        self, list_: RecordList, entry: Entry, path: str, kinds: tuple[str, ...], coded_kinds: tuple[str, ...] = ()
    ) -> tuple[Meaning, ...]:
        """The meanings under which an entry of a list is filed, with what else it may be."""
        if self._says_of_its_list(list_, entry, path):
            return ()
        entry = self.naming.with_its_name(entry, kinds)
        faults = len(self.findings.problems)
        meanings = self._meanings(entry, path, kinds, coded_kinds)
        if len(self.findings.problems) > faults or self._has_fault(path):
            return meanings
        counts = self._review_counts(entry, path)
        filed = self.naming.filed(meanings, entry, path, list_, kinds + coded_kinds, review_counts=counts)
        if (elsewhere := self.naming.misplaced.get(path)) is not None and elsewhere.named is not None:
            self._may_be(elsewhere.named, elsewhere.lists, elsewhere.called, path, entry)
        return filed

    def _review_counts(self, entry: Entry, path: str) -> bool:
        """Whether a review of an entry counts: it says by whom and on which day, and that day lies neither before the
        entry nor after the record's own day (or the entry's, if that is later)."""
        review = entry.reviewed
        if review is None:
            return True
        on = self._moment(review.on, f"{path}.reviewed.on")
        # A plan is made, and looked at, before the day that is planned.
        is_plan = getattr(entry, "status", None) == "planned"
        began = None if is_plan else self._latest_day(entry, ("date", "onset", "start"))
        own_day = self.chart.as_of
        if on is None or not (review.by or "").strip():
            fault, mend = "the review does not say by whom, and on which day", "give `by` and `on`"
        elif began is not None and on.is_before(began):
            fault, mend = f"the review of `{on.text}` is before the entry's `{began.text}`", "look at the entry again"
        elif own_day is not None and on.first_day > max(own_day, began.last_day if began is not None else own_day):
            fault, mend = f"the review of `{on.text}` is after the record's own day", _CORRECT
        else:
            return True
        self.findings.set_aside(f"{path}.reviewed", fault, mend, "settles nothing")
        return False

    def _latest_day(self, entry: Entry | GivenAnswer, fields: Sequence[str] = _DATES) -> Moment | None:
        """The latest of the days that an entry states."""
        dates = [moment for field in fields if (moment := self._quietly(getattr(entry, field, None))) is not None]
        return max(dates, key=lambda each: each.last, default=None)

    def _says_of_its_list(self, list_: RecordList, entry: Entry, path: str) -> bool:
        """Whether an entry says something of all of a list, and is none itself; then it is read."""
        said = said_of_list(self.dictionary.with_names(codes_alone(entry)), list_)
        if said is None:
            return False
        of, word = said
        status = getattr(entry, "status", None)
        called = of.replace("_", " ")
        if word == "no information" or status not in (None, *HOLDING):
            what = "nothing is known of the" if word == "no information" else "there are no"
            but = "" if word == "no information" else ", and its status something else"
            self.findings.note(path, f"it says that {what} {called}{but}")
            self.chart.leave_unread(of, path)
        elif word == "none known":
            own_day = on_day(self.chart.as_of) if self.chart.as_of is not None else None
            when = _or_some_day(self._moment(entry.date, f"{path}.date"), entry.date) or own_day
            self.chart.none_known.setdefault(of, []).append(when)
        return True

    def _has_fault(self, path: str) -> bool:
        """Whether something at or below the path was left out for its shape."""
        return any(fault == path or fault.startswith(f"{path}.") for fault in self.left_out)

    def _quietly(self, text: str | None) -> Moment | None:
        """A date that was read before. A date that cannot be read has been reported by then."""
        try:
            dated = None if text is None else date_meant(text, self.locale)
        except DateError:
            return None
        return None if dated is None or dated.fault else dated.when

    def _moment(self, text: str | None, path: str, entry: str | None = None) -> Moment | None:
        """A date; None where the record gives none, or says that nobody knows it. An `entry` that ended on such a day,
        say, settles nothing."""
        if entry is not None and text is not None and (fault := _why_no_date(text)) is not None:
            self.findings.unsettle(entry, path, fault, "write the date, or leave it out")
            return None
        dated = self._plainly(text, path)
        if dated is None or not dated.fault:
            return None if dated is None else dated.when
        if entry is not None:
            self.findings.unsettle(entry, path, dated.fault, dated.mend, written=text or "")
        else:
            self.findings.set_aside(path, dated.fault, dated.mend, "counts as an unknown day", written=text or "")
        return None

    def _plainly(self, text: str | None, path: str, or_write: str = "") -> Dated | None:
        """What a date can mean; None where there is none, where nobody knows it, and where it refuses the record.
        `or_write` is what else may be written."""
        if text is None:
            return None
        text = text.strip()
        if (fault := _why_no_date(text)) is not None:
            self.findings.note(path, f"{fault}, and {_NOT_KNOWN}")
            return None
        try:
            return date_meant(text, self.locale)
        except DateError as error:
            _, _, reason = str(error).rpartition(f"`{text}`")
            what, _, mend = reason.partition(": ")
            self.findings.refuse(path, f"{quoted(text)}{what}", f"{mend or _ANOTHER_DAY}{or_write}")
            return None

    def _in_order(self, start: Moment | None, end: Moment | None, path: str, field: str, start_name: str) -> None:
        if start is not None and end is not None and end.is_before(start):
            fault = f"`{end.text}` is before the {start_name} `{start.text}`"
            self.findings.unsettle(path, f"{path}.{field}", fault, _CORRECT)


_FEW = 4
"""How many names a sentence offers."""
_CORRECT = "correct one of them"
_ANOTHER_DAY = "correct it, or write the month or the year alone"
_LEAVE_ONE_OUT = "leave one of them out"
_NOT_KNOWN = "counts as not known"


def _differ(one: Fraction | None, other: Fraction | None) -> bool:
    return one is not None and other is not None and one != other


_WITHOUT_LIMITS = "leaves the result without limits of its own"
_SOME_DEATH = "counts as a death on an unknown day"
_CONTRADICTS = "it contradicts itself, or says something that is not read"
_NUMBER_AND_MORE = re.compile(r"(?P<number>[\s<>=≤≥]*\d(?:[\d.,]*\d)?)(?P<more>.+)\Z", re.DOTALL)


def _locale_of(record: NativeRecord, findings: Findings) -> Locale | None:
    if record.locale is None:
        return None
    locale = locale_of(record.locale)
    if locale is None:
        findings.refuse("locale", f"{quoted(record.locale)} is not a locale", locale_meant(record.locale))
    return locale


def _why_no_date(text: str) -> str | None:
    """What to say of a text that stands where a date would, and says that nobody knows it."""
    if not text.strip():
        return "it is empty"
    return f"{quoted(text)} is no date" if is_said_to_be_unknown(text) else None


def _or_some_day(when: Moment | None, written: str | None) -> Moment | None:
    """When something was: a day that is written, and that nobody can tell, may be any; it is not the record's own."""
    return at_any_time(written.strip()) if when is None and written is not None and written.strip() else when


def _or_some_day_begun(when: Moment | None, written: str | None) -> Moment | None:
    """When something began: that nobody knows it is as if nothing were written."""
    return when if written is None or _why_no_date(written) is not None else _or_some_day(when, written)


def _concept(meaning: Meaning) -> Concept:
    if not isinstance(meaning.entry, Concept):
        raise TypeError(f"{meaning.entry.name} is not a concept")
    return meaning.entry
