"""From what a laboratory or a ward reported to a Result: the value as a range in the canonical unit.

Every form of record meets here. A form whose values are plain reads them with `read_value`, one whose values are text
as laboratories write it with `read_text`, and limits of normal that are text with `read_limits`. Words in use for
bounds and for the results of tests stand in `words.tsv`.

Values are converted exactly and rounded once. What cannot be used keeps its place: the Result says why, and names the
unit that was likely meant.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from screener.records.dictionary import READ_AS, Dictionary, Meaning
from screener.records.errors import any_of, quoted
from screener.records.patient import Result, Unusable
from screener.rulebook import Finding, Form, Lab, NormalLimit
from screener.values.dates import Moment
from screener.values.numerals import ROMAN
from screener.values.ranges import Range, exactly
from screener.values.units import Dimension, UnitError, common_units, parse_unit

Comparator = Literal["", "<", "<=", ">", ">="]

MOST_DIGITS = 40
GREATEST_MAGNITUDE = 30
"""Powers of ten. No measured number is larger or smaller."""


class Quantity(Struct, frozen=True):
    """A number as reported, perhaps only a bound of the value: `<0.2`."""

    number: Fraction
    comparator: Comparator = ""


class Span(Struct, frozen=True):
    """A value reported as lying from `low` to `high`, both included: `0-2`. None: no limit on that side."""

    low: Fraction | None = None
    high: Fraction | None = None


class Written(Struct, frozen=True):
    """What a text says as a value: a quantity, a span, or words that may name a category.

    `unit` is the unit that the text itself carries. `fault` is why a number that was meant cannot be read.
    """

    value: Quantity | Span | str
    unit: str | None = None
    fault: str | None = None


class NormalSpan(Struct, frozen=True):
    """Limits of normal as reported, at least one of them, and the unit that their text carries."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    unit: str | None = None


class Reported(Struct, frozen=True):
    """One result as reported. `value` is a quantity, a span, words that may name a category, or None: no value at all.

    `recorded_value` is the value as it was written. The limits are those that came with the result; they are in its own
    unit unless `limits_unit` names theirs.
    """

    source: str
    value: Quantity | Span | str | None
    recorded_value: str
    unit: str | None = None
    when: Moment | None = None
    is_current: bool = False
    upper_limit: Fraction | None = None
    lower_limit: Fraction | None = None
    limits_unit: str | None = None


class UnreadableValueError(ValueError):
    """A value that cannot be read at all; `args` are the fault and its mend."""


# ---- words in use


class _Words(NamedTuple):
    bound: re.Pattern[str]
    """Words before a number, at the beginning of a text: one group for each comparator."""
    comparators: tuple[Comparator, ...]
    """What the groups stand for."""
    choices: dict[str, str]
    """Other words for the result of a test, folded, and the choice they stand for."""


@lru_cache(maxsize=1)
def _words() -> _Words:
    bounds: dict[Comparator, list[str]] = {}
    choices: dict[str, str] = {}
    for line in Path(__file__).with_name("words.tsv").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        kind, words, meaning = line.split("\t")
        match kind:
            case "bound":
                bounds.setdefault(_COMPARATORS[meaning], []).append(re.escape(words))
            case "choice":
                choices[_folded(words)] = meaning
            case _:
                raise ValueError(f"words.tsv: there is no kind of row called {kind}")
    groups = "|".join(f"({'|'.join(words)})" for words in bounds.values())
    return _Words(re.compile(rf"(?:{groups})\s*(?=[-+]?[.\d])", re.IGNORECASE), tuple(bounds), choices)


def _folded(words: str) -> str:
    """Words as they are compared: `Non-Reactive.` is `non_reactive`."""
    return "_".join(words.casefold().replace("-", " ").rstrip(". ").split())


# ---- reading a value

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_QUANTITY = re.compile(rf"(?P<comparator><=|>=|=<|=>|<|>)?\s*(?P<number>{_NUMBER.pattern})\s*(?P<rest>.*)\Z", re.DOTALL)
_SPAN = re.compile(
    rf"(?P<low>{_NUMBER.pattern})\s*(?:-|–|—|~|\.\.|to\s|bis\s|至)\s*(?P<high>{_NUMBER.pattern})(?P<rest>.*)\Z",
    re.DOTALL | re.IGNORECASE,
)
_NUMBER_LIKE = re.compile(r"[<>=\s]*[-+]?[\d.,'\s]*(?:[eE][-+]?\d+)?\Z", re.ASCII)
_COMMA = re.compile(r"[<>=\s]*[-+]?(?P<number>\d+,\d+)(?![\d,.])", re.ASCII)
_SIGNS = str.maketrans("＜＞＝−－～．０１２３４５６７８９", "<>=--~.0123456789") | str.maketrans(
    {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">=", "⩽": "<=", "⩾": ">="}
)
_COMPARATORS: dict[str, Comparator] = {"<": "<", "<=": "<=", "=<": "<=", ">": ">", ">=": ">=", "=>": ">="}
_MARKS_OF_UNITS = frozenset("%‰°#{")
_TEN = re.compile(r"10\s?[*^⁰¹²³⁴⁵⁶⁷⁸⁹]")


def read_value(value: object) -> Quantity | Span | str:
    """A value as a quantity, a span, or words if it is no number (`positive`, `II`, `haemolysed`).

    Raises UnreadableValueError where a number was meant that cannot be read (`1,8`, `1.2.3`), where it carries its unit
    (`5 mg/dL`), where it is beyond any measure, and where there is neither a number nor text.
    """
    match value:
        case bool():
            raise UnreadableValueError(f"{quoted(value)} is not a value", "write a number or text")
        case int() if abs(value) < 10**MOST_DIGITS:
            return _quantity(Decimal(value))
        case Decimal():
            return _quantity(value)
        case float():
            return _quantity(Decimal(str(value)))
        case str():
            read, unit = _read(value)
            if unit is not None:
                number = value.strip()[: -len(unit)].strip()
                raise UnreadableValueError(
                    f"{quoted(value)} carries its unit", f'write `"value": "{number}", "unit": "{unit}"`'
                )
            return read
        case int():
            raise UnreadableValueError(f"{quoted(value)} is beyond any measure", "write a number or text")
        case _:
            raise UnreadableValueError(f"{quoted(value)} is not a value", "write a number or text")


def read_number(value: object) -> Fraction:
    """A plain number, or the text of one. Raises UnreadableValueError."""
    quantity = read_value(value)
    if isinstance(quantity, Quantity) and not quantity.comparator:
        return quantity.number
    raise UnreadableValueError(f"{quoted(value)} is not a number", "write a plain number")


def read_text(text: str) -> Written:
    """A value as laboratories write it: `<0.2`, `LESS THAN 0.4`, `0-2`, `5.2 mg/dL`, `trace`.

    Never raises: what is meant for a number and cannot be read (`1,8`) stays words, and `fault` says why.
    """
    try:
        return Written(*_read(text))
    except UnreadableValueError as error:
        fault, mend = error.args
        return Written(text, fault=f"{fault}: {mend}")


def read_limits(text: str) -> NormalSpan | None:
    """Limits of normal that are text: `0.2-1.2`, `< 21`, `up to 17`, `[3.5 – 5.0 mg/dL]`.

    None where it is not plainly a range.
    """
    plain = text.strip()
    if plain[:1] + plain[-1:] in ("()", "[]"):
        plain = plain[1:-1]
    written = read_text(plain)
    match written.value:
        case Span(low, high):
            return NormalSpan(low, high, written.unit)
        case Quantity(number, "<" | "<="):
            return NormalSpan(None, number, written.unit)
        case Quantity(number, ">" | ">="):
            return NormalSpan(number, None, written.unit)
        case _:
            return None


def _read(text: str) -> tuple[Quantity | Span | str, str | None]:
    """What a text says, and the unit that it carries. Raises UnreadableValueError."""
    plain = text.strip().translate(_SIGNS)
    if len(plain) > MOST_DIGITS:
        if _NUMBER_LIKE.match(plain):
            raise UnreadableValueError(f"{quoted(text)} is not a number", f"a number has at most {MOST_DIGITS} digits")
        return text, None
    found = _QUANTITY.match(plain)
    if found is None and (bound := _words().bound.match(plain)) is not None:
        plain = _words().comparators[(bound.lastindex or 1) - 1] + plain[bound.end() :]
        found = _QUANTITY.match(plain)
    if found is not None:
        comparator = _COMPARATORS.get(found["comparator"] or "", "")
        if not found["rest"]:
            return Quantity(_measurable(Decimal(found["number"]), text), comparator), None
        if not comparator and (span := _SPAN.match(plain)) is not None and _is_empty_or_unit(span["rest"]):
            return _span_of(span, text), span["rest"].strip() or None
        if (comma := _COMMA.match(plain)) is not None and _is_empty_or_unit(plain[comma.end() :]):
            raise UnreadableValueError(f"{quoted(text)} is not a number", _how_to_write(comma["number"]))
        if _is_unit(found["rest"]):
            return Quantity(_measurable(Decimal(found["number"]), text), comparator), found["rest"]
    if _NUMBER_LIKE.match(plain) and any(each.isdigit() or each in "<>=" for each in plain):
        raise UnreadableValueError(f"{quoted(text)} is not a number", _how_to_write(plain))
    return text, None


def _span_of(found: re.Match[str], text: str) -> Span:
    low, high = (_measurable(Decimal(found[end]), text) for end in ("low", "high"))
    if low > high:
        raise UnreadableValueError(f"{quoted(text)} is not a range", "write the smaller number first")
    return Span(low, high)


def _how_to_write(text: str) -> str:
    whole, comma, rest = text.partition(",")
    if comma and whole.isdigit() and rest.isdigit():
        with_point = f"{whole}.{rest}"
        return f"write `{with_point}` or `{whole}{rest}`" if len(rest) == 3 else f"write `{with_point}`"
    return "write a number with a decimal point, such as `1.8`, or a bound, such as `<0.2`"


def _is_empty_or_unit(text: str) -> bool:
    rest = text.strip()
    return not rest or _is_unit(rest)


def _is_unit(text: str) -> bool:
    """Whether what follows a number is its unit. `30/4` is two numbers, and `5 10*9/L` one with a unit."""
    is_word = any(each.isalpha() or each in _MARKS_OF_UNITS for each in text)
    if not is_word or (text[0].isdigit() and not _TEN.match(text)):
        return False
    try:
        parse_unit(text)
    except UnitError:
        return False
    return True


@lru_cache(maxsize=4096)
def _quantity(number: Decimal) -> Quantity:
    """The same few numbers come again and again: results have two digits, and limits of normal never change."""
    return Quantity(_measurable(number, number))


def _measurable(number: Decimal, written: object) -> Fraction:
    if not number.is_finite():
        raise UnreadableValueError(
            f"{quoted(written)} is not a number", "leave the result out, or say in words why it has no value"
        )
    is_endless = len(number.as_tuple().digits) > MOST_DIGITS
    if number and (is_endless or not -GREATEST_MAGNITUDE <= number.adjusted() <= GREATEST_MAGNITUDE):
        raise UnreadableValueError(f"{quoted(written)} is beyond any measure", "write a number or text")
    return Fraction(number)


# ---- results


def result_of(meaning: Meaning, reported: Reported, dictionary: Dictionary) -> Result:
    """What is reported under a name or code that stands for a lab or finding. An unusable one says why in `problem`."""
    match meaning.entry:
        case Lab():
            return _lab_result(meaning.entry, meaning, reported, dictionary)
        case Finding():
            return _finding_result(meaning.entry, meaning, reported)
        case _:
            raise ValueError(f"{meaning.entry.name} has no results")


def _result(fact: str, reported: Reported, meaning: Meaning) -> Result:
    return Result(
        fact,
        reported.source,
        reported.recorded_value,
        reported.unit,
        reported.when,
        reported.is_current,
        flags=meaning.flags_in(meaning.unit if reported.unit is None else None),
    )


def _unusable(result: Result, why: Unusable, problem: str) -> Result:
    return msgspec.structs.replace(result, unusable=why, problem=problem)


def _lab_result(lab: Lab, meaning: Meaning, reported: Reported, dictionary: Dictionary) -> Result:
    result = _result(lab.name, reported, meaning)
    if meaning.form is not None:
        result = msgspec.structs.replace(result, flags=(*result.flags, _measured_as(meaning.form)))
    if reported.value is None or reported.value == Span():
        return _unusable(result, "missing", "it has no value")
    if isinstance(reported.value, str):
        fault = read_text(reported.value).fault
        return _unusable(result, "missing", fault or f"{quoted(reported.recorded_value)} is not a number")
    unit = reported.unit or meaning.unit or ("1" if lab.unit == "1" else None)
    if unit is None:
        return _unusable(result, "unit", _without_a_unit(lab, meaning.form, reported.value, dictionary))
    try:
        factor = dictionary.factor(lab, meaning.form, unit)
    except UnitError as error:
        return _unusable(result, "unit", str(error))
    upper, lower, doubt = _limits(lab, meaning.form, reported, factor, dictionary)
    doubt = (*_unit_beside_the_code(meaning, reported.unit), *doubt)
    # Most results come in the canonical unit: nothing is gained by multiplying fractions by 1.
    is_canonical = factor.numerator == factor.denominator
    stated = _range_of(reported.value, None if is_canonical else factor)
    value = _possible_part(stated, lab.possible)
    if value is None:
        written = _with_unit(reported.recorded_value, unit)
        problem = (
            f"{quoted(written)} cannot be, and counts as missing: possible is {_range_text(lab.possible, lab.unit)}"
            + _likely_unit(lab, meaning.form, unit, reported.value, dictionary)
        )
        return msgspec.structs.replace(
            result, upper_limit=upper, lower_limit=lower, unusable="impossible", problem=problem, beyond=stated
        )
    number = _plain_number(reported.value)
    return msgspec.structs.replace(
        result,
        value=value,
        exact=number if number is None or is_canonical else number * factor,
        factor=factor,
        upper_limit=upper,
        lower_limit=lower,
        flags=(*result.flags, *_unusual(lab, meaning.form, unit, reported.value, value, dictionary), *doubt),
    )


def _unit_beside_the_code(meaning: Meaning, unit: str | None) -> tuple[str, ...]:
    """A remark on a unit of another kind than results under the code come in, such as amount for mass: one of the two
    is a mistake. A clinic's own table names only what stands in for a unit that is not on record."""
    if unit is None or meaning.unit is None or meaning.by_own_table or not _are_of_two_kinds(unit, meaning.unit):
        return ()
    return (f"its code is of results in {meaning.unit}, and its unit is {quoted(unit)}: one of the two may be wrong",)


@lru_cache(maxsize=4096)
def _are_of_two_kinds(unit: str, other: str) -> bool:
    return unit != other and parse_unit(unit).dimension != parse_unit(other).dimension


MEASURED_AS = "measured as"
NOT_SUSPICIOUS = (MEASURED_AS, READ_AS)
"""How flags begin that explain a result, and leave no doubt of it."""


def _measured_as(form: Form) -> str:
    """The recorded number counts another form of the analyte than the lab's value, into which it was converted."""
    title = form.title
    return f"{MEASURED_AS} {title[0].lower() + title[1:] if title[1:2].islower() else title}"


def _plain_number(value: Quantity | Span) -> Fraction | None:
    """The one number that a value is; a span is one where its ends are the same."""
    match value:
        case Quantity(number, ""):
            return number
        case Span(low, high) if low == high:
            return low
        case _:
            return None


def _range_of(value: Quantity | Span, factor: Fraction | None) -> Range:
    """What was stated, in the canonical unit, whether it can be or not. Without a factor it is in that unit already."""
    match value:
        case Span(low, high):
            return Range(
                -math.inf if low is None else _converted(low, factor),
                math.inf if high is None else _converted(high, factor),
            )
        case Quantity(number, comparator):
            limit = _converted(number, factor)
            match comparator:
                case "":
                    return exactly(limit)
                case "<" | "<=":
                    return Range(-math.inf, limit, high_open=comparator == "<")
                case ">" | ">=":
                    return Range(limit, math.inf, low_open=comparator == ">")


def _converted(number: Fraction, factor: Fraction | None) -> float:
    return float(number if factor is None else number * factor)


def _possible_part(stated: Range, possible: Range) -> Range | None:
    """What the value can be, as far as the dictionary calls it possible; None where nothing is left.

    A bound beyond what is possible is no better than a value beyond it, even on the side that leaves everything; and so
    is either end of a span.
    """
    if stated.low == stated.high and possible.low < stated.low < possible.high:
        return stated
    ends = [end for end in (stated.low, stated.high) if math.isfinite(end)]
    if not all(possible.low <= end <= possible.high for end in ends):
        return None
    low, high = max(stated.low, possible.low), min(stated.high, possible.high)
    low_open = any(each.low_open for each in (stated, possible) if each.low == low)
    high_open = any(each.high_open for each in (stated, possible) if each.high == high)
    if low > high or (low == high and (low_open or high_open)):
        return None
    return Range(low, high, low_open, high_open)


def _limits(
    lab: Lab, form: Form | None, reported: Reported, factor: Fraction, dictionary: Dictionary
) -> tuple[Fraction | None, Fraction | None, tuple[str, ...]]:
    """The limits of normal in the canonical unit, and what is doubtful about them.

    Left out are limits in a unit of their own that cannot be converted, an upper limit that no result can have, and a
    limit that would be one in use if it were in another unit than its result. Any other limit is the laboratory's own,
    however unusual.
    """
    if reported.upper_limit is None and reported.lower_limit is None:
        return None, None, ()
    if reported.limits_unit is not None and reported.limits_unit != reported.unit:
        try:
            factor = dictionary.factor(lab, form, reported.limits_unit)
        except UnitError as error:
            return None, None, (f"its limits of normal are not used: {error}",)
    upper, doubts = _limit("upper", reported.upper_limit, lab, form, factor, dictionary)
    if upper is not None and not lab.possible.low <= float(upper) <= lab.possible.high:
        doubts = (f"its upper limit of normal cannot be, and is not used: {_number_text(upper)} {lab.unit}",)
        upper = None
    lower, more = _limit("lower", reported.lower_limit, lab, form, factor, dictionary)
    return upper, lower, doubts + more


def _limit(
    which: Literal["upper", "lower"],
    written: Fraction | None,
    lab: Lab,
    form: Form | None,
    factor: Fraction,
    dictionary: Dictionary,
) -> tuple[Fraction | None, tuple[str, ...]]:
    """A limit in the canonical unit, and what is doubtful about it."""
    if written is None:
        return None, ()
    limit = written if factor.numerator == factor.denominator else written * factor
    in_use = _limits_in_use(lab.normal_limits, which)
    if in_use is None:
        return limit, ()
    low, high = in_use
    if low <= limit <= high:
        return limit, ()
    name, usual = f"its {which} limit of normal", Range(float(low), float(high))
    in_words = f"{_with_unit(_number_text(limit), lab.unit)}, in use are {_range_text(usual, lab.unit)}"
    units = _own_units(lab, dictionary)
    likely = [unit for unit in units if _fits(lab, form, unit, Quantity(written), dictionary, usual)]
    if likely:
        meant = any_of(_with_unit(_number_text(written), unit) for unit in likely[:3])
        return None, (f"{name} seems to be in another unit, and is not used: {in_words}; did you mean {meant}?",)
    return limit, (f"{name} is unusual: {in_words}",)


@lru_cache(maxsize=256)
def _limits_in_use(
    limits: tuple[NormalLimit, ...], which: Literal["upper", "lower"]
) -> tuple[Fraction, Fraction] | None:
    """From the lowest to the highest limit in use, whatever the sex."""
    those = [limit for limit in limits if limit.which == which]
    if not those:
        return None
    return min(Fraction(each.low) for each in those), max(Fraction(each.high) for each in those)


def _unusual(
    lab: Lab, form: Form | None, unit: str, stated: Quantity | Span, value: Range, dictionary: Dictionary
) -> tuple[str, ...]:
    """A remark on a value that is possible but hardly ever seen, with the units in which it would be usual."""
    usual = lab.usual
    if usual is None or (value.high >= usual.low and value.low <= usual.high):
        return ()
    likely = [each for each in _own_units(lab, dictionary) if _fits(lab, form, each, stated, dictionary, usual)]
    return (f"unusual: usual is {_range_text(usual, lab.unit)}" + _did_you_mean(stated, likely, unit),)


def _without_a_unit(lab: Lab, form: Form | None, value: Quantity | Span, dictionary: Dictionary) -> str:
    """With the units in which the number would be possible, those first in which it would be usual; three at most."""
    usual = lab.usual or lab.possible
    fitting = [unit for unit in _own_units(lab, dictionary) if _fits(lab, form, unit, value, dictionary, lab.possible)]
    fitting.sort(key=lambda unit: not _fits(lab, form, unit, value, dictionary, usual))
    hint = f"; it would be possible in {any_of(fitting[:3])}" if fitting else ""
    return f"it has no unit, and {lab.name} is not a pure number{hint}"


def _own_units(lab: Lab, dictionary: Dictionary) -> tuple[str, ...]:
    """The units that the dictionary names for a lab, then the common ones of its dimension, each size once; none for a
    pure number."""
    if lab.unit == "1":
        return ()
    dimension = parse_unit(lab.unit).dimension
    alike = [common.text for common in common_units() if common.dimension == dimension and common.text != "1"]
    sizes: dict[tuple[Fraction, Dimension], str] = {}
    for text in (*dictionary.units_of(lab), *alike):
        unit = parse_unit(text)
        sizes.setdefault((unit.factor, unit.dimension), text)
    return tuple(sizes.values())


def _likely_unit(lab: Lab, form: Form | None, unit: str, value: Quantity | Span, dictionary: Dictionary) -> str:
    """The units in which a value that cannot be would be usual, else those in which it would at least be possible: of
    those that belong to the lab, else of all common ones."""
    common = () if lab.unit == "1" else tuple(each.text for each in common_units())
    for wanted in (lab.usual or lab.possible, lab.possible):
        for units in (_own_units(lab, dictionary), common):
            fitting = [each for each in units if _fits(lab, form, each, value, dictionary, wanted)]
            if meant := _did_you_mean(value, fitting, unit):
                return meant
    return ""


def _did_you_mean(value: Quantity | Span, units: Iterable[str], written: str) -> str:
    """The value in these units, but for the one that it was written in; three at most."""
    others = [each for each in units if each != written]
    if not others:
        return ""
    match value:
        case Quantity(number, comparator):
            text = comparator + _number_text(number)
        case Span(low, high):
            text = "-".join("" if end is None else _number_text(end) for end in (low, high))
    return (
        "; did you mean "
        + any_of(f"{text} as a pure number" if each == "1" else f"{text} {each}" for each in others[:3])
        + "?"
    )


def _fits(
    lab: Lab, form: Form | None, unit: str, value: Quantity | Span, dictionary: Dictionary, wanted: Range
) -> bool:
    try:
        factor = dictionary.factor(lab, form, unit)
    except UnitError:
        return False
    ends = (value.number,) if isinstance(value, Quantity) else (value.low, value.high)
    return all(wanted.contains(float(end * factor)) for end in ends if end is not None)


def _range_text(range_: Range, unit: str) -> str:
    low = f"above {_number_text(range_.low)}" if range_.low_open else _number_text(range_.low)
    high = f"below {_number_text(range_.high)}" if range_.high_open else _number_text(range_.high)
    return _with_unit(f"{low} .. {high}", unit)


def _with_unit(number: str, unit: str) -> str:
    return number if unit == "1" else f"{number} {unit}"


def _number_text(number: Fraction | float) -> str:
    return f"{float(number):.6g}"


# ---- findings


def _finding_result(finding: Finding, meaning: Meaning, reported: Reported) -> Result:
    result = _result(finding.name, reported, meaning)
    value = reported.value
    if meaning.value is not None:
        stated = read_value(meaning.value)
        if value is not None and value != stated and _choice(finding, value) != meaning.value:
            return _unusable(
                result, "missing", f"its code says `{meaning.value}`, its value {quoted(reported.recorded_value)}"
            )
        value = stated
        result = msgspec.structs.replace(result, recorded_value=reported.recorded_value or meaning.value)
    if value is None or value == Span():
        return _unusable(result, "missing", "it has no value")
    if finding.grade is not None:
        return _grade_result(result, finding, finding.grade, value)
    choice = _choice(finding, value)
    if choice is None:
        return _unusable(result, "missing", f"{quoted(reported.recorded_value)} is none of {any_of(finding.choices)}")
    return msgspec.structs.replace(result, choices=frozenset((choice,)))


def _choice(finding: Finding, value: Quantity | Span | str) -> str | None:
    """The choice that words name: its own name in any case, or another word for it that is in use."""
    if not isinstance(value, str):
        return None
    folded = _folded(value)
    meant = {folded, _words().choices.get(folded)}
    return next((choice for choice in finding.choices if choice.casefold() in meant), None)


def _grade_result(result: Result, finding: Finding, grades: Range, value: Quantity | Span | str) -> Result:
    if isinstance(value, str):
        roman = ROMAN.get(unicodedata.normalize("NFKC", value).strip().upper())
        if roman is None:
            return _unusable(result, "missing", f"{quoted(result.recorded_value)} is no grade")
        value = Quantity(Fraction(roman))
    stated = _range_of(value, Fraction(1))
    whole = _possible_part(_of_whole_numbers(stated), grades) if _possible_part(stated, grades) is not None else None
    has_fraction = any(math.isfinite(end) and end != math.floor(end) for end in (stated.low, stated.high))
    if whole is None or has_fraction:
        problem = (
            f"{quoted(result.recorded_value)} cannot be, and counts as missing: grades are {_range_text(grades, '1')}"
        )
        return _unusable(result, "impossible", problem)
    return msgspec.structs.replace(result, value=whole, exact=_plain_number(value))


def _of_whole_numbers(stated: Range) -> Range:
    """The same without an end that is not itself included."""
    return Range(stated.low + stated.low_open, stated.high - stated.high_open)
