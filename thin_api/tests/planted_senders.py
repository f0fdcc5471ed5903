"""Webhooks full of personal data of the senders that say more than they need to.

PayPal, WooCommerce and Toss documents are reduced to what is booked, so that personal data in a
place nobody knows is dropped with it. Own events keep what is not documented.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from thin_api import samples
from thin_api.tests.planted import METADATA, PAIRS, PERSON, STRANGER, UNKNOWN, Webhook, fill
from thin_api.tests.sentinels import Plant
from thin_api.verify import load_providers

Change = Callable[[dict[str, Any], Plant, str], None]
_numbers = itertools.count(1)

WOOCOMMERCE: dict[str, Any] = {
    **dict.fromkeys(("billing", "shipping"), PERSON),
    **dict.fromkeys(("order_key", "cart_hash", "transaction_id", "customer_ip_address"), "token"),
    **dict.fromkeys(("customer_note", "payment_method_title", "created_via"), "text"),
    **dict.fromkeys(("customer_user_agent", "number"), "name"),
    "payment_url": "url",
    "customer_id": "number",
    "meta_data": [
        *({"id": "=1", "key": f"={p['name'][1:]}", "value": p["value"]} for p in PAIRS[:5]),
        *({"key": f"=_wc_order_attribution_{name}", "value": kind} for name, kind in (
            ("utm_source", "email"), ("utm_medium", "card"), ("referrer", "url"),
            ("session_entry", "url"), ("user_agent", "name"), ("session_count", "phone"))),
        {"key": "=_shipping_phone", "value": "phone"},
        {"key": "=_loyalty", "value": PERSON},
        {"key": "email", "value": "=1"},
    ],
    "coupon_lines": [{"code": "name", "meta_data": [{"value": {"email_restrictions": ["email"]}}]}],
    "fee_lines": [{"name": "text"}],
    "shipping_lines": [{"method_title": "name", "meta_data": [{"value": "text"}]}],
    "plugin_of_whoever": PERSON,
    "_links": {"customer": [{"href": "url"}]},
}  # fmt: skip
TOSS: dict[str, Any] = {
    "orderName": "text",
    "card": {"number": "card", "approveNo": "token", "ownerType": "name"},
    "virtualAccount": {
        "accountNumber": "number", "customerName": "name", "bankCode": "token",
        "refundReceiveAccount": {"accountNumber": "number", "holderName": "name"}},
    "transfer": {"bankCode": "token"},
    "mobilePhone": {"customerMobilePhone": {"plain": "phone"}, "receiptUrl": "url"},
    "giftCertificate": {"approveNo": "token"},
    "cashReceipt": {"receiptKey": "token", "receiptUrl": "url", "customerIdentityNumber": "rrn"},
    "cashReceipts": [{"customerIdentityNumber": "phone"}],
    "receipt": {"url": "url"},
    "checkout": {"url": "url"},
    "metadata": METADATA,
    "customerKey": "email",
    "billingKey": "token",
    "failure": {"code": "=X", "message": "text"},
    **dict.fromkeys(("customerEmail", "customerName", "customerMobilePhone"), "email"),
}  # fmt: skip
PAYPAL: dict[str, Any] = {
    "payer": {**PERSON, "payer_id": "token", "payer_info": PERSON, "name": {"surname": "name"}},
    "payee": {"email_address": "email", "merchant_id": "token"},
    "subscriber": PERSON,
    "payment_source": {"paypal": {**PERSON, "account_id": "token"}, "card": {"name": "name"}},
    "shipping_address": PERSON,
    "transactions": [{"item_list": {"shipping_address": PERSON}, "payee": PERSON}],
    **dict.fromkeys(("custom_id", "invoice_id", "custom", "invoice_number"), "email"),
    **dict.fromkeys(("note_to_payer", "soft_descriptor", "description", "reason_code"), "text"),
    "seller_protection": {"status": "name"},
    "supplementary_data": {"card": PERSON},
}  # fmt: skip
TOUCH = {
    "session_id": "token", "customer_key": "email", "utm_source": "email", "utm_medium": "phone",
    "utm_campaign": "card", "channel": "iban", "referrer": "url", "landing_page": "url",
}  # fmt: skip


# -- where a provider is known to put it -----------------------------------------------------------


def _in_order(document: dict[str, Any], plant: Plant, where: str) -> None:
    document |= fill(WOOCOMMERCE, plant, where)
    for item in document.get("line_items", []):
        item |= fill({"name": "name", "sku": "email", "meta_data": PAIRS}, plant, where)
    for refund in document.get("refunds", []):
        refund["reason"] = plant("text", f"{where} refund")


def _in_payment(document: dict[str, Any], plant: Plant, where: str) -> None:
    data = document.get("data", document)
    if "paymentKey" in data:
        data |= fill(TOSS, plant, where)
    for cancel in data.get("cancels") or []:
        cancel |= fill({"cancelReason": "text", "receiptKey": "token"}, plant, where)


def _in_event(document: dict[str, Any], plant: Plant, where: str) -> None:
    resource = document["resource"]
    document["summary"] = plant("text", f"{where} summary")
    units = resource.get("purchase_units", [])
    payments = [unit["payments"] for unit in units]
    lists = [lists for payment in payments for lists in payment.values()]
    for place in (resource, *units, *itertools.chain(*lists)):
        place |= fill(PAYPAL, plant, where)


def _in_touch(document: dict[str, Any], plant: Plant, where: str) -> None:
    data = document["data"]
    for place in data.get("touches", [data]):
        place |= fill(TOUCH, plant, where)


KNOWN: Mapping[str, Change] = {
    "paypal": _in_event,
    "standard": _in_touch,
    "toss": _in_payment,
    "woocommerce": _in_order,
}
PROVIDERS = tuple(KNOWN)
IGNORED = ("payout.changed", "order.deleted")


def documented(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Every sample, with personal data in every place that is known for it."""
    for name in samples.names(provider):
        topic, body = samples.load(provider, name)
        document = json.loads(body)
        KNOWN[provider](document, plant, name)
        expected = "ignored" if topic in IGNORED else "accepted"
        yield Webhook(name, json.dumps(document).encode(), expected, topic)  # type: ignore[arg-type]


# -- where nobody expects it -----------------------------------------------------------------------

MAIN = {"paypal": "resource", "standard": "data", "toss": "data"}  # WooCommerce: the document


def base(provider: str, **changes: Any) -> bytes:
    """A sample that books a sale, new each time, with these members in its main object."""
    document = json.loads(samples.load(provider)[1])
    main = document[MAIN[provider]] if provider in MAIN else document
    main |= changes
    return json.dumps(document, ensure_ascii=False).encode()


def unknown(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Personal data in members of no known name, one shape at a time, and in the envelope."""
    expected: Any = "suspect" if provider == "standard" else "accepted"
    for name, template in UNKNOWN.items():
        yield Webhook(name, base(provider, **fill(template, plant, name)), expected)
    document = json.loads(base(provider)) | fill({"more": [STRANGER, "card"]}, plant, "envelope")
    yield Webhook("in the envelope", json.dumps(document).encode(), expected)
    if provider == "standard":
        touches = [
            {"touch_id": f"t{next(_numbers)}", "occurred_at": "2026-03-01T10:00:00Z"}
            | fill({"session_id": "token", **template}, plant, f"touch {name}")
            for name, template in UNKNOWN.items()
        ]
        for beside in ("=nothing", "email in text"):
            memo = fill({"memo": beside}, plant, "beside the touches")
            batch = {"type": "touch.batch", "data": {"touches": touches}} | memo
            yield Webhook("batch", json.dumps(batch).encode(), None)
            touches = [touch | {"touch_id": f"t{next(_numbers)}"} for touch in touches]


def other_topics(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Topics that carry no money; one that is a mail address itself, one in the URL."""
    for name in ("customer.created", str(plant("email", "topic"))):
        document = fill(PERSON, plant, "ignored") | {"resource": fill(PERSON, plant, "ignored")}
        document |= dict.fromkeys(("type", "event_type", "eventType"), name)
        # Toss: only what claims to be a payout is signed.
        topic = "payout.changed" if provider == "toss" else name
        yield Webhook("ignored", json.dumps(document).encode(), "ignored", topic)
    said = str(plant("email in text", "topic of the URL"))
    yield Webhook("contradicts the URL", base(provider), "dead", route=said)


# -- in the place of what is booked ----------------------------------------------------------------

FIELDS: Mapping[str, tuple[str, ...]] = {
    "paypal": ("id", "status", "create_time", "amount", "links", "payer", "supplementary_data"),
    "standard": ("object_id", "currency", "amount_minor", "occurred_at", *TOUCH),
    "toss": (
        "orderId", "status", "totalAmount", "currency", "approvedAt", "cancels", "metadata",
        "lastTransactionKey", "method", "type", "customerKey"),
    "woocommerce": (
        "id", "status", "total", "currency", "date_paid_gmt", "customer_id", "meta_data",
        "line_items", "refunds", "payment_method"),
}  # fmt: skip
ENVELOPE: Mapping[str, tuple[str, ...]] = {
    "paypal": ("id", "event_type", "create_time", "resource_type", "resource_version", "resource"),
    "standard": ("type", "timestamp", "data"),
    "toss": ("eventType", "createdAt", "data"),
    "woocommerce": (),
}
# Shaped like what they are, or under keys that say so: nothing else is found in such a place.
WRONG: tuple[Any, ...] = (
    "email", "phone", "iban", "rrn", "lines", [["email in text"]], {"id": STRANGER, "x": "card"},
)  # fmt: skip


def misshapen(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Personal data as the value of each member that is read."""
    for key in FIELDS[provider]:
        for wrong in WRONG:
            yield Webhook(key, base(provider, **{key: fill(wrong, plant, key)}), None)
    for key in ENVELOPE[provider]:
        for wrong in WRONG:
            document = json.loads(base(provider)) | {key: fill(wrong, plant, f"envelope {key}")}
            yield Webhook(f"envelope {key}", json.dumps(document).encode(), None)
    if provider == "standard":
        for wrong in WRONG:
            touches = [fill(wrong, plant, "a touch"), {"touch_id": fill(wrong, plant, "touch_id")}]
            document = {"type": "touch.batch", "data": {"touches": touches}}
            yield Webhook("touches", json.dumps(document).encode(), None)


def in_headers(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Personal data as the value of each header that is handed on, over a good and a dead body."""
    for name in sorted(load_providers()[provider].FORWARDED):
        for kind in ("email", "phone", "local phone", "card", "iban", "rrn", "email in text"):
            for body in (base(provider), b"{" + base(provider)):
                value = str(plant(kind, f"header {name}"))
                yield Webhook(f"header {name}", body, None, headers={name: value.encode()})


def conflicts(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Several bodies under one delivery id, where the id alone tells the delivery."""
    expected: Any
    key = f"planted-{next(_numbers)}"
    for expected, kind in (("accepted", "=x"), ("dead", "email in text"), ("dead", "card")):
        more: dict[str, Any] = fill(
            {"memo": kind, "payer": {"email_address": "email"}}, plant, "conflict"
        )
        if provider == "paypal":
            body = json.dumps(json.loads(base(provider, **more)) | {"id": key}).encode()
            yield Webhook("conflict", body, expected)
        elif provider == "standard":
            body = base(provider, memo=more["memo"])
            yield Webhook("conflict", body, expected, headers={"webhook-id": key.encode()})


def every_webhook(provider: str, mode: str, plant: Plant) -> Iterator[Webhook]:
    """All of the above; the headers once, as no mode changes what is kept of them."""
    for kind in (documented, unknown, other_topics, misshapen, conflicts):
        yield from kind(provider, plant)
    if mode == "quarantine":
        yield from in_headers(provider, plant)
