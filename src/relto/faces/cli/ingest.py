"""`relto ingest`: items come in from files, folders and standard input, in constant memory but for `--strict`."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call, Interrupted
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

COLLECTION_OBJECTS: Final = 200_000
"""So many objects come about between two looks for circles."""

SWITCH_SECONDS: Final = 0.001
"""How long a thread keeps its turn while another waits for one."""


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
    if file.count("-") > 1:
        raise BadInput("usage", "standard input can be read once only")
    document = (_sent if call.url else _taken_in)(call, file, originator, strict, rejects)
    call.answer(document, lambda screen: _show(screen, document, strict=strict, rejects=rejects))
    return 1 if strict and document["rejected"] else 0


def _sent(call: Call, file: list[str], originator: str, strict: bool, rejects: str | None) -> dict[str, Any]:
    from relto.faces.cli.sending import sent

    with contextlib.ExitStack() as stack:
        written = _open_rejects(stack, rejects)
        return sent(call, file, originator=originator, strict=strict, rejects=written)


def _taken_in(call: Call, file: list[str], originator: str, strict: bool, rejects: str | None) -> dict[str, Any]:
    from relto.faces.verbs.caller import Caller
    from relto.faces.verbs.ingest import Ingestion, answered
    from relto.usecases.publishing import Publisher

    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(call.node(needs_topics=True))
        publisher = Publisher(opened.node, opened.desk, originator=originator, by=call.by)
        work = Ingestion(opened, publisher, strict=strict, rejects=_open_rejects(stack, rejects), may_fork=True)
        try:
            with _progress(file) as progress, _at_speed():
                work.read(file, progress)
        except KeyboardInterrupt:
            said = f"interrupted; {work.added} items are in"
            raise Interrupted("interrupted", said, remedy="give the same input again", **work.counts()) from None
        return answered(Caller(opened, call.by), work)


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


def _show(screen: Screen, document: dict[str, Any], *, strict: bool, rejects: str | None) -> None:
    rejected, listed = document["rejected"], document["rejects"]
    undone = " (nothing went in)" if strict and rejected else ""
    screen.line(f"{document['added']} added, {document['known']} known, {rejected} rejected{undone}")
    screen.table(
        ("where", "code", "why"), [(row["where"], row["code"], row["message"]) for row in listed[:20]], empty=""
    )
    if rejected > 20:
        told = f"all of them are in {rejects}" if rejects else "`--rejects FILE` writes them all"
        screen.note(f"{rejected - 20} more were rejected: {told}")
