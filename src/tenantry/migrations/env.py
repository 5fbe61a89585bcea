"""Alembic's environment: one connection of the owner, handed over by `runner`, with lock and statement timeouts."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
