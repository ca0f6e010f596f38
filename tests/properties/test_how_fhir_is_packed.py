"""How FHIR is packed and spelled changes no answer: a Bundle taken apart into lines or into the folder of a bulk
export, its entries and codings in another order, its addresses written otherwise.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener import evaluate, load_patients, load_rules
from screener.records.patient import Patient
from screener.screening import Screening

Json = dict[str, Any]

DATA = Path(__file__).parents[1] / "data" / "inpatients"
FILES = sorted(DATA.glob("*.fhir.json"))
AS_OF = "2026-03-12"
LISTS = ("conditions", "procedures", "medications", "allergies", "family_history", "events", "plans")

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
SAYINGS: list[Json] = [
    {},
    {"resourceType": "Condition", "code": {"coding": [{"system": IPS, "code": "no-problem-info"}]}},
    {"resourceType": "Procedure", "code": {"coding": [{"system": IPS, "code": "no-known-procedures"}]}},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]},
]
"""What a record may say of its own wholeness."""


def statuses(source: Any) -> dict[str, str]:
    """Every line's status, of the only patient of a source."""
    (patient,) = load_patients(source, load_rules())
    assert isinstance(patient, Patient), patient
    screening: Screening = evaluate(patient, load_rules(), as_of=AS_OF, assume_complete=LISTS)
    return {f"{trial.id}/{line.id}": line.status for trial in screening.trials for line in trial.criteria}


def resources(bundle: Json) -> list[Json]:
    return [entry["resource"] for entry in bundle["entry"]]


def shuffled(dice: Random, bundle: Json) -> Json:
    entries = list(bundle["entry"])
    dice.shuffle(entries)
    return {**bundle, "entry": entries}


def with_codings_shuffled(dice: Random, bundle: Json) -> Json:
    def turned(value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {key: turned(each, key) for key, each in value.items()}
        if isinstance(value, list):
            those = [turned(each) for each in value]
            if field == "coding":
                dice.shuffle(those)
            return those
        return value

    return turned(bundle)


def with_addresses_respelled(dice: Random, bundle: Json) -> Json:
    """Every reference and full URL written in one of the ways in which it may be."""

    def respelled(address: str) -> str:
        if "://" in address:
            scheme, _, rest = address.partition("://")
            host, slash, path = rest.partition("/")
            address = (
                f"{dice.choice(('http', 'https', scheme.upper()))}://{dice.choice((host, host.upper()))}{slash}{path}"
            )
        return f"{address}{dice.choice(('', '', '/', '/_history/2'))}"

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: respelled(each) if key in ("reference", "fullUrl") and isinstance(each, str) and each[0] != "#"
                else turned(each)
                for key, each in value.items()
            }  # fmt: skip
        return [turned(each) for each in value] if isinstance(value, list) else value

    return turned(bundle)


def as_document(_: Random, bundle: Json) -> Json:
    return {**bundle, "type": "document"}


def as_lines(dice: Random, bundle: Json) -> bytes:
    lines = [json.dumps(each, ensure_ascii=dice.random() < 0.5) for each in resources(bundle)]
    dice.shuffle(lines)
    return "\n".join(lines).encode()


def in_a_folder(dice: Random, bundle: Json, folder: Path) -> Path:
    """The folder of a bulk export: the resources of each kind in one file, or in two."""
    for kind in {each["resourceType"] for each in resources(bundle)}:
        those = [json.dumps(each) for each in resources(bundle) if each["resourceType"] == kind]
        dice.shuffle(those)
        cut = dice.randint(0, len(those))
        for number, part in enumerate((those[:cut], those[cut:])):
            (folder / f"{kind}.{number}.ndjson").write_text("\n".join(part) + "\n", encoding="utf-8")
    for empty in [each for each in folder.iterdir() if not each.read_text(encoding="utf-8").strip()]:
        empty.unlink()
    return folder


TURNS: list[Callable[[Random, Json], Json]] = [
    shuffled,
    with_codings_shuffled,
    with_addresses_respelled,
    as_document,
]


def saying(bundle: Json, said: Json) -> Json:
    if not said:
        return bundle
    (patient,) = [each for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient"]
    told = {"id": "said", "status": "completed", "subject": {"reference": f"Patient/{patient['resource']['id']}"}}
    body = said if said["resourceType"] == "OperationOutcome" else {**told, **said}
    server = patient["fullUrl"].rsplit("/", 2)[0]
    return {
        **bundle,
        "entry": [*bundle["entry"], {"fullUrl": f"{server}/{said['resourceType']}/said", "resource": body}],
    }


def test_the_records_were_found() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name.removesuffix(".fhir.json"))
def test_how_a_record_is_packed_changes_no_answer(file: Path) -> None:
    bundle = json.loads(file.read_text(encoding="utf-8"))

    @cache
    def expected(number: int) -> dict[str, str]:
        return statuses(saying(bundle, SAYINGS[number]))

    @settings(
        max_examples=max(1, 3 * settings().max_examples // 100), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.randoms(use_true_random=True))
    def agree(dice: Random) -> None:
        number = dice.randrange(len(SAYINGS))
        turned = saying(bundle, SAYINGS[number])
        for turn in dice.sample(TURNS, dice.randint(1, len(TURNS))):
            turned = turn(dice, turned)
        assert statuses(turned) == expected(number)
        assert statuses(as_lines(dice, turned)) == expected(number)
        with tempfile.TemporaryDirectory() as folder:
            assert statuses(in_a_folder(dice, turned, Path(folder))) == expected(number)

    agree()
