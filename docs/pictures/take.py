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
from screener.report.sheet_page import page
from screener.report.terminal import print_screening
from screener.sheet.making import sheet_of

HERE = Path(__file__).parent
PATIENTS = HERE.parents[1] / "examples" / "patients"


def page_about(name: str) -> str:
    rules = load_rules()
    screening = evaluate(load_patient(PATIENTS / f"{name}.json", rules), rules)
    return page([sheet_of(screening)], [screening])


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

        def show(name: str, width: int = 1280, height: int = 800, unfold: str = "") -> None:
            file.write_text(page_about(name), encoding="utf-8")
            tab.set_viewport_size({"width": width, "height": height})
            tab.goto(file.as_uri())
            if unfold:
                tab.evaluate("what => document.querySelectorAll(what).forEach(each => { each.open = true; })", unfold)

        def print_page(number: int, name: str) -> None:
            pdf = Path(folder) / "page.pdf"
            pdf.write_bytes(tab.pdf(prefer_css_page_size=True))
            page = str(number)
            command = [
                "pdftoppm",
                "-r",
                "90",
                "-f",
                page,
                "-l",
                page,
                "-png",
                "-singlefile",
                str(pdf),
                str(HERE / name),
            ]
            subprocess.run(command, check=True)

        show("alcoholic-hepatitis-with-ascites", height=1000)
        tab.locator(".sheet").screenshot(path=HERE / "sheet.png")
        show("negatives-not-written-down", height=1000)
        print_page(1, "paper")
        show("negatives-not-written-down", width=390, height=900)
        tab.screenshot(path=HERE / "narrow.png")
        show("negatives-not-written-down", unfold=".review-fold")
        tab.locator("form.review").screenshot(path=HERE / "review.png")
        show("alcoholic-hepatitis-with-ascites", unfold=".review-fold + .checklist")
        print_page(2, "checklist")
        show("score-with-two-readings", unfold="details")
        tab.locator("#p1-NCT07409259-I3").screenshot(path=HERE / "two-readings.png")
        show("hepatitis-b-flare-with-encephalopathy", unfold="details")
        tab.locator("section:has(> #p1-labs)").screenshot(path=HERE / "labs.png")
        tab.set_viewport_size({"width": 1000, "height": 900})
        tab.context.set_offline(True)
        tab.goto("about:blank")
        tab.set_content(terminal("score-with-two-readings", "NCT07409259"))
        box = tab.locator("svg").bounding_box()
        assert box is not None
        tab.screenshot(path=HERE / "terminal.png", clip={**box, "height": 860}, omit_background=True)


def main() -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        take(chromium.new_page())
        chromium.close()


if __name__ == "__main__":
    main()
