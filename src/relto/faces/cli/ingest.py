"""`relto ingest`: items come in from files, folders and standard input, in constant memory but for `--strict`.

Objects are sliced out, judged (in other processes, once the input turns out to be long) and taken in a window at a
time. What one window took in is durable before the next begins, so a break in the middle loses nothing: the same input
may be given again, and what is in already counts as known.
"""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.domain.item import Header, Reject
from relto.faces.cli.call import Call, Interrupted, now, wait_until, written
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen
    from relto.ports.intake import Piece
    from relto.usecases.publishing import Publisher, Taken
    from relto.wiring import Opened

COLLECTION_OBJECTS: Final = 200_000
"""So many objects come about between two looks for circles."""

SWITCH_SECONDS: Final = 0.001
"""How long a thread keeps its turn while another waits for one."""

REJECTS_SHOWN: Final = 1_000
"""Rejects that the answer lists; `--rejects` has them all."""

SHORT_BYTES: Final = 4 * 1_048_576
"""An input up to this is judged here: to start other processes would take longer."""

WINDOW_BYTES: Final = 64 * 1_048_576
"""A window of long objects is cut at so many bytes."""

STRICT_BYTES: Final = 1_073_741_824
"""All or nothing is one transaction, which is held in memory: so many bytes at most."""

STRICT_ITEMS: Final = 1_000_000


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "ingest")(ingest)


def ingest(
    call: Call,
    file: Annotated[
        list[str], typer.Argument(metavar="FILE", help="files and folders; - is standard input", show_default=False)
    ],
    originator: Annotated[str, typer.Option("--originator", metavar="CODE", help="the party whose items they are")],
    strict: Annotated[bool, typer.Option("--strict", help="all or nothing: one reject, and nothing goes in")] = False,
    rejects: Annotated[
        str | None, typer.Option("--rejects", metavar="FILE", help="write every reject there, a line of JSON each")
    ] = None,
) -> int:
    """Take in STIX 2.1: bundles, TAXII envelopes, JSON lines, arrays, bare objects, .gz and .zst too.

    What is wrong is rejected by item, the rest goes in. Ends with 0 when the input was read, whatever was rejected.
    """
    from relto.usecases.publishing import Publisher

    if file.count("-") > 1:
        raise BadInput("usage", "standard input can be read once only")
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(call.node(needs_topics=True))
        publisher = Publisher(opened.node, opened.desk, originator=originator, by=call.by)
        work = _Intake(opened, publisher, strict=strict, rejects=_open_rejects(stack, rejects))
        with _progress(file) as progress:
            work.read(file, progress)
        wait_until(opened, work.visible_at)
        visible_at = max(work.visible_at, now(opened))
    document = {**work.counts(), "rejects": work.listed, "visible_at": written(visible_at)}
    call.answer(document, lambda screen: _show(screen, work, rejects))
    return 1 if strict and work.rejected else 0


@dataclass(slots=True)
class _Intake:
    """One intake, under way. `listed`: the first rejects; `headers` and `places`: the window that is being gathered,
    while a thread stores the one before it (`storing`, with its places): the database waits where Python need not.
    """

    opened: Opened
    publisher: Publisher
    strict: bool
    rejects: IO[str] | None
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

    def read(self, sources: list[str], progress: Callable[[str, int, int | None], None]) -> None:
        """Takes everything in. A `ReltoError` that ends it carries the counts of what is in."""
        # Opening is lazy, being there is not: a name that is misspelt is found before anything goes in.
        inputs = [self._pieces(source, progress) for source in sources]
        try:
            with self.thread, _at_speed():
                self._judge(chain.from_iterable(inputs))
        except KeyboardInterrupt:
            # The thread has ended, and with it the window that it stored.
            self._count_stored()
            counts = self.counts()
            raise Interrupted(
                "interrupted", f"interrupted; {self.added} items are in", remedy="give the same input again", **counts
            ) from None
        except ReltoError as error:
            error.data.update(self.counts())
            raise

    def _pieces(self, source: str, progress: Callable[[str, int, int | None], None]) -> Iterator[Piece]:
        return self.opened.intake().objects(source, progress=lambda done, total: progress(source, done, total))

    def _judge(self, pieces: Iterable[Piece]) -> None:
        from relto.usecases.publishing import WINDOW_ITEMS

        found, is_long = _look_ahead(iter(pieces))
        places: deque[str] = deque()
        # Answers come in the order of the pieces, and few pieces are under way at once.
        validation = self.opened.validation(None if is_long else 0)
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


@contextlib.contextmanager
def _at_speed() -> Iterator[None]:
    """Has Python look for circles seldom, for a window holds a hundred thousand objects and none of them is one; and
    change threads often, for the one that stores gives up its turn with every row.
    """
    collecting, switching = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(COLLECTION_OBJECTS, *collecting[1:])
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(switching)
        gc.set_threshold(*collecting)
        gc.unfreeze()


def _noting(pieces: Iterable[Piece], places: deque[str]) -> Iterator[Piece]:
    for piece in pieces:
        places.append(piece.where)
        yield piece


def _open_rejects(stack: contextlib.ExitStack, name: str | None) -> IO[str] | None:
    if name is None:
        return None
    try:
        return stack.enter_context(Path(name).open("w", encoding="utf-8", errors="backslashreplace"))
    except OSError as error:
        raise BadInput("file-unwritable", f"`{name}` cannot be written: {(error.strerror or '').lower()}") from error


@contextlib.contextmanager
def _progress(sources: list[str]) -> Iterator[Callable[[str, int, int | None], None]]:
    """What is told how far the reading is; a bar on standard error where that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _source, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(bar_width=None), DownloadColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {source: bar.add_task(source, total=None) for source in sources[:1]}

        def tell(source: str, done: int, total: int | None) -> None:
            if source not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)
                tasks.clear()
                tasks[source] = bar.add_task(source, total=total)
            bar.update(tasks[source], completed=done, total=total)

        yield tell


def _show(screen: Screen, work: _Intake, rejects: str | None) -> None:
    undone = " (nothing went in)" if work.strict and work.rejected else ""
    screen.line(f"{work.added} added, {work.known} known, {work.rejected} rejected{undone}")
    screen.table(
        ("where", "code", "why"), [(row["where"], row["code"], row["message"]) for row in work.listed[:20]], empty=""
    )
    if work.rejected > 20:
        told = f"all of them are in {rejects}" if rejects else "`--rejects FILE` writes them all"
        screen.note(f"{work.rejected - 20} more were rejected: {told}")
