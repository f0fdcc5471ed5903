"""PayPal: the settlement report (STL), https://developer.paypal.com/docs/reports/sftp-reports.

Records of several kinds, told by their first cell: CH names the columns, SB is a transaction, SC
says how many there were. Amounts are unsigned whole numbers of the currency's minor unit, with CR
or DR beside them. A transaction's id is that of the capture or refund.
"""

import re
from collections.abc import Iterator
from typing import Any

from thin_api.statements.table import StatementError, Table, plain
from thin_api.statements.values import UnreadableError, minor_text, time_text

RECORDS = frozenset({"RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF", "FC"})
NEEDED = (
    "transaction_id", "transaction_event_code", "transaction_debit_or_credit",
    "gross_transaction_amount", "gross_transaction_currency",
)  # fmt: skip
# ISO 4217 gives these two decimals, PayPal none: what a number of theirs means is not documented.
AMBIGUOUS = frozenset({"HUF", "TWD"})
REFUNDS = frozenset({"T1106", "T1107", "T1201"})  # reversal, refund, chargeback
REFUNDS_TAKEN_BACK = frozenset({"T1202"})  # a chargeback that was reversed


def rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the transactions of a report."""
    if table.first[:1] != ["RH"]:
        raise StatementError("a PayPal settlement report begins with a record RH")
    columns: list[str] = []
    counted, is_open = 0, False
    line = 0
    for line, cells in table.records():
        record = cells[0].strip() if cells else ""
        if cells is None or record not in RECORDS:
            yield {"line": line, "unread": "record_unknown"}
        elif record == "CH":
            columns = [plain(cell) for cell in cells]
            if missing := [name for name in NEEDED if name not in columns]:
                raise StatementError(f"the report has no column {', '.join(missing)}")
        elif record == "SB":
            counted, is_open = counted + 1, True
            yield {"line": line, **_read(columns, cells)}
        elif record in ("SF", "SC"):
            is_open = False
            if record == "SC":
                if len(cells) < 2 or cells[1].strip() != str(counted):
                    yield {"line": line, "unread": "count_mismatch"}
                counted = 0
    if not columns:
        raise StatementError("the report has no record CH with the names of its columns")
    if is_open:
        yield {"line": line, "unread": "file_cut_short"}


def _read(columns: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(columns):
        return {"unread": "column_count"}
    try:
        return _row({name: cell.strip() for name, cell in zip(columns, cells, strict=True)})
    except UnreadableError as error:
        return {"unread": str(error)}


def _row(cells: dict[str, str]) -> dict[str, Any]:
    code = cells["transaction_event_code"].upper()
    direction = cells["transaction_debit_or_credit"].upper()
    currency = cells["gross_transaction_currency"].upper()
    if not re.fullmatch(r"T[0-9]{4}", code):
        raise UnreadableError("kind_unknown")
    if direction not in ("CR", "DR"):
        raise UnreadableError("invalid_field")
    amount = minor_text(cells["gross_transaction_amount"])
    row: dict[str, Any] = {
        "kind": "other",
        "row_key": ":".join((cells["transaction_id"], code, direction)),
        "currency": currency,
        "amount_minor": amount if direction == "CR" else f"-{amount.lstrip('+-')}",
    }
    if code.startswith("T00") and direction == "CR":
        row["kind"] = "sale"
    elif code in REFUNDS and direction == "DR":
        row["kind"] = "refund"
    elif code in REFUNDS_TAKEN_BACK and direction == "CR":
        row.update(kind="refund", reversal=True)
    else:
        return row
    if currency in AMBIGUOUS:
        raise UnreadableError("ambiguous_amount")
    if not cells["transaction_id"]:
        raise UnreadableError("missing_field")
    row["object_id"] = cells["transaction_id"]
    if row["kind"] == "refund" and cells.get("paypal_reference_id_type") in ("TXN", "", None):
        row["parent_object_id"] = cells.get("paypal_reference_id")
    row["occurred_at"] = time_text(cells.get("transaction_initiation_date", ""))
    return row
