"""Text in UTF-32 is called so, with a mark or without; UTF-16 stays what it is."""

from __future__ import annotations

import pytest

from screener.records.foreign import foreign_text

TEXT = '{"resourceType": "Patient"}'


@pytest.mark.parametrize(
    ("encoding", "called"),
    [
        ("utf-32", "UTF-32"),
        ("utf-32-le", "UTF-32"),
        ("utf-32-be", "UTF-32"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
def test_it_is_called_by_its_name(encoding: str, called: str) -> None:
    form = foreign_text(TEXT.encode(encoding))
    assert form is not None
    assert called in form.what


def test_so_it_is_with_the_mark_of_the_other_order() -> None:
    form = foreign_text(b"\0\0\xfe\xff" + TEXT.encode("utf-32-be"))
    assert form is not None
    assert "UTF-32" in form.what
