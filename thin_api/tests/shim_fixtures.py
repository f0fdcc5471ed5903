"""What the shim's tests share: provider vectors, tenants, running shims, signed webhooks."""

import asyncio
import json
import os
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from cachetools import TTLCache
from psycopg.types.json import Jsonb
from starlette.applications import Starlette

import thin_api
from thin_api.app import create_app
from thin_api.revisions import head_revision
from thin_api.run import ASKED, stand_in
from thin_api.settings import Settings
from thin_api.tests.cluster import Database
from thin_api.verify import (
    Delivery,
    Endpoint,
    Outside,
    Provider,
    Unverified,
    Verified,
    load_providers,
)

SuiteDatabase = Database
NOW = 1_750_000_000.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of a loopback address: reading the authorities costs more than the request."""


@dataclass(frozen=True)
class Target:
    """An endpoint that webhooks can be sent to."""

    provider: str
    tenant_id: UUID
    endpoint_id: UUID
    secret: str

    @property
    def path(self) -> str:
        """The path of its URL."""
        return f"/webhooks/{self.provider}/{self.endpoint_id}"


@dataclass(frozen=True)
class Shim:
    """A running application and a client of it."""

    app: Starlette
    client: httpx.AsyncClient

    async def deliver(
        self, target: Target, body: bytes, topic: str | None = None
    ) -> httpx.Response:
        """Send a correctly signed webhook."""
        headers = signed(target, body, topic)
        return await self.client.post(target.path, content=body, headers=headers)

    async def metrics(self) -> str:
        """Return the page /metrics."""
        return (await self.client.get("/metrics")).text


@asynccontextmanager
async def running_shim(database: SuiteDatabase, **changes: Any) -> AsyncIterator[Shim]:
    """Run the application in this event loop, with some settings changed."""
    settings = database.settings.model_copy(update={"pool_timeout_seconds": 10.0, **changes})
    app = create_app(settings, database.dsn("shim"), head_revision())
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shim") as client:
            yield Shim(app, client)


@contextmanager
def running_stand_in() -> Iterator[dict[str, str]]:
    """Run the stand-in for the providers' APIs; yields the settings that lead a shim to it."""
    with stand_in(ASKED) as ((child,), settings):
        child.keep_running()
        try:
            # Else the first webhook's time to be confirmed passes while the modules are loaded.
            for url in set(settings.values()):
                with httpx.Client(verify=NO_TLS, timeout=120) as client:
                    client.get(url)
            yield settings
        finally:
            child.stop()


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 60
) -> None:
    """Wait until something is so, asking now and then."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


def new_target(
    database: SuiteDatabase,
    provider: str = "stripe",
    *secrets: str,
    settings: Mapping[str, str] | None = None,
) -> Target:
    """Create a tenant with one endpoint; the first secret given is the one that is signed with.

    Settings are the demo's where none are given.
    """
    secrets = secrets or (load_providers()[provider].new_secret(),)
    values = load_providers()[provider].DEMO_SETTINGS if settings is None else settings
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        ((tenant_id,),) = connection.execute("select api.create_tenant('a test')").fetchall()
        ((endpoint_id,),) = connection.execute(
            "select api.create_endpoint(%s, %s, %s, %s)",
            (tenant_id, provider, list(secrets), Jsonb(dict(values))),
        ).fetchall()
    return Target(provider, tenant_id, endpoint_id, secrets[0])


def rows(database: SuiteDatabase, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Ask as the superuser, whom row-level security does not bind."""
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        return connection.execute(query, parameters).fetchall()


def count(database: SuiteDatabase, table: str, target: Target) -> int:
    """Return how many rows of the target's tenant a table has."""
    query = f"select count(*) from core.{table} where tenant_id = %s"
    return int(rows(database, query, target.tenant_id)[0][0])


def signed(target: Target, body: bytes, topic: str | None = None) -> dict[str, str]:
    """Return the headers of a delivery signed now."""
    provider = load_providers()[target.provider]
    return provider.sign(body, target.secret, topic=topic, now=time.time())


def stripe_event(**changes: object) -> bytes:
    """Return a small payment that never was before."""
    intent = {
        "id": f"pi_{uuid4().hex}",
        "object": "payment_intent",
        "amount": 1999,
        "amount_received": 1999,
        "currency": "eur",
        "created": int(NOW),
        "livemode": True,
        "metadata": {},
    }
    event = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(NOW),
        "livemode": True,
        "data": {"object": intent},
    }
    return json.dumps(event | changes).encode()


def of_no_payment(body: bytes) -> bytes:
    """Return a Toss webhook about a payment that does not exist."""
    changed, times = re.subn(rb'("paymentKey":\s*")', rb"\1x", body)
    assert times
    return changed


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    """A problem document of this code, which repeats nothing of the request."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"type", "title", "status", "code"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:hookledger:problem:{code}"
    assert ("retry-after" in response.headers) == (status == 503)
    assert "sentinel" not in response.text + str(response.headers)


# -- verifiers -------------------------------------------------------------------------------------


def shared_folder() -> Path:
    """Return the folder with the providers' vectors and payloads; a clone may not have it."""
    beside = Path(thin_api.__file__).parents[2] / "shared"
    return Path(os.environ.get("HOOKLEDGER_SHARED", beside))


def shared_json(path: str) -> Any:
    """Return a JSON file of the shared folder, or skip the test where it is not there."""
    file = shared_folder() / path
    if not file.exists():
        pytest.skip(f"{path} is not here (set HOOKLEDGER_SHARED)")
    return json.loads(file.read_bytes())


def _nowhere(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"asked {request.url.host}, though the delivery says it all")


NOWHERE = Outside(
    Settings(), httpx.AsyncClient(transport=httpx.MockTransport(_nowhere)), TTLCache(16, 60)
)
"""For providers whose signature suffices: whoever asks outside fails the test."""


async def refusal(
    provider: Provider, headers: dict[str, str], body: bytes, *secrets: str, now: float = NOW
) -> str | None:
    """Return why the delivery is refused, or None when it is accepted."""
    endpoint = Endpoint(uuid4(), uuid4(), provider.name, secrets, {})
    try:
        verified = await provider.verify(Delivery(headers, body, now), endpoint, NOWHERE)
    except Unverified as unverified:
        return unverified.reason
    assert verified == Verified("signature", body)
    return None
