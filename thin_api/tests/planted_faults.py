"""Webhooks full of personal data that cannot be read, or are not what their provider sends."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from thin_api.tests import bodies
from thin_api.tests.planted import PERSON, STRANGER, Webhook, base, fill
from thin_api.tests.sentinels import Plant

SENT_TO_SHOPIFY = (
    "x-shopify-topic",
    "x-shopify-sub-topic",
    "x-shopify-shop-domain",
    "x-shopify-api-version",
    "x-shopify-webhook-id",
    "x-shopify-event-id",
    "x-shopify-triggered-at",
    "x-shopify-test",
)
READ_BY_NOBODY = ("user-agent", "referer", "cookie", "x-forwarded-for", "from", "authorization")


def malformed(plant: Plant) -> Iterator[Webhook]:
    """Bodies that are no JSON object, or none that may be stored."""

    def person(where: str) -> dict[str, Any]:
        filled: dict[str, Any] = fill(PERSON, plant, where)
        return filled

    def text(where: str) -> str:
        return json.dumps(person(where))

    name = str(plant("token", "name as a plain key")).encode()
    mail = str(plant("email", "one of many keys"))
    deep = "".join('{"a":' for _ in range(40)) + text("too deep") + "}" * 40
    many = {f"{i}.{mail}": i for i in range(2500)}
    found = {
        "cut off": text("cut off")[:-3].encode(),
        "cut off in a value": text("cut off in a value").rpartition(":")[0].encode()[:-9],
        "key by name, cut off": b'{"' + name + b'": {"' + name + b'" :1, "other_' + name + b'": ',
        "key by mail, cut off": text("key").replace('"email"', f'"{mail}"').encode()[:-2],
        "form": urlencode(person("form")).encode(),
        "latin-1": text("latin-1").replace('"name"', '"Prénom José"').encode("latin-1")[:-1]
        + b', "x": "Jos\xe9"}',
        "markup": "".join(f"<{k}>{v}</{k}>" for k, v in person("markup").items()).encode(),
        "single quotes": repr(person("single quotes")).encode(),
        "no colons": text("no colons").replace('":', '"').encode(),
        "colons everywhere": text("colons everywhere").replace(",", ":").encode(),
        "lines": "\n".join(f"{k}: {v}" for k, v in person("lines").items()).encode(),
        "multipart": "".join(
            f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
            for k, v in person("multipart").items()
        ).encode(),
        "duplicate keys": (text("twice")[:-1] + ', "email": 1, "id": 1}').encode(),
        "NUL escape": (text("NUL escape")[:-1] + ', "x": "\\u0000"}').encode(),
        "NUL": text("NUL").encode() + b"\0",
        "lone surrogate": (text("lone surrogate")[:-1] + ', "x": "\\ud800"}').encode(),
        "byte order mark": b"\xef\xbb\xbf" + text("byte order mark").encode(),
        "UTF-16": text("UTF-16").encode("utf-16"),
        "absurd number": (text("absurd number")[:-1] + ', "x": 1e400}').encode(),
        "list": f"[{text('list')}]".encode(),
        "text": json.dumps(text("text")).encode(),
        "nothing but a mail address": str(plant("email", "body")).encode(),
        "nothing but a card": str(plant("card", "body")).encode(),
        "too deep": deep.encode(),
        "too many keys": json.dumps(many).encode(),
        "wrapped": json.dumps({"order": person("wrapped")}).encode(),
        "wrapped as text": json.dumps({"payload": text("wrapped as text")}).encode(),
        "wrapped with context": json.dumps({"event": {"data": person("context")}, "v": 1}).encode(),
    }
    for what, body in found.items():
        yield Webhook(what, body, "dead")


def misshapen(provider: str, plant: Plant) -> Iterator[Webhook]:
    """JSON objects whose members are not of the type, or not in the place, that is agreed on."""
    if provider == "stripe":
        for key in ("id", "type", "account", "created", "api_version", "object"):
            for kind in ("email", "phone"):
                yield Webhook(key, bodies.payment(**{key: plant(kind, f"envelope {key}")}), None)
        for shape in (
            [PERSON],
            {"object": {"list": [STRANGER]}},
            {"id": "email", "object": "email"},
        ):
            body = bodies.payment(data={"object": fill(shape, plant, "data.object")})
            yield Webhook("data.object", body, "dead" if isinstance(shape, list) else None)
        fields: tuple[str, ...] = ("customer", "payment_method", "metadata", "charge", "refunds")
        for key in fields:
            wrong = {"id": STRANGER, "data": [STRANGER], "utm_source": {"first_name": "name"}}
            yield Webhook(key, base(provider, **{key: fill(wrong, plant, key)}), None)
    else:
        for key in ("customer", "note_attributes", "line_items", "refunds", "landing_site"):
            wrong = {"id": PERSON, "first_name": "name"}
            yield Webhook(key, base(provider, **{key: fill(wrong, plant, key)}), None)
            yield Webhook(key, base(provider, **{key: fill([["email"]], plant, key)}), None)
        wrapped = {"id": 1, "order": fill(STRANGER, plant, "wrapped with id")}
        yield Webhook("wrapped with id", json.dumps(wrapped).encode(), "dead")
        fields = ("processed_at", "financial_status", "total_price", "line_items", "customer")
    for key in (*fields, "id", "currency"):
        for kind in ("email", "phone", "iban"):
            yield Webhook(key, base(provider, **{key: plant(kind, key)}), None)


def in_headers(plant: Plant) -> Iterator[Webhook]:
    """Personal data as the value of each header, over a good body and a dead one."""
    kinds = ("email", "phone", "card in text", "iban", "rrn", "email in text")
    for name in (*SENT_TO_SHOPIFY, *READ_BY_NOBODY):
        for kind in kinds:
            for body in (bodies.order(), b"{" + str(bodies.order()).encode()):
                value = str(plant(kind, f"header {name}"))
                yield Webhook(f"header {name}", body, None, headers={name: value.encode()})


def conflicts(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Several bodies under one delivery id."""
    key = f"evt_{uuid4().hex}"
    headers = {"x-shopify-event-id": key.encode()} if provider == "shopify" else {}
    for number, (kind, expected) in enumerate(
        (("=x", "accepted"), ("email in text", "dead"), ("card", "dead"), ("=y", "dead"))
    ):
        changes = fill({"memo": kind, "email": "email", "n": "=1"}, plant, f"conflict {number}")
        body = (
            bodies.payment({"description": changes["email"], "memo": changes["memo"]}, id=key)
            if provider == "stripe"
            else bodies.order(**changes)
        )
        yield Webhook("conflict", body, expected, headers=headers)  # type: ignore[arg-type]
    if provider == "shopify":
        unreadable = json.dumps(fill(PERSON, plant, "unreadable conflict")).encode()[:-2]
        yield Webhook("unreadable conflict", unreadable, "dead", headers=headers)


def large(base: Callable[..., bytes], plant: Plant) -> Iterator[Webhook]:
    """Bodies near the limit: what a function sorts or collects must not go to temporary files.

    base: makes a body with these members in its main object.
    """
    words = " ".join(("linen", "shirt", "sand", "wool", "grey") * 60_000)
    text = f"{words} {plant('email in text', 'long text')}"
    yield Webhook("long text", base(memo=text[-1_500_000:]), None)
    deep: Any = [text[-500_000:], fill(STRANGER, plant, "deep and large")]
    for _ in range(25):
        deep = {"a": deep}
    yield Webhook("deep and large", base(memo=deep), None)
    items = [{"i": i, "who": f"{i}.{plant('email', 'many items')}"} for i in range(4)]
    items = [dict(item, i=i) for i in range(4_000) for item in items]
    yield Webhook("many items", base(memo=items), None)
