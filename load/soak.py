"""Steady load for a while: `python -m load.soak --minutes 10`. Memory must not grow, nor latency.

Exit codes: 0 steady, 1 not.
"""

import json
import signal
import sys
import time
from typing import Annotated

import psutil
import psycopg
import typer
from rich.console import Console

from load.measure import send
from load.mix import Bodies, Mix, deliveries
from load.system import running_shim, running_system

WARM_UP_SLICES = 2
MOST_GROWTH = 1.25
console = Console()


def mib(processes: list[psutil.Process]) -> float:
    """Return the memory of some processes, MiB; what they share counts once."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied, AttributeError):
            continue
    return round(total / 2**20, 1)


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 10,
    rate: Annotated[int, typer.Option(help="Webhooks a second.")] = 500,
    slice_seconds: Annotated[int, typer.Option(help="How often to look.")] = 20,
) -> None:
    """Send at a steady rate and look at the memory of shim and PostgreSQL after each slice."""
    mix = Mix.of(rate * slice_seconds, (("stripe", 3.0), ("shopify", 1.0)))
    rows: list[tuple[float, float, float, int]] = []
    with running_system() as system, running_shim(system) as shim:
        made = system.create_endpoints(["stripe", "shopify"])
        endpoints = {p: [e for e in made if e.provider == p] for p in ("stripe", "shopify")}
        bodies = Bodies(mix)
        rest = {"shim": mib(shim.processes), "postgres": mib(system.processes)}
        console.print(f"at rest: shim {rest['shim']} MiB, PostgreSQL {rest['postgres']} MiB")
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until or len(rows) <= WARM_UP_SLICES:
            sent = deliveries(mix, endpoints, shim.host, bodies)
            run = send(system, shim, sent, users=32, pace=rate, timeout=600, watch=False)
            bad = sum(r.status != 200 for r in run.results)
            rows.append((mib(shim.processes), mib(system.processes), run.latency_ms()["p99"], bad))
            console.print(
                f"shim {rows[-1][0]:6.1f} MiB  PostgreSQL {rows[-1][1]:7.1f} MiB  "
                f"{run.rate:6.0f}/s  p99 {rows[-1][2]:6.1f} ms  not 200: {bad}"
            )
        with psycopg.connect(system.dsn("superuser")) as connection:
            events = connection.execute("select count(*) from core.attribution_events").fetchone()
    warm = rows[WARM_UP_SLICES:]
    grown = warm[-1][0] / warm[0][0]
    console.print(json.dumps({
        "at_rest_mib": rest, "shim_mib": [warm[0][0], warm[-1][0]],
        "postgres_mib": [warm[0][1], warm[-1][1]], "shim_growth": round(grown, 3),
        "not_200": sum(row[3] for row in rows), "events": events and events[0],
    }))  # fmt: skip
    steady = grown < MOST_GROWTH and not any(row[3] for row in rows)
    sys.exit(0 if steady else 1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # in order
    typer.run(main)
