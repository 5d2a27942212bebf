"""Run by Alembic: applies the versions on the connection that we hand it."""

from alembic import context

from stack.accounts.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can't change a table in place: Alembic copies it.
    render_as_batch=True,
)

with context.begin_transaction():
    context.run_migrations()
