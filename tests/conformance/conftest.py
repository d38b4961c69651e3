"""Nodes that are served on loopback, on both engines; asked over HTTP, as any client would."""

import shutil
from pathlib import Path

import pytest
from tests.conformance.served import indicator, made, serving

from relto.config import load


@pytest.fixture(scope="session", params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)])
def model(request, tmp_path_factory):
    """A node as it was founded, made once for each engine: its folder, its URL and its collections."""
    folder = tmp_path_factory.mktemp("model")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'relto.db'}"
    else:
        url = request.getfixturevalue("new_postgres_database")()
    return folder, url, made(load(folder, environment={}, arguments={"database.url": url}))


def copied(request, model, folder: Path) -> str:
    """The URL of a copy of the model for one test or module."""
    source, url, _ = model
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if url.startswith("sqlite:"):
        return f"sqlite:///{folder / 'relto.db'}"
    return request.getfixturevalue("new_postgres_database")(template=url)


@pytest.fixture(scope="module")
def node(request, model, tmp_path_factory):
    """One node for all tests of a module, which therefore change nothing that another looks at."""
    folder = tmp_path_factory.mktemp("node")
    with serving(folder, copied(request, model, folder), model[2]) as served:
        yield served


@pytest.fixture
def fresh(request, model, tmp_path):
    """A node for one test."""
    with serving(tmp_path, copied(request, model, tmp_path), model[2]) as served:
        yield served


@pytest.fixture
def fresh_with(request, model, tmp_path):
    """As `fresh`, with settings: a context manager."""
    return lambda **settings: serving(tmp_path, copied(request, model, tmp_path), model[2], **settings)


@pytest.fixture(scope="module")
def stocked(node):
    """The node of the module with seven versions of six objects that `kyiv` may read, in this order."""
    ids = [f"indicator--00000000-0000-4000-8000-00000000000{number}" for number in range(5)]
    node.publish(*[indicator(id=id_) for id_ in ids])
    node.publish(indicator(id=ids[0], modified="2025-03-02T12:00:00.000Z", labels=["naval", "early-warning"]))
    report = {
        "type": "report",
        "spec_version": "2.1",
        "id": "report--00000000-0000-4000-8000-000000000009",
        "created": "2025-03-01T12:00:00.000Z",
        "modified": "2025-03-01T12:00:00.000Z",
        "name": "a made-up report",
        "labels": ["naval"],
        "published": "2025-03-01T12:00:00.000Z",
        "object_refs": [ids[1]],
    }
    node.publish(report)
    # From here on its reader is owed nothing, so that no test depends on what another has read before.
    with node.client("kyiv") as kyiv:
        for path in ("objects/", "manifest/"):
            assert not kyiv.get(node.path() + path).json()["more"]
    return ids, report["id"]
