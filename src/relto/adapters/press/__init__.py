"""Press articles, by trafilatura over bytes that are handed in: it is never asked to fetch.

trafilatura is imported where a page is read and nowhere else: it takes half a second.
"""

from relto.adapters.press.address import fetched
from relto.adapters.press.language import language_of, require_english
from relto.adapters.press.page import BYTES_MAX, read_article
from relto.domain.article import LINE_MAX, Article

__all__ = ["BYTES_MAX", "TrafilaturaPress", "fetched", "language_of", "read_article", "require_english"]


class TrafilaturaPress:
    """A `Press`."""

    def read(self, content: bytes, *, name: str = "", kind: str = "", url: str = "") -> Article:
        """By what the bytes are; a media type only helps to read them."""
        return read_article(content, name=name or url, kind=kind, url=url if len(url) <= LINE_MAX else "")

    def fetch(self, url: str) -> Article:
        """One address, and where it leads."""
        content, kind = fetched(url)
        return self.read(content, name=url, kind=kind, url=url)
