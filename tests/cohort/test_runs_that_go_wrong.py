"""Runs that are ended, meet a bad file, or meet each other: nothing is lost, doubled or read by halves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cohort.conftest import DAY, EXAMPLES
from screener import load_rules
from screener.cohort.answers import How
from screener.cohort.ingest import Manner, ingest
from screener.cohort.run import run
from screener.records.facts import folder as facts_folder
from screener.records.facts.folder import Facts, FactsError, alone_in


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Some records, each a file of its own."""
    place = tmp_path / "records"
    place.mkdir()
    for file in sorted(EXAMPLES.glob("*.json"))[:4]:
        shutil.copy(file, place)
    return place


def ids(facts: Facts) -> list[str]:
    return sorted(patient.id for part in facts.about.parts for patient in facts.patients(part))


def test_a_run_that_was_ended_goes_on_where_it_stopped(
    records: Path, tmp_path: Path, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.cohort.ingest.FILES_AT_ONCE", 1)
    whole = ingest([records], tmp_path / "whole", manner)
    folder, written = tmp_path / "facts", []
    real = facts_folder.write_part

    def ended_after_two(*given: object) -> object:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(given[1])
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("screener.cohort.ingest.write_part", ended_after_two)
    with pytest.raises(KeyboardInterrupt):
        ingest([records], folder, manner)
    with pytest.raises(FactsError, match="not finished"):
        Facts(folder)
    again: list[object] = []
    monkeypatch.setattr("screener.cohort.ingest.write_part", lambda *given: again.append(given[1]) or real(*given))
    about = ingest([records], folder, manner)
    assert (about.patients, len(again)) == (whole.patients, whole.patients - 2)
    assert ids(Facts(folder)) == ids(Facts(tmp_path / "whole"))
    assert not list(folder.glob(".people-*"))


def test_a_file_that_is_no_record_is_set_aside_by_name(records: Path, tmp_path: Path, manner: Manner) -> None:
    (records / "broken.json").write_text('{"id": ')
    about = ingest([records], tmp_path / "facts", manner)
    assert about.patients == 4
    (one,) = about.set_aside
    assert "broken.json" in one.place
    assert "not JSON" in one.fault


def test_what_was_set_aside_is_read_once_it_can_be(records: Path, tmp_path: Path, manner: Manner) -> None:
    (records / "mended.json").write_text("{")
    assert ingest([records], tmp_path / "facts", manner).set_aside
    (records / "mended.json").write_text(json.dumps({"id": "mended", "as_of": "2026-02-20"}))
    about = ingest([records], tmp_path / "facts", manner)
    assert (about.patients, about.set_aside) == (5, ())


def test_a_corrupt_file_of_facts_is_named_with_its_patients(records: Path, tmp_path: Path, manner: Manner) -> None:
    folder = tmp_path / "facts"
    about = ingest([records], folder, manner)
    (part,) = about.parts
    written = bytearray((folder / part.file).read_bytes())
    written[200:4000] = bytes(3800)
    (folder / part.file).write_bytes(written)
    ran = run(Facts(folder), tmp_path / "answers", load_rules(), How(DAY, DAY))
    (one,) = ran.set_aside
    assert one.place == part.file
    assert all(each in one.fault for each in Facts(folder).ids_in(part))
    assert ran.patients == 0


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(FactsError, match="another run uses this folder"),
        alone_in(tmp_path),
    ):
        pass


def test_only_who_has_changed_is_decided_anew(records: Path, tmp_path: Path, manner: Manner) -> None:
    folder, out, how = tmp_path / "facts", tmp_path / "answers", How(DAY, DAY)
    ingest([records], folder, manner)
    assert run(Facts(folder), out, load_rules(), how).decided == 4
    file = sorted(records.glob("*.json"))[0]
    record = json.loads(file.read_text())
    record["observations"] = record["observations"][1:]
    file.write_text(json.dumps(record))
    ingest([records], folder, manner)
    again = run(Facts(folder), out, load_rules(), how)
    assert (again.decided, again.patients) == (1, 4)
    fresh = run(Facts(folder), tmp_path / "fresh", load_rules(), how)
    for trial, (name,) in again.files.items():
        there = (out / "answers" / trial / name).read_bytes()
        assert there == (tmp_path / "fresh" / "answers" / trial / fresh.files[trial][0]).read_bytes()


def test_two_patients_of_one_id_are_not_told_apart(records: Path, tmp_path: Path, manner: Manner) -> None:
    first = sorted(records.glob("*.json"))[0]
    shutil.copy(first, records / "again.json")
    about = ingest([records], tmp_path / "facts", manner)
    assert len(about.doubled) == 1
    facts = Facts(tmp_path / "facts")
    sharing = [each for part in about.parts for each in facts.patients(part) if each.shares_id]
    assert len(sharing) == 2
    assert not any(each.complete for each in sharing)


def test_facts_of_another_dictionary_are_refused(records: Path, tmp_path: Path, manner: Manner) -> None:
    ingest([records], tmp_path / "facts", manner)
    with pytest.raises(FactsError, match="another dictionary"):
        Facts(tmp_path / "facts").check("sha256:another")
