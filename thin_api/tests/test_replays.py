"""Replays that meet other operators, redeliveries, live traffic and the death of their session."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    Target,
    count,
    new_target,
    rows,
    running_shim,
    signed,
    until,
)

Connection = psycopg.Connection[Any]
Counts = tuple[int, int, int, int, str | None]

INGEST = "select status, receipt_id, event_id from api.ingest_webhook(%s, %s, %s, %s, 'signature')"
REPLAY = "select * from api.replay_dead_events(%s, %s, %s, false, %s)"
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
LETTERS = "select status, attempts from core.dead_events where tenant_id = %s order by 1, 2"
MISSING = "XQA"


def order(number: int, currency: str = MISSING, **more: object) -> dict[str, Any]:
    data = {"object_id": f"o-{number}", "currency": currency, "amount_minor": 100 + number}
    data |= {"occurred_at": "2026-03-01T10:00:00Z", **more}
    return {"type": "order.paid", "timestamp": "2026-03-01T10:00:00Z", "data": data}


def ingest(connection: Connection, target: Target, name: str, body: object) -> tuple[Any, ...]:
    values = (target.tenant_id, target.endpoint_id, Jsonb({"webhook-id": name}))
    (row,) = connection.execute(INGEST, (*values, json.dumps(body).encode())).fetchall()
    return tuple(row)


def replay(
    connection: Connection,
    target: Target,
    limit: int = 1000,
    key: str | None = None,
    filters: dict[str, object] | None = None,
) -> Counts:
    parameters = (target.tenant_id, Jsonb(filters or {}), limit, key)
    ((matched, replayed, skipped, failed, error),) = connection.execute(REPLAY, parameters)
    return matched, replayed, skipped, failed, error


def dba(database: Database, *, autocommit: bool = True) -> Connection:
    return psycopg.connect(database.dsn("dba"), autocommit=autocommit)


def learn(database: Database, known: bool) -> None:
    """Whether the currency of the dead orders is known."""
    statement = (
        "insert into core.currencies (currency, exponent) values (%s, 2) on conflict do nothing"
        if known
        else "delete from core.currencies where currency = %s"
    )
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        connection.execute(statement, [MISSING])


def dead_orders(database: Database, number: int) -> Target:
    """A tenant with so many dead orders, which a replay would cure by now."""
    learn(database, False)
    target = new_target(database, "standard", settings={})
    with dba(database) as connection:
        for n in range(number):
            assert ingest(connection, target, f"m-{n}", order(n))[0] == "dead"
    learn(database, True)
    return target


def test_two_operators_replay_each_row_once_and_count_what_they_skip(database: Database) -> None:
    target = dead_orders(database, 30)
    with dba(database, autocommit=False) as first, dba(database) as second:
        assert replay(first, target, 12) == (30, 12, 0, 0, None)
        # The first one's rows are held, and not seen as done before its commit.
        assert replay(second, target) == (30, 18, 12, 0, None)
        first.commit()
        assert replay(second, target) == (0, 0, 0, 0, None)
    assert rows(database, LETTERS, target.tenant_id) == [("resolved", 2)] * 30
    for table in ("attribution_events", "revenue_ledger", "dead_event_attempts"):
        assert count(database, table, target) == 30


def test_operators_who_race_replay_each_row_once(database: Database) -> None:
    target, size, racers = dead_orders(database, 60), 7, 4
    start = threading.Barrier(racers)

    def operator() -> int:
        done = 0
        with dba(database) as connection:
            start.wait()
            while (found := replay(connection, target, size))[0]:
                done += found[1]
                assert found[3:] == (0, None)
        return done

    with ThreadPoolExecutor() as pool:
        done = [f.result(timeout=120) for f in [pool.submit(operator) for _ in range(racers)]]
    assert sum(done) == 60
    assert rows(database, LETTERS, target.tenant_id) == [("resolved", 2)] * 60
    assert count(database, "attribution_events", target) == 60
    assert count(database, "dead_event_attempts", target) == 60


@pytest.mark.anyio
@pytest.mark.parametrize("commit", [True, False])
async def test_the_same_request_key_at_once_has_one_effect(
    database: Database, commit: bool
) -> None:
    target = dead_orders(database, 5)

    def second() -> Counts:
        with dba(database) as connection:
            return replay(connection, target, 3, "the-key")

    with ThreadPoolExecutor() as pool, dba(database, autocommit=False) as first:
        told = replay(first, target, 3, "the-key")
        again = pool.submit(second)
        await until(lambda: rows(database, WAITING) == [(1,)])
        if commit:
            first.commit()
        else:
            first.rollback()
        assert told == (5, 3, 0, 0, None)
        assert await asyncio.wrap_future(again) == told
    assert rows(database, LETTERS, target.tenant_id) == [("open", 1)] * 2 + [("resolved", 2)] * 3
    assert count(database, "dead_event_attempts", target) == 3


@pytest.mark.anyio
async def test_a_redelivery_during_a_replay_is_answered_with_what_the_replay_booked(
    database: Database,
) -> None:
    target = dead_orders(database, 1)

    def redelivery() -> tuple[Any, ...]:
        with dba(database) as connection:
            return ingest(connection, target, "m-0", order(0))

    with ThreadPoolExecutor() as pool, dba(database, autocommit=False) as operator:
        assert replay(operator, target)[1] == 1
        answer = pool.submit(redelivery)
        await until(lambda: rows(database, WAITING) == [(1,)])
        operator.commit()
        status, receipt_id, event_id = await asyncio.wrap_future(answer)
    booked = "select receipt_id, event_id from core.attribution_events where tenant_id = %s"
    assert status == "duplicate"
    assert rows(database, booked, target.tenant_id) == [(receipt_id, event_id)]


def test_a_replay_leaves_alone_what_a_redelivery_holds(database: Database) -> None:
    target = dead_orders(database, 2)
    with dba(database, autocommit=False) as sender, dba(database) as operator:
        assert ingest(sender, target, "m-0", order(0))[0] == "duplicate"
        assert replay(operator, target) == (2, 1, 1, 0, None)
        sender.commit()
        assert replay(operator, target) == (1, 1, 0, 0, None)


def test_a_replay_does_not_wait_for_live_traffic_nor_live_traffic_for_its_waiting(
    database: Database,
) -> None:
    """A webhook that books the same sale goes first; the replay gives up that row in a moment."""
    target = dead_orders(database, 2)
    with dba(database, autocommit=False) as sender, dba(database) as operator:
        assert ingest(sender, target, "other", order(0))[0] == "accepted"
        started = time.monotonic()
        assert replay(operator, target) == (2, 1, 1, 0, None)
        assert time.monotonic() - started < 10
        assert rows(database, LETTERS, target.tenant_id) == [("open", 1), ("resolved", 2)]
        sender.commit()
        assert replay(operator, target) == (1, 1, 0, 0, None)
    assert count(database, "attribution_events", target) == 2


@pytest.mark.anyio
async def test_rows_are_never_stuck_when_a_replay_dies_in_the_middle(database: Database) -> None:
    """Known complaint: rows stuck in `processing` for ever."""
    target = dead_orders(database, 3)
    before = rows(database, LETTERS, target.tenant_id)
    operator = dba(database, autocommit=False)
    assert replay(operator, target, key="dying")[1] == 3
    pid = operator.info.backend_pid
    assert rows(database, "select pg_terminate_backend(%s)", pid) == [(True,)]
    gone = "select count(*) from pg_stat_activity where pid = %s"
    await until(lambda: rows(database, gone, pid) == [(0,)])
    operator.close()
    assert rows(database, LETTERS, target.tenant_id) == before == [("open", 1)] * 3
    assert count(database, "dead_event_attempts", target) == 0
    with dba(database) as second:
        assert replay(second, target, key="dying") == (3, 3, 0, 0, None)


@pytest.mark.anyio
async def test_duplicates_are_answered_200_before_and_after_a_replay(database: Database) -> None:
    """Known complaint: duplicates answered with 4xx or 5xx, so that senders go on for ever."""
    learn(database, False)
    target = new_target(database, "standard", settings={})
    body = json.dumps(order(1)).encode()
    async with running_shim(database) as shim:
        headers = signed(target, body)

        async def deliver() -> tuple[int, str, str]:
            answer = await shim.client.post(target.path, content=body, headers=headers)
            told = answer.json()
            return answer.status_code, told["status"], told["receipt_id"]

        first, second = await deliver(), await deliver()
        learn(database, True)
        with dba(database) as connection:
            assert replay(connection, target) == (1, 1, 0, 0, None)
        third = await deliver()
    assert [told[:2] for told in (first, second, third)] == [
        (200, "dead"),
        (200, "duplicate"),
        (200, "duplicate"),
    ]
    assert {told[2] for told in (first, second, third)} == {first[2]}
    assert count(database, "revenue_ledger", target) == 1


def test_replaying_what_waits_takes_no_longer_for_what_is_done(database: Database) -> None:
    """Each way to a row has its index: a call reads what it is about, not the history beside it."""
    target = dead_orders(database, 3)
    copies = """
        insert into core.dead_events
        select (jsonb_populate_record(d, jsonb_build_object('dead_event_id', gen_random_uuid(),
            'receipt_id', gen_random_uuid(), 'status', 'resolved'))).*
          from core.dead_events as d, generate_series(1, 5000) where d.tenant_id = %s"""
    read = "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_xact_user_tables"
    with psycopg.connect(database.dsn("superuser")) as connection:
        connection.execute("set local session_replication_role = replica")  # no triggers
        connection.execute(copies, [target.tenant_id])
        connection.execute("set local session_replication_role = origin")
        connection.execute("analyze core.dead_events")
        one = "select dead_event_id from core.dead_events where tenant_id = %s and status = 'open'"
        ids = [str(connection.execute(one, [target.tenant_id]).fetchall()[0][0])]
        for filters in ({"dead_event_ids": ids}, {}):
            before = connection.execute(f"{read} where relname = 'dead_events'").fetchall()
            assert replay(connection, target, filters=dict(filters))[1] >= 1
            after = connection.execute(f"{read} where relname = 'dead_events'").fetchall()
            assert after[0][0] - before[0][0] < 500
        connection.rollback()


def test_the_worker_retries_what_is_due(database: Database) -> None:
    target = new_target(database, "standard", settings={})
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as migrator:
        migrator.execute("alter table core.currencies rename to currencies_away")
        try:
            with dba(database) as connection:
                first = ingest(connection, target, "m-1", order(1, "NOK"))
        finally:
            migrator.execute("alter table core.currencies_away rename to currencies")
        assert first[0] == "dead"
        assert rows(database, LETTERS, target.tenant_id) == [("retrying", 1)]
        for table, column in (("dead_events", "next_attempt_at"), ("jobs", "run_at")):
            migrator.execute(  # as if the pause were over
                f"update core.{table} set {column} = now() - interval '1 s' where tenant_id = %s",
                [target.tenant_id],
            )
    with psycopg.connect(database.dsn("worker"), autocommit=True) as worker:
        due = "select * from api.tenants_with_due_jobs(array['maintenance'], 100)"
        assert (target.tenant_id,) in [row[:1] for row in worker.execute(due)]
        run = "select status, result from api.run_next_job(%s, array['maintenance'])"
        ran = worker.execute(run, [target.tenant_id]).fetchall()
    assert ran == [("succeeded", {"replayed": 1, "skipped": 0, "failed": 0})]
    by = "select status, resolved_by from core.dead_events where tenant_id = %s"
    assert rows(database, by, target.tenant_id) == [("resolved", "hookledger_worker")]
    assert count(database, "revenue_ledger", target) == 1
    with dba(database) as connection:
        again = ingest(connection, target, "m-1", order(1, "NOK"))
    assert again[0] == "duplicate"
    assert isinstance(again[2], UUID)
    assert again[1] == first[1]
