"""A lab that is called as another one for short: its results may be meant for the other."""

from __future__ import annotations

import pytest

from screener.language.checker import check_texts

DICTIONARY = """defaults
  labs fresh 7 days
  findings fresh 7 days
  absences fresh 90 days

lab total_bilirubin "Total bilirubin"
  unit umol/L
  molar mass 584.66 g/mol
  possible 0.5 .. 1500 umol/L
{unlike}
lab {name} "{title}"
  unit {unit}
  possible 0.1 .. 900 {unit}
"""


@pytest.mark.parametrize(
    ("name", "title", "unit", "unlike", "warned"),
    [
        ("bilirubin", "Bilirubin", "umol/L", "", True),
        ("bilirubin", "Bilirubin", "mg/dL", "", True),
        ("bili", "Total", "umol/L", "", True),  # by its title
        ("bilirubin", "Bilirubin", "%", "", False),  # no result of the one is one of the other
        ("bilirubin", "Bilirubin", "umol/L", "  not to be mistaken for bilirubin\n", False),
        ("direct_bilirubin", "Direct bilirubin", "umol/L", "", False),
        ("lactate", "Lactate", "mmol/L", "", False),
    ],
)
def test_a_lab_that_is_nearly_another_is_warned_of(
    name: str, title: str, unit: str, unlike: str, *, warned: bool
) -> None:
    text = DICTIONARY.format(name=name, title=title, unit=unit, unlike=unlike)
    checked = check_texts({"dictionary.rules": text}, {}, "sha256:test")
    assert [each.code for each in checked.diagnostics] == ["nearly-another"] * warned
    assert checked.rulebook is not None
