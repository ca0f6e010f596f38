"""What all tests share: which examples hypothesis tries.

`make test` always tries the same ones, so that it passes or fails alike everywhere. `--hypothesis-profile=long` tries
thirty times as many, and others each time.

With `SCREENER_NO_SKIPS` set, as `.ci/run` has it, a skipped test is a failure: a browser that is missing there is not
to pass for one that showed the page.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("long", max_examples=3_000)
settings.load_profile("steady")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if os.environ.get("SCREENER_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("SCREENER_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("SCREENER_NO_SKIPS: a skipped test is a failure here", red=True)
