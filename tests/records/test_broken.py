"""Records that are refused: each file in `broken/` beside the whole message that it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.small_rulebook import SMALL
from screener.records import RecordError, read_patient

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.json"))


def test_the_broken_records_were_found() -> None:
    assert len(BROKEN) >= 80


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
