"""Metrics of model calls: operation, outcome and reason, from a fixed vocabulary."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from thin_api.db import CAUSES
from thin_api.metrics import OTHER
from thin_api.problems import PROBLEMS

OPERATIONS = frozenset({"reserve", "settle", "release"})
OUTCOMES = frozenset(
    {"allow", "fallback", "block", "settled", "released", "expired"}
    | {"refused", "unavailable", "aborted"}  # 4xx, 503, the caller hung up
)
DENIALS = frozenset(
    {"budget_exhausted", "circuit_open", "estimate_too_large", "unknown_model"}
    | {"no_budget", "premium_not_allowed"}
)
REASONS = frozenset({"", "aborted", "database_error"}) | DENIALS | CAUSES | frozenset(PROBLEMS)


class LlmMetrics:
    """The metrics of one application's model calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "hookledger_llm_requests",
            "Requests about model calls, by what became of them.",
            ("operation", "outcome", "reason"),
            registry=registry,
        )
        self._seconds = Histogram(
            "hookledger_llm_request_seconds",
            "Time to the answer, in seconds.",
            ("operation", "outcome"),
            registry=registry,
        )
        self.circuits_open = Gauge(
            "hookledger_llm_circuits_open",
            "Spike guards that were open, of all tenants, when /readyz was asked last.",
            registry=registry,
        )

    def count(self, operation: str, outcome: str, reason: str | None, seconds: float) -> None:
        """Count one request."""
        outcome = outcome if outcome in OUTCOMES else OTHER
        reason = reason or ""
        reason = reason if reason in REASONS else OTHER
        self._requests.labels(operation, outcome, reason).inc()
        self._seconds.labels(operation, outcome).observe(seconds)
