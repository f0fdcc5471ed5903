"""The way of a webhook through the shim, against a real database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from thin_api import samples
from thin_api.settings import Settings
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    Shim,
    Target,
    assert_problem,
    count,
    new_target,
    rows,
    running_shim,
    signed,
    stripe_event,
    until,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shim(database: Database) -> AsyncIterator[Shim]:
    async with running_shim(database) as running:
        yield running


@pytest.fixture(scope="module")
def target(database: Database) -> Target:
    return new_target(database)


@pytest.mark.parametrize(
    ("provider", "name"), [(p, n) for p in ("shopify", "stripe") for n in samples.names(p)]
)
async def test_a_sample_is_accepted_once(
    shim: Shim, database: Database, provider: str, name: str
) -> None:
    target = new_target(database, provider)
    topic, body = samples.load(provider, name)
    first = await shim.deliver(target, body, topic)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    receipt = first.json()
    assert list(receipt) == ["status", "receipt_id", "event_id", "reason"]
    assert receipt["status"] == "accepted"
    assert count(database, "attribution_events", target) == 1
    again = (await shim.deliver(target, body, topic)).json()
    assert again == receipt | {"status": "duplicate"}
    assert count(database, "attribution_events", target) == 1


async def test_fifty_concurrent_copies(shim: Shim, database: Database) -> None:
    target, body = new_target(database), stripe_event()
    answers = await asyncio.gather(*(shim.deliver(target, body) for _ in range(50)))
    assert [answer.status_code for answer in answers] == [200] * 50
    receipts = [answer.json() for answer in answers]
    assert len({receipt["receipt_id"] for receipt in receipts}) == 1
    assert len({receipt["event_id"] for receipt in receipts}) == 1
    assert sorted(receipt["status"] for receipt in receipts) == ["accepted"] + ["duplicate"] * 49
    assert count(database, "attribution_events", target) == 1
    assert count(database, "revenue_ledger", target) == 1
    seen = rows(
        database,
        "select seen_count from core.webhook_dedup_events where tenant_id = %s",
        target.tenant_id,
    )
    assert seen == [(50,)]


async def test_there_is_no_such_endpoint(shim: Shim, target: Target) -> None:
    body = stripe_event()
    headers = signed(target, body)
    for path in (
        f"/webhooks/stripe/{uuid4()}",
        f"/webhooks/shopify/{target.endpoint_id}",
        f"/webhooks/sentinel/{target.endpoint_id}",
        "/webhooks/stripe/sentinel",
        f"/webhooks/stripe/{{{target.endpoint_id}}}",
        f"/webhooks/stripe/urn:uuid:{target.endpoint_id}",
        f"/webhooks/stripe/{target.endpoint_id.hex}",
        "/webhooks/stripe/%00",
    ):
        response = await shim.client.post(path, content=body, headers=headers)
        assert_problem(response, 404, "unknown_endpoint")
    upper = f"/webhooks/stripe/{str(target.endpoint_id).upper()}"
    assert (await shim.client.post(upper, content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize("provider", ["shopify", "stripe"])
async def test_what_is_not_authentic_is_not_stored(
    shim: Shim, database: Database, provider: str
) -> None:
    target = new_target(database, provider)
    topic, body = samples.load(provider)
    headers = signed(target, body, topic)
    name = {"shopify": "x-shopify-hmac-sha256", "stripe": "stripe-signature"}[provider]
    unsigned = {key: value for key, value in headers.items() if key != name}
    stranger = Target(provider, target.tenant_id, target.endpoint_id, "another secret")
    for sent, content, code in (
        (unsigned, body, "missing_signature"),
        (headers | {name: "sentinel"}, body, "malformed_signature"),
        (headers, body + b" ", "bad_signature"),
        (signed(stranger, body, topic), body, "bad_signature"),
    ):
        response = await shim.client.post(target.path, content=content, headers=sent)
        assert_problem(response, 401, code)
        assert "www-authenticate" in response.headers
    for table in ("webhook_dedup_events", "dead_events", "attribution_events"):
        assert count(database, table, target) == 0


async def test_router_errors_are_problems(shim: Shim, target: Target) -> None:
    for path in ("/sentinel", "/webhooks", "/webhooks/stripe", target.path + "/", "/healthz/"):
        assert_problem(await shim.client.post(path, content=b"x"), 404, "not_found")
    for method, path in (("GET", target.path), ("PUT", target.path), ("POST", "/healthz")):
        response = await shim.client.request(method, path)
        assert_problem(response, 405, "method_not_allowed")
        assert response.headers["allow"]


@pytest.mark.parametrize("announced", [True, False])
async def test_body_limit(database: Database, target: Target, announced: bool) -> None:
    async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), 1000):
            yield body[at : at + 1000]

    async with running_shim(database, max_body_bytes=5000) as shim:
        for body, status in ((b"{" + b" " * 4999, 200), (b"{" + b" " * 5000, 413)):
            content: Any = body if announced else in_pieces(body)
            response = await shim.client.post(
                target.path, content=content, headers=signed(target, body)
            )
            if status == 413:
                assert_problem(response, 413, "body_too_large")
            else:
                assert response.json()["status"] in {"dead", "duplicate"}


async def test_a_slow_body_ends_in_408_and_a_lost_one_in_nothing(
    database: Database, target: Target
) -> None:
    body = stripe_event()
    scope = {
        "type": "http",
        "method": "POST",
        "path": target.path,
        "headers": [(k.encode(), v.encode()) for k, v in signed(target, body).items()],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def never() -> Any:
        await asyncio.sleep(60)

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async with running_shim(database, body_timeout_seconds=0.05) as shim:
        await shim.app(dict(scope), never, send)
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]
        sent.clear()
        await shim.app(dict(scope), gone, send)
        assert sent == []
        metrics = await shim.metrics()
    assert 'outcome="refused",provider="stripe",reason="body_timeout"} 1.0' in metrics
    assert 'outcome="aborted",provider="stripe",reason="aborted"} 1.0' in metrics
    assert "hookledger_webhooks_in_flight 0.0" in metrics


async def test_more_than_can_be_handled_is_refused_at_once(
    database: Database, target: Target
) -> None:
    async with running_shim(database, max_in_flight=2, retry_after_seconds=7) as shim:
        with psycopg.connect(database.dsn("superuser")) as blocker:
            blocker.execute("lock table core.webhook_dedup_events in exclusive mode")
            waiting = [asyncio.create_task(shim.deliver(target, stripe_event())) for _ in range(2)]

            async def full() -> bool:
                return "hookledger_webhooks_in_flight 2.0" in await shim.metrics()

            await until(full)
            async with asyncio.timeout(5):
                response = await shim.deliver(target, stripe_event())
            assert_problem(response, 503, "overloaded")
            assert response.headers["retry-after"] == "7"
            blocker.rollback()
            assert [(await task).status_code for task in waiting] == [200, 200]


async def test_a_ping_is_acknowledged_and_not_stored(shim: Shim, database: Database) -> None:
    target = new_target(database, "woocommerce")
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shim.client.post(target.path, content=b"webhook_id=9", headers=form)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"status": "acknowledged"}
    nowhere = await shim.client.post(
        f"/webhooks/woocommerce/{uuid4()}", content=b"webhook_id=9", headers=form
    )
    assert_problem(nowhere, 404, "unknown_endpoint")
    for table in ("webhook_dedup_events", "dead_events", "attribution_events"):
        assert count(database, table, target) == 0
    metrics = await shim.metrics()
    assert 'outcome="acknowledged",provider="woocommerce",reason=""} 1.0' in metrics


async def test_the_pages_beside_the_ingress(shim: Shim) -> None:
    assert (await shim.client.get("/healthz")).json() == {"status": "ok"}
    ready = await shim.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    document = (await shim.client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    schemas = {"Receipt", "Acknowledgement", "Problem", "Health", "Readiness"}
    of_calls = {"ReserveCall", "SettleCall", "Grant", "Settlement", "Release", "Denial"}
    assert set(document["components"]["schemas"]) == schemas | of_calls


def test_the_default_limit_is_two_mebibytes() -> None:
    assert Settings.model_fields["max_body_bytes"].default == 2 * 1024 * 1024
