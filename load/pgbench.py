"""pgbench as a client: of any script, and of the procedure with new webhooks.

Their bodies are made by the server from one that comes from a table: pgbench would take each `:00`
of a literal for a variable.
"""

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.types.json import Jsonb

from load.kinds import Kind
from load.mix import TOPICS, UNIQUE, template
from load.system import System

TABLE = """
create table if not exists public.bodies (
  kind text primary key, tenant_id uuid, endpoint_id uuid, headers jsonb, body text)
"""
PUT = "insert into public.bodies values (%s, %s, %s, %s, %s) on conflict do nothing"
HEADERS = {"shopify": {"x-shopify-topic": TOPICS["shopify"]}}
# Shopify's ids are numbers; Stripe's hold no long runs of digits, which would look like a card's.
NEW_ID = {
    "stripe": "translate((:n)::bigint::text, '0123456789', 'qwertzuiop')",
    "shopify": "(:n)::bigint::text",
}
NEW_BODY = f"convert_to(replace(b.body, '{UNIQUE}', {{new_id}}), 'UTF8')"
BUILD = f"select octet_length({NEW_BODY}) from public.bodies as b where b.kind = '{{kind}}';"  # noqa: S608
INGEST = f"""select r.* from public.bodies as b, lateral api.ingest_webhook(
  b.tenant_id, b.endpoint_id, b.headers, {NEW_BODY}, 'none') as r where b.kind = '{{kind}}';"""  # noqa: S608


@dataclass(frozen=True)
class Told:
    """What pgbench tells of a run."""

    transactions: int
    per_second: float
    latency_ms: float


def put_bodies(system: System, kinds: Iterable[Kind]) -> None:
    """Store the bodies; the endpoints are there."""
    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        connection.execute(TABLE)
        for kind in kinds:
            endpoint = next(e for e in system.endpoints if e.provider == kind.provider)
            headers = Jsonb(HEADERS.get(kind.provider, {}))
            body = template(kind.provider, kind.body_bytes)
            row = (kind.name, endpoint.tenant_id, endpoint.endpoint_id, headers, body)
            connection.execute(PUT, row)


def build(system: System, kind: Kind, seconds: int, options: str = "") -> Told:
    """Only make new bodies, with one client: what is no part of ingesting them."""
    return _run(system, BUILD, kind, seconds, 1, options)


def ingest(
    system: System, kind: Kind, seconds: int, *, clients: int = 1, options: str = ""
) -> Told:
    """Ingest new webhooks, one commit each; raise RuntimeError unless each is accepted."""
    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        before = _accepted(connection)
        told = _run(system, INGEST, kind, seconds, clients, options)
        accepted = _accepted(connection) - before
    if accepted != told.transactions:
        raise RuntimeError(f"{kind.name}: of {told.transactions} calls {accepted} were accepted")
    return told


def _accepted(connection: psycopg.Connection) -> int:
    query = "select count(*) from core.webhook_dedup_events where status = 'accepted'"
    return int(connection.execute(query).fetchall()[0][0])


def _run(
    system: System, statement: str, kind: Kind, seconds: int, clients: int, options: str
) -> Told:
    script = statement.format(kind=kind.name, new_id=NEW_ID[kind.provider])
    script = f"\\set n random(100000000000, 999999999999)\n{script}\n"
    dsn = system.dsn("superuser")
    return run(system.server.bin_dir, dsn, script, seconds, clients, "-M prepared", options)


def run(
    bin_dir: Path, dsn: str, script: str, seconds: int, clients: int, flags: str, options: str = ""
) -> Told:
    """Run a script for so long with so many clients; raise RuntimeError where it fails.

    options: settings of the sessions, as PGOPTIONS takes them.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "script.sql")
        file.write_text(script, "utf-8")
        command = [str(bin_dir / "pgbench"), "-n", *flags.split(), "-c", str(clients)]
        done = subprocess.run(
            [*command, "-T", str(seconds), "-f", str(file), dsn],
            env=os.environ | {"PGOPTIONS": options}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    found = [
        re.search(pattern, done.stdout)
        for pattern in (r"processed: (\d+)", r"tps = ([\d.]+)", r"latency average = ([\d.]+) ms")
    ]
    count, rate, latency = (float(f[1]) if f else 0 for f in found)
    if not count or done.returncode:
        raise RuntimeError(done.stderr)
    return Told(int(count), rate, latency)
