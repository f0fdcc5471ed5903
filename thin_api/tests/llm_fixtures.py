"""What the tests about model calls share: a tenant with a budget, calls as a DBA or over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg.types.json import Jsonb

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import Shim, rows

RESERVE = (
    "select action, model, reason, resets_at, expires_at, audit_id, estimated_micros"
    " from api.reserve_llm_call(%s, %s, %s, %s, %s, %s)"
)
# Per million tokens, so that a token of `cheap` costs one micro.
PRICES = (
    "select api.set_llm_price('dear', 10000000, 10000000, true, 'cheap'),"
    " api.set_llm_price('cheap', 1000000, 1000000)"
)


@dataclass(frozen=True)
class Spender:
    """A tenant that may call models."""

    database: Database
    tenant_id: UUID
    key: str

    @property
    def authorization(self) -> dict[str, str]:
        """The headers of a request that speaks for it."""
        return {"authorization": f"Bearer {self.key}"}

    def budget(self, scope: str = "all") -> dict[str, Any]:
        """Return the state of one of its budgets."""
        with psycopg.connect(self.database.dsn("dba"), autocommit=True) as connection:
            cursor = connection.execute(
                "select * from api.llm_budgets(%s) where scope = %s", (self.tenant_id, scope)
            )
            names = [column.name for column in cursor.description or ()]
            (row,) = cursor.fetchall()
        return dict(zip(names, row, strict=True))

    def set_budget(
        self,
        cap: int,
        scope: str = "all",
        period: str = "day",
        policy: Mapping[str, object] | None = None,
    ) -> None:
        """Create or change a budget."""
        with psycopg.connect(self.database.dsn("dba"), autocommit=True) as connection:
            connection.execute(
                "select api.set_llm_budget(%s, %s, %s, %s, %s)",
                (self.tenant_id, scope, period, cap, Jsonb(dict(policy or {}))),
            )

    def actions(self) -> dict[str, int]:
        """Count the decisions in the audit."""
        return dict(
            rows(
                self.database,
                "select action, count(*) from core.llm_call_audit where tenant_id = %s group by 1",
                self.tenant_id,
            )
        )

    async def post(self, shim: Shim, path: str, **body: object) -> httpx.Response:
        """Send a request with its key."""
        return await shim.client.post(
            f"/llm/reservations{path}", json=body, headers=self.authorization
        )

    async def reserve(
        self, shim: Shim, request_id: str, tokens: int = 100, **changes: object
    ) -> httpx.Response:
        """Reserve a call of so many tokens, output included."""
        call: dict[str, object] = {
            "request_id": request_id,
            "model": "cheap",
            "input_tokens": tokens,
            "max_output_tokens": 0,
        }
        return await self.post(shim, "", **(call | changes))


def new_spender(database: Database, cap: int = 10_000, **policy: object) -> Spender:
    """Create a tenant with a budget per day and a key."""
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        connection.execute(PRICES)
        ((tenant_id, key),) = connection.execute(
            "select t.id, api.create_llm_key(t.id) from api.create_tenant('a test') as t (id)"
        ).fetchall()
    spender = Spender(database, tenant_id, key)
    spender.set_budget(cap, policy=policy)
    return spender


def reserve(
    connection: psycopg.Connection[Any],
    spender: Spender,
    request_id: str,
    tokens: int = 100,
    model: str = "cheap",
    ttl: str = "10 minutes",
) -> tuple[Any, ...]:
    """Ask for a call in the connection's transaction."""
    parameters = (spender.tenant_id, request_id, model, tokens, 0, ttl)
    row = connection.execute(RESERVE, parameters).fetchone()
    assert row is not None
    return tuple(row)
