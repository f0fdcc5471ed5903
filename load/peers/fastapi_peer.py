"""The peer of the benchmarks: FastAPI, SQLAlchemy and asyncpg doing the same work in Python.

Same signatures, dedup gate, redaction as strict, ledger, dead letters, one transaction a webhook.
Tuned as one would: raw bodies, Core statements compiled once, a pool, uvloop, httptools.
`python -m load.peers.fastapi_peer` takes HOOKLEDGER_PORT, DATABASE_URL and PEER_WORKERS.
"""

import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from load.peers.redaction import SUSPICIOUS, holds_personal_data, redact_shopify, redact_stripe
from thin_api.ingress import read_headers
from thin_api.verify import Delivery, Endpoint, Unverified, load_providers

metadata = sa.MetaData(schema="peer")
UUID_COLUMN = sa.Uuid()
gate = sa.Table(
    "gate", metadata,
    sa.Column("tenant_id", UUID_COLUMN, primary_key=True),
    sa.Column("endpoint_id", UUID_COLUMN, primary_key=True),
    sa.Column("delivery_key", sa.Text, primary_key=True),
    sa.Column("receipt_id", UUID_COLUMN, nullable=False),
    sa.Column("request_sha256", BYTEA, nullable=False),
    sa.Column("seen_count", sa.Integer, nullable=False),
    sa.Column("first_seen_at", sa.DateTime(True), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("event_id", UUID_COLUMN),
    sa.Column("reason", sa.Text),
)  # fmt: skip
events = sa.Table(
    "events", metadata,
    sa.Column("tenant_id", UUID_COLUMN, primary_key=True),
    sa.Column("event_id", UUID_COLUMN, primary_key=True),
    sa.Column("receipt_id", UUID_COLUMN, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("dedup_key", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(True), nullable=False),
    sa.Column("received_at", sa.DateTime(True), nullable=False),
    sa.Column("currency", sa.Text), sa.Column("amount_minor", sa.BigInteger),
    sa.Column("session_id", sa.Text), sa.Column("customer_key", sa.Text),
    sa.Column("utm_source", sa.Text), sa.Column("utm_medium", sa.Text),
    sa.Column("utm_campaign", sa.Text), sa.Column("redacted_count", sa.Integer),
    sa.Column("payload", JSONB, nullable=False),
    sa.UniqueConstraint("tenant_id", "provider", "dedup_key"),
)  # fmt: skip
states = sa.Table(
    "states", metadata,
    sa.Column("tenant_id", UUID_COLUMN, primary_key=True),
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text), sa.Column("occurred_at", sa.DateTime(True)),
)  # fmt: skip
ledger = sa.Table(
    "ledger", metadata,
    sa.Column("tenant_id", UUID_COLUMN, primary_key=True),
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("event_id", UUID_COLUMN, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("occurred_at", sa.DateTime(True), nullable=False),
    sa.Column("booked_at", sa.DateTime(True), nullable=False),
)  # fmt: skip
dead = sa.Table(
    "dead", metadata,
    sa.Column("tenant_id", UUID_COLUMN, primary_key=True),
    sa.Column("dead_event_id", UUID_COLUMN, primary_key=True),
    sa.Column("receipt_id", UUID_COLUMN, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("body_sha256", BYTEA, nullable=False),
)  # fmt: skip

_gate = insert(gate)
CLAIM = _gate.on_conflict_do_update(
    index_elements=[gate.c.tenant_id, gate.c.endpoint_id, gate.c.delivery_key],
    set_={"seen_count": gate.c.seen_count + 1},
).returning(gate.c.receipt_id, gate.c.status, gate.c.event_id, gate.c.reason)
_states = insert(states)
ADVANCE = _states.on_conflict_do_update(
    index_elements=[states.c.tenant_id, states.c.provider, states.c.object_id],
    set_={"status": _states.excluded.status, "occurred_at": _states.excluded.occurred_at},
    where=states.c.occurred_at <= _states.excluded.occurred_at,
)
BOOK = insert(ledger).on_conflict_do_nothing()
STORE = insert(events).on_conflict_do_nothing()
FIND = sa.text("select tenant_id, provider, secrets, settings from api.find_endpoint(:id)")

KEY = os.urandom(32)
MINOR_UNITS = {"JPY": 0, "KRW": 0, "KWD": 3}
cache: dict[UUID, Endpoint] = {}
engine: AsyncEngine


def pseudonym(value: str) -> str:
    """Return a keyed hash of a value."""
    return "~" + hmac.new(KEY, value.lower().encode(), hashlib.sha256).hexdigest()[:32]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open the pool."""
    global engine
    url = os.environ["PEER_DATABASE_URL"]
    engine = create_async_engine(
        url, pool_size=8, max_overflow=0, json_serializer=json.dumps,
        connect_args={"server_settings": {"application_name": "hookledger-peer"}},
    )  # fmt: skip
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.get("/readyz")
async def ready() -> dict[str, str]:
    """Tell that it runs."""
    return {"status": "ready"}


async def find(endpoint_id: UUID) -> Endpoint:
    """Return an endpoint, from the cache if it is known."""
    if endpoint_id not in cache:
        async with engine.connect() as connection:
            row = (await connection.execute(FIND, {"id": endpoint_id})).one()
        cache[endpoint_id] = Endpoint(endpoint_id, row[0], row[1], tuple(row[2]), row[3])
    return cache[endpoint_id]


def read(provider: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return an event, or a reason; every key of the columns is there."""
    try:
        payload = json.loads(body)
    except ValueError:
        return {"reason": "invalid_json"}
    try:
        if provider == "stripe":
            item, marks = payload["data"]["object"], payload["data"]["object"].get("metadata") or {}
            kept, dropped = redact_stripe(payload, pseudonym)
            currency = item["currency"].upper()
            found = {
                "delivery_key": payload["id"], "event_type": payload["type"],
                "object_id": item["id"], "status": item.get("status", "succeeded"),
                "occurred_at": datetime.fromtimestamp(payload["created"], UTC),
                "amount_minor": int(item["amount_received"]),
                "customer_key": kept["data"]["object"].get("customer"),
                "session_id": kept["data"]["object"]["metadata"].get("session_id"),
            }  # fmt: skip
        else:
            kept, dropped = redact_shopify(payload, pseudonym)
            marks, currency = kept["note_attributes"], payload["currency"]
            found = {
                "delivery_key":
                    headers.get("x-shopify-event-id") or headers["x-shopify-webhook-id"],
                "event_type": headers["x-shopify-topic"], "object_id": str(payload["id"]),
                "status": payload.get("financial_status") or "unknown",
                "occurred_at": datetime.fromisoformat(
                    payload.get("processed_at") or payload["created_at"]),
                "amount_minor": int(
                    Decimal(payload["total_price"]) * 10 ** MINOR_UNITS.get(currency, 2)),
                "customer_key": kept.get("customer", {}).get("id"),
                "session_id": kept.get("cart_token"),
            }  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return {"reason": "missing_field"}
    text = json.dumps(kept)
    if SUSPICIOUS.search(text) and holds_personal_data(kept):
        return {"reason": "pii_violation", "delivery_key": found["delivery_key"]}
    return found | {
        "reason": None, "currency": currency, "payload": kept, "redacted_count": dropped,
        "utm_source": marks.get("utm_source"), "utm_medium": marks.get("utm_medium"),
        "utm_campaign": marks.get("utm_campaign"),
    }  # fmt: skip


async def record(
    connection: AsyncConnection, endpoint: Endpoint, headers: dict[str, str], body: bytes
) -> dict[str, Any]:
    """Record a webhook in the connection's transaction; return its receipt."""
    now = datetime.now(UTC)
    found = read(endpoint.provider, headers, body)
    receipt_id, event_id = uuid4(), uuid4()
    sha256 = hashlib.sha256(body).digest()
    reason = found["reason"]
    ours = {"tenant_id": endpoint.tenant_id, "receipt_id": receipt_id}
    claimed = (await connection.execute(CLAIM, {
        **ours, "endpoint_id": endpoint.endpoint_id,
        "delivery_key": found.get("delivery_key") or sha256.hex(), "request_sha256": sha256,
        "seen_count": 1, "first_seen_at": now, "status": "dead" if reason else "accepted",
        "event_id": None if reason else event_id, "reason": reason,
    })).one()  # fmt: skip
    told = {
        "status": claimed[1], "receipt_id": str(claimed[0]),
        "event_id": claimed[2] and str(claimed[2]), "reason": claimed[3],
    }  # fmt: skip
    if claimed[0] != receipt_id:
        return told | {"status": "duplicate"}
    if reason:
        await connection.execute(dead.insert(), {
            **ours, "dead_event_id": uuid4(), "provider": endpoint.provider, "reason": reason,
            "body_sha256": sha256,
        })  # fmt: skip
        return told
    same = {"tenant_id": endpoint.tenant_id, "provider": endpoint.provider,
            "object_id": found["object_id"], "occurred_at": found["occurred_at"]}  # fmt: skip
    await connection.execute(BOOK, {
        **same, "kind": "sale", "event_id": event_id, "currency": found["currency"],
        "amount_minor": found["amount_minor"], "booked_at": now,
    })  # fmt: skip
    await connection.execute(ADVANCE, {**same, "status": found["status"]})
    await connection.execute(STORE, {
        **ours, **same, "event_id": event_id, "received_at": now,
        "dedup_key": f"{found['event_type']}:{found['object_id']}:{found['amount_minor']}",
        **{name: found[name] for name in (
            "event_type", "currency", "amount_minor", "session_id", "customer_key", "utm_source",
            "utm_medium", "utm_campaign", "redacted_count", "payload")},
    })  # fmt: skip
    return told


@app.post("/webhooks/{provider}/{endpoint_id}")
async def webhook(provider: str, endpoint_id: UUID, request: Request) -> Response:
    """Take one webhook."""
    body = await request.body()
    endpoint = await find(endpoint_id)
    headers = read_headers(request.scope["headers"])
    try:
        delivery = Delivery(headers, body, time.time())
        await load_providers()[provider].verify(delivery, endpoint, None)  # type: ignore[arg-type]
    except Unverified:
        return Response(status_code=401)
    async with engine.begin() as connection:
        receipt = await record(connection, endpoint, headers, body)
    return Response(json.dumps(receipt), media_type="application/json")


def main() -> None:
    """Serve."""
    uvicorn.run(
        "load.peers.fastapi_peer:app", host="127.0.0.1", port=int(os.environ["HOOKLEDGER_PORT"]),
        workers=int(os.environ.get("PEER_WORKERS", "1")), loop="uvloop", http="httptools",
        log_level="warning", access_log=False, timeout_worker_healthcheck=120,
    )  # fmt: skip


if __name__ == "__main__":
    main()
