"""The metrics: labels from a fixed vocabulary, whatever is sent."""

import re
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from thin_api import samples
from thin_api.metrics import REASONS, Metrics, bounded_reason
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    new_target,
    rows,
    running_shim,
    running_stand_in,
    signed,
    stripe_event,
)
from thin_api.verify import load_providers

LABELS = {"provider", "operation", "outcome", "reason", "le"}
LOOKS_LIKE_AN_ID = re.compile(r"[0-9a-f]{8}-|[0-9]{3,}|@|[0-9a-f]{12,}|_[A-Za-z0-9]{14,}|/")


@pytest.mark.anyio
async def test_no_label_looks_like_a_tenant_or_an_id(database: Database) -> None:
    with running_stand_in() as apis:
        page = await page_after_all_sorts_of_webhooks(database, apis)
    values: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        assert family.name.startswith("hookledger_")
        for sample in family.samples:
            assert sample.labels.keys() <= LABELS, sample
            for label in sample.labels.keys() - {"le"}:
                values.setdefault(label, set()).add(sample.labels[label])
    assert values["provider"] == {*load_providers(), "unknown"}
    seen = {"accepted", "duplicate", "ignored", "dead", "acknowledged", "unverified", "refused"}
    assert seen <= values["outcome"]
    assert "other" not in values["reason"] | values["outcome"]
    for value in set().union(*values.values()):
        assert not LOOKS_LIKE_AN_ID.search(value), value


async def page_after_all_sorts_of_webhooks(database: Database, apis: dict[str, str]) -> str:
    async with running_shim(database, provider_timeout_seconds=60.0, **apis) as shim:
        for provider in load_providers():
            target = new_target(database, provider)
            for name in samples.names(provider):
                topic, body = samples.load(provider, name)
                for _ in range(2):
                    assert (await shim.deliver(target, body, topic)).status_code == 200, name
            for body in (b"{", b"[]", b"\xff", b'{"a": "someone@example.com"}'):
                await shim.deliver(target, body, "orders/paid")
                await shim.client.post(target.path, content=body)
                await shim.client.post(target.path, content=body, headers=signed(target, b"other"))
            await shim.client.post(f"/webhooks/{provider}/{uuid4()}", content=b"x")
        await shim.client.post(f"/webhooks/{uuid4()}/{uuid4()}", content=b"x")
        topic = f"made.up_{uuid4().hex}"
        await shim.deliver(new_target(database), stripe_event(type=topic))
        ping = new_target(database, "woocommerce").path
        assert (await shim.client.post(ping, content=b"webhook_id=9")).status_code == 200
        page = await shim.client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=")
    return page.text


def test_the_vocabulary_has_every_reason_of_the_database(database: Database) -> None:
    catalogued = "select reason from core.errors() where sqlstate >= 'HL1' or sqlstate !~ '^HL'"
    for (reason,) in rows(database, catalogued):
        assert reason in REASONS


def test_what_is_not_in_the_vocabulary_is_other() -> None:
    metrics = Metrics(in_flight=lambda: 0, pool_waiting=lambda: 0)
    stranger = str(uuid4())
    metrics.count(stranger, stranger, stranger, 0.1)
    text = metrics.render().decode()
    assert stranger not in text
    assert 'outcome="other",provider="unknown",reason="other"} 1.0' in text
    assert bounded_reason(None) == ""
