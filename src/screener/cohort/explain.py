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


def explained(folder: Path, patient: str, rulebook: Rulebook, how: How) -> Screening | None:
    """The screening of one patient by the facts and the call of the last run over a folder; None if nobody there is
    called that. `how` gives the site's file, and which trials, if not all.

    Raises FactsError where the rules or the site's file are no longer those of the run.
    """
    ran = read_ran(folder)
    if (ran.rules, ran.site) != (rulebook.digest, how.site_digest):
        what = "the rules are" if ran.rules != rulebook.digest else "the site's file is"
        raise FactsError(
            f"{what} not that of the answers", "run `screen cohort` again, or name the rules of then", folder
        )
    facts = Facts(Path(ran.facts))
    facts.check(rulebook.dictionary_digest)
    found = next(facts.called(patient), None)
    if found is None:
        return None
    within = None if ran.labs_within is None else parse_duration(ran.labs_within)
    asked = replace(how, as_of=ran.as_of, today=ran.today, assume_complete=ran.assume_complete, labs_within=within)
    screened = None if set(ran.trials) == set(rulebook.trials) else tuple(ran.trials)
    return Desk(rulebook, replace(asked, trials=how.trials or screened)).screening(found)
