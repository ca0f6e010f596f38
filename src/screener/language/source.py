"""Source text and places in it: a rule file, spans of characters, lines and columns, comments.

Nothing here knows the grammar, but for what a comment, a string and a quotation look like.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from msgspec import Struct


class Span(Struct, frozen=True, order=True, gc=False):
    """The characters from `start` up to, not including, `end`, counted from the beginning of the file."""

    start: int
    end: int


class Comment(Struct, frozen=True, gc=False):
    """A comment with its `#`. One that stands `alone` on its line is about what follows, else about what precedes."""

    text: str
    span: Span
    alone: bool


# A line whose first character is `>` is a quotation to its end; a `#` in it, or in a string, is no comment.
_OPAQUE = re.compile(r'^[ \t]*>[^\n]*|"[^"\n]*"?|(?P<comment>#[^\n]*)', re.MULTILINE)


class Source(Struct, frozen=True, dict=True):
    """A rule file: its path as messages show it, and its text. Lines and columns are counted from 1."""

    path: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comments, in the order of the file."""
        return tuple(
            Comment(found["comment"].rstrip(), Span(*found.span()), not self._before_on_line(found.start()).strip())
            for found in _OPAQUE.finditer(self.text)
            if found["comment"] is not None
        )

    def _before_on_line(self, offset: int) -> str:
        return self.text[self._line_starts[self.line_of(offset) - 1] : offset]

    def line_of(self, offset: int) -> int:
        """The number of the line that holds the character at `offset`."""
        return bisect_right(self._line_starts, offset)

    def column_of(self, offset: int) -> int:
        """The column of the character at `offset` in its line."""
        return offset - self._line_starts[self.line_of(offset) - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def starts_line(self, offset: int) -> bool:
        """Whether only white space stands before `offset` in its line."""
        return not self._before_on_line(offset).strip()

    def slice(self, span: Span) -> str:
        """The characters of the span, as they stand in the file."""
        return self.text[span.start : span.end]

    def excerpt(self, span: Span) -> str:
        """The text of the span as it was written, line by line, without comments and without its indentation."""
        text = self.slice(span)
        for comment in reversed(self.comments):
            if span.start <= comment.span.start < span.end:
                first, last = comment.span.start - span.start, comment.span.end - span.start
                text = text[:first] + text[last:]
        lines = [line.rstrip() for line in text.split("\n")]
        margin = self.column_of(span.start) - 1
        rest = [line[min(margin, len(line) - len(line.lstrip())) :] for line in lines[1:]]
        return "\n".join(line for line in [*lines[:1], *rest] if line)
