"""From a folder of rules to a rulebook, by way of a cache.

Compiling the rules needs a parser and a registry of units; reading a compiled rulebook needs neither. So what was
compiled is kept as JSON in the user's cache folder, under a digest of everything that it depends on. The cache is a
convenience: absent, stale, damaged or not writable, it costs time and nothing else. This is the only place that knows
where rules lie and in which files; what they mean is the business of `language/`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from screener.rulebook import Rulebook, from_json, to_json
from screener.values.refusals import Refusal
from screener.version import __version__

if TYPE_CHECKING:
    from screener.language.checker import Checked

PACKAGE = Path(__file__).parent


class RulesError(Refusal):
    """Rules that cannot be used. `str(error)` is the text of all their problems, ready to be shown."""


class RuleFolder(Struct, frozen=True):
    """A rules folder and its text: rule files, registry records and tables of reviewed codes, each by its path below
    the folder, in order of path."""

    path: Path
    rules: dict[str, str]
    records: dict[str, str]
    tables: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """What identifies the rule text: the same files with the same words give the same digest."""
        texts = (*self.rules.items(), *self.tables.items())
        return "sha256:" + _digest(text.encode() for file in texts for text in file)


def load_rulebook(folder: Path | None = None) -> Rulebook:
    """The checked rules of a folder, or the rules that come with screener.

    Raises RulesError, with every problem found, if they cannot be used.
    """
    rules = read_folder(folder or shipped_rules())
    cache = _Cache.of(rules)
    kept = cache.read()
    if kept is not None:
        return kept
    checked = compile_rules(rules)
    if checked.rulebook is None:
        raise RulesError(checked.report)

    from screener.terminology.terminology import with_names

    rulebook = with_names(checked.rulebook)
    cache.write(rulebook)
    return rulebook


def compile_rules(rules: RuleFolder) -> Checked:
    """Check rules from their text, without the cache. Whatever is wrong with them stands in the diagnostics."""
    from screener.language.checker import check_texts
    from screener.terminology.code_lists import exists

    # Messages show paths that an editor can open from here; the rulebook keeps them as they are below the folder.
    root = _seen_from_here(rules.path).as_posix() + "/"
    rule_files = {root + path: text for path, text in rules.rules.items()}
    records = {root + path: text for path, text in rules.records.items()}
    tables = {root + path: text for path, text in rules.tables.items()}
    return check_texts(rule_files, records, rules.digest, root, tables, exists)


def _seen_from_here(folder: Path) -> Path:
    """The folder by its path from the working folder, if it lies in there."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the working folder was deleted
        return folder
    whole = folder.resolve()
    return whole.relative_to(here) if whole.is_relative_to(here) else folder


def shipped_rules() -> Path:
    """The folder of the rules that come with screener: inside the installed package, or at the root of a checkout."""
    inside = PACKAGE / "rules"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "rules"


def read_folder(folder: Path) -> RuleFolder:
    """Read all rule files (`*.rules`), registry records (`trials/*.json`) and tables of reviewed codes (`*.tsv`).

    Raises RulesError if the folder, or a file in it, cannot be read as text, or if it holds no rules.
    """
    if not folder.is_dir():
        raise RulesError(f"error[no-rules]: there is no folder `{folder}`")
    rules = dict(_texts(folder, "*.rules"))
    if not rules:
        raise RulesError(f"error[no-rules]: there are no rule files in `{folder}`")
    return RuleFolder(folder, rules, dict(_texts(folder, "*.json")), dict(_texts(folder, "*.tsv")))


def _texts(folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob(pattern)):
        try:
            yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise RulesError(f"error[unreadable-file]: `{path}` cannot be read: it is not text in UTF-8") from None
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise RulesError(f"error[unreadable-file]: `{path}` cannot be read: {reason}") from None


class _Cache(Struct, frozen=True):
    """A file that may hold the compiled form of some rules: a line with key and checksum, then the rulebook."""

    path: Path
    key: str
    digest: str

    @classmethod
    def of(cls, rules: RuleFolder) -> _Cache:
        """The cache of that folder, for the rules that are in it now."""
        where = _digest([str(rules.path.resolve()).encode()])
        files = (*rules.rules.items(), *rules.records.items(), *rules.tables.items())
        texts = (text.encode() for file in files for text in file)
        return cls(_cache_folder() / f"rules-{where[:16]}.json", _digest((*texts, *_engine())), rules.digest)

    def read(self) -> Rulebook | None:
        """What is kept, if nobody but the user can have written it, and it is these very rules."""
        try:
            with self.path.open("rb") as file:
                if not _is_users_own(os.fstat(file.fileno())):
                    return None
                head, _, body = file.read().partition(b"\n")
            if head.decode() != self._head(body):
                return None
            rulebook = from_json(body)
            return rulebook if rulebook.digest == self.digest else None
        except (OSError, UnicodeDecodeError, msgspec.DecodeError):
            return None

    def write(self, rulebook: Rulebook) -> None:
        body = to_json(rulebook)
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            try:
                with open(descriptor, "wb") as file:
                    file.write(f"{self._head(body)}\n".encode() + body)
                os.replace(name, self.path)
            finally:
                Path(name).unlink(missing_ok=True)

    def _head(self, body: bytes) -> str:
        return f"screener {self.key} {hashlib.sha256(body).hexdigest()}"


def _is_users_own(found: os.stat_result) -> bool:
    """Whether a file is the user's, and nobody else may write it. Windows sees to that by the folder."""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _cache_folder() -> Path:
    if chosen := os.environ.get("SCREENER_CACHE"):
        return Path(chosen)
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    # A relative path, or a home that is not known, is no place to leave files.
    return base / "screener" if base.is_absolute() else Path(os.devnull) / "screener"


def _engine() -> Iterator[bytes]:
    """Everything but the rules that a compiled rulebook depends on."""
    yield __version__.encode()
    for path in (PACKAGE / "rulebook.py", *_sources("language"), *_sources("values"), *_sources("terminology")):
        yield path.name.encode()
        yield path.read_bytes()


def _sources(room: str) -> list[Path]:
    return sorted(path for path in (PACKAGE / room).iterdir() if path.is_file())


def _digest(parts: Iterable[bytes]) -> str:
    # Each part is preceded by its length, so that moving text from one file to the next gives another digest.
    total = hashlib.sha256()
    for part in parts:
        total.update(b"%d:" % len(part))
        total.update(part)
    return total.hexdigest()
