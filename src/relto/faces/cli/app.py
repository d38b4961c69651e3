"""All verbs together, and what happens to a command that is none of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from relto.domain.errors import BadInput
from relto.faces.cli import (
    account,
    agenda,
    agreement,
    approvals,
    audit,
    backlog,
    brief,
    case,
    condition,
    impact,
    inbox,
    ingest,
    item,
    log,
    mailbox,
    node,
    outlook,
    party,
    pause,
    preview,
    purge,
    read,
    reader,
    standing,
    topics,
    unbuilt,
    webhook,
)
from relto.faces.cli.call import INTERRUPTED, Call, drop_output, unread
from relto.faces.cli.verb import As, Ca, Data, Json, Token, Url, User, Yes

app = typer.Typer(
    name="relto",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        node.version(Call(json="--json" in sys.argv))
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    *,
    data: Data = None,
    as_json: Json = False,
    actor: As = None,
    yes: Yes = False,
    url: Url = None,
    token: Token = None,
    user: User = None,
    ca: Ca = None,
    _version: Annotated[
        bool, typer.Option("--version", help="the version, and nothing else", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Share intelligence under agreements that can be paused on the spot and resumed without losing one object."""
    context.obj = {"data": data, "as_json": as_json, "actor": actor, "yes": yes}
    context.obj |= {"url": url, "token": token, "user": user, "ca": ca}


_MODULES = (
    node, party, account, reader, agreement, ingest, pause, preview, condition, case, outlook, impact, brief, read,
    agenda, approvals, backlog, item, standing, inbox, webhook, mailbox, topics, purge, audit, log, unbuilt,
)  # fmt: skip
for _module in _MODULES:
    _module.register(app)


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry one command out and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = words[: words.index("--")] if "--" in words else words
    call = Call(json="--json" in options)
    try:
        status = int(typer.main.get_command(app)(args=words, prog_name="relto", standalone_mode=False) or 0)
    except BrokenPipeError:
        return unread()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a traceback
        said = getattr(error, "format_message", None)
        status = call.fail_unexpectedly(error) if said is None else _misused(call, error, str(said()))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return unread()
    except OSError:
        # The verb itself was told of it already.
        drop_output()
    return status


def _misused(call: Call, error: Exception, message: str) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "relto"
    if type(error).__name__ == "NoArgsIsHelpError":
        if not call.json:
            sys.stderr.write(message + "\n")
            return 2
        message = f"`{path}` needs a verb"
    # The checker of values puts the kind of its exception before the reason, which tells a person nothing.
    message = message.replace(": Value error, ", ": ", 1)
    said = (message[:1].lower() + message[1:]).rstrip(".").replace("'", "`").split("\n")[0]
    return call.fail(BadInput("usage", said, remedy=f"{path} --help"))
