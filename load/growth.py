"""The shim's rate with millions of events in the database, divided by that of an empty one.

The events are those of one tenant over a year, copies of one that came through the shim. The server
makes them, with every index kept and its guard triggers off: what they look for is not in there.
Each has ids, keys, times and a session of its own, and shares its customer with three others.
"""

import asyncio
import shutil
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from load.findings import Finding
from load.kinds import STRIPE, send_new
from load.system import Shim, System, running_shim, running_system

BYTES_PER_EVENT = 3_500
"""What an event takes on the disk, with the WAL that is kept meanwhile."""
BATCH = 500_000

# Numbers as letters, as in the ids that load.mix makes; what is hashed comes in no order.
COPIES = """
insert into core.{table}
select {columns} from (select * from core.{table} limit 1) as s, (
  select i, at, lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as milliseconds,
    translate(lpad(i::text, 12, '0'), '0123456789', 'qwertzuiop') as mark, md5(i::text) as hash
  from (
    select i, %(now)s - (%(events)s - i) * interval '1 year' / %(events)s as at
    from generate_series(%(first)s::bigint, %(last)s) as i) as n
) as g
"""
RECEIPT = "(g.milliseconds || '7aaa8' || left(g.hash, 15))::uuid"
EVENT = "(g.milliseconds || '7eee8' || left(g.hash, 15))::uuid"
PAYMENT = "'pi_3' || g.mark || 'payment0000001'"
OWN = {
    "webhook_dedup_events": {
        "delivery_key": "'event:evt_3' || g.mark || 'event00000001'",
        "receipt_id": RECEIPT,
        "event_id": EVENT,
        "request_sha256": "sha256(g.hash::bytea)",
        "first_seen_at": "g.at",
        "last_seen_at": "g.at",
    },
    "attribution_events": {
        "event_id": EVENT,
        "receipt_id": RECEIPT,
        "object_id": PAYMENT,
        "dedup_key": f"s.event_type || ':' || {PAYMENT} || ':sale:USD:11499'",
        "occurred_at": "g.at",
        "received_at": "g.at",
        "session_id": "'~' || g.hash",
        "customer_key": "'~' || md5('customer' || g.i %% (%(events)s / 4 + 1))",
    },
    "revenue_ledger": {
        "object_id": PAYMENT,
        "event_id": EVENT,
        "occurred_at": "g.at",
        "booked_at": "g.at",
    },
    "object_states": {"object_id": PAYMENT, "occurred_at": "g.at", "changed_at": "g.at"},
}
COLUMNS = """
select attname from pg_attribute
 where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
"""

Say = Callable[[str], None]


def check_space(events: int, folder: Path) -> None:
    """Raise RuntimeError where the events would fill the disk."""
    needed, free = events * BYTES_PER_EVENT >> 20, shutil.disk_usage(folder).free >> 20
    if needed > free:
        raise RuntimeError(
            f"{events:,} events take {needed:,} MiB, {folder} has {free:,}: "
            "set TMPDIR to a larger disk, or give fewer --events"
        )


def growth(events: int, count: int, rounds: int, users: int, say: Say) -> Finding:
    """Measure on a server of its own: empty, then filled."""
    with (
        running_system() as system,
        running_shim(system, module="load.null") as null,
        running_shim(system) as shim,
    ):
        system.create_endpoints([STRIPE.provider])

        def rate() -> float:
            _rate(system, shim, count // 4, users)  # functions are compiled, plans are made
            # Of the null benchmark's at the same time: before and after are minutes apart.
            return statistics.median(
                _rate(system, shim, count, users) / _rate(system, null, 3 * count, users)
                for _ in range(rounds)
            )

        before = rate()
        say(f"adding {events:,} events, all indexes kept")
        started = time.monotonic()
        asyncio.run(fill(system, events))
        say(f"    in {time.monotonic() - started:.0f} s")
        found = rate() / before
    return Finding(f"rate with {events:,} events : empty", found, aim=0.85)


def _rate(system: System, shim: Shim, count: int, users: int) -> float:
    return send_new(system, shim, STRIPE, system.endpoints, count, users=users).rate


async def fill(system: System, events: int) -> None:
    """Add so many events, with their gate rows, states and ledger entries; then tidy up."""
    dsn = system.dsn("superuser")
    now = datetime.now(UTC)
    await asyncio.gather(*(_copy(dsn, table, events, now) for table in OWN))
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        # What would come of itself, minutes later.
        for table in OWN:
            await connection.execute(f"vacuum (analyze) core.{table}".encode())
        await connection.execute("checkpoint")


async def _copy(dsn: str, table: str, events: int, now: datetime) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("set synchronous_commit = off")
        own = OWN[table]
        names = [name async for (name,) in await connection.execute(COLUMNS, [f"core.{table}"])]
        if missing := own.keys() - set(names):
            raise RuntimeError(f"core.{table} has no {', '.join(sorted(missing))}")
        columns = ", ".join(own.get(name, f"s.{name}") for name in names)
        statement = COPIES.format(table=table, columns=columns).encode()
        for first in range(1, events + 1, BATCH):
            batch = {"first": first, "last": min(first + BATCH - 1, events)}
            await connection.execute(statement, {"now": now, "events": events, **batch})
