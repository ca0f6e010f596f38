"""Adding never clears: an entry added to a dictionary overturns no definite answer, and neither does a diagnosis added
to a record.

The dictionary is the one that comes with screener, the added entry is random: with codes of every relation, an alias,
and with or without kinship. It is added as rule text. An answer may become open, or be found to be `is`; what was open
or said yes never becomes no, and no criterion that was unknown or failed is passed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener import Rulebook, evaluate, load_rules
from screener.loading import read_folder, shipped_rules
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.rulebook import Code, Related
from screener.terminology.terminology import Terminology
from terminology.common_codes import everyday
from trial_text import compiled

EDITIONS = {"icd10cm": "http://hl7.org/fhir/sid/icd-10-cm", "icd10who": "http://hl7.org/fhir/sid/icd-10"}
EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"


@cache
def before() -> Rulebook:
    return load_rules()


@cache
def conditions() -> tuple[str, ...]:
    """The conditions that a line of a trial asks for."""
    asked = Dictionary(before()).asked
    return tuple(sorted(name for name in asked if before().concepts[name].kind == "condition"))


@cache
def codes() -> tuple[str, ...]:
    """Codes that the dictionary speaks of, and everyday ones."""
    found = {
        each.first
        for concept in before().concepts.values()
        for each in (*concept.codes, *concept.relations)
        if each.system == "icd10" and each.last is None
    }
    return tuple(sorted(found | {listed["icd10cm"] for _, listed in everyday()}))


def of(name: str) -> list[str]:
    """The codes that are a concept, or may be, in all editions."""
    stated: list[Code | Related] = [*before().concepts[name].codes]
    stated += [each for each in before().concepts[name].relations if each.relation == "may be" and not each.family]
    return sorted({each.first for each in stated if each.system == "icd10" and each.last is None})


def added(dice: random.Random) -> dict[str, str]:
    """The text of all rules with a random entry more."""
    texts = dict(read_folder(shipped_rules()).rules)
    kinship = dice.choice(["none", "kind", "broader"])
    relative = dice.choice([name for name in conditions() if len(of(name)) > 3])
    drawn = dice.sample(codes(), 24)
    is_, may_be, is_not = drawn[:6], drawn[6:18], drawn[18:]
    block = ['condition added_entry "Added entry"', f"  also word_{dice.randrange(1000)}"]
    if kinship == "kind":
        # What is the kind is the broader concept: it stands for what that is, or may be, already.
        is_ = dice.sample(of(relative), 2)
        may_be, is_not = [code for code in may_be if code not in is_], []
        texts = {path: _with_kind(text, relative) for path, text in texts.items()}
    if kinship == "broader":
        # Nobody reviewed it: what it is silent about is open.
        may_be, is_not = [], []
        block.append(f"  includes {relative}")
    block.append(f"  course {dice.choice(['passing', 'acute', 'chronic'])}")
    if may_be and dice.random() < 0.5:
        block.append("  denied by list")
    lines = [f"  icd10 {', '.join(is_)}"]
    lines += [f"  icd10 may be {', '.join(may_be)}"] if may_be else []
    lines += [f"  icd10 not {', '.join(is_not)}"] if is_not else []
    texts["dictionary/added.rules"] = "\n".join([*block, "", "codes added_entry", *lines, ""])
    return texts


def _with_kind(text: str, broader: str) -> str:
    """A file of rules in which a condition includes the added entry, too, if it stands there."""
    head = re.search(rf'^condition {broader} ".*(?:\n  also (?:.*,\n)*.*)?$', text, re.M)
    if head is None:
        return text
    block = text[head.end() :].split("\n\n", 1)[0]
    changed = re.sub(r"^  includes ", "  includes added_entry, ", block, count=1, flags=re.M)
    if changed == block:
        changed = "\n  includes added_entry" + block
    return text[: head.end()] + changed + text[head.end() + len(block) :]


@cache
def records() -> tuple[dict[str, object], ...]:
    """Example patients, and lists of everyday diagnoses that are complete."""
    found: list[dict[str, object]] = [json.loads(path.read_text()) for path in sorted(EXAMPLES.glob("*.json"))[:4]]
    dice = random.Random(1)
    listed = [codes["icd10cm"] for _, codes in everyday()]
    found += [_record(dice.sample(listed, 6), EDITIONS["icd10cm"]) for _ in range(4)]
    return tuple(found)


def _record(listed: list[str], system: str) -> dict[str, object]:
    return {
        "id": "a",
        "as_of": "2026-02-20",
        "birth_date": "1980",
        "sex": "female",
        "conditions": [{"system": system, "code": code, "onset": "2026-02-01"} for code in listed],
        "complete": ["conditions", "procedures", "medications", "allergies", "events"],
    }


def statuses(record: object, dictionary: Dictionary) -> dict[str, str]:
    screening = evaluate(read_patient(record, dictionary), dictionary.rulebook, as_of="2026-02-20")
    return {f"{trial.id}/{line.id}": line.status for trial in screening.trials for line in trial.criteria}


@cache
def statuses_before() -> tuple[dict[str, str], ...]:
    dictionary = Dictionary(before())
    return tuple(statuses(record, dictionary) for record in records())


@cache
def terminology_before() -> Terminology:
    return Dictionary(before()).terminology


def cleared(old: Terminology, new: Terminology, asked: list[str]) -> Iterator[str]:
    for edition in EDITIONS:
        for code in asked:
            was, now = old.coded(edition, code), new.coded(edition, code)
            for name in (was.is_ | was.open) - (now.is_ | now.open):
                yield f"{edition} {code}: {name} was open and is cleared"
            for name in was.is_ - now.is_:
                yield f"{edition} {code}: {name} was said to be and is open"


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_an_added_entry_overturns_no_definite_answer(seed: int) -> None:
    texts = added(random.Random(seed))
    checked = compiled(msgspec.structs.replace(read_folder(shipped_rules()), rules=texts))
    if checked.rulebook is None:
        # A kind that may be where the broader concept is not: the checker refuses it.
        assert {each.code for each in checked.diagnostics if each.is_error} == {"kind-against-parent"}, checked.report
        return
    told = texts["dictionary/added.rules"]
    dictionary = Dictionary(checked.rulebook)
    asked = [*random.Random(seed).sample(codes(), 200), *re.findall(r"[A-Z][0-9][0-9A-Z.]+", told)]
    assert list(cleared(terminology_before(), dictionary.terminology, asked)) == [], told
    for record, was in zip(records(), statuses_before(), strict=True):
        now = statuses(record, dictionary)
        turned = {line: (was[line], now[line]) for line in was if was[line] != now[line]}
        assert all(new == "unknown" for _, new in turned.values()), f"{told}\n{turned}"


# ---- a diagnosis more

PROTOCOL = "protocol T1\n  > Every condition that a list can deny.\n"


@cache
def one_line_each() -> Dictionary:
    """The dictionary of a rulebook with one exclusion for each condition that a list can deny by itself."""
    rules = read_folder(shipped_rules())
    texts = {path: text for path, text in rules.rules.items() if not path.startswith("trials/")}
    named = [each.name for each in before().concepts.values() if each.kind == "condition" and each.denied_by_list]
    lines = [
        f"exclusion E{place}\n  > The patient had {name}.\n  history of {name}\n"
        for place, name in enumerate(named, start=1)
    ]
    texts["trials/T1.rules"] = "\n".join([PROTOCOL, *lines])
    checked = compiled(msgspec.structs.replace(rules, rules=texts, records={}))
    assert checked.rulebook is not None, checked.report
    return Dictionary(checked.rulebook)


@pytest.mark.parametrize("edition", EDITIONS)
@given(seed=st.integers(0, 10**9))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_diagnosis_added_to_a_list_never_clears_what_was_open(seed: int, edition: str) -> None:
    dice = random.Random(seed)
    listed = dice.sample(codes(), dice.randrange(5))
    more = dice.choice(codes())
    was = statuses(_record(listed, EDITIONS[edition]), one_line_each())
    now = statuses(_record([*listed, more], EDITIONS[edition]), one_line_each())
    assert len(was) > 30
    turned = {line: (was[line], now[line]) for line in was if now[line] == "passed" != was[line]}
    assert turned == {}, f"{more} beside {listed}"
    assert listed or "passed" in was.values()
