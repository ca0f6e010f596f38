"""What a person should look at first stands above everything else, in every form for people."""

from __future__ import annotations

from datetime import date
from io import StringIO

from rich.console import Console

from report.pages import html_page
from screener import Screening, evaluate, load_rules
from screener.report.markdown import markdown
from screener.report.terminal import print_screening

NEARLY, ASKED = "not read: wieght; did you mean", "“wieght”: did you mean body weight"


def screening() -> Screening:
    record = {
        "as_of": "2026-02-20",
        "observations": [{"name": "ALT", "value": 1}, {"name": "wieght", "value": 40, "unit": "kg"}],
    }
    return evaluate(record, load_rules(), as_of=date(2026, 2, 20))


def test_it_stands_above_the_criteria_and_once() -> None:
    """On the page once above all else, and once among what is to be done."""
    printed = StringIO()
    print_screening(screening(), Console(width=100, file=printed))
    forms = ((printed.getvalue(), NEARLY, 1), (markdown(screening()), NEARLY, 1), (html_page(screening()), ASKED, 2))
    for text, nearly, times in forms:
        assert text.count(nearly) == times
        first = text.lower().index("check first: ")
        assert first < text.index("Body weight")
        assert first < text.lower().index("not read: alt")


def test_the_notes_of_a_result_begin_with_it() -> None:
    first, second = screening().notes
    assert (first.startswith("check first: "), second) == (True, "not read: ALT (observations[0])")
