"""What servers say of the wholeness of their own answers: pages that are not at hand, and what went wrong.

A search for one kind of resource says nothing of other kinds. The address of the answer says what it was for, or
else by what was found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from screener.records.absences import said_of_list
from screener.records.addresses import plain_address
from screener.records.code_systems import system_name
from screener.records.errors import printable
from screener.records.fhir.elements import Body
from screener.values.tables import table_rows

_NOT_WHOLE = frozenset(
    {"incomplete", "suppressed", "security", "login", "expired", "forbidden", "unknown", "too-costly", "too-long"}
    | {"throttled", "timeout", "transient", "lock-error", "no-store", "exception"}
)
"""The codes of FHIR's issue-type (R4 and R5) by which something was not looked for, not found in time, or held back. Of
an error every code says so, but for those that tell of no problem."""
_NO_PROBLEM = frozenset({"informational", "success"})
_HARMLESS = ("information", "success", "warning")
_GOES_WITH = frozenset(
    {"Patient", "Encounter", "Medication", "Practitioner", "PractitionerRole", "Organization", "Location", "Device"}
)
"""Kinds of resources that go with what was searched for, because that refers to them."""
_WORDS_OF_LIMITS = (
    *("truncat", "limit", "partial", "incomplete", "not complete", "not all", "only the first", "omitted"),
    *("exceed", "too many", "maximum", "more results", "suppress", "withheld", "redact"),
    *("_include", "_revinclude"),
)
"""Parts of words by which a server says that its answer is not whole, or that it passed over what goes with it."""
_NARROWING = frozenset(parameter for parameter, _ in table_rows(Path(__file__).with_name("searches.tsv")))
"""Parameters of a search by which it finds a part of a list only."""
LONGEST_CODE = 30
_COUNTABLE = 10**12


class Page(Struct, frozen=True, eq=False):
    """An answer of a server, or one page of it. `kinds` are the kinds of resources that were asked for (None: any)."""

    place: str
    kinds: frozenset[str] | None
    own: str | None
    following: str | None
    preceding: str | None
    total: int | None
    is_total_odd: bool
    """Whether a total is stated, and nobody can tell how many that are."""
    found: int
    narrowed_by: str | None = None
    """A parameter by which only a part of what there is was asked for."""


def page_of(bundle: Body, place: str) -> Page:
    """A Bundle as a page."""
    links = dict(_links(bundle))
    address = links.get("self") or links.get("first") or ""
    asked = _asked_by(address)
    kinds = [(mode, kind) for mode, kind in _entries(bundle) if kind != "OperationOutcome" and mode != "outcome"]
    matching = [kind for mode, kind in kinds if mode == "match"] or [kind for mode, kind in kinds if mode is None]
    if asked is not None:
        matching = [kind for kind in matching if kind in asked]
    elif bundle.get("type") == "searchset" and "/$everything" not in address:
        modes = {mode for mode, _ in kinds}
        others = (kind for _, kind in kinds if kind not in _GOES_WITH) if "match" in modes else ()
        told = frozenset(matching).union(others)
        asked = told if ("match" in modes or len(told) == 1) and told != {"Patient"} else None
    stated = bundle.get("total")
    total = _count(stated)
    return Page(
        place,
        asked,
        links.get("self"),
        links.get("next"),
        links.get("previous") or links.get("prev"),
        total,
        stated is not None and total is None,
        len(matching),
        _narrowed_by(address),
    )


def _count(stated: object) -> int | None:
    """A whole number, also one that is written as text or with a point."""
    if isinstance(stated, bool) or not isinstance(stated, int | float | Decimal | str):
        return None
    try:
        count = Decimal(str(stated).strip())
    except InvalidOperation:
        return None
    return int(count) if count.is_finite() and 0 <= count < _COUNTABLE and count == int(count) else None


def _links(bundle: Body) -> Iterator[tuple[str, str]]:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and isinstance(relation := link.get("relation"), str):
            path, mark, query = url.partition("?") if isinstance(url := link.get("url"), str) else ("", "", "")
            yield relation.strip().casefold(), f"{plain_address(path)}{mark}{query}"


def _asked_by(address: str) -> frozenset[str] | None:
    """The kind of resource that an address searches for; None where it brings others with it, or may."""
    path, _, query = address.partition("?")
    kind = path.removesuffix("/_search").rpartition("/")[2]
    if not (kind[:1].isupper() and kind.isalpha()) or any(
        name.startswith("_revinclude") for name, _ in parse_qsl(query)
    ):
        return None
    return frozenset({kind})


def _narrowed_by(address: str) -> str | None:
    """The parameter by which an address asks for a part of the entries of a list. It may carry a modifier
    (`clinical-status:not`). A search for patients says whose entries they are."""
    path, _, query = address.partition("?")
    if path.removesuffix("/_search").rpartition("/")[2] == "Patient":
        return None
    names = (name.partition(":")[0] for name, _ in parse_qsl(query))
    return next((name for name in names if name.casefold() in _NARROWING), None)


def _entries(bundle: Body) -> Iterator[tuple[str | None, str]]:
    """How each entry was found, as far as it says so, and the kind of its resource."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(resource := entry.get("resource"), dict):
            search = entry.get("search")
            mode = search.get("mode") if isinstance(search, dict) else None
            kind = resource.get("resourceType")
            yield mode if isinstance(mode, str) else None, kind if isinstance(kind, str) else ""


def not_at_hand(pages: Sequence[Page], on_lists: Collection[str]) -> Iterator[tuple[Page, str]]:
    """The answers that lack a part, and why that is known. Pages that lead to one another are one. `on_lists` are the
    kinds of resources that stand on a list: only what was asked of these can be a part of one."""
    by_address = {page.own: page for page in pages if page.own}
    followed = {page.following for page in pages if page.following and page.following != page.own}
    seen: set[int] = set()
    firsts = [page for page in pages if not (page.own and page.own in followed)]
    for first in (*firsts, *pages):
        if id(first) in seen:
            continue
        answer = [first]
        seen.add(id(first))
        while (after := by_address.get(answer[-1].following or "")) is not None and id(after) not in seen:
            answer.append(after)
            seen.add(id(after))
        found, total = sum(page.found for page in answer), first.total
        if answer[-1].following is not None:
            yield answer[-1], "it is one page of several, and the next ones are not at hand"
        elif first.preceding is not None:
            yield first, "it is one page of several, and those before it are not at hand"
        elif total is not None and total > found:
            yield first, f"the server found {total} resources, and {found} of them are at hand"
        elif first.is_total_odd:
            yield first, "nobody can tell from its `total` how many resources the server found"
        elif first.narrowed_by is not None and (first.kinds is None or first.kinds.issubset(on_lists)):
            yield first, f"it answers a search that was narrowed by `{first.narrowed_by}`, and finds a part only"


def why_incomplete(outcome: Body) -> str | None:
    """Why an answer is not whole, if an OperationOutcome says that it is not. The server's own words are not repeated,
    because they may name a person."""
    issues = outcome.get("issue")
    for issue in issues if isinstance(issues, list) else ():
        code, severity = (_word(issue, field) for field in ("code", "severity"))
        if code in _NOT_WHOLE or (severity not in _HARMLESS and code not in _NO_PROBLEM):
            told = printable((code or severity or "no code")[:LONGEST_CODE])
            return f"the server says that its answer is not whole (`{told}`)"
        if any(each in _words(issue) for each in _WORDS_OF_LIMITS):
            return "the server says in words that its answer may not be whole"
    return None


def why_partial(body: Body) -> str | None:
    """Why a resource, or a Bundle, is not whole, if a tag or a label on it says that something was left out."""
    meta = body.get("meta")
    labels = [meta.get("tag"), meta.get("security")] if isinstance(meta, dict) else []
    for each in (one for many in labels if isinstance(many, list) for one in many if isinstance(one, dict)):
        system, code = each.get("system"), each.get("code")
        if isinstance(system, str) and isinstance(code, str):
            said = said_of_list([(system_name(system), code)], "conditions")
            if said is not None and said[1] == "no information":
                return f"it says that something was left out (`{printable(code[:LONGEST_CODE])}`)"
    return None


def _words(issue: Any) -> str:
    """What an issue says in words."""
    details = issue.get("details") if isinstance(issue, dict) else None
    said = [details.get("text") if isinstance(details, dict) else None]
    said.append(issue.get("diagnostics") if isinstance(issue, dict) else None)
    return " ".join(each for each in said if isinstance(each, str)).casefold()


def _word(issue: Any, field: str) -> str | None:
    word = issue.get(field) if isinstance(issue, dict) else None
    return word.strip().casefold() if isinstance(word, str) else None
