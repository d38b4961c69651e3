"""Time stamp authorities: who says, for somebody that does not believe this node, when something was there (RFC 3161).

Promises, kept by every adapter:

- **Checked.** What `stamped` returns has passed the check against the roots that are trusted here, for just this
  digest, and answers just this question.
- **Bounded.** It returns, or raises, within a time that the adapter names, whatever the other side does, and takes in
  a bounded number of bytes. Who failed is not asked again for a while: others who want it are told at once.
- **One kind of failure.** An authority that is away, slow, endless, unwilling or wrong raises `Unreachable`.

What is kept is the token and not the answer that it came in: nobody signs the answer's status, which says nothing once
there is a token, and the token alone is what other programs take in (`openssl ts -verify -token_in`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.stamp import Stamp


class Authority(Protocol):
    """Stamps digests. Safe to use from several threads."""

    def stamped(self, digest: bytes) -> bytes:
        """A token over a SHA-256 digest: a TimeStampToken in DER.

        Raises `Unreachable` (`authority-unreachable`, `authority-refused`, `authority-wrong`).
        """
        ...


class Check(Protocol):
    """Checks tokens, without asking anybody."""

    def __call__(self, token: bytes, digest: bytes, roots: Sequence[bytes], /) -> Stamp:
        """What a token says of a SHA-256 digest, where it leads to one of these root certificates (DER).

        All that RFC 3161 and RFC 5816 ask of whoever checks, but for revocation. Total. Raises `BadInput`:
        `timestamp-invalid` where it is no such token, `timestamp-other` where it is of other bytes, and
        `timestamp-untrusted` where nobody that is trusted here signed it.
        """
        ...


class Claim(Protocol):
    """Reads tokens, without asking anybody and without believing anybody."""

    def __call__(self, token: bytes, digest: bytes, /) -> Stamp:
        """What a token says of a SHA-256 digest, signed with the certificate that it brings along: all that `Check`
        asks but that this leads to a root. Total. Raises `BadInput` as `Check` does.
        """
        ...
