"""Nothing: it keeps a number."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Changes nothing."""
