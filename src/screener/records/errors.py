"""What is wrong with a record: every problem with its place, the fault, and how to mend it.

Faults are lower case without a full stop, the record's own text stands in backticks, and a mend can be acted upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from screener.records.notes import MOST_PLACES, Note, NoteKind, entry_at, some_of
from screener.values.refusals import Refusal, message

if TYPE_CHECKING:
    from screener.records.sightings import Sightings

LONGEST_QUOTE = 60
MOST_TOLD = 100
"""Problems of one record that its message tells; of more it says how many there are."""
LIKE_ENOUGH = 0.7
"""Of 1: how alike two words must be for one to be a likely misspelling of the other."""


class Problem(Struct, frozen=True):
    """One fault. `path` leads to it inside the record (`observations[3].unit`; empty: the record as a whole)."""

    path: str
    fault: str
    mend: str = ""


class RecordError(Refusal):
    """A record that is refused. `str(error)` is the text of all its problems, ready to be shown."""

    kind = "record"
    """What a message calls it: `error[record]`."""

    def __init__(self, problems: Iterable[Problem], file: str = "record") -> None:
        self.problems = tuple(problems)
        self.file = file
        told = [self._text(problem) for problem in self.problems[:MOST_TOLD]]
        if (more := len(self.problems) - MOST_TOLD) > 0:
            told.append(
                f"error[{self.kind}]: {more:,} more {'problem' if more == 1 else 'problems'} in {printable(file)}"
            )
        super().__init__("\n\n".join(told))

    def _text(self, problem: Problem) -> str:
        place = printable(f"{self.file}: {problem.path}" if problem.path else self.file)
        return message(self.kind, problem.fault, place, problem.mend)


class Unusable(Struct, frozen=True):
    """A record that could not be used: its file, and the first of what is wrong with it."""

    file: str
    why: str


def unusable(problem: RecordError) -> Unusable:
    """The same for a list of such records: `ward/b.json` becomes `b.json`, with the first fault."""
    first = problem.problems[0] if problem.problems else Problem("", "it cannot be read")
    why = f"{first.path}: {first.fault}" if first.path else first.fault
    return Unusable(printable(problem.file.replace("\\", "/").rpartition("/")[2]), printable(why))


class Findings:
    """What comes up while a record is read: problems that refuse it, and notes that go with it; and in `sightings`, if
    somebody wants to know, what it calls things.

    `place` is where in its file the record stands, if it is not the whole of it (`line 3`). What may hide a fact, such
    as a name that is nearly one of the dictionary, is to be `checked_first`. Where findings are `strict`, what could be
    set aside refuses, too: a file of answers is given again, corrected.
    """

    __slots__ = (
        "_set_aside",
        "aside",
        "checked_first",
        "notes",
        "place",
        "problems",
        "sightings",
        "strict",
        "unread",
        "unsettled",
    )

    def __init__(self, sightings: Sightings | None = None, place: str = "", *, strict: bool = False) -> None:
        self.sightings = sightings
        self.place = place
        self.strict = strict
        self.aside: list[Problem] = []
        self._set_aside: dict[tuple[str, str], tuple[list[str], dict[str, str]]] = {}
        """What becomes of parts with a fault: where they stand, and the fault of each text that is written there."""
        self.unsettled: set[str] = set()
        """The entries that contradict themselves: what they name may be, and nothing else is taken from them."""
        self.unread: list[str] = []
        """Places in which nobody could read anything, and which may hold entries of any list."""
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.checked_first: list[Note] = []

    def refuse(self, path: str, fault: str, mend: str = "") -> None:
        """Report a fault that makes the record unusable."""
        where = ": ".join(each for each in (self.place, path) if each)
        self.problems.append(Problem(where, fault, mend))

    def note(
        self,
        path: str,
        text: str,
        kind: NoteKind = "remark",
        *,
        about: str = "",
        places: Sequence[str] = (),
        until: str = "",
    ) -> None:
        """Something ignored or suspicious, with which the record can be used; `places` where it is about several
        entries. What a person should look at before anything else stands above the others."""
        note = Note(text, kind, path, about, tuple(places) or ((entry_at(path),) if path else ()), until)
        (self.checked_first if note.is_first else self.notes).append(note)

    def set_aside(self, path: str, fault: str, mend: str, until: str = "is not used", *, written: str = "") -> None:
        """A fault of a part without which the record can be used; and what becomes of it until it is corrected. Parts
        with the same fault share a note; so do those that quote what is `written` and are mended alike."""
        told = f"{quoted(written)} {fault}" if written else fault
        if self.strict:
            self.refuse(path, told, mend)
            return
        self.aside.append(Problem(": ".join(each for each in (self.place, path) if each), told, mend))
        how = f"; {mend}" if mend else ""
        rest = f"{how}{'' if how.endswith('?') else '.'} Until it is corrected, it {until}"
        paths, faults = self._set_aside.setdefault(("" if written else fault, rest), ([], {}))
        paths.append(path)
        faults[written] = fault

    def unsettle(self, entry: str, path: str, fault: str, mend: str, *, written: str = "") -> None:
        """Report a fault that keeps an entry from settling anything: one of two statements in it is a mistake, say, and
        nobody knows which."""
        self.set_aside(path, fault, mend, "settles nothing", written=written)
        self.unsettled.add(entry)

    @property
    def all_problems(self) -> list[Problem]:
        """Why the record is refused, with what would only be set aside: all of it can be corrected at once. None if it
        is not refused."""
        return [*self.problems, *self.aside] if self.problems else []

    @property
    def all_notes(self) -> tuple[Note, ...]:
        """The notes, those to be checked first above the others."""
        set_aside = (
            Note(f"{_faults_of(faults)}{rest}", "check first", some_of(paths), places=tuple(map(entry_at, paths)))
            for (_, rest), (paths, faults) in self._set_aside.items()
        )
        return tuple(dict.fromkeys((*self.checked_first, *set_aside, *self.notes)))


def _faults_of(faults: Mapping[str, str]) -> str:
    """What is wrong with several texts, as a sentence quotes them: the first few, those with the same fault together.

    >>> _faults_of({"lately": "says no day", "soon": "says no day", "28.2.": "has no year"})
    'each of `lately`, `soon` says no day, `28.2.` has no year'
    """
    by_fault: dict[str, list[str]] = {}
    for written, fault in list(faults.items())[:MOST_PLACES]:
        by_fault.setdefault(fault, []).append(quoted(written) if written else "")
    others = len(faults) - MOST_PLACES
    more = "" if others <= 0 else f" and {others} {'other' if others == 1 else 'others'}"
    if len(by_fault) == 1:
        ((fault, texts),) = by_fault.items()
        return f"each of {', '.join(texts)}{more} {fault}" if len(texts) > 1 else f"{texts[0]} {fault}".strip()
    told = [f"{'each of ' if len(texts) > 1 else ''}{', '.join(texts)} {fault}" for fault, texts in by_fault.items()]
    return ", ".join(told) + (f",{more}" if more else "")


def path(location: Sequence[int | str]) -> str:
    """The way to a place in a record: `observations[3].unit`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in location]
    return "".join(steps).removeprefix(".")


def quoted(value: object) -> str:
    """A value of the record in backticks, short enough for a message and safe to print anywhere."""
    match value:
        case str():
            text = value
        case bool():
            text = "true" if value else "false"
        case None:
            text = "null"
        case int() if abs(value) >= 10**LONGEST_QUOTE:
            return "a number of very many digits"
        case int() | float() | Decimal():
            text = str(value)
        case list() | tuple():
            return "a list"
        case _:
            return "an object"
    clipped = text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"
    return f"`{printable(clipped)}`"


def shown(text: str) -> str:
    """Words of the record in a sentence, as short and as safe."""
    return quoted(" ".join(text.split())).strip("`")


def printable(text: str) -> str:
    """The text with everything escaped that is not safe to print."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def did_you_mean(wrong: str, choices: Iterable[str]) -> str:
    """The mend for a misspelt word: the choices that look like it; all of them if they are few; else nothing."""
    import difflib  # only a mistake pays for it

    known = list(dict.fromkeys(choices))
    wanted = difflib.SequenceMatcher(b=wrong[:LONGEST_QUOTE].casefold())
    likeness = {}
    for choice in known:
        wanted.set_seq1(choice.casefold())
        likeness[choice] = wanted.ratio()
    best = max(likeness.values(), default=0.0)
    if best >= LIKE_ENOUGH:
        return "did you mean " + any_of([each for each in known if likeness[each] >= best - 0.05][:3]) + "?"
    return "it is one of " + any_of(known) if 0 < len(known) <= 12 else ""


def any_of(words: Iterable[str]) -> str:
    """The words in backticks: `a`, `b` or `c`."""
    *most, last = [f"`{word}`" for word in words]
    return f"{', '.join(most)} or {last}" if most else last
