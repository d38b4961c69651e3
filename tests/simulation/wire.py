"""The wire between one client and the server: each request meets its fate here, and what went over it is judged.

The wire knows what the server made and what the client kept. From that follows, stated a second time and naively, what
may come again (the client asked for it, a broken walk left it in doubt, it was hidden when the client passed it, the
operator gave it again) and what this client may have lost (it threw it away twice, or its last page was lost).
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relto.domain.reader import ENDS_KEPT, PATIENCE
from relto.usecases.reading import Query

if TYPE_CHECKING:
    from tests.simulation.stage import Stage

    from relto.ports.store import AccountRow
    from relto.usecases.reading import Page

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND

LATENCY = 20_000
"""How long a request takes, and how long its answer."""

FATES = {
    "answered": "the client gets the page",
    "refused": "429 or 503, after the log-in",
    "lost": "the page is made, goes out and is lost on the wire",
    "gone": "the client hangs up, and the server notices before it has sent the page",
    "left": "the client hangs up, and the server notices only after it has served the next request",
    "killed": "the client dies while the answer is under way: all that it had not saved is gone",
    "restarted": "the server has restarted before the request comes",
}


class Failed(Exception):
    """What the client sees of an error, or of an answer that never comes."""


class Killed(Exception):
    """The client is gone, with all that it had in memory only."""


@dataclass
class Walk:
    """A walk as the server sees it: what it began with, and what was made for it, each (raw, date). `doubtful`: it was
    under way when a page before it was taken back. `at_most`: so many had broken off in a row before it ended.
    `shown`: what was on any page of it, asked for again or not.
    """

    asked: int | None
    ahead: bool
    made: list[tuple[str, int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    ended: bool = False
    doubtful: bool = False
    at_most: int = 0
    shown: set[str] = field(default_factory=set)


@dataclass
class Repeat:
    """Something that came again: `date` is the one that it had before, `asked` what the client asked for, `began` when
    its last walk but one began. Where it was passed while it was hidden (`why`), the last two are of that time.
    """

    raw: str
    date: int
    asked: int | None
    began: int
    why: str


class Wire:
    """Of one client and one collection; `versions` as the client asks (None: as the standard has it, the newest)."""

    def __init__(self, stage: Stage, account: AccountRow, versions: tuple[str, ...] | None) -> None:
        self.stage, self.account, self.versions = stage, account, versions
        self.fates: deque[str] = deque()
        self.faults = 0
        self.requests = 0
        self.got: Counter[str] = Counter()
        self.lost: set[str] = set()
        self.repeats: list[Repeat] = []
        self.walk: Walk | None = None
        self.began = 0
        self.before = 0
        self._date: dict[str, int] = {}
        self._doubted: set[str] = set()
        self._rights: Counter[str] = Counter()
        self._passed: dict[str, tuple[int | None, int]] = {}
        self._again: set[str] = set()
        self._at_least = self._at_most = 0
        self._open: Walk | None = None
        self._served_by = stage.world.readings[0]
        self._broken: list[str] = []
        self._leaving: tuple[Page, Walk] | None = None

    def ask(self, limit: int, after: int | None, token: str | None, *, fresh: bool) -> Page:
        """One request; `fresh`: a walk begins with it. Raises `Failed` or `Killed`."""
        stage, world = self.stage, self.stage.world
        fate = self.fates.popleft() if self.fates else "answered"
        self.requests += 1
        self.faults += fate not in {"answered", "restarted"}
        if fate == "restarted":
            stage.restart()
        if fresh:
            self.before, self.began = self.began, world.clock.moment
        world.clock.moment += LATENCY
        stage._settle_due()
        query = Query(limit, after, token, versions=self.versions)
        if fate == "refused":
            world.reading.refused(self.account, stage.collection, query, "objects")
            raise Failed
        page = self._made(query)
        stage._settle_due()
        if fresh:
            self._begin(after, ahead=after is not None and after > world.now, empty=not page.entries)
        assert self.walk is not None, "a client goes on with a walk that it began"
        self._check(page)
        self._pass(self.walk)
        if fate == "gone":
            self._served_by.unsent(page)
        if fate != "gone" or page.tracks is None:
            self._note(self.walk, page, token)
        self._withdraw(page)
        if fate == "left":
            self._leaving = page, self.walk
        if fate in {"lost", "gone", "left", "killed"}:
            if self.walk.ended and fate != "left":
                self.lost |= {raw for raw, _ in self.walk.made}
            world.clock.moment += SECOND
            raise Killed if fate == "killed" else Failed
        world.clock.moment += LATENCY
        return page

    def _withdraw(self, page: Page) -> None:
        """The server takes back what never left, though it has served `page` since: the walk of the one and the other
        may come again, and whatever was covered before is in doubt no longer.
        """
        if self._leaving is not None:
            (left, walk), self._leaving = self._leaving, None
            self._served_by.unsent(left)
            # The walk counts as one that broke off, before that page; what was on it can never be taken for read.
            made = {raw for raw, _ in walk.made}.difference(raws(left))
            self.lost |= self._doubted & made
            self._doubted |= made
            assert self.walk is not None
            self._rights.update(walk.shown | self.walk.shown | set(raws(page)))
            self.walk.doubtful, walk.ended = True, False
            # The walks that broke off before are counted on.
            self._at_most = max(self._at_most, walk.at_most + 1)
            self._broken = []

    def keep(self, *pages: Page) -> None:
        """The client has these for good."""
        self.got.update(raw for page in pages for raw in raws(page))

    def redelivered(self, since: int) -> None:
        """The operator gives again what was shown since then."""
        again = {raw for raw, date in self._date.items() if date >= since}
        self._again |= again
        self._doubted -= again
        self._broken = []

    # What the server does.

    def _made(self, query: Query) -> Page:
        world = self.stage.world
        quiet = world.reading.quiet(self.account, self.stage.collection, query)
        # Whoever made the page is told if it never leaves; the next question may go to another process.
        self._served_by = world.reading
        page = self._served_by.page(self.account, self.stage.collection, query, "objects")
        assert quiet is None or not page.entries, "memory said that nothing was new, and there was something"
        return page

    def _check(self, page: Page) -> None:
        assert page.more == (page.next is not None)
        assert page.entries or not page.more, "an empty page promises more"
        for raw in raws(page):
            assert self.stage.visible(raw), f"{raw} was given though it must not be read"
        if not page.entries:
            return
        assert page.last is not None
        assert page.last <= self.stage.world.now, "a date lies in the future"

    def _begin(self, asked: int | None, *, ahead: bool, empty: bool) -> None:
        """What the server must take from it that the client begins anew. An empty page puts nothing on record."""
        self.walk = Walk(asked, ahead)
        if empty:
            return
        walk, self._open = self._open, self.walk
        if walk is None or walk.ended or not walk.made:
            return
        if asked is not None and any(asked in {date, cut(date)} for date in walk.ends[-ENDS_KEPT:]):
            self._at_most = 0
            return
        made = [raw for raw, _ in walk.made]
        pairs = zip(made, self._broken, strict=False)
        again = {raw for raw, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)}
        # The server counts broken walks since the place moved: at least those that began with the same item, at most
        # those since a walk was ended.
        self._at_least, self._at_most = self._at_least + 1 if again else 0, self._at_most + 1
        if self._at_least <= (PATIENCE if ahead else 1):
            # Once more, for an older item that was released meanwhile puts what stands behind it out of doubt, seen by
            # this client or not.
            again.clear()
        if not ahead or self._at_most > PATIENCE:
            self.lost |= self._doubted.intersection(made)
        self._broken = made
        self._doubted.update(made)
        self._rights.update(raw for raw in made if raw not in again)

    def _pass(self, walk: Walk) -> None:
        """What is hidden as the request goes by, and asked for, comes when it is shown again, whoever had it before."""
        unended = {raw for raw, _ in self._open.made} if self._open is not None and not self._open.ended else set()
        for raw, date in self._date.items():
            is_open = walk.asked is None or date > walk.asked or raw in unended or self._rights[raw]
            if is_open and self.stage.hidden(raw):
                self._passed.setdefault(raw, (walk.asked, self.before))
                # When it comes it stands in a new place, which no walk has covered.
                self._broken = []

    def _note(self, walk: Walk, page: Page, token: str | None) -> None:
        """Puts down what was made; whatever was made before must have a reason to come again."""
        asked_again = token in walk.tokens
        walk.tokens.add(token)
        dates = self._dates(page)
        if dates and not asked_again and not walk.ahead:
            # A walk that began ahead of the clock goes on from the reader's place, under the dates that things have.
            assert min(dates.values()) > max(walk.ends[-1:], default=walk.asked or 0), "a date goes back"
        here = {raw for raw, _ in walk.made}
        for raw, date in dates.items():
            before = self._date.get(raw)
            if before is not None and not asked_again:
                self.repeats.append(self._judged(walk, raw, before, here))
            self._date[raw] = date
        walk.shown.update(dates)
        if not asked_again:
            walk.made += dates.items()
        if walk.doubtful:
            self._rights.update(dates)
        if dates and page.last is not None:
            walk.ends.append(page.last)
        walk.ended = walk.ended or not page.more
        if dates and not page.more:
            walk.at_most, self._at_most = self._at_most, 0

    def _judged(self, walk: Walk, raw: str, before: int, here: set[str]) -> Repeat:
        """The repeat with its reason; there must be one."""
        why, asked, began = "", walk.asked, self.before
        if raw not in here and (walk.asked is None or before > walk.asked):
            why = "asked"
        elif raw in self._again:
            why = "redelivered"
            self._again.remove(raw)
        elif raw not in here and self._rights[raw]:
            why = "doubt"
            self._rights[raw] -= 1
        elif raw in self._passed:
            why = "passed"
            asked, began = self._passed.pop(raw)
            self._doubted.discard(raw)
        assert why, f"{raw} came again: it had {before}, and {walk.asked} was asked"
        return Repeat(raw, before, asked, began, why)

    def _dates(self, page: Page) -> dict[str, int]:
        """The date of each item of the page, from the stream as it stands."""
        names = raws(page)
        if not names:
            return {}
        reading, found = self.stage.world.readings[0], {}
        with self.stage.world.node.store.read() as snap:
            policy = reading._desk.current(snap, snap.head().policy_version)
            row = next(each for each in policy.flows.values() if each.collection == self.stage.collection)
            stream = policy.stream(snap, policy.stream_of(row, self.account.name))
            for raw in names:
                seq = self.stage.seqs[raw]
                place = stream.place_of(snap.records([seq])[0].class_id, seq)
                assert place is not None
                batch = snap.batch_of(seq)
                assert batch is not None
                found[raw] = stream.date(place, batch.added_at(seq))
        dates = list(found.values())
        assert dates == sorted(set(dates)), "dates do not increase strictly"
        assert (dates[0], dates[-1]) == (page.first, page.last)
        return found


def raws(page: Page) -> list[str]:
    return [entry.raw.decode() for entry in page.entries]


def cut(date: int) -> int:
    """The date without what is less than a millisecond."""
    return date - date % MILLISECOND
