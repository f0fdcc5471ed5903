"""`hookledger worker`."""

from typing import Annotated

import typer


def worker(
    once: Annotated[bool, typer.Option("--once", help="Run one job that is due, and end.")] = False,
    drain: Annotated[
        bool, typer.Option("--drain", help="Run what is due until nothing is, and end.")
    ] = False,
) -> None:
    """Run the jobs that are due: allocations, summaries, retries. Several workers may run.

    Exit codes: 0 stopped by a signal or done, 1 the database is away (--once, --drain), 3 refused
    to start against this database, 4 the port for metrics is in use.
    """
    from thin_api.cli import running_database
    from thin_api.worker import Limits, main

    with running_database():
        code = main(Limits(jobs=1 if once else None, drain=drain))
    raise typer.Exit(code)
