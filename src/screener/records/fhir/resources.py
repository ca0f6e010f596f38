"""Finding resources and what they refer to: Bundles opened, versions told apart, references followed.

Resources that came together are a Pool. A reference is followed inside the pool only, by its full URL, by type and id,
to a contained resource, or by an identifier; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from screener.records.fhir.elements import Body, ShapeError, UnreadableError, moment_of, part, parts, text

MOST_BUNDLES_DEEP = 4
"""Bundles inside one another: a batch response holds searches, and that is all there is to it."""

LONGEST_KIND = 60
"""Letters in the name of a kind of resource. FHIR's longest has 33."""

_UUID = "urn:uuid:"
_LISTS = {"DiagnosticReport": "result", "Observation": "hasMember"}
"""Where a report and a panel name their results."""


class Resource(Struct, frozen=True, eq=False):
    """A resource, and where it stands: `Observation/123`, or its place in the file if it has no id.

    `holder` is the resource in which it is contained.
    """

    kind: str
    id: str | None
    """Its id on the server that it comes from."""
    body: Body
    place: str
    full_url: str | None = None
    holder: Resource | None = None

    @property
    def server(self) -> str:
        """The address of the server that it comes from; empty if its full URL names none."""
        url = (self.holder or self).full_url
        return url.rsplit("/", 2)[0] if url is not None and "://" in url else ""


class SetAside(Struct, frozen=True):
    """What was not used, and why: the end of a sentence whose subject is the resource.

    `resource` is the one itself, where it says whose it is; `is_nobodys` where it should and does not, so that it may
    be of any patient.
    """

    kind: str
    place: str
    why: str
    resource: Resource | None = None
    is_nobodys: bool = False


class Pool:
    """Resources that came together."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.set_aside: list[SetAside] = []
        self.missing: list[str] = []
        """Where something that may be about any of the patients is not at hand."""
        self._index: dict[str, Resource | None] | None = None
        self._by_identifier: dict[tuple[str | None, str], Resource | None] | None = None
        self._by_uuid: dict[str, Resource] | None = None
        self._listed_in: dict[int, list[Resource]] | None = None
        self._deleted: dict[str, int | None] = {}

    # ---- filling

    def add(self, content: Body, place: str, full_url: str | None = None, depth: int = 0) -> None:
        """A resource, or a Bundle of them. `place` is where it stands in the file (empty: it is all of it)."""
        kind = content.get("resourceType")
        if not isinstance(kind, str) or not kind.isalnum() or len(kind) > LONGEST_KIND:
            self.leave("resource", place or "the file", "it does not say which resource it is")
        elif kind == "Bundle":
            self._add_bundle(content, place, depth)
        else:
            identity = _identity(content)
            named = f"{kind}/{identity}" if identity is not None else place or kind
            self.resources.append(Resource(kind, identity, content, named, full_url))

    def _add_bundle(self, bundle: Body, place: str, depth: int) -> None:
        where = f"{place}: " if place else ""
        if depth >= MOST_BUNDLES_DEEP:
            self.leave("Bundle", place or "Bundle", "Bundles lie in it too deeply")
            return
        entries = bundle.get("entry", ())
        if not isinstance(entries, list | tuple):
            self.leave("Bundle", place or "Bundle", "its `entry` is not a list")
            return
        for number, entry in enumerate(entries):
            here = f"{where}entry[{number}]"
            try:
                self._add_entry(entry, here, depth)
            except ShapeError as error:
                self.leave("entry", here, str(error))
        links = bundle.get("link")
        links = links if isinstance(links, list) else ()
        if any(isinstance(link, dict) and link.get("relation") == "next" for link in links):
            self.miss("Bundle", place or "Bundle", "it is one page of several, and the next ones are not at hand")

    def _add_entry(self, entry: Any, place: str, depth: int) -> None:
        if not isinstance(entry, dict):
            raise ShapeError("it is not an object")
        content, request = part(entry, "resource"), part(entry, "request")
        if text(request, "method") == "DELETE":
            named = "/".join((text(request, "url") or "").rsplit("/", 2)[-2:])
            self._deleted[named] = _instant(text(part(entry, "response"), "lastModified"))
            raise ShapeError("it tells of a resource that was deleted")
        if not content:
            if "response" not in entry and "request" not in entry and "link" not in entry:
                raise ShapeError("it has no resource")
            return
        self.add(content, place, text(entry, "fullUrl"), depth + 1)

    def leave(self, kind: str, place: str, why: str) -> None:
        """Set something aside."""
        self.set_aside.append(SetAside(kind, place, why))

    def miss(self, kind: str, place: str, why: str) -> None:
        """Tell of something that is not at hand, and may be about any of the patients."""
        self.leave(kind, place, why)
        self.missing.append(place)

    def leave_of_somebody(self, resource: Resource, why: str) -> None:
        """Set a resource aside that says whose it is."""
        self.set_aside.append(SetAside(resource.kind, resource.place, why, resource))

    def leave_of_nobody(self, resource: Resource, why: str) -> None:
        """Set a resource aside that may be of any patient."""
        self.set_aside.append(SetAside(resource.kind, resource.place, why, is_nobodys=True))

    def without_repetitions(self) -> Sequence[Resource]:
        """The resources, each once, and of several versions of one the latest.

        Where nothing says which of two versions is the latest, both are kept: what they contradict each other in is for
        the reader to see.
        """
        places: dict[tuple[str, str, str | None], int] = {}
        kept: list[Resource] = []
        for resource in self.resources:
            if resource.id is None:
                kept.append(resource)
                continue
            if self._was_deleted(resource):
                self.leave_of_somebody(resource, "it was deleted")
                continue
            key = (resource.kind, resource.id, resource.full_url)
            if key not in places:
                places[key] = len(kept)
                kept.append(resource)
                continue
            other = kept[places[key]]
            newer = _newer(other, resource)
            if other.body == resource.body:
                self.leave_of_somebody(resource, "it stands there twice")
            elif newer is None:
                kept.append(resource)
                self.leave_of_somebody(resource, "it stands there in two versions, and both are used")
            else:
                self.leave_of_somebody(resource, "a later version of it replaces it")
                kept[places[key]] = newer
        self.resources = kept
        self._index = self._by_uuid = self._listed_in = None
        return kept

    def _was_deleted(self, resource: Resource) -> bool:
        """Whether a Bundle tells that it was deleted, and not before this version of it was made."""
        named = f"{resource.kind}/{resource.id}"
        if named not in self._deleted:
            return False
        deleted, made = self._deleted[named], _last_updated(resource)
        return deleted is None or made is None or made <= deleted

    # ---- references

    def referred(self, reference: Body, origin: Resource) -> Resource | None:
        """The resource that a Reference means, if it is in the pool. Raises ShapeError."""
        identifier = identifier_in(reference)
        if identifier is not None:
            return self._identified().get(identifier)
        target = text(reference, "reference")
        return self.at(target, origin) if target is not None else None

    def at(self, target: str, origin: Resource) -> Resource | None:
        """The resource at an address: `#id` inside the same one, a full URL, or `Type/id`."""
        if target.startswith("#"):
            return self._contained(target[1:], origin)
        index = self._indexed()
        plain = target.partition("/_history/")[0].partition("|")[0]
        if "://" not in plain and not plain.startswith("urn:"):
            # A relative address is one on the server that the resource itself comes from.
            if not origin.server:
                return index.get(plain)
            plain = f"{origin.server}/{plain}"
        found = index.get(plain)
        if found is None and plain.startswith(_UUID):
            # A UUID is one thing in the world, also where its Bundle was taken apart and the full URLs are lost.
            return self._named_by_uuid().get(plain.removeprefix(_UUID))
        if found is None and "://" in plain:
            # Without a full URL of its own a resource may be the one; with another it is another.
            named = index.get("/".join(plain.rsplit("/", 2)[-2:]))
            found = named if named is not None and named.full_url is None else None
        return found

    def listed_in(self, result: Resource) -> Sequence[Resource]:
        """The reports and panels that have this as one of their results."""
        if result.holder is not None:
            return [result.holder]
        if self._listed_in is None:
            self._listed_in = {}
            for resource in self.resources:
                for listed in self._results_of(resource):
                    self._listed_in.setdefault(id(listed), []).append(resource)
        return self._listed_in.get(id(result), ())

    def _results_of(self, resource: Resource) -> list[Resource]:
        field = _LISTS.get(resource.kind, "")
        try:
            found = [self.referred(each, resource) for each in parts(resource.body, field)]
        except ShapeError:
            return []  # whoever reads the report or the panel itself sets it aside
        return [each for each in found if each is not None]

    def _indexed(self) -> dict[str, Resource | None]:
        """Resources by their full URL, and by type and id; None where several servers have one of that type and id."""
        if self._index is None:
            index: dict[str, Resource | None] = {}
            for resource in self.resources:
                if resource.full_url is not None:
                    index.setdefault(resource.full_url, resource)
                if resource.id is not None:
                    named = f"{resource.kind}/{resource.id}"
                    other = index.setdefault(named, resource)
                    if other is not None and other.full_url != resource.full_url:
                        index[named] = None
            self._index = index
        return self._index

    def _named_by_uuid(self) -> dict[str, Resource]:
        if self._by_uuid is None:
            self._by_uuid = {each.id: each for each in self.resources if each.id is not None and each.full_url is None}
        return self._by_uuid

    def _identified(self) -> dict[tuple[str | None, str], Resource | None]:
        """Resources by their identifiers; None where several have the same."""
        if self._by_identifier is None:
            self._by_identifier = {}
            for resource in self.resources:
                identifiers = resource.body.get("identifier")
                for each in identifiers if isinstance(identifiers, list) else ():
                    if isinstance(each, dict) and isinstance(each.get("value"), str):
                        system = each.get("system")
                        key = (system if isinstance(system, str) else None, each["value"])
                        other = self._by_identifier.setdefault(key, resource)
                        self._by_identifier[key] = resource if other is resource else None
        return self._by_identifier

    def _contained(self, identity: str, origin: Resource) -> Resource | None:
        holder = origin.holder or origin
        if not identity:
            return holder
        return next((each for each in contained_in(holder) if each.id == identity), None)


def identifier_in(reference: Body) -> tuple[str | None, str] | None:
    """The system and value of the identifier by which a Reference names its target: in a field of its own, or in an
    address that searches for it (`Patient?identifier=system|value`); None if it names none. Raises ShapeError.
    """
    target = text(reference, "reference")
    if target is None:
        identifier = part(reference, "identifier")
        value = text(identifier, "value")
        return (text(identifier, "system"), value) if value is not None else None
    searched = parse_qsl(target.partition("?")[2])
    if len(searched) != 1 or searched[0][0] != "identifier":
        return None
    system, _, value = searched[0][1].rpartition("|")
    return system or None, value


def contained_in(holder: Resource) -> Iterator[Resource]:
    """The resources that another one contains. Raises ShapeError."""
    for number, body in enumerate(parts(holder.body, "contained")):
        kind, identity = body.get("resourceType"), _identity(body)
        if isinstance(kind, str):
            named = f"#{identity}" if identity is not None else f".contained[{number}]"
            yield Resource(kind, identity, body, f"{holder.place}{named}", holder=holder)


def _identity(body: Body) -> str | None:
    identity = body.get("id")
    return identity if isinstance(identity, str) and identity else None


def changed_meaning(body: Body) -> str | None:
    """What FHIR forbids to pass over: an extension that may turn the meaning round, or rules that nobody knows here."""
    if body.get("modifierExtension"):
        return "it has a `modifierExtension`, which may change what it means"
    if body.get("implicitRules"):
        return "it has `implicitRules`, which are not known here"
    return None


def _newer(one: Resource, other: Resource) -> Resource | None:
    """Which of two versions is the later one, as far as they say so."""
    for age in (_last_updated, _version):
        ages = age(one), age(other)
        if ages[0] is not None and ages[1] is not None and ages[0] != ages[1]:
            return one if ages[0] > ages[1] else other
    return None


def _meta(resource: Resource, field: str) -> str | None:
    meta = resource.body.get("meta")
    value = meta.get(field) if isinstance(meta, dict) else None
    return value if isinstance(value, str) else None


def _last_updated(resource: Resource) -> int | None:
    """In seconds of universal time."""
    return _instant(_meta(resource, "lastUpdated"))


def _instant(stated: str | None) -> int | None:
    try:
        when = moment_of(stated, "lastUpdated") if stated is not None else None
    except UnreadableError:
        return None
    return when.first - (when.offset or 0) * 60 if when is not None and when.first == when.last else None


def _version(resource: Resource) -> int | None:
    stated = _meta(resource, "versionId")
    return int(stated) if stated is not None and stated.isascii() and stated.isdigit() and len(stated) < 18 else None


__all__ = ["Pool", "Resource", "SetAside", "changed_meaning", "contained_in", "identifier_in"]
