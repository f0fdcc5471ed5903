"""No mark is lost and nobody waits for a run: those who mark meet those who run, for real."""

import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import (
    GATE,
    Run,
    as_owner,
    drain,
    enqueue,
    make_due,
    mark,
    new_tenant,
    pending,
    run_in_one,
    run_in_two,
)
from thin_api.tests.job_fixtures import job_database as job_database
from thin_api.tests.shim_fixtures import rows

WAITING = "select count(*) from pg_stat_activity where wait_event = 'advisory'"
FORMS = pytest.mark.parametrize("run", [run_in_one, run_in_two])


def eventually(database: Database, query: str) -> None:
    deadline = time.monotonic() + 60
    while rows(database, query) == [(0,)]:
        assert time.monotonic() < deadline, query
        time.sleep(0.02)


@FORMS
def test_a_mark_that_commits_after_the_run_is_not_lost(job_database: Database, run: Run) -> None:
    """The webhook saw a pending job and relied on it; the run did not see the webhook yet."""
    tenant = new_tenant(job_database)
    with as_owner(job_database) as before:
        enqueue(before, tenant, "count_marks")
    with (
        psycopg.connect(job_database.dsn("superuser")) as webhook,
        psycopg.connect(job_database.dsn("worker"), autocommit=True) as worker,
    ):
        mark(webhook, tenant, "count_marks")
        assert run(worker, tenant) == [("succeeded", {"marks": 0})]
        webhook.commit()
    assert pending(job_database, tenant) == 1
    assert drain(job_database, tenant)[-1] == ("succeeded", {"marks": 1})


@FORMS
def test_a_mark_during_a_run_does_not_wait_and_is_not_lost(
    job_database: Database, run: Run
) -> None:
    """Whether the webhook commits before the run ends or after it."""
    for commits_first in (True, False):
        tenant = new_tenant(job_database)
        with as_owner(job_database) as before:
            enqueue(before, tenant, "count_at_gate")
        with (
            ThreadPoolExecutor() as pool,
            psycopg.connect(job_database.dsn("superuser")) as webhook,
            psycopg.connect(job_database.dsn("superuser"), autocommit=True) as gate,
            psycopg.connect(job_database.dsn("worker"), autocommit=True) as worker,
        ):
            gate.execute("select pg_advisory_lock(%s)", (GATE,))
            running: Future[list[tuple[Any, ...]]] = pool.submit(run, worker, tenant)
            eventually(job_database, WAITING)
            seconds = mark(webhook, tenant, "count_at_gate")
            assert not running.done()
            assert seconds < 5
            if commits_first:
                webhook.commit()
            gate.execute("select pg_advisory_unlock(%s)", (GATE,))
            running.result(timeout=60)
            webhook.commit()
        assert drain(job_database, tenant)[-1] == ("succeeded", {"marks": 1})


def test_a_webhook_held_open_does_not_hold_up_the_others(job_database: Database) -> None:
    """The first one that marks a day stays open: the second waits half a second, then no one."""
    tenant = new_tenant(job_database)
    with (
        psycopg.connect(job_database.dsn("superuser")) as held,
        psycopg.connect(job_database.dsn("superuser")) as second,
        psycopg.connect(job_database.dsn("superuser")) as third,
    ):
        mark(held, tenant, "count_marks")
        assert 0.4 < mark(second, tenant, "count_marks") < 10
        ((timeout,),) = second.execute("show lock_timeout").fetchall()
        assert timeout == "0"  # as it was
        second.commit()
        third.execute("set lock_timeout = '7s'")
        mark(third, tenant, "count_marks")
        ((timeout,),) = third.execute("show lock_timeout").fetchall()
        assert timeout == "7s"
        third.commit()
        assert pending(job_database, tenant) == 1
        assert drain_once(job_database, tenant) == ("succeeded", {"marks": 2})
        held.commit()
    assert drain(job_database, tenant)[-1] == ("succeeded", {"marks": 3})


def drain_once(database: Database, tenant: Any) -> tuple[Any, ...]:
    with psycopg.connect(database.dsn("worker"), autocommit=True) as worker:
        return run_in_two(worker, tenant)[0]


def test_a_mark_that_is_rolled_back_leaves_nothing(job_database: Database) -> None:
    tenant = new_tenant(job_database)
    with psycopg.connect(job_database.dsn("superuser")) as webhook:
        mark(webhook, tenant, "count_marks")
        webhook.rollback()
        mark(webhook, tenant, "count_marks")
        webhook.commit()
    assert pending(job_database, tenant) == 1
    assert drain(job_database, tenant) == [("succeeded", {"marks": 1})]


def test_fifty_first_marks_at_once_are_one_job(job_database: Database) -> None:
    tenant, start = new_tenant(job_database), threading.Barrier(50)

    def one() -> None:
        with as_owner(job_database) as connection:
            start.wait(60)
            mark(connection, tenant, "count_marks")

    with ThreadPoolExecutor(50) as pool:
        for done in [pool.submit(one) for _ in range(50)]:
            done.result()
    assert pending(job_database, tenant) == 1


@pytest.mark.parametrize("isolation", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_an_old_snapshot_relies_on_no_job_that_it_sees(
    job_database: Database, isolation: str
) -> None:
    """The job was run since the snapshot was taken, though the snapshot still shows it pending."""
    tenant = new_tenant(job_database)
    with as_owner(job_database) as before:
        enqueue(before, tenant, "count_marks")
    with psycopg.connect(job_database.dsn("superuser")) as webhook:
        webhook.isolation_level = psycopg.IsolationLevel[isolation]
        webhook.execute("select count(*) from core.jobs")
        assert len(drain(job_database, tenant)) == 1
        mark(webhook, tenant, "count_marks")
        webhook.commit()
    assert pending(job_database, tenant) == 1
    assert drain(job_database, tenant) == [("succeeded", {"marks": 1})]


def test_marks_and_runs_at_random(job_database: Database) -> None:
    """Whatever the order: the last run of all sees every mark that was committed.

    Some runs take longer than their lease, so that another runs the job as well.
    """
    tenants = [new_tenant(job_database) for _ in range(2)]
    stop, deadline = threading.Event(), time.monotonic() + 4

    def marker(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        with psycopg.connect(job_database.dsn("superuser")) as webhook:
            while time.monotonic() < deadline:
                for _ in range(dice.randrange(1, 3)):
                    mark(webhook, dice.choice(tenants), "count_marks")
                    time.sleep(dice.choice((0, 0, 0.002, 0.02)))
                if dice.random() < 0.2:
                    webhook.rollback()
                else:
                    webhook.commit()
                time.sleep(dice.choice((0, 0.001, 0.01)))

    def runner(run: Run) -> None:
        dice = random.Random(run.__name__)  # noqa: S311
        with psycopg.connect(job_database.dsn("worker"), autocommit=True) as worker:
            while not stop.is_set():
                for tenant in tenants:
                    try:
                        run(worker, tenant)
                    except psycopg.Error as error:
                        if error.sqlstate != "HL021":
                            raise
                    make_due(job_database, tenant, leases=dice.random() < 0.05)

    with ThreadPoolExecutor() as pool:
        runners = [pool.submit(runner, run) for run in (run_in_one, run_in_two, run_in_two)]
        markers = [pool.submit(marker, seed) for seed in range(6)]
        for done in markers:
            done.result()
        stop.set()
        for done in runners:
            done.result()
    for tenant in tenants:
        query = "select count(*) from public.marks where tenant_id = %s"
        ((marks,),) = rows(job_database, query, tenant)
        assert marks > 10
        drain(job_database, tenant)
        last = (
            "select (result ->> 'marks')::bigint from core.jobs where tenant_id = %s"
            " and task = 'count_marks' and status = 'succeeded' order by started_at desc limit 1"
        )
        assert rows(job_database, last, tenant) == [(marks,)]
        dead = "select count(*) from core.jobs where tenant_id = %s and status = 'dead'"
        assert rows(job_database, dead, tenant) == [(0,)]
