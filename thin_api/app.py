"""The Starlette application: routes, the database pool's life, pages beside the ingress."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from thin_api.db import Database, Raised, Refused, Unavailable
from thin_api.dispatch import Dispatcher
from thin_api.endpoints import Endpoints
from thin_api.groups import Groups
from thin_api.ingress import Ingress
from thin_api.llm import Llm
from thin_api.llm_metrics import LlmMetrics
from thin_api.metrics import Metrics
from thin_api.models import Health, Readiness
from thin_api.openapi import openapi_document
from thin_api.outside import new_outsides
from thin_api.problems import on_http_exception, on_unforeseen, problem_response, retry_after
from thin_api.settings import Settings
from thin_api.verify import load_providers


class Shim(Starlette):
    """Starlette for the pages; the webhooks, nearly all requests, do not go through its router."""

    def __init__(self, ingress: Ingress, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._webhooks = ServerErrorMiddleware(ingress, handler=on_unforeseen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a webhook to the ingress, as the route would, and anything else to Starlette."""
        if scope["type"] == "http" and scope["method"] == "POST":
            match scope["path"].split("/"):
                case ["", "webhooks", provider, endpoint_id] if provider and endpoint_id:
                    scope["path_params"] = {"provider": provider, "endpoint_id": endpoint_id}
                    await self._webhooks(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


def create_app(settings: Settings, dsn: str, revision: str) -> Starlette:
    """Build the application.

    dsn: how the shim's role reaches the database. revision: the schema revision this code is made
    for. Starting it raises db.Refused when the database must not be used; `app.state.refusal` then
    says why.
    """
    database = Database(dsn, settings, revision)
    metrics = Metrics(
        in_flight=lambda: ingress.in_flight,
        pool_waiting=lambda: groups.waiting + database.pool.get_stats().get("requests_waiting", 0),
        arriving=lambda: ingress.intake.arriving,
    )
    llm_metrics = LlmMetrics(metrics.registry)
    outsides = new_outsides(settings, load_providers())
    groups = Groups(
        database,
        most_sessions=settings.pool_max_size,
        most_wait_seconds=settings.pool_timeout_seconds,
    )
    ingress = Ingress(
        Endpoints(database, settings), Dispatcher(groups), metrics, settings, outsides
    )
    document = openapi_document(sorted(load_providers()))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await database.open()
        except Refused as refusal:
            app.state.refusal = str(refusal)
            raise
        try:
            yield
        finally:
            for outside in outsides.values():
                await outside.http.aclose()
            await database.close()

    async def healthz(_: Request) -> Response:
        return JSONResponse(Health().model_dump())

    async def readyz(_: Request) -> Response:
        try:
            health = await database.health()
        except (Unavailable, Raised, Refused):
            return problem_response("not_ready", retry_after(settings.retry_after_seconds))
        llm_metrics.circuits_open.set(health["llm_circuits_open"])
        return JSONResponse(Readiness(revision=health["revision"]).model_dump())

    async def metrics_page(_: Request) -> Response:
        return Response(metrics.render(), headers={"content-type": CONTENT_TYPE_LATEST})

    async def openapi_page(_: Request) -> Response:
        return JSONResponse(document)

    app = Shim(
        ingress,
        routes=[
            Route("/webhooks/{provider}/{endpoint_id}", ingress, methods=["POST"]),
            Route("/api/webhooks/{provider}/{topic:path}", ingress, methods=["POST"]),
            *Llm(database, llm_metrics, settings).routes(),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics_page),
            Route("/openapi.json", openapi_page),
        ],
        exception_handlers={HTTPException: on_http_exception, Exception: on_unforeseen},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would repeat the path
    return app
