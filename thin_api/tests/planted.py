"""Webhooks full of personal data: where providers put it, where they should not, and broken ones.

Documents are templates: a leaf names the kind of value to plant there, "=text" stands for the text
itself, and a key in "<>" for a planted value in the place of a key.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thin_api import samples
from thin_api.tests import bodies
from thin_api.tests.sentinels import Plant

# `suspect`: dead in an endpoint that quarantines, accepted by the others. None: any of them, also
# 401.
Expected = Literal["accepted", "suspect", "dead", "ignored"] | None


@dataclass(frozen=True)
class Webhook:
    """A delivery; `headers` are put over those of the signature. route: a topic for the URL."""

    name: str
    body: bytes
    expected: Expected
    topic: str | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)
    route: str | None = None


PERSON: dict[str, Any] = {
    "email": "email", "first_name": "name", "last_name": "name", "name": "name", "phone": "phone",
    "address1": "street", "address2": "street", "city": "name", "zip": "token", "company": "name",
    "note": "text", "tags": "email", "id": "number",
}  # fmt: skip
# Under keys that say what it is, or of a shape that does: known without knowing the document.
STRANGER: dict[str, Any] = {
    "email": "email", "first_name": "name", "last_name": "name", "address1": "street",
    "phone": "phone", "zip": "token", "note": "email in text", "card": "card", "iban": "iban",
}  # fmt: skip
PAIRS = [
    {"name": "=utm_source", "value": "email"},
    {"name": "=utm_campaign", "value": "phone"},
    {"name": "=landing_page", "value": "url"},
    {"name": "=session_id", "value": "token"},
    {"name": "=gift_to", "value": "name"},
    {"name": "email", "value": "=1"},
]
PAYMENT_DETAILS = {"credit_card_number": "card in text", "credit_card_name": "name"}
TRANSACTION = {
    "receipt": {"charge": {"billing_details": PERSON}},
    "message": "text",
    "authorization": "token",
    "payment_details": PAYMENT_DETAILS,
    "amount": "=10.00",
    "kind": "=refund",
    "status": "=success",
    "currency": "=USD",
}
SHOPIFY: dict[str, Any] = {
    **dict.fromkeys(("email", "contact_email", "tags", "reference", "landing_site_ref"), "email"),
    **dict.fromkeys(("token", "cart_token", "checkout_token", "browser_ip"), "token"),
    **dict.fromkeys(("note", "cancel_reason", "message"), "text"),
    **dict.fromkeys(("landing_site", "referring_site", "order_status_url", "source_url"), "url"),
    **dict.fromkeys(("user_id", "device_id", "checkout_id"), "number"),
    **dict.fromkeys(("name", "company", "po_number", "confirmation_number"), "name"),
    "phone": "phone",
    "client_details": {"browser_ip": "token", "user_agent": "name"},
    "customer": {**PERSON, "default_address": PERSON},
    "billing_address": PERSON,
    "shipping_address": PERSON,
    "payment_details": PAYMENT_DETAILS,
    "note_attributes": PAIRS,
    "fulfillments": [{"destination": PERSON, "receipt": PERSON, "email": "email"}],
    "refunds": [{"note": "text", "transactions": [TRANSACTION]}],
    "returns": [{"note": "text"}],
    "discount_applications": [{"title": "name", "description": "text"}],
    "payment_terms": PERSON,
    "line_items": [{"properties": PAIRS, "name": "name", "destination_location": PERSON}],
    "shipping_lines": [{"phone": "phone", "title": "name", "code": "token"}],
    "tax_lines": [{"title": "name"}],
}
SHOPIFY_REFUND = {
    "note": "text",
    "user_id": "number",
    "transactions": [TRANSACTION],
    "refund_line_items": [{"line_item": {"properties": PAIRS, "name": "name"}}],
    "order_adjustments": [{"reason": "text"}],
}
METADATA: dict[str, Any] = {
    "utm_source": "email", "utm_medium": "card", "landing_page": "url", "referrer": "url",
    "session_id": "token", "email": "email", "customer_name": "name", "memo": "text",
    "<email>": "=1",
}  # fmt: skip
BILLING = {**PERSON, "address": {"line1": "street", "city": "name", "postal_code": "token"}}
STRIPE: dict[str, Any] = {
    **dict.fromkeys(("billing_details", "shipping", "shipping_details", "individual"), BILLING),
    "customer_details": BILLING,
    **dict.fromkeys(("customer_address", "customer_shipping", "source", "card"), BILLING),
    **dict.fromkeys(("receipt_email", "customer_email"), "email"),
    **dict.fromkeys(("receipt_url", "hosted_invoice_url", "success_url", "cancel_url"), "url"),
    **dict.fromkeys(("description", "statement_descriptor", "footer", "failure_message"), "text"),
    **dict.fromkeys(("client_secret", "client_reference_id", "number"), "token"),
    "customer": {**PERSON, "id": "token"},
    "payment_method": {"id": "=pm_1", "billing_details": BILLING},
    "customer_name": "name",
    "customer_phone": "phone",
    "customer_tax_ids": [{"value": "token"}],
    "payment_method_details": {"sepa_debit": {"iban": "iban"}, "card": {"number": "card"}},
    "evidence": {**PERSON, "customer_email_address": "email", "uncategorized_text": "text"},
    "charges": {"data": [BILLING]},
    "lines": {"data": [{"description": "text", "metadata": METADATA}]},
    "custom_fields": [{"text": {"value": "name"}}],
    "last_payment_error": {"message": "text", "payment_method": BILLING},
    "metadata": METADATA,
}  # fmt: skip
# Where no provider is known to put any.
UNKNOWN: dict[str, Any] = {
    **{kind: {"memo": kind} for kind in (
        "email", "EMAIL", "encoded email", "email in text", "phone", "phone in text", "card",
        "local phone in text", "card number", "card in text", "card with dashes", "iban",
        "iban in text", "rrn", "rrn in text", "rrn digits", "lines", "json text")},
    **{f"{kind} as a key": {f"<{kind}>": "=1"} for kind in ("email", "phone", "card", "iban")},
    "keys that say so": {"gift": {"first_name": "name", "last_name": "name", "address1": "street"}},
    "other keys that say so": {"recipientName": "name", "phone": "phone number"},
    "a list under such a key": {"first_names": "=1", "first_name": ["name", "name"]},
    "an object under such a key": {"address": {"line": "street", "at": {"who": "name"}}},
    "an owner": {"owner": {**PERSON, "who": "name"}},
    "deep": {"a": [{"b": {"c": [{"d": ["=x", {"e": "email in text"}]}]}}]},
}  # fmt: skip


def fill(template: Any, plant: Plant, where: str = "") -> Any:
    """Return a template with its values planted."""
    match template:
        case dict():
            return {
                str(plant(key[1:-1], f"{where} key")) if key[0] == "<" else key:
                    fill(value, plant, f"{where}.{key}")
                for key, value in template.items()
            }  # fmt: skip
        case list():
            return [fill(value, plant, f"{where}[]") for value in template]
        case _:
            return template[1:] if template[0] == "=" else plant(template, where)


def documented(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Every sample, with personal data in every place that is known for it."""
    for name in samples.names(provider):
        topic, body = samples.load(provider, name)
        document = json.loads(body)
        if provider == "stripe":
            document["data"]["object"] |= fill(STRIPE, plant, topic)
            document["request"] = fill(PERSON, plant, f"{topic} request")
            document["data"].setdefault("previous_attributes", {})["receipt_email"] = plant(
                "email", f"{topic} previous_attributes"
            )
        else:
            template = SHOPIFY_REFUND if topic == "refunds/create" else SHOPIFY
            document |= fill(template, plant, topic)
        yield Webhook(topic, json.dumps(document).encode(), "accepted", topic)


def base(provider: str, **changes: Any) -> bytes:
    """A valid webhook with these members in its main object."""
    return bodies.payment(changes) if provider == "stripe" else bodies.order(**changes)


def unknown(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Personal data where nobody expects it, one shape at a time."""
    for name, template in UNKNOWN.items():
        yield Webhook(name, base(provider, **fill(template, plant, name)), "suspect")
    yield Webhook(
        "everything",
        base(provider, more=fill(list(UNKNOWN.values()), plant, "everything")),
        "suspect",
    )
    if provider == "stripe":
        outside = bodies.payment(more=fill({"x": ["email in text", "card"]}, plant, "envelope"))
        yield Webhook("in the envelope", outside, "suspect")


def other_topics(provider: str, plant: Plant) -> Iterator[Webhook]:
    """Topics that carry no money; one that is a mail address itself."""
    document = json.dumps(fill(PERSON, plant, "customers/create")).encode()
    if provider == "shopify":
        yield Webhook("ignored topic", document, "ignored", "customers/create")
        yield Webhook("topic", document, "ignored", str(plant("email", "topic")))
        return
    for name in ("customer.created", str(plant("email", "type"))):
        body = bodies.payment(fill(STRIPE, plant, "ignored type"), type=name)
        yield Webhook("ignored type", body, "ignored")
