"""The OpenAPI 3.1 document, put together from the pydantic models."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic.json_schema import models_json_schema

from thin_api.models import Health, Problem, Readiness, Receipt
from thin_api.problems import MEDIA_TYPE, PROBLEMS

_REF = "#/components/schemas/{model}"


def openapi_document(providers: Sequence[str]) -> dict[str, Any]:
    """Return the document for these provider names."""
    models = [(model, "serialization") for model in (Receipt, Problem, Health, Readiness)]
    _, schemas = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hookledger", "version": _version(), "description": "Webhooks in."},
        "paths": {
            "/webhooks/{provider}/{endpoint_id}": {"post": _webhook(providers)},
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


def _webhook(providers: Sequence[str]) -> dict[str, Any]:
    return {
        "operationId": "receiveWebhook",
        "summary": "Record one webhook.",
        "description": (
            "Takes the body as the provider sends it, byte for byte, with the provider's signature "
            "headers. Answers 200 once it is committed, whatever the payload holds."
        ),
        "parameters": [
            {
                "name": "provider",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": list(providers)},
            },
            {
                "name": "endpoint_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "200": {"description": "The webhook is recorded.", "content": _json("Receipt")},
            **_problems(401, 404, 408, 413, 503),
        },
    }


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


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}


def _version() -> str:
    try:
        return version("hookledger")
    except PackageNotFoundError:
        return "0"
