"""How problems look as text, and where they are."""

from __future__ import annotations

from screener.language.diagnostics import Diagnostic, error, in_order, render, render_all, warning
from screener.language.source import Source, Span

TEXT = "inclusion I3\n  > INR ≥ 1.5 or PTA < 40%\n  INR >= 1.5 or PTA < 40\n\n  # a note\n"
SOURCE = Source("rules/x.rules", TEXT)


def at(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words))


def test_a_problem_shows_its_line_the_line_above_and_what_to_write() -> None:
    problem = error(
        "unit-mismatch",
        "`PTA` cannot be compared with `40`",
        SOURCE,
        at("PTA < 40\n"),
        block="inclusion I3",
        label="no unit",
        notes=("PTA:   %", "limit: a bare number"),
        help="did you mean `40 %`?",
    )
    assert render(problem) == (
        "error[unit-mismatch]: `PTA` cannot be compared with `40`\n"
        "  --> rules/x.rules:3:17   inclusion I3\n"
        "   |\n"
        " 2 |   > INR ≥ 1.5 or PTA < 40%\n"
        " 3 |   INR >= 1.5 or PTA < 40\n"
        "   |                 ^^^^^^^^ no unit\n"
        "   = PTA:   %\n"
        "     limit: a bare number\n"
        "help: did you mean `40 %`?"
    )


def test_the_line_above_is_left_out_where_it_is_empty() -> None:
    shown = render(warning("note", "look here", SOURCE, at("# a note")))
    assert shown.splitlines()[2:] == ["   |", " 5 |   # a note", "   |   ^^^^^^^^"]


def test_numbers_of_lines_have_room_in_the_margin() -> None:
    source = Source("x.rules", "x\n" * 1000)
    shown = render(error("x", "x", source, Span(1998, 1999)))
    assert shown.splitlines()[1:] == ["    --> x.rules:1000:1", "     |", " 999 | x", "1000 | x", "     | ^"]


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    shown = render(error("x", "x", SOURCE, Span(TEXT.index("INR >="), len(TEXT))))
    assert shown.splitlines()[-1] == "   |   ^^^^^^^^^^^^^^^^^^^^^^"


def test_a_problem_at_the_end_of_a_line_has_one_caret_behind_it() -> None:
    source = Source("x.rules", "ab\n")
    assert render(error("x", "x", source, Span(2, 3))).splitlines()[-1] == "   |   ^"
    assert render(error("x", "x", source, Span(2, 2))).splitlines()[-1] == "   |   ^"


def test_a_problem_without_a_place_has_only_words() -> None:
    assert render(error("no-defaults", "nothing says how long", help="add a block\n  fresh 7 days")) == (
        "error[no-defaults]: nothing says how long\nhelp: add a block\n        fresh 7 days"
    )


def test_a_tab_does_not_push_the_caret_off_its_place() -> None:
    shown = render(error("x", "x", Source("x.rules", "a\tb\n"), Span(2, 3))).splitlines()
    assert shown[-2:] == [" 1 | a b", "   |   ^"]


def test_problems_are_shown_in_the_order_of_files_and_places() -> None:
    other = Source("rules/a.rules", "one\ntwo\n")
    nowhere = error("d", "d")
    problems = [error("a", "a", SOURCE, at("INR >=")), error("b", "b", other, Span(4, 5)), nowhere]
    problems.append(warning("c", "c", other, Span(0, 1)))
    assert [each.code for each in in_order(problems)] == ["d", "c", "b", "a"]
    assert render_all(problems).count("\n\n") == 3
    assert render_all([]) == ""


def test_only_errors_keep_rules_from_being_used() -> None:
    assert error("x", "x").is_error
    assert not warning("x", "x").is_error
    assert Diagnostic("error", "x", "x", SOURCE).place == "rules/x.rules"


# ---- places


def test_lines_and_columns_are_counted_from_one() -> None:
    source = Source("x.rules", "ab\n\ncd")
    assert [(source.line_of(at), source.column_of(at)) for at in (0, 1, 2, 3, 4, 5, 6)] == [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (3, 1),
        (3, 2),
        (3, 3),
    ]
    assert [source.line(number) for number in (1, 2, 3)] == ["ab", "", "cd"]


def test_an_excerpt_has_no_comments_and_no_margin() -> None:
    source = Source("x.rules", 'define d "D"\n    one  # 1\n      two\n  # 2\n    "# 3" three\n')
    span = Span(source.text.index("one"), source.text.index("three") + 5)
    assert source.excerpt(span) == 'one\n  two\n"# 3" three'


def test_comments_know_whether_they_stand_alone() -> None:
    comments = Source("x.rules", "# one\n  # two\nx # three\n  > # none\n").comments
    assert [(comment.text, comment.alone) for comment in comments] == [
        ("# one", True),
        ("# two", True),
        ("# three", False),
    ]
