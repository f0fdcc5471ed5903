"""Alembic's entry: within the transaction of `hookledger migrate`, or in one like it."""

from alembic import context
from alembic.runtime.migration import MigrationInfo
from alembic.util import CommandError
from sqlalchemy import Connection

from thin_api import database, migrate
from thin_api.settings import load_settings


def run(connection: Connection) -> None:
    """Run the revisions asked for, as the owner, within the connection's transaction."""
    revisions: list[str] = context.config.attributes.setdefault("revisions", [])

    def note(*, step: MigrationInfo, **_: object) -> None:
        revisions.append(step.up_revision_id or "base")

    context.configure(
        connection=connection,
        version_table_schema="core",
        on_version_apply=note,  # type: ignore[arg-type]  # called with keywords, typed without
    )
    with context.begin_transaction():
        context.run_migrations()
    if revisions:
        migrate.after_revisions(connection)


if context.is_offline_mode():
    raise CommandError("roles, revisions and sql/ are one transaction: there is no --sql mode")
if given := context.config.attributes.get("connection"):
    run(given)
else:
    with migrate.transaction(database.base_dsn(load_settings())) as opened:
        run(opened)
