"""Values and limits of normal as they are written: numbers, bounds, spans, and the words in use for them.

A form of record whose values are plain reads them with `read_value`, one whose values are text as laboratories write it
with `read_text`, and limits of normal that are text with `read_limits`. Words in use for bounds, for the results of
tests, for a sex and for a death stand in `words.tsv`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, cast

from msgspec import Struct

from screener.records.comparing import as_words
from screener.records.errors import quoted
from screener.records.notes import some_of
from screener.rulebook import Sex
from screener.values.numerals import ARABIC, ROMAN
from screener.values.tables import table_rows
from screener.values.units import is_unit

Comparator = Literal["", "<", "<=", ">", ">="]

MOST_DIGITS = 40

_LONGEST_QUANTITY = 100
"""Characters of a number or a span of two, with comparator and unit."""

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


class UnreadableValueError(ValueError):
    """A value that cannot be read at all; `args` are the fault and its mend."""


class OpenValueError(UnreadableValueError):
    """A value that can be read in two ways, or that its own unit contradicts."""


_COMPARED: Mapping[str, Callable[[str], str]] = {
    "filler": str, "mark": str.casefold, "several": str.casefold, "found": str.casefold,
}  # fmt: skip
"""How words of a kind are compared, where that is not as choices are."""


@cache
def words_for(kind: str) -> Mapping[str, str]:
    """The words of a kind in the table `words.tsv`, as they are compared, and what each means."""
    as_compared = _COMPARED.get(kind, as_choice)
    return {as_compared(words): meaning for words, meaning in _rows()[kind]}


@cache
def grade_words() -> frozenset[str]:
    """Words and signs that may stand with the number of a grade."""
    return frozenset(part for words, _ in _rows()["grade"] for part in parts_of_text(words))


@cache
def _stage_words() -> frozenset[str]:
    """Words before the number of a stage, class or grade."""
    return grade_words().union(*(words.casefold().split() for words, _ in _rows()["stage"]))


@cache
def _bounds() -> tuple[re.Pattern[str], tuple[Comparator, ...]]:
    """Words before a number, at the beginning of a text: a group for each comparator; and the comparators."""
    bounds: dict[Comparator, list[str]] = {}
    for words, sign in _rows()["bound"]:
        bounds.setdefault(_COMPARATORS[sign], []).append(re.escape(words))
    groups = "|".join(f"({'|'.join(words)})" for words in bounds.values())
    return re.compile(rf"(?:{groups})\s*(?=[-+]?[.\d])", re.IGNORECASE), tuple(bounds)


_KINDS = (
    "bound",
    "choice",
    "amount",
    "found",
    "filler",
    "grade",
    "mark",
    "stage",
    "died",
    "years",
    "several",
    "severity",
    "sex",
)
"""The kinds of rows in the table."""


@cache
def _rows() -> Mapping[str, list[tuple[str, str]]]:
    of: dict[str, list[tuple[str, str]]] = {kind: [] for kind in _KINDS}
    for kind, words, meaning in table_rows(Path(__file__).with_name("words.tsv")):
        of[kind].append((words, meaning))
    return of


def is_of_several(wording: str) -> bool:
    """Whether a wording of one thing says that it is more than one: `multiple drug allergies`, `penicillin, sulfa`. A
    word counts as a whole; a sign, and a word of a script without blanks, anywhere."""
    text = wording.casefold()
    words = set(re.findall(r"\w+", text))
    return any(each in (words if each.isascii() and each.isalnum() else text) for each in words_for("several"))


def is_filler(word: str) -> bool:
    """Whether a word of a name says how something was found, or nothing by itself: `test`, `of`."""
    return word in words_for("filler")


_TOKEN = re.compile(r"[^\s,;:()]+")
_STAGE_IN_HAN = re.compile(r"(?P<name>.*[\u3400-\u9fff])\s*(?P<stage>\d+|[IVX]+)\s*(?P<word>[\u3400-\u9fff])")


def name_and_stage(wording: str) -> tuple[str, str] | None:
    """A name and the stage, class or grade behind it, as a Roman numeral or 0.

    >>> name_and_stage("Heart failure, NYHA class 3"), name_and_stage("HE II"), name_and_stage("HE 2")
    (('Heart failure', 'III'), ('HE', 'II'), None)
    >>> name_and_stage("HE grade 0")
    ('HE', '0')
    >>> name_and_stage("肝性脑病2期")
    ('肝性脑病', 'II')
    """
    if (joined := _STAGE_IN_HAN.fullmatch(unicodedata.normalize("NFKC", wording).strip())) is not None:
        numeral = _NUMERALS.get(joined["stage"], joined["stage"])
        is_one = (numeral in ROMAN or numeral == "0") and joined["word"] in grade_words()
        return (joined["name"], numeral) if is_one else None
    tokens = list(_TOKEN.finditer(wording))
    if len(tokens) < 2:
        return None
    written = tokens.pop().group()
    stage = _NUMERALS.get(written, written if written in ROMAN else None)
    is_said = False
    while tokens and tokens[-1].group().casefold() in _stage_words():
        tokens.pop()
        is_said = True
    if stage is None or not tokens or not (is_said or written in ROMAN):
        return None
    return wording[: tokens[-1].end()], stage


_NUMERALS = {"0": "0", **ARABIC}


def result_meant(word: str) -> str:
    """A word for the result of a test as the dictionary has it; one that nobody knows as it is, in small letters."""
    folded = as_choice(word)
    return words_for("choice").get(folded, folded).replace("_", " ")


def sex_meant(text: str) -> Sex | Literal["unknown"] | None:
    """The sex that people write so; `unknown` where they say that it is neither or not known, None where nobody knows
    what they mean."""
    return cast("Sex | Literal['unknown'] | None", words_for("sex").get(as_choice(text)))


def severity_meant(text: str) -> str:
    """How severe something is, as people write it; words of no severity as they are."""
    return words_for("severity").get(as_choice(text), text)


def died_meant(text: str) -> bool | str:
    """Whether the patient has died, where a text says that and no more; the text itself where it says anything else."""
    says = words_for("died").get(as_choice(text))
    return text if says is None else says == "yes"


def age_meant(text: str) -> int | None:
    """Completed years, as people write an age: `54`, `54 y`, `54 Jahre`. None where it is not in years."""
    found = _AGE.match(text.strip())
    return int(found[1]) if found is not None and (not found[2] or as_choice(found[2]) in words_for("years")) else None


_AGE = re.compile(r"(\d{1,3})\s*([^\d\s][^\d]*)?\Z", re.ASCII)


def as_choice(words: str) -> str:
    """Words as they are compared, in the form of a dictionary's choice: `Non-Reactive.` is `non_reactive`."""
    return as_words(words).replace(" ", "_")


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
                raise OpenValueError(
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


_TWO_NUMBERS = re.compile(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*(\D*)", re.ASCII)


def two_numbers(text: str) -> tuple[Fraction, Fraction, str] | None:
    """The numbers of a pair, `120/80 mmHg`, and the unit behind them, if any; None of what is no pair."""
    pair = _TWO_NUMBERS.fullmatch(text.translate(_SIGNS))
    return None if pair is None else (Fraction(pair[1]), Fraction(pair[2]), pair[3].strip())


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


def with_commas(commas: Sequence[tuple[str, str]]) -> str:
    """The note on numbers whose comma was read as a decimal point, each with its place."""
    written, place = commas[0]
    if len(commas) == 1:
        return f"the comma of {quoted(written)} is read as a decimal point ({place})"
    places = some_of([place for _, place in commas])
    return f"the commas of {len(commas)} numbers are read as decimal points, as that of {quoted(written)}: {places}"


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
    if len(plain) > _LONGEST_QUANTITY:
        if _NUMBER_LIKE.match(plain):
            raise UnreadableValueError(f"{quoted(text)} is not a number", f"a number has at most {MOST_DIGITS} digits")
        return text, None
    found = _QUANTITY.match(plain)
    if found is None and (bound := _bounds()[0].match(plain)) is not None:
        plain = _bounds()[1][(bound.lastindex or 1) - 1] + plain[bound.end() :]
        found = _QUANTITY.match(plain)
    if found is not None:
        comparator = _COMPARATORS.get(found["comparator"] or "", "")
        if not found["rest"]:
            return Quantity(_measurable(Decimal(found["number"]), text), comparator), None
        if not comparator and (span := _SPAN.match(plain)) is not None and _is_empty_or_unit(span["rest"]):
            return _span_of(span, text), span["rest"].strip() or None
        if (comma := _COMMA.match(plain)) is not None and _is_empty_or_unit(plain[comma.end() :]):
            raise _with_comma(text, plain[: comma.end()], plain[comma.end() :].strip())
        if _is_its_unit(found["rest"]):
            return Quantity(_measurable(Decimal(found["number"]), text), comparator), found["rest"]
    if _NUMBER_LIKE.match(plain) and any(each.isdigit() or each in "<>=" for each in plain):
        raise _with_comma(text, plain)
    return text, None


_SHORT_MARK = 2


def _without_mark(plain: str) -> str:
    """A number without the mark that says that it lies outside of its limits: `12.4 (H)`, `12.4*`."""
    if plain[:1].isdigit() or plain[:1] in ("<", ">"):
        for mark in words_for("mark"):
            if not plain.casefold().endswith(mark):
                continue
            number, written = plain[: -len(mark)], plain[-len(mark) :]
            # `2.1 H` is high, and `12 h` hours: what is a letter or two is a mark in capitals alone.
            if not mark.isalpha() or (number[-1:].isspace() and (len(mark) > _SHORT_MARK or written.isupper())):
                return number.rstrip()
    return plain


def _as_exponent(found: re.Match[str]) -> str:
    return f"{found['number']}e{found['power'].translate(_RAISED)}"


def _span_of(found: re.Match[str], text: str) -> Span:
    low, high = (_measurable(Decimal(found[end]), text) for end in ("low", "high"))
    if low > high:
        raise UnreadableValueError(f"{quoted(text)} is not a range", "write the smaller number first")
    return Span(low, high)


def _with_comma(text: str, number: str, unit: str = "") -> UnreadableValueError:
    """What is wrong with a number. A comma that may part thousands is never offered as a
    decimal sign."""
    behind = f" {unit}" if unit else ""
    if _GROUPS.match(number):
        mend = f"write `{number.replace(',', '')}{behind}` if the comma parts thousands"
        return OpenValueError(f"{quoted(text)} is not a number", mend)
    if _COMMA.match(number):
        return UnreadableValueError(f"{quoted(text)} is not a number", f"write `{number.replace(',', '.')}{behind}`")
    mend = "write a number with a decimal point, such as `1.8`, or a bound, such as `<0.2`"
    return UnreadableValueError(f"{quoted(text)} is not a number", mend)


def _is_empty_or_unit(text: str) -> bool:
    rest = text.strip()
    return not rest or _is_its_unit(rest)


def _is_its_unit(text: str) -> bool:
    """Whether what follows a number is its unit. `30/4` is two numbers, and `5 10*9/L` one with a unit."""
    is_word = any(each.isalpha() or each in _MARKS_OF_UNITS for each in text)
    if not is_word or (text[0].isdigit() and not _TEN.match(text)):
        return False
    return is_unit(text)


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


_PART = re.compile(r"[a-z]+|\d+|[^\W\da-z_]|[^\w\s.,:;()]")


def parts_of_text(text: str) -> tuple[str, ...]:
    """A text as its words, numbers and signs: `West-Haven II°` is west, -, haven, ii, °."""
    return tuple(_PART.findall(unicodedata.normalize("NFKC", text).casefold()))
