"""How words are laid out on lines: a small printer of documents that may break, and comments woven back in.

A document is words and places to break; a group that fits on its line stays on it, otherwise all its own breaks become
line ends. Words know the characters they came from, so that a comment finds its line again. Nothing here knows rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from screener.language.source import Comment, Span

INDENTATION = 2
WIDTH = 104
"""The column that lines end before, where they can be broken."""


class Word(Struct, frozen=True):
    """Text that is never broken, and the characters it came from, if any."""

    text: str
    span: Span | None = None


class Break(Struct, frozen=True):
    """A place for a line end; `flat` stands there otherwise. A comment within `gap` makes it a line end."""

    flat: str = " "
    gap: Span | None = None


class Indent(Struct, frozen=True):
    """Line ends in `of` are indented one step more."""

    of: Doc


class Group(Struct, frozen=True):
    """Stays on one line if it ends before the column `width`, unless it `always` breaks."""

    of: Doc
    width: int = WIDTH
    always: bool = False


Doc = Word | Break | Indent | Group | tuple["Doc", ...]


class LaidOutLine(Struct, frozen=True):
    """A line as laid out: its text without indentation, and the span of characters it came from."""

    indentation: int
    text: str
    span: Span

    def __str__(self) -> str:
        return " " * self.indentation + self.text


def lay_out(document: Doc, comments: Sequence[Comment]) -> list[LaidOutLine]:
    """The lines of a document, comments among them. On every line, some word has a span."""
    return _weave(list(_lines(document, comments)), comments)


# ---- lines


class _Task(Struct):
    """A document still to be written, the indentation of its line ends, and whether its breaks are line ends."""

    of: Doc
    indentation: int
    broken: bool


def _lines(document: Doc, comments: Sequence[Comment]) -> Iterator[LaidOutLine]:
    tasks = [_Task(document, 0, True)]
    words: list[Word] = []
    indentation = column = 0
    while tasks:
        task = tasks.pop()
        match task.of:
            case Word(text):
                words.append(task.of)
                column += len(text)
            case Break(flat) if task.broken:
                yield _line(indentation, words)
                words, indentation, column = [], task.indentation, task.indentation
            case Break(flat):
                words.append(Word(flat))
                column += len(flat)
            case Indent(of):
                tasks.append(_Task(of, task.indentation + INDENTATION, task.broken))
            case Group(of, width):
                broken = task.broken and (_must_break(task.of, comments) or not _fits(width - column, of, tasks))
                tasks.append(_Task(of, task.indentation, broken))
            case parts:
                tasks += [_Task(part, task.indentation, task.broken) for part in reversed(parts)]
    yield _line(indentation, words)


def _line(indentation: int, words: list[Word]) -> LaidOutLine:
    spans = [word.span for word in words if word.span is not None]
    text = "".join(word.text for word in words).rstrip()
    return LaidOutLine(indentation, text, Span(spans[0].start, spans[-1].end))


def _must_break(document: Doc, comments: Sequence[Comment]) -> bool:
    """Whether a comment stands at one of the breaks, or a group inside always breaks."""
    match document:
        case Word():
            return False
        case Break(gap=gap):
            return gap is not None and any(gap.start <= comment.span.start < gap.end for comment in comments)
        case Indent(of):
            return _must_break(of, comments)
        case Group(of, always=always):
            return always or _must_break(of, comments)
        case parts:
            return any(_must_break(part, comments) for part in parts)


def _fits(room: int, document: Doc, waiting: Sequence[_Task]) -> bool:
    """Whether the document, and what follows it up to the next place to break, leaves no word beyond the room."""
    for width in _widths_to_next_break(document, waiting):
        room -= width
        if room < 0:
            return False
    return True


def _widths_to_next_break(document: Doc, waiting: Sequence[_Task]) -> Iterator[int]:
    stack = [(task.of, task.broken) for task in waiting] + [(document, False)]
    while stack:
        of, may_break = stack.pop()
        match of:
            case Break() if may_break:
                return
            case Word(text) | Break(text):
                yield len(text)
            case Indent(inner) | Group(inner):
                stack.append((inner, may_break))
            case parts:
                stack += [(part, may_break) for part in reversed(parts)]


# ---- comments


def _weave(lines: list[LaidOutLine], comments: Iterable[Comment]) -> list[LaidOutLine]:
    """The lines with every comment on a line of its own above the text it stood above, or behind the text it followed;
    what follows the last line stands below it."""
    above: dict[int, list[Comment]] = {}
    behind: dict[int, list[Comment]] = {}
    for comment in comments:
        at = comment.span.start
        inside = [number for number, line in enumerate(lines) if line.span.start < at < line.span.end]
        before = [number for number, line in enumerate(lines) if line.span.start < at]
        if comment.alone or lines[before[-1]].text.startswith(">"):
            # Nothing stands above the first line, which is where the block begins.
            below = inside[0] if inside and inside[0] else before[-1] + 1
            above.setdefault(below, []).append(comment)
        else:
            behind.setdefault(before[-1], []).append(comment)
    woven = []
    for number, line in enumerate(lines):
        woven += [LaidOutLine(line.indentation, comment.text, comment.span) for comment in above.get(number, ())]
        text = "  ".join([line.text, *(comment.text for comment in behind.get(number, ()))])
        woven.append(LaidOutLine(line.indentation, text, line.span))
    woven += [LaidOutLine(INDENTATION, comment.text, comment.span) for comment in above.get(len(lines), ())]
    return woven


# ---- shapes


def filled(separator: str, documents: Sequence[tuple[Doc, Span]]) -> Doc:
    """Documents with a separator (`,` or `;`) behind each but the last, as many on a line as fit."""
    parts = [documents[0][0]]
    for (_, before), (document, span) in pairwise(documents):
        parts += [Word(separator), Group((Break(gap=Span(before.end, span.start)), document))]
    return tuple(parts)
