"""Allocations against the reference, to the minor unit, in any order of arrival."""

import json
import random
from dataclasses import replace
from itertools import permutations
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from thin_api.tests.attribution_fixtures import (
    INGEST,
    Fact,
    allocations,
    at,
    facts_of,
    run_jobs,
    tell_all,
)
from thin_api.tests.attribution_reference import Order, Refund, Shop, Touch, allocate
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import Target, new_target, rows

CHANNELS = ["direct", "email", "paid_search", "organic_search", "referral", "display"]
SLOW = settings(
    max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
BALANCE = """
select l.object_id, a.model, sum(a.amount_minor), l.amount_minor
from core.revenue_ledger as l
left join core.attribution_allocations as a
  on a.tenant_id = l.tenant_id and a.event_id = l.event_id and a.kind = l.kind
where l.tenant_id = %s
group by l.object_id, a.model, l.amount_minor
having sum(a.amount_minor) is distinct from l.amount_minor
"""
UNBALANCED = """
select * from core.allocation_day_sums where tenant_id = %s and drift_minor <> 0
"""
CHECKSUMS = """
select window_start, model, checksum from core.attribution_recompute_jobs
where tenant_id = %s and allocation_count > 0
"""


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """A small shop: few visitors, times that often coincide, amounts that do not divide."""
    hours = st.integers(0, 30 * 24).map(lambda hour: at(hour * 2.5))
    close = st.integers(0, 16).map(lambda hour: at(960 + hour * 3))
    when = st.one_of(hours, close, close)
    sessions = st.one_of(st.none(), st.sampled_from(["s1", "s2", "s3", "s4", "s5"]))
    customers = st.one_of(st.none(), st.none(), st.sampled_from(["c1", "c2"]))
    touches = []
    for i in range(draw(st.integers(0, 14))):
        session, customer = draw(sessions), draw(customers)
        if session is None and customer is None:
            session = "s6"
        touches.append(
            Touch(f"t{i}", draw(when), draw(st.sampled_from(CHANNELS)), session, customer)
        )
    orders = []
    refunds = []
    for i in range(draw(st.integers(1, 5))):
        amount = draw(st.integers(1, 1009))
        carried = draw(st.one_of(st.none(), st.sampled_from(CHANNELS)))
        orders.append(
            Order(f"o{i}", draw(close), amount, "EUR", carried, draw(sessions), draw(customers))
        )
        left = amount
        for k in range(draw(st.integers(0, 3))):
            part = draw(st.integers(1, left)) if left else 0
            if part:
                refunds.append(Refund(f"r{i}-{k}", draw(when), f"o{i}", part))
                left -= part
    return Shop(tuple(touches), tuple(orders), tuple(refunds))


def check_money(database: Database, target: Target) -> None:
    """Every ledger entry is divided whole by every model, and every day balances."""
    assert rows(database, BALANCE, target.tenant_id) == []
    assert rows(database, UNBALANCED, target.tenant_id) == []


@SLOW
@given(shop=shops(), luck=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_what_the_reference_says(
    database: Database, shop: Shop, luck: random.Random
) -> None:
    expected = allocate(shop)
    checksums = []
    for run in range(2):
        target = new_target(database, "standard")
        facts: list[Fact] = list(facts_of(shop))
        luck.shuffle(facts)
        if run:  # the jobs run in between, as they do
            for i in range(0, len(facts), 5):
                tell_all(database, target, facts[i : i + 5])
                run_jobs(database, target)
        else:
            tell_all(database, target, facts)
        run_jobs(database, target, early=True)
        assert allocations(database, target) == expected
        check_money(database, target)
        checksums.append(sorted(rows(database, CHECKSUMS, target.tenant_id)))
    assert checksums[0] == checksums[1]


def second_endpoint(database: Database, target: Target) -> UUID:
    """Create an endpoint for own events of the same tenant."""
    create = "select api.create_endpoint(%s, 'standard', '{a secret}')"
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        return UUID(str(connection.execute(create, (target.tenant_id,)).fetchall()[0][0]))


def payment(kind: str, hours: float) -> bytes:
    """Return a Stripe event about the payment pi_1, made at a time of its own."""
    stripe: dict[str, object] = {
        "amount": 1000,
        "currency": "eur",
        "metadata": {"session_id": "s1"},
    }
    if kind == "charge":
        stripe |= {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "captured": True}
    else:
        stripe |= {"id": "pi_1", "object": "payment_intent", "amount_received": 1000}
    event = {"id": f"evt_{kind}", "type": f"{kind}.succeeded", "data": {"object": stripe}}
    return json.dumps(event | {"created": int(at(hours).timestamp())}).encode()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda o: "".join(map(str, o)))
def test_a_sale_told_by_two_events_counts_at_the_earlier_time(
    database: Database, order: tuple[int, ...]
) -> None:
    target = new_target(database, "stripe")
    standard = replace(target, endpoint_id=second_endpoint(database, target))
    touches = (
        Touch("t1", at(47), "email", session="s1"),
        Touch("t2", at(47.8), "display", session="s1"),  # after the charge, before the intent
    )

    def tell_stripe(kind: str, hours: float) -> None:
        with psycopg.connect(database.dsn("shim"), autocommit=True) as connection:
            parameters = (target.tenant_id, target.endpoint_id, Jsonb({}), payment(kind, hours))
            assert connection.execute(INGEST, parameters).fetchall()[0][0] != "dead"

    steps = [
        lambda: tell_stripe("charge", 47.5),
        lambda: tell_stripe("payment_intent", 48.5),  # on the next day
        lambda: tell_all(database, standard, [touches]),
    ]
    for step in order:
        steps[step]()
        run_jobs(database, target)
    run_jobs(database, target, early=True)
    found = {row: n for row, n in allocations(database, target).items() if row[0] == "linear"}
    assert found == {("linear", "sale", "pi_1", "EUR", "email"): 1000}
    check_money(database, target)
