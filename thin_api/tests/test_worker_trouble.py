"""The worker in trouble: killed, stopped, robbed of its job, its database gone."""

import json
import signal
import time

import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import job_database as job_database
from thin_api.tests.job_fixtures import new_tenant, prepare
from thin_api.tests.shim_fixtures import rows
from thin_api.tests.worker_fixtures import (
    Told,
    at_gate,
    drain,
    enqueue_one,
    eventually,
    gate,
    jobs,
    process,
    working,
)
from thin_api.tests.worker_fixtures import told as told


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
