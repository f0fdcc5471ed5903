"""The worker: killed, stopped, doubled, without a database; in threads, and as a process."""

import json
import logging
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from thin_api import ROOT
from thin_api.revisions import head_revision
from thin_api.settings import ConfigurationError
from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import GATE, as_owner, enqueue, new_tenant, prepare
from thin_api.tests.job_fixtures import job_database as job_database
from thin_api.tests.running import free_port
from thin_api.tests.shim_fixtures import rows
from thin_api.worker import AWAY, STOPPED, Limits, Worker
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


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What workers logged of jobs so far, oldest first."""
    caplog.set_level(logging.INFO, "thin_api")
    return lambda: [r.__dict__ for r in list(caplog.records) if r.getMessage() == "job"]


Told = Callable[[], list[dict[str, Any]]]


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
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def jobs(database: Database, tenant: UUID) -> list[tuple[Any, ...]]:
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
    with as_owner(database) as owner:
        enqueue(owner, tenant, task, key)


def at_gate(database: Database, workers: int = 1) -> None:
    eventually(lambda: rows(database, WAITING) >= [(workers,)])


def test_it_runs_what_is_due_and_tells(job_database: Database, told: Told) -> None:
    tenants = [new_tenant(job_database) for _ in range(3)]
    for tenant in tenants:
        for key in ("a", "b"):
            enqueue_one(job_database, tenant, "nothing", key)
    enqueue_one(job_database, tenants[0], "fail", "c")
    drain(job_database)
    ours = [line for line in told() if line["tenant_id"] in tenants]
    assert [line["outcome"] for line in ours].count("succeeded") == 6
    (failed,) = [line for line in ours if line["outcome"] == "retried"]
    assert (failed["error"], failed["levelname"], failed["attempt"]) == ("22012", "WARNING", 1)
    assert {line["tenant_id"] for line in ours} == set(tenants)
    assert jobs(job_database, tenants[0]) == [("succeeded", 1), ("succeeded", 1), ("pending", 1)]


def test_one_job_and_some_queues_when_asked_for(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    for key in ("a", "b"):
        enqueue_one(job_database, tenant, "nothing", key)
    drain(job_database, worker_queues=("attribution", "housekeeping"))
    assert jobs(job_database, tenant) == [("pending", 0), ("pending", 0)]
    drain(job_database, 1)
    assert jobs(job_database, tenant) == [("succeeded", 1), ("pending", 0)]
    drain(job_database)


def test_a_worker_killed_in_a_job(job_database: Database, told: Told) -> None:
    """Its lease ends, another runs the job, and what the first still does there is undone."""
    tenant = new_tenant(job_database)
    rows(job_database, "insert into public.marks values (%s, 'x') returning 1", tenant)
    enqueue_one(job_database, tenant, "count_at_gate")
    with gate(job_database) as open_gate, process(job_database, worker_lease_seconds=5) as first:
        at_gate(job_database)
        first.kill()
        first.wait()
        assert jobs(job_database, tenant) == [("running", 1)]
        with working(job_database, worker_lease_seconds=60):
            at_gate(job_database, workers=2)  # the session of the first still waits, too
            assert jobs(job_database, tenant) == [("running", 2)]
            open_gate()
            eventually(lambda: jobs(job_database, tenant) == [("succeeded", 2)])
    ours = [line for line in told() if line["tenant_id"] == tenant]
    assert [(line["outcome"], line["attempt"]) for line in ours] == [("succeeded", 2)]
    result = "select result from core.jobs where tenant_id = %s and task = 'count_at_gate'"
    assert rows(job_database, result, tenant) == [({"marks": 1},)]


def test_a_job_longer_than_its_lease_stays_with_its_worker(
    job_database: Database, told: Told
) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    held = (
        "select count(*) from core.jobs where tenant_id = %s"
        " and heartbeat_at > started_at + interval '7 s'"
    )
    with (
        gate(job_database) as open_gate,
        working(job_database, worker_lease_seconds=6),
        working(job_database, worker_lease_seconds=6),
    ):
        at_gate(job_database)
        eventually(lambda: rows(job_database, held, tenant) == [(1,)])
        open_gate()
        eventually(lambda: jobs(job_database, tenant)[0][0] == "succeeded")
    assert [line["outcome"] for line in told() if line["tenant_id"] == tenant][-1] == "succeeded"
    marks = "select count(*) from core.jobs where tenant_id = %s and attempts = 1"
    assert rows(job_database, marks, tenant) == [(1,)]


def test_a_worker_whose_job_was_taken_stops_running_it(job_database: Database, told: Told) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    taken = "update core.jobs set lease_token = gen_random_uuid() where tenant_id = %s returning 1"
    with gate(job_database), working(job_database, worker_lease_seconds=1):
        at_gate(job_database)
        rows(job_database, taken, tenant)
        eventually(lambda: [line["outcome"] for line in told()] == ["lost"])
    rows(job_database, "delete from core.jobs where tenant_id = %s returning 1", tenant)


def test_a_worker_that_is_stopped_finishes_its_job(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    enqueue_one(job_database, tenant, "count_at_gate", "another")
    with gate(job_database) as open_gate, process(job_database) as worker:
        at_gate(job_database)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert worker.poll() is None
        open_gate()
        said, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0, said
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["message"] for line in lines] == ["working", "job", "stopped"]
    assert lines[1]["tenant_id"] == str(tenant)
    assert jobs(job_database, tenant) == [("succeeded", 1), ("pending", 0)]
    drain(job_database)


def test_a_worker_that_is_stopped_gives_back_what_takes_too_long(
    job_database: Database, told: Told
) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    with gate(job_database), working(job_database, shutdown_timeout_seconds=1) as worker:
        at_gate(job_database)
        worker.stop.set()
        eventually(lambda: jobs(job_database, tenant) == [("pending", 0)])
    assert [line["outcome"] for line in told()] == ["released"]
    drain(job_database)
    assert jobs(job_database, tenant) == [("succeeded", 1)]


def test_a_job_that_never_ends_is_cut_off(job_database: Database, told: Told) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    with gate(job_database):
        drain(job_database, 1, worker_job_seconds=0.5)
    assert [(line["outcome"], line["error"]) for line in told()] == [("retried", "57014")]
    assert jobs(job_database, tenant) == [("pending", 1)]
    rows(job_database, "delete from core.jobs where tenant_id = %s returning 1", tenant)


def test_two_workers_share_and_run_nothing_twice(job_database: Database) -> None:
    tenants, names = [new_tenant(job_database) for _ in range(2)], [f"n{i}" for i in range(30)]
    with as_owner(job_database) as owner:
        for tenant in tenants:
            owner.execute(
                "select core.set_tenant(%s), core.enqueue_job(%s, 'attribution', 'mark_slowly',"
                " name, jsonb_build_object('name', name)) from unnest(%s::text[]) as name",
                (tenant, tenant, names),
            )
    with working(job_database), working(job_database):
        for tenant in tenants:
            eventually(lambda t=tenant: set(jobs(job_database, t)) == {("succeeded", 1)})  # type: ignore[misc]
    for tenant in tenants:
        query = "select name from public.marks where tenant_id = %s order by name"
        assert [name for (name,) in rows(job_database, query, tenant)] == sorted(names)


def test_the_database_goes_away_and_comes_back(
    private_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(private_database)
    tenant = new_tenant(private_database)
    server = private_database.server
    assert server is not None
    with working(private_database, worker_lease_seconds=2):
        enqueue_one(private_database, tenant, "nothing", "before")
        eventually(lambda: jobs(private_database, tenant) == [("succeeded", 1)])
        with gate(private_database):
            enqueue_one(private_database, tenant, "count_at_gate", "meanwhile")
            at_gate(private_database)
            postmaster = server.postmaster
            assert postmaster is not None
            postmaster.kill()
            eventually(lambda: "interrupted" in caplog.messages)
        eventually(server.restart_if_down)
        enqueue_one(private_database, tenant, "nothing", "after")
        eventually(lambda: [s for s, _ in jobs(private_database, tenant)] == ["succeeded"] * 3)
    assert jobs(private_database, tenant)[1][1] >= 2


def test_metrics_have_a_port_of_their_own(job_database: Database) -> None:
    tenant, port, metrics = new_tenant(job_database), free_port(), WorkerMetrics()
    for task in ("nothing", "fail"):
        enqueue_one(job_database, tenant, task)
    settings = job_database.settings.model_copy(update={"host": "127.0.0.1"})
    worker = Worker(settings, job_database.dsn("worker"), metrics)
    with metrics.served(settings.host, port):
        assert worker.run(Limits(drain=True), head_revision()) == STOPPED
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            page = answer.read().decode()
        with pytest.raises(OSError, match="in use"), WorkerMetrics().served("127.0.0.1", port):
            pass
    assert 'hookledger_jobs_total{outcome="succeeded",task="nothing"} 1.0' in page
    # Where the machine is slow, the second attempt is due before the end; so may be one of before.
    assert re.search(r'hookledger_jobs_total\{outcome="retried",task="fail"\} [1-9]', page)
    assert 'hookledger_job_seconds_count{task="nothing"} 1.0' in page
    assert str(tenant) not in page
    rows(job_database, "delete from core.jobs where tenant_id = %s returning 1", tenant)


def test_another_revision_is_refused(job_database: Database) -> None:
    with pytest.raises(ConfigurationError, match="make migrate"):
        new_worker(job_database).run(Limits(), "0001")


def test_without_a_database_a_drain_fails(job_database: Database) -> None:
    nowhere = f"postgresql://hookledger_worker:x@127.0.0.1:{free_port()}/x"
    worker = Worker(job_database.settings, nowhere, WorkerMetrics())
    assert worker.run(Limits(drain=True), head_revision()) == AWAY


def test_what_the_manual_has_pg_cron_do(job_database: Database) -> None:
    """The block of docs/jobs.md, as pg_cron sends it: every tenant's turn, each job committed."""
    manual = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    block = manual.partition("$cron$\n")[2].partition("$cron$")[0]
    tenants = [new_tenant(job_database) for _ in range(3)]
    for tenant in tenants:
        enqueue_one(job_database, tenant, "fail" if tenant is tenants[1] else "nothing")
    with psycopg.connect(job_database.dsn("dba"), autocommit=True) as connection:
        connection.execute(block.encode())
    done = [jobs(job_database, tenant) for tenant in tenants]
    assert done == [[("succeeded", 1)], [("pending", 1)], [("succeeded", 1)]]
