"""Entries that somebody looked up because they left open what they are: whose word counts, and what is said of it.

A person's answer is about one entry as the record had it. It is taken only if the record still calls the entry so, and
of two answers about one entry the later counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from screener.records.errors import Findings, any_of, quoted, shown
from screener.records.notes import Note, some_of
from screener.records.patient import Episode, Patient
from screener.rulebook import Rulebook
from screener.values.dates import Moment, dates_in_words


class Settled(Struct, frozen=True):
    """What a person settled about an entry: the concepts that it is, and those that it is not.

    `path` is where it stands in the sheet; `called` and `dated` are what the record called the entry, and its date,
    when the sheet was written.
    """

    source: str
    path: str
    on: Moment
    by: str
    is_: tuple[str, ...] = ()
    is_not: tuple[str, ...] = ()
    called: str | None = None
    dated: str | None = None

    @property
    def says(self) -> tuple[frozenset[str], frozenset[str]]:
        """What it is and is not, whoever said so."""
        return frozenset(self.is_), frozenset(self.is_not)


def words_of(entry: Episode, patient: Patient) -> tuple[str, str | None]:
    """What the record calls an entry, and its date. What a result shows bears no name of its own, but the result's."""
    when = entry.start or entry.asserted
    dated = when.text or None if when is not None and not when.is_any_day else None
    if entry.called:
        return entry.called, dated
    results = (each for those in patient.results.values() for each in those if each.source == entry.source)
    result = next(results, None)
    if result is None:
        return "", dated
    parts = (result.fact, result.recorded_value, result.recorded_unit or "")
    return " ".join(filter(None, parts)), dated or (result.when.text if result.when is not None else None)


def entries_of(patient: Patient) -> dict[str, Episode]:
    """The entries of a record by their places; those that leave open what they are as they were read, with a date."""
    lists = (*patient.may_be.values(), patient.episodes)
    found: dict[str, Episode] = {}
    for entry in (each for list_ in lists for those in list_.values() for each in those):
        known = found.get(entry.source)
        if known is None or (known.start or known.asserted) is None:
            found[entry.source] = entry
    return found


def which_count(
    given: Iterable[Settled], patient: Patient, rulebook: Rulebook, findings: Findings
) -> tuple[list[Settled], list[Note]]:
    """The answers that count, the earliest first, and the notes on all. Of two about one entry that contradict each
    other the later counts; two of one day are refused. Where other entries came before it, an entry is found by what
    it is called and its date; one that is no longer on record is refused."""
    count: list[Settled] = []
    replaced: list[Note] = []
    entries, possible = entries_of(patient), _what_each_may_be(patient)
    for each in sorted(given, key=lambda one: one.on.first):
        if (changed := _why_not_there(each, entries, patient)) is not None:
            moved = [
                source for source, entry in entries.items() if words_of(entry, patient) == (each.called, each.dated)
            ]
            if len(moved) != 1:
                mend = "leave this entry out, or write the review anew with `screen review`"
                findings.refuse(f"{each.path}.source", changed, mend)
                continue
            each = replace(each, source=moved[0])
        if cannot := [name for name in each.is_ if name not in possible[each.source]]:
            fault = f"the entry {quoted(each.source)} cannot be {any_of(cannot)}"
            findings.refuse(f"{each.path}.is", fault, "write one of the names in its `may_be`")
            continue
        before = [one for one in count if one.source == each.source]
        against = [one for one in before if not _agree(one, each, rulebook)]
        if any(not one.on.is_before(each.on) for one in against):
            who = f"{quoted(against[-1].by)} and {quoted(each.by)}"
            fault = f"{who} say different things about the entry {quoted(each.source)} on one day"
            findings.refuse(each.path, fault, "agree on one answer, and leave the other out")
        for one in against:
            count.remove(one)
            note = note_of(one, patient, rulebook)
            replaced.append(replace(note, text=f"{note.text}; {shown(each.by)} said otherwise later"))
        if not any(one.says == each.says for one in before):
            count.append(each)
    return count, [*(note_of(each, patient, rulebook) for each in count), *replaced]


def _what_each_may_be(patient: Patient) -> dict[str, set[str]]:
    """What each entry is or may be, by its place."""
    found: dict[str, set[str]] = {}
    for list_ in (*patient.may_be.values(), patient.episodes):
        for name, those in list_.items():
            for entry in those:
                found.setdefault(entry.source, set()).add(name)
    return found


def _why_not_there(each: Settled, entries: Mapping[str, Episode], patient: Patient) -> str | None:
    entry = entries.get(each.source)
    if entry is None:
        return f"the record has no entry {quoted(each.source)} that may be something rules ask for"
    called, dated = words_of(entry, patient)
    is_same_day = not (each.dated and dated) or dated.startswith(each.dated) or each.dated.startswith(dated)
    if each.called in (None, called) and is_same_day:
        return None
    then, now = _in_quotes(each.called, each.dated), _in_quotes(called, dated)
    return f"the record has changed since this review was written: {quoted(each.source)} was {then}, and now is {now}"


def _in_quotes(called: str | None, dated: str | None) -> str:
    return f"“{shown(called or '')}”{f' ({shown(dated)})' if dated else ''}"


def _agree(one: Settled, other: Settled, rulebook: Rulebook) -> bool:
    """Whether two answers about one entry can both be right: circulatory failure, and then which kind of it; not
    circulatory failure, and then none of its kinds and of all else."""

    def with_kinds(names: Iterable[str]) -> set[str]:
        return {kind for name in names for kind in (name, *rulebook.concepts[name].narrower)}

    if not with_kinds(one.is_not).isdisjoint(other.is_) or not with_kinds(other.is_not).isdisjoint(one.is_):
        return False
    both = (with_kinds(one.is_), with_kinds(other.is_))
    return not (one.is_ and other.is_) or set(other.is_) <= both[0] or set(one.is_) <= both[1]


def note_of(each: Settled, patient: Patient, rulebook: Rulebook) -> Note:
    """That somebody said what an entry is: `“Z.n. TVT” is venous thrombosis: N. Meyer, 30 Nov 2026`."""
    entry = entries_of(patient)[each.source]
    called = shown(words_of(entry, patient)[0].replace("`", ""))
    words = f"“{called}”" if called and called not in rulebook.concepts else quoted(entry.concept or called)
    names = " and ".join(map(quoted, each.is_))
    if entry.concept:
        said = f"also {names}" if names else "nothing else that was asked"
    else:
        said = names or "none of what was asked"
    told = f"{words} is {said}: {shown(each.by)}, {dates_in_words(each.on.text)}"
    return Note(told, "looked up", each.source, places=(each.source,))


def without_read(noted: Iterable[Note], places: Collection[str]) -> Iterator[Note]:
    """The notes without those on entries that nobody could read, and that somebody has looked up since."""
    for note in noted:
        left = tuple(each for each in note.places if each not in places)
        if note.kind not in ("unclear", "not read", "open") or left == note.places:
            yield note
        elif left and note.kind == "open":
            yield note  # it counts them in a sentence of its own
        elif left:
            yield replace(note, places=left, path=some_of(left) if note.path else "")
