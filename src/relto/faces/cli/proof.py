"""`relto log show|received|export|verify`: what the log says, written down for outsiders, and checked."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.faces.cli.call import Call, written
from relto.faces.cli.faults import show_faults
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.note import VerifierKey
    from relto.faces.cli.screen import Screen
    from relto.usecases.evidence.check.checking import Verdict

LEAVES_SHOWN: Final = 100
PROGRESS_SECONDS: Final = 0.5

Key = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="the log's public key [the node's keys/log.vkey]")
]


Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="from this moment on")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="up to this moment")]


def hang_in(log: typer.Typer) -> None:
    """Hang the verbs in the group of the log."""
    verb(log, "show", acts=False)(show)
    verb(log, "received", acts=False)(received)
    verb(log, "export", acts=False, remote=False)(export)
    verb(log, "verify", acts=False, remote=False)(verify)


def export(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="where to write the archive", show_default=False)],
) -> int:
    """Write an archive of the log with everything an outsider needs to verify it, nothing secret and no content."""
    from relto.usecases.evidence.show.disclosing import log_keys
    from relto.wiring.proving import export_log

    with call.node() as opened:
        opened.sign()
        with opened.node.store.read() as snap:
            keys = log_keys(snap)
        checkpoint = export_log(opened.database, file, keys, _Progress(call, "written"))
    document = {
        "ok": True,
        "file": str(file),
        "bytes": file.stat().st_size,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "origin": checkpoint.origin,
        "keys": [key.text for key in keys],
        "faults": [],
    }

    def show(screen: Screen) -> None:
        screen.facts([("archive", file), ("leaves", checkpoint.size), ("root", checkpoint.root.hex())])
        screen.note("whoever checks it needs the log's public key from you, another way: keys/log.vkey")

    call.answer(document, show)
    return 0


def verify(
    call: Call,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="an archive; without one the node of this machine")
    ] = None,
    key: Key = None,
    authority: Annotated[
        Path | None,
        typer.Option("--authority", metavar="FILE", help="who is believed for time stamps: certificates (PEM)"),
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", metavar="FILE", help="a receipt, in place of an archive or the node")
    ] = None,
) -> int:
    """Verify an archive of a log with its public key alone, or the node: that nothing was rewritten, that every
    decision follows, and that each delivery gave what was allowed, each item once, in order. Or a receipt: that its
    leaf is in a log that the key signed.
    """
    from relto.domain.errors import BadInput
    from relto.wiring.proving import (
        own_keys,
        processors,
        read_keys,
        stamp_reader,
        verify_archive,
        verify_node,
    )

    if receipt is not None:
        if file is not None:
            raise BadInput("usage", "an archive or a receipt is verified, not both at once")
        keys = read_keys(key or call.config().data / "keys" / "log.vkey")
        if key is None:
            # The key that the log began with may be in anybody's hands by now.
            with call.node() as opened:
                keys = own_keys(opened)
        return _verify_receipt(call, receipt, keys)
    stamp, believes = stamp_reader(authority), authority is not None
    if file is not None:
        keys = read_keys(key or call.config().data / "keys" / "log.vkey")
        verdict = verify_archive(file, keys, _Progress(call, "checked"), stamp=stamp, processes=processors())
        return _answer(call, verdict, str(file), believes=believes)
    with call.node() as opened:
        opened.sign()
        keys = read_keys(key) if key is not None else own_keys(opened)
        verdict = verify_node(opened, keys, _Progress(call, "checked"), stamp=stamp, processes=processors())
    return _answer(call, verdict, "the node", believes=believes)


def _verify_receipt(call: Call, file: Path, keys: Sequence[VerifierKey]) -> int:
    from relto.domain.leaf import fields_of
    from relto.faces.cli.screen import moment
    from relto.faces.verbs.leaves import words
    from relto.wiring.proving import verify_receipt

    logged, leaf = verify_receipt(file, keys)
    said = fields_of(leaf)
    document = {
        "ok": True,
        "origin": logged.checkpoint.origin,
        "size": logged.checkpoint.size,
        "root": logged.checkpoint.root.hex(),
        "leaf": logged.index,
        "kind": leaf["kind"],
        "at": written(leaf["at"]),
        "says": said,
        "faults": [],
    }

    def show(screen: Screen) -> None:
        screen.facts(
            [
                ("log", f"{logged.checkpoint.origin}, {logged.checkpoint.size} leaves"),
                ("root", logged.checkpoint.root.hex()),
                ("leaf", f"{logged.index}, of kind {leaf['kind']}, written {moment(document['at'])}"),
                ("says", words(leaf["kind"], said)),
            ]
        )
        screen.line(f"{file} proves that this stands in the log", "green")

    call.answer(document, show)
    return 0


def _answer(call: Call, verdict: Verdict, what: str, *, believes: bool) -> int:
    """`believes`: an authority is trusted, by whose word time stamps were checked."""
    from relto.faces.verbs.verdicts import verdict_document

    document = verdict_document(verdict, believes=believes)

    def show(screen: Screen) -> None:
        screen.facts(
            [
                ("leaves", verdict.size),
                ("root", verdict.root.hex()),
                ("checkpoints", verdict.checkpoints),
                ("items", verdict.items),
                ("deliveries", verdict.deliveries),
                ("cosigned", ", ".join(_cosigned(each) for each in document["witnesses"])),
                ("time stamps", _stamps(document["timestamps"])),
                ("restored", ", ".join(str(written(at)) for at in verdict.eras)),
            ]
        )
        show_faults(screen, verdict.faults, fine=f"nothing is wrong with {what}")

    call.answer(document, show)
    return 0 if verdict.ok else 1


def _cosigned(each: Mapping[str, Any]) -> str:
    return f"by {each['name']} of {each['party']}, up to {each['size']} leaves"


def _stamps(found: Mapping[str, Any]) -> str:
    from relto.faces.cli.screen import moment

    if not found["count"]:
        return ""
    if not found["checked"]:
        return f"{found['count']}; who signed them was not checked: --authority FILE"
    last = found["last"]
    said = f"; {last['size']} leaves by {moment(last['at'])}, {last['authority']}" if last is not None else ""
    return f"{found['count']}{said}"


def show(
    call: Call,
    *,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="leaves of this kind")] = None,
    party: Annotated[str | None, typer.Option("--party", metavar="CODE", help="what concerns this party")] = None,
    agreement: Annotated[str | None, typer.Option("--agreement", metavar="ID", help="what concerns it")] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="ITEM", help="what tells of this item")] = None,
    act: Annotated[str | None, typer.Option("--act", metavar="N", help="what was written with this act")] = None,
    leaf: Annotated[list[int] | None, typer.Option("--leaf", metavar="N", help="this leaf; repeat for more")] = None,
    since: Since = None,
    until: Until = None,
    after: Annotated[int | None, typer.Option("--after", metavar="N", help="beyond the leaf of this number")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="so many leaves at most")] = LEAVES_SHOWN,
) -> int:
    """Show what the log says, leaf by leaf."""
    from relto.faces.cli.leaves import show_leaves
    from relto.faces.verbs import log

    document = call.ask(
        log.show, kind=kind, party=party, agreement=agreement, item=item, act=act, leaf=leaf or [], since=since,
        until=until, after=after, limit=limit,
    )  # fmt: skip
    call.answer(document, lambda screen: show_leaves(screen, document, whole=bool(leaf)))
    return 0


def received(
    call: Call,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="who received it", show_default=False)],
    *,
    agreement: Annotated[str | None, typer.Option("--agreement", metavar="ID", help="under this agreement")] = None,
    since: Since = None,
    until: Until = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="as CSV, a line for each item")] = False,
) -> int:
    """List everything that a party received: when, under which version of which agreement, by which act it flowed, who
    asked for that and who agreed.
    """
    from relto.faces.cli.leaves import show_received
    from relto.faces.verbs import log

    rows: list[dict[str, Any]] = []
    after: int | None = None
    while True:
        document = call.ask(log.received, party=party, agreement=agreement, since=since, until=until, after=after)
        rows += document["items"]
        after = document["next"]
        if after is None:
            break
    if as_csv and not call.json:
        _write_csv(rows)
        return 0
    call.answer(rows, lambda screen: show_received(screen, rows))
    return 0


COLUMNS: Final = (
    "at", "agreement", "version", "party", "reader", "item", "digest", "leaf", "policy", "act", "kind", "by",
    "approved_by",
)  # fmt: skip


def _write_csv(rows: Sequence[dict[str, Any]]) -> None:
    out = csv.writer(sys.stdout)
    out.writerow(COLUMNS)
    for row in rows:
        values = [" ".join(row[name]) if isinstance(row[name], list) else row[name] for name in COLUMNS]
        # What a spreadsheet would take for a formula is no formula here.
        out.writerow([f"'{value}" if str(value)[:1] in {"=", "+", "-", "@"} else value for value in values])


class _Progress:
    """Says now and then how far it is, to a person at a terminal."""

    def __init__(self, call: Call, done: str) -> None:
        self._shows = not call.json and sys.stderr.isatty()
        self._done = done
        self._next = 0.0

    def __call__(self, done: int, of: int) -> None:
        """`done` of `of`."""
        if not self._shows or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PROGRESS_SECONDS
        sys.stderr.write(f"\r{100 * done // max(of, 1)} % {self._done}\x1b[K")
        if done >= of:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
