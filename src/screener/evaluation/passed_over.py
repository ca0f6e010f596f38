"""Facts that do not count on the day of screening: those of a later day, and chart reviews that are too old."""

from __future__ import annotations

from screener.evaluation.phrases import lowered
from screener.records.notes import MOST_PLACES, Note, some_of
from screener.records.patient import Patient
from screener.rulebook import Rulebook
from screener.values.dates import DAY, Moment, dates_in_words, day_shifted


def later_than(patient: Patient, day: int) -> list[Note]:
    """Facts dated after the day of screening, which are not used. Those of one name are named together, and more than
    a few names are named in one sentence. What a result shows is that result."""
    results = [each for those in patient.results.values() for each in those]
    shown_by = {each.source for each in results}
    dated: list[tuple[str, str, Moment | None]] = [
        *((each.source, each.fact, each.when) for each in results),
        *(
            (each.source, each.concept, each.start)
            for episodes in patient.episodes.values()
            for each in episodes
            if each.list != "plans" and each.source not in shown_by
        ),
        *(
            (each.source, each.concept, each.when)
            for absences in patient.absences.values()
            for each in absences
            if not each.reviewed and each.source not in shown_by
        ),
        *((each.source, each.key, each.when) for each in patient.answers.values()),
    ]
    end = day * DAY + DAY - 1
    later: dict[str, list[tuple[Moment, str]]] = {}
    for source, name, when in dated:
        if when is not None and when.first > end:
            later.setdefault(name, []).append((when, source))
    told = [_later_of_all(later)] if len(later) > MOST_PLACES else [_later_note(*each) for each in later.items()]
    return [*_later_reviews(patient, end), *told]


def _later_reviews(patient: Patient, end: int) -> list[Note]:
    """Chart reviews of a later day: whoever made one expects it to count."""
    reviewed = (each.when for absences in patient.absences.values() for each in absences if each.reviewed)
    days = sorted({when.text for when in reviewed if when is not None and when.first > end})
    denies = "is later than the day of screening, and denies nothing on it"
    return [Note(f"the chart review of {dates_in_words(day)} {denies}", "check first") for day in days]


def reviewed_too_long_ago(patient: Patient, day: int, rulebook: Rulebook) -> list[str]:
    """Chart reviews that are too old for the day of screening, with the items that no later review denies."""
    old: dict[str, set[str]] = {}
    for name, absences in patient.absences.items():
        concept = rulebook.concepts[name]
        those = [each.when for each in absences if each.reviewed and each.when is not None and each.list != "plans"]
        if those and all(day_shifted(each.first_day, concept.fresh, 1) < day for each in those):
            last = max(those, key=lambda each: each.first)
            old.setdefault(last.text, set()).add(lowered(concept.title))
    told = [(dates_in_words(on), ", ".join(sorted(titles))) for on, titles in sorted(old.items())]
    return [f"the chart review of {on} is too old to speak for the day of screening: {titles}" for on, titles in told]


def _later_of_all(later: dict[str, list[tuple[Moment, str]]]) -> Note:
    """Many facts: an earlier day was asked for, or a clock is wrong."""
    dated = [each for those in later.values() for each in those]
    first = dates_in_words(min((when for when, _ in dated), key=lambda when: when.first).text)
    names = ", ".join(f"`{name}`" + (f" ({len(those)})" if len(those) > 1 else "") for name, those in later.items())
    told = f"{len(dated)} entries are dated after the day of screening, the first {first}, and are not used: {names}"
    return Note(told, places=tuple(source for _, source in dated))


def _later_note(name: str, those: list[tuple[Moment, str]]) -> Note:
    sources = [source for _, source in those]
    if len(those) == 1:
        told = f"`{name}` is dated {dates_in_words(those[0][0].text)}, after the day of screening, and is not used"
        return Note(told, path=sources[0], places=tuple(sources))
    those.sort(key=lambda each: each[0].first)
    first = dates_in_words(those[0][0].text)
    dated = f"`{name}` is dated {len(those)} times after the day of screening"
    return Note(f"{dated}, first {first}, and these are not used: {some_of(sources)}")
