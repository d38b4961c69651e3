"""A real browser before the console of a demonstration world: signed in, watched, and looked at.

Every page that `Visitor` opens is watched: what its console says, what fails, and which hosts it asks. What is found
there fails the test that opened it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import BrowserContext, Page, Response

from relto.config import load
from relto.faces.serving import server
from relto.wiring import Opened, open_node

REPOSITORY = Path(__file__).resolve().parents[3]
SCREENS = Path(os.environ.get("RELTO_SCREENS", REPOSITORY / "build" / "screens"))
"""Where pictures of pages are kept, for people to look at."""

AXE = REPOSITORY / "tests" / "data" / "axe-core" / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

BYTES_MAX = 150_000
"""Of one page, as it comes over the wire before anything is packed."""

TABS_MAX = 150
"""So many presses of a key lead everywhere on a page."""

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium() -> str | None:
    """The browser of this machine."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@dataclass
class Shown:
    """A world whose console is shown: where, and its node, to look behind it."""

    opened: Opened
    base: str
    folder: Path

    def client(self, who: str | None) -> httpx.Client:
        """Asks its API as this account."""
        auth = (who, password(who)) if who else None
        return httpx.Client(base_url=f"{self.base}/api/v1", auth=auth, timeout=60)


def password(who: str) -> str:
    """That of an account of the demonstration."""
    return f"{who}-demo-password"


@contextlib.contextmanager
def showing(folder: Path, **settings: object) -> Iterator[Shown]:
    """The node in this folder, served by this process on a port of its own."""
    arguments = {name.replace("__", "."): value for name, value in settings.items()}
    config = load(folder, environment={}, arguments=arguments)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    running = server(config, None)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, name="relto-shown")
    with open_node(config) as opened:
        thread.start()
        try:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=base, timeout=30) as client:
                assert client.get("/healthz").status_code == 200
            yield Shown(opened, base, folder)
        finally:
            running.should_exit = True
            thread.join(30)
            listener.close()
            assert not thread.is_alive(), "the server ends when it is told to"


@dataclass
class Visitor:
    """One account before one browser. `faults`: what the browser said was wrong, on any of its pages."""

    shown: Shown
    context: BrowserContext
    who: str
    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    """Statuses of pages that are no fault here, as when one asks for what is not for one."""

    def page(self) -> Page:
        """A page of its own, watched."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self._asked(request.url))
        return page

    def _heard(self, kind: str, text: str) -> None:
        refused = re.search(r"the server responded with a status of (\d+)", text)
        if refused and int(refused[1]) in self.expected:
            return
        if kind in {"error", "warning"}:
            self.faults.append(f"console: {text}")

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme not in {"data", "about"} and not url.startswith(self.shown.base + "/"):
            self.faults.append(f"another host: {url}")

    def open(self, page: Page, address: str) -> Response:
        """The page at this address, when it stands."""
        response = page.goto(self.shown.base + address)
        assert response is not None
        page.wait_for_load_state("load")
        return response

    def sign_in(self, page: Page) -> None:
        """By the form, as people do."""
        self.open(page, "/sign-in")
        page.get_by_label("Account").fill(self.who)
        page.get_by_label("Password").fill(password(self.who))
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(self.shown.base + "/")


def reach(page: Page, role: Any, name: str | re.Pattern[str], *, exact: bool = True) -> None:
    """Goes on by Tab until this has the focus, which is to be seen."""
    wanted = page.get_by_role(role, name=name, exact=exact).first
    for _ in range(TABS_MAX):
        if wanted.evaluate("node => node === document.activeElement"):
            assert wanted.bounding_box() is not None, f"{name} has the focus and is not to be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keyboard to {name}")


def axe(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands: rule, and where."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations",
        list(WCAG),
    )
    return [f"{each['id']}: {each['help']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def overflow(page: Page) -> list[str]:
    """What makes the page wider than the window, outside of regions that scroll by themselves."""
    found: list[str] = page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return [];
          const scrolls = (node) => {
            for (let at = node.parentElement; at; at = at.parentElement)
              if (/auto|scroll|hidden/.test(getComputedStyle(at).overflowX)) return true;
            return false;
          };
          return [...document.querySelectorAll('body *')]
            .filter((node) => node.getBoundingClientRect().right > wide + 1 && !scrolls(node))
            .map((node) => node.outerHTML.slice(0, 160)).slice(0, 5).concat(['the page is too wide']);
        }"""
    )
    return found


def picture(page: Page, name: str) -> None:
    """Kept for people to look at: build/screens/NAME.png."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
