"""`hookledger budget`: what a tenant's LLM budgets hold, as the DBA sees it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer
from psycopg.rows import dict_row
from rich.table import Table

from thin_api import database
from thin_api.cli_output import screen
from thin_api.demo import load_demo
from thin_api.settings import ConfigurationError, load_settings

BUDGETS = "select * from api.llm_budgets(%s)"
MONEY = ("cap_micros", "settled_micros", "reserved_micros", "remaining_micros")
UNKNOWN_TENANT = "HL002"


def budget(
    tenant: Annotated[
        UUID | None, typer.Argument(help="Tenant id. Default: the demo tenant.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: micros, ISO times.")] = False,
) -> None:
    """Show a tenant's LLM budgets: cap, settled, reserved, remaining, reset and circuit.

    Exit codes: 0 shown, 1 no such tenant or no database.
    """
    settings = load_settings()
    tenant_id = tenant or load_demo(settings).tenant_id
    rows = read_budgets(database.dsn("dba", settings), tenant_id)
    if as_json:
        typer.echo(json.dumps({"tenant_id": tenant_id, "budgets": rows}, default=plain, indent=2))
    elif not rows:
        typer.echo("no budgets: every model call of this tenant is refused")
    else:
        screen().print(table_of(rows))


def read_budgets(dsn: str, tenant_id: UUID) -> list[dict[str, Any]]:
    """Return the tenant's budgets by scope; raise ConfigurationError."""
    try:
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(BUDGETS, [tenant_id]).fetchall()
    except psycopg.OperationalError as error:
        if error.sqlstate == UNKNOWN_TENANT:
            raise ConfigurationError(f"there is no tenant {tenant_id}") from None
        raise ConfigurationError(f"the database cannot be asked: {str(error).strip()}") from None


def table_of(rows: list[dict[str, Any]]) -> Table:
    """Return the table for people: units of the currency, minutes of UTC."""
    table = Table("scope", "period")
    for name in MONEY:
        table.add_column(name.removesuffix("_micros"), justify="right")
    table.add_column("resets at (UTC)")
    table.add_column("circuit")
    for row in rows:
        circuit = row["circuit"]
        if closes_at := row["circuit_closes_at"]:
            circuit = f"{circuit} until {closes_at.astimezone(UTC):%H:%M:%S}"
        table.add_row(
            *(row["scope"], row["period"]),
            *(f"{Decimal(row[name]) / 1_000_000:,.6f}" for name in MONEY),
            *(f"{row['resets_at'].astimezone(UTC):%Y-%m-%d %H:%M}", circuit),
        )
    return table


def plain(value: object) -> object:
    """Make JSON of what the database returns."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
