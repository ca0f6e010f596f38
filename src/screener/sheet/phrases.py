"""The words of a sheet, all of them in one place: short, and as a ward says them.

Only words are made here; which of them apply is decided in `states.py`, `actions.py` and the other modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from screener.evaluation.answers import Found, Reason
from screener.evaluation.explanation import number_text, score_text, span_text
from screener.evaluation.phrases import both, capital, either, lowered, unit_after
from screener.records.code_systems import names_of_systems
from screener.records.patient import Episode, Result
from screener.records.reviews import EVER, NOW
from screener.rulebook import Concept, Finding, OnsetLookup, Question, RecordList, Rulebook, Scope, Sex
from screener.screening import CriterionResult
from screener.sheet.model import (
    Action,
    ActionKind,
    Counts,
    Doubt,
    OpenEntry,
    Recruiting,
    ReviewItem,
    Sheet,
    State,
    StateName,
    TrialRow,
)
from screener.values.dates import BEGINNING, DateError, Moment, dates_in_words, day_in_words, parse_moment
from screener.values.ranges import Range

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

RECRUITING, NOT_RECRUITING, NOT_KNOWN = "recruiting", "not recruiting", "not known"
RECRUITING_IN_SHORT = {NOT_KNOWN: "recruiting?"}
"""For places where nothing else says what the words are about."""


def recruitment(told: Recruiting) -> str:
    """What the registry says, and when it said so: `recruiting (Jun 2025)`, `recruiting not known (Apr 2018)`."""
    text = f"{RECRUITING} {NOT_KNOWN}" if told.text == NOT_KNOWN else told.text
    return f"{text} ({dates_in_words(told.as_of)})" if told.as_of else text


REGISTRY = "ClinicalTrials.gov"
"""The registry whose records of trials are read."""


def registered(rows: Sequence[TrialRow]) -> str:
    """Where to ask for more of trials; empty for trials without a record. No place and no contact is kept: both
    change."""
    return f"Recruits now? Where? See {REGISTRY}" if any(row.recruiting.as_of for row in rows) else ""


def called(row: TrialRow) -> str:
    """What a trial is about, and of when the registry's word on it is: `5863 Stem cells in ACLF (registry of Jun
    2025)`."""
    as_of = row.recruiting.as_of
    return f"{row.label} {row.short}{f' (registry of {dates_in_words(as_of[:A_MONTH])})' if as_of else ''}"


A_MONTH = len("2026-02")
CUT_OFF_HERE = "Cut off at “…”: see --html page.html"


MOST_NOT_CERTAIN = 2
NOTHING_EXPIRES = "nothing expires"
NONE_AGAINST = "none against"
NOT_ON_RECORD = "not on record"
GRADE_MISSING = "grade?"


def without_grade(since: str) -> str:
    """`on record since 20 Nov; grade?`: of a condition whose grade nobody wrote down."""
    return f"on record{f' since {since}' if since else ''}; {GRADE_MISSING}"


UNUSABLE = "cannot be used"
AN_ENTRY = "an entry"
WHICH_IS_LATER = "which is later?"
WITHOUT_UNIT = "has no usable unit"
ANSWERED = "answered"

HEADLINES: dict[StateName, str] = {
    "all met": "All criteria met",
    "all met if complete": "All met, if the history is complete",
    "people": "Only people to ask",
    "reading": "Turns on one reading",
    "nothing against": "Nothing against so far",
    "check": "Check a value first",
    "too little": "Too little on record",
    "ruled out today": "Ruled out today",
    "ruled out": "Ruled out",
}

STATE_WORDS: dict[str, tuple[StateName, ...]] = {
    "met": ("all met", "all met if complete"),
    "people": ("people",),
    "reading": ("reading",),
    "against": ("nothing against",),
    "check": ("check",),
    "little": ("too little",),
    "today": ("ruled out today",),
    "out": ("ruled out", "ruled out today"),
}
"""The word of its headline by which a call names a state."""
SAID_OF_ALL: frozenset[StateName] = frozenset({"too little", "ruled out"})
"""States that a row reports for all trials together, if all of them are in it."""

GROUPS: dict[ActionKind, str] = {
    "check": "Check first",
    "measure": "Measure or examine",
    "chart": "Look up in the chart",
    "old results": "Look up in old results",
    "sponsor": "Ask the sponsor: which reading is meant",
    "investigator": "Investigator decides",
    "participant": "Ask the participant",
}

IF_CLEAN = "if the chart review finds nothing."
EVER_UNLESS = "Ever, unless a time is given:"
REVIEW = f"One chart review: none of these? {EVER_UNLESS}"
ON_A_LIST = {
    "medications": "Drugs",
    "procedures": "Procedures",
    "plans": "Plans",
    "events": "Other trials",
    "allergies": "Allergies",
    "family_history": "Family",
    "conditions": "Other",
}


# ---- days and numbers


def day_words(day: date, as_of: date) -> str:
    """`9 Feb`; with the year where it is another than that of screening."""
    return day_in_words(day).removesuffix(f" {as_of.year}")


def as_of_words(as_of: date) -> str:
    """`Fri 20 Feb 2026`"""
    return f"{WEEKDAYS[as_of.weekday()]} {day_in_words(as_of)}"


def moment_words(moment: Moment | None, as_of: date) -> str:
    """A date, as much of it as the record has: `9 Feb`, `Oct 2025`, `2019`; empty without one that says a day."""
    if moment is None or moment.is_any_day or moment.first <= BEGINNING:
        return ""
    if moment.is_one_day:
        return day_words(date.fromordinal(moment.first_day), as_of)
    return date_words(moment.text, as_of)


def from_to(start: str, end: str) -> str:
    """Two dates in words: `20 to 22 Feb`, `28 Jan to 3 Feb`."""
    day, _, rest = start.partition(" ")
    return f"{day} to {end}" if rest and end.endswith(f" {rest}") and day.isdigit() else f"{start} to {end}"


def date_words(text: str, as_of: date) -> str:
    """Dates inside a text, without the year of screening where they are days: `18 Nov or before`."""
    return re.sub(rf"(\d [A-Z][a-z][a-z]) {as_of.year}\b", r"\1", dates_in_words(text))


def counted(number: int, one: str, many: str = "") -> str:
    """`1 judgement`, `2 judgements`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def range_words(value: Range, *, of_score: bool = False) -> str:
    """`23`, `23 to 36`, `at most 12`."""
    return span(span_text(value, score_text if of_score else number_text))


def span(text: str) -> str:
    """`between 23 and 36` becomes `23 to 36`."""
    return text.removeprefix("between ").replace(" and ", " to ") if text.startswith("between") else text


MOST_OF_A_COURSE = 4
"""Values of a course that are shown; of a longer one its ends."""


def is_of_no_choice(result: Result, finding: Finding) -> bool:
    """Whether somebody wrote down a value that is none of the words of a finding."""
    return finding.ordered and result.unusable == "missing" and bool(result.recorded_value)


def which_of(finding: Finding) -> str:
    """`none, slight or moderate?`"""
    return f"{either([each.replace('_', ' ') for each in finding.choices])}?"


def is_it(fact: str, rulebook: Rulebook) -> str:
    """`is it bilirubin?`: of a result under a name that is nearly one of the dictionary."""
    return f"is it {named(fact, rulebook)}?"


def which_of_two(*, is_of_one_time: bool) -> str:
    """What is asked of two results that differ: of one time, or of one day in an order that nobody knows."""
    return "two results differ: which is right?" if is_of_one_time else f"two results of one day: {WHICH_IS_LATER}"


def which_unit(problem: str) -> str:
    """`which unit? mg/dL or umol/L`, by what is said of a result without one."""
    units = problem.partition("possible in ")[2].replace("`", "")
    return f"which unit? {units}".rstrip() if units or "no unit" in problem else doubted(problem)


def unusable(result: Result, as_of: date) -> str:
    """`29 Nov: “haemolysed” cannot be used`"""
    day = moment_words(result.when, as_of)
    recorded = f"“{shortened(f'{result.recorded_value}{unit_after(result.recorded_unit)}')}”"
    told = f"{recorded} {WITHOUT_UNIT if result.unusable == 'unit' else UNUSABLE}"
    return f"{f'{day}: ' if day else ''}{told if result.recorded_value else 'no value'}"


def course(values: Sequence[str]) -> str:
    """How a value went: `81 > 96 > 153`; of many, the first and the last: `81 > … > 153`."""
    shown = values if len(values) <= MOST_OF_A_COURSE else (values[0], "…", values[-1])
    return " > ".join(shown)


def no_certain_diagnosis(called: Sequence[str], of: str) -> str:
    """`No liver diagnosis on record`; or, of entries that may be one, `Of the liver? “ACLF grade 2”, “varices”`."""
    if not called:
        return f"No {of or 'such'} diagnosis on record"
    named = ", ".join(f"“{entry_called(each, '')}”" for each in called[:MOST_NOT_CERTAIN])
    more = f" and {len(called) - MOST_NOT_CERTAIN} more" if len(called) > MOST_NOT_CERTAIN else ""
    return f"{f'Of the {of}' if of else 'Which diagnosis'}? {named}{more}"


def listed(texts: Iterable[str]) -> str:
    """`a; b; c`, each once."""
    return "; ".join(dict.fromkeys(texts))


# ---- names


def named(name: str, rulebook: Rulebook) -> str:
    """A lab, finding or score as a sheet calls it inside a sentence: by its label in the head, else by its title."""
    label = beside = main = None
    for shown in rulebook.head.shown:
        if shown.name == name:
            label = shown.label
        elif shown.beside == name:
            beside, main = shown.beside_label, shown.label
    if name in rulebook.scores:
        return f"{main} ({beside})" if main else label or rulebook.scores[name].title
    fact = rulebook.fact(name)
    short = lowered(label or beside or _in_order(fact.title))
    return f"{short} grade" if label is not None and isinstance(fact, Finding) else short


def _in_order(title: str) -> str:
    """`HIV confirmatory test` for `HIV, confirmatory test`."""
    of, comma, kind = title.partition(", ")
    return f"{of} {kind}" if comma and kind.endswith(TEST) and ", " not in kind else title


def trial_labels(ids: Sequence[str]) -> dict[str, str]:
    """What columns call the trials: the last four characters of an id, or the whole id where two end alike."""
    tails = [each[-4:] for each in ids]
    return {each: tail if tails.count(tail) == 1 else each for each, tail in zip(ids, tails, strict=True)}


def result_words(result: Result, rulebook: Rulebook, as_of: date) -> str:
    """`INR 25.3 of 27 Nov`"""
    return f"{capital(named_with_value(result, rulebook))}{of_day(result, as_of)}"


def in_words(result: Result, rulebook: Rulebook) -> str:
    """A value without its unit, as people read it: of a lab as recorded; of a grade `grade 2`; of words and signs of a
    ward with the dictionary's word: `+++ (moderate)`."""
    recorded = result.recorded_value
    finding = rulebook.findings.get(result.fact)
    if finding is None:
        return recorded
    if finding.grade is not None:
        return f"grade {recorded}" if GRADE.fullmatch(recorded) else recorded
    if result.choices is None:
        return f"“{recorded}”" if recorded else ""
    if any(letter.isalpha() for letter in recorded):
        return recorded
    return f"{recorded} ({either([each.replace('_', ' ') for each in finding.choices if each in result.choices])})"


GRADE = re.compile(r"[<>=≤≥]*[\dIViv]+(\s*(-|to)\s*[\dIViv]+)?")
"""`2`, `III`, `1-2`, `>=2`."""


def value_words(result: Result, as_of: date) -> str:
    """A result without its name, as recorded: `25.3 of 27 Nov`"""
    value = f"{result.recorded_value}{unit_after(result.recorded_unit)}"
    return f"{value}{of_day(result, as_of)}"


def named_with_value(result: Result, rulebook: Rulebook) -> str:
    """`INR 25.3`, `HE grade 2`, `ascites moderate`"""
    value, name = in_words(result, rulebook), named(result.fact, rulebook)
    if value.startswith(GRADED) or value[:1].isalpha():
        name = name.removesuffix(f" {GRADED.strip()}")
    return f"{name} {value}{unit_after(result.recorded_unit)}".rstrip()


GRADED = "grade "


def of_day(result: Result, as_of: date) -> str:
    """` of 27 Nov`; empty without a day."""
    when = moment_words(result.when, as_of)
    return f" of {when}" if when else ""


def what_is_the_result(result: Result, as_of: date) -> str:
    """`What is the result 2.5 of 19 Feb?`: nobody knows which of several labs it is of."""
    return f"What is the result {value_words(result, as_of)}?"


TEST = " test"
_SAID_AS_A_VOWEL = re.compile(r"[AEFHILMNORSX](?=[A-Z])|[AEIOU]")
"""How `HIV` and `Alpha` begin, but not `Bilirubin`."""


def inside(text: str) -> str:
    """A thing to do as it stands inside a sentence: `a second creatinine`, `INR`."""
    if text.startswith("Test for ") or text.endswith(TEST):
        return f"{'an' if _SAID_AS_A_VOWEL.match(text) else 'a'} {lowered(text)}"
    return f"a {text[2:]}" if text.startswith("A ") else lowered(text)


def title_inside(concept: Concept) -> str:
    """What a concept is called inside a sentence: `depressive disorder`, where its title says that its kind is not
    stated."""
    return without_kind(lowered(concept.title))


def without_kind(text: str) -> str:
    """A text without what a title adds of a kind that nobody stated: `depressive disorder, which not stated`."""
    return _KIND_NOT_STATED.sub(r"\1", text)


_KIND_NOT_STATED = re.compile(r"“?([^“”,]+), [^“”,]*not stated”?")


# ---- times of rules


def before_when(scope: Scope | None, rulebook: Rulebook) -> str:
    """The time an old result has to be from: `before the liver failure`."""
    anchor = None if scope is None else rulebook.lookups.get(scope.anchor)
    if scope is None or not isinstance(anchor, OnsetLookup):
        return "of an earlier time"
    return scope.text.replace(scope.anchor, _onset(anchor, rulebook))


def window(covers: str, as_of: date) -> str:
    """What time an item of the chart review covers: `ever`, `now`, `since 10 Dec 2025`."""
    return covers if covers in (EVER, NOW) else f"since {day_words(date.fromisoformat(covers), as_of)}"


def _onset(anchor: OnsetLookup, rulebook: Rulebook) -> str:
    head = rulebook.head
    if anchor.concept == head.since and head.since_label:
        return f"the {head.since_label}"
    return f"the {lowered(rulebook.concepts[anchor.concept].title)}"


def question(asked: Question) -> str:
    """A question as a sheet asks it: in short, where the rules say it so."""
    return asked.short or asked.title


def short_of(criterion: CriterionResult) -> str:
    """What a sheet calls a line: its short name, else the beginning of its sentence."""
    if criterion.criterion.short:
        return criterion.criterion.short
    return shortened(criterion.text)


LONGEST = 60
"""Characters of a sentence that stands for a line without a short name."""


LIMIT = ", limit"
"""What stands between a number and its limit."""


def limit(text: str, recorded: str = "", beyond: str = "") -> str:
    """A limit behind its number: `limit 1.5`, `limits 17 to 30`, `limit 10 x ULN`.

    `recorded` is the same limit in the unit of the result: `limit 0.3 mg/dL (26.5 umol/L)`. `beyond` says on which side
    of it a number must be that lies on the limit itself: `limit: below 2`.
    """
    bare = text.partition(" (")[0].partition(", whichever")[0]
    told = f"{recorded} ({bare})" if recorded else bare
    if beyond:
        return f"limit: {beyond} {told}"
    return f"limits {told}" if " to " in bare else f"limit {told}"


def multiple(times: Fraction, of: str, limit_: str = "") -> str:
    """`6.6 x ULN`; with a second decimal where one would make the limit itself, 10.0, of 9.96."""
    text = f"{float(times):.1f}"
    if limit_ and Fraction(text) == Fraction(limit_) != times:
        text = f"{float(times):.2f}"
    return f"{text} x {of}"


# ---- things to measure


def measure_words(found: Found, rulebook: Rulebook, as_of: date, *, lacks_limit: bool = False) -> str:
    """What to measure or to look up again: `bilirubin`, `creatinine again`, `urea 31: which unit?`. Of two results of
    one day in an order that nobody knows, `INR 2.1 or 2 of 28 Nov: which is later?`."""
    name = named(found.subject, rulebook)
    if lacks_limit:
        return f"{name}: its limit of normal"
    reason = found.reasons[0] if found.reasons else "missing"
    used = [fact for fact in found.used if isinstance(fact, Result)]
    days = {fact.when.first_day if fact.when is not None and fact.when.is_one_day else None for fact in used}
    if reason == "imprecise_date" and len(used) > 1 and len(days) == 1 and None not in days:
        values = either(list(dict.fromkeys(fact.recorded_value for fact in used)))
        return f"{name} {values}{of_day(used[0], as_of)}: {WHICH_IS_LATER}"
    results = [fact for fact in used if fact.unusable == reason]
    return result_to_look_up(name, reason, results[-1].recorded_value if results else "")


AGAIN = " again"


def result_to_look_up(name: str, reason: Reason, value: str = "") -> str:
    """What is wanted of a result that cannot be used: `creatinine again`, `urea 31: which unit?`."""
    match reason:
        case "stale":
            return f"{name}{AGAIN}"
        case "undated" | "imprecise_date":
            return f"{f'{name} {value}'.rstrip()}: of which day?"
        case "unit":
            return f"{f'{name} {value}'.rstrip()}: which unit?"
        case "impossible":
            return f"{name} again (impossible)"
        case "censored":
            return f"{name}: exact value"
        case "conflict":
            return f"{name}: which result is right?"
        case "unread":
            return f"{f'{name} {value}'.rstrip()}: is it that?"
        case _:
            return name


def second(name: str, rulebook: Rulebook) -> str:
    """What a change waits for."""
    return f"A second {named(name, rulebook)}"


# ---- the patient


def person(sex: Sex | None, is_child: bool) -> str:
    """`Woman`, `Boy`, `Person`."""
    if sex is None:
        return "Child" if is_child else "Person"
    return {"female": "Girl" if is_child else "Woman", "male": "Boy" if is_child else "Man"}[sex]


def reviewed(by: str) -> str:
    """`Chart reviewed by N. Meyer, study nurse, 10 Feb.`"""
    return f"Chart reviewed by {by}."


def died(on: str, as_of: date) -> str:
    """`Died 8 Mar`, or as much of the date as the record has."""
    try:
        words = moment_words(parse_moment(on), as_of)
    except DateError:
        words = "on an unknown day"
    return f"Died {words}" if words else "Died"


# ---- states


def read_as(label: str, by: str | None) -> str:
    """`read as “the paper's score”, chosen by Dr Li on 10 Jan 2026 (settled for the site)`"""
    return f"read as “{label}”, chosen{f' by {by}' if by else ''}"


def headline(state: StateName, check: Sequence[str] = (), readings: int = 1) -> str:
    """The phrase of a state, with the name of the value to check, or how many readings it turns on."""
    if state == "check" and check:
        return f"Check {both(check)} first"
    if state == "reading" and readings > 1:
        return f"Turns on {_NUMBERS.get(readings, str(readings))} readings"
    return HEADLINES[state]


def loud(state: State) -> str:
    """The phrase of a state where one line is read among many: what is found is in capitals."""
    return state.headline.upper() if state.name == "all met" else state.headline


_NUMBERS = {2: "two", 3: "three", 4: "four"}


def check_detail(verdict: str, values: str) -> str:
    """What rests on a value that may be wrong."""
    right = f"only if {values} is right"
    return {"ineligible": f"Ruled out {right}.", "eligible": f"Met {right}."}.get(verdict, f"Open {right}.")


def ruled_out_detail(is_fixed: bool, rulebook: Rulebook) -> str:
    """Why a trial stays closed: whatever comes, or as long as this episode goes on."""
    return "For good." if is_fixed else f"For this {rulebook.head.since_label or 'episode'}."


def reopens(day: date, as_of: date) -> str:
    """`Not before 14 Nov.`: by then time has mended what it can. What is still failed or open has to be looked at
    again."""
    return f"Not before {day_words(day, as_of)}."


REFUSED = "Consent was refused."
COULD_CHANGE = "A new result could change it."
NEW_FINDING = "A new finding could change it."
ONCE_OVER = "May change once that is over."
ONCE_OVER_AND_RESULT = "Once over, and by a new result."
TIME_ALONE = "Time alone does not reopen it."


CHART_REVIEW = "1 chart review"


def without_review(left_: str) -> str:
    """What is left but for the chart review."""
    return ", ".join(each for each in left_.split(", ") if each != CHART_REVIEW)


def left(counts: Counts, has_review: bool) -> str:
    """What is left to do, by who does it: `2 to measure, 1 chart review, 1 judgement, consent`."""
    told = [
        *([f"{counts.check} to check"] if counts.check else []),
        *([f"{counts.measure} to measure"] if counts.measure else []),
        *([CHART_REVIEW] if has_review else []),
        *([f"{counts.chart - has_review} to look up"] if counts.chart > has_review else []),
        *(["old results"] if counts.old_results else []),
        *([counted(counts.sponsor, "reading")] if counts.sponsor else []),
        *([counted(counts.investigator, "judgement")] if counts.investigator else []),
        *(["consent"] if counts.participant else []),
    ]
    return ", ".join(told)


def any_of(titles: Sequence[str]) -> str:
    """`Cirrhosis or ascites?`; if a title has an `or` itself, `Any of these: acute or chronic failure; ascites?`"""
    if len(titles) > 1 and any(" or " in title or "," in title for title in titles):
        return f"Any of these: {'; '.join(titles)}?"
    return f"{capital(either(titles))}?"


def one_of(texts: Sequence[str]) -> str:
    """`a, b or c`"""
    return either(texts)


# ---- the chart review


def item_title(list_: RecordList, concept: Concept, *, is_another: bool = False) -> str:
    """An item of the chart review: `sepsis`, `allergy to drugs`, `another mental disorder` if one is on record."""
    title = lowered(concept.title)
    match list_:
        case "allergies":
            title = f"allergy to {title}"
        case "family_history":
            title = f"{title} in the family"
        case "plans":
            title = f"{title} planned"
    return f"another {title}" if is_another else title


def items_text(items: Sequence[ReviewItem]) -> str:
    """Items of one group on one line; those of one window together: `sepsis, infection since 10 Dec 2025; asthma`."""
    by_window: dict[str, list[str]] = {}
    for each in items:
        by_window.setdefault(each.window, []).append(each.title)
    told = ((title, window_) for window_, titles in by_window.items() for title in _in_runs(titles))
    return "; ".join(title if window_ in (EVER, "") else f"{title} {window_}" for title, window_ in told)


def _in_runs(titles: Sequence[str]) -> list[str]:
    """Titles as a list; one that has commas itself (`anxiety, phobia or insomnia`) stands alone, behind the others."""
    plain = ", ".join(title for title in titles if "," not in title)
    return [each for each in (plain, *(title for title in titles if "," in title)) if each]


MOST_TITLES = 3
"""Things that an entry may be and that its question names; the form has all of them."""


def entry_question(entry: OpenEntry, read_as: Sequence[Episode], rulebook: Rulebook) -> str:
    """What is asked of an entry that leaves open what it is; of one that is something, what it may be besides, or come
    with; of a drug, which one it is or what it is given for. `read_as` is what it certainly is."""
    concepts = [rulebook.concepts[name] for name in entry.may_be]
    titles = [
        item_title("allergies" if each.kind == "substance" else "conditions", each)
        for each in concepts
        if not any(name in each.broader for name in entry.may_be)
    ]
    called, those = f"“{_called(entry)}”", _first_of(titles)
    if not read_as:
        return f"what is {called}{_if_few(titles)}?{_for_lines(entry, titles, rulebook)}"
    if read_as[0].list == "medications":
        are_drugs = all(each.kind == "drug" for each in concepts)
        return f"is {called} {'' if are_drugs else 'given for '}{those}?"
    kinds = [rulebook.concepts[each.concept] for each in read_as]
    if len(read_as) > 1:
        return f"is {called} also {those}?" if _are_kin(kinds, concepts) else f"does {called} come with {those}?"
    concept = kinds[0]
    names = {each.casefold() for each in ("", concept.name, concept.title, *concept.aliases)}
    is_named = entry.called.casefold() in names or concept.title.casefold() in entry.called.casefold()
    words = "" if is_named else f" ({called})"
    what = f"the {title_inside(concept)}{words}"
    return f"is {what} also {those}?" if _are_kin(kinds, concepts) else f"does {what} come with {those}?"


def _are_kin(some: Iterable[Concept], others: Sequence[Concept]) -> bool:
    """Whether one of these is a kind of one of the others, or the other way round: of a mental disorder somebody asks
    which it is; of a cirrhosis, with what it came."""
    return any(one.name in other.broader or other.name in one.broader for one in some for other in others)


MOST_LINES = 6
"""Lines of an entry that its question names the first of. What may be anything counts in more, and is not about any."""


def _for_lines(entry: OpenEntry, titles: Sequence[str], rulebook: Rulebook) -> str:
    """What lines ask of an entry that may be many things: ` For 2405 E3 (heart or lung disease) and 4 more lines.`"""
    if not entry.lines or len(titles) <= MOST_TITLES or len(entry.lines) > MOST_LINES:
        return ""
    first, others = entry.lines[0], len(entry.lines) - 1
    labels = trial_labels(list(rulebook.trials))
    criteria = rulebook.trials[first.trial].criteria
    short = next((each.short for each in criteria if each.id == first.id), "")
    about = f" ({lowered(short.partition(';')[0])})" if short else ""
    more = f" and {counted(others, 'more line')}" if others else ""
    return f" For {labels[first.trial]} {first.id}{about}{more}."


def _first_of(titles: Sequence[str]) -> str:
    if len(titles) <= MOST_TITLES and any("," in title for title in titles[1:]):
        return f"{'; '.join(titles[:-1])}; or {titles[-1]}"
    others = len(titles) - MOST_TITLES
    return f"{', '.join(titles[:MOST_TITLES])} or {others} others" if others > 1 else either(titles)


def _if_few(titles: Sequence[str]) -> str:
    """What an entry nobody could read may be, where that is little: `: malignancy, or not`."""
    if not titles or len(titles) > MOST_TITLES:
        return ""
    return f": {', '.join(titles)}, or {'not' if len(titles) == 1 else 'none of these'}"


def _called(entry: OpenEntry) -> str:
    return entry_called(entry.called, entry.source)


def entry_called(called: str, place: str, longest: int = LONGEST) -> str:
    """What the record calls an entry, without the marks around a code and the name of its system; without a name its
    place in the record."""
    bare = (called or place).replace("`", "")
    system, _, rest = bare.partition(" ")
    return shortened(rest if rest and system in NAMES_OF_SYSTEMS else bare, longest)


NAMES_OF_SYSTEMS = names_of_systems()


MOST_CALLED, LONGEST_CALLED = 2, 30
"""Entries that a line of the checklist names, and the characters of each: the sheet asks about all of them."""


def entries_to_look_up(called: Sequence[str]) -> str:
    """`Look up “Z.n. OP 2014” and “Tumor?”`, `Look up “Z.n. OP 2014”, “Tumor?” and 3 more entries`."""
    more = len(called) - MOST_CALLED
    named = [f"“{each}”" for each in called[:MOST_CALLED]]
    return f"Look up {both([*named, *([counted(more, 'more entry', 'more entries')] if more > 0 else [])])}"


def shortened(text: str, longest: int = LONGEST) -> str:
    """What a record calls something, cut to fit the sheet."""
    bare = " ".join(text.split())
    return bare if len(bare) <= longest else f"{bare[: longest - 1].rstrip()}…"


# ---- values to check


def and_others(value: str, number: int) -> str:
    """`INR 25.3 of 27 Nov and 2 earlier ones`"""
    return f"{value} and {counted(number, 'earlier one')}" if number else value


def doubt(value: str, why: str) -> str:
    """`INR 25.3 of 27 Nov: is it a prothrombin time in seconds?`"""
    return f"{value}: {doubted(why)}"


def doubted(why: str) -> str:
    """Of what is suspicious about a value the question that it raises; without one, what would be usual.

    `unusual: usual is 0.8 .. 10; between 10 and 60: is it a prothrombin time in seconds?` asks `is it a prothrombin
    time in seconds?`.
    """
    question = next((part.rpartition(": ")[2] for part in why.split("; ") if part.endswith("?")), why)
    return question.replace("`", "").replace(" .. ", " to ").removeprefix("unusual: ")


def decides(labels: Sequence[str]) -> str:
    """`(decides 3002)`"""
    return f"(decides {both(labels)})" if labels else ""


# ---- one trial


def met(number: int, of: int) -> str:
    """`5 of 12 met.`"""
    return f"{number} of {of} met."


def all_met(number: int, of: int) -> str:
    """What is left where all is met."""
    return f"{number} of {of}. The investigator confirms and signs."


def assumed(number: int, of: int, by_assumption: int) -> str:
    """How many lines rest on lists that were taken as complete."""
    return f"{number} of {of}, {by_assumption} of them assumed."


def sign(label: str) -> str:
    """The last action of a trial."""
    return f"Confirm the checklist of {label} and sign it"


NOT_RECORDED = "not recorded"
SETTLED = "the site settles it once for all its patients, in screener.toml"
WHICH_READING = "which reading is meant? Settle it in screener.toml"


def consent_recorded(value: str, day: str | None, as_of: date) -> str:
    """`recorded 19 Feb`, `refused 19 Feb`."""
    words = "recorded" if value == "yes" else "refused"
    try:
        return f"{words} {day_words(date.fromisoformat((day or '')[:10]), as_of)}"
    except ValueError:  # a day that is known in part is not told
        return words


def consent_refused(when: str) -> str:
    """`consent refused, 19 Feb`"""
    return f"consent refused, {when}" if when else "consent refused"


TODAY_ONLY = {"closes_after": "closes after today", "labs_to": "labs today only", "good_to": "good today only"}


CHECK_FIRST, MEASURE_FIRST, LOOK_UP_FIRST = "check first", "measure first", "look up first"


def before_any_day(counts: Counts, has_review: bool) -> str:
    """What has to be done before anybody can say until when the answers hold; empty where nothing has."""
    if counts.check:
        return CHECK_FIRST
    if counts.measure:
        return MEASURE_FIRST
    return LOOK_UP_FIRST if counts.chart > has_review else ""


def dates(days: Mapping[str, tuple[date, str]], reopens_: date | None, as_of: date, first: str = "") -> str:
    """`good to 16 Feb (I2); closes after 27 Feb (I2)`; of one day only what says most. `first` comes before them:
    `measure first; closes after 27 Feb (I2)`."""
    if reopens_ is not None:
        return f"not before {day_words(reopens_, as_of)}"
    if not days:
        return first or NOTHING_EXPIRES
    told: dict[date, str] = {}
    for name, lead in (("closes_after", "closes after"), ("labs_to", "labs to"), ("good_to", "good to")):
        if name in days:
            day, lines = days[name]
            when = TODAY_ONLY[name] if day == as_of else f"{lead} {day_words(day, as_of)}"
            told.setdefault(day, f"{when} ({lines})")
    return "; ".join([*([first] if first else []), *(told[day] for day in sorted(told))])


# ---- the one sentence


def next_step(sheet: Sheet) -> str:
    """What to do first: what decides a verdict is checked; else what the nearest trials wait for."""
    as_of = sheet.patient.as_of
    if sheet.patient.died:
        return f"nothing; the record says that the patient {lowered(died(sheet.patient.died, as_of))}"
    decisive = [each for each in sheet.check_first if each.effect]
    if decisive:
        return f"check {decisive[0].text.partition(': ')[0]}, then screen again"
    live = [row for row in sheet.trials if row.state.name not in ("ruled out", "ruled out today")]
    if not live:
        again = [(row.label, row.dates.reopens) for row in sheet.trials if row.dates.reopens is not None]
        days = [
            f"{both([label for label, other in again if other == day])} not before {day_words(day, as_of)}"
            for day in sorted({day for _, day in again})
        ]
        if days:
            return f"nothing today; screen again for {'; '.join(days)}"
        return _nothing_yet([row for row in sheet.trials if row.state.name == "ruled out today"])
    first = live[0]
    if not first.state.name.startswith("all met"):
        first = next((row for row in live if row.recruiting.is_recruiting), first)
    told = _step(sheet, first, live)
    ask = ""
    if not first.recruiting.is_recruiting and not first.state.name.startswith("all met"):
        ask = f"ask whether {first.label} takes participants; if so, "
    ids = {row.id for row in live}
    doubts = [each for each in sheet.check_first if not each.trials or ids.intersection(each.trials)]
    check = f"check {what_stands_above(doubts)} above; then " if doubts else ""
    return f"{check}{ask}{told}"


def _nothing_yet(today: Sequence[TrialRow]) -> str:
    """When to screen again where no trial is left and no day reopens one: after a new result, or once something is
    over, as a pregnancy is. Trials that recruit count first."""
    for rows in ([row for row in today if row.recruiting.is_recruiting], today):
        details = {row.state.detail for row in rows}
        over = listed(each.text for row in rows if row.state.detail == ONCE_OVER for each in row.points)
        when = [
            *(["when a new result is there"] if details & {COULD_CHANGE, ONCE_OVER_AND_RESULT} else []),
            *(["when something new is on record"] if NEW_FINDING in details else []),
            *([f"once this is over: {over}"] if over else []),
        ]
        if when:
            return f"nothing today; screen again {' or '.join(when)}"
    refused = [row.label for row in today if row.state.detail == REFUSED]
    return f"nothing; consent was refused for {both(refused)}" if refused else "nothing; every trial is ruled out"


def what_stands_above(doubts: Sequence[Doubt]) -> str:
    """`the value`, `the 2 entries`; of both kinds `the 3 things`."""
    kinds = {"entry" if doubt.places else "value" for doubt in doubts}
    kind = kinds.pop() if len(kinds) == 1 else "thing"
    many = "entries" if kind == "entry" else f"{kind}s"
    return f"the {kind}" if len(doubts) == 1 else f"the {len(doubts)} {many}"


def _step(sheet: Sheet, first: TrialRow, live: Sequence[TrialRow]) -> str:
    """What one trial waits for first, among those that are not ruled out."""
    as_of = sheet.patient.as_of
    alike = {row.id for row in live if row.state.name == first.state.name}
    labels = both([row.label for row in live if row.id in alike])
    match first.state.name:
        case "all met" | "all met if complete":
            if not first.recruiting.is_recruiting:
                other = next((row for row in live[1:] if row.recruiting.is_recruiting and row.left), None)
                then = f"; for {other.label}: {other.left}" if other is not None else ""
                return f"ask whether {first.label} takes participants{then}"
            by = first.dates.good_to
            until = "" if by is None else " today" if by == as_of else f" by {day_words(by, as_of)}"
            return f"investigator confirms and signs the checklist of {first.label}{until}"
        case "too little":
            those = [
                _to_get(each)
                for group in sheet.actions
                for each in group.actions
                if group.kind == "measure" and alike.intersection(each.trials)
            ]
            return f"get {', '.join(those[:MOST_NAMED])}" if those else f"look up the chart for {labels}"
        case "nothing against" if sheet.review.settles:
            those = [
                _to_get(each)
                for group in sheet.actions
                for each in group.actions
                if group.kind == "measure" and first.id in each.trials
            ]
            measure = f"get {', '.join(those[:MOST_NAMED])}, and do " if those else ""
            settles = f"{sheet.review.settles} of {sheet.review.open} open lines"
            return f"{measure}one chart review. If it finds nothing, it settles {settles}"
        case _:
            return f"{both(first.left.split(', '))} for {first.label}" if first.left else f"see {labels}"


def _to_get(action: Action) -> str:
    """A thing to measure inside a sentence, without what is on record of it."""
    return inside(action.text.partition(" (")[0])


MOST_NAMED = 6
"""Things to measure that the one sentence names."""


# ---- a row of a worklist


def next_in_row(sheet: Sheet) -> str:
    """What to do first, in a few words; empty where there is nothing to do."""
    if sheet.patient.died is not None:
        return lowered(died(sheet.patient.died, sheet.patient.as_of))
    decisive = [each for each in sheet.check_first if each.effect]
    if decisive:
        return f"check {decisive[0].text.partition(': ')[0]}"
    first = sheet.trials[0]
    match first.state.name:
        case "all met" | "all met if complete":
            return "sign the checklist" if first.recruiting.is_recruiting else f"ask whether {first.label} recruits"
        case "too little":
            those = [_to_get(each) for group in sheet.actions if group.kind == "measure" for each in group.actions]
            return f"get {', '.join(those[:MOST_NAMED])}" if those else first.left
        case "ruled out today":
            day = min((row.dates.reopens for row in sheet.trials if row.dates.reopens is not None), default=None)
            if day is not None:
                return f"screen again from {day_words(day, sheet.patient.as_of)}"
            return next((point.text for point in first.points if point.kind == "against"), "")
        case "ruled out":
            return ""
        case _:
            return _named_in(first.left, sheet, first)


MOST_NAMED_IN_ROW = 2


def _named_in(left: str, sheet: Sheet, row: TrialRow) -> str:
    """What is left, with the names of what is to be measured where these are few: `get INR; 1 chart review`."""
    number = row.counts.measure
    if not number or number > MOST_NAMED_IN_ROW or row.counts.check:
        return left
    those = [
        _to_get(each)
        for group in sheet.actions
        if group.kind == "measure"
        for each in group.actions
        if row.id in each.trials
    ]
    rest = left.partition(", ")[2]
    return f"get {both(those)}{f'; {rest}' if rest else ''}"


def patient_in_row(patient: str, sex: Sex | None, age: str) -> str:
    """`S-002 W 58`"""
    letter = "" if sex is None else person(sex, is_child=False)[0]
    return " ".join(each for each in (patient, letter, age.replace(" to ", "-")) if each)


def numbered(file: str, number: int) -> str:
    """`ward.json, no. 2`"""
    return f"{file}, no. {number}"


def earlier_state(state: str, label: str) -> str:
    """`was: Nothing against so far, 5863`"""
    return f"was: {state}, {label}"


def earlier_of_trial(state: str, label: str) -> str:
    """`3002 was: Ruled out today`"""
    return f"{label} was: {state}"


NEW = "new"
NOT_RECRUITING_MARK = "* not recruiting, or not known"
ALL = "all"
GOOD_TO_IF_CLEAN = "good to: where a chart review is left, if it finds nothing"
NOBODY = "No patient of this kind."
COLUMNS = ("patient", "state", "trial", "  met", "next", "good to")
ORDERED = {"nearest": "the nearest first", "date": "by the last good day", "name": "by name"}


def state_word(state: StateName) -> str:
    """A state inside a line that counts patients: `all criteria met`."""
    return HEADLINES[state][:1].lower() + HEADLINES[state][1:]


DIED = "Died"
