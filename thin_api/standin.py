"""`python -m thin_api.standin FD`: plays the providers' APIs for the demo endpoints.

Toss signs no payment webhook, and PayPal lets it be asked whether a signature is its own; without
an account neither API answers. So `hookledger run` starts this on a loopback port of its own, and
nothing else does. It confirms what the samples tell, for whoever shows the demo's credentials: an
endpoint with credentials of its own is never told a lie.

FD: number of the inherited listening socket.
"""

import base64
import json
import re
import secrets
import socket
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from thin_api import samples
from thin_api.verify import paypal, paypal_api, toss

MARK = r"(SAMPLE|[A-Za-z]{12})"  # of a sample, as samples.renew writes it
TOKEN_SECONDS = 9 * 3600  # as PayPal's


def create_app() -> Starlette:
    """Build the application."""
    return Starlette(
        routes=[
            Route("/v1/payments/orders/{order_id}", toss_order),
            Route("/v1/payments/{payment_key}", toss_payment),
            Route(paypal_api.TOKEN_PATH, paypal_token, methods=["POST"]),
            Route(paypal_api.VERIFY_PATH, paypal_verify, methods=["POST"]),
        ]
    )


# -- Toss ------------------------------------------------------------------------------------------


@cache
def toss_samples() -> list[tuple[dict[str, Any], str]]:
    """Return the payment of each sample that tells one, and the sample's text."""
    names = (name for name in samples.names("toss") if name.startswith("PAYMENT_STATUS_CHANGED"))
    bodies = (samples.load("toss", name, fresh=False)[1].decode() for name in names)
    return [(json.loads(body)["data"], body) for body in bodies]


def toss_answers(field: str, asked: str) -> Iterator[dict[str, Any]]:
    """Yield the payment whose field is the asked one, in the ids of that delivery."""
    for payment, text in toss_samples():
        pattern = re.escape(payment[field]).replace("SAMPLE", MARK)
        if found := re.fullmatch(pattern, asked):
            renewed: dict[str, Any] = json.loads(text.replace("SAMPLE", found[1]))["data"]
            yield renewed


def _toss(request: Request, field: str, asked: str) -> Response:
    if request.headers.get("authorization") != basic(toss.DEMO_SETTINGS["api_secret_key"], ""):
        return JSONResponse({"code": "UNAUTHORIZED_KEY", "message": "not the demo's key"}, 401)
    for payment in toss_answers(field, asked):
        return JSONResponse(payment)
    return JSONResponse({"code": "NOT_FOUND_PAYMENT", "message": "no such payment"}, 404)


async def toss_payment(request: Request) -> Response:
    """GET /v1/payments/{paymentKey}."""
    return _toss(request, "paymentKey", request.path_params["payment_key"])


async def toss_order(request: Request) -> Response:
    """GET /v1/payments/orders/{orderId}."""
    return _toss(request, "orderId", request.path_params["order_id"])


# -- PayPal ----------------------------------------------------------------------------------------


@cache
def bearer() -> str:
    """Return the one token that this process gives out, as an Authorization header's value."""
    return f"Bearer {secrets.token_urlsafe(48)}"


async def paypal_token(request: Request) -> Response:
    """POST /v1/oauth2/token."""
    demo = paypal.DEMO_SETTINGS
    if request.headers.get("authorization") != basic(demo["client_id"], demo["client_secret"]):
        return JSONResponse({"error": "invalid_client"}, 401)
    token = bearer().partition(" ")[2]
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
    return JSONResponse(answer)


async def paypal_verify(request: Request) -> Response:
    """POST /v1/notifications/verify-webhook-signature."""
    if request.headers.get("authorization") != bearer():
        return JSONResponse({"name": "AUTHENTICATION_FAILURE"}, 401)
    try:
        members, body = paypal_api.read_message(await request.body())
    except ValueError:
        return JSONResponse({"name": "VALIDATION_ERROR"}, 400)
    accepted = paypal.stand_in_accepts(members, body)
    return JSONResponse({"verification_status": "SUCCESS" if accepted else "FAILURE"})


# -- the process -----------------------------------------------------------------------------------


def basic(user: str, password: str) -> str:
    """Return an Authorization header's value."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(create_app(), lifespan="off", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
