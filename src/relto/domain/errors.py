"""Every way in which Relto says no, as one tree.

.. code-block:: text

    ReltoError            a stable code, a message, perhaps a remedy, data
    ├── BadInput          what was typed, sent or configured cannot be used
    │   └── Unknown       it names something that is not here
    ├── Refused           understood, and not done
    │   ├── Conflict      it does not fit with what is here already
    │   └── NotBuilt      a word of the contract that this release does not carry out
    └── Unreachable       the database or the node cannot be reached

A code never changes its meaning; `docs/reference/errors.md` lists them all. Errors carry data, not
prose for one face only: the command line, TAXII and the API each say the same error in their own shape.

>>> error = Unknown("agreement-unknown", "there is no agreement `usa-xyz`", remedy="relto agreement list")
>>> error.code, str(error)
('agreement-unknown', 'there is no agreement `usa-xyz`')
"""

from __future__ import annotations

from typing import Any


class ReltoError(Exception):
    """The root: `code` is stable, `message` is for people, `remedy` says what to do, `data` is for programs."""

    def __init__(self, code: str, message: str, *, remedy: str = "", **data: Any) -> None:
        """Keep the parts; `data` must be JSON-serialisable and must hold nothing that the reader may not see."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.data = data


class BadInput(ReltoError):
    """What was typed, sent or configured cannot be used."""


class Unknown(BadInput):
    """A name that stands for nothing here."""


class Refused(ReltoError):
    """Understood, and not done."""


class Conflict(Refused):
    """It does not fit with what is here already."""


class NotBuilt(Refused):
    """A word of the contract that this release refuses by name, rather than accept it and ignore it."""


class Unreachable(ReltoError):
    """The database or the node cannot be reached."""
