"""Alembic's entry: runs on the connection that `migrate` hands over. There is no .ini file."""

from alembic import context

from chat.infra.store.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
