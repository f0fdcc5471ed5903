"""Fixtures every test may use.

`cluster`: the server of this run. `database`: a migrated database of the module's own.
`fresh_database`: one of the test's own. `private_database`: on a server of the test's own.
"""

from collections.abc import Iterator

import pytest

from thin_api.embedded import temporary_server
from thin_api.tests.cluster import Cluster, Database, running_cluster


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


@pytest.fixture
def private_database(cluster: Cluster) -> Iterator[Database]:
    """A migrated database on a server of the test's own, which it may stop, kill and read."""
    with temporary_server(cluster.bin_dir, wal_compression="off") as server:
        own = Cluster(server.dsn(), server.home, server, cluster.bin_dir)
        with own.migrated() as migrated:
            yield migrated
            server.restart_if_down()
