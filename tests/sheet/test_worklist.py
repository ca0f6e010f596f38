"""The worklist: one row a patient, sorted, chosen and compared; as text, as CSV, and as a folder of pages."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len, set_cell_size

from golden.screened import examples
from screener import evaluate
from screener.evaluation.phrases import capital
from screener.loading import load_rulebook
from screener.records import read_patient
from screener.records.errors import Unusable
from screener.report.forms import PatientPlace
from screener.report.wording import WIDTH
from screener.report.worklist_csv import worklist_csv, written
from screener.report.worklist_page import worklist_page
from screener.report.worklist_text import NARROWEST, worklist_text
from screener.report.worklists import page_name
from screener.screening import Screening
from screener.sheet.making import sheet_of
from screener.sheet.model import StateName
from screener.sheet.phrases import GOOD_TO_IF_CLEAN, HEADLINES, STATE_WORDS
from screener.sheet.states import NEAREST_FIRST
from screener.sheet.worklist import Choice, Earlier, EarlierRow, Row, Score, Sort, TrialCells, row_of, worklist_of
from trial_text import rulebook_with_trial

DAY = date(2026, 2, 20)
ODD = "=cmd|' /C calc'!A0, \"x\";\n@y\x1b[2J\t\u202ez"


def row(patient: str, state: StateName = "people", *, file: str = "", days: int | None = 30, **fields: object) -> Row:
    good_to = None if days is None else DAY + timedelta(days=days)
    is_recruiting = bool(fields.pop("recruits", True))
    nearest = TrialCells(
        *("NCT00001234", "1234", state, HEADLINES[state], "recruiting" if is_recruiting else "not known"),
        *(is_recruiting, 3, 5, (), 0, 1, 1, "not recorded", 0, good_to, None),
    )
    made = Row(
        *(file or f"{patient}.json", patient, DAY, "female", "40", None, "", nearest, False, "1 judgement", 2),
        *((), (nearest,), "0", "sha256:0"),
    )
    return replace(made, **fields)


def order(rows: list[Row], choice: Choice | None = None) -> list[str]:
    return [each.row.patient for each in worklist_of(rows, choice or Choice()).shown]


@pytest.mark.parametrize(("days", "if_clean", "said"), [(30, True, True), (30, False, False), (None, True, False)])
def test_a_last_good_day_that_a_chart_review_may_change_is_said_to_be_one(
    days: int | None, if_clean: bool, said: bool
) -> None:
    one = row("anna", days=days)
    told = worklist_of([replace(one, nearest=replace(one.nearest, if_clean=if_clean))], Choice())
    assert (GOOD_TO_IF_CLEAN in worklist_text(told)) == said
    assert (capital(GOOD_TO_IF_CLEAN) in worklist_page(told)) == said


# ---- sorted and chosen


def test_the_nearest_stands_first_and_who_has_died_last() -> None:
    rows = [row(state, state) for state in reversed(NEAREST_FIRST)]
    assert order([row("dead", "all met", died="2026-02-01"), *rows]) == [*NEAREST_FIRST, "dead"]


def test_of_one_state_a_trial_that_recruits_less_work_and_an_earlier_day_stand_first() -> None:
    rows = [row("d", recruits=False), row("c", days=None), row("b", days=10), row("a", work=9), row("e", days=9)]
    assert order(rows) == ["e", "b", "c", "a", "d"]


@pytest.mark.parametrize(("sort", "expected"), [("date", ["B", "a", "c"]), ("name", ["a", "B", "c"])])
def test_the_other_orders(sort: Sort, expected: list[str]) -> None:
    assert order([row("c", days=None), row("a", "check", days=5), row("B", days=2)], Choice(sort=sort)) == expected


def test_patients_of_one_id_in_one_file_are_numbered() -> None:
    rows = [row("a", file="ward.json"), row("b", file="ward.json"), row("a", file="ward.json"), row("a", file="x.json")]
    shown = worklist_of(rows, Choice()).shown
    assert sorted((each.row.patient, each.row.file, each.row.shares_id) for each in shown) == [
        ("a", "ward.json, no. 1", True),
        ("a", "ward.json, no. 2", True),
        ("a", "x.json", False),
        ("b", "ward.json", False),
    ]


def test_every_state_has_a_word_that_stands_in_its_headline() -> None:
    for word, states in STATE_WORDS.items():
        assert all(word in HEADLINES[state].lower() for state in states)
    assert {state for states in STATE_WORDS.values() for state in states} == set(NEAREST_FIRST)


def test_only_the_states_that_are_asked_for_are_shown_and_all_are_counted() -> None:
    rows = [row("a", "all met"), row("b"), row("c", "ruled out")]
    worklist = worklist_of(rows, Choice(only=frozenset({"all met"})))
    assert [each.row.patient for each in worklist.shown] == ["a"]
    assert (worklist.number, dict(worklist.counts)) == (3, {"all met": 1, "people": 1, "ruled out": 1})


def test_who_may_come_into_another_trial_that_recruits_is_not_left_out() -> None:
    stopped = row("a", "all met", recruits=False)
    other = replace(stopped.nearest, id="NCT00005678", state="people", is_recruiting=True)
    out = replace(other, state="ruled out")
    rows = [stopped, replace(stopped, patient="b", trials=(stopped.nearest, other))]
    rows.append(replace(stopped, patient="c", trials=(stopped.nearest, out)))
    assert order(rows, Choice(recruiting=True)) == ["b"]


# ---- compared with an earlier one


def earlier(*rows: tuple[str, str, StateName, str]) -> Earlier:
    made = [EarlierRow(written(file), written(name), HEADLINES[state], trial) for file, name, state, trial in rows]
    return Earlier("before.csv", tuple(made), written)


def test_what_is_new_changed_and_gone() -> None:
    before = earlier(
        ("same.json", "same", "people", "NCT00001234"),
        ("near.json", "nearer", "nothing against", "NCT00001234"),
        ("trial.json", "trial", "people", "NCT00005678"),
        ("gone.json", "gone", "people", "NCT00001234"),
        ("broken.json", "broken", "people", "NCT00001234"),
    )
    rows = [row("same"), row("nearer"), row("trial"), row("new")]
    worklist = worklist_of(rows, Choice(), [Unusable("broken.json", "why")], before)
    assert [each.row.patient for each in worklist.shown if each.is_new] == ["new"]
    assert {each.row.patient: each.was for each in worklist.shown if each.was} == {
        "nearer": "was: Nothing against so far, 1234",
        "trial": "was: Only people to ask, NCT00005678",
    }
    assert worklist.since is not None
    assert worklist.since.gone == (("gone", "was: Only people to ask, 1234"),)


def test_a_trial_that_is_not_the_nearest_has_changed_too() -> None:
    now = row("a", "people")
    other = replace(now.nearest, id="NCT00005678", label="5678", state="nothing against")
    now = replace(now, trials=(now.nearest, other))
    before = replace(now, trials=(now.nearest, replace(other, state="ruled out today")))
    states = {each.id: HEADLINES[each.state] for each in before.trials}
    said = EarlierRow(written(now.file), "a", HEADLINES[now.state], now.nearest.id, states)
    (listed,) = worklist_of([now], Choice(), (), Earlier("before.csv", (said,), written)).shown
    assert listed.was == "5678 was: Ruled out today"
    (same,) = worklist_of([before], Choice(), (), Earlier("before.csv", (said,), written)).shown
    assert same.was == ""


def test_two_of_one_id_go_by_their_files() -> None:
    before = earlier(("1.json", "x", "people", "NCT00001234"), ("2.json", "x", "check", "NCT00001234"))
    rows = [row("x", file="1.json"), row("x", "check", file="2.json"), row("x", file="3.json")]
    worklist = worklist_of(rows, Choice(), (), before)
    assert [each.row.file for each in worklist.shown if each.is_new] == ["3.json"]
    assert not [each for each in worklist.shown if each.was]


def test_a_last_good_day_within_a_week_is_soon() -> None:
    assert [row("x", days=days).is_soon for days in (0, 7, 8, None)] == [True, True, False, False]


# ---- as text


def test_who_has_died_is_told_quietly() -> None:
    dead, alive = row("a", "all met", died="2026-02-01"), row("b", "all met")
    text = worklist_text(worklist_of([dead, alive], Choice()))
    assert [text.count(each) for each in (" All criteria met ", " ALL CRITERIA MET ")] == [1, 1]


@pytest.mark.parametrize("state", NEAREST_FIRST)
@pytest.mark.parametrize("name", ["S-002", "somebody with a very long name " * 4, "X" * 300, "患者" * 40, ODD])
def test_text_keeps_to_80_columns_and_loses_no_letter_of_an_id(name: str, state: StateName) -> None:
    text = worklist_text(worklist_of([row(name, state, next="measure " + "many things, " * 30)], Choice()))
    assert max(map(cell_len, text.splitlines())) <= WIDTH
    assert "\x1b" not in text
    shown = "".join("".join(set_cell_size(line, 22).split()) for line in text.splitlines()[4:])
    plain = "".join(each for each in name if each.isprintable() and not each.isspace())
    assert plain in shown.replace("W40", "") or cell_len(plain) < 22


def test_text_is_as_wide_as_the_terminal() -> None:
    rows = [row("somebody with a long name", next="many things, " * 4), row("患者" * 9, days=400)]
    for width in (NARROWEST, 79, 120):
        shown = worklist_text(worklist_of(rows, Choice()), width).splitlines()
        assert max(map(cell_len, shown)) <= width
        assert ("many things, " * 4).strip() in "\n".join(shown) or width < 120


def test_two_of_one_id_are_shown_with_their_files() -> None:
    rows = [row("x", file="1.json", shares_id=True), row("x", file="2.json", shares_id=True)]
    worklist = worklist_of(rows, Choice())
    assert [f"x ({number}.json) W 40 " in worklist_text(worklist) for number in (1, 2)] == [True, True]
    assert [f"<bdi>{number}.json</bdi>" in worklist_page(worklist) for number in (1, 2)] == [True, True]


def test_text_tells_what_changed_who_is_gone_and_what_could_not_be_used() -> None:
    before = earlier(("a.json", "a", "nothing against", "NCT00001234"), ("b.json", "b", "people", "NCT00001234"))
    worklist = worklist_of([row("a", days=3), row("n")], Choice(), [Unusable("bad.json", "it is empty")], before)
    text = worklist_text(worklist)
    assert "since before.csv: 1 new, 1 changed, 1 gone" in text
    assert "! good to passes within a week: 1" in text
    assert "Gone since then\n  b, was: Only people to ask, 1234\n" in text
    assert "Could not be used, as said above\n  bad.json: it is empty\n" in text


# ---- as CSV


def test_csv_has_one_line_a_patient_and_no_cell_that_is_a_formula() -> None:
    rows = [row(ODD, next="@sum(1)"), row("a,b"), row("0012"), row("3-4"), row("1E5"), row("MAR-1"), row("S-002")]
    text = worklist_csv(rows)
    assert text.startswith("\ufefffile,patient,as_of,")
    assert text.count("\r\n") == len(text.splitlines()) == len(rows) + 1
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [each["patient"] for each in table][1:] == ["a,b", "'0012", "'3-4", "'1E5", "'MAR-1", "S-002"]
    assert all(not cell.startswith(("=", "+", "-", "@")) for each in table for cell in each.values())


def test_csv_has_the_same_columns_whatever_is_on_record() -> None:
    rulebook = load_rulebook()
    headers = set()
    for path in examples()[:3]:
        made = row_of(evaluate(read_patient(path, rulebook), rulebook), path.name)
        assert made is not None
        headers.add(worklist_csv([made]).splitlines()[0])
    bare = row_of(evaluate(read_patient({"id": "x", "as_of": "2026-02-20"}, rulebook), rulebook), "x.json")
    assert bare is not None
    assert {worklist_csv([bare]).splitlines()[0], *headers} == headers


def test_a_day_in_a_cell_has_its_year() -> None:
    rulebook = load_rulebook()
    (record,) = (path for path in examples() if path.stem == "alcoholic-hepatitis-with-ascites")
    made = row_of(evaluate(read_patient(record, rulebook), rulebook), record.name)
    assert made is not None
    (cells,) = csv.DictReader(io.StringIO(worklist_csv([made]).removeprefix("\ufeff"), newline=""))
    assert cells["NCT05985863_consent"] == "recorded 2026-02-19"


# ---- a row says what the sheet says


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_a_row_is_made_of_the_same_sheet(path: Path) -> None:
    rulebook = load_rulebook()
    screening = evaluate(read_patient(path, rulebook), rulebook)
    whole = sheet_of(screening)
    assert sheet_of(screening, is_row=True) == replace(
        whole, checklists=(), trials=tuple(replace(each, after_clean_chart=None) for each in whole.trials)
    )
    made = row_of(screening, path.name, whole)
    assert made is not None
    assert made == row_of(screening, path.name)
    first = whole.trials[0]
    assert (made.nearest.id, made.state, made.nearest.headline) == (first.id, first.state.name, first.state.headline)
    assert [each.id for each in made.trials] == [each.id for each in screening.trials]
    assert sum(isinstance(each, Score) for each in made.cells) == 2


# ---- as pages


def screening_of(patient: str, *, shares_id: bool = False) -> Screening:
    rulebook = load_rulebook()
    read = read_patient({"id": patient, "as_of": "2026-02-20"}, rulebook)
    return evaluate(replace(read, shares_id=shares_id), rulebook)


def test_names_of_pages_are_safe_and_differ() -> None:
    ids = [
        "S-002",
        "s-002",
        "S 002",
        "../../etc/passwd",
        "CON",
        "index",
        "INDEX",
        "…",
        "A",
        "A-2",
        "患者",
        "x" * 400,
        ODD,
    ]
    names = [page_name(screening_of(each), PatientPlace("f", 1)) for each in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    assert names[0] == "S-002.html"
    assert all(name.isascii() and len(name) < 100 and not set('/\\:*?"<>|% ').intersection(name) for name in names)
    assert not {"index.html", "con.html", ".html"}.intersection(name.casefold() for name in names)
    doubled = [page_name(screening_of("A", shares_id=True), PatientPlace("f", number)) for number in (1, 2)]
    assert doubled == ["A_1.html", "A_2.html"]


def test_the_index_shows_hostile_text_as_text() -> None:
    html = worklist_page(worklist_of([row("<script>alert(1)</script>\u202ex", next="<b>")], Choice()))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\u202e" not in html


def test_a_folder_of_records_with_a_broken_one_becomes_a_folder_of_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from screener.cli import main

    monkeypatch.chdir(tmp_path)
    ward = tmp_path / "ward"
    ward.mkdir()
    for name, fields in {"a": {}, "b": {"died": "2026-02-01"}, "c": {"sexx": "female"}, "d": {"id": "A"}}.items():
        record = {"id": name.upper(), "as_of": "2026-02-20"} | fields
        (ward / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    assert main(["ward", "--out", "pages"]) == 2
    assert "wrote pages/index.html: 3 patients, each with a page" in capsys.readouterr().out
    files = {each.name: each for each in Path("pages").iterdir()}
    assert files.keys() == {"index.html", "worklist.csv", "A_1.html", "B.html", "A_3.html"}
    assert {each.stat().st_mode & 0o777 for each in files.values()} == {0o600}
    index = files["index.html"].read_text(encoding="utf-8")
    assert "c.json" in index
    assert "died 1 Feb" in index
    assert '<a href="index.html">Back to the worklist</a>' in files["B.html"].read_text(encoding="utf-8")
    first = {name: each.read_bytes() for name, each in files.items()}
    (ward / "b.json").unlink()
    assert main(["ward", "--out", "pages", "--jobs", "2"]) == 2
    again = files["index.html"].read_text(encoding="utf-8")
    assert "Since <bdi>worklist.csv</bdi>: 0 new, 0 changed, 1 gone." in again
    assert files["A_1.html"].read_bytes() == first["A_1.html"]
    assert main(["ward", "--worklist", "--since", "pages/worklist.csv"]) == 2
    assert "since worklist.csv: 0 new, 0 changed, 0 gone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("made", "fault"),
    [("file", "is there, and is not a folder"), ("full", "holds other files"), ("deep/er", "there is no folder")],
)
def test_a_folder_that_is_no_place_for_pages_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, made: str, fault: str
) -> None:
    from screener.cli import main

    monkeypatch.chdir(tmp_path)
    Path("file").write_text("x", encoding="utf-8")
    Path("full").mkdir()
    Path("full/other.txt").write_text("x", encoding="utf-8")
    Path("a.json").write_text(json.dumps({"id": "A", "as_of": "2026-02-20"}), encoding="utf-8")
    assert main(["a.json", "--out", made]) == 2
    captured = capsys.readouterr()
    assert (captured.out, fault in captured.err) == ("", True)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_page_that_cannot_be_written_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    from screener.cli import main

    monkeypatch.chdir(tmp_path)
    Path("pages/A.html").mkdir(parents=True)
    Path("pages/worklist.csv").write_text(worklist_csv([row("A")]), encoding="utf-8")
    Path("a.json").write_text(json.dumps({"id": "A", "as_of": "2026-02-20"}), encoding="utf-8")
    assert main(["a.json", "--out", "pages", "--jobs", jobs]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error[call]: `pages/A.html` cannot be written: is a directory" in captured.err
    assert not Path("pages/index.html").exists()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\udcff"])
def test_what_is_no_earlier_worklist_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    from screener.cli import main

    monkeypatch.chdir(tmp_path)
    Path("before.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    Path("a.json").write_text(json.dumps({"id": "A", "as_of": "2026-02-20"}), encoding="utf-8")
    assert main(["a.json", "--since", "before.csv"]) == 2
    assert "`before.csv`" in capsys.readouterr().err


def test_an_empty_folder_prints_no_worklist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from screener.cli import main

    monkeypatch.chdir(tmp_path)
    Path("ward").mkdir()
    main(["ward", "--worklist"])
    main(["ward", "--worklist-csv"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("option", ["--only=met", "--recruiting", "--sort=date", "--since=x.csv"])
def test_rows_are_chosen_for_a_worklist_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    from screener.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["a.json", "--json", option]) == 2
    assert f"`{option.partition('=')[0]}` is for a worklist, and `--json` is not one" in capsys.readouterr().err


def test_states_that_are_counted_stand_whole_on_a_line() -> None:
    rows = [row(f"{state} {number}", state) for state in NEAREST_FIRST for number in range(11)]
    counts = "\n".join(worklist_text(worklist_of(rows, Choice())).splitlines()[1:8])
    assert all(f"{HEADLINES[state][:1].lower()}{HEADLINES[state][1:]} 11" in counts for state in NEAREST_FIRST)


@pytest.mark.parametrize(
    ("observations", "next_"),
    [
        ([], "get INR and bilirubin"),
        ([{"name": "TBil", "value": 90, "unit": "umol/L", "date": "2026-02-19"}], "get INR"),
    ],
)
def test_the_few_things_to_measure_are_named(observations: list[dict[str, object]], next_: str) -> None:
    rules = rulebook_with_trial(
        "inclusion I1\n  > one\n  INR >= 1.5\n\ninclusion I2\n  > two\n  total_bilirubin >= 5 mg/dL\n\n"
        "inclusion I3\n  > three\n  age >= 18 years\n\ninclusion I4\n  > four\n  age <= 70 years\n\n"
        "inclusion I5\n  > five\n  age <= 75 years\n"
    )
    record = {"id": "anna", "birth_date": "1980-01-01", "observations": observations}
    made = row_of(evaluate(read_patient(record, rules), rules, as_of=DAY), "anna.json")
    assert made is not None
    assert made.next == next_
