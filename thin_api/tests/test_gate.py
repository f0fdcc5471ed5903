"""The gate at a small size, and that its verdict notices what is wrong."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest

from load.gate import Options, run
from load.measure import Result, Run
from load.mix import Bodies, Delivery, Endpoint, Mix, deliveries
from load.system import System
from load.verdict import judge
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import running_shim

PROVIDERS = (("stripe", 2.0), ("shopify", 1.0), ("standard", 1.0))


def system_of(database: Database) -> System:
    """Return a test database as what is measured."""
    if database.server is None:
        pytest.skip("the gate looks into the server's own files")
    return System(database.server, database.settings)


def test_two_hundred_webhooks_pass_the_gate(fresh_database: Database, tmp_path: Path) -> None:
    """Through the real ingress, with every provider that signs, and nothing is left running."""
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    mix = Mix.of(200, PROVIDERS)
    # A machine that is busy with other suites is slow: time is judged by the 10,000 elsewhere.
    options = Options(mix, users=16, tenants=2, limit_seconds=60, results=tmp_path)
    report = run(options, system=system_of(fresh_database))
    assert report["verdict"] == report["verdict"] | {"outcome": "passed", "failures": []}
    assert len(report["verdict"]["checks"]) > 15
    assert report["gate"]["http"] == report["null"]["http"] == {"200": 200}
    assert all(report["gate"]["cpu_s"][who] > 0 for who in ("client", "shim", "postgres"))
    assert report["gate"]["wal_bytes_per_webhook"] > 500
    assert report["postgresql_settings"]["synchronous_commit"] == "on"

    assert json.loads((tmp_path / "gate.json").read_text()) == json.loads(json.dumps(report))
    (line,) = (tmp_path / "history.jsonl").read_text().splitlines()
    assert json.loads(line)["outcome"] == "passed"
    page = (tmp_path / "gate.html").read_text()
    assert page.count("data:image/png;base64,") == 5
    assert not re.search(r"https?://", page)
    assert {p.pid for p in psutil.Process().children(recursive=True)} <= before


def test_the_mix_is_what_it_says() -> None:
    mix = Mix.of(10_000, (("stripe", 1.0),))
    assert (mix.events, mix.replays, mix.malformed, mix.personal) == (9800, 100, 50, 50)
    endpoint = Endpoint("stripe", uuid4(), uuid4(), "whsec_test")
    sent = deliveries(mix, {"stripe": [endpoint]}, "127.0.0.1:1", Bodies(mix))
    kinds = Counter(delivery.kind for delivery in sent)
    assert kinds == {"unique": 9800, "replay": 100, "malformed": 50, "personal": 50}
    assert len({delivery.request for delivery in sent}) == 9900
    first: dict[int, Delivery] = {}
    for delivery in sent:
        if delivery.kind == "replay":
            assert first[delivery.number].request == delivery.request
        first.setdefault(delivery.number, delivery)
    sizes = sorted(len(delivery.request) for delivery in sent if delivery.kind == "unique")
    assert 1300 < sizes[0] <= sizes[-1] < 1900


@pytest.mark.parametrize(
    ("wanted", "low", "high"), [(None, 9_000, 14_000), (25_000, 20_000, 27_000)]
)
def test_the_size_of_an_order_is_an_option(wanted: int | None, low: int, high: int) -> None:
    body = Bodies(Mix.of(20, (("shopify", 1.0),), wanted)).new("shopify")
    assert low < len(body) < high
    assert json.loads(body)["line_items"]


@pytest.mark.anyio
async def test_the_verdict_notices_what_is_wrong(fresh_database: Database) -> None:
    """Lost, doubled, leaked and slow webhooks, each made up after a run that was in order."""
    system = system_of(fresh_database)
    mix = Mix.of(40, (("stripe", 1.0),))
    (endpoint,) = system.create_endpoints(["stripe"])
    bodies = Bodies(mix)
    sent = deliveries(mix, {"stripe": [endpoint]}, "shim", bodies)
    results = []
    async with running_shim(fresh_database) as shim:
        for number, delivery in enumerate(sent):
            head, _, body = delivery.request.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            answer = await shim.client.post(endpoint.path, content=body, headers=headers)
            results.append(
                Result(delivery, number * 0.01, 0.001, answer.status_code, answer.content)
            )

    def failures(found: list[Result], addresses: set[str], limit: float = 10) -> str:
        verdict = judge(system, sent, Run(found, {}), addresses, limit)
        assert (verdict.outcome == "passed") == (not verdict.failures)
        return "; ".join(verdict.failures)

    mails = bodies.mail_addresses
    assert mails
    assert failures(results, mails) == ""
    assert failures(results, mails, limit=0.1).startswith("seconds: ")
    assert "timeouts: 1" in failures([replace(results[0], status=-1), *results[1:]], mails)
    assert "connection errors: 1" in failures([replace(results[0], status=0), *results[1:]], mails)
    assert "answers 5xx: 1" in failures([replace(results[0], status=503), *results[1:]], mails)
    assert "requests answered: 39" in failures(results[1:], mails)
    assert "rows nobody was told of: 1" in failures(
        [r for r in results if r.delivery.number != 0], mails
    )
    receipt = json.loads(results[0].body) | {"receipt_id": str(uuid4())}
    invented = replace(results[0], body=json.dumps(receipt).encode())
    assert "receipts that are not in the database: 1" in failures([invented, *results[1:]], mails)
    assert "tables with personal data: ['core.attribution_events (" in failures(
        results, {"payment_intent"}
    )
    with psycopg.connect(system.dsn("superuser"), autocommit=True) as connection:
        connection.execute("alter table core.revenue_ledger disable trigger user")
        connection.execute(
            "delete from core.revenue_ledger"
            " where ctid = (select min(ctid) from core.revenue_ledger)"
        )
    events = mix.events
    assert f"ledger entries: {events - 1}, expected {events}" in failures(results, mails)
