"""What may be written in a record: the names of the dictionary, with their codes, units and values.

Without a word everything is listed by kind; with one, what bears it in a name or title, else what its wording is read
as in an entry, else what is near to it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from msgspec import Struct, to_builtins

from screener.records.comparing import as_name
from screener.records.dictionary import IN_PHRASES, KINDS, Dictionary
from screener.records.likeness import likeness_of
from screener.rulebook import LIST_OF, Code, Concept, Finding, Form, Lab, RecordList
from screener.values.units import UnitError, common_units

WIDTH = 80


class Writable(Struct, frozen=True):
    """One entry of the dictionary: what it is called, on which list of a record it stands, and how it is written."""

    name: str
    kind: str
    title: str
    list: str
    aliases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Each with its system, and what it says of unit or value: `loinc 1975-2 in mg/dL`."""
    units: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """Everything that it may be called."""
        return (self.name, *self.aliases, self.title)


def writable(dictionary: Dictionary) -> list[Writable]:
    """Every entry, by kind."""
    rulebook = dictionary.rulebook
    found: list[Writable] = []
    for lab in rulebook.labs.values():
        found.append(_lab(lab, None, dictionary))
        found += [_lab(lab, form, dictionary) for form in lab.forms]
    found += [_finding(each) for each in rulebook.findings.values()]
    found += [_concept(each) for each in rulebook.concepts.values()]
    order = {kind: place for place, kind in enumerate(KINDS)}
    found.sort(key=lambda each: order[each.kind])
    for question in rulebook.questions.values():
        key = question.name if question.once_for_all else f"TRIAL/{question.name}"
        found.append(Writable(key, "question", question.title, "answers", question.aliases, values=("true", "false")))
    return found


def _lab(lab: Lab, form: Form | None, dictionary: Dictionary) -> Writable:
    named = form or lab
    codes = [code for code in lab.codes if code.form == (form.name if form is not None else None)]
    return Writable(
        named.name, "lab", named.title, "observations", named.aliases, _codes(codes), _units(lab, form, dictionary)
    )


def _units(lab: Lab, form: Form | None, dictionary: Dictionary) -> tuple[str, ...]:
    """The units of the dictionary, and the common ones that can be converted."""
    if lab.unit == "1":
        return ()
    units = list(dictionary.units_of(lab))
    for common in common_units():
        try:
            dictionary.factor(lab, form, common.text)
        except UnitError:
            continue
        units.append(common.text)
    return tuple(dict.fromkeys(units))


def _finding(finding: Finding) -> Writable:
    if finding.grade is not None:
        values = [str(each) for each in range(int(finding.grade.low), int(finding.grade.high) + 1)]
    else:
        values = list(finding.choices)
    for each in finding.words:
        values.append(f"{' or '.join(each.values)} also as {' '.join(f'“{word}”' for word in each.words)}")
    return Writable(
        finding.name,
        "finding",
        finding.title,
        "observations",
        finding.aliases,
        _codes(finding.codes),
        (),
        tuple(values),
    )


def _concept(concept: Concept) -> Writable:
    codes = [code for code in concept.codes if not code.absent]
    return Writable(concept.name, concept.kind, concept.title, LIST_OF[concept.kind], concept.aliases, _codes(codes))


def _codes(codes: Iterable[Code]) -> tuple[str, ...]:
    return tuple(
        f"{code.system} {code.first}"
        + (f" .. {code.last}" if code.last else "")
        + (f" in {code.unit}" if code.unit else "")
        + (f" for {code.value}" if code.value else "")
        for code in codes
    )


def matching(entries: Sequence[Writable], word: str, dictionary: Dictionary) -> tuple[list[Writable], tuple[str, ...]]:
    """The entries that bear a word in a name, a title or a code; else those that it is read as in an entry, or that are
    near to it, and what has to be said of that."""
    sought = as_name(word)
    exact = [each for each in entries if sought in {as_name(name) for name in each.called}]
    bearing = [
        each
        for each in entries
        if each not in exact
        and (
            any(sought in as_name(name) for name in each.called)
            or any(word.casefold() in code.casefold().split() for code in each.codes)
        )
    ]
    if sought and (exact or bearing):
        return [*exact, *bearing], ()
    unnamed = f"Nothing in the dictionary is called so: {word}."
    if read_as := list(_read_as(word, dictionary)):
        names = {name for _, is_, may_be in read_as for name in (*is_, *may_be)}
        told = (f"{unnamed} As the text of an entry it is read:", *(_told(*each) for each in read_as))
        return [each for each in entries if each.name in names], told
    near = set(likeness_of(dictionary).nearest(word, KINDS, most=5))
    if not near:
        return [], (f"Nothing in the dictionary is called so, or is near to it: {word}",)
    return [each for each in entries if each.name in near], (f"{unnamed} Near to it:",)


def _read_as(word: str, dictionary: Dictionary) -> Iterator[tuple[RecordList, list[str], list[str]]]:
    """The lists on which a wording is read, each with the concepts that it is there, and those that it may be. Lists
    that are read alike are named by the first; that people can be allergic to a drug goes without saying."""
    for list_ in {table: list_ for list_, table in reversed(list(IN_PHRASES.items()))}.values():
        said = dictionary.said([], word, on=list_)
        if said.is_known:
            concepts = dictionary.rulebook.concepts
            is_, may_be = (
                [name for name in sorted(those) if concepts[name].kind != "substance"]
                for those in (said.is_, said.may_be)
            )
            yield list_, is_, may_be


def _told(list_: RecordList, is_: Sequence[str], may_be: Sequence[str]) -> str:
    said = [f"{word} {', '.join(names)}" for word, names in (("is", is_), ("may be", may_be)) if names]
    return f"  {list_}: {'; '.join(said) or 'nothing that a rule asks for'}"


# ---- for people


def as_list(entries: Sequence[Writable]) -> str:
    """Every entry in short: its name, and what else it is called, by the list of a record on which it stands."""
    lines: list[str] = []
    kind = ""
    for each in entries:
        if each.kind != kind:
            kind = each.kind
            lines += ["", f"{kind}, under `{each.list}`"]
        lines += _wrapped(f"  {', '.join((each.name, *each.aliases))}: {each.title}", "      ")
    lines += ["", "`screen names WORD` tells the codes, units and values of what bears a word."]
    return "\n".join(lines[1:]) + "\n"


def as_details(entries: Sequence[Writable], told: Sequence[str]) -> str:
    """Entries in full, below what has to be said of them."""
    lines = [line for each in told for line in _wrapped(each, "    ")]
    if entries and told:
        lines.append("")
    for each in entries:
        lines += _wrapped(f"{each.name} ({each.kind}, under `{each.list}`)", "  ")
        lines += _wrapped(f"  {each.title}", "    ")
        for heading, those in (
            ("also", each.aliases),
            ("codes", tuple(_grouped(each.codes))),
            ("units", each.units),
            ("values", each.values),
        ):
            if those:
                lines += _wrapped(f"  {heading:<7} {', '.join(those)}", " " * 10)
        lines.append("")
    return "\n".join(lines) + ("" if entries else "\n")


def _grouped(codes: Iterable[str]) -> Iterator[str]:
    """The codes with their system said once: `loinc 14682-9, 2160-0`."""
    before = ""
    for code in codes:
        system, _, rest = code.partition(" ")
        yield rest if system == before else code
        before = system


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


# ---- for programs


def as_json(entries: Sequence[Writable]) -> str:
    """The entries as a list of objects."""
    return json.dumps(to_builtins(list(entries)), ensure_ascii=False, indent=1)


def as_table(entries: Sequence[Writable]) -> str:
    """The entries as CSV, one row each."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(Writable.__struct_fields__)
    for each in entries:
        cells = (getattr(each, field) for field in Writable.__struct_fields__)
        rows.writerow(cell if isinstance(cell, str) else "; ".join(cell) for cell in cells)
    return text.getvalue()
