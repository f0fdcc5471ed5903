"""The way of a webhook through the shim: bound, look up, verify, hand over, answer.

Plain ASGI, because this path is hot. There is no business rule here: what a webhook means is
decided by the database, whether it is authentic by its provider's module.
"""

import hashlib
import logging
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import httpx
from starlette.types import Receive, Scope, Send

from thin_api.db import Raised, Unavailable
from thin_api.dispatch import Dispatcher
from thin_api.endpoints import Endpoints
from thin_api.intake import Intake, SenderGone
from thin_api.metrics import Metrics
from thin_api.models import Acknowledgement, Receipt
from thin_api.problems import PROBLEMS, ProblemError, problem_response, retry_after
from thin_api.protocol import WHOLE_BODY
from thin_api.settings import Settings
from thin_api.verify import (
    Acknowledged,
    Delivery,
    Outside,
    Unreachable,
    Unverified,
    forwarded,
    load_providers,
)

log = logging.getLogger(__name__)

UNKNOWN_TENANT_OR_ENDPOINT = frozenset({"HL001", "HL002"})
ENDPOINT_HEADER = "x-hookledger-endpoint"
TOPIC_HEADER = "hookledger-topic"  # no provider forwards a sender's own header of this name
MAX_TOPIC_LENGTH = 200  # characters
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class Visit:
    """What log and metrics tell about a webhook afterwards. Nothing of its content."""

    provider: str = "unknown"
    endpoint_id: UUID | None = None  # once it is known that it exists
    body_bytes: int | None = None
    body_sha256: str | None = None  # of the bytes that came, whatever was recorded in their place
    verification: str | None = None
    outcome: str = "unavailable"
    reason: str | None = None
    http_status: int | None = None
    receipt_id: UUID | None = None
    error: str | None = None  # SQLSTATE or class of what went wrong


class Ingress:
    """ASGI application of `POST /webhooks/{provider}/{endpoint_id}`.

    Also of `POST /api/webhooks/{provider}/{topic}`, where a header names the endpoint. outside: by
    provider, what its verification may use. `in_flight` counts the webhooks that are worked on:
    from the last byte of the body to the answer.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        dispatcher: Dispatcher,
        metrics: Metrics,
        settings: Settings,
        outside: Mapping[str, Outside],
    ) -> None:
        self._endpoints = endpoints
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._settings = settings
        self._outside = outside
        self._providers = load_providers()
        self.intake = Intake(settings)
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one webhook, then count and log it."""
        started = time.perf_counter()
        visit = Visit()
        try:
            try:
                receipt = await self._receipt(scope, receive, visit)
            except SenderGone:
                visit.outcome = visit.reason = "aborted"
                return
            except Acknowledged:
                visit.outcome = "acknowledged"
                await _send_json(Acknowledgement(), visit, send)
            except Exception as error:
                await self._refuse(error, visit, scope, receive, send)
            else:
                visit.outcome, visit.reason = receipt.status, receipt.reason
                visit.receipt_id = receipt.receipt_id
                await _send_json(receipt, visit, send)
        finally:
            self._tell(visit, time.perf_counter() - started)

    async def _receipt(self, scope: Scope, receive: Receive, visit: Visit) -> Receipt:
        self._refuse_if_full()
        headers = read_headers(scope["headers"])
        provider_name, endpoint_id, topic = read_address(scope["path_params"], headers)
        provider = self._providers.get(provider_name)
        if provider is None or not _UUID.fullmatch(endpoint_id):
            raise ProblemError("unknown_endpoint")
        visit.provider = provider.name
        endpoint = await self._endpoints.find(endpoint_id.lower())
        if endpoint is None or endpoint.provider != provider.name:
            raise ProblemError("unknown_endpoint")
        visit.endpoint_id = endpoint.endpoint_id

        whole_body = scope.get("extensions", {}).get(WHOLE_BODY)
        body = await self.intake.read(
            headers.get("content-length"), receive, whole_body() if whole_body else None
        )
        visit.body_bytes = len(body)
        sha256 = hashlib.sha256(body)
        visit.body_sha256 = sha256.hexdigest()

        self._refuse_if_full()
        self.in_flight += 1
        try:
            delivery = Delivery(headers, body, time.time())
            verified = await provider.verify(delivery, endpoint, self._outside[provider.name])
            visit.verification = verified.how
            handed_on = forwarded(provider, headers)
            if topic is not None:
                handed_on[TOPIC_HEADER] = topic
            return await self._dispatcher.ingest(
                endpoint, handed_on, verified.body, verified.how, sha256.digest()
            )
        finally:
            self.in_flight -= 1

    def _refuse_if_full(self) -> None:
        """Raise ProblemError: first before a body is read in vain, then when it is complete."""
        if self.in_flight >= self._settings.max_in_flight:
            raise ProblemError("overloaded")

    async def _refuse(
        self, error: Exception, visit: Visit, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with the problem that this error stands for."""
        code, visit.reason, visit.error = classify(error)
        headers: dict[str, str] = {}
        visit.http_status = PROBLEMS[code][0]
        if visit.http_status == 503:
            headers = retry_after(self._settings.retry_after_seconds)
        elif visit.http_status == 408:
            headers = {"connection": "close"}  # the rest of the body would be read as a request
        visit.outcome = {401: "unverified", 503: "unavailable"}.get(visit.http_status, "refused")
        await problem_response(code, headers)(scope, receive, send)

    def _tell(self, visit: Visit, seconds: float) -> None:
        self._metrics.count(visit.provider, visit.outcome, visit.reason, seconds)
        level = logging.ERROR if visit.outcome == "unavailable" else logging.INFO
        if log.isEnabledFor(level):
            fields = {name: getattr(visit, name) for name in Visit.__slots__}
            log.log(level, "webhook", extra=fields | {"ms": round(seconds * 1000, 2)})


def classify(error: Exception) -> tuple[str, str, str | None]:
    """Return the problem's code, the reason to count, and the SQLSTATE or class to log."""
    match error:
        case ProblemError():
            return error.code, error.code, None
        case Unverified():
            return error.reason, error.reason, None
        case Unreachable() | httpx.HTTPError():
            return "provider_unreachable", "provider_unreachable", type(error).__name__
        case Raised(sqlstate=sqlstate) if sqlstate in UNKNOWN_TENANT_OR_ENDPOINT:
            return "unknown_endpoint", "unknown_endpoint", sqlstate
        case Raised():
            return "unavailable", "database_error", error.sqlstate
        case Unavailable():
            return "unavailable", error.cause, error.sqlstate
        case _:
            return "unavailable", "unavailable", type(error).__name__


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return lower-cased names and Latin-1 values, several of one name joined as RFC 9110 says."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def read_address(
    path: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[str, str, str | None]:
    """Return provider, endpoint id and topic as they were told; the URL has one of the last two.

    Raises ProblemError for a URL that ends where its topic should be.
    """
    topic = path.get("topic")
    if topic is None:
        return path["provider"], path["endpoint_id"], None
    if not topic:
        raise ProblemError("not_found")
    return path["provider"], headers.get(ENDPOINT_HEADER, ""), topic[:MAX_TOPIC_LENGTH]


async def _send_json(answer: Receipt | Acknowledgement, visit: Visit, send: Send) -> None:
    visit.http_status = 200
    body = answer.__pydantic_serializer__.to_json(answer)
    headers = (
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    )
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
