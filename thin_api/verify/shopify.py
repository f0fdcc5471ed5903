"""Shopify: HMAC-SHA256 over the raw body with the app's client secret, in base64.

Rules from shopify.dev/docs/apps/build/webhooks and from @shopify/shopify-api
(lib/webhooks/validate.ts): an empty body is never valid; nothing but the body is signed, so there
is no timestamp to check and a replay is stopped by the dedup gate. Client secret and store-level
secret (webhooks made in the admin)
differ: an endpoint may hold both, as it may hold the old and the new one while rotating.

"Events" of the newer API send the same headers without the `X-`; they are handed on under the
`x-shopify-*` names, so that the procedure knows one family. Where both are sent, `x-shopify-*`
wins.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from thin_api.verify import Delivery, Endpoint, Outside, Unverified, Verified

name = "shopify"
SAMPLE = "orders/paid"
DEMO_SETTINGS: Mapping[str, str] = {}

SIGNATURE = "x-shopify-hmac-sha256"
SIGNATURE_OF_EVENTS = "shopify-hmac-sha256"

FORWARDED = frozenset(
    {
        "x-shopify-topic",
        "x-shopify-sub-topic",
        "x-shopify-shop-domain",
        "x-shopify-api-version",
        "x-shopify-webhook-id",
        "x-shopify-event-id",
        "x-shopify-triggered-at",
        "x-shopify-test",
    }
)
ALIASES: Mapping[str, str] = {full.removeprefix("x-"): full for full in FORWARDED}

# Base64 of 32 bytes: 43 characters and one "=", the last character with two unused bits that must
# be 0.
_BASE64_OF_SHA256 = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")


def _mac(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode("utf-8", "surrogateescape"), body, "sha256"))


async def verify(delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:  # noqa: ARG001
    """Check the signature; raise Unverified."""
    headers = delivery.headers
    sent = headers.get(SIGNATURE) or headers.get(SIGNATURE_OF_EVENTS)
    if not sent:
        raise Unverified("missing_signature")
    if not _BASE64_OF_SHA256.fullmatch(sent):
        raise Unverified("malformed_signature")
    if not delivery.body:
        raise Unverified("bad_signature")
    signature = sent.encode("ascii")
    # Every secret is tried, and an empty one never counts: the time says nothing about which
    # matched.
    matches = [
        hmac.compare_digest(_mac(delivery.body, secret), signature)
        for secret in endpoint.secrets
        if secret
    ]
    if not any(matches):
        raise Unverified("bad_signature")
    return Verified("signature", delivery.body)


def sign(body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:
    """Return the headers of a signed delivery.

    The ids are derived from topic and body: the same body sent again is a redelivery, as Shopify's
    retry with the same ids would be.
    """
    topic = topic or "orders/paid"
    digest = hashlib.sha256(topic.encode() + b"\0" + body).digest()
    return {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "example-shop.myshopify.com",
        "x-shopify-api-version": "2026-01",
        "x-shopify-webhook-id": str(UUID(bytes=digest[:16], version=4)),
        "x-shopify-event-id": str(UUID(bytes=digest[16:], version=4)),
        "x-shopify-triggered-at": datetime.fromtimestamp(now, UTC).isoformat(),
        SIGNATURE: _mac(body, secret).decode("ascii"),
    }


def new_secret() -> str:
    """Return a random app client secret: `shpss_` and 32 hex digits."""
    return f"shpss_{secrets.token_hex(16)}"
