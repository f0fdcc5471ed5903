"""`hookledger reconcile`: a provider's statement against the ledger."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from thin_api import database, statements
from thin_api.cli_output import screen
from thin_api.settings import ConfigurationError, load_settings

PROVIDERS = ("shopify", "stripe", "paypal", "woocommerce", "toss", "standard")
STATUSES = (
    "matched", "missing_here", "missing_there", "amount_differs", "currency_differs", "unread",
)  # fmt: skip


class Reconciled:
    """Exit codes of `reconcile`."""

    BALANCED, DIFFERS, UNREAD = 0, 1, 2


def reconcile(
    file: Annotated[
        Path, typer.Argument(help="The statement, a CSV file.", exists=True, dir_okay=False)
    ],
    tenant: Annotated[UUID, typer.Option(help="Tenant id.")],
    period_from: Annotated[
        str, typer.Option("--from", help="Beginning: 2026-03-01 (UTC), or a time with offset.")
    ],
    period_to: Annotated[str, typer.Option("--to", help="End; not part of the period itself.")],
    provider: Annotated[
        str | None, typer.Option(help="Whose ledger. Default: the format's provider.")
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="auto, stripe, shopify, paypal or generic.")
    ] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the run and its differing items as JSON.")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Book what the statement confirms of unverified events; compare again."
        ),
    ] = False,
    show: Annotated[int, typer.Option(help="How many differing items to show.", min=0)] = 20,
) -> None:
    """Compare a provider's statement with the ledger of a period, and say what differs.

    Every row has to be read: what could not be is listed with its line. Nothing of the file but
    ids, amounts, currencies and times leaves it.

    Exit codes: 0 balanced, 1 something differs, 2 rows that could not be read, no such file, tenant
    or format, wrong usage, or no database.
    """
    try:
        period = f"[{_moment(period_from)}, {_moment(period_to)})"
        name = _format(file, format_name)
        whose = _provider(name, provider)
        rows = _rows(file, name)
        with psycopg.connect(
            database.dsn("dba", load_settings()), autocommit=True, row_factory=dict_row
        ) as connection:
            arguments = (tenant, whose, period, f"[{','.join(rows)}]")
            run = _run(connection, arguments)
            repaired = _repair(connection, tenant, run) if repair else None
            if repaired and repaired["booked"] + repaired["known"]:
                run = _run(connection, arguments)
            items = _items(connection, tenant, run, show)
    except (statements.StatementError, ConfigurationError, OSError) as error:
        _fail(str(error))
    except psycopg.Error as error:
        _fail(error.diag.message_primary or "the database cannot be reached")
    if as_json:
        typer.echo(json.dumps({"run": run, "repair": repaired, "items": items}, default=str))
    else:
        _print(run, repaired, items)
    code = Reconciled.UNREAD if run["unread_rows"] else Reconciled.DIFFERS
    raise typer.Exit(Reconciled.BALANCED if run["balanced"] else code)


def _fail(reason: str) -> None:
    typer.echo(f"hookledger: {reason}", err=True)
    raise typer.Exit(Reconciled.UNREAD)


def _moment(text: str) -> str:
    """A bound of the period; a date, or a time without offset, is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError("--from and --to: a date like 2026-03-01, or a time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _format(file: Path, name: str) -> str:
    if name == "auto":
        with statements.open_table(file) as table:
            return statements.detect(table)
    if name not in statements.FORMATS:
        raise ConfigurationError(f"--format: auto or one of {', '.join(statements.FORMATS)}")
    return name


def _provider(format_name: str, provider: str | None) -> str:
    implied = statements.PROVIDER_OF.get(format_name)
    if provider is None and implied is None:
        raise ConfigurationError("--provider: a generic statement does not say whose it is")
    if provider is not None and provider not in PROVIDERS:
        raise ConfigurationError(f"--provider: one of {', '.join(PROVIDERS)}")
    if provider and implied and provider != implied:
        raise ConfigurationError(f"--provider: this is a statement of {implied}")
    return provider or str(implied)


def _rows(file: Path, format_name: str) -> list[str]:
    columns = SpinnerColumn(), TextColumn("reading"), BarColumn(), DownloadColumn()
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("reading", total=file.stat().st_size)
        return [
            json.dumps(row, separators=(",", ":"))
            for row in statements.read(
                file, format_name, lambda position: progress.update(task, completed=position)
            )
        ]


def _run(
    connection: psycopg.Connection[dict[str, Any]], arguments: tuple[UUID, str, str, str]
) -> dict[str, Any]:
    with Console(stderr=True).status("comparing") if sys.stderr.isatty() else _Quiet():
        run = connection.execute(
            "select r.*, lower(r.period) as period_from, upper(r.period) as period_to,"
            " encode(r.statement_sha256, 'hex') as sha256 from api.reconcile(%s, %s, %s, %s) as r",
            arguments,
        ).fetchone()
    assert run is not None  # noqa: S101 - the function returns one row or raises
    return {k: v for k, v in run.items() if k not in ("period", "statement_sha256")}


class _Quiet:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def _repair(
    connection: psycopg.Connection[dict[str, Any]], tenant: UUID, run: dict[str, Any]
) -> dict[str, int]:
    """Repair in steps of a transaction each, until nothing is left to do."""
    total = {"confirmed": 0, "booked": 0, "known": 0, "refused": 0}
    while True:
        step = connection.execute(
            "select confirmed, booked, known, refused from api.repair_from_reconciliation(%s, %s)",
            (tenant, run["run_id"]),
        ).fetchone()
        if step is None or not step["booked"] + step["known"] + step["refused"]:
            return total
        total["confirmed"] = total["confirmed"] or step["confirmed"]
        for name in ("booked", "known", "refused"):
            total[name] += step[name]


def _items(
    connection: psycopg.Connection[dict[str, Any]], tenant: UUID, run: dict[str, Any], show: int
) -> list[dict[str, Any]]:
    with connection.transaction():
        connection.execute("select set_config('app.current_tenant_id', %s, true)", (str(tenant),))
        return connection.execute(
            "select status, reason, kind, object_id, parent_object_id, here_minor, here_currency,"
            " there_minor, there_currency, lines[1:5] as lines, event_id, repair"
            " from api.reconciliation_items where run_id = %s and status <> 'matched'"
            " order by status = 'unread' desc, item_no limit %s",
            (run["run_id"], show),
        ).fetchall()


def _print(
    run: dict[str, Any], repaired: dict[str, int] | None, items: list[dict[str, Any]]
) -> None:
    out = screen()
    counts = Table(title=f"{run['provider']}: {run['period_from']} to {run['period_to']}")
    for column in ("item", "count"):
        counts.add_column(column, justify="left" if column == "item" else "right")
    for status in STATUSES:
        counts.add_row(status, str(run["unread_rows" if status == "unread" else status]))
    counts.add_row("rows not compared", str(run["other_rows"]))
    counts.add_row("repeated rows", str(run["duplicate_rows"]))
    out.print(counts)
    totals = Table("currency", "ledger", "statement", "difference", title="minor units")
    for total in run["totals"]:
        names = ("currency", "here_minor", "there_minor", "difference_minor")
        totals.add_row(*(str(total[name]) for name in names))
    out.print(totals)
    if items:
        listed = Table("status", "kind", "object", "ledger", "statement", "line", title="differing")
        for item in items:
            here, there = (
                "" if item[f"{side}_minor"] is None
                else f"{item[f'{side}_minor']} {item[f'{side}_currency']}"
                for side in ("here", "there")
            )  # fmt: skip
            listed.add_row(
                item["reason"] or item["status"], item["kind"] or "", item["object_id"] or "",
                here, there, ", ".join(map(str, item["lines"])),
            )  # fmt: skip
        out.print(listed)
    if repaired is not None:
        out.print("repair: " + ", ".join(f"{name} {count}" for name, count in repaired.items()))
    state = "balanced" if run["balanced"] else "not balanced"
    out.print(f"{run['status']}, {state}; run {run['run_id']}")
