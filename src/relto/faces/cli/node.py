"""The node as a whole: `init`, `serve`, `doctor`, `backup`, `restore`, `config`, `version` and `demo`."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.config import FILE, SECTIONS, SETTINGS
from relto.domain.errors import BadInput, Conflict, Refused, ReltoError, Unknown, Unreachable
from relto.faces.cli.call import ADMIN, Call, written
from relto.faces.cli.demo import demo
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.config import Config
    from relto.faces.cli.screen import Screen

PRIVATE_FOLDER: Final = 0o700

CHECKPOINT_BYTES_MAX: Final = 1_048_576
"""Bytes of a file with a checkpoint."""


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    verb(app, "init", acts=False, remote=False)(init)
    verb(app, "serve", remote=False)(serve)
    verb(app, "doctor", acts=False)(doctor)
    verb(app, "backup", remote=False)(backup)
    verb(app, "restore", acts=False, remote=False)(restore)
    settings = group(app, "config", "Settings: what holds, and where it came from.")
    verb(settings, "show", acts=False)(config_show)
    verb(app, "demo", acts=False, remote=False)(demo)
    verb(app, "version", acts=False, remote=False)(version)


def init(
    call: Call,
    party: Annotated[
        str | None, typer.Option("--party", metavar="CODE", help="the node's own party; a new node needs one")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="its name for people")] = None,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="bring the database of an older release to this one, and do nothing else")
    ] = False,
) -> int:
    """Make a node: the folder, the database, the keys, its own party and the account admin.

    What a making that was cut short left behind is completed; a node that is there is not touched.
    """
    if migrate:
        if party is not None or name is not None:
            raise BadInput(
                "usage", "`--migrate` is of a node that is there, which has its party", remedy="say it alone"
            )
        return _migrate(call)
    if party is None:
        raise BadInput("usage", "a new node needs a party of its own", remedy="say it with `--party CODE`")
    from relto.domain.party import Party
    from relto.domain.topic import DEFAULT_TOPICS, Vocabulary
    from relto.faces.cli.file import read_text
    from relto.usecases.parties import found
    from relto.wiring import TOPICS, create, cursor_key, open_node, put_first

    own = Party(party, name or party, "state")
    config = call.config()
    _require_none(config)
    _make_folder(config)
    with _writing(config):
        put_first(config.data / TOPICS, DEFAULT_TOPICS.encode())
    topics = read_text(str(config.data / TOPICS))
    Vocabulary.parse(topics)
    # A crash after any of these leaves a folder without a party in its database: `init` goes on from there.
    cursor_key(config.data)
    create(config)
    with open_node(config) as opened:
        password = found(opened.node, opened.desk, code=own.code, name=own.name, topics=topics)
    document = {"data": str(config.data), "party": own.code, "name": own.name, "account": ADMIN, "password": password}

    def show(screen: Screen) -> None:
        screen.facts([("node", config.data), ("party", own.code), ("account", ADMIN), ("password", password)])
        screen.note("the password is shown this once: keep it now")
        screen.note("next: relto party add, relto agreement apply, relto serve")

    call.answer(document, show)
    if config.sources["database.url"].startswith("environment"):
        call.screen.note("the database's URL stands in RELTO_DATABASE_URL only: every command needs it there")
    return 0


def _migrate(call: Call) -> int:
    """Only what is there is migrated: whoever mistypes a name does not make a database."""
    from relto.wiring import create, open_store

    config = call.config()
    try:
        open_store(config).close()
        is_old = False
    except Refused as error:
        if error.code != "schema-old":
            raise
        is_old = True
        create(config)
    said = "has been migrated" if is_old else "needs nothing"
    call.answer(
        {"data": str(config.data), "migrated": is_old},
        lambda screen: screen.line(f"the database of {config.data} {said}"),
    )
    return 0


def serve(
    call: Call,
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="the address to listen on")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="the port; 0 lets the system choose")] = None,
    workers: Annotated[int | None, typer.Option("--workers", metavar="N", help="server processes")] = None,
    tls_cert: Annotated[str | None, typer.Option("--tls-cert", metavar="FILE", help="certificate chain (PEM)")] = None,
    tls_key: Annotated[str | None, typer.Option("--tls-key", metavar="FILE", help="its private key (PEM)")] = None,
) -> int:
    """Run the server until it is told to stop."""
    from relto.faces.serving import serve as run

    with call.node():
        # Says in the command line's own words what is missing, before a port is taken.
        pass
    arguments = {
        "server.host": host,
        "server.port": port,
        "server.workers": workers,
        "tls.cert": tls_cert,
        "tls.key": tls_key,
    }
    return run(call.config(arguments), ready=lambda url: call.screen.note(f"serving on {url}"))


def doctor(call: Call) -> int:
    """Check configuration, database, keys, log, clock and free space; a remedy for each finding. Ends with 1 on an
    error.
    """
    from relto.faces.verbs import node

    document = call.ask(node.doctor) if call.url else _looked_over(call)

    def show(screen: Screen) -> None:
        rows = [
            (each["severity"], each["code"], each["text"] + (f" (try: {each['remedy']})" if each["remedy"] else ""))
            for each in document["findings"]
        ]
        screen.table(("finding", "code", "what"), rows, empty="")
        if (log := document["log"]) is not None:
            waiting = f"{log['unsigned']} not signed yet" if log["unsigned"] else "all signed"
            stamped = f"; stamped up to {log['stamped']}" if log["authority"] or log["stamped"] else ""
            screen.line(f"the log: {log['leaves']} leaves, {waiting}{stamped}")
        screen.line("all is well" if not rows else "no errors" if document["ok"] else "there are errors")

    call.answer(document, show)
    return 0 if document["ok"] else 1


def _looked_over(call: Call) -> dict[str, Any]:
    """From this machine, where what cannot be opened is a finding as well."""
    from relto.faces.verbs import checkup

    found: list[checkup.Finding] = []
    log: dict[str, Any] | None = None
    try:
        config = call.config()
        found += checkup.of_machine(config)
        # To open a node makes a key where there is none, so that it is looked for before.
        lost = list(checkup.of_keys(config))
        with call.node() as opened:
            found += checkup.of_node(opened)
            found += lost
            log = checkup.log_document(opened)
    except ReltoError as error:
        found.append(checkup.fault(error))
    return checkup.report(found, log)


File = Annotated[str, typer.Argument(metavar="FILE", help="the backup", show_default=False)]


def backup(call: Call, file: File) -> int:
    """Write a backup of the database while others go on writing. Keys and relto.toml are not in it."""
    from relto import wiring

    path = Path(file).absolute()
    with call.node() as opened:
        saved = wiring.backup(opened, path)
    call.answer(
        {"file": str(path), "items": saved.items, "made_at": written(saved.made_at), "bytes": path.stat().st_size},
        lambda screen: screen.line(f"{saved.items} items and all that decides about them are in {path}"),
    )
    return 0


def restore(
    call: Call,
    file: File,
    after: Annotated[
        Path | None,
        typer.Option(
            "--after", metavar="CHECKPOINT", help="the last checkpoint that anybody was shown, as a partner has it"
        ),
    ] = None,
) -> int:
    """Make the node anew from a backup, where there is none. Accounts, their passwords and their
    tokens are those of the backup; what is given from now on goes beyond all that anybody may have seen.
    """
    from relto import wiring

    path = Path(file).absolute()
    if not path.is_file():
        raise Unknown("backup-missing", f"there is no file `{file}`", remedy="relto backup FILE writes one")
    config = call.config()
    _require_none(config)
    _make_folder(config)
    saved, topics = wiring.restore(config, path, b"" if after is None else _checkpoint(after))
    # The vocabulary of the backup counts: a file that says other would be taken over by the next command.
    wiring.put_file(config.data / wiring.TOPICS, topics.encode())
    wiring.cursor_key(config.data)
    call.answer(
        {"file": str(path), "data": str(config.data), "items": saved.items, "made_at": written(saved.made_at)},
        lambda screen: screen.line(f"{saved.items} items are back in {config.data}, as of {written(saved.made_at)}"),
    )
    call.screen.note("readers who were in the middle of a walk begin it anew: cursors are signed by another key")
    call.screen.note(
        "accounts stand as at the backup: revoke again what was revoked since, and rotate what was rotated"
    )
    return 0


def _checkpoint(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(CHECKPOINT_BYTES_MAX)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise BadInput("file-unreadable", f"`{file}` cannot be read: {reason}") from error


def config_show(call: Call) -> int:
    """Show every setting, its value, and where it came from."""
    from relto.faces.verbs import node

    if call.url:
        lines = call.ask(node.config_show)
    else:
        config = call.config()
        lines = [{"key": each.key, "value": each.value, "source": each.source} for each in config.show()]
        lines += _fixed(config)
    rows = [(each["key"], each["source"], each["value"]) for each in lines]
    call.answer(lines, lambda screen: screen.table(("key", "source", "value"), rows, empty=""))
    return 0


def _fixed(config: Config) -> Iterable[dict[str, Any]]:
    """What was fixed when the node was made, and stands in its database; nothing where that cannot be read."""
    from relto.faces.verbs.node import told_of_demonstration
    from relto.usecases.demonstration import demonstration
    from relto.wiring import open_store

    try:
        store = open_store(config)
    except ReltoError:
        return ()
    try:
        with store.read() as snap:
            fixed = demonstration(snap)
    finally:
        store.close()
    return told_of_demonstration(None if fixed is None else fixed.began)


def version(call: Call) -> int:
    """Say which release this is."""
    release = importlib.metadata.version("relto")
    call.answer(
        {"version": release, "python": platform.python_version()}, lambda screen: screen.line(f"relto {release}")
    )
    return 0


def _require_none(config: Config) -> None:
    """Raises `Conflict` (`node-exists`) where the folder or the database is a node already."""
    if _is_founded(config):
        raise Conflict(
            "node-exists",
            f"`{config.data}`, or the database that it names, is a node already",
            remedy="relto status, or name another folder with `--data`",
            data_folder=str(config.data),
        )


def _make_folder(config: Config) -> None:
    from relto.wiring import put_first

    with _writing(config):
        config.data.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        put_first(config.data / FILE, _settings_file().encode())


@contextmanager
def _writing(config: Config) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreachable(
            "data-unusable",
            f"`{config.data}` cannot be written: {(error.strerror or '').lower()}",
            remedy="check who owns it",
        ) from error


def _is_founded(config: Config) -> bool:
    """Whether the database is a node. What is there and cannot be used raises, so that nothing is written over it."""
    from relto.wiring import open_store

    try:
        store = open_store(config)
    except Unreachable as error:
        if error.code in {"database-missing", "database-empty"}:
            return False
        raise
    try:
        with store.read() as snap:
            return snap.setting("party") is not None
    finally:
        store.close()


def _settings_file() -> str:
    """`relto.toml` with every setting and its default, each behind a `#`."""
    lines = ["# The settings of this node. A line behind a `#` shows a default; what each means stands above it.", ""]
    for section, kind in SECTIONS.items():
        lines += [f"# {(kind.__doc__ or '').strip()}", f"[{section}]"]
        for setting in (each for each in SETTINGS if each.section == section):
            default = setting.default
            if setting.rule.default_text:
                lines += [f"# {setting.rule.text}; unless said {setting.rule.default_text}", f'# {setting.name} = "…"']
                continue
            shown = (
                str(default).lower()
                if isinstance(default, bool | int)
                else "{}"
                if setting.type is dict
                else f'"{default}"'
            )
            lines += [f"# {setting.rule.text}", f"# {setting.name} = {shown}"]
        lines.append("")
    return "\n".join(lines)
