"""Runs the migrations on the connection that `studio.store.migrate` passes."""

from alembic import context

from studio.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
)
context.run_migrations()
