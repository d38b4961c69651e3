"""Runs the examples of the manual as they stand, and compares, or with `--write` renews, the output that they show.

An example is a `console` block whose first line is `$ COMMAND`; what follows is what the command printed. It runs with
a shell, a hundred columns wide, in a folder that has `.venv/bin/relto` and, as `.demo`, a fresh demonstration world
that is being served. All examples of a page run in order, each page in a folder of its own. In what is shown, a line
`…` stands for any number of lines. Collection ids, the port, passwords, keys, hashes, sizes of the log and the
demonstration's clock differ from run to run: they are made equal before anything is compared.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relto.config import load
from relto.demo.run import world

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/start.md",
    "docs/concepts/agreements.md",
    "docs/concepts/acts.md",
    "docs/concepts/pauses.md",
    "docs/concepts/streams.md",
    "docs/concepts/markings.md",
    "docs/guides/run-a-node.md",
    "docs/guides/items.md",
    "docs/guides/impact.md",
    "docs/guides/cases.md",
    "docs/guides/outlook-and-brief.md",
    "docs/guides/api.md",
    "docs/guides/console.md",
    "docs/guides/accounts.md",
    "docs/guides/readers.md",
    "docs/guides/what-your-client-will-see.md",
    "docs/guides/audit.md",
)
"""The pages whose examples run."""

BASE = "http://127.0.0.1:8421"
EXAMPLE = re.compile(r"^```console\n\$ (?P<command>.+)\n(?P<shown>(?:(?!```).*\n)*)```$", re.MULTILINE)
COLLECTION = re.compile(r"(?<=/collections/)[0-9a-f-]{36}")
VARYING = (
    (re.compile(r"2025-03-09[ T]18:\d\d:\d\d(\.\d+)?Z"), "2025-03-09 18:00:00Z"),
    (re.compile(r"(?<=password: )\S{20}"), "********************"),
    (re.compile(r"(?<=token: )\S{43}"), "********************"),
    (re.compile(r"2025-04-08[ T]18:\d\d:\d\d(\.\d+)?Z"), "2025-04-08 18:00:00Z"),
    (re.compile(r"2025-06-07[ T]18:\d\d:\d\d(\.\d+)?Z"), "2025-06-07 18:00:00Z"),
    (re.compile(r"(?<=  )\d+(?= +202[6-9]-\d\d-\d\d)"), "100"),
    (re.compile(r"202[6-9]-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z"), "2026-01-01 00:00Z"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "0" * 64),
    (re.compile(r"\b[0-9a-f]{8}\+[A-Za-z0-9+/]{43,44}=?"), "00000000+" + "A" * 44),
    (re.compile(r"\b\d+ leaves(?=,|$)|(?<=^leaves: )  *\d+$|(?<=^checkpoints: )\d+$", re.MULTILINE), "100"),
    (re.compile(r"(?<=leaf )\d+(?=: )"), "100"),
    (re.compile(r'(?<="next":")[^"]+'), "…"),
    (re.compile(r'(?<="next": ")[^"]+'), "…"),
    (re.compile(r"(?<=^date: ).+$", re.MULTILINE), "Sun, 09 Mar 2025 18:00:00 GMT"),
    (re.compile(r"(?<=^content-length: )\d+$", re.MULTILINE), "0"),
    (re.compile(r'(?<="error_id":")[0-9a-f]{16}(?=")'), "0000000000000000"),
    (re.compile(r'(?<="id": ")[0-9a-f-]{36}(?=")'), "a collection"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", re.MULTILINE), "a collection"),
)
SECONDS_MAX = 60

CURL = """\
#!/usr/bin/env python3
# Stands in for curl where there is none: the options that the manual uses, and no other.
import base64, sys, urllib.error, urllib.request
words = sys.argv[1:]
headers, heads = {}, False
while len(words) > 1:
    word = words.pop(0)
    if word == "-u":
        headers["Authorization"] = "Basic " + base64.b64encode(words.pop(0).encode()).decode()
    elif word == "-H":
        name, _, value = words.pop(0).partition(": ")
        headers[name] = value
    elif word == "-i":
        heads = True
    else:
        assert word == "-s", word
try:
    answer = urllib.request.urlopen(urllib.request.Request(words[0], headers=headers))
except urllib.error.HTTPError as error:
    answer = error
if heads:
    print(f"HTTP/1.1 {answer.status} {answer.reason}")
    for name, value in answer.headers.items():
        if name != "connection":
            print(f"{name}: {value}")
    print(flush=True)
sys.stdout.buffer.write(answer.read())
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A folder in which examples run, and where its demonstration is served."""

    folder: Path
    base: str
    collection: str


@contextlib.contextmanager
def served(template: Path) -> Iterator[Served]:
    """A folder of its own with a copy of the world `template`, served on a port that the system chose."""
    with tempfile.TemporaryDirectory(prefix="relto-examples") as name:
        folder = Path(name)
        programs = folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        relto = Path(sys.executable).with_name("relto")
        (programs / "relto").symlink_to(relto)
        if shutil.which("curl") is None:
            (programs / "curl").write_text(CURL, encoding="utf-8")
            (programs / "curl").chmod(0o755)
        shutil.copytree(template, folder / ".demo")
        server = subprocess.Popen(  # noqa: S603 - our own program
            [relto, "demo", "--data", ".demo", "--port", "0", "--json"],
            cwd=folder,
            env=surroundings(folder),
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            document = json.loads(_document(server.stdout))
            yield Served(folder, document["url"], document["collection"])
        finally:
            server.terminate()
            server.wait(SECONDS_MAX)
            server.stdout.close()


def _document(stream: Iterator[str]) -> str:
    """The one JSON document that a server prints before it serves on: it ends with the line that is a brace."""
    lines = []
    for line in stream:
        lines.append(line)
        if line == "}\n":
            break
    return "".join(lines)


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of an example: a hundred columns, no colours, none of our settings, and `relto` where it lies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RELTO_", "PYTEST_", "XDG_"))}
    path = f"{folder / '.venv' / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return kept | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "HOME": str(folder), "TERM": "dumb"}


def ran(command: str, where: Served) -> str:
    """What a command of the manual prints, with the port that the manual names."""
    line = COLLECTION.sub(where.collection, command.replace(BASE, where.base))
    done = subprocess.run(  # noqa: S603 - the manual's own lines
        ["bash", "-c", line],  # noqa: S607 - the shell of whoever runs the tests
        cwd=where.folder,
        env=surroundings(where.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    printed = done.stdout.replace(where.base, BASE).replace(str(where.folder), "/srv")
    return "".join(line.rstrip() + "\n" for line in printed.splitlines())


def alike(shown: str, printed: str) -> bool:
    """Whether what is shown is what was printed, but for what varies and for what `…` stands for."""
    pattern = "".join(
        "(?:.*\n)*" if line.strip() == "…" else re.escape(line) + "\n" for line in _evened(shown).splitlines()
    )
    return re.fullmatch(pattern, _evened(printed)) is not None


def _evened(text: str) -> str:
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text


def renewed(shown: str, printed: str) -> str:
    """What a page should show: as many lines before and behind its `…` as it showed before."""
    if alike(shown, printed):
        return shown
    lines, old = printed.splitlines(keepends=True), shown.splitlines()
    cuts = [number for number, line in enumerate(old) if line.strip() == "…"]
    if len(cuts) != 1 or len(lines) < len(old):
        return printed
    behind = len(old) - cuts[0] - 1
    return "".join([*lines[: cuts[0]], "…\n", *lines[len(lines) - behind :]])


def looked_through(text: str, template: Path) -> tuple[str, list[str]]:
    """The page as it should be, and the commands whose output is not what it shows."""
    wrong = []
    with served(template) as where:

        def run(match: re.Match[str]) -> str:
            command, shown = match["command"], match["shown"]
            printed = ran(command, where)
            if not alike(shown, printed):
                wrong.append(f"$ {command}\n{printed}")
            return f"```console\n$ {command}\n{renewed(shown, printed)}```"

        return EXAMPLE.sub(run, text), wrong


def make_template(folder: Path) -> Path:
    """A demonstration world to copy."""
    with world(load(folder, environment={})):
        return folder


def main() -> int:
    """Compare or renew every page; 1 where something differs."""
    write = "--write" in sys.argv[1:]
    status = 0
    with tempfile.TemporaryDirectory(prefix="relto-template") as name:
        template = make_template(Path(name) / "world")
        for page in PAGES:
            path = ROOT / page
            text = path.read_text(encoding="utf-8")
            if EXAMPLE.search(text) is None:
                continue
            now, wrong = looked_through(text, template)
            if write and now != text:
                path.write_text(now, encoding="utf-8")
                print(f"{page}: renewed")
            elif wrong:
                status = 1
                print(f"{page}:", *wrong, sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
