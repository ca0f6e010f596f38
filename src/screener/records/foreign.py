"""What is handed over in place of a record: a PDF, a log, a manifest. Its first bytes tell, or the fields of its JSON.

Nothing is read here. Each kind has one sentence for what it is and one for what to do instead. It also says whether it
may hold anything about a patient; if so, no list of that patient's record is complete.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

AS_JSON = "export the record as JSON: FHIR R4, or the form of `screen schema record`"
IN_UTF_8 = "save it as UTF-8"
_BY_ITSELF = "give it by itself, as a file named *.csv or *.xlsx"
_UNPACK = "unpack it, and name the files in it"
_FHIR_AS_JSON = "ask for FHIR as JSON (`application/fhir+json`)"

BOM = b"\xef\xbb\xbf"
HEAD = 1 << 16
"""Bytes by which a file is recognised."""
_LEADING = b" \t\r\n\x0b"
"""What may stand before it. Interfaces that send HL7 v2 put a vertical tab first."""


class Foreign(Struct, frozen=True):
    """Something that is no record: what it is, as the end of a sentence (`it is a PDF`), and what to do about it.

    `may_hold`: whether something of a patient may stand in it.
    """

    what: str
    mend: str = ""
    may_hold: bool = True


def _not_json(what: str, mend: str = AS_JSON) -> Foreign:
    return Foreign(f"it is {what}, not JSON", mend)


_UTF_16 = Foreign("it is text in UTF-16", IN_UTF_8)
_UTF_32 = Foreign("it is text in UTF-32", IN_UTF_8)
_OFFICE = _not_json("a file of an office program")
_IMAGE = _not_json("an image")
_OF_THE_SYSTEM = Foreign("it is a file of the operating system", may_hold=False)

_BINARY = {
    b"PK\x03\x04": Foreign("it is a zip archive", _UNPACK),
    b"%PDF": _not_json("a PDF"),
    rb"{\rtf": _not_json("a text document (RTF)"),
    b"\xff\xfe\0\0": _UTF_32,
    b"\0\0\xfe\xff": _UTF_32,
    b"{\0\0\0": _UTF_32,
    b"\0\0\0{": _UTF_32,
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"{\0": _UTF_16,
    b"\0{": _UTF_16,
    b"\x1f\x8b": Foreign("it is packed by gzip more than once", _UNPACK),
    b"BZh": Foreign("it is packed by bzip2", _UNPACK),
    b"\xfd7zXZ\0": Foreign("it is packed by xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": Foreign("it is packed by zstd", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": Foreign("it is a 7z archive", _UNPACK),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": _OFFICE,
    b"\x89PNG\r\n": _IMAGE,
    b"\xff\xd8\xff": _IMAGE,
    b"GIF8": _IMAGE,
    b"II*\0": _IMAGE,
    b"MM\0*": _IMAGE,
    b"SQLite format 3\0": _not_json("a database (SQLite)"),
    b"PAR1": _not_json("a table (Parquet)"),
    b"version https://git-lfs": Foreign("it is a pointer of Git LFS, not the file itself", "fetch it: `git lfs pull`"),
    b"\0\0\0\1Bud1": _OF_THE_SYSTEM,
    b"\0\5\x16\7": _OF_THE_SYSTEM,
}
"""By the first bytes of a file, the longer before those that begin them, which nothing else begins with."""
_IN_AN_ARCHIVE = {
    b"xl/": _not_json("an Excel sheet", _BY_ITSELF),
    b"word/": _not_json("a Word document"),
    b"content.xml": _OFFICE,
}
"""By the names of what lies in a zip archive."""
_HL7_V2 = {
    b"MSH|": _not_json("an HL7 v2 message"),
    b"FHS|": _not_json("a file of HL7 v2 messages"),
    b"BHS|": _not_json("a batch of HL7 v2 messages"),
}
_XML = (
    (re.compile(rb"<(\w+:)?ClinicalDocument\b"), _not_json("a CDA document (XML)")),
    (re.compile(rb"""xmlns(:\w+)?\s*=\s*["']http://hl7\.org/fhir["']"""), _not_json("FHIR in XML", _FHIR_AS_JSON)),
    (re.compile(rb"""xmlns(:\w+)?\s*=\s*["']urn:hl7-org:v3["']"""), _not_json("an HL7 v3 message (XML)")),
    (
        re.compile(rb"<(!doctype\s+)?html\b", re.IGNORECASE),
        _not_json(
            "a web page (HTML)", "a server may answer so to who has not signed in; export the record as JSON: FHIR R4"
        ),
    ),
    (re.compile(rb"<"), _not_json("XML")),
)
_JSON_BEGINS = re.compile(rb'^[ \t]*(?:\xef\xbb\xbf)?(?:\{\s*["}]|\[\s*[\[{\]"])', re.MULTILINE)
_SEPARATORS = b",;\t|"
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def foreign_text(text: bytes) -> Foreign | None:
    """What a text or file is by its first bytes; None if it may be JSON, or nobody can tell."""
    head = text[:HEAD].removeprefix(BOM)
    for mark, foreign in _BINARY.items():
        if head.startswith(mark):
            found = (within for name, within in _IN_AN_ARCHIVE.items() if mark == b"PK\x03\x04" and name in head)
            return next(found, foreign)
    begin = head.lstrip(_LEADING).removeprefix(BOM)
    if begin.startswith(rb"{\rtf"):
        return _BINARY[rb"{\rtf"]
    if _JSON_BEGINS.search(head):
        return None
    for mark, foreign in _HL7_V2.items():
        if begin.startswith(mark):
            return foreign
    if begin.startswith(b"<"):
        return next(foreign for mark, foreign in _XML if mark.search(begin))
    return _TABLE if _is_table(begin) else None


_TABLE = _not_json("a table (CSV)", _BY_ITSELF)


def _is_table(begin: bytes) -> bool:
    """Whether the first lines have columns: one separator as often in each."""
    lines = begin.splitlines()[:3]
    if len(lines) < 2 or begin[:1] in (b"{", b"["):
        return False
    counts = [[line.count(separator) for separator in _SEPARATORS] for line in lines if line.strip()]
    return any(of_one[0] > 0 and len(set(of_one)) == 1 for of_one in zip(*counts, strict=True)) and len(counts) > 1


def is_prose(head: bytes) -> bool:
    """Whether a file begins as text that is neither a table nor any other kind of data."""
    try:
        head[:HEAD].decode("utf-8-sig", errors="strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return foreign_text(head) is None and not _JSON_BEGINS.search(head) and not _CONTROLS.search(head)


def is_binary(text: bytes) -> bool:
    """Whether it is no text at all, in any encoding."""
    return _CONTROLS.search(text[:HEAD]) is not None


# ---- JSON that is no record

_LOG_TIMES = frozenset({"timestamp", "@timestamp", "time", "ts", "datetime"})
_LOG_WORDS = frozenset({"event", "eventId", "eventDetail", "level", "severity", "msg", "message", "logger"})
_LOG = Foreign("it is a log", AS_JSON, may_hold=False)
MANIFEST = Foreign(
    "it is the manifest of a bulk export: it names files, and holds no resource itself",
    "download the files of its `output`, and give their folder",
    may_hold=False,
)
_QUERIED = Foreign(
    "it is the answer to a query (GraphQL), which has of each resource only what was asked for",
    "give the resources themselves, whole: a Bundle, or one a line",
)
_DEEPEST_WRAPPER = 4
_SHORTEST_MISSPELT = 5
"""Letters of a field. Shorter ones are like too many words."""


def is_hook(content: Mapping[str, Any]) -> bool:
    """Whether it is the request of a CDS Hooks client, which brings resources as its `prefetch`."""
    beside = ("hookInstance", "context", "prefetch")
    return isinstance(content.get("hook"), str) and any(each in content for each in beside)


def deletes(request: object) -> bool:
    """Whether the request of an entry asks for, or reports, the deletion of a resource."""
    method = request.get("method") if isinstance(request, dict) else None
    return isinstance(method, str) and method.strip().upper() == "DELETE"


def deletions(bundle: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The entries of a Bundle that only says what was deleted, as a bulk export has them; none of any other Bundle."""
    entries = bundle.get("entry")
    if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
        return ()
    is_whole = all(isinstance(each, Mapping) and deletes(each.get("request")) for each in entries)
    return entries if is_whole else ()


def foreign_json(content: Mapping[str, Any], fields: frozenset[str]) -> Foreign | None:
    """What a JSON object without a `resourceType` is, if it is no record; `fields` are those of a record.

    None if it is a record, or may be one with fields that are misspelt.
    """
    output = content.get("output")
    if isinstance(output, list) and all(isinstance(each, dict) and "url" in each for each in output):
        return MANIFEST
    within = _resource_in(content, ())
    if within and len(within) == 1:
        return Foreign(f"it is no record itself: what stands in it under `{within[0]}` is FHIR", "give that by itself")
    if "data" in content and not content.keys() & fields:
        return _QUERIED if isinstance(content["data"], dict) else _something_else(content)
    if within:
        return Foreign(
            f"it is no record itself: what stands in it under `{'.'.join(within)}` is FHIR", "give that itself"
        )
    if content.keys() & _LOG_TIMES and content.keys() & _LOG_WORDS:
        return _LOG
    if content and not content.keys() & fields and not _are_misspelt(content, fields):
        return _something_else(content)
    return None


def _something_else(content: Mapping[str, Any]) -> Foreign:
    from screener.records.errors import printable

    named = ", ".join(f"`{printable(str(key)[:30])}`" for key in list(content)[:3])
    more = ", …" if len(content) > 3 else ""
    return Foreign(f"it is JSON of something else: no record has the fields {named}{more}", AS_JSON)


def _are_misspelt(content: Mapping[str, Any], fields: frozenset[str]) -> bool:
    """Whether half of the fields, or more, are like those of a record; or more than half, with other names of them."""
    from difflib import get_close_matches

    from screener.records.errors import LIKE_ENOUGH
    from screener.records.fields import own_field

    keys = [str(key)[:30] for key in list(content)[:20]]
    long_enough = [key.casefold() for key in keys if len(key) >= _SHORTEST_MISSPELT]
    like = sum(bool(get_close_matches(key, fields, n=1, cutoff=LIKE_ENOUGH)) for key in long_enough)
    return 2 * like >= len(keys) or 2 * sum(own_field(key, fields) is not None for key in keys) > len(keys)


def _resource_in(value: Any, way: tuple[str, ...]) -> tuple[str, ...] | None:
    """The way to the first thing inside that is FHIR."""
    if len(way) > _DEEPEST_WRAPPER:
        return None
    match value:
        case {"resourceType": str()} if way:
            return way
        case dict():
            inner = [(key, each) for key, each in list(value.items())[:50] if isinstance(each, dict | list)]
            return next((found for key, each in inner if (found := _resource_in(each, (*way, key)))), None)
        case list():
            return next((found for each in value[:3] if (found := _resource_in(each, way))), None)
        case _:
            return None
