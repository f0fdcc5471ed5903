"""What the peer does about personal data: as strict as core.redact_json, written in Python.

Declared paths are dropped; whatever else is named or shaped like personal data quarantines the
webhook. One compiled expression over the text first, the walk only where that sees something.
"""

import re
from typing import Any

STRIPE_PERSONAL = frozenset(
    [
        "billing_details",
        "shipping",
        "shipping_details",
        "receipt_email",
        "receipt_url",
        "receipt_number",
        "customer_details",
        "customer_email",
        "customer_name",
        "customer_phone",
        "customer_address",
        "customer_shipping",
        "collected_information",
        "custom_fields",
        "payment_method_details",
        "source",
        "card",
        "description",
        "statement_descriptor",
        "last_payment_error",
        "charges",
        "client_secret",
        "customer",
        "client_reference_id",
        "metadata",
        "number",
        "outcome",
        "fraud_details",
        "next_action",
    ]
)
SHOPIFY_PERSONAL = frozenset(
    [
        "email",
        "contact_email",
        "phone",
        "name",
        "company",
        "note",
        "tags",
        "token",
        "checkout_token",
        "cart_token",
        "checkout_id",
        "order_status_url",
        "browser_ip",
        "client_details",
        "user_id",
        "device_id",
        "customer",
        "billing_address",
        "shipping_address",
        "payment_details",
        "note_attributes",
        "landing_site",
        "landing_site_ref",
        "referring_site",
        "source_url",
        "source_identifier",
        "reference",
        "po_number",
        "confirmation_number",
        "discount_applications",
        "fulfillments",
        "payment_terms",
        "receipt",
        "authorization",
        "message",
        "cancel_reason",
        "custom_attributes",
        "attributes",
        "purchasing_entity",
        "location",
        "discount_codes",
        "refunds",
        "returns",
        "tax_lines",
    ]
)
SHOPIFY_ITEM = (
    "id", "product_id", "variant_id", "sku", "title", "quantity", "price", "total_discount",
    "gift_card",
)  # fmt: skip

SUSPICIOUS = re.compile(
    r"(?i:(?:mail|phone|mobile|msisdn|whatsapp|address|street|birth|passport|agent)"
    r"[a-z0-9_ -]*\": [^ntf])"
    r"|(?i:[\"_-](?:zip|fax|tel|dob|ssn|rrn|iban|pan|cvv2?|cvc2?|ip)s?\": [^ntf])"
    r"|(?i:(?:first|middle|full|given|family|last)[-_ ]?name\": [^ntf])"
    r"|[^ \"@]@[^ \"@.]+\.[^ \".0-9]"
    r"|[^0-9A-Za-z_.~-]\+[0-9]"
    r"|[^0-9A-Za-z_/.-][0-9](?:[ -]?[0-9]){12}"
    r"|[^0-9A-Za-z_][A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}"
)
PERSONAL_KEY = re.compile(
    r"(?i)(?:mail|phone|mobile|msisdn|whatsapp|address|street|birth|passport|agent)"
    r"|(?:^|[_-])(?:zip|fax|tel|dob|ssn|rrn|iban|pan|cvv2?|cvc2?|ip)s?$"
    r"|(?:first|middle|full|given|family|last)[-_ ]?name$"
)
MAIL = re.compile(r"[^\s\"<>(),:;@]+@[^\s\"<>(),:;@.]+\.[^\s\"<>(),:;@.0-9]{2,}")
PHONE = re.compile(
    r"(?<![0-9A-Za-z_.-])(?:\+[0-9][0-9() .-]{6,18}[0-9]"
    r"|(?:1[ .-])?\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[ .-][0-9]{4})(?![0-9A-Za-z_-])"
)
CARD = re.compile(r"(?<![0-9A-Za-z/_.-])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")
IBAN = re.compile(r"(?<![0-9A-Za-z_])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}(?![0-9A-Za-z])")


def is_luhn_valid(digits: str) -> bool:
    """Check a card number's last digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban_valid(text: str) -> bool:
    """Check an IBAN's remainder."""
    plain = re.sub(r"[ -]", "", text)
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def holds_personal_data(value: Any, key: str = "") -> bool:
    """Walk a document."""
    if isinstance(value, dict):
        return any(holds_personal_data(item, name) for name, item in value.items())
    if isinstance(value, list):
        return any(holds_personal_data(item, key) for item in value)
    if value is None or isinstance(value, bool):
        return False
    text = str(value)
    if PERSONAL_KEY.search(key) and text.strip():
        return True
    if MAIL.search(text) or PHONE.search(text):
        return True
    if not key.endswith("id") and any(
        is_luhn_valid(re.sub(r"\D", "", found)) for found in CARD.findall(text)
    ):
        return True
    return any(is_iban_valid(found) for found in IBAN.findall(text))


def redact_stripe(event: dict[str, Any], pseudonym: Any) -> tuple[dict[str, Any], int]:
    """Drop what Stripe fills with personal data; return the rest and how much it was."""
    item = {k: v for k, v in event["data"]["object"].items() if v is not None}
    kept = {k: v for k, v in item.items() if k not in STRIPE_PERSONAL}
    dropped = len(item) - len(kept)
    if customer := item.get("customer"):
        kept["customer"] = pseudonym(str(customer))
    metadata = item.get("metadata") or {}
    marks = {k: v for k, v in metadata.items() if k.startswith("utm_")}
    if "session_id" in metadata:
        marks["session_id"] = pseudonym(str(metadata["session_id"]))
    kept["metadata"] = marks
    rest = {k: v for k, v in event.items() if k != "request"}
    return rest | {"data": {"object": kept}}, dropped


def redact_shopify(order: dict[str, Any], pseudonym: Any) -> tuple[dict[str, Any], int]:
    """Drop what Shopify fills with personal data; return the rest and how much it was."""
    filled = {k: v for k, v in order.items() if v is not None}
    kept = {
        k: v
        for k, v in filled.items()
        if k not in SHOPIFY_PERSONAL and not (k.endswith("_set") and k != "total_price_set")
    }
    dropped = len(filled) - len(kept)
    customer = filled.get("customer")
    if isinstance(customer, dict) and customer.get("id"):
        kept["customer"] = {"id": pseudonym(str(customer["id"]))}
    if cart := filled.get("cart_token"):
        kept["cart_token"] = pseudonym(cart)
    kept["line_items"] = [
        {k: item[k] for k in SHOPIFY_ITEM if k in item} for item in filled.get("line_items", [])
    ]
    kept["shipping_lines"] = [
        {k: item[k] for k in ("id", "price", "discounted_price") if k in item}
        for item in filled.get("shipping_lines", [])
    ]
    kept["note_attributes"] = {
        a["name"].lstrip("_"): a["value"]
        for a in filled.get("note_attributes", [])
        if a["name"].lstrip("_").startswith("utm_")
    }
    for page in ("landing_site", "referring_site"):
        if text := filled.get(page):
            kept[page] = str(text).partition("#")[0].partition("?")[0]
    return kept, dropped
