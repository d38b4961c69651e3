"""An actor: which account acts, for which party, with which roles, and how it came in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `how` is `local`, `password`, `token`, `certificate`, `openid` or `schedule`."""

    account: str
    party: str
    roles: frozenset[str]
    how: str
