"""Every form of report of records as hospitals send them: nothing breaks, and what other programs read is whole."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import html5lib
import pytest

from screener.cli import main
from screener.report.forms import DEFAULT, FORMS, Form

DATA = Path(__file__).parents[1] / "data"
HOSTILE = {
    "id": 'x"><script>\u202e,=1+1',
    "as_of": "2026-02-20",
    "observations": [
        {"name": "=TBil", "value": "1;2,3\n4", "unit": "</td>"},
        {"name": "INR", "value": ">8", "date": "2026-02-19"},
    ],
    "conditions": [{"text": '<b>"HCC"?</b>;\t,'}, {"name": "cirrhosis", "onset": "yesterday"}],
    "medications": [{"text": "\U0001f600 " * 40}],
}
VALUES = {"html": "-", "explain": "NCT03863002/I3", "out": "pages"}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    hostile = tmp_path_factory.mktemp("records") / "hostile.json"
    hostile.write_text(json.dumps(HOSTILE), encoding="utf-8")
    inpatients = ("01.icd.fhir.json", "03.json")
    return [
        *(str(DATA / "inpatients" / each) for each in inpatients),
        str(DATA / "synthea/patient.json.gz"),
        str(hostile),
    ]


@pytest.mark.parametrize("form", [DEFAULT, *FORMS], ids=lambda form: form.name)
def test_every_form_of_real_records_is_whole(
    form: Form, records: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    option = [] if form is DEFAULT else [form.option, *([VALUES[form.name]] if form.name in VALUES else [])]
    lists = ["--assume-complete", "conditions,medications", "--as-of", "2026-02-20"]
    further = [f"--{each}" for each in form.further] if form.name in ("full", "compact") else []
    assert main([*records, *option, *lists, *further]) == 0
    out = capsys.readouterr().out
    if form.name in ("json", "compact"):
        assert len([json.loads(line) for line in out.splitlines()]) == len(records)
    elif "csv" in form.name:
        _is_csv(out, at_least=len(records))
    elif form.name == "html":
        _is_html(out)
    elif form.name == "out":
        pages = list(Path("pages").rglob("*.html"))
        assert len(pages) == 1 + len(records)
        for page in pages:
            _is_html(page.read_text(encoding="utf-8"))
        _is_csv(Path("pages/worklist.csv").read_text(encoding="utf-8-sig"), at_least=len(records))
    else:
        assert out.strip()
        assert "Traceback" not in out


def _is_csv(text: str, at_least: int) -> None:
    head, *rows = csv.reader(StringIO(text.removeprefix("\ufeff")), strict=True)
    assert len(rows) >= at_least
    assert {len(row) for row in rows} == {len(head)}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def _is_html(text: str) -> None:
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert "<script>\u202e" not in text
