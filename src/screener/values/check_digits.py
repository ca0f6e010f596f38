"""Check digits of code systems, which give a mistyped code away.

SNOMED CT: the last digit is by Verhoeff's dihedral scheme (SNOMED International, Technical Implementation Guide,
"Check digit"). LOINC: the digit behind the hyphen is by Luhn's scheme, modulo 10 (LOINC Users' Guide, appendix
"Calculating Mod 10 check digits").
"""

from __future__ import annotations

import re

_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _product(left: int, right: int) -> int:
    """The product of two elements of the dihedral group D5, which Verhoeff's check digit uses."""
    if left < 5:
        return (left + right) % 5 if right < 5 else (left + right) % 5 + 5
    return (left - right) % 5 + 5 if right < 5 else (left - right) % 5


def is_snomed(code: str) -> bool:
    """Whether a SNOMED CT identifier has 6 to 18 digits and the right check digit.

    >>> is_snomed("22298006"), is_snomed("22298007")
    (True, False)
    """
    if not re.fullmatch("[1-9][0-9]{5,17}", code):
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        permuted = int(digit)
        for _ in range(place % 8):
            permuted = _PERMUTED[permuted]
        check = _product(check, permuted)
    return check == 0


def is_loinc(code: str) -> bool:
    """Whether a LOINC code has the right check digit. An answer (`LA6576-8`) and a part (`LP…`) count as codes, too.

    >>> is_loinc("1975-2"), is_loinc("1975-3")
    (True, False)
    """
    found = re.fullmatch("(?:L[A-Z])?([0-9]{1,7})-([0-9])", code)
    if found is None:
        return False
    total = 0
    for place, digit in enumerate(reversed(found[1])):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(found[2])
