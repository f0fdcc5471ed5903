"""Asks PayPal whether a delivery is its own: verify-webhook-signature, the "postback".

POST {paypal_api_url}/v1/oauth2/token, then POST /v1/notifications/verify-webhook-signature
(developer.paypal.com/api/webhooks/v1). The body goes in as it came, byte for byte: PayPal signs its
CRC32, which another spelling of the same JSON would change. So it has to be a whole JSON object,
or it could add members of its own to the question.

One deadline for all of it: `provider_timeout_seconds`. A token is kept until shortly before it
expires; it belongs to id and secret, so that no endpoint profits from another one's.
"""

import asyncio
import base64
import hashlib
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import httpx
from cachetools import TTLCache

from thin_api.verify import Endpoint, Outside, Unreachable, Unverified
from thin_api.verify.paypal_certs import Shared, read_bounded, say

log = logging.getLogger(__name__)

TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105
VERIFY_PATH = "/v1/notifications/verify-webhook-signature"
MAX_ANSWER_BYTES = 64 * 1024
EARLY_SECONDS = 60.0  # how long before its end a token is given up
TOKEN_ENTRIES, TOKEN_SECONDS = 1024, 9 * 3600.0  # PayPal's last nine hours

_EVENT = b',"webhook_event":'
_TOKEN = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, good until a Unix time (seconds)."""

    value: str
    until: float


class _Tokens:
    """What one shim knows of tokens, by client."""

    def __init__(self) -> None:
        self.kept: TTLCache[str, Token] = TTLCache(TOKEN_ENTRIES, TOKEN_SECONDS)
        self.running = Shared[Token]()


_tokens: WeakKeyDictionary[httpx.AsyncClient, _Tokens] = WeakKeyDictionary()


def check_event(body: bytes) -> None:
    """Raise Unverified where a body is not one JSON object in UTF-8 and nothing else."""
    try:
        # Numbers stay text: nothing is computed from them, and a long one is no error.
        event = json.loads(body.decode(), parse_constant=_refuse, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Unverified("bad_signature") from None
    if not isinstance(event, dict):
        raise Unverified("bad_signature")


def write_message(members: Mapping[str, str], body: bytes) -> bytes:
    """Return the question, with a checked body as it came."""
    return json.dumps(members, separators=(",", ":"))[:-1].encode() + _EVENT + body + b"}"


def read_message(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return (members, body) of a question as `write_message` writes it. Raises ValueError."""
    members, _, body = content.partition(_EVENT)  # members are escaped, so this is none of theirs
    found = json.loads(members + b"}")
    if not isinstance(found, dict) or not body.endswith(b"}"):
        raise ValueError("not a question")
    return found, body[:-1]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


async def is_confirmed(
    members: Mapping[str, str],
    body: bytes,
    webhook_ids: Iterable[str],
    now: float,
    endpoint: Endpoint,
    outside: Outside,
) -> bool:
    """Return whether PayPal says that it sent this for one of the webhook ids.

    members: the question but for webhook_id and webhook_event. now: Unix time, seconds. Raises
    Unverified for a body that cannot be asked about, Unreachable where PayPal did not tell, or the
    endpoint's credentials are missing or refused: then nothing is lost before they are put right.
    """
    check_event(body)
    try:
        async with asyncio.timeout(outside.settings.provider_timeout_seconds):
            for webhook_id in webhook_ids:
                question = write_message({**members, "webhook_id": webhook_id}, body)
                if await _ask(question, now, endpoint, outside):
                    return True
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise _no_answer(endpoint, type(error).__name__) from None
    return False


async def _ask(question: bytes, now: float, endpoint: Endpoint, outside: Outside) -> bool:
    token = await _token(now, endpoint, outside)
    status, answer = await _verify(question, token, outside)
    if status == 401:  # it may have ended before its time
        token = await _token(now, endpoint, outside, refused=token)
        status, answer = await _verify(question, token, outside)
    if status in (400, 404, 422):  # not understood: forged, or the webhook id is wrong
        say("PayPal cannot verify what it is asked", endpoint, http_status=status)
        return False
    if status in (401, 403):
        say("PayPal refuses an endpoint: are its credentials right?", endpoint, http_status=status)
        raise Unreachable
    said = answer.get("verification_status") if status == 200 else None
    if said not in ("SUCCESS", "FAILURE"):
        raise _no_answer(endpoint, f"HTTP {status}")
    return bool(said == "SUCCESS")


def _no_answer(endpoint: Endpoint, error: str) -> Unreachable:
    extra = {"endpoint_id": str(endpoint.endpoint_id), "error": error}
    log.warning("PayPal did not tell whether a delivery is its own", extra=extra)
    return Unreachable()


async def _verify(question: bytes, token: Token, outside: Outside) -> tuple[int, dict[str, Any]]:
    headers = {"authorization": f"Bearer {token.value}", "content-type": "application/json"}
    return await _post(VERIFY_PATH, question, headers, outside)


async def _token(
    now: float, endpoint: Endpoint, outside: Outside, *, refused: Token | None = None
) -> Token:
    """Return a token that is good now, other than the one that was refused."""
    client_id = endpoint.settings.get("client_id")
    client_secret = endpoint.settings.get("client_secret")
    if not client_id or not client_secret:
        say("an endpoint has no client_id or client_secret: PayPal cannot be asked", endpoint)
        raise Unreachable
    credentials = base64.b64encode(
        f"{client_id}:{client_secret}".encode("utf-8", "surrogateescape")
    ).decode()
    state = _tokens.setdefault(outside.http, _Tokens())
    client = hashlib.sha256(credentials.encode()).hexdigest()
    kept = state.kept.get(client)
    if kept is not None and kept.until > now and kept != refused:
        return kept
    token = await state.running.result(
        client, lambda: _new_token(credentials, now, endpoint, outside)
    )
    state.kept[client] = token
    return token


async def _new_token(credentials: str, now: float, endpoint: Endpoint, outside: Outside) -> Token:
    headers = {
        "authorization": f"Basic {credentials}",
        "content-type": "application/x-www-form-urlencoded",
    }
    content = b"grant_type=client_credentials"
    async with asyncio.timeout(outside.settings.provider_timeout_seconds):
        status, answer = await _post(TOKEN_PATH, content, headers, outside)
    if status in (400, 401, 403):
        say("PayPal refuses an endpoint: are its credentials right?", endpoint, http_status=status)
        raise Unreachable
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if status != 200 or not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise _no_answer(endpoint, f"HTTP {status}, no token")
    if not isinstance(seconds, int | float):
        seconds = 0
    return Token(value, now + max(min(seconds, TOKEN_SECONDS) - EARLY_SECONDS, 0))


async def _post(
    path: str, content: bytes, headers: dict[str, str], outside: Outside
) -> tuple[int, dict[str, Any]]:
    """Return status and answer; {} for what is no JSON object, or too large."""
    url = outside.settings.paypal_api_url.rstrip("/") + path
    headers |= {"accept": "application/json", "accept-encoding": "identity"}
    async with outside.http.stream(
        "POST", url, content=content, headers=headers, follow_redirects=False
    ) as answer:
        raw = await read_bounded(answer, MAX_ANSWER_BYTES)
    try:
        found = json.loads(raw or b"")
    except (ValueError, RecursionError):
        return answer.status_code, {}
    return answer.status_code, found if isinstance(found, dict) else {}
