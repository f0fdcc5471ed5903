"""The OpenAPI 3.1 document, put together from the pydantic models."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic.json_schema import models_json_schema

from thin_api.models import Acknowledgement, Health, Problem, Readiness, Receipt
from thin_api.problems import MEDIA_TYPE, PROBLEMS

_REF = "#/components/schemas/{model}"


def openapi_document(providers: Sequence[str]) -> dict[str, Any]:
    """Return the document for these provider names."""
    answers = (Receipt, Acknowledgement, Problem, Health, Readiness)
    models = [(model, "serialization") for model in answers]
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
        "components": {"schemas": schemas["$defs"]},
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


def _problem(status: int) -> dict[str, Any]:
    titles = [title for code_status, title in PROBLEMS.values() if code_status == status]
    problem: dict[str, Any] = {
        "description": " ".join(titles),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    if status == 503:
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
