"""Why a text is not a rule: what the grammar could not read, said in words that a clinician can act on.

Everything here starts from a place where reading stopped; it never looks at what names mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from lark import Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken
from msgspec import Struct

from screener.language.diagnostics import Diagnostic, error, warning
from screener.language.reserved import RESERVED
from screener.language.source import Source, Span

BLOCK_WORDS = (
    "protocol",
    "field",
    "inclusion",
    "exclusion",
    "define",
    "score",
    "points",
    "lab",
    "finding",
    "condition",
    "procedure",
    "drug",
    "event",
    "substance",
    "question",
    "defaults",
    "group",
    "codes",
    "sheet",
)


def heading_of(source: Source, span: Span) -> str:
    """What a message calls a block, read off its first words: `inclusion I3`."""
    line = source.line(source.line_of(span.start)).partition("#")[0]
    return " ".join(re.split(r'[">]', line)[0].split()[:2])


# ---- before parsing: text outside blocks, characters that no rule contains


def before_the_first_block(source: Source) -> list[Diagnostic]:
    """Indented text that no block owns."""
    found = re.match(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]+(?P<text>[^\s#][^\n]*)", source.text)
    if found is None:
        return []
    span = Span(found.start("text"), found.start("text") + len(found["text"].rstrip()))
    return [
        error(
            "no-block",
            "this line belongs to no block",
            source,
            span,
            label="a block starts at the beginning of a line, with a word such as `inclusion` or `lab`",
        )
    ]


_STRAY = re.compile(
    r'^[ \t]*>[^\n]*|#[^\n]*|(?P<text>"[^"\n]*"?)|(?P<tabs>\t+)'
    r"|(?P<stray>(?P<character>[^ \r\nA-Za-z0-9_@\"#%()*+,./;<=>\[\]{}^'×≥≤°µμ⁻⁰¹²³⁴⁵⁶⁷⁸⁹-])(?P=character)*)",
    re.MULTILINE,
)
_INSTEAD = {
    "\N{NO-BREAK SPACE}": "an ordinary space",
    "\N{LEFT DOUBLE QUOTATION MARK}": '`"`',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '`"`',
    "\N{EN DASH}": "`-`, or `..` between two limits",
    "\N{EM DASH}": "`-`, or `..` between two limits",
    "\N{MINUS SIGN}": "`-`",
    "\N{HORIZONTAL ELLIPSIS}": "`..` between two limits",
    "\N{MIDDLE DOT}": "`*`",
    "÷": "`/`",
    "&": "`and`",
    "|": "`or`",
    "!": "`not`, or `is not`",
}


def in_characters(source: Source, span: Span) -> list[Diagnostic]:
    """Texts without an end, characters that no rule contains, and tabs (which are only a warning)."""
    heading = heading_of(source, span)
    problems = []
    for found in _STRAY.finditer(source.text, span.start, span.end):
        place = Span(*found.span())
        if found["text"] and (len(found["text"]) == 1 or not found["text"].endswith('"')):
            place = Span(place.start, place.start + len(found["text"].rstrip()))
            message = "this text has no end"
            label = 'expected a closing `"` on this line'
            problems.append(error("unclosed-text", message, source, place, block=heading, label=label))
        elif found["tabs"]:
            message = "a tab stands where spaces are meant"
            problems.append(warning("tab", message, source, place, block=heading, help="indent with two spaces"))
        elif found["stray"]:
            character = found["character"]
            name = "a no-break space" if character == "\N{NO-BREAK SPACE}" else f"`{found['stray']}`"
            instead = f"write {_INSTEAD[character]}" if character in _INSTEAD else ""
            message = f"{name} does not belong in a rule"
            problems.append(error("stray-character", message, source, place, block=heading, help=instead))
    return problems


# ---- while parsing

_WORD = re.compile(r'[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]+)?|>=|<=|=>|=<|==|->|\.\.|"[^"\n]*"|\S')
_SCOPE_WORDS = frozenset({"WITHIN", "BEFORE", "AFTER", "SINCE", "AT"})
_SCOPES = frozenset(word.lower() for word in _SCOPE_WORDS)
_INSTEAD_OF_WORDS = {"==": "=", "=>": ">=", "=<": "<="}
_SPELLED_OUT = {
    "NAME": "a name",
    "TRIAL": "the trial's id, such as `NCT00000000`",
    "CRITERION": "the criterion's number, such as `I1` or `E1`",
    "FILE": "a file name",
    "QUOTE": "a quotation (`> …`)",
    "STRING": 'a text in quotation marks (`"…"`)',
    "NUMBER": "a number",
    "CODE": "a code",
    "UNIT_TEXT": "a unit",
    "TIME_UNIT": "`hours`, `days`, `weeks`, `months` or `years`",
    "COMPARISON": "a comparison such as `>=`",
    "FUNCTION": "a function such as `ln(…)`",
    "TIMES_LIMIT": "`ULN`",
    "RANGE": "`..`",
    "ARROW": "`->`",
    "COMMA": "`,`",
    "SEMICOLON": "`;`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "SLASH": "`/`",
    "GROUP_NAME": "a group of codes such as `@says_little`",
    "SYSTEM": "codes such as `loinc …`",
    "$END": "the end of the block",
}
_NUMBER_WORDS = frozenset(
    {
        *("NAME", "NUMBER", "MINUS", "FUNCTION", "LPAR", "LATEST", "EARLIEST", "HIGHEST", "LOWEST", "IF"),
        *("RISE_IN", "FALL_IN", "RELATIVE_RISE_IN", "RELATIVE_FALL_IN", "RISE_PER_DAY_IN"),
    }
)
_RULE_WORDS = _NUMBER_WORDS | _SCOPE_WORDS | {
    *("NOT", "AT_LEAST", "MEETS", "CONFIRMED", "CURRENT", "UNDERWENT", "RECEIVING", "PLANNED", "TAKING"),
    *("HISTORY_OF", "ONSET_OF", "START_OF", "TREATED_WITH", "FAMILY_HISTORY_OF", "ALLERGY_TO"),
    *("READ_AS", "UNTRANSLATED"),
}  # fmt: skip
_ANCHOR_WORDS = frozenset({"FIRST", "LAST", "ONSET_OF", "START_OF", "SCREENING"})
_QUALIFIER_WORDS = frozenset({"RESOLVED", "SEVERE", "UNCONTROLLED", "STAGE"})
_ARITHMETIC_WORDS = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "IN", "FLOORED_AT", "CAPPED_AT"})
# What is said for a whole group of words at once: the word that shows that the group may stand here, what to say, and
# which words are then said.
_GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("MEETS", "a rule (a comparison, or words such as `history of`, `meets`, `confirmed`)", _RULE_WORDS),
    ("FUNCTION", "a number or a name", _NUMBER_WORDS | {"TIMES_LIMIT"}),
    ("COMPARISON", "a comparison such as `>=`, `between` or `is`", _ARITHMETIC_WORDS | {"BETWEEN", "IS"}),
    ("ITS_ONSET", "an instant such as `last onset of …`", _ANCHOR_WORDS),
    ("CURED", "a name", _QUALIFIER_WORDS | {"NAME"}),
    ("AND", "`and`", frozenset()),
    ("OR", "`or`", frozenset({"OR_READ_AS"})),
    ("WITHIN", "a window such as `within 7 days`", _SCOPE_WORDS),
    ("PLUS", "an operator such as `+`", _ARITHMETIC_WORDS),
)  # fmt: skip


class _Stop(Struct, frozen=True):
    """Where reading a block stopped: the word that does not fit, and the words (terminals) that would."""

    source: Source
    block: Span
    span: Span
    word: str
    at_end: bool
    expected: frozenset[str]
    previous: Token | None
    behind_scope: bool
    behind_name_without_scope: bool
    keywords: tuple[str, ...]

    def error(
        self, code: str, message: str, *, label: str = "", write: str = "", span: Span | None = None
    ) -> Diagnostic:
        heading = heading_of(self.source, self.block)
        return error(code, message, self.source, span or self.span, block=heading, label=label, help=write)

    @property
    def starts_line(self) -> bool:
        return self.source.starts_line(self.span.start)


def explain(source: Source, span: Span, unexpected: UnexpectedInput, keywords: Iterable[str]) -> Diagnostic:
    """Why reading the block stopped where it did. `keywords` are the terminals of all keywords."""
    stop = _where(source, span, unexpected, keywords)
    for cause in _CAUSES:
        found = cause(stop)
        if found is not None:
            return found
    return _does_not_fit(stop)


def _where(source: Source, span: Span, unexpected: UnexpectedInput, keywords: Iterable[str]) -> _Stop:
    parser: Any = unexpected.interactive_parser
    read = parser.parser_state.value_stack
    at_end = isinstance(unexpected, UnexpectedToken) and unexpected.token.type == "$END"
    offset = span.end if at_end or unexpected.pos_in_stream is None else unexpected.pos_in_stream
    # Where a keyword begins a longer word (`withinn`), the whole word is what does not fit.
    while not at_end and re.match(r"[A-Za-z_]{2}", source.text[offset - 1 : offset + 1]):
        offset -= 1
    found = _WORD.match(source.text, offset, span.end)
    word = found[0] if found is not None else ""
    return _Stop(
        source,
        span,
        Span(offset, offset + max(len(word), 1)),
        word,
        at_end,
        frozenset(parser.accepts()),
        _last_token(read[-1:]),
        any(_ends_in_scope(part) for part in read[-3:]),
        any(isinstance(part, Token) and part.type in ("MEETS", "CONFIRMED") for part in read[-2:]),
        tuple(keywords),
    )


def _last_token(parts: list[Any]) -> Token | None:
    match parts:
        case [*_, Token() as token]:
            return token
        case [*_, Tree(children=children)]:
            return _last_token(children)
        case _:
            return None


def _span_of(token: Token) -> Span:
    # Only tokens made by hand lack their place.
    return Span(token.start_pos or 0, token.end_pos or 0)


def _ends_in_scope(part: object) -> bool:
    match part:
        case Token():
            return part.type in _SCOPE_WORDS or part.type in ("ONSET_OF", "START_OF")
        case Tree(children=children):
            return part.data in ("duration", "anchor", "scope") or _ends_in_scope(children[-1])
        case _:
            return False


def _unknown_block(stop: _Stop) -> Diagnostic | None:
    if stop.span.start != stop.block.start:
        return None
    close = get_close_matches(stop.word.lower(), BLOCK_WORDS, n=1)
    return stop.error(
        "unknown-block",
        f"`{stop.word}` does not start a block",
        label="expected a word such as `inclusion`, `define` or `lab`",
        write=(
            f"did you mean `{close[0]}`?" if close else "indent the line by two spaces if it continues the block above"
        ),
    )


def _stray_word_below_a_number(stop: _Stop) -> Diagnostic | None:
    # Lines may be broken anywhere, so a misspelt word below a number has been read as its unit.
    token = stop.previous
    if token is None or token.type != "UNIT_TEXT" or not stop.source.starts_line(_span_of(token).start):
        return None
    return stop.error(
        "unexpected-word",
        f"`{token}` does not fit here",
        label="a unit stands on the line of its number",
        write=_did_you_mean(token, stop.keywords),
        span=_span_of(token),
    )


def _word_read_as_unit(stop: _Stop) -> Diagnostic | None:
    token = stop.previous
    if token is None or token.type != "UNIT_TEXT" or not re.fullmatch(r"[A-Za-z_]+", token) or stop.at_end:
        return None
    span = _span_of(token)
    if token in _SCOPES:
        return _misplaced_window(stop, span)
    keyword = next((each for each in stop.keywords if _words(each).split()[0] == token.lower()), None)
    if keyword is None and not re.match(r"[\w(\"]", stop.word):
        return None
    capitals = token != token.lower() and keyword is not None
    return stop.error(
        "unexpected-word",
        f"`{token}` does not fit here",
        label=f"expected `{token.lower()}`, in lower case" if capitals else "this was read as the unit of the number",
        span=span,
    )


def _criterion_without_number(stop: _Stop) -> Diagnostic | None:
    if "CRITERION" not in stop.expected:
        return None
    return stop.error("criterion-id", "the criterion has no number", label=f"expected {_SPELLED_OUT['CRITERION']}")


def _decimal_comma(stop: _Stop) -> Diagnostic | None:
    found = re.match(r",([0-9]+)", stop.source.text[stop.span.start : stop.block.end])
    before = stop.previous
    if found is None or before is None or before.type != "NUMBER" or before.end_pos != stop.span.start:
        return None
    return stop.error(
        "unexpected-word",
        f"`{before}{found[0]}` is not a number",
        label="decimals stand behind a point",
        write=f"write `{before}.{found[1]}`",
        span=Span(_span_of(before).start, stop.span.start + found.end()),
    )


def _reserved_name(stop: _Stop) -> Diagnostic | None:
    token = stop.previous
    if token is None or token.type != "NAME" or token.casefold() not in RESERVED:
        return None
    return stop.error(
        "reserved-word",
        f"`{token}` is a word of the language and cannot be a name",
        label="expected a name",
        span=_span_of(token),
    )


_OPAQUE_OR_PARENTHESIS = re.compile(r'^[ \t]*>[^\n]*|#[^\n]*|"[^"\n]*"|[()]', re.MULTILINE)


def _absence_of_a_result(stop: _Stop) -> Diagnostic | None:
    if stop.word != "absent" or "SYSTEM" not in stop.expected:
        return None
    return stop.error(
        "unexpected-word",
        "`absent` does not fit here",
        label="a lab or finding has results, and no code says that it is absent",
        write="write `means …` behind a code that stands for a value of a finding",
    )


def _parentheses(stop: _Stop) -> Diagnostic | None:
    still_open: list[int] = []
    for found in _OPAQUE_OR_PARENTHESIS.finditer(stop.source.text, stop.block.start, stop.block.end):
        if found[0] == "(":
            still_open.append(found.start())
        elif found[0] == ")" and still_open:
            still_open.pop()
        elif found[0] == ")" and found.start() == stop.span.start:
            return stop.error("unopened-parenthesis", "this parenthesis closes nothing", label="no `(` is open here")
    if still_open and "RPAR" in stop.expected and stop.word != ")":
        span = Span(still_open[-1], still_open[-1] + 1)
        return stop.error("unclosed-parenthesis", "this parenthesis is not closed", label="expected a `)`", span=span)
    return None


def _quotation(stop: _Stop) -> Diagnostic | None:
    if stop.expected == {"QUOTE"}:
        later = re.compile(r"^[ \t]*>", re.MULTILINE).search(stop.source.text, stop.span.start, stop.block.end)
        message = "the quotation stands below the rule" if later else "the source text is not quoted"
        label = "expected the text of the protocol, word for word, above this: `> …`"
        return stop.error("missing-quotation", message, label=label)
    if not stop.starts_line or not stop.word.startswith(">"):
        return None
    if "ARROW" in stop.expected or {"BELOW", "ABOVE"} & stop.expected:
        return stop.error(
            "cell-looks-like-quotation",
            "a line that starts with `>` is a quotation, not a cell",
            label="expected `above …`, `at least …` or two limits",
            write=_cell_instead(stop),
        )
    return stop.error(
        "misplaced-quotation",
        "a quotation stands here, in the middle of the block",
        label="a line that starts with `>` is a quotation",
        write="quote the source text directly below the first line of the block",
    )


_SIGNS_OF_CELLS = {"<": "below", ">": "above", "<=": "at most", ">=": "at least", "≤": "at most", "≥": "at least"}


def _cell(stop: _Stop) -> Diagnostic | None:
    if stop.word not in _SIGNS_OF_CELLS or "BELOW" not in stop.expected or "COMPARISON" in stop.expected:
        return None
    label = f"expected `{_SIGNS_OF_CELLS[stop.word]}` instead"
    return stop.error("unexpected-word", f"`{stop.word}` does not fit here", label=label, write=_cell_instead(stop))


def _cell_instead(stop: _Stop) -> str:
    line = stop.source.text[stop.span.start : stop.block.end].partition("\n")[0]
    found = re.match(r"(>=|<=|[<>≥≤])\s*([0-9][^,#\n]*)", line)
    return f"write `{_SIGNS_OF_CELLS[found[1]]} {found[2].strip()}`" if found else ""


def _two_scopes(stop: _Stop) -> Diagnostic | None:
    if stop.word not in _SCOPES:
        return None
    if stop.behind_scope:
        return stop.error(
            "two-windows",
            "two windows or anchors stand after one name",
            label="only one can stand here",
            write="write one as `within … before …` or `within … after …`, or move the clock: `before … (…)`",
        )
    if _SCOPE_WORDS & stop.expected:
        return None
    if stop.behind_name_without_scope:
        return stop.error(
            "misplaced-window",
            "`meets` and `confirmed` take no window",
            write="move the clock instead: `before … (meets …)`, `at … (meets …)`",
        )
    return _misplaced_window(stop, stop.span) if {"AND", "OR"} <= stop.expected else None


def _misplaced_window(stop: _Stop, span: Span) -> Diagnostic:
    """A window behind a limit; the help writes the comparison with the window where it belongs."""
    before = stop.source.text[stop.block.start : span.start].rpartition("\n")[2]
    compared = re.search(r"([A-Za-z_]\w*)\s*((?:>=|<=|[<>=≥≤])[^<>=≥≤()]*)$", before)
    window = re.match(r"within\s+[0-9]+\s+[a-z]+", stop.source.text[span.start : stop.block.end])
    write = ""
    if compared is not None and window is not None:
        write = f"write `{compared[1]} {' '.join(window[0].split())} {compared[2].strip()}`"
    return stop.error(
        "misplaced-window",
        "a window or an anchor stands too late",
        label="it stands directly after the name it is about",
        write=write,
        span=span,
    )


def _two_numbers(stop: _Stop) -> Diagnostic | None:
    before = stop.previous
    if before is None or before.type != "NUMBER" or not re.match(r"[0-9]", stop.word):
        return None
    span = Span(_span_of(before).start, stop.span.end)
    return stop.error(
        "two-numbers",
        "two numbers stand side by side",
        label="expected one number, and its unit",
        write="a power of ten is written as part of the unit, such as `50 x 10*9/L`",
        span=span,
    )


def _spelling(stop: _Stop) -> Diagnostic | None:
    """A keyword in capitals, an operator of another language."""
    lower = stop.word.lower()
    if lower != stop.word and any(lower == _words(each).split()[0] for each in stop.expected):
        label = f"expected `{lower}`, in lower case"
        return stop.error("unexpected-word", f"`{stop.word}` does not fit here", label=label)
    before = stop.previous
    if before is not None and before.type == "NAME" and before != before.lower():
        for keyword in map(_words, stop.keywords):
            if keyword.split()[0] == before.lower():
                span = _span_of(before)
                label = f"expected `{keyword}`, in lower case"
                return stop.error("unexpected-word", f"`{before}` does not fit here", label=label, span=span)
    pair = Span(stop.span.start - 1, stop.span.start + 1)
    instead = _INSTEAD_OF_WORDS.get(stop.source.slice(pair))
    if instead is None:
        return None
    message = f"`{stop.source.slice(pair)}` is not a comparison"
    return stop.error("unexpected-word", message, label=f"expected `{instead}`", span=pair)


_CAUSES = (
    _unknown_block,
    _criterion_without_number,
    _stray_word_below_a_number,
    _word_read_as_unit,
    _decimal_comma,
    _reserved_name,
    _absence_of_a_result,
    _parentheses,
    _quotation,
    _cell,
    _two_scopes,
    _two_numbers,
    _spelling,
)


def _does_not_fit(stop: _Stop) -> Diagnostic:
    label = f"expected {_in_words(stop.expected)}"
    if stop.at_end:
        return stop.error("unexpected-end", "the block ends too early", label=label)
    help_text = _did_you_mean(stop.word, [each for each in stop.keywords if each in stop.expected])
    return stop.error("unexpected-word", f"`{stop.word}` does not fit here", label=label, write=help_text)


def _did_you_mean(word: str, keywords: Iterable[str]) -> str:
    words = [_words(each) for each in keywords]
    by_first_word = {each.split()[0]: each for each in reversed(words)}
    close = get_close_matches(word.lower(), by_first_word, n=1, cutoff=0.7)
    return f"did you mean `{by_first_word[close[0]]}`?" if close else ""


def _words(terminal: str) -> str:
    """The words of a keyword, which its terminal is named after."""
    return terminal.lower().replace("_", " ")


_MOST_PHRASES = 6


def _in_words(expected: frozenset[str]) -> str:
    """What could stand here: `a`, `a or b`, `a, b or c`."""
    phrases: list[str] = []
    left = set(expected)
    for sign, phrase, covered in _GROUPS:
        if sign in left:
            phrases.append(phrase)
            left -= {sign, *covered}
    phrases += sorted(_SPELLED_OUT.get(each, f"`{_words(each)}`") for each in left)
    if "the end of the block" in phrases:
        phrases.remove("the end of the block")
        phrases.append("the end of the block")
    if len(phrases) > _MOST_PHRASES:
        return f"{', '.join(phrases[:_MOST_PHRASES])} …"
    *others, last = phrases
    return f"{', '.join(others)} or {last}" if others else last
