"""Roman numerals, in which stages, classes and grades are written."""

from __future__ import annotations

ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
"""The numerals in use, in capitals, and what they count."""
ARABIC = {str(number): roman for roman, number in ROMAN.items()}
"""The same numbers in digits, and the numeral of each."""
