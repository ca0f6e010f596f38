"""From what a laboratory or a ward reported to a Result: the value as a range in the canonical unit.

Every form of record meets here. How values are written is the business of `written.py`; what a ward says of a finding,
of `grading.py`; which unit was likely meant, of `likely_units.py`.

Values are converted exactly and rounded once. What cannot be used keeps its place: the Result says why, and names the
unit that was likely meant.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Literal

import msgspec

from screener.records.dictionary import READ_AS, Dictionary, Meaning, is_plain_for_a_share
from screener.records.errors import any_of, quoted
from screener.records.grading import finding_result
from screener.records.likely_units import (
    fits,
    if_unusual,
    is_of_another_kind,
    likely_lab,
    likely_unit,
    without_a_unit,
)
from screener.records.patient import Flag, Result
from screener.records.reported import (
    Reported,
    as_unusable,
    plain_number,
    plain_result,
    possible_part,
    range_of,
    six_digits,
    with_unit,
)
from screener.records.written import Quantity, Span, as_choice, read_text, words_for
from screener.rulebook import Finding, Form, Lab, NormalLimit
from screener.values.ranges import Range, exactly, range_text
from screener.values.units import Dimension, UnitError, parse_unit


def result_of(meaning: Meaning, reported: Reported, dictionary: Dictionary) -> Result:
    """What is reported under a name or code that stands for a lab or finding. An unusable one says why in `problem`."""
    match meaning.entry:
        case Lab():
            return _lab_result(meaning.entry, meaning, reported, dictionary)
        case Finding():
            return finding_result(meaning.entry, meaning, reported)
        case _:
            raise ValueError(f"{meaning.entry.name} has no results")


def _lab_result(lab: Lab, meaning: Meaning, reported: Reported, dictionary: Dictionary) -> Result:
    result = plain_result(lab.name, reported, meaning)
    if meaning.form is not None:
        result = msgspec.structs.replace(result, flags=(*result.flags, Flag("remark", _measured_as(meaning.form))))
    if reported.value is None or reported.value == Span():
        return as_unusable(result, "missing", "it has no value")
    if isinstance(reported.value, str):
        is_found = words_for("amount").get(as_choice(reported.value)) if lab.name in dictionary.found_or_not else None
        if is_found is not None:
            return _found_or_not(result, lab, is_found=is_found == ">0")
        fault = read_text(reported.value).fault
        return as_unusable(result, "missing", fault or f"{quoted(reported.recorded_value)} is not a number")
    if meaning.clash is not None:
        return as_unusable(result, "unit", meaning.clash)
    unit = reported.unit or meaning.unit or ("1" if lab.unit == "1" else None)
    if unit is None:
        return as_unusable(result, "unit", without_a_unit(lab, meaning.form, reported.value, dictionary))
    try:
        factor = dictionary.factor(lab, meaning.form, unit)
    except UnitError as error:
        return as_unusable(result, "unit", str(error) + likely_lab(lab, unit, reported.value, dictionary))
    if is_plain_for_a_share(unit, lab.unit) and (meant := likely_lab(lab, unit, reported.value, dictionary)):
        return as_unusable(result, "unit", f"`{unit}` is a plain number, and `{lab.name}` comes in `{lab.unit}`{meant}")
    upper, lower, of_limits = _limits(lab, meaning.form, reported, factor, dictionary)
    if reported.unit is None and _is_belied(reported, unit, upper, lower):
        taken_as = "a pure number" if unit == "1" else f"in {unit}, as the clinic's own table says"
        return as_unusable(result, "unit", f"it has no unit, and the limits that came with it are not {taken_as}")
    of_another_kind = _unit_next_to_the_code(meaning, reported.unit)
    # Most results come in the canonical unit: nothing is gained by multiplying fractions by 1.
    is_canonical = factor.numerator == factor.denominator
    number = plain_number(reported.value)
    exact = number if number is None or is_canonical else number * factor
    stated = range_of(reported.value, None if is_canonical else factor) if exact is None else exactly(float(exact))
    value = possible_part(stated, lab.possible)
    if value is None:
        written = with_unit(reported.recorded_value, unit)
        problem = (
            f"{quoted(written)} cannot be, and counts as missing: possible is {range_text(lab.possible, lab.unit)}"
            + likely_unit(lab, meaning.form, unit, reported.value, dictionary)
        )
        return msgspec.structs.replace(
            result, upper_limit=upper, lower_limit=lower, unusable="impossible", problem=problem, beyond=stated
        )
    unusual = if_unusual(lab, meaning.form, unit, reported.value, value, dictionary)
    return msgspec.structs.replace(
        result,
        value=value,
        exact=exact,
        factor=factor,
        upper_limit=upper,
        lower_limit=lower,
        flags=(*result.flags, *(Flag("doubt", text) for text in (*unusual, *of_another_kind)), *of_limits),
    )


def _is_belied(reported: Reported, unit: str, upper: Fraction | None, lower: Fraction | None) -> bool:
    """Whether the limits that came with a result say that it is in another unit than it is taken to be in: they name
    another one, or would be in use only in another one."""
    if reported.limits_unit is not None:
        try:
            if _sized(reported.limits_unit) != _sized(unit):
                return True
        except UnitError:
            return True
    if unit == "1":
        return False
    kept = ((reported.upper_limit, upper), (reported.lower_limit, lower))
    return any(written is not None and used is None for written, used in kept)


def is_same(unit: str, other: str) -> bool:
    """Whether two texts are of one unit."""
    try:
        return unit == other or _sized(unit) == _sized(other)
    except UnitError:
        return False


def _sized(unit: str) -> tuple[Fraction, Dimension]:
    read = parse_unit(unit)
    return read.factor, read.dimension


def _unit_next_to_the_code(meaning: Meaning, unit: str | None) -> tuple[str, ...]:
    """A remark on a unit of another kind than results under the code come in, such as amount for mass: one of the two
    is a mistake. A clinic's own table names only what stands in for a unit that is not on record."""
    kind = meaning.kind_of_unit
    if unit is None or kind is None or not is_of_another_kind(unit, kind):
        return ()
    return (f"its code is of results in {kind}, and its unit is {quoted(unit)}: one of the two may be wrong",)


MEASURED_AS = "measured as"

NOT_SUSPICIOUS = (MEASURED_AS, READ_AS)
"""How flags begin that explain a result, and leave no doubt of it."""


def _measured_as(form: Form) -> str:
    """The recorded number counts another form of the analyte than the lab's value, into which it was converted."""
    title = form.title
    return f"{MEASURED_AS} {title[0].lower() + title[1:] if title[1:2].islower() else title}"


def _limits(
    lab: Lab, form: Form | None, reported: Reported, factor: Fraction, dictionary: Dictionary
) -> tuple[Fraction | None, Fraction | None, tuple[Flag, ...]]:
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
            return None, None, (Flag("remark", f"its limits of normal are not used: {error}"),)
    upper, of_upper = _limit("upper", reported.upper_limit, lab, form, factor, dictionary)
    if upper is not None and not lab.possible.low <= float(upper) <= lab.possible.high:
        why = f"its upper limit of normal cannot be, and is not used: {six_digits(upper)} {lab.unit}"
        of_upper = (Flag("remark", why),)
        upper = None
    lower, of_lower = _limit("lower", reported.lower_limit, lab, form, factor, dictionary)
    return upper, lower, of_upper + of_lower


def _limit(
    which: Literal["upper", "lower"],
    written: Fraction | None,
    lab: Lab,
    form: Form | None,
    factor: Fraction,
    dictionary: Dictionary,
) -> tuple[Fraction | None, tuple[Flag, ...]]:
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
    in_words = f"{with_unit(six_digits(limit), lab.unit)}, in use are {range_text(usual, lab.unit)}"
    units = dictionary.own_units(lab)
    likely = [unit for unit in units if fits(lab, form, unit, Quantity(written), dictionary, usual)]
    if likely:
        meant = any_of(with_unit(six_digits(written), unit) for unit in likely[:3])
        why = f"{name} seems to be in another unit, and is not used: {in_words}; did you mean {meant}?"
        return None, (Flag("remark", why),)
    return limit, (Flag("remark", f"{name} is unusual: {in_words}"),)


@lru_cache(maxsize=256)
def _limits_in_use(
    limits: tuple[NormalLimit, ...], which: Literal["upper", "lower"]
) -> tuple[Fraction, Fraction] | None:
    """From the lowest to the highest limit in use, whatever the sex."""
    those = [limit for limit in limits if limit.which == which]
    if not those:
        return None
    return min(Fraction(each.low) for each in those), max(Fraction(each.high) for each in those)


def _found_or_not(result: Result, lab: Lab, *, is_found: bool) -> Result:
    """A result in words, for a lab that shows something at any amount: some amount, or none that the assay can find."""
    if is_found:
        value = Range(0, lab.possible.high, low_open=True)
        return msgspec.structs.replace(
            result, value=value, flags=(*result.flags, Flag("remark", f"{READ_AS} some amount"))
        )
    flags = (*result.flags, Flag("remark", f"{READ_AS} 0, as none was found"))
    return msgspec.structs.replace(result, value=exactly(0.0), exact=Fraction(0), flags=flags)
