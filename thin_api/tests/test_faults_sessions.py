"""Faults of sessions and clocks in the middle of traffic; see test_faults for what must hold."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from thin_api.tests import bodies
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    NO_TLS,
    Target,
    assert_problem,
    count,
    new_target,
    rows,
    until,
)
from thin_api.tests.test_faults import (
    IMPATIENT,
    SHIM_SESSIONS,
    hold_to_its_word,
    new_traffic,
)
from thin_api.tests.test_serve import served
from thin_api.verify import load_providers

pytestmark = pytest.mark.anyio

TERMINATE = f"select count(pg_terminate_backend(pid)) {SHIM_SESSIONS} and datname = %s"
INGEST = "select status from api.ingest_webhook(%s, %s, %s, %s, 'none')"
FEW = 120  # webhooks
TOLERANCE_SECONDS = 300  # of Stripe and Standard Webhooks


async def test_an_administrator_ends_every_session_again_and_again(
    fresh_database: Database, tmp_path: Path
) -> None:
    """`pg_terminate_backend`, ten times while webhooks are under way."""
    traffic = new_traffic(fresh_database, FEW)
    ended: list[int] = []

    async def disturb() -> None:
        for _ in range(10):
            ended.append(rows(fresh_database, TERMINATE, fresh_database.name)[0][0])
            await asyncio.sleep(0.1)

    with served(fresh_database, tmp_path / "log", **IMPATIENT) as (url, _):
        await traffic.send(url, disturb)
        assert sum(ended) >= 3, "sessions were ended"
        await hold_to_its_word(fresh_database, traffic, url)


async def test_an_exhausted_pool_is_503_until_a_connection_is_free(
    fresh_database: Database, tmp_path: Path
) -> None:
    """One connection, held up by a lock, and twelve senders."""
    traffic = new_traffic(fresh_database, FEW)
    sizes = {"HOOKLEDGER_POOL_MIN_SIZE": "1", "HOOKLEDGER_POOL_MAX_SIZE": "1"}
    patience = {"HOOKLEDGER_POOL_TIMEOUT_SECONDS": "0.5"}
    log = tmp_path / "log"

    async def disturb() -> None:
        with psycopg.connect(fresh_database.dsn("superuser")) as blocker:
            blocker.execute("lock table core.webhook_dedup_events in exclusive mode")
            await until(lambda: b'"pool_exhausted"' in log.read_bytes(), 60)

    with served(fresh_database, log, **(IMPATIENT | sizes | patience)) as (url, _):
        await traffic.send(url, disturb)
        await hold_to_its_word(fresh_database, traffic, url)


@contextmanager
def idle_transaction(database: Database, query: str, *values: object) -> Iterator[None]:
    """Hold a transaction open that has done something and does nothing more, then roll it back."""
    with psycopg.connect(database.dsn("superuser"), application_name="forgotten") as forgotten:
        forgotten.execute(query, values)
        yield
        forgotten.rollback()


async def test_a_forgotten_transaction_that_has_only_read_holds_up_nothing(
    fresh_database: Database, tmp_path: Path
) -> None:
    """Held from before the first webhook until after the last, as one of ten minutes would be."""
    traffic = new_traffic(fresh_database, FEW)

    async def nothing() -> None:
        return

    reading = "select count(*) from core.attribution_events"
    with (
        served(fresh_database, tmp_path / "log", **IMPATIENT) as (url, _),
        idle_transaction(fresh_database, reading),
    ):
        await traffic.send(url, nothing)
        answers = [a for told in traffic.first_answers.values() for a in told]
        assert {answer and answer.status_code for answer in answers} == {200}
        await hold_to_its_word(fresh_database, traffic, url)
        state = "select state from pg_stat_activity where application_name = 'forgotten'"
        assert rows(fresh_database, state) == [("idle in transaction",)]


async def test_a_forgotten_transaction_that_holds_a_webhooks_rows_costs_that_webhook_only(
    fresh_database: Database, tmp_path: Path
) -> None:
    """Somebody ingested it by hand and never committed; it is booked once that is rolled back."""
    traffic, body = new_traffic(fresh_database, FEW), bodies.order()
    target = traffic.targets[0]
    headers = load_providers()["shopify"].sign(body, target.secret, topic=None, now=time.time())
    values = (target.tenant_id, target.endpoint_id, Jsonb(headers), body)

    with served(fresh_database, tmp_path / "log", **IMPATIENT) as (url, _):
        async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client:
            with idle_transaction(fresh_database, INGEST, *values):
                held = asyncio.create_task(traffic.deliver(client, body))

                async def nothing() -> None:
                    return

                await traffic.send(url, nothing)
                answer = await held
                assert answer is not None
                assert_problem(answer, 503, "unavailable")
                # The webhooks that shared its connection may have been told to come again.
                assert len(traffic.answered) > traffic.webhooks // 2
            answer = await traffic.deliver(client, body)
            assert answer is not None
            assert answer.json()["status"] == "accepted"
        mine = answer.json()
        query = "select receipt_id::text, event_id::text from core.attribution_events"
        assert (mine["receipt_id"], mine["event_id"]) in rows(fresh_database, query)
        await traffic.redeliver(url)
    assert rows(fresh_database, "select count(*) from core.revenue_ledger") == [
        (traffic.webhooks + 1,)
    ]
    assert rows(fresh_database, "select count(*) from core.dead_events") == [(0,)]


async def test_a_sender_whose_clock_is_wrong_is_refused_and_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    """Beyond the tolerance either way where the provider bounds it; within it all is well."""
    with served(database, tmp_path / "log") as (url, _):
        async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client:
            for provider in ("stripe", "standard"):
                target = new_target(database, provider)
                body = bodies.payment() if provider == "stripe" else _own_order()
                far = TOLERANCE_SECONDS + 60
                skews = (-far, far) if provider == "standard" else (-far,)
                for skew in skews:
                    answer = await _post(client, target, body, skew)
                    assert_problem(answer, 401, "stale_timestamp")
                for table in ("webhook_dedup_events", "dead_events", "attribution_events"):
                    assert count(database, table, target) == 0
                near = TOLERANCE_SECONDS - 120
                told = [(await _post(client, target, body, s)).json() for s in (-near, near, 0)]
                assert [r["status"] for r in told] == ["accepted", "duplicate", "duplicate"]
                assert count(database, "revenue_ledger", target) == 1


def _own_order() -> bytes:
    return (
        b'{"type":"order.paid","timestamp":"2026-03-02T14:14:07Z","data":{"object_id":"o-1",'
        b'"currency":"EUR","amount_minor":1,"occurred_at":"2026-03-02T14:14:05Z"}}'
    )


async def _post(
    client: httpx.AsyncClient, target: Target, body: bytes, skew: float
) -> httpx.Response:
    """Send a webhook of a sender whose clock is ahead by so many seconds."""
    provider = load_providers()[target.provider]
    headers = provider.sign(body, target.secret, topic=None, now=time.time() + skew)
    return await client.post(target.path, content=body, headers=headers)
