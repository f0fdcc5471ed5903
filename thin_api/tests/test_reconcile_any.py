"""Any ledger against any statement: nothing is lost, totals add up, and the cost is bounded."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from thin_api.tests.cluster import Database

MARCH = "[2026-03-01 00:00Z, 2026-04-01 00:00Z)"
RECONCILE = "select * from api.reconcile(%s, %s, %s, %s)"
ITEMS = "select * from core.reconciliation_items where tenant_id = %s and run_id = %s"


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
