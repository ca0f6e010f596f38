"""What a record says of its own wholeness: pages, servers, sections, and codes that say that nothing is known."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from records.fhir.tiny import PATIENT, Json, coded, condition, resource
from records.small_rulebook import SMALL
from screener import evaluate, load_rules
from screener.records import read_patient, read_patients
from screener.records.patient import Patient
from screener.rulebook import RecordList
from screener.values.dates import parse_moment

EVERY = set(get_args(RecordList))
SERVER = "https://x.example/fhir"


def drug(**fields: Any) -> Json:
    return resource(
        "MedicationStatement", **{"status": "completed", "medicationCodeableConcept": coded("interferon"), **fields}
    )


def found(*given: Json, mode: str | None = None, **fields: Any) -> Json:
    """A searchset with the Patient, and other resources."""
    included = {"search": {"mode": "include"}} if mode else {}
    matching = {"search": {"mode": mode}} if mode else {}
    entries = [{"resource": PATIENT, **included}, *({"resource": each, **matching} for each in given)]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **fields}


def link(relation: str, address: str) -> Json:
    return {"relation": relation, "url": f"{SERVER}/{address}"}


def outcome(code: str | None, severity: str | None = "warning") -> Json:
    issue = {"severity": severity, "code": code, "diagnostics": "Anna, born 1981"}
    return {
        "resourceType": "OperationOutcome",
        "issue": [{field: value for field, value in issue.items() if value is not None}],
    }


def with_outcome(bundle: Json, told: Json) -> Json:
    return {**bundle, "entry": [*bundle["entry"], {"search": {"mode": "outcome"}, "resource": told}]}


def open_lists(record: Json) -> set[str]:
    return set(read_patient(record, SMALL).unread)


# ---- what a server says of its answer


@pytest.mark.parametrize(
    ("code", "severity", "is_whole"),
    [
        ("incomplete", "warning", False),
        ("incomplete", "information", False),
        ("suppressed", "information", False),
        ("security", "warning", False),
        ("forbidden", "error", False),
        ("too-costly", "warning", False),
        ("throttled", "warning", False),
        ("timeout", "error", False),
        ("transient", "fatal", False),
        ("processing", "error", False),
        ("not-supported", "error", False),
        (None, "error", False),
        ("incomplete", None, False),
        ("informational", "information", True),
        ("informational", "error", True),
        ("success", "success", True),
        ("not-supported", "warning", True),
        ("invalid", "warning", True),
        ("processing", "information", True),
    ],
)
def test_an_outcome_that_tells_of_something_missing_keeps_the_lists_open(
    code: str | None, severity: str | None, is_whole: bool
) -> None:
    record = with_outcome(found(drug(), total=2), outcome(code, severity))
    assert open_lists(record) == (set() if is_whole else EVERY)
    told = " ".join(read_patient(record, SMALL).notes)
    assert ("is not whole" in told) is not is_whole
    assert "Anna" not in told


@pytest.mark.parametrize(
    ("asked", "lists"),
    [
        ("MedicationStatement?patient=p", {"medications"}),
        ("MedicationStatement?patient=p&_include=MedicationStatement:patient", {"medications"}),
        ("Patient/p/Condition?_count=50", {"conditions"}),
        ("Condition/_search", {"conditions"}),
        ("Observation?patient=p", set()),
        ("Patient?_id=p&_revinclude=Condition:subject", EVERY),
        ("Patient/p/$everything", EVERY),
        ("Encounter?patient=p", EVERY),
    ],
)
def test_a_search_for_one_kind_of_resource_concerns_its_list(asked: str, lists: set[str]) -> None:
    own = link("self", asked)
    assert open_lists(with_outcome(found(drug(), link=[own]), outcome("incomplete"))) == lists
    assert open_lists(found(drug(), link=[own, link("next", "pages/2")])) == lists
    if "MedicationStatement" in asked:
        assert open_lists(found(drug(), link=[own], total=2)) == lists
        assert open_lists(found(drug(), link=[own], total=1)) == set()


@pytest.mark.parametrize(
    ("asked", "lists"),
    [
        ("MedicationStatement?patient=p&status=active", {"medications"}),
        ("MedicationStatement?patient=p&effective=ge2025-01-01&_count=50", {"medications"}),
        ("MedicationStatement/_search?patient=p&_lastUpdated=ge2025-01-01", {"medications"}),
        ("Condition?patient=p&clinical-status=active", {"conditions"}),
        ("Condition?patient=p&clinical-status:not=inactive", {"conditions"}),
        ("Condition?patient=p&code=I21.9", {"conditions"}),
        ("Condition?patient=p&severity=24484000", {"conditions"}),
        ("Condition?patient=p&_list=$current-problems", {"conditions"}),
        ("Condition?_id=c1", {"conditions"}),
        ("Condition?patient=p&_has:Encounter:diagnosis:status=finished", {"conditions"}),
        ("MedicationStatement?patient=p&_tag=reviewed", {"medications"}),
        ("MedicationStatement?subject=Patient/p", set()),
        ("Patient?_id=p&identifier=4711", set()),
        ("Patient/p/$everything?_since=2025-01-01", EVERY),
        ("Patient/p/$everything?start=2025-01-01&end=2026-01-01", EVERY),
        ("Patient/p/$everything?_count=1000", set()),
        ("Condition?patient=p&_sort=-onset-date&page=1", set()),
        ("Condition?patient=p&category=problem-list-item", set()),
        ("Observation?patient=p&status=final&date=ge2025", set()),
        ("Encounter?patient=p&status=finished", set()),
    ],
)
def test_a_search_that_was_narrowed_finds_a_part_of_the_list(asked: str, lists: set[str]) -> None:
    assert open_lists(found(drug(), mode="match", link=[link("self", asked)])) == lists


def test_without_an_address_what_matched_tells_what_was_asked_for() -> None:
    assert open_lists(found(drug(), mode="match", total=57)) == {"medications"}
    assert open_lists(found(drug(), condition("ascites", id="2"), mode="match", total=57)) == {
        "medications",
        "conditions",
    }
    assert open_lists(found(drug(), total=57)) == EVERY
    only = {"resourceType": "Bundle", "type": "searchset", "total": 57, "entry": [{"resource": drug()}]}
    collected = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}, {"resource": only}]}
    assert open_lists(collected) == {"medications"}


@pytest.mark.parametrize("total", [0, 1, 2, None, "2"])
def test_a_total_that_is_not_above_what_is_at_hand_says_nothing(total: Any) -> None:
    assert open_lists(found(drug(), total=total)) == set()


def test_what_is_included_is_not_counted() -> None:
    assert open_lists(found(drug(), mode="match", total=1)) == set()
    assert open_lists(found(drug(), mode="match", total=2)) == {"medications"}


def pages(*given: Json) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in given]}


def test_pages_that_are_all_at_hand_are_one_whole_answer() -> None:
    one = found(drug(), mode="match", total=2, link=[link("self", "MedicationStatement?p=1"), link("next", "q?p=2")])
    two = found(drug(id="2"), mode="match", total=2, link=[link("self", "q?p=2"), link("previous", "q?p=1")])
    assert open_lists(pages(one, two)) == set()
    assert open_lists(pages(two, one)) == set()
    assert open_lists(pages(one)) == {"medications"}
    assert open_lists(pages(two)) == {"medications"}
    three = {**two, "total": 3}
    assert open_lists(pages({**one, "total": 3}, three)) == {"medications"}


def test_pages_are_told_apart_by_the_whole_of_their_address() -> None:
    searched = "MedicationStatement?patient.identifier=urn:mrn|12&page="
    one = found(drug(), mode="match", total=2, link=[link("self", f"{searched}1"), link("next", f"{searched}2")])
    two = found(drug(id="2"), mode="match", total=2, link=[link("self", f"{searched}2")])
    assert open_lists(pages(one, two)) == set()
    assert open_lists(pages(one)) == {"medications"}


def test_pages_that_lead_in_a_circle_are_no_whole_answer() -> None:
    one = found(drug(), mode="match", link=[link("self", "MedicationStatement?p=1"), link("next", "q?p=2")])
    two = found(drug(id="2"), mode="match", link=[link("self", "q?p=2"), link("next", "MedicationStatement?p=1")])
    assert open_lists(pages(one, two)) == {"medications"}
    itself = [link("self", "MedicationStatement?p=1"), link("next", "MedicationStatement?p=1")]
    assert open_lists(pages({**one, "link": itself})) == {"medications"}


@pytest.mark.parametrize(
    "entry",
    [
        {"response": {"status": "504", "outcome": outcome("timeout", "error")}},
        {"response": {"status": "403 Forbidden"}},
        {"response": {"status": "200", "outcome": outcome("incomplete")}},
    ],
)
def test_a_part_of_a_batch_that_failed_keeps_every_list_open(entry: Json) -> None:
    record = {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": PATIENT}, entry]}
    assert open_lists(record) == EVERY


def test_a_part_of_a_batch_that_went_well_says_nothing() -> None:
    entry = {"response": {"status": "200 OK", "outcome": outcome("informational", "information")}}
    record = {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": PATIENT}, entry]}
    assert open_lists(record) == set()


def test_an_outcome_among_the_lines_of_an_export_keeps_every_list_of_every_patient_open() -> None:
    other = {**PATIENT, "id": "q"}
    record = {"resourceType": "Bundle", "entry": [{"resource": e} for e in (PATIENT, other, outcome("exception"))]}
    assert [set(each.unread) for each in read_patients(record, SMALL) if isinstance(each, Patient)] == [EVERY, EVERY]


# ---- sections and Lists that are empty for a reason

EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
LOINC = "http://loinc.org"


def section(code: str, reason: Any, **fields: Any) -> Json:
    said = reason if isinstance(reason, dict) else coded(reason, EMPTY)
    return {"code": coded(code, LOINC), "emptyReason": said, **fields}


def document(*sections: Json, date: str | None = "2026-02-18", others: tuple[Json, ...] = ()) -> Json:
    composition = resource("Composition", status="final", date=date, section=list(sections))
    resources = [composition, PATIENT, *others]
    return {"resourceType": "Bundle", "type": "document", "entry": [{"resource": each} for each in resources]}


DAY = parse_moment("2026-02-18").first_day


@pytest.mark.parametrize("reason", ["notasked", "withheld", "unavailable", "notstarted", "closed", "new-reason"])
@pytest.mark.parametrize(
    ("code", "lists"),
    [
        ("11450-4", {"conditions"}),
        ("10160-0", {"medications"}),
        ("48765-2", {"allergies"}),
        ("47519-4", {"procedures"}),
        ("11369-6", set()),
        ("99999-9", EVERY),
    ],
)
def test_a_section_that_is_empty_for_a_reason_keeps_its_list_open(reason: str, code: str, lists: set[str]) -> None:
    patient = read_patient(document(section(code, reason)), SMALL)
    assert (set(patient.unread), patient.none_known_on) == (lists, {})
    assert open_lists(document(section(code, {"text": reason}))) == lists
    assert open_lists(document({"section": [section(code, reason)]})) == lists


def test_a_section_of_which_nothing_is_known_to_be_makes_its_list_complete_as_of_that_day() -> None:
    patient = read_patient(document(section("11450-4", "nilknown")), SMALL)
    assert (patient.unread, patient.none_known_on, patient.complete) == ({}, {"conditions": (DAY,)}, frozenset())
    assert read_patient(document(section("11450-4", "nilknown"), date=None), SMALL).none_known_on == {}
    assert read_patient(document(section("11450-4", "nilknown"), date="2026"), SMALL).none_known_on == {}


def test_none_known_beside_an_entry_is_not_used_and_said_so() -> None:
    patient = read_patient(document(section("11450-4", "nilknown"), others=(condition("ascites"),)), SMALL)
    assert (patient.none_known_on, list(patient.episodes)) == ({}, ["ascites"])
    assert "the record says that there are no conditions, and has some: no list is complete by it" in patient.notes


@pytest.mark.parametrize(
    ("code", "reason", "lists", "complete"),
    [
        (coded("11450-4", LOINC), "unavailable", {"conditions"}, set()),
        (coded("11450-4", LOINC), "nilknown", set(), {"conditions"}),
        (coded("medications", "http://terminology.hl7.org/CodeSystem/list-example-use-codes"), "withheld",
         {"medications"}, set()),
        (coded("x", "urn:own"), "notasked", EVERY, set()),
        (coded("x", "urn:own"), "nilknown", EVERY, set()),
        ({"text": "problems"}, "notasked", EVERY, set()),
    ],
)  # fmt: skip
def test_a_list_that_is_empty_for_a_reason(code: Json, reason: str, lists: set[str], complete: set[str]) -> None:
    listed = resource("List", status="current", code=code, date="2026-02-18", emptyReason=coded(reason, EMPTY))
    patient = read_patient(pages(PATIENT, listed), SMALL)
    assert (set(patient.unread), set(patient.none_known_on)) == (lists, complete)
    in_error = {**listed, "status": "entered-in-error"}
    assert read_patient(pages(PATIENT, in_error), SMALL).unread == {}


# ---- codes that say that nothing is known, or that there is nothing

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
SNOMED = "http://snomed.info/sct"
NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def entry(kind: str, code: Json, **fields: Any) -> Json:
    if kind.startswith("Medication"):
        return resource(kind, status="active", medicationCodeableConcept=code, **fields)
    if kind == "Procedure":
        return resource(kind, status="completed", code=code, **fields)
    return resource(kind, code=code, **fields)


@pytest.mark.parametrize(
    ("kind", "code", "system", "list_"),
    [
        ("Condition", "no-problem-info", IPS, "conditions"),
        ("Condition", "1287211007", SNOMED, "conditions"),
        ("Condition", "UNK", NULL, "conditions"),
        ("Condition", "not-asked", ABSENT, "conditions"),
        ("AllergyIntolerance", "no-allergy-info", IPS, "allergies"),
        ("AllergyIntolerance", "1287211007", SNOMED, "allergies"),
        ("AllergyIntolerance", "1631000175102", SNOMED, "allergies"),
        ("AllergyIntolerance", "NASK", NULL, "allergies"),
        ("MedicationStatement", "no-medication-info", IPS, "medications"),
        ("MedicationRequest", "1287211007", SNOMED, "medications"),
        ("Procedure", "no-procedure-info", IPS, "procedures"),
        ("Procedure", "masked", ABSENT, "procedures"),
    ],
)
def test_a_code_that_says_that_nothing_is_known_keeps_its_list_open(
    kind: str, code: str, system: str, list_: str
) -> None:
    patient = read_patient(pages(PATIENT, entry(kind, coded(code, system))), SMALL)
    assert (set(patient.unread), patient.episodes, patient.may_be) == ({list_}, {}, {})
    assert any("it says that nothing is known of the" in note for note in patient.notes)


NONE_KNOWN = [
    ("Condition", "no-known-problems", IPS, "conditions", "recordedDate"),
    ("MedicationStatement", "no-known-medications", IPS, "medications", "dateAsserted"),
    ("MedicationStatement", "787481004", SNOMED, "medications", "effectiveDateTime"),
    ("Procedure", "no-known-procedures", IPS, "procedures", "recordedDate"),
    ("Procedure", "787480003", SNOMED, "procedures", "recordedDate"),
]


@pytest.mark.parametrize(("kind", "code", "system", "list_", "dated"), NONE_KNOWN)
def test_a_code_that_says_that_none_is_known_makes_its_list_complete_as_of_its_day_and_never_blocks(
    kind: str, code: str, system: str, list_: str, dated: str
) -> None:
    dating = {dated: "2026-02-18"}
    patient = read_patient(pages(PATIENT, entry(kind, coded(code, system), **dating)), SMALL)
    assert (patient.unread, patient.may_be, patient.episodes) == ({}, {}, {})
    assert patient.none_known_on == {list_: (DAY,)}
    undated = read_patient(pages(PATIENT, entry(kind, coded(code, system))), SMALL)
    assert (undated.unread, undated.may_be, undated.none_known_on) == ({}, {}, {})
    of_document = read_patient(document(others=(entry(kind, coded(code, system)),)), SMALL)
    assert of_document.none_known_on == {list_: (DAY,)}
    doubtful = entry(kind, coded(code, system), verificationStatus=coded("refuted"), **dating)
    assert set(read_patient(pages(PATIENT, doubtful), SMALL).unread) == {list_}


def test_that_there_is_nothing_now_neither_blocks_a_list_nor_makes_it_complete() -> None:
    patient = read_patient(pages(PATIENT, entry("Condition", coded("160245001", SNOMED), recordedDate="2026")), SMALL)
    assert (patient.unread, patient.may_be, patient.none_known_on) == ({}, {}, {})


def test_codes_of_which_only_one_says_so_say_nothing() -> None:
    both = {"coding": [*coded("no-known-problems", IPS)["coding"], *coded("ascites")["coding"]]}
    assert open_lists(pages(PATIENT, condition("", code=both))) == {"conditions"}
    agreed = {"coding": [*coded("no-problem-info", IPS)["coding"], *coded("NI", NULL)["coding"]]}
    assert open_lists(pages(PATIENT, condition("", code=agreed))) == {"conditions"}


# ---- what follows

LINE = ("NCT07409259", "E5")
"""No stroke or infarction within six months."""


def status(record: Json, as_of: str, *assumed: str) -> tuple[str, str]:
    screening = evaluate(record, load_rules(), as_of=as_of, assume_complete=assumed, trials=LINE[0])
    (line,) = [each for each in screening.trials[0].criteria if each.id == LINE[1]]
    return line.status, line.basis


@pytest.mark.parametrize(
    ("said", "as_of", "assumed", "expected"),
    [
        ([section("11450-4", "nilknown")], "2026-02-18", (), ("passed", "recorded")),
        ([section("11450-4", "nilknown")], "2026-03-01", (), ("passed", "recorded")),
        ([section("11450-4", "nilknown")], "2026-02-17", (), ("unknown", "recorded")),
        ([section("11450-4", "nilknown")], "2026-09-18", (), ("unknown", "recorded")),
        ([section("11450-4", "nilknown")], "2026-09-18", ("conditions",), ("passed", "assumed")),
        ([section("10160-0", "nilknown")], "2026-02-18", (), ("unknown", "recorded")),
        ([section("11450-4", "unavailable")], "2026-02-18", ("conditions",), ("unknown", "recorded")),
        ([section("10160-0", "unavailable")], "2026-02-18", ("conditions",), ("passed", "assumed")),
        ([section("11450-4", "nilknown"), section("11348-0", "notasked")], "2026-02-18", ("conditions",),
         ("unknown", "recorded")),
    ],
)  # fmt: skip
def test_a_line_by_what_a_document_says_of_its_sections(
    said: list[Json], as_of: str, assumed: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert status(document(*said), as_of, *assumed) == expected


def test_none_known_is_no_denial_of_what_a_list_cannot_deny() -> None:
    screening = evaluate(document(section("11450-4", "nilknown")), load_rules(), as_of="2026-02-18")
    pregnancy = [each for trial in screening.trials for each in trial.criteria if "regnan" in each.text]
    assert pregnancy
    assert {each.status for each in pregnancy} == {"unknown"}


@pytest.mark.parametrize("kind", ["List", "Composition"])
@pytest.mark.parametrize(("reason", "stays_open"), [("unavailable", True), ("nilknown", False)])
def test_what_may_be_about_this_patient_opens_a_list_and_never_makes_it_complete(
    kind: str, reason: str, stays_open: bool
) -> None:
    empty = {
        "code": coded("11450-4", "http://loinc.org"),
        "emptyReason": coded(reason, "http://terminology.hl7.org/CodeSystem/list-empty-reason"),
    }
    told = resource(kind, **(empty if kind == "List" else {"section": [empty]}), date="2026-02-01")
    nobody = {field: value for field, value in PATIENT.items() if field != "id"}
    patient = read_patient({"resourceType": "Bundle", "entry": [{"resource": each} for each in (nobody, told)]}, SMALL)
    assert ("conditions" in patient.unread) is stays_open
    assert patient.none_known_on == {}
