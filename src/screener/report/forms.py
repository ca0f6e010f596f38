"""The forms of a report, in one table. A new form is one file and one line here.

A form's file has a class that derives from `Report`, or from `Texts` where each patient is a text of its own. The
command line makes its options from the table, and refuses in a sentence what a form cannot honour: nothing that is
asked for is ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple
from typing import Any as Anything

if TYPE_CHECKING:
    from screener.records.errors import Unusable
    from screener.report.further import Further
    from screener.rulebook import Rulebook
    from screener.screening import Screening
    from screener.sheet.worklist import Choice

FURTHER = {
    "advice": "what to find out first, and what it would decide",
    "margins": "how far each number lies from its limit",
    "distance": "what is against each trial, and whether it may change",
    "when": "on which later days answers change if nothing new is recorded",
}
"""What a report may show in addition, by the name of its option."""


class Form(NamedTuple):
    """One form of a report.

    `home` is its class. `value` names what its option takes, None for an option without a value; `may_repeat`: it may
    be given several times. `is_each`: it is written patient by patient, and not when all are screened. `further` are
    the names in FURTHER that it can show, `with_jobs` whether several processes may write it. `is_quiet`: no notes on
    standard error. `is_worklist`: it is one row a patient, so that a call can choose and sort the rows.
    """

    name: str
    home: str
    help: str
    is_each: bool
    further: frozenset[str] = frozenset()
    with_jobs: bool = False
    value: str | None = None
    may_repeat: bool = False
    is_quiet: bool = False
    is_worklist: bool = False

    @property
    def dest(self) -> str:
        """What the value of its option is called among those of a call."""
        return self.name.replace("-", "_")

    @property
    def option(self) -> str:
        """How a call asks for it."""
        return f"--{self.name}"

    def report(self, asked: Asked) -> Report:
        """The report that a call asks for. Raises FormError for what it cannot honour."""
        module, _, name = self.home.partition(":")
        made: Report = getattr(import_module(module), name)(asked)
        return made


_ALL = frozenset(FURTHER)
DEFAULT = Form("table", "screener.report.default:Default", "", is_each=False, further=_ALL)
"""The form of a call that names none: the sheet of one patient, of several the worklist."""
WORKLIST = Form(
    "worklist",
    "screener.report.worklists:WorklistText",
    "print the worklist: one row a patient, the nearest first",
    is_each=False,
    with_jobs=True,
    is_worklist=True,
)
FORMS = (
    Form(
        "sheet",
        "screener.report.sheet_text:SheetText",
        "print one sheet a patient: what stands against each trial, and what to do",
        is_each=True,
        with_jobs=True,
    ),
    WORKLIST,
    Form(
        "worklist-csv",
        "screener.report.worklists:WorklistCsv",
        "print the worklist as CSV for Excel, one row a patient",
        is_each=False,
        with_jobs=True,
        is_worklist=True,
    ),
    Form(
        "out",
        "screener.report.worklists:WorklistPages",
        "write the worklist as pages into a folder: index.html, worklist.csv, and one page a patient",
        is_each=False,
        with_jobs=True,
        value="DIR",
        is_worklist=True,
    ),
    Form(
        "full",
        "screener.report.default:Full",
        "print every criterion of each patient; of several, the worklist at the end",
        is_each=True,
        further=_ALL,
    ),
    Form(
        "json",
        "screener.report.json_lines:JsonLines",
        "print JSON, one line a patient",
        is_each=True,
        further=_ALL,
        with_jobs=True,
    ),
    Form(
        "compact",
        "screener.report.json_lines:Compact",
        "print short JSON, one line a patient: each fact once, no text of the rules",
        is_each=True,
        further=_ALL,
        with_jobs=True,
    ),
    Form("markdown", "screener.report.markdown:Markdown", "print Markdown", is_each=True, with_jobs=True),
    Form("csv", "screener.report.criteria_csv:Csv", "print CSV, one row a criterion", is_each=False),
    Form(
        "html",
        "screener.report.page:WholePage",
        "write one HTML page, to read or to print; - for standard output",
        is_each=False,
        value="FILE",
    ),
    Form(
        "explain",
        "screener.report.explained:Explained",
        "print one criterion with its rule, part by part; may be repeated",
        is_each=True,
        value="NCT…/I3",
        may_repeat=True,
    ),
    Form(
        "quiet",
        "screener.report.verdicts:Verdicts",
        "print only the verdicts, a line for each trial: eligible, undetermined or ineligible, and the same in words",
        is_each=True,
        with_jobs=True,
        is_quiet=True,
    ),
)


class FormError(Exception):
    """A form cannot be what a call asks for: what is wrong, and what to write instead."""

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.mend = mend

    def __reduce__(self) -> tuple[type[FormError], tuple[str, str]]:
        """It comes whole from another process, too."""
        return FormError, (self.fault, self.mend)


class Asked(NamedTuple):
    """What a call asks of its report: the value of the form's option, what to show in addition, and the sources."""

    value: Anything = None
    further: frozenset[str] = frozenset()
    sources: Sequence[str] = ()
    trials: Collection[str] | None = None
    choice: Choice | None = None
    since: str | None = None


class PatientPlace(NamedTuple):
    """Where a patient comes from: the file, and the number among the patients of the call."""

    file: str = ""
    number: int = 0


NOWHERE = PatientPlace()


class Report:
    """One report of one call. It prints to standard output, and says how that is encoded."""

    encoding: str | None = None
    """None: as the terminal has it, where a letter that it lacks is replaced."""
    newline: str | None = None

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def prepare(self, rulebook: Rulebook) -> None:
        """Check the call against the rules, before anything is read. Raises FormError."""

    def part(self, screening: Screening, place: PatientPlace = NOWHERE) -> Anything:
        """What the report needs of one patient. With several processes it is made there, and is then small."""
        return screening

    def add(self, part: Anything) -> None:
        """One more patient, by this part. Raises FormError where the call cannot be followed with this one."""
        raise NotImplementedError

    def end(self, unusable: Sequence[Unusable]) -> str | None:
        """All patients were added, and these records could not be used. Returns a message to print after the report.
        Raises FormError."""
        return None

    def further(self, screening: Screening) -> Further | None:
        """What the call asks for in addition; None for nothing."""
        if not self.asked.further:
            return None
        from screener.report.further import further

        asked = self.asked.further
        return further(
            screening,
            advice="advice" in asked,
            margins="margins" in asked,
            distances="distance" in asked,
            when="when" in asked,
        )


class Texts(Report):
    """A report that is a text for each patient, so that several processes can write it."""

    def text(self, screening: Screening) -> str:
        """One patient, with the line's end."""
        raise NotImplementedError

    def part(self, screening: Screening, place: PatientPlace = NOWHERE) -> str:
        return self.text(screening)

    def add(self, part: str) -> None:
        print(part, end="")


def form_asked(given: Mapping[str, Anything], usual: str | None = None) -> Form:
    """The one form that a call asks for, by the values of its options; else the `usual` one of the site, if it has one.
    Raises FormError if there are several, or if the usual one is none."""
    forms = [form for form in FORMS if given.get(form.dest)]
    if len(forms) > 1:
        named = " and ".join(f"`{form.option}`" for form in forms[:2])
        raise FormError(f"{named} are two forms of one report", "call screen once for each")
    if forms or usual is None:
        return forms[0] if forms else DEFAULT
    by_name = {form.name: form for form in (DEFAULT, *FORMS) if form.value is None}
    if usual not in by_name:
        mend = f"`output` of the site's file is one of {', '.join(by_name)}"
        raise FormError(f"`{usual}` cannot be the usual form of report", mend)
    return by_name[usual]


def check_honoured(form: Form, further: Collection[str], jobs: int, chosen: Collection[str] = ()) -> None:
    """Refuse what the form cannot honour; `chosen` are the options that choose among rows. Raises FormError."""
    what = f"`{form.option}`"
    for name in FURTHER:
        if name in further and name not in form.further:
            others = [f"`{each.option}`" for each in FORMS if name in each.further]
            raise FormError(f"`--{name}` changes nothing in {what}", f"leave it out, or ask for {' or '.join(others)}")
    for option in chosen:
        if not form.is_worklist:
            others = [f"`{each.option}`" for each in FORMS if each.is_worklist]
            raise FormError(f"`{option}` is for a worklist, and {what} is not one", f"add {' or '.join(others)}")
    if jobs > 1 and not form.with_jobs:
        forms = " or ".join(f"`{each.option}`" for each in FORMS if each.with_jobs)
        fault = f"`--jobs` is for a report that several processes can make, and {what} is not one"
        raise FormError(fault, f"add {forms}")
