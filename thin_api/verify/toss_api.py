"""Asks Toss's API for a payment: what it answers is true, whatever an unsigned webhook says.

GET {toss_api_url}/v1/payments/{paymentKey}, or /v1/payments/orders/{orderId}, with the merchant's
secret key as user name (docs.tosspayments.com/reference). How long it may take is bounded by the
client that is handed in (thin_api/outside.py), which follows no redirect either.
"""

import base64
import json
import logging
import re
from typing import Any
from urllib.parse import quote

import httpx
from cachetools import TTLCache

from thin_api.verify import Endpoint, Outside, Unreachable, Unverified

log = logging.getLogger(__name__)

# A Payment object is about 2 kB, and each of its cancels 300 bytes more.
MAX_BYTES = 256 * 1024
MAX_DEPTH = 32  # as the procedure allows

# Toss's keys, and the order ids it takes, are of these; a dot never leads, so none is a `..` that
# would lead to another address. "=" is percent-encoded.
_SEGMENT = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9_=.-]{0,199}")

# A wrong key concerns every webhook of its endpoint: said now and then, not each time.
_SAID_SECONDS = 600.0
_said: TTLCache[tuple[object, str], bool] = TTLCache(1024, _SAID_SECONDS)


class NoAnswer(Exception):
    """Toss may answer another time: away, too slow, overloaded, or not understood."""


class Literal(str):
    """A JSON number with a fraction or exponent, as it was written: no float would be exact."""

    __slots__ = ()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def read_object(raw: bytes) -> dict[str, Any] | None:
    """Return a JSON object; None for anything else, or what is too large or nested too deep."""
    if len(raw) > MAX_BYTES:
        return None
    try:
        value = json.loads(raw.decode(), parse_float=Literal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _members(outer)]
        if not level:
            return value if isinstance(value, dict) else None
    return None


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def to_json(value: Any) -> str:
    """Return what `read_object` read as compact JSON: the same order, every number as it came."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(k)}:{to_json(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(to_json, value))}]"
    return value if isinstance(value, Literal) else json.dumps(value)


def is_askable(key: str) -> bool:
    """Whether Toss may know a payment by this key, and it can be asked for."""
    return _SEGMENT.fullmatch(key) is not None


async def find_payment(
    field: str, key: str, endpoint: Endpoint, outside: Outside
) -> dict[str, Any]:
    """Return the Payment object whose `field` (paymentKey or orderId) is `key`.

    Raises Unverified where Toss knows none, NoAnswer where it may tell later, Unreachable where the
    endpoint's api_secret_key is missing or refused: then nothing is lost before it is put right.
    """
    secret_key = endpoint.settings.get("api_secret_key")
    if not secret_key:
        _say("an endpoint has no api_secret_key: its payments cannot be confirmed", endpoint)
        raise Unreachable
    path = quote(key, safe="") if field == "paymentKey" else f"orders/{quote(key, safe='')}"
    url = f"{outside.settings.toss_api_url.rstrip('/')}/v1/payments/{path}"
    try:
        answer = await outside.http.get(url, headers=_headers(secret_key))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoAnswer(type(error).__name__) from None
    status = answer.status_code
    if status == 404:
        raise Unverified("unconfirmed")
    if status in (400, 401, 403):
        _say("Toss refuses an endpoint: is its api_secret_key right?", endpoint, http_status=status)
        raise Unreachable
    payment = read_object(answer.content) if status == 200 else None
    if payment is None or not isinstance(payment.get(field), str):
        raise NoAnswer(f"HTTP {status}")
    if payment[field] != key:
        raise Unverified("unconfirmed")
    return payment


def _headers(secret_key: str) -> dict[str, str]:
    credentials = base64.b64encode(f"{secret_key}:".encode()).decode()
    return {"authorization": f"Basic {credentials}", "accept": "application/json"}


def _say(message: str, endpoint: Endpoint, **fields: object) -> None:
    if (endpoint.endpoint_id, message) not in _said:
        _said[endpoint.endpoint_id, message] = True
        log.error(message, extra={"endpoint_id": str(endpoint.endpoint_id)} | fields)
