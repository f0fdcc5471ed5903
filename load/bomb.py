"""`python -m load.bomb`: one signed webhook N times at once, against an endpoint of your own.

Prints hashes, sizes, ids and counts; never a payload or a secret. Exit codes: 0 one was accepted,
the others are duplicates with its receipt; 1 otherwise; 2 wrong usage.
"""

import asyncio
import ipaddress
import json
import random
import re
import sys
import time
from collections import Counter
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from load.scenarios.books import Books, read_books
from load.scenarios.sender import Answer, send_all
from load.scenarios.webhooks import Target, Webhook, sale
from thin_api.settings import ConfigurationError, resolve_secret
from thin_api.verify import load_providers

ADDRESS = re.compile(r"(https?://[^/]+.*)/webhooks/([a-z]+)/([0-9a-fA-F-]{36})/?")
MOST, MOST_AT_ONCE = 10_000, 1_000
err = Console(stderr=True)


def main(
    url: Annotated[str, typer.Option(help="The endpoint: https://…/webhooks/PROVIDER/ENDPOINT_ID")],
    secret: Annotated[str, typer.Option(help="Its signing secret, as env:NAME or file:PATH.")],
    provider: Annotated[str, typer.Option(help="As in the URL; named twice on purpose.")],
    count: Annotated[int, typer.Option(min=2, max=MOST, help="How many copies.")] = 50,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=MOST_AT_ONCE, help="Default: all, up to 200.")
    ] = None,
    dsn: Annotated[
        str | None,
        typer.Option(help="A DBA's, as env:NAME or file:PATH: the verdict from the database too."),
    ] = None,
    i_own_this_endpoint: Annotated[
        bool, typer.Option("--i-own-this-endpoint", help="Needed for anything but this machine.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line instead.")] = False,
) -> None:
    """Send one new, correctly signed sale COUNT times at once. It stays booked: aim at staging."""
    base, target = aim(url, provider, _reference("--secret", secret))
    if not i_own_this_endpoint and not is_loopback(base):
        raise typer.BadParameter(
            f"{urlsplit(base).hostname} is not this machine: --i-own-this-endpoint if it is yours"
        )
    login = None if dsn is None else _reference("--dsn", dsn)
    webhook = sale(target, random.SystemRandom())
    at_once = concurrency or min(count, 200)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    started = time.perf_counter()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("answers", total=count)
        sending = send_all(
            base, [webhook] * count, at_once=at_once, answered=lambda: progress.advance(task)
        )
        answers = asyncio.run(sending)[webhook]
    seconds = time.perf_counter() - started
    told = report(webhook, answers) | {"at_once": at_once, "seconds": round(seconds, 3)}
    complaints = from_answers(answers)
    if login is not None:
        found, more = from_database(login, target.endpoint_id, answers)
        told, complaints = told | found, complaints + more
    told |= {"verdict": "fail" if complaints else "pass", "complaints": complaints}
    _show(told, as_json)
    raise typer.Exit(bool(complaints))


def aim(url: str, provider: str, secret: str) -> tuple[str, Target]:
    """Return the base address and the endpoint; raise BadParameter for what is none."""
    found = ADDRESS.fullmatch(url)
    if found is None:
        raise typer.BadParameter("--url: https://…/webhooks/PROVIDER/ENDPOINT_ID is needed")
    if provider != found[2] or provider not in load_providers():
        raise typer.BadParameter(f"--provider: the URL is of {found[2]!r}")
    try:
        endpoint_id = UUID(found[3])
    except ValueError:
        raise typer.BadParameter("--url: it ends with no endpoint id") from None
    return found[1], Target(provider, UUID(int=0), endpoint_id, secret)


def is_loopback(url: str) -> bool:
    """Say whether an address is this machine's own; a name that is not `localhost` is not."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reference(option: str, value: str) -> str:
    """Resolve env:NAME or file:PATH; a literal would stand in the shell's history."""
    if not value.startswith(("env:", "file:")):
        raise typer.BadParameter(f"{option}: env:NAME or file:PATH, not the value itself")
    try:
        return resolve_secret(value)
    except ConfigurationError as error:
        raise typer.BadParameter(f"{option}: {error}") from None


def report(webhook: Webhook, answers: list[Answer]) -> dict[str, Any]:
    """Return what may be said of it."""
    outcomes = Counter(f"{answer.http_status} {answer.outcome}" for answer in answers)
    return {
        "provider": webhook.target.provider,
        "endpoint_id": str(webhook.target.endpoint_id),
        "body_sha256": sha256(webhook.body).hexdigest(),
        "body_bytes": len(webhook.body),
        "sent": len(answers),
        "answers": dict(outcomes.most_common()),
        "receipts": sorted({str(answer.receipt_id) for answer in answers if answer.receipt_id}),
    }


def from_answers(answers: list[Answer]) -> list[str]:
    """Return what the answers contradict: one accepted, the others duplicates, one receipt."""
    outcomes = Counter((answer.http_status, answer.outcome) for answer in answers)
    wanted = Counter({(200, "accepted"): 1, (200, "duplicate"): len(answers) - 1})
    complaints = []
    if outcomes != wanted:
        complaints.append(f"answers: not 1 accepted and {len(answers) - 1} duplicates")
    for what in ("receipt_id", "event_id"):
        ids = {getattr(answer, what) for answer in answers if answer.http_status == 200}
        if len(ids) != 1:
            complaints.append(f"answers: {len(ids)} different {what}s, not 1")
    return complaints


def from_database(
    dsn: str, endpoint_id: UUID, answers: list[Answer]
) -> tuple[dict[str, Any], list[str]]:
    """Return what the database holds of it, and what that contradicts."""
    try:
        with psycopg.connect(dsn, prepare_threshold=None) as connection:
            row = connection.execute(
                "select tenant_id from api.find_endpoint(%s)", [endpoint_id]
            ).fetchone()
        if row is None:
            return {}, ["database: this endpoint is not in it"]
        books = read_books(dsn, row[0])
    except psycopg.Error as error:
        return {}, [f"database: {type(error).__name__} {error.sqlstate or ''}".strip()]
    receipts = {str(answer.receipt_id) for answer in answers if answer.receipt_id}
    found = counted(books, receipts)
    times = sum(answer.http_status == 200 for answer in answers)
    wanted = {"deliveries": 1, "events": 1, "ledger_entries": 1, "dead_letters": 0}
    wanted["seen_count"] = times
    wrong = [f"database: {n} {found[n]}, not {wanted[n]}" for n in wanted if found[n] != wanted[n]]
    return {"database": found}, wrong


def counted(books: Books, receipts: set[str]) -> dict[str, int]:
    """Count what a tenant's books hold under these receipts."""
    deliveries = [row for row in books.deliveries if row["receipt_id"] in receipts]
    events = {row["event_id"] for row in books.events if row["receipt_id"] in receipts}
    return {
        "deliveries": len(deliveries),
        "seen_count": sum(row["seen_count"] for row in deliveries),
        "events": len(events),
        "ledger_entries": sum(row["event_id"] in events for row in books.revenue),
        "dead_letters": sum(row["receipt_id"] in receipts for row in books.dead),
    }


def _show(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
        return
    for name, value in told.items():
        shown = value
        if isinstance(value, dict):
            shown = ", ".join(f"{key}: {number}" for key, number in value.items())
        elif isinstance(value, list):
            shown = ", ".join(value) or "-"
        typer.echo(f"{name:<14}{shown}")


if __name__ == "__main__":
    typer.run(main)
