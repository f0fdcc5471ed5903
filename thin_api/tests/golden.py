"""What the golden tests share: sending a body to the procedure, and reading what was kept."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.json import Jsonb

from thin_api.tests.shim_fixtures import SuiteDatabase


class Target(NamedTuple):
    """A tenant with one endpoint."""

    tenant_id: UUID
    endpoint_id: UUID
    provider: str


class Answer(NamedTuple):
    """What api.ingest_webhook returns."""

    status: str
    receipt_id: UUID
    event_id: UUID | None
    reason: str | None


class Event(NamedTuple):
    """The columns of an event that are compared."""

    event_type: str
    kind: str
    object_id: str
    parent_object_id: str | None
    currency: str | None
    amount_minor: int | None
    occurred_at: datetime


INGEST = """
select status, receipt_id, event_id, reason from api.ingest_webhook(%s, %s, %s, %s, %s)
"""
EVENTS = """
select event_type, kind, object_id, parent_object_id, currency, amount_minor, occurred_at
  from core.attribution_events where tenant_id = %s order by received_at, event_id
"""
TENANT_TABLES = """
select c.relname from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
 where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p', 'm') order by 1
"""


@dataclass(frozen=True)
class Golden:
    """A connection as the DBA, who sends, and one as the superuser, who sees all rows."""

    dba: psycopg.Connection[Any]
    superuser: psycopg.Connection[Any]

    def target(self, provider: str, settings: Mapping[str, str] | None = None) -> Target:
        """Create a fresh tenant with one endpoint."""
        tenant_id = self._one("select api.create_tenant('golden')")
        create = "select api.create_endpoint(%s, %s, array['a secret'], %s)"
        endpoint_id = self._one(create, tenant_id, provider, Jsonb(dict(settings or {})))
        return Target(tenant_id, endpoint_id, provider)

    def send(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Hand one webhook to the procedure."""
        parameters = (target.tenant_id, target.endpoint_id, Jsonb(dict(headers)), body, "none")
        (row,) = self.dba.execute(INGEST, parameters).fetchall()
        return Answer(*row)

    def events(self, target: Target) -> list[Event]:
        """Return the tenant's events, first come first."""
        return [Event(*row) for row in self.superuser.execute(EVENTS, [target.tenant_id])]

    def dead(self, target: Target, receipt_id: UUID | None = None) -> list[Any]:
        """Return the tenant's dead letters, of one delivery if asked."""
        query = "select * from core.dead_events where tenant_id = %s"
        letters = self.superuser.cursor(row_factory=namedtuple_row)
        found: list[Any] = letters.execute(query, [target.tenant_id]).fetchall()
        return [row for row in found if receipt_id in (None, row.receipt_id)]

    def ledger(self, target: Target) -> list[tuple[str, str, str, int]]:
        """Return the tenant's (kind, object_id, currency, amount_minor), sorted."""
        query = """select kind, object_id, currency, amount_minor from core.revenue_ledger
                    where tenant_id = %s order by 1, 2"""
        return self.superuser.execute(query, [target.tenant_id]).fetchall()

    def kept_text(self, target: Target) -> str:
        """Return everything the tables of `core` hold of the tenant, as one text, case folded."""
        parts: list[str] = []
        cursor = self.superuser.cursor(row_factory=dict_row)
        for (table,) in self.superuser.execute(TENANT_TABLES):
            query = sql.SQL("select * from core.{} where tenant_id = %s")
            for row in cursor.execute(query.format(sql.Identifier(table)), [target.tenant_id]):
                for column, value in row.items():
                    parts += (f"\n{table}.{column}: {text}" for text in _texts(value))
        return "".join(parts).casefold()

    def _one(self, query: str, *parameters: object) -> Any:
        ((value,),) = self.dba.execute(query, parameters).fetchall()
        return value


@contextmanager
def open_golden(database: SuiteDatabase) -> Iterator[Golden]:
    """Connect as the DBA and as the superuser."""
    with (
        psycopg.connect(database.dsn("dba"), autocommit=True) as dba,
        psycopg.connect(database.dsn("superuser"), autocommit=True) as superuser,
    ):
        yield Golden(dba, superuser)


def headers_of(provider: str, topic: str) -> dict[str, str]:
    """The headers of an own delivery that the shim would hand on; Stripe's topic is in the body."""
    match provider:
        case "shopify":
            return {
                "x-shopify-topic": topic,
                "x-shopify-shop-domain": "example-shop.myshopify.com",
                "x-shopify-api-version": "2026-01",
                "x-shopify-webhook-id": str(uuid4()),
                "x-shopify-event-id": str(uuid4()),
            }
        case "woocommerce":
            resource, _, event = topic.partition(".")
            return {
                "x-wc-webhook-source": "https://shop.example.com/",
                "x-wc-webhook-topic": topic,
                "x-wc-webhook-resource": resource,
                "x-wc-webhook-event": event,
                "x-wc-webhook-id": "9",
                "x-wc-webhook-delivery-id": uuid4().hex,
            }
        case "paypal":
            return {"paypal-transmission-id": str(uuid4())}
        case "toss":
            return {"tosspayments-webhook-transmission-id": f"whtrans_{uuid4().hex}"}
        case "standard":
            return {"webhook-id": f"msg_{uuid4().hex}"}
        case _:
            return {}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each scalar of a JSON value with its path, written as `a.b[].c`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path, value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        # As JSON for the keys, and each text once more as it reads without JSON's escapes.
        yield json.dumps(value, ensure_ascii=False)
        yield from (leaf for _, leaf in leaves(value) if isinstance(leaf, str))
    elif isinstance(value, (bytes, memoryview)):
        yield bytes(value).decode("utf-8", "replace")
    elif value is not None:
        yield str(value)
