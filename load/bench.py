"""The shim beside what it could be compared with, in one session: `python -m load.bench`.

Rounds are interleaved and the medians taken, so that a machine that becomes slower does so for
everybody. Every round sends new webhooks. The table goes into the README, between its markers.
"""

import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from load.conditions import held_transaction, many_tenants, steady_rate
from load.findings import Finding, table, write_readme
from load.growth import check_space, growth
from load.kinds import STRIPE
from load.machine import describe
from load.rivals import Rivals
from load.system import running_system
from thin_api import ROOT

RESULTS = ROOT / "load" / "results" / "bench.json"
QUICK_EVENTS = 20_000
console = Console(highlight=False, soft_wrap=True)


def main(
    quick: Annotated[bool, typer.Option("--quick", help="One short round of each.")] = False,
    rounds: Annotated[int, typer.Option(help="Rounds of each, interleaved.")] = 3,
    events: Annotated[int, typer.Option(help="How many events to add for the growth.")] = 5_000_000,
    users: Annotated[
        int, typer.Option(help="How many send at the same time (to the peer 64 at most).")
    ] = 128,
    readme: Annotated[
        bool, typer.Option(help="Write the table into README.md (never of --quick).")
    ] = True,
) -> None:
    """Compare the shim with no database, with pgbench and with the same work in FastAPI."""
    if quick:
        rounds, events = 1, QUICK_EVENTS
    try:
        check_space(events, Path(tempfile.gettempdir()))
    except RuntimeError as error:
        raise typer.BadParameter(str(error), param_hint="--events") from None
    webhooks = 1_000 if quick else 4_000
    with running_system() as system, ExitStack() as stack:
        machine = describe(system)
        rivals = Rivals(system, stack, users, console.print)
        for number in range(rounds):
            console.print(f"round {number + 1} of {rounds}")
            rivals.round(2_000 if quick else 6_000, seconds=3 if quick else 5)
        console.print("500/s, a held transaction, 1,000 tenants")
        also = [
            steady_rate(rivals, seconds=4 if quick else 10),
            held_transaction(rivals, webhooks, rounds),
            many_tenants(rivals, webhooks, rounds),
        ]
    also += [
        growth(events, webhooks, rounds, users, console.print),
        Finding("WAL for a Stripe event", rivals.wal_bytes(STRIPE), 0, "bytes"),
        Finding("the shim's start, until ready", rivals.shims["shim"].start_seconds, 1, "s"),
    ]
    keep(rivals, also, machine)
    text = table(rivals, also, machine)
    console.print(text)
    console.print(f"written to {RESULTS.relative_to(ROOT)}", end="")
    if quick or not readme:
        console.print("; README.md stays as it is")
    else:
        console.print(" and README.md" if write_readme(text) else "; README.md has no markers")


def keep(rivals: Rivals, also: Sequence[Finding], machine: dict[str, Any]) -> None:
    """Write everything into a file of results."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rates": {f"{k}: {w}": [round(r, 1) for r in rs] for (k, w), rs in rivals.rates.items()},
        "runs": {f"{kind}: {who}": runs for (kind, who), runs in rivals.runs.items()},
        "also": [asdict(finding) for finding in also], **machine,
    }, indent=2) + "\n", encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # in order
    typer.run(main)
