"""Faults of the database: what was answered 200 is there, the rest can be delivered again."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import psutil
import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    Shim,
    Target,
    count,
    new_target,
    rows,
    running_shim,
    stripe_event,
    until,
)

pytestmark = pytest.mark.anyio

BLOCK = "lock table core.webhook_dedup_events in exclusive mode"
OWN_SESSIONS = (
    "from pg_stat_activity where application_name = 'hookledger-shim'"
    " and datname = current_database()"
)
MARKED = "hookledger_test_marked"


def blocked_sessions(database: Database) -> int:
    """Return how many of the shim's sessions wait for a lock."""
    return int(rows(database, f"select count(*) {OWN_SESSIONS} and wait_event_type = 'Lock'")[0][0])


async def test_no_connection_left(database: Database) -> None:
    target = new_target(database)
    sizes = {"pool_min_size": 1, "pool_max_size": 1, "pool_timeout_seconds": 1.0}
    async with running_shim(database, **sizes, retry_after_seconds=9) as shim:
        with psycopg.connect(database.dsn("superuser")) as blocker:
            blocker.execute(BLOCK)
            first = asyncio.create_task(shim.deliver(target, stripe_event()))
            await until(lambda: blocked_sessions(database) == 1)
            second = await shim.deliver(target, stripe_event())
            assert second.status_code == 503
            assert second.headers["retry-after"] == "9"
            assert second.json()["code"] == "unavailable"
            assert (await shim.client.get("/readyz")).status_code == 503
            blocker.rollback()
            assert (await first).status_code == 200
        assert 'reason="pool_exhausted"} 1.0' in await shim.metrics()
        assert (await shim.client.get("/readyz")).status_code == 200
    assert count(database, "attribution_events", target) == 1


async def test_statement_timeout(database: Database) -> None:
    target, body = new_target(database), stripe_event()
    async with running_shim(database, statement_timeout_seconds=2) as shim:
        with psycopg.connect(database.dsn("superuser")) as blocker:
            blocker.execute(BLOCK)
            assert (await shim.deliver(target, body)).status_code == 503
        assert count(database, "webhook_dedup_events", target) == 0
        assert (await shim.deliver(target, body)).json()["status"] == "accepted"


async def test_deadline_where_the_server_knows_no_timeout(database: Database) -> None:
    """Behind PgBouncer no statement_timeout is asked for: the shim's own deadline ends the call."""
    target, body = new_target(database), stripe_event()
    changes = {"statement_timeout_seconds": 1, "prepared_statements": False}
    async with running_shim(database, **changes) as shim:
        with psycopg.connect(database.dsn("superuser")) as blocker:
            blocker.execute(BLOCK)
            started = time.monotonic()
            assert (await shim.deliver(target, body)).status_code == 503
            assert time.monotonic() - started < 20
        assert 'reason="deadline"} 1.0' in await shim.metrics()
        assert (await shim.deliver(target, body)).json()["status"] == "accepted"


async def test_a_deadlock_is_tried_again(database: Database) -> None:
    target = new_target(database)
    async with running_shim(database) as shim:
        assert (await shim.deliver(target, stripe_event())).status_code == 200
        other = await psycopg.AsyncConnection.connect(database.dsn("superuser"))
        async with other:
            before = deadlocks(database)
            await other.execute(
                "set deadlock_timeout = '10min'"
            )  # the shim's session is the victim
            await other.execute("lock table core.attribution_events in exclusive mode")
            delivery = asyncio.create_task(shim.deliver(target, stripe_event()))
            await until(lambda: blocked_sessions(database) == 1)
            await other.execute("lock table core.webhook_dedup_events in exclusive mode")
            await other.rollback()
        answer = await delivery
        assert answer.status_code == 200
        assert answer.json()["status"] == "accepted"
        await until(lambda: deadlocks(database) > before)
    assert count(database, "attribution_events", target) == 2


def deadlocks(database: Database) -> int:
    """Return how many deadlocks the database has counted."""
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    return int(rows(database, query)[0][0])


async def recorded(shim: Shim, target: Target, body: bytes, seconds: float) -> dict[str, Any]:
    """Deliver a webhook until it is recorded; return its receipt."""
    responses = []

    async def is_recorded() -> bool:
        responses.append(await shim.deliver(target, body))
        return responses[-1].status_code != 503

    await until(is_recorded, seconds)
    assert responses[-1].status_code == 200
    return dict(responses[-1].json())


async def send_through(
    shim: Shim,
    database: Database,
    target: Target,
    disturb: Callable[[], Coroutine[Any, Any, None]],
) -> dict[bytes, int]:
    """Send 300 webhooks, 16 at a time, while something happens; then hold the shim to its word.

    Every webhook answered with 200 is in the database, the others got 503 and nothing else, and
    each of those is accepted or known when it is delivered again. Returns the first answers.
    """
    waiting = [stripe_event() for _ in range(300)]
    bodies = list(waiting)
    answers: dict[bytes, int] = {}
    receipts: set[str] = set()

    async def sender() -> None:
        while waiting:
            body = waiting.pop()
            response = await shim.deliver(target, body)
            answers[body] = response.status_code
            if response.status_code == 200:
                receipts.add(response.json()["receipt_id"])
            else:
                assert response.json()["code"] == "unavailable"
                assert response.headers["retry-after"]

    disturbing = asyncio.create_task(disturb())
    await asyncio.gather(*(sender() for _ in range(16)))
    await disturbing
    assert set(answers.values()) <= {200, 503}
    stored = rows(
        database,
        "select receipt_id::text from core.webhook_dedup_events where tenant_id = %s",
        target.tenant_id,
    )
    assert receipts <= {receipt_id for (receipt_id,) in stored}
    for body in bodies:
        receipt = await recorded(shim, target, body, 60)
        assert receipt["status"] == "duplicate" or answers[body] == 503
    assert count(database, "attribution_events", target) == len(bodies)
    assert count(database, "revenue_ledger", target) == len(bodies)
    return answers


async def test_killed_backends(database: Database) -> None:
    target = new_target(database)

    async def disturb() -> None:
        for _ in range(10):
            rows(database, f"select pg_terminate_backend(pid) {OWN_SESSIONS}")
            await asyncio.sleep(0.02)

    async with running_shim(database) as shim:
        answers = await send_through(shim, database, target, disturb)
    # The one repetition on a fresh connection hides most of it.
    assert list(answers.values()).count(200) > 150


async def test_stopped_server(private_database: Database) -> None:
    """Fast and immediate shutdown, and a crash: recovery brings back what was committed."""
    database, server = private_database, private_database.server
    assert server is not None

    async def stop(how: signal.Signals) -> None:
        postmaster = server.postmaster
        assert postmaster is not None
        processes = [*postmaster.children(), postmaster]
        await asyncio.sleep(0.05)
        postmaster.send_signal(how)
        await asyncio.to_thread(psutil.wait_procs, processes, 60)
        await asyncio.sleep(1)  # longer than anybody waits for a connection
        await asyncio.to_thread(server.restart_if_down)

    async with running_shim(database, pool_timeout_seconds=0.5) as shim:
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            target = new_target(database)
            answers = await send_through(shim, database, target, partial(stop, how))
            assert 503 in answers.values()
            assert (await shim.client.get("/readyz")).status_code == 200


async def test_works_again_soon_after_an_outage(private_database: Database) -> None:
    """The pool does not sit out a growing delay when the server is back."""
    database, server = private_database, private_database.server
    target = new_target(database)
    async with running_shim(database, pool_timeout_seconds=0.5) as shim:
        assert server is not None
        postmaster = server.postmaster
        assert postmaster is not None
        postmaster.send_signal(signal.SIGINT)
        await asyncio.to_thread(postmaster.wait, 60)
        for _ in range(8):
            assert (await shim.deliver(target, stripe_event())).status_code == 503
        assert (await shim.client.get("/healthz")).status_code == 200
        assert (await shim.client.get("/readyz")).status_code == 503
        await asyncio.to_thread(server.restart_if_down)
        assert (await recorded(shim, target, stripe_event(), 3))["status"] == "accepted"
