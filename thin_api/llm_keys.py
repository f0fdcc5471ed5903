"""Bearer keys: `hl_<tenant>_<random>`, compared with hashes that are cached as endpoints are.

A key that was revoked works for `endpoint_cache_seconds` at most; a new one is noticed at once,
because a key that matches nothing has the hashes read again, though not more than once a second for
each tenant.
"""

import hashlib
import hmac
import re
import time
from uuid import UUID

from cachetools import TTLCache

from thin_api.db import Database
from thin_api.problems import ProblemError
from thin_api.settings import Settings

FIND_KEYS = "select api.find_llm_keys(%s)"
AGAIN_SECONDS = 1.0
_BEARER = re.compile(r"[Bb]earer +(hl_([0-9a-f]{32})_[0-9a-f]{64})")

Hashes = tuple[tuple[bytes, ...], float]


class Keys:
    """Knows which tenant a request speaks for."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        seconds, size = settings.endpoint_cache_seconds, settings.endpoint_cache_size
        self._known: TTLCache[UUID, Hashes] = TTLCache(size, seconds)
        # Apart, so that a flood of made-up tenants does not push out the others.
        self._unknown: TTLCache[UUID, Hashes] = TTLCache(size, min(seconds, AGAIN_SECONDS))

    async def tenant_of(self, authorization: str | None) -> UUID:
        """Return the tenant of a header's key; raise ProblemError or Unavailable."""
        if not authorization:
            raise ProblemError("missing_key")
        found = _BEARER.fullmatch(authorization)
        if found is None:
            raise ProblemError("bad_key")
        tenant_id, digest = UUID(found[2]), hashlib.sha256(found[1].encode()).digest()
        hashes, loaded = self._known.get(tenant_id) or self._unknown.get(tenant_id) or ((), None)
        if not _holds(hashes, digest):
            if loaded is None or time.monotonic() - loaded >= AGAIN_SECONDS:
                hashes = await self._load(tenant_id)
            if not _holds(hashes, digest):
                raise ProblemError("bad_key")
        return tenant_id

    async def _load(self, tenant_id: UUID) -> tuple[bytes, ...]:
        row = await self._database.row(FIND_KEYS, (tenant_id,))
        hashes = tuple(row[0]) if row else ()
        cache = self._known if hashes else self._unknown
        (self._unknown if hashes else self._known).pop(tenant_id, None)
        cache[tenant_id] = hashes, time.monotonic()
        return hashes


def _holds(hashes: tuple[bytes, ...], digest: bytes) -> bool:
    """Whether a hash is among them, in a time that does not tell which or how much of it."""
    return sum(hmac.compare_digest(digest, known) for known in hashes) > 0
