"""`python -m load.ladder`: every scenario at every size, one JSON line each, and a summary.

Exit codes: 0 all passed and nothing is left behind, 1 otherwise.
"""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from load.scenarios import SIZES, Result, Scenario, scenarios
from load.scenarios.stage import Stage, given_stage, left_behind, own_stage

err = Console(stderr=True)


def main(
    only: Annotated[list[str] | None, typer.Argument(help="S1 … S9. Default: all.")] = None,
    sizes: Annotated[str, typer.Option(help="Numbers of webhooks.")] = ",".join(map(str, SIZES)),
    seed: Annotated[int, typer.Option(help="Another one: other ids, amounts, orders.")] = 1,
    url: Annotated[str | None, typer.Option(help="A running shim, instead of an own one.")] = None,
    dsn: Annotated[
        str | None, typer.Option(help="Its database, with the login hookledger_dba.")
    ] = None,
) -> None:
    """Send webhooks in eight ways and compare what was answered with what is in the database.

    Starts a PostgreSQL (or uses the migrated one of DATABASE_URL) and a shim of its own, and stops
    them. With --url and --dsn it uses yours, and leaves new tenants named `ladder` in it.
    """
    chosen = _chosen(only)
    numbers = _numbers(sizes)
    if (url is None) != (dsn is None):
        raise typer.BadParameter("--url and --dsn belong together")
    if url is not None and dsn is not None:
        stage_context: AbstractContextManager[Stage] = nullcontext(given_stage(url, dsn))
    else:
        err.print("starting a database and a shim")
        stage_context = own_stage()
    with stage_context as stage:
        results = _climb(stage, chosen, numbers, seed)
    left = left_behind(stage)
    err.print(_table(results))
    for result in results:
        for complaint in result.verdict.complaints:
            err.print(f"{result.scenario} at {result.n}: {complaint}", markup=False)
    if left:
        err.print(f"left behind: {', '.join(left)}")
    else:
        err.print(f"left behind: nothing ({len(stage.started)} processes were started)")
    raise typer.Exit(bool(left) or not all(result.verdict.passed for result in results))


def _chosen(only: list[str] | None) -> list[Scenario]:
    known = scenarios()
    if unknown := set(only or ()) - set(known):
        raise typer.BadParameter(f"no {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return [scenario for name, scenario in known.items() if not only or name in only]


def _numbers(sizes: str) -> list[int]:
    try:
        numbers = [int(size) for size in sizes.split(",")]
    except ValueError:
        numbers = [0]
    if min(numbers) < 10:
        raise typer.BadParameter("--sizes: numbers from 10 on, separated by commas")
    return numbers


def _climb(stage: Stage, chosen: list[Scenario], sizes: list[int], seed: int) -> list[Result]:
    results = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        for scenario in chosen:
            for n in sizes:
                task = progress.add_task(f"{scenario.name} {scenario.title}", total=n)
                result = scenario.run(stage, n, seed, partial(progress.advance, task))
                progress.remove_task(task)
                stage.note_processes()
                sys.stdout.write(json.dumps(result.as_json()) + "\n")
                sys.stdout.flush()
                results.append(result)
    return results


def _table(results: list[Result]) -> Table:
    table = Table("", "scenario", "n", "seconds", "events", "dead", "accepted", "verdict")
    for result in results:
        found = result.verdict.found
        table.add_row(
            *(result.scenario, result.title, str(result.n), f"{result.elapsed:.1f}"),
            *(str(found[name]) for name in ("events", "dead", "200 accepted")),
            "[green]pass[/]" if result.verdict.passed else "[bold red]FAIL[/]",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
