"""One field of a sample changed: which statuses are revenue, and how amounts are read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from thin_api.samples import load
from thin_api.tests.bodies import order, payment
from thin_api.tests.golden import Golden, headers_of, open_golden
from thin_api.tests.shim_fixtures import SuiteDatabase

PAYMENT, CHARGE = "pi_3SAMPLEpayment0000001", "ch_3SAMPLEcharge00000001"
SESSION, INVOICE = "cs_live_a1SAMPLEcheckoutsession0001", "in_1SAMPLEinvoice0000001"


@pytest.fixture(scope="module")
def golden(database: SuiteDatabase) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


SHOPIFY_VARIATIONS: list[tuple[str, dict[str, Any], dict[str, str], str, str | None]] = [
    # topic, changed fields, added headers, status and kind
    ("orders/create", {"financial_status": "pending"}, {}, "accepted", "none"),
    ("orders/create", {"financial_status": "authorized"}, {}, "accepted", "none"),
    ("orders/create", {"financial_status": "partially_paid"}, {}, "accepted", "none"),
    ("orders/create", {"financial_status": "refunded"}, {}, "accepted", "sale"),
    ("orders/create", {"financial_status": "partially_refunded"}, {}, "accepted", "sale"),
    ("orders/paid", {"total_price": "0.00"}, {}, "accepted", "none"),
    ("orders/paid", {"test": True}, {}, "ignored", None),
    ("orders/paid", {}, {"x-shopify-test": "true"}, "ignored", None),
    ("orders/paid", {}, {"x-shopify-test": "false"}, "accepted", "sale"),
    ("orders/updated", {}, {}, "ignored", None),
    ("customers/create", {"id": None}, {}, "ignored", None),
]


@pytest.mark.parametrize(("topic", "changes", "added", "status", "kind"), SHOPIFY_VARIATIONS)
def test_shopify_variation(
    golden: Golden,
    topic: str,
    changes: dict[str, Any],
    added: dict[str, str],
    status: str,
    kind: str | None,
) -> None:
    target = golden.target("shopify")
    body = json.dumps(json.loads(load("shopify", "orders/create")[1]) | changes).encode()
    answer = golden.send(target, body, headers_of("shopify", topic) | added)
    assert answer.status == status
    assert [event.kind for event in golden.events(target)] == ([kind] if kind else [])


UNPAID = {"payment_status": "unpaid"}
STRIPE_VARIATIONS: list[tuple[str, dict[str, Any], str, str, str, int]] = [
    # sample, changes of data.object, revenue_from; then kind, object and amount
    ("charge.succeeded", {"payment_intent": None}, "", "sale", CHARGE, 11499),
    ("charge.succeeded", {"payment_intent": None, "captured": False}, "", "none", CHARGE, 11499),
    ("charge.succeeded", {}, "sessions", "none", PAYMENT, 11499),
    ("payment_intent.succeeded", {"amount_received": 9000}, "", "sale", PAYMENT, 9000),
    ("charge.refunded", {"payment_intent": None}, "", "refund", f"{CHARGE}:4500", 3000),
    ("charge.refunded", {"amount_refunded": 1501}, "", "refund", f"{CHARGE}:1501", 1),
    ("charge.refunded", {}, "invoices", "refund", f"{CHARGE}:4500", 3000),
    ("checkout.session.completed", UNPAID, "sessions", "none", SESSION, 11499),
    ("checkout.session.completed", {"amount_total": 0}, "sessions", "none", SESSION, 0),
    ("invoice.paid", {"amount_paid": 0}, "invoices", "none", INVOICE, 0),
]


@pytest.mark.parametrize(
    ("name", "changes", "revenue_from", "kind", "object_id", "amount"), STRIPE_VARIATIONS
)
def test_stripe_variation(
    golden: Golden,
    name: str,
    changes: dict[str, Any],
    revenue_from: str,
    kind: str,
    object_id: str,
    amount: int,
) -> None:
    target = golden.target("stripe", {"revenue_from": revenue_from} if revenue_from else {})
    event = json.loads(load("stripe", name, fresh=False)[1])
    event["data"]["object"] |= changes
    golden.send(target, json.dumps(event).encode(), {})
    (kept,) = golden.events(target)
    assert (kept.kind, kept.object_id, kept.amount_minor) == (kind, object_id, amount)


def test_session_without_an_amount_is_context(golden: Golden) -> None:
    """Setup mode: amount_total and currency are null."""
    target = golden.target("stripe", {"revenue_from": "sessions"})
    event = json.loads(load("stripe", "checkout.session.completed")[1])
    event["data"]["object"] |= {"amount_total": None, "currency": None, "mode": "setup"}
    assert golden.send(target, json.dumps(event).encode(), {}).status == "accepted"
    assert [(kept.kind, kept.amount_minor) for kept in golden.events(target)] == [("none", None)]


MONEY: list[tuple[str, str, str | int, int]] = [
    # provider, currency, as sent, in ISO 4217 minor units
    ("shopify", "USD", "10.50", 1050),
    ("shopify", "USD", "0.01", 1),
    ("shopify", "JPY", "1500", 1500),
    ("shopify", "JPY", "1500.00", 1500),
    ("shopify", "KRW", "25000", 25000),
    ("shopify", "KWD", "12.345", 12345),
    ("shopify", "BHD", "12.34", 12340),
    ("shopify", "ISK", "900", 900),
    ("shopify", "MGA", "900.00", 90000),
    ("shopify", "CLP", "990", 990),
    ("stripe", "usd", 1050, 1050),
    ("stripe", "jpy", 1500, 1500),
    ("stripe", "krw", 25000, 25000),
    ("stripe", "vnd", 25000, 25000),
    ("stripe", "clp", 990, 990),
    ("stripe", "huf", 100000, 100000),
    ("stripe", "twd", 100000, 100000),
    ("stripe", "isk", 900, 9),
    ("stripe", "ugx", 500, 5),
    ("stripe", "mga", 900, 90000),
    ("stripe", "bhd", 12340, 12340),
    ("stripe", "kwd", 5120, 5120),
    ("stripe", "tnd", 5120, 5120),
]


@pytest.mark.parametrize(("provider", "currency", "sent", "minor"), MONEY)
def test_minor_units(
    golden: Golden, provider: str, currency: str, sent: str | int, minor: int
) -> None:
    target = golden.target(provider)
    if provider == "shopify":
        body = order(currency=currency, total_price=sent)
    else:
        body = payment({"currency": currency, "amount_received": sent})
    assert golden.send(target, body, headers_of(provider, load(provider)[0])).status == "accepted"
    ((_, _, booked, amount),) = golden.ledger(target)
    assert (booked, amount) == (currency.upper(), minor)
