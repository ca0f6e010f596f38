"""What is still missing: the residual of an answer, which is the answer without its settled parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from screener.evaluation.answers import Judged
from screener.rulebook import All, Any, AtLeast, Meets, Not, Rulebook, Truthful
from screener.values.truth import TRUE, UNKNOWN, Truth, all_of, any_of, at_least, negation

Connective = All | Any | AtLeast | Not | Meets
"""The nodes that are made of truths and of nothing else."""


def residual(answer: Judged) -> Judged:
    """An open answer without its settled parts; a settled one as it is.

    The result is an answer again, and its `node` is the rule that is left: it has the truth of the whole rule, whatever
    becomes of the open parts. Definitions are replaced by what they say.

    Two of four are asked for, one is there and one is not: one of the two that are open will do.

    >>> from screener.rulebook import Confirmed
    >>> from screener.values.truth import FALSE
    >>> fever, jaundice, ascites, bleeding = [
    ...     Judged(Confirmed(name), truth)
    ...     for name, truth in [("fever", TRUE), ("jaundice", UNKNOWN), ("ascites", UNKNOWN), ("bleeding", FALSE)]
    ... ]
    >>> parts = (fever, jaundice, ascites, bleeding)
    >>> left = residual(Judged(AtLeast(2, tuple(part.node for part in parts)), UNKNOWN, parts))
    >>> left.node
    Any(of=(Confirmed(question='jaundice'), Confirmed(question='ascites')))
    >>> [node.node.question for node in open_nodes(left)]
    ['jaundice', 'ascites']
    """
    node = answer.node
    if answer.truth is not UNKNOWN or not isinstance(node, Connective):
        return answer
    parts = truths_in(answer)
    left = tuple([residual(part) for part in parts if part.truth is UNKNOWN])
    if isinstance(node, Not):
        return Judged(Not(left[0].node), UNKNOWN, left)
    if len(left) == 1:
        return left[0]
    rules = tuple([part.node for part in left])
    if isinstance(node, AtLeast):
        count = node.count - sum(part.truth is TRUE for part in parts)
        if 1 < count < len(left):
            return Judged(AtLeast(count, rules), UNKNOWN, left)
        return Judged(Any(rules) if count == 1 else All(rules), UNKNOWN, left)
    return Judged(All(rules) if isinstance(node, All) else Any(rules), UNKNOWN, left)


def open_nodes(answer: Judged) -> Iterator[Judged]:
    """The open nodes of an answer that are not made of others: each waits for facts of its own."""
    if answer.truth is not UNKNOWN:
        return
    if isinstance(answer.node, Connective):
        for part in truths_in(answer):
            yield from open_nodes(part)
    else:
        yield answer


def truths_in(answer: Judged) -> tuple[Judged, ...]:
    """The parts of an answer that are truths themselves."""
    return tuple([part for part in answer.parts if isinstance(part, Judged)])


def truths_under(node: Connective, rulebook: Rulebook) -> tuple[Truthful, ...]:
    """The rules whose truths a connective is made of."""
    match node:
        case Not():
            return (node.of,)
        case Meets():
            return (rulebook.definitions[node.name].rule,)
        case _:
            return node.of


def connected(node: Truthful, truths: Sequence[Truth]) -> Truth:
    """What the truths of its parts say of a connective."""
    match node:
        case All():
            return all_of(truths)
        case Any():
            return any_of(truths)
        case AtLeast():
            return at_least(node.count, truths)
        case Not():
            return negation(truths[0])
        case Meets():
            return truths[0]
        case _:
            raise AssertionError(f"{type(node).__name__} is made of more than truths")
