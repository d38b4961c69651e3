"""Builds a node from its configuration; the only importer of adapters.

`create` makes the database of a node, `open_node` opens a node that is there, for the command line and for each server
process. What is slow to import (PostgreSQL, the schemas of STIX) is imported when it is wanted.

A database outlives its processes: everything here may be opened by any number of them at once, each for itself, and
never carried across a fork.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from relto.adapters.database import create_database, is_embedded, open_database, search_index
from relto.adapters.files import put_file as put_file
from relto.adapters.files import put_first as put_first
from relto.adapters.files import put_instead as put_instead
from relto.domain.actor import operator
from relto.domain.endpoint import Reach
from relto.domain.errors import BadInput, Unreachable
from relto.domain.marking import parse_statements
from relto.domain.note import NAME_MAX, is_key_name
from relto.domain.outlook.rules import DEFAULT_RULES, Rules
from relto.ports.courier import Couriers
from relto.ports.node import Node
from relto.usecases.accounts import Gatekeeper, Sessions
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.evidence.making.recording import recorded
from relto.usecases.evidence.signed.restoring import gap_beyond, open_era, read_checkpoint
from relto.usecases.evidence.signed.signing import Origin, sign_checkpoint
from relto.usecases.evidence.signed.thinning import Thinning
from relto.usecases.policy import PolicyDesk
from relto.usecases.reading import Reading
from relto.usecases.topics import adopt
from relto.wiring.written import Unreadable, text_of

if TYPE_CHECKING:
    from relto.adapters.courier.mail import Encryption
    from relto.adapters.sql import backup as archive
    from relto.config import Config
    from relto.domain.actor import Actor
    from relto.domain.stamp import Stamp
    from relto.ports.authority import Authority
    from relto.ports.chores import Chores
    from relto.ports.clock import Chance, Clock, Hasher
    from relto.ports.identity import IdentityProvider
    from relto.ports.intake import Intake
    from relto.ports.press import Press
    from relto.ports.search import SearchIndex
    from relto.ports.signer import Signers
    from relto.ports.store import Store, Transaction
    from relto.ports.typesetter import Typesetter
    from relto.ports.validator import Validation, Validator

KEYS: Final = "keys"
CURSOR_KEY: Final = "cursor.key"
KEY_BYTES: Final = 32

MINUTE_US: Final = 60_000_000

TOPICS: Final = "topics.yaml"

CHORES: Final = "chores"

OUTLOOK: Final = "outlook.yaml"
"""The rules by which an outlook is judged, where people wrote others than ours."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A node, open. `key` signs cursors and is the same in all processes of the node. `database`: its store without the
    log around it.

    `index`: where items are looked for. `host`: the party whose node it is. `is_embedded`: whether asking the store for
    its head costs microseconds, so that it may be done where waiting is not allowed.
    """

    config: Config
    node: Node
    database: Store
    desk: PolicyDesk
    deliveries: DeliveryDesk
    reading: Reading
    key: bytes
    is_embedded: bool
    index: SearchIndex
    host: str = ""
    thinning: Thinning = field(default_factory=Thinning)

    def check(self) -> None:
        """Returns where the database can be reached and has the tables of this program; raises as `open_node` does."""
        open_store(self.config).close()

    def gatekeeper(self) -> Gatekeeper:
        """Who says which account a request comes from; it costs one slow hash, and each process wants one only."""
        return Gatekeeper(self.node, cache_seconds=self.config.auth.cache_seconds, key=secrets.token_bytes(KEY_BYTES))

    def sessions(self, gatekeeper: Gatekeeper) -> Sessions:
        """Who begins, finds and ends sessions of people."""
        idle_us, longest_us = self.config.sessions.idle_minutes * MINUTE_US, self.config.sessions.hours * 60 * MINUTE_US
        return Sessions(self.node, gatekeeper, key=self.key, idle_us=idle_us, longest_us=longest_us)

    def identity(self) -> IdentityProvider | None:
        """The OpenID provider by which people sign in; None where the settings name none."""
        openid, http = self.config.openid, self.config.http
        if not openid.issuer:
            return None
        from relto.adapters.openid import OpenidProvider  # noqa: PLC0415 - slow to import, and few nodes want it

        return OpenidProvider(
            issuer=openid.issuer,
            client_id=openid.client_id,
            client_secret=openid.client_secret,
            scopes=openid.scopes,
            claim=openid.claim,
            redirect_url=http.public_url + "/session/openid/callback",
            now=self.node.clock.now,
        )

    def outlook_text(self) -> str:
        """The rules that judge how near the end of a pause is, as they are written. Raises `BadInput`
        `outlook-rules-unreadable`.
        """
        path = self.config.data / OUTLOOK
        try:
            return text_of(path) or DEFAULT_RULES
        except Unreadable as error:
            raise BadInput("outlook-rules-unreadable", f"`{path}` {error.why}") from error

    def outlook_rules(self) -> Rules:
        """The same, understood. Raises `BadInput` (`outlook-rules-unreadable`, `outlook-rules-invalid`)."""
        try:
            return Rules.parse(self.outlook_text())
        except BadInput as error:
            if error.code == "outlook-rules-invalid":
                error.message = f"`{OUTLOOK}`: {error.message}"
            raise

    def press(self) -> Press:
        """What reads articles."""
        return press()

    def typesetter(self) -> Typesetter:
        """What makes pages."""
        from relto.adapters.typesetting.typst import TypstTypesetter  # noqa: PLC0415 - large, and few verbs want it

        return TypstTypesetter()

    def validator(self) -> Validator:
        """What judges one object at a time, in this process."""
        from relto.adapters.stix.check import StixValidator  # noqa: PLC0415 - compiles schemas, and few verbs want it

        return StixValidator()

    def validation(self, workers: int | None = None) -> Validation:
        """What judges many objects, in so many processes; None: as the settings say, 0: in this one."""
        from relto.adapters.stix.pool import Validation as Pool  # noqa: PLC0415 - as above

        return Pool(self.config.ingest.workers if workers is None else workers)

    def intake(self) -> Intake:
        """What slices objects out of what was sent, within the limits of the settings."""
        from relto.adapters.intake.limits import Limits  # noqa: PLC0415 - as above
        from relto.adapters.intake.reader import Reader  # noqa: PLC0415 - as above

        limits = self.config.limits
        return Reader(Limits(object_bytes_max=limits.object_bytes, ratio_max=limits.expansion))

    def chores(self) -> Chores:
        """What is done for the node by a process of its own; each server process wants one only, and closes it."""
        from relto.adapters.chores import ProcessChores  # noqa: PLC0415 - as above

        return ProcessChores(self.config.data / CHORES)

    @property
    def signers(self) -> Signers:
        """Where the keys of the log lie."""
        from relto.adapters.signing import FolderSigners  # noqa: PLC0415 - as above

        return FolderSigners(self.config.data / KEYS)

    @property
    def origin(self) -> Origin:
        """What the log is called where it has no name yet."""
        if self.config.evidence.origin:
            return Origin(self.config.evidence.origin, is_set=True)
        address = self.config.http.public_url.partition("://")[2]
        name = f"{address}/log" if address else ""
        # What no key may be called is no name either, long ones among it.
        is_fit = is_key_name(name) and len(name.encode()) <= NAME_MAX
        return Origin(name if is_fit else f"{self.host.lower()}.relto")

    def sign(self) -> bool:
        """Signs the log where it has grown; whether it had. Raises as `sign_checkpoint`."""
        return sign_checkpoint(self.node, self.signers, self.origin, self.thinning)

    @staticmethod
    def verify(public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether that is the signature of the message by that key. Total."""
        from relto.adapters.signing import verify  # noqa: PLC0415 - as above

        return verify(public, message, signature)

    @property
    def reach(self) -> Reach:
        """Which webhooks may be called, as the settings say."""
        return Reach(plain=self.config.webhooks.http, private=self.config.webhooks.private)

    def couriers(self) -> Couriers:
        """Who carries notices out of the house, as the settings say. Raises `BadInput` (`ca-unusable`)."""
        from relto.adapters.courier.webhook import WebhookCourier  # noqa: PLC0415 - as above

        webhooks, mail = self.config.webhooks, self.config.mail
        webhook = WebhookCourier(self.reach, timeout_seconds=webhooks.timeout_seconds, ca=webhooks.ca)
        if not mail.host:
            return Couriers(webhook, None)
        from relto.adapters.courier.mail import MailCourier  # noqa: PLC0415 - as above

        letters = MailCourier(
            mail.host,
            mail.port,
            sender=mail.from_,
            encryption=cast("Encryption", mail.tls),
            user=mail.user,
            password=mail.password,
            ca=mail.ca,
        )
        return Couriers(webhook, letters)

    def authority(self) -> Authority | None:
        """Who gives checkpoints their time stamps; None where the settings name nobody. Raises `BadInput`
        (`authority-url-invalid`, `ca-unusable`).
        """
        settings = self.config.timestamps
        if not settings.url:
            return None
        from relto.adapters.authority.asking import HttpAuthority  # noqa: PLC0415 - slow to import, and few nodes want it
        from relto.adapters.authority.token import read_roots  # noqa: PLC0415 - as above

        return HttpAuthority(settings.url, read_roots(Path(settings.ca)), tls_ca=settings.tls_ca)

    @staticmethod
    def stamp(token: bytes, digest: bytes) -> Stamp:
        """What a time stamp's token says of a digest by itself; whoever made it need not be trusted. Raises `BadInput`
        as `ports.authority.Claim`.
        """
        from relto.adapters.authority.token import claimed  # noqa: PLC0415 - as above

        return claimed(token, digest)

    @property
    def timestamp_every_us(self) -> int:
        """How old the last time stamp has to be before the next is asked for, in microseconds."""
        return self.config.timestamps.every_minutes * MINUTE_US


def create(config: Config) -> None:
    """Makes the database where there is none, and brings its tables to what this program needs.

    Raises `Unreachable` and `Refused` as the store's adapters say.
    """
    database = config.database
    create_database(database.url, timeout_seconds=database.wait_seconds).close()


def open_store(config: Config) -> Store:
    """The database of a node that is there. Raises `Unreachable`, or `Refused` (`schema-old`, `schema-newer`)."""
    database = config.database
    return open_database(database.url, timeout_seconds=database.wait_seconds, connections_max=database.connections)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds: how many items, and the moment that it saw, in microseconds."""

    items: int
    made_at: int


def backup(opened: Opened, file: Path) -> Saved:
    """Writes a backup of the database, while others read and write on. Raises as `adapters/sql/backup.py` does."""
    from relto.adapters.sql import backup as archive  # noqa: PLC0415 - as in `create`

    made_at = opened.node.now(opened.node.store.head())
    return _saved(archive.backup(cast("archive.SqlStore", opened.database), file, made_at=made_at))


def restore(config: Config, file: Path, after: bytes = b"") -> tuple[Saved, str]:
    """Makes the database anew from a backup, where it holds no node; what was saved, and the text of its topics.

    `after`: a checkpoint of the log that was signed after the backup, as far as one is known. Raises as `create`,
    `read_checkpoint`, `open_era` and `adapters/sql/backup.py` do; nothing of the backup is there then.
    """
    from relto.adapters.sql import backup as archive  # noqa: PLC0415 - as in `create`

    create(config)
    store = open_store(config)
    try:
        clock, chance, _ = host()
        text, checkpoint = read_checkpoint(after) if after else ("", None)
        # Nobody was shown a date later than the clock of that moment, so none later than now.
        now = clock.now()

        def begin(tx: Transaction, manifest: archive.Manifest, inboxes: Mapping[str, int]) -> None:
            at = max(now + tx.head().clock_offset, tx.head().clock_seen)
            open_era(tx, made_at=manifest.made_at, at=at, after=text, inboxes=inboxes, salt=chance.salt)

        manifest = archive.restore(
            cast("archive.SqlStore", store), file, gap=gap_beyond(checkpoint), given_upto=now, last=begin
        )
        with store.read() as snap:
            return _saved(manifest), snap.setting("topics") or ""
    finally:
        store.close()


def _saved(manifest: archive.Manifest) -> Saved:
    items = next(member.rows for member in manifest.members if member.table == "items")
    return Saved(items, manifest.made_at)


def host() -> tuple[Clock, Chance, Hasher]:
    """The machine's clock, chance and hasher."""
    from relto.adapters.host import Argon2Hasher, SystemChance, SystemClock  # noqa: PLC0415 - as in `create`

    return SystemClock(), SystemChance(), Argon2Hasher()


def sources(name: str) -> list[Path]:
    """The file of that name, or those of a folder that may hold STIX. Raises `BadInput`, `Unknown` `input-missing`."""
    from relto.adapters.intake.reader import files_of  # noqa: PLC0415 - as in `create`

    return files_of(name)


@contextmanager
def open_node(config: Config, *, host: Callable[[], tuple[Clock, Chance, Hasher]] = host) -> Iterator[Opened]:
    """A node that is there; closed when the block ends, in whatever way.

    `host` gives clock, chance and hasher (a hand-wound clock in a demonstration, say). Raises `Unreachable`,
    `Refused`, or `BadInput` (`marking-mapping-invalid`) for the settings.
    """
    url = config.database.url
    with closing(open_store(config)) as store, closing(search_index(url)) as index:
        with store.read() as snap:
            owner = snap.setting("party") or ""
        clock, chance, hasher = host()
        statements = parse_statements(config.markings.statements, owner=owner)
        node = recorded(Node(store, clock, chance, hasher, statements, local_approvals=config.approvals.local))
        desk, deliveries, key = PolicyDesk(), DeliveryDesk(node), cursor_key(config.data)
        reading = Reading(node, desk, deliveries, key)
        yield Opened(config, node, store, desk, deliveries, reading, key, is_embedded(url), index, owner)


def press() -> Press:
    """What reads articles, whether or not there is a node."""
    from relto.adapters.press import TrafilaturaPress  # noqa: PLC0415 - slow to import, and few verbs want it

    return TrafilaturaPress()


def adopt_topics(opened: Opened, *, by: Actor | None = None) -> bool:
    """Takes `topics.yaml` of the data folder over where it says other than what counts; whether it did.

    `by`: None: whoever has the machine. Without the file, what counts goes on. Raises `BadInput` as `Vocabulary.parse`
    does, or `topics-unreadable`.
    """
    path = opened.config.data / TOPICS
    try:
        text = text_of(path)
    except Unreadable as error:
        raise BadInput("topics-unreadable", f"`{path}` {error.why}") from error
    if text is None:
        return False
    return adopt(opened.node, opened.desk, text, by=by or operator(opened.host))


def cursor_key(data: Path) -> bytes:
    """The key that signs cursors, drawn by whoever wants it first.

    Whoever else draws one at the same moment takes the one that was first: a cursor must hold in every process.
    """
    folder = data / KEYS
    path = folder / CURSOR_KEY
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            put_first(path, secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise Unreachable(
            "key-unreadable", f"`{path}` cannot be used: {(error.strerror or '').lower()}", remedy="check who owns it"
        ) from error
    if len(key) != KEY_BYTES:
        raise Unreachable("key-unreadable", f"`{path}` is no key of {KEY_BYTES} bytes", remedy="restore a backup")
    return key
