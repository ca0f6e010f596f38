"""The dictionary: labs, findings, concepts, questions, defaults, and their names."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.conftest import DEFAULTS, checked, rulebook
from screener.language.dictionary import exact_text
from screener.rulebook import (
    Code,
    Form,
    Limits,
    NormalLimit,
    Rulebook,
    Sign,
)
from screener.values.dates import Duration
from screener.values.ranges import Range


def found(text: str, dictionary: str = DEFAULTS) -> list[str]:
    """The codes of all problems of these blocks, checked beside a dictionary."""
    return [each.code for each in checked(text, dictionary=dictionary).diagnostics]


def lab(*lines: str) -> list[str]:
    return found('lab x "X"\n' + "".join(f"  {line}\n" for line in lines))


def test_a_lab_is_in_its_canonical_unit(dictionary: Rulebook) -> None:
    bilirubin = dictionary.labs["total_bilirubin"]
    assert bilirubin.unit == "umol/L"
    assert bilirubin.possible == Range(0.5, 1500.0)
    assert bilirubin.usual == Range(2.0, 850.0)
    assert bilirubin.molar_mass == "584.66"
    assert bilirubin.normal_limits == (NormalLimit("upper", "17.1", "26"),)
    assert bilirubin.codes == (Code("loinc", "14631-6", unit="umol/L"), Code("loinc", "1975-2", unit="mg/dL"))
    assert dictionary.labs["neutrophils"].possible == Range(0.0, 150.0, low_open=True)
    assert dictionary.labs["INR"].unit == "1"


def test_limits_of_a_lab_may_stand_in_another_unit() -> None:
    book = rulebook(
        'lab x "X"\n  unit umol/L\n  molar mass 113.12 g/mol\n  possible 0.1 .. 10 mg/dL\n'
        "  upper limit of normal female 1 mg/dL\n"
    )
    assert book.labs["x"].possible == Range(
        float(Fraction(1000) / Fraction("113.12")), float(100000 / Fraction("113.12"))
    )
    (limit,) = book.labs["x"].normal_limits
    assert (Fraction(limit.low), limit.low, limit.sex) == (Fraction(10000) / Fraction("113.12"), limit.high, "female")


def test_a_measured_form_has_its_own_molar_mass(dictionary: Rulebook) -> None:
    urea = dictionary.labs["urea"]
    assert urea.forms == (Form("urea_nitrogen", "Urea nitrogen", ("BUN",), "28.014"),)
    assert urea.codes == (Code("loinc", "3094-0", unit="mg/dL", form="urea_nitrogen"),)


def test_defaults_fill_in_what_an_entry_does_not_say() -> None:
    book = rulebook('lab x "X"\n  unit kg\n  possible 2 .. 400 kg\n  fresh 30 days\ncondition c "C"\n  fresh 7 days\n')
    assert book.labs["x"].fresh == Duration(30, "days")
    assert book.labs["INR"].fresh == Duration(7, "days")
    assert book.findings["ascites_grade"].fresh == Duration(7, "days")
    assert book.concepts["sepsis"].fresh == Duration(90, "days")
    assert book.concepts["c"].fresh == Duration(7, "days")


def test_inclusion_is_closed_in_both_directions(dictionary: Rulebook) -> None:
    concepts = dictionary.concepts
    assert concepts["malignancy"].includes == ("solid_tumor",)
    assert concepts["malignancy"].narrower == ("skin_carcinoma", "solid_tumor")
    assert concepts["skin_carcinoma"].broader == ("malignancy", "solid_tumor")
    assert concepts["sepsis"].narrower == ()


def test_signs_say_which_result_shows_a_condition(dictionary: Rulebook) -> None:
    encephalopathy, ascites = dictionary.concepts["hepatic_encephalopathy"], dictionary.concepts["ascites"]
    assert encephalopathy.present_when == (Sign("hepatic_encephalopathy_grade", Limits(low=1.0)),)
    assert encephalopathy.absent_when == (Sign("hepatic_encephalopathy_grade", Limits(0.0, 0.0)),)
    assert ascites.present_when == (Sign("ascites_grade", choices=("slight", "moderate")),)
    assert ascites.absent_when == (Sign("ascites_grade", choices=("none",)),)
    assert dictionary.lookups == {}


def test_several_signs_are_joined_by_or() -> None:
    book = rulebook('condition c "C"\n  present when HIV_test is positive or PTA < 40 % or INR between 2 and 3\n')
    assert book.concepts["c"].present_when == (
        Sign("HIV_test", choices=("positive",)),
        Sign("prothrombin_activity", Limits(high=40.0, high_open=True)),
        Sign("INR", Limits(2.0, 3.0)),
    )


def test_an_absence_gives_the_lowest_grade(dictionary: Rulebook) -> None:
    assert dictionary.findings["hepatic_encephalopathy_grade"].zero_when_absent == "hepatic_encephalopathy"
    assert dictionary.findings["ascites_grade"].zero_when_absent == "ascites"
    assert dictionary.concepts["pregnancy"].only_if == "female"


def test_a_question_says_who_is_asked_and_what_for() -> None:
    book = rulebook(
        'question q "Q?"\n  asked of investigator\n  once for all trials\n  holds for 30 days\n'
        "  asked only if history of sepsis\n"
    )
    question = book.questions["q"]
    assert (question.asked_of, question.once_for_all, question.gives_consent) == ("investigator", True, False)
    assert question.holds_for == Duration(30, "days")
    assert question.only_if is not None
    assert book.questions["informed_consent"].gives_consent


def test_flags_may_speak_of_their_own_entry() -> None:
    book = rulebook(
        'score S "S"\n  2 * INR\n  flag "close to the limit" when S between 7.35 and 7.45\n'
        'lab x "X"\n  unit kg\n  possible 2 .. 400 kg\n  flag "with ascites" when x < 55 kg and current ascites\n'
    )
    assert [flag.text for flag in book.scores["S"].flags] == ["close to the limit"]
    assert [flag.text for flag in book.labs["x"].flags] == ["with ascites"]


def test_exact_numbers_are_decimal_where_they_end() -> None:
    assert [exact_text(Fraction(text)) for text in ("17.1", "26", "1/3", "0.001")] == ["17.1", "26", "1/3", "0.001"]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["unit kg", "possible 2 .. 400 kg"], []),
        (["possible 2 .. 400 kg"], ["no-unit"]),
        (["unit kg"], ["no-possible"]),
        (["unit kgg", "possible 2 .. 400 kg"], ["unknown-unit"]),
        (["unit kg", "possible 2 .. 400"], ["bare-number"]),
        (["unit kg", "possible 2 .. 400 mg/dL"], ["unit-mismatch"]),
        (["pure number", "possible 2 .. 400 kg"], ["unit-on-pure-number"]),
        (["unit kg", "possible 400 .. 2 kg"], ["reversed-range"]),
        (["unit kg", "possible 2 .. 2 kg"], ["two-limits"]),
        (["unit kg", "possible at most 2 kg"], ["two-limits"]),
        (["unit kg", "possible 2 .. 400 kg", "usual 1 .. 300 kg"], ["usual-outside-possible"]),
        (["unit kg", "possible 2 .. 400 kg", "usual 2 .. 400 kg"], []),
        (["unit kg", "possible 2 .. 400 kg", "upper limit of normal 500 kg"], ["limit-outside-possible"]),
        (["unit g/L", "molar mass 5 kg", "possible 2 .. 9 g/L"], ["no-molar-mass"]),
        (["unit g/L", "loinc 1-8 in mmol/L", "possible 2 .. 9 g/L"], ["unit-mismatch"]),
        (["unit g/L", "loinc 1-8 as y", "possible 2 .. 9 g/L"], ["unknown-form"]),
        (["unit g/L", "loinc 1-8 means high", "possible 2 .. 9 g/L"], ["code-with-value"]),
        (["unit kg", "icd10 C97 .. C00", "possible 2 .. 400 kg"], ["reversed-range"]),
    ],
)
def test_the_lines_of_a_lab_are_checked(lines: list[str], codes: list[str]) -> None:
    assert lab(*lines) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('finding f "F"\n', ["no-scale"]),
        ('finding f "F"\n  grade 4 .. 0\n', ["no-scale"]),
        ('finding f "F"\n  values a, a\n', ["said-twice"]),
        ('finding f "F"\n  values a\n', ["no-scale"]),
        ('finding f "F"\n  grade 1 .. 4\n  0 when c is absent\ncondition c "C"\n', ["absence-is-lowest"]),
        ('finding f "F"\n  ordered a, b\n  b when c is absent\ncondition c "C"\n', ["absence-is-lowest"]),
        ('finding f "F"\n  values a, b\n  a when c is absent\ncondition c "C"\n', ["absence-is-lowest"]),
        ('finding f "F"\n  ordered a, b\n  a when c is absent\nprocedure c "C"\n', ["wrong-kind"]),
        ('finding f "F"\n  values a, b\n  loinc 1-8 means c\n', ["unknown-choice"]),
        ('condition c "C"\n  includes d\n', ["unknown-name"]),
        ('condition c "C"\n  includes d\nprocedure d "D"\n', ["wrong-kind"]),
        ('condition c "C"\n  includes d\ncondition d "D"\n  includes c\n', ["cycle"]),
        ('condition c "C"\n  includes c\n', ["cycle"]),
        ('procedure p "P"\n  course acute\n', ["course-of-condition"]),
        ('condition c "C"\n  only if current c\n', ["only-if-sex"]),
        ('finding f "F"\n  values a, b\nprocedure p "P"\n  present when f is a\n', ["sign-of-condition"]),
        ('finding f "F"\n  values a, b\ncondition c "C"\n  present when f within 7 days is a\n', ["no-sign"]),
        ('finding f "F"\n  values a, b\ncondition c "C"\n  present when f is a and f is b\n', ["no-sign"]),
        ('condition c "C"\n  present when current c\n', ["no-sign"]),
        ('condition c "C"\n  snomed 100005\n  absent as snomed 100005\n', ["present-and-absent"]),
        ('condition c "C"\n  icd10 B01\n  absent as snomed 100005\n', []),
        ('condition c "C"\n  absent as icd10 A00 .. A09\n', ["range-of-absences"]),
        ('condition c "C"\n  absent as snomed 100005 in mg/dL\n', ["code-of-lab"]),
        ('condition c "C"\n  absent as snomed 100005 means none\n', ["code-with-value"]),
        ('question q "Q?"\n', ["asked-of-nobody"]),
        ('question q "Q?"\n  asked of investigator\n  asked only if confirmed q\n', ["cycle"]),
        (
            'condition c "C"\nquestion q "Q?"\n  asked of investigator\n'
            "  shown with current c\n  asked again with current c\n",
            ["said-twice"],
        ),
        ('condition c "C" also d\nprocedure d "D"\n', ["duplicate-name"]),
        ('condition c "C"\ncondition C "C"\n', ["duplicate-name"]),
        ('condition c "C" also latest\n', ["reserved-word"]),
        ('condition within "C"\n', ["reserved-word"]),
        ('condition age "C"\n', ["reserved-word"]),
        ('define d "D"\n  meets e\ndefine e "E"\n  meets d\n', ["cycle"]),
        ('score s "S"\n  1 + s\n', ["cycle"]),
        ('points p "P" from s\n  0 .. 9 -> 1\nscore s "S"\n  p + 1\n', ["cycle"]),
    ],
)
def test_entries_are_checked(text: str, codes: list[str]) -> None:
    assert found(text) == codes


@pytest.mark.parametrize(
    ("dictionary", "codes"),
    [
        ("", ["missing-defaults"]),
        ("defaults\n  labs fresh 7 days\n  findings fresh 7 days\n", ["missing-defaults"]),
        (DEFAULTS + DEFAULTS, ["duplicate-defaults"] * 3),
        (DEFAULTS, []),
    ],
)
def test_the_defaults_stand_once_and_whole(dictionary: str, codes: list[str]) -> None:
    assert found('condition c "C"\n', dictionary) == codes


def test_a_result_code_belongs_to_one_lab_and_a_diagnosis_code_may_mean_two_things() -> None:
    lines = "  loinc 1-8\n  pure number\n  possible 1 .. 2\n"
    assert found(f'lab x "X"\n{lines}lab y "Y"\n{lines}') == ["duplicate-code"]
    assert found('condition c "C"\n  icd10 K70.3\ncondition d "D"\n  icd10 K70.3\n') == []


def test_a_code_may_say_that_a_concept_is_absent() -> None:
    rulebook = checked('substance s "S"\n  snomed 100005\n  absent as ips none-known\n').rulebook
    assert rulebook is not None
    assert rulebook.concepts["s"].codes == (Code("snomed", "100005"), Code("ips", "none-known", absent=True))


def test_a_code_with_an_impossible_unit_is_no_suggestion_elsewhere() -> None:
    lines = 'lab x "X"\n  loinc 1-8 in kg\n  unit g/L\n  possible 1 .. 2 g/L\n'
    assert found(f'{lines}define D "D"\n  x > 1\n') == ["unit-mismatch", "bare-number"]


def test_every_problem_of_every_file_is_reported_in_one_run() -> None:
    text = 'lab x "X"\n  unit kg\n  possible 9 .. 2 kg\ncondition c "C"\n  includes d, e\nscore s "S"\n  ln(TBil)\n'
    assert found(text, DEFAULTS + 'condition f "F"\n  includes g\n') == [
        "unknown-name",
        "reversed-range",
        "unknown-name",
        "unknown-name",
        "unknown-name",
    ]


def test_what_cannot_be_read_is_not_reported_as_unknown_too() -> None:
    text = 'condition c "C" also CC\n  includes ,\ncondition d "D"\n  includes c\ncondition e "E"\n  includes CC\n'
    assert found(text) == ["unexpected-word"]


def test_a_misspelt_name_is_suggested_among_those_that_fit() -> None:
    (problem,) = checked('condition c "C"\n  includes sepsys\n').diagnostics
    assert problem.help == "did you mean `sepsis`?"
