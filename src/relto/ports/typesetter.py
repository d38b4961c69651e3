"""The typesetter: makes a document of pages out of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Typesetter(Protocol):
    """Sets pages."""

    def pdf(self, brief: Mapping[str, Any]) -> bytes:
        """A PDF of a brief, as `domain/brief/document.py` gives its values; the same bytes for the same values.

        No text in it is ever understood as markup. Raises `Unreachable` (`typesetter-failed`) where it cannot be made.
        """
        ...
