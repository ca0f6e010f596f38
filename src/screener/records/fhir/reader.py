"""One patient's resources on their way into the chart: what every kind of resource needs while it is read.

Here codes get their meanings, what is not used is kept with its reason, and in the end both are told in the notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from screener.records.chart import Chart, some_of
from screener.records.code_systems import system_name
from screener.records.dictionary import (
    ABSENCE_SYSTEMS,
    TEXT,
    Dictionary,
    Meaning,
    disputed,
    most_specific,
)
from screener.records.errors import Findings, any_of, quoted
from screener.records.fhir.elements import (
    Concept,
    ShapeError,
    Stretch,
    UnreadableError,
    at_age,
    at_ages,
    moment,
    moment_of,
    part,
    period,
    some_time_in,
    text,
)
from screener.records.fhir.resources import Pool, Resource, SetAside
from screener.records.measuring import NormalSpan
from screener.records.patient import Absence
from screener.records.sightings import Sighting, Sightings, names_of
from screener.rulebook import DRUG_SYSTEMS, RecordList
from screener.values.dates import Moment

NOT_READ = "resources of this kind are not read"


class Memory:
    """What the patients of a file have in common: what concepts mean, and limits of normal as they are written."""

    def __init__(self) -> None:
        self.meanings: dict[Concept, tuple[Meaning, ...]] = {}
        self.limits: dict[str, tuple[NormalSpan, str | None]] = {}
        self.filed: dict[
            tuple[Concept, tuple[Meaning, ...], RecordList, tuple[str, ...] | None],
            tuple[tuple[str, ...], tuple[Meaning, ...]],
        ] = {}


class Reader:
    """Reads the resources of one patient into a chart."""

    def __init__(
        self,
        dictionary: Dictionary,
        pool: Pool,
        memory: Memory,
        sightings: Sightings | None = None,
    ) -> None:
        self.dictionary = dictionary
        self.pool = pool
        self.findings = Findings()
        self.chart = Chart(dictionary.rulebook, self.findings)
        self.set_aside: list[SetAside] = []
        self.sightings = sightings
        self.memory = memory
        self._without_rule: dict[str, dict[Concept, list[str]]] = {}
        self._without_period: set[str] = set()

    # ---- what is not used

    def leave(self, resource: Resource, why: str) -> None:
        """Set a resource aside. `why` is the end of a sentence whose subject is the resource."""
        self.set_aside.append(SetAside(resource.kind, resource.place, why))

    def leave_open(self, resource: Resource, why: str, on: RecordList, place: str | None = None) -> None:
        """Set aside what may be an entry of a list: nobody can tell what it is, and the list is not complete."""
        self.leave_part(resource, place or resource.place, why)
        self.chart.leave_unread(on, place or resource.place)

    def leave_part(self, resource: Resource, place: str, why: str) -> None:
        """Set a part of a resource aside, at its own place."""
        self.set_aside.append(SetAside(resource.kind, place, why))

    def take_over(self, set_aside: Iterable[SetAside]) -> None:
        """What was set aside before it was known whose it is."""
        self.set_aside.extend(set_aside)

    def note(self, place: str, told: str) -> None:
        """Something doubtful about what is used."""
        self.findings.note(place, told)

    # ---- codes

    def meanings(
        self,
        concept: Concept,
        kinds: tuple[str, ...],
        resource: Resource,
        place: str | None = None,
        unit: str | None = None,
        on: RecordList | None = None,
    ) -> tuple[Meaning, ...]:
        """What a concept stands for, of these kinds of dictionary entries; nothing is set aside with its reason.

        `on` is the list that it stands on, which is not complete if nobody can tell what it is.

        Codes beside one another mean the same; of two conditions the narrower is meant. Raises UnreadableError where
        they stand for two labs or findings.
        """
        known = self.memory.meanings.get(concept)
        if known is None:
            known = self.memory.meanings[concept] = self._meant(concept)
        self._see(concept, kinds[0], unit, known)
        fitting = tuple(each for each in known if each.kind in kinds)
        where = place or resource.place
        if not known:
            named = self._names_of(concept)
            if not any(self.dictionary.is_judged(*each) for each in named):
                self._without_rule.setdefault(resource.kind, {}).setdefault(concept, []).append(where)
        elif not fitting:
            other = known[0]
            self.leave_part(
                resource,
                where,
                f"its code stands for the {other.kind} `{other.entry.name}`, which is not read from a {resource.kind}",
            )
        elif len(fitting) > 1 and all(each.kind in ("lab", "finding") for each in fitting):
            said = any_of(each.entry.name for each in fitting)
            raise UnreadableError(f"its codes stand for different things: {said}")
        elif len({each.absent for each in fitting}) > 1:
            why = "one of its codes says that it is absent, another that it is not"
            if on is None:
                self.leave_part(resource, where, why)
            else:
                self.leave_open(resource, why, on, where)
            return ()
        if on is None or any(each.absent for each in fitting):
            return fitting
        told, filed = self._filed(concept, fitting, on, kinds)
        for each in told:
            self.note(where, each)
        return filed

    def _filed(
        self, concept: Concept, meanings: tuple[Meaning, ...], on: RecordList, kinds: tuple[str, ...] | None
    ) -> tuple[tuple[str, ...], tuple[Meaning, ...]]:
        """The meanings under which an entry of a list is filed, with what it may be besides, or instead; and what has
        to be told of it. `kinds` is None where they are certain whatever its codes say."""
        key = (concept, meanings, on, kinds)
        known = self.memory.filed.get(key)
        if known is None:
            codes = [(each.system or "", each.code) for each in concept.codings if each.code is not None]
            said = self.dictionary.said(codes, concept.text)
            certain = meanings if kinds is None else self.dictionary.certain(meanings, said, kinds)
            told = () if kinds is None else tuple(disputed(meanings, said))
            known = self.memory.filed[key] = told, self.dictionary.filed(certain, said, on, label_of(concept))
        return known

    def _names_of(self, concept: Concept) -> list[tuple[str, str]]:
        """Its codes, each with its system, and its wording."""
        codes = [(each.system or "", each.code) for each in concept.codings if each.code is not None]
        return codes if concept.text is None else [*codes, (TEXT, concept.text)]

    def known(self, concept: Concept, kinds: tuple[str, ...]) -> tuple[Meaning, ...]:
        """What a concept stands for, of these kinds; without a word about it if that is nothing."""
        return tuple(each for each in self._meant(concept) if each.kind in kinds)

    def allergens(self, concept: Concept, resource: Resource) -> tuple[Meaning, ...]:
        """What an allergy is to. A code that no entry of the dictionary has still stands for some drug or substance;
        words alone stand for nothing, because they may say that there is no allergy."""
        kinds = ("substance", "drug")
        systems = {system_name(each.system) for each in concept.codings if each.system and each.code}
        if systems & ABSENCE_SYSTEMS or self.known(concept, kinds):
            return self.meanings(concept, kinds, resource, on="allergies")
        some = self.dictionary.some_drug() if systems & DRUG_SYSTEMS else None
        some = some or self.dictionary.some_substance()
        if some is None or not systems:
            return self.meanings(concept, kinds, resource, on="allergies")
        self._see(concept, kinds[0], None, ())
        self.note(resource.place, f"its code {label_of(concept)} is read as `{some.entry.name}`")
        _, filed = self._filed(concept, (some,), "allergies", None)
        return filed

    def _meant(self, concept: Concept) -> tuple[Meaning, ...]:
        dictionary = self.dictionary
        meant = [
            meaning
            for coding in concept.codings
            if coding.code is not None
            for meaning in dictionary.coded(coding.system or "", coding.code)
        ]
        if concept.text is not None:
            meant += dictionary.worded(concept.text)
        return most_specific(meant)

    def _see(self, concept: Concept, kind: str, unit: str | None, known: tuple[Meaning, ...]) -> None:
        if self.sightings is None:
            return
        names = names_of(known)
        for coding in concept.codings:
            words = coding.display or concept.text
            self.sightings.saw(Sighting(kind, coding.system, coding.code, words, unit, names))
        if not concept.codings:
            self.sightings.saw(Sighting(kind, None, None, concept.text, unit, names))

    # ---- time

    def span(self, resource: Resource, field: str) -> Stretch:
        """A choice of dateTime, Period, Age, Range or string: from when to when, as far as it can be understood.

        What cannot be is noted, and counts as an unknown day. Of an age it is when the patient was of that age.
        """
        body = resource.body
        try:
            if (when := moment(body, f"{field}DateTime")) is not None:
                return Stretch(when, when)
            if (stretch := period(body, f"{field}Period")) is not None:
                return stretch
            birth = self.chart.birth
            if f"{field}Age" in body:
                when = at_age(part(body, f"{field}Age"), birth, f"{field}Age")
            elif f"{field}Range" in body:
                ages = part(body, f"{field}Range")
                when = at_ages(part(ages, "low"), part(ages, "high"), birth, f"{field}Range")
            elif (words := text(body, f"{field}String")) is not None:
                try:
                    when = moment_of(words, f"{field}String")
                except UnreadableError:
                    self.note(resource.place, f"its `{field}String` is not a date, and says nothing of when")
                    return Stretch()
            else:
                if f"{field}Timing" in body:
                    self.note(resource.place, f"its `{field}Timing` is not read, and says nothing of when")
                return Stretch()
        except UnreadableError as error:
            self.note(resource.place, f"{error}, and says nothing of when")
            return Stretch()
        if when is None:
            self.note(resource.place, f"its `{field}` is an age, and the birth date is not known")
            return Stretch()
        return Stretch(when, when)

    def date(self, resource: Resource, field: str) -> Moment | None:
        """The date in a field; one that cannot be understood is noted, and counts as none."""
        try:
            return moment(resource.body, field)
        except UnreadableError as error:
            self.note(resource.place, f"{error}, and counts as none")
            return None

    def time_of_encounter(self, resource: Resource) -> Moment | None:
        """Some time during the Encounter in which it was recorded, if that is at hand and has a period."""
        encounter = self.pool.referred(part(resource.body, "encounter"), resource)
        if encounter is None or encounter.kind != "Encounter":
            return None
        try:
            stretch = period(encounter.body, "period")
        except (ShapeError, UnreadableError) as error:
            if encounter.place not in self._without_period:
                self._without_period.add(encounter.place)
                self.note(encounter.place, f"{error}, and says nothing of when")
            return None
        return some_time_in(stretch) if stretch is not None and stretch.start is not None else None

    # ---- facts

    def add_absence(self, meaning: Meaning, list_: RecordList, place: str, when: Moment | None) -> None:
        """An explicit statement that something is not there."""
        self.chart.add_absence(Absence(meaning.entry.name, list_, place, when, flags=meaning.flags))

    # ---- notes

    def write_notes(self) -> None:
        """Tell what was set aside, alike ones together, and last the codes that no rule uses."""
        alike: dict[tuple[str, str], list[str]] = {}
        not_read = Counter(each.kind for each in self.set_aside if each.why == NOT_READ)
        if not_read:
            self.findings.note("", f"kinds of resources that are not read: {counted(not_read)}")
        for each in self.set_aside:
            if each.why == NOT_READ:
                continue
            alike.setdefault((each.kind, each.why), []).append(each.place)
        for (kind, why), places in alike.items():
            if len(places) == 1:
                self.findings.note(places[0], why)
            else:
                self.findings.note(kind, f"{len(places)} times, {why}: {some_of(places)}")
        for kind, concepts in self._without_rule.items():
            self.findings.note(kind, _without_rule(concepts))

    def everything_set_aside(self) -> list[SetAside]:
        """What was set aside, one by one, with what no rule uses."""
        return [
            *self.set_aside,
            *(
                SetAside(kind, place, _why_without_rule(concept))
                for kind, concepts in self._without_rule.items()
                for concept, places in concepts.items()
                for place in places
            ),
        ]


def counted(kinds: Counter[str]) -> str:
    """Kinds of resources, each with its number."""
    return ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in sorted(kinds.items()))


def _without_rule(concepts: dict[Concept, list[str]]) -> str:
    counted = sorted(concepts.items(), key=lambda each: -len(each[1]))
    total = sum(len(places) for _, places in counted)
    named = [label_of(concept) + (f" ({len(places)})" if len(places) > 1 else "") for concept, places in counted]
    entries = "1 entry has a code" if total == 1 else f"{total} entries have codes"
    return f"{entries} that no rule uses: {', '.join(named)}"


def _why_without_rule(concept: Concept) -> str:
    is_coded = any(each.code is not None for each in concept.codings)
    return f"no rule uses its code {label_of(concept)}" if is_coded else f"it has {label_of(concept)}"


def label_of(concept: Concept) -> str:
    """A concept as a note names it: its first code and its words; without a code, its words in quotes. That a code has
    no system is told, because it may be why nobody knows it."""
    coding = next((each for each in concept.codings if each.code is not None), None)
    words = concept.words
    if coding is None:
        return f"no code, {quoted(words)}" if words else "no code"
    code = quoted(coding.code) if coding.system else f"{quoted(coding.code)} (no system)"
    return f"{code} {quoted(words)[1:-1]}" if words else code
