"""A call: one command as it was given, what it acts on and as whom, and how it answers."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from relto.domain.actor import Actor, operator
from relto.domain.errors import BadInput, Refused, ReltoError, Unknown, Unreachable
from relto.faces.cli.reach import REMOTE_VARIABLES, Reach

if TYPE_CHECKING:
    from relto.config import Config, Value
    from relto.faces.cli.screen import Screen
    from relto.wiring import Opened

_Answer = TypeVar("_Answer")

ADMIN: Final = "admin"
"""The account that acts where nobody is named."""


DEBUG_VARIABLE: Final = "RELTO_DEBUG"
"""Set to 1, it shows the traceback of an error that nobody expected. It is no setting of the node."""

WAIT_US: Final = 1_000_000
"""How long an act waits, at most, until what it gave can be read."""

DONE, REFUSED, WRONG, UNREACHABLE, INTERRUPTED, UNREAD = 0, 1, 2, 3, 130, 141


class Interrupted(Refused):
    """Somebody pressed Ctrl-C."""


@dataclass(slots=True)
class Call:
    """One command. `data`, `actor` and `yes` are its options as given; `by` is who acts, once the node is open.

    `url`: the node that is asked over the network, empty for the one of this machine; `token`, or `user`, says who
    asks there; `ca`: a file with the certificates that its own is checked against.
    """

    data: str | None = None
    json: bool = False
    actor: str | None = None
    yes: bool = False
    url: str = ""
    token: str = field(default="", repr=False)
    user: str = ""
    ca: str = ""
    by: Actor = field(default_factory=lambda: operator(""))
    clock: str = ""
    _screen: Screen | None = field(default=None, repr=False)

    @property
    def screen(self) -> Screen:
        """Where people's words go."""
        if self._screen is None:
            from relto.faces.cli.screen import Screen

            self._screen = Screen(quiet=self.json)
        return self._screen

    # What it acts on.

    def config(self, arguments: Mapping[str, Value | None] | None = None) -> Config:
        """The settings of the node. Raises `BadInput` as `config.load` does."""
        from relto.config import load

        environment = {
            name: value for name, value in os.environ.items() if name != DEBUG_VARIABLE and name not in REMOTE_VARIABLES
        }
        return load(self.data, environment=environment, arguments=arguments)

    @contextmanager
    def node(self, *, needs_topics: bool = False) -> Iterator[Opened]:
        """The node, open, with `topics.yaml` read in where it has changed, and `by` checked; signed when it is closed.

        A file that cannot be read stops only what leans on it (`needs_topics`): nobody may be kept from pausing by it.
        Raises `Unreachable` (`node-missing`, `node-unfinished`, and as the store does), `Unknown` (`account-unknown`).
        """
        from relto.usecases.accounts import actor_of
        from relto.wiring import CURSOR_KEY, adopt_topics, open_node

        if self.url:
            raise BadInput("usage", "this verb works on the machine of the node only", remedy="leave out `--url`")
        config = self.config()
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(open_node(config))
            except Unreachable as error:
                if error.code not in {"database-missing", "database-empty"}:
                    raise
                # A folder with a key was a node, or nearly: `init` alone would begin anew where a database was lost.
                if (config.data / "keys" / CURSOR_KEY).exists():
                    raise Unreachable(
                        "node-missing",
                        f"`{config.data}` has the keys of a node and no database: {error.message}",
                        remedy="put the database back, or restore a backup; if there never was one, relto init",
                        data_folder=str(config.data),
                    ) from error
                raise node_missing(config.data) from error
            with opened.node.store.read() as snap:
                host = snap.setting("party")
                if host is None:
                    raise Unreachable(
                        "node-unfinished",
                        f"the making of the node in `{config.data}` was cut short",
                        remedy="relto init --party CODE completes it",
                    )
                accounts = {row.name: row for row in snap.accounts()}
                leaves = snap.log().size
            if self.actor is not None:
                row = accounts.get(self.actor)
                if row is None or row.revoked:
                    why = "there is no account" if row is None else "revoked was account"
                    raise Unknown(
                        "account-unknown",
                        f"{why} `{self.actor}`",
                        remedy="relto account list",
                        account=self.actor,
                    )
                self.by = actor_of(row, "local")
            else:
                self.by = operator(host)
            stack.enter_context(self._signing(opened, leaves))
            try:
                adopt_topics(opened, by=self.by)
            except BadInput as error:
                if needs_topics:
                    raise
                self.screen.warn(f"topics.yaml is left as it was: {error.message}", error.remedy)
            yield opened

    @contextmanager
    def _signing(self, opened: Opened, leaves: int) -> Iterator[None]:
        """Signs the log at the end where it has more `leaves` by then. What was done is done, whether or not that
        succeeds; whoever comes next signs it as well.
        """
        try:
            yield
        finally:
            try:
                with opened.node.store.read() as snap:
                    has_grown = snap.log().size > leaves
                if has_grown:
                    opened.sign()
            except ReltoError as error:
                self.screen.warn(f"the log is not signed yet: {error.message}", error.remedy)

    @property
    def reach(self) -> Reach:
        """The node that is asked over the network."""
        return Reach(self.url, self.token, self.user, self.ca)

    def ask(
        self, verb: Callable[..., _Answer], /, *, needs_topics: bool = False, tells_clock: bool = False, **said: Any
    ) -> _Answer:
        """What the verb answers. `needs_topics`: as in `node`; `tells_clock`: people have to know a demonstration's."""
        from relto.faces.verbs.caller import Caller

        if self.url:
            from relto.faces.cli.remote import ask

            answer: _Answer = ask(self.reach, verb, said)
            return answer
        with self.node(needs_topics=needs_topics) as opened:
            answer = verb(Caller(opened, self.by), **said)
            self.clock = clock_of_demonstration(opened) if tells_clock and not self.json else ""
        return answer

    @property
    def asks_a_person(self) -> bool:
        """Whether `confirm` would ask somebody."""
        return not self.yes and sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> None:
        """Ask a person at a terminal; go on where there is none, or with `--yes`. Raises `not-confirmed`."""
        if not self.asks_a_person:
            return
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise Refused("not-confirmed", "nothing was done", remedy="answer y, or say `--yes`")

    # How it answers.

    def answer(self, document: object, show: Callable[[Screen], None]) -> None:
        """Give `document` with `--json`, else what `show` puts on the screen."""
        if self.json:
            write_document(document)
        else:
            show(self.screen)

    def fail(self, error: ReltoError) -> int:
        """Say what went wrong; the exit status that goes with it."""
        if self.json:
            data = json.loads(json.dumps(error.data, default=str))
            parts = {"code": error.code, "message": error.message, "remedy": error.remedy, "data": data}
            try:
                write_document({"error": parts})
                return status_of(error)
            except OSError:
                # Standard output takes nothing any more, so that standard error has to do.
                drop_output()
        self.screen.error(error.message, error.code, error.remedy)
        return status_of(error)

    def fail_unexpectedly(self, error: Exception) -> int:
        """Say that something happened that nobody expected, without its inner life."""
        if os.environ.get(DEBUG_VARIABLE) == "1":
            traceback.print_exception(error, file=sys.stderr)
        name = type(error).__name__
        return self.fail(
            Refused(
                "internal",
                f"something went wrong that should not ({name})",
                remedy=f"{DEBUG_VARIABLE}=1 shows where; please report it",
            )
        )


def status_of(error: ReltoError) -> int:
    """The exit status that goes with an error."""
    if isinstance(error, Interrupted):
        return INTERRUPTED
    if isinstance(error, Unreachable):
        return UNREACHABLE
    return WRONG if isinstance(error, BadInput) else REFUSED


def of_system(error: OSError) -> ReltoError:
    """What it means that the system refused something."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Refused("disk-full", "there is no room left to write", remedy="free some space, then try again")
    named = f" `{error.filename}`" if isinstance(error.filename, str) else ""
    reason = (error.strerror or type(error).__name__).lower()
    return Unreachable("system-refused", f"the system refused{named}: {reason}", remedy="check who owns it")


def node_missing(data: Path) -> Unreachable:
    """There is no node where one was looked for."""
    return Unreachable(
        "node-missing", f"there is no node in `{data}`", remedy="relto init --party CODE", data_folder=str(data)
    )


def write_document(document: Any) -> None:
    """Write one JSON document on standard output, durable against whatever text is in it."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()


def unread() -> int:
    """Whoever read the answer has gone: the rest goes nowhere, and nobody is told."""
    drop_output()
    return UNREAD


def drop_output() -> None:
    """What standard output still holds goes nowhere; else Python would try again when it ends, and complain."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def now(opened: Opened) -> int:
    """The node's clock, in microseconds."""
    return opened.node.now(opened.node.store.head())


def clock_of_demonstration(opened: Opened) -> str:
    """What people have to know of a demonstration's clock; empty for every other node."""
    from relto.domain.moment import write
    from relto.usecases.demonstration import demonstration

    with opened.node.store.read() as snap:
        fixed = demonstration(snap)
        reads = write(opened.node.now(snap.head()))[:19].replace("T", " ") + "Z"
    return f"this is a demonstration: its own clock reads {reads}" if fixed is not None else ""


def wait_until(opened: Opened, moment: int) -> None:
    """Wait until what was given can be read, by the node's clock, but a second at most."""
    left = min(moment - now(opened), WAIT_US)
    if left > 0:
        opened.node.clock.sleep(left)


def when(opened: Opened, text: str | None, *, ahead: bool = True) -> int | None:
    """The moment that was typed, by the node's clock; None where none was. Raises `BadInput` (`when-invalid`)."""
    from relto.domain.moment import parse_when

    return None if text is None else parse_when(text, now=now(opened), ahead=ahead)


def written(moment: int | None) -> str | None:
    """A moment as JSON gives it."""
    from relto.domain.moment import write

    return None if moment is None else write(moment)
