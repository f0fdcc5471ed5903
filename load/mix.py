"""Webhooks for a run: bodies, signatures and requests, all made before the clock starts.

A run is mostly new webhooks; some come twice, some are cut off in the middle, some hold personal
data where no provider puts it.
"""

import json
import random
import re
import secrets
import string
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from thin_api.samples import load
from thin_api.verify import load_providers

UNIQUE = "Zq7Zq7Zq7Zq7"
"""Stands in a template where every webhook has something of its own."""
SENTINEL = "gate-sentinel"
"""Stands in all personal data that a provider would not send."""

TOPICS = {
    "stripe": "payment_intent.succeeded",
    "shopify": "orders/paid",
    "standard": "order.paid",
    "woocommerce": "order.updated",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go, and what signs them."""

    provider: str
    tenant_id: UUID
    endpoint_id: UUID
    secret: str

    @property
    def path(self) -> str:
        """The path of its URL."""
        return f"/webhooks/{self.provider}/{self.endpoint_id}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request, complete. number: of its body, which a replay shares with its original."""

    kind: str
    number: int
    provider: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Mix:
    """How many webhooks of which kind, to how large a part of each provider, and how large."""

    total: int = 10_000
    replays: int = 100
    malformed: int = 50
    personal: int = 50
    providers: tuple[tuple[str, float], ...] = (("stripe", 1.0),)
    body_bytes: int | None = None

    @property
    def events(self) -> int:
        """How many webhooks are new and sound."""
        return self.total - self.replays - self.malformed - self.personal

    @classmethod
    def of(
        cls, total: int, providers: tuple[tuple[str, float], ...], body_bytes: int | None = None
    ) -> "Mix":
        """Return a mix of any size in the gate's proportions."""
        replays, few = max(1, total // 100), max(1, total // 200)
        return cls(total, replays, few, few, providers, body_bytes)


def stripe_template(body_bytes: int | None = None) -> str:
    """Return a payment of about 1.4 kB: the sample with the members that a card payment fills."""
    event = json.loads(load("stripe", TOPICS["stripe"], fresh=False)[1])
    kept = "id object amount amount_received currency created customer livemode metadata status"
    payment = event["data"]["object"]
    event["data"]["object"] = item = {
        key: payment[key]
        for key in f"{kept} payment_method receipt_email shipping latest_charge description".split()
    }
    item["confirmation_method"], item["capture_method"] = "automatic", "automatic_async"
    item["payment_method_types"] = ["card", "link", "klarna"]
    item["payment_method_options"] = {
        "card": {"installments": None, "request_three_d_secure": "automatic"}
    }
    missing = (body_bytes or 0) - len(json.dumps(event))
    if missing > 0:
        item["payment_method_types"] += ["klarna"] * (missing // len('"klarna", '))
    return json.dumps(event).replace("SAMPLE", UNIQUE)


def shopify_template(body_bytes: int | None = None) -> str:
    """Return a paid order of about 11 kB, or with as many line items as the size asks for."""
    order = json.loads(load("shopify", TOPICS["shopify"], fresh=False)[1])
    items = order["line_items"]
    per_item = len(json.dumps(items)) // len(items)
    if body_bytes is not None:
        surplus = (body_bytes - len(json.dumps(order))) // per_item
        items += [items[i % len(items)] for i in range(surplus)]
        del items[max(1, len(items) + min(0, surplus)) :]
    return re.sub(r"9000000000000000(\d{3})", rf"8{UNIQUE}\1", json.dumps(order))


def template(provider: str, body_bytes: int | None = None) -> str:
    """Return the text of a webhook, with UNIQUE where each has its own."""
    if provider == "stripe":
        return stripe_template(body_bytes)
    if provider == "shopify":
        return shopify_template(body_bytes)
    body = load(provider, TOPICS[provider], fresh=False)[1].decode()
    return re.sub(r"9000000000000000(\d{3})", rf"8{UNIQUE}\1", body).replace("SAMPLE", UNIQUE)


class Bodies:
    """An endless supply of bodies that no earlier run has sent."""

    _LETTERS = str.maketrans(string.digits, "qwertzuiop")

    def __init__(self, mix: Mix) -> None:
        self._templates = {name: template(name, mix.body_bytes) for name, _ in mix.providers}
        self._next = secrets.randbelow(8 * 10**11) + 10**11

    def new(self, provider: str) -> str:
        """Return a body with a number of its own."""
        self._next += 1
        number = str(self._next)
        # Numbers where the ids are numbers; elsewhere long runs of digits would look like cards.
        mark = number if provider in ("shopify", "woocommerce") else number.translate(self._LETTERS)
        return self._templates[provider].replace(UNIQUE, mark)

    @property
    def mail_addresses(self) -> set[str]:
        """The mail addresses in the bodies, none of which may be found in the database."""
        return {
            found
            for text in self._templates.values()
            for found in re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text)
        }


def request_of(endpoint: Endpoint, body: bytes, host: str) -> bytes:
    """Return a signed HTTP request."""
    provider = load_providers()[endpoint.provider]
    topic = TOPICS[endpoint.provider]
    headers = {
        "host": host,
        **provider.sign(body, endpoint.secret, topic=topic, now=time.time()),
        "content-length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {endpoint.path} HTTP/1.1\r\n{head}\r\n".encode() + body


def _spoiled(kind: str, provider: str, body: str, number: int) -> str:
    if kind == "malformed":
        return body[: len(body) * 3 // 5]
    if kind == "personal":
        document = json.loads(body)
        place = {
            "stripe": lambda: document["data"]["object"],
            "standard": lambda: document["data"],
        }.get(provider, lambda: document)()
        place["gift_text"] = f"for {SENTINEL}.{number}@example.org, call +1 212 555 01{number % 90}"
        return json.dumps(document)
    return body


def _kinds(mix: Mix) -> Iterator[str]:
    yield from ["unique"] * mix.events
    yield from ["malformed"] * mix.malformed
    yield from ["personal"] * mix.personal


def deliveries(
    mix: Mix, endpoints: Mapping[str, list[Endpoint]], host: str, bodies: Bodies | None = None
) -> list[Delivery]:
    """Return the requests of a run in the order in which they are to be sent.

    A replay is the same bytes as its original, and comes after it.
    """
    bodies = bodies or Bodies(mix)
    names, weights = zip(*mix.providers, strict=True)
    chosen = random.choices(names, weights, k=mix.total)  # noqa: S311
    kinds = list(_kinds(mix))
    random.shuffle(kinds)
    sent = []
    for number, (kind, provider) in enumerate(zip(kinds, chosen, strict=False)):
        body = _spoiled(kind, provider, bodies.new(provider), number).encode()
        endpoint = endpoints[provider][number % len(endpoints[provider])]
        sent.append(Delivery(kind, number, provider, request_of(endpoint, body, host)))
    originals = [d for d in sent if d.kind == "unique"]
    for original in random.sample(originals, mix.replays):
        place = random.randint(sent.index(original) + 1, len(sent))  # noqa: S311
        replay = Delivery("replay", original.number, original.provider, original.request)
        sent.insert(place, replay)
    return sent
