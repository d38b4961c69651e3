r"""An article: a title and paragraphs, with who published it and when. All of it is text from outside, and stays text.

>>> Article("Talks", ("JEDDAH, March 11 -", "They met.")).text
'JEDDAH, March 11 -\n\nThey met.'
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from relto.domain.errors import BadInput

TEXT_MAX: Final = 400_000
"""Characters of an article; the longest that newspapers print have a quarter of it."""

PARAGRAPHS_MAX: Final = 20_000
LINE_MAX: Final = 2_000
"""Characters of a title, an author, a site or an address."""


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it was read: `text` in paragraphs, without menus; `date` is the day on which it appeared, where
    that is known. Raises `BadInput` (`article-long`).
    """

    title: str
    paragraphs: tuple[str, ...]
    author: str = ""
    site: str = ""
    date: date | None = None
    url: str = ""

    def __post_init__(self) -> None:
        """Whoever reads it further relies on these limits."""
        size = sum(map(len, self.paragraphs))
        if size > TEXT_MAX or len(self.paragraphs) > PARAGRAPHS_MAX:
            raise BadInput(
                "article-long",
                f"the article has {size} characters in {len(self.paragraphs)} paragraphs, and may have {TEXT_MAX} in "
                f"{PARAGRAPHS_MAX}",
                remedy="cut out the part that counts",
            )
        for name in ("title", "author", "site", "url"):
            value = getattr(self, name)
            if len(value) > LINE_MAX:
                raise BadInput(
                    "article-long", f"the {name} of the article has {len(value)} characters, and may have {LINE_MAX}"
                )

    @property
    def text(self) -> str:
        """All paragraphs, a blank line between any two."""
        return "\n\n".join(self.paragraphs)
