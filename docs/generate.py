"""Write the pages of `docs/reference` that follow from the source; with `--check`, say whether they are current.

`settings.md` follows from the table in `relto/config`. `errors.md` follows from every place in the source that
makes an error of the tree in `relto/domain/errors.py` with its code written out: the code, its kind, and what it says
there (`…` stands for what is known only then). Where one code is raised in several places, each way of saying it
counts.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relto.config import SECTIONS, SETTINGS, Setting
from relto.domain.outlook.rules import DEFAULT_RULES
from relto.domain.outlook.signs import SIGNS
from relto.domain.record.form import FORMS, RELATIONS
from relto.faces.cli import manual
from relto.faces.verbs import registry

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "relto"
REFERENCE = ROOT / "docs" / "reference"
GENERATED = "<!-- Written by `make docs`; changes made here are lost. -->"
CODE = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*")
WAYS_MAX = 3


@dataclass(frozen=True, slots=True, order=True)
class Raised:
    """One place where an error is made; `message` and `remedy` are empty where the source computes them."""

    code: str
    kind: str
    message: str
    remedy: str
    where: str


def kinds() -> tuple[str, ...]:
    """The classes of the tree of errors, the root first."""
    tree = ast.parse((SOURCE / "domain" / "errors.py").read_text(encoding="utf-8"))
    return tuple(node.name for node in tree.body if isinstance(node, ast.ClassDef))


def raised_in(source: str, where: str = "") -> Iterator[Raised]:
    """Every error that the source of a module makes with a code written out."""
    names = set(kinds())
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        kind = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if kind not in names or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            continue
        message = node.args[1] if len(node.args) > 1 else None
        remedy = next((keyword.value for keyword in node.keywords if keyword.arg == "remedy"), None)
        for says in _ways(message, node, parents):
            for helps in _ways(remedy, node, parents):
                yield Raised(first.value, kind, says, helps, where)


def raised_anywhere() -> list[Raised]:
    """Every error of the whole source, by code."""
    found: list[Raised] = []
    for path in sorted(SOURCE.rglob("*.py")):
        found += raised_in(path.read_text(encoding="utf-8"), path.relative_to(SOURCE).as_posix())
    return sorted(found)


def _ways(value: ast.expr | None, call: ast.AST, parents: dict[ast.AST, ast.AST]) -> list[str]:
    """The texts that an expression may have at a call: one, but for a name that was given several."""
    if not isinstance(value, ast.Name):
        return [_words(value)]
    above = [call]
    while above[-1] in parents and not isinstance(above[-1], ast.FunctionDef | ast.AsyncFunctionDef):
        above.append(parents[above[-1]])
    given = [
        node
        for node in ast.walk(above[-1])
        if isinstance(node, ast.Assign)
        and [getattr(target, "id", "") for target in node.targets] == [value.id]
        and node.lineno < call.lineno
    ]
    found: list[str] = []
    for node in sorted(given, key=lambda node: node.lineno, reverse=True):
        found.append(_words(node.value))
        if parents[node] in above:
            # It is given on every way to the call, so that what was given before it is not said.
            break
    return found[::-1] or [""]


def _words(value: ast.expr | None) -> str:
    """The text of an expression, `…` for what only running tells; empty if it is no text."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in value.values)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return _words(value.left) + _words(value.right)
    return ""


def errors_page() -> str:
    """`errors.md`."""
    lines = [
        "# Errors",
        "",
        GENERATED,
        "",
        "A code never changes its meaning. The command line writes the message and the remedy on standard error, with",
        '`--json` as `{"error": {"code", "message", "remedy", "data"}}` on standard output; TAXII and the API say the',
        "same in their own shapes. Items that are rejected while others go in have codes of their own: see",
        "[rejects](rejects.md)." if (REFERENCE / "rejects.md").exists() else "`relto ingest`.",
        "",
        "| kind | exit status | means |",
        "| --- | --- | --- |",
        "| `BadInput`, `Unknown` | 2 | what was typed, sent or configured cannot be used, or names what is not here |",
        "| `Refused`, `Conflict`, `NotBuilt` | 1 | understood and not done |",
        "| `Unreachable` | 3 | the database or the node cannot be reached |",
        "",
        "| code | kind | says | remedy |",
        "| --- | --- | --- | --- |",
    ]
    by_code: dict[str, list[Raised]] = {}
    for each in raised_anywhere():
        by_code.setdefault(each.code, []).append(each)
    for code, places in by_code.items():
        kind = ", ".join(dict.fromkeys(f"`{place.kind}`" for place in places))
        says = list(dict.fromkeys(place.message for place in places if place.message.strip("… ")))
        remedies = list(dict.fromkeys(place.remedy for place in places if place.remedy.strip("… ")))
        lines.append(f"| `{code}` | {kind} | {_cell(says, otherwise='what is wrong, and where')} | {_cell(remedies)} |")
    return "\n".join(lines) + "\n"


def _cell(ways: list[str], *, otherwise: str = "") -> str:
    text = " · ".join(ways[:WAYS_MAX]) + (" · …" if len(ways) > WAYS_MAX else "")
    return (text or otherwise).replace("|", "\\|").replace("\n", " ")


def settings_page() -> str:
    """`settings.md`."""
    lines = [
        "# Settings",
        "",
        GENERATED,
        "",
        "The later source wins: the default, `relto.toml` in the data folder, the variable, the command's argument.",
        "`relto config show` says what holds and where it came from. A key or a variable `RELTO_…` that is not listed",
        "here is an error. The data folder itself is `--data`, else `RELTO_DATA`, else `./relto-data`; a relative path",
        "in `relto.toml` starts there, elsewhere in the current folder.",
    ]
    for section, kind in SECTIONS.items():
        lines += ["", f"## `[{section}]`", "", (kind.__doc__ or "").strip(), ""]
        lines += ["| key | variable | type | default | what it does |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(setting) for setting in SETTINGS if setting.section == section]
    return "\n".join(lines) + "\n"


def _row(setting: Setting) -> str:
    default = setting.rule.default_text
    if not default:
        value = setting.default
        default = "empty" if value in ("", {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    cells = (f"`{setting.name}`", f"`{setting.variable}`", setting.type_text, default, setting.rule.text)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def command_line_page() -> str:
    """`cli.md`."""
    return manual.page(GENERATED)


def api_page() -> str:
    """`api.md`."""
    lines = [
        "# HTTP API",
        "",
        GENERATED,
        "",
        "Below `/api/v1`; `/api/v1/openapi.json` and `/api/docs` describe it whole. What is answered is what",
        "`relto … --json` prints. How to begin: [the guide](../guides/api.md).",
        "",
        "| verb | address | says |",
        "| --- | --- | --- |",
    ]
    for verb in registry.VERBS:
        fields = [
            f"`{field.name}`" + ("" if field.is_required else "?") for field in verb.fields if field.where != "path"
        ]
        more = ", ".join(fields) + (", pages" if verb.key and fields else "pages" if verb.key else "")
        lines.append(f"| `{verb.words}` | `{verb.method} {verb.path}` | {more} |")
    lines += [
        "| | `GET /events` | server-sent events of acts and notices |",
        "",
        "`?`: may be left out. `pages`: takes `limit` and `after`, and goes on at the address of the header `Link`.",
    ]
    return "\n".join(lines) + "\n"


def record_page() -> str:
    """`record.md`."""
    lines = [
        "# The record, field by field",
        "",
        GENERATED,
        "",
        "Entries of a case, as files and `relto case add CASE KIND FIELD=VALUE` have them; `relto case schema` gives",
        "the JSON Schema of a whole file. What they are for: [the guide](../guides/cases.md).",
        "",
        "Every kind may have: `key`, `date` (a day, a moment, a month, or two days with a slash between them; UTC),",
        "`source` (`name`, `date`, `url`, `grade`), `confidence`, `marking`, `text`, `pauses`, `agreements`,",
        f"`conditions` (`PAUSE/N`), {', '.join(f'`{name}`' for name in RELATIONS)} (keys of other entries),",
        "`corrects`, `because` and `retracts`.",
    ]
    for kind, form in FORMS.items():
        lines += ["", f"## {kind}", "", f"{form.says[:1].upper()}{form.says[1:]}.", ""]
        lines += ["| field | | holds | as |", "| --- | --- | --- | --- |"]
        for field in form.fields:
            need = "!" if field.is_required else "or" if field.name in form.either else ""
            lines.append(f"| `{field.name}` | {need} | {field.says} | {field.shape.says} |")
    lines += ["", "`!`: has to be there. `or`: one of these has to be.", "", "## Signs of an outlook", ""]
    lines += ["| sign | says |", "| --- | --- |"]
    lines += [f"| `{name}` | {says} |" for name, says in SIGNS.items()]
    lines += ["", "## The rules of an outlook, unless there are others", "", "```yaml", DEFAULT_RULES.rstrip(), "```"]
    return "\n".join(lines) + "\n"


PAGES = {
    "record.md": record_page,
    "api.md": api_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
    "cli.md": command_line_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; 1 if one is not current."""
    stale = []
    for name, page in PAGES.items():
        path = REFERENCE / name
        text = page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            REFERENCE.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"docs/reference/{name}: written")
    if stale and "--check" in arguments:
        print(f"not current: {', '.join(f'docs/reference/{name}' for name in stale)} (make docs)", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
