"""Units: an exact rational factor and a dimension for every unit text, and exact conversion between them.

A unit text is read in three steps, and nothing in it is ever evaluated or guessed:

1. its typography is made plain (`µ`, `㎎`, `×10⁹/L`, `x10E9/L`, `per`, blanks around a stroke);
2. the whole text is looked up among the spellings of hospitals in `units.tsv` (`K/uL` is a thousand per microlitre,
   `G/L` a billion per litre), where the ambiguous ones are listed too, with the reason why they are refused;
3. otherwise it is parsed as UCUM (case-sensitive): terms joined by `.` and `/`, prefixes, exponents, parentheses,
   `10*9` and `10^9`, annotations in braces, which mean 1. A symbol with more than one meaning in use (`MEq`, `units`)
   is refused wherever it stands.

Which parts of UCUM are read, and which are left out on purpose, says docs/units.md.

A factor is a Fraction, so that equal quantities stay equal whatever unit they were written in. A dimension is a product
of powers of mass, amount, length, time and temperature; equivalents and every arbitrary unit (`[IU]`) have a dimension
of their own, because no factor leads from them to anything else without knowing the analyte.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from screener.values.tables import table_rows

Dimension = tuple[tuple[str, int], ...]
"""Base dimensions with their exponents (never 0), in alphabetical order; `()` is a pure number."""

PURE: Dimension = ()
LONGEST_UNIT = 100
"""Characters. The longest unit codes in use have about 30."""
GREATEST_POWER = 60
"""Units beyond 10^±60 times their base are not measures of anything."""


class UnitError(ValueError):
    """A text that is no unit, or two units that cannot be converted; the message says why."""


class Unit(Struct, frozen=True, gc=False):
    """A unit as written, and what it is: `factor` times the base units of its dimension."""

    text: str
    factor: Fraction
    dimension: Dimension


def parse_unit(text: str) -> Unit:
    """Read a unit text. `""` is no unit; a pure number is `1`. Raises UnitError."""
    if len(text) > LONGEST_UNIT:
        raise UnitError(f"`{text[:20]}…` is too long to be a unit")
    return _parse(text)


def is_unit(text: str) -> bool:
    """Whether a text can be read as a unit."""
    try:
        parse_unit(text)
    except UnitError:
        return False
    return True


@lru_cache(maxsize=2048)
def _parse(text: str) -> Unit:
    plain = _plain(text)
    if not plain:
        raise UnitError("a unit is missing")
    table = _table()
    if is_said_to_be_unknown(text):
        raise UnitError(f"`{text}` says that the unit is not known")
    if (reason := table.refused.get(plain)) is not None:
        raise UnitError(f"`{text}` is refused as a unit: {reason}")
    reader = _Reader(text, table.spellings.get(plain, plain))
    factor, powers = reader.whole()
    if not Fraction(1, 10**GREATEST_POWER) <= factor <= 10**GREATEST_POWER:
        raise UnitError(f"`{text}` is not a unit: its size is beyond any measure")
    return Unit(text, factor, _dimension(powers))


@lru_cache(maxsize=2048)
def is_said_to_be_unknown(text: str) -> bool:
    """Whether a text stands where a unit would, and says that nobody knows it: `unknown`, `{unk}`."""
    return _plain(text).casefold() in _table().unknown


def factor_between(
    source: Unit, target: Unit, molar_mass: Fraction | None = None, valence: int | None = None
) -> Fraction:
    """What a number in `source` is multiplied by to be in `target`.

    Mass and amount of substance are converted by the analyte's molar mass (g/mol), amount and equivalents by its
    valence; only where the analyte itself is what is measured, never inside a ratio such as `mg/mmol`. A ratio of two
    amounts (`mmol/mol`) is never converted to another share (`%`), though both are pure numbers: see docs/units.md.
    Raises UnitError that names both dimensions, or says so.
    """
    ratio = source.factor / target.factor
    if source.dimension == target.dimension:
        if source.dimension == PURE and _is_ratio_of_amounts(source) != _is_ratio_of_amounts(target):
            raise UnitError(f"`{source.text}` and `{target.text}` are not proportional: one is a ratio of two amounts")
        return ratio
    match _exchanged(source.dimension, target.dimension):
        case "mass", "amount" if molar_mass is not None:
            return ratio / molar_mass
        case "amount", "mass" if molar_mass is not None:
            return ratio * molar_mass
        case "amount", "equivalents" if valence is not None:
            return ratio * valence
        case "equivalents", "amount" if valence is not None:
            return ratio / valence
        case "mass", "equivalents" if molar_mass is not None and valence is not None:
            return ratio / molar_mass * valence
        case "equivalents", "mass" if molar_mass is not None and valence is not None:
            return ratio * molar_mass / valence
    raise UnitError(
        f"`{source.text}` is {describe(source.dimension)}, `{target.text}` is {describe(target.dimension)}"
        + _what_is_lacking(source, target, molar_mass, valence)
    )


def _is_ratio_of_amounts(unit: Unit) -> bool:
    return re.fullmatch(r"[a-z]?mol/[a-z]?mol(\{.*\}| .*|[A-Z].*)?", unit.text) is not None


def _exchanged(source: Dimension, target: Dimension) -> tuple[str, str] | None:
    """The one base dimension of `source` that stands as another one in `target`, and that other one."""
    only_here = [base for base in source if base not in target]
    only_there = [base for base in target if base not in source]
    if len(only_here) == len(only_there) == 1 and only_here[0][1] == only_there[0][1] == 1:
        return only_here[0][0], only_there[0][0]
    return None


def _what_is_lacking(source: Unit, target: Unit, molar_mass: Fraction | None, valence: int | None) -> str:
    """What would be needed to convert, or why nothing can be."""
    arbitrary = _table().arbitrary
    if own := [base for base, _ in (*source.dimension, *target.dimension) if base in arbitrary]:
        return f" (each assay defines its {own[0]} for itself, so they are never converted)"
    exchanged = set(_exchanged(source.dimension, target.dimension) or ())
    lacking = []
    if "mass" in exchanged and exchanged <= {"mass", "amount", "equivalents"} and molar_mass is None:
        lacking.append("molar mass")
    if "equivalents" in exchanged and exchanged <= {"mass", "amount", "equivalents"} and valence is None:
        lacking.append("valence")
    return f" (no {' and no '.join(lacking)} is defined)" if lacking else ""


def common_units() -> tuple[Unit, ...]:
    """Units that laboratories commonly report in, the commonest first: what to suggest, never what to assume."""
    return tuple(parse_unit(text) for text in _table().common)


# ---- dimensions in words

_NAMED: dict[Dimension, str] = {
    (): "a pure number",
    (("length", -3),): "count per volume",
    (("time", -1),): "count per time",
    (("length", -3), ("mass", 1)): "mass per volume",
    (("amount", 1), ("length", -3)): "amount per volume",
    (("equivalents", 1), ("length", -3)): "equivalents per volume",
    (("amount", 1), ("length", -3), ("time", -1)): "enzyme activity per volume",
    (("length", 3),): "volume",
    (("length", 2),): "area",
    (("length", 3), ("time", -1)): "volume per time",
    (("length", -1), ("mass", 1), ("time", -2)): "pressure",
}
_POWERS = {("length", 2): "area", ("length", 3): "volume"}


def describe(dimension: Dimension) -> str:
    """The dimension in words, such as `mass per volume`."""
    if (name := _NAMED.get(dimension)) is not None:
        return name
    above = [_power_name(base, power) for base, power in dimension if power > 0]
    below = [_power_name(base, -power) for base, power in dimension if power < 0]
    return " per ".join([" times ".join(above) or "count", *below])


def _power_name(base: str, power: int) -> str:
    if (name := _POWERS.get((base, power))) is not None:
        return name
    return base if power == 1 else f"{base}^{power}"


def _dimension(powers: dict[str, int]) -> Dimension:
    return tuple(sorted((base, power) for base, power in powers.items() if power))


# ---- typography

_LETTERS = str.maketrans("µμ×·⋅∙−⁄", "uux...-/")
_RAISED_TEN = re.compile("10(?=[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹])")
_BLANKS = re.compile(r"\s+")
_BLANK_BESIDE = re.compile(r"\s*([/.*^])\s*")
_LITRE = re.compile(r"/([dmun]?)l\Z")
_TIMES = re.compile(r"[xX*]\s*(?=10)")
_TIMES_TEN_TO = re.compile(r"[xX*]\s*10\s(?=[1-9]\d?/)")
_TEN_TO = re.compile(r"(?<![\d])10\s*(?:\*\*|\\S\\|[*^~']|[eExX](?=[-+(\d])|hoch|(?=\())\s*\(?([-+]?\d{1,2})(?!\d)\)?")
_PER = re.compile(r"(?:\A|(?<=\s))per\s", re.IGNORECASE)


def _plain(text: str) -> str:
    """The text with one way of writing micro, litre, times, powers of ten, per and blanks, and no full stop behind it.

    Letters of compatibility (`㎎`, full-width forms, raised digits) become plain ones. `\\S\\` is how HL7 version 2
    writes `^`.
    """
    plain = _RAISED_TEN.sub("10^", text.strip())
    plain = plain[:-1] if plain.endswith(".") and plain[-2:-1].isalpha() else plain
    plain = _PER.sub("/", unicodedata.normalize("NFKC", plain).translate(_LETTERS))
    plain = _BLANK_BESIDE.sub(r"\1", _BLANKS.sub(" ", plain))
    plain = _TIMES_TEN_TO.sub("10*", plain) if _TIMES_TEN_TO.match(plain) else plain
    plain = plain[times.end() :] if (times := _TIMES.match(plain)) else plain
    return _LITRE.sub(r"/\1L", _TEN_TO.sub(r"10*\1", plain))


# ---- the table


class _Table(NamedTuple):
    prefixes: dict[str, int]
    """Powers of ten."""
    atoms: dict[str, str]
    """Symbols that stand for an expression of other symbols, or for a dimension: `=length`."""
    prefixable: frozenset[str]
    spellings: dict[str, str]
    refused: dict[str, str]
    """Whole texts, and why they are not read."""
    unclear: dict[str, str]
    """Symbols, and why no text with them is read."""
    unknown: frozenset[str]
    """Whole texts, in small letters, that say that the unit is not known."""
    arbitrary: frozenset[str]
    """Dimensions of units that each assay defines for itself."""
    common: tuple[str, ...]


_KINDS = frozenset(
    ("prefix", "base", "scale", "own", "metric", "unit", "spelling", "refused", "unclear", "unknown", "common")
)
"""The kinds of rows in the table."""


@lru_cache(maxsize=1)
def _table() -> _Table:
    of: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    for row in table_rows(Path(__file__).with_name("units.tsv")):
        kind, symbol, meaning = (*row, "")[:3]
        of[kind][symbol] = meaning
    dimensions = {**of["base"], **of["scale"], **of["own"]}
    return _Table(
        prefixes={symbol: int(power) for symbol, power in of["prefix"].items()},
        atoms={**{symbol: f"={base}" for symbol, base in dimensions.items()}, **of["metric"], **of["unit"]},
        prefixable=frozenset((*dimensions, *of["metric"])),
        spellings={_plain(symbol): meaning for symbol, meaning in of["spelling"].items()},
        refused={_plain(symbol): reason for symbol, reason in of["refused"].items()},
        unclear=of["unclear"],
        unknown=frozenset(of["unknown"]),
        arbitrary=frozenset(of["own"].values()),
        common=tuple(of["common"]),
    )


# ---- UCUM

_TOKEN = re.compile(
    r"(?P<annotation>\{[^{}]*\})"
    r"|10[*^](?P<ten>[-+]?\d{1,2})(?!\d)"
    r"|(?P<number>\d{1,6})(?![\d,]|\.\d)"
    r"|(?P<symbol>(?:[A-Za-z%‰#'°_]|\[[^\[\]{}]*\])+)(?:\^?(?P<exponent>[-+]?\d)(?!\d))?"
    r"|(?P<mark>[./()])"
)
_LOST_EXPONENT = re.compile(r"10(?:[2-9]|1[0-2])\Z")
_LOGARITHM = re.compile(r"log", re.IGNORECASE)

_Size = tuple[Fraction, dict[str, int]]


class _Reader:
    """Reads one unit expression from left to right: `a/b.c` is (a/b).c, and a leading `/` divides 1."""

    def __init__(self, text: str, plain: str) -> None:
        self.text = text
        self.plain = plain
        self.at = 0

    def whole(self) -> _Size:
        size = self.product()
        if self.at < len(self.plain):
            raise self.error(f"`{self.plain[self.at :]}` is not understood")
        return size

    def product(self) -> _Size:
        factor, powers = Fraction(1), dict[str, int]()
        sign: Literal[1, -1] = 1
        if self.next_is("/"):
            sign = -1
        while True:
            term_factor, term_powers = self.term()
            factor = factor * term_factor if sign == 1 else factor / term_factor
            for base, power in term_powers.items():
                powers[base] = powers.get(base, 0) + sign * power
            if self.next_is("/"):
                sign = -1
            elif self.next_is("."):
                sign = 1
            else:
                return factor, powers

    def next_is(self, mark: str) -> bool:
        if self.plain.startswith(mark, self.at):
            self.at += 1
            return True
        return False

    def term(self) -> _Size:
        if self.next_is("("):
            size = self.product()
            if not self.next_is(")"):
                raise self.error("a parenthesis is not closed")
            self.annotation()
            return size
        if self.annotation():
            return Fraction(1), {}
        token = _TOKEN.match(self.plain, self.at)
        if token is None or token["mark"]:
            missing = self.at >= len(self.plain) or token is not None
            raise self.error("a unit is missing" if missing else f"`{self.plain[self.at :]}` is not understood")
        self.at = token.end()
        self.annotation()
        if token["ten"]:
            return Fraction(10) ** int(token["ten"]), {}
        if token["number"]:
            return self.number(token["number"]), {}
        factor, powers = self.atom(token["symbol"])
        exponent = int(token["exponent"] or 1)
        return factor**exponent, {base: power * exponent for base, power in powers.items()}

    def annotation(self) -> bool:
        token = _TOKEN.match(self.plain, self.at)
        if token is None or not token["annotation"]:
            return False
        if _LOGARITHM.search(token["annotation"]):
            raise self.error("a logarithm is not a unit")
        self.at = token.end()
        return True

    def number(self, digits: str) -> Fraction:
        if _LOST_EXPONENT.match(digits):
            raise self.error(f"`{digits}` may be 10 to the power of {digits[2:]}: write `10*{digits[2:]}`")
        if int(digits) == 0:
            raise self.error("`0` is no factor")
        return Fraction(int(digits))

    def atom(self, symbol: str) -> _Size:
        if (size := _size_of(symbol)) is not None:
            return size
        table = _table()
        if (reason := table.unclear.get(symbol)) is not None:
            raise UnitError(f"`{self.text}` is refused as a unit: {reason}")
        for length in (2, 1):
            prefix, rest = symbol[:length], symbol[length:]
            if prefix in table.prefixes and rest in table.prefixable and (size := _size_of(rest)) is not None:
                return Fraction(10) ** table.prefixes[prefix] * size[0], size[1]
        raise self.error(f"`{symbol}` is not a unit" if symbol != self.text else "")

    def error(self, why: str) -> UnitError:
        return UnitError(f"`{self.text}` is not a unit" + (f": {why}" if why else ""))


@lru_cache(maxsize=256)
def _size_of(symbol: str) -> _Size | None:
    """What a symbol of the table stands for; None if it is not in the table."""
    meaning = _table().atoms.get(symbol)
    if meaning is None:
        return None
    if meaning.startswith("="):
        return Fraction(1), {meaning[1:]: 1}
    number, _, expression = meaning.rpartition(" ")
    factor, powers = _Reader(expression, expression).whole()
    return Fraction(number or 1) * factor, powers
