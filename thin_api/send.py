"""`hookledger send`: one correctly signed delivery, as the provider itself would make it."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from thin_api import samples
from thin_api.demo import base_url, load_demo
from thin_api.settings import ConfigurationError, Settings, resolve_secret
from thin_api.verify import load_providers

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shim said. status 0: nothing, the connection failed; `body` then says why."""

    status: int
    body: dict[str, Any]
    seconds: float

    @property
    def outcome(self) -> str:
        """The receipt's status, or the problem's code."""
        return str(self.body.get("status" if self.status == 200 else "code", "no receipt"))


def send(provider: str, url: str, secret: str, topic: str | None, body: bytes) -> Answer:
    """Sign a body and deliver it."""
    headers = load_providers()[provider].sign(body, secret, topic=topic, now=time.time())
    headers.setdefault("content-type", "application/json")
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310
    started = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310
            status, content = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, content = error.code, error.read()
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        return Answer(0, {"code": f"no answer: {reason}"}, time.monotonic() - started)
    return Answer(status, _parsed(content), time.monotonic() - started)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"code": "the answer is not of Hookledger"}


def destination(
    settings: Settings, provider: str, endpoint: str | None, secret: str | None, url: str | None
) -> tuple[str, str]:
    """Return where to deliver and with which secret: as told, the demo endpoint for the rest.

    Raises typer.BadParameter, and ConfigurationError when there is no demo endpoint.
    """
    if provider not in load_providers():
        known = ", ".join(sorted(load_providers()))
        raise typer.BadParameter(f"no provider {provider!r}; there are: {known}")
    full = url is not None and urlsplit(url).path.strip("/") != ""
    own = full or endpoint is not None
    if own and secret is None:
        raise typer.BadParameter("an endpoint of your own needs --secret too")
    demo = None if own else load_demo(settings)
    key = resolve_secret(secret) if secret else ""
    if demo is not None:
        if provider not in demo.endpoints:
            raise ConfigurationError(f"no demo endpoint for {provider} yet: run `make run` again")
        endpoint = str(demo.endpoints[provider].endpoint_id)
        key = key or demo.endpoints[provider].secret
    base = (url or (demo.base_url if demo else base_url(settings))).rstrip("/")
    return (base if full else f"{base}/webhooks/{provider}/{endpoint}"), key


def body_to_send(
    provider: str, file: Path | None, topic: str | None, same: bool
) -> tuple[str | None, bytes]:
    """Return (topic, body): the file as it is, else a sample. Raises typer.BadParameter."""
    if file is not None:
        return topic, file.read_bytes()
    try:
        return samples.load(provider, topic or None, fresh=not same)
    except LookupError as error:
        raise typer.BadParameter(str(error.args[0])) from None
