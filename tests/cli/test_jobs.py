"""Several processes: the same output in the same order, and no other endings than one process has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.conftest import RULES
from cli.test_endings import environment
from screener.jobs import forked_in_order, in_order
from screener.report.forms import FORMS

COMMAND = [sys.executable, "-m", "screener", "--rules", str(RULES)]


@pytest.mark.parametrize("form", [each.option for each in FORMS if each.with_jobs and each.value is None])
def test_several_processes_print_what_one_prints(call, write, folder: Path, form: str) -> None:
    files = [write(f"{number}.json", id=f"p{number}") for number in range(9)]
    files.insert(4, write("broken.json", sexx="female"))
    export = folder / "export"
    export.mkdir()
    lines = [json.dumps({"resourceType": "Patient", "id": f"e{number}"}) + "\n" for number in range(30)]
    (export / "Patient.ndjson").write_text("".join(lines), encoding="utf-8")
    as_of = ("--as-of", "2026-02-20")
    status, out, err = call(*files, "export", form, *as_of)
    assert (status, out.count("e29") > 0) == (2, True)
    for jobs in ("1", "2", "3"):
        assert call(*files, "export", form, *as_of, "--jobs", jobs) == (status, out, err)


@pytest.mark.parametrize(
    ("form", "what"),
    [
        (["--full"], "`--full`"),
        (["--csv"], "`--csv`"),
        (["--html", "-"], "`--html`"),
        (["--explain", "NCT00000001/I1"], "`--explain`"),
    ],
)
def test_other_forms_are_refused_with_several_processes(call, write, form: list[str], what: str) -> None:
    status, out, err = call(write(), *form, "--jobs", "2")
    assert (status, out) == (2, "")
    assert f"`--jobs` is for a report that several processes can make, and {what} is not one" in err
    able = [f"`{each.option}`" for each in FORMS if each.with_jobs]
    assert f"add {' or '.join(able)}\n" in err
    assert call(write(), *form, "--jobs", "1") == call(write(), *form)


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "257", "1.5", "99999999999", "\u00b2"])
def test_a_number_that_is_none_of_processes_is_refused(call, write, jobs: str) -> None:
    status, out, err = call(write(), "--json", f"--jobs={jobs}")
    assert (status, out) == (2, "")
    assert "is not a number of processes: write 1 to 256" in err


def start(*arguments: str, **streams: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, env=environment(), **streams)


def many(folder: Path) -> str:
    lines = [json.dumps({"id": f"p{number}", "as_of": "2026-02-20"}) + "\n" for number in range(20_000)]
    (folder / "many.ndjson").write_text("".join(lines), encoding="utf-8")
    return "many.ndjson"


def test_a_reader_that_leaves_early_ends_all_processes(folder: Path) -> None:
    with start(many(folder), "--json", "--jobs", "2", stdout=subprocess.PIPE) as screen:
        assert screen.stdout is not None
        assert screen.stderr is not None
        screen.stdout.read(10)
        screen.stdout.close()
        assert (screen.stderr.read(), screen.wait(30)) == (b"", 141)


def test_an_interrupt_ends_all_processes_quietly(folder: Path) -> None:
    screen = start(many(folder), "--json", "--jobs", "2", stdout=subprocess.PIPE, start_new_session=True)
    assert screen.stdout is not None
    screen.stdout.read(10)
    os.killpg(screen.pid, signal.SIGINT)
    _, err = screen.communicate(timeout=30)
    assert (screen.returncode, err) == (130, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where there is a device that is always full")
def test_a_full_disk_is_said_in_a_sentence(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        screen = start(many(folder), "--json", "--jobs", "2", stdout=full.fileno())
        _, err = screen.communicate(timeout=30)
    assert err == b"error[output]: the output cannot be written: no space left on device\n"
    assert screen.returncode == 2


# ---- the order of results


@pytest.mark.parametrize("each_by", [in_order, forked_in_order])
@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("number", [0, 1, 7, 30])
def test_results_come_in_the_order_of_the_things(each_by, jobs: int, number: int) -> None:
    assert list(each_by(lambda each: each * each, range(number), jobs)) == [each * each for each in range(number)]


def test_a_slow_thing_keeps_no_other_process_waiting(tmp_path: Path) -> None:
    def work(each: int) -> int:
        while each == 0 and not (tmp_path / "2").exists():
            time.sleep(0.01)
        (tmp_path / str(each)).touch()
        return each

    assert list(forked_in_order(work, range(4), 2)) == [0, 1, 2, 3]


def test_things_are_taken_a_few_ahead_only() -> None:
    taken = []

    def things():
        for number in range(1000):
            taken.append(number)
            yield number

    results = in_order(lambda each: each, things(), 2)
    assert next(results) == 0
    assert len(taken) < 20
    results.close()  # type: ignore[attr-defined]


def fail(each: int) -> int:
    if each == 3:
        raise ValueError("three")
    return each


def die(each: int) -> int:
    if each == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return each


@pytest.mark.parametrize("each_by", [in_order, forked_in_order])
@pytest.mark.parametrize(("work", "error"), [(fail, ValueError), (die, ChildProcessError)])
def test_what_goes_wrong_in_another_process_is_raised(each_by, work, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(each_by(work, range(10), 2))


WORKING = """
import os, sys, time
from screener import jobs
def work(place):
    os.write(1, f"{place}\\n".encode())  # in one go: others write here, too
    time.sleep(5)
    print("still at work", flush=True)
list(getattr(jobs, sys.argv[1])(work, sys.argv[2:], 2))
"""


@pytest.mark.parametrize("each_by", ["in_order", "forked_in_order"])
def test_nobody_works_on_for_a_process_that_was_killed(each_by: str, tmp_path: Path) -> None:
    """The workers hold the other end of its output open until they end."""
    places = [str(tmp_path / name) for name in "ab"]
    with subprocess.Popen([sys.executable, "-c", WORKING, each_by, *places], stdout=subprocess.PIPE) as giver:
        assert giver.stdout is not None
        assert {giver.stdout.readline().decode().strip() for _ in places} == set(places)
        giver.kill()
        assert giver.stdout.read() == b""
