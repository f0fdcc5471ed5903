"""Two connections at once: a touch and the sale it led to, and two recomputes of one window."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from thin_api.tests.attribution_fixtures import allocations, at, run_jobs, tell, tell_all
from thin_api.tests.attribution_reference import Order, Shop, Touch, allocate
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import new_target, rows, until

WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""
TOUCH = Touch("t1", at(10), "email", session="s1")
ORDER = Order("o1", at(34), 1000, session="s1")
RECOMPUTE = """
select run_count, encode(checksum, 'hex') from api.recompute_window(
  %s, '2026-03-02 00:00Z', '2026-03-03 00:00Z', 'linear', 1)
"""


@pytest.mark.anyio
@pytest.mark.parametrize("others", [0, 100], ids=["one-touch", "many-sessions"])
@pytest.mark.parametrize("sale_first", [False, True], ids=["touch-first", "sale-first"])
async def test_a_touch_and_its_sale_in_flight_together_do_not_miss_each_other(
    database: Database, sale_first: bool, others: int
) -> None:
    target = new_target(database, "standard")
    more = [Touch(f"x{i}", TOUCH.at, "display", session=f"x{i}") for i in range(others)]
    touches = (TOUCH, *more)
    first, second = (ORDER, touches) if sale_first else (touches, ORDER)
    with ThreadPoolExecutor() as pool, psycopg.connect(database.dsn("dba")) as connection:
        tell(connection, target, first)
        tell_all(database, target, [second])  # neither sees the other, neither waits
        jobs = pool.submit(run_jobs, database, target)
        if sale_first:
            assert await asyncio.wrap_future(jobs) == 0, "the sale is not committed yet"
        else:
            await asyncio.sleep(0.5)
            assert not jobs.done(), "the sale's day waits for the touch"
        connection.commit()
        await asyncio.wrap_future(jobs)
    run_jobs(database, target)
    assert allocations(database, target) == allocate(Shop(touches, (ORDER,)))


@pytest.mark.anyio
async def test_two_recomputes_of_a_window_run_in_turn(database: Database) -> None:
    target = new_target(database, "standard")
    tell_all(database, target, [TOUCH, ORDER])

    def recompute() -> list[tuple[Any, ...]]:
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            return connection.execute(RECOMPUTE, (target.tenant_id,)).fetchall()

    with ThreadPoolExecutor() as pool, psycopg.connect(database.dsn("dba")) as connection:
        first = connection.execute(RECOMPUTE, (target.tenant_id,)).fetchall()
        second = pool.submit(recompute)
        await until(lambda: rows(database, WAITING) == [(1,)])
        connection.commit()
        again = await asyncio.wrap_future(second)
    assert (first[0][0], again[0][0]) == (1, 2)
    assert first[0][1] == again[0][1]
    jobs = "select count(*) from core.attribution_recompute_jobs where tenant_id = %s"
    assert rows(database, jobs, target.tenant_id) == [(1,)]
