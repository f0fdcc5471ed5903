"""PayPal's API as it is: tokens that end, credentials that are wrong, answers that do not come."""

import asyncio
import base64
import json
import logging
import threading
import time

import pytest

from thin_api.tests.paypal_double import TOKEN, VERIFY, Answer, PayPalDouble
from thin_api.tests.paypal_fixtures import ask_back, double, outside_of, paypal_server
from thin_api.tests.shim_fixtures import NOW, until

__all__ = ["double", "paypal_server"]

pytestmark = pytest.mark.anyio

BODY = b'{"id":"WH-1"}'


# -- tokens ----------------------------------------------------------------------------------------


async def test_a_token_is_kept_until_shortly_before_it_ends(double: PayPalDouble) -> None:
    double.expires_in = 600
    async with outside_of(double) as outside:
        for age, tokens in ((0, 1), (539, 1), (541, 2), (1000, 2), (1082, 3)):
            assert (await ask_back(double, outside, BODY, now=NOW + age)) is None
            assert len(double.tokens) == tokens, age


@pytest.mark.parametrize("expires_in", [0, 30, -5, None, "600", True, float("nan"), 10**400])
async def test_a_token_of_odd_length_still_works(double: PayPalDouble, expires_in: object) -> None:
    double.expires_in = expires_in
    async with outside_of(double) as outside:
        for _ in range(2):
            assert (await ask_back(double, outside, BODY)) is None
    assert len(double.tokens) == (1 if expires_in == 10**400 else 2)


async def test_a_token_that_ended_early_is_replaced_once(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        assert (await ask_back(double, outside, BODY)) is None
        double.tokens.clear()
        assert (await ask_back(double, outside, BODY)) is None
        assert double.paths() == [TOKEN, VERIFY, VERIFY, TOKEN, VERIFY]
        double.asked.clear()
        double.answers[VERIFY] = Answer(b"{}", 401)
        assert (await ask_back(double, outside, BODY)) == "unreachable"
        assert double.paths() == [VERIFY, TOKEN, VERIFY]


async def test_one_token_serves_all_who_wait_for_it(double: PayPalDouble) -> None:
    go = threading.Event()
    told = {"access_token": "held", "expires_in": 600}
    double.answers[TOKEN] = Answer(json.dumps(told).encode(), hold=go)
    double.tokens.append("held")
    async with outside_of(double) as outside:
        waiting = asyncio.gather(*[ask_back(double, outside, BODY) for _ in range(10)])
        await until(lambda: len(double.asked) == 1)
        go.set()
        assert (await waiting) == [None] * 10
    assert double.paths().count(TOKEN) == 1


async def test_a_token_belongs_to_id_and_secret(double: PayPalDouble) -> None:
    """Else who knows a client id would have its token used for a webhook of his own."""
    async with outside_of(double) as outside:
        assert (await ask_back(double, outside, BODY)) is None
        assert (await ask_back(double, outside, BODY, client_secret="guessed")) == "unreachable"
        assert (await ask_back(double, outside, BODY, client_id="other")) == "unreachable"
        assert (await ask_back(double, outside, BODY)) is None
    assert len(double.tokens) == 1
    given = [asked.headers["authorization"] for asked in double.asked if asked.path == TOKEN]
    expected = [b"client:secret", b"client:guessed", b"other:secret"]
    assert given == [f"Basic {base64.b64encode(pair).decode()}" for pair in expected]


@pytest.mark.parametrize(
    ("client_id", "client_secret"), [(None, "secret"), ("client", None), ("", ""), ("client", "")]
)
async def test_missing_credentials_lose_nothing_and_are_told_once(
    double: PayPalDouble,
    client_id: str | None,
    client_secret: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with outside_of(double) as outside:
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                reason = await ask_back(
                    double, outside, BODY, client_id=client_id, client_secret=client_secret
                )
                assert reason == "unreachable"
    assert double.asked == []
    messages = [record.message for record in caplog.records]
    expected = "an endpoint has no client_id or client_secret: PayPal cannot be asked"
    assert messages == [expected]


async def test_wrong_credentials_lose_nothing_and_are_told_once(
    double: PayPalDouble, caplog: pytest.LogCaptureFixture
) -> None:
    async with outside_of(double) as outside:
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                assert (
                    await ask_back(double, outside, BODY, client_secret="wrong")
                ) == "unreachable"
    assert [(r.message, r.__dict__["http_status"]) for r in caplog.records] == [
        ("PayPal refuses an endpoint: are its credentials right?", 401)
    ]
    assert "wrong" not in caplog.text


# -- a PayPal in trouble ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", [TOKEN, VERIFY])
@pytest.mark.parametrize("status", [302, 403, 408, 429, 500, 502, 503, 504])
async def test_no_answer_is_no_verdict(double: PayPalDouble, path: str, status: int) -> None:
    told = b'{"verification_status":"SUCCESS","access_token":"x","expires_in":600}'
    double.answers[path] = Answer(told, status, {"location": f"https://{double.host}{path}"})
    async with outside_of(double) as outside:
        assert (await ask_back(double, outside, BODY)) == "unreachable"
        assert double.paths().count(path) == 1
        del double.answers[path]
        assert (await ask_back(double, outside, BODY)) is None


@pytest.mark.parametrize("path", [TOKEN, VERIFY])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"SUCCESS",
        b"<html>",
        b"[]",
        b'"SUCCESS"',
        b"{}",
        b'{"verification_status":"success"}',
        b'{"verification_status":true}',
        b'{"verification_status":["SUCCESS"]}',
        b'{"access_token":null,"expires_in":600}',
        b'{"access_token":"a b","expires_in":600}',
        b'{"access_token":"a\\r\\nx: y","expires_in":600}',
        b'{"access_token":"","expires_in":600}',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"verification_status":"SUCCESS","access_token":"x"}' + b" " * 70_000,
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_verdict(
    double: PayPalDouble, path: str, body: bytes
) -> None:
    double.answers[path] = Answer(body)
    async with outside_of(double) as outside:
        assert (await ask_back(double, outside, BODY)) == "unreachable"
    assert double.paths() == ([TOKEN] if path == TOKEN else [TOKEN, VERIFY])


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_question_that_paypal_does_not_take_is_no_confirmation(
    double: PayPalDouble, status: int
) -> None:
    double.answers[VERIFY] = Answer(b'{"verification_status":"SUCCESS"}', status)
    async with outside_of(double) as outside:
        assert (await ask_back(double, outside, BODY)) == "bad_signature"


@pytest.mark.parametrize("unbounded", [False, True])
@pytest.mark.parametrize("path", [TOKEN, VERIFY])
async def test_a_slow_answer_is_given_up_as_a_whole(
    double: PayPalDouble, path: str, unbounded: bool
) -> None:
    told = b'{"verification_status":"SUCCESS","access_token":"x","expires_in":600}'
    double.answers[path] = Answer(told, pause=0.1)
    async with outside_of(double, unbounded=unbounded, provider_timeout_seconds=0.4) as outside:
        started = time.monotonic()
        assert (await ask_back(double, outside, BODY)) == "unreachable"
        assert time.monotonic() - started < 5


async def test_all_webhook_ids_have_one_deadline(double: PayPalDouble) -> None:
    """Three answers, each in time, that together are not."""
    double.answers[VERIFY] = Answer(b'{"verification_status":"FAILURE"}', pause=0.05)
    async with outside_of(double, provider_timeout_seconds=4.5) as outside:
        assert (await ask_back(double, outside, BODY, "A")) == "bad_signature"
        assert (await ask_back(double, outside, BODY, "A", "B", "C")) == "unreachable"


async def test_nobody_answers(double: PayPalDouble) -> None:
    for url in ("http://localhost:1", "https://localhost:1", "nonsense"):
        async with outside_of(double, paypal_api_url=url) as outside:
            assert (await ask_back(double, outside, BODY)) == "unreachable"
