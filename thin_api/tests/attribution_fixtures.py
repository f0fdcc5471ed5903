"""What the tests of attribution share: shops told by webhooks, and their jobs run."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from thin_api.tests.attribution_reference import Order, Refund, Row, Shop, Touch
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import Target, rows

START = datetime(2026, 3, 1, tzinfo=UTC)
INGEST = "select status, reason from api.ingest_webhook(%s, %s, %s, %s, 'signature')"
RUN = "select status, sqlstate, message, detail from api.run_next_job(%s, '{attribution}')"
ALLOCATIONS = """
select model, kind, object_id, currency, channel, amount_minor
from core.attribution_allocations where tenant_id = %s
"""
Fact = Touch | Order | Refund | tuple[Touch, ...]


def at(hours: float) -> datetime:
    """Return a time so many hours into the tests' calendar."""
    return START + timedelta(hours=hours)


def document(fact: Fact) -> dict[str, Any]:
    """Return the webhook that tells a fact; of several touches the batch."""
    if isinstance(fact, tuple):
        return {
            "type": "touch.batch",
            "data": {"touches": [document(touch)["data"] for touch in fact]},
        }
    data: dict[str, Any] = {"occurred_at": fact.at.isoformat()}
    if isinstance(fact, Refund):
        data |= {"object_id": fact.name, "parent_object_id": fact.order}
        data |= {"currency": "EUR", "amount_minor": fact.amount}
        return {"type": "order.refunded", "data": data}
    data |= {"session_id": fact.session, "customer_key": fact.customer, "channel": fact.channel}
    if isinstance(fact, Order):
        data |= {"object_id": fact.name, "currency": fact.currency, "amount_minor": fact.amount}
        return {"type": "order.paid", "data": data}
    return {"type": "touch.recorded", "data": data | {"touch_id": fact.name}}


def tell(connection: psycopg.Connection[Any], target: Target, fact: Fact) -> str:
    """Deliver one fact; returns the status."""
    body = json.dumps(document(fact)).encode()
    headers = Jsonb({"webhook-id": str(uuid4())})
    parameters = (target.tenant_id, target.endpoint_id, headers, body)
    ((status, reason),) = connection.execute(INGEST, parameters).fetchall()
    assert status in {"accepted", "duplicate"}, (fact, reason)
    return str(status)


def run_jobs(database: Database, target: Target, *, early: bool = False) -> int:
    """Run the tenant's due jobs until none is left; early: those that wait as well."""
    done = 0
    with psycopg.connect(database.dsn("worker"), autocommit=True) as connection:
        while True:
            if early:
                pull = "update core.jobs set run_at = now() where tenant_id = %s"
                with psycopg.connect(database.dsn("superuser"), autocommit=True) as admin:
                    admin.execute(f"{pull} and status = 'pending'", (target.tenant_id,))
            ended = connection.execute(RUN, (target.tenant_id,)).fetchall()
            if not ended:
                return done
            assert ended[0][0] == "succeeded", ended
            done += 1


def tell_all(database: Database, target: Target, facts: Iterable[Fact]) -> None:
    """Deliver facts in this order, each in a transaction of its own."""
    with psycopg.connect(database.dsn("shim"), autocommit=True) as connection:
        for fact in facts:
            tell(connection, target, fact)


def allocations(database: Database, target: Target) -> dict[Row, int]:
    """Return what stands in the table."""
    found = rows(database, ALLOCATIONS, target.tenant_id)
    return {(row[0], row[1], row[2], row[3], row[4]): int(row[5]) for row in found}


def facts_of(shop: Shop) -> Sequence[Fact]:
    """Return everything that a shop tells."""
    return [*shop.touches, *shop.orders, *shop.refunds]
