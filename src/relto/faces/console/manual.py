r"""The manual, as every node serves it: pages of Markdown from the package, drawn for a browser.

What is shown is what the package brings and nothing else: a page is looked up by its name, never by a path.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from markdown_it import MarkdownIt
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

AT: Final = "/manual"
FIRST: Final = "README"

SUFFIX: Final = ".md"


class Page(NamedTuple):
    """`title`: as text. `body`: drawn."""

    title: str
    body: Markup


def address(page: str) -> str:
    """Where a page of the manual is, by its place in `docs`.

    >>> address("concepts/pauses.md"), address("README.md")
    ('/manual/concepts/pauses', '/manual')
    """
    name = page.removesuffix(SUFFIX)
    return AT if name == FIRST else f"{AT}/{name}"


@cache
def pages() -> Mapping[str, Path]:
    """All pages by name (`concepts/pauses`)."""
    folder = _folder()
    return {path.relative_to(folder).as_posix().removesuffix(SUFFIX): path for path in folder.rglob(f"*{SUFFIX}")}


def _folder() -> Path:
    """In what is installed, beside the code; in a checkout, where it is written."""
    package = Path(__file__).parents[2]
    packed = package / "manual"
    return packed if packed.is_dir() else package.parents[1] / "docs"


@cache
def drawn(name: str) -> Page | None:
    """The page of that name; None where there is none."""
    path = pages().get(name)
    if path is None:
        return None
    maker = _maker()
    tokens = maker.parse(path.read_text("utf-8"))
    title, names = name, Counter[str]()
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(each.content for each in inside.children or ())
            id_ = slug(text)
            # A second one of that name is counted, as forges count it.
            token.attrSet("id", f"{id_}-{names[id_]}" if names[id_] else id_)
            names[id_] += 1
            title = text if token.tag == "h1" else title
    return Page(title, Markup(maker.renderer.render(tokens, maker.options, {"at": name})))  # noqa: S704 - ours, and no HTML is let through


def slug(heading: str) -> str:
    """What a heading is called where a link leads to it.

    >>> slug("For whoever runs it: `relto`")
    'for-whoever-runs-it-relto'
    """
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _maker() -> MarkdownIt:
    maker = MarkdownIt("commonmark", {"html": False}).enable("table")
    maker.add_render_rule("link_open", _link)
    for kind in ("fence", "code_block"):
        maker.add_render_rule(kind, _file)
    maker.add_render_rule("table_open", _table_open)
    maker.add_render_rule("table_close", _table_close)
    return maker


def _link(self: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[place]
    target, hash_, part = str(token.attrGet("href") or "").partition("#")
    if target.endswith(SUFFIX) and "://" not in target:
        name = normpath(join(dirname(env["at"]), target)).removesuffix(SUFFIX)
        if name in pages():
            token.attrSet("href", address(name) + hash_ + part)
        else:
            # What stands beside the manual, as the changelog does, is not served.
            del token.attrs["href"]
    return self.renderToken(tokens, place, options, env)


def _file(self: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]) -> str:
    del self, options, env
    return Markup('<pre class="file" tabindex="0">{}</pre>\n').format(tokens[place].content)


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    del self, tokens, place, options, env
    return '<div class="scroll" tabindex="0" role="group" aria-label="A table"><table class="list">\n'


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    del self, tokens, place, options, env
    return "</table></div>\n"
