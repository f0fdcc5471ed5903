"""A bounded cache of endpoints with their secrets: a webhook costs one database call, not two.

An entry lives `endpoint_cache_seconds`, which bounds how long a rotation takes to arrive. Unknown
ids are remembered too, in a cache of their own: a flood of random ids must not push out the known
endpoints.
"""

import asyncio
import logging
from collections.abc import Mapping
from uuid import UUID

from cachetools import TTLCache

from thin_api.db import Database, Unavailable
from thin_api.settings import ConfigurationError, Settings, resolve_secret
from thin_api.verify import Endpoint

log = logging.getLogger(__name__)

FIND_ENDPOINT = "select tenant_id, provider, secrets, settings from api.find_endpoint(%s)"
UNKNOWN_SECONDS = 5.0  # at most: a new endpoint that was called too early should work soon


class Endpoints:
    """Looks endpoints up by id; concurrent look-ups of one id share a query."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        seconds, size = settings.endpoint_cache_seconds, settings.endpoint_cache_size
        self._known: TTLCache[str, Endpoint] = TTLCache(size, seconds)
        self._unknown: TTLCache[str, bool] = TTLCache(size, min(seconds, UNKNOWN_SECONDS))
        self._loading: dict[str, asyncio.Task[Endpoint | None]] = {}

    async def find(self, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint, or None when there is none; raise Unavailable.

        endpoint_id: as text, in lower case: nearly always it is found without being parsed.
        """
        try:
            return self._known[endpoint_id]
        except KeyError:
            pass
        if endpoint_id in self._unknown:
            return None
        task = self._loading.get(endpoint_id)
        if task is None:
            task = asyncio.create_task(self._load(endpoint_id))
            self._loading[endpoint_id] = task
            task.add_done_callback(lambda _: self._loading.pop(endpoint_id, None))
        # Shielded: a sender that hangs up must not fail the others who wait for the same answer.
        return await asyncio.shield(task)

    async def _load(self, text: str) -> Endpoint | None:
        endpoint_id = UUID(text)
        row = await self._database.row(FIND_ENDPOINT, (endpoint_id,))
        if row is None:
            self._unknown[text] = True
            return None
        tenant_id, provider, references, settings = row
        secrets = resolve_all(endpoint_id, references)
        if references and not secrets:
            raise Unavailable("secret_unresolved")
        values = resolve_settings(endpoint_id, settings)
        if values is None:
            raise Unavailable("secret_unresolved")
        endpoint = Endpoint(endpoint_id, tenant_id, provider, secrets, values)
        self._known[text] = endpoint
        return endpoint


def resolve_all(endpoint_id: UUID, references: list[str]) -> tuple[str, ...]:
    """Return the secrets that can be resolved and are not empty; log how many cannot."""
    secrets = []
    for reference in references:
        try:
            secret = resolve_secret(reference)
        except ConfigurationError as error:
            log.error(
                "a secret of an endpoint cannot be resolved",
                extra={"endpoint_id": str(endpoint_id), "error": type(error).__name__},
            )
            continue
        if secret:
            secrets.append(secret)
    return tuple(secrets)


def resolve_settings(endpoint_id: UUID, settings: Mapping[str, str]) -> dict[str, str] | None:
    """Return the settings, credentials among them resolved; None when one cannot be."""
    values = {name: resolve_all(endpoint_id, [value]) for name, value in settings.items()}
    if not all(values.values()):
        return None
    return {name: value for name, (value,) in values.items()}
