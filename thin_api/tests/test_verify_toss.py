"""Toss: its API confirms what unsigned webhooks tell; a double plays the API."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thin_api.tests.toss_double import KEY, LATER, asking, deposit, payment, webhook
from thin_api.verify import Verified, toss
from thin_api.verify.toss_api import Literal, read_object, to_json

pytestmark = pytest.mark.anyio

PAID = payment()
VIRTUAL = payment(method="가상계좌", secret="ps_double", card=None)
CANCEL = b'{"eventType":"CANCEL_STATUS_CHANGED","data":{"transactionKey":"T","cancelAmount":1}}'


def changed(body: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(body) | changes).encode()


async def test_a_payment_is_what_toss_answers() -> None:
    async with asking(PAID) as (double, verify):
        verified = await verify(webhook(totalAmount=1, status="CANCELED", currency="USD"))
    assert isinstance(verified, Verified)
    assert verified.how == "requery"
    assert json.loads(verified.body) == {
        "eventType": "PAYMENT_STATUS_CHANGED",
        "createdAt": "2026-03-02T23:14:06.65327",
        "data": {k: v for k, v in PAID.items() if k != "secret"},
    }
    ((method, target, headers),) = double.requests
    assert (method, target) == ("GET", "/v1/payments/tdouble_1")
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == f"{KEY}:".encode()


async def test_the_same_state_gives_the_same_bytes() -> None:
    async with asking(PAID) as (_, verify):
        first = await verify(webhook(totalAmount=1))
        assert await verify(webhook(status="ABORTED")) == first


async def test_a_deposit_is_confirmed_by_its_secret() -> None:
    async with asking(VIRTUAL) as (double, verify):
        verified = await verify(deposit())
        assert double.asked() == ["/v1/payments/orders/order-tdouble_1"]
        refused = [
            await verify(deposit(secret=secret)) for secret in ("ps_other", "ps_doubl", "ps_döuble")
        ]
    assert refused == ["bad_signature"] * 3
    assert isinstance(verified, Verified)
    assert verified.how == "secret"
    assert b"ps_double" not in verified.body
    told = json.loads(verified.body)
    assert (told["eventType"], told["data"]["totalAmount"]) == ("DEPOSIT_CALLBACK", 39000)


async def test_a_payment_without_secret_confirms_no_deposit() -> None:
    async with asking(payment(secret=None), payment("empty", secret="")) as (_, verify):
        assert await verify(deposit(secret="None")) == "bad_signature"
        assert await verify(deposit("empty", secret="x")) == "bad_signature"


async def test_a_secret_is_never_handed_on() -> None:
    async with asking(VIRTUAL, on_unreachable="store") as (double, verify):
        bodies = [(await verify(webhook(secret="ps_double"))).body]
        double.status = 500
        bodies += [(await verify(body)).body for body in (webhook(secret="ps_double"), deposit())]
    assert [body for body in bodies if b"ps_double" in body or b"secret" in body] == []


async def test_numbers_come_as_toss_wrote_them() -> None:
    raw = b'{"paymentKey":"k1","a":12345678901234567890,"b":5000.0,"c":1.10,"d":1e2,"e":"\\u00e9"}'
    async with asking() as (double, verify):
        double.body = raw
        verified = await verify(webhook("k1"))
    assert verified.body.endswith(b'"data":' + raw + b"}")


@pytest.mark.parametrize("policy", ["retry", "store"])
async def test_what_toss_does_not_know_is_refused(policy: str) -> None:
    async with asking(PAID, on_unreachable=policy) as (_, verify):
        assert await verify(webhook("tdouble_2")) == "unconfirmed"
        assert await verify(deposit("tdouble_2")) == "unconfirmed"


async def test_another_payment_is_no_confirmation() -> None:
    async with asking() as (double, verify):
        double.body = json.dumps(payment("tdouble_9")).encode()
        assert await verify(webhook()) == "unconfirmed"
        assert await verify(deposit()) == "unconfirmed"


@pytest.mark.parametrize(
    "key",
    [
        *("../orders/order-tdouble_1", "..", ".", "a/b", "a%2Fb", "a?b", "a#b", "a b", "a\nb"),
        *("a\\b", "a@b", "a:b", "á", "a\0", "", "k" * 201, "\uff11", "<UniqueId name='x' />"),
    ],
)
async def test_a_key_cannot_steer_the_request(key: str) -> None:
    async with asking(PAID) as (double, verify):
        assert await verify(webhook(key)) == "unconfirmed"
        if key:
            assert await verify(deposit(orderId=key)) == "unconfirmed"
        assert double.asked() == []


async def test_an_equals_sign_is_encoded() -> None:
    async with asking() as (double, verify):
        assert await verify(webhook("a=b.c")) == "unconfirmed"
        assert double.asked() == ["/v1/payments/a%3Db.c"]


NESTED = b'{"a":' * 40 + b"1" + b"}" * 40


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "missing_signature"),
        (b"[]", "missing_signature"),
        (b"{", "missing_signature"),
        (b"\xff\xfe{}", "missing_signature"),
        (b"[" * 100_000, "missing_signature"),
        (NESTED, "missing_signature"),
        (changed(webhook(), deep=json.loads(NESTED)), "missing_signature"),
        (b'{"eventType":"PAYMENT_STATUS_CHANGED","data":{"paymentKey":NaN}}', "missing_signature"),
        (webhook(orderName="x" * 300_000), "missing_signature"),
        (changed(webhook(), data=None), "missing_signature"),
        (changed(webhook(), data=[PAID]), "missing_signature"),
        (changed(webhook(), data={"orderId": "o"}), "missing_signature"),
        (changed(webhook(), data={"paymentKey": 7}), "missing_signature"),
        (changed(webhook(), eventType=["PAYMENT_STATUS_CHANGED"]), "missing_signature"),
        (deposit(secret=""), "missing_signature"),
        (deposit(secret=None), "missing_signature"),
        (b'{"status":"DONE","transactionKey":"T","orderId":"o"}', "missing_signature"),
        (b'{"eventType":"payout.changed"}', "missing_signature"),
        (b'{"eventType":"seller.changed"}', "missing_signature"),
        (CANCEL, "unconfirmed"),
        (b'{"eventType":"BILLING_DELETED","data":{}}', "unconfirmed"),
        (b'{"eventType":"METHOD_UPDATED","data":{}}', "unconfirmed"),
        (b'{"eventType":"CUSTOMER_STATUS_CHANGED","data":{}}', "unconfirmed"),
        (b'{"eventType":"payment_status_changed","data":{"paymentKey":"k"}}', "unconfirmed"),
    ],
)
async def test_what_names_no_payment_is_refused_unasked(body: bytes, reason: str) -> None:
    async with asking(PAID, on_unreachable="store") as (double, verify):
        assert await verify(body) == reason
        assert double.asked() == []


async def test_a_cancel_that_names_its_payment_is_confirmed() -> None:
    async with asking(PAID) as (_, verify):
        verified = await verify(changed(webhook(), eventType="CANCEL_STATUS_CHANGED"))
    assert verified.how == "requery"
    assert json.loads(verified.body)["eventType"] == "CANCEL_STATUS_CHANGED"


async def test_a_signature_does_not_replace_the_question() -> None:
    body = webhook("tdouble_2")
    headers = toss.sign(body, "a key", topic="payout.changed", now=LATER)
    async with asking(PAID) as (_, verify):
        assert await verify(body, headers) == "unconfirmed"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("2026-03-02T23:14:06.65327", True),
        ("2026-03-02T23:14:06", True),
        ("2026-03-02T23:14:06.123456789", True),
        ("2026-03-02T23:14:06+09:00", True),
        ("2026-03-04T13:53:20", True),  # now, in Korea
        ("2026-03-04T13:53:21", False),  # a second ahead
        ("2099-01-01T00:00:00", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("0001-01-01T00:00:00+09:00", False),
        ("1999-01-01T00:00:00", False),
        ("2026-13-01T00:00:00", False),
        ("kim@example.com", False),
        ("", False),
        (1772600000, False),
        (None, False),
    ],
)
async def test_the_time_of_an_unsigned_webhook_is_kept_where_it_can_be(
    told: object, kept: bool
) -> None:
    async with asking(PAID) as (_, verify):
        verified = await verify(changed(webhook(), createdAt=told))
    expected = told if kept else "2026-03-04T13:53:20+09:00"
    assert json.loads(verified.body)["createdAt"] == expected


# -- reading and writing JSON ----------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON))
def test_what_is_read_is_written_again(value: dict[str, Any]) -> None:
    read = read_object(json.dumps(value).encode())
    assert read is None or json.loads(to_json(read)) == value
    assert to_json(json.loads("[]")) == "[]"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_fraction_loses_a_digit(number: float) -> None:
    read = read_object(f'{{"a":{number!r}}}'.encode())
    assert read is not None
    assert isinstance(read["a"], Literal)
    assert to_json(read) == f'{{"a":{number!r}}}'
