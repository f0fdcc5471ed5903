"""The server the tests run on, and databases made on it: a real PostgreSQL, no mock."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from thin_api import ROOT, database
from thin_api.embedded import Server, temporary_server
from thin_api.migrate import migrate
from thin_api.pgdata import embedded_binaries
from thin_api.settings import Settings, load_settings
from thin_api.tests import pgtap

SYSTEM_BINARIES = Path("/usr/lib/postgresql")
# A power cut during a test harms nobody. The raw WAL is searched for personal data: not packed.
FAST = {"fsync": "off", "full_page_writes": "off", "wal_compression": "off"}


@dataclass(frozen=True)
class Database:
    """A migrated database. `settings` are those of a process that works on it."""

    name: str
    settings: Settings
    server: Server | None
    """The server, to look into its files; None when DATABASE_URL says where to test."""

    def dsn(self, role: database.Role) -> str:
        """Return the URI of a role; `superuser` is the migrator's own login."""
        if role == "superuser":
            return database.base_dsn(self.settings)
        return database.dsn(role, self.settings)

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a subprocess that shall work on this database."""
        return {
            **os.environ,
            "DATABASE_URL": database.base_dsn(self.settings),
            "HOOKLEDGER_DATA_DIR": str(self.settings.data_dir),
        }


@dataclass(frozen=True)
class Cluster:
    """A server with the right to create databases on it."""

    base: str
    data_dir: Path
    server: Server | None
    bin_dir: Path
    """Client programs (psql, pg_dump) of the server's version."""

    def execute(self, statement: str, *names: str) -> None:
        """Run one statement outside a transaction; `{}` stand for the names."""
        with psycopg.connect(self.base, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def settings_for(self, name: str) -> Settings:
        """Return the settings of a process that works on one of this server's databases."""
        url = database.to_uri({**conninfo_to_dict(self.base), "dbname": name})
        return Settings(database_url=SecretStr(url), data_dir=self.data_dir)

    @contextmanager
    def created(self, template: str | None = None) -> Iterator[Database]:
        """Create a database for a while: empty, or as a copy."""
        name = f"hookledger_test_{uuid4().hex[:12]}"
        self.execute("create database {} template {}", name, template or "template0")
        try:
            yield Database(name, self.settings_for(name), self.server)
        finally:
            self.execute("drop database if exists {} with (force)", name)

    @contextmanager
    def migrated(self) -> Iterator[Database]:
        """Create a database and migrate it."""
        with self.created() as fresh:
            migrate(fresh.settings)
            yield fresh


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Yield the server to test on: DATABASE_URL, or by HOOKLEDGER_TEST_PG 18 (embedded) or 15."""
    configured = load_settings()
    if configured.database_url is not None:
        base = configured.database_url.get_secret_value()
        yield Cluster(base, configured.data_dir, None, embedded_binaries())
        return
    major = os.environ.get("HOOKLEDGER_TEST_PG", "18")
    bin_dir = embedded_binaries() if major == "18" else SYSTEM_BINARIES / major / "bin"
    conf = dict(FAST)
    if major == "18":
        extensions = pgtap.extension_dir(ROOT / ".venv" / "pgtap")
        conf["extension_control_path"] = f"$system:{extensions.parent}"
    with temporary_server(bin_dir, **conf) as server:
        yield Cluster(server.dsn(), server.home, server, bin_dir)
