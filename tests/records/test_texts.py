"""Values and limits of normal that are text: what is read, what stays words, and what is refused although it looks
like a number."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagged import said
from records.small_rulebook import SMALL
from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.measuring import result_of
from screener.records.patient import Result
from screener.records.reported import Reported
from screener.records.written import NormalSpan, Quantity, Span, Written, read_limits, read_text
from screener.values.ranges import Range, exactly

WORDS = Path(__file__).parents[2] / "src" / "screener" / "records" / "words.tsv"


def number(text: str, comparator: str = "") -> Quantity:
    return Quantity(Fraction(text), comparator)  # type: ignore[arg-type]


def span(low: str | None, high: str | None) -> Span:
    return Span(None if low is None else Fraction(low), None if high is None else Fraction(high))


# ---- values


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1.8", number("1.8"), None),
        (" 1.8 ", number("1.8"), None),
        ("１．８", number("1.8"), None),
        ("<0.2", number("0.2", "<"), None),
        ("< 0.2", number("0.2", "<"), None),
        ("LESS THAN 0.4", number("0.4", "<"), None),
        ("Less than 0.4", number("0.4", "<"), None),
        ("GREATER THAN 30", number("30", ">"), None),
        ("GREATER THAN 20 NG/ML", number("20", ">"), "NG/ML"),
        (">=5", number("5", ">="), None),
        ("≤3", number("3", "<="), None),
        ("≧3", number("3", ">="), None),
        ("大于30", number("30", ">"), None),
        ("at most 17", number("17", "<="), None),
        ("5.2 mg/dL", number("5.2"), "mg/dL"),
        ("5.2mg/dL", number("5.2"), "mg/dL"),
        ("5.2 (mg/dL)", number("5.2"), "(mg/dL)"),
        ("<5 mg/dL", number("5", "<"), "mg/dL"),
        ("35%", number("35"), "%"),
        ("120 K/uL", number("120"), "K/uL"),
        ("4.5 x10^9/L", number("4.5"), "x10^9/L"),
        ("4.5×10⁹/L", number("4.5"), "×10⁹/L"),
        ("4.5 10^9/L", number("4.5"), "10^9/L"),
        ("4.5 10⁹/L", number("4.5"), "10⁹/L"),
        ("4.5e3", number("4500"), None),
        ("0-2", span("0", "2"), None),
        ("0 – 2", span("0", "2"), None),
        ("0 to 2", span("0", "2"), None),
        ("1.5~2.5", span("1.5", "2.5"), None),
        ("-2-3", span("-2", "3"), None),
        ("2-2", span("2", "2"), None),
        ("0-2 mg/dL", span("0", "2"), "mg/dL"),
        ("6-10 #/hpf", span("6", "10"), "#/hpf"),
    ],
)
def test_a_text_is_read_with_the_unit_that_it_carries(text: str, value: Quantity | Span, unit: str | None) -> None:
    assert read_text(text) == Written(value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "Positive",
        "NEG",
        "NotDone",
        "see comment",
        "See Comments",
        "trace",
        "1+",
        "2+",
        "1:40",
        "30/4",
        "46/0",
        "45/",
        "/40",
        "12/5",
        "120/80 mmHg",
        "0-2 COARSE GRANULAR CASTS",
        "150 IS HIGHEST MEASURED PTT",
        "5 apples",
        "2020-01-02",
        "1,2 und 3",
        "BORDERLINE POSITIVE -- C/W TITER OF ROUGHLY 10 MIU/ML",
        "TITER IS >450 MIU/ML",
        "less than",
        "GREATER THAN 30, DILUTION AVAILABLE UPON REQUEST",
        "less than normal",
        "under review",
        "",
        " ",
    ],
)
def test_words_stay_words_without_a_fault(text: str) -> None:
    assert read_text(text) == Written(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1,8", "`1,8` is not a number: write `1.8`"),
        ("<1,8", "`<1,8` is not a number: write `<1.8`"),
        ("1,8 mg/dL", "`1,8 mg/dL` is not a number: write `1.8 mg/dL`"),
        ("1,800", "`1,800` is not a number: write `1800` if the comma parts thousands"),
        ("98,000 /uL", "`98,000 /uL` is not a number: write `98000 /uL` if the comma parts thousands"),
        ("<1,234,567", "`<1,234,567` is not a number: write `<1234567` if the comma parts thousands"),
        ("0,250", "`0,250` is not a number: write `0.250`"),
        (
            "1.2.3",
            "`1.2.3` is not a number: write a number with a decimal point, such as `1.8`, or a bound, such as `<0.2`",
        ),
        (
            "1 200",
            "`1 200` is not a number: write a number with a decimal point, such as `1.8`, or a bound, such as `<0.2`",
        ),
        ("5-2", "`5-2` is not a range: write the smaller number first"),
        ("1e99", "`1e99` is beyond any measure: write a number or text"),
        ("9" * 41, f"`{'9' * 41}` is beyond any measure: write a number or text"),
        ("9" * 101, f"`{'9' * 60}…` is not a number: a number has at most 40 digits"),
    ],
)
def test_a_number_that_cannot_be_read_stays_words_with_the_reason(text: str, fault: str) -> None:
    assert read_text(text) == Written(text, fault=fault)


@given(st.text(max_size=60) | st.text(alphabet="0123456789.,<>=-+ eE/%mgdLlessthanupto", max_size=30))
def test_any_text_is_read_without_an_error(text: str) -> None:
    written = read_text(text)
    assert isinstance(written.value, Quantity | Span) or written.value == text
    assert written.fault is None or written.value == text


@given(st.decimals("-1000", "1000", places=3), st.sampled_from(["", "<", "<=", ">", ">="]))
def test_a_printed_number_is_read_back(value: object, comparator: str) -> None:
    assert read_text(f"{comparator}{value}").value == number(str(value), comparator)


def test_a_value_of_mimic_that_is_no_plain_number_is_read_or_stays_words(shared: Path) -> None:
    with (shared / "units" / "mimic3_nonnumeric_values.csv").open(encoding="utf-8") as file:
        texts = {row["value"]: read_text(row["value"]) for row in csv.DictReader(file)}
    faulty = {text for text, written in texts.items() if written.fault}
    assert faulty == {"14.4.6"}
    as_numbers = {text for text, written in texts.items() if isinstance(written.value, Quantity | Span)}
    bounds = {text for text in texts if text[:1] in "<>" or text.startswith(("LESS THAN ", "GREATER THAN "))}
    assert bounds - as_numbers == {"GREATER THAN 30, DILUTION AVAILABLE UPON REQUEST"}
    assert all(text[:1] in "<>0123456789LG" for text in as_numbers)


# ---- limits of normal


@pytest.mark.parametrize(
    ("text", "lower", "upper", "unit"),
    [
        ("0.2-1.2", "0.2", "1.2", None),
        ("0.2 - 1.2", "0.2", "1.2", None),
        ("(0.2-1.2)", "0.2", "1.2", None),
        ("[0.2-1.2]", "0.2", "1.2", None),
        ("3.5 – 5.0 mg/dL", "3.5", "5.0", "mg/dL"),
        ("17.1 to 26 umol/L", "17.1", "26", "umol/L"),
        ("< 21", None, "21", None),
        ("<=21", None, "21", None),
        ("≤ 5.0", None, "5", None),
        ("up to 17", None, "17", None),
        ("Up to 17 umol/L", None, "17", "umol/L"),
        ("> 60", "60", None, None),
        (">= 60 mL/min", "60", None, "mL/min"),
        ("-2 - 3", "-2", "3", None),
    ],
)
def test_limits_of_normal_are_read_from_text(text: str, lower: str | None, upper: str | None, unit: str | None) -> None:
    assert read_limits(text) == NormalSpan(
        None if lower is None else Fraction(lower), None if upper is None else Fraction(upper), unit
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5 mg/dL",
        "normal",
        "negative",
        "0,2-1,2",
        "1.2-0.2",
        "M: 13-17 F: 12-16",
        "13-17 (adults)",
        "see text",
        "1:40",
    ],
)
def test_what_is_not_plainly_a_range_gives_no_limits(text: str) -> None:
    assert read_limits(text) is None


# ---- results


def result(name: str, value: Quantity | Span | str | None, unit: str | None = None, **more: object) -> Result:
    dictionary = Dictionary(SMALL)
    meaning = dictionary.named(name)
    assert meaning is not None
    written = value if isinstance(value, str) else "as reported"
    return result_of(meaning, Reported("here", value, written, unit, **more), dictionary)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("1.5", "2.5", Range(1.5, 2.5)),
        ("2", "2", exactly(2)),
        ("0.4", "2", None),
        ("0.5", "2", Range(0.5, 2)),
        ("0.6", "2", Range(0.6, 2)),
        ("2", "29", Range(2, 29)),
        ("2", "30", Range(2, 30)),
        ("2", "31", None),
        (None, "0.4", None),
        (None, "0.5", exactly(0.5)),
        (None, "0.6", Range(0.5, 0.6)),
        (None, "31", None),
        ("0.4", None, None),
        ("0.5", None, Range(0.5, 30)),
        ("30", None, exactly(30)),
        ("31", None, None),
        ("0", "0.4", None),
        ("31", "40", None),
        ("3", "2", None),
    ],
)
def test_a_span_is_every_value_from_one_end_to_the_other(
    low: str | None, high: str | None, expected: Range | None
) -> None:
    found = result("INR", span(low, high))
    assert found.value == expected
    assert found.exact == (2 if low == high else None)
    assert found.unusable == (None if expected else "impossible")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("0", "2", Range(0, 2, low_open=True)),
        ("0", "0", None),
        (None, "0", None),
        (None, "1", Range(0, 1, low_open=True)),
    ],
)
def test_an_open_end_of_what_is_possible_stays_open_for_a_span(
    low: str | None, high: str | None, expected: Range | None
) -> None:
    assert result("neutrophils", span(low, high), "10*9/L").value == expected


def test_a_span_is_converted_exactly() -> None:
    found = result("total_bilirubin", span("5", "10"), "mg/dL")
    assert found.value == Range(
        float(Fraction(500000) / Fraction("5846.6")), float(Fraction(10**6) / Fraction("5846.6"))
    )


def test_a_span_that_cannot_be_names_the_likely_unit() -> None:
    found = result("total_bilirubin", span("300", "312"), "mg/dL")
    assert found.problem is not None
    assert found.problem.endswith("possible is 0.5 .. 1500 umol/L; did you mean `300-312 umol/L`?")


def test_a_span_without_ends_is_no_value() -> None:
    for name in ("INR", "HE_grade", "HIV_test"):
        found = result(name, Span())
        assert (found.unusable, found.problem) == ("missing", "it has no value")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("1", "2", Range(1, 2)),
        ("0", "4", Range(0, 4)),
        ("3", None, Range(3, 4)),
        (None, "1", Range(0, 1)),
        ("0", "5", None),
        ("-1", "2", None),
        ("1", "1.5", None),
    ],
)
def test_a_span_of_grades_is_of_whole_numbers(low: str | None, high: str | None, expected: Range | None) -> None:
    found = result("HE_grade", span(low, high))
    assert found.value == expected
    assert found.unusable == (None if expected else "impossible")


def test_a_roman_grade_may_be_one_letter_of_its_own() -> None:
    assert result("HE_grade", "Ⅱ").value == exactly(2)


def test_a_number_with_a_decimal_comma_is_missing_and_says_how_to_write_it() -> None:
    found = result("creatinine", "1,8", "mg/dL")
    assert (found.unusable, found.problem) == ("missing", "`1,8` is not a number: write `1.8`")


@pytest.mark.parametrize("unit", ["IU/mL", "[IU]/mL", "kIU/L", "[iU]/mL", "k[IU]/L", "U/mL"])
def test_alpha_fetoprotein_in_units_is_never_converted(unit: str) -> None:
    found = result("alpha_fetoprotein", number("10"), unit)
    assert (found.unusable, found.value, found.exact) == ("unit", None, None)
    assert found.problem is not None
    if unit != "U/mL":
        assert found.problem.endswith(
            "(each assay defines its international units for itself, so they are never converted)"
        )


def test_a_mass_becomes_an_amount_only_by_a_molar_mass_that_the_dictionary_gives() -> None:
    found = result("alpha_fetoprotein", number("10"), "nmol/L")
    assert (found.unusable, found.problem) == (
        "unit",
        "`nmol/L` is amount per volume, `ng/mL` is mass per volume (no molar mass is defined)",
    )


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        ("POS", "positive"),
        ("pos.", "positive"),
        ("Positiv", "positive"),
        ("Negative", "negative"),
        ("NEG", "negative"),
        ("neg.", "negative"),
        ("Non-Reactive", "negative"),
        ("nonreactive", "negative"),
        ("阴性", "negative"),
        ("阴性(-)", "negative"),
        ("阴性（－）", "negative"),
        ("Negative (-)", "negative"),
        ("阳性(+)", "positive"),
        ("阴性(+)", None),
        ("弱阳性", None),
        ("not done", "not_done"),
        ("not detected", None),
        ("detected", None),
        ("reactive", None),
        ("trace", None),
        ("equivocal", None),
    ],
)
def test_words_in_use_name_a_choice_that_the_finding_has(words: str, choice: str | None) -> None:
    found = result("HIV_test", words)
    assert found.choices == (frozenset([choice]) if choice else None)
    assert found.unusable == (None if choice else "missing")


@pytest.mark.parametrize(
    ("words", "choice"),
    [("reactive", "reactive"), ("Non-Reactive", "negative"), ("POS", "positive"), ("equivocal", "indeterminate")],
)
def test_a_screening_test_keeps_reactive_apart_from_positive(words: str, choice: str) -> None:
    dictionary = Dictionary(load_rules())
    meaning = dictionary.named("HIV_screen")
    assert meaning is not None
    assert result_of(meaning, Reported("here", words, words), dictionary).choices == {choice}


def test_a_finding_without_the_choice_does_not_get_it() -> None:
    found = result("ascites_grade", "NEG")
    assert found.problem == "`NEG` is none of `none`, `slight` or `moderate`"


def test_every_word_of_the_table_is_one_that_is_looked_for() -> None:
    rows = [line.split("\t") for line in WORDS.read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")]
    for kind, words, meaning in rows:
        if kind == "bound":
            assert read_text(f"{words.capitalize()} 5").value == number("5", meaning)
        elif kind == "amount":
            assert meaning in ("0", ">0")
        else:
            meanings = {
                "choice": ("positive", "negative", "indeterminate", "detected", "not_detected", "reactive"),
                "mark": ("high", "low", "abnormal"),
                "grade": ("grade",),
                "filler": ("",),
                "years": ("",),
                "several": ("",),
                "severity": ("mild", "moderate", "severe"),
                "found": ("yes",),
                "sex": ("female", "male", "unknown"),
                "died": ("yes", "no"),
                "stage": ("stage",),
            }
            assert meaning in meanings[kind]
    assert len({(kind, words) for kind, words, _ in rows}) == len(rows)


# ---- limits in a unit of their own


def test_limits_in_a_unit_of_their_own_are_converted_by_it() -> None:
    found = result("total_bilirubin", number("10"), "mg/dL", upper_limit=Fraction(21), limits_unit="umol/L")
    assert (found.upper_limit, found.flags) == (21, ())
    found = result("total_bilirubin", number("200"), "umol/L", upper_limit=Fraction(1), limits_unit="mg/dL")
    assert found.upper_limit == Fraction(100000) / Fraction("5846.6")


def test_limits_in_a_unit_that_does_not_fit_are_not_used_and_said_so() -> None:
    found = result("total_bilirubin", number("200"), "umol/L", upper_limit=Fraction(21), limits_unit="s")
    assert found.value == exactly(200)
    assert (found.upper_limit, said(found.flags)) == (
        None,
        ("its limits of normal are not used: `s` is time, `umol/L` is amount per volume",),
    )
