"""From expanded ValueSets (FHIR) to an index: which codes are concepts of the dictionary, as a table says.

The table says of each ValueSet which concept it is about, and what it is of it:

- `part`: each of its codes is the concept;
- `whole`: each of its codes is the concept, and no other code of its systems is, but those of the next kind;
- `may be`: each of its codes may be the concept.

    valueset,concept,says
    http://example.org/fhir/ValueSet/apples,apple,whole
    pears-and-apples.json,apple,may be

A code is known if any of the ValueSets holds it; of one that none holds, nothing is said. So `whole` clears a concept
only of codes that another ValueSet names.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from screener.rulebook import Rulebook
from screener.terminology.hierarchy import IndexedCode, TerminologyError, digest_of_codes, plain
from screener.terminology.omop import Built, write_whole

COLUMNS = ["valueset", "concept", "says"]
SAYS = ("part", "whole", "may be")
_MEND = "give it expanded ValueSets (FHIR, JSON): a terminology server makes them by `$expand`"
_INCOMPLETE = (
    "http://hl7.org/fhir/StructureDefinition/valueset-toocostly",
    "http://hl7.org/fhir/StructureDefinition/valueset-unclosed",
)


class ValueSet(Struct, frozen=True):
    """An expanded ValueSet: what it is called, and its codes, each with its system and name."""

    names: frozenset[str]
    codes: tuple[tuple[str, str, str], ...]
    file: Path


def build_from_value_sets(
    files: Sequence[Path],
    table: Path,
    rulebook: Rulebook,
    out: Path,
    system_name: Callable[[str], str],
) -> Built:
    """Build an index of ValueSets. `system_name` gives the dictionary's name of a code system. Raises TerminologyError
    if a file or the table cannot be used, OSError if one cannot be read or the index not be written."""
    sets = [_read(file, system_name) for file in files]
    numbers = {name: number for number, name in enumerate(sorted(rulebook.concepts))}
    is_: dict[tuple[str, str], set[int]] = {}
    may_be: dict[tuple[str, str], set[int]] = {}
    whole: dict[int, set[str]] = {}
    for each, concept, says in _rows(table, sets, numbers):
        said = may_be if says == "may be" else is_
        for system, code, _ in each.codes:
            said.setdefault((system, code), set()).add(concept)
            if says == "whole":
                whole.setdefault(concept, set()).add(system)
    names = {(system, code): name for each in sets for system, code, name in each.codes}
    entries = [
        IndexedCode(
            system,
            code,
            names[system, code],
            (system,),
            tuple(sorted(is_.get((system, code), ()))),
            tuple(sorted(may_be.get((system, code), set()) - is_.get((system, code), set()))),
        )
        for system, code in sorted(names)
    ]
    concepts = [
        (name, whole.get(number, ()), [numbers[each] for each in rulebook.concepts[name].broader])
        for name, number in numbers.items()
    ]
    systems = tuple(sorted({each.system for each in entries}))
    return write_whole(out, entries, concepts, digest_of_codes(rulebook), systems)


def _rows(table: Path, sets: Sequence[ValueSet], numbers: Mapping[str, int]) -> Iterator[tuple[ValueSet, int, str]]:
    try:
        header, *rows = list(csv.reader(table.read_text("utf-8-sig").splitlines())) or [[]]
    except UnicodeDecodeError:
        raise TerminologyError("it is no text in UTF-8", "save it as CSV in UTF-8", table) from None
    if [each.strip() for each in header] != COLUMNS:
        raise TerminologyError(f"the first line is not `{','.join(COLUMNS)}`", "write it so", table)
    for number, row in enumerate(rows, 2):
        if not any(each.strip() for each in row):
            continue
        where = f"line {number}"
        if len(row) != len(COLUMNS):
            raise TerminologyError(f"{where} has {len(row)} cells in place of {len(COLUMNS)}", "", table)
        named, concept, says = (each.strip() for each in row)
        found = [each for each in sets if named in each.names]
        if len(found) != 1:
            how_many = "none" if not found else f"{len(found)}"
            raise TerminologyError(f"{where}: {how_many} of the ValueSets is called `{named}`", "", table)
        if concept not in numbers:
            raise TerminologyError(f"{where}: `{concept}` is no concept of these rules", "", table)
        if says not in SAYS:
            raise TerminologyError(f"{where}: `{says}` is none of {', '.join(SAYS)}", "", table)
        yield found[0], numbers[concept], says


def _read(file: Path, system_name: Callable[[str], str]) -> ValueSet:
    try:
        body = msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError:
        raise TerminologyError("it is no JSON", _MEND, file) from None
    if not isinstance(body, dict) or body.get("resourceType") != "ValueSet":
        raise TerminologyError("it is no ValueSet", _MEND, file)
    expansion = body.get("expansion")
    if not isinstance(expansion, dict):
        raise TerminologyError("it is not expanded", _MEND, file)
    listed = list(_contained(expansion.get("contains"), file))
    if _is_cut(expansion, len(listed)):
        raise TerminologyError("its expansion is not complete", "expand it whole, without `count` and `offset`", file)
    codes = [(system_name(system), plain(code), name) for system, code, name in listed]
    names = {file.name, *(each for each in (body.get("url"), body.get("id")) if isinstance(each, str))}
    return ValueSet(frozenset(names), tuple(codes), file)


def _is_cut(expansion: Mapping[str, Any], codes: int) -> bool:
    """Whether an expansion says that it holds not all of its codes, or may be one page of several."""
    marked = {each.get("url") for each in expansion.get("extension") or () if isinstance(each, dict)}
    asked = {each.get("name") for each in expansion.get("parameter") or () if isinstance(each, dict)}
    total = expansion.get("total")
    is_page = "limitedExpansion" in asked or (total is None and "count" in asked)
    return is_page or not marked.isdisjoint(_INCOMPLETE) or (isinstance(total, int) and total > codes)


def _contained(contains: Any, file: Path) -> Iterator[tuple[str, str, str]]:
    """The codes of an expansion, also those that stand below others; a heading (`abstract`) without a code is none."""
    for each in contains or ():
        system, code = (each.get("system"), each.get("code")) if isinstance(each, dict) else (None, None)
        if isinstance(system, str) and isinstance(code, str):
            yield system, code, str(each.get("display") or "")
        elif not isinstance(each, dict) or not each.get("abstract"):
            raise TerminologyError("one of its codes has no `system` or no `code`", _MEND, file)
        yield from _contained(each.get("contains"), file)
