"""The shim under conditions: at a steady rate, beside a held transaction, for many tenants."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import psycopg

from load.findings import Finding
from load.kinds import STRIPE, send_new
from load.mix import Endpoint
from load.rivals import Rivals

RATE = 500
TENANTS = 1_000

Condition = Callable[[], AbstractContextManager[Sequence[Endpoint]]]
"""Holds while the context lasts, which tells where to send."""


def steady_rate(rivals: Rivals, seconds: int) -> Finding:
    """Measure the latency at a rate below the most, one webhook every two milliseconds."""
    run = send_new(
        rivals.system, rivals.shims["shim"], STRIPE, _one(rivals), RATE * seconds,
        users=rivals.users, pace=RATE,
    )  # fmt: skip
    what = f"99 % of Stripe events at {RATE}/s answered within"
    return Finding(what, run.latency_ms()["p99"], 1, "ms", aim=15, at_most=True)


def held_transaction(rivals: Rivals, count: int, rounds: int) -> Finding:
    """Compare with a transaction open that keeps its snapshot and its id during the whole run."""
    endpoints = _one(rivals)

    @contextmanager
    def held() -> Iterator[Sequence[Endpoint]]:
        with psycopg.connect(rivals.system.dsn("superuser")) as connection:
            connection.execute("set transaction isolation level repeatable read")
            before = _transaction(connection)
            yield endpoints
            if _transaction(connection) != before:
                raise RuntimeError("the transaction was not held")

    found = compare(rivals, count, rounds, held, lambda: nullcontext(endpoints))
    return Finding("rate with a transaction held open : without", found, aim=0.9)


def _transaction(connection: psycopg.Connection) -> tuple[object, ...]:
    """Return the transaction's id and its snapshot."""
    return connection.execute("select pg_current_xact_id(), pg_current_snapshot()").fetchall()[0]


def many_tenants(rivals: Rivals, count: int, rounds: int) -> Finding:
    """Compare webhooks of many tenants, in turns, with those of one."""
    one = _one(rivals)
    many = rivals.system.create_endpoints(["stripe"], TENANTS)
    found = compare(rivals, count, rounds, lambda: nullcontext(many), lambda: nullcontext(one))
    return Finding(f"rate with {TENANTS:,} tenants : one", found)


def compare(rivals: Rivals, count: int, rounds: int, special: Condition, usual: Condition) -> float:
    """Return the rate under a condition divided by the usual one: the median of pairs of runs.

    Each is first in turn. Before the clock starts each endpoint gets a webhook: the shim knows them
    all, as it would at any moment but the first.
    """
    ratios = []
    for number in range(rounds):
        rates: dict[Condition, float] = {}
        for condition in (usual, special) if number % 2 == 0 else (special, usual):
            with condition() as endpoints:
                for webhooks in (len(endpoints), count):
                    run = send_new(
                        rivals.system, rivals.shims["shim"], STRIPE, endpoints, webhooks,
                        users=rivals.users,
                    )  # fmt: skip
                rates[condition] = run.rate
        ratios.append(rates[special] / rates[usual])
    return statistics.median(ratios)


def _one(rivals: Rivals) -> list[Endpoint]:
    return [e for e in rivals.system.endpoints if e.provider == STRIPE.provider][:1]
