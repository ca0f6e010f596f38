"""Readings: drawn out to one rule for each way to read a criterion."""

from __future__ import annotations

from checker.conftest import checked, criterion, problems
from screener.language.wording import in_words

TWO_WAYS = 'define D "D"\n  read as "a" INR > 2\n  or read as "b" INR > 3\n'


def readings(rule: str, before: str = "") -> list[tuple[str | None, str]]:
    return [(each.label, in_words(each.rule)) for each in criterion(rule, before)[1].readings]


def test_a_rule_with_one_reading_has_no_label() -> None:
    assert readings("INR > 2") == [(None, "INR > 2")]


def test_readings_of_a_whole_rule_are_kept_in_order() -> None:
    assert readings('read as "a" INR > 2\nor read as "b" INR > 3') == [("a", "INR > 2"), ("b", "INR > 3")]


def test_a_first_reading_without_a_label_is_the_rule_as_written() -> None:
    assert readings('INR > 2\nor read as "b" INR > 3') == [("as written", "INR > 2"), ("b", "INR > 3")]


def test_readings_in_parentheses_are_drawn_out() -> None:
    rule = 'INR > 1.5 and (read as "a" PTA < 40 % or read as "b" PTA <= 40 %)'
    assert readings(rule) == [
        ("a", "INR > 1.5 and prothrombin_activity < 40 %"),
        ("b", "INR > 1.5 and prothrombin_activity <= 40 %"),
    ]


def test_choices_in_two_places_combine() -> None:
    rule = '(read as "a" INR > 2 or read as "b" INR > 3) or (read as "c" PTA < 40 % or read as "d" PTA < 50 %)'
    assert [label for label, _ in readings(rule)] == ["a; c", "a; d", "b; c", "b; d"]


def test_a_nested_choice_exists_only_where_it_is_met() -> None:
    rule = 'read as "a" INR > 2\nor read as "b" (read as "x" INR > 3 or read as "y" INR > 4)'
    assert [label for label, _ in readings(rule)] == ["a", "b; x", "b; y"]


def test_a_definition_stands_once_for_each_of_its_readings() -> None:
    book, found = criterion("meets D", TWO_WAYS)
    assert [(each.label, in_words(each.rule)) for each in found.readings] == [
        ("a", "meets D (a)"),
        ("b", "meets D (b)"),
    ]
    assert {name: in_words(each.rule) for name, each in book.definitions.items()} == {
        "D (a)": "INR > 2",
        "D (b)": "INR > 3",
    }
    assert book.definitions["D (b)"].reading == "b"


def test_a_definition_used_twice_is_read_the_same_way_in_both_places() -> None:
    assert readings("meets D or not meets D", TWO_WAYS) == [
        ("a", "meets D (a) or not (meets D (a))"),
        ("b", "meets D (b) or not (meets D (b))"),
    ]


def test_a_definition_within_a_definition_is_read_the_same_way_too() -> None:
    outer = TWO_WAYS + 'define E "E"\n  meets D and PTA < 40 %\n'
    assert readings("meets E or meets D", outer) == [
        ("a", "meets E (a) or meets D (a)"),
        ("b", "meets E (b) or meets D (b)"),
    ]


def test_a_definition_with_one_reading_keeps_its_name() -> None:
    assert readings("meets D", 'define D "D" also DD\n  INR > 2\n') == [(None, "meets D")]
    assert readings("meets DD", 'define D "D" also DD\n  INR > 2\n') == [(None, "meets D")]


def test_readings_survive_negation_counting_and_a_moved_clock() -> None:
    inner = '(read as "a" INR > 2 or read as "b" INR > 3)'
    for rule in (f"not {inner}", f"at least 1 of ({inner}; PTA < 40 %)", f"at onset of sepsis {inner}"):
        assert [label for label, _ in readings(rule)] == ["a", "b"], rule


def choices(count: int) -> str:
    names = (f'(read as "{n}a" INR > 2 or read as "{n}b" INR > 3)' for n in range(count))
    return " and ".join(names)


def test_thirty_two_readings_are_drawn_out_and_no_more() -> None:
    assert len(readings(choices(5))) == 32
    assert problems(choices(6)) == ["too-many-readings"]


def test_two_readings_of_one_name_are_refused() -> None:
    assert problems('read as "a" INR > 2\nor read as "a" INR > 3') == ["duplicate-reading"]


def test_combinations_that_come_out_with_the_same_label_are_refused() -> None:
    nested = 'read as "a" (read as "b" INR > 2 or read as "c" INR > 3)\nor read as "a; b" INR > 4'
    assert problems(nested) == ["duplicate-reading"]


def test_what_has_one_reading_takes_no_definition_with_two() -> None:
    score = f'{TWO_WAYS}score S "S"\n  if meets D then 1 else 2\n'
    assert problems("S > 1", score) == ["several-readings"]
    assert problems("history of sepsis with (meets D)", TWO_WAYS) == ["several-readings"]
    question = f'{TWO_WAYS}question Q "Q?"\n  asked of investigator\n  asked only if meets D\n'
    assert problems("confirmed Q", question) == ["several-readings"]


def test_an_untranslated_criterion_is_always_unknown_and_says_so() -> None:
    assert readings("untranslated") == [(None, "untranslated")]
    result = checked("protocol T1\n  > A\ninclusion I1\n  > a\n  untranslated\n")
    assert "untranslated" in [each.code for each in result.diagnostics if not each.is_error]
