"""Hostile webhook bodies, built in code: what must end in the DLQ and why, and what must pass.

`HOSTILE` lists (name, provider, topic, body, reason). A reason is that of the one DLQ row; None
says that the body only looks bad and is booked. `UNDECIDED` bodies may end either way, but as one
row and never as an error. Each body has ids of its own, so all can go to one endpoint.

The bodies rely on no header but the topic; none needs or forbids a Triggered-At.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from thin_api.samples import load
from thin_api.tests.bodies import ABSENT, nested, order, payment, raw, refund, transaction

Row = tuple[str, bytes, str | None]  # name, body, reason


class Case(NamedTuple):
    """One body. ``reason``: of the DLQ row, or None when the webhook is accepted."""

    name: str
    provider: str
    topic: str
    body: bytes
    reason: str | None


LETTERS = str.maketrans("0123456789", "ghijklmnop")  # a run of digits could look like a card
LOCALS = "someone.invented"
MAIL = f"{LOCALS}@example.com"
CARD = "4111 1111 1111 1111"  # the payment industry's public test number
LONG = "".join(hashlib.sha256(b"%d" % i).hexdigest() for i in range(1500)).translate(LETTERS)
MANY = b'{"id":1,' + b",".join(b'"k%06d":%d' % (i, i) for i in range(125_000)) + b"}"


def _syntax() -> Iterator[Row]:
    whole = order()
    yield "truncated", whole[:-20], "invalid_json"
    yield "truncated_with_mail", order(note=MAIL)[:-3], "invalid_json"
    yield "two_documents", whole + whole, "invalid_json"
    yield "trailing_comma", whole[:-1] + b",}", "invalid_json"
    yield "nan_token", raw(order(total_price="RAW"), "NaN"), "invalid_json"
    yield "single_quotes", b"{'id': 1}", "invalid_json"
    yield "form_encoded", b"id=1&email=someone.invented%40example.com", "invalid_json"
    yield "byte_order_mark", b"\xef\xbb\xbf" + whole, "invalid_json"
    yield "control_character", raw(order(note="RAW"), '"a\tb"'), "invalid_json"
    yield "lone_surrogate", raw(order(note="RAW"), '"\\ud83d"'), "invalid_json"
    yield "reversed_surrogates", raw(order(note="RAW"), '"\\ude00\\ud83d"'), "invalid_json"
    yield "latin_1", order(note="caf\u00e9").decode().encode("latin-1"), "invalid_utf8"
    yield "encoded_surrogate", whole.replace(b"paid", b"\xed\xa0\xbd"), "invalid_utf8"
    yield "overlong_encoding", whole.replace(b"paid", b"\xc0\xaf"), "invalid_utf8"
    yield "cut_character", order(note="\u20ac")[:-4] + b'\xe2\x82"}', "invalid_utf8"
    for text in ("null", "true", "42", '"text"', "[]"):
        yield f"scalar_{text}", text.encode(), "not_an_object"
    yield "array_of_orders", b"[" + whole + b"]", "not_an_object"
    yield "nul_escape", raw(order(source_name="RAW"), '"a\\u0000b"'), "nul_character"
    yield "nul_escape_in_key", whole[:-1] + b',"a\\u0000b":1}', "nul_character"
    yield "nul_byte", order(note="a\0b").replace(b"\\u0000", b"\0"), "nul_character"
    yield "not_nul_but_backslash", raw(order(note="RAW"), '"a\\\\u0000b"'), None
    yield "nested_100", nested(100), "too_deep"
    yield "nested_100000", nested(100_000), "too_deep"
    yield "two_megabytes_of_keys", MANY, "too_many_keys"
    yield "duplicate_key", whole[:-1] + b',"total_price":"99.00"}', "duplicate_keys"
    yield "duplicate_key_escaped", whole[:-1] + b',"\\u0069d":1}', "duplicate_keys"
    yield "duplicate_key_nested", raw(order(x="RAW"), '[{"a":1,"a":1}]'), "duplicate_keys"
    yield "exponent", raw(order(total_price="RAW"), "1e400"), "number_out_of_range"
    yield "exponent_elsewhere", raw(order(x="RAW"), "[1E+131072]"), "number_out_of_range"
    yield "exponent_only_in_text", order(reference="part 1e400"), None


def _orders() -> Iterator[Row]:
    words = ("NaN", "Infinity", "-Infinity", "12,50", "1.2.3", "0x10", "1_000", "$12.00", "1e2")
    for text in (*words, "\uff11\uff12", "-10.00", "12.345"):
        yield f"amount_{text}", order(total_price=text), "invalid_amount"
    for value in (True, {"amount": "10.00"}, ["10.00"]):
        yield f"amount_{type(value).__name__}", order(total_price=value), "invalid_amount"
    yield "amount_number_not_whole", order(total_price=10.555), "invalid_amount"
    yield "amount_tiny", raw(order(total_price="RAW"), "1e-99"), "number_out_of_range"
    yield "amount_20_digits", order(total_price="99999999999999999999.00"), "amount_out_of_range"
    yield "amount_64_bits", order(total_price="92233720368547758.08"), "amount_out_of_range"
    yield "amount_2000_digits", order(total_price="9" * 2000), "amount_out_of_range"
    yield "amount_number", order(total_price=10.5), None
    yield "amount_trailing_zeros", order(total_price="10.5000"), None
    yield "amount_absent", order(total_price=ABSENT), "missing_field"
    yield "id_absent", order(id=ABSENT), "missing_field"
    yield "id_null", order(id=None), "missing_field"
    for other in ({"id": 1}, [1], True, 1.5):
        yield f"id_{type(other).__name__}", order(id=other), "invalid_field"
    for time in ("yesterday", "now", "infinity", "soon", "2026-13-45T00:00:00Z", "24:61"):
        yield f"time_{time}", order(processed_at=time), "invalid_timestamp"
    for time in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "300000-01-01T00:00:00Z"):
        yield f"time_{time}", order(processed_at=time), "invalid_timestamp"
    yield "time_number", order(processed_at=1772460845), "invalid_timestamp"
    yield "time_object", order(processed_at={"at": 1}), "invalid_timestamp"
    yield "currency_absent", order(currency=ABSENT), "currency_missing"
    yield "currency_null", order(currency=None), "currency_missing"
    money = {"shop_money": {"amount": "10.00", "currency_code": "CAD"}}
    yield "currency_in_set", order(currency=None, total_price_set=money), None
    for code in ("ZZZ", "XXX", "USDX", "U$D", "usd" * 5000):
        yield f"currency_{code[:9]}", order(currency=code), "currency_unknown"
    yield "jpy_with_cents", order(currency="JPY", total_price="1500.50"), "invalid_amount"
    yield "kwd_four_decimals", order(currency="KWD", total_price="12.3456"), "invalid_amount"


def _refunds() -> Iterator[Row]:
    yield "refund_order_absent", refund(transaction(), order_id=ABSENT), "missing_field"
    yield "refund_transactions_text", refund(transactions="none"), "invalid_field"
    yield "refund_transactions_scalars", refund(1, None), "invalid_field"
    yield "refund_amount_absent", refund(transaction(amount=ABSENT)), "missing_field"
    yield "refund_amount_nan", refund(transaction(amount="NaN")), "invalid_amount"
    yield "refund_amount_negative", refund(transaction(amount="-1.00")), "invalid_amount"
    yield "refund_currency_null", refund(transaction(currency=None)), "currency_missing"
    yield "refund_failed_only", refund(transaction(status="failure", amount="NaN")), None
    yield "refund_empty", refund(), None


def _events() -> Iterator[Row]:
    yield "empty", b"", "invalid_json"
    for amount in (10.5, -5, "NaN", True, {"value": 1}):
        yield f"amount_{amount}", payment({"amount_received": amount}), "invalid_amount"
    yield "amount_20_digits", payment({"amount_received": 10**20 - 1}), "amount_out_of_range"
    yield "amount_absent", payment({"amount_received": ABSENT}), "missing_field"
    yield "amount_zero", payment({"amount_received": 0}), None
    yield "currency_absent", payment({"currency": ABSENT}), "currency_missing"
    yield "currency_zzz", payment({"currency": "zzz"}), "currency_unknown"
    yield "isk_not_whole", payment({"amount_received": 950, "currency": "isk"}), "invalid_amount"
    yield "ugx_not_whole", payment({"amount_received": 550, "currency": "ugx"}), "invalid_amount"
    for key in ("type", "created", "data"):
        yield f"{key}_absent", payment(**{key: ABSENT}), "missing_field"
    yield "object_absent", payment(data={}), "missing_field"
    yield "object_id_absent", payment({"id": ABSENT}), "missing_field"
    yield "data_text", payment(data="object"), "missing_field"
    yield "object_array", payment(data={"object": []}), "invalid_field"
    yield "type_number", payment(type=7), "missing_field"
    for created in (1772460846000, 10**15, -1, "soon", {"at": 1}):
        yield f"created_{created}", payment(created=created), "invalid_timestamp"
    # An index entry holds 2.7 kB: without a bound on ids these are errors of the database. The
    # event's id only identifies the delivery, which a hash of it does as well.
    yield "object_id_of_100_kb", payment({"id": f"pi_{LONG}"}), "invalid_field"
    yield "event_id_of_100_kb", payment(id=f"evt_{LONG}"), None
    yield "mail_key", payment({"partner_email": MAIL}), "pii_violation"
    yield "card", payment({"partner_remark": CARD}), "pii_violation"


def _personal() -> Iterator[Row]:
    yield "mail_key", order(alternative_email=MAIL), "pii_violation"
    yield "mail_in_text", order(app_remark=f"ask {MAIL} first"), "pii_violation"
    yield "mail_escaped", raw(order(x="RAW"), f'"{LOCALS}\\u0040example.com"'), "pii_violation"
    yield "mail_as_key", order(x={MAIL: 1}), "pii_violation"
    yield "mail_deep", order(x=[{"y": [{"z": MAIL}]}]), "pii_violation"
    yield "phone", order(app_remark="call 212-555-0143 after six"), "pii_violation"
    yield "card", order(app_remark=f"paid with {CARD}"), "pii_violation"
    yield "iban", order(app_remark="DE89 3704 0044 0532 0130 00"), "pii_violation"
    yield "luhn_id", order(id=4111111111111111, app_id=5500005555555559), None
    gid = "gid://shopify/Order/4111111111111111"
    hashed = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    yield "lookalikes", order(admin_graphql_api_id=gid, x=[hashed, 1772460846]), None


def _cases() -> Iterator[Case]:
    for name, body, reason in (*_syntax(), *_orders(), *_personal()):
        yield Case(f"order_{name}", "shopify", "orders/paid", body, reason)
    status = order(financial_status=7)
    yield Case("order_status_number", "shopify", "orders/create", status, "invalid_field")
    for name, body, reason in _refunds():
        yield Case(name, "shopify", "refunds/create", body, reason)
    for name, body, reason in _events():
        yield Case(f"event_{name}", "stripe", "payment_intent.succeeded", body, reason)


def _undecided() -> Iterator[Case]:
    orders = {
        "id_empty": order(id=""),
        "id_20_digits": order(id=10**20 - 1),
        "id_with_newline": order(id="1\n2"),
        "amount_null": order(total_price=None),
        "amount_empty": order(total_price=""),
        "amount_spaces": order(total_price=" 10.00 "),
        "time_without_offset": order(processed_at="2026-03-02T09:14:05"),
        "date_only": order(processed_at="2026-03-02"),
        "currency_lower": order(currency="usd"),
        "currency_number": order(currency=840),
        "currency_empty": order(currency=""),
        "attributes_text": order(note_attributes="utm_source"),
        "attributes_scalars": order(note_attributes=[1, None, {"name": 1, "value": []}]),
        "customer_text": order(customer="robin", client_details=7),
        "landing_site_object": order(landing_site={"utm_source": 1}),
        "landing_site_long": order(landing_site="/?utm_source=" + "x%ff%00" * 20_000),
        "test_text": order(test="maybe"),
    }
    for name, body in orders.items():
        yield Case(f"order_{name}", "shopify", "orders/paid", body, None)
    events = {
        "amount_text": payment({"amount_received": "1000"}),
        "created_text": payment(created="1772460846"),
        "created_fraction": payment(created=1772460846.5),
        "metadata_array": payment({"metadata": [1]}),
        "type_long": payment(type="x" * 100_000),
        "id_number": payment(id=7),
        "id_absent": payment(id=ABSENT),
    }
    for name, body in events.items():
        yield Case(f"event_{name}", "stripe", "payment_intent.succeeded", body, None)
    _, sample = load("shopify", "orders/paid", fresh=False)
    yield Case("order_cut_in_half", "shopify", "orders/paid", sample[: len(sample) // 2], None)


HOSTILE: list[Case] = list(_cases())
UNDECIDED: list[Case] = list(_undecided())
