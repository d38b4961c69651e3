"""How many pages were taken back, since they never left."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """None was taken back so far."""
    op.add_column("head", sa.Column("withdrawn", NUMBER, nullable=False, server_default="0"))
    with op.batch_alter_table("head") as batch:
        batch.alter_column("withdrawn", server_default=None)
