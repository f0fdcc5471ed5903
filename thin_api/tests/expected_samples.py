"""What our own samples must become, written by hand, and what must be kept of none of them."""

ORDER, REFUND = "9000000000000000001", "9000000000000000002"
PAYMENT, CHARGE = "pi_3SAMPLEpayment0000001", "ch_3SAMPLEcharge00000001"
SESSION, INVOICE = "cs_live_a1SAMPLEcheckoutsession0001", "in_1SAMPLEinvoice0000001"
DISPUTE = "dp_1SAMPLEdispute0000001"
WOO = "shop.example.com:"  # the shop's host stands before its order and refund ids
PP_CAPTURE, PP_REFUND = "3SAMPLECAPTURE01F", "1SAMPLEREFUND001V"
PP_SALE, PP_SALE_REFUND = "8SAMPLESALE00001L", "6SAMPLEREFUND002K"
TOSS_PART = "tgen_20260303104500SAMPLEpart"

# kind, object, parent, currency, amount, occurred_at (UTC)
Expected = tuple[str, str, str | None, str | None, int | None, str]
# (provider, sample, settings) -> its events, in their order; none: the sample is ignored
EXPECTED: dict[tuple[str, str, str], list[Expected]] = {
    ("shopify", "orders/create", ""): [
        ("sale", ORDER, None, "USD", 11499, "2026-03-02T14:14:05Z"),
    ],
    ("shopify", "orders/paid", ""): [
        ("sale", ORDER, None, "USD", 11499, "2026-03-02T14:14:05Z"),
    ],
    ("shopify", "orders/cancelled", ""): [
        ("none", ORDER, None, "USD", 11499, "2026-03-05T13:01:33Z"),
    ],
    ("shopify", "refunds/create", ""): [
        ("refund", REFUND, ORDER, "USD", 3848, "2026-03-04T20:30:18Z"),
    ],
    ("stripe", "payment_intent.succeeded", ""): [
        ("sale", PAYMENT, None, "USD", 11499, "2026-03-02T14:14:06Z"),
    ],
    ("stripe", "payment_intent.succeeded", "revenue_from=invoices"): [
        ("none", PAYMENT, None, "USD", 11499, "2026-03-02T14:14:06Z"),
    ],
    ("stripe", "charge.succeeded", ""): [
        ("sale", PAYMENT, None, "USD", 11499, "2026-03-02T14:14:06Z"),
    ],
    ("stripe", "charge.refunded", ""): [
        ("refund", f"{CHARGE}:4500", PAYMENT, "USD", 3000, "2026-03-04T20:30:18Z"),
    ],
    ("stripe", "charge.dispute.created", ""): [
        ("dispute", DISPUTE, PAYMENT, "USD", 6999, "2026-03-10T13:45:01Z"),
    ],
    ("stripe", "checkout.session.completed", ""): [
        ("none", SESSION, None, "USD", 11499, "2026-03-02T14:14:10Z"),
    ],
    ("stripe", "checkout.session.completed", "revenue_from=sessions"): [
        ("sale", SESSION, None, "USD", 11499, "2026-03-02T14:14:10Z"),
    ],
    ("stripe", "invoice.paid", ""): [
        ("none", INVOICE, None, "EUR", 2900, "2026-03-02T14:15:02Z"),
    ],
    ("stripe", "invoice.paid", "revenue_from=invoices"): [
        ("sale", INVOICE, None, "EUR", 2900, "2026-03-02T14:15:02Z"),
    ],
    ("woocommerce", "order.created", ""): [
        ("none", WOO + ORDER, None, "USD", 11499, "2026-03-02T14:14:02Z"),
    ],
    ("woocommerce", "order.updated", ""): [
        ("sale", WOO + ORDER, None, "USD", 11499, "2026-03-02T14:14:05Z"),
    ],
    ("woocommerce", "order.updated~partial_refund", ""): [
        ("sale", WOO + ORDER, None, "USD", 11499, "2026-03-02T14:14:05Z"),
        ("refund", WOO + REFUND, WOO + ORDER, "USD", 3848, "2026-03-04T20:30:18Z"),
    ],
    ("woocommerce", "order.deleted", ""): [],
    ("paypal", "PAYMENT.CAPTURE.COMPLETED", ""): [
        ("sale", PP_CAPTURE, None, "USD", 11499, "2026-03-02T14:14:06Z"),
    ],
    ("paypal", "CHECKOUT.ORDER.COMPLETED", ""): [
        ("sale", PP_CAPTURE, None, "USD", 11499, "2026-03-02T14:14:06Z"),
    ],
    ("paypal", "PAYMENT.CAPTURE.REFUNDED", ""): [
        ("refund", PP_REFUND, PP_CAPTURE, "USD", 3848, "2026-03-04T20:30:18Z"),
    ],
    ("paypal", "PAYMENT.SALE.COMPLETED", ""): [
        ("sale", PP_SALE, None, "EUR", 2900, "2026-03-02T14:15:02Z"),
    ],
    ("paypal", "PAYMENT.SALE.REFUNDED", ""): [
        ("refund", PP_SALE_REFUND, PP_SALE, "EUR", 900, "2026-03-04T20:31:18Z"),
    ],
    ("standard", "order.paid", ""): [
        ("sale", "ord_SAMPLE1042", None, "USD", 11499, "2026-03-02T14:14:05Z"),
    ],
    ("standard", "order.refunded", ""): [
        ("refund", "ref_SAMPLE1042a", "ord_SAMPLE1042", "USD", 3848, "2026-03-04T20:30:18Z"),
    ],
    ("standard", "touch.recorded", ""): [
        ("touch", "tch_SAMPLE3", None, None, None, "2026-03-02T14:05:31.872Z"),
    ],
    ("standard", "touch.batch", ""): [
        ("touch", "tch_SAMPLE1", None, None, None, "2026-02-27T19:22:48.215Z"),
        ("touch", "tch_SAMPLE2", None, None, None, "2026-03-01T08:40:02.660Z"),
        ("touch", "tch_SAMPLE4", None, None, None, "2026-03-02T14:05:59.018Z"),
    ],
    ("toss", "PAYMENT_STATUS_CHANGED", ""): [
        ("sale", "tgen_20260302231341SAMPLEpaid", None, "KRW", 39000, "2026-03-02T14:14:06Z"),
    ],
    ("toss", "PAYMENT_STATUS_CHANGED~partial_canceled", ""): [
        ("sale", TOSS_PART, None, "KRW", 58000, "2026-03-03T01:45:31Z"),
        ("refund", "txrd_SAMPLEcancel01", TOSS_PART, "KRW", 8000, "2026-03-04T06:20:23Z"),
        ("refund", "txrd_SAMPLEcancel02", TOSS_PART, "KRW", 5000, "2026-03-04T20:30:18Z"),
    ],
    ("toss", "PAYMENT_STATUS_CHANGED~deposited", ""): [
        ("sale", "tgen_20260304090000SAMPLEbank", None, "KRW", 27500, "2026-03-04T02:42:09Z"),
    ],
    # Straight to the procedure, without Toss: no payment, no amount, the order's state as context.
    ("toss", "DEPOSIT_CALLBACK", ""): [
        ("none", "order_SAMPLE_0003", None, None, None, "2026-03-04T02:42:09.310455Z"),
    ],
    ("toss", "payout.changed", ""): [],
}

# Everything personal in the samples, wherever it stands.
PERSONAL = (
    *(
        "robin",
        "examplesdottir",
        "quinn",
        "sampleton",
        "@example.com",
        "*exampl",
        "555-01",
        "25550143",
    ),
    *("15550178", "invented way", "nowhereville", "madeup", "fictionburg", "203.0.113", "r.e."),
    *(
        "mozilla",
        "with love",
        "neighbour",
        "411111",
        "clientsecret",
        "authenticate",
        "too small",
        "40.0000",
        "for quinn",
    ),
    *("pottery", "calls after", "reader=", "receipts/", "de000000000", "session_id}"),
    *("loyalty", "4006381333931"),
    *("정산", "depositsecret", "x900000000000", "찻잔", "앞치마", "파손"),
)
