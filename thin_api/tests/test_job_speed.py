"""A transaction held open does not slow the queue: counted in pages, not in seconds."""

from uuid import UUID

import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import ENQUEUE, LEASE, QUEUES, Connection, as_owner, new_tenant
from thin_api.tests.job_fixtures import job_database as job_database

JOBS = 500
PAGES = """
select sum(pg_stat_get_xact_blocks_fetched(c.oid))::bigint
  from pg_class as c
 where c.oid = 'core.jobs'::regclass
    or c.oid in (select i.indexrelid from pg_index as i where i.indrelid = 'core.jobs'::regclass)
"""
RUN_MANY = """
do $$
begin
  for i in 1..{jobs} loop
    {before}
    perform api.run_next_job('{tenant}', '{{maintenance}}');
    commit;
  end loop;
end
$$
"""


def pages(connection: Connection, statement: str, *parameters: object) -> int:
    """Return how many pages of the queue a statement looks at; undo what it did."""
    ((before,),) = connection.execute(PAGES).fetchall()
    connection.execute(statement, parameters)
    ((after,),) = connection.execute(PAGES).fetchall()
    connection.rollback()
    return int(after) - int(before)


def enqueue_many(database: Database, tenant: UUID, jobs: int) -> None:
    with psycopg.connect(database.dsn("owner")) as connection:
        connection.execute("select core.set_tenant(%s)", (tenant,))
        connection.execute(
            "select core.enqueue_job(%s, 'maintenance', 'nothing', 'key ' || i)"
            " from generate_series(1, %s) as i",
            (tenant, jobs),
        )


@pytest.mark.parametrize("keys", ["one", "many"])
def test_a_transaction_held_open_does_not_slow_the_queue(job_database: Database, keys: str) -> None:
    tenant = new_tenant(job_database)
    set_tenant = f"perform core.set_tenant('{tenant}');"
    mark_day = (
        f"{set_tenant} perform core.enqueue_job('{tenant}', 'maintenance', 'nothing', 'day');"
    )
    enqueue_many(job_database, tenant, JOBS + 100 if keys == "many" else 50)

    def cost(connection: Connection) -> tuple[int, int]:
        """Pages of marking a day that is not pending, and of claiming when something is due."""
        enqueue = (ENQUEUE, tenant, tenant, "nothing", "day")
        marking = min(pages(connection, *enqueue) for _ in range(5))
        connection.execute(*(enqueue[0], enqueue[1:]))
        connection.commit()
        lease = (LEASE, tenant, QUEUES, "1 minute")
        return marking, min(pages(connection, *lease) for _ in range(5))

    with (
        psycopg.connect(job_database.dsn("superuser")) as held,
        as_owner(job_database) as owner,
        psycopg.connect(job_database.dsn("superuser")) as asking,
    ):
        held.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        held.execute("select count(*) from core.jobs")
        owner.execute(RUN_MANY.format(jobs=50, before="", tenant=tenant))
        marking, claiming = cost(asking)
        before = mark_day if keys == "one" else ""
        owner.execute(RUN_MANY.format(jobs=JOBS, before=before, tenant=tenant))
        marking_later, claiming_later = cost(asking)
    assert marking_later < 2 * marking + 30
    assert claiming_later < 2 * claiming + 30
