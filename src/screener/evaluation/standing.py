"""How one entry of the record stands at the clock: when it began and ended, what denies it, whether it holds.

An entry is read once in each frame, whatever asks about it. Ascites entered as active on 1 February, seen on the 20th:
it started on the 1st and holds. If the record denies ascites on the 15th, it does not hold.
"""

from __future__ import annotations

from screener.evaluation.answers import Reason
from screener.evaluation.frame import Denial, Frame
from screener.evaluation.instants import not_after, some_time_by, up_to
from screener.records.derived import speaks_until
from screener.records.patient import Episode
from screener.rulebook import Concept
from screener.values.dates import BEGINNING, DAY, END, Moment, day_shifted, on_day
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, all_of

TruthWithReasons = tuple[Truth, tuple[Reason, ...]]
"""A truth, and why it is open, if it is."""
_NEVER_SO_FAR: TruthWithReasons = (FALSE, ())
_NO_END_SO_FAR = Moment(END, END)


class Standing:
    """An entry as one frame sees it. It is long because everything that time and denials do to one entry
    is here.

    `began` is when it began, on an unknown day up to the day of screening where nobody wrote that down; `start`:
    the same, cut off at the day of screening. `unseen`: what is said of it at any time, because it had not begun
    or the result that shows it was not there yet; None for all others.
    """

    __slots__ = (
        "_contradicting",
        "_end",
        "_now",
        "began",
        "concept",
        "episode",
        "frame",
        "start",
        "unseen",
    )

    def __init__(self, episode: Episode, frame: Frame) -> None:
        self.episode = episode
        self.frame = frame
        self.concept = frame.kinds[episode.concept].concept
        self.began = episode.start or some_time_by(frame.as_of)
        start = not_after(self.began, frame.as_of)
        self.start = start or self.began
        self.unseen = _NEVER_SO_FAR if start is None else self._out_of_sight() if episode.shown_by_result else None
        self._end: Moment | None = None
        self._now: TruthWithReasons | None = None
        self._contradicting: list[Denial] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it had begun by the day of screening, or may have."""
        return self.unseen is not _NEVER_SO_FAR

    @property
    def may_have_begun_later(self) -> bool:
        """Whether an entry made after the day of screening may be about something that began after it, too: unless it
        states an onset, nobody knows."""
        episode, as_of = self.episode, self.frame.as_of
        made = episode.asserted if episode.start is not None else episode.asserted or episode.end
        if made is None or made.last_day <= as_of:
            return False
        return episode.start is None or episode.start.last_day > as_of

    def _out_of_sight(self) -> TruthWithReasons | None:
        """Whether the result that shows it was there by the clock; later facts are not seen. One of after the day of
        screening leaves open whether what it shows had begun by then."""
        shown, day = self.episode.asserted, self.frame.day
        is_present = day == self.frame.as_of
        if shown is None:
            return None if is_present else (FALSE if self.episode.ongoing else UNKNOWN, ("imprecise_date",))
        end_of_day = day * DAY + DAY - 1
        if shown.first > end_of_day:
            return UNKNOWN if is_present else FALSE, ("imprecise_date",)
        return None if shown.last <= end_of_day or is_present else (UNKNOWN, ("imprecise_date",))

    # ---- its end

    @property
    def end(self) -> Moment:
        """When it ended: on a day on record, not so far, or on an unknown day, which a later absence bounds. What is
        acute ends as it begins."""
        end = self._end
        if end is None:
            end = self._end = self.start if self.concept.course == "acute" else self._end_of_what_lasts()
        return end

    def _end_of_what_lasts(self) -> Moment:
        """The end that the entry states; where it states none, a later word that it is not so, or that another entry of
        it is over, says by when it ended. An infection of 1 December that was still there on the 10th and was denied
        on the 16th ended between the two."""
        end = self.stated_end(self.start)
        if self.episode.end is not None:
            return end
        contradicting, over = self.contradicting, self._others_ended()
        if not contradicting and not over:
            return end
        asserted = self.asserted
        first, last, still_so = end.first, end.last, max(self.start.first, asserted.first)
        for denial in contradicting:
            of_entry, when = self._asserted_against(denial, asserted), denial.when
            if when.first_day > self.frame.day or when.is_before(of_entry):
                continue
            first = min(first, max(self.start.first, of_entry.first))
            if of_entry.is_before(when) and not denial.absence.doubtful:
                last = min(last, when.last)
        for ended in over:
            if ended.first_day > self.frame.day or ended.last_day <= asserted.first_day:
                continue
            first = min(first, still_so)
            if ended.first_day > asserted.last_day:
                last = min(last, ended.last)
        return Moment(first, max(first, last))

    def stated_end(self, start: Moment) -> Moment:
        """When the entry itself says that it ended: never before it began. If it goes on, it has not ended for as long
        as such a statement speaks. The day of entry ends nothing: an entry of a later day that calls it over leaves
        open that it went on until then."""
        episode, over_by = self.episode, self.frame.as_of
        if episode.asserted is not None:
            over_by = max(over_by, episode.asserted.last_day)
        if episode.end is not None:
            # What a result of after the day of screening says to be over may have gone on until then.
            is_over = episode.ended and not episode.shown_by_result
            end = (not_after(episode.end, over_by) if is_over else None) or episode.end
            if end.first >= start.first or start.is_before(end):
                return end
            return Moment(start.first, max(start.first, end.last), end.text)
        if episode.ongoing:
            until = self._speaks_until()
            return _NO_END_SO_FAR if until is None else Moment(max(start.first, until * DAY + DAY - 1), END)
        first, last = start.first, END
        if episode.ended:
            longest = self.concept.longest_course
            over_by = over_by if longest is None else day_shifted(start.last_day, longest, 1)
            last = over_by * DAY + DAY - 1
        if episode.shown_by_result and episode.asserted is not None:
            first = max(first, self.asserted.first)
        return Moment(first, max(first, last))

    def why_end_is_open(self) -> Reason:
        episode = self.episode
        if self.no_longer_speaks():
            return "stale"
        if episode.end is None:
            return "undated"
        return "conflict" if episode.outlives_its_end else "imprecise_date"

    def is_over(self) -> bool:
        """Whether the entry says that it ended by the clock. For a passing condition, that counts only as long as
        an absence does: a bleeding that ended in 2009 says nothing of one today."""
        if not self.has_begun or not _says_it_is_over(self.episode, self.concept):
            return False
        end, day = self.end, self.frame.day
        if end.last_day > day:
            return False
        return self.concept.course != "passing" or day <= day_shifted(end.first_day, self.concept.fresh, 1)

    # ---- how long it speaks

    def _speaks_until(self) -> int | None:
        """The last day on which a statement that something goes on speaks for itself; None if the record has to end
        it."""
        return speaks_until(self.episode, self.concept, self.frame.patient.as_of)

    def no_longer_speaks(self) -> bool:
        """Whether a statement that something goes on is too old to speak for the clock's day."""
        if not self.episode.ongoing or self.episode.end is not None:
            return False
        until = self._speaks_until()
        return until is not None and until < self.frame.day

    def _certain_until(self) -> int | None:
        """The last day for which an entry certainly says that it is so, where it leaves open how long it went on
        after."""
        if self.episode.end is not None and self.episode.outlives_its_end:
            return self.episode.end.first_day
        return self._speaks_until() if self.no_longer_speaks() else None

    # ---- when it was said

    @property
    def asserted(self) -> Moment:
        """When the record last says that it is so: the entry's own date, or for an open entry of what lasts the day of
        screening; of what passes, some time since it began, up to the record's own day."""
        episode, as_of = self.episode, self.frame.as_of
        if episode.asserted is not None:
            return not_after(episode.asserted, as_of) or episode.asserted
        if episode.ongoing:
            if self.concept.lasts is None or episode.shown_by_result:
                return on_day(as_of)
            return self._said_to_go_on()
        return self.began if episode.end is None else self.stated_end(self.began)

    def _said_to_go_on(self) -> Moment:
        """When the status of an entry without a date was written, at some time from its beginning to the record's own
        day. A condition that passes was not said to go on after its statement ceased to speak, on whatever day of a
        partial date it began; one with a longest course is counted from its onset, and what an entry only may be is
        settled by a later word."""
        concept, start, as_of = self.concept, self.start, self.frame.as_of
        own_day = as_of if self.frame.patient.as_of is None else min(self.frame.patient.as_of, as_of)
        if self._has_no_start:
            return some_time_by(own_day)
        if concept.longest_course is not None or self.episode.only_may_be:
            return start
        written_by = own_day
        if concept.kind == "condition" and concept.lasts is not None:
            written_by = min(own_day, day_shifted(start.last_day, concept.lasts, 1))
        return Moment(start.first, max(start.last, written_by * DAY + DAY - 1), offset=start.offset)

    def _asserted_against(self, denial: Denial, asserted: Moment) -> Moment:
        """When the record last says that it is so, as against a denial: what was measured after the onset outweighs a
        status without a date."""
        episode = self.episode
        is_status_alone = episode.asserted is None and episode.ongoing and not episode.shown_by_result
        if not (denial.absence.shown_by_result and is_status_alone) or self.concept.lasts is None:
            return asserted
        return asserted if self._has_no_start else self.start

    @property
    def _has_no_start(self) -> bool:
        return self.episode.start is None or self.episode.start.first == BEGINNING

    # ---- what speaks against it

    @property
    def contradicting(self) -> list[Denial]:
        """The absences on record that deny this very episode: of its concept, or of a broader one. A review of the
        chart gives way to an entry that certainly is it, for as long as that speaks."""
        contradicting = self._contradicting
        if contradicting is None:
            contradicting = self.frame.that_deny(self.concept, self.episode.list) if self.frame.denials else []
            if any(denial.absence.reviewed for denial in contradicting) and not (
                self.episode.only_may_be or self.episode.doubtful
            ):
                until = self._certain_until()
                contradicting = [
                    denial
                    for denial in contradicting
                    if not denial.absence.reviewed or (until is not None and denial.when.first_day > until)
                ]
            self._contradicting = contradicting
        return contradicting

    def is_contradicted_at_once(self) -> bool:
        """Whether an absence denies, at the very time of the statement, an episode not known to have begun before
        it."""
        contradicting = self.contradicting
        if not contradicting:
            return False
        of_entry = self.asserted
        for denial in contradicting:
            if denial.absence.doubtful:
                continue
            when, asserted = denial.when, self._asserted_against(denial, of_entry)
            at_once = not asserted.is_before(when) and not when.is_before(asserted)
            if at_once and self.start.last_day >= when.first_day:
                return True
        return False

    def latest_word(self, holds: Truth, undated: tuple[Reason, ...]) -> TruthWithReasons:
        """The latest statement wins: a later absence ends the episode, an earlier one is overtaken, one of the same
        time conflicts. Another entry that ended counts like an absence, except that on the day of its end the positive
        one stands."""
        if holds is FALSE:
            return FALSE, ()
        contradicting, over = self.contradicting, self._others_ended()
        truth, reasons = holds, undated
        if not contradicting and not over:
            return truth, reasons
        day, of_entry = self.frame.day, self.asserted
        for denial in contradicting:
            when = denial.when
            asserted = self._asserted_against(denial, of_entry)
            if when.first_day > day or when.is_before(asserted):
                continue
            if denial.absence.doubtful:
                why_doubtful: Reason = "imprecise_date" if when.is_any_day else "missing"
                truth, reasons = UNKNOWN, (denial.absence.unusable or why_doubtful,)
                continue
            if asserted.is_before(when) and when.last_day <= day:
                return FALSE, ()
            truth, reasons = UNKNOWN, ("conflict",) if when.last_day <= day else ("imprecise_date",)
        for end in over:
            if end.first_day > day or end.last_day <= of_entry.first_day:
                continue
            if end.first_day > of_entry.last_day and end.last_day <= day:
                return FALSE, ()
            truth, reasons = UNKNOWN, ("conflict",) if end.is_one_day else ("imprecise_date",)
        return truth, reasons

    def _others_ended(self) -> list[Moment]:
        """When the other entries of the same condition, or of a broader one, ended, as far as they have."""
        frame, concept, list_ = self.frame, self.concept, self.episode.list
        if concept.kind != "condition":
            return []
        key = (list_, concept.name)
        over = frame.over.get(key)
        if over is None:
            on_record, kinds = frame.patient.episodes, frame.kinds
            ended = [
                standing_of(entry, frame)
                for name in kinds[concept.name].upward
                for entry in on_record.get(name, ())
                if entry.list == list_ and _says_it_is_over(entry, kinds[entry.concept].concept)
            ]
            over = frame.over[key] = {each.episode: each.stated_end(each.start) for each in ended if each.has_begun}
        if not over:
            return []
        ends, own = list(over.values()), over.get(self.episode)
        return [end for end in dict.fromkeys(ends) if end != own or ends.count(end) > 1]

    # ---- whether it holds

    @property
    def now(self) -> TruthWithReasons:
        """Whether it holds on the clock's day; if that is open, why."""
        now = self._now
        if now is None:
            holds = self._holds()
            now = self._now = (FALSE, ()) if holds is FALSE else self.latest_word(holds, self._why_now_is_open())
        return now

    def _why_now_is_open(self) -> tuple[Reason, ...]:
        episode, end = self.episode, self.end
        if self.start.last_day <= self.frame.day and end is not self.start:
            if episode.shown_by_result:
                return ("stale",)
            if episode.end is None or episode.outlives_its_end:
                return (self.why_end_is_open(),)
        return self.why_start_is_open

    @property
    def why_start_is_open(self) -> tuple[Reason, ...]:
        return ("undated",) if self.episode.start is None else ("imprecise_date",)

    def _holds(self) -> Truth:
        """Whether it holds on the clock's day. A condition is over on the day it ends; a drug not said to be stopped is
        taken on its last day, too, and what goes on holds on the last day for which that is said."""
        episode, concept, start, day = self.episode, self.concept, self.start, self.frame.day
        if start.first_day > day:
            return FALSE
        began = TRUE if start.last_day <= day else UNKNOWN
        if concept.course == "acute":
            return all_of((began, TRUE if start.first_day == day else UNKNOWN if start.last_day >= day else FALSE))
        if episode.shown_by_result and episode.asserted is not None and episode.end is None:
            shown = self.asserted
            if concept.course == "chronic" or shown.last_day <= day <= day_shifted(shown.first_day, concept.fresh, 1):
                return began
        goes_on = episode.ongoing and episode.end is None
        last_day_counts = goes_on or (concept.kind != "condition" and not episode.ended)
        end = self.end
        if day < end.first_day + last_day_counts:
            return began
        return FALSE if day >= end.last_day + last_day_counts else UNKNOWN

    def is_known_by_the_clock(self) -> Truth:
        """Whether an allergy had begun by the clock; what a family has, has no date."""
        episode, frame = self.episode, self.frame
        if episode.asserted is not None and episode.asserted.first_day > frame.as_of:
            return UNKNOWN
        if episode.start is None or episode.list != "allergies":
            return TRUE
        return up_to(frame.day).holds(self.start) if self.has_begun else FALSE


def _says_it_is_over(episode: Episode, concept: Concept) -> bool:
    """Whether an entry states an end, for all that the concept may be; that the one day of an acute condition has
    passed is no such statement. A result that only raised the question says nothing when a later one no longer does:
    whatever that was is over, and nothing else is denied."""
    if (episode.shown_by_result and episode.doubtful) or episode.is_part:
        return False
    return episode.ended or (concept.course != "acute" and episode.end is not None and not episode.ongoing)


def standing_of(episode: Episode, frame: Frame) -> Standing:
    """An entry as a frame sees it, read once."""
    standing: Standing | None = frame.standings.get(id(episode))
    if standing is None:
        standing = frame.standings[id(episode)] = Standing(episode, frame)
    return standing
