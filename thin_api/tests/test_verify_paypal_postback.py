"""Asking PayPal whether a delivery is its own: over HTTP, against a server that does the check."""

import json

import pytest

from thin_api.tests.paypal_double import TOKEN, VERIFY, PayPalDouble
from thin_api.tests.paypal_fixtures import ask_back, double, outside_of, paypal_server, refusal
from thin_api.tests.shim_fixtures import NOW, NOWHERE
from thin_api.tests.test_verify_shopify import flip
from thin_api.verify import Unverified, paypal, paypal_api

__all__ = ["double", "paypal_server"]

pytestmark = pytest.mark.anyio

# What a parser would write otherwise: spaces, escapes, an order, numbers, the same key twice.
BODY = (
    b'{ "id": "WH-1", "b":1.0,"a" : 1E+2, "a":12345678901234567890123.10,\n\t"url":"https:\\/\\/x",'
    b' "\\u00e9": "\xc3\xa9 \\ud83d\\ude00" , "empty":{},"no":[ ] }'
)


async def test_the_body_is_asked_about_byte_for_byte(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        assert (await ask_back(double, outside, BODY)) is None
    token, verify = double.asked
    assert (token.method, token.path, verify.method, verify.path) == ("POST", TOKEN, "POST", VERIFY)
    assert verify.headers["authorization"] == f"Bearer {double.tokens[0]}"
    assert verify.headers["content-type"] == "application/json"
    assert verify.body.endswith(b',"webhook_event":' + BODY + b"}")
    members, raw = paypal_api.read_message(verify.body)
    assert raw == BODY
    assert members.keys() == {
        "auth_algo",
        "cert_url",
        "transmission_id",
        "transmission_sig",
        "transmission_time",
        "webhook_id",
    }
    assert json.loads(verify.body).keys() == members.keys() | {"webhook_event"}


async def test_what_paypal_does_not_confirm_is_refused(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        for place in range(0, 8 * len(BODY), 37):
            forged = flip(BODY, place)
            assert (await ask_back(double, outside, forged, signed=BODY)) == "bad_signature", place
        assert (await ask_back(double, outside, BODY + b" ", signed=BODY)) == "bad_signature"
        assert (await ask_back(double, outside, BODY, "OTHER")) == "bad_signature"
        headers = double.sign(BODY)
        for header in (paypal.ID, paypal.TIME, paypal.SIGNATURE):
            value = headers[header]
            wrong = {**headers, header: ("1" if value[0] != "1" else "2") + value[1:]}
            secret = double.webhook_id
            reason = await refusal(outside, wrong, BODY, secret, settings=double.postback)
            assert reason == "bad_signature", header


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b'"text"',
        b"null",
        b'{"a":1},"verified":true,"x":{"b":1}',
        b'{"a":1}}',
        b'{"a":1} {"b":2}',
        b'{"a":1',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\n"}',
        b"{'a':1}",
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
async def test_a_body_that_is_not_one_json_object_is_never_asked_about(body: bytes) -> None:
    headers = paypal.sign(body, "ID", topic=None, now=NOW)
    settings = dict(paypal.DEMO_SETTINGS)
    reason = await refusal(NOWHERE, headers, body, "ID", settings=settings)
    assert reason == "bad_signature"


def test_a_long_number_is_no_error() -> None:
    paypal_api.check_event(b'{"a":' + b"9" * 100_000 + b',"b":1e999999}')
    with pytest.raises(Unverified):
        paypal_api.check_event(b'{"a":01}')


async def test_cheap_checks_come_first() -> None:
    headers = paypal.sign(b"{}", "ID", topic=None, now=NOW)
    settings = dict(paypal.DEMO_SETTINGS)
    for header, value, expected in (
        (paypal.SIGNATURE, "", "missing_signature"),
        (paypal.ALGORITHM, "SHA1withRSA", "malformed_signature"),
        (paypal.ID, 'x","webhook_id":"y', "malformed_signature"),
        (paypal.CERT_URL, headers[paypal.CERT_URL].replace("api.", "evil."), "bad_signature"),
    ):
        wrong = {**headers, header: value}
        assert (await refusal(NOWHERE, wrong, b"{}", "ID", settings=settings)) == expected
    for secrets in ((), ("",), ("WEBHOOK_ID",), ('a","b":"c',)):
        reason = await refusal(NOWHERE, headers, b"{}", *secrets, settings=settings)
        assert reason == "bad_signature"


async def test_every_webhook_id_is_tried_until_one_is_right(double: PayPalDouble) -> None:
    right = double.webhook_id
    async with outside_of(double) as outside:
        assert (
            await ask_back(double, outside, BODY, "NEW", "", "WEBHOOK_ID", right, "OLD")
        ) is None
    questions = [asked for asked in double.asked if asked.path == VERIFY]
    tried = [paypal_api.read_message(asked.body)[0]["webhook_id"] for asked in questions]
    assert tried == ["NEW", right]
