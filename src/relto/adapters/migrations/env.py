"""What alembic runs: the migrations, on the connection and in the transaction of whoever asked."""

from alembic import context

from relto.adapters.sql.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
