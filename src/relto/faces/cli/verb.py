"""A verb: a function that takes a `Call` and its own options, made a command with the options that every verb has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from relto.domain.errors import NotBuilt, ReltoError
from relto.faces.cli.call import Call, Interrupted, of_system, unread

Data = Annotated[str | None, typer.Option("--data", metavar="DIR", help="the node's folder [RELTO_DATA, ./relto-data]")]
Json = Annotated[bool, typer.Option("--json", help="answer with one JSON document")]
As = Annotated[str | None, typer.Option("--as", metavar="ACCOUNT", help="who acts, for the record [admin]")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="answer yes to what would be asked")]

_NONE = inspect.Parameter.empty


def group(parent: typer.Typer, name: str, text: str, *, alone: bool = False) -> typer.Typer:
    """A verb that has verbs of its own. `alone`: it does something without any of them (`verb` with None says what)."""
    app = typer.Typer(name=name, help=text, no_args_is_help=not alone, rich_markup_mode=None)
    parent.add_typer(app, name=name)
    return app


def verb(
    app: typer.Typer, name: str | None, *, acts: bool = True, asks: bool = False
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Make `function(call, …)` the command `name`; it returns the exit status, and its docstring is the help.

    None: what the group does where none of its own verbs follows.
    `acts`: whether it takes `--as`. `asks`: whether it takes `--yes`.
    """

    def register(function: Callable[..., int]) -> Callable[..., int]:
        def command(**given: Any) -> int:
            context: typer.Context = given.pop("context")
            before: dict[str, Any] = context.obj or {}
            common = {
                "data": given.pop("data") or before.get("data"),
                "as_json": given.pop("as_json") or before.get("as_json", False),
                "actor": given.pop("actor", None) or before.get("actor"),
                "yes": given.pop("yes", False) or before.get("yes", False),
            }
            if name is None and context.invoked_subcommand is not None:
                return _hand_on(context, common, given)
            call = Call(
                data=common["data"],
                json=common["as_json"],
                actor=common["actor"] if acts else None,
                yes=common["yes"],
            )
            try:
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

        _give_signature(command, function, acts=acts, asks=asks)
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


def _give_signature(command: Callable[..., Any], function: Callable[..., Any], *, acts: bool, asks: bool) -> None:
    """Give the command the function's own parameters, then those that every verb has."""
    hints = get_type_hints(function, include_extras=True)
    own = [each for name, each in inspect.signature(function).parameters.items() if name != "call"]
    common: list[tuple[str, Any, Any]] = [("data", Data, None), ("as_json", Json, False)]
    common += [("actor", As, None)] if acts else []
    common += [("yes", Yes, False)] if asks else []
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        *(inspect.Parameter(each.name, keyword, default=each.default, annotation=hints[each.name]) for each in own),
        *(inspect.Parameter(name, keyword, default=default, annotation=kind) for name, kind, default in common),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it there
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    command.__name__ = function.__name__


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
