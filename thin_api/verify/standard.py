"""Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

Rules from the specification (github.com/standard-webhooks/standard-webhooks). Signed is
`<id>.<timestamp>.<raw body>`. The signature header is a list separated by spaces: `v1,<base64>` is
HMAC-SHA256, `v1a,<base64>` is ed25519. One match is enough (rotation); other versions and words
without a comma are skipped, so that a sender may add what we do not know. Id and timestamp must
not hold a full stop, else one signature would fit two deliveries.

A secret is `whsec_` and the base64 of 24 to 64 bytes, or `whpk_` and the base64 of an ed25519
public key; an endpoint may hold several of both kinds. As in the reference libraries the prefix of
a `whsec_` secret, and the padding, may be missing. What cannot be decoded never counts.

The timestamp is made anew for each attempt: more than 300 s old or ahead is refused.

Svix sends the same three headers as `svix-*`. Where `webhook-id` is there, the whole check uses
`webhook-*`, else `svix-*`: never one family's signature with the other one's id, because the id
that is handed on must be the signed one.

Base64 has to be canonical: Python's decoder would take `J1OF=` for `J1OE=`, and one signature
would have several spellings.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from thin_api.verify import Delivery, Endpoint, Outside, Unverified, Verified

name = "standard"
SAMPLE = "order.paid"
DEMO_SETTINGS: Mapping[str, str] = {}

FORWARDED = frozenset({"webhook-id"})  # topic and time are in the signed body
ALIASES: Mapping[str, str] = {"svix-id": "webhook-id"}

SHARED, PUBLIC, PRIVATE = "whsec_", "whpk_", "whsk_"
KEY_BYTES = range(24, 65)

TOLERANCE_SECONDS = 300
MAX_HEADER_LENGTH = 4096
MAX_SIGNATURES = 10  # as many as an endpoint may have secrets
SIGNATURE_BYTES: Mapping[str, int] = {"v1": 32, "v1a": 64}

# Visible ASCII without a full stop.
_ID = re.compile(r"[!-\-/-~]{1,256}")
# ASCII digits without a leading zero: int() would also take "1_0", " 1" and digits of other
# scripts, float() would take "1614265330.9".
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")


def _decoded(text: str) -> bytes:
    """Decode base64 whose padding may be missing; nothing where it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _shared_key(secret: str) -> bytes | None:
    if secret.startswith((PUBLIC, PRIVATE)):
        return None  # a public key is no secret: nothing may be signed with it
    key = _decoded(secret.removeprefix(SHARED))
    return key if len(key) in KEY_BYTES else None


def _public_key(secret: str) -> Ed25519PublicKey | None:
    if not secret.startswith(PUBLIC):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(_decoded(secret.removeprefix(PUBLIC)))
    except ValueError:
        return None


def _private_key(secret: str) -> Ed25519PrivateKey | None:
    """Return the key of a `whsk_` secret: the base64 of its seed, or of seed and public key."""
    if not secret.startswith(PRIVATE):
        return None
    key = _decoded(secret.removeprefix(PRIVATE))
    return Ed25519PrivateKey.from_private_bytes(key[:32]) if len(key) in (32, 64) else None


def parse_signatures(header: str) -> list[tuple[str, bytes]]:
    """Return the well-formed signatures by version, v1 or v1a; raise Unverified."""
    if len(header) > MAX_HEADER_LENGTH:
        raise Unverified("malformed_signature")
    pairs = [item.partition(",") for item in header.split(" ")]
    listed = [(version, value) for version, _, value in pairs if version in SIGNATURE_BYTES]
    if len(listed) > MAX_SIGNATURES:
        raise Unverified("malformed_signature")
    well_formed = []
    for version, value in listed:
        try:
            signature = base64.b64decode(value, validate=True)
        except ValueError:
            continue
        if (
            len(signature) == SIGNATURE_BYTES[version]
            and base64.b64encode(signature).decode("ascii") == value
        ):
            well_formed.append((version, signature))
    if not well_formed:
        raise Unverified("malformed_signature")
    return well_formed


def _is_signed_by(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _signed_bytes(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode("ascii") + body


async def verify(delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:  # noqa: ARG001
    """Check the signature; raise Unverified."""
    headers = delivery.headers
    family = "webhook" if "webhook-id" in headers else "svix"
    message_id = headers.get(f"{family}-id")
    timestamp = headers.get(f"{family}-timestamp")
    listed = headers.get(f"{family}-signature")
    if not message_id or not timestamp or not listed:
        raise Unverified("missing_signature")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise Unverified("malformed_signature")
    signatures = parse_signatures(listed)
    signed = _signed_bytes(message_id, timestamp, delivery.body)
    # Every secret and signature is compared: the time says nothing about which matched.
    shared = [key for key in map(_shared_key, endpoint.secrets) if key is not None]
    public = [key for key in map(_public_key, endpoint.secrets) if key is not None]
    macs = [hmac.digest(key, signed, "sha256") for key in shared]
    matches = [
        hmac.compare_digest(mac, signature)
        for mac in macs
        for version, signature in signatures
        if version == "v1"
    ] + [
        _is_signed_by(key, signature, signed)
        for key in public
        for version, signature in signatures
        if version == "v1a"
    ]
    if not any(matches):
        raise Unverified("bad_signature")
    # Age comes last: "stale" then always means an authentic webhook, or a clock that is wrong.
    if abs(delivery.received_at - int(timestamp)) > TOLERANCE_SECONDS:
        raise Unverified("stale_timestamp")
    return Verified("signature", delivery.body)


def sign(body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:  # noqa: ARG001
    """Return the headers of a signed delivery; the topic is in the body.

    The id is derived from the body: the same body sent again is a redelivery. A `whsk_` secret
    signs with ed25519. One that cannot be decoded is taken as it is, and so refused by `verify`.
    """
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:32]}"
    timestamp = str(int(now))
    signed = _signed_bytes(message_id, timestamp, body)
    private = _private_key(secret)
    if private is not None:
        version, signature = "v1a", private.sign(signed)
    else:
        key = _shared_key(secret) or secret.encode("utf-8", "surrogateescape")
        version, signature = "v1", hmac.digest(key, signed, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"{version},{base64.b64encode(signature).decode('ascii')}",
    }


def new_secret() -> str:
    """Return a random shared secret: `whsec_` and the base64 of 32 bytes."""
    return SHARED + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
