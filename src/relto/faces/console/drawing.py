"""Drawing: templates, and how they write moments, numbers and what came from outside.

Everything is text until a template says otherwise, and none does of what came from outside: characters that would
turn a line round or hide in it are replaced, and names stand in a box of their own direction.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from relto.domain.written import disarmed
from relto.faces.console import manual, static
from relto.faces.console.help import HELP
from relto.faces.console.words import KINDS, deed

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent / "templates"

DAY_SECONDS: Final = 86_400
HOUR_SECONDS: Final = 3_600
MINUTE_SECONDS: Final = 60

_PARTS: Final = re.compile(
    r"(?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z)"
    r"|pause `(?P<pause>[0-9]{1,15})`|`(?P<name>[^`]+)`"
)
"""What stands in sentences of the node, and is told apart there."""


def draw(template: str, values: Mapping[str, Any]) -> str:
    """The page."""
    return environment().get_template(template).render({"help": HELP.get(template), **values})


@cache
def environment() -> jinja2.Environment:
    """All templates, with what they may use. A name that a page did not give is an error, not a blank."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "moment": moment,
        "day": day,
        "span": span,
        "number": number,
        "plural": plural,
        "name": name,
        "q": quoted,
        "prose": prose,
        "lines": lines,
        "asis": asis,
        "form": form_value,
        "deed": deed,
    }
    made.globals |= {"asset": static.address, "kinds": KINDS, "manual": manual.address}
    return made


def _finalized(value: Any) -> Any:
    """What a template writes: text from outside has nothing in it that a reader's eye would obey."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(disarmed(line) if line.strip() else "" for line in value.split("\n"))
    return value


def moment(text: str | None) -> Markup:
    """A moment as documents have it, in UTC; a script puts the viewer's zone beside it.

    >>> moment("2025-03-05T12:00:00.000000Z")
    Markup('<time datetime="2025-03-05T12:00:00Z">5 Mar 2025 12:00 UTC</time>')
    """
    if not text:
        return Markup("")
    at = datetime.fromisoformat(text).astimezone(UTC)
    told = f"{at.day} {at:%b %Y %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", told)


def day(text: str) -> str:
    """A day of a document.

    >>> day("2025-03-05")
    '5 Mar 2025'
    """
    at = datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
    return f"{at.day} {at:%b %Y}"


def span(seconds: float | None) -> str:
    """How long, in its two largest units.

    >>> span(100_000), span(59), span(None)
    ('1 d 3 h', '59 s', '')
    """
    if seconds is None:
        return ""
    left, told = max(int(seconds), 0), []
    for unit, sign in ((DAY_SECONDS, "d"), (HOUR_SECONDS, "h"), (MINUTE_SECONDS, "min"), (1, "s")):
        count, left = divmod(left, unit)
        if count:
            told.append(f"{count} {sign}")
        if told and (len(told) == 2 or not count):
            break
    return " ".join(told) or "0 s"


def number(value: int | None) -> str:
    """A count.

    >>> number(1234567), number(None)
    ('1,234,567', '')
    """
    return "" if value is None else f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """So many of them.

    >>> plural(1, "item"), plural(1500, "item"), plural(2, "party", "parties")
    ('1 item', '1,500 items', '2 parties')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def name(value: object) -> Markup:
    """A name, in a box of its own direction, so that one that is written from the right turns nothing round."""
    return Markup("<bdi>{}</bdi>").format(_finalized(str(value)))


def quoted(value: object) -> str:
    """A part of an address."""
    return quote(str(value), safe="")


def prose(value: str) -> Markup:
    """A sentence of the node's: moments in it as moments stand on a page, names as names, pauses with their place.

    >>> prose("pause `2` of `usa-ukr`")
    Markup('<bdi>pause <a href="/pauses/2">2</a> of <code>usa-ukr</code></bdi>')
    """
    text, found, at = str(_finalized(value)), Markup(), 0
    for part in _PARTS.finditer(text):
        found += text[at : part.start()]
        at = part.end()
        if part["moment"]:
            found += _moment_in(part["moment"])
        elif part["pause"]:
            found += Markup('pause <a href="/pauses/{0}">{0}</a>').format(part["pause"])
        else:
            found += Markup("<code>{}</code>").format(part["name"])
    return Markup("<bdi>{}</bdi>").format(found + text[at:])


def _moment_in(text: str) -> Markup:
    try:
        return moment(text)
    except ValueError:
        # What came from outside may look like one, and be none.
        return escape(text)


def lines(value: str) -> Markup:
    """Text with its lines as they are."""
    return Markup("<br>").join(escape(_finalized(line)) for line in value.split("\n"))


def asis(value: str) -> Markup:
    r"""Text with its blanks and lines as they are, as in a file.

    >>> asis("{\n  <b>\u202e")
    Markup('{\n  &lt;b&gt;\ufffd')
    """
    refused = {ord(each): "\ufffd" for each in set(value) if disarmed(each) not in {each, ""}}
    return escape(value.translate(refused))


def form_value(value: object) -> Markup:
    r"""What a field of a form holds and will be sent back: character for character, whatever it looks like. A browser
    takes one line break for another, and leaves out the first of a text area.

    >>> form_value("a  b\u200f\n  <c>")
    Markup('a  b\u200f\n  &lt;c&gt;')
    """
    return escape("" if value is None else str(value))
