"""The route that names the topic: POST /api/webhooks/{provider}/{topic}."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from thin_api import samples
from thin_api.ingress import ENDPOINT_HEADER, MAX_TOPIC_LENGTH, TOPIC_HEADER
from thin_api.tests.cluster import Database
from thin_api.tests.golden import Golden, open_golden
from thin_api.tests.golden import Target as GoldenTarget
from thin_api.tests.shim_fixtures import (
    Shim,
    Target,
    assert_problem,
    count,
    new_target,
    rows,
    running_shim,
    running_stand_in,
    signed,
    stripe_event,
)
from thin_api.verify import load_providers

pytestmark = pytest.mark.anyio

# provider, topic of the URL, sample
MATCHING = [
    ("shopify", "order_create", "orders/create"),
    ("shopify", "orders/paid", "orders/paid"),
    ("stripe", "payment_intent_succeeded", "payment_intent.succeeded"),
    ("stripe", "payment_intent/succeeded", "payment_intent.succeeded"),
    ("paypal", "sale_completed", "PAYMENT.SALE.COMPLETED"),
    ("woocommerce", "order_completed", "order.updated"),
    ("woocommerce", "order/updated", "order.updated"),
    ("standard", "order_paid", "order.paid"),
    ("toss", "payment_status_changed", "PAYMENT_STATUS_CHANGED"),
]
CONTRADICTING = [
    ("shopify", "order_create", "refunds/create"),
    ("stripe", "charge_refunded", "payment_intent.succeeded"),
    ("paypal", "sale_completed", "PAYMENT.CAPTURE.COMPLETED"),
    ("woocommerce", "order_refunded", "order.updated"),
]


@pytest.fixture(scope="module")
def apis() -> Iterator[dict[str, str]]:
    with running_stand_in() as settings:
        yield settings


@pytest.fixture
async def shim(database: Database, apis: dict[str, str]) -> AsyncIterator[Shim]:
    async with running_shim(database, **apis) as running:
        yield running


@pytest.fixture
def golden(database: Database) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


def route(provider: str, topic: str) -> str:
    return f"/api/webhooks/{provider}/{topic}"


def addressed(target: Target, body: bytes, topic: str | None = None) -> dict[str, str]:
    """Return the headers of a delivery signed now, the endpoint among them."""
    return signed(target, body, topic) | {ENDPOINT_HEADER: str(target.endpoint_id)}


@pytest.mark.parametrize(("provider", "topic", "sample"), MATCHING)
async def test_a_delivery_of_the_topic_is_accepted(
    shim: Shim, database: Database, provider: str, topic: str, sample: str
) -> None:
    target = new_target(database, provider)
    own_topic, body = samples.load(provider, sample)
    if topic == "order_completed":  # WooCommerce knows no such topic, only orders of this status
        body = body.replace(b'"status":"processing"', b'"status":"completed"', 1)
    headers = addressed(target, body, own_topic)
    answer = await shim.client.post(route(provider, topic), content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert (receipt["status"], receipt["reason"]) == ("accepted", None)
    assert count(database, "attribution_events", target) == 1
    again = await shim.client.post(target.path, content=body, headers=headers)
    assert again.json() == receipt | {"status": "duplicate"}


@pytest.mark.parametrize(("provider", "topic", "sample"), CONTRADICTING)
async def test_a_delivery_that_contradicts_the_topic_is_dead(
    shim: Shim, database: Database, provider: str, topic: str, sample: str
) -> None:
    target = new_target(database, provider)
    own_topic, body = samples.load(provider, sample)
    headers = addressed(target, body, own_topic)
    answer = await shim.client.post(route(provider, topic), content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["reason"]) == ("dead", "topic_mismatch")
    assert count(database, "attribution_events", target) == 0
    assert count(database, "dead_events", target) == 1
    metrics = await shim.metrics()
    assert f'outcome="dead",provider="{provider}",reason="topic_mismatch"}}' in metrics


async def test_the_topic_of_the_url_stands_in_for_a_missing_header(
    shim: Shim, database: Database
) -> None:
    target = new_target(database, "shopify")
    topic, body = samples.load("shopify", "orders/paid")
    headers = addressed(target, body, topic)
    del headers["x-shopify-topic"]
    answer = await shim.client.post(route("shopify", "orders_paid"), content=body, headers=headers)
    assert answer.json()["status"] == "accepted"
    assert rows(
        database,
        "select event_type from core.attribution_events where tenant_id = %s",
        target.tenant_id,
    ) == [("orders/paid",)]


async def test_the_header_has_to_name_an_endpoint_of_the_provider(
    shim: Shim, database: Database
) -> None:
    target, other = new_target(database), new_target(database, "shopify")
    body = stripe_event()
    headers = signed(target, body)
    for sent in (
        {},
        {ENDPOINT_HEADER: ""},
        {ENDPOINT_HEADER: "sentinel"},
        {ENDPOINT_HEADER: str(uuid4())},
        {ENDPOINT_HEADER: target.endpoint_id.hex},
        {ENDPOINT_HEADER: f"{target.endpoint_id}, {target.endpoint_id}"},
        {ENDPOINT_HEADER: str(other.endpoint_id)},
    ):
        answer = await shim.client.post(
            route("stripe", "payment_intent_succeeded"), content=body, headers=headers | sent
        )
        assert_problem(answer, 404, "unknown_endpoint")
    named = headers | {ENDPOINT_HEADER: str(target.endpoint_id)}
    for path, code in (
        (route("sentinel", "order_create"), "unknown_endpoint"),
        (route("stripe", ""), "not_found"),
        ("/api/webhooks/stripe", "not_found"),
        ("/api/webhooks/", "not_found"),
    ):
        assert_problem(await shim.client.post(path, content=body, headers=named), 404, code)
    assert count(database, "webhook_dedup_events", target) == 0


async def test_everything_else_is_as_with_the_endpoint_in_the_url(
    database: Database,
) -> None:
    target, body = new_target(database), stripe_event()
    headers = addressed(target, body)
    path = route("stripe", "payment_intent_succeeded")
    async with running_shim(database, max_body_bytes=5000) as shim:
        forged = await shim.client.post(path, content=body + b" ", headers=headers)
        assert_problem(forged, 401, "bad_signature")
        large = await shim.client.post(path, content=b" " * 5001, headers=headers)
        assert_problem(large, 413, "body_too_large")
        assert_problem(await shim.client.get(path, headers=headers), 405, "method_not_allowed")
        assert count(database, "webhook_dedup_events", target) == 0
        document = (await shim.client.get("/openapi.json")).json()
    (plain,) = document["paths"]["/webhooks/{provider}/{endpoint_id}"].values()
    (by_topic,) = document["paths"]["/api/webhooks/{provider}/{topic}"].values()
    assert by_topic["responses"] == plain["responses"]
    assert [p["name"] for p in by_topic["parameters"]] == [
        "provider",
        "topic",
        "X-Hookledger-Endpoint",
    ]


async def test_a_senders_own_header_never_names_the_topic(shim: Shim, database: Database) -> None:
    target = new_target(database)
    lie = {TOPIC_HEADER: "charge.refunded"}
    for path in (target.path, route("stripe", "payment_intent.succeeded")):
        body = stripe_event()
        headers = addressed(target, body) | lie
        answer = await shim.client.post(path, content=body, headers=headers)
        assert answer.json()["status"] == "accepted"
    for provider in load_providers().values():
        assert TOPIC_HEADER not in provider.FORWARDED | provider.ALIASES.keys()


async def test_what_the_url_says_is_bounded_and_holds_nothing_personal(
    shim: Shim, database: Database, golden: Golden
) -> None:
    target = new_target(database)
    said = f"the order of robin@example.com, %00{'x' * 300}"
    body = stripe_event()
    headers = addressed(target, body)
    answer = await shim.client.post(route("stripe", said), content=body, headers=headers)
    assert answer.json()["reason"] == "topic_mismatch"
    own = GoldenTarget(target.tenant_id, target.endpoint_id, "stripe")
    (letter,) = golden.dead(own)
    assert 150 < len(letter.headers[TOPIC_HEADER]) <= MAX_TOPIC_LENGTH
    assert "robin" not in golden.kept_text(own)
