"""Spoiled webhooks through the ingress: what is signed is recorded, nothing is a server error."""

import json
from collections.abc import AsyncIterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thin_api import samples
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    Shim,
    Target,
    new_target,
    running_shim,
    shared_folder,
    signed,
)

pytestmark = pytest.mark.anyio

PROVIDERS = ("shopify", "stripe")
STATUSES = {"accepted", "duplicate", "ignored", "superseded", "dead"}
NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 10**20, -(2**63), 0.1, 1e-99, 1e300),
    *("", " ", "0", "-0", "1e400", "NaN", "Infinity", "12.345", "99999999999999999999", "0x1"),
    *("2026-13-45", "infinity", "9999-12-31T23:59:59Z", "0001-01-01", "now", "1970-01-01"),
    *("XXX", "jpy", "usd", "\u0130", "\ufeff", "\u202e", "\U0001f600" * 50, "a" * 5000, "%s:name"),
    *("someone@example.com", "4111 1111 1111 1111", "\\u0000", "'; drop table x; --", "\x7f"),
    *([], {}, [[]], [None], {"a": {}}, {"": ""}, [{}] * 40, {"email": "someone@example.com"}),
)
RAW = (b"1e400", b"-0", b'"\\u0000"', b'"\\ud800"', b"NaN", b"\xff", b"1" * 400, b"[" * 200, b'"a')


@cache
def bodies_of(provider: str) -> list[tuple[str, bytes]]:
    """Return (topic, body) of our own samples, and of the real payloads where they are at hand."""
    own = [samples.load(provider, name, fresh=False) for name in samples.names(provider)]
    found = sorted((shared_folder() / "providers" / "payloads" / provider).glob("*.json"))
    topics = [topic for topic, _ in own]
    return own + [
        (next((t for t in topics if path.name.startswith(t.replace("/", "_"))), topics[0]), body)
        for path in found
        if len(body := path.read_bytes()) < 30_000
    ]


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every member of a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, member in members:
        found.append((*at, key))
        if isinstance(member, (dict, list)):
            found += paths(member, (*at, key))
    return found


def change_structure(body: bytes, draw: st.DrawFn) -> bytes:
    """Replace, remove or rename some members, by values that are hard to take."""
    value = json.loads(body)
    for _ in range(draw(st.integers(1, 3))):
        choice = paths(value)
        if not choice:
            break
        *parents, last = draw(st.sampled_from(choice))
        holder = value
        for key in parents:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "replace", "remove", "rename"])):
            case "remove":
                del holder[last]
            case "rename" if isinstance(holder, dict):
                holder[draw(st.text(max_size=12))] = holder.pop(last)
            case _:
                holder[last] = deepcopy(draw(st.sampled_from(NASTY)))
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def change_text(body: bytes, draw: st.DrawFn) -> bytes:
    """Write something over a part of the text."""
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 60)))
    return body[:start] + draw(st.sampled_from(RAW) | st.binary(max_size=20)) + body[end:]


@pytest.fixture
async def shim(database: Database) -> AsyncIterator[Shim]:
    async with running_shim(database) as running:
        yield running


@pytest.fixture(scope="module")
def targets(database: Database) -> dict[str, Target]:
    return {provider: new_target(database, provider) for provider in PROVIDERS}


@st.composite
def webhooks(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A provider, a topic and a spoiled body."""
    provider = draw(st.sampled_from(PROVIDERS))
    topic, body = draw(st.sampled_from(bodies_of(provider)))
    change = draw(st.sampled_from([change_structure, change_text]))
    return provider, topic, change(body, draw) or b" "


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(webhook=webhooks())
async def test_a_spoiled_payload_is_recorded(
    shim: Shim, targets: dict[str, Target], webhook: tuple[str, str, bytes]
) -> None:
    provider, topic, body = webhook
    target = targets[provider]
    response = await shim.deliver(target, body, topic)
    assert response.status_code == 200, response.text
    receipt = response.json()
    assert receipt["status"] in STATUSES
    assert receipt["status"] != "accepted" or receipt["event_id"]
    again = (await shim.deliver(target, body, topic)).json()
    assert again["receipt_id"] == receipt["receipt_id"]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.dictionaries(
        st.sampled_from(
            ["topic", "event-id", "webhook-id", "shop-domain", "triggered-at", "test", "sub-topic"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=40) | st.just("x" * 20_000),
    )
)
async def test_arbitrary_headers_are_recorded(
    shim: Shim, targets: dict[str, Target], values: dict[str, str]
) -> None:
    target = targets["shopify"]
    topic, body = samples.load("shopify")
    headers: dict[str, Any] = signed(target, body, topic)
    headers |= {f"x-shopify-{name}": value.encode("latin-1") for name, value in values.items()}
    response = await shim.client.post(target.path, content=body, headers=headers)
    assert response.status_code == 200, response.text


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.text(max_size=60).map(lambda text: text.replace("?", "").replace("#", "")),
    body=st.binary(max_size=50),
    method=st.sampled_from(["POST", "GET", "HEAD", "OPTIONS", "DELETE"]),
)
async def test_arbitrary_requests_are_refused(
    shim: Shim, path: str, body: bytes, method: str
) -> None:
    scope = {"type": "http", "method": method, "path": f"/webhooks/{path}", "headers": []}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await shim.app(scope, receive, send)
    assert sent[0]["status"] in {404, 405}
    assert b"application/problem+json" in dict(sent[0]["headers"]).values()
