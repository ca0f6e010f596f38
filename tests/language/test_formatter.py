"""The formatter: one written form, which says the same and keeps every comment in its block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from language.trees import NOWHERE, blocks, propositions, without_places
from screener.language import syntax
from screener.language.formatter import format_block, format_text
from screener.language.parser import block_spans, parse
from screener.language.source import Source

RULES = sorted((Path(__file__).parents[2] / "rules").rglob("*.rules"))
NO_SOURCE = Source("", "")


def formatted(block: syntax.Block) -> str:
    return format_block(NO_SOURCE, block, NOWHERE) + "\n"


def read(text: str) -> object:
    parsed = parse(Source("x.rules", text))
    assert parsed.diagnostics == ()
    return without_places(parsed.blocks)


def rule_lines(rule: str) -> list[str]:
    """The lines that a criterion's rule is written on, without the block around it."""
    text = format_text(f"inclusion I1\n  > text\n  {rule}\n")
    return text.splitlines()[2:]


# ---- laws


@settings(max_examples=120, deadline=None)
@given(st.lists(blocks, max_size=3))
def test_what_is_formatted_reads_as_it_did(several: list[syntax.Block]) -> None:
    text = "".join(map(formatted, several))
    assert read(text) == without_places(tuple(several))


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks, max_size=3))
def test_formatting_twice_changes_nothing_more(several: list[syntax.Block]) -> None:
    once = format_text("".join(map(formatted, several)))
    assert format_text(once) == once


def blanks(text: str) -> list[int]:
    """Where a comment may be put: at spaces outside quotations and texts, and at the ends of their lines."""
    opaque = re.compile(r'^[ \t]*>[^\n]*|"[^"\n]*"', re.MULTILINE)
    closed = {place for found in opaque.finditer(text) for place in range(found.start(), found.end() + 1)}
    return [found.start() for found in re.finditer(r"[ \n]", text) if found.start() not in closed]


@settings(max_examples=80, deadline=None)
@given(several=st.lists(blocks, min_size=1, max_size=3), data=st.data())
def test_comments_stay_in_their_block_and_change_nothing(several: list[syntax.Block], data: st.DataObject) -> None:
    text = format_text("".join(map(formatted, several)))
    places = data.draw(st.lists(st.sampled_from(blanks(text)), max_size=4, unique=True))
    for number, place in sorted(enumerate(places), key=lambda each: -each[1]):
        before = data.draw(st.sampled_from([" ", "\n  "]))
        text = f"{text[:place]}{before}# note {number}\n  {text[place:].lstrip(' ')}"
    commented = parse(Source("x.rules", text))
    assume(not commented.diagnostics)
    once = format_text(text)
    assert read(once) == without_places(commented.blocks)
    assert comments_by_block(once) == comments_by_block(text)
    assert format_text(once) == once


def comments_by_block(text: str) -> list[list[str]]:
    source = Source("x.rules", text)
    return [
        sorted(
            note  # two comments that come to stand behind one line are one comment, which holds both
            for each in source.comments
            if span.start <= each.span.start < span.end
            for note in re.findall("#[^#]*", f"{each.text}  ")
        )
        for span in block_spans(source)
    ]


@settings(max_examples=60, deadline=None)
@given(propositions)
def test_no_line_of_a_rule_is_indented_less_than_its_block(proposition: syntax.Proposition) -> None:
    reading = syntax.Reading(None, proposition, NOWHERE)
    name = syntax.Name("I1", NOWHERE)
    quote = syntax.Quote("text", NOWHERE)
    rule = syntax.Rule((reading,), "", NOWHERE)
    text = formatted(syntax.Criterion("inclusion", name, (quote,), None, (), rule, NOWHERE))
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


def test_there_are_rules_to_format() -> None:
    assert len(RULES) > 10


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_the_projects_own_rules_keep_their_meaning_and_comments(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    once = format_text(text)
    assert without_places(parse(Source("x.rules", once)).blocks) == without_places(
        parse(Source("x.rules", text)).blocks
    )
    assert comments_by_block(once) == comments_by_block(text)
    assert format_text(once) == once


# ---- one way to write each thing


@pytest.mark.parametrize(
    ("written", "formatted"),
    [
        ("PTA<40%", "PTA < 40 %"),
        ("INR≥1.5", "INR >= 1.5"),
        ("INR ≤ 1.5", "INR <= 1.5"),
        ("platelets < 50 ×10^9/L", "platelets < 50 x 10*9/L"),
        ("platelets < 50 x 10⁹/L", "platelets < 50 x 10*9/L"),
        ("platelets < 50×10^9/L", "platelets < 50 x 10*9/L"),
        ("platelets < 50 10*9/L", "platelets < 50 x 10*9/L"),
        ("total_bilirubin > 85 \N{MICRO SIGN}mol/L", "total_bilirubin > 85 umol/L"),
        ("total_bilirubin > 85 \N{GREEK SMALL LETTER MU}mol/L", "total_bilirubin > 85 umol/L"),
        ("total_bilirubin >= 10xULN", "total_bilirubin >= 10 x ULN"),
        ("total_bilirubin >= 10 ×ULN", "total_bilirubin >= 10 x ULN"),
        ("total_bilirubin >= 1 x ULN", "total_bilirubin >= ULN"),
        ("history   of\n  malignancy  within 1 months", "history of malignancy within 1 month"),
        ("(INR > 1)", "INR > 1"),
        ("((INR > 1 or PTA < 40 %)) and (age > 18 years)", "(INR > 1 or PTA < 40 %) and age > 18 years"),
        ("not (confirmed informed_consent)", "not confirmed informed_consent"),
        ("allergy to drug at least 2 times", "at least 2 allergies to drug"),
        ("underwent dialysis at least 1 times", "underwent dialysis at least 1 time"),
        ("sex is any of (female)", "sex is female"),
        ("history of any of (ascites)", "history of ascites"),
        ("0.033 * (age in years) > 2", "0.033 * (age in years) > 2"),
        ("(creatinine in mg/dL) floored at 1.0 > 2", "creatinine in mg/dL floored at 1.0 > 2"),
        ("INR - (PTA - 2) > 2", "INR - (PTA - 2) > 2"),
        ("(INR - PTA) - 2 > 2", "INR - PTA - 2 > 2"),
    ],
)
def test_each_thing_is_written_in_one_way(written: str, formatted: str) -> None:
    assert rule_lines(written) == [f"  {formatted}"]


def test_a_rule_that_fits_its_line_stays_on_it() -> None:
    rule = "history of chronic_liver_disease and total_bilirubin >= 12 mg/dL and INR >= 1.5"
    assert rule_lines(rule.replace(" and ", "\n  and ")) == [f"  {rule}"]


def test_a_long_rule_has_a_line_for_each_operand() -> None:
    rule = (
        "total_bilirubin >= 5 mg/dL and (INR >= 1.5 or PTA < 40 %) "
        "and (history of ascites within 4 weeks or history of hepatic_encephalopathy within 4 weeks) "
        "and history of chronic_liver_disease"
    )
    assert rule_lines(rule) == [
        "  total_bilirubin >= 5 mg/dL",
        "  and (INR >= 1.5 or PTA < 40 %)",
        "  and (history of ascites within 4 weeks or history of hepatic_encephalopathy within 4 weeks)",
        "  and history of chronic_liver_disease",
    ]


def test_long_parentheses_break_inside_and_are_indented() -> None:
    rule = (
        "history of cirrhosis and (onset of ascites within 4 weeks after last onset of liver_failure "
        "or onset of hepatic_encephalopathy within 4 weeks after last onset of liver_failure)"
    )
    assert rule_lines(rule) == [
        "  history of cirrhosis",
        "  and (onset of ascites within 4 weeks after last onset of liver_failure",
        "    or onset of hepatic_encephalopathy within 4 weeks after last onset of liver_failure)",
    ]


def test_exceptions_of_a_whole_rule_have_a_line_of_their_own() -> None:
    assert rule_lines("history of malignancy within 5 years except cured skin_carcinoma, polyp") == [
        "  history of malignancy within 5 years",
        "    except cured skin_carcinoma, polyp",
    ]


def test_a_formula_too_long_for_a_line_has_a_line_for_each_term() -> None:
    text = format_text(
        'score S "S"\n  1.649 * ln(INR) + 0.457 * HE_points + 0.425 * ln(neutrophils in 10*9/L) '
        "+ 0.396 * ln(total_bilirubin in umol/L)\n"
    )
    assert text.splitlines()[1:] == [
        "  1.649 * ln(INR)",
        "  + 0.457 * HE_points",
        "  + 0.425 * ln(neutrophils in 10*9/L)",
        "  + 0.396 * ln(total_bilirubin in umol/L)",
    ]


# ---- comments


def test_a_comment_keeps_its_place() -> None:
    text = """# about the file

# about the lab
lab x "X"  # behind the title
  # above the unit
  unit mg/dL  # behind the unit
  possible 1 .. 2 mg/dL
  # below everything

# about nothing in particular

lab y "Y"
"""
    assert format_text(text) == text


def test_a_comment_between_operands_keeps_them_on_lines_of_their_own() -> None:
    lines = ["  INR > 1  # first", "  # second", "  and PTA < 40 %  # third"]
    assert rule_lines("\n".join(lines).strip()) == lines


def test_a_comment_within_an_operand_goes_behind_its_line() -> None:
    assert rule_lines("history of  # when?\n  ascites and INR > 1") == ["  history of ascites and INR > 1  # when?"]


def test_a_comment_about_a_list_item_stays_behind_it() -> None:
    assert rule_lines("history of any of (ascites,  # seen\n  cirrhosis) within 4 weeks") == [
        "  history of any of (ascites,  # seen",
        "    cirrhosis) within 4 weeks",
    ]


def test_a_hash_in_a_text_or_quotation_is_no_comment() -> None:
    text = 'define d "number # one"\n  > and # two\n  INR > 1  # a comment\n'
    assert format_text(text) == text
    assert [comment.text for comment in Source("", text).comments] == ["# a comment"]


# ---- files


def test_blocks_stand_one_empty_line_apart_but_lists_of_one_line_blocks_stay_together() -> None:
    text = 'drug a "A"\ndrug b "B"\n\n\n\ndrug c "C"\nlab x "X"\n  unit mg/dL\ndrug d "D"\n'
    assert format_text(text) == 'drug a "A"\ndrug b "B"\n\ndrug c "C"\n\nlab x "X"\n  unit mg/dL\n\ndrug d "D"\n'


def test_a_block_with_an_error_is_left_as_it_is() -> None:
    broken = "inclusion I1\n  > text\n  INR   >=   1 and   PTA < 2 or  age > 3"
    text = f'lab   x   "X"\n{broken}\nlab y   "Y"\n'
    assert format_text(text) == f'lab x "X"\n\n{broken}\n\nlab y "Y"\n'


def test_text_outside_blocks_is_kept() -> None:
    assert format_text('   lost\nlab  x "X"\n') == '   lost\nlab x "X"\n'


@pytest.mark.parametrize("text", ["", "\n", "\n\n  \n"])
def test_nothing_formats_to_nothing(text: str) -> None:
    assert format_text(text) == ""


def test_line_ends_of_windows_and_tabs_are_replaced() -> None:
    assert format_text('lab x "X"\r\n\tunit mg/dL\r\n') == 'lab x "X"\n  unit mg/dL\n'
