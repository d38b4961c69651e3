"""A small TAXII 2.1 server, right in all that matters here unless a fault is planted: `bench.whole` has to find it out.

It keeps everything in memory, gives out strictly increasing dates under one lock, and is paused while a file is there:
what was stored meanwhile is held, and released under new dates by the first request that finds the file gone.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TAXII = "application/taxii+json;version=2.1"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
START = datetime(1970, 1, 1, tzinfo=UTC)
FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
PAGE = 50
LATE_SECONDS = 0.6
EVERY = 5

FAULTS = {
    "": "none",
    "late": "every fifth object is dated when it comes, and can be read only later, as after a slow commit",
    "drops": "every fifth object is acknowledged and not kept",
    "again": "every fifth object gets a new date once it was given, and is given again",
    "twice": "every fifth object stands twice on a page",
    "shows": "a pause holds nothing",
    "silent": "no date headers on an empty page",
    "dateless": "no date headers at all",
    "broken": "every fourth poll is answered with 503, and what it asked for is only given to whoever asks again",
    "refuses": "while it is paused, polls are answered with 403, and what was stored keeps its date",
    "readonly": "nothing can be posted",
    "pending": "a post is answered before it is done",
    "picky": "every fifth object is refused",
}


@dataclass
class Row:
    date: datetime
    value: dict[str, Any]
    readable_at: float
    held: bool
    number: int
    given: bool = False


@dataclass
class State:
    fault: str
    flag: Path
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: list[Row] = field(default_factory=list)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls: int = 0
    last: datetime = START

    def date(self) -> datetime:
        self.last = max(datetime.now(UTC), self.last + timedelta(microseconds=1))
        return self.last

    def add(self, objects: list[dict[str, Any]]) -> dict[str, Any]:
        with self.lock:
            failures = []
            for value in objects:
                number = len(self.rows) + len(failures) + 1
                if self.fault == "picky" and number % EVERY == 0:
                    failures.append({"id": value["id"], "version": value["modified"], "message": "not today"})
                    continue
                late = LATE_SECONDS if self.fault == "late" and number % EVERY == 0 else 0.0
                held = self.flag.exists() and self.fault not in {"shows", "refuses"}
                self.rows.append(Row(self.date(), value, time.monotonic() + late, held, number))
            pending = self.fault == "pending"
            status = {
                "id": f"00000000-0000-4000-8000-{len(self.statuses):012}",
                "status": "complete",
                "total_count": len(objects),
                "success_count": len(objects) - len(failures),
                "failure_count": len(failures),
                "pending_count": 0,
                **({"failures": failures} if failures else {}),
            }
            self.statuses[status["id"]] = status
            return {**status, "status": "pending"} if pending else status

    def visible(self) -> list[Row]:
        """In order of dates; what was held and is no longer gets a new one first."""
        paused = self.flag.exists()
        for row in self.rows:
            if row.held and not paused:
                row.held, row.date = False, self.date()
        newest = {}
        for row in self.rows:
            drops = self.fault == "drops" and row.number % EVERY == 0
            if not row.held and row.readable_at <= time.monotonic() and not drops:
                newest[row.value["id"]] = row
        return sorted(newest.values(), key=lambda row: row.date)

    def rows_after(self, query: dict[str, str]) -> tuple[list[Row], bool]:
        # A `next` of an older walk, sent with another date, counts as none.
        begun, _, reached = query.get("next", "").partition("|")
        asked = query.get("added_after", begun) or START.isoformat()
        after = datetime.fromisoformat(reached if reached and begun == asked else asked)
        rows = [row for row in self.visible() if row.date > after]
        limit = min(int(query.get("limit", PAGE)), PAGE)
        return rows[:limit], len(rows) > limit

    def manifest(self, query: dict[str, str]) -> dict[str, Any]:
        with self.lock:
            page, more = self.rows_after(query)
            records = [
                {"id": row.value["id"], "date_added": row.date.strftime(FORMAT), "version": row.value["modified"]}
                for row in page
            ]
            return {"more": more, "objects": records} if page else {}

    def page(self, query: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        with self.lock:
            self.polls += 1
            if self.fault == "refuses" and self.flag.exists():
                return 403, {"title": "paused"}, {}
            if self.fault == "broken" and self.polls % 4 == 0:
                return 503, {"title": "busy"}, {}
            page, more = self.rows_after(query)
            dates = [row.date.strftime(FORMAT) for row in page]
            values = [row.value for row in page]
            if self.fault == "twice":
                values += [row.value for row in page if row.number % EVERY == 0]
            for row in page:
                if self.fault == "again" and row.number % EVERY == 0 and not row.given:
                    row.given, row.date = True, self.date()
            told: dict[str, Any] = {"more": more, "objects": values} if page else {}
            if more:
                begun = query.get("added_after") or query.get("next", "").partition("|")[0]
                told["next"] = f"{begun}|{dates[-1]}"
            ends = (dates[0], dates[-1]) if page else (query.get("added_after"),) * 2
            shown = ends[0] and not (self.fault == "dateless" or (self.fault == "silent" and not page))
            names = ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last")
            return 200, told, dict(zip(names, ends, strict=True)) if shown else {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # One segment an answer: else each waits for an acknowledgement that is put off.
    state: State

    def answer(self, status: int, told: dict[str, Any], headers: dict[str, str]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Type": TAXII, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if self.headers["Authorization"] not in {"Bearer reader", "Bearer writer"}:
            return self.answer(401, {"title": "who are you?"}, {})
        described = {"id": COLLECTION, "title": "Feed", "alias": "feed", "can_read": True}
        described["can_write"] = self.state.fault != "readonly"
        if path.endswith("/objects/"):
            return self.answer(*self.state.page(query))
        if path.endswith("/manifest/"):
            return self.answer(200, self.state.manifest(query), {})
        if "/status/" in path:
            return self.answer(200, self.state.statuses[path.split("/")[-2]], {})
        told = {
            "/taxii2/": {"title": "Faulty", "default": "/feed/", "api_roots": ["/other/", "/feed/"]},
            "/feed/": {"title": "Root", "versions": [TAXII], "max_content_length": 10**6},
            "/feed/collections/": {"collections": [described]},
            "/other/collections/": {},
            f"/feed/collections/{COLLECTION}/": described,
        }.get(path)
        return self.answer(404, {"title": "nothing here"}, {}) if told is None else self.answer(200, told, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(202, self.state.add(body["objects"]), {})

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@contextlib.contextmanager
def serving(fault: str, flag: Path) -> Iterator[str]:
    """The URL of its discovery, while the block lasts."""
    handler = type("Faulty", (Handler,), {"state": State(fault, flag)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/taxii2/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
