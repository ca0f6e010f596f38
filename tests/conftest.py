"""What all tests share: which examples hypothesis tries, and where data lies that is too large to be kept here.

`make test` always tries the same ones, so that it passes or fails alike everywhere; no example has a deadline, because
the machine may be busy. `--hypothesis-profile=long` tries sixty times as many, and others each time.

With `SCREENER_NO_SKIPS` set, as `.ci/run` has it, a skipped test is a failure: a browser that is missing there is not
to pass for one that showed the page.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, max_examples=50, deadline=None)
settings.register_profile("long", max_examples=3_000, deadline=None)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shared", type=Path, metavar="FOLDER", help="public test data that is not kept here")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the public test data the tests that need it are left out: they are not of this run."""
    needing = [item for item in items if "shared" in getattr(item, "fixturenames", ())]
    if needing and config.getoption("--shared") is None:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Path:
    """The folder of public test data. Tests that need it are run only where the call gives it."""
    folder = request.config.getoption("--shared")
    if not folder.is_dir():
        raise pytest.UsageError(f"--shared: there is no folder {folder}")
    return Path(folder)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if os.environ.get("SCREENER_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("SCREENER_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("SCREENER_NO_SKIPS: a skipped test is a failure here", red=True)
