"""What the tests of the worker share: workers in threads and processes, a gate for their jobs."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from thin_api.revisions import head_revision
from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import GATE, as_owner, enqueue
from thin_api.tests.shim_fixtures import rows
from thin_api.worker import STOPPED, Limits, Worker
from thin_api.worker_metrics import WorkerMetrics

WAITING = "select count(*) from pg_stat_activity where wait_event = 'advisory'"


def new_worker(database: Database, **changes: Any) -> Worker:
    """Make a worker that asks often."""
    settings = database.settings.model_copy(update={"worker_poll_seconds": 0.05, **changes})
    return Worker(settings, database.dsn("worker"), WorkerMetrics())


@contextmanager
def working(database: Database, **changes: Any) -> Iterator[Worker]:
    """Run a worker in a thread; stop it in the end."""
    worker = new_worker(database, **changes)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(worker.run(Limits(), head_revision())))
    thread.start()
    try:
        yield worker
    finally:
        worker.stop.set()
        thread.join(60)
    assert codes == [STOPPED]


Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What workers logged of jobs so far, oldest first."""
    caplog.set_level(logging.INFO, "thin_api")
    return lambda: [r.__dict__ for r in list(caplog.records) if r.getMessage() == "job"]


def drain(database: Database, jobs: int | None = None, **changes: Any) -> None:
    """Run a worker until nothing is due, or for so many jobs."""
    limits = Limits(jobs, drain=True)
    assert new_worker(database, **changes).run(limits, head_revision()) == STOPPED


@contextmanager
def process(database: Database, **settings: object) -> Iterator[subprocess.Popen[str]]:
    """Run a worker as a user does; kill it in the end, if nothing else ended it."""
    given = {f"HOOKLEDGER_{name.upper()}": str(value) for name, value in settings.items()}
    started = subprocess.Popen(
        [sys.executable, "-m", "thin_api.cli", "worker"],
        env={**database.environment, "HOOKLEDGER_WORKER_POLL_SECONDS": "0.05", **given},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


def eventually(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def jobs(database: Database, tenant: UUID) -> list[tuple[Any, ...]]:
    """Return status and attempts of a tenant's jobs, oldest first."""
    query = (
        "select status, attempts from core.jobs"
        " where tenant_id = %s and task <> 'prune_jobs' order by created_at"
    )
    return rows(database, query, tenant)


@contextmanager
def gate(database: Database) -> Iterator[Callable[[], None]]:
    """Keep `count_at_gate` waiting until the function is called, or the block ends."""
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (GATE,))

        def open_gate() -> None:
            connection.execute("select pg_advisory_unlock_all()")

        yield open_gate


def enqueue_one(database: Database, tenant: UUID, task: str, key: str = "day") -> None:
    """Ask for a job."""
    with as_owner(database) as owner:
        enqueue(owner, tenant, task, key)


def at_gate(database: Database, workers: int = 1) -> None:
    """Wait until so many wait at the gate."""
    eventually(lambda: rows(database, WAITING) >= [(workers,)])
