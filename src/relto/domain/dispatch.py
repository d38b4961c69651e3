"""A dispatch: one notice on its way to one webhook or mailbox, and how that place has fared.

A notice is tried at once, and then again after growing delays (those that Standard Webhooks 1.0.0 gives as its example,
some three days in all) until it is delivered, or is given up. Between tries a place that cannot be reached, or asks for
quiet, is left alone: what else waits for it is not wasted on it. A place that has failed throughout that time, as often
as a notice is tried, gets nothing more until somebody says so.

Before each try the dispatch is *claimed*: it will be due again when the claim lapses. So two processes never try it at
once, and one that dies half-way is made good by any other; a notice can arrive twice, and has one id by which to tell.

>>> dispatch = Dispatch("UKR", 1, "w", "webhook", made_at=0, next_at=0)
>>> dispatch = dispatch.claimed(0).after(Outcome("unreachable", answer="no connection"), at=1_000_000, lot=0.0)
>>> dispatch.state, dispatch.tries, dispatch.next_at
('waiting', 1, 6000000)
>>> dispatch.claimed(6_000_000).after(Outcome("delivered", 204), at=7_000_000, lot=0.0).state
'delivered'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from relto.domain.written import harmless

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

DELAYS_US: Final = (
    0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR
)  # fmt: skip
"""How long to wait before each try, the first included."""

TRIES_MAX: Final = len(DELAYS_US)
"""After so many tries a dispatch has failed for good."""

JITTER: Final = 0.2
"""A delay grows by up to this share of itself, as the lot falls, so that what failed together comes back apart."""

GIVE_UP_US: Final = sum(DELAYS_US)
"""A place that failed throughout so long is disabled: 75 h 35 min 5 s."""

QUIET_MAX_US: Final = 30 * MINUTE
"""A place that cannot be reached is left alone for so long at most: what waits for it takes turns to find it back."""

ASKED_QUIET_MAX_US: Final = 24 * HOUR
"""A place that asks for quiet (`Retry-After`) gets no more than this."""

LEASE_US: Final = 3 * MINUTE
"""How long a claim holds: longer than any courier may take for one message."""

ANSWER_MAX: Final = 500
"""Characters that are kept of an answer."""

Way = Literal["webhook", "mail"]
DispatchState = Literal["waiting", "delivered", "failed"]
Result = Literal["delivered", "refused", "unreachable", "throttled", "gone", "rejected"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try.

    `delivered`; `refused`: it was answered otherwise, try again; `unreachable`: there was no answer, or one that says
    that the place is not well; `throttled`: it asks for quiet; `gone`: it wants nothing any more; `rejected`: trying
    this one again is in vain. `status`: of HTTP or SMTP, 0 where none came. `answer`: the beginning of the answer, or
    why there was none, with nothing in it that a terminal would obey. `retry_after_us`: the quiet that was asked for.
    """

    result: Result
    status: int = 0
    answer: str = ""
    retry_after_us: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", harmless(self.answer, longest=ANSWER_MAX))
        if self.retry_after_us is not None:
            object.__setattr__(self, "retry_after_us", min(max(self.retry_after_us, 0), ASKED_QUIET_MAX_US))


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One notice (of `party`, by its number) for one place (`target`, by its id), and where it stands.

    While it waits, `next_at` is when it may be tried; afterwards, when it was settled. Moments are microseconds.
    """

    party: str
    notice: int
    target: str
    way: Way
    made_at: int
    next_at: int
    state: DispatchState = "waiting"
    tries: int = 0
    last_at: int | None = None
    last_status: int = 0
    last_answer: str = ""

    def claimed(self, at: int) -> Dispatch:
        """One try more, which nobody else begins before the claim lapses."""
        return replace(self, tries=self.tries + 1, next_at=at + LEASE_US)

    def after(self, outcome: Outcome, *, at: int, lot: float) -> Dispatch:
        """What the try that it was claimed for has made of it. `lot`: from 0 up to but not including 1."""
        tried = replace(self, last_at=at, last_status=outcome.status, last_answer=outcome.answer)
        if outcome.result == "delivered":
            return replace(tried, state="delivered", next_at=at)
        if outcome.result in {"gone", "rejected"} or self.tries >= TRIES_MAX:
            return replace(tried, state="failed", next_at=at)
        return replace(tried, next_at=at + max(delay_us(self.tries, lot=lot), outcome.retry_after_us or 0))

    def given_up(self, why: str, *, at: int) -> Dispatch:
        """It is not tried any more, for a reason that lies elsewhere."""
        return replace(
            self, state="failed", next_at=at, last_at=at, last_status=0, last_answer=harmless(why, longest=ANSWER_MAX)
        )

    def again(self, *, at: int) -> Dispatch:
        """From the beginning, as if it were new."""
        return replace(self, state="waiting", tries=0, next_at=at)


@dataclass(frozen=True, slots=True)
class Health:
    """How a place has fared: `failures` in a row, the first of them at `failing_since`; nothing is tried before
    `quiet_until`. `delivered` and `failed` count tries, ever; the rest is of the last one.
    """

    failures: int = 0
    failing_since: int | None = None
    quiet_until: int = 0
    delivered: int = 0
    failed: int = 0
    last_at: int | None = None
    last_status: int = 0
    last_answer: str = ""

    def after(self, outcome: Outcome, *, at: int, lot: float) -> Health:
        """With one try more."""
        tried = replace(self, last_at=at, last_status=outcome.status, last_answer=outcome.answer)
        if outcome.result == "delivered":
            return replace(tried, failures=0, failing_since=None, quiet_until=0, delivered=self.delivered + 1)
        tried = replace(
            tried,
            failures=self.failures + 1,
            failing_since=at if self.failing_since is None else self.failing_since,
            failed=self.failed + 1,
        )
        if outcome.result in {"unreachable", "throttled"}:
            quiet = min(delay_us(tried.failures, lot=lot), QUIET_MAX_US)
            return replace(tried, quiet_until=at + max(quiet, outcome.retry_after_us or 0))
        return tried

    def is_given_up(self, at: int) -> bool:
        """Whether it has failed for so long, and so often, that trying on is in vain."""
        return self.failures >= TRIES_MAX and self.failing_since is not None and at - self.failing_since >= GIVE_UP_US

    def rested(self) -> Health:
        """As if nothing had failed, but for what is counted."""
        return replace(self, failures=0, failing_since=None, quiet_until=0)


def delay_us(tries: int, *, lot: float) -> int:
    """How long to wait after so many tries, at least one, have failed. `lot`: from 0 up to but not including 1.

    It grows with `tries`, whatever the lots are, up to the last delay.
    """
    delay = DELAYS_US[min(max(tries, 0), TRIES_MAX - 1)]
    return delay + int(delay * JITTER * min(max(lot, 0.0), 1.0))
