"""What all tests share: which examples hypothesis tries, and where data lies that is too large to be kept here.

`make test` always tries the same ones, so that it passes or fails alike everywhere. `--hypothesis-profile=long` tries
thirty times as many, and others each time.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("long", max_examples=3_000)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shared", type=Path, metavar="FOLDER", help="public test data that is not kept here")


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Path:
    """The folder of public test data; tests that need it are skipped where the call does not give it."""
    folder = request.config.getoption("--shared")
    if folder is None:
        pytest.skip("needs the shared test data: pytest --shared FOLDER")
    if not folder.is_dir():
        raise pytest.UsageError(f"--shared: there is no folder {folder}")
    return Path(folder)
