"""Where the scenarios play: a shim and a database of the run's own, or those that are named."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
import psycopg
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from load.scenarios.webhooks import Target
from thin_api import ROOT, database
from thin_api.embedded import temporary_server
from thin_api.migrate import migrate
from thin_api.run import ASKED, is_ready, stand_in, variable
from thin_api.settings import Settings, load_settings
from thin_api.verify import load_providers

START_SECONDS = 120.0
# A slow machine must not look like a lost webhook: the ladder asks what happens, not how fast.
PATIENT = {"HOOKLEDGER_POOL_TIMEOUT_SECONDS": "60", "HOOKLEDGER_STATEMENT_TIMEOUT_SECONDS": "60"}


@dataclass
class Stage:
    """A running shim and its database. superuser: None where only a DBA's login is known."""

    url: str
    dba: str
    superuser: str | None
    providers: tuple[str, ...]
    started: list[psutil.Process] = field(default_factory=list)

    def new_tenant(self, providers: Iterable[str]) -> dict[str, Target]:
        """Create a tenant with an endpoint for each of the providers, as far as they work here."""
        targets = {}
        with psycopg.connect(self.dba, autocommit=True, prepare_threshold=None) as connection:
            tenant_id = _first(connection, "select api.create_tenant('ladder')")
            for provider in sorted(set(providers) & set(self.providers)):
                module = load_providers()[provider]
                secret, settings = module.new_secret(), Jsonb(dict(module.DEMO_SETTINGS))
                endpoint_id = _first(
                    connection,
                    "select api.create_endpoint(%s, %s, %s, %s)",
                    *(tenant_id, provider, [secret], settings),
                )
                targets[provider] = Target(provider, tenant_id, endpoint_id, secret)
        return targets

    def note_processes(self) -> None:
        """Remember what runs for us now: a process whose parent died would be missed later."""
        known = set(self.started)
        self.started += [p for p in psutil.Process().children(recursive=True) if p not in known]


def _first(connection: psycopg.Connection[Any], query: str, *parameters: object) -> UUID:
    row = connection.execute(query, parameters).fetchone()
    if row is None:
        raise RuntimeError(query)
    return UUID(str(row[0]))


@contextmanager
def own_stage() -> Iterator[Stage]:
    """Start a shim and, unless DATABASE_URL names a migrated one, a database; stop them."""
    with ExitStack() as stack:
        settings = load_settings()
        if settings.database_url is None:
            server = stack.enter_context(temporary_server())
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                connection.execute("create database hookledger")
            url = SecretStr(server.dsn("hookledger"))
            settings = Settings(database_url=url, data_dir=server.home / "own")
            migrate(settings)
        children, urls = stack.enter_context(stand_in(ASKED))
        for child in children:
            child.keep_running()
            stack.callback(child.stop)
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        base = database.base_dsn(settings)
        environment = {
            **os.environ,
            **PATIENT,
            **{variable(name): value for name, value in urls.items()},
            "DATABASE_URL": base,
            "HOOKLEDGER_DATA_DIR": str(settings.data_dir),
            "HOOKLEDGER_PORT": str(port),
            "HOOKLEDGER_LOG_LEVEL": "warning",
        }
        stack.enter_context(running_shim(environment, f"http://127.0.0.1:{port}"))
        stage = Stage(
            f"http://127.0.0.1:{port}",
            database.dsn("dba", settings),
            base,
            tuple(sorted(load_providers())),
        )
        stage.note_processes()
        yield stage
        stage.note_processes()


@contextmanager
def running_shim(environment: dict[str, str], url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the shim until the block ends; it is ready when the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "thin_api.serve"], env=environment, cwd=Path(ROOT),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the shim did not start")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def given_stage(url: str, dsn: str) -> Stage:
    """Use a running shim, and its database by a DBA's login.

    Providers whose API has to confirm a webhook play where a stand-in answers for the demo
    (`hookledger run`), and are left out elsewhere.
    """
    stage = Stage(url.rstrip("/"), dsn, None, tuple(sorted(load_providers())))
    asked = stage.new_tenant(name.lower() for name in ASKED)
    silent = [provider for provider, target in asked.items() if not _confirms(stage.url, target)]
    stage.providers = tuple(p for p in stage.providers if p not in silent)
    return stage


def _confirms(url: str, target: Target) -> bool:
    from random import Random

    from load.scenarios.webhooks import sale

    webhook = sale(target, Random())  # noqa: S311
    answer = httpx.post(url + target.path, content=webhook.body, headers=webhook.headers())
    return answer.status_code == 200


def left_behind(stage: Stage) -> list[str]:
    """Name what the stage has started and what still is there: processes, the port."""
    children = psutil.Process().children(recursive=True)
    alive = {process for process in [*stage.started, *children] if process.is_running()}
    found = [f"process {process.pid}" for process in alive]
    if stage.started:
        port = int(stage.url.rpartition(":")[2])
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            found.append(f"port {port}")
    return found
