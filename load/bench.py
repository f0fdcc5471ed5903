"""The shim beside what it could be compared with, in one session: `python -m load.bench`.

Rounds are interleaved and the medians taken, so that a machine that becomes slower does so for
everybody. Every round sends new webhooks. The table goes into the README, between its markers.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema

from load.machine import describe
from load.measure import report_of, send
from load.mix import UNIQUE, Mix, deliveries, template
from load.procedure import NEW_ID
from load.system import Shim, System, running_shim, running_system
from thin_api import ROOT

RESULTS = ROOT / "load" / "results" / "bench.json"
README = ROOT / "README.md"
MARKS = "<!-- bench: written by `make bench` -->", "<!-- /bench -->"
KINDS: dict[str, tuple[str, int | None]] = {
    "Stripe 1.4 kB": ("stripe", None),
    "Shopify 12 kB": ("shopify", None),
    "Shopify 25 kB": ("shopify", 25_000),
}
console = Console()


def prepare_peer(system: System) -> dict[str, str]:
    """Create the peer's tables; return its environment."""
    from load.peers.fastapi_peer import metadata

    url = system.dsn("superuser").replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(CreateSchema("peer", if_not_exists=True))
        metadata.create_all(connection)
    engine.dispose()
    return {
        "PEER_DATABASE_URL": system.dsn("superuser").replace(
            "postgresql://", "postgresql+asyncpg://"
        )
    }


@contextmanager
def pgbench_script(system: System, kind: str) -> Iterator[list[str]]:
    """Yield the arguments of a pgbench that calls the procedure with new bodies."""
    provider, size = KINDS[kind]
    endpoint = next(e for e in system.endpoints if e.provider == provider)
    body = template(provider, size)
    headers = '{"x-shopify-topic": "orders/paid"}' if provider == "shopify" else "{}"
    table = f"public.bench_{re.sub('[^a-z0-9]', '_', kind.lower())}"
    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        connection.execute(f"create table if not exists {table} (body text)")
        connection.execute(f"truncate {table}")
        connection.execute(f"insert into {table} values (%s)", [body])  # noqa: S608
    statement = f"""\\set n random(100000000000, 999999999999)
select r.* from {table} as b, lateral api.ingest_webhook(
  '{endpoint.tenant_id}', '{endpoint.endpoint_id}', '{headers}',
  convert_to(replace(b.body, '{UNIQUE}', {NEW_ID[provider]}), 'UTF8'), 'none') as r;
"""  # noqa: S608
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "ingest.sql")
        script.write_text(statement, encoding="utf-8")
        yield [str(system.server.bin_dir / "pgbench"), "-n", "-M", "prepared", "-f", str(script)]


def pgbench(system: System, kind: str, seconds: int) -> float:
    """Return how many webhooks a second eight pgbench clients record, one commit each."""
    with pgbench_script(system, kind) as command:
        done = subprocess.run(
            [*command, "-c", "8", "-j", "1", "-T", str(seconds), system.dsn("superuser")],
            capture_output=True, text=True, check=False, env=os.environ,
        )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if not found or done.returncode:
        raise RuntimeError(done.stderr)
    return float(found[1])


class Bench:
    """Rates by what was measured: (kind, who) -> webhooks per second, a figure a round."""

    def __init__(self, system: System, stack: ExitStack, users: int) -> None:
        self.system, self.users = system, users
        self.rates: dict[tuple[str, str], list[float]] = {}
        self.runs: dict[tuple[str, str], dict[str, Any]] = {}
        system.create_endpoints(["stripe", "shopify"])
        peer = prepare_peer(system)
        self.shims: dict[str, Shim] = {
            "null": stack.enter_context(running_shim(system, module="load.null")),
            "shim": stack.enter_context(running_shim(system)),
        }
        for workers in (1, 2):
            self.shims[f"peer, {workers} worker{'s' * (workers > 1)}"] = stack.enter_context(
                running_shim(
                    system, module="load.peers.fastapi_peer",
                    variables={**peer, "PEER_WORKERS": str(workers)},
                )
            )  # fmt: skip

    def measure(self, kind: str, who: str, count: int) -> None:
        """Add a round."""
        provider, size = KINDS[kind]
        mix = Mix(count, 0, 0, 0, ((provider, 1.0),), size)
        endpoints = {provider: [e for e in self.system.endpoints if e.provider == provider]}
        shim = self.shims[who]
        run = send(self.system, shim, deliveries(mix, endpoints, shim.host), users=self.users)
        told = Counter(
            json.loads(r.body)["status"] if r.status == 200 else r.status for r in run.results
        )
        if told != {"accepted": count}:
            raise RuntimeError(f"{who}, {kind}: {dict(told)}")
        self.note(kind, who, run.rate)
        self.runs[kind, who] = report_of(run)

    def note(self, kind: str, who: str, rate: float) -> None:
        """Keep a figure."""
        self.rates.setdefault((kind, who), []).append(rate)
        console.print(f"    {kind:<14} {who:<16} {rate:8.0f}/s")

    def median(self, kind: str, who: str) -> float:
        """Return what stands for the rounds."""
        return statistics.median(self.rates[kind, who])


def table(bench: Bench, extra: list[tuple[str, str, str]], machine: dict[str, Any]) -> str:
    """Return the README's table."""
    peers = [who for who in bench.shims if who.startswith("peer")]
    lines = [
        "| webhooks a second | " + " | ".join(KINDS) + " |",
        "| --- |" + " ---: |" * len(KINDS),
    ]
    rows = {
        "the shim": "shim",
        "null benchmark: verified and answered, no database": "null",
        "pgbench, 8 clients calling the procedure, one commit each": "pgbench",
        **{f"FastAPI + SQLAlchemy + asyncpg, {who.removeprefix('peer, ')}": who for who in peers},
    }
    for text, who in rows.items():
        cells = [
            f"{bench.median(kind, who):,.0f}" if (kind, who) in bench.rates else ""
            for kind in KINDS
        ]
        lines.append(f"| {text} | {' | '.join(cells)} |")

    def ratio(kind: str, others: list[str]) -> str:
        best = max(bench.median(kind, who) for who in others)
        return f"{bench.median(kind, 'shim') / best:.2f}"

    lines.append(
        f"| **shim : null** (aim 0.55) | {' | '.join(ratio(k, ['null']) for k in KINDS)} |"
    )
    lines.append(f"| **shim : pgbench** | {' | '.join(ratio(k, ['pgbench']) for k in KINDS)} |")
    lines.append(f"| **shim : best peer** (aim 5) | {' | '.join(ratio(k, peers) for k in KINDS)} |")
    if extra:
        lines += ["", "| also measured | found | aim |", "| --- | ---: | ---: |"]
        lines += [f"| {what} | {found} | {aim} |" for what, found, aim in extra]
    hardware = machine["hardware"]
    load = hardware["load_average_before"][0]
    shared = f"{hardware['cores']} cores ({hardware['processor']})"
    lines += [
        "",
        (
            f"{datetime.now(UTC):%Y-%m-%d}, {shared} shared by client, shim and PostgreSQL"
            f" {machine['versions']['postgresql']}; load average before the run {load};"
            f" medians of {len(bench.rates[next(iter(KINDS)), 'shim'])} interleaved rounds."
        ),
    ]
    return "\n".join(lines)


def write_readme(text: str) -> bool:
    """Put the table between the README's markers; say whether they are there."""
    page = README.read_text(encoding="utf-8")
    begin, end = MARKS
    if begin not in page or end not in page:
        return False
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    README.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")
    return True


# -- beside the table ------------------------------------------------------------------------------


def paced(bench: Bench, seconds: int) -> tuple[str, str, str]:
    """Measure the latency of 500 webhooks a second."""
    mix = Mix(500 * seconds, 0, 0, 0, (("stripe", 1.0),))
    endpoints = {"stripe": [e for e in bench.system.endpoints if e.provider == "stripe"]}
    shim = bench.shims["shim"]
    run = send(
        bench.system, shim, deliveries(mix, endpoints, shim.host), users=bench.users, pace=500
    )
    latency = run.latency_ms()
    bench.runs["Stripe 1.4 kB", "500/s"] = report_of(run)
    return "99 % of Stripe events at 500/s answered within", f"{latency['p99']:.1f} ms", "15 ms"


def compared(bench: Bench, count: int, rounds: int, change: Callable[[bool], Any]) -> float:
    """Return the rate with a change divided by the rate without, interleaved."""
    mix = Mix(count, 0, 0, 0, (("stripe", 1.0),))
    rates: dict[bool, list[float]] = {True: [], False: []}
    shim = bench.shims["shim"]
    for _ in range(rounds):
        for changed in (False, True):
            with change(changed) as endpoints:
                sent = deliveries(mix, {"stripe": endpoints}, shim.host)
                rates[changed].append(send(bench.system, shim, sent, users=bench.users).rate)
    return statistics.median(rates[True]) / statistics.median(rates[False])


def held_transaction(bench: Bench) -> Callable[[bool], Any]:
    """Return a change: a transaction with a snapshot is open during the whole run."""
    endpoints = [e for e in bench.system.endpoints if e.provider == "stripe"]

    @contextmanager
    def change(held: bool) -> Iterator[Any]:
        with psycopg.connect(bench.system.dsn("superuser"), autocommit=not held) as connection:
            if held:
                connection.execute("set transaction isolation level repeatable read")
                connection.execute("select count(*) from core.tenants")
                connection.execute("select pg_current_xact_id()")
            yield endpoints

    return change


def many_tenants(bench: Bench, tenants: int) -> Callable[[bool], Any]:
    """Return a change: the webhooks belong to many tenants instead of one."""
    one = [e for e in bench.system.endpoints if e.provider == "stripe"][:1]
    many = bench.system.create_endpoints(["stripe"], tenants)

    @contextmanager
    def change(changed: bool) -> Iterator[Any]:
        yield many if changed else one

    return change


GROW = """
insert into core.{table}
select r.* from (select t, row_number() over () as n from core.{table} as t limit 1000) as s
cross join generate_series(1, {times}) as g (i)
cross join lateral jsonb_populate_record(s.t, jsonb_build_object({keys})) as r
"""
GROWN = {
    "webhook_dedup_events": "'delivery_key', g.i || ':' || s.n, 'receipt_id', gen_random_uuid()",
    "attribution_events": (
        "'event_id', gen_random_uuid(), 'dedup_key', g.i || ':' || s.n, 'receipt_id', "
        "gen_random_uuid()"
    ),
    "revenue_ledger": "'object_id', g.i || ':' || s.n",
    "object_states": "'object_id', g.i || ':' || s.n",
}


def grow(system: System, events: int) -> None:
    """Add so many events, with their gate rows, states and ledger entries, by copying."""
    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        # Rows that went through the guard already; the copies differ in their keys only.
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        for name, keys in GROWN.items():
            connection.execute(GROW.format(table=name, times=max(1, events // 1000), keys=keys))  # type: ignore[arg-type]
        connection.execute("vacuum (analyze) core.attribution_events, core.webhook_dedup_events,"
                           " core.revenue_ledger, core.object_states")  # fmt: skip
        connection.execute("checkpoint")


def growth(bench: Bench, events: int, count: int, rounds: int) -> tuple[str, str, str]:
    """Compare with what was measured before, right before and after the growth."""
    mix = Mix(count, 0, 0, 0, (("stripe", 1.0),))
    endpoints = {"stripe": [e for e in bench.system.endpoints if e.provider == "stripe"][:1]}
    shim = bench.shims["shim"]

    def rate() -> float:
        # Of the null benchmark's at the same time: before and after are minutes apart.
        found = []
        for _ in range(rounds):
            ours, null = (
                send(bench.system, s, deliveries(mix, endpoints, s.host), users=bench.users).rate
                for s in (shim, bench.shims["null"])
            )
            found.append(ours / null)
        return statistics.median(found)

    before = rate()
    console.print(f"adding {events:,} events")
    grow(bench.system, events)
    return f"rate with {events:,} events : empty", f"{rate() / before:.2f}", "0.85"


def main(
    quick: Annotated[bool, typer.Option("--quick", help="One short round of each.")] = False,
    rounds: Annotated[int, typer.Option(help="Rounds of each, interleaved.")] = 3,
    events: Annotated[int, typer.Option(help="How many events to add for the growth.")] = 1_000_000,
    users: Annotated[int, typer.Option(help="How many send at the same time.")] = 64,
    readme: Annotated[bool, typer.Option(help="Write the table into README.md.")] = True,
) -> None:
    """Compare the shim with no database, with pgbench and with the same work in FastAPI."""
    if quick:
        rounds, events = 1, 20_000
    seconds = 3 if quick else 5
    with running_system() as system, ExitStack() as stack:
        machine = describe(system)
        bench = Bench(system, stack, users)
        for number in range(rounds):
            console.print(f"round {number + 1} of {rounds}")
            for kind, (provider, _) in KINDS.items():
                count = (2_000 if quick else 6_000) // (1 if provider == "stripe" else 4)
                for who in bench.shims:
                    bench.measure(kind, who, count // (3 if who.startswith("peer") else 1))
                bench.note(kind, "pgbench", pgbench(system, kind, seconds))
        few = 1_000 if quick else 4_000
        extra = [paced(bench, 4 if quick else 10)]
        ratio = compared(bench, few, rounds, held_transaction(bench))
        extra.append(("rate with a transaction held open : without", f"{ratio:.2f}", "0.9"))
        ratio = compared(bench, few, rounds, many_tenants(bench, 1_000))
        extra.append(("rate with 1,000 tenants : one", f"{ratio:.2f}", ""))
        extra.append(growth(bench, events, few, rounds))
        cost = bench.runs["Stripe 1.4 kB", "shim"]
        extra += [
            ("WAL for a Stripe event", f"{cost['wal_bytes_per_webhook']:,} bytes", ""),
            ("the shim's start, until ready", f"{bench.shims['shim'].start_seconds:.1f} s", ""),
        ]
    text = table(bench, extra, machine)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rates": {f"{k}: {w}": [round(r, 1) for r in rs] for (k, w), rs in bench.rates.items()},
        "runs": {f"{k}: {w}": run for (k, w), run in bench.runs.items()},
        "also": extra, **machine,
    }, indent=2) + "\n", encoding="utf-8")  # fmt: skip
    console.print(text)
    if readme and not quick and not write_readme(text):
        console.print("README.md has no markers for the table")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # in order
    typer.run(main)
