"""medallion 3 with its memory backend, served by its own command: it keeps nothing on disk."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from bench import process
from bench.client import Target, basic
from bench.peers.environment import environment, surroundings

NAME = "medallion 3"
COLLECTION = "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4"
MEDIA_TYPE = "application/taxii+json;version=2.1"
BYTES_MAX = 104_857_600


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[Target, int]]:
    """Its server with an empty collection, and its process, while the block lasts; its files go to `folder`."""
    programs = environment("medallion")
    port = process.free_port()
    data = {
        "/discovery": {"title": "bench", "default": "/bench/", "api_roots": ["/bench/"]},
        "bench": {
            "information": {"title": "bench", "versions": [MEDIA_TYPE], "max_content_length": BYTES_MAX},
            "status": [],
            "collections": [
                {
                    "id": COLLECTION,
                    "title": "bench",
                    "can_read": True,
                    "can_write": True,
                    "media_types": ["application/stix+json;version=2.1"],
                    "objects": [],
                    "manifest": [],
                }
            ],
        },
    }
    (folder / "data.json").write_text(json.dumps(data))
    backend = {
        "module": "medallion.backends.memory_backend",
        "module_class": "MemoryBackend",
        "filename": str(folder / "data.json"),
        # A walk may take it minutes: its `next` has to live as long.
        "session_timeout": 3_600,
    }
    config = {"backend": backend, "users": {"bench": "bench"}, "taxii": {"max_page_size": 1_000}}
    (folder / "config.json").write_text(json.dumps(config))
    command = [programs / "python", programs / "medallion", "--port", str(port), folder / "config.json"]
    log = folder / "serve.log"
    with process.serving(command, port=port, log=log, environment=surroundings(), folder=folder) as running:
        path = f"/bench/collections/{COLLECTION}/objects/"
        yield Target("127.0.0.1", port, path, basic("bench", "bench")), running.pid
