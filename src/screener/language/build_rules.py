"""Rules and formulas: from the tree of the grammar to syntax."""

from __future__ import annotations

from typing import Any

from lark import Token
from msgspec.structs import replace

from screener.language import syntax
from screener.language.building import Building, Piece, every, keyword_words, one_of, span_of
from screener.language.source import Span
from screener.values import dates

_OPERATORS = {"≥": ">=", "≤": "<="}


class RuleBuilder(Building):
    """The nodes of rules: what is true, and what is a number."""

    # -- rules

    def rule(self, *parts: Any) -> syntax.Rule:
        """rule: UNTRANSLATED | _readings"""
        span = span_of(*parts)
        if isinstance(parts[0], Token) and parts[0].type == "UNTRANSLATED":
            readings: tuple[syntax.Reading, ...] = (syntax.Reading(None, syntax.Untranslated(span), span),)
        else:
            readings = self._readings(parts)
        return syntax.Rule(readings, self.source.excerpt(span), span)

    def _readings(self, parts: tuple[Any, ...]) -> tuple[syntax.Reading, ...]:
        """_readings: (READ_AS STRING)? proposition (OR_READ_AS STRING proposition)*"""
        readings: list[syntax.Reading] = []
        label: syntax.Text | None = None
        first: Any = None
        for part in parts:
            match part:
                case Token():
                    first = part
                case syntax.Text():
                    label = part
                case _:
                    readings.append(syntax.Reading(label, part, span_of(first or part, part)))
                    label = first = None
        if len(readings) == 1 and readings[0].label is not None:
            self._report(
                "single-reading",
                "a label needs a second reading beside it",
                readings[0].label.span,
                write='add `or read as "…"` with the other reading, or say it with `assuming "…"`',
            )
        return tuple(readings)

    def parentheses(self, opening: Token, *parts: Any) -> syntax.Proposition:
        """term: "(" _readings ")" """
        *inner, closing = parts
        readings = self._readings(tuple(inner))
        span = span_of(opening, closing)
        if len(readings) == 1:
            return replace(readings[0].rule, span=span)
        if readings[0].label is None:
            self._report(
                "unlabelled-reading",
                "inside parentheses each reading needs a label",
                Span(opening.start_pos or 0, (opening.start_pos or 0) + 1),
                label='expected `read as "…"` after this',
            )
        return syntax.Readings(readings, span)

    def joined(self, *parts: Any) -> syntax.Proposition:
        """proposition: term ((AND | OR) term)+"""
        operators = [str(operator) for operator in parts[1::2]]
        terms = list(parts[::2])
        whole = terms[0]
        written = self._words(whole)
        joins: list[syntax.Proposition] = [whole]
        for before, operator, term in zip([operators[0], *operators], operators, terms[1:], strict=False):
            if operator != before:
                whole = _join(before, joins)
                joins = [whole]
                written = f"({written})"
            joins.append(term)
            written += f" {operator} {self._words(term)}"
        if len(set(operators)) > 1:
            other = next(operator for operator in parts[1::2] if operator != operators[0])
            self._report(
                "mixed-and-or",
                "`and` and `or` are mixed without parentheses",
                span_of(other),
                label="this can be read in two ways",
                write=f"write `{written}`",
            )
        return _join(operators[-1], joins)

    def at_time(self, scope: syntax.Scope, *parts: Any) -> syntax.AtTime:
        """term: scope "(" _readings ")" """
        rule = self.parentheses(*parts)
        if scope.within is not None or scope.relation not in ("before", "at"):
            self._report(
                "window-before-parenthesis",
                "a window cannot stand before a parenthesis",
                scope.span,
                label="expected `before …` or `at …`, which move the clock for all that is inside",
                write="write the window after each name inside the parentheses",
                breaks=True,
            )
        return syntax.AtTime(scope, rule, span_of(scope, *parts))

    def at_least(self, words: Token, number: Token, *parts: Any) -> syntax.AtLeast:
        """term: AT_LEAST NUMBER OF "(" proposition (";" proposition)* ")" """
        of = tuple(part for part in parts if not isinstance(part, Token))
        return syntax.AtLeast(self._count(number), of, span_of(words, *parts))

    def allergies(self, words: Token, number: Token, verb: Token, what: Piece, *parts: Any) -> syntax.Event:
        """term: AT_LEAST NUMBER ALLERGIES_TO what _narrowing?"""
        times = Piece("times", self._count(number), span_of(words, verb))
        return replace(self.event(verb, what, times, *parts), verb="allergy to", span=span_of(words, what, *parts))

    def event(self, verb: Token, what: Piece, *parts: Any) -> syntax.Event:
        """term: verb what count? _narrowing?"""
        return syntax.Event(
            keyword_words(verb),
            what.value,
            one_of("times", parts),
            next(iter(every(syntax.Scope, parts)), None),
            one_of("exceptions", parts) or (),
            one_of("beside", parts),
            span_of(verb, what, *parts),
            span_of(verb),
        )

    def qualified(self, *parts: Any) -> syntax.Qualified:
        """qualified: qualifier* NAME"""
        return syntax.Qualified(every(syntax.Qualifier, parts), parts[-1], span_of(*parts))

    def qualifier(self, word: Token, stage: syntax.Text | None = None) -> syntax.Qualifier:
        """qualifier: CURED | RESOLVED | SEVERE | UNCONTROLLED | STAGE STRING"""
        return syntax.Qualifier(keyword_words(word), stage.text if stage else None, span_of(word, stage or word))

    def count(self, words: Token, number: Token, times: Token) -> Piece:
        """count: AT_LEAST NUMBER (TIMES | TIME)"""
        return Piece("times", self._count(number), span_of(words, times))

    def compare(self, left: syntax.Numeric, sign: Token, right: Any) -> syntax.Compare:
        """term: sum COMPARISON limit"""
        if sign.startswith(">") and self.source.starts_line(sign.start_pos or 0):
            self._report(
                "misplaced-quotation",
                f"a line that starts with `{sign}` looks like a quotation",
                span_of(sign),
                write=f"end the line above with `{sign}`",
                breaks=True,
            )
        operator: Any = _OPERATORS.get(sign, str(sign))
        return syntax.Compare(left, operator, right, span_of(left, right), span_of(sign))

    def is_one_of(self, of: syntax.Numeric, word: Token, *parts: Any) -> syntax.Is:
        """term: sum IS NOT? choices"""
        return syntax.Is(of, parts[-1].value, len(parts) == 2, span_of(of, parts[-1]))

    def times_limit(self, *parts: Token) -> syntax.TimesLimit:
        """limit: NUMBER? TIMES_LIMIT"""
        times = str(parts[0]) if len(parts) == 2 else "1"
        return syntax.TimesLimit(times, "upper" if parts[-1].endswith("ULN") else "lower", span_of(*parts))

    def scope(self, *parts: Any) -> syntax.Scope:
        """scope: WITHIN duration ((BEFORE | AFTER | OF) anchor)? | (BEFORE | AFTER | SINCE | AT) anchor"""
        within = next(iter(every(syntax.Duration, parts)), None)
        anchor = next(iter(every(syntax.Anchor, parts)), None)
        relation: Any = str(parts[-2]) if anchor else None
        return syntax.Scope(within, relation, anchor, span_of(*parts))

    def anchor(self, *parts: Any) -> syntax.Anchor:
        """anchor: (FIRST | LAST)? (ONSET_OF | START_OF) NAME | ITS_ONSET | SCREENING"""
        match parts:
            case (Token() as words,):
                kind = keyword_words(words)
                return syntax.Anchor(kind, None, None, span_of(words))
            case (*pick, Token() as words, syntax.Name() as name):
                kind = keyword_words(words).removesuffix(" of")
                chosen: Any = str(pick[0]) if pick else None
                return syntax.Anchor(kind, chosen, name, span_of(*parts))
            case _:
                raise AssertionError(f"the grammar knows no such anchor: {parts}")

    def duration(self, number: Token, unit: Token) -> syntax.Duration:
        """duration: NUMBER TIME_UNIT"""
        name: Any = unit if unit.endswith("s") else f"{unit}s"
        return syntax.Duration(dates.Duration(self._whole_number(number), str(name)), span_of(number, unit))  # type: ignore[arg-type]

    # -- numbers

    def arithmetic(self, left: syntax.Numeric, operator: Token, right: syntax.Numeric) -> syntax.Arithmetic:
        """sum: sum ("+" | "-") product; product: product ("*" | "/") bounded"""
        return syntax.Arithmetic(keyword_words(operator), left, right, span_of(left, right))

    def bounded(self, of: syntax.Numeric, words: Token, at: syntax.Quantity) -> syntax.Bounded:
        """bounded: bounded (FLOORED_AT | CAPPED_AT) quantity"""
        return syntax.Bounded(of, keyword_words(words), at, span_of(of, at))

    def function(self, word: Token, opening: Token, of: syntax.Numeric, closing: Token) -> syntax.Function:
        """atom: FUNCTION "(" expression ")" """
        return syntax.Function(keyword_words(word), of, span_of(word, closing))

    def number_in_parentheses(self, opening: Token, of: syntax.Numeric, closing: Token) -> syntax.Numeric:
        """atom: "(" expression ")" """
        return replace(of, span=span_of(opening, closing))

    def value(self, *parts: Any) -> syntax.Value:
        """value: (LATEST | EARLIEST | HIGHEST | LOWEST)? NAME scope?"""
        pick: Any = str(parts[0]) if isinstance(parts[0], Token) else None
        (name,) = every(syntax.Name, parts)
        scope = next(iter(every(syntax.Scope, parts)), None)
        return syntax.Value(pick, name, scope, span_of(*parts))

    def change(self, words: Token, name: syntax.Name, scope: syntax.Scope | None = None) -> syntax.Change:
        """change: (RISE_IN | …) NAME scope?"""
        return syntax.Change(keyword_words(words), name, scope, span_of(words, scope or name))

    def quantity(self, number: Piece, unit: syntax.Unit | None = None) -> syntax.Quantity:
        """quantity: signed UNIT_TEXT?"""
        if unit is not None and "\n" in self.source.text[number.span.end : unit.span.start]:
            # Lines may be broken anywhere, so a stray word below a number has been read as its unit.
            word = self.source.slice(unit.span)
            label = f"a unit stands on the line of its number, `{number.value}`"
            self._report("unexpected-word", f"`{word}` does not fit here", unit.span, label=label, breaks=True)
        return syntax.Quantity(number.value, unit, span_of(number, unit or number))

    def signed(self, *parts: Token) -> Piece:
        """signed: "-"? NUMBER"""
        return Piece("number", "".join(parts), span_of(*parts))


def _join(operator: str, terms: list[syntax.Proposition]) -> syntax.Proposition:
    span = span_of(terms[0], terms[-1])
    return syntax.All(tuple(terms), span) if operator == "and" else syntax.Any(tuple(terms), span)
