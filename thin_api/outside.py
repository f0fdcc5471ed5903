"""The HTTP client that verifications share: bounded in time and connections, no redirects."""

import ssl

import httpx
from cachetools import TTLCache

from thin_api.settings import Settings
from thin_api.verify import Outside

CONNECTIONS = 20
FETCHED_ENTRIES, FETCHED_SECONDS = 64, 3600.0


def new_outside(settings: Settings) -> Outside:
    """Return what verifications may use beyond a delivery.

    TLS trusts the system's roots and, where it is set, the PayPal trust store.
    """
    context = ssl.create_default_context()
    if settings.paypal_trust_store is not None:
        context.load_verify_locations(cafile=settings.paypal_trust_store)
    http = httpx.AsyncClient(
        verify=context,
        follow_redirects=False,
        timeout=settings.provider_timeout_seconds,
        limits=httpx.Limits(max_connections=CONNECTIONS),
        trust_env=False,
    )
    return Outside(settings, http, TTLCache(FETCHED_ENTRIES, FETCHED_SECONDS))
