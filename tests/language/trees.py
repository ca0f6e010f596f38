"""Random syntax, and syntax without its places, for tests of parser and formatter."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from screener.language import syntax
from screener.language.source import Span
from screener.rulebook import ConceptKind, Verb
from screener.values import dates

NOWHERE = Span(0, 0)


def without_places(node: object) -> object:
    """A tree for comparison: no spans, and no copies of the text as it was written."""
    match node:
        case tuple():
            return tuple(without_places(part) for part in node)
        case Span():
            return None
        case syntax.Rule(readings):
            return ("Rule", without_places(readings))
        case syntax.Score():
            return without_places(tuple(getattr(node, field) for field in node.__struct_fields__ if field != "formula"))
        case msgspec.Struct():
            fields = tuple(without_places(getattr(node, field)) for field in node.__struct_fields__)
            return (type(node).__name__, *fields)
        case _:
            return node


# ---- words

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters='"'))

words = st.sampled_from(
    ["INR", "x", "a1", "notable", "order", "inside", "history", "relative", "ULNs", "family", "times_2"]
)
names = words.map(lambda text: syntax.Name(text, NOWHERE))
choices = st.sampled_from(["positive", "severe", "acute", "none"]).map(lambda text: syntax.Name(text, NOWHERE))
texts = _TEXT.map(lambda text: syntax.Text(text, NOWHERE))
quotes = _TEXT.map(lambda text: syntax.Quote(text.strip(), NOWHERE))
aliases = st.lists(_TEXT.filter(bool) | words, max_size=3).map(
    lambda several: tuple(syntax.Name(each, NOWHERE) for each in several)
)
units = st.sampled_from(["mg/dL", "10*9/L", "%", "years", "mm[Hg]", "mL/min/{1.73_m2}", "umol/L", "kg/m2"]).map(
    lambda text: syntax.Unit(text, NOWHERE)
)
digits = st.sampled_from(["0", "1", "1.5", "7.40", "1000"])
signed = st.sampled_from(["", "-"]).flatmap(lambda sign: digits.map(lambda number: sign + number))
counts = st.integers(0, 9).map(lambda number: syntax.Count(number, NOWHERE))
quantities = st.builds(syntax.Quantity, signed, st.none() | units, st.just(NOWHERE))
durations = st.builds(
    lambda count, unit: syntax.Duration(dates.Duration(count, unit), NOWHERE),
    st.integers(0, 60),
    st.sampled_from(["hours", "days", "weeks", "months", "years"]),
)
anchors = st.builds(
    syntax.Anchor,
    st.sampled_from(["onset", "start"]),
    st.sampled_from(["first", "last", None]),
    names,
    st.just(NOWHERE),
) | st.sampled_from(["its onset", "screening"]).map(lambda kind: syntax.Anchor(kind, None, None, NOWHERE))
clocks = st.builds(syntax.Scope, st.none(), st.sampled_from(["before", "at"]), anchors, st.just(NOWHERE))
scopes = (
    durations.map(lambda duration: syntax.Scope(duration, None, None, NOWHERE))
    | st.builds(syntax.Scope, durations, st.sampled_from(["before", "after", "of"]), anchors, st.just(NOWHERE))
    | st.builds(syntax.Scope, st.none(), st.sampled_from(["before", "after", "since", "at"]), anchors, st.just(NOWHERE))
)


def several(of: st.SearchStrategy[Any], least: int = 1, most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


# ---- expressions

_qualifiers = st.sampled_from(["cured", "resolved", "severe", "uncontrolled"]).map(
    lambda kind: syntax.Qualifier(kind, None, NOWHERE)
) | _TEXT.map(lambda stage: syntax.Qualifier("stage", stage, NOWHERE))
_qualified = st.builds(syntax.Qualified, several(_qualifiers, least=0, most=2), names, st.just(NOWHERE))
_VERBS = get_args(Verb)


def _numbers_from(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.builds(syntax.InUnit, inner, units, st.just(NOWHERE))
        | st.builds(syntax.Arithmetic, st.sampled_from("+-*/"), inner, inner, st.just(NOWHERE))
        | st.builds(syntax.Function, st.sampled_from(["ln", "exp", "sqrt", "round"]), inner, st.just(NOWHERE))
        | st.builds(syntax.Bounded, inner, st.sampled_from(["floored at", "capped at"]), quantities, st.just(NOWHERE))
        | st.builds(syntax.Choose, _simple_rules, inner, inner, st.just(NOWHERE))
    )


_picks = st.sampled_from([*get_args(syntax.Pick), None])
values = st.builds(syntax.Value, _picks, names, st.none() | scopes, st.just(NOWHERE))
_changes = st.builds(
    syntax.Change, st.sampled_from(get_args(syntax.ChangeKind)), names, st.none() | scopes, st.just(NOWHERE)
)
_leaves = quantities | values | _changes
_simple_rules = names.map(lambda name: syntax.Confirmed(name, NOWHERE))
numbers = st.recursive(_leaves, _numbers_from, max_leaves=6)
_limits = st.builds(syntax.TimesLimit, digits, st.sampled_from(["upper", "lower"]), st.just(NOWHERE))
_comparisons = (
    st.builds(
        syntax.Compare,
        numbers,
        st.sampled_from(["<", "<=", ">", ">=", "="]),
        numbers | _limits,
        st.just(NOWHERE),
        st.just(NOWHERE),
    )
    | st.builds(syntax.Between, numbers, quantities, quantities, st.just(NOWHERE))
    | st.builds(syntax.Is, numbers, several(choices), st.booleans(), st.just(NOWHERE))
)


def _events(beside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        syntax.Event,
        st.sampled_from(_VERBS),
        several(_qualified, most=6),
        st.none() | counts,
        st.none() | scopes,
        several(_qualified, least=0, most=2),
        st.none() | beside,
        st.just(NOWHERE),
        st.just(NOWHERE),
    )


def _readings(rules: st.SearchStrategy[Any], least: int) -> st.SearchStrategy[Any]:
    return several(st.builds(syntax.Reading, texts, rules, st.just(NOWHERE)), least=least)


def _rules_from(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.builds(syntax.All, several(inner, least=2, most=4), st.just(NOWHERE))
        | st.builds(syntax.Any, several(inner, least=2, most=4), st.just(NOWHERE))
        | st.builds(syntax.Not, inner, st.just(NOWHERE))
        | st.builds(syntax.AtLeast, counts, several(inner), st.just(NOWHERE))
        | st.builds(syntax.AtTime, clocks, inner, st.just(NOWHERE))
        | st.builds(syntax.Readings, _readings(inner, least=2), st.just(NOWHERE))
        | _events(inner)
    )


propositions = st.recursive(
    _comparisons | _events(st.none()) | _simple_rules | names.map(lambda name: syntax.Meets(name, NOWHERE)),
    _rules_from,
    max_leaves=8,
)


def _with_first_label(readings: tuple[syntax.Reading, ...], is_labelled: bool) -> tuple[syntax.Reading, ...]:
    first, *others = readings
    return (first if is_labelled and others else replace(first, label=None), *others)


rules = st.builds(
    lambda readings, is_labelled: syntax.Rule(_with_first_label(readings, is_labelled), "", NOWHERE),
    _readings(propositions, least=1),
    st.booleans(),
)
_untranslated = syntax.Rule((syntax.Reading(None, syntax.Untranslated(NOWHERE), NOWHERE),), "", NOWHERE)

# ---- blocks

_intervals = st.builds(
    syntax.Interval, signed, signed, st.none() | units, st.just(NOWHERE), st.booleans(), st.booleans()
)
_two_sided = _intervals.filter(lambda interval: interval.low != interval.high)
_one_sided = st.builds(
    lambda number, unit, is_open, is_upper: (
        syntax.Interval(None, number, unit, NOWHERE, False, is_open)
        if is_upper
        else syntax.Interval(number, None, unit, NOWHERE, is_open, False)
    ),
    signed,
    st.none() | units,
    st.booleans(),
    st.booleans(),
)
_codes = st.builds(
    syntax.Code,
    st.sampled_from(["14631-6", "C00", "Z94.4", "363346000", "two words"]),
    st.sampled_from([None, "C97"]),
    st.none() | names,
    st.none() | units,
    st.none() | choices,
    st.just(NOWHERE),
)
_codes_lines = st.builds(
    syntax.CodesLine, st.sampled_from(get_args(syntax.CodeSystem)), several(_codes, most=9), st.just(NOWHERE)
)
_absent_codes_lines = st.builds(
    syntax.CodesLine, st.just("snomed"), several(_codes, most=9), st.just(NOWHERE), st.just(True)
)
_flags = st.builds(syntax.FlagLine, texts, propositions, st.booleans(), st.just(NOWHERE))
_fresh = st.builds(syntax.LengthLine, st.just("fresh"), durations, st.just(NOWHERE))
_forms = st.builds(syntax.FormLine, names, texts, aliases, quantities, st.just(NOWHERE))


def _lines(*lines: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Some of these lines, each at most once."""
    return st.tuples(*(st.none() | line for line in lines)).map(
        lambda drawn: tuple(line for line in drawn if line is not None)
    )


_lab_lines = _lines(
    _codes_lines,
    st.builds(syntax.UnitLine, st.none() | units, st.just(NOWHERE)),
    st.builds(syntax.MolarMassLine, quantities, st.just(NOWHERE)),
    st.builds(syntax.ValenceLine, counts, st.just(NOWHERE)),
    st.builds(syntax.IntervalLine, st.just("possible"), _two_sided, st.just(NOWHERE)),
    st.builds(syntax.IntervalLine, st.just("usual"), _two_sided, st.just(NOWHERE)),
    st.builds(
        syntax.NormalLimitLine,
        st.sampled_from(["upper", "lower"]),
        st.sampled_from([None, "female", "male"]),
        _intervals,
        st.just(NOWHERE),
    ),
    _forms,
    _fresh,
    _flags,
)
_grades = st.builds(
    lambda low, high: syntax.IntervalLine("grade", syntax.Interval(str(low), str(high), None, NOWHERE), NOWHERE),
    st.integers(0, 4),
    st.integers(0, 4),
)
_finding_lines = _lines(
    _codes_lines,
    _grades | st.builds(syntax.ChoicesLine, several(choices), st.booleans(), st.just(NOWHERE)),
    st.builds(syntax.WhenAbsentLine, choices | st.just(syntax.Name("0", NOWHERE)), names, st.just(NOWHERE)),
    _fresh,
    _flags,
)
_concept_lines = _lines(
    _codes_lines,
    _absent_codes_lines,
    st.builds(syntax.NamesLine, st.just("includes"), several(names, most=9), st.just(NOWHERE)),
    st.builds(syntax.CourseLine, st.sampled_from(["acute", "chronic", "passing"]), st.just(NOWHERE)),
    st.builds(syntax.RuleLine, st.just("only if"), propositions, st.just(NOWHERE)),
    st.builds(syntax.SignLine, st.sampled_from(["present", "absent"]), propositions, st.just(NOWHERE)),
    _fresh,
    _flags,
)
_question_lines = _lines(
    st.builds(syntax.NamesLine, st.just("yes says"), several(names), st.just(NOWHERE)),
    st.builds(syntax.AskedOfLine, names, st.booleans(), st.just(NOWHERE)),
    st.builds(syntax.OnceForAllTrialsLine, st.just(NOWHERE)),
    st.builds(syntax.LengthLine, st.just("holds for"), durations, st.just(NOWHERE)),
    st.builds(syntax.RuleLine, st.just("asked only if"), propositions, st.just(NOWHERE)),
    st.builds(syntax.RuleLine, st.just("asked again with"), propositions, st.just(NOWHERE)),
)
_default_lines = st.lists(
    st.builds(
        syntax.LengthLine,
        st.sampled_from(["labs fresh", "findings fresh", "absences fresh", "conditions last"]),
        durations,
        st.just(NOWHERE),
    ),
    unique_by=lambda line: line.words,
).map(tuple)
_cells = st.builds(
    lambda numbers, choices, points: syntax.Cell(numbers, () if numbers else choices, points, NOWHERE),
    st.none() | _one_sided | _intervals,
    several(choices),
    signed,
)
_files = st.sampled_from(["NCT00000000.json", "record-1.txt"]).map(lambda name: syntax.Text(name, NOWHERE))
_ids = st.integers(1, 99)

_sheet_lines = st.tuples(
    st.builds(syntax.ShownLine, names, texts, st.none(), st.none(), st.just(NOWHERE)),
    st.builds(syntax.ShownLine, names, texts, names, texts, st.just(NOWHERE)),
    st.builds(syntax.NamesLine, st.just("diagnosis"), several(names), st.just(NOWHERE)),
    st.builds(syntax.DaysSinceLine, names, texts, st.just(NOWHERE)),
    st.builds(syntax.TextLine, st.just("short"), texts, st.just(NOWHERE)),
)

blocks = st.one_of(
    st.builds(
        syntax.Protocol,
        st.just(syntax.Name("NCT00000000", NOWHERE)),
        several(quotes),
        st.none() | texts,
        st.none() | _files,
        st.none() | durations,
        st.just(NOWHERE),
    ),
    st.builds(
        syntax.Criterion,
        st.just("field"),
        names,
        several(quotes),
        st.none() | texts,
        several(texts, least=0),
        rules,
        st.just(NOWHERE),
    ),
    st.builds(
        lambda kind, number, *parts: syntax.Criterion(
            kind, syntax.Name(f"{kind[0].upper()}{number}", NOWHERE), *parts, NOWHERE
        ),
        st.sampled_from(["inclusion", "exclusion"]),
        _ids,
        several(quotes),
        st.none() | texts,
        several(texts, least=0),
        rules | st.just(_untranslated),
    ),
    st.builds(
        syntax.Definition,
        names,
        texts,
        aliases,
        several(quotes, least=0),
        st.none() | texts,
        several(texts, least=0),
        rules,
        st.just(NOWHERE),
    ),
    st.builds(
        syntax.Score,
        names,
        texts,
        aliases,
        several(quotes, least=0),
        st.none() | texts,
        several(texts, least=0),
        st.none() | durations,
        numbers,
        st.just(""),
        several(_flags, least=0),
        st.just(NOWHERE),
    ),
    st.builds(
        syntax.Points,
        names,
        st.none() | texts,
        values | st.builds(syntax.InUnit, values, units, st.just(NOWHERE)),
        several(_cells, most=5),
        st.just(NOWHERE),
    ),
    st.builds(syntax.Lab, names, texts, aliases, _lab_lines, st.just(NOWHERE)),
    st.builds(syntax.Finding, names, texts, aliases, _finding_lines, st.just(NOWHERE)),
    st.builds(
        syntax.Concept,
        names,
        texts,
        aliases,
        _concept_lines,
        st.just(NOWHERE),
        kind=st.sampled_from(get_args(ConceptKind)),
    ),
    st.builds(syntax.Question, names, texts, aliases, _question_lines, st.just(NOWHERE)),
    st.builds(syntax.Defaults, _default_lines, st.just(NOWHERE)),
    st.builds(syntax.Sheet, _sheet_lines, st.just(NOWHERE)),
)
