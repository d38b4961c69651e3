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
    public_url: str = setting(
        "",
        "the address by which people reach this server, such as `https://relto.example.org`; empty: as requests say",
        pattern=r"(https?://[^\s/?#@]{1,255})?",
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
        10, "wrong passwords that one address may give for one name before it has to wait", low=1, high=10_000
    )
    address_failures_max: int = setting(
        100, "wrong passwords that one address may give, for whatever names, before it has to wait", low=1, high=100_000
    )
    name_failures_max: int = setting(
        100,
        "wrong passwords for one name, from wherever, before addresses that are new to it wait a minute at most",
        low=1,
        high=100_000,
    )
    wait_seconds: int = setting(
        5, "the first wait after too many wrong passwords; each next is twice as long", low=1, high=3_600
    )
    wait_seconds_max: int = setting(900, "the longest such wait", low=1, high=86_400)


@dataclass(frozen=True, slots=True)
class Sessions:
    """People who sign in with a browser and go on by a cookie."""

    idle_minutes: int = setting(30, "after so long without a request a session is over", low=1, high=10_080)
    hours: int = setting(12, "after so long a session is over in any case", low=1, high=720)


@dataclass(frozen=True, slots=True)
class Openid:
    """People who sign in with an OpenID Connect provider; it needs `http.public_url`."""

    issuer: str = setting(
        "",
        "the provider's issuer, to the letter, such as `https://id.example.org`; empty: none",
        pattern=r"(https?://[^\s?#@]{1,500})?",
    )
    client_id: str = setting("", "what the provider knows this node by", pattern=r"[^\x00-\x1f]{0,500}")
    client_secret: str = setting(
        "", "the secret that goes with it; empty: a public client", pattern=r"[^\x00-\x1f]{0,1000}", secret=True
    )
    scopes: str = setting("openid", "what the provider is asked for, `openid` among it", pattern=r"[\x21-\x7e ]{1,500}")
    claim: str = setting(
        "sub",
        "the claim that names the subject: one that the provider gives to nobody else, ever, so none such as `email`",
        pattern=r"[A-Za-z0-9_.:/-]{1,200}",
    )


@dataclass(frozen=True, slots=True)
class Proxy:
    """Proxies in front of Relto, whose headers count; from anybody else they count for nothing."""

    addresses: str = setting(
        "", "addresses and networks of proxies, with commas between, such as `10.0.0.7, 2001:db8::/64`; empty: none"
    )
    address_header: str = setting(
        "x-forwarded-for",
        "the header in which they say who asks: the one that they set, whatever they were sent",
        choices=("x-forwarded-for", "forwarded"),
    )
    client_certificate_header: str = setting(
        "",
        "the header in which they hand on a client's certificate that they checked, as RFC 9440 (`client-cert`) or PEM"
        " in percent signs; they must drop it from what clients send; empty: none",
        pattern=r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})?",
    )


@dataclass(frozen=True, slots=True)
class Approvals:
    """How acts that wait are approved."""

    local: bool = setting(
        default=True,
        text="whether the command line of the machine may approve; it proves no more than having the machine",
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
    client_ca: str = setting("", "the file with the authorities of clients' certificates (PEM)", path=True)
    client_certificates: str = setting(
        "off",
        "whether clients may, or must, show a certificate of `tls.client_ca`",
        choices=("off", "optional", "required"),
    )


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Calling parties' webhooks with their notices."""

    http: bool = setting(default=False, text="whether a URL may begin with `http` where it leads to another machine")
    private: bool = setting(
        default=False,
        text="whether a URL may lead to an address that is not public: this machine, or the network that it stands in",
    )
    timeout_seconds: int = setting(20, "how long one call may take, from looking up the name on", low=1, high=60)
    ca: str = setting("", "a file of certificates to trust in place of the system's (PEM)", path=True)


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that takes letters to mailboxes; without `host`, none are sent."""

    host: str = setting("", "the mail server's name or address", pattern=r"[^\s/]{0,255}")
    port: int = setting(587, "its port; 465 is usual for `tls`", low=1, high=65_535)
    from_: str = setting("", "the address that letters come from", pattern=r"[!-~]{0,254}")
    user: str = setting("", "who logs in there; nobody if empty", pattern=r"[^\x00-\x1f]{0,255}")
    password: str = setting("", "the password of that user", secret=True)
    tls: str = setting(
        "starttls",
        "`starttls`: encrypted after a plain greeting; `tls`: from the beginning; `none`: not at all",
        choices=("starttls", "tls", "none"),
    )
    ca: str = setting("", "a file of certificates to trust in place of the system's (PEM)", path=True)


@dataclass(frozen=True, slots=True)
class Timestamps:
    """Time stamps (RFC 3161) for the checkpoints of the log; without `url`, none are asked for."""

    url: str = setting(
        "",
        "the time stamp authority, such as `https://time.example.org/tsr`; `http` will do, for what it says is signed",
        pattern=r"(https?://[^\s#@]{1,900})?",
    )
    ca: str = setting("", "the file of root certificates to which its time stamps have to lead (PEM)", path=True)
    tls_ca: str = setting(
        "", "a file of certificates to trust in place of the system's when it is asked by `https` (PEM)", path=True
    )
    every_minutes: int = setting(
        60, "how old the last time stamp has to be before the next is asked for", low=1, high=525_600
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What the server writes on standard error; the evidence is in `[evidence]`."""

    level: str = setting("info", "the least that is written", choices=("debug", "info", "warning", "error"))
    format: str = setting("text", "one line for people, or one JSON object a line", choices=("text", "json"))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The log that proves what happened, and its checkpoints."""

    origin: str = setting(
        "",
        "what the log is called, best its URL without the scheme: chosen with its first checkpoint, and never changed;"
        " empty: the host of `http.public_url` and `/log`, else the code of the node's party and `.relto`",
        pattern=r"[!-*,-~]{0,255}",
    )


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
        "approvals": Approvals,
        "sessions": Sessions,
        "openid": Openid,
        "proxy": Proxy,
        "limits": Limits,
        "ingest": Ingest,
        "tls": Tls,
        "webhooks": Webhooks,
        "mail": Mail,
        "timestamps": Timestamps,
        "log": Log,
        "evidence": Evidence,
        "markings": Markings,
    }
)
