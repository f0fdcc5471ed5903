"""Statements against a real ledger: the command, each format, two at once, any input."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from thin_api.cli import app
from thin_api.tests.cluster import Database

SAMPLES = Path(__file__).parent / "statements"
MARCH = "[2026-03-01 00:00Z, 2026-04-01 00:00Z)"
RECONCILE = "select * from api.reconcile(%s, %s, %s, %s)"
ITEMS = "select * from core.reconciliation_items where tenant_id = %s and run_id = %s"


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


def test_the_cost_is_not_quadratic(superuser: psycopg.Connection[Any]) -> None:
    """20,000 sales, by a name that only their events know, and a refund of each, by its sale.

    Compared pair by pair they would take ten times the limit.
    """
    connection = superuser
    try:
        tenant: Any = connection.execute("select api.create_tenant('large') as id").fetchone()
        connection.execute("set local session_replication_role = replica")  # guards take longer
        connection.execute(
            "insert into core.attribution_events (tenant_id, event_id, receipt_id, endpoint_id,"
            " provider, event_type, kind, object_id, dedup_key, occurred_at, received_at, currency,"
            " amount_minor, verification, payload)"
            " select %s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'stripe', 'sale',"
            " 'sale', 'pi_' || i, 'd' || i, '2026-03-05Z', now(), 'EUR', 100, 'signature',"
            " jsonb_build_object('data', jsonb_build_object('object',"
            " jsonb_build_object('latest_charge', 'ch_' || i))) from generate_series(1, 20000) i",
            (tenant["id"],),
        )
        for values in (
            "'sale', object_id, null::text, event_id, currency, 100",
            "'refund', 'r' || object_id, object_id, event_id, currency, -50",
        ):
            connection.execute(
                f"insert into core.revenue_ledger select tenant_id, provider, {values},"
                " occurred_at, now() from core.attribution_events where tenant_id = %s",
                (tenant["id"],),
            )
        statement = [
            row
            for n in range(1, 20001)
            for row in (
                {"kind": "sale", "object_id": f"ch_{n}", "currency": "EUR", "amount_minor": 100},
                {"kind": "refund", "object_id": f"re_{n}", "parent_object_id": f"ch_{n}",
                 "currency": "EUR", "amount_minor": 50},
            )
        ]  # fmt: skip
        connection.execute("set local session_replication_role = origin")
        connection.execute("set local statement_timeout = '90s'")
        row: Any = connection.execute(
            RECONCILE, (tenant["id"], "stripe", MARCH, Jsonb(statement))
        ).fetchone()
        assert (row["matched"], row["balanced"]) == (40000, True)
    finally:
        connection.rollback()


# -- any ledger against any statement ------------------------------------------------------------

SALES = st.sampled_from(["s1", "s2", "s3", "s4"])
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY"])
AMOUNTS = st.integers(1, 3)
TIMES = st.sampled_from(["2026-02-20T00:00:00Z", "2026-03-05T00:00:00Z", "2026-04-01T00:00:00Z"])
ENTRIES = st.one_of(
    st.tuples(st.just("sale"), SALES, st.none(), CURRENCIES, AMOUNTS, TIMES),
    st.tuples(
        st.sampled_from(["refund", "dispute"]), st.sampled_from(["r1", "r2", "r3", "r4"]),
        st.none() | SALES, CURRENCIES, AMOUNTS, TIMES,
    ),
)  # fmt: skip
LINES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["sale", "refund", "dispute", "fee", "gift"]),
        "object_id": st.sampled_from(["s1", "s2", "s3", "s4", "s5", "r1", "r2", "r3", "x"]),
        "currency": CURRENCIES | st.just("ZZZ"),
        "amount_minor": st.integers(-3, 3),
    },
    optional={
        "parent_object_id": SALES | st.just("s5"),
        "occurred_at": TIMES | st.just("soon"),
        "row_key": st.sampled_from(["k1", "k2"]),
        "reversal": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def superuser(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.dsn("superuser"), row_factory=dict_row) as connection:
        yield connection


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ledger=st.lists(ENTRIES, max_size=10), statement=st.lists(LINES, max_size=12))
def test_every_row_and_entry_is_in_exactly_one_item(
    superuser: psycopg.Connection[Any], ledger: list[Any], statement: list[dict[str, Any]]
) -> None:
    connection = superuser
    entries = {(entry[0], entry[1]): entry for entry in ledger}
    try:
        tenant: Any = connection.execute("select api.create_tenant('any') as id").fetchone()
        for kind, name, parent, currency, amount, at in entries.values():
            connection.execute(
                "insert into core.revenue_ledger values"
                " (%s, 'standard', %s, %s, %s, gen_random_uuid(), %s, %s, %s, now())",
                (tenant["id"], kind, name, parent, currency,
                 amount if kind == "sale" else -amount, at),
            )  # fmt: skip
        row: Any = connection.execute(
            RECONCILE, (tenant["id"], "standard", MARCH, Jsonb(statement))
        ).fetchone()
        items: Any = connection.execute(ITEMS, (tenant["id"], row["run_id"])).fetchall()
        read: Any = connection.execute(
            "select * from core.read_statement(%s)", (Jsonb(statement),)
        ).fetchall()
    finally:
        connection.rollback()

    # rows: in one item, or not compared, or the repetition of another
    lines = Counter(line for item in items for line in item["lines"])
    assert not lines or max(lines.values()) == 1
    repeated = sum(item["duplicate_rows"] for item in items)
    assert sum(item["row_count"] for item in items) == sum(lines.values())
    assert sum(lines.values()) + row["duplicate_rows"] + row["other_rows"] == len(statement)
    assert repeated <= row["duplicate_rows"]
    readable = {r["line"] for r in read if r["problem"] is None}
    assert set(lines) - readable <= {
        line for i in items if i["status"] == "unread" for line in i["lines"]
    }

    # entries: those of the period all, others only where a row means them
    march = [e for e in entries.values() if e[5].startswith("2026-03")]
    counted = sum(item["entry_count"] for item in items)
    assert len(march) <= counted <= len(entries)
    inside = sum(
        item["entry_count"] for item in items if not item["outside_period"] and item["here_minor"]
    )
    assert inside <= len(march)

    # totals
    for total in row["totals"]:
        for side in ("here", "there"):
            assert total[f"{side}_minor"] == sum(
                item[f"{side}_minor"] or 0 for item in items
                if item[f"{side}_currency"] == total["currency"] and item["status"] != "unread"
            )  # fmt: skip
    by_name = {r["line"]: r for r in read}
    for item in items:
        if item["status"] in ("matched", "amount_differs", "missing_here"):
            assert item["there_minor"] == sum(by_name[n]["amount_minor"] for n in item["lines"])
        if item["status"] == "matched" and item["here_minor"] is not None:
            assert (item["here_minor"], item["here_currency"]) == (
                item["there_minor"], item["there_currency"],
            )  # fmt: skip
    differing = sum(1 for item in items if item["status"] != "matched")
    assert row["balanced"] == (differing == 0)
    assert row["status"] == ("incomplete" if row["unread_rows"] else "succeeded")
