"""Taking part in trials, and consenting to one."""

from __future__ import annotations

from typing import Any

import pytest

from records.fhir.tiny import Json, coded, may_be, note_of, only_episode, read, resource
from screener.records.patient import Answer, Episode, Flag
from screener.values.dates import parse_moment

START, END = "2025-12-01", "2026-01-15"


def subject(status: str | None = "on-study", **fields: Any) -> Json:
    return resource("ResearchSubject", **{"status": status, "period": {"start": START, "end": END}, **fields})


@pytest.mark.parametrize(
    ("status", "ongoing", "ended", "doubtful"),
    [
        ("on-study", True, False, False),
        ("on-study-intervention", True, False, False),
        ("on-study-observation", True, False, False),
        ("follow-up", True, False, False),
        ("suspended", True, False, False),
        ("pending-on-study", True, False, True),
        ("enrolled", True, False, True),
        ("off-study", False, True, False),
        ("completed", False, True, False),
        ("withdrawn", False, True, True),
        ("active", False, False, True),
        ("busy", False, False, True),
        (None, False, False, True),
    ],
)
def test_who_takes_part_does_so_by_the_status(status: str | None, ongoing: bool, ended: bool, doubtful: bool) -> None:
    episode = only_episode(read(subject(status, period={"start": START})))
    assert (episode.concept, episode.list, episode.start) == ("trial_participation", "events", parse_moment(START))
    assert (episode.ongoing, episode.ended, episode.doubtful) == (ongoing, ended, doubtful)


@pytest.mark.parametrize(
    "status", ["candidate", "eligible", "ineligible", "not-registered", "potential-candidate", "screening"]
)
def test_who_was_only_asked_has_not_taken_part(status: str) -> None:
    patient = read(subject(status))
    assert (patient.episodes, patient.unread) == ({}, {})
    assert note_of(patient) == f"ResearchSubject/1: the person does not take part: {status}"


@pytest.mark.parametrize(
    ("number", "told", "doubts"),
    [
        ("X-2", "in X-1", ()),
        # one of these trials is no other trial for its own lines
        ("NCT00000002", "in NCT00000002", ("NCT00000002 is no other trial for its own lines",)),
    ],
)
def test_taking_part_has_a_time_and_a_trial(number: str, told: str, doubts: tuple[str, ...]) -> None:
    study = {"resourceType": "ResearchStudy", "id": "s", "identifier": [{"value": "X-1"}, {"value": number}]}
    patient = read(subject("off-study", study={"reference": "ResearchStudy/s"}), study)
    assert only_episode(patient) == Episode(
        "trial_participation",
        "events",
        "ResearchSubject/1",
        parse_moment(START),
        parse_moment(END),
        ended=True,
        status="stopped",
        doubtful=bool(doubts),
        flags=(Flag("remark", told), *(Flag("unusable", each) for each in doubts)),
    )


def test_a_period_that_ends_before_it_begins_says_nothing_of_when() -> None:
    patient = read(subject(period={"start": END, "end": START}))
    assert (only_episode(patient).start, only_episode(patient).end) == (None, None)
    assert note_of(patient) == "ResearchSubject/1: its `period` ends before it begins, and says nothing of when"


# ---- the states of R5


def of_r5(*progress: Json, **fields: Any) -> Json:
    return resource("ResearchSubject", status="active", subject={"reference": "Patient/p"}, progress=progress, **fields)


def state(status: str, start: str | None = None, end: str | None = None) -> Json:
    stated = {"subjectState": coded(status, STATES), "startDate": start, "endDate": end}
    return {field: value for field, value in stated.items() if value is not None}


STATES = "http://terminology.hl7.org/CodeSystem/research-subject-state"
RANDOMIZED = {"milestone": coded("Randomized"), "startDate": START}
WHOLE = {"period": {"start": START, "end": END}}


@pytest.mark.parametrize(
    ("progress", "fields", "told"),
    [
        ([state("on-study", START)], {}, [(START, None, "ongoing", False)]),
        ([state("on-study", START, END)], {}, [(START, END, "ongoing", False)]),
        ([state("on-study")], WHOLE, [(START, END, "ongoing", False)]),
        ([state("screening", "2025-11-01"), state("follow-up", START)], {}, [(START, None, "ongoing", False)]),
        ([state("on-study", START), state("off-study", END)], {}, [(START, END, "stopped", False)]),
        ([state("off-study", END), state("on-study", START)], {}, [(START, END, "stopped", False)]),
        ([state("on-study", START), state("withdrawn", END)], {}, [(START, END, "stopped", False)]),
        ([state("on-study", START), state("off-study")], {}, [(START, None, "stopped", False)]),
        ([state("off-study", END)], WHOLE, [(START, END, "stopped", False)]),
        ([state("off-study", END)], {}, [(None, END, "stopped", False)]),
        ([state("withdrawn", END)], {}, [(None, END, "stopped", True)]),
        ([state("pending-on-study", START), state("withdrawn", END)], {}, [(START, END, "ongoing", True)]),
        ([state("busy", START)], {}, [(START, None, None, True)]),
        ([RANDOMIZED], WHOLE, [(START, END, None, True)]),
        (
            [state("on-study-intervention", START, END), state("follow-up", END)],
            {},
            [(START, END, "ongoing", False), (END, None, "ongoing", False)],
        ),
    ],
)
def test_the_states_of_r5_say_who_takes_part(progress: list[Json], fields: Json, told: Any) -> None:
    episodes = read(of_r5(*progress, **fields)).episodes["trial_participation"]
    found = [
        (each.start and each.start.text, each.end and each.end.text, each.status, each.doubtful) for each in episodes
    ]
    assert found == told


@pytest.mark.parametrize("states", [["candidate"], ["screening", "ineligible"]])
def test_who_was_only_asked_in_r5_has_not_taken_part(states: list[str]) -> None:
    patient = read(of_r5(*map(state, states)))
    assert (patient.episodes, patient.unread) == ({}, {})
    assert note_of(patient) == f"ResearchSubject/1: the person does not take part: {', '.join(states)}"


def test_a_state_whose_meaning_may_be_changed_leaves_it_open() -> None:
    patient = read(of_r5({**state("screening"), "modifierExtension": [{"url": "urn:x"}]}))
    assert patient.episodes or may_be(patient) or patient.unread


# ---- consent

RESEARCH = coded("research", "http://terminology.hl7.org/CodeSystem/consentscope")
POLICY = [{"uri": "https://clinicaltrials.gov/study/NCT00000001"}]
KEY = "NCT00000001/informed_consent"


def consent(type_: str | None = "permit", **fields: Any) -> Json:
    provision = {"type": type_} if type_ is not None else None
    stated = {"status": "active", "scope": RESEARCH, "policy": POLICY, "provision": provision, "dateTime": "2026-02-10"}
    return resource("Consent", **{**stated, **fields})


@pytest.mark.parametrize(
    ("status", "type_", "value"),
    [("active", "permit", True), ("active", "deny", False), ("rejected", "permit", False), ("rejected", None, False)],
)
def test_a_consent_to_a_trial_answers_its_question(status: str, type_: str | None, value: bool) -> None:
    patient = read(consent(type_, status=status))
    assert patient.answers == {KEY: Answer(KEY, "Consent/1", value, when=parse_moment("2026-02-10"))}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "entered-in-error"}, "it was entered in error"),
        ({"status": "draft"}, "it is no consent in force: draft"),
        ({"status": "proposed"}, "it is no consent in force: proposed"),
        ({"status": "inactive"}, "it is no consent in force: inactive"),
        ({"status": None}, "it is no consent in force: no status"),
        ({"status": "signed"}, "it is no consent in force: signed"),
        (
            {"scope": coded("treatment", "http://terminology.hl7.org/CodeSystem/consentscope")},
            "it is not about research",
        ),
        (
            {"policy": [{"uri": "https://clinicaltrials.gov/study/NCT99999999"}]},
            "it does not say to which of these trials",
        ),
        ({"policy": None}, "it does not say to which of these trials"),
        ({"provision": None}, "it does not say whether it is given or refused"),
        ({"provision": {"type": "maybe"}}, "it does not say whether it is given or refused"),
        ({"provision": {"type": "permit", "provision": [{"type": "deny"}]}}, "EXCEPTIONS"),
        ({"provision": {"type": "deny", "provision": [{"type": "permit"}]}}, "EXCEPTIONS"),
        ({"provision": {"type": "permit", "period": {"end": "2027"}}}, "EXCEPTIONS"),
        ({"provision": {"type": "deny", "period": {"end": "2025"}}}, "EXCEPTIONS"),
        ({"provision": {"type": "permit", "modifierExtension": [{"url": "urn:x"}]}}, "EXCEPTIONS"),
        ({"verification": [{"verified": True}, {"verified": False}]}, "nobody has verified it with the participant"),
    ],
)
def test_a_consent_that_a_person_must_weigh_answers_nothing(fields: Json, why: str) -> None:
    patient = read(consent(**fields))
    assert patient.answers == {}
    told = "it has exceptions, or has run out, which only a person can weigh" if why == "EXCEPTIONS" else why
    assert note_of(patient) == f"Consent/1: {told}"


@pytest.mark.parametrize(
    ("given", "ended", "answered"),
    [
        ("2026-02-10", "2026-02-09", True),
        ("2026-02-10", "2026-02-10", False),
        ("2026-02-10", "2026-02-11", False),
        ("2026-02-10", None, False),
        (None, "2026-02-10", False),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_consent_that_ended_takes_back_what_is_not_certainly_later(
    given: str | None, ended: str | None, answered: bool, turned: bool
) -> None:
    both = [consent(dateTime=given), consent(id="2", status="inactive", dateTime=ended)]
    assert (KEY in read(*(reversed(both) if turned else both)).answers) is answered


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("last_end", ["2026-02-12", None])
def test_of_several_ends_of_consents_the_last_counts(order: tuple[int, ...], last_end: str | None) -> None:
    given = [
        consent(dateTime="2026-02-10"),
        consent(id="2", status="inactive", dateTime="2026-02-09"),
        consent(id="3", status="inactive", dateTime=last_end),
    ]
    assert read(*(given[each] for each in order)).answers == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": POLICY},
        {"policy": None, "category": [coded("NCT00000001", "urn:trials")]},
        {"policy": None, "identifier": [{"value": "NCT00000001"}]},
        {"policy": None, "provision": {"type": "permit", "data": [{"reference": {"reference": "ResearchStudy/s"}}]}},
    ],
)
def test_a_trial_may_be_named_in_several_places(fields: Json) -> None:
    study = {"resourceType": "ResearchStudy", "id": "s", "identifier": [{"value": "NCT00000001"}]}
    assert list(read(consent(**fields), study).answers) == [KEY]


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (("permit", "2026-02-10"), ("deny", "2026-02-11"), False),
        (("permit", "2026-02-11"), ("deny", "2026-02-10"), True),
        (("permit", "2026-02-10"), ("deny", "2026-02-10"), False),
        (("permit", None), ("deny", "2026-02-10"), False),
        (("permit", "2026-02"), ("deny", "2026-02-10"), False),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_answers_the_later_counts_else_the_refusal(first: Any, second: Any, value: bool, turned: bool) -> None:
    both = [consent(type_, id=f"{number}", dateTime=day) for number, (type_, day) in enumerate((first, second))]
    patient = read(*(reversed(both) if turned else both))
    assert patient.answers[KEY].value is value
    assert len(patient.notes) == 1


def test_two_answers_that_agree_are_one() -> None:
    patient = read(consent(id="1"), consent(id="2"))
    assert (list(patient.answers), patient.notes) == ([KEY], ())


# ---- consent in R5: no scope, the decision in a field of its own, and a list of what differs from it


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"decision": "permit"}, True),
        ({"decision": "deny"}, False),
        ({"decision": "permit", "provision": [{"period": {"end": "2026-01-01"}}]}, None),
        ({"decision": "deny", "provision": []}, None),
        ({"decision": "permit", "category": [coded("acd")]}, None),
        ({}, None),
    ],
)
def test_a_consent_of_r5_is_read_by_its_category_and_decision(fields: Json, value: bool | None) -> None:
    stated = {
        "status": "active",
        "category": [coded("research", "http://terminology.hl7.org/CodeSystem/consentcategorycodes")],
        "policyBasis": POLICY[0],
        "date": "2026-02-10",
    }
    patient = read(resource("Consent", **{**stated, **fields}))
    when = parse_moment("2026-02-10")
    assert patient.answers == ({} if value is None else {KEY: Answer(KEY, "Consent/1", value, when=when)})
