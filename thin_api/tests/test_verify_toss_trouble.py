"""Toss does not confirm, because it is away, too slow, or does not let us ask."""

import asyncio
import gzip
import json
import logging
import time
from typing import Any
from uuid import uuid4

import pytest

from thin_api.outside import new_outsides
from thin_api.settings import Settings
from thin_api.tests.toss_double import (
    KEY,
    LATER,
    asking,
    deposit,
    payment,
    running_double,
    webhook,
)
from thin_api.verify import Delivery, Endpoint, Unreachable, Verified, toss

pytestmark = pytest.mark.anyio

PAID = payment()

TROUBLES: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "503": {"status": 503},
    "429": {"status": 429},
    "204": {"status": 204},
    "redirect": {"status": 302, "head": "location: /v1/payments/tdouble_1\r\n"},
    "hangs up": {"hang_up": True},
    "cut short": {"body": b'{"paymentKey"', "head": "content-length: 100\r\n"},
    "no JSON": {"body": b"<html>"},
    "no number": {"body": b'{"paymentKey":"tdouble_1","orderId":"order-tdouble_1","a":NaN}'},
    "a list": {"body": b"[]"},
    "an empty object": {"body": b"{}"},
    "no HTTP": {"head": "a\0b\r\n"},
    "compressed": {
        "body": gzip.compress(json.dumps(PAID).encode()),
        "head": "content-encoding: gzip\r\n",
    },
    "huge": {"body": json.dumps(PAID | {"orderName": "x" * 300_000}).encode()},
    "endless": {"body": b"1" * 400_000, "head": "transfer-encoding: chunked\r\n"},
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_without_an_answer_the_sender_comes_again(trouble: str) -> None:
    async with asking(PAID) as (double, verify):
        vars(double).update(TROUBLES[trouble])
        assert await verify(webhook()) == "unreachable"
        assert await verify(deposit()) == "unreachable"
        assert len(double.requests) == 2


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_without_an_answer_it_may_be_stored_unverified(trouble: str) -> None:
    body = webhook(orderName="é").replace(b'"secret": null, ', b"")
    async with asking(PAID, on_unreachable="store") as (double, verify):
        vars(double).update(TROUBLES[trouble])
        assert await verify(body) == Verified("unverified", body)
        stored = await verify(deposit())
    assert json.loads(stored.body).keys() == {"createdAt", "status", "transactionKey", "orderId"}


@pytest.mark.parametrize("how", [{"delay": 60}, {"drip": 0.05}])
async def test_the_whole_answer_has_to_come_in_time(how: dict[str, float]) -> None:
    """Byte by byte, no single wait would be too long."""
    async with asking(PAID, seconds=0.3) as (double, verify):
        vars(double).update(how)
        started = time.monotonic()
        assert await verify(webhook()) == "unreachable"
        assert time.monotonic() - started < 10


async def test_nobody_listens() -> None:
    async with running_double() as double:
        pass
    outside = new_outsides(Settings(toss_api_url=double.url), ["toss"])["toss"]
    endpoint = Endpoint(uuid4(), uuid4(), "toss", ("k",), {"api_secret_key": KEY})
    async with outside.http:
        with pytest.raises(Unreachable):
            await toss.verify(Delivery({}, webhook(), LATER), endpoint, outside)


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("policy", ["retry", "store"])
async def test_a_wrong_key_loses_nothing_and_is_logged_once(
    status: int, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with asking(PAID, on_unreachable=policy) as (double, verify):
        double.status = status
        assert [await verify(webhook()) for _ in range(3)] == ["unreachable"] * 3
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert "api_secret_key" in record.getMessage()
    assert record.__dict__["http_status"] == status
    assert KEY not in caplog.text


async def test_no_key_loses_nothing_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async with asking(PAID, api_secret_key="", on_unreachable="store") as (double, verify):
        assert [await verify(webhook()), await verify(deposit())] == ["unreachable"] * 2
        assert double.asked() == []
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert "no api_secret_key" in record.getMessage()


async def test_many_are_asked_at_once() -> None:
    payments = [payment(f"many_{i}") for i in range(50)]
    async with asking(*payments) as (double, verify):
        double.delay = 0.05
        answers = await asyncio.gather(*(verify(webhook(p["paymentKey"])) for p in payments))
    assert {answer.how for answer in answers} == {"requery"}
