"""Holds the place of a revision that is being made elsewhere; it changes nothing."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing to do."""
