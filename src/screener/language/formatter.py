"""Rule text in its one written form: from syntax back to text, with the comments where they were.

What the text says never changes: blocks, lines and operands keep their order, and a block with an error stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar, assert_never

from msgspec import Struct

from screener.language import syntax
from screener.language.layout import Break, Doc, Group, Indent, Word, filled, lay_out
from screener.language.parser import ParsedFile, block_spans, parse
from screener.language.reserved import RESERVED
from screener.language.source import Source, Span

RULE_WIDTH = 88
"""A whole rule that would pass this column gets a line for each operand of its `and` or `or`: rules are read
closely."""


def format_text(text: str) -> str:
    """The rules in their one written form. Formatting what is formatted changes nothing; a block with an error is left
    as it is."""
    source = Source("", text.replace("\r\n", "\n"))
    return "".join(_paragraphs(parse(source)))


def format_block(source: Source, block: syntax.Block, span: Span) -> str:
    """One block, and the comments within the span of its lines."""
    comments = [comment for comment in source.comments if span.start <= comment.span.start < span.end]
    return "\n".join(str(line) for line in lay_out(_block(block), comments))


# ---- files


class _Written(Protocol):
    @property
    def span(self) -> Span: ...


_Item = TypeVar("_Item", bound=_Written)


class _Piece(Struct, frozen=True):
    """A block, or a paragraph of comments between blocks. `joins_next`: no empty line stands below it."""

    text: str
    joins_next: bool
    is_block: bool


def _paragraphs(file: ParsedFile) -> Iterator[str]:
    pieces = list(_pieces(file))
    for number, piece in enumerate(pieces):
        if number and not _stays_with(pieces[number - 1], piece):
            yield "\n"
        yield piece.text + "\n"


def _stays_with(piece: _Piece, following: _Piece) -> bool:
    """Whether no empty line comes between: below a comment about what follows, and in a list of one-line blocks."""
    if not piece.joins_next:
        return False
    return not piece.is_block or (following.is_block and "\n" not in piece.text and "\n" not in following.text)


def _pieces(file: ParsedFile) -> Iterator[_Piece]:
    text = file.source.text
    blocks = {block.span.start: block for block in file.blocks}
    faults = [fault.span.start for fault in file.diagnostics if fault.is_error and fault.span is not None]
    end = 0
    for span in block_spans(file.source):
        yield from _comments_between(text[end : span.start])
        block = blocks.get(span.start)
        if block is None or any(span.start <= fault <= span.end for fault in faults):
            written = file.source.slice(span)
        else:
            written = format_block(file.source, block, span)
        end = span.end
        yield _Piece(written, re.match(r"[ \t]*\n[ \t]*\n", text[end:]) is None, is_block=True)
    yield from _comments_between(text[end:])


def _comments_between(gap: str) -> Iterator[_Piece]:
    for paragraph in re.finditer(r"(?:^[ \t]*\S[^\n]*(?:\n|\Z))+", gap, re.MULTILINE):
        lines = [line.rstrip() for line in paragraph[0].rstrip("\n").split("\n")]
        yield _Piece("\n".join(lines), paragraph.end() == len(gap), is_block=False)


# ---- blocks


def _block(block: syntax.Block) -> Doc:
    match block:
        case syntax.Protocol():
            return _under(_heading(f"protocol {block.id.text}", block, block.id), _protocol_lines(block))
        case syntax.Criterion():
            return _under(_heading(f"{block.kind} {block.id.text}", block, block.id), _line_of_protocol(block))
        case syntax.Definition():
            return _under(_title("define", block), [*_sources(block), *_rule(block.rule)])
        case syntax.Score():
            spread = [_line(f"inputs within {block.spread.length} of each other", block.spread)] if block.spread else []
            formula = _numeric(block.expression, _EXPRESSION)
            return _under(_title("score", block), [*_sources(block), *spread, formula, *map(_flag, block.flags)])
        case syntax.Points():
            return _under(_points_heading(block), [_cells(block.cells)])
        case syntax.Lab() | syntax.Finding() | syntax.Question() | syntax.Concept():
            word = block.kind if isinstance(block, syntax.Concept) else type(block).__name__.lower()
            return _under(_title(word, block), [_entry_line(line) for line in block.lines])
        case syntax.Defaults():
            head = Word("defaults", Span(block.span.start, block.span.start + len("defaults")))
            return _under(head, [_entry_line(line) for line in block.lines])
        case syntax.Sheet():
            head = Word("sheet", Span(block.span.start, block.span.start + len("sheet")))
            return _under(head, [_entry_line(line) for line in block.lines])
        case syntax.Group():
            head = Word(f'group {block.name.text} "{block.title.text}"', Span(block.span.start, block.title.span.end))
            return _under(head, [_entry_line(line) for line in block.lines])
        case syntax.Relations():
            return _under(
                _heading(f"codes {block.name.text}", block, block.name), [_entry_line(line) for line in block.lines]
            )
        case _:
            assert_never(block)


def _under(head: Doc, lines: Sequence[Doc]) -> Doc:
    """The first line of a block, and the others indented below it."""
    return (head, Indent(tuple((Break(), line) for line in lines)))


def _line(text: str, node: _Written) -> Doc:
    return Word(text, node.span)


def _heading(text: str, block: _Written, name: syntax.Name) -> Doc:
    return Word(text, Span(block.span.start, name.span.end))


def _title(word: str, block: syntax.Entry | syntax.Definition | syntax.Score | syntax.FormLine) -> Doc:
    head = Word(f'{word} {block.name.text} "{block.title.text}"', Span(block.span.start, block.title.span.end))
    if not block.aliases:
        return head
    gap = Span(block.title.span.end, block.aliases[0].span.start)
    return (head, Indent(Group((Break(gap=gap), Word("also "), _list(block.aliases, _alias)))))


_BARE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BARE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*")


def _alias(alias: syntax.Name) -> str:
    is_bare = _BARE_NAME.fullmatch(alias.text) and alias.text.casefold() not in RESERVED
    return alias.text if is_bare else f'"{alias.text}"'


def _list(items: Sequence[_Item], text: Callable[[_Item], str]) -> Doc:
    """Items with commas between them, as many on a line as fit."""
    return filled(",", [(_line(text(item), item), item.span) for item in items])


def _name(name: syntax.Name) -> str:
    return name.text


# ---- trials and reusable meanings


def _protocol_lines(protocol: syntax.Protocol) -> list[Doc]:
    lines: list[Doc] = [*_quotes(protocol.title), *_short(protocol.short)]
    if protocol.registry is not None:
        lines.append(_line(f"registry {protocol.registry.text}", protocol.registry))
    if protocol.labs_within is not None:
        lines.append(_line(f"labs within {protocol.labs_within.length}", protocol.labs_within))
    return lines


def _line_of_protocol(block: syntax.Criterion) -> list[Doc]:
    head = [*_quotes(block.quotes), *_short(block.short)]
    return [*head, *_assumptions(block.assumptions), *_rule(block.rule)]


def _short(short: syntax.Text | None) -> list[Doc]:
    return [] if short is None else [_line(f'short "{short.text}"', short)]


def _quotes(quotes: Sequence[syntax.Quote]) -> list[Doc]:
    return [_line(f"> {quote.text}".rstrip(), quote) for quote in quotes]


def _assumptions(assumptions: Sequence[syntax.Text]) -> list[Doc]:
    return [_line(f'assuming "{text.text}"', text) for text in assumptions]


def _sources(block: syntax.Definition | syntax.Score) -> list[Doc]:
    citation = [] if block.source is None else [_line(f'source "{block.source.text}"', block.source)]
    return [*_quotes(block.quotes), *citation, *_assumptions(block.assumptions)]


def _flag(flag: syntax.FlagLine) -> Doc:
    kind = "doubt" if flag.is_doubt else "flag"
    words = Word(f'{kind} "{flag.text.text}"', Span(flag.span.start, flag.text.span.end))
    gap = Span(flag.text.span.end, flag.when.span.start)
    return Group((words, Indent((Break(gap=gap), Word("when "), _inside(flag.when)))))


def _points_heading(points: syntax.Points) -> Doc:
    name = points.title or points.name
    title = "" if points.title is None else f' "{points.title.text}"'
    words = Word(f"points {points.name.text}{title}", Span(points.span.start, name.span.end))
    gap = Span(name.span.end, points.of.span.start)
    return Group((words, Indent((Break(gap=gap), Word("from "), _numeric(points.of, _ATOM)))))


def _cells(cells: Sequence[syntax.Cell]) -> Doc:
    parts: list[Doc] = [_line(_cell(cells[0]), cells[0])]
    for before, cell in pairwise(cells):
        parts += [Word(","), Break(gap=Span(before.span.end, cell.span.start)), _line(_cell(cell), cell)]
    return Group(tuple(parts))


def _cell(cell: syntax.Cell) -> str:
    what = _interval(cell.numbers) if cell.numbers is not None else " or ".join(map(_name, cell.choices))
    return f"{what} -> {cell.points}"


# ---- the dictionary


def _entry_line(line: syntax.EntryLine | syntax.SheetLine) -> Doc:
    match line:
        case syntax.CodesLine(codes=codes):
            return (Word(f"{_leading(line)} ", line.span), Indent(_list(codes, _code)))
        case syntax.NamesLine(words, names):
            as_written = _alias if words == "not to be mistaken for" else _name
            return (Word(f"{words} ", line.span), Indent(_list(names, as_written)))
        case syntax.RuleLine(words, test):
            return _led(f"{words} ", line, test)
        case syntax.FormLine():
            before = line.aliases[-1].span if line.aliases else line.title.span
            gap = Span(before.end, line.molar_mass.span.start)
            molar_mass = _line(f"molar mass {line.molar_mass.text}", line.molar_mass)
            return Group((_title("form", line), Indent((Break(gap=gap), molar_mass))))
        case syntax.FlagLine():
            return _flag(line)
        case syntax.ChoicesLine(choices, ordered):
            return (Word("ordered " if ordered else "values ", line.span), Indent(_list(choices, _name)))
        case syntax.WordsLine(several, values):
            means = f" means {' or '.join(map(_name, values))}"
            return (
                Word("words ", line.span),
                Indent((_list(several, lambda each: f'"{each.text}"'), _line(means, values[0]))),
            )
        case syntax.SignLine(shows, test, over=over):
            led = _led(f"{shows} when ", line, test)
            return led if over is None else (led, _line(f" over {over.length}", over))
        case _:
            return _line(_in_one_piece(line), line)


def _in_one_piece(line: syntax.PlainLine) -> str:
    """A line that is never broken."""
    match line:
        case syntax.UnitLine(unit):
            return "pure number" if unit is None else f"unit {unit.text}"
        case syntax.MolarMassLine(mass):
            return f"molar mass {mass.text}"
        case syntax.ValenceLine(valence):
            return f"valence {valence.number}"
        case syntax.IntervalLine(words, interval):
            return f"{words} " + (f"{interval.low} .. {interval.high}" if words == "grade" else _interval(interval))
        case syntax.LengthLine(words, duration):
            return f"{words} {duration.length}"
        case syntax.TextLine(words, text):
            return f'{words} "{text.text}"'
        case syntax.ShownLine(name, label, beside, beside_label):
            more = f' with {beside.text} "{beside_label.text}"' if beside and beside_label else ""
            return f'result {name.text} "{label.text}"{more}'
        case syntax.DaysSinceLine(name, label):
            return f'since {name.text} "{label.text}"'
        case syntax.NormalLimitLine(which, sex, interval):
            return f"{which} limit of normal{f' {sex}' if sex else ''} {_interval(interval)}"
        case syntax.WhenAbsentLine(choice, condition):
            return f"{choice.text} when {condition.text} is absent"
        case syntax.IncludesEveryLine(kind):
            return f"includes every {kind}"
        case syntax.DeniedByListLine(beside):
            return "denied by list" + (f" with {' and '.join(map(_name, beside))}" if beside else "")
        case syntax.CourseLine(course):
            return f"course {course}"
        case syntax.AskedOfLine(who, for_consent):
            return f"asked of {who.text}{' for consent' if for_consent else ''}"
        case syntax.OnceForAllTrialsLine():
            return "once for all trials"
        case _:
            assert_never(line)


def _leading(line: syntax.CodesLine) -> str:
    """The words before the codes of a line."""
    match line:
        case syntax.CodesLine(system, absent=True):
            return f"absent as {system}"
        case syntax.CodesLine(system, relates="whole"):
            return f"whole {system}"
        case syntax.CodesLine(system, relates="within"):
            return f"lies within {system}"
        case syntax.CodesLine(system, relates="not", family=family):
            return f"{'family ' if family else ''}{system} not"
        case syntax.CodesLine(system, relates=relates, family=family):
            return f"{'family ' if family else ''}{system}{' may be' if relates == 'may be' else ''}"


def _led(words: str, line: _Written, rule: syntax.Proposition) -> Doc:
    """Words, and the rule that they lead."""
    return (Word(words, Span(line.span.start, line.span.start + 1)), _inside(rule))


def _code(code: syntax.Code) -> str:
    words = [_bare_code(code.first)]
    words += ["..", _bare_code(code.last)] if code.last is not None else []
    words += ["as", code.form.text] if code.form is not None else []
    words += ["in", code.unit.text] if code.unit is not None else []
    words += ["means", code.value.text] if code.value is not None else []
    return " ".join(words)


def _bare_code(code: str) -> str:
    return code if code.startswith("@") or _BARE_CODE.fullmatch(code) else f'"{code}"'


def _interval(interval: syntax.Interval) -> str:
    low, high, unit = interval.low, interval.high, interval.unit
    is_single = low == high and not (interval.low_open or interval.high_open)
    match low, high:
        case (None, str(number)):
            words, last = ["below" if interval.high_open else "at most"], number
        case (str(number), None):
            words, last = ["above" if interval.low_open else "at least"], number
        case (str(), str(number)) if is_single:
            words, last = [], number
        case (str(lower), str(number)):
            words, last = [*(["above"] if interval.low_open else []), lower, ".."], number
            words += ["below"] if interval.high_open else []
        case _:
            raise AssertionError("an interval has a limit on one side at least")
    return " ".join([*words, last if unit is None else syntax.written_quantity(last, unit.text)])


# ---- rules


def _rule(rule: syntax.Rule) -> list[Doc]:
    lines: list[Doc] = []
    for number, reading in enumerate(rule.readings):
        if reading.label is not None:
            lines.append(_label(number, reading.label))
        lines.append(_whole_rule(reading.rule))
    return lines


def _label(number: int, label: syntax.Text) -> Doc:
    return _line(f'{"or " if number else ""}read as "{label.text}"', label)


def _whole_rule(rule: syntax.Proposition) -> Doc:
    match rule:
        case syntax.All() | syntax.Any():
            return Group(_joined(rule), RULE_WIDTH)
        case syntax.Event(exceptions=(_, *_)):
            return Group(_event(rule), always=True)
        case _:
            return _term(rule)


def _inside(rule: syntax.Proposition) -> Doc:
    """A rule within a line, or within parentheses of something else."""
    match rule:
        case syntax.All() | syntax.Any():
            return Group(Indent(_joined(rule)))
        case _:
            return _term(rule)


def _joined(rule: syntax.All | syntax.Any) -> Doc:
    word = Word("and " if isinstance(rule, syntax.All) else "or ")
    parts: list[Doc] = [_term(rule.of[0])]
    for before, term in pairwise(rule.of):
        parts += [Break(gap=Span(before.span.end, term.span.start)), word, _term(term)]
    return tuple(parts)


def _parenthesised(span: Span, inside: Doc) -> Doc:
    return (Word("(", Span(span.start, span.start + 1)), inside, Word(")", Span(span.end - 1, span.end)))


def _term(rule: syntax.Proposition) -> Doc:
    match rule:
        case syntax.All() | syntax.Any():
            return _parenthesised(rule.span, _inside(rule))
        case syntax.Readings(readings):
            return _parenthesised(rule.span, _readings(readings))
        case syntax.Not(of):
            return (Word("not ", Span(rule.span.start, rule.span.start + 1)), _term(of))
        case syntax.AtTime(scope, of):
            inside = _readings(of.readings) if isinstance(of, syntax.Readings) else _inside(of)
            return (_line(f"{_scope(scope)} ", scope), _parenthesised(of.span, inside))
        case syntax.AtLeast(count, of):
            terms = [(_inside(term), term.span) for term in of]
            words = Word(f"at least {count.number} of (", Span(rule.span.start, count.span.end))
            return (words, Indent(filled(";", terms)), Word(")", Span(rule.span.end - 1, rule.span.end)))
        case syntax.Meets(name):
            return _line(f"meets {name.text}", rule)
        case syntax.Confirmed(name):
            return _line(f"confirmed {name.text}", rule)
        case syntax.Untranslated():
            return _line("untranslated", rule)
        case syntax.Compare(left, operator, right):
            limit = _times_limit(right) if isinstance(right, syntax.TimesLimit) else _numeric(right, _SUM)
            return (_numeric(left, _SUM), Word(f" {operator} "), limit)
        case syntax.Between(of, low, high):
            limits = Word(f" between {low.text} and {high.text}", Span(low.span.start, high.span.end))
            return (_numeric(of, _SUM), limits)
        case syntax.Is(of, choices, negated):
            words = Word(" is not " if negated else " is ")
            if len(choices) == 1:
                return (_numeric(of, _SUM), words, _line(choices[0].text, choices[0]))
            return (_numeric(of, _SUM), words, Word("any of ("), Indent(_list(choices, _name)), Word(")"))
        case syntax.Event():
            return Group(_event(rule))
        case _:
            assert_never(rule)


def _readings(readings: Sequence[syntax.Reading]) -> Doc:
    parts: list[Doc] = []
    for number, reading in enumerate(readings):
        if number:
            parts.append(Break(gap=Span(readings[number - 1].span.end, reading.span.start)))
        if reading.label is not None:
            gap = Span(reading.label.span.end, reading.rule.span.start)
            parts.append(Group((_label(number, reading.label), Indent((Break(gap=gap), _inside(reading.rule))))))
        else:
            parts.append(_inside(reading.rule))
    return Group(Indent(tuple(parts)))


def _event(event: syntax.Event) -> Doc:
    parts: list[Doc] = []
    if event.verb == "allergy to" and event.times is not None:
        noun = "allergy" if event.times.number == 1 else "allergies"
        parts.append(Word(f"at least {event.times.number} {noun} to ", Span(event.span.start, event.span.start + 1)))
    else:
        parts.append(Word(f"{event.verb} ", event.verb_span))
    parts.append(_what(event.what))
    end = event.what[-1].span.end
    if event.times is not None and event.verb != "allergy to":
        times = "time" if event.times.number == 1 else "times"
        parts.append(Word(f" at least {event.times.number} {times}", event.times.span))
        end = event.times.span.end
    if event.scope is not None:
        parts.append(_line(f" {_scope(event.scope)}", event.scope))
        end = event.scope.span.end
    if event.exceptions:
        gap = Span(end, event.exceptions[0].span.start)
        parts.append(Indent((Break(gap=gap), Word("except "), Indent(_list(event.exceptions, _qualified)))))
        end = event.exceptions[-1].span.end
    if event.beside is not None:
        gap = Span(end, event.beside.span.start)
        parts.append(Indent((Break(gap=gap), Word("with ("), _inside(event.beside), Word(")"))))
    return tuple(parts)


def _what(what: Sequence[syntax.Qualified]) -> Doc:
    if len(what) == 1:
        return _line(_qualified(what[0]), what[0])
    return (Word("any of ("), Indent(_list(what, _qualified)), Word(")"))


def _qualified(what: syntax.Qualified) -> str:
    words = [f'stage "{each.stage}"' if each.stage is not None else each.kind for each in what.qualifiers]
    return " ".join([*words, what.name.text])


def _scope(scope: syntax.Scope) -> str:
    words = [f"within {scope.within.length}"] if scope.within is not None else []
    words += [scope.relation] if scope.relation is not None else []
    words += [_anchor(scope.anchor)] if scope.anchor is not None else []
    return " ".join(words)


def _anchor(anchor: syntax.Anchor) -> str:
    if anchor.name is None:
        return anchor.kind
    return " ".join([*([anchor.pick] if anchor.pick else []), anchor.kind, "of", anchor.name.text])


def _times_limit(limit: syntax.TimesLimit) -> Doc:
    word = "ULN" if limit.which == "upper" else "LLN"
    return _line(word if limit.times == "1" else f"{limit.times} x {word}", limit)


# ---- numbers

_EXPRESSION, _SUM, _PRODUCT, _BOUNDED, _ATOM = range(5)
"""How tightly what stands around an expression binds; what binds less tightly itself needs parentheses there."""


def _numeric(number: syntax.Numeric, around: int) -> Doc:
    tightness, written = _number(number)
    return written if tightness >= around else _parenthesised(number.span, Indent(written))


def _number(number: syntax.Numeric) -> tuple[int, Doc]:
    match number:
        case syntax.Quantity():
            return _ATOM, _line(number.text, number)
        case syntax.Value(pick, name, scope):
            words = [*([pick] if pick else []), name.text, *([_scope(scope)] if scope else [])]
            return _ATOM, _line(" ".join(words), number)
        case syntax.Change(kind, name, scope):
            return _ATOM, _line(" ".join([kind, name.text, *([_scope(scope)] if scope else [])]), number)
        case syntax.InUnit(of, unit):
            return _ATOM, (_numeric(of, _ATOM), _line(f" in {unit.text}", unit))
        case syntax.Function(name, of):
            opening = Word(f"{name}(", Span(number.span.start, number.span.start + len(name)))
            return _ATOM, (opening, Indent(_numeric(of, _EXPRESSION)), Word(")"))
        case syntax.Bounded(of, kind, at):
            return _BOUNDED, (_numeric(of, _BOUNDED), _line(f" {kind} {at.text}", at))
        case syntax.Arithmetic(operator="+" | "-"):
            return _SUM, Group(_sum(number))
        case syntax.Arithmetic(operator, left, right):
            return _PRODUCT, (_part(left, _PRODUCT), Word(f" {operator} "), _part(right, _BOUNDED))
        case syntax.Choose(test, then, otherwise):
            start = number.span.start
            return _EXPRESSION, Group(
                (
                    Word("if ", Span(start, start + 1)),
                    _inside(test),
                    Break(gap=Span(test.span.end, then.span.start)),
                    Word("then "),
                    _numeric(then, _EXPRESSION),
                    Break(gap=Span(then.span.end, otherwise.span.start)),
                    Word("else "),
                    _numeric(otherwise, _EXPRESSION),
                )
            )
        case _:
            assert_never(number)


def _sum(number: syntax.Numeric) -> Doc:
    match number:
        case syntax.Arithmetic(("+" | "-") as operator, left, right):
            gap = Span(left.span.end, right.span.start)
            return (_sum(left), Break(gap=gap), Word(f"{operator} "), _part(right, _PRODUCT))
        case _:
            return _part(number, _PRODUCT)


def _part(number: syntax.Numeric, around: int) -> Doc:
    """A part of a sum or product. `2 * age in years` would leave a reader in doubt, though not the grammar."""
    is_plain = not isinstance(number, syntax.InUnit | syntax.Bounded)
    return _numeric(number, around if is_plain else _ATOM + 1)
