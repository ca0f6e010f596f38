"""Entries by their wording, what a person settled about an entry, and chart reviews: in a record, and as a sheet."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from records.small_rulebook import SMALL, asking
from screener import evaluate, load_rules
from screener.records import RecordError, read_patient
from screener.records.dictionary import Dictionary
from screener.records.patient import Absence, Patient
from screener.records.questionnaire import read_answers, with_answers
from screener.records.reviews import EVER_SINCE
from screener.report.review import to_review
from screener.rulebook import LIST_OF, Related
from screener.sheet.making import sheet_of
from screener.values.dates import parse_moment

CANCERS = {"malignancy", "hepatocellular_carcinoma"}
RULES = asking(
    replace(
        SMALL,
        concepts={
            name: replace(each, relations=(Related("icd10", "D37", "may be", last="D48"),)) if name in CANCERS else each
            for name, each in SMALL.concepts.items()
        },
    )
)
DICTIONARY = Dictionary(RULES)
ON = parse_moment("2026-02-18")
SIGNED = {"on": "2026-02-18", "by": "a nurse"}


def read(**record: Any) -> Patient:
    return read_patient({"id": "p", "as_of": "2026-02-20", **record}, DICTIONARY)


def open_conditions(patient: Patient) -> set[str]:
    return set(patient.may_be.get("conditions", {}))


# ---- an entry by its wording alone


@pytest.mark.parametrize(
    ("list_", "name"),
    [
        ("conditions", "malignancy"),
        ("procedures", "dialysis"),
        ("medications", "interferon"),
        ("events", "trial_participation"),
        ("allergies", "blood_products"),
        ("family_history", "mental_disorder"),
    ],
)
def test_an_entry_by_its_wording_alone_may_be_whatever_is_asked_of_its_list(list_: Any, name: str) -> None:
    patient = read(**{list_: [{"text": "st.p. TACE 2019"}]})
    (entry,) = patient.may_be[list_][name]
    assert (entry.source, entry.called, entry.unusable) == (f"{list_}[0]", "st.p. TACE 2019", "unread")
    assert (patient.episodes, patient.unread) == ({}, {})


def test_a_wording_beside_a_code_is_how_the_entry_is_called() -> None:
    (entry,) = read(conditions=[{"icd10": "D37", "text": "Lump"}]).may_be["conditions"]["malignancy"]
    assert (entry.called, entry.unusable) == ("icd10 D37 Lump", "unspecific")


def test_an_entry_that_says_nothing_at_all_may_be_anything() -> None:
    patient = read(conditions=[{"status": "active"}])
    assert "cirrhosis" in patient.may_be["conditions"]
    assert patient.notes[0].startswith("check first: conditions[0]: it does not say what it is about")


# ---- what a person settled about one entry


def test_a_reviewed_entry_is_what_the_person_says_and_may_be_a_kind_of_it() -> None:
    entry = {"text": "st.p. TACE 2019", "onset": "2019", "reviewed": {"is": ["malignancy"], **SIGNED}}
    patient = read(conditions=[entry])
    assert set(patient.episodes) == {"malignancy"}
    assert patient.episodes["malignancy"][0].start == parse_moment("2019")
    assert open_conditions(patient) == {"hepatocellular_carcinoma"}


def test_a_reviewed_entry_is_none_of_what_was_asked_and_stays_open_for_the_rest() -> None:
    patient = read(conditions=[{"text": "Polyp, colon", "reviewed": {"not": ["malignancy"], **SIGNED}}])
    assert patient.episodes == {}
    assert open_conditions(patient).isdisjoint(CANCERS)
    assert {"cirrhosis", "pregnancy"} <= open_conditions(patient)


@pytest.mark.parametrize("list_", ["conditions", "procedures", "medications"])
def test_a_review_takes_away_all_that_it_names_whatever_list_that_stands_on(list_: str) -> None:
    """An entry of words alone may be what other lists hold, too: a procedure may be of a failing kidney."""
    rules = load_rules()
    dictionary = Dictionary(rules)
    unread = {"text": "wording 968"}
    plain = read_patient({"as_of": "2026-02-20", list_: [unread]}, dictionary)
    opened = {name for open_ in plain.may_be.values() for name in open_}
    assert opened
    looked_at = {**unread, "reviewed": {"not": sorted(opened), **SIGNED}}
    assert not read_patient({"as_of": "2026-02-20", list_: [looked_at]}, dictionary).may_be


def test_a_review_that_says_what_the_name_says_opens_nothing() -> None:
    """Of no concept of the shipped dictionary, whatever list its entry stands on."""
    rules = load_rules()
    dictionary = Dictionary(rules)
    for name, concept in rules.concepts.items():
        plain, looked_at = (
            read_patient({"as_of": "2026-02-20", LIST_OF[concept.kind]: [{"name": name, **more}]}, dictionary)
            for more in ({}, {"reviewed": {"is": [name], **SIGNED}})
        )
        opened = {(list_, each) for list_, open_ in looked_at.may_be.items() for each in open_}
        assert opened <= {(list_, each) for list_, open_ in plain.may_be.items() for each in open_}, name


def test_a_procedure_that_a_person_calls_malignant_may_be_any_malignancy() -> None:
    rules = load_rules()
    procedure = {"text": "Tumornachresektion", "date": "2025", "reviewed": {"is": ["malignancy"], **SIGNED}}
    patient = read_patient({"as_of": "2026-02-20", "procedures": [procedure]}, Dictionary(rules))
    assert "hepatocellular_carcinoma" in patient.may_be["conditions"]


def test_a_review_of_an_entry_may_say_what_it_is_and_which_kind_it_is_not() -> None:
    reviewed = {"is": ["malignancy"], "not": ["hepatocellular_carcinoma"], **SIGNED}
    patient = read(conditions=[{"text": "Mass", "reviewed": reviewed}])
    assert (set(patient.episodes), open_conditions(patient)) == ({"malignancy"}, set())


def test_a_review_that_contradicts_the_code_of_its_entry_leaves_it_open() -> None:
    for entry in ({"icd10": "C22.0"}, {"name": "hepatocellular_carcinoma"}):
        patient = read(conditions=[{**entry, "reviewed": {"not": ["malignancy"], **SIGNED}}])
        (found,) = patient.episodes["hepatocellular_carcinoma"]
        assert found.only_may_be
        told = "its code or name says `hepatocellular_carcinoma`, and a review that it is not"
        assert patient.notes[0].startswith(f"check first: conditions[0].reviewed.not: {told}")


@pytest.mark.parametrize(
    ("entry", "review", "counts"),
    [
        ({"onset": "2026-02-18"}, {}, True),
        ({"onset": "2026-02-19"}, {}, False),
        ({"date": "2026-02-19"}, {}, False),
        ({"onset": "2026-02"}, {}, True),
        ({"onset": "2020", "end": "2026-02-19", "status": "resolved"}, {}, True),
        ({}, {}, True),
        ({}, {"on": "2026-02-20"}, True),
        ({}, {"on": "2026-02-21"}, False),
        ({}, {"on": None}, False),
        ({}, {"by": None}, False),
        ({}, {"by": "  "}, False),
    ],
)
def test_a_review_counts_if_it_is_signed_and_lies_between_its_entry_and_the_record(
    entry: dict[str, Any], review: dict[str, Any], counts: bool
) -> None:
    looked_at = {"text": "liver lesion", **entry, "reviewed": {"not": ["malignancy"], **SIGNED, **review}}
    patient = read(conditions=[looked_at])
    assert open_conditions(patient).isdisjoint(CANCERS) is counts
    assert any("settles nothing" in note for note in patient.notes) is not counts


def test_what_a_review_that_does_not_count_calls_an_entry_it_may_be() -> None:
    patient = read(conditions=[{"icd10": "K74.6", "reviewed": {"is": ["malignancy"]}}])
    assert "malignancy" in open_conditions(patient)
    assert "malignancy" not in patient.episodes


def test_a_review_of_a_plan_may_be_older_than_the_day_that_is_planned() -> None:
    plan = {"text": "operation", "status": "planned", "date": "2026-03-01"}
    patient = read(procedures=[{**plan, "reviewed": {"not": ["dialysis"], **SIGNED}}])
    assert all("dialysis" not in open_ for open_ in patient.may_be.values())


def test_a_review_that_says_is_and_not_of_the_same_settles_nothing() -> None:
    reviewed = {"is": ["malignancy"], "not": ["malignancy"], **SIGNED}
    patient = read(conditions=[{"text": "Mass", "reviewed": reviewed}])
    assert all(each.only_may_be for each in patient.episodes.get("malignancy", ()))
    assert "malignancy" in open_conditions(patient)
    assert any("the review says that it is `malignancy`, and that it is not" in note for note in patient.notes)


@pytest.mark.parametrize("name", ["malignacy", "INR", "informed_consent"])
@pytest.mark.parametrize("field", ["is", "not"])
def test_a_review_names_conditions_treatments_and_events(name: str, field: str) -> None:
    (note, *_) = read(conditions=[{"text": "x", "reviewed": {field: [name], **SIGNED}}]).notes
    told = f"`{name}` is no condition, treatment or event of the dictionary"
    assert note.startswith(f"check first: conditions[0].reviewed.{field}: {told}")


# ---- reviews of a chart, in the record


@pytest.mark.parametrize(
    ("covers", "since"), [("ever", EVER_SINCE), ("now", ON), ("2025-12-18", parse_moment("2025-12-18"))]
)
def test_a_review_denies_what_it_names_over_what_it_covers(covers: str, since: Any) -> None:
    patient = read(reviews=[{**SIGNED, "looked_at": ["letters"], "covers": covers, "none_of": ["malignancy"]}])
    absence = Absence("malignancy", "conditions", "reviews[0].none_of[0]", ON, since=since, reviewed=True, by="a nurse")
    assert patient.absences == {"malignancy": (absence,)}
    assert patient.complete == frozenset()


@pytest.mark.parametrize(
    ("item", "name", "list_"),
    [
        ("dialysis", "dialysis", "procedures"),
        ("planned dialysis", "dialysis", "plans"),
        ("LT", "liver_transplantation", "procedures"),
        ("interferon", "interferon", "medications"),
        ("allergy to interferon", "interferon", "allergies"),
        ("blood_products", "blood_products", "allergies"),
        ("trial_participation", "trial_participation", "events"),
        ("mental_disorder", "mental_disorder", "conditions"),
        ("family history of mental_disorder", "mental_disorder", "family_history"),
    ],
)
def test_a_review_denies_each_thing_on_its_own_list(item: str, name: str, list_: str) -> None:
    patient = read(reviews=[{**SIGNED, "covers": "ever", "none_of": [item]}])
    assert [(each.concept, each.list) for each in patient.absences[name]] == [(name, list_)]


@pytest.mark.parametrize(
    ("review", "path", "fault"),
    [
        ({"on": None}, "reviews[0].on", "a review says on which day it was made"),
        ({"on": ""}, "reviews[0].on", "a review says on which day it was made"),
        ({"on": "at noon"}, "reviews[0].on", "`at noon` is not a date"),
        ({"by": None}, "reviews[0].by", "a review says who made it"),
        ({"by": "  "}, "reviews[0].by", "a review says who made it"),
        ({"covers": None}, "reviews[0].covers", "a review says what time it covers"),
        ({"covers": "all of it"}, "reviews[0].covers", "`all of it` is not a date"),
        ({"covers": "2026-02-19"}, "reviews[0].covers", "`2026-02-19` is after the day of the review"),
        ({"none_of": ["malignacy"]}, "reviews[0].none_of[0]", "`malignacy` is not in the dictionary"),
        (
            {"none_of": ["planned pregnancy"]},
            "reviews[0].none_of[0]",
            "`planned pregnancy` stands on no list: `pregnancy` is a condition",
        ),
        (
            {"none_of": ["allergy to dialysis"]},
            "reviews[0].none_of[0]",
            "`allergy to dialysis` stands on no list: `dialysis` is a procedure",
        ),
        (
            {"none_of": ["INR"]},
            "reviews[0].none_of[0]",
            "`INR` is a lab, which is measured or examined and not found absent in a chart",
        ),
        (
            {"none_of": ["ascites_grade"]},
            "reviews[0].none_of[0]",
            "`ascites_grade` is a finding, which is measured or examined and not found absent in a chart",
        ),
    ],
)
def test_a_review_that_cannot_be_used_denies_nothing(review: dict[str, Any], path: str, fault: str) -> None:
    written = {**SIGNED, "covers": "ever", "none_of": ["malignancy"], **review}
    patient = read(reviews=[written])
    assert any(note.startswith(f"check first: {path}: {fault}") for note in patient.notes)
    assert patient.absences == {}


@pytest.mark.parametrize(
    ("days", "is_too_old"), [(89, False), (90, False), (91, True)], ids=["before its last day", "on it", "after it"]
)
def test_a_review_that_is_too_old_to_count_is_told(days: int, is_too_old: bool) -> None:
    patient = read(reviews=[{**SIGNED, "covers": "ever", "none_of": ["malignancy", "planned dialysis", "ascites"]}])
    notes = evaluate(patient, RULES, date(2026, 2, 18) + timedelta(days)).notes
    told = "the chart review of 18 Feb 2026 is too old to speak for the day of screening: ascites, malignancy"
    assert notes == ((told,) if is_too_old else ())


def test_an_old_review_that_was_made_again_is_not_told() -> None:
    again = [{**SIGNED, "on": on, "covers": "ever", "none_of": ["malignancy"]} for on in ("2025-02-18", "2026-02-18")]
    assert evaluate(read(reviews=again), RULES, "2026-02-20").notes == ()


def test_a_review_later_than_the_day_of_screening_is_told() -> None:
    patient = read(reviews=[{**SIGNED, "covers": "ever", "none_of": ["malignancy"]}])
    assert evaluate(patient, RULES, "2026-02-17").notes == (
        "check first: the chart review of 18 Feb 2026 is later than the day of screening, and denies nothing on it",
    )


# ---- a sheet, filled in and given back


def sheet(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    group = {"title": "Cancer", "none_of_these": fields.pop("none_of_these", None), "items": list(items)}
    return {"patient": "p", **SIGNED, "groups": [group], "entries": [], **fields}


def item(what: str, covers: str = "ever", found: Any = None) -> dict[str, Any]:
    return {"what": what, "title": what, "covers": covers, "found": found, "lines": []}


@pytest.fixture
def give_back(tmp_path: Path) -> Any:
    """A patient with a filled sheet; what is wrong with it is a RecordError."""

    def given(document: dict[str, Any], patient: Patient | None = None) -> Patient:
        file = tmp_path / "review.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        answers = read_answers(file, DICTIONARY, "review.json")
        return with_answers(patient if patient is not None else read(), answers, DICTIONARY)

    return given


NO_SOURCE = "it does not say which entry of the record it is about"


def test_a_ticked_group_denies_all_its_things(give_back: Any) -> None:
    patient = give_back(sheet(item("malignancy"), item("ascites", "2026-01-01"), none_of_these=True))
    assert {name: [(each.since, each.by) for each in those] for name, those in patient.absences.items()} == {
        "malignancy": [(EVER_SINCE, "a nurse")],
        "ascites": [(parse_moment("2026-01-01"), "a nurse")],
    }
    assert patient.absences["malignancy"][0].source == "review.json: groups[0].items[0]"


def test_what_was_found_counts_even_in_a_ticked_group(give_back: Any) -> None:
    patient = give_back(sheet(item("malignancy", found="2019-03"), item("ascites"), none_of_these=True))
    assert set(patient.absences) == {"ascites"}
    (found,) = patient.episodes["malignancy"]
    assert (found.start, found.source) == (parse_moment("2019-03"), "review.json: groups[0].items[0]")
    assert open_conditions(patient) == {"hepatocellular_carcinoma"}


def test_one_thing_may_be_denied_and_found_by_itself(give_back: Any) -> None:
    patient = give_back(sheet(item("malignancy", found=False), item("ascites", found=True), item("pregnancy")))
    assert (set(patient.absences), set(patient.episodes)) == ({"malignancy"}, {"ascites"})


def test_a_sheet_in_which_nothing_is_ticked_says_nothing_and_needs_no_signature(give_back: Any) -> None:
    before = read()
    assert give_back({**sheet(item("malignancy")), "on": None, "by": None}, before) == before


@pytest.mark.parametrize(
    ("document", "path", "fault"),
    [
        (
            {**sheet(item("malignancy"), none_of_these=True), "on": None},
            "on",
            "a review says on which day it was made",
        ),
        ({**sheet(item("malignancy"), none_of_these=True), "by": None}, "by", "a review says who made it"),
        ({**sheet(item("malignancy")), "patient": None}, "patient", "a review says whose chart it is of"),
        ({**sheet(item("malignancy")), "groups": {}}, "groups", "an object is not a list"),
        ({**sheet(), "groups": [5]}, "groups[0]", "`5` is not an object"),
        ({**sheet(), "groups": [{"none_of_these": True, "items": None}]}, "groups[0].items", "`null` is not a list"),
        ({**sheet(), "groups": [{"none_of_these": True, "items": [5]}]}, "groups[0].items[0]", "`5` is not an object"),
        (
            sheet(item("malignancy"), none_of_these="yes"),
            "groups[0].none_of_these",
            "`yes` is not true or false, where it asks: Cancer",
        ),
        (sheet(item("malignancy", found=5)), "groups[0].items[0].found", "`5` is not a date"),
        (
            sheet({**item("malignancy", found=True), "besides": 5}),
            "groups[0].items[0].besides",
            "`5` is not a list",
        ),
        (sheet(item("malignancy", found="")), "groups[0].items[0].found", "`` is not a date"),
        ({"patient": "p", "reviews": [5]}, "reviews[0]", "`5` is not an object"),
        (sheet(entries=[5]), "entries[0]", "`5` is not an object"),
        (sheet(entries=[{"is": "malignancy"}]), "entries[0].source", NO_SOURCE),
        (sheet(entries=[{"source": 5, "is": None}]), "entries[0].source", NO_SOURCE),
        (sheet(entries=[{"source": "conditions[0]", "is": 5}]), "entries[0].is", "`5` is not a list"),
        (
            sheet(entries=[{"source": "conditions[0]", "may_be": ["malignancy"], "none_of_these": "yes"}]),
            "entries[0].none_of_these",
            "`yes` is not true or false",
        ),
        (
            sheet(entries=[{"source": "conditions[0]", "none_of_these": True}]),
            "entries[0].may_be",
            "`null` is not a list",
        ),
        (
            sheet(entries=[{"source": "conditions[99]", "is": "malignancy"}]),
            "entries[0].source",
            "the record has no entry `conditions[99]` that may be something rules ask for",
        ),
        (
            sheet(item("INR"), none_of_these=True),
            "groups[0].items[0].what",
            "`INR` is a lab, which is measured or examined and not found absent in a chart",
        ),
    ],
)
def test_a_sheet_that_cannot_be_used_is_refused(
    document: dict[str, Any], path: str, fault: str, give_back: Any
) -> None:
    with pytest.raises(RecordError) as refused:
        give_back(document)
    assert [(each.path, each.fault) for each in refused.value.problems] == [(path, fault)]


def test_a_sheet_of_another_patient_is_refused(give_back: Any) -> None:
    with pytest.raises(RecordError, match="the answers are about somebody else"):
        give_back({**sheet(item("malignancy"), none_of_these=True), "patient": "q"})


@pytest.mark.parametrize(
    ("entry", "is_", "may_be"),
    [
        ({"is": "malignancy"}, {"malignancy"}, {"hepatocellular_carcinoma"}),
        ({"is": ["hepatocellular_carcinoma"]}, {"hepatocellular_carcinoma"}, set()),
        ({"none_of_these": True}, set(), None),
        ({}, set(), None),
    ],
)
def test_the_sheet_settles_an_entry_that_nobody_could_read(
    entry: dict[str, Any], is_: set[str], may_be: set[str] | None, give_back: Any
) -> None:
    before = read(conditions=[{"text": "st.p. TACE"}])
    written = {"source": "conditions[0]", "called": "st.p. TACE", "may_be": ["malignancy"], **entry}
    patient = give_back(sheet(entries=[written]), before)
    assert set(patient.episodes) == is_
    asked_and_denied = CANCERS if entry.get("none_of_these") else set()
    assert open_conditions(patient) == (open_conditions(before) - asked_and_denied if may_be is None else may_be)


def entry(place: int = 0, called: str = "Lump", **fields: Any) -> dict[str, Any]:
    may_be = ["malignancy", "hepatocellular_carcinoma", "ascites"]
    return {"source": f"conditions[{place}]", "called": called, "dated": None, "may_be": may_be, **fields}


def review(*entries: dict[str, Any], by: str = "a nurse", on: str = "2026-02-18") -> dict[str, Any]:
    return {"patient": "p", "on": on, "by": by, "groups": [], "entries": list(entries)}


LUMPS = [{"text": "Lump"}, {"text": "Knot"}]


@pytest.fixture
def looked_up(tmp_path: Path) -> Any:
    """A patient with two entries that nobody could read, after reviews of them."""

    def given(*reviews: dict[str, Any], **record: Any) -> Patient:
        answers = []
        for number, each in enumerate(reviews):
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps(each), encoding="utf-8")
            answers.extend(read_answers(file, DICTIONARY, file.name))
        return with_answers(read(**{"conditions": LUMPS, **record}), answers, DICTIONARY)

    return given


@pytest.mark.parametrize("field", ["on", "by"])
def test_an_answer_about_an_entry_is_signed(field: str, looked_up: Any) -> None:
    with pytest.raises(RecordError, match="a review says"):
        looked_up({**review(entry(none_of_these=True)), field: None})


def test_an_entry_that_was_looked_up_is_told_with_who_and_when_and_is_unread_no_more(looked_up: Any) -> None:
    assert read(conditions=LUMPS).notes == ("not read: Lump (conditions[0]), Knot (conditions[1])",)
    assert looked_up(review(entry(**{"is": "malignancy"}))).notes == (
        "not read: Knot (conditions[1])",
        "conditions[0]: “Lump” is `malignancy`: a nurse, 18 Feb 2026",
    )
    patient = looked_up(review(entry(**{"is": "malignancy"}), entry(1, "Knot", none_of_these=True)))
    assert patient.notes[1:] == ("conditions[1]: “Knot” is none of what was asked: a nurse, 18 Feb 2026",)
    (found,) = patient.episodes["malignancy"]
    assert [each.text for each in found.flags] == ["looked up by a nurse, 18 Feb 2026"]


def test_an_entry_that_is_nearly_a_name_is_not_checked_once_somebody_looked_it_up(looked_up: Any) -> None:
    unclear = [{"text": "malignacy"}, {"text": "malignacy"}]
    (before,) = read(conditions=unclear).notes
    assert before.startswith("check first: conditions[0], conditions[1]: not read: malignacy; did you mean")
    first, second = looked_up(review(entry(called="malignacy", none_of_these=True)), conditions=unclear).notes
    assert first.startswith("check first: conditions[1]: not read: malignacy; did you mean")
    assert second.startswith("conditions[0]: “malignacy” is none")


def test_a_code_that_may_be_something_is_noted_until_somebody_looked_it_up(looked_up: Any) -> None:
    coded = {"conditions": [{"icd10": "D37", "text": "Lump"}]}
    assert read(**coded).notes == ("conditions[0]: the code `icd10 D37` may stand for something that rules ask for",)
    (note,) = looked_up(review(entry(called="icd10 D37 Lump", none_of_these=True)), **coded).notes
    assert note.startswith("conditions[0]: “icd10 D37 Lump” is none")


def test_one_thing_and_none_of_the_others_is_said_at_once(looked_up: Any) -> None:
    """Who calls it malignant leaves open which kind; who ticks the rest, too, does not."""
    assert open_conditions(looked_up(review(entry(**{"is": "malignancy"})), conditions=LUMPS[:1])) == CANCERS - {
        "malignancy"
    }
    both = looked_up(review(entry(**{"is": "malignancy"}, none_of_these=True)), conditions=LUMPS[:1])
    assert (set(both.episodes), open_conditions(both)) == ({"malignancy"}, set())


NONE, HCC, CANCER = {"none_of_these": True}, {"is": "hepatocellular_carcinoma"}, {"is": "malignancy"}


@pytest.mark.parametrize(
    ("first", "second", "episodes"),
    [
        (NONE, HCC, {"hepatocellular_carcinoma"}),
        (HCC, NONE, set()),
        (HCC, {"is": "ascites"}, {"ascites"}),
        (CANCER, HCC, {"malignancy", "hepatocellular_carcinoma"}),
        (HCC, CANCER, {"malignancy", "hepatocellular_carcinoma"}),
        (CANCER, {"may_be": ["hepatocellular_carcinoma"], **NONE}, {"malignancy"}),
        (HCC, HCC, {"hepatocellular_carcinoma"}),
    ],
    ids=["none, one", "one, none", "one, another", "which kind", "what it is a kind of", "no kind of it", "the same"],
)
def test_of_two_that_looked_an_entry_up_the_later_counts_where_they_disagree(
    first: dict[str, Any], second: dict[str, Any], episodes: set[str], looked_up: Any
) -> None:
    one, other = review(entry(**first)), review(entry(**second), by="a doctor", on="2026-02-19")
    patient = looked_up(one, other)
    assert set(patient.episodes) == episodes
    replaced = [note for note in patient.notes if note.endswith("a doctor said otherwise later")]
    said = {tuple(sorted(each.items())) for each in ({**first}, {**second}) if "may_be" not in each}
    is_disputed = len(episodes & {"malignancy"}) == 0 and len(said) == 2
    assert len(replaced) == is_disputed
    assert looked_up(other, one) == replace(patient, read_with=looked_up(other, one).read_with)
    if is_disputed:
        with pytest.raises(RecordError, match="`a nurse` and `a doctor` say different things about the entry"):
            looked_up(one, {**other, "on": one["on"]})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ([{"text": "Knot"}, {"text": "Bump"}], "`conditions[0]` was “Lump”, and now is “Knot”"),
        ([{"text": "Knot"}, {"text": "Lump"}, {"text": "Lump"}], "`conditions[0]` was “Lump”, and now is “Knot”"),
        ([{"text": "Lump", "onset": "2024"}], "`conditions[0]` was “Lump” (2019), and now is “Lump” (2024)"),
    ],
)
def test_an_answer_about_an_entry_that_is_another_one_by_now_is_refused(
    changed: list[dict[str, Any]], told: str, looked_up: Any
) -> None:
    given = review(entry(none_of_these=True, dated="2019" if "2019" in told else None))
    with pytest.raises(RecordError, match="the record has changed since this review was written: ") as refused:
        looked_up(given, conditions=changed)
    assert told in refused.value.problems[0].fault
    assert refused.value.problems[0].path == "entries[0].source"


def test_an_entry_is_found_where_others_came_before_it(looked_up: Any) -> None:
    patient = looked_up(review(entry(**HCC)), conditions=[{"text": "Knot"}, {"text": "Lump"}])
    assert patient.episodes["hepatocellular_carcinoma"][0].source == "conditions[1]"
    assert patient.notes[-1].startswith("conditions[1]: “Lump” is `hepatocellular_carcinoma`")


def test_what_a_review_found_says_by_whom(give_back: Any) -> None:
    patient = give_back(sheet(item("malignancy", found="2019-03"), item("interferon", found=True)))
    flags = {name: [flag.text for each in those for flag in each.flags] for name, those in patient.episodes.items()}
    assert flags == {name: ["found by a nurse, 18 Feb 2026"] for name in ("malignancy", "interferon")}


def test_answers_to_questions_may_stand_in_the_same_file(give_back: Any) -> None:
    patient = give_back(
        {**sheet(item("malignancy"), none_of_these=True), "answers": {"NCT00000001/informed_consent": True}}
    )
    assert set(patient.absences) == {"malignancy"}
    assert patient.answers["NCT00000001/informed_consent"].value is True


# ---- the round trip, by the rules that are shipped


def test_what_a_sheet_asks_for_is_settled_when_it_comes_back_filled_in(tmp_path: Path) -> None:
    rules = load_rules()
    dictionary = Dictionary(rules)
    record = {
        "id": "p",
        "as_of": "2026-02-20",
        "birth_date": "1980",
        "sex": "female",
        "conditions": [{"name": "cirrhosis"}, {"text": "st.p. TACE 2019", "onset": "2019"}],
    }
    patient = read_patient(record, dictionary)
    document = to_review(evaluate(patient, rules))
    assert document["entries"][0]["source"] == "conditions[1]"
    items = [each for group in document["groups"] for each in group["items"]]
    assert {"ever", "now"} <= {each["covers"] for each in items}
    assert any(each["covers"][0].isdecimal() for each in items)
    assert not any(each["what"] in rules.labs or each["what"] in rules.findings for each in items)

    for group in document["groups"]:
        group["none_of_these"] = True
    for entry in document["entries"]:
        entry["none_of_these"] = True
    file = tmp_path / "review.json"
    file.write_text(json.dumps({**document, "on": "2026-02-20", "by": "a nurse"}), encoding="utf-8")
    reviewed = with_answers(patient, read_answers(file, dictionary), dictionary)
    again = to_review(evaluate(reviewed, rules))
    asked_again = {each["what"] for group in again["groups"] for each in group["items"]}
    assert asked_again & {each["what"] for each in items} == set()
    assert again["entries"] == []


# ---- the record and a review against each other


@pytest.mark.parametrize(
    ("entry", "covers", "is_against"),
    [
        ({"name": "malignancy", "onset": "2019", "status": "active"}, "ever", True),
        ({"name": "hepatocellular_carcinoma", "onset": "2019"}, "2025-01-01", True),
        ({"name": "malignancy", "onset": "2019", "end": "2024-12-31"}, "2025-01-01", False),
        ({"name": "malignancy", "onset": "2019", "end": "2025-01-01"}, "2025-01-01", True),
        ({"name": "malignancy", "onset": "2026-02-18"}, "now", True),
        ({"name": "malignancy", "onset": "2026-02-19"}, "now", False),
        ({"icd10": "D37", "onset": "2019"}, "ever", False),
        ({"name": "ascites", "onset": "2019"}, "ever", False),
    ],
    ids=["is it", "a kind", "over before", "over that day", "begun by then", "begun after", "may be it", "another"],
)
def test_what_is_on_record_and_denied_by_a_review_is_asked_about(
    entry: dict[str, Any], covers: str, is_against: bool
) -> None:
    patient = read(conditions=[entry], reviews=[{**SIGNED, "covers": covers, "none_of": ["malignancy"]}])
    told = "it is on record, and a nurse, 18 Feb 2026, denies it (`malignancy`): which is right?"
    asked = f"check first: conditions[0]: {entry.get('name')}: {told} Until one of them is corrected, the entry counts"
    assert [note for note in patient.notes if "which is right?" in note] == ([asked] if is_against else [])


def test_another_one_is_denied_without_a_contradiction_and_what_was_found_is_none(give_back: Any) -> None:
    record = read(conditions=[{"name": "malignancy", "onset": "2019", "status": "active"}])
    another = {**item("malignancy"), "besides": ["conditions[0]"]}
    assert give_back(sheet(another, none_of_these=True), record).notes == ()
    assert len(give_back(sheet(item("malignancy"), none_of_these=True), record).notes) == 1
    found = sheet(item("malignancy"), item("hepatocellular_carcinoma", found=True), none_of_these=True)
    assert give_back(found).notes == ()
    lump = read(conditions=LUMPS[:1])
    looked_up = sheet(item("malignancy"), none_of_these=True, entries=[entry(**{"is": "malignancy"})])
    assert [note for note in give_back(looked_up, lump).notes if "which is right" in note] == []


def test_what_one_review_found_and_a_later_one_denies_is_asked_about(looked_up: Any) -> None:
    first = {**sheet(item("malignancy", found="2019")), "entries": []}
    second = {**sheet(item("malignancy"), none_of_these=True), "on": "2026-02-19", "by": "a doctor"}
    for reviews in ((first, second), (second, first)):
        (note,) = looked_up(*reviews, conditions=[]).notes
        assert "groups[0].items[0]: malignancy: it is on record, and a doctor, 19 Feb 2026, denies it" in note


def test_the_sheet_of_a_patient_asks_which_of_the_two_is_right() -> None:
    rules = load_rules()
    entry = {"name": "depressive_disorder", "onset": "2019", "status": "active"}
    denied = {"on": "2026-02-19", "by": "N. Meyer", "covers": "ever", "none_of": ["mental_disorder"]}
    record = {"as_of": "2026-02-20", "conditions": [entry]}
    asked = [each for group in to_review(evaluate(record, rules))["groups"] for each in group["items"]]
    assert {each["what"]: each.get("besides") for each in asked}["mental_disorder"] == ["conditions[0]"]
    (doubt,) = sheet_of(evaluate({**record, "reviews": [denied]}, rules)).check_first
    assert doubt.text.endswith(
        "it is on record, and N. Meyer, 19 Feb 2026, denies it (mental disorder): which is right? (conditions[0])"
    )
