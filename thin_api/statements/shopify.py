"""Shopify Payments: the exported transactions of payouts (payment_transactions_export.csv).

Orders are named by their number (#1001), refunds by their order's. Only what went through Shopify
Payments is in it.
"""

from collections.abc import Iterator
from typing import Any

from thin_api.statements.table import Table
from thin_api.statements.values import UnreadableError, decimal_text, time_text

SHOWN_BY = ({"transaction_date", "type", "order", "amount", "currency"},)
KINDS = {"charge": "sale", "refund": "refund", "refund_failure": "refund"}
# No Shopify webhook books a chargeback, so there is nothing to compare it with.
OTHER_BEGINS = (
    "payout", "adjustment", "chargeback", "dispute", "reserve", "credit", "debit", "fee", "tax",
    "shop_cash", "transfer", "advance", "balance", "billing", "anomaly", "import", "marketplace",
    "application", "capital", "shipping", "markets",
)  # fmt: skip


def rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of an export."""
    table.require(("transaction_date",), ("type",), ("order",), ("amount",), ("currency",))
    for line, cells in table.named():
        if cells is None:
            yield {"line": line, "unread": "column_count"}
            continue
        try:
            yield {"line": line, **_row(cells)}
        except UnreadableError as error:
            yield {"line": line, "unread": str(error)}


def _row(cells: dict[str, str]) -> dict[str, Any]:
    kind_there = cells["type"].lower().replace(" ", "_")
    kind = KINDS.get(kind_there)
    row: dict[str, Any] = {
        "currency": cells["currency"],
        "amount_decimal": decimal_text(cells["amount"], cells["currency"]),
        "kind": kind or "other",
    }
    if kind is None:
        if not kind_there.startswith(OTHER_BEGINS):
            raise UnreadableError("kind_unknown")
        return row
    if not cells["order"]:
        raise UnreadableError("missing_field")
    row["occurred_at"] = time_text(cells["transaction_date"])
    # The number that an order is shown by may have a prefix and suffix of the shop's choice.
    digits = "".join(mark if mark.isdecimal() else " " for mark in cells["order"]).split()
    if not digits:
        raise UnreadableError("invalid_field")
    names = list(dict.fromkeys([cells["order"].lstrip("#"), digits[-1]]))
    row["object_id" if kind == "sale" else "parent_object_id"] = names[0]
    if kind_there == "refund_failure":
        row["reversal"] = True
    return {**row, "also_known": names[1:]}
