"""A large export read patient by patient gives what it gives read at once."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from records.fhir.tiny import condition, observation
from records.fhir_sources import dictionary
from records.small_rulebook import SMALL
from screener.records import RecordError, json_records, read_patients
from screener.records.dictionary import Dictionary
from screener.records.fhir import spread
from screener.records.fhir.spread import Spread
from screener.records.patient import Patient

KNOWN = Dictionary(SMALL)
DATA = Path(__file__).parents[2] / "data"


def read(folder: Path, held: int, known: Dictionary, monkeypatch: pytest.MonkeyPatch) -> list[Patient | str]:
    monkeypatch.setattr(json_records, "MOST_HELD", held)
    return [str(each) if isinstance(each, RecordError) else each for each in read_patients(folder, known)]


def both(folder: Path, known: Dictionary, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Patient | str], bool]:
    """What an export holds, which is the same in both ways; and whether it was really read patient by patient."""
    made: list[Spread] = []
    init = Spread.__init__
    monkeypatch.setattr(Spread, "__init__", lambda self: (init(self), made.append(self))[0])
    at_once = read(folder, 1 << 40, known, monkeypatch)
    assert not made
    one_by_one = read(folder, 0, known, monkeypatch)
    assert one_by_one == at_once
    return at_once, made[0].is_plain


@pytest.mark.parametrize("name", ["clinosim/cirrhosis", "synthea/bulk"])
def test_public_exports_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patients, is_plain = both(DATA / name, dictionary(), monkeypatch)
    assert len(patients) > 20
    assert is_plain


def test_a_plain_export_is_the_same_as_lines_as_packed_and_in_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        path.name.partition(".")[0]: lines_of_some(gzip.decompress(path.read_bytes()))
        for path in sorted((DATA / "clinosim/cirrhosis").glob("*.gz"))
    }
    packed, plain, one = tmp_path / "packed", tmp_path / "plain", tmp_path / "all.ndjson"
    for folder in (packed, plain):
        folder.mkdir()
    for kind, text in texts.items():
        (packed / f"{kind}.ndjson.gz").write_bytes(gzip.compress(text, mtime=0))
        (plain / f"{kind}.ndjson").write_bytes(b"\xef\xbb\xbf\r\n \n" + text.replace(b"\n", b"\r\n\n"))
    one.write_bytes(b"".join(texts.values()))
    first, *others = [both(each, dictionary(), monkeypatch) for each in (packed, plain, one)]
    assert len(first[0]) > 5
    assert first[1]
    assert others == [first, first]


def lines_of_some(text: bytes) -> bytes:
    """The lines about the patients whose ids end in 9."""
    whose = [(line, json.loads(line)) for line in text.splitlines(keepends=True)]
    return b"".join(line for line, each in whose if each.get("subject", {}).get("reference", each["id"]).endswith("9"))


# ---- exports of every kind


HAS = {"coding": [{"system": "urn:screener:concept", "code": "cirrhosis"}]}
SECTION = {"coding": [{"system": "http://loinc.org", "code": "11450-4"}]}
NIL_KNOWN = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "nilknown"}],
}
RESEARCH = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}


def an_export(chance: random.Random, *, is_odd: bool) -> dict[str, list[dict[str, Any]]]:
    """Resources of a few patients, by file. Ids are few, so that resources meet."""
    people = [f"p{number}" for number in range(chance.randint(1, 5))]

    def some_reference(kind: str, most: int = 4) -> dict[str, Any]:
        identity = f"{kind[0].lower()}{chance.randrange(most)}"
        forms = [f"{kind}/{identity}"] * (90 if is_odd else 6) + [
            f"https://h.example/fhir/{kind}/{identity}",
            f"{kind}/{identity}/_history/2",
        ]
        if is_odd:
            forms += [f"urn:uuid:{identity}", f"{kind}?identifier=s|{identity}", "#inside", "nonsense", identity]
        reference: dict[str, Any] = {"reference": chance.choice(forms)}
        if is_odd and chance.random() < 0.01:
            reference["identifier"] = {"system": "s", "value": identity}
        return reference

    def whose() -> dict[str, Any]:
        forms = [{"subject": {"reference": f"Patient/{chance.choice(people)}"}}] * (120 if is_odd else 12)
        forms += [{"subject": {"reference": "Patient/nobody"}}, {"subject": {"reference": "Group/g"}}, {}]
        if is_odd:
            forms += [
                {"subject": {"reference": f"https://h.example/Patient/{people[0]}"}},
                {"subject": {"reference": f"urn:uuid:{people[0]}"}},
                {"subject": {"identifier": {"system": "s", "value": "1"}}},
                {"subject": {"reference": "#x"}, "contained": [{"resourceType": "Patient", "id": "x"}]},
                {"subject": {"reference": f"Patient/{people[0].upper()}"}},
                {"subject": {"reference": 5}},
                {"patient": {"reference": f"Patient/{people[-1]}"}, "subject": {"reference": f"Patient/{people[0]}"}},
            ]
        return dict(chance.choice(forms))

    def identity(kind: str) -> dict[str, Any]:
        return {"id": f"{kind[0].lower()}{chance.randrange(4)}"} if chance.random() < 0.5 else {}

    def version() -> dict[str, Any]:
        return {"meta": {"versionId": str(chance.randrange(3))}} if chance.random() < 0.3 else {}

    made: dict[str, list[dict[str, Any]]] = {"Patient": []}
    for each in [*people, *(people[:1] if chance.random() < 0.3 else [])]:
        if chance.random() < 0.9:
            birth = "1950" if chance.random() < 0.9 else "1960"
            patient = {"resourceType": "Patient", "id": each, "birthDate": birth, **version()}
            if chance.random() < 0.2:
                patient["link"] = [{"other": {"reference": f"Patient/{chance.choice(people)}"}, "type": "seealso"}]
            if is_odd and chance.random() < 0.2:
                patient["identifier"] = [{"system": "s", "value": chance.choice("12")}]
            if is_odd and chance.random() < 0.05:
                other = {"identifier": {"system": "s", "value": chance.choice("12")}}
                patient["link"] = [{"other": other, "type": "seealso"}]
            made["Patient"].append(patient)
    for _ in range(chance.randint(3, 25)):
        kind = chance.choice(
            [
                "Observation",
                "Condition",
                "Encounter",
                "MedicationStatement",
                "Medication",
                "DiagnosticReport",
                "Practitioner",
                "Specimen",
                "Claim",
                "Appointment",
                "Composition",
                "List",
                "Consent",
                "MedicationDispense",
                "OperationOutcome",
            ]
        )
        base: dict[str, Any]
        if kind == "Observation":
            base = observation("INR", valueQuantity={"value": chance.choice([1, 2, 3])})
            base.pop("effectiveDateTime", None)
            base |= {"encounter": some_reference("Encounter"), "specimen": some_reference("Specimen")}
            if chance.random() < 0.3:
                base |= {"hasMember": [some_reference("Observation")], "effectiveDateTime": "2026-02-01"}
        elif kind == "Condition":
            base = condition("cirrhosis") | {"encounter": some_reference("Encounter")}
        elif kind == "MedicationStatement":
            base = {"status": "active", "medicationReference": some_reference("Medication")}
        elif kind == "Medication":
            base = {"code": {"coding": [{"system": "urn:screener:concept", "code": "interferon"}]}}
        elif kind == "DiagnosticReport":
            base = {"status": "final", "effectiveDateTime": "2026-02-03", "result": [some_reference("Observation")]}
        elif kind == "Specimen":
            base = {"collection": {"collectedDateTime": "2026-02-02"}, "parent": [some_reference("Specimen")]}
        elif kind == "Encounter":
            base = {"period": {"start": "2026-01-01", "end": "2026-01-03"}, "location": [some_reference("Location")]}
        elif kind == "Claim":
            billed = chance.choice(
                [{"diagnosisReference": some_reference("Condition")}, {"diagnosisCodeableConcept": HAS}]
            )
            base = {"status": "active", "diagnosis": [billed], "billablePeriod": {"start": "2026-01-05"}}
        elif kind == "Appointment":
            who = {"reference": f"Patient/{chance.choice([*people, 'nobody'])}"}
            others: list[dict[str, Any]] = [{"reference": "Practitioner/p1"}, {"display": "the ward"}]
            if is_odd:
                others.append({"reference": f"urn:uuid:{people[0]}"})
            actors = chance.sample([who, *others], chance.randint(1, 2))
            reason = chance.choice([{"reasonReference": [some_reference("Condition")]}, {"reasonCode": [HAS]}])
            base = {"status": "booked", "start": "2026-02-04", "participant": [{"actor": each} for each in actors]}
            base |= reason
        elif kind == "Composition":
            section = {"code": SECTION, "entry": [some_reference("Condition")], "emptyReason": NIL_KNOWN}
            base = {"status": "final", "date": "2026-02-05", "section": [section]}
            section.pop(chance.choice(["entry", "emptyReason"]))
        elif kind == "List":
            base = {"status": "current", "mode": "snapshot", "code": SECTION, "date": "2026-02-05"}
            base |= chance.choice([{"entry": [{"item": some_reference("Condition")}]}, {"emptyReason": NIL_KNOWN}])
        elif kind == "Consent":
            base = {"status": "active", "scope": RESEARCH, "provision": {"type": "permit"}}
        elif kind == "MedicationDispense":
            base = {"status": "completed", "whenHandedOver": "2026-02-04"}
            base["medicationReference"] = some_reference("Medication")
        else:
            base = {"status": "active"}
        for field in ("id", "subject"):
            base.pop(field, None)
        is_about = kind not in ("Medication", "Practitioner", "OperationOutcome", "Appointment") and (
            kind != "Specimen" or chance.random() < 0.5
        )
        resource = {"resourceType": kind, **identity(kind), **base, **(whose() if is_about else {}), **version()}
        made.setdefault(chance.choice([kind, kind, "more"]), []).append(resource)
    return made


@pytest.mark.parametrize("is_odd", [False, True])
@pytest.mark.parametrize("round_", range(6))
def test_any_export_is_the_same(round_: int, is_odd: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = 0
    for number in range(25):
        chance = random.Random(1000 * round_ + number)
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, resources in an_export(chance, is_odd=is_odd).items():
            lines = "".join(json.dumps(each) + "\n" for each in resources)
            if chance.random() < 0.05:
                lines += '{"resourceType": \n'
            (folder / f"{name}.ndjson").write_text(lines, encoding="utf-8")
        with monkeypatch.context() as patched:
            plain += both(folder, KNOWN, patched)[1]
    assert 0 < plain < 25 if is_odd else plain > 20


def test_an_export_of_very_many_files_opens_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "MOST_FILES", 3)
    for number in range(20):
        each = {"resourceType": "Patient", "id": f"p{number:02}", "gender": "female"}
        result = observation("INR", valueQuantity={"value": 1}) | {"subject": {"reference": f"Patient/p{number:02}"}}
        (tmp_path / f"{number:02}.ndjson").write_text(f"{json.dumps(each)}\n{json.dumps(result)}\n", encoding="utf-8")
    patients, is_plain = both(tmp_path, KNOWN, monkeypatch)
    assert is_plain
    assert [each.id for each in patients if isinstance(each, Patient) and each.results] == [
        f"p{n:02}" for n in range(20)
    ]


def test_no_room_for_what_is_packed_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spread.tempfile, "TemporaryFile", full)
    monkeypatch.setattr(json_records, "MOST_HELD", 0)
    lines = "".join(json.dumps({"resourceType": "Patient", "id": f"p{number}"}) + "\n" for number in range(3))
    (tmp_path / "Patient.ndjson.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    with pytest.raises(RecordError, match="it cannot be kept until it is read: no space left on device"):
        list(read_patients(tmp_path, SMALL))


def test_an_export_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "MOST_HELD", 0)
    people = [{"resourceType": "Patient", "id": f"p{number}"} for number in range(3)]
    file = tmp_path / "Patient.ndjson"
    file.write_text("".join(json.dumps(each) + "\n" for each in people), encoding="utf-8")
    found = read_patients(tmp_path, SMALL)
    first = next(found)
    assert isinstance(first, Patient)
    file.write_text("", encoding="utf-8")
    with pytest.raises(RecordError, match="it has changed while it was read"):
        list(found)


# ---- what an export says in few places


def person(identity: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": identity, "gender": "female", **more}


def appointment(*actors: str) -> dict[str, Any]:
    participants = [{"actor": {"reference": each}} for each in actors]
    return {"resourceType": "Appointment", "status": "booked", "reasonCode": [HAS], "participant": participants}


def result(whose: str) -> dict[str, Any]:
    return observation("INR", valueQuantity={"value": 1}) | {"subject": {"reference": whose}}


LINK = [{"other": {"identifier": {"system": "s", "value": "1"}}, "type": "seealso"}]


@pytest.mark.parametrize(
    ("resources", "called"),
    [
        ([person("a"), person("b"), appointment("Practitioner/x", "Patient/b")], ["a", "b"]),
        ([person("a"), person("b"), appointment("Patient/c")], ["a", "b", "c"]),
        ([person("a"), person("b"), appointment("Practitioner/x")], ["a", "b"]),
        ([person("a"), person("b"), appointment("https://h.example/Patient/b")], ["a", "b"]),
        ([person("a"), result("Patient/b"), result("Patient/c")], ["a"]),
        ([person("a"), person("a", active=True), result("Patient/b")], ["a"]),
        ([person("a"), appointment("Patient/b"), result("Patient/a")], ["a"]),
        ([result("Patient/b"), result("Patient/c")], ["b", "c"]),
        ([person("a"), person("b"), {"resourceType": "Practitioner", "id": "b"}, result("urn:uuid:b")], list("abb")),
        ([person("a"), person("b"), result("urn:uuid:b")], ["a", "b"]),
        ([person("a", link=LINK), person("b", identifier=[{"system": "s", "value": "1"}])], ["a", "b"]),
        ([person("a", link=LINK), person("b"), person("c", identifier=[{"system": "s", "value": "1"}])], list("abc")),
        ([person("a"), person("b", identifier=[{"system": "s", "value": "1"}]), person("c", link=LINK)], list("abc")),
    ],
)
def test_whom_an_export_is_about_is_the_same(
    resources: list[dict[str, Any]], called: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "all.ndjson").write_text("".join(json.dumps(each) + "\n" for each in resources), encoding="utf-8")
    patients, _ = both(tmp_path, KNOWN, monkeypatch)
    assert [each.id for each in patients if isinstance(each, Patient)] == called
