"""Deliveries that meet: two connections that want the same touches, signature or object."""

import asyncio
import json
import random
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import Target, count, new_target, rows, running_shim, until

INGEST = "select status, reason from api.ingest_webhook(%s, %s, %s, %s, 'signature')"
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
SLOW_STATES = """
create function public.pause() returns trigger language plpgsql as
  $$ begin perform pg_sleep(0.2); return null; end $$;
create trigger pause after insert or update on core.object_states
  for each statement execute function public.pause();
"""
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"

Answer = tuple[str, str | None]


def ingest(
    connection: psycopg.Connection[Any], target: Target, headers: Mapping[str, str], body: object
) -> Answer:
    """Hand a document to the procedure, in the connection's transaction."""
    data = json.dumps(body).encode()
    parameters = (target.tenant_id, target.endpoint_id, Jsonb(dict(headers)), data)
    ((status, reason),) = connection.execute(INGEST, parameters).fetchall()
    return status, reason


async def meet(
    database: Database,
    target: Target,
    first: tuple[Mapping[str, str], object],
    second: tuple[Mapping[str, str], object],
    *,
    commit: bool,
) -> tuple[Answer, Answer]:
    """Return what both are told, when the second comes while the first is not committed yet.

    commit: whether the first one is, or is rolled back.
    """

    def deliver() -> Answer:
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            return ingest(connection, target, *second)

    with ThreadPoolExecutor() as pool, psycopg.connect(database.dsn("dba")) as connection:
        told = ingest(connection, target, *first)
        delivery: Future[Answer] = pool.submit(deliver)
        await until(lambda: rows(database, WAITING) == [(1,)])
        if commit:
            connection.commit()
        else:
            connection.rollback()
        return told, await asyncio.wrap_future(delivery)


def touch_batch(ids: list[str]) -> bytes:
    at = "2026-03-01T10:00:00Z"
    touches = [{"touch_id": i, "occurred_at": at, "session_id": "s"} for i in ids]
    return json.dumps({"type": "touch.batch", "data": {"touches": touches}}).encode()


@pytest.mark.anyio
async def test_batches_of_the_same_touches_in_any_order_never_deadlock(database: Database) -> None:
    target, (before,) = new_target(database, "standard"), rows(database, DEADLOCKS)
    ids = [f"t{i}" for i in range(300)]
    orders = [ids, ids[::-1], *(random.sample(ids, len(ids)) for _ in range(4))]
    async with running_shim(database) as shim:
        answers = await asyncio.gather(*(shim.deliver(target, touch_batch(o)) for o in orders))
    assert [answer.status_code for answer in answers] == [200] * len(orders)
    statuses = sorted(answer.json()["status"] for answer in answers)
    assert statuses == ["accepted", *["duplicate"] * (len(orders) - 1)]
    assert count(database, "attribution_events", target) == len(ids)
    assert rows(database, DEADLOCKS) == [before]


def capture(name: str, value: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "id": name,
        "status": "COMPLETED",
        "create_time": "2026-03-02T14:14:06Z",
    }
    resource |= {"amount": {"currency_code": "USD", "value": value}}
    return {"id": f"WH-{name}", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": resource}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("commit", "second", "booked"),
    [
        (True, ("dead", "delivery_id_conflict"), [("C1", 10000)]),
        (False, ("accepted", None), [("C2", 99900)]),
    ],
)
async def test_a_signature_goes_with_the_first_body_that_is_committed(
    database: Database, commit: bool, second: Answer, booked: list[tuple[str, int]]
) -> None:
    target, headers = new_target(database, "paypal"), {"paypal-transmission-id": str(uuid4())}
    genuine, forged = (headers, capture("C1", "100.00")), (headers, capture("C2", "999.00"))
    told = await meet(database, target, genuine, forged, commit=commit)
    assert told == (("accepted", None), second)
    ledger = "select object_id, amount_minor from core.revenue_ledger where tenant_id = %s"
    assert rows(database, ledger, target.tenant_id) == booked


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("commit", "status", "known"),
    [(True, "superseded", "paid"), (False, "accepted", "pending")],
)
async def test_an_older_state_never_overwrites_one_that_is_being_committed(
    database: Database, commit: bool, status: str, known: str
) -> None:
    target = new_target(database, "shopify")

    def order(topic: str, state: str) -> tuple[dict[str, str], dict[str, Any]]:
        at = "2026-03-01T10:00:00Z"
        order = {"id": 1, "total_price": "10.00", "currency": "EUR", "financial_status": state}
        headers = {"x-shopify-topic": topic, "x-shopify-event-id": str(uuid4())}
        return headers, order | {"created_at": at, "processed_at": at, "test": False}

    newer, older = order("orders/paid", "paid"), order("orders/create", "pending")
    told = await meet(database, target, newer, older, commit=commit)
    assert told == (("accepted", None), (status, None))
    states = "select status from core.object_states where tenant_id = %s"
    assert rows(database, states, target.tenant_id) == [(known,)]


def test_groups_of_the_same_known_orders_in_any_order_never_deadlock(
    fresh_database: Database,
) -> None:
    """Their states are updated slowly, so that each group is under way while the other begins."""
    target = new_target(fresh_database, "shopify")

    def group(numbers: list[int], hour: int) -> tuple[object, ...]:
        order = {"total_price": "10.00", "currency": "EUR", "financial_status": "pending"}
        at = f"2026-03-01T1{hour}:00:00Z"
        bodies = [order | {"id": i, "processed_at": at, "note": hour} for i in numbers]
        return (
            target.tenant_id,
            [target.endpoint_id] * len(numbers),
            [Jsonb({"x-shopify-topic": "orders/create"})] * len(numbers),
            [json.dumps(body).encode() for body in bodies],
            ["signature"] * len(numbers),
        )

    def take(connection: psycopg.Connection[Any], parameters: tuple[object, ...]) -> list[Any]:
        return connection.execute(
            "select status from api.ingest_webhooks(%s, %s, %s, %s, %s) order by ordinal",
            parameters,
        ).fetchall()

    meeting = Barrier(2)

    def take_with_the_other(numbers: list[int], hour: int) -> list[Any]:
        with psycopg.connect(fresh_database.dsn("dba"), autocommit=True) as connection:
            take(connection, group([100 * hour], hour))  # a session's first call takes longer
            meeting.wait(30)
            return take(connection, group(numbers, hour))

    with psycopg.connect(fresh_database.dsn("dba"), autocommit=True) as connection:
        assert take(connection, group([1, 2, 3], 0)) == [("accepted",)] * 3
    with psycopg.connect(fresh_database.dsn("superuser"), autocommit=True) as connection:
        connection.execute("alter function api.ingest_webhooks set lock_timeout = '10s'")
        connection.execute(SLOW_STATES)
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(take_with_the_other, [[1, 2, 3], [3, 2, 1]], [1, 2]))
    assert all(len(answers) == 3 for answers in told)
    assert rows(fresh_database, DEADLOCKS) == [(0,)]
