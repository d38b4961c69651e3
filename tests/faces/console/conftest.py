"""The console of a demonstration world, and a real browser before it.

Where there is no Chromium the tests say so aloud, and under CI they fail.
"""

import contextlib
import os
import shutil

import pytest
from playwright.sync_api import sync_playwright
from tests.faces.console.browsing import Visitor, chromium, showing

from relto.config import load
from relto.demo.run import world


@pytest.fixture(scope="session")
def made_world(tmp_path_factory):
    """The demonstration world as it is when it is made, in a folder to copy."""
    folder = tmp_path_factory.mktemp("world") / "world"
    with world(load(folder, environment={})) as there:
        return folder, there


@pytest.fixture(scope="module")
def console(made_world, tmp_path_factory):
    """A world of the module, served. Its tests change nothing that another looks at."""
    folder = tmp_path_factory.mktemp("shown") / "world"
    shutil.copytree(made_world[0], folder)
    with showing(folder) as shown:
        yield shown


@pytest.fixture
def own_console(made_world, tmp_path):
    """A world for one test."""
    shutil.copytree(made_world[0], tmp_path / "world")
    with showing(tmp_path / "world") as shown:
        yield shown


@pytest.fixture(scope="module")
def browser(request):
    """Debian's Chromium. Of the module: what drives it holds the thread's event loop, and gives it back at the end."""
    program = chromium()
    if program is None:
        reason = "there is no Chromium (on Debian, apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        # The desk may be without; the reason stands in the last lines.
        pytest.skip(reason)
    with sync_playwright() as playwright:
        # Root has no sandbox, and a container often no shared memory to speak of.
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=program, args=flags)
        yield started
        started.close()


@pytest.fixture
def visiting(browser):
    """Opens the console as an account, signed in: `visiting(shown, who, width=360, dark=True)`; a visitor and a page.

    At the end nothing may have been wrong on any of its pages.
    """
    with contextlib.ExitStack() as stack:
        visitors = []

        def begin(shown, who, *, width=1280, height=900, dark=False, scripts=True, zone="Europe/Kyiv", signed=True):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                java_script_enabled=scripts,
                timezone_id=zone,
                accept_downloads=True,
                reduced_motion="reduce",
            )
            stack.callback(context.close)
            visitor = Visitor(shown, context, who)
            visitors.append(visitor)
            page = visitor.page()
            if signed:
                visitor.sign_in(page)
            return visitor, page

        yield begin
        faults = [f"{each.who}: {fault}" for each in visitors for fault in each.faults]
    assert faults == []
