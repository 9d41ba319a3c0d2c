"""Run by Alembic: the caller's connection and transaction, nothing read from files."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    # Alembic takes SQLite for a database that cannot undo DDL. It can, once the transaction is
    # begun by hand, as `hil.store.engine` does: a migration that fails changes nothing.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
