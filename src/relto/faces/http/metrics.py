"""What a server process counts about itself, for Prometheus.

With several processes each keeps its numbers in files of a folder that `serve` makes for them, and whichever is asked
adds all of them up; with one they are in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from pathlib import Path

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts. `folder` is where several processes keep their numbers; None: there is one process."""

    def __init__(self, folder: Path | None = None) -> None:
        """Each process makes one."""
        self._folder = folder
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter(
            "relto_http_requests", "Requests answered, by route and status.", ("route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "relto_http_request_seconds",
            "From the request to its answer, sending not counted.",
            ("route",),
            buckets=BUCKETS,
            registry=registry,
        )
        self.quiet = Counter("relto_polls_quiet", "Polls with nothing new, answered from memory.", registry=registry)
        self.pages = Counter("relto_pages", "Pages with at least one item.", registry=registry)
        self.delivered = Counter("relto_items_delivered", "Items on those pages.", registry=registry)
        self._taken = Counter(
            "relto_items_taken", "Items posted, by what became of them.", ("outcome",), registry=registry
        )
        self._logins_refused = Counter(
            "relto_logins_refused", "Requests without a good log-in, by why.", ("reason",), registry=registry
        )
        self.walks_broken = Counter(
            "relto_reader_walks_broken", "Walks that had no end, by reader.", ("account",), registry=registry
        )
        self.repaired = Counter(
            "relto_reader_items_repaired",
            "Items given again because a client had moved on past them, by reader.",
            ("account",),
            registry=registry,
        )
        # Whichever process heard of the reader last knows best.
        self._clocks = Gauge(
            "relto_reader_clock_ahead_seconds",
            "How far the clock of a reader's client is ahead of the node's; 0: it is not, or nobody knows.",
            ("account",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        known = self._known.get((route, status))
        if known is None:
            known = (self._requests.labels(route, str(status)), self._seconds.labels(route))
            self._known[route, status] = known
        known[0].inc()
        known[1].observe(seconds)

    def login_refused(self, reason: str) -> None:
        """A log-in was refused; the reason names nobody."""
        self._logins_refused.labels(reason).inc()

    def taken(self, *, added: int, known: int, rejected: int) -> None:
        """Items were posted."""
        for outcome, count in (("added", added), ("known", known), ("rejected", rejected)):
            if count:
                self._taken.labels(outcome).inc(count)

    def clock_ahead(self, account: str, microseconds: int) -> None:
        """So far the clock of this reader's client is ahead."""
        self._clocks.labels(account).set(microseconds / 1_000_000)

    def text(self) -> bytes:
        """All numbers, in Prometheus's own form."""
        if self._folder is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self._folder))  # type: ignore[no-untyped-call]  # it has no hints
        return generate_latest(registry)
