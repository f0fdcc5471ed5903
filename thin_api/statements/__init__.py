"""Providers' statements as rows that api.reconcile reads.

A format is a module with `rows(table)`. It passes on what the comparison needs and nothing else of
a line: descriptions, names and addresses never leave the file. A line that it cannot read becomes
a row with `unread`; none is left out.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from thin_api.statements import generic, paypal, shopify, stripe
from thin_api.statements.table import StatementError, Table, open_table

__all__ = ["FORMATS", "MAX_ROWS", "PROVIDER_OF", "StatementError", "detect", "open_table", "read"]

Row = dict[str, Any]

MAX_ROWS = 500_000  # what api.reconcile takes in one call
FORMATS: dict[str, Callable[[Table], Iterator[Row]]] = {
    "stripe": stripe.rows,
    "shopify": shopify.rows,
    "paypal": paypal.rows,
    "generic": generic.rows,
}
PROVIDER_OF = {"stripe": "stripe", "shopify": "shopify", "paypal": "paypal"}
ID = re.compile(r"#?[A-Za-z0-9_:./=-]{1,200}")
WORD = re.compile(r"[A-Za-z]{1,20}")


def detect(table: Table) -> str:
    """Return the format that a file's first record shows. Raises StatementError for none."""
    if table.first[:1] == ["RH"] or (table.first and table.first[0] in paypal.RECORDS):
        return "paypal"
    columns = set(table.columns)
    for name, needed in (
        ("stripe", stripe.SHOWN_BY),
        ("shopify", shopify.SHOWN_BY),
        ("generic", generic.SHOWN_BY),
    ):
        if any(wanted <= columns for wanted in needed):
            return name
    raise StatementError(
        "no known format: its first line names neither the columns of a Stripe balance report, nor "
        "of Shopify's payout transactions, nor a PayPal settlement report, nor kind, object_id, "
        "currency and amount"
    )


def read(path: Path, format_name: str, seen: Callable[[int], None] | None = None) -> Iterator[Row]:
    """Yield the rows of a file, one after the other; `seen` is told how many bytes were read.

    Raises StatementError for a file that is no statement of this format or is too long.
    """
    with open_table(path) as table:
        if format_name == "auto":
            format_name = detect(table)
        for number, row in enumerate(FORMATS[format_name](table), 1):
            if number > MAX_ROWS:
                raise StatementError(f"more than {MAX_ROWS} rows: split the file by period")
            if seen is not None and number % 1000 == 0:
                seen(table.position())
            yield _checked(row)


def _checked(row: Row) -> Row:
    """Keep out of the database what is no id, whatever column it stood in."""
    if "unread" in row:
        return row
    ids = [row.get(name) for name in ("row_key", "object_id", "parent_object_id")]
    ids += row.get("also_known", [])
    wrong = None
    if not WORD.fullmatch(row["kind"]):
        wrong = "kind_unknown"
    elif row["currency"] and not WORD.fullmatch(row["currency"]):
        wrong = "currency_unknown"
    elif row["kind"] == "other":
        row.pop("object_id", None)
    elif any(value and not ID.fullmatch(value) for value in ids):
        wrong = "invalid_field"
    if wrong:
        return {"line": row["line"], "unread": wrong}
    return {name: value for name, value in row.items() if value not in (None, "", [])}
