"""A phrase of a diagnosis that stands in the table of procedures, too, as what something is done for, says no less
there: on which list an entry stands takes nothing away from it."""

from __future__ import annotations

from lines.casebook import rules
from screener.records.dictionary import dictionary_of
from screener.rulebook import ReviewedRow, phrases_of

ANOTHER_MEANING = {
    "pta": "a stage of a tumor, and an angioplasty",
    "tep": "a clot in a lung in Spanish, and a new joint or the repair of a hernia in German",
}
"""Phrases that mean something else among procedures."""


def test_a_phrase_of_two_tables_says_no_less_among_procedures() -> None:
    tables: dict[str, dict[str, ReviewedRow]] = {"conditions": {}, "procedures": {}}
    for row in rules().reviewed:
        if row.system in tables and row.beside is None:
            tables[row.system].update(dict.fromkeys(phrases_of(row), row))
    both = sorted(tables["conditions"].keys() & tables["procedures"].keys() - ANOTHER_MEANING.keys())
    assert len(both) > 50
    dictionary = dictionary_of(rules())
    lost = {}
    for phrase in both:
        diagnosis, reason = (dictionary.terminology.of_row(tables[each][phrase]) for each in tables)
        missing = (diagnosis.is_ | diagnosis.open) & dictionary.asked - (reason.is_ | reason.open)
        if missing:
            lost[phrase] = sorted(missing)
    assert lost == {}
