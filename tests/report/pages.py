"""What the tests of the reports share: the shipped rules, the example patients, and a page read as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

from screener import evaluate, load_patient, load_rules
from screener.report.sheet_page import page
from screener.screening import Screening
from screener.sheet.making import sheet_of

PATIENTS = Path(__file__).parents[2] / "examples" / "patients"
NAMES = sorted(path.stem for path in PATIENTS.glob("*.json"))


@cache
def screened(name: str, *trials: str) -> Screening:
    """An example patient, screened against these trials, or against every one."""
    return evaluate(load_patient(PATIENTS / f"{name}.json"), load_rules(), trials=trials or None)


def screened_record(record: dict[str, Any], **how: Any) -> Screening:
    return evaluate(load_patient(record), load_rules(), **how)


class Page:
    """A page as a browser would read it; anything that HTML does not allow is an error."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            each
            for each in self.root.iter()
            if isinstance(each.tag, str)
            and each.tag.rpartition("}")[2] == tag
            and all(
                value in each.get(name.rstrip("_"), "").split() if name == "class_" else each.get(name) == value
                for name, value in attributes.items()
            )
        ]

    def one(self, anchor: str) -> Element:
        [element] = [each for each in self.root.iter() if each.get("id") == anchor]
        return element

    def elements(self) -> Iterator[Element]:
        return (each for each in self.root.iter() if isinstance(each.tag, str))


def words(element: Element) -> str:
    """All text of an element, every stretch of blanks as one; what a browser sets apart is apart."""
    return flat("".join(_texts(element)))


_WITHIN_A_LINE = ("a", "bdi", "code", "span", "strong", "time")


def _texts(element: Element) -> Iterator[str]:
    apart = "" if element.tag in _WITHIN_A_LINE else " "
    yield apart + (element.text or "")
    for each in element:
        yield from _texts(each)
        yield each.tail or ""
    yield apart


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def html_page(*screenings: Screening) -> str:
    return page([sheet_of(each) for each in screenings], screenings)


def page_of(*screenings: Screening) -> Page:
    return Page(html_page(*screenings))


@cache
def example_page(name: str) -> Page:
    return page_of(screened(name))
