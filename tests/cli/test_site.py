"""A site's file: what it settles, who says so in each result, what overrules it, and when it is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Call
from screener import ScreeningError, evaluate, load_patient, load_rules

LINE = "NCT07409259/I3"
EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"
TWO_READINGS = str(EXAMPLES / "score-with-two-readings.json")
WHO = 'by = "Dr Li"\non = 2026-01-10\n'
READING = f'[[reading]]\nline = "{LINE}"\nreading = %s\n{WHO}'
COMPLETE = f'[[complete]]\nlists = ["conditions"]\nwhy = "every diagnosis since 2010"\n{WHO}'
FRESH = f'[freshness]\nlabs_within = "1 day"\n{WHO}'
SETTLED = "Dr Li on 10 Jan 2026 (settled for the site)"


@pytest.fixture
def settle(folder: Path):
    """Write the site's file, and return its place."""

    def settle(text: str, name: str = "screener.toml") -> Path:
        place = folder / name
        place.write_text(text, encoding="utf-8")
        place.chmod(0o644)
        return place

    return settle


def result(call: Call, *arguments: str, **options: Any) -> dict[str, Any]:
    status, out, err = call(*arguments, "--json", **options)
    assert (status, err) == (0, "")
    told: dict[str, Any] = json.loads(out)
    return told


def line_of(told: dict[str, Any], name: str = LINE) -> dict[str, Any]:
    trial_id, _, line = name.partition("/")
    [found] = [
        each for trial in told["trials"] if trial["id"] == trial_id for each in trial["criteria"] if each["id"] == line
    ]
    return found


# ---- what it settles


@pytest.mark.parametrize(
    ("reading", "status"),
    [("1", "failed"), ("2", "passed"), ('"the encephalopathy score 1, 2, 3 of the paper"', "failed")],
)
def test_a_reading_is_settled_by_number_or_words_and_the_line_says_by_whom(
    call: Call, settle, reading: str, status: str
) -> None:
    assert line_of(result(call, TWO_READINGS, rules=None))["status"] == "unknown"
    settle(READING % reading)
    line = line_of(result(call, TWO_READINGS, rules=None))
    assert line["status"] == status
    assert [each["chosen_by"] for each in line["readings"] if each["chosen"]] == [SETTLED]


def test_a_choice_that_comes_with_the_patient_counts_before_the_sites(call: Call, settle, folder: Path) -> None:
    settle(READING % 1)
    record = json.loads(Path(TWO_READINGS).read_text("utf-8"))
    record.setdefault("answers", {})[LINE] = {"reading": 2, "by": "Dr Wu"}
    (folder / "own.json").write_text(json.dumps(record), encoding="utf-8")
    told = result(call, "own.json", rules=None)
    assert line_of(told)["status"] == "passed"
    note = f"answers.{LINE}: this choice counts for the patient, and not what was settled by {SETTLED}"
    assert note in told["notes"]


def test_lists_are_taken_as_complete_with_the_basis_assumed_and_a_note_says_by_whom(call: Call, write, settle) -> None:
    record = write(conditions=None)
    assert line_of(result(call, record), "NCT00000001/E1")["status"] == "unknown"
    by_option = line_of(result(call, record, "--assume-complete", "conditions"), "NCT00000001/E1")
    settle(COMPLETE)
    told = result(call, record)
    assert line_of(told, "NCT00000001/E1") == by_option
    assert by_option["basis"] == "assumed"
    assert f"taken as complete: `conditions` (every diagnosis since 2010), by {SETTLED}" in told["notes"]


def test_freshness_is_what_the_option_does_and_a_note_says_whose_it_is(call: Call, write, settle) -> None:
    by_option = result(call, write(), "--labs-within", "1 day")
    settle(FRESH)
    told = result(call, "anna.json")
    assert told["trials"] == by_option["trials"]
    assert told["trials"] != result(call, "anna.json", "--no-site")["trials"]
    assert f"labs and findings may be 1 day old, by {SETTLED}" in told["notes"]


def test_codes_locale_columns_and_rules_are_read_beside_the_file(call: Call, write, settle, folder: Path) -> None:
    (folder / "codes.csv").write_text("system,code,name,unit\nhere,F1,ferritin,ug/L\n", encoding="utf-8")
    settle('codes = ["codes.csv"]\nlocale = "de"\n')
    coded = [{"system": "here", "code": "F1", "value": "40,5", "unit": "ug/L", "date": "18.02.2026"}]
    below = folder / "ward" / "bed"
    below.mkdir(parents=True)
    record = str(folder / write(observations=coded))
    os.chdir(below)
    told = result(call, record)
    assert line_of(told, "NCT00000001/I2")["status"] == "passed"
    assert "read by what the site's screener.toml names: codes codes.csv; locale de" in told["notes"]


def test_times_of_the_sites_zone_are_ordered_beside_those_that_say_theirs(call: Call, write, settle) -> None:
    results = [
        {"name": "ferritin", "value": value, "unit": "ug/L", "date": date}
        for value, date in ((40, "2026-02-18T07:40"), (12, "2026-02-18T07:00Z"))
    ]
    record = write(observations=results)
    assert line_of(result(call, record), "NCT00000001/I2")["status"] == "unknown"
    settle('time_zone = "Europe/Berlin"\n')
    told = result(call, record)
    assert line_of(told, "NCT00000001/I2")["status"] == "failed"
    assert "read by what the site's screener.toml names: time zone Europe/Berlin" in told["notes"]


def test_a_default_form_holds_where_the_call_names_none(call: Call, write, settle) -> None:
    settle('output = "quiet"\n')
    assert call(write())[1] == "anna\tNCT00000001\tineligible\truled out\n"
    assert json.loads(call("anna.json", "--json")[1])["patient"] == "anna"


@pytest.mark.parametrize("name", ["pdf", "html", "explain"])
def test_a_default_form_that_is_none_is_refused(call: Call, write, settle, name: str) -> None:
    settle(f'output = "{name}"\n')
    status, out, err = call(write())
    assert (status, out) == (2, "")
    assert err.startswith(f"error[call]: `{name}` cannot be the usual form of report\n")


# ---- what overrules it


def test_an_option_overrules_its_key_and_no_other(call: Call, write, settle) -> None:
    settle(COMPLETE.replace("conditions", "procedures") + FRESH)
    told = result(call, write(), "--labs-within", "14 days")
    assert [note for note in told["notes"] if "settled for the site" in note] == [
        f"taken as complete: `procedures` (every diagnosis since 2010), by {SETTLED}"
    ]


def test_without_the_file_or_with_no_site_nothing_is_settled(call: Call, write, settle) -> None:
    plain = result(call, write())
    settle(COMPLETE + FRESH)
    assert result(call, "anna.json", "--no-site") == plain


def test_a_file_may_be_named_and_goes_before_the_nearest(call: Call, write, settle) -> None:
    settle("nonsense\n")
    named = settle(FRESH, "other.toml")
    told = result(call, write(), "--site", str(named))
    assert f"labs and findings may be 1 day old, by {SETTLED}" in told["notes"]


def test_the_nearest_file_upwards_counts(call: Call, write, settle, folder: Path) -> None:
    settle("nonsense\n")
    (folder / "ward").mkdir()
    settle(FRESH, "ward/screener.toml")
    record = str(folder / write())
    os.chdir(folder / "ward")
    assert call(record, "--json")[0] == 0


# ---- when it is refused


@pytest.mark.parametrize(("mode", "what"), [(0o664, "group"), (0o646, "everybody"), (0o622, "all")])
def test_a_file_that_others_may_write_is_refused(call: Call, write, settle, mode: int, what: str) -> None:
    place = settle(FRESH)
    place.chmod(mode)
    assert call(write()) == (
        2,
        "",
        "error[site]: others may write it, and it decides what is printed here, so it is not used\n"
        f"  --> {place}\n"
        f"help: `chmod go-w {place}`; `--site FILE` names another one, `--no-site` does without\n",
    )
    assert call("anna.json", "--no-site")[0] == 0


@pytest.mark.parametrize(("mode", "status"), [(0o777, 2), (0o775, 2), (0o1777, 0), (0o755, 0)])
def test_a_folder_in_which_others_may_replace_the_file_refuses_it(
    call: Call, write, settle, folder: Path, mode: int, status: int
) -> None:
    place = settle(FRESH)
    folder.chmod(mode)
    found, _, err = call(write(), "--json")
    assert found == status
    assert (f"others may write its folder `{place.parent}`" in err) == (status == 2)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_refused(call: Call, write, settle) -> None:
    os.chown(settle(FRESH), 12345, -1)
    status, out, err = call(write())
    assert (status, out) == (2, "")
    assert "error[site]: it belongs to somebody else, and decides what is printed here, so it is not used" in err


def test_a_link_a_folder_and_a_pipe_are_refused(call: Call, write, settle, folder: Path) -> None:
    place = folder / "screener.toml"
    for make, fault in (
        (lambda: place.symlink_to(settle(FRESH, "real.toml")), "it is a link, which is not followed"),
        (place.mkdir, "it cannot be read: is a directory"),
        (lambda: os.mkfifo(place), "it is not a file"),
    ):
        make()
        status, out, err = call(write())
        assert (status, out) == (2, "")
        assert f"error[site]: {fault}" in err
        place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()


BROKEN = """\
nmae = "x"
locale = "xx-99"
time_zone = "Europe/Berln"
codes = "codes.csv"
[freshness]
labs_within = 14
on = "2026-01-10"
[[complete]]
lists = ["condition"]
by = "x"
on = 2026-01-10
[[reading]]
line = ""
reading = 1.5
"""


def test_every_fault_is_named_with_its_place_and_a_hint(call: Call, write, settle) -> None:
    place = settle(BROKEN)
    status, out, err = call(write())
    assert (status, out) == (2, "")
    assert [" | ".join(each.split("\n")).replace(str(place), "FILE") for each in err.strip().split("\n\n")] == [
        "error[site]: `codes.csv` is not a list |   --> FILE: codes | help: `codes` must be a list",
        "error[site]: `xx-99` is not a locale |   --> FILE: locale | "
        "help: write a language and a country, such as `de-DE` or `en-GB`",
        "error[site]: `Europe/Berln` is no time zone |   --> FILE: time_zone | help: did you mean `Europe/Berlin`?",
        "error[site]: `by` is missing |   --> FILE: freshness.by | help: say who settled it, and when",
        "error[site]: `2026-01-10` is not a day |   --> FILE: freshness.on | "
        "help: write it as 2026-01-10, without quotation marks",
        "error[site]: `14` is not a length of time |   --> FILE: freshness.labs_within | "
        "help: write a whole number of hours, days, weeks, months or years",
        "error[site]: `by` is missing |   --> FILE: reading[0].by | help: say who settled it, and when",
        "error[site]: `on` is missing |   --> FILE: reading[0].on | help: say who settled it, and when",
        "error[site]: `` is not text, and not empty |   --> FILE: reading[0].line | "
        "help: `line` must be text, and not empty",
        "error[site]: `1.5` is not a reading |   --> FILE: reading[0].reading | "
        "help: write its number, or its words in quotation marks",
        "error[site]: `condition` is not a list of a record |   --> FILE: complete[0].lists[0] | "
        "help: did you mean `conditions`?",
        "error[site]: `why` is missing |   --> FILE: complete[0].why | help: write `why = …`",
        "error[site]: `nmae` is not a key here |   --> FILE: nmae | help: did you mean `name`?",
    ]


@pytest.mark.parametrize("text", ["x = ", "\ufeffx = =", "a" * 1_100_000])
def test_what_is_no_toml_is_refused(call: Call, write, settle, text: str) -> None:
    settle(text)
    status, out, err = call(write())
    assert (status, out) == (2, "")
    assert "error[site]: it is not TOML: " in err or "error[site]: it is too large for a site's file" in err


@pytest.mark.parametrize(
    ("line", "reading", "fault"),
    [
        (
            "NCT0740925/I3",
            "1",
            "`NCT0740925` is not a trial of these rules\n  --> FILE: reading[0].line\nhelp: did you",
        ),
        ("NCT07409259/I99", "1", "`I99` is not a line of NCT07409259\n"),
        (LINE, "3", f"`3` is not a reading of {LINE}\n  --> FILE: reading[0].reading\nhelp: its readings are 1: “the"),
        (LINE, '"the paper"', f"`the paper` is not a reading of {LINE}\n"),
        (
            "NCT07409259/I1",
            "1",
            "`1` is not a reading of NCT07409259/I1\n  --> FILE: reading[0].reading\nhelp: it has one",
        ),
    ],
)
def test_a_reading_that_does_not_fit_the_rules_is_refused(
    call: Call, settle, line: str, reading: str, fault: str
) -> None:
    place = settle((READING % reading).replace(LINE, line))
    status, out, err = call(TWO_READINGS, rules=None)
    assert (status, out) == (2, "")
    assert err.replace(str(place), "FILE").startswith(f"error[site]: {fault}")


# ---- screen site


def test_a_site_is_shown_with_what_it_settles_by_whom_and_when(call: Call, settle) -> None:
    place = settle(f'name = "St. Elsewhere"\ncodes = ["codes.csv"]\n{FRESH}{COMPLETE}{READING % 2}')
    (place.parent / "codes.csv").write_text("system,code,name,unit\n", encoding="utf-8")
    status, out, err = call("site", rules=None)
    assert (status, err) == (0, "")
    assert out.replace(str(place.parent), "HERE") == (
        "HERE/screener.toml: St. Elsewhere\n"
        "  codes      HERE/codes.csv\n"
        "  labs and findings may be 1 day old\n"
        "    Dr Li on 10 Jan 2026\n"
        "  taken as complete: conditions\n"
        "    every diagnosis since 2010\n"
        "    Dr Li on 10 Jan 2026; what rests on it is said to be assumed\n"
        f"  {LINE} is read as 2: “the encephalopathy grade 0 to 4, as the registry prints it”\n"
        "    Dr Li on 10 Jan 2026\n"
    )


def test_a_site_that_does_not_fit_the_rules_is_shown_with_its_problems(call: Call, settle) -> None:
    settle(READING % 9)
    status, out, err = call("site", rules=None)
    assert (status, f"{LINE} is read as `9`" in out) == (1, True)
    assert f"`9` is not a reading of {LINE}" in err


def test_where_there_is_no_site_that_is_said(call: Call) -> None:
    status, out, _ = call("site", rules=None)
    assert (status, out) == (
        0,
        "there is no screener.toml in this folder or above it; docs/site.md says what it can settle\n",
    )


# ---- the door for programs


def test_a_program_gives_a_site_expressly_and_none_is_looked_for(settle) -> None:
    place = settle(COMPLETE + FRESH + READING % 1)
    record = json.loads(Path(TWO_READINGS).read_text("utf-8"))
    plain = evaluate(record)
    assert not any("settled for the site" in note for note in plain.notes)
    settled = evaluate(record, site=place)
    line = next(
        each for trial in settled.trials if trial.id == "NCT07409259" for each in trial.criteria if each.id == "I3"
    )
    assert [each.chosen_by for each in line.readings if each.chosen] == [SETTLED]
    assert sum("settled for the site" in note for note in settled.notes) == 2
    assert sum("settled for the site" in note for note in evaluate(record, site=place, labs_within="9 days").notes) == 1


def test_a_patient_who_was_read_without_the_sites_codes_is_refused(settle) -> None:
    place = settle('locale = "de"\n')
    patient = load_patient(TWO_READINGS, load_rules())
    with pytest.raises(ScreeningError, match=r"the patient has been read already: .*`locale`"):
        evaluate(patient, site=place)


def test_the_file_of_the_manual_can_be_used(call: Call, settle, folder: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "site.md").read_text("utf-8")
    settle(manual.partition("```toml\n")[2].partition("```")[0])
    (folder / "codes.csv").write_text("system,code,name,unit\n", encoding="utf-8")
    assert call("site", rules=None)[0] == 0
    told = result(call, TWO_READINGS, rules=None)
    assert line_of(told)["status"] == "failed"
    assert sum("settled for the site" in note for note in told["notes"]) == 2
