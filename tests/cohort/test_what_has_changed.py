"""One patient explained, what has changed between runs, and what is decided anew for which change."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from cohort.conftest import DAY, EXAMPLES
from screener import evaluate, load_patients, load_rules
from screener.cli import main
from screener.cohort.answers import How
from screener.cohort.changes import Why, read_changes
from screener.cohort.explain import explained
from screener.cohort.ingest import Manner, ingest
from screener.cohort.page import WHY, page
from screener.cohort.ran import Ran
from screener.cohort.run import digest_of, run
from screener.cohort.summary import summed_up
from screener.records.facts.folder import Facts, FactsError
from screener.records.patient import Patient
from screener.sheet.making import sheet_of
from screener.site import read_site


@pytest.fixture
def records(tmp_path: Path) -> Path:
    place = tmp_path / "records"
    place.mkdir()
    for file in sorted(EXAMPLES.glob("*.json"))[:3]:
        shutil.copy(file, place)
    return place


def test_one_patient_is_explained_as_the_run_screened_them(answers: tuple[Path, Ran]) -> None:
    rules = load_rules()
    (patient,) = load_patients(sorted(EXAMPLES.glob("*.json"))[2], rules)
    assert isinstance(patient, Patient)
    found = explained(answers[0], patient.id, rules, How(None, date(2030, 1, 1)))
    assert found == [evaluate(patient, rules, as_of=DAY)]
    assert explained(answers[0], "nobody", rules, How(None, DAY)) == []


def test_nobody_is_explained_by_other_rules(answers: tuple[Path, Ran]) -> None:
    other = replace(load_rules(), digest="sha256:other")
    with pytest.raises(FactsError, match="the rules are not"):
        explained(answers[0], "x", other, How(None, DAY))


def test_who_is_new_and_who_is_no_longer(records: Path, tmp_path: Path, manner: Manner) -> None:
    out, rules = tmp_path / "answers", load_rules()
    ingest([records], tmp_path / "facts", manner)
    assert run(Facts(tmp_path / "facts"), out, rules, How(DAY, DAY)).since is None
    assert list(read_changes(out)) == []
    first, second, _ = sorted(records.glob("*.json"))
    child = json.loads(first.read_text()) | {"birth_date": "2020-01-01"}
    child.pop("age_years", None)
    first.write_text(json.dumps(child))
    second.unlink()
    (records / "new.json").write_text(json.dumps({"id": "new", "as_of": DAY.isoformat()}))
    ingest([records], tmp_path / "facts", manner)
    ran = run(Facts(tmp_path / "facts"), out, rules, How(DAY, DAY))
    assert ran.since == DAY.isoformat()
    found = list(read_changes(out))
    assert {(each.patient, each.why) for each in found if each.is_no_longer} >= {(child["id"], "record")}
    assert {each.why for each in found if each.patient == "new"} == {"new here"}
    assert sum(each.is_new for each in found) == len(rules.trials)
    assert "no longer here" in {each.why for each in found}
    shown = page(summed_up(out, rules, Facts(tmp_path / "facts"), How(DAY, DAY)))
    assert all(f"<td>{WHY[why]}</td>" in shown for why in ("record", "new here"))
    assert set(WHY) == set(get_args(Why))
    again = run(Facts(tmp_path / "facts"), out, rules, How(DAY, DAY))
    assert (again.decided, again.since, list(read_changes(out))) == (0, ran.since, found)


def test_another_day_is_why(records: Path, tmp_path: Path, manner: Manner) -> None:
    ingest([records], tmp_path / "facts", manner)
    facts, out = Facts(tmp_path / "facts"), tmp_path / "answers"
    run(facts, out, load_rules(), How(DAY, DAY))
    later = DAY + timedelta(400)
    assert run(facts, out, load_rules(), How(later, later)).decided == 3
    assert {each.why for each in read_changes(out)} == {"day"}


def test_only_a_trial_with_other_rules_is_decided_anew(records: Path, tmp_path: Path, manner: Manner) -> None:
    ingest([records], tmp_path / "facts", manner)
    facts, out, rules = Facts(tmp_path / "facts"), tmp_path / "answers", load_rules()
    run(facts, out, rules, How(DAY, DAY))
    name, trial = next(iter(rules.trials.items()))
    fewer = replace(
        rules, digest="sha256:fewer", trials={**rules.trials, name: replace(trial, criteria=trial.criteria[:3])}
    )
    before = {each: each.stat().st_mtime_ns for each in (out / "answers").glob("*/*")}
    ran = run(facts, out, fewer, How(DAY, DAY))
    kept = {each for each, when in before.items() if each.exists() and each.stat().st_mtime_ns == when}
    assert {each.parent.name for each in kept} == set(rules.trials) - {name}
    assert ran.decided == 3


def test_the_points_of_a_table_are_part_of_the_rules_of_a_trial() -> None:
    rules = load_rules()
    emptied = replace(rules, tables={name: replace(each, cells=each.cells[:1]) for name, each in rules.tables.items()})
    assert any(digest_of(trial, rules) != digest_of(trial, emptied) for trial in rules.trials.values())


def test_the_day_of_the_call_counts_only_where_a_record_has_none(tmp_path: Path, manner: Manner) -> None:
    place = tmp_path / "two.ndjson"
    lines = [{"id": "dated", "as_of": DAY.isoformat(), "age_years": 40}, {"id": "undated", "age_years": 40}]
    place.write_text("".join(json.dumps(each) + "\n" for each in lines))
    ingest([place], tmp_path / "facts", manner)
    facts, out = Facts(tmp_path / "facts"), tmp_path / "answers"
    assert run(facts, out, load_rules(), How(None, DAY)).decided == 2
    assert run(facts, out, load_rules(), How(None, DAY + timedelta(1))).decided == 1


def test_a_site_s_file_counts_as_it_does_for_one_patient(records: Path, tmp_path: Path, manner: Manner) -> None:
    rules = load_rules()
    trial, line = next(
        (trial.id, line) for trial in rules.trials.values() for line in trial.criteria if len(line.readings) > 1
    )
    site = tmp_path / "screener.toml"
    site.write_text(f'time_zone = "Europe/Berlin"\n[[reading]]\nline = "{trial}/{line.id}"\nreading = 1\n'
                    'by = "Dr Li"\non = 2026-01-10\n')  # fmt: skip
    site.chmod(0o600)
    tmp_path.chmod(0o700)
    ingest([records], tmp_path / "facts", manner)
    facts, out = Facts(tmp_path / "facts"), tmp_path / "answers"
    run(facts, out, rules, How(DAY, DAY))
    how = How(DAY, DAY, site=read_site(site))
    assert run(facts, out, rules, how).decided == 3
    (patient,) = load_patients(sorted(records.glob("*.json"))[0], rules)
    assert isinstance(patient, Patient)
    (found,) = explained(out, patient.id, rules, how)
    assert found.trial(trial).criterion(line.id).reading == 1
    with pytest.raises(FactsError, match="the site's file is not"):
        explained(out, patient.id, rules, How(DAY, DAY))


def test_of_several_who_are_called_alike_each_has_their_own_words(
    tmp_path: Path, manner: Manner, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = load_rules()
    first, second = (json.loads(file.read_text()) | {"id": "same"} for file in sorted(EXAMPLES.glob("*.json"))[:2])
    (tmp_path / "both.ndjson").write_text("".join(json.dumps(each) + "\n" for each in (first, second)))
    ingest([tmp_path / "both.ndjson"], tmp_path / "facts", manner)
    facts, out, how = Facts(tmp_path / "facts"), tmp_path / "answers", How(DAY, DAY)
    run(facts, out, rules, how)
    alone = [evaluate(each, rules, as_of=DAY) for part in facts.about.parts for each in facts.patients(part)]
    assert explained(out, "same", rules, how) == alone
    words = {
        (row.id, row.met, row.state.headline, row.left)
        for each in alone
        for row in sheet_of(each).trials
        if not row.against
    }
    nearest = {
        (trial.trial, near.met, near.headline, near.left)
        for trial in summed_up(out, rules, facts, how).trials
        for near in trial.nearest
    }
    assert nearest == words
    assert len({left for *_, left in words}) > 1
    assert main(["cohort", str(out), "--explain", "same", "--no-site"]) == 0
    assert capsys.readouterr().out.count("Next: ") == 2
