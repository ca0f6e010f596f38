"""Where one block is checked: what has been worked out so far of all rules, and where its problems are put down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from screener.language.diagnostics import Diagnostic, error, warning
from screener.language.lookups import Lookups
from screener.language.names import EntryKind, NamedEntry, Names, kind_in_words, nearest
from screener.language.reach import Reach
from screener.language.readings import Variant
from screener.language.source import Source, Span
from screener.language.syntax import Name
from screener.rulebook import Concept, Finding, Lab, Place, Question, Score, Table
from screener.values.ranges import range_text


def kinds_in_words(kinds: Sequence[EntryKind]) -> str:
    """`a condition or an event`."""
    words = [kind_in_words(kind) for kind in kinds if kind != "form"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


@dataclass(frozen=True)
class Draft:
    """All that is known of the rules so far, by canonical name. An entry with an error in it is not in it."""

    names: Names
    root: str = ""
    problems: list[Diagnostic] = field(default_factory=list)
    labs: dict[str, Lab] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    concepts: dict[str, Concept] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    meanings: dict[str, tuple[Variant, ...]] = field(default_factory=dict)
    """What `meets NAME` means, in each of the readings of the definition."""


@dataclass(frozen=True)
class Desk:
    """The place where one block is checked."""

    draft: Draft
    source: Source
    heading: str
    lookups: Lookups
    beside_an_event: bool = False
    """Whether this is inside `with (…)`, where `its onset` has a meaning."""

    def beside(self) -> Desk:
        """The same place inside `with (…)`."""
        return replace(self, beside_an_event=True)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        notes: tuple[str, ...] = (),
        help: str = "",  # noqa: A002  (the word of the message itself)
    ) -> None:
        """Put down a problem that keeps the rules from being used."""
        problem = error(code, message, self.source, span, block=self.heading, label=label, notes=notes, help=help)
        self.draft.problems.append(problem)

    def warning(self, code: str, message: str, span: Span, *, notes: tuple[str, ...] = (), help: str = "") -> None:  # noqa: A002
        """Put down a problem that should be looked at."""
        problem = warning(code, message, self.source, span, block=self.heading, notes=notes, help=help)
        self.draft.problems.append(problem)

    @property
    def reach(self) -> Reach:
        """What the numbers known so far can be."""
        draft = self.draft
        return Reach({**draft.labs, **draft.findings}, self.lookups.by_name, draft.tables, draft.scores)

    def place(self, span: Span) -> Place:
        """Where something is written, below the rules folder."""
        return Place(self.source.path.removeprefix(self.draft.root), self.source.line_of(span.start))

    def shown_place(self, place: Place) -> str:
        """A place as messages show it."""
        return f"{self.draft.root}{place.file}:{place.line}"

    def values_of(self, finding: Finding) -> str:
        """A note on what a finding can be, and where that is said."""
        scale = ", ".join(finding.choices) if finding.grade is None else f"grade {range_text(finding.grade)}"
        return f"values: {scale}   ({self.shown_place(finding.place)})"

    def no_value(self, finding: Finding, name: Name) -> None:
        """Put down that a finding is never what a rule or an entry says of it."""
        message = f"`{finding.name}` is never `{name.text}`"
        help_text = did_you_mean(nearest(name.text, finding.choices))
        self.error("unknown-choice", message, name.span, notes=(self.values_of(finding),), help=help_text)

    def find(self, name: Name, kinds: Sequence[EntryKind], wanting: str) -> NamedEntry | None:
        """The entry of that name, if it is of one of these kinds; `wanting` says who wants one, as in `history of`."""
        entry = self.draft.names.find(name.text)
        if entry is None:
            self.unknown(name, kinds)
            return None
        if entry.kind not in kinds:
            self.error(
                "wrong-kind",
                f"`{name.text}` is {entry.article}, and {wanting} wants {kinds_in_words(kinds)}",
                name.span,
                help=f"write `{entry.use}`",
            )
            return None
        return entry

    def unknown(self, name: Name, kinds: Sequence[EntryKind] = ()) -> None:
        """Put down that there is no such name, with those that look like it."""
        if self.draft.names.is_unread(name.text):
            return
        self.error(
            "unknown-name",
            f"`{name.text}` is not defined",
            name.span,
            help=did_you_mean(self.draft.names.nearest(name.text, kinds)),
        )


def did_you_mean(words: Sequence[str]) -> str:
    """`did you mean `a`, `b` or `c`?`, or nothing."""
    quoted = [f"`{word}`" for word in words]
    if not quoted:
        return ""
    return f"did you mean {quoted[0] if len(quoted) == 1 else ', '.join(quoted[:-1]) + ' or ' + quoted[-1]}?"
