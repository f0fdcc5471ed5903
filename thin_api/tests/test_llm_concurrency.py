"""Budgets that hold at any concurrency, and what users of other gateways complain of.

Every test here uses real connections that really meet.
"""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import errors

from thin_api.tests.cluster import Database
from thin_api.tests.llm_fixtures import Spender, new_spender, reserve
from thin_api.tests.shim_fixtures import rows

SETTLE = "select * from api.settle_llm_call(%s, %s, %s, %s)"
RELEASE = "select * from api.release_llm_call(%s, %s)"
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
CONNECTIONS = 20


def connect(spender: Spender) -> psycopg.Connection[Any]:
    return psycopg.connect(spender.database.dsn("dba"), autocommit=True)


def wait_for_waiting(database: Database, number: int) -> None:
    deadline = time.monotonic() + 120
    while rows(database, WAITING) != [(number,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_once(spender: Spender, calls: list[list[str]], model: str = "cheap") -> Counter[str]:
    """Reserve each list of request ids on a connection of its own, all starting together."""
    barrier = threading.Barrier(len(calls))

    def work(ids: list[str]) -> list[str]:
        with connect(spender) as connection:
            barrier.wait(60)
            return [str(reserve(connection, spender, i, model=model)[0]) for i in ids]

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(action for actions in pool.map(work, calls) for action in actions)


def test_a_thousand_concurrent_calls_against_a_cap_for_a_hundred(database: Database) -> None:
    """Overspend under concurrency: the first complaint about every gateway."""
    spender = new_spender(database, 100 * 100)
    calls = [[f"c-{c}-{n}" for n in range(50)] for c in range(CONNECTIONS)]
    assert at_once(spender, calls) == {"ALLOW": 100, "BLOCK": 900}
    assert spender.actions() == {"ALLOW": 100, "BLOCK": 900}
    state = spender.budget()
    assert (state["reserved_micros"], state["remaining_micros"]) == (10_000, 0)


def test_concurrent_calls_under_several_budgets_never_exceed_any_nor_deadlock(
    database: Database,
) -> None:
    spender = new_spender(database, 100 * 100)
    spender.set_budget(2000, "model:cheap", "rolling", {"window": "30d"})
    spender.set_budget(10_000, "model:dear", "month", {"timezone": "Asia/Seoul"})
    (before,) = rows(database, DEADLOCKS)
    calls = [[f"c-{c}-{n}" for n in range(10)] for c in range(10)]
    with ThreadPoolExecutor(2) as pool:
        dear = pool.submit(at_once, spender, [[f"d{i}" for i in ids] for ids in calls], "dear")
        cheap = pool.submit(at_once, spender, calls)
        granted = dear.result() + cheap.result()
    assert rows(database, DEADLOCKS) == [before]
    for scope in ("all", "model:cheap", "model:dear"):
        assert spender.budget(scope)["remaining_micros"] >= 0
    assert spender.budget()["remaining_micros"] == 0
    # dear costs ten times as much; where it does not fit, its fallback may.
    assert spender.budget()["reserved_micros"] == (
        spender.budget("model:cheap")["reserved_micros"]
        + spender.budget("model:dear")["reserved_micros"]
    )
    assert granted["BLOCK"] == 200 - granted["ALLOW"] - granted["FALLBACK"]


def test_concurrent_copies_of_one_request_are_one_reservation(database: Database) -> None:
    """A retry never counts twice, also when it overtakes."""
    spender = new_spender(database, 1000)
    assert at_once(spender, [["same"] * 3] * 10) == {"ALLOW": 30}
    assert spender.actions() == {"ALLOW": 1}
    assert spender.budget()["reserved_micros"] == 100

    def settle(_: int) -> tuple[Any, ...]:
        with connect(spender) as connection:
            row = connection.execute(SETTLE, (spender.tenant_id, "same", 90, 0)).fetchone()
            assert row is not None
            return tuple(row)

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(settle, range(20)))) == 1
    state = spender.budget()
    assert (state["settled_micros"], state["reserved_micros"]) == (90, 0)


def test_a_fallback_is_not_counted_twice(database: Database) -> None:
    """Double counting after a fallback: only the granted model's cost is held and booked."""
    spender = new_spender(database, 10_000)
    spender.set_budget(500, "model:dear")
    spender.set_budget(10_000, "model:cheap")
    with connect(spender) as connection:
        action, model, reason, *_ = reserve(connection, spender, "c-1", 100, "dear")
        assert (action, model, reason) == ("FALLBACK", "cheap", "estimate_too_large")
        scopes = ("all", "model:cheap", "model:dear")
        assert [spender.budget(s)["reserved_micros"] for s in scopes] == [100, 100, 0]
        connection.execute(SETTLE, (spender.tenant_id, "c-1", 100, 0))
    assert [spender.budget(s)["settled_micros"] for s in scopes] == [100, 100, 0]
    assert [spender.budget(s)["reserved_micros"] for s in scopes] == [0, 0, 0]


def test_leaked_reservations_exhaust_no_budget(database: Database) -> None:
    """Callers that died hold their share until its time is over, and without any worker."""
    spender = new_spender(database, 1000)
    with connect(spender) as connection:
        for n in range(10):
            assert reserve(connection, spender, f"leaked-{n}", ttl="1 second")[0] == "ALLOW"
        assert reserve(connection, spender, "too-early")[0] == "BLOCK"
        deadline = time.monotonic() + 120
        while reserve(connection, spender, "patient", 1000)[0] != "ALLOW":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert spender.budget()["reserved_micros"] == 1000


def test_a_crash_between_reserve_and_settle_loses_nothing(database: Database) -> None:
    """The session dies: what was committed is held; what was not was never reserved."""
    spender = new_spender(database, 1000)
    with closing(psycopg.connect(database.dsn("dba"))) as dying:
        assert reserve(dying, spender, "committed", 600)[0] == "ALLOW"
        dying.commit()
        assert reserve(dying, spender, "open", 400)[0] == "ALLOW"
        pid = dying.info.backend_pid
        with connect(spender) as connection, ThreadPoolExecutor() as pool:
            waiting = pool.submit(reserve, connection, spender, "next", 400)
            wait_for_waiting(database, 1)
            rows(database, "select pg_terminate_backend(%s)", pid)
            assert waiting.result(60)[0] == "ALLOW"
    with connect(spender) as connection:
        assert spender.budget()["reserved_micros"] == 1000
        connection.execute(SETTLE, (spender.tenant_id, "committed", 500, 0))
        with pytest.raises(errors.DatabaseError) as refused:
            connection.execute(SETTLE, (spender.tenant_id, "open", 400, 0))
        assert refused.value.sqlstate == "HL076"
    state = spender.budget()
    assert (state["settled_micros"], state["reserved_micros"]) == (500, 400)


@pytest.mark.parametrize("commit", [True, False])
def test_a_decision_waits_for_the_one_before_it(database: Database, commit: bool) -> None:
    spender = new_spender(database, 100)
    with psycopg.connect(database.dsn("dba")) as first, connect(spender) as second:
        assert reserve(first, spender, "first")[0] == "ALLOW"
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(reserve, second, spender, "second")
            wait_for_waiting(database, 1)
            if commit:
                first.commit()
            else:
                first.rollback()
            assert waiting.result(60)[0] == ("BLOCK" if commit else "ALLOW")


def test_a_budget_that_is_locked_too_long_refuses(database: Database) -> None:
    """Failing open when the store is slow: here it fails, and says that it may be tried again."""
    spender = new_spender(database, 100)
    with psycopg.connect(database.dsn("dba")) as holder, connect(spender) as connection:
        reserve(holder, spender, "held", 1)
        with pytest.raises(errors.LockNotAvailable):
            reserve(connection, spender, "waits")
        holder.rollback()
    assert spender.actions() == {}


@pytest.mark.parametrize(
    ("isolation", "sqlstate"), [("repeatable read", "HL009"), ("serializable", "40001")]
)
def test_an_old_snapshot_never_grants(database: Database, isolation: str, sqlstate: str) -> None:
    spender = new_spender(database, 100)
    with psycopg.connect(database.dsn("dba")) as old, connect(spender) as connection:
        old.execute(f"set transaction isolation level {isolation}".encode())
        old.execute("select api.health()")  # takes the snapshot
        assert reserve(connection, spender, "first")[0] == "ALLOW"
        with pytest.raises(errors.DatabaseError) as refused:
            reserve(old, spender, "second")
        assert refused.value.sqlstate == sqlstate
        old.rollback()
    assert spender.budget()["reserved_micros"] == 100


def test_a_cap_that_is_changed_counts_for_who_waits(database: Database) -> None:
    spender = new_spender(database, 1000)
    change = "select api.set_llm_budget(%s, 'all', 'month', 50)"
    with psycopg.connect(database.dsn("dba")) as dba, connect(spender) as connection:
        dba.execute(change, [spender.tenant_id])
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(reserve, connection, spender, "waits")
            wait_for_waiting(database, 1)
            dba.commit()
            assert waiting.result(60)[2] == "estimate_too_large"
