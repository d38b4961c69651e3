"""Facts about a reader: what its client asked last, what it got, what can be told of its clock (CLIENTS.md rule 16).

Most clients tell their users nothing, so this is the partner's side of it. Facts are kept in memory and written
now and then; nothing is decided by them.
"""

from __future__ import annotations

import msgspec


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one reader and flow. Moments and differences are microseconds; 0 or empty: not known.

    `asked` is the query as text, `status` the HTTP status of the last answer, `items` how many it gave, `first` and
    `last` their dates. `failed_at`, `failed_status` and `failed_code` tell of the last answer that was an error.
    `clock` is the client's clock less ours, where the client keeps its own (None: it does not, or nobody knows).
    `broken` are the moments of the last walks that had no end, `walked_at` when the last walk began.
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
    sent: int | None = None
    failed_at: int = 0
    failed_status: int = 0
    failed_code: str = ""
    client: str = ""
    clock: int | None = None
    broken: tuple[int, ...] = ()
