"""FHIR from files and streams: NDJSON, gzip, folders, and whatever else lies about."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from records.fhir.tiny import PATIENT, Json, bundle, condition, observation, only_result, read
from records.small_rulebook import SMALL
from screener.records import RecordError, documents, read_patient, read_patients
from screener.records.patient import Patient
from screener.values.ranges import exactly

INR = observation("INR", valueQuantity={"value": 2})
NDJSON = b"".join(json.dumps(each).encode() + b"\n" for each in (PATIENT, INR))
BUNDLE = json.dumps(bundle(PATIENT, INR)).encode()


def values(source: Any) -> list[Any]:
    """The INR of each patient, and the faults in between."""
    return [
        each.results["INR"][0].exact if isinstance(each, Patient) and each.results else
        each.id if isinstance(each, Patient) else each.problems[0].fault
        for each in read_patients(source, SMALL)
    ]  # fmt: skip


def fault(source: Any) -> str:
    with pytest.raises(RecordError) as refused:
        list(read_patients(source, SMALL))
    return refused.value.problems[0].fault


@pytest.mark.parametrize(
    "content",
    [
        BUNDLE,
        NDJSON,
        NDJSON.replace(b"\n", b"\r\n"),
        NDJSON.replace(b"\n", b"\n\n \t\n"),
        NDJSON.rstrip(),
        b"\xef\xbb\xbf" + NDJSON,
        b"\xef\xbb\xbf" + BUNDLE,
        json.dumps(bundle(PATIENT, INR), indent=2).encode(),
        b"\n\n" + BUNDLE,
    ],
    ids=lambda _: "content",
)
def test_a_record_is_the_same_in_every_packing(content: bytes, tmp_path: Path) -> None:
    half = len(content) // 2
    packings = {
        "plain": content,
        "gzip": gzip.compress(content, mtime=0),
        "two members": gzip.compress(content[:half], mtime=0) + gzip.compress(content[half:], mtime=0),
        "padded": gzip.compress(content, mtime=0) + b"\0" * 512,
    }
    for name, packed in packings.items():
        file = tmp_path / f"{name}.json"
        file.write_bytes(packed)
        for source in (packed, io.BytesIO(packed), file, str(file)):
            assert values(source) == [2], name


def test_several_bundles_line_by_line_are_each_a_record_of_its_own() -> None:
    other = json.dumps(bundle({**PATIENT, "gender": "male"}, condition("cirrhosis"))).encode()
    first, second = read_patients(BUNDLE + b"\n" + other, SMALL)
    assert isinstance(first, Patient)
    assert isinstance(second, Patient)
    assert (list(first.results), list(second.episodes)) == (["INR"], ["cirrhosis"])


def test_native_records_and_resources_may_stand_in_one_file() -> None:
    assert values(b'{"id": "n"}\n' + NDJSON) == ["n", 2]


def test_a_faulty_line_is_named_and_the_others_are_read() -> None:
    lines = NDJSON + b'{"resourceType": "Condition", \n[1]\n{"a": 1, "a": 2}\n\xff\n'
    found = values(lines)
    assert found[-1] == 2
    assert [each.partition(":")[0] for each in found[:-1]] == [
        "it is not JSON",
        "a record is one object, not a list",
        "the key `a` stands twice in one object",
        "it is not text in UTF-8",
    ]


def test_a_folder_is_a_bulk_export(tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text(json.dumps(PATIENT))
    (tmp_path / "Observation.ndjson.gz").write_bytes(gzip.compress(json.dumps(INR).encode() + b"\n", mtime=0))
    (tmp_path / "manifest.json").write_text("[")
    assert values(tmp_path) == [2]


@pytest.mark.parametrize("name", [None, "export.json"])
def test_a_folder_without_a_bulk_export_is_refused(name: str | None, tmp_path: Path) -> None:
    if name is not None:
        (tmp_path / name).write_bytes(BUNDLE)
    assert fault(tmp_path) == "it is a folder without a record"


def test_a_folder_that_cannot_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(self: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)
    assert fault(tmp_path) == "it cannot be read: permission denied"


class Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_stream_that_breaks_is_refused() -> None:
    assert fault(Broken()) == "it cannot be read: input/output error"


# ---- what is damaged


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(NDJSON, mtime=0)[:-9], "it is packed by gzip, and ends in the middle"),
        (gzip.compress(NDJSON, mtime=0)[:20], "it is packed by gzip, and ends in the middle"),
        (gzip.compress(NDJSON, mtime=0)[:3], "it is packed by gzip, and ends in the middle"),
        (b"\x1f\x8b" + b"nonsense" * 9, "it is packed by gzip, and damaged"),
        (gzip.compress(NDJSON, mtime=0) + b"more", "it is packed by gzip, and damaged"),
        (b"<?xml version='1.0'?>\n<Bundle xmlns='http://hl7.org/fhir'/>", "it is FHIR in XML, not JSON"),
        (b"\xef\xbb\xbf<html>", "it is a web page (HTML), not JSON"),
        (b"", "there is no record: the text is empty"),
        (b" \n\t\r\n", "there is no record: the text is empty"),
        (BUNDLE[:-1], "it is not JSON: expecting ',' delimiter"),
        (b"\xff\xfe{\x00}\x00", "it is text in UTF-16"),
        (b'{"resourceType": "Patient", "id": "1", "id": "2"}', "the key `id` stands twice in one object"),
        (b'{"resourceType": "Patient", "x": NaN}', "`NaN` is not a number"),
        (b'{"resourceType": "Patient", "x": "\\ud83d"}', "`\\ud83d` is not text in Unicode"),
        (b'{"resourceType": "Patient", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is nested too deeply"),
    ],
    ids=lambda value: "bytes" if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_is_damaged_is_refused_in_words(content: bytes, expected: str) -> None:
    assert fault(content) == expected


def test_a_zip_archive_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", BUNDLE)
    assert fault(packed.getvalue()) == "it is a zip archive"


def test_a_damaged_checksum_is_noticed() -> None:
    packed = bytearray(gzip.compress(NDJSON, mtime=0))
    packed[-5] ^= 1
    assert fault(bytes(packed)) == "it is packed by gzip, and damaged"


class Endless(io.RawIOBase):
    """A stream of so many bytes, made as they are read."""

    def __init__(self, piece: bytes, size: int, end: bytes = b"") -> None:
        self.piece, self.left, self.end = piece, size, end
        self.most_asked = 0

    def read(self, size: int = -1, /) -> bytes:
        self.most_asked = max(self.most_asked, size)
        if self.left <= 0:
            end, self.end = self.end, b""
            return end
        give = min(self.left, size if size > 0 else self.left)
        self.left -= give
        return (self.piece * (give // len(self.piece) + 1))[:give]


@pytest.mark.parametrize("blank", [b" ", b"\n", b"\r\n", b" \n"])
def test_a_sea_of_blanks_is_passed_over_without_keeping_it(blank: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 1 << 23)
    stream = Endless(blank, 1 << 25, BUNDLE)
    assert values(stream) == [2]
    assert 0 < stream.most_asked <= 1 << 20


@pytest.mark.parametrize("piece", [b"[", b"a", b'{"', b"\x00"])
def test_a_text_without_end_is_given_up(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 1 << 22)
    stream = Endless(piece, 1 << 40)
    assert fault(stream) == "it is larger than 4 MiB"
    assert stream.left > 1 << 39


def test_lines_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES_OF_LINES", 1 << 22)
    stream = Endless(b" " * 100_000 + b"{}\n", 1 << 40)
    assert fault(stream) == "it is larger than 4 MiB"
    assert stream.left > 1 << 39


def test_a_bomb_is_given_up_before_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 1 << 22)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"[" * (1 << 20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 1 << 17
    assert fault(bomb) == "it is larger than 4 MiB"


# ---- numbers, depth and plain data


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("1e30", "cannot be"),
        ("1e31", "is beyond any measure"),
        ("1e999999", "is beyond any measure"),
        ("1" * 900, "is beyond any measure"),
        ("0." + "1" * 5000, "is beyond any measure"),
        ("1e-31", "is beyond any measure"),
    ],
)
def test_a_huge_number_is_no_value(number: str, problem: str) -> None:
    record = BUNDLE.replace(b'"value": 2', f'"value": {number}'.encode())
    assert problem in str(only_result(read_patient(record, SMALL)).problem)


@pytest.mark.parametrize("number", ["1" * 5000, "-" + "1" * 100_000, "1e99999999999999999999"])
def test_a_number_of_very_many_digits_is_refused(number: str) -> None:
    assert "is not a number" in fault(BUNDLE.replace(b'"value": 2', f'"value": {number}'.encode()))


def nested(depth: int) -> Json:
    inner: Json = {}
    for _ in range(depth):
        inner = {"extension": [inner]}
    return inner


class Odd:
    pass


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (nested(5000), "it is nested too deeply"),
        ({5: "x"}, "`5` is not a key: keys are text"),
        ({"x": Odd()}, "an object is not JSON"),
        ({"x": float("nan")}, "`nan` is not a number"),
        ({"x": float("inf")}, "`inf` is not a number"),
        ({"x": Decimal("NaN")}, "`NaN` is not a number"),
        ({"x": "\ud83d"}, "`\\ud83d` is not text in Unicode"),
        ({"\ud83d": 1}, "`\\ud83d` is not text in Unicode"),
        ({"x": {1, 2}}, "an object is not JSON"),
    ],
)
def test_plain_data_that_no_json_text_could_hold_is_refused(odd: Any, expected: str) -> None:
    assert fault({**PATIENT, "extension": [odd], **(odd if set(odd) == {5} else {})}) == expected


def test_plain_data_may_be_any_mapping_with_tuples() -> None:
    given = MappingProxyType({"resourceType": "Bundle", "entry": ({"resource": PATIENT}, {"resource": INR})})
    assert only_result(read_patient(given, SMALL)).value == exactly(2)


@pytest.mark.parametrize("depth", [10, 100])
def test_a_deep_extension_is_no_harm(depth: int) -> None:
    patient = read(INR | nested(depth), INR | nested(depth))
    assert only_result(patient).value == exactly(2)


@pytest.mark.parametrize("bad", [r'{"a": 1, "a": 2}', '{"b": ', r'{"c\ud800": 1}'])
def test_of_a_line_that_cannot_be_read_only_the_number_is_told(bad: str) -> None:
    text = f'{{"resourceType": "Patient", "id": "p"}}\n{bad}\n{{"resourceType": "Patient", "id": "q"}}\n'
    read = list(read_patients(text, SMALL, "ward.ndjson"))
    patients = [each for each in read if isinstance(each, Patient)]
    assert [each.id for each in patients] == ["p", "q"]
    assert {place for each in patients for place in each.unread.values()} == {"ward.ndjson: line 2"}
