"""A checkup: what `relto doctor` finds, each with a remedy."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from relto.domain.endpoint import Endpoint
from relto.domain.errors import ReltoError
from relto.domain.moment import write
from relto.faces.verbs.caller import written
from relto.usecases.accounts import list_accounts, live_kinds
from relto.usecases.agreements import listed
from relto.usecases.demonstration import demonstration
from relto.usecases.evidence.signed.signing import keyring, require_keys
from relto.usecases.evidence.signed.state import log_state
from relto.wiring import CURSOR_KEY, TOPICS, adopt_topics

if TYPE_CHECKING:
    from relto.config import Config
    from relto.domain.facts import Facts
    from relto.domain.place import Place
    from relto.wiring import Opened

FREE_BYTES_MIN: Final = 1_073_741_824
"""With less room than this a database fails soon."""

WAL_BYTES_MAX: Final = 1_073_741_824
"""The write-ahead log of an embedded database stays well below this while checkpoints get through."""

OVERDUE_US: Final = 60_000_000
"""An act this long past its moment was found by nobody: no process serves."""

UNSIGNED_US: Final = 60_000_000
"""A leaf that has waited this long for a checkpoint waits for somebody who signs: a server does within seconds."""

UNSTAMPED_US: Final = 300_000_000
"""So long beyond its time a time stamp may be late: the authority is asked again every minute."""

CLOCK_AHEAD_MAX_US: Final = 1_000_000
"""A clock that is ahead by no more than this is as good as right: some clients cut theirs to whole seconds."""

BROKEN_MAX: Final = 2
"""So many walks without an end within `BROKEN_WITHIN_US` are nothing: a network fails now and then."""

BROKEN_WITHIN_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. Only errors make the checkup fail."""

    severity: Literal["error", "warning"]
    code: str
    text: str
    remedy: str = ""


def of_node(opened: Opened) -> list[Finding]:
    """What is found in an open node: its acts, clock, log, accounts, agreements, readers, webhooks and mailboxes."""
    return [*_of_node(opened), *_of_log(opened), *_of_dates(opened), *_of_readers(opened), *_of_places(opened)]


def report(found: Iterable[Finding], log: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document, errors first. `log`: how the log stands, where the node could be opened."""
    findings = sorted(found, key=lambda each: each.severity)
    return {
        "ok": all(each.severity != "error" for each in findings),
        "log": log,
        "findings": [
            {"severity": each.severity, "code": each.code, "text": each.text, "remedy": each.remedy}
            for each in findings
        ],
    }


def fault(error: ReltoError) -> Finding:
    """An error that stood in the way of a closer look."""
    return Finding("error", error.code, error.message, error.remedy)


def now(opened: Opened) -> int:
    """The node's clock, in microseconds."""
    return opened.node.now(opened.node.store.head())


def of_machine(config: Config) -> Iterator[Finding]:
    """What is found in the node's folder: room, and files that others can read."""
    if not config.data.is_dir():
        return
    free = shutil.disk_usage(config.data).free
    if free < FREE_BYTES_MIN:
        yield Finding(
            "warning", "space-low", f"{free // 1_048_576} MiB are free where `{config.data}` lies", "free some space"
        )
    keys = config.data / "keys"
    if keys.is_dir():
        yield from _open_to_others(keys, "700")
        for path in sorted(keys.iterdir()):
            yield from _open_to_others(path, "600")
    database = _database_file(config)
    if database is not None and database.exists():
        yield from _open_to_others(database, "600")
        wal = database.with_name(database.name + "-wal")
        if wal.exists() and wal.stat().st_size > WAL_BYTES_MAX:
            yield Finding(
                "warning",
                "wal-large",
                f"`{wal}` has {wal.stat().st_size // 1_048_576} MiB: no checkpoint gets through",
                "find out which process reads without an end, and end it",
            )


def of_keys(config: Config) -> Iterator[Finding]:
    """Whether the key was there; asked before the node is opened, which makes one."""
    path = config.data / "keys" / CURSOR_KEY
    if not path.exists():
        yield Finding(
            "warning",
            "key-missing",
            f"`{path}` was not there, and has been made anew: whoever is in the middle of a walk begins anew",
            "put back the file that was there, if it is to be had",
        )


def _open_to_others(path: Path, mode: str) -> Iterator[Finding]:
    try:
        found = path.stat()
    except OSError:
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        yield Finding("error", "file-open", f"`{path}` can be read or written by others", f"chmod {mode} {path}")
    elif found.st_uid != os.geteuid() and os.geteuid() != 0:
        yield Finding(
            "warning", "file-foreign", f"`{path}` belongs to another user", "run relto as the user who owns it"
        )


def _database_file(config: Config) -> Path | None:
    url = config.database.url
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def _of_node(opened: Opened) -> Iterator[Finding]:
    try:
        adopt_topics(opened)
    except ReltoError as error:
        yield Finding("error", error.code, f"`{TOPICS}` counts as it was before: {error.message}", error.remedy)
    with opened.node.store.read() as snap:
        head, fixed = snap.head(), demonstration(snap)
    if fixed is not None:
        yield Finding(
            "warning",
            "demonstration",
            f"this node is a demonstration with a clock of its own, which reads {write(now(opened))}",
            "share real items from a node of your own: relto init --party CODE",
        )
    lacks = now(opened) - opened.node.clock.now() - head.clock_offset
    if lacks > 0:
        yield Finding(
            "warning",
            "clock-behind",
            f"the machine's clock stands {lacks / 1_000_000:.3f} s before what this node has seen: it was set back",
            "let the machine keep its time by NTP; the node's own clock goes on meanwhile, and gives no date twice",
        )
    if head.next_due is not None and now(opened) - head.next_due > OVERDUE_US:
        yield Finding(
            "warning",
            "act-overdue",
            f"an act that was due at {write(head.next_due)} waits for the next read or write",
            "keep a server running: relto serve",
        )
    kinds = live_kinds(opened.node)
    for row in list_accounts(opened.node):
        if not row.revoked and not row.secret and not kinds.get(row.name):
            yield Finding(
                "warning",
                "account-shut",
                f"account `{row.name}` has neither password nor token, nor anything else to come in by",
                f"relto account set-password {row.name}",
            )
    reading = {row.party for row in list_accounts(opened.node) if not row.revoked and "reader" in row.roles}
    for each in listed(opened.node, opened.desk):
        if each.ended:
            continue
        if not each.collections:
            yield Finding(
                "warning",
                "agreement-unheard",
                f"agreement `{each.agreement}` reaches nobody: its groups have no members but `{each.terms.giver}`",
                f"relto agreement show {each.agreement}",
            )
        unread = sorted(each.collections.keys() - reading)
        if unread:
            named = ", ".join(f"`{party}`" for party in unread[:20]) + (" …" if len(unread) > 20 else "")
            yield Finding(
                "warning",
                "party-unread",
                f"agreement `{each.agreement}` reaches {named}, for which no account reads",
                "relto account add NAME --party CODE",
            )


def log_document(opened: Opened) -> dict[str, Any]:
    """How the log stands: how far it is signed, by which keys and whether these are there; how far it is stamped."""
    with opened.node.store.read() as snap:
        state, keys, at = log_state(snap), keyring(snap), opened.node.now(snap.head())
    return {
        "leaves": state.leaves,
        "signed": state.signed,
        "signed_at": written(state.signed_at),
        "unsigned": state.unsigned,
        "unsigned_since": written(state.unsigned_since),
        "keys": [] if keys is None else [each.key.text for each in keys.signing(at)],
        "can_sign": not list(_of_keys(opened)),
        "authority": bool(opened.config.timestamps.url),
        "stamped": state.stamped,
        "stamped_at": written(state.stamped_at),
    }


def _of_log(opened: Opened) -> Iterator[Finding]:
    """Whether the log can be signed, is, and is stamped where somebody was named who does so."""
    yield from _of_keys(opened)
    with opened.node.store.read() as snap:
        state = log_state(snap)
    at = now(opened)
    if state.unsigned_since is not None and at - state.unsigned_since > UNSIGNED_US:
        yield Finding(
            "warning",
            "log-waiting",
            f"{state.unsigned} leaves of the log wait to be signed, the first since {write(state.unsigned_since)}",
            "keep a server running: relto serve; at once: relto log checkpoint",
        )
    late = opened.timestamp_every_us + UNSTAMPED_US
    if opened.config.timestamps.url and state.unstamped_since is not None and at - state.unstamped_since > late:
        last = "there is none yet" if state.stamped_at is None else f"the last is of {write(state.stamped_at)}"
        yield Finding(
            "warning",
            "log-unstamped",
            f"checkpoints of the log wait for a time stamp since {write(state.unstamped_since)}; {last}",
            "the server's own log says what stands in the way; see `[timestamps]` of relto.toml",
        )


def _of_keys(opened: Opened) -> Iterator[Finding]:
    try:
        require_keys(opened.node, opened.signers, opened.origin)
    except ReltoError as error:
        yield Finding("error", error.code, f"the log cannot be signed: {error.message}", error.remedy)


_DATES: Final = {"review": "review", "until": "end"}


def _of_dates(opened: Opened) -> Iterator[Finding]:
    """Dates that have passed and call for a decision: nothing else happens by itself."""
    with opened.node.store.read() as snap:
        policy = opened.desk.current(snap, snap.head().policy_version)
    at = now(opened)
    for number, pause in sorted(policy.pauses.items(), key=lambda pair: int(pair[0])):
        dates = {"review": pause.review_us, "until": pause.until_us}
        for name in pause.overdue(at):
            yield Finding(
                "warning",
                "pause-overdue",
                f"the {_DATES[name]} of pause `{number}` was set for {write(dates[name] or 0)}",
                f"relto resume {number}, or relto pause amend {number} --{name} WHEN",
            )
    for name, standing in sorted(policy.standings.items()):
        if standing.terms.is_overdue(at) and not standing.ended:
            yield Finding(
                "warning",
                "agreement-overdue",
                f"agreement `{name}` was to be reviewed on {write(standing.terms.review_us or 0)[:10]}",
                f"relto agreement show {name}, then apply it with another `review`",
            )


def _of_readers(opened: Opened) -> Iterator[Finding]:
    """Of the clients that may still read: those whose users are told nothing and may lose what they never see."""
    with opened.node.store.read() as snap:
        policy = opened.desk.current(snap, snap.head().policy_version)
        accounts = {row.name: row for row in snap.accounts() if not row.revoked and "reader" in row.roles}
        polls = snap.polls()
    at = now(opened)
    for row in polls:
        flow, account = policy.flows.get(row.flow), accounts.get(row.reader)
        if flow is None or account is None or not flow.member or policy.standings[flow.agreement].ended:
            continue
        yield from _of_reader(f"account `{account.name}` under agreement `{flow.agreement}`", row.reader, row.facts, at)


def _of_reader(who: str, account: str, facts: Facts, at: int) -> Iterator[Finding]:
    client = f" (`{facts.client}`)" if facts.client else ""
    if facts.clock is not None and facts.clock > CLOCK_AHEAD_MAX_US:
        yield Finding(
            "warning",
            "reader-clock-ahead",
            f"{who}: the clock of its client{client} is ahead by {facts.clock / 1_000_000:.1f} s",
            "let the machine of the client keep its time by NTP",
        )
    broken = sum(at - BROKEN_WITHIN_US < moment <= at for moment in facts.broken)
    if broken > BROKEN_MAX:
        code = f" `{facts.failed_code}`" if facts.failed_code else ""
        error = f"; its last error was {facts.failed_status}{code}" if facts.failed_at else ""
        yield Finding(
            "warning",
            "reader-breaks-off",
            f"{who}: its client{client} broke off {broken} walks within the last day{error}",
            f"look into the client's log: it may wait too briefly or leave pages unread; relto reader show {account}",
        )


def _of_places(opened: Opened) -> Iterator[Finding]:
    """Webhooks and mailboxes that get nothing, or soon will."""
    with opened.node.store.read() as snap:
        webhooks, mailboxes = snap.webhooks(), snap.mailboxes()
    named: list[tuple[str, str, Place]] = [("webhook", Endpoint.parse(each.url).authority, each) for each in webhooks]
    named += [("mailbox", each.address, each) for each in mailboxes]
    for kind, where, place in named:
        whose = f"{kind} `{place.id}` of `{place.party}` (`{where}`)"
        if place.standing == "disabled":
            yield Finding(
                "warning", f"{kind}-disabled", f"{whose} is disabled: {place.why}", f"relto {kind} enable {place.id}"
            )
        elif place.standing == "failing":
            said = place.health.last_answer or f"it answered {place.health.last_status}"
            yield Finding(
                "warning",
                f"{kind}-failing",
                f"{whose} failed {place.health.failures} times in a row: {said}",
                f"relto {kind} list --party {place.party}",
            )
    if mailboxes and not opened.config.mail.host:
        yield Finding(
            "warning",
            "mail-unset",
            f"there are {len(mailboxes)} mailboxes and no mail server, so none gets anything",
            "set `host` in `[mail]` of relto.toml",
        )
