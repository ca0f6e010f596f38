"""From what a laboratory or a ward reported to a Result: the value as a range in the canonical unit.

Every form of record meets here. Values are converted exactly and rounded once. What cannot be used keeps its place:
the Result says why, and names the unit that was likely meant.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec
from msgspec import Struct

from screener.records.dictionary import Dictionary, Meaning
from screener.records.errors import any_of, quoted
from screener.records.patient import Result, Unusable
from screener.rulebook import Finding, Form, Lab
from screener.values.dates import Moment
from screener.values.numerals import ROMAN
from screener.values.ranges import Range, exactly
from screener.values.units import UnitError, common_units, parse_unit

Comparator = Literal["", "<", "<=", ">", ">="]

MOST_DIGITS = 40
GREATEST_MAGNITUDE = 30
"""Powers of ten. No measured number is larger or smaller."""


class Quantity(Struct, frozen=True):
    """A number as reported, perhaps only a bound of the value: `<0.2`."""

    number: Fraction
    comparator: Comparator = ""


class Reported(Struct, frozen=True):
    """One result as reported. `value` is a quantity, or words that may name a category, or None: no value at all.

    `recorded_value` is the value as it was written. The limits are those that came with the result, in its own unit.
    """

    source: str
    value: Quantity | str | None
    recorded_value: str
    unit: str | None = None
    when: Moment | None = None
    is_current: bool = False
    upper_limit: Fraction | None = None
    lower_limit: Fraction | None = None


class UnreadableValueError(ValueError):
    """A value that cannot be read at all; `args` are the fault and its mend."""


# ---- reading a value

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_QUANTITY = re.compile(rf"(?P<comparator><=|>=|=<|=>|<|>)?\s*(?P<number>{_NUMBER.pattern})\s*(?P<rest>.*)\Z", re.DOTALL)
_NUMBER_LIKE = re.compile(r"[<>=\s]*[-+]?[\d.,'\s]*(?:[eE][-+]?\d+)?\Z", re.ASCII)
_SIGNS = str.maketrans({"≤": "<=", "≥": ">=", "＜": "<", "＞": ">", "−": "-"})
_COMPARATORS: dict[str, Comparator] = {"<": "<", "<=": "<=", "=<": "<=", ">": ">", ">=": ">=", "=>": ">="}


def read_value(value: object) -> Quantity | str:
    """A value as a quantity, or as words if it is no number (`positive`, `II`, `haemolysed`).

    Raises UnreadableValueError where a number was meant that cannot be read (`1,8`, `1.2.3`, `5 mg/dL`), where it is
    beyond any measure, and where there is neither a number nor text.
    """
    match value:
        case bool():
            raise UnreadableValueError(f"{quoted(value)} is not a value", "write a number or text")
        case int() if abs(value) < 10**MOST_DIGITS:
            return Quantity(_measurable(Decimal(value), value))
        case Decimal() | float():
            return Quantity(_measurable(Decimal(str(value)), value))
        case str():
            return _read_text(value)
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


def _read_text(text: str) -> Quantity | str:
    plain = text.strip().translate(_SIGNS)
    if len(plain) > MOST_DIGITS:
        if _NUMBER_LIKE.match(plain):
            raise UnreadableValueError(f"{quoted(text)} is not a number", f"a number has at most {MOST_DIGITS} digits")
        return text
    found = _QUANTITY.match(plain)
    if found is not None and not found["rest"]:
        number = _measurable(Decimal(found["number"]), text)
        return Quantity(number, _COMPARATORS.get(found["comparator"] or "", ""))
    if found is not None and _is_unit(found["rest"]):
        value = (found["comparator"] or "") + found["number"]
        raise UnreadableValueError(
            f"{quoted(text)} carries its unit", f'write `"value": "{value}", "unit": "{found["rest"]}"`'
        )
    if _NUMBER_LIKE.match(plain) and any(each.isdigit() or each in "<>=" for each in plain):
        raise UnreadableValueError(f"{quoted(text)} is not a number", _how_to_write(plain))
    return text


def _how_to_write(text: str) -> str:
    whole, comma, rest = text.partition(",")
    if comma and whole.isdigit() and rest.isdigit():
        with_point = f"{whole}.{rest}"
        return f"write `{with_point}` or `{whole}{rest}`" if len(rest) == 3 else f"write `{with_point}`"
    return "write a number with a decimal point, such as `1.8`, or a bound, such as `<0.2`"


def _is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except UnitError:
        return False
    return not text[0].isdigit()


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


def _result(fact: str, reported: Reported) -> Result:
    return Result(
        fact,
        reported.source,
        reported.recorded_value,
        reported.unit,
        reported.when,
        reported.is_current,
    )


def _unusable(result: Result, why: Unusable, problem: str) -> Result:
    return msgspec.structs.replace(result, unusable=why, problem=problem)


def _lab_result(lab: Lab, meaning: Meaning, reported: Reported, dictionary: Dictionary) -> Result:
    result = _result(lab.name, reported)
    if meaning.form is not None:
        result = msgspec.structs.replace(result, flags=(_measured_as(meaning.form),))
    if reported.value is None:
        return _unusable(result, "missing", "it has no value")
    if isinstance(reported.value, str):
        return _unusable(result, "missing", f"{quoted(reported.recorded_value)} is not a number")
    unit = reported.unit or meaning.unit or ("1" if lab.unit == "1" else None)
    if unit is None:
        return _unusable(result, "unit", _without_a_unit(lab, meaning.form, reported.value, dictionary))
    try:
        factor = dictionary.factor(lab, meaning.form, unit)
    except UnitError as error:
        return _unusable(result, "unit", str(error))
    upper, lower, doubt = _limits(lab, meaning.form, reported, factor, dictionary)
    exact = reported.value.number * factor
    value = _range_of(exact, reported.value.comparator, lab.possible)
    if value is None:
        problem = (
            f"{quoted(_with_unit(reported.recorded_value, unit))} cannot be, and counts as missing: "
            f"possible is {_span(lab.possible, lab.unit)}" + _likely_unit(lab, meaning.form, unit, reported, dictionary)
        )
        return msgspec.structs.replace(
            result, upper_limit=upper, lower_limit=lower, unusable="impossible", problem=problem
        )
    return msgspec.structs.replace(
        result,
        value=value,
        exact=None if reported.value.comparator else exact,
        factor=factor,
        upper_limit=upper,
        lower_limit=lower,
        flags=(*result.flags, *_unusual(lab, value), *doubt),
    )


MEASURED_AS = "measured as"


def _measured_as(form: Form) -> str:
    """The recorded number counts another form of the analyte than the lab's value, into which it was converted."""
    title = form.title
    return f"{MEASURED_AS} {title[0].lower() + title[1:] if title[1:2].islower() else title}"


def _range_of(exact: Fraction, comparator: Comparator, possible: Range) -> Range | None:
    """What the value can be, as far as the dictionary calls it possible; None where nothing is left.

    A bound beyond what is possible is no better than a value beyond it, even on the side that leaves everything.
    """
    number = float(exact)
    low, high = possible.low, possible.high
    if not low <= number <= high:
        return None
    match comparator:
        case "":
            return exactly(number) if possible.contains(number) else None
        case "<" | "<=":
            bounded = Range(
                low, number, possible.low_open, comparator == "<" or (number == high and possible.high_open)
            )
        case ">" | ">=":
            bounded = Range(
                number, high, comparator == ">" or (number == low and possible.low_open), possible.high_open
            )
    is_empty = bounded.low == bounded.high and (bounded.low_open or bounded.high_open)
    return None if is_empty else bounded


def _limits(
    lab: Lab, form: Form | None, reported: Reported, factor: Fraction, dictionary: Dictionary
) -> tuple[Fraction | None, Fraction | None, tuple[str, ...]]:
    """The limits of normal in the canonical unit, and what is doubtful about them.

    Left out are an upper limit that no result can have, and a limit that would be one in use if it were in another
    unit than its result. Any other limit is the laboratory's own, however unusual.
    """
    upper, doubts = _limit("upper", reported.upper_limit, lab, form, factor, dictionary)
    if upper is not None and not lab.possible.low <= upper <= lab.possible.high:
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
    in_use = [limit for limit in lab.normal_limits if limit.which == which]
    if written is None:
        return None, ()
    limit = written * factor
    if not in_use:
        return limit, ()
    low, high = min(Fraction(each.low) for each in in_use), max(Fraction(each.high) for each in in_use)
    if low <= limit <= high:
        return limit, ()
    name, usual = f"its {which} limit of normal", Range(float(low), float(high))
    in_words = f"{_with_unit(_number_text(limit), lab.unit)}, in use are {_span(usual, lab.unit)}"
    units = _own_units(lab, dictionary)
    likely = [unit for unit in units if _fits(lab, form, unit, Quantity(written), dictionary, usual)]
    if likely:
        meant = any_of(_with_unit(_number_text(written), unit) for unit in likely[:3])
        return None, (f"{name} seems to be in another unit, and is not used: {in_words}; did you mean {meant}?",)
    return limit, (f"{name} is unusual: {in_words}",)


def _unusual(lab: Lab, value: Range) -> tuple[str, ...]:
    if lab.usual is None or (value.high >= lab.usual.low and value.low <= lab.usual.high):
        return ()
    return (f"unusual: usual is {_span(lab.usual, lab.unit)}",)


def _without_a_unit(lab: Lab, form: Form | None, value: Quantity, dictionary: Dictionary) -> str:
    """With the units in which the number would be possible, those first in which it would be usual; three at most."""
    usual = lab.usual or lab.possible
    fitting = [unit for unit in _own_units(lab, dictionary) if _fits(lab, form, unit, value, dictionary, lab.possible)]
    fitting.sort(key=lambda unit: not _fits(lab, form, unit, value, dictionary, usual))
    hint = f"; it would be possible in {any_of(fitting[:3])}" if fitting else ""
    return f"it has no unit, and {lab.name} is not a pure number{hint}"


def _own_units(lab: Lab, dictionary: Dictionary) -> tuple[str, ...]:
    """The units that the dictionary names for a lab, then the common ones of its dimension."""
    dimension = parse_unit(lab.unit).dimension
    alike = [common.text for common in common_units() if common.dimension == dimension and common.text != "1"]
    return tuple(dict.fromkeys((*dictionary.units_of(lab), *alike)))


def _likely_unit(lab: Lab, form: Form | None, unit: str, reported: Reported, dictionary: Dictionary) -> str:
    """The units in which the number would be usual: those that the dictionary names, else common ones."""
    if not isinstance(reported.value, Quantity):
        return ""
    usual = lab.usual or lab.possible
    for units in (dictionary.units_of(lab), [common.text for common in common_units()]):
        fitting = [each for each in units if each != unit and _fits(lab, form, each, reported.value, dictionary, usual)]
        if fitting:
            comparator = reported.value.comparator
            written = _number_text(reported.value.number)
            return "; did you mean " + any_of(_with_unit(comparator + written, each) for each in fitting[:3]) + "?"
    return ""


def _fits(lab: Lab, form: Form | None, unit: str, value: Quantity, dictionary: Dictionary, wanted: Range) -> bool:
    try:
        return wanted.contains(float(value.number * dictionary.factor(lab, form, unit)))
    except UnitError:
        return False


def _span(range_: Range, unit: str) -> str:
    low = f"above {_number_text(range_.low)}" if range_.low_open else _number_text(range_.low)
    high = f"below {_number_text(range_.high)}" if range_.high_open else _number_text(range_.high)
    return _with_unit(f"{low} .. {high}", unit)


def _with_unit(number: str, unit: str) -> str:
    return number if unit == "1" else f"{number} {unit}"


def _number_text(number: Fraction | float) -> str:
    return f"{float(number):.6g}"


# ---- findings


def _finding_result(finding: Finding, meaning: Meaning, reported: Reported) -> Result:
    result = _result(finding.name, reported)
    value = reported.value
    if meaning.value is not None:
        stated = read_value(meaning.value)
        if value is not None and value != stated and _choice(finding, value) != meaning.value:
            return _unusable(
                result, "missing", f"its code says `{meaning.value}`, its value {quoted(reported.recorded_value)}"
            )
        value = stated
        result = msgspec.structs.replace(result, recorded_value=reported.recorded_value or meaning.value)
    if value is None:
        return _unusable(result, "missing", "it has no value")
    if finding.grade is not None:
        return _grade_result(result, finding, finding.grade, value)
    choice = _choice(finding, value)
    if choice is None:
        return _unusable(result, "missing", f"{quoted(reported.recorded_value)} is none of {any_of(finding.choices)}")
    return msgspec.structs.replace(result, choices=frozenset((choice,)))


def _choice(finding: Finding, value: Quantity | str) -> str | None:
    if isinstance(value, Quantity):
        return None
    folded = "_".join(value.casefold().replace("-", " ").split())
    return next((choice for choice in finding.choices if choice.casefold() == folded), None)


def _grade_result(result: Result, finding: Finding, grades: Range, value: Quantity | str) -> Result:
    if isinstance(value, str):
        roman = ROMAN.get(value.strip().upper())
        if roman is None:
            return _unusable(result, "missing", f"{quoted(result.recorded_value)} is no grade")
        value = Quantity(Fraction(roman))
    number = value.number
    whole = _whole_grades(number, value.comparator, grades)
    if number.denominator != 1 or whole is None:
        problem = f"{quoted(result.recorded_value)} cannot be, and counts as missing: grades are {_span(grades, '1')}"
        return _unusable(result, "impossible", problem)
    return msgspec.structs.replace(
        result, value=whole, exact=number if whole.is_exact and not value.comparator else None
    )


def _whole_grades(number: Fraction, comparator: Comparator, grades: Range) -> Range | None:
    grade = float(number)
    if not grades.contains(grade):
        return None
    match comparator:
        case "":
            return exactly(grade)
        case "<":
            low, high = grades.low, grade - 1
        case "<=":
            low, high = grades.low, grade
        case ">":
            low, high = grade + 1, grades.high
        case ">=":
            low, high = grade, grades.high
    return Range(low, high) if low <= high else None
