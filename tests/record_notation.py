"""Records in one line, as the pages of the manual write them: what a clinician would note down, and nothing guessed.

    female; born 1971-02-19; TBil 200 umol/L on 2026-02-18; condition ascites, onset 2025-06, active; complete: events

Entries are parted by semicolons. An entry that begins with no word of its own is a result: a name, a value, a unit, its
date. Any other is a kind of entry and a name (or a system and its code), then fields parted by commas: one of `FIELDS`
with its value, a quality, or the bare word of a status. Of more than one word, a name or value stands in quotation
marks; `–` is a value that nobody gave. A record that needs more than this is written as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

KINDS = {
    "condition": "conditions",
    "procedure": "procedures",
    "plan": "plans",
    "medication": "medications",
    "event": "events",
    "allergy": "allergies",
    "family": "family_history",
}
CALLED_BY = ("icd10", "atc", "text")
"""What a name may be replaced by: a code of a system, or words."""
FIELDS = {
    "on": "date",
    "onset": "onset",
    "start": "start",
    "end": "end",
    "since": "since",
    "until": "until",
    "stage": "stage",
    "upper limit": "upper_limit",
}
QUALITIES = {"current": ("current", True), "controlled": ("controlled", True), "uncontrolled": ("controlled", False)}
NOTHING = "nothing"

TOKEN = re.compile(r'"([^"]*)"|(\S+)')
RESULT = re.compile(r"(?P<what>.+?)(?: on (?P<date>\S+))?")
REVIEW = re.compile(r"review on (?P<on>\S+) by (?P<by>.+?) covers (?P<covers>.+?): none of (?P<none_of>.+)")
ANSWER = re.compile(r"answer (?P<key>\S+) (?P<value>yes|no)")


def record_of(text: str) -> dict[str, Any]:
    """The record, as the native form has it. Raises ValueError for what is no such line."""
    if text.startswith("{"):
        return dict(json.loads(text))
    record: dict[str, Any] = {}
    for entry in text.split("; ") if text != NOTHING else ():
        _add(entry, record)
    return record


def _add(entry: str, record: dict[str, Any]) -> None:
    kind, _, rest = entry.partition(" ")
    if entry in ("female", "male"):
        record["sex"] = entry
    elif kind == "born":
        record["birth_date"] = rest
    elif entry.startswith("record of "):
        record["as_of"] = entry.removeprefix("record of ")
    elif kind == "complete:":
        record["complete"] = rest.split(", ")
    elif found := REVIEW.fullmatch(entry):
        record.setdefault("reviews", []).append({**found.groupdict(), "none_of": found["none_of"].split(", ")})
    elif found := ANSWER.fullmatch(entry):
        record.setdefault("answers", {})[found["key"]] = found["value"] == "yes"
    elif kind in KINDS:
        record.setdefault(KINDS[kind], []).append(_entry(rest))
    else:
        record.setdefault("observations", []).append(_result(entry))


def _entry(text: str) -> dict[str, Any]:
    head, *fields = text.split(", ")
    words = _words(head)
    named = {words[0]: words[1]} if words[0] in CALLED_BY and len(words) == 2 else {"name": words[0]}
    if len(words) > len(named) + (words[0] in CALLED_BY):
        raise ValueError(f"`{head}` is no name")
    return named | _fields(fields)


def _result(text: str) -> dict[str, Any]:
    head, *fields = text.split(", ")
    found = RESULT.fullmatch(head)
    words = _words(found["what"]) if found is not None else []
    if found is None or not 2 <= len(words) <= 3:
        raise ValueError(f"`{text}` is no result")
    result: dict[str, Any] = {"name": words[0], "value": None if words[1] == "–" else _number(words[1])}
    if len(words) == 3:
        result["unit"] = words[2]
    if found["date"] is not None:
        result["date"] = found["date"]
    return result | _fields(fields)


def _fields(fields: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        word = next((each for each in FIELDS if field.startswith(f"{each} ")), None)
        if word == "upper limit":
            found[FIELDS[word]] = _number(field.removeprefix(f"{word} "))
        elif word is not None:
            found[FIELDS[word]] = field.removeprefix(f"{word} ")
        elif field in QUALITIES:
            name, value = QUALITIES[field]
            found[name] = value
        elif re.fullmatch(r"[a-z][a-z -]*", field) and field not in FIELDS and "status" not in found:
            found["status"] = field
        else:
            raise ValueError(f"`{field}` is no field")
    return found


def _words(text: str) -> list[str]:
    return [quoted or plain for quoted, plain in TOKEN.findall(text)]


def _number(text: str) -> int | float | str:
    """A plain number as one; anything else (`<0.2`, `positive`) as it is written."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text
