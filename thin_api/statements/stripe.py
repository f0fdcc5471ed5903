"""Stripe: the itemised balance reports, and the CSV of all balance transactions.

Columns: https://docs.stripe.com/reports/report-types. Amounts are in major units, signed. A report
is in the settlement currency; the charge itself is in customer_facing_amount and _currency, where
these columns were chosen, and that is what the ledger has.
"""

from collections.abc import Iterator
from typing import Any

from thin_api.statements.table import Table
from thin_api.statements.values import UnreadableError, decimal_text, time_text

SHOWN_BY = (
    {"balance_transaction_id", "reporting_category"},
    {"reporting_category", "gross", "currency"},
    {"type", "source", "amount", "net", "created_utc"},
)
SALES = {"charge", "payment"}
# A sale that is smaller than authorised, or that failed after all: its negative amount counts.
SALES_TAKEN_BACK = {"partial_capture_reversal", "charge_failure", "payment_failure_refund"}
REFUNDS = {"refund", "payment_refund"}
REFUNDS_TAKEN_BACK = {"refund_failure"}
OTHER = {"dispute_reversal", "other_adjustment", "tax", "currency_conversion", "obligation"} | {
    "contribution",
    "network_cost",
    "validation",
    "stripe_fee",
    "tax_fee",
}
OTHER_BEGINS = (
    "fee", "stripe_", "payout", "transfer", "topup", "advance", "anticipation", "financing",
    "issuing", "platform_earning", "connect_", "reserve", "risk_reserved", "climate", "application",
    "unreconciled", "minimum_balance", "payment_network_reserve", "inbound", "outbound",
)  # fmt: skip


def rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a report."""
    table.require(("reporting_category", "type"), ("gross", "amount"), ("currency",))
    table.require(("source_id", "source", "charge_id", "payment_intent_id"))
    for line, cells in table.named():
        if cells is None:
            yield {"line": line, "unread": "column_count"}
            continue
        try:
            yield {"line": line, **_row(cells)}
        except UnreadableError as error:
            yield {"line": line, "unread": str(error)}


def _row(cells: dict[str, str]) -> dict[str, Any]:
    category = (cells.get("reporting_category") or cells.get("type") or "").lower()
    currency = cells["currency"]
    gross = decimal_text(cells.get("gross") or cells.get("amount") or "", currency)
    kind, is_reversal = _kind(category)
    row: dict[str, Any] = {
        "kind": kind,
        "row_key": cells.get("balance_transaction_id") or cells.get("id"),
        "currency": currency,
        "amount_decimal": gross,
    }
    if kind == "other":
        return row
    if cells.get("customer_facing_amount") and cells.get("customer_facing_currency"):
        row["currency"] = cells["customer_facing_currency"]
        amount = decimal_text(cells["customer_facing_amount"], row["currency"]).lstrip("+-")
        row["amount_decimal"] = f"-{amount}" if gross.startswith("-") else amount
    row["occurred_at"] = time_text(cells.get("created_utc", ""), is_utc=True)
    if is_reversal:
        row["reversal"] = True

    source = cells.get("source_id") or cells.get("source") or ""
    of_charge = source.startswith(("ch_", "py_", "pi_"))
    sale = [
        cells.get("payment_intent_id", ""),
        cells.get("charge_id", ""),
        source if of_charge or kind == "sale" else "",
        cells.get("invoice_id", ""),
    ]
    names = list(dict.fromkeys(name for name in sale if name))
    if kind == "sale":
        if not names:
            raise UnreadableError("missing_field")
        return {**row, "object_id": names[0], "also_known": names[1:]}
    if kind == "refund" and not names:
        # The ledger knows refunds by their charge. The report needs charge_id or payment_intent_id.
        raise UnreadableError("parent_missing")
    row["object_id"] = None if of_charge else source
    row["parent_object_id"] = names[0] if names else None
    return {**row, "also_known": names[1:]}


def _kind(category: str) -> tuple[str, bool]:
    if category in SALES:
        return "sale", False
    if category in SALES_TAKEN_BACK:
        return "sale", True
    if category in REFUNDS:
        return "refund", False
    if category in REFUNDS_TAKEN_BACK:
        return "refund", True
    if category == "dispute":
        return "dispute", False
    if category in OTHER or category.startswith(OTHER_BEGINS):
        return "other", False
    raise UnreadableError("kind_unknown")
