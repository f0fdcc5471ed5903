"""Webhooks handed over together end as they would one after another, whatever they are."""

import json
import random
import re
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from thin_api.tests.cluster import Database

Webhook = tuple[str, dict[str, str], bytes]  # provider, headers, body

ALONE = "select status, reason from api.ingest_webhook(%s, %s, %s, %s, %s)"
TOGETHER = "select status, reason from api.ingest_webhooks(%s, %s, %s, %s, %s) order by ordinal"
STORED = {
    "receipts": """
        select delivery_key, status, reason, outcome, seen_count, conflict_count
        from core.webhook_dedup_events""",
    "events": """
        select provider, event_type, kind, object_id, parent_object_id, dedup_key, occurred_at,
          status, currency, amount_minor, session_id is null, reason, payload::text
        from core.attribution_events""",
    "ledger": """
        select provider, kind, object_id, parent_object_id, currency, amount_minor, occurred_at
        from core.revenue_ledger""",
    "states": """
        select provider, object_id, status, status_rank, occurred_at from core.object_states""",
    "dead letters": """
        select provider, position, reason, detail, status, seen_count, payload::text
        from core.dead_events""",
    "jobs": "select task, key, status from core.jobs",
}


def shopify(chance: random.Random) -> Webhook:
    """Return an order in one of its states, or a refund of one; few orders, so they meet."""
    order = chance.randint(1, 4)
    hour = f"2026-03-0{chance.randint(1, 4)}T10:00:00Z"
    topic = chance.choice(["orders/create", "orders/paid", "orders/cancelled", "refunds/create"])
    body: dict[str, Any] = {
        "id": order,
        "total_price": chance.choice(["100.00", "100.00", "90.00"]),
        "currency": "EUR",
        "financial_status": chance.choice(["pending", "paid", "Paid & more"]),
        "processed_at": hour,
        "cart_token": chance.choice([None, "cart"]),
    }
    if topic == "orders/cancelled":
        body["cancelled_at"] = hour
    if topic == "refunds/create":
        # Together no more than the smallest sale: which of two refunds is cut depends on the order.
        refund = 10 * order + chance.randint(0, 3)
        paid = {"id": 1, "kind": "refund", "status": "success", "amount": "20.00"}
        body = {"id": refund, "order_id": order, "processed_at": hour}
        body["transactions"] = [paid | {"currency": "EUR"}]
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "example.myshopify.com",
        "x-shopify-event-id": f"e-{chance.randint(1, 60)}",
    }
    return "shopify", headers, json.dumps(body).encode()


def stripe(chance: random.Random) -> Webhook:
    """Return a payment, told as a payment intent or as a charge, or its dispute."""
    payment = f"pi_{chance.choice('abcd')}"
    kind = chance.choice(["payment_intent.succeeded", "charge.succeeded", "charge.dispute.created"])
    amount = chance.choice([100, 100, 90])
    body = {
        "id": f"evt_{chance.randint(1, 40)}",
        "type": kind,
        "created": 1772600767 + 86400 * chance.randint(0, 2),
        "data": {
            "object": {
                "id": payment if kind.startswith("payment") else f"ch_{payment}",
                "payment_intent": payment,
                "amount": amount,
                "amount_received": amount,
                "currency": "eur",
                "captured": True,
                "status": "succeeded",
            }
        },
    }
    return "stripe", {}, json.dumps(body).encode()


def touches(chance: random.Random) -> Webhook:
    """Return a batch of touches, of which some are incomplete or come in other batches too."""
    parts = [
        {
            "touch_id": f"t{chance.randint(1, 12)}",
            "occurred_at": "2026-03-01T10:00:00Z",
            "session_id": chance.choice(["s1", "s2"]),
            "channel": "email",
        }
        for _ in range(chance.randint(1, 4))
    ]
    if chance.random() < 0.2:
        del parts[0]["session_id"]
    body = {"type": "touch.batch", "data": {"touches": parts}}
    return "standard", {"webhook-id": f"w{chance.randint(1, 40)}"}, json.dumps(body).encode()


def webhooks(chance: random.Random) -> list[Webhook]:
    """Return webhooks of all kinds, some twice, some cut off, some with personal data."""
    made = [chance.choice([shopify, stripe, touches])(chance) for _ in range(chance.randint(2, 32))]
    for _ in range(chance.randint(0, 4)):
        provider, headers, body = chance.choice(made)
        spoiled = chance.choice(
            [body, body[: len(body) // 2], body[:-1] + b', "gift": "to jane.roe@example.com"}']
        )
        made.insert(chance.randint(0, len(made)), (provider, headers, spoiled))
    return made


OWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|~[0-9a-f]{32}")
"""What each tenant has of its own: ids and pseudonyms."""


def stored(connection: psycopg.Connection[Any], tenant_id: UUID) -> dict[str, list[str]]:
    """Return all that lies in the tables for a tenant, but for its own ids and times of arrival."""
    return {
        name: sorted(
            OWN.sub("*", str(row))
            for row in connection.execute(f"{query} where tenant_id = %s", (tenant_id,))
        )
        for name, query in STORED.items()
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_group_ends_as_its_webhooks_one_by_one(fresh_database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    dsn = fresh_database.dsn("superuser")
    with psycopg.connect(dsn, autocommit=True) as connection:
        tenants: list[tuple[UUID, dict[str, UUID]]] = []
        for _ in range(2):
            ((tenant,),) = connection.execute("select api.create_tenant('seed')").fetchall()
            endpoints = {}
            for name in ("shopify", "stripe", "standard"):
                ((endpoints[name],),) = connection.execute(
                    "select api.create_endpoint(%s, %s, array['secret'])", (tenant, name)
                ).fetchall()
            tenants.append((tenant, endpoints))
        (together, endpoints), (alone, others) = tenants
        for _ in range(4):
            group = webhooks(chance)
            parameters = (
                [endpoints[provider] for provider, _, _ in group],
                [Jsonb(headers) for _, headers, _ in group],
                [body for _, _, body in group],
                ["signature"] * len(group),
            )
            told = connection.execute(TOGETHER, (together, *parameters)).fetchall()
            assert told == [
                connection.execute(
                    ALONE, (alone, others[provider], Jsonb(headers), body, "signature")
                ).fetchone()
                for provider, headers, body in group
            ]
            of_group, of_singles = stored(connection, together), stored(connection, alone)
            for name, rows in of_singles.items():
                extra = (
                    Counter(of_group[name]) - Counter(rows),
                    Counter(rows) - Counter(of_group[name]),
                )
                assert not any(extra), (name, extra)
