"""An actor: the account that acts, for which party, in which roles, and how it came in.

Roles say who may ask for an act and who may agree to it; the refusal names the role that is missing. The node's own
administrators act for every party that the node hosts; everybody else acts for their own party alone.

>>> officer = Actor("olga", "USA", frozenset({"officer"}), "password")
>>> officer.may("officer", for_=["USA"], host="USA"), officer.may("officer", for_=["FRA"], host="USA")
(True, False)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.domain.errors import Refused

Role = Literal["reader", "contributor", "officer", "approver", "auditor", "admin"]
ROLES: Final = get_args(Role)

OFFICE: Final[frozenset[str]] = frozenset({"officer", "approver", "auditor", "admin"})
"""Roles of those who see their party's side as it gives: what it decides, and what waits for it."""

How = Literal["local", "password", "token", "certificate", "openid", "schedule"]
"""How somebody came in. `local`: by the command line of the machine, which proves that somebody had the machine and
nothing more; `schedule`: nobody, the clock.
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `account` is what the record names; an account acts for one party."""

    account: str
    party: str
    roles: frozenset[str]
    how: How = "local"

    def may(self, role: Role, *, for_: Collection[str], host: str) -> bool:
        """Whether it may do what asks for `role`, in the name of each of these parties, at a node of party `host`."""
        if role not in self.roles:
            return False
        return all(party == self.party for party in for_) or self.is_host(host)

    def is_host(self, host: str) -> bool:
        """Whether it administers the node, and so acts for all parties that the node hosts.

        An empty `host` is a node in the making, whose party is still to come.
        """
        return "admin" in self.roles and host in {"", self.party}

    def require(self, role: Role, *, for_: Collection[str], host: str, what: str) -> None:
        """Returns where it may. Raises `Refused` (`role-missing`, `party-not-yours`), naming what is missing."""
        if role not in self.roles:
            raise Refused(
                "role-missing",
                f"account `{self.account}` has no role `{role}`, and may not {what}",
                remedy=f"ask an account that has the role `{role}`",
                role=role,
                account=self.account,
            )
        if not self.may(role, for_=for_, host=host):
            other = next(party for party in sorted(for_) if party != self.party)
            raise Refused(
                "party-not-yours",
                f"account `{self.account}` acts for `{self.party}`, and may not {what} for `{other}`",
                remedy=f"ask an account of `{other}`",
                account=self.account,
                party=other,
            )

    def require_office(self, what: str) -> None:
        """Returns where it is in office, whoever's. Raises `Refused` (`role-missing`)."""
        if OFFICE.isdisjoint(self.roles):
            raise Refused(
                "role-missing",
                f"account `{self.account}` has no role of the office, and may not {what}",
                remedy="ask an account that has the role `officer`, `approver`, `auditor` or `admin`",
                account=self.account,
            )


def operator(host: str) -> Actor:
    """Whoever has the machine of the node of party `host`."""
    return Actor("admin", host, frozenset({"officer", "approver", "auditor", "admin"}), "local")


SCHEDULE: Final = Actor("schedule", "", frozenset(), "schedule")
"""Whoever finds that something falls due carries it out in this name."""
