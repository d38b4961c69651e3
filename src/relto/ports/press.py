"""Press: what makes an article of the bytes of a file, or of what one address answers.

Promises, kept by every adapter:

- **Nothing is executed, nothing is followed.** Scripts, styles and forms are dropped, and no byte is fetched but those
  of the address that was given (and where that leads by itself, a few times).
- **Bounded.** In bytes, elements and time; what is more is refused before it is read.
- **An article or an error.** What is no article in English is refused by name: menus, pictures, other languages.
"""

from __future__ import annotations

from typing import Protocol

from relto.domain.article import Article


class Press(Protocol):
    """Reads articles. Safe to use from several threads."""

    def read(self, content: bytes, *, name: str = "", kind: str = "", url: str = "") -> Article:
        """The article in these bytes, HTML or plain text. `kind`: the media type that came with them, where one did;
        `name`: what to call them in an error.

        Raises `BadInput`: `article-large`, `article-packed`, `article-binary`, `article-empty`, `article-language`,
        `article-long`.
        """
        ...

    def fetch(self, url: str) -> Article:
        """The article at an address (`http`, `https`). Raises what `read` raises, `BadInput` (`article-url`,
        `article-kind`), and `Unreachable` (`article-unreachable`).
        """
        ...
