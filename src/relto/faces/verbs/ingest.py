"""Ingest: items come in from files, streams and requests.

Objects are sliced out, judged (in other processes, once the input turns out to be long) and taken in a window at a
time. What one window took in is durable before the next begins, so a break in the middle loses nothing: the same input
may be given again, and what is in already counts as known.
"""

from __future__ import annotations

import io
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.domain.item import Header, Reject
from relto.faces.verbs.caller import Caller, written
from relto.usecases.publishing import WINDOW_ITEMS, Publisher

if TYPE_CHECKING:
    from relto.ports.intake import Piece
    from relto.usecases.publishing import Taken
    from relto.wiring import Opened

Progress = Callable[[str, int, int | None], None]
"""Told which source is read, how far (bytes), and how long it is where that is known."""

REJECTS_SHOWN: Final = 1_000
"""Rejects that the answer lists; `--rejects` has them all."""

SHORT_BYTES: Final = 4 * 1_048_576
"""An input up to this is judged here: to start other processes would take longer."""

WINDOW_BYTES: Final = 64 * 1_048_576
"""A window of long objects is cut at so many bytes."""

STRICT_BYTES: Final = 1_073_741_824
"""All or nothing is one transaction, which is held in memory: so many bytes at most."""

STRICT_ITEMS: Final = 1_000_000


class _Named(io.BytesIO):
    """Bytes that came under a name."""

    name = "input"


def ingest(
    caller: Caller, *, body: bytes, originator: str, strict: bool = False, name: str = "input"
) -> dict[str, Any]:
    """Take in STIX 2.1: a bundle, a TAXII envelope, JSON lines, an array or a bare object, .gz and .zst too.

    `name`: what the places of rejects begin with; its ending says whether it is JSON lines.
    """
    publisher = Publisher(caller.node, caller.desk, originator=originator, by=caller.by)
    work = Ingestion(caller.opened, publisher, strict=strict)
    source = _Named(body)
    source.name = name
    work.read([source], lambda _source, _done, _total: None)
    return answered(caller, work)


def preview(caller: Caller, *, body: bytes, originator: str, name: str = "input") -> dict[str, Any]:
    """Say how many objects would be taken in, how many are here already, and which would be refused, for what they are.
    Changes nothing.
    """
    publisher = Publisher(caller.node, caller.desk, originator=originator, by=caller.by)
    source = _Named(body)
    source.name = name
    pieces = caller.opened.intake().objects(source, progress=lambda _done, _total: None)
    headers: list[Header] = []
    rejects: list[Reject] = []
    by_type: dict[str, int] = {}
    for answer in caller.opened.validation(0).validated(pieces, now_us=caller.node.clock.now()):
        if isinstance(answer, Reject):
            rejects.append(answer)
            continue
        headers.append(answer)
        by_type[answer.type] = by_type.get(answer.type, 0) + 1
    return {
        "originator": originator,
        "items": len(headers),
        "known": publisher.known(headers),
        "by_type": dict(sorted(by_type.items())),
        "rejected": len(rejects),
        "rejects": [
            {"id": each.id, "where": each.where, "code": each.code, "message": each.message}
            for each in rejects[:REJECTS_SHOWN]
        ],
    }


def answered(caller: Caller, work: Ingestion) -> dict[str, Any]:
    """What came of it, once what was given can be read (or after a second)."""
    caller.wait_until(work.visible_at)
    visible_at = max(work.visible_at, caller.now)
    return {**work.counts(), "rejects": work.listed, "visible_at": written(visible_at)}


@dataclass(slots=True)
class Ingestion:
    """One intake, under way. `listed`: the first rejects; `headers` and `places`: the window that is being gathered,
    while a thread stores the one before it (`storing`, with its places): the database waits where Python need not.
    `may_fork`: whether a long input may be judged by other processes.
    """

    opened: Opened
    publisher: Publisher
    strict: bool
    rejects: IO[str] | None = None
    may_fork: bool = False
    added: int = 0
    known: int = 0
    rejected: int = 0
    visible_at: int = 0
    listed: list[dict[str, str]] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    size: int = 0
    storing: tuple[Future[Taken], list[str]] | None = None
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "storing"))

    def counts(self) -> dict[str, Any]:
        """How many there were of each."""
        return {"added": self.added, "known": self.known, "rejected": self.rejected}

    def read(self, sources: Sequence[str | BinaryIO], progress: Progress) -> None:
        """Takes everything in. A `ReltoError` that ends it carries the counts of what is in."""
        # Opening is lazy, being there is not: a name that is misspelt is found before anything goes in.
        inputs = [self._pieces(source, progress) for source in sources]
        try:
            with self.thread:
                self._judge(chain.from_iterable(inputs))
        except KeyboardInterrupt:
            # The thread has ended, and with it the window that it stored.
            self._count_stored()
            raise
        except ReltoError as error:
            error.data.update(self.counts())
            raise

    def _pieces(self, source: str | BinaryIO, progress: Progress) -> Iterator[Piece]:
        return self.opened.intake().objects(source, progress=lambda done, total: progress(str(source), done, total))

    def _judge(self, pieces: Iterable[Piece]) -> None:
        found, is_long = _look_ahead(iter(pieces))
        places: deque[str] = deque()
        # Answers come in the order of the pieces, and few pieces are under way at once.
        validation = self.opened.validation(None if is_long and self.may_fork else 0)
        # By the machine's clock: dates of a distant future push clients past real items, whatever a node's own reads.
        answers = validation.validated(_noting(found, places), now_us=self.opened.node.clock.now())
        try:
            for answer in answers:
                place = places.popleft()
                if isinstance(answer, Reject):
                    self._reject(answer)
                    continue
                self.headers.append(answer)
                self.places.append(place)
                self.size += len(answer.raw)
                if self.strict:
                    self._check_size()
                elif len(self.headers) >= WINDOW_ITEMS or self.size >= WINDOW_BYTES:
                    self._take()
        except BadInput:
            if not self.strict:
                self._take()
                self._count_stored()
            raise
        finally:
            closing = getattr(answers, "close", None)
            if closing is not None:
                closing()
        if not (self.strict and self.rejected):
            self._take()
        self._count_stored()

    def _check_size(self) -> None:
        if self.size > STRICT_BYTES or len(self.headers) > STRICT_ITEMS:
            raise Refused(
                "strict-too-large",
                f"all or nothing goes up to {STRICT_ITEMS} objects and {STRICT_BYTES} bytes, and this is more",
                remedy="split the input, or ingest without `--strict`",
            )

    def _take(self) -> None:
        """Hands the window that was gathered to the thread, once the one before it is in."""
        self._count_stored()
        headers, places = self.headers, self.places
        self.headers, self.places, self.size = [], [], 0
        if headers:
            take = self.publisher.take_whole if self.strict else self.publisher.take
            self.storing = (self.thread.submit(take, headers), places)

    def _count_stored(self) -> None:
        """Waits for the window that is being stored. Raises what its storing raised."""
        if self.storing is None:
            return
        (under_way, places), self.storing = self.storing, None
        taken = under_way.result()
        self.added += taken.added
        self.known += taken.known
        self.visible_at = max(self.visible_at, taken.visible_at)
        for outcome, place in zip(taken.stored, places, strict=True):
            if isinstance(outcome, Reject):
                self._reject(Reject(outcome.id, place, outcome.code, outcome.message))

    def _reject(self, reject: Reject) -> None:
        self.rejected += 1
        row = {"id": reject.id, "where": reject.where, "code": reject.code, "message": reject.message}
        if len(self.listed) < REJECTS_SHOWN:
            self.listed.append(row)
        if self.rejects is not None:
            self.rejects.write(json.dumps(row, ensure_ascii=False) + "\n")


def _look_ahead(pieces: Iterator[Piece]) -> tuple[Iterator[Piece], bool]:
    """The same pieces, and whether they are more than `SHORT_BYTES`; a fault among the first is raised in its turn."""
    first: list[Piece] = []
    size = 0
    try:
        for piece in pieces:
            first.append(piece)
            size += len(piece.raw)
            if size > SHORT_BYTES:
                return chain(first, pieces), True
    except ReltoError as error:
        return chain(first, _raising(error)), False
    return iter(first), False


def _raising(error: ReltoError) -> Iterator[Piece]:
    raise error
    yield  # type: ignore[unreachable]  # it makes this a generator, so that the error waits for its turn


def _noting(pieces: Iterable[Piece], places: deque[str]) -> Iterator[Piece]:
    for piece in pieces:
        places.append(piece.where)
        yield piece
