"""Saying several things shortly. Only words are handled here; what they are about was decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence


def in_one_breath(texts: Sequence[str]) -> list[str]:
    """Questions that follow one another and differ only in what they ask about, asked together.

    `whether there is asthma now` and `whether there is eczema now` become `whether there is asthma or eczema now`.
    """
    groups: list[list[list[str]]] = []
    for text in texts:
        words = text.split(" ")
        if groups and _ask_alike([*groups[-1], words]):
            groups[-1].append(words)
        else:
            groups.append([words])
    return [_together(group) for group in groups]


def _ask_alike(questions: Sequence[list[str]]) -> bool:
    """Whether they begin and end alike. The end must be shared: it may say from which time the question is."""
    head, tail = _shared(questions)
    return questions[0][0] == "whether" and head >= 3 and tail >= 1


def _shared(questions: Sequence[list[str]]) -> tuple[int, int]:
    """How many words all of them share at the start, and at the end; one word at least is left between."""
    room = min(map(len, questions)) - 1
    head = _alike(questions, room)
    return head, _alike([question[::-1] for question in questions], room - head)


def _alike(questions: Sequence[list[str]], most: int) -> int:
    count = 0
    while count < most and len({question[count] for question in questions}) == 1:
        count += 1
    return count


def _together(questions: Sequence[list[str]]) -> str:
    first = questions[0]
    if len(questions) == 1:
        return " ".join(first)
    head, tail = _shared(questions)
    *most, last = [" ".join(question[head : len(question) - tail]) for question in questions]
    return " ".join([*first[:head], f"{', '.join(most)} or {last}", *first[len(first) - tail :]])
