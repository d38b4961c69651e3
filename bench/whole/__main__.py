"""`python -m bench.whole`: does a TAXII 2.1 server lose or repeat objects, for the clients that exist?

Writes objects into a collection while clients of several kinds read it, pauses and resumes every second if it is told
how, and says for each kind of client what it lost, what it was given twice, and by whose doing. It deletes nothing;
all that it writes carries the label `relto-whole`.

    python -m bench.whole https://taxii.example/taxii2/ --collection feed --reader kyiv:secret --writer agency:secret

Ends with 0 when nothing was lost, nor shown while it was paused; 1 when something was; 2 for wrong usage; 3 when it
cannot be said: the server could not be asked, nothing could be written, a pause failed, a reader did not come to its
end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bench.client import Failed
from bench.whole.clients import KINDS
from bench.whole.link import Site
from bench.whole.load import Load, loaded
from bench.whole.pausing import Commands
from bench.whole.table import table
from bench.whole.verdict import Verdict, judged

READERS_USUAL = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, judge."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        load = _load(parser, options)
        journal = asyncio.run(loaded(load, _say))
    except Failed as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    verdict = judged(journal)
    if options.journal:
        journal.write(options.journal)
    print(json.dumps(verdict.document(), indent=1) if options.json else table(verdict))
    return status(verdict, strict=options.strict)


def status(verdict: Verdict, *, strict: bool) -> int:
    """The exit status; a run in which nothing was written, a pause failed or something is unread proves nothing."""
    if not verdict.is_good or (strict and verdict.repeated_by_the_server):
        return 1
    return 3 if not verdict.written or verdict.failed_acts or verdict.unread else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.whole",
        description="What does a TAXII 2.1 server lose and repeat, for the clients that exist?",
        epilog="CREDENTIALS: NAME:PASSWORD, or a scheme and a value (`Bearer …`, `Token …`), or @FILE with one a line.",
    )
    add = parser.add_argument
    add("url", help="discovery, the API root, or the collection itself")
    add("--collection", default="", metavar="NAME", help="id, alias or title of what is read")
    add("--also", action="append", default=[], metavar="URL", help="another address of the same server, asked in turn")
    add("--reader", action="append", required=True, metavar="CREDENTIALS", help="of readers; dealt out in turn")
    add("--readers", type=int, default=READERS_USUAL, metavar="N", help="how many readers (%(default)s)")
    add("--kind", action="append", choices=list(KINDS), help="kinds of clients, dealt out in turn (all)")
    add("--writer", metavar="CREDENTIALS", help="of whoever posts objects")
    add("--write-collection", metavar="NAME", help="where it posts, if not into what is read")
    add("--write-command", metavar="COMMAND", help="instead: takes an envelope on standard input; 0 acknowledges it")
    add("--writers", type=int, default=4, metavar="N", help="how many write at once (%(default)s)")
    add("--pause-command", metavar="COMMAND", help="pauses all that is written; returns when that is in force")
    add("--resume-command", metavar="COMMAND", help="resumes; has in $PAUSED what the other printed")
    add("--pause-seconds", type=float, default=1.0, metavar="S", help="from one act to the next (%(default)s)")
    add("--seconds", type=float, default=30.0, metavar="S", help="of writing and pausing (%(default)s)")
    add("--quiet-seconds", type=float, default=0.0, metavar="S", help="of reading before that (%(default)s)")
    add(
        "--poll-seconds",
        type=float,
        default=1.0,
        metavar="S",
        help="from one poll of a reader to the next (%(default)s)",
    )
    add("--write-seconds", type=float, default=0.25, metavar="S", help="from one envelope to the next (%(default)s)")
    add("--objects", type=int, default=4, metavar="N", help="of an envelope, at most (%(default)s)")
    add(
        "--settle-seconds",
        type=float,
        default=3.0,
        metavar="S",
        help="between the end and the last polls (%(default)s)",
    )
    add("--drain-seconds", type=float, default=60.0, metavar="S", help="for the last polls, at most (%(default)s)")
    add("--answer-seconds", type=float, default=30.0, metavar="S", help="after which a poll has failed (%(default)s)")
    add("--page", type=int, default=100, metavar="N", help="`limit` of clients that send one (%(default)s)")
    add(
        "--skew-seconds",
        type=float,
        default=0.0,
        metavar="S",
        help="how far clients' own clocks run ahead (%(default)s)",
    )
    add("--label", action="append", default=[], metavar="LABEL", help="labels of the objects, beside `relto-whole`")
    add("--ca", metavar="FILE", help="whom to trust for https, as PEM")
    add("--cert", metavar="FILE", help="a client certificate with its key, as PEM")
    add("--insecure", action="store_true", help="trust whatever answers")
    add("--strict", action="store_true", help="repeats by the server's doing end with 1 as well")
    add("--journal", type=Path, metavar="FILE", help="write there all that was done and seen, as lines of JSON")
    add("--json", action="store_true", help="print the verdict as JSON")
    return parser


def _load(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Load:
    if (options.pause_command is None) != (options.resume_command is None):
        parser.error("--pause-command and --resume-command go together")
    if (options.writer is None) == (options.write_command is None):
        parser.error("say either --writer or --write-command")
    if min(options.readers, options.writers, options.objects, options.page) < 1:
        parser.error("there has to be at least one of each")
    accounts = [each for given in options.reader for each in _credentials(given)]
    writer = _credentials(options.writer) if options.writer else [None]
    if not accounts or not writer:
        parser.error("a file of credentials is empty")
    kinds = options.kind or list(KINDS)
    if len(accounts) < options.readers:
        print(
            f"{options.readers} readers share {len(accounts)} accounts: a server that keeps a reader's place by its "
            "account cannot tell them apart",
            file=sys.stderr,
        )
    encryption = _encryption(options)
    return Load(
        sites=[Site.of(each, encryption=encryption) for each in (options.url, *options.also)],
        url=options.url,
        collection=options.collection,
        readers=[(kinds[number % len(kinds)], accounts[number % len(accounts)]) for number in range(options.readers)],
        writing=writer[0],
        write_collection=options.write_collection,
        write_command=options.write_command,
        writers=options.writers,
        seconds=options.seconds,
        quiet=options.quiet_seconds,
        settle=options.settle_seconds,
        drain=options.drain_seconds,
        poll=options.poll_seconds,
        pace=options.write_seconds,
        most=options.objects,
        pauses=Commands(options.pause_command, options.resume_command) if options.pause_command else None,
        pausing=options.pause_seconds,
        answer=options.answer_seconds,
        limit=options.page,
        labels=options.label,
        skew=timedelta(seconds=options.skew_seconds),
    )


def _credentials(given: str) -> list[str]:
    """As they stand, or from a file, which keeps them out of the list of processes."""
    if not given.startswith("@"):
        return [given]
    try:
        lines = Path(given[1:]).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Failed(f"`{given[1:]}` cannot be read: {error.strerror}") from error
    return [line.strip() for line in lines if line.strip()]


def _encryption(options: argparse.Namespace) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=options.ca)
    if options.insecure:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if options.cert:
        made.load_cert_chain(options.cert)
    return made


if __name__ == "__main__":
    sys.exit(main())
