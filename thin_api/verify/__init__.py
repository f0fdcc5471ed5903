"""Verification of webhook signatures: one module per provider, found by its presence.

Adding a provider is adding a file to this package. A module is a `Provider`: it says which headers
its procedure needs, verifies a delivery over the raw bytes, and can sign one itself (for
`hookledger send`, the tests and the load scenarios).
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, cast, get_args
from uuid import UUID

import httpx
from cachetools import TTLCache

from thin_api.settings import Settings

Refusal = Literal[
    "missing_signature", "malformed_signature", "bad_signature", "stale_timestamp", "unconfirmed"
]
REFUSALS: frozenset[str] = frozenset(get_args(Refusal))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came in.

    headers: lower-cased names; values decoded as Latin-1, several of one name joined with ", ".
    body: the raw bytes, never re-serialised.
    received_at: Unix time, seconds.
    """

    headers: Mapping[str, str]
    body: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A tenant's endpoint. `secrets` are the values themselves, several at once while rotating."""

    endpoint_id: UUID
    tenant_id: UUID
    provider: str
    secrets: tuple[str, ...]
    settings: Mapping[str, Any]

    def __repr__(self) -> str:
        """Never the secrets: a repr ends up in logs."""
        return f"Endpoint({self.endpoint_id}, provider={self.provider!r})"


@dataclass(frozen=True, slots=True)
class Outside:
    """What a verification may use beyond the delivery itself.

    http: a client that follows no redirects and gives up in time. fetched: what providers' servers
    told, by URL, for a bounded time. A module asks outside only after the cheap checks have passed.
    """

    settings: Settings
    http: httpx.AsyncClient
    fetched: TTLCache[str, Any]


@dataclass(frozen=True, slots=True)
class Verified:
    """An authentic delivery.

    how: `p_verification`: signature, requery, secret, postback; or unverified, which is stored but
    kept out of revenue. body: what the procedure gets: the bytes as they came, unless the provider
    signs nothing and its API confirmed what they tell.
    """

    how: str
    body: bytes


class Acknowledged(Exception):
    """Nothing to verify and nothing to store, but the sender waits for its 200 (a ping)."""


class Unreachable(Exception):
    """The provider's API, which has to confirm the delivery, did not answer: 503."""


class Unverified(Exception):
    """The delivery is not authentic. `reason` is the only thing it carries."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


class Provider(Protocol):
    """What a module of this package offers, as module-level attributes.

    name: the name in URLs and in the database.
    FORWARDED: lower-case names of the headers handed to the procedure; nothing else is.
    ALIASES: lower-case name as sent -> name in FORWARDED, used where the latter is missing.
    SAMPLE: name of the sample (thin_api/samples/) that books a sale.
    DEMO_SETTINGS: endpoint settings of the demo tenant's endpoint.
    """

    name: str
    FORWARDED: frozenset[str]
    ALIASES: Mapping[str, str]
    SAMPLE: str
    DEMO_SETTINGS: Mapping[str, str]

    async def verify(self, delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:
        """Return how it was verified and what to record.

        Raises Unverified, Acknowledged, Unreachable.
        """

    def sign(self, body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:
        """Return the headers of a correctly signed delivery. `now`: Unix time, seconds."""

    def new_secret(self) -> str:
        """Return a fresh random secret of the provider's shape."""


@cache
def load_providers() -> Mapping[str, Provider]:
    """Import every module of this package and return them by provider name."""
    modules = (
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    )
    providers = [cast("Provider", module) for module in modules if hasattr(module, "verify")]
    return {provider.name: provider for provider in providers}


def forwarded(provider: Provider, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers the procedure gets, under the names it knows."""
    chosen = {name: headers[name] for name in provider.FORWARDED if name in headers}
    for sent, name in provider.ALIASES.items():
        if sent in headers:
            chosen.setdefault(name, headers[sent])
    return chosen
