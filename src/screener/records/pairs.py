"""Two results that are written as one, `120/80`: each is one of its own lab.

The dictionary names the two labs (`pair of`). Anything else stays one result of the whole, and keeps its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from screener.records.dictionary import Meaning, dictionary_of
from screener.records.grading import TWO_NUMBERS
from screener.records.measuring import result_of
from screener.records.patient import Result
from screener.records.reported import Reported
from screener.records.written import Quantity, two_numbers
from screener.rulebook import Finding, Rulebook

Results = Mapping[str, tuple[Result, ...]]


def taken_apart(results: Results, rulebook: Rulebook) -> Results:
    """The results on record, with each pair as a result of each of its labs."""
    found = dict(results)
    for finding in rulebook.findings.values():
        for whole in results.get(finding.name, ()) if finding.pair_of else ():
            parts = tuple(_parts(whole, finding, rulebook))
            if not parts:
                continue
            found[finding.name] = tuple(each for each in found[finding.name] if each is not whole)
            for part in parts:
                found[part.fact] = (*found.get(part.fact, ()), part)
    return found


def _parts(whole: Result, finding: Finding, rulebook: Rulebook) -> Iterator[Result]:
    written = two_numbers(whole.recorded_value) if whole.problem == TWO_NUMBERS else None
    if written is None:
        return
    *numbers, unit_behind = written
    unit = whole.recorded_unit or unit_behind or None
    for name, number in zip(finding.pair_of, numbers, strict=True):
        reported = Reported(whole.source, Quantity(number), whole.recorded_value, unit, whole.when, whole.is_current)
        part = result_of(Meaning(rulebook.labs[name]), reported, dictionary_of(rulebook))
        yield replace(part, flags=(*whole.flags, *part.flags))
