"""Prometheus metrics. Labels are provider, outcome and reason, each from a fixed vocabulary.

Nothing that comes from a request or from a payload becomes a label: no tenant, no id, no path. A
reason that is not in the vocabulary counts as "other".
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from thin_api.db import CAUSES
from thin_api.problems import PROBLEMS
from thin_api.verify import load_providers

UNKNOWN_PROVIDER = "unknown"
OTHER = "other"

OUTCOMES = frozenset(
    {"accepted", "duplicate", "ignored", "superseded", "dead"}  # the procedure's status
    | {"acknowledged"}  # a ping: 200, nothing recorded
    | {"unverified", "refused", "unavailable", "aborted"}  # 401, other 4xx, 503, the sender hung up
)

# The procedure's reasons: of core.errors(), and of what is no error. A test compares them.
RECORDED_REASONS = frozenset(
    {
        *("topic", "test"),
        *("already_known", "already_booked", "amount_differs", "refund_exceeds_sale"),
        *("invalid_utf8", "invalid_json", "not_an_object", "nul_character", "too_deep"),
        *("too_many_keys", "duplicate_keys", "number_out_of_range", "missing_field"),
        *("invalid_field", "invalid_amount", "amount_out_of_range", "invalid_timestamp"),
        *("currency_missing", "currency_unknown", "pii_violation", "delivery_id_conflict"),
        *("topic_mismatch", "unverified", "internal_error"),
    }
)

REASONS = frozenset({"", "aborted"}) | frozenset(PROBLEMS) | CAUSES | RECORDED_REASONS

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


def bounded_reason(reason: str | None) -> str:
    """Return the reason, or "other" when the vocabulary does not have it."""
    reason = reason or ""
    return reason if reason in REASONS else OTHER


class Metrics:
    """The metrics of one application."""

    def __init__(
        self,
        in_flight: Callable[[], float],
        pool_waiting: Callable[[], float],
        arriving: Callable[[], float] = lambda: 0,
    ) -> None:
        self.registry = CollectorRegistry()
        self._providers = frozenset(load_providers())
        self._children: dict[tuple[str, str, str | None], tuple[Counter, Histogram]] = {}
        self._webhooks = Counter(
            "hookledger_webhooks",
            "Webhooks that were answered, by outcome.",
            ("provider", "outcome", "reason"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "hookledger_webhook_seconds",
            "Time from the first byte to the answer, in seconds.",
            ("provider", "outcome"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        Gauge(
            "hookledger_webhooks_in_flight", "Webhooks being handled.", registry=self.registry
        ).set_function(in_flight)
        Gauge(
            "hookledger_bodies_arriving",
            "Webhooks whose body is not complete yet.",
            registry=self.registry,
        ).set_function(arriving)
        Gauge(
            "hookledger_pool_waiting",
            "Webhooks that wait for a database connection.",
            registry=self.registry,
        ).set_function(pool_waiting)

    def count(self, provider: str, outcome: str, reason: str | None, seconds: float) -> None:
        """Count one answered webhook; `seconds` it took."""
        children = self._children.get((provider, outcome, reason))
        if children is None:
            children = self._children_of(provider, outcome, reason)
        children[0].inc()
        children[1].observe(seconds)

    def _children_of(
        self, provider: str, outcome: str, reason: str | None
    ) -> tuple[Counter, Histogram]:
        """Return what counts under these labels; remember it when all are the vocabulary's."""
        told = provider, outcome, reason
        provider = provider if provider in self._providers else UNKNOWN_PROVIDER
        outcome = outcome if outcome in OUTCOMES else OTHER
        bounded = bounded_reason(reason)
        children = (
            self._webhooks.labels(provider, outcome, bounded),
            self._seconds.labels(provider, outcome),
        )
        if told == (provider, outcome, bounded or None):
            self._children[told] = children
        return children

    def render(self) -> bytes:
        """Return the text format of Prometheus."""
        return generate_latest(self.registry)
