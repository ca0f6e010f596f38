"""Texts of several lines: which are one JSON text, which stand one after the other; broken lines, marks and blanks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from records.fhir.tiny import PATIENT, bundle, observation
from records.small_rulebook import SMALL
from screener.records import RecordError, documents, read_patients
from screener.records.patient import Patient

INR = observation("INR", valueQuantity={"value": 2})
PERSON, RESULT = json.dumps(PATIENT).encode(), json.dumps(INR).encode()
BROKEN = b'{"resourceType": "Condition", "id": "x",}'
CUT = b'{"resourceType": "Condition", "id": '
MARK = b"\xef\xbb\xbf"


def outcome(text: bytes) -> tuple[list[str], list[object]]:
    """Where the faults lie, and the INR of each patient; the same from memory and as a stream."""
    both = [_outcome(read_patients(source, SMALL)) for source in (text, io.BytesIO(text))]
    assert both[0] == both[1]
    return both[0]


def _outcome(read: Iterator[Patient | RecordError]) -> tuple[list[str], list[object]]:
    faults: list[str] = []
    values: list[object] = []
    try:
        for each in read:
            if isinstance(each, RecordError):
                faults.append(each.problems[0].path.split(",")[0].split(":")[0])
            else:
                values.append(each.results["INR"][0].exact if each.results else each.id)
    except RecordError as error:
        faults.append(f"whole: {error.problems[0].path}")
    return faults, values


@pytest.mark.parametrize(
    ("lines", "faulty"),
    [
        ([BROKEN, PERSON, RESULT], [1]),
        ([CUT, PERSON, RESULT], [1]),
        ([b"Downloading the export ...", PERSON, RESULT], [1]),
        ([b"<html>", PERSON, RESULT], [1]),
        ([BROKEN, CUT, PERSON, BROKEN, RESULT], [1, 2, 4]),
        ([PERSON, CUT, RESULT, BROKEN], [2, 4]),
        ([BROKEN, PERSON, CUT, RESULT], [1, 3]),
        ([b"\xff\xff{", PERSON, RESULT], [1]),
        ([CUT, b"", PERSON, b"", RESULT], [1]),
    ],
)
def test_a_broken_line_is_named_wherever_it_stands_and_the_others_are_read(
    lines: list[bytes], faulty: list[int]
) -> None:
    for end in (b"\n", b"\r\n"):
        faults, values = outcome(end.join(lines))
        assert values == [2]
        assert faults == [f"line {number}" for number in faulty]


@pytest.mark.parametrize("before", [b" ", b"\t", b"  \t ", MARK, b" " + MARK])
@pytest.mark.parametrize("after", [b"\n", b"\r\n", b" \t\n\n", b"\n \n\t\n"])
def test_blanks_and_marks_before_a_line_are_nothing(before: bytes, after: bytes) -> None:
    text = b"".join(before + line + after for line in (PERSON, RESULT))
    assert outcome(text) == ([], [2])
    assert outcome(text.rstrip()) == ([], [2])
    assert outcome(before + PERSON + after + RESULT) == ([], [2])


def test_a_mark_alone_in_a_line_is_nothing() -> None:
    assert outcome(MARK + b"\n" + PERSON + b"\n" + MARK + b"\n" + RESULT) == ([], [2])


@pytest.mark.parametrize("indent", [0, 1, 2, "\t"])
def test_one_json_text_over_many_lines_is_one_text(indent: int | str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(bundle(PATIENT, INR, {"resourceType": "Basic", "x": [{}, {"a": {}}]}), indent=indent).encode()
    assert outcome(text) == outcome(MARK + text) == outcome(text + b"\n\n") == ([], [2])
    monkeypatch.setattr(documents, "MOST_LINES_TRIED", 3)
    assert outcome(text) == ([], [2])


@pytest.mark.parametrize("indent", [1, 2, "\t"])
@pytest.mark.parametrize("between", ["\n", "\n\n", "\n \n"])
def test_json_texts_over_many_lines_may_stand_one_after_the_other(indent: int | str, between: str) -> None:
    texts = [json.dumps(each, indent=indent) for each in (PATIENT, INR)]
    assert outcome(between.join(texts).encode()) == ([], [2])


def test_a_broken_one_of_them_is_named_by_its_first_line() -> None:
    texts = [json.dumps(each, indent=1) for each in (PATIENT, INR)]
    broken = '{\n "resourceType": "Condition",\n}'
    faults, values = outcome("\n".join([texts[0], broken, texts[1]]).encode())
    assert values == [2]
    assert faults == [f"line {texts[0].count(chr(10)) + 2}"]


@pytest.mark.parametrize("wrong", [" ,}", " ]", "\n,\n", ' "x" 1}'])
def test_one_broken_json_text_is_refused_as_a_whole(wrong: str) -> None:
    text = json.dumps(bundle(PATIENT, INR), indent=1).rstrip("}\n ") + wrong
    faults, values = outcome(text.encode())
    assert values == []
    assert [each.partition(":")[0] for each in faults] == ["whole"]


def test_texts_with_what_belongs_to_one_line_only_are_not_taken_apart() -> None:
    text = b'{"resourceType": "Bundle", "entry": [\n{"resource": ' + PERSON + b"},\n{}\n" + b"]}"
    _, values = outcome(text)
    assert len(values) == 1


def test_a_broken_first_line_of_a_stream_is_told_before_the_stream_ends() -> None:
    class Watched(io.RawIOBase):
        def __init__(self) -> None:
            self.pieces = [BROKEN + b"\n" + PERSON + b"\n", *[RESULT + b"\n"] * 50]

        def read(self, size: int = -1, /) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    stream = Watched()
    first = next(iter(read_patients(stream, SMALL)))
    assert isinstance(first, RecordError)
    assert len(stream.pieces) > 40


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_list_of_resources_is_read_as_they_are_one_a_line(size: int) -> None:
    resources = [PATIENT, INR, {"resourceType": "Basic"}][:size]
    expected = outcome(b"\n".join(json.dumps(each).encode() for each in resources))
    for indent in (None, 1):
        assert outcome(json.dumps(resources, indent=indent).encode()) == expected
    assert outcome(b'["a"]')[1] == outcome(b"[]")[1] == outcome(json.dumps([PATIENT, 1]).encode())[1] == []
