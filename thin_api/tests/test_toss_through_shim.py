"""A Toss webhook from the sender to the ledger, with a double in place of Toss."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from thin_api.tests.shim_fixtures import (
    Shim,
    SuiteDatabase,
    Target,
    assert_problem,
    count,
    new_target,
    rows,
    running_shim,
)
from thin_api.tests.toss_double import KEY, TossDouble, deposit, payment, running_double, webhook

pytestmark = pytest.mark.anyio

PARTLY: dict[str, Any] = {
    "status": "PARTIAL_CANCELED",
    "balanceAmount": 30000,
    "cancels": [
        {
            "transactionKey": "TXcancel_1",
            "cancelReason": "단순 변심",
            "cancelAmount": 9000,
            "canceledAt": "2026-03-03T10:00:00+09:00",
            "cancelStatus": "DONE",
        }
    ],
}
TABLES = ("webhook_dedup_events", "attribution_events", "dead_events", "revenue_ledger")


@asynccontextmanager
async def around(
    database: SuiteDatabase, *payments: dict[str, Any], **settings: str
) -> AsyncIterator[tuple[Shim, TossDouble, Target]]:
    """Run a shim that asks a double, and make an endpoint."""
    target = new_target(database, "toss", settings={"api_secret_key": KEY} | settings)
    async with (
        running_double(*payments) as double,
        running_shim(database, toss_api_url=double.url, provider_timeout_seconds=5.0) as shim,
    ):
        yield shim, double, target


def ledger(database: SuiteDatabase, target: Target) -> list[tuple[Any, ...]]:
    query = """select kind, object_id, parent_object_id, currency, amount_minor
                 from core.revenue_ledger where tenant_id = %s order by occurred_at"""
    return rows(database, query, target.tenant_id)


def stored(database: SuiteDatabase, target: Target) -> int:
    return sum(count(database, table, target) for table in TABLES)


async def test_only_what_toss_confirms_is_booked(database: SuiteDatabase) -> None:
    async with around(database, payment()) as (shim, _, target):
        forged = webhook(totalAmount=39_000_000, currency="USD", status="CANCELED")
        response = await shim.deliver(target, forged)
    assert (response.status_code, response.json()["status"]) == (200, "accepted")
    assert ledger(database, target) == [("sale", "tdouble_1", None, "KRW", 39000)]
    query = "select verification, occurred_at from core.attribution_events where tenant_id = %s"
    ((verification, occurred_at),) = rows(database, query, target.tenant_id)
    assert (verification, occurred_at.timestamp()) == ("requery", 1_772_460_846)


async def test_each_state_is_told_once(database: SuiteDatabase) -> None:
    """The same transmission again after the payment was cancelled in part: another delivery."""
    async with around(database, payment()) as (shim, double, target):
        answers = [await shim.deliver(target, webhook()), await shim.deliver(target, webhook())]
        double.payments = [payment(**PARTLY)]
        answers += [await shim.deliver(target, webhook()), await shim.deliver(target, webhook())]
    statuses = [answer.json()["status"] for answer in answers]
    assert statuses == ["accepted", "duplicate", "accepted", "duplicate"]
    assert ledger(database, target) == [
        ("sale", "tdouble_1", None, "KRW", 39000),
        ("refund", "TXcancel_1", "tdouble_1", "KRW", -9000),
    ]


async def test_both_topics_of_a_deposit_count_once(database: SuiteDatabase) -> None:
    paid = payment(method="가상계좌", secret="ps_double", card=None)
    async with around(database, paid) as (shim, _, target):
        answers = [await shim.deliver(target, body) for body in (deposit(), webhook())]
    receipts = [answer.json() for answer in answers]
    assert [(r["status"], r["reason"]) for r in receipts] == [
        ("accepted", None),
        ("duplicate", "already_known"),
    ]
    assert ledger(database, target) == [("sale", "tdouble_1", None, "KRW", 39000)]
    query = "select verification, payload::text from core.attribution_events where tenant_id = %s"
    ((verification, payload),) = rows(database, query, target.tenant_id)
    assert verification == "secret"
    assert "ps_double" not in payload


async def test_what_is_not_confirmed_leaves_no_trace(database: SuiteDatabase) -> None:
    other = b'{"eventType":"BILLING_DELETED","data":{"billingKey":"b"}}'
    cancel = b'{"eventType":"CANCEL_STATUS_CHANGED","data":{"transactionKey":"T"}}'
    async with around(database, payment(secret="ps_double"), on_unreachable="store") as world:
        shim, _, target = world
        for body, code in (
            (webhook("tdouble_2"), "unconfirmed"),
            (deposit(secret="ps_sentinel"), "bad_signature"),
            (b'{"sentinel', "missing_signature"),
            (other, "unconfirmed"),
            (cancel, "unconfirmed"),
        ):
            assert_problem(await shim.deliver(target, body), 401, code)
    assert stored(database, target) == 0


async def test_without_toss_the_sender_is_told_to_come_again(database: SuiteDatabase) -> None:
    async with around(database, payment()) as (shim, double, target):
        double.status = 500
        response = await shim.deliver(target, webhook())
        assert response.status_code == 503
        assert "retry-after" in response.headers
        assert stored(database, target) == 0
        double.status = None
        assert (await shim.deliver(target, webhook())).json()["status"] == "accepted"
    assert ledger(database, target) == [("sale", "tdouble_1", None, "KRW", 39000)]


async def test_without_toss_it_may_be_kept_unverified(database: SuiteDatabase) -> None:
    async with around(database, payment(), on_unreachable="store") as (shim, double, target):
        double.delay = 30
        receipt = (await shim.deliver(target, webhook())).json()
        assert (receipt["status"], receipt["reason"]) == ("accepted", "unverified")
        assert ledger(database, target) == []
        double.delay = 0
        assert (await shim.deliver(target, webhook())).json()["status"] == "accepted"
    assert ledger(database, target) == [("sale", "tdouble_1", None, "KRW", 39000)]


async def test_a_payout_is_ignored(database: SuiteDatabase) -> None:
    body = json.dumps({"eventType": "payout.changed", "entityBody": {"email": "a@example.com"}})
    async with around(database) as (shim, double, target):
        response = await shim.deliver(target, body.encode())
        assert double.asked() == []
    receipt = response.json()
    assert (receipt["status"], receipt["reason"]) == ("ignored", "topic")
    assert count(database, "attribution_events", target) == 0
