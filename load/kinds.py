"""What the benchmarks send: sound webhooks of one kind, none of which was sent before."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from load.measure import Run, send
from load.mix import Endpoint, Mix, deliveries
from load.system import Shim, System


@dataclass(frozen=True)
class Kind:
    """A provider's webhooks of one size."""

    name: str
    provider: str
    body_bytes: int | None = None

    def mix(self, count: int) -> Mix:
        """Return so many of them."""
        return Mix(count, 0, 0, 0, ((self.provider, 1.0),), self.body_bytes)


STRIPE = Kind("Stripe 1.4 kB", "stripe")
SHOPIFY = Kind("Shopify 12 kB", "shopify")
KINDS = (STRIPE, SHOPIFY, Kind("Shopify 25 kB", "shopify", 25_000))


def send_new(
    system: System,
    shim: Shim,
    kind: Kind,
    endpoints: Sequence[Endpoint],
    count: int,
    *,
    users: int,
    pace: float = 0,
) -> Run:
    """Send so many to the endpoints in turn; raise RuntimeError unless each is accepted."""
    sent = deliveries(kind.mix(count), {kind.provider: list(endpoints)}, shim.host)
    run = send(system, shim, sent, users=users, pace=pace)
    told = Counter(
        json.loads(result.body)["status"] if result.status == 200 else result.status
        for result in run.results
    )
    if told != {"accepted": count}:
        raise RuntimeError(f"{kind.name}: {dict(told)}")
    return run
