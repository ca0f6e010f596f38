"""Trials: fields and criteria under their protocol, each line quoted as the registry prints it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from screener.language import syntax
from screener.language.desk import Desk, Draft, did_you_mean
from screener.language.lookups import Lookups
from screener.language.meanings import quotation
from screener.language.names import KNOWN_OF_EVERYBODY, nearest
from screener.language.parser import ParsedFile
from screener.language.propositions import Propositions
from screener.language.protocols import CriterionLine, Record, criterion_lines, read_record
from screener.language.scopes import length_of
from screener.language.source import Span
from screener.rulebook import Criterion, Place, Reading, Registry, Trial

Records = Mapping[str, str]
"""The text of registry records, by their path as that of a rule file is shown."""

_LONGEST_SHORT = 80
"""Characters of a short name: one line of a terminal, two of a narrow column on paper."""


def trials_of(draft: Draft, lookups: Lookups, files: Sequence[ParsedFile], records: Records) -> dict[str, Trial]:
    """The trials of these files, by id."""
    trials: dict[str, Trial] = {}
    places: dict[str, Place] = {}
    for file in files:
        protocol = None
        below: list[syntax.Criterion] = []
        for block in file.blocks:
            desk = Desk(draft, file.source, syntax.heading(block), lookups)
            match block:
                case syntax.Protocol() if protocol is not None:
                    desk.error("second-protocol", "a file holds one trial", block.id.span)
                case syntax.Protocol():
                    protocol = block
                case syntax.Criterion() if protocol is None:
                    if file.has_errors:  # the protocol may be what could not be read
                        continue
                    desk.error(
                        "no-protocol",
                        f"`{syntax.heading(block)}` stands under no protocol",
                        block.id.span,
                        help="write `protocol NCT…` above it",
                    )
                case syntax.Criterion():
                    below.append(block)
                case _:
                    continue
        if protocol is None:
            continue
        desk = Desk(draft, file.source, syntax.heading(protocol), lookups)
        name = protocol.id.text
        if name in places:
            desk.error(
                "duplicate-trial", f"trial {name} is already at {desk.shown_place(places[name])}", protocol.id.span
            )
            continue
        places[name] = desk.place(protocol.span)
        trial = _Trial(desk, protocol, below, records, is_whole=not file.has_errors).checked()
        if trial is not None:
            trials[name] = trial
        elif not any(each.is_error for each in draft.problems) and not any(each.has_errors for each in files):
            desk.error("left-out", "this trial was not understood, and no mistake was found in it", protocol.id.span)
    return trials


class _Trial:
    """The blocks of one trial, with the trial's record in the registry."""

    def __init__(
        self,
        desk: Desk,
        protocol: syntax.Protocol,
        below: Sequence[syntax.Criterion],
        records: Records,
        is_whole: bool,
    ) -> None:
        self.desk = desk
        self.protocol = protocol
        self.fields = [block for block in below if block.kind == "field"]
        self.criteria = [block for block in below if block.kind != "field"]
        self.is_whole = is_whole
        self.record = self._record(records)

    def checked(self) -> Trial | None:
        """The trial, or None if one of its criteria is not understood (which has been reported)."""
        if not self.criteria and self.record is None and self.is_whole:
            self.desk.error("no-criteria", "this protocol has no criteria", self.protocol.id.span)
        if self._check_ids():
            self._check_quotations()
        self._check_fields()
        if self.record is not None and self.is_whole:
            self._check_restrictions(self.record)
        criteria = [
            self._criterion(block)
            for kind in ("field", "inclusion", "exclusion")
            for block in (*self.fields, *self.criteria)
            if block.kind == kind
        ]
        known = tuple(criterion for criterion in criteria if criterion is not None)
        if len(known) < len(criteria):
            return None
        within = self.protocol.labs_within
        return Trial(
            id=self.protocol.id.text,
            title=quotation(self.protocol.title),
            short=_short(self.desk, self.protocol.short),
            criteria=known,
            registry=_registry(self.record),
            place=self.desk.place(self.protocol.span),
            labs_within=length_of(self.desk, within) if within else None,
        )

    def _at(self, block: syntax.Criterion) -> Desk:
        return Desk(self.desk.draft, self.desk.source, syntax.heading(block), self.desk.lookups)

    # ---- the registry

    def _record(self, records: Records) -> Record | None:
        name = self.protocol.registry
        if name is None:
            self.desk.warning(
                "no-registry",
                f"the quotations of {self.protocol.id.text} are compared with nothing",
                self.protocol.id.span,
                help=f"add `registry {self.protocol.id.text}.json`, the registry's record, beside this file",
            )
            return None
        path = posixpath.join(posixpath.dirname(self.desk.source.path), name.text)
        if path not in records:
            beside = [posixpath.basename(known) for known in records]
            self.desk.error(
                "no-record", f"there is no file `{path}`", name.span, help=did_you_mean(nearest(name.text, beside))
            )
            return None
        try:
            record = read_record(records[path])
        except msgspec.DecodeError as problem:
            self.desk.error("bad-record", f"`{name.text}` is no record of a registry", name.span, notes=(str(problem),))
            return None
        if record.id != self.protocol.id.text:
            self.desk.error(
                "other-trial", f"`{name.text}` is the record of {record.id}, not of {self.protocol.id.text}", name.span
            )
            return None
        return record

    def _check_ids(self) -> bool:
        """Ids follow the registry's order: I1, I2, … and E1, E2, …, each once. Where a block could not be read, they
        are not counted."""
        counts = {"inclusion": 0, "exclusion": 0}
        for block in self.criteria if self.is_whole else ():
            counts[block.kind] += 1
            expected = f"{block.kind[0].upper()}{counts[block.kind]}"
            if block.id.text != expected:
                self._at(block).error(
                    "criterion-order",
                    f"this is the {block.kind} criterion {expected}, not {block.id.text}",
                    block.id.span,
                    help=f"write `{block.kind} {expected}`, and let the next ones follow",
                )
                return False
        return True

    def _check_quotations(self) -> None:
        """Each line of the registry is quoted whole by the criterion of its id, and nothing else is quoted."""
        for block in self.criteria:
            if not quotation(block.quotes):
                self._at(block).error("no-quotation", "nothing is quoted here", block.quotes[0].span)
        if self.record is None:
            return
        lines = criterion_lines(self.record.eligibility.eligibility_criteria)
        printed = {line.id: line for line in lines}
        quoting = {block.id.text: block for block in self.criteria if quotation(block.quotes)}
        for name, block in quoting.items():
            if name in printed:
                self._check_quotation(block, printed[name])
            elif self.is_whole:
                count = sum(line.kind == block.kind for line in lines)
                self._at(block).error(
                    "not-in-registry",
                    f"the registry prints {count} {block.kind} criteria, and no {name}",
                    block.id.span,
                )
        for line in lines if self.is_whole else ():
            if line.id not in quoting:
                self.desk.error(
                    "criterion-missing",
                    f"the registry's {line.kind} criterion {line.id} is not here",
                    self.protocol.id.span,
                    help=f"{line.kind} {line.id}\n  > {line.text}\n  untranslated",
                )

    def _check_quotation(self, block: syntax.Criterion, line: CriterionLine) -> None:
        quoted, printed = quotation(block.quotes), " ".join(line.text.split())
        if quoted == printed:
            return
        at = next((at for at, (one, other) in enumerate(zip(quoted, printed, strict=False)) if one != other), None)
        at = min(len(quoted), len(printed)) if at is None else at
        self._at(block).error(
            "quotation-differs",
            "this is not what the registry prints",
            Span(block.quotes[0].span.start, block.quotes[-1].span.end),
            notes=(
                f"quoted:   …{quoted[max(0, at - 20) : at + 20]}…",
                f"registry: …{printed[max(0, at - 20) : at + 20]}…",
            ),
            help=f"write `> {line.text}`",
        )

    def _check_fields(self) -> None:
        seen: set[str] = set()
        for block in self.fields:
            desk = self._at(block)
            name = block.id.text
            if name not in KNOWN_OF_EVERYBODY:
                desk.error(
                    "unknown-field",
                    f"`{name}` is no structured field",
                    block.id.span,
                    help=did_you_mean(KNOWN_OF_EVERYBODY),
                )
            elif name in seen:
                desk.error("duplicate-field", f"field `{name}` stands here twice", block.id.span)
            elif self.record is not None:
                self._check_field(desk, block, self.record)
            seen.add(name)

    def _check_field(self, desk: Desk, block: syntax.Criterion, record: Record) -> None:
        printed = record.restrictions.get(block.id.text)
        if printed is None:
            desk.error(
                "unrestricted-field",
                f"the registry restricts no `{block.id.text}`",
                block.id.span,
                help="leave this block out",
            )
            return
        quoted = tuple(" ".join(quote.text.split()) for quote in block.quotes)
        if quoted != printed:
            desk.error(
                "quotation-differs",
                "this is not what the registry prints",
                Span(block.quotes[0].span.start, block.quotes[-1].span.end),
                help="write `" + "`, and below it `".join(f"> {line}" for line in printed) + "`",
            )

    def _check_restrictions(self, record: Record) -> None:
        """What the registry's fields restrict is tested somewhere: in a criterion, or in a block of its own."""
        rules = [*(block.rule for block in self.fields), *(block.rule for block in self.criteria)]
        tested = {name.text for rule in rules for name in _people(rule)}
        for field, lines in record.restrictions.items():
            if field not in tested:
                quotes = "".join(f"  > {line}\n" for line in lines)
                self.desk.error(
                    "field-missing",
                    f"the registry restricts {field}, and nothing here tests it",
                    self.protocol.id.span,
                    help=f"field {field}\n{quotes}  …",
                )

    # ---- criteria

    def _criterion(self, block: syntax.Criterion) -> Criterion | None:
        """The criterion. What a field of the registry restricts includes, and keeps the lines of its quotation."""
        readings = self._readings(block)
        short = _short(self._at(block), block.short)
        if readings is None:
            return None
        is_field = block.kind == "field"
        return Criterion(
            id=f"F.{block.id.text}" if is_field else block.id.text,
            kind="exclusion" if block.kind == "exclusion" else "inclusion",
            quote="\n".join(line.text for line in block.quotes) if is_field else quotation(block.quotes),
            short=short,
            rule=block.rule.text,
            readings=readings,
            place=self.desk.place(block.span),
            assumptions=tuple(assumption.text for assumption in block.assumptions),
        )

    def _readings(self, block: syntax.Criterion) -> tuple[Reading, ...] | None:
        desk = self._at(block)
        variants = Propositions(desk).rule(block.rule)
        if variants is None:
            return None
        if any(isinstance(reading.rule, syntax.Untranslated) for reading in block.rule.readings):
            desk.warning(
                "untranslated", "this criterion is not translated, and its answer always unknown", block.rule.span
            )
        return tuple(Reading(variant.label, variant.rule) for variant in variants)


def _people(node: object) -> Iterator[syntax.Name]:
    """Every `age` and `sex` in a rule."""
    for part in syntax.walk(node):
        if isinstance(part, syntax.Value) and part.name.text in KNOWN_OF_EVERYBODY:
            yield part.name


def _short(desk: Desk, short: syntax.Text | None) -> str | None:
    """The short name, which must fit on one line of a sheet."""
    if short is None:
        return None
    text = " ".join(short.text.split())
    if not text or len(text) > _LONGEST_SHORT:
        desk.error(
            "short-name",
            f"a short name has 1 to {_LONGEST_SHORT} characters, and this one has {len(text)}",
            short.span,
            help="say what the line is about; the quotation says the rest",
        )
    return text


def _registry(record: Record | None) -> Registry:
    if record is None:
        return Registry()
    return Registry(
        status=record.status.overall_status,
        last_known_status=record.status.last_known_status,
        status_date=record.status_date,
        healthy_volunteers=record.eligibility.healthy_volunteers,
        source=record.source,
    )
