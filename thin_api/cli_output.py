"""How commands show rows: tables for people, JSON for programs; times in UTC."""

import json
import math
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console


def moment(option: str, text: str | None) -> str | None:
    """Return a time in UTC; without an offset it is taken as UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=found.tzinfo or UTC)
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        message = "a time such as 2026-03-01T10:00:00Z"
        raise typer.BadParameter(message, param_hint=option) from None


def screen() -> Console:
    """Return where tables go: as wide as the terminal, or as wide as they are through a pipe."""
    return Console(width=None if sys.stdout.isatty() else 2000, highlight=False, markup=False)


def shown(value: object) -> str:
    """Return a value as a cell of a table."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    return "-" if value is None or value == {} else str(value)


def print_json(rows: Iterable[dict[str, Any]]) -> None:
    """Write one object a line."""
    for row in rows:
        sys.stdout.write(json.dumps(row, default=as_json_value, ensure_ascii=False) + "\n")


def as_json_value(value: object) -> str:
    """Return what JSON has no word for: ids and times as texts, hashes in hexadecimal."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
