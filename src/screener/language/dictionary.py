"""The dictionary: labs, findings, concepts and questions, with their limits in canonical units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from functools import cache
from typing import TypeVar, get_args

from msgspec.structs import replace

from screener.language import syntax
from screener.language.desk import Desk, Draft, did_you_mean
from screener.language.diagnostics import error
from screener.language.dimensions import PURE_NUMBER, Measure
from screener.language.limits import exact
from screener.language.lookups import Lookups
from screener.language.names import EntryKind, cycles, nearest
from screener.language.propositions import Propositions
from screener.rulebook import (
    Any,
    Between,
    ChangeLookup,
    Code,
    Compare,
    Concept,
    Finding,
    FlagRule,
    Form,
    IsOneOf,
    Lab,
    Limits,
    NormalLimit,
    Number,
    Question,
    RecordList,
    Scope,
    Sex,
    SexIs,
    Sign,
    Truthful,
    Value,
    ValueLookup,
    Words,
)
from screener.values.dates import NO_TIME, Duration
from screener.values.ranges import Range, range_text
from screener.values.units import UnitError, describe, factor_between, parse_unit

LineOfEntry = TypeVar("LineOfEntry")
Fresh = Mapping[str, Duration]
"""How long labs, findings and absences stay fresh where an entry does not say."""

_GRAMS_PER_MOLE = parse_unit("g/mol")


def exact_text(number: Fraction) -> str:
    """The exact number as text: decimal where it has an end, else a fraction."""
    try:
        context = Context(prec=40, traps=[Inexact])
        return format(context.divide(Decimal(number.numerator), Decimal(number.denominator)), "f")
    except Inexact:
        return str(number)


def _only(lines: Iterable[object], kind: type[LineOfEntry], words: str = "") -> LineOfEntry | None:
    """The line of that kind, with these words. The parser has seen to it that there is no second."""
    return next((line for line in lines if isinstance(line, kind) and getattr(line, "words", words) == words), None)


def _names_of(block: syntax.Entry) -> tuple[str, str, tuple[str, ...]]:
    return block.name.text, block.title.text, tuple(alias.text for alias in block.aliases)


def _unlike(desk: Desk, block: syntax.Entry) -> tuple[str, ...]:
    """What the entry is not to be mistaken for; none of it is one of its own names."""
    line = _only(block.lines, syntax.NamesLine, "not to be mistaken for")
    own = {block.name.text, *(alias.text for alias in block.aliases)}
    for name in () if line is None else line.names:
        if name.text in own:
            desk.error("mistaken-for-itself", f"`{name.text}` is a name of `{block.name.text}` itself", name.span)
    return () if line is None else tuple(name.text for name in line.names)


# ---- labs


def warn_of_near_names(labs: Mapping[str, Lab], blocks: Mapping[str, tuple[Desk, syntax.Lab]]) -> None:
    """A lab that is called as another one for short: who writes `bilirubin` may mean `total_bilirubin`, whose latest
    result would then be passed over."""
    for name, (desk, block) in blocks.items():
        for other in labs.values():
            if other.name == name or not _measured_alike(labs[name], other):
                continue
            unlike = {_words_of(each) for each in other.unlike}
            own = [each for each in _called(labs[name]) if _words_of(each) not in unlike]
            near = next((a for a in own for b in _called(other) if _words_of(a) < _words_of(b)), None)
            if near is not None:
                desk.warning(
                    "nearly-another",
                    f"`{near}` is nearly a name of `{other.name}`, and a result called so may be meant for that",
                    block.name.span,
                    help=f'choose another name, or say in `{other.name}` that it is `not to be mistaken for "{near}"`',
                )
                break


def _measured_alike(one: Lab, other: Lab) -> bool:
    try:
        factor_between(parse_unit(one.unit), parse_unit(other.unit), Fraction(other.molar_mass or 1))
    except UnitError:
        return False
    return True


def _called(lab: Lab) -> tuple[str, ...]:
    return lab.name, lab.title, *lab.aliases


@cache
def _words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


def lab_of(desk: Desk, block: syntax.Lab, fresh: Fresh) -> Lab | None:
    """The lab, but for its flags."""
    name, title, aliases = _names_of(block)
    unit = _only(block.lines, syntax.UnitLine)
    possible = _only(block.lines, syntax.IntervalLine, "possible")
    if unit is None:
        desk.error("no-unit", f"lab `{name}` has no unit", block.name.span, help="add `unit …`, or `pure number`")
    if possible is None:
        desk.error(
            "no-possible",
            f"lab `{name}` does not say what is possible",
            block.name.span,
            help="add `possible … .. …`: what lies outside is an error in the record",
        )
    measure = None if unit is None else _measure_of(desk, block, unit)
    if measure is None or possible is None:
        return None
    limits = _Limits(desk, measure, name)
    within = limits.range(possible.interval)
    forms = _forms(desk, block)
    if within is None:
        return None
    return Lab(
        name=name,
        title=title,
        aliases=aliases,
        codes=_codes_of_lab(desk, block, measure, forms),
        unit=measure.unit.text,
        possible=within,
        fresh=_fresh(desk, block.lines, fresh["labs"]),
        place=desk.place(block.span),
        usual=_usual(desk, block, limits, within),
        molar_mass=None if measure.molar_mass is None else exact_text(measure.molar_mass),
        valence=measure.valence,
        forms=forms,
        normal_limits=_normal_limits(desk, block, limits, within),
        unlike=_unlike(desk, block),
    )


def _measure_of(desk: Desk, block: syntax.Lab, line: syntax.UnitLine) -> Measure | None:
    mass_line, valence_line = _only(block.lines, syntax.MolarMassLine), _only(block.lines, syntax.ValenceLine)
    mass = None if mass_line is None else _molar_mass(desk, mass_line.mass)
    valence = None if valence_line is None else valence_line.valence.number
    if valence_line is not None and valence == 0:
        desk.error("no-valence", "a valence is 1 or more", valence_line.valence.span)
    if line.unit is None:
        return PURE_NUMBER
    try:
        measure = Measure(parse_unit(line.unit.text), mass, valence)
    except UnitError as problem:
        desk.error("unknown-unit", str(problem), line.unit.span)
        return None
    if measure.is_pure:
        desk.error("unit-of-one", f"`{line.unit.text}` is no unit", line.unit.span, help="write `pure number`")
        return None
    return measure


def _molar_mass(desk: Desk, quantity: syntax.Quantity) -> Fraction | None:
    number = exact(quantity.number)
    try:
        factor = (
            Fraction(0)
            if quantity.unit is None
            else Measure(_GRAMS_PER_MOLE).factor_from(parse_unit(quantity.unit.text))
        )
    except UnitError:
        factor = Fraction(0)
    if number * factor <= 0:
        desk.error(
            "no-molar-mass",
            f"`{quantity.text}` is no molar mass",
            quantity.span,
            help=f"write `{quantity.number} g/mol`" if number > 0 else "",
        )
        return None
    return number * factor


class _Limits:
    """Numbers of a lab's own lines, in its canonical unit."""

    def __init__(self, desk: Desk, measure: Measure, name: str) -> None:
        self._desk = desk
        self._measure = measure
        self._name = name

    def ends(self, interval: syntax.Interval) -> tuple[Fraction, Fraction] | None:
        """Both ends, exactly."""
        if interval.low is None or interval.high is None:
            raise AssertionError("the parser lets only intervals with two limits through")
        factor = self._factor(interval)
        if factor is None:
            return None
        low, high = exact(interval.low) * factor, exact(interval.high) * factor
        if low > high:
            unit = f" {interval.unit.text}" if interval.unit else ""
            self._desk.error(
                "reversed-range",
                "the lower limit is above the upper one",
                interval.span,
                help=f"write `{interval.high} .. {interval.low}{unit}`",
            )
            return None
        return low, high

    def range(self, interval: syntax.Interval) -> Range | None:
        """The same as a range of canonical numbers."""
        ends = self.ends(interval)
        if ends is None:
            return None
        low, high = ends
        return Range(float(low), float(high), interval.low_open, interval.high_open)

    def shown(self, numbers: Range) -> str:
        """A range as messages show it."""
        return range_text(numbers, self._measure.unit.text)

    def _factor(self, interval: syntax.Interval) -> Fraction | None:
        text = self._measure.unit.text
        if interval.unit is None:
            if self._measure.is_pure:
                return Fraction(1)
            self._desk.error(
                "bare-number",
                f"`{self._name}` is a quantity, and this has no unit",
                interval.span,
                help=f"write the unit at the end, such as `{text}`",
            )
            return None
        if self._measure.is_pure:
            self._desk.error(
                "unit-on-pure-number", f"`{self._name}` is a pure number and has no unit", interval.unit.span
            )
            return None
        try:
            return self._measure.factor_from(parse_unit(interval.unit.text))
        except UnitError as problem:
            self._desk.error("unit-mismatch", str(problem), interval.unit.span, help=f"did you mean `{text}`?")
            return None


def _usual(desk: Desk, block: syntax.Lab, limits: _Limits, possible: Range) -> Range | None:
    line = _only(block.lines, syntax.IntervalLine, "usual")
    usual = None if line is None else limits.range(line.interval)
    if line is not None and usual is not None and not possible.covers(usual):
        desk.error(
            "usual-outside-possible",
            f"what is usual of `{block.name.text}` must be possible",
            line.interval.span,
            notes=(f"possible: {limits.shown(possible)}", f"usual:    {limits.shown(usual)}"),
        )
    return usual


def _normal_limits(desk: Desk, block: syntax.Lab, limits: _Limits, possible: Range) -> tuple[NormalLimit, ...]:
    found: list[NormalLimit] = []
    for line in block.lines:
        if not isinstance(line, syntax.NormalLimitLine):
            continue
        ends = limits.ends(line.interval)
        if ends is None:
            continue
        low, high = ends
        if line.interval.low_open or line.interval.high_open:
            desk.error("open-limit", "limits of normal in use are numbers that are in use", line.interval.span)
        if not (possible.contains(float(low)) and possible.contains(float(high))):
            desk.error(
                "limit-outside-possible",
                f"this limit of normal of `{block.name.text}` is not possible",
                line.interval.span,
                notes=(f"possible: {limits.shown(possible)}",),
            )
        found.append(NormalLimit(line.which, exact_text(low), exact_text(high), line.sex))
    return tuple(found)


def _forms(desk: Desk, block: syntax.Lab) -> tuple[Form, ...]:
    forms: list[Form] = []
    for line in block.lines:
        if isinstance(line, syntax.FormLine):
            mass = _molar_mass(desk, line.molar_mass)
            aliases = tuple(alias.text for alias in line.aliases)
            forms.append(Form(line.name.text, line.title.text, aliases, exact_text(mass or Fraction(1))))
    return tuple(forms)


def _fresh(desk: Desk, lines: Iterable[object], default: Duration) -> Duration:
    line = _only(lines, syntax.LengthLine, "fresh")
    return default if line is None else line.duration.length


# ---- codes


def code_lines(block: syntax.Entry, *, absent: bool = False) -> list[tuple[str, syntax.Code]]:
    """The codes of an entry, or those that say that it is absent, each with its system."""
    return [
        (line.system, code)
        for line in block.lines
        if isinstance(line, syntax.CodesLine) and line.absent is absent and line.relates == "is" and not line.family
        for code in line.codes
    ]


def _codes_of_lab(desk: Desk, block: syntax.Lab, measure: Measure, forms: Sequence[Form]) -> tuple[Code, ...]:
    """The codes that are right; the others have been reported."""
    codes = (_code_of_lab(desk, system, code, measure, forms) for system, code in code_lines(block))
    return tuple(code for code in codes if code is not None)


def _code_of_lab(desk: Desk, system: str, code: syntax.Code, measure: Measure, forms: Sequence[Form]) -> Code | None:
    form = None
    if code.value is not None:
        desk.error("code-with-value", "the code of a lab stands for no value", code.value.span)
    if code.form is not None:
        form = next((each for each in forms if code.form.text in (each.name, *each.aliases)), None)
        if form is None:
            known = [name for each in forms for name in (each.name, *each.aliases)]
            desk.error(
                "unknown-form",
                f"`{code.form.text}` is no measured form of this lab",
                code.form.span,
                help=did_you_mean(nearest(code.form.text, known)) or 'add `form … "…" molar mass … g/mol`',
            )
            return None
    if code.unit is not None:
        mass = measure.molar_mass if form is None else Fraction(form.molar_mass)
        try:
            Measure(measure.unit, mass, measure.valence).factor_from(parse_unit(code.unit.text))
        except UnitError as problem:
            desk.error(
                "unit-mismatch",
                str(problem),
                code.unit.span,
                notes=(f"the lab is {describe(measure.unit.dimension)}, {measure.unit.text}",),
            )
            return None
    return code_of(desk, system, code, form=form.name if form else None)


def code_of(desk: Desk, system: str, code: syntax.Code, form: str | None = None) -> Code:
    if code.last is not None and (len(code.first) > len(code.last) or code.first >= code.last):
        desk.error(
            "reversed-range",
            f"`{code.first} .. {code.last}` is no range of codes",
            code.span,
            help=f"did you mean `{code.last} .. {code.first}`?" if code.last < code.first else "",
        )
    return Code(
        system,
        code.first,
        code.last,
        unit=code.unit.text if code.unit else None,
        form=form,
        value=code.value.text if code.value else None,
    )


def _plain_codes(desk: Desk, block: syntax.Finding | syntax.Concept) -> tuple[Code, ...]:
    codes = [_plain_code(desk, block, system, code) for system, code in code_lines(block)]
    present = {(code.system, code.first) for code in codes}
    for system, code in code_lines(block, absent=True):
        if (system, code.first) in present:
            desk.error(
                "present-and-absent",
                f"{system} {code.first} stands for `{block.name.text}`, and cannot also say that it is absent",
                code.span,
                help="leave it out of one of the two lines",
            )
        if code.last is not None:
            # Below a code of a presence lie its kinds; below one of an absence, absences of its kinds only.
            desk.error(
                "range-of-absences",
                "codes that say something is absent stand one by one",
                code.span,
                help=f"write `{code.first}, …, {code.last}`",
            )
        codes.append(replace(_plain_code(desk, block, system, code), absent=True))
    return tuple(codes)


def _plain_code(desk: Desk, block: syntax.Finding | syntax.Concept, system: str, code: syntax.Code) -> Code:
    for extra in (code.form, code.unit):
        if extra is not None:
            desk.error("code-of-lab", f"`{extra.text}` can only be said of the code of a lab", extra.span)
    if code.value is not None and isinstance(block, syntax.Concept):
        desk.error("code-with-value", "only the code of a finding stands for a value", code.value.span)
    return code_of(desk, system, code)


# ---- findings


def finding_of(desk: Desk, block: syntax.Finding, fresh: Fresh) -> Finding | None:
    """The finding, but for its flags."""
    name, title, aliases = _names_of(block)
    grade_line, choices_line = _only(block.lines, syntax.IntervalLine, "grade"), _only(block.lines, syntax.ChoicesLine)
    if grade_line is None and choices_line is None:
        desk.error(
            "no-scale",
            f"finding `{name}` needs one scale",
            block.name.span,
            help="add one of `grade 0 .. 4`, `values positive, negative`, `ordered none, slight, severe`",
        )
        return None
    grade = None if grade_line is None else _grade(desk, grade_line)
    choices = () if choices_line is None else _choices(desk, choices_line)
    if grade is None and not choices:
        return None
    finding = Finding(
        name=name,
        title=title,
        aliases=aliases,
        codes=_plain_codes(desk, block),
        fresh=_fresh(desk, block.lines, fresh["findings"]),
        place=desk.place(block.span),
        grade=grade,
        choices=choices,
        ordered=choices_line is not None and choices_line.ordered,
        unlike=_unlike(desk, block),
        pair_of=_pair_of(desk, block),
    )
    finding = replace(finding, words=_words(desk, block, finding), number_means=_number_means(desk, block, finding))
    for _, code in code_lines(block):
        if code.value is not None and not is_a_value(finding, code.value.text):
            desk.no_value(finding, code.value)
    line = _only(block.lines, syntax.WhenAbsentLine)
    return finding if line is None else _with_absence(desk, finding, line)


def _pair_of(desk: Desk, block: syntax.Finding) -> tuple[str, ...]:
    """The two labs whose results are written as one, parted by a stroke."""
    line = _only(block.lines, syntax.NamesLine, "pair of")
    entries = [desk.find(name, ("lab",), "`pair of`") for name in (() if line is None else line.names)]
    return tuple(entry.name for entry in entries if entry is not None)


def _number_means(desk: Desk, block: syntax.Finding, finding: Finding) -> str | None:
    """The choice that any number stands for, where what counts is that there is one."""
    line = _only(block.lines, syntax.NamesLine, "any number means")
    if line is None:
        return None
    if not is_a_value(finding, line.names[0].text):
        desk.no_value(finding, line.names[0])
    return line.names[0].text


def _words(desk: Desk, block: syntax.Finding, finding: Finding) -> tuple[Words, ...]:
    """The words in which people write its values, each once."""
    found: list[Words] = []
    known: set[str] = set()
    for line in block.lines:
        if not isinstance(line, syntax.WordsLine):
            continue
        if wrong := [each for each in line.values if not is_a_value(finding, each.text)]:
            desk.no_value(finding, wrong[0])
            continue
        for word in line.words:
            if word.text.casefold() in known:
                desk.error("said-twice", f"`{word.text}` stands here twice", word.span)
            known.add(word.text.casefold())
        found.append(Words(tuple(word.text for word in line.words), tuple(each.text for each in line.values)))
    return tuple(found)


def is_a_value(finding: Finding, text: str) -> bool:
    """Whether the finding can be that."""
    if finding.grade is None:
        return text in finding.choices
    return text.isdecimal() and finding.grade.contains(float(text))


def _grade(desk: Desk, line: syntax.IntervalLine) -> Range | None:
    interval = line.interval
    low, high = exact(interval.low or "0"), exact(interval.high or "0")
    if low.denominator != 1 or high.denominator != 1 or low >= high:
        desk.error("no-scale", "grades are whole numbers, from a lower to a higher one", interval.span)
        return None
    return Range(float(low), float(high))


def _choices(desk: Desk, line: syntax.ChoicesLine) -> tuple[str, ...]:
    names = [choice.text for choice in line.choices]
    for number, choice in enumerate(line.choices):
        if choice.text in names[:number]:
            desk.error("said-twice", f"`{choice.text}` stands here twice", choice.span)
            return ()
    if len(names) == 1:
        desk.error("no-scale", "a finding that can only be one thing says nothing", line.span)
        return ()
    return tuple(names)


def _with_absence(desk: Desk, finding: Finding, line: syntax.WhenAbsentLine) -> Finding:
    entry = desk.find(line.condition, ("condition",), "`is absent`")
    lowest = "0" if finding.grade is not None else finding.choices[0]
    if (finding.grade is None and not finding.ordered) or line.choice.text != lowest or not is_a_value(finding, lowest):
        desk.error(
            "absence-is-lowest",
            "only grade 0, or the first of ordered values, follows from an absence",
            line.choice.span,
            help=f"write `{lowest} when {line.condition.text} is absent`" if is_a_value(finding, lowest) else "",
        )
    return finding if entry is None else replace(finding, zero_when_absent=entry.name)


# ---- concepts


_INCLUDABLE: dict[EntryKind, tuple[EntryKind, ...]] = {
    "condition": ("condition",),
    "procedure": ("procedure",),
    "drug": ("drug",),
    "event": ("event",),
    "substance": ("substance", "drug"),
}


def concept_of(desk: Desk, block: syntax.Concept, fresh: Fresh) -> Concept:
    """The concept, but for what speaks of others: its flags, signs and condition, what is narrower and broader, and
    the codes that only may be it."""
    name, title, aliases = _names_of(block)
    course = _only(block.lines, syntax.CourseLine)
    if course is not None and block.kind != "condition":
        desk.error("course-of-condition", f"only a condition has a course, not {block.kind} `{name}`", course.span)
    lasts = _only(block.lines, syntax.LengthLine, "lasts")
    longest = _only(block.lines, syntax.LengthLine, "longest course")
    passes = block.kind in _TREATMENTS or (block.kind == "condition" and (course is None or course.course == "passing"))
    goes_on = passes or (course is not None and course.course == "chronic")
    for line in (lasts, longest):
        if line is not None and not goes_on:
            desk.error(
                "lasts-of-what-goes-on",
                f"only a condition that goes on, a drug or a procedure lasts for a time, and `{name}` is none",
                line.span,
            )
    default = fresh["treatments" if block.kind in _TREATMENTS else "conditions"]
    denied = _only(block.lines, syntax.DeniedByListLine)
    asked_under = _only(block.lines, syntax.TextLine, "asked under")
    return Concept(
        name=name,
        title=title,
        aliases=aliases,
        kind=block.kind,
        codes=_plain_codes(desk, block),
        place=desk.place(block.span),
        fresh=_fresh(desk, block.lines, fresh["absences"]),
        course="passing" if course is None else "acute" if course.course == "past" else course.course,
        told_afterwards=course is not None and course.course == "past",
        asked_under="" if asked_under is None else asked_under.text.text,
        unlike=_unlike(desk, block),
        denied_by_list=denied is not None,
        denied_with=() if denied is None else _evidence(desk, denied),
        lasts=lasts.duration.length if lasts is not None else default if passes else None,
        longest_course=None if longest is None else longest.duration.length,
    )


_TREATMENTS = ("drug", "procedure")


def _evidence(desk: Desk, line: syntax.DeniedByListLine) -> tuple[str, ...]:
    """What must be at hand for a list to deny something: labs and findings by their name, lists of a record."""
    found: list[str] = []
    for name in line.beside:
        if name.text in get_args(RecordList):
            found.append(name.text)
        elif (entry := desk.find(name, ("lab", "finding"), "`denied by list with`")) is not None:
            found.append(entry.name)
    return tuple(found)


def _names_after(block: syntax.Concept | syntax.Question, words: str) -> list[syntax.Name]:
    """The names on all lines of a concept that these words lead."""
    lines = [line for line in block.lines if isinstance(line, syntax.NamesLine) and line.words == words]
    return [name for line in lines for name in line.names]


def inclusion_of(blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> dict[str, tuple[str, ...]]:
    """What each concept includes: by its own `includes`, and by the `kind of` of the others."""
    included = {name: list(_includes(desk, block)) for name, (desk, block) in blocks.items()}
    for name, (desk, block) in blocks.items():
        kinds = tuple(kind for kind, below in _INCLUDABLE.items() if block.kind in below)
        for parent in _names_after(block, "kind of"):
            entry = desk.find(parent, kinds, f"`kind of`, said of a {block.kind},")
            if entry is not None and name not in included[entry.name]:
                included[entry.name].append(name)
    for name, (_, block) in blocks.items():
        for line in block.lines:
            if isinstance(line, syntax.IncludesEveryLine):
                included[name] += [
                    other
                    for other, (_, each) in blocks.items()
                    if each.kind == line.kind
                    and other not in (name, *included[name])
                    and all(of.text != name for of in _names_after(each, "no kind of"))
                ]
    return {name: tuple(each) for name, each in included.items()}


def _includes(desk: Desk, block: syntax.Concept) -> tuple[str, ...]:
    included: list[str] = []
    for name in _names_after(block, "includes"):
        entry = desk.find(name, _INCLUDABLE[block.kind], f"the `includes` of a {block.kind}")
        if entry is not None and entry.name in included:
            desk.error("said-twice", f"`{entry.name}` stands here twice", name.span)
        elif entry is not None:
            included.append(entry.name)
    return tuple(included)


_NAMED_ON: dict[str, tuple[EntryKind, ...]] = {
    "ended by": ("condition", "procedure"),
    "goes on after": ("procedure",),
    "in doubt with": ("condition",),
    "yes says": ("condition",),
}
"""The kinds of entry that such a line may name."""


def named_on(line: str, desk: Desk, block: syntax.Concept | syntax.Question) -> tuple[str, ...]:
    """The entries that a line names: what ends a concept, what it goes on after, with what its absence is in doubt; or
    what a yes to a question says is there."""
    entries = [desk.find(name, _NAMED_ON[line], f"`{line}`") for name in _names_after(block, line)]
    return tuple(entry.name for entry in entries if entry is not None)


def mean_of(desk: Desk, block: syntax.Lab, lab: Lab, labs: Mapping[str, Lab]) -> tuple[str, ...]:
    """The labs whose mean it is, where it was not measured by itself. They have its unit."""
    line = _only(block.lines, syntax.NamesLine, "mean of")
    found: list[str] = []
    for name in () if line is None else line.names:
        entry = desk.find(name, ("lab",), "`mean of`")
        if entry is None:
            continue
        part = labs.get(entry.name)
        if part is not None and part.unit != lab.unit:
            desk.error("unit-mismatch", f"`{entry.name}` is in {part.unit}, and `{lab.name}` in {lab.unit}", name.span)
        found.append(entry.name)
    return tuple(found)


def only_sex_of(desk: Desk, block: syntax.Concept) -> Sex | None:
    """The sex that alone can have it."""
    line = _only(block.lines, syntax.RuleLine, "only if")
    if line is None:
        return None
    test = Propositions(desk).single(line.test, "`only if`")
    if isinstance(test, SexIs):
        return test.sex
    if test is not None:
        desk.error(
            "only-if-sex", "`only if` can only speak of sex", line.test.span, help="write `only if sex is female`"
        )
    return None


def ruled_out_of(desk: Desk, block: syntax.Concept) -> Truthful | None:
    """What rules it out by itself, where nothing on record speaks for it."""
    line = _only(block.lines, syntax.RuleLine, "ruled out when")
    return None if line is None else Propositions(desk).single(line.test, "`ruled out when`")


def close_inclusion(draft: Draft, blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> None:
    """Fill in what each concept includes, and what is narrower and broader. One that includes itself is reported."""
    concepts = draft.concepts
    for name, included in inclusion_of(blocks).items():
        concepts[name] = replace(concepts[name], includes=included)
    graph = {name: [each for each in concept.includes if each in concepts] for name, concept in concepts.items()}
    for cycle in cycles(graph):
        desk, block = blocks[cycle[0]]
        desk.error("cycle", f"`{cycle[0]}` includes itself", block.name.span, notes=(" -> ".join(cycle),))
    narrower = {name: tuple(sorted(_reached(graph, name) - {name})) for name in concepts}
    for name, concept in list(concepts.items()):
        broader = tuple(sorted(other for other in concepts if name in narrower[other]))
        concepts[name] = replace(concept, narrower=narrower[name], broader=broader)


def _reached(graph: Mapping[str, Sequence[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += graph[name]
    return reached


def signs_of(desk: Desk, block: syntax.Concept, shows: str) -> tuple[Sign, ...]:
    """The results that show a condition to be present, or absent."""
    lines = [line for line in block.lines if isinstance(line, syntax.SignLine) and line.shows == shows]
    signs: list[Sign] = []
    for line in lines:
        if block.kind != "condition":
            desk.error("sign-of-condition", f"no result shows {block.kind} `{block.name.text}`", line.span)
            continue
        # What signs read is no lookup of a trial: a scratch set keeps them out of the rulebook.
        scratch = Lookups()
        aside = Desk(desk.draft, desk.source, desk.heading, scratch)
        test = Propositions(aside).single(line.test, f"`{shows} when`")
        if test is None:
            continue
        found = [_sign(part, scratch) for part in (test.of if isinstance(test, Any) else (test,))]
        known = [sign for sign in found if sign is not None]
        if len(known) < len(found):
            desk.error(
                "no-sign",
                "a sign is the latest result of one lab or finding",
                line.test.span,
                help=f"write `{shows} when … is positive`, `{shows} when … >= 1`, or several with `or`",
            )
        if shows != "may be present" and any(sign.falls_within is not None for sign in known):
            desk.error(
                "fall-as-sign",
                "a fall may be of several things",
                line.test.span,
                help="write `may be present when fall in …`",
            )
        signs += known if line.over is None else [replace(sign, over=line.over.length) for sign in known]
    return tuple(signs)


def _sign(test: Truthful, lookups: Lookups) -> Sign | None:
    def latest(name: str) -> str | None:
        lookup = lookups.by_name[name]
        match lookup:
            case ValueLookup(_, fact, "latest", None):
                return fact
            case _:
                return None

    def fallen(name: str) -> tuple[str, Duration] | None:
        lookup = lookups.by_name[name]
        match lookup:
            case ChangeLookup(_, fact, "fall", Scope(anchor="clock", back=Duration() as back)) if back.unit != "hours":
                return fact, back
            case _:
                return None

    match test:
        case IsOneOf(name, choices) if (fact := latest(name)) is not None:
            return Sign(fact, choices=choices)
        case Between(Value(name), low, high) if (fact := latest(name)) is not None:
            return Sign(fact, Limits(low.value, high.value))
        case Compare(Value(name), operator, number) if (fact := latest(name)) is not None:
            limit = getattr(number, "value", None)
            match operator:
                case ">" | ">=":
                    return Sign(fact, Limits(low=limit, low_open=operator == ">"))
                case "<" | "<=":
                    return Sign(fact, Limits(high=limit, high_open=operator == "<"))
                case "=":
                    return Sign(fact, Limits(limit, limit))
        case Compare(Value(name), ">=", Number(limit)) if (fall := fallen(name)) is not None:
            return Sign(fall[0], Limits(low=limit), falls_within=fall[1])
        case _:
            return None


# ---- questions, flags, defaults


def question_of(desk: Desk, block: syntax.Question) -> Question | None:
    """The question."""
    name, title, aliases = _names_of(block)
    asked = _only(block.lines, syntax.AskedOfLine)
    holds = _only(block.lines, syntax.LengthLine, "holds for")
    only_if = _only(block.lines, syntax.RuleLine, "asked only if")
    again = _only(block.lines, syntax.RuleLine, "asked again with")
    shown = _only(block.lines, syntax.RuleLine, "shown with")
    if again is not None and shown is not None:
        desk.error("said-twice", "`asked again with` says what is shown, too", shown.span, help="write one of the two")
    shown = again or shown
    short = _only(block.lines, syntax.TextLine, "short")
    if asked is None:
        desk.error(
            "asked-of-nobody",
            f"question `{name}` does not say who is asked",
            block.name.span,
            help="add `asked of investigator` or `asked of participant`",
        )
        return None
    return Question(
        name=name,
        title=title,
        aliases=aliases,
        asked_of=asked.who.text,
        place=desk.place(block.span),
        gives_consent=asked.for_consent,
        once_for_all=_only(block.lines, syntax.OnceForAllTrialsLine) is not None,
        holds_for=holds.duration.length if holds else None,
        only_if=Propositions(desk).single(only_if.test, "`asked only if`") if only_if else None,
        shown_with=Propositions(desk).single(shown.test, f"`{shown.words}`") if shown else None,
        asked_again=again is not None,
        short=short.text.text if short else "",
        yes_says=named_on("yes says", desk, block),
    )


def flags_of(desk: Desk, lines: Iterable[object]) -> tuple[FlagRule, ...]:
    """The flags of an entry."""
    flags: list[FlagRule] = []
    for line in lines:
        if isinstance(line, syntax.FlagLine):
            when = Propositions(desk).single(line.when, "a flag")
            if when is not None:
                flags.append(FlagRule(line.text.text, when, line.is_doubt))
    return tuple(flags)


_DEFAULTS = {
    "labs": "labs fresh 7 days",
    "findings": "findings fresh 7 days",
    "absences": "absences fresh 90 days",
}


def defaults_of(draft: Draft, found: Sequence[tuple[Desk, syntax.Defaults]]) -> Fresh:
    """How long things stay fresh, and statements speak, where an entry does not say.

    Whatever is missing is reported; it counts as no time, so that the rest can still be checked.
    """
    fresh: dict[str, Duration] = {}
    for desk, block in found:
        for line in block.lines:
            what = line.words.partition(" ")[0]
            if what in fresh:
                desk.error("duplicate-defaults", f"how long {what} stay fresh is said twice", line.span)
            fresh.setdefault(what, line.duration.length)
    missing = [line for what, line in _DEFAULTS.items() if what not in fresh]
    if missing:
        help_text = "\n  ".join([*([] if found else ["defaults"]), *missing])
        message = "no `defaults` say how long results and absences stay fresh"
        if found:
            desk, block = found[0]
            desk.error(
                "missing-defaults", "these defaults do not say everything", block.span, help=f"add `{help_text}`"
            )
        else:
            draft.problems.append(error("missing-defaults", message, help=help_text))
    known = dict.fromkeys(_DEFAULTS, NO_TIME) | fresh
    # What nobody said of statements: they speak no longer than what an examiner found.
    return {"conditions": known["findings"], "treatments": known["findings"]} | known
