"""Take the pictures of docs/report.md anew: `python docs/pictures/take.py`, from the folder of the checkout.

Needs Chromium and, for the sheet of paper, pdftoppm (Debian: chromium, poppler-utils).
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from screener import advise, evaluate, load_patient, load_rules
from screener.report.html import html_page
from screener.report.terminal import print_screening

HERE = Path(__file__).parent
PATIENTS = HERE.parents[1] / "examples" / "patients"


def page_about(*names: str) -> str:
    rules = load_rules()
    return html_page([evaluate(load_patient(PATIENTS / f"{name}.json", rules), rules) for name in names])


def terminal(name: str, trial: str) -> str:
    """What `screen` prints of a patient and one trial, as SVG. It asks for a font of the web, which it goes without."""
    rules = load_rules()
    screening = evaluate(load_patient(PATIENTS / f"{name}.json", rules), rules, trials=[trial])
    console = Console(
        record=True, width=100, force_terminal=True, color_system="truecolor", file=io.StringIO(), highlight=False
    )
    print_screening(screening, console, first_facts=advise(screening))
    return console.export_svg(title=f"screen examples/patients/{name}.json --trial {trial}")


def take(tab: Page) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"

        def show(*names: str, width: int = 1280, height: int = 800) -> None:
            file.write_text(page_about(*names), encoding="utf-8")
            tab.set_viewport_size({"width": width, "height": height})
            tab.goto(file.as_uri())

        show("hepatitis-b-flare-with-encephalopathy", height=1000)
        tab.screenshot(path=HERE / "top.png")
        tab.locator("section:has(> #p1-labs)").screenshot(path=HERE / "labs.png")
        pdf = Path(folder) / "page.pdf"
        pdf.write_bytes(tab.pdf(format="A4"))
        subprocess.run(
            ["pdftoppm", "-r", "90", "-f", "1", "-l", "1", "-png", "-singlefile", pdf, HERE / "paper"], check=True
        )
        show("girl-of-17-with-autoimmune-hepatitis", height=1000)
        around(tab, "ahead.png", "#p1-next", "#p1-days")
        show("score-with-two-readings")
        tab.locator("#p1-NCT07409259-I3").screenshot(path=HERE / "two-readings.png")
        tab.locator("section.checklist").nth(1).screenshot(path=HERE / "questions.png")
        show("score-with-two-readings", width=360, height=900)
        tab.locator("#p1-NCT07409259").scroll_into_view_if_needed()
        tab.evaluate("document.querySelector('#p1-NCT07409259').scrollIntoView()")
        tab.screenshot(path=HERE / "narrow.png")
        tab.set_viewport_size({"width": 1000, "height": 900})
        tab.context.set_offline(True)
        tab.goto("about:blank")
        tab.set_content(terminal("score-with-two-readings", "NCT07409259"))
        box = tab.locator("svg").bounding_box()
        assert box is not None
        tab.screenshot(path=HERE / "terminal.png", clip={**box, "height": 860}, omit_background=True)


def around(tab: Page, name: str, first: str, last: str) -> None:
    """A picture of the sections from the one headed `first` to the one headed `last`."""
    top, bottom = (tab.locator(f"section:has(> {each})").bounding_box() for each in (first, last))
    assert top is not None
    assert bottom is not None
    height = bottom["y"] + bottom["height"] - top["y"]
    clip = {"x": top["x"] - 8, "y": top["y"], "width": top["width"] + 16, "height": height}
    tab.screenshot(path=HERE / name, full_page=True, clip=clip)


def main() -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        take(chromium.new_page())
        chromium.close()


if __name__ == "__main__":
    main()
