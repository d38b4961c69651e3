"""What a server process counts about itself, for Prometheus.

With several processes each keeps its numbers in files of a folder that `serve` makes for them, and whichever is asked
adds all of them up; with one they are in memory. What the database knows anyway is asked when somebody asks here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from relto.usecases.figures import Figures

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

    def text(self, figures: Figures) -> bytes:
        """All numbers, in Prometheus's own form; `figures` are the node's, which every process sees alike."""
        node = CollectorRegistry()
        node.register(_OfNode(figures))
        if self._folder is None:
            return generate_latest(self._registry) + generate_latest(node)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self._folder))  # type: ignore[no-untyped-call]  # it has no hints
        return generate_latest(registry) + generate_latest(node)


class _OfNode(Collector):
    """The node's figures as gauges."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """One gauge after the other."""
        flow = ("agreement", "to")
        classes = GaugeMetricFamily(
            "relto_classes_decided", "Classes by how they are decided.", labels=(*flow, "outcome")
        )
        held = GaugeMetricFamily("relto_items_held", "Items that pauses and reviews keep back.", labels=flow)
        read = GaugeMetricFamily(
            "relto_last_read_age_seconds", "How long ago an account of the recipient last asked.", labels=flow
        )
        for each in self._figures.flows:
            for outcome in ("release", "hold", "withhold"):
                classes.add_metric((each.agreement, each.to, outcome), each.classes.get(outcome, 0))
            held.add_metric((each.agreement, each.to), each.held)
            if each.read_age_us is not None:
                read.add_metric((each.agreement, each.to), each.read_age_us / 1_000_000)
        yield from (classes, held, read)
        yield _counted("relto_pauses", "Pauses, by state.", "state", ("running", "scheduled"), self._figures.pauses)
        yield _counted(
            "relto_overdue",
            "Pauses and agreements with a date that has passed.",
            "date",
            ("review", "until"),
            self._figures.overdue,
        )
        yield _counted(
            "relto_acts_waiting", "Acts that wait.", "state", ("proposed", "scheduled"), self._figures.waiting
        )
        places = GaugeMetricFamily(
            "relto_places", "Webhooks and mailboxes, by how they stand.", labels=("kind", "state")
        )
        for kind in ("webhook", "mailbox"):
            for state in ("active", "failing", "disabled"):
                places.add_metric((kind, state), self._figures.places.get((kind, state), 0))
        yield places
        yield from _of_log(self._figures)
        yield GaugeMetricFamily("relto_items_stored", "Items that were ever stored.", value=self._figures.items)
        if self._figures.stored_age_us is not None:
            yield GaugeMetricFamily(
                "relto_last_item_age_seconds",
                "How long ago the last item was stored.",
                value=self._figures.stored_age_us / 1_000_000,
            )


def _of_log(figures: Figures) -> Iterator[Metric]:
    log = figures.log
    if log is None:
        return
    yield GaugeMetricFamily("relto_log_leaves", "Leaves of the log.", value=log.leaves)
    yield GaugeMetricFamily("relto_log_leaves_unsigned", "Leaves that no checkpoint covers yet.", value=log.unsigned)
    yield GaugeMetricFamily(
        "relto_log_unsigned_age_seconds",
        "How long the first of these has waited; 0: none does.",
        value=0 if log.unsigned_since is None else max(figures.at - log.unsigned_since, 0) / 1_000_000,
    )
    for name, text, at in (
        ("checkpoint", "How long ago the last checkpoint was signed.", log.signed_at),
        ("timestamp", "How long ago the last time stamp of a checkpoint was kept.", log.stamped_at),
    ):
        if at is not None:
            age = max(figures.at - at, 0) / 1_000_000
            yield GaugeMetricFamily(f"relto_log_{name}_age_seconds", text, value=age)
    if figures.can_sign is not None:
        yield GaugeMetricFamily(
            "relto_log_key_usable", "1: the keys that sign the log are there, and are its own.", value=figures.can_sign
        )


def _counted(name: str, text: str, label: str, values: Sequence[str], counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for value in values:
        family.add_metric((value,), counts.get(value, 0))
    return family
