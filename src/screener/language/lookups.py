"""The names of lookups. A lookup's name says in full what it reads from a patient, so the same reading has the same
name wherever it is written, and is one lookup for all trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from screener.language.wording import in_words
from screener.rulebook import (
    Change,
    ChangeLookup,
    EventLookup,
    Lookup,
    OnsetLookup,
    Pick,
    Qualified,
    RecordList,
    Scope,
    Truthful,
    ValueLookup,
    Verb,
)

CHANGES: Mapping[str, Change] = {
    "rise in": "rise",
    "fall in": "fall",
    "relative rise in": "relative rise",
    "relative fall in": "relative fall",
    "rise per day in": "rise per day",
}


class Lookups:
    """All lookups that have been asked for, by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, Lookup] = {}

    def value(self, fact: str, pick: Pick, scope: Scope | None) -> str:
        """`latest total_bilirubin`, `lowest platelets within 7 days`."""
        name = _words(pick, fact, _text_of(scope))
        return self._keep(ValueLookup(name, fact, pick, scope))

    def change(
        self,
        fact: str,
        change: Change,
        scope: Scope,
    ) -> str:
        """`rise in creatinine within 48 hours`."""
        name = _words(change, "in", fact, scope.text)
        return self._keep(ChangeLookup(name, fact, change, scope))

    def onset(self, concept: str, records: RecordList, pick: Literal["last", "first"]) -> str:
        """`last onset of liver_failure`, `first start of interferon`."""
        name = _words(pick, "onset of" if records == "conditions" else "start of", concept)
        return self._keep(OnsetLookup(name, concept, records, pick))

    def event(
        self,
        verb: Verb,
        records: RecordList,
        what: Iterable[Qualified],
        scope: Scope | None,
        times: int,
        exceptions: Iterable[Qualified],
        beside: Truthful | None,
    ) -> str:
        """`history of any of (a, b) within 6 months except cured c`."""
        ordered = tuple(sorted(what, key=qualified_text))
        excepted = tuple(sorted(exceptions, key=qualified_text))
        several = times > 1
        counted = f"at least {times} times" if several and verb != "allergy to" else None
        name = _words(
            f"at least {times} allergies to" if several and verb == "allergy to" else verb,
            _any_of(ordered),
            counted,
            _text_of(scope),
            "except " + ", ".join(map(qualified_text, excepted)) if excepted else None,
            f"with ({in_words(beside)})" if beside is not None else None,
        )
        return self._keep(EventLookup(name, verb, records, ordered, scope, times, excepted, beside))

    def _keep(self, lookup: Lookup) -> str:
        kept = self.by_name.setdefault(lookup.name, lookup)
        if kept != lookup:
            raise AssertionError(f"two lookups share the name {lookup.name!r}")
        return lookup.name


def qualified_text(qualified: Qualified) -> str:
    """`severe infection`, `stage "III" heart_failure`."""
    stages = [f'stage "{stage}"' for stage in qualified.stages]
    plain = [qualifier for qualifier in qualified.qualifiers if qualifier != "stage"]
    return _words(*plain, *stages, qualified.concept)


def _any_of(what: tuple[Qualified, ...]) -> str:
    texts = [qualified_text(each) for each in what]
    return texts[0] if len(texts) == 1 else f"any of ({', '.join(texts)})"


def _text_of(scope: Scope | None) -> str | None:
    return None if scope is None else scope.text


def _words(*words: str | None) -> str:
    return " ".join(word for word in words if word)
