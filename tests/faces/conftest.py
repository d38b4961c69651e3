"""What tests of the command line share: a node of one's own, and `relto` called in this process."""

import io
import json
import shutil
from dataclasses import dataclass, field

import pytest

from relto.faces.cli import main

TOPICS = """\
topics:
  naval: {labels: [naval]}
  targeting: {labels: [targeting]}
  threat-to-life: {labels: [threat-to-life]}
"""

AGREEMENT = """\
agreement: usa-ukr
title: Battlefield intelligence
from: USA
to: [UKR]
scope: {topics: [naval, targeting]}
exceptions:
  - {name: duty-to-warn, scope: {topics: [threat-to-life]}}
"""


@dataclass
class Answer:
    """What one command answered."""

    status: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def code(self):
        return self.document["error"]["code"]


@dataclass
class Commands:
    """Calls `relto` in this process. `json` puts `--json` behind each command."""

    capsys: pytest.CaptureFixture
    monkeypatch: pytest.MonkeyPatch
    folder: object
    serial: int = 0
    made: list = field(default_factory=list)

    def __call__(self, *words, stdin="", json=True):
        raw = stdin if isinstance(stdin, bytes) else stdin.encode()
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        self.capsys.readouterr()
        status = main([*map(str, words), *(["--json"] if json else [])])
        out, err = self.capsys.readouterr()
        return Answer(status, out, err)

    def ok(self, *words, stdin=""):
        answer = self(*words, stdin=stdin)
        assert answer.status == 0, answer
        return answer.document

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def ingest(self, *objects):
        bundle = {"type": "bundle", "id": "bundle--5a51c7ee-3d5b-4c2b-9a3b-0d4f8e3f1c11", "objects": list(objects)}
        return self.ok("ingest", "--originator", "USA", self.write("bundle.json", json.dumps(bundle)))

    def indicator(self, *labels, **changes):
        """A valid indicator, another at each call."""
        self.serial += 1
        return {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--5a51c7ee-3d5b-4c2b-9a3b-{self.serial:012d}",
            "created": "2025-03-01T00:00:00.000Z",
            "modified": "2025-03-01T00:00:00.000Z",
            "labels": list(labels) or ["nothing"],
            "pattern": "[ipv4-addr:value = '198.51.100.7']",
            "pattern_type": "stix",
            "valid_from": "2025-03-01T00:00:00.000Z",
            **changes,
        }


@pytest.fixture
def relto(capsys, monkeypatch, tmp_path):
    """`relto` with a folder that is not there yet as its node."""
    monkeypatch.setenv("RELTO_DATA", str(tmp_path / "node"))
    monkeypatch.delenv("RELTO_DATABASE_URL", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    # What nobody expected is to be seen where a test fails of it.
    monkeypatch.setenv("RELTO_DEBUG", "1")
    return Commands(capsys, monkeypatch, tmp_path)


def set_up(relto):
    """A node of the United States that shares with Ukraine."""
    relto.ok("init", "--party", "USA", "--name", "United States")
    relto.write("node/topics.yaml", TOPICS)
    relto.ok("party", "add", "UKR", "--name", "Ukraine", "--kind", "state")
    relto.ok("account", "add", "kyiv", "--party", "UKR", "--password-stdin", stdin="a good password\n")
    relto.ok("agreement", "apply", relto.write("usa-ukr.yaml", AGREEMENT))


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    return tmp_path_factory.mktemp("template") / "node"


@pytest.fixture
def node(relto, template):
    """`relto` with a node of the United States that shares with Ukraine; made once, then copied."""
    if not template.exists():
        set_up(relto)
        shutil.copytree(relto.folder / "node", template)
    else:
        shutil.copytree(template, relto.folder / "node")
    return relto


@pytest.fixture
def node_of_each(relto, monkeypatch, database_url):
    """The same on both engines."""
    monkeypatch.setenv("RELTO_DATABASE_URL", database_url)
    set_up(relto)
    return relto
