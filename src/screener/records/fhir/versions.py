"""Other versions of FHIR, read as R4: what they call differently, and what reverses the meaning of a resource in them.

R4 says `not-done` where STU3 says `notDone` next to a status of `completed`. A field that only another version has is
obeyed wherever it stands, whatever version the resource claims: whoever wrote it meant it. The fields are data:
`versions.tsv` in this folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from screener.records.fhir.elements import Body
from screener.values.tables import table_rows

_KNOWN = {"1.0": "DSTU2", "3.0": "STU3", "4.0": "R4", "4.1": "R4B", "4.3": "R4B", "5.0": "R5"}
"""Versions of FHIR that are read, by the first two numbers of each."""
_PROFILE = re.compile(r"https?://hl7\.org/fhir/(?:(\d+\.\d+)\S*/)?StructureDefinition/[^|]*(?:\|(\d+\.\d+)\S*)?")
_STAYING = ("entered-in-error", "draft", "not-done", "not-taken")
"""Statuses that no other field of another version turns into something else."""
_DOUBT = "unknown"


class _Field(Struct, frozen=True):
    name: str
    becomes: str
    how: str
    words: Mapping[str, str]


def as_r4(content: Body) -> Body:
    """A resource with what other versions call differently as R4 calls it. What it has in R4's own field stays."""
    known = _fields().get(content.get("resourceType", ""))
    if known is None or known.keys().isdisjoint(content.keys()):
        return content
    read = dict(content)
    for field in (each for name, those in known.items() if name in content for each in those):
        value = content[field.name] if field.name in content else content.get(f"_{field.name}")
        if value is not None:
            _put(field, value, read)
    return read


def _put(field: _Field, value: Any, read: dict[str, Any]) -> None:
    match field.how:
        case "as it is":
            if read.get(field.becomes) is None:
                read[field.becomes] = value
        case "as code":
            if isinstance(value, str):
                read[field.becomes] = {"coding": [{"code": value}]}
        case "as list":
            if isinstance(value, dict):
                read[field.becomes] = [value]
        case "concept to code":
            if isinstance(value, dict):
                read[field.becomes] = _word(value)
        case "concept or reference":
            _open_up(field.becomes, value, read)
        case _:
            _turn(field, value, read)


def _open_up(becomes: str, value: Any, read: dict[str, Any]) -> None:
    """R5's CodeableReference: a concept, or a reference to what has one."""
    if not isinstance(value, dict):
        return
    if becomes == "code":
        if value.get("concept") is not None:
            read[becomes] = value["concept"]
        return
    if value.get("concept") is not None:
        read.setdefault(f"{becomes}CodeableConcept", value["concept"])
    if value.get("reference") is not None:
        read.setdefault(f"{becomes}Reference", value["reference"])


def _turn(field: _Field, value: Any, read: dict[str, Any]) -> None:
    word = field.words.get(_word(value) or "", _DOUBT)
    if word == "-":
        return
    if field.becomes == "status":
        if read.get("status") not in _STAYING:
            read["status"] = word
    elif read.get(field.becomes) is None:
        read[field.becomes] = {"coding": [{"code": word}]}


def _word(value: Any) -> str | None:
    """A code, a truth or the code of a concept, as one word."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case {"code": dict() as concept}:
            return _word(concept)
        case {"coding": [{"code": str() as code}, *_]}:
            return code
        case _:
            return None


@cache
def _fields() -> Mapping[str, Mapping[str, list[_Field]]]:
    """The fields of each kind, by the name under which they are looked for: also by that of a primitive's extension,
    which says that the value is there and masked."""
    found: dict[str, dict[str, list[_Field]]] = {}
    for kind, name, _, becomes, how in table_rows(Path(__file__).with_name("versions.tsv")):
        words = dict(each.split("=") for each in how.split()) if "=" in how else {}
        field = _Field(name, becomes, how, words)
        found.setdefault(kind, {}).setdefault(name, []).append(field)
        if words:
            found[kind].setdefault(f"_{name}", []).append(field)
    return found


def unknown_version(body: Body) -> str | None:
    """Why a resource cannot be read that names its own version of FHIR, one that is not known here."""
    version = body.get("fhirVersion")
    stated: list[str | None] = [".".join(version.split(".")[:2])] if isinstance(version, str) else []
    meta = body.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    for profile in profiles if isinstance(profiles, list) else ():
        if isinstance(profile, str) and (found := _PROFILE.match(profile)) is not None:
            stated.extend(found.groups())
    for each in stated:
        if each is not None and each not in _KNOWN:
            return f"it is of version {each[:20]} of FHIR, which is not read"
    return None
