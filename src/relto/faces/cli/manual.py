"""The manual's page of the command line, made from the commands themselves (`docs/generate.py` writes it)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from relto.faces.cli.app import app

HEAD = """\
# The command line

{generated}

`relto VERB …`, or `python -m relto VERB …`. Every verb takes `--data DIR` (else `RELTO_DATA`, else `./relto-data`) and
`--json`; those that act take `--as ACCOUNT`, and those that would ask a person at a terminal take `--yes`. These stand
before or after the verb.

| exit status | means |
| --- | --- |
| 0 | done |
| 1 | refused, or a check found something |
| 2 | wrong usage or bad input; an unknown name is bad input |
| 3 | the node or its database cannot be reached |
| 130, 141 | interrupted by Ctrl-C; nobody read the answer to its end |

With `--json` standard output holds one JSON document and nothing else. Errors are
`{{"error": {{"code", "message", "remedy", "data"}}}}`, with the codes of [errors](errors.md). `WHEN` is ISO 8601, or a
duration (`90m`, `2d`) from now by the node's clock: ahead for `--from`, `--until`, `--review`, `--expires` and
`--overlap`, back for `--since` and `--at`.
"""


def page(generated: str) -> str:
    """The whole page; `generated` is the line that says so."""
    root: Any = typer.main.get_command(app)
    lines = [HEAD.format(generated=generated)]
    missing = []
    for path, command in _commands(root, ()):
        if "(not built in this release)" in (command.help or ""):
            missing.append(path)
            continue
        lines += [f"## `relto {path}`", "", _prose(command.help or ""), "", *_parameters(path, command), ""]
    lines += ["## Not in this release", "", "These words of the contract are refused by name, with `not-built`:", ""]
    lines += [", ".join(f"`{path}`" for path in missing) + "."]
    return "\n".join(lines) + "\n"


def _commands(group: Any, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield " ".join((*above, name)), command
            yield from _commands(command, (*above, name))
        else:
            yield " ".join((*above, name)), command


def _prose(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _parameters(path: str, command: Any) -> list[str]:
    own = [each for each in command.params if each.name not in {"data", "as_json", "actor", "help"}]
    arguments = [each for each in own if each.param_type_name == "argument"]
    words = [f"relto {path}", *("[OPTIONS]" for _ in own[:1]), *map(_place, arguments)]
    rows = ["```text", " ".join(words), "```"]
    if own:
        rows += ["", "| what | says |", "| --- | --- |"]
        rows += [f"| `{_form(each)}` | {(each.help or '').replace('|', '/')}{_must(each)} |" for each in own]
    return rows


def _place(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    many = "…" if argument.nargs != 1 else ""
    return f"{name}{many}" if argument.required else f"[{name}{many}]"


def _form(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return _place(parameter).replace("|", "\\|")
    words = ", ".join(sorted(parameter.opts, key=len, reverse=True))
    value = "" if parameter.is_flag else " " + (parameter.metavar or "VALUE").replace("|", "\\|")
    return f"{words}{value}"


def _must(parameter: Any) -> str:
    if parameter.param_type_name == "option" and parameter.required:
        return "; must be given"
    default = getattr(parameter.default, "value", None)
    return f"; `{default}` unless said" if default else ""
