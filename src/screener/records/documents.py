"""From files and bytes to JSON documents, whatever is in them: the guard before the records.

Nothing is trusted, and nothing grows without a bound: how large a text may be, how much of it gzip may unpack to, how
long one line of NDJSON, how deeply a document may nest and how many digits a number may have. A key that stands twice
and a number that JSON does not have are refused in words. Numbers with a fraction are kept as they are written
(Decimal). The one error that leaves here is RecordError.

A text is decoded by msgspec. What that refuses, and what holds a key twice, is read a second time by the slower reader
of the standard library, which can say what is wrong and where.
"""

from __future__ import annotations

import gc
import json
import math
import os
import re
import stat
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from screener.records.errors import Findings, Problem, RecordError, path, quoted
from screener.records.foreign import AS_JSON, BOM, HEAD, IN_UTF_8, foreign_text, is_binary
from screener.records.slips import how_to_mend

MOST_DIGITS = 1000
"""Digits of a whole number. Python itself stops at a few thousand, and takes long for them."""
MOST_BYTES = 256 * 1024 * 1024
"""The limit for one document's text, unpacked. The largest charts that hospitals export have some tens of megabytes."""
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one line of NDJSON: one resource, or one record."""
MOST_BYTES_OF_LINES = 4 * 1024 * 1024 * 1024
"""The limit for all lines of one NDJSON file, unpacked: some thousands of patients."""
SMALL = 8 * 1024 * 1024
"""Bytes of a file that is read at one go."""
DEEPEST = 64
"""Objects and lists inside one another, in a record of the native form."""
DEEPEST_DATA = 256
"""The same in plain data that are FHIR. A text has the limit of its reader."""

MOST_LINES_TRIED = 1000
"""How many lines are looked at before a text is taken to be one JSON text over many lines."""

_CHUNK = 1 << 20
_WIDEST_MARGIN = 4096
_GZIP = b"\x1f\x8b"
_BLANK = b" \t\r"


class Document(Struct, frozen=True):
    """One JSON document, and where in its file it stands (`line 3`; empty: it is the whole file). `is_part`: the
    documents next to it belong to it, even if it is a Bundle."""

    content: Any
    place: str = ""
    is_part: bool = False
    text: bytes = b""
    """The line that it stands in, if it is one of many."""
    start: int | None = None
    """Where in its file that line begins; None if the file is packed."""
    file: Path | None = None


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
        with _opened(place, file) as opened:
            head = opened.read(SMALL) if opened.seekable() else None
            if head is not None and len(head) < SMALL:
                read = read_bytes(head, file)
            else:
                if head is not None:
                    opened.seek(0)
                    del head
                read = read_stream(opened, file)
            for each in read:
                yield each if isinstance(each, RecordError) or not each.text else replace(each, file=place)
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from None


def head_of(place: Path) -> bytes:
    """The first bytes of a file, unpacked. Raises RecordError, or OSError, if it cannot be read."""
    with _opened(place, str(place)) as opened:
        return next(_unpacked(opened.read(_CHUNK), opened, str(place)), b"")[:HEAD]


_ODD_FILES = {
    stat.S_ISFIFO: ("it is a named pipe", "give a file, or `-` for standard input"),
    stat.S_ISSOCK: ("it is a socket", "give a file"),
    stat.S_ISCHR: ("it is a device", "give a file"),
    stat.S_ISBLK: ("it is a device", "give a file"),
}
"""What stands among files and is none: from some of it nothing would ever come, from some of it no end."""


def odd_file(mode: int) -> tuple[str, str] | None:
    """What something of this mode is that is neither a file nor a folder, and what to do instead."""
    return next((told for is_one, told in _ODD_FILES.items() if is_one(mode)), None)


def _opened(place: Path, file: str) -> IO[bytes]:
    """A file opened for reading, without waiting for anybody. Raises RecordError for what is no file.

    A pipe that the shell made for this call (`<(…)`) is one that somebody writes to, and is read.
    """
    mode = place.stat().st_mode
    is_of_the_call = stat.S_ISFIFO(mode) and place.parts[:2] in (("/", "dev"), ("/", "proc"))
    if not is_of_the_call and (odd := odd_file(mode)) is not None:
        raise refused(file, "", *odd)
    # What was a file may be a pipe by now, and opening that would wait for its writer.
    flags = os.O_RDONLY | (0 if is_of_the_call else getattr(os, "O_NONBLOCK", 0)) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(place, flags), "rb")


def unreadable(file: str, error: OSError | ValueError) -> RecordError:
    """What the system says of a file or folder that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return refused(file, "", "there is no such file")
    reason = (error.strerror if isinstance(error, OSError) else None) or "it is not the name of a file"
    return refused(file, "", f"it cannot be read: {reason.lower()}")


def read_bytes(text: bytes, file: str) -> Iterator[Document | RecordError]:
    """The documents of a text in memory, as `read_file` gives them."""
    if b"\n{" not in text and len(text) <= MOST_BYTES and (whole := _decoded(text)) is not None:
        yield Document(whole)
    else:
        yield from read_stream(BytesIO(text), file)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Kept:
    """An open file, such as standard input, that can be read from its beginning again: what came is written down."""

    def __init__(self, stream: _Readable) -> None:
        from tempfile import SpooledTemporaryFile  # only who has an open file pays for it

        self._stream = stream
        self._written = SpooledTemporaryFile(SMALL)  # noqa: SIM115
        self._size = 0

    def __del__(self) -> None:
        self._written.close()

    def from_its_beginning(self) -> _Readable:
        """It, to be read once."""
        return _Again(self)

    def after(self, place: int, size: int) -> bytes:
        """What follows after so many bytes, at most so many."""
        if place < self._size:
            self._written.seek(place)
            return self._written.read(size)
        chunk = self._stream.read(size)
        self._written.seek(self._size)
        self._written.write(chunk)
        self._size += len(chunk)
        return chunk


class _Again:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._place = 0

    def read(self, size: int, /) -> bytes:
        chunk = self._kept.after(self._place, size)
        self._place += len(chunk)
        return chunk


def read_stream(stream: _Readable, file: str) -> Iterator[Document | RecordError]:
    """The documents of an open file or of standard input, as `read_file` gives them."""
    try:
        yield from _documents(stream, file)
    except OSError as error:
        raise unreadable(file, error) from None


def _documents(stream: _Readable, file: str) -> Iterator[Document | RecordError]:
    packed = stream.read(_CHUNK)
    is_packed = packed.startswith(_GZIP)
    chunks = _unpacked(packed, stream, file)
    head = next(chunks, b"")
    if (foreign := foreign_text(head)) is not None:
        raise refused(file, "", foreign.what, foreign.mend)
    lines = _Lines(chain([head], chunks), file)
    first = lines.next_line()
    if first is None:
        raise refused(file, "", "there is no record: the text is empty", "give JSON, or the path of a file")
    begun, are_lines = _begun(first, lines)
    if are_lines:
        yield from _each_line(chain(begun, lines), file, is_packed=is_packed)
        return
    text = lines.whole(begun)
    try:
        whole = parse(text, file)
    except RecordError as error:
        yield from _one_after_another(text, file, error)
    else:
        yield Document(whole)


def _begun(first: _Line, lines: _Lines) -> tuple[list[_Line], bool]:
    """The first lines, as many as it takes to tell whether each line is a text of its own; and whether it is.

    It is where the first line is a whole object and others follow, or any two in succession are: inside one JSON text
    something would have to stand between them.
    """
    begun = [first]
    was_whole = is_first_whole = _is_a_whole_object(first.text)
    while len(begun) < MOST_LINES_TRIED and (line := lines.next_line()) is not None:
        begun.append(line)
        is_whole = _is_a_whole_object(line.text)
        if is_first_whole or (is_whole and was_whole):
            return begun, True
        was_whole = is_whole
    return begun, False


def _each_line(lines: Iterable[_Line], file: str, *, is_packed: bool) -> Iterator[Document | RecordError]:
    for line in lines:
        if line.text.strip().removeprefix(BOM):
            start = None if is_packed else line.start
            yield _document(line.text.removesuffix(b"\n"), file, f"line {line.number}", start)


def _document(text: bytes, file: str, place: str, start: int | None) -> Document | RecordError:
    if (bare := text.lstrip(_BLANK)).startswith(BOM):
        start = start + len(text) - len(bare) + len(BOM) if start is not None else None
        text = bare.removeprefix(BOM)
    try:
        return Document(parse(text, file, place), place, text=text, start=start)
    except RecordError as error:
        return error


_BEGINNING = re.compile(rb"^([ \t]*)(?:\xef\xbb\xbf)?\{", re.MULTILINE)


def _one_after_another(text: bytes, file: str, error: RecordError) -> Iterator[Document | RecordError]:
    """The documents of a text that is not one JSON text: objects over several lines, one after the other, each begun at
    the margin. Raises the error with which it was not read as one, where no object is whole."""
    beginnings = list(_BEGINNING.finditer(text))
    last_line = text.rstrip().rpartition(b"\n")[2]
    if len(beginnings) > 1 and _is_a_whole_object(last_line):
        yield from _each_line(_Lines(iter([text]), file), file, is_packed=True)
        return
    margin = len(beginnings[0][1]) if beginnings else 0
    blank = len(text) - len(text.lstrip())
    starts = [0, *(each.start() for each in beginnings if len(each[1]) <= margin and each.start() > blank)]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    if len(pieces) == 1 or not any(_is_a_whole_object(piece) for piece in pieces):
        raise error
    number = 1
    for piece in pieces:
        blank = piece[: len(piece) - len(piece.lstrip())].count(b"\n")
        yield _document(piece.strip(), file, f"line {number + blank}", None)
        number += piece.count(b"\n")


def _is_a_whole_object(line: bytes) -> bool:
    """Whether a line by itself is a JSON object, as each line of NDJSON is."""
    line = line.strip().removeprefix(BOM)
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return False
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


class _Line(Struct, frozen=True):
    number: int
    text: bytes
    start: int


class _Lines:
    """The lines of a stream that are not blank, each bounded."""

    def __init__(self, chunks: Iterator[bytes], file: str) -> None:
        self.chunks = chunks
        self.file = file
        self.buffer = bytearray()
        self.number = 1
        self.passed = 0
        """Bytes of the stream before the buffer."""

    def __iter__(self) -> Iterator[_Line]:
        while (line := self.next_line()) is not None:
            yield line

    def next_line(self) -> _Line | None:
        """The next line that is not blank, with its end; None after the last."""
        while not self._skip_blanks():
            if not self._read_on():
                return None
        scanned = 0
        while (end := self.buffer.find(b"\n", scanned)) < 0:
            scanned = len(self.buffer)
            if not self._read_on():
                end = scanned
                break
        line = _Line(self.number, bytes(self.buffer[: end + 1]), self.passed)
        self._pass(end + 1)
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
        self._pass(line_begins if blank - line_begins < _WIDEST_MARGIN else blank)
        return not is_all

    def _pass(self, size: int) -> None:
        self.passed += min(size, len(self.buffer))
        del self.buffer[:size]

    def _read_on(self) -> bool:
        if len(self.buffer) > MOST_BYTES:
            raise _too_large(self.file, MOST_BYTES)
        chunk = next(self.chunks, None)
        if chunk is None:
            return False
        self.buffer += chunk
        return True

    def whole(self, begun: Sequence[_Line]) -> bytes:
        """The whole text, after these lines, which have been read; every line keeps its number, within reason."""
        text = bytearray()
        number = 1
        for line in begun:
            text += b"\n" * min(line.number - number, _CHUNK) + line.text
            number = line.number + 1
        text += self.buffer
        self.buffer.clear()
        for chunk in self.chunks:
            text += chunk
            if len(text) > MOST_BYTES:
                raise _too_large(self.file, MOST_BYTES)
        return bytes(text)


def _unpacked(head: bytes, stream: _Readable, file: str) -> Iterator[bytes]:
    """The stream's bytes, unpacked if they are packed by gzip, and never more than are allowed."""
    total = 0
    chunks = _gunzipped(head, stream, file) if head.startswith(_GZIP) else _plain(head, stream)
    for chunk in chunks:
        total += len(chunk)
        if total > MOST_BYTES_OF_LINES:
            raise _too_large(file, MOST_BYTES_OF_LINES)
        yield chunk


def _plain(head: bytes, stream: _Readable) -> Iterator[bytes]:
    while head:
        yield head
        head = stream.read(_CHUNK)


def _gunzipped(head: bytes, stream: _Readable, file: str) -> Iterator[bytes]:
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
    document = _decoded(text)
    return document if document is not None else _parse_slowly(text, file, place)


def _decoded(text: bytes) -> Any:
    """What a JSON text holds; None where the slower reader has to say what is wrong, or may read what msgspec would
    not."""
    is_collecting = gc.isenabled()
    gc.disable()  # nothing in JSON holds itself, and looking through it for garbage takes as long as reading it
    try:
        document = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidOperation, RecursionError):
        return None
    finally:
        if is_collecting:
            gc.enable()
    return document if document is not None and _has_every_key(text, document) else None


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
        if (foreign := foreign_text(encoded)) is not None:
            raise refused(file, place, foreign.what, foreign.mend) from None
        if is_binary(encoded):
            raise refused(file, place, "it is no text, and not JSON", AS_JSON) from None
        raise refused(file, place, "it is not text in UTF-8", IN_UTF_8) from None
    except json.JSONDecodeError as error:
        if (foreign := foreign_text(encoded)) is not None:
            raise refused(file, place, foreign.what, foreign.mend) from None
        line = place or f"line {error.lineno}"
        fault = f"it is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        is_begun = text.lstrip()[:1] in ("{", "[")
        mend = how_to_mend(text, error.pos, is_over=error.msg == "Extra data") if is_begun else AS_JSON
        raise refused(file, f"{line}, column {error.colno}", fault, mend) from None
    except RecursionError:
        raise refused(file, place, "it is nested too deeply") from None
    if (faulty or _HALF_A_CHARACTER.search(text)) and (faults := faults_of(document, place)):
        raise RecordError(faults, file)
    return document


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
        case None | bool():
            return value
        case Decimal() if value.is_finite():
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
        case int() | float() | Decimal():
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
