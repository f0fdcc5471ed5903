"""The OpenAPI 3.1 document, put together from the pydantic models."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic.json_schema import models_json_schema

from thin_api.llm_models import Denial, Grant, Release, ReserveCall, SettleCall, Settlement
from thin_api.models import Acknowledgement, Health, Problem, Readiness, Receipt
from thin_api.problems import MEDIA_TYPE, OF_MODEL_CALLS, PROBLEMS

_REF = "#/components/schemas/{model}"


def openapi_document(providers: Sequence[str]) -> dict[str, Any]:
    """Return the document for these provider names."""
    answers: tuple[Any, ...] = (Receipt, Acknowledgement, Problem, Health, Readiness)
    answers += (Grant, Settlement, Release, Denial)
    models = [(model, "serialization") for model in answers]
    models += [(model, "validation") for model in (ReserveCall, SettleCall)]
    _, schemas = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    provider = _parameter("path", "provider", {"type": "string", "enum": list(providers)})
    endpoint = {"type": "string", "format": "uuid"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hookledger", "version": _version(), "description": "Webhooks in."},
        "paths": {
            "/webhooks/{provider}/{endpoint_id}": {
                "post": _webhook(
                    "receiveWebhook",
                    "Record one webhook.",
                    "",
                    [provider, _parameter("path", "endpoint_id", endpoint)],
                )
            },
            "/api/webhooks/{provider}/{topic}": {
                "post": _webhook(
                    "receiveWebhookOfTopic",
                    "Record one webhook of a topic.",
                    " The topic may hold slashes; a webhook that contradicts it is recorded as "
                    "dead, reason `topic_mismatch`.",
                    [
                        provider,
                        _parameter("path", "topic", {"type": "string", "minLength": 1}),
                        _parameter("header", "X-Hookledger-Endpoint", endpoint),
                    ],
                )
            },
            **_llm_paths(),
            "/healthz": {"get": _page("healthz", "The process answers.", _json("Health"))},
            "/readyz": {
                "get": _page(
                    "readyz",
                    "The database answers and has the right schema.",
                    _json("Readiness"),
                    503,
                )
            },
            "/metrics": {
                "get": _page(
                    "metrics", "Metrics for Prometheus.", {"text/plain": {"schema": _TEXT}}
                )
            },
            "/openapi.json": {
                "get": _page("openapi", "This document.", {"application/json": {"schema": _OBJECT}})
            },
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"llmKey": {"type": "http", "scheme": "bearer"}},
        },
    }


_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}


def _webhook(
    name: str, summary: str, more: str, parameters: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "description": (
            "Takes the body as the provider sends it, byte for byte, with the provider's signature "
            "headers. Answers 200 once it is committed, whatever the payload holds; a ping without "
            f"content is acknowledged and not recorded.{more}"
        ),
        "parameters": list(parameters),
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "200": {
                "description": "The webhook is recorded, or it was a ping.",
                "content": _json("Receipt", "Acknowledgement"),
            },
            **_problems(401, 404, 408, 413, 503),
        },
    }


def _llm_paths() -> dict[str, Any]:
    one = "/llm/reservations/{request_id}"
    name = _parameter(
        "path", "request_id", ReserveCall.model_json_schema()["properties"]["request_id"]
    )
    return {
        "/llm/reservations": {
            "post": _llm_call(
                "reserveLlmCall",
                "Ask whether a model may be called, and hold what the call may cost.",
                "Grant",
                "ReserveCall",
                (),
                *(400, 401, 403, 408, 409, 413, 422, 429, 503),
            )
        },
        f"{one}/settle": {
            "post": _llm_call(
                "settleLlmCall",
                "Tell what a granted call used.",
                "Settlement",
                "SettleCall",
                (name,),
                *(400, 401, 404, 408, 409, 413, 422, 503),
            )
        },
        f"{one}/release": {
            "post": _llm_call(
                "releaseLlmCall",
                "Free what a granted call holds that was not made.",
                "Release",
                None,
                (name,),
                *(401, 404, 409, 503),
            )
        },
    }


def _llm_call(
    name: str,
    summary: str,
    answer: str,
    body: str | None,
    parameters: Sequence[dict[str, Any]],
    *problems: int,
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "security": [{"llmKey": []}],
        "parameters": list(parameters),
        "responses": {
            "200": {"description": summary, "content": _json(answer)},
            **{str(status): _problem(status, of_calls=True) for status in problems},
        },
    }
    if body is not None:
        described["requestBody"] = {"required": True, "content": _json(body)}
    return described


def _parameter(where: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": where, "required": True, "schema": schema}


def _page(name: str, summary: str, content: dict[str, Any], *problems: int) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": content},
            **_problems(*problems),
        },
    }


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _problem(status) for status in statuses}


def _problem(status: int, of_calls: bool = False) -> dict[str, Any]:
    titles = [
        title
        for code, (code_status, title) in PROBLEMS.items()
        if code_status == status and (code in OF_MODEL_CALLS) == (of_calls and status < 500)
    ]
    if of_calls and not titles:
        return _problem(status)
    models = ["Problem", "Denial"] if of_calls and status in (403, 422) else ["Problem"]
    models = ["Denial"] if status == 429 else models
    references = [{"$ref": _REF.format(model=model)} for model in models]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    problem: dict[str, Any] = {
        "description": " ".join(titles),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    if status in (429, 503):
        problem["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return problem


def _json(*models: str) -> dict[str, Any]:
    references = [{"$ref": _REF.format(model=model)} for model in models]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    return {"application/json": {"schema": schema}}


def _version() -> str:
    try:
        return version("hookledger")
    except PackageNotFoundError:
        return "0"
