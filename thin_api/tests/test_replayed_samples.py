"""A replay books exactly what the webhook would have: every sample, dead for a moment."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from thin_api.samples import load
from thin_api.tests.cluster import Database
from thin_api.tests.expected_samples import EXPECTED
from thin_api.tests.golden import headers_of
from thin_api.tests.shim_fixtures import Target, new_target

INGEST = "select status from api.ingest_webhook(%s, %s, %s, %s, 'signature')"
REPLAY = "select replayed, skipped, failed from api.replay_dead_events(%s)"
EVENTS = """
select to_jsonb(e) - '{tenant_id,event_id,receipt_id,received_at}'::text[]
  from core.attribution_events as e where e.tenant_id = %s order by e.dedup_key"""
LEDGER = """
select to_jsonb(l) - '{tenant_id,event_id,booked_at}'::text[]
  from core.revenue_ledger as l where l.tenant_id = %s order by l.kind, l.object_id"""
# What is missed when the events are recorded, and what already when amounts are read.
MISSED = {"attribution_events": ("table", ""), "usual_exponent": ("function", "(text)")}
CASES = [
    *(("attribution_events", *key) for key, events in EXPECTED.items() if events),
    *(("usual_exponent", *key) for key, events in EXPECTED.items() if any(e[3] for e in events)),
]
AWAY = "alter {1} core.{0}{2} rename to {0}_away"
BACK = "alter {1} core.{0}_away{2} rename to {0}"


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.dsn("superuser")) as connection:
        yield connection


def booked(connection: psycopg.Connection[Any], target: Target) -> list[Any]:
    return [
        row
        for query in (EVENTS, LEDGER)
        for row in connection.execute(query, [target.tenant_id]).fetchall()
    ]


@pytest.mark.parametrize(("missing", "provider", "name", "settings"), CASES)
def test_a_sample_is_replayed_as_it_is_received(
    database: Database,
    connection: psycopg.Connection[Any],
    missing: str,
    provider: str,
    name: str,
    settings: str,
) -> None:
    topic, body = load(provider, name, fresh=False)
    chosen = dict([settings.split("=")] if settings else [])
    target = new_target(database, provider, settings=chosen)
    call = (target.tenant_id, target.endpoint_id, Jsonb(dict(headers_of(provider, topic))), body)

    with connection.transaction(force_rollback=True):
        assert connection.execute(INGEST, call).fetchall() == [("accepted",)]
        expected = booked(connection, target)
    assert expected

    with connection.transaction(force_rollback=True):
        connection.execute(AWAY.format(missing, *MISSED[missing]))
        told = connection.execute(INGEST, call).fetchall()
        connection.execute(BACK.format(missing, *MISSED[missing]))
        assert told == [("dead",)]
        ((replayed, skipped, failed),) = connection.execute(REPLAY, [target.tenant_id]).fetchall()
        assert replayed >= 1
        assert (skipped, failed) == (0, 0)
        assert booked(connection, target) == expected
