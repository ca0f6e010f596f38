"""What advice states: each missing fact with what it does, and for each trial what decides it; and how it is written.

As it is written (`AdviceTold`), each missing fact and each set of its values stands once, in one table, to which all
else refers. A place in a table is counted from 0. A line is named with its trial, `NCT05985863/E5`. What is empty is
left out, and so is what can be put together from other fields, as sentences are.
"""

from __future__ import annotations

from typing import Any as Anything

import msgspec
from msgspec import Struct, to_builtins

from screener.advice.values import Span, Values
from screener.evaluation.grounds import Need


class LineName(Struct, frozen=True):
    """One line of one trial."""

    trial: str
    criterion: str


class Missing(Struct, frozen=True, omit_defaults=True):
    """A missing fact, named as in `needs`; `trial` where it is asked for one trial only, `source` where it is about one
    place in the record.

    `found_by` says how it is found: `measure` (a result of today), `old result` (an earlier result, or one on record
    that must be looked at again), `chart`, `sponsor` (what the protocol means), or the person who is asked, which is
    `investigator` or `participant` in the rules that come with screener.
    """

    kind: str
    name: str
    text: str
    found_by: str
    trial: str = ""
    source: str = ""


class Known(Struct, frozen=True):
    """A fact with the values in question: what to find out, and what it would have to be."""

    fact: Missing
    values: Values


class Way(Struct, frozen=True):
    """Some facts that together bring something about: `known` whichever of their values come true, `together` only as
    their numbers fit one another, as in a score."""

    known: tuple[Known, ...]
    together: tuple[Missing, ...] = ()


class Outcome(Struct, frozen=True):
    """What follows if a fact has one of these values: the lines that it passes and fails by itself."""

    values: Values
    passes: tuple[LineName, ...]
    fails: tuple[LineName, ...]


class RulesOut(Struct, frozen=True):
    """A fact that rules a trial out by itself if it has one of these values, whatever all others turn out to be; or
    does so unless another fact has the values in `unless`. `criteria` are those that fail."""

    trial: str
    fact: Known
    criteria: tuple[str, ...]
    unless: Known | None
    sentence: str


class OpenFact(Struct, frozen=True):
    """A missing fact and what it does by itself, over all undetermined trials.

    `settles` are the open lines that become definite whatever it turns out to be, `closes` those that do with some of
    its values; `outcomes` says which values do what. `rules_out` names the trials that some value rules out, `decides`
    those of which some value settles the verdict, either way.

    `conditional`: somebody has to be asked only if another fact turns out a certain way ("Is the thrombosis still
    there?", only if there was one). `only_if` are the ways in which it does, as far as facts are known that do.
    """

    fact: Missing
    settles: tuple[LineName, ...]
    closes: tuple[LineName, ...]
    rules_out: tuple[str, ...]
    decides: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    conditional: bool
    only_if: tuple[Way, ...]
    sentence: str

    @property
    def in_trials(self) -> tuple[str, ...]:
        """The trials of the lines that it settles."""
        return tuple(dict.fromkeys(line.trial for line in self.settles))


class OpenLine(Struct, frozen=True):
    """An open line with the few ways to pass it, the smallest first; `complete` is false where there were too many to
    tell or to try. A line without a way waits for more than the facts named here: `needs` is what the report says."""

    criterion: str
    ways: tuple[Way, ...]
    complete: bool
    needs: tuple[Need, ...]


class TrialAdvice(Struct, frozen=True):
    """What decides one undetermined trial: what rules it out, and its open lines."""

    id: str
    rules_out: tuple[RulesOut, ...]
    lines: tuple[OpenLine, ...]


class Advice(Struct, frozen=True):
    """What to find out next for one patient: the facts that settle most first, and trial by trial what decides."""

    patient: str
    as_of: str
    facts: tuple[OpenFact, ...]
    trials: tuple[TrialAdvice, ...]

    @property
    def unconditional(self) -> tuple[OpenFact, ...]:
        """The facts that have to be found out whatever the others turn out to be."""
        return tuple(fact for fact in self.facts if not fact.conditional)

    def told(self) -> AdviceTold:
        """The advice as it is written."""
        return msgspec.convert(_Written(self).plain, AdviceTold)

    def to_dict(self) -> dict[str, Anything]:
        """The advice as plain data: each fact and its values once, in one table."""
        plain: dict[str, Anything] = to_builtins(self.told())
        return plain


# ---- as it is written


Place = int


class ValuesTold(Struct, frozen=True, omit_defaults=True):
    """Some of the values that a fact may turn out to have: numbers in `spans`, in `unit`, or several `choices`. A
    single choice is what `text` says."""

    text: str
    spans: tuple[Span, ...] = ()
    choices: tuple[str, ...] = ()
    unit: str = ""


class KnownTold(Struct, frozen=True, array_like=True):
    """A fact and what it would have to be, as `[12, 0]`: its place in `facts`, and that in the fact's own `values`."""

    fact: Place
    values: Place


class WayTold(Struct, frozen=True, omit_defaults=True):
    """Some facts that together bring something about: `known` whichever of their values come true, `together` only
    as their numbers fit one another, as in a score."""

    known: tuple[KnownTold, ...] = ()
    together: tuple[Place, ...] = ()


class OutcomeTold(Struct, frozen=True, omit_defaults=True):
    """What follows if a fact has one of these values: the lines that it passes and fails by itself. `values` is a place
    among the fact's own."""

    values: Place
    passes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()


class FactTold(Struct, frozen=True, omit_defaults=True):
    """A missing fact, every set of its values that anything refers to, and what it does by itself: the lines that it
    settles whatever it turns out to be, those that it closes with some values, the trials that it rules out with some
    values, and those whose verdict it decides with some. `conditional`: it matters only if another fact turns out a
    certain way; `only_if` are the ways in which it does."""

    fact: Missing
    values: tuple[ValuesTold, ...]
    outcomes: tuple[OutcomeTold, ...]
    settles: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    rules_out: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    conditional: bool = False
    only_if: tuple[WayTold, ...] = ()


class RulesOutTold(Struct, frozen=True, omit_defaults=True):
    """A fact that rules the trial out by itself if it has these values, or does so unless another fact has the values
    in `unless`. `criteria` are those that fail."""

    fact: KnownTold
    criteria: tuple[str, ...]
    unless: KnownTold | None = None


class LineTold(Struct, frozen=True, omit_defaults=True):
    """An open line with the few ways to pass it, the smallest first; `complete` is false where there were too many to
    tell or to try. A line without a way waits for more than the facts named here: `needs` says for what."""

    criterion: str
    ways: tuple[WayTold, ...] = ()
    complete: bool = True
    needs: tuple[Need, ...] = ()


class TrialTold(Struct, frozen=True):
    """What decides one undetermined trial."""

    id: str
    rules_out: tuple[RulesOutTold, ...]
    lines: tuple[LineTold, ...]


class AdviceTold(Struct, frozen=True):
    """What to find out next for one patient: the facts that settle most first, and trial by trial what decides."""

    patient: str
    as_of: str
    facts: tuple[FactTold, ...]
    trials: tuple[TrialTold, ...]


class _Written:
    """Advice with references in place of facts and values: what stands at the places of the tables, as plain data."""

    def __init__(self, advice: Advice) -> None:
        self._places = {each.fact: place for place, each in enumerate(advice.facts)}
        self._values: list[dict[Values, Place]] = [{} for _ in advice.facts]
        trials = self._of(advice.trials)
        outcomes = [self._outcomes(each) for each in advice.facts]
        facts = [
            {**self._of(each), "fact": to_builtins(each.fact), "outcomes": outcomes[place]}
            for place, each in enumerate(advice.facts)
        ]
        for fact, values in zip(facts, self._values, strict=True):
            fact["values"] = [_written(each) for each in values]
        self.plain = {"patient": advice.patient, "as_of": advice.as_of, "facts": facts, "trials": trials}

    def _of(self, value: Anything) -> Anything:
        match value:
            case LineName():
                return f"{value.trial}/{value.criterion}"
            case Missing():
                return self._places[value]
            case Known():
                return [self._places[value.fact], self._place(value.fact, value.values)]
            case tuple():
                return [self._of(each) for each in value]
            case Struct():
                return {name: self._of(getattr(value, name)) for name in value.__struct_fields__ if name != "outcomes"}
            case _:
                return value

    def _place(self, fact: Missing, values: Values) -> Place:
        of_fact = self._values[self._places[fact]]
        return of_fact.setdefault(values, len(of_fact))

    def _outcomes(self, fact: OpenFact) -> list[Anything]:
        return [{**self._of(each), "values": self._place(fact.fact, each.values)} for each in fact.outcomes]


def _written(values: Values) -> Anything:
    return {**to_builtins(values), "choices": values.choices if len(values.choices) > 1 else ()}
