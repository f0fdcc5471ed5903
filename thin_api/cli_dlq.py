"""`hookledger dlq`: look at dead letters, replay, discard and re-open them."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from thin_api.cli_output import moment, print_json, screen, shown
from thin_api.dlq import Queue, Replayed, Row, opened
from thin_api.settings import ConfigurationError, Settings

EXIT_CODES = (
    "Exit codes: 0 done, 1 refused by the database or not reachable, 2 wrong usage, "
    "3 replayed, but some failed again."
)
SOME_FAILED = 3
KEY = re.compile(r"[!-~]{1,180}")

app = typer.Typer(
    help=f"The dead-letter queue of a tenant, as hookledger_dba. {EXIT_CODES}",
    no_args_is_help=True,
)

Tenant = Annotated[
    UUID | None, typer.Option(help="Tenant id. Default: the demo tenant, where there is one.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Provider = Annotated[str | None, typer.Option(help="shopify, stripe, …")]
Topic = Annotated[str | None, typer.Option(help="The delivery's own topic, exactly.")]
Reason = Annotated[str | None, typer.Option(help="As in sql/errors.md, for example invalid_json.")]
Status = Annotated[
    str | None,
    typer.Option(help="open, retrying, resolved or discarded. Default: what waits, the first two."),
]
Since = Annotated[str | None, typer.Option("--from", help="Arrived then or later; ISO 8601.")]
Until = Annotated[str | None, typer.Option("--to", help="Arrived before; ISO 8601.")]
Note = Annotated[str, typer.Option("--reason", help="Why; it is kept. Nothing about a person.")]
Ids = Annotated[list[UUID], typer.Argument(help="Ids of dead letters.", show_default=False)]


@app.command(name="list", epilog=EXIT_CODES)
def list_(
    tenant: Tenant = None,
    provider: Provider = None,
    topic: Topic = None,
    reason: Reason = None,
    status: Status = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    all_pages: Annotated[bool, typer.Option("--all-pages", help="All of them.")] = False,
    as_json: Json = False,
) -> None:
    """List dead letters, the newest first."""
    wanted = filters(provider, topic, reason, status, since, until)
    with queue(tenant) as letters:
        letters.count(wanted)  # refuses what no dead letter can be
        with closing(letters.list(wanted, None if all_pages else limit)) as rows:  # a pipe may end
            if as_json:
                print_json(rows)
            else:
                screen().print(_table(rows))


def _table(rows: Iterator[Row]) -> Table | str:
    columns = (
        "first_failed_at", "provider", "topic", "reason", "detail", "status", "attempts",
        "next_attempt_at",
    )  # fmt: skip
    table = Table(box=box.SIMPLE)
    table.add_column("dead event id", no_wrap=True)
    for name in columns:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(str(row["dead_event_id"]), *(shown(row[name]) for name in columns))
    return table if table.row_count else "no dead letters"


@app.command(epilog=EXIT_CODES)
def show(
    dead_event_id: Annotated[UUID, typer.Argument(help="Id of a dead letter.")],
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Show everything about a dead letter, and what was done about it."""
    with queue(tenant) as letters:
        row = letters.show(dead_event_id)
    if as_json:
        print_json([row])
        return
    payload, attempts = row.pop("payload"), row.pop("attempts_made")
    table = Table(box=None, show_header=False)
    for name, value in row.items():
        table.add_row(name.replace("_", " "), shown(value))
    out = screen()
    out.print(table)
    out.print("payload", style="bold")
    out.print(json.dumps(payload, indent=2, ensure_ascii=False) if payload else "not kept")
    if attempts:
        history = Table(*(name.replace("_", " ") for name in attempts[0]), box=box.SIMPLE)
        for attempt in attempts:
            history.add_row(*map(shown, attempt.values()))
        out.print(history)


@app.command(epilog=EXIT_CODES)
def replay(
    dead_event_ids: Annotated[
        list[UUID] | None, typer.Argument(help="Ids. Default: whatever the options match.")
    ] = None,
    tenant: Tenant = None,
    provider: Provider = None,
    topic: Topic = None,
    reason: Reason = None,
    status: Status = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many. Default: all.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="At most so many a second.")] = 50.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, change nothing.")] = False,
    request_key: Annotated[
        str | None,
        typer.Option(
            help="Names this replay; the same key again goes on where it was interrupted."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Replay dead letters, in batches and at a bounded rate.

    delivery_id_conflict and topic_mismatch need a decision: they are skipped unless --reason or
    their ids name them.
    """
    wanted = filters(provider, topic, reason, status, since, until, dead_event_ids)
    if request_key is not None and not KEY.fullmatch(request_key):
        raise typer.BadParameter("1 to 180 visible characters of ASCII", param_hint="--request-key")
    key = request_key or f"cli-{uuid4()}"
    with queue(tenant) as letters:
        done = Replayed(None if dry_run else key, matched=letters.count(wanted))
        if not dry_run:
            rows = letters.to_replay(wanted, key, limit)
            if "reason" not in wanted and not dead_event_ids:
                named = [row for row in rows if not row["needs_decision"]]
                done.skipped += len(rows) - len(named)
                rows = named
            if request_key is None and rows:
                typer.echo(f"to go on after an interruption: --request-key {key}", err=True)
            console = Console(stderr=True)
            with Progress(
                TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=console, disable=not console.is_terminal, transient=True,
            ) as progress:  # fmt: skip
                task = progress.add_task("", total=len(rows))
                letters.replay(rows, done, rate, lambda n: progress.advance(task, n))
    if as_json:
        print_json([asdict(done)])
    else:
        for name, value in asdict(done).items():
            typer.echo(f"{name.replace('_', ' '):<12}{shown(value)}")
    if done.failed:
        raise typer.Exit(SOME_FAILED)


@app.command(epilog=EXIT_CODES)
def discard(dead_event_ids: Ids, reason: Note, tenant: Tenant = None) -> None:
    """Take dead letters out of the queue for good, with the reason why; all or none."""
    with queue(tenant) as letters:
        letters.decide("discard_dead_event", dead_event_ids, reason)
    typer.echo(f"discarded: {len(dead_event_ids)}")


@app.command(epilog=EXIT_CODES)
def reopen(dead_event_ids: Ids, reason: Note, tenant: Tenant = None) -> None:
    """Put resolved or discarded dead letters back into the queue; all or none."""
    with queue(tenant) as letters:
        letters.decide("reopen_dead_event", dead_event_ids, reason)
    typer.echo(f"re-opened: {len(dead_event_ids)}")


@contextmanager
def queue(tenant: UUID | None) -> Iterator[Queue]:
    """Open the queue of the tenant that is named, else of the demo tenant."""
    from thin_api.cli import running_database

    with running_database() as settings, opened(settings, tenant or demo_tenant(settings)) as found:
        yield found


def demo_tenant(settings: Settings) -> UUID:
    """Return the demo tenant's id. Raises ConfigurationError where there is none."""
    from thin_api.demo import demo_file, load_demo

    if not demo_file(settings).exists():
        raise ConfigurationError("whose dead letters? There is no demo tenant here: name --tenant")
    return load_demo(settings).tenant_id


def filters(
    provider: str | None,
    topic: str | None,
    reason: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
    dead_event_ids: list[UUID] | None = None,
) -> dict[str, object]:
    """Return the filter as the database takes it: only what was given."""
    given: Mapping[str, object] = {
        "dead_event_ids": [str(i) for i in dead_event_ids] if dead_event_ids else None,
        "provider": provider,
        "topic": topic,
        "reason": reason,
        "status": status,
        "received_from": moment("--from", since),
        "received_to": moment("--to", until),
    }
    return {name: value for name, value in given.items() if value is not None}
