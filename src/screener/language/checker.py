"""From syntax to the rulebook: all files of a rules folder are checked together, and every problem is reported.

This module knows in which order things are checked; what is checked of each kind of block stands in `dictionary.py`,
`meanings.py` and `trials.py`, and of each kind of expression in `propositions.py`, `numbers.py` and `events.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from screener.language import syntax
from screener.language.codes import (
    Exists,
    check_forms,
    check_kinship,
    check_relations,
    check_results,
    check_signs,
    groups_of,
    lines_of,
    relation_lines,
    warn_of_what_fhir_cannot_say,
    with_relations,
)
from screener.language.desk import Desk, Draft
from screener.language.diagnostics import Diagnostic, in_order, render_all
from screener.language.dictionary import (
    close_inclusion,
    concept_of,
    defaults_of,
    finding_of,
    flags_of,
    lab_of,
    mean_of,
    named_on,
    only_sex_of,
    question_of,
    ruled_out_of,
    signs_of,
    warn_of_near_names,
)
from screener.language.lookups import Lookups
from screener.language.meanings import definition_of, score_of, table_of
from screener.language.names import NamedBlock, NamedEntry, collect, cycles, mentioned
from screener.language.parser import ParsedFile, parse
from screener.language.reviewed_codes import Tables, reviewed_rows
from screener.language.sheets import head_of
from screener.language.source import Source
from screener.language.trials import Records, trials_of
from screener.rulebook import Definition, Rulebook, digest_of_dictionary

MOST_NAMES = 10_000
"""That a score or definition may stand for, with its parts and their parts put in. Real ones have some dozens."""


class Checked(Struct, frozen=True):
    """What came of checking rules: the rulebook, unless there was an error, and every problem in the order of files."""

    rulebook: Rulebook | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def report(self) -> str:
        """All problems as text."""
        return render_all(self.diagnostics)


def check_texts(
    rules: Mapping[str, str],
    records: Records,
    digest: str,
    root: str = "",
    tables: Tables | None = None,
    exists: Exists = lambda system, code: True,
) -> Checked:
    """Check rule files from their text, each under the path that messages show; see `check`."""
    return check([parse(Source(path, text)) for path, text in rules.items()], records, digest, root, tables, exists)


def check(
    files: Sequence[ParsedFile],
    records: Records,
    digest: str,
    root: str = "",
    tables: Tables | None = None,
    exists: Exists = lambda system, code: True,
) -> Checked:
    """Check all files of a rules folder together.

    `records` are the registry's records by path, `tables` those of reviewed codes; `digest` identifies the rule text;
    `root` is what precedes, in the paths of files, their path below the rules folder. `exists` knows all codes.
    """
    check_of_all = _Check(files, root, exists)
    rulebook = check_of_all.rulebook(records, digest, tables or {})
    diagnostics = tuple(
        in_order([*(each for file in files for each in file.diagnostics), *check_of_all.draft.problems])
    )
    usable = not any(each.is_error for each in diagnostics)
    return Checked(rulebook if usable else None, diagnostics)


class _Check:
    """One run over all files."""

    def __init__(self, files: Sequence[ParsedFile], root: str, exists: Exists) -> None:
        self.files = files
        self.exists = exists
        self.names, problems = collect(files)
        self.draft = Draft(self.names, root, problems)
        self.lookups = Lookups()
        self.blocks = [
            (Desk(self.draft, file.source, syntax.heading(block), self.lookups), block)
            for file in files
            for block in file.blocks
        ]
        self.definitions: dict[str, Definition] = {}

    def rulebook(self, records: Records, digest: str, tables: Tables) -> Rulebook:
        """Everything that could be made sense of. With problems in the draft it is not to be used."""
        self._check_dictionary()
        reviewed = reviewed_rows(self.draft, tables, self.exists)
        self._check_meanings()
        self._check_questions()
        trials = trials_of(self.draft, self.lookups, self.files, records)
        self._attach_flags()
        has_trials = any(isinstance(block, syntax.Protocol) for _, block in self.blocks)
        if has_trials and not any(file.has_errors for file in self.files):
            self._report_unused()
        draft = self.draft
        return Rulebook(
            digest=digest,
            dictionary_digest=digest_of_dictionary(
                draft.labs, draft.findings, draft.concepts, draft.questions, reviewed
            ),
            labs=draft.labs,
            findings=draft.findings,
            concepts=draft.concepts,
            questions=draft.questions,
            tables=draft.tables,
            scores=draft.scores,
            definitions=self.definitions,
            lookups=self.lookups.by_name,
            trials=trials,
            reviewed=reviewed,
            head=head_of((desk, block) for desk, block in self.blocks if isinstance(block, syntax.Sheet)),
        )

    def _named(self) -> Iterator[tuple[Desk, NamedEntry, NamedBlock]]:
        """The blocks that own their name: not those whose name was taken already."""
        for desk, block in self.blocks:
            if isinstance(block, NamedBlock):
                entry = self.names.find(block.name.text)
                if entry is not None and entry.block is block:
                    yield desk, entry, block

    # ---- the dictionary

    def _check_dictionary(self) -> None:
        draft = self.draft
        fresh = defaults_of(draft, [(desk, block) for desk, block in self.blocks if isinstance(block, syntax.Defaults)])
        concepts: dict[str, tuple[Desk, syntax.Concept]] = {}
        findings: list[tuple[Desk, syntax.Finding]] = []
        for desk, entry, block in self._named():
            match block:
                case syntax.Lab():
                    lab = lab_of(desk, block, fresh)
                    if lab is not None:
                        draft.labs[entry.name] = lab
                case syntax.Finding():
                    findings.append((desk, block))
                case syntax.Concept():
                    concepts[entry.name] = desk, block
                case _:
                    continue
        for desk, entry, block in self._named():
            if isinstance(block, syntax.Lab) and entry.name in draft.labs:
                lab = draft.labs[entry.name]
                draft.labs[entry.name] = replace(lab, mean_of=mean_of(desk, block, lab, draft.labs))
        labs = {entry.name: (desk, block) for desk, entry, block in self._named() if isinstance(block, syntax.Lab)}
        warn_of_near_names(draft.labs, {name: each for name, each in labs.items() if name in draft.labs})
        for desk, finding_block in findings:
            finding = finding_of(desk, finding_block, fresh)
            if finding is not None:
                draft.findings[finding.name] = finding
        for desk, concept_block in concepts.values():
            concept = concept_of(desk, concept_block, fresh)
            draft.concepts[concept.name] = concept
        close_inclusion(draft, concepts)
        for name, (desk, block) in concepts.items():
            draft.concepts[name] = replace(
                draft.concepts[name],
                present_when=signs_of(desk, block, "present"),
                absent_when=signs_of(desk, block, "absent"),
                may_be_present_when=signs_of(desk, block, "may be present"),
                only_if=only_sex_of(desk, block),
                ended_by=named_on("ended by", desk, block),
                goes_on_after=named_on("goes on after", desk, block),
                in_doubt_with=named_on("in doubt with", desk, block),
            )
        self._relate_codes(concepts)
        check_results((desk, block) for desk, _, block in self._named() if isinstance(block, syntax.Entry))
        check_forms(self.blocks, self.exists)

    def _relate_codes(self, blocks: Mapping[str, tuple[Desk, syntax.Concept]]) -> None:
        """What codes say of concepts beyond standing for them."""
        draft = self.draft
        groups = groups_of((desk, block) for desk, block in self.blocks if isinstance(block, syntax.Group))
        apart: dict[str, list[tuple[Desk, syntax.CodesLine]]] = {}
        for name, desk, line in lines_of(self.blocks, draft):
            apart.setdefault(name, []).append((desk, line))
        for name, (desk, block) in blocks.items():
            lines = [*((desk, line) for line in relation_lines(block)), *apart.get(name, ())]
            draft.concepts[name] = with_relations(draft.concepts[name], lines, groups)
        check_kinship(draft, blocks)
        check_relations(draft, blocks)
        check_signs(draft, blocks)
        warn_of_what_fhir_cannot_say(draft, blocks)

    # ---- tables, scores, definitions

    def _check_meanings(self) -> None:
        """Each after what it refers to. What refers to itself is reported, and is not looked into."""
        desks = {entry.name: (desk, block) for desk, entry, block in self._named()}
        graph = {name: self._referred_to(block) for name, (_, block) in desks.items()}
        circular: set[str] = set()
        for cycle in cycles(graph):
            circular.update(cycle)
            desk, block = desks[cycle[0]]
            desk.error("cycle", f"`{cycle[0]}` refers to itself", block.name.span, notes=(" -> ".join(cycle),))
        sizes: dict[str, int] = {}

        def check_after_its_parts(name: str) -> None:
            if name in sizes:
                return
            sizes[name] = 0
            for part in graph[name]:
                check_after_its_parts(part)
            if name in circular:
                return
            sizes[name] = 1 + sum(sizes[part] for part in graph[name])
            if sizes[name] <= MOST_NAMES:
                self._check_meaning(*desks[name])
            elif all(sizes[part] <= MOST_NAMES for part in graph[name]):
                self._report_size(*desks[name])

        for name in graph:
            check_after_its_parts(name)

    def _report_size(self, desk: Desk, block: NamedBlock) -> None:
        desk.error(
            "too-large",
            f"`{block.name.text}` stands for more than {MOST_NAMES:,} names, its parts and their parts put in",
            block.name.span,
            help="let each score or definition name its parts once",
        )

    def _referred_to(self, block: NamedBlock) -> list[str]:
        """The tables, scores, questions and definitions that stand in a block, each as often as it does."""
        match block:
            case syntax.Points(of=of):
                parts: object = of
            case syntax.Score(expression=expression):
                parts = expression
            case syntax.Definition(rule=rule):
                parts = rule
            case syntax.Question(lines=lines):
                parts = lines
            case _:
                return []
        found = (self.names.find(name.text) for name in mentioned(parts))
        kinds = ("points", "score", "definition", "question")
        return [entry.name for entry in found if entry is not None and entry.kind in kinds]

    def _check_meaning(self, desk: Desk, block: NamedBlock) -> None:
        draft = self.draft
        match block:
            case syntax.Points():
                table = table_of(desk, block)
                if table is not None:
                    draft.tables[table.name] = table
            case syntax.Score():
                score = score_of(desk, block)
                if score is not None:
                    draft.scores[score.name] = score
            case syntax.Definition():
                read = definition_of(desk, block)
                if read is not None:
                    definitions, draft.meanings[block.name.text] = read
                    self.definitions.update(definitions)
            case _:
                return

    def _check_questions(self) -> None:
        for desk, _, block in self._named():
            if isinstance(block, syntax.Question):
                question = question_of(desk, block)
                if question is not None:
                    self.draft.questions[question.name] = question

    def _attach_flags(self) -> None:
        """Flags come last: they may speak of everything, their own entry included."""
        draft = self.draft
        entries: dict[type[NamedBlock], dict[str, Any]] = {
            syntax.Lab: draft.labs,
            syntax.Finding: draft.findings,
            syntax.Concept: draft.concepts,
            syntax.Score: draft.scores,
        }
        for desk, entry, block in self._named():
            known = entries.get(type(block), {})
            if entry.name in known:
                lines = block.flags if isinstance(block, syntax.Score) else getattr(block, "lines", ())
                known[entry.name] = replace(known[entry.name], flags=flags_of(desk, lines))
            if isinstance(block, syntax.Concept) and entry.name in known:
                known[entry.name] = replace(known[entry.name], ruled_out=ruled_out_of(desk, block))

    # ---- what nobody uses

    def _report_unused(self) -> None:
        used: set[str] = set()
        for _, block in self.blocks:
            own = block.name.text if isinstance(block, NamedBlock) else None
            for name in mentioned(block):
                entry = self.names.find(name.text)
                if entry is not None and entry.name != own:
                    used.add(entry.name)
        for desk, entry, block in self._named():
            if entry.kind in ("question", "definition", "score", "points") and entry.name not in used:
                desk.warning(
                    "unused", f"no rule uses {entry.article.split(maxsplit=1)[1]} `{entry.name}`", block.name.span
                )
