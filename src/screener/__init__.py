"""Eligibility pre-screening for hepatology trials: criteria as readable rules, answers with their evidence.

    from screener import evaluate

    screening = evaluate("patient.json", as_of="2026-02-20")
    screening.trial("NCT07409259").criterion("I3").status  # `passed`, `failed` or `unknown`

This is the library; people use the command line (`screen`). Importing it is cheap, because what is heavy is loaded when
it is first used. docs/result.md describes what comes out, docs/semantics.md what the answers mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from os import PathLike
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any as Anything

from screener.version import __version__

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from screener.advice.distance import distance
    from screener.advice.margins import margins_of as margins
    from screener.advice.statements import Advice
    from screener.advice.when import changes
    from screener.contract import FORMAT, ScreeningData, Status, Verdict
    from screener.evaluation.answers import Evidence, Reason
    from screener.evaluation.grounds import Need, NeedKind
    from screener.loading import RulesError
    from screener.records.dictionary import Dictionary
    from screener.records.errors import RecordError
    from screener.records.local_codes import LocalCodesError
    from screener.records.locales import Locale
    from screener.records.patient import Flag, FlagKind, Patient
    from screener.rulebook import Rulebook
    from screener.schema import read_result
    from screener.screening import CriterionResult, Screening, ScreeningError, TrialResult
    from screener.site import Site, SiteError
    from screener.values.dates import Duration

Source = Mapping[str, Anything] | str | bytes | PathLike[str]
"""A record: plain data, JSON text (it begins with `{`), or the path of a file that holds it."""
Codes = str | PathLike[str] | Iterable[str | PathLike[str]]
"""A clinic's own tables of codes: one path, or several."""
Columns = str | PathLike[str] | None
"""A clinic's own table of what the columns of a spreadsheet stand for: its path."""
Answers = Mapping[str, Anything] | str | PathLike[str] | Iterable[Mapping[str, Anything]]
"""People's answers: the path of a file of them, or plain data, about one patient or of a list of such."""


def evaluate(
    patient: Patient | Source,
    rules: Rulebook | None = None,
    as_of: date | str | None = None,
    *,
    assume_complete: Iterable[str] = (),
    labs_within: Duration | str | None = None,
    trials: Collection[str] | None = None,
    codes: Codes = (),
    answers: Answers = (),
    locale: str | None = None,
    columns: Columns = None,
    site: str | PathLike[str] | None = None,
) -> Screening:
    """Screen a patient against every trial, or against the `trials` named.

    `patient` is what `load_patient` returned, or anything that it takes; `codes`, `locale` and `columns` are passed on
    to it. Without `rules`, those that come with screener are used.

    `as_of` is the day that the answers are about (a date, or `YYYY-MM-DD`); without it, the record's own. The clock is
    never asked. `assume_complete` names lists of the record (`conditions`, `procedures`, …) to take as complete;
    answers that rest on that have the basis `assumed`. `labs_within`, such as `"14 days"`, replaces every other
    freshness of labs and findings. A single list or trial may be given as a plain text.

    `answers` are people's answers in addition to the record: `{"patient": …, "answers": {…}}`, a list of these, or the
    path of a file. Answers about somebody else are refused. `site` is the path of a site's file (docs/site.md), which
    counts wherever the call says nothing; without it, no file is looked for.

    With a Patient and rules nothing is read or written, and threads may call it at once.

    Raises RecordError if the record or the answers cannot be used, LocalCodesError if a table of codes cannot,
    RulesError if the rules cannot, SiteError if the site's file cannot. Raises ScreeningError if the call cannot be
    answered: no date of screening, an impossible date, another dictionary, an unknown trial, list, length of time or
    locale, or codes, a locale or columns for a Patient that has been read already.
    """
    from screener import screening
    from screener.records.patient import Patient

    given: dict[str, Anything] = {
        "rules": rules,
        "codes": codes,
        "hierarchy": None,
        "columns": columns,
        "locale": locale,
        "assume_complete": assume_complete,
        "labs_within": labs_within,
    }
    settled, taken = _site(site, given)
    given |= taken
    rulebook = load_rules(given["rules"]) if rules is None else rules
    dictionary = _dictionary(rulebook, given["codes"], given["hierarchy"]) if settled or answers else None
    if not isinstance(patient, Patient):
        record = _load(patient, dictionary or _dictionary(rulebook, codes), given["locale"], given["columns"])
    elif names := [name for name in ("codes", "hierarchy", "locale", "columns") if given[name]]:
        fault = f"the patient has been read already: give the {names[0]} to `load_patient`"
        raise screening.ScreeningError(f"{fault}; the site's file names `{names[0]}`" if names[0] in taken else fault)
    else:
        record = patient
    if answers and dictionary is not None:
        record = _with_answers(record, answers, dictionary)
    if settled is not None:
        from screener.site import with_site

        settled.check(rulebook)
        record = with_site(record, settled, rulebook, list(taken))
    return screening.evaluate(
        record,
        rulebook,
        as_of=as_of,
        assume_complete=given["assume_complete"],
        labs_within=given["labs_within"],
        trials=trials,
    )


def _site(
    place: str | PathLike[str] | None, given: Mapping[str, Anything]
) -> tuple[Site | None, Mapping[str, Anything]]:
    """The site's file, read, and the parts of it that the call does not overrule."""
    if place is None:
        return None, {}
    from screener.site import read_site

    site = read_site(_path(place))
    return site, site.in_place_of(given)


def _load(source: Source, dictionary: Dictionary, locale: str | None, columns: Columns) -> Patient:
    from screener.records.reading import read_patient

    place = _path(source) if isinstance(source, PathLike) else source
    return read_patient(place, dictionary, locale=_locale(locale), columns=_headings(columns, dictionary))


def _with_answers(patient: Patient, answers: Answers, dictionary: Dictionary) -> Patient:
    from screener.records.questionnaire import answers_in, read_answers, with_answers

    if isinstance(answers, str | PathLike):
        given = read_answers(_path(answers), dictionary)
    else:
        given = answers_in(answers if isinstance(answers, Mapping) else list(answers), dictionary)
    return with_answers(patient, given, dictionary)


def advise(screening: Screening) -> Advice:
    """What to find out next: what each missing fact settles, closes and rules out, and the few ways to pass each line.

    Only undetermined trials are looked at: no missing fact changes the verdict of another (docs/advice.md).
    """
    from screener.advice import decisive

    return decisive.advise(screening)


def load_patient(
    source: Source,
    rules: Rulebook | None = None,
    codes: Codes = (),
    *,
    locale: str | None = None,
    columns: Columns = None,
) -> Patient:
    """Read a patient's record from plain data, JSON text or a file, with the dictionary of `rules`.

    `codes` names a clinic's own tables of codes (CSV files, docs/codes.md). The Patient keeps the digest of the
    dictionary, and `evaluate` refuses rules with another one. `locale` (`de`, `en-GB`) says how dates and decimals are
    written in a native record that does not say so itself. `columns` names a table of what the columns of a spreadsheet
    mean, for headings that do not say it.

    Raises RecordError, with every fault that was found, if the record or the columns cannot be used, LocalCodesError if
    a table of codes cannot, RulesError if the rules that come with screener cannot, and ScreeningError if there is no
    such locale.
    """
    return _load(source, _dictionary(rules, codes), locale, columns)


def load_patients(
    source: Source,
    rules: Rulebook | None = None,
    codes: Codes = (),
    *,
    locale: str | None = None,
    columns: Columns = None,
) -> Iterator[Patient | RecordError]:
    """Read every patient of a source that may hold several, one after the other: a file of FHIR resources or NDJSON, a
    spreadsheet, or the folder of a bulk export, of an OMOP warehouse or of facts. Arguments are as for `load_patient`.
    A patient who cannot be used is a RecordError in that place, and the others go on.

    Raises RecordError if the source as a whole cannot be read, and otherwise as `load_patient` does.
    """
    from screener.records.reading import read_patients

    place = _path(source) if isinstance(source, PathLike) else source
    dictionary = _dictionary(rules, codes)
    return read_patients(place, dictionary, locale=_locale(locale), columns=_headings(columns, dictionary))


def _path(place: str | PathLike[str]) -> Path:
    # Imported here: pathlib takes a tenth of what `screen --help` does.
    from pathlib import Path

    return Path(place)


def _headings(columns: Columns, dictionary: Dictionary) -> Mapping[str, str] | None:
    if columns is None:
        return None
    from screener.records.rows import read_headings

    return read_headings(_path(columns), dictionary)


def _locale(name: str | None) -> Locale | None:
    if name is None:
        return None
    from screener.records.locales import locale_meant, locale_of
    from screener.screening import ScreeningError

    locale = locale_of(name)
    if locale is None:
        raise ScreeningError(f"`{name}` is not a locale: {locale_meant(name)}")
    return locale


def _dictionary(rules: Rulebook | None, codes: Codes, hierarchy: Path | None = None) -> Dictionary:
    from screener.records.reading import own_dictionary

    tables = (codes,) if isinstance(codes, str | PathLike) else codes
    return own_dictionary(load_rules() if rules is None else rules, [_path(table) for table in tables], hierarchy)


_one_at_a_time = Lock()


def load_rules(folder: str | PathLike[str] | None = None) -> Rulebook:
    """The checked rules of a folder, or the ones that come with screener, which are loaded once.

    Raises RulesError, with every problem found, if they cannot be used.
    """
    from screener.loading import load_rulebook

    if folder is not None:
        return load_rulebook(_path(folder))
    with _one_at_a_time:
        return _shipped_rules()


@cache
def _shipped_rules() -> Rulebook:
    from screener.loading import load_rulebook

    return load_rulebook()


_HOMES = {
    "FORMAT": "screener.contract",
    "Advice": "screener.advice.statements",
    "CriterionResult": "screener.screening",
    "Evidence": "screener.evaluation.answers",
    "Flag": "screener.records.patient",
    "FlagKind": "screener.records.patient",
    "LocalCodesError": "screener.records.local_codes",
    "Need": "screener.evaluation.grounds",
    "NeedKind": "screener.evaluation.grounds",
    "Patient": "screener.records.patient",
    "Reason": "screener.evaluation.answers",
    "RecordError": "screener.records.errors",
    "Rulebook": "screener.rulebook",
    "RulesError": "screener.loading",
    "Screening": "screener.screening",
    "ScreeningError": "screener.screening",
    "ScreeningData": "screener.contract",
    "SiteError": "screener.site",
    "Status": "screener.contract",
    "TrialResult": "screener.screening",
    "Verdict": "screener.contract",
    "changes": "screener.advice.when",
    "distance": "screener.advice.distance",
    "margins": "screener.advice.margins:margins_of",
    "read_result": "screener.schema",
}

if not TYPE_CHECKING:  # a type checker sees the imports above, and a misspelt name stays an error to it

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, _, called = _HOMES[name].partition(":")
        return getattr(import_module(module), called or name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOMES})


__all__ = [
    "FORMAT",
    "Advice",
    "CriterionResult",
    "Evidence",
    "Flag",
    "FlagKind",
    "LocalCodesError",
    "Need",
    "NeedKind",
    "Patient",
    "Reason",
    "RecordError",
    "Rulebook",
    "RulesError",
    "Screening",
    "ScreeningData",
    "ScreeningError",
    "SiteError",
    "Source",
    "Status",
    "TrialResult",
    "Verdict",
    "__version__",
    "advise",
    "changes",
    "distance",
    "evaluate",
    "load_patient",
    "load_patients",
    "load_rules",
    "margins",
    "read_result",
]
