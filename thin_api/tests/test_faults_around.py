"""Faults of what stands around the shim: its supervisor, the disk, a pooler; see test_faults."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from load.scenarios import Play, tenants
from load.scenarios.stage import Stage
from load.scenarios.webhooks import SIGNED
from thin_api import osuser
from thin_api.database import to_uri
from thin_api.tests.cluster import Database
from thin_api.tests.running import family, free_port, running, stop
from thin_api.tests.shim_fixtures import rows, until
from thin_api.tests.test_faults import (
    IMPATIENT,
    SHIM_SESSIONS,
    hold_to_its_word,
    new_traffic,
    server_of,
)
from thin_api.tests.test_serve import served

FEW = 120  # webhooks
POOL_SIZE = 3  # server connections that all tenants share


@pytest.mark.anyio
async def test_a_killed_shim_is_started_again_and_nothing_is_lost(
    fresh_database: Database, tmp_path: Path
) -> None:
    """`kill -9` of the shim under load; `hookledger run` supervises it, nobody does anything."""
    traffic, port = new_traffic(fresh_database, FEW), str(free_port())
    env = {**fresh_database.environment, **IMPATIENT, "HOOKLEDGER_PORT": port}
    env["HOOKLEDGER_LOG_LEVEL"] = "error"  # nobody reads the pipe

    with running(tmp_path, env) as (process, _):

        def shims() -> list[psutil.Process]:
            return [p for p in family(process) if "thin_api.serve" in " ".join(p.cmdline())]

        async def disturb() -> None:
            shims()[0].kill()

        url = f"http://127.0.0.1:{port}"
        (first,) = shims()
        await traffic.send(url, disturb)
        assert 0 < len(traffic.answered) < FEW
        await hold_to_its_word(fresh_database, traffic, url)
        assert shims() != [first]
        everything = family(process)
        code, _ = await asyncio.to_thread(stop, process, signal.SIGINT)
        assert code == 0
        assert not [p for p in everything if p.is_running()]


# -- a full disk -----------------------------------------------------------------------------------


@contextmanager
def small_disk(database: Database, size: str) -> Iterator[Path]:
    """Mount a small file system that the server may write to; yield its directory."""
    directory = Path(tempfile.mkdtemp(prefix="hookledger-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "hookledger-test", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        directory.rmdir()
        pytest.skip("a full disk needs a small file system, which only root may mount")
    try:
        user = osuser.server_user(server_of(database).pgdata)
        assert user is not None
        directory.chmod(0o711)
        osuser.make_private_directory(directory / "tablespace", user)
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)
        directory.rmdir()


@pytest.mark.anyio
async def test_a_full_disk_is_503_and_the_webhooks_are_booked_when_there_is_room(
    fresh_database: Database, tmp_path: Path
) -> None:
    """The database's tablespace has no room for another page (53100)."""
    name, space = fresh_database.name, f"small_{uuid4().hex[:8]}"
    traffic, log = new_traffic(fresh_database, FEW), tmp_path / "log"
    maintenance = to_uri(
        {**conninfo_to_dict(fresh_database.dsn("superuser")), "dbname": "postgres"}
    )

    def execute(statement: str) -> None:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(statement)

    with small_disk(fresh_database, "96m") as disk:
        execute(f"create tablespace {space} location '{disk / 'tablespace'}'")
        try:
            execute(f"alter database {name} set tablespace {space}")
            filler = disk / "filler"

            async def disturb() -> None:
                with suppress(OSError), filler.open("wb", buffering=0) as file:
                    while file.write(bytes(4096)):
                        pass
                await until(lambda: b'"53100"' in log.read_bytes(), 60)
                filler.unlink()

            with served(fresh_database, log, **IMPATIENT) as (url, _):
                await traffic.send(url, disturb)
                assert b'"53100"' in log.read_bytes()
                await hold_to_its_word(fresh_database, traffic, url)
        finally:
            execute(f"alter database {name} set tablespace pg_default")
            execute(f"drop tablespace {space}")


# -- a pooler --------------------------------------------------------------------------------------


@contextmanager
def pooler(database: Database) -> Iterator[str]:
    """Run PgBouncer in transaction mode in front of a database; yield its address for the shim."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed (apt-get install pgbouncer)")
    user = osuser.server_user(server_of(database).pgdata)
    home = Path(tempfile.mkdtemp(prefix="hookledger-pooler-"))
    osuser.share_directory(home)
    inside, port = home / "inside", free_port()
    osuser.make_private_directory(inside, user)
    shim = conninfo_to_dict(database.dsn("shim"))
    conf = f"""
[databases]
{database.name} = host={shim["host"]} port={shim["port"]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {inside / "users"}
pool_mode = transaction
default_pool_size = {POOL_SIZE}
max_client_conn = 200
"""
    osuser.write_file(inside / "pgbouncer.ini", conf, user)
    osuser.write_file(inside / "users", f'"{shim["user"]}" "{shim["password"]}"\n', user)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, inside / "pgbouncer.ini"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **osuser.run_as(user),
        )  # fmt: skip
    url = to_uri({**shim, "host": "127.0.0.1", "port": port})
    try:
        deadline = time.monotonic() + 60
        while not _answers(url):
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < deadline, (home / "log").read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(home)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def test_two_tenants_through_pgbouncer_in_transaction_mode(
    fresh_database: Database, tmp_path: Path
) -> None:
    """Their webhooks alternate on the same few server connections; each sees only its own."""
    with (
        pooler(fresh_database) as pooled,
        served(
            fresh_database,
            tmp_path / "log",
            HOOKLEDGER_SHIM_DATABASE_URL=pooled,
            HOOKLEDGER_PREPARED_STATEMENTS="false",
            HOOKLEDGER_POOL_MAX_SIZE="16",
            HOOKLEDGER_POOL_TIMEOUT_SECONDS="60",
            HOOKLEDGER_STATEMENT_TIMEOUT_SECONDS="60",
        ) as (url, _),
    ):
        stage = Stage(url, fresh_database.dsn("dba"), fresh_database.dsn("superuser"), SIGNED)
        source = Random(5)  # noqa: S311
        play = Play(stage, 2 * FEW, source, lambda: None)
        verdict = tenants.interleaved(play)
        assert verdict.passed, verdict
        sessions = rows(
            fresh_database, f"select count(*) {SHIM_SESSIONS} and datname = current_database()"
        )
        assert 0 < sessions[0][0] <= POOL_SIZE
