"""An identity provider: who signed in there, as it says by OpenID Connect Core 1.0, authorization code flow with PKCE.

Promises of every adapter:

- What `subject` returns, the provider has said of whoever the code was given to: signed by a key of the issuer, with an
  algorithm that proves it, for this node, in this attempt, and not long ago. Anything less raises.
- A provider that is down, slow or endless costs a bounded time and bounded memory, and raises `Unreachable`.
- Nothing is stored, so whatever raises leaves everything as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """What binds one attempt to sign in together, each drawn for it alone: `state` goes to the provider and back
    through the browser, `nonce` through the token, and `verifier` (RFC 7636) never leaves but for the provider's ears.
    """

    state: str
    nonce: str
    verifier: str


class IdentityProvider(Protocol):
    """One provider. Used on one event loop."""

    @property
    def issuer(self) -> str:
        """Its issuer, to the letter."""
        ...

    async def address(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in. Raises `Unreachable` (`openid-unreachable`), `Refused`
        (`openid-provider-wrong`).
        """
        ...

    async def subject(self, code: str, attempt: Attempt) -> str:
        """The subject that signed in, for the code with which the browser came back.

        Raises as `address`, and `Refused` (`openid-code-refused`, `openid-token-wrong`).
        """
        ...

    async def close(self) -> None:
        """Ends its connections; it is not used afterwards."""
        ...
