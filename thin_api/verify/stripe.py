"""Stripe: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>...]`.

Rules from the official SDKs (stripe-python _webhook.py, stripe-dotnet EventUtilityTest): each `v1`
is the hex HMAC-SHA256 of `<t>.<raw body>`, keyed with the whole secret including `whsec_`; one
match is enough (rotation); `v0` and unknown schemes never count, so a header with nothing else is
refused.

The timestamp is made anew for each attempt, so old ones are replays: more than 300 s old is
refused. A timestamp in the future is accepted, as the SDKs do: only the holder of the secret can
have signed it, a replay of it is stopped by the dedup gate, and a slow clock on our side must not
cost webhooks.
"""

import hmac
import re
import secrets
from collections.abc import Mapping

from thin_api.verify import Delivery, Endpoint, Outside, Unverified, Verified

name = "stripe"
SAMPLE = "payment_intent.succeeded"
DEMO_SETTINGS: Mapping[str, str] = {}

SIGNATURE = "stripe-signature"
FORWARDED: frozenset[str] = frozenset()  # topic, id and time are in the signed body
ALIASES: Mapping[str, str] = {}

TOLERANCE_SECONDS = 300
MAX_HEADER_LENGTH = 4096
MAX_SIGNATURES = 16

# ASCII digits without a leading zero: int() would also take "1_0", " 1" and digits of other
# scripts.
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
_HEX_OF_SHA256 = re.compile(r"[0-9a-f]{64}")


def _mac(timestamp: str, body: bytes, secret: str) -> str:
    key = secret.encode("utf-8", "surrogateescape")
    return hmac.digest(key, timestamp.encode("ascii") + b"." + body, "sha256").hex()


def parse_header(header: str) -> tuple[str, list[str]]:
    """Return the timestamp and the well-formed v1 signatures; raise Unverified."""
    if len(header) > MAX_HEADER_LENGTH:
        raise Unverified("malformed_signature")
    pairs = [item.partition("=") for item in header.split(",")]
    timestamps = [value for scheme, _, value in pairs if scheme == "t"]
    signatures = [value for scheme, _, value in pairs if scheme == "v1"]
    # Two timestamps leave open which one was signed.
    if len(timestamps) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]):
        raise Unverified("malformed_signature")
    well_formed = [value for value in signatures if _HEX_OF_SHA256.fullmatch(value)]
    if not well_formed or len(signatures) > MAX_SIGNATURES:
        raise Unverified("malformed_signature")
    return timestamps[0], well_formed


async def verify(delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:  # noqa: ARG001
    """Check the signature; raise Unverified."""
    header = delivery.headers.get(SIGNATURE)
    if not header:
        raise Unverified("missing_signature")
    timestamp, signatures = parse_header(header)
    # Every secret and signature is compared, and an empty secret never counts.
    expected = [_mac(timestamp, delivery.body, secret) for secret in endpoint.secrets if secret]
    matches = [hmac.compare_digest(e, s) for e in expected for s in signatures]
    if not any(matches):
        raise Unverified("bad_signature")
    # Age comes last: "stale" then always means an authentic webhook, or a clock that is wrong.
    if delivery.received_at - int(timestamp) > TOLERANCE_SECONDS:
        raise Unverified("stale_timestamp")
    return Verified("signature", delivery.body)


def sign(body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:  # noqa: ARG001
    """Return the headers of a signed delivery; the topic is in the body."""
    timestamp = str(int(now))
    return {
        "content-type": "application/json; charset=utf-8",
        SIGNATURE: f"t={timestamp},v1={_mac(timestamp, body, secret)}",
    }


def new_secret() -> str:
    """Return a random endpoint secret: `whsec_` and 64 hex digits."""
    return f"whsec_{secrets.token_hex(32)}"
