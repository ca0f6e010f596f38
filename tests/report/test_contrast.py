"""Text stands out from its ground at least 4.5 to 1, in the light and in the dark, as WCAG 2.1 counts it (1.4.3)."""

from __future__ import annotations

import re

import pytest

from screener.report.html import TEMPLATES

SHEET = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("parts.css", "sheet.css"))
TEXT = ("--ink", "--soft", "--failed", "--unknown", "--passed", "--link")
SCHEMES = [
    dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", SHEET, re.S)
]


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark"])
@pytest.mark.parametrize("text", TEXT)
def test_text_stands_out_from_the_paper(scheme: dict[str, str], text: str) -> None:
    assert contrast(scheme[text], scheme["--paper"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark"])
def test_text_on_a_filled_mark_stands_out_from_it(scheme: dict[str, str]) -> None:
    assert contrast(scheme["--on-fill"], scheme["--failed"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark"])
def test_lines_that_mean_something_stand_out_3_to_1(scheme: dict[str, str]) -> None:
    assert contrast(scheme["--strong-line"], scheme["--paper"]) >= 3


def test_every_color_is_one_of_the_named_ones() -> None:
    outside = re.sub(r":root \{.*?\}", "", SHEET, flags=re.S)
    printed = {"#55534e"}  # the foot of printed pages, where no variable reaches
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", outside)) <= printed
    assert contrast("#55534e", "#ffffff") >= 4.5
