"""Write the titles of ICD-10-CM anew whose words name something else than their code, from simple-icd-10-cm.

Run by hand when a release or a phrase is added: `python tests/terminology/pack_titles.py`. It takes a minute or two.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import simple_icd_10_cm

from screener.loading import load_rulebook
from screener.records.dictionary import Dictionary, dictionary_of
from terminology.pack_codes import FOLDER


def titles(step: int = 1) -> Iterator[tuple[str, str]]:
    """The codes, from category to leaf, each with its title; only every so manieth of them."""
    for code in simple_icd_10_cm.get_all_codes(True)[::step]:
        if "-" not in code and code[:1].isalpha() and code[1:2].isdigit():
            yield code, simple_icd_10_cm.get_description(code)


def that_open_more(found: Iterable[tuple[str, str]], dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    """Those next to whose code an entry may be more than under its code alone."""
    for code, title in found:
        alone, named = (dictionary.said([("icd10cm", code)], words, on="conditions") for words in (None, title))
        if not (named.is_ | named.open) & dictionary.asked <= alone.is_ | alone.open:
            yield code, title


if __name__ == "__main__":
    packed_at = FOLDER / "icd10cm_titles.txt.zlib"
    packed_at.write_bytes(zlib.compress(b""))
    lines = [f"{code}\t{title}" for code, title in that_open_more(titles(), dictionary_of(load_rulebook()))]
    packed_at.write_bytes(zlib.compress("\n".join(lines).encode(), 9))
    print(len(lines), "titles,", packed_at.stat().st_size, "bytes")
