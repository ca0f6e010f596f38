"""Records that are refused: each file in `broken/` beside the whole message that it gives. And those of which something
is set aside: each file in `set_aside/` beside all its notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient

SET_ASIDE = sorted((Path(__file__).parent / "set_aside").glob("*.json"))
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.json"))


def test_the_broken_records_were_found() -> None:
    assert len(BROKEN) >= 30
    assert len(SET_ASIDE) >= 50


@pytest.mark.parametrize("record", BROKEN, ids=lambda path: path.stem)
def test_a_broken_record_is_refused_with_its_message(record: Path) -> None:
    with pytest.raises(RecordError) as refused:
        read_patient(record, SMALL, record.name)
    assert str(refused.value) == record.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("record", BROKEN, ids=lambda path: path.stem)
def test_no_message_speaks_of_the_program(record: Path) -> None:
    message = record.with_suffix(".txt").read_text(encoding="utf-8")
    for word in ("pydantic", "Traceback", "NoneType", "dict", " str", "Input should", "Decimal", "_error"):
        assert word not in message.replace("dictionary", "")
    for line in message.splitlines():
        assert not line.endswith(".")
        assert not line.startswith("error[record]: ") or line[15].islower() or line[15] in "`"


@pytest.mark.parametrize("record", SET_ASIDE, ids=lambda path: path.stem)
def test_what_is_set_aside_is_named(record: Path) -> None:
    notes = read_patient(record, SMALL, record.name).notes
    assert "\n".join(notes) == record.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")
