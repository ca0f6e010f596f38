"""What a code or a name says of the concepts of a dictionary: is, may be, is not, and which source goes before which.

The dictionaries are made by hand, a few concepts each; nothing here is a statement about medicine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from records.small_rulebook import SMALL, concept
from screener.loading import load_rulebook
from screener.rulebook import Code, Concept, Related, Relation, ReviewedRow, Rulebook
from screener.terminology.code_lists import is_divided
from screener.terminology.terminology import SiteRow, Terminology

IS, MAY, NEW, NOT = "is", "may be", "unreviewed", "is not"

Told = Mapping[Relation, str]
"""What is said of a concept's codes of one system: `{"is": "I21 I22", "may be": "I20..I25"}`."""


def codes(system: str, text: str) -> list[tuple[str, str, str | None]]:
    found = []
    for written in text.split():
        first, _, last = written.partition("..")
        found.append((system, first, last or None))
    return found


def one(name: str, says: Told, *, system: str = "icd10", **fields: Any) -> Concept:
    """A concept with what it says of codes; `fields` are further ones of it, such as `broader`."""
    made = concept(name, fields.pop("kind", "condition"))
    narrower, broader = tuple(fields.pop("narrower", ())), tuple(fields.pop("broader", ()))
    return replace(
        made,
        codes=tuple(Code(*each) for each in codes(system, says.get("is", ""))),
        relations=tuple(
            Related(of, first, relation, last=last)
            for relation in ("may be", "is not")
            for of, first, last in codes(system, says.get(relation, ""))
        ),
        narrower=narrower,
        broader=broader,
        **fields,
    )


def book(*concepts: Concept, reviewed: Sequence[ReviewedRow] = ()) -> Rulebook:
    return replace(SMALL, concepts={each.name: each for each in concepts}, reviewed=tuple(reviewed))


def relation(terminology: Terminology, system: str, code: str, name: str) -> str:
    said = terminology.coded(system, code)
    return IS if name in said.is_ else MAY if name in said.may_be else NEW if name in said.unreviewed else NOT


def of(says: Told, code: str, *, system: str = "icd10", told_in: str = "icd10") -> str:
    """What a code says of the only concept of a dictionary."""
    return relation(Terminology(book(one("it", says, system=told_in))), system, code, "it")


# ---- the longest code, a code before a range


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("I21", IS),
        ("I21.4", IS),
        ("i214", IS),
        (" I21.4 ", IS),
        ("I24", MAY),
        ("I24.0", NOT),
        ("I24.8", MAY),
        ("I25.2", IS),
        ("I25.1", MAY),
        ("I20.0", MAY),
        ("I20.1", NOT),
        ("I26", NOT),
        ("J01", NOT),
    ],
)
def test_the_longest_code_decides_and_a_code_goes_before_a_range_of_its_length(code: str, wanted: str) -> None:
    says: Told = {"is": "I21 I25.2", "may be": "I20..I25 I24", "is not": "I24.0 I20.1"}
    assert of(says, code) == wanted


@pytest.mark.parametrize(("code", "wanted"), [("I51.0", NOT), ("I51.3", NOT), ("I51.6", MAY), ("I51.5", IS)])
def test_a_longer_range_goes_before_a_shorter_code_and_a_code_before_that(code: str, wanted: str) -> None:
    assert of({"is": "I51.5", "may be": "I51", "is not": "I51.0..I51.5"}, code) == wanted


def test_of_a_concept_that_was_not_reviewed_against_a_system_every_code_may_be_it() -> None:
    says: Told = {"is": "I21", "is not": "I20"}
    assert [of(says, code) for code in ("I21", "I20", "J01")] == [IS, NOT, NEW]
    assert [of({**says, "may be": "I25"}, code) for code in ("I21", "I20", "J01")] == [IS, NOT, NOT]


# ---- headings, and codes that no edition has


@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        ({"is": "I24.0", "may be": "R69"}, MAY),
        ({"is": "I24", "may be": "R69"}, IS),
        ({"is": "I24", "is not": "I24.0", "may be": "R69"}, MAY),
        ({"is": "I25", "may be": "R69"}, NOT),
        ({"may be": "I24.8"}, MAY),
        ({"is": "I24.0"}, MAY),
        ({"is": "I24.0..I24.8", "may be": "R69"}, MAY),
    ],
)
def test_a_heading_says_what_the_codes_below_it_say_together(says: Told, wanted: str) -> None:
    assert of(says, "I24") == wanted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("K72.9", MAY),
        ("K72.903", MAY),  # a subdivision of China's
        ("K72.1", IS),
        ("K72.10", IS),  # ICD-10-CM's, and in no other edition
        ("K72.101", IS),
        ("K72.0", NOT),
        ("K72.00X", NOT),
        ("K72", MAY),
    ],
)
def test_a_code_that_no_edition_has_says_what_its_longest_known_beginning_says(code: str, wanted: str) -> None:
    assert of({"is": "K72.1", "may be": "K72.9"}, code, system="icd10who") == wanted


def test_where_codes_below_its_longest_known_beginning_differ_an_unknown_code_may_be() -> None:
    says: Told = {"is": "S72.01", "may be": "R69"}
    assert of(says, "S72.0", system="icd10cm") == MAY
    assert of(says, "S72.0Z9", system="icd10cm") == MAY
    assert of(says, "S72.01", system="icd10cm") == IS


@pytest.mark.parametrize("code", ["M10.07", "E11.90", "K70.30"])
def test_the_fifth_digit_of_germanys_edition_says_what_the_code_of_four_digits_says(code: str) -> None:
    for says, wanted in (
        ({"is": code[:5], "may be": "R69"}, IS),
        ({"may be": code[:3]}, MAY),
        ({"may be": "R69"}, NOT),
    ):
        assert of(says, code, system="icd10gm") == wanted


@pytest.mark.parametrize("code", ["XYZ", "Q", "", "U99.9", "12345"])
def test_what_begins_with_no_code_at_all_is_not_known(code: str) -> None:
    said = Terminology(book(one("it", {"may be": "R69"}))).coded("icd10cm", code)
    assert (said.is_known, said.unreviewed) == (False, {"it"})


# ---- two editions of ICD-10


@pytest.mark.parametrize(
    ("cm", "who", "wanted"),
    [
        ({"is": "K80.2"}, {"is": "K80.2"}, IS),
        ({"is": "K80.2"}, {"may be": "K80.2"}, MAY),
        ({"is": "K80.2"}, {"may be": "R69"}, MAY),
        ({"may be": "K80.2"}, {"may be": "R69"}, MAY),
        ({"may be": "R69"}, {"may be": "R69"}, NOT),
        ({"may be": "R69"}, {}, NEW),
    ],
)
def test_a_record_that_says_only_icd_10_is_read_as_what_both_editions_say(cm: Told, who: Told, wanted: str) -> None:
    by_cm, by_who = one("it", cm, system="icd10cm"), one("it", who, system="icd10who")
    both = replace(by_cm, codes=by_cm.codes + by_who.codes, relations=by_cm.relations + by_who.relations)
    terminology = Terminology(book(both))
    assert relation(terminology, "icd10", "K80.2", "it") == wanted


def test_a_code_that_one_edition_alone_has_is_of_that_edition() -> None:
    """J45.0 is WHO's, J45.909 is ICD-10-CM's."""
    by_cm = one("it", {"is": "J45.909", "may be": "J45.0"}, system="icd10cm")
    by_who = one("it", {"is": "J45.0", "may be": "J45.9"}, system="icd10who")
    both = replace(by_cm, codes=by_cm.codes + by_who.codes, relations=by_cm.relations + by_who.relations)
    terminology = Terminology(book(both))
    assert [relation(terminology, "icd10", code, "it") for code in ("J45.0", "J45.909", "J45.9")] == [IS, IS, MAY]
    assert relation(terminology, "icd10cm", "J45.0", "it") == MAY
    assert relation(terminology, "icd10who", "J45.909", "it") == MAY


def test_what_is_said_of_one_edition_goes_before_what_is_said_of_all() -> None:
    of_all = one("it", {"is": "R17", "may be": "R69"})
    of_who = replace(of_all, relations=(*of_all.relations, Related("icd10who", "R17", "may be")))
    terminology = Terminology(book(of_who))
    assert [relation(terminology, system, "R17", "it") for system in ("icd10cm", "icd10who", "icd10")] == [IS, MAY, MAY]


# ---- parents and kinds


def family(of_parent: Told, of_kind: Told) -> Terminology:
    return Terminology(
        book(
            one("cancer", of_parent, narrower=("liver_cancer",)),
            one("liver_cancer", of_kind, broader=("cancer",)),
        )
    )


@pytest.mark.parametrize(
    ("of_parent", "of_kind", "wanted"),
    [
        ({"is": "C00..C97", "may be": "D37"}, {"is": "C22"}, (IS, IS)),
        ({"may be": "D37"}, {"is": "C22"}, (IS, IS)),  # is goes up
        ({"is": "C22", "may be": "D37"}, {"may be": "C22"}, (IS, MAY)),
        ({"is": "C22", "may be": "D37"}, {}, (IS, NEW)),
        ({"is": "C22", "may be": "D37"}, {"may be": "D37"}, (IS, NOT)),
        ({"may be": "C22"}, {"may be": "D37"}, (MAY, MAY)),  # a kind starts from what may be its parent
        ({"may be": "C22"}, {"may be": "D37", "is not": "C22"}, (MAY, NOT)),  # and narrows it
        ({"may be": "D37", "is not": "C22"}, {"may be": "C22"}, (NOT, NOT)),  # is not goes down
        ({"may be": "D37", "is not": "C22"}, {}, (NOT, NOT)),
        ({"may be": "D37"}, {"may be": "C22"}, (MAY, MAY)),  # may be goes up where the parent says nothing
    ],
)
def test_is_and_may_be_go_up_and_is_not_goes_down(of_parent: Told, of_kind: Told, wanted: tuple[str, str]) -> None:
    terminology = family(of_parent, of_kind)
    assert tuple(relation(terminology, "icd10", "C22", name) for name in ("cancer", "liver_cancer")) == wanted


def test_a_kind_of_two_things_is_not_where_one_of_them_is_not() -> None:
    """Shock may be of R57; sepsis is not, and so septic shock is not, although shock may be."""
    terminology = Terminology(
        book(
            one("shock", {"may be": "R57"}, narrower=("septic_shock",)),
            one("sepsis", {"may be": "R69"}, narrower=("septic_shock",)),
            one("septic_shock", {"is": "R65.21", "may be": "R65.2"}, broader=("shock", "sepsis")),
        )
    )
    assert [relation(terminology, "icd10cm", "R57", name) for name in ("shock", "sepsis", "septic_shock")] == [
        MAY,
        NOT,
        NOT,
    ]


def test_the_heading_over_a_kind_may_be_the_kind_and_what_it_is_a_kind_of() -> None:
    """Z79.5, steroids, stands over Z79.52, systemic steroids; of steroids as such the table has no code at all."""
    terminology = Terminology(
        book(
            one("steroid", {"may be": "R69"}, narrower=("systemic_steroid",)),
            one("systemic_steroid", {"is": "Z79.52", "may be": "R69"}, broader=("steroid",)),
        )
    )
    assert [relation(terminology, "icd10cm", "Z79.5", name) for name in ("steroid", "systemic_steroid")] == [MAY, MAY]


# ---- systems without a hierarchy


def test_in_a_system_without_a_hierarchy_a_code_stands_for_itself_alone() -> None:
    says: Told = {"is": "8640", "may be": "999"}
    assert of(says, "8640", system="rxnorm", told_in="rxnorm") == IS
    for code in ("86400", "864", "8641", "99", "9990"):
        said = Terminology(book(one("it", says, system="rxnorm"))).coded("rxnorm", code)
        assert (said.is_known, said.unreviewed) == (False, {"it"}), code


def test_a_code_without_a_hierarchy_says_of_the_rest_what_the_name_says_that_it_stands_for() -> None:
    cirrhosis = one("cirrhosis", {"is": "K74.6", "may be": "K76.9"})
    coded = replace(cirrhosis, codes=(*cirrhosis.codes, Code("snomed", "19943007")))
    ascites = one("ascites", {"is": "R18", "may be": "K74.6"})
    sinusitis = one("sinusitis", {"is": "J01", "may be": "J32"})
    terminology = Terminology(book(coded, ascites, sinusitis))
    said = terminology.coded("snomed", "19943007")
    assert (said.is_, said.open) == ({"cirrhosis"}, {"ascites"})


@pytest.mark.parametrize("system", ["loinc", "cvx"])
def test_a_code_of_results_or_vaccines_is_nothing_that_a_rule_asks_for(system: str) -> None:
    said = Terminology(book(one("it", {"may be": "R69"}))).coded(system, "1-8")
    assert (said.is_known, said.is_ | said.open) == (True, frozenset())


# ---- names


def test_a_name_is_its_broader_ones_and_may_be_its_kinds_and_what_has_a_kind_in_common() -> None:
    terminology = Terminology(
        book(
            one("cirrhosis", {"may be": "R69"}, narrower=("alcoholic_cirrhosis",), broader=("liver_disease",)),
            one("alcoholic_disease", {"may be": "R69"}, narrower=("alcoholic_cirrhosis",), broader=("liver_disease",)),
            one(
                "alcoholic_cirrhosis",
                {"may be": "R69"},
                broader=("cirrhosis", "alcoholic_disease", "liver_disease"),
            ),
            one(
                "liver_disease",
                {"may be": "R69"},
                narrower=("cirrhosis", "alcoholic_disease", "alcoholic_cirrhosis", "hepatitis"),
            ),
            one("hepatitis", {"may be": "R69"}, broader=("liver_disease",)),
        )
    )
    said = terminology.named("cirrhosis")
    assert said.is_ == {"cirrhosis", "liver_disease"}
    assert said.open == {"alcoholic_cirrhosis", "alcoholic_disease"}


def test_a_name_need_not_be_what_all_of_its_codes_are() -> None:
    """The only code of decompensated cirrhosis is of an alcoholic one with ascites; not every one is that."""
    terminology = Terminology(
        book(
            one("decompensated", {"is": "K70.31", "may be": "K74.6"}, system="icd10cm"),
            one("alcoholic", {"is": "K70", "may be": "K74.6"}, system="icd10cm"),
            one("sinusitis", {"is": "J01", "may be": "J32"}, system="icd10cm"),
        )
    )
    said = terminology.named("decompensated")
    assert (said.is_, said.open) == ({"decompensated"}, {"alcoholic"})
    assert relation(terminology, "icd10cm", "K70.31", "alcoholic") == IS


def test_a_name_that_nobody_reviewed_may_be_anything_else() -> None:
    terminology = Terminology(book(one("it", {}), one("other", {"may be": "R69"})))
    assert terminology.named("it").open == {"other"}


def test_a_name_within_codes_is_what_all_of_them_are_and_may_be_what_some_are() -> None:
    within = tuple(Code("icd10", first) for first in ("C22.0", "C22.1"))
    terminology = Terminology(
        book(
            one("it", {}, within=within),
            one("cancer", {"is": "C22", "may be": "R69"}),
            one("hcc", {"is": "C22.0", "may be": "R69"}),
            one("sinusitis", {"is": "J01", "may be": "J32"}),
        )
    )
    said = terminology.named("it")
    assert (said.is_, said.open) == ({"it", "cancer"}, {"hcc"})


# ---- which source goes before which


class Owned:
    """A hierarchy that a site owns."""

    def __init__(self, relation: Relation | None) -> None:
        self.says = relation

    def relation(self, system: str, code: str, concept: str) -> Relation | None:
        return self.says if concept == "it" else None


def of_sources(
    site: str | None = None,
    row: str | None = None,
    dictionary: Told | None = None,
    hierarchy: Relation | None = None,
) -> tuple[str, str]:
    """What SNOMED 1 says of it, and by which source. `site` and `row` are codes within which it lies: A01 is it, A02
    may be, A03 is not."""
    said_of_icd10: Told = {"is": "A01", "may be": "A02"}
    it = one("it", said_of_icd10)
    if dictionary:
        said = one("it", dictionary, system="snomed")
        it = replace(it, codes=it.codes + said.codes, relations=it.relations + said.relations)
    rows = [ReviewedRow("snomed", "1", "", (("icd10", row),))] if row else []
    site_rows = {("snomed", "1"): SiteRow(within=(("icd10", site),))} if site else None
    terminology = Terminology(
        book(it, one("other", {"may be": "A02"}), reviewed=rows), site_rows, Owned(hierarchy) if hierarchy else None
    )
    return relation(terminology, "snomed", "1", "it"), terminology.coded("snomed", "1").source


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        ({}, (NEW, "")),
        ({"hierarchy": "is not"}, (NOT, "the site's hierarchy")),
        ({"hierarchy": "is"}, (IS, "the site's hierarchy")),
        ({"dictionary": {"is": "1"}, "hierarchy": "is not"}, (IS, "the dictionary")),
        ({"dictionary": {"may be": "1"}, "hierarchy": "is not"}, (MAY, "the dictionary")),
        ({"row": "A03", "hierarchy": "is"}, (NOT, "a reviewed row")),
        ({"row": "A02", "hierarchy": "is"}, (MAY, "a reviewed row")),
        ({"site": "A03", "row": "A01", "dictionary": {"is": "1"}, "hierarchy": "is"}, (NOT, "the site's table")),
        ({"site": "A01", "row": "A03", "hierarchy": "is not"}, (IS, "the site's table")),
        ({"site": "A02", "row": "A03"}, (MAY, "the site's table")),
    ],
)
def test_the_site_goes_before_a_row_that_before_the_dictionary_and_that_before_a_hierarchy(
    sources: dict[str, Any], wanted: tuple[str, str]
) -> None:
    assert of_sources(**sources) == wanted


def test_the_sites_table_may_take_away_from_what_the_sources_below_it_say() -> None:
    row = ReviewedRow("snomed", "1", "", (("icd10", "A01"),))
    rules = book(
        one("it", {"is": "A01", "may be": "A02"}), one("other", {"is": "A01", "may be": "A02"}), reviewed=[row]
    )
    terminology = Terminology(rules, {("snomed", "1"): SiteRow(is_not=frozenset({"other"}))})
    said = terminology.coded("snomed", "1")
    assert (said.is_, said.open, said.is_known) == ({"it"}, frozenset(), True)


def test_the_sites_table_may_say_only_what_a_code_is_not_that_nobody_knows() -> None:
    rules = book(
        one("cancer", {"may be": "A02"}, narrower=("hcc",)),
        one("hcc", {"may be": "A02"}, broader=("cancer",)),
        one("other", {"may be": "A02"}),
    )
    said = Terminology(rules, {("urn:ours", "1"): SiteRow(is_not=frozenset({"cancer"}))}).coded("urn:ours", "1")
    assert (said.open, said.is_known) == ({"other"}, False)


# ---- what a refuted code denies


@pytest.mark.parametrize(
    ("code", "is_whole"),
    [("C22", True), ("C2", True), ("C22.0", False), ("C22.7", False), ("C23", False), ("K22", False)],
)
def test_a_refuted_code_denies_what_lies_below_it_wholly(code: str, is_whole: bool) -> None:
    """It lies under C22.0 and may lie under C22.7: C22 is above both, and neither is above the other."""
    terminology = Terminology(book(one("it", {"is": "C22.0", "may be": "C22.7"})))
    assert terminology.is_whole("icd10", code, "it") is is_whole


@pytest.mark.parametrize("code", ["C22", "C22.0", "C22.8"])
def test_of_a_range_both_ends_lie_below_it(code: str) -> None:
    terminology = Terminology(book(one("it", {"is": "C22.0..C23.9"})))
    assert not terminology.is_whole("icd10", code, "it")


def test_the_only_code_of_a_concept_proves_nothing_unless_the_dictionary_says_that_it_is_the_whole() -> None:
    it = replace(one("it", {}), codes=(Code("snomed", "1"),))
    assert not Terminology(book(it)).is_whole("snomed", "1", "it")
    assert Terminology(book(replace(it, whole=(Code("snomed", "1"),)))).is_whole("snomed", "1", "it")


def test_the_kinds_of_a_concept_lie_below_it_as_well() -> None:
    terminology = family({"is": "C22", "may be": "C22.9"}, {"is": "D01.5"})
    assert not terminology.is_whole("icd10", "C", "cancer")


# ---- laws, over the rules that are shipped

SHIPPED = Terminology(load_rulebook())
SOME_CODES = st.from_regex(r"\A[A-Z][0-9]{2}(\.[0-9]{1,3})?\Z")


@given(SOME_CODES)
def test_nothing_is_two_things_at_once_and_is_goes_up(code: str) -> None:
    for system in ("icd10", "icd10cm", "icd10who"):
        said = SHIPPED.coded(system, code)
        assert not said.is_ & said.open
        assert not said.may_be & said.unreviewed
        for name in said.is_:
            assert said.is_.issuperset(above(name))
        for name in said.open:
            assert (said.is_ | said.open).issuperset(above(name))


def above(name: str) -> list[str]:
    """What a concept is a kind of, as far as a diagnosis speaks of both: one that tells of a drug that is taken tells
    nothing of an allergy to it."""
    is_substance = SHIPPED.concepts[name].kind == "substance"
    broader = SHIPPED.concepts[name].broader
    return [each for each in broader if (SHIPPED.concepts[each].kind == "substance") == is_substance]


@given(SOME_CODES)
def test_without_its_edition_a_code_is_never_more_certain_than_in_the_editions_that_have_it(code: str) -> None:
    either = SHIPPED.coded("icd10", code)
    having = [each for each in ("icd10cm", "icd10who") if SHIPPED._indexes[each].knows(code.replace(".", ""))]
    if len(having) == 2 and len(code) == 3 and is_divided("icd10cm", code) and not is_divided("icd10who", code):
        having = ["icd10who"]  # a category by itself, such as Z33: ICD-10-CM codes only what it divides it into
    for edition in having:
        said = SHIPPED.coded(edition, code)
        assert either.is_ <= said.is_
        assert said.is_ | said.open <= either.is_ | either.open


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Z33", IS),  # WHO's: the other edition, which divides it, never codes it alone
        ("Z33.1", IS),
        ("Z33.2", MAY),
        ("K20", NOT),
        ("I21", MAY),  # both editions divide it, and a coder of either stopped halfway
        ("R17", MAY),  # WHO divides it
    ],
)
def test_a_category_that_one_edition_alone_codes_is_of_that_edition(code: str, expected: str) -> None:
    state = one("state", {"is": "Z33 I21.4 R17"})
    state = replace(
        state,
        relations=(
            Related("icd10cm", "Z33.2", "may be"),
            Related("icd10cm", "K20.81", "may be"),
            Related("icd10who", "S99", "may be"),
            Related("icd10who", "R17.0", "is not"),
        ),
    )
    assert relation(Terminology(book(state)), "icd10", code, "state") == expected
