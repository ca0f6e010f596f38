"""Notes on a record: what was passed over or is suspicious. Every note has a kind, and reports choose notes by it; no
report reads the sentence to learn what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

NoteKind = Literal["check first", "unclear", "not read", "open", "no rule", "looked up", "not denied", "remark"]
CHECK_FIRST = "check first: "
"""How a note begins of what may hide a fact."""
MOST_PLACES = 3
"""How many places a sentence names; the rest are counted."""


class Note(Struct, frozen=True, gc=False):
    """One thing to say about a record.

    check first: it may hide a fact. unclear: so may an entry under a name that is nearly one of the dictionary, or that
    stands on another list. not read: nobody could read the entry. open: nobody knows what its code stands for. no rule:
    nothing asks for it, or not under its code. looked up: a person said what an entry is. not denied: open lines wait
    for it although a list is complete. remark: anything else.
    """

    text: str
    kind: NoteKind = "remark"
    path: str = ""
    """What it begins with: a place in the record, mostly."""
    about: str = ""
    """A lab or finding; the wording of an entry that nobody could read; the kind of thing that no rule uses."""
    places: tuple[str, ...] = ()
    """The entries that it is about."""
    until: str = ""
    """What becomes of an entry until somebody corrects it."""

    @property
    def is_first(self) -> bool:
        """Whether a person should look at it before anything else."""
        return self.kind in ("check first", "unclear")

    def __str__(self) -> str:
        """The note in words, as JSON has it."""
        told = self.text
        if self.about and self.kind != "no rule":
            told = f"not read: {self.about}; {told}" if self.kind == "unclear" else f"{self.about}: {told}"
        told = " ".join(filter(None, (told, self.until)))
        where = f" ({some_of(self.places)})" if self.places and not self.path else ""
        return f"{CHECK_FIRST if self.is_first else ''}{f'{self.path}: ' if self.path else ''}{told}{where}"


def in_words(notes: Iterable[Note]) -> tuple[str, ...]:
    """Notes in words. What nobody could read is one sentence: `not read: ALT (observations[1]), Knie (row 5)`."""
    told: dict[str, None] = {}
    unread: list[Note] = []
    for note in notes:
        if note.kind == "not read":
            unread.append(note)
        told["" if note.kind == "not read" else str(note)] = None
    listed = ", ".join(f"{each.about} ({some_of(each.places)})" for each in unread)
    more = next((each.text for each in unread if each.text), "")
    return tuple(each or f"not read: {listed}{more}" for each in told)


def some_of(places: Sequence[str]) -> str:
    """Places as a sentence names them, each once."""
    distinct = list(dict.fromkeys(places))
    named, others = ", ".join(distinct[:MOST_PLACES]), len(distinct) - MOST_PLACES
    return named if others <= 0 else f"{named} and {others} {'other' if others == 1 else 'others'}"


def entry_at(path: str) -> str:
    """The entry that a place lies in: `conditions[3]` of `conditions[3].onset`."""
    entry, bracket, _ = path.partition("]")
    return entry + bracket
