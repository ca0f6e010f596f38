"""A name of the dictionary on a list where nothing of its kind stands: a disease among the procedures.

Nothing is guessed. What was done, taken or found nobody can read, so the entry may be anything on the list where it
stands; and it may be what it names, on the list where that stands. `cirrhosis` among the procedures leaves open which
procedure it is, and a complete list of conditions does not deny cirrhosis any more. It settles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from screener.records.dictionary import Meaning
from screener.records.errors import quoted
from screener.rulebook import KINDS_ON, LIST_OF, Concept, RecordList
from screener.terminology.said import Said

_STANDING_ON: Mapping[RecordList, str] = {
    "conditions": "a condition",
    "procedures": "a procedure",
    "plans": "a procedure",
    "medications": "a drug",
    "events": "an event",
    "allergies": "an allergy",
    "family_history": "a condition of a relative",
}
"""What an entry of each list is."""


class Misplaced(Struct, frozen=True):
    """An entry under a name that belongs on another list. `named` is what the name says of all concepts; None where
    nothing on a list is meant (a lab)."""

    meaning: Meaning
    written: str
    on: RecordList
    called: str
    named: Said | None
    is_denied: bool = False
    """Whether its status denies it; then it may be nothing, and it denies nothing."""

    @property
    def lists(self) -> tuple[RecordList, ...]:
        """Where the record would say it: a procedure may be done, or planned."""
        entry = self.meaning.entry
        return () if self.is_denied or not isinstance(entry, Concept) else lists_of(entry)

    @property
    def told(self) -> str:
        """What is wrong, how to mend it, and what the entry counts as until then."""
        entry, kind = self.meaning.entry, self.meaning.kind
        is_concept = isinstance(entry, Concept)
        on = "procedures" if self.on == "plans" else self.on
        what = f"{quoted(self.written)} under `{on}` is {'an' if kind == 'event' else 'a'} {kind}: "
        it = "it" if is_concept else "its result"
        what += f"not read as {_STANDING_ON[self.on]}; write {it} under `{self.meaning.home}`"
        if self.is_denied:
            return f"{what}. Until it is corrected it denies nothing"
        besides = f", and may be `{entry.name}`" if is_concept else ""
        return f"{what}. Until it is corrected it is an entry that may be anything on its list{besides}"


def lists_of(concept: Concept) -> tuple[RecordList, ...]:
    """Where a record says something of a concept: a procedure may be done, or planned."""
    home = LIST_OF[concept.kind]
    return (home, "plans") if KINDS_ON[home] == KINDS_ON["plans"] else (home,)
