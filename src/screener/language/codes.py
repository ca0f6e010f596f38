"""Codes across the dictionary: groups of them, the relations of a concept to the codes of a system, and what is wrong
with codes when all entries are seen together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import get_args

from msgspec.structs import replace

from screener.language import syntax
from screener.language.desk import Desk, Draft, did_you_mean
from screener.language.dictionary import code_lines, code_of
from screener.language.names import nearest
from screener.rulebook import HIERARCHICAL, Code, Concept, ConceptKind, Related, Relation, Sign
from screener.values.check_digits import is_loinc, is_snomed

_RELATIONS: dict[str, Relation] = {"is": "is", "may be": "may be", "not": "is not"}

Groups = Mapping[str, tuple[tuple[str, syntax.Code], ...]]
"""The codes of each group, each with its system."""


def groups_of(found: Iterable[tuple[Desk, syntax.Group]]) -> Groups:
    """The groups of codes by name. Of two with one name the first counts, and the other is reported."""
    groups: dict[str, tuple[tuple[str, syntax.Code], ...]] = {}
    for desk, block in found:
        if block.name.text in groups:
            desk.error("duplicate-name", f"there is already a group `{block.name.text}`", block.name.span)
            continue
        groups[block.name.text] = tuple((line.system, code) for line in block.lines for code in line.codes)
    return groups


def relation_lines(block: syntax.Concept | syntax.Relations) -> list[syntax.CodesLine]:
    """The lines of a block that say more of codes than that they stand for its concept."""
    is_apart = isinstance(block, syntax.Relations)
    return [
        line
        for line in block.lines
        if isinstance(line, syntax.CodesLine) and not line.absent and (is_apart or line.family or line.relates != "is")
    ]


class _Codes:
    """The codes of one concept while its lines are read. A code under two words is reported; one that an entry names
    itself goes before the same code in a group."""

    def __init__(self, concept: Concept) -> None:
        self.concept = concept
        self.codes = dict.fromkeys(concept.codes)
        self.whole: list[Code] = []
        self.within: list[Code] = []
        self.relations: dict[Related, None] = {}
        self._said: dict[Related, Relation] = {}
        for code in concept.codes:
            if not code.absent:
                self._said[_place_of(code, family=False)] = "is"

    def add(self, desk: Desk, line: syntax.CodesLine, system: str, code: syntax.Code, *, of_group: bool) -> None:
        made = code_of(desk, system, code)
        if line.relates == "whole":
            self.whole.append(made)
            return
        if line.relates == "within":
            self.within.append(made)
            return
        relation = _RELATIONS[line.relates]
        place = _place_of(made, line.family)
        said = self._said.setdefault(place, relation)
        if said != relation:
            if not of_group:
                desk.error(
                    "code-under-two-words",
                    f"{system} {made.first} already says of `{self.concept.name}` that it {_IN_WORDS[said]}",
                    code.span,
                    help="leave it out of one of the two lines",
                )
            return
        if relation == "is" and not line.family:
            self.codes[made] = None
            return
        self.relations[Related(made.system, made.first, relation, made.last, line.family)] = None

    def concept_with_them(self) -> Concept:
        return replace(
            self.concept,
            codes=tuple(self.codes),
            relations=tuple(self.relations),
            whole=tuple(self.whole),
            within=tuple(self.within),
        )


_IN_WORDS = {"is": "is it", "may be": "may be it", "is not": "is not it"}


def _place_of(code: Code, family: bool) -> Related:
    return Related(code.system, code.first, "is", code.last, family)


def with_relations(concept: Concept, lines: Sequence[tuple[Desk, syntax.CodesLine]], groups: Groups) -> Concept:
    """The concept with the codes that may be it, are not it, are the whole of it, within which it lies, and that speak
    of the family; and with those that are it and stand apart from its entry."""
    codes = _Codes(concept)
    for of_group in (False, True):
        for desk, line in lines:
            for code in line.codes:
                if code.first.startswith("@") is not of_group:
                    continue
                for system, each in _of_group(desk, code, groups) if of_group else ((line.system, code),):
                    codes.add(desk, line, system, each, of_group=of_group)
    return codes.concept_with_them()


def _of_group(desk: Desk, code: syntax.Code, groups: Groups) -> Iterable[tuple[str, syntax.Code]]:
    name = code.first.removeprefix("@")
    if name in groups:
        return groups[name]
    help_text = did_you_mean(nearest(name, groups)) or f'add `group {name} "…"`'
    desk.error("unknown-name", f"there is no group `{name}`", code.span, help=help_text)
    return ()


# ---- all entries together


def check_results(blocks: Iterable[tuple[Desk, syntax.Entry]]) -> None:
    """A code of a result belongs to one lab or finding: a result cannot be two things at once. (A diagnosis can: one
    code may name a disease and its cause.)"""
    owners: dict[tuple[str, str], str] = {}
    for desk, block in blocks:
        if isinstance(block, syntax.Lab | syntax.Finding):
            for system, code in code_lines(block):
                owner = owners.setdefault((system, code.first), block.name.text)
                if owner != block.name.text:
                    desk.error("duplicate-code", f"{system} {code.first} is already a code of `{owner}`", code.span)


_FORMS = {
    **dict.fromkeys(("icd10", "icd10cm", "icd10who"), re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?")),
    "atc": re.compile("[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?"),
    "rxnorm": re.compile("[0-9]+"),
}
"""What codes look like, of systems whose codes end in no check digit."""

_CHECK_DIGITS = {"snomed": is_snomed, "loinc": is_loinc}
"""Codes of SNOMED CT and LOINC end in a check digit; one that is wrong is a typing error."""

Exists = Callable[[str, str], bool]
"""Whether a system has a code."""


def check_forms(blocks: Iterable[tuple[Desk, syntax.Block]], exists: Exists) -> None:
    """A code looks like one of its system, and one that stands for an entry exists: else the entry is never found, and
    a complete list denies it. What may be an entry may stand in an edition of later years."""
    for desk, block in blocks:
        for line in getattr(block, "lines", ()):
            if not isinstance(line, syntax.CodesLine):
                continue
            if line.system == "loinc" and isinstance(block, syntax.Concept):
                fault = f"codes of LOINC are of results, and `{block.name.text}` is a {block.kind}"
                mend = "add a lab or finding with this code, and `present when …` here"
                desk.error("code-of-result", fault, line.codes[0].span, help=mend)
            for code in line.codes:
                if not code.first.startswith("@"):
                    _check_form(desk, line, code, exists)


def _check_form(desk: Desk, line: syntax.CodesLine, code: syntax.Code, exists: Exists) -> None:
    system, form, holds = line.system, _FORMS.get(line.system), _CHECK_DIGITS.get(line.system)
    ends = [each for each in (code.first, code.last) if each is not None]
    if holds is not None and not holds(code.first):
        fault = f"{system} {code.first} is no code: its check digit is wrong"
        mend = "look it up, and correct the digit that was mistyped"
        desk.error("check-digit", fault, code.span, help=mend)
    if form is not None and not all(form.fullmatch(each) for each in ends):
        desk.error("no-such-code", f"{code.first} is no code of {system}", code.span)
    elif code.last is None and line.relates == "is" and not exists(system, code.first):
        mend = "look it up; an entry under a code that does not exist is never found"
        desk.error("no-such-code", f"no edition of {system} has {code.first}", code.span, help=mend)


def check_signs(draft: Draft, blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> None:
    """One result does not show that something is there and that it is not."""
    for name, (desk, block) in blocks.items():
        concept = draft.concepts[name]
        for one in concept.present_when:
            for other in concept.absent_when:
                if one.fact == other.fact and one.over is None and _meet(one, other):
                    desk.error(
                        "signs-overlap",
                        f"some result of `{one.fact}` shows `{name}` to be present, and to be absent",
                        block.name.span,
                        help="correct the limit of one of them",
                    )


def _meet(one: Sign, other: Sign) -> bool:
    """Whether a result can be what both signs ask for."""
    if one.numbers is None or other.numbers is None:
        return not set(one.choices).isdisjoint(other.choices)
    a, b = one.numbers.range, other.numbers.range
    low, high = max(a.low, b.low), min(a.high, b.high)
    is_open = any((each.low == low and each.low_open) or (each.high == high and each.high_open) for each in (a, b))
    return low < high or (low == high and not is_open)


def check_kinship(draft: Draft, blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> None:
    """An entry whose code lies within another's must be its kind, or be judged against the whole system: else nobody
    can know whether the two exclude each other. (One and the same code may name a disease and its cause: who writes it
    down twice knows.)"""
    for name, (desk, block) in blocks.items():
        concept = draft.concepts[name]
        kin = {name, *concept.narrower, *concept.broader}
        for system, code in code_lines(block):
            if system not in HIERARCHICAL or concept.is_reviewed_in(system):
                continue
            for other in draft.concepts.values():
                if other.name in kin or other.kind != concept.kind:
                    continue
                if any(_lies_below(system, code.first, each) for each in other.codes if not each.absent):
                    desk.error(
                        "code-of-another",
                        f"{system} {code.first} lies within the codes of `{other.name}`, which is no kin of `{name}`",
                        code.span,
                        help=f"write `kind of {other.name}`, or review `{name}` against all of {system}: "
                        f"`{system} may be …`",
                    )
                    break


def _lies_below(system: str, code: str, of: Code) -> bool:
    if of.system not in (system, "icd10") or (of.system == "icd10" and not system.startswith("icd10")):
        return False
    plain, first = code.replace(".", ""), of.first.replace(".", "")
    if of.last is None:
        return len(plain) > len(first) and plain.startswith(first)
    return len(plain) >= len(first) and first <= plain[: len(first)] <= of.last.replace(".", "")


def check_relations(draft: Draft, blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> None:
    """What is, or may be, a kind is, or may be, what it is a kind of: a code that is said not to be the broader concept
    cannot stand for the narrower."""
    for name, (desk, block) in blocks.items():
        concept = draft.concepts[name]
        positive = [
            *((each.system, each.first, "is") for each in concept.codes if not each.absent and each.last is None),
            *(
                (each.system, each.first, each.relation)
                for each in concept.relations
                if each.relation == "may be" and each.last is None and not each.family
            ),
        ]
        for other in (draft.concepts[broader] for broader in concept.broader):
            refused = {(each.system, each.first) for each in other.relations if each.relation == "is not"}
            for system, code, relation in positive:
                if (system, code) in refused:
                    desk.error(
                        "kind-against-parent",
                        f"{system} {code} {_IN_WORDS[relation]}, and is said not to be `{other.name}`, "
                        f"of which `{name}` is a kind",
                        block.name.span,
                        help="correct one of the two",
                    )


def warn_of_what_fhir_cannot_say(draft: Draft, blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> None:
    """A concept that has no code and no sign is never found in a FHIR record. Rules that have no
    codes at all are not meant for any."""
    if not any(each.codes for each in draft.concepts.values()):
        return
    for name, (desk, block) in blocks.items():
        concept = draft.concepts[name]
        below = [concept, *(draft.concepts[each] for each in concept.narrower)]
        if not any(each.codes or each.relations or each.present_when or each.may_be_present_when for each in below):
            desk.warning(
                "no-code",
                f"no code and no result stands for `{name}`: a FHIR record can never say it",
                block.name.span,
                help="add a code, or a sign such as `present when …`",
            )


def lines_of(blocks: Iterable[tuple[Desk, syntax.Block]], draft: Draft) -> Iterator[tuple[str, Desk, syntax.CodesLine]]:
    """The lines of `codes …` blocks, each with the name of its concept."""
    for desk, block in blocks:
        if isinstance(block, syntax.Relations):
            entry = desk.find(block.name, get_args(ConceptKind), "`codes`")
            if entry is not None and entry.name in draft.concepts:
                for line in relation_lines(block):
                    yield entry.name, desk, line
