"""One patient of a population: found in the facts, and screened as the run over them did it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from screener.cohort.answers import Desk, How
from screener.cohort.ran import read_ran
from screener.records.facts.folder import Facts, FactsError
from screener.rulebook import Rulebook
from screener.screening import Screening
from screener.values.dates import parse_duration


def explained(folder: Path, patient: str, rulebook: Rulebook, how: How) -> list[Screening]:
    """The screening of one patient by the facts and the call of the last run over a folder: none if nobody there is
    called that, several if several are. `how` gives the site's file, people's answers, and which trials, if not all.

    Raises FactsError where the rules, the site's file or the answers are not those of the run, and RecordError where
    the answers cannot be used.
    """
    ran = read_ran(folder)
    others = (
        (ran.rules == rulebook.digest, "the rules are not those of the run"),
        (ran.site == how.site_digest, "the site's file is not that of the run"),
        (ran.answers == how.answers_digest, "people's answers (`--answers`) are not those of the run"),
    )
    for is_same, fault in others:
        if not is_same:
            raise FactsError(fault, "give this call what the run was given, or run `screen cohort` again", folder)
    facts = Facts(Path(ran.facts))
    facts.check(rulebook.dictionary_digest)
    within = None if ran.labs_within is None else parse_duration(ran.labs_within)
    asked = replace(how, as_of=ran.as_of, today=ran.today, assume_complete=ran.assume_complete, labs_within=within)
    screened = None if set(ran.trials) == set(rulebook.trials) else tuple(ran.trials)
    desk = Desk(rulebook, replace(asked, trials=how.trials or screened))
    return [desk.screening(desk.answered(each)) for each in facts.called(patient)]
