"""The importers: what they read of each format, and why a line is not read. All files invented."""

from pathlib import Path
from typing import Any

import pytest

from thin_api import statements
from thin_api.statements.values import UnreadableError, decimal_text, time_text

SAMPLES = Path(__file__).parent / "statements"
STRIPE, SHOPIFY, PAYPAL = (
    (SAMPLES / f"{name}.csv").read_text(encoding="utf-8")
    for name in ("stripe", "shopify", "paypal")
)


def read(tmp_path: Path, text: str | bytes, format_name: str = "auto") -> list[dict[str, Any]]:
    file = tmp_path / "statement.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(statements.read(file, format_name))


def unread(rows: list[dict[str, Any]]) -> dict[int, str]:
    return {row["line"]: row["unread"] for row in rows if "unread" in row}


def test_stripe(tmp_path: Path) -> None:
    rows = read(tmp_path, STRIPE)
    assert [row["line"] for row in rows] == list(range(2, 13))
    assert rows[0] == {
        "line": 2, "kind": "sale", "object_id": "pi_1", "also_known": ["ch_1"], "row_key": "txn_1",
        "currency": "usd", "amount_decimal": "110.00", "occurred_at": "2026-03-02T10:00:00Z",
    }  # fmt: skip
    assert rows[1] == {
        "line": 3, "kind": "refund", "object_id": "re_1", "parent_object_id": "pi_1",
        "also_known": ["ch_1"], "row_key": "txn_2", "currency": "eur",
        "amount_decimal": "-40.00", "occurred_at": "2026-03-03T10:00:00Z",
    }  # fmt: skip
    assert [row.get("kind") for row in rows[2:7]] == ["dispute", "other", "other", "refund", "sale"]
    assert rows[5]["reversal"] is True
    assert unread(rows) == {
        9: "kind_unknown",
        10: "parent_missing",
        11: "invalid_timestamp",
        12: "column_count",
    }


def test_stripe_all_balance_transactions(tmp_path: Path) -> None:
    text = (
        "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description\n"
        'txn_1,charge,ch_1,"1.234,50",1,1,eur,2026-03-02 10:00,2026-03-03 00:00,for Jane Roe\n'
        'txn_2,refund,ch_1,"-12,50",0,1,eur,2026-03-02 11:00,2026-03-03 00:00,\n'
        "txn_3,stripe_fee,,-2,0,-2,eur,2026-03-02 11:00,2026-03-03 00:00,\n"
    )
    rows = read(tmp_path, text)
    assert [(r["kind"], r.get("object_id"), r["amount_decimal"]) for r in rows] == [
        ("sale", "ch_1", "1234.50"), ("refund", None, "-12.50"), ("other", None, "-2"),
    ]  # fmt: skip
    assert rows[1]["parent_object_id"] == "ch_1"


def test_shopify(tmp_path: Path) -> None:
    rows = read(tmp_path, SHOPIFY)
    assert rows[0] == {
        "line": 2, "kind": "sale", "object_id": "1001", "currency": "EUR",
        "amount_decimal": "1234.56", "occurred_at": "2026-03-02T08:00:00Z",
    }  # fmt: skip
    assert rows[1]["kind"] == "refund"
    assert (rows[1]["parent_object_id"], rows[1]["also_known"]) == ("AI-1002-EU", ["1002"])
    assert [row["kind"] for row in rows[2:4]] == ["other", "other"]
    assert unread(rows) == {6: "invalid_timestamp", 7: "missing_field", 8: "kind_unknown"}


def test_paypal(tmp_path: Path) -> None:
    rows = read(tmp_path, PAYPAL)
    assert rows[0] == {
        "line": 5, "kind": "sale", "object_id": "CAP1", "row_key": "CAP1:T0006:CR",
        "currency": "USD", "amount_minor": "10000", "occurred_at": "2026-03-02T18:00:00Z",
    }  # fmt: skip
    assert (rows[1]["kind"], rows[1]["object_id"], rows[1]["parent_object_id"]) == (
        "refund", "REF1", "CAP1",
    )  # fmt: skip
    assert rows[2]["kind"] == "other"
    assert unread(rows) == {
        8: "ambiguous_amount",
        9: "invalid_amount",
        10: "column_count",
        11: "record_unknown",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PAYPAL.replace('"SC",6', '"SC",7'), "count_mismatch"),
        (PAYPAL[: PAYPAL.index('"SF"')], "file_cut_short"),
    ],
)
def test_a_paypal_report_that_is_not_whole(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in unread(read(tmp_path, text)).values()


GENERIC = "kind,object_id,currency,amount\nsale,a-1,EUR,12.50\n"


@pytest.mark.parametrize(
    "text",
    [
        GENERIC,
        GENERIC.encode("utf-8-sig"),
        GENERIC.encode("utf-16"),
        GENERIC.replace(",", ";"),
        GENERIC.replace(",", "\t"),
        GENERIC.replace("\n", "\r\n"),
        "\n" + GENERIC + "\n\n",
        GENERIC.replace("kind,object_id", '"Kind","Object ID"').replace("12.50", '"12,50"'),
    ],
)
def test_however_it_is_written(tmp_path: Path, text: str | bytes) -> None:
    (row,) = read(tmp_path, text)
    assert {k: v for k, v in row.items() if k != "line"} == {
        "kind": "sale", "object_id": "a-1", "currency": "EUR", "amount_decimal": "12.50",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n \n", "empty"),
        (b"a,b\n1,2\n", "no known format"),
        (b"PK\x03\x04zip", "no text"),
        (b"\x00\x01\x02\x03", "no text"),
    ],
)
def test_what_is_no_statement(tmp_path: Path, text: bytes, says: str) -> None:
    with pytest.raises(statements.StatementError, match=says):
        read(tmp_path, text)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    for name, text, column in (
        ("stripe", STRIPE.replace("reporting_category", "what"), "reporting_category or type"),
        ("shopify", SHOPIFY.replace("Amount,Fee", "Sum,Fee"), "amount"),
        ("paypal", PAYPAL.replace("Gross Transaction Amount", "Sum"), "gross_transaction_amount"),
        ("generic", GENERIC.replace("kind", "sort"), "kind"),
    ):
        with pytest.raises(statements.StatementError, match=column):
            read(tmp_path, text, name)


def test_nothing_but_ids_amounts_and_times_leaves_the_file(tmp_path: Path) -> None:
    names = "jane.roe@example.com", "Jane Roe", "visa", "MERCHANT"
    for text in (STRIPE, SHOPIFY, PAYPAL):
        said = repr(read(tmp_path, text))
        assert not [name for name in names if name in said]
    rows = read(tmp_path, GENERIC.replace("a-1", "jane.roe@example.com"))
    assert rows == [{"line": 2, "unread": "invalid_field"}]


def test_broken_lines_are_rows_too(tmp_path: Path) -> None:
    rows = read(tmp_path, GENERIC + 'sale,"a-2,EUR,1.00\nsale,a-3,EUR,1.00\n')
    assert len(rows) == 2
    assert unread(rows) == {4: "column_count"}
    rows = read(tmp_path, GENERIC + f"sale,{'x' * 200_000},EUR,1\nsale,a-3,EUR,1.00\n")
    assert list(unread(rows).values()) == ["column_count"]
    rows = read(tmp_path, GENERIC.encode() + b"sale,\xe9\x00,EUR,1\nsa\x00le,a,EUR,1\n")
    assert list(unread(rows).values()) == ["invalid_field", "kind_unknown"]


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MAX_ROWS", 3)
    with pytest.raises(statements.StatementError, match="more than 3 rows"):
        read(tmp_path, GENERIC + "sale,a,EUR,1\n" * 3)


@pytest.mark.parametrize(
    ("cell", "currency", "text"),
    [
        ("12.50", "EUR", "12.50"), ("-12,50", "EUR", "-12.50"), ("1,234.56", "EUR", "1234.56"),
        ("1.234,56", "EUR", "1234.56"), ("1 234,56", "EUR", "1234.56"), ("1,234", "JPY", "1234"),
        ("1'234.50", "CHF", "1234.50"), ("$21.83", "USD", "21.83"), ("-$2.00", "USD", "-2.00"),
        ("(5.00)", "USD", "-5.00"), ("1.234.567", "JPY", "1234567"), ("1.234", "KWD", "1.234"),
        ("1,234,567.890", "KWD", "1234567.890"), ("\N{MINUS SIGN}3", "EUR", "-3"),
    ],
)  # fmt: skip
def test_amounts(cell: str, currency: str, text: str) -> None:
    assert decimal_text(cell, currency) == text


@pytest.mark.parametrize(
    ("cell", "currency", "reason"),
    [
        ("", "EUR", "missing_field"), ("ten", "EUR", "invalid_amount"),
        ("1,234", "KWD", "ambiguous_amount"), ("1.2.3", "EUR", "invalid_amount"),
        ("1,23,4", "EUR", "invalid_amount"), ("1e5", "EUR", "invalid_amount"),
        ("NaN", "EUR", "invalid_amount"), ("12.50 EUR", "EUR", "invalid_amount"),
    ],
)  # fmt: skip
def test_amounts_that_are_not_guessed(cell: str, currency: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        decimal_text(cell, currency)


def test_times() -> None:
    assert time_text("2026/03/01 00:30:00 +0200") == "2026-02-28T22:30:00Z"
    assert time_text("2026-03-01 00:30:00 UTC") == "2026-03-01T00:30:00Z"
    assert time_text("2026-03-01 00:30:00", is_utc=True) == "2026-03-01T00:30:00Z"
    assert time_text("") is None
    for text in ("2026-03-01 00:30:00", "2026-02-30 00:00:00Z", "yesterday"):
        with pytest.raises(UnreadableError):
            time_text(text)
