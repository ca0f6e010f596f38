"""Reading a patient: from a file, JSON text or plain data to a Patient, whatever form the record has.

Nothing is trusted: a key that stands twice, NaN, a number of endless digits, nesting without end are refused in words.
The one error that leaves here is RecordError.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from os import PathLike
from pathlib import Path
from typing import Any

from screener.records.charting import chart
from screener.records.dictionary import Dictionary
from screener.records.errors import Findings, Problem, RecordError, quoted
from screener.records.native import path, read_shape
from screener.records.patient import Patient
from screener.rulebook import Rulebook

MOST_DIGITS = 1000
"""Digits of a whole number. Python itself stops at a few thousand, and takes long for them."""

Source = Mapping[str, Any] | str | bytes | PathLike[str]


def read_patient(source: Source, rulebook: Rulebook | Dictionary, file: str | None = None) -> Patient:
    """Read one patient with the dictionary of a rulebook.

    `source` is plain data, JSON text (it begins with `{`), or the path of a file; `file` is what messages call it. Who
    reads many patients passes a `Dictionary`, made once. Raises RecordError, with every problem found, if the record
    cannot be used.
    """
    dictionary = rulebook if isinstance(rulebook, Dictionary) else Dictionary(rulebook)
    name = None
    if isinstance(source, str) and not source.strip():
        raise _refused(
            file or "record", "", "there is no record: the text is empty", "give JSON, or the path of a file"
        )
    if isinstance(source, PathLike) or (isinstance(source, str) and not source.lstrip().startswith(("{", "["))):
        place = Path(source)
        file, name = file or str(source), place.stem
        source = _read_file(place, file)
    file = file or "record"
    document = _parse(source, file) if isinstance(source, str | bytes) else source
    if not isinstance(document, Mapping):
        raise _refused(file, "", f"a record is one object, not {quoted(document)}", "screen each patient by itself")
    if "resourceType" in document:
        raise _fhir(file)
    findings = Findings()
    record, left_out = read_shape(document, findings)
    patient = chart(record, left_out, dictionary, findings, name)
    if findings.problems:
        raise RecordError(findings.problems, file)
    return patient


def read_document(place: PathLike[str], file: str) -> Any:
    """The JSON of a file that is no record by itself, read as carefully. Raises RecordError if it is none."""
    return _parse(_read_file(Path(place), file), file)


def _refused(file: str, where: str, fault: str, mend: str = "") -> RecordError:
    return RecordError([Problem(where, fault, mend)], file)


def _fhir(file: str) -> RecordError:
    return _refused(file, "", "this is a FHIR resource, and FHIR is not read yet", "give the record in the native form")


def _read_file(place: Path, file: str) -> bytes:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        raise _refused(file, "", "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not the name of a file"
        raise _refused(file, "", f"it cannot be read: {reason.lower()}") from None


# ---- JSON


class _Doubled(dict[str, Any]):
    """An object in which keys stand twice."""

    keys_twice: list[str]


class _NoNumber(str):
    """A number that JSON does not have, or that no record needs."""

    __slots__ = ()


# Opening brackets in a row, each but for a key: how deep the reader itself would go differs from Python to Python.
_NESTED_TOO_DEEPLY = re.compile(r'(?:[\[{]\s*(?:"[^"\\]*"\s*:\s*)?){64}')


def _parse(text: str | bytes, file: str) -> Any:
    faulty = False

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal faulty
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        faulty = True
        doubled = _Doubled(plain)
        doubled.keys_twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        return doubled

    def as_whole(text: str) -> int | _NoNumber:
        return int(text) if len(text) <= MOST_DIGITS else as_constant(text)

    def as_decimal(text: str) -> Decimal | _NoNumber:
        try:
            return Decimal(text)
        except InvalidOperation:
            return as_constant(text)

    def as_constant(text: str) -> _NoNumber:
        nonlocal faulty
        faulty = True
        return _NoNumber(text)

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        if _NESTED_TOO_DEEPLY.search(text):
            raise _refused(file, "", "it is nested too deeply")
        document = json.loads(
            text, object_pairs_hook=as_object, parse_float=as_decimal, parse_int=as_whole, parse_constant=as_constant
        )
    except UnicodeDecodeError:
        raise _refused(file, "", "it is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and _begins_with_resource(str(text)):
            raise _fhir(file) from None
        place = f"line {error.lineno}, column {error.colno}"
        raise _refused(file, place, f"it is not JSON: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except RecursionError:
        raise _refused(file, "", "it is nested too deeply") from None
    if (faulty or _HALF_A_CHARACTER.search(text)) and (faults := _faults(document)):
        raise RecordError(faults, file)
    return document


def _begins_with_resource(text: str) -> bool:
    """Whether the first line is a FHIR resource by itself, as in NDJSON."""
    try:
        first = json.loads(text.lstrip().partition("\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and "resourceType" in first


_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""How JSON writes half of a character beyond the first 65,536, which is text only if the other half follows."""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _faults(document: Any) -> list[Problem]:
    """The keys that stand twice, the numbers that are none and the text that is none, in the order of the record."""
    found = []
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), document)]
    while waiting:
        location, value = waiting.pop()
        match value:
            case _Doubled():
                for key in value.keys_twice:
                    fault = f"the key {quoted(key)} stands twice in one object"
                    found.append(Problem(path((*location, key)), fault, "leave one of them out"))
            case _NoNumber():
                found.append(Problem(path(location), f"{quoted(str(value))} is not a number", "write a number or text"))
            case str() if not _is_unicode(value):
                found.append(Problem(path(location), f"{quoted(value)} is not text in Unicode"))
        match value:
            case dict():
                waiting.extend(((*location, key), each) for key, each in reversed(value.items()))
                waiting.extend(((*location, key), key) for key in value)
            case list():
                waiting.extend(((*location, place), each) for place, each in reversed(list(enumerate(value))))
    return found
