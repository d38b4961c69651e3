"""Rows: what the store keeps and hands out, as values.

Moments are microseconds since 1970; ranges are half-open `after < seq <= upto`, with `OPEN` for no bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from relto.domain.reader import track_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.classes import Class
    from relto.domain.facts import Facts
    from relto.domain.reader import Track
    from relto.domain.stream import Place

Range = tuple[int, int, int]
"""(class, after, upto)"""


class Stand(NamedTuple):
    """What a page is decided on: versions of policy and of accounts, and how many pages were taken back."""

    policy: int
    accounts: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Head:
    """The one row that every read looks at first: cheap to read, always current.

    `policy_version` grows by one with every write that changes what anyone may read, `accounts_version` with every
    change of an account. `last_seq` and `last_given`: the last item's number and moment (0 before the first).
    `next_due`: the earliest moment at which a scheduled act falls due, or None. `clock_offset`: added to the machine's
    clock (a demonstration's stands in the past; others have 0). `clock_seen`: the latest moment of the node's clock
    that anyone recorded, but for what is less than `CLOCK_SEEN_US` later. `withdrawn` grows by one with every page that
    is taken back, since it never left.
    """

    policy_version: int = 0
    accounts_version: int = 0
    last_seq: int = 0
    last_given: int = 0
    next_due: int | None = None
    clock_offset: int = 0
    clock_seen: int = 0
    withdrawn: int = 0

    @property
    def stand(self) -> Stand:
        """While this is the same, what was decided on it stands."""
        return Stand(self.policy_version, self.accounts_version, self.withdrawn)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """An interned class. `last_seq` and `last_ord`: its last item and how many it ever had; `irregular`: filled by
    moves,
    its items have no `ord`.
    """

    id: int
    value: Class
    last_seq: int = 0
    last_ord: int = 0
    irregular: bool = False


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account: who reads or acts, for which party. `secret` is the stored form of its password or empty; other
    ways to come in are credentials (`accounts.py`). `settings` are its reader's switches.
    """

    name: str
    party: str
    roles: tuple[str, ...]
    secret: str = ""
    revoked: bool = False
    made_at: int = 0
    settings: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party as stored; the meaning is `domain/party.py`'s. `ceiling` is a level's name or empty."""

    code: str
    name: str
    kind: str
    ceiling: str = ""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """`member` belongs to `group` from `since` until before `until` (None: still)."""

    group: str
    member: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """One version of an agreement. `canonical` is its canonical JSON, `source` the file as it was given."""

    id: str
    version: int
    canonical: str
    source: str
    made_at: int
    made_by: str
    ended_at: int | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PauseRow:
    """One version of a pause. `value` is its JSON (`domain/pause.py`); `state`: scheduled, running or lifted.

    `made_at`: the moment from which this version counts.
    """

    number: int
    version: int
    value: str
    state: str
    made_at: int


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A recipient of an agreement. `collection` is the UUID of its TAXII collection, drawn once. `main` is the stream
    of readers who have none of their own. `changed_seq`: the `seq` of its last policy change. `member`: whether the
    party
    receives (False while it is out of a group, or after it was left out of the agreement).
    """

    id: int
    agreement: str
    party: str
    collection: str
    main: int
    changed_seq: int = 0
    member: bool = True


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream of a flow; `version` is the policy version that last changed it."""

    id: int
    flow: int
    version: int


@dataclass(frozen=True, slots=True)
class MarkRow:
    """The lowest place from which `reader` read `flow` during policy version `version`, while something was hidden."""

    flow: int
    reader: str
    version: int
    place: Place


@dataclass(frozen=True, slots=True)
class TrackRow:
    """The track of `reader` in `flow`, asked in one way (`domain/reader.py`)."""

    flow: int
    reader: str
    way: str
    track: Track

    @property
    def digest(self) -> str:
        """What the log says of it."""
        return track_digest(self.flow, self.reader, self.way, self.track)


@dataclass(frozen=True, slots=True)
class RepairRow:
    """`items` were given to `reader` again as the backlog of `epoch` of its stream, at the moment `at`.

    `by`: None where the server found by itself that they were owed, else who asked for it. `since`: the first
    moment that it may concern.
    """

    flow: int
    reader: str
    epoch: int
    at: int
    items: int
    since: int
    by: str | None = None


@dataclass(frozen=True, slots=True)
class PollRow:
    """What is known of a reader's client in one flow."""

    flow: int
    reader: str
    facts: Facts


class NewItem(msgspec.Struct, frozen=True, gc=False):
    """An item to store. `key` is 16 bytes that stand for (originator, STIX id); `joins` the same for what it joins."""

    class_id: int
    key: bytes
    version_us: int
    stix_id: str
    version: str
    digest: bytes
    raw: bytes
    joins: tuple[bytes, ...] = ()
    rival: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """One stored version of an object."""

    seq: int
    class_id: int
    version_us: int
    version: str
    digest: bytes


class Body(msgspec.Struct, frozen=True, gc=False):
    """An item for an envelope. `rival_key` is its object's key where the object has more than one version, else
    None. `raw` is empty where its content was purged.
    """

    seq: int
    class_id: int
    raw: bytes
    version_us: int
    digest: bytes
    rival_key: bytes | None

    @property
    def is_purged(self) -> bool:
        """Whether its content is gone."""
        return not self.raw


class Record(msgspec.Struct, frozen=True, gc=False):
    """An item for a manifest: as `Body`, with id and version in place of the bytes, of which there are `length`."""

    seq: int
    class_id: int
    stix_id: str
    version: str
    version_us: int
    digest: bytes
    rival_key: bytes | None
    length: int = 1
    key: bytes = b""

    @property
    def is_purged(self) -> bool:
        """Whether its content is gone."""
        return not self.length


@dataclass(frozen=True, slots=True)
class ActRow:
    """Something that somebody did, or asked for. `value` is JSON (`domain/act.py`); `number` counts from 1 in the order
    in which acts were asked for.

    `state`: what became of it. `done_at`, `seq` and `version`: the clock, the last item's number and the policy version
    with which it was carried out; `done`: the how-manyth act it was that was. All are 0 before that.
    """

    number: int
    kind: str
    at: int
    by: str
    value: str
    state: str = "applied"
    done_at: int = 0
    seq: int = 0
    version: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """By act number `act` the item `seq` was `verb` (`domain/override.py`) at the moment `at`.

    `agreement` and `party`: for whom; `*` is all.
    """

    act: int
    seq: int
    agreement: str
    party: str
    verb: str
    at: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    """The item `seq` went from one class to another at the moment `at`."""

    seq: int
    at: int
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class IdempotencyRow:
    """A key under which an account asked for an act once: what came of it.

    `digest`: of method, address and body. `claim`: whose turn it is, drawn by whoever works on it. `state`: `claimed`
    (worked on since `at`), `acted` (the acts numbered `acts` are durable, the answer is not kept yet) or `done`
    (`status` and `answer` say what was answered; an empty answer was not kept).
    """

    account: str
    key: str
    digest: str
    claim: str
    state: str
    at: int
    acts: tuple[int, ...] = ()
    status: int = 0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """What happened to an act: it came to stand as `state` at the moment `at`. Numbers follow commits, without gaps."""

    number: int
    act: int
    state: str
    at: int
