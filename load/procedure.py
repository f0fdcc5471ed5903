"""What one webhook costs in the database: `api.ingest_webhook` under pgbench, one client.

Runs against a throwaway embedded server, `synchronous_commit` off, so that the disk is left out.
Each round measures, one right after the other, building a body and building it and ingesting it;
the cost is the difference, the figure the median of the rounds. `python -m load.procedure`
"""

import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from rich.console import Console
from rich.table import Table

from thin_api.samples import load
from thin_api.tests.cluster import running_cluster

ROUNDS = 5
SECONDS = 2
UNIQUE = "Zq7Zq7Zq7Zq7"  # every call puts a new number here

# The bodies come from a table: pgbench would take each `:00` of a literal for a variable.
BODIES = """
create table public.bodies as
select p.provider, p.headers::jsonb, p.body, t.id as tenant_id,
  api.create_endpoint(t.id, p.provider, array['x']) as endpoint_id
from (values ('stripe', '{}', %s), ('shopify', '{"x-shopify-topic": "orders/paid"}', %s))
  as p (provider, headers, body),
  api.create_tenant('procedure') as t (id)
"""
# Shopify's ids are numbers; Stripe's hold no long runs of digits, which would look like a card's.
NEW_ID = {
    "stripe": "translate((:n)::bigint::text, '0123456789', 'qwertzuiop')",
    "shopify": "(:n)::bigint::text",
}
BUILD = """
select octet_length(convert_to(replace(b.body, 'Zq7Zq7Zq7Zq7', {unique}), 'UTF8'))
from public.bodies as b where b.provider = '{provider}'
"""
INGEST = """
select r.* from public.bodies as b, lateral api.ingest_webhook(
  b.tenant_id, b.endpoint_id, b.headers,
  convert_to(replace(b.body, 'Zq7Zq7Zq7Zq7', {unique}), 'UTF8'), 'none') as r
where b.provider = '{provider}'
"""


def stripe_event() -> str:
    """Return a payment of about 1.4 kB: the sample with the members that a card payment fills."""
    event = json.loads(load("stripe", "payment_intent.succeeded", fresh=False)[1])
    kept = "id object amount amount_received currency created customer livemode metadata status"
    payment = event["data"]["object"]
    event["data"]["object"] = {
        key: payment[key]
        for key in f"{kept} payment_method receipt_email shipping latest_charge description".split()
    }
    return json.dumps(event).replace("SAMPLE", UNIQUE)


def shopify_order() -> str:
    """Return a paid order of about 11 kB."""
    body = load("shopify", "orders/paid", fresh=False)[1].decode()
    return re.sub(r"9000000000000000(\d{3})", rf"8{UNIQUE}\1", body)


def latency_ms(pgbench: Path, dsn: str, statement: str, options: str = "") -> float:
    """Return the mean latency of a statement in milliseconds, as pgbench tells it."""
    with TemporaryDirectory() as folder:
        script = Path(folder, "script.sql")
        script.write_text(f"\\set n random(100000000000, 999999999999)\n{statement};\n", "utf-8")
        command = [pgbench, "-n", "-M", "prepared", "-T", str(SECONDS), "-f", script, dsn]
        environment = os.environ | {"PGOPTIONS": f"-c synchronous_commit=off {options}"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"latency average = ([0-9.]+) ms", done.stdout)
    if not found or done.returncode:
        raise RuntimeError(done.stderr)
    return float(found[1])


PROFILE = """
select funcname, round(calls::numeric / most, 1), round((total_time * 1000 / most)::numeric),
  round((self_time * 1000 / most)::numeric)
from pg_stat_user_functions, (
  select calls as most from pg_stat_user_functions where funcname = 'ingest_webhook') as m
order by self_time desc limit 16
"""


def profile(connection: psycopg.Connection, pgbench: Path, dsn: str, ingest: str) -> Table:
    """Return the functions that take most time; counting them makes each a little slower."""
    connection.execute("select pg_stat_reset()")
    latency_ms(pgbench, dsn, ingest, "-c track_functions=all")
    time.sleep(2)  # the statistics of a session arrive after it
    table = Table("function", "calls a webhook", "us with what it calls", "us itself")
    for row in connection.execute(PROFILE):
        table.add_row(*map(str, row))
    return table


def main() -> None:
    """Print the milliseconds of each kind of webhook and where they go."""
    table = Table("webhook", "bytes", "ms in the database")
    with running_cluster() as cluster, cluster.migrated() as database:
        dsn = database.dsn("superuser")
        pgbench = cluster.bin_dir / "pgbench"
        with psycopg.connect(dsn, autocommit=True) as connection:
            profiles: list[Table] = []
            bodies = {"stripe": stripe_event(), "shopify": shopify_order()}
            connection.execute(BODIES, tuple(bodies.values()))
            for provider, body in bodies.items():
                build, ingest = (
                    text.format(provider=provider, unique=NEW_ID[provider])
                    for text in (BUILD, INGEST)
                )
                costs = [
                    latency_ms(pgbench, dsn, ingest) - latency_ms(pgbench, dsn, build)
                    for _ in range(ROUNDS)
                ]
                table.add_row(provider, str(len(body)), f"{statistics.median(costs):.3f}")
                profiles.append(profile(connection, pgbench, dsn, ingest))
            statuses = connection.execute(
                "select status, count(*) from core.webhook_dedup_events group by status"
            ).fetchall()
    Console().print(table, dict(statuses), *profiles)


if __name__ == "__main__":
    main()
