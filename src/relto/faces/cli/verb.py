"""A verb: a function that takes a `Call` and its own options, made a command with the options that every verb has."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Annotated, Any, Final, get_type_hints

import typer

from relto.domain.errors import BadInput, NotBuilt, ReltoError
from relto.faces.cli.call import (
    Call,
    Interrupted,
    of_system,
    unread,
)
from relto.faces.cli.reach import CA_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE, USER_VARIABLE

Data = Annotated[str | None, typer.Option("--data", metavar="DIR", help="the node's folder [RELTO_DATA, ./relto-data]")]
Json = Annotated[bool, typer.Option("--json", help="answer with one JSON document")]
As = Annotated[str | None, typer.Option("--as", metavar="ACCOUNT", help="who acts, for the record [admin]")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="answer yes to what would be asked")]

Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="a node to ask over the network, in place of `--data`")
]
Token = Annotated[str | None, typer.Option("--token", metavar="TOKEN", help="who asks there [RELTO_TOKEN]")]
User = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="who asks there, by a password [RELTO_PASSWORD]")
]
Ca = Annotated[str | None, typer.Option("--ca", metavar="FILE", help="certificates to check that node's against")]
REMOTE: Final = ("url", "token", "user", "ca")

_NONE = inspect.Parameter.empty


def group(parent: typer.Typer, name: str, text: str, *, alone: bool = False) -> typer.Typer:
    """A verb that has verbs of its own. `alone`: it does something without any of them (`verb` with None says what)."""
    app = typer.Typer(name=name, help=text, no_args_is_help=not alone, rich_markup_mode=None)
    parent.add_typer(app, name=name)
    return app


def verb(
    app: typer.Typer, name: str | None, *, acts: bool = True, asks: bool = False, remote: bool = True
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Make `function(call, …)` the command `name`; it returns the exit status, and its docstring is the help.

    None: what the group does where none of its own verbs follows.
    `acts`: whether it takes `--as`. `asks`: whether it takes `--yes`. `remote`: whether it takes `--url`; where not,
    it says so.
    """

    def register(function: Callable[..., int]) -> Callable[..., int]:
        def command(**given: Any) -> int:
            context: typer.Context = given.pop("context")
            before: dict[str, Any] = context.obj or {}
            usual = {
                "data": given.pop("data") or before.get("data"),
                "as_json": given.pop("as_json") or before.get("as_json", False),
                "actor": given.pop("actor", None) or before.get("actor"),
                "yes": given.pop("yes", False) or before.get("yes", False),
            }
            # A verb with an option of that name (`account add --token`) takes the node's before its own words only.
            reach = {each: (given.pop(each, None) if each in common else None) or before.get(each) for each in REMOTE}
            if name is None and context.invoked_subcommand is not None:
                return _hand_on(context, {**usual, **reach}, given)
            call = Call(
                data=usual["data"],
                json=usual["as_json"],
                actor=usual["actor"] if acts else None,
                yes=usual["yes"],
            )
            try:
                _reach(call, reach, words=context.command_path, remote=remote)
                return function(call, **given)
            except BrokenPipeError:
                return unread()
            except ReltoError as error:
                return call.fail(error)
            except OSError as error:
                return call.fail(of_system(error))
            except KeyboardInterrupt:
                return call.fail(Interrupted("interrupted", "interrupted; what was done before stays done"))
            except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a traceback
                return call.fail_unexpectedly(error)

        common = _give_signature(command, function, acts=acts, asks=asks, remote=remote)
        if name is None:
            app.callback(invoke_without_command=True, help=inspect.getdoc(function))(command)
        else:
            app.command(name, help=inspect.getdoc(function))(command)
        return function

    return register


def _hand_on(context: typer.Context, common: dict[str, Any], given: dict[str, Any]) -> int:
    """One of the group's own verbs follows: what every verb takes is for that one, and the rest would be lost."""
    usual = {each.name: each.default for each in context.command.params}
    for name, value in given.items():
        if value != usual[name]:
            context.fail(f"`--{name}` stands before `{context.invoked_subcommand}`, which it says nothing to")
    context.obj = common
    return 0


def _reach(call: Call, given: dict[str, str | None], *, words: str, remote: bool) -> None:
    """Sets which node is asked, and as whom. Raises `BadInput` `usage` where that does not go together."""
    if not remote:
        if given["url"]:
            raise BadInput("usage", f"`{words}` works on the machine of the node only", remedy="leave out `--url`")
        return
    call.url = given["url"] or ("" if call.data else os.environ.get(URL_VARIABLE, ""))
    if not call.url:
        extra = next((f"--{name}" for name in ("token", "user", "ca") if given[name]), None)
        if extra:
            raise BadInput(
                "usage", f"`{extra}` says who asks another node, and none is named", remedy="say `--url URL`"
            )
        return
    if call.actor is not None or call.data is not None:
        option = "--as" if call.actor is not None else "--data"
        raise BadInput(
            "usage",
            f"`--url` and `{option}` exclude each other",
            remedy="a node that is asked over the network goes by `--token` or `--user`",
        )
    if given["token"] and given["user"]:
        raise BadInput("usage", "`--token` and `--user` exclude each other")
    call.user = given["user"] or ("" if given["token"] else os.environ.get(USER_VARIABLE, ""))
    call.token = given["token"] or ("" if call.user else os.environ.get(TOKEN_VARIABLE, ""))
    call.ca = given["ca"] or os.environ.get(CA_VARIABLE, "")


def _give_signature(
    command: Callable[..., Any], function: Callable[..., Any], *, acts: bool, asks: bool, remote: bool
) -> set[str]:
    """Give the command the function's own parameters, then those that every verb has; the names of the latter."""
    hints = get_type_hints(function, include_extras=True)
    own = [each for name, each in inspect.signature(function).parameters.items() if name != "call"]
    common: list[tuple[str, Any, Any]] = [("data", Data, None), ("as_json", Json, False)]
    common += [("actor", As, None)] if acts else []
    common += [("yes", Yes, False)] if asks else []
    reach = [("url", Url, None), ("token", Token, None), ("user", User, None), ("ca", Ca, None)]
    mine = {each.name for each in own}
    common += [each for each in reach[: None if remote else 1] if each[0] not in mine]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        *(inspect.Parameter(each.name, keyword, default=each.default, annotation=hints[each.name]) for each in own),
        *(inspect.Parameter(name, keyword, default=default, annotation=kind) for name, kind, default in common),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it there
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    command.__name__ = function.__name__
    return {name for name, _, _ in common}


def unbuilt(app: typer.Typer, path: str, text: str) -> None:
    """A verb of the contract that this release refuses by name, whatever follows it."""

    def command(context: typer.Context) -> int:
        """Refuse."""
        call = Call(json="--json" in context.args or bool((context.obj or {}).get("as_json")))
        return call.fail(not_built(f"relto {path}"))

    name = path.rpartition(" ")[2]
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(name, help=f"{text} (not built in this release)", context_settings=settings)(command)


def not_built(what: str) -> NotBuilt:
    """A word of the contract that this release refuses."""
    return NotBuilt("not-built", f"`{what}` is not built in this release", word=what)
