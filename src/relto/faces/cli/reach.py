"""How another node is reached: where it is, and as whom it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

URL_VARIABLE: Final = "RELTO_URL"
TOKEN_VARIABLE: Final = "RELTO_TOKEN"  # noqa: S105 - the name of a variable
USER_VARIABLE: Final = "RELTO_USER"
PASSWORD_VARIABLE: Final = "RELTO_PASSWORD"  # noqa: S105 - as above
CA_VARIABLE: Final = "RELTO_CA"
REMOTE_VARIABLES: Final = frozenset({URL_VARIABLE, TOKEN_VARIABLE, USER_VARIABLE, PASSWORD_VARIABLE, CA_VARIABLE})


@dataclass(frozen=True, slots=True)
class Reach:
    """A node over the network. `token`, or `user` with a password; `ca`: a file of certificates to trust, or empty."""

    url: str
    token: str = ""
    user: str = ""
    ca: str = ""
