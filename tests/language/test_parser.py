"""Rule text becomes syntax with the places it came from, block by block, and never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.language import syntax
from screener.language.formatter import format_text
from screener.language.parser import block_spans, parse
from screener.language.source import Source, Span
from screener.values import dates

RULES = Path(__file__).parents[2] / "rules"


def blocks_of(text: str) -> tuple[syntax.Block, ...]:
    parsed = parse(Source("x.rules", text))
    assert parsed.diagnostics == ()
    return parsed.blocks


def rule_of(text: str) -> syntax.Proposition:
    (block,) = blocks_of(f'define d "D"\n  {text}\n')
    assert isinstance(block, syntax.Definition)
    (reading,) = block.rule.readings
    return reading.rule


def number_of(text: str) -> syntax.Numeric:
    (block,) = blocks_of(f'score s "S"\n  {text}\n')
    assert isinstance(block, syntax.Score)
    return block.expression


def lines_of(kind: str, *lines: str) -> tuple[object, ...]:
    text = "\n".join(f"  {line}" for line in lines)
    (block,) = blocks_of(f'{kind} x "X"\n{text}\n')
    assert isinstance(block, syntax.Lab | syntax.Finding | syntax.Concept | syntax.Question)
    return block.lines


def codes_in(text: str) -> list[str]:
    return [each.code for each in parse(Source("x.rules", text)).diagnostics]


# ---- a trial


TRIAL = """protocol NCT00000000
  > A trial of
  > something
  short "Something"
  registry NCT00000000.json
  labs within 7 days

field age
  > minimumAge: 18 Years
  age >= 18 years

inclusion I1
  > INR ≥ 1.5 # this is no comment
  short "INR"
  assuming "any laboratory"
  assuming "on any day"
  read as "now"
  INR >= 1.5
  or read as "ever"
  highest INR >= 1.5

exclusion E1
  > Unsuitable
  untranslated
"""


def test_a_trial_is_its_protocol_fields_and_criteria() -> None:
    protocol, field, inclusion, exclusion = blocks_of(TRIAL)
    assert isinstance(protocol, syntax.Protocol)
    assert [quote.text for quote in protocol.title] == ["A trial of", "something"]
    assert protocol.short is not None
    assert protocol.short.text == "Something"
    assert protocol.registry is not None
    assert protocol.registry.text == "NCT00000000.json"
    assert protocol.labs_within is not None
    assert protocol.labs_within.length == dates.Duration(7, "days")
    assert isinstance(field, syntax.Criterion)
    assert isinstance(inclusion, syntax.Criterion)
    assert inclusion.quotes[0].text == "INR ≥ 1.5 # this is no comment"
    assert inclusion.short is not None
    assert inclusion.short.text == "INR"
    assert [text.text for text in inclusion.assumptions] == ["any laboratory", "on any day"]
    assert [each.label.text for each in inclusion.rule.readings if each.label] == ["now", "ever"]
    assert isinstance(exclusion, syntax.Criterion)
    assert isinstance(exclusion.rule.readings[0].rule, syntax.Untranslated)
    headings = ["protocol NCT00000000", "field age", "inclusion I1", "exclusion E1"]
    assert [syntax.heading(each) for each in (protocol, field, inclusion, exclusion)] == headings


def test_every_node_knows_the_characters_it_came_from() -> None:
    source = Source("x.rules", 'define d "D"\n  not (INR ≥ 1.5 or\n    history of severe ascites within 4 weeks)\n')
    (block,) = parse(source).blocks
    assert isinstance(block, syntax.Definition)
    negation = block.rule.readings[0].rule
    assert isinstance(negation, syntax.Not)
    either = negation.of
    assert isinstance(either, syntax.Any)
    assert source.slice(either.span) == "(INR ≥ 1.5 or\n    history of severe ascites within 4 weeks)"
    comparison, event = either.of
    assert isinstance(comparison, syntax.Compare)
    assert source.slice(comparison.span) == "INR ≥ 1.5"
    assert source.slice(comparison.operator_span) == "≥"
    assert isinstance(event, syntax.Event)
    assert source.slice(event.verb_span) == "history of"
    assert source.slice(event.what[0].span) == "severe ascites"
    assert source.slice(event.what[0].name.span) == "ascites"
    assert event.scope is not None
    assert source.slice(event.scope.span) == "within 4 weeks"
    assert (source.line_of(event.span.start), source.column_of(event.span.start)) == (3, 5)


def test_a_rule_keeps_its_text_as_it_was_written_without_comments() -> None:
    (block,) = blocks_of('define d "D"\n  INR ≥ 1.5  # high\n    # and\n    and (PTA<40%\n      or age > 18 years)\n')
    assert isinstance(block, syntax.Definition)
    assert block.rule.text == "INR ≥ 1.5\n  and (PTA<40%\n    or age > 18 years)"


def test_a_score_keeps_its_formula_as_it_was_written() -> None:
    (block,) = blocks_of('score s "S"\n  1.120*ln(INR)\n  + 0.643\n  flag "high" when s > 3\n')
    assert isinstance(block, syntax.Score)
    assert block.formula == "1.120*ln(INR)\n+ 0.643"
    assert [flag.text.text for flag in block.flags] == ["high"]


# ---- rules


@pytest.mark.parametrize(
    ("written", "operator"),
    [("<", "<"), ("<=", "<="), ("≤", "<="), (">", ">"), (">=", ">="), ("≥", ">="), ("=", "=")],
)
def test_comparisons_are_read_in_either_spelling(written: str, operator: str) -> None:
    rule = rule_of(f"INR {written} 1.5")
    assert isinstance(rule, syntax.Compare)
    assert rule.operator == operator


@pytest.mark.parametrize(
    "written",
    ["10*9/L", "10^9/L", "10⁹/L", "x10^9/L", "x 10^9/L", "×10^9/L", "× 10⁹/L", "x 10*9/L"],
)
def test_a_power_of_ten_is_one_unit_however_it_is_written(written: str) -> None:
    rule = rule_of(f"platelets < 50 {written}")
    assert isinstance(rule, syntax.Compare)
    assert isinstance(rule.right, syntax.Quantity)
    assert (rule.right.number, rule.right.unit and rule.right.unit.text) == ("50", "10*9/L")
    assert rule.right.text == "50 x 10*9/L"


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("\N{MICRO SIGN}mol/L", "umol/L"),
        ("\N{GREEK SMALL LETTER MU}mol/L", "umol/L"),
        ("x10³/µL", "10*3/uL"),
        ("kg/m²", "kg/m2"),
        ("kg/m^2", "kg/m2"),
        ("°C", "Cel"),
        ("10⁻³/L", "10*-3/L"),
        ("mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
        ("mm[Hg]", "mm[Hg]"),
        ("%", "%"),
    ],
)
def test_a_unit_has_one_spelling(written: str, spelling: str) -> None:
    assert syntax.spelling_of_unit(written) == spelling
    assert syntax.spelling_of_unit(spelling) == spelling


@pytest.mark.parametrize(
    ("written", "times", "which"),
    [("10 x ULN", "10", "upper"), ("10xULN", "10", "upper"), ("2.5 × LLN", "2.5", "lower"), ("ULN", "1", "upper")],
)
def test_limits_of_normal_are_multiples(written: str, times: str, which: str) -> None:
    rule = rule_of(f"total_bilirubin >= {written}")
    assert isinstance(rule, syntax.Compare)
    assert isinstance(rule.right, syntax.TimesLimit)
    assert (rule.right.times, rule.right.which) == (times, which)


def test_at_least_two_allergies_are_an_allergy_at_least_twice() -> None:
    one, other = rule_of("at least 2 allergies to drug"), rule_of("allergy to drug at least 2 times")
    assert isinstance(one, syntax.Event)
    assert isinstance(other, syntax.Event)
    assert one.verb == other.verb == "allergy to"
    assert one.times is not None
    assert other.times is not None
    assert one.times.number == other.times.number == 2


def test_an_event_holds_its_window_exceptions_and_what_goes_beside_it() -> None:
    rule = rule_of(
        'history of any of (cured bleeding, stage "III" cancer) at least 2 times within 4 weeks after last onset of x '
        "except polyp, severe y with (lowest hemoglobin within 7 days of its onset < 90 g/L)"
    )
    assert isinstance(rule, syntax.Event)
    assert [[each.kind for each in what.qualifiers] for what in rule.what] == [["cured"], ["stage"]]
    assert rule.what[1].qualifiers[0].stage == "III"
    assert rule.times is not None
    assert rule.times.number == 2
    scope = rule.scope
    assert scope is not None
    assert scope.anchor is not None
    assert (scope.relation, scope.anchor.pick, scope.anchor.kind) == ("after", "last", "onset")
    assert [what.name.text for what in rule.exceptions] == ["polyp", "y"]
    assert isinstance(rule.beside, syntax.Compare)
    assert isinstance(rule.beside.left, syntax.Value)
    inner = rule.beside.left.scope
    assert inner is not None
    assert inner.anchor is not None
    assert (inner.relation, inner.anchor.kind, inner.anchor.name) == ("of", "its onset", None)


def test_a_scope_before_parentheses_moves_the_clock() -> None:
    rule = rule_of("before last onset of liver_failure (platelets < 50 g/L or Child_Pugh > 9)")
    assert isinstance(rule, syntax.AtTime)
    assert rule.scope.relation == "before"
    assert isinstance(rule.of, syntax.Any)
    at = rule_of("at onset of liver_failure (INR > 2)")
    assert isinstance(at, syntax.AtTime)
    assert at.scope.relation == "at"


def test_readings_may_stand_inside_parentheses() -> None:
    rule = rule_of('INR > 1 and (read as "a" PTA < 40 % or read as "b" PTA < 50 % or age > 9 years)')
    assert isinstance(rule, syntax.All)
    readings = rule.of[1]
    assert isinstance(readings, syntax.Readings)
    assert [each.label.text for each in readings.readings if each.label] == ["a", "b"]
    assert isinstance(readings.readings[1].rule, syntax.Any)


def test_and_mixed_with_or_is_reported_and_kept_as_the_help_writes_it() -> None:
    parsed = parse(Source("x.rules", 'define d "D"\n  A > 1 or B > 2 and C > 3\n'))
    (problem,) = parsed.diagnostics
    assert (problem.code, problem.help) == ("mixed-and-or", "write `(A > 1 or B > 2) and C > 3`")
    (block,) = parsed.blocks
    assert isinstance(block, syntax.Definition)
    both = block.rule.readings[0].rule
    assert isinstance(both, syntax.All)
    assert isinstance(both.of[0], syntax.Any)


# ---- numbers


def test_products_bind_tighter_than_sums_and_both_group_from_the_left() -> None:
    total = number_of("a - 2 * b - c / 3")
    assert isinstance(total, syntax.Arithmetic)
    assert total.operator == "-"
    assert isinstance(total.left, syntax.Arithmetic)
    assert isinstance(total.right, syntax.Arithmetic)
    assert (total.left.operator, total.right.operator) == ("-", "/")


def test_a_unit_has_no_space_so_a_slash_between_spaces_divides() -> None:
    assert isinstance(number_of("a in mg/dL"), syntax.InUnit)
    ratio = number_of("(a in mg) / dL")
    assert isinstance(ratio, syntax.Arithmetic)
    assert ratio.operator == "/"


def test_floors_and_caps_follow_what_they_bound() -> None:
    capped = number_of("creatinine in mg/dL floored at 1.0 capped at 4.0")
    assert isinstance(capped, syntax.Bounded)
    assert (capped.kind, capped.at.number) == ("capped at", "4.0")
    assert isinstance(capped.of, syntax.Bounded)
    assert isinstance(capped.of.of, syntax.InUnit)


@pytest.mark.parametrize(
    ("cell", "low", "high", "low_open", "high_open"),
    [
        ("below 2", None, "2", False, True),
        ("at most 2", None, "2", False, False),
        ("above 2", "2", None, True, False),
        ("at least 2", "2", None, False, False),
        ("2 .. 3", "2", "3", False, False),
        ("above 2 .. 3", "2", "3", True, False),
        ("2 .. below 3", "2", "3", False, True),
        ("-2 .. -1", "-2", "-1", False, False),
        ("2", "2", "2", False, False),
    ],
)
def test_cells_say_whether_their_ends_belong_to_them(
    cell: str, low: str | None, high: str | None, low_open: bool, high_open: bool
) -> None:
    (table,) = blocks_of(f"points p from x in mg/dL\n  {cell} -> 1\n")
    assert isinstance(table, syntax.Points)
    numbers = table.cells[0].numbers
    assert numbers is not None
    assert (numbers.low, numbers.high, numbers.low_open, numbers.high_open) == (low, high, low_open, high_open)


# ---- the dictionary


def test_a_lab_is_read_line_by_line() -> None:
    lines = lines_of(
        "lab",
        "loinc 14631-6 in umol/L, 3094-0 as urea_nitrogen in mg/dL",
        "unit umol/L",
        "molar mass 584.66 g/mol",
        "valence 2",
        "possible above 0 .. 1500 umol/L",
        "usual 2 .. 850 umol/L",
        "upper limit of normal male 104 .. 115 umol/L",
        "lower limit of normal 3 umol/L",
        'form urea_nitrogen "Urea nitrogen" also BUN molar mass 28.014 g/mol',
        "fresh 7 days",
        'flag "look" when x > 3 umol/L and sex is female',
    )
    names = ["Codes", "Unit", "MolarMass", "Valence", "Interval", "Interval", "NormalLimit", "NormalLimit", "Form"]
    assert [type(line).__name__ for line in lines] == [f"{name}Line" for name in [*names, "Length", "Flag"]]


def test_a_finding_may_follow_from_an_absence() -> None:
    graded = lines_of("finding", "grade 0 .. 4", "0 when encephalopathy is absent", "fresh 7 days")
    assert isinstance(graded[1], syntax.WhenAbsentLine)
    assert (graded[1].choice.text, graded[1].condition.text) == ("0", "encephalopathy")
    named = lines_of("finding", "ordered none, slight, severe", "none when ascites is absent", "snomed 1 means none")
    assert isinstance(named[0], syntax.ChoicesLine)
    assert [choice.text for choice in named[0].choices] == ["none", "slight", "severe"]


def test_a_question_says_whom_to_ask_and_for_how_long_the_answer_holds() -> None:
    lines = lines_of(
        "question",
        "asked of participant for consent",
        "once for all trials",
        "holds for 30 days",
        "asked only if history of thrombosis",
    )
    assert isinstance(lines[0], syntax.AskedOfLine)
    assert lines[0].for_consent
    names = ["AskedOf", "OnceForAllTrials", "Length", "Rule"]
    assert [type(line).__name__ for line in lines] == [f"{name}Line" for name in names]


def test_codes_may_say_that_something_is_absent() -> None:
    present, absent = lines_of("substance", "snomed 1", "absent as snomed 2, 3")
    assert isinstance(present, syntax.CodesLine)
    assert isinstance(absent, syntax.CodesLine)
    assert (present.absent, absent.absent) == (False, True)
    assert [code.first for code in absent.codes] == ["2", "3"]


def test_codes_may_be_ranges_or_texts() -> None:
    (line,) = lines_of("condition", 'icd10 C00 .. C97, D06.9, "a local code"')
    assert isinstance(line, syntax.CodesLine)
    assert [(code.first, code.last) for code in line.codes] == [("C00", "C97"), ("D06.9", None), ("a local code", None)]


# ---- files


def test_a_broken_block_hides_nothing_of_the_others() -> None:
    text = 'lab x "X"\n  unti mg/dL\n\nlab y "Y"\n  unit mg/dL\n\nlab z "Z"\n  usaul 1 .. 2\n'
    parsed = parse(Source("x.rules", text))
    assert [syntax.heading(block) for block in parsed.blocks] == ["lab y"]
    assert [problem.block for problem in parsed.diagnostics] == ["lab x", "lab z"]
    assert parsed.has_errors


def test_a_comment_at_the_margin_does_not_end_a_block() -> None:
    source = Source("x.rules", 'lab x "X"\n# margin\n  unit mg/dL\n# behind\n\nlab y "Y"\n')
    assert [source.slice(span) for span in block_spans(source)] == ['lab x "X"\n# margin\n  unit mg/dL', 'lab y "Y"']
    assert len(parse(source).blocks) == 2


def test_an_empty_file_has_nothing_and_is_no_error() -> None:
    parsed = parse(Source("x.rules", "# only a comment\n"))
    assert (parsed.blocks, parsed.diagnostics) == ((), ())


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    assert codes_in(f'define d "D"\n  {"(" * 5000}INR > 1{")" * 5000}\n') == ["too-deep"]
    assert codes_in(f'score s "S"\n  INR{" + 1" * 5000}\n') == ["too-deep"]
    assert codes_in(f'define d "D"\n  {"(" * 20}INR > 1{")" * 20}\n') == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_text_makes_the_parser_raise(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(RULES.rglob("*.rules"))))
    text = path.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : start + 300]
    cut = data.draw(st.integers(0, len(piece)))
    noise = data.draw(st.text('()<>="#,;.- \n\tabx1%×≥and or within', max_size=6))
    text = f"inclusion I1\n  > t\n  {piece[:cut]}{noise}{piece[cut + len(noise) :]}"
    parsed = parse(Source("x.rules", text))
    assert all(isinstance(problem.span, Span) for problem in parsed.diagnostics)
    assert format_text(format_text(text)) == format_text(text)
