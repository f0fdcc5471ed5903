"""PayPal through the shim and into the database: verified by its certificate, and by asking."""

import json
import zlib

import pytest

from thin_api import samples
from thin_api.tests.cluster import Database
from thin_api.tests.paypal_double import CERTS, VERIFY, Answer, PayPalDouble
from thin_api.tests.paypal_fixtures import double, paypal_server
from thin_api.tests.shim_fixtures import (
    Target,
    assert_problem,
    count,
    new_target,
    rows,
    running_shim,
)
from thin_api.verify import paypal

__all__ = ["double", "paypal_server"]

pytestmark = pytest.mark.anyio

STORED = ("webhook_dedup_events", "attribution_events", "revenue_ledger", "dead_events")


def stored(database: Database, target: Target) -> list[int]:
    return [count(database, table, target) for table in STORED]


def same_crc32(body: bytes, wanted: int) -> bytes:
    """Return the body with its 64 trailing "@" replaced so that its CRC32 is the wanted one.

    Each "@" may become an "A", which flips one bit; CRC32 is linear, so that which of them have to
    is a system of 32 equations.
    """
    places = range(len(body) - 66, len(body) - 2)
    rows_ = []
    for place in places:
        flipped = body[:place] + b"A" + body[place + 1 :]
        rows_.append((zlib.crc32(flipped) ^ zlib.crc32(body), 1 << place - places[0]))
    target, chosen = zlib.crc32(body) ^ wanted, 0
    for bit in range(32):
        pivot = next((row for row in rows_ if row[0] >> bit & 1), None)
        if pivot is None:
            continue
        rows_.remove(pivot)
        rows_ = [
            (row[0] ^ pivot[0], row[1] ^ pivot[1]) if row[0] >> bit & 1 else row for row in rows_
        ]
        if target >> bit & 1:
            target, chosen = target ^ pivot[0], chosen ^ pivot[1]
    assert target == 0
    letters = bytes(b"@A"[chosen >> n & 1] for n in range(64))
    return body[:-66] + letters + body[-2:]


@pytest.mark.parametrize("way", ["offline", "postback"])
async def test_a_sale_is_booked_once(database: Database, double: PayPalDouble, way: str) -> None:
    settings = double.postback if way == "postback" else {"verification": "offline"}
    target = new_target(database, "paypal", double.webhook_id, settings=settings)
    _, body = samples.load("paypal")
    headers = double.sign(body)
    async with running_shim(database, **double.settings) as shim:
        first = await shim.client.post(target.path, content=body, headers=headers)
        assert first.json()["status"] == "accepted", first.text
        again = await shim.client.post(target.path, content=body, headers=headers)
        assert again.json() == first.json() | {"status": "duplicate"}
        # A resend has a transmission of its own.
        resent = await shim.client.post(target.path, content=body, headers=double.sign(body))
        assert resent.json() == first.json() | {"status": "duplicate"}
        for forged in (body.replace(b'"value":"1', b'"value":"9', 1), body + b" "):
            answer = await shim.client.post(target.path, content=forged, headers=headers)
            assert_problem(answer, 401, "bad_signature")
    assert stored(database, target) == [1, 1, 1, 0]
    verified = "select verification from core.attribution_events where tenant_id = %s"
    how = {"offline": "signature", "postback": "postback"}[way]
    assert rows(database, verified, target.tenant_id) == [(how,)]
    assert double.paths().count(VERIFY) == (5 if way == "postback" else 0)


async def test_another_body_of_the_same_crc32_is_never_booked(
    database: Database, double: PayPalDouble
) -> None:
    """It bears PayPal's signature: what stops it is that its transmission is known."""
    target = new_target(database, "paypal", double.webhook_id, settings={})
    _, body = samples.load("paypal")
    event = json.loads(body)
    headers = double.sign(body)
    event["id"] = f"{event['id']}X"
    event["resource"]["id"] = f"{event['resource']['id']}X"
    event["resource"]["amount"]["value"] = "99999.00"
    padded = json.dumps(event | {"padding": "@" * 64}).encode()
    forged = same_crc32(padded, zlib.crc32(body))
    assert zlib.crc32(forged) == zlib.crc32(body)
    assert json.loads(forged)["resource"]["amount"]["value"] == "99999.00"
    async with running_shim(database, **double.settings) as shim:
        first = await shim.client.post(target.path, content=body, headers=headers)
        assert first.json()["status"] == "accepted", first.text
        answer = await shim.client.post(target.path, content=forged, headers=headers)
        assert (answer.json()["status"], answer.json()["reason"]) == (
            "dead",
            "delivery_id_conflict",
        )
    assert stored(database, target)[1:3] == [1, 1]


async def test_a_paypal_that_is_away_loses_nothing(
    database: Database, double: PayPalDouble
) -> None:
    target = new_target(database, "paypal", double.webhook_id, settings={})
    _, body = samples.load("paypal")
    url = double.serve_as(Answer(status=503), "away")
    headers = double.sign(body, cert_url=url)
    async with running_shim(database, **double.settings) as shim:
        answer = await shim.client.post(target.path, content=body, headers=headers)
        assert_problem(answer, 503, "provider_unreachable")
        assert stored(database, target) == [0, 0, 0, 0]
        double.answers[f"{CERTS}CERT-away"] = double.answers[f"{CERTS}CERT-double"]
        answer = await shim.client.post(target.path, content=body, headers=headers)
        assert answer.json()["status"] == "accepted"


async def test_what_is_sent_by_hand_is_refused_offline(
    database: Database, double: PayPalDouble
) -> None:
    """The sender has to be PayPal, or the stand-in has to be asked."""
    target = new_target(database, "paypal", double.webhook_id, settings={})
    topic, body = samples.load("paypal")
    async with running_shim(database) as shim:
        assert_problem(await shim.deliver(target, body, topic), 401, "bad_signature")
    assert stored(database, target) == [0, 0, 0, 0]
    assert paypal.DEMO_SETTINGS["verification"] == "postback"
