"""Errors that a server logs, provoked while it has personal data in its hands."""

import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import httpx
import psutil
import psycopg

from thin_api.tests.cluster import Database
from thin_api.tests.planted import STRANGER, fill
from thin_api.tests.sentinels import Plant
from thin_api.tests.shim_fixtures import Target, rows

GATE = "lock table core.webhook_dedup_events in exclusive mode"
RESULTS = "lock table core.attribution_events, core.dead_events in exclusive mode"
WAITING = (
    "select pid from pg_stat_activity"
    " where application_name = 'hookledger-shim' and wait_event_type = 'Lock'"
)
INGEST = "select api.ingest_webhook(%s, %s, %s, %s, %s)"


def provoke(database: Database, deliver: Callable[[], httpx.Response]) -> str:
    """Run a webhook into a statement timeout, a deadlock and a crash of its session.

    Returns what pg_stat_activity said in these moments. The second webhook is cured by the shim.
    """
    activity = []

    def waiting(delivery: Future[httpx.Response]) -> int:
        deadline = time.monotonic() + 60
        while not (found := rows(database, WAITING)):
            assert not delivery.done(), delivery.result().text
            assert time.monotonic() < deadline
            time.sleep(0.02)
        activity.extend(rows(database, "select a::text from pg_stat_activity as a"))
        return int(found[0][0])

    dsn = database.dsn("superuser")
    with ThreadPoolExecutor() as pool:
        with psycopg.connect(dsn) as other:
            other.execute(GATE)
            delivery = pool.submit(deliver)
            waiting(delivery)
            assert delivery.result().status_code == 503
        with psycopg.connect(dsn) as other:
            other.execute(
                "set deadlock_timeout = '10min'"
            )  # so the webhook's session is the victim
            other.execute(RESULTS)
            delivery = pool.submit(deliver)
            waiting(delivery)
            other.execute(GATE)
            other.rollback()
            assert delivery.result().status_code == 200
        with suppress(psycopg.OperationalError), psycopg.connect(dsn) as other:
            other.execute(GATE)
            delivery = pool.submit(deliver)
            psutil.Process(waiting(delivery)).send_signal(signal.SIGKILL)
            delivery.result()
            other.execute("select 1")  # the crash of one session ends them all
    return str(activity)


def wait_until_ready(client: httpx.Client) -> None:
    """Wait for the server to recover from a crash."""
    deadline = time.monotonic() + 120
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def call_wrongly(database: Database, target: Target, plant: Plant) -> list[str]:
    """Call functions and write to tables as nobody should, with values as parameters and literals.

    Returns what was refused, as the client was told.
    """
    person = json.dumps(fill(STRANGER, plant, "wrong call"))
    mail = str(plant("email", "wrong call"))
    tenant, endpoint = str(target.tenant_id), str(target.endpoint_id)
    body = person.encode()
    insert = "insert into core.{} select (jsonb_populate_record(null::core.{}, %s)).*"
    event = json.dumps({"tenant_id": tenant, "payload": json.loads(person)})
    calls: list[tuple[str, tuple[object, ...]]] = [
        (INGEST, (tenant, str(uuid4()), person, body, "none")),
        (INGEST, (str(uuid4()), endpoint, person, body, "none")),
        (INGEST, (tenant, endpoint, person, body, mail)),
        (INGEST, (tenant, endpoint, person[:-2], body, "none")),
        (INGEST, (tenant, endpoint, person, body, "none", mail)[:5]),
        ("select api.ingest_webhook(%s, %s)", (tenant, person)),
        ("select api.create_endpoint(%s, %s, %s, %s)", (tenant, mail, [mail], "{}")),
        ("select api.create_endpoint(%s, 'stripe', %s, %s)", (tenant, [mail], person)),
        ("select api.create_tenant(%s)", (mail * 20,)),
        ("select api.bind_reader(%s, %s)", (tenant, mail)),
        (insert.format("attribution_events", "attribution_events"), (event,)),
        (insert.format("dead_events", "dead_events"), (event,)),
        ("select %s::jsonb", (person[:-2],)),
        ("select core.read_body(%s)", (body[:-2],)),
        ("select 1 / (length(%s) - length(%s))", (person, person)),
    ]
    told = []
    for role in ("dba", "superuser"):
        for cursor_class in (psycopg.Cursor, psycopg.ClientCursor):  # parameters, literals
            for statement, values in calls:
                with psycopg.connect(
                    database.dsn(role),
                    autocommit=True,
                    cursor_factory=cursor_class,
                ) as connection:
                    try:
                        connection.execute(statement, values)
                    except psycopg.Error as error:
                        told.append(f"{error.sqlstate} {statement}")
    return told
