"""Faults in the middle of traffic, seen by a sender over real connections.

What was answered 200 is in the database, once. The rest got 503 or a closed connection, and is
booked once when it is delivered again.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from thin_api.embedded import Server
from thin_api.tests import bodies
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import NO_TLS, Target, new_target, rows, signed
from thin_api.tests.test_serve import served

pytestmark = pytest.mark.anyio

WEBHOOKS = 240
SENDERS = 12
IMPATIENT = {
    "HOOKLEDGER_POOL_TIMEOUT_SECONDS": "1",
    "HOOKLEDGER_STATEMENT_TIMEOUT_SECONDS": "4",
    "HOOKLEDGER_STARTUP_TIMEOUT_SECONDS": "120",
}
SHIM_SESSIONS = "from pg_stat_activity where application_name = 'hookledger-shim'"


@dataclass
class Traffic:
    """Sales of a Shopify and a Stripe endpoint, and how each was answered: None, connection lost.

    Two of three are sent once; every third is sent by two senders at the same time.
    """

    targets: tuple[Target, Target]
    webhooks: int = WEBHOOKS
    first_answers: dict[bytes, list[httpx.Response | None]] = field(default_factory=dict)

    @property
    def answered(self) -> dict[bytes, dict[str, Any]]:
        """The receipts of what was answered 200, by body."""
        return {
            body: answer.json()
            for body, answers in self.first_answers.items()
            for answer in answers
            if answer is not None and answer.status_code == 200
        }

    async def deliver(self, client: httpx.AsyncClient, body: bytes) -> httpx.Response | None:
        """Send one webhook; None when the connection breaks or cannot be made."""
        target = self.targets[b'"object"' in body]
        try:
            return await client.post(target.path, content=body, headers=signed(target, body))
        except httpx.TransportError:
            return None

    async def send(self, url: str, disturb: Callable[[], Awaitable[None]]) -> None:
        """Send everything, with a disturbance when a third of it is answered."""
        makers = (bodies.order, bodies.payment)
        waiting = [make() for _ in range(self.webhooks // 2) for make in makers]
        waiting += waiting[::3]
        waiting.sort()
        disturbance: list[asyncio.Task[None]] = []

        async def sender(client: httpx.AsyncClient) -> None:
            while waiting:
                body = waiting.pop()
                answer = await self.deliver(client, body)
                self.first_answers.setdefault(body, []).append(answer)
                if not disturbance and len(self.first_answers) > self.webhooks // 3:
                    disturbance.append(asyncio.ensure_future(disturb()))

        async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client:
            await asyncio.gather(*(sender(client) for _ in range(SENDERS)))
            await asyncio.gather(*disturbance)

    async def redeliver(self, url: str) -> dict[bytes, dict[str, Any]]:
        """Deliver everything again, each until it is recorded; return the receipts."""
        receipts: dict[bytes, dict[str, Any]] = {}
        async with (
            httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client,
            asyncio.timeout(180),
        ):
            for body in self.first_answers:
                answer = await self.deliver(client, body)
                while answer is None or answer.status_code == 503:
                    await asyncio.sleep(0.1)
                    answer = await self.deliver(client, body)
                assert answer.status_code == 200
                receipts[body] = answer.json()
        return receipts


def recorded(database: Database) -> dict[str, list[tuple[str, int]]]:
    """Return by receipt the events and how often the ledger books each."""
    found: dict[str, list[tuple[str, int]]] = {}
    for receipt_id, event_id, entries in rows(
        database,
        "select receipt_id::text, event_id::text, (select count(*) from core.revenue_ledger as l"
        " where (l.tenant_id, l.provider, l.object_id) = (e.tenant_id, e.provider, e.object_id))"
        " from core.attribution_events as e",
    ):
        found.setdefault(receipt_id, []).append((event_id, entries))
    return found


async def hold_to_its_word(database: Database, traffic: Traffic, url: str) -> None:
    """Compare what was answered with what is recorded, before and after everything is resent."""
    answers = [a for answers in traffic.first_answers.values() for a in answers if a is not None]
    assert {answer.status_code for answer in answers} <= {200, 503}
    for refused in (answer for answer in answers if answer.status_code == 503):
        assert refused.json()["code"] == "unavailable"
        assert refused.headers["retry-after"]
    answered = traffic.answered
    before = recorded(database)
    for receipt in answered.values():
        assert before[receipt["receipt_id"]] == [(receipt["event_id"], 1)]

    receipts = await traffic.redeliver(url)
    after = recorded(database)
    assert len(after) == len(receipts) == traffic.webhooks
    for body, receipt in receipts.items():
        assert after[receipt["receipt_id"]] == [(receipt["event_id"], 1)]
        if body in answered:
            assert receipt == answered[body] | {"status": "duplicate"}
    assert rows(database, "select count(*) from core.dead_events") == [(0,)]
    assert rows(database, "select count(*) from core.revenue_ledger") == [(traffic.webhooks,)]
    assert rows(database, "select 1 from core.webhook_dedup_events where outcome <> 'done'") == []
    assert rows(database, f"select 1 {SHIM_SESSIONS} and state = 'idle in transaction'") == []


def new_traffic(database: Database, webhooks: int = WEBHOOKS) -> Traffic:
    """Two new endpoints to send to."""
    return Traffic((new_target(database, "shopify"), new_target(database, "stripe")), webhooks)


def server_of(database: Database) -> Server:
    """Return the server that the test may harm; skip where DATABASE_URL names another's."""
    if database.server is None:
        pytest.skip("the server of DATABASE_URL is not this machine's to harm")
    return database.server


def processes(server: Server) -> list[psutil.Process]:
    """Return the postmaster and all of its children."""
    postmaster = server.postmaster
    assert postmaster is not None
    return [postmaster, *postmaster.children()]


async def test_a_power_cut_of_the_database_loses_nothing_that_was_answered(
    private_database: Database, tmp_path: Path
) -> None:
    """Every process of the server at once, none of which can write another byte."""
    traffic, server = new_traffic(private_database), server_of(private_database)

    async def disturb() -> None:
        everything = processes(server)
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for process in everything:
                process.send_signal(how)
        await asyncio.to_thread(psutil.wait_procs, everything, 60)
        await asyncio.sleep(1.5)  # longer than anybody waits for a connection
        await asyncio.to_thread(server.restart_if_down)

    with served(private_database, tmp_path / "log", **IMPATIENT) as (url, _):
        await traffic.send(url, disturb)
        assert 0 < len(traffic.answered) < WEBHOOKS
        await hold_to_its_word(private_database, traffic, url)


async def test_a_crashed_session_takes_the_others_along_and_nothing_is_lost(
    private_database: Database, tmp_path: Path
) -> None:
    """`kill -9` of one session: PostgreSQL ends all of them and recovers from its WAL."""
    traffic = new_traffic(private_database)

    async def disturb() -> None:
        ((pid,),) = rows(private_database, f"select max(pid) {SHIM_SESSIONS}")
        psutil.Process(pid).send_signal(signal.SIGKILL)

    with served(private_database, tmp_path / "log", **IMPATIENT) as (url, _):
        await traffic.send(url, disturb)
        await hold_to_its_word(private_database, traffic, url)
    log = server_of(private_database).log_path.read_text()
    assert "was terminated by signal 9" in log
    assert "redo done" in log


async def test_a_database_that_hangs_is_answered_with_503_and_books_once(
    private_database: Database, tmp_path: Path
) -> None:
    """Nothing moves, nothing closes. What was under way commits later, and its answer was 503."""
    traffic, server = new_traffic(private_database), server_of(private_database)

    async def disturb() -> None:
        everything = processes(server)
        for process in everything:
            process.suspend()
        await asyncio.sleep(8)  # longer than the shim's deadline
        for process in reversed(everything):
            process.resume()

    with served(private_database, tmp_path / "log", **IMPATIENT) as (url, _):
        await traffic.send(url, disturb)
        assert len(traffic.answered) < WEBHOOKS
        await hold_to_its_word(private_database, traffic, url)


async def test_a_killed_shim_has_answered_nothing_that_is_not_there(
    fresh_database: Database, tmp_path: Path
) -> None:
    """`kill -9` of the shim: closed connections, and another one takes the redeliveries."""
    traffic = new_traffic(fresh_database)
    with served(fresh_database, tmp_path / "log", **IMPATIENT) as (url, process):

        async def disturb() -> None:
            process.kill()

        await traffic.send(url, disturb)
        assert await asyncio.to_thread(process.wait, 60) == -signal.SIGKILL
    assert 0 < len(traffic.answered) < WEBHOOKS
    with served(fresh_database, tmp_path / "log of another", **IMPATIENT) as (url, _):
        await hold_to_its_word(fresh_database, traffic, url)


async def test_deadlocks_again_and_again_lose_nothing(
    fresh_database: Database, tmp_path: Path
) -> None:
    """Another session takes the locks in the other order, and every webhook's session is victim."""
    traffic = new_traffic(fresh_database)

    async def disturb() -> None:
        dsn = fresh_database.dsn("superuser")
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as other:
            await other.execute("set deadlock_timeout = '10min'")
            for _ in range(6):  # more often than the shim tries
                async with other.transaction():
                    await other.execute("lock table core.attribution_events in exclusive mode")
                    await asyncio.sleep(0.2)  # the webhooks hold their gate rows and wait
                    await other.execute("lock table core.webhook_dedup_events in exclusive mode")

    with served(fresh_database, tmp_path / "log", **IMPATIENT) as (url, _):
        await traffic.send(url, disturb)
        await hold_to_its_word(fresh_database, traffic, url)
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    assert rows(fresh_database, query)[0][0] > 0
