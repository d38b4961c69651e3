"""Holds the place of a revision that is being made elsewhere; it changes nothing."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing to do."""
