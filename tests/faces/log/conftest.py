"""What tests of `relto audit` share: a partner's desk, and nodes to be audited."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.actors import ADMIN, apply
from tests.conformance import served
from tests.conformance.served import PASSWORD, TOPICS, indicator

from relto.config import load
from relto.faces.cli import main
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party, found
from relto.usecases.publishing import Publisher
from relto.wiring import create, open_node

TAXII = "application/taxii+json;version=2.1"
AGREEMENT = "agreement: usa-ukr\ntitle: Intelligence\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"


@dataclass
class Answer:
    status: int
    document: dict
    err: str

    @property
    def codes(self):
        return [fault["code"] for fault in self.document["faults"]]


@dataclass
class Desk:
    """UKR's desk: a folder of envelopes, the node's public key, and what an audit remembers."""

    folder: Path
    capsys: pytest.CaptureFixture
    url: str = ""
    account: str = "kyiv"

    @property
    def state(self):
        return self.folder / "state.json"

    @property
    def envelopes(self):
        return self.folder / "envelopes"

    def audit(self, *words, received=True):
        self.capsys.readouterr()
        more = ["--received", str(self.envelopes)] if received else []
        status = main(
            [
                "audit", self.url, "--state", str(self.state), "--key", str(self.folder / "log.vkey"),
                "--user", self.account, *more, *map(str, words), "--json",
            ]
        )  # fmt: skip
        out, err = self.capsys.readouterr()
        return Answer(status, json.loads(out), err)

    def get(self, path):
        return httpx.get(self.url + path, auth=(self.account, PASSWORD), headers={"accept": TAXII}, timeout=30)

    def read(self, path, name, limit=2):
        """Reads all of it, as curl would, into files."""
        self.envelopes.mkdir(exist_ok=True)
        query = f"?limit={limit}"
        for number in range(100):
            response = self.get(f"{path}objects/{query}")
            assert response.status_code == 200, response.text
            if response.json().get("objects"):
                (self.envelopes / f"{name}-{number}.json").write_bytes(response.content)
            if not response.json().get("more"):
                return
            query = f"?limit={limit}&next={response.json()['next']}"

    def rewrite(self, **how):
        for file in self.envelopes.iterdir():
            file.write_text(json.dumps(json.loads(file.read_bytes()), **how))


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RELTO_PASSWORD", PASSWORD)
    monkeypatch.setenv("RELTO_DEBUG", "1")
    for name in ("RELTO_TOKEN", "RELTO_USER", "RELTO_URL", "RELTO_DATA", "RELTO_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, capsys)


@pytest.fixture
def at_once(monkeypatch):
    """What is not on record is not waited for."""
    monkeypatch.setattr("relto.faces.cli.audit.SIGNED_SECONDS", 0)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The folder of a node, made once, and its collections."""
    folder = tmp_path_factory.mktemp("template") / "node"
    return folder, served.made(load(folder, environment={}, arguments={"database.url": url_of(folder)}))


def url_of(folder):
    return f"sqlite:///{folder / 'relto.db'}"


@pytest.fixture
def node(tmp_path, desk, template):
    """A node from which UKR has read five objects, in three pages."""
    folder, collections = template
    shutil.copytree(folder, tmp_path / "node")
    with served.serving(tmp_path / "node", url_of(tmp_path / "node"), collections) as running_node:
        running_node.publish(*[indicator() for _ in range(5)])
        desk.url = running_node.base
        desk.read(running_node.path(), "first")
        settled(running_node, desk)
        shutil.copy(running_node.opened.config.data / "keys" / "log.vkey", desk.folder / "log.vkey")
        yield running_node


def settled(node, desk):
    """Signs what there is, as the tick of the server would within a second."""
    node.opened.sign()
    assert desk.get("/log/checkpoint").status_code == 200


def objects(desk):
    files = sorted(desk.envelopes.iterdir())
    return [(file, json.loads(file.read_bytes())) for file in files]


def made(folder, count):
    """A node of its own in a folder, with its log signed and so many objects for UKR; the path of its collection."""
    config = load(folder, environment={}, arguments={"database.url": url_of(folder)})
    folder.mkdir(parents=True, exist_ok=True)
    create(config)
    with open_node(config) as opened:
        found(opened.node, opened.desk, code="USA", name="United States", topics=TOPICS)
    with open_node(config) as opened:
        node = opened.node
        add_party(node, opened.desk, "UKR", name="Ukraine", kind="state", by=ADMIN)
        collection = apply(node, opened.desk, [AGREEMENT], by=ADMIN)[0].collections["UKR"]
        add_account(node, opened.desk, "kyiv", party="UKR", roles=["reader"], by=ADMIN, password=PASSWORD)
        validator = opened.validator()
        headers = [
            validator.check(json.dumps(indicator()).encode(), where="", now_us=node.clock.now()) for _ in range(count)
        ]
        Publisher(node, opened.desk, originator="USA", by=ADMIN).take(headers)
        node.clock.sleep(1_200_000)
        opened.sign()
    return f"/exchange/collections/{collection}/"
