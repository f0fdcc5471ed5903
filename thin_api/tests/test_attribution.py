"""Allocations against the reference, to the minor unit, in any order of arrival."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thin_api.tests.attribution_fixtures import (
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
