"""Whatever a record holds is text on the page: markup, quotes, control characters, text that turns, long words."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.pages import Page, html_page, page_of, screened_record, words
from screener import evaluate, load_patient, load_rules

HOSTILE = [
    "<script>alert(x)</script>",
    "</style><img src=x onerror=alert(x)>",
    "\"'><svg onload=alert(x)>",
    "&lt;b&gt; &amp;",
    "{{ 7 * 7 }} {% raw %}",
    "]]><!-- -->",
    "W" * 400,
    "שלום 12 مرحبا",
]


def a_record(text: str) -> dict[str, Any]:
    """A record that has the text wherever a record may have text of its own."""
    return {
        "id": text,
        "as_of": "2026-02-20",
        "observations": [
            {"name": "TBil", "value": 200, "unit": text, "date": "2026-02-18"},
            {"name": "TBil", "value": 210, "unit": "umol/L", "date": "2026-02-19"},
            {"name": "INR", "value": text, "date": "2026-02-18"},
            {"name": "INR", "value": 1.2, "date": "2026-02-17"},
            {"name": "HE_grade", "value": text, "date": "2026-02-18"},
        ],
        "conditions": [{"name": "heart_failure", "status": "active", "stage": text}, {"icd10": text}],
        "allergies": [{"system": text, "code": text, "status": "present"}],
        "answers": {"NCT07409259/informed_consent": {"value": True, "by": text, "date": "2026-02-19"}},
    }


def page_with(text: str) -> Page:
    """A page about one trial; the text stands in it wherever a record may have one."""
    rules = load_rules()
    return Page(html_page(evaluate(load_patient(a_record(text), rules), rules, trials=["NCT07409259"])))


def skeleton(page: Page) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Tags and attributes of the page, without its texts and without what is made of the style sheets."""
    return [
        (each.tag, tuple(sorted((name, value) for name, value in each.attrib.items() if name != "content")))
        for each in page.elements()
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_markup_in_a_record_is_shown_and_not_obeyed(text: str) -> None:
    page = page_with(text)
    assert skeleton(page) == skeleton(page_with(re.sub(r"[^\w,;]", "-", text)))  # the same words
    assert text.split("\n")[0] in words(page.all("h1")[0])


@pytest.mark.parametrize(
    "sign", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\ue000"]
)
def test_what_cannot_be_seen_is_escaped(sign: str) -> None:
    page = page_with(f"a{sign}b")
    assert sign not in page.text
    assert f"a{sign.encode('unicode_escape').decode()}b" in words(page.all("h1")[0])


def test_values_of_a_record_stand_in_isolation_from_the_text_around() -> None:
    page = page_of(screened_record(a_record("שלום")))

    def is_isolated(element: Element, inside: bool) -> bool:
        here = inside or element.tag == "bdi"
        return all(is_isolated(each, here) for each in element) and (here or "שלום" not in (element.text or ""))

    main = page.all("main")[0]
    told = {each.tag for each in main.iter() if "שלום" in (each.text or "")}
    # Explanations quote the record inside the engine's own sentences, which are text of their own.
    assert told <= {"bdi", "dd", "p", "desc", "li"}
    assert is_isolated(page.all("h1")[0], False)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40) | st.text(
    "<>&\"'`=/{}%#;:\\\n\t\u202e\u0000ab ", min_size=1, max_size=30
)


def small_page(text: str) -> Page:
    """A page about one trial, with the text in the places where a record keeps it as it is."""
    record = {
        "id": text,
        "as_of": "2026-02-20",
        "observations": [{"name": "TBil", "value": 200, "unit": text, "date": "2026-02-18"}],
        "answers": {"NCT07409259/informed_consent": {"value": True, "by": text}},
    }
    rules = load_rules()
    return Page(html_page(evaluate(load_patient(record, rules), rules, trials=["NCT07409259"])))


@cache
def plain_skeleton() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    return skeleton(small_page("plain"))


@settings(max_examples=20, deadline=None)
@given(text=TEXTS)
def test_no_text_of_a_record_changes_what_the_page_is_made_of(text: str) -> None:
    page = small_page(f"x{text}")
    assert skeleton(page) == plain_skeleton()
    for sheet in page.all("style"):
        assert re.fullmatch(r"[\x20-\x7e\n]*", sheet.text or "")
