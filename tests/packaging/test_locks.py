"""The locks: what the tests run with, and what the wheel brings, are what pyproject.toml asks for."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASKED = {"wheel": PROJECT["dependencies"], "tests": PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]}


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each package in a lock; of some there are several, for versions of Python."""
    found: dict[str, set[str]] = {}
    for line in (LOCKS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if (pin := re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line)) is not None:
            found.setdefault(canonicalize_name(pin[1]), set()).add(pin[2])
    return found


@pytest.mark.parametrize("name", ASKED)
def test_a_lock_holds_what_is_asked_for(name: str) -> None:
    versions = locked(name)
    for each in map(Requirement, ASKED[name]):
        pinned = versions.get(canonicalize_name(each.name), set())
        assert pinned, f"{each.name} is not in locks/{name}.txt: run `make locks`"
        assert all(each.specifier.contains(version) for version in pinned), (
            f"{each} is locked at {pinned}: run `make locks`"
        )


@pytest.mark.parametrize("name", ASKED)
def test_every_package_of_a_lock_has_a_hash(name: str) -> None:
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text):
        if "==" in entry.split("\n")[0]:
            assert "--hash=sha256:" in entry


def test_the_bill_of_materials_is_that_of_the_wheel() -> None:
    bill = json.loads((LOCKS / "wheel.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    components = {canonicalize_name(each["name"]): each["version"] for each in bill["components"]}
    versions = locked("wheel")
    assert components.keys() == versions.keys()
    assert all(version in versions[name] for name, version in components.items())
