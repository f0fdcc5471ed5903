"""Steady load for a while: `python -m load.soak --minutes 10`. The shim's memory must not grow.

Each answer is 200, and the shim keeps up with the rate. PostgreSQL's memory (its buffers fill) and
the latency are told. Exit codes: 0 steady, 1 not.
"""

import signal
import sys
import time
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import psutil
import psycopg
import typer
from rich.console import Console

from load.measure import send
from load.mix import Bodies, Mix, deliveries
from load.system import running_shim, running_system

WARM_UP_SLICES = 2
LEAST_SLICES = WARM_UP_SLICES + 2
MOST_GROWTH = 1.25
LEAST_RATE = 0.95
USERS = 64
console = Console(highlight=False, soft_wrap=True)


def mib(processes: list[psutil.Process]) -> float:
    """Return the memory of some processes, MiB; what they share counts once."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied, AttributeError):
            continue
    return round(total / 2**20, 1)


class Slice(NamedTuple):
    """What was seen after a while of load."""

    shim_mib: float
    postgres_mib: float
    rate: float
    p99_ms: float
    not_200: int


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 10,
    rate: Annotated[int, typer.Option(help="Webhooks a second.")] = 500,
    slice_seconds: Annotated[int, typer.Option(help="How often to look.")] = 20,
) -> None:
    """Send at a steady rate and look at the memory of shim and PostgreSQL after each slice."""
    mix = Mix.of(rate * slice_seconds, (("stripe", 3.0), ("shopify", 1.0)))
    slices: list[Slice] = []
    with running_system() as system, running_shim(system) as shim:
        made = system.create_endpoints(["stripe", "shopify"])
        endpoints = {p: [e for e in made if e.provider == p] for p in ("stripe", "shopify")}
        bodies = Bodies(mix)
        rest = {"shim": mib(shim.processes), "postgres": mib(system.processes)}
        console.print(f"at rest: shim {rest['shim']} MiB, PostgreSQL {rest['postgres']} MiB")
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until or len(slices) < LEAST_SLICES:
            sent = deliveries(mix, endpoints, shim.host, bodies)
            run = send(system, shim, sent, users=USERS, pace=rate, timeout=600, watch=False)
            now = Slice(
                mib(shim.processes), mib(system.processes), run.rate, run.latency_ms()["p99"],
                sum(r.status != 200 for r in run.results),
            )  # fmt: skip
            slices.append(now)
            console.print(
                f"shim {now.shim_mib:6.1f} MiB  PostgreSQL {now.postgres_mib:7.1f} MiB  "
                f"{now.rate:6.0f}/s  p99 {now.p99_ms:6.1f} ms  not 200: {now.not_200}"
            )
        with psycopg.connect(system.dsn("superuser")) as connection:
            events = connection.execute("select count(*) from core.attribution_events").fetchone()
    warm = slices[WARM_UP_SLICES:]
    console.print_json(data={
        "at_rest_mib": rest, "events": events and events[0],
        "shim_mib": [warm[0].shim_mib, warm[-1].shim_mib],
        "postgres_mib": [warm[0].postgres_mib, warm[-1].postgres_mib],
        "p99_ms": [warm[0].p99_ms, warm[-1].p99_ms],
    }, indent=None)  # fmt: skip
    found = problems(slices, rate)
    console.print("\n".join(f"not steady: {problem}" for problem in found) or "steady")
    sys.exit(1 if found else 0)


def problems(slices: Sequence[Slice], rate: int) -> list[str]:
    """Return what was not steady, once warm."""
    warm = slices[WARM_UP_SLICES:]
    grown = warm[-1].shim_mib / warm[0].shim_mib
    slowest = min(now.rate for now in warm)
    bad = sum(now.not_200 for now in slices)
    found = {
        f"the shim's memory grew to {grown:.2f} times": grown >= MOST_GROWTH,
        f"{bad} answers other than 200": bad > 0,
        f"{slowest:.0f} webhooks/s instead of {rate}": slowest < LEAST_RATE * rate,
    }
    return [problem for problem, is_so in found.items() if is_so]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # in order
    typer.run(main)
