"""Chart reviews: what somebody looked for in a chart and did not find, found, or settled about an entry.

A reviewed negative denies what it names over the time that it covers, by whom and on which day; it makes no list
complete. Against an entry that certainly is the thing, and holds at a time that the review covers, it is a
contradiction to show, and the entry decides. It is never about a result: what is measured or graded is not found in a
chart by its absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from screener.records.chart import condition_episode, settled, what_may_be
from screener.records.dates_as_written import date_meant
from screener.records.derived import speaks_until
from screener.records.dictionary import Dictionary
from screener.records.errors import Findings, did_you_mean, printable, quoted, shown
from screener.records.likeness import alike
from screener.records.locales import Locale
from screener.records.looked_up import Settled
from screener.records.notes import Note, some_of
from screener.records.patient import Absence, Episode, Flag, Patient
from screener.rulebook import KINDS_ON, LIST_OF, Concept, RecordList
from screener.values.dates import BEGINNING, DateError, Moment, dates_in_words

EVER = "ever"
NOW = "now"
"""What time a review covers that looked at all of the record, and one that looked at the present alone."""
_OF_A_GROUP = frozenset({"title", "none_of_these", "items"})
_OF_AN_ITEM = frozenset({"question", "title", "found", "what", "besides", "covers", "lines"})
_OF_AN_ENTRY = frozenset({"question", "is", "none_of_these", "may_be", "source", "called", "dated", "lines"})
_HOW_FOUND = (
    "write true, without quotation marks, or its onset as YYYY, YYYY-MM or YYYY-MM-DD; leave null what you did not find"
)
_LED_BY: tuple[tuple[str, RecordList], ...] = (
    ("family history of ", "family_history"),
    ("allergy to ", "allergies"),
    ("planned ", "plans"),
)
"""The words before a name that say on which list it is denied, where that is not its own."""

EVER_SINCE = Moment(BEGINNING, BEGINNING, EVER)


class ChartReview(Struct, frozen=True):
    """What reviews say: denials, entries found, and entries that somebody looked at. `besides` are the entries that the
    reviewer saw on the record: a denial is about any other of the kind."""

    absences: tuple[Absence, ...] = ()
    found: tuple[Episode, ...] = ()
    settled: tuple[Settled, ...] = ()
    besides: frozenset[str] = frozenset()

    def together_with(self, other: ChartReview) -> ChartReview:
        """Both."""
        return ChartReview(
            (*self.absences, *other.absences),
            (*self.found, *other.found),
            (*self.settled, *other.settled),
            self.besides | other.besides,
        )


def item_called(list_: RecordList, concept: Concept) -> str:
    """How a review names a thing: by its name, led by `planned`, `allergy to` or `family history of` on those lists."""
    lead = next((words for words, each in _LED_BY if each == list_), "")
    return f"{lead}{concept.name}"


class ReviewReader:
    """Reads reviews against a dictionary; what is wrong with one goes to the findings. `locale` is how dates are
    written where they can be read in two ways."""

    def __init__(self, dictionary: Dictionary, findings: Findings, locale: Locale | None = None) -> None:
        self.dictionary = dictionary
        self.findings = findings
        self.locale = locale

    def reviews(self, written: Sequence[Mapping[str, Any]], path: str) -> ChartReview:
        """Reviews in their plain form: `{on, by, looked_at, covers, none_of}`."""
        absences: list[Absence] = []
        for here, review in self._objects(written, path):
            unknown = review.keys() - {"on", "by", "looked_at", "covers", "none_of"}
            if unknown:
                self.findings.refuse(here, f"{quoted(min(unknown))} is not a field of a review", "")
            on, by = self._signed(review, here)
            covers = self._covers(review.get("covers"), f"{here}.covers", on)
            names = review.get("none_of") or ()
            for place, name in enumerate(names if isinstance(names, list | tuple) else [names]):
                item = self._item(name, f"{here}.none_of[{place}]")
                if item is not None and on is not None and covers is not None:
                    absences.append(_denial(item, f"{here}.none_of[{place}]", on, covers, by))
        return ChartReview(tuple(absences))

    def sheet(self, sheet: Mapping[str, Any]) -> ChartReview:
        """A sheet as `screen review` writes it, filled in; nothing of one in which nothing was ticked."""
        on, by = self._signed(sheet, "") if _is_filled(sheet) else (None, None)
        absences: list[Absence] = []
        found: list[Episode] = []
        besides: set[str] = set()
        for here, group in self._objects(sheet.get("groups", []), "groups"):
            with self._where_it_asks(group.get("title")):
                self._only(group, _OF_A_GROUP, here)
                ticked = self._is_ticked(group, here)
            for there, item in self._objects(group.get("items"), f"{here}.items"):
                with self._where_it_asks(item.get("question")):
                    self._only(item, _OF_AN_ITEM, there)
                    said = item.get("found")
                    if not ticked and said is None:
                        continue
                    besides.update(str(each) for _, each in self._list(item.get("besides", []), f"{there}.besides"))
                    thing = self._item(item.get("what"), f"{there}.what")
                    covers = self._covers(item.get("covers"), f"{there}.covers", on)
                    if thing is None or on is None or covers is None:
                        continue
                    if said in (None, False):
                        absences.append(_denial(thing, there, on, covers, by))
                    else:
                        found.extend(self._found(thing, said, there, on, by))
        settled_ = tuple(self._entries(sheet, on, by))
        return ChartReview(tuple(absences), tuple(found), settled_, frozenset(besides))

    @contextmanager
    def _where_it_asks(self, question: Any) -> Iterator[None]:
        """Add the question to every fault reported meanwhile, so that a person finds the place in the file."""
        problems = self.findings.problems
        first = len(problems)
        yield
        if isinstance(question, str) and question:
            problems[first:] = [
                replace(each, fault=f"{each.fault}, where it asks: {shown(question)}") for each in problems[first:]
            ]

    def _only(self, part: Mapping[str, Any], fields: frozenset[str], path: str) -> None:
        for field in sorted(part.keys() - fields):
            fault, mend = f"{quoted(field)} is not a field here", did_you_mean(field, fields)
            self.findings.refuse(f"{path}.{printable(field)}", fault, mend)

    def _objects(self, listed: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The parts of a list, each with its place."""
        for place, each in self._list(listed, path):
            if isinstance(each, Mapping):
                yield place, each
            else:
                self.findings.refuse(place, f"{quoted(each)} is not an object", f"`{place}` must be an object")

    def _list(self, listed: Any, path: str) -> Iterator[tuple[str, Any]]:
        if not isinstance(listed, list | tuple):
            self.findings.refuse(path, f"{quoted(listed)} is not a list", f"`{path.rpartition('.')[2]}` is a list")
            return
        for number, each in enumerate(listed):
            yield f"{path}[{number}]", each

    def _is_ticked(self, part: Mapping[str, Any], path: str) -> bool:
        """Whether none of the things of a group or an entry is there."""
        ticked = part.get("none_of_these")
        if ticked is not None and not isinstance(ticked, bool):
            fault = f"{quoted(ticked)} is not true or false"
            mend = "write true, without quotation marks, if there is none of them; else leave null"
            self.findings.refuse(f"{path}.none_of_these", fault, mend)
        return ticked is True

    def _signed(self, review: Mapping[str, Any], path: str) -> tuple[Moment | None, str | None]:
        """The day of a review and who made it; without them it is refused."""
        on = self._moment(review.get("on") or None, f"{path}.on".lstrip("."))
        by = review.get("by")
        if on is None and not review.get("on"):
            self.findings.refuse(f"{path}.on".lstrip("."), "a review says on which day it was made", "write YYYY-MM-DD")
        if not isinstance(by, str) or not by.strip():
            self.findings.refuse(f"{path}.by".lstrip("."), "a review says who made it", "write the name or the role")
            by = None
        return on, by

    def _covers(self, text: Any, path: str, on: Moment | None) -> Moment | None:
        """From when on a review covers: ever, since a day, or its own day alone."""
        if text == EVER:
            return EVER_SINCE
        if text == NOW:
            return on
        if text is None:
            mend = f'write "{EVER}", "{NOW}", or the first day'
            self.findings.refuse(path, "a review says what time it covers", mend)
            return None
        covers = self._moment(text, path)
        if covers is not None and on is not None and on.is_before(covers):
            self.findings.refuse(path, f"`{covers.text}` is after the day of the review", "correct one of them")
        return covers

    def _moment(self, text: Any, path: str, mend: str = "write YYYY, YYYY-MM or YYYY-MM-DD") -> Moment | None:
        if text is None:
            return None
        try:
            dated = date_meant(text if isinstance(text, str) else "", self.locale)
        except DateError:
            self.findings.refuse(path, f"{quoted(text)} is not a date", mend)
            return None
        if dated.fault:
            self.findings.refuse(path, f"{quoted(text)} {dated.fault}", dated.mend)
            return None
        return dated.when

    def _item(self, name: Any, path: str, among: Any = None) -> tuple[RecordList, Concept] | None:
        """What a review names, and the list on which it is denied. `among`: the names that it chooses from."""
        if not isinstance(name, str):
            self.findings.refuse(path, f"{quoted(name)} is not a name", "write it as text")
            return None
        lead, list_ = next((each for each in _LED_BY if name.startswith(each[0])), ("", None))
        plain = name.removeprefix(lead)
        meaning = self.dictionary.named(plain, tuple(LIST_OF)) or self.dictionary.named(plain)
        if meaning is None:
            mend = alike(plain, self.dictionary)
            if isinstance(among, list):
                mend = did_you_mean(plain, map(str, among)) or "write one of the names in its `may_be`"
            self.findings.refuse(path, f"{quoted(name)} is not in the dictionary", mend)
            return None
        if not isinstance(meaning.entry, Concept):
            fault = f"{quoted(name)} is a {meaning.kind}, which is measured or examined and not found absent in a chart"
            self.findings.refuse(path, fault, "give its result under `observations`")
            return None
        concept = meaning.entry
        if list_ is not None and concept.kind not in KINDS_ON[list_]:
            fault = f"{quoted(name)} stands on no list: `{concept.name}` is a {concept.kind}"
            self.findings.refuse(path, fault, alike(name, self.dictionary))
            return None
        return list_ or LIST_OF[concept.kind], concept

    def _found(
        self, thing: tuple[RecordList, Concept], said: Any, path: str, on: Moment, by: str | None
    ) -> Iterator[Episode]:
        """What a review found after all: with its onset, as far as that was written down."""
        list_, concept = thing
        onset = None
        if isinstance(said, Mapping):
            onset = self._moment(said.get("onset"), f"{path}.found.onset")
        elif said is not True:
            onset = self._moment(said, f"{path}.found", _HOW_FOUND)
        if onset is not None and on.is_before(onset):
            fault = f"`{onset.text}` is after the day of the review"
            self.findings.refuse(f"{path}.found", fault, "correct one of them")
        flags = (_who("found", by, on),)
        if list_ == "conditions":
            yield condition_episode(concept, path, status=None, onset=onset, end=None, date=on, flags=flags)
        else:
            ongoing = list_ == "allergies"
            yield Episode(concept.name, list_, path, onset, onset, ongoing=ongoing, asserted=on, flags=flags)

    def _entries(self, sheet: Mapping[str, Any], on: Moment | None, by: str | None) -> Iterator[Settled]:
        for here, entry in self._objects(sheet.get("entries", []), "entries"):
            source = entry.get("source")
            if not isinstance(source, str) or not source:
                fault = "it does not say which entry of the record it is about"
                self.findings.refuse(f"{here}.source", fault, "leave it as `screen review` wrote it")
                continue
            is_ = entry.get("is")
            names = [is_] if isinstance(is_, str) else [] if is_ is None else is_
            with self._where_it_asks(entry.get("question")):
                self._only(entry, _OF_AN_ENTRY, here)
                found = self._names(names, f"{here}.is", entry.get("may_be"))
                ticked = self._is_ticked(entry, here)
                apart = self._names(entry.get("may_be"), f"{here}.may_be") if ticked else ()
            called, dated = (each if isinstance(each, str) else None for each in map(entry.get, ("called", "dated")))
            broader = {above for name in found for above in (name, *self.dictionary.rulebook.concepts[name].broader)}
            apart = tuple(name for name in apart if name not in broader)
            if (found or apart) and on is not None and by is not None:
                yield Settled(source, here, on, by, found, apart, called, dated)

    def _names(self, names: Any, path: str, among: Any = None) -> tuple[str, ...]:
        items = [self._item(name, path, among) for _, name in self._list(names, path)]
        return tuple(item[1].name for item in items if item is not None)


def _is_filled(sheet: Mapping[str, Any]) -> bool:
    """Whether anything in a sheet is ticked, found or answered."""
    parts = [each for field in ("groups", "entries") for each in _mappings(sheet.get(field))]
    items = [item for part in parts for item in _mappings(part.get("items"))]
    return any(
        (
            *(part.get("none_of_these") not in (None, False) for part in parts),
            *(part.get("is") not in (None, []) for part in parts),
            *(item.get("found") is not None for item in items),
        )
    )


def _mappings(listed: Any) -> list[Mapping[str, Any]]:
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list | tuple) else []


def _who(did: str, by: str | None, on: Moment) -> Flag:
    """Who found or looked up something in the chart, and when: what rests on it shows that."""
    return Flag("remark", f"{did} by {by}, {dates_in_words(on.text)}")


def _denial(item: tuple[RecordList, Concept], path: str, on: Moment, covers: Moment, by: str | None) -> Absence:
    list_, concept = item
    return Absence(concept.name, list_, path, on, since=covers, reviewed=True, by=by)


def _kinds_left_open(episode: Episode, dictionary: Dictionary) -> frozenset[str]:
    """What else an entry that a review found may be: whoever found a tumor did not say which."""
    open_ = dictionary.terminology.named(episode.concept).open & dictionary.asked
    kinds = KINDS_ON[episode.list]
    return frozenset(name for name in open_ if dictionary.rulebook.concepts[name].kind in kinds)


def with_absences(patient: Patient, denied: Iterable[Absence]) -> Patient:
    """The patient with what a review says is absent."""
    absences = {name: tuple(those) for name, those in patient.absences.items()}
    for absence in denied:
        absences[absence.concept] = (*absences.get(absence.concept, ()), absence)
    reviewed: Patient = replace(patient, absences=absences)
    return reviewed


def with_review(patient: Patient, review: ChartReview, dictionary: Dictionary) -> Patient:
    """The patient with what reviews of the chart say."""
    concepts = dictionary.rulebook.concepts
    episodes = {name: tuple(those) for name, those in patient.episodes.items()}
    found = [replace(episode, may_be=_kinds_left_open(episode, dictionary)) for episode in review.found]
    for episode in found:
        episodes[episode.concept] = (*episodes.get(episode.concept, ()), episode)
    may_be = {list_: dict(of_list) for list_, of_list in patient.may_be.items()}
    for list_, of_list in what_may_be(found, concepts).items():
        for name, those in of_list.items():
            may_be.setdefault(list_, {})[name] = (*may_be.get(list_, {}).get(name, ()), *those)
    reviewed: Patient = replace(with_absences(patient, review.absences), episodes=episodes, may_be=may_be)
    for each in review.settled:
        is_not = frozenset(kind for name in each.is_not for kind in (name, *concepts[name].narrower))
        kinds = {name: dictionary.terminology.named(name).open - is_not for name in each.is_}
        sources, flags = frozenset([each.source]), (_who("looked up", each.by, each.on),)
        reviewed = settled(reviewed, sources, each.is_, is_not if not each.is_ else None, concepts, kinds, flags)
    return reviewed


# ---- a review and the record against each other


def contradictions(patient: Patient, review: ChartReview, dictionary: Dictionary) -> Iterator[Note]:
    """What a review denies although an entry of the record certainly is it, at a time that the review covers. The entry
    counts, and both are named: somebody has to find out which of them is right. What the reviewer was told of, found or
    looked up is none; it was another one that was denied."""
    concepts = dictionary.rulebook.concepts
    told = review.besides.union([each.source for each in review.found], [each.source for each in review.settled])
    against: dict[tuple[str, str], tuple[Episode, list[Absence]]] = {}
    for absence in review.absences:
        for name in (absence.concept, *concepts[absence.concept].narrower):
            for entry in patient.episodes.get(name, ()):
                is_certain = entry.list == absence.list and not (entry.only_may_be or entry.doubtful)
                if is_certain and entry.source not in told and _held_then(entry, absence, concepts[name], patient):
                    against.setdefault((entry.source, entry.concept), (entry, []))[1].append(absence)
    for entry, denials in against.values():
        day = dates_in_words(denials[0].when.text) if denials[0].when is not None else ""
        who = f"{shown(denials[0].by or 'somebody')}, {day},"
        names = some_of([quoted(each.concept) for each in denials])
        question = f"it is on record, and {who} denies it ({names}): which is right?"
        until = "Until one of them is corrected, the entry counts"
        yield Note(question, "check first", entry.source, entry.concept, (entry.source,), until)


def _held_then(entry: Episode, absence: Absence, concept: Concept, patient: Patient) -> bool:
    """Whether an entry certainly held on some day that a denial covers.

    A depression since 2019 that goes on is denied by a review of 2026 that covers the last two years; one from 2010 to
    2012 is not.
    """
    if absence.since is None or absence.when is None:
        return False
    began = entry.start or entry.asserted or absence.when
    if entry.list == "plans":
        return began.last_day >= absence.since.first_day
    if began.last_day > absence.when.last_day:
        return False
    if entry.end is not None:
        return entry.end.first_day >= absence.since.first_day
    until = speaks_until(entry, concept, patient.as_of) if entry.ongoing else began.last_day
    return until is None or until >= absence.since.first_day
