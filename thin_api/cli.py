"""`hookledger`: the commands behind the Makefile.

Exit codes, everywhere: 0 done, 1 something is missing or wrong (said on stderr), 2 wrong usage.
`drift` ends with 1 when there is drift, `docs --check` when the page is stale; `send` has its own.
"""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from thin_api import (
    ROOT,
    __version__,
    cli_budget,
    cli_dlq,
    cli_gate,
    cli_reconcile,
    database,
    pgdata,
)
from thin_api.cli_worker import worker
from thin_api.embedded import temporary_server
from thin_api.settings import ConfigurationError, Settings, load_settings

app = typer.Typer(
    help="Webhooks in, an exact ledger and fair attribution out.",
    epilog="Settings are environment variables: DATABASE_URL and HOOKLEDGER_… (see the README).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_dlq.app, name="dlq")
out = Console()


class RoleName(StrEnum):
    """Who to be in the database."""

    owner = "owner"
    shim = "shim"
    worker = "worker"
    dba = "dba"
    superuser = "superuser"


def main() -> None:
    """Run the command line; say in one line what is missing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # in order, too
    try:
        app(prog_name="hookledger")
    except ConfigurationError as error:
        sys.stderr.write(f"hookledger: {error}\n")
        sys.exit(1)


@contextmanager
def running_database() -> Iterator[Settings]:
    """Hold the embedded server running, unless DATABASE_URL names another one."""
    settings = load_settings()
    server = database.embedded_server(settings)
    if server is None:
        yield settings
    else:
        with server:
            yield settings


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hookledger {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Webhooks in, an exact ledger and fair attribution out."""


@app.command()
def run() -> None:
    """Start everything: database, schema, demo tenant, shim, worker.

    The embedded PostgreSQL is used unless DATABASE_URL is set. A part that dies is started again;
    Ctrl-C stops them all.
    """
    from thin_api.run import run as run_system

    run_system(load_settings(), out)


@app.command()
def serve() -> None:
    """Start the shim alone, in the foreground, against a migrated database.

    Exit codes: 0 stopped by a signal, 3 refused to start against this database, 4 address in use.
    """
    from thin_api.serve import main as serve_shim

    with running_database():
        code = serve_shim()
    raise typer.Exit(code)


app.command()(worker)


@app.command()
def migrate() -> None:
    """Bring the database to this checkout's schema: roles, revisions and SQL files.

    All in one transaction; the second time nothing is left to do.
    """
    from thin_api.migrate import migrate as migrate_all

    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with running_database() as settings:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("migrating", total=None)

            def show(path: str, number: int, total: int) -> None:
                progress.update(task, description=path, completed=number, total=total)

            report = migrate_all(settings, show)
        for label, names in (
            ("revision", report.revisions),
            ("applied", report.applied),
            ("no longer there", report.forgotten),
            ("password set", report.passwords),
        ):
            for name in names:
                typer.echo(f"{label}: {name}")
        if not report:
            typer.echo("nothing to do: the database is up to date")


@app.command()
def drift() -> None:
    """Name each object in which the live database differs from a fresh build.

    The fresh build is a scratch database on the same server. Exit codes: 0 none, 1 drift.
    """
    from thin_api.drift import find_drift

    building = out.status("building a fresh database to compare with")
    with running_database() as settings, building:
        if server := database.embedded_server(settings):
            database.create_embedded_database(server)
        database.check_server(database.base_dsn(settings))
        differences = find_drift(database.base_dsn(settings))
    for difference in differences:
        typer.echo(f"{difference.kind}: {difference.object}")
        for line in difference.lines:
            typer.echo(f"    {line}")
    if differences:
        typer.echo(f"{len(differences)} objects differ from a fresh build", err=True)
        raise typer.Exit(1)
    typer.echo("no drift")


@app.command()
def dsn(role: Annotated[RoleName, typer.Argument(help="Whose address.")]) -> None:
    """Print a libpq URI, with password, for the running embedded or the configured database.

    owner is the migrator's login acting as hookledger_owner; superuser is for the embedded server.
    """
    typer.echo(database.dsn(role.value))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(
    context: typer.Context,
    role: Annotated[RoleName, typer.Argument(help="Who to be.")] = RoleName.dba,
) -> None:
    """Open psql as a role; further arguments go to psql (for example -c 'select 1').

    Takes the psql on the PATH, else the one that comes with the embedded server.
    """
    program = shutil.which("psql") or str(pgdata.embedded_binaries() / "psql")
    uri = database.dsn(role.value)
    os.execv(program, ["psql", "--dbname", uri, *context.args])  # noqa: S606


class Sent:
    """Exit codes of `send`."""

    STORED, DEAD, REFUSED, UNAVAILABLE = 0, 3, 4, 5


@app.command()
def send(
    provider: Annotated[str, typer.Argument(help="shopify, stripe, …")],
    file: Annotated[
        Path | None,
        typer.Argument(help="The body to send, as it is. Default: a sample.", exists=True),
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option(help="Names the sample (orders/paid); with FILE, the topic of its headers."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Endpoint id. Default: the demo tenant's.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Signing secret, or env:NAME or file:PATH.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Base URL of the shim, or a full one.")] = None,
    same: Annotated[
        bool, typer.Option("--same", help="The sample with its fixed ids: a duplicate next time.")
    ] = False,
) -> None:
    """Send a correctly signed webhook and show the receipt.

    Exit codes: 0 recorded (accepted, duplicate, ignored, superseded), 3 dead (in the dead-letter
    queue), 4 refused (4xx), 5 unavailable (5xx or no connection).
    """
    from thin_api.send import body_to_send, destination
    from thin_api.send import send as deliver

    target, key = destination(load_settings(), provider, endpoint, secret, url)
    sent_topic, body = body_to_send(provider, file, topic, same)
    answer = deliver(provider, target, key, sent_topic, body)
    http = f"{answer.status or '-'} in {answer.seconds * 1000:.0f} ms"
    for name, value in {
        "POST": target,
        "topic": sent_topic or "in the body",
        "HTTP": http,
        **answer.body,
    }.items():
        typer.echo(f"{name:<12}{'-' if value is None else value}")
    if answer.status == 200:
        raise typer.Exit(Sent.DEAD if answer.outcome == "dead" else Sent.STORED)
    refused = 400 <= answer.status < 500
    raise typer.Exit(Sent.REFUSED if refused else Sent.UNAVAILABLE)


@app.command()
def docs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when the page is stale.")
    ] = False,
) -> None:
    """Write docs/sql-reference.md from the comments in a fresh build of the schema."""
    from thin_api.reference import build_reference

    page = ROOT / "docs" / "sql-reference.md"
    with out.status("building a fresh schema"), temporary_server() as server:
        text = build_reference(server.dsn())
    if page.exists() and page.read_text(encoding="utf-8") == text:
        typer.echo(f"docs/{page.name} is up to date")
    elif check:
        raise ConfigurationError(f"docs/{page.name} is stale: run `make docs`")
    else:
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
        typer.echo(f"wrote docs/{page.name}")


app.command()(cli_gate.gate)
app.command()(cli_reconcile.reconcile)
app.command()(cli_budget.budget)


if __name__ == "__main__":
    main()
