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

from screener.records.dictionary import READ_AS, Dictionary, Meaning, as_words, is_plain_for_a_share
from screener.records.errors import any_of, quoted
from screener.records.patient import Flag, Result, Unusable
from screener.rulebook import Finding, Form, Lab, NormalLimit, Sex
from screener.values.dates import Moment
from screener.values.numerals import ROMAN
from screener.values.ranges import Range, exactly
from screener.values.tables import table_rows
from screener.values.units import PURE, Dimension, UnitError, common_units, parse_unit

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
    amounts: dict[str, bool]
    """Words for whether anything was found, folded, and whether it was."""
    fillers: frozenset[str]
    """Words of names that say nothing of what was found."""
    grades: frozenset[str]
    """Words and signs beside the number of a grade."""
    marks: tuple[str, ...]
    """What a laboratory puts behind a number that lies outside of its limits."""
    sexes: dict[str, str]
    """What people write for a sex, folded, and the sex, or `unknown`."""


@lru_cache(maxsize=1)
def _words() -> _Words:
    bounds: dict[Comparator, list[str]] = {}
    choices: dict[str, str] = {}
    amounts: dict[str, bool] = {}
    fillers: set[str] = set()
    grades: set[str] = set()
    marks: list[str] = []
    sexes: dict[str, str] = {}
    for kind, words, meaning in table_rows(Path(__file__).with_name("words.tsv")):
        match kind:
            case "bound":
                bounds.setdefault(_COMPARATORS[meaning], []).append(re.escape(words))
            case "choice":
                choices[_folded(words)] = meaning
            case "amount":
                amounts[_folded(words)] = meaning == ">0"
            case "filler":
                fillers.add(words)
            case "grade":
                grades.update(_parts(words))
            case "mark":
                marks.append(words.casefold())
            case "sex":
                sexes[_folded(words)] = meaning
            case _:
                raise ValueError(f"words.tsv: there is no kind of row called {kind}")
    groups = "|".join(f"({'|'.join(words)})" for words in bounds.values())
    bound = re.compile(rf"(?:{groups})\s*(?=[-+]?[.\d])", re.IGNORECASE)
    return _Words(bound, tuple(bounds), choices, amounts, frozenset(fillers), frozenset(grades), tuple(marks), sexes)


def is_filler(word: str) -> bool:
    """Whether a word of a name says how something was found, or nothing by itself: `test`, `of`."""
    return word in _words().fillers


def result_meant(word: str) -> str:
    """A word for the result of a test as the dictionary has it; one that nobody knows as it is, in small letters."""
    folded = _folded(word)
    return _words().choices.get(folded, folded).replace("_", " ")


def sex_meant(text: str) -> Sex | Literal["unknown"] | None:
    """The sex that people write so; `unknown` where they say that it is neither or not known, None where nobody knows
    what they mean."""
    match _words().sexes.get(_folded(text)):
        case "female":
            return "female"
        case "male":
            return "male"
        case "unknown":
            return "unknown"
        case _:
            return None


def _folded(words: str) -> str:
    """Words as they are compared, in the form of a dictionary's choice: `Non-Reactive.` is `non_reactive`."""
    return as_words(words).replace(" ", "_")


# ---- reading a value

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_QUANTITY = re.compile(rf"(?P<comparator><=|>=|=<|=>|<|>)?\s*(?P<number>{_NUMBER.pattern})\s*(?P<rest>.*)\Z", re.DOTALL)
_SPAN = re.compile(
    rf"(?P<low>{_NUMBER.pattern})\s*(?:-|–|—|~|\.\.|to\s|bis\s|至)\s*(?P<high>{_NUMBER.pattern})(?P<rest>.*)\Z",
    re.DOTALL | re.IGNORECASE,
)
_NUMBER_LIKE = re.compile(r"[<>=\s]*[-+]?[\d.,'\s]*(?:[eE][-+]?\d+)?\Z", re.ASCII)
_COMMA = re.compile(r"[<>=\s]*[-+]?\d+,\d+(?![\d,.])", re.ASCII)
_GROUPS = re.compile(r"[<>=\s]*[-+]?[1-9]\d{0,2}(?:,\d{3})+\Z", re.ASCII)
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])", re.ASCII)
_SIGNS = str.maketrans("＜＞＝−－～．０１２３４５６７８９", "<>=--~.0123456789") | str.maketrans(
    {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">=", "⩽": "<=", "⩾": ">="}
)
_COMPARATORS: dict[str, Comparator] = {"<": "<", "<=": "<=", "=<": "<=", ">": ">", ">=": ">=", "=>": ">="}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER_OF_TEN = re.compile(
    r"\A(?P<number>[<>=\s]*[-+]?\d+(?:\.\d+)?)\s*[x×*·]\s*10(?:(?:\^|\*\*?)\s*|(?=[⁰¹²³⁴⁵⁶⁷⁸⁹]))"
    r"(?P<power>\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})(?=\s|\Z)",
    re.IGNORECASE,
)
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


def with_decimal_points(text: str) -> str | None:
    """A text of numbers with decimal commas, with points for them: `1,9`, `<0,2 mg/dL`, `0,2-1,2`. None where it has
    none, or it is not certain that each is one: `1,900` may be 1900, and `1.234,5` mixes the two."""
    plain = text.translate(_SIGNS)
    commas = list(_DECIMAL_COMMA.finditer(plain))
    if not commas or len(commas) != plain.count(",") or "." in plain:
        return None
    if any(len(each[2]) == 3 and len(each[1]) <= 3 and each[1].lstrip("0") for each in commas):
        return None
    return _DECIMAL_COMMA.sub(r"\1.\2", plain)


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
    plain = _POWER_OF_TEN.sub(_as_exponent, _without_mark(text.strip().translate(_SIGNS)))
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
            raise UnreadableValueError(f"{quoted(text)} is not a number", _how_to_write(plain[: comma.end()]))
        if _is_unit(found["rest"]):
            return Quantity(_measurable(Decimal(found["number"]), text), comparator), found["rest"]
    if _NUMBER_LIKE.match(plain) and any(each.isdigit() or each in "<>=" for each in plain):
        raise UnreadableValueError(f"{quoted(text)} is not a number", _how_to_write(plain))
    return text, None


def _without_mark(plain: str) -> str:
    """A number without the mark that says that it lies outside of its limits: `12.4 (H)`, `12.4*`."""
    if plain[:1].isdigit() or plain[:1] in ("<", ">"):
        for mark in _words().marks:
            if plain.casefold().endswith(mark):
                return plain[: -len(mark)].rstrip()
    return plain


def _as_exponent(found: re.Match[str]) -> str:
    return f"{found['number']}e{found['power'].translate(_RAISED)}"


def _span_of(found: re.Match[str], text: str) -> Span:
    low, high = (_measurable(Decimal(found[end]), text) for end in ("low", "high"))
    if low > high:
        raise UnreadableValueError(f"{quoted(text)} is not a range", "write the smaller number first")
    return Span(low, high)


def _how_to_write(text: str) -> str:
    """The mend for a number with commas. One that may part thousands is never offered as a decimal sign."""
    if _GROUPS.match(text):
        return f"write `{text.replace(',', '')}` if the comma parts thousands"
    if _COMMA.match(text):
        return f"write `{text.replace(',', '.')}`"
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


def unread_result(meaning: Meaning, reported: Reported) -> Result:
    """A result that may be of a lab or finding, because its name is nearly one of those: it keeps the place of one, so
    that no older result is taken for the latest."""
    problem = f"its name is not read, and is nearly one of `{(meaning.form or meaning.entry).name}`"
    return _unusable(_result(meaning.entry.name, reported, meaning), "unread", problem)


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
        result = msgspec.structs.replace(result, flags=(*result.flags, Flag("remark", _measured_as(meaning.form))))
    if reported.value is None or reported.value == Span():
        return _unusable(result, "missing", "it has no value")
    if isinstance(reported.value, str):
        is_found = _words().amounts.get(_folded(reported.value)) if lab.name in dictionary.found_or_not else None
        if is_found is not None:
            return _found_or_not(result, lab, is_found=is_found)
        fault = read_text(reported.value).fault
        return _unusable(result, "missing", fault or f"{quoted(reported.recorded_value)} is not a number")
    if meaning.clash is not None:
        return _unusable(result, "unit", meaning.clash)
    unit = reported.unit or meaning.unit or ("1" if lab.unit == "1" else None)
    if unit is None:
        return _unusable(result, "unit", _without_a_unit(lab, meaning.form, reported.value, dictionary))
    try:
        factor = dictionary.factor(lab, meaning.form, unit)
    except UnitError as error:
        return _unusable(result, "unit", str(error) + _likely_lab(lab, unit, reported.value, dictionary))
    if is_plain_for_a_share(unit, lab.unit) and (meant := _likely_lab(lab, unit, reported.value, dictionary)):
        return _unusable(result, "unit", f"`{unit}` is a plain number, and `{lab.name}` comes in `{lab.unit}`{meant}")
    upper, lower, of_limits = _limits(lab, meaning.form, reported, factor, dictionary)
    if reported.unit is None and _is_belied(reported, unit, upper, lower):
        taken_as = "a pure number" if unit == "1" else f"in {unit}, as the clinic's own table says"
        return _unusable(result, "unit", f"it has no unit, and the limits that came with it are not {taken_as}")
    of_another_kind = _unit_beside_the_code(meaning, reported.unit)
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
    unusual = _unusual(lab, meaning.form, unit, reported.value, value, dictionary)
    return msgspec.structs.replace(
        result,
        value=value,
        exact=number if number is None or is_canonical else number * factor,
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


def _unit_beside_the_code(meaning: Meaning, unit: str | None) -> tuple[str, ...]:
    """A remark on a unit of another kind than results under the code come in, such as amount for mass: one of the two
    is a mistake. A clinic's own table names only what stands in for a unit that is not on record."""
    kind = meaning.kind_of_unit
    if unit is None or kind is None or not _are_of_two_kinds(unit, kind):
        return ()
    return (f"its code is of results in {kind}, and its unit is {quoted(unit)}: one of the two may be wrong",)


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
        why = f"its upper limit of normal cannot be, and is not used: {_number_text(upper)} {lab.unit}"
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
    in_words = f"{_with_unit(_number_text(limit), lab.unit)}, in use are {_range_text(usual, lab.unit)}"
    units = _own_units(lab, dictionary)
    likely = [unit for unit in units if _fits(lab, form, unit, Quantity(written), dictionary, usual)]
    if likely:
        meant = any_of(_with_unit(_number_text(written), unit) for unit in likely[:3])
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


MOST_LABS = 2
"""Labs that a remark names as meant; a value that may be of more of them says nothing of which."""


def _likely_lab(lab: Lab, unit: str, value: Quantity | Span, dictionary: Dictionary) -> str:
    """Asks whether a value is of one of the labs that come in this unit and for which it would be usual. Asks nothing
    where these are many, or where the unit is a plain share and the lab is measured in something else."""
    fitting = [
        each
        for each in dictionary.labs_in(unit)
        if each.usual is not None and _fits(each, None, unit, value, dictionary, each.usual)
    ]
    if not 0 < len(fitting) <= MOST_LABS or parse_unit(unit).dimension == PURE != parse_unit(lab.unit).dimension:
        return ""
    names = [each.name for each in fitting if not _are_of_two_kinds(unit, each.unit)]
    return f"; is it {any_of(names)}?" if names else ""


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


def _found_or_not(result: Result, lab: Lab, *, is_found: bool) -> Result:
    """A result in words of a lab of which any amount shows something: some amount, or none that the assay can find."""
    if is_found:
        value = Range(0, lab.possible.high, low_open=True)
        return msgspec.structs.replace(
            result, value=value, flags=(*result.flags, Flag("remark", f"{READ_AS} some amount"))
        )
    flags = (*result.flags, Flag("remark", f"{READ_AS} 0, as none was found"))
    return msgspec.structs.replace(result, value=exactly(0.0), exact=Fraction(0), flags=flags)


# ---- findings


def _finding_result(finding: Finding, meaning: Meaning, reported: Reported) -> Result:
    result = _result(finding.name, reported, meaning)
    value = reported.value
    if meaning.value is not None:
        stated = read_value(meaning.value)
        if value is not None and value != stated and _choices(finding, value) != {meaning.value}:
            return _unusable(
                result, "missing", f"its code says `{meaning.value}`, its value {quoted(reported.recorded_value)}"
            )
        value = stated
        result = msgspec.structs.replace(result, recorded_value=reported.recorded_value or meaning.value)
    if value is None or value == Span():
        return _unusable(result, "missing", "it has no value")
    if finding.grade is not None:
        return _grade_result(result, finding, finding.grade, value)
    choices = _choices(finding, value)
    if not choices:
        return _unusable(result, "missing", f"{quoted(reported.recorded_value)} is none of {any_of(finding.choices)}")
    return msgspec.structs.replace(result, choices=choices)


def _choices(finding: Finding, value: Quantity | Span | str) -> frozenset[str]:
    """The choices that words may name: by a choice's own name in any case, by another word for it that is in use, or by
    a word of the ward for it; perhaps beside the finding's own name (`ascites: severe`)."""
    if not isinstance(value, str):
        return frozenset()
    folded = _folded(value)
    meant = {folded, _words().choices.get(folded)}
    named = next((choice for choice in finding.choices if choice.casefold() in meant), None)
    if named is not None:
        return frozenset((named,))
    wards = _wards_words(finding)
    parts = _parts(value)
    for each in (parts, _graded(parts), _without(parts, wards.names), _graded(_without(parts, wards.names))):
        if each in wards.values:
            return frozenset(wards.values[each])
    return frozenset()


class _WardsWords(NamedTuple):
    values: dict[tuple[str, ...], tuple[str, ...]]
    """What words, in parts, may stand for."""
    names: frozenset[str]
    """The parts of what the finding is called, which say nothing of its value."""


@lru_cache(maxsize=256)
def _wards_words(finding: Finding) -> _WardsWords:
    values = {_parts(word): each.values for each in finding.words for word in each.words}
    values |= {_parts(choice.replace("_", " ")): (choice,) for choice in finding.choices}
    called = (name.replace("_", " ") for name in (finding.name, *finding.aliases))
    names = {part for name in called for part in _parts(name) if part.isalnum()}
    return _WardsWords(values, frozenset(names) - _words().grades - {each[0] for each in values if len(each) == 1})


_PART = re.compile(r"[a-z]+|\d+|[^\W\da-z_]|[^\w\s.,:;()]")


def _parts(text: str) -> tuple[str, ...]:
    """A text as its words, numbers and signs: `West-Haven II°` is west, -, haven, ii, °."""
    return tuple(_PART.findall(unicodedata.normalize("NFKC", text).casefold()))


def _without(parts: tuple[str, ...], names: frozenset[str]) -> tuple[str, ...]:
    """The parts without those of a name, and without a hyphen that then joins nothing."""
    kept = [part for part in parts if part not in names]
    while kept[:1] == ["-"]:
        kept.pop(0)
    return tuple(kept)


def _numeral(part: str) -> int | None:
    return int(part) if part.isdecimal() and part.isascii() else ROMAN.get(part.upper())


def _graded(parts: tuple[str, ...]) -> tuple[str, ...]:
    """`G2` and `II°` as `grade 2`; nothing where it is no grade."""
    grades = _words().grades
    rest = _without(parts, grades)
    number = _numeral(rest[0]) if len(rest) == 1 and len(parts) > 1 else None
    return () if number is None else ("grade", str(number))


def _grade(finding: Finding, text: str) -> Quantity | Span | None:
    """The grade that words name: `grade I`, `G2`, `II°`, `West Haven 1-2`, or a word of the ward for it."""
    wards = _wards_words(finding)
    parts = _parts(text)
    named = _without(parts, wards.names)
    for each in (parts, named):
        if each in wards.values:
            numbers = sorted(Fraction(value) for value in wards.values[each])
            return Quantity(numbers[0]) if len(numbers) == 1 else Span(numbers[0], numbers[-1])
    match _without(named, _words().grades):
        case [one] if (number := _numeral(one)) is not None:
            return Quantity(Fraction(number))
        case [one, "-" | "–" | "to" | "bis" | "至", other]:
            low, high = _numeral(one), _numeral(other)
            return None if low is None or high is None or low > high else Span(Fraction(low), Fraction(high))
        case _:
            return None


def _grade_result(result: Result, finding: Finding, grades: Range, value: Quantity | Span | str) -> Result:
    if isinstance(value, str):
        graded = _grade(finding, value)
        if graded is None:
            return _unusable(result, "missing", f"{quoted(result.recorded_value)} is no grade")
        value = graded
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
