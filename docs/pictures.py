"""Takes the pictures of the console that the README shows, from a fresh demonstration, with Chromium.

`make pictures` writes them anew to docs/pictures. Each is what a newcomer sees who signs in as `officer`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from examples import served
from playwright.sync_api import Page, sync_playwright

from relto.config import load
from relto.demo.run import world

FOLDER = Path(__file__).parent / "pictures"
SIZE = {"width": 1280, "height": 860}


PAGES = {
    "overview": ("/", ""),
    "agreement": ("/agreements/usa-ukr", "How it flows"),
    "case": ("/cases/usa-ukr-2025", "Timeline"),
}
"""What is shown, by the name of its picture: the page, and the heading from which on, else its top."""


def main() -> int:
    """Take them all; the exit status."""
    program = shutil.which("chromium")
    if program is None:
        print("there is no Chromium: on Debian, apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        template = Path(name) / "world"
        with world(load(template, environment={})):
            pass
        with served(template) as node:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE, color_scheme="light", timezone_id="UTC", reduced_motion="reduce")
            _sign_in(page, node.base)
            for picture, (address, heading) in PAGES.items():
                page.goto(node.base + address)
                page.wait_for_timeout(800)
                if heading:
                    page.get_by_role("heading", name=heading).evaluate("heading => heading.scrollIntoView()")
                page.screenshot(path=FOLDER / f"{picture}.png")
                print(FOLDER.name, picture)
            browser.close()
    return 0


def _sign_in(page: Page, base: str) -> None:
    page.goto(base + "/sign-in")
    page.get_by_label("Account").fill("officer")
    page.get_by_label("Password").fill("officer-demo-password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(base + "/")


if __name__ == "__main__":
    sys.exit(main())
