"""Errors as RFC 9457 problem documents: one table of codes, nothing of the request in them."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from thin_api.models import Problem
from thin_api.verify import REFUSALS

MEDIA_TYPE = "application/problem+json"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "missing_signature": (401, "The webhook carries no signature."),
    "malformed_signature": (401, "The signature cannot be read."),
    "bad_signature": (401, "The signature does not match."),
    "stale_timestamp": (401, "The signature is too old."),
    "unconfirmed": (401, "The provider does not confirm this webhook."),
    "missing_key": (401, "The request carries no bearer key."),
    "bad_key": (401, "The bearer key is not valid."),
    "no_budget": (403, "No budget covers this model call."),
    "premium_not_allowed": (403, "A budget does not allow premium models."),
    "unknown_request": (404, "No model call was granted under this request id."),
    "request_conflict": (409, "The request id belongs to another model call."),
    "request_finished": (409, "The model call of this request id has ended."),
    "invalid_call": (422, "The model call is not stated properly."),
    "unknown_model": (422, "The model has no price."),
    "estimate_too_large": (429, "The model call alone would cost more than a budget allows."),
    "budget_exhausted": (429, "The model call does not fit what is left of a budget."),
    "circuit_open": (429, "Too many model calls, or too much cost, within a minute."),
    "unknown_endpoint": (404, "There is no such endpoint."),
    "not_found": (404, "There is no such page."),
    "method_not_allowed": (405, "This method is not allowed here."),
    "body_timeout": (408, "The body did not arrive in time."),
    "body_too_large": (413, "The body is larger than allowed."),
    "bad_request": (400, "The request cannot be read."),
    "overloaded": (503, "Too many requests are being handled. Please try again."),
    "provider_unreachable": (503, "The provider's API did not confirm this webhook in time."),
    "unavailable": (503, "The request could not be recorded. Please try again."),
    "not_ready": (503, "The database is not ready."),
}

OF_MODEL_CALLS = frozenset(
    {"missing_key", "bad_key", "no_budget", "premium_not_allowed", "unknown_request"}
    | {"request_conflict", "request_finished", "invalid_call", "unknown_model"}
    | {"estimate_too_large", "budget_exhausted", "circuit_open"}
)
"""Problems that a webhook never meets."""

_BY_HTTP_STATUS = {404: "not_found", 405: "method_not_allowed", 503: "unavailable"}


class ProblemError(Exception):
    """Ends a request with the problem of this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def problem_response(code: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem of this code as a response."""
    status, title = PROBLEMS[code]
    body = Problem(type=f"urn:hookledger:problem:{code}", title=title, status=status, code=code)
    sent = {"cache-control": "no-store", **(headers or {})}
    if code in REFUSALS:
        sent["www-authenticate"] = (
            "Webhook-Signature"  # RFC 9110 asks for a challenge with each 401
        )
    return Response(body.model_dump_json(), status, sent, MEDIA_TYPE)


def retry_after(seconds: int) -> dict[str, str]:
    """Return the header that tells a sender when to try again."""
    return {"retry-after": str(seconds)}


async def on_http_exception(_: Request, error: Exception) -> Response:
    """Answer what the router raises (404, 405) as a problem."""
    if not isinstance(error, HTTPException):
        raise error
    return problem_response(_BY_HTTP_STATUS.get(error.status_code, "bad_request"), error.headers)


async def on_unforeseen(_: Request, __: Exception) -> Response:
    """Answer an error nobody foresaw: as 503, so that a sender tries again."""
    return problem_response("unavailable", retry_after(5))
