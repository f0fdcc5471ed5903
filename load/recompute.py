"""How long it takes to compute the allocations of one window, and to read them.

Fills throwaway databases with 10,000, 100,000 and (with --all) 1,000,000 events of one UTC day, and
calls `api.recompute_window` as the DBA, so under forced row-level security: one model, then all
eight, then all again (nothing changes). Peak memory is what the backend allocated itself, sampled.
Then pages of the views are read as a reporting login. `python -m load.recompute [--all]`
"""

import json
import platform
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from thin_api import ROOT
from thin_api.tests.cluster import Cluster, Database, running_cluster

RESULTS = ROOT / "load" / "results" / "recompute.json"
RECOMPUTE = """
select allocation_count, run_count
from api.recompute_window(%s, '2026-03-02 00:00Z', '2026-03-03 00:00Z', %s, 1)
"""
LIMITS = {10_000: 5.0, 100_000: 30.0, 1_000_000: None}
AIMS = {10_000: 0.3, 100_000: 3.0, 1_000_000: 30.0}
PAGE_LIMIT_MS = 100.0

# 4 of 5 events are touches, on average two per session; every second session buys once; one sale in
# twenty is refunded. Triggers are off while filling: what they guard against is not in here.
FILL = """
set session_replication_role = replica;
insert into core.attribution_events (
  tenant_id, event_id, receipt_id, endpoint_id, provider, event_type, kind, object_id,
  parent_object_id, dedup_key, occurred_at, received_at, currency, amount_minor, session_id,
  utm_source, utm_medium, referrer, landing_page, verification, payload)
select %(tenant)s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'standard',
  case e.kind when 'touch' then 'touch.recorded' when 'sale' then 'order.paid'
    else 'order.refunded' end,
  e.kind, e.id::text, case when e.kind = 'refund' then (e.id - %(sales)s)::text end,
  e.kind || ':' || e.id, e.at, now(), case when e.kind <> 'touch' then 'EUR' end,
  case e.kind when 'sale' then 100 + e.id * 7919 %% 100000 when 'refund' then 50 end,
  case when e.kind <> 'refund' then '~' || md5(e.session::text) end,
  case when e.kind = 'touch' then
    (array['google', 'newsletter', 'facebook', 'bing', null, 'youtube'])[1 + e.id * 31 %% 6] end,
  case when e.kind = 'touch' then
    (array['cpc', 'email', 'social', null, null, 'video'])[1 + e.id * 17 %% 6] end,
  case when e.kind = 'touch' and e.id %% 3 = 0 then 'https://www.google.com/' end,
  case when e.kind = 'touch' then 'https://shop.example/page/' || e.id %% 40 end,
  'signature', '{}'
from (
  select 'touch' as kind, i as id, i * 7 %% (%(sales)s * 2) as session,
    timestamptz '2026-03-02 00:00Z' + i * 7919 %% 80000 * interval '1 second' as at
    from generate_series(1::bigint, %(touches)s) as i
  union all
  select 'sale', i, i * 2,
    timestamptz '2026-03-02 12:00Z' + i * 7919 %% 43000 * interval '1 second'
    from generate_series(1::bigint, %(sales)s) as i
  union all
  select 'refund', i + %(sales)s, null, timestamptz '2026-03-02 23:59Z'
    from generate_series(1::bigint, %(sales)s, 20) as i
) as e;
insert into core.revenue_ledger (
  tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
  occurred_at, booked_at)
select tenant_id, provider, kind, object_id, parent_object_id, event_id, currency,
  case kind when 'refund' then -amount_minor else amount_minor end, occurred_at, now()
from core.attribution_events where tenant_id = %(tenant)s and kind in ('sale', 'refund');
set session_replication_role = origin;
"""
PAGES = {
    "allocations": """select * from api.allocations where model = 'linear' and model_version = 1
        and occurred_at >= %(at)s and occurred_at < %(at)s + interval '1 minute'
        order by occurred_at desc, event_id desc, channel limit 100""",
    "allocation_summary": "select * from api.allocation_summary order by day, channel limit 100",
    "recomputes": "select * from api.recomputes order by window_start limit 100",
}


class Memory:
    """The most anonymous memory that a backend had while watched."""

    def __init__(self, pid: int) -> None:
        """Watch a process."""
        self.status = Path(f"/proc/{pid}/status")
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for line in self.status.read_text().splitlines():
                if line.startswith("RssAnon"):
                    self.peak = max(self.peak, int(line.split()[1]) // 1024)


def fill(database: Database, events: int) -> UUID:
    """Make a tenant with that many events in one day; returns its id."""
    sales = events * 19 // 100
    sizes = {"sales": sales, "touches": events - sales - len(range(1, sales + 1, 20))}
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        ((tenant,),) = connection.execute("select api.create_tenant('load')").fetchall()
        client = psycopg.ClientCursor(connection)
        client.execute(FILL, {"tenant": tenant, **sizes})
        connection.execute("vacuum analyze core.attribution_events")
        connection.execute("vacuum analyze core.revenue_ledger")
    return UUID(str(tenant))


def timed(connection: psycopg.Connection[Any], tenant: UUID, model: str | None) -> dict[str, Any]:
    """Compute the window once; returns seconds, peak memory and rows."""
    backend = psutil.Process(connection.info.backend_pid)
    with Memory(backend.pid) as memory:
        before = backend.cpu_times()
        started = time.perf_counter()
        jobs = connection.execute(RECOMPUTE, (tenant, model)).fetchall()
        seconds = time.perf_counter() - started
        after = backend.cpu_times()
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(after.user + after.system - before.user - before.system, 2),
        "peak_mib": memory.peak,
        "allocations": sum(job[0] for job in jobs),
    }


def read_pages(database: Database, tenant: UUID) -> dict[str, float]:
    """Read pages as a reporting login; returns the 95th percentile in milliseconds by view."""
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as admin:
        admin.execute("vacuum analyze core.attribution_allocations")
        admin.execute("select api.refresh_allocation_summary()")
        admin.execute("create role load_reader login in role hookledger_reader")
        admin.execute("select api.bind_reader(%s, 'load_reader')", (tenant,))
    found = {}
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        connection.execute("set session authorization load_reader")
        for view, query in PAGES.items():
            times = []
            for i in range(100):
                at = datetime(2026, 3, 2, 12 + i % 12, i % 60, tzinfo=UTC)
                started = time.perf_counter()
                connection.execute(query, {"at": at}).fetchall()
                times.append((time.perf_counter() - started) * 1000)
            found[view] = round(statistics.quantiles(times, n=20)[-1], 1)
        connection.execute("reset session authorization")
        connection.execute("drop role load_reader")
    return found


def measure(cluster: Cluster, events: int) -> dict[str, Any]:
    """Measure one size in a database of its own."""
    with cluster.migrated() as database:
        tenant = fill(database, events)
        result: dict[str, Any] = {"events": events}
        for name, model in (("linear", "linear"), ("markov", "markov"), ("all", None)):
            with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
                result[name] = timed(connection, tenant, model)
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            result["all again"] = timed(connection, tenant, None)
        result["page_p95_ms"] = read_pages(database, tenant)
        return result


def main() -> int:
    """Measure, print and keep; fails where a limit is passed."""
    sizes = [n for n in LIMITS if n < 1_000_000 or "--all" in sys.argv]
    models = ("linear", "markov", "all 8", "again")
    table = Table("events", *(f"{name} s (CPU)" for name in models), "peak MiB", "aim s")
    results = []
    with running_cluster() as cluster:
        for events in sizes:
            result = measure(cluster, events)
            results.append(result)
            names = ("linear", "markov", "all", "all again")
            peak = max(result[name]["peak_mib"] for name in names)
            seconds = [
                f"{result[name]['seconds']} ({result[name]['cpu_seconds']})" for name in names
            ]
            table.add_row(f"{events:,}", *seconds, str(peak), str(AIMS[events]))
    Console().print(table, [result["page_p95_ms"] for result in results])
    RESULTS.parent.mkdir(exist_ok=True)
    stamp = {"python": platform.python_version(), "measured": datetime.now(UTC).isoformat()}
    RESULTS.write_text(json.dumps(stamp | {"results": results}, indent=1) + "\n", "utf-8")
    missed = [
        result["events"]
        for result in results
        if (limit := LIMITS[result["events"]]) and result["all"]["seconds"] > limit
    ]
    slow = [r["events"] for r in results if max(r["page_p95_ms"].values()) > PAGE_LIMIT_MS]
    return 1 if missed or slow else 0


if __name__ == "__main__":
    sys.exit(main())
