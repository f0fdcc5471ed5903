"""Webhooks that share a commit: each is answered for itself, none takes another down."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from thin_api import groups
from thin_api.db import Statement
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

INGEST = "select receipt_id from api.ingest_webhook(%s, %s, '{}', %s, 'signature')"
ONE_SESSION = {"pool_min_size": 1, "pool_max_size": 1}


def transactions(database: Database, *targets: Target) -> int:
    """Return in how many transactions the tenants' webhooks were recorded."""
    query = (
        "select count(distinct xmin::text) from core.webhook_dedup_events"
        " where tenant_id = any (%s)"
    )
    return int(rows(database, query, [target.tenant_id for target in targets])[0][0])


def sessions_waiting(database: Database) -> int:
    """Return how many of the shim's sessions wait for a lock."""
    query = (
        "select count(*) from pg_stat_activity where application_name = 'hookledger-shim'"
        " and datname = current_database() and wait_event_type = 'Lock'"
    )
    return int(rows(database, query)[0][0])


@asynccontextmanager
async def stuck(database: Database, body: bytes, target: Target) -> AsyncIterator[Any]:
    """Hold a webhook uncommitted in another session: the same one waits for it in the shim."""
    connection = await psycopg.AsyncConnection.connect(database.dsn("dba"))
    async with connection:
        await connection.execute(INGEST, (target.tenant_id, target.endpoint_id, body))
        yield connection


async def queued(
    shim: Shim, database: Database, plug: tuple[Target, bytes], *behind: tuple[Target, bytes]
) -> tuple[asyncio.Task[httpx.Response], list[asyncio.Task[httpx.Response]]]:
    """Deliver one that gets stuck in the only session, then others, which queue up behind it."""
    for target in {plug[0], *(target for target, _ in behind)}:  # the shim looks it up once
        assert (await shim.client.post(target.path, content=b"{}")).status_code in (401, 404)
    first = asyncio.create_task(shim.deliver(*plug))
    await until(lambda: sessions_waiting(database) == 1)
    others = [asyncio.create_task(shim.deliver(*delivery)) for delivery in behind]
    text = f"hookledger_pool_waiting {len(behind)}.0"

    async def all_wait() -> bool:
        return text in await shim.metrics()

    await until(all_wait)
    return first, others


@pytest.mark.parametrize("prepared_statements", [True, False])
async def test_those_who_wait_share_one_commit(
    database: Database, prepared_statements: bool
) -> None:
    """Of two tenants too, in the order of their bodies or another."""
    plug, target, other = (new_target(database) for _ in range(3))
    bodies = [stripe_event() for _ in range(12)]
    bodies.append(bodies[0])
    changes = ONE_SESSION | {"prepared_statements": prepared_statements}
    async with running_shim(database, **changes) as shim:
        stuck_body = stripe_event()
        async with stuck(database, stuck_body, plug) as blocker:
            deliveries = [((target, other)[i % 2], body) for i, body in enumerate(bodies)]
            first, waiting = await queued(shim, database, (plug, stuck_body), *deliveries)
            await blocker.commit()
        answers = [(await task).json() for task in waiting]
        assert (await first).json()["status"] == "duplicate"
    assert sorted(a["status"] for a in answers) == ["accepted"] * 12 + ["duplicate"]
    assert answers[0]["receipt_id"] == answers[12]["receipt_id"]
    assert transactions(database, target, other) == 1
    for answer, (sent_to, _) in zip(answers, deliveries, strict=True):
        query = "select tenant_id from core.attribution_events where event_id = %s"
        assert rows(database, query, answer["event_id"]) == [(sent_to.tenant_id,)]


async def test_one_that_is_refused_takes_no_other_down(database: Database) -> None:
    """An endpoint that the shim still knows and the database no longer has, of either tenant."""
    plug, target, other, gone = (new_target(database) for _ in range(4))
    async with running_shim(database, **ONE_SESSION) as shim:
        assert (await shim.deliver(gone, stripe_event())).status_code == 200
        rows(
            database,
            "with e as (delete from core.webhook_endpoints where tenant_id = %s) select 1",
            gone.tenant_id,
        )
        stuck_body = stripe_event()
        async with stuck(database, stuck_body, plug) as blocker:
            deliveries = [(t, stripe_event()) for t in (target, gone, other, target, gone)]
            first, waiting = await queued(shim, database, (plug, stuck_body), *deliveries)
            await blocker.commit()
        statuses = [(await task).status_code for task in waiting]
        assert (await first).status_code == 200
    assert statuses == [200, 404, 200, 200, 404]
    assert [count(database, "revenue_ledger", t) for t in (target, other, gone)] == [2, 1, 1]


async def test_one_that_waits_for_a_lock_does_not_hold_up_the_others(database: Database) -> None:
    plug, target = new_target(database), new_target(database)
    stuck_body, held_body = stripe_event(), stripe_event()
    async with running_shim(database, pool_min_size=2, pool_max_size=4) as shim:
        async with stuck(database, held_body, target) as holder:
            async with stuck(database, stuck_body, plug) as blocker:
                pair = [asyncio.create_task(shim.deliver(plug, stuck_body)) for _ in range(2)]
                await until(lambda: sessions_waiting(database) == 2)
                bodies = [held_body, *(stripe_event() for _ in range(6))]
                tasks = [asyncio.create_task(shim.deliver(target, body)) for body in bodies]
                await asyncio.wait(tasks[1:], timeout=8)
                assert all(task.done() for task in tasks[1:])
                assert not tasks[0].done()
                await blocker.commit()
            await holder.commit()
        assert [(await task).json()["status"] for task in (*tasks, *pair)] == [
            *("duplicate", *["accepted"] * 6),
            *("duplicate", "duplicate"),
        ]
    assert count(database, "revenue_ledger", target) == 7


async def test_a_sender_that_gives_up_loses_and_doubles_nothing(database: Database) -> None:
    """Whether its webhook still waits or is under way already."""
    plug, target = new_target(database), new_target(database)
    stuck_body, bodies = stripe_event(), [stripe_event() for _ in range(6)]
    async with running_shim(database, **ONE_SESSION) as shim:
        async with stuck(database, stuck_body, plug) as blocker:
            deliveries = [(target, body) for body in bodies]
            first, waiting = await queued(shim, database, (plug, stuck_body), *deliveries)
            first.cancel()
            for task in waiting[:2]:
                task.cancel()
            await blocker.commit()
        assert [(await task).json()["status"] for task in waiting[2:]] == ["accepted"] * 4
        again = [(await shim.deliver(target, body)).json()["status"] for body in bodies]
        assert (await shim.deliver(plug, stuck_body)).json()["status"] == "duplicate"
    assert again[2:] == ["duplicate"] * 4
    assert count(database, "revenue_ledger", target) == len(bodies)


async def test_more_than_the_queue_holds_are_refused_at_once(database: Database) -> None:
    plug, target = new_target(database), new_target(database)
    stuck_body = stripe_event()
    async with running_shim(database, **ONE_SESSION, max_in_flight=4) as shim:
        async with stuck(database, stuck_body, plug) as blocker:
            deliveries = [(target, stripe_event()) for _ in range(3)]
            first, waiting = await queued(shim, database, (plug, stuck_body), *deliveries)
            refused = await asyncio.wait_for(shim.deliver(target, stripe_event()), 5)
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            await blocker.commit()
        assert {(await task).status_code for task in (first, *waiting)} == {200}


async def test_a_group_is_bounded_in_number_and_bytes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug, target = new_target(database), new_target(database)
    stuck_body = stripe_event()
    monkeypatch.setattr(groups, "MOST_WEBHOOKS", 4)
    monkeypatch.setattr(groups, "MOST_BYTES", 3 * len(stuck_body))
    async with running_shim(database, **ONE_SESSION) as shim:
        async with stuck(database, stuck_body, plug) as blocker:
            deliveries = [(target, stripe_event()) for _ in range(8)]
            large = stripe_event(padding="x" * 4 * len(stuck_body))
            first, waiting = await queued(
                shim, database, (plug, stuck_body), *deliveries, (target, large)
            )
            await blocker.commit()
        assert {(await task).status_code for task in (first, *waiting)} == {200}
    # Three, three, two, and the large one alone.
    assert transactions(database, target) == 4


class Slow:
    """A database whose calls take their time. `at_once`: how many ever did at the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._now = 0
        self.at_once = 0

    async def row(self, query: str, parameters: Sequence[Any]) -> tuple[Any, ...]:  # noqa: ARG002
        """Take one."""
        return (await self.transaction([(query, (None, [None]))]))[0]

    async def transaction(self, statements: Sequence[Statement]) -> list[tuple[Any, ...]]:
        """Take a group of one tenant's."""
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        await asyncio.sleep(self._seconds)
        self._now -= 1
        endpoints: Any = statements[0][1][1]
        return [("accepted", None, None, None)] * len(endpoints)


@pytest.mark.parametrize(("seconds", "sessions"), [(0.02, 2), (1.5, 4)])
async def test_more_sessions_work_only_when_none_of_those_at_work_goes_on(
    seconds: float, sessions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "PATIENCE_SECONDS", 0.2)
    slow: Any = Slow(seconds)
    taking = groups.Groups(slow, most_sessions=4, most_wait_seconds=5)
    tenant = uuid4()

    async def hand_over() -> None:
        await taking.row(groups.Call(tenant, tenant, {}, b"{}", "signature", b""))

    tasks = []
    for _ in range(60):
        tasks.append(asyncio.create_task(hand_over()))
        await asyncio.sleep(0.008)
    await asyncio.gather(*tasks)
    assert slow.at_once == sessions
