"""`hookledger gate`: ten thousand webhooks, and what became of each."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from thin_api import ROOT
from thin_api.settings import ConfigurationError

PASSED, FAILED, TOO_SLOW = 0, 1, 3


def use_load_tools() -> None:
    """Make the load tools importable. Raises ConfigurationError where they are not installed."""
    sys.path.insert(0, str(ROOT))
    try:
        import locust  # noqa: F401

        import load.report  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            f"the load tools are missing ({error.name}): run it from a checkout with `make gate`"
        ) from None


def parse_providers(text: str) -> tuple[tuple[str, float], ...]:
    """Read `stripe=3,shopify=1`. Raises typer.BadParameter."""
    from load.mix import TOPICS

    found = []
    for part in text.split(","):
        name, _, weight = part.partition("=")
        try:
            found.append((name.strip(), float(weight or 1)))
        except ValueError:
            raise typer.BadParameter(f"{part!r}: provider=weight, as in stripe=3") from None
        if found[-1][0] not in TOPICS or found[-1][1] <= 0:
            raise typer.BadParameter(f"{part!r}: one of {', '.join(TOPICS)}, a weight above 0")
    return tuple(found)


def gate(
    webhooks: Annotated[int, typer.Option("-n", min=20, help="How many to send.")] = 10_000,
    users: Annotated[int, typer.Option(min=1, help="How many send at the same time.")] = 128,
    processes: Annotated[int, typer.Option(min=1, help="Processes of the client.")] = 1,
    providers: Annotated[
        str, typer.Option(help="Whose webhooks: stripe=3,shopify=1 (also standard, woocommerce).")
    ] = "stripe",
    body_bytes: Annotated[
        int | None, typer.Option(min=1000, help="Size of Stripe and Shopify bodies, about.")
    ] = None,
    tenants: Annotated[int, typer.Option(min=1, help="How many tenants they belong to.")] = 1,
    limit: Annotated[float, typer.Option(help="Seconds after which the gate fails.")] = 10.0,
) -> None:
    """Send ten thousand webhooks through the real ingress and read the truth from the database.

    Runs on a PostgreSQL of its own, which leaves nothing behind. Writes load/results/gate.json,
    gate.html and a line of history.jsonl. Exit codes: 0 passed, 1 failed, 3 machine too slow.
    """
    use_load_tools()
    from load.gate import Options, run
    from load.mix import Mix

    console = Console()
    mix = Mix.of(webhooks, parse_providers(providers), body_bytes)
    options = Options(mix, users, processes, tenants, limit)
    report = run(options, console.print)
    show(console, report)
    console.print(f"report: {(ROOT / 'load' / 'results' / 'gate.html').as_uri()}")
    outcome = report["verdict"]["outcome"]
    raise typer.Exit({"passed": PASSED, "failed": FAILED}.get(outcome, TOO_SLOW))


def show(console: Console, report: dict[str, Any]) -> None:
    """Print the verdict and the figures."""
    run = report["gate"]
    table = Table("", "gate", "null benchmark", box=None)
    for name in ("per_second", "elapsed_s", "cpu_us_per_webhook", "latency_ms"):
        table.add_row(name, str(run[name]), str(report["null"][name]))
    table.add_row("waits", str(run["waits"]), "")
    console.print(table)
    for line in report["verdict"]["failures"]:
        console.print(f"[red]{line}")
    console.print(f"[bold]{report['verdict']['outcome']}", f"({run['elapsed_s']} s)")
