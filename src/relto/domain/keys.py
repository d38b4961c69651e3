"""The key of an object: 16 bytes that stand for an originator and a STIX id.

An item is unique by (originator, STIX id, version), so nobody learns from a `known` or a conflict what another party
has given. The digest is long enough that two objects never share one, by chance or by somebody's work.

>>> object_key("USA", "indicator--x") == object_key("UKR", "indicator--x")
False
"""

from __future__ import annotations

from hashlib import blake2b

KEY_BYTES = 16


def object_key(originator: str, stix_id: str) -> bytes:
    """The key of this object of this originator."""
    return blake2b(f"{originator}\0{stix_id}".encode(), digest_size=KEY_BYTES).digest()
