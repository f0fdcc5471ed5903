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
    signed,
    stripe_event,
)

LABELS = {"provider", "outcome", "reason", "le"}
LOOKS_LIKE_AN_ID = re.compile(r"[0-9a-f]{8}-|[0-9]{3,}|@|[0-9a-f]{12,}|_[A-Za-z0-9]{14,}|/")


@pytest.mark.anyio
async def test_no_label_looks_like_a_tenant_or_an_id(database: Database) -> None:
    async with running_shim(database) as shim:
        for provider in ("shopify", "stripe"):
            target = new_target(database, provider)
            for name in samples.names(provider):
                topic, body = samples.load(provider, name)
                for _ in range(2):
                    assert (await shim.deliver(target, body, topic)).status_code == 200
            for body in (b"{", b"[]", b"\xff", b'{"a": "someone@example.com"}'):
                await shim.deliver(target, body, "orders/paid")
                await shim.client.post(target.path, content=body)
                await shim.client.post(target.path, content=body, headers=signed(target, b"other"))
            await shim.client.post(f"/webhooks/{provider}/{uuid4()}", content=b"x")
        await shim.client.post(f"/webhooks/{uuid4()}/{uuid4()}", content=b"x")
        await shim.deliver(target, stripe_event(type=f"made.up_{uuid4().hex}"))
        page = await shim.client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=")
    values: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page.text):
        assert family.name.startswith("hookledger_")
        for sample in family.samples:
            assert sample.labels.keys() <= LABELS, sample
            for label in sample.labels.keys() - {"le"}:
                values.setdefault(label, set()).add(sample.labels[label])
    assert values["provider"] == {"shopify", "stripe", "unknown"}
    assert {"accepted", "duplicate", "ignored", "dead", "unverified", "refused"} <= values[
        "outcome"
    ]
    assert "other" not in values["reason"]
    for value in set().union(*values.values()):
        assert not LOOKS_LIKE_AN_ID.search(value), value


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
