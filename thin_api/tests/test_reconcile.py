"""Statements against a real ledger: the command, each format, two at once, any input."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from thin_api.cli import app
from thin_api.tests.cluster import Database

SAMPLES = Path(__file__).parent / "statements"
MARCH = "[2026-03-01 00:00Z, 2026-04-01 00:00Z)"
RECONCILE = "select * from api.reconcile(%s, %s, %s, %s)"


class Shop:
    """A tenant with an endpoint."""

    def __init__(self, database: Database, provider: str) -> None:
        self.database, self.provider = database, provider
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            ((self.tenant,),) = connection.execute("select api.create_tenant('Shop')").fetchall()
            ((self.endpoint,),) = connection.execute(
                "select api.create_endpoint(%s, %s, array['s'], '{}')", (self.tenant, provider)
            ).fetchall()

    def send(self, body: Any, headers: Any = None, verification: str = "signature") -> str:
        with psycopg.connect(self.database.dsn("dba"), autocommit=True) as connection:
            ((status,),) = connection.execute(
                "select status from api.ingest_webhook(%s, %s, %s, %s, %s)",
                (self.tenant, self.endpoint, Jsonb(headers or {}), json.dumps(body).encode(),
                 verification),
            ).fetchall()  # fmt: skip
        return str(status)

    def reconcile(self, file: Path, *options: str) -> Result:
        return run(
            self.database, file, "--tenant", str(self.tenant), "--from", "2026-03-01",
            "--to", "2026-04-01", *options,
        )  # fmt: skip


def run(database: Database, file: Path, *options: str) -> Result:
    environment = {**database.environment, "COLUMNS": "200"}
    return CliRunner().invoke(app, ["reconcile", str(file), *options], env=environment)


def order(object_id: str, minor: int, at: str = "2026-03-10T12:00:00Z") -> dict[str, Any]:
    data = {"object_id": object_id, "currency": "EUR", "amount_minor": minor, "occurred_at": at}
    return {"type": "order.paid", "timestamp": at, "data": data}


def stripe_event(number: int, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    created = int(datetime(2026, 3, number, tzinfo=UTC).timestamp())
    return {"id": f"evt_{number}{kind}", "type": kind, "created": created,
            "data": {"object": content}}  # fmt: skip


def test_a_stripe_report(database: Database, tmp_path: Path) -> None:
    """The sale in its own currency, the refund by its charge, the dispute, and what is unread."""
    shop = Shop(database, "stripe")
    sent = [
        shop.send(stripe_event(2, "payment_intent.succeeded", {
            "id": "pi_1", "amount_received": 11000, "currency": "usd", "latest_charge": "ch_1"})),
        shop.send(stripe_event(3, "charge.refunded", {
            "id": "ch_1", "payment_intent": "pi_1", "amount": 11000, "amount_refunded": 3500,
            "currency": "usd"})),
        shop.send(stripe_event(4, "charge.dispute.created", {
            "id": "dp_1", "charge": "ch_1", "payment_intent": "pi_1", "amount": 1000,
            "currency": "eur"})),
        shop.send(stripe_event(6, "charge.succeeded", {
            "id": "ch_2", "amount": 500, "currency": "jpy", "captured": True})),
    ]  # fmt: skip
    assert sent == ["accepted"] * 4
    answer = shop.reconcile(SAMPLES / "stripe.csv", "--json")
    assert answer.exit_code == 2, answer.stderr
    said = json.loads(answer.stdout)
    assert said["run"]["status"] == "incomplete"
    assert said["run"]["provider"] == "stripe"
    found = {(i["status"], i["reason"], i["kind"], i["here_minor"], i["there_minor"])
             for i in said["items"]}  # fmt: skip
    assert found == {
        ("unread", "kind_unknown", None, None, None),
        ("unread", "parent_missing", None, None, None),
        ("unread", "invalid_timestamp", None, None, None),
        ("unread", "column_count", None, None, None),
        ("currency_differs", None, "refund", -3500, -3500),
    }
    assert said["run"]["matched"] == 3

    good = [line for n, line in enumerate((SAMPLES / "stripe.csv").read_text().splitlines(), 1)
            if n in (1, 2, 4, 5, 6, 8)]  # fmt: skip
    good.append("txn_2,2026-03-03 10:00:00,eur,-31,0,-31,refund,re_1,ch_1,,,-35.00,usd")
    file = tmp_path / "good.csv"
    file.write_text("\n".join(good), encoding="utf-8")
    answer = shop.reconcile(file)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "succeeded, balanced" in answer.stdout


def test_a_paypal_report(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, "paypal")
    amount = {"value": "100.00", "currency_code": "USD"}
    for kind, name, money in (
        ("PAYMENT.CAPTURE.COMPLETED", "CAP1", amount),
        ("PAYMENT.CAPTURE.REFUNDED", "REF1", {**amount, "value": "40.00"}),
    ):
        resource = {
            "id": name, "status": "COMPLETED", "amount": money, "create_time":
            "2026-03-02T18:00:00Z", "links": [{"rel": "up", "href":
            "https://api-m.paypal.com/v2/payments/captures/CAP1"}],
        }  # fmt: skip
        event = {"id": f"WH-{name}", "event_type": kind, "resource_version": "2.0",
                 "create_time": "2026-03-02T18:00:00Z", "resource": resource}  # fmt: skip
        assert shop.send(event) == "accepted"
    lines = (SAMPLES / "paypal.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(('"SB","CAP2', '"SB","CAP3', '"SB","CAP4',
            '"XX'))]  # fmt: skip
    file = tmp_path / "stl.csv"
    file.write_text("\n".join(kept).replace('"SC",6', '"SC",3'), encoding="utf-8")
    answer = shop.reconcile(file, "--json")
    assert answer.exit_code == 0, answer.stdout + answer.stderr
    said = json.loads(answer.stdout)["run"]
    assert (said["matched"], said["other_rows"]) == (2, 1)
    assert said["totals"] == [{"currency": "USD", "here_minor": 6000, "there_minor": 6000,
                               "difference_minor": 0, "other_minor": -5000}]  # fmt: skip


def test_a_shopify_export(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, "shopify")
    paid = {"id": 1, "total_price": "1234.56", "currency": "EUR", "financial_status": "paid",
            "order_number": 1001, "processed_at": "2026-03-02T08:00:00Z"}  # fmt: skip
    assert shop.send(paid, {"x-shopify-topic": "orders/paid"}) == "accepted"
    again = {**paid, "id": 2, "order_number": 1002}
    assert shop.send(again, {"x-shopify-topic": "orders/paid"}) == "accepted"
    lines = (SAMPLES / "shopify.csv").read_text(encoding="utf-8").splitlines()
    file = tmp_path / "payouts.csv"
    file.write_text("\n".join(lines[:5]), encoding="utf-8")
    answer = shop.reconcile(file, "--json")
    assert answer.exit_code == 1, answer.stdout + answer.stderr
    found = {(i["status"], i["kind"], i["there_minor"]) for i in json.loads(answer.stdout)["items"]}
    assert found == {("missing_here", "refund", -3456), ("missing_there", "sale", None)}


def test_repair_books_what_the_statement_confirms(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, "standard")
    assert shop.send(order("a", 1250), {"webhook-id": "1"}, "unverified") == "accepted"
    file = tmp_path / "statement.csv"
    file.write_text("kind,object_id,currency,amount\nsale,a,EUR,12.50\n", encoding="utf-8")
    answer = shop.reconcile(file, "--provider", "standard")
    assert answer.exit_code == 1
    assert "missing_here" in answer.stdout
    answer = shop.reconcile(file, "--provider", "standard", "--repair")
    assert answer.exit_code == 0, answer.stdout + answer.stderr
    assert "booked 1" in answer.stdout
    assert shop.send(order("a", 1250), {"webhook-id": "2"}) == "duplicate"
    with psycopg.connect(database.dsn("superuser")) as connection:
        booked = connection.execute(
            "select count(*), sum(amount_minor) from core.revenue_ledger where tenant_id = %s",
            (shop.tenant,),
        ).fetchone()
    assert booked == (1, 1250)


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", [], "empty"),
        ("a,b\n", [], "no known format"),
        ("kind,object_id,currency,amount\n", [], "--provider"),
        ("kind,object_id,currency,amount\n", ["--provider", "bank"], "--provider"),
        ("kind,object_id,currency,amount\n", ["--provider", "toss", "--from", "March"], "--from"),
        ("kind,object_id,currency,amount\n", ["--provider", "toss", "--format", "xml"], "--format"),
        ("kind,object_id,currency,amount\n", ["--provider", "toss", "--to", "2026-02-01"],
         "bound"),
        ("kind,object_id,currency,amount\n", ["--provider", "toss", "--tenant", str(UUID(int=1))],
         "no such tenant"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_2(
    database: Database, tmp_path: Path, text: str, options: list[str], says: str
) -> None:
    shop = Shop(database, "standard")
    file = tmp_path / "statement.csv"
    file.write_text(text, encoding="utf-8")
    answer = shop.reconcile(file, *options)
    assert answer.exit_code == 2
    assert says in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_two_runs_and_two_repairs_at_once(database: Database) -> None:
    """Both runs are kept, the sale is booked once."""
    shop = Shop(database, "standard")
    for number in range(40):
        name = f"o-{number}"
        assert shop.send(order(name, 100), {"webhook-id": name}, "unverified") == "accepted"
    statement = [{"kind": "sale", "object_id": f"o-{n}", "currency": "EUR", "amount": 100}
                 for n in range(40)]  # fmt: skip

    def work(_: int) -> tuple[int, int]:
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            connection.row_factory = dict_row  # type: ignore[assignment]
            row: Any = connection.execute(
                RECONCILE, (shop.tenant, "standard", MARCH, Jsonb(statement))
            ).fetchone()
            done: Any = connection.execute(
                "select * from api.repair_from_reconciliation(%s, %s)",
                (shop.tenant, row["run_id"]),
            ).fetchone()
            return done["booked"], done["known"] + row["matched"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(4)))
    assert sum(booked for booked, _ in answers) == 40
    assert all(booked + known == 40 for booked, known in answers)
    with psycopg.connect(database.dsn("superuser")) as connection:
        ledger = connection.execute(
            "select count(*), sum(amount_minor) from core.revenue_ledger where tenant_id = %s",
            (shop.tenant,),
        ).fetchone()
    assert ledger == (40, 4000)
