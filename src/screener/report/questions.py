"""The questions that are left for people, each trial's own: as a list to read, and as a FHIR R4 Questionnaire.

A trial that is ruled out, as the sheet says it, asks nobody for anything.

A question's key is where its answer belongs in the `answers` of a record, and the `linkId` of its item.
"""

from __future__ import annotations

import textwrap
import uuid
from collections.abc import Iterator, Mapping
from typing import Any as Anything

from msgspec import Struct
from msgspec.structs import replace

from screener.evaluation.phrases import capital
from screener.records.questionnaire import EVERY_TRIAL
from screener.report.wording import DISCLAIMER, on_one_line
from screener.screening import CriterionResult, Screening, TrialResult
from screener.sheet.making import states_in_words
from screener.sheet.phrases import as_of_words
from screener.sheet.states import OUT
from screener.sheet.waiting import questions_asked

WIDTH = 80


class OpenQuestion(Struct, frozen=True):
    """A question without an answer. `options` are the labels of a line's readings; empty for a yes or no.

    `lines` are the criteria that need the answer, each with the protocol's own sentence. `is_conditional`: it has to be
    answered only if something else turns out a certain way; a sheet does not count it before that.
    """

    key: str
    text: str
    asked_of: str | None
    lines: tuple[tuple[str, str], ...]
    options: tuple[str, ...] = ()
    is_conditional: bool = False


class AskedForTrial(Struct, frozen=True):
    """The open questions of one trial; `trial` is None for those that are asked once for all."""

    trial: str | None
    title: str
    questions: tuple[OpenQuestion, ...]


def open_questions(screening: Screening) -> tuple[AskedForTrial, ...]:
    """What people have to answer, by trial, in the order of the protocols' lines; first what has to be answered now.
    Trials without a question are left out."""
    rulebook, out = screening.rulebook, _ruled_out(screening)
    shared: dict[str, OpenQuestion] = {}
    by_trial: list[AskedForTrial] = []
    for trial in screening.trials:
        if trial.id in out:
            continue
        own: dict[str, OpenQuestion] = {}
        for criterion in trial.criteria:
            for asked in _asked_by(trial, criterion, screening):
                is_shared = asked.key in rulebook.questions
                place = shared if is_shared else own
                line = (f"{trial.id} {criterion.id}" if is_shared else criterion.id, criterion.text)
                before = place.get(asked.key, asked)
                place[asked.key] = replace(
                    asked,
                    lines=tuple(dict.fromkeys((*before.lines, line))),
                    is_conditional=asked.is_conditional and before.is_conditional,
                )
        if own:
            by_trial.append(AskedForTrial(trial.id, trial.title, _now_first(own)))
    if shared:
        by_trial.insert(0, AskedForTrial(None, "Asked once, for every trial", _now_first(shared)))
    return tuple(by_trial)


def _now_first(asked: Mapping[str, OpenQuestion]) -> tuple[OpenQuestion, ...]:
    return tuple(sorted(asked.values(), key=lambda each: each.is_conditional))


def _ruled_out(screening: Screening) -> list[str]:
    """The trials that are ruled out, for good or today."""
    return [name for name, state in states_in_words(screening).items() if state.name in OUT]


def _asked_by(trial: TrialResult, criterion: CriterionResult, screening: Screening) -> Iterator[OpenQuestion]:
    asked_now = questions_asked(criterion)
    for need in criterion.needs:
        if need.kind == "question":
            question = screening.rulebook.questions[need.name]
            key = question.name if question.once_for_all else f"{trial.id}/{question.name}"
            is_conditional = question.name not in asked_now
            yield OpenQuestion(key, question.title, question.asked_of, (), is_conditional=is_conditional)
        elif need.kind == "reading":
            labels = tuple(reading.label or "" for reading in criterion.readings)
            yield OpenQuestion(need.name, "Which reading does the trial mean?", None, (), labels)


# ---- for people


def questions_text(screening: Screening) -> str:
    """The questions as a plain list."""
    asked = open_questions(screening)
    every = [question for each in asked for question in each.questions]
    later = sum(question.is_conditional for question in every)
    count = len(every) - later
    opening = f"Patient {on_one_line(screening.patient)}, as of {as_of_words(screening.as_of)}"
    different = len({(each.asked_of, each.text) for each in every if not each.is_conditional})
    title = f"{opening}: {count or 'no'} open question{'' if count == 1 else 's'}"
    title += f" ({different} of them different)" if different != count else ""
    lines = _wrapped(title + (f", {later} more depending on other answers" if later else ""))
    if out := _ruled_out(screening):
        lines += _wrapped(f"Ruled out, so nothing is asked for: {', '.join(out)}")
    for trial in asked:
        lines.append("")
        lines += _wrapped(f"{trial.trial}  {trial.title}" if trial.trial else trial.title)
        for question in trial.questions:
            whom = f"{capital(question.asked_of)}: " if question.asked_of else ""
            lines.append("")
            lines += _wrapped(f"{whom}{question.text}", "  - ")
            for line, sentence in question.lines:
                lines += _wrapped(f"{line}: {sentence}", "    ")
            if question.is_conditional:
                lines += _wrapped("only if another answer or the chart gives cause to ask", "    ")
            boxes = [f"[ ] {number}: {label}" for number, label in enumerate(question.options, start=1)]
            for box in boxes or ["[ ] yes   [ ] no"]:
                lines += _wrapped(box, "    ")
            lines += _wrapped(f"answer as `{question.key}`", "    ")
    lines += ["", DISCLAIMER]
    return "\n".join(lines)


def _wrapped(text: str, opening: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=opening, subsequent_indent=" " * len(opening), break_on_hyphens=False
    )


# ---- FHIR


def questionnaire(screening: Screening) -> dict[str, Anything]:
    """The questions as a FHIR R4 Questionnaire: a group for each trial, a boolean for a yes or no, a choice where a
    sentence has two readings. Without open questions it has no items.

    The version is the digest of the rules, and the url is made from the content alone: the same screening gives the
    same Questionnaire. The patient is in the title only, since a Questionnaire has no subject; the answers' is in the
    QuestionnaireResponse.
    """
    asked = open_questions(screening)
    groups = [
        {
            "linkId": trial.trial or EVERY_TRIAL,
            "text": f"{trial.trial}: {trial.title}" if trial.trial else trial.title,
            "type": "group",
            "item": [_item(question) for question in trial.questions],
        }
        for trial in asked
    ]
    keys = [question.key for trial in asked for question in trial.questions]
    identity = "\n".join([screening.rules, str(screening.as_of), screening.patient, *keys])
    document: dict[str, Anything] = {
        "resourceType": "Questionnaire",
        "url": uuid.uuid5(uuid.NAMESPACE_OID, identity).urn,
        "version": screening.rules,
        "title": f"Open eligibility questions for patient {on_one_line(screening.patient).strip() or 'unnamed'}",
        "status": "active",
        "subjectType": ["Patient"],
        "date": screening.as_of.isoformat(),
        "description": DISCLAIMER,
    }
    if groups:
        document["item"] = groups
    return document


def _item(question: OpenQuestion) -> dict[str, Anything]:
    """An item; its text says what it is asked for, as forms show nothing else."""
    lines = "; ".join(f"{line}: {sentence}" for line, sentence in question.lines)
    whom = f"{capital(question.asked_of)}: " if question.asked_of else ""
    item: dict[str, Anything] = {
        "linkId": question.key,
        "prefix": ", ".join(line for line, _ in question.lines),
        "text": f"{whom}{question.text} ({lines})",
    }
    if not question.options:
        return item | {"type": "boolean"}
    options = [
        {"valueCoding": {"code": str(number), "display": label}}
        for number, label in enumerate(question.options, start=1)
    ]
    return item | {"type": "choice", "answerOption": options}
