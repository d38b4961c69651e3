"""Nothing: it keeps a number."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Changes nothing."""
