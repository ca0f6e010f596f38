"""The registry's own record of a trial: its criterion lines, its structured fields, its status.

Reads the record as ClinicalTrials.gov publishes it (API v2), whole or reduced to the parts named here.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec import Struct


class _Dated(Struct, frozen=True):
    date: str


class _Identification(Struct, frozen=True, rename="camel"):
    nct_id: str


class RecordStatus(Struct, frozen=True, rename="camel"):
    """Whether the trial recruits."""

    overall_status: str | None = None
    last_known_status: str | None = None
    status_verified_date: str | None = None
    last_update_post_date_struct: _Dated | None = None


class Eligibility(Struct, frozen=True, rename="camel"):
    """The criteria as one text, and the structured fields."""

    eligibility_criteria: str
    sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    healthy_volunteers: bool | None = None


class _Protocol(Struct, frozen=True, rename="camel"):
    identification_module: _Identification
    eligibility_module: Eligibility
    status_module: RecordStatus = RecordStatus()


class Record(Struct, frozen=True, rename="camel"):
    """The parts of a registry's record that screening needs."""

    protocol_section: _Protocol
    source: str | None = None

    @property
    def id(self) -> str:
        """The registry's number for the trial."""
        return self.protocol_section.identification_module.nct_id

    @property
    def status(self) -> RecordStatus:
        """Whether the trial recruits, and as of when."""
        return self.protocol_section.status_module

    @property
    def status_date(self) -> str | None:
        """The day or month on which the status was last verified, or else the day the record was last posted."""
        posted = self.status.last_update_post_date_struct
        return self.status.status_verified_date or (posted.date if posted else None)

    @property
    def eligibility(self) -> Eligibility:
        """The criteria, and the structured fields around them."""
        return self.protocol_section.eligibility_module

    @property
    def restrictions(self) -> dict[str, tuple[str, ...]]:
        """What the structured fields restrict, as a field's block quotes it, by the name of the block."""
        fields = self.eligibility
        ages = (("minimumAge", fields.minimum_age), ("maximumAge", fields.maximum_age))
        restrictions = {"age": tuple(f"{name}: {age}" for name, age in ages if age)}
        if fields.sex not in (None, "ALL"):
            restrictions["sex"] = (f"sex: {fields.sex}",)
        return {field: lines for field, lines in restrictions.items() if lines}


def read_record(text: str) -> Record:
    """Read a registry's record. Raises msgspec.ValidationError or DecodeError, saying what is missing where."""
    return msgspec.json.decode(text, type=Record)


class CriterionLine(Struct, frozen=True):
    """A line of the registry's criteria: whether it includes or excludes, its id (`I1`, `E1`), its words."""

    kind: Literal["inclusion", "exclusion"]
    id: str
    text: str


_HEADING = re.compile(r"(?:key\s+)?(inclusion|exclusion)(?:\s+criteria)?\s*:?\Z", re.IGNORECASE)
_BULLET = re.compile(r"[*•·●–-]\s+")
_NUMBER = re.compile(r"\(?\d+(?:[.)]\s+|、\s*)")
_ESCAPE = re.compile(r"\\([^\w\s])")


def criterion_lines(criteria: str) -> tuple[CriterionLine, ...]:
    """The criterion lines of a registry's eligibility text, without bullets, numbers and backslash escapes.

    Every line that is neither empty nor a heading is one: nothing of the text is dropped.
    """
    lines: list[CriterionLine] = []
    kind: Literal["inclusion", "exclusion"] = "inclusion"
    for raw in criteria.splitlines():
        line = _ESCAPE.sub(r"\1", raw.strip())
        line = _without(_NUMBER, _without(_BULLET, line))
        if heading := _HEADING.match(line):
            kind = "inclusion" if heading[1].casefold() == "inclusion" else "exclusion"
        elif line:
            number = 1 + sum(each.kind == kind for each in lines)
            lines.append(CriterionLine(kind, f"{kind[0].upper()}{number}", line))
    return tuple(lines)


def _without(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.match(line)
    return line if found is None else line[found.end() :].lstrip()
