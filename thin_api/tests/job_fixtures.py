"""What the tests of the job queue share: tasks that count marks, those who mark, those who run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import rows

Connection = psycopg.Connection[Any]

QUEUES = ["attribution", "maintenance", "housekeeping"]
ENQUEUE = "select core.set_tenant(%s), core.enqueue_job(%s, 'maintenance', %s, %s)"
RUN = "select status, result from api.run_next_job(%s, %s)"
LEASE = "select job_id, lease_token from api.lease_next_job(%s, %s, %s, 'a test')"
RUN_LEASED = "select status, result from api.run_leased_job(%s, %s, %s)"
GATE = 4711
"""Advisory lock at which the task `count_at_gate` waits."""

TASK = """
create or replace function core.job_{name}(p_tenant_id uuid, p_args jsonb) returns jsonb
  language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$ begin {body} end $$
"""
COUNT = """
  return jsonb_build_object('marks', (
    select count(*) from public.marks where tenant_id = p_tenant_id));
"""


@pytest.fixture(scope="module")
def job_database(database: Database) -> Database:
    """A database with tasks of the tests' own and a table that stands for what webhooks write."""
    return prepare(database)


def prepare(database: Database) -> Database:
    """Add the tasks and the table to a database."""
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        connection.execute("create table public.marks (tenant_id uuid, name text)")
        connection.execute("grant all on public.marks to hookledger_owner")
    add_task(database, "nothing", "return '{}'::jsonb;")
    add_task(database, "count_marks", COUNT)
    add_task(database, "count_at_gate", f"perform pg_advisory_xact_lock_shared({GATE}); {COUNT}")
    add_task(
        database,
        "mark_slowly",
        "perform pg_sleep(0.02); insert into public.marks values (p_tenant_id, p_args ->> 'name');"
        " return '{}';",
    )
    add_task(database, "fail", "return 1 / 0;")
    return database


def add_task(database: Database, name: str, body: str) -> None:
    """Add a task to a database, as a file sql/core/job_<task>.sql does."""
    with as_owner(database) as connection:
        connection.execute(TASK.format(name=name, body=body))
        connection.execute("select core.build_job_dispatch()")


@contextmanager
def as_owner(database: Database) -> Iterator[Connection]:
    """Connect as Hookledger's functions run."""
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connection:
        yield connection


def new_tenant(database: Database) -> UUID:
    """Create a tenant."""
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        ((tenant_id,),) = connection.execute("select api.create_tenant('a test')").fetchall()
    return UUID(str(tenant_id))


def enqueue(connection: Connection, tenant: UUID, task: str, key: str = "day") -> float:
    """Ask for a job as a function of Hookledger does; return the seconds it took."""
    start = time.monotonic()
    connection.execute(ENQUEUE, (tenant, tenant, task, key))
    return time.monotonic() - start


def mark(connection: Connection, tenant: UUID, task: str, key: str = "day") -> float:
    """Do in one transaction what a webhook does: write something, and ask for the job about it."""
    connection.execute("insert into public.marks values (%s, %s)", (tenant, key))
    return enqueue(connection, tenant, task, key)


def run_in_one(connection: Connection, tenant: UUID) -> list[tuple[Any, ...]]:
    """Claim and run a job in one transaction."""
    return connection.execute(RUN, (tenant, QUEUES)).fetchall()


def run_in_two(connection: Connection, tenant: UUID) -> list[tuple[Any, ...]]:
    """Claim a job, commit, and run it."""
    leased = connection.execute(LEASE, (tenant, QUEUES, "1 minute")).fetchone()
    if leased is None:
        return []
    return connection.execute(RUN_LEASED, (tenant, *leased)).fetchall()


Run = Callable[[Connection, UUID], list[tuple[Any, ...]]]


def make_due(database: Database, tenant: UUID, *, leases: bool = True) -> None:
    """Let the time pass that open jobs wait or, with `leases`, that they are leased.

    In the order of the jobs, so that several who do so at the same time do not deadlock.
    """
    late = "interval '1 second'"
    rows(
        database,
        "with open as (select job_id from core.jobs where tenant_id = %s and finished_at is null"
        " and task <> 'prune_jobs' order by job_id for update)"
        f" update core.jobs as j set run_at = least(j.run_at, now() - {late}),"
        f" leased_until = case when %s then least(j.leased_until, now() - {late})"
        " else j.leased_until end"
        " from open where j.tenant_id = %s and j.job_id = open.job_id returning 1",
        tenant,
        leases,
        tenant,
    )


def pending(database: Database, tenant: UUID, key: str = "day") -> int:
    """Return how many pending jobs a key has."""
    query = (
        "select count(*) from core.jobs where tenant_id = %s and key = %s and status = 'pending'"
    )
    return int(rows(database, query, tenant, key)[0][0])


def drain(database: Database, tenant: UUID) -> list[tuple[Any, ...]]:
    """Run what is pending until nothing is; return the outcomes."""
    outcomes: list[tuple[Any, ...]] = []
    with psycopg.connect(database.dsn("worker"), autocommit=True) as connection:
        while True:
            make_due(database, tenant)
            done = run_in_two(connection, tenant)
            if not done:
                return outcomes
            outcomes += done
            assert len(outcomes) < 1000
