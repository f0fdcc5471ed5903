"""Every sender over real HTTP, against the served shim, the stand-in and a real database."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from thin_api import samples
from thin_api.run import variable
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    NO_TLS,
    Target,
    assert_problem,
    count,
    new_target,
    of_no_payment,
    running_stand_in,
    signed,
)
from thin_api.tests.test_serve import served
from thin_api.verify import load_providers

TABLES = ("webhook_dedup_events", "attribution_events", "revenue_ledger", "dead_events")
HOW = {"paypal": "postback", "toss": "requery"}  # the others: signature


@dataclass(frozen=True)
class Served:
    """A shim in a process of its own, and its log."""

    url: str
    log: Path

    def post(self, target: Target, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Deliver a body with these headers."""
        return httpx.post(
            self.url + target.path, content=body, headers=headers, verify=NO_TLS, timeout=30
        )

    def line_of(self, body: bytes) -> dict[str, Any]:
        """Return the log's line about these bytes; it is written after the answer."""
        digest, deadline = hashlib.sha256(body).hexdigest(), time.monotonic() + 60
        while digest not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        (line,) = [line for line in lines if line.get("body_sha256") == digest]
        assert isinstance(line, dict)
        return line


@pytest.fixture(scope="module")
def shim(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("shim") / "log"
    with running_stand_in() as apis:
        variables = {variable(name): url for name, url in apis.items()}
        with served(database, log, **variables) as (url, _):
            yield Served(url, log)


def seen_by_the_dba(database: Database, target: Target) -> list[tuple[Any, ...]]:
    """Return what the views show of the target's tenant."""
    with psycopg.connect(database.dsn("dba")) as connection:
        choose = "select set_config('app.current_tenant_id', %s, true)"
        connection.execute(choose, [str(target.tenant_id)])
        return connection.execute(
            "select kind, object_id, amount_minor, currency from api.events union all"
            " select kind, object_id, amount_minor, currency from api.revenue"
        ).fetchall()


@pytest.mark.parametrize("provider", load_providers())
def test_a_sender_end_to_end(shim: Served, database: Database, provider: str) -> None:
    target, stranger = new_target(database, provider), new_target(database, provider)
    topic, body = samples.load(provider)

    first = shim.post(target, body, signed(target, body, topic))
    assert first.status_code == 200, first.text
    receipt = first.json()
    assert (receipt["status"], receipt["reason"]) == ("accepted", None)
    line = shim.line_of(body)
    assert line["receipt_id"] == receipt["receipt_id"]
    assert line["body_bytes"] == len(body)
    assert line["verification"] == HOW.get(provider, "signature")
    stored = [count(database, table, target) for table in TABLES]
    assert stored == [1, 1, 1, 0]

    again = shim.post(target, body, signed(target, body, topic))
    assert again.json() == receipt | {"status": "duplicate"}

    seen = seen_by_the_dba(database, target)
    assert [kind for kind, *_ in seen] == ["sale", "sale"]
    assert seen[0] == seen[1]
    assert seen_by_the_dba(database, stranger) == []
    assert [count(database, table, stranger) for table in TABLES] == [0, 0, 0, 0]
    assert [count(database, table, target) for table in TABLES] == stored


@pytest.mark.parametrize("provider", load_providers())
def test_what_the_sender_did_not_send_is_refused(
    shim: Served, database: Database, provider: str
) -> None:
    target, stranger = new_target(database, provider), new_target(database, provider)
    topic, body = samples.load(provider)
    headers = signed(target, body, topic)
    if provider == "toss":  # nothing is signed: what its API does not know is not true
        body, code = of_no_payment(body), "unconfirmed"
    else:
        code = "bad_signature"
        assert_problem(shim.post(stranger, body, headers), 401, code)
        body = body[:-1] + b" " + body[-1:]
    assert_problem(shim.post(target, body, headers), 401, code)
    assert shim.line_of(body)["reason"] == code
    for nobody in (target, stranger):
        assert [count(database, table, nobody) for table in TABLES] == [0, 0, 0, 0]
