"""A scope: what a credential may be used for. It takes roles away and never gives one.

An account has roles; a token or a certificate of it has scopes. Who comes in by it has those roles of the account that
its scopes leave, so that whoever holds a token for reading cannot act with it, whatever the account may.

>>> sorted(narrowed(("reader", "contributor", "officer"), ("read", "act")))
['officer', 'reader']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput
from relto.domain.written import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAVES: Final = {
    "read": ("reader", "auditor"),
    "write": ("contributor",),
    "act": ("officer", "approver"),
    "admin": ("admin",),
}
"""The roles that each scope leaves."""

SCOPES: Final = tuple(LEAVES)


def scopes_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The scopes in their order, each once; none at all is all of them. Raises `BadInput` (`scope-unknown`)."""
    named = set(texts) or set(SCOPES)
    for text in sorted(named - set(SCOPES)):
        raise BadInput("scope-unknown", f"there is no scope {shown(text)}", remedy=f"one of {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in named)


def narrowed(roles: Iterable[str], scopes: Iterable[str]) -> tuple[str, ...]:
    """Those of the roles that the scopes leave, in their order. A scope that is not known leaves none."""
    left = {role for scope in scopes for role in LEAVES.get(scope, ())}
    return tuple(role for role in roles if role in left)
