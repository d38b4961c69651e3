"""`relto demo`: the demonstration world, served, and what to try with it.

What it prints on standard output is meant to be pasted: sentences are folded to the terminal, commands never are.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import Unreachable
from relto.faces.cli.call import DEBUG_VARIABLE, Call, write_document, written
from relto.faces.cli.reach import REMOTE_VARIABLES

if TYPE_CHECKING:
    from relto.demo.run import World
    from relto.demo.script import Try

COLUMNS_MAX: Final = 100
"""Sentences are folded to this even where the terminal is wider."""


def demo(
    call: Call,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="the port of its server")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="make the world anew")] = False,
    browser: Annotated[
        bool | None,
        typer.Option("--browser/--no-browser", help="open the console [where somebody sits before the screen]"),
    ] = None,
) -> int:
    """Make the demonstration world where it is not there yet, and serve it. Its clock started on 9 March 2025.

    It lies in `--data` or RELTO_DATA if given, else in a folder of its own; the next start finds it as it was left.
    With `--json` it prints what it would say as one document, and then serves as well.
    """
    from relto.config import load
    from relto.demo.run import world
    from relto.demo.script import Places, lines_to_try
    from relto.faces.serving import serve

    data = _folder(call)
    environment = {
        name: value for name, value in os.environ.items() if name != DEBUG_VARIABLE and name not in REMOTE_VARIABLES
    }
    config = load(data, environment=environment, arguments={"server.port": port})
    with world(config, fresh=fresh, say=call.screen.note) as there:
        directory, program = _typed(there.data)

        def ready(url: str) -> None:
            from relto.demo.items import example

            places = Places(
                relto=program,
                base=url,
                collection=there.collection,
                intelligence=there.pauses["intelligence"],
                imagery=there.pauses["imagery"],
                item=example(),
                act=str(there.acts + 1),
                later=str(there.acts + 2),
                key=shlex.quote(str(_near(there.data) / "keys" / "log.vkey")),
            )
            lines = lines_to_try(places)
            if call.json:
                write_document(_document(there, url, directory, lines))
            else:
                _show(there, url, directory, lines)
            if _somebody_looks(call) if browser is None else browser:
                _open(url)

        try:
            status = serve(config, ready=ready)
        except Unreachable as error:
            if error.code != "listen-failed":
                raise
            other = config.server.port + 1 if config.server.port < 65_535 else 8421
            remedy = f'relto demo --port {other}, or make demo ARGS="--port {other}"'
            raise Unreachable(error.code, error.message, remedy=remedy) from error
        except KeyboardInterrupt:
            # Between the lines above and the server's own minding of signals.
            status = 0
    if not call.json:
        call.screen.note("ended; the world stays as it is now, and the next start finds it so")
    return status


def _somebody_looks(call: Call) -> bool:
    """Whether there is a person at a terminal, and a screen on which a browser could open."""
    screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and sys.stdout.isatty() and not call.json and not os.environ.get("CI")


def _open(url: str) -> None:
    import threading
    import webbrowser

    # The server answers once this returns; some browsers keep whoever opens them waiting until they are closed.
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _folder(call: Call) -> str:
    """Where the world lies: what was said, else a folder of its own in the user's state (XDG Base Directory 0.8)."""
    said = call.data or os.environ.get("RELTO_DATA")
    if said:
        return said
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return str(base / "relto" / "demo")


def _typed(data: Path) -> tuple[Path | None, str]:
    """How `relto` is typed for this folder, and the directory in which it has to be typed (None: any)."""
    here = Path.cwd()
    found = shutil.which("relto")
    program = Path(sys.argv[0]).absolute()
    if program.name != "relto":
        words = [sys.executable, "-m", "relto"]
    elif found is not None and Path(found).samefile(program):
        words = ["relto"]
    elif program.is_relative_to(here):
        words = [str(program.relative_to(here))]
    else:
        words = [str(program)]
    words += ["--data", str(_near(data))]
    bound = not _near(data).is_absolute() or (
        program.name == "relto" and words[0] != "relto" and not Path(words[0]).is_absolute()
    )
    return here if bound else None, shlex.join(words)


def _near(data: Path) -> Path:
    """The folder as it is typed here."""
    here = Path.cwd()
    return data.relative_to(here) if data.is_relative_to(here) and data != here else data


def _document(there: World, url: str, directory: Path | None, lines: tuple[Try, ...]) -> dict[str, Any]:
    return {
        "data": str(there.data),
        "made": there.is_new,
        "began": written(there.began),
        "clock": written(there.now),
        "items": there.items,
        "url": url,
        "collection": there.collection,
        "pauses": dict(there.pauses),
        "directory": None if directory is None else str(directory),
        "try": [{"says": each.says, "line": each.line} for each in lines],
    }


def _show(there: World, url: str, directory: Path | None, lines: tuple[Try, ...]) -> None:
    from relto.faces.cli.screen import day_and_time

    columns = min(shutil.get_terminal_size().columns, COLUMNS_MAX)

    def say(text: str = "", indent: str = "") -> None:
        folded = textwrap.fill(text, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        sys.stdout.write(folded + "\n")

    if there.is_new:
        say(f"The demonstration world is made: {there.items} items, told up to {day_and_time(there.began)}.")
    else:
        say(f"The demonstration world as it was left: {there.items} items. `--fresh` makes it anew.")
    say(f"Its clock is its own, and reads {day_and_time(there.now)}.")
    say(f"It is served on {url} until Ctrl-C.")
    say()
    say("Its console, in a browser: sign in as officer, with the password officer-demo-password.")
    say()
    sys.stdout.write(f"{url}/\n")
    say()
    say("In another terminal, line by line:")
    if directory is not None:
        say()
        # Commands stand as they are: a terminal folds them itself, and what is copied stays one line.
        sys.stdout.write(f"cd {shlex.quote(str(directory))}\n")
    for number, each in enumerate(lines, start=1):
        say()
        say(f"# {number}. {each.says}", indent="#    ")
        sys.stdout.write(each.line + "\n")
    say()
    sys.stdout.flush()
