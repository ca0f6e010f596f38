"""What stands behind the sheet of each of the example patients: every line with all that its answer rests on."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from flagged import said
from report.pages import NAMES, Page, example_page, flat, page_of, screened, screened_record, words
from screener.contract import LINE_WORDS
from screener.evaluation.explanation import number_text
from screener.report.sheet_page import begun
from screener.report.wording import DISCLAIMER
from screener.sheet.notes import in_ward_words
from screener.values.dates import dates_in_words

SHAPES = {"failed": "M2 2 10 10M10 2 2 10", "passed": "M1.5 6.5 4.8 10 10.5 2.5"}
SEVERAL = ("score-with-two-readings", "results-that-cannot-be-used", "referral-letter-only")


@pytest.mark.parametrize("name", NAMES)
def test_every_criterion_is_there_with_all_that_its_answer_says(name: str) -> None:
    page, screening = example_page(name), screened(name)
    for trial in screening.trials:
        for criterion in trial.criteria:
            section = page.one(f"p1-{trial.id}-{criterion.id}")
            text = words(section)
            assert flat(criterion.text) in text
            assert flat(criterion.rule) in text
            assert LINE_WORDS[criterion.status] in text
            for evidence in criterion.evidence:
                assert flat(evidence.value) in text
                assert evidence.source in text
                assert dates_in_words(evidence.date or "") in text
                if evidence.canonical_unit not in (None, evidence.unit) and isinstance(evidence.canonical_value, float):
                    assert f"{number_text(evidence.canonical_value)} {evidence.canonical_unit}" in text
            for told in (
                *said(criterion.flags),
                *criterion.assumptions,
                *(flag.text for e in criterion.evidence for flag in e.flags),
            ):
                assert flat(told) in text
            for score in criterion.scores:
                assert score.title in text
                assert score.value in text
                assert all(term.term in text for term in score.terms if len(score.terms) > 1)
            if "ambiguous" in criterion.reasons:
                for reading in criterion.readings:
                    assert f"Read as “{reading.label}”" in text
                    assert flat(reading.explanation) in text
            elif criterion.reasons and set(criterion.reasons) <= {"missing", "judgement", "consent"}:
                assert criterion.needs
            else:
                assert flat(criterion.explanation) in text


@pytest.mark.parametrize(("number", "alone"), [(7, 7), (8, 8), (9, 8), (40, 8)])
def test_of_many_entries_that_nobody_could_read_a_line_shows_the_first_and_the_places_of_all(
    number: int, alone: int
) -> None:
    """Each would stand in nearly every line of every trial, and a page of sixty took a checker minutes."""
    entries = [{"text": f"St.n. {place} fraglich", "date": "2019"} for place in range(number)]
    screening = screened_record({"id": "anna", "as_of": "2026-02-20", "conditions": entries})
    section = page_of(screening).one("p1-NCT06242405-E1")
    rows = [words(each) for each in section.iter("tr")]
    assert [f"St.n. {place} fraglich" for place in range(number) if any(f"St.n. {place} f" in row for row in rows)] == [
        f"St.n. {place} fraglich" for place in range(alone)
    ]
    assert all(f"conditions[{place}]" in words(section) for place in range(number))
    more = number - alone
    told = [row for row in rows if "of this kind" in row]
    assert [row.partition(" of this kind")[0] for row in told] == (
        [f"{more} more {'entry' if more == 1 else 'entries'}"] if more else []
    )
    assert (f"And {more} more" in words(section)) == bool(more)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_failed_or_open_comes_before_what_is_passed(name: str) -> None:
    page = example_page(name)
    rank = {"failed": 0, "unknown": 1, "passed": 2}
    for trial in screened(name).trials:
        sections = [each for each in page.one(f"p1-{trial.id}").iter("section") if "criterion" in each.get("class", "")]
        order = [rank[each.get("class", "").split()[1]] for each in sections]
        assert order == sorted(order)
        assert len(order) == len(trial.criteria)


def test_an_answer_is_a_word_and_a_shape_and_not_a_color_alone() -> None:
    page = example_page("hepatitis-b-flare-with-encephalopathy")
    marks = page.all("span", class_="mark")
    assert len(marks) > 60
    for mark in marks:
        assert words(mark)
        [drawing] = [each for each in mark if each.tag.endswith("svg")]
        status = mark.get("class", "").split()[1]
        shape = next(iter(drawing))
        assert shape.tag.endswith("circle") if status == "unknown" else shape.get("d") == SHAPES[status]


@pytest.mark.parametrize("name", [*NAMES, "several"])
def test_every_link_leads_somewhere_on_the_page_and_no_id_stands_twice(name: str) -> None:
    page = page_of(*map(screened, SEVERAL)) if name == "several" else example_page(name)
    ids = [each.get("id") for each in page.elements() if each.get("id")]
    assert len(ids) == len(set(ids))
    links = [link.get("href", "") for link in page.all("a")]
    assert len(links) > 5
    assert {link.removeprefix("#") for link in links} <= set(ids)
    named = [each.get("aria-labelledby", "") for each in page.elements() if each.get("aria-labelledby")]
    assert {each for ids in named for each in ids.split()} <= set(ids)


@pytest.mark.parametrize("name", ["score-with-two-readings", "several"])
def test_headings_are_in_order(name: str) -> None:
    page = page_of(*map(screened, SEVERAL)) if name == "several" else example_page(name)
    levels = [int(each.tag[1]) for each in page.elements() if re.fullmatch("h[1-6]", each.tag)]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_tables_have_a_caption_and_headed_columns() -> None:
    page = example_page("hepatitis-b-flare-with-encephalopathy")
    tables = [table for trial in page.all("section", class_="trial") for table in trial.iter("table")]
    assert len(tables) > 5
    for table in tables:
        assert [words(caption) for caption in table.iter("caption")] != [""]
        heads = [head for part in table if part.tag == "thead" for head in part.iter("th")]
        assert all(head.get("scope") == "col" and words(head) for head in heads)
        for part in table:
            if part.tag in ("tbody", "tfoot"):
                assert all(row.find("th") is not None and row.find("th").get("scope") == "row" for row in part)  # type: ignore[union-attr]


def test_the_page_has_a_language_landmarks_and_a_title() -> None:
    page = example_page("score-with-two-readings")
    assert page.all("html")[0].get("lang") == "en"
    assert len(page.all("main")) == 1
    assert words(page.all("title")[0]) == ("Pre-screening sheet: example: score with two readings, as of 11 Mar 2026")
    assert len(page.all("header")) > 1


# ---- what it loads


# ---- scores


def test_a_score_is_a_worked_sum_with_the_limit_of_its_line() -> None:
    section = example_page("score-with-two-readings").one("p1-NCT07409259-I3")
    [first, second] = [table for table in section.iter("table") if table.find("tfoot") is not None]
    rows = [[words(cell) for cell in row] for row in first.iter("tr")]
    assert rows == [
        ["Term", "Amount"],
        ["1.649 × ln(INR)", "1.30"],
        ["0.457 × Hepatic encephalopathy, 1 to 3 points", "0.46"],
        ["0.425 × ln(neutrophil count in 10*9/L)", "0.78"],
        ["0.396 × ln(total bilirubin in umol/L)", "2.33"],
        ["0.576 × ln(urea in mmol/L)", "1.04"],
        ["0.033 × age in years", "1.72"],
        ["Sum", "7.62"],
        ["Limit of this line", "< 7.4"],
    ]
    assert [words(row) for row in second.iter("tr")][-2:] == ["Sum 7.16", "Limit of this line < 7.4"]


def test_a_score_that_is_rounded_or_not_settled_shows_the_sum_beside_it() -> None:
    text = words(example_page("hepatitis-b-flare-with-encephalopathy").one("p1-NCT05985863-E2"))
    assert "Score between 5 and 9 Limit of this line > 9" in text


# ---- what is asked, noted and said at the end


def test_notes_versions_and_the_disclaimer_stand_at_the_end() -> None:
    screening = screened("results-that-cannot-be-used")
    page = example_page("results-that-cannot-be-used")
    assert screening.notes
    notes = words(page.all("ul", class_="notes")[0])
    noted = [note for note in screening.noted if not note.is_first]
    assert all(flat(begun(note)) in notes for note in in_ward_words(noted, screening))
    assert all(place in notes for note in noted for place in note.places)
    assert DISCLAIMER in words(page.all("footer")[-1])
    [versions] = [words(each) for each in page.all("p", class_="versions")]
    assert versions == f"As of 25 Mar 2026 · screener 0.1.0 · rules {screening.rules}"


def test_a_list_taken_as_complete_and_a_chosen_reading_are_said() -> None:
    record = {
        "id": "p",
        "as_of": "2026-02-20",
        "answers": {"NCT06242405/E1": {"reading": 3, "by": "the site's investigator"}},
    }
    page = page_of(screened_record(record, assume_complete=["conditions"]))
    text = words(page.one("p1-NCT06242405-E1"))
    assert "Assumed the history is complete, as the call or the site's file says" in text
    assert "IN chosen by the site's investigator" in text


# ---- several patients


def test_the_foot_of_each_printed_page_names_its_patient() -> None:
    page = page_of(screened_record({"id": 'A"}', "as_of": "2026-02-20"}), screened("referral-letter-only"))
    feet = page.all("style")[1].text or ""
    assert feet.startswith('@page p1{@bottom-left{content:"Patient\\000020A\\000022\\00007d')
    assert re.search(r"#p1\{page:p1;--foot:\"[^\"]+\"\}@page p2\{", feet)


def test_the_same_screening_gives_the_same_page() -> None:
    name = "score-with-two-readings"
    assert Page(page_of(screened(name)).text).text == example_page(name).text
