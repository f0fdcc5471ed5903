"""What the database says about a run, against what the clients were told."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from load.measure import Result, Run
from load.mix import SENTINEL, Delivery
from load.system import System

RECEIPTS = """
select d.receipt_id::text, d.status, d.event_id::text, d.seen_count,
  (select count(*) from core.attribution_events as e
    where e.tenant_id = d.tenant_id and e.receipt_id = d.receipt_id),
  (select count(*) from core.dead_events as b
    where b.tenant_id = d.tenant_id and b.receipt_id = d.receipt_id)
from core.webhook_dedup_events as d
"""
COUNTS = {
    "events": "select count(*) from core.attribution_events",
    "ledger entries": "select count(*) from core.revenue_ledger",
    "dead, personal data": ("select count(*) from core.dead_events where reason = 'pii_violation'"),
    "dead, malformed": "select count(*) from core.dead_events where reason <> 'pii_violation'",
    "duplicate keys": """
select (select count(*) - count(distinct (tenant_id, endpoint_id, delivery_key))
          from core.webhook_dedup_events)
     + (select count(*) - count(distinct (tenant_id, provider, dedup_key))
          from core.attribution_events)
     + (select count(*) - count(distinct (tenant_id, provider, kind, object_id))
          from core.revenue_ledger)
""",
    "payloads with personal data": """
select (select count(*) from core.attribution_events where core.contains_pii(payload))
     + (select count(*) from core.dead_events
         where core.contains_pii(payload) or core.contains_pii(headers))
""",
}
TABLES = """
select format('%I.%I', n.nspname, c.relname)
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
 where n.nspname = 'core' and c.relkind in ('r', 'm', 'p') and not c.relispartition
   and c.relname <> 'webhook_endpoints'
"""


@dataclass
class Verdict:
    """Each check: (what, expected, found). errors: what a sender would have noticed."""

    checks: list[tuple[str, Any, Any]] = field(default_factory=list)
    outcome: str = "passed"

    def check(self, what: str, expected: Any, found: Any) -> None:
        """Note one comparison."""
        self.checks.append((what, expected, found))

    @property
    def failures(self) -> list[str]:
        """What is not as it should be, a line each."""
        return [
            f"{what}: {found}, expected {expected}"
            for what, expected, found in self.checks
            if expected != found
        ]


def _answers(results: Iterable[Result]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for result in results:
        told = str(result.status)
        if result.status == 200:
            told = json.loads(result.body)["status"]
        found.setdefault(result.delivery.kind, Counter())[told] += 1
    return found


def _leaks(connection: psycopg.Connection, wanted: Iterable[str]) -> list[str]:
    """Return the tables in whose rows one of the texts is found, in any column."""
    pattern = "|".join(text.replace(".", r"\.").replace("+", r"\+") for text in wanted)
    leaks = []
    for (table,) in connection.execute(TABLES).fetchall():
        row = connection.execute(
            f"select count(*) from {table} as t where t::text ~ %s",  # noqa: S608
            (pattern,),
        ).fetchone()
        if row and row[0]:
            leaks.append(f"{table} ({row[0]})")
    return leaks


def judge(
    system: System,
    sent: Iterable[Delivery],
    run: Run,
    mail_addresses: set[str],
    limit_seconds: float,
) -> Verdict:
    """Compare what was sent, what was answered and what is there. The database was empty before."""
    verdict = Verdict()
    kinds = Counter(delivery.kind for delivery in sent)
    answers = _answers(run.results)
    verdict.check("requests answered", sum(kinds.values()), len(run.results))
    for status, name in ((-1, "timeouts"), (0, "connection errors")):
        verdict.check(name, 0, sum(r.status == status for r in run.results))
    verdict.check("answers 5xx", 0, sum(r.status >= 500 for r in run.results))
    verdict.check("other answers than 200", 0, sum(200 != r.status > 0 for r in run.results))

    # Whichever of a pair commits first is the original.
    pairs = answers.get("unique", Counter()) + answers.get("replay", Counter())
    verdict.check("told accepted", kinds["unique"], pairs["accepted"])
    verdict.check("told duplicate", kinds["replay"], pairs["duplicate"])
    for kind in ("malformed", "personal"):
        verdict.check(f"told dead, {kind}", kinds[kind], answers.get(kind, Counter())["dead"])

    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        expected = {
            "events": kinds["unique"],
            "ledger entries": kinds["unique"],
            "dead, personal data": kinds["personal"],
            "dead, malformed": kinds["malformed"],
        }
        for what, query in COUNTS.items():
            row = connection.execute(query).fetchone()
            verdict.check(what, expected.get(what, 0), row[0] if row else None)
        _compare_receipts(verdict, connection, run)
        verdict.check(
            "tables with personal data", [], _leaks(connection, {SENTINEL, *mail_addresses})
        )
    log = system.server.log_path.read_text(encoding="utf-8", errors="replace")
    verdict.check("lines of the server log with personal data", 0, log.count(SENTINEL))
    if not verdict.failures and run.elapsed > limit_seconds:
        verdict.checks.append(("seconds", f"at most {limit_seconds:g}", round(run.elapsed, 2)))
    verdict.outcome = "failed" if verdict.failures else "passed"
    return verdict


def _compare_receipts(verdict: Verdict, connection: psycopg.Connection, run: Run) -> None:
    """Nothing acknowledged that is not there, nothing there that was not acknowledged."""
    stored = {row[0]: row[1:] for row in connection.execute(RECEIPTS).fetchall()}
    told = [json.loads(r.body) for r in run.results if r.status == 200]
    missing = wrong = 0
    by_number: dict[int, set[str]] = {}
    for result in run.results:
        if result.status != 200:
            continue
        receipt = json.loads(result.body)
        by_number.setdefault(result.delivery.number, set()).add(receipt["receipt_id"])
        row = stored.get(receipt["receipt_id"])
        if row is None:
            missing += 1
            continue
        status, event_id, _, events, dead = row
        right = status if receipt["status"] == "duplicate" else receipt["status"]
        wrong += (
            status != right
            or receipt["event_id"] != event_id
            or (events, dead) != ((1, 0) if status == "accepted" else (0, 1))
        )
    verdict.check("receipts that are not in the database", 0, missing)
    verdict.check("receipts that tell something else", 0, wrong)
    verdict.check(
        "replays with another receipt", 0, sum(len(ids) > 1 for ids in by_number.values())
    )
    verdict.check(
        "rows nobody was told of", 0, len(stored.keys() - {r["receipt_id"] for r in told})
    )
    verdict.check("deliveries seen, by the gate", len(told), sum(row[2] for row in stored.values()))
