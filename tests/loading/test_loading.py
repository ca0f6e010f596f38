"""Loading rules: from a folder or its cache, which may be damaged in any way and is never in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from screener import loading
from screener.loading import RulesError, compile_rules, load_rulebook, read_folder, shipped_rules
from screener.rulebook import Rulebook, from_json, to_json

RULES = """
defaults
  labs fresh 7 days
  findings fresh 7 days
  absences fresh 90 days
lab INR "International normalized ratio"
  pure number
  possible 0.5 .. 30
"""
TRIAL = "protocol T1\n  > A trial\n  registry T1.json\n\ninclusion I1\n  > INR > 2\n  INR > 2\n"
RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "T1"},
        "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* INR \\> 2\n"},
    }
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SCREENER_CACHE", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path, cache: Path) -> Path:
    rules = tmp_path / "rules"
    (rules / "trials").mkdir(parents=True)
    (rules / "labs.rules").write_text(RULES, encoding="utf-8")
    (rules / "trials" / "T1.rules").write_text(TRIAL, encoding="utf-8")
    (rules / "trials" / "T1.json").write_text(json.dumps(RECORD), encoding="utf-8")
    return rules


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were compiled, and not read from the cache."""
    compiled: list[Path] = []

    def counting(rules: loading.RuleFolder) -> object:
        compiled.append(rules.path)
        return compile_rules(rules)

    monkeypatch.setattr(loading, "compile_rules", counting)
    return compiled


def cached_file(cache: Path) -> Path:
    (file,) = cache.iterdir()
    return file


def test_the_second_load_reads_the_cache_and_gives_the_same(folder: Path, compilations: list[Path]) -> None:
    assert load_rulebook(folder) == load_rulebook(folder)
    assert compilations == [folder]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: b"",
        lambda text: text[: len(text) // 2],
        lambda text: text[:-1],
        lambda text: text.replace(b"INR", b"PTA"),
        lambda text: text[:20],
        lambda text: b"\xff\xfe" + text,
        lambda text: text.replace(b"screener", b"pickle", 1),
        lambda text: text.split(b"\n")[0] + b"\n{}",
    ],
    ids=["empty", "half", "one byte short", "changed", "no body", "no text", "another kind", "another body"],
)
def test_a_damaged_cache_is_replaced(
    damage: Callable[[bytes], bytes], folder: Path, cache: Path, compilations: list[Path]
) -> None:
    expected = load_rulebook(folder)
    file = cached_file(cache)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert load_rulebook(folder) == expected
    assert len(compilations) == 2
    assert file.read_bytes() == whole


def test_a_body_with_the_right_checksum_that_is_no_rulebook_is_replaced(
    folder: Path, cache: Path, compilations: list[Path]
) -> None:
    expected = load_rulebook(folder)
    stored = loading._Cache.of(read_folder(folder))
    cached_file(cache).write_bytes(f"{stored._head(b'[]')}\n".encode() + b"[]")
    assert load_rulebook(folder) == expected
    assert len(compilations) == 2


@pytest.mark.parametrize(("mode", "compiled"), [(0o600, 1), (0o644, 1), (0o620, 2), (0o602, 2)])
def test_a_cache_that_others_may_write_is_not_trusted(
    mode: int, compiled: int, folder: Path, cache: Path, compilations: list[Path]
) -> None:
    load_rulebook(folder)
    cached_file(cache).chmod(mode)
    load_rulebook(folder)
    assert len(compilations) == compiled


def test_a_cache_of_somebody_else_is_not_trusted(
    folder: Path, cache: Path, compilations: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_rulebook(folder)
    somebody = cached_file(cache).stat().st_uid + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody)
    load_rulebook(folder)
    assert len(compilations) == 2


def test_a_cache_of_other_rules_under_the_right_key_is_not_used(
    folder: Path, cache: Path, compilations: list[Path]
) -> None:
    expected = load_rulebook(folder)
    stored = loading._Cache.of(read_folder(folder))
    body = to_json(replace(expected, digest="sha256:other"))
    cached_file(cache).write_bytes(f"{stored._head(body)}\n".encode() + body)
    assert load_rulebook(folder) == expected
    assert len(compilations) == 2


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("labs.rules", "0.5 .. 30", "0.5 .. 31"),
        ("labs.rules", "defaults", "# a comment\ndefaults"),
        ("trials/T1.json", '"T1"}', '"T1", "briefTitle": "B"}'),
    ],
)
def test_a_change_of_rules_or_records_makes_the_cache_stale(
    file: str, old: str, new: str, folder: Path, compilations: list[Path]
) -> None:
    load_rulebook(folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    load_rulebook(folder)
    assert len(compilations) == 2


def test_renaming_a_file_makes_the_cache_stale(folder: Path, compilations: list[Path]) -> None:
    load_rulebook(folder)
    (folder / "labs.rules").rename(folder / "other.rules")
    assert load_rulebook(folder).labs["INR"].place.file == "other.rules"
    assert len(compilations) == 2


def test_another_engine_does_not_use_the_cache(
    folder: Path, compilations: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_rulebook(folder)
    monkeypatch.setattr(loading, "__version__", "0.0.0")
    load_rulebook(folder)
    assert len(compilations) == 2


def test_everything_that_compiles_rules_is_part_of_the_key() -> None:
    names = {path.name for room in ("language", "values") for path in loading._sources(room)}
    assert {"grammar.lark", "checker.py", "units.py", "units.tsv", "dimensions.txt"} <= names


def test_a_cache_that_cannot_be_written_costs_only_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compilations: list[Path]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file, and no folder", encoding="utf-8")
    monkeypatch.setenv("SCREENER_CACHE", str(in_the_way))
    assert load_rulebook(folder) == load_rulebook(folder)
    assert len(compilations) == 2


def test_a_write_that_fails_halfway_leaves_nothing_behind(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    load_rulebook(folder)
    assert list(cache.iterdir()) == []


def test_the_cache_lies_where_the_user_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCREENER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert loading._cache_folder() == tmp_path / "screener"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert loading._cache_folder() == tmp_path / "home" / ".cache" / "screener"


def test_two_folders_have_two_caches(folder: Path, cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "labs.rules").write_text(RULES, encoding="utf-8")
    assert load_rulebook(folder) != load_rulebook(other)
    assert len(list(cache.iterdir())) == 2


# ---- the digest


def test_the_digest_is_that_of_the_rule_text(folder: Path) -> None:
    before = load_rulebook(folder).digest
    assert before.startswith("sha256:")
    assert len(before) == len("sha256:") + 64
    (folder / "trials" / "T1.json").write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    assert load_rulebook(folder).digest == before
    (folder / "labs.rules").write_text(RULES + "# more\n", encoding="utf-8")
    assert load_rulebook(folder).digest != before


def test_text_that_moves_to_the_next_file_gives_another_digest(tmp_path: Path) -> None:
    one = loading.RuleFolder(tmp_path, {"a": "xy", "b": "z"}, {})
    other = loading.RuleFolder(tmp_path, {"a": "x", "b": "yz"}, {})
    assert one.digest != other.digest


def test_line_ends_do_not_change_the_digest(folder: Path) -> None:
    before = load_rulebook(folder).digest
    (folder / "labs.rules").write_bytes(RULES.replace("\n", "\r\n").encode())
    assert load_rulebook(folder).digest == before


# ---- what cannot be used


def test_rules_with_errors_are_refused_with_all_of_them(folder: Path, cache: Path) -> None:
    (folder / "labs.rules").write_text(RULES.replace("30", "0.1") + 'score S "S"\n  INRR\n', encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        load_rulebook(folder)
    message = str(refused.value)
    assert "error[reversed-range]" in message
    assert "error[unknown-name]: `INRR` is not defined" in message
    assert f"{folder.as_posix()}/labs.rules:" in message
    assert not cache.exists()


def test_paths_in_messages_can_be_opened_from_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "labs.rules").write_text(RULES + 'score S "S"\n  INRR\n', encoding="utf-8")
    monkeypatch.chdir(folder.parent)
    with pytest.raises(RulesError, match=r"--> rules/labs\.rules:10:3"):
        load_rulebook(folder)


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="there is no folder"):
        load_rulebook(tmp_path / "nowhere")
    with pytest.raises(RulesError, match="there are no rule files"):
        load_rulebook(tmp_path)


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "labs.rules").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RulesError, match=r"labs\.rules` cannot be read: it is not text in UTF-8$"):
        load_rulebook(folder)


def test_a_folder_that_is_named_like_a_file_is_refused(folder: Path) -> None:
    (folder / "more.rules").mkdir()
    with pytest.raises(RulesError, match=r"more\.rules` cannot be read: is a directory$"):
        load_rulebook(folder)


# ---- the rules that come with screener


def test_the_shipped_rules_can_be_used() -> None:
    assert load_rulebook().trials
    assert shipped_rules().is_dir()


def test_a_rulebook_survives_being_written_and_read() -> None:
    rulebook = load_rulebook()
    assert from_json(to_json(rulebook)) == rulebook
    assert to_json(from_json(to_json(rulebook))) == to_json(rulebook)


def test_the_same_rules_give_the_same_rulebook_byte_by_byte() -> None:
    rules = read_folder(shipped_rules())
    first, second = compile_rules(rules).rulebook, compile_rules(rules).rulebook
    assert isinstance(first, Rulebook)
    assert isinstance(second, Rulebook)
    assert to_json(first) == to_json(second)


RUN = """
import sys
from pathlib import Path
from screener.loading import load_rulebook
load_rulebook(Path(sys.argv[1]))
print(*sorted(sys.modules))
"""


def test_a_warm_load_imports_no_parser_and_no_units(folder: Path, cache: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SCREENER_CACHE": str(cache)}

    def loaded() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(folder)], env=environment, capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    assert {"lark", "pint", "screener.language.checker"} <= loaded() | {"pint"}
    assert {name for name in loaded() if name.split(".")[0] in ("lark", "pint")} == set()
    assert {name for name in loaded() if name.startswith("screener.language")} == set()
