"""Bring a database to this checkout's schema: roles, Alembic revisions and the `sql/` tree.

All of it in one transaction, one migrator at a time. A second run changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import alembic.command
import psycopg
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, exc
from sqlalchemy.pool import NullPool

from thin_api import database
from thin_api.revisions import MIGRATIONS
from thin_api.settings import ConfigurationError, Settings
from thin_api.sqltree import SqlFile, sql_files

LOCK = "select pg_advisory_xact_lock(hashtextextended('hookledger.migrate', 0))"
SET_OWNER = f"set local role {database.role_name('owner')}"


@dataclass(slots=True)
class Report:
    """What a run changed, in order."""

    revisions: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything was changed."""
        return any((self.revisions, self.applied, self.forgotten, self.passwords))


Progress = Callable[[str, int, int], None]
"""Told the file being applied, its number and how many there are."""


def migrate(settings: Settings, progress: Progress | None = None) -> Report:
    """Migrate the configured database and set the logins' passwords.

    The embedded server must run. Raises ConfigurationError, with file and line for an error in SQL.
    """
    if server := database.embedded_server(settings):
        base = database.base_dsn(settings)
        database.create_embedded_database(server)
    else:
        base = database.base_dsn(settings)
    database.check_server(base)
    report = migrate_database(base, progress)
    report.passwords = database.secure_logins(settings)
    return report


def migrate_database(base: str, progress: Progress | None = None) -> Report:
    """Migrate one database, reached as the migrator's login."""
    report = Report()
    with transaction(base) as connection:
        config = alembic_config(connection)
        config.attributes["revisions"] = report.revisions
        try:
            alembic.command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigurationError(
                f"{error}\nIs the database of a newer checkout? Its revisions are not all here."
            ) from None
        except exc.DBAPIError as error:
            raise _explain("migrations", None, error) from None
        apply_sql_files(connection, report, progress)
    return report


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def transaction(base: str) -> Iterator[Connection]:
    """Open the one transaction of a migration: locked, roles and schemas there, as the owner."""
    engine = create_engine(
        "postgresql+psycopg://",
        # Never prepared: a file is several statements, and PgBouncer may stand between.
        creator=lambda: psycopg.connect(base, prepare_threshold=None, connect_timeout=10),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(LOCK)
        connection.exec_driver_sql("set local search_path = pg_catalog, pg_temp")
        # Functions call each other in both directions; the pgTAP sweep checks their bodies.
        connection.exec_driver_sql("set local check_function_bodies = off")
        _run(connection, "migrations/roles.sql", (MIGRATIONS / "roles.sql").read_text("utf-8"))
        connection.exec_driver_sql(SET_OWNER)
        yield connection


def apply_sql_files(
    connection: Connection, report: Report, progress: Progress | None = None
) -> None:
    """Apply every file of `sql/` whose text differs from the one on record."""
    connection.exec_driver_sql(SET_OWNER)
    known = {
        path: bytes(sha256)
        for path, sha256 in connection.exec_driver_sql("select path, sha256 from core.sql_files")
    }
    files = sql_files()
    changed = [file for file in files if known.get(file.path) != file.sha256]
    for number, file in enumerate(changed, start=1):
        if progress:
            progress(file.path, number, len(changed))
        connection.exec_driver_sql(SET_OWNER)
        _run(connection, f"sql/{file.path}", file.text)
        connection.exec_driver_sql(SET_OWNER)
        _record(connection, file)
        report.applied.append(file.path)
    # A revision drops what such a file made; here only its record goes.
    report.forgotten = sorted(known.keys() - {file.path for file in files})
    for path in report.forgotten:
        connection.exec_driver_sql("delete from core.sql_files where path = %s", (path,))


def after_revisions(connection: Connection) -> None:
    """Have every file applied again: a revision may have made anew what they hang on (a table)."""
    connection.exec_driver_sql(SET_OWNER)
    connection.exec_driver_sql(
        "comment on table core.alembic_version is 'Which revision of migrations/ this database has'"
    )
    found = connection.exec_driver_sql("select to_regclass('core.sql_files')").scalar()
    if found is not None:
        connection.exec_driver_sql("delete from core.sql_files")


def _record(connection: Connection, file: SqlFile) -> None:
    connection.exec_driver_sql(
        "insert into core.sql_files (path, sha256) values (%s, %s) on conflict (path) do update"
        " set sha256 = excluded.sha256, applied_at = clock_timestamp()",
        (file.path, file.sha256),
    )


def _run(connection: Connection, name: str, text: str) -> None:
    """Run a file of statements as it is: no parameter style may touch its `%` and `:name`."""
    try:
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
    except exc.DBAPIError as error:
        raise _explain(name, text, error) from None


def _explain(name: str, text: str | None, error: exc.DBAPIError) -> ConfigurationError:
    cause = error.orig
    if not isinstance(cause, psycopg.Error):
        return ConfigurationError(f"{name}: {cause}")
    diag = cause.diag
    line = ""
    if text and diag.statement_position:
        line = f":{text.count(chr(10), 0, int(diag.statement_position) - 1) + 1}"
    primary = diag.message_primary or str(cause)
    told = [primary, diag.message_detail, diag.message_hint, diag.context]
    return ConfigurationError(f"{name}{line}: " + "\n  ".join(part for part in told if part))
