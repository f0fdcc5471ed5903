"""`hookledger worker` in processes of its own: killed, stopped, doubled, and without a database."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import GATE, as_owner, enqueue, new_tenant, prepare
from thin_api.tests.job_fixtures import job_database as job_database
from thin_api.tests.running import free_port
from thin_api.tests.shim_fixtures import rows

Process = subprocess.Popen[str]
WAITING = "select count(*) from pg_stat_activity where wait_event = 'advisory'"


def start(database: Database, *arguments: str, **settings: object) -> Process:
    """Start a worker that asks often."""
    given = {f"HOOKLEDGER_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {"HOOKLEDGER_WORKER_POLL_SECONDS": "0.05", **given}
    return subprocess.Popen(
        [sys.executable, "-m", "thin_api.cli", "worker", *arguments],
        env={**database.environment, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@contextmanager
def working(database: Database, **settings: object) -> Iterator[Process]:
    """Run a worker that is stopped in the end, if nothing else ended it."""
    process = start(database, **settings)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: Process, how: signal.Signals = signal.SIGTERM) -> list[dict[str, Any]]:
    """Stop a worker in order; return what it logged."""
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return [json.loads(line) for line in said.splitlines()]


def drained(database: Database, *arguments: str, **settings: object) -> list[dict[str, Any]]:
    """Run a worker until nothing is due; return what it logged."""
    process = start(database, *(arguments or ("--drain",)), **settings)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return [json.loads(line) for line in said.splitlines()]


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
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


def test_it_runs_what_is_due_and_tells(job_database: Database) -> None:
    tenants = [new_tenant(job_database) for _ in range(3)]
    for tenant in tenants:
        for key in ("a", "b"):
            enqueue_one(job_database, tenant, "nothing", key)
    enqueue_one(job_database, tenants[0], "fail", "c")
    told = [line for line in drained(job_database) if line["message"] == "job"]
    assert [line["outcome"] for line in told].count("succeeded") == 6
    (failed,) = [line for line in told if line["outcome"] == "retried"]
    assert (failed["error"], failed["level"], failed["attempt"]) == ("22012", "warning", 1)
    assert {line["tenant_id"] for line in told} == {str(tenant) for tenant in tenants}
    assert jobs(job_database, tenants[0]) == [("succeeded", 1), ("succeeded", 1), ("pending", 1)]
    # Taking turns: the first three jobs are of three tenants.
    assert not [line for line in drained(job_database) if line["message"] == "job"]


def test_one_job_when_asked_for_one(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    for key in ("a", "b"):
        enqueue_one(job_database, tenant, "nothing", key)
    drained(job_database, "--once")
    assert jobs(job_database, tenant) == [("succeeded", 1), ("pending", 0)]
    drained(job_database, worker_queues="attribution,housekeeping")
    assert jobs(job_database, tenant) == [("succeeded", 1), ("pending", 0)]
    drained(job_database)


def test_a_worker_killed_in_a_job(job_database: Database) -> None:
    """Its lease ends, another runs the job, and what the first still does there is undone."""
    tenant = new_tenant(job_database)
    rows(job_database, "insert into public.marks values (%s, 'x') returning 1", tenant)
    enqueue_one(job_database, tenant, "count_at_gate")
    with gate(job_database) as open_gate, working(job_database, worker_lease_seconds=2) as first:
        at_gate(job_database)
        first.kill()
        first.wait()
        assert jobs(job_database, tenant) == [("running", 1)]
        with working(job_database, worker_lease_seconds=2) as second:
            at_gate(job_database, workers=2)
            assert jobs(job_database, tenant) == [("running", 2)]
            open_gate()
            eventually(lambda: jobs(job_database, tenant) == [("succeeded", 2)])
            told = [line for line in stop(second) if line["message"] == "job"]
    assert [(line["outcome"], line["attempt"]) for line in told] == [("succeeded", 2)]
    result = "select result from core.jobs where tenant_id = %s and task = 'count_at_gate'"
    assert rows(job_database, result, tenant) == [({"marks": 1},)]


def test_a_job_longer_than_its_lease_stays_with_its_worker(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    held = (
        "select count(*) from core.jobs where tenant_id = %s"
        " and heartbeat_at > started_at + interval '2.5 s'"
    )
    with (
        gate(job_database) as open_gate,
        working(job_database, worker_lease_seconds=2) as first,
        working(job_database, worker_lease_seconds=2) as second,
    ):
        at_gate(job_database)
        eventually(lambda: rows(job_database, held, tenant) == [(1,)])
        open_gate()
        eventually(lambda: jobs(job_database, tenant) == [("succeeded", 1)])
        told = [line for line in stop(first) + stop(second) if line["message"] == "job"]
    assert [line["outcome"] for line in told] == ["succeeded"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_stopped_finishes_its_job(
    job_database: Database, how: signal.Signals
) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    enqueue_one(job_database, tenant, "count_at_gate", "another")
    with gate(job_database) as open_gate, working(job_database) as worker:
        at_gate(job_database)
        worker.send_signal(how)
        time.sleep(0.3)
        assert worker.poll() is None
        open_gate()
        said, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0, said
    assert jobs(job_database, tenant) == [("succeeded", 1), ("pending", 0)]
    drained(job_database)


def test_a_worker_that_is_stopped_gives_back_what_takes_too_long(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    with gate(job_database), working(job_database, shutdown_timeout_seconds=1) as worker:
        at_gate(job_database)
        told = [line for line in stop(worker) if line["message"] == "job"]
    assert [line["outcome"] for line in told] == ["released"]
    assert jobs(job_database, tenant) == [("pending", 0)]
    drained(job_database)
    assert jobs(job_database, tenant) == [("succeeded", 1)]


def test_a_job_that_never_ends_is_cut_off(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    enqueue_one(job_database, tenant, "count_at_gate")
    with gate(job_database):
        told = [line for line in drained(job_database, worker_job_seconds=0.5) if "outcome" in line]
    assert [(line["outcome"], line["error"]) for line in told] == [("retried", "57014")]
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
    with working(job_database) as first, working(job_database) as second:
        for tenant in tenants:
            eventually(lambda t=tenant: set(jobs(job_database, t)) == {("succeeded", 1)})  # type: ignore[misc]
        told = [stop(first), stop(second)]
    assert all([line for line in lines if line["message"] == "job"] for lines in told)
    for tenant in tenants:
        query = "select name from public.marks where tenant_id = %s order by name"
        assert [name for (name,) in rows(job_database, query, tenant)] == sorted(names)


def test_the_database_goes_away_and_comes_back(private_database: Database) -> None:
    prepare(private_database)
    tenant = new_tenant(private_database)
    server = private_database.server
    assert server is not None
    with working(private_database, worker_lease_seconds=2) as worker:
        enqueue_one(private_database, tenant, "nothing", "before")
        eventually(lambda: jobs(private_database, tenant) == [("succeeded", 1)])
        with gate(private_database):
            enqueue_one(private_database, tenant, "count_at_gate", "meanwhile")
            at_gate(private_database)
            postmaster = server.postmaster
            assert postmaster is not None
            postmaster.kill()
            postmaster.wait(30)
        time.sleep(0.5)
        assert worker.poll() is None
        eventually(server.restart_if_down)
        enqueue_one(private_database, tenant, "nothing", "after")
        done = [("succeeded", 1), ("succeeded", 2), ("succeeded", 1)]
        eventually(lambda: jobs(private_database, tenant) == done, 60)
        assert [line for line in stop(worker) if line["message"] == "interrupted"]


def test_metrics_have_a_port_of_their_own(job_database: Database) -> None:
    tenant, port = new_tenant(job_database), free_port()
    enqueue_one(job_database, tenant, "nothing")
    with working(job_database, worker_metrics_port=port) as worker:
        eventually(lambda: jobs(job_database, tenant) == [("succeeded", 1)])
        page = ""

        def counted() -> bool:
            nonlocal page
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                page = answer.read().decode()
            return 'hookledger_jobs_total{outcome="succeeded",task="nothing"} 1.0' in page

        eventually(counted)
        assert "hookledger_job_seconds_bucket" in page
        assert str(tenant) not in page
        taken = start(job_database, worker_metrics_port=port)
        said, _ = taken.communicate(timeout=60)
        assert (taken.returncode, "cannot listen" in said) == (4, True)
        stop(worker)


def test_what_it_refuses(fresh_database: Database) -> None:
    wrong = start(fresh_database, worker_queues="attribution,typo")
    assert "HOOKLEDGER_WORKER_QUEUES" in wrong.communicate(timeout=60)[0]
    with psycopg.connect(fresh_database.dsn("superuser"), autocommit=True) as connection:
        connection.execute("update core.alembic_version set version_num = '0001'")
    older = start(fresh_database)
    said, _ = older.communicate(timeout=60)
    assert (older.returncode, "make migrate" in said) == (3, True)


def test_without_a_database_a_drain_fails(job_database: Database) -> None:
    nowhere = f"postgresql://hookledger_worker:x@127.0.0.1:{free_port()}/x"
    environment = {**job_database.environment, "HOOKLEDGER_WORKER_DATABASE_URL": nowhere}
    done = subprocess.run(
        [sys.executable, "-m", "thin_api.cli", "worker", "--drain"],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
