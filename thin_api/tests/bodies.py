"""Small valid webhook bodies, built in code, and the means to spoil them.

Each call takes ids of its own, so that all bodies can go to one endpoint.
"""

import itertools
import json
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

ABSENT = object()
_numbers = itertools.count(9_100_000_000_000_000_001)


def _merge(base: Json, changes: Json) -> dict[str, Any]:
    merged = {**base, **changes}
    return {key: value for key, value in merged.items() if value is not ABSENT}


def raw(body: bytes, text: str) -> bytes:
    """Put JSON text that json.dumps would not write in the place of the string "RAW"."""
    assert b'"RAW"' in body
    return body.replace(b'"RAW"', text.encode())


def order(**changes: Any) -> bytes:
    """A paid Shopify order of 10.00 USD with the given top-level fields changed or ABSENT."""
    at = "2026-03-02T09:14:05-05:00"
    base = {"id": next(_numbers), "created_at": at, "processed_at": at, "currency": "USD"}
    base |= {"total_price": "10.00", "financial_status": "paid", "test": False}
    return json.dumps(_merge(base, changes), ensure_ascii=False).encode()


def refund(*transactions: Any, **changes: Any) -> bytes:
    """A Shopify refund with the given transactions."""
    at = "2026-03-04T15:30:18-05:00"
    base = {"id": next(_numbers), "order_id": next(_numbers), "created_at": at, "processed_at": at}
    return json.dumps(_merge({**base, "transactions": transactions}, changes)).encode()


def transaction(**changes: Any) -> dict[str, Any]:
    """A successful refund transaction of 10.00 USD."""
    base = {"id": next(_numbers), "kind": "refund", "status": "success"}
    return _merge({**base, "amount": "10.00", "currency": "USD"}, changes)


def payment(object_changes: Any = None, **changes: Any) -> bytes:
    """A Stripe payment_intent.succeeded of 10.00 USD, its object and its envelope changed."""
    number = next(_numbers)
    base = {"id": f"pi_hostile{number}", "object": "payment_intent", "currency": "usd"}
    item = _merge({**base, "amount_received": 1000}, object_changes or {})
    event = {"id": f"evt_hostile{number}", "object": "event", "created": 1772460846}
    event |= {"data": {"object": item}, "type": "payment_intent.succeeded"}
    return json.dumps(_merge(event, changes), indent=2).encode()


def nested(levels: int) -> bytes:
    """An order with a value nested so many levels deep."""
    return raw(order(extra="RAW"), '{"a":' * levels + "1" + "}" * levels)
