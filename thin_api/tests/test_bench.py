"""The benchmarks at a small size: what they send is recorded, what they fill is whole."""

import asyncio
import itertools
import statistics
from pathlib import Path

import psycopg
import pytest

from load import findings, growth, pgbench
from load.backend import session_of
from load.findings import Finding
from load.kinds import KINDS, STRIPE, send_new
from load.system import System, running_shim
from thin_api import ROOT
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import rows
from thin_api.tests.test_gate import system_of

WHOLE = """
select count(*), count(distinct e.object_id), count(distinct e.session_id),
  count(distinct e.customer_key)
  from core.attribution_events as e
  join core.webhook_dedup_events as d using (tenant_id, endpoint_id, receipt_id, event_id)
  join core.revenue_ledger as l using (tenant_id, provider, object_id, event_id)
  join core.object_states as s using (tenant_id, provider, object_id)
 where e.occurred_at > now() - interval '366 days'
"""


@pytest.fixture
def system(fresh_database: Database) -> System:
    """A test database with an endpoint for each kind."""
    made = system_of(fresh_database)
    made.create_endpoints(sorted({kind.provider for kind in KINDS}))
    return made


def test_pgbench_and_a_session_record_what_they_count(
    system: System, fresh_database: Database
) -> None:
    pgbench.put_bodies(system, KINDS)
    recorded = 0
    for kind in KINDS:
        told = pgbench.ingest(system, kind, 1, clients=2)
        assert told.per_second > 0
        recorded += told.transactions
    assert pgbench.build(system, STRIPE, 1).latency_ms < 1000 / told.per_second
    with psycopg.connect(system.dsn("shim"), autocommit=True) as connection:
        session = session_of(connection, system, STRIPE)
        assert session.cpu_us(32, 0.2) > 0
    query = "select count(*) from core.revenue_ledger"
    assert rows(fresh_database, query)[0][0] >= recorded + 10 * (1 + 32) + 32


def test_growth_adds_whole_events(system: System, fresh_database: Database) -> None:
    pgbench.put_bodies(system, [STRIPE])
    pgbench.ingest(system, STRIPE, 1)
    (before,) = rows(fresh_database, WHOLE)
    asyncio.run(growth.fill(system, 1000))
    (after,) = rows(fresh_database, WHOLE)
    assert [b - a for a, b in zip(before, after, strict=True)] == [1000, 1000, 1000, 251]
    with pytest.raises(RuntimeError, match="fewer --events"):
        growth.check_space(10**12, system.server.home)


def test_a_steady_load_keeps_its_rate_and_waits_from_when_each_is_due(system: System) -> None:
    stripe = [e for e in system.endpoints if e.provider == "stripe"]
    with running_shim(system, module="load.null") as shim:
        run = send_new(system, shim, STRIPE, stripe, 100, users=4, pace=200)
    starts = sorted(result.started for result in run.results)
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert 0.35 < starts[-1] - starts[0] < 0.75  # half a second, give or take a random moment each
    assert max(gaps) > 3 * statistics.median(gaps)  # independent senders keep no step
    assert run.latency_ms()["p50"] < 1000


def test_an_aim_is_reached_by_what_is_shown() -> None:
    found = [
        Finding("ratio", 0.8951, aim=0.9),
        Finding("ratio", 0.89, aim=0.9),
        Finding("latency", 15.04, 1, "ms", aim=15, at_most=True),
        Finding("size", 3712.4, 0, "bytes"),
    ]
    assert [f.verdict for f in found] == ["reached", "missed", "reached", ""]
    assert [str(f) for f in found] == ["0.90", "0.89", "15.0 ms", "3,712 bytes"]
    assert [findings.aim_of(f) for f in found] == ["≥ 0.9", "≥ 0.9", "≤ 15 ms", ""]


def test_the_readme_keeps_what_stands_around_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    monkeypatch.setattr(findings, "README", page)
    page.write_text("no markers", encoding="utf-8")
    assert not findings.write_readme("| new |")
    begin, end = findings.MARKS
    page.write_text(f"above\n{begin}\n| old |\n{end}\nbelow\n", encoding="utf-8")
    assert findings.write_readme("| new |")
    assert page.read_text(encoding="utf-8") == f"above\n{begin}\n| new |\n{end}\nbelow\n"
    assert begin in (ROOT / "README.md").read_text(encoding="utf-8")
