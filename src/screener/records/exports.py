"""Records in a folder: a bulk export of FHIR, the resources of all whose files belong together.

A file in which nothing is a record is passed over and named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from os.path import isdir
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from screener.records.documents import Document, head_of, read_file, refused, unreadable
from screener.records.errors import RecordError, printable
from screener.records.folders import HOLDS_NOTHING, Unread, contents_of, name_in
from screener.records.foreign import HEAD, MANIFEST, Foreign, foreign_json, is_hook
from screener.records.json_records import FIELDS, groups_of, place_of
from screener.records.notes import some_of
from screener.records.sources import Group, HowRead, Source, path_of


def recognises(source: Source) -> bool:
    """A folder."""
    place = path_of(source)
    return place is not None and isdir(place)


def groups(source: Source, how: HowRead) -> Iterator[Group | RecordError]:
    """What the files of the folder hold, taken together. Raises RecordError where it cannot be read as a whole."""
    place = path_of(source)
    if place is not None:
        yield from groups_of(_bulk_export(place, how.file), how)


def records_in(folder: Path) -> tuple[list[Path], tuple[Unread, ...]]:
    """The sources in a folder: the folder itself if it is a bulk export, else each file of a record in it. The second
    part names what is not read; for a bulk export, that comes when it is read."""
    found = contents_of(folder)
    if found.bulk or not found.records or _are_of_one_export(found.records):
        return [folder], ()
    sources: list[Path] = []
    others = list(found.others)
    for each in found.records:
        beside = _nothing_of_a_patient(each, name_in(each, folder))
        if beside is None:
            sources.append(each)
        else:
            others.append(beside)
    return sources or [folder], tuple(others) if sources else ()


def _are_of_one_export(places: Sequence[Path]) -> bool:
    """Whether files hold a single resource each, and not only Patients: an export that is not written in lines. What
    cannot be read is no hindrance."""
    kinds: list[object] = []
    for place in places:
        try:
            if place.stat().st_size > HEAD:
                kind = _KIND.match(head_of(place))
                if kind is None or kind[1] in (b"Bundle", b"Parameters"):
                    return False
                kinds.append(kind[1].decode())
                continue
            contents = [each.content for each in read_file(place, str(place)) if isinstance(each, Document)]
        except (RecordError, OSError):
            continue
        for content in contents:
            if isinstance(content, Mapping) and content.get("resourceType") not in (None, "Bundle", "Parameters"):
                kinds.append(content["resourceType"])
            elif _foreign(content) is None and not _is_without_resources(content):
                return False
    return len(kinds) > 1 and set(kinds) != {"Patient"}


_KIND = re.compile(rb'\s*\{\s*(?:"\w+"\s*:\s*"[^"\\]*"\s*,\s*)*"resourceType"\s*:\s*"(\w+)"')
"""The beginning of a large file, such as a PDF within a Binary, that says which kind of resource it is: before anything
that holds other resources."""


def _is_without_resources(content: object) -> bool:
    """Parameters that hold no resource, such as the settings of a server."""
    if not isinstance(content, Mapping) or content.get("resourceType") != "Parameters":
        return False
    of_parameters = content.get("parameter", [])
    return isinstance(of_parameters, list) and not any("resource" in str(each) for each in of_parameters)


def _nothing_of_a_patient(place: Path, name: str) -> Unread | None:
    """A manifest or a log that is named like a record."""
    try:
        if place.stat().st_size > HEAD:
            return None
        found = [_foreign(each.content) for each in read_file(place, name) if isinstance(each, Document)]
    except (RecordError, OSError):
        return None
    is_none = bool(found) and all(other is not None and not other.may_hold for other in found)
    return Unread(name, HOLDS_NOTHING, may_hold=False) if is_none else None


def _bulk_export(folder: Path, called: str) -> Iterator[Document | RecordError | Unread]:
    """What a bulk export holds. A file in which nothing is a record is passed over and named."""
    try:
        found = contents_of(folder)
    except OSError as error:
        raise unreadable(called, error) from None
    if not found.bulk and not _are_of_one_export(found.records):
        mend = "name files, or a folder of `*.json`, `*.ndjson` or `*.ndjson.gz`"
        named = [f"{each.name} ({each.why})" for each in found.others if each.may_hold]
        raise refused(called, "", f"it is a folder without a record{f': {some_of(named)}' if named else ''}", mend)
    yield from found.others
    for each in found.bulk:
        yield from _file_of_lines(each, name_in(each, folder))
    names = [each.name.lower() for each in (*found.bulk, *found.records)]
    for each in found.records:
        for one in _file_beside(each, name_in(each, folder)):
            if isinstance(one, Manifest):
                yield from _not_at_hand(one, names)
            else:
                yield one


def _file_of_lines(place: Path, name: str) -> Iterator[Document | RecordError | Unread]:
    """The documents of a file of an export. What in it is no record, as in a log, is passed over and named once."""
    others: set[Foreign] = set()
    has_records = False
    try:
        for each in read_file(place, str(place)):
            if isinstance(each, RecordError):
                yield each
            elif (other := _foreign(each.content)) is not None:
                others.add(other)
            else:
                has_records = True
                yield replace(each, place=f"{name}: {each.place}" if each.place else name)
    except RecordError as error:
        if _is_empty(place):  # there is no resource of that kind
            return
        yield error
    if others:
        may_hold = any(other.may_hold for other in others)
        what = _what_beside(min(others, key=lambda other: (not other.may_hold, other.what)))
        yield Unread(name, f"in some of its lines {what}" if has_records else what, may_hold)


class Manifest(Struct, frozen=True):
    """The manifest of an export, by its content."""

    content: Mapping[str, Any]
    name: str


def _not_at_hand(manifest: Manifest, names: Sequence[str]) -> Iterator[Unread]:
    """The files that a manifest names and that are not in its folder. Whoever fetched them may have renamed them; those
    are recognised by the kind of resource in their name."""
    content = manifest.content
    for field in ("output", "error"):
        files = content.get(field)
        kinds: Counter[str] = Counter()
        for each in files if isinstance(files, list) else ():
            address, kind = (each.get("url"), each.get("type")) if isinstance(each, dict) else (None, None)
            called = address.partition("?")[0].rstrip("/").rpartition("/")[2] if isinstance(address, str) else ""
            if called and {called.lower(), f"{called.lower()}.gz", called.lower().removesuffix(".gz")} & set(names):
                continue
            kind = kind if isinstance(kind, str) else ""
            kinds[kind] += 1
            if not kind or sum(kind.lower() in name for name in names) < kinds[kind]:
                yield Unread(printable(called[:60]) or manifest.name, f"{manifest.name} names it as `{field}`", True)
    links = content.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and str(link.get("relation")).strip().lower() == "next":
            yield Unread(manifest.name, "it is one page of several, and the next ones are not at hand", True)


def _file_beside(place: Path, name: str) -> Iterator[Document | Unread | Manifest]:
    """The documents of a JSON file that lies among the lines of an export and belongs to them. What is no record is
    named."""
    try:
        for each in read_file(place, str(place)):
            where = f"{name}: {each.place}" if isinstance(each, Document) and each.place else name
            if isinstance(each, RecordError):
                yield Unread(place_of(each), each.problems[0].fault, may_hold=True)
            elif (other := _foreign(each.content)) is not None:
                yield Unread(where, _what_beside(other), other.may_hold)
                if other is MANIFEST:
                    yield Manifest(each.content, name)
            elif _is_without_resources(each.content):
                yield Unread(where, HOLDS_NOTHING, may_hold=False)
            else:
                yield Document(each.content, where, is_part=True)
    except RecordError as error:
        yield Unread(name, error.problems[0].fault, may_hold=not _is_empty(place))


def _what_beside(other: Foreign) -> str:
    return other.what if other.may_hold else HOLDS_NOTHING


def _foreign(content: object) -> Foreign | None:
    if not isinstance(content, Mapping) or "resourceType" in content or is_hook(content):
        return None
    return foreign_json(content, FIELDS)


def _is_empty(place: Path) -> bool:
    try:
        return not head_of(place).strip(b" \t\r\n\xef\xbb\xbf")
    except (RecordError, OSError):
        return False
