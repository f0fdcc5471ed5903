"""Our own samples against expectations written by hand."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from thin_api.samples import DEFAULTS, load, names, renew, topic_of
from thin_api.tests.golden import Event, Golden, headers_of, leaves, open_golden
from thin_api.tests.shim_fixtures import SuiteDatabase

ORDER, REFUND = "9000000000000000001", "9000000000000000002"
PAYMENT, CHARGE = "pi_3SAMPLEpayment0000001", "ch_3SAMPLEcharge00000001"
SESSION, INVOICE = "cs_live_a1SAMPLEcheckoutsession0001", "in_1SAMPLEinvoice0000001"
DISPUTE = "dp_1SAMPLEdispute0000001"

# (provider, sample, revenue_from) -> kind, object, parent, currency, amount, occurred_at (UTC)
Expected = tuple[str, str, str | None, str, int, str]
EXPECTED: dict[tuple[str, str, str], Expected] = {
    ("shopify", "orders_create", ""): ("sale", ORDER, None, "USD", 11499, "2026-03-02T14:14:05Z"),
    ("shopify", "orders_paid", ""): ("sale", ORDER, None, "USD", 11499, "2026-03-02T14:14:05Z"),
    ("shopify", "orders_cancelled", ""): (
        ("none", ORDER, None, "USD", 11499, "2026-03-05T13:01:33Z")
    ),
    ("shopify", "refunds_create", ""): (
        ("refund", REFUND, ORDER, "USD", 3848, "2026-03-04T20:30:18Z")
    ),
    ("stripe", "payment_intent.succeeded", ""): (
        ("sale", PAYMENT, None, "USD", 11499, "2026-03-02T14:14:06Z")
    ),
    ("stripe", "payment_intent.succeeded", "invoices"): (
        ("none", PAYMENT, None, "USD", 11499, "2026-03-02T14:14:06Z")
    ),
    ("stripe", "charge.succeeded", ""): (
        ("sale", PAYMENT, None, "USD", 11499, "2026-03-02T14:14:06Z")
    ),
    ("stripe", "charge.refunded", ""): (
        ("refund", f"{CHARGE}:4500", PAYMENT, "USD", 3000, "2026-03-04T20:30:18Z")
    ),
    ("stripe", "charge.dispute.created", ""): (
        ("dispute", DISPUTE, PAYMENT, "USD", 6999, "2026-03-10T13:45:01Z")
    ),
    ("stripe", "checkout.session.completed", ""): (
        ("none", SESSION, None, "USD", 11499, "2026-03-02T14:14:10Z")
    ),
    ("stripe", "checkout.session.completed", "sessions"): (
        ("sale", SESSION, None, "USD", 11499, "2026-03-02T14:14:10Z")
    ),
    ("stripe", "invoice.paid", ""): ("none", INVOICE, None, "EUR", 2900, "2026-03-02T14:15:02Z"),
    ("stripe", "invoice.paid", "invoices"): (
        ("sale", INVOICE, None, "EUR", 2900, "2026-03-02T14:15:02Z")
    ),
}
SAMPLES = sorted({key[:2] for key in EXPECTED})
# Everything personal in the samples, wherever it stands.
PERSONAL = (
    *("robin", "examplesdottir", "quinn", "sampleton", "@example.com", "555-01", "25550143"),
    *("15550178", "invented way", "nowhereville", "madeup", "fictionburg", "203.0.113", "r.e."),
    *(
        "mozilla",
        "with love",
        "neighbour",
        "411111",
        "clientsecret",
        "authenticate",
        "too small",
        "40.0000",
        "for quinn",
    ),
    *("pottery", "calls after", "reader=", "receipts/", "de000000000", "session_id}"),
)


@pytest.fixture(scope="module")
def golden(database: SuiteDatabase) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


def test_all_samples_are_expected() -> None:
    assert [
        (provider, name) for provider in sorted(DEFAULTS) for name in names(provider)
    ] == SAMPLES


@pytest.mark.parametrize(("provider", "name", "revenue_from"), EXPECTED)
def test_golden(golden: Golden, provider: str, name: str, revenue_from: str) -> None:
    topic, body = load(provider, name, fresh=False)
    target = golden.target(provider, {"revenue_from": revenue_from} if revenue_from else {})
    answer = golden.send(target, body, headers_of(provider, topic))
    assert (answer.status, answer.reason) == ("accepted", None)
    kind, object_id, parent, currency, amount, at = EXPECTED[provider, name, revenue_from]
    expected = Event(topic, kind, object_id, parent, currency, amount, datetime.fromisoformat(at))
    assert golden.events(target) == [expected]
    booked = {"sale": [(kind, object_id, currency, amount)], "none": []}
    assert golden.ledger(target) == booked.get(kind, [(kind, object_id, currency, -amount)])


@pytest.mark.parametrize(
    ("provider", "sales"),
    [
        ("shopify", ["orders_create", "orders_paid"]),
        ("stripe", ["charge.succeeded", "payment_intent.succeeded"]),
    ],
)
def test_touch_of_a_sale(golden: Golden, provider: str, sales: list[str]) -> None:
    """All tellings of a sale join one session, under a pseudonym of the tenant."""
    target = golden.target(provider)
    for name in sales:
        topic, body = load(provider, name, fresh=False)
        golden.send(target, body, headers_of(provider, topic))
    query = """select utm_source, utm_medium, utm_campaign, array_agg(distinct session_id)
                 from core.attribution_events where tenant_id = %s group by 1, 2, 3"""
    (touch,) = golden.superuser.execute(query, [target.tenant_id]).fetchall()
    *utm, (session_id,) = touch
    assert utm == ["newsletter", "email", "spring_linen"]
    assert session_id not in (None, "SAMPLEsession5d0c9b")


@pytest.mark.parametrize(("provider", "name"), SAMPLES)
def test_nothing_personal_is_kept(golden: Golden, provider: str, name: str) -> None:
    topic, body = load(provider, name)
    target = golden.target(provider)
    assert golden.send(target, body, headers_of(provider, topic)).status == "accepted"
    kept = golden.kept_text(target)
    assert [text for text in PERSONAL if text in kept] == []


@pytest.mark.parametrize("provider", DEFAULTS)
def test_all_samples_of_a_provider_are_one_story(golden: Golden, provider: str) -> None:
    target = golden.target(provider)
    for name in reversed(names(provider)):  # refund before sale, dispute after refund
        topic, body = load(provider, name, fresh=False)
        assert golden.send(target, body, headers_of(provider, topic)).status == "accepted"
    stories = {
        "shopify": [("refund", REFUND, "USD", -3848), ("sale", ORDER, "USD", 11499)],
        "stripe": [
            ("dispute", DISPUTE, "USD", -6999),
            ("refund", f"{CHARGE}:4500", "USD", -3000),
            ("sale", PAYMENT, "USD", 11499),
        ],
    }
    booked = golden.ledger(target)
    assert booked == stories[provider]


@pytest.mark.parametrize(("provider", "name"), SAMPLES)
def test_fresh_ids(provider: str, name: str) -> None:
    topic, fixed = load(provider, name, fresh=False)
    _, body = load(provider, name)
    _, again = load(provider, name)
    assert topic == topic_of(provider, name)
    assert fixed == load(provider, name, fresh=False)[1]
    assert len({fixed, body, again}) == 3
    assert b"SAMPLE" not in body
    assert b"9000000000000000" not in body
    before, after = (dict(leaves(json.loads(text))) for text in (fixed, body))
    assert before.keys() == after.keys()
    numbers = [value for value in after.values() if isinstance(value, int) and value > 2**53]
    assert all(value < 2**63 for value in numbers)


def test_ids_that_match_still_match() -> None:
    body = renew(
        b'{"id":9000000000000000001,"gid":"Order/9000000000000000001","ref":"xSAMPLE-SAMPLE"}'
    )
    fresh = json.loads(body)
    assert fresh["gid"] == f"Order/{fresh['id']}"
    assert re.fullmatch(r"x(\w+)-\1", fresh["ref"])


def test_unknown_sample_is_named() -> None:
    with pytest.raises(LookupError, match=r"'nothing'.*orders_paid"):
        load("shopify", "nothing")
    with pytest.raises(LookupError, match="none"):
        load("nobody")
