"""Migrations: plain SQL revisions that Alembic runs in order. Imported only by the process that migrates."""
