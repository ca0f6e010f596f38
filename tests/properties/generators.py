"""Random rules as text, random records in the native form, and fillings of a record's gaps.

The rules are small dictionaries with trials of a few lines, in the rule language; what is drawn here is meant to pass
the checker, and the tests insist that it does. Records have the gaps that real ones have: results that are missing,
stale, undated, without a unit, impossible or below detection, partial dates, incomplete lists, unanswered questions.

A *completion* fills one gap after another in the sense of `docs/semantics.md` and nothing else: it never adds a second
result of a fact that has one, an event that an absence on record forbids, or a result that belies a list declared
complete. What it adds says all that it is: an entry that may be something else besides would open what is settled.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple, TypeVar

import msgspec
from hypothesis import settings

from screener.language.checker import check_texts
from screener.records import read_patient
from screener.records.dictionary import Dictionary
from screener.records.patient import Answer, Patient, Result
from screener.rulebook import (
    LIST_OF,
    Concept,
    Finding,
    Lab,
    NormalLimit,
    Number,
    OnsetLookup,
    Question,
    RecordList,
    Rulebook,
    Trial,
    Truthful,
)
from screener.rulebook_walk import asked_together
from screener.values.dates import BEGINNING, DAY, day_shifted, day_text, parse_moment
from screener.values.ranges import Range

AS_OF = date(2026, 2, 20)
TODAY = AS_OF.toordinal()

Record = dict[str, Any]
T = TypeVar("T")


def pick(dice: Random, options: Sequence[T]) -> T:
    return dice.choice(options)


def chance(dice: Random, percent: int) -> bool:
    return dice.randrange(100) < percent


KEPT: list[tuple[Rulebook, Dictionary]] = []
"""The dictionaries made last: to make one takes longer than to read a record with it."""


def read(record: Record | bytes, rulebook: Rulebook) -> Patient:
    """The patient of a record."""
    dictionary = next((made for of, made in KEPT if of is rulebook), None)
    if dictionary is None:
        dictionary = Dictionary(rulebook)
        KEPT[:] = [(rulebook, dictionary), *KEPT[:3]]
    return read_patient(record, dictionary)


# ---- dictionaries

LABS = ("alpha", "beta")
CONDITIONS = ("liver", "fever", "ague", "crisis", "coma", "dropsy", "gravid", "ulcer")
PROCEDURES = ("graft", "half_graft")
DRUGS = ("cure", "potion")
SUBSTANCES = ("dust", "pollen")
CHOICES = {
    "fluid": ("none", "slight", "moderate"),
    "swab": ("positive", "negative", "indeterminate"),
    "smear": ("positive", "negative"),
}

PERHAPS_BY_LEVEL = "  may be present when beta >= 5\n"
PERHAPS_BY_FALL = "  may be present when fall in beta within 7 days >= 2\n"
FIXED_ENTRIES = """
finding swab "Swab"
  values positive, negative, indeterminate
finding smear "Smear"
  values positive, negative
question asked "Asked?"
  asked of investigator
question pledged "Pledged?"
  asked of participant for consent
  once for all trials
  holds for 30 days
points fluid_points "Points for fluid" from fluid
  none -> 1, slight -> 2, moderate -> 3
points stupor_points "Points for stupor" from stupor
  0 -> 1, 1 .. 2 -> 2, 3 .. 4 -> 3
points alpha_points "Points for alpha" from alpha
  below 10 umol/L -> 1, 10 .. 20 umol/L -> 2, above 20 umol/L -> 3
score total "Total"
  0.5 * ln(alpha in umol/L) + ln(beta floored at 1) + fluid_points + stupor_points
score rounded "Rounded"
  round(total + (if current fever then 2 else beta)) floored at 2 capped at 9
"""


def dictionaries(dice: Random) -> str:
    """The text of a small dictionary: the names are always the same, what they mean is not."""
    course = {name: pick(dice, ("acute", "chronic", "passing")) for name in ("liver", "fever", "ague", "crisis")}
    limits = pick(
        dice,
        (
            "  upper limit of normal 8 .. 14 umol/L\n  lower limit of normal 2 .. 3 umol/L",
            "  upper limit of normal female 8 .. 10 umol/L\n  upper limit of normal male 10 .. 14 umol/L\n"
            "  lower limit of normal 2 umol/L",
        ),
    )
    includes = pick(dice, ("fever, crisis", "fever", "crisis, ague"))

    def lasting(name: str) -> str:
        passes = course.get(name, "passing") == "passing"
        lines = ("", "", "  lasts 7 days\n", "  lasts 30 days\n", "  lasts 7 days\n  longest course 60 days\n")
        return pick(dice, lines) if passes else ""

    def denied(name: str, evidence: str) -> str:
        lines = ("  denied by list\n", "  denied by list\n", f"  denied by list with {evidence}\n", "")
        return pick(dice, lines)

    return f"""
defaults
  labs fresh {pick(dice, (3, 7, 30))} days
  findings fresh 7 days
  absences fresh {pick(dice, (7, 90))} days
lab alpha "Alpha"
  unit umol/L
  possible 1 .. 100 umol/L
{limits}
lab beta "Beta"
  pure number
  possible above 0 .. 20
finding stupor "Stupor"
  grade 0 .. 4
  {pick(dice, ("0 when coma is absent", "fresh 7 days"))}
finding fluid "Fluid"
  ordered none, slight, moderate
  {pick(dice, ("none when dropsy is absent", "fresh 14 days"))}
condition liver "Liver disease"
  includes {includes}
  course {course["liver"]}
  denied by list
condition fever "Fever"
  includes ague
  course {course["fever"]}
{lasting("fever")}{denied("fever", "beta")}{pick(dice, ("", PERHAPS_BY_LEVEL, PERHAPS_BY_FALL))}\
condition ague "Ague"
  course {course["ague"]}
{lasting("ague")}{denied("ague", "beta and procedures")}\
condition crisis "Crisis"
  course {course["crisis"]}
  denied by list
condition coma "Coma"
  course passing
  {pick(dice, ("present when stupor >= 1", "fresh 30 days"))}
  {pick(dice, ("absent when stupor = 0", "absent when stupor < 1"))}
{denied("coma", "stupor")}\
condition dropsy "Dropsy"
  course {pick(dice, ("chronic", "passing"))}
  {pick(dice, ("present when fluid is any of (slight, moderate)", "present when fluid is moderate"))}
  absent when fluid is none
  denied by list
condition gravid "Gravidity"
  only if sex is female
  present when swab is positive
  absent when swab is negative
  may be present when beta >= 10
  fresh 7 days
  lasts {pick(dice, ("3 days", "4 weeks"))}
  longest course {pick(dice, ("60 days", "42 weeks"))}
  ruled out when {pick(dice, ("age >= 45 years", "underwent graft", "age >= 18 years or history of crisis"))}
condition ulcer "Ulcer"
  course chronic
  present when smear is positive over {pick(dice, ("7 days", "30 days", "6 months"))}
  {pick(dice, ("may be present when smear is positive", "fresh 30 days"))}
  absent when smear is negative
{denied("ulcer", "smear")}\
procedure graft "Graft"
  includes half_graft
{lasting("graft")}{denied("graft", "alpha")}\
procedure half_graft "Half a graft"
  denied by list
drug cure "Cure"
  includes potion
{lasting("cure")}{denied("cure", "alpha")}\
drug potion "Potion"
  denied by list
event trek "Trek"
{denied("trek", "alpha")}\
substance dust "Dust"
  includes pollen
  denied by list
substance pollen "Pollen"
{FIXED_ENTRIES}"""


# ---- rules

LENGTHS = ("3 days", "7 days", "30 days", "4 weeks", "2 months", "6 months", "5 years")
EVENTS = (
    "history", "history", "history", "onset", "current", "current", "procedure", "planned", "drug", "taking", "family",
    "allergy", "event",
)  # fmt: skip
ANCHORED = ("liver", "fever", "crisis", "coma")


class Writer:
    """Writes rules, from the bottom of the grammar up."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice

    def one_of(self, *options: T) -> T:
        return pick(self.dice, options)

    def some_of(self, options: Sequence[str], at_most: int) -> list[str]:
        return self.dice.sample(options, self.dice.randint(1, at_most))

    def anchor(self, beside: bool) -> str:
        if beside and chance(self.dice, 80):
            return "its onset"
        return f"{self.one_of('last', 'first')} onset of {self.one_of(*ANCHORED)}"

    def scope(self, beside: bool, *, hours: bool = True) -> str:
        length = self.one_of(*LENGTHS) if not hours or chance(self.dice, 80) else self.one_of("12 hours", "48 hours")
        if chance(self.dice, 55):
            return f"within {length}"
        anchor = self.anchor(beside)
        if chance(self.dice, 50):
            return f"within {length} {self.one_of('before', 'after', 'of')} {anchor}"
        return f"{self.one_of('before', 'after', 'since', 'at')} {anchor}"

    def value(self, fact: str, beside: bool) -> str:
        which = self.one_of("", "", "latest ", "earliest ", "highest ", "lowest ")
        scope = f" {self.scope(beside)}" if beside or chance(self.dice, 40) else ""
        return f"{which}{fact}{scope}"

    def pure_number(self, depth: int, beside: bool) -> str:
        if depth <= 0 or chance(self.dice, 40):
            return self.one_of(
                self.value("beta", beside),
                self.value("stupor", beside),
                f"({self.value('alpha', beside)}) in umol/L",
                "fluid_points",
                "alpha_points",
                "total",
                "rounded",
                "2",
            )
        one = self.pure_number(depth - 1, beside)
        return self.one_of(
            f"({one} {self.one_of('+', '-', '*')} {self.pure_number(depth - 1, beside)})",
            f"({one} / (beta + 1))",
            f"{self.one_of('exp', 'round')}({one} capped at 9)",
            f"ln({one} floored at 0.5)",
            f"({one} floored at 1 capped at 5)",
        )

    def comparison(self, depth: int, beside: bool) -> str:
        operator = self.one_of("<", "<=", ">", ">=", "=")
        match self.one_of("alpha", "limit", "beta", "stupor", "between", "number", "change", "change", "choice", "age"):
            case "alpha":
                return f"{self.value('alpha', beside)} {operator} {self.one_of(2, 9, 10, 10.5, 20)} umol/L"
            case "limit":
                which = self.one_of("ULN", "LLN")
                times = self.one_of("", "2 x ", "1.5 x ", "10 x ")
                return f"{self.value('alpha', beside)} {self.one_of('<', '<=', '>', '>=')} {times}{which}"
            case "beta":
                return f"{self.value('beta', beside)} {operator} {self.one_of(1, 2, 5)}"
            case "stupor":
                return f"{self.value('stupor', beside)} {operator} {self.one_of(1, 2, 3)}"
            case "between":
                return (
                    f"{self.value('alpha', beside)} between {self.one_of(2, 9)} umol/L and {self.one_of(10, 20)} umol/L"
                )
            case "number":
                number = self.pure_number(depth, beside)
                return f"{number if number != '2' else 'beta'} {operator} {self.one_of(2, 3, 6)}"
            case "change":
                kind = self.one_of("rise", "fall", "rise per day", "relative rise", "relative fall")
                lab = self.one_of("alpha", "alpha", "beta")
                limit = f"{self.one_of(1, 5)}{' umol/L' if lab == 'alpha' else ''}"
                limit = "50 %" if kind.startswith("relative") else limit
                return f"{kind} in {lab} {self.scope(beside)} {self.one_of('<', '>=')} {limit}"
            case "choice":
                finding = self.one_of("fluid", "swab", "smear")
                value = self.value(finding, beside) if finding == "fluid" else finding
                return f"{value} is {self.one_of('', 'not ')}{self.one_of(*CHOICES[finding])}"
            case _:
                return f"age {operator} {self.one_of(17, 18, 45)} years"

    def named(self, names: Sequence[str], qualifiers: Sequence[str]) -> str:
        qualify = self.one_of(*qualifiers) + " " if qualifiers and chance(self.dice, 25) else ""
        return qualify + self.one_of(*names)

    def what(self, names: Sequence[str], qualifiers: Sequence[str]) -> str:
        if chance(self.dice, 70):
            return self.named(names, qualifiers)
        return f"any of ({', '.join(self.some_of(names, 2))})"

    def times(self) -> str:
        return " at least 2 times" if chance(self.dice, 12) else ""

    def event(self, depth: int, beside: bool) -> str:
        stated = ("severe", "uncontrolled", 'stage "III"')
        match self.one_of(*EVENTS):
            case "history":
                what = self.what(CONDITIONS, (*stated, "cured", "resolved"))
                if what in ("liver", "fever") and chance(self.dice, 40):
                    except_for = self.named(("ague",), ("cured", "severe"))
                    return f"history of {what} {self.scope(beside)} except {except_for}"
                if depth > 0 and not beside and chance(self.dice, 25):
                    return f"history of {what} within {self.one_of(*LENGTHS)} with ({self.comparison(0, True)})"
                return f"history of {what}{self.times()}{f' {self.scope(beside)}' if chance(self.dice, 70) else ''}"
            case "onset":
                return f"onset of {self.what(CONDITIONS, ())} {self.scope(beside)}"
            case "current":
                return f"current {self.what(CONDITIONS, stated)}"
            case "procedure":
                return (
                    f"underwent {self.what(PROCEDURES, ())}{self.times()}"
                    f"{f' {self.scope(beside)}' if chance(self.dice, 70) else ''}"
                )
            case "planned":
                within = f" within {self.one_of(*LENGTHS)}" if chance(self.dice, 70) else ""
                return f"{self.one_of('planned', 'planned')} {self.what(PROCEDURES, ())}{within}"
            case "drug":
                within = f" {self.scope(beside)}" if chance(self.dice, 70) else ""
                return f"treated with {self.what(DRUGS, ())}{self.times()}{within}"
            case "taking":
                return f"{self.one_of('taking cure', 'taking potion', 'receiving graft', 'receiving half_graft')}"
            case "family":
                return f"family history of {self.what(CONDITIONS, ())}"
            case "allergy":
                many = self.one_of("allergy to dust", "allergy to pollen", "at least 2 allergies to dust")
                return self.one_of(many, "allergy to severe dust")
            case _:
                return self.one_of(
                    "history of trek within 30 days", "current trek", f"start of trek {self.scope(beside)}"
                )

    def rule(self, depth: int, beside: bool = False) -> str:
        if depth <= 0 or chance(self.dice, 50):
            if chance(self.dice, 10):
                return self.one_of("sex is female", "confirmed asked", "confirmed pledged")
            return self.event(depth, beside) if chance(self.dice, 45) else self.comparison(depth, beside)
        one, other = self.rule(depth - 1, beside), self.rule(depth - 1, beside)
        return self.one_of(
            f"({one} and {other})",
            f"({one} or {other})",
            f"not ({one})",
            f"at least 2 of ({one}; {other}; {self.rule(0, beside)})",
            f"{self.one_of('before', 'at')} {self.one_of('last', 'first')} onset of {self.one_of(*ANCHORED)} ({one})",
            f'(read as "one way" {one} or read as "another way" {other})',
        )


NEWLINE = "\n"


def rule_texts(dice: Random, depth: int = 2, plain: int = 0) -> dict[str, str]:
    """A rules folder with a dictionary and a trial of a few lines, by path. `plain`: with so many more lines that ask
    one thing each."""
    writer = Writer(dice)
    rules = [writer.rule(depth) for _ in range(3)] + [writer.rule(0) for _ in range(plain)]
    blocks = [f"{kind} {name}\n  > Line {name}.\n  {rule}\n" for (kind, name), rule in zip(LINES, rules, strict=False)]
    labs_within = pick(dice, ("", "", "", "  labs within 14 days\n"))
    protocol = f"protocol T1\n  > Trial.\n  registry T1.json\n{labs_within}\n"
    return {"dictionary/all.rules": dictionaries(dice), "trials/T1.rules": protocol + "\n".join(blocks)}


LINES = (
    ("inclusion", "I1"), ("inclusion", "I2"), ("exclusion", "E1"), ("exclusion", "E2"), ("exclusion", "E3"),
    ("exclusion", "E4"), ("exclusion", "E5"),
)  # fmt: skip


def registry(lines: int = 3) -> dict[str, str]:
    """What the registry says of a trial with so many of these lines."""

    def listed(wanted: str) -> str:
        ids = [name for kind, name in LINES[:lines] if kind == wanted]
        return "\n".join(f"{number}. Line {name}." for number, name in enumerate(ids, 1))

    criteria = f"Inclusion Criteria:\n\n{listed('inclusion')}\n\nExclusion Criteria:\n\n{listed('exclusion')}"
    protocol = {
        "identificationModule": {"nctId": "T1", "briefTitle": "Trial."},
        "statusModule": {"overallStatus": "RECRUITING"},
        "eligibilityModule": {"sex": "ALL", "eligibilityCriteria": criteria},
    }
    return {"trials/T1.json": json.dumps({"protocolSection": protocol})}


REGISTRY = registry()


def rulebook_of(texts: Mapping[str, str]) -> Rulebook | None:
    """The rulebook of a rules folder; None where a comparison can never hold or always does, which is an error.

    Any other error is a fault of this generator, or of the checker.
    """
    checked = check_texts(texts, registry(texts["trials/T1.rules"].count("> Line")), "random")
    found = {each.code for each in checked.diagnostics if each.is_error}
    assert found <= VACUOUS, f"{texts['trials/T1.rules']}\n{checked.report}"
    return checked.rulebook


VACUOUS = {"never-holds", "always-holds"}


# ---- what rules are about


def rules_of(trials: Iterable[Trial]) -> list[Truthful]:
    """Every reading of every line."""
    return [reading.rule for trial in trials for criterion in trial.criteria for reading in criterion.readings]


class Subject(msgspec.Struct, frozen=True):
    """The facts and concepts that some rules read, and the numbers that they are compared with."""

    facts: tuple[str, ...]
    concepts: tuple[str, ...]
    questions: tuple[str, ...]
    limits: Mapping[str, tuple[float, ...]]


def subject_of(rulebook: Rulebook, rules: Sequence[Truthful]) -> Subject:
    """Everything that rules mention, themselves or through scores, definitions and lookups."""
    seen: dict[str, None] = {}
    numbers: list[float] = []
    todo: list[Any] = list(rules)
    shelves: Sequence[Mapping[str, Any]] = (rulebook.lookups, rulebook.scores, rulebook.definitions, rulebook.tables)
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            if node in seen:
                continue
            seen[node] = None
            todo += [shelf[node] for shelf in shelves if node in shelf]
            if node in rulebook.concepts:
                concept = rulebook.concepts[node]
                todo += [*(sign.fact for sign in concept.signs), *concept.denied_with, concept.ruled_out]
            if node in rulebook.findings and rulebook.findings[node].zero_when_absent is not None:
                todo.append(rulebook.findings[node].zero_when_absent)
        elif isinstance(node, msgspec.Struct):
            numbers += [node.value] if isinstance(node, Number) else []
            todo += [getattr(node, field) for field in node.__struct_fields__]
        elif isinstance(node, tuple):
            todo += node
    facts = tuple(name for name in seen if name in rulebook.labs or name in rulebook.findings)
    return Subject(
        facts,
        tuple(name for name in seen if name in rulebook.concepts),
        tuple(name for name in seen if name in rulebook.questions),
        {name: tuple(dict.fromkeys(numbers)) for name in facts if name in rulebook.labs},
    )


class Rules(NamedTuple):
    """Random rules: their texts, what they mean, and what they read."""

    texts: Mapping[str, str]
    rulebook: Rulebook
    subject: Subject


SHELF = 300


def random_rules(dice: Random, depth: int = 2, plain: int = 0) -> Rules:
    """Random rules of which each can hold and can fail.

    To check rules takes longer than to answer ten records. A profile that tries the same examples every time takes
    them from a shelf; any other makes new ones.
    """
    return _rules(dice.randrange(SHELF) if settings().derandomize else dice.getrandbits(64), depth, plain)


@lru_cache(2 * SHELF)
def _rules(seed: int, depth: int, plain: int) -> Rules:
    dice = Random(seed)
    while (rulebook := rulebook_of(texts := rule_texts(dice, depth, plain))) is None:
        pass
    return Rules(texts, rulebook, subject_of(rulebook, rules_of(rulebook.trials.values())))


# ---- records


def days_back(dice: Random, *, recent: bool = False) -> int:
    """How many days before screening something was; often on the edge of a window."""
    near = (0, 0, 1, 2, 3, 4, 6, 7, 8, 14, 15)
    return dice.choice(near if recent else (*near, 20, 28, 30, 31, 60, 90, 91, 181, 185, 400, 1826, 4000))


def days_around(dice: Random, *, recent: bool = False) -> int:
    """The same of what may also have been done after screening."""
    return -dice.choice((1, 1, 2, 7, 20)) if chance(dice, 10) else days_back(dice, recent=recent)


def date_text(dice: Random, back: int, *, with_time: bool = False) -> str:
    """A day, written as exactly as records happen to be."""
    when = AS_OF - timedelta(days=back)
    form = pick(dice, ("day", "day", "day", "day", "time" if with_time else "day", "month", "year"))
    if form == "time":
        return f"{when.isoformat()}T{pick(dice, ('00:00', '07:40', '23:59:59'))}"
    return when.isoformat()[: {"day": 10, "month": 7, "year": 4}[form]]


def observation(dice: Random, rulebook: Rulebook, name: str, limits: Sequence[float]) -> Record:
    fact = rulebook.fact(name)
    entry: Record = {"name": name}
    if not chance(dice, 8):
        back = days_back(dice, recent=chance(dice, 80)) if not chance(dice, 4) else -dice.randint(1, 20)
        entry["date"] = date_text(dice, back, with_time=True)
    elif chance(dice, 40):
        entry["current"] = True
    if isinstance(fact, Lab):
        entry |= measurement(dice, fact, limits)
    elif fact.choices:
        entry["value"] = pick(dice, fact.choices) if not chance(dice, 5) else "not done"
    else:
        entry["value"] = pick(dice, grades(fact)) if not chance(dice, 5) else 17
    return entry


def grades(finding: Finding) -> list[int]:
    assert finding.grade is not None
    return list(range(int(finding.grade.low), int(finding.grade.high) + 1))


def measurement(dice: Random, lab: Lab, limits: Sequence[float]) -> Record:
    around = [limit * factor for limit in limits for factor in (0.5, 0.99, 1, 1.01, 2)]
    low, high = lab.possible.low or lab.possible.high / 1000, lab.possible.high
    values = [round(each, 6) for each in (*around, low, high, (low + high) / 2, high / 10) if low <= each <= high]
    number = pick(dice, values)
    entry: Record = {"value": number}
    if lab.unit != "1" and not chance(dice, 6):
        entry["unit"] = lab.unit
    how = dice.randint(0, 99)
    if how < 6:
        entry["value"] = high * 20
    elif how < 12:
        entry["value"] = f"<{number}"
    elif how < 18:
        entry["value"] = f">{number}"
    elif how < 22:
        entry["value"] = "-".join(str(end) for end in sorted((number, pick(dice, values))))
    elif how < 45 and lab.normal_limits:
        entry["upper_limit"] = pick(dice, [float(limit.high) for limit in lab.normal_limits])
    return entry


ALL_LISTS: tuple[RecordList, ...] = (
    "conditions", "procedures", "plans", "medications", "events", "allergies", "family_history",
)  # fmt: skip


def dated(dice: Random, entry: Record, field: str, back: int) -> None:
    if chance(dice, 85):
        entry[field] = date_text(dice, back)


def denied(dice: Random, entry: Record, back: int) -> Record:
    """The rest of an entry that denies: its day, and since when."""
    dated(dice, entry, "date", back)
    if entry["status"] == "absent" and chance(dice, 40):
        entry["since"] = date_text(dice, max(back, 0) + days_back(dice))
    return entry


def made_on(dice: Random, back: int) -> str:
    """When an entry was made of what began so many days before screening: seldom after screening, or before that."""
    how = dice.randrange(20)
    if how < 4:
        return day_text(TODAY + dice.choice((1, 1, 2, 7, 30)))
    if how < 8:
        return day_text(TODAY - back - dice.choice((1, 3, 30)))
    return day_text(TODAY - min(back, days_back(dice) if how < 14 else dice.randint(0, back)))


def condition(dice: Random, concept: Concept) -> Record:
    statuses = ("active", "active", "active", "resolved", "cured", "absent", "never", None)
    entry: Record = {"name": concept.name, "status": pick(dice, statuses)}
    if entry["status"] in ("absent", "never"):
        return denied(dice, entry, days_around(dice))
    back = days_back(dice)
    dated(dice, entry, "onset", back)
    if entry["status"] != "active" and concept.course != "acute" and chance(dice, 60):
        entry["end"] = date_text(dice, dice.randint(0, back))
    if chance(dice, 40):
        entry["date"] = made_on(dice, back)
    for field, options in (
        ("severity", ("mild", "severe")), ("stage", ("II", "III")), ("controlled", (True, False)),
    ):  # fmt: skip
        if chance(dice, 30):
            entry[field] = pick(dice, options)
    return entry


def procedure(dice: Random, concept: Concept) -> Record:
    statuses = ("done", "done", "done", "planned", "ongoing", "never", "absent", "not planned")
    entry: Record = {"name": concept.name, "status": pick(dice, statuses)}
    back = days_back(dice)
    if entry["status"] == "planned":
        dated(dice, entry, "date", -back if chance(dice, 80) else back)
    elif entry["status"] == "not planned":
        dated(dice, entry, "date", days_around(dice))
        if chance(dice, 60):
            entry["until"] = date_text(dice, -days_around(dice))
    elif entry["status"] in ("never", "absent"):
        denied(dice, entry, days_around(dice))
    elif entry["status"] == "ongoing" or (entry["status"] == "done" and chance(dice, 30)):
        dated(dice, entry, "start", back)
    elif chance(dice, 15):
        entry["start"] = f"{day_text(TODAY - back)}T08:00"
        entry["end"] = f"{day_text(TODAY - back)}T12:00"
    else:
        dated(dice, entry, "date", back)
    return entry


def stay(dice: Random, concept: Concept) -> Record:
    entry: Record = {"name": concept.name}
    status = pick(dice, (None, None, "ongoing", "ongoing", "stopped", "never", "absent"))
    if status is not None:
        entry["status"] = status
    if status in ("never", "absent"):
        return denied(dice, entry, days_around(dice))
    back = days_back(dice)
    dated(dice, entry, "start", back)
    if status != "ongoing" and chance(dice, 60):
        entry["end"] = date_text(dice, dice.randint(0, back))
    if chance(dice, 25):
        entry["date"] = made_on(dice, back)
    return entry


def mention(dice: Random, concept: Concept) -> Record:
    entry: Record = {"name": concept.name, "status": pick(dice, ("present", "present", "absent"))}
    dated(dice, entry, "date", days_around(dice))
    if entry["status"] == "present" and chance(dice, 50):
        entry["severity"] = pick(dice, ("mild", "severe"))
    return entry


MAKERS: Mapping[str, Callable[[Random, Concept], Record]] = {
    "condition": condition, "procedure": procedure, "drug": stay, "event": stay, "substance": mention,
}  # fmt: skip


def unread(dice: Random, rulebook: Rulebook, concept: Concept, concepts: Sequence[str]) -> Record:
    """An entry of which nobody can tell what it is, or only in part; it says what an entry of the concept might."""
    entry = MAKERS[concept.kind](dice, concept)
    if entry.get("status") in ("absent", "never", "not planned"):
        entry = {"name": concept.name, "status": None}
    if chance(dice, 60):
        entry["text"] = f"wording {dice.randrange(1000)}"
        del entry["name"]
    if chance(dice, 70):
        named = {entry.get("name"), *(() if "name" not in entry else concept.broader)}
        is_not = [name for name in concepts if name not in named and chance(dice, 60)]
        kept = [name for name in is_not if not named & {name, *rulebook.concepts[name].narrower}]
        entry["reviewed"] = {"not": kept, **looked_at(entry, TODAY)}
    return {key: value for key, value in entry.items() if value is not None}


def with_unread_entries(
    dice: Random, record: Record, rulebook: Rulebook, subject: Subject, *, goes_on: bool = False
) -> Record:
    """The record with some more entries of which nobody can tell what they are. `goes_on`: or can, but none of them
    denies anything: none says that something is over, or is what rules a condition out."""
    filled = deepcopy(record)
    rule_out = [each.ruled_out for each in rulebook.concepts.values() if each.ruled_out is not None]
    excluding = {*subject_of(rulebook, rule_out).concepts}
    for name in dice.sample(subject.concepts, min(len(subject.concepts), dice.randint(1, 3))):
        concept = rulebook.concepts[name]
        entry = unread(dice, rulebook, concept, subject.concepts)
        if goes_on:
            if chance(dice, 30):
                # What is known to be there stands for a result that may show it; its stage would then be known, too.
                known = MAKERS[concept.kind](dice, concept)
                entry = {key: value for key, value in known.items() if key not in ("severity", "stage", "controlled")}
            rules_out = "name" in entry and not excluding.isdisjoint({name, *concept.broader})
            is_over = entry.get("status") in (*DENYING, "resolved", "cured", "stopped") or "end" in entry
            if is_over or rules_out:
                continue
        filled.setdefault(LIST_OF[concept.kind], []).append(entry)
    return filled


def review(dice: Random, rulebook: Rulebook, names: Sequence[str]) -> Record:
    """What somebody looked for in the chart and did not find."""
    back = days_around(dice, recent=chance(dice, 70))
    none_of = []
    for name in names:
        kind = rulebook.concepts[name].kind
        leads = {"condition": ("", "", "family history of "), "procedure": ("", "", "planned "), "drug": ("",)}
        none_of.append(f"{pick(dice, leads.get(kind, ('',)))}{name}")
    covers = pick(dice, ("ever", "ever", "now", date_text(dice, max(back, 0) + days_back(dice))))
    return {"on": day_text(TODAY - back), "by": "a reviewer", "covers": covers, "none_of": none_of}


def records(dice: Random, rulebook: Rulebook, subject: Subject, fullness: int = 80) -> Record:
    """A record about what some rules read; the fuller, the fewer facts are missing from it."""
    record: Record = {"id": "p", "as_of": AS_OF.isoformat()}
    how = dice.randrange(100)
    if how < 25:
        record["as_of"] = day_text(TODAY - dice.choice((1, 2, 6, 7, 8, 30, 31, 60, 90, 91, 181)))
    elif how < 32:
        record["as_of"] = day_text(TODAY + dice.choice((1, 7, 30)))
    elif how < 40:
        del record["as_of"]
    if chance(dice, fullness):
        birth = ("1965-02-20", "1981-05", "1981", "2008-02-20", "2008-02-21", "2008-02", "1943-02-20")
        record |= {"birth_date": pick(dice, birth)} if chance(dice, 80) else {"age_years": pick(dice, (17, 18, 45, 66))}
    if chance(dice, fullness + 20):
        record["sex"] = pick(dice, ("female", "male"))
    for name in subject.facts:
        for _ in range(pick(dice, (1, 1, 1, 2, 3)) if chance(dice, fullness) else 0):
            entry = observation(dice, rulebook, name, subject.limits.get(name, ()))
            record.setdefault("observations", []).append(entry)
    for name in subject.concepts:
        concept = rulebook.concepts[name]
        for _ in range(pick(dice, (1, 1, 2)) if chance(dice, fullness // 2) else 0):
            if concept.kind == "condition" and chance(dice, 12):
                record.setdefault("family_history", []).append(mention(dice, concept))
                continue
            entry = MAKERS[concept.kind](dice, concept)
            if chance(dice, 12):
                entry = unread(dice, rulebook, concept, subject.concepts)
            record.setdefault(LIST_OF[concept.kind], []).append(entry)
    if subject.concepts and chance(dice, 15):
        names = dice.sample(subject.concepts, dice.randint(1, min(4, len(subject.concepts))))
        record["reviews"] = [review(dice, rulebook, names)]
    answers: Record = {}
    for question in subject.questions:
        for key in answer_keys(rulebook, question) if chance(dice, fullness) else ():
            value = dice.choice((True, False))
            answers[key] = {"value": value, "date": date_text(dice, days_around(dice))} if chance(dice, 40) else value
    for trial in rulebook.trials.values():
        for line in trial.criteria:
            if len(line.readings) > 1 and chance(dice, 10):
                answers[f"{trial.id}/{line.id}"] = {"reading": dice.randint(1, len(line.readings))}
    record["answers"] = answers
    record["complete"] = [name for name in ALL_LISTS if chance(dice, fullness // 2)]
    for name, code in SAID_OF_LISTS if chance(dice, 25) else ():
        if chance(dice, 40 if name not in record else 5):
            said = {**code} if chance(dice, 10) else {**code, "date": date_text(dice, days_around(dice))}
            record.setdefault(name, []).append(said)
    return moved(record, dice.choice((1, 7, 8, 30, 91))) if chance(dice, 10) else record


SAID_OF_LISTS: tuple[tuple[str, Record], ...] = (
    (
        "conditions",
        {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-known-problems"},
    ),
    ("medications", {"snomed": "787481004"}),
    ("procedures", {"snomed": "787480003"}),
    ("events", {"snomed": "261665006"}),
    ("conditions", {"snomed": "261665006"}),
)
"""Codes that say of a list that there is nothing on it; the last two, that nobody knows what is."""


def moved(record: Record, days: int) -> Record:
    """The record with all its dates so many days earlier, but for the birth."""

    def earlier(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: earlier(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [earlier(key, each) for each in value]
        if key not in DATES or value in ("ever", "now"):
            return value
        return day_text(parse_moment(value[:10]).first_day - days)[: len(value)] + value[10:]

    moved_: Record = earlier("", record)
    return moved_


DATES = ("as_of", "date", "onset", "start", "end", "since", "until", "on", "covers")


def clear_record(dice: Random, rulebook: Rulebook, subject: Subject) -> Record:
    """A record that says everything about some rules, for an ill patient, a well one, or something between.

    Random records seldom meet a rule that asks for much at once; these reach both sides of every line.
    """
    illness = pick(dice, (0, 0, 0, 10, 50, 90, 100, 100))
    measured = pick(dice, ((1,), (3, 1), (60, 3, 1), (60, 27, 13, 1)))
    level, uniformity = pick(dice, (0, 1, 2, 3)), pick(dice, (0, 50, 100))
    record: Record = {
        "id": "p",
        "as_of": AS_OF.isoformat(),
        "sex": pick(dice, ("female", "female", "male")),
        "birth_date": pick(dice, ("1965-02-20", "1981-05-01", "2009-05-01", "1943-02-20")),
        "answers": {answer_key(rulebook, name): chance(dice, pick(dice, (0, 100))) for name in subject.questions},
        "complete": list(ALL_LISTS) if chance(dice, 90) else [],
        "observations": [],
    }
    related = {kind for name in subject.concepts for kind in (name, *rulebook.concepts[name].broader)}
    evidence = {each for name in related for each in rulebook.concepts[name].denied_with if each not in ALL_LISTS}
    # Of many tests that each may show one thing, a record seldom has all.
    tested = subject.facts if len(subject.facts) < 6 or chance(dice, 60) else ()
    for name in (*tested, *sorted(evidence - {*tested})):
        chosen = level if chance(dice, uniformity) else dice.randrange(4)
        for back in measured if chance(dice, 90) else (3, 1):
            entry: Record = {"name": name, "date": f"{day_text(TODAY - back)}T08:00"}
            record["observations"].append(
                entry | clear_value(rulebook, rulebook.fact(name), chosen, is_ill=illness >= 50)
            )
    anchors = {lookup.concept for lookup in rulebook.lookups.values() if isinstance(lookup, OnsetLookup)}
    for name in subject.concepts:
        concept = rulebook.concepts[name]
        is_ill = chance(dice, illness) or (name in anchors and chance(dice, 50))
        present, absent = CLEAR[concept.kind]
        back = pick(dice, (2, 12, 25) if name in anchors else (0, 0, 2, 12, 25, 300))
        day: Record = {field: day_text(TODAY - back) for field in ("onset", "start") if field in present}
        entry = {"name": name, **present, **day} if is_ill else {"name": name, **absent}
        record.setdefault(LIST_OF[concept.kind], []).append(entry)
        if concept.kind == "procedure" and is_ill and chance(dice, 50):
            record["procedures"].append({"name": name, "status": "planned", "date": day_text(TODAY + 20)})
        if concept.kind == "condition" and chance(dice, illness // 3):
            record.setdefault("family_history", []).append({"name": name, "status": "present"})
    return record


CLEAR: Mapping[str, tuple[Record, Record]] = {
    "condition": (
        {"status": "active", "onset": "", "severity": "severe", "stage": "III", "controlled": False},
        {"status": "absent"},
    ),
    "procedure": ({"status": "ongoing", "start": ""}, {"status": "never"}),
    "drug": ({"status": "ongoing", "start": ""}, {"status": "never"}),
    "event": ({"status": "ongoing", "start": ""}, {"status": "never"}),
    "substance": ({"status": "present", "severity": "severe"}, {"status": "absent"}),
}
"""How an entry says clearly that something is, or is not; a day is put into the field left empty."""


def clear_value(rulebook: Rulebook, fact: Lab | Finding, level: int, *, is_ill: bool) -> Record:
    """A value at one of four levels, from the lowest possible to the highest; a test shows what the patient is."""
    if isinstance(fact, Finding):
        signs = [concept.present_when if is_ill else concept.absent_when for concept in rulebook.concepts.values()]
        shown = [choice for each in signs for sign in each if sign.fact == fact.name for choice in sign.choices]
        values = shown or fact.choices or grades(fact)
        return {"value": values[min(level, len(values) - 1)]}
    low, high = fact.possible.low or fact.possible.high / 1000, fact.possible.high
    usual = fact.usual or fact.possible
    levels = (low, usual.low + (usual.high - usual.low) / 50, usual.low + (usual.high - usual.low) / 4, high)
    unit = {} if fact.unit == "1" else {"unit": fact.unit}
    return {"value": round(levels[level], 6), **unit}


# ---- completions


def gaps(dice: Random, record: Record, rulebook: Rulebook, subject: Subject) -> dict[str, Iterator[Record]]:
    """The record with one gap filled, in one way for each of its gaps, by the kind of gap."""
    patient = read(record, rulebook)
    return {
        "person": _gaps_of_person(dice, record, rulebook, patient),
        "result": _gaps_of_results(dice, record, rulebook, subject, patient),
        "entry": _gaps_of_entries(dice, record, rulebook, patient),
        "stale statement": _gaps_of_stale_statements(dice, record, rulebook, patient),
        "entry that may be": _gaps_of_what_may_be(dice, record, rulebook, patient),
        "list": _gaps_of_lists(dice, record, rulebook, subject, patient),
        "review": _gaps_of_reviews(dice, record, rulebook, subject, patient),
        "answer": _gaps_of_answers(dice, record, rulebook, subject, patient),
    }


def _with(record: Record, place: Sequence[str | int], value: object) -> Record:
    """The record with one thing put in its place."""
    filled = deepcopy(record)
    inner: Any = filled
    for step in place[:-1]:
        inner = inner[step] if isinstance(step, int) else inner.setdefault(step, {})
    inner[place[-1]] = value
    return filled


def _with_entry(record: Record, name: str, entry: Record) -> Record:
    filled = deepcopy(record)
    filled.setdefault(name, []).append(entry)
    return filled


def own_day_of(record: Record) -> int:
    """The record's own day; today where it does not say."""
    return parse_moment(record["as_of"]).first_day if "as_of" in record else TODAY


def narrower_date(dice: Random, text: str | None, *, latest: int = TODAY, earliest: int = TODAY - 6000) -> str:
    """A day that a partial date (or none) may stand for."""
    first, last = earliest, latest
    if text is not None:
        moment = parse_moment(text)
        first, last = max(moment.first_day, earliest), min(moment.last_day, latest)
    if text is None and chance(dice, 60):
        first = max(first, last - 40)
    return day_text(dice.randint(min(first, last), last))


def answer_keys(rulebook: Rulebook, name: str) -> tuple[str, ...]:
    """All keys that an answer can stand under: that of the trial goes before that of all."""
    keys = (f"{next(iter(rulebook.trials))}/{name}", answer_key(rulebook, name))
    return tuple(dict.fromkeys(keys))


def answer_key(rulebook: Rulebook, name: str) -> str:
    """The key that an answer stands under: the question's own where it is asked once for all, except for a consent."""
    question = rulebook.questions[name]
    is_bare = question.once_for_all and not question.gives_consent
    return name if is_bare else f"{next(iter(rulebook.trials))}/{name}"


def is_partial(text: str | None) -> bool:
    return text is None or not parse_moment(text).is_one_day


def _gaps_of_answers(
    dice: Random, record: Record, rulebook: Rulebook, subject: Subject, patient: Patient
) -> Iterator[Record]:
    for question in subject.questions:
        given = [each for key, each in patient.answers.items() if key.rpartition("/")[2] == question]
        if not any(still_holds(each, rulebook.questions[question], patient) for each in given):
            # A yes to a question about what a list denies contradicts the record.
            says_more = asked_together(rulebook).get(question) or rulebook.questions[question].yes_says
            values = (False,) if says_more else (True, False)
            yield _with(record, ("answers", answer_keys(rulebook, question)[0]), dice.choice(values))


def still_holds(answer: Answer, question: Question, patient: Patient) -> bool:
    own_day = TODAY if patient.as_of is None else min(patient.as_of, TODAY)
    day = own_day if answer.when is None else answer.when.first_day
    oldest = FOREVER if question.holds_for is None else day_shifted(TODAY, question.holds_for, -1)
    return oldest <= day <= TODAY


def _gaps_of_person(dice: Random, record: Record, rulebook: Rulebook, patient: Patient) -> Iterator[Record]:
    if "sex" not in record:
        on_record = [rulebook.concepts[name].only_if for name in patient.episodes]
        yield _with(record, ("sex",), next((sex for sex in on_record if sex), pick(dice, ("female", "male"))))
    if "birth_date" in record and is_partial(record["birth_date"]):
        yield _with(record, ("birth_date",), narrower_date(dice, record["birth_date"]))
    if "birth_date" not in record and "age_years" not in record:
        oldest = AS_OF.replace(year=AS_OF.year - 120).toordinal()
        yield _with(record, ("birth_date",), day_text(dice.randint(oldest, TODAY)))


def _gaps_of_results(
    dice: Random, record: Record, rulebook: Rulebook, subject: Subject, patient: Patient
) -> Iterator[Record]:
    for place, entry in enumerate(record.get("observations", [])):
        fact = rulebook.fact(entry["name"])
        shown = [concept for concept in rulebook.concepts.values() if shown_by(fact, concept)]
        if any(not is_of_sex(record, concept) or is_said_to_hold(rulebook, patient, concept) for concept in shown):
            # What such a result shows may contradict what is on record: that would be another record.
            continue
        at = ("observations", place)
        if "date" in entry and is_partial(entry["date"]) and parse_moment(entry["date"]).first_day <= TODAY:
            yield _with(record, (*at, "date"), narrower_date(dice, entry["date"]))
        if "date" not in entry and "current" not in entry:
            yield _with(record, (*at, "date"), narrower_date(dice, None))
        result = patient.results[fact.name][_place_among(record, place)]
        is_open = result.unusable is not None or (result.value is not None and not result.value.is_exact)
        if is_open and any(is_shown_at_once(patient, result, concept) for concept in shown):
            continue  # it may contradict the other result
        if is_open:
            yield _with(record, at, usable(dice, entry, fact, subject, result.value))
        elif isinstance(fact, Lab) and fact.normal_limits and "upper_limit" not in entry:
            yield _with(record, (*at, "upper_limit"), normal_limit(dice, fact, record))
    for name in subject.facts:
        fact = rulebook.fact(name)
        if name not in patient.results and is_silent_about_shown(rulebook, patient, fact):
            yield _with_entry(
                record,
                "observations",
                usable(dice, {"name": fact.name, "date": narrower_date(dice, None)}, fact, subject),
            )


def is_shown_at_once(patient: Patient, result: Result, concept: Concept) -> bool:
    """Whether another result shows a condition, at a time not known to be another."""
    return any(
        one.shown_by_result
        and not one.doubtful
        and one.source != result.source
        and (
            one.asserted is None
            or result.when is None
            or not (one.asserted.is_before(result.when) or result.when.is_before(one.asserted))
        )
        for one in patient.episodes.get(concept.name, ())
    )


def _place_among(record: Record, place: int) -> int:
    name = record["observations"][place]["name"]
    return sum(entry["name"] == name for entry in record["observations"][:place])


def shown_by(fact: Lab | Finding, concept: Concept) -> bool:
    return any(sign.fact == fact.name for sign in concept.signs)


def is_of_sex(record: Record, concept: Concept) -> bool:
    return concept.only_if in (None, record.get("sex", concept.only_if))


def is_said_to_hold(rulebook: Rulebook, patient: Patient, concept: Concept) -> bool:
    """Whether an entry, and not only a result, says something of a concept."""
    related = related_to(rulebook, concept)
    entries = [one for those in patient.episodes.values() for one in those]
    entries += [one for of_list in patient.may_be.values() for those in of_list.values() for one in those]
    denials = [one for those in patient.absences.values() for one in those]
    return any(not one.shown_by_result and one.concept in related for one in (*entries, *denials))


def is_silent_about_shown(rulebook: Rulebook, patient: Patient, fact: Lab | Finding) -> bool:
    """Whether the record says nothing of the conditions that a result would show, or that stand for it."""
    shown = [concept for concept in rulebook.concepts.values() if shown_by(fact, concept)]
    if isinstance(fact, Finding) and fact.zero_when_absent is not None:
        shown.append(rulebook.concepts[fact.zero_when_absent])
    return all(is_silent_about(rulebook, patient, concept, LIST_OF[concept.kind]) for concept in shown)


def is_silent_about(rulebook: Rulebook, patient: Patient, concept: Concept, name: RecordList) -> bool:
    """Whether the record says nothing for certain of a concept: no entry, no denial, no list that denies it, nothing
    that rules it out."""
    return silent_from(rulebook, patient, concept, name) == FOREVER


FOREVER = BEGINNING // DAY


def silent_from(rulebook: Rulebook, patient: Patient, concept: Concept, name: RecordList) -> int | None:
    """The day from which on a record says nothing of a concept any more: the first on which no denial and no list
    speaks; None if an entry tells of it, or something rules it out."""
    related = related_to(rulebook, concept)
    concepts = [rulebook.concepts[each] for each in related]
    if any(each.ruled_out is not None for each in concepts) or name in patient.none_known_on:
        return None
    if any(
        one.concept in related for those in patient.episodes.values() for one in those if one.list in (name, "plans")
    ):
        return None
    own_day = patient.as_of
    denied_on: list[int | None] = []
    for absence in (one for those in patient.absences.values() for one in those):
        if absence.list == name and absence.concept in related:
            when = own_day if absence.when is None else absence.when.last_day
            denied_on.append(None if absence.doubtful else when)
    if name in patient.complete and any(each.denied_by_list for each in concepts):
        denied_on.append(own_day)
    if None in denied_on:
        return None
    days = [day_shifted(day, each.fresh, 1) + 1 for day in denied_on if day is not None for each in concepts]
    return max(days, default=FOREVER)


def related_to(rulebook: Rulebook, concept: Concept) -> set[str]:
    """The concept, everything narrower and broader, what is narrower than that which is broader, and what has a kind in
    common with it: an entry of the one may be the other."""
    related = {concept.name, *concept.narrower, *concept.broader}
    related |= {name for narrower in concept.narrower for name in rulebook.concepts[narrower].broader}
    return related | {name for broader in concept.broader for name in rulebook.concepts[broader].narrower}


def usable(dice: Random, entry: Record, fact: Lab | Finding, subject: Subject, within: Range | None = None) -> Record:
    """The entry with a value that can be used: one of those that it was known to lie within, or any possible one."""
    filled = {key: value for key, value in entry.items() if key not in ("value", "unit")}
    if isinstance(fact, Finding):
        return {**filled, "value": pick(dice, fact.choices or grades(fact))}
    known = fact.possible if within is None else within
    around = [number for limit in subject.limits.get(fact.name, ()) for number in (limit * 0.99, limit, limit * 1.01)]
    even = [known.low + (known.high - known.low) * share for share in (0.0, 0.01, 0.5, 0.99, 1.0)]
    filled["value"] = pick(dice, [round(number, 9) for number in (*around, *even) if known.contains(round(number, 9))])
    return filled if fact.unit == "1" else {**filled, "unit": fact.unit}


def normal_limit(dice: Random, lab: Lab, record: Record) -> float:
    def applies(limit: NormalLimit) -> bool:
        return limit.which == "upper" and (limit.sex is None or record.get("sex") in (None, limit.sex))

    fitting = [limit for limit in lab.normal_limits if applies(limit)] or list(lab.normal_limits)
    limit = pick(dice, fitting)
    return pick(dice, (float(limit.low), float(limit.high)))


DENYING = ("absent", "never", "not planned")
GOING_ON = ("active", "ongoing")


def entries_of(record: Record, rulebook: Rulebook) -> Iterator[tuple[tuple[str, int], Record, Concept | None]]:
    """The entries of what happened, each with its place and its concept, if it has one."""
    for name in ("conditions", "procedures", "medications", "events"):
        for place, entry in enumerate(record.get(name, [])):
            yield (name, place), entry, rulebook.concepts[entry["name"]] if "name" in entry else None


def _gaps_of_entries(dice: Random, record: Record, rulebook: Rulebook, patient: Patient) -> Iterator[Record]:
    for at, entry, concept in entries_of(record, rulebook):
        status = entry.get("status")
        if status in DENYING:
            since = parse_moment(entry["since"]).last_day if "since" in entry else FOREVER
            if "date" in entry and is_partial(entry["date"]):
                day = narrower_date(dice, entry["date"], earliest=since)
                if parse_moment(entry["date"]).first_day <= parse_moment(day).first_day:
                    yield _with(record, (*at, "date"), day)
            continue
        if concept is not None and is_undated_beside_denial(patient, at, entry, concept):
            # The status and the denial may each be the later word: an onset alone may tell.
            begin = "onset" if at[0] == "conditions" else "start"
            latest = min(own_day_of(record), TODAY)
            yield _with(record, (*at, begin), narrower_date(dice, None, latest=latest, earliest=latest - 6000))
        if concept is None or status == "planned" or is_denied(rulebook, patient, concept):
            # A day may be in conflict with what is denied on record; and what is planned lies ahead.
            continue
        is_alone = not others_of(rulebook, patient, concept, at)
        yield from _gaps_of_days(dice, record, at, entry, concept, is_alone=is_alone)
        if at[0] == "conditions":
            for field, options in (
                ("severity", ("mild", "severe")), ("stage", ("II", "III")), ("controlled", (True, False)),
            ):  # fmt: skip
                if field not in entry:
                    yield _with(record, (*at, field), pick(dice, options))


def is_undated_beside_denial(patient: Patient, at: tuple[str, int], entry: Record, concept: Concept) -> bool:
    """Whether an entry says that something passing goes on and gives no day at all, and it is denied on a known day."""
    if entry.get("status") not in GOING_ON or concept.lasts is None or concept.longest_course is not None:
        return False
    if {"onset", "start", "date"} & entry.keys():
        return False
    return any(
        absence.list == at[0] and not (absence.doubtful or absence.reviewed) and absence.when is not None
        and absence.when.last_day <= TODAY
        for name in (concept.name, *concept.broader)
        for absence in patient.absences.get(name, ())
    )  # fmt: skip


def _gaps_of_days(
    dice: Random, record: Record, at: tuple[str, int], entry: Record, concept: Concept, *, is_alone: bool
) -> Iterator[Record]:
    """An entry with a day more exactly known. `is_alone`: nothing else on record is of its concept."""
    begin = "onset" if at[0] == "conditions" else "date" if "date" in entry and at[0] == "procedures" else "start"
    if at[0] == "procedures" and begin == "start" and entry.get("status") == "done" and "start" not in entry:
        begin = "date"
    made = parse_moment(entry["date"]).first_day if "date" in entry and begin != "date" else None
    latest = TODAY if made is None else made
    if "end" in entry:
        latest = min(latest, parse_moment(entry["end"]).first_day)
    earliest = TODAY - 6000
    if (
        concept.longest_course is not None
        and concept.lasts is not None
        and entry.get("status") in ("active", "ongoing")
    ):
        # What is said to go on began no longer before than it can last.
        said = max(TODAY if made is None else made, latest)
        earliest = day_shifted(day_shifted(said, concept.lasts, 1), concept.longest_course, -1)
    started = parse_moment(entry[begin]) if begin in entry else None
    if is_partial(entry.get(begin)) and (started is None or started.first_day <= latest):
        earliest = min(earliest, latest)
        filled = _with(record, (*at, begin), narrower_date(dice, entry.get(begin), latest=latest, earliest=earliest))
        if started is None and made is None and concept.lasts is not None and entry.get("status") in GOING_ON:
            # A statement without any day is of the record's own: that is when somebody made it. What a record of after
            # the day of screening says without a day is read as of that day.
            own_day = min(own_day_of(record), TODAY)
            if at[0] == "procedures":
                earliest = max(earliest, day_shifted(TODAY, concept.lasts, -1))
                if earliest > own_day:
                    return
                filled = _with(record, (*at, begin), day_text(dice.randint(earliest, own_day)))
            else:
                latest = min(latest, own_day)
                began = narrower_date(dice, entry.get(begin), latest=latest, earliest=min(earliest, latest))
                filled = _with(record, (*at, begin), began)
                filled = _with(filled, (*at, "date"), day_text(own_day))
        yield filled
    earliest = TODAY - 6000 if started is None else started.last_day
    may_end = at[0] in ("conditions", "medications", "events") and entry.get("status") not in GOING_ON
    if may_end and concept.course != "acute" and earliest <= TODAY and not is_partial(entry.get(begin)):
        ended = parse_moment(entry["end"]) if "end" in entry else None
        over_by = TODAY if made is None else max(TODAY, made)
        if concept.longest_course is not None and started is not None:
            over_by = min(over_by, day_shifted(started.last_day, concept.longest_course, 1))  # it lasts no longer
        if ended is None:
            # That what passes is over by now would deny what else the record says of it.
            may_be_over = is_alone and concept.course != "chronic"
            if may_be_over or entry.get("status") is not None:
                yield _with(record, (*at, "end"), narrower_date(dice, None, earliest=earliest, latest=over_by))
        elif is_partial(entry["end"]) and max(ended.first_day, earliest) <= min(ended.last_day, TODAY):
            first, last = max(ended.first_day, earliest), min(ended.last_day, TODAY)
            yield _with(record, (*at, "end"), day_text(dice.randint(first, last)))


def _gaps_of_stale_statements(dice: Random, record: Record, rulebook: Rulebook, patient: Patient) -> Iterator[Record]:
    """A statement that something goes on, made so long ago that it no longer speaks: made again, or ended since."""
    for at, entry, concept in entries_of(record, rulebook):
        if concept is None or concept.lasts is None or entry.get("status") not in GOING_ON:
            continue
        if is_denied(rulebook, patient, concept) or others_of(rulebook, patient, concept, at):
            continue
        if any(is_measured(rulebook, patient, each) for each in (concept, *that_it_may_be(rulebook, patient, at))):
            continue  # a later statement may contradict the result
        begin = "onset" if at[0] == "conditions" else "start"
        days = [parse_moment(entry[field]) for field in (begin, "date") if field in entry]
        if begin not in entry or any(not day.is_one_day for day in days):
            continue
        until = day_shifted(max(day.first_day for day in days), concept.lasts, 1)
        if concept.longest_course is not None:
            until = day_shifted(parse_moment(entry[begin]).first_day, concept.longest_course, 1)
        if until >= TODAY:
            continue
        if at[0] != "procedures" and concept.longest_course is None:
            yield _with(record, (*at, "date"), day_text(dice.randint(until + 1, TODAY)))
        over = {"conditions": "resolved", "medications": "stopped", "events": "stopped", "procedures": "done"}[at[0]]
        ended = {**entry, "status": over, "end": day_text(dice.randint(until + 1, TODAY))}
        yield _with(record, at, ended)


def is_measured(rulebook: Rulebook, patient: Patient, concept: Concept) -> bool:
    """Whether a result on record speaks of a concept, or of one related to it."""
    related = related_to(rulebook, concept)
    facts = {sign.fact for name in related for sign in rulebook.concepts[name].signs}
    facts |= {finding.name for finding in rulebook.findings.values() if finding.zero_when_absent in related}
    return any(patient.results.get(name) for name in facts)


def that_it_may_be(rulebook: Rulebook, patient: Patient, at: tuple[str, int]) -> list[Concept]:
    """What else an entry may be."""
    path = f"{at[0]}[{at[1]}]"
    names = {
        name
        for of_list in patient.may_be.values()
        for name, those in of_list.items()
        for one in those
        if one.source == path
    }
    return [rulebook.concepts[name] for name in sorted(names)]


def others_of(rulebook: Rulebook, patient: Patient, concept: Concept, at: tuple[str, int]) -> bool:
    """Whether the record says anything else of a concept than one entry does."""
    related = related_to(rulebook, concept)
    path = f"{at[0]}[{at[1]}]"
    return any(one.source != path and one.concept in related for those in patient.episodes.values() for one in those)


def others_are_over(rulebook: Rulebook, patient: Patient, concept: Concept) -> bool:
    """Whether the record says that something of a concept has ended."""
    related = related_to(rulebook, concept)
    entries = (one for those in patient.episodes.values() for one in those)
    return any(one.concept in related and (one.ended or one.end is not None) for one in entries)


def _gaps_of_what_may_be(dice: Random, record: Record, rulebook: Rulebook, patient: Patient) -> Iterator[Record]:
    """An entry that may be something is settled: it is that, or it is none of some things that it may be."""
    open_: dict[str, set[str]] = {}
    for list_, of_list in patient.may_be.items():
        for name, those in of_list.items():
            for one in those:
                if not one.shown_by_result and LIST_OF[rulebook.concepts[name].kind] == list_ == one.list:
                    open_.setdefault(one.source, set()).add(name)
    for path, names in open_.items():
        list_name, _, place = path.rstrip("]").partition("[")
        at = (list_name, int(place))
        entry = record[list_name][at[1]]
        yield settled_as(
            record, at, is_not=pick(dice, (sorted(names), dice.sample(sorted(names), 1))), rulebook=rulebook
        )
        name = pick(dice, sorted(names))
        concept = rulebook.concepts[name]
        is_over = entry.get("status") in ("resolved", "cured", "stopped") or "end" in entry
        contradicts = is_denied(rulebook, patient, concept) or (
            others_of(rulebook, patient, concept, at) and (is_over or others_are_over(rulebook, patient, concept))
        )
        named = rulebook.concepts[entry["name"]] if "name" in entry else concept
        # That something is over says no more of all its kinds once the entry is one of them.
        is_kind = named is concept or (named.name in concept.broader and runs_alike(named, concept) and not is_over)
        if is_of_sex(record, concept) and not contradicts and is_kind and may_stand(concept, entry):
            yield settled_as(record, at, is_=[name], rulebook=rulebook)


def runs_alike(one: Concept, other: Concept) -> bool:
    """Whether two concepts begin and end alike: what is said of the one then holds of the other."""
    return (one.course, one.lasts, one.longest_course) == (other.course, other.lasts, other.longest_course)


def may_stand(concept: Concept, entry: Record) -> bool:
    """Whether an entry can be of a concept by what it says: what is said to go on lasts no longer than nature allows,
    and an entry of something acute has no other end than its onset."""
    return concept.longest_course is None and not (concept.course == "acute" and "end" in entry)


def settled_as(
    record: Record,
    at: tuple[str, int],
    *,
    rulebook: Rulebook,
    is_: Sequence[str] = (),
    is_not: Sequence[str] = (),
) -> Record:
    """The record after somebody looked at an entry."""
    entry = record[at[0]][at[1]]
    reviewed = {**entry.get("reviewed", {}), **looked_at(entry, own_day_of(record))}
    certain = {entry.get("name"), *(rulebook.concepts[entry["name"]].broader if "name" in entry else ())}
    apart = {kind for name in is_not for kind in (name, *rulebook.concepts[name].narrower)} - certain
    if is_:
        reviewed["is"] = [*reviewed.get("is", ()), *is_]
        meant = {kind for name in is_ for kind in (name, *rulebook.concepts[name].broader)}
        if kept := sorted({*reviewed.pop("not", ())} - meant):
            reviewed["not"] = kept
    elif apart:
        reviewed["not"] = sorted({*reviewed.get("not", ()), *apart})
    return _with(record, (*at, "reviewed"), reviewed)


def is_denied(rulebook: Rulebook, patient: Patient, concept: Concept) -> bool:
    related = related_to(rulebook, concept)
    return any(absence.concept in related for those in patient.absences.values() for absence in those)


def certainly(entry: Record, day: int) -> Record:
    """The entry, of which somebody knows all that it is."""
    if entry.get("status") in DENYING:
        return entry
    return {**entry, "reviewed": {"is": [entry["name"]], **looked_at(entry, day)}}


def looked_at(entry: Record, day: int) -> dict[str, str]:
    """When somebody looked at an entry, and who: on the record's own day, or on the entry's if that is later."""
    days = [parse_moment(entry[field]).last_day for field in ("date", "onset", "start") if entry.get(field)]
    return {"on": day_text(max([day, *days])), "by": "a reviewer"}


def _gaps_of_lists(
    dice: Random, record: Record, rulebook: Rulebook, subject: Subject, patient: Patient
) -> Iterator[Record]:
    for name in subject.concepts:
        concept = rulebook.concepts[name]
        own_list = LIST_OF[concept.kind]
        is_shown = any(sign.fact in patient.results for sign in concept.signs)
        is_shown = is_shown or (concept.kind == "procedure" and "plans" in patient.complete)
        since = silent_from(rulebook, patient, concept, own_list)
        if (
            since is not None
            and not is_shown
            and is_of_sex(record, concept)
            and not rules_out_what_is_there(rulebook, patient, concept)
            and not (concept.kind == "procedure" and is_denied(rulebook, patient, concept))
        ):
            entry = MAKERS[concept.kind](dice, concept)
            filled = _with_entry(record, own_list, certainly(entry, own_day_of(record)))
            # The day of an allergy is that on which it was recorded: it may be an old one.
            has_begin = own_list != "allergies" or "onset" in entry
            is_new = since == FOREVER or (has_begin and begins_from(entry, since))
            if is_new and not opens_what_is_settled(rulebook, patient, read(filled, rulebook)):
                yield filled
        if concept.kind == "condition" and is_silent_about(rulebook, patient, concept, "family_history"):
            yield _with_entry(record, "family_history", certainly(mention(dice, concept), own_day_of(record)))
    for each in ALL_LISTS:
        if each not in record["complete"]:
            yield _with(record, ("complete",), [*record["complete"], each])


def begins_from(entry: Record, day: int) -> bool:
    """Whether an entry says that something began on a day or later, and was made no earlier than it began."""
    if entry.get("status") in DENYING:
        return False
    begin = entry.get("onset") or entry.get("start") or ("onset" not in entry and entry.get("date"))
    if not begin or parse_moment(begin).first_day < day:
        return False
    return "date" not in entry or parse_moment(entry["date"]).first_day >= parse_moment(begin).first_day


def rules_out_what_is_there(rulebook: Rulebook, patient: Patient, concept: Concept) -> bool:
    """Whether an entry of a concept rules out a condition that something on record speaks for."""
    rules = [rulebook.concepts[name].ruled_out for name in patient.episodes]
    excluding = subject_of(rulebook, [rule for rule in rules if rule is not None]).concepts
    return not {concept.name, *concept.broader}.isdisjoint(excluding)


def opens_what_is_settled(rulebook: Rulebook, patient: Patient, filled: Patient) -> bool:
    """Whether one more entry may be something else besides, of which the record says something already."""
    for list_, of_list in filled.may_be.items():
        before = patient.may_be.get(list_, {})
        for name, entries in of_list.items():
            is_more = len(entries) > len(before.get(name, ()))
            if is_more and not is_silent_about(rulebook, patient, rulebook.concepts[name], list_):
                return True
    return False


def _gaps_of_reviews(
    dice: Random, record: Record, rulebook: Rulebook, subject: Subject, patient: Patient
) -> Iterator[Record]:
    """Somebody looked for what nothing on record says anything of for certain, and did not find it."""
    silent = [
        name
        for name in subject.concepts
        if not any(
            one.concept in related_to(rulebook, rulebook.concepts[name])
            for those in patient.episodes.values()
            for one in those
        )
    ]
    if silent:
        names = dice.sample(silent, dice.randint(1, min(3, len(silent))))
        yield _with_entry(record, "reviews", review(dice, rulebook, names))


def completion(
    dice: Random,
    record: Record,
    rulebook: Rulebook,
    subject: Subject,
    at_most: int = 4,
    told: Counter[str] | None = None,
) -> Record:
    """The record with up to so many of its gaps filled, one after the other; `told` counts them by their kind."""
    filled = record
    for _ in range(dice.randint(1, at_most)):
        of_kind = list(gaps(dice, filled, rulebook, subject).items())
        dice.shuffle(of_kind)
        ways = ((kind, open_gaps) for kind, several in of_kind if (open_gaps := list(several)))
        kind, open_gaps = next(ways, ("", []))
        if not open_gaps:
            break
        filled = pick(dice, open_gaps)
        if told is not None:
            told[kind] += 1
    return filled
