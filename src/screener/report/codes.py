"""What records call things, listed so that a clinic can write its own table of codes.

First what is not read and looks like something of the dictionary, then what is read, then what is nothing that rules
ask for, then what nobody knows; what was seen most stands first. Nothing else of a record is shown than codes,
wordings, units and counts.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from screener.records.comparing import folded
from screener.records.dictionary import TEXT, Dictionary
from screener.records.errors import printable
from screener.records.likeness import Likeness, likeness_of
from screener.records.local_codes import COLUMNS, is_accepted
from screener.records.sightings import Sightings
from screener.rulebook import LIST_OF, ConceptKind
from screener.terminology.said import Said

_ALIKE: Mapping[str, tuple[str, ...]] = {
    "lab": ("lab", "finding"),
    "condition": ("condition", "procedure"),
    "substance": ("substance", "drug"),
}
"""The kinds of entries that a list may speak of, where they are more than its own."""


class Called(Struct, frozen=True):
    """One way in which records call something: how often, in which units (`""`: none), what it was read as, what it may
    be besides, and what is near if nobody knows it."""

    kind: str
    system: str | None
    code: str | None
    text: str | None
    count: int
    units: tuple[str, ...]
    meanings: tuple[str, ...]
    may_be: tuple[str, ...] = ()
    is_known: bool = False
    near: tuple[str, ...] = ()
    offers: tuple[tuple[str, str, str, str], ...] = ()
    """Rows of a table that would say which of them it is: system, code, name and unit."""

    @property
    def rank(self) -> int:
        """0: not read, but near something; 1: read; 2: known to be nothing that rules ask for; 3: like nothing."""
        return 0 if self.near else 1 if self.meanings or self.may_be else 2 if self.is_known else 3


def gathered(sightings: Sightings, dictionary: Dictionary) -> list[Called]:
    """The sightings by what they call things, in the order in which they are listed."""
    counts: dict[tuple[str, str | None, str | None, str | None], Counter[str]] = {}
    meanings: dict[tuple[str, str | None, str | None, str | None], dict[str, None]] = {}
    for seen, count in sightings:
        key = (seen.kind, seen.system, seen.code, seen.text)
        counts.setdefault(key, Counter())[seen.unit or ""] += count
        meanings.setdefault(key, {}).update(dict.fromkeys(seen.meanings))
    likeness = likeness_of(dictionary)
    called = []
    for (kind, system, code, text), units in counts.items():
        read_as = tuple(meanings[kind, system, code, text])
        names = ((system or "", code or ""), (TEXT, text or ""))
        said, opened = _said(dictionary, kind, system, code, text)
        is_known = said.is_known or any(dictionary.is_judged(*each) for each in names)
        is_, may_be = (_narrowest(dictionary, said.is_), opened) if said.is_known else ((), ())
        near = () if read_as or is_known else _near(likeness, kind, code, text)
        in_units = tuple(unit for unit, _ in units.most_common())
        read_as = read_as or is_
        besides = tuple(name for name in may_be if name not in read_as)
        each = Called(kind, system, code, text, units.total(), in_units, read_as, besides, is_known, near)
        called.append(replace(each, offers=tuple(_offers(each, dictionary))))
    return sorted(called, key=lambda each: (each.rank, -each.count, each.kind, _what(each)))


def _said(
    dictionary: Dictionary, kind: str, system: str | None, code: str | None, text: str | None
) -> tuple[Said, tuple[str, ...]]:
    """What an entry of this kind says that is called so, and what it may be that rules ask for. Of results nothing is
    known here: their names and codes say all."""
    on = LIST_OF.get(cast("ConceptKind", kind))
    if on is None:
        return Said(is_known=False), ()
    codes = [(system or "", code)] if code else []
    said = dictionary.said(codes, text, on=on)
    opened = dictionary.filed((), said, on, "", codes)
    return said, _narrowest(dictionary, frozenset[str]().union(*(each.may_be for each in opened)))


def _narrowest(dictionary: Dictionary, names: frozenset[str]) -> tuple[str, ...]:
    concepts = dictionary.rulebook.concepts
    return tuple(sorted(each for each in names if names.isdisjoint(concepts[each].narrower)))


def _near(likeness: Likeness, kind: str, code: str | None, text: str | None) -> tuple[str, ...]:
    """What the wording is near to, else what the code is, which may be an abbreviation."""
    kinds = _ALIKE.get(kind, (kind,))
    for wording in (text, code):
        if wording and (near := likeness.nearest(wording, kinds)):
            return near
    return ()


def _offers(called: Called, dictionary: Dictionary) -> Iterator[tuple[str, str, str, str]]:
    """Rows for the nearest names that a table may hold; a wording that the dictionary reads as a name needs none."""
    units = [unit for unit in called.units if unit]
    # A unit is lacking only where some results have none; then it is likely that of the others.
    unit = units[0] if "" in called.units and len(units) == 1 else ""
    system, code = (called.system or "", called.code) if called.code else (TEXT, " ".join((called.text or "").split()))
    for name in called.near:
        for in_unit in dict.fromkeys((unit, "")):
            row = (system, code, name, in_unit)
            written = [printable(cell) for cell in row]
            if written == list(row) and is_accepted(dict(zip(COLUMNS, row, strict=False)), dictionary):
                yield row
                break


# ---- for people

_MOST_SHOWN = 4
"""Names of what an entry may be; `screen terminology explain` shows them all."""

_HEADINGS = (
    "Not read, and like something in the dictionary",
    "Read",
    "Read, and nothing that rules ask for",
    "Not read, and like nothing in the dictionary",
)


def as_list(called: Sequence[Called]) -> str:
    """The list for people, ending with a line end."""
    if not called:
        return "The records hold no codes and no names.\n"
    lines: list[str] = []
    for rank, heading in enumerate(_HEADINGS):
        group = [each for each in called if each.rank == rank]
        if group:
            lines += ["", f"{heading}: {len(group)}"]
            for each in group:
                lines += _lines(each)
    if any(each.near for each in called):
        lines += [
            "",
            "`screen codes --csv` prints the first of these as a table for `--codes`, to be checked by a person.",
        ]
    return "\n".join(lines[1:]) + "\n"


def _lines(called: Called) -> Iterable[str]:
    beside = " " * 21
    yield f"{called.count:>6} x  {called.kind:<10} {_what(called)}{_in_units(called)}"
    if called.meanings:
        yield f"{beside}read as {', '.join(called.meanings)}"
    if called.may_be:
        more = len(called.may_be) - _MOST_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        yield f"{beside}may be {', '.join(called.may_be[:_MOST_SHOWN])}{rest}"
    if called.near:
        yield f"{beside}perhaps {' or '.join(called.near)}"


def _in_units(called: Called) -> str:
    units = [printable(unit) for unit in called.units if unit]
    words = [f"in {', '.join(units)}"] if units else []
    if called.kind == "lab" and "" in called.units:
        words.append("without a unit")
    return f", {' or '.join(words)}" if words else ""


def _what(called: Called) -> str:
    code = " ".join(each for each in (called.system, called.code) if each)
    text = f"“{' '.join(called.text.split())}”" if called.text else ""
    return printable("  ".join(each for each in (code, text) if each))


# ---- as a table

_HEAD = """\
# A table of codes, to be given to `--codes`. No line counts before somebody has confirmed it: see what the code means
# at your place, correct the name if need be, and take away the `#` before the line. The unit is what results come in
# that have none on record.
"""


def as_table(called: Sequence[Called]) -> str:
    """A table of what is not read and near something, each line of it commented out."""
    lines = [",".join(COLUMNS) + "\n"]
    offered: set[tuple[str, str]] = set()
    for each in called:
        codes = {(system, folded(code)) for system, code, *_ in each.offers}
        if not codes or codes <= offered:
            continue
        offered |= codes
        lines.append(f"\n# {each.count} x  {each.kind}  {_what(each)}{_in_units(each)}\n")
        lines += [f"# {_row(row)}" for row in each.offers]
    for each in called:
        if each.near and not each.offers:
            why = f"no line can say what {_what(each)} is, of which records have {each.count}"
            lines.append(f"\n# Not in this table: {why}; it is like {' or '.join(each.near)}.\n")
    unlike = sum(each.rank == 3 for each in called)
    if unlike:
        lines.append(f"\n# Not in this table: {unlike} more that are not read, and like nothing in the dictionary.\n")
    return _HEAD + "".join(lines)


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(printable(cell) for cell in cells)
    return text.getvalue()
