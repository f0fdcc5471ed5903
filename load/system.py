"""What is measured: a PostgreSQL of the run's own, a shim before it, tenants with endpoints."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from load.mix import Endpoint
from thin_api import ROOT, database
from thin_api.embedded import Server, temporary_server
from thin_api.migrate import migrate
from thin_api.run import is_ready
from thin_api.settings import Settings
from thin_api.tests.running import free_port
from thin_api.verify import load_providers

START_SECONDS = 120.0


@dataclass
class System:
    """A migrated database on a server of its own; the shims are started beside it."""

    server: Server
    settings: Settings
    endpoints: list[Endpoint] = field(default_factory=list)

    def dsn(self, role: database.Role) -> str:
        """Return the URI of a role; `superuser` sees everything."""
        return (
            database.base_dsn(self.settings)
            if role == "superuser"
            else (database.dsn(role, self.settings))
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that works on this database."""
        return {
            **os.environ,
            "DATABASE_URL": database.base_dsn(self.settings),
            "HOOKLEDGER_DATA_DIR": str(self.settings.data_dir),
            "HOOKLEDGER_LOG_LEVEL": "warning",
        }

    @property
    def processes(self) -> list[psutil.Process]:
        """PostgreSQL's processes."""
        postmaster = self.server.postmaster
        return [] if postmaster is None else [postmaster, *postmaster.children()]

    def create_endpoints(self, providers: Iterable[str], tenants: int = 1) -> list[Endpoint]:
        """Create tenants with an endpoint for each of the providers."""
        made = []
        with psycopg.connect(self.dsn("dba"), autocommit=True) as connection:
            for number in range(tenants):
                tenant_id = _first(connection, "select api.create_tenant(%s)", f"load {number}")
                for provider in providers:
                    module = load_providers()[provider]
                    secret = module.new_secret()
                    endpoint_id = _first(
                        connection,
                        "select api.create_endpoint(%s, %s, %s, %s)",
                        tenant_id,
                        provider,
                        [secret],
                        Jsonb(dict(module.DEMO_SETTINGS)),
                    )
                    made.append(Endpoint(provider, tenant_id, endpoint_id, secret))
        self.endpoints += made
        return made


def _first(connection: psycopg.Connection, query: str, *parameters: object) -> UUID:
    row = connection.execute(query, parameters).fetchone()
    if row is None:
        raise RuntimeError(query)
    return UUID(str(row[0]))


@contextmanager
def running_system(**conf: str) -> Iterator[System]:
    """Run a migrated database in a temporary directory, synced to the disk unless conf says no."""
    with temporary_server(None, **conf) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create database hookledger")
        settings = Settings(
            database_url=SecretStr(server.dsn("hookledger")), data_dir=server.home / "own"
        )
        migrate(settings)
        yield System(server, settings)


@dataclass(frozen=True)
class Shim:
    """A server process under load."""

    process: psutil.Process
    port: int
    start_seconds: float

    @property
    def host(self) -> str:
        """Host and port, as a request names them."""
        return f"127.0.0.1:{self.port}"

    @property
    def processes(self) -> list[psutil.Process]:
        """It and its children."""
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def running_shim(
    system: System,
    *,
    module: str = "thin_api.serve",
    log: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Shim]:
    """Run `python -m MODULE`, ready when the block begins, until it ends."""
    port = free_port()
    log = log or system.server.home / f"{module}.log"
    environment = system.environment | {"HOOKLEDGER_PORT": str(port)} | dict(variables or {})
    started = time.perf_counter()
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", module], env=environment, cwd=ROOT, stdout=out, stderr=out
        )
    try:
        while not is_ready(f"http://127.0.0.1:{port}"):
            if child.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise RuntimeError(f"{module} did not start: {log.read_text()}")
            time.sleep(0.02)
        yield Shim(psutil.Process(child.pid), port, time.perf_counter() - started)
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
