"""Webhooks of all six providers, made from the samples by a seeded source of chance.

Each knows what has to become of it, so that the verdict needs nothing but the database.
"""

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from thin_api import samples
from thin_api.samples import topic_of
from thin_api.verify import load_providers

Json = dict[str, Any]
SIGNED = ("shopify", "standard", "stripe", "woocommerce")  # verified by their bytes alone
ASKED = ("paypal", "toss")  # an API has to confirm them, and answers a few at once
TOPICS = {provider: topic_of(module.SAMPLE) for provider, module in load_providers().items()}
SAMPLE_AMOUNT, TOSS_AMOUNT = 11499, 39000  # of the samples, in minor units; Toss's is confirmed
STALE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to send to. `secret` signs for it."""

    provider: str
    tenant_id: UUID
    endpoint_id: UUID
    secret: str

    @property
    def path(self) -> str:
        """The path of its URL."""
        return f"/webhooks/{self.provider}/{self.endpoint_id}"


@dataclass(frozen=True, slots=True, eq=False)
class Webhook:
    """One distinct delivery, sent once or more often.

    fate: booked (an event and a ledger entry of `amount_minor`), dead (one dead letter, for one of
    `reasons`), refused (401, nothing stored). sign: makes the headers; the right ones by default.
    planted: what must be found nowhere in the database.
    """

    target: Target
    body: bytes
    fate: Literal["booked", "dead", "refused"] = "booked"
    amount_minor: int = 0
    reasons: tuple[str, ...] = ()
    sign: Callable[["Webhook"], dict[str, str]] | None = None
    planted: tuple[str, ...] = ()

    def headers(self) -> dict[str, str]:
        """Return the headers of a delivery made now."""
        return self.sign(self) if self.sign else signed(self)


def signed(webhook: Webhook, secret: str | None = None, late: float = 0) -> dict[str, str]:
    """Return the headers of a delivery, signed with another secret or as of long ago."""
    target = webhook.target
    return load_providers()[target.provider].sign(
        webhook.body,
        secret or target.secret,
        topic=TOPICS[target.provider],
        now=time.time() - late,
    )


def sale(target: Target, source: random.Random) -> Webhook:
    """Return a sale that never was before, of an amount of its own (Toss's is always the same)."""
    _, text = samples.load(target.provider, fresh=False)
    body = samples.renew(text, source)
    if target.provider == "toss":
        return Webhook(target, body, amount_minor=TOSS_AMOUNT)
    amount = source.randrange(10_000, 100_000)
    for shown, another in (
        (f"{SAMPLE_AMOUNT}", f"{amount}"),
        (f"{SAMPLE_AMOUNT / 100:.2f}", f"{amount / 100:.2f}"),
    ):
        body = re.sub(rf"(?<![0-9.]){re.escape(shown)}(?![0-9])".encode(), another.encode(), body)
    return Webhook(target, body, amount_minor=amount)


# -- what is wrong with a payload ------------------------------------------------------------------


def _cut(body: bytes, source: random.Random) -> bytes:
    return body.rstrip()[: source.randrange(1, len(body.rstrip()) - 1)]


def _no_utf8(body: bytes, _: random.Random) -> bytes:
    return body.replace(b'"', b'"\xff', 1)


def _an_array(body: bytes, _: random.Random) -> bytes:
    return b"[" + body + b"]"


def _deep(body: bytes, _: random.Random) -> bytes:
    return body.rstrip()[:-1] + b',"deep":' + b"[" * 200 + b"]" * 200 + b"}"


def _twice(body: bytes, _: random.Random) -> bytes:
    return body.rstrip()[:-1] + b',"twice":1,"twice":2}'


def _unknown_currency(body: bytes, _: random.Random) -> bytes:
    return re.sub(rb'("(?:currency|currency_code)":\s*)"[A-Za-z]{3}"', rb'\1"ZZZ"', body)


SPOILED: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "invalid_json": _cut,
    "invalid_utf8": _no_utf8,
    "not_an_object": _an_array,
    "too_deep": _deep,
    "duplicate_keys": _twice,
    "currency_unknown": _unknown_currency,
}


def malformed(target: Target, source: random.Random, reason: str | None = None) -> Webhook:
    """Return a correctly signed webhook whose payload cannot be booked. target: of SIGNED."""
    reason = reason or source.choice(list(SPOILED))
    body = SPOILED[reason](sale(target, source).body, source)
    return Webhook(target, body, "dead", reasons=(reason,))


def personal(target: Target, source: random.Random) -> Webhook:
    """Return a sale with personal data where its provider puts none. target: of SIGNED."""
    mail = "".join(source.choices("bcdfghklmnprstvw", k=14)) + "@example.com"
    phone = f"+1 201 555 {source.randrange(10_000):04}"
    planted = source.choice([mail, phone])
    document: Json = json.loads(sale(target, source).body)
    if target.provider == "stripe":
        document["data"]["object"]["partner_remark"] = f"ask {planted} first"
    elif target.provider == "standard":
        document["data"]["remark"] = f"ask {planted} first"
    elif target.provider == "woocommerce":
        document["payment_method"] = planted  # of an order only what is known is kept
    else:
        document["app_remark"] = f"ask {planted} first"
    body = json.dumps(document).encode()
    return Webhook(target, body, "dead", reasons=("pii_violation",), planted=(planted,))


# -- what is wrong with a signature ----------------------------------------------------------------


def forged(target: Target, source: random.Random) -> Webhook:
    """Return a webhook that is not authentic, in one of the ways that its provider allows."""
    body = sale(target, source).body
    if target.provider == "toss":  # payments are not signed, but unknown to Toss's API
        body = body.replace(b'"paymentKey":"', b'"paymentKey":"x')
        return Webhook(target, body, "refused", reasons=("unconfirmed",))
    module = load_providers()[target.provider]
    ways = [
        ("bad_signature", lambda w: signed(w, secret=module.new_secret())),
        ("missing_signature", lambda _: {"content-type": "application/json"}),
    ]
    if target.provider != "paypal":  # whose stand-in binds the signature to the id, not the bytes
        other = Webhook(target, body + b" ")
        ways.append(("bad_signature", lambda _: signed(other)))
    if target.provider in ("stripe", "standard"):
        ways.append(("stale_timestamp", lambda w: signed(w, late=STALE_SECONDS)))
    reason, sign = source.choice(ways)
    return Webhook(target, body, "refused", reasons=(reason,), sign=sign)
