"""When something was measured: by the Observation itself, or by what lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from screener.records.chart import NOT_COUNTED
from screener.records.fhir.elements import (
    Body,
    Period,
    ShapeError,
    UnreadableError,
    moment,
    moment_of,
    only_one_of,
    part,
    period,
    some_time_in,
    up_to_moment,
)
from screener.records.fhir.reader import Reader
from screener.records.fhir.resources import Resource, changed_meaning
from screener.values.dates import Moment


def time_of(resource: Resource, reader: Reader) -> Moment | None:
    """When it was observed: what FHIR calls its effective time. Without that it is when the specimen was taken, or the
    time of the panel or report that it is a result of; else some time during the encounter, or up to when it was
    issued. None if nothing says."""
    body = resource.body
    if (stated := effective_time(resource, reader)) is not None:
        return stated
    specimen = reader.pool.referred(part(body, "specimen"), resource)
    if specimen is not None and changed_meaning(specimen.body) is None:
        try:
            collection = part(specimen.body, "collection")
            collected = moment(collection, "collectedDateTime")
            stretch = period(collection, "collectedPeriod")
        except (ShapeError, UnreadableError) as error:
            reader.note(specimen.place, f"{error}, and does not say when it was taken")
            collected = stretch = None
        if collected is not None or stretch is not None:
            return collected or (some_time_in(stretch) if stretch is not None else None)
    return (
        _of_what_lists_it(resource, reader, effective_time)
        or reader.time_of_encounter(resource)
        or time_of_issue(resource, reader)
        or _of_what_lists_it(resource, reader, time_of_issue)
    )


def time_of_issue(resource: Resource, reader: Reader) -> Moment | None:
    """By when it was measured that was issued then."""
    issued = reader.date(resource, "issued")
    return up_to_moment(issued) if issued is not None else None


def _of_what_lists_it(
    resource: Resource, reader: Reader, time_of: Callable[[Resource, Reader], Moment | None]
) -> Moment | None:
    """A time of the nearest panels or reports that have this as a result; if they have several times, some time between
    them."""
    for counting in levels_above(resource, reader):
        times = {when: None for each in counting if (when := time_of(each, reader)) is not None}
        if times:
            return _some_time_among(list(times))
    return None


def levels_above(resource: Resource, reader: Reader) -> Iterator[list[Resource]]:
    """The panels or reports that count and have this as a result, then those of these, and so on."""
    nearest: list[Resource] = [resource]
    seen = {id(resource)}
    while nearest:
        nearest = [above for each in nearest for above in reader.pool.listed_in(each) if id(above) not in seen]
        seen.update(map(id, nearest))
        yield [
            each
            for each in nearest
            if each.body.get("status") not in NOT_COUNTED and changed_meaning(each.body) is None
        ]


def effective_time(resource: Resource, reader: Reader) -> Moment | None:
    """The time that an Observation itself states; None where it states none, or none that can be read."""
    try:
        return _effective(resource.body)
    except UnreadableError as error:
        reader.note(resource.place, f"{error}, and says nothing of when")
        return None


_EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming")


def _effective(body: Body) -> Moment | None:
    only_one_of(body, _EFFECTIVE)
    for field in ("effectiveDateTime", "effectiveInstant"):
        if (when := moment(body, field)) is not None:
            return when
    if (stretch := period(body, "effectivePeriod")) is not None:
        return some_time_in(stretch)
    timing = part(body, "effectiveTiming")
    events = timing.get("event")
    if isinstance(events, list) and len(events) == 1 and isinstance(events[0], str):
        return moment_of(events[0], "effectiveTiming")
    if isinstance(events, list) and events:
        return _some_time_among([moment_of(each, "effectiveTiming") for each in events if isinstance(each, str)])
    if (bounds := period(part(timing, "repeat"), "boundsPeriod")) is not None:
        return some_time_in(bounds)
    return None


def _some_time_among(times: Sequence[Moment]) -> Moment | None:
    """One of several times; which of them, nobody wrote down."""
    if len(times) < 2:
        return times[0] if times else None
    return some_time_in(
        Period(min(times, key=lambda each: each.instant[1]), max(times, key=lambda each: each.instant[2]))
    )
