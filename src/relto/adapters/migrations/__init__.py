"""The way from each release's tables to the next one's: run by `relto.adapters.sql.migrate` through alembic."""
