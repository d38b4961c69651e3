"""Facts about a reader: what its client asked last, what it got, what can be told of its clock (CLIENTS.md rule 16).

Most clients tell their users nothing, so this is the partner's side of it. Facts are kept in memory and written
now and then; nothing is decided by them.

Many clients keep their own clock as their cursor: what they send as `added_after` is the moment, by that clock, at
which their walk before began. So that it lies beyond the moment at which that walk reached us is how far their clock
is ahead. It is believed where it comes again (one such date may be chance), and of course for as much as an
`added_after` lies ahead of our own clock. Nobody can tell a clock that is behind from a client that asks for an
overlap on purpose, so a difference below zero says no more than that it asks as if its clock were behind.

>>> facts = Facts()
>>> for minute in range(0, 40, 10):
...     asked = minute * 60_000_000 - 300_000_000           # by a clock that is five minutes ahead, ten minutes before
...     facts = facts.after(minute * 60_000_000 + 1, Poll("objects", added_after=asked or None))
>>> facts.clock
299999999
"""

from __future__ import annotations

import msgspec

BROKEN_KEPT = 8
"""So many of the latest walks without an end are remembered."""

SENT_KEPT = 16
"""The dates of so many last pages are remembered: a client that comes back with one of them keeps no clock."""

GUESSES_KEPT = 3
"""So many of the latest differences of a client's clock are compared."""

AGREE_US = 2_000_000
"""Differences this close are the same: clients cut their clock to seconds, and take their time until they ask."""

DAY_US = 86_400_000_000
"""A difference of more than this is no clock's."""

STILL_US = 60_000_000
"""A date that is asked again after this time is no clock."""

MILLISECOND_US = 1_000

CLIENT_MAX = 200
ASKED_MAX = 500
"""Characters that are kept of a client's name and of a query."""

LISTS = frozenset({"objects", "manifest"})
"""The endpoints that are polled; what goes wrong elsewhere is kept, and is no poll."""


class Poll(msgspec.Struct, frozen=True, gc=False):
    """One request of a reader and its answer. `asked` is the query and `client` the `User-Agent`, as they were sent.

    `by_cursor`: it came with a `next`. `items`, `first` and `last` are those of the page, `broke`: the walk before had
    no end. `status` other than 200: it was refused or broke down, with the error's `code`.
    """

    endpoint: str
    asked: bytes = b""
    added_after: int | None = None
    by_cursor: bool = False
    client: bytes = b""
    status: int = 200
    code: str = ""
    items: int = 0
    more: bool = False
    first: int | None = None
    last: int | None = None
    broke: bool = False


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one reader and flow. Moments and differences are microseconds; 0 or empty: not known.

    `asked` is the query as text, `status` the HTTP status of the last answer, `items` how many it gave, `first` and
    `last` their dates. `failed_at`, `failed_status` and `failed_code` tell of the last answer that was an error.
    `clock` is the client's clock less ours, where the client keeps its own (None: it does not, or nobody knows).
    `broken` are the moments of the last walks that had no end, `walked_at` when the last walk began.

    For telling the clock: `began` is the `added_after` of the last walk, `began_at` when it was first asked, `sent` the
    last dates of the latest pages, `guesses` the latest differences.
    """

    polled_at: int = 0
    walked_at: int = 0
    endpoint: str = ""
    asked: str = ""
    status: int = 0
    items: int = 0
    more: bool = False
    first: int | None = None
    last: int | None = None
    failed_at: int = 0
    failed_status: int = 0
    failed_code: str = ""
    client: str = ""
    clock: int | None = None
    broken: tuple[int, ...] = ()
    began: int | None = None
    began_at: int = 0
    sent: tuple[int, ...] = ()
    guesses: tuple[int, ...] = ()

    def after(self, at: int, poll: Poll) -> Facts:
        """The facts after a request that came at the moment `at`. What comes late does not count as the last poll."""
        if at < self.polled_at:
            return merged(self, Facts().after(at, poll))
        facts = msgspec.structs.replace(self, client=printable(poll.client, CLIENT_MAX))
        if poll.status != 200 and at >= self.failed_at:
            facts = msgspec.structs.replace(facts, failed_at=at, failed_status=poll.status, failed_code=poll.code)
        if poll.endpoint not in LISTS:
            return facts
        # A cursor beside another moment is a stale one: OpenCTI's connector sends it with each new walk.
        if not (poll.by_cursor and (poll.added_after is None or poll.added_after == self.began)):
            facts = _walking(facts, at, poll.added_after)
        return msgspec.structs.replace(
            facts,
            polled_at=at,
            endpoint=poll.endpoint,
            asked=printable(poll.asked, ASKED_MAX),
            status=poll.status,
            items=poll.items,
            more=poll.more,
            first=poll.first,
            last=poll.last,
            broken=_latest(facts.broken, (at,)) if poll.broke else facts.broken,
            sent=(*facts.sent, poll.last)[-SENT_KEPT:] if poll.items and poll.last is not None else facts.sent,
        )


def _walking(facts: Facts, at: int, added_after: int | None) -> Facts:
    """The facts when a walk begins: what its `added_after` tells of the client's clock."""
    clock, guesses = _told(facts, at, added_after)
    again = added_after == facts.began and facts.began_at
    return msgspec.structs.replace(
        facts,
        walked_at=at,
        began=added_after,
        began_at=facts.began_at if again else at,
        clock=clock,
        guesses=guesses,
    )


def _told(facts: Facts, at: int, added_after: int | None) -> tuple[int | None, tuple[int, ...]]:
    """The difference of the clock, and the guesses that count from now on."""
    if added_after is None:
        return facts.clock, facts.guesses
    ahead = added_after - at
    if ahead > DAY_US or any(added_after in {date, date - date % MILLISECOND_US} for date in facts.sent):
        return None, ()
    if added_after == facts.began:
        # It tells nothing new; and a date ahead that stands still is no clock.
        if at - facts.began_at <= STILL_US:
            return facts.clock, facts.guesses
        return (None, ()) if ahead > 0 else (believed(facts.guesses), facts.guesses)
    if facts.began is not None and added_after < facts.began - AGREE_US:
        # A clock does not go backwards: it is the date of something that came.
        return None, ()
    guess = added_after - facts.walked_at
    guesses = (*facts.guesses, guess)[-GUESSES_KEPT:] if facts.walked_at and abs(guess) <= DAY_US else ()
    clock = believed(guesses)
    if ahead > 0:
        clock = ahead if clock is None else max(clock, ahead)
    return clock, guesses


def believed(guesses: tuple[int, ...]) -> int | None:
    """The difference that the latest guesses agree on, or None.

    A client that sends the date of something that came is never ahead by chance, but may look as if it were behind: for
    that, all must agree, not two.

    >>> believed((300_000_000, 299_100_000)), believed((-300_000_000, -299_100_000)), believed((1_000_000,))
    (300000000, None, None)
    """
    for newer, older in ((-1, -2), (-1, -3), (-2, -3)):
        if len(guesses) >= -older and abs(guesses[newer] - guesses[older]) <= AGREE_US:
            clock = max(guesses[newer], guesses[older])
            if clock >= -AGREE_US:
                return clock
    if len(guesses) == GUESSES_KEPT and max(guesses) - min(guesses) <= AGREE_US:
        return max(guesses)
    return None


def merged(one: Facts, other: Facts) -> Facts:
    """What two server processes know together: the latest poll, the latest failure, all walks without an end.

    The same whichever way round, and however often.
    """
    last = max(one, other, key=_lateness)
    failed = max(one, other, key=lambda facts: (facts.failed_at, facts.failed_status, facts.failed_code))
    return msgspec.structs.replace(
        last,
        failed_at=failed.failed_at,
        failed_status=failed.failed_status,
        failed_code=failed.failed_code,
        broken=_latest(one.broken, other.broken),
    )


def _lateness(facts: Facts) -> tuple[int, int, bytes]:
    """Which of two polls is the later; of two at one moment it is one or the other, always the same."""
    poll = msgspec.structs.replace(facts, failed_at=0, failed_status=0, failed_code="", broken=())
    text = msgspec.json.encode(poll)
    return facts.polled_at, len(text), text


def _latest(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted({*one, *other})[-BROKEN_KEPT:])


def printable(raw: bytes, most: int) -> str:
    r"""At most so many characters of what a client sent, without those that no terminal should be given.

    >>> printable(b"curl/8\x1b[2J \xd1\x83\xff", 40)
    'curl/8[2J у�'
    """
    text = raw[: 4 * most].decode(errors="replace")
    if text.isprintable():
        return text[:most]
    return "".join(character for character in text if character.isprintable())[:most]
