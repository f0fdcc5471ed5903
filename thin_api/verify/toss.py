"""Toss Payments: payments are confirmed by asking Toss, payouts and sellers are signed.

Nothing signs the payment webhooks, so they are a hint only
(docs.tosspayments.com/guides/v2/webhook).
Toss's API is asked for the payment, and what it answers takes the place of the webhook's `data`:
status and amount are never taken from what came. Where Toss knows no such payment the webhook is
refused. DEPOSIT_CALLBACK names an order and a `secret`, which has to be the payment's own; the
secret is compared and goes no further.

Where Toss does not answer in time the sender is told to come again, which it does for nearly four
days; an endpoint with `on_unreachable: store` has the webhook kept as unverified instead.

CANCEL_STATUS_CHANGED carries the Cancel object alone, which names no payment that could be asked
for: refused, unless it names one. What was cancelled comes with the payment's own next webhook.
BILLING_DELETED, METHOD_UPDATED and CUSTOMER_STATUS_CHANGED cannot be confirmed either.

payout.changed and seller.changed carry `tosspayments-webhook-signature: v1:<base64>,v1:<base64>`,
HMAC-SHA256 of `<raw body>:<transmission time>`; one match is enough. Whether the security key, 64
hex digits, is used as text or decoded is not documented: both are tried. The time is signed, but
no window applies, because nothing says that a retry, up to four days later, is signed anew; a
replay is stopped by the dedup gate.
"""

import base64
import contextlib
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from thin_api.verify import Delivery, Endpoint, Outside, Unreachable, Unverified, Verified
from thin_api.verify.toss_api import NoAnswer, find_payment, is_askable, read_object, to_json

log = logging.getLogger(__name__)

name = "toss"
SAMPLE = "PAYMENT_STATUS_CHANGED"
DEMO_SETTINGS: Mapping[str, str] = {"api_secret_key": "test_sk_hookledger_demo"}

SIGNATURE = "tosspayments-webhook-signature"
TIME = "tosspayments-webhook-transmission-time"
ID = "tosspayments-webhook-transmission-id"
RETRIED = "tosspayments-webhook-transmission-retried-count"
FORWARDED = frozenset({ID, TIME, RETRIED})
ALIASES: Mapping[str, str] = {}

PAYMENT, DEPOSIT, CANCEL = "PAYMENT_STATUS_CHANGED", "DEPOSIT_CALLBACK", "CANCEL_STATUS_CHANGED"
SIGNED = frozenset({"payout.changed", "seller.changed"})

MAX_HEADER_LENGTH = 1024
MAX_SIGNATURES = 10
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # as the procedure allows

KOREA = timezone(timedelta(hours=9))

# Base64 of 32 bytes, canonical: the last character's two unused bits are 0.
_SIGNATURE = re.compile(r"v1:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,18}(Z|[+-][0-9]{2}:?[0-9]{2})?")
_HEX = re.compile(r"([0-9A-Fa-f]{2})+")


async def verify(delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:
    """Ask Toss for the payment, or check the signature.

    Raises Unverified, Unreachable.
    """
    event = read_object(delivery.body)
    topic = None if event is None else _topic(event)
    if event is not None and topic in (PAYMENT, DEPOSIT, CANCEL):
        return await _confirm(topic, event, delivery, endpoint, outside)
    if delivery.headers.get(SIGNATURE):
        _check_signature(delivery, endpoint)
        return Verified("signature", delivery.body)
    raise Unverified("missing_signature" if topic is None or topic in SIGNED else "unconfirmed")


def _topic(event: Mapping[str, Any]) -> str | None:
    """Return the eventType; DEPOSIT_CALLBACK has none and is known by its members."""
    if "eventType" in event:
        return event["eventType"] if isinstance(event["eventType"], str) else None
    return DEPOSIT if event.keys() >= {"orderId", "transactionKey", "status"} else None


async def _confirm(
    topic: str, event: dict[str, Any], delivery: Delivery, endpoint: Endpoint, outside: Outside
) -> Verified:
    # Cheap first: what names no payment is refused before anything is asked.
    told = event.get("data", event if topic == DEPOSIT else None)
    field = "orderId" if topic == DEPOSIT else "paymentKey"
    key = told.get(field) if isinstance(told, dict) else None
    secret = told.get("secret") if isinstance(told, dict) else None
    if not isinstance(key, str) or (topic == DEPOSIT and not (isinstance(secret, str) and secret)):
        raise Unverified("unconfirmed" if topic == CANCEL else "missing_signature")
    if not is_askable(key):
        raise Unverified("unconfirmed")
    try:
        payment = await find_payment(field, key, endpoint, outside)
    except NoAnswer as no_answer:
        log.warning(
            "Toss did not tell a payment",
            extra={"endpoint_id": str(endpoint.endpoint_id), "error": str(no_answer)},
        )
        if endpoint.settings.get("on_unreachable") != "store":
            raise Unreachable from None
        return Verified("unverified", _without_secret(event, delivery.body))
    known = payment.pop("secret", None)
    if topic == DEPOSIT and not hmac.compare_digest(_bytes(known), _bytes(secret)):
        raise Unverified("bad_signature")
    created_at = _created_at(event.get("createdAt"), delivery.received_at)
    confirmed = {"eventType": topic, "createdAt": created_at, "data": payment}
    return Verified("secret" if topic == DEPOSIT else "requery", to_json(confirmed).encode())


def _bytes(secret: object) -> bytes:
    return secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else b""


def _created_at(told: object, now: float) -> str:
    """Return when the webhook says the state began, else now.

    It is not confirmed: one in the future would make the states until then look older. So what
    cannot be is replaced by the time at which Toss told the state.
    """
    if isinstance(told, str) and _TIME.fullmatch(told):
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(told)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=KOREA)
            if EARLIEST <= moment <= datetime.fromtimestamp(now, UTC):
                return told
    return datetime.fromtimestamp(now, KOREA).isoformat()


def _without_secret(event: Mapping[str, Any], body: bytes) -> bytes:
    """Return the body as it came, but for the secret that confirms a deposit."""
    kept = {k: v for k, v in event.items() if k != "secret"}
    if isinstance(event.get("data"), dict):
        kept["data"] = {k: v for k, v in event["data"].items() if k != "secret"}
    return body if kept == event else to_json(kept).encode()


def _check_signature(delivery: Delivery, endpoint: Endpoint) -> None:
    header, time = delivery.headers[SIGNATURE], delivery.headers.get(TIME, "")
    items = [item.strip() for item in header.split(",")]
    found = [match[1].encode() for match in map(_SIGNATURE.fullmatch, items) if match]
    if (
        len(header) > MAX_HEADER_LENGTH
        or not _TIME.fullmatch(time)
        or not 0 < len(found) <= MAX_SIGNATURES
    ):
        raise Unverified("malformed_signature")
    # Every key and signature is compared, and an empty key never counts.
    expected = [
        _mac(delivery.body, time, key) for secret in endpoint.secrets for key in _keys(secret)
    ]
    matches = [hmac.compare_digest(e, s) for e in expected for s in found]
    if not any(matches):
        raise Unverified("bad_signature")


def _keys(security_key: str) -> list[bytes]:
    """Return the key as text and, where it is hexadecimal, decoded."""
    text = [security_key.encode("utf-8", "surrogateescape")] if security_key else []
    return text + ([bytes.fromhex(security_key)] if _HEX.fullmatch(security_key) else [])


def _mac(body: bytes, time: str, key: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, body + b":" + time.encode("ascii"), "sha256"))


def sign(body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:
    """Return the headers of a delivery; only payouts and sellers are signed.

    The transmission id is derived from the body: the same body sent again is a redelivery.
    """
    event = read_object(body)
    time = datetime.fromtimestamp(int(now), KOREA).isoformat()
    headers = {
        "content-type": "application/json",
        TIME: time,
        RETRIED: "0",
        ID: f"whtrans_{hashlib.sha256(body).hexdigest()[:32]}",
    }
    if (topic or (event and _topic(event))) in SIGNED:
        headers[SIGNATURE] = f"v1:{_mac(body, time, secret.encode()).decode('ascii')}"
    return headers


def new_secret() -> str:
    """Return a random security key: 64 hex digits."""
    return secrets.token_hex(32)
