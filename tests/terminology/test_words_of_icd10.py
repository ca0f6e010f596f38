"""Every code of both editions of ICD-10 that mentions a concept by its words is, or may be, the concept; or it stands
in `explained.tsv` with its reason. The words were chosen by somebody who had not seen the tables."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

import pytest

from screener import load_rules
from screener.terminology.terminology import Terminology
from terminology import words_oracle as oracle
from terminology.words_oracle import FAMILY, Mention


@cache
def terminology() -> Terminology:
    return Terminology(load_rules())


def is_not(mention: Mention) -> bool:
    """Whether the tables say that the code is not the concept that it mentions."""
    said = terminology().coded(mention.edition, mention.code)
    if mention.concept.startswith(FAMILY):
        return mention.concept.removeprefix(FAMILY) not in said.in_family | said.may_be_in_family
    return mention.concept not in said.is_ | said.open


@cache
def refused() -> tuple[Mention, ...]:
    return tuple(mention for mention in oracle.mentions() if is_not(mention))


def test_the_words_are_of_concepts_of_the_dictionary() -> None:
    named = {word.concept.removeprefix(FAMILY) for word in oracle.words()}
    assert named <= load_rules().concepts.keys()
    assert len(named) >= 70


def test_the_stored_mentions_are_of_these_words_and_editions() -> None:
    assert oracle.stored()[0] == oracle.stamp(), "write them anew: python tests/terminology/words_oracle.py"


@pytest.mark.parametrize("edition", oracle.MODULES)
def test_a_sample_of_the_stored_mentions_is_what_the_words_find(edition: str) -> None:
    stored = defaultdict(list)
    for mention in oracle.mentions():
        if mention.edition == edition:
            stored[mention.code].append(mention.concept)
    assert len(stored) > 3_000
    for code in random.Random(edition).sample(oracle.codes(edition), 250):
        assert oracle.mentioned_in(edition, code) == stored.get(code, []), code


def test_a_code_that_mentions_a_concept_is_or_may_be_it_or_has_a_reason() -> None:
    unexplained = [
        f"{mention.edition} {mention.code} {mention.concept}: {oracle.texts(mention.edition, mention.code)[0]}"
        for mention in refused()
        if not any(reason.covers(mention) for reason in oracle.reasons())
    ]
    assert unexplained == []


def test_every_reason_covers_a_code_that_is_not_what_it_mentions() -> None:
    unused = [reason for reason in oracle.reasons() if not any(reason.covers(mention) for mention in refused())]
    assert unused == []


# ---- the groups of AHRQ, another hand's


def test_a_code_of_a_group_of_ahrq_is_or_may_be_one_of_its_concepts_or_has_a_reason() -> None:
    concepts = defaultdict(set)
    for group, concept in oracle.rows("ahrq.tsv"):
        concepts[group].add(concept)
    reasons = oracle.reasons("ahrq_explained.tsv")
    used, unexplained, seen = set(), [], 0
    for group, codes in oracle.rows("ahrq_codes.tsv"):
        for code in codes.split():
            seen += 1
            said = terminology().coded("icd10cm", code)
            if concepts[group] & (said.is_ | said.open):
                continue
            covering = [reason for reason in reasons if reason.covers(Mention("icd10cm", code, group))]
            used.update(covering)
            if not covering:
                unexplained.append(f"{group} {code}")
    assert seen > 2_500
    assert unexplained == []
    assert set(reasons) == used
