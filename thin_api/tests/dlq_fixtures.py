"""A tenant with dead letters, and `hookledger dlq` about them.

Most commands run in this process, since starting one costs more than what it does.
"""

import json
import subprocess
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

from thin_api import cli
from thin_api.settings import ConfigurationError
from thin_api.tests import running
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import Target, new_target, rows

INGEST = "select status from api.ingest_webhook(%s, %s, %s, %s, 'signature')"


@dataclass(frozen=True)
class Told:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> list[Any]:
        """The objects it wrote, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Desk:
    """A tenant with dead letters, and the commands about them."""

    database: Database
    target: Target

    def dlq(self, *arguments: str, tenant: UUID | None = None) -> Told:
        """Run a command, its output going nowhere near a terminal."""
        chosen = ["--tenant", str(tenant or self.target.tenant_id)]
        done = CliRunner().invoke(
            cli.app, ["dlq", *arguments, *chosen], env=self.database.environment
        )
        if isinstance(done.exception, ConfigurationError):  # as main() says it
            return Told(1, done.stdout, f"hookledger: {done.exception}\n")
        return Told(done.exit_code, done.stdout, done.stderr)

    def run(self, *arguments: str, **changes: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as a person does, in a process of its own."""
        return subprocess.run(
            [running.COMMAND, "dlq", *arguments, "--tenant", str(self.target.tenant_id)],
            **{"env": self.database.environment, "text": True, "timeout": 120, **changes},
        )

    def send(self, name: str, body: bytes) -> None:
        """Let a delivery die."""
        with psycopg.connect(self.database.dsn("dba"), autocommit=True) as connection:
            headers = Jsonb({"webhook-id": name})
            call = (self.target.tenant_id, self.target.endpoint_id, headers, body)
            assert connection.execute(INGEST, call).fetchall() == [("dead",)]

    def order(self, name: str, currency: str) -> None:
        """Let an order in a currency that is not known die."""
        data = {"object_id": name, "currency": currency, "amount_minor": 5}
        data["occurred_at"] = "2026-03-01T10:00:00Z"
        self.send(name, json.dumps({"type": "order.paid", "data": data}).encode())

    def learn(self, currency: str) -> None:
        """Make a currency known."""
        statement = "insert into core.currencies (currency, exponent) values (%s, 2)"
        with psycopg.connect(self.database.dsn("superuser"), autocommit=True) as connection:
            connection.execute(statement, [currency])

    def ids(self) -> list[str]:
        """All dead letters, in the order of their arrival."""
        query = """select dead_event_id::text from core.dead_events where tenant_id = %s
                    order by first_failed_at, dead_event_id"""
        return [row[0] for row in rows(self.database, query, self.target.tenant_id)]


@pytest.fixture
def desk(database: Database) -> Desk:
    """A tenant of the test's own."""
    return Desk(database, new_target(database, "standard", settings={}))
