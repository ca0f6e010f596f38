"""`screen codes`, and screening with a clinic's own table of codes."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import RULES, Call
from screener import LocalCodesError, ScreeningError, evaluate, load_patient, load_rules

HEADER = "system,code,name,unit\n"
LOCAL = {"system": "urn:lab", "code": "FERR", "value": 12, "date": "2026-02-18"}


@pytest.fixture
def table(folder: Path) -> str:
    (folder / "local.csv").write_text(f"{HEADER}urn:lab,FERR,ferritin,ug/L\n", encoding="utf-8")
    return "local.csv"


# ---- screening with a table


def test_a_table_lets_a_local_code_decide_and_the_evidence_says_so(call: Call, write: Any, table: str) -> None:
    record = write(observations=[LOCAL])
    for arguments, status, kind, flags in (
        ((), "unknown", "unusable", ["its name is not read, and is nearly one of `ferritin`"]),
        (("--codes", table), "failed", "remark", ["read as ferritin in ug/L by the clinic's own table"]),
    ):
        _, out, _ = call(record, "--json", *arguments)
        criterion = json.loads(out)["trials"][0]["criteria"][1]
        assert criterion["status"] == status
        assert [each["flags"] for each in criterion["evidence"]] == [[{"kind": kind, "text": text} for text in flags]]


def test_the_table_for_people_shows_what_the_clinics_own_gave(call: Call, write: Any, table: str) -> None:
    _, out, _ = call(write(observations=[LOCAL]), "--full", "--codes", table)
    assert "read as ferritin in ug/L by the clinic's own table" in " ".join(out.split())


def test_a_faulty_table_stops_the_call_before_any_record(call: Call, write: Any, folder: Path) -> None:
    (folder / "local.csv").write_text(f"{HEADER}urn:lab,FERR,ferittin,\n", encoding="utf-8")
    status, out, err = call(write(), "--codes", "local.csv")
    assert (status, out) == (2, "")
    assert err == (
        "error[codes]: `ferittin` is not in the dictionary\n"
        "  --> local.csv: line 2, name\n"
        "help: did you mean `ferritin`?\n"
    )


def test_there_may_be_several_tables(call: Call, write: Any, table: str, folder: Path) -> None:
    (folder / "more.csv").write_text(f"{HEADER},G,gout,\n", encoding="utf-8")
    record = write(observations=[LOCAL], conditions=[{"code": "G", "status": "active"}])
    status, out, _ = call(record, "--json", "--codes", table, "--codes", "more.csv")
    assert status == 0
    assert [each["status"] for each in json.loads(out)["trials"][0]["criteria"]] == [
        "passed",
        "failed",
        "unknown",
        "failed",
    ]


@pytest.mark.parametrize("several", [False, True])
def test_python_takes_the_same_tables(write: Any, table: str, several: bool) -> None:
    rules = load_rules(RULES)
    record = write(observations=[LOCAL])
    codes: Any = [Path(table)] if several else table
    patient = load_patient(record, rules, codes=codes)
    assert evaluate(patient, rules).trials[0].criteria[1].status == "failed"
    assert evaluate(record, rules, codes=codes).trials[0].criteria[1].status == "failed"
    assert evaluate(record, rules).trials[0].criteria[1].status == "unknown"
    with pytest.raises(ScreeningError, match="give the codes to `load_patient`"):
        evaluate(patient, rules, codes=codes)
    with pytest.raises(LocalCodesError, match="there is no such file"):
        load_patient(record, rules, codes="none.csv")


# ---- screen codes


def test_what_is_near_stands_first_then_what_is_read_and_the_most_frequent_first(call: Call, write: Any) -> None:
    observations = [
        {"name": "ferritin", "value": 1, "unit": "ug/L"},
        {"name": "ferritin", "value": 2, "unit": "ug/L"},
        {"system": "urn:lab", "code": "S-Ferritin", "value": 3},
        {"system": "urn:lab", "code": "Z", "value": 3, "unit": "mg"},
        {"system": "urn:lab", "code": "FERRI", "value": 3, "unit": "ng/mL"},
        {"system": "urn:lab", "code": "FERRI", "value": 3},
    ]
    record = write(observations=observations, conditions=[{"name": "gout"}, {"icd10": "Z99"}])
    assert call("codes", record) == (
        0,
        "Not read, and like something in the dictionary: 2\n"
        "     2 x  lab        urn:lab FERRI, in ng/mL or without a unit\n"
        "                     perhaps ferritin\n"
        "     1 x  lab        urn:lab S-Ferritin, without a unit\n"
        "                     perhaps ferritin\n"
        "\n"
        "Read: 3\n"
        "     2 x  lab        “ferritin”, in ug/L\n"
        "                     read as ferritin\n"
        "     1 x  condition  icd10 Z99\n"
        "                     may be gout\n"
        "     1 x  condition  “gout”\n"
        "                     read as gout\n"
        "\n"
        "Not read, and like nothing in the dictionary: 1\n"
        "     1 x  lab        urn:lab Z, in mg\n"
        "\n"
        "`screen codes --csv` prints the first of these as a table for `--codes`, to be checked by a person.\n",
        "",
    )


def test_the_table_is_commented_out_and_counts_only_when_a_person_takes_the_signs_away(
    call: Call, write: Any, folder: Path
) -> None:
    observations = [
        {"system": "urn:lab", "code": "FERRI", "value": 12, "unit": "ug/L", "date": "2026-02-18"},
        {"system": "urn:lab", "code": "FERRI", "value": 12, "date": "2026-02-17"},
        {"name": 'Ferritin, "total"', "value": 12, "unit": "ug/L", "date": "2026-02-16"},
    ]
    record = write(observations=observations)
    _, draft, _ = call("codes", "--csv", record)
    out = draft
    rows = [line for line in out.splitlines() if line and not line.startswith("#")]
    assert rows == ["system,code,name,unit,within,not,answer,by,on"]
    assert "# urn:lab,FERRI,ferritin,ug/L\n" in out
    assert '# text,"Ferritin, ""total""",ferritin,\n' in out
    (folder / "draft.csv").write_text(out, encoding="utf-8")
    status, out, _ = call(record, "--json", "--codes", "draft.csv")
    assert status == 0
    assert 'not read: Ferritin, "total"; did you mean `ferritin`?' in " ".join(json.loads(out)["notes"])
    confirmed = draft.replace("# urn:lab", "urn:lab").replace("# text", "text")
    (folder / "confirmed.csv").write_text(confirmed, encoding="utf-8")
    status, out, _ = call(record, "--json", "--codes", "confirmed.csv")
    assert (status, json.loads(out)["trials"][0]["criteria"][1]["status"]) == (0, "failed")


def test_a_suggested_unit_is_one_that_other_results_have_and_only_where_some_have_none(call: Call, write: Any) -> None:
    def row(*units: str | None) -> str:
        entries = [
            {"system": "urn:lab", "code": "FERRI", "value": 3, **({"unit": unit} if unit else {})} for unit in units
        ]
        _, out, _ = call("codes", "--csv", write(observations=entries))
        (found,) = [line for line in out.splitlines() if line.startswith("# urn:lab")]
        return str(found.rpartition(",")[2])

    assert row("ug/L", None) == "ug/L"
    assert row("ug/L") == ""
    assert row(None) == ""
    assert row("ug/L", "ng/mL", None) == ""


def test_neither_values_nor_days_nor_persons_are_shown(call: Call, write: Any) -> None:
    record = write(
        id="Anna-4711",
        observations=[{"name": "ferritin", "value": 123.5, "unit": "ug/L", "date": "2026-02-18", "upper_limit": 777}],
        conditions=[{"name": "gout", "onset": "2019-03", "stage": "IV"}],
        answers={"informed_consent": {"value": True, "by": "Dr. Who"}},
    )
    _, out, err = call("codes", record)
    for secret in ("4711", "123", "777", "2026", "2019", "1981", "IV", "Who", "female"):
        assert secret not in out + err


def test_several_records_are_counted_together(call: Call, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write("first.json")
    text = Path(write("second.json")).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    status, out, _ = call("codes", first, "-")
    assert status == 0
    assert "     2 x  lab        “ferritin”, in ug/L\n" in out


def test_the_records_of_a_folder_are_counted_together(call: Call, write: Any, folder: Path) -> None:
    (folder / "records").mkdir()
    for number in range(2):
        shutil.copy(write(), folder / "records" / f"{number}.json")
    status, out, _ = call("codes", str(folder / "records"))
    assert status == 0
    assert out == call("codes", write(), write())[1]


def test_a_record_that_cannot_be_screened_is_listed_all_the_same(call: Call, write: Any) -> None:
    faulty = {"code": "X", "value": 1, "date": "2026-02-30"}
    record = write(observations=[{"name": "Ferritin (serum)", "value": 12}, faulty])
    status, out, err = call("codes", record)
    assert status == 0
    assert "“Ferritin (serum)”, without a unit\n                     perhaps ferritin\n" in out
    assert "     1 x  lab        X, without a unit\n" in out
    assert err == "note: anna.json: it cannot be screened yet; `screen anna.json` says why\n"


def test_a_record_that_cannot_be_read_is_refused(call: Call, folder: Path) -> None:
    (folder / "broken.json").write_text("{", encoding="utf-8")
    status, out, err = call("codes", "broken.json")
    assert (status, out) == (2, "")
    assert err.startswith("error[record]: it is not JSON")


def test_a_record_that_calls_nothing_anything_says_so(call: Call, write: Any) -> None:
    status, out, err = call("codes", write(observations=None, conditions=None))
    assert (status, out, err) == (0, "The records hold no codes and no names.\n", "")


def test_a_table_that_is_given_changes_the_list(call: Call, write: Any, table: str) -> None:
    _, out, _ = call("codes", write(observations=[LOCAL], conditions=[]), "--codes", table)
    assert out == "Read: 1\n     1 x  lab        urn:lab FERR, without a unit\n                     read as ferritin\n"


def test_without_a_record_the_call_is_refused(call: Call) -> None:
    status, out, err = call("codes")
    assert (status, out) == (2, "")
    assert err.startswith("error[call]: ")
    assert "help: see `screen codes --help`" in err
