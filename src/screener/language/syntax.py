"""What rule text says, as frozen nodes: every node carries the span of characters it was read from.

The tree mirrors the text; nothing in it is resolved, converted or checked. Names stand as they were written,
numbers as their digits, units in one spelling (`spelling_of_unit`). What the nodes mean is the checker's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from screener.language.source import Span
from screener.rulebook import ConceptKind, Course, Pick, QualifierName, Sex, Verb
from screener.values import dates
from screener.values.ranges import Comparison

ChangeKind = Literal["rise in", "fall in", "relative rise in", "relative fall in", "rise per day in"]
CodeSystem = Literal["loinc", "snomed", "icd10", "icd10cm", "icd10who", "atc", "rxnorm", "ips", "fhir", "local"]
Relates = Literal["is", "may be", "not", "whole", "within"]


class _Node(Struct, frozen=True):
    pass


# ---- words and numbers


class Name(_Node, frozen=True):
    """A name as it was written: of an entry, an alias, a choice, a trial, a criterion. Not yet resolved."""

    text: str
    span: Span


class Text(_Node, frozen=True):
    """Free text: a title, an assumption, a label, a file name; without its quotation marks."""

    text: str
    span: Span


class Quote(_Node, frozen=True):
    """One line of the source text, without its `>`."""

    text: str
    span: Span


class Unit(_Node, frozen=True):
    """A unit in the one spelling of `spelling_of_unit`."""

    text: str
    span: Span


class Quantity(_Node, frozen=True):
    """A number (its digits as written, perhaps with a `-`) and perhaps a unit: `5 mg/dL`, `1.5`, `-2`."""

    number: str
    unit: Unit | None
    span: Span

    @property
    def text(self) -> str:
        """The quantity in its one written form."""
        return self.number if self.unit is None else written_quantity(self.number, self.unit.text)


class Count(_Node, frozen=True):
    """A whole number of things: times, conditions to be met, a valence."""

    number: int
    span: Span


class Duration(_Node, frozen=True):
    """A length of calendar time: `6 months`."""

    length: dates.Duration
    span: Span


class Interval(_Node, frozen=True):
    """Numbers `low .. high`, both included unless open (`above 0 .. 150`, `0 .. below 150`).

    `low` or `high` is None where there is no limit on that side, which only cells of a points table can say.
    A single number has both ends equal.
    """

    low: str | None
    high: str | None
    unit: Unit | None
    span: Span
    low_open: bool = False
    high_open: bool = False


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER_OF_TEN = re.compile(r"(?:[x×]\s*)?10(?:[*^]([0-9-]+)|([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))")


def spelling_of_unit(text: str) -> str:
    """The one spelling of a unit: `×10^9/L`, `x 10⁹/L` and `10*9/L` are all `10*9/L`; `µmol/L` (either micro sign) is
    `umol/L`; `kg/m²` and `kg/m^2` are `kg/m2`; `°C` is `Cel`. Any other text stays as it is."""
    found = _POWER_OF_TEN.match(text)
    power = ""
    if found is not None:
        power = "10*" + (found[1] or found[2].translate(_SUPERSCRIPTS))
        text = text[found.end() :]
    text = text.replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u").replace("°C", "Cel")
    return power + text.translate(_SUPERSCRIPTS).replace("^", "")


def written_quantity(number: str, unit: str) -> str:
    """A number with its unit as rules write it: `5 mg/dL`, and `50 x 10*9/L`, because `50 10*9/L` looks like two
    numbers (it is read all the same)."""
    return f"{number} x {unit}" if unit[:1].isdigit() else f"{number} {unit}"


# ---- when


class Anchor(_Node, frozen=True):
    """An instant to count from: `last onset of X`, `start of Y`, `its onset` (inside `with (…)`), `screening`.

    `name` is None, and `pick` too, for the last two. Without a `pick` the last one is meant.
    """

    kind: Literal["onset", "start", "its onset", "screening"]
    pick: Literal["first", "last"] | None
    name: Name | None
    span: Span


class Scope(_Node, frozen=True):
    """The one window or anchor that stands after a name: `within 7 days`, `before last onset of X`, `since onset of X`,
    `within 4 weeks after onset of X`, `at onset of X`. `within` is None where no length is given; `relation` and
    `anchor` are None together, where the window ends now."""

    within: Duration | None
    relation: Literal["before", "after", "since", "of", "at"] | None
    anchor: Anchor | None
    span: Span


# ---- expressions with a number


class Value(_Node, frozen=True):
    """A lab, finding, score, points table or `age`, by name: `lowest platelets within 7 days`."""

    pick: Pick | None
    name: Name
    scope: Scope | None
    span: Span


class Change(_Node, frozen=True):
    """How much a lab changed: `rise in creatinine within 48 hours`."""

    kind: ChangeKind
    name: Name
    scope: Scope | None
    span: Span


class InUnit(_Node, frozen=True):
    """The bare number of a quantity in a unit: `creatinine in mg/dL`."""

    of: Numeric
    unit: Unit
    span: Span


class Arithmetic(_Node, frozen=True):
    """`left + right`, and so on."""

    operator: Literal["+", "-", "*", "/"]
    left: Numeric
    right: Numeric
    span: Span


class Function(_Node, frozen=True):
    """`ln(…)`, `exp(…)`, `sqrt(…)`, `round(…)`."""

    name: Literal["ln", "exp", "sqrt", "round"]
    of: Numeric
    span: Span


class Bounded(_Node, frozen=True):
    """`… floored at 1.0`, `… capped at 4.0`."""

    of: Numeric
    kind: Literal["floored at", "capped at"]
    at: Quantity
    span: Span


class Choose(_Node, frozen=True):
    """`if … then … else …`."""

    test: Proposition
    then: Numeric
    otherwise: Numeric
    span: Span


# ---- expressions with a truth


class TimesLimit(_Node, frozen=True):
    """A multiple of the limit of normal: `10 x ULN`, `LLN`. `times` is its digits, `"1"` where none are written."""

    times: str
    which: Literal["upper", "lower"]
    span: Span


class Compare(_Node, frozen=True):
    left: Numeric
    operator: Comparison
    right: Numeric | TimesLimit
    span: Span
    operator_span: Span


class Between(_Node, frozen=True):
    """`… between 18 and 65 years`, both ends included. A unit written once, at the end, stands for both."""

    of: Numeric
    low: Quantity
    high: Quantity
    span: Span


class Is(_Node, frozen=True):
    """`sex is female`, `HBsAg is not positive`, `ascites_grade is any of (slight, moderate)`."""

    of: Numeric
    choices: tuple[Name, ...]
    negated: bool
    span: Span


class Qualifier(_Node, frozen=True):
    """`cured`, `resolved`, `severe`, `uncontrolled`, or `stage "III"` with its `stage`."""

    kind: QualifierName
    stage: str | None
    span: Span


class Qualified(_Node, frozen=True):
    """A condition, procedure, drug, event or substance with its qualifiers: `severe infection`."""

    qualifiers: tuple[Qualifier, ...]
    name: Name
    span: Span


class Event(_Node, frozen=True):
    """`history of any of (…) within 6 months`, `underwent X at least 2 times within 7 days`, `at least 2 allergies to
    X`, `… except …`, `… with (…)`. `verb_span` is the span of the verb alone."""

    verb: Verb
    what: tuple[Qualified, ...]
    times: Count | None
    scope: Scope | None
    exceptions: tuple[Qualified, ...]
    beside: Proposition | None
    span: Span
    verb_span: Span


class Confirmed(_Node, frozen=True):
    """`confirmed QUESTION`."""

    name: Name
    span: Span


class Meets(_Node, frozen=True):
    """`meets DEFINITION`."""

    name: Name
    span: Span


class Not(_Node, frozen=True):
    of: Proposition
    span: Span


class All(_Node, frozen=True):
    """`A and B and …`; in parentheses, the span includes them."""

    of: tuple[Proposition, ...]
    span: Span


class Any(_Node, frozen=True):
    """`A or B or …`; in parentheses, the span includes them."""

    of: tuple[Proposition, ...]
    span: Span


class AtLeast(_Node, frozen=True):
    """`at least 2 of (A; B; C)`."""

    count: Count
    of: tuple[Proposition, ...]
    span: Span


class AtTime(_Node, frozen=True):
    """`before last onset of X (…)`, `at onset of X (…)`: the rule in parentheses with the clock moved. The scope has
    the relation `before` or `at`, and no length."""

    scope: Scope
    of: Proposition
    span: Span


class Reading(_Node, frozen=True):
    """One way to read a rule. Only the first of a whole rule may lack a label."""

    label: Text | None
    rule: Proposition
    span: Span


class Readings(_Node, frozen=True):
    """`(read as "a" X or read as "b" Y)`: two or more readings inside parentheses, each with a label."""

    readings: tuple[Reading, ...]
    span: Span


class Untranslated(_Node, frozen=True):
    """The word `untranslated`, which can only be the whole rule of a criterion or field."""

    span: Span


Numeric = Quantity | Value | Change | InUnit | Arithmetic | Function | Bounded | Choose
Proposition = (
    Compare | Between | Is | Event | Confirmed | Meets | Not | All | Any | AtLeast | AtTime | Readings | Untranslated
)


class Rule(_Node, frozen=True):
    """A whole rule: one reading, or several. `text` is the rule as it was written, without comments."""

    readings: tuple[Reading, ...]
    text: str
    span: Span


# ---- trials


class Protocol(_Node, frozen=True):
    """`protocol NCT…`: the trial that the fields and criteria below it in the file belong to."""

    id: Name
    title: tuple[Quote, ...]
    short: Text | None
    registry: Text | None
    labs_within: Duration | None
    span: Span


class Criterion(_Node, frozen=True):
    """`inclusion I1`, `exclusion E1`; or `field age`: what a structured field of the registry restricts."""

    kind: Literal["inclusion", "exclusion", "field"]
    id: Name
    quotes: tuple[Quote, ...]
    short: Text | None
    assumptions: tuple[Text, ...]
    rule: Rule
    span: Span


# ---- reusable meanings


class Definition(_Node, frozen=True):
    """`define NAME "title"`. `source` is what the line `source "…"` cites."""

    name: Name
    title: Text
    aliases: tuple[Name, ...]
    quotes: tuple[Quote, ...]
    source: Text | None
    assumptions: tuple[Text, ...]
    rule: Rule
    span: Span


class FlagLine(_Node, frozen=True):
    """`flag "…" when …`, or `doubt "…" when …`."""

    text: Text
    when: Proposition
    is_doubt: bool
    span: Span


class Score(_Node, frozen=True):
    """`score NAME "title"`. `formula` is the expression as it was written, without comments; `spread` comes from
    `inputs within 24 hours of each other`."""

    name: Name
    title: Text
    aliases: tuple[Name, ...]
    quotes: tuple[Quote, ...]
    source: Text | None
    assumptions: tuple[Text, ...]
    spread: Duration | None
    expression: Numeric
    formula: str
    flags: tuple[FlagLine, ...]
    span: Span


class Cell(_Node, frozen=True):
    """`below 2 -> 1`, `2 .. 3 -> 2`, `at least 12 -> 4`, `slight or moderate -> 2`: either numbers or choices."""

    numbers: Interval | None
    choices: tuple[Name, ...]
    points: str
    span: Span


class Points(_Node, frozen=True):
    """`points NAME from total_bilirubin in mg/dL`, then its cells."""

    name: Name
    title: Text | None
    of: Value | InUnit
    cells: tuple[Cell, ...]
    span: Span


# ---- the dictionary


class Code(_Node, frozen=True):
    """`14631-6 in umol/L`, `C00 .. C97`, `3094-0 as urea_nitrogen in mg/dL`, `260385009 means negative`, or a group of
    codes by its name, `@says_little`."""

    first: str
    last: str | None
    form: Name | None
    unit: Unit | None
    value: Name | None
    span: Span


class CodesLine(_Node, frozen=True):
    """`loinc 14631-6, 1975-2`; with `absent as` before it, the codes say that there is none.

    `relates` is what an entry under one of the codes says of the concept: `icd10 …`, `icd10 may be …`,
    `icd10 not …`; or what is said of the concept itself: `whole snomed …`, `lies within icd10 …`. With `family` before
    it, the codes speak of the patient's family.
    """

    system: CodeSystem
    codes: tuple[Code, ...]
    span: Span
    absent: bool = False
    relates: Relates = "is"
    family: bool = False


class UnitLine(_Node, frozen=True):
    """`unit umol/L`; None is `pure number`."""

    unit: Unit | None
    span: Span


class MolarMassLine(_Node, frozen=True):
    """`molar mass 584.66 g/mol`."""

    mass: Quantity
    span: Span


class ValenceLine(_Node, frozen=True):
    """`valence 2`."""

    valence: Count
    span: Span


class IntervalLine(_Node, frozen=True):
    """`possible 0.5 .. 1500 umol/L`, `usual 2 .. 850 umol/L`, `grade 0 .. 4`."""

    words: Literal["possible", "usual", "grade"]
    interval: Interval
    span: Span


class LengthLine(_Node, frozen=True):
    """`fresh 7 days`, `lasts 7 days`, `longest course 42 weeks`, `holds for 30 days`; of a sheet `child under 18
    years`; of defaults `labs fresh 7 days`, `conditions last 7 days`."""

    words: str
    duration: Duration
    span: Span


class NamesLine(_Node, frozen=True):
    """`includes basal_cell_carcinoma, …`; `kind of bleeding`; `no kind of any_drug`; `ended by delivery, …`;
    `goes on after organ_transplantation`; `in doubt with coma`; `yes says malignancy`; `mean of
    systolic_blood_pressure, …`, where a name that stands twice counts twice; `pair of systolic_blood_pressure, …`;
    `any number means some`; `not to be mistaken for "direct bilirubin", DBil`; and of a sheet `diagnosis
    viral_hepatitis, …`, whose entries stand in the head."""

    words: Literal[
        "includes",
        "kind of",
        "no kind of",
        "ended by",
        "goes on after",
        "in doubt with",
        "yes says",
        "mean of",
        "pair of",
        "any number means",
        "not to be mistaken for",
        "diagnosis",
    ]
    names: tuple[Name, ...]
    span: Span


class RuleLine(_Node, frozen=True):
    """`ruled out when age >= 55 years`, `only if sex is female`, `asked only if …`, `shown with history of …`."""

    words: Literal["ruled out when", "only if", "asked only if", "shown with", "asked again with"]
    test: Proposition
    span: Span


class TextLine(_Node, frozen=True):
    """`asked under "Cancer"`, `short "Consent?"`; and of a sheet `short "liver"`, what its diagnoses are of."""

    words: Literal["asked under", "short"]
    text: Text
    span: Span


class NormalLimitLine(_Node, frozen=True):
    """`upper limit of normal male 104 .. 115 umol/L`."""

    which: Literal["upper", "lower"]
    sex: Sex | None
    interval: Interval
    span: Span


class FormLine(_Node, frozen=True):
    """`form urea_nitrogen "Urea nitrogen" also BUN molar mass 28.014 g/mol`."""

    name: Name
    title: Text
    aliases: tuple[Name, ...]
    molar_mass: Quantity
    span: Span


class ChoicesLine(_Node, frozen=True):
    """`values positive, negative`, or `ordered none, slight, moderate`."""

    choices: tuple[Name, ...]
    ordered: bool
    span: Span


class WhenAbsentLine(_Node, frozen=True):
    """`0 when hepatic_encephalopathy is absent`, `none when ascites is absent`: the grade or choice that follows from
    the absence of a condition."""

    choice: Name
    condition: Name
    span: Span


class IncludesEveryLine(_Node, frozen=True):
    """`includes every drug`."""

    kind: Literal["drug", "substance"]
    span: Span


class WordsLine(_Node, frozen=True):
    """`words "severe", "tense" means moderate`, `words "++" means slight or moderate`."""

    words: tuple[Text, ...]
    values: tuple[Name, ...]
    span: Span


class DeniedByListLine(_Node, frozen=True):
    """`denied by list`, `denied by list with hemoglobin and procedures`."""

    beside: tuple[Name, ...]
    span: Span


class CourseLine(_Node, frozen=True):
    """`course acute`; `past` is an acute one that is recorded afterwards."""

    course: Course | Literal["past"]
    span: Span


class SignLine(_Node, frozen=True):
    """`present when HIV_test is positive`, `absent when …`, `may be present when …`."""

    shows: Literal["present", "absent", "may be present"]
    test: Proposition
    span: Span
    over: Duration | None = None
    """`… over 6 months`: only where an earlier result at least that far back says the same, and none between differs.
    """


class AskedOfLine(_Node, frozen=True):
    """`asked of investigator`, `asked of participant for consent`."""

    who: Name
    for_consent: bool
    span: Span


class OnceForAllTrialsLine(_Node, frozen=True):
    """`once for all trials`."""

    span: Span


class _Entry(_Node, frozen=True):
    """An entry of the dictionary and its lines in the order written. The parser reports a line that may stand only once
    and stands twice; the first is then the one that counts."""

    name: Name
    title: Text
    aliases: tuple[Name, ...]
    lines: tuple[EntryLine, ...]
    span: Span


class Lab(_Entry, frozen=True):
    """`lab NAME "title"`."""


class Finding(_Entry, frozen=True):
    """`finding NAME "title"`."""


class Question(_Entry, frozen=True):
    """`question NAME "What is asked?"`."""


class Concept(_Entry, frozen=True, kw_only=True):
    """`condition NAME "title"`, and likewise procedure, drug, event, substance."""

    kind: ConceptKind


class Defaults(_Node, frozen=True):
    """`defaults`: how long things stay fresh, and statements speak, where an entry does not say."""

    lines: tuple[LengthLine, ...]
    span: Span


class ShownLine(_Node, frozen=True):
    """`result INR "INR" with prothrombin_activity "PTA"`: a result or score of the head, and what stands next to it."""

    name: Name
    label: Text
    beside: Name | None
    beside_label: Text | None
    span: Span


class DaysSinceLine(_Node, frozen=True):
    """`since liver_failure "liver failure"`: the onset from which the head counts the days."""

    name: Name
    label: Text
    span: Span


PlainLine = (
    UnitLine
    | MolarMassLine
    | ValenceLine
    | IntervalLine
    | LengthLine
    | TextLine
    | ShownLine
    | DaysSinceLine
    | NormalLimitLine
    | WhenAbsentLine
    | IncludesEveryLine
    | DeniedByListLine
    | CourseLine
    | AskedOfLine
    | OnceForAllTrialsLine
)
"""A line in which no rule and no list stands."""
EntryLine = PlainLine | CodesLine | FormLine | ChoicesLine | WordsLine | SignLine | NamesLine | RuleLine | FlagLine
SheetLine = ShownLine | NamesLine | DaysSinceLine | TextLine | LengthLine


class Sheet(_Node, frozen=True):
    """`sheet`: what stands in the head of a patient's sheet, in its order."""

    lines: tuple[SheetLine, ...]
    span: Span


class Group(_Node, frozen=True):
    """`group NAME "title"`: codes that many concepts name together, as `@NAME`."""

    name: Name
    title: Text
    lines: tuple[CodesLine, ...]
    span: Span


class Relations(_Node, frozen=True):
    """`codes NAME`: codes of a concept that stand apart from its entry."""

    name: Name
    lines: tuple[CodesLine, ...]
    span: Span


Entry = Lab | Finding | Concept | Question
Block = (
    Protocol
    | Criterion
    | Definition
    | Score
    | Points
    | Lab
    | Finding
    | Concept
    | Question
    | Defaults
    | Group
    | Relations
    | Sheet
)


def walk(node: object) -> Iterator[Struct]:
    """A node, or each of several, with every node inside it, in the order of the text. What is inside a line of codes
    is passed over: there is no rule in it, and it is most of a dictionary."""
    if isinstance(node, Struct):
        yield node
        for field in () if isinstance(node, CodesLine) else node.__struct_fields__:
            yield from walk(getattr(node, field))
    elif isinstance(node, tuple):
        for each in node:
            yield from walk(each)


def heading(block: Block) -> str:
    """What a message calls the block: `inclusion I3`, `lab total_bilirubin`, `defaults`."""
    match block:
        case Criterion():
            return f"{block.kind} {block.id.text}"
        case Protocol():
            return f"protocol {block.id.text}"
        case Concept():
            return f"{block.kind} {block.name.text}"
        case Definition():
            return f"define {block.name.text}"
        case Relations():
            return f"codes {block.name.text}"
        case Score() | Points() | Lab() | Finding() | Question() | Group():
            return f"{type(block).__name__.lower()} {block.name.text}"
        case Defaults():
            return "defaults"
        case Sheet():
            return "sheet"
