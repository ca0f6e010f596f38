"""How a call ends when the world around it does: no reader, no room, an interrupt. Never with a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.conftest import RULES

COMMAND = [sys.executable, "-m", "screener", "--rules", str(RULES)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_reader_that_leaves_early_is_no_error_to_speak_of(write) -> None:
    screen = subprocess.Popen(
        [*COMMAND, "--full", *[write()] * 50], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert screen.stdout is not None
    assert screen.stderr is not None
    screen.stdout.read(10)
    screen.stdout.close()
    err = screen.stderr.read()
    screen.stderr.close()
    assert (screen.wait(), err) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where there is a device that is always full")
def test_a_full_disk_is_said_in_a_sentence(write) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, write(), "--json"], stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert (done.returncode, done.stderr.decode()) == (
        2,
        "error[output]: the output cannot be written: no space left on device\n",
    )


def test_an_interrupt_ends_the_call_quietly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_CACHE", str(folder / "cache"))
    screen = subprocess.Popen(
        [*COMMAND, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    while not any(folder.glob("cache/*.json")):  # from here on it waits for its record
        time.sleep(0.05)
    time.sleep(0.3)
    screen.send_signal(signal.SIGINT)
    out, err = screen.communicate(timeout=30)
    assert (screen.returncode, out, err) == (130, b"", b"")


def closed(how: str, *arguments: str) -> tuple[int, str, str]:
    """Call from a shell, in which a stream can be closed."""
    line = f'"$@" {how}'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *COMMAND, *arguments], capture_output=True, env=environment(), check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_without_a_standard_output_there_is_nothing_to_do(write) -> None:
    closed_output = "error[output]: the output cannot be written: standard output is closed\n"
    assert closed(">&-", write()) == (2, "", closed_output)


def test_without_a_standard_input_another_place_is_asked_for() -> None:
    message = "error[call]: standard input is closed\nhelp: name the file of a record\n"
    assert closed("<&-", "-") == (2, "", message)


def test_a_standard_input_that_cannot_be_read_is_no_fault_of_the_output() -> None:
    message = "error[record]: it cannot be read: bad file descriptor\n  --> standard input\n"
    assert closed("0>only-to-write", "-") == (2, "", message)


def test_without_a_standard_error_no_message_goes_to_the_output() -> None:
    assert closed("2>&-", "nobody.json") == (2, "", "")


def test_a_working_folder_that_is_gone_takes_nothing_with_it(folder: Path, write) -> None:
    record = folder / write()
    gone = folder / "gone"
    gone.mkdir()
    line = 'rmdir "$PWD" && exec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *COMMAND, str(record), "--json"],
        capture_output=True,
        cwd=gone,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
