"""`POST /llm/reservations` and what follows: whether a model may be called. The database decides.

One database call per request. Whatever goes wrong, no grant is given: a budget that cannot be asked
in time is a 503. At most half of the connections serve these requests, because those of one tenant
wait for each other, and webhooks must not wait with them.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from thin_api.db import Database, Raised, Unavailable
from thin_api.llm_keys import Keys
from thin_api.llm_metrics import DENIALS, LlmMetrics
from thin_api.llm_models import Denial, Grant, Release, ReserveCall, SettleCall, Settlement
from thin_api.problems import MEDIA_TYPE, PROBLEMS, ProblemError, problem_response, retry_after
from thin_api.settings import Settings

log = logging.getLogger(__name__)

RESERVE = (
    "select action, model, estimated_micros, expires_at, resets_at, reason, audit_id"
    " from api.reserve_llm_call(%s, %s, %s, %s, %s, %s, %s, %s)"
)
SETTLE = (
    "select status, model, reserved_micros, settled_micros, is_late, exceeds_reservation,"
    " overdraws_budget from api.settle_llm_call(%s, %s, %s, %s)"
)
RELEASE = "select status, model, reserved_micros from api.release_llm_call(%s, %s)"

REFUSALS = {
    "HL073": "invalid_call",
    "HL074": "request_conflict",
    "HL075": "request_finished",
    "HL076": "unknown_request",
}
MOST_BYTES = 16 * 1024


@dataclass(slots=True)
class Visit:
    """What log and metrics tell about a request afterwards."""

    operation: str
    tenant_id: str | None = None
    outcome: str = "unavailable"
    reason: str | None = None
    http_status: int | None = None
    audit_id: str | None = None
    error: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


Model = TypeVar("Model", bound=BaseModel)
Work = Callable[[Request, UUID, Visit], Awaitable[Response]]


class Llm:
    """The routes of model calls."""

    def __init__(self, database: Database, metrics: LlmMetrics, settings: Settings) -> None:
        self._database = database
        self._keys = Keys(database, settings)
        self._metrics = metrics
        self._settings = settings
        self._slots = asyncio.Semaphore(max(1, settings.pool_max_size // 2))
        self._in_flight = 0

    def routes(self) -> list[Route]:
        """Return what the application serves."""
        one = "/llm/reservations/{request_id}"
        return [
            Route("/llm/reservations", self._endpoint("reserve", self._reserve), methods=["POST"]),
            Route(f"{one}/settle", self._endpoint("settle", self._settle), methods=["POST"]),
            Route(f"{one}/release", self._endpoint("release", self._release), methods=["POST"]),
        ]

    def _endpoint(self, operation: str, work: Work) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            started = time.perf_counter()
            visit = Visit(operation)
            self._in_flight += 1
            try:
                response = await self._answer(request, work, visit)
            finally:
                self._in_flight -= 1
                self._tell(visit, time.perf_counter() - started)
            return response

        return endpoint

    async def _answer(self, request: Request, work: Work, visit: Visit) -> Response:
        try:
            if self._in_flight > self._settings.max_in_flight:
                raise ProblemError("overloaded")
            tenant_id = await self._keys.tenant_of(request.headers.get("authorization"))
            visit.tenant_id = str(tenant_id)
            response = await work(request, tenant_id, visit)
            visit.http_status = response.status_code
            return response
        except ClientDisconnect:
            visit.outcome = visit.reason = "aborted"
            return problem_response("bad_request")  # nobody reads it
        except Exception as error:
            code, visit.reason, visit.error = classify(error)
        visit.http_status = PROBLEMS[code][0]
        visit.outcome = "unavailable" if visit.http_status == 503 else "refused"
        headers: dict[str, str] = {}
        if visit.http_status == 503:
            headers = retry_after(self._settings.retry_after_seconds)
        elif visit.http_status == 401:
            headers = {"www-authenticate": "Bearer"}
        elif visit.http_status == 408:
            headers = {"connection": "close"}
        return problem_response(code, headers)

    async def _reserve(self, request: Request, tenant_id: UUID, visit: Visit) -> Response:
        call = await self._read(request, ReserveCall)
        row = await self._row(
            RESERVE,
            *(tenant_id, call.request_id, call.model, call.input_tokens, call.max_output_tokens),
            *(timedelta(seconds=call.ttl_seconds), call.purpose, call.correlation_id),
        )
        action, model, estimated_micros, expires_at, resets_at, reason, audit_id = row
        visit.outcome, visit.reason, visit.audit_id = action.lower(), reason, str(audit_id)
        if action not in ("ALLOW", "FALLBACK"):
            return denial_response(reason, resets_at, audit_id)
        return _json(
            Grant(
                action=action,
                model=model,
                estimated_micros=estimated_micros,
                expires_at=expires_at,
                reason=reason,
                audit_id=audit_id,
            )
        )

    async def _settle(self, request: Request, tenant_id: UUID, visit: Visit) -> Response:
        used = await self._read(request, SettleCall)
        request_id = request.path_params["request_id"]
        row = await self._row(
            SETTLE, tenant_id, _clean(request_id), used.input_tokens, used.output_tokens
        )
        visit.outcome = row[0]
        return _json(Settlement(**dict(zip(Settlement.model_fields, row, strict=True))))

    async def _release(self, request: Request, tenant_id: UUID, visit: Visit) -> Response:
        row = await self._row(RELEASE, tenant_id, _clean(request.path_params["request_id"]))
        visit.outcome = row[0]
        return _json(Release(**dict(zip(Release.model_fields, row, strict=True))))

    async def _row(self, query: str, *parameters: object) -> tuple[Any, ...]:
        """Run the one call when there is a slot for it; raise Raised or Unavailable."""
        try:
            async with asyncio.timeout(self._settings.pool_timeout_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise Unavailable("pool_exhausted") from None
        try:
            row = await self._database.row(query, parameters)
        finally:
            self._slots.release()
        if row is None:  # it returns one row, always
            raise Unavailable("database_error")
        return row

    async def _read(self, request: Request, model: type[Model]) -> Model:
        """Return the body as a model; raise ProblemError, or ClientDisconnect."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_timeout_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ProblemError("body_too_large")
        except TimeoutError:
            raise ProblemError("body_timeout") from None
        try:
            return model.model_validate_json(bytes(body))
        except ValidationError as error:
            unreadable = any(e["type"] == "json_invalid" for e in error.errors())
            raise ProblemError("bad_request" if unreadable else "invalid_call") from None

    def _tell(self, visit: Visit, seconds: float) -> None:
        self._metrics.count(visit.operation, visit.outcome, visit.reason, seconds)
        level = logging.ERROR if visit.outcome == "unavailable" else logging.INFO
        if log.isEnabledFor(level):
            names = ("operation", "tenant_id", "outcome", "reason", "http_status", "audit_id")
            fields = {name: getattr(visit, name) for name in (*names, "error")}
            log.log(level, "llm", extra=fields | {"ms": round(seconds * 1000, 2)})


def classify(error: Exception) -> tuple[str, str, str | None]:
    """Return the problem's code, the reason to count, and the SQLSTATE or class to log."""
    match error:
        case ProblemError():
            return error.code, error.code, None
        case Raised(sqlstate=sqlstate) if sqlstate in REFUSALS:
            return REFUSALS[sqlstate], REFUSALS[sqlstate], sqlstate
        case Raised():
            return "unavailable", "database_error", error.sqlstate
        case Unavailable():
            return "unavailable", error.cause, error.sqlstate
        case _:
            return "unavailable", "unavailable", type(error).__name__


def denial_response(reason: str, resets_at: datetime | None, audit_id: UUID) -> Response:
    """Return the problem that a denial is; with Retry-After where waiting helps."""
    code = reason if reason in DENIALS else "unavailable"
    status, title = PROBLEMS[code]
    headers = {"cache-control": "no-store"}
    if resets_at is not None:
        seconds = (resets_at - datetime.now(UTC)).total_seconds()
        headers |= retry_after(max(1, math.ceil(seconds)))
    denial = Denial(
        type=f"urn:hookledger:problem:{code}",
        title=title,
        status=status,
        code=code,
        resets_at=resets_at,
        audit_id=audit_id,
    )
    return Response(denial.model_dump_json(), status, headers, MEDIA_TYPE)


def _clean(request_id: str) -> str:
    return request_id.replace("\0", "\ufffd")


def _json(answer: BaseModel) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(answer.model_dump_json(), 200, headers, "application/json")
