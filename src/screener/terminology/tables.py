"""The dictionary's own codes as an index: what a code of one system says of every concept.

The longest code that stands for a code decides; a code beats a range of its length. A kind of a concept starts from
what may be the concept, and narrows it. A heading, or a code that the system does not have, says what all codes below
it say together. In a system without a hierarchy a code stands for itself alone, whatever it begins with.

If I24 may be a myocardial infarction and I24.0 is none, then the heading I24 may be one, I24.8 may, and I24.0 is not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from screener.rulebook import DRUG_SYSTEMS, HIERARCHICAL, Code, Concept, Related, Relation, Rulebook, made_once
from screener.terminology.code_lists import EDITIONS, longest_known
from screener.terminology.said import BY_DICTIONARY, Said


def plain_code(system: str, code: str) -> str:
    """A code as it is compared: without blanks around it; in a hierarchical system in capitals and without a dot."""
    plain = code.strip()
    return plain.upper().replace(".", "") if system in HIERARCHICAL else plain


class _Token(Struct, frozen=True):
    """One code or range of the dictionary and what it says of a concept. `last` is `first` where it is no range."""

    first: str
    last: str
    relation: Relation


Closeness = tuple[int, bool]
"""How close a token is to a code: its length, and whether it is a code and no range."""

_FAR: Closeness = (0, False)


class Index:
    """The codes of one system (of one edition), for all concepts of a dictionary."""

    def __init__(self, concepts: dict[str, Concept], systems: frozenset[str], edition: str | None) -> None:
        self.concepts = concepts
        self.edition = edition
        self.is_hierarchical = not systems.isdisjoint(HIERARCHICAL)
        # Of anything else a code of a drug says only what the dictionary says that it may be.
        of_drugs = systems <= DRUG_SYSTEMS
        self.reviewed = frozenset(
            name
            for name, concept in concepts.items()
            if (of_drugs and concept.kind not in ("drug", "substance"))
            or any(concept.is_reviewed_in(system) for system in systems)
        )
        self._kinds = {name: self._alike(concept, concept.narrower) for name, concept in concepts.items()}
        self._parents = {name: self._alike(concept, concept.broader) for name, concept in concepts.items()}
        self._codes: dict[str, list[tuple[str, Relation]]] = {}
        self._ranges: dict[str, list[tuple[_Token, str]]] = {}
        """By the letter that a code begins with."""
        self._family: dict[str, list[tuple[str, Relation]]] = {}
        for name, concept in concepts.items():
            for token in _tokens(concept, systems):
                if token.first == token.last:
                    self._codes.setdefault(token.first, []).append((name, token.relation))
                else:
                    for letter in range(ord(token.first[0]), ord(token.last[0]) + 1):
                        self._ranges.setdefault(chr(letter), []).append((token, name))
            for related in concept.relations:
                if related.family and related.system in systems:
                    first = plain_code(related.system, related.first)
                    self._family.setdefault(first, []).append((name, related.relation))
        self._sorted = sorted(self._codes)
        self._sorted_family = sorted(self._family)

    def _alike(self, concept: Concept, others: tuple[str, ...]) -> tuple[str, ...]:
        """Those of some concepts that a code of this system can speak of together with this one. A diagnosis that
        mentions a drug being taken says nothing about an allergy to it, though the drug is one of those to be allergic
        to."""
        if self.edition is None:
            return others
        is_substance = concept.kind == "substance"
        return tuple(name for name in others if (self.concepts[name].kind == "substance") == is_substance)

    def said(self, code: str) -> Said | None:
        """What a plain code says; None if the system has no such code, nor any that it begins with."""
        known = code if self.edition is None else longest_known(self.edition, code)
        if not known:
            return None
        return self._closed(*self._relations(known), *self._of_family(known))

    def knows(self, code: str) -> bool:
        """Whether the system has the code."""
        return self.edition is None or longest_known(self.edition, code) == code

    def _relations(self, code: str) -> tuple[dict[str, Relation], set[str]]:
        """What the closest token says of each concept that has one; may be, where what stands below says otherwise.

        A kind has its own tokens, and those that may be what it is a kind of. The second half of the answer is the
        concepts that have their relation from the latter alone. A longer code of another edition takes nothing from a
        code by what it is not: WHO's I85.0 bleeds, whatever the other edition's I85.00 is.
        """
        best: dict[str, tuple[Closeness, Relation]] = {}
        may_be: dict[str, Closeness] = {}
        for closeness, name, relation in self._above(code):
            if closeness > best.get(name, (_FAR, relation))[0]:
                best[name] = (closeness, relation)
            if relation == "may be" and closeness > may_be.get(name, _FAR):
                may_be[name] = closeness
        relations = {name: relation for name, (_, relation) in best.items()}
        for broader, closeness in may_be.items():
            for name in self._kinds[broader]:
                if closeness[0] > best.get(name, (_FAR, "may be"))[0][0]:  # its own word of the same length goes before
                    relations[name] = "may be"
        own = set(best)
        below = list(self._below(code))
        stated = {(longer, name) for longer, name, _ in below}
        for longer, name, relation in below:
            if relation != "is not" or any(map(self.knows, longer)):
                self._heed(name, relation, relations)
            if relation != "is not":
                own.add(name)
            if relation == "may be":
                for kind in self._kinds[name]:
                    if (longer, kind) not in stated:
                        self._heed(kind, relation, relations)
        return relations, relations.keys() - own

    def _heed(self, name: str, relation: Relation, relations: dict[str, Relation]) -> None:
        """Take in what a longer code says: what differs from what is said of the code leaves it open."""
        default: Relation = "is not" if name in self.reviewed else "may be"
        if relations.get(name, default) != relation:
            relations[name] = "may be"

    def _above(self, code: str) -> Iterator[tuple[Closeness, str, Relation]]:
        """The tokens that cover a code, each with how closely and for which concept."""
        for beginning in self._beginnings(code):
            for name, relation in self._codes.get(beginning, ()):
                yield (len(beginning), True), name, relation
        for token, name in self._ranges.get(code[0], ()):
            length = len(token.first)
            if length <= len(code) and token.first <= code[:length] <= token.last:
                yield (length, False), name, token.relation

    def _beginnings(self, code: str) -> Iterable[str]:
        """The codes that stand for a code, the shortest first."""
        return (code[:length] for length in range(1, len(code) + 1)) if self.is_hierarchical else (code,)

    def _longer(self, code: str, codes: Sequence[str]) -> Iterator[str]:
        """The codes below a code, of codes in their order."""
        for place in range(bisect_left(codes, code), len(codes)) if self.is_hierarchical else ():
            if not codes[place].startswith(code):
                break
            if codes[place] != code:
                yield codes[place]

    def _below(self, code: str) -> Iterator[tuple[tuple[str, str], str, Relation]]:
        """The tokens that stand for longer codes than this one, each with its codes."""
        for longer in self._longer(code, self._sorted):
            yield from (((longer, longer), name, relation) for name, relation in self._codes[longer])
        for token, name in self._ranges.get(code[0], ()):
            if len(token.first) > len(code) and token.first[: len(code)] <= code <= token.last[: len(code)]:
                yield (token.first, token.last), name, token.relation

    def _of_family(self, code: str) -> tuple[frozenset[str], frozenset[str]]:
        found: dict[str, Relation] = {}
        for beginning in self._beginnings(code):
            found.update(self._family.get(beginning, ()))
        for longer in self._longer(code, self._sorted_family):
            found.update((name, "may be") for name, relation in self._family[longer] if relation != "is not")
        return (
            frozenset(name for name, relation in found.items() if relation == "is"),
            frozenset(name for name, relation in found.items() if relation == "may be"),
        )

    def _closed(
        self, relations: dict[str, Relation], inherited: set[str], family: frozenset[str], may_family: frozenset[str]
    ) -> Said:
        """Is goes up to the broader concepts, and may be with it; is not goes down to the kinds.

        What a concept is not only because no token of it says more does not go before what a kind says itself that it
        may be. What a kind may be only because one of its parents may be, it is not where another parent is not.
        """
        concepts, parents = self.concepts, self._parents
        is_ = {name for name, relation in relations.items() if relation == "is"}
        is_.update(broader for name in tuple(is_) for broader in parents[name])
        declared = {name for name, relation in relations.items() if relation == "may be"} - is_
        refused = {
            name
            for name in concepts
            if name not in is_ and name not in declared and (name in self.reviewed or relations.get(name) == "is not")
        }
        denied = {name for name in refused if relations.get(name) == "is not"}
        may_be = {name for name in declared if (refused if name in inherited else denied).isdisjoint(parents[name])}
        may_be.update(broader for name in tuple(may_be) for broader in parents[name])
        may_be -= is_
        unreviewed = {
            name for name in concepts.keys() - is_ - may_be - refused if (refused - may_be).isdisjoint(parents[name])
        }
        return Said(frozenset(is_), frozenset(may_be), frozenset(unreviewed), family, may_family, source=BY_DICTIONARY)


def _tokens(concept: Concept, systems: frozenset[str]) -> Iterator[_Token]:
    """What a concept says of codes and ranges; what it says of one edition goes before what it says of all."""
    return (_Token(*place, relation) for place, relation in _by_place(concept, systems).items())


def _by_place(concept: Concept, systems: frozenset[str]) -> dict[tuple[str, str], Relation]:
    stated: list[tuple[Code | Related, Relation]] = [
        *((code, "is") for code in concept.codes if code.system in systems and not code.absent),
        *((each, each.relation) for each in concept.relations if each.system in systems and not each.family),
    ]
    found: dict[tuple[str, str], Relation] = {}
    for code, relation in sorted(stated, key=lambda each: each[0].system != "icd10"):
        first = plain_code(code.system, code.first)
        found[first, first if code.last is None else plain_code(code.system, code.last)] = relation
    return found


class Indexes(Mapping[str, Index]):
    """An index for each system that the dictionary has codes of; each edition of ICD-10 is one of its own. Each is made
    when a code of its system is first asked about: most records have codes of one or two."""

    def __init__(self, concepts: dict[str, Concept]) -> None:
        named = {each.system for concept in concepts.values() for each in concept.codes}
        named |= {each.system for concept in concepts.values() for each in concept.relations}
        self._systems = {edition: frozenset({"icd10", edition}) for edition in EDITIONS}
        self._systems |= {each: frozenset({each}) for each in sorted(named) if not each.startswith("icd10")}
        self._concepts = concepts
        self._made: dict[str, Index] = {}

    def __getitem__(self, system: str) -> Index:
        index = self._made.get(system)
        if index is None:
            edition = system if system in EDITIONS else None
            index = self._made[system] = Index(self._concepts, self._systems[system], edition)
        return index

    def __iter__(self) -> Iterator[str]:
        return iter(self._systems)

    def __len__(self) -> int:
        return len(self._systems)


def indexes(rulebook: Rulebook) -> Indexes:
    """The indexes of a rulebook's dictionary."""
    return made_once(rulebook, "indexes", lambda: Indexes(rulebook.concepts))
