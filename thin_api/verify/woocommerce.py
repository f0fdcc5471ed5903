"""WooCommerce: base64 HMAC-SHA256 over the raw body, and one unsigned ping.

Rules from WC_Webhook (includes/class-wc-webhook.php): the key is the webhook's secret after
`wp_specialchars_decode(…, ENT_QUOTES)`. WordPress stores a typed `<` as `&lt;`, so the secret a
shop shows may be in either form: each secret is tried as given and decoded. No time is signed and
nothing is sent twice by itself; a replay is stopped by the dedup gate. The hash can be changed by
a filter in the shop; only SHA-256, the default, is taken.

When a webhook is saved, WooCommerce posts `webhook_id=<number>` without signature or headers of
its own and leaves the webhook pending unless the answer is exactly 200. That form says nothing of
an order and is acknowledged; anything else without a signature is refused.
"""

import base64
import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Mapping

from thin_api.verify import Acknowledged, Delivery, Endpoint, Outside, Unverified, Verified

name = "woocommerce"
SAMPLE = "order.updated"
DEMO_SETTINGS: Mapping[str, str] = {}

SIGNATURE = "x-wc-webhook-signature"
FORWARDED = frozenset(
    {
        "x-wc-webhook-source",
        "x-wc-webhook-topic",
        "x-wc-webhook-resource",
        "x-wc-webhook-event",
        "x-wc-webhook-id",
        "x-wc-webhook-delivery-id",
    }
)
ALIASES: Mapping[str, str] = {}

# Base64 of 32 bytes, the last character with its two unused bits 0.
_BASE64_OF_SHA256 = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")

# The entities that wp_specialchars_decode knows, with any number of leading zeros: hexadecimal
# ones for quotes and ampersand only, their digits and x in either case, names in lower case.
_ENTITY = re.compile(
    r"&(?:(?P<name>amp|lt|gt|quot)|#0*(?P<decimal>34|38|39|60|62)|#[xX]0*(?P<hex>22|26|27));"
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}

# wp_generate_password(50, true, true), which makes the secret where none is typed.
_SECRET_LENGTH = 50
_SECRET_CHARACTERS = string.ascii_letters + string.digits + "!@#$%^&*()-_ []{}<>~`+=,.;:/?|"


def decoded(secret: str) -> str:
    """Return what `wp_specialchars_decode(secret, ENT_QUOTES)` returns: one pass, not repeated."""

    def character(entity: re.Match[str]) -> str:
        if entity["name"]:
            return _NAMED[entity["name"]]
        return chr(int(entity["decimal"]) if entity["decimal"] else int(entity["hex"], 16))

    return _ENTITY.sub(character, secret)


def _mac(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode("utf-8", "surrogateescape"), body, "sha256"))


def _is_ping(delivery: Delivery) -> bool:
    named = any(header.startswith("x-wc-") for header in delivery.headers)
    return not named and _PING.fullmatch(delivery.body) is not None


async def verify(delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:  # noqa: ARG001
    """Check the signature; raise Unverified, or Acknowledged for the ping."""
    sent = delivery.headers.get(SIGNATURE)
    if not sent:
        if _is_ping(delivery):
            raise Acknowledged
        raise Unverified("missing_signature")
    if not _BASE64_OF_SHA256.fullmatch(sent):
        raise Unverified("malformed_signature")
    signature = sent.encode("ascii")
    # Every form of every secret is compared. An empty one never counts, though WooCommerce would
    # sign with it.
    keys = [key for secret in endpoint.secrets for key in (secret, decoded(secret)) if key]
    matches = [hmac.compare_digest(_mac(delivery.body, key), signature) for key in keys]
    if not any(matches):
        raise Unverified("bad_signature")
    return Verified("signature", delivery.body)


def sign(body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:  # noqa: ARG001
    """Return the headers of a signed delivery.

    The delivery id is derived from topic and body: the same body sent again is the same delivery.
    (WooCommerce derives it from webhook and second, so that two deliveries may share it.)
    """
    topic = topic or SAMPLE
    resource, _, event = topic.partition(".")
    digest = hashlib.sha256(topic.encode() + b"\0" + body)
    return {
        "content-type": "application/json",
        "user-agent": "WooCommerce/10.3.5 Hookshot (WordPress/6.8.3)",
        "x-wc-webhook-source": "https://shop.example.com/",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-resource": resource,
        "x-wc-webhook-event": event,
        "x-wc-webhook-id": "9",
        "x-wc-webhook-delivery-id": digest.hexdigest()[:32],
        SIGNATURE: _mac(body, decoded(secret)).decode("ascii"),
    }


def new_secret() -> str:
    """Return a random secret of 50 characters, as WordPress makes it.

    WordPress trims what is pasted into the field, so none begins or ends with a space.
    """
    while True:
        made = "".join(secrets.choice(_SECRET_CHARACTERS) for _ in range(_SECRET_LENGTH))
        if made == made.strip():
            return made
