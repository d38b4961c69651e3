"""How long pages of the console take: of the demonstration, and of a node with many agreements, some of them paused.

Each page is asked for again and again by one account that is signed in; of the demonstration the first paint is told as
well, as Debian's Chromium sees it (Paint Timing), scripts and styles fetched anew.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from bench.client import Failed
from bench.node import Node
from bench.objects import write_lines
from bench.plan import Plan
from bench.report import Row, at_most, plain, quantile
from playwright.sync_api import sync_playwright
from tests.actors import ADMIN, apply, pause

from relto.config import load
from relto.demo.run import world
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party
from relto.usecases.pausing import MakePause
from relto.wiring import open_node

GROUP = "Pages"
PAGES = {
    "the overview": "/",
    "agreements": "/agreements",
    "an agreement": "/agreements/{agreement}",
    "pauses": "/pauses",
    "the form of a pause": "/pauses/new?agreement={agreement}",
    "a pause": "/pauses/2",
    "what a pause costs": "/pauses/2/impact",
    "items": "/items",
    "decisions": "/acts",
    "the case": "/cases/usa-ukr-2025",
    "evidence": "/evidence",
    "administration": "/admin",
}
LIMIT_MS = 300.0
PAINT_MS = 300.0
AT_ONCE = 500
PASSWORD = "a password of the bench"
PARTIES = 100
ITEMS = 1_000
CLASSES = 4
PAUSES = 50
PAUSED = 20
"""So many pauses, each of so many agreements."""

TERMS = "agreement: a-{0:05}\ntitle: Agreement {0}\nfrom: USA\nto: [P{1:02}]\nscope: all\n"


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Times of each page by quantiles, of both nodes, and the first paint."""
    say("making the demonstration")
    with world(load(folder / "demonstration", environment={})):
        pass
    yield from _measured(Node(folder / "demonstration"), "", "officer-demo-password", "usa-ukr", plan, say)
    count = 1_000 if plan.quick else 10_000
    node = _many(folder / "many", count, say)
    yield from _measured(node, f", {count:,} agreements", PASSWORD, "a-00025", plan, say)


def _many(folder: Path, count: int, say: Callable[[str], None]) -> Node:
    node = Node.made(folder)
    began = time.perf_counter()
    with open_node(node.config()) as opened:
        for number in range(PARTIES):
            add_party(opened.node, opened.desk, f"P{number:02}", name=f"Party {number}", kind="state", by=ADMIN)
        add_account(opened.node, opened.desk, "officer", party="USA", roles=["officer"], by=ADMIN, password=PASSWORD)
        for first in range(0, count, AT_ONCE):
            say(f"making agreements: {first:,} of {count:,}, {time.perf_counter() - began:.0f} s")
            numbers = range(first, first + AT_ONCE)
            apply(opened.node, opened.desk, [TERMS.format(number, number % PARTIES) for number in numbers], by=ADMIN)
    _take_in(node, folder, 0)
    say(f"making {PAUSES} pauses")
    with open_node(node.config()) as opened:
        for number in range(PAUSES):
            named = tuple(f"a-{each:05}" for each in range(number * PAUSED, (number + 1) * PAUSED))
            pause(opened.node, opened.desk, MakePause(agreements=named, reason="one of many"), by=ADMIN)
    _take_in(node, folder, ITEMS)
    return node


def _take_in(node: Node, folder: Path, first: int) -> None:
    file = folder / "objects.jsonl"
    write_lines(file, first, ITEMS, classes=CLASSES)
    node.ingest(file, count=ITEMS)
    file.unlink()


def _measured(
    node: Node, which: str, password: str, agreement: str, plan: Plan, say: Callable[[str], None]
) -> Iterator[Row]:
    with node.serving() as server:
        base = f"http://127.0.0.1:{server.port}"
        headers = {"accept": "text/html", "origin": base}
        with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            answer = client.post("/sign-in", data={"name": "officer", "password": password})
            if answer.status_code != 303:
                raise Failed(f"nobody can sign in: {answer.status_code}")
            for name, address in PAGES.items():
                if which and name == "the case":
                    continue
                say(f"{name}{which}")
                yield _timed(client, f"{name}{which}", address.format(agreement=agreement), plan.pages)
            if not which:
                yield _painted(base, client, plan.pages)


def _timed(client: httpx.Client, name: str, address: str, times: int) -> Row:
    taken, size = list[float](), 0
    for _ in range(times):
        began = time.perf_counter()
        answer = client.get(address)
        taken.append((time.perf_counter() - began) * 1e3)
        if answer.status_code != 200:
            raise Failed(f"{address}: {answer.status_code}")
        size = len(answer.content)
    note = f"p50 {quantile(taken, 0.5):.0f} ms, slowest {max(taken):.0f} ms; {size / 1_000:.0f} kB"
    return at_most(
        GROUP,
        f"{name}, 95 of 100",
        quantile(taken, 0.95),
        LIMIT_MS,
        unit=" ms",
        note=note,
        bytes=size,
        slowest=max(taken),
    )


def _painted(base: str, client: httpx.Client, times: int) -> Row:
    program = shutil.which("chromium")
    if program is None:
        return plain(GROUP, "the first paint", 0.0, unit="", note="not measured: there is no Chromium")
    cookies = [{"name": each.name, "value": each.value or "", "url": base} for each in client.cookies.jar]
    painted = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(max(times // 4, 5)):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto(base + "/")
            page.wait_for_timeout(300)
            found = page.evaluate(
                "performance.getEntriesByName('first-contentful-paint').map((each) => each.startTime)"
            )
            painted += found
            context.close()
        version = re.sub(r"[^\d.]", "", browser.version)
        browser.close()
    note = f"p50 {quantile(painted, 0.5):.0f} ms, slowest {max(painted):.0f} ms; Chromium {version}, nothing kept"
    return at_most(GROUP, "the first paint, 95 of 100", quantile(painted, 0.95), PAINT_MS, unit=" ms", note=note)
