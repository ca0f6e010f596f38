"""The names of all rules together: what each one stands for, who else claims it, who uses it, what was meant instead.

One name space holds everything a rule can name: labs and their other measured forms, findings, concepts, questions,
points tables, scores and definitions, each with its aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal, cast

from msgspec import Struct

from screener.language import syntax
from screener.language.diagnostics import Diagnostic, error
from screener.language.parser import ParsedFile
from screener.language.source import Source, Span
from screener.rulebook import LIST_OF, ConceptKind, RecordList

EntryKind = Literal["lab", "form", "finding", "question", "points", "score", "definition"] | ConceptKind
KNOWN_OF_EVERYBODY = ("age", "sex")
"""What rules can speak of without an entry in the dictionary."""

NamedBlock = (
    syntax.Lab | syntax.Finding | syntax.Concept | syntax.Question | syntax.Points | syntax.Score | syntax.Definition
)

_USE: Mapping[EntryKind, str] = {
    "lab": "{} > …",
    "form": "{} > …",
    "finding": "{} is …",
    "question": "confirmed {}",
    "points": "{} >= …",
    "score": "{} >= …",
    "definition": "meets {}",
    "condition": "history of {}",
    "procedure": "underwent {}",
    "drug": "taking {}",
    "event": "history of {}",
    "substance": "allergy to {}",
}


def kind_in_words(kind: EntryKind) -> str:
    """`a lab`, `an event`, `a points table`."""
    word = {"points": "points table", "form": "measured form"}.get(kind, kind)
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


class NamedEntry(Struct, frozen=True):
    """What a name stands for. `name` is its canonical name; if it is a measured form of a lab, `within` is that lab."""

    name: str
    kind: EntryKind
    block: NamedBlock
    source: Source
    span: Span
    within: str | None = None

    @property
    def list(self) -> RecordList:
        """The list of the record on which a concept stands. Raises KeyError for what stands on none."""
        return LIST_OF[cast("ConceptKind", self.kind)]

    @property
    def article(self) -> str:
        """The kind as messages say it: `a lab`, `an event`."""
        return kind_in_words(self.kind)

    @property
    def use(self) -> str:
        """How a rule speaks of it."""
        return _USE[self.kind].format(self.name)


class Names:
    """All entries by name and alias."""

    def __init__(self, entries: Mapping[str, NamedEntry], unread: frozenset[str]) -> None:
        self._entries = entries
        self._unread = unread

    def is_unread(self, name: str) -> bool:
        """Whether a block of that name is there, but could not be read (which the parser has reported)."""
        return name in self._unread

    def find(self, name: str) -> NamedEntry | None:
        """The entry of that name or alias."""
        return self._entries.get(name)

    def nearest(self, name: str, kinds: Iterable[EntryKind] = ()) -> list[str]:
        """Names and aliases that look like this one, of these kinds if any are, best first."""
        wanted = set(kinds)
        fitting = [known for known, entry in self._entries.items() if entry.kind in wanted]
        return nearest(name, fitting) or nearest(name, self._entries)


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known words that look like this one, whatever their capitals."""
    spelling = {each.casefold(): each for each in known}
    return [spelling[close] for close in get_close_matches(word.casefold(), spelling, n=3, cutoff=0.7)]


def collect(files: Sequence[ParsedFile]) -> tuple[Names, list[Diagnostic]]:
    """All names of these files. A name taken twice, or taken from the language, belongs to whoever had it first."""
    entries: dict[str, NamedEntry] = {}
    spellings: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for source, block, entry, name in _claims(files):
        heading = syntax.heading(block)
        if name.text in KNOWN_OF_EVERYBODY:
            problems.append(
                error(
                    "reserved-word",
                    f"`{name.text}` is known of every patient and cannot name anything else",
                    source,
                    name.span,
                    block=heading,
                )
            )
            continue
        spelling = spellings.setdefault(name.text.casefold(), name.text)
        earlier = entries.setdefault(spelling, entry)
        if earlier is not entry:
            problems.append(_duplicate(name, spelling, earlier, entry, heading))
    unread = {name for file in files for name in _unread_headings(file.source, entries) if name not in entries}
    return Names(entries, frozenset(unread)), problems


_HEADING = re.compile(
    r"^(?:lab|finding|condition|procedure|drug|event|substance|question|points|score|define)\s+(?P<name>\w+)"
    r"(?:[^\n]*\balso\b(?P<aliases>[^\n]*))?",
    re.MULTILINE,
)


def _unread_headings(source: Source, entries: Mapping[str, NamedEntry]) -> Iterator[str]:
    """The names and aliases in the first lines of the blocks that could not be read. A quoted alias is one name,
    whatever words are in it."""
    for heading in _HEADING.finditer(source.text):
        if heading["name"] not in entries:
            yield heading["name"]
            for quoted, bare in re.findall(r'"([^"]*)"|(\w+)', heading["aliases"] or ""):
                yield quoted or bare


def _duplicate(name: syntax.Name, spelling: str, earlier: NamedEntry, entry: NamedEntry, heading: str) -> Diagnostic:
    where = f"{earlier.source.path}:{earlier.source.line_of(earlier.span.start)}"
    message = f"`{name.text}` is already {earlier.article}"
    if spelling != name.text:
        message = f"`{name.text}` differs only in its capitals from `{spelling}`, {earlier.article}"
    return error(
        "duplicate-name",
        message,
        entry.source,
        name.span,
        block=heading,
        notes=(f"`{earlier.name}` is defined at {where}",),
    )


def _claims(files: Iterable[ParsedFile]) -> Iterator[tuple[Source, NamedBlock, NamedEntry, syntax.Name]]:
    """Every name and alias that a block claims."""
    for file in files:
        for block in file.blocks:
            if isinstance(block, NamedBlock):
                entry = NamedEntry(block.name.text, _kind_of(block), block, file.source, block.name.span)
                aliases = () if isinstance(block, syntax.Points) else block.aliases
                for name in (block.name, *aliases):
                    yield file.source, block, entry, name
                if isinstance(block, syntax.Lab):
                    yield from _claims_of_forms(file.source, block)


def _claims_of_forms(source: Source, lab: syntax.Lab) -> Iterator[tuple[Source, NamedBlock, NamedEntry, syntax.Name]]:
    for line in lab.lines:
        if isinstance(line, syntax.FormLine):
            entry = NamedEntry(line.name.text, "form", lab, source, line.name.span, within=lab.name.text)
            for name in (line.name, *line.aliases):
                yield source, lab, entry, name


def _kind_of(block: NamedBlock) -> EntryKind:
    return block.kind if isinstance(block, syntax.Concept) else cast("EntryKind", type(block).__name__.lower())


# ---- who uses whom


def mentioned(node: object) -> Iterator[syntax.Name]:
    """Every name that stands in a rule or formula for a table, score, question or definition, or may."""
    for part in syntax.walk(node):
        if isinstance(part, syntax.Value | syntax.Meets | syntax.Confirmed):
            yield part.name


def cycles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Every way in which something leads back to itself, one for each group that hangs together: `[a, b, a]`."""
    finished: set[str] = set()
    found: list[list[str]] = []

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
            return
        if name in finished:
            return
        for target in graph.get(name, ()):
            visit(target, [*path, name])
        finished.add(name)

    for name in graph:
        visit(name, [])
    return found
