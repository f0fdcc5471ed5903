"""Any other provider: a CSV with columns kind, object_id, currency and amount_minor or amount."""

from collections.abc import Iterator
from typing import Any

from thin_api.statements.table import Table
from thin_api.statements.values import UnreadableError, decimal_text, minor_text, time_text

SHOWN_BY = (
    {"kind", "object_id", "currency", "amount_minor"},
    {"kind", "object_id", "currency", "amount"},
)
TRUE = frozenset({"true", "yes", "1"})


def rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file; `amount` is in major units, `amount_minor` in minor units."""
    table.require(("kind",), ("object_id",), ("currency",), ("amount_minor", "amount"))
    for line, cells in table.named():
        if cells is None:
            yield {"line": line, "unread": "column_count"}
            continue
        try:
            yield {"line": line, **_row(cells)}
        except UnreadableError as error:
            yield {"line": line, "unread": str(error)}


def _row(cells: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "kind": cells["kind"].lower(),
        "object_id": cells["object_id"],
        "parent_object_id": cells.get("parent_object_id"),
        "also_known": cells.get("also_known", "").split(),
        "row_key": cells.get("row_key"),
        "currency": cells["currency"],
        "occurred_at": time_text(cells.get("occurred_at", "")),
    }
    if "amount_minor" in cells:
        row["amount_minor"] = minor_text(cells["amount_minor"])
    else:
        row["amount_decimal"] = decimal_text(cells["amount"], cells["currency"])
    if cells.get("reversal", "").lower() in TRUE:
        row["reversal"] = True
    return row
