"""What Alembic runs: the migrations, on the connection that `data.migrate` hands in, within its transaction."""

from __future__ import annotations

from alembic import context

from data.migrate import configured_options

context.configure(connection=context.config.attributes["connection"], **configured_options())
with context.begin_transaction():
    context.run_migrations()
