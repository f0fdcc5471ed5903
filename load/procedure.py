"""What one webhook costs in the database alone: no shim, no client, no disk.

By pgbench, one client and one commit each: the time of building a body and ingesting it less that
of building it, one right after the other. And the CPU time of a backend that is handed webhooks
alone and in groups, as the shim hands them over. Figures are medians of interleaved rounds, on a
server of its own without `fsync`. `python -m load.procedure`
"""

import statistics
import time
from contextlib import ExitStack

import psycopg
from rich.console import Console
from rich.progress import track
from rich.table import Table

from load import pgbench
from load.backend import session_of
from load.kinds import SHOPIFY, STRIPE, Kind
from load.mix import template
from load.system import System, running_system

ROUNDS = 5
SECONDS = 2
KINDS = (STRIPE, SHOPIFY)
GROUPS = (1, 32)
NO_WAITING = "-c synchronous_commit=off"
PROFILE = """
select funcname, round(calls::numeric / most, 1), round((total_time * 1000 / most)::numeric),
  round((self_time * 1000 / most)::numeric)
from pg_stat_user_functions, (
  select calls as most from pg_stat_user_functions where funcname = 'ingest_webhook') as m
order by self_time desc limit 16
"""


def latency_us(system: System, kind: Kind) -> float:
    """Return what ingesting adds to building a body."""
    ingested = pgbench.ingest(system, kind, SECONDS, options=NO_WAITING)
    built = pgbench.build(system, kind, SECONDS, NO_WAITING)
    return (ingested.latency_ms - built.latency_ms) * 1000


def costs(system: System) -> Table:
    """Measure each kind in every manner, round by round."""
    found: dict[tuple[Kind, str], list[float]] = {}
    with ExitStack() as stack:
        sessions = {
            kind: session_of(
                stack.enter_context(psycopg.connect(system.dsn("shim"), autocommit=True)),
                system,
                kind,
            )
            for kind in KINDS
        }
        for _ in track(range(ROUNDS), "measuring", transient=True):
            for kind, session in sessions.items():
                found.setdefault((kind, "pgbench"), []).append(latency_us(system, kind))
                for group in GROUPS:
                    cpu = session.cpu_us(group, SECONDS / 2)
                    found.setdefault((kind, f"{group}"), []).append(cpu)
    columns = ("pgbench", *map(str, GROUPS))
    table = Table(
        "webhook", "bytes", "us by pgbench", *(f"CPU us in groups of {n}" for n in GROUPS)
    )
    for kind in KINDS:
        size = len(template(kind.provider, kind.body_bytes))
        medians = (statistics.median(found[kind, column]) for column in columns)
        table.add_row(kind.name, str(size), *(f"{median:.0f}" for median in medians))
    return table


def profile(system: System, kind: Kind) -> Table:
    """Return the functions that take most time; counting them makes each a little slower."""
    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        connection.execute("select pg_stat_reset()")
        options = f"{NO_WAITING} -c track_functions=all"
        pgbench.ingest(system, kind, SECONDS, options=options)
        time.sleep(2)  # the statistics of a session arrive after it
        table = Table("function", "calls a webhook", "us with what it calls", "us itself")
        for row in connection.execute(PROFILE):
            table.add_row(*map(str, row))
    table.title = f"{kind.name}, by pgbench"
    return table


def main() -> None:
    """Print what each kind of webhook costs and where the time goes."""
    with running_system(fsync="off", full_page_writes="off") as system:
        system.create_endpoints([kind.provider for kind in KINDS])
        pgbench.put_bodies(system, KINDS)
        tables = [costs(system), *(profile(system, kind) for kind in KINDS)]
    Console().print(*tables)


if __name__ == "__main__":
    main()
