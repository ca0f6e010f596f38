"""Finding resources and what they refer to: Bundles opened, versions told apart, references followed.

Resources that came together are a Pool. A reference is followed inside the pool only, by its full URL, by type and id,
to a contained resource, or by an identifier; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeGuard
from urllib.parse import parse_qsl

from msgspec import Struct

from screener.records.addresses import plain_address, plain_id, uuid_in
from screener.records.fhir.elements import (
    Body,
    ShapeError,
    UnreadableError,
    concept_kept,
    moment_of,
    part,
    parts,
    shown,
    text,
)
from screener.records.fhir.searches import Page, not_at_hand, page_of, why_incomplete, why_partial
from screener.records.fhir.versions import as_r4
from screener.records.foreign import deletes, deletions
from screener.records.notes import NoteKind
from screener.values.dates import Moment

MOST_BUNDLES_DEEP = 4
"""Bundles inside one another: a batch response holds searches, and that is all there is to it."""

LONGEST_KIND = 60
"""Letters in the name of a kind of resource. FHIR's longest has 33."""

_LISTS = {"DiagnosticReport": "result", "Observation": "hasMember"}
"""Where a report and a panel name their results."""


_ASKING = frozenset({"GET", "HEAD"})
"""Requests that bring no resource."""


def is_kind(stated: object) -> TypeGuard[str]:
    """Whether a resource says what it is by a name that FHIR could have for it."""
    return isinstance(stated, str) and stated.isalnum() and stated[0].isupper() and len(stated) <= LONGEST_KIND


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
    """Written the one way (`plain_address`)."""
    holder: Resource | None = None
    document: str | None = None
    """The document that it is part of, by its place. A document is about one subject."""
    lies: str = ""
    """Its place in the file, or among the files, also where it has an id."""

    @property
    def named(self) -> str | None:
        """Its type and id, as addresses are compared; None without an id."""
        return f"{self.kind}/{plain_id(self.id)}" if self.id is not None else None

    @property
    def server(self) -> str:
        """The address of the server that it comes from; empty if its full URL names none."""
        url = (self.holder or self).full_url
        return url.rsplit("/", 2)[0] if url is not None and "://" in url else ""


class Missing(Struct, frozen=True):
    """Something that is not at hand and may be about any of the patients: where, and of which kinds of resources (None:
    any)."""

    place: str
    kinds: frozenset[str] | None = None


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
    noted_as: NoteKind = "remark"


class Pool:
    """Resources that came together."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.set_aside: list[SetAside] = []
        self.missing: list[Missing] = []
        self._pages: list[Page] = []
        self._index: dict[str, Resource | None] | None = None
        self._by_identifier: dict[tuple[str | None, str], Resource | None] | None = None
        self._by_uuid: dict[str, Resource | None] | None = None
        self._listed_in: dict[int, list[Resource]] | None = None
        self._deleted: dict[str, Moment | None] = {}

    # ---- filling

    def add(
        self,
        content: Body,
        place: str,
        full_url: str | None = None,
        depth: int = 0,
        *,
        document: str | None = None,
        asked: frozenset[str] | None = None,
    ) -> None:
        """A resource, or a Bundle of them. `place` is where it stands in the file (empty: it is all of it), `document`
        the document that it is part of, `asked` the kinds of resources that a server was asked for with it."""
        kind = content.get("resourceType")
        if not is_kind(kind):
            self.miss("resource", place or "the file", "it does not say which resource it is")
        elif kind == "Bundle":
            self._add_bundle(content, place, depth)
        else:
            content = as_r4(content)
            identity = _identity(content)
            named = f"{kind}/{identity}" if identity is not None else place or kind
            url = plain_address(full_url) if full_url is not None else None
            self.resources.append(Resource(kind, identity, content, named, url, document=document, lies=place))
            if kind == "OperationOutcome":
                self._add_outcome(content, named, asked)

    def _add_outcome(self, outcome: Body, place: str, asked: frozenset[str] | None) -> None:
        """What a server says of its own answer."""
        if (why := why_incomplete(outcome)) is not None:
            self.miss("OperationOutcome", place, why, asked)

    def _add_bundle(self, bundle: Body, place: str, depth: int) -> None:
        where = f"{place}: " if place else ""
        if depth >= MOST_BUNDLES_DEEP:
            self.miss("Bundle", place or "Bundle", "Bundles lie in it too deeply")
            return
        entries = bundle.get("entry", ())
        if not isinstance(entries, list | tuple):
            self.miss("Bundle", place or "Bundle", "its `entry` is not a list")
            return
        page = page_of(bundle, place or "Bundle")
        self._pages.append(page)
        if (why := why_partial(bundle)) is not None:
            self.miss("Bundle", page.place, why, page.kinds)
        document = (place or "Bundle") if bundle.get("type") == "document" else None
        holds_more = not deletions(bundle)
        for number, entry in enumerate(entries):
            here = f"{where}entry[{number}]"
            try:
                self._add_entry(entry, here, depth, document, page.kinds)
                if holds_more and deletes(entry.get("request")):
                    self.leave("entry", here, "it tells of a resource that was deleted")
            except ShapeError as error:
                self.miss("entry", here, str(error))
        if isinstance(issues := bundle.get("issues"), dict):
            self._add_outcome(issues, f"{where}issues", page.kinds)

    def close(self, on_lists: Collection[str]) -> None:
        """Everything has been added: what pages and servers say to be missing is known now. `on_lists` are the kinds of
        resources that stand on a list."""
        for page, why in not_at_hand(self._pages, on_lists):
            self.miss("Bundle", page.place, why, page.kinds)

    def _add_entry(
        self, entry: Any, place: str, depth: int, document: str | None, asked: frozenset[str] | None
    ) -> None:
        if not isinstance(entry, dict):
            raise ShapeError("it is not an object")
        content, request = part(entry, "resource"), part(entry, "request")
        if deletes(request):
            address = text(request, "url") or text(entry, "fullUrl") or ""
            if "?" in address:
                raise ShapeError("it deletes what a search finds, and nobody can tell what that is")
            named = "/".join(plain_address(address).rsplit("/", 2)[-2:])
            self._deleted[named] = _instant(text(part(entry, "response"), "lastModified"))
            return
        response = part(entry, "response")
        if outcome := part(response, "outcome"):
            self._add_outcome(outcome, f"{place}.response.outcome", asked)
        elif not content and (text(response, "status") or "")[:1] in ("4", "5"):
            self.miss("entry", place, f"the server answered with {shown(text(response, 'status'))}", asked)
        if not content:
            is_a_question = (text(request, "method") or "").upper() in _ASKING
            if not is_a_question and "response" not in entry and "link" not in entry:
                raise ShapeError("it has no resource")
            return
        self.add(content, place, text(entry, "fullUrl"), depth + 1, document=document, asked=asked)

    def leave(self, kind: str, place: str, why: str) -> None:
        """Set something aside."""
        self.set_aside.append(SetAside(kind, place, why))

    def miss(self, kind: str, place: str, why: str, kinds: frozenset[str] | None = None) -> None:
        """Tell of something that is not at hand, and may be about any of the patients."""
        self.leave(kind, place, why)
        self.missing.append(Missing(place, kinds))

    def leave_of_somebody(self, resource: Resource, why: str) -> None:
        """Set a resource aside that says whose it is."""
        self.set_aside.append(SetAside(resource.kind, resource.place, why, resource))

    def leave_of_nobody(self, resource: Resource, why: str) -> None:
        """Set a resource aside that may be of any patient."""
        self.set_aside.append(SetAside(resource.kind, resource.place, why, is_nobodys=True))

    def without_repetitions(self) -> Sequence[Resource]:
        """The resources, each once. Of several versions of one resource, the latest.

        If nothing shows which of two versions is the latest, both are kept, and the reader finds what they contradict
        each other in.
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
            key = (resource.kind, plain_id(resource.id), resource.full_url)
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
        if not self._deleted or (named := resource.named) not in self._deleted:
            return False
        deleted, made = self._deleted[named], _last_updated(resource)
        return deleted is None or made is None or not deleted.is_before(made)

    # ---- references

    def referred(self, reference: Body, origin: Resource) -> Resource | None:
        """The resource that a Reference means, if it is in the pool. Raises ShapeError."""
        target = text(reference, "reference")
        is_search = target is not None and "?" in target
        found = self.at(target, origin) if target is not None and not is_search else None
        if found is None and (is_search or "identifier" in reference):
            identifier = identifier_in(reference)
            return None if identifier is None or identifier[0] is None else self._identified().get(identifier)
        return found

    def at(self, target: str, origin: Resource) -> Resource | None:
        """The resource at an address: `#id` inside the same one, a full URL, or `Type/id`."""
        if target.startswith("#"):
            return self._contained(target[1:], origin)
        index = self._indexed()
        plain = plain_address(target)
        is_relative = "://" not in plain and not plain.startswith("urn:")
        if is_relative and origin.server:
            # A relative address is one on the server that the resource itself comes from.
            plain = f"{origin.server}/{plain}"
        found = index.get(plain)
        if found is None and (uuid := uuid_in(plain)) is not None:
            # A UUID is one thing in the world, also where its Bundle was taken apart and the full URLs are lost.
            # Alone, as in a URN, it does not say of which kind.
            kind = "" if plain.startswith("urn:") or "/" not in target else plain.rsplit("/", 2)[-2]
            found = self._named_by_uuid().get(uuid)
            return found if found is None or kind in ("", found.kind) else None
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
        field = _LISTS.get(resource.kind)
        if field is None or field not in resource.body:
            return []
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
                if (named := resource.named) is not None:
                    other = index.setdefault(named, resource)
                    if other is not None and other.full_url != resource.full_url:
                        index[named] = None
            self._index = index
        return self._index

    def _named_by_uuid(self) -> dict[str, Resource | None]:
        """Resources by the UUID of their id or URN; None where several have the same."""
        if self._by_uuid is None:
            self._by_uuid = {}
            for each in self.resources:
                lost = plain_id(each.id) if each.id is not None and each.full_url is None else None
                for uuid in {uuid_in(each.id or ""), uuid_in(each.full_url or ""), lost}:
                    if uuid is not None:
                        other = self._by_uuid.setdefault(uuid, each)
                        self._by_uuid[uuid] = each if other is each else None
        return self._by_uuid

    def _identified(self) -> dict[tuple[str | None, str], Resource | None]:
        """Resources by their identifiers; None where several have the same."""
        if self._by_identifier is None:
            self._by_identifier = {}
            for resource in self.resources:
                for key in identifiers_of(resource.body):
                    other = self._by_identifier.setdefault(key, resource)
                    self._by_identifier[key] = resource if other is resource else None
        return self._by_identifier

    def _contained(self, identity: str, origin: Resource) -> Resource | None:
        holder = origin.holder or origin
        if not identity:
            return holder
        return next((each for each in contained_in(holder) if each.id == identity), None)


def identifiers_of(body: Body) -> frozenset[tuple[str | None, str]]:
    """The systems and values of a resource's identifiers, as far as they can be read."""
    identifiers = body.get("identifier")
    return frozenset(
        (system if isinstance(system := each.get("system"), str) else None, each["value"])
        for each in (identifiers if isinstance(identifiers, list) else ())
        if isinstance(each, dict) and isinstance(each.get("value"), str)
    )


def identifier_in(reference: Body) -> tuple[str | None, str] | None:
    """The system and value of the identifier by which a Reference names its target: in a field of its own, or in an
    address that searches for it (`Patient?identifier=system|value`); None if it names none. Raises ShapeError.
    """
    _, asked, search = (text(reference, "reference") or "").partition("?")
    searched = parse_qsl(search) if asked else []
    if len(searched) == 1 and searched[0][0] == "identifier":
        system, _, searched_for = searched[0][1].rpartition("|")
        return system or None, searched_for
    identifier = part(reference, "identifier")
    value = text(identifier, "value")
    return ((text(identifier, "system") or "").strip() or None, value) if value is not None else None


def contained_in(holder: Resource) -> Iterator[Resource]:
    """The resources that another one contains. Raises ShapeError."""
    for number, body in enumerate(parts(holder.body, "contained")):
        kind, identity = body.get("resourceType"), _identity(body)
        if isinstance(kind, str):
            named = f"#{identity}" if identity is not None else f".contained[{number}]"
            yield Resource(kind, identity, as_r4(body), f"{holder.place}{named}", holder=holder)


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


IN_ERROR = "it was entered in error"


def was_entered_in_error(body: Body) -> bool:
    """Whether a resource takes itself back: by its status, or by how far a diagnosis or an allergy is verified."""
    if body.get("status") == _ENTERED_IN_ERROR:
        return True
    if "verificationStatus" not in body:
        return False
    verified = concept_kept(body["verificationStatus"])
    words = [each.code for each in verified.codings if each.code] or [verified.text or ""]
    return all(each.strip().casefold() == _ENTERED_IN_ERROR for each in words)


_ENTERED_IN_ERROR = "entered-in-error"


def _newer(one: Resource, other: Resource) -> Resource | None:
    """Which of two versions is the later one, as far as they say so."""
    updated = _last_updated(one), _last_updated(other)
    if updated[0] is not None and updated[1] is not None:
        if updated[1].is_before(updated[0]):
            return one
        if updated[0].is_before(updated[1]):
            return other
    versions = _version(one), _version(other)
    if versions[0] is not None and versions[1] is not None and versions[0] != versions[1]:
        return one if versions[0] > versions[1] else other
    return None


def _meta(resource: Resource, field: str) -> str | None:
    meta = resource.body.get("meta")
    value = meta.get(field) if isinstance(meta, dict) else None
    return value if isinstance(value, str) else None


def _last_updated(resource: Resource) -> Moment | None:
    return _instant(_meta(resource, "lastUpdated"))


def _instant(stated: str | None) -> Moment | None:
    try:
        return moment_of(stated, "lastUpdated") if stated is not None else None
    except UnreadableError:
        return None


def _version(resource: Resource) -> int | None:
    stated = _meta(resource, "versionId")
    return int(stated) if stated is not None and stated.isascii() and stated.isdigit() and len(stated) < 18 else None


__all__ = [
    "IN_ERROR",
    "Missing",
    "Pool",
    "Resource",
    "SetAside",
    "changed_meaning",
    "contained_in",
    "identifier_in",
    "identifiers_of",
    "was_entered_in_error",
]
