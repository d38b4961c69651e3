"""The sections: every setting that there is, as a field with its type, its default, its limits and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from relto.config.rule import setting


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how `relto serve` listens."""

    host: str = setting("127.0.0.1", "the address to listen on", pattern=r"[^\s/]{1,255}")
    port: int = setting(8421, "the port to listen on; 0 lets the system choose", low=0, high=65_535)
    workers: int = setting(1, "server processes", low=1, high=64)


@dataclass(frozen=True, slots=True)
class Database:
    """Where items, decisions and deliveries are kept."""

    url: str = setting(
        "",
        "`sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`; any number of processes may share it",
        secret=True,
        default_text="`sqlite:///` and `relto.db` in the data folder",
    )
    connections: int = setting(8, "PostgreSQL connections that one process may hold open", low=1, high=200)
    wait_seconds: int = setting(
        30, "how long to wait for a lock or a free connection before giving up", low=1, high=600
    )


@dataclass(frozen=True, slots=True)
class Taxii:
    """What TAXII clients see."""

    title: str = setting("Relto", "the title of the server and its API root", pattern=r"[^\x00-\x1f]{1,200}")
    description: str = setting("", "a line for people about the server; none if empty", pattern=r"[^\x00-\x1f]{0,2000}")
    contact: str = setting("", "whom to ask; none if empty", pattern=r"[^\x00-\x1f]{0,500}")
    page_default: int = setting(1_000, "objects in a page when the client sets no `limit`", low=1, high=100_000)
    page_limit: int = setting(10_000, "objects in a page at most, whatever the client asks", low=1, high=100_000)
    max_content_length: int = setting(
        104_857_600, "bytes that a request body may have, as sent and unpacked", low=1_024, high=4_294_967_296
    )
    paused: str = setting(
        "serve",
        "what a paused collection answers: `serve` what may still be read, or `refuse` with 403",
        choices=("serve", "refuse"),
    )


@dataclass(frozen=True, slots=True)
class Http:
    """Requests over HTTP, whichever face they are for."""

    api_key_header: str = setting(
        "x-api-key",
        "the header that may carry a token beside `Authorization`; empty: none",
        pattern=r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})?",
    )
    requests_max: int = setting(
        256, "requests that one process works on at once; those beyond are told to come back", low=1, high=65_536
    )


@dataclass(frozen=True, slots=True)
class Auth:
    """How accounts prove who they are."""

    basic: bool = setting(default=True, text="whether HTTP Basic is accepted; tokens always are")
    cache_seconds: int = setting(
        60, "how long a password once checked is not checked anew; a revoked account is out at once", low=0, high=3_600
    )
    failures_max: int = setting(
        30,
        "wrong passwords that an account may give in a minute before the next are not even checked",
        low=1,
        high=10_000,
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sender may ask of us."""

    object_bytes: int = setting(16_777_216, "bytes that one object may have", low=1_024, high=1_073_741_824)
    expansion: int = setting(
        200, "times its size to which compressed input may unpack, small input aside", low=2, high=100_000
    )


@dataclass(frozen=True, slots=True)
class Ingest:
    """Taking in with `relto ingest`."""

    workers: int = setting(2, "processes that validate; 0 validates in the process itself", low=0, high=64)


@dataclass(frozen=True, slots=True)
class Tls:
    """Encryption by Relto itself; leave both empty behind a proxy that does it."""

    cert: str = setting("", "the file with the certificate chain (PEM)", path=True)
    key: str = setting("", "the file with its private key (PEM)", path=True)


@dataclass(frozen=True, slots=True)
class Log:
    """What the server writes on standard error; the evidence is elsewhere."""

    level: str = setting("info", "the least that is written", choices=("debug", "info", "warning", "error"))
    format: str = setting("text", "one line for people, or one JSON object a line", choices=("text", "json"))


@dataclass(frozen=True, slots=True)
class Markings:
    """What this node makes of `statement` markings that say something only people understand."""

    statements: Mapping[str, str] = setting(
        MappingProxyType({}),
        "from a marking definition's id, or a statement's exact text, to `none`, a TLP level or a banner line",
    )


SECTIONS: Mapping[str, type] = MappingProxyType(
    {
        "server": Server,
        "database": Database,
        "taxii": Taxii,
        "http": Http,
        "auth": Auth,
        "limits": Limits,
        "ingest": Ingest,
        "tls": Tls,
        "log": Log,
        "markings": Markings,
    }
)
