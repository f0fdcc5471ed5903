"""Fixtures every test may use.

`cluster`: the server of this run. `database`: a migrated database of the module's own.
`fresh_database`: one of the test's own. `private_database`: on a server of the test's own.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from thin_api.embedded import Server, temporary_server
from thin_api.migrate import migrate
from thin_api.tests.cluster import Cluster, Database, running_cluster

# How long an example takes says more about the machine than about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

PRIVATE = "hookledger_test"
LONGEST = (
    "test_run", "test_privacy_at_rest", "test_faults", "test_pgtap", "test_db",
    "test_faults_sessions", "test_worker_trouble", "test_slow_senders", "test_faults_around",
    "test_gate", "test_ladder", "test_serve", "test_migrate", "test_replays", "test_mutated",
    "test_embedded",
)  # fmt: skip


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests (`@pytest.mark.anyio`) run on asyncio, as the shim does."""
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server of this run: see HOOKLEDGER_TEST_PG."""
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> Iterator[Database]:
    """A migrated database that nobody touches: the others are copies."""
    with cluster.migrated() as migrated:
        yield migrated


@pytest.fixture(scope="module")
def database(cluster: Cluster, template: Database) -> Iterator[Database]:
    """A migrated database for this module."""
    with cluster.created(template.name) as copy:
        yield copy


@pytest.fixture
def fresh_database(cluster: Cluster, template: Database) -> Iterator[Database]:
    """A migrated database for this test alone."""
    with cluster.created(template.name) as copy:
        yield copy


@pytest.fixture(scope="session")
def private_template(cluster: Cluster) -> Iterator[Server]:
    """A server with a migrated database, stopped: private ones run on copies of its files."""
    with temporary_server(cluster.bin_dir) as server:
        own = Cluster(server.dsn(), server.home, server, cluster.bin_dir)
        own.execute("create database {} template template0", PRIVATE)
        migrate(own.settings_for(PRIVATE))
        server.stop()
        yield server


@pytest.fixture
def private_database(cluster: Cluster, private_template: Server) -> Iterator[Database]:
    """A migrated database on a server of the test's own, which it may stop, kill and read."""
    home = Path(tempfile.mkdtemp(prefix="hookledger-"))
    try:
        subprocess.run(["cp", "-a", f"{private_template.home}/.", home], check=True)
        (home / "postgres.log").unlink()
        conf = {"wal_compression": "off"}
        with Server(home, bin_dir=cluster.bin_dir, conf=conf) as server:
            own = Cluster(server.dsn(), home, server, cluster.bin_dir)
            yield Database(PRIVATE, own.settings_for(PRIVATE), server)
            server.restart_if_down()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the files that take longest first: files run side by side, each as a whole."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else 99)
