"""The log: one JSON line per webhook, and nothing in it that came with the webhook."""

import json
import logging
from uuid import uuid4

import pytest

from thin_api import samples
from thin_api.logs import JsonFormatter
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import new_target, running_shim, signed

pytestmark = pytest.mark.anyio

SENTINEL = "sentinel@example.com"


async def test_what_a_webhook_leaves_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    target = new_target(database, "shopify")
    topic, body = samples.load("shopify")
    body = body.replace(b'"note"', f'"note_of_{SENTINEL}"'.encode(), 1)
    nowhere = uuid4()
    headers = signed(target, body, topic) | {"x-shopify-sub-topic": SENTINEL}
    forged = headers | {"x-shopify-hmac-sha256": SENTINEL}
    async with running_shim(database) as shim:
        receipt = (await shim.client.post(target.path, content=body, headers=headers)).json()
        await shim.client.post(target.path, content=body, headers=forged)
        await shim.client.post(f"/webhooks/shopify/{nowhere}", content=body, headers=headers)
        await shim.client.post(f"/webhooks/{SENTINEL}/{SENTINEL}", content=body, headers=headers)
        await shim.client.get(f"/{SENTINEL}")
    formatter = JsonFormatter()
    text = [formatter.format(record) for record in caplog.records]
    lines = [json.loads(line) for line in text]
    webhooks = [line for line in lines if line["message"] == "webhook"]
    assert [(line["outcome"], line["http_status"]) for line in webhooks] == [
        (receipt["status"], 200),
        ("unverified", 401),
        ("refused", 404),
        ("refused", 404),
    ]
    first = webhooks[0]
    assert first["receipt_id"] == receipt["receipt_id"]
    assert first["provider"] == "shopify"
    assert first["reason"] == receipt["reason"]
    assert first["body_bytes"] == len(body)
    assert len(first["body_sha256"]) == 64
    assert first["ms"] > 0
    everything = "\n".join(text)
    for secret in (SENTINEL, str(nowhere), target.secret, headers["x-shopify-hmac-sha256"]):
        assert secret not in everything


def test_other_libraries_and_exceptions_keep_their_values_to_themselves() -> None:
    formatter = JsonFormatter()
    try:
        raise ValueError(SENTINEL)
    except ValueError as error:
        raised = (ValueError, error, error.__traceback__)
        of_an_exception = logging.makeLogRecord({"name": "uvicorn.error", "msg": error})
    of_a_library = logging.makeLogRecord(
        {"name": "uvicorn.error", "msg": "failed: %s", "args": (SENTINEL,), "exc_info": raised}
    )
    of_a_traceback = logging.makeLogRecord(
        {"name": "uvicorn.error", "msg": f"Traceback (most recent call last):\n  {SENTINEL}"}
    )
    line = json.loads(formatter.format(of_a_library))
    assert line["message"] == "failed: %s"
    assert line["exception"]["class"] == "ValueError"
    assert json.loads(formatter.format(of_an_exception))["message"] == "ValueError"
    for record in (of_a_library, of_an_exception, of_a_traceback):
        assert SENTINEL not in formatter.format(record)
