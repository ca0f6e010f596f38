"""Runs that are ended, meet a bad file, or meet each other: nothing is lost, doubled or read by halves."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest

from cohort.conftest import DAY, EXAMPLES
from screener import load_rules
from screener.cohort.answers import Desk, How
from screener.cohort.ingest import Manner, _pieces_of_files, ingest
from screener.cohort.ran import Ran, place_of
from screener.cohort.run import run
from screener.records.facts import folder as facts_folder
from screener.records.facts.folder import Facts, FactsError, alone_in, unchanged
from screener.records.facts.source import recognises
from screener.records.patient import Patient


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


def test_a_file_that_comes_leaves_most_lots_as_they_were(tmp_path: Path, manner: Manner) -> None:
    for number in range(2000):
        (tmp_path / f"{number:04}.json").touch()
    files = sorted(tmp_path.iterdir())
    before = {each.name for each in _pieces_of_files(files, manner)}
    after = {each.name for each in _pieces_of_files(files[1:], manner)}
    assert len(before) > 10
    assert len(before & after) > len(before) - 4


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


def test_a_bit_that_turned_over_never_makes_another_patient(records: Path, tmp_path: Path, manner: Manner) -> None:
    folder = tmp_path / "facts"
    (part,) = ingest([records], folder, manner).parts
    place, facts = folder / part.file, Facts(folder)
    whole, written = list(facts.patients(part)), place.read_bytes()
    dice, named = Random(7), 0
    for _ in range(60):
        turned = bytearray(written)
        turned[dice.randrange(len(turned))] ^= 1 << dice.randrange(8)
        place.write_bytes(turned)
        try:
            assert list(facts.patients(part)) == whole
        except FactsError as error:
            named += part.file in str(error)
    assert named > 30


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(FactsError, match="another run uses this folder"),
        alone_in(tmp_path),
    ):
        pass


def test_where_locks_do_not_work_nobody_is_said_to_use_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuses)
    fault = "whether another run uses this folder cannot be told: No locks available"
    for alone in (alone_in, unchanged):
        with pytest.raises(FactsError, match=fault), alone(tmp_path):
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


KILLED = """
import os, signal, sys
from pathlib import Path
from screener import load_rules
from screener.cohort import ingest as home
from screener.records.dictionary import Dictionary
home.FILES_AT_ONCE = 1
real, written = home.write_part, []
def write(*given):
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    written.append(given)
    return real(*given)
home.write_part = write
home.ingest([Path(sys.argv[1])], Path(sys.argv[2]), home.Manner(Dictionary(load_rules())))
"""


def test_a_killed_run_leaves_whole_files_and_the_next_one_goes_on(
    records: Path, tmp_path: Path, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.cohort.ingest.FILES_AT_ONCE", 1)
    folder = tmp_path / "facts"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(records), str(folder)], check=False)
    assert ended.returncode == -signal.SIGKILL
    before = {each.name: each.stat().st_mtime_ns for each in folder.glob("people-*")}
    assert len(before) == 2
    with pytest.raises(FactsError, match="not finished"):
        Facts(folder)
    assert ingest([records], folder, manner).patients == 4
    assert before.items() <= {each.name: each.stat().st_mtime_ns for each in folder.glob("people-*")}.items()
    assert len(set(ids(Facts(folder)))) == 4


def test_nobody_writes_facts_that_a_run_reads(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        pass
    with unchanged(tmp_path), unchanged(tmp_path), pytest.raises(FactsError, match="another run"), alone_in(tmp_path):
        pass


def test_who_cannot_be_screened_is_named_and_tried_again(
    records: Path, tmp_path: Path, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([records], tmp_path / "facts", manner)
    facts, how = Facts(tmp_path / "facts"), How(DAY, DAY)
    one = ids(facts)[1]
    real = Desk.rows

    def fails(desk: Desk, patient: Patient, digest: str) -> object:
        if patient.id == one:
            raise RecursionError("too deep")
        return real(desk, patient, digest)

    monkeypatch.setattr(Desk, "rows", fails)
    for _ in range(2):
        ran = run(facts, tmp_path / "answers", load_rules(), how)
        assert (ran.patients, [each.place for each in ran.set_aside]) == (3, [one])
        assert "in fails" in str(ran.set_aside[0].trace)
    monkeypatch.setattr(Desk, "rows", real)
    ran = run(facts, tmp_path / "answers", load_rules(), how)
    assert (ran.patients, ran.decided, ran.set_aside) == (4, 1, ())


def test_answers_that_are_no_longer_whole_are_made_again(records: Path, tmp_path: Path, manner: Manner) -> None:
    ingest([records], tmp_path / "facts", manner)
    facts, out, how = Facts(tmp_path / "facts"), tmp_path / "answers", How(DAY, DAY)
    ran = run(facts, out, load_rules(), how)
    trial, (name,) = next(iter(ran.files.items()))
    (out / "answers" / trial / name).write_bytes(b"PAR1 and nothing more")
    assert run(facts, out, load_rules(), how).patients == 4
    assert pq.read_table(out / "answers" / trial / name).num_rows == 4


def test_however_few_rows_are_held_at_once_the_answers_are_the_same(
    answers: tuple[Path, Ran], facts: Facts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.cohort.run.ROWS_AT_ONCE", 5)
    ran = run(facts, tmp_path, load_rules(), How(DAY, DAY))
    assert ran.files == answers[1].files
    for trial, names in ran.files.items():
        for name in names:
            there, here = (pq.read_table(place_of(each, trial, name)) for each in (answers[0], tmp_path))
            assert here.num_rows > 4
            assert here.equals(there)


def test_everything_is_for_its_owner_alone(answers: tuple[Path, object], facts: Facts) -> None:
    for folder in (answers[0], facts.folder):
        assert not [place for place in folder.rglob("*") if place.stat().st_mode & 0o077]


def test_a_file_in_a_folder_without_its_last_word_is_no_record(tmp_path: Path) -> None:
    (tmp_path / ".people-0.parquet.7").write_bytes(b"")
    assert recognises(tmp_path)
