"""From files and bytes to JSON documents, whatever is in them: the guard before the records.

Nothing is trusted, and nothing grows without a bound: how large a text may be, how much of it gzip may unpack to, how
long one line of NDJSON, how deeply a document may nest and how many digits a number may have. A key that stands twice
and a number that JSON does not have are refused in words. Numbers with a fraction are kept as they are written
(Decimal). The one error that leaves here is RecordError.

A text is decoded by msgspec. What that refuses, and what holds a key twice, is read a second time by the slower reader
of the standard library, which can say what is wrong and where.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from screener.records.errors import Findings, Problem, RecordError, path, quoted

MOST_DIGITS = 1000
"""Digits of a whole number. Python itself stops at a few thousand, and takes long for them."""
MOST_BYTES = 256 * 1024 * 1024
"""Of one document's text, unpacked. The largest charts that hospitals export have some tens of megabytes."""
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one line of NDJSON: one resource, or one record."""
MOST_BYTES_OF_LINES = 4 * 1024 * 1024 * 1024
"""Of all lines of one NDJSON file, unpacked: some thousands of patients."""
SMALL = 32 * 1024 * 1024
"""Bytes of a file that is read at one go."""
DEEPEST = 64
"""Objects and lists inside one another, in a record of the native form."""
DEEPEST_DATA = 256
"""The same in plain data that are FHIR. A text has the limit of its reader."""

_CHUNK = 1 << 20
_WIDEST_MARGIN = 4096
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_BOM = b"\xef\xbb\xbf"


class Document(Struct, frozen=True):
    """One JSON document, and where in its file it stands (`line 3`; empty: it is the whole file)."""

    content: Any
    place: str = ""


def refused(file: str, where: str, fault: str, mend: str = "") -> RecordError:
    """A record that cannot be used at all, with its one fault."""
    return RecordError([Problem(where, fault, mend)], file)


# ---- files


def read_file(place: Path, file: str) -> Iterator[Document | RecordError]:
    """The documents of a file: one JSON text, or a line each (NDJSON), perhaps packed by gzip.

    A line that cannot be read is a RecordError among the others. Raises RecordError where the file as a whole cannot
    be read.
    """
    try:
        with place.open("rb") as opened:
            head = opened.read(SMALL)
            if len(head) < SMALL:
                yield from read_bytes(head, file)
            else:
                opened.seek(0)
                yield from read_stream(opened, file)
    except FileNotFoundError:
        raise refused(file, "", "there is no such file") from None
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from None


def unreadable(file: str, error: OSError | ValueError) -> RecordError:
    """What the system says of a file or folder that cannot be read."""
    reason = (error.strerror if isinstance(error, OSError) else None) or "it is not the name of a file"
    return refused(file, "", f"it cannot be read: {reason.lower()}")


def read_bytes(text: bytes, file: str) -> Iterator[Document | RecordError]:
    """The documents of a text in memory, as `read_file` gives them."""
    if not text.startswith((_GZIP, _ZIP)) and b"\n{" not in text and len(text) <= MOST_BYTES and text.strip():
        yield Document(parse(text, file))
    else:
        yield from read_stream(BytesIO(text), file)


def read_stream(stream: IO[bytes], file: str) -> Iterator[Document | RecordError]:
    """The documents of an open file or of standard input, as `read_file` gives them."""
    try:
        yield from _documents(stream, file)
    except OSError as error:
        raise unreadable(file, error) from None


def _documents(stream: IO[bytes], file: str) -> Iterator[Document | RecordError]:
    lines = _Lines(_unpacked(stream, file), file)
    first = lines.next_line()
    if first is None:
        raise refused(file, "", "there is no record: the text is empty", "give JSON, or the path of a file")
    if first.text.startswith(_ZIP):
        raise refused(file, "", "it is a zip archive", "unpack it, and name the files in it")
    second = lines.next_line()
    if second is None or not _is_a_whole_object(first.text):
        yield Document(parse(lines.whole(first, second), file))
        return
    line: _Line | None = first
    following: _Line | None = second
    while line is not None:
        place = f"line {line.number}"
        try:
            yield Document(parse(line.text, file, place), place)
        except RecordError as error:
            yield error
        line, following = following, lines.next_line()


def _is_a_whole_object(line: bytes) -> bool:
    """Whether a line by itself is a JSON object, as each line of NDJSON is."""
    try:
        return isinstance(msgspec.json.decode(line.removeprefix(_BOM)), dict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


class _Line(Struct, frozen=True):
    number: int
    text: bytes


class _Lines:
    """The lines of a stream that are not blank, each bounded."""

    def __init__(self, chunks: Iterator[bytes], file: str) -> None:
        self.chunks = chunks
        self.file = file
        self.buffer = bytearray()
        self.number = 1

    def next_line(self) -> _Line | None:
        """The next line that is not blank, without its end; None after the last."""
        while not self._skip_blanks():
            if not self._read_on():
                return None
        scanned = 0
        while (end := self.buffer.find(b"\n", scanned)) < 0:
            scanned = len(self.buffer)
            if not self._read_on():
                end = scanned
                break
        line = _Line(self.number, bytes(self.buffer[:end]))
        del self.buffer[: end + 1]
        self.number += 1
        return line

    def _skip_blanks(self) -> bool:
        """Pass over white space, and tell whether anything else has been reached. Blank lines may be without number."""
        if self.buffer[:1].strip():
            return True
        blank = len(self.buffer) - len(self.buffer.lstrip())
        is_all = blank == len(self.buffer)
        self.number += self.buffer.count(b"\n", 0, blank)
        # The blanks of the line itself are kept, unless nobody could have meant them.
        line_begins = self.buffer.rfind(b"\n", 0, blank) + 1
        del self.buffer[: line_begins if blank - line_begins < _WIDEST_MARGIN else blank]
        return not is_all

    def _read_on(self) -> bool:
        if len(self.buffer) > MOST_BYTES:
            raise _too_large(self.file, MOST_BYTES)
        chunk = next(self.chunks, None)
        if chunk is None:
            return False
        self.buffer += chunk
        return True

    def whole(self, first: _Line, second: _Line | None) -> bytes:
        """The whole text, of which two lines have been read already; every line keeps its number, within reason."""
        text = bytearray(b"\n" * min(first.number - 1, _CHUNK)) + first.text
        if second is not None:
            text += b"\n" * min(second.number - first.number, _CHUNK) + second.text + b"\n" + self.buffer
            self.buffer.clear()
            for chunk in self.chunks:
                text += chunk
                if len(text) > MOST_BYTES:
                    raise _too_large(self.file, MOST_BYTES)
        return bytes(text)


def _unpacked(stream: IO[bytes], file: str) -> Iterator[bytes]:
    """The stream's bytes, unpacked if they are packed by gzip, and never more than are allowed."""
    total = 0
    head = stream.read(_CHUNK)
    chunks = _gunzipped(head, stream, file) if head.startswith(_GZIP) else _plain(head, stream)
    for chunk in chunks:
        total += len(chunk)
        if total > MOST_BYTES_OF_LINES:
            raise _too_large(file, MOST_BYTES_OF_LINES)
        yield chunk


def _plain(head: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    while head:
        yield head
        head = stream.read(_CHUNK)


def _gunzipped(head: bytes, stream: IO[bytes], file: str) -> Iterator[bytes]:
    """gzip may hold several members one after the other. A little of it may unpack to a lot, so it comes in parts."""
    packed, unpacker = head, zlib.decompressobj(wbits=31)
    try:
        while packed:
            yield unpacker.decompress(packed, _CHUNK)
            packed = unpacker.unconsumed_tail
            if unpacker.eof:
                packed = unpacker.unused_data or stream.read(_CHUNK)
                unpacker = zlib.decompressobj(wbits=31)
                if packed and not packed.strip(b"\0"):  # padding at the end of a tape or disk block
                    return
            elif not packed:
                packed = stream.read(_CHUNK)
                if not packed:
                    raise refused(file, "", "it is packed by gzip, and ends in the middle", "fetch the file again")
    except zlib.error:
        raise refused(file, "", "it is packed by gzip, and damaged", "fetch the file again") from None


def _too_large(file: str, most: int) -> RecordError:
    return refused(
        file,
        "",
        f"it is larger than {most >> 20} MiB",
        "give each patient in a file of its own, or NDJSON, line by line",
    )


# ---- JSON

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def parse(text: bytes, file: str, place: str = "") -> Any:
    """The document that a JSON text holds. Raises RecordError."""
    if len(text) > (LONGEST_LINE if place else MOST_BYTES):
        raise _too_large(file, LONGEST_LINE if place else MOST_BYTES)
    try:
        document = _DECODER.decode(text)
        if _has_every_key(text, document):
            return document
    except RecursionError:
        raise refused(file, place, "it is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidOperation):
        pass  # the slower reader says what is wrong, or reads what msgspec would not
    return _parse_slowly(text, file, place)


def _has_every_key(text: bytes, document: Any) -> bool:
    """Whether no key of the text was lost to another of its name: written anew, it has as many quotation marks."""
    if b"\\u0022" in text:
        return False
    return text.count(b'"') == _ENCODER.encode(document).count(b'"')


class _Doubled(dict[str, Any]):
    """An object in which keys stand twice."""

    keys_twice: list[str]


class _NoNumber(str):
    """A number that JSON does not have, or that no record needs."""

    __slots__ = ()


def _parse_slowly(encoded: bytes, file: str, place: str) -> Any:
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
        text = encoded.decode("utf-8-sig")
        document = json.loads(
            text, object_pairs_hook=as_object, parse_float=as_decimal, parse_int=as_whole, parse_constant=as_constant
        )
    except UnicodeDecodeError:
        if (other := _other_form(encoded)) is not None:
            raise refused(file, place, *other) from None
        raise refused(file, place, "it is not text in UTF-8", _IN_UTF_8) from None
    except json.JSONDecodeError as error:
        if (other := _other_form(encoded)) is not None:
            raise refused(file, place, *other) from None
        line = place or f"line {error.lineno}"
        fault = f"it is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        mend = "" if text.lstrip()[:1] in ("{", "[") else _JSON_INSTEAD
        raise refused(file, f"{line}, column {error.colno}", fault, mend) from None
    except RecursionError:
        raise refused(file, place, "it is nested too deeply") from None
    if (faulty or _HALF_A_CHARACTER.search(text)) and (faults := faults_of(document, place)):
        raise RecordError(faults, file)
    return document


_JSON_INSTEAD = "export the record as JSON: FHIR R4, or the form of `screen schema record`"
_IN_UTF_8 = "save it as UTF-8"
_OTHER_FORMS = {
    b"<": ("it is XML or HTML, not JSON", _JSON_INSTEAD),
    b"%PDF": ("it is a PDF, not JSON", _JSON_INSTEAD),
    b"MSH|": ("it is an HL7 v2 message, not JSON", _JSON_INSTEAD),
    b"\xff\xfe": ("it is text in UTF-16", _IN_UTF_8),
    b"\xfe\xff": ("it is text in UTF-16", _IN_UTF_8),
}
"""What files are that hospitals have in place of JSON, by what they begin with, and what to do."""


def _other_form(text: bytes) -> tuple[str, str] | None:
    begin = text[:_CHUNK].removeprefix(_BOM).lstrip()
    return next((other for mark, other in _OTHER_FORMS.items() if begin.startswith(mark)), None)


_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""How JSON writes half of a character beyond the first 65,536, which is text only if the other half follows."""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def faults_of(document: Any, place: str = "") -> list[Problem]:
    """The keys that stand twice, the numbers that are none and the text that is none, in the order of the record."""
    findings = Findings(place=place)
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), document)]
    while waiting:
        location, value = waiting.pop()
        match value:
            case _Doubled():
                for key in value.keys_twice:
                    fault = f"the key {quoted(key)} stands twice in one object"
                    findings.refuse(path((*location, key)), fault, "leave one of them out")
            case _NoNumber():
                fault = f"{quoted(str(value))} is not a number"
                findings.refuse(path(location), fault, "write a number or text")
            case str() if not _is_unicode(value):
                findings.refuse(path(location), f"{quoted(value)} is not text in Unicode")
        match value:
            case dict():
                waiting.extend(((*location, key), each) for key, each in reversed(value.items()))
                waiting.extend(((*location, key), key) for key in value)
            case list():
                waiting.extend(((*location, number), each) for number, each in reversed(list(enumerate(value))))
    return findings.problems


# ---- plain data


def from_data(data: Mapping[str, Any], file: str) -> Document:
    """Plain data as the document that their JSON text would hold. Raises RecordError where there is no such text."""
    return Document(_as_json(data, file, 0))


def _as_json(value: object, file: str, depth: int) -> Any:
    if depth > DEEPEST_DATA:
        raise refused(file, "", "it is nested too deeply")
    match value:
        case None | bool() | Decimal():
            return value
        case int() if abs(value) < 10**MOST_DIGITS:
            return value
        case float() if math.isfinite(value):
            return value
        case str() if _is_unicode(value):
            return value
        case Mapping():
            return {_as_key(key, file): _as_json(each, file, depth + 1) for key, each in value.items()}
        case list() | tuple():
            return [_as_json(each, file, depth + 1) for each in value]
        case str():
            raise refused(file, "", f"{quoted(value)} is not text in Unicode")
        case int() | float():
            raise refused(file, "", f"{quoted(value)} is not a number", "write a number or text")
        case _:
            raise refused(file, "", f"{quoted(value)} is not JSON", "give text, numbers, lists and objects")


def _as_key(key: object, file: str) -> str:
    if not isinstance(key, str):
        raise refused(file, "", f"{quoted(key)} is not a key: keys are text")
    if not _is_unicode(key):
        raise refused(file, "", f"{quoted(key)} is not text in Unicode")
    return key


def is_deeper_than(document: Any, most: int) -> bool:
    """Whether objects and lists lie inside one another more than `most` times."""
    level = [document]
    for _ in range(most + 1):
        level = [
            each
            for value in level
            if isinstance(value, dict | list)
            for each in (value.values() if isinstance(value, dict) else value)
            if isinstance(each, dict | list)
        ]
        if not level:
            return False
    return True
