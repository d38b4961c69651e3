"""Loading: from the file, the environment and the arguments to settings that have been checked, or `BadInput`."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

from relto.config.rule import Value
from relto.config.sections import (
    SECTIONS,
    Approvals,
    Auth,
    Database,
    Evidence,
    Http,
    Ingest,
    Limits,
    Log,
    Mail,
    Markings,
    Openid,
    Proxy,
    Server,
    Sessions,
    Taxii,
    Timestamps,
    Tls,
    Webhooks,
)
from relto.config.table import BY_KEY, BY_VARIABLE, SETTINGS, Setting
from relto.config.together import check_sign_in, check_timestamps
from relto.domain.errors import BadInput

FILE = "relto.toml"
DATA_VARIABLE = "RELTO_DATA"
DATA_DEFAULT = "./relto-data"
FILE_BYTES_MAX = 1_048_576


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of `relto config show`. `source`: `default`, `relto.toml`, `environment RELTO_…` or `argument`."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one node. `data` is an absolute path; `database.url` is never empty; paths are absolute."""

    data: Path
    server: Server
    database: Database
    taxii: Taxii
    http: Http
    auth: Auth
    approvals: Approvals
    sessions: Sessions
    openid: Openid
    proxy: Proxy
    limits: Limits
    ingest: Ingest
    tls: Tls
    webhooks: Webhooks
    mail: Mail
    timestamps: Timestamps
    log: Log
    evidence: Evidence
    markings: Markings
    sources: Mapping[str, str] = field(repr=False)

    def show(self) -> tuple[Shown, ...]:
        """Every setting, its value as text and where it came from; a password is masked, in a URL as well."""
        lines = [Shown("data", str(self.data), self.sources["data"])]
        for setting in SETTINGS:
            value = getattr(getattr(self, setting.section), setting.field)
            lines.append(Shown(setting.key, _as_text(setting, value), self.sources[setting.key]))
        return tuple(lines)

    def portable(self) -> Config:
        """The same, as another process can be handed it."""
        markings = replace(self.markings, statements=dict(self.markings.statements))
        return replace(self, markings=markings, sources=dict(self.sources))


def load(
    data: Path | str | None = None,
    *,
    environment: Mapping[str, str],
    arguments: Mapping[str, Value | None] | None = None,
) -> Config:
    """The settings of the node whose folder is `data`, else `RELTO_DATA`, else `./relto-data`.

    `arguments` maps keys such as `server.port` to values; None means that the argument was not given. The folder need
    not exist. Raises BadInput: `config-unreadable`, `config-unknown`, `config-type`, `config-value`.
    """
    if data is not None:
        folder, origin = Path(data), "argument"
    elif environment.get(DATA_VARIABLE):
        folder, origin = Path(environment[DATA_VARIABLE]), f"environment {DATA_VARIABLE}"
    else:
        folder, origin = Path(DATA_DEFAULT), "default"
    folder = folder.absolute()

    values: dict[str, Value] = {setting.key: setting.default for setting in SETTINGS}
    values["database.url"] = f"sqlite:///{folder / 'relto.db'}"
    sources = dict.fromkeys(values, "default")
    for key, value, source, base in _given(folder, environment, arguments or {}):
        values[key] = _checked(BY_KEY[key], value, source=source, base=base)
        sources[key] = source
    _check_together(values, sources)
    sources["data"] = origin

    parts: dict[str, dict[str, Value]] = {section: {} for section in SECTIONS}
    for setting in SETTINGS:
        parts[setting.section][setting.field] = values[setting.key]
    sections: dict[str, Any] = {section: kind(**parts[section]) for section, kind in SECTIONS.items()}
    return Config(data=folder, sources=MappingProxyType(sources), **sections)


def _given(
    folder: Path, environment: Mapping[str, str], arguments: Mapping[str, Value | None]
) -> Iterator[tuple[str, Any, str, Path]]:
    """What was given, the weakest source first: (key, value, source, where a relative path starts)."""
    here = Path().absolute()
    for key, value in _from_file(folder / FILE):
        yield key, value, FILE, folder
    for variable in sorted(environment):
        if not variable.startswith("RELTO_") or variable == DATA_VARIABLE:
            continue
        # A variable that is misspelt would otherwise be a database other than the one that was meant.
        setting = BY_VARIABLE.get(variable)
        if setting is None:
            _unknown(variable, [*BY_VARIABLE, DATA_VARIABLE], source="the environment")
        source = f"environment {variable}"
        yield setting.key, _from_text(setting, environment[variable], source=source), source, here
    for key, argument in arguments.items():
        if key not in BY_KEY:
            _unknown(key, list(BY_KEY), source="the arguments")
        if argument is not None:
            yield key, argument, "argument", here


def _from_file(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadInput("config-unreadable", f"`{path}` cannot be read: {error.strerror}", path=str(path)) from error
    if len(raw) > FILE_BYTES_MAX:
        raise BadInput("config-unreadable", f"`{path}` has more than {FILE_BYTES_MAX} bytes", path=str(path))
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        # The parser's words tell line and column and no more of the text than a character.
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInput("config-unreadable", f"`{path}` is not TOML: {reason}", path=str(path)) from error
    for section, table in document.items():
        if section not in SECTIONS:
            _unknown(section, [*SECTIONS, *BY_KEY], source=f"`{FILE}`")
        if not isinstance(table, dict):
            message = f"`{section}` in `{FILE}` is a section: write `[{section}]` and its keys below it"
            raise BadInput("config-type", message, key=section, source=FILE)
        for name, value in table.items():
            key = f"{section}.{name}"
            if key not in BY_KEY:
                _unknown(key, list(BY_KEY), source=f"`{FILE}`")
            yield key, value


def _from_text(setting: Setting, text: str, *, source: str) -> Any:
    """The value that a variable's text stands for; the type is checked here, the value by `_checked`."""
    if setting.type is int:
        if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
            _wrong_type(setting, source)
        return int(text)
    if setting.type is bool:
        known = {
            "true": True,
            "yes": True,
            "on": True,
            "1": True,
            "false": False,
            "no": False,
            "off": False,
            "0": False,
        }
        if text.lower() not in known:
            _wrong_type(setting, source)
        return known[text.lower()]
    if setting.type is dict:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            _wrong_type(setting, source)
    return text


def _checked(setting: Setting, value: Any, *, source: str, base: Path) -> Value:
    """The value as it will be used, or BadInput."""
    rule = setting.rule
    if setting.type is dict:
        if not isinstance(value, Mapping) or not all(isinstance(item, str) for pair in value.items() for item in pair):
            _wrong_type(setting, source)
        if not all(key.strip() and meaning.strip() for key, meaning in value.items()):
            _wrong_value(setting, source, "an id or a text is empty, or stands for nothing")
        return MappingProxyType(dict(value))
    # `True` is an `int` to Python, but no number to whoever wrote the file.
    if type(value) is not setting.type:
        _wrong_type(setting, source)
    if isinstance(value, str):
        if rule.choices and value not in rule.choices:
            _wrong_value(setting, source, f"`{_short(value)}` is none of {setting.type_text}")
        if rule.pattern and re.fullmatch(rule.pattern, value) is None:
            what = "it" if rule.secret else f"`{_short(value)}`"
            _wrong_value(setting, source, f"{what} has a form that it cannot have")
        if setting.key == "database.url":
            return _database_url(setting, value, source=source, base=base)
        if "\0" in value:
            _wrong_value(setting, source, "it has a zero byte")
        return str(base / value) if rule.path and value else value
    number = cast("int", value)
    if (rule.low is not None and number < rule.low) or (rule.high is not None and number > rule.high):
        _wrong_value(setting, source, f"`{number}` is not a {setting.type_text}")
    return number


def _database_url(setting: Setting, url: str, *, source: str, base: Path) -> str:
    """The URL in full: an absolute path for SQLite, `postgresql://` for PostgreSQL."""
    try:
        parts = urlsplit(url)
        scheme, _ = parts.scheme, parts.port
    except ValueError:
        _wrong_value(setting, source, "it is no URL")
    if re.search(r"[\x00-\x20]", url):
        _wrong_value(setting, source, "it holds a space or a control character: write it as %20 or the like")
    if scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        if path == url or not path or path.endswith("/") or ":memory:" in path or "?" in path:
            remedy = "it must be `sqlite:///PATH` with the path of a file, which all processes can open"
            _wrong_value(setting, source, remedy)
        return f"sqlite:///{base / path}"
    if scheme not in ("postgresql", "postgres"):
        _wrong_value(setting, source, "it must begin with `sqlite:///` or `postgresql://`")
    return "postgresql" + url[len(scheme) :]


def _check_together(values: Mapping[str, Value], sources: Mapping[str, str]) -> None:
    """What no setting can say alone."""
    check_sign_in(values)
    check_timestamps(values)
    if bool(values["tls.cert"]) != bool(values["tls.key"]):
        given, lacking = ("tls.cert", "tls.key") if values["tls.cert"] else ("tls.key", "tls.cert")
        raise BadInput(
            "config-value",
            f"`{given}` is set ({sources[given]}) and `{lacking}` is not: encryption needs both",
            remedy=f"set `{lacking}` as well, or neither",
            key=lacking,
        )
    if cast("int", values["taxii.page_default"]) > cast("int", values["taxii.page_limit"]):
        raise BadInput(
            "config-value",
            f"`taxii.page_default` ({values['taxii.page_default']}) is more than `taxii.page_limit` "
            f"({values['taxii.page_limit']})",
            remedy="raise `taxii.page_limit`, or lower `taxii.page_default`",
            key="taxii.page_default",
        )
    _check_mail(values, sources)


def _check_mail(values: Mapping[str, Value], sources: Mapping[str, str]) -> None:
    """A letter has a sender, and a password goes to its server encrypted or not at all."""
    if values["mail.host"] and not values["mail.from"]:
        raise BadInput(
            "config-value",
            "`mail.host` is set and `mail.from` is not: a letter has a sender",
            remedy="set `mail.from` as well, or neither",
            key="mail.from",
        )
    if values["mail.from"]:
        _check_sender(cast("str", values["mail.from"]), sources["mail.from"])
    if bool(values["mail.user"]) != bool(values["mail.password"]):
        raise BadInput(
            "config-value",
            "of `mail.user` and `mail.password` one is set and the other is not",
            remedy="set both, or neither",
            key="mail.user" if values["mail.password"] else "mail.password",
        )
    if values["mail.user"] and values["mail.tls"] == "none":
        raise BadInput(
            "config-value",
            "`mail.password` would go to the mail server unencrypted, for `mail.tls` is `none`",
            remedy="set `mail.tls` to `starttls` or `tls`",
            key="mail.tls",
        )


def _check_sender(sender: str, source: str) -> None:
    from relto.domain.mailbox import mail_address  # noqa: PLC0415 - it brings much along, and mostly nobody asks

    try:
        mail_address(sender)
    except BadInput:
        _wrong_value(BY_KEY["mail.from"], source, f"`{_short(sender)}` is no address of mail")


def _unknown(key: str, known: list[str], *, source: str) -> NoReturn:
    # A key at the top of the file, or in the wrong section, is found by its last part.
    last = key.rpartition(".")[2]
    same = [each for each in known if each.rpartition(".")[2] == last]
    near = same or difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    remedy = f"the nearest that there is: `{near[0]}`" if near else ""
    message = f"there is no setting `{_short(key)}` ({source})"
    raise BadInput("config-unknown", message, remedy=remedy, key=_short(key), nearest=near[0] if near else "")


def _wrong_type(setting: Setting, source: str) -> NoReturn:
    message = f"`{setting.key}` ({source}) must be a {setting.type_text}".replace("a `", "`")
    raise BadInput("config-type", message, key=setting.key, source=source)


def _wrong_value(setting: Setting, source: str, why: str) -> NoReturn:
    raise BadInput("config-value", f"`{setting.key}` ({source}): {why}", key=setting.key, source=source)


def _short(text: str) -> str:
    clean = "".join(character if character.isprintable() else "�" for character in text)
    return clean if len(clean) <= 80 else clean[:79] + "…"


def _as_text(setting: Setting, value: Value) -> str:
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return "true" if value else "false"
    if setting.rule.secret:
        return masked(str(value)) if setting.name == "url" else "***" if value else ""
    return str(value)


def masked(url: str) -> str:
    """The URL with its password as `***`, wherever a URL of a database may carry one.

    >>> masked("postgresql://relto:s3cret@db/relto?sslpassword=x&sslmode=require")
    'postgresql://relto:***@db/relto?sslpassword=***&sslmode=require'
    """
    url = re.sub(r"^([a-z]+://[^:/?#]*):.*@", r"\1:***@", url)
    return re.sub(
        r"((?:^|[?&])[^=&]*(?:password|passfile|secret|token)[^=&]*=)[^&]*", r"\1***", url, flags=re.IGNORECASE
    )
