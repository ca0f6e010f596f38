"""The door for people: the command line.

Only what a call needs is imported: `--help` costs an argument parser, `--json` no table, and rules that have been
compiled before no parser of rules. This is the only place that asks what day it is.

Exit status: 0 the patients were screened, 1 `check` or `format --check` found something, 2 a record, the rules or the
call could not be used.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from screener.version import __version__

if TYPE_CHECKING:
    from datetime import date

    from rich.progress import Progress

    from screener.records.dictionary import Dictionary
    from screener.records.documents import Kept
    from screener.records.errors import RecordError
    from screener.records.locales import Locale
    from screener.records.patient import Patient
    from screener.records.questionnaire import GivenAnswers
    from screener.records.sightings import Sightings
    from screener.report.further import Further
    from screener.report.matrix import Row
    from screener.screening import Screening
    from screener.values.dates import Duration

DONE, FOUND, UNUSABLE = 0, 1, 2
INTERRUPTED, NOBODY_READS = 130, 141
"""What a shell reports of a program that was interrupted, or whose reader has gone."""

STANDARD_INPUT = "-"


class CallError(Exception):
    """A call that cannot be followed. `mend` says what to write instead."""

    def __init__(self, fault: str, mend: str = "see `screen --help`") -> None:
        super().__init__(f"error[call]: {fault}\nhelp: {mend}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    if sys.stdout is None:
        _tell("error[output]: the output cannot be written: standard output is closed")
        return UNUSABLE
    try:
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except ChildProcessError as problem:
        _tell(f"error[jobs]: {problem}\nhelp: give fewer `--jobs`; the memory may not have sufficed")
        return UNUSABLE
    except BrokenPipeError:
        _give_up_output()
        return NOBODY_READS
    except OSError as problem:
        _give_up_output()
        # What is written to has no name here; what is read has one.
        if problem.filename is not None:
            _tell(f"error[file]: `{problem.filename}` cannot be used: {_reason(problem)}")
        else:
            _tell(f"error[output]: the output cannot be written: {_reason(problem)}")
        return UNUSABLE


def _give_up_output() -> None:
    # What is still buffered has nowhere to go; without this, the interpreter would complain about it on its way out.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    verb = _VERBS.get(arguments[0]) if arguments else None
    try:
        if verb is not None:
            return verb(arguments[1:])
        if arguments:
            _refuse_misspelt_verb(arguments[0])
        return _screen(arguments)
    except CallError as problem:
        _tell(problem)
        return UNUSABLE


def _refuse_misspelt_verb(word: str) -> None:
    """Offer the verb where the first word is like one, and no file of that name is there."""
    if not word.isalpha():
        return
    from difflib import get_close_matches

    from screener.records.errors import LIKE_ENOUGH

    likely = get_close_matches(word, _VERBS, n=1, cutoff=LIKE_ENOUGH)
    if likely and not Path(word).exists():
        raise CallError(f"there is no verb and no file `{word}`", f"did you mean `screen {likely[0]}`?")


def _tell(message: object) -> None:
    """Write to standard error, if there is one: without, `print` would take standard output for it."""
    if sys.stderr is not None:
        print(message, file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """An argument parser that complains as the rest of screener does."""

    def __init__(self, *, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        raise CallError(message.replace("'", "`"), f"see `{self.prog} --help`")


# ---- screen PATIENT…


def _screen(arguments: list[str]) -> int:
    asked = _screen_parser().parse_intermixed_args(arguments)
    form = _form_asked(asked)
    if asked.jobs > 1 and form not in PRINTED_EACH:
        what = "`--full`" if asked.full else f"`--{form}`" if form in FORMS else "the table"
        forms = " or ".join(f"`--{each}`" for each in PRINTED_EACH)
        raise CallError(
            f"`--jobs` is for a report that is printed patient by patient, and {what} is not", f"add {forms}"
        )
    if form == "html":
        _check_page(asked.html, asked.patients)
    dictionary = _prepared(asked)
    if dictionary is None:
        return UNUSABLE
    lines = [_line_asked(each, dictionary) for each in asked.explain]
    if asked.jobs > 1:
        return _screen_at_once(asked, dictionary, form)
    told: list[Screening] = []
    rows: list[Row] = []
    unusable = 0
    for screening in _screenings(asked, dictionary, form):
        if screening is None:
            unusable += 1
        elif form in ("html", "csv"):
            told.append(screening)
        elif form == "explain":
            _explain(screening, lines)
        elif form == "quiet":
            _encode_output(errors="replace")
            print(_text(screening, form, asked), end="")
        elif form in FORMS or asked.full:
            _print(screening, form, asked)
        if form == "table" and screening is not None:
            # One patient is shown in full, several at a glance; which it is shows only with the second.
            rows.append(_row(screening))
            told = [screening]
    if form == "html":
        _write_page(told, asked.html)
    elif form == "csv":
        _print_rows(told)
    elif len(rows) > 1:
        _print_matrix(rows, unusable)
    elif rows and not asked.full:
        _print(told[0], form, asked)
    return UNUSABLE if unusable else DONE


FORMS = ("json", "markdown", "csv", "html", "explain", "quiet")
PRINTED_EACH = ("json", "markdown", "quiet")
"""Forms that are a text for each patient, so that several processes can write them."""


def _screen_at_once(asked: argparse.Namespace, dictionary: Dictionary, form: str) -> int:
    """Screen by several processes, each patient by one; the texts come in the order of the patients."""

    def text(screening: Screening) -> str:
        return _text(screening, form, asked)

    unusable = 0
    if form == "quiet":
        _encode_output(errors="replace")
    else:
        _encode_output(encoding="utf-8")
    sys.stdout.flush()  # what waits here now would be written by every process
    for each in _screenings(asked, dictionary, form, then=text):
        if each is None:
            unusable += 1
        else:
            print(each, end="")
    return UNUSABLE if unusable else DONE


def _form_asked(asked: argparse.Namespace) -> str:
    """The one form in which the report is asked for; `table` where none is named."""
    forms = [form for form in FORMS if getattr(asked, form)]
    if asked.full and forms:
        raise CallError(f"`--full` and `--{forms[0]}` are two forms of one report", "call screen once for each")
    if len(forms) > 1:
        named = " and ".join(f"`--{form}`" for form in forms[:2])
        raise CallError(f"{named} are two forms of one report", "call screen once for each")
    return forms[0] if forms else "table"


def _prepared(asked: argparse.Namespace) -> Dictionary | None:
    """The rules, loaded, and a call that fits them and can be followed; None if the rules cannot be used."""
    if not asked.patients:
        raise CallError("there is no patient to screen", "name the file of a record, or `-` for standard input")
    for verb in _VERBS:
        if verb in asked.patients:
            raise CallError(f"`{verb}` is a verb of screen and stands first", f"a file of that name is `./{verb}`")
    if asked.patients.count(STANDARD_INPUT) > 1:
        raise CallError("standard input can be read only once", f"write `{STANDARD_INPUT}` once")

    dictionary = _loaded(asked.rules, asked.codes, asked.hierarchy)
    if dictionary is None or not _headings_read(asked, dictionary):
        return None

    from screener.screening import LISTS

    _check_names(asked.trial or (), tuple(dictionary.rulebook.trials), "trial of these rules")
    _check_names(asked.assume_complete, LISTS, "list of a record")
    if asked.answers and (given := _answers(asked.answers, dictionary)) is None:
        return None
    asked.given = asked.waiting = given if asked.answers else ()
    return dictionary


def _headings_read(asked: argparse.Namespace, dictionary: Dictionary) -> bool:
    """Whether the table of columns can be used; it then stands in the call in place of its name."""
    if asked.columns is None:
        return True
    from screener.records.errors import RecordError
    from screener.records.rows import read_headings

    try:
        asked.columns = read_headings(asked.columns, dictionary)
    except RecordError as problem:
        _tell(problem)
        return False
    return True


def _answers(files: Sequence[Path], dictionary: Dictionary) -> list[GivenAnswers] | None:
    """People's answers, of all files; None if one cannot be used, which is then explained."""
    from screener.records.errors import RecordError
    from screener.records.questionnaire import read_answers

    try:
        return [each for file in files for each in read_answers(file, dictionary)]
    except RecordError as problem:
        _tell(problem)
        return None


def _screenings(
    asked: argparse.Namespace, dictionary: Dictionary, form: str, then: Callable[[Screening], Any] | None = None
) -> Iterator[Any]:
    """The screening of each patient, as it is read, or what `then` makes of it, by as many processes as are asked for;
    None for one that cannot be used, which is then explained."""
    from screener.jobs import in_order
    from screener.records.reading import ids_of_several
    from screener.screening import evaluate

    def screened(each: tuple[Patient, date | None] | None) -> Any:
        if each is None:
            return None
        patient, as_of = each
        screening = evaluate(
            patient,
            dictionary.rulebook,
            as_of=as_of,
            assume_complete=asked.assume_complete,
            labs_within=asked.labs_within,
            trials=asked.trial,
        )
        return screening if then is None else then(screening)

    gathers = form in ("html", "csv") or (form == "table" and not asked.full)
    today = _Today()
    sources = [each for source in asked.patients for each in _sources(source)]
    doubled = ids_of_several(sources, dictionary, asked.columns) if len(sources) > 1 else None
    patients = (patient for each in sources for patient in _to_screen(each, dictionary, asked, today, doubled))
    with _progress(is_printing=not gathers) as count:
        for screening in in_order(screened, patients, 1 if then is None else asked.jobs):
            yield screening
            count()
    _tell_who_is_nobody(asked.waiting)
    if today.patients and form != "quiet":
        _tell(f"note: {today.note}{f', for {today.patients} patients' if today.patients > 1 else ''}")


def _sources(source: str) -> Iterator[Path | Kept]:
    """The files of a folder that is no bulk export, each a record of its own; any other source as it is."""
    if source == STANDARD_INPUT:
        yield _standard_input()
    elif os.path.isdir(source):
        from screener.records.reading import records_in

        sources, others = records_in(Path(source))
        if others:
            named = [f"{each.name} ({each.why})" if each.may_hold else each.name for each in others]
            more = f" and {len(named) - MOST_SHOWN} more" if len(named) > MOST_SHOWN else ""
            _tell(f"note: {source}: not read: {', '.join(named[:MOST_SHOWN])}{more}")
        yield from sources
    else:
        yield Path(source)


@contextmanager
def _progress(*, is_printing: bool) -> Iterator[Callable[[], None]]:
    """What counts the patients on standard error, from the second one on, if a person sits there and nothing else is
    printed meanwhile."""
    if sys.stderr is None or not sys.stderr.isatty() or (is_printing and sys.stdout.isatty()):
        yield lambda: None
        return
    progress: Progress | None = None
    number = 0

    def count() -> None:
        nonlocal progress, number
        number += 1
        if number == 1:
            return
        if progress is None:
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn

            shown = TextColumn("{task.completed:.0f} patients screened")
            console = Console(stderr=True)
            progress = Progress(SpinnerColumn(), shown, console=console, transient=True, redirect_stdout=False)
            progress.add_task("", total=None)
            progress.start()
        progress.update(progress.task_ids[0], completed=number)

    try:
        yield count
    finally:
        if progress is not None:
            progress.stop()


def _line_asked(name: str, dictionary: Dictionary) -> tuple[str, str]:
    """The trial and the criterion that `TRIAL/LINE` names."""
    from screener.records.errors import did_you_mean

    trials = dictionary.rulebook.trials
    trial_id, slash, line = name.partition("/")
    if not slash:
        raise CallError(f"`{name}` does not name a criterion", "write TRIAL/LINE, such as NCT…/I3")
    if trial_id not in trials:
        raise CallError(f"`{trial_id}` is not a trial of these rules", did_you_mean(trial_id, trials))
    known = [criterion.id for criterion in trials[trial_id].criteria]
    if line not in known:
        raise CallError(f"`{line}` is not a criterion of {trial_id}", did_you_mean(line, known) or _all_of(known))
    return trial_id, line


def _all_of(names: Sequence[str]) -> str:
    return f"they are {', '.join(names)}"


def _explain(screening: Screening, lines: Sequence[tuple[str, str]]) -> None:
    from screener.report.explained import print_explained

    _encode_output(errors="replace")
    for trial_id, line in lines:
        for trial in screening.trials:
            for criterion in trial.criteria:
                if (trial.id, criterion.id) == (trial_id, line):
                    print_explained(screening, trial, criterion)


def _row(screening: Screening) -> Row:
    from screener.report.matrix import row_of

    return row_of(screening)


def _print_matrix(rows: Sequence[Row], unusable: int) -> None:
    from screener.report.matrix import print_matrix

    _encode_output(errors="replace")
    print_matrix(rows, unusable)


def _loaded(folder: Path | None, tables: Sequence[Path] = (), hierarchy: Path | None = None) -> Dictionary | None:
    """The rules, the clinic's own tables of codes and its hierarchy, with all that screening needs; None if they cannot
    be used, which is then explained."""
    # Everything made here lives until the end: looking through it for garbage takes a tenth of a start.
    gc.disable()
    # Neither does a plug-in of somebody else's have a say in what a record is; looking for some takes as long.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from screener import screening  # noqa: F401
        from screener.loading import RulesError, load_rulebook
        from screener.records.dictionary import Dictionary
        from screener.records.reading import read_patient  # noqa: F401

        try:
            dictionary = Dictionary(load_rulebook(folder))
        except RulesError as problem:
            _tell(problem)
            return None
        if hierarchy is not None:
            from screener.terminology.hierarchy import Hierarchy, TerminologyError

            try:
                dictionary = dictionary.with_hierarchy(Hierarchy(hierarchy, dictionary.rulebook))
            except TerminologyError as problem:
                _tell(problem)
                return None
        if not tables:
            return dictionary
        from screener.records.local_codes import LocalCodesError, with_tables

        try:
            return with_tables(dictionary, tables)
        except LocalCodesError as problem:
            _tell(problem)
            return None
    finally:
        gc.freeze()
        gc.enable()


def _screen_parser() -> _Parser:
    parser = _Parser(
        prog="screen",
        description="Screen patients against the eligibility criteria of clinical trials: every criterion as passed, "
        "failed or unknown,\nwith the protocol's sentence, the values it rests on and what is missing.",
        epilog="verbs:\n"
        "  screen check [FOLDER]                    check the rules\n"
        "  screen codes [--csv] PATIENT…            what records call things, and what that is read as\n"
        "  screen format [--check] [FILE|FOLDER…]   write rules in the one way they are written\n"
        "  screen names [WORD]                      what may be written in a record, with codes and units\n"
        "  screen questions [--fhir] PATIENT…       the questions that people have to answer\n"
        "  screen review [-o FILE] PATIENT          the chart review that open criteria wait for, to fill in\n"
        "  screen schema [record|result]            the JSON Schema of a record, or of a result\n"
        "  screen terminology build --omop DIR -o FILE   make the index of a vocabulary that the site owns\n"
        "  a file that is named like a verb is ./check\n\n"
        "exit status: 0 screened; 1 `check` found something; 2 a record, the rules or the call could not be used\n\n"
        "This is decision support for pre-screening and no determination of eligibility.",
    )
    _add_call(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, one line a patient, and no table")
    parser.add_argument("--html", metavar="FILE", help="write one page for screen and paper; - for standard output")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, and no table")
    parser.add_argument("--csv", action="store_true", help="print CSV, one row a criterion, and no table")
    parser.add_argument(
        "--explain",
        action="append",
        default=[],
        metavar="NCT…/I3",
        help="print one criterion with the whole tree of its rule; may be repeated",
    )
    parser.add_argument("--quiet", action="store_true", help="print the verdicts only, a line for each trial")
    parser.add_argument(
        "--jobs",
        type=_number,
        default=1,
        metavar="N",
        help="screen by so many processes, where the report is printed patient by patient: --json, --markdown, --quiet",
    )
    parser.add_argument("--full", action="store_true", help="print each of several patients in full, before the matrix")
    return parser


def _add_call(parser: _Parser) -> None:
    """What every call that screens can say: whom, against what, and as of when."""
    parser.add_argument(
        "patients",
        nargs="*",
        metavar="PATIENT",
        help="file of a record or of several, a spreadsheet (CSV, XLSX), the folder of a bulk export; - for "
        "standard input",
    )
    parser.add_argument("--advice", action="store_true", help="tell also which facts decide, and what would settle it")
    parser.add_argument("--margins", action="store_true", help="tell also how far each number lies from its limit")
    parser.add_argument("--distance", action="store_true", help="tell also what keeps the patient from each trial")
    parser.add_argument(
        "--when", action="store_true", help="tell also on which later days answers change if nothing new is recorded"
    )
    parser.add_argument(
        "--trial", action="append", metavar="NCT…", help="screen against this trial only; may be repeated"
    )
    parser.add_argument(
        "--as-of", type=_day, metavar="DATE", help="the day the answers are about (else the record's own, else today)"
    )
    _add_writing(parser)
    _add_rules_and_codes(parser)
    parser.add_argument(
        "--assume-complete",
        type=_names,
        action="extend",
        default=[],
        metavar="LIST,LIST",
        help="lists of the record to take as complete, such as conditions,procedures",
    )
    parser.add_argument(
        "--labs-within", type=_duration, metavar="'14 days'", help="how old labs and findings may be, for every trial"
    )
    parser.add_argument(
        "--answers",
        action="append",
        type=Path,
        metavar="FILE",
        help="people's answers, each with the patient they are about: a QuestionnaireResponse, a filled chart review,\n"
        'or {"patient": …, "answers": {…}}, several in a list; may be repeated',
    )
    parser.add_argument("--version", action="version", version=f"screener {__version__}")


def _add_writing(parser: argparse.ArgumentParser) -> None:
    """How what is read was written."""
    parser.add_argument(
        "--locale",
        type=_locale,
        metavar="LOCALE",
        help="whose dates and decimals a record has that does not say it, such as de or en-GB",
    )
    parser.add_argument(
        "--columns",
        type=Path,
        metavar="TABLE.csv",
        help="what the columns of a spreadsheet stand for (column, name, unit), where their headings do not say it",
    )


def _add_rules_and_codes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help="the rules to use, instead of the ones shipped")
    parser.add_argument(
        "--codes",
        type=Path,
        action="append",
        default=[],
        metavar="TABLE.csv",
        help="the clinic's own codes (system, code, name, unit; or within, not); may be repeated",
    )
    parser.add_argument(
        "--hierarchy", type=Path, metavar="FILE", help="what a vocabulary says of codes; see `screen terminology build`"
    )


def _day(text: str) -> date:
    from datetime import date

    from screener.values.dates import DateError, parse_moment

    try:
        moment = parse_moment(text)
    except DateError:
        moment = None
    if moment is None or len(text) != len("YYYY-MM-DD"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a day: write YYYY-MM-DD")
    return date.fromordinal(moment.first_day)


def _locale(text: str) -> Locale:
    from screener.records.errors import did_you_mean
    from screener.records.locales import locale_of, locales

    locale = locale_of(text)
    if locale is None:
        near = did_you_mean(text, (each.name for each in locales().values()))
        mend = near or "write a language and a country, such as de-DE or en-GB"
        raise argparse.ArgumentTypeError(f"`{text}` is no locale: {mend}")
    return locale


def _duration(text: str) -> Duration:
    from screener.values.dates import DateError, parse_duration

    try:
        return parse_duration(text)
    except DateError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:5]) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of processes: write 1 to {MOST_JOBS}")
    return int(text)


MOST_JOBS = 256


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _check_names(names: Sequence[str], known: Sequence[str], what: str) -> None:
    """Refuse the call for a name that is not known, before any patient is read."""
    for name in names:
        if name not in known:
            from screener.records.errors import did_you_mean

            raise CallError(f"`{name}` is not a {what}", did_you_mean(name, known) or f"there are {', '.join(known)}")


def _to_screen(
    source: Path | Kept,
    dictionary: Dictionary,
    asked: argparse.Namespace,
    today: _Today,
    doubled: frozenset[str] | None,
) -> Iterator[tuple[Patient, date | None] | None]:
    """The patients of one source, each with the day that the answers are about; None for one that cannot be used, which
    is then explained."""
    for patient in _patients(source, dictionary, asked, doubled):
        if patient is None:
            yield None
        elif asked.as_of is None and patient.as_of is None:
            yield today.taken_for(patient), today.day
        else:
            yield patient, asked.as_of


def _patients(
    source: Path | Kept, dictionary: Dictionary, asked: argparse.Namespace, doubled: frozenset[str] | None
) -> Iterator[Patient | None]:
    """The patients of one source, each with the answers that are about this one; None for one that cannot be used,
    which is then explained on standard error."""
    from screener.records.errors import RecordError

    for read in _read(source, dictionary, asked, doubled=doubled):
        try:
            if isinstance(read, RecordError):
                raise read
            yield _answered(read, asked, dictionary) if asked.given else read
        except RecordError as problem:
            _tell(problem)
            yield None


def _answered(patient: Patient, asked: argparse.Namespace, dictionary: Dictionary) -> Patient:
    from screener.records.questionnaire import with_answers

    asked.waiting = [each for each in asked.waiting if not each.subject.is_about(patient)]
    return with_answers(patient, asked.given, dictionary)


def _tell_who_is_nobody(waiting: Sequence[GivenAnswers]) -> None:
    """Tell of answers, in a list of such, whose patient is none of the call. Who is known by an identifier is not
    named: it may be a number that the whole country knows the person by."""
    for file in dict.fromkeys(each.file for each in waiting if not each.is_alone):
        subjects = [each.subject.id for each in waiting if each.file == file]
        named = [f"`{each}`" for each in subjects if each is not None]
        more = len(named) - MOST_SHOWN
        whose = named[:MOST_SHOWN] + ([f"{more} more"] if more > 0 else [])
        if others := subjects.count(None):
            whose.append(f"{others} known by an identifier")
        _tell(f"note: {file}: answers of {', '.join(whose)} reached nobody of this call")


def _read(
    source: Path | Kept,
    dictionary: Dictionary,
    asked: argparse.Namespace,
    sightings: Sightings | None = None,
    doubled: frozenset[str] | None = None,
) -> Iterator[Patient | RecordError]:
    """The patients of one source, and what keeps others, or all of it, from being read."""
    from screener.records.errors import RecordError
    from screener.records.reading import read_patients

    file = None if isinstance(source, Path) else "standard input"
    try:
        yield from read_patients(source, dictionary, file, sightings, asked.locale, asked.columns, doubled)
    except RecordError as problem:
        yield problem


def _standard_input() -> Kept:
    from screener.records.documents import Kept

    if sys.stdin is None:
        raise CallError("standard input is closed", "name the file of a record")
    return Kept(sys.stdin.buffer)


class _Today:
    """The day of the call, and how many patients it was taken for, because neither the call nor their records say which
    day the answers are about."""

    def __init__(self) -> None:
        from datetime import date

        self.day = date.today()  # noqa: DTZ011  (the day on the wall of the clinic)
        self.note = f"neither the record nor the call has a date of screening, so today is taken, {self.day}"
        self.patients = 0

    def taken_for(self, patient: Patient) -> Patient:
        """The patient with a note that says so."""
        from msgspec.structs import replace

        self.patients += 1
        return replace(patient, notes=(*patient.notes, self.note))


def _print(screening: Screening, form: str, asked: argparse.Namespace) -> None:
    """One patient, with what else the call asks for."""
    if form in PRINTED_EACH:
        _encode_output(encoding="utf-8")
        print(_text(screening, form, asked), end="")
        return
    from screener.advice.decisive import advise
    from screener.report.terminal import print_screening

    _encode_output(errors="replace")
    told = _further(screening, asked)
    print_screening(screening, told=told, first_facts=None if asked.advice else advise(screening))


def _text(screening: Screening, form: str, asked: argparse.Namespace) -> str:
    """One patient as JSON, as Markdown, or as a line for each trial."""
    if form == "quiet":
        from screener.report.wording import check_first, on_one_line

        name = on_one_line(screening.patient)
        doubts = [f"\t{on_one_line(check_first(trial))}" if trial.check_first else "" for trial in screening.trials]
        rows = zip(screening.trials, doubts, strict=True)
        return "".join(f"{name}\t{trial.id}\t{trial.verdict}{doubt}\n" for trial, doubt in rows)
    if form == "markdown":
        from screener.report.markdown import markdown

        return markdown(screening) + "\n\n"
    told = _further(screening, asked)
    if told is None:
        return screening.to_json() + "\n"
    from screener.report.further import json_with

    return json_with(screening, told) + "\n"


def _further(screening: Screening, asked: argparse.Namespace) -> Further | None:
    """What the call asks for beside the answers; None if that is nothing."""
    if not (asked.advice or asked.margins or asked.distance or asked.when):
        return None
    from screener.report.further import further

    return further(screening, advice=asked.advice, margins=asked.margins, distances=asked.distance, when=asked.when)


def _print_rows(screenings: Sequence[Screening]) -> None:
    if screenings:
        from screener.report.spreadsheet import csv_text

        _encode_output(encoding="utf-8", newline="")
        print(csv_text(screenings), end="")


def _check_page(file: str, patients: Sequence[str]) -> None:
    """Refuse a file that is no place for a page before anything is read: a record, say, is not written over."""
    place = Path(file)
    if file == STANDARD_INPUT:
        return
    if place.suffix.lower() not in (".html", ".htm"):
        raise CallError(f"`{file}` is not the name of a page", "name it `*.html`, or `-` for standard output")
    if place.resolve() in {Path(patient).resolve() for patient in patients}:
        raise CallError(f"`{file}` is named as a record, too", "give the page another name")
    if place.exists() and not place.is_file():
        raise CallError(f"`{file}` is there, and is not a file", "give the page another name")
    if not place.parent.is_dir():
        raise CallError(f"`{file}` cannot be written: there is no folder `{place.parent}`", "make the folder first")


def _write_page(screenings: Sequence[Screening], file: str) -> None:
    """Write the page and say so; without a patient that could be screened, a page that is there already stays."""
    if not screenings:
        _tell("note: no patient could be screened, so no page is written")
        return
    from screener.report.files import write_whole
    from screener.report.html import html_page

    page = html_page(screenings)
    if file == STANDARD_INPUT:
        _encode_output(encoding="utf-8")
        print(page, end="")
        return
    try:
        write_whole(Path(file), page)
    except OSError as problem:
        raise CallError(f"`{file}` cannot be written: {_reason(problem)}", "see who may write it") from None
    print(f"wrote {file}: {_counted(len(screenings), 'patient')}")


def _encode_output(*, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> None:
    """JSON is UTF-8 whatever the terminal speaks; for people, a letter that a terminal lacks is not worth a failure."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors=errors, newline=newline)


# ---- screen questions


def _questions(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen questions",
        description="List the questions that people have to answer before a patient's trials can be decided.",
        epilog="exit status: 0 listed; 2 a record, the rules or the call could not be used",
    )
    _add_call(parser)
    parser.add_argument(
        "--fhir", action="store_true", help="print a FHIR R4 Questionnaire, one line a patient; see `screen --answers`"
    )
    asked = parser.parse_intermixed_args(arguments)
    dictionary = _prepared(asked)
    if dictionary is None:
        return UNUSABLE

    import json

    from screener.report.questions import questionnaire, questions_text

    status = DONE
    for screening in _screenings(asked, dictionary, "questions"):
        if screening is None:
            status = UNUSABLE
        elif asked.fhir:
            _encode_output(encoding="utf-8")
            print(json.dumps(questionnaire(screening), ensure_ascii=False))
        else:
            _encode_output(errors="replace")
            print(questions_text(screening), end="\n\n")
    return status


# ---- screen review


def _review(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen review",
        description="Write the sheet of a chart review: what open criteria wait for that records never write down,\n"
        "and the entries that leave open what they are. Fill it in, and give it back: `screen PATIENT --answers FILE`.",
        epilog="exit status: 0 written; 2 a record, the rules or the call could not be used",
    )
    _add_call(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write (else standard output)")
    asked = parser.parse_intermixed_args(arguments)
    dictionary = _prepared(asked)
    if dictionary is None:
        return UNUSABLE

    import json

    from screener.report.files import write_whole
    from screener.report.review import to_review

    status, sheets = DONE, []
    for screening in _screenings(asked, dictionary, "review"):
        if screening is None:
            status = UNUSABLE
        else:
            sheets.append(json.dumps(to_review(screening), ensure_ascii=False, indent=1))
    if asked.output is None:
        _encode_output(encoding="utf-8")
        print(sheets[0] if len(sheets) == 1 else f"[{','.join(sheets)}]" if sheets else "")
        return status
    if len(sheets) > 1:
        raise CallError("a sheet is of one patient", "call screen once for each")
    place = Path(asked.output)
    if place.exists():
        raise CallError(f"`{place}` is there already, and may be filled in", "give the sheet another name")
    for sheet in sheets:
        try:
            write_whole(place, sheet + "\n")
        except OSError as problem:
            raise CallError(f"`{place}` cannot be written: {_reason(problem)}", "see who may write it") from None
        print(f"wrote {place}")
    return status


# ---- screen check


def _check(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen check",
        description="Check the rules of a folder, and print every problem found.",
        epilog="exit status: 0 nothing found; 1 problems found; 2 there are no rules to check",
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the rules (else the ones shipped)")
    asked = parser.parse_args(arguments)

    from screener.loading import RulesError, compile_rules, read_folder, shipped_rules

    try:
        rules = read_folder(asked.folder or shipped_rules())
    except RulesError as problem:
        _tell(problem)
        return UNUSABLE
    found = compile_rules(rules)
    _encode_output(errors="replace")
    if found.diagnostics:
        errors = sum(each.is_error for each in found.diagnostics)
        print(found.report)
        print(f"{_counted(errors, 'error')}, {_counted(len(found.diagnostics) - errors, 'warning')}")
        return FOUND
    print(f"{_counted(len(rules.rules), 'rule file')}: nothing to complain about")
    return DONE


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# ---- screen format


def _format(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen format",
        description="Write rules in the one way they are written. A block with an error is left as it is.",
        epilog="exit status: 0 done; 1 with --check, a file is not formatted; 2 a file cannot be used, or has errors",
    )
    parser.add_argument("--check", action="store_true", help="change nothing, and name the files that would change")
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="FILE|FOLDER", help="what to format (else the rules shipped)"
    )
    asked = parser.parse_intermixed_args(arguments)

    from screener.loading import shipped_rules

    changed, unusable = 0, False
    for path in list(_rule_files(asked.paths or [shipped_rules()])):
        try:
            is_changed = _format_file(path, only_check=asked.check)
        except CallError as problem:
            _tell(problem)
            unusable = True
        else:
            changed += is_changed
    if unusable:
        return UNUSABLE
    return FOUND if changed and asked.check else DONE


_NAME_RULES = "name rule files, or folders of them"


def _rule_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The rule files named, and those of the folders named. Raises CallError for what holds no rules: a patient's
    record, say, is not rewritten."""
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.rules"))
            if not inside:
                raise CallError(f"there is no rule file in `{path}`", _NAME_RULES)
            yield from inside
        elif path.suffix != ".rules":
            raise CallError(f"`{path}` is not a rule file", "rule files are named `*.rules`")
        else:
            yield path


def _format_file(path: Path, *, only_check: bool) -> bool:
    """Format one file, unless it has errors. Returns whether it was not formatted yet."""
    from screener.language.diagnostics import render_all
    from screener.language.formatter import format_text
    from screener.language.parser import parse
    from screener.language.source import Source

    try:
        before = path.read_bytes()
        text = before.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise CallError(f"`{path}` cannot be read: {_reason(problem)}", _NAME_RULES) from None
    if faults := [each for each in parse(Source(str(path), text)).diagnostics if each.is_error]:
        raise CallError(f"`{path}` has errors", f"mend them first\n\n{render_all(faults)}")
    after = format_text(text).encode()
    if after != before:
        print(f"would format {path}" if only_check else f"formatted {path}")
        if not only_check:
            try:
                path.write_bytes(after)
            except OSError as problem:
                raise CallError(f"`{path}` cannot be written: {_reason(problem)}", "see who may write it") from None
    return after != before


def _reason(problem: OSError | UnicodeDecodeError) -> str:
    if isinstance(problem, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return (problem.strerror or str(problem)).lower()


# ---- screen codes


def _codes(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen codes",
        description="List what records call things, what each is read as, and what is near to what is not read.\n"
        "Only codes, wordings, units and counts are shown: no values, no days, no persons.",
        epilog="exit status: 0 listed; 2 a record, the rules or a table could not be used",
    )
    parser.add_argument(
        "patients", nargs="+", metavar="RECORD", help="file of a record, or a folder of them; - for standard input"
    )
    parser.add_argument(
        "--csv", action="store_true", help="print a table to be checked, completed and given to `--codes`"
    )
    _add_writing(parser)
    _add_rules_and_codes(parser)
    asked = parser.parse_intermixed_args(arguments)
    dictionary = _loaded(asked.rules, asked.codes, asked.hierarchy)
    if dictionary is None or not _headings_read(asked, dictionary):
        return UNUSABLE

    from screener.records.sightings import Sightings
    from screener.report.codes import as_list, as_table, gathered

    sightings = Sightings()
    sources = [each for source in asked.patients for each in _sources(source)]
    was_read = [_sighted(source, dictionary, sightings, asked) for source in sources]
    called = gathered(sightings, dictionary)
    _encode_output(errors="replace")
    if called or all(was_read):
        print(as_table(called) if asked.csv else as_list(called), end="")
    return DONE if all(was_read) else UNUSABLE


def _sighted(source: Path | Kept, dictionary: Dictionary, sightings: Sightings, asked: argparse.Namespace) -> bool:
    """Whether what a record calls things could be seen. That it cannot be screened yet is no hindrance: what it calls
    by a name that nobody knows is what is looked for."""
    from screener.records.errors import RecordError

    before = sum(count for _, count in sightings)
    read = list(_read(source, dictionary, asked, sightings, frozenset()))
    problems = [each for each in read if isinstance(each, RecordError)]
    if problems and sum(count for _, count in sightings) == before:
        for problem in problems:
            _tell(problem)
        return False
    if problems:
        what = "it cannot" if len(problems) == len(read) else f"{len(problems)} of {len(read)} patients cannot"
        called = source if isinstance(source, Path) else STANDARD_INPUT
        _tell(f"note: {called}: {what} be screened yet; `screen {called}` says why")
    return True


# ---- screen names


def _names_verb(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen names",
        description="List what may be written in a record: names, and for a WORD the codes, units and values of what\n"
        "bears it in its name or title, or is near to it.",
        epilog="exit status: 0 listed; 2 the rules, a table or the call could not be used",
    )
    parser.add_argument("word", nargs="*", metavar="WORD", help="a name, a part of one, or a code")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--csv", action="store_true", help="print CSV, one row an entry")
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help="the rules to use, instead of the ones shipped")
    asked = parser.parse_intermixed_args(arguments)
    if asked.json and asked.csv:
        raise CallError("`--json` and `--csv` are two forms of one list", "call screen once for each")
    dictionary = _loaded(asked.rules)
    if dictionary is None:
        return UNUSABLE

    from screener.report.names import as_details, as_json, as_list, as_table, matching, writable

    entries, is_found, word = writable(dictionary), True, " ".join(asked.word)
    if word:
        entries, is_found = matching(entries, word, dictionary)
    _encode_output(encoding="utf-8" if asked.json or asked.csv else None, errors="replace", newline="")
    if asked.json:
        print(as_json(entries))
    elif asked.csv:
        print(as_table(entries), end="")
    else:
        print(as_details(entries, word, is_found=is_found) if word else as_list(entries), end="")
    return DONE


# ---- screen schema


def _schema(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen schema", description="Print the JSON Schema of what screen reads (record) or prints (result)."
    )
    parser.add_argument("what", nargs="?", choices=("record", "result"), default="record")
    asked = parser.parse_args(arguments)

    import json

    if asked.what == "record":
        from screener.records.native import record_schema as schema
    else:
        from screener.schema import result_schema as schema

    _encode_output(encoding="utf-8")
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return DONE


# ---- screen terminology


def _terminology(arguments: list[str]) -> int:
    parts: dict[str, Callable[[list[str]], int]] = {"build": _build_terminology, "explain": _explain_code}
    part = parts.get(arguments[0]) if arguments else None
    if part is not None:
        return part(arguments[1:])
    parser = _Parser(
        prog="screen terminology",
        description="What codes say of the dictionary's concepts: it is the concept, may be it, or is not it.",
        epilog="  screen terminology build --omop FOLDER -o FILE   make the index of an OMOP vocabulary\n"
        "  screen terminology explain CODE [CONCEPT]        what a code says, and which table says so",
    )
    parser.add_argument("part", choices=tuple(parts), metavar="build|explain")
    parser.parse_args(arguments)
    return UNUSABLE


def _explain_code(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen terminology explain",
        description="Say what a code is, may be and is not, under each system that knows it, and which table says so.",
        epilog="exit status: 0 told; 2 the rules, a table or the call could not be used",
    )
    parser.add_argument("code", metavar="CODE", help="a code, such as K72.9 or 'snomed 38341003'")
    parser.add_argument("concept", nargs="?", metavar="CONCEPT", help="tell of this concept only")
    parser.add_argument("--system", action="append", metavar="SYSTEM", help="the code's system (else all that know it)")
    _add_rules_and_codes(parser)
    asked = parser.parse_args(arguments)
    dictionary = _loaded(asked.rules, asked.codes, asked.hierarchy)
    if dictionary is None:
        return UNUSABLE

    from screener.report.terminology import SYSTEMS, explained

    concept = None
    if asked.concept is not None:
        meaning = dictionary.named(asked.concept)
        concept = meaning.entry.name if meaning is not None else asked.concept
        _check_names([concept], tuple(dictionary.rulebook.concepts), "concept of these rules")
    _encode_output(errors="replace")
    system, _, code = asked.code.strip().rpartition(" ")
    systems = [system] if system else asked.system or SYSTEMS
    for line in explained(code, systems, dictionary, concept):
        print(line)
    return DONE


def _build_terminology(arguments: list[str]) -> int:
    parser = _Parser(
        prog="screen terminology build",
        description="Make the index of a vocabulary: which of its codes are, may be or are not what rules ask for.\n"
        "It holds names and kinships of the vocabulary, whose licence goes with it.",
        epilog="exit status: 0 written; 2 the folder, the rules or the file could not be used",
    )
    parser.add_argument(
        "--omop",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder of a vocabulary as Athena hands it out: CONCEPT, CONCEPT_ANCESTOR, CONCEPT_RELATIONSHIP",
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the index to write; one that is there is replaced",
    )
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help="the rules to use, instead of the ones shipped")
    asked = parser.parse_args(arguments)

    from screener.loading import RulesError, load_rulebook
    from screener.terminology.hierarchy import TerminologyError
    from screener.terminology.omop import build_index

    try:
        built = build_index(asked.omop, load_rulebook(asked.rules), asked.out)
    except (RulesError, TerminologyError) as problem:
        _tell(problem)
        return UNUSABLE
    except OSError as problem:
        raise CallError(f"`{asked.out}` cannot be written: {_reason(problem)}", "see who may write it") from None
    _encode_output(errors="replace")
    print(f"wrote {asked.out}: {_counted(built.codes, 'code')} of {', '.join(built.systems)}")
    print(f"release: {built.release or 'the vocabulary does not say'}")
    print(f"{_counted(built.related, 'code')} {'is' if built.related == 1 else 'are'} or may be something asked for")
    if built.unknown:
        listed = ", ".join(" ".join(code) for code in built.unknown[:MOST_SHOWN])
        more = ", …" if len(built.unknown) > MOST_SHOWN else ""
        print(f"{_counted(len(built.unknown), 'code')} of the dictionary not found there: {listed}{more}")
    return DONE


MOST_SHOWN = 8
"""How many codes a line names."""


_VERBS: dict[str, Callable[[list[str]], int]] = {
    "check": _check,
    "codes": _codes,
    "format": _format,
    "names": _names_verb,
    "questions": _questions,
    "review": _review,
    "schema": _schema,
    "terminology": _terminology,
}
