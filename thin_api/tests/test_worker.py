"""The worker: what it runs and tells, beside another, without a database, and what pg_cron does."""

import re
import urllib.request

import psycopg
import pytest

from thin_api import ROOT
from thin_api.revisions import head_revision
from thin_api.settings import ConfigurationError
from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import as_owner, new_tenant
from thin_api.tests.job_fixtures import job_database as job_database
from thin_api.tests.running import free_port
from thin_api.tests.shim_fixtures import rows
from thin_api.tests.worker_fixtures import (
    Told,
    drain,
    enqueue_one,
    eventually,
    jobs,
    new_worker,
    working,
)
from thin_api.tests.worker_fixtures import told as told
from thin_api.worker import AWAY, STOPPED, Limits, Worker
from thin_api.worker_metrics import WorkerMetrics


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
