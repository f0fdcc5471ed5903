"""How planted webhooks are delivered, and a Toss that confirms whatever they say."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import httpx

from thin_api.ingress import ENDPOINT_HEADER
from thin_api.tests import planted, planted_faults, planted_senders
from thin_api.tests.planted import Webhook
from thin_api.tests.sentinels import Plant
from thin_api.tests.shim_fixtures import Target, signed


@dataclass
class Confirming:
    """What is answered to every question; None: nothing but 503."""

    url: str
    answer: bytes | None = None

    def confirm(self, webhook: bytes) -> None:
        """Answer with the payment that a webhook claims, to the deposit's order as well."""
        self.answer = b"{}"
        try:
            event = json.loads(webhook)
        except ValueError:
            return
        payment: Any = event.get("data") if isinstance(event, dict) else None
        if isinstance(event, dict) and "secret" in event:
            payment = {"paymentKey": f"tgen_{event['orderId']}", "currency": "KRW"}
            payment |= {"totalAmount": 1000, "approvedAt": "2026-03-02T23:14:06+09:00"}
            payment |= {key: event[key] for key in ("orderId", "secret", "status")}
        self.answer = json.dumps(payment).encode()


@contextmanager
def confirming_toss() -> Iterator[Confirming]:
    """Run it on a loopback port."""
    known = Confirming("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if known.answer is None else 200)
            self.send_header("content-length", str(len(known.answer or b"")))
            self.end_headers()
            self.wfile.write(known.answer or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()


def every_webhook(provider: str, mode: str, plant: Plant) -> Iterator[Webhook]:
    """All that a provider may send, good and bad."""
    if provider in planted_senders.PROVIDERS:
        yield from planted_senders.every_webhook(provider, mode, plant)
        make = partial(planted_senders.base, provider)
    else:
        yield from planted.documented(provider, plant)
        yield from planted.unknown(provider, plant)
        yield from planted.other_topics(provider, plant)
        yield from planted_faults.misshapen(provider, plant)
        yield from planted_faults.conflicts(provider, plant)
        make = partial(planted.base, provider)
    for webhook in planted_faults.malformed(plant):
        # PayPal is not even asked about what is no JSON object.
        expected = None if provider == "paypal" else webhook.expected
        topic = "payout.changed" if provider == "toss" else None  # which is signed, not asked for
        yield replace(webhook, expected=expected, topic=topic)
    if mode != "redact":
        yield from planted_faults.large(make, plant)
    if (provider, mode) == ("shopify", "quarantine"):
        yield from planted_faults.in_headers(plant)


def send(client: httpx.Client, target: Target, webhook: Webhook) -> httpx.Response:
    """Deliver a webhook, correctly signed."""
    headers: dict[str, Any] = {**signed(target, webhook.body, webhook.topic), **webhook.headers}
    if target.provider == "standard" and webhook.headers:  # its id is signed too
        key = base64.b64decode(target.secret.removeprefix("whsec_"))
        prefix = b"%b.%b." % (webhook.headers["webhook-id"], headers["webhook-timestamp"].encode())
        mac = base64.b64encode(hmac.digest(key, prefix + webhook.body, "sha256"))
        headers["webhook-signature"] = b"v1," + mac
    path = target.path
    if webhook.route is not None:
        path = f"/api/webhooks/{target.provider}/{quote(webhook.route, safe='')}"
        headers[ENDPOINT_HEADER] = str(target.endpoint_id)
    return client.post(path, content=webhook.body, headers=headers)
